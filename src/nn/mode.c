/* mode.c - training or evaluating, learning or frozen. */
#include "nn/layer.h"

#include "gradus/autograd.h"

/* May the whole of the layer be changed? False with the error set. */
static bool may_change(gd_layer *layer, const char *function)
{
    return gd__layer_usable(layer, function) && !layer->object.context->failed && gd__intact(layer);
}

static bool set_training(void *user, const gd__path *path, gd_layer *layer)
{
    (void)path;
    layer->object.context->settings += layer->training != *(const bool *)user;
    layer->training = *(const bool *)user;
    return true;
}

gd_layer *gd_set_training(gd_layer *layer, bool training)
{
    if (!may_change(layer, "gd_set_training"))
        return gd__error_object(gd__context(layer));
    gd__each_layer(layer, set_training, &training);
    return layer;
}

bool gd_is_training(const gd_layer *layer)
{
    return gd__alive(layer) && layer->training && !layer->object.context->evaluating;
}

/* A gradient from before would still move a frozen parameter. */
static bool set_frozen(void *user, const gd__path *path, const gd__member *member)
{
    bool frozen = *(const bool *)user;
    (void)path;
    gd_require_grad(member->tensor, !frozen);
    return !frozen || gd_clear_grad(member->tensor);
}

gd_layer *gd_freeze(gd_layer *layer, bool frozen)
{
    if (!may_change(layer, "gd_freeze"))
        return gd__error_object(gd__context(layer));
    gd__each_member(layer, GD__PARAMETER, set_frozen, &frozen);
    return layer;
}
