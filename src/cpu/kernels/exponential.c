/* exponential.c - exponentials, logarithms, roots and powers of one operand. */
#include "cpu/kernel.h"

#include "cpu/kernels/libm.h"
#include "cpu/kernels/vmath.h"

#define NAME expm1
#define EXPR(x) F(call_expm1)(x)
#include "cpu/kernels/unary.inc"

#define NAME log1p
#define EXPR(x) F(call_log1p)(x)
#include "cpu/kernels/unary.inc"

#define NAME rsqrt
#define EXPR(x) 1 / F(call_sqrt)(x)
#include "cpu/kernels/unary.inc"

#define NAME reciprocal
#define EXPR(x) 1 / (x)
#include "cpu/kernels/unary.inc"

/* The squares and roots that are asked for most are exact or nearly so. */
#define NAME pow_scalar
#define EXPR(x) c == 2 ? (x) * (x) : c == (T)0.5 ? F(call_sqrt)(x) : F(call_pow)(x, c)
#include "cpu/kernels/unary.inc"
