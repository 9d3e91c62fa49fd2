/* reduce.c - one element of many: sums, extremes and their places, over axes. */
#include "op/reduce.h"

/* ---- axes ---- */

/* Which axes are reduced, one bit each; all for an empty list. False with the error set. */
static bool axis_bits(const gd_tensor *x, gd_dims axes, int64_t *bits)
{
    *bits = axes.count == 0 ? (1 << x->ndim) - 1 : 0;
    if (!gd__dims_fit(axes)) {
        gd__fail(x->object.context, (gd__fault){ .status = GD_ERROR_INDEX, .remedy = "Give the axes as gd_axes(1)" },
                 "more than %d axes, or a number where a list is expected", GD_MAX_DIMS);
        return false;
    }
    for (int i = 0; i < axes.count; i++) {
        int dim = gd__axis(x, axes.size[i]);
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

/* The same in the name of a function, with a look at the operand first. */
static bool settle_axes(const char *function, gd_tensor *x, gd_dims axes, int64_t *bits)
{
    gd_context *g = gd__context(x);
    if (!gd__usable(g, x, function, "x"))
        return false;
    const char *outer = g->running;
    g->running = function;
    bool good = axis_bits(x, axes, bits);
    g->running = outer;
    return good;
}

static int64_t count_of(const gd_tensor *x, int64_t bits)
{
    int64_t count = 1;
    for (int i = 0; i < x->ndim; i++)
        count *= bits >> i & 1 ? x->shape[i] : 1;
    return count;
}

gd_dims gd__axes_written(gd_dims axes, const char *text)
{
    return gd__second_is_number(text) ? (gd_dims){ .count = -1 } : axes;
}

int64_t gd__reduced_count(const char *function, gd_tensor *x, gd_dims axes)
{
    int64_t bits;
    return settle_axes(function, x, axes, &bits) ? count_of(x, bits) : -1;
}

gd_tensor *gd__reduce(gd__op_id id, gd_reduction args)
{
    int64_t bits;
    if (!settle_axes(gd__ops[id]->info.name, args.x, gd__axes_written(args.axes, args.text), &bits))
        return gd__error_object(gd__context(args.x));
    return gd__apply1(id, args.x, &(gd__attrs){ .integer = { bits, args.keepdim } });
}

/* ---- shape rules ---- */

static bool infer_reduced(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    out->shape.count = 0;
    for (int i = 0; i < x->ndim; i++) {
        bool reduced = call->attrs->integer[0] >> i & 1;
        if (!reduced || call->attrs->integer[1])
            out->shape.size[out->shape.count++] = reduced ? 1 : x->shape[i];
    }
    return true;
}

bool gd__infer_total(const gd__call *call, gd__meta *out)
{
    if (!gd__is_float(out->dtype))
        out->dtype = GD_INT64;
    return infer_reduced(call, out);
}

static bool infer_mean(const gd__call *call, gd__meta *out)
{
    char text[GD__TEXT_SIZE];
    if (gd__is_float(out->dtype))
        return infer_reduced(call, out);
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_DTYPE, .remedy = "gd_cast it to a float dtype first" },
             "the mean of %s is no integer", gd__describe(call->in[0], text));
    return false;
}

/* A sum of nothing is 0; the largest of nothing is no number. */
static bool infer_extreme(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    char text[GD__TEXT_SIZE];
    for (int i = 0; i < x->ndim; i++)
        if ((call->attrs->integer[0] >> i & 1) && x->shape[i] == 0) {
            gd__fail(call->context,
                     (gd__fault){ .status = GD_ERROR_SHAPE, .dim = i + 1, .remedy = "Reduce another dimension" },
                     "none of no elements is the largest or smallest: dimension %d of %s", i, gd__describe(x, text));
            return false;
        }
    return infer_reduced(call, out);
}

static bool infer_place(const gd__call *call, gd__meta *out)
{
    out->dtype = GD_INT64;
    return infer_extreme(call, out);
}

static bool infer_truth(const gd__call *call, gd__meta *out)
{
    out->dtype = GD_BOOL;
    return infer_reduced(call, out);
}

