/* csv.h - a table of text, row by row: its fields, the names of its columns, its numbers. */
#ifndef GRADUS_SRC_IO_CSV_H
#define GRADUS_SRC_IO_CSV_H

#include "gradus/io.h"

#include "base/names.h"
#include "io/stream.h"
#include "tensor/tensor.h"

enum { GD__CSV_BLOCK = 4096, GD__CSV_ROW_MOST = 1 << 24 };

typedef struct gd__csv_field {
    int start;    /* in the row's text */
    int64_t line; /* that it begins in, from 1 on */
    bool quoted;
} gd__csv_field;

typedef struct gd__csv {
    gd__stream stream;
    const gd_csv_options *options;
    char separator, decimal;
    char block[GD__CSV_BLOCK]; /* of the file */
    int at, had;               /* in the block: the next byte, how many there are */
    int64_t line;              /* that is being read */
    char *text;                /* of the row: its fields, NUL behind each */
    int used, room;
    gd__csv_field *field;
    int count, field_room;
    gd__names header; /* the names of the columns; empty where they have none */
    int columns;
    bool first_waits; /* the first row was looked at and is a row of fields */
} gd__csv;

typedef enum gd__csv_row { GD__CSV_FAILED = -1, GD__CSV_END, GD__CSV_ROW } gd__csv_row;

/* Opens the file, reads its first row, and finds the names of the columns. False with the error set; gd__csv_close is
 * called only after true. The options stay the caller's. */
bool gd__csv_open(gd__csv *csv, const gd_csv_options *options);
void gd__csv_close(gd__csv *csv);

/* Can this part the fields of a row? */
bool gd__csv_separates(char separator);

/* The next row, of as many fields as there are columns. */
gd__csv_row gd__csv_next(gd__csv *csv);

/* A field of the row as text. */
static inline const char *gd__csv_text(const gd__csv *csv, int column)
{
    return csv->text + csv->field[column].start;
}

/* The same for one that stands for a class: not missing (in quotes, none is but ""), and UTF-8; NULL with the error
 * set. */
const char *gd__csv_label(const gd__csv *csv, int column);

/* Puts a field of the row as a number of this float dtype. False with the error set. */
bool gd__csv_number(const gd__csv *csv, int column, gd_dtype dtype, void *to);

/* Sets GD_ERROR_FORMAT with the file's name, line and column before the text. Returns false. */
bool gd__csv_fault(const gd__csv *csv, int64_t line, int column, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* What to do about bytes that are no text. */
extern const char gd__csv_as_text[];

/* Sets GD_ERROR_FORMAT for a table without a row. Returns false. */
bool gd__csv_no_rows(const gd__csv *csv);

/* ---- columns ---- */

/* All zero: none. */
typedef struct gd__csv_columns {
    int *at;
    int count, capacity;
} gd__csv_columns;

/* Adds the columns of an option's list. False with the error set. */
bool gd__csv_find(const gd__csv *csv, const char *option, const char *list, gd__csv_columns *to);

/* Adds the columns that the options choose but for those of `without`: one at least. False with the error set. */
bool gd__csv_choose(const gd__csv *csv, const gd__csv_columns *without, gd__csv_columns *to);

void gd__csv_columns_free(gd_context *g, gd__csv_columns *columns);

/* ---- rows of numbers ---- */

/* They grow as they come. dtype and width are set first, the others zero. */
typedef struct gd__csv_rows {
    gd_dtype dtype;
    int width;
    char *numbers;
    int count, capacity;
} gd__csv_rows;

/* Room for one row more; NULL with the error set. */
void *gd__csv_rows_next(gd_context *g, gd__csv_rows *rows);

/* Adds the numbers of the row in these columns. False with the error set. */
bool gd__csv_rows_add(const gd__csv *csv, const gd__csv_columns *columns, gd__csv_rows *rows);

/* A tensor (rows, width), or (rows,) where `flat`; NULL with the error set. */
gd_tensor *gd__csv_rows_tensor(gd_context *g, const gd__csv_rows *rows, bool flat);

void gd__csv_rows_free(gd_context *g, gd__csv_rows *rows);

#endif
