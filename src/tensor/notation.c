/* notation.c - how the elements of a tensor are written: as whole numbers, with decimals or with exponents. */
#include "tensor/print.h"

#include "base/digits.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- which elements are shown ---- */

int64_t gd__next_shown(const gd_tensor *t, int dim, int64_t i)
{
    int64_t size = t->shape[dim];
    bool jumps = t->numel > GD__PRINT_ALL && size > 2 * GD__PRINT_EDGE && i + 1 == GD__PRINT_EDGE;
    return jumps ? size - GD__PRINT_EDGE : i + 1;
}

const char *gd__element_at(const gd_tensor *t, int dim, const char *at, int64_t i)
{
    return at + i * t->stride[dim] * (int64_t)gd_dtype_size((gd_dtype)t->dtype);
}

typedef void visit_element(void *user, const void *element);

static void each_shown(const gd_tensor *t, int dim, const char *at, visit_element *visit, void *user)
{
    if (dim == t->ndim) {
        visit(user, at);
        return;
    }
    for (int64_t i = 0; i < t->shape[dim]; i = gd__next_shown(t, dim, i))
        each_shown(t, dim + 1, gd__element_at(t, dim, at, i), visit, user);
}

/* ---- one number by itself ---- */

static bool write_special(double x, char *text)
{
    if (isfinite(x))
        return false;
    strcpy(text, isnan(x) ? "nan" : x < 0 ? "-inf" : "inf");
    return true;
}

void gd__write_float(double x, bool single, char *text)
{
    double size = fabs(x), limit = single ? 1e6 : 1e16;
    if (write_special(x, text))
        return;
    gd__decimal d = gd__shortest(x, single);
    if (size == 0 || (size >= 1e-4 && size < limit))
        gd__write_positional(&d, 1, true, text);
    else
        gd__write_scientific(&d, d.count - 1, false, 2, text);
}

size_t gd_format_double(double x, char *text, size_t size)
{
    char whole[GD__ELEMENT_SIZE];
    gd__write_float(x, false, whole);
    return (size_t)snprintf(text, text ? size : 0, "%s", whole);
}

/* ---- one element ---- */

/* numpy.set_printoptions: the default precision. PyTorch's is one for all: its floats show that many decimals. */
enum { NUMPY_DECIMALS = 8, TORCH_DECIMALS = 4 };

static void write_torch(const gd__notation *how, double x, char *text)
{
    if (how->scientific || !how->whole) {
        snprintf(text, GD__ELEMENT_SIZE, how->scientific ? "%.*e" : "%.*f", (int)TORCH_DECIMALS, x);
        gd__mend_point(text);
    } else {
        snprintf(text, GD__ELEMENT_SIZE, "%.0f.", x);
    }
}

/* The fewest digits that tell the number from its neighbours, as float32 or float64; where these are too many, or fewer
 * than an exponent's mantissa is to have, the number rounded. */
static gd__decimal numpy_digits(const gd__notation *how, double x)
{
    gd__decimal d = gd__shortest(x, how->dtype == GD_FLOAT32);
    int most = 1 + NUMPY_DECIMALS + (how->scientific ? 0 : d.exponent);
    int least = how->scientific ? 1 + how->right : 0;
    return d.count > most ? gd__rounded(x, most) : d.count < least ? gd__rounded(x, least) : d;
}

static void write_numpy(const gd__notation *how, double x, char *text)
{
    gd__decimal d = numpy_digits(how, x);
    if (how->scientific)
        gd__write_scientific(&d, how->right, true, how->exponent, text);
    else
        gd__write_positional(&d, 0, true, text);
}

static void write_bare(const gd__notation *how, const void *element, char *text)
{
    if (gd__is_float(how->dtype)) {
        double x = gd__load(how->dtype, element);
        if (!write_special(x, text))
            (how->style == GD_STYLE_TORCH ? write_torch : write_numpy)(how, x, text);
    } else if (how->dtype == GD_BOOL) {
        strcpy(text, *(const bool *)element ? "True" : "False");
    } else if (how->dtype == GD_UINT8) {
        snprintf(text, GD__ELEMENT_SIZE, "%d", *(const uint8_t *)element);
    } else {
        snprintf(text, GD__ELEMENT_SIZE, "%lld", (long long)*(const int64_t *)element);
    }
}

