/* decimal.c - decimal text as a number. strtod heeds the locale's decimal point, so it is shown numbers without one:
 * "12.5" is handed to it as "125e-1". Most numbers need no strtod. */
#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* No more than 768 digits decide how a double is rounded; of those behind them, only whether all are 0. */
enum { MOST_DIGITS = 770, DIGITS_OF_64_BITS = 19, EXACT_POWER = 22, MOST_EXPONENT = 1000000000 };

typedef struct decimal {
    bool negative, any;            /* there was a digit at all */
    int count;                     /* of the digits kept, without leading zeros */
    int64_t exponent;              /* the value is digits * 10^exponent */
    char digits[MOST_DIGITS + 32]; /* and then room for an exponent as text */
} decimal;

static void add_digit(decimal *d, char digit, bool behind_point)
{
    d->any = true;
    if (d->count == MOST_DIGITS) {
        d->exponent += !behind_point;
        if (digit != '0')
            d->digits[MOST_DIGITS - 1] = '1'; /* more than a half, were it one before */
        return;
    }
    d->exponent -= behind_point;
    if (d->count > 0 || digit != '0')
        d->digits[d->count++] = digit;
}

static const char *read_digits(decimal *d, const char *at, bool behind_point)
{
    for (; *at >= '0' && *at <= '9'; at++)
        add_digit(d, *at, behind_point);
    return at;
}

/* Goes over an exponent, if one stands here; one without digits is not one. */
static const char *read_exponent(decimal *d, const char *at)
{
    const char *digit = at + 1;
    int64_t exponent = 0;
    if (*at != 'e' && *at != 'E')
        return at;
    bool negative = *digit == '-';
    digit += *digit == '-' || *digit == '+';
    if (*digit < '0' || *digit > '9')
        return at;
    for (; *digit >= '0' && *digit <= '9'; digit++)
        exponent = exponent < MOST_EXPONENT ? 10 * exponent + (*digit - '0') : exponent;
    d->exponent += negative ? -exponent : exponent;
    return digit;
}

/* Integers up to 2^53 and powers of ten up to 10^22 are doubles: their product or quotient is rounded once. */
static bool is_simple(const decimal *d, double *value)
{
    static const double power[EXACT_POWER + 1] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    uint64_t whole = 0;
    if (d->count > DIGITS_OF_64_BITS || d->exponent < -EXACT_POWER || d->exponent > EXACT_POWER)
        return false;
    for (int i = 0; i < d->count; i++)
        whole = 10 * whole + (uint64_t)(d->digits[i] - '0');
    if (whole > (uint64_t)1 << 53)
        return false;
    *value = d->exponent < 0 ? (double)whole / power[-d->exponent] : (double)whole * power[d->exponent];
    return true;
}

static double value_of(decimal *d)
{
    double value = 0;
    if (d->count > 0 && !is_simple(d, &value)) {
        snprintf(d->digits + d->count, sizeof d->digits - (size_t)d->count, "e%lld", (long long)d->exponent);
        value = strtod(d->digits, NULL);
    }
    return d->negative ? -value : value;
}

/* Letters of ASCII alone count as the same in both cases: a locale may think otherwise. */
bool gd__is_word(const char *text, const char *word)
{
    for (; *text && *word; text++, word++) {
        if ((*text >= 'A' && *text <= 'Z' ? *text + ('a' - 'A') : *text) != *word)
            return false;
    }
    return *text == *word;
}

gd__reading gd__read_number(const char *text, char point, double *value)
{
    decimal d; /* its digits are not set: there are many */
    d.negative = *text == '-';
    d.any = false;
    d.count = 0;
    d.exponent = 0;
    text += *text == '-' || *text == '+';
    if (gd__is_word(text, "inf") || gd__is_word(text, "infinity")) {
        *value = d.negative ? -INFINITY : INFINITY;
        return GD__IS_NUMBER;
    }
    const char *at = read_digits(&d, text, false);
    if (*at == point)
        at = read_digits(&d, at + 1, true);
    if (!d.any || *read_exponent(&d, at))
        return GD__NOT_A_NUMBER;
    *value = value_of(&d);
    return isinf(*value) ? GD__BEYOND_RANGE : GD__IS_NUMBER;
}
