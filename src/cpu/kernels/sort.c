/* sort.c - in which order elements come. */
#include "cpu/kernel.h"

#include <math.h>

#define T float
#define IS_NAN(x) isnan(x)
#define F(name) name##_f32
#include "cpu/kernels/sort.inc"
#define T double
#define IS_NAN(x) isnan(x)
#define F(name) name##_f64
#include "cpu/kernels/sort.inc"
#define T int64_t
#define IS_NAN(x) false
#define F(name) name##_i64
#include "cpu/kernels/sort.inc"
#define T uint8_t
#define IS_NAN(x) false
#define F(name) name##_u8
#include "cpu/kernels/sort.inc"
#define T bool
#define IS_NAN(x) false
#define F(name) name##_bool
#include "cpu/kernels/sort.inc"

static bool run_argsort(const gd__kernel *kernel, const gd__call *call)
{
    static bool (*const sorts[GD_BOOL + 1])(const gd__call *, gd__lanes) = {
        [GD_FLOAT32] = argsort_f32, [GD_FLOAT64] = argsort_f64, [GD_INT64] = argsort_i64, [GD_UINT8] = argsort_u8,
        [GD_BOOL] = argsort_bool,
    };
    (void)kernel;
    const gd_tensor *x = call->in[0];
    return call->out->numel == 0 || sorts[x->dtype](call, gd__lanes_along(x, call->attrs->integer[0]));
}

const gd__kernel GD__K(argsort) = { .run = run_argsort };
