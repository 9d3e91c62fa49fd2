/* replace.h - writing a file whole or not at all. */
#ifndef GRADUS_SRC_IO_REPLACE_H
#define GRADUS_SRC_IO_REPLACE_H

#include "base/context.h"

#include <stdio.h>

/* A file on its way: it is written as `temporary`, and messages call it `path`. */
typedef struct gd__output {
    gd_context *context;
    const char *path;
    char *temporary;
} gd__output;

/* Has `write` fill an empty temporary file beside `path`, flushes it to the disk, and renames it to
 * `path`. On any failure, which sets the error, the file that was there stays and the temporary is
 * removed. */
typedef bool gd__file_writer(const gd__output *output, void *user);
bool gd__replace_file(gd_context *g, const char *path, gd__file_writer *write, void *user);

/* The temporary file, opened to be written; NULL with the error set. */
FILE *gd__output_open(const gd__output *output);

/* Closes it. False with the error set where anything written to it was refused. */
bool gd__output_close(const gd__output *output, FILE *file);

/* Sets GD_ERROR_FILE: "'path' can't be written: why". Returns false. */
bool gd__output_failed(const gd__output *output, const char *why);

#endif
