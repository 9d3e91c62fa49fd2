/* reference_index.c - elements picked by indices, in order, repeated around, and put where indices say. */
#include "fuzz/parts/approx.h"

#include <math.h>
#include <stdlib.h>

/* A tensor without dimensions counts as one element in a row. */
static value in_row(const value *x)
{
    value row = *x;
    if (x->shape.count == 0)
        row.shape = gd_shape(1);
    return row;
}

/* Indices are int64, and each lies in a dimension of that size. */
static void check_indices(question *q, const value *index, int64_t size)
{
    if (index->dtype != GD_INT64) {
        fault(q, GD_ERROR_DTYPE);
        return;
    }
    for (int64_t i = 0; i < index->count; i++)
        if (get(index, i) < 0 || get(index, i) >= (number)size)
            fault(q, GD_ERROR_INDEX);
}

/* As many dimensions as the other, none larger, but for dim (-1: no exception). Nothing is asked of none. */
static void check_extent(question *q, const value *index, const value *other, int dim)
{
    bool fits = index->shape.count == other->shape.count;
    for (int d = 0; fits && d < index->shape.count; d++)
        fits = d == dim || index->shape.size[d] <= other->shape.size[d];
    if (!fits && index->count > 0)
        fault(q, GD_ERROR_SHAPE);
}

/* ---- gather and scatter_add ---- */

static void gathered(question *q, const value *x, int dim, const value *index, gd_dims shown)
{
    check_indices(q, index, x->shape.size[dim]);
    check_extent(q, index, x, dim);
    if (q->faults || !begin(q, x->dtype, shown))
        return;
    for (int64_t i = 0; i < index->count; i++) {
        int64_t at[GD_MAX_DIMS];
        index_of(index->shape, i, at);
        at[dim] = (int64_t)get(index, i);
        put(q->y, i, get(x, place_of(x->shape, at)));
    }
}

static void gather(question *q, const reference *r)
{
    (void)r;
    value x = in_row(q->argument[0].x), index = in_row(q->argument[2].x);
    int dim = dim_of(q, &x, q->argument[1].whole);
    if (dim >= 0)
        gathered(q, &x, dim, &index, q->argument[2].x->shape);
}

/* What lands on an element, one after the other, rounded each time. */
static void add_to(question *q, int64_t at, number more, number *sizes)
{
    gd_dtype dtype = q->y->dtype;
    number sum = get(q->y, at) + more;
    if (!is_float(dtype)) {
        put(q->y, at, as_dtype(dtype, (number)(int64_t)((uint64_t)(int64_t)get(q->y, at) + (uint64_t)(int64_t)more)));
        return;
    }
    sizes[at] += fabsl(more);
    put(q->y, at, sum);
    bool plain = isnan(sum) || (isinf(sum) && !isfinite(more));
    allow(q, at, plain && isfinite(q->y->slack[at]) ? 0 : q->y->slack[at] + slack_of(dtype, 1, sizes[at]));
}

static void added(question *q, const value *x, int dim, const value *index, const value *source, gd_dims shown)
{
    if (source->dtype != x->dtype)
        fault(q, GD_ERROR_DTYPE);
    if (q->faults || !begin(q, x->dtype, shown))
        return;
    number *sizes = take(q->memory, (size_t)x->count * sizeof *sizes);
    for (int64_t i = 0; i < x->count; i++) {
        put(q->y, i, get(x, i));
        sizes[i] = fabsl(get(x, i));
        allow(q, i, 0);
    }
    for (int64_t i = 0; i < index->count; i++) {
        int64_t at[GD_MAX_DIMS];
        index_of(index->shape, i, at);
        number more = get(source, place_of(source->shape, at));
        at[dim] = (int64_t)get(index, i);
        add_to(q, place_of(x->shape, at), more, sizes);
    }
}

