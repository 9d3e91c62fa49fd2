/* Notebook 001: XOR by hand, and why its loss becomes NaN.
 *
 * First the run as it stands in the notebook: the library watches for the first number that is not finite, and says which
 * operation made it. Then the run mended. */
#include <gradus/gradus.h>
#include <stdio.h>

enum { EPOCHS = 10000 };

/* ---- In [57]: the data, the network and its functions ---- */

typedef struct network {
    gd_tensor *X, *y; /* (4, 2), (4, 1): all samples at once */
    gd_tensor *w1, *b1, *w2, *b2;
} network;

static network new_network(gd_context *g)
{
    return (network){ .X = gd_values(g, gd_shape(4, 2), 0, 0, 0, 1, 1, 0, 1, 1),
                      .y = gd_values(g, gd_shape(4, 1), 0, 1, 1, 0),
                      .w1 = gd_values(g, gd_shape(2, 2), 1, 1, 1, 1),
                      .b1 = gd_values(g, gd_shape(2), 1, 2),
                      .w2 = gd_values(g, gd_shape(2, 1), 2, 1),
                      .b2 = gd_values(g, gd_shape(1), 1) };
}

static gd_tensor *sigmoid(gd_tensor *x)
{
    return gd_reciprocal(gd_add_scalar(gd_exp(gd_neg(x)), 1));
}

static gd_tensor *sigmoid_slope(gd_tensor *x)
{
    return gd_mul(sigmoid(x), gd_rsub_scalar(sigmoid(x), 1));
}

/* 1 - y_pred, with a name for messages. */
static gd_tensor *rest(gd_tensor *y_pred)
{
    return gd_name(gd_rsub_scalar(y_pred, 1), "1 - y_pred");
}

/* The mean of y log(y_pred) + (1 - y) log(1 - y_pred). */
static gd_tensor *log_likelihood(gd_tensor *y, gd_tensor *y_pred)
{
    gd_tensor *of_ones = gd_mul(y, gd_log(y_pred));
    gd_tensor *of_zeros = gd_mul(gd_rsub_scalar(y, 1), gd_log(rest(y_pred)));
    return gd_mean(gd_add(of_ones, of_zeros));
}

/* y / y_pred - (1 - y) / (1 - y_pred): the derivative of each sample's share. */
static gd_tensor *log_likelihood_slope(gd_tensor *y, gd_tensor *y_pred)
{
    return gd_sub(gd_div(y, y_pred), gd_div(gd_rsub_scalar(y, 1), rest(y_pred)));
}

/* ---- In [59]: one epoch ---- */

typedef struct pass {
    gd_tensor *l1, *a1, *l2, *y_pred;
} pass;

static pass forward(const network *n)
{
    pass p;
    p.l1 = gd_add(gd_matmul(n->X, n->w1), n->b1); /* (4, 2) (2, 2) + (2) = (4, 2) */
    p.a1 = sigmoid(p.l1);
    p.l2 = gd_add(gd_matmul(p.a1, n->w2), n->b2); /* (4, 2) (2, 1) + (1) = (4, 1) */
    p.y_pred = sigmoid(p.l2);
    return p;
}

typedef struct gradients {
    gd_tensor *w1, *w2;
    gd_tensor *l1, *l2; /* of the biases, but for each sample still */
} gradients;

/* docs/matrix-gradients.md derives each line. */
static gradients backward(const network *n, const pass *p, gd_tensor *d_loss)
{
    gradients d;
    d.l2 = gd_mul(sigmoid_slope(p->l2), d_loss);    /* layer 2: (4, 1) */
    d.w2 = gd_matmul(gd_t(p->a1), d.l2);            /* (2, 4) (4, 1) = (2, 1) */
    gd_tensor *d_a1 = gd_matmul(d.l2, gd_t(n->w2)); /* layer 1: (4, 1) (1, 2) = (4, 2) */
    d.l1 = gd_mul(sigmoid_slope(p->l1), d_a1);      /* (4, 2) */
    d.w1 = gd_matmul(gd_t(n->X), d.l1);             /* (2, 4) (4, 2) = (2, 2) */
    return d;
}

static void descend(gd_tensor *parameter, gd_tensor *gradient, double rate)
{
    gd_assign(parameter, gd_sub(parameter, gd_mul_scalar(gradient, rate)));
}

static gd_tensor *epoch_as_it_stands(const network *n, double rate)
{
    pass p = forward(n);
    gd_tensor *loss = log_likelihood(n->y, p.y_pred);
    gradients d = backward(n, &p, log_likelihood_slope(n->y, p.y_pred));
    descend(n->w1, d.w1, rate);
    descend(n->b1, gd_mean(d.l1, gd_axes(0)), rate);
    descend(n->w2, d.w2, rate);
    descend(n->b2, gd_mean(d.l2, gd_axes(0)), rate);
    return loss;
}

/* Two faults are mended. The loss is the log-likelihood with a minus: a descent makes the likelihood small, and the
 * predictions ran into the wrong ends, where log(1 - y_pred) is log(0). And the loss is a mean, so each sample's share is
 * divided by 4 once, at the top. After that all gradients are sums over the samples: those of the weights are, by the
 * matrix product, and those of the biases must be, too. */
static gd_tensor *epoch_mended(const network *n, double rate)
{
    pass p = forward(n);
    gd_tensor *loss = gd_neg(log_likelihood(n->y, p.y_pred));
    gradients d = backward(n, &p, gd_div_scalar(log_likelihood_slope(n->y, p.y_pred), -4));
    descend(n->w1, d.w1, rate);
    descend(n->b1, gd_sum(d.l1, gd_axes(0)), rate);
    descend(n->w2, d.w2, rate);
    descend(n->b2, gd_sum(d.l2, gd_axes(0)), rate);
    return loss;
}

/* ---- the two runs ---- */

static void as_it_stands(gd_context *g)
{
    network n = new_network(g);
    puts("In [58]:");
    printf("torch.Size([%d])\n", (int)gd_size(n.b1, 0));

    puts("\nIn [59]:");
    bool told = false;
    gd_watch_finite(g, true);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        GD_SCOPE(g); /* what an epoch makes goes at the closing brace */
        gd_tensor *loss = epoch_as_it_stands(&n, 0.01);
        if (gd_first_nonfinite(g)->found && !told)
            printf("epoch %d, loss %s: %s\n", epoch, gd_repr(gd_item(loss)), gd_first_nonfinite(g)->message);
        told = gd_first_nonfinite(g)->found;
        if (epoch % 500 == 0) /* the notebook's percentage is a fraction */
            printf("EPOCH : %d / %d (%.0f%%) \t Loss : %s\n", epoch, EPOCHS, (double)epoch / EPOCHS,
                   gd_repr(gd_item(loss)));
    }
}

static void mended(gd_context *g)
{
    network n = new_network(g);
    puts("\nIn [59], mended:");
    gd_watch_finite(g, true);
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        GD_SCOPE(g);
        gd_tensor *loss = epoch_mended(&n, 0.5);
        if (epoch % 500 == 0)
            printf("EPOCH : %d / %d \t Loss : %.4f\n", epoch, EPOCHS, gd_item(loss));
    }
    gd_print(forward(&n).y_pred, stdout);
    puts(gd_first_nonfinite(g)->found ? gd_first_nonfinite(g)->message : "all numbers were finite");
}

int main(void)
{
    gd_context *g = gd_open();
    as_it_stands(g);
    mended(g);
    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
