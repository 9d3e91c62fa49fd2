/* convert.c - rewrites a file of tensors in another format: convert FROM TO. Made and used by interop.py.
 * .npy to .npy; .npz and .safetensors, by content, to either, by extension. Exits with 1, and the message
 * on stderr, where that fails. */
#include "gradus/io.h"

#include <string.h>

static bool is_npy(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npy") == 0;
}

static bool convert(gd_context *g, const char *from, const char *to)
{
    gd_archive *a = gd_archive_read(g, from), *b = gd_archive_new(g);
    for (int i = 0; i < gd_archive_count(a); i++)
        gd_archive_add(b, gd_archive_name(a, i), gd_archive_tensor(a, i));
    for (int i = 0; i < gd_archive_note_count(a); i++)
        gd_archive_set_note(b, gd_archive_note_key(a, i), gd_archive_note(a, gd_archive_note_key(a, i)));
    return gd_archive_write(b, to);
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: convert FROM TO\n");
        return 2;
    }
    gd_context *g = gd_open();
    bool good = is_npy(arguments[1]) ? gd_npy_write(gd_npy_read(g, arguments[1]), arguments[2])
                                     : convert(g, arguments[1], arguments[2]);
    if (!good)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return good ? 0 : 1;
}
