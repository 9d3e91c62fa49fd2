/* slice.c - views that leave dimensions out, put them in, order them anew, or take a part; and padding. */
#include "op/op.h"

#include <string.h>

static void start_as(const gd_tensor *x, gd__meta *out)
{
    out->shape = gd__shape(x);
    memcpy(out->stride, x->stride, x->ndim * sizeof *x->stride);
}

/* ---- permute ---- */

static bool permute_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    gd_dims order = call->attrs->dims;
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    unsigned seen = 0;
    out->shape.count = x->ndim;
    for (int i = 0; gd__dims_fit(order) && order.count == x->ndim && i < x->ndim; i++) {
        int64_t dim = order.size[i] < 0 ? order.size[i] + x->ndim : order.size[i];
        if (dim < 0 || dim >= x->ndim)
            break;
        seen |= 1u << dim;
        out->shape.size[i] = x->shape[dim];
        out->stride[i] = x->stride[dim];
    }
    if (order.count == x->ndim && seen == (1u << x->ndim) - 1)
        return true;
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_INDEX, .remedy = "Name each dimension once" },
             "%s is no order of the dimensions of %s", gd__shape_text(order, left), gd__describe(x, right));
    return false;
}

static gd_tensor *permute_vjp(const gd__vjp *v)
{
    gd_dims order = v->attrs->dims, back = { .count = order.count };
    for (int i = 0; i < order.count; i++)
        back.size[order.size[i] < 0 ? order.size[i] + order.count : order.size[i]] = i;
    return gd_permute(v->dy, back);
}

const gd__op gd__op_permute = {
    .info = { .name = "permute", .input = { "x" }, .formula = "y = x with its dimensions in another order",
              .derivative = { "dx = dy with its dimensions put back" }, .latex = "y = \\mathrm{permute}(x)",
              .latex_derivative = { "\\bar x = \\mathrm{permute}^{-1}(\\bar y)" }, .is_view = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = permute_infer, .vjp = permute_vjp, .differentiable = 1,
    .sample = { { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .dims = { 3, { 2, 0, -2 } } } } },
};

gd_tensor *gd_permute(gd_tensor *x, gd_dims order)
{
    return gd__apply1(GD__OP_permute, x, &(gd__attrs){ .dims = order });
}

/* ---- squeeze and unsqueeze ---- */

static gd_tensor *in_shape_of_x(const gd__vjp *v)
{
    return gd_reshape(v->dy, gd__shape(v->x[0]));
}

static bool squeeze_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    int dim = gd__axis(x, call->attrs->integer[0]);
    if (dim < 0)
        return false;
    start_as(x, out);
    if (x->ndim == 0 || x->shape[dim] != 1)
        return true;
    out->shape.count--;
    for (int i = dim; i < out->shape.count; i++) {
        out->shape.size[i] = x->shape[i + 1];
        out->stride[i] = x->stride[i + 1];
    }
    return true;
}

