/* activation.c - activations beside sigmoid and relu; c and d are their numbers. */
#include "cpu/kernel.h"

#include "cpu/kernels/libm.h"
#include "cpu/kernels/vmath.h"

#define NAME leaky_relu
#define EXPR(x) (x) > 0 ? (x) : (x) * c
#include "cpu/kernels/unary.inc"

#define NAME elu
#define EXPR(x) (x) > 0 ? (x) : c * F(call_expm1)(x)
#include "cpu/kernels/unary.inc"

#define NAME silu
#define EXPR(x) (x) * F(vsigmoid)(x)
#include "cpu/kernels/unary.inc"

#define NAME gelu
#define EXPR(x) (x) * (T)0.5 * (1 + F(call_erf)((x) * (T)0.7071067811865476))
#include "cpu/kernels/unary.inc"

#define NAME softplus
#define EXPR(x) (x) * c > d ? (x) : F(call_log1p)(F(vexp)((x) * c)) / c
#include "cpu/kernels/unary.inc"
