/* losses.c - the rules of losses. */
#include "zoo/parts/rules.h"

#include <math.h>

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double term(kind k, double x, double t)
{
    switch (k) {
    case MSE: return (x - t) * (x - t);
    case HALF_SE: return (x - t) * (x - t) / 2;
    case BCE: return -(t * log(x) + (1 - t) * log(1 - x));
    default: return log1p(exp(-fabs(x))) + fmax(x, 0) - t * x; /* BCE_LOGITS */
    }
}

void loss_forward(net *g, node *n)
{
    const node *x = &g->node[n->x[0]], *t = &g->node[n->x[1]];
    n->v[0] = 0;
    for (int i = 0; i < entries(x->shape); i++)
        n->v[0] += term(n->kind, x->v[i], t->v[i]);
    n->v[0] /= n->mean ? entries(x->shape) : 1;
}

/* Its derivative, with mistakes. */
static double pull(const pass *p, int at, int operand, kind k, double x, double t)
{
    double y = k == BCE_LOGITS && !is_mutated(p, at, operand, FORMULA_OF_OUTPUT) ? sigmoid(x) : x, d = y - t;
    if (is_mutated(p, at, operand, TERM_FLIPPED))
        d = y + t;
    if (is_mutated(p, at, operand, SECOND_TERM_MISSING))
        d = y;
    if (is_mutated(p, at, operand, DERIVATIVE_TWICE))
        d *= y * (1 - y);
    if (k == BCE && !is_mutated(p, at, operand, LEAVE_OUT_DERIVATIVE))
        d /= x * (1 - x);
    return k == MSE ? 2 * d : d;
}

static double divisor(const pass *p, int at, int operand, int count)
{
    bool mean = p->now->node[at].mean;
    if (is_mutated(p, at, operand, NO_MEAN) || is_mutated(p, at, operand, MEAN_INSTEAD))
        mean = !mean;
    return mean ? count : 1;
}

void loss_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const double *x = value_of(p, at, operand, 0), *t = value_of(p, at, operand, 1);
    double by = divisor(p, at, operand, entries(*to));
    for (int i = 0; i < entries(*to); i++)
        d[i] = dy[0] * pull(p, at, operand, p->now->node[at].kind, x[i], t[i]) / by;
}

/* ---- cross-entropy of logits ---- */

static double log_sum_exp(const double *x, int count)
{
    double most = x[0], sum = 0;
    for (int i = 1; i < count; i++)
        most = fmax(most, x[i]);
    for (int i = 0; i < count; i++)
        sum += exp(x[i] - most);
    return most + log(sum);
}

static double target(const net *g, const node *n, int i, int c, int classes)
{
    return n->kind == CE_LABELS ? n->label[i] == c : g->node[n->x[1]].v[i * classes + c];
}

void class_loss_forward(net *g, node *n)
{
    const node *x = &g->node[n->x[0]];
    int rows = x->shape.size[0], classes = x->shape.size[1];
    n->v[0] = 0;
    for (int i = 0; i < rows * classes; i++)
        n->v[0] += target(g, n, i / classes, i % classes, classes) *
                   (log_sum_exp(x->v + i / classes * classes, classes) - x->v[i]);
    n->v[0] /= n->mean ? rows : 1;
}

/* The probabilities, along the rows, or, as a mistake, down the columns. */
static void probabilities(const double *x, dims shape, bool down, double *to)
{
    lane l = lane_of(shape, down ? 0 : 1);
    for (int o = 0; o < l.outer * l.inner; o++) {
        int first = o / l.inner * l.size * l.inner + o % l.inner;
        double sum = 0;
        for (int k = 0; k < l.size; k++)
            sum += exp(x[first + k * l.inner]);
        for (int k = 0; k < l.size; k++)
            to[first + k * l.inner] = exp(x[first + k * l.inner]) / sum;
    }
}

static void jacobian_twice(double *d, const double *y, int classes)
{
    double dot = 0;
    for (int c = 0; c < classes; c++)
        dot += d[c] * y[c];
    for (int c = 0; c < classes; c++)
        d[c] = y[c] * (d[c] - dot);
}

/* dx = (softmax(x) - t) / n. */
void class_loss_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at];
    double y[MOST_ENTRIES], by = divisor(p, at, operand, to->size[0]);
    int classes = to->size[1], shift = is_mutated(p, at, operand, SHIFT_INDEX) ? classes - 1 : 0;
    probabilities(value_of(p, at, operand, 0), *to, is_mutated(p, at, operand, ALONG_WRONG_AXIS), y);
    for (int i = 0; i < entries(*to); i++) {
        double t = target(p->now, n, i / classes, (i + shift) % classes, classes);
        if (is_mutated(p, at, operand, TERM_FLIPPED))
            t = -t;
        if (is_mutated(p, at, operand, SECOND_TERM_MISSING))
            t = 0;
        d[i] = (is_mutated(p, at, operand, FIRST_TERM_MISSING) ? 0 : y[i]) - t;
        d[i] *= dy[0] / by * (is_mutated(p, at, operand, DIAGONAL) ? y[i] * (1 - y[i]) : 1);
    }
    for (int i = 0; is_mutated(p, at, operand, JACOBIAN_TWICE) && i < to->size[0]; i++)
        jacobian_twice(d + i * classes, y + i * classes, classes);
}
