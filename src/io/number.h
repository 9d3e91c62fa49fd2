/* number.h - numbers as files hold them, and how they become a tensor's. */
#ifndef GRADUS_SRC_IO_NUMBER_H
#define GRADUS_SRC_IO_NUMBER_H

#include "io/stream.h"
#include "tensor/tensor.h"

/* Makes `count` numbers of a file into those of a tensor. `from` may be the far end of the block `to`. */
typedef void gd__widen(char *to, const char *from, int64_t count);

/* One kind of number. A kind without a name in a format does not occur there. */
typedef struct gd__kind {
    const char *npy;         /* "f4", as NumPy writes it behind the byte order */
    const char *safetensors; /* "F32" */
    int idx;                 /* IDX's type byte, 0 for none */
    size_t size;             /* bytes in the file */
    gd_dtype dtype;          /* what it becomes */
    gd__widen *widen;        /* NULL: the bytes are the number's own */
} gd__kind;

/* The kind that a file names; NULL for one that is not known. */
const gd__kind *gd__kind_npy(const char *name);
const gd__kind *gd__kind_safetensors(const char *name);
const gd__kind *gd__kind_idx(int type);

/* The kind that a dtype is written as. */
const gd__kind *gd__kind_of(gd_dtype dtype);

/* The bytes that an array takes in a file; -1 for a shape that can't be, also one whose zero hides it. */
int64_t gd__bytes(const gd__kind *kind, gd_dims shape);

typedef enum gd__order { GD__LITTLE, GD__BIG } gd__order;

/* The byte order of this machine. */
gd__order gd__host_order(void);

/* Reverses the bytes of each of `count` numbers of `size` bytes. */
void gd__swap(char *numbers, size_t size, int64_t count);

/* A new tensor with the stream's next numbers, in row-major order; NULL with the error set. The caller
 * has checked that the stream can hold so many. */
gd_tensor *gd__read_numbers(gd__stream *stream, const gd__kind *kind, gd__order order, gd_dims shape);

/* The same in three parts, so that several streams can be read at the same time. */
typedef struct gd__transfer {
    gd__stream *stream;
    const gd__kind *kind;
    gd__order order;
    gd_tensor *t;
    size_t had; /* bytes */
} gd__transfer;

/* Makes the tensor; false with the error set. */
bool gd__transfer_begin(gd__transfer *r, gd__stream *stream, const gd__kind *kind, gd__order order, gd_dims shape);

/* Reads. Sets no error and asks for no memory, so it may run beside others. */
void gd__transfer_run(gd__transfer *r);

/* False with the error set where not all was there. The tensor is the caller's then as well. */
bool gd__transfer_end(const gd__transfer *r);

/* The same numbers in row-major order: the tensor itself where they lie so, or else a copy in the
 * current scope; NULL with the error set. */
gd_tensor *gd__row_major(gd_tensor *t);

#endif
