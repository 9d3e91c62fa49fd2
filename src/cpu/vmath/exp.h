/* exp.h - the exponential, and what is made of it: expm1, sigmoid, tanh.
 *
 * x = n ln 2 + r with |r| <= ln 2 / 2, where ln 2 is a short number, so that its product with n is exact, and the rest.
 * e^r is a polynomial; 2^n is put together from bits. The nearest whole n comes from adding a number so large
 * that its last place is 1; it then stands in the lowest bits. */
#ifndef GRADUS_SRC_CPU_VMATH_EXP_H
#define GRADUS_SRC_CPU_VMATH_EXP_H

#include "cpu/vmath/bits.h"

/* ---- float32 ---- */

/* e^r of x, and a number whose lowest 9 bits hold n */
GD__INLINE float gd__exp_parts_f32(float x, uint32_t *bits_of_n)
{
    float shifted = x * 0x1.715476p+0f + 12582912.0f, n = shifted - 12582912.0f; /* 1.5 * 2^23 */
    float r = (x - n * 0x1.63p-1f) - n * -0x1.bd0106p-13f, z = r * r;
    float p =
        (0x1.fffffcp-2f + r * 0x1.55549p-3f) + z * ((0x1.55589ep-5f + r * 0x1.123abcp-7f) + z * 0x1.6a624cp-10f);
    *bits_of_n = gd__bits_f32(shifted);
    return 1.0f + (r + z * p);
}

/* Up to this size of x, which excludes NaN, no result is subnormal or infinite. */
enum { gd__exp_limit_f32 = 87, gd__exp_limit_f64 = 707 };

/* e^x up to that limit: n is added to the exponent. */
GD__INLINE float gd__exp_near_f32(float x)
{
    uint32_t n;
    float y = gd__exp_parts_f32(x, &n);
    return gd__from_bits_f32(gd__bits_f32(y) + (n << 23));
}

/* e^x for -104 <= x <= 89 and NaN: 2^n in two halves, so that results that are subnormal or infinite come out too. */
GD__INLINE float gd__exp_within_f32(float x)
{
    uint32_t n;
    float y = gd__exp_parts_f32(x, &n);
    uint32_t half = (n << 22) & 0xff800000u; /* of n, rounded down, at the place of the exponent */
    return y * gd__from_bits_f32(half + 0x3f800000u) * gd__from_bits_f32((n << 23) - half + 0x3f800000u);
}

GD__INLINE float gd__exp_f32(float given)
{
    float x = given > 89.0f ? 89.0f : given; /* NaN stays */
    return gd__exp_within_f32(x < -104.0f ? -104.0f : x);
}

/* (e^r - 1, 2^(n - 1)) of x */
GD__INLINE float gd__expm1_parts_f32(float x, float *half_power)
{
    float shifted = x * 0x1.715476p+0f + 12583038.0f, n = shifted - 12583038.0f; /* 1.5 * 2^23 + 126 */
    float r = (x - n * 0x1.63p-1f) - n * -0x1.bd0106p-13f, z = r * r;
    float p = ((0.5f + r * 0x1.555554p-3f) + z * (0x1.5554fp-5f + r * 0x1.111306p-7f)) +
              (z * z) * (0x1.6d437cp-10f + r * 0x1.9e0c6p-13f);
    *half_power = gd__from_bits_f32(gd__bits_f32(shifted) << 23);
    return r + z * p;
}

/* 2 (2^(n-1) (e^r - 1) + 2^(n-1) - 1/2): 2^n itself would be infinite just below the largest result. */
GD__INLINE float gd__expm1_f32(float given)
{
    float x = given > 89.0f ? 89.0f : given < -18.0f ? -18.0f : given, half;
    float p = gd__expm1_parts_f32(x, &half);
    float y = 2.0f * (half * p + (half - 0.5f));
    return gd__abs_f32(x) < 0x1p-25f ? given : y;
}

/* Far below 0 it is e^x itself, which may be subnormal. */
GD__INLINE float gd__sigmoid_near_f32(float x)
{
    return 1.0f / (1.0f + gd__exp_near_f32(-x));
}

GD__INLINE float gd__sigmoid_f32(float x)
{
    float limit = (float)gd__exp_limit_f32, y = gd__sigmoid_near_f32(gd__abs_f32(x) <= limit ? x : 0);
    y = x > limit ? 1.0f : x == x ? y : x;
    return x < -limit ? gd__exp_within_f32(x < -104.0f ? -104.0f : x) : y;
}

/* E / (2 + E) with E = e^(2|x|) - 1, which from |x| = 1/2 on is more exact as 1 - 2 / (2 + E) */
GD__INLINE float gd__tanh_f32(float x)
{
    float a = gd__abs_f32(x), half, p = gd__expm1_parts_f32(2.0f * (a > 10.0f ? 10.0f : a), &half);
    float h = half * p + (half - 0.5f), q = (a < 0.5f ? h : 1.0f) / (1.0f + h);
    return gd__signed_f32(a < 0x1p-13f ? a : a < 0.5f ? q : 1.0f - q, x);
}

/* ---- float64 ---- */

