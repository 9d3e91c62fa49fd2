/* share.c - a network in several contexts. The network itself is only read here: its own thread may be using it. */
#include "nn/layer.h"

#include "gradus/autograd.h"

/* Which tensor stands for which: one that is used twice stays one. */
typedef struct pair {
    const gd_tensor *from;
    gd_tensor *to;
} pair;

typedef struct sharing {
    gd_context *to;
    pair *pairs;
    int count, room;
} sharing;

static gd_tensor *stand_in(sharing *s, const gd_tensor *t)
{
    for (int i = 0; i < s->count; i++)
        if (s->pairs[i].from == t)
            return s->pairs[i].to;
    if (!gd__grow(s->to, (void **)&s->pairs, &s->room, s->count + 1, sizeof *s->pairs))
        return gd__error_object(s->to);
    s->pairs[s->count++] = (pair){ t, gd_share(s->to, t) };
    return s->pairs[s->count - 1].to;
}

static bool share_members(sharing *s, gd_layer *copy, const gd_layer *layer)
{
    for (int i = 0; i < layer->members; i++) {
        gd_tensor *t = stand_in(s, layer->member[i].tensor);
        if (!gd__own(copy, layer->member[i].role, layer->member[i].name, t))
            return false;
        gd_require_grad(t, false);
    }
    return true;
}

/* Is all of it there, and drawn? */
static bool is_ready(gd_context *to, const gd_layer *layer)
{
    const char *missing = gd__missing(layer);
    if (layer->drawn && !missing)
        return true;
    gd__fault fault = { GD_ERROR_STATE, 0, "gd_layer_share", "Call gd_init on the network before it is shared" };
    if (missing)
        fault = (gd__fault){ GD_ERROR_DEAD, 0, "gd_layer_share", "Make it in the scope of the layer" };
    gd__fail(to, fault, "%s of the layer %s %s", missing ? missing : "the numbers", layer->label,
             missing ? "went with its scope" : "have not been drawn yet");
    return false;
}

static gd_layer *share(sharing *s, const gd_layer *layer)
{
    if (!is_ready(s->to, layer))
        return gd__error_object(s->to);
    gd_layer *copy = gd__layer(s->to, layer->kind, layer->name, layer->options);
    if (!gd__alive(copy))
        return copy;
    copy->borrows = copy->drawn = true;
    copy->training = false;
    bool good = share_members(s, copy, layer);
    for (int i = 0; good && i < layer->children; i++) {
        gd_layer *child = share(s, layer->child[i].layer);
        good = gd__alive(child) && gd__can_take(copy, 1, &child);
        if (good)
            gd__take_in(copy, layer->child[i].name, child);
    }
    return good ? copy : gd__error_object(s->to);
}

gd_layer *gd_layer_share(gd_context *to, const gd_layer *layer)
{
    if (!to || to->stand_in || (!gd__alive(layer) && !gd__usable(to, layer, "gd_layer_share", "the layer")))
        return gd__error_object(to);
    sharing s = { .to = to };
    gd_layer *copy = share(&s, layer);
    gd__free(to, s.pairs, (size_t)s.room * sizeof *s.pairs);
    return copy;
}
