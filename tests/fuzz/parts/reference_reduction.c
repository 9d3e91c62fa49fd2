/* reference_reduction.c - functions that bring the elements of whole dimensions together. */
#include "fuzz/parts/lanes.h"

#include <math.h>

bool axes_of(question *q, const value *x, gd_dims axes, bool *reduced)
{
    for (int i = 0; i < GD_MAX_DIMS; i++)
        reduced[i] = axes.count == 0;
    if (axes.count < 0 || axes.count > GD_MAX_DIMS) {
        fault(q, GD_ERROR_INDEX);
        return false;
    }
    for (int i = 0; i < axes.count; i++) {
        int dim = dim_of(q, x, axes.size[i]);
        if (dim >= 0 && reduced[dim])
            fault(q, GD_ERROR_INDEX);
        if (dim >= 0)
            reduced[dim] = true;
    }
    return !q->faults;
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
        *slack = *slack / (number)n + slack_of(dtype, 1, fabsl(sum) / (number)n);
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

/* ---- places ---- */

/* NaN counts as the largest; the first of several. */
static number argmax_fold(const number *x, int64_t n, gd_dtype dtype, number *slack)
{
    (void)dtype, (void)slack;
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++)
        if (!isnan(x[best]) && (isnan(x[i]) || x[i] > x[best]))
            best = i;
    return (number)best;
}

static void argmax(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    int dim = dim_of(q, x, q->argument[1].whole);
    bool reduced[GD_MAX_DIMS] = { false };
    if (dim < 0)
        return;
    reduced[dim] = true;
    if (x->shape.size[dim] == 0)
        fault(q, GD_ERROR_SHAPE);
    else
        folded(q, x, reduced, false, x->dtype, GD_INT64, argmax_fold);
}

const reference reduction_rows[] = {
    { "sum", sum, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "mean", mean, FIT_BROADCAST, .differentiable = 1, .least = 1 },
    { "argmax", argmax, FIT_BROADCAST, .differentiable = 0 },
    { .name = NULL },
};
