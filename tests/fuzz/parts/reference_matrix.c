/* reference_matrix.c - products of matrices and vectors. */
#include "fuzz/parts/approx.h"

#include <math.h>

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

/* The place in m of its row i and column k, in the batch that the index of the result names. */
static int64_t place_in(const value *m, const int64_t *index, int dims, int64_t i, int64_t k)
{
    int64_t own[GD_MAX_DIMS];
    int batches = m->shape.count - 2;
    for (int d = 0; d < batches; d++)
        own[d] = m->shape.size[d] == 1 ? 0 : index[dims - m->shape.count + d];
    own[batches] = i;
    own[batches + 1] = k;
    return place_of(m->shape, own);
}

/* The sum over k of a[i, k] b[k, j]. */
static approx one_product(question *q, const value *a, const value *b, const int64_t *index, int dims)
{
    int64_t inner = a->shape.size[a->shape.count - 1];
    approx *term = take(q->memory, (size_t)inner * sizeof *term);
    for (int64_t k = 0; k < inner; k++)
        term[k] = times(a->dtype, exactly(get(a, place_in(a, index, dims, index[dims - 2], k))),
                        exactly(get(b, place_in(b, index, dims, k, index[dims - 1]))));
    return total(a->dtype, term, inner);
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
    if (q->faults || !begin(q, a.dtype, shown))
        return;
    for (int64_t i = 0; i < q->y->count; i++) {
        int64_t index[GD_MAX_DIMS];
        index_of(whole, i, index);
        put_approx(q, i, one_product(q, &a, &b, index, whole.count));
    }
}

/* The product of two numbers of a dtype: integers wrap, bools are both. */
static approx product(gd_dtype dtype, number a, number b)
{
    if (is_float(dtype))
        return times(dtype, exactly(a), exactly(b));
    return exactly(as_dtype(dtype, (number)(int64_t)((uint64_t)(int64_t)a * (uint64_t)(int64_t)b)));
}

static void outer(question *q, const reference *r)
{
    (void)r;
    const value *a = q->argument[0].x, *b = q->argument[1].x;
    if (a->shape.count != 1 || b->shape.count != 1) {
        fault(q, GD_ERROR_SHAPE);
        return;
    }
    gd_dtype dtype = promoted(a->dtype, 1, b->dtype, 1);
    if (begin(q, dtype, gd_shape(a->count, b->count)))
        for (int64_t i = 0; i < q->y->count; i++)
            put_approx(q, i, product(dtype, as_dtype(dtype, get(a, i / b->count)), as_dtype(dtype, get(b, i % b->count))));
}

static void dot(question *q, const reference *r)
{
    (void)r;
    const value *a = q->argument[0].x, *b = q->argument[1].x;
    if (a->shape.count != 1 || b->shape.count != 1 || a->count != b->count)
        fault(q, GD_ERROR_SHAPE);
    if (a->dtype != b->dtype || a->dtype == GD_BOOL)
        fault(q, GD_ERROR_DTYPE);
    if (!begin(q, a->dtype, gd_shape()))
        return;
    approx *term = take(q->memory, (size_t)a->count * sizeof *term);
    uint64_t wrapped = 0;
    for (int64_t i = 0; i < a->count; i++) {
        term[i] = product(a->dtype, get(a, i), get(b, i));
        wrapped += is_float(a->dtype) ? 0 : (uint64_t)(int64_t)term[i].n;
    }
    put_approx(q, 0, is_float(a->dtype) ? total(a->dtype, term, a->count)
                                        : exactly(as_dtype(a->dtype, (number)(int64_t)wrapped)));
}

const reference matrix_rows[] = {
    { "matmul", matmul, FIT_MATRICES, .differentiable = 3 },
    { "outer", outer, FIT_VECTORS, .differentiable = 3 },
    { "dot", dot, FIT_VECTORS, .differentiable = 3 },
    { .name = NULL },
};
