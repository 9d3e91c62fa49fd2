/* custom.c - layers of the caller's making, and how they come by members and layers of their own. */
#include "nn/layer.h"

#include <string.h>

typedef struct custom {
    gd_custom_forward *forward;
    gd_custom_draw *draw;
    gd_release *release;
    void *user;
} custom;

static gd_tensor *custom_forward(gd_layer *layer, gd_tensor *x)
{
    const custom *own = layer->options;
    gd_tensor *y = own->forward(own->user, layer, x);
    bool good = gd__usable(layer->object.context, y, layer->name, "what the layer's forward returned");
    return good ? y : gd__error_object(layer->object.context);
}

static void custom_draw(gd_layer *layer)
{
    const custom *own = layer->options;
    if (own->draw)
        own->draw(own->user, layer);
}

static void custom_release(gd_layer *layer)
{
    const custom *own = layer->options;
    if (own->release)
        own->release(own->user);
}

gd_layer *gd_custom_with(gd_custom_options o)
{
    static const gd__layer_kind kind = { .name = "custom",
                                         .options = sizeof(custom),
                                         .forward = custom_forward,
                                         .draw = custom_draw,
                                         .destroy = custom_release };
    gd_layer *layer = gd__error_object(o.g);
    if (!o.name || !o.forward)
        gd__fail(o.g, (gd__fault){ GD_ERROR_NULL, 0, "gd_custom", "Pass a name and a forward" }, "%s is NULL",
                 o.name ? "forward" : "the name");
    else
        layer = gd__layer(o.g, &kind, o.name, &(custom){ o.forward, o.draw, o.release, o.user });
    if (!gd__alive(layer) && o.release)
        o.release(o.user);
    return layer;
}

/* ---- giving it members and layers ---- */

static bool has(gd_layer *layer, const char *name)
{
    return gd__member_of(layer, GD__ANY_ROLE, name) || gd__layer_at(layer, name);
}

/* May the layer take something of that name, now? */
static bool is_open(gd_layer *layer, const char *function, const char *name)
{
    if (!gd__layer_usable(layer, function) || layer->object.context->failed)
        return false;
    bool good = name && *name && strlen(name) < GD__NAME_SIZE && !strchr(name, '.');
    if (good && !has(layer, name))
        return true;
    gd__fail(layer->object.context,
             (gd__fault){ name ? GD_ERROR_VALUE : GD_ERROR_NULL, 0, function,
                          "Use a name of 1 to 47 characters without a dot, each once in a layer" },
             "the layer %s %s '%.60s'", layer->label, good ? "already has" : "can have nothing of the name",
             name ? name : "NULL");
    return false;
}

gd_tensor *gd_register_parameter(gd_layer *layer, const char *name, gd_tensor *t)
{
    gd_context *g = layer ? gd__context(layer) : gd__context(t);
    bool good = gd__usable(g, layer, "gd_register_parameter", "the layer") &&
                gd__usable(g, t, "gd_register_parameter", "the tensor") &&
                is_open(layer, "gd_register_parameter", name) && gd__can_be_parameter(t, "gd_register_parameter") &&
                gd__own(layer, GD__PARAMETER, name, t);
    return good ? t : gd__error_object(g);
}

gd_tensor *gd_register_buffer(gd_layer *layer, const char *name, gd_tensor *t)
{
    gd_context *g = layer ? gd__context(layer) : gd__context(t);
    bool good = gd__usable(g, layer, "gd_register_buffer", "the layer") &&
                gd__usable(g, t, "gd_register_buffer", "the tensor") && is_open(layer, "gd_register_buffer", name) &&
                gd__own(layer, GD__BUFFER, name, t);
    return good ? t : gd__error_object(g);
}

/* What is inside another takes in no more: so no layer can come to be within itself, and heights stay true. */
static bool is_outermost(const gd_layer *layer, const gd_layer *child)
{
    if (!layer->taken && layer != child)
        return true;
    gd__fail(layer->object.context,
             (gd__fault){ GD_ERROR_STATE, 0, "gd_register_layer", "Put layers together from the inside outward" },
             "the layer %s is part of another already, or is to be part of itself", layer->label);
    return false;
}

gd_layer *gd_register_layer(gd_layer *layer, const char *name, gd_layer *child)
{
    gd_context *g = layer ? gd__context(layer) : gd__context(child);
    bool good = gd__usable(g, layer, "gd_register_layer", "the layer") &&
                gd__usable(g, child, "gd_register_layer", "the layer within") &&
                is_open(layer, "gd_register_layer", name) && is_outermost(layer, child) &&
                gd__can_take(layer, 1, &child) && (!layer->drawn || gd__draw(child));
    if (!good)
        return gd__error_object(g);
    gd__take_in(layer, name, child);
    return child;
}
