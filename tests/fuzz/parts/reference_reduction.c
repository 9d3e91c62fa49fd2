/* reference_reduction.c - functions that bring the elements of whole dimensions together. */
#include "fuzz/parts/approx.h"
#include "fuzz/parts/lanes.h"

#include <math.h>

/* A tensor without dimensions has the axis 0, which is -1 too. */
static bool is_only_axis(const value *x, int64_t dim)
{
    return x->shape.count == 0 && (dim == 0 || dim == -1);
}

bool axes_of(question *q, const value *x, gd_dims axes, bool *reduced)
{
    for (int i = 0; i < GD_MAX_DIMS; i++)
        reduced[i] = axes.count == 0;
    if (axes.count < 0 || axes.count > GD_MAX_DIMS) {
        fault(q, GD_ERROR_INDEX);
        return false;
    }
    for (int i = 0; i < axes.count; i++) {
        int dim = is_only_axis(x, axes.size[i]) ? 0 : dim_of(q, x, axes.size[i]);
        if (dim >= 0 && reduced[dim])
            fault(q, GD_ERROR_INDEX);
        if (dim >= 0)
            reduced[dim] = true;
    }
    return !q->faults;
}

bool axis_of(question *q, const value *x, int64_t dim, bool *reduced)
{
    return axes_of(q, x, gd_shape(dim), reduced);
}

gd_dims reduced_shape(const value *x, const bool *reduced, bool keepdim)
{
    gd_dims shape = { .count = 0 };
    for (int i = 0; i < x->shape.count; i++)
        if (!reduced[i] || keepdim)
            shape.size[shape.count++] = reduced[i] ? 1 : x->shape.size[i];
    return shape;
}

lanes lanes_of(question *q, const value *x, const bool *reduced)
{
    lanes all = { 1, 1, take(q->memory, (size_t)x->count * sizeof(int64_t)) };
    for (int d = 0; d < x->shape.count; d++)
        *(reduced[d] ? &all.length : &all.count) *= x->shape.size[d];
    for (int64_t i = 0; i < x->count; i++) {
        int64_t index[GD_MAX_DIMS], lane = 0, at = 0;
        index_of(x->shape, i, index);
        for (int d = 0; d < x->shape.count; d++)
            if (reduced[d])
                at = at * x->shape.size[d] + index[d];
            else
                lane = lane * x->shape.size[d] + index[d];
        all.from[lane * all.length + at] = i;
    }
    return all;
}

number *lane_of(question *q, const value *x, const lanes *all, int64_t lane, gd_dtype dtype)
{
    number *numbers = take(q->memory, (size_t)all->length * sizeof *numbers);
    for (int64_t k = 0; k < all->length; k++)
        numbers[k] = as_dtype(dtype, get(x, all->from[lane * all->length + k]));
    return numbers;
}

void folded(question *q, const value *x, const bool *reduced, bool keepdim, gd_dtype dtype, gd_dtype to, fold *f)
{
    if (!begin(q, to, reduced_shape(x, reduced, keepdim)))
        return;
    lanes all = lanes_of(q, x, reduced);
    for (int64_t i = 0; i < q->y->count; i++) {
        number slack = 0;
        put(q->y, i, f(lane_of(q, x, &all, i, dtype), all.length, dtype, &slack));
        if (is_float(to))
            allow(q, i, slack);
    }
}

/* ---- sums ---- */

static number wrapped_sum(const number *x, int64_t n)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (uint64_t)(int64_t)x[i];
    return (number)(int64_t)sum;
}

/* n - 1 roundings, in whatever order, each of a partial sum that is at most the sum of all sizes: n units of that. Where
 * the sizes' sum is too large for the dtype, a partial sum may have become infinite. */
number sum_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    number sum = 0, sizes = 0;
    if (!is_float(dtype))
        return wrapped_sum(x, n);
    for (int64_t i = 0; i < n; i++) {
        sum += x[i];
        sizes += isfinite(x[i]) ? fabsl(x[i]) : 0;
    }
    *slack = isnan(sum) && sizes <= most_of(dtype) ? 0 : slack_of(dtype, (double)n, sizes);
    return sum;
}

number mean_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    number sum = sum_fold(x, n, dtype, slack);
    if (n > 0)
        *slack = *slack / (number)n + (isfinite(sum) ? slack_of(dtype, 1, fabsl(sum) / (number)n) : 0);
    return sum / (number)n;
}

