/* Notebook 000: a network of two inputs, two hidden sigmoids and one output; one sample, forward and backward.
 *
 * Nothing is automatic here. Each line of the backward pass is one step of the chain rule, and each gradient has the shape of
 * what it belongs to. docs/matrix-gradients.md says where the transposes come from. */
#include <gradus/gradus.h>
#include <stdio.h>

/* In [4]: the activation, and its slope */
static gd_tensor *sigmoid(gd_tensor *x)
{
    return gd_reciprocal(gd_add_scalar(gd_exp(gd_neg(x)), 1)); /* 1 / (1 + e^-x) */
}

static gd_tensor *sigmoid_slope(gd_tensor *x)
{
    gd_tensor *s = sigmoid(x);
    return gd_mul(s, gd_rsub_scalar(s, 1)); /* s (1 - s) */
}

static void print_labelled(const char *label, const gd_tensor *t)
{
    fputs(label, stdout);
    gd_print(t, stdout);
}

int main(void)
{
    gd_context *g = gd_open();

    puts("In [1]:"); /* the sample and what it should give */
    gd_tensor *x = gd_values(g, gd_shape(1, 2), 0.5, 0.8);
    gd_tensor *y_true = gd_values(g, gd_shape(1, 1), 1);
    printf("x.size = torch.Size([%d, %d]), y.true_size = torch.Size([%d, %d])\n", (int)gd_size(x, 0),
           (int)gd_size(x, 1), (int)gd_size(y_true, 0), (int)gd_size(y_true, 1));

    puts("\nIn [2]:"); /* from the input to the hidden layer */
    gd_tensor *W1 = gd_values(g, gd_shape(2, 2), 0.1, 0.3, 0.2, 0.4);
    gd_tensor *b1 = gd_values(g, gd_shape(2), 0.1, 0.2);
    gd_print(W1, stdout);
    gd_print(b1, stdout);

    puts("\nIn [3]:"); /* from the hidden layer to the output */
    gd_tensor *W2 = gd_values(g, gd_shape(2, 1), 0.5, 0.6);
    gd_tensor *b2 = gd_values(g, gd_shape(1), 0.3);
    gd_print(W2, stdout);
    gd_print(b2, stdout);

    puts("\nIn [5]:");                             /* forward */
    gd_tensor *z1 = gd_add(gd_matmul(x, W1), b1);  /* (1, 2) (2, 2) + (2) = (1, 2) */
    gd_tensor *a1 = sigmoid(z1);                   /* (1, 2) */
    gd_tensor *z2 = gd_add(gd_matmul(a1, W2), b2); /* (1, 2) (2, 1) + (1) = (1, 1) */
    gd_tensor *a2 = sigmoid(z2);                   /* (1, 1) */
    gd_print(z1, stdout);
    gd_print(a1, stdout);
    gd_print(z2, stdout);
    gd_print(a2, stdout);

    /* In [6]: the loss. The half takes away the 2 that the square leaves in the derivative. */
    gd_tensor *loss = gd_mul_scalar(gd_square(gd_sub(y_true, a2)), 0.5);
    (void)loss; /* from here on only its derivative counts */

    puts("\nIn [7]:");                                                 /* backward through the output layer */
    gd_tensor *delta2 = gd_mul(gd_sub(a2, y_true), sigmoid_slope(z2)); /* dL/dz2: (1, 1) */
    gd_tensor *dW2 = gd_matmul(gd_t(a1), delta2);                      /* dL/dW2: (2, 1) (1, 1) = (2, 1) */
    gd_tensor *db2 = delta2;                                           /* dL/db2 */
    gd_print(delta2, stdout);
    gd_print(dW2, stdout);
    gd_print(db2, stdout);

    puts("\nIn [8]:");                                  /* backward through the hidden layer */
    gd_tensor *da1 = gd_matmul(delta2, gd_t(W2));       /* dL/da1: (1, 1) (1, 2) = (1, 2) */
    gd_tensor *delta1 = gd_mul(da1, sigmoid_slope(z1)); /* dL/dz1: (1, 2) */
    gd_tensor *dW1 = gd_matmul(gd_t(x), delta1);        /* dL/dW1: (2, 1) (1, 2) = (2, 2) */
    gd_tensor *db1 = delta1;                            /* dL/db1 */
    gd_print(delta1, stdout);
    gd_print(dW1, stdout);
    gd_print(db1, stdout);

    puts("\nIn [9]:"); /* the gradients together */
    print_labelled("출력층 기울기 dW2 ", dW2);
    print_labelled("은닉층 기울기 dW1 ", dW1);
    print_labelled("은닉층 편향 기울기 db1 ", db1);

    int failed = gd_failed(g); /* errors are values: asked once, at the end */
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
