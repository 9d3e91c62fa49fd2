/* libm.h - functions of the C library under names that a template can ask for by type. */
#ifndef GRADUS_SRC_CPU_KERNELS_LIBM_H
#define GRADUS_SRC_CPU_KERNELS_LIBM_H

#include <math.h>

static inline float call_expm1_f32(float x)
{
    return expm1f(x);
}

static inline double call_expm1_f64(double x)
{
    return expm1(x);
}

static inline float call_log1p_f32(float x)
{
    return log1pf(x);
}

static inline double call_log1p_f64(double x)
{
    return log1p(x);
}

static inline float call_sin_f32(float x)
{
    return sinf(x);
}

static inline double call_sin_f64(double x)
{
    return sin(x);
}

static inline float call_cos_f32(float x)
{
    return cosf(x);
}

static inline double call_cos_f64(double x)
{
    return cos(x);
}

static inline float call_tanh_f32(float x)
{
    return tanhf(x);
}

static inline double call_tanh_f64(double x)
{
    return tanh(x);
}

static inline float call_erf_f32(float x)
{
    return erff(x);
}

static inline double call_erf_f64(double x)
{
    return erf(x);
}

static inline float call_floor_f32(float x)
{
    return floorf(x);
}

static inline double call_floor_f64(double x)
{
    return floor(x);
}

static inline float call_ceil_f32(float x)
{
    return ceilf(x);
}

static inline double call_ceil_f64(double x)
{
    return ceil(x);
}

static inline float call_rint_f32(float x)
{
    return rintf(x);
}

static inline double call_rint_f64(double x)
{
    return rint(x);
}

static inline float call_sqrt_f32(float x)
{
    return sqrtf(x);
}

static inline double call_sqrt_f64(double x)
{
    return sqrt(x);
}

static inline float call_pow_f32(float x, float y)
{
    return powf(x, y);
}

static inline double call_pow_f64(double x, double y)
{
    return pow(x, y);
}

#endif
