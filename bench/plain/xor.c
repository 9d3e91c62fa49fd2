/* xor.c - what a good C programmer writes by hand for this one network: 2-2-1 with sigmoids on all four samples of XOR, the
 * loss of each step computed. Built with -O3 -march=native. */
#include "common/serve.h"

#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 4, IN = 2, HIDDEN = 2 };

typedef struct network {
    float w1[HIDDEN][IN], b1[HIDDEN], w2[HIDDEN], b2;
} network;

static const float x[SAMPLES][IN] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } };
static const float t[SAMPLES] = { 0, 1, 1, 0 };

static float sigmoid(float z)
{
    return 1 / (1 + expf(-z));
}

/* Adds what one sample contributes to the gradient; its loss. */
static float learn(const network *n, network *d, int i)
{
    float h[HIDDEN], z = n->b2;
    for (int j = 0; j < HIDDEN; j++) {
        h[j] = sigmoid(n->w1[j][0] * x[i][0] + n->w1[j][1] * x[i][1] + n->b1[j]);
        z += n->w2[j] * h[j];
    }
    float y = sigmoid(z), delta = (y - t[i]) / SAMPLES;
    d->b2 += delta;
    for (int j = 0; j < HIDDEN; j++) {
        float back = delta * n->w2[j] * h[j] * (1 - h[j]);
        d->w2[j] += delta * h[j];
        d->b1[j] += back;
        d->w1[j][0] += back * x[i][0];
        d->w1[j][1] += back * x[i][1];
    }
    return -logf(t[i] > 0 ? y : 1 - y);
}

static float step(network *n, float rate)
{
    network d = { .b2 = 0 };
    float loss = 0;
    for (int i = 0; i < SAMPLES; i++)
        loss += learn(n, &d, i);
    for (int j = 0; j < HIDDEN; j++) {
        n->w1[j][0] -= rate * d.w1[j][0];
        n->w1[j][1] -= rate * d.w1[j][1];
        n->b1[j] -= rate * d.b1[j];
        n->w2[j] -= rate * d.w2[j];
    }
    n->b2 -= rate * d.b2;
    return loss / SAMPLES;
}

/* Notebook 003's second network. */
static void *begin(const setting *s)
{
    network *n = malloc(sizeof *n);
    (void)s;
    if (n)
        *n = (network){
            { { 0.1054F, 0.5516F }, { -0.2943F, -0.6495F } }, { -0.0702F, -0.6683F }, { 0.0259F, -0.2244F }, 0.0286F
        };
    return n;
}

static double repeat(void *user, long count)
{
    volatile float loss = 0; /* each step's is wanted */
    for (long i = 0; i < count; i++)
        loss = step(user, 0.5F);
    return (double)loss;
}

int main(int count, char **arguments)
{
    const work works[] = { { "xor", begin, repeat, free }, { .name = NULL } };
    return serve(works, count, arguments);
}
