/* reference_shape.c - views and copies: which element goes where. */
#include "fuzz/parts/reference.h"

#include <stdlib.h>

static bool same_count(gd_dims shape)
{
    return shape.count >= 0 && shape.count <= GD_MAX_DIMS;
}

/* ---- the same elements in row-major order, in another shape ---- */

/* A view where they lie so, else a copy. */
static void reshaped(question *q, const value *x, gd_dims shape)
{
    bool view = is_contiguous(x);
    if (!(view ? begin_view(q, x, shape) : begin(q, x->dtype, shape)))
        return;
    for (int64_t i = 0; i < x->count; i++)
        if (view)
            q->y->place[i] = x->place[i];
        else
            put(q->y, i, get(x, i));
}

/* The size that was given as -1, from all others; false where it does not come out. */
static bool settle(const value *x, gd_dims *shape)
{
    int open = -1;
    gd_dims known = *shape;
    for (int i = 0; i < shape->count; i++)
        if (shape->size[i] == -1 && open < 0) {
            open = i;
            known.size[i] = 1;
        }
    int64_t rest = count_of(known);
    if (open < 0)
        return rest == x->count;
    if (rest <= 0 || x->count % rest != 0)
        return false;
    shape->size[open] = x->count / rest;
    return count_of(*shape) >= 0;
}

static void reshape(question *q, const reference *r)
{
    (void)r;
    gd_dims shape = q->argument[1].dims;
    if (!same_count(shape) || !settle(q->argument[0].x, &shape))
        fault(q, GD_ERROR_SHAPE);
    else
        reshaped(q, q->argument[0].x, shape);
}

static void flatten(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    gd_dims shape = { .count = 1, .size = { 1 } };
    if (x->shape.count > 0) {
        int first = dim_of(q, x, q->argument[1].whole), last = dim_of(q, x, q->argument[2].whole);
        if (first > last)
            fault(q, GD_ERROR_INDEX);
        if (q->faults)
            return;
        shape.count = 0;
        for (int i = 0; i < x->shape.count; i++)
            if (i > first && i <= last)
                shape.size[first] *= x->shape.size[i];
            else
                shape.size[shape.count++] = x->shape.size[i];
    }
    reshaped(q, x, shape);
}

static void squeeze(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    gd_dims shape = { .count = 0 };
    int64_t asked = q->argument[1].whole;
    bool number = x->shape.count == 0 && (asked == 0 || asked == -1); /* it has nothing to lose */
    int dim = number ? 0 : dim_of(q, x, asked);
    for (int i = 0; i < x->shape.count; i++)
        if (i != dim || x->shape.size[i] != 1)
            shape.size[shape.count++] = x->shape.size[i];
    if (begin_view(q, x, shape))
        for (int64_t i = 0; i < x->count; i++)
            q->y->place[i] = x->place[i];
}

/* The shape with a 1 put before dimension dim; false, with the fault, where there is no such place. */
static bool widened(question *q, const value *x, int64_t dim, gd_dims *shape)
{
    int64_t at = dim < 0 ? dim + x->shape.count + 1 : dim;
    shape->count = 0;
    if (at < 0 || at > x->shape.count || x->shape.count == GD_MAX_DIMS) {
        fault(q, GD_ERROR_INDEX);
        return false;
    }
    for (int i = 0; i <= x->shape.count; i++)
        shape->size[shape->count++] = i == at ? 1 : x->shape.size[i < at ? i : i - 1];
    return true;
}

static void unsqueeze(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    gd_dims shape;
    if (widened(q, x, q->argument[1].whole, &shape) && begin_view(q, x, shape))
        for (int64_t i = 0; i < x->count; i++)
            q->y->place[i] = x->place[i];
}

/* ---- dimensions in another order ---- */

/* Dimension d of the result is order[d] of x. */
static void reordered(question *q, const value *x, const int *order)
{
    gd_dims shape = { .count = x->shape.count };
    for (int d = 0; d < shape.count; d++)
        shape.size[d] = x->shape.size[order[d]];
    if (!begin_view(q, x, shape))
        return;
    for (int64_t i = 0; i < x->count; i++) {
        int64_t index[GD_MAX_DIMS], own[GD_MAX_DIMS];
        index_of(shape, i, index);
        for (int d = 0; d < shape.count; d++)
            own[order[d]] = index[d];
        q->y->place[i] = x->place[place_of(x->shape, own)];
    }
}

static void swapped(question *q, const value *x, int a, int b)
{
    int order[GD_MAX_DIMS];
    for (int d = 0; d < x->shape.count; d++)
        order[d] = d == a ? b : d == b ? a : d;
    if (!q->faults)
        reordered(q, x, order);
}

static void transpose(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    int a = dim_of(q, x, q->argument[1].whole), b = dim_of(q, x, q->argument[2].whole);
    swapped(q, x, a, b);
}

