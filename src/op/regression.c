/* regression.c - losses of numbers against numbers, written in operations. */
#include "op/op.h"

bool gd__loss_usable(const char *loss, const gd_tensor *x, const gd_tensor *t, const gd_tensor *weight)
{
    gd_context *g = gd__context(x ? x : t);
    return gd__usable(g, x, loss, "x") && gd__usable(g, t, loss, "t") && (!weight || gd__usable(g, weight, loss, ".weight"));
}

gd_tensor *gd__reduce_loss(const char *loss, gd_tensor *terms, gd_loss_reduction reduction)
{
    switch (reduction) {
    case GD_REDUCE_MEAN: return gd_mean(terms);
    case GD_REDUCE_SUM: return gd_sum(terms);
    case GD_REDUCE_NONE: return terms;
    }
    return gd__fail(gd__context(terms), (gd__fault){ GD_ERROR_VALUE, 0, loss, "Use GD_REDUCE_MEAN, _SUM or _NONE" },
                    "%d is no reduction", (int)reduction);
}

/* x - t; a loss between (N, 1) and (N) would broadcast to (N, N), so it is refused. */
static gd_tensor *error_of(const char *loss, gd_tensor *x, gd_tensor *t, const gd_tensor *weight)
{
    gd_context *g = gd__context(x ? x : t);
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!gd__loss_usable(loss, x, t, weight))
        return gd__error_object(g);
    if (!gd__same_shape(x, t))
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, loss, "gd_reshape one of them" },
                        "the prediction %s and the target %s differ in shape", gd__describe(x, left), gd__describe(t, right));
    return gd_sub(x, t);
}

/* The terms times their weights, where there are any. */
static gd_tensor *weighted(const char *loss, gd_tensor *terms, gd_tensor *weight)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!weight || !gd__alive(terms))
        return terms;
    if (!gd__same_shape(weight, terms))
        return gd__fail(gd__context(terms),
                        (gd__fault){ GD_ERROR_SHAPE, 0, loss, "Give one weight for each element; gd_expand repeats them" },
                        "the weights %s are not of the shape of %s", gd__describe(weight, left), gd__describe(terms, right));
    return gd_mul(terms, weight);
}

/* A weighted mean divides by the sum of the weights, taken in the terms' dtype: large integers would overflow in their own. */
static gd_tensor *reduce(const char *loss, gd_tensor *terms, const gd_loss *args)
{
    gd_tensor *products = weighted(loss, terms, args->weight);
    if (args->weight && args->reduction == GD_REDUCE_MEAN && gd__alive(products))
        return gd_div(gd_sum(products), gd_sum(gd_cast(args->weight, products->dtype)));
    return gd__reduce_loss(loss, products, args->reduction);
}

gd_tensor *gd_mse_with(gd_loss args)
{
    return reduce("mse", gd_square(error_of("mse", args.x, args.t, args.weight)), &args);
}

gd_tensor *(gd_mse)(gd_tensor *x, gd_tensor *t)
{
    return gd_mse(x, t);
}

gd_tensor *gd_l1_with(gd_loss args)
{
    return reduce("l1", gd_abs(error_of("l1", args.x, args.t, args.weight)), &args);
}

gd_tensor *(gd_l1)(gd_tensor *x, gd_tensor *t)
{
    return gd_l1(x, t);
}

gd_tensor *gd_half_squared_error(gd_tensor *x, gd_tensor *t)
{
    return gd_mul_scalar(gd_sum(gd_square(error_of("half_squared_error", x, t, NULL))), 0.5);
}

/* With c = d brought between -delta and delta all branches are c (d - c / 2). */
gd_tensor *gd_huber_with(gd_huber_loss args)
{
    gd_tensor *d = error_of("huber", args.x, args.t, args.weight);
    char text[GD__TEXT_SIZE];
    if (!gd__alive(d))
        return d;
    gd_context *g = d->object.context;
    if (!gd__is_float((gd_dtype)d->dtype))
        return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, "huber", "gd_cast one to a float dtype first" },
                        "floats are expected: the error is %s", gd__describe(d, text));
    if (!(args.delta > 0))
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "huber", "Give a positive delta" }, "delta is %g", args.delta);
    gd_tensor *near = gd_clamp(d, -args.delta, args.delta);
    gd_tensor *terms = gd_mul(near, gd_sub(d, gd_mul_scalar(near, 0.5)));
    return gd__reduce_loss("huber", weighted("huber", terms, args.weight), args.reduction);
}

gd_tensor *(gd_huber)(gd_tensor *x, gd_tensor *t, double delta)
{
    return gd_huber(x, t, delta);
}