static void sum(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    bool reduced[GD_MAX_DIMS];
    if (axes_of(q, x, q->argument[1].dims, reduced))
        folded(q, x, reduced, q->argument[2].whole, x->dtype, is_float(x->dtype) ? x->dtype : GD_INT64, sum_fold);
}

static void mean(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    bool reduced[GD_MAX_DIMS];
    if (!is_float(x->dtype))
        fault(q, GD_ERROR_DTYPE);
    if (axes_of(q, x, q->argument[1].dims, reduced))
        folded(q, x, reduced, q->argument[2].whole, x->dtype, x->dtype, mean_fold);
}

/* ---- products ---- */

static number wrapped_product(const number *x, int64_t n)
{
    uint64_t y = 1;
    for (int64_t i = 0; i < n; i++)
        y *= (uint64_t)(int64_t)x[i];
    return (number)(int64_t)y;
}

/* n roundings, each relative to the result; nothing is known where some of the factors alone are too large or too small. */
static number prod_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    number y = 1, high = 1, low = 1;
    if (!is_float(dtype))
        return wrapped_product(x, n);
    for (int64_t i = 0; i < n; i++) {
        y *= x[i];
        if (x[i] == 0 || !isfinite(x[i]))
            continue;
        high *= fmaxl(fabsl(x[i]), 1);
        low *= fminl(fabsl(x[i]), 1);
    }
    bool lost = high > most_of(dtype) || low < least_of(dtype) / unit_of(dtype) / unit_of(dtype);
    *slack = lost ? (number)INFINITY : isfinite(y) ? slack_of(dtype, (double)n, fabsl(y)) : 0;
    return y;
}

/* ---- extremes ---- */

static number max_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    (void)dtype, (void)slack;
    number y = x[0];
    for (int64_t i = 1; i < n && !isnan(y); i++)
        y = isnan(x[i]) || x[i] > y ? x[i] : y;
    return y;
}

static number min_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    (void)dtype, (void)slack;
    number y = x[0];
    for (int64_t i = 1; i < n && !isnan(y); i++)
        y = isnan(x[i]) || x[i] < y ? x[i] : y;
    return y;
}

/* NaN counts as the largest, and as the smallest; the first of several. */
static number argmax_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    (void)dtype, (void)slack;
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (!isnan(x[best]) && (isnan(x[i]) || x[i] > x[best]))
            best = i;
    return (number)best;
}

static number argmin_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    (void)dtype, (void)slack;
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (!isnan(x[best]) && (isnan(x[i]) || x[i] < x[best]))
            best = i;
    return (number)best;
}

/* None of nothing is the largest. */
static void refuse_empty(question *q, const value *x, const bool *reduced)
{
    for (int i = 0; i < x->shape.count; i++)
        if (reduced[i] && x->shape.size[i] == 0)
            fault(q, GD_ERROR_SHAPE);
}

static void extreme(question *q, fold *f)
{
    const value *x = q->argument[0].x;
    bool reduced[GD_MAX_DIMS];
    if (!axes_of(q, x, q->argument[1].dims, reduced))
        return;
    refuse_empty(q, x, reduced);
    folded(q, x, reduced, q->argument[2].whole, x->dtype, x->dtype, f);
}

static void place(question *q, fold *f)
{
    const value *x = q->argument[0].x;
    bool reduced[GD_MAX_DIMS];
    if (!axis_of(q, x, q->argument[1].whole, reduced))
        return;
    refuse_empty(q, x, reduced);
    folded(q, x, reduced, q->argument[2].whole, x->dtype, GD_INT64, f);
}

/* ---- truths ---- */

static number any_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    (void)dtype, (void)slack;
    bool any = false;
    for (int64_t i = 0; i < n; i++)
        any = any || x[i] != 0;
    return any;
}

static number all_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    (void)dtype, (void)slack;
    bool all = true;
    for (int64_t i = 0; i < n; i++)
        all = all && x[i] != 0;
    return all;
}

/* ---- logsumexp ---- */

/* The difference to the largest is rounded, which e^d makes |d| times larger: at most 1/e of the largest term each. */
static number logsumexp_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    number top = n > 0 ? max_fold(x, n, dtype, slack) : -(number)INFINITY, sum = 0;
    if (!isfinite(top))
        return top;
    for (int64_t i = 0; i < n; i++)
        sum += expl(x[i] - top);
    number y = top + logl(sum);
    *slack = slack_of(dtype, 4, fabsl(top) + fabsl(y) + (number)n + 8);
    return y;
}

