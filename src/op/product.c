/* product.c - the product over axes. */
#include "op/reduce.h"

/* x (n, kept) with rows of ones behind it, up to `rows`. */
static gd_tensor *padded(gd_tensor *x, int64_t rows)
{
    gd_context *g = x->object.context;
    if (x->shape[0] == rows)
        return x;
    gd_tensor *own = gd_reshape(gd_lt_scalar(gd_arange(g, GD_INT64, rows), (double)x->shape[0]), gd_shape(rows, 1));
    gd_tensor *wide = gd_slice_backward(x, gd_shape(rows, x->shape[1]), 0, 0, 1);
    return gd_where(own, wide, gd_scalar(g, (gd_dtype)x->dtype, 1));
}

/* The first or the second half of the rows. */
static gd_tensor *half(gd_tensor *x, int64_t rows, int which)
{
    return gd_select(gd_reshape(x, gd_shape(2, rows / 2, -1)), 0, which);
}

/* In each column of x (n, kept), n > 1, the product of all the other rows. Upward a tree of products of halves; downward
 * the others of a half are those of the whole times the other half. There is no division, so zeros do no harm; and all of
 * it is operations, so it can be differentiated again and again. */
static gd_tensor *other_rows(gd_tensor *x, int64_t n)
{
    if (!gd__alive(x))
        return x;
    gd_context *g = x->object.context;
    gd_tensor *level[64], *others = gd_scalar(g, (gd_dtype)x->dtype, 1);
    gd_tensor *is_first = gd_reshape(gd_eq_scalar(gd_arange(g, GD_INT64, 2), 0), gd_shape(2, 1, 1));
    int64_t rows = 2;
    int top = 0;
    while (rows < n)
        rows *= 2;
    level[0] = padded(x, rows);
    for (int64_t size = rows; size > 2; size /= 2, top++)
        level[top + 1] = gd_mul(half(level[top], size, 0), half(level[top], size, 1));
    for (int64_t size = 2; size <= rows; size *= 2, top--) {
        gd_tensor *first = gd_mul(others, half(level[top], size, 1)), *second = gd_mul(others, half(level[top], size, 0));
        others = gd_reshape(gd_where(is_first, first, second), gd_shape(size, -1));
    }
    return gd_slice(others, 0, 0, n, 1);
}

/* For each element the product of all the others that are multiplied with it. */
static gd_tensor *others_of(gd_tensor *x, int64_t axes)
{
    gd_dims order = { .count = 0 }, back = { .count = x->ndim }, shape = { .count = x->ndim };
    int64_t n = 1;
    for (int reduced = 1; reduced >= 0; reduced--)
        for (int i = 0; i < x->ndim; i++) {
            if ((axes >> i & 1) != reduced)
                continue;
            n *= reduced ? x->shape[i] : 1;
            back.size[i] = order.count;
            shape.size[order.count] = x->shape[i];
            order.size[order.count++] = i;
        }
    if (n == 1 || x->numel == 0)
        return gd_ones_like(x);
    gd_tensor *rows = gd_reshape(gd_permute(x, order), gd_shape(n, x->numel / n));
    return gd_permute(gd_reshape(other_rows(rows, n), shape), back);
}

static gd_tensor *prod_vjp(const gd__vjp *v)
{
    return gd_mul(gd__against_x(v, v->dy), others_of(v->x[0], v->attrs->integer[0]));
}

const gd__op gd__op_prod = {
    .info = { .name = "prod", .input = { "x" }, .formula = "y = product of x over the axes",
              .derivative = { "dx = dy * the product of the others" },
              .why = "each factor's influence is as large as all the others together; y / x would say the same, but not "
                     "where x is 0",
              .latex = "y = \\prod x", .latex_derivative = { "\\bar x_i = \\bar y \\prod_{j \\ne i} x_j" } },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = gd__infer_total, .vjp = prod_vjp, .differentiable = 1, .reads = { 1 },
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = 0.5, .high = 1.5, .attrs = { .integer = { 3, 0 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -1.5, .high = 1.5, .attrs = { .integer = { 1, 0 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = 0.5, .high = 1.5, .attrs = { .integer = { 5, 1 } } } },
};

gd_tensor *(gd_prod)(gd_reduction args)
{
    return gd__reduce(GD__OP_prod, args);
}
