/* copy.c - clones, paddings and conversions. */
#include "cpu/kernel.h"

#include <string.h>

static bool run_clone(const gd__kernel *kernel, const gd__call *call)
{
    static const int order[GD_MAX_DIMS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    (void)kernel;
    gd__copy_strided(call->in[0], order, call->out->data);
    return true;
}

const gd__kernel GD__K(clone) = { .run = run_clone };

static bool run_slice_backward(const gd__kernel *kernel, const gd__call *call)
{
    const gd_tensor *y = call->out;
    const int64_t *asked = call->attrs->integer;
    int64_t size = (int64_t)gd_dtype_size((gd_dtype)y->dtype), stride[GD_MAX_DIMS];
    (void)kernel;
    for (int i = 0; i < y->ndim; i++)
        stride[i] = y->stride[i] * size;
    memset(y->data, 0, (size_t)(y->numel * size));
    char *first = y->data + (call->in[0]->numel > 0 ? asked[1] * stride[asked[0]] : 0);
    stride[asked[0]] *= call->in[0]->shape[asked[0]] > 1 ? asked[3] : 1; /* any step leads to one element */
    gd__copy_into(call->in[0], first, stride);
    return true;
}

const gd__kernel GD__K(slice_backward) = { .run = run_slice_backward };

static char *fill(char *to, int64_t n, gd_dtype dtype, double value)
{
    for (int64_t i = 0; i < n; i++, to += gd_dtype_size(dtype))
        gd__store(dtype, to, value);
    return to;
}

static bool run_pad(const gd__kernel *kernel, const gd__call *call)
{
    const int64_t *asked = call->attrs->integer;
    double value = call->attrs->scalar[0];
    gd_dtype dtype = (gd_dtype)call->out->dtype;
    gd__lanes l = gd__lanes_along(call->in[0], asked[0]);
    size_t part = (size_t)(l.along * l.inner) * gd_dtype_size(dtype);
    const char *x = call->in[0]->data;
    char *y = call->out->data;
    (void)kernel;
    for (int64_t o = 0; call->out->numel > 0 && o < l.outer; o++, x += part) {
        y = fill(y, asked[1] * l.inner, dtype, value);
        memcpy(y, x, part);
        y = fill(y + part, asked[2] * l.inner, dtype, value);
    }
    return true;
}

const gd__kernel GD__K(pad) = { .run = run_pad };

static bool run_cat(const gd__kernel *kernel, const gd__call *call)
{
    const gd_tensor *y = call->out;
    int64_t size = (int64_t)gd_dtype_size((gd_dtype)y->dtype), stride[GD_MAX_DIMS];
    int dim = gd__dim(y, (int)call->attrs->integer[0]);
    char *to = y->data;
    (void)kernel;
    for (int i = 0; i < y->ndim; i++)
        stride[i] = y->stride[i] * size;
    for (int i = 0; i < call->count; i++) {
        gd__copy_into(call->in[i], to, stride);
        to += call->in[i]->shape[dim] * stride[dim];
    }
    return true;
}

const gd__kernel GD__K(cat) = { .run = run_cat };

static inline int64_t whole_f32(float x) { return gd__whole((double)x); }
static inline int64_t whole_f64(double x) { return gd__whole(x); }
static inline int64_t whole_i64(int64_t x) { return x; }
static inline int64_t whole_u8(uint8_t x) { return x; }
static inline int64_t whole_bool(bool x) { return x; }

#define FROM float
#define NAMED(to) cast_f32_##to
#define WHOLE whole_f32
#include "cpu/kernels/cast.inc"
#define FROM double
#define NAMED(to) cast_f64_##to
#define WHOLE whole_f64
#include "cpu/kernels/cast.inc"
#define FROM int64_t
#define NAMED(to) cast_i64_##to
#define WHOLE whole_i64
#include "cpu/kernels/cast.inc"
#define FROM uint8_t
#define NAMED(to) cast_u8_##to
#define WHOLE whole_u8
#include "cpu/kernels/cast.inc"
#define FROM bool
#define NAMED(to) cast_bool_##to
#define WHOLE whole_bool
#include "cpu/kernels/cast.inc"

static gd__loop *const casts[GD_BOOL + 1][GD_BOOL + 1] = {
    [GD_FLOAT32] = { NULL, cast_f32_f32, cast_f32_f64, cast_f32_i64, cast_f32_u8, cast_f32_bool },
    [GD_FLOAT64] = { NULL, cast_f64_f32, cast_f64_f64, cast_f64_i64, cast_f64_u8, cast_f64_bool },
    [GD_INT64] = { NULL, cast_i64_f32, cast_i64_f64, cast_i64_i64, cast_i64_u8, cast_i64_bool },
    [GD_UINT8] = { NULL, cast_u8_f32, cast_u8_f64, cast_u8_i64, cast_u8_u8, cast_u8_bool },
    [GD_BOOL] = { NULL, cast_bool_f32, cast_bool_f64, cast_bool_i64, cast_bool_u8, cast_bool_bool },
};

/* The loop depends on both dtypes. */
static bool run_cast(const gd__kernel *kernel, const gd__call *call)
{
    gd__kernel chosen = *kernel;
    chosen.loop[call->in[0]->dtype] = casts[call->in[0]->dtype][call->out->dtype];
    return gd__run_elementwise(&chosen, call);
}

const gd__kernel GD__K(cast) = { .run = run_cast };

/* A conversion, to a dtype that may be the same, whose result lies where it is written. */
static bool run_assign(const gd__kernel *kernel, const gd__call *call)
{
    gd__call conversion = { .context = call->context, .op = call->op, .count = 1, .in = call->in + 1,
                            .out = call->in[0] };
    return run_cast(kernel, &conversion);
}

const gd__kernel GD__K(assign) = { .run = run_assign };
