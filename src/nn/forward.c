/* forward.c - running a layer forward, and back. */
#include "nn/layer.h"

#include "autograd/tape.h"

static void remember(gd_layer *layer, gd_tensor *x, gd_tensor *y)
{
    bool made = gd__alive(y), recorded = made && !layer->object.context->gradients_off;
    if (made)
        layer->made = gd__shape(y);
    layer->x = recorded ? x : NULL;
    layer->y = recorded ? y : NULL;
    layer->x_serial = recorded ? x->object.serial : 0;
    layer->y_serial = recorded ? y->object.serial : 0;
}

gd_tensor *gd_forward(gd_layer *layer, gd_tensor *x)
{
    gd_context *g = layer ? gd__context(layer) : gd__context(x);
    if (!gd__usable(g, layer, "gd_forward", "the layer") || !gd__layer_usable(layer, "gd_forward") ||
        !gd__usable(g, x, "gd_forward", "the input") || !gd__draw(layer) || !gd__complete(layer))
        return gd__error_object(g);
    gd__place place = { layer->label, g->place };
    bool outer = g->recording_all;
    int held = g->held;
    g->place = &place;
    g->recording_all = true;
    g->held = g->depth;
    gd_tensor *y = layer->kind->forward(layer, x);
    g->held = held;
    g->recording_all = outer;
    g->place = place.outer;
    remember(layer, x, y);
    return y;
}

/* ---- back ---- */

static bool remembers(const gd_layer *layer)
{
    if (layer->y && gd__alive(layer->y) && layer->y->object.serial == layer->y_serial && gd__alive(layer->x) &&
        layer->x->object.serial == layer->x_serial)
        return true;
    gd__fail(layer->object.context,
             (gd__fault){ .status = GD_ERROR_STATE,
                          .op = "gd_layer_backward",
                          .remedy = "Call gd_forward first, in the same scope, with recording on" },
             "backward came before forward: the layer %s remembers no forward%s", layer->label,
             layer->y ? "; what it recorded has gone with its scope" : "");
    return false;
}

/* The tensors whose gradients are asked for, each once, and those gradients. */
typedef struct wanted {
    gd_context *context;
    uint64_t mark;
    gd_tensor **x, **dx;
    int count, room, dx_room;
    bool has_parameters; /* the layer has, frozen or not */
} wanted;

static bool want(wanted *w, gd_tensor *t)
{
    if (t->mark == w->mark)
        return true;
    t->mark = w->mark;
    if (!gd__grow(w->context, (void **)&w->x, &w->room, w->count + 1, sizeof *w->x) ||
        !gd__grow(w->context, (void **)&w->dx, &w->dx_room, w->count + 1, sizeof *w->dx))
        return false;
    w->x[w->count++] = t;
    return true;
}

/* A frozen parameter gets no gradient. */
static bool want_parameter(void *user, const gd__path *path, const gd__member *member)
{
    wanted *w = user;
    (void)path;
    w->has_parameters = true;
    return !member->tensor->requires_grad || want(w, member->tensor);
}

static void release(wanted *w)
{
    gd__free(w->context, w->x, (size_t)w->room * sizeof *w->x);
    gd__free(w->context, w->dx, (size_t)w->dx_room * sizeof *w->dx);
}

static bool differentiate(gd_layer *layer, gd_tensor *dy, wanted *w)
{
    gd_context *g = layer->object.context;
    gd__place place = { layer->label, g->place };
    g->place = &place;
    bool good = gd_gradient(layer->y, dy, w->count, w->x, w->dx, false);
    g->place = place.outer;
    return good;
}

/* Integers that parameters were chosen by, as an embedding's, are not asked for a gradient: nothing flows to them. */
static gd_tensor *backward(gd_layer *layer, gd_tensor *dy, wanted *w)
{
    gd_tensor *x = layer->x;
    bool real = gd__is_float((gd_dtype)x->dtype);
    if ((real && !want(w, x)) || !gd__each_member(layer, GD__PARAMETER, want_parameter, w) ||
        (!w->has_parameters && !want(w, x)))
        return gd__error_object(w->context);
    bool asked = w->count > 0 && w->x[0] == x;
    gd_tensor *nothing = asked ? NULL : gd_zeros(w->context, (gd_dtype)layer->y->dtype, gd__shape(x));
    if ((!asked && !gd__alive(nothing)) || !differentiate(layer, dy, w))
        return gd__error_object(w->context);
    for (int i = asked; i < w->count; i++)
        if (!gd__set_grad(w->x[i], w->dx[i]))
            return gd__error_object(w->context);
    return asked ? w->dx[0] : nothing;
}

gd_tensor *gd_layer_backward(gd_layer *layer, gd_tensor *dy)
{
    gd_context *g = layer ? gd__context(layer) : gd__context(dy);
    if (!gd__usable(g, layer, "gd_layer_backward", "the layer") ||
        !gd__usable(g, dy, "gd_layer_backward", "the gradient") || !remembers(layer) || g->failed)
        return gd__error_object(g);
    wanted w = { .context = g, .mark = gd__new_mark(g) };
    gd_tensor *dx = backward(layer, dy, &w);
    release(&w);
    return dx;
}
