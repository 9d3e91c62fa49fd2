/* print.c - tensors as text, as PyTorch prints them with its default options.
 *
 * A first walk over the elements that will be shown finds how to write them: as whole numbers ("3."), with
 * four decimals, or in scientific notation, all of one width. A second walk writes them. */
#include "tensor/tensor.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* torch.set_printoptions: the defaults. */
enum { DECIMALS = 4, THRESHOLD = 1000, EDGE = 3, LINE_WIDTH = 80 };

/* ---- where the text goes ---- */

/* A file, or a buffer that takes what it has room for; `length` counts all. */
typedef struct sink {
    FILE *file;
    char *text;
    size_t size, length;
    size_t column; /* characters since the last newline */
} sink;

static void put_bytes(sink *to, const char *bytes, size_t count)
{
    size_t room = to->length + 1 < to->size ? to->size - to->length - 1 : 0;
    if (to->file)
        fwrite(bytes, 1, count, to->file);
    else if (room > 0)
        memcpy(to->text + to->length, bytes, count < room ? count : room);
    to->length += count;
}

static void put(sink *to, const char *text)
{
    size_t count = strlen(text);
    put_bytes(to, text, count);
    to->column += count;
}

static void put_spaces(sink *to, int count)
{
    for (int i = 0; i < count; i++)
        put(to, " ");
}

static void put_newlines(sink *to, int count)
{
    for (int i = 0; i < count; i++)
        put_bytes(to, "\n", 1);
    to->column = 0;
}

/* ---- one element ---- */

typedef struct style {
    gd_dtype dtype;
    bool whole, scientific; /* floats: all are whole numbers; with an exponent */
    int width;
} style;

enum { ELEMENT_SIZE = 64 };

static void write_float(const style *how, double value, char *text)
{
    if (isnan(value)) {
        strcpy(text, "nan");
    } else if (isinf(value)) {
        strcpy(text, value < 0 ? "-inf" : "inf");
    } else if (how->scientific || !how->whole) {
        snprintf(text, ELEMENT_SIZE, how->scientific ? "%.*e" : "%.*f", (int)DECIMALS, value);
        gd__mend_point(text);
    } else {
        snprintf(text, ELEMENT_SIZE, "%.0f.", value);
    }
}

static void write_element(const style *how, const void *element, char *text)
{
    if (gd__is_float(how->dtype))
        write_float(how, gd__load(how->dtype, element), text);
    else if (how->dtype == GD_BOOL)
        strcpy(text, *(const bool *)element ? "True" : "False");
    else if (how->dtype == GD_UINT8)
        snprintf(text, ELEMENT_SIZE, "%d", *(const uint8_t *)element);
    else
        snprintf(text, ELEMENT_SIZE, "%lld", (long long)*(const int64_t *)element);
}

/* ---- which elements are shown ---- */

/* The place after i in a row of `size`; in a summary, only the edges of a long row are shown. */
static int64_t next_shown(const gd_tensor *t, int dim, int64_t i)
{
    int64_t size = t->shape[dim];
    bool jumps = t->numel > THRESHOLD && size > 2 * EDGE && i + 1 == EDGE;
    return jumps ? size - EDGE : i + 1;
}

static const char *place(const gd_tensor *t, int dim, const char *at, int64_t i)
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
    for (int64_t i = 0; i < t->shape[dim]; i = next_shown(t, dim, i))
        each_shown(t, dim + 1, place(t, dim, at, i), visit, user);
}

/* ---- how to write them ---- */

/* Of the finite elements that are not 0: these alone decide. */
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

static void widen_style(void *user, const void *element)
{
    style *how = user;
    char text[ELEMENT_SIZE];
    if (gd__is_float(how->dtype) && !decides(gd__load(how->dtype, element)))
        return;
    write_element(how, element, text);
    int width = (int)strlen(text);
    how->width = width > how->width ? width : how->width;
}

static style choose_style(const gd_tensor *t)
{
    extent of = { .dtype = (gd_dtype)t->dtype, .whole = true };
    style how = { .dtype = of.dtype, .whole = true, .width = 1 };
    if (gd__is_float(how.dtype)) {
        each_shown(t, 0, t->data, widen_extent, &of);
        how.whole = of.whole;
        how.scientific = of.any && (of.largest / of.smallest > 1000 || of.largest > 1e8 || of.smallest < 1e-4);
    }
    each_shown(t, 0, t->data, widen_style, &how);
    return how;
}

/* ---- the elements in their brackets ---- */

typedef struct page {
    sink *to;
    const gd_tensor *t;
    style how;
} page;

static void put_element(const page *p, const char *at)
{
    char text[ELEMENT_SIZE];
    write_element(&p->how, at, text);
    put_spaces(p->to, p->how.width - (int)strlen(text));
    put(p->to, text);
}

/* What stands before the item of that number: a comma, and a new line where the line is full. */
static void put_comma(const page *p, int64_t item, int per_line, int indent)
{
    if (item == 0)
        return;
    put(p->to, item % per_line == 0 ? "," : ", ");
    if (item % per_line == 0) {
        put_newlines(p->to, 1);
        put_spaces(p->to, indent);
    }
}

