/* csv_write.c - a tensor as a table of text. */
#include "io/csv.h"

#include "base/text.h"
#include "io/replace.h"

#include <string.h>

static void write_name(FILE *file, const char *name, char separator)
{
    bool quoted = !*name || strchr(name, separator) || strpbrk(name, "\"\r\n") || *name == ' ' || *name == '\t' ||
                  strchr(" \t", name[strlen(name) - 1]);
    if (!quoted) {
        fputs(name, file);
        return;
    }
    putc('"', file);
    for (; *name; name++)
        fputs(*name == '"' ? "\"\"" : (const char[]){ *name, '\0' }, file);
    putc('"', file);
}

static void write_names(FILE *file, const gd_csv_write_options *o)
{
    for (int i = 0; o->names && o->names[i]; i++) {
        if (i > 0)
            putc(o->separator, file);
        write_name(file, o->names[i], o->separator);
    }
    if (o->names)
        putc('\n', file);
}

static void write_number(FILE *file, gd_dtype dtype, const void *at)
{
    char text[GD__NUMBER_SIZE];
    if (gd__is_float(dtype))
        fputs(gd__shortest_text(gd__load(dtype, at), dtype == GD_FLOAT32, text), file);
    else
        fprintf(file, "%lld", (long long)(dtype == GD_INT64 ? *(const int64_t *)at : *(const uint8_t *)at));
}

static int64_t columns_of(const gd_tensor *t)
{
    return t->ndim == 2 ? t->shape[1] : 1;
}

typedef struct table {
    FILE *file;
    const gd_csv_write_options *options;
    int64_t column; /* of the next number */
} table;

static void write_element(void *user, void *element)
{
    table *at = user;
    const gd_tensor *t = at->options->tensor;
    if (at->column > 0)
        putc(at->options->separator, at->file);
    write_number(at->file, (gd_dtype)t->dtype, element);
    at->column = at->column + 1 < columns_of(t) ? at->column + 1 : 0;
    if (at->column == 0)
        putc('\n', at->file);
}

static bool write_table(const gd__output *output, void *user)
{
    table at = { .file = gd__output_open(output), .options = user };
    if (!at.file)
        return false;
    write_names(at.file, at.options);
    gd__each(at.options->tensor, write_element, &at);
    return gd__output_close(output, at.file);
}

static bool names_fit(const gd_csv_write_options *o)
{
    int64_t count = 0, columns = columns_of(o->tensor);
    while (o->names && o->names[count])
        count++;
    if (!o->names || count == columns)
        return true;
    gd__fail(o->tensor->object.context,
             (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Name each column, and put NULL behind the last name" },
             "%lld names for %lld columns", (long long)count, (long long)columns);
    return false;
}

static bool check(const gd_csv_write_options *o)
{
    char text[GD__TEXT_SIZE];
    gd_context *g = o->tensor->object.context;
    if (o->tensor->ndim != 1 && o->tensor->ndim != 2)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "gd_reshape it to rows and columns" },
                 "a table has one dimension or two, not %s", gd__describe(o->tensor, text));
    else if (!gd__csv_separates(o->separator))
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Use ',', ';' or '\\t'" },
                 "the separator is '%c'", o->separator);
    else
        return names_fit(o);
    return false;
}

bool gd_csv_write_with(gd_csv_write_options options)
{
    gd_context *g = gd__context(options.tensor);
    if (!gd__usable(g, options.tensor, "gd_csv_write", "the tensor") || g->failed)
        return false;
    options.separator = options.separator ? options.separator : ',';
    const char *outer = g->running;
    g->running = "gd_csv_write";
    bool good = check(&options) && gd__replace_file(g, options.path, write_table, &options);
    g->running = outer;
    return good;
}
