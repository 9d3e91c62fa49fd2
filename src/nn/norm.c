/* norm.c - batch and layer normalisation: mean 0 and variance 1, over the batch or over a sample. */
#include "nn/layer.h"

#include <stdio.h>

#include "gradus/autograd.h"
#include "gradus/op.h"

/* ---- what both do ---- */

/* Mean and variance (biased) that broadcast to x, and x less the mean. */
typedef struct statistics {
    gd_tensor *mean, *variance, *centred;
} statistics;

static statistics of_axes(gd_tensor *x, gd_dims axes)
{
    statistics s = { .mean = gd_mean(x, axes, true) };
    s.centred = gd_sub(x, s.mean);
    s.variance = gd_mean(gd_square(s.centred), axes, true);
    return s;
}

static gd_tensor *inverse_deviation(statistics s, double eps)
{
    return gd_rsqrt(gd_add_scalar(s.variance, eps));
}

static bool give_affine(gd_layer *layer, gd_dims shape, bool affine, bool bias)
{
    gd_context *g = layer->object.context;
    return (!affine || gd__own(layer, GD__PARAMETER, "weight", gd_ones(g, GD_DEFAULT, shape))) &&
           (!affine || !bias || gd__own(layer, GD__PARAMETER, "bias", gd_zeros(g, GD_DEFAULT, shape)));
}

static bool misfit(const gd_layer *layer, gd_status status, const char *what, const gd_tensor *x, const char *remedy)
{
    char text[GD__TEXT_SIZE];
    gd__fail(layer->object.context, (gd__fault){ status, 0, layer->name, remedy }, "the layer takes %s, and x is %s",
             what, gd__describe(x, text));
    return false;
}

/* Floats, and those of the members where there are any. */
static bool fits_dtype(const gd_layer *layer, const gd_tensor *x)
{
    gd_dtype wanted = (gd_dtype)(layer->members > 0 ? layer->member[0].tensor->dtype : x->dtype);
    if (gd__is_float((gd_dtype)x->dtype) && x->dtype == wanted)
        return true;
    return misfit(layer, GD_ERROR_DTYPE, layer->members > 0 ? gd_dtype_name(wanted) : "floats", x,
                  "gd_cast it to that dtype");
}

static bool eps_fits(gd_context *g, const char *function, double eps, bool may_be_zero)
{
    if (eps > 0 || (eps == 0 && may_be_zero))
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "Give a small number above 0" }, ".eps is %g", eps);
    return false;
}

/* ---- batch normalisation ---- */

typedef struct batch_norm {
    int64_t features;
    double eps, momentum;
    bool cumulative, follows; /* running statistics: plain averages; kept at all */
} batch_norm;

static bool batch_fits(const gd_layer *layer, const gd_tensor *x)
{
    const batch_norm *own = layer->options;
    char what[64];
    snprintf(what, sizeof what, "(N, %lld) or (N, %lld, ...)", (long long)own->features, (long long)own->features);
    if (x->ndim < 2 || x->shape[1] != own->features)
        return misfit(layer, GD_ERROR_SHAPE, what, x,
                      "Give as many channels, dimension 1, as the layer has features");
    return fits_dtype(layer, x);
}

/* Can the batch be normalised by its own statistics? */
static bool is_batch(const gd_layer *layer, const gd_tensor *x)
{
    const batch_norm *own = layer->options;
    if (!eps_fits(layer->object.context, layer->name, own->eps, false))
        return false;
    return x->numel != own->features || misfit(layer, GD_ERROR_VALUE, "more than one value a channel while training",
                                               x, "Give larger batches, or gd_set_training(layer, false)");
}

/* The layer's member of one number a channel, shaped to broadcast to x; NULL where it has none. */
static gd_tensor *by_channel(const gd_layer *layer, gd__member_role role, const char *name, const gd_tensor *x)
{
    gd_tensor *t = gd__member_of(layer, role, name);
    gd_dims shape = { .count = x->ndim - 1, .size = { x->shape[1] } };
    for (int i = 1; i < shape.count; i++)
        shape.size[i] = 1;
    return t && x->ndim > 2 ? gd_reshape(t, shape) : t;
}

/* Over all dimensions but the channels'. */
static statistics of_batch(gd_tensor *x)
{
    gd_dims axes = { .count = 0 };
    for (int i = 0; i < x->ndim; i++)
        if (i != 1)
            axes.size[axes.count++] = i;
    return of_axes(x, axes);
}

