/* axes.c - the rules of nodes that work along an axis. */
#include "zoo/parts/rules.h"

#include <math.h>

static const double eps = 1e-5;

/* The k-th entry of the o-th lane. */
static int entry(lane l, int o, int k)
{
    return (o / l.inner * l.size + k) * l.inner + o % l.inner;
}

static double lane_max(lane l, int o, const double *x)
{
    double most = x[entry(l, o, 0)];
    for (int k = 1; k < l.size; k++)
        most = fmax(most, x[entry(l, o, k)]);
    return most;
}

static double lane_logsumexp(lane l, int o, const double *x)
{
    double most = lane_max(l, o, x), sum = 0;
    for (int k = 0; k < l.size; k++)
        sum += exp(x[entry(l, o, k)] - most);
    return most + log(sum);
}

static double lane_sum(lane l, int o, const double *x)
{
    double sum = 0;
    for (int k = 0; k < l.size; k++)
        sum += x[entry(l, o, k)];
    return sum;
}

static double lane_dot(lane l, int o, const double *x, const double *y)
{
    double sum = 0;
    for (int k = 0; k < l.size; k++)
        sum += x[entry(l, o, k)] * y[entry(l, o, k)];
    return sum;
}

/* ---- reductions ---- */

void reduction_forward(net *g, node *n)
{
    const node *x = &g->node[n->x[0]];
    lane l = lane_of(x->shape, n->axis);
    for (int o = 0; o < l.outer * l.inner; o++)
        n->v[o] = n->kind == MAX         ? lane_max(l, o, x->v)
                  : n->kind == LOGSUMEXP ? lane_logsumexp(l, o, x->v)
                                         : lane_sum(l, o, x->v) / (n->kind == MEAN ? l.size : 1);
}

/* How many entries of the lane are its largest. */
static int ties(lane l, int o, const double *x, double most)
{
    int count = 0;
    for (int k = 0; k < l.size; k++)
        count += x[entry(l, o, k)] == most;
    return count;
}

void reduction_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at];
    const double *x = value_of(p, at, operand, 0), *y = value_of(p, at, operand, 2);
    bool wrong = is_mutated(p, at, operand, ALONG_WRONG_AXIS),
         plain = is_mutated(p, at, operand, LEAVE_OUT_DERIVATIVE);
    bool divide =
        (n->kind == MEAN && !is_mutated(p, at, operand, NO_MEAN)) || is_mutated(p, at, operand, MEAN_INSTEAD);
    lane l = lane_of(*to, wrong ? 1 - n->axis : n->axis);
    for (int o = 0; o < l.outer * l.inner; o++)
        for (int k = 0; k < l.size; k++) {
            int i = entry(l, o, k);
            double s = 1.0 / (divide ? l.size : 1);
            if (n->kind == MAX && !plain)
                s = x[i] == y[o] ? 1.0 / ties(l, o, x, y[o]) : 0;
            if (n->kind == MAX && is_mutated(p, at, operand, INVERT_MASK))
                s = x[i] != y[o];
            if (n->kind == LOGSUMEXP && !plain)
                s = exp(x[i] - y[o]);
            d[i] = dy[o] * s;
        }
}

/* ---- softmax ---- */

void softmax_forward(net *g, node *n)
{
    const double *x = g->node[n->x[0]].v;
    lane l = lane_of(n->shape, n->axis);
    for (int o = 0; o < l.outer * l.inner; o++) {
        double all = lane_logsumexp(l, o, x);
        for (int k = 0; k < l.size; k++) {
            int i = entry(l, o, k);
            n->v[i] = n->kind == SOFTMAX ? exp(x[i] - all) : x[i] - all;
        }
    }
}

static void softmax_lane(const pass *p, int at, int operand, lane l, int o, const double *y, const double *dy,
                         double *d)
{
    double dot = lane_dot(l, o, y, dy);
    if (is_mutated(p, at, operand, TERM_FLIPPED))
        dot = -dot;
    for (int k = 0; k < l.size; k++) {
        int i = entry(l, o, k);
        d[i] = y[i] * (dy[i] - dot);
        if (is_mutated(p, at, operand, DIAGONAL))
            d[i] = dy[i] * y[i] * (1 - y[i]);
        if (is_mutated(p, at, operand, SECOND_TERM_MISSING))
            d[i] = y[i] * dy[i];
        if (is_mutated(p, at, operand, LEAVE_OUT_DERIVATIVE))
            d[i] = dy[i];
    }
}