/* ---- sum and mean ---- */

gd_tensor *gd__against_x(const gd__vjp *v, gd_tensor *t)
{
    gd_dims shape = gd__shape(v->x[0]);
    for (int i = 0; i < shape.count; i++)
        if (v->attrs->integer[0] >> i & 1)
            shape.size[i] = 1;
    return gd_reshape(t, shape);
}

static gd_tensor *sum_vjp(const gd__vjp *v)
{
    return gd_expand(gd__against_x(v, v->dy), gd__shape(v->x[0]));
}

const gd__op gd__op_sum = {
    .info = { .name = "sum", .input = { "x" }, .formula = "y = sum of x over the axes",
              .derivative = { "dx = dy, repeated over the axes" },
              .why = "every element that was summed has the same influence, 1",
              .latex = "y = \\sum x", .latex_derivative = { "\\bar x = \\bar y \\cdot 1" } },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = gd__infer_total, .vjp = sum_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 3, 0 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1, 0 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 5, 1 } } } },
};

gd_tensor *(gd_sum)(gd_reduction args)
{
    return gd__reduce(GD__OP_sum, args);
}

static gd_tensor *mean_vjp(const gd__vjp *v)
{
    return gd_div_scalar(sum_vjp(v), (double)count_of(v->x[0], v->attrs->integer[0]));
}

const gd__op gd__op_mean = {
    .info = { .name = "mean", .input = { "x" }, .formula = "y = sum of x over the axes / n",
              .derivative = { "dx = dy / n, repeated over the axes" },
              .why = "every element has the same influence, 1 / n: n is how many were averaged, the batch size in a loss",
              .latex = "y = \\frac1n \\sum x", .latex_derivative = { "\\bar x = \\bar y \\cdot \\frac1n" } },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = infer_mean, .vjp = mean_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 3, 0 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 2, 1 } } } },
};

gd_tensor *(gd_mean)(gd_reduction args)
{
    return gd__reduce(GD__OP_mean, args);
}

static bool has_shape(const gd_tensor *x, const gd_dims *shape)
{
    return x->ndim == shape->count && memcmp(x->shape, shape->size, x->ndim * sizeof *x->shape) == 0;
}

gd_tensor *gd__sum_to(gd_tensor *x, const gd_dims *shape)
{
    if (!gd__alive(x) || has_shape(x, shape))
        return x;
    int added = x->ndim - shape->count;
    int64_t before = ((int64_t)1 << added) - 1, repeated = 0;
    for (int i = added; i < x->ndim; i++)
        if (shape->size[i - added] == 1 && x->shape[i] != 1)
            repeated |= (int64_t)1 << i;
    gd_tensor *sum = gd__apply1(GD__OP_sum, x, &(gd__attrs){ .integer = { before | repeated, repeated != 0 } });
    return added > 0 && repeated ? gd_reshape(sum, *shape) : sum;
}

/* ---- max and min ---- */

static const char extreme_why[] = "only the element that was taken has influence; where several are equal they share it "
                                  "evenly";

/* With a NaN none is equal to the result, and the shares are 0 / 0: NaN, as in PyTorch. */
static gd_tensor *extreme_vjp(const gd__vjp *v)
{
    gd_tensor *taken = gd_cast(gd_eq(v->x[0], gd__against_x(v, v->y)), (gd_dtype)v->dy->dtype);
    gd_tensor *count = gd__apply1(GD__OP_sum, taken, &(gd__attrs){ .integer = { v->attrs->integer[0], true } });
    return gd_mul(gd_div(gd__against_x(v, v->dy), count), taken);
}

const gd__op gd__op_max = {
    .info = { .name = "max", .input = { "x" }, .formula = "y = the largest x over the axes",
              .derivative = { "dx = dy / k where x = y, 0 elsewhere; k elements are equal to y" },
              .why = extreme_why, .latex = "y = \\max x",
              .latex_derivative = { "\\bar x_i = \\frac{\\bar y}{k} [x_i = y]" }, .torch_name = "AmaxBackward0" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = infer_extreme, .vjp = extreme_vjp, .differentiable = 1,
    .reads = { 1 | GD__READS_OUTPUT },
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 3, 0 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1, 0 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 5, 1 } } } },
};

