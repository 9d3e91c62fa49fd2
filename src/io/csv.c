/* csv.c - the text of a table taken apart: bytes, lines, fields, rows, and the names in the first of them. */
#include "io/csv.h"

#include "base/text.h"

#include <string.h>

/* What stands in the place of a byte. */
enum { END = -1, FAILED = -2 };

/* ---- bytes ---- */

static int peek(gd__csv *csv)
{
    if (csv->at == csv->had) {
        int64_t had = gd__stream_some(&csv->stream, csv->block, sizeof csv->block);
        csv->at = 0;
        csv->had = had > 0 ? (int)had : 0;
        if (had <= 0)
            return had < 0 ? FAILED : END;
    }
    return (unsigned char)csv->block[csv->at];
}

static bool fault(const gd__csv *csv, const char *remedy, const char *what)
{
    return gd__malformed(&csv->stream, remedy, "line %lld: %s", (long long)csv->line, what);
}

/* Goes over one byte, or a line's end, which becomes one '\n'. */
static int take(gd__csv *csv)
{
    int byte = peek(csv);
    csv->at += byte >= 0;
    if (byte == '\r') {
        csv->at += peek(csv) == '\n';
        byte = '\n';
    }
    csv->line += byte == '\n';
    if (byte != 0)
        return byte;
    fault(csv, gd__csv_as_text, "there is a NUL byte, which no text has; UTF-16 would");
    return FAILED;
}

static void skip_mark(gd__csv *csv)
{
    if (peek(csv) >= 0 && csv->had >= 3 && memcmp(csv->block, "\xef\xbb\xbf", 3) == 0)
        csv->at = 3;
}

static bool is_space(const gd__csv *csv, int byte)
{
    return (byte == ' ' || byte == '\t') && byte != csv->separator;
}

static void skip_spaces(gd__csv *csv)
{
    while (is_space(csv, peek(csv)))
        csv->at++;
}

/* ---- fields ---- */

static bool add(gd__csv *csv, const char *bytes, int count)
{
    if (count > GD__CSV_ROW_MOST - csv->used)
        return fault(csv, "Look for a quote that is not closed", "the row is longer than 16 MiB");
    if (!gd__grow(csv->stream.context, (void **)&csv->text, &csv->room, csv->used + count, 1))
        return false;
    memcpy(csv->text + csv->used, bytes, (size_t)count);
    csv->used += count;
    return true;
}

/* Adds all bytes up to `stop` or one that take() must look at, over the ends of blocks. */
static bool add_up_to(gd__csv *csv, char stop)
{
    while (peek(csv) >= 0) {
        const char *from = csv->block + csv->at, *end = csv->block + csv->had, *to = from;
        while (to < end && *to != stop && *to != '\n' && *to != '\r' && *to != '\0')
            to++;
        csv->at = (int)(to - csv->block);
        if (to > from && !add(csv, from, (int)(to - from)))
            return false;
        if (to < end)
            break;
    }
    return true;
}

static bool begin_field(gd__csv *csv, bool quoted)
{
    if (!gd__grow(csv->stream.context, (void **)&csv->field, &csv->field_room, csv->count + 1, sizeof *csv->field))
        return false;
    csv->field[csv->count++] = (gd__csv_field){ csv->used, csv->line, quoted };
    return true;
}

static bool ends_field(const gd__csv *csv, int byte)
{
    return byte < 0 || byte == csv->separator || byte == '\n';
}

/* What ends the field is returned: it is gone over, too. */
static int read_plain(gd__csv *csv)
{
    int start = csv->used;
    if (!add_up_to(csv, csv->separator))
        return FAILED;
    while (csv->used > start && is_space(csv, csv->text[csv->used - 1]))
        csv->used--;
    int byte = take(csv);
    return byte != FAILED && add(csv, "", 1) ? byte : FAILED;
}

/* The field behind its opening quote, up to the closing one. */
static bool read_inside(gd__csv *csv)
{
    int64_t opened = csv->line;
    csv->at++;
    for (;;) {
        int byte = add_up_to(csv, '"') ? take(csv) : FAILED;
        if (byte == '"') {
            if (peek(csv) != '"')
                return true;
            csv->at++;
        }
        if (byte == END)
            return gd__malformed(&csv->stream, "Close it, or double it where it belongs to the text",
                                 "line %lld: a quote is opened and not closed", (long long)opened);
        if (byte == FAILED || !add(csv, &(char){ (char)byte }, 1))
            return false;
    }
}

static int read_quoted(gd__csv *csv)
{
    if (!read_inside(csv))
        return FAILED;
    skip_spaces(csv);
    int byte = take(csv);
    if (!ends_field(csv, byte)) {
        fault(csv, "Double a quote that belongs to the text", "text follows a closing quote");
        return FAILED;
    }
    return byte != FAILED && add(csv, "", 1) ? byte : FAILED;
}

static int read_field(gd__csv *csv)
{
    skip_spaces(csv);
    bool quoted = peek(csv) == '"';
    if (!begin_field(csv, quoted))
        return FAILED;
    return quoted ? read_quoted(csv) : read_plain(csv);
}

