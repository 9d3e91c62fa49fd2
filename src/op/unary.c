/* unary.c - elementwise operations on one tensor. */
#include "op/op.h"

#include <math.h>

/* ---- neg ---- */

static gd_tensor *neg_vjp(const gd__vjp *v)
{
    return gd_neg(v->dy);
}

static double neg_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return -x[0];
}

const gd__op gd__op_neg = {
    .info = { .name = "neg", .input = { "x" }, .formula = "y = -x", .derivative = { "dx = -dy" },
              .latex = "y = -x", .latex_derivative = { "\\bar x = -\\bar y" } },
    .arity = 1, .elementwise = true, .dtypes = GD__AS_GIVEN, .infer = gd__infer_same,
    .vjp = neg_vjp, .differentiable = 1, .reference = neg_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_neg(gd_tensor *x)
{
    return gd__apply1(GD__OP_neg, x, NULL);
}

/* ---- exp ---- */

static gd_tensor *exp_vjp(const gd__vjp *v)
{
    return gd_mul(v->dy, v->y);
}

static double exp_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return exp(x[0]);
}

const gd__op gd__op_exp = {
    .info = { .name = "exp", .input = { "x" }, .formula = "y = exp(x)", .derivative = { "dx = dy * y" },
              .why = "exp is its own derivative, so the rule reads the output again instead of computing it twice",
              .latex = "y = e^{x}", .latex_derivative = { "\\bar x = \\bar y \\odot y" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = exp_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT }, .reference = exp_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -3, .high = 3 } },
};

gd_tensor *gd_exp(gd_tensor *x)
{
    return gd__apply1(GD__OP_exp, x, NULL);
}

/* ---- log ---- */

static gd_tensor *log_vjp(const gd__vjp *v)
{
    return gd_div(v->dy, v->x[0]);
}

static double log_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return log(x[0]);
}

const gd__op gd__op_log = {
    .info = { .name = "log", .input = { "x" }, .formula = "y = ln(x)", .derivative = { "dx = dy / x" },
              .latex = "y = \\ln x", .latex_derivative = { "\\bar x = \\bar y / x" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = log_vjp, .differentiable = 1, .reads = { 1 }, .reference = log_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = 0.1, .high = 3 } },
};

gd_tensor *gd_log(gd_tensor *x)
{
    return gd__apply1(GD__OP_log, x, NULL);
}

/* ---- square ---- */

static gd_tensor *square_vjp(const gd__vjp *v)
{
    return gd_mul(v->dy, gd_mul_scalar(v->x[0], 2));
}

static double square_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] * x[0];
}

const gd__op gd__op_square = {
    .info = { .name = "square", .input = { "x" }, .formula = "y = x^2", .derivative = { "dx = dy * 2 x" },
              .latex = "y = x^{2}", .latex_derivative = { "\\bar x = \\bar y \\odot 2x" },
              .torch_name = "PowBackward0" },
    .arity = 1, .elementwise = true, .dtypes = GD__AS_GIVEN, .infer = gd__infer_same,
    .vjp = square_vjp, .differentiable = 1, .reads = { 1 }, .reference = square_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_square(gd_tensor *x)
{
    return gd__apply1(GD__OP_square, x, NULL);
}

/* ---- sqrt ---- */

static gd_tensor *sqrt_vjp(const gd__vjp *v)
{
    return gd_div(v->dy, gd_mul_scalar(v->y, 2));
}

static double sqrt_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return sqrt(x[0]);
}

const gd__op gd__op_sqrt = {
    .info = { .name = "sqrt", .input = { "x" }, .formula = "y = x^(1/2)", .derivative = { "dx = dy / (2 y)" },
              .why = "the slope is 1 / (2 sqrt(x)), and sqrt(x) is the output: it grows without bound towards 0",
              .latex = "y = \\sqrt{x}", .latex_derivative = { "\\bar x = \\bar y / (2y)" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = sqrt_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT }, .reference = sqrt_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = 0.2, .high = 3 } },
};

gd_tensor *gd_sqrt(gd_tensor *x)
{
    return gd__apply1(GD__OP_sqrt, x, NULL);
}