static void scatter_add(question *q, const reference *r)
{
    (void)r;
    value x = in_row(q->argument[0].x), index = in_row(q->argument[2].x), source = in_row(q->argument[3].x);
    int dim = dim_of(q, &x, q->argument[1].whole);
    if (source.dtype != x.dtype)
        fault(q, GD_ERROR_DTYPE);
    if (dim < 0)
        return;
    check_indices(q, &index, x.shape.size[dim]);
    check_extent(q, &index, &x, dim);
    check_extent(q, &index, &source, -1);
    added(q, &x, dim, &index, &source, q->argument[0].x->shape);
}

/* ---- a list of indices ---- */

/* The list repeated along all dimensions of a shape but dim. */
static value spread(question *q, const value *index, gd_dims shape, int dim)
{
    shape.size[dim] = index->count;
    value *all = new_value(q->memory, index->dtype, shape);
    for (int64_t i = 0; all->buffer && i < all->count; i++) {
        int64_t at[GD_MAX_DIMS];
        index_of(shape, i, at);
        put(all, i, get(index, at[dim]));
    }
    return *all;
}

static void check_list(question *q, const value *index, int64_t size)
{
    if (index->shape.count > 1)
        fault(q, GD_ERROR_SHAPE);
    check_indices(q, index, size);
}

static void index_select(question *q, const reference *r)
{
    (void)r;
    const value *whole = q->argument[0].x, *index = q->argument[2].x;
    value x = in_row(whole);
    int dim = dim_of(q, &x, q->argument[1].whole);
    if (dim < 0)
        return;
    check_list(q, index, x.shape.size[dim]);
    if (whole->shape.count == 0 && index->count != 1)
        fault(q, GD_ERROR_SHAPE);
    if (q->faults)
        return;
    value all = spread(q, index, x.shape, dim);
    gathered(q, &x, dim, &all, whole->shape.count == 0 ? whole->shape : all.shape);
}

static void index_add(question *q, const reference *r)
{
    (void)r;
    const value *index = q->argument[2].x;
    value x = in_row(q->argument[0].x), source = in_row(q->argument[3].x);
    int dim = dim_of(q, &x, q->argument[1].whole);
    if (dim < 0)
        return;
    check_list(q, index, x.shape.size[dim]);
    gd_dims wanted = x.shape;
    wanted.size[dim] = index->count;
    if (!same_dims(source.shape, wanted))
        fault(q, GD_ERROR_SHAPE);
    if (q->faults)
        return;
    value all = spread(q, index, x.shape, dim);
    added(q, &x, dim, &all, &source, q->argument[0].x->shape);
}

static void one_hot(question *q, const reference *r)
{
    (void)r;
    const value *labels = q->argument[0].x;
    number classes = (number)q->argument[1].whole, last = -1;
    if (labels->dtype != GD_INT64 && labels->dtype != GD_UINT8)
        fault(q, GD_ERROR_DTYPE);
    if (classes < -1 || (labels->count == 0 && classes < 1))
        fault(q, GD_ERROR_VALUE);
    for (int64_t i = 0; i < labels->count; i++)
        last = fmaxl(last, get(labels, i));
    if (classes == -1)
        classes = last < (number)INT64_MAX ? last + 1 : last;
    for (int64_t i = 0; i < labels->count; i++)
        if (get(labels, i) < 0 || get(labels, i) >= classes)
            fault(q, GD_ERROR_INDEX);
    gd_dims shape = labels->shape;
    if (shape.count == GD_MAX_DIMS)
        fault(q, GD_ERROR_INDEX);
    else
        shape.size[shape.count++] = (int64_t)classes;
    if (q->faults || !begin(q, GD_INT64, shape))
        return;
    for (int64_t i = 0; i < q->y->count; i++)
        put(q->y, i, get(labels, i / (int64_t)classes) == (number)(i % (int64_t)classes));
}

/* ---- order ---- */

static bool comes_first(number a, number b, bool descending)
{
    if (isnan(a) || isnan(b))
        return descending ? isnan(a) && !isnan(b) : isnan(b) && !isnan(a);
    return descending ? a > b : a < b;
}

