/* elementwise.c - the rules of nodes that work element by element. */
#include "zoo/parts/rules.h"

#include <math.h>

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static const double root_2 = 1.4142135623730951, inverse_root_2pi = 0.3989422804014327;

double unary_value(const node *n, double x)
{
    switch (n->kind) {
    case SIGMOID: return sigmoid(x);
    case TANH: return tanh(x);
    case RELU: return x > 0 ? x : 0;
    case LEAKY_RELU: return x > 0 ? x : n->number * x;
    case ELU: return x > 0 ? x : expm1(x);
    case GELU: return x * (1 + erf(x / root_2)) / 2;
    case SILU: return x * sigmoid(x);
    case SOFTPLUS: return log1p(exp(x));
    case EXP: return exp(x);
    case LOG: return log(x);
    case SQUARE: return x * x;
    case SQRT: return sqrt(x);
    case SIN: return sin(x);
    case ABS: return fabs(x);
    case ROUND: return nearbyint(x);
    case SCALE: return n->number * x;
    default: return x + n->number; /* SHIFT */
    }
}

static double slope(const node *n, double x, double y)
{
    switch (n->kind) {
    case SIGMOID: return y * (1 - y);
    case TANH: return 1 - y * y;
    case RELU: return x > 0;
    case LEAKY_RELU: return x > 0 ? 1 : n->number;
    case ELU: return x > 0 ? 1 : y + 1;
    case GELU: return (1 + erf(x / root_2)) / 2 + x * exp(-x * x / 2) * inverse_root_2pi;
    case SILU: return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
    case SOFTPLUS: return sigmoid(x);
    case EXP: return y;
    case LOG: return 1 / x;
    case SQUARE: return 2 * x;
    case SQRT: return 1 / (2 * y);
    case SIN: return cos(x);
    case ABS: return (x > 0) - (x < 0);
    case ROUND: return 0;
    case SCALE: return n->number;
    default: return 1; /* SHIFT */
    }
}

void unary_forward(net *g, node *n)
{
    for (int i = 0; i < entries(n->shape); i++)
        n->v[i] = unary_value(n, g->node[n->x[0]].v[i]);
}

void unary_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at];
    const double *x = value_of(p, at, operand, 0), *y = value_of(p, at, operand, 2);
    (void)to;
    for (int i = 0; i < entries(n->shape); i++) {
        double s = slope(n, x[i], unary_value(n, x[i]));
        if (is_mutated(p, at, operand, LEAVE_OUT_DERIVATIVE) || is_mutated(p, at, operand, PASS_THROUGH))
            s = 1;
        else if (is_mutated(p, at, operand, DERIVATIVE_TWICE))
            s *= s;
        else if (is_mutated(p, at, operand, AT_OUTPUT))
            s = slope(n, y[i], unary_value(n, y[i]));
        else if (is_mutated(p, at, operand, FORMULA_OF_OUTPUT))
            s = slope(n, x[i], x[i]);
        else if (is_mutated(p, at, operand, INVERT_MASK))
            s = slope(n, -x[i], -x[i]);
        else if (is_mutated(p, at, operand, MASK_OF_GRADIENT))
            s = slope(n, dy[i], dy[i]);
        d[i] = dy[i] * s;
    }
}

/* ---- two operands ---- */

void binary_forward(net *g, node *n)
{
    const node *a = &g->node[n->x[0]], *b = &g->node[n->x[1]];
    for (int i = 0; i < entries(n->shape); i++) {
        double l = a->v[broadcast_index(n->shape, a->shape, i)], r = b->v[broadcast_index(n->shape, b->shape, i)];
        n->v[i] = n->kind == ADD ? l + r : n->kind == SUB ? l - r : n->kind == MUL ? l * r : l / r;
    }
}

/* What dy is multiplied by. l and r are the operands' numbers. */
static double share(const pass *p, int at, int operand, double l, double r)
{
    kind k = p->now->node[at].kind;
    bool swapped = is_mutated(p, at, operand, SWAP_OPERANDS), left_out = is_mutated(p, at, operand, LEAVE_OUT_FACTOR);
    if (k == ADD)
        return 1;
    if (k == SUB)
        return operand ? -1 : 1;
    if (k == MUL)
        return left_out ? 1 : (operand == 0) != swapped ? r : l;
    if (operand == 0)
        return left_out ? 1 : 1 / r;
    return left_out ? -l / r : -l / (r * r);
}

/* Where the operand's element lies that dy's i-th is added to; -1: it is left out. */
static int place(const pass *p, int at, int operand, dims out, dims to, int i)
{
    int rows = out.rank ? out.size[0] : 1, columns = entries(out) / rows;
    if (is_mutated(p, at, operand, NOT_SUMMED))
        return i;
    if (is_mutated(p, at, operand, SUM_WRONG_AXIS))
        return broadcast_index(out, to, i % columns * rows + i / columns);
    if (is_mutated(p, at, operand, ONE_SAMPLE) && i >= columns)
        return -1;
    return broadcast_index(out, to, i);
}

void binary_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at], *a = &p->now->node[n->x[0]], *b = &p->now->node[n->x[1]];
    const double *l = value_of(p, at, operand, 0), *r = value_of(p, at, operand, 1);
    dims own = *to;
    int count = entries(n->shape), repeats = count / entries(own);
    for (int i = 0; i < count; i++) {
        double s = share(p, at, operand, l[broadcast_index(n->shape, a->shape, i)],
                         r[broadcast_index(n->shape, b->shape, i)]);
        int k = place(p, at, operand, n->shape, own, i);
        if (k >= 0)
            d[k] += dy[i] * s / (is_mutated(p, at, operand, MEAN_OVER_BATCH) ? repeats : 1);
    }
    if (is_mutated(p, at, operand, NOT_SUMMED))
        *to = n->shape;
}
