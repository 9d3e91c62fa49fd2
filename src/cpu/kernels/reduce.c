/* reduce.c - sums, means and the place of the largest. */
#include "cpu/kernel.h"

/* A tensor as outer x reduced x inner elements in row-major order. */
typedef struct extent {
    int64_t outer, reduced, inner;
} extent;

#define T float
#define ACC float
#define F(name) name##_f32
#include "cpu/kernels/sum.inc"
#define T double
#define ACC double
#define F(name) name##_f64
#include "cpu/kernels/sum.inc"
#define T int64_t
#define ACC uint64_t
#define F(name) name##_i64
#include "cpu/kernels/sum.inc"
#define T uint8_t
#define ACC uint64_t
#define F(name) name##_u8
#include "cpu/kernels/sum.inc"
#define T bool
#define ACC uint64_t
#define F(name) name##_bool
#include "cpu/kernels/sum.inc"

/* Kept and reduced axes as outer, reduced, inner; false where they alternate more often. */
static bool split(const gd_tensor *x, int64_t axes, extent *e)
{
    int stage = 0; /* 0 outer, 1 reduced, 2 inner */
    *e = (extent){ 1, 1, 1 };
    for (int i = 0; i < x->ndim; i++) {
        bool reduced = axes >> i & 1;
        if (x->shape[i] == 1)
            continue;
        if (reduced && stage == 2)
            return false;
        stage = reduced ? 1 : stage == 0 ? 0 : 2;
        if (stage == 0)
            e->outer *= x->shape[i];
        else if (stage == 1)
            e->reduced *= x->shape[i];
        else
            e->inner *= x->shape[i];
    }
    return true;
}

static void sum_extent(gd_dtype dtype, const extent *e, const char *x, char *y)
{
    switch (dtype) {
    case GD_FLOAT32: sum_f32(e, (const float *)x, (float *)y); break;
    case GD_FLOAT64: sum_f64(e, (const double *)x, (double *)y); break;
    case GD_INT64: sum_i64(e, (const int64_t *)x, (uint64_t *)y); break;
    case GD_UINT8: sum_u8(e, (const uint8_t *)x, (uint64_t *)y); break;
    case GD_BOOL: sum_bool(e, (const bool *)x, (uint64_t *)y); break;
    case GD_DEFAULT: break;
    }
}

/* Any layout and any axes: a copy with the kept axes first. */
static bool sum_gathered(const gd__call *call)
{
    const gd_tensor *x = call->in[0];
    int64_t axes = call->attrs->integer[0];
    size_t size = (size_t)x->numel * gd_dtype_size((gd_dtype)x->dtype);
    int order[GD_MAX_DIMS], count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < x->ndim; i++)
            if ((axes >> i & 1) == pass)
                order[count++] = i;
    char *copy = gd__alloc(call->context, size);
    if (!copy)
        return false;
    gd__copy_strided(x, order, copy);
    int64_t kept = call->out->numel;
    sum_extent((gd_dtype)x->dtype, &(extent){ kept, kept > 0 ? x->numel / kept : 0, 1 }, copy, call->out->data);
    gd__free(call->context, copy, size);
    return true;
}

static bool run_sum(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    const gd_tensor *x = call->in[0];
    extent e;
    if (!x->contiguous || !split(x, call->attrs->integer[0], &e))
        return sum_gathered(call);
    sum_extent((gd_dtype)x->dtype, &e, x->data, call->out->data);
    return true;
}

const gd__kernel GD__K(sum) = { .run = run_sum };

static bool run_mean(const gd__kernel *kernel, const gd__call *call)
{
    gd_tensor *y = call->out;
    if (!run_sum(kernel, call))
        return false;
    double n = y->numel > 0 ? (double)call->in[0]->numel / (double)y->numel : 1;
    for (int64_t i = 0; i < y->numel; i++)
        if (y->dtype == GD_FLOAT32)
            ((float *)y->data)[i] /= (float)n;
        else
            ((double *)y->data)[i] /= n;
    return true;
}

const gd__kernel GD__K(mean) = { .run = run_mean };

static bool run_argmax(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    const gd_tensor *x = call->in[0];
    int64_t dim = call->attrs->integer[0] < 0 ? call->attrs->integer[0] + x->ndim : call->attrs->integer[0];
    extent e;
    split(x, (int64_t)1 << dim, &e);
    int64_t *y = (int64_t *)call->out->data;
    if (x->numel == 0)
        return true;
    switch ((gd_dtype)x->dtype) {
    case GD_FLOAT32: argmax_f32(&e, (const float *)x->data, y); break;
    case GD_FLOAT64: argmax_f64(&e, (const double *)x->data, y); break;
    case GD_INT64: argmax_i64(&e, (const int64_t *)x->data, y); break;
    case GD_UINT8: argmax_u8(&e, (const uint8_t *)x->data, y); break;
    case GD_BOOL: argmax_bool(&e, (const bool *)x->data, y); break;
    case GD_DEFAULT: break;
    }
    return true;
}

const gd__kernel GD__K(argmax) = { .run = run_argmax };