static void t(question *q, const reference *r)
{
    (void)r;
    value *x = q->argument[0].x;
    if (x->shape.count > 2)
        fault(q, GD_ERROR_SHAPE);
    else if (x->shape.count < 2)
        q->same = x;
    else
        swapped(q, x, 0, 1);
}

static void permute(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    gd_dims dims = q->argument[1].dims;
    int order[GD_MAX_DIMS];
    bool seen[GD_MAX_DIMS] = { false };
    if (dims.count != x->shape.count) {
        fault(q, GD_ERROR_INDEX);
        return;
    }
    for (int d = 0; d < dims.count; d++) {
        int64_t from = dims.size[d] < 0 ? dims.size[d] + dims.count : dims.size[d];
        if (from < 0 || from >= dims.count || seen[from]) {
            fault(q, GD_ERROR_INDEX);
            return;
        }
        seen[from] = true;
        order[d] = (int)from;
    }
    reordered(q, x, order);
}

static void expand(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    gd_dims shape = q->argument[1].dims;
    int added = shape.count - x->shape.count;
    if (!same_count(shape) || added < 0) {
        fault(q, GD_ERROR_SHAPE);
        return;
    }
    for (int d = 0; d < x->shape.count; d++) {
        int64_t own = x->shape.size[d], *wanted = &shape.size[added + d];
        if (*wanted == -1)
            *wanted = own;
        if (own != 1 && own != *wanted)
            fault(q, GD_ERROR_SHAPE);
    }
    if (begin_view(q, x, shape))
        for (int64_t i = 0; i < q->y->count; i++)
            q->y->place[i] = x->place[meeting(x, shape, i)];
}

/* ---- parts ---- */

/* The elements start, start + step, ... of a dimension, `count` of them. */
static void part(question *q, const value *x, int dim, int64_t start, int64_t step, int64_t count)
{
    gd_dims shape = x->shape;
    shape.size[dim] = count;
    if (!begin_view(q, x, shape))
        return;
    for (int64_t i = 0; i < q->y->count; i++) {
        int64_t index[GD_MAX_DIMS];
        index_of(shape, i, index);
        index[dim] = start + index[dim] * step;
        q->y->place[i] = x->place[place_of(x->shape, index)];
    }
}

/* As Python takes the bounds of a slice. */
static int64_t bound(int64_t at, int64_t size)
{
    if (at < 0)
        at = at < -size ? 0 : at + size;
    return at > size ? size : at;
}

static void slice(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    int dim = dim_of(q, x, q->argument[1].whole);
    int64_t step = q->argument[4].whole, count = 0;
    if (step < 1)
        fault(q, GD_ERROR_VALUE);
    if (q->faults)
        return;
    int64_t start = bound(q->argument[2].whole, x->shape.size[dim]), end = bound(q->argument[3].whole, x->shape.size[dim]);
    if (end > start)
        count = (end - start - 1) / step + 1;
    part(q, x, dim, start, count > 1 ? step : 1, count);
}

static void selected(question *q, const reference *r)
{
    (void)r;
    const value *x = q->argument[0].x;
    int dim = dim_of(q, x, q->argument[1].whole);
    if (dim < 0)
        return;
    int64_t size = x->shape.size[dim], at = q->argument[2].whole;
    if (at < -size || at >= size) {
        fault(q, GD_ERROR_INDEX);
        return;
    }
    part(q, x, dim, at < 0 ? at + size : at, 1, 1);
    gd_dims shape = { .count = 0 };
    for (int i = 0; q->y && i < x->shape.count; i++)
        if (i != dim)
            shape.size[shape.count++] = x->shape.size[i];
    if (q->y)
        q->y->shape = shape;
}

/* Would the gradient of a slice of that shape look like dy? */
static bool is_gradient_of_slice(const value *dy, gd_dims shape, int64_t dim, int64_t start, int64_t step)
{
    if (count_of(shape) < 0 || shape.count != dy->shape.count || dim < 0 || dim >= shape.count || start < 0 || step < 1)
        return false;
    gd_dims other = shape;
    int64_t count = dy->shape.size[dim];
    other.size[dim] = count;
    number last = (number)start + (number)(count - 1) * (number)step;
    return same_dims(other, dy->shape) && (count == 0 || last < (number)shape.size[dim]);
}

static void slice_backward(question *q, const reference *r)
{
    (void)r;
    const value *dy = q->argument[0].x;
    gd_dims shape = q->argument[1].dims;
    int64_t dim = q->argument[2].whole, start = q->argument[3].whole, step = q->argument[4].whole;
    if (!is_gradient_of_slice(dy, shape, dim, start, step)) {
        fault(q, GD_ERROR_SHAPE);
        return;
    }
    if (!begin(q, dy->dtype, shape))
        return;
    for (int64_t i = 0; i < dy->count; i++) {
        int64_t index[GD_MAX_DIMS];
        index_of(dy->shape, i, index);
        index[dim] = start + index[dim] * step;
        put(q->y, place_of(shape, index), get(dy, i));
    }
}

