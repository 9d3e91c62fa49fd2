/* save.c - the parameters of a network to a file and back. */
#include "nn/layer.h"

#include <stdio.h>

#include "gradus/io.h"

/* ---- saving ---- */

static bool add_all(gd_archive *archive, gd_layer *layer)
{
    int count = gd_parameter_count(layer);
    for (int i = 0; i < count; i++) {
        char name[128];
        gd_parameter_name(layer, i, name, sizeof name);
        if (!gd_archive_add(archive, name, gd_parameter(layer, i)))
            return false;
    }
    return true;
}

bool gd_save(gd_layer *layer, const char *path)
{
    gd_context *g = gd__context(layer);
    if (!gd__alive(gd_init(layer)) || g->failed)
        return false;
    gd_scope scope = gd_scope_enter(g);
    gd_archive *archive = gd_archive_new(g);
    bool good = add_all(archive, layer) && gd_archive_write(archive, path);
    gd_scope_leave(&scope);
    return good;
}

/* ---- loading ---- */

static bool misfit(gd_layer *layer, const char *path, const char *name, const gd_tensor *have, const gd_tensor *want)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    gd__fail(layer->object.context,
             (gd__fault){ GD_ERROR_FORMAT, 0, "gd_load", "Load it into a network of the shape that was saved" },
             "'%.60s' in %.120s is %s, but the network's is %s", name, path, gd__describe(have, left),
             gd__describe(want, right));
    return false;
}

/* With `write` false only looks whether all fits, so that nothing is changed when it does not. */
static bool each(gd_layer *layer, gd_archive *archive, const char *path, bool write)
{
    int count = gd_parameter_count(layer);
    for (int i = 0; i < count; i++) {
        char name[128];
        gd_parameter_name(layer, i, name, sizeof name);
        gd_tensor *have = gd_archive_get(archive, name), *want = gd_parameter(layer, i);
        if (!gd__alive(have) || !gd__alive(want))
            return false;
        if (!gd__same_shape(have, want))
            return misfit(layer, path, name, have, want);
        if (write && !gd_write(want, (gd_dtype)have->dtype, gd_data(have), (size_t)have->numel))
            return false;
    }
    return true;
}

static bool nothing_left_over(gd_layer *layer, gd_archive *archive, const char *path)
{
    int known = gd_parameter_count(layer), found = gd_archive_count(archive);
    if (found == known)
        return true;
    gd__fail(layer->object.context,
             (gd__fault){ GD_ERROR_FORMAT, 0, "gd_load", "Load it into a network of the shape that was saved" },
             "%.200s holds %d tensors, but the network has %d parameters", path, found, known);
    return false;
}

bool gd_load(gd_layer *layer, const char *path)
{
    gd_context *g = gd__context(layer);
    if (!gd__alive(gd_init(layer)) || g->failed)
        return false;
    gd_scope scope = gd_scope_enter(g);
    gd_archive *archive = gd_archive_read(g, path);
    bool good = gd__alive(archive) && each(layer, archive, path, false) && nothing_left_over(layer, archive, path) &&
                each(layer, archive, path, true);
    gd_scope_leave(&scope);
    return good;
}
