/* vmath.h - the elementary functions, as formulas that a compiler makes vectors of.
 *
 * gd__exp_f32(x), gd__exp_f64(x) and so on take any x: subnormal and infinite ones, zeros of either sign and NaN give what C's
 * functions give. Each is a fixed sequence of additions, multiplications, divisions and operations on bits, none of them
 * fused and none taken by a branch. So the bits of a result depend on x alone: not on the instruction set, not on whether
 * a vector or a single number was asked for, nor where in an array it stood. (Beyond gd__trig_limit_... sines come from
 * the C library, one by one.)
 *
 * Forms named gd__..._near_f32 are faster, give the same bits, and hold for |x| up to a limit that stands beside them.
 *
 * The coefficients are minimax polynomials, rounded to the type they are used in; Sollya found them. */
#ifndef GRADUS_SRC_CPU_VMATH_H
#define GRADUS_SRC_CPU_VMATH_H

#include "cpu/vmath/erf.h"
#include "cpu/vmath/exp.h"
#include "cpu/vmath/log.h"
#include "cpu/vmath/pow.h"
#include "cpu/vmath/trig.h"

/* How far a result may be from the exact one, in units of its last place, for float32 and for float64. tests/cpu/test_vmath.c
 * measures it. pow has two operands and stands apart. */
#define GD__VMATH_POW 0.51, 0.8
#define GD__VMATH(X)                                                                                                 \
    X(exp, 1.0, 0.8)                                                                                                 \
    X(expm1, 1.6, 0.9)                                                                                               \
    X(log, 0.9, 0.65)                                                                                                \
    X(log1p, 0.9, 0.65)                                                                                              \
    X(sigmoid, 2.6, 2.8)                                                                                             \
    X(tanh, 2.7, 2.7)                                                                                                \
    X(sin, 1.0, 0.9)                                                                                                 \
    X(cos, 1.0, 0.9)                                                                                                 \
    X(erf, 1.4, 1.5)

#endif