gd_tensor *(gd_max)(gd_reduction args)
{
    return gd__reduce(GD__OP_max, args);
}

const gd__op gd__op_min = {
    .info = { .name = "min", .input = { "x" }, .formula = "y = the smallest x over the axes",
              .derivative = { "dx = dy / k where x = y, 0 elsewhere; k elements are equal to y" },
              .why = extreme_why, .latex = "y = \\min x",
              .latex_derivative = { "\\bar x_i = \\frac{\\bar y}{k} [x_i = y]" }, .torch_name = "AminBackward0" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = infer_extreme, .vjp = extreme_vjp, .differentiable = 1,
    .reads = { 1 | GD__READS_OUTPUT },
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 3, 0 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 2, 1 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 5, 0 } } } },
};

gd_tensor *(gd_min)(gd_reduction args)
{
    return gd__reduce(GD__OP_min, args);
}

/* ---- argmax and argmin ---- */

const gd__op gd__op_argmax = {
    .info = { .name = "argmax", .input = { "x" }, .formula = "y = the place of the largest x along dim",
              .latex = "y = \\arg\\max x" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = infer_place,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 2, 0 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 2, 1 } } } },
};

gd_tensor *(gd_argmax)(gd_along args)
{
    return gd__reduce(GD__OP_argmax, (gd_reduction){ args.x, gd_axes(args.dim), args.keepdim, 0 });
}

const gd__op gd__op_argmin = {
    .info = { .name = "argmin", .input = { "x" }, .formula = "y = the place of the smallest x along dim",
              .latex = "y = \\arg\\min x" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = infer_place,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1, 0 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 4, 1 } } } },
};

gd_tensor *(gd_argmin)(gd_along args)
{
    return gd__reduce(GD__OP_argmin, (gd_reduction){ args.x, gd_axes(args.dim), args.keepdim, 0 });
}

/* ---- any and all ---- */

const gd__op gd__op_any = {
    .info = { .name = "any", .input = { "x" }, .formula = "y = [some x over the axes is not 0]",
              .latex = "y = \\bigvee x" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = infer_truth,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1, 0 } },
                  .condition_input = 1 } },
};

gd_tensor *(gd_any)(gd_reduction args)
{
    return gd__reduce(GD__OP_any, args);
}

const gd__op gd__op_all = {
    .info = { .name = "all", .input = { "x" }, .formula = "y = [no x over the axes is 0]", .latex = "y = \\bigwedge x" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .infer = infer_truth,
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1, 0 } },
                  .condition_input = 1 } },
};

gd_tensor *(gd_all)(gd_reduction args)
{
    return gd__reduce(GD__OP_all, args);
}

/* ---- logsumexp ---- */

static gd_tensor *logsumexp_vjp(const gd__vjp *v)
{
    return gd_mul(gd__against_x(v, v->dy), gd_exp(gd_sub(v->x[0], gd__against_x(v, v->y))));
}

const gd__op gd__op_logsumexp = {
    .info = { .name = "logsumexp", .input = { "x" }, .formula = "y = ln of the sum of exp(x) over the axes",
              .derivative = { "dx = dy * exp(x - y)" },
              .why = "exp(x - y) is the share that x has in the sum, its softmax",
              .latex = "y = \\ln \\sum e^{x}", .latex_derivative = { "\\bar x = \\bar y\\, e^{x - y}" } },
    .arity = 1, .dtypes = GD__FLOATS, .infer = infer_reduced, .vjp = logsumexp_vjp, .differentiable = 1,
    .reads = { 1 | GD__READS_OUTPUT },
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .integer = { 3, 0 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .integer = { 1, 0 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -2, .high = 2, .attrs = { .integer = { 5, 1 } } } },
};

gd_tensor *(gd_logsumexp)(gd_reduction args)
{
    return gd__reduce(GD__OP_logsumexp, args);
}
