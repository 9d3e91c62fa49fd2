/* compare.c - comparisons, logic, and choosing by a condition. */
#include "cpu/kernel.h"

#define NAME eq
#define INTEGERS
#define BOOLS(a, b) (a) == (b)
#define COMPARES
#define EXPR(a, b) (a) == (b)
#include "cpu/kernels/binary.inc"

#define NAME ne
#define INTEGERS
#define BOOLS(a, b) (a) != (b)
#define COMPARES
#define EXPR(a, b) (a) != (b)
#include "cpu/kernels/binary.inc"

#define NAME lt
#define INTEGERS
#define BOOLS(a, b) (a) < (b)
#define COMPARES
#define EXPR(a, b) (a) < (b)
#include "cpu/kernels/binary.inc"

#define NAME le
#define INTEGERS
#define BOOLS(a, b) (a) <= (b)
#define COMPARES
#define EXPR(a, b) (a) <= (b)
#include "cpu/kernels/binary.inc"

#define NAME gt
#define INTEGERS
#define BOOLS(a, b) (a) > (b)
#define COMPARES
#define EXPR(a, b) (a) > (b)
#include "cpu/kernels/binary.inc"

#define NAME ge
#define INTEGERS
#define BOOLS(a, b) (a) >= (b)
#define COMPARES
#define EXPR(a, b) (a) >= (b)
#include "cpu/kernels/binary.inc"

#define NAME logical_and
#define INTEGERS
#define BOOLS(a, b) (a) != 0 && (b) != 0
#define COMPARES
#define EXPR(a, b) (a) != 0 && (b) != 0
#include "cpu/kernels/binary.inc"

#define NAME logical_or
#define INTEGERS
#define BOOLS(a, b) (a) != 0 || (b) != 0
#define COMPARES
#define EXPR(a, b) (a) != 0 || (b) != 0
#include "cpu/kernels/binary.inc"

#define NAME logical_xor
#define INTEGERS
#define BOOLS(a, b) ((a) != 0) != ((b) != 0)
#define COMPARES
#define EXPR(a, b) ((a) != 0) != ((b) != 0)
#include "cpu/kernels/binary.inc"

#define T float
#define F(name) name##_f32
#include "cpu/kernels/where.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/where.inc"
#define T int64_t
#define F(name) name##_i64
#include "cpu/kernels/where.inc"
#define T uint8_t
#define F(name) name##_u8
#include "cpu/kernels/where.inc"
#define T bool
#define F(name) name##_bool
#include "cpu/kernels/where.inc"

/* The loop depends on the dtype of what is chosen from; the first operand is the condition. */
static bool run_where(const gd__kernel *kernel, const gd__call *call)
{
    static gd__loop *const loops[GD_BOOL + 1] = { [GD_FLOAT32] = where_f32, [GD_FLOAT64] = where_f64,
                                                  [GD_INT64] = where_i64, [GD_UINT8] = where_u8,
                                                  [GD_BOOL] = where_bool };
    gd__kernel chosen = *kernel;
    chosen.loop[GD_BOOL] = loops[call->in[1]->dtype];
    return gd__run_elementwise(&chosen, call);
}

const gd__kernel GD__K(where) = { .run = run_where };
