/* linear.c - matrix products with a bias: linear, on weights of its own, and affine, on the caller's. */
#include "nn/layer.h"

#include <math.h>

#include "gradus/op.h"

static void *misfit(const gd_layer *layer, const gd_tensor *x, const char *rows, int64_t in)
{
    char text[GD__TEXT_SIZE];
    return gd__fail(
        x->object.context,
        (gd__fault){ GD_ERROR_SHAPE, x->ndim, layer->name,
                     "Give rows of as many features as the layer takes, or make a layer that takes as many" },
        "the layer takes (%s, %lld), and x is %s", rows, (long long)in, gd__describe(x, text));
}

/* ---- linear ---- */

/* All dimensions but the last are rows. */
static gd_tensor *linear_forward(gd_layer *layer, gd_tensor *x)
{
    gd_tensor *W = gd__member_of(layer, GD__PARAMETER, "weight"), *b = gd__member_of(layer, GD__PARAMETER, "bias");
    int64_t in = W->shape[1];
    gd_dims shape = gd__shape(x);
    if (x->ndim == 0 || shape.size[x->ndim - 1] != in)
        return misfit(layer, x, "...", in);
    gd_tensor *rows = x->ndim == 2 ? x : gd_reshape(x, gd_shape(x->numel / in, in));
    gd_tensor *y = gd_matmul(rows, gd_t(W));
    y = b ? gd_add(y, b) : y;
    shape.size[x->ndim - 1] = W->shape[0];
    return x->ndim == 2 ? y : gd_reshape(y, shape);
}

/* PyTorch calls it kaiming_uniform_ with a = sqrt(5), which makes the same bound. */
static void linear_draw(gd_layer *layer)
{
    gd_tensor *W = gd__member_of(layer, GD__PARAMETER, "weight"), *b = gd__member_of(layer, GD__PARAMETER, "bias");
    double bound = 1 / sqrt((double)W->shape[1]);
    gd_init_uniform(W, -bound, bound);
    if (b)
        gd_init_uniform(b, -bound, bound);
}

gd_layer *gd_linear_with(gd_linear_options options)
{
    static const gd__layer_kind kind = { .name = "linear", .forward = linear_forward, .draw = linear_draw };
    gd_context *g = options.g;
    int64_t in = options.in, out = options.out;
    if (g && (in <= 0 || out <= 0))
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_linear", "Give a positive number of features" },
                        "a layer from %lld to %lld features", (long long)in, (long long)out);
    gd_layer *layer = gd__layer(g, &kind, kind.name, NULL);
    bool bias = options.bias || !gd__given(options.given, "bias");
    bool good = gd__alive(layer) && gd__own(layer, GD__PARAMETER, "weight", gd_zeros(g, 0, gd_shape(out, in))) &&
                (!bias || gd__own(layer, GD__PARAMETER, "bias", gd_zeros(g, 0, gd_shape(out))));
    return good ? layer : gd__error_object(g);
}

/* ---- affine ---- */

static gd_tensor *affine_forward(gd_layer *layer, gd_tensor *x)
{
    gd_tensor *W = gd__member_of(layer, GD__PARAMETER, "W"), *b = gd__member_of(layer, GD__PARAMETER, "b");
    gd_tensor *rows = x->ndim > 2 ? gd_reshape(x, gd_shape(x->shape[0], -1)) : x;
    if (gd__alive(rows) && (rows->ndim != 2 || rows->shape[1] != W->shape[0]))
        return misfit(layer, rows, "N", W->shape[0]);
    return gd_add(gd_matmul(rows, W), b);
}

static bool affine_fits(gd_context *g, const gd_tensor *W, const gd_tensor *b)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (W->ndim == 2 && b->ndim == 1 && W->shape[1] == b->shape[0] && W->dtype == b->dtype)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_affine", "W is (in, out), b is (out), both of one float dtype" },
             "W %s and b %s do not go together", gd__describe(W, left), gd__describe(b, right));
    return false;
}

gd_layer *gd_affine(gd_tensor *W, gd_tensor *b)
{
    static const gd__layer_kind kind = { .name = "affine", .forward = affine_forward };
    gd_context *g = W ? gd__context(W) : gd__context(b);
    if (!gd__usable(g, W, "gd_affine", "W") || !gd__usable(g, b, "gd_affine", "b") ||
        !gd__can_be_parameter(W, "gd_affine") || !gd__can_be_parameter(b, "gd_affine") || !affine_fits(g, W, b))
        return gd__error_object(g);
    gd_layer *layer = gd__layer(g, &kind, kind.name, NULL);
    bool good = gd__alive(layer) && gd__own(layer, GD__PARAMETER, "W", W) && gd__own(layer, GD__PARAMETER, "b", b);
    return good ? layer : gd__error_object(g);
}
