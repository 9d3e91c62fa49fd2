/* npy.h - NumPy's array format. */
#ifndef GRADUS_SRC_IO_NPY_H
#define GRADUS_SRC_IO_NPY_H

#include "io/number.h"

/* What stands before the numbers: a magic string, a version, a length, and a Python dict as text. */
typedef struct gd__npy_header {
    const gd__kind *kind;
    gd__order order;
    bool fortran; /* the first index runs fastest */
    gd_dims shape;
} gd__npy_header;

/* Reads the dict. False with the error set. `text` needs no end mark. */
bool gd__npy_parse(const gd__stream *stream, const char *text, size_t length, gd__npy_header *header);

/* Writes all that stands before the numbers of `t`; returns how many bytes that is. */
enum { GD__NPY_HEADER_ROOM = 512 };
size_t gd__npy_header_of(const gd_tensor *t, char *text);

/* The array that the stream holds from its first byte to its last, as NumPy's magic promises; its size
 * must be known. NULL with the error set. */
gd_tensor *gd__npy_read(gd__stream *stream);

/* The first bytes of every .npy file. */
enum { GD__NPY_MAGIC_SIZE = 6 };
extern const char gd__npy_magic[GD__NPY_MAGIC_SIZE];

#endif
