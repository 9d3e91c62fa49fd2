/* rounding.c - signs, rounding and limits: functions with kinks and steps. */
#include "op/op.h"

#include <math.h>

/* ---- abs ---- */

static gd_tensor *abs_vjp(const gd__vjp *v)
{
    return gd_mul(v->dy, gd_sign(v->x[0]));
}

static double abs_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return fabs(x[0]);
}

const gd__op gd__op_abs = {
    .info = { .name = "abs", .input = { "x" }, .formula = "y = |x|", .derivative = { "dx = dy * sign(x)" },
              .why = "at the kink x = 0 the derivative is taken as 0",
              .latex = "y = |x|", .latex_derivative = { "\\bar x = \\bar y \\odot \\mathrm{sign}(x)" } },
    .arity = 1, .elementwise = true, .dtypes = GD__AS_GIVEN, .infer = gd__infer_same,
    .vjp = abs_vjp, .differentiable = 1, .reads = { 1 }, .reference = abs_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_abs(gd_tensor *x)
{
    return gd__apply1(GD__OP_abs, x, NULL);
}

/* ---- sign ---- */

static gd_tensor *sign_vjp(const gd__vjp *v)
{
    return gd_zeros_like(v->dy);
}

static double sign_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return (x[0] > 0) - (x[0] < 0);
}

const gd__op gd__op_sign = {
    .info = { .name = "sign", .input = { "x" }, .formula = "y = -1, 0 or 1", .derivative = { "dx = 0" },
              .why = "a step is flat on both sides",
              .latex = "y = \\mathrm{sign}(x)", .latex_derivative = { "\\bar x = 0" } },
    .arity = 1, .elementwise = true, .dtypes = GD__AS_GIVEN, .infer = gd__infer_same,
    .vjp = sign_vjp, .differentiable = 1, .reference = sign_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_sign(gd_tensor *x)
{
    return gd__apply1(GD__OP_sign, x, NULL);
}

/* Integers have no fraction to lose. */
static bool is_whole(const gd_tensor *x)
{
    return gd__alive(x) && (x->dtype == GD_INT64 || x->dtype == GD_UINT8);
}

/* ---- floor ---- */

static gd_tensor *floor_vjp(const gd__vjp *v)
{
    return gd_zeros_like(v->dy);
}

static double floor_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return floor(x[0]);
}

const gd__op gd__op_floor = {
    .info = { .name = "floor", .input = { "x" }, .formula = "y = the largest integer <= x", .derivative = { "dx = 0" },
              .why = "a step is flat on both sides",
              .latex = "y = \\lfloor x \\rfloor", .latex_derivative = { "\\bar x = 0" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = floor_vjp, .differentiable = 1, .reference = floor_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -3.3, .high = 3.4 } },
};

gd_tensor *gd_floor(gd_tensor *x)
{
    return is_whole(x) ? gd_clone(x) : gd__apply1(GD__OP_floor, x, NULL);
}

/* ---- ceil ---- */

static gd_tensor *ceil_vjp(const gd__vjp *v)
{
    return gd_zeros_like(v->dy);
}

static double ceil_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return ceil(x[0]);
}

const gd__op gd__op_ceil = {
    .info = { .name = "ceil", .input = { "x" }, .formula = "y = the smallest integer >= x", .derivative = { "dx = 0" },
              .why = "a step is flat on both sides",
              .latex = "y = \\lceil x \\rceil", .latex_derivative = { "\\bar x = 0" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = ceil_vjp, .differentiable = 1, .reference = ceil_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -3.3, .high = 3.4 } },
};

gd_tensor *gd_ceil(gd_tensor *x)
{
    return is_whole(x) ? gd_clone(x) : gd__apply1(GD__OP_ceil, x, NULL);
}

/* ---- round ---- */

static gd_tensor *round_vjp(const gd__vjp *v)
{
    return gd_zeros_like(v->dy);
}

static double round_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return rint(x[0]);
}