/* ---- spread and size ---- */

/* The mean squared distance from the mean, n - less of them. */
static approx variance_of(const number *x, int64_t n, gd_dtype dtype, int less)
{
    number slack = 0, mean = mean_fold(x, n, dtype, &slack);
    approx sum = exactly(0), middle = { mean, isnan(mean) && n > 0 && isfinite(slack) ? 0 : slack };
    number sizes = 0;
    for (int64_t i = 0; i < n; i++) {
        approx d = minus(dtype, exactly(x[i]), middle), square = times(dtype, d, d);
        sum.n += square.n;
        sum.off += square.off;
        sizes += isfinite(square.n) ? square.n : 0;
    }
    sum = rounded(dtype, sum.n, sum.off + (number)n * unit_of(dtype) * sizes, 1);
    return over(dtype, sum, exactly(n > less ? (number)(n - less) : 0));
}

static number var_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    approx v = variance_of(x, n, dtype, 1);
    *slack = v.off;
    return v.n;
}

static number population_var_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    approx v = variance_of(x, n, dtype, 0);
    *slack = v.off;
    return v.n;
}

static number std_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    approx v = root(dtype, variance_of(x, n, dtype, 1));
    *slack = v.off;
    return v.n;
}

static number population_std_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    approx v = root(dtype, variance_of(x, n, dtype, 0));
    *slack = v.off;
    return v.n;
}

static void of_floats(question *q, fold *f)
{
    const value *x = q->argument[0].x;
    bool reduced[GD_MAX_DIMS];
    if (!is_float(x->dtype))
        fault(q, GD_ERROR_DTYPE);
    if (axes_of(q, x, q->argument[1].dims, reduced))
        folded(q, x, reduced, q->argument[2].whole, x->dtype, x->dtype, f);
}

static void var(question *q, const reference *r)
{
    (void)r;
    of_floats(q, q->argument[3].whole ? population_var_fold : var_fold);
}

static void std(question *q, const reference *r)
{
    (void)r;
    of_floats(q, q->argument[3].whole ? population_std_fold : std_fold);
}

/* (sum |x|^p)^(1/p), where p and 1/p are numbers of the dtype. */
static approx norm_of(question *q, const number *x, int64_t n, gd_dtype dtype, double p)
{
    approx *term = take(q->memory, (size_t)n * sizeof *term);
    for (int64_t i = 0; i < n; i++) {
        approx size = exactly(fabsl(x[i]));
        term[i] = p == 1 ? size : p == 2 ? times(dtype, size, size) : power(dtype, size, as_dtype(dtype, (number)p));
    }
    approx sum = total(dtype, term, n);
    return p == 1 ? sum : p == 2 ? root(dtype, sum) : power(dtype, sum, as_dtype(dtype, (number)(1 / p)));
}

static void norm(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    double p = q->argument[3].real == 0 ? 2 : q->argument[3].real;
    bool reduced[GD_MAX_DIMS];
    if (!is_float(x->dtype))
        fault(q, GD_ERROR_DTYPE);
    if (!axes_of(q, x, q->argument[1].dims, reduced))
        return;
    if (p < 0 || isinf(p))
        refuse_empty(q, x, reduced);
    q->unclear = !isinf(p) && (fabs(p) > 1e30 || fabs(p) < 1e-30); /* p or 1/p may be no number of the dtype */
    if (!begin(q, x->dtype, reduced_shape(x, reduced, q->argument[2].whole)))
        return;
    lanes all = lanes_of(q, x, reduced);
    for (int64_t i = 0; i < q->y->count; i++) {
        number *numbers = lane_of(q, x, &all, i, x->dtype), slack = 0;
        for (int64_t k = 0; k < all.length; k++)
            numbers[k] = fabsl(numbers[k]);
        put_approx(q, i, isinf(p) ? exactly((p > 0 ? max_fold : min_fold)(numbers, all.length, x->dtype, &slack))
                                  : norm_of(q, numbers, all.length, x->dtype, p));
    }
}

/* ---- running sums ---- */

