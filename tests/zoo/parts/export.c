/* export.c - a case's numbers as text. */
#include "zoo/parts/export.h"

static void put_dims(dims d, FILE *to)
{
    fprintf(to, " %d", d.rank);
    for (int i = 0; i < d.rank; i++)
        fprintf(to, " %d", d.size[i]);
}

static void put_numbers(const double *v, int count, FILE *to)
{
    for (int i = 0; i < count; i++)
        fprintf(to, " %.17g", v[i]);
}

static void put_node(const node *n, int labels, FILE *to)
{
    fprintf(to, "node %s %d %d %d %d %d %d %d %d %.17g %d %d %d", n->kind == LEAF ? "leaf" : rules[n->kind].name,
            (int)n->role, n->x[0], n->x[1], n->axis, n->start, n->flipped[0], n->flipped[1], n->mean, n->number,
            n->order[0], n->order[1], n->order[2]);
    put_dims(n->shape, to);
    if (n->kind == LEAF)
        put_numbers(n->v, entries(n->shape), to);
    for (int i = 0; i < labels; i++)
        fprintf(to, " %d", n->label[i]);
    fputc('\n', to);
}

static int labels_of(const net *n, const node *at)
{
    return at->kind == ROWS ? at->shape.size[0] : at->kind == CE_LABELS ? n->node[at->x[0]].shape.size[0] : 0;
}

void export_case(const zoo_case *c, FILE *to)
{
    if (c->form == OVERWRITING_FORWARD ||
        c->form == OVERWRITING_BACKWARD) /* its numbers depend on what is written when */
        return;
    const node *last = &c->now.node[c->now.count - 1];
    fprintf(to, "case %lld %d %d %d %s\n", (long long)c->number, c->mutations, c->now.count, c->leaves, c->name);
    for (int i = 0; i < c->now.count; i++)
        put_node(&c->now.node[i], labels_of(&c->now, &c->now.node[i]), to);
    fprintf(to, "dy");
    put_numbers(c->dy, entries(last->shape), to);
    fputc('\n', to);
    for (int i = 0; i < c->leaves; i++) {
        const gradient *d = &c->wrong[c->leaf[i]];
        fprintf(to, "gradient %d %d %d", c->leaf[i], is_wrong(c, i), d->none);
        put_dims(d->shape, to);
        put_numbers(d->v, entries(d->shape), to);
        fputc('\n', to);
    }
}
