/* recognise_phrases.c - carrying out what is tried: single operations, and turns of phrase. */
#include "check/recognise_phrases.h"

#include <math.h>

/* ---- products of matrices ---- */

/* Rows and columns of a factor; a list has one row, or stands as one column. */
static void sides(gd_dims shape, bool turned, bool right, int64_t *rows, int64_t *columns)
{
    int64_t last = shape.size[shape.count - 1], before = shape.count > 1 ? shape.size[shape.count - 2] : 1;
    bool stands = shape.count == 1 ? right != turned : turned;
    *rows = stands ? last : before;
    *columns = stands ? before : last;
}

bool gd__fits_product(gd_dims a, gd_dims b, int turned)
{
    int64_t m, k, l, n;
    gd_dims common, ahead_a = a, ahead_b = b;
    sides(a, turned & 1, false, &m, &k);
    sides(b, turned & 2, true, &l, &n);
    ahead_a.count = a.count > 2 ? a.count - 2 : 0;
    ahead_b.count = b.count > 2 ? b.count - 2 : 0;
    bool list = (a.count == 1 || b.count == 1) && a.count + b.count > 3;
    return k == l && !list && gd__broadcast(ahead_a, ahead_b, &common) && (k > 1 || (a.count > 1 && b.count > 1));
}

static int as_factor(gd__quest *s, int a, bool turned, bool right)
{
    int ndim = s->value[a].shape.count, cost = s->value[a].cost;
    if (ndim == 1) {
        int dim = right != turned;
        return gd__make1(s, GD__OP_unsqueeze, a, &(gd__attrs){ .integer = { dim } }, cost, GD__QUIET);
    }
    if (!turned)
        return a;
    return gd__make1(s, GD__OP_transpose, a, &(gd__attrs){ .integer = { ndim - 2, ndim - 1 } }, cost, GD__QUIET);
}

/* A list's dimension is not in the result. */
static void say_product(gd__quest *s, const gd__try *t)
{
    bool lists = s->value[t->a].shape.count == 1 || s->value[t->b].shape.count == 1;
    int left = as_factor(s, t->a, t->integer[0] & 1, false), right = as_factor(s, t->b, t->integer[0] & 2, true);
    int y = gd__make2(s, GD__OP_matmul, left, right, t->cost, lists ? GD__CHECKED : GD__EXPANDED);
    if (y < 0 || !lists)
        return;
    int dim = s->value[y].shape.size[0] == 1 ? 0 : s->value[y].shape.size[1] == 1 ? 1 : -1;
    if (dim >= 0)
        gd__make1(s, GD__OP_squeeze, y, &(gd__attrs){ .integer = { dim } }, t->cost, GD__EXPANDED);
}

/* Over the square root of how many were summed, as attention has it. */
static void scale_product(gd__quest *s, int from, int cost)
{
    for (int i = from; i < s->values; i++) {
        const gd__value *v = &s->value[i];
        if (v->op != GD__OP_matmul || v->standing != GD__EXPANDED)
            continue;
        gd_dims left = s->value[v->in[0]].shape;
        double root = sqrt((double)left.size[left.count - 1]);
        gd__make1(s, GD__OP_div_scalar, i, &(gd__attrs){ .scalar = { root } }, cost, GD__EXPANDED);
        return;
    }
}

/* ---- others ---- */

static int with(gd__quest *s, gd__op_id op, int a, double c, int cost)
{
    return gd__make1(s, op, a, &(gd__attrs){ .scalar = { c } }, cost, GD__CHECKED);
}

static int step(gd__quest *s, gd__op_id op, int a, int cost)
{
    return gd__make1(s, op, a, NULL, cost, GD__CHECKED);
}

static int both(gd__quest *s, gd__op_id op, int a, int b, int cost)
{
    return gd__make2(s, op, a, b, cost, GD__CHECKED);
}

