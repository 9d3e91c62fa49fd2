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

void gd__make_printable(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

/* ---- UTF-8 ---- */

/* How many bytes follow the first one of a character in UTF-8; -1 where none may begin so. */
static int follow(const unsigned char *at)
{
    if (at[0] < 0x80)
        return 0;
    if (at[0] >= 0xc2 && at[0] <= 0xdf)
        return 1;
    if ((at[0] & 0xf0) == 0xe0)
        return (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ? -1 : 2;
    if (at[0] >= 0xf0 && at[0] <= 0xf4)
        return (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f) ? -1 : 3;
    return -1;
}

bool gd__is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        int more = follow(at++);
        if (more < 0)
            return false;
        for (; more > 0; more--, at++) {
            if ((*at & 0xc0) != 0x80)
                return false;
        }
    }
    return true;
}
