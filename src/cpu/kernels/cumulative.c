/* cumulative.c - running sums. */
#include "cpu/kernel.h"

#define T float
#define SUM double
#define RESULT float
#define F(name) name##_f32
#include "cpu/kernels/cumulative.inc"
#define T double
#define SUM double
#define RESULT double
#define F(name) name##_f64
#include "cpu/kernels/cumulative.inc"
#define T int64_t
#define SUM uint64_t
#define RESULT uint64_t
#define F(name) name##_i64
#include "cpu/kernels/cumulative.inc"
#define T uint8_t
#define SUM uint64_t
#define RESULT uint64_t
#define F(name) name##_u8
#include "cpu/kernels/cumulative.inc"
#define T bool
#define SUM uint64_t
#define RESULT uint64_t
#define F(name) name##_bool
#include "cpu/kernels/cumulative.inc"

const gd__kernel GD__K(cumsum) = {
    .run = gd__run_along,
    .lanes = { [GD_FLOAT32] = cumsum_f32, [GD_FLOAT64] = cumsum_f64, [GD_INT64] = cumsum_i64, [GD_UINT8] = cumsum_u8,
               [GD_BOOL] = cumsum_bool },
};

const gd__kernel GD__K(cumsum_backward) = {
    .run = gd__run_along,
    .lanes = { [GD_FLOAT32] = cumsum_backward_f32, [GD_FLOAT64] = cumsum_backward_f64,
               [GD_INT64] = cumsum_backward_i64, [GD_UINT8] = cumsum_backward_u8, [GD_BOOL] = cumsum_backward_bool },
};
