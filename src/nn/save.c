/* save.c - the parameters of a network to a file and back. */
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

#include "gradus/io.h"

/* ---- saving ---- */

static bool add_all(gd_archive *archive, gd_layer *layer)
{
    int count = gd_parameter_count(layer);
    for (int i = 0; i < count; i++) {
        char name[256];
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
    bool good = scope.context && add_all(archive, layer) && gd_archive_write(archive, path);
    gd_scope_leave(&scope);
    return good;
}

/* ---- loading ---- */

static bool misfit(const gd_layer *layer, const char *path, const char *what)
{
    gd__fail(layer->object.context,
             (gd__fault){ GD_ERROR_FORMAT, 0, "gd_load", "Load it into a network of the layers that were saved" },
             "%.160s %s", path ? path : "NULL", what);
    return false;
}

static bool fits(const gd_layer *layer, const char *path, const char *name, gd_archive *archive,
                 const gd_tensor *want)
{
    char what[2 * GD__TEXT_SIZE + 96], left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!gd_archive_has(archive, name)) {
        snprintf(what, sizeof what, "has no '%.80s', which is a parameter of the network", name);
        return misfit(layer, path, what);
    }
    const gd_tensor *have = gd_archive_get(archive, name);
    if (!gd__alive(have) || gd__same_shape(have, want))
        return gd__alive(have);
    snprintf(what, sizeof what, "has '%.80s' of shape %s, but it is %s in the network", name,
             gd__shape_text(gd__shape(have), left), gd__shape_text(gd__shape(want), right));
    return misfit(layer, path, what);
}

/* With `write` false only looks whether all fits, so that nothing is changed when it does not. */
static bool each(gd_layer *layer, gd_archive *archive, const char *path, bool write)
{
    int count = gd_parameter_count(layer);
    for (int i = 0; i < count; i++) {
        char name[256];
        gd_tensor *want = gd_parameter(layer, i);
        gd_parameter_name(layer, i, name, sizeof name);
        if (!gd__alive(want) || !gd__may_write(want, "gd_load") || !fits(layer, path, name, archive, want))
            return false;
        gd_tensor *have = gd_archive_get(archive, name);
        if (write && !gd_write(want, (gd_dtype)have->dtype, gd_data(have), (size_t)have->numel))
            return false;
    }
    return true;
}

static bool is_parameter(gd_layer *layer, const char *wanted)
{
    int count = gd_parameter_count(layer);
    for (int i = 0; i < count; i++) {
        char name[256];
        gd_parameter_name(layer, i, name, sizeof name);
        if (strcmp(name, wanted) == 0)
            return true;
    }
    return false;
}

static bool nothing_left_over(gd_layer *layer, gd_archive *archive, const char *path)
{
    int found = gd_archive_count(archive);
    for (int i = 0; i < found; i++) {
        char what[192];
        const char *name = gd_archive_name(archive, i);
        if (is_parameter(layer, name))
            continue;
        snprintf(what, sizeof what, "has '%.80s', which is no parameter of the network", name);
        return misfit(layer, path, what);
    }
    return true;
}

bool gd_load(gd_layer *layer, const char *path)
{
    gd_context *g = gd__context(layer);
    if (!gd__alive(gd_init(layer)) || g->failed)
        return false;
    gd_scope scope = gd_scope_enter(g);
    gd_archive *archive = gd_archive_read(g, path);
    bool good = scope.context && gd__alive(archive) && each(layer, archive, path, false) &&
                nothing_left_over(layer, archive, path) && each(layer, archive, path, true);
    gd_scope_leave(&scope);
    return good;
}