static void say_moments_over(gd__quest *s, const gd__try *t, int64_t bits)
{
    static const double guards[] = { 1e-5, 1e-8, 1e-6, 1e-12, 1e-3, 0 };
    gd__attrs over = { .integer = { bits, 1 } };
    int mean = gd__make1(s, GD__OP_mean, t->a, &over, t->cost, GD__EXPANDED);
    int apart = gd__make2(s, GD__OP_sub, t->a, mean, t->cost, GD__EXPANDED);
    int variance = gd__make1(s, GD__OP_mean, step(s, GD__OP_square, apart, t->cost), &over, t->cost, GD__CHECKED);
    for (size_t i = 0; i < sizeof guards / sizeof *guards; i++) {
        int guarded = guards[i] > 0 ? with(s, GD__OP_add_scalar, variance, guards[i], t->cost) : variance;
        int deviation = guarded >= 0 && s->value[guarded].low > 0 ? step(s, GD__OP_sqrt, guarded, t->cost) : -1;
        gd__make2(s, GD__OP_div, apart, deviation, t->cost + 1, i ? GD__CHECKED : GD__EXPANDED);
    }
}

static void say_moments(gd__quest *s, const gd__try *t)
{
    int ndim = s->value[t->a].shape.count;
    for (int axis = ndim - 1; axis >= 0; axis--)
        if (s->value[t->a].shape.size[axis] > 1)
            say_moments_over(s, t, (int64_t)1 << axis);
    if (ndim > 1)
        say_moments_over(s, t, ((int64_t)1 << ndim) - 1);
    if (ndim > 2) /* all but the samples, all but the channels */
        for (int axis = 0; axis < 2; axis++)
            say_moments_over(s, t, (((int64_t)1 << ndim) - 1) & ~((int64_t)1 << axis));
}

static void say_huber(gd__quest *s, const gd__try *t)
{
    gd__attrs limits = { .scalar = { -t->scalar[0], t->scalar[0] } };
    int near = gd__make1(s, GD__OP_clamp, t->a, &limits, t->cost, GD__QUIET);
    int half = gd__make1(s, GD__OP_div_scalar, near, &(gd__attrs){ .scalar = { 2 } }, t->cost, GD__QUIET);
    both(s, GD__OP_mul, near, gd__make2(s, GD__OP_sub, t->a, half, t->cost, GD__QUIET), t->cost);
}

static void say_tanh_gelu(gd__quest *s, const gd__try *t)
{
    int cube = gd__make1(s, GD__OP_pow_scalar, t->a, &(gd__attrs){ .scalar = { 3 } }, t->cost, GD__QUIET);
    int bent =
        gd__make2(s, GD__OP_add, t->a, with(s, GD__OP_mul_scalar, cube, 0.044715, t->cost), t->cost, GD__QUIET);
    int scaled = with(s, GD__OP_mul_scalar, bent, sqrt(2 / 3.14159265358979323846), t->cost);
    int share = with(s, GD__OP_add_scalar, step(s, GD__OP_tanh, scaled, t->cost), 1, t->cost);
    gd__make1(s, GD__OP_div_scalar, both(s, GD__OP_mul, t->a, share, t->cost), &(gd__attrs){ .scalar = { 2 } },
              t->cost, GD__EXPANDED);
}

static void say_mish(gd__quest *s, const gd__try *t)
{
    int soft = gd__make1(s, GD__OP_softplus, t->a, &(gd__attrs){ .scalar = { 1, 20 } }, t->cost, GD__CHECKED);
    gd__make2(s, GD__OP_mul, t->a, step(s, GD__OP_tanh, soft, t->cost), t->cost, GD__EXPANDED);
}

static int guarded_log(gd__quest *s, int a, double guard, int cost)
{
    return step(s, GD__OP_log, guard > 0 ? with(s, GD__OP_add_scalar, a, guard, cost) : a, cost);
}

static void say_guarded_log(gd__quest *s, const gd__try *t)
{
    int guarded = with(s, GD__OP_add_scalar, t->a, t->scalar[0], t->cost);
    gd__make1(s, GD__OP_log, guarded, NULL, t->cost, GD__EXPANDED);
}