static char *put_spaces(char *to, int count)
{
    for (int i = 0; i < count; i++)
        *to++ = ' ';
    return to;
}

/* NumPy has the points below one another, so that spaces stand on both sides. */
void gd__write_element(const gd__notation *how, const void *element, char *text)
{
    char bare[GD__ELEMENT_SIZE];
    write_bare(how, element, bare);
    const char *point = strchr(bare, '.');
    bool aligned = how->style != GD_STYLE_TORCH && point && !how->scientific;
    int behind = aligned ? how->right - (int)strlen(point + 1) : 0;
    text = put_spaces(text, how->width - behind - (int)strlen(bare));
    strcpy(text, bare);
    *put_spaces(text + strlen(bare), behind) = '\0';
}

/* ---- how to write them ---- */

/* What there is among the elements. Of the finite ones those that are not 0 decide. */
typedef struct extent {
    gd_dtype dtype;
    bool any, whole;
    double smallest, largest; /* in absolute value */
} extent;

static bool decides(double value)
{
    return isfinite(value) && value != 0;
}

static void widen_extent(void *user, const void *element)
{
    extent *of = user;
    double value = gd__load(of->dtype, element), size = fabs(value);
    if (!decides(value))
        return;
    of->smallest = !of->any || size < of->smallest ? size : of->smallest;
    of->largest = !of->any || size > of->largest ? size : of->largest;
    of->whole = of->whole && value == ceil(value);
    of->any = true;
}

static void widen(int *most, int length)
{
    *most = length > *most ? length : *most;
}

static void widen_width(void *user, const void *element)
{
    gd__notation *how = user;
    char text[GD__ELEMENT_SIZE];
    bool torch_float = how->style == GD_STYLE_TORCH && gd__is_float(how->dtype);
    if (torch_float && !decides(gd__load(how->dtype, element)))
        return;
    write_bare(how, element, text);
    widen(&how->width, (int)strlen(text));
}

/* NumPy's floats: how much stands before the points, behind them, and in the exponents. */
static void widen_sides(void *user, const void *element)
{
    gd__notation *how = user;
    double x = gd__load(how->dtype, element);
    if (!isfinite(x))
        return;
    gd__decimal d = numpy_digits(how, x);
    int place = how->scientific ? 0 : d.exponent; /* of the first digit, from the point */
    widen(&how->left, d.negative + 1 + (place > 0 ? place : 0));
    widen(&how->right, d.count - 1 - place);
    widen(&how->exponent, abs(d.exponent) < 100 ? 2 : 3);
}

static bool is_scientific(const gd__notation *how, const extent *of)
{
    if (!of->any)
        return false;
    if (how->style == GD_STYLE_TORCH)
        return of->largest / of->smallest > 1000 || of->largest > 1e8 || of->smallest < 1e-4;
    if (how->dtype == GD_FLOAT32) /* NumPy computes in the dtype of the numbers */
        return of->largest >= 1e6 || of->smallest < (double)1e-4F || (float)of->largest / (float)of->smallest > 1000;
    return of->largest >= 1e8 || of->smallest < 1e-4 || of->largest / of->smallest > 1000;
}

static void choose_float(gd__notation *how, const gd_tensor *t)
{
    extent of = { .dtype = how->dtype, .whole = true };
    each_shown(t, 0, t->data, widen_extent, &of);
    how->whole = of.whole;
    how->scientific = is_scientific(how, &of);
    if (how->style == GD_STYLE_TORCH)
        return;
    each_shown(t, 0, t->data, widen_sides, how);
    how->width = how->left + 1 + how->right + (how->scientific ? how->exponent + 2 : 0);
}

gd__notation gd__choose_notation(const gd_tensor *t, gd_style style)
{
    gd__notation how = { .style = style, .dtype = (gd_dtype)t->dtype, .width = 1 };
    if (gd__is_float(how.dtype))
        choose_float(&how, t);
    else if (how.dtype == GD_BOOL && style != GD_STYLE_TORCH && t->ndim > 0)
        how.width = (int)strlen("False");
    each_shown(t, 0, t->data, widen_width, &how);
    return how;
}
