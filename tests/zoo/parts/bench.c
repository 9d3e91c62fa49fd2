/* bench.c - handing a case to the check. */
#include "zoo/parts/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const net *net_of(const bench *b)
{
    return &b->c->now;
}

/* ---- the function ---- */

static bool has_own_node(form f)
{
    return f == NODE_OPERATION || f == NODE_OPERATION_OPS || f == LAYER || f == ACCUMULATING ||
           f == OVERWRITING_FORWARD || f == OVERWRITING_BACKWARD;
}

static gd_tensor *changed_gradient(gd_tensor *grad, void *user)
{
    const mutation *m = user;
    return gd_mul_scalar(grad, m->mistake == FLIP_SIGN ? -1 : m->mistake == ZERO ? 0 : m->factor);
}

/* What the node's operand is replaced by. */
static gd_tensor *twisted(const bench *b, int at, int operand, gd_tensor *x)
{
    const mutation *m = &b->c->mutation[0];
    bool here = b->c->mutations && m->node == at && m->operand == operand;
    if (here && b->c->form == DETACHED)
        return gd_detach(x);
    if (here && b->c->form == CAST)
        return gd_cast(gd_cast(x, GD_FLOAT32), GD_FLOAT64);
    return x;
}

static gd_tensor *compute(bench *b, int at, gd_tensor *const *t)
{
    const zoo_case *c = b->c;
    const node *n = &c->now.node[at];
    gd_tensor *x[MOST_LEAVES] = { NULL };
    if (has_own_node(c->form) && at == c->node) {
        for (int i = 0; i < b->own.operands; i++)
            x[i] = t[b->own_from[i]];
        return gd_apply_to(b->operation, (gd_tensors){ b->own.operands, x });
    }
    for (int k = 0; k < 2; k++)
        if (n->x[k] != NOWHERE)
            x[k] = twisted(b, at, k, t[n->x[k]]);
    gd_tensor *y = rules[n->kind].build(n, x);
    if (c->form == HOOKED && at == c->mutation[0].node && gd_requires_grad(y))
        gd_hook(y, changed_gradient, (void *)(uintptr_t)&c->mutation[0]);
    return y;
}

gd_tensor *bench_function(void *user, gd_tensor *const *in, size_t n)
{
    bench *b = user;
    gd_tensor *t[MOST_NODES];
    memcpy(t, b->tensor, sizeof t);
    for (size_t i = 0; i < n; i++)
        t[b->argument[i]] = in[i];
    for (int i = 0; i < net_of(b)->count; i++)
        if (net_of(b)->node[i].kind != LEAF)
            t[i] = compute(b, i, t);
    return t[net_of(b)->count - 1];
}

static gd_tensor *layer_forward(void *user, gd_layer *self, gd_tensor *x)
{
    (void)self;
    return bench_function(user, &x, 1);
}

/* ---- setting it up ---- */

static gd_tensor *leaf_tensor(bench *b, const node *n)
{
    return gd_name(tensor_of(b->g, b->dtype, n->shape, n->v), n->name);
}

/* The step before: caches are filled, and gradients handed out, at the earlier point. */
static void run_earlier(bench *b)
{
    const zoo_case *c = b->c;
    GD_SCOPE(b->g);
    gd_tensor *x[MOST_LEAVES], *dx[MOST_LEAVES];
    for (int i = 0; i < b->own.operands; i++) {
        const node *n = &c->old.node[b->own_from[i]];
        x[i] = gd_require_grad(tensor_of(b->g, b->dtype, n->shape, n->v), true);
    }
    gd_tensor *y = gd_apply_to(b->operation, (gd_tensors){ b->own.operands, x });
    if (c->form == ACCUMULATING)
        gd_gradient(gd_sum(y), NULL, b->own.operands, x, dx, false);
}

/* The mistake, at the place that it has in the operation's own net. */
static void move_mutation(bench *b, int own_node)
{
    const zoo_case *c = b->c;
    for (int i = 0; i < c->mutations; i++) {
        b->own.mutation[i] = c->mutation[i];
        if (own_node != NOWHERE)
            b->own.mutation[i].node = own_node;
    }
    b->own.mutations = c->form == ACCUMULATING ? 0 : c->mutations;
}

static void start_operation(bench *b)
{
    static _Thread_local net alone;
    const zoo_case *c = b->c;
    bool single = has_own_node(c->form);
    if (single)
        node_alone(&c->now, c->node, &alone, b->own_from);
    start_own(&b->own, single ? &alone : &c->now, c->form);
    for (int i = 0; !single && i < b->own.operands; i++)
        b->own_from[i] = b->own.leaf[i];
    move_mutation(b, single ? alone.count - 1 : NOWHERE);
    b->operation = own_operation(b->g, single ? rules[c->now.node[c->node].kind].name : "net", &b->own);
    if (c->form == ACCUMULATING || (c->mutations && c->mutation[0].mistake == STALE_VALUE) ||
        (c->mutations > 1 && c->mutation[1].mistake == STALE_VALUE))
        run_earlier(b);
}

static bool is_whole(form f)
{
    return f == WHOLE_OPERATION || f == WHOLE_OPERATION_OPS;
}

