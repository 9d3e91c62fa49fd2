/* mnist.c - 784-50-10 on MNIST: a step of batch 100, its gather and the reading of its loss included; and the
 * whole job. */
#include "gradus/works.h"

#include <stdlib.h>

enum { STEPS = 588 };

typedef struct mnist_state {
    trainer m;
    gd_dataset *train, *test;
    gd_loader *batches;
} mnist_state;

static gd_tensor *cross_entropy(gd_tensor *output, gd_tensor *target)
{
    return gd_cross_entropy(output, target);
}

static gd_tensor *small(gd_context *g, int64_t rows, int64_t columns)
{
    return gd_mul_scalar(gd_randn(g, GD_DEFAULT, gd_shape(rows, columns)), 0.01);
}

static gd_layer *network(gd_context *g)
{
    return gd_sequential(g, gd_affine(small(g, 784, 50), gd_zeros(g, GD_DEFAULT, gd_shape(50))), gd_relu_layer(g),
                         gd_affine(small(g, 50, 10), gd_zeros(g, GD_DEFAULT, gd_shape(10))));
}

/* A network that has not learned, and its optimizer. */
static trainer untrained(gd_context *g)
{
    gd_seed(g, GD_RNG_TORCH, 42);
    gd_layer *net = network(g);
    return (trainer){ .g = g, .net = net, .sgd = gd_sgd(net, .lr = 0.1), .loss = cross_entropy };
}

static void *begin(const setting *s)
{
    gd_context *g = open_context(s);
    mnist_state *state = g ? calloc(1, sizeof *state) : NULL;
    if (!state)
        return NULL;
    gd_parts images = gd_mnist_parts(g, s->data);
    state->train = images.train;
    state->test = images.test;
    state->batches = gd_batches(state->train, .size = 100, .replacement = true);
    state->m = untrained(g);
    return state;
}

static void end(void *user)
{
    mnist_state *state = user;
    close_context(state->m.g);
    free(state);
}

static void *begin_compiled(const setting *s)
{
    mnist_state *state = begin(s);
    if (state && compile(&state->m))
        return state;
    if (state)
        end(state);
    return NULL;
}

static double step(mnist_state *state)
{
    gd_batch batch;
    GD_SCOPE(state->m.g);
    gd_next(state->batches, &batch);
    return train_on(&state->m, batch.x, batch.t);
}

static double repeat(void *user, long count)
{
    mnist_state *state = user;
    double loss = 0;
    for (long i = 0; i < count; i++)
        loss = step(state);
    return loss;
}

/* The batch alone. Comes to its first label. */
static double repeat_gather(void *user, long count)
{
    mnist_state *state = user;
    double label = 0;
    for (long i = 0; i < count; i++) {
        gd_batch batch;
        GD_SCOPE(state->m.g);
        gd_next(state->batches, &batch);
        label = gd_at(batch.t, 0);
    }
    return label;
}

/* A part of the job, of which it has 17: so many steps, and an evaluation of 70,000 images. Comes to the accuracy on the 10,000 that
 * were not trained on. */
static double part(mnist_state *state)
{
    for (int i = 0; i < STEPS; i++)
        step(state);
    gd_accuracy(state->m.net, state->train);
    return gd_accuracy(state->m.net, state->test);
}

static double repeat_job(void *user, long count)
{
    double accuracy = 0;
    for (long i = 0; i < count; i++)
        accuracy = part(user);
    return accuracy;
}

const work mnist_eager = { "mnist_step", begin, repeat, end };
const work mnist_compiled = { "mnist_step_compiled", begin_compiled, repeat, end };
const work mnist_gather = { "mnist_gather", begin, repeat_gather, end };
const work mnist_job = { "mnist_job", begin_compiled, repeat_job, end };
