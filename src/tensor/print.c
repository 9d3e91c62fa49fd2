/* print.c - tensors as text, as PyTorch and NumPy print them with their default options.
 *
 * A first walk over the elements that will be shown finds how to write them: as whole numbers ("3."), with decimals, or in
 * scientific notation, all of one width (notation.c). A second walk writes them in their brackets. */
#include "tensor/print.h"

#include "base/trace.h"

#include <string.h>

/* What stands around the elements. */
typedef struct layout {
    const char *prefix, *comma, *dots;
    int line_width;
} layout;

static const layout layouts[] = {
    [GD_STYLE_TORCH] = { .prefix = "tensor(", .comma = ",", .dots = " ...", .line_width = 80 },
    [GD_STYLE_NUMPY] = { .prefix = "", .comma = "", .dots = "...", .line_width = 75 },
    [GD_STYLE_NUMPY_REPR] = { .prefix = "array(", .comma = ",", .dots = "...", .line_width = 75 },
};

/* ---- where the text goes ---- */

/* A file, or a buffer that takes what it has room for; `length` counts all. */
typedef struct sink {
    FILE *file;
    char *text;
    size_t size, length;
    size_t column; /* characters since the last newline */
    size_t spaces; /* the last of them, which are written when something follows: no line ends with spaces */
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
    for (; *text; text++, to->column++) {
        if (*text == ' ') {
            to->spaces++;
            continue;
        }
        for (; to->spaces > 0; to->spaces--)
            put_bytes(to, " ", 1);
        put_bytes(to, text, 1);
    }
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
    to->column = to->spaces = 0;
}

/* ---- the elements in their brackets ---- */

typedef struct page {
    sink *to;
    const gd_tensor *t;
    const layout *around;
    gd__notation how;
} page;

/* Is the line too full for this item of a row, so many characters wide? PyTorch puts the same number of items into each line;
 * NumPy puts what has room, with that of the closing brackets left. */
static bool is_full(const page *p, int64_t item, int width, int indent)
{
    int closing = p->t->ndim + (p->how.style == GD_STYLE_NUMPY_REPR);
    if (p->how.style != GD_STYLE_TORCH)
        return (int)p->to->column + width + closing > p->around->line_width;
    int per_line = (p->around->line_width - indent) / (p->how.width + 2);
    return per_line < 2 || item % per_line == 0;
}

/* One item of a row and, before it, a comma and a new line where the line is full. */
static void put_item(const page *p, int64_t item, const char *text, int indent)
{
    if (item > 0) {
        put(p->to, p->around->comma);
        put(p->to, " ");
    }
    if (item > 0 && is_full(p, item, (int)strlen(text), indent)) {
        put_newlines(p->to, 1);
        put_spaces(p->to, indent + 1);
    }
    put(p->to, text);
}

static void put_vector(const page *p, const char *at, int indent)
{
    int dim = p->t->ndim - 1;
    int64_t item = 0, next;
    put(p->to, "[");
    for (int64_t i = 0; i < p->t->shape[dim]; i = next) {
        char text[GD__ELEMENT_SIZE];
        gd__write_element(&p->how, gd__element_at(p->t, dim, at, i), text);
        put_item(p, item++, text, indent);
        next = gd__next_shown(p->t, dim, i);
        if (next > i + 1)
            put_item(p, item++, p->around->dots, indent);
    }
    put(p->to, "]");
}

/* Between two slices: a line ends, and a blank line follows for each dimension that a slice has over 1. */
static void put_break(const page *p, int dim, int indent)
{
    put(p->to, p->around->comma);
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
        put_slices(p, dim + 1, gd__element_at(p->t, dim, at, i), indent + 1);
        next = gd__next_shown(p->t, dim, i);
        if (next == i + 1)
            continue;
        put_break(p, dim, indent + 1);
        put(p->to, "...");
    }
    put(p->to, "]");
}

static void put_elements(sink *to, const gd_tensor *t, gd_style style)
{
    page p = { .to = to, .t = t, .around = &layouts[style] };
    char text[GD__ELEMENT_SIZE];
    if (t->numel == 0) {
        put(to, "[]");
        return;
    }
    p.how = gd__choose_notation(t, style);
    gd__write_element(&p.how, t->data, text);
    if (t->ndim == 0)
        put(to, text);
    else
        put_slices(&p, 0, t->data, (int)strlen(p.around->prefix));
}

/* ---- what follows them ---- */

/* `line` is the length that PyTorch takes the last line to have; it begins two above the true one. */
static void put_torch_suffix(sink *to, const char *suffix, int indent, size_t *line)
{
    size_t length = strlen(suffix);
    bool fits = *line + length + 2 <= (size_t)layouts[GD_STYLE_TORCH].line_width;
    put(to, fits ? ", " : ",");
    *line = fits ? *line + length + 2 : (size_t)indent + length;
    if (!fits) {
        put_newlines(to, 1);
        put_spaces(to, indent);
    }
    put(to, suffix);
}

/* Do the elements tell their type? An empty tensor has none. */
static bool torch_tells_dtype(const gd_tensor *t)
{
    gd_dtype dtype = (gd_dtype)t->dtype;
    return dtype == gd__dtype(t->object.context, GD_DEFAULT) ||
           (t->numel > 0 && (dtype == GD_INT64 || dtype == GD_BOOL));
}

