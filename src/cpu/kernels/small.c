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
static inline __m512 pick(const int32_t *place, __m512 from)
{
    return _mm512_permutexvar_ps(_mm512_loadu_si512(place), from);
}

/* All elements of y at once: for each step of the inner dimension every lane picks its factors. */
static void multiply_by_lanes(const gd__small *s)
{
    __m512 a = _mm512_loadu_ps(s->a), b = _mm512_loadu_ps(s->b), y = _mm512_setzero_ps();
    for (int k = 0; k < s->inner; k++)
        y = _mm512_add_ps(_mm512_mul_ps(pick(s->a_place[k], a), pick(s->b_place[k], b)), y);
    if (s->bias)
        y = _mm512_add_ps(y, pick(s->bias_place, _mm512_loadu_ps(s->bias)));
    _mm512_storeu_ps(s->y, y);
}

static void sum_by_lanes(const gd__few *s)
{
    __m512 x = _mm512_loadu_ps(s->x), y = _mm512_setzero_ps();
    if (s->halvings > 0) {
        y = _mm512_add_ps(y, _mm512_maskz_mov_ps((__mmask16)((1u << s->rows) - 1), x));
        for (int k = 0; k < s->halvings; k++)
            y = _mm512_add_ps(y, pick(s->place[k], y));
    } else {
        for (int k = 0; k < s->rows; k++)
            y = _mm512_add_ps(y, pick(s->place[k], x));
    }
    _mm512_storeu_ps(s->y, y);
}
#endif

void GD__K(sum_few)(const gd__few *s)
{
#ifdef __AVX512F__
    sum_by_lanes(s);
#else
    s->loop((gd__lanes){ 1, s->rows, s->columns }, s->x, s->y);
#endif
}

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
