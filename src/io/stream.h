/* stream.h - bytes that come one after the other: of a file, of an entry of a zip, of a gzip file.
 *
 * Readers are written against this alone, and trust nothing that they read. */
#ifndef GRADUS_SRC_IO_STREAM_H
#define GRADUS_SRC_IO_STREAM_H

#include "base/context.h"

/* Deflate, of zip and gzip, spends two bits at least on 258 bytes: this many times as long at most is what
 * it unpacks to. */
enum { GD__DEFLATE_RATIO = 1032 };

typedef struct gd__stream gd__stream;

struct gd__stream {
    gd_context *context;
    const char *name; /* as messages call it; the caller's */
    int64_t size;     /* bytes that there are, or, where that is not known, the most there can be */
    int64_t position;
    int64_t (*pull)(gd__stream *, void *to, size_t size); /* bytes had, 0 at the end, -1 with ->why set */
    const char *why;                                      /* a read failed */
    void *source;                                         /* what pull reads from, where it is no file */
    int file;                                             /* a file descriptor, -1 for none */
};

/* Opens a regular file. False with GD_ERROR_FILE; gd__stream_close is called only after true. */
bool gd__stream_open(gd_context *g, const char *path, gd__stream *stream);
void gd__stream_close(gd__stream *stream);

/* The same for a file that may be gzip-compressed: its content says so. */
bool gd__gzip_open(gd_context *g, const char *path, gd__stream *stream);
void gd__gzip_close(gd__stream *stream);

/* Up to `size` bytes: how many, 0 at the end, -1 with the error set. */
int64_t gd__stream_some(gd__stream *stream, void *to, size_t size);

/* Exactly `size` bytes; false with the error set where there are fewer. */
bool gd__stream_read(gd__stream *stream, void *to, size_t size);

/* The same in two halves. The first sets no error, so it may run beside others, each with a stream of its own: it returns how
 * many of `size` bytes were had. The second, on the caller's thread, tells whether these were all, or sets the error. */
size_t gd__stream_pull(gd__stream *stream, void *to, size_t size);
bool gd__stream_had(const gd__stream *stream, size_t had, size_t size);

/* True when nothing follows (and a checksum, where there is one, was right); else the error is set. */
bool gd__stream_ends(gd__stream *stream);

/* Sets GD_ERROR_FORMAT with the stream's name before the text. Bytes of the file may stand in the text:
 * control characters are shown as '?'. Returns false. */
bool gd__malformed(const gd__stream *stream, const char *remedy, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What an errno says, in English whatever the locale. */
const char *gd__errno_text(int error);

#endif