const gd__op gd__op_squeeze = {
    .info = { .name = "squeeze", .input = { "x" }, .formula = "y = x without a dimension of size 1",
              .derivative = { "dx = dy in the shape of x" }, .latex = "y = x", .latex_derivative = { "\\bar x = \\bar y" },
              .is_view = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = squeeze_infer, .vjp = in_shape_of_x, .differentiable = 1,
    .sample = { { .shape = { { 3, { 2, 1, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1 } } },
                { .shape = { { 2, { 2, 3 } } }, .low = -1, .high = 1, .attrs = { .integer = { -1 } } } },
};

gd_tensor *gd_squeeze(gd_tensor *x, int dim)
{
    return gd__apply1(GD__OP_squeeze, x, &(gd__attrs){ .integer = { dim } });
}

static bool unsqueeze_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    int64_t asked = call->attrs->integer[0], dim = asked < 0 ? asked + x->ndim + 1 : asked;
    char text[GD__TEXT_SIZE];
    if (dim < 0 || dim > x->ndim || x->ndim == GD_MAX_DIMS) {
        gd__fail(call->context, (gd__fault){ .status = GD_ERROR_INDEX, .remedy = "Use at most 8 dimensions" },
                 "there is no place %lld for a dimension in %s", (long long)asked, gd__describe(x, text));
        return false;
    }
    start_as(x, out);
    for (int i = out->shape.count++; i > dim; i--) {
        out->shape.size[i] = x->shape[i - 1];
        out->stride[i] = x->stride[i - 1];
    }
    out->shape.size[dim] = 1;
    out->stride[dim] = 1;
    return true;
}

const gd__op gd__op_unsqueeze = {
    .info = { .name = "unsqueeze", .input = { "x" }, .formula = "y = x with a new dimension of size 1",
              .derivative = { "dx = dy in the shape of x" }, .latex = "y = x", .latex_derivative = { "\\bar x = \\bar y" },
              .is_view = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = unsqueeze_infer, .vjp = in_shape_of_x, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { -1 } } } },
};

gd_tensor *gd_unsqueeze(gd_tensor *x, int dim)
{
    return gd__apply1(GD__OP_unsqueeze, x, &(gd__attrs){ .integer = { dim } });
}

gd_tensor *gd_flatten(gd_tensor *x, int first, int last)
{
    gd_context *g = gd__context(x);
    if (!gd__usable(g, x, "flatten", "x"))
        return gd__error_object(g);
    if (x->ndim == 0)
        return gd_reshape(x, gd_shape(1));
    int from = gd__dim_for("flatten", x, first), to = from < 0 ? -1 : gd__dim_for("flatten", x, last);
    if (from < 0 || to < 0)
        return gd__error_object(g);
    if (from > to)
        return gd__fail(g, (gd__fault){ GD_ERROR_INDEX, 0, "flatten", "Name the first dimension and then the last" },
                        "dimensions %d to %d", from, to);
    gd_dims shape = { .count = from + 1 };
    for (int i = 0; i < from; i++)
        shape.size[i] = x->shape[i];
    shape.size[from] = 1;
    for (int i = from; i <= to; i++)
        shape.size[from] *= x->shape[i];
    for (int i = to + 1; i < x->ndim; i++)
        shape.size[shape.count++] = x->shape[i];
    return gd_reshape(x, shape);
}

/* ---- slice ---- */

/* attrs: integer dim, start, end, step; start and end as Python takes them. */
static int64_t bound(int64_t at, int64_t size)
{
    int64_t from_start = at < 0 ? at + size : at; /* no overflow: the signs differ */
    return from_start < 0 ? 0 : from_start > size ? size : from_start;
}

static bool slice_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    const int64_t *asked = call->attrs->integer;
    int dim = gd__dim(x, (int)asked[0]);
    if (dim < 0)
        return false;
    if (asked[3] < 1) {
        gd__fail(call->context, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Give a positive step" }, "the step is %lld",
                 (long long)asked[3]);
        return false;
    }
    int64_t start = bound(asked[1], x->shape[dim]), end = bound(asked[2], x->shape[dim]);
    int64_t count = end > start ? (end - start - 1) / asked[3] + 1 : 0;
    start_as(x, out);
    out->shape.size[dim] = count;
    out->stride[dim] = count > 1 ? x->stride[dim] * asked[3] : x->stride[dim];
    out->offset = count > 0 ? start * x->stride[dim] : 0;
    return true;
}

static gd_tensor *slice_vjp(const gd__vjp *v)
{
    const int64_t *asked = v->attrs->integer;
    const gd_tensor *x = v->x[0];
    int dim = gd__dim(x, (int)asked[0]);
    return gd_slice_backward(v->dy, gd__shape(x), dim, bound(asked[1], x->shape[dim]), asked[3]);
}

