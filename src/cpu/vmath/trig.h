/* trig.h - sine and cosine.
 *
 * x = n pi/2 + r with |r| <= pi/4; the lowest bits of n say which of the two polynomials it is and its sign. pi/2 is
 * taken in parts of 33 bits, whose products with n are exact up to the limit. Beyond it the C library's reduction serves,
 * which looks at x by itself: loops first run over all elements without it and then over those that are large. */
#ifndef GRADUS_SRC_CPU_VMATH_TRIG_H
#define GRADUS_SRC_CPU_VMATH_TRIG_H

#include "cpu/vmath/bits.h"

enum { gd__trig_limit_f32 = 1 << 20, gd__trig_limit_f64 = 1 << 20 };

/* ---- float32: reduced in float64 ---- */

/* sin(x + quarter pi/2), |x| up to the limit */
GD__INLINE float gd__sine_within_f32(float x, uint32_t quarter)
{
    double shifted = (double)x * 0x1.45f306dc9c883p-1 + 0x1.8p52, n = shifted - 0x1.8p52;
    double exact = ((double)x - n * 0x1.921fb544p+0) - n * 0x1.0b4611a626331p-34;
    float r = (float)exact, lost = (float)(exact - (double)r), z = r * r, half = 0.5f * z, one = 1.0f - half;
    float sine = r + (r * (z * (-0x1.555546p-3f + z * (0x1.110778p-7f + z * -0x1.9953fep-13f))) + lost);
    float C = 0x1.55554ap-5f + z * (-0x1.6c0c2ap-10f + z * 0x1.99e91p-16f);
    float cosine = one + (((1.0f - one) - half) + (z * z * C - r * lost));
    sine = r == 0.0f ? r : sine; /* which may be -0 */
    uint32_t q = (uint32_t)gd__bits_f64(shifted) + quarter, odd = 0u - (q & 1u);
    return gd__from_bits_f32(((gd__bits_f32(cosine) & odd) | (gd__bits_f32(sine) & ~odd)) ^ (q & 2u) << 30);
}

GD__INLINE float gd__sin_near_f32(float x)
{
    return gd__sine_within_f32(x, 0);
}

GD__INLINE float gd__cos_near_f32(float x)
{
    return gd__sine_within_f32(x, 1);
}

GD__INLINE float gd__sin_f32(float x)
{
    return gd__abs_f32(x) > (float)gd__trig_limit_f32 ? (float)sin((double)x) : gd__sin_near_f32(x);
}

GD__INLINE float gd__cos_f32(float x)
{
    return gd__abs_f32(x) > (float)gd__trig_limit_f32 ? (float)cos((double)x) : gd__cos_near_f32(x);
}

/* ---- float64 ---- */

/* As in float32; r keeps what it has lost, since x may lie very near a multiple of pi/2. */
GD__INLINE double gd__sine_within_f64(double x, uint64_t quarter)
{
    double shifted = x * 0x1.45f306dc9c883p-1 + 0x1.8p52, n = shifted - 0x1.8p52;
    double a = x - n * 0x1.921fb544p+0, part = n * 0x1.0b4611a6p-34, b = a - part;
    double next = n * 0x1.3198a2ep-69, c = b - next;
    double rest = gd__lost_f64(a, -part, b) + (gd__lost_f64(b, -next, c) - n * 0x1.b839a252049c1p-104);
    double r = c + rest, lost = gd__lost_f64(c, rest, r), z = r * r, w = z * z, half = 0.5 * z;
    double S = (-0x1.5555555555548p-3 + z * 0x1.111111110f75dp-7) +
               w * ((-0x1.a01a019bf2234p-13 + z * 0x1.71de355f060e4p-19) +
                    w * (-0x1.ae5e5472cd0adp-26 + z * 0x1.5d8e356458678p-33));
    double C = (0x1.555555555554bp-5 + z * -0x1.6c16c16c15016p-10) +
               w * ((0x1.a01a019c8f3f1p-16 + z * -0x1.27e4f7f19d9c7p-22) +
                    w * (0x1.1ee9dbd13199ep-29 + z * -0x1.8fa6822329009p-37));
    double sine = x == 0.0 ? x : r + (r * z * S + lost * (1.0 - half));
    double one = 1.0 - half, cosine = one + (((1.0 - one) - half) + (w * C - r * lost));
    uint64_t q = gd__bits_f64(shifted) + quarter, odd = 0u - (q & 1u);
    return gd__from_bits_f64(((gd__bits_f64(cosine) & odd) | (gd__bits_f64(sine) & ~odd)) ^ (q & 2u) << 62);
}

GD__INLINE double gd__sin_near_f64(double x)
{
    return gd__sine_within_f64(x, 0);
}

GD__INLINE double gd__cos_near_f64(double x)
{
    return gd__sine_within_f64(x, 1);
}

GD__INLINE double gd__sin_f64(double x)
{
    return gd__abs_f64(x) > (double)gd__trig_limit_f64 ? sin(x) : gd__sin_near_f64(x);
}

GD__INLINE double gd__cos_f64(double x)
{
    return gd__abs_f64(x) > (double)gd__trig_limit_f64 ? cos(x) : gd__cos_near_f64(x);
}

#endif
