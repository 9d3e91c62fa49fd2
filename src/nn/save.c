/* save.c - the parameters and buffers of a network to a file and back. */
#include "nn/layer.h"

#include <stdio.h>

#include "gradus/io.h"

/* A walk over the members of a network, with an archive at hand. */
typedef struct transfer {
    gd_layer *layer;
    gd_archive *archive;
    const char *path;
    uint64_t mark; /* of the tensors that were met: one that is shared is saved under its first name */
} transfer;

static bool is_first(transfer *t, gd_tensor *tensor)
{
    bool first = tensor->mark != t->mark;
    tensor->mark = t->mark;
    return first;
}

static bool each(transfer *t, gd__visit_member *visit)
{
    t->mark = gd__new_mark(t->layer->object.context);
    return gd__each_member(t->layer, GD__ANY_ROLE, visit, t);
}

/* ---- saving ---- */

static bool add(void *user, const gd__path *path, const gd__member *member)
{
    transfer *t = user;
    char name[GD__PATH_SIZE];
    return !is_first(t, member->tensor) ||
           gd_archive_add(t->archive, gd__path_text(path, member->name, name), member->tensor);
}

bool gd_save(gd_layer *layer, const char *path)
{
    gd_context *g = gd__context(layer);
    if (!gd__alive(gd_init(layer)) || g->failed)
        return false;
    gd_scope scope = gd_scope_enter(g);
    transfer t = { .layer = layer, .archive = gd_archive_new(g), .path = path };
    bool good = scope.context && gd__alive(t.archive) && each(&t, add) && gd_archive_write(t.archive, path);
    gd_scope_leave(&scope);
    return good;
}

/* ---- loading ---- */

static bool misfit(const transfer *t, const char *what)
{
    gd__fail(t->layer->object.context,
             (gd__fault){ GD_ERROR_FORMAT, 0, "gd_load", "Load it into a network of the layers that were saved" },
             "%.160s %s", t->path ? t->path : "NULL", what);
    return false;
}

static bool fits(void *user, const gd__path *path, const gd__member *member)
{
    transfer *t = user;
    char name[GD__PATH_SIZE], what[2 * GD__TEXT_SIZE + 96], left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    bool first = is_first(t, member->tensor);
    if (!gd__may_write(member->tensor, "gd_load"))
        return false;
    if (!gd_archive_has(t->archive, gd__path_text(path, member->name, name))) {
        snprintf(what, sizeof what, "has no '%.80s', which is a %s of the network", name,
                 gd__role_name(member->role));
        return !first || misfit(t, what);
    }
    const gd_tensor *have = gd_archive_get(t->archive, name);
    if (!gd__alive(have) || gd__same_shape(have, member->tensor))
        return gd__alive(have);
    snprintf(what, sizeof what, "has '%.80s' of shape %s, but it is %s in the network", name,
             gd__shape_text(gd__shape(have), left), gd__shape_text(gd__shape(member->tensor), right));
    return misfit(t, what);
}

static bool nothing_left_over(const transfer *t)
{
    int found = gd_archive_count(t->archive);
    for (int i = 0; i < found; i++) {
        char what[192];
        const char *name = gd_archive_name(t->archive, i);
        if (gd__member_at(t->layer, GD__ANY_ROLE, name))
            continue;
        snprintf(what, sizeof what, "has '%.80s', which is no parameter and no buffer of the network", name);
        return misfit(t, what);
    }
    return true;
}

static bool put(void *user, const gd__path *path, const gd__member *member)
{
    transfer *t = user;
    char name[GD__PATH_SIZE];
    if (!is_first(t, member->tensor))
        return true;
    gd_tensor *have = gd_archive_get(t->archive, gd__path_text(path, member->name, name));
    return gd_write(member->tensor, (gd_dtype)have->dtype, gd_data(have), (size_t)have->numel);
}

/* First all is looked at, so that nothing changes when something does not fit. */
bool gd_load(gd_layer *layer, const char *path)
{
    gd_context *g = gd__context(layer);
    if (!gd__alive(gd_init(layer)) || g->failed)
        return false;
    gd_scope scope = gd_scope_enter(g);
    transfer t = { .layer = layer, .archive = gd_archive_read(g, path), .path = path };
    bool good = scope.context && gd__alive(t.archive) && each(&t, fits) && nothing_left_over(&t) && each(&t, put);
    gd_scope_leave(&scope);
    return good;
}
