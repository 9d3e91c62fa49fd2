/* binary.c - elementwise kernels of two operands. */
#include "cpu/kernel.h"

#include "cpu/vmath.h"

#define NAME add
#define INTEGERS
#define BOOLS(a, b) (a) || (b)
#define EXPR(a, b) (U)(a) + (U)(b)
#include "cpu/kernels/binary.inc"

#define NAME sub
#define INTEGERS
#define EXPR(a, b) (U)(a) - (U)(b)
#include "cpu/kernels/binary.inc"

#define NAME mul
#define INTEGERS
#define BOOLS(a, b) (a) && (b)
#define EXPR(a, b) (U)(a) * (U)(b)
#include "cpu/kernels/binary.inc"

#define NAME div
#define EXPR(a, b) (a) / (b)
#include "cpu/kernels/binary.inc"

#define NAME sigmoid_backward
#define EXPR(dy, y) (dy) * (1 - (y)) * (y)
#include "cpu/kernels/binary.inc"

/* A NaN is not cut off, so its gradient passes. */
#define NAME relu_backward
#define INTEGERS
#define EXPR(dy, y) (y) <= 0 ? 0 : (dy)
#include "cpu/kernels/binary.inc"

/* A NaN on either side is the result, as in PyTorch. */
#define NAME maximum
#define INTEGERS
#define BOOLS(a, b) (a) || (b)
#define EXPR(a, b) (a) > (b) || (a) != (a) ? (a) : (b)
#include "cpu/kernels/binary.inc"

#define NAME minimum
#define INTEGERS
#define BOOLS(a, b) (a) && (b)
#define EXPR(a, b) (a) < (b) || (a) != (a) ? (a) : (b)
#include "cpu/kernels/binary.inc"