static void say_bce(gd__quest *s, const gd__try *t)
{
    int hit = both(s, GD__OP_mul, t->b, guarded_log(s, t->a, t->scalar[0], t->cost), t->cost);
    int rest = guarded_log(s, with(s, GD__OP_rsub_scalar, t->a, 1, t->cost), t->scalar[0], t->cost);
    int miss = both(s, GD__OP_mul, with(s, GD__OP_rsub_scalar, t->b, 1, t->cost), rest, t->cost);
    both(s, GD__OP_add, hit, miss, t->cost);
}

static void say_prelu(gd__quest *s, const gd__try *t)
{
    int above = step(s, GD__OP_relu, t->a, t->cost), below = both(s, GD__OP_sub, t->a, above, t->cost);
    gd__make2(s, GD__OP_add, above, both(s, GD__OP_mul, t->b, below, t->cost), t->cost, GD__EXPANDED);
}

/* Indices as gather wants them. */
static int as_index(gd__quest *s, int a, int cost)
{
    if (s->value[a].t[0]->dtype == GD_INT64)
        return a;
    return gd__make1(s, GD__OP_cast, a, &(gd__attrs){ .integer = { GD_INT64 } }, cost, GD__QUIET);
}

static void say_choose(gd__quest *s, const gd__try *t)
{
    int upright = gd__make1(s, GD__OP_unsqueeze, as_index(s, t->b, t->cost), &(gd__attrs){ .integer = { 1 } },
                            t->cost, GD__QUIET);
    gd__make(s, GD__OP_gather, 2, (int[]){ t->a, upright }, &(gd__attrs){ .integer = { 1 } }, t->cost, GD__EXPANDED);
}

static void say_look_up(gd__quest *s, const gd__try *t)
{
    gd_dims table = s->value[t->a].shape, index = s->value[t->b].shape;
    int64_t count = s->value[t->b].numbers.count;
    int place = as_index(s, t->b, t->cost);
    if (index.count != 1)
        place = gd__make1(s, GD__OP_reshape, place, &(gd__attrs){ .dims = { 1, { count } } }, t->cost, GD__QUIET);
    if (table.count == 2) {
        place = gd__make1(s, GD__OP_unsqueeze, place, &(gd__attrs){ .integer = { 1 } }, t->cost, GD__QUIET);
        gd__attrs wide = { .dims = { 2, { count, table.size[1] } } };
        place = gd__make1(s, GD__OP_expand, place, &wide, t->cost, GD__QUIET);
    }
    int y = gd__make(s, GD__OP_gather, 2, (int[]){ t->a, place }, NULL, t->cost, GD__EXPANDED);
    if (table.count == 1 || index.count == 1 || index.count >= GD_MAX_DIMS)
        return;
    index.size[index.count++] = table.size[1];
    gd__make1(s, GD__OP_reshape, y, &(gd__attrs){ .dims = index }, t->cost, GD__EXPANDED);
}

void gd__carry_out(gd__quest *s, const gd__try *t)
{
    int from = s->values;
    switch (t->what) {
    case GD__SAY_PRODUCT:
        say_product(s, t);
        if (t->integer[0] == 2)
            scale_product(s, from, t->cost);
        break;
    case GD__SAY_MOMENTS: say_moments(s, t); break;
    case GD__SAY_HUBER: say_huber(s, t); break;
    case GD__SAY_TANH_GELU: say_tanh_gelu(s, t); break;
    case GD__SAY_MISH: say_mish(s, t); break;
    case GD__SAY_GUARDED_LOG: say_guarded_log(s, t); break;
    case GD__SAY_BCE: say_bce(s, t); break;
    case GD__SAY_PRELU: say_prelu(s, t); break;
    case GD__SAY_CHOOSE: say_choose(s, t); break;
    case GD__SAY_LOOK_UP: say_look_up(s, t); break;
    default: {
        gd__attrs attrs = { .scalar = { t->scalar[0], t->scalar[1] }, .integer = { t->integer[0], t->integer[1] } };
        gd__make(s, (gd__op_id)t->what, t->b < 0 ? 1 : 2, (int[]){ t->a, t->b }, &attrs, t->cost, GD__EXPANDED);
    }
    }
}

/* ---- views ---- */

