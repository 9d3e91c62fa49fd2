/* small.c - instructions of few numbers for compiled steps: products, with the bits of matmul's own kernel for tiny ones, sums, and
 * what comes after them. */
#include "cpu/kernels/small.h"

#include "cpu/kernels/vector.h"
#include "cpu/vmath.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#define T float
#define F(name) name##_f32
#include "cpu/kernels/small.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/small.inc"

#ifdef __AVX2__
/* What comes after, of those that are done on the way. */
typedef enum follower { NOTHING, SIGMOID, TANH, RELU, SIGMOID_BACKWARD, RELU_BACKWARD, DESCENT, FOLLOWERS } follower;

static follower follower_of(int then)
{
    switch (then) {
    case GD__OP_sigmoid: return SIGMOID;
    case GD__OP_tanh: return TANH;
    case GD__OP_relu: return RELU;
    case GD__OP_sigmoid_backward: return SIGMOID_BACKWARD;
    case GD__OP_relu_backward: return RELU_BACKWARD;
    case GD__OP_sgd_update: return DESCENT;
    default: return then < 0 ? NOTHING : FOLLOWERS;
    }
}

/* Sigmoids of numbers of which some are far from 0. */
static __attribute__((noinline)) void activate_far(const float *restrict x, float *restrict y, int n)
{
    for (int i = 0; i < n; i++)
        y[i] = gd__sigmoid_f32(x[i]);
}
#endif

/* Vectors of sixteen or of eight: all elements of y at once, and for each step every lane picks its factors. */
#ifdef __AVX512F__
#define VECTOR __m512
#define LANES 16
#define V(name) _mm512_##name
#define W(name) name##_16
static inline __m512 pick_16(const int32_t *place, __m512 from)
{
    return _mm512_permutexvar_ps(_mm512_loadu_si512(place), from);
}
/* 0 where `of` is not above 0; NaN is not cut off. */
static inline __m512 cut_16(__m512 of, __m512 x)
{
    return _mm512_maskz_mov_ps((__mmask16)~_mm512_cmp_ps_mask(of, _mm512_setzero_ps(), _CMP_LE_OQ), x);
}
static inline __m512 first_16(int count, __m512 x)
{
    return _mm512_maskz_mov_ps((__mmask16)((1u << count) - 1), x);
}
static inline bool within_16(__m512 x, float limit)
{
    return _mm512_cmp_ps_mask(_mm512_abs_ps(x), _mm512_set1_ps(limit), _CMP_LE_OQ) == 0xffff;
}
#include "cpu/kernels/lanes.inc"
#define INNER 0
#include "cpu/kernels/lanes_inner.inc"
#undef VECTOR
#undef LANES
#undef V
#undef W

static gd__small_run *pick_of_16(const gd__small *s, follower then)
{
    return s->first == GD__OP_matmul ? products_16_0[then] : s->first == GD__OP_sum ? sums_16_0[then] : losses_16[then];
}
#endif

#ifdef __AVX2__
#define VECTOR __m256
#define LANES 8
#define V(name) _mm256_##name
#define W(name) name##_8
static inline __m256 pick_8(const int32_t *place, __m256 from)
{
    return _mm256_permutevar8x32_ps(from, _mm256_loadu_si256((const __m256i *)(const void *)place));
}
static inline __m256 cut_8(__m256 of, __m256 x)
{
    return _mm256_andnot_ps(_mm256_cmp_ps(of, _mm256_setzero_ps(), _CMP_LE_OQ), x);
}
static inline __m256 first_8(int count, __m256 x)
{
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_and_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane)), x);
}
static inline bool within_8(__m256 x, float limit)
{
    __m256 size = _mm256_andnot_ps(_mm256_set1_ps(-0.0F), x);
    return _mm256_movemask_ps(_mm256_cmp_ps(size, _mm256_set1_ps(limit), _CMP_LE_OQ)) == 0xff;
}
#include "cpu/kernels/lanes.inc"
#define INNER 0
#include "cpu/kernels/lanes_inner.inc"
#define INNER 1
#include "cpu/kernels/lanes_inner.inc"
#define INNER 2
#include "cpu/kernels/lanes_inner.inc"
#define INNER 3
#include "cpu/kernels/lanes_inner.inc"
#define INNER 4
#include "cpu/kernels/lanes_inner.inc"
#undef VECTOR
#undef LANES
#undef V
#undef W

/* By the number of steps; more than the last has: the first. */
static gd__small_run *pick_of_8(const gd__small *s, follower then)
{
    static gd__small_run *const *const product[] = { products_8_0, products_8_1, products_8_2, products_8_3, products_8_4 };
    static gd__small_run *const *const sum[] = { sums_8_0, sums_8_1, sums_8_2, sums_8_3, sums_8_4 };
    int steps = s->inner <= 4 ? s->inner : 0;
    return s->first == GD__OP_matmul ? product[steps][then] : s->first == GD__OP_sum ? sum[steps][then] : losses_8[then];
}
#endif

/* Nothing has lanes where there are no such vectors. */
static gd__small_run *pick_by_lanes(const gd__small *s)
{
#ifdef __AVX2__
    follower then = follower_of(s->then);
#ifdef __AVX512F__
    if (s->lanes == 16)
        return then == FOLLOWERS ? NULL : pick_of_16(s, then);
#endif
    return then == FOLLOWERS ? NULL : pick_of_8(s, then);
#else
    (void)s;
    return NULL;
#endif
}

extern const gd__kernel GD__K(sum);

static void sum_f32(const gd__small *s)
{
    GD__K(sum).lanes[GD_FLOAT32]((gd__lanes){ 1, s->rows, s->columns }, s->a, s->y);
}

gd__small_run *GD__K(pick_small_f32)(const gd__small *s)
{
    if (s->lanes > 0)
        return pick_by_lanes(s);
    return s->then >= 0 ? NULL : s->first == GD__OP_matmul ? multiply_f32 : s->first == GD__OP_sum ? sum_f32 : NULL;
}

gd__small_run *GD__K(pick_small_f64)(const gd__small *s)
{
    return s->first == GD__OP_matmul && s->then < 0 ? multiply_f64 : NULL;
}
