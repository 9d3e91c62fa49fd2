/* XOR, learnt by a 2-2-1 network: the same numbers as PyTorch prints from seed 70. */
#include <gradus/gradus.h>
#include <stdio.h>

static gd_layer *xor_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g),
                            gd_linear(g, 2, 1), gd_sigmoid_layer(g));
}

int main(void)
{
    gd_context *g = gd_open();
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_print_parameters(xor_network(g), stdout);   /* notebook 003 prints a first network: it draws first */

    gd_tensor *x = gd_values(g, gd_shape(4, 2), 0, 0,  0, 1,  1, 0,  1, 1);
    gd_tensor *t = gd_values(g, gd_shape(4, 1), 0, 1, 1, 0);
    gd_layer *net = xor_network(g);
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.5);

    for (int step = 0; step <= 10000; step++) {
        GD_SCOPE(g);                               /* what is made from here on goes at the closing brace */
        gd_zero_grad(net);
        gd_tensor *loss = gd_bce(gd_forward(net, x), t);
        gd_backward(loss);
        gd_step(sgd);
        if (step % 1000 == 0)
            printf("%d:\t %.4f\n", step, gd_item(loss));
    }
    if (gd_failed(g))
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
}