/* e^r - 1 as the sum of the result and *low, where `lost` is what r has lost. r + r^2/2 is taken exactly: r^2/2 in two parts,
 * of which the first is the square of a short number. */
GD__INLINE double gd__expm1_near_f64(double r, double lost, double *low)
{
    double z = r * r, w = z * z;
    double a =
        (0x1.5555555555559p-3 + r * 0x1.555555555554dp-5) + z * (0x1.111111110f65dp-7 + r * 0x1.6c16c16c1aafcp-10);
    double b =
        (0x1.a01a01b006d6fp-13 + r * 0x1.a01a018e12084p-16) + z * (0x1.71ddf8040b191p-19 + r * 0x1.27e5132bfce35p-22);
    double cube = r * z * (a + w * (b + w * (0x1.af5f449206a63p-26 + r * 0x1.1f1a593f8c3a4p-29)));
    double short_r = gd__short_f64(r);
    double half = 0.5 * short_r * short_r, sum = r + half;
    *low = ((r - sum) + half) + (0.5 * (r - short_r) * (r + short_r) + (lost + cube));
    return sum;
}

/* r, and what it has lost, of x + more whose nearest multiple of ln 2 is the n-th; `more` is below the last place of x. */
GD__INLINE double gd__exp_rest_f64(double x, double more, double n, double *lost)
{
    double near = x - n * 0x1.62e42fefap-1, far = n * 0x1.cf79abc9e3b3ap-40 - more, r = near - far;
    *lost = (near - r) - far;
    return r;
}

/* As in float32, of x + more */
GD__INLINE double gd__exp_parts_f64(double x, double more, uint64_t *bits_of_n)
{
    double shifted = x * 0x1.71547652b82fep+0 + 0x1.8p52, lost, low;
    double r = gd__exp_rest_f64(x, more, shifted - 0x1.8p52, &lost);
    double sum = gd__expm1_near_f64(r, lost, &low), one = 1.0 + sum;
    *bits_of_n = gd__bits_f64(shifted);
    return one + ((sum - (one - 1.0)) + low);
}

GD__INLINE double gd__exp_near_f64(double x)
{
    uint64_t n;
    double y = gd__exp_parts_f64(x, 0.0, &n);
    return gd__from_bits_f64(gd__bits_f64(y) + (n << 52));
}

/* e^(x + more) for -746 <= x <= 710 and NaN */
GD__INLINE double gd__exp_long_f64(double x, double more)
{
    uint64_t n;
    double y = gd__exp_parts_f64(x, more, &n);
    uint64_t half = (n << 51) & 0xfff0000000000000u;
    return y * gd__from_bits_f64(half + 0x3ff0000000000000u) *
           gd__from_bits_f64((n << 52) - half + 0x3ff0000000000000u);
}

GD__INLINE double gd__exp_within_f64(double x)
{
    return gd__exp_long_f64(x, 0.0);
}

GD__INLINE double gd__exp_f64(double given)
{
    double x = given > 710.0 ? 710.0 : given;
    return gd__exp_within_f64(x < -746.0 ? -746.0 : x);
}

/* (e^x - 1) / 2 as the sum of the result and *low, for -700 <= x <= 710 */
GD__INLINE double gd__expm1_half_f64(double x, double *low)
{
    double shifted = x * 0x1.71547652b82fep+0 + 0x1.80000000003fep52, lost, rest; /* 1022 */
    double r = gd__exp_rest_f64(x, 0.0, shifted - 0x1.80000000003fep52, &lost);
    double near = gd__expm1_near_f64(r, lost, &rest);
    double half = gd__from_bits_f64(gd__bits_f64(shifted) << 52), whole = half - 0.5, first = half * near;
    double sum = whole + first; /* |whole| > |first| except for n = 0, where it is 0 */
    *low = ((whole - sum) + first) + (((half - whole) - 0.5) + half * rest);
    return sum;
}

GD__INLINE double gd__expm1_f64(double given)
{
    double x = given > 710.0 ? 710.0 : given < -40.0 ? -40.0 : given, low;
    double y = gd__expm1_half_f64(x, &low);
    return gd__abs_f64(x) < 0x1p-54 ? given : 2.0 * (y + low);
}

GD__INLINE double gd__sigmoid_near_f64(double x)
{
    return 1.0 / (1.0 + gd__exp_near_f64(-x));
}

GD__INLINE double gd__sigmoid_f64(double x)
{
    double limit = (double)gd__exp_limit_f64, y = gd__sigmoid_near_f64(gd__abs_f64(x) <= limit ? x : 0);
    y = x > limit ? 1.0 : x == x ? y : x;
    return x < -limit ? gd__exp_within_f64(x < -746.0 ? -746.0 : x) : y;
}

GD__INLINE double gd__tanh_f64(double x)
{
    double a = gd__abs_f64(x), low, h = gd__expm1_half_f64(2.0 * (a > 20.0 ? 20.0 : a), &low) + low;
    double q = (a < 0.5 ? h : 1.0) / (1.0 + h);
    return gd__signed_f64(a < 0x1p-28 ? a : a < 0.5 ? q : 1.0 - q, x);
}

#endif
