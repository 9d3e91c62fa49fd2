/* archive.h - tensors with names, and the formats that hold them. */
#ifndef GRADUS_SRC_IO_ARCHIVE_H
#define GRADUS_SRC_IO_ARCHIVE_H

#include "gradus/io.h"

#include "base/names.h"
#include "io/replace.h"
#include "io/stream.h"
#include "tensor/tensor.h"

typedef struct gd__entry {
    const char *name;  /* the archive's */
    gd_tensor *tensor; /* lives in the archive's scope, or one around it */
} gd__entry;

typedef struct gd__note {
    char *key, *value;
} gd__note;

struct gd_archive {
    gd__object object;
    gd__entry *entries;
    int count, capacity;
    gd__note *notes;
    int note_count, note_capacity;
    gd__names names; /* of the entries, in their order */
};

/* Adds an entry. False with the error set; the tensor then stays the caller's. */
bool gd__archive_put(gd_archive *archive, const char *name, gd_tensor *t);

/* The entry's index, or -1. */
int gd__archive_find(const gd_archive *archive, const char *name);

/* The same for a tensor just read, which takes the name too; after a failure it is gone. NULL is allowed
 * for one that could not be read. */
bool gd__archive_take(gd_archive *archive, const char *name, gd_tensor *t);

/* Adds a note of a key that is new. False with the error set. */
bool gd__archive_add_note(gd_archive *archive, const char *key, const char *value);

/* Fill an empty archive from the stream, which stands at its start. False with the error set. */
bool gd__npz_read(gd_archive *archive, gd__stream *stream);
bool gd__safetensors_read(gd_archive *archive, gd__stream *stream);

/* Write an archive (`user`) as one format or the other. */
gd__file_writer gd__npz_write, gd__safetensors_write;

#endif
