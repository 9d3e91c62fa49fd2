/* reference_loss.c - the losses, from their formulas.
 *
 * A loss is a list of terms, each with its error, which are then averaged, added up, or handed out one by one. */
#include "fuzz/parts/approx.h"
#include "fuzz/parts/lanes.h"

#include <math.h>

typedef struct terms {
    gd_dtype dtype, precision; /* of the result; of the coarsest number on the way */
    gd_dims shape;
    int64_t count;
    approx *term;
} terms;

static terms some_terms(question *q, gd_dtype dtype, gd_dtype precision, gd_dims shape)
{
    terms t = { dtype, precision, shape, count_of(shape), NULL };
    t.term = take(q->memory, (size_t)t.count * sizeof *t.term);
    return t;
}

/* What the reduction makes of the terms; `weight`: a mean divides by it, and by their number where it is negative. */
static void reduced(question *q, const terms *t, int64_t reduction, approx weight)
{
    if (reduction < GD_REDUCE_MEAN || reduction > GD_REDUCE_NONE)
        fault(q, GD_ERROR_VALUE);
    if (!begin(q, t->dtype, reduction == GD_REDUCE_NONE ? t->shape : gd_shape()))
        return;
    for (int64_t i = 0; reduction == GD_REDUCE_NONE && i < t->count; i++)
        put_approx(q, i, rounded(t->dtype, t->term[i].n, t->term[i].off, 1));
    if (reduction == GD_REDUCE_NONE)
        return;
    approx sum = total(t->precision, t->term, t->count);
    put_approx(q, 0, reduction == GD_REDUCE_SUM ? sum : over(t->precision, sum, weight));
}

static approx number_of(const terms *t)
{
    return exactly((number)t->count);
}

/* ---- losses of numbers against numbers ---- */

typedef approx loss(gd_dtype dtype, approx d, number limit);

static approx square_loss(gd_dtype dtype, approx d, number limit)
{
    (void)limit;
    return times(dtype, d, d);
}

static approx absolute_loss(gd_dtype dtype, approx d, number limit)
{
    (void)dtype, (void)limit;
    return (approx){ fabsl(d.n), d.off };
}

/* c (|d| - c / 2) with c = min(|d|, limit). */
static approx huber_loss(gd_dtype dtype, approx d, number limit)
{
    approx size = { fabsl(d.n), d.off }, least = size.n <= limit ? size : exactly(limit);
    return times(dtype, least, minus(dtype, size, (approx){ least.n / 2, least.off / 2 }));
}

static terms terms_of(question *q, gd_dtype dtype, loss *of, number limit)
{
    const value *x = q->argument[0].x, *t = q->argument[1].x;
    terms all = some_terms(q, dtype, dtype, x->shape);
    for (int64_t i = 0; i < all.count; i++)
        all.term[i] = of(dtype, minus(dtype, exactly(as_dtype(dtype, get(x, i))), exactly(as_dtype(dtype, get(t, i)))), limit);
    return all;
}

/* The terms times weights of their shape. */
static void weigh(terms *all, const value *weight)
{
    gd_dtype other = promoted(all->dtype, all->shape.count, weight->dtype, all->shape.count);
    for (int64_t i = 0; i < all->count; i++)
        all->term[i] = times(all->precision, all->term[i], exactly(as_dtype(other, get(weight, meeting(weight, all->shape, i)))));
    all->dtype = other;
}

/* In the precision of the terms, or of x where that is coarser. */
static approx sum_of(question *q, const value *x, gd_dtype precision)
{
    precision = is_float(x->dtype) ? coarser(precision, x->dtype) : precision;
    approx *term = take(q->memory, (size_t)x->count * sizeof *term);
    for (int64_t i = 0; i < x->count; i++)
        term[i] = rounded(precision, get(x, i), 0, 1);
    return total(precision, term, x->count);
}

/* Of integers PyTorch has some of them, without a rule: only that a mean is none. */
static bool is_clear(question *q, gd_dtype dtype, int64_t reduction)
{
    if (is_float(dtype))
        return true;
    if (reduction == GD_REDUCE_MEAN && !q->argument[3].x)
        fault(q, GD_ERROR_DTYPE);
    q->unclear = !q->faults;
    return false;
}

