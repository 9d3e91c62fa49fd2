/* exponential.c - exponentials, logarithms, roots and powers of one tensor. */
#include "op/op.h"

#include <math.h>

/* ---- expm1 ---- */

static gd_tensor *expm1_vjp(const gd__vjp *v)
{
    return gd_mul(v->dy, gd_add_scalar(v->y, 1));
}

static double expm1_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return expm1(x[0]);
}

const gd__op gd__op_expm1 = {
    .info = { .name = "expm1", .input = { "x" }, .formula = "y = exp(x) - 1", .derivative = { "dx = dy * (y + 1)" },
              .latex = "y = e^{x} - 1", .latex_derivative = { "\\bar x = \\bar y \\odot (y + 1)" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = expm1_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT }, .reference = expm1_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_expm1(gd_tensor *x)
{
    return gd__apply1(GD__OP_expm1, x, NULL);
}

/* ---- log1p ---- */

static gd_tensor *log1p_vjp(const gd__vjp *v)
{
    return gd_div(v->dy, gd_add_scalar(v->x[0], 1));
}

static double log1p_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return log1p(x[0]);
}

const gd__op gd__op_log1p = {
    .info = { .name = "log1p", .input = { "x" }, .formula = "y = ln(1 + x)", .derivative = { "dx = dy / (1 + x)" },
              .latex = "y = \\ln(1 + x)", .latex_derivative = { "\\bar x = \\bar y / (1 + x)" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = log1p_vjp, .differentiable = 1, .reads = { 1 }, .reference = log1p_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -0.5, .high = 3 } },
};

gd_tensor *gd_log1p(gd_tensor *x)
{
    return gd__apply1(GD__OP_log1p, x, NULL);
}

/* ---- rsqrt ---- */

static gd_tensor *rsqrt_vjp(const gd__vjp *v)
{
    return gd_mul(gd_mul_scalar(v->dy, -0.5), gd_mul(v->y, gd_square(v->y)));
}

static double rsqrt_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return 1 / sqrt(x[0]);
}

const gd__op gd__op_rsqrt = {
    .info = { .name = "rsqrt", .input = { "x" }, .formula = "y = x^(-1/2)", .derivative = { "dx = -dy * y^3 / 2" },
              .latex = "y = x^{-1/2}", .latex_derivative = { "\\bar x = -\\tfrac12 \\bar y \\odot y^{3}" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = rsqrt_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT }, .reference = rsqrt_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = 0.3, .high = 3 } },
};

gd_tensor *gd_rsqrt(gd_tensor *x)
{
    return gd__apply1(GD__OP_rsqrt, x, NULL);
}

/* ---- reciprocal ---- */

static gd_tensor *reciprocal_vjp(const gd__vjp *v)
{
    return gd_neg(gd_mul(v->dy, gd_square(v->y)));
}

static double reciprocal_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return 1 / x[0];
}

const gd__op gd__op_reciprocal = {
    .info = { .name = "reciprocal", .input = { "x" }, .formula = "y = 1 / x", .derivative = { "dx = -dy * y^2" },
              .latex = "y = 1 / x", .latex_derivative = { "\\bar x = -\\bar y \\odot y^{2}" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = reciprocal_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT }, .reference = reciprocal_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = 0.3, .high = 3 } },
};

gd_tensor *gd_reciprocal(gd_tensor *x)
{
    return gd__apply1(GD__OP_reciprocal, x, NULL);
}

/* ---- pow_scalar ---- */

static gd_tensor *pow_scalar_vjp(const gd__vjp *v)
{
    double c = v->attrs->scalar[0];
    if (c == 0)
        return gd_zeros_like(v->dy);
    return gd_mul(v->dy, gd_mul_scalar(gd_pow_scalar(v->x[0], c - 1), c));
}

static double pow_scalar_reference(const double *x, const gd__attrs *attrs)
{
    return pow(x[0], attrs->scalar[0]);
}

const gd__op gd__op_pow_scalar = {
    .info = { .name = "pow_scalar", .input = { "x" }, .formula = "y = x^c", .derivative = { "dx = dy * c x^(c - 1)" },
              .why = "x^0 is 1 wherever x is, at 0 too, so its derivative is 0 there",
              .latex = "y = x^{c}", .latex_derivative = { "\\bar x = \\bar y \\odot c\\,x^{c-1}" }, .torch_name = "PowBackward0" },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = pow_scalar_vjp, .differentiable = 1, .reads = { 1 }, .reference = pow_scalar_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = 0.3, .high = 2, .attrs = { .scalar = { 2.5 } } } },
};

gd_tensor *gd_pow_scalar(gd_tensor *x, double c)
{
    return gd__apply1(GD__OP_pow_scalar, x, &(gd__attrs){ .scalar = { c } });
}
