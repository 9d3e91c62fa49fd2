/* wide.c - 784-1024-1024-10, a step of batch 128, update included: what large products cost. */
#include "gradus/works.h"

#include <stdlib.h>

typedef struct wide_state {
    trainer m;
    gd_tensor *x, *t;
} wide_state;

static gd_tensor *cross_entropy(gd_tensor *output, gd_tensor *target)
{
    return gd_cross_entropy(output, target);
}

static void *begin(const setting *s)
{
    gd_context *g = open_context(s);
    wide_state *state = g ? calloc(1, sizeof *state) : NULL;
    if (!state)
        return NULL;
    state->x = gd_rand(g, GD_FLOAT32, gd_shape(128, 784));
    state->t = gd_randint(g, GD_INT64, gd_shape(128), 0, 10);
    gd_layer *net = gd_sequential(g, gd_linear(g, 784, 1024), gd_relu_layer(g), gd_linear(g, 1024, 1024),
                                  gd_relu_layer(g), gd_linear(g, 1024, 10));
    state->m = (trainer){ .g = g, .net = net, .sgd = gd_sgd(net, .lr = 0.01), .loss = cross_entropy };
    return state;
}

static void end(void *user)
{
    wide_state *state = user;
    close_context(state->m.g);
    free(state);
}

static void *begin_compiled(const setting *s)
{
    wide_state *state = begin(s);
    if (state && compile(&state->m))
        return state;
    if (state)
        end(state);
    return NULL;
}

static double repeat(void *user, long count)
{
    wide_state *state = user;
    double loss = 0;
    for (long i = 0; i < count; i++)
        loss = train_on(&state->m, state->x, state->t);
    return loss;
}

const work wide_eager = { "wide_step", begin, repeat, end };
const work wide_compiled = { "wide_step_compiled", begin_compiled, repeat, end };
