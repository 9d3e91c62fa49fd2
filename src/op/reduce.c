/* reduce.c - sums and other reductions over axes. */
#include "op/op.h"

/* Which axes are reduced, one bit each; all for an empty list. False with the error set. */
static bool axis_bits(const gd_tensor *x, gd_dims axes, int64_t *bits)
{
    *bits = axes.count == 0 ? (1 << x->ndim) - 1 : 0;
    if (!gd__dims_fit(axes)) {
        gd__fail(x->object.context, (gd__fault){ .status = GD_ERROR_INDEX, .remedy = "Name each axis once" },
                 "more than %d axes", GD_MAX_DIMS);
        return false;
    }
    for (int i = 0; i < axes.count; i++) {
        int dim = gd__dim(x, axes.size[i] < -GD_MAX_DIMS || axes.size[i] > GD_MAX_DIMS ? INT32_MAX : (int)axes.size[i]);
        if (dim < 0)
            return false;
        if (*bits >> dim & 1) {
            gd__fail(x->object.context, (gd__fault){ .status = GD_ERROR_INDEX, .remedy = "Name each axis once" },
                     "axis %d appears twice", dim);
            return false;
        }
        *bits |= (int64_t)1 << dim;
    }
    return true;
}

/* attrs: integer[0] the axes as bits, integer[1] whether they stay with size 1. */
static bool reduce_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    out->shape.count = 0;
    for (int i = 0; i < x->ndim; i++) {
        bool reduced = call->attrs->integer[0] >> i & 1;
        if (!reduced || call->attrs->integer[1])
            out->shape.size[out->shape.count++] = reduced ? 1 : x->shape[i];
    }
    if (!gd__is_float(out->dtype))
        out->dtype = GD_INT64;
    return true;
}

static bool mean_infer(const gd__call *call, gd__meta *out)
{
    char text[GD__TEXT_SIZE];
    if (gd__is_float((gd_dtype)call->in[0]->dtype))
        return reduce_infer(call, out);
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_DTYPE, .remedy = "gd_cast it to a float dtype first" },
             "the mean of %s is no integer", gd__describe(call->in[0], text));
    return false;
}

/* dy, with the reduced axes back as sizes of 1, repeated over the shape of x. */
static gd_tensor *spread(const gd__vjp *v)
{
    gd_dims shape = gd__shape(v->x[0]);
    for (int i = 0; i < shape.count; i++)
        if (v->attrs->integer[0] >> i & 1)
            shape.size[i] = 1;
    return gd_expand(gd_reshape(v->dy, shape), gd__shape(v->x[0]));
}

static gd_tensor *sum_vjp(const gd__vjp *v)
{
    return spread(v);
}

static gd_tensor *mean_vjp(const gd__vjp *v)
{
    double n = v->y->numel > 0 ? (double)(v->x[0]->numel / v->y->numel) : 1;
    return gd_div_scalar(spread(v), n);
}

const gd__op gd__op_sum = {
    .info = { .name = "sum", .input = { "x" }, .formula = "y = sum of x over the axes",
              .derivative = { "dx = dy, repeated over the axes" },
              .why = "every element that was summed has the same influence, 1",
              .latex = "y = \\sum x", .latex_derivative = { "\\bar x = \\bar y \\cdot 1" } },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = reduce_infer, .vjp = sum_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 3, 0 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1, 0 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 5, 1 } } } },
};

const gd__op gd__op_mean = {
    .info = { .name = "mean", .input = { "x" }, .formula = "y = sum of x over the axes / n",
              .derivative = { "dx = dy / n, repeated over the axes" },
              .why = "every element has the same influence, 1 / n: n is how many were averaged, the batch size in a loss",
              .latex = "y = \\frac1n \\sum x", .latex_derivative = { "\\bar x = \\bar y \\cdot \\frac1n" } },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = mean_infer, .vjp = mean_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 3, 0 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 2, 1 } } } },
};

static gd_tensor *reduce(gd__op_id id, gd_reduction args)
{
    gd_context *g = gd__context(args.x);
    int64_t bits;
    if (!gd__usable(g, args.x, gd__ops[id]->info.name, "the tensor"))
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = gd__ops[id]->info.name;
    bool good = axis_bits(args.x, args.axes, &bits);
    g->running = outer;
    if (!good)
        return gd__error_object(g);
    return gd__apply1(id, args.x, &(gd__attrs){ .integer = { bits, args.keepdim } });
}

gd_tensor *(gd_sum)(gd_reduction args)
{
    return reduce(GD__OP_sum, args);
}

gd_tensor *(gd_mean)(gd_reduction args)
{
    return reduce(GD__OP_mean, args);
}

gd_tensor *gd__sum_to(gd_tensor *x, gd_dims shape)
{
    if (!gd__alive(x) || (gd__same_dims(gd__shape(x), shape)))
        return x;
    gd_dims axes = { .count = 0 };
    int added = x->ndim - shape.count;
    for (int i = 0; i < x->ndim; i++)
        if (i < added || (shape.size[i - added] == 1 && x->shape[i] != 1))
            axes.size[axes.count++] = i;
    gd_tensor *sum = axes.count > 0 ? gd_sum(x, axes, true) : x;
    return added > 0 ? gd_reshape(sum, shape) : sum;
}

/* ---- argmax ---- */

static bool argmax_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    char text[GD__TEXT_SIZE];
    int dim = gd__dim(x, (int)call->attrs->integer[0]);
    if (dim < 0)
        return false;
    out->dtype = GD_INT64;
    for (int i = 0; i < x->ndim; i++)
        if (i != dim)
            out->shape.size[out->shape.count++] = x->shape[i];
    if (x->shape[dim] > 0)
        return true;
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_SHAPE, .dim = dim + 1, .remedy = "Reduce another dimension" },
             "nothing is the largest of none: dimension %d of %s", dim, gd__describe(x, text));
    return false;
}

const gd__op gd__op_argmax = {
    .info = { .name = "argmax", .input = { "x" }, .formula = "y = the place of the largest x along dim",
              .latex = "y = \\arg\\max x" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = argmax_infer,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { -2 } } } },
};

gd_tensor *gd_argmax(gd_tensor *x, int dim)
{
    return gd__apply1(GD__OP_argmax, x, &(gd__attrs){ .integer = { dim } });
}
