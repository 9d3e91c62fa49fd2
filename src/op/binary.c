/* binary.c - elementwise operations on two tensors, and on a tensor and a number. */
#include "op/op.h"

#include <math.h>

static const char broadcast_why[] = "where an operand was broadcast, its gradient is summed over what was repeated: "
                                    "each copy has had its share of the influence";

/* ---- add ---- */

static gd_tensor *add_vjp(const gd__vjp *v)
{
    return v->dy;
}

static double add_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] + x[1];
}

const gd__op gd__op_add = {
    .info = { .name = "add", .input = { "a", "b" }, .formula = "y = a + b", .derivative = { "da = dy", "db = dy" },
              .why = broadcast_why, .latex = "y = a + b",
              .latex_derivative = { "\\bar a = \\bar y", "\\bar b = \\bar y" } },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_broadcast,
    .vjp = add_vjp, .differentiable = 3, .reference = add_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = -2, .high = 2 },
                { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_add(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_add, a, b);
}

/* ---- sub ---- */

static gd_tensor *sub_vjp(const gd__vjp *v)
{
    return v->i == 0 ? v->dy : gd_neg(v->dy);
}

static double sub_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] - x[1];
}

const gd__op gd__op_sub = {
    .info = { .name = "sub", .input = { "a", "b" }, .formula = "y = a - b", .derivative = { "da = dy", "db = -dy" },
              .why = broadcast_why, .latex = "y = a - b",
              .latex_derivative = { "\\bar a = \\bar y", "\\bar b = -\\bar y" } },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_broadcast,
    .vjp = sub_vjp, .differentiable = 3, .reference = sub_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = -2, .high = 2 },
                { .shape = { { 2, { 3, 1 } }, { 1, { 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_sub(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_sub, a, b);
}

/* ---- mul ---- */

static gd_tensor *mul_vjp(const gd__vjp *v)
{
    return gd_mul(v->dy, v->x[1 - v->i]);
}

static double mul_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] * x[1];
}

const gd__op gd__op_mul = {
    .info = { .name = "mul", .input = { "a", "b" }, .formula = "y = a * b",
              .derivative = { "da = dy * b", "db = dy * a" },
              .why = "each factor's influence is as large as the other factor, so they change places", .latex = "y = a \\odot b",
              .latex_derivative = { "\\bar a = \\bar y \\odot b", "\\bar b = \\bar y \\odot a" } },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_broadcast,
    .vjp = mul_vjp, .differentiable = 3, .reads = { 2, 1 }, .reference = mul_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = -2, .high = 2 },
                { .shape = { { 2, { 3, 1 } }, { 3, { 2, 1, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_mul(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_mul, a, b);
}

/* ---- div ---- */

static gd_tensor *div_vjp(const gd__vjp *v)
{
    gd_tensor *share = gd_div(v->dy, v->x[1]);
    return v->i == 0 ? share : gd_neg(gd_mul(share, v->y));
}

static double div_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] / x[1];
}

const gd__op gd__op_div = {
    .info = { .name = "div", .input = { "a", "b" }, .formula = "y = a / b",
              .derivative = { "da = dy / b", "db = -dy * y / b" }, .why = broadcast_why, .latex = "y = a / b",
              .latex_derivative = { "\\bar a = \\bar y / b", "\\bar b = -\\bar y \\odot y / b" } },
    .arity = 2, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_broadcast,
    .vjp = div_vjp, .differentiable = 3, .reads = { 2, 2 | GD__READS_OUTPUT }, .reference = div_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = 0.5, .high = 2 },
                { .shape = { { 1, { 4 } }, { 2, { 3, 4 } } }, .low = 0.5, .high = 2 } },
};

gd_tensor *gd_div(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_div, a, b);
}

/* ---- pow ---- */

static gd_tensor *pow_vjp(const gd__vjp *v)
{
    gd_tensor *a = v->x[0], *b = v->x[1];
    if (v->i == 0) {
        gd_tensor *slope = gd_mul(b, gd_pow(a, gd_sub_scalar(b, 1)));
        return gd_mul(v->dy, gd_where(gd_eq_scalar(b, 0), gd_zeros_like(b), slope));
    }
    gd_tensor *flat = gd_logical_and(gd_eq_scalar(a, 0), gd_ge_scalar(b, 0));
    return gd_mul(v->dy, gd_mul(v->y, gd_log(gd_where(flat, gd_ones_like(a), a))));
}

