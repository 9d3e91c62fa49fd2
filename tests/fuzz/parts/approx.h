/* approx.h - numbers with how far the library's may lie from them: a running error analysis.
 *
 * Each operation adds the error that its operands bring to the one of its own rounding. Where an operand may be zero that
 * is divided by, or a number on the way is too large for the dtype, the result is not known: off is INFINITY. */
#ifndef GRADUS_TESTS_FUZZ_APPROX_H
#define GRADUS_TESTS_FUZZ_APPROX_H

#include "fuzz/parts/reference.h"

typedef struct approx {
    number n, off;
} approx;

static inline approx exactly(number n)
{
    return (approx){ n, 0 };
}

/* n, rounded this many times, which `off` was off before. */
approx rounded(gd_dtype dtype, number n, number off, double times);

approx plus(gd_dtype dtype, approx a, approx b);
approx minus(gd_dtype dtype, approx a, approx b);
approx times(gd_dtype dtype, approx a, approx b);
approx over(gd_dtype dtype, approx a, approx b);
approx root(gd_dtype dtype, approx a);
/* a^p for a >= 0. */
approx power(gd_dtype dtype, approx a, number p);
approx larger(approx a, approx b);

/* A sum in whatever order: n roundings of what is at most the sum of all sizes. */
approx total(gd_dtype dtype, const approx *term, int64_t n);

/* Element i of a value with its slack; puts one with its slack into the result. */
approx approx_at(const value *x, int64_t i);
void put_approx(question *q, int64_t i, approx y);

/* The coarser of two float dtypes: a result is no better than what it was made of. */
static inline gd_dtype coarser(gd_dtype a, gd_dtype b)
{
    return a == GD_FLOAT32 || b == GD_FLOAT32 ? GD_FLOAT32 : GD_FLOAT64;
}

#endif
