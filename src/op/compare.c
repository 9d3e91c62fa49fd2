/* compare.c - comparisons, logic, and choosing by a condition. Comparisons have no derivative: they are steps. */
#include "op/op.h"

/* Compares with a number: of a float tensor's dtype, and beside integers a float64, which holds most of them. The tensor is
 * looked at before the number is made, which might take a dead one's place. */
static gd_tensor *with_number(gd_tensor *compare(gd_tensor *, gd_tensor *), const char *name, gd_tensor *x, double c)
{
    gd_context *g = gd__context(x);
    if (!gd__usable(g, x, name, "x"))
        return gd__error_object(g);
    bool real = gd__is_float((gd_dtype)x->dtype);
    return compare(x, gd_scalar(g, real ? (gd_dtype)x->dtype : GD_FLOAT64, c));
}

/* ---- eq ---- */

static double eq_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] == x[1];
}

const gd__op gd__op_eq = {
    .info = { .name = "eq", .input = { "a", "b" }, .formula = "y = [a = b]", .latex = "y = [a = b]" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = eq_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_eq(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_eq, a, b);
}

gd_tensor *gd_eq_scalar(gd_tensor *x, double c)
{
    return with_number(gd_eq, "eq_scalar", x, c);
}

/* ---- ne ---- */

static double ne_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] != x[1];
}

const gd__op gd__op_ne = {
    .info = { .name = "ne", .input = { "a", "b" }, .formula = "y = [a != b]", .latex = "y = [a \\ne b]" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = ne_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_ne(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_ne, a, b);
}

gd_tensor *gd_ne_scalar(gd_tensor *x, double c)
{
    return with_number(gd_ne, "ne_scalar", x, c);
}

/* ---- lt ---- */

static double lt_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] < x[1];
}

const gd__op gd__op_lt = {
    .info = { .name = "lt", .input = { "a", "b" }, .formula = "y = [a < b]", .latex = "y = [a < b]" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = lt_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_lt(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_lt, a, b);
}

gd_tensor *gd_lt_scalar(gd_tensor *x, double c)
{
    return with_number(gd_lt, "lt_scalar", x, c);
}

/* ---- le ---- */

static double le_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] <= x[1];
}

const gd__op gd__op_le = {
    .info = { .name = "le", .input = { "a", "b" }, .formula = "y = [a <= b]", .latex = "y = [a \\le b]" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = le_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_le(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_le, a, b);
}

gd_tensor *gd_le_scalar(gd_tensor *x, double c)
{
    return with_number(gd_le, "le_scalar", x, c);
}

/* ---- gt ---- */

static double gt_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] > x[1];
}

const gd__op gd__op_gt = {
    .info = { .name = "gt", .input = { "a", "b" }, .formula = "y = [a > b]", .latex = "y = [a > b]" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = gt_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_gt(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_gt, a, b);
}

gd_tensor *gd_gt_scalar(gd_tensor *x, double c)
{
    return with_number(gd_gt, "gt_scalar", x, c);
}

/* ---- ge ---- */

static double ge_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] >= x[1];
}

const gd__op gd__op_ge = {
    .info = { .name = "ge", .input = { "a", "b" }, .formula = "y = [a >= b]", .latex = "y = [a \\ge b]" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = ge_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_ge(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_ge, a, b);
}

gd_tensor *gd_ge_scalar(gd_tensor *x, double c)
{
    return with_number(gd_ge, "ge_scalar", x, c);
}

/* ---- logical_and ---- */

static double logical_and_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] != 0 && x[1] != 0;
}

const gd__op gd__op_logical_and = {
    .info = { .name = "logical_and", .input = { "a", "b" }, .formula = "y = [a is not 0] and [b is not 0]",
              .latex = "y = a \\wedge b" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = logical_and_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_logical_and(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_logical_and, a, b);
}

/* ---- logical_or ---- */

static double logical_or_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0] != 0 || x[1] != 0;
}