static double pow_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return pow(x[0], x[1]);
}

const gd__op gd__op_pow = {
    .info = { .name = "pow", .input = { "a", "b" }, .formula = "y = a^b",
              .derivative = { "da = dy * b a^(b - 1)", "db = dy * y ln(a)" },
              .why = "a^0 is 1 wherever a is, and 0^b is 0 for every b > 0: there the derivatives are 0",
              .latex = "y = a^{b}", .latex_derivative = { "\\bar a = \\bar y \\odot b\\,a^{b-1}",
                                                         "\\bar b = \\bar y \\odot y \\ln a" } },
    .arity = 2, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_broadcast,
    .vjp = pow_vjp, .differentiable = 3, .reads = { 3, 3 | GD__READS_OUTPUT }, .reference = pow_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = 0.4, .high = 2 } },
};

gd_tensor *gd_pow(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_pow, a, b);
}

/* ---- maximum and minimum ---- */

static const char tie_why[] = "only the one that was taken has influence; where both are equal each gets half, as in PyTorch";

/* dy where the operand was taken, half of it at a tie, 0 where `lost`; a NaN is no reason to stop it. */
static gd_tensor *share_taken(const gd__vjp *v, gd_tensor *lost)
{
    gd_tensor *tie = gd_eq(v->x[0], v->x[1]);
    return gd_where(lost, gd_zeros_like(v->dy), gd_where(tie, gd_mul_scalar(v->dy, 0.5), v->dy));
}

static gd_tensor *maximum_vjp(const gd__vjp *v)
{
    return share_taken(v, gd_lt(v->x[v->i], v->x[1 - v->i]));
}

static double maximum_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] > x[1] ? x[0] : x[1];
}

const gd__op gd__op_maximum = {
    .info = { .name = "maximum", .input = { "a", "b" }, .formula = "y = max(a, b)",
              .derivative = { "da = dy where a > b, dy / 2 where a = b", "db = dy where b > a, dy / 2 where a = b" },
              .why = tie_why, .latex = "y = \\max(a, b)",
              .latex_derivative = { "\\bar a = \\bar y \\odot ([a > b] + \\tfrac12 [a = b])",
                                    "\\bar b = \\bar y \\odot ([b > a] + \\tfrac12 [a = b])" } },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_broadcast,
    .vjp = maximum_vjp, .differentiable = 3, .reads = { 3, 3 }, .reference = maximum_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_maximum(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_maximum, a, b);
}

static gd_tensor *minimum_vjp(const gd__vjp *v)
{
    return share_taken(v, gd_gt(v->x[v->i], v->x[1 - v->i]));
}

static double minimum_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] < x[1] ? x[0] : x[1];
}

const gd__op gd__op_minimum = {
    .info = { .name = "minimum", .input = { "a", "b" }, .formula = "y = min(a, b)",
              .derivative = { "da = dy where a < b, dy / 2 where a = b", "db = dy where b < a, dy / 2 where a = b" },
              .why = tie_why, .latex = "y = \\min(a, b)",
              .latex_derivative = { "\\bar a = \\bar y \\odot ([a < b] + \\tfrac12 [a = b])",
                                    "\\bar b = \\bar y \\odot ([b < a] + \\tfrac12 [a = b])" } },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_broadcast,
    .vjp = minimum_vjp, .differentiable = 3, .reads = { 3, 3 }, .reference = minimum_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_minimum(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_minimum, a, b);
}

/* The number as a tensor without dimensions, of the dtype that x keeps or takes beside it (GD__NUMBER). */
static gd_tensor *number_beside(gd_tensor *x, double c)
{
    gd_context *g = x->object.context;
    gd_dtype dtype = (gd_dtype)x->dtype;
    if (!gd__is_float(dtype))
        dtype = !gd__is_whole(c) ? gd__dtype(g, GD_DEFAULT) : dtype == GD_BOOL ? GD_INT64 : dtype;
    return gd_scalar(g, dtype, c);
}

gd_tensor *gd_maximum_scalar(gd_tensor *x, double c)
{
    if (!gd__usable(gd__context(x), x, "maximum_scalar", "x"))
        return gd__error_object(gd__context(x));
    return gd_maximum(x, number_beside(x, c));
}

