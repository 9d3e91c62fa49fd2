/* io.h - tensors in files: .npy, .npz, .safetensors and .csv.
 *
 *     gd_archive *a = gd_archive_new(g);
 *     gd_archive_add(a, "W1", w1);
 *     gd_archive_add(a, "b1", b1);
 *     gd_archive_write(a, "model.safetensors");
 *     ...
 *     gd_archive *b = gd_archive_read(g, "model.safetensors");
 *     gd_tensor *w = gd_archive_get(b, "W1");
 *
 * Files may come from anywhere: every reader checks sizes before it uses them, takes no more memory than
 * the file can justify, and refuses what it does not know with an error that lists what it does. Nothing
 * in a file is ever run.
 *
 * A file is written whole or not at all: into a temporary beside it, flushed to the disk, then renamed.
 * When anything fails the previous file stays as it was. Permissions of a replaced file are kept; a
 * symbolic link gives way to the file; a path that is neither free nor a regular file is refused.
 *
 * Numbers that Gradus has no dtype for are widened where nothing is lost:
 *     in the file (.npy, .safetensors)                        becomes
 *     b1 / BOOL                                               bool
 *     u1 / U8                                                 uint8
 *     i1 i2 i4 i8 u2 u4 / I8 I16 I32 I64 U16 U32              int64
 *     f2 f4 / F16 BF16 F32                                    float32
 *     f8 / F64                                                float64
 * Others (uint64, complex, strings, objects, records, 8-bit floats) are GD_ERROR_FORMAT. */
#ifndef GRADUS_IO_H
#define GRADUS_IO_H

#include <gradus/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------
 * One tensor: .npy
 * ------------------------------------------------------------------------------------------- */

/* The array of a .npy file (NumPy's format, versions 1.0, 2.0 and 3.0), either byte order, row-major or
 * Fortran order; the result is row-major and belongs to the current scope. GD_ERROR_FILE where the file
 * can't be read, GD_ERROR_FORMAT where it is not such a file, is cut short, goes on behind the array,
 * or has more than GD_MAX_DIMS dimensions.
 * Source of the format: the NumPy manual, numpy.lib.format. */
GD_API gd_tensor *gd_npy_read(gd_context *g, const char *path);

/* Writes the tensor, of any dtype and layout, as .npy version 1.0 in row-major order: byte for byte what
 * np.save writes of the same array. False on any error; does nothing while an error stands. */
GD_API bool gd_npy_write(gd_tensor *t, const char *path);

/* ---------------------------------------------------------------------------------------------
 * Tables: .csv
 *
 *     gd_tensor *x = gd_csv_read(g, "weather.csv", .columns = "temperature,rain", .separator = ';');
 *
 * A table is text in rows of fields, as RFC 4180 has it: fields may stand in quotes, and then hold separators, line
 * ends and doubled quotes. Lines end with LF, CRLF or CR; empty lines do not count; spaces around a field without
 * quotes do not count. The text is UTF-8, with or without its mark (BOM) at the start, plain or gzip-compressed.
 * Numbers are read the same in every locale, and rounded to the nearest. Errors name line, column and text.
 * ------------------------------------------------------------------------------------------- */

/* Does the first row hold the names of the columns? GD_CSV_DETECT: yes when none of its fields is a number. */
typedef enum gd_csv_header { GD_CSV_DETECT, GD_CSV_NAMES, GD_CSV_NO_NAMES } gd_csv_header;

/* What the target column of a data set becomes; see gd_dataset_csv.
 * GD_CSV_LABELS      class labels: whole numbers from 0 as they are; text as GD_CSV_SORTED
 * GD_CSV_SORTED      each text is a class; 0, 1, ... in the order of the sorted texts, numbers by value
 * GD_CSV_APPEARANCE  each text is a class; 0, 1, ... in the order in which they first come
 * GD_CSV_NUMBERS     numbers, for regression */
typedef enum gd_csv_target { GD_CSV_LABELS, GD_CSV_SORTED, GD_CSV_APPEARANCE, GD_CSV_NUMBERS } gd_csv_target;

/* How to read a table. Each zero is the default. Lists of columns are names with commas between them
 * ("height,width"); what is no column's name counts as its number, from 0 on, or from the end with -1 the last. */
typedef struct gd_csv_options {
    gd_context *context;
    const char *path;
    char separator;       /* ',' */
    char decimal;         /* the decimal point of numbers: '.' */
    gd_csv_header header; /* GD_CSV_DETECT */
    const char *columns;  /* these, in this order; NULL: all */
    const char *ignore;   /* but not these */
    bool missing;         /* a missing number becomes NaN; else it is an error */
    const char *na;       /* missing are "", "NA", "nan" in any case, and this text: "?" */
    gd_dtype dtype;       /* float32 or float64; the context's default */
    /* of gd_dataset_csv alone */
    const char *target;         /* the column of the targets, or for regression several; NULL: the last */
    gd_csv_target as;           /* GD_CSV_LABELS */
    const char *const *classes; /* the classes, NULL behind the last: others are an error. NULL: those of the file */
    char end;                   /* closes the list of initialisers */
} gd_csv_options;

