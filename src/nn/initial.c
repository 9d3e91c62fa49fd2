/* initial.c - first numbers for parameters: torch.nn.init. */
#include "nn/initial.h"

#include <math.h>
#include <string.h>

#include "base/trace.h"
#include "gradus/op.h"

bool gd__can_init(gd_tensor *t, const char *function)
{
    char text[GD__TEXT_SIZE];
    if (!gd__usable(gd__context(t), t, function, "the tensor") || t->object.context->failed ||
        !gd__may_write(t, function) ||
        !gd__may_stray(t->object.context, function, "Draw first numbers outside of the step"))
        return false;
    if (gd__is_float((gd_dtype)t->dtype) && t->contiguous)
        return true;
    gd__fault fault = { GD_ERROR_DTYPE, 0, function, "Give a tensor of floats" };
    if (gd__is_float((gd_dtype)t->dtype))
        fault = (gd__fault){ GD_ERROR_STATE, 0, function, "Give the whole tensor, not a view that is not row-major" };
    gd__fail(t->object.context, fault, "%s can't be filled with draws", gd__describe(t, text));
    return false;
}

/* ---- uniform, normal ---- */

static gd_tensor *uniform(gd_tensor *t, const char *function, double low, double high)
{
    gd_context *g = t->object.context;
    if (!gd__uniform_fits(g, function, (gd_dtype)t->dtype, low, high))
        return gd__error_object(g);
    gd__draw_uniform(t, low, high);
    gd__written(t, function);
    return t;
}

gd_tensor *gd_init_uniform(gd_tensor *t, double low, double high)
{
    bool good = gd__can_init(t, "gd_init_uniform");
    return good ? uniform(t, "gd_init_uniform", low, high) : gd__error_object(gd__context(t));
}

static gd_tensor *normal(gd_tensor *t, const char *function, double mean, double deviation)
{
    gd_context *g = t->object.context;
    if (!gd__normal_fits(g, function, deviation))
        return gd__error_object(g);
    gd__draw_normal(t, mean, deviation);
    gd__written(t, function);
    return t;
}

gd_tensor *gd_init_normal(gd_tensor *t, double mean, double deviation)
{
    bool good = gd__can_init(t, "gd_init_normal");
    return good ? normal(t, "gd_init_normal", mean, deviation) : gd__error_object(gd__context(t));
}

/* ---- by the number of inputs and outputs ---- */

/* Of a weight (out, in, ...): how many inputs an output sums, and how many outputs an input reaches. */
typedef struct fans {
    double in, out;
} fans;

/* False with the error set. */
static bool fans_of(gd_tensor *t, const char *function, fans *f)
{
    char text[GD__TEXT_SIZE];
    if (!gd__can_init(t, function))
        return false;
    double field = 1;
    for (int i = 2; i < t->ndim; i++)
        field *= (double)t->shape[i];
    if (t->ndim >= 2) {
        *f = (fans){ (double)t->shape[1] * field, (double)t->shape[0] * field };
        return true;
    }
    gd__fail(
        t->object.context,
        (gd__fault){ GD_ERROR_SHAPE, 0, function, "Give a weight (out, in, ...); for a bias use gd_init_uniform" },
        "%s has no number of inputs and outputs", gd__describe(t, text));
    return false;
}

gd_tensor *gd_init_xavier_uniform(gd_tensor *t, double gain)
{
    fans f;
    if (!fans_of(t, "gd_init_xavier_uniform", &f))
        return gd__error_object(gd__context(t));
    double bound = sqrt(3) * (gain * sqrt(2 / (f.in + f.out)));
    return t->numel == 0 ? t : uniform(t, "gd_init_xavier_uniform", -bound, bound);
}

gd_tensor *gd_init_xavier_normal(gd_tensor *t, double gain)
{
    fans f;
    if (!fans_of(t, "gd_init_xavier_normal", &f))
        return gd__error_object(gd__context(t));
    return t->numel == 0 ? t : normal(t, "gd_init_xavier_normal", 0, gain * sqrt(2 / (f.in + f.out)));
}

/* ---- gains ---- */

static const struct {
    const char *name;
    double gain;
} gains[] = {
    { "linear", 1 },           { "conv1d", 1 },
    { "conv2d", 1 },           { "conv3d", 1 },
    { "conv_transpose1d", 1 }, { "conv_transpose2d", 1 },
    { "conv_transpose3d", 1 }, { "sigmoid", 1 },
    { "tanh", 5.0 / 3 },       { "relu", 1.4142135623730951 },
    { "selu", 0.75 },
};

double gd_gain(const char *nonlinearity, double slope)
{
    if (nonlinearity && strcmp(nonlinearity, "leaky_relu") == 0)
        return sqrt(2 / (1 + slope * slope));
    for (size_t i = 0; nonlinearity && i < sizeof gains / sizeof *gains; i++)
        if (strcmp(gains[i].name, nonlinearity) == 0)
            return gains[i].gain;
    return NAN;
}

static bool kaiming_fits(const gd_kaiming_options *o, const char *function)
{
    gd_context *g = gd__context(o->t);
    const char *name = o->nonlinearity ? o->nonlinearity : "leaky_relu";
    if (o->mode != GD_FAN_IN && o->mode != GD_FAN_OUT) {
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "Use GD_FAN_IN or GD_FAN_OUT" }, "%d is no mode",
                 (int)o->mode);
        return false;
    }
    if (strcmp(name, "leaky_relu") == 0 || !isnan(gd_gain(name, 0)))
        return true;
    gd__fail(g,
             (gd__fault){ GD_ERROR_VALUE, 0, function,
                          "Use linear, conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, "
                          "sigmoid, tanh, relu, leaky_relu or selu" },
             "'%.40s' is no nonlinearity with a gain", name);
    return false;
}

/* The standard deviation; false with the error set. */
static bool kaiming(const gd_kaiming_options *o, const char *function, double *deviation)
{
    fans f;
    if (!fans_of(o->t, function, &f) || !kaiming_fits(o, function))
        return false;
    double gain = gd_gain(o->nonlinearity ? o->nonlinearity : "leaky_relu", o->a);
    *deviation = gain / sqrt(o->mode == GD_FAN_IN ? f.in : f.out);
    return true;
}

gd_tensor *gd_init_kaiming_uniform_with(gd_kaiming_options options)
{
    double deviation;
    if (!kaiming(&options, "gd_init_kaiming_uniform", &deviation))
        return gd__error_object(gd__context(options.t));
    double bound = sqrt(3) * deviation;
    return options.t->numel == 0 ? options.t : uniform(options.t, "gd_init_kaiming_uniform", -bound, bound);
}

gd_tensor *gd_init_kaiming_normal_with(gd_kaiming_options options)
{
    double deviation;
    if (!kaiming(&options, "gd_init_kaiming_normal", &deviation))
        return gd__error_object(gd__context(options.t));
    return options.t->numel == 0 ? options.t : normal(options.t, "gd_init_kaiming_normal", 0, deviation);
}
