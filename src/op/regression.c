/* regression.c - losses of numbers against numbers, written in operations. */
#include "op/op.h"

/* x - t; a loss between (N, 1) and (N) would broadcast to (N, N), so it is refused. */
static gd_tensor *error_of(gd_tensor *x, gd_tensor *t, const char *loss)
{
    gd_context *g = gd__context(x ? x : t);
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!gd__usable(g, x, loss, "x") || !gd__usable(g, t, loss, "t"))
        return gd__error_object(g);
    if (!gd__same_shape(x, t))
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, loss, "gd_reshape one of them" },
                        "the prediction %s and the target %s differ in shape", gd__describe(x, left), gd__describe(t, right));
    return gd_sub(x, t);
}

gd_tensor *gd_mse(gd_tensor *x, gd_tensor *t)
{
    return gd_mean(gd_square(error_of(x, t, "mse")));
}

gd_tensor *gd_l1(gd_tensor *x, gd_tensor *t)
{
    return gd_mean(gd_abs(error_of(x, t, "l1")));
}

gd_tensor *gd_half_squared_error(gd_tensor *x, gd_tensor *t)
{
    return gd_mul_scalar(gd_sum(gd_square(error_of(x, t, "half_squared_error"))), 0.5);
}

/* With c = min(|d|, delta) both branches are c (|d| - c / 2). */
gd_tensor *gd_huber(gd_tensor *x, gd_tensor *t, double delta)
{
    gd_tensor *size = gd_abs(error_of(x, t, "huber"));
    if (!gd__alive(size))
        return size;
    if (!(delta > 0))
        return gd__fail(size->object.context, (gd__fault){ GD_ERROR_VALUE, 0, "huber", "Give a positive delta" },
                        "delta is %g", delta);
    gd_tensor *near = gd_where(gd_le_scalar(size, delta), size, gd_full_like(size, delta));
    return gd_mean(gd_mul(near, gd_sub(size, gd_mul_scalar(near, 0.5))));
}
