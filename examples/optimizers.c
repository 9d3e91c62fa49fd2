/* A curve, learnt by the same network with each optimizer: weights that decay and biases that do not, gradients that are
 * clipped, a learning rate that warms up and then falls along a cosine. */
#include <gradus/gradus.h>
#include <stdio.h>

enum { STEPS = 600, WARM_UP = 50 };

static double train(gd_layer *net, gd_optimizer *optimizer, gd_tensor *x, gd_tensor *t)
{
    double error = 0;
    gd_schedule *schedule = gd_schedule_then(gd_linear_lr(optimizer, .start_factor = 0.1, .total_iters = WARM_UP),
                                             WARM_UP, gd_cosine_annealing_lr(optimizer, .T_max = STEPS - WARM_UP));
    for (int step = 0; step < STEPS; step++) {
        GD_SCOPE(gd_context_of(x));
        gd_zero_grad(net);
        gd_tensor *loss = gd_mse(gd_forward(net, x), t);
        gd_backward(loss);
        gd_clip_grad_norm(net, .max_norm = 1);
        gd_step(optimizer);
        gd_schedule_step(schedule);
        error = gd_item(loss);
    }
    return error;
}

int main(void)
{
    static const char *const names[] = { "sgd", "adagrad", "rmsprop", "adam", "adamw" };
    gd_context *g = gd_open();
    gd_tensor *x = gd_reshape(gd_sub_scalar(gd_div_scalar(gd_arange(g, GD_FLOAT32, 101), 50), 1), gd_shape(101, 1));
    gd_tensor *t = gd_sin(gd_mul_scalar(x, 3));            /* sin 3x on -1 .. 1 */

    for (int i = 0; i < 5; i++) {
        gd_seed(g, GD_RNG_PHILOX, 1);                      /* the same weights for all */
        gd_layer *net = gd_sequential(g, gd_linear(g, 1, 32), gd_relu_layer(g), gd_linear(g, 32, 1));
        gd_optimizer *choice[] = { gd_sgd(net, .lr = 0.1, .momentum = 0.9), gd_adagrad(net, .lr = 0.1),
                                   gd_rmsprop(net, .lr = 0.01), gd_adam(net, .lr = 0.01),
                                   gd_adamw(net, .lr = 0.01, .weight_decay = 0.01) };
        gd_optimizer_group(choice[4], "*.bias", .weight_decay = 0);
        printf("%-8s mean squared error %.6f after %d steps\n", names[i], train(net, choice[i], x, t), STEPS);
    }
    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
