/* net.c - running a net by hand, and the mistakes that can be made at any place of it. */
#include "zoo/parts/net.h"

#include <string.h>

int entries(dims shape)
{
    int count = 1;
    for (int i = 0; i < shape.rank; i++)
        count *= shape.size[i];
    return count;
}

bool same_dims(dims a, dims b)
{
    return a.rank == b.rank && memcmp(a.size, b.size, (size_t)a.rank * sizeof *a.size) == 0;
}

int broadcast_index(dims out, dims operand, int i)
{
    int index = 0, stride = 1;
    for (int k = out.rank - 1, o = operand.rank - 1; k >= 0; k--, o--) {
        int at = i % out.size[k];
        i /= out.size[k];
        if (o < 0)
            continue;
        index += operand.size[o] == 1 ? 0 : at * stride;
        stride *= operand.size[o];
    }
    return index;
}

lane lane_of(dims shape, int axis)
{
    lane l = { 1, 1, 1 };
    for (int i = 0; i < shape.rank; i++) {
        int *part = axis == ALL_AXES || i == axis ? &l.size : i < axis ? &l.outer : &l.inner;
        *part *= shape.size[i];
    }
    return l;
}

static const mutation *mutation_at(const pass *p, int at, int operand, mistake m)
{
    for (int i = 0; i < p->mutations; i++) {
        const mutation *x = &p->mutation[i];
        if (x->mistake == m && x->node == at && x->operand == operand)
            return x;
    }
    return NULL;
}

bool is_mutated(const pass *p, int at, int operand, mistake m)
{
    return mutation_at(p, at, operand, m) != NULL;
}

const double *value_of(const pass *p, int at, int made, int which)
{
    const node *n = &p->now->node[at];
    int from = which == 2 ? at : n->x[which];
    bool replaced = which != 2 && (n->x[1] == NOWHERE || which != made);
    const mutation *m;
    if (p->old && is_mutated(p, at, made, STALE_VALUE) && p->now->node[from].role != CONSTANT)
        return p->old->node[from].v;
    if (replaced && (m = mutation_at(p, at, made, OTHER_VALUE)))
        return p->now->node[m->other].v;
    return p->now->node[from].v;
}

int consumers(const net *n, int at)
{
    int count = 0;
    for (int i = 0; i < n->count; i++)
        count += (n->node[i].x[0] == at) + (n->node[i].x[1] == at);
    return count;
}

void run_forward(net *n)
{
    for (int i = 0; i < n->count; i++)
        if (n->node[i].kind != LEAF)
            rules[n->node[i].kind].forward(n, &n->node[i]);
}

/* ---- mistakes at a whole gradient ---- */

static void scale(double *v, int count, double factor)
{
    for (int i = 0; i < count; i++)
        v[i] *= factor;
}

static void round_to_float(double *v, int count)
{
    for (int i = 0; i < count; i++)
        v[i] = (double)(float)v[i];
}

/* The mistakes that an operand's share and a node's whole gradient have in common. */
static void common_mistakes(const pass *p, int at, int operand, double *v, int count)
{
    const mutation *m;
    if (is_mutated(p, at, operand, FLIP_SIGN))
        scale(v, count, -1);
    if ((m = mutation_at(p, at, operand, WRONG_FACTOR)))
        scale(v, count, m->factor);
    if (is_mutated(p, at, operand, ZERO))
        memset(v, 0, (size_t)count * sizeof *v);
    if (is_mutated(p, at, operand, ROUND_TO_FLOAT))
        round_to_float(v, count);
}

/* Axes in the other order; the shape with them. */
static void transpose(gradient *d)
{
    gradient from = *d;
    int rows = d->shape.size[0], columns = entries(d->shape) / rows;
    for (int i = 0; i < rows * columns; i++)
        d->v[i % columns * rows + i / columns] = from.v[i];
    d->shape.size[0] = columns;
    d->shape.size[1] = rows;
}

