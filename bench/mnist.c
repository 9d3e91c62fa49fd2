/* mnist.c - the main job, timed after loading: 784-50-10 on MNIST, 10,000 steps of batch 100 with replacement, the
 * loss read each step, evaluated on all 70,000 images after step 0, 600, ... and the last. bench/mnist_torch.py does
 * the same work. Prints "seconds S train A test A". */
#include <gradus/gradus.h>

#include <stdlib.h>

static gd_tensor *small(gd_context *g, int64_t rows, int64_t columns)
{
    return gd_mul_scalar(gd_randn(g, GD_DEFAULT, gd_shape(rows, columns)), 0.01);
}

int main(int count, char **arguments)
{
    const char *folder = count > 1 ? arguments[1] : "data/mnist";
    gd_context *g = gd_open();
    gd_dataset *train = gd_mnist(g, folder, true), *test = gd_mnist(g, folder, false);
    gd_seed(g, GD_RNG_TORCH, 42);
    gd_layer *net = gd_sequential(g, gd_affine(small(g, 784, 50), gd_zeros(g, GD_DEFAULT, gd_shape(50))),
                                  gd_relu_layer(g),
                                  gd_affine(small(g, 50, 10), gd_zeros(g, GD_DEFAULT, gd_shape(10))));
    gd_history *history = gd_fit(net, .optimizer = gd_sgd(net, .lr = 0.1),
                                 .batches = gd_batches(train, .size = 100, .replacement = true), .steps = 10000,
                                 .train = train, .test = test, .evaluate_every = 600);
    gd_evaluation last = gd_history_evaluation(history, gd_history_evaluations(history) - 1);
    int status = EXIT_SUCCESS;
    if (gd_failed(g)) {
        fprintf(stderr, "%s\n", gd_message(g));
        status = EXIT_FAILURE;
    } else {
        printf("seconds %.4f train %.4f test %.4f\n", gd_history_seconds(history), last.train_accuracy,
               last.test_accuracy);
    }
    gd_close(g);
    return status;
}