static void compared(question *q, loss *of, number limit, int64_t reduction, const value *weight, bool by_weight)
{
    const value *x = q->argument[0].x, *t = q->argument[1].x;
    gd_dtype dtype = promoted(x->dtype, x->shape.count, t->dtype, t->shape.count);
    if (!same_dims(x->shape, t->shape) || (weight && !same_dims(weight->shape, x->shape)))
        fault(q, GD_ERROR_SHAPE);
    if (dtype == GD_BOOL)
        fault(q, GD_ERROR_DTYPE);
    if (!is_clear(q, dtype, reduction) || q->faults)
        return;
    terms all = terms_of(q, dtype, of, as_dtype(dtype, limit));
    if (weight)
        weigh(&all, weight);
    reduced(q, &all, reduction, weight && by_weight ? sum_of(q, weight, all.precision) : number_of(&all));
}

static void mse(question *q, const reference *r)
{
    (void)r;
    compared(q, square_loss, 0, q->argument[2].whole, q->argument[3].x, true);
}

static void l1(question *q, const reference *r)
{
    (void)r;
    compared(q, absolute_loss, 0, q->argument[2].whole, q->argument[3].x, true);
}

static void huber(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x, *t = q->argument[1].x;
    double delta = q->argument[2].real;
    if (!is_float(promoted(x->dtype, x->shape.count, t->dtype, t->shape.count)))
        fault(q, GD_ERROR_DTYPE);
    if (!(delta > 0))
        fault(q, GD_ERROR_VALUE);
    compared(q, huber_loss, (number)delta, q->argument[3].whole, q->argument[4].x, false);
}

/* Integers wrap in their dtype, and add up as int64. */
static void half_squared_integers(question *q, gd_dtype dtype)
{
    const value *x = q->argument[0].x, *t = q->argument[1].x;
    uint64_t sum = 0;
    if (!begin(q, q->default_dtype, gd_shape()))
        return;
    for (int64_t i = 0; i < x->count; i++) {
        uint64_t a = (uint64_t)(int64_t)as_dtype(dtype, get(x, i)), b = (uint64_t)(int64_t)as_dtype(dtype, get(t, i));
        uint64_t d = (uint64_t)(int64_t)as_dtype(dtype, (number)(int64_t)(a - b));
        sum += (uint64_t)(int64_t)as_dtype(dtype, (number)(int64_t)(d * d));
    }
    put_approx(q, 0, rounded(q->default_dtype, (number)(int64_t)sum / 2, 0, 1));
}

static void half_squared_error(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x, *t = q->argument[1].x;
    gd_dtype dtype = promoted(x->dtype, x->shape.count, t->dtype, t->shape.count);
    if (!same_dims(x->shape, t->shape))
        fault(q, GD_ERROR_SHAPE);
    if (dtype == GD_BOOL)
        fault(q, GD_ERROR_DTYPE);
    if (q->faults)
        return;
    if (!is_float(dtype)) {
        half_squared_integers(q, dtype);
        return;
    }
    terms all = terms_of(q, dtype, square_loss, 0);
    if (begin(q, dtype, gd_shape()))
        put_approx(q, 0, times(dtype, total(dtype, all.term, all.count), exactly(0.5L)));
}

/* ---- one class of many ---- */

typedef struct classes {
    const value *x, *t, *weight;
    int64_t reduction, ignored;
    number smoothing;
    gd_dtype precision;
} classes;

static void check_labels(question *q, const value *labels, int64_t rows, int64_t count, int64_t ignored)
{
    if (labels->dtype != GD_INT64 && labels->dtype != GD_UINT8)
        fault(q, GD_ERROR_DTYPE);
    if (labels->shape.count != 1 || labels->shape.size[0] != rows)
        fault(q, GD_ERROR_SHAPE);
    for (int64_t i = 0; i < labels->count; i++)
        if (get(labels, i) != (number)ignored && (get(labels, i) < 0 || get(labels, i) >= (number)count))
            fault(q, GD_ERROR_INDEX);
}

static void check_classes(question *q, const classes *c)
{
    if (!(c->smoothing >= 0 && c->smoothing <= 1))
        fault(q, GD_ERROR_VALUE);
    if (c->weight && (c->weight->shape.count != 1 || c->weight->count != c->x->shape.size[1]))
        fault(q, GD_ERROR_SHAPE);
    if (c->weight && c->weight->dtype != c->x->dtype)
        fault(q, GD_ERROR_DTYPE);
}

