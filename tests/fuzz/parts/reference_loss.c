/* reference_loss.c - matrix products, softmax and the losses, from their formulas. */
#include "fuzz/parts/lanes.h"

#include <math.h>

/* ---- matmul ---- */

/* A vector counts as a matrix of one row on the left, of one column on the right. */
static value as_matrix(const value *x, bool left)
{
    value m = *x;
    if (x->shape.count == 1)
        m.shape = left ? gd_shape(1, x->shape.size[0]) : gd_shape(x->shape.size[0], 1);
    return m;
}

static gd_dims without_last(gd_dims shape, int count)
{
    shape.count -= count;
    return shape;
}

/* Row i, column j of the product of the matrices that a and b begin at. */
static void one_product(question *q, const value *a, const value *b, const int64_t *index, int dims, int64_t at)
{
    gd_dtype dtype = a->dtype;
    int64_t inner = a->shape.size[a->shape.count - 1];
    number sum = 0, sizes = 0, slack = 0;
    for (int64_t k = 0; k < inner; k++) {
        int64_t left[GD_MAX_DIMS], right[GD_MAX_DIMS];
        for (int d = 0; d < a->shape.count - 2; d++)
            left[d] = a->shape.size[d] == 1 ? 0 : index[dims - a->shape.count + d];
        for (int d = 0; d < b->shape.count - 2; d++)
            right[d] = b->shape.size[d] == 1 ? 0 : index[dims - b->shape.count + d];
        left[a->shape.count - 2] = index[dims - 2];
        left[a->shape.count - 1] = right[b->shape.count - 2] = k;
        right[b->shape.count - 1] = index[dims - 1];
        number term = get(a, place_of(a->shape, left)) * get(b, place_of(b->shape, right));
        sum += term;
        sizes += isfinite(term) ? fabsl(term) : 0;
    }
    slack = isnan(sum) && sizes <= most_of(dtype) ? 0 : slack_of(dtype, (double)inner + 1, sizes);
    put(q->y, at, sum);
    allow(q, at, slack);
}

static void multiply(question *q, const value *a, const value *b, gd_dims whole, gd_dims shown)
{
    if (!begin(q, a->dtype, shown))
        return;
    for (int64_t i = 0; i < q->y->count; i++) {
        int64_t index[GD_MAX_DIMS];
        index_of(whole, i, index);
        one_product(q, a, b, index, whole.count, i);
    }
}

static void matmul(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x, *y = q->argument[1].x;
    if (x->dtype != y->dtype || !is_float(x->dtype))
        fault(q, GD_ERROR_DTYPE);
    if (x->shape.count == 0 || y->shape.count == 0) {
        fault(q, GD_ERROR_SHAPE);
        return;
    }
    value a = as_matrix(x, true), b = as_matrix(y, false);
    gd_dims whole = without_last(a.shape, 2), shown;
    if (!broadcast(&whole, without_last(b.shape, 2)) || a.shape.size[a.shape.count - 1] != b.shape.size[b.shape.count - 2])
        fault(q, GD_ERROR_SHAPE);
    shown = whole;
    whole.size[whole.count++] = a.shape.size[a.shape.count - 2];
    whole.size[whole.count++] = b.shape.size[b.shape.count - 1];
    for (int d = 2; d > 0; d--)
        if ((d == 2 ? x : y)->shape.count > 1)
            shown.size[shown.count++] = whole.size[whole.count - d];
    if (!q->faults)
        multiply(q, &a, &b, whole, shown);
}

/* ---- softmax ---- */

typedef struct exponentials {
    number top, sum;
} exponentials;

static exponentials exponentials_of(const number *x, int64_t n)
{
    exponentials e = { -(number)INFINITY, 0 };
    for (int64_t k = 0; k < n; k++)
        e.top = isnan(x[k]) || x[k] > e.top ? x[k] : e.top;
    for (int64_t k = 0; k < n; k++)
        e.sum += expl(x[k] - e.top);
    return e;
}

