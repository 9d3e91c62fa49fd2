#include "io/stream.h"

#include "base/text.h"
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const char *gd__errno_text(int error)
{
    static const struct {
        int error;
        const char *text;
    } known[] = {
        { ENOENT, "there is no such file or folder" },
        { ENOTDIR, "a part of the path is no folder" },
        { EISDIR, "it is a folder" },
        { EACCES, "permission denied" },
        { EPERM, "permission denied" },
        { EROFS, "the file system is read-only" },
        { ENOSPC, "the disk is full" },
        { EDQUOT, "the disk quota is used up" },
        { EFBIG, "the file would be too large" },
        { EMFILE, "too many files are open" },
        { ENFILE, "too many files are open" },
        { ENAMETOOLONG, "the name is too long" },
        { ELOOP, "symbolic links go in a circle" },
        { ENOMEM, "memory could not be had" },
        { EIO, "the disk reports an error" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].error == error)
            return known[i].text;
    }
    return "the system refused";
}

/* A signal may interrupt a read before its first byte. */
static int64_t pull_file(gd__stream *stream, void *to, size_t size)
{
    size_t most = (size_t)1 << 30;
    ssize_t had;
    do
        had = read(stream->file, to, size < most ? size : most);
    while (had < 0 && errno == EINTR);
    if (had < 0)
        stream->why = gd__errno_text(errno);
    return had;
}

bool gd__stream_open(gd_context *g, const char *path, gd__stream *stream)
{
    struct stat about;
    gd__fault fault = { .status = GD_ERROR_FILE, .remedy = "Check the path" };
    if (!path) {
        gd__fail(g, (gd__fault){ .status = GD_ERROR_NULL, .remedy = "Pass the path of a file" }, "the path is NULL");
        return false;
    }
    if (!gd__may_stray(g, g->running ? g->running : "gd_load", "Read files outside of the step"))
        return false;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not make the open wait */
    if (file < 0 || fstat(file, &about) != 0)
        gd__fail(g, fault, "'%s' can't be opened: %s", path, gd__errno_text(errno));
    else if (!S_ISREG(about.st_mode))
        gd__fail(g, fault, "'%s' is %s, not a file", path, S_ISDIR(about.st_mode) ? "a folder" : "a device or pipe");
    else {
        *stream = (gd__stream){ .context = g, .name = path, .size = about.st_size, .pull = pull_file, .file = file };
        return true;
    }
    if (file >= 0)
        close(file);
    return false;
}

void gd__stream_close(gd__stream *stream)
{
    if (stream->file >= 0)
        close(stream->file);
    stream->file = -1;
}

static bool read_failed(const gd__stream *stream)
{
    gd__fail(stream->context,
             (gd__fault){ .status = GD_ERROR_FILE, .remedy = "The file is damaged, or so is the disk: get it anew" },
             "'%s' can't be read on from byte %lld: %s", stream->name, (long long)stream->position, stream->why);
    return false;
}

int64_t gd__stream_some(gd__stream *stream, void *to, size_t size)
{
    int64_t had = stream->pull(stream, to, size);
    if (had < 0)
        read_failed(stream);
    else
        stream->position += had;
    return had;
}

size_t gd__stream_pull(gd__stream *stream, void *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        int64_t had = stream->pull(stream, (char *)to + done, size - done);
        if (had <= 0)
            break;
        stream->position += had;
        done += (size_t)had;
    }
    return done;
}

bool gd__stream_had(const gd__stream *stream, size_t had, size_t size)
{
    if (had == size)
        return true;
    if (stream->why)
        return read_failed(stream);
    return gd__malformed(stream, "The file was cut short: get it anew",
                         "it ends at byte %lld, where %zu more were to come", (long long)stream->position,
                         size - had);
}

bool gd__stream_read(gd__stream *stream, void *to, size_t size)
{
    return gd__stream_had(stream, gd__stream_pull(stream, to, size), size);
}

bool gd__stream_ends(gd__stream *stream)
{
    char more;
    int64_t had = stream->pull(stream, &more, 1);
    if (had < 0)
        return read_failed(stream);
    if (had > 0)
        return gd__malformed(stream, "Only a file of one array, and nothing behind it, is read",
                             "bytes follow the array's end at byte %lld", (long long)stream->position);
    return true;
}

bool gd__malformed(const gd__stream *stream, const char *remedy, const char *format, ...)
{
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    gd__make_printable(text);
    gd__fail(stream->context, (gd__fault){ .status = GD_ERROR_FORMAT, .remedy = remedy }, "'%.200s': %s",
             stream->name, text);
    return false;
}
