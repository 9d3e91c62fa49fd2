/* trigonometric.c - sines, the hyperbolic tangent and the error function. */
#include "cpu/kernel.h"

#include "cpu/kernels/libm.h"

#define NAME sin
#define EXPR(x) F(call_sin)(x)
#include "cpu/kernels/unary.inc"

#define NAME cos
#define EXPR(x) F(call_cos)(x)
#include "cpu/kernels/unary.inc"

#define NAME tanh
#define EXPR(x) F(call_tanh)(x)
#include "cpu/kernels/unary.inc"

#define NAME erf
#define EXPR(x) F(call_erf)(x)
#include "cpu/kernels/unary.inc"