void start_bench(bench *b, gd_context *g, const zoo_case *c)
{
    memset(b, 0, sizeof *b);
    b->g = g;
    b->c = c;
    b->dtype = c->single ? GD_FLOAT32 : GD_FLOAT64;
    for (int i = 0; i < c->now.count; i++)
        if (c->now.node[i].kind == LEAF)
            b->tensor[i] = leaf_tensor(b, &c->now.node[i]);
    for (int i = 0; i < c->leaves; i++) {
        bool input = c->now.node[c->leaf[i]].role == INPUT;
        if (c->form == CLAIMED || (c->form != CLAIMED_PARAMETERS && input && (c->form == LAYER || c->seed % 4 < 2)) ||
            (c->form != CLAIMED_PARAMETERS && c->form != LAYER && c->seed % 4 >= 2))
            b->argument[b->arguments++] = c->leaf[i];
    }
    if (is_whole(c->form) || has_own_node(c->form))
        start_operation(b);
}

/* ---- checking ---- */

static gd_tensor *dy_of(const bench *b)
{
    dims out = net_of(b)->node[net_of(b)->count - 1].shape;
    return out.rank ? tensor_of(b->g, b->dtype, out, b->c->dy) : NULL;
}

static int gather_tensors(const bench *b, bool arguments, gd_tensor **to)
{
    int count = 0;
    for (int i = 0; i < b->c->leaves; i++)
        if ((i < b->arguments) == arguments)
            to[count++] = b->tensor[b->c->leaf[i]];
    return count;
}

static bool is_by_hand(const zoo_case *c)
{
    return c->form == CLAIMED || c->form == CLAIMED_PARAMETERS || (c->form == FLOAT32 && c->number % 2);
}

static gd_check *check_function(bench *b)
{
    const zoo_case *c = b->c;
    gd_tensor *in[MOST_LEAVES], *parameters[MOST_LEAVES], *claimed[MOST_LEAVES], *earlier[MOST_LEAVES];
    int arguments = gather_tensors(b, true, in), others = gather_tensors(b, false, parameters);
    for (int i = 0; i < c->leaves; i++) {
        const gradient *d = &c->wrong[c->leaf[i]];
        claimed[i] = d->none ? NULL : tensor_of(b->g, b->dtype, d->shape, d->v);
        earlier[i] = tensor_of(b->g, b->dtype, c->old.node[c->leaf[i]].shape, c->old.node[c->leaf[i]].v);
    }
    return gd_gradcheck(b->g, bench_function, (gd_tensors){ arguments, in }, .user = b,
                        .parameters = (gd_tensors){ others, parameters },
                        .claimed = { is_by_hand(c) ? c->leaves : 0, is_by_hand(c) ? claimed : NULL },
                        .earlier = { c->earlier ? c->leaves : 0, c->earlier ? earlier : NULL }, .dy = dy_of(b));
}

static gd_layer *layer_of(bench *b)
{
    gd_layer *layer = gd_custom(b->g, "net", layer_forward, .user = b);
    for (int i = 0; i < b->c->leaves; i++) {
        const node *n = &net_of(b)->node[b->c->leaf[i]];
        if (n->role == PARAMETER)
            gd_register_parameter(layer, n->name, b->tensor[b->c->leaf[i]]);
    }
    return layer;
}

static gd_check *check_operation(bench *b)
{
    const zoo_case *c = b->c;
    gd_tensor *x[MOST_LEAVES], *earlier[MOST_LEAVES];
    int floats = 0;
    for (int i = 0; i < b->own.operands; i++) {
        const node *old = &c->old.node[b->own.leaf[i]];
        x[i] = b->tensor[b->own.leaf[i]];
        if (gd_dtype_of(x[i]) == GD_FLOAT32 || gd_dtype_of(x[i]) == GD_FLOAT64)
            earlier[floats++] = tensor_of(b->g, b->dtype, old->shape, old->v);
    }
    return gd_gradcheck_operation(b->operation, ((gd_tensors){ b->own.operands, x }),
                                  .earlier = { c->earlier ? floats : 0, c->earlier ? earlier : NULL }, .dy = dy_of(b));
}

gd_check *check_case(bench *b)
{
    if (is_whole(b->c->form))
        return check_operation(b);
    if (b->c->form == LAYER)
        return gd_gradcheck_layer(layer_of(b), b->tensor[b->c->leaf[0]], .dy = dy_of(b));
    return check_function(b);
}

/* ---- is the generator right? ---- */

static bool has_wrong_shape(const zoo_case *c)
{
    for (int i = 0; i < c->leaves; i++)
        if (c->wrong[c->leaf[i]].none || !same_dims(c->wrong[c->leaf[i]].shape, c->right[c->leaf[i]].shape))
            return true;
    return false;
}

double self_distance(bench *b)
{
    const zoo_case *c = b->c;
    gd_tensor *x[MOST_LEAVES], *dx[MOST_LEAVES];
    if (has_wrong_shape(c) || c->form == ACCUMULATING)
        return NAN;
    double most = 0;
    for (int i = 0; i < c->leaves; i++)
        x[i] = gd_require_grad(b->tensor[c->leaf[i]], true);
    gd_tensor *in[MOST_LEAVES], *y;
    gather_tensors(b, true, in);
    y = is_whole(c->form) ? gd_apply_to(b->operation, (gd_tensors){ c->leaves, x })
                          : bench_function(b, in, (size_t)b->arguments);
    if (!gd_requires_grad(y)) /* the only path is detached */
        return NAN;
    if (!gd_gradient(y, dy_of(b), c->leaves, x, dx, false))
        return INFINITY;
    for (int i = 0; i < c->leaves; i++) {
        gradient d = is_by_hand(c) ? c->right[c->leaf[i]] : c->wrong[c->leaf[i]], e = d;
        gd_read(dx[i], GD_FLOAT64, e.v, (size_t)entries(e.shape));
        most = fmax(most, distance(&d, &e));
    }
    return most;
}
