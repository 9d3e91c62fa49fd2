#include "nn/layer.h"

#include <stdio.h>

#include "autograd/tape.h"

static void layer_destroy(gd__object *object)
{
    gd_layer *layer = (gd_layer *)object;
    gd__free(object->context, layer->child, (size_t)layer->children * sizeof *layer->child);
}

const gd__class gd__layer_class = { "layer", sizeof(gd_layer), layer_destroy };

gd_layer *gd__layer(gd_context *g, const gd__layer_kind *kind)
{
    gd_layer *layer = g ? gd__new(g, &gd__layer_class) : NULL;
    if (!layer)
        return gd__error_object(g);
    layer->kind = kind;
    snprintf(layer->label, sizeof layer->label, "%s", kind->name);
    return layer;
}

bool gd__can_be_parameter(const gd_tensor *t, const char *function)
{
    char text[GD__TEXT_SIZE];
    gd__fault fault = { GD_ERROR_STATE, 0, function, "Pass gd_detach of it" };
    if (gd_is_leaf(t) && gd__is_float((gd_dtype)t->dtype))
        return true;
    if (gd_is_leaf(t))
        fault = (gd__fault){ GD_ERROR_DTYPE, 0, function, "gd_cast it to a float dtype" };
    gd__fail(t->object.context, fault, "%s can't be a parameter: a parameter is a leaf of floats",
             gd__describe(t, text));
    return false;
}

bool gd__own_parameter(gd_layer *layer, const char *name, gd_tensor *t)
{
    if (!gd__alive(gd_require_grad(t, true)))
        return false;
    if (!t->name && !gd__alive(gd_name(t, name)))
        return false;
    t->is_parameter = true;
    layer->own[layer->own_count++] = (gd__parameter){ name, t };
    return true;
}

bool gd_is_layer(const gd_layer *layer)
{
    return gd__alive(layer);
}

bool gd__layer_usable(const gd_layer *layer, const char *function)
{
    gd_context *g = gd__context(layer);
    if (!gd__usable(g, layer, function, "the layer"))
        return false;
    if (layer->object.class == &gd__layer_class)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_DEAD, 0, function, "Keep layers in the scope of the row that they are in" },
             "the layer was used after the scope that it lived in");
    return false;
}

/* ---- drawing ---- */

static void draw(gd_layer *layer)
{
    if (!layer->drawn && layer->kind->draw)
        layer->kind->draw(layer);
    layer->drawn = true;
    for (int i = 0; i < layer->children; i++)
        draw(layer->child[i]);
}

static void draw_all(gd_layer *layer)
{
    if (layer->drawn)
        return;
    while (gd__alive(layer->parent) && layer->parent->object.serial == layer->parent_serial)
        layer = layer->parent;
    draw(layer);
}

gd_layer *gd_init(gd_layer *layer)
{
    if (!gd__layer_usable(layer, "gd_init"))
        return gd__error_object(gd__context(layer));
    draw_all(layer);
    return layer;
}

/* ---- forward and backward ---- */

static void remember(gd_layer *layer, gd_tensor *x, gd_tensor *y)
{
    bool recorded = gd__alive(y) && !layer->object.context->gradients_off;
    layer->x = recorded ? x : NULL;
    layer->y = recorded ? y : NULL;
    layer->x_serial = recorded ? x->object.serial : 0;
    layer->y_serial = recorded ? y->object.serial : 0;
}

gd_tensor *gd_forward(gd_layer *layer, gd_tensor *x)
{
    gd_context *g = layer ? gd__context(layer) : gd__context(x);
    if (!gd__usable(g, layer, "gd_forward", "the layer") || !gd__layer_usable(layer, "gd_forward") ||
        !gd__usable(g, x, "gd_forward", "the input"))
        return gd__error_object(g);
    draw_all(layer);
    gd__place place = { layer->label, g->place };
    bool outer = g->recording_all;
    g->place = &place;
    g->recording_all = true;
    gd_tensor *y = layer->kind->forward(layer, x);
    g->recording_all = outer;
    g->place = place.outer;
    remember(layer, x, y);
    return y;
}

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

typedef struct tensors {
    gd_context *context;
    gd_tensor **item;
    int count, capacity;
} tensors;

static bool append(tensors *list, gd_tensor *t)
{
    for (int i = 0; i < list->count; i++)
        if (list->item[i] == t)
            return true;
    if (!gd__grow(list->context, (void **)&list->item, &list->capacity, list->count + 1, sizeof *list->item))
        return false;
    list->item[list->count++] = t;
    return true;
}

static bool append_parameter(void *user, const gd__path *path, const gd__parameter *parameter)
{
    (void)path;
    return append(user, parameter->tensor);
}

static void release(tensors *list)
{
    gd__free(list->context, list->item, (size_t)list->capacity * sizeof *list->item);
}

/* x[0] is the layer's input, the rest its parameters. */
static gd_tensor *backward(gd_layer *layer, gd_tensor *dy, const tensors *x, gd_tensor **dx)
{
    gd_context *g = layer->object.context;
    gd__place place = { layer->label, g->place };
    g->place = &place;
    bool good = gd_gradient(layer->y, dy, x->count, x->item, dx, false);
    g->place = place.outer;
    for (int i = 1; good && i < x->count; i++)
        gd__set_grad(x->item[i], dx[i]);
    return good ? dx[0] : gd__error_object(g);
}

gd_tensor *gd_layer_backward(gd_layer *layer, gd_tensor *dy)
{
    gd_context *g = layer ? gd__context(layer) : gd__context(dy);
    if (!gd__usable(g, layer, "gd_layer_backward", "the layer") ||
        !gd__usable(g, dy, "gd_layer_backward", "the gradient") || !remembers(layer))
        return gd__error_object(g);
    if (g->failed)
        return gd__error_object(g);
    tensors x = { .context = g };
    gd_tensor *result = gd__error_object(g);
    gd_tensor **dx = NULL;
    if (append(&x, layer->x) && gd__each_parameter(layer, append_parameter, &x))
        dx = gd__alloc(g, (size_t)x.count * sizeof(gd_tensor *));
    size_t size = (size_t)x.count * sizeof(gd_tensor *);
    if (dx)
        result = backward(layer, dy, &x, dx);
    gd__free(g, dx, size);
    release(&x);
    return result;
}