const gd__op gd__op_logical_or = {
    .info = { .name = "logical_or", .input = { "a", "b" }, .formula = "y = [a is not 0] or [b is not 0]",
              .latex = "y = a \\vee b" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = logical_or_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_logical_or(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_logical_or, a, b);
}

/* ---- logical_xor ---- */

static double logical_xor_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return (x[0] != 0) != (x[1] != 0);
}

const gd__op gd__op_logical_xor = {
    .info = { .name = "logical_xor", .input = { "a", "b" }, .formula = "y = [a is not 0] xor [b is not 0]",
              .latex = "y = a \\oplus b" },
    .arity = 2, .elementwise = true, .dtypes = GD__PROMOTED, .infer = gd__infer_compare, .reference = logical_xor_reference,
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_logical_xor(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_logical_xor, a, b);
}

gd_tensor *gd_logical_not(gd_tensor *x)
{
    return gd_eq_scalar(x, 0);
}

/* ---- where ---- */

static bool where_infer(const gd__call *call, gd__meta *out)
{
    char text[GD__TEXT_SIZE];
    out->dtype = (gd_dtype)call->in[1]->dtype;
    if (call->in[0]->dtype == GD_BOOL && call->in[1]->dtype == call->in[2]->dtype)
        return gd__infer_broadcast(call, out);
    gd__fail(call->context,
             (gd__fault){ .status = GD_ERROR_DTYPE, .remedy = "Make the condition with a comparison or gd_cast it to GD_BOOL" },
             "the condition is %s, and a and b are %s and %s", gd__describe(call->in[0], text),
             gd_dtype_name((gd_dtype)call->in[1]->dtype), gd_dtype_name((gd_dtype)call->in[2]->dtype));
    return false;
}

static gd_tensor *where_vjp(const gd__vjp *v)
{
    gd_tensor *nothing = gd_zeros_like(v->dy);
    return v->i == 1 ? gd_where(v->x[0], v->dy, nothing) : gd_where(v->x[0], nothing, v->dy);
}

const gd__op gd__op_where = {
    .info = { .name = "where", .input = { "c", "a", "b" }, .formula = "y = a where c holds, else b",
              .derivative = { NULL, "da = dy where c holds, else 0", "db = 0 where c holds, else dy" },
              .why = "only what was chosen has influence", .latex = "y = c\\,a + (1 - c)\\,b",
              .latex_derivative = { NULL, "\\bar a = c \\odot \\bar y", "\\bar b = (1 - c) \\odot \\bar y" } },
    .arity = 3, .dtypes = GD__AS_GIVEN, .infer = where_infer,
    .vjp = where_vjp, .differentiable = 6, .reads = { 0, 1, 1 },
    .sample = { { .shape = { { 1, { 4 } }, { 2, { 3, 4 } }, { 2, { 3, 1 } } }, .low = -1, .high = 1, .condition_input = 1 } },
};

gd_tensor *gd_where(gd_tensor *condition, gd_tensor *a, gd_tensor *b)
{
    if (gd__alive(a) && gd__alive(b) && a->dtype != b->dtype) {
        gd_dtype dtype = gd__promote((gd_dtype)a->dtype, a->ndim, (gd_dtype)b->dtype, b->ndim);
        a = gd_cast(a, dtype);
        b = gd_cast(b, dtype);
    }
    return gd__apply(GD__OP_where, 3, (gd_tensor *[]){ condition, a, b }, NULL);
}

gd_tensor *gd_masked_fill(gd_tensor *x, gd_tensor *mask, double value)
{
    gd_context *g = gd__context(x ? x : mask);
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, x, "masked_fill", "x") || !gd__usable(g, mask, "masked_fill", "the mask"))
        return gd__error_object(g);
    if (mask->dtype != GD_BOOL)
        return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, "masked_fill", "Make the mask with a comparison" },
                        "the mask is bool, not %s", gd__describe(mask, text));
    if (!gd__holds(g, (gd_dtype)x->dtype, value, "masked_fill"))
        return gd__error_object(g);
    return gd_where(mask, gd_scalar(g, (gd_dtype)x->dtype, value), x);
}
