/* trigonometric.c - sines, the hyperbolic tangent and the error function. */
#include "op/op.h"

#include <math.h>

/* ---- sin ---- */

static gd_tensor *sin_vjp(const gd__vjp *v)
{
    return gd_mul(v->dy, gd_cos(v->x[0]));
}

static double sin_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return sin(x[0]);
}

const gd__op gd__op_sin = {
    .info = { .name = "sin", .input = { "x" }, .formula = "y = sin(x)", .derivative = { "dx = dy * cos(x)" },
              .latex = "y = \\sin x", .latex_derivative = { "\\bar x = \\bar y \\odot \\cos x" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = sin_vjp, .differentiable = 1, .reads = { 1 }, .reference = sin_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -4, .high = 4 } },
};

gd_tensor *gd_sin(gd_tensor *x)
{
    return gd__apply1(GD__OP_sin, x, NULL);
}

/* ---- cos ---- */

static gd_tensor *cos_vjp(const gd__vjp *v)
{
    return gd_neg(gd_mul(v->dy, gd_sin(v->x[0])));
}

static double cos_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return cos(x[0]);
}

const gd__op gd__op_cos = {
    .info = { .name = "cos", .input = { "x" }, .formula = "y = cos(x)", .derivative = { "dx = -dy * sin(x)" },
              .latex = "y = \\cos x", .latex_derivative = { "\\bar x = -\\bar y \\odot \\sin x" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = cos_vjp, .differentiable = 1, .reads = { 1 }, .reference = cos_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -4, .high = 4 } },
};

gd_tensor *gd_cos(gd_tensor *x)
{
    return gd__apply1(GD__OP_cos, x, NULL);
}

/* ---- tanh ---- */

static gd_tensor *tanh_vjp(const gd__vjp *v)
{
    return gd_mul(v->dy, gd_rsub_scalar(gd_square(v->y), 1));
}

static double tanh_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return tanh(x[0]);
}

const gd__op gd__op_tanh = {
    .info = { .name = "tanh", .input = { "x" }, .formula = "y = tanh(x)", .derivative = { "dx = dy * (1 - y^2)" },
              .why = "the slope at x, written in the output y = tanh(x)",
              .latex = "y = \\tanh x", .latex_derivative = { "\\bar x = \\bar y \\odot (1 - y^{2})" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = tanh_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT }, .reference = tanh_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -3, .high = 3 } },
};

gd_tensor *gd_tanh(gd_tensor *x)
{
    return gd__apply1(GD__OP_tanh, x, NULL);
}

/* ---- erf ---- */

static gd_tensor *erf_vjp(const gd__vjp *v)
{
    return gd_mul(v->dy, gd_mul_scalar(gd_exp(gd_neg(gd_square(v->x[0]))), 1.1283791670955126));
}

static double erf_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return erf(x[0]);
}

const gd__op gd__op_erf = {
    .info = { .name = "erf", .input = { "x" }, .formula = "y = 2/sqrt(pi) integral of exp(-s^2) from 0 to x", .derivative = { "dx = dy * 2/sqrt(pi) exp(-x^2)" },
              .why = "the derivative of an integral is what was integrated; 1.1283... is 2/sqrt(pi)",
              .latex = "y = \\mathrm{erf}(x)", .latex_derivative = { "\\bar x = \\bar y \\odot \\tfrac{2}{\\sqrt\\pi} e^{-x^2}" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = erf_vjp, .differentiable = 1, .reads = { 1 }, .reference = erf_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_erf(gd_tensor *x)
{
    return gd__apply1(GD__OP_erf, x, NULL);
}
