/* share.c - a network over the parameters of another. */
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 256 };

static bool misfit(gd_context *g, gd_status status, const char *what)
{
    gd__fail(g,
             (gd__fault){ status, 0, "gd_share_parameters", "Make a network of the same layers in another context" },
             "%s", what);
    return false;
}

/* Parameters of one number. A network whose numbers the other reads can't read them there in turn. */
static bool fits(gd_layer *to, gd_layer *from, int index)
{
    char own[NAME_SIZE], other[NAME_SIZE], left[GD__TEXT_SIZE], right[GD__TEXT_SIZE], what[1024];
    gd_context *g = to->object.context;
    const gd_tensor *p = gd_parameter(to, index), *source = gd_parameter(from, index);
    gd_parameter_name(to, index, own, sizeof own);
    gd_parameter_name(from, index, other, sizeof other);
    if (!gd__alive(p) || !gd__alive(source))
        return misfit(g, GD_ERROR_STATE, "a parameter has gone");
    if (gd__overlap(p, source) && !p->storage->read_only)
        return misfit(g, GD_ERROR_STATE, "the other network reads the parameters of this one");
    if (strcmp(own, other) == 0 && gd__same_shape(p, source) && p->dtype == source->dtype)
        return true;
    snprintf(what, sizeof what, "the parameter '%s' is %s %s, and in the other network '%s' is %s %s", own,
             gd_dtype_name((gd_dtype)p->dtype), gd__shape_text(gd__shape(p), left), other,
             gd_dtype_name((gd_dtype)source->dtype), gd__shape_text(gd__shape(source), right));
    return misfit(g, GD_ERROR_SHAPE, what);
}

/* All that can fail, fails before the first parameter changes. The views go with the old numbers. */
static bool share_all(gd_layer *to, gd_layer *from, int count)
{
    gd_context *g = to->object.context;
    size_t size = (size_t)count * sizeof(gd_tensor *);
    gd_tensor **view = gd__alloc(g, size);
    bool good = view != NULL;
    for (int i = 0; good && i < count; i++) {
        good = fits(to, from, i);
        view[i] = good ? gd_share(g, gd_parameter(from, i)) : NULL;
        good = gd__alive(view[i]);
    }
    for (int i = 0; good && i < count; i++)
        gd__exchange(gd_parameter(to, i), view[i], "gd_share_parameters");
    gd__free(g, view, size);
    return good;
}

bool gd_share_parameters(gd_layer *to, gd_layer *from)
{
    gd_context *g = gd__context(to);
    if (!gd__alive(gd_init(to)) || g->failed ||
        (!gd__alive(from) && !gd__usable(g, from, "gd_share_parameters", "from")))
        return false;
    if (gd__context(from) == g)
        return misfit(g, GD_ERROR_CONTEXT, "both networks are of one context");
    int count = gd_parameter_count(to);
    if (gd_parameter_count(from) != count)
        return misfit(g, GD_ERROR_SHAPE, "the networks have different parameters");
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context && share_all(to, from, count);
    gd_scope_leave(&scope);
    return good;
}
