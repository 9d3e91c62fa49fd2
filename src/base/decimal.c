#include "base/decimal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_SIZE = 40 };

/* printf rounds the exact value. Only its digits are taken: what stands between them is the locale's business. */
gd__decimal gd__rounded(double x, int count)
{
    gd__decimal d = { .negative = false };
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%.*e", count - 1, x);
    d.negative = *text == '-';
    for (const char *at = text; *at != 'e'; at++)
        if (*at >= '0' && *at <= '9')
            d.digit[d.count++] = *at;
    while (d.count > 1 && d.digit[d.count - 1] == '0')
        d.count--;
    d.digit[d.count] = '\0';
    d.exponent = atoi(strchr(text, 'e') + 1);
    return d;
}

/* Written as a whole number with an exponent, which every locale reads alike. */
static bool reads_back(const gd__decimal *d, double x, bool single)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%s%se%d", d->negative ? "-" : "", d->digit, d->exponent - d->count + 1);
    return single ? strtof(text, NULL) == (float)x : strtod(text, NULL) == x;
}

/* The next number of `count` digits away from 0. */
static gd__decimal next_decimal(gd__decimal d, int count)
{
    while (d.count < count)
        d.digit[d.count++] = '0';
    while (d.count > 0 && d.digit[d.count - 1] == '9')
        d.count--;
    if (d.count == 0) {
        d.digit[d.count++] = '0';
        d.exponent++;
    }
    d.digit[d.count - 1]++;
    d.digit[d.count] = '\0';
    return d;
}

/* The nearest number of so many digits may not read back while the next one does: below a power of two, floats lie twice as
 * close as above it. */
gd__decimal gd__shortest(double x, bool single)
{
    gd__decimal d = { .count = 0 };
    for (int count = 1; count <= GD__MAX_DIGITS; count++) {
        d = gd__rounded(x, count);
        if (reads_back(&d, x, single))
            break;
        gd__decimal next = next_decimal(d, count);
        if (reads_back(&next, x, single))
            return next;
    }
    return d;
}
