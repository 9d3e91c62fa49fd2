/* vector.h - the vectors of an instruction set, for kernels that are written with them: `wide` ones, and `half` ones that
 * are half as wide, where those take half the time. LENGTH and HALF say how many elements they have. Where the
 * instruction set has fused multiplication and addition, fma rounds once. */
#ifndef GRADUS_SRC_CPU_KERNELS_VECTOR_H
#define GRADUS_SRC_CPU_KERNELS_VECTOR_H

#if defined __AVX512F__
#include <immintrin.h>
enum { LENGTH_f32 = 16, LENGTH_f64 = 8, HALF_f32 = 8, HALF_f64 = 4 };
typedef __m512 wide_f32;
typedef __m512d wide_f64;
typedef __m256 half_f32;
typedef __m256d half_f64;
static inline wide_f32 fma_wide_f32(wide_f32 a, wide_f32 b, wide_f32 c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static inline wide_f64 fma_wide_f64(wide_f64 a, wide_f64 b, wide_f64 c)
{
    return _mm512_fmadd_pd(a, b, c);
}

static inline half_f32 fma_half_f32(half_f32 a, half_f32 b, half_f32 c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static inline half_f64 fma_half_f64(half_f64 a, half_f64 b, half_f64 c)
{
    return _mm256_fmadd_pd(a, b, c);
}

static inline wide_f32 spread_wide_f32(float x)
{
    return _mm512_set1_ps(x);
}

static inline wide_f64 spread_wide_f64(double x)
{
    return _mm512_set1_pd(x);
}

static inline half_f32 spread_half_f32(float x)
{
    return _mm256_set1_ps(x);
}

static inline half_f64 spread_half_f64(double x)
{
    return _mm256_set1_pd(x);
}


#elif defined __FMA__
#include <immintrin.h>
enum { LENGTH_f32 = 8, LENGTH_f64 = 4, HALF_f32 = 4, HALF_f64 = 2 };
typedef __m256 wide_f32;
typedef __m256d wide_f64;
typedef __m128 half_f32;
typedef __m128d half_f64;
static inline wide_f32 fma_wide_f32(wide_f32 a, wide_f32 b, wide_f32 c)
{
    return _mm256_fmadd_ps(a, b, c);
}

static inline wide_f64 fma_wide_f64(wide_f64 a, wide_f64 b, wide_f64 c)
{
    return _mm256_fmadd_pd(a, b, c);
}

static inline half_f32 fma_half_f32(half_f32 a, half_f32 b, half_f32 c)
{
    return _mm_fmadd_ps(a, b, c);
}

static inline half_f64 fma_half_f64(half_f64 a, half_f64 b, half_f64 c)
{
    return _mm_fmadd_pd(a, b, c);
}

static inline wide_f32 spread_wide_f32(float x)
{
    return _mm256_set1_ps(x);
}

static inline wide_f64 spread_wide_f64(double x)
{
    return _mm256_set1_pd(x);
}

static inline half_f32 spread_half_f32(float x)
{
    return _mm_set1_ps(x);
}

static inline half_f64 spread_half_f64(double x)
{
    return _mm_set1_pd(x);
}


#else
enum { LENGTH_f32 = 4, LENGTH_f64 = 2, HALF_f32 = 4, HALF_f64 = 2 };
typedef float wide_f32 __attribute__((vector_size(16)));
typedef double wide_f64 __attribute__((vector_size(16)));
typedef wide_f32 half_f32;
typedef wide_f64 half_f64;
#ifdef __aarch64__
#include <arm_neon.h>
static inline wide_f32 fma_wide_f32(wide_f32 a, wide_f32 b, wide_f32 c)
{
    return (wide_f32)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
static inline wide_f64 fma_wide_f64(wide_f64 a, wide_f64 b, wide_f64 c)
{
    return (wide_f64)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
}
#else
static inline wide_f32 fma_wide_f32(wide_f32 a, wide_f32 b, wide_f32 c)
{
    return a * b + c;
}

static inline wide_f64 fma_wide_f64(wide_f64 a, wide_f64 b, wide_f64 c)
{
    return a * b + c;
}
#endif
static inline half_f32 fma_half_f32(half_f32 a, half_f32 b, half_f32 c)
{
    return fma_wide_f32(a, b, c);
}

static inline half_f64 fma_half_f64(half_f64 a, half_f64 b, half_f64 c)
{
    return fma_wide_f64(a, b, c);
}

static inline wide_f32 spread_wide_f32(float x)
{
    return (wide_f32){ x, x, x, x };
}

static inline wide_f64 spread_wide_f64(double x)
{
    return (wide_f64){ x, x };
}

static inline half_f32 spread_half_f32(float x)
{
    return spread_wide_f32(x);
}

static inline half_f64 spread_half_f64(double x)
{
    return spread_wide_f64(x);
}
#endif

/* For numbers one by one. */
static inline float fma_f32(float a, float b, float c)
{
#if defined __FMA__ || defined __aarch64__
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

static inline double fma_f64(double a, double b, double c)
{
#if defined __FMA__ || defined __aarch64__
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}
#endif
