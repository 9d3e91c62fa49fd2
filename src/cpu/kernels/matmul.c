/* matmul.c - the product of matrices, one block at a time.
 *
 * A block is made of tiles: TALL rows of A times a panel of B that is one or two vectors wide, whose sums stay in
 * registers over a piece of the inner dimension. B's panel is packed, so that it lies in the nearest cache, and
 * meets all rows of the block, which lie in the next one. Meanwhile the next panel is brought near. */
#include "cpu/product.h"

#include "cpu/kernels/small.h"
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

/* Four rows of four elements as columns. */
#if defined __clang__ || __GNUC__ >= 12
static inline void turn_f32(const float *from, int64_t lead, float *to, int64_t to_lead)
{
    typedef float four __attribute__((vector_size(16)));
    four row[4];
    for (int i = 0; i < 4; i++)
        memcpy(&row[i], from + i * lead, sizeof row[i]);
    four left02 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5), left13 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
    four right02 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5), right13 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
    row[0] = __builtin_shufflevector(left02, right02, 0, 1, 4, 5);
    row[1] = __builtin_shufflevector(left02, right02, 2, 3, 6, 7);
    row[2] = __builtin_shufflevector(left13, right13, 0, 1, 4, 5);
    row[3] = __builtin_shufflevector(left13, right13, 2, 3, 6, 7);
    for (int i = 0; i < 4; i++)
        memcpy(to + i * to_lead, &row[i], sizeof row[i]);
}
#else
static inline void turn_f32(const float *from, int64_t lead, float *to, int64_t to_lead)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            to[j * to_lead + i] = from[i * lead + j];
}
#endif

static inline void turn_f64(const double *from, int64_t lead, double *to, int64_t to_lead)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            to[j * to_lead + i] = from[i * lead + j];
}

#define T float
#define F(name) name##_f32
#include "cpu/kernels/product.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/product.inc"

const gd__kernel GD__K(matmul) = { .run = gd__run_matmul, .block = { [GD_FLOAT32] = block_f32, [GD_FLOAT64] = block_f64 },
                               .small = { [GD_FLOAT32] = GD__K(pick_small_f32), [GD_FLOAT64] = GD__K(pick_small_f64) },
                               .widest = WIDEST };