/* The numbers of a table: (rows, columns), one row a line, float32 or float64. The tensor belongs to the current
 * scope. GD_ERROR_FILE where the file can't be read; GD_ERROR_FORMAT for a field that is no number of the dtype's
 * range, a missing one without .missing, rows of different lengths, no row, a quote that is not closed, bytes that
 * are no text, a row of more than 16 MiB; GD_ERROR_VALUE for a column that there is not, or an option that can't be.
 * gd_csv_read_with is the function behind the macro. */
#define gd_csv_read(...) gd_csv_read_with((gd_csv_options){ __VA_ARGS__, .end = 0 })
GD_API gd_tensor *gd_csv_read_with(gd_csv_options options);

typedef struct gd_csv_write_options {
    gd_tensor *tensor;
    const char *path;
    char separator;           /* ',' */
    const char *const *names; /* of the columns, NULL behind the last; NULL: no first row of names */
    char end;                 /* closes the list of initialisers */
} gd_csv_write_options;

/* Writes a tensor of one or two dimensions as a table, gd_csv_write(t, "table.csv", .names = names): one row a line,
 * and each number with as few digits as give it back when it is read; "nan", "inf" and "-inf". The file is replaced
 * only when all is written. GD_ERROR_SHAPE for other dimensions, GD_ERROR_VALUE where there are not as many names as
 * columns. False on any error; does nothing while an error stands. gd_csv_write_with is the function behind the
 * macro. */
#define gd_csv_write(...) gd_csv_write_with((gd_csv_write_options){ __VA_ARGS__, .end = 0 })
GD_API bool gd_csv_write_with(gd_csv_write_options options);

/* ---------------------------------------------------------------------------------------------
 * Many tensors with names: .npz and .safetensors
 * ------------------------------------------------------------------------------------------- */

/* Tensors with names, and notes (pairs of strings). An archive belongs to the scope it was made in, and
 * so do the tensors that it gives out. */
typedef struct gd_archive gd_archive;

/* Reads a .npz or .safetensors file whole; which of them it is, the first bytes say, not the name.
 * .npz: stored and deflated entries; each must be a .npy file, and its name is the entry's without
 * ".npy", as in NumPy. .safetensors: all rules of the format are held to (header of at most 100 MB, no
 * key twice, tensors that neither overlap nor leave a hole); its "__metadata__" are the notes.
 * Tensors come in the order of the file and bear their names (gd_name). Errors as for gd_npy_read;
 * then an error object, and nothing of the file stays in memory.
 * Sources of the formats: the NumPy manual (numpy.savez), PKWARE's APPNOTE.TXT, the safetensors
 * documentation ("Format"). */
GD_API gd_archive *gd_archive_read(gd_context *g, const char *path);

/* An empty archive. */
GD_API gd_archive *gd_archive_new(gd_context *g);

/* Adds the tensor under a name: UTF-8 text, and none that is there already (GD_ERROR_VALUE).
 * The numbers are shared, not copied: gd_archive_write writes them as they are by then, and they live as
 * long as the archive, even where the scope of t ends sooner. False on any error; does nothing while an
 * error stands. */
GD_API bool gd_archive_add(gd_archive *archive, const char *name, gd_tensor *t);

/* Writes all tensors; the end of the path names the format: ".npz" or ".safetensors", or it is
 * GD_ERROR_VALUE. The same content gives the same bytes.
 * .npz: stored entries in the order of adding, dated 1980-01-01 as NumPy dates them. It has no place for
 * notes: an archive with notes is GD_ERROR_VALUE there.
 * .safetensors: int64 first, then float64, float32, uint8, bool, by name within each, as the reference
 * implementation orders them. A tensor named "__metadata__" is GD_ERROR_VALUE there.
 * False on any error; does nothing while an error stands. */
GD_API bool gd_archive_write(gd_archive *archive, const char *path);

/* How many tensors there are; -1 on an error. */
GD_API int gd_archive_count(const gd_archive *archive);

/* The name of tensor `index`, counted from 0; "" with GD_ERROR_INDEX where there is none.
 * It belongs to the archive. */
GD_API const char *gd_archive_name(const gd_archive *archive, int index);

/* Tensor `index`, counted from 0; GD_ERROR_INDEX where there is none. It belongs to the archive's scope;
 * gd_keep takes it out, as any tensor. */
GD_API gd_tensor *gd_archive_tensor(const gd_archive *archive, int index);

/* The tensor of that name; an unknown one is GD_ERROR_VALUE, whose message lists the names there are.
 * Same ownership as gd_archive_tensor. */
GD_API gd_tensor *gd_archive_get(const gd_archive *archive, const char *name);

/* Is there a tensor of that name? Sets no error, but for an archive or name that can't be used. */
GD_API bool gd_archive_has(const gd_archive *archive, const char *name);

/* Notes: what safetensors calls "__metadata__". Sets the note `key`, or changes it; key and value are
 * UTF-8 text and copied. False on any error; does nothing while an error stands. */
GD_API bool gd_archive_set_note(gd_archive *archive, const char *key, const char *value);

/* The note's text, "" where there is none of that key. It belongs to the archive, until it is changed. */
GD_API const char *gd_archive_note(const gd_archive *archive, const char *key);

/* How many notes there are (-1 on an error), and the key of note `index` ("" with GD_ERROR_INDEX where
 * there is none), which belongs to the archive. */
GD_API int gd_archive_note_count(const gd_archive *archive);
GD_API const char *gd_archive_note_key(const gd_archive *archive, int index);

#ifdef __cplusplus
}
#endif
#endif
