/* A line through noisy points: y = 3 x - 2, found by gradient descent on a loss written in operations. */
#include <gradus/gradus.h>
#include <stdio.h>

int main(void)
{
    gd_context *g = gd_open();
    gd_tensor *x = gd_rand(g, GD_FLOAT32, gd_shape(200, 1));
    gd_tensor *noise = gd_mul_scalar(gd_randn(g, GD_FLOAT32, gd_shape(200, 1)), 0.05);
    gd_tensor *y = gd_add(gd_sub_scalar(gd_mul_scalar(x, 3), 2), noise);
    gd_layer *line = gd_linear(g, 1, 1);
    gd_optimizer *sgd = gd_sgd(line, .lr = 0.1, .momentum = 0.9);

    for (int step = 1; step <= 300; step++) {
        GD_SCOPE(g);
        gd_zero_grad(line);
        gd_tensor *loss = gd_mean(gd_square(gd_sub(gd_forward(line, x), y)));
        gd_backward(loss);
        gd_step(sgd);
        if (step % 100 == 0)
            printf("step %d: mean squared error %.4f\n", step, gd_item(loss));
    }
    printf("y = %.2f x %+.2f\n", gd_item(gd_parameter_named(line, "weight")),
           gd_item(gd_parameter_named(line, "bias")));
    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
