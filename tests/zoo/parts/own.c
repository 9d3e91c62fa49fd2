/* own.c - operations of the user's own. */
#include "zoo/parts/own.h"

#include <string.h>

gd_tensor *tensor_of(gd_context *g, gd_dtype dtype, dims shape, const double *v)
{
    int64_t size[MOST_RANK];
    for (int i = 0; i < shape.rank; i++)
        size[i] = shape.size[i];
    return gd_values_of(g, dtype, gd_shape_of((size_t)shape.rank, size), (size_t)entries(shape), v);
}

int node_alone(const net *n, int at, net *to, int *from)
{
    node whole = n->node[at];
    int operands = 0;
    memset(to, 0, sizeof *to);
    for (int k = 0; k < 2; k++) {
        int x = whole.x[k];
        if (x == NOWHERE)
            continue;
        bool again = k == 1 && x == n->node[at].x[0];
        if (!again) {
            node *leaf = &to->node[to->count];
            *leaf = n->node[x];
            leaf->kind = LEAF;
            leaf->x[0] = leaf->x[1] = NOWHERE;
            if (leaf->role != CONSTANT) {
                leaf->role = INPUT;
                from[operands++] = x;
            }
        }
        whole.x[k] = again ? 0 : to->count++;
    }
    to->node[to->count++] = whole;
    return operands;
}

static bool is_operand(const node *n)
{
    return n->kind == LEAF && n->role != CONSTANT;
}

void start_own(own *o, const net *n, form f)
{
    memset(o, 0, sizeof *o);
    o->now = *n;
    for (int r = INPUT; r <= PARAMETER; r++)
        for (int i = 0; i < n->count; i++)
            if (is_operand(&n->node[i]) && n->node[i].role == (role)r)
                o->leaf[o->operands++] = i;
    o->of_operations = f == WHOLE_OPERATION_OPS || f == NODE_OPERATION_OPS || f == LAYER;
    o->accumulates = f == ACCUMULATING;
    o->writes_forward = f == OVERWRITING_FORWARD;
    o->writes_backward = f == OVERWRITING_BACKWARD;
}

/* ---- what the library calls ---- */

static bool take_operands(own *o, gd_tensors x)
{
    bool good = true;
    for (int i = 0; i < o->operands; i++) {
        node *n = &o->now.node[o->leaf[i]];
        good = gd_read(x.item[i], GD_FLOAT64, n->v, (size_t)entries(n->shape)) && good;
    }
    run_forward(&o->now);
    return good;
}

static gd_tensor *by_operations(const own *o, const gd_operation_call *call)
{
    gd_tensor *t[MOST_NODES];
    int operand = 0;
    for (int i = 0; i < o->operands; i++)
        t[o->leaf[i]] = call->x.item[operand++];
    for (int i = 0; i < o->now.count; i++) {
        const node *n = &o->now.node[i];
        gd_tensor *x[2] = { n->x[0] < 0 ? NULL : t[n->x[0]], n->x[1] < 0 ? NULL : t[n->x[1]] };
        if (n->kind != LEAF)
            t[i] = rules[n->kind].build(n, x);
        else if (n->role == CONSTANT)
            t[i] = tensor_of(call->context, GD_FLOAT64, n->shape, n->v);
    }
    return t[o->now.count - 1];
}

/* The mistake itself: what an operand holds is changed behind the library's back. */
static void write_into(gd_tensor *x)
{
    double *v = (double *)(uintptr_t)gd_data(x);
    for (int64_t i = 0; v && gd_dtype_of(x) == GD_FLOAT64 && i < gd_numel(x); i++)
        v[i] *= 0.5;
}

static gd_tensor *forward(gd_operation_call *call)
{
    own *o = call->user;
    take_operands(o, call->x);
    if (!o->cached)
        o->old = o->now;
    o->cached = true;
    const node *last = &o->now.node[o->now.count - 1];
    gd_tensor *y =
        o->of_operations ? by_operations(o, call) : tensor_of(call->context, GD_FLOAT64, last->shape, last->v);
    if (o->writes_forward)
        write_into(call->x.item[0]);
    return y;
}

static void accumulate(own *o, gradient *all)
{
    for (int i = 0; i < o->operands; i++) {
        gradient *kept = &o->kept[o->leaf[i]], *d = &all[o->leaf[i]];
        for (int k = 0; k < entries(d->shape); k++)
            d->v[k] = kept->v[k] += d->v[k];
    }
}

static bool backward(gd_operation_call *call, gd_tensor **dx)
{
    static _Thread_local gradient all[MOST_NODES];
    double dy[MOST_ENTRIES];
    own *o = call->user;
    if (!take_operands(o, call->x) || !gd_read(call->dy, GD_FLOAT64, dy, (size_t)gd_numel(call->dy)))
        return false;
    run_backward(
        &(pass){ .now = &o->now, .old = &o->old, .mutation = o->mutation, .mutations = o->mutations, .dy = dy }, all);
    if (o->accumulates)
        accumulate(o, all);
    for (int i = 0; i < o->operands; i++) {
        const gradient *d = &all[o->leaf[i]];
        if (call->wanted[i] && !d->none)
            dx[i] = tensor_of(call->context, gd_dtype_of(call->x.item[i]), d->shape, d->v);
    }
    if (o->writes_backward)
        write_into(call->x.item[0]);
    return true;
}

gd_operation *own_operation(gd_context *g, const char *name, own *o)
{
    return gd_define(g, name, forward, backward, .user = o, .once = true);
}