static void permutations(gd__quest *s, int a, gd_dims order, int fixed)
{
    int ndim = s->value[a].shape.count;
    if (fixed == ndim) {
        gd__make1(s, GD__OP_permute, a, &(gd__attrs){ .dims = order }, 1, GD__CHECKED);
        return;
    }
    for (int i = fixed; i < ndim; i++) {
        gd_dims next = order;
        next.size[fixed] = order.size[i];
        next.size[i] = order.size[fixed];
        permutations(s, a, next, fixed + 1);
    }
}

enum { MOST_PARTS = 16 };

/* The parts of a dimension that has more than the result has there. */
static void slices(gd__quest *s, int a, int dim, int64_t wanted)
{
    int64_t size = s->value[a].shape.size[dim];
    if (s->y[0]->numel == 1 || size - wanted > MOST_PARTS)
        return;
    for (int64_t stride = 1; stride <= 2; stride++)
        for (int64_t start = 0; start + (wanted - 1) * stride < size; start++) {
            gd__attrs part = { .integer = { dim, start, start + (wanted - 1) * stride + 1, stride } };
            bool regular = stride * wanted == size ||
                           (stride == 1 && 2 * wanted == size && start % wanted == 0); /* halves, pairs */
            gd__make1(s, GD__OP_slice, a, &part, 1, regular ? GD__EXPANDED : GD__CHECKED);
        }
}

static void make_slices(gd__quest *s, int a)
{
    gd_dims shape = s->value[a].shape, wanted = gd__shape(s->y[0]);
    for (int i = 0; i < shape.count; i++) {
        gd_dims other = shape;
        if (shape.count == wanted.count) {
            other.size[i] = wanted.size[i];
            if (gd__same_dims(other, wanted) && shape.size[i] > wanted.size[i])
                slices(s, a, i, wanted.size[i]);
        } else if (shape.count == wanted.count + 1) {
            other.size[i] = 1;
            if (gd__count(other) == gd__count(wanted) && shape.size[i] > 1)
                slices(s, a, i, 1);
        }
    }
}

static void join(gd__quest *s, int a, int b)
{
    gd_dims left = s->value[a].shape, right = s->value[b].shape;
    if (left.count != right.count || s->value[a].t[0]->dtype != s->value[b].t[0]->dtype)
        return;
    for (int i = 0; i < left.count; i++) {
        gd_dims other = left;
        other.size[i] = right.size[i];
        if (gd__same_dims(other, right))
            gd__make(s, GD__OP_cat, 2, (int[]){ a, b }, &(gd__attrs){ .integer = { i } }, 2, GD__CHECKED);
    }
}

enum { MOST_REGULARISED = 4096 };

/* What is added to a loss. */
static void make_regularisers(gd__quest *s, int a)
{
    const gd__value *v = &s->value[a];
    if (!gd__is_float((gd_dtype)v->t[0]->dtype) || s->y[0]->numel != 1 || v->numbers.count > MOST_REGULARISED)
        return;
    gd__make1(s, GD__OP_square, a, NULL, 2, GD__CHECKED);
    gd__make1(s, GD__OP_abs, a, NULL, 2, GD__CHECKED);
    if (s->value[a].low > 0)
        gd__make1(s, GD__OP_log, a, NULL, 3, GD__CHECKED);
}

void gd__make_first(gd__quest *s)
{
    int64_t count = s->y[0]->numel;
    for (int a = 0; a < s->operands; a++) {
        const gd__value *v = &s->value[a];
        if (v->shape.count == 2 && v->numbers.count == count)
            gd__make1(s, GD__OP_transpose, a, &(gd__attrs){ .integer = { 0, 1 } }, 0, GD__CHECKED);
        else if (v->shape.count > 2 && v->shape.count < 5 && v->numbers.count == count)
            permutations(s, a, (gd_dims){ v->shape.count, { 0, 1, 2, 3 } }, 0);
        make_slices(s, a);
        make_regularisers(s, a);
        for (int b = 0; b < s->operands; b++)
            if (a != b && v->numbers.count + s->value[b].numbers.count == count)
                join(s, a, b);
    }
}
