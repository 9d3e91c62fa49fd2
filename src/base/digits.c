#include "base/digits.h"

#include "base/text.h"

#include <float.h>
#include <math.h>
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

/* How many digits are few enough that no two such numbers are read as the same one: where fewer do, these end with zeros. Not
 * so of the subnormal numbers, which lie too far apart. */
static int safe_digits(double x, bool single)
{
    if (fabs(x) < (single ? (double)FLT_MIN : DBL_MIN))
        return 1;
    return single ? FLT_DIG : DBL_DIG;
}

/* The nearest number of so many digits may not read back while the next one does: below a power of two, floats lie twice as
 * close as above it. */
gd__decimal gd__shortest(double x, bool single)
{
    gd__decimal d = { .count = 0 };
    for (int count = safe_digits(x, single); count <= GD__MAX_DIGITS; count++) {
        d = gd__rounded(x, count);
        if (reads_back(&d, x, single))
            break;
        gd__decimal next = next_decimal(d, count);
        if (reads_back(&next, x, single))
            return next;
    }
    return d;
}

void gd__write_positional(const gd__decimal *d, int least, bool point, char *text)
{
    if (d->negative)
        *text++ = '-';
    for (int i = 0; i <= d->exponent; i++)
        *text++ = i < d->count ? d->digit[i] : '0';
    if (d->exponent < 0)
        *text++ = '0';
    if (point || least > 0 || d->exponent + 1 < d->count)
        *text++ = '.';
    for (int i = d->exponent + 1; i < d->count || i <= d->exponent + least; i++)
        *text++ = i >= 0 && i < d->count ? d->digit[i] : '0';
    *text = '\0';
}

void gd__write_scientific(const gd__decimal *d, int decimals, bool point, int exponent, char *text)
{
    if (d->negative)
        *text++ = '-';
    *text++ = d->digit[0];
    if (point || decimals > 0)
        *text++ = '.';
    for (int i = 1; i <= decimals; i++)
        *text++ = i < d->count ? d->digit[i] : '0';
    snprintf(text, 16, "e%c%0*d", d->exponent < 0 ? '-' : '+', exponent, abs(d->exponent));
}

/* With an exponent where %g has one. */
char *gd__shortest_text(double value, bool single, char *text)
{
    if (!isfinite(value))
        return gd__number_text(value, 1, text);
    gd__decimal d = gd__shortest(value, single);
    int safe = single ? FLT_DIG : DBL_DIG;
    if (d.exponent < -4 || d.exponent >= (d.count > safe ? d.count : safe))
        gd__write_scientific(&d, d.count - 1, false, 2, text);
    else
        gd__write_positional(&d, 0, false, text);
    return text;
}
