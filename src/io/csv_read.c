/* csv_read.c - columns of a table chosen, and their numbers gathered into a tensor. */
#include "io/csv.h"

#include <stdio.h>
#include <string.h>

/* ---- columns ---- */

static bool add_column(gd_context *g, gd__csv_columns *columns, int column)
{
    if (!gd__grow(g, (void **)&columns->at, &columns->capacity, columns->count + 1, sizeof *columns->at))
        return false;
    columns->at[columns->count++] = column;
    return true;
}

static bool has_column(const gd__csv_columns *columns, int column)
{
    for (int i = 0; i < columns->count; i++) {
        if (columns->at[i] == column)
            return true;
    }
    return false;
}

void gd__csv_columns_free(gd_context *g, gd__csv_columns *columns)
{
    gd__free(g, columns->at, (size_t)columns->capacity * sizeof *columns->at);
    *columns = (gd__csv_columns){ .at = NULL };
}

/* A column by its number, from the end where it is negative; -1 where there is none such. */
static int numbered(const gd__csv *csv, const char *text, size_t length)
{
    int number = 0;
    bool negative = length > 1 && *text == '-';
    for (size_t i = negative; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || number > csv->columns)
            return -1;
        number = 10 * number + (text[i] - '0');
    }
    number = negative ? csv->columns - number : number;
    return length > 0 && number < csv->columns ? number : -1;
}

/* A column by its name; -1 where there is none such. How many there are of the name is counted too. */
static int named(const gd__csv *csv, const char *text, size_t length, int *count)
{
    int found = -1;
    *count = 0;
    for (int i = 0; i < csv->header.count; i++) {
        const char *name = csv->header.name[i];
        if (strlen(name) != length || memcmp(name, text, length) != 0)
            continue;
        found = i;
        ++*count;
    }
    return found;
}

static bool no_column(const gd__csv *csv, const char *option, const char *text, size_t length, int count)
{
    char names[GD__NAMES_SIZE];
    int shown = length < 60 ? (int)length : 60;
    gd__fault fault = { .status = GD_ERROR_VALUE,
                        .remedy = "Name a column, or give its number; commas part several" };
    if (count > 1)
        gd__fail(csv->stream.context, fault, "'%.100s': %d columns are named '%.*s' (%s)", csv->stream.name, count,
                 shown, text, option);
    else if (csv->header.count > 0)
        gd__fail(csv->stream.context, fault, "'%.100s' has no column '%.*s' (%s); it has: %s", csv->stream.name,
                 shown, text, option, gd__names_text(&csv->header, names));
    else
        gd__fail(csv->stream.context, fault, "'%.100s' has no column '%.*s' (%s); it has %d, without names",
                 csv->stream.name, shown, text, option, csv->columns);
    return false;
}

bool gd__csv_find(const gd__csv *csv, const char *option, const char *list, gd__csv_columns *to)
{
    for (bool more = true; more;) {
        int count;
        list += strspn(list, " ");
        size_t length = strcspn(list, ","), name = length;
        while (name > 0 && list[name - 1] == ' ')
            name--;
        int column = named(csv, list, name, &count);
        if (count == 0)
            column = numbered(csv, list, name);
        if (count > 1 || column < 0)
            return no_column(csv, option, list, name, count);
        if (!add_column(csv->stream.context, to, column))
            return false;
        more = list[length] == ',';
        list += length + more;
    }
    return true;
}

static bool all_columns(const gd__csv *csv, gd__csv_columns *to)
{
    for (int i = 0; i < csv->columns; i++) {
        if (!add_column(csv->stream.context, to, i))
            return false;
    }
    return true;
}

static void leave_out(gd__csv_columns *columns, const gd__csv_columns *without)
{
    int kept = 0;
    for (int i = 0; i < columns->count; i++) {
        if (!has_column(without, columns->at[i]))
            columns->at[kept++] = columns->at[i];
    }
    columns->count = kept;
}