const gd__op gd__op_slice = {
    .info = { .name = "slice", .input = { "x" }, .formula = "y = x[start:end:step] along dim",
              .derivative = { "dx = dy there, 0 elsewhere" }, .why = "what was left out has no influence",
              .latex = "y_i = x_{s + k i}", .latex_derivative = { "\\bar x_{s + k i} = \\bar y_i" }, .is_view = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = slice_infer, .vjp = slice_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 7 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1, 1, -1, 2 } } },
                { .shape = { { 2, { 5, 3 } } }, .low = -1, .high = 1, .attrs = { .integer = { -2, -3, 100, 1 } } } },
};

gd_tensor *gd_slice(gd_tensor *x, int dim, int64_t start, int64_t end, int64_t step)
{
    return gd__apply1(GD__OP_slice, x, &(gd__attrs){ .integer = { dim, start, end, step } });
}

gd_tensor *gd_select(gd_tensor *x, int dim, int64_t index)
{
    gd_context *g = gd__context(x);
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, x, "select", "x"))
        return gd__error_object(g);
    int counted = gd__dim_for("select", x, dim);
    if (counted < 0)
        return gd__error_object(g);
    int64_t size = x->shape[counted], at = index < 0 ? index + size : index;
    if (at < 0 || at >= size)
        return gd__fail(g, (gd__fault){ GD_ERROR_INDEX, counted + 1, "select", "Indices count from 0, or from the end with -1" },
                        "there is no index %lld in dimension %d of %s", (long long)index, counted, gd__describe(x, text));
    return gd_squeeze(gd_slice(x, counted, at, at + 1, 1), counted);
}

/* ---- slice_backward ---- */

/* attrs: dims the shape; integer dim, start, how many, step. */
static bool slice_backward_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *dy = call->in[0];
    gd_dims shape = call->attrs->dims, wanted = shape;
    int64_t dim = call->attrs->integer[0], start = call->attrs->integer[1], step = call->attrs->integer[3];
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    bool good = gd__count(shape) >= 0 && shape.count == dy->ndim && dim >= 0 && dim < shape.count && start >= 0 && step >= 1;
    if (good) {
        wanted.size[dim] = dy->shape[dim];
        int64_t room = shape.size[dim] - start; /* dy's last lies at start + (n - 1) step */
        good = gd__same_dims(wanted, gd__shape(dy)) &&
               (dy->shape[dim] == 0 || (room > 0 && (dy->shape[dim] - 1) <= (room - 1) / step));
        out->shape = shape;
    }
    if (!good)
        gd__fail(call->context, (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Pass the gradient of a slice of that shape" },
                 "%s is no gradient of a slice of %s", gd__describe(dy, left), gd__shape_text(shape, right));
    return good;
}

static gd_tensor *slice_backward_vjp(const gd__vjp *v)
{
    const int64_t *asked = v->attrs->integer;
    int64_t count = v->x[0]->shape[asked[0]];
    int64_t end = count > 0 ? asked[1] + (count - 1) * asked[3] + 1 : asked[1];
    return gd_slice(v->dy, (int)asked[0], asked[1], end, asked[3]);
}

const gd__op gd__op_slice_backward = {
    .info = { .name = "slice_backward", .input = { "g" }, .formula = "z = zeros, with g at start, start + step, ... of dim",
              .derivative = { "dg = dz[start::step] along dim" }, .latex = "z_{s + k i} = g_i",
              .latex_derivative = { "\\bar g_i = \\bar z_{s + k i}" } },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = slice_backward_infer, .vjp = slice_backward_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 2 } } }, .low = -1, .high = 1,
                  .attrs = { .dims = { 2, { 3, 6 } }, .integer = { 1, 1, 0, 3 } } } },
};

gd_tensor *gd_slice_backward(gd_tensor *dy, gd_dims shape, int dim, int64_t start, int64_t step)
{
    return gd__apply1(GD__OP_slice_backward, dy, &(gd__attrs){ .dims = shape, .integer = { dim, start, 0, step } });
}

/* ---- pad ---- */

