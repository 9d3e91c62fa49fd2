/* pow.h - powers: x^y = 2^(y log2 |x|), with what C's pow promises of zeros, infinities, NaN and negative x. */
#ifndef GRADUS_SRC_CPU_VMATH_POW_H
#define GRADUS_SRC_CPU_VMATH_POW_H

#include "cpu/vmath/exp.h"
#include "cpu/vmath/log.h"
#include "cpu/vmath/log_table.h"

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

/* size = |x|^y with the sign that x^y has, and the exceptions. For a whole y, `apart` is 0 and the lowest bit of `shifted` says
 * whether it is odd; from 2^53 on, and at infinity, numbers are even. */
GD__INLINE double gd__power_of(double size, double x, double y)
{
    double a = gd__abs_f64(x), held = gd__abs_f64(y) < 0x1p53 ? gd__abs_f64(y) : 0.0;
    held = held >= 0x1p52 ? held - 0x1p52 : held;
    held = held >= 0x1p51 ? held - 0x1p51 : held;
    double shifted = held + 0x1.8p52, apart = (shifted - 0x1.8p52) - held;
    double turned = gd__from_bits_f64(gd__bits_f64(size) | (gd__bits_f64(x) & gd__bits_f64(shifted) << 63));
    turned = apart == 0.0 ? turned : x < 0.0 ? a < (double)INFINITY ? (double)NAN : size : size;
    turned = a == 1.0 ? gd__abs_f64(y) == (double)INFINITY ? 1.0 : turned : turned;
    turned = y == 0.0 ? 1.0 : turned;
    return x == 1.0 ? 1.0 : turned;
}

/* In float64, so that results that a float32 can't hold become 0 or infinite when they are rounded. */
GD__INLINE float gd__pow_f32(float base, float exponent)
{
    double x = (double)base, y = (double)exponent, a = gd__abs_f64(x), log2 = gd__log2_short(a);
    log2 = a < (double)INFINITY ? log2 : a;
    log2 = a == 0.0 ? -(double)INFINITY : log2;
    double t = y * log2;
    t = t > 200.0 ? 200.0 : t;
    return (float)gd__power_of(gd__exp2_short(t < -200.0 ? -200.0 : t), x, y);
}

/* ln of a positive number as the sum of the result and *low, to 70 bits: x = 2^k z, and with the c that stands in the table for z
 * r = c z - 1 is small. Its first part and all sums keep what they lose. */
GD__INLINE double gd__log_long_f64(double given, double *low)
{
    bool small = given < 0x1p-1022;
    uint64_t bits = gd__bits_f64(small ? given * 0x1p52 : given) - 0x3fe6a09e00000000u, place = bits >> 45 & 127;
    double k = gd__from_bits_f64(((bits + 0x3ff0000000000000u) >> 52) + 0x4330000000000000u) - (0x1p52 + 1023.0);
    double z = gd__from_bits_f64((bits & 0x000fffffffffffffu) + 0x3fe6a09e00000000u), short_z = gd__short_f64(z);
    double c = gd__log_table[place][0], c_log = gd__log_table[place][1], c_log_rest = gd__log_table[place][2];
    double r_first = short_z * c - 1.0, r_rest = (z - short_z) * c, r = r_first + r_rest, w = r * r;
    double a = 0x1.5555555555555p-2 + r * -0.25, b = 0.2 + r * -0x1.5555555555555p-3,
           d = 0x1.2492492492492p-3 + r * -0.125;
    double cube = r * w * (a + w * (b + w * (d + w * 0x1.c71c71c71c71cp-4)));
    double short_r = gd__short_f64(r), half = 0.5 * short_r * short_r,
           half_rest = 0.5 * (r - short_r) * (r + short_r);
    k = small ? k - 52.0 : k;
    double far = k * 0x1.62e42fefap-1, first = far + c_log, second = first + r, third = second - half;
    double lost = (gd__lost_f64(r_first, r_rest, r) + gd__lost_f64(far, c_log, first)) +
                  (gd__lost_f64(first, r, second) + gd__lost_f64(second, -half, third));
    double rest = lost + ((k * 0x1.cf79abc9e3b3ap-40 + c_log_rest) + (cube - half_rest)), sum = third + rest;
    *low = (third - sum) + rest;
    return sum;
}

/* e^(y ln |x|), the product to 66 bits. Where it is beyond all results its low part is left out, which may be NaN. */
GD__INLINE double gd__pow_f64(double x, double y)
{
    double a = gd__abs_f64(x), low, log = gd__log_long_f64(a, &low);
    log = a < (double)INFINITY ? log : a;
    log = a == 0.0 ? -(double)INFINITY : log;
    double t = y * log, short_y = gd__short_f64(y), short_log = gd__short_f64(log), rest_y = y - short_y,
           rest_log = log - short_log;
    double more = ((short_y * short_log - t) + short_y * rest_log + rest_y * short_log) + rest_y * rest_log + y * low;
    more = gd__abs_f64(t) <= 746.0 ? more : 0.0;
    t = t > 710.0 ? 710.0 : t;
    return gd__power_of(gd__exp_long_f64(t < -746.0 ? -746.0 : t, more), x, y);
}

#endif
