/* sequential.c - layers in a row. */
#include "nn/layer.h"

#include <stdio.h>

static gd_tensor *sequential_forward(gd_layer *layer, gd_tensor *x)
{
    for (int i = 0; i < layer->children; i++)
        x = gd_forward(layer->child[i].layer, x);
    return x;
}

gd_layer *gd_sequential_of(gd_context *g, size_t count, gd_layer *const *layers)
{
    static const gd__layer_kind kind = { .name = "sequential", .forward = sequential_forward };
    if (count > 0 && !layers)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_sequential", "Pass the layers" }, "the array is NULL");
    for (size_t i = 0; i < count; i++)
        if (!gd__usable(g, layers[i], "gd_sequential", "a layer"))
            return gd__error_object(g);
    gd_layer *row = gd__layer(g, &kind, kind.name, NULL);
    if (!gd__alive(row) || !gd__can_take(row, count, layers))
        return gd__error_object(g);
    for (size_t i = 0; i < count; i++) {
        char name[GD__NAME_SIZE];
        snprintf(name, sizeof name, "%zu", i);
        gd__take_in(row, name, layers[i]);
    }
    return row;
}
