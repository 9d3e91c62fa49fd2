/* xor.c - notebook 003's network, 2-2-1, on all four samples at once, the loss read each step. */
#include "gradus/works.h"

#include <stdlib.h>

typedef struct xor_state {
    trainer m;
    gd_tensor *x, *t;
} xor_state;

static gd_tensor *bce(gd_tensor *output, gd_tensor *target)
{
    return gd_bce(output, target);
}

static void *begin(const setting *s)
{
    gd_context *g = open_context(s);
    xor_state *state = g ? calloc(1, sizeof *state) : NULL;
    if (!state)
        return NULL;
    gd_seed(g, GD_RNG_TORCH, 70);
    state->x = gd_values(g, gd_shape(4, 2), 0, 0, 0, 1, 1, 0, 1, 1);
    state->t = gd_values(g, gd_shape(4, 1), 0, 1, 1, 0);
    gd_layer *net =
        gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g), gd_linear(g, 2, 1), gd_sigmoid_layer(g));
    state->m = (trainer){ .g = g, .net = net, .sgd = gd_sgd(net, .lr = 0.5), .loss = bce };
    return state;
}

static void end(void *user)
{
    xor_state *state = user;
    close_context(state->m.g);
    free(state);
}

static void *begin_compiled(const setting *s)
{
    xor_state *state = begin(s);
    if (state && compile(&state->m))
        return state;
    if (state)
        end(state);
    return NULL;
}

static double repeat(void *user, long count)
{
    xor_state *state = user;
    double loss = 0;
    for (long i = 0; i < count; i++)
        loss = train_on(&state->m, state->x, state->t);
    return loss;
}

const work xor_eager = { "xor", begin, repeat, end };
const work xor_compiled = { "xor_compiled", begin_compiled, repeat, end };