/* The difference to the largest is rounded, which e^d makes |d| times larger; n roundings in the sum, 8 around it. */
static number softmax_of(number x, exponentials e, int64_t n, gd_dtype dtype, number *slack)
{
    number y = expl(x - e.top) / e.sum;
    *slack = isnan(y) ? 0 : slack_of(dtype, 1, y * (2 * fabsl(x - e.top) + (number)n + 8)) + least_of(dtype) * (number)(n + 8);
    return y;
}

static number log_softmax_of(number x, exponentials e, int64_t n, gd_dtype dtype, number *slack)
{
    number y = x - e.top - logl(e.sum);
    *slack = isfinite(y) ? slack_of(dtype, 4, fabsl(x - e.top) + logl(e.sum) + (number)n) : 0;
    return y;
}

typedef number share(number x, exponentials e, int64_t n, gd_dtype dtype, number *slack);

static void along(question *q, const value *x, int dim, share *of)
{
    bool reduced[GD_MAX_DIMS] = { false };
    gd_dtype dtype = to_float(q, x->dtype);
    if (dim < 0 || !begin(q, dtype, x->shape))
        return;
    reduced[dim] = true;
    lanes all = lanes_of(q, x, reduced);
    for (int64_t lane = 0; x->count > 0 && lane < all.count; lane++) {
        number *numbers = lane_of(q, x, &all, lane, dtype), slack = 0;
        exponentials e = exponentials_of(numbers, all.length);
        for (int64_t k = 0; k < all.length; k++) {
            int64_t at = all.from[lane * all.length + k];
            put(q->y, at, of(numbers[k], e, all.length, dtype, &slack));
            allow(q, at, slack);
        }
    }
}

static void softmax(question *q, const reference *r)
{
    (void)r;
    along(q, q->argument[0].x, dim_of(q, q->argument[0].x, q->argument[1].whole), softmax_of);
}

static void log_softmax(question *q, const reference *r)
{
    (void)r;
    along(q, q->argument[0].x, dim_of(q, q->argument[0].x, q->argument[1].whole), log_softmax_of);
}

/* ---- negative log-likelihood ---- */

static void check_labels(question *q, const value *labels, int64_t rows, int64_t classes)
{
    if (labels->dtype != GD_INT64 && labels->dtype != GD_UINT8)
        fault(q, GD_ERROR_DTYPE);
    if (labels->shape.count != 1 || labels->shape.size[0] != rows)
        fault(q, GD_ERROR_SHAPE);
    for (int64_t i = 0; i < labels->count; i++)
        if (get(labels, i) < 0 || get(labels, i) >= (number)classes)
            fault(q, GD_ERROR_INDEX);
}

/* -sum x[i, t_i] / N; the sum is taken in double. */
static void likelihood(question *q, const value *x, const value *labels)
{
    int64_t rows = x->shape.size[0], classes = x->shape.size[1];
    number sum = 0, sizes = 0;
    if (!begin(q, x->dtype, gd_shape()))
        return;
    for (int64_t i = 0; i < rows; i++) {
        int64_t at = i * classes + (int64_t)get(labels, i);
        sum -= get(x, at);
        sizes += (isfinite(get(x, at)) ? fabsl(get(x, at)) : 0) + (x->slack ? x->slack[at] / unit_of(x->dtype) : 0);
    }
    put(q->y, 0, sum / (number)rows);
    if (rows > 0)
        allow(q, 0, isnan(sum) ? 0 : slack_of(x->dtype, 2, sizes / (number)rows) +
                                     slack_of(GD_FLOAT64, (double)rows, sizes / (number)rows));
}

static void nll(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x, *labels = q->argument[1].x;
    if (x->shape.count != 2 || !is_float(x->dtype)) {
        fault(q, GD_ERROR_SHAPE);
        return;
    }
    check_labels(q, labels, x->shape.size[0], x->shape.size[1]);
    likelihood(q, x, labels);
}

