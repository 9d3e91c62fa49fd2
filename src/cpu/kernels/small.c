/* small.c - products of small matrices for compiled steps: the bits of matmul's own kernel for tiny ones. */
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
/* What the elementwise kernels do. */
static inline __attribute__((always_inline)) void activate(int then, const float *restrict x, float *restrict y, int n)
{
    if (then == GD__OP_tanh)
        for (int i = 0; i < n; i++)
            y[i] = gd__tanh_f32(x[i]);
    else if (gd__all_within_f32(x, n, gd__exp_limit_f32))
        for (int i = 0; i < n; i++)
            y[i] = gd__sigmoid_near_f32(x[i]);
    else
        for (int i = 0; i < n; i++)
            y[i] = gd__sigmoid_f32(x[i]);
}
#endif

/* Vectors of sixteen or of eight: all elements of y at once, and for each step every lane picks its factors. */
#ifdef __AVX512F__
#define VECTOR __m512
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
#include "cpu/kernels/lanes.inc"
#endif

#ifdef __AVX2__
#define VECTOR __m256
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
#include "cpu/kernels/lanes.inc"
#endif

void GD__K(sum_few)(const gd__few *s)
{
#ifdef __AVX512F__
    if (s->lanes == 16) {
        sum_by_lanes_16(s);
        return;
    }
#endif
#ifdef __AVX2__
    if (s->lanes == 8) {
        sum_by_lanes_8(s);
        return;
    }
#endif
    s->loop((gd__lanes){ 1, s->rows, s->columns }, s->x, s->y);
}

void GD__K(multiply_small_f32)(const gd__small *s)
{
#ifdef __AVX512F__
    if (s->lanes == 16) {
        multiply_by_lanes_16(s);
        return;
    }
#endif
#ifdef __AVX2__
    if (s->lanes == 8) {
        multiply_by_lanes_8(s);
        return;
    }
#endif
    multiply_f32(s);
}

void GD__K(multiply_small_f64)(const gd__small *s)
{
    multiply_f64(s);
}
