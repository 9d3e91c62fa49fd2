#include "io/replace.h"
#include "io/stream.h"

#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ATTEMPTS = 100, NAME_ROOM = 64 };

typedef struct replacement {
    gd__output output;
    size_t room; /* for the temporary's name */
    bool exists; /* there is a file of the path's name, with these permissions */
    mode_t mode;
} replacement;

bool gd__output_failed(const gd__output *output, const char *why)
{
    gd__fail(output->context,
             (gd__fault){ .status = GD_ERROR_FILE,
                          .remedy = "Check the folder, its permissions and the room on the disk; a file that was "
                                    "there stays as it was" },
             "'%s' can't be written: %s", output->path, why);
    return false;
}

static bool refuse(const gd__output *output, int error)
{
    return gd__output_failed(output, gd__errno_text(error));
}

FILE *gd__output_open(const gd__output *output)
{
    FILE *file = fopen(output->temporary, "wb");
    if (!file)
        refuse(output, errno);
    errno = 0; /* from here on it tells why a write was refused */
    return file;
}

bool gd__output_close(const gd__output *output, FILE *file)
{
    bool written = !ferror(file) && fflush(file) == 0;
    int error = errno;
    if (fclose(file) != 0 && written) {
        written = false;
        error = errno;
    }
    return written || refuse(output, error);
}

/* How long the folder's part of a path is, its slash included. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Only a regular file that may be written gives way: a rename would replace devices and read-only files. */
static bool may_replace(replacement *r)
{
    struct stat old;
    r->exists = stat(r->output.path, &old) == 0;
    if (!r->exists)
        return true;
    r->mode = old.st_mode & 0777;
    if (!S_ISREG(old.st_mode))
        return gd__output_failed(&r->output, S_ISDIR(old.st_mode) ? "it is a folder" : "it is a device or pipe");
    return access(r->output.path, W_OK) == 0 || refuse(&r->output, errno);
}

/* Makes an empty file of a name that nothing else has, in the folder of the path. */
static bool make_temporary(const replacement *r)
{
    const char *path = r->output.path;
    int file = -1;
    for (int attempt = 0; file < 0 && attempt < ATTEMPTS; attempt++) {
        snprintf(r->output.temporary, r->room, "%.*s.gradus-%ld-%d.tmp", (int)folder_length(path), path,
                 (long)getpid(), attempt);
        file = open(r->output.temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file < 0 && errno != EEXIST)
            break;
    }
    if (file < 0)
        return refuse(&r->output, errno);
    close(file);
    return true;
}

/* Waits until what was written to the file or folder is on the disk; 0, or the errno. */
static int flush_to_disk(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return errno;
    int error = fsync(file) == 0 ? 0 : errno;
    close(file);
    return error;
}

/* The rename is on the disk when the folder is. Some file systems can't flush a folder, and some folders
 * can't be opened: the file is in its place all the same. Writes over the temporary's name. */
static void flush_folder(const gd__output *output)
{
    size_t length = folder_length(output->path);
    memcpy(output->temporary, length ? output->path : ".", length ? length : 1);
    output->temporary[length ? length : 1] = 0;
    flush_to_disk(output->temporary);
}

static bool settle(const replacement *r)
{
    int error = flush_to_disk(r->output.temporary);
    if (error == 0 && r->exists && chmod(r->output.temporary, r->mode) != 0)
        error = errno;
    if (error == 0 && rename(r->output.temporary, r->output.path) != 0)
        error = errno;
    return error == 0 || refuse(&r->output, error);
}

static bool replace(const replacement *r, gd__file_writer *write, void *user)
{
    if (!make_temporary(r))
        return false;
    if (!write(&r->output, user) || !settle(r)) {
        unlink(r->output.temporary);
        return false;
    }
    flush_folder(&r->output);
    return true;
}

bool gd__replace_file(gd_context *g, const char *path, gd__file_writer *write, void *user)
{
    if (!path) {
        gd__fail(g, (gd__fault){ .status = GD_ERROR_NULL, .remedy = "Name a file" }, "the path is NULL");
        return false;
    }
    replacement r = { .output = { .context = g, .path = path }, .room = folder_length(path) + NAME_ROOM };
    if (!gd__may_stray(g, g->running ? g->running : "gd_save",
                       "Return what is to be written, and write it after gd_run") ||
        !may_replace(&r))
        return false;
    r.output.temporary = gd__alloc(g, r.room);
    if (!r.output.temporary)
        return false;
    bool good = replace(&r, write, user);
    gd__free(g, r.output.temporary, r.room);
    return good;
}
