/* unary.c - elementwise kernels of one operand. */
#include "cpu/kernel.h"

#include "cpu/kernels/libm.h"
#include "cpu/vmath.h"

#define NAME neg
#define INTEGERS
#define EXPR(x) -(U)(x)
#include "cpu/kernels/unary.inc"

#define NAME exp
#define EXPR(x) F(gd__exp)(x)
#define NEAR(x) F(gd__exp_near)(x)
#define LIMIT F(gd__exp_limit)
#include "cpu/kernels/unary.inc"

#define NAME log
#define EXPR(x) F(gd__log)(x)
#include "cpu/kernels/unary.inc"

#define NAME square
#define INTEGERS
#define EXPR(x) (U)(x) * (U)(x)
#include "cpu/kernels/unary.inc"

#define NAME sqrt
#define EXPR(x) F(call_sqrt)(x)
#include "cpu/kernels/unary.inc"

#define NAME sigmoid
#define EXPR(x) F(gd__sigmoid)(x)
#define NEAR(x) F(gd__sigmoid_near)(x)
#define LIMIT F(gd__exp_limit)
#include "cpu/kernels/unary.inc"

/* NaN is not below 0, so it stays. */
#define NAME relu
#define INTEGERS
#define EXPR(x) (x) <= 0 ? 0 : (x)
#include "cpu/kernels/unary.inc"

#define NAME add_scalar
#define INTEGERS
#define EXPR(x) (U)(x) + (U)c
#include "cpu/kernels/unary.inc"

#define NAME mul_scalar
#define INTEGERS
#define EXPR(x) (U)(x) * (U)c
#include "cpu/kernels/unary.inc"

#define NAME rsub_scalar
#define INTEGERS
#define EXPR(x) (U)c - (U)(x)
#include "cpu/kernels/unary.inc"

#define NAME div_scalar
#define EXPR(x) (x) / c
#include "cpu/kernels/unary.inc"
