/* bits.h - numbers as bits, and what all functions of this folder are made with. */
#ifndef GRADUS_SRC_CPU_VMATH_BITS_H
#define GRADUS_SRC_CPU_VMATH_BITS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A loop becomes vectors only when the whole function stands in it. */
#define GD__INLINE static inline __attribute__((always_inline))

GD__INLINE uint32_t gd__bits_f32(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

GD__INLINE float gd__from_bits_f32(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

GD__INLINE uint64_t gd__bits_f64(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

GD__INLINE double gd__from_bits_f64(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

GD__INLINE float gd__abs_f32(float x)
{
    return gd__from_bits_f32(gd__bits_f32(x) & 0x7fffffffu);
}

GD__INLINE double gd__abs_f64(double x)
{
    return gd__from_bits_f64(gd__bits_f64(x) & 0x7fffffffffffffffu);
}

/* size, which is not negative, with the sign of x */
GD__INLINE float gd__signed_f32(float size, float x)
{
    return gd__from_bits_f32(gd__bits_f32(size) | (gd__bits_f32(x) & 0x80000000u));
}

GD__INLINE double gd__signed_f64(double size, double x)
{
    return gd__from_bits_f64(gd__bits_f64(size) | (gd__bits_f64(x) & 0x8000000000000000u));
}

/* x without its last 27 bits: products of two such numbers are exact. */
GD__INLINE double gd__short_f64(double x)
{
    return gd__from_bits_f64(gd__bits_f64(x) & 0xfffffffff8000000u);
}

/* What the sum a + b, rounded to `sum`, has lost (Knuth). */
GD__INLINE float gd__lost_f32(float a, float b, float sum)
{
    float part = sum - a;
    return (a - (sum - part)) + (b - part);
}

GD__INLINE double gd__lost_f64(double a, double b, double sum)
{
    double part = sum - a;
    return (a - (sum - part)) + (b - part);
}

/* Whether no element is above limit in size, or NaN. As integers, sizes have the order that they have as numbers. */
GD__INLINE bool gd__all_within_f32(const float *x, int64_t n, double limit)
{
    uint32_t top = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t size = gd__bits_f32(x[i]) & 0x7fffffffu;
        top = size > top ? size : top;
    }
    return top <= gd__bits_f32((float)limit);
}

GD__INLINE bool gd__all_within_f64(const double *x, int64_t n, double limit)
{
    bool within = true;
    for (int64_t i = 0; i < n; i++)
        within &= gd__abs_f64(x[i]) <= limit;
    return within;
}

#endif
