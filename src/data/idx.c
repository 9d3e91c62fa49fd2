/* idx.c - the array format of MNIST, plain or by way of zlib. */
#include "gradus/data.h"

#include "io/number.h"

enum { MAGIC_SIZE = 4, SIZE_SIZE = 4 };

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
    if (!gd__gzip_open(g, path, &stream))
        return NULL;
    gd_tensor *t = read_stream(&stream);
    gd__gzip_close(&stream);
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
