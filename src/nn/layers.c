/* layers.c - the layers that there are, but for those made of others. */
#include "nn/layer.h"

#include <math.h>
#include <stdio.h>

#include "gradus/op.h"

static void *bad_features(gd_context *g, int64_t in, int64_t out)
{
    return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_linear", "Give a positive number of features" },
                    "a layer from %lld to %lld features", (long long)in, (long long)out);
}

/* ---- linear ---- */

/* Is x (N, in)? False with the error set. */
static bool takes(const gd_layer *layer, const gd_tensor *x, int64_t in)
{
    char text[GD__TEXT_SIZE];
    if (!gd__alive(x))
        return false;
    if (x->ndim == 2 && x->shape[1] == in)
        return true;
    gd__fail(x->object.context,
             (gd__fault){ GD_ERROR_SHAPE, 2, layer->kind->name,
                          "Give rows of as many features as the layer takes, or make a layer that takes as many" },
             "the layer takes (N, %lld), and x is %s", (long long)in, gd__describe(x, text));
    return false;
}

static gd_tensor *linear_forward(gd_layer *layer, gd_tensor *x)
{
    if (!takes(layer, x, layer->own[0].tensor->shape[1]))
        return gd__error_object(layer->object.context);
    return gd_add(gd_matmul(x, gd_t(layer->own[0].tensor)), layer->own[1].tensor);
}

static void draw_uniform(gd_tensor *t, double bound)
{
    gd__random *random = &t->object.context->random;
    if (t->dtype == GD_FLOAT32)
        gd__random_uniform_f32(random, (float *)t->data, t->numel, -bound, bound);
    else
        gd__random_uniform_f64(random, (double *)t->data, t->numel, -bound, bound);
}

static void linear_draw(gd_layer *layer)
{
    double bound = 1 / sqrt((double)layer->own[0].tensor->shape[1]);
    draw_uniform(layer->own[0].tensor, bound);
    draw_uniform(layer->own[1].tensor, bound);
}

gd_layer *gd_linear(gd_context *g, int64_t in, int64_t out)
{
    static const gd__layer_kind kind = { "linear", linear_forward, linear_draw };
    if (g && (in <= 0 || out <= 0))
        return bad_features(g, in, out);
    gd_tensor *W = gd_zeros(g, GD_DEFAULT, gd_shape(out, in)), *b = gd_zeros(g, GD_DEFAULT, gd_shape(out));
    gd_layer *layer = gd__layer(g, &kind);
    if (!gd__alive(layer) || !gd__own_parameter(layer, "weight", W) || !gd__own_parameter(layer, "bias", b))
        return gd__error_object(g);
    return layer;
}

/* ---- affine ---- */

static gd_tensor *affine_forward(gd_layer *layer, gd_tensor *x)
{
    gd_tensor *rows = x->ndim > 2 ? gd_reshape(x, gd_shape(x->shape[0], -1)) : x;
    if (!takes(layer, rows, layer->own[0].tensor->shape[0]))
        return gd__error_object(layer->object.context);
    return gd_add(gd_matmul(rows, layer->own[0].tensor), layer->own[1].tensor);
}

static bool affine_fits(gd_context *g, const gd_tensor *W, const gd_tensor *b)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (W->ndim == 2 && b->ndim == 1 && W->shape[1] == b->shape[0] && W->dtype == b->dtype && W->contiguous &&
        b->contiguous)
        return true;
    gd__fail(g,
             (gd__fault){ GD_ERROR_SHAPE, 0, "gd_affine",
                          "W is (in, out), b is (out), both of one float dtype and no transposed views" },
             "W %s and b %s do not go together", gd__describe(W, left), gd__describe(b, right));
    return false;
}

gd_layer *gd_affine(gd_tensor *W, gd_tensor *b)
{
    static const gd__layer_kind kind = { "affine", affine_forward, NULL };
    gd_context *g = W ? gd__context(W) : gd__context(b);
    if (!gd__usable(g, W, "gd_affine", "W") || !gd__usable(g, b, "gd_affine", "b") ||
        !gd__can_be_parameter(W, "gd_affine") || !gd__can_be_parameter(b, "gd_affine") || !affine_fits(g, W, b))
        return gd__error_object(g);
    gd_layer *layer = gd__layer(g, &kind);
    if (!gd__alive(layer) || !gd__own_parameter(layer, "W", W) || !gd__own_parameter(layer, "b", b))
        return gd__error_object(g);
    return layer;
}

/* ---- activations ---- */

static gd_tensor *sigmoid_forward(gd_layer *layer, gd_tensor *x)
{
    (void)layer;
    return gd_sigmoid(x);
}

gd_layer *gd_sigmoid_layer(gd_context *g)
{
    static const gd__layer_kind kind = { "sigmoid", sigmoid_forward, NULL };
    return gd__layer(g, &kind);
}

static gd_tensor *relu_forward(gd_layer *layer, gd_tensor *x)
{
    (void)layer;
    return gd_relu(x);
}

gd_layer *gd_relu_layer(gd_context *g)
{
    static const gd__layer_kind kind = { "relu", relu_forward, NULL };
    return gd__layer(g, &kind);
}

/* ---- sequential ---- */

static gd_tensor *sequential_forward(gd_layer *layer, gd_tensor *x)
{
    for (int i = 0; i < layer->children; i++)
        x = gd_forward(layer->child[i], x);
    return x;
}

/* Rows within rows are walked by recursion, and name their parameters by the way: both have an end. */
static bool set_height(gd_layer *row, size_t count, gd_layer *const *layers)
{
    enum { HIGHEST = 32 };
    for (size_t i = 0; i < count; i++)
        if (layers[i]->height >= row->height)
            row->height = layers[i]->height + 1;
    if (row->height <= HIGHEST)
        return true;
    gd__fail(row->object.context,
             (gd__fault){ GD_ERROR_VALUE, 0, "gd_sequential", "Put layers side by side in one row" },
             "rows within rows, %d deep: at most %d are possible", row->height, HIGHEST);
    return false;
}

static bool take_children(gd_layer *row, size_t count, gd_layer *const *layers)
{
    gd_context *g = row->object.context;
    row->child = count ? gd__alloc(g, count * sizeof(gd_layer *)) : NULL;
    if (count && !row->child)
        return false;
    row->children = (int)count;
    for (size_t i = 0; i < count; i++) {
        row->child[i] = layers[i];
        if (!layers[i]->parent) {
            layers[i]->parent = row;
            layers[i]->parent_serial = row->object.serial;
        }
        snprintf(layers[i]->label, sizeof layers[i]->label, "%zu (%s)", i, layers[i]->kind->name);
    }
    return true;
}

gd_layer *gd_sequential_of(gd_context *g, size_t count, gd_layer *const *layers)
{
    static const gd__layer_kind kind = { "sequential", sequential_forward, NULL };
    if (count > 0 && !layers)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_sequential", "Pass the layers" }, "the array is NULL");
    for (size_t i = 0; i < count; i++)
        if (!gd__usable(g, layers[i], "gd_sequential", "a layer"))
            return gd__error_object(g);
    gd_layer *row = gd__layer(g, &kind);
    bool good = gd__alive(row) && set_height(row, count, layers) && take_children(row, count, layers);
    return good ? row : gd__error_object(g);
}
