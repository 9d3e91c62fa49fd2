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

/* The paths of the images and of the labels of so many sets, in turn. */
typedef struct paths {
    size_t room; /* of each */
    char *block;
    const char *path[GD__IDX_FILES];
} paths;

static bool find_all(gd_context *g, const char *folder, int sets, const char *const *set, paths *p)
{
    for (int i = 0; i < 2 * sets; i++) {
        char *path = p->block + (size_t)i * p->room;
        if (!find(g, folder, set[i / 2], i % 2 ? labels : images, path, p->room))
            return false;
        p->path[i] = path;
    }
    return true;
}

static gd_dataset *as_rows(gd_dataset *ds)
{
    return ds ? gd_dataset_flatten(gd_dataset_scale(ds, 255), true) : NULL;
}

static bool read_sets(gd_context *g, const char *folder, int sets, const char *const *set, gd_dataset **ds)
{
    paths p = { .room = strlen(folder) + NAME_ROOM };
    gd_tensor *t[GD__IDX_FILES];
    size_t bytes = 2 * (size_t)sets * p.room;
    p.block = gd__alloc(g, bytes);
    bool good = p.block && find_all(g, folder, sets, set, &p) && gd__idx_read(g, 2 * sets, p.path, t);
    gd__free(g, p.block, p.block ? bytes : 0);
    for (int i = 0; good && i < sets; i++) {
        ds[i] = as_rows(gd__dataset(t[2 * i], t[2 * i + 1]));
        good = ds[i] != NULL;
    }
    return good;
}

/* In the current scope; false, with the error set and nothing made, where one of them can't be read. */
static bool read_folder(gd_context *g, const char *folder, int sets, const char *const *set, gd_dataset **ds)
{
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context && read_sets(g, folder, sets, set, ds);
    for (int i = 0; good && i < sets; i++)
        gd__dataset_move(ds[i], scope.depth - 1);
    gd_scope_leave(&scope);
    return good;
}

static bool read_as(gd_context *g, const char *function, const char *folder, int sets, const char *const *set,
                    gd_dataset **ds)
{
    const char *outer = g->running;
    if (!folder) {
        gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, function, "Pass the folder that the files lie in" },
                 "the folder is NULL");
        return false;
    }
    g->running = function;
    bool good = read_folder(g, folder, sets, set, ds);
    g->running = outer;
    return good;
}

gd_dataset *gd_mnist(gd_context *g, const char *folder, bool train)
{
    const char *set = train ? "train" : "t10k";
    gd_dataset *ds;
    if (!g || g->stand_in || !read_as(g, "gd_mnist", folder, 1, &set, &ds))
        return gd__error_object(g);
    return ds;
}

gd_parts gd_mnist_parts(gd_context *g, const char *folder)
{
    static const char *const set[] = { "train", "t10k" };
    gd_dataset *ds[2];
    if (!g || g->stand_in || !read_as(g, "gd_mnist_parts", folder, 2, set, ds))
        return (gd_parts){ gd__error_object(g), gd__error_object(g) };
    return (gd_parts){ ds[0], ds[1] };
}
