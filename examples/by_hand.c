/* A 2-2-1 network, one sample: the gradient of W1 three times, with matrix products as one would derive it on paper, layer
 * by layer, and automatically. All three run the same derivative rules. */
#include <gradus/gradus.h>
#include <stdio.h>

static gd_tensor *slope_of_sigmoid(gd_tensor *a)
{
    return gd_mul(a, gd_rsub_scalar(a, 1));                       /* a (1 - a) */
}

int main(void)
{
    gd_context *g = gd_open();
    gd_tensor *x = gd_values(g, gd_shape(1, 2), 0.5, 0.8), *y = gd_values(g, gd_shape(1, 1), 1);
    gd_tensor *W1 = gd_values(g, gd_shape(2, 2), 0.1, 0.3, 0.2, 0.4), *b1 = gd_values(g, gd_shape(2), 0.1, 0.2);
    gd_tensor *W2 = gd_values(g, gd_shape(2, 1), 0.5, 0.6), *b2 = gd_values(g, gd_shape(1), 0.3);

    /* by hand */
    gd_tensor *z1 = gd_add(gd_matmul(x, W1), b1), *a1 = gd_sigmoid(z1);
    gd_tensor *z2 = gd_add(gd_matmul(a1, W2), b2), *a2 = gd_sigmoid(z2);
    gd_tensor *delta2 = gd_mul(gd_sub(a2, y), slope_of_sigmoid(a2));
    gd_tensor *delta1 = gd_mul(gd_matmul(delta2, gd_t(W2)), slope_of_sigmoid(a1));
    gd_tensor *dW1 = gd_matmul(gd_t(x), delta1);
    gd_print(dW1, stdout);

    /* layer by layer */
    gd_layer *affine1 = gd_affine(W1, b1), *sigmoid1 = gd_sigmoid_layer(g);
    gd_layer *affine2 = gd_affine(W2, b2), *sigmoid2 = gd_sigmoid_layer(g);
    gd_tensor *out = gd_forward(sigmoid2, gd_forward(affine2, gd_forward(sigmoid1, gd_forward(affine1, x))));
    gd_tensor *d = gd_layer_backward(sigmoid2, gd_sub(out, y));
    d = gd_layer_backward(affine2, d);
    d = gd_layer_backward(sigmoid1, d);
    gd_layer_backward(affine1, d);
    gd_print(gd_layer_grad(affine1, "W"), stdout);

    /* automatically */
    gd_clear_grad(W1);
    gd_layer *net = gd_sequential(g, affine1, sigmoid1, affine2, sigmoid2);
    gd_backward(gd_sum(gd_mul_scalar(gd_square(gd_sub(gd_forward(net, x), y)), 0.5)));
    gd_print(gd_grad(W1), stdout);

    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
