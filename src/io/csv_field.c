/* csv_field.c - a field of a table as a class label or as a number, and what is said of one that is neither. */
#include "io/csv.h"

#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char gd__csv_as_text[] = "Save the table as text in UTF-8";

bool gd__csv_fault(const gd__csv *csv, int64_t line, int column, const char *remedy, const char *format, ...)
{
    char what[240], name[80] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    if (column < csv->header.count)
        snprintf(name, sizeof name, " ('%.60s')", csv->header.name[column]);
    return gd__malformed(&csv->stream, remedy, "line %lld, column %d%s: %s", (long long)line, column, name, what);
}

/* What is wrong with a field of the row: the text, and the words behind it. */
static bool refuse(const gd__csv *csv, int column, const char *what, const char *remedy)
{
    return gd__csv_fault(csv, csv->field[column].line, column, remedy, "'%.60s' %s", gd__csv_text(csv, column), what);
}

static bool is_missing(const gd__csv *csv, const char *text)
{
    const char *na = csv->options->na;
    return !*text || strcmp(text, "NA") == 0 || gd__is_word(text, "nan") || (na && strcmp(text, na) == 0);
}

const char *gd__csv_label(const gd__csv *csv, int column)
{
    const char *text = gd__csv_text(csv, column);
    if (!*text || (!csv->field[column].quoted && is_missing(csv, text)))
        refuse(csv, column, "stands where a class label is expected",
               "Leave such rows out; a class of that name stands in quotes");
    else if (!gd__is_utf8(text))
        refuse(csv, column, "is not UTF-8", gd__csv_as_text);
    else
        return text;
    return NULL;
}

static bool refuse_number(const gd__csv *csv, int column, gd_dtype dtype, gd__reading reading)
{
    if (reading == GD__NOT_A_NUMBER)
        return refuse(
            csv, column, "is no number",
            "Leave columns of text out with .columns or .ignore; .separator, .decimal and .header say how the "
            "table is written");
    if (dtype == GD_FLOAT32)
        return refuse(csv, column, "is beyond the range of float32",
                      "Read it with .dtype = GD_FLOAT64, or in another unit");
    return refuse(csv, column, "is beyond the range of float64",
                  "Read it in another unit, or leave the column out with .ignore");
}

bool gd__csv_number(const gd__csv *csv, int column, gd_dtype dtype, void *to)
{
    const char *text = gd__csv_text(csv, column);
    double value = NAN;
    bool missing = is_missing(csv, text);
    if (missing && !csv->options->missing)
        return refuse(csv, column, "stands where a number is expected",
                      "Set .missing to have NaN there, or leave the row or the column out");
    gd__reading reading = missing ? GD__IS_NUMBER : gd__read_number(text, csv->decimal, &value);
    if (reading == GD__IS_NUMBER && dtype == GD_FLOAT32 && isfinite(value) && isinf((float)value))
        reading = GD__BEYOND_RANGE;
    if (reading != GD__IS_NUMBER)
        return refuse_number(csv, column, dtype, reading);
    gd__store(dtype, to, value);
    return true;
}
