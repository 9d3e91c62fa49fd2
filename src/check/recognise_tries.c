/* recognise_tries.c - what textbooks do to a value, the likeliest first. The cost of a step depends on what the value is:
 * a logarithm follows a softmax rather than a product, a square a difference. */
#include "check/recognise_phrases.h"

#include <math.h>

enum { FARTHEST = GD__PRIORITIES - 1, FARTHEST_OVERLAP = 10, UNLIKELY = 9 };

/* ---- what a value is ---- */

enum {
    OPERAND = 1,
    AFFINE = 2,
    DIFFERENCE = 4,
    SQUARED = 8, /* or its absolute value */
    REDUCED = 16,
    ACTIVATED = 32,
    LOGARITHM = 64,
    PROBABILITY = 128,
    PRODUCT = 256,
    REST = 512, /* the other way round: 1 - x, -x */
};

static unsigned kind_of_op(gd__op_id op)
{
    switch (op) {
    case GD__OP_matmul:
    case GD__OP_gather:
    case GD__OP_div_scalar: return AFFINE; /* a scaled product */
    case GD__OP_add: return AFFINE | PRODUCT;
    case GD__OP_mul: return PRODUCT;
    case GD__OP_sub: return DIFFERENCE;
    case GD__OP_square:
    case GD__OP_abs: return SQUARED;
    case GD__OP_sum:
    case GD__OP_mean:
    case GD__OP_max: return REDUCED;
    case GD__OP_sigmoid:
    case GD__OP_tanh:
    case GD__OP_relu:
    case GD__OP_gelu:
    case GD__OP_leaky_relu:
    case GD__OP_elu:
    case GD__OP_softmax: return ACTIVATED;
    case GD__OP_log: return LOGARITHM;
    case GD__OP_neg:
    case GD__OP_rsub_scalar: return REST;
    default: return 0;
    }
}

static unsigned kind_of(const gd__search *s, int i)
{
    const gd__value *v = &s->value[i];
    unsigned inside = v->low > 0 && v->high < 1 ? PROBABILITY : 0;
    return inside | (i < s->operands ? OPERAND : kind_of_op(v->op));
}

static bool is_float(const gd__value *v)
{
    return gd__is_float((gd_dtype)v->t[0]->dtype);
}

/* ---- the queue ---- */

static int bits_of(uint32_t set)
{
    int count = 0;
    for (; set; set &= set - 1)
        count++;
    return count;
}

/* What uses many of the operands is nearer to the end. */
static void put(gd__search *s, gd__try t)
{
    uint32_t uses = s->value[t.a].uses | (t.b >= 0 ? s->value[t.b].uses : 0);
    int priority = t.cost + 2 * (s->operands - bits_of(uses));
    if (priority > FARTHEST || s->tries >= GD__MOST_TRIES)
        return;
    t.next = -1;
    s->attempt[s->tries] = t;
    if (s->first[priority] < 0)
        s->first[priority] = s->tries;
    else
        s->attempt[s->last[priority]].next = s->tries;
    s->last[priority] = s->tries++;
}

const gd__try *gd__next_try(gd__search *s)
{
    for (int i = 0; i < GD__PRIORITIES; i++) {
        if (s->first[i] < 0)
            continue;
        const gd__try *t = &s->attempt[s->first[i]];
        s->first[i] = t->next;
        return t;
    }
    return NULL;
}

/* ---- of one value ---- */

typedef struct step {
    int what;
    double scalar[2];
    unsigned after; /* the kinds of values that it follows, */
    int likely, otherwise; /* and what it costs there, and elsewhere */
    double above;   /* all numbers must lie above this */
} step;