bool gd__csv_choose(const gd__csv *csv, const gd__csv_columns *without, gd__csv_columns *to)
{
    gd_context *g = csv->stream.context;
    const gd_csv_options *o = csv->options;
    gd__csv_columns ignored = { .at = NULL };
    bool good = (o->columns ? gd__csv_find(csv, ".columns", o->columns, to) : all_columns(csv, to)) &&
                (!o->ignore || gd__csv_find(csv, ".ignore", o->ignore, &ignored));
    leave_out(to, without);
    leave_out(to, &ignored);
    gd__csv_columns_free(g, &ignored);
    if (good && to->count == 0)
        gd__fail(g,
                 (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Choose others; .separator says what parts them" },
                 "no column of '%.100s' is left, of the %d that it has", csv->stream.name, csv->columns);
    return good && to->count > 0;
}

/* ---- rows ---- */

void *gd__csv_rows_next(gd_context *g, gd__csv_rows *rows)
{
    size_t size = (size_t)rows->width * gd_dtype_size(rows->dtype);
    if (rows->count == INT32_MAX - 1) {
        gd__fail(g, (gd__fault){ .status = GD_ERROR_FORMAT, .remedy = "Read it in parts" },
                 "the table has more than %d rows", rows->count);
        return NULL;
    }
    if (!gd__grow(g, (void **)&rows->numbers, &rows->capacity, rows->count + 1, size))
        return NULL;
    return rows->numbers + size * (size_t)rows->count++;
}

bool gd__csv_rows_add(const gd__csv *csv, const gd__csv_columns *columns, gd__csv_rows *rows)
{
    char *to = gd__csv_rows_next(csv->stream.context, rows);
    bool good = to != NULL;
    for (int i = 0; good && i < columns->count; i++)
        good = gd__csv_number(csv, columns->at[i], rows->dtype, to + (size_t)i * gd_dtype_size(rows->dtype));
    return good;
}

gd_tensor *gd__csv_rows_tensor(gd_context *g, const gd__csv_rows *rows, bool flat)
{
    gd_dims shape = { .count = flat ? 1 : 2, .size = { rows->count, rows->width } };
    gd_tensor *t = gd__tensor(g, &(gd__meta){ .dtype = rows->dtype, .shape = shape });
    if (t && t->numel > 0)
        memcpy(t->data, rows->numbers, (size_t)t->numel * gd_dtype_size(rows->dtype));
    return t;
}

void gd__csv_rows_free(gd_context *g, gd__csv_rows *rows)
{
    gd__free(g, rows->numbers, (size_t)rows->capacity * (size_t)rows->width * gd_dtype_size(rows->dtype));
    rows->numbers = NULL;
}

/* ---- the table as a tensor ---- */

static gd_tensor *read_rows(gd__csv *csv, const gd__csv_columns *columns)
{
    gd_context *g = csv->stream.context;
    gd__csv_rows rows = { .dtype = gd__dtype(g, csv->options->dtype), .width = columns->count };
    gd__csv_row row;
    while ((row = gd__csv_next(csv)) == GD__CSV_ROW && gd__csv_rows_add(csv, columns, &rows))
        continue;
    bool good = row == GD__CSV_END && (rows.count > 0 || gd__csv_no_rows(csv));
    gd_tensor *t = good ? gd__csv_rows_tensor(g, &rows, false) : NULL;
    gd__csv_rows_free(g, &rows);
    return t;
}

static gd_tensor *read_table(const gd_csv_options *options)
{
    gd__csv csv;
    gd__csv_columns none = { .at = NULL }, columns = { .at = NULL };
    if (!gd__csv_open(&csv, options))
        return NULL;
    gd_tensor *t = gd__csv_choose(&csv, &none, &columns) ? read_rows(&csv, &columns) : NULL;
    gd__csv_columns_free(options->context, &columns);
    gd__csv_close(&csv);
    return t;
}

gd_tensor *gd_csv_read_with(gd_csv_options options)
{
    gd_context *g = options.context;
    if (!g || g->stand_in)
        return gd__error_object(g);
    if (options.target || options.as || options.classes)
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_csv_read", "gd_dataset_csv takes targets" },
                        "a table read as one tensor has no .target, .as or .classes");
    const char *outer = g->running;
    g->running = "gd_csv_read";
    gd_tensor *t = read_table(&options);
    g->running = outer;
    return t ? t : gd__error_object(g);
}
