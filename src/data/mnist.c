/* mnist.c - MNIST and its likes, by the names of their files. */
#include "data/dataset.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NAME_ROOM = 40 };

/* A file is named by its set ("train"), what it holds and how many dimensions that has. */
static const char *const images[] = { "images-idx3-ubyte", "images.idx3-ubyte", "images-idx3-ubyte.gz",
                                      "images.idx3-ubyte.gz" };
static const char *const labels[] = { "labels-idx1-ubyte", "labels.idx1-ubyte", "labels-idx1-ubyte.gz",
                                      "labels.idx1-ubyte.gz" };
enum { VARIANTS = sizeof images / sizeof *images };

/* Writes the path of the first of these names that is there; false with the error set when none is. */
static bool find(gd_context *g, const char *folder, const char *set, const char *const *names, char *path,
                 size_t room)
{
    for (int i = 0; i < VARIANTS; i++) {
        snprintf(path, room, "%s/%s-%s", folder, set, names[i]);
        if (access(path, F_OK) == 0)
            return true;
    }
    gd__fail(g, (gd__fault){ .status = GD_ERROR_FILE, .remedy = "Pass the folder that the files lie in" },
             "'%.200s' has none of the files %s-%s, %s-%s, each also with .gz", folder, set, names[0], set, names[1]);
    return false;
}

static gd_dataset *read_both(gd_context *g, const char *folder, const char *set, char *x_path, char *t_path,
                             size_t room)
{
    if (!find(g, folder, set, images, x_path, room) || !find(g, folder, set, labels, t_path, room))
        return gd__error_object(g);
    return gd_dataset_flatten(gd_dataset_scale(gd_dataset_idx(g, x_path, t_path), 255), true);
}

static gd_dataset *read_folder(gd_context *g, const char *folder, const char *set)
{
    size_t room = strlen(folder) + NAME_ROOM;
    char *paths = gd__alloc(g, 2 * room);
    if (!paths)
        return gd__error_object(g);
    gd_dataset *ds = read_both(g, folder, set, paths, paths + room, room);
    gd__free(g, paths, 2 * room);
    return ds;
}

gd_dataset *gd_mnist(gd_context *g, const char *folder, bool train)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    if (!folder)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_mnist", "Pass the folder that the files lie in" },
                        "the folder is NULL");
    const char *outer = g->running;
    g->running = "gd_mnist";
    gd_dataset *ds = read_folder(g, folder, train ? "train" : "t10k");
    g->running = outer;
    return ds;
}
