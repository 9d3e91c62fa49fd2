/* draw.c - tensors of random numbers. */
#include "tensor/tensor.h"

static gd_tensor *create_float(gd_context *g, const char *function, gd_dtype dtype, gd_dims shape)
{
    if (dtype == GD_DEFAULT || gd__is_float(dtype))
        return gd__create(g, function, dtype, shape);
    return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, function, "Draw float32 or float64 and gd_cast the result" },
                    "%s numbers can't be drawn", gd_dtype_name(dtype));
}

gd_tensor *gd_rand(gd_context *g, gd_dtype dtype, gd_dims shape)
{
    gd_tensor *t = create_float(g, "gd_rand", dtype, shape);
    if (!gd__alive(t))
        return t;
    if (t->dtype == GD_FLOAT32)
        gd__random_uniform_f32(&g->random, (float *)t->data, t->numel, 0, 1);
    else
        gd__random_uniform_f64(&g->random, (double *)t->data, t->numel, 0, 1);
    return t;
}

gd_tensor *gd_randn(gd_context *g, gd_dtype dtype, gd_dims shape)
{
    gd_tensor *t = create_float(g, "gd_randn", dtype, shape);
    if (!gd__alive(t))
        return t;
    if (t->dtype == GD_FLOAT32)
        gd__random_normal_f32(&g->random, (float *)t->data, t->numel, 0, 1);
    else
        gd__random_normal_f64(&g->random, (double *)t->data, t->numel, 0, 1);
    return t;
}

static void draw_flags(gd__random *random, gd_tensor *t, double p)
{
    size_t size = gd__dtypes[t->dtype].size;
    bool flag[256];
    for (int64_t i = 0; i < t->numel; i++) {
        int64_t at = i % 256, left = t->numel - i;
        if (at == 0)
            gd__random_bernoulli(random, flag, left < 256 ? left : 256, p);
        gd__store((gd_dtype)t->dtype, t->data + (size_t)i * size, flag[at]);
    }
}

gd_tensor *gd_bernoulli(gd_context *g, gd_dtype dtype, gd_dims shape, double p)
{
    if (!(p >= 0 && p <= 1))
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_bernoulli", "Pass a probability, from 0 to 1" },
                        "p is %g", p);
    gd_tensor *t = gd__create(g, "gd_bernoulli", dtype, shape);
    if (gd__alive(t))
        draw_flags(&g->random, t, p);
    return t;
}

gd_tensor *gd_choice(gd_context *g, int64_t limit, int64_t n)
{
    if (limit <= 0)
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_choice", "Pass how many there are to draw from" },
                        "a draw from %lld integers", (long long)limit);
    gd_tensor *t = gd__create(g, "gd_choice", GD_INT64, gd_shape(n));
    if (gd__alive(t))
        gd__random_integers(&g->random, (int64_t *)t->data, t->numel, limit);
    return t;
}

gd_tensor *gd_randperm(gd_context *g, int64_t n)
{
    gd_tensor *t = gd__create(g, "gd_randperm", GD_INT64, gd_shape(n));
    if (gd__alive(t))
        gd__random_permutation(&g->random, (int64_t *)t->data, t->numel);
    return t;
}

void gd_seed(gd_context *g, gd_rng kind, uint64_t seed)
{
    if (!g || g->stand_in)
        return;
    if (kind == GD_RNG_PHILOX || kind == GD_RNG_TORCH || kind == GD_RNG_NUMPY)
        gd__random_seed(&g->random, kind, seed);
    else
        gd__fail(g,
                 (gd__fault){ GD_ERROR_VALUE, 0, "gd_seed", "Use GD_RNG_PHILOX, GD_RNG_TORCH or GD_RNG_NUMPY" },
                 "%d is no kind of random stream", (int)kind);
}
