#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* It is what stands between the first digits and the next, or the exponent. */
void gd__mend_point(char *text)
{
    char *point = text + strspn(text, "-0123456789");
    size_t length = strcspn(point, "0123456789e");
    if (length == 0)
        return;
    *point = '.';
    memmove(point + 1, point + length, strlen(point + length) + 1);
}

char *gd__number_text(double value, int digits, char *text)
{
    if (isfinite(value)) {
        snprintf(text, GD__NUMBER_SIZE, "%.*g", digits, value);
        gd__mend_point(text);
    } else {
        snprintf(text, GD__NUMBER_SIZE, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
    }
    return text;
}