static statistics of_running(const gd_layer *layer, gd_tensor *x)
{
    statistics s = { .mean = by_channel(layer, GD__BUFFER, "running_mean", x),
                     .variance = by_channel(layer, GD__BUFFER, "running_var", x) };
    s.centred = gd_sub(x, s.mean);
    return s;
}

/* What is one number a channel is put together first: x is large. */
static gd_tensor *batch_normalised(const gd_layer *layer, gd_tensor *x, statistics s)
{
    const batch_norm *own = layer->options;
    gd_tensor *W = by_channel(layer, GD__PARAMETER, "weight", x), *b = by_channel(layer, GD__PARAMETER, "bias", x);
    gd_tensor *factor = inverse_deviation(s, own->eps);
    gd_tensor *y = gd_mul(s.centred, W ? gd_mul(factor, W) : factor);
    return b ? gd_add(y, b) : y;
}

static gd_tensor *blend(gd_tensor *running, gd_tensor *now, double part)
{
    gd_tensor *as_running = gd_reshape(now, gd__shape(running));
    return gd_add(gd_mul_scalar(running, 1 - part), gd_mul_scalar(as_running, part));
}

/* running (1 - part) + now part, of a part that is known by a tensor alone. */
static gd_tensor *blend_by(gd_tensor *running, gd_tensor *now, gd_tensor *part)
{
    gd_dtype dtype = (gd_dtype)running->dtype;
    gd_tensor *as_running = gd_reshape(now, gd__shape(running)), *rest = gd_rsub_scalar(part, 1);
    return gd_add(gd_mul(running, gd_cast(rest, dtype)), gd_mul(as_running, gd_cast(part, dtype)));
}

/* The running statistics after this batch: all are written, or none. The variance that is kept is unbiased. A batch
 * without numbers only counts. All in operations, so that a compiled step follows too. */
static bool follow(gd_layer *layer, const gd_tensor *x, statistics s)
{
    const batch_norm *own = layer->options;
    gd_tensor *mean = gd__member_of(layer, GD__BUFFER, "running_mean");
    gd_tensor *variance = gd__member_of(layer, GD__BUFFER, "running_var");
    gd_tensor *count = gd__member_of(layer, GD__BUFFER, "num_batches_tracked");
    gd_tensor *batches = gd_add_scalar(count, 1);
    double n = (double)(x->numel / own->features);
    if (x->numel == 0)
        return gd__alive(gd_assign(count, batches));
    gd_tensor *unbiased = gd_mul_scalar(s.variance, n / (n - 1)), *part = NULL;
    if (own->cumulative)
        part = gd_reciprocal(gd_cast(batches, GD_FLOAT64));
    gd_tensor *next_mean = part ? blend_by(mean, s.mean, part) : blend(mean, s.mean, own->momentum);
    gd_tensor *next_variance = part ? blend_by(variance, unbiased, part) : blend(variance, unbiased, own->momentum);
    return gd__alive(next_mean) && gd__alive(next_variance) && gd__alive(batches) &&
           gd__alive(gd_assign(mean, next_mean)) && gd__alive(gd_assign(variance, next_variance)) &&
           gd__alive(gd_assign(count, batches));
}