static void nll_backward(question *q, const reference *r)
{
    (void)r;
    const value *dy = q->argument[0].x, *labels = q->argument[1].x;
    int64_t rows = labels->shape.count == 1 ? labels->shape.size[0] : -1, classes = q->argument[2].whole;
    if (dy->count != 1 || !is_float(dy->dtype))
        fault(q, GD_ERROR_SHAPE);
    check_labels(q, labels, rows, classes);
    if (!begin(q, dy->dtype, gd_shape(rows, classes)))
        return;
    for (int64_t i = 0; i < q->y->count; i++) {
        bool chosen = (number)(i % classes) == get(labels, i / classes);
        put(q->y, i, chosen ? -get(dy, 0) / (number)rows : 0);
        allow(q, i, chosen ? slack_of(dy->dtype, 1, fabsl(get(q->y, i))) : 0);
    }
}

static void cross_entropy(question *q, const reference *r)
{
    const value *x = q->argument[0].x;
    along(q, x, dim_of(q, x, -1), log_softmax_of);
    if (q->faults)
        return;
    q->argument[0].x = q->y;
    q->y = NULL;
    nll(q, r);
}

/* ---- losses of numbers against numbers ---- */

/* The error of one element, given x - t and a limit; *scale: what its rounding errors are relative to. */
typedef number loss(number d, number limit);

static number square_loss(number d, number limit)
{
    (void)limit;
    return d * d;
}

static number absolute_loss(number d, number limit)
{
    (void)limit;
    return fabsl(d);
}

static number huber_loss(number d, number limit)
{
    return fabsl(d) <= limit ? d * d / 2 : limit * (fabsl(d) - limit / 2);
}

/* Integers wrap in their dtype, and add up as int64. */
static number integer_loss(gd_dtype dtype, number x, number t)
{
    number d = as_dtype(dtype, (number)(int64_t)((uint64_t)(int64_t)x - (uint64_t)(int64_t)t));
    return as_dtype(dtype, (number)(int64_t)((uint64_t)(int64_t)d * (uint64_t)(int64_t)d));
}

/* The losses of all elements, with 8 roundings in each. */
static void added_up(question *q, gd_dtype dtype, loss *of, number limit, bool mean)
{
    const value *x = q->argument[0].x, *t = q->argument[1].x;
    number *term = take(q->memory, (size_t)x->count * sizeof *term), slack = 0, sizes = 0;
    for (int64_t i = 0; i < x->count; i++) {
        number a = as_dtype(dtype, get(x, i)), b = as_dtype(dtype, get(t, i));
        term[i] = is_float(dtype) ? of(a - b, limit) : integer_loss(dtype, a, b);
        sizes += !isfinite(term[i]) ? 0 : is_float(dtype) && fabsl(a - b) > most_of(dtype) ? (number)INFINITY : fabsl(term[i]);
    }
    number y = (mean ? mean_fold : sum_fold)(term, x->count, dtype, &slack);
    if (is_float(dtype) && x->count > 0)
        slack += isnan(y) ? 0 : slack_of(dtype, 8, 2 * sizes) / (mean ? (number)x->count : 1);
    put(q->y, 0, mean ? y : y / 2);
    allow(q, 0, is_float(dtype) ? slack : slack_of(q->y->dtype, 1, fabsl(y)));
}

static void compared(question *q, loss *of, number limit, bool mean)
{
    const value *x = q->argument[0].x, *t = q->argument[1].x;
    gd_dtype dtype = promoted(x->dtype, x->shape.count, t->dtype, t->shape.count);
    if (!same_dims(x->shape, t->shape))
        fault(q, GD_ERROR_SHAPE);
    if (dtype == GD_BOOL || (mean && !is_float(dtype)))
        fault(q, GD_ERROR_DTYPE);
    if (begin(q, to_float(q, dtype), gd_shape()))
        added_up(q, dtype, of, as_dtype(dtype, limit), mean);
}

static void mse(question *q, const reference *r)
{
    (void)r;
    compared(q, square_loss, 0, true);
}

static void l1(question *q, const reference *r)
{
    (void)r;
    compared(q, absolute_loss, 0, true);
}

static void half_squared_error(question *q, const reference *r)
{
    (void)r;
    compared(q, square_loss, 0, false);
}

