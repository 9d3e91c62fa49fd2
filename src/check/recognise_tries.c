/* recognise_tries.c - what textbooks do to a value, the likeliest first. The cost of a step depends on what the value is:
 * a logarithm follows a softmax rather than a product, a square a difference. */
#include "check/recognise_phrases.h"

#include <math.h>

enum { UNLIKELY = 9, LARGE = 4096, MOST_OVERLAPPING = 2, MOST_APART = 4 };

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
    SCALED = 1024,
    ROOT = 2048,
    EXPONENTIAL = 4096,
    QUOTIENT = 8192
};

static unsigned kind_of_op(gd__op_id op)
{
    switch (op) {
    case GD__OP_matmul:
    case GD__OP_gather: return AFFINE;
    case GD__OP_div_scalar: return SCALED;
    case GD__OP_sqrt: return ROOT;
    case GD__OP_exp: return EXPONENTIAL;
    case GD__OP_div: return QUOTIENT;
    case GD__OP_slice: return OPERAND;
    case GD__OP_add: return AFFINE;
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
    case GD__OP_silu:
    case GD__OP_leaky_relu:
    case GD__OP_elu:
    case GD__OP_softmax: return ACTIVATED;
    case GD__OP_log:
    case GD__OP_log1p: return LOGARITHM;
    case GD__OP_neg:
    case GD__OP_rsub_scalar: return REST;
    default: return 0;
    }
}

static unsigned kind_of(const gd__quest *s, int i)
{
    return s->value[i].kind;
}

static void set_kind(gd__quest *s, int i)
{
    gd__value *v = &s->value[i];
    unsigned inside = v->low > 0 && v->high < 1 ? PROBABILITY : 0;
    bool chosen = v->op == GD__OP_gather && v->attrs.integer[0] == 1; /* by labels: a loss's last step but one */
    bool view = v->op == GD__OP_squeeze || v->op == GD__OP_reshape;
    v->kind = inside | (i < s->operands ? OPERAND : chosen ? 0 : kind_of_op(view ? s->value[v->in[0]].op : v->op));
}

static bool is_float(const gd__value *v)
{
    return gd__is_float((gd_dtype)v->t[0]->dtype);
}

/* Integers that are no mask. */
static bool is_index(const gd__value *v)
{
    return !is_float(v) && (v->low < 0 || v->high > 1);
}

/* ---- the queue ---- */

static int bits_of(uint32_t set)
{
    int count = 0;
    for (; set; set &= set - 1)
        count++;
    return count;
}

/* Makes room by forgetting all of the unlikeliest. */
static void forget_farthest(gd__quest *s)
{
    int worst = s->farthest;
    while (worst > 0 && s->first[worst] < 0)
        worst--;
    s->farthest = worst - 1;
    if (s->first[worst] < 0)
        return;
    s->attempt[s->last[worst]].next = s->unused;
    s->unused = s->first[worst];
    s->first[worst] = -1;
}

/* What uses many of the operands is nearer to the end. */
static void put(gd__quest *s, gd__try t)
{
    uint32_t uses = s->value[t.a].uses | (t.b >= 0 ? s->value[t.b].uses : 0);
    const gd__value *v = &s->value[t.a];
    if (t.what != GD__SAY_PRODUCT && v->numbers.count > LARGE && v->numbers.count > 4 * s->y[0]->numel)
        t.cost += 3;                                      /* it takes long, and products make it smaller */
    bool first = t.what == GD__SAY_PRODUCT && t.cost < 3; /* there are few of these */
    int priority = t.cost + (first ? 0 : 2 * (s->operands - bits_of(uses))), place = s->unused;
    if (priority <= s->farthest && place < 0 && s->tries == GD__MOST_TRIES) {
        forget_farthest(s);
        place = s->unused;
    }
    if (priority > s->farthest || (place < 0 && s->tries == GD__MOST_TRIES))
        return;
    if (place >= 0)
        s->unused = s->attempt[place].next;
    else
        place = s->tries++;
    t.next = -1;
    s->attempt[place] = t;
    if (s->first[priority] < 0)
        s->first[priority] = place;
    else
        s->attempt[s->last[priority]].next = place;
    s->last[priority] = place;
}

