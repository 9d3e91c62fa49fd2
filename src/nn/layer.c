/* layer.c - layers and what they are made of: options, members, other layers. */
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

#include "base/trace.h"
#include "gradus/autograd.h"

static void layer_destroy(gd__object *object)
{
    gd_layer *layer = (gd_layer *)object;
    if (layer->options && layer->kind->destroy && !layer->borrows)
        layer->kind->destroy(layer);
    gd__free(object->context, layer->options, layer->kind ? layer->kind->options : 0);
    gd__free(object->context, layer->member, (size_t)layer->member_room * sizeof *layer->member);
    gd__free(object->context, layer->child, (size_t)layer->child_room * sizeof *layer->child);
}

const gd__class gd__layer_class = { "layer", sizeof(gd_layer), layer_destroy };

gd_layer *gd__layer(gd_context *g, const gd__layer_kind *kind, const char *name, const void *options)
{
    gd_layer *layer = g ? gd__new(g, &gd__layer_class) : NULL;
    if (!layer)
        return gd__error_object(g);
    layer->kind = kind;
    layer->training = true;
    layer->made.count = -1;
    snprintf(layer->name, sizeof layer->name, "%s", name);
    snprintf(layer->label, sizeof layer->label, "%s", name);
    layer->options = kind->options ? gd__alloc(g, kind->options) : NULL;
    if (kind->options && !layer->options)
        return gd__error_object(g);
    if (kind->options)
        memcpy(layer->options, options, kind->options);
    return layer;
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

/* ---- members ---- */

bool gd__can_be_parameter(const gd_tensor *t, const char *function)
{
    char text[GD__TEXT_SIZE];
    gd__fault fault = { GD_ERROR_STATE, 0, function, "Pass gd_detach of it" };
    bool real = gd__is_float((gd_dtype)t->dtype), leaf = gd_is_leaf(t);
    if (leaf && real && t->contiguous)
        return true;
    if (leaf && real)
        fault.remedy = "Pass gd_clone of it";
    else if (leaf)
        fault = (gd__fault){ GD_ERROR_DTYPE, 0, function, "gd_cast it to a float dtype" };
    gd__fail(t->object.context, fault, "%s can't be a parameter: a parameter is a leaf of floats in row-major order",
             gd__describe(t, text));
    return false;
}

bool gd__own(gd_layer *layer, gd__member_role role, const char *name, gd_tensor *t)
{
    gd_context *g = layer->object.context;
    if (!gd__alive(t) || (!t->name && !gd__alive(gd_name(t, name))) ||
        !gd__grow(g, (void **)&layer->member, &layer->member_room, layer->members + 1, sizeof *layer->member))
        return false;
    if (role == GD__PARAMETER) {
        gd_require_grad(t, true);
        t->is_parameter = true;
    }
    gd__member *member = &layer->member[layer->members++];
    *member = (gd__member){ .role = role, .tensor = t, .serial = t->object.serial };
    snprintf(member->name, sizeof member->name, "%s", name);
    return true;
}

gd_tensor *gd__member_of(const gd_layer *layer, gd__member_role role, const char *name)
{
    for (int i = 0; i < layer->members; i++)
        if ((layer->member[i].role & role) && strcmp(layer->member[i].name, name) == 0)
            return layer->member[i].tensor;
    return NULL;
}

/* ---- layers within it ---- */

/* Layers within layers are walked by recursion: it has an end. */
bool gd__can_take(gd_layer *layer, size_t count, gd_layer *const *children)
{
    gd_context *g = layer->object.context;
    for (size_t i = 0; i < count; i++) {
        if (children[i]->height < GD__HIGHEST)
            continue;
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, layer->name, "Put layers side by side in one row" },
                 "layers within layers, %d deep: at most %d are possible", children[i]->height + 1, GD__HIGHEST);
        return false;
    }
    return gd__grow(g, (void **)&layer->child, &layer->child_room, layer->children + (int)count,
                    sizeof *layer->child);
}

void gd__take_in(gd_layer *layer, const char *name, gd_layer *child)
{
    gd__child *entry = &layer->child[layer->children++];
    *entry = (gd__child){ .layer = child, .serial = child->object.serial };
    snprintf(entry->name, sizeof entry->name, "%s", name);
    layer->height = layer->height > child->height ? layer->height : child->height + 1;
    child->parent = layer;
    child->parent_serial = layer->object.serial;
    child->taken = true;
    snprintf(child->label, sizeof child->label, "%s (%s)", entry->name, child->name);
}

/* ---- drawing ---- */

/* What is drawn for a layer from outside of a step happens once; one that the step makes would be drawn again each time. */
static bool may_draw(gd__trace *trace, const gd_layer *layer)
{
    return !layer->kind->draw || !trace || !trace->strayed || layer->object.depth < trace->depth ||
           trace->strayed(trace, "gd_init", "Make layers that draw their parameters outside of the step");
}

/* A layer counts as drawn while it draws, so that it can ask for its own parameters. */
static bool draw_one(void *user, const gd__path *path, gd_layer *layer)
{
    (void)path;
    if (layer->drawn)
        return true;
    if (!may_draw(user, layer))
        return false;
    layer->drawn = true;
    if (layer->kind->draw)
        layer->kind->draw(layer);
    layer->drawn = !layer->object.context->failed;
    return layer->drawn;
}

bool gd__draw(gd_layer *layer)
{
    if (layer->drawn)
        return true;
    while (gd__alive(layer->parent) && layer->parent->object.serial == layer->parent_serial)
        layer = layer->parent;
    gd_context *g = layer->object.context;
    gd__trace *trace = gd__trace_pause(g);
    bool good = !g->failed && gd__each_layer(layer, draw_one, trace);
    g->trace = trace;
    return good;
}

gd_layer *gd_init(gd_layer *layer)
{
    bool good = gd__layer_usable(layer, "gd_init") && gd__draw(layer);
    return good ? layer : gd__error_object(gd__context(layer));
}
