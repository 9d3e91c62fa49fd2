/* archive_file.c - which format a file is of, and reading and writing it. */
#include "io/archive.h"
#include "io/npy.h"

#include <string.h>
#include <unistd.h>

enum { MAGIC_SIZE = 9 };

/* A zip begins with its first entry or, when it is empty, with its end. */
static bool is_zip(const unsigned char *start, size_t size)
{
    return size >= 4 && (memcmp(start, "PK\3\4", 4) == 0 || memcmp(start, "PK\5\6", 4) == 0);
}

/* A safetensors file begins with the length of its header, and the header with a brace. */
static bool is_safetensors(const unsigned char *start, size_t size)
{
    return size >= MAGIC_SIZE && start[8] == '{';
}

static bool read_content(gd_archive *a, gd__stream *stream)
{
    unsigned char start[MAGIC_SIZE] = { 0 };
    ssize_t had = pread(stream->file, start, sizeof start, 0);
    size_t size = had > 0 ? (size_t)had : 0;
    if (is_zip(start, size))
        return gd__npz_read(a, stream);
    if (is_safetensors(start, size))
        return gd__safetensors_read(a, stream);
    if (size >= GD__NPY_MAGIC_SIZE && memcmp(start, gd__npy_magic, GD__NPY_MAGIC_SIZE) == 0)
        return gd__malformed(stream, "Read it with gd_npy_read", "it is a single array without a name, .npy");
    return gd__malformed(stream, "Known are .npz and .safetensors",
                         "it is none of the known formats: its %lld bytes begin with %02x %02x %02x %02x",
                         (long long)stream->size, start[0], start[1], start[2], start[3]);
}

static void discard(gd_archive *a)
{
    for (int i = 0; i < a->count; i++)
        gd__destroy(&a->entries[i].tensor->object);
    gd__destroy(&a->object);
}

static gd_archive *read_file(gd_context *g, const char *path)
{
    gd__stream stream;
    if (!gd__stream_open(g, path, &stream))
        return NULL;
    gd_archive *a = gd_archive_new(g);
    if (gd__alive(a) && !read_content(a, &stream)) {
        discard(a);
        a = NULL;
    }
    gd__stream_close(&stream);
    return a;
}

gd_archive *gd_archive_read(gd_context *g, const char *path)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_archive_read";
    gd_archive *a = read_file(g, path);
    g->running = outer;
    return a ? a : gd__error_object(g);
}

static bool ends_with(const char *path, const char *extension)
{
    size_t length = strlen(path), part = strlen(extension);
    return length > part && strcmp(path + length - part, extension) == 0;
}

static bool write_file(gd_archive *a, const char *path)
{
    gd_context *g = a->object.context;
    if (!path)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_NULL, .remedy = "Pass the path of a file" }, "the path is NULL");
    else if (ends_with(path, ".npz"))
        return gd__replace_file(g, path, gd__npz_write, a);
    else if (ends_with(path, ".safetensors"))
        return gd__replace_file(g, path, gd__safetensors_write, a);
    else
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Let the path end in .npz or .safetensors" },
                 "the end of '%s' names no known format", path);
    return false;
}

bool gd_archive_write(gd_archive *a, const char *path)
{
    gd_context *g = gd__context(a);
    if (!gd__usable(g, a, "gd_archive_write", "the archive") || g->failed)
        return false;
    const char *outer = g->running;
    g->running = "gd_archive_write";
    bool good = write_file(a, path);
    g->running = outer;
    return good;
}
