/* matmul.c - the product of matrices, one block at a time.
 *
 * A block is made of tiles: TALL rows of A times a panel of B that is one or two vectors wide, whose sums stay in
 * registers over a piece of the inner dimension. B's panel is packed, so that it lies in the nearest cache, and
 * meets all rows of the block, which lie in the next one. Meanwhile the next panel is brought near. */
#include "cpu/product.h"

#include "cpu/kernels/small.h"
#include "cpu/kernels/turn.h"
#include "cpu/kernels/vector.h"

#include <string.h>

/* As many sums as there are registers for, beside two of B's and one of A's. */
#if defined __AVX512F__
enum { TALL = 12 };
#elif defined __AVX2__
enum { TALL = 6 };
#elif defined __aarch64__
enum { TALL = 12 };
#else
enum { TALL = 4 };
#endif

/* A loop that must be taken apart, since it is over registers. */
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 16")
#endif

#define T float
#define F(name) name##_f32
#include "cpu/kernels/product.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/product.inc"

const gd__kernel GD__K(matmul) = { .run = gd__run_matmul, .block = { [GD_FLOAT32] = block_f32, [GD_FLOAT64] = block_f64 },
                               .small = { [GD_FLOAT32] = GD__K(pick_small_f32), [GD_FLOAT64] = GD__K(pick_small_f64) },
                               .widest = WIDEST };
