/* nets.c - the networks. */
#include "zoo/parts/nets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

uint64_t roll(dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

int below(dice *d, int n)
{
    return (int)(roll(d) % (uint64_t)n);
}

double between(dice *d, double low, double high)
{
    return low + (high - low) * (double)(roll(d) >> 11) / 9007199254740992.0;
}

/* ---- putting nets together ---- */

/* What a family is made with. N samples of K numbers, M hidden ones, C classes. */
typedef struct maker {
    net *n;
    dice dice;
    int variant, N, K, M, C;
} maker;

static int add_node(maker *m, node n)
{
    m->n->node[m->n->count] = n;
    return m->n->count++;
}

static dims shape_of(int rank, int a, int b)
{
    return (dims){ rank, { a, b, 1 } };
}

/* Away from 0, where relu and abs have their kinks, and of both signs. */
static double number_for(dice *d, bool positive)
{
    double x = between(d, 0.1, 1.3);
    return positive || roll(d) % 2 ? x : -x;
}

static int leaf(maker *m, role part, const char *name, dims shape, bool positive)
{
    node n = { .kind = LEAF, .role = part, .x = { NOWHERE, NOWHERE }, .shape = shape };
    snprintf(n.name, sizeof n.name, "%s", name);
    for (int i = 0; i < entries(shape); i++)
        n.v[i] = number_for(&m->dice, positive);
    return add_node(m, n);
}

static dims shape_at(const maker *m, int at)
{
    return m->n->node[at].shape;
}

static int one(maker *m, kind k, int x, double number)
{
    return add_node(m, (node){ .kind = k, .x = { x, NOWHERE }, .shape = shape_at(m, x), .number = number });
}

static int act(maker *m, kind k, int x)
{
    return one(m, k, x, k == LEAKY_RELU ? 0.1 : 0);
}

static int two(maker *m, kind k, int a, int b)
{
    dims l = shape_at(m, a), r = shape_at(m, b);
    return add_node(m, (node){ .kind = k, .x = { a, b }, .shape = entries(l) >= entries(r) ? l : r });
}

static int matmul_of(maker *m, int a, bool a_flipped, int b, bool b_flipped)
{
    dims l = shape_at(m, a), r = shape_at(m, b);
    return add_node(m, (node){ .kind = MATMUL,
                               .x = { a, b },
                               .flipped = { a_flipped, b_flipped },
                               .shape = shape_of(2, l.size[a_flipped], r.size[!b_flipped]) });
}

static int matmul(maker *m, int a, int b)
{
    return matmul_of(m, a, false, b, false);
}

static int along(maker *m, kind k, int x, int axis)
{
    return add_node(m, (node){ .kind = k, .x = { x, NOWHERE }, .shape = shape_at(m, x), .axis = axis });
}

static int reduce(maker *m, kind k, int x, int axis)
{
    dims from = shape_at(m, x), to = { 0, { 0 } };
    for (int i = 0; i < from.rank && axis != ALL_AXES; i++)
        if (i != axis)
            to.size[to.rank++] = from.size[i];
    return add_node(m, (node){ .kind = k, .x = { x, NOWHERE }, .shape = to, .axis = axis });
}

static void labels_for(maker *m, node *n, int count, int classes)
{
    for (int i = 0; i < count; i++)
        n->label[i] = below(&m->dice, classes);
}

static void one_hot(maker *m, int t)
{
    node *n = &m->n->node[t];
    int classes = n->shape.size[1];
    memset(n->v, 0, sizeof n->v);
    for (int i = 0; i < n->shape.size[0]; i++)
        n->v[i * classes + below(&m->dice, classes)] = 1;
}

/* Targets of BCE are probabilities. */
static void zeros_and_ones(maker *m, int t)
{
    node *n = &m->n->node[t];
    for (int i = 0; i < entries(n->shape); i++)
        n->v[i] = (double)(roll(&m->dice) % 2);
}

static int loss_of(maker *m, kind k, int x, bool mean)
{
    node n = { .kind = k, .x = { x, NOWHERE }, .mean = mean && k != HALF_SE };
    dims shape = shape_at(m, x);
    if (k == CE_LABELS)
        labels_for(m, &n, shape.size[0], shape.size[1]);
    else
        n.x[1] = leaf(m, CONSTANT, "t", shape, false);
    if (k == CE_ONE_HOT)
        one_hot(m, n.x[1]);
    if (k == BCE || k == BCE_LOGITS)
        zeros_and_ones(m, n.x[1]);
    return add_node(m, n);
}

static int input(maker *m, const char *name, int rows, int columns)
{
    return leaf(m, INPUT, name, shape_of(2, rows, columns), false);
}

static int weight(maker *m, const char *name, int rows, int columns)
{
    return leaf(m, PARAMETER, name, shape_of(2, rows, columns), false);
}

static int bias(maker *m, const char *name, int size)
{
    return leaf(m, PARAMETER, name, shape_of(1, size, 1), false);
}

/* x W + b, or, as the linear layer has it, x W^T + b. */
static int affine(maker *m, int x, int size, const char *w, const char *b)
{
    int in = shape_at(m, x).size[1];
    bool flipped = m->variant % 2;
    int W = weight(m, w, flipped ? size : in, flipped ? in : size), B = bias(m, b, size);
    return two(m, ADD, matmul_of(m, x, false, W, flipped), B);
}

/* ---- the families ---- */

static const kind curves[] = { SIGMOID, TANH, RELU,   LEAKY_RELU, ELU, GELU, SILU, SOFTPLUS,
                               EXP,     LOG,  SQUARE, SQRT,       SIN, ABS,  ROUND };
static const kind hidden[] = { SIGMOID, TANH, RELU, LEAKY_RELU, GELU };
enum { CURVES = sizeof curves / sizeof *curves, HIDDEN = sizeof hidden / sizeof *hidden };

static void curve(maker *m)
{
    kind k = curves[m->variant];
    act(m, k, leaf(m, INPUT, "x", shape_of(2, m->N, m->K), k == LOG || k == SQRT));
}

static void curve_summed(maker *m)
{
    curve(m);
    int y = m->n->count - 1;
    reduce(m, MEAN, two(m, MUL, y, leaf(m, CONSTANT, "c", shape_at(m, y), false)), ALL_AXES);
}

static void softmaxes(maker *m)
{
    along(m, m->variant % 2 ? LOG_SOFTMAX : SOFTMAX, input(m, "x", m->N, m->C), m->variant / 2 ? 0 : 1);
}

static void products(maker *m)
{
    bool fa = m->variant & 1, fb = m->variant >> 1 & 1;
    int a = input(m, "A", fa ? m->K : m->N, fa ? m->N : m->K), b = input(m, "B", fb ? m->M : m->K, fb ? m->K : m->M);
    matmul_of(m, a, fa, b, fb);
}

static void broadcasts(maker *m)
{
    static const kind kinds[] = { ADD, MUL, SUB, DIV };
    int x = input(m, "x", m->N, m->M), how = m->variant / 4;
    dims shape = how == 0 ? shape_of(1, m->M, 1) : how == 1 ? shape_of(2, m->N, 1) : shape_of(2, m->N, m->M);
    two(m, kinds[m->variant % 4], x,
        leaf(m, PARAMETER,
             how == 0   ? "b"
             : how == 1 ? "s"
                        : "y",
             shape, m->variant % 4 == 3));
}

static void reductions(maker *m)
{
    static const kind kinds[] = { SUM, MEAN, MAX, LOGSUMEXP };
    int x = act(m, TANH, input(m, "x", m->N, m->M));
    reduce(m, kinds[m->variant % 4], x, m->variant / 4 - 1);
}

static void moves(maker *m)
{
    int x = input(m, "x", m->N, m->M), axis = m->variant % 2;
    node n = { .x = { x, NOWHERE }, .shape = shape_at(m, x), .axis = axis };
    if (m->variant < 2) {
        n.kind = SLICE;
        n.start = n.shape.size[axis] > 2;
        n.shape.size[axis] = n.shape.size[axis] > 2 ? 2 : 1;
    } else if (m->variant < 4) {
        n.kind = CUMSUM;
    } else if (m->variant == 4) {
        n.kind = PERMUTE;
        n.shape = shape_of(2, m->M, m->N);
        n.order[0] = 1;
    } else {
        n.kind = ROWS;
        n.shape = shape_of(2, m->N + 2, m->M);
        labels_for(m, &n, m->N + 2, m->N);
    }
    act(m, SQUARE, add_node(m, n));
}

static void permuted(maker *m)
{
    static const int orders[3][3] = { { 2, 0, 1 }, { 1, 2, 0 }, { 0, 2, 1 } };
    int x = leaf(m, INPUT, "x", (dims){ 3, { 2, m->N > 4 ? 3 : m->N, m->K > 4 ? 4 : m->K } }, false);
    node n = { .kind = PERMUTE, .x = { x, NOWHERE }, .shape = { 3, { 0 } } };
    for (int i = 0; i < 3; i++) {
        n.order[i] = orders[m->variant][i];
        n.shape.size[i] = shape_at(m, x).size[n.order[i]];
    }
    act(m, SIN, add_node(m, n));
}

static void embedding(maker *m)
{
    int table = weight(m, "table", m->C, m->K);
    node n = { .kind = ROWS, .x = { table, NOWHERE }, .shape = shape_of(2, m->N, m->K) };
    labels_for(m, &n, m->N, m->C);
    loss_of(m, MSE, affine(m, add_node(m, n), m->M, "W", "b"), m->variant);
}

static void normalised(maker *m)
{
    int y = along(m, NORMALISE, input(m, "x", m->N + 1, m->M + 1), m->variant % 2);
    int scaled = two(m, MUL, y, leaf(m, PARAMETER, "gamma", shape_of(1, m->M + 1, 1), false));
    scaled = two(m, ADD, scaled, leaf(m, PARAMETER, "beta", shape_of(1, m->M + 1, 1), false));
    if (m->variant / 2)
        loss_of(m, HALF_SE, act(m, TANH, scaled), false);
}

/* An activation before the loss, and the loss. */
static const struct pair {
    kind before, loss;
} heads[] = { { SIGMOID, MSE },    { TANH, HALF_SE },    { SIGMOID, BCE }, { LEAF, BCE_LOGITS },
              { LEAF, CE_LABELS }, { LEAF, CE_ONE_HOT }, { SOFTMAX, MSE }, { LEAF, MSE } };
enum { HEADS = sizeof heads / sizeof *heads };

static void head(maker *m, int y, int which, bool mean)
{
    kind before = heads[which].before;
    if (before == SOFTMAX)
        y = along(m, SOFTMAX, y, 1);
    else if (before != LEAF)
        y = act(m, before, y);
    loss_of(m, heads[which].loss, y, mean);
}

static void one_layer(maker *m)
{
    head(m, affine(m, input(m, "x", m->N, m->K), m->C, "W", "b"), m->variant / 2 % HEADS, m->variant / 2 / HEADS);
}

static void two_layers(maker *m)
{
    int h = act(m, hidden[m->variant % HIDDEN], affine(m, input(m, "x", m->N, m->K), m->M, "W1", "b1"));
    head(m, affine(m, h, m->C, "W2", "b2"), m->variant % HEADS, m->variant / 3 % 2);
}

static void three_layers(maker *m)
{
    int h = act(m, hidden[m->variant % HIDDEN], affine(m, input(m, "x", m->N, m->K), m->M, "W1", "b1"));
    h = act(m, hidden[(m->variant + 1) % HIDDEN], affine(m, h, m->K, "W2", "b2"));
    head(m, affine(m, h, m->C, "W3", "b3"), (m->variant + 3) % HEADS, m->variant % 2);
}

static void residual(maker *m)
{
    int h = affine(m, input(m, "x", m->N, m->K), m->M, "W1", "b1");
    int y = two(m, ADD, h, act(m, hidden[m->variant % HIDDEN], affine(m, h, m->M, "W2", "b2")));
    loss_of(m, m->variant % 2 ? MSE : HALF_SE, y, m->variant % 2);
}

static void gated(maker *m)
{
    int x = input(m, "x", m->N, m->K);
    int y = two(m, MUL, affine(m, x, m->M, "W", "b"), act(m, SIGMOID, affine(m, x, m->M, "V", "c")));
    loss_of(m, m->variant ? MSE : HALF_SE, y, m->variant);
}

static void shared(maker *m)
{
    int x = input(m, "x", m->N, m->M), W = weight(m, "W", m->M, m->M), b = bias(m, "b", m->M);
    kind k = hidden[m->variant % HIDDEN];
    int h = act(m, k, two(m, ADD, matmul(m, x, W), b));
    loss_of(m, MSE, act(m, k == RELU ? TANH : k, two(m, ADD, matmul(m, h, W), b)), m->variant % 2);
}

/* An autoencoder with tied weights: the second layer has the first's, transposed. */
static void tied(maker *m)
{
    int x = input(m, "x", m->N, m->K), W = weight(m, "W", m->K, m->M);
    int h = act(m, hidden[m->variant], two(m, ADD, matmul(m, x, W), bias(m, "b", m->M)));
    loss_of(m, MSE, two(m, ADD, matmul_of(m, h, false, W, true), bias(m, "c", m->K)), true);
}

/* Quantised beside itself: through the rounding no gradient flows. */
static void quantised(maker *m)
{
    int h = affine(m, input(m, "x", m->N, m->K), m->M, "W", "b");
    int q = act(m, ROUND, one(m, SCALE, h, 3));
    loss_of(m, m->variant / 2 ? MSE : HALF_SE, two(m, ADD, act(m, TANH, h), q), m->variant / 2);
}

static int squared(maker *m, int W, double strength)
{
    int first = m->n->count;
    int r = one(m, SCALE, reduce(m, SUM, act(m, SQUARE, W), ALL_AXES), strength);
    for (int i = first; i <= r; i++)
        m->n->node[i].regulariser = true;
    return r;
}

static void regularised(maker *m)
{
    int x = input(m, "x", m->N, m->K), W = weight(m, "W", m->K, m->C), b = bias(m, "b", m->C);
    head(m, two(m, ADD, matmul(m, x, W), b), m->variant % HEADS, m->variant / 4 % 2);
    int data = m->n->count - 1;
    two(m, ADD, data, squared(m, W, 0.05));
}

static void recurrent(maker *m)
{
    int W = weight(m, "W", m->K, m->M), U = weight(m, "U", m->M, m->M), b = bias(m, "b", m->M), h = NOWHERE;
    for (int step = 0; step < 3; step++) {
        char name[8];
        snprintf(name, sizeof name, "x%d", step);
        int z = two(m, ADD, matmul(m, leaf(m, INPUT, name, shape_of(2, m->N, m->K), false), W), b);
        if (step)
            z = two(m, ADD, z, matmul(m, h, U));
        h = act(m, m->variant % 2 ? SIGMOID : TANH, z);
    }
    loss_of(m, m->variant / 2 ? MSE : HALF_SE, h, m->variant / 2);
}

static void attention(maker *m)
{
    int q = input(m, "q", m->N, m->K), k = input(m, "k", m->M, m->K), v = input(m, "v", m->M, m->C);
    int scores = one(m, SCALE, matmul_of(m, q, false, k, true), 1 / sqrt(m->K));
    matmul(m, along(m, SOFTMAX, scores, 1), v);
}

/* Any node that has the shape of the last one, or is added to it: what nobody thought of. */
static int random_step(maker *m, int h, int before)
{
    static const kind steps[] = { SIGMOID, TANH, LEAKY_RELU, GELU, SIN, SQUARE, SOFTMAX, NORMALISE };
    dims shape = shape_at(m, h);
    char name[8];
    snprintf(name, sizeof name, "p%d", m->n->count);
    switch (below(&m->dice, 6)) {
    case 0: return matmul(m, h, weight(m, name, shape.size[1], shape.size[1]));
    case 1: return two(m, ADD, h, bias(m, name, shape.size[1]));
    case 2: return two(m, MUL, h, leaf(m, PARAMETER, name, shape_of(2, shape.size[0], 1), false));
    case 3: return two(m, below(&m->dice, 2) ? ADD : MUL, h, before);
    default: break;
    }
    kind k = steps[below(&m->dice, 8)];
    if (k == SOFTMAX || k == NORMALISE)
        return along(m, k, h, below(&m->dice, 2));
    return act(m, k, h);
}

static void random_net(maker *m)
{
    int before = input(m, "x", m->N + 1, m->M + 1);
    int h = act(m, TANH, two(m, ADD, before, bias(m, "b", m->M + 1)));
    for (int i = 0; i < 3 + m->variant; i++) {
        int next = random_step(m, h, before);
        before = below(&m->dice, 2) ? h : before;
        h = next;
    }
    loss_of(m, m->variant % 2 ? MSE : HALF_SE, h, m->variant % 2);
}

static const struct family {
    const char *name;
    void (*make)(maker *m);
    int variants;
} families[] = {
    { "curve", curve, CURVES },
    { "curve summed", curve_summed, CURVES - 1 },
    { "softmax", softmaxes, 4 },
    { "product", products, 4 },
    { "broadcast", broadcasts, 12 },
    { "reduction", reductions, 12 },
    { "moved", moves, 6 },
    { "permuted", permuted, 3 },
    { "embedding", embedding, 2 },
    { "normalised", normalised, 4 },
    { "one layer", one_layer, 4 * HEADS },
    { "two layers", two_layers, 12 },
    { "three layers", three_layers, 8 },
    { "residual", residual, 5 },
    { "gated", gated, 2 },
    { "shared", shared, 5 },
    { "tied", tied, 2 },
    { "quantised", quantised, 4 },
    { "regularised", regularised, 8 },
    { "recurrent", recurrent, 4 },
    { "attention", attention, 1 },
    { "random", random_net, 6 },
};

int net_count(void)
{
    int count = 0;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        count += families[i].variants;
    return count;
}

/* Shapes: all different, all equal, as many samples as classes, as many inputs as hidden ones, two samples. */
static void choose_shapes(maker *m, uint64_t style)
{
    static const int different[4][4] = { { 4, 3, 5, 6 }, { 5, 2, 3, 4 }, { 3, 5, 4, 2 }, { 6, 4, 3, 5 } };
    const int *s = different[below(&m->dice, 4)];
    m->N = s[0], m->K = s[1], m->M = s[2], m->C = s[3];
    if (style == 1)
        m->N = m->K = m->M = m->C = 3 + below(&m->dice, 2);
    else if (style == 2)
        m->N = m->C;
    else if (style == 3)
        m->K = m->M;
    else if (style == 4)
        m->N = 2;
}

void make_net(int number, uint64_t seed, net *n)
{
    size_t family = 0;
    maker m = { .n = n, .variant = number, .dice = { seed * 1000003u + (uint64_t)number } };
    for (; m.variant >= families[family].variants; family++)
        m.variant -= families[family].variants;
    memset(n, 0, sizeof *n);
    roll(&m.dice);
    choose_shapes(&m, (seed / 2 + (uint64_t)number) % 5); /* seed / 2: even and odd seeds have all styles */
    families[family].make(&m);
    n->batch = m.N, n->classes = m.C, n->features = m.K;
    snprintf(n->name, sizeof n->name, "%s/%d N%d K%d M%d C%d", families[family].name, m.variant, m.N, m.K, m.M, m.C);
    run_forward(n);
}

void earlier_net(const net *now, uint64_t seed, net *old)
{
    dice d = { seed ^ 0x5bd1e995u };
    *old = *now;
    for (int i = 0; i < old->count; i++) {
        node *n = &old->node[i];
        bool moves = n->kind == LEAF && (n->role == INPUT || n->role == PARAMETER);
        for (int k = 0; moves && k < entries(n->shape); k++)
            n->v[k] *= between(&d, 0.6, 1.5);
    }
    run_forward(old);
}