bool gd__next_try(gd__quest *s, gd__try *t)
{
    for (int i = 0; i <= s->farthest; i++) {
        int place = s->first[i];
        if (place < 0)
            continue;
        *t = s->attempt[place];
        s->first[i] = t->next;
        s->attempt[place].next = s->unused;
        s->unused = place;
        return true;
    }
    return false;
}

/* ---- of one value ---- */

typedef struct step {
    int what;
    double scalar[2];
    unsigned after;        /* the kinds of values that it follows, */
    int likely, otherwise; /* and what it costs there, and elsewhere */
    double above;          /* all numbers must lie above this */
} step;

static const step steps[] = {
    { GD__OP_sigmoid, { 0 }, AFFINE, 1, UNLIKELY, -INFINITY },
    { GD__OP_sigmoid, { 0 }, OPERAND, 2, UNLIKELY, -INFINITY },
    { GD__OP_tanh, { 0 }, AFFINE, 1, UNLIKELY, -INFINITY },
    { GD__OP_tanh, { 0 }, OPERAND, 2, UNLIKELY, -INFINITY },
    { GD__OP_relu, { 0 }, AFFINE, 1, UNLIKELY, -INFINITY },
    { GD__OP_relu, { 0 }, OPERAND, 2, UNLIKELY, -INFINITY },
    { GD__OP_relu, { 0 }, REST, 1, UNLIKELY, -INFINITY },
    { GD__OP_abs, { 0 }, DIFFERENCE, 1, UNLIKELY, -INFINITY },
    { GD__OP_abs, { 0 }, QUOTIENT, 2, UNLIKELY, -INFINITY },
    { GD__OP_pow_scalar, { 3 }, SQUARED, 3, UNLIKELY, -INFINITY },
    { GD__SAY_GUARDED_LOG, { 1e-7 }, PROBABILITY, 3, UNLIKELY, 0 },
    { GD__SAY_GUARDED_LOG, { 1e-8 }, PROBABILITY, 3, UNLIKELY, 0 },
    { GD__SAY_GUARDED_LOG, { 1e-9 }, PROBABILITY, 4, UNLIKELY, 0 },
    { GD__SAY_GUARDED_LOG, { 1e-6 }, PROBABILITY, 4, UNLIKELY, 0 },
    { GD__SAY_GUARDED_LOG, { 1e-5 }, PROBABILITY, 4, UNLIKELY, 0 },
    { GD__OP_abs, { 0 }, OPERAND, 2, UNLIKELY, -INFINITY },
    { GD__OP_square, { 0 }, DIFFERENCE | REST, 1, UNLIKELY, -INFINITY },
    { GD__OP_square, { 0 }, ACTIVATED | PRODUCT | AFFINE, 2, UNLIKELY, -INFINITY },
    { GD__OP_square, { 0 }, OPERAND, 2, UNLIKELY, -INFINITY },
    { GD__OP_log, { 0 }, PROBABILITY, 1, UNLIKELY, 0 },
    { GD__OP_log, { 0 }, OPERAND | REDUCED | EXPONENTIAL | AFFINE, 3, UNLIKELY, 0 },
    { GD__OP_rsub_scalar, { 1 }, PROBABILITY, 1, UNLIKELY, -INFINITY },
    { GD__OP_rsub_scalar, { 1 }, ACTIVATED | SQUARED, 3, UNLIKELY, -INFINITY },
    { GD__OP_rsub_scalar, { 1 }, OPERAND, 2, UNLIKELY, -INFINITY },
    { GD__OP_rsub_scalar, { 1 }, PRODUCT, 1, UNLIKELY, -INFINITY },
    { GD__OP_exp, { 0 }, REST, 1, UNLIKELY, -INFINITY },
    { GD__OP_exp, { 0 }, OPERAND | DIFFERENCE | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_sqrt, { 0 }, REDUCED, 2, UNLIKELY, 0 },
    { GD__OP_sqrt, { 0 }, OPERAND | AFFINE | PRODUCT, 3, UNLIKELY, 0 },
    { GD__OP_neg, { 0 }, PRODUCT, 1, UNLIKELY, -INFINITY },
    { GD__OP_neg, { 0 }, OPERAND | SQUARED, 3, UNLIKELY, -INFINITY },
    { GD__OP_reciprocal, { 0 }, OPERAND | REDUCED, 4, UNLIKELY, -INFINITY },
    { GD__OP_softplus, { 1, 20 }, REST, 1, UNLIKELY, -INFINITY },
    { GD__OP_softplus, { 1, 20 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_leaky_relu, { 0.01 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_leaky_relu, { 0.1 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_leaky_relu, { 0.2 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__OP_elu, { 1 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_elu, { 1.6732632423543772 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY }, /* selu's */
    { GD__OP_gelu, { 0 }, OPERAND | AFFINE, 3, UNLIKELY, -INFINITY },
    { GD__OP_silu, { 0 }, OPERAND | AFFINE, 2, UNLIKELY, -INFINITY },
    { GD__OP_sin, { 0 }, OPERAND, 3, UNLIKELY, -INFINITY },
    { GD__OP_cos, { 0 }, OPERAND, 3, UNLIKELY, -INFINITY },
    { GD__OP_clamp, { -1, 1 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__OP_clamp, { 0, 1 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__OP_clamp, { -3, 3 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__OP_clamp, { 0, 6 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__OP_pow_scalar, { 3 }, OPERAND, 4, UNLIKELY, -INFINITY },
    { GD__OP_pow_scalar, { 4 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_erf, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_expm1, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_log1p, { 0 }, OPERAND, 2, UNLIKELY, -1 },
    { GD__OP_rsqrt, { 0 }, OPERAND | REDUCED, 5, UNLIKELY, 0 },
    { GD__OP_sign, { 0 }, OPERAND | DIFFERENCE, 5, UNLIKELY, -INFINITY },
    { GD__OP_floor, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_ceil, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__OP_round, { 0 }, OPERAND, 5, UNLIKELY, -INFINITY },
    { GD__SAY_MOMENTS, { 0 }, OPERAND, 1, UNLIKELY, -INFINITY },
    { GD__SAY_HUBER, { 1 }, DIFFERENCE, 2, UNLIKELY, -INFINITY },
    { GD__SAY_HUBER, { 0.5 }, DIFFERENCE, 4, UNLIKELY, -INFINITY },
    { GD__SAY_HUBER, { 2 }, DIFFERENCE, 4, UNLIKELY, -INFINITY },
    { GD__SAY_HUBER, { 1.345 }, DIFFERENCE, 5, UNLIKELY, -INFINITY },
    { GD__SAY_TANH_GELU, { 0 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
    { GD__SAY_MISH, { 0 }, OPERAND | AFFINE, 4, UNLIKELY, -INFINITY },
};

static void put_steps(gd__quest *s, int a)
{
    const gd__value *v = &s->value[a];
    unsigned kind = kind_of(s, a);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const step *e = &steps[i];
        int cost = kind & e->after ? e->likely : e->otherwise;
        if (e->what == GD__SAY_MOMENTS && !gd__same_dims(v->shape, gd__shape(s->y[0])))
            cost += 3; /* what is normalised keeps its shape */
        if (v->low > e->above && cost < UNLIKELY)
            put(s, (gd__try){ .what = e->what,
                              .a = a,
                              .b = -1,
                              .scalar = { e->scalar[0], e->scalar[1] },
                              .cost = v->cost + cost });
    }
}

/* What runs along one axis, or over all. The last axis is the likeliest. */
static void put_along(gd__quest *s, int a)
{
    const gd__value *v = &s->value[a];
    unsigned kind = kind_of(s, a);
    bool open = kind & (OPERAND | AFFINE);
    int shares = kind & (AFFINE | SCALED) ? 1 : kind & OPERAND ? 2 : 7;
    int reduced = v->cost + (kind & SQUARED ? 2 : kind & (OPERAND | EXPONENTIAL) ? 3 : kind & PRODUCT ? 4 : 6);
    for (int axis = v->shape.count - 1; axis >= 0; axis--) {
        int farther = axis < v->shape.count - 1;
        int64_t bits = (int64_t)1 << axis;
        if (v->shape.size[axis] < 2)
            continue;
        put(s, (gd__try){ GD__OP_softmax, a, -1, { 0 }, { axis }, v->cost + shares + farther, 0 });
        put(s, (gd__try){ GD__OP_sum, a, -1, { 0 }, { bits, 1 }, reduced, 0 });
        put(s, (gd__try){ GD__OP_mean, a, -1, { 0 }, { bits, 1 }, reduced, 0 });
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
    put(s, (gd__try){ GD__OP_mean, a, -1, { 0 }, { all, 1 }, reduced + 1, 0 });
    put(s, (gd__try){ GD__OP_sum, a, -1, { 0 }, { all, 1 }, reduced + 1, 0 });
    if (kind & OPERAND)
        for (int op = 0; op < 3; op++)
            put(s,
                (gd__try){
                    (int[]){ GD__OP_max, GD__OP_min, GD__OP_prod }[op], a, -1, { 0 }, { all, 1 }, v->cost + 5, 0 });
}

/* ---- of two values ----
 *
 * How they are related decides what is likely. Each function returns the cost of one operation, NEVER where no textbook
 * has it. */

enum { NEVER = 99 };

typedef struct pair {
    int a, b;
    unsigned kind_a, kind_b;
    bool nested;  /* one is made of the other in one step */
    bool overlap; /* an operand is in both */
    bool same;    /* shapes */
} pair;

/* One is of a kind among these, the other among those. */
static bool are(const pair *p, unsigned these, unsigned those)
{
    return (p->kind_a & these && p->kind_b & those) || (p->kind_b & these && p->kind_a & those);
}

static bool is_made_of(const gd__quest *s, int a, int b)
{
    const gd__value *v = &s->value[a];
    for (int i = 0; a >= s->operands && i < v->count; i++)
        if (v->in[i] == b)
            return true;
    return false;
}

static int cost_of_add(const pair *p)
{
    if (p->nested || p->overlap)
        return are(p, ACTIVATED | AFFINE, OPERAND | AFFINE | ACTIVATED) ? 2 : p->nested ? NEVER : 4;
    if (are(p, AFFINE, AFFINE | OPERAND))
        return !are(p, OPERAND, AFFINE) ? 1 : p->same ? 2 : 0; /* a bias is broadcast */
    return are(p, OPERAND, OPERAND | ACTIVATED | PRODUCT) || are(p, SQUARED, SQUARED) ? 2 : 4;
}

static int cost_of_sub(const pair *p)
{
    enum { SIGNALS = OPERAND | AFFINE | ACTIVATED | PROBABILITY | LOGARITHM };
    if (p->nested || p->overlap)
        return are(p, REDUCED, SIGNALS) ? 1 : p->nested ? NEVER : 4;
    if (are(p, AFFINE, AFFINE))
        return 3;
    return p->same && are(p, SIGNALS, SIGNALS) ? 1 : 4;
}

static int cost_of_mul(const pair *p)
{
    if (p->nested)
        return are(p, ACTIVATED | LOGARITHM, OPERAND | AFFINE | PROBABILITY) || are(p, REST, PROBABILITY | ACTIVATED)
                   ? 2
                   : NEVER;
    if (are(p, LOGARITHM, OPERAND))
        return 1;
    if (are(p, PRODUCT, SQUARED))
        return 0;
    if (p->overlap)
        return are(p, ACTIVATED, AFFINE | ACTIVATED | OPERAND) ? 2 : 5;
    if (p->same && are(p, OPERAND, OPERAND))
        return 1;
    if (are(p, OPERAND, OPERAND | SQUARED | ACTIVATED))
        return 2;
    return are(p, OPERAND, DIFFERENCE | AFFINE) ? 3 : 4;
}

static int cost_of_div(const pair *p)
{
    if (p->nested || p->overlap)
        return are(p, REDUCED | ROOT, OPERAND | DIFFERENCE | AFFINE | EXPONENTIAL) || are(p, DIFFERENCE, OPERAND) ? 2
               : p->nested ? NEVER
                           : 5;
    return are(p, OPERAND, SQUARED) ? 2 : are(p, OPERAND, OPERAND | DIFFERENCE) ? 3 : 5;
}

static int cost_of_product(const gd__quest *s, const pair *p)
{
    int far = p->overlap ? 4 : 0;
    if (are(p, OPERAND, OPERAND))
        return 1 + far;
    bool several = bits_of(s->value[p->a].uses) > 1 || bits_of(s->value[p->b].uses) > 1;
    if (are(p, OPERAND, ACTIVATED))
        return (several ? 1 : 3) + far;
    return (are(p, OPERAND, AFFINE | DIFFERENCE) ? 3 : 6) + far;
}

static void put_product(gd__quest *s, int a, int b, int cost)
{
    static const int turning[] = { 0, 2, 1, 4 };
    const gd__value *v = &s->value[a], *w = &s->value[b];
    if (cost > s->farthest || !is_float(v) || !is_float(w) || v->shape.count < 1 || w->shape.count < 1)
        return;
    cost += v->shape.count + w->shape.count == 2 ? 3 : 0; /* two lists: all their products */
    bool upright = gd__fits_product(v->shape, w->shape, 0);
    for (int turned = 0; turned < 4; turned++)
        if (gd__fits_product(v->shape, w->shape, turned))
            put(s,
                (gd__try){
                    GD__SAY_PRODUCT, a, b, { 0 }, { turned }, cost + turning[turned] + (turned & 1 && upright), 0 });
}

static void put_joint(gd__quest *s, gd__op_id op, int a, int b, int cost)
{
    if (cost < NEVER)
        put(s, (gd__try){ (int)op, a, b, { 0 }, { 0 }, cost, 0 });
}

/* What is made is compared with what is given, and a part with its mean; the other way round is another sign. */
static void put_subtraction(gd__quest *s, const pair *p, int cost)
{
    bool turned = p->kind_a & REDUCED || (p->kind_a & OPERAND && !(p->kind_b & (OPERAND | REDUCED)));
    put_joint(s, GD__OP_sub, turned ? p->b : p->a, turned ? p->a : p->b, cost);
    if (p->kind_a & p->kind_b & OPERAND)
        put_joint(s, GD__OP_sub, p->b, p->a, cost + 1);
}

static void put_elementwise(gd__quest *s, const pair *p, int cost)
{
    const gd__value *v = &s->value[p->a], *w = &s->value[p->b];
    gd_dims common;
    if (!gd__broadcast(v->shape, w->shape, &common) || (!is_float(v) && !is_float(w)))
        return;
    if (!p->same && (is_index(v) || is_index(w)))
        return;
    bool both = p->kind_a & p->kind_b & OPERAND;
    put_joint(s, GD__OP_add, p->a, p->b, cost + cost_of_add(p));
    put_subtraction(s, p, cost + cost_of_sub(p));
    put_joint(s, GD__OP_mul, p->a, p->b, cost + cost_of_mul(p));
    put_joint(s, GD__OP_div, p->a, p->b, cost + cost_of_div(p) + (p->kind_a & (REDUCED | ROOT) ? 3 : 0));
    put_joint(s, GD__OP_div, p->b, p->a, cost + cost_of_div(p) + (p->kind_b & (REDUCED | ROOT) ? 3 : both));
    if (!both)
        return;
    put_joint(s, GD__OP_maximum, p->a, p->b, cost + 3);
    put_joint(s, GD__OP_minimum, p->a, p->b, cost + 3);
    put_joint(s, GD__OP_pow, p->a, p->b, cost + (v->low > 0 ? 4 : NEVER));
    put_joint(s, GD__OP_pow, p->b, p->a, cost + (w->low > 0 ? 4 : NEVER));
}

/* Losses of a probability, and what integers choose. */
static void put_phrases(gd__quest *s, int a, int b, int cost)
{
    gd_dims common;
    const gd__value *v = &s->value[a], *w = &s->value[b];
    if (kind_of(s, a) & PROBABILITY && b < s->operands && gd__same_dims(v->shape, w->shape))
        for (int guard = 0; guard < 4; guard++)
            put(s, (gd__try){
                       GD__SAY_BCE, a, b, { (double[]){ 0, 1e-7, 1e-8, 1e-9 }[guard] }, { 0 }, cost + 2 + guard, 0 });
    bool slope = b < s->operands && is_float(v) && is_float(w) && w->numbers.count < v->numbers.count;
    if (slope && kind_of(s, a) & (OPERAND | AFFINE) && gd__broadcast(v->shape, w->shape, &common) &&
        gd__same_dims(common, v->shape))
        put(s, (gd__try){ GD__SAY_PRELU, a, b, { 0 }, { 0 }, cost + 3, 0 });
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

static void put_pair(gd__quest *s, int a, int b)
{
    const gd__value *v = &s->value[a], *w = &s->value[b];
    pair p = { a,
               b,
               kind_of(s, a),
               kind_of(s, b),
               is_made_of(s, a, b) || is_made_of(s, b, a),
               v->uses & w->uses,
               gd__same_dims(v->shape, w->shape) };
    bool alike = a >= s->operands && b >= s->operands && v->op == w->op && !p.overlap;
    int more = v->cost > w->cost ? v->cost : w->cost;
    int cost = p.nested || alike ? more : v->cost + w->cost; /* what is in it, and what is done again, counts once */
    bool given_first =
        p.kind_a & OPERAND && !(p.kind_b & OPERAND); /* weights stand on the right, as they are given */
    put_product(s, a, b, cost + cost_of_product(s, &p) + given_first);
    put_product(s, b, a, cost + cost_of_product(s, &p) + !given_first);
    put_elementwise(s, &p, cost);
    put_phrases(s, a, b, cost);
    put_phrases(s, b, a, cost);
}

/* With another that took much as well, it would take too much. */
static bool may_pair(const gd__quest *s, int a, int b)
{
    const gd__value *v = &s->value[a], *w = &s->value[b];
    int less = v->cost < w->cost ? v->cost : w->cost, most = v->uses & w->uses ? MOST_OVERLAPPING : MOST_APART;
    return w->standing == GD__EXPANDED && less <= most && v->cost + w->cost <= s->farthest;
}

void gd__expand(gd__quest *s, int a)
{
    set_kind(s, a);
    if (is_float(&s->value[a])) {
        put_steps(s, a);
        put_along(s, a);
    }
    for (int b = 0; b < a; b++)
        if (may_pair(s, b, a) && may_pair(s, a, b)) {
            s->work += 120;
            put_pair(s, b, a);
        }
    s->work += 3.0 * a;
    put_product(s, a, a, s->value[a].cost + (a < s->operands ? 2 : 4));
}
