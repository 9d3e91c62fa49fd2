/* trigonometric.c - sines, the hyperbolic tangent and the error function. */
#include "cpu/kernel.h"

#include "cpu/vmath.h"

#define NAME sin
#define EXPR(x) F(gd__sin)(x)
#define NEAR(x) F(gd__sin_near)(x)
#define LIMIT F(gd__trig_limit)
#include "cpu/kernels/unary.inc"

#define NAME cos
#define EXPR(x) F(gd__cos)(x)
#define NEAR(x) F(gd__cos_near)(x)
#define LIMIT F(gd__trig_limit)
#include "cpu/kernels/unary.inc"

#define NAME tanh
#define EXPR(x) F(gd__tanh)(x)
#include "cpu/kernels/unary.inc"

#define NAME erf
#define EXPR(x) F(gd__erf)(x)
#include "cpu/kernels/unary.inc"
