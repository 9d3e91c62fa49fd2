/* sizes.c - the counts that stand in a computation, from which a wrong factor may come. */
#include "check/search.h"

#include <math.h>

static void note_size(double *list, int *count, double size)
{
    for (int i = 0; i < *count; i++)
        if (list[i] == size)
            return;
    if (*count < GD__MAX_SIZES && size > 1)
        list[(*count)++] = size;
}

static bool is_whole_count(double c)
{
    return c >= 2 && c < 1e9 && fabs(c - floor(c + 0.5)) < 1e-9 * c;
}

/* A sum that is divided by c: by how many it is meant to be averaged. With the 1/2 or the 2 of a square beside it, c is twice or half
 * a size of what was summed. */
static void note_divided_sum(const gd_tensor *summed, double c, gd__sizes *s)
{
    bool half = fabs(c - 2) < 1e-9; /* of a square */
    if (is_whole_count(c) && !half)
        note_size(s->mean, &s->means, floor(c + 0.5));
    for (int i = 0; i < summed->ndim; i++)
        if ((half && summed->shape[i] == 2) || fabs(c - 2.0 * (double)summed->shape[i]) < 1e-9 * c ||
            fabs(c - 0.5 * (double)summed->shape[i]) < 1e-9 * c)
            note_size(s->mean, &s->means, (double)summed->shape[i]);
    if (fabs(c - 2.0 * (double)summed->numel) < 1e-9 * c || fabs(c - 0.5 * (double)summed->numel) < 1e-9 * c)
        note_size(s->mean, &s->means, (double)summed->numel);
}

/* What a function that shows nothing of its inside makes less of, it may have summed or averaged. */
static void note_hidden_sums(const gd__program *p, const gd__node *node, gd__sizes *s)
{
    for (int k = 0; k < node->count; k++) {
        const gd_tensor *x = p->node[node->in[k]].value;
        if (x->numel <= node->value->numel || node->value->numel == 0)
            continue;
        note_size(s->mean, &s->means, (double)x->numel / (double)node->value->numel);
        note_size(s->sum, &s->sums, (double)x->numel / (double)node->value->numel);
        if (x->ndim > 1 && node->value->numel == 1) {
            note_size(s->mean, &s->means, (double)x->shape[0]);
            note_size(s->sum, &s->sums, (double)x->shape[0]);
        }
    }
}

void gd__gather_sizes(const gd__program *p, gd__sizes *s)
{
    for (int id = 0; id < p->count; id++) {
        const gd__node *node = &p->node[id];
        const gd_tensor *y = node->value;
        for (int i = 0; i < y->ndim; i++)
            note_size(s->other, &s->others, (double)y->shape[i]);
        if (node->kind == GD__NODE_OPAQUE)
            note_hidden_sums(p, node, s);
        if (node->kind != GD__NODE_COMPUTED || y->numel == 0)
            continue;
        const gd_tensor *x = p->node[node->in[0]].value;
        double ratio = (double)x->numel / (double)y->numel;
        if (node->op == GD__OP_mean) {
            note_size(s->mean, &s->means, ratio);
            note_size(s->product, &s->products, ratio);
        }
        if (node->op == GD__OP_sum)
            note_size(s->sum, &s->sums, ratio);
        if (node->op == GD__OP_matmul && node->of >= 0 && x->ndim > 1)
            note_size(s->product, &s->products, (double)x->shape[x->ndim - 1]);
        double c = node->op == GD__OP_div_scalar   ? node->attrs.scalar[0]
                   : node->op == GD__OP_mul_scalar ? 1 / node->attrs.scalar[0]
                                                   : 0;
        const gd__node *from = &p->node[node->in[0]];
        bool of_sum = from->kind == GD__NODE_COMPUTED && from->op == GD__OP_sum;
        if (of_sum && id < p->forward)
            note_divided_sum(p->node[from->in[0]].value, c, s);
        /* a mean over (N, C) of which only N, or only C, was thought of */
        if (node->op == GD__OP_mean)
            for (int i = 0; i < x->ndim; i++)
                note_size(s->other, &s->others, (double)x->shape[i]);
    }
}
