/* draw.c - tensors of random numbers. */
#include "tensor/tensor.h"

#include <float.h>

#include "base/trace.h"

/* ---- floats ---- */

static gd_tensor *create_float(gd_context *g, const char *function, gd_dtype dtype, gd_dims shape)
{
    if (dtype == GD_DEFAULT || gd__is_float(dtype))
        return gd__create(g, function, dtype, shape);
    return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, function, "Draw float32 or float64 and gd_cast the result" },
                    "%s numbers can't be drawn", gd_dtype_name(dtype));
}

static void fill_uniform(gd_tensor *t, const gd__filling *draw)
{
    gd__random *random = &t->object.context->random;
    if (t->dtype == GD_FLOAT32)
        gd__random_uniform_f32(random, (float *)t->data, t->numel, draw->a, draw->b);
    else
        gd__random_uniform_f64(random, (double *)t->data, t->numel, draw->a, draw->b);
}

static void fill_normal(gd_tensor *t, const gd__filling *draw)
{
    gd__random *random = &t->object.context->random;
    if (t->dtype == GD_FLOAT32)
        gd__random_normal_f32(random, (float *)t->data, t->numel, draw->a, draw->b);
    else
        gd__random_normal_f64(random, (double *)t->data, t->numel, draw->a, draw->b);
}

void gd__draw_uniform(gd_tensor *t, double low, double high)
{
    fill_uniform(t, &(gd__filling){ .a = low, .b = high });
}

void gd__draw_normal(gd_tensor *t, double mean, double deviation)
{
    fill_normal(t, &(gd__filling){ .a = mean, .b = deviation });
}

static void fill_bernoulli(gd_tensor *t, const gd__filling *draw)
{
    size_t size = gd__dtypes[t->dtype].size;
    for (int64_t i = 0; i < t->numel; i++)
        gd__store((gd_dtype)t->dtype, t->data + (size_t)i * size,
                  gd__random_bernoulli(&t->object.context->random, draw->a));
}

static void fill_integers(gd_tensor *t, const gd__filling *draw)
{
    gd__random *random = &t->object.context->random;
    size_t size = gd__dtypes[t->dtype].size;
    if (t->dtype == GD_INT64)
        gd__random_integers(random, (int64_t *)t->data, t->numel, draw->low, draw->high);
    for (int64_t i = 0; t->dtype != GD_INT64 && i < t->numel; i++) {
        int64_t drawn;
        gd__random_integers(random, &drawn, 1, draw->low, draw->high);
        gd__store((gd_dtype)t->dtype, t->data + (size_t)i * size, (double)drawn);
    }
}

static void fill_permutation(gd_tensor *t, const gd__filling *draw)
{
    (void)draw;
    gd__random_permutation(&t->object.context->random, (int64_t *)t->data, t->numel);
}

void gd__draw_into(gd_tensor *t, const gd__filling *draw)
{
    static void (*const fill[])(gd_tensor *, const gd__filling *) = {
        [GD__FILL_UNIFORM] = fill_uniform,         [GD__FILL_NORMAL] = fill_normal,
        [GD__FILL_BERNOULLI] = fill_bernoulli,     [GD__FILL_INTEGERS] = fill_integers,
        [GD__FILL_PERMUTATION] = fill_permutation,
    };
    fill[draw->kind](t, draw);
}

/* A new tensor, filled; the error object as it is. */
static gd_tensor *drawn(gd_tensor *t, const gd__filling *draw)
{
    if (!gd__alive(t))
        return t;
    gd__draw_into(t, draw);
    gd__trace *trace = t->object.context->trace;
    return !trace || !trace->drawn || trace->drawn(trace, t, draw) ? t : gd__error_object(t->object.context);
}

bool gd__uniform_fits(gd_context *g, const char *function, gd_dtype dtype, double low, double high)
{
    double largest = dtype == GD_FLOAT32 ? (double)FLT_MAX : DBL_MAX;
    if (low >= -largest && low <= high && high <= largest && high - low <= largest)
        return true;
    gd__fail(g,
             (gd__fault){ GD_ERROR_VALUE, 0, function,
                          "low must not be above high, and the dtype must hold both and their difference" },
             "draws from %g to %g", low, high);
    return false;
}

bool gd__normal_fits(gd_context *g, const char *function, double deviation)
{
    if (deviation >= 0)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "Pass a deviation of 0 or more" },
             "the standard deviation is %g", deviation);
    return false;
}

static gd_tensor *drawn_uniform(gd_context *g, const char *function, gd_dtype dtype, gd_dims shape, double low,
                                double high)
{
    return drawn(create_float(g, function, dtype, shape), &(gd__filling){ GD__FILL_UNIFORM, .a = low, .b = high });
}

static gd_tensor *drawn_normal(gd_context *g, const char *function, gd_dtype dtype, gd_dims shape, double mean,
                               double deviation)
{
    return drawn(create_float(g, function, dtype, shape),
                 &(gd__filling){ GD__FILL_NORMAL, .a = mean, .b = deviation });
}