static void put_vector(const page *p, const char *at, int indent)
{
    int dim = p->t->ndim - 1, fit = (LINE_WIDTH - indent) / (p->how.width + 2);
    int per_line = fit > 1 ? fit : 1;
    int64_t item = 0, next;
    put(p->to, "[");
    for (int64_t i = 0; i < p->t->shape[dim]; i = next) {
        put_comma(p, item++, per_line, indent + 1);
        put_element(p, place(p->t, dim, at, i));
        next = next_shown(p->t, dim, i);
        if (next == i + 1)
            continue;
        put_comma(p, item++, per_line, indent + 1);
        put(p->to, " ...");
    }
    put(p->to, "]");
}

/* Between two slices: a line ends, and a blank line follows for each dimension that a slice has over 1. */
static void put_break(const page *p, int dim, int indent)
{
    put(p->to, ",");
    put_newlines(p->to, p->t->ndim - 1 - dim);
    put_spaces(p->to, indent);
}

static void put_slices(const page *p, int dim, const char *at, int indent)
{
    int64_t next;
    if (dim == p->t->ndim - 1) {
        put_vector(p, at, indent);
        return;
    }
    put(p->to, "[");
    for (int64_t i = 0; i < p->t->shape[dim]; i = next) {
        if (i > 0)
            put_break(p, dim, indent + 1);
        put_slices(p, dim + 1, place(p->t, dim, at, i), indent + 1);
        next = next_shown(p->t, dim, i);
        if (next == i + 1)
            continue;
        put_break(p, dim, indent + 1);
        put(p->to, "...");
    }
    put(p->to, "]");
}

static void put_elements(sink *to, const gd_tensor *t, int indent)
{
    page p = { .to = to, .t = t };
    if (t->numel == 0) {
        put(to, "[]");
        return;
    }
    p.how = choose_style(t);
    if (t->ndim == 0)
        put_element(&p, t->data);
    else
        put_slices(&p, 0, t->data, indent);
}

/* ---- what follows them ---- */

/* `line` is the length that PyTorch takes the last line to have; it begins two above the true one. */
static void put_suffix(sink *to, const char *suffix, int indent, size_t *line)
{
    size_t length = strlen(suffix);
    bool fits = *line + length + 2 <= LINE_WIDTH;
    put(to, fits ? ", " : ",");
    *line = fits ? *line + length + 2 : (size_t)indent + length;
    if (!fits) {
        put_newlines(to, 1);
        put_spaces(to, indent);
    }
    put(to, suffix);
}

/* An empty tensor has no elements to tell its type by. */
static bool dtype_shows(const gd_tensor *t)
{
    gd_dtype dtype = (gd_dtype)t->dtype;
    return dtype == gd__dtype(t->object.context, GD_DEFAULT) ||
           (t->numel > 0 && (dtype == GD_INT64 || dtype == GD_BOOL));
}

static void put_suffixes(sink *to, const gd_tensor *t, int indent)
{
    gd_context *g = t->object.context;
    char shape[GD__TEXT_SIZE], name[GD__TEXT_SIZE], suffix[GD__TEXT_SIZE + 16];
    const char *maker = t->requires_grad && g->maker ? g->maker(t, name, sizeof name) : NULL;
    size_t line = to->column + 2;
    if (t->numel == 0 && t->ndim != 1) {
        snprintf(suffix, sizeof suffix, "size=%s", gd__shape_text(gd__shape(t), shape));
        put_suffix(to, suffix, indent, &line);
    }
    if (!dtype_shows(t)) {
        snprintf(suffix, sizeof suffix, "dtype=torch.%s", gd_dtype_name((gd_dtype)t->dtype));
        put_suffix(to, suffix, indent, &line);
    }
    if (maker)
        snprintf(suffix, sizeof suffix, "grad_fn=<%s>", maker);
    if (t->requires_grad)
        put_suffix(to, maker ? suffix : "requires_grad=True", indent, &line);
}

/* ---- the whole ---- */

static void put_tensor(sink *to, const gd_tensor *t)
{
    const char *prefix = "tensor(";
    if (t->is_parameter) {
        put(to, "Parameter containing:");
        put_newlines(to, 1);
    }
    put(to, prefix);
    put_elements(to, t, (int)strlen(prefix));
    put_suffixes(to, t, (int)strlen(prefix));
    put(to, ")");
}

static void put_tensor_or_message(sink *to, const gd_tensor *t, const char *function)
{
    gd_context *g = gd__context(t);
    if (gd__usable(g, t, function, "the tensor"))
        put_tensor(to, t);
    else
        put(to, gd_failed(g) ? gd_message(g) : "an error tensor, whose error was cleared");
}

void gd_print(const gd_tensor *t, FILE *to)
{
    sink file = { .file = to };
    if (!to)
        return;
    put_tensor_or_message(&file, t, "gd_print");
    put_newlines(&file, 1);
}

size_t gd_format(const gd_tensor *t, char *text, size_t size)
{
    sink buffer = { .text = text, .size = text ? size : 0 };
    put_tensor_or_message(&buffer, t, "gd_format");
    if (buffer.size > 0)
        text[buffer.length < size ? buffer.length : size - 1] = '\0';
    return buffer.length;
}
