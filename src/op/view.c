/* view.c - other looks at the same elements, copies, and other dtypes. */
#include "op/op.h"

#include <string.h>

/* ---- reshape ---- */

/* One size may be -1: it takes what is left. Returns false, with the error set, where that does not come out. */
static bool settle_shape(const gd_tensor *x, gd_dims *shape)
{
    int64_t known = 1;
    int open = -1;
    bool good = gd__dims_fit(*shape);
    for (int i = 0; good && i < shape->count; i++) {
        if (shape->size[i] == -1 && open < 0)
            open = i;
        else
            good = shape->size[i] >= 0 && !__builtin_mul_overflow(known, shape->size[i], &known);
    }
    if (good && open >= 0) {
        good = known > 0 && x->numel % known == 0;
        shape->size[open] = good ? x->numel / known : -1;
    }
    if (good && (open >= 0 || known == x->numel) && gd__count(*shape) >= 0)
        return true;
    char from[GD__TEXT_SIZE], to[GD__TEXT_SIZE];
    gd__fail(x->object.context,
             (gd__fault){ .status = GD_ERROR_SHAPE, .op = "reshape", .remedy = "The sizes must multiply to the number of elements" },
             "%s, of %lld elements, can't take the shape %s", gd__describe(x, from), (long long)x->numel,
             gd__shape_text(*shape, to));
    return false;
}

static bool reshape_infer(const gd__call *call, gd__meta *out)
{
    out->shape = call->attrs->dims;
    gd__row_major_strides(out->shape, out->stride);
    return true;
}

static gd_tensor *reshape_vjp(const gd__vjp *v)
{
    return gd_reshape(v->dy, gd__shape(v->x[0]));
}

const gd__op gd__op_reshape = {
    .info = { .name = "reshape", .input = { "x" }, .formula = "y = x in another shape",
              .derivative = { "dx = dy in the shape of x" }, .latex = "y = \\mathrm{reshape}(x)",
              .latex_derivative = { "\\bar x = \\mathrm{reshape}(\\bar y)" }, .torch_name = "ViewBackward0",
              .is_view = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = reshape_infer,
    .vjp = reshape_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .dims = { 3, { 2, 3, 2 } } } } },
};

gd_tensor *gd_reshape(gd_tensor *x, gd_dims shape)
{
    gd_context *g = gd__context(x);
    if (!gd__usable(g, x, "reshape", "the tensor") || !settle_shape(x, &shape))
        return gd__error_object(g);
    return gd__apply1(GD__OP_reshape, x, &(gd__attrs){ .dims = shape });
}

/* ---- transpose ---- */

static bool transpose_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    int a = gd__dim(x, (int)call->attrs->integer[0]), b = gd__dim(x, (int)call->attrs->integer[1]);
    if (a < 0 || b < 0)
        return false;
    out->shape = gd__shape(x);
    for (int i = 0; i < x->ndim; i++)
        out->stride[i] = x->stride[i];
    out->shape.size[a] = x->shape[b];
    out->shape.size[b] = x->shape[a];
    out->stride[a] = x->stride[b];
    out->stride[b] = x->stride[a];
    return true;
}

static gd_tensor *transpose_vjp(const gd__vjp *v)
{
    return gd_transpose(v->dy, (int)v->attrs->integer[0], (int)v->attrs->integer[1]);
}

const gd__op gd__op_transpose = {
    .info = { .name = "transpose", .input = { "X" }, .formula = "Y = X^T", .derivative = { "dX = dY^T" },
              .latex = "Y = X^{\\top}", .latex_derivative = { "\\bar X = \\bar Y^{\\top}" }, .is_view = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = transpose_infer, .vjp = transpose_vjp, .differentiable = 1,
    .sample = { { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 0, 2 } } } },
};

gd_tensor *gd_transpose(gd_tensor *x, int dim0, int dim1)
{
    return gd__apply1(GD__OP_transpose, x, &(gd__attrs){ .integer = { dim0, dim1 } });
}

gd_tensor *gd_t(gd_tensor *x)
{
    gd_context *g = gd__context(x);
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, x, "t", "the tensor"))
        return gd__error_object(g);
    if (x->ndim > 2)
        return gd__fail(g,
                        (gd__fault){ GD_ERROR_SHAPE, 0, "t", "Name the two dimensions with gd_transpose" },
                        "%s has more than two dimensions", gd__describe(x, text));
    return x->ndim < 2 ? x : gd_transpose(x, 0, 1);
}

