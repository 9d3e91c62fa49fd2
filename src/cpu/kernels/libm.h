/* libm.h - functions of the C library under names that a template can ask for by type. */
#ifndef GRADUS_SRC_CPU_KERNELS_LIBM_H
#define GRADUS_SRC_CPU_KERNELS_LIBM_H

#include <math.h>

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

#endif
