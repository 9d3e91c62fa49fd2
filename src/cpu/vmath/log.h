/* log.h - the logarithm, and log1p.
 *
 * x = 2^k m with m from sqrt(1/2) to sqrt(2), f = m - 1, s = f / (2 + f), and ln(1 + f) = 2 artanh s =
 * f - (f^2/2 - s (f^2/2 + R)), where R is a polynomial in s^2: that form loses nothing for small f. */
#ifndef GRADUS_SRC_CPU_VMATH_LOG_H
#define GRADUS_SRC_CPU_VMATH_LOG_H

#include "cpu/vmath/bits.h"

/* ---- float32 ---- */

/* m - 1 of x = 2^k m, a positive normal number */
GD__INLINE float gd__split_f32(float x, float *k)
{
    uint32_t bits = gd__bits_f32(x) + (0x3f800000u - 0x3f3504f3u);
    *k = (float)((int32_t)(bits >> 23) - 127);
    return gd__from_bits_f32((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
}

/* k ln 2 + ln(1 + f) + more */
GD__INLINE float gd__log_join_f32(float k, float f, float more)
{
    float s = f / (2.0f + f), z = s * s, half = 0.5f * f * f;
    float R = z * ((0x1.555554p-1f + z * 0x1.999bd4p-2f) + (z * z) * (0x1.23f1ap-2f + z * 0x1.ec1e42p-3f));
    float rest = s * (half + R) + (k * -0x1.bd0106p-13f + more);
    return (f - (half - rest)) + k * 0x1.63p-1f;
}

/* y where the logarithm of x is a number, else what it is there instead */
GD__INLINE float gd__log_limits_f32(float x, float y)
{
    y = x < INFINITY ? y : x; /* and of NaN */
    y = x == 0.0f ? -INFINITY : y;
    return x < 0.0f ? NAN : y;
}

GD__INLINE float gd__log_f32(float x)
{
    bool small = x < 0x1p-126f;
    float k, f = gd__split_f32(small ? x * 0x1p23f : x, &k);
    return gd__log_limits_f32(x, gd__log_join_f32(small ? k - 23.0f : k, f, 0.0f));
}

/* Of a positive normal number */
GD__INLINE float gd__log_inner_f32(float x)
{
    float k, f = gd__split_f32(x, &k);
    return gd__log_join_f32(k, f, 0.0f);
}

/* Of x above -1 and of a normal 1 + x: of u = 1 + x, and what u has lost: ln(u + lost) = ln u + lost / u. Where k = 0, f is x
 * itself. */
GD__INLINE float gd__log1p_inner_f32(float x)
{
    float u = 1.0f + x, k, f = gd__split_f32(u, &k);
    bool near = k == 0.0f;
    return gd__log_join_f32(k, near ? x : f, near ? 0.0f : gd__lost_f32(1.0f, x, u) / u);
}

GD__INLINE float gd__log1p_f32(float x)
{
    float u = 1.0f + x, y = gd__log1p_inner_f32(x);
    return gd__abs_f32(x) < 0x1p-25f ? x : gd__log_limits_f32(u, y);
}

/* ---- float64 ---- */

GD__INLINE double gd__split_f64(double x, double *k)
{
    uint64_t bits = gd__bits_f64(x) + (0x3ff0000000000000u - 0x3fe6a09e00000000u);
    *k = gd__from_bits_f64((bits >> 52) + 0x4330000000000000u) - (0x1p52 + 1023.0);
    return gd__from_bits_f64((bits & 0x000fffffffffffffu) + 0x3fe6a09e00000000u) - 1.0;
}

/* As in float32, but f^2/2 is taken in two parts, the first of them exact, and sums are kept in two parts. */
GD__INLINE double gd__log_join_f64(double k, double f, double more)
{
    double s = f / (2.0 + f), z = s * s, w = z * z;
    double R = z * ((0x1.5555555555592p-1 + z * 0x1.999999997ff58p-2) +
                    w * ((0x1.24924941dc60dp-2 + z * 0x1.c71c5218e11ccp-3) +
                         w * ((0x1.74663bf27f228p-3 + z * 0x1.39a2024cdf709p-3) + w * 0x1.2f02bc1e5f362p-3)));
    double short_f = gd__short_f64(f);
    double half = 0.5 * short_f * short_f, half_rest = 0.5 * (f - short_f) * (f + short_f);
    double near = f - half, near_rest = ((f - near) - half) - half_rest + s * (half + half_rest + R);
    double far = k * 0x1.62e42fefap-1, sum = far + near;
    return sum + (((far - sum) + near) + (near_rest + (k * 0x1.cf79abc9e3b3ap-40 + more)));
}

GD__INLINE double gd__log_limits_f64(double x, double y)
{
    y = x < (double)INFINITY ? y : x;
    y = x == 0.0 ? -(double)INFINITY : y;
    return x < 0.0 ? (double)NAN : y;
}

GD__INLINE double gd__log_f64(double x)
{
    bool small = x < 0x1p-1022;
    double k, f = gd__split_f64(small ? x * 0x1p52 : x, &k);
    return gd__log_limits_f64(x, gd__log_join_f64(small ? k - 52.0 : k, f, 0.0));
}

GD__INLINE double gd__log1p_f64(double x)
{
    double u = 1.0 + x, k, f = gd__split_f64(u, &k);
    bool near = k == 0.0;
    double y = gd__log_join_f64(k, near ? x : f, near ? 0.0 : gd__lost_f64(1.0, x, u) / u);
    return gd__abs_f64(x) < 0x1p-54 ? x : gd__log_limits_f64(u, y);
}

#endif
