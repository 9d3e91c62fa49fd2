/* vmath.h - exp and log of float32 without branches, so that the compiler makes vectors of them, and of
 * float64 by the C library. Coefficients: Cephes (S. L. Moshier), expf.c and logf.c. */
#ifndef GRADUS_SRC_CPU_KERNELS_VMATH_H
#define GRADUS_SRC_CPU_KERNELS_VMATH_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* a * b + c, in one rounding where the instruction set has that. */
static inline float fma_f32(float a, float b, float c)
{
#ifdef __FMA__
    return __builtin_fmaf(a, b, c);
#elif defined(__aarch64__)
    return __builtin_fmaf(a, b, c);
#else
    return a * b + c;
#endif
}

/* 2^n is applied in two halves, so that results below the normal range come out too. */
static inline float vexp_f32(float given)
{
    float x = given > 89.0f ? 89.0f : given < -104.0f ? -104.0f : given; /* NaN stays */
    float shifted = x * 1.44269504088896341f + 12582912.0f;              /* rounds: 1.5 * 2^23 */
    float n = shifted - 12582912.0f;
    float r = fma_f32(-n, 0.693359375f, x);
    r = fma_f32(-n, -2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = fma_f32(p, r, 1.3981999507e-3f);
    p = fma_f32(p, r, 8.3334519073e-3f);
    p = fma_f32(p, r, 4.1665795894e-2f);
    p = fma_f32(p, r, 1.6666665459e-1f);
    p = fma_f32(p, r, 5.0000001201e-1f);
    float y = fma_f32(p, r * r, r) + 1.0f;
    int32_t whole = (int32_t)(bits_of(shifted) - 0x4b400000u), half = whole >> 1;
    float first = float_of((uint32_t)(half + 127) << 23);
    float second = float_of((uint32_t)(whole - half + 127) << 23);
    return y * first * second;
}

static inline double vexp_f64(double x)
{
    return exp(x);
}

static inline float vlog_f32(float given)
{
    int small = given < 1.17549435e-38f;
    float x = small ? given * 8388608.0f : given; /* 2^23 lifts subnormals */
    uint32_t i = bits_of(x) - 0x3f3504f3u;        /* from sqrt(1/2) on */
    float e = (float)((int32_t)i >> 23) - (small ? 23.0f : 0.0f);
    float f = float_of((i & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
    float p = 7.0376836292e-2f;
    p = fma_f32(p, f, -1.1514610310e-1f);
    p = fma_f32(p, f, 1.1676998740e-1f);
    p = fma_f32(p, f, -1.2420140846e-1f);
    p = fma_f32(p, f, 1.4249322787e-1f);
    p = fma_f32(p, f, -1.6668057665e-1f);
    p = fma_f32(p, f, 2.0000714765e-1f);
    p = fma_f32(p, f, -2.4999993993e-1f);
    p = fma_f32(p, f, 3.3333331174e-1f);
    float z = f * f;
    float y = fma_f32(e, -2.12194440e-4f, p * f * z);
    y = fma_f32(-0.5f, z, y) + f;
    y = fma_f32(e, 0.693359375f, y);
    y = given == 0.0f ? -INFINITY : y;
    y = given < 0.0f ? NAN : y;
    return given < INFINITY ? y : given; /* infinity and NaN stay */
}

static inline double vlog_f64(double x)
{
    return log(x);
}

/* The rounding of 1 + x is undone by the quotient x / ((1 + x) - 1) (Kahan). */
static inline float vlog1p_f32(float x)
{
    float up = 1.0f + x, step = up - 1.0f;
    float y = vlog_f32(up) * (x / (step == 0.0f ? 1.0f : step));
    return step == 0.0f ? x : up == 0.0f ? -INFINITY : y;
}

static inline double vlog1p_f64(double x)
{
    return log1p(x);
}

static inline float vsigmoid_f32(float x)
{
    return 1.0f / (1.0f + vexp_f32(-x));
}

static inline double vsigmoid_f64(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

#endif
