/* activation.c - activations beside sigmoid and relu. */
#include "op/op.h"

#include <math.h>

#define SQRT_HALF 0.7071067811865476

/* ---- leaky_relu ---- */

static gd_tensor *leaky_relu_vjp(const gd__vjp *v)
{
    gd_tensor *positive = gd_gt_scalar(v->x[0], 0);
    return gd_where(positive, v->dy, gd_mul_scalar(v->dy, v->attrs->scalar[0]));
}

static double leaky_relu_reference(const double *x, const gd__attrs *attrs)
{
    return x[0] > 0 ? x[0] : attrs->scalar[0] * x[0];
}

const gd__op gd__op_leaky_relu = {
    .info = { .name = "leaky_relu", .input = { "x" }, .formula = "y = x where x > 0, else c x", .derivative = { "dx = dy where x > 0, else c dy" },
              .why = "at the kink x = 0 the derivative is taken as c, as in PyTorch",
              .latex = "y = \\max(x, 0) + c \\min(x, 0)", .latex_derivative = { "\\bar x = \\bar y \\odot ([x > 0] + c [x \\le 0])" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = leaky_relu_vjp, .differentiable = 1, .reads = { 1 }, .reference = leaky_relu_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .scalar = { 0.1 } } } },
};

gd_tensor *gd_leaky_relu(gd_tensor *x, double slope)
{
    return gd__apply1(GD__OP_leaky_relu, x, &(gd__attrs){ .scalar = { slope } });
}

/* ---- elu ---- */

static gd_tensor *elu_vjp(const gd__vjp *v)
{
    gd_tensor *slope = gd_mul_scalar(gd_exp(gd_clamp(v->x[0], -INFINITY, 0)), v->attrs->scalar[0]);
    return gd_where(gd_le_scalar(v->x[0], 0), gd_mul(v->dy, slope), v->dy);
}

static double elu_reference(const double *x, const gd__attrs *attrs)
{
    return x[0] > 0 ? x[0] : attrs->scalar[0] * expm1(x[0]);
}

const gd__op gd__op_elu = {
    .info = { .name = "elu", .input = { "x" }, .formula = "y = x where x > 0, else c (exp(x) - 1)", .derivative = { "dx = dy where x > 0, else dy * c exp(x)" },
              .latex = "y = \\max(x, 0) + c\\,(e^{\\min(x, 0)} - 1)", .latex_derivative = { "\\bar x = \\bar y \\odot ([x > 0] + c\\,e^{x} [x \\le 0])" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = elu_vjp, .differentiable = 1, .reads = { 1 }, .reference = elu_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .scalar = { 1.3 } } } },
};

gd_tensor *gd_elu(gd_tensor *x, double alpha)
{
    return gd__apply1(GD__OP_elu, x, &(gd__attrs){ .scalar = { alpha } });
}

/* ---- silu ---- */

static gd_tensor *silu_vjp(const gd__vjp *v)
{
    gd_tensor *x = v->x[0], *s = gd_sigmoid(x);
    return gd_mul(v->dy, gd_mul(s, gd_add_scalar(gd_mul(x, gd_rsub_scalar(s, 1)), 1)));
}

static double silu_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] / (1 + exp(-x[0]));
}

const gd__op gd__op_silu = {
    .info = { .name = "silu", .input = { "x" }, .formula = "y = x sigmoid(x)", .derivative = { "dx = dy * s (1 + x (1 - s)), s = sigmoid(x)" },
              .why = "a product: the slope of each factor times the other",
              .latex = "y = x\\,\\sigma(x)", .latex_derivative = { "\\bar x = \\bar y \\odot \\sigma(x)(1 + x(1 - \\sigma(x)))" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = silu_vjp, .differentiable = 1, .reads = { 1 }, .reference = silu_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -3, .high = 3 } },
};

gd_tensor *gd_silu(gd_tensor *x)
{
    return gd__apply1(GD__OP_silu, x, NULL);
}

/* ---- gelu ---- */

static gd_tensor *gelu_vjp(const gd__vjp *v)
{
    gd_tensor *x = v->x[0];
    gd_tensor *share = gd_mul_scalar(gd_add_scalar(gd_erf(gd_mul_scalar(x, SQRT_HALF)), 1), 0.5);
    gd_tensor *density = gd_mul_scalar(gd_exp(gd_mul_scalar(gd_square(x), -0.5)), 0.3989422804014327);
    return gd_mul(v->dy, gd_add(share, gd_mul(x, density)));
}

static double gelu_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] * 0.5 * (1 + erf(x[0] * SQRT_HALF));
}

const gd__op gd__op_gelu = {
    .info = { .name = "gelu", .input = { "x" }, .formula = "y = x P(x), P(x) = (1 + erf(x / sqrt(2))) / 2", .derivative = { "dx = dy * (P(x) + x p(x)), p(x) = exp(-x^2 / 2) / sqrt(2 pi)" },
              .why = "P is the normal distribution and p its density, P's derivative; 0.3989... is 1/sqrt(2 pi)",
              .latex = "y = x\\,\\Phi(x)", .latex_derivative = { "\\bar x = \\bar y \\odot (\\Phi(x) + x\\,\\varphi(x))" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = gelu_vjp, .differentiable = 1, .reads = { 1 }, .reference = gelu_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -3, .high = 3 } },
};

gd_tensor *gd_gelu(gd_tensor *x)
{
    return gd__apply1(GD__OP_gelu, x, NULL);
}

/* ---- softplus ---- */

static gd_tensor *softplus_vjp(const gd__vjp *v)
{
    gd_tensor *steep = gd_mul_scalar(v->x[0], v->attrs->scalar[0]);
    gd_tensor *straight = gd_gt_scalar(steep, v->attrs->scalar[1]);
    return gd_where(straight, v->dy, gd_mul(v->dy, gd_sigmoid(steep)));
}

static double softplus_reference(const double *x, const gd__attrs *attrs)
{
    return x[0] * attrs->scalar[0] > attrs->scalar[1] ? x[0] : log1p(exp(x[0] * attrs->scalar[0])) / attrs->scalar[0];
}

const gd__op gd__op_softplus = {
    .info = { .name = "softplus", .input = { "x" }, .formula = "y = ln(1 + exp(b x)) / b, and x where b x > threshold", .derivative = { "dx = dy * sigmoid(b x), and dy where b x > threshold" },
              .latex = "y = \\tfrac1b \\ln(1 + e^{bx})", .latex_derivative = { "\\bar x = \\bar y \\odot \\sigma(bx)" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = softplus_vjp, .differentiable = 1, .reads = { 1 }, .reference = softplus_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -3, .high = 3, .attrs = { .scalar = { 1.5, 20 } } } },
};

gd_tensor *gd_softplus(gd_tensor *x, double beta, double threshold)
{
    return gd__apply1(GD__OP_softplus, x, &(gd__attrs){ .scalar = { beta, threshold } });
}
