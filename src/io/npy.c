#include "io/npy.h"
#include "io/replace.h"

#include "gradus/io.h"

#include <string.h>

enum { HEADER_MAX = 65535 };

/* The length of the header's text: two bytes in version 1, four in 2 and 3, low byte first. */
static bool read_length(gd__stream *stream, size_t *length)
{
    unsigned char start[GD__NPY_MAGIC_SIZE + 2], bytes[4] = { 0 };
    if (!gd__stream_read(stream, start, sizeof start))
        return false;
    if (memcmp(start, gd__npy_magic, GD__NPY_MAGIC_SIZE) != 0)
        return gd__malformed(stream, "Only arrays as numpy.save and numpy.savez write them are read",
                             "it does not begin as a .npy file does");
    int version = start[GD__NPY_MAGIC_SIZE];
    if (version < 1 || version > 3 || start[GD__NPY_MAGIC_SIZE + 1] != 0)
        return gd__malformed(stream, "Known are versions 1.0, 2.0 and 3.0", "it is .npy of version %d.%d", version,
                             start[GD__NPY_MAGIC_SIZE + 1]);
    if (!gd__stream_read(stream, bytes, version == 1 ? 2 : 4))
        return false;
    *length = bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
    if (*length <= HEADER_MAX && (int64_t)*length <= stream->size - stream->position)
        return true;
    return gd__malformed(stream, "The file is damaged: get it anew", "its header is said to have %zu bytes", *length);
}

static bool read_header(gd__stream *stream, gd__npy_header *header)
{
    size_t length = 0;
    if (!read_length(stream, &length))
        return false;
    char *text = gd__alloc(stream->context, length + 1);
    bool good = text && gd__stream_read(stream, text, length) && gd__npy_parse(stream, text, length, header);
    if (text)
        gd__free(stream->context, text, length + 1);
    return good;
}

/* The shape must hold as many numbers as bytes are left: this bounds what is allocated for it. */
static bool fits(const gd__stream *stream, const gd__npy_header *header)
{
    char text[GD__TEXT_SIZE];
    int64_t left = stream->size - stream->position;
    if (gd__bytes(header->kind, header->shape) == left)
        return true;
    return gd__malformed(stream, "The file is damaged, cut short, or holds more than one array",
                         "an array of shape %s with %zu bytes a number, but %lld bytes follow the header",
                         gd__shape_text(header->shape, text), header->kind->size, (long long)left);
}

/* The numbers of a Fortran array in row-major order: `t` holds them with its dimensions reversed, and goes. */
static gd_tensor *reorder(gd_tensor *t)
{
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = { .count = t->ndim } };
    for (int i = 0; i < t->ndim; i++) {
        meta.shape.size[i] = t->shape[t->ndim - 1 - i];
        meta.stride[i] = t->stride[t->ndim - 1 - i];
    }
    gd_tensor *view = gd__view(t, &meta);
    gd_tensor *ordered = view ? gd__row_major(view) : NULL;
    if (view && ordered != view)
        gd__destroy(&view->object);
    gd__destroy(&t->object);
    return ordered;
}

gd_tensor *gd__npy_read(gd__stream *stream)
{
    gd__npy_header header = { .kind = NULL };
    if (!read_header(stream, &header) || !fits(stream, &header))
        return NULL;
    gd_dims shape = header.shape;
    for (int i = 0; header.fortran && i < shape.count; i++)
        shape.size[i] = header.shape.size[shape.count - 1 - i];
    gd_tensor *t = gd__read_numbers(stream, header.kind, header.order, shape);
    if (t && !gd__stream_ends(stream)) {
        gd__destroy(&t->object);
        return NULL;
    }
    return t && header.fortran ? reorder(t) : t;
}

static gd_tensor *read_file(gd_context *g, const char *path)
{
    gd__stream stream;
    if (!gd__stream_open(g, path, &stream))
        return NULL;
    gd_tensor *t = gd__npy_read(&stream);
    gd__stream_close(&stream);
    return t;
}

gd_tensor *gd_npy_read(gd_context *g, const char *path)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_npy_read";
    gd_tensor *t = read_file(g, path);
    g->running = outer;
    return t ? t : gd__error_object(g);
}

static bool write_file(const gd__output *output, void *user)
{
    gd_tensor *t = user;
    char header[GD__NPY_HEADER_ROOM];
    FILE *file = gd__output_open(output);
    if (!file)
        return false;
    fwrite(header, 1, gd__npy_header_of(t, header), file);
    fwrite(t->data, gd_dtype_size((gd_dtype)t->dtype), (size_t)t->numel, file);
    return gd__output_close(output, file);
}

static bool write_row_major(gd_context *g, gd_tensor *t, const char *path)
{
    gd_tensor *ordered = gd__row_major(t);
    bool good = ordered && gd__replace_file(g, path, write_file, ordered);
    if (ordered && ordered != t)
        gd__destroy(&ordered->object);
    return good;
}

bool gd_npy_write(gd_tensor *t, const char *path)
{
    gd_context *g = gd__context(t);
    if (!gd__usable(g, t, "gd_npy_write", "the tensor") || g->failed)
        return false;
    const char *outer = g->running;
    g->running = "gd_npy_write";
    if (!path)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_NULL, .remedy = "Pass the path of a file" }, "the path is NULL");
    bool good = path && write_row_major(g, t, path);
    g->running = outer;
    return good;
}