static void huber(question *q, const reference *r)
{
    (void)r;
    double delta = q->argument[2].real;
    if (!(delta > 0))
        fault(q, GD_ERROR_VALUE);
    compared(q, huber_loss, (number)delta, true);
}

/* ---- binary cross-entropy ---- */

static number floored(number x)
{
    return x < -100 ? -100 : x;
}

static void bce(question *q, const reference *r)
{
    (void)r;
    const value *p = q->argument[0].x, *t = q->argument[1].x;
    if (p->dtype != t->dtype || !is_float(p->dtype))
        fault(q, GD_ERROR_DTYPE);
    if (!same_dims(p->shape, t->shape))
        fault(q, GD_ERROR_SHAPE);
    for (int64_t i = 0; i < p->count; i++)
        if (get(p, i) < 0 || get(p, i) > 1)
            fault(q, GD_ERROR_VALUE);
    if (!begin(q, p->dtype, gd_shape()))
        return;
    number sum = 0, sizes = 0;
    for (int64_t i = 0; i < p->count; i++) {
        number a = get(t, i) * floored(logl(get(p, i))), b = (1 - get(t, i)) * floored(log1pl(-get(p, i)));
        sum -= a + b;
        sizes += isfinite(a) && isfinite(b) ? fabsl(a) + fabsl(b) : 0;
    }
    put(q->y, 0, sum / (number)p->count);
    if (p->count > 0)
        allow(q, 0, isnan(sum) ? 0 : slack_of(p->dtype, 8, sizes) / (number)p->count +
                                     slack_of(GD_FLOAT64, (double)p->count, sizes) / (number)p->count);
}

static void bce_backward(question *q, const reference *r)
{
    (void)r;
    const value *g = q->argument[0].x, *p = q->argument[1].x, *t = q->argument[2].x;
    if (p->dtype != t->dtype || p->dtype != g->dtype || !is_float(p->dtype))
        fault(q, GD_ERROR_DTYPE);
    if (!same_dims(p->shape, t->shape) || g->count != 1)
        fault(q, GD_ERROR_SHAPE);
    if (!begin(q, p->dtype, p->shape))
        return;
    for (int64_t i = 0; i < p->count; i++) {
        number a = get(p, i), n = (number)p->count, product = get(g, 0) * (a - get(t, i));
        number variance = (1 - a) * a < 1e-12L ? 1e-12L : (1 - a) * a, y = product / variance / n;
        bool passes = fabsl(product) > most_of(p->dtype) || fabsl(variance) > most_of(p->dtype) ||
                      fabsl(product / variance) > most_of(p->dtype) || fabsl(a - get(t, i)) > most_of(p->dtype);
        /* What is below the smallest number was divided by the variance since. */
        number below = least_of(p->dtype) * (1 + 1 / fabsl(variance));
        put(q->y, i, y);
        allow(q, i, passes ? (number)INFINITY : isfinite(y) ? slack_of(p->dtype, 8, fabsl(y)) + below : 0);
    }
}

const reference loss_rows[] = {
    { "matmul", matmul, FIT_MATRICES, .differentiable = 3 },
    { "softmax", softmax, FIT_BROADCAST, .differentiable = 1 },
    { "log_softmax", log_softmax, FIT_BROADCAST, .differentiable = 1 },
    { "nll", nll, FIT_LABELS, .differentiable = 1 },
    { "nll_backward", nll_backward, FIT_LABEL_BACKWARD, .differentiable = 1 },
    { "cross_entropy", cross_entropy, FIT_LABELS, .differentiable = 1 },
    { "mse", mse, FIT_EQUAL, .differentiable = 3 },
    { "l1", l1, FIT_EQUAL, .differentiable = 3 },
    { "half_squared_error", half_squared_error, FIT_EQUAL, .differentiable = 3 },
    { "huber", huber, FIT_EQUAL, .differentiable = 3 },
    { "bce", bce, FIT_PROBABILITIES, .differentiable = 3 },
    { "bce_backward", bce_backward, FIT_NUMBER_FIRST, .differentiable = 7 },
    { .name = NULL },
};
