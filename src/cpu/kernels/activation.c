/* activation.c - activations beside sigmoid and relu; c and d are their numbers. */
#include "cpu/kernel.h"

#include "cpu/vmath.h"

#define NAME leaky_relu
#define EXPR(x) (x) > 0 ? (x) : (x) * c
#include "cpu/kernels/unary.inc"

#define NAME elu
#define EXPR(x) (x) > 0 ? (x) : c * F(gd__expm1)(x)
#include "cpu/kernels/unary.inc"

#define NAME silu
#define EXPR(x) (x) * F(gd__sigmoid)(x)
#define NEAR(x) (x) * F(gd__sigmoid_near)(x)
#define LIMIT F(gd__exp_limit)
#include "cpu/kernels/unary.inc"

#define NAME gelu
#define EXPR(x) (x) * (T)0.5 * (1 + F(gd__erf)((x) * (T)0.7071067811865476))
#include "cpu/kernels/unary.inc"

#define NAME softplus
#define EXPR(x) (x) * c > d ? (x) : F(gd__log1p)(F(gd__exp)((x) * c)) / c
#include "cpu/kernels/unary.inc"
