/* gzip.c - a stream of a file that may be gzip-compressed, by way of zlib. */
#include "io/stream.h"

#include <zlib.h>

static const char *gzip_why(int code)
{
    return code == Z_BUF_ERROR   ? "its gzip data was cut short"
           : code == Z_MEM_ERROR ? "memory could not be had"
           : code == Z_ERRNO     ? "the disk reports an error"
                                 : "its gzip data is damaged";
}

/* A file that was cut short gives what there is, and only then an error. */
static int64_t pull_gzip(gd__stream *stream, void *to, size_t size)
{
    size_t most = (size_t)1 << 30;
    int code = Z_OK, had = gzread(stream->source, to, (unsigned)(size < most ? size : most));
    if (had > 0)
        return had;
    gzerror(stream->source, &code);
    if (had == 0 && code == Z_OK)
        return 0;
    stream->why = gzip_why(code);
    return -1;
}

/* zlib tells gzip data and others apart by their first bytes, and hands others through. It then owns the
 * file's descriptor. */
bool gd__gzip_open(gd_context *g, const char *path, gd__stream *stream)
{
    if (!gd__stream_open(g, path, stream))
        return false;
    stream->source = gzdopen(stream->file, "rb");
    if (!stream->source) {
        gd__stream_close(stream);
        gd__fail(g, (gd__fault){ .status = GD_ERROR_MEMORY, .remedy = "Free memory" },
                 "zlib found no memory to read '%s'", path);
        return false;
    }
    stream->file = -1;
    stream->pull = pull_gzip;
    gzbuffer(stream->source, 1 << 17);
    if (!gzdirect(stream->source) && __builtin_mul_overflow(stream->size, GD__DEFLATE_RATIO, &stream->size))
        stream->size = INT64_MAX;
    return true;
}

void gd__gzip_close(gd__stream *stream)
{
    gzclose(stream->source);
}
