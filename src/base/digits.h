/* digits.h - the decimal digits of a number, and numbers written with them, the same in every locale. */
#ifndef GRADUS_SRC_BASE_DIGITS_H
#define GRADUS_SRC_BASE_DIGITS_H

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

/* The digits before the point and those after it, but after it at least `least`; without them a point stands only where
 * `point`. Not for exponents beyond what text has room for. */
void gd__write_positional(const gd__decimal *d, int least, bool point, char *text);

/* One digit, the point, `decimals` digits, and the exponent with at least so many digits. */
void gd__write_scientific(const gd__decimal *d, int decimals, bool point, int exponent, char *text);

#endif