gd_tensor *gd_minimum_scalar(gd_tensor *x, double c)
{
    if (!gd__usable(gd__context(x), x, "minimum_scalar", "x"))
        return gd__error_object(gd__context(x));
    return gd_minimum(x, number_beside(x, c));
}

/* ---- with a number ---- */

static gd_tensor *with_scalar(gd__op_id id, gd_tensor *x, double c)
{
    return gd__apply1(id, x, &(gd__attrs){ .scalar = { c } });
}

static gd_tensor *add_scalar_vjp(const gd__vjp *v)
{
    return v->dy;
}

static double add_scalar_reference(const double *x, const gd__attrs *attrs)
{
    return x[0] + attrs->scalar[0];
}

const gd__op gd__op_add_scalar = {
    .info = { .name = "add_scalar", .input = { "x" }, .formula = "y = x + c", .derivative = { "dx = dy" },
              .latex = "y = x + c", .latex_derivative = { "\\bar x = \\bar y" }, .torch_name = "AddBackward0" },
    .arity = 1, .elementwise = true, .dtypes = GD__NUMBER, .infer = gd__infer_same,
    .vjp = add_scalar_vjp, .differentiable = 1, .reference = add_scalar_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .scalar = { 0.7 } } } },
};

gd_tensor *gd_add_scalar(gd_tensor *x, double c)
{
    return with_scalar(GD__OP_add_scalar, x, c);
}

gd_tensor *gd_sub_scalar(gd_tensor *x, double c)
{
    return gd_add_scalar(x, -c);
}

static gd_tensor *mul_scalar_vjp(const gd__vjp *v)
{
    return gd_mul_scalar(v->dy, v->attrs->scalar[0]);
}

static double mul_scalar_reference(const double *x, const gd__attrs *attrs)
{
    return x[0] * attrs->scalar[0];
}

const gd__op gd__op_mul_scalar = {
    .info = { .name = "mul_scalar", .input = { "x" }, .formula = "y = x * c", .derivative = { "dx = dy * c" },
              .latex = "y = c\\,x", .latex_derivative = { "\\bar x = c\\,\\bar y" }, .torch_name = "MulBackward0" },
    .arity = 1, .elementwise = true, .dtypes = GD__NUMBER, .infer = gd__infer_same,
    .vjp = mul_scalar_vjp, .differentiable = 1, .reference = mul_scalar_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .scalar = { -1.3 } } } },
};

gd_tensor *gd_mul_scalar(gd_tensor *x, double c)
{
    return with_scalar(GD__OP_mul_scalar, x, c);
}

static gd_tensor *rsub_scalar_vjp(const gd__vjp *v)
{
    return gd_neg(v->dy);
}

static double rsub_scalar_reference(const double *x, const gd__attrs *attrs)
{
    return attrs->scalar[0] - x[0];
}

const gd__op gd__op_rsub_scalar = {
    .info = { .name = "rsub_scalar", .input = { "x" }, .formula = "y = c - x", .derivative = { "dx = -dy" },
              .latex = "y = c - x", .latex_derivative = { "\\bar x = -\\bar y" }, .torch_name = "RsubBackward1" },
    .arity = 1, .elementwise = true, .dtypes = GD__NUMBER, .infer = gd__infer_same,
    .vjp = rsub_scalar_vjp, .differentiable = 1, .reference = rsub_scalar_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .scalar = { 1 } } } },
};

gd_tensor *gd_rsub_scalar(gd_tensor *x, double c)
{
    return with_scalar(GD__OP_rsub_scalar, x, c);
}

static gd_tensor *div_scalar_vjp(const gd__vjp *v)
{
    return gd_div_scalar(v->dy, v->attrs->scalar[0]);
}

static double div_scalar_reference(const double *x, const gd__attrs *attrs)
{
    return x[0] / attrs->scalar[0];
}

const gd__op gd__op_div_scalar = {
    .info = { .name = "div_scalar", .input = { "x" }, .formula = "y = x / c", .derivative = { "dx = dy / c" },
              .latex = "y = x / c", .latex_derivative = { "\\bar x = \\bar y / c" }, .torch_name = "DivBackward0" },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = div_scalar_vjp, .differentiable = 1, .reference = div_scalar_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .scalar = { 3 } } } },
};

gd_tensor *gd_div_scalar(gd_tensor *x, double c)
{
    return with_scalar(GD__OP_div_scalar, x, c);
}