static const step steps[] = {
    { GD__OP_sigmoid, { 0 }, OPERAND | AFFINE, 2, 5, -INFINITY },
    { GD__OP_tanh, { 0 }, OPERAND | AFFINE, 2, 5, -INFINITY },
    { GD__OP_relu, { 0 }, OPERAND | AFFINE | REST, 2, 5, -INFINITY },
    { GD__OP_abs, { 0 }, DIFFERENCE, 1, 4, -INFINITY },
    { GD__OP_abs, { 0 }, OPERAND, 2, UNLIKELY, -INFINITY },
    { GD__OP_square, { 0 }, DIFFERENCE, 1, 3, -INFINITY },
    { GD__OP_square, { 0 }, OPERAND, 2, UNLIKELY, -INFINITY },
    { GD__OP_log, { 0 }, PROBABILITY, 1, 3, 0 },
    { GD__OP_rsub_scalar, { 1 }, PROBABILITY, 1, 4, -INFINITY },
    { GD__OP_rsub_scalar, { 1 }, OPERAND | PRODUCT, 2, UNLIKELY, -INFINITY },
    { GD__OP_exp, { 0 }, OPERAND | DIFFERENCE | AFFINE, 3, 5, -INFINITY },
    { GD__OP_sqrt, { 0 }, REDUCED, 2, 4, 0 },
    { GD__OP_neg, { 0 }, OPERAND | PRODUCT, 2, 5, -INFINITY },
    { GD__OP_reciprocal, { 0 }, OPERAND | REDUCED, 4, 6, -INFINITY },
    { GD__OP_softplus, { 1, 20 }, OPERAND | AFFINE | REST, 3, 7, -INFINITY },
    { GD__OP_leaky_relu, { 0.01 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_leaky_relu, { 0.1 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_leaky_relu, { 0.2 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__OP_elu, { 1 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_gelu, { 0 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_sin, { 0 }, OPERAND, 3, 7, -INFINITY },
    { GD__OP_cos, { 0 }, OPERAND, 3, 7, -INFINITY },
    { GD__OP_clamp, { -1, 1 }, OPERAND | DIFFERENCE, 4, UNLIKELY, -INFINITY },
    { GD__OP_clamp, { 0, 1 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__OP_clamp, { 0, 6 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__OP_pow_scalar, { 3 }, OPERAND, 4, UNLIKELY, -INFINITY },
    { GD__OP_pow_scalar, { 4 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_erf, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_expm1, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_log1p, { 0 }, OPERAND, 5, UNLIKELY, -1 },
    { GD__OP_rsqrt, { 0 }, OPERAND | REDUCED, 5, UNLIKELY, 0 },
    { GD__OP_sign, { 0 }, OPERAND | DIFFERENCE, 5, UNLIKELY, -INFINITY },
    { GD__OP_floor, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_ceil, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_round, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__SAY_MOMENTS, { 0 }, OPERAND, 3, UNLIKELY, -INFINITY },
    { GD__SAY_HUBER, { 1 }, DIFFERENCE, 2, UNLIKELY, -INFINITY },
    { GD__SAY_HUBER, { 0.5 }, DIFFERENCE, 4, UNLIKELY, -INFINITY },
    { GD__SAY_HUBER, { 2 }, DIFFERENCE, 4, UNLIKELY, -INFINITY },
    { GD__SAY_HUBER, { 1.345 }, DIFFERENCE, 5, UNLIKELY, -INFINITY },
    { GD__SAY_TANH_GELU, { 0 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__SAY_MISH, { 0 }, OPERAND | AFFINE, 5, UNLIKELY, -INFINITY },
};

static void put_steps(gd__search *s, int a)
{
    const gd__value *v = &s->value[a];
    unsigned kind = kind_of(s, a);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const step *e = &steps[i];
        int cost = kind & e->after ? e->likely : e->otherwise;
        if (v->low > e->above && cost < UNLIKELY)
            put(s, (gd__try){ .what = e->what, .a = a, .b = -1, .scalar = { e->scalar[0], e->scalar[1] },
                              .cost = v->cost + cost });
    }
}

/* What runs along one axis, or over all. The last axis is the likeliest. */
static void put_along(gd__search *s, int a)
{
    const gd__value *v = &s->value[a];
    unsigned kind = kind_of(s, a);
    bool open = kind & (OPERAND | AFFINE);
    for (int axis = v->shape.count - 1; axis >= 0; axis--) {
        int farther = axis < v->shape.count - 1;
        int64_t bits = (int64_t)1 << axis;
        if (v->shape.size[axis] < 2)
            continue;
        put(s, (gd__try){ GD__OP_softmax, a, -1, { 0 }, { axis }, v->cost + (open ? 2 : 6) + farther, 0 });
        put(s, (gd__try){ GD__OP_sum, a, -1, { 0 }, { bits, 1 }, v->cost + (kind & (OPERAND | SQUARED | PRODUCT) ? 2 : 4), 0 });
        put(s, (gd__try){ GD__OP_mean, a, -1, { 0 }, { bits, 1 }, v->cost + (kind & (OPERAND | SQUARED) ? 2 : 4), 0 });
        if (!open)
            continue;
        put(s, (gd__try){ GD__OP_max, a, -1, { 0 }, { bits, 1 }, v->cost + 4, 0 });
        put(s, (gd__try){ GD__OP_min, a, -1, { 0 }, { bits, 1 }, v->cost + 5, 0 });
        put(s, (gd__try){ GD__OP_cumsum, a, -1, { 0 }, { axis }, v->cost + 4, 0 });
        put(s, (gd__try){ GD__OP_logsumexp, a, -1, { 0 }, { bits, 1 }, v->cost + 5, 0 });
        put(s, (gd__try){ GD__OP_log_softmax, a, -1, { 0 }, { axis }, v->cost + 5, 0 });
        put(s, (gd__try){ GD__OP_prod, a, -1, { 0 }, { bits, 1 }, v->cost + 5, 0 });
    }
    int64_t all = ((int64_t)1 << v->shape.count) - 1;
    if (v->shape.count < 2 || v->numbers.count < 2)
        return;
    put(s, (gd__try){ GD__OP_mean, a, -1, { 0 }, { all, 1 }, v->cost + (kind & (OPERAND | SQUARED) ? 3 : 5), 0 });
    put(s, (gd__try){ GD__OP_sum, a, -1, { 0 }, { all, 1 }, v->cost + (kind & (OPERAND | SQUARED) ? 3 : 5), 0 });
    if (kind & OPERAND)
        for (int op = 0; op < 3; op++)
            put(s, (gd__try){ (int[]){ GD__OP_max, GD__OP_min, GD__OP_prod }[op], a, -1, { 0 }, { all, 1 }, v->cost + 5, 0 });
}

/* ---- of two values ---- */

/* Shares an operand with the other, and is made of it. */
static bool is_made_of(const gd__search *s, int a, int b)
{
    const gd__value *v = &s->value[a];
    for (int i = 0; a >= s->operands && i < v->count; i++)
        if (v->in[i] == b)
            return true;
    return false;
}

static void put_product(gd__search *s, int a, int b, int cost)
{
    const gd__value *v = &s->value[a], *w = &s->value[b];
    if (!is_float(v) || !is_float(w) || v->shape.count < 1 || w->shape.count < 1)
        return;
    for (int turned = 0; turned < 4; turned++)
        if (gd__fits_product(v->shape, w->shape, turned))
            put(s, (gd__try){ GD__SAY_PRODUCT, a, b, { 0 }, { turned }, cost + (turned ? turned == 3 ? 3 : 1 : 0), 0 });
}

static int cost_of_sum(unsigned v, unsigned w)
{
    if ((v & AFFINE && w & (AFFINE | OPERAND)) || (w & AFFINE && v & OPERAND))
        return 1;
    return v & w & OPERAND ? 2 : 3;
}

static int cost_of_times(unsigned v, unsigned w)
{
    if ((v & LOGARITHM && w & OPERAND) || (w & LOGARITHM && v & OPERAND))
        return 1;
    if ((v & OPERAND && w & (OPERAND | SQUARED | DIFFERENCE | ACTIVATED)) || (w & OPERAND && v & (SQUARED | DIFFERENCE | ACTIVATED)))
        return 2;
    return 4;
}

static void put_elementwise(gd__search *s, int a, int b, int cost, bool nested)
{
    const gd__value *v = &s->value[a], *w = &s->value[b];
    unsigned kv = kind_of(s, a), kw = kind_of(s, b);
    gd_dims common;
    bool same = gd__same_dims(v->shape, w->shape);
    if (!gd__broadcast(v->shape, w->shape, &common) || (!is_float(v) && !is_float(w)))
        return;
    bool against_own = (kv | kw) & REDUCED && nested;
    put(s, (gd__try){ GD__OP_add, a, b, { 0 }, { 0 }, cost + cost_of_sum(kv, kw), 0 });
    if (same || against_own || (kv | kw) & OPERAND) {
        put(s, (gd__try){ GD__OP_sub, a, b, { 0 }, { 0 }, cost + (same || against_own ? 1 : 3), 0 });
        if (kv & kw & OPERAND)
            put(s, (gd__try){ GD__OP_sub, b, a, { 0 }, { 0 }, cost + (same ? 2 : 3), 0 });
    }
    put(s, (gd__try){ GD__OP_mul, a, b, { 0 }, { 0 }, cost + cost_of_times(kv, kw), 0 });
    put(s, (gd__try){ GD__OP_div, a, b, { 0 }, { 0 }, cost + (against_own ? 2 : 3), 0 });
    put(s, (gd__try){ GD__OP_div, b, a, { 0 }, { 0 }, cost + (against_own ? 2 : 4), 0 });
    if (!(kv & kw & OPERAND))
        return;
    put(s, (gd__try){ GD__OP_maximum, a, b, { 0 }, { 0 }, cost + 3, 0 });
    put(s, (gd__try){ GD__OP_minimum, a, b, { 0 }, { 0 }, cost + 3, 0 });
    if (v->low > 0)
        put(s, (gd__try){ GD__OP_pow, a, b, { 0 }, { 0 }, cost + 4, 0 });
    if (w->low > 0)
        put(s, (gd__try){ GD__OP_pow, b, a, { 0 }, { 0 }, cost + 4, 0 });
}

/* Losses of a probability, and what integers choose. */
static void put_phrases(gd__search *s, int a, int b, int cost)
{
    const gd__value *v = &s->value[a], *w = &s->value[b];
    if (kind_of(s, a) & PROBABILITY && b < s->operands && gd__same_dims(v->shape, w->shape))
        put(s, (gd__try){ GD__SAY_BCE, a, b, { 0 }, { 0 }, cost + 2, 0 });
    bool index = b < s->operands && !is_float(w) && w->t[0]->dtype != GD_BOOL;
    if (!index || !is_float(v) || v->shape.count < 1 || v->shape.count > 2)
        return;
    int64_t last = v->shape.size[v->shape.count - 1];
    bool labels = v->shape.count == 2 && w->shape.count == 1 && w->shape.size[0] == v->shape.size[0];
    if (labels && w->low >= 0 && w->high < (double)last)
        put(s, (gd__try){ GD__SAY_CHOOSE, a, b, { 0 }, { 0 }, cost + 1, 0 });
    if (w->low >= 0 && w->high < (double)v->shape.size[0] && a < s->operands)
        put(s, (gd__try){ GD__SAY_LOOK_UP, a, b, { 0 }, { 0 }, cost + 2, 0 });
}

/* An operand that both are made of is met again in few textbooks. */
static void put_pair(gd__search *s, int a, int b)
{
    bool nested = is_made_of(s, a, b) || is_made_of(s, b, a);
    bool overlap = s->value[a].uses & s->value[b].uses;
    int cost = s->value[a].cost + s->value[b].cost;
    s->work += 20;
    if (nested) /* counted once: it is there already */
        cost -= s->value[a].cost < s->value[b].cost ? s->value[a].cost : s->value[b].cost;
    cost += overlap && !nested ? 3 : 0;
    if (cost > (overlap && !nested ? FARTHEST_OVERLAP : FARTHEST) - 1)
        return;
    s->work += 100;
    put_product(s, a, b, cost + (overlap ? 2 : 0));
    put_product(s, b, a, cost + (overlap ? 2 : 0));
    put_elementwise(s, a, b, cost, nested);
    put_phrases(s, a, b, cost);
    put_phrases(s, b, a, cost);
}

void gd__expand(gd__search *s, int a)
{
    if (is_float(&s->value[a])) {
        put_steps(s, a);
        put_along(s, a);
    }
    for (int b = 0; b < a; b++)
        if (s->value[b].standing == GD__EXPANDED)
            put_pair(s, b, a);
    put_product(s, a, a, s->value[a].cost + 3);
}
