/* A compiled step: XOR as examples/xor.c learns it, to the last bit. The step is run once and recorded; after that the plan is
 * replayed. `compiled plan` prints what a replay does. */
#include <gradus/gradus.h>
#include <stdio.h>

typedef struct trainer {
    gd_layer *net;
    gd_optimizer *sgd;
} trainer;

static gd_tensor *step(void *user, gd_tensor *const *in, size_t n)
{
    trainer *m = user;
    (void)n;
    gd_zero_grad(m->net);
    gd_tensor *loss = gd_bce(gd_forward(m->net, in[0]), in[1]);
    gd_backward(loss);
    gd_step(m->sgd);
    return loss;
}

int main(int count, char **arguments)
{
    (void)arguments;
    gd_context *g = gd_open();
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_tensor *x = gd_values(g, gd_shape(4, 2), 0, 0,  0, 1,  1, 0,  1, 1);
    gd_tensor *t = gd_values(g, gd_shape(4, 1), 0, 1, 1, 0);
    trainer m = { .net = gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g), gd_linear(g, 2, 1),
                                       gd_sigmoid_layer(g)) };
    m.sgd = gd_sgd(m.net, .lr = 0.5);
    gd_plan *train = gd_compile(g, step, &m);

    for (int i = 0; i <= 10000; i++) {
        gd_tensor *loss = gd_run(train, x, t); /* the plan's: its next run writes over it */
        if (i % 1000 == 0)
            printf("%d:\t %.4f\n", i, gd_item(loss));
    }
    if (count > 1)
        gd_print_plan(train, stdout);
    if (gd_failed(g))
        fprintf(stderr, "%s\n", gd_message(g));
    bool failed = gd_failed(g);
    gd_close(g);
    return failed;
}
