/* Is that gradient right? And if not, what is wrong with it? A layer, a function of tensors at a kink, and a network whose
 * backward was written by hand, with two mistakes in it: the checks say which. */
#include <gradus/gradus.h>
#include <stdio.h>

/* ---- a function of tensors: |x| has a kink at 0 ---- */

static gd_tensor *distance(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_sum(gd_abs(in[0]));
}

/* ---- a network by hand ---- */

typedef struct network {
    gd_tensor *x, *t; /* (4, 3), (4, 2) */
    gd_tensor *W1, *b1, *W2, *b2;
} network;

static gd_tensor *hidden(const network *n)
{
    return gd_tanh(gd_add(gd_matmul(n->x, n->W1), n->b1));
}

static gd_tensor *output(const network *n, gd_tensor *a1)
{
    return gd_add(gd_matmul(a1, n->W2), n->b2);
}

/* What the gradients should be those of. The check calls it, and moves the parameters in between. */
static gd_tensor *loss(void *user, gd_tensor *const *in, size_t count)
{
    const network *n = user;
    (void)in;
    (void)count;
    return gd_mse(output(n, hidden(n)), n->t);
}

static network new_network(gd_context *g)
{
    return (network){ .x = gd_randn(g, GD_DEFAULT, gd_shape(4, 3)),
                      .t = gd_randn(g, GD_DEFAULT, gd_shape(4, 2)),
                      .W1 = gd_name(gd_randn(g, GD_DEFAULT, gd_shape(3, 5)), "W1"),
                      .b1 = gd_name(gd_randn(g, GD_DEFAULT, gd_shape(5)), "b1"),
                      .W2 = gd_name(gd_randn(g, GD_DEFAULT, gd_shape(5, 2)), "W2"),
                      .b2 = gd_name(gd_randn(g, GD_DEFAULT, gd_shape(2)), "b2") };
}

static gd_tensor *slope_of_tanh(gd_tensor *z)
{
    return gd_rsub_scalar(gd_square(gd_tanh(z)), 1);
}

/* The slope is taken at a1, which is a tanh already, and not at what went into it; and db2 is the mean over the samples where
 * it should be the sum, since the mean of the loss is within d2 already. */
static gd_check *check_by_hand(gd_context *g, network *n)
{
    gd_tensor *a1 = hidden(n), *y = output(n, a1);
    gd_tensor *d2 = gd_mul_scalar(gd_sub(y, n->t), 2.0 / 8);
    gd_tensor *d1 = gd_mul(gd_matmul(d2, gd_t(n->W2)), slope_of_tanh(a1));
    gd_tensor *dW1 = gd_matmul(gd_t(n->x), d1), *db1 = gd_sum(d1, gd_axes(0));
    gd_tensor *dW2 = gd_matmul(gd_t(a1), d2), *db2 = gd_mean(d2, gd_axes(0));
    return gd_gradcheck(g, loss, gd_no_tensors, .user = n, .parameters = gd_list(n->W1, n->b1, n->W2, n->b2),
                        .claimed = gd_list(dW1, db1, dW2, db2));
}

int main(void)
{
    gd_context *g = gd_open();
    gd_seed(g, GD_RNG_NUMPY, 3);

    puts("---- a layer");
    gd_layer *net = gd_sequential(g, gd_linear(g, 3, 4), gd_gelu_layer(g), gd_linear(g, 4, 2));
    gd_print_check(gd_gradcheck_layer(net, gd_randn(g, GD_DEFAULT, gd_shape(5, 3))), stdout);

    puts("\n---- a function at its kink");
    gd_print_check(gd_gradcheck(g, distance, gd_list(gd_values(g, gd_shape(3), -1, 0, 2))), stdout);

    puts("\n---- a network by hand");
    network n = new_network(g);
    gd_check *check = check_by_hand(g, &n);
    gd_print_check(check, stdout);

    /* The same for a program to act on. */
    for (int i = 0; i < gd_check_count(check); i++) {
        const gd_check_input *in = gd_check_at(check, i);
        if (in->verdict == GD_CHECK_WRONG && in->explanations > 0)
            printf("%s: %s\n", in->name, gd_cause_key(in->explanation[0].mistake[0].cause));
    }
    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