static void log_softmax_lane(const pass *p, int at, int operand, lane l, int o, const double *y, const double *dy,
                             double *d)
{
    double sum = lane_sum(l, o, dy);
    if (is_mutated(p, at, operand, TERM_FLIPPED))
        sum = -sum;
    for (int k = 0; k < l.size; k++) {
        int i = entry(l, o, k);
        d[i] = dy[i] - exp(y[i]) * sum;
        if (is_mutated(p, at, operand, DIAGONAL))
            d[i] = dy[i] * (1 - exp(y[i]));
        if (is_mutated(p, at, operand, SECOND_TERM_MISSING))
            d[i] = dy[i];
    }
}

/* d = J d, of softmax with these probabilities. */
static void once_more(lane l, int o, const double *y, bool is_log, double *d)
{
    double dot = 0;
    for (int k = 0; k < l.size; k++) {
        int i = entry(l, o, k);
        dot += (is_log ? exp(y[i]) : y[i]) * d[i];
    }
    for (int k = 0; k < l.size; k++) {
        int i = entry(l, o, k);
        d[i] = (is_log ? exp(y[i]) : y[i]) * (d[i] - dot);
    }
}

void softmax_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at];
    const double *y = value_of(p, at, operand, 2);
    lane l = lane_of(*to, is_mutated(p, at, operand, ALONG_WRONG_AXIS) ? 1 - n->axis : n->axis);
    for (int o = 0; o < l.outer * l.inner; o++) {
        if (n->kind == SOFTMAX)
            softmax_lane(p, at, operand, l, o, y, dy, d);
        else
            log_softmax_lane(p, at, operand, l, o, y, dy, d);
        if (is_mutated(p, at, operand, JACOBIAN_TWICE))
            once_more(l, o, y, n->kind == LOG_SOFTMAX, d);
    }
}

/* ---- (x - mean) / sqrt(var + eps) ---- */

static double lane_deviation(lane l, int o, const double *x)
{
    double mean = lane_sum(l, o, x) / l.size, sum = 0;
    for (int k = 0; k < l.size; k++)
        sum += (x[entry(l, o, k)] - mean) * (x[entry(l, o, k)] - mean);
    return sqrt(sum / l.size + eps);
}

void normalise_forward(net *g, node *n)
{
    const double *x = g->node[n->x[0]].v;
    lane l = lane_of(n->shape, n->axis);
    for (int o = 0; o < l.outer * l.inner; o++) {
        double mean = lane_sum(l, o, x) / l.size, deviation = lane_deviation(l, o, x);
        for (int k = 0; k < l.size; k++)
            n->v[entry(l, o, k)] = (x[entry(l, o, k)] - mean) / deviation;
    }
}

/* dx = (dy - mean(dy) - y mean(dy y)) / deviation. */
void normalise_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
{
    const node *n = &p->now->node[at];
    const double *x = value_of(p, at, operand, 0), *y = value_of(p, at, operand, 2);
    bool none = is_mutated(p, at, operand, BOTH_TERMS_MISSING);
    double first = none || is_mutated(p, at, operand, FIRST_TERM_MISSING) ? 0 : 1;
    double second = none || is_mutated(p, at, operand, SECOND_TERM_MISSING) ? 0 : 1;
    lane l = lane_of(*to, is_mutated(p, at, operand, ALONG_WRONG_AXIS) ? 1 - n->axis : n->axis);
    if (is_mutated(p, at, operand, TERM_FLIPPED))
        second = -1;
    for (int o = 0; o < l.outer * l.inner; o++) {
        double mean = first * lane_sum(l, o, dy) / l.size, dot = second * lane_dot(l, o, dy, y) / l.size;
        double deviation = is_mutated(p, at, operand, LEAVE_OUT_FACTOR) ? 1 : lane_deviation(l, o, x);
        for (int k = 0; k < l.size; k++) {
            int i = entry(l, o, k);
            d[i] = (dy[i] - mean - y[i] * dot) / deviation;
        }
    }
}