const gd__op gd__op_round = {
    .info = { .name = "round", .input = { "x" }, .formula = "y = the nearest integer, the even one of two", .derivative = { "dx = 0" },
              .why = "a step is flat on both sides",
              .latex = "y = \\mathrm{round}(x)", .latex_derivative = { "\\bar x = 0" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = round_vjp, .differentiable = 1, .reference = round_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -3.3, .high = 3.4 } },
};

gd_tensor *gd_round(gd_tensor *x)
{
    return is_whole(x) ? gd_clone(x) : gd__apply1(GD__OP_round, x, NULL);
}

/* ---- clamp ---- */

static gd_tensor *clamp_vjp(const gd__vjp *v)
{
    gd_tensor *inside = gd_logical_and(gd_gt_scalar(v->x[0], v->attrs->scalar[0]),
                                       gd_lt_scalar(v->x[0], v->attrs->scalar[1]));
    return gd_where(inside, v->dy, gd_zeros_like(v->dy));
}

static double clamp_reference(const double *x, const gd__attrs *attrs)
{
    return fmin(fmax(x[0], attrs->scalar[0]), attrs->scalar[1]);
}

const gd__op gd__op_clamp = {
    .info = { .name = "clamp", .input = { "x" }, .formula = "y = min(max(x, low), high)", .derivative = { "dx = dy where low < x < high, else 0" },
              .why = "what was cut off has no influence; at the limits themselves the derivative is taken as 0, as relu's is at 0",
              .latex = "y = \\min(\\max(x, l), h)", .latex_derivative = { "\\bar x = \\bar y \\odot [l < x < h]" } },
    .arity = 1, .elementwise = true, .dtypes = GD__FLOATS, .infer = gd__infer_same,
    .vjp = clamp_vjp, .differentiable = 1, .reads = { 1 }, .reference = clamp_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .scalar = { -0.8, 1.1 } } } },
};

/* Between limits that are whole numbers, or none, integers stay what they are: in int64, which holds them all. */
static gd_tensor *clamp_whole(gd_tensor *x, double low, double high)
{
    gd_context *g = x->object.context;
    gd_tensor *y = gd_cast(x, GD_INT64);
    if (!isinf(low))
        y = gd_maximum(y, gd_scalar(g, GD_INT64, low));
    if (!isinf(high))
        y = gd_minimum(y, gd_scalar(g, GD_INT64, high));
    return gd_cast(y == x ? gd_clone(x) : y, (gd_dtype)x->dtype);
}

gd_tensor *gd_clamp(gd_tensor *x, double low, double high)
{
    bool open_low = low == -INFINITY, open_high = high == INFINITY;
    if (is_whole(x) && (open_low || gd__is_whole(low)) && (open_high || gd__is_whole(high)))
        return clamp_whole(x, low, high);
    return gd__apply1(GD__OP_clamp, x, &(gd__attrs){ .scalar = { low, high } });
}

/* ---- isnan ---- */

static double isnan_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return isnan(x[0]);
}

const gd__op gd__op_isnan = {
    .info = { .name = "isnan", .input = { "x" }, .formula = "y = [x is NaN]",
              .latex = "y = [x \\text{ is NaN}]" },
    .arity = 1, .elementwise = true, .dtypes = GD__AS_GIVEN, .infer = gd__infer_compare,
    .reference = isnan_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_isnan(gd_tensor *x)
{
    return gd__apply1(GD__OP_isnan, x, NULL);
}

/* ---- isfinite ---- */

static double isfinite_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return isfinite(x[0]);
}

const gd__op gd__op_isfinite = {
    .info = { .name = "isfinite", .input = { "x" }, .formula = "y = [x is neither infinite nor NaN]",
              .latex = "y = [|x| < \\infty]" },
    .arity = 1, .elementwise = true, .dtypes = GD__AS_GIVEN, .infer = gd__infer_compare,
    .reference = isfinite_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2 } },
};

gd_tensor *gd_isfinite(gd_tensor *x)
{
    return gd__apply1(GD__OP_isfinite, x, NULL);
}