static approx weight_of(const classes *c, int64_t class)
{
    return exactly(c->weight ? get(c->weight, class) : 1);
}

static approx negative(approx a)
{
    return (approx){ -a.n, a.off };
}

/* -x w of one class of sample i. */
static approx of_class(const classes *c, int64_t i, int64_t class)
{
    return times(c->precision, negative(approx_at(c->x, i * c->x->shape.size[1] + class)), weight_of(c, class));
}

/* -sum_c w_c t_c x_c of sample i; NULL for ones. */
static approx expected(question *q, const classes *c, int64_t i, const value *t)
{
    int64_t count = c->x->shape.size[1];
    approx *term = take(q->memory, (size_t)count * sizeof *term);
    for (int64_t k = 0; k < count; k++) {
        approx share = exactly(t ? get(t, i * count + k) : 1);
        if (t && c->smoothing > 0)
            share = plus(c->precision, times(c->precision, share, exactly(1 - c->smoothing)),
                         exactly(c->smoothing / (number)count));
        term[k] = times(c->precision, times(c->precision, negative(approx_at(c->x, i * count + k)), share), weight_of(c, k));
    }
    return total(c->precision, term, count);
}

static void against_probabilities(question *q, classes *c)
{
    if (c->ignored >= 0)
        fault(q, GD_ERROR_VALUE);
    if (!is_float(c->t->dtype))
        fault(q, GD_ERROR_DTYPE);
    if (q->faults)
        return;
    int64_t rows = c->x->shape.size[0];
    q->unclear = rows > MOST_ELEMENTS; /* of no classes */
    if (q->unclear)
        return;
    c->precision = coarser(c->x->dtype, c->t->dtype);
    terms all = some_terms(q, promoted(c->x->dtype, 2, c->t->dtype, 2), c->precision, gd_shape(rows));
    for (int64_t i = 0; i < rows; i++)
        all.term[i] = expected(q, c, i, c->t);
    reduced(q, &all, c->reduction, number_of(&all));
}

/* What is ignored is 0, and does not count in a mean. */
static void against_labels(question *q, const classes *c)
{
    int64_t rows = c->x->shape.size[0], count = c->x->shape.size[1], met = 0;
    check_labels(q, c->t, rows, count, c->ignored);
    q->unclear = count == 0 && rows > 0 && !q->faults; /* labels that do not count, of no class */
    if (q->faults || q->unclear)
        return;
    terms all = some_terms(q, c->x->dtype, c->precision, gd_shape(rows));
    approx *weight = take(q->memory, (size_t)rows * sizeof *weight);
    for (int64_t i = 0; i < rows; i++) {
        int64_t label = (int64_t)get(c->t, i);
        if (label == c->ignored)
            continue;
        weight[met++] = weight_of(c, label);
        all.term[i] = of_class(c, i, label);
        if (c->smoothing > 0)
            all.term[i] = plus(c->precision, times(c->precision, all.term[i], exactly(1 - c->smoothing)),
                               times(c->precision, expected(q, c, i, NULL), exactly(c->smoothing / (number)count)));
    }
    reduced(q, &all, c->reduction, total(c->precision, weight, met));
}

/* x: log-probabilities. */
static void likelihood(question *q, const value *x)
{
    const argument *a = q->argument;
    bool given = q->count > 5;
    classes c = { x, a[1].x, a[3].x, a[2].whole, given ? a[5].whole : -100, (number)a[4].real, x->dtype };
    if (x->shape.count != 2 || !is_float(x->dtype)) {
        fault(q, GD_ERROR_SHAPE);
        return;
    }
    check_classes(q, &c);
    if (same_dims(x->shape, c.t->shape))
        against_probabilities(q, &c);
    else
        against_labels(q, &c);
}

static void nll(question *q, const reference *r)
{
    (void)r;
    likelihood(q, q->argument[0].x);
}

static void cross_entropy(question *q, const reference *r)
{
    (void)r;
    log_softmax_along(q, q->argument[0].x, -1);
    const value *x = q->y;
    q->y = NULL;
    if (!q->faults)
        likelihood(q, x);
}