gd_tensor *gd_rand(gd_context *g, gd_dtype dtype, gd_dims shape)
{
    return drawn_uniform(g, "gd_rand", dtype, shape, 0, 1);
}

gd_tensor *gd_randn(gd_context *g, gd_dtype dtype, gd_dims shape)
{
    return drawn_normal(g, "gd_randn", dtype, shape, 0, 1);
}

gd_tensor *gd_uniform(gd_context *g, gd_dtype dtype, gd_dims shape, double low, double high)
{
    bool good = g && !g->stand_in && gd__uniform_fits(g, "gd_uniform", gd__dtype(g, dtype), low, high);
    return good ? drawn_uniform(g, "gd_uniform", dtype, shape, low, high) : gd__error_object(g);
}

gd_tensor *gd_normal(gd_context *g, gd_dtype dtype, gd_dims shape, double mean, double deviation)
{
    bool good = gd__normal_fits(g, "gd_normal", deviation);
    return good ? drawn_normal(g, "gd_normal", dtype, shape, mean, deviation) : gd__error_object(g);
}

gd_tensor *gd_rand_like(const gd_tensor *t)
{
    gd_context *g = gd__context(t);
    if (!gd__usable(g, t, "gd_rand_like", "the tensor"))
        return gd__error_object(g);
    return drawn_uniform(g, "gd_rand_like", (gd_dtype)t->dtype, gd__shape(t), 0, 1);
}

gd_tensor *gd_randn_like(const gd_tensor *t)
{
    gd_context *g = gd__context(t);
    if (!gd__usable(g, t, "gd_randn_like", "the tensor"))
        return gd__error_object(g);
    return drawn_normal(g, "gd_randn_like", (gd_dtype)t->dtype, gd__shape(t), 0, 1);
}

/* ---- any dtype ---- */

gd_tensor *gd_bernoulli(gd_context *g, gd_dtype dtype, gd_dims shape, double p)
{
    if (!(p >= 0 && p <= 1))
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_bernoulli", "Pass a probability, from 0 to 1" },
                        "p is %g", p);
    return drawn(gd__create(g, "gd_bernoulli", dtype, shape), &(gd__filling){ GD__FILL_BERNOULLI, .a = p });
}

/* Between these the dtype holds every integer. */
static const struct {
    int64_t lowest, highest;
} integers[GD_BOOL + 1] = {
    [GD_FLOAT32] = { -(INT64_C(1) << 24), INT64_C(1) << 24 },
    [GD_FLOAT64] = { -(INT64_C(1) << 53), INT64_C(1) << 53 },
    [GD_INT64] = { INT64_MIN, INT64_MAX },
    [GD_UINT8] = { 0, UINT8_MAX },
    [GD_BOOL] = { 0, 1 },
};

static gd_tensor *draw_integers(gd_context *g, const char *function, gd_dtype dtype, gd_dims shape, int64_t low,
                                int64_t high)
{
    return drawn(gd__create(g, function, dtype, shape),
                 &(gd__filling){ GD__FILL_INTEGERS, .low = low, .high = high });
}

gd_tensor *gd_randint(gd_context *g, gd_dtype dtype, gd_dims shape, int64_t low, int64_t high)
{
    gd_dtype chosen = dtype == GD_DEFAULT ? GD_INT64 : dtype;
    gd__fault fault = { GD_ERROR_VALUE, 0, "gd_randint", "Pass low < high" };
    if (low >= high)
        return gd__fail(g, fault, "there is no integer from %lld up to, but not, %lld", (long long)low,
                        (long long)high);
    fault.remedy = "Draw int64 and gd_cast the result";
    if (gd__is_dtype(chosen) && (low < integers[chosen].lowest || high - 1 > integers[chosen].highest))
        return gd__fail(g, fault, "%s does not hold all integers from %lld to %lld", gd_dtype_name(chosen),
                        (long long)low, (long long)high - 1);
    return draw_integers(g, "gd_randint", chosen, shape, low, high);
}

/* ---- int64 ---- */

gd_tensor *gd_choice(gd_context *g, int64_t limit, int64_t n)
{
    if (limit <= 0)
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_choice", "Pass how many there are to draw from" },
                        "a draw from %lld integers", (long long)limit);
    return draw_integers(g, "gd_choice", GD_INT64, gd_shape(n), 0, limit);
}

gd_tensor *gd_randperm(gd_context *g, int64_t n)
{
    return drawn(gd__create(g, "gd_randperm", GD_INT64, gd_shape(n)), &(gd__filling){ .kind = GD__FILL_PERMUTATION });
}

void gd_seed(gd_context *g, gd_rng kind, uint64_t seed)
{
    if (!g || g->stand_in || !gd__may_stray(g, "gd_seed", "Seed outside of the step"))
        return;
    if (kind == GD_RNG_PHILOX || kind == GD_RNG_TORCH || kind == GD_RNG_NUMPY)
        gd__random_seed(&g->random, kind, seed);
    else
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_seed", "Use GD_RNG_PHILOX, GD_RNG_TORCH or GD_RNG_NUMPY" },
                 "%d is no kind of random stream", (int)kind);
}
