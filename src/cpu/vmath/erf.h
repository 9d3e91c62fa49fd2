/* erf.h - the error function: a polynomial up to 1, and from there 1 - e^-Q(x), where Q = -ln erfc is a polynomial too. */
#ifndef GRADUS_SRC_CPU_VMATH_ERF_H
#define GRADUS_SRC_CPU_VMATH_ERF_H

#include "cpu/vmath/exp.h"

/* From 4 on the result is 1. */
GD__INLINE float gd__erf_f32(float x)
{
    float a = gd__abs_f32(x), z = x * x;
    float P =
        0x1.06eba8p-3f +
        z * ((-0x1.81273ep-2f + z * 0x1.ce2cf2p-4f) +
             (z * z) * ((-0x1.b7f88ep-6f + z * 0x1.54019p-8f) + (z * z) * (-0x1.a3d938p-11f + z * 0x1.491b54p-14f)));
    float t = (a > 4.0f ? 4.0f : a) - 1.0f, u = t * t;
    float Q = (0x1.d97fcp0f + t * 0x1.51c9aap1f) +
              u * ((0x1.afad34p-1f + t * 0x1.53f94p-5f) +
                   u * ((-0x1.441adp-7f + t * 0x1.deb7bcp-10f) + u * -0x1.852d46p-13f));
    float far = 1.0f - gd__exp_near_f32(-Q);
    return a >= 1.0f ? gd__signed_f32(far, x) : x + x * P; /* NaN takes the second */
}

/* From 6 on the result is 1. */
GD__INLINE double gd__erf_f64(double x)
{
    double a = gd__abs_f64(x), z = x * x, w = z * z;
    double P = ((0x1.06eba8214db69p-3 + z * -0x1.812746b0379e6p-2) +
                w * (0x1.ce2f21a042b27p-4 + z * -0x1.b82ce31284a2cp-6)) +
               (w * w) * (((0x1.565bcd0db034cp-8 + z * -0x1.c02db3d8d1963p-11) +
                           w * (0x1.f9a3219c50ffbp-14 + z * -0x1.f4d1decc413a6p-17)) +
                          (w * w) * (((0x1.b9deebb68b662p-20 + z * -0x1.5f1d02e4f60e5p-23) +
                                      w * (0x1.f7a1dcddb97f7p-27 + z * -0x1.3863ed2a68aa6p-30)) +
                                     (w * w) * 0x1.056757a8e0565p-34));
    double t = (a > 6.0 ? 6.0 : a) - 1.0, u = t * t, v = u * u;
    double A =
        (0x1.d97fbf27aa2a1p0 + t * 0x1.51c9b0006c236p1) + u * (0x1.afabc11a295f4p-1 + t * 0x1.5477f09c036ddp-5);
    double B = (-0x1.48c9d3eb1f00dp-7 + t * 0x1.033f65b026683p-9) +
               u * (-0x1.f1b38983aa8edp-13 + t * -0x1.b8de9c9cf1a46p-16);
    double C = (0x1.c7a77eb33b388p-16 + t * -0x1.426bd1694530dp-17) +
               u * (0x1.1475369011215p-19 + t * -0x1.32d2885ec3e11p-23);
    double D = (-0x1.a2f66a2076ee6p-24 + t * 0x1.bf0068da8baaap-25) +
               u * (-0x1.002d3226d0ab1p-26 + t * 0x1.89a16677ea73p-29);
    double E = (-0x1.94e4ae06038bfp-32 + t * 0x1.faee2210457d4p-36) + u * -0x1.247b8511c3935p-40;
    double Q = (A + v * B) + (v * v) * ((C + v * D) + (v * v) * E);
    double far = 1.0 - gd__exp_near_f64(-Q);
    return a >= 1.0 ? gd__signed_f64(far, x) : x + x * P;
}

#endif
