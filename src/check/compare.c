/* compare.c - claimed numbers against slopes. */
#include "check/compare.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

gd_dims gd__place_of(gd_dims shape, int64_t number)
{
    gd_dims place = shape;
    for (int i = shape.count - 1; i >= 0; i--) {
        place.size[i] = shape.size[i] > 0 ? number % shape.size[i] : 0;
        number /= shape.size[i] > 0 ? shape.size[i] : 1;
    }
    return place;
}

/* ---- where ---- */

static int64_t marked_in(const char *mark, int64_t rows, int64_t columns, int64_t index, bool row)
{
    int64_t count = 0;
    for (int64_t k = 0; k < (row ? columns : rows); k++)
        count += mark[row ? index * columns + k : k * columns + index] != 0;
    return count;
}

/* "rows 2 and 5": whole rows or columns, and no others; false where it is not so. */
static bool write_lines(const char *mark, int64_t rows, int64_t columns, bool row, char *text, size_t size)
{
    enum { MOST = 6 };
    int64_t lines = row ? rows : columns, length = row ? columns : rows, at[MOST], count = 0;
    for (int64_t i = 0; i < lines; i++) {
        int64_t n = marked_in(mark, rows, columns, i, row);
        if (n == 0)
            continue;
        if (n != length || count == MOST)
            return false;
        at[count++] = i;
    }
    size_t used = (size_t)snprintf(text, size, "%s%s", row ? "row" : "column", count > 1 ? "s" : "");
    for (int64_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s %lld",
                                 i == 0           ? ""
                                 : i == count - 1 ? " and"
                                                  : ",",
                                 (long long)at[i]);
    return true;
}

/* The smallest block that holds all of them, if they fill it. */
static bool write_block(const char *mark, int64_t rows, int64_t columns, int64_t marked, char *text, size_t size)
{
    int64_t top = rows, bottom = -1, left = columns, right = -1;
    for (int64_t i = 0; i < rows * columns; i++) {
        if (!mark[i])
            continue;
        int64_t row = i / columns, column = i % columns;
        top = row < top ? row : top;
        bottom = row > bottom ? row : bottom;
        left = column < left ? column : left;
        right = column > right ? column : right;
    }
    if ((bottom - top + 1) * (right - left + 1) != marked || marked < 2)
        return false;
    snprintf(text, size, "the block of rows %lld to %lld and columns %lld to %lld", (long long)top, (long long)bottom,
             (long long)left, (long long)right);
    return true;
}

/* How many they are stands elsewhere. */
static void write_entries(const char *mark, gd_dims shape, int64_t count, int64_t marked, char *text, size_t size)
{
    enum { MOST = 3 };
    size_t used = 0;
    int shown = 0;
    for (int64_t i = 0; i < count && shown < MOST && used + 40 < size; i++) {
        if (!mark[i])
            continue;
        gd_dims place = gd__place_of(shape, i);
        used += (size_t)snprintf(text + used, size - used, "%s[", shown++ ? ", " : "");
        for (int k = 0; k < place.count && used < size; k++)
            used += (size_t)snprintf(text + used, size - used, "%s%lld", k ? ", " : "", (long long)place.size[k]);
        if (used < size)
            used += (size_t)snprintf(text + used, size - used, "]");
    }
    if (marked > shown && used < size)
        snprintf(text + used, size - used, " ...");
}

void gd__write_pattern(const char *mark, gd_dims shape, int64_t count, int64_t marked, char *text, size_t size)
{
    text[0] = 0;
    if (marked == 0)
        return;
    if (marked == count) {
        snprintf(text, size, count == 1 ? "its one entry" : "all entries");
        return;
    }
    bool flat = shape.count == 2;
    if (flat && (write_lines(mark, shape.size[0], shape.size[1], true, text, size) ||
                 write_lines(mark, shape.size[0], shape.size[1], false, text, size) ||
                 write_block(mark, shape.size[0], shape.size[1], marked, text, size)))
        return;
    write_entries(mark, shape, count, marked, text, size);
}

/* ---- how far ---- */

static double largest_of(const gd__slope *slope, int64_t count)
{
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        if (slope[i].state != GD__SLOPE_UNSURE && fabs(slope[i].value) > largest)
            largest = fabs(slope[i].value);
    return largest;
}

/* How often the distance goes into what is allowed; 0 within a kink's two slopes. */
static double excess(double claimed, const gd__slope *s, gd__tolerance t, double largest)
{
    double allowed = t.absolute + t.relative * fabs(s->value) + t.of_largest * largest + 4 * s->error;
    double off = fabs(claimed - s->value);
    if (s->state == GD__SLOPE_KINK) {
        double low = fmin(s->left, s->right), high = fmax(s->left, s->right);
        allowed += t.relative * fmax(fabs(low), fabs(high));
        off = claimed < low ? low - claimed : claimed > high ? claimed - high : 0;
    }
    if (!isfinite(claimed))
        return HUGE_VAL;
    return allowed > 0 ? off / allowed : off > 0 ? HUGE_VAL : 0;
}

static void note_kink(gd_check_input *to, gd_dims shape, int64_t i, double claimed, const gd__slope *s)
{
    if (to->kinks++ > 0)
        return;
    to->kink = gd__place_of(shape, i);
    to->kink_left = s->left;
    to->kink_right = s->right;
    to->kink_claimed = claimed;
}

void gd__compare(const double *claimed, const gd__slope *slope, gd_dims shape, int64_t count, gd__tolerance t,
                 char *mark, gd_check_input *to)
{
    double largest = largest_of(slope, count), worst = -1;
    to->compared = count;
    for (int64_t i = 0; i < count; i++) {
        double by = excess(claimed[i], &slope[i], t, largest);
        bool unsure = slope[i].state == GD__SLOPE_UNSURE;
        mark[i] = !unsure && by > 1;
        to->wrong += mark[i];
        to->unsure += unsure;
        if (slope[i].state == GD__SLOPE_KINK)
            note_kink(to, shape, i, claimed[i], &slope[i]);
        double far = unsure ? -0.5 : fabs(claimed[i] - slope[i].value) * (mark[i] ? 1 : 1e-9 / (1 + largest));
        if (mark[i] && !isfinite(far))
            far = HUGE_VAL;
        if (far > worst * (1 + 1e-9) || worst < 0) {
            worst = far;
            to->worst = gd__place_of(shape, i);
            to->claimed = claimed[i];
            to->numeric = slope[i].value;
            to->uncertainty = slope[i].error;
        }
    }
    gd__write_pattern(mark, shape, count, to->wrong, to->pattern, sizeof to->pattern);
    to->verdict = to->wrong ? GD_CHECK_WRONG : to->unsure ? GD_CHECK_UNSURE : GD_CHECK_RIGHT;
}
