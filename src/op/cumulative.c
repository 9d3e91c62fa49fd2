/* cumulative.c - running sums along a dimension. */
#include "op/op.h"

static bool cumsum_infer(const gd__call *call, gd__meta *out)
{
    if (!gd__is_float(out->dtype))
        out->dtype = GD_INT64;
    return gd__infer_along(call, out);
}

static gd_tensor *cumsum_vjp(const gd__vjp *v)
{
    return gd_cumsum_backward(v->dy, (int)v->attrs->integer[0]);
}

const gd__op gd__op_cumsum = {
    .info = { .name = "cumsum", .input = { "x" }, .formula = "y_i = x_0 + ... + x_i along dim",
              .derivative = { "dx_i = dy_i + ... + dy_n along dim" },
              .why = "an element has a part in its own sum and in all that follow", .latex = "y_i = \\sum_{j \\le i} x_j",
              .latex_derivative = { "\\bar x_i = \\sum_{j \\ge i} \\bar y_j" } },
    .arity = 1, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = cumsum_infer, .vjp = cumsum_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 0 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { -1 } } } },
};

gd_tensor *gd_cumsum(gd_tensor *x, int dim)
{
    return gd__apply1(GD__OP_cumsum, x, &(gd__attrs){ .integer = { dim } });
}

static gd_tensor *cumsum_backward_vjp(const gd__vjp *v)
{
    return gd_cumsum(v->dy, (int)v->attrs->integer[0]);
}

const gd__op gd__op_cumsum_backward = {
    .info = { .name = "cumsum_backward", .input = { "g" }, .formula = "z_i = g_i + ... + g_n along dim",
              .derivative = { "dg_i = dz_0 + ... + dz_i along dim" }, .latex = "z_i = \\sum_{j \\ge i} g_j",
              .latex_derivative = { "\\bar g_i = \\sum_{j \\le i} \\bar z_j" } },
    .arity = 1, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = cumsum_infer,
    .vjp = cumsum_backward_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { -2 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 2 } } } },
};

gd_tensor *gd_cumsum_backward(gd_tensor *dy, int dim)
{
    return gd__apply1(GD__OP_cumsum_backward, dy, &(gd__attrs){ .integer = { dim } });
}
