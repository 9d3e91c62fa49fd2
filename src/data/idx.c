/* idx.c - the array format of MNIST, plain or by way of zlib. */
#include "gradus/data.h"

#include "io/number.h"

#include <zlib.h>

enum { MAGIC_SIZE = 4, SIZE_SIZE = 4 };

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
static bool open_gzip(gd_context *g, const char *path, gd__stream *stream)
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

/* Two zero bytes, the type, the number of dimensions. */
static const gd__kind *read_magic(gd__stream *stream, int *dims)
{
    unsigned char magic[MAGIC_SIZE] = { 0 };
    if (!gd__stream_read(stream, magic, sizeof magic))
        return NULL;
    const gd__kind *kind = gd__kind_idx(magic[2]);
    *dims = magic[3];
    if (magic[0] != 0 || magic[1] != 0)
        gd__malformed(stream, "Pass an IDX file, such as train-images-idx3-ubyte",
                      "it begins with %02x %02x, where IDX has 00 00", magic[0], magic[1]);
    else if (!kind)
        gd__malformed(stream, "Known are 08 (uint8), 09 (int8), 0b (int16), 0c (int32), 0d (float32), 0e (float64)",
                      "its numbers are of type %02x, which is not known", magic[2]);
    else if (*dims < 1 || *dims > GD_MAX_DIMS)
        gd__malformed(stream, "An array of 1 to 8 dimensions can be read", "it has %d dimensions", *dims);
    else
        return kind;
    return NULL;
}

static bool read_shape(gd__stream *stream, int dims, gd_dims *shape)
{
    unsigned char bytes[GD_MAX_DIMS * SIZE_SIZE] = { 0 };
    if (!gd__stream_read(stream, bytes, (size_t)dims * SIZE_SIZE))
        return false;
    shape->count = dims;
    for (int i = 0; i < dims; i++) {
        const unsigned char *at = bytes + i * SIZE_SIZE;
        shape->size[i] = (int64_t)at[0] << 24 | (int64_t)at[1] << 16 | (int64_t)at[2] << 8 | (int64_t)at[3];
    }
    return true;
}

/* Before memory is taken: can the file hold so many numbers? */
static bool fits(const gd__stream *stream, const gd__kind *kind, gd_dims shape)
{
    char text[GD__TEXT_SIZE];
    int64_t left = stream->size - stream->position, need = gd__bytes(kind, shape);
    if (need >= 0 && need <= left)
        return true;
    return gd__malformed(stream, "The file was cut short, or is damaged: get it anew",
                         "an array of shape %s with %zu bytes a number, but at most %lld bytes can follow the header",
                         gd__shape_text(shape, text), kind->size, (long long)left);
}

static gd_tensor *read_stream(gd__stream *stream)
{
    int dims = 0;
    gd_dims shape = { .count = 0 };
    const gd__kind *kind = read_magic(stream, &dims);
    if (!kind || !read_shape(stream, dims, &shape) || !fits(stream, kind, shape))
        return NULL;
    gd_tensor *t = gd__read_numbers(stream, kind, GD__BIG, shape);
    if (t && !gd__stream_ends(stream)) {
        gd__destroy(&t->object);
        return NULL;
    }
    return t;
}

static gd_tensor *read_file(gd_context *g, const char *path)
{
    gd__stream stream;
    if (!open_gzip(g, path, &stream))
        return NULL;
    gd_tensor *t = read_stream(&stream);
    gzclose(stream.source);
    return t;
}

gd_tensor *gd_idx_read(gd_context *g, const char *path)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_idx_read";
    gd_tensor *t = read_file(g, path);
    g->running = outer;
    return t ? t : gd__error_object(g);
}
