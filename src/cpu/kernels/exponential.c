/* exponential.c - exponentials, logarithms, roots and powers of one operand. */
#include "cpu/kernel.h"

#include "cpu/kernels/libm.h"
#include "cpu/vmath.h"

#define NAME expm1
#define EXPR(x) F(gd__expm1)(x)
#include "cpu/kernels/unary.inc"

#define NAME log1p
#define EXPR(x) F(gd__log1p)(x)
#include "cpu/kernels/unary.inc"

#define NAME rsqrt
#define EXPR(x) 1 / F(call_sqrt)(x)
#include "cpu/kernels/unary.inc"

#define NAME reciprocal
#define EXPR(x) 1 / (x)
#include "cpu/kernels/unary.inc"

#define T float
#define F(name) GD__NAME(name, _f32)
#include "cpu/kernels/power.inc"
#define T double
#define F(name) GD__NAME(name, _f64)
#include "cpu/kernels/power.inc"

const gd__kernel GD__K(pow) = {
    .run = gd__run_elementwise, .loop = { [GD_FLOAT32] = pow_f32, [GD_FLOAT64] = pow_f64 },
};

const gd__kernel GD__K(pow_scalar) = {
    .run = gd__run_elementwise, .loop = { [GD_FLOAT32] = pow_scalar_f32, [GD_FLOAT64] = pow_scalar_f64 },
};