/* Rows one further down, the last one first. */
static void roll(gradient *d)
{
    gradient from = *d;
    int count = entries(d->shape), row = d->shape.rank ? count / d->shape.size[0] : 1;
    for (int i = 0; i < count; i++)
        d->v[(i + row) % count] = from.v[i];
}

/* Rows in reverse order. */
static void reverse(gradient *d)
{
    gradient from = *d;
    int count = entries(d->shape), rows = d->shape.rank ? d->shape.size[0] : 1, columns = count / rows;
    for (int i = 0; i < count; i++)
        d->v[(rows - 1 - i / columns) * columns + i % columns] = from.v[i];
}

static void flatten_wrong(gradient *d)
{
    dims shape = d->shape;
    transpose(d);
    d->shape = shape;
}

static void whole_mistakes(const pass *p, int at, gradient *all, const gradient *old)
{
    gradient *d = &all[at];
    const mutation *m;
    common_mistakes(p, at, NOWHERE, d->v, entries(d->shape));
    if (is_mutated(p, at, NOWHERE, TRANSPOSE))
        transpose(d);
    if (is_mutated(p, at, NOWHERE, FLATTEN_WRONG))
        flatten_wrong(d);
    if (is_mutated(p, at, NOWHERE, REORDER))
        reverse(d);
    if (is_mutated(p, at, NOWHERE, ROLL))
        roll(d);
    if (is_mutated(p, at, NOWHERE, GIVE_NONE))
        d->none = true;
    if (old && is_mutated(p, at, NOWHERE, STALE_VALUE))
        *d = old[at];
    for (int i = 0; old && is_mutated(p, at, NOWHERE, ADD_EARLIER) && i < entries(d->shape); i++)
        d->v[i] += old[at].v[i];
    if ((m = mutation_at(p, at, NOWHERE, GIVE_OTHER)))
        *d = all[m->other];
}

/* ---- walking back ---- */

static void gather(gradient *to, const double *v, dims shape, bool assign)
{
    for (int i = 0; i < entries(shape); i++)
        to->v[i] = v[i] + (assign ? 0 : to->v[i]);
    to->shape = shape;
}

static void give(const pass *p, int at, int operand, gradient *all)
{
    const node *n = &p->now->node[at];
    double d[MOST_ENTRIES] = { 0 };
    int from = n->x[operand];
    if (from == NOWHERE || p->now->node[from].role == CONSTANT || p->now->node[from].role == LABELS)
        return;
    dims shape = p->now->node[from].shape;
    rules[n->kind].backward(p, at, operand, all[at].v, d, &shape);
    common_mistakes(p, at, operand, d, entries(shape));
    gather(&all[from], d, shape, is_mutated(p, at, operand, ASSIGN));
}

static void walk(const pass *p, gradient *all, const gradient *old)
{
    const net *n = p->now;
    for (int i = 0; i < n->count; i++) {
        all[i].none = false;
        all[i].shape = n->node[i].shape;
        memset(all[i].v, 0, sizeof all[i].v);
    }
    gradient *last = &all[n->count - 1];
    for (int i = 0; i < entries(last->shape); i++)
        last->v[i] = p->dy ? p->dy[i] : 1;
    for (int i = n->count - 1; i >= 0; i--) {
        bool leaf = n->node[i].kind == LEAF;
        if (!leaf)
            whole_mistakes(p, i, all, old);
        for (int k = 0; !leaf && k < 2; k++)
            give(p, i, k, all);
    }
    for (int i = 0; i < n->count; i++) /* the leaves last: one may be given another's */
        if (n->node[i].kind == LEAF)
            whole_mistakes(p, i, all, old);
}

void run_backward(const pass *p, gradient *of_node)
{
    static _Thread_local gradient earlier[MOST_NODES];
    pass before = { .now = p->old, .dy = p->dy };
    if (p->old)
        walk(&before, earlier, NULL);
    walk(p, of_node, p->old ? earlier : NULL);
}
