/* rounding.c - signs, rounding and limits. */
#include "cpu/kernel.h"

#include "cpu/kernels/libm.h"

/* NaN is neither above nor below: abs and clamp keep it, and its sign is 0, as in PyTorch. */
#define NAME abs
#define INTEGERS
#define EXPR(x) (x) > 0 ? (x) : (T)(0 - (U)(x))
#include "cpu/kernels/unary.inc"

#define NAME sign
#define INTEGERS
#define EXPR(x) (x) > 0 ? (T)1 : (x) == 0 || (x) != (x) ? (T)0 : (T)-1
#include "cpu/kernels/unary.inc"

#define NAME floor
#define EXPR(x) F(call_floor)(x)
#include "cpu/kernels/unary.inc"

#define NAME ceil
#define EXPR(x) F(call_ceil)(x)
#include "cpu/kernels/unary.inc"

#define NAME round
#define EXPR(x) F(call_rint)(x)
#include "cpu/kernels/unary.inc"

/* The upper limit comes last, so that it holds where both cross; a limit that is NaN makes the result NaN. */
#define RAISED(x) ((x) < c || c != c ? c : (x))
#define NAME clamp
#define EXPR(x) RAISED(x) > d || d != d ? d : RAISED(x)
#include "cpu/kernels/unary.inc"

#define NAME isnan
#define INTEGERS
#define BOOLS(x) ((void)(x), false)
#define COMPARES
#define EXPR(x) (x) != (x)
#include "cpu/kernels/unary.inc"

#define NAME isfinite
#define INTEGERS
#define BOOLS(x) ((void)(x), true)
#define COMPARES
#define EXPR(x) (x) - (x) == 0
#include "cpu/kernels/unary.inc"
