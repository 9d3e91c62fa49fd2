/* join.c - tensors put together along a dimension, and taken apart again. */
#include "op/op.h"

/* ---- cat ---- */

static bool cat_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *first = call->in[0];
    char a[GD__TEXT_SIZE], b[GD__TEXT_SIZE];
    if (first->ndim == 0) {
        gd__fail(call->context, (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Use gd_stack, or gd_reshape them" },
                 "tensors without dimensions can't be joined along one");
        return false;
    }
    int dim = gd__dim(first, (int)call->attrs->integer[0]);
    if (dim < 0)
        return false;
    out->shape = gd__shape(first);
    for (int i = 1; i < call->count && gd__count(out->shape) >= 0; i++) { /* no size overflows; too large is refused later */
        gd_dims other = gd__shape(call->in[i]), wanted = out->shape;
        if (other.count == wanted.count)
            wanted.size[dim] = other.size[dim];
        if (!gd__same_dims(other, wanted)) {
            gd__fail(call->context,
                     (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "All sizes but the joined dimension's must be equal" },
                     "%s (number %d) does not fit %s along dimension %d", gd__describe(call->in[i], b), i,
                     gd__describe(first, a), dim);
            return false;
        }
        out->shape.size[dim] += other.size[dim];
    }
    return true;
}

static gd_tensor *cat_vjp(const gd__vjp *v)
{
    int dim = gd__dim(v->y, (int)v->attrs->integer[0]);
    int64_t start = 0;
    for (int i = 0; i < v->i; i++)
        start += v->x[i]->shape[dim];
    return gd_slice(v->dy, dim, start, start + v->x[v->i]->shape[dim], 1);
}

const gd__op gd__op_cat = {
    .info = { .name = "cat", .input = { "x" }, .formula = "y = x_1, x_2, ... behind one another along dim",
              .derivative = { "dx_k = the part of dy where x_k lies" },
              .why = "each element of y is one element of one x", .latex = "y = [x_1, x_2, \\ldots]",
              .latex_derivative = { "[\\bar x_1, \\bar x_2, \\ldots] = \\bar y" } },
    .arity = GD__ANY, .dtypes = GD__PROMOTED, .infer = cat_infer, .vjp = cat_vjp, .differentiable = 1,
    .sample = { { .shape = { { 2, { 3, 2 } }, { 2, { 3, 1 } }, { 2, { 3, 4 } } }, .operands = 3, .low = -1, .high = 1,
                  .attrs = { .integer = { 1 } } },
                { .shape = { { 2, { 2, 3 } }, { 2, { 0, 3 } }, { 2, { 1, 3 } }, { 2, { 1, 3 } }, { 2, { 2, 3 } } },
                  .operands = 5, .low = -1, .high = 1, .attrs = { .integer = { -2 } } } },
};

gd_tensor *gd_cat(gd_tensors x, int dim)
{
    return gd__apply(GD__OP_cat, x.item ? x.count : 0, x.item, &(gd__attrs){ .integer = { dim } });
}

/* ---- stack ---- */

gd_tensor *gd_stack(gd_tensors x, int dim)
{
    gd_context *g = gd__context_of(x);
    if (g->stand_in)
        return gd__error_object(g);
    for (int i = 0; i < x.count; i++)
        if (!gd__usable(g, x.item[i], "stack", "a tensor"))
            return gd__error_object(g);
    size_t size = (size_t)x.count * sizeof(gd_tensor *);
    gd_tensor **wide = gd__alloc(g, size);
    for (int i = 0; wide && i < x.count; i++)
        wide[i] = gd_unsqueeze(x.item[i], dim);
    gd_tensor *y = wide ? gd_cat((gd_tensors){ x.count, wide }, dim) : gd__error_object(g);
    gd__free(g, wide, size);
    return y;
}

/* ---- split ---- */

static void refuse_all(gd_context *g, int room, gd_tensor **part)
{
    for (int i = 0; part && i < room; i++)
        part[i] = gd__error_object(g);
}

int gd_split(gd_tensor *x, int64_t size, int dim, int room, gd_tensor **part)
{
    gd_context *g = gd__context(x);
    char text[GD__TEXT_SIZE];
    refuse_all(g, room, part);
    if (!gd__usable(g, x, "split", "x"))
        return -1;
    int along = gd__dim_for("split", x, dim);
    if (along < 0)
        return -1;
    int64_t whole = x->shape[along], count = size < 1 ? -1 : whole > 0 ? (whole - 1) / size + 1 : 1;
    if (count < 0 || count > room || !part) {
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "split", "Give a positive size, and an array with room for all parts" },
                 "%s in parts of %lld along dimension %d, with room for %d", gd__describe(x, text), (long long)size, dim,
                 part ? room : 0);
        return -1;
    }
    for (int64_t i = 0; i < count; i++) {
        part[i] = gd_slice(x, along, i * size, i < count - 1 ? (i + 1) * size : whole, 1);
        if (!gd__alive(part[i])) {
            refuse_all(g, room, part);
            return -1;
        }
    }
    return (int)count;
}
