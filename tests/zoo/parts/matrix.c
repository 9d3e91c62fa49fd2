/* matrix.c - the rules of products, and of nodes that only move numbers. */
#include "zoo/parts/rules.h"

#include <string.h>

/* A matrix that may be looked at transposed. */
typedef struct matrix {
    const double *v;
    int rows, columns;
    bool flipped;
} matrix;

static matrix matrix_of(const node *n, const double *v, bool flipped)
{
    matrix m = { v, n->shape.size[flipped], n->shape.size[!flipped], flipped };
    return m;
}

static matrix flip(matrix m)
{
    return (matrix){ m.v, m.columns, m.rows, !m.flipped };
}

static double at_of(matrix m, int i, int k)
{
    return m.flipped ? m.v[k * m.rows + i] : m.v[i * m.columns + k];
}

/* to = a b, or its transpose. */
static void product(matrix a, matrix b, bool flipped, double *to)
{
    for (int i = 0; i < a.rows; i++)
        for (int k = 0; k < b.columns; k++) {
            double sum = 0;
            for (int j = 0; j < a.columns; j++)
                sum += at_of(a, i, j) * at_of(b, j, k);
            to[flipped ? k * a.rows + i : i * b.columns + k] = sum;
        }
}

void matmul_forward(net *g, node *n)
{
    const node *a = &g->node[n->x[0]], *b = &g->node[n->x[1]];
    product(matrix_of(a, a->v, n->flipped[0]), matrix_of(b, b->v, n->flipped[1]), false, n->v);
}

/* dA = dY B^T, dB = A^T dY. */
void matmul_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at];
    matrix a = matrix_of(&p->now->node[n->x[0]], value_of(p, at, operand, 0), n->flipped[0]);
    matrix b = matrix_of(&p->now->node[n->x[1]], value_of(p, at, operand, 1), n->flipped[1]);
    matrix y = matrix_of(n, dy, false), other = operand ? a : b;
    bool swapped = is_mutated(p, at, operand, SWAP_OPERANDS) != (operand == 1);
    (void)to;
    if (!is_mutated(p, at, operand, NO_TRANSPOSE))
        other = flip(other);
    if (swapped)
        product(other, y, n->flipped[operand], d);
    else
        product(y, other, n->flipped[operand], d);
}

/* ---- numbers that move ---- */

void cumsum_forward(net *g, node *n)
{
    const double *x = g->node[n->x[0]].v;
    lane l = lane_of(n->shape, n->axis);
    for (int i = 0; i < entries(n->shape); i++)
        n->v[i] = x[i] + (i / l.inner % l.size ? n->v[i - l.inner] : 0);
}

/* The sums from the end. */
void cumsum_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    lane l = lane_of(*to, p->now->node[at].axis);
    bool forward = is_mutated(p, at, operand, NOT_REVERSED), exclusive = is_mutated(p, at, operand, SHIFT_INDEX);
    for (int o = 0; o < l.outer * l.inner; o++) {
        int first = o / l.inner * l.size * l.inner + o % l.inner;
        double sum = 0;
        for (int i = 0; i < l.size; i++) {
            int k = first + (forward ? i : l.size - 1 - i) * l.inner;
            d[k] = exclusive ? sum : sum + dy[k];
            sum += dy[k];
        }
    }
}

/* Where the out's i-th element comes from. */
static int source(const node *n, dims from, int i)
{
    lane out = lane_of(n->shape, n->axis), in = lane_of(from, n->axis);
    int outer = i / (out.size * out.inner), k = i / out.inner % out.size, inner = i % out.inner;
    return (outer * in.size + n->start + k) * in.inner + inner;
}

void slice_forward(net *g, node *n)
{
    const node *x = &g->node[n->x[0]];
    for (int i = 0; i < entries(n->shape); i++)
        n->v[i] = x->v[source(n, x->shape, i)];
}

void slice_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    node n = p->now->node[at];
    if (is_mutated(p, at, operand, SHIFT_INDEX))
        n.start += n.start + n.shape.size[n.axis] < to->size[n.axis] ? 1 : -1;
    for (int i = 0; i < entries(n.shape); i++)
        d[source(&n, *to, i)] = dy[i];
}

void rows_forward(net *g, node *n)
{
    const node *x = &g->node[n->x[0]];
    int columns = x->shape.size[1];
    for (int i = 0; i < entries(n->shape); i++)
        n->v[i] = x->v[n->label[i / columns] * columns + i % columns];
}

void rows_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at];
    int columns = to->size[1], shift = is_mutated(p, at, operand, SHIFT_INDEX);
    bool set = is_mutated(p, at, operand, SET_REPEATED);
    for (int i = 0; i < entries(n->shape); i++) {
        int k = (n->label[i / columns] + shift) % to->size[0] * columns + i % columns;
        d[k] = dy[i] + (set ? 0 : d[k]);
    }
}

static int permuted(const node *n, dims from, int i)
{
    int stride[MOST_RANK] = { 0 }, index = 0;
    for (int k = from.rank - 1, s = 1; k >= 0; s *= from.size[k--])
        stride[k] = s;
    for (int k = n->shape.rank - 1; k >= 0; k--) {
        index += i % n->shape.size[k] * stride[n->order[k]];
        i /= n->shape.size[k];
    }
    return index;
}

void permute_forward(net *g, node *n)
{
    const node *x = &g->node[n->x[0]];
    for (int i = 0; i < entries(n->shape); i++)
        n->v[i] = x->v[permuted(n, x->shape, i)];
}

void permute_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at];
    bool left = is_mutated(p, at, operand, NOT_PERMUTED);
    for (int i = 0; i < entries(n->shape); i++)
        d[left ? i : permuted(n, *to, i)] = dy[i];
}