/* What qsort compares by; equal elements stay in their order. */
static struct {
    const value *x;
    const int64_t *from;
    bool descending;
} sorting;

static int compare_places(const void *left, const void *right)
{
    int64_t i = *(const int64_t *)left, k = *(const int64_t *)right;
    number a = get(sorting.x, sorting.from[i]), b = get(sorting.x, sorting.from[k]);
    if (comes_first(a, b, sorting.descending))
        return -1;
    return comes_first(b, a, sorting.descending) || i > k ? 1 : -(i < k);
}

static void order_of(const value *x, const int64_t *from, int64_t n, bool descending, int64_t *order)
{
    sorting.x = x;
    sorting.from = from;
    sorting.descending = descending;
    for (int64_t i = 0; i < n; i++)
        order[i] = i;
    qsort(order, (size_t)n, sizeof *order, compare_places);
}

/* One lane of x in order: its first k elements, or their places, into y from this index on. */
static void put_ordered(question *q, const value *x, value *y, int dim, const int64_t *start, bool descending,
                        bool places)
{
    int64_t n = x->shape.size[dim], index[GD_MAX_DIMS] = { 0 };
    int64_t *from = take(q->memory, (size_t)n * sizeof *from), *order = take(q->memory, (size_t)n * sizeof *order);
    for (int d = 0; d < x->shape.count; d++)
        index[d] = start[d];
    for (int64_t k = 0; k < n; k++) {
        index[dim] = k;
        from[k] = place_of(x->shape, index);
    }
    order_of(x, from, n, descending, order);
    for (int64_t k = 0; k < y->shape.size[dim]; k++) {
        index[dim] = k;
        put(y, place_of(y->shape, index), places ? (number)order[k] : get(x, from[order[k]]));
    }
}

enum { ALL = -2 };

/* The first k of the order along dim (ALL: all): their places, or the elements themselves. */
static void ordered(question *q, int64_t asked, int64_t k, bool descending, bool places)
{
    const value *whole = q->argument[0].x;
    value x = in_row(whole);
    int dim = dim_of(q, &x, asked);
    if (dim >= 0 && (k > x.shape.size[dim] || (k < 0 && k != ALL)))
        fault(q, GD_ERROR_INDEX);
    if (q->faults)
        return;
    gd_dims shape = x.shape;
    shape.size[dim] = k == ALL ? x.shape.size[dim] : k;
    if (!begin(q, places ? GD_INT64 : x.dtype, whole->shape.count == 0 && shape.size[0] == 1 ? whole->shape : shape))
        return;
    value shown = *q->y;
    shown.shape = shape;
    for (int64_t i = 0; i < shown.count; i++) {
        int64_t index[GD_MAX_DIMS];
        index_of(shape, i, index);
        if (index[dim] == 0)
            put_ordered(q, &x, &shown, dim, index, descending, places);
    }
}

static void argsort(question *q, const reference *r)
{
    (void)r;
    ordered(q, q->argument[1].whole, ALL, q->argument[2].whole, true);
}

static void sort(question *q, const reference *r)
{
    (void)r;
    ordered(q, q->argument[1].whole, ALL, q->argument[2].whole, false);
}

/* -2 asked for is as wrong as -1. */
static int64_t asked_count(const question *q)
{
    return q->argument[1].whole == ALL ? -1 : q->argument[1].whole;
}

static void argtopk(question *q, const reference *r)
{
    (void)r;
    ordered(q, q->argument[2].whole, asked_count(q), q->argument[3].whole, true);
}

static void topk(question *q, const reference *r)
{
    (void)r;
    ordered(q, q->argument[2].whole, asked_count(q), q->argument[3].whole, false);
}

/* ---- around, and the other way round ---- */