/* ---- sigmoid ---- */

static gd_tensor *sigmoid_vjp(const gd__vjp *v)
{
    return gd_sigmoid_backward(v->dy, v->y);
}

static double sigmoid_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return 1 / (1 + exp(-x[0]));
}

const gd__op gd__op_sigmoid = {
    .info = { .name = "sigmoid", .input = { "x" }, .formula = "y = 1 / (1 + exp(-x))",
              .derivative = { "dx = dy * y (1 - y)" },
              .why = "the slope at x, written in the output y = sigmoid(x): take it of y once, not of sigmoid(y)",
              .latex = "y = \\frac{1}{1 + e^{-x}}",
              .latex_derivative = { "\\bar x = \\bar y \\odot y \\odot (1 - y)" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = sigmoid_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT }, .reference = sigmoid_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -4, .high = 4 } },
};

gd_tensor *gd_sigmoid(gd_tensor *x)
{
    return gd__apply1(GD__OP_sigmoid, x, NULL);
}

static gd_tensor *sigmoid_backward_vjp(const gd__vjp *v)
{
    gd_tensor *dy = v->x[0], *y = v->x[1];
    if (v->i == 0)
        return gd_sigmoid_backward(v->dy, y);
    return gd_mul(gd_mul(v->dy, dy), gd_rsub_scalar(gd_mul_scalar(y, 2), 1));
}

static double sigmoid_backward_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] * x[1] * (1 - x[1]);
}

const gd__op gd__op_sigmoid_backward = {
    .info = { .name = "sigmoid_backward", .input = { "g", "y" }, .formula = "z = g * y (1 - y)",
              .derivative = { "dg = dz * y (1 - y)", "dy = dz * g (1 - 2 y)" },
              .latex = "z = g \\odot y \\odot (1 - y)",
              .latex_derivative = { "\\bar g = \\bar z \\odot y \\odot (1 - y)",
                                    "\\bar y = \\bar z \\odot g \\odot (1 - 2y)" } },
    .arity = 2, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_broadcast,
    .vjp = sigmoid_backward_vjp, .differentiable = 3, .reads = { 2, 3 }, .reference = sigmoid_backward_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_sigmoid_backward(gd_tensor *dy, gd_tensor *y)
{
    return gd__apply2(GD__OP_sigmoid_backward, dy, y);
}

/* ---- relu ---- */

static gd_tensor *relu_vjp(const gd__vjp *v)
{
    return gd_relu_backward(v->dy, v->y);
}

static double relu_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] > 0 ? x[0] : 0;
}

const gd__op gd__op_relu = {
    .info = { .name = "relu", .input = { "x" }, .formula = "y = max(x, 0)",
              .derivative = { "dx = dy where y > 0, else 0" },
              .why = "what was cut off has no influence; at the kink x = 0 the derivative is taken as 0",
              .latex = "y = \\max(x, 0)", .latex_derivative = { "\\bar x = \\bar y \\odot [y > 0]" } },
    .arity = 1, .elementwise = true, .dtypes = GD__AS_GIVEN, .infer = gd__infer_same,
    .vjp = relu_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT }, .reference = relu_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_relu(gd_tensor *x)
{
    return gd__apply1(GD__OP_relu, x, NULL);
}

static gd_tensor *relu_backward_vjp(const gd__vjp *v)
{
    return gd_relu_backward(v->dy, v->x[1]);
}

static double relu_backward_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[1] <= 0 ? 0 : x[0];
}

const gd__op gd__op_relu_backward = {
    .info = { .name = "relu_backward", .input = { "g", "y" }, .formula = "z = g where y > 0, else 0",
              .derivative = { "dg = dz where y > 0, else 0" },
              .why = "y decides only which side it is on, so it has no derivative",
              .latex = "z = g \\odot [y > 0]", .latex_derivative = { "\\bar g = \\bar z \\odot [y > 0]" } },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_broadcast,
    .vjp = relu_backward_vjp, .differentiable = 1, .reads = { 2 }, .reference = relu_backward_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_relu_backward(gd_tensor *dy, gd_tensor *y)
{
    return gd__apply2(GD__OP_relu_backward, dy, y);
}
