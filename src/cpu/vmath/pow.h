/* pow.h - powers: x^y = 2^(y log2 |x|), with what C's pow promises of zeros, infinities, NaN and negative x. */
#ifndef GRADUS_SRC_CPU_VMATH_POW_H
#define GRADUS_SRC_CPU_VMATH_POW_H

#include "cpu/vmath/log.h"

/* log2 of a positive normal number, to 45 bits */
GD__INLINE double gd__log2_short(double x)
{
    double k, f = gd__split_f64(x, &k), s = f / (2.0 + f), z = s * s;
    double P = (0x1.71547652b8251p1 + z * 0x1.ec709dc53c683p-1) +
               (z * z) * ((0x1.2776c2934237ap-1 + z * 0x1.a61a2ec4cf2a2p-2) +
                          (z * z) * (0x1.4795573b8ca1cp-2 + z * 0x1.21b0d94fe5af2p-2));
    return k + s * P;
}

/* 2^t, to 34 bits, for -1000 < t < 1000 */
GD__INLINE double gd__exp2_short(double t)
{
    double shifted = t + 0x1.80000000003ffp52, r = t - (shifted - 0x1.80000000003ffp52), z = r * r; /* 1023 */
    double p =
        ((0x1.ffffffffab9abp-1 + r * 0x1.62e42ff116bfbp-1) + z * (0x1.ebfbe0a4f3132p-3 + r * 0x1.c6b08aae577f7p-5)) +
        (z * z) * ((0x1.3b29dc1452c1cp-7 + r * 0x1.5d8a71079a0ap-10) +
                   z * (0x1.446a43d82e8e9p-13 + r * 0x1.fe1757fcd4b2cp-17));
    return p * gd__from_bits_f64(gd__bits_f64(shifted) << 52);
}

/* Of x and y in float64, so that results that a float32 can't hold become 0 or infinite when they are rounded. For a whole y,
 * `apart` is 0 and the lowest bit of `shifted` says whether it is odd; a large y, and an infinite one, counts as even. */
GD__INLINE float gd__pow_f32(float base, float exponent)
{
    double x = (double)base, y = (double)exponent, a = gd__abs_f64(x);
    double held = gd__abs_f64(y) < 0x1p24 ? y : 0.0, shifted = held + 0x1.8p52, apart = (shifted - 0x1.8p52) - held;
    double log2 = gd__log2_short(a);
    log2 = a < (double)INFINITY ? log2 : a;
    log2 = a == 0.0 ? -(double)INFINITY : log2;
    double t = y * log2;
    t = t > 200.0 ? 200.0 : t;
    double size = gd__exp2_short(t < -200.0 ? -200.0 : t);
    double turned = gd__from_bits_f64(gd__bits_f64(size) | (gd__bits_f64(x) & gd__bits_f64(shifted) << 63));
    turned = apart == 0.0 ? turned : x < 0.0 ? a < (double)INFINITY ? (double)NAN : size : size;
    turned = a == 1.0 ? gd__abs_f64(y) == (double)INFINITY ? 1.0 : turned : turned;
    turned = y == 0.0 ? 1.0 : turned;
    return (float)(x == 1.0 ? 1.0 : turned);
}

/* The C library's: to be exact, a float64 power needs a logarithm of more than 64 bits. */
GD__INLINE double gd__pow_f64(double x, double y)
{
    return pow(x, y);
}

#endif