static bool follow_quietly(gd_layer *layer, const gd_tensor *x, statistics s)
{
    gd_context *g = layer->object.context;
    if (g->failed)
        return true; /* the numbers are made all the same, but nothing changes */
    gd_scope scope = gd_scope_enter(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool good = scope.context && follow(layer, x, s);
    gd_no_grad_leave(&quiet);
    gd_scope_leave(&scope);
    return good;
}

static gd_tensor *batch_norm_forward(gd_layer *layer, gd_tensor *x)
{
    const batch_norm *own = layer->options;
    bool training = gd_is_training(layer), by_batch = training || !own->follows;
    if (!batch_fits(layer, x) || (by_batch && !is_batch(layer, x)))
        return gd__error_object(layer->object.context);
    statistics s = by_batch ? of_batch(x) : of_running(layer, x);
    gd_tensor *y = batch_normalised(layer, x, s);
    bool good = gd__alive(y) && (!training || !own->follows || follow_quietly(layer, x, s));
    return good ? y : gd__error_object(layer->object.context);
}

static bool give_running(gd_layer *layer, int64_t features)
{
    gd_context *g = layer->object.context;
    return gd__own(layer, GD__BUFFER, "running_mean", gd_zeros(g, GD_DEFAULT, gd_shape(features))) &&
           gd__own(layer, GD__BUFFER, "running_var", gd_ones(g, GD_DEFAULT, gd_shape(features))) &&
           gd__own(layer, GD__BUFFER, "num_batches_tracked", gd_zeros(g, GD_INT64, gd_shape()));
}

gd_layer *gd_batch_norm_with(gd_batch_norm_options o)
{
    static const gd__layer_kind kind = { .name = "batch_norm",
                                         .options = sizeof(batch_norm),
                                         .forward = batch_norm_forward };
    batch_norm own = { .features = o.features,
                       .eps = gd__given(o.given, "eps") ? o.eps : 1e-5,
                       .momentum = gd__given(o.given, "momentum") ? o.momentum : 0.1,
                       .cumulative = o.cumulative,
                       .follows = o.track_running_stats || !gd__given(o.given, "track_running_stats") };
    if (o.features <= 0)
        return gd__fail(o.g, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_batch_norm", "Give a positive number of features" },
                        "a layer of %lld features", (long long)o.features);
    if (!eps_fits(o.g, "gd_batch_norm", own.eps, true))
        return gd__error_object(o.g);
    gd_layer *layer = gd__layer(o.g, &kind, kind.name, &own);
    bool affine = o.affine || !gd__given(o.given, "affine"), bias = o.bias || !gd__given(o.given, "bias");
    bool good = gd__alive(layer) && give_affine(layer, gd_shape(o.features), affine, bias) &&
                (!own.follows || give_running(layer, o.features));
    return good ? layer : gd__error_object(o.g);
}

/* ---- layer normalisation ---- */

typedef struct layer_norm {
    gd_dims shape;
    double eps;
} layer_norm;

static bool layer_fits(const gd_layer *layer, const gd_tensor *x)
{
    const layer_norm *own = layer->options;
    char shape[GD__TEXT_SIZE], what[GD__TEXT_SIZE + 40];
    int front = x->ndim - own->shape.count;
    bool fits = front >= 0;
    for (int i = 0; fits && i < own->shape.count; i++)
        fits = x->shape[front + i] == own->shape.size[i];
    snprintf(what, sizeof what, "x whose last dimensions are %s", gd__shape_text(own->shape, shape));
    return fits ? fits_dtype(layer, x) : misfit(layer, GD_ERROR_SHAPE, what, x, "Make a layer of that shape");
}

static gd_tensor *layer_norm_forward(gd_layer *layer, gd_tensor *x)
{
    const layer_norm *own = layer->options;
    gd_dims axes = { .count = own->shape.count };
    for (int i = 0; i < axes.count; i++)
        axes.size[i] = i - axes.count;
    if (!layer_fits(layer, x))
        return gd__error_object(layer->object.context);
    gd_tensor *W = gd__member_of(layer, GD__PARAMETER, "weight"), *b = gd__member_of(layer, GD__PARAMETER, "bias");
    statistics s = of_axes(x, axes);
    gd_tensor *y = gd_mul(s.centred, inverse_deviation(s, own->eps));
    y = W ? gd_mul(y, W) : y;
    return b ? gd_add(y, b) : y;
}

static bool is_norm_shape(gd_context *g, gd_dims shape)
{
    char text[GD__TEXT_SIZE];
    bool good = gd__dims_fit(shape) && shape.count > 0;
    for (int i = 0; good && i < shape.count; i++)
        good = shape.size[i] > 0;
    if (!good)
        gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_layer_norm", "Give the sizes of the last dimensions of x" },
                 "a layer of the shape %s", gd__dims_fit(shape) ? gd__shape_text(shape, text) : "of too many sizes");
    return good;
}

gd_layer *gd_layer_norm_with(gd_layer_norm_options o)
{
    static const gd__layer_kind kind = { .name = "layer_norm",
                                         .options = sizeof(layer_norm),
                                         .forward = layer_norm_forward };
    layer_norm own = { .shape = o.shape, .eps = gd__given(o.given, "eps") ? o.eps : 1e-5 };
    if (!is_norm_shape(o.g, o.shape) || !eps_fits(o.g, "gd_layer_norm", own.eps, true))
        return gd__error_object(o.g);
    gd_layer *layer = gd__layer(o.g, &kind, kind.name, &own);
    bool affine = o.affine || !gd__given(o.given, "affine"), bias = o.bias || !gd__given(o.given, "bias");
    return gd__alive(layer) && give_affine(layer, o.shape, affine, bias) ? layer : gd__error_object(o.g);
}
