/* clip.c - gradients held within limits, before a step. */
#include "optim/optimizer.h"

#include <math.h>

#include "base/text.h"
#include "base/trace.h"
#include "gradus/autograd.h"

/* Can the network's gradients be clipped? Draws its parameters, as every first use does. */
static bool usable(gd_layer *net, const char *function)
{
    gd_context *g = gd__context(net);
    if (!gd__usable(g, net, function, "the network") || !gd__alive(gd_init(net)) || g->failed)
        return false;
    int count = gd_parameter_count(net);
    for (int i = 0; i < count; i++)
        if (!gd__usable(g, gd_parameter(net, i), function, "a parameter") || gd__grad_withheld(gd_parameter(net, i)))
            return false;
    return true;
}

/* Runs an update, of which `low` and `high` are the numbers, on every gradient. It fails at the first or not at all. */
static bool each_gradient(gd_layer *net, gd_tensor *update(gd_tensor *d, double low, double high), double low,
                          double high)
{
    int count = gd_parameter_count(net);
    for (int i = 0; i < count; i++) {
        gd_tensor *d = gd__gradient(gd_parameter(net, i));
        if (d && !gd__alive(update(d, low, high)))
            return false;
    }
    return true;
}

/* ---- by the norm ---- */

/* Of all gradients together, in float64: float32 need not hold the squares of what it holds. In operations, so that a
 * compiled step clips too. */
static gd_tensor *total_norm(gd_layer *net, double p)
{
    int count = gd_parameter_count(net);
    gd_tensor *total = gd_scalar(gd__context(net), GD_FLOAT64, 0);
    for (int i = 0; i < count; i++) {
        gd_tensor *d = gd__gradient(gd_parameter(net, i));
        if (!d || d->numel == 0)
            continue;
        gd_tensor *norm = gd_norm(gd_cast(d, GD_FLOAT64), .p = p);
        total = isinf(p) ? gd_maximum(total, norm) : gd_add(total, gd_pow_scalar(norm, p));
    }
    return isinf(p) ? total : gd_pow_scalar(total, 1 / p);
}

static bool clip_fits(gd_context *g, const gd_clip_options *options)
{
    const char *function = "gd_clip_grad_norm";
    if (!gd__must_be_given(g, function, options->given, "max_norm"))
        return false;
    if (!(options->max_norm >= 0))
        return gd__bad_value(g, function, "the largest norm", options->max_norm, "Give one that is not negative");
    if (!(options->norm_type > 0))
        return gd__bad_value(g, function, "the type of norm", options->norm_type,
                             "Give a positive one: 2, 1, INFINITY");
    return true;
}

static bool finite(gd_context *g, double norm)
{
    char text[GD__NUMBER_SIZE];
    if (isfinite(norm))
        return true;
    gd__fail(g,
             (gd__fault){ GD_ERROR_VALUE, 0, "gd_clip_grad_norm",
                          "Look for what made it so, or leave .error_if_nonfinite out" },
             "the norm of the gradients is %s", gd__number_text(norm, 6, text));
    return false;
}

static gd_tensor *scale(gd_tensor *d, double factor, double unused)
{
    (void)unused;
    return gd_scale_update(d, factor);
}

/* The same in operations, of a factor that only a replay will know: 1 for what is within the limit. */
static bool scale_unseen(gd_layer *net, gd_tensor *factor)
{
    int count = gd_parameter_count(net);
    for (int i = 0; i < count; i++) {
        gd_tensor *d = gd__gradient(gd_parameter(net, i));
        if (d && !gd__alive(gd_assign(d, gd_mul(d, gd_cast(factor, (gd_dtype)d->dtype)))))
            return false;
    }
    return true;
}

static double clip(const gd_clip_options *options)
{
    gd_context *g = gd__context(options->net);
    gd_tensor *total = total_norm(options->net, options->norm_type);
    gd_tensor *factor =
        gd_minimum_scalar(gd_div(gd_scalar(g, GD_FLOAT64, options->max_norm), gd_add_scalar(total, 1e-6)), 1);
    bool recorded = g->trace && g->trace->strayed && !options->error_if_nonfinite;
    double norm = recorded ? NAN : gd_item(total);
    if (!gd__alive(factor) || g->failed || (options->error_if_nonfinite && !finite(g, norm)))
        return NAN;
    if (recorded)
        return scale_unseen(options->net, factor) ? norm : NAN;
    bool within = gd_item(factor) == 1;
    return within || each_gradient(options->net, scale, gd_item(factor), 0) ? norm : NAN;
}

double gd_clip_grad_norm_with(gd_clip_options options)
{
    gd_context *g = gd__context(options.net);
    if (!gd__given(options.given, "norm_type"))
        options.norm_type = 2;
    if (!usable(options.net, "gd_clip_grad_norm") || !clip_fits(g, &options))
        return NAN;
    gd_scope scope = gd_scope_enter(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    double norm = clip(&options);
    gd_no_grad_leave(&quiet);
    gd_scope_leave(&scope);
    return norm;
}

/* ---- by the value ---- */

bool gd_clip_grad_value(gd_layer *net, double limit)
{
    gd_context *g = gd__context(net);
    if (!usable(net, "gd_clip_grad_value"))
        return false;
    if (!(limit >= 0))
        return gd__bad_value(g, "gd_clip_grad_value", "the limit", limit, "Give one that is not negative");
    return each_gradient(net, gd_clamp_update, -limit, limit);
}