static void nll_backward(question *q, const reference *r)
{
    (void)r;
    const value *dy = q->argument[0].x, *labels = q->argument[1].x;
    int64_t rows = labels->shape.count == 1 ? labels->shape.size[0] : -1, count = q->argument[2].whole;
    int64_t ignored = q->argument[3].whole, kept = 0;
    if (dy->count != 1 || !is_float(dy->dtype))
        fault(q, GD_ERROR_SHAPE);
    check_labels(q, labels, rows, count, ignored);
    for (int64_t i = 0; i < labels->count; i++)
        kept += get(labels, i) != (number)ignored;
    q->unclear = kept == 0; /* no label counts: the loss is NaN, and has no gradient */
    if (!begin(q, dy->dtype, gd_shape(rows, count)))
        return;
    for (int64_t i = 0; i < q->y->count; i++) {
        number label = get(labels, i / count);
        bool chosen = (number)(i % count) == label && label != (number)ignored;
        put_approx(q, i, chosen ? over(dy->dtype, exactly(-get(dy, 0)), exactly((number)kept)) : exactly(0));
    }
}

/* ---- one class or the other ---- */

static number floored(number x)
{
    return x < -100 ? -100 : x;
}

/* -(t ln p + (1 - t) ln(1 - p)) */
static approx entropy(gd_dtype dtype, number p, number t)
{
    approx yes = rounded(dtype, floored(logl(p)), 0, 4), no = rounded(dtype, floored(log1pl(-p)), 0, 4);
    approx y = plus(dtype, times(dtype, exactly(t), yes), times(dtype, minus(dtype, exactly(1), exactly(t)), no));
    return (approx){ -y.n, y.off };
}

static bool are_probabilities(question *q)
{
    const value *p = q->argument[0].x, *t = q->argument[1].x;
    if (p->dtype != t->dtype || !is_float(p->dtype))
        fault(q, GD_ERROR_DTYPE);
    if (!same_dims(p->shape, t->shape))
        fault(q, GD_ERROR_SHAPE);
    for (int64_t i = 0; i < p->count; i++)
        if (get(p, i) < 0 || get(p, i) > 1)
            fault(q, GD_ERROR_VALUE);
    return !q->faults;
}

/* May the weights be repeated over the shape of the terms? */
static bool can_weigh(question *q, const value *weight, gd_dims shape)
{
    gd_dims both = shape;
    if (weight && (!broadcast(&both, weight->shape) || !same_dims(both, shape)))
        fault(q, GD_ERROR_SHAPE);
    return !q->faults;
}

static terms entropies(question *q)
{
    const value *p = q->argument[0].x, *t = q->argument[1].x;
    terms all = some_terms(q, p->dtype, p->dtype, p->shape);
    for (int64_t i = 0; i < all.count; i++)
        all.term[i] = entropy(p->dtype, get(p, i), get(t, i));
    return all;
}

static void bce(question *q, const reference *r)
{
    (void)r;
    const value *weight = q->argument[3].x;
    if (!are_probabilities(q) || !can_weigh(q, weight, q->argument[0].x->shape))
        return;
    terms all = entropies(q);
    if (weight)
        weigh(&all, weight);
    reduced(q, &all, q->argument[2].whole, number_of(&all));
}

static void bce_terms(question *q, const reference *r)
{
    (void)r;
    if (!are_probabilities(q))
        return;
    terms all = entropies(q);
    reduced(q, &all, GD_REDUCE_NONE, number_of(&all));
}

static void bce_backward(question *q, const reference *r)
{
    (void)r;
    const value *g = q->argument[0].x, *p = q->argument[1].x, *t = q->argument[2].x;
    gd_dtype dtype = p->dtype;
    if (dtype != t->dtype || dtype != g->dtype || !is_float(dtype))
        fault(q, GD_ERROR_DTYPE);
    if (!same_dims(p->shape, t->shape) || g->count != 1)
        fault(q, GD_ERROR_SHAPE);
    if (!begin(q, dtype, p->shape))
        return;
    for (int64_t i = 0; i < p->count; i++) {
        approx a = exactly(get(p, i)), variance = times(dtype, minus(dtype, exactly(1), a), a);
        if (variance.n < 1e-12L)
            variance = rounded(dtype, 1e-12L, variance.off, 1);
        approx y = over(dtype, times(dtype, exactly(get(g, 0)), minus(dtype, a, exactly(get(t, i)))), variance);
        put_approx(q, i, over(dtype, y, exactly((number)p->count)));
    }
}

