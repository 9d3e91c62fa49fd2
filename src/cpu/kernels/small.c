/* small.c - products of small matrices for compiled steps: the bits of matmul's own kernel for tiny ones. */
#include "cpu/kernels/small.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

static inline float multiply_add_f32(float a, float b, float c)
{
    return a * b + c;
}

static inline double multiply_add_f64(double a, double b, double c)
{
    return a * b + c;
}

#define T float
#define F(name) name##_f32
#include "cpu/kernels/small.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/small.inc"

#ifdef __AVX512F__
/* All elements of y at once: for each step of the inner dimension every lane picks its factors. */
static void multiply_by_lanes(const gd__small *s)
{
    __m512 a = _mm512_maskz_loadu_ps(s->a_mask, s->a), b = _mm512_maskz_loadu_ps(s->b_mask, s->b);
    __m512 y = _mm512_setzero_ps();
    for (int k = 0; k < s->inner; k++) {
        __m512 left = _mm512_permutexvar_ps(_mm512_loadu_si512(s->a_place[k]), a);
        __m512 right = _mm512_permutexvar_ps(_mm512_loadu_si512(s->b_place[k]), b);
        y = _mm512_add_ps(_mm512_mul_ps(left, right), y);
    }
    if (s->bias) {
        __m512 bias = _mm512_maskz_loadu_ps(s->bias_mask, s->bias);
        y = _mm512_add_ps(y, _mm512_permutexvar_ps(_mm512_loadu_si512(s->bias_place), bias));
    }
    _mm512_mask_storeu_ps(s->y, s->y_mask, y);
}
#endif

void GD__K(multiply_small_f32)(const gd__small *s)
{
#ifdef __AVX512F__
    if (s->by_lanes) {
        multiply_by_lanes(s);
        return;
    }
#endif
    multiply_f32(s);
}

void GD__K(multiply_small_f64)(const gd__small *s)
{
    multiply_f64(s);
}