/* Those of float32 are taken in float64, and rounded then. */
static void put_running(question *q, const lanes *all, int64_t lane, const number *x, bool back)
{
    gd_dtype dtype = q->y->dtype;
    number sum = 0, sizes = 0;
    uint64_t wrapped = 0;
    for (int64_t k = 0; k < all->length; k++) {
        int64_t at = back ? all->length - 1 - k : k, to = all->from[lane * all->length + at];
        sum += x[at];
        sizes += isfinite(x[at]) ? fabsl(x[at]) : 0;
        if (!is_float(dtype)) {
            wrapped += (uint64_t)(int64_t)x[at];
            put(q->y, to, (number)(int64_t)wrapped);
            continue;
        }
        put(q->y, to, sum);
        bool too_large = sizes > most_of(GD_FLOAT64);
        number own = (number)(k + 1) * unit_of(GD_FLOAT64) * sizes;
        allow(q, to, too_large ? (number)INFINITY : isfinite(sum) ? own + unit_of(dtype) * fabsl(sum) + least_of(dtype) : 0);
    }
}

static void running(question *q, bool back)
{
    const value *x = q->argument[0].x;
    bool reduced[GD_MAX_DIMS];
    if (!axis_of(q, x, q->argument[1].whole, reduced) || !begin(q, is_float(x->dtype) ? x->dtype : GD_INT64, x->shape))
        return;
    lanes all = lanes_of(q, x, reduced);
    for (int64_t lane = 0; x->count > 0 && lane < all.count; lane++)
        put_running(q, &all, lane, lane_of(q, x, &all, lane, x->dtype), back);
}

static void cumsum(question *q, const reference *r)
{
    (void)r;
    running(q, false);
}

static void cumsum_backward(question *q, const reference *r)
{
    (void)r;
    running(q, true);
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

static void along(question *q, const value *x, int64_t dim, share *of)
{
    bool reduced[GD_MAX_DIMS];
    gd_dtype dtype = to_float(q, x->dtype);
    if (!axis_of(q, x, dim, reduced) || !begin(q, dtype, x->shape))
        return;
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
    along(q, q->argument[0].x, q->argument[1].whole, softmax_of);
}

void log_softmax_along(question *q, const value *x, int64_t dim)
{
    along(q, x, dim, log_softmax_of);
}

static void log_softmax(question *q, const reference *r)
{
    (void)r;
    log_softmax_along(q, q->argument[0].x, q->argument[1].whole);
}

/* ---- the rest of the reductions ---- */

static void prod(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    bool reduced[GD_MAX_DIMS];
    if (axes_of(q, x, q->argument[1].dims, reduced))
        folded(q, x, reduced, q->argument[2].whole, x->dtype, is_float(x->dtype) ? x->dtype : GD_INT64, prod_fold);
}

static void truth(question *q, fold *f)
{
    const value *x = q->argument[0].x;
    bool reduced[GD_MAX_DIMS];
    if (axes_of(q, x, q->argument[1].dims, reduced))
        folded(q, x, reduced, q->argument[2].whole, x->dtype, GD_BOOL, f);
}

static void any(question *q, const reference *r)
{
    (void)r;
    truth(q, any_fold);
}

static void all(question *q, const reference *r)
{
    (void)r;
    truth(q, all_fold);
}

static void max(question *q, const reference *r)
{
    (void)r;
    extreme(q, max_fold);
}

static void min(question *q, const reference *r)
{
    (void)r;
    extreme(q, min_fold);
}

static void argmax(question *q, const reference *r)
{
    (void)r;
    place(q, argmax_fold);
}

static void argmin(question *q, const reference *r)
{
    (void)r;
    place(q, argmin_fold);
}

static void logsumexp(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    gd_dtype dtype = to_float(q, x->dtype);
    bool reduced[GD_MAX_DIMS];
    if (axes_of(q, x, q->argument[1].dims, reduced))
        folded(q, x, reduced, q->argument[2].whole, dtype, dtype, logsumexp_fold);
}

const reference reduction_rows[] = {
    { "sum", sum, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "mean", mean, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "prod", prod, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "max", max, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "min", min, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "argmax", argmax, FIT_BROADCAST, .least = 2 },
    { "argmin", argmin, FIT_BROADCAST, .least = 2 },
    { "any", any, FIT_BROADCAST, .least = 1 },
    { "all", all, FIT_BROADCAST, .least = 1 },
    { "logsumexp", logsumexp, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "var", var, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "std", std, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "norm", norm, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "cumsum", cumsum, FIT_BROADCAST, .differentiable = 1 },
    { "cumsum_backward", cumsum_backward, FIT_BROADCAST, .differentiable = 1 },
    { "softmax", softmax, FIT_BROADCAST, .differentiable = 1 },
    { "log_softmax", log_softmax, FIT_BROADCAST, .differentiable = 1 },
    { .name = NULL },
};