/* ---- several as one ---- */

static gd_dtype dtype_of_list(const argument *a)
{
    gd_dtype dtype = a->list[0]->dtype;
    int ndim = a->list[0]->shape.count;
    for (int k = 1; k < a->count; k++) {
        dtype = promoted(dtype, ndim, a->list[k]->dtype, a->list[k]->shape.count);
        ndim = a->list[k]->shape.count > ndim ? a->list[k]->shape.count : ndim;
    }
    return dtype;
}

/* Puts part k of the list where it begins in dimension dim of the result. */
static void put_part(question *q, const value *x, int dim, int64_t start)
{
    gd_dtype dtype = q->y->dtype;
    for (int64_t i = 0; i < x->count; i++) {
        int64_t index[GD_MAX_DIMS];
        index_of(x->shape, i, index);
        index[dim] += start;
        put(q->y, place_of(q->y->shape, index), as_dtype(dtype, get(x, i)));
    }
}

static void cat(question *q, const reference *r)
{
    (void)r;
    const argument *a = &q->argument[0];
    gd_dims shape = a->list[0]->shape;
    if (shape.count == 0) { /* said first, whatever dim is */
        fault(q, GD_ERROR_SHAPE);
        return;
    }
    int dim = dim_of(q, a->list[0], q->argument[1].whole);
    for (int k = 1; k < a->count; k++) {
        gd_dims other = a->list[k]->shape;
        if (dim >= 0 && other.count == shape.count)
            other.size[dim] = shape.size[dim];
        if (!same_dims(other, shape))
            fault(q, GD_ERROR_SHAPE);
        else if (dim >= 0)
            shape.size[dim] += a->list[k]->shape.size[dim];
    }
    if (q->faults || !begin(q, dtype_of_list(a), shape))
        return;
    int64_t start = 0;
    for (int k = 0; k < a->count; k++) {
        put_part(q, a->list[k], dim, start);
        start += a->list[k]->shape.size[dim];
    }
}

static void stack(question *q, const reference *r)
{
    argument *a = &q->argument[0];
    gd_dims shape;
    value wide[MOST_LISTED];
    for (int k = 0; k < a->count; k++) {
        if (!widened(q, a->list[k], q->argument[1].whole, &shape))
            continue;
        wide[k] = *a->list[k];
        wide[k].shape = shape;
    }
    if (q->faults)
        return;
    for (int k = 0; k < a->count; k++)
        a->list[k] = &wide[k];
    cat(q, r);
}

/* ---- copies ---- */

static void copied(question *q, const value *x, gd_dtype dtype)
{
    if (begin(q, dtype, x->shape))
        for (int64_t i = 0; i < x->count; i++)
            put(q->y, i, as_dtype(dtype, get(x, i)));
}

static void clone(question *q, const reference *r)
{
    (void)r;
    copied(q, q->argument[0].x, q->argument[0].x->dtype);
}

static void contiguous(question *q, const reference *r)
{
    if (is_contiguous(q->argument[0].x))
        q->same = q->argument[0].x;
    else
        clone(q, r);
}

static void cast(question *q, const reference *r)
{
    (void)r;
    value *x = q->argument[0].x;
    int64_t dtype = q->argument[1].whole == GD_DEFAULT ? (int64_t)q->default_dtype : q->argument[1].whole;
    if (dtype < GD_FLOAT32 || dtype > GD_BOOL)
        fault(q, GD_ERROR_DTYPE);
    else if (dtype == (int64_t)x->dtype)
        q->same = x;
    else
        copied(q, x, (gd_dtype)dtype);
}

const reference shape_rows[] = {
    { "reshape", reshape, FIT_RESHAPED, .differentiable = 1 },
    { "flatten", flatten, FIT_BROADCAST, .differentiable = 1 },
    { "squeeze", squeeze, FIT_BROADCAST, .differentiable = 1 },
    { "unsqueeze", unsqueeze, FIT_BROADCAST, .differentiable = 1 },
    { "transpose", transpose, FIT_BROADCAST, .differentiable = 1 },
    { "t", t, FIT_BROADCAST, .differentiable = 1 },
    { "permute", permute, FIT_PERMUTED, .differentiable = 1 },
    { "expand", expand, FIT_EXPANDED, .differentiable = 1 },
    { "slice", slice, FIT_SLICED, .differentiable = 1 },
    { "select", selected, FIT_SLICED, .differentiable = 1 },
    { "slice_backward", slice_backward, FIT_UNSLICED, .differentiable = 1 },
    { "cat", cat, FIT_JOINED, .differentiable = 1 },
    { "stack", stack, FIT_STACKED, .differentiable = 1 },
    { "clone", clone, FIT_BROADCAST, .differentiable = 1 },
    { "contiguous", contiguous, FIT_BROADCAST, .differentiable = 1 },
    { "cast", cast, FIT_BROADCAST, .differentiable = 1 },
    { .name = NULL },
};
