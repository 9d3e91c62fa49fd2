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

/* Squares and roots as PyTorch takes them: of -infinity a root is NaN, where C's pow has infinity or 0. */
#define ROOT(x) c > 0 ? F(call_sqrt)(x) : 1 / F(call_sqrt)(x)
#define NAME pow_scalar
#define EXPR(x) c == 2 ? (x) * (x) : c == (T)0.5 || c == (T)-0.5 ? (ROOT(x)) : F(call_pow)(x, c)
#include "cpu/kernels/unary.inc"
