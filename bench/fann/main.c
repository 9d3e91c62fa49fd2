/* main.c - FANN's side of the benchmarks. It knows neither softmax and cross-entropy nor a ReLU: its networks have sigmoids
 * and the squared error. */
#include "common/serve.h"

#include <fann.h>
#include <stdlib.h>

enum { PIXELS = 784, HIDDEN = 50, CLASSES = 10, BATCH = 100, IMAGES = 6000 };

typedef struct state {
    struct fann *net;
    struct fann_train_data *batch, *all; /* all: what batches are drawn from; NULL: batch is all there is */
} state;

static struct fann *network(unsigned in, unsigned hidden, unsigned out, float rate)
{
    struct fann *net = fann_create_standard(3, in, hidden, out);
    fann_set_training_algorithm(net, FANN_TRAIN_BATCH);
    fann_set_activation_function_hidden(net, FANN_SIGMOID);
    fann_set_activation_function_output(net, FANN_SIGMOID);
    fann_set_learning_rate(net, rate);
    return net;
}

static void *begin_xor(const setting *s)
{
    static const float x[4][2] = { { 0, 0 }, { 0, 1 }, { 1, 0 }, { 1, 1 } }, t[4] = { 0, 1, 1, 0 };
    state *made = calloc(1, sizeof *made);
    (void)s;
    made->net = network(2, 2, 1, 0.5F);
    made->batch = fann_create_train(4, 2, 1);
    for (int i = 0; i < 4; i++) {
        made->batch->input[i][0] = x[i][0];
        made->batch->input[i][1] = x[i][1];
        made->batch->output[i][0] = t[i];
    }
    return made;
}

/* Images of noise, a tenth of MNIST's number: what they show does not change the time. */
static void *begin_mnist(const setting *s)
{
    state *made = calloc(1, sizeof *made);
    (void)s;
    made->net = network(PIXELS, HIDDEN, CLASSES, 0.1F);
    made->batch = fann_create_train(BATCH, PIXELS, CLASSES);
    made->all = fann_create_train(IMAGES, PIXELS, CLASSES);
    for (int i = 0; i < IMAGES; i++) {
        for (int j = 0; j < PIXELS; j++)
            made->all->input[i][j] = (float)(rand() % 256) / 255;
        made->all->output[i][rand() % CLASSES] = 1;
    }
    return made;
}

/* FANN reads rows by their addresses, so a gather copies none. */
static void gather(state *s)
{
    for (int i = 0; s->all && i < BATCH; i++) {
        int row = rand() % IMAGES;
        s->batch->input[i] = s->all->input[row];
        s->batch->output[i] = s->all->output[row];
    }
}

static double repeat(void *user, long count)
{
    state *s = user;
    double loss = 0;
    for (long i = 0; i < count; i++) {
        gather(s);
        loss = (double)fann_train_epoch(s->net, s->batch);
    }
    return loss;
}

/* The rows of a batch belong to the block that its first row once began. The process ends soon: they are left to it. */
static void end(void *user)
{
    state *s = user;
    fann_destroy(s->net);
    free(s);
}

int main(int count, char **arguments)
{
    const work works[] = { { "xor", begin_xor, repeat, end },
                           { "mnist_step", begin_mnist, repeat, end },
                           { .name = NULL } };
    return serve(works, count, arguments);
}
