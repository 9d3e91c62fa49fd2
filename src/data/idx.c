/* idx.c - the array format of MNIST, plain or by way of zlib. */
#include "data/dataset.h"

#include "base/threads.h"
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

/* ---- several files at once ----
 * Each is opened, and its tensor made, on the caller's thread; then all are read, and inflated, beside one another; then what
 * became of each is told, on the caller's thread again. */

typedef struct idx_file {
    gd__stream stream;
    gd__transfer transfer;
} idx_file;

static bool begin_stream(idx_file *file)
{
    int dims = 0;
    gd_dims shape = { .count = 0 };
    const gd__kind *kind = read_magic(&file->stream, &dims);
    return kind && read_shape(&file->stream, dims, &shape) && fits(&file->stream, kind, shape) &&
           gd__transfer_begin(&file->transfer, &file->stream, kind, GD__BIG, shape);
}

static bool begin(gd_context *g, const char *path, idx_file *file)
{
    if (!gd__gzip_open(g, path, &file->stream))
        return false;
    if (begin_stream(file))
        return true;
    gd__gzip_close(&file->stream);
    return false;
}

static void run(void *files, int64_t index, int slot)
{
    (void)slot;
    gd__transfer_run(&((idx_file *)files)[index].transfer);
}

static bool end(idx_file *file)
{
    return gd__transfer_end(&file->transfer) && gd__stream_ends(&file->stream);
}

static double nanoseconds(const idx_file *files, int count)
{
    double bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += (double)files[i].transfer.t->numel * (double)files[i].transfer.kind->size;
    return 4 * bytes;
}

/* Tells of the first file that could not be read. */
static bool read_all(gd_context *g, int count, idx_file *files)
{
    gd__parallel(g, count, nanoseconds(files, count), run, files);
    for (int i = 0; i < count; i++) {
        if (!end(&files[i]))
            return false;
    }
    return true;
}

static bool read_files(gd_context *g, int count, const char *const *path, gd_tensor **t)
{
    idx_file files[GD__IDX_FILES];
    int begun = 0;
    while (begun < count && begin(g, path[begun], &files[begun]))
        begun++;
    bool good = begun == count && read_all(g, count, files);
    for (int i = 0; i < begun; i++) {
        gd__gzip_close(&files[i].stream);
        t[i] = files[i].transfer.t;
        if (!good)
            gd__destroy(&t[i]->object);
    }
    return good;
}

bool gd__idx_read(gd_context *g, int count, const char *const *path, gd_tensor **t)
{
    const char *outer = g->running;
    g->running = "gd_idx_read";
    bool good = read_files(g, count, path, t);
    g->running = outer;
    return good;
}

gd_tensor *gd_idx_read(gd_context *g, const char *path)
{
    gd_tensor *t;
    if (!g || g->stand_in || !gd__idx_read(g, 1, &path, &t))
        return gd__error_object(g);
    return t;
}
