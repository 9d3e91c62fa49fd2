/* decimal.h - the decimal digits of a float, the same in every locale. */
#ifndef GRADUS_SRC_BASE_DECIMAL_H
#define GRADUS_SRC_BASE_DECIMAL_H

#include <stdbool.h>

/* 17 digits tell all float64 numbers apart, 9 all float32. */
enum { GD__MAX_DIGITS = 17 };

/* d.ddd 10^exponent, with no 0 at its end but for the number 0 itself. */
typedef struct gd__decimal {
    bool negative;
    int exponent;
    int count;
    char digit[GD__MAX_DIGITS + 1]; /* '0' .. '9', and a '\0' behind the last */
} gd__decimal;

/* Of a finite x: rounded to that many digits, at most GD__MAX_DIGITS, ties to even; the fewest that read back as x, and
 * of those the nearest. `single`: x is a float32, and is read back as one. */
gd__decimal gd__rounded(double x, int count);
gd__decimal gd__shortest(double x, bool single);

#endif