static void pad(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    gd_dims before = q->argument[1].dims, after = q->argument[2].dims, shape = x->shape;
    if (before.count != shape.count || after.count != shape.count) {
        fault(q, GD_ERROR_SHAPE);
        return;
    }
    check_held(q, x->dtype, q->argument[3].real);
    for (int d = 0; d < shape.count; d++) {
        number cropped = (number)shape.size[d] + fminl((number)before.size[d], 0) + fminl((number)after.size[d], 0);
        number size = (number)shape.size[d] + (number)before.size[d] + (number)after.size[d];
        if (cropped < 0 || size > (number)INT64_MAX)
            fault(q, GD_ERROR_SHAPE);
        shape.size[d] = q->faults ? 0 : (int64_t)size;
    }
    if (q->faults || !begin(q, x->dtype, shape))
        return;
    for (int64_t i = 0; i < q->y->count; i++) {
        int64_t index[GD_MAX_DIMS];
        bool inside = true;
        index_of(shape, i, index);
        for (int d = 0; d < shape.count; d++) {
            index[d] -= before.size[d];
            inside = inside && index[d] >= 0 && index[d] < x->shape.size[d];
        }
        put(q->y, i, inside ? get(x, place_of(x->shape, index)) : as_dtype(x->dtype, (number)q->argument[3].real));
    }
}

static void flip(question *q, const reference *r)
{
    (void)r;
    value x = in_row(q->argument[0].x);
    gd_dims axes = q->argument[1].dims;
    bool turned[GD_MAX_DIMS] = { false };
    if (axes.count < 0 || axes.count > GD_MAX_DIMS) {
        fault(q, GD_ERROR_INDEX);
        return;
    }
    for (int i = 0; i < axes.count; i++) {
        int dim = dim_of(q, &x, axes.size[i]);
        if (dim >= 0 && turned[dim])
            fault(q, GD_ERROR_INDEX);
        if (dim >= 0)
            turned[dim] = true;
    }
    if (q->faults || !begin(q, x.dtype, q->argument[0].x->shape))
        return;
    for (int64_t i = 0; i < x.count; i++) {
        int64_t index[GD_MAX_DIMS];
        index_of(x.shape, i, index);
        for (int d = 0; d < x.shape.count; d++)
            index[d] = turned[d] ? x.shape.size[d] - 1 - index[d] : index[d];
        put(q->y, i, get(&x, place_of(x.shape, index)));
    }
}

static void masked_fill(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x, *mask = q->argument[1].x;
    gd_dims shape = x->shape;
    if (mask->dtype != GD_BOOL)
        fault(q, GD_ERROR_DTYPE);
    check_held(q, x->dtype, q->argument[2].real);
    if (!broadcast(&shape, mask->shape))
        fault(q, GD_ERROR_SHAPE);
    if (q->faults || !begin(q, x->dtype, shape))
        return;
    for (int64_t i = 0; i < q->y->count; i++)
        put(q->y, i, get(mask, meeting(mask, shape, i)) != 0 ? as_dtype(x->dtype, (number)q->argument[2].real)
                                                             : get(x, meeting(x, shape, i)));
}

const reference index_rows[] = {
    { "gather", gather, FIT_GATHERED, .differentiable = 1 },
    { "scatter_add", scatter_add, FIT_SCATTERED, .differentiable = 5 },
    { "index_select", index_select, FIT_LISTED, .differentiable = 1 },
    { "index_add", index_add, FIT_LISTED, .differentiable = 5 },
    { "one_hot", one_hot, FIT_CLASSES, .differentiable = 0 },
    { "argsort", argsort, FIT_BROADCAST, .differentiable = 0 },
    { "sort", sort, FIT_BROADCAST, .differentiable = 1 },
    { "argtopk", argtopk, FIT_BROADCAST, .differentiable = 0 },
    { "topk", topk, FIT_BROADCAST, .differentiable = 1 },
    { "pad", pad, FIT_PADDED, .differentiable = 1 },
    { "flip", flip, FIT_BROADCAST, .differentiable = 1 },
    { "masked_fill", masked_fill, FIT_MASKED, .differentiable = 1 },
    { .name = NULL },
};