/* ---- expand ---- */

static bool expand_fails(const gd_tensor *x, gd_dims shape)
{
    char from[GD__TEXT_SIZE], to[GD__TEXT_SIZE];
    gd__fail(x->object.context,
             (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Only sizes of 1 can be repeated; -1 keeps a size" },
             "%s can't be expanded to %s", gd__describe(x, from), gd__shape_text(shape, to));
    return false;
}

static bool expand_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    gd_dims shape = call->attrs->dims;
    int added = gd__dims_fit(shape) ? shape.count - x->ndim : -1;
    if (added < 0)
        return expand_fails(x, shape);
    out->shape = shape;
    for (int i = 0; i < shape.count; i++) {
        bool own = i >= added;
        int64_t size = own ? x->shape[i - added] : 1, wanted = shape.size[i] == -1 && own ? size : shape.size[i];
        if (wanted < 0 || (size != 1 && wanted != size))
            return expand_fails(x, shape);
        out->shape.size[i] = wanted;
        out->stride[i] = own && wanted == size ? x->stride[i - added] : 0;
    }
    return gd__count(out->shape) >= 0 || expand_fails(x, shape);
}

/* The engine sums what was repeated. */
static gd_tensor *expand_vjp(const gd__vjp *v)
{
    return v->dy;
}

const gd__op gd__op_expand = {
    .info = { .name = "expand", .input = { "x" }, .formula = "y = x repeated along dimensions of size 1",
              .derivative = { "dx = dy summed over what was repeated" },
              .why = "each copy of an element has its own influence: they add up", .latex = "y = \\mathrm{expand}(x)",
              .latex_derivative = { "\\bar x = \\sum_{\\text{copies}} \\bar y" }, .is_view = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = expand_infer, .vjp = expand_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 1 } } }, .low = -1, .high = 1, .attrs = { .dims = { 3, { 2, 3, 4 } } } } },
};

gd_tensor *gd_expand(gd_tensor *x, gd_dims shape)
{
    return gd__apply1(GD__OP_expand, x, &(gd__attrs){ .dims = shape });
}

/* ---- clone ---- */

static gd_tensor *clone_vjp(const gd__vjp *v)
{
    return v->dy;
}

static double clone_reference(const double *x, const gd__attrs *attrs)
{
    (void)attrs;
    return x[0];
}

const gd__op gd__op_clone = {
    .info = { .name = "clone", .input = { "x" }, .formula = "y = x", .derivative = { "dx = dy" }, .latex = "y = x",
              .latex_derivative = { "\\bar x = \\bar y" } },
    .arity = 1, .elementwise = true, .dtypes = GD__AS_GIVEN, .infer = gd__infer_same,
    .vjp = clone_vjp, .differentiable = 1, .reference = clone_reference,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_clone(gd_tensor *x)
{
    return gd__apply1(GD__OP_clone, x, NULL);
}

gd_tensor *gd_contiguous(gd_tensor *x)
{
    return gd__alive(x) && x->contiguous ? x : gd_clone(x);
}

/* ---- cast ---- */

static bool cast_infer(const gd__call *call, gd__meta *out)
{
    out->shape = gd__shape(call->in[0]);
    out->dtype = (gd_dtype)call->attrs->integer[0];
    return true;
}

static gd_tensor *cast_vjp(const gd__vjp *v)
{
    return gd_cast(v->dy, (gd_dtype)v->x[0]->dtype);
}

const gd__op gd__op_cast = {
    .info = { .name = "cast", .input = { "x" }, .formula = "y = x as another dtype",
              .derivative = { "dx = dy as the dtype of x" }, .latex = "y = x", .latex_derivative = { "\\bar x = \\bar y" },
              .torch_name = "ToCopyBackward0" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = cast_infer, .vjp = cast_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { GD_FLOAT64 } } } },
};

gd_tensor *gd_cast(gd_tensor *x, gd_dtype dtype)
{
    gd_context *g = gd__context(x);
    if (!gd__usable(g, x, "cast", "the tensor"))
        return gd__error_object(g);
    gd_dtype wanted = gd__dtype_asked(g, "cast", dtype);
    if (wanted == GD_DEFAULT)
        return gd__error_object(g);
    if (x->dtype == wanted)
        return x;
    return gd__apply1(GD__OP_cast, x, &(gd__attrs){ .integer = { wanted } });
}
