/* lanes.c - from tensors of any layout and any axes to lanes, shared among threads where there is much of them. */
#include "cpu/kernel.h"

#include "base/threads.h"

/* ---- sharing ---- */

/* Elements of a task, at least. */
enum { SHARE = 16384 };

typedef struct shared {
    gd__lane_loop *loop;
    gd__lanes lanes; /* outer is cut, or where that is 1, along */
    int64_t each;
    const char *x;
    char *y;
    int64_t x_step, y_step; /* in bytes, from one task to the next */
} shared;

static void run_outer(void *user, int64_t task, int slot)
{
    const shared *s = user;
    gd__lanes l = s->lanes;
    int64_t left = l.outer - task * s->each;
    (void)slot;
    l.outer = left < s->each ? left : s->each;
    s->loop(l, s->x + task * s->x_step, s->y + task * s->y_step);
}

static void run_along_part(void *user, int64_t task, int slot)
{
    const shared *s = user;
    gd__lanes l = s->lanes;
    int64_t left = l.along - task * s->each;
    (void)slot;
    l.along = left < s->each ? left : s->each;
    s->loop(l, s->x + task * s->x_step, s->y + task * s->y_step);
}

/* Runs the loop over all lanes, some outer ones in a task. y has `made` bytes for each outer one. */
static void share_outer(gd_context *g, gd__lane_loop *loop, gd__lanes l, const gd_tensor *x, const void *from,
                        char *y, int64_t made)
{
    if (x->numel < SHARE) {
        loop(l, from, y);
        return;
    }
    int64_t lane = l.along * l.inner, each = lane < SHARE ? SHARE / (lane + 1) + 1 : 1;
    int64_t size = (int64_t)gd__dtypes[x->dtype].size;
    shared s = { loop, l, each, from, y, each * lane * size, each * made };
    gd__parallel(g, (l.outer + each - 1) / each, 0.2 * (double)x->numel, run_outer, &s);
}

/* A long lane is cut into parts, by its length alone, whose results are folded once more. False where it is short. */
static bool fold_parts(const gd__kernel *kernel, const gd__call *call, gd__lanes l, const void *from)
{
    enum { LEAST = 65536, RESULTS = 4096 };
    const gd_tensor *x = call->in[0], *y = call->out;
    int64_t parts = l.along * l.inner / LEAST, most = RESULTS / l.inner;
    parts = parts < most ? parts : most;
    if (!kernel->joins || l.outer > 1 || parts < 2)
        return false;
    double result[RESULTS]; /* of any dtype */
    int64_t each = (l.along + parts - 1) / parts, size = (int64_t)gd__dtypes[x->dtype].size;
    parts = (l.along + each - 1) / each;
    shared s = { kernel->lanes[x->dtype],
                 l,
                 each,
                 from,
                 (char *)result,
                 each * l.inner * size,
                 l.inner * (int64_t)gd__dtypes[y->dtype].size };
    gd__parallel(call->context, parts, 0.05 * (double)x->numel, run_along_part, &s);
    kernel->lanes[y->dtype]((gd__lanes){ 1, parts, l.inner }, result, y->data);
    return true;
}

static void fold(const gd__kernel *kernel, const gd__call *call, gd__lanes l, const void *from)
{
    int64_t made = l.inner * (int64_t)gd__dtypes[call->out->dtype].size;
    if (!fold_parts(kernel, call, l, from))
        share_outer(call->context, kernel->lanes[call->in[0]->dtype], l, call->in[0], from, call->out->data, made);
}

/* ---- lanes ---- */

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
static bool fold_gathered(const gd__kernel *kernel, const gd__call *call)
{
    const gd_tensor *x = call->in[0];
    int64_t axes = call->attrs->integer[0];
    size_t size = (size_t)x->numel * gd__dtypes[x->dtype].size;
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
    fold(kernel, call, (gd__lanes){ kept, x->numel / kept, 1 }, copy);
    gd__free(call->context, copy, size);
    return true;
}

/* The dimensions of x in the order in which they lie in memory, the outermost first. */
static void memory_order(const gd_tensor *x, int *order)
{
    for (int i = 0; i < x->ndim; i++) {
        int at = i;
        for (; at > 0 && x->stride[order[at - 1]] < x->stride[i]; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

/* x with its dimensions in the order of memory and the reduced ones marked in *axes: a row-major tensor, where nothing is left
 * out between its elements and none is repeated. False where it is not, or where its folds would come out in another order. */
static bool lies_dense(const gd_tensor *x, int64_t *axes, bool any_order, gd_tensor *dense)
{
    int order[GD_MAX_DIMS], last[2] = { -1, -1 };
    int64_t step = 1, marked = 0;
    memory_order(x, order);
    dense->ndim = x->ndim; /* not cleared: nothing else is looked at */
    for (int i = x->ndim - 1; i >= 0; i--) {
        int dim = order[i], reduced = *axes >> dim & 1;
        dense->shape[i] = x->shape[dim];
        marked |= (int64_t)reduced << i;
        if (x->shape[dim] == 1)
            continue;
        if (x->stride[dim] != step || (last[reduced] >= 0 && last[reduced] < dim && !(reduced && any_order)))
            return false;
        last[reduced] = dim;
        step *= x->shape[dim];
    }
    *axes = marked;
    return true;
}

bool gd__run_fold(const gd__kernel *kernel, const gd__call *call)
{
    const gd_tensor *x = call->in[0];
    int64_t axes = call->attrs->integer[0];
    gd_tensor dense;
    gd__lanes l;
    if (call->out->numel == 0) /* however many lanes of no elements there are */
        return true;
    if (!lies_dense(x, &axes, kernel->joins, &dense) || !split(&dense, axes, &l))
        return fold_gathered(kernel, call);
    fold(kernel, call, l, x->data);
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
    if (x->numel == 0)
        return true;
    gd__lanes l = gd__lanes_along(x, call->attrs->integer[0]);
    int64_t made = l.along * l.inner * (int64_t)gd__dtypes[call->out->dtype].size;
    share_outer(call->context, kernel->lanes[x->dtype], l, x, x->data, call->out->data, made);
    return true;
}
