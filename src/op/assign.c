/* assign.c - one tensor's numbers written into another, in place. */
#include "op/op.h"

/* As PyTorch, `to` is not broadcast: what both broadcast to must be its shape. */
static bool assign_infer(const gd__call *call, gd__meta *out)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    const gd_tensor *to = call->in[0], *from = call->in[1];
    out->shape = gd__shape(to);
    gd_dims given = gd__shape(from);
    if (!gd__join_shapes(call, &out->shape, &given))
        return false;
    if (gd__same_dims(out->shape, gd__shape(to)))
        return true;
    gd__fail(call->context,
             (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Assign what broadcasts to the shape that is written to" },
             "%s can't be written into %s", gd__describe(from, left), gd__describe(to, right));
    return false;
}

const gd__op gd__op_assign = {
    .info = { .name = "assign", .input = { "to", "from" }, .formula = "to = from", .latex = "y \\leftarrow x",
              .is_update = true },
    .arity = 2, .dtypes = GD__AS_GIVEN, .infer = assign_infer,
};

gd_tensor *gd_assign(gd_tensor *to, gd_tensor *from)
{
    char text[GD__TEXT_SIZE];
    if (gd__alive(from) && from->requires_grad && !from->object.context->gradients_off)
        return gd__fail(from->object.context,
                        (gd__fault){ GD_ERROR_STATE, 0, "assign", "gd_detach it, or assign without recording" },
                        "the gradient of %s would be lost", gd__describe(from, text));
    if (gd__alive(to) && gd__alive(from) && gd__overlap(to, from))
        from = gd_clone(from);
    return gd__update(GD__OP_assign, 2, (gd_tensor *[]){ to, from }, NULL);
}

gd_tensor *gd_fill(gd_tensor *x, double value)
{
    gd_context *g = gd__context(x);
    if (!gd__usable(g, x, "fill", "the tensor") || !gd__holds(g, (gd_dtype)x->dtype, value, "fill"))
        return gd__error_object(g);
    return gd_assign(x, gd_scalar(g, (gd_dtype)x->dtype, value));
}