/* ---- rows ---- */

static bool is_blank(const gd__csv *csv)
{
    return csv->count == 1 && !csv->field[0].quoted && !*gd__csv_text(csv, 0);
}

static gd__csv_row read_row(gd__csv *csv)
{
    do {
        int end = peek(csv);
        if (end < 0)
            return end == END ? GD__CSV_END : GD__CSV_FAILED;
        csv->used = csv->count = 0;
        do
            end = read_field(csv);
        while (end == csv->separator);
        if (end == FAILED)
            return GD__CSV_FAILED;
    } while (is_blank(csv));
    return GD__CSV_ROW;
}

gd__csv_row gd__csv_next(gd__csv *csv)
{
    gd__csv_row row = csv->first_waits ? GD__CSV_ROW : read_row(csv);
    csv->first_waits = false;
    if (row != GD__CSV_ROW || csv->count == csv->columns)
        return row;
    gd__malformed(&csv->stream, "Fill the row up, or put a field that holds separators in quotes",
                  "line %lld: the row has %d fields, and the first row has %d", (long long)csv->field[0].line,
                  csv->count, csv->columns);
    return GD__CSV_FAILED;
}

bool gd__csv_no_rows(const gd__csv *csv)
{
    return gd__malformed(&csv->stream, "Pass a table that has rows", "it has no row%s",
                         csv->header.count > 0 ? " behind the names of its columns" : "");
}

/* ---- the first row ---- */

static bool is_header(const gd__csv *csv)
{
    double value;
    if (csv->options->header != GD_CSV_DETECT)
        return csv->options->header == GD_CSV_NAMES;
    for (int i = 0; i < csv->count; i++) {
        if (gd__read_number(gd__csv_text(csv, i), csv->decimal, &value) != GD__NOT_A_NUMBER)
            return false;
    }
    return true;
}

static bool take_header(gd__csv *csv)
{
    for (int i = 0; i < csv->count; i++) {
        const char *name = gd__csv_text(csv, i);
        if (!gd__is_utf8(name))
            return gd__csv_fault(csv, csv->field[i].line, i, gd__csv_as_text, "'%.60s' is not UTF-8", name);
        if (!gd__names_add(csv->stream.context, &csv->header, name))
            return false;
    }
    return true;
}

static bool read_first(gd__csv *csv)
{
    skip_mark(csv);
    gd__csv_row row = read_row(csv);
    if (row == GD__CSV_END)
        return gd__csv_no_rows(csv);
    csv->columns = csv->count;
    csv->first_waits = row == GD__CSV_ROW && !is_header(csv);
    return row == GD__CSV_ROW && (csv->first_waits || take_header(csv));
}

/* ---- opening ---- */

/* Nothing that a number, a word or a line is made of. */
bool gd__csv_separates(char separator)
{
    bool letter = (separator >= 'a' && separator <= 'z') || (separator >= 'A' && separator <= 'Z');
    return separator > 0 && separator < 0x7f && !letter && !strchr("\"\r\n+-.0123456789", separator);
}

static bool options_fit(const gd_csv_options *o, char separator, char decimal)
{
    gd__fault fault = { .status = GD_ERROR_VALUE, .remedy = "Use ',', ';' or '\\t'" };
    if (!gd__csv_separates(separator))
        gd__fail(o->context, fault, "the separator is '%c'", separator);
    else if ((decimal != '.' && decimal != ',') || decimal == separator) {
        fault.remedy = "Use '.' or ','; where it is ',', the separator is another";
        gd__fail(o->context, fault, "the decimal point is '%c', the separator '%c'", decimal, separator);
    } else if (o->header < GD_CSV_DETECT || o->header > GD_CSV_NO_NAMES) {
        fault.remedy = "Use GD_CSV_DETECT, GD_CSV_NAMES or GD_CSV_NO_NAMES";
        gd__fail(o->context, fault, "%d says nothing about the first row", (int)o->header);
    } else if (!gd__is_float(gd__dtype(o->context, o->dtype))) {
        fault = (gd__fault){ .status = GD_ERROR_DTYPE, .remedy = "Read float32 or float64, and gd_cast the tensor" };
        gd__fail(o->context, fault, "a table is not read as %s", gd_dtype_name(o->dtype));
    } else
        return true;
    return false;
}

bool gd__csv_open(gd__csv *csv, const gd_csv_options *options)
{
    *csv = (gd__csv){ .options = options, .line = 1 };
    csv->separator = options->separator ? options->separator : ',';
    csv->decimal = options->decimal ? options->decimal : '.';
    if (!options_fit(options, csv->separator, csv->decimal) ||
        !gd__gzip_open(options->context, options->path, &csv->stream))
        return false;
    if (read_first(csv))
        return true;
    gd__csv_close(csv);
    return false;
}

void gd__csv_close(gd__csv *csv)
{
    gd_context *g = csv->stream.context;
    gd__free(g, csv->text, (size_t)csv->room);
    gd__free(g, csv->field, (size_t)csv->field_room * sizeof *csv->field);
    gd__names_free(g, &csv->header);
    gd__gzip_close(&csv->stream);
}
