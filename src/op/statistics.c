/* statistics.c - variances and norms over axes, written in operations. */
#include "op/reduce.h"

#include <math.h>

/* How many elements make one of the result; -1 with the error set, also where they are no floats. */
static int64_t count_floats(const char *function, gd_tensor *x, gd_dims axes)
{
    int64_t count = gd__reduced_count(function, x, axes);
    char text[GD__TEXT_SIZE];
    if (count < 0 || gd__is_float((gd_dtype)x->dtype))
        return count;
    gd__fail(x->object.context, (gd__fault){ GD_ERROR_DTYPE, 0, function, "gd_cast it to a float dtype first" },
             "floats are expected, not %s", gd__describe(x, text));
    return -1;
}

/* x^c for x >= 0, with the derivative 0 at 0, where the true one may be infinite. */
static gd_tensor *power(gd_tensor *x, double c)
{
    if (!gd__alive(x))
        return x;
    gd_tensor *flat = gd_eq_scalar(x, 0), *raised = gd_pow_scalar(gd_where(flat, gd_ones_like(x), x), c);
    return gd_where(flat, gd_full_like(x, pow(0, c)), raised);
}

/* ---- variance and deviation ---- */

static gd_tensor *variance(const char *function, gd_var_options of)
{
    int64_t n = count_floats(function, of.x, gd__axes_written(of.axes, of.text));
    if (n < 0)
        return gd__error_object(gd__context(of.x));
    gd_tensor *squares = gd_square(gd_sub(of.x, gd_mean(of.x, of.axes, true)));
    return gd_div_scalar(gd_sum(squares, of.axes, of.keepdim), fmax(0, (double)n - !of.population));
}

gd_tensor *(gd_var)(gd_var_options options)
{
    return variance("var", options);
}

gd_tensor *(gd_std)(gd_var_options options)
{
    return power(variance("std", options), 0.5);
}

/* ---- norm ---- */

gd_tensor *(gd_norm)(gd_norm_options of)
{
    double p = of.p == 0 ? 2 : of.p;
    int64_t n = count_floats("norm", of.x, gd__axes_written(of.axes, of.text));
    if (n < 0)
        return gd__error_object(gd__context(of.x));
    if (n == 0 && (p < 0 || isinf(p)))
        return gd__fail(of.x->object.context, (gd__fault){ GD_ERROR_SHAPE, 0, "norm", "Use a positive, finite p" },
                        "no elements have no norm with p = %g", p);
    if (p == 2)
        return power(gd_sum(gd_square(of.x), of.axes, of.keepdim), 0.5);
    gd_tensor *size = gd_abs(of.x);
    if (p == 1)
        return gd_sum(size, of.axes, of.keepdim);
    if (isinf(p))
        return p > 0 ? gd_max(size, of.axes, of.keepdim) : gd_min(size, of.axes, of.keepdim);
    return power(gd_sum(power(size, p), of.axes, of.keepdim), 1 / p);
}
