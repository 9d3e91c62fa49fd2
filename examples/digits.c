/* Handwritten digits with the library's training loop: load, train, evaluate, save, load again.
 * usage: digits [FOLDER [STEPS]]; the folder holds MNIST's four files, data/mnist when none is given. */
#include <gradus/gradus.h>
#include <stdio.h>
#include <stdlib.h>

static gd_layer *network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 784, 50), gd_relu_layer(g), gd_linear(g, 50, 10));
}

int main(int count, char **arguments)
{
    const char *folder = count > 1 ? arguments[1] : "data/mnist";
    gd_context *g = gd_open();
    gd_parts images = gd_mnist_parts(g, folder);
    gd_layer *net = network(g);
    gd_history *history = gd_fit(net, .optimizer = gd_sgd(net, .lr = 0.1, .momentum = 0.9),
                                 .batches = gd_batches(images.train, .size = 100, .shuffle = true),
                                 .steps = count > 2 ? atoi(arguments[2]) : 1800, .test = images.test,
                                 .evaluate_every = 600, .progress = stdout);
    gd_save(net, "digits.safetensors");
    gd_history_save(history, "digits.csv");

    gd_layer *again = network(g); /* other weights, until it loads those that were saved */
    gd_load(again, "digits.safetensors");
    printf("%.2f %% of the test images are right\n", 100 * gd_accuracy(again, images.test));
    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