static void put_torch_suffixes(sink *to, const gd_tensor *t)
{
    int indent = (int)strlen(layouts[GD_STYLE_TORCH].prefix);
    gd_context *g = t->object.context;
    char shape[GD__TEXT_SIZE], name[GD__TEXT_SIZE], suffix[GD__TEXT_SIZE + 16];
    const char *maker = t->requires_grad && g->maker ? g->maker(t, name, sizeof name) : NULL;
    size_t line = to->column + 2;
    if (t->numel == 0 && t->ndim != 1) {
        snprintf(suffix, sizeof suffix, "size=%s", gd__shape_text(gd__shape(t), shape));
        put_torch_suffix(to, suffix, indent, &line);
    }
    if (!torch_tells_dtype(t)) {
        snprintf(suffix, sizeof suffix, "dtype=torch.%s", gd_dtype_name((gd_dtype)t->dtype));
        put_torch_suffix(to, suffix, indent, &line);
    }
    if (maker)
        snprintf(suffix, sizeof suffix, "grad_fn=<%s>", maker);
    if (t->requires_grad)
        put_torch_suffix(to, maker ? suffix : "requires_grad=True", indent, &line);
}

static bool numpy_tells_dtype(const gd_tensor *t)
{
    return t->numel > 0 && (t->dtype == GD_FLOAT64 || t->dtype == GD_INT64 || t->dtype == GD_BOOL);
}

/* What can't be told from the elements: the shape, where there are none or some are left out, and the dtype. */
static void put_numpy_suffixes(sink *to, const gd_tensor *t)
{
    const layout *around = &layouts[GD_STYLE_NUMPY_REPR];
    char shape[GD__TEXT_SIZE], suffix[GD__TEXT_SIZE + 32];
    size_t at = 0;
    if (t->numel > GD__PRINT_ALL || (t->numel == 0 && t->ndim != 1))
        at = (size_t)snprintf(suffix, sizeof suffix, "shape=%s", gd__shape_text(gd__shape(t), shape));
    if (!numpy_tells_dtype(t))
        at += (size_t)snprintf(suffix + at, sizeof suffix - at, "%sdtype=%s", at > 0 ? ", " : "",
                               gd_dtype_name((gd_dtype)t->dtype));
    if (at == 0)
        return;
    put(to, ",");
    if (to->column + at + 2 > (size_t)around->line_width) {
        put_newlines(to, 1);
        put_spaces(to, (int)strlen(around->prefix));
    } else {
        put(to, " ");
    }
    put(to, suffix);
}

/* ---- the whole ---- */

static void put_torch(sink *to, const gd_tensor *t)
{
    if (t->is_parameter) {
        put(to, "Parameter containing:");
        put_newlines(to, 1);
    }
    put(to, layouts[GD_STYLE_TORCH].prefix);
    put_elements(to, t, GD_STYLE_TORCH);
    put_torch_suffixes(to, t);
    put(to, ")");
}

static void put_numpy_repr(sink *to, const gd_tensor *t)
{
    put(to, layouts[GD_STYLE_NUMPY_REPR].prefix);
    put_elements(to, t, GD_STYLE_NUMPY_REPR);
    put_numpy_suffixes(to, t);
    put(to, ")");
}

/* An array without dimensions is printed as the number that it holds. */
static void put_numpy(sink *to, const gd_tensor *t)
{
    char text[GD__ELEMENT_SIZE];
    if (t->ndim > 0 || !gd__is_float((gd_dtype)t->dtype)) {
        put_elements(to, t, GD_STYLE_NUMPY);
        return;
    }
    gd__write_float(gd__load((gd_dtype)t->dtype, t->data), t->dtype == GD_FLOAT32, text);
    put(to, text);
}

static void put_tensor(sink *to, const gd_tensor *t, gd_style style)
{
    static void (*const put_styled[])(sink *, const gd_tensor *) = {
        [GD_STYLE_TORCH] = put_torch,
        [GD_STYLE_NUMPY] = put_numpy,
        [GD_STYLE_NUMPY_REPR] = put_numpy_repr,
    };
    put_styled[style](to, t);
}

static bool is_style(gd_context *g, const char *function, gd_style style)
{
    if (style >= GD_STYLE_TORCH && style <= GD_STYLE_NUMPY_REPR)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "Name one of the styles of gd_style" }, "%d is no style",
             (int)style);
    return false;
}

static void put_tensor_or_message(sink *to, const gd_tensor *t, gd_style style, const char *function)
{
    gd_context *g = gd__context(t);
    if (gd__usable(g, t, function, "the tensor") && is_style(g, function, style) &&
        gd__may_stray(g, function, "Return the tensor, and print it after gd_run"))
        put_tensor(to, t, style);
    else
        put(to, gd_failed(g) ? gd_message(g) : "an error tensor, whose error was cleared");
}

static void print(const gd_tensor *t, gd_style style, FILE *to, const char *function)
{
    sink file = { .file = to };
    if (!to)
        return;
    put_tensor_or_message(&file, t, style, function);
    put_newlines(&file, 1);
}

static size_t format(const gd_tensor *t, gd_style style, char *text, size_t size, const char *function)
{
    sink buffer = { .text = text, .size = text ? size : 0 };
    put_tensor_or_message(&buffer, t, style, function);
    if (buffer.size > 0)
        text[buffer.length < size ? buffer.length : size - 1] = '\0';
    return buffer.length;
}

void gd_print(const gd_tensor *t, FILE *to)
{
    print(t, GD_STYLE_TORCH, to, "gd_print");
}

size_t gd_format(const gd_tensor *t, char *text, size_t size)
{
    return format(t, GD_STYLE_TORCH, text, size, "gd_format");
}

void gd_print_as(const gd_tensor *t, gd_style style, FILE *to)
{
    print(t, style, to, "gd_print_as");
}

size_t gd_format_as(const gd_tensor *t, gd_style style, char *text, size_t size)
{
    return format(t, style, text, size, "gd_format_as");
}