/* attrs: integer dim, how many before and how many after; scalar the value. */
static bool pad_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    const int64_t *asked = call->attrs->integer;
    int dim = gd__dim(x, asked[0]);
    char text[GD__TEXT_SIZE];
    if (dim < 0)
        return false;
    out->shape = gd__shape(x);
    if (asked[1] >= 0 && asked[2] >= 0 && !__builtin_add_overflow(asked[1], asked[2], &out->shape.size[dim]) &&
        !__builtin_add_overflow(out->shape.size[dim], x->shape[dim], &out->shape.size[dim]))
        return true;
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_SHAPE, .dim = dim + 1, .remedy = "Pad with less" },
             "%s can't get %lld elements before and %lld after", gd__describe(x, text), (long long)asked[1],
             (long long)asked[2]);
    return false;
}

static gd_tensor *pad_vjp(const gd__vjp *v)
{
    int dim = gd__dim(v->x[0], v->attrs->integer[0]);
    int64_t before = v->attrs->integer[1];
    return gd_slice(v->dy, dim, before, before + v->x[0]->shape[dim], 1);
}

const gd__op gd__op_pad = {
    .info = { .name = "pad", .input = { "x" }, .formula = "y = x with numbers put before it and behind it",
              .derivative = { "dx = dy without what was put there" }, .why = "what was put there does not depend on x",
              .latex = "y_{b + i} = x_i", .latex_derivative = { "\\bar x_i = \\bar y_{b + i}" },
              .torch_name = "ConstantPadNdBackward0" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = pad_infer, .vjp = pad_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1,
                  .attrs = { .integer = { 1, 2, 1 }, .scalar = { 0.5 } } },
                { .shape = { { 3, { 2, 3, 2 } } }, .low = -1, .high = 1, .attrs = { .integer = { -2, 0, 2 } } } },
};

/* Negative numbers crop; what is left must not be less than nothing. */
static gd_tensor *crop(gd_tensor *x, int dim, int64_t before, int64_t after)
{
    char text[GD__TEXT_SIZE];
    int64_t size = x->shape[dim];
    int64_t start = before < 0 ? (before < -size ? size + 1 : -before) : 0;
    int64_t end = after < 0 ? (after < -size ? -1 : size + after) : size;
    if (start > end)
        return gd__fail(x->object.context, (gd__fault){ GD_ERROR_SHAPE, dim + 1, "pad", "Crop less" },
                        "dimension %d of %s can't be cropped by %lld and %lld", dim, gd__describe(x, text),
                        (long long)before, (long long)after);
    return start > 0 || end < size ? gd_slice(x, dim, start, end, 1) : x;
}

gd_tensor *gd_pad(gd_tensor *x, gd_dims before, gd_dims after, double value)
{
    gd_context *g = gd__context(x);
    char text[GD__TEXT_SIZE], left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!gd__usable(g, x, "pad", "x"))
        return gd__error_object(g);
    if (before.count != x->ndim || after.count != x->ndim)
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "pad", "Give two numbers for each dimension, 0 for none" },
                        "%s before and %s after do not fit %s", gd__shape_text(before, left),
                        gd__shape_text(after, right), gd__describe(x, text));
    if (!gd__holds(g, (gd_dtype)x->dtype, value, "pad"))
        return gd__error_object(g);
    gd_tensor *y = x;
    for (int i = 0; i < before.count && gd__alive(y); i++)
        y = crop(y, i, before.size[i], after.size[i]);
    bool copied = false;
    for (int i = 0; i < before.count && gd__alive(y); i++) {
        int64_t more = before.size[i] > 0 ? before.size[i] : 0, behind = after.size[i] > 0 ? after.size[i] : 0;
        if (more == 0 && behind == 0)
            continue;
        y = gd__apply1(GD__OP_pad, y, &(gd__attrs){ .integer = { i, more, behind }, .scalar = { value } });
        copied = true;
    }
    return copied ? y : gd_clone(y);
}
