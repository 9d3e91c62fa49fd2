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

/* The character at *at, which moves behind it. Bytes that are no UTF-8 count as characters of their own. */
static unsigned next_character(const unsigned char **at)
{
    unsigned first = *(*at)++, more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
    unsigned character = more > 0 ? first & (0x3fu >> more) : first;
    for (; more > 0 && (**at & 0xc0) == 0x80; more--)
        character = character << 6 | (*(*at)++ & 0x3fu);
    return character;
}

/* The blocks of Unicode whose characters are wide: Hangul, kana, Han and what goes with them. */
static bool is_wide(unsigned character)
{
    static const struct {
        unsigned first, last;
    } blocks[] = { { 0x1100, 0x115f }, { 0x2e80, 0xa4cf }, { 0xac00, 0xd7a3 }, { 0xf900, 0xfaff },
                   { 0xfe30, 0xfe6f }, { 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x20000, 0x3fffd } };
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        if (character >= blocks[i].first && character <= blocks[i].last)
            return true;
    return false;
}

int gd__columns(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    int columns = 0;
    while (*at)
        columns += is_wide(next_character(&at)) ? 2 : 1;
    return columns;
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
