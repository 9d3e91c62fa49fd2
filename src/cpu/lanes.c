/* lanes.c - from tensors of any layout and any axes to lanes. */
#include "cpu/kernel.h"

/* Kept and reduced axes as outer, along, inner; false where they alternate more often. */
static bool split(const gd_tensor *x, int64_t axes, gd__lanes *l)
{
    int stage = 0; /* 0 outer, 1 along, 2 inner */
    *l = (gd__lanes){ 1, 1, 1 };
    for (int i = 0; i < x->ndim; i++) {
        bool reduced = axes >> i & 1;
        if (x->shape[i] == 1)
            continue;
        if (reduced && stage == 2)
            return false;
        stage = reduced ? 1 : stage == 0 ? 0 : 2;
        *(stage == 0 ? &l->outer : stage == 1 ? &l->along : &l->inner) *= x->shape[i];
    }
    if (l->along == 1) /* lanes of one element: side by side instead of one by one */
        *l = (gd__lanes){ 1, 1, l->outer * l->inner };
    return true;
}

/* Any layout and any axes: a copy with the kept axes first. */
static bool fold_gathered(gd__lane_loop *loop, const gd__call *call)
{
    const gd_tensor *x = call->in[0];
    int64_t axes = call->attrs->integer[0];
    size_t size = (size_t)x->numel * gd_dtype_size((gd_dtype)x->dtype);
    int order[GD_MAX_DIMS], count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < x->ndim; i++)
            if ((axes >> i & 1) == pass)
                order[count++] = i;
    char *copy = gd__alloc(call->context, size);
    if (!copy)
        return false;
    gd__copy_strided(x, order, copy);
    int64_t kept = call->out->numel;
    loop((gd__lanes){ kept, kept > 0 ? x->numel / kept : 0, 1 }, copy, call->out->data);
    gd__free(call->context, copy, size);
    return true;
}

bool gd__run_fold(const gd__kernel *kernel, const gd__call *call)
{
    const gd_tensor *x = call->in[0];
    gd__lane_loop *loop = kernel->lanes[x->dtype];
    gd__lanes l;
    if (call->out->numel == 0) /* however many lanes of no elements there are */
        return true;
    if (!x->contiguous || !split(x, call->attrs->integer[0], &l))
        return fold_gathered(loop, call);
    loop(l, x->data, call->out->data);
    return true;
}

gd__lanes gd__lanes_along(const gd_tensor *x, int64_t asked)
{
    int64_t dim = asked < 0 ? asked + x->ndim : asked;
    gd__lanes l = { 1, 1, 1 };
    for (int i = 0; i < x->ndim; i++)
        *(i < dim ? &l.outer : i == dim ? &l.along : &l.inner) *= x->shape[i];
    return l;
}

bool gd__run_along(const gd__kernel *kernel, const gd__call *call)
{
    const gd_tensor *x = call->in[0];
    if (x->numel > 0)
        kernel->lanes[x->dtype](gd__lanes_along(x, call->attrs->integer[0]), x->data, call->out->data);
    return true;
}