/* ln(1 + e^x); the rounding of e^x changes it by less than of x itself. */
static approx softplus(gd_dtype dtype, number x)
{
    number y = x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
    return rounded(dtype, y, isfinite(x) ? unit_of(dtype) * fabsl(x) : 0, 6);
}

/* -t ln sigmoid(x) .pos_weight - (1 - t) ln(1 - sigmoid(x)) */
static approx logit_entropy(gd_dtype dtype, number x, number t, number pos_weight)
{
    approx yes = times(dtype, times(dtype, exactly(t), softplus(dtype, -x)), exactly(pos_weight));
    return plus(dtype, yes, times(dtype, minus(dtype, exactly(1), exactly(t)), softplus(dtype, x)));
}

static void bce_with_logits(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x, *t = q->argument[1].x, *weight = q->argument[3].x, *positive = q->argument[4].x;
    q->unclear = !is_float(x->dtype) || !is_float(t->dtype);
    if (!same_dims(x->shape, t->shape))
        fault(q, GD_ERROR_SHAPE);
    if (q->unclear || q->faults || !can_weigh(q, positive, x->shape) || !can_weigh(q, weight, x->shape))
        return;
    gd_dtype dtype = promoted(x->dtype, x->shape.count, t->dtype, t->shape.count);
    terms all = some_terms(q, dtype, coarser(x->dtype, t->dtype), x->shape);
    if (positive)
        all.dtype = promoted(dtype, x->shape.count, positive->dtype, x->shape.count);
    for (int64_t i = 0; i < all.count; i++)
        all.term[i] = logit_entropy(all.precision, get(x, i), get(t, i),
                                    positive ? get(positive, meeting(positive, x->shape, i)) : 1);
    if (weight)
        weigh(&all, weight);
    reduced(q, &all, q->argument[2].whole, number_of(&all));
}

enum { ALL_OPERANDS = 0xff };

const reference loss_rows[] = {
    { "nll", nll, FIT_LABELS, .differentiable = ALL_OPERANDS },
    { "nll_with", nll, FIT_LABELS, .differentiable = ALL_OPERANDS, .least = 2, .optional = 1 << 3 },
    { "nll_backward", nll_backward, FIT_LABEL_BACKWARD, .differentiable = 1 },
    { "cross_entropy", cross_entropy, FIT_LABELS, .differentiable = ALL_OPERANDS },
    { "cross_entropy_with", cross_entropy, FIT_LABELS, .differentiable = ALL_OPERANDS, .least = 2, .optional = 1 << 3 },
    { "mse", mse, FIT_EQUAL, .differentiable = 3 },
    { "mse_with", mse, FIT_EQUAL, .differentiable = ALL_OPERANDS, .least = 2, .optional = 1 << 3 },
    { "l1", l1, FIT_EQUAL, .differentiable = 3 },
    { "l1_with", l1, FIT_EQUAL, .differentiable = ALL_OPERANDS, .least = 2, .optional = 1 << 3 },
    { "huber", huber, FIT_EQUAL, .differentiable = 3 },
    { "huber_with", huber, FIT_EQUAL, .differentiable = ALL_OPERANDS, .least = 3, .optional = 1 << 4 },
    { "half_squared_error", half_squared_error, FIT_EQUAL, .differentiable = 3 },
    { "bce", bce, FIT_PROBABILITIES, .differentiable = 3 },
    { "bce_with", bce, FIT_PROBABILITIES, .differentiable = ALL_OPERANDS, .least = 2, .optional = 1 << 3 },
    { "bce_terms", bce_terms, FIT_PROBABILITIES, .differentiable = 3 },
    { "bce_backward", bce_backward, FIT_NUMBER_FIRST, .differentiable = 7 },
    { "bce_with_logits", bce_with_logits, FIT_EQUAL, .differentiable = 3 },
    { "bce_with_logits_with", bce_with_logits, FIT_EQUAL, .differentiable = ALL_OPERANDS, .least = 2,
      .optional = 1 << 3 | 1 << 4 },
    { .name = NULL },
};
