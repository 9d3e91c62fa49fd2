/* activations.c - functions of one tensor as layers. */
#include "nn/layer.h"

#include "gradus/op.h"

/* One of the four, and the numbers behind its operand. */
typedef struct function {
    gd_tensor *(*plain)(gd_tensor *x);
    gd_tensor *(*with_number)(gd_tensor *x, double a);
    gd_tensor *(*with_numbers)(gd_tensor *x, double a, double b);
    gd_tensor *(*along)(gd_tensor *x, int dim);
    double a, b;
    int dim;
} function;

static gd_tensor *function_forward(gd_layer *layer, gd_tensor *x)
{
    const function *f = layer->options;
    if (f->plain)
        return f->plain(x);
    if (f->with_number)
        return f->with_number(x, f->a);
    return f->with_numbers ? f->with_numbers(x, f->a, f->b) : f->along(x, f->dim);
}

static gd_layer *function_layer(gd_context *g, const char *name, function f)
{
    static const gd__layer_kind kind = { .name = "function", .options = sizeof f, .forward = function_forward };
    return gd__layer(g, &kind, name, &f);
}

gd_layer *gd_lambda(gd_context *g, const char *name, gd_tensor *(*compute)(gd_tensor *x))
{
    if (!name || !compute)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_lambda", "Pass a name and a function" }, "%s is NULL",
                        name ? "the function" : "the name");
    return function_layer(g, name, (function){ .plain = compute });
}

static gd_tensor *flatten(gd_tensor *x)
{
    return gd_flatten(x, 1, -1);
}

gd_layer *gd_flatten_layer(gd_context *g)
{
    return gd_lambda(g, "flatten", flatten);
}

/* ---- the activations: operations under their own names ---- */

#define ACTIVATION(op, parameters, ...)                                                                              \
    gd_layer *gd_##op##_layer parameters                                                                             \
    {                                                                                                                \
        return function_layer(g, #op, (function){ __VA_ARGS__ });                                                    \
    }

/* clang-format off */
ACTIVATION(sigmoid, (gd_context *g), .plain = gd_sigmoid)
ACTIVATION(relu, (gd_context *g), .plain = gd_relu)
ACTIVATION(tanh, (gd_context *g), .plain = gd_tanh)
ACTIVATION(gelu, (gd_context *g), .plain = gd_gelu)
ACTIVATION(silu, (gd_context *g), .plain = gd_silu)
ACTIVATION(leaky_relu, (gd_context *g, double slope), .with_number = gd_leaky_relu, .a = slope)
ACTIVATION(elu, (gd_context *g, double alpha), .with_number = gd_elu, .a = alpha)
ACTIVATION(softplus, (gd_context *g, double beta, double threshold),
           .with_numbers = gd_softplus, .a = beta, .b = threshold)
ACTIVATION(softmax, (gd_context *g, int dim), .along = gd_softmax, .dim = dim)
ACTIVATION(log_softmax, (gd_context *g, int dim), .along = gd_log_softmax, .dim = dim)
/* clang-format on */
