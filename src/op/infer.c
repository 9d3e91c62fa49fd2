/* infer.c - shape rules that families of operations share. */
#include "op/op.h"

bool gd__infer_same(const gd__call *call, gd__meta *out)
{
    out->shape = gd__shape(call->in[0]);
    return true;
}

bool gd__infer_along(const gd__call *call, gd__meta *out)
{
    out->shape = gd__shape(call->in[0]);
    return gd__axis(call->in[0], call->attrs->integer[0]) >= 0;
}

static bool refuse(const gd__call *call, int dim, int64_t a, int64_t b)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    gd__fail(call->context,
             (gd__fault){ .status = GD_ERROR_SHAPE,
                          .dim = dim + 1,
                          .remedy = "Sizes must be equal, or one of them 1" },
             "The size of tensor a (%lld) must match the size of tensor b (%lld) at non-singleton dimension %d: "
             "%s against %s",
             (long long)a, (long long)b, dim, gd__describe(call->in[0], left), gd__describe(call->in[1], right));
    return false;
}

/* Shapes are aligned at their last dimension. */
bool gd__join_shapes(const gd__call *call, gd_dims *shape, const gd_dims *other)
{
    int own = shape->count, count = other->count > own ? other->count : own;
    shape->count = count;
    for (int back = 1; back <= count; back++) {
        int64_t a = back <= own ? shape->size[own - back] : 1;
        int64_t b = back <= other->count ? other->size[other->count - back] : 1;
        if (a != b && a != 1 && b != 1)
            return refuse(call, count - back, a, b);
        shape->size[count - back] = a == 1 ? b : a;
    }
    return true;
}

static bool join_operand(const gd__call *call, gd__meta *out, const gd_tensor *x)
{
    gd_dims shape = gd__shape(x);
    return gd__join_shapes(call, &out->shape, &shape);
}

bool gd__infer_broadcast(const gd__call *call, gd__meta *out)
{
    out->shape = gd__shape(call->in[0]);
    for (int i = 1; i < call->count; i++)
        if (!gd__same_shape(call->in[i], call->in[0]) && !join_operand(call, out, call->in[i]))
            return false;
    return true;
}

bool gd__infer_compare(const gd__call *call, gd__meta *out)
{
    out->dtype = GD_BOOL;
    return gd__infer_broadcast(call, out);
}

int gd__dim_of(const char *function, const gd_tensor *x, int64_t dim)
{
    gd_context *g = x->object.context;
    const char *outer = g->running;
    g->running = function;
    int counted = gd__dim(x, dim);
    g->running = outer;
    return counted;
}
