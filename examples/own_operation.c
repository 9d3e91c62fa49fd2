/* An operation of one's own, forward and backward in plain C: swish, y = x sigmoid(beta x), where beta is learnt too. Its
 * gradients are checked; then a network with it learns a sine. */
#include <gradus/gradus.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static double sigmoid(double z)
{
    return 1 / (1 + exp(-z));
}

/* The elements of a tensor as doubles, whatever it is; NULL on an error. */
static double *numbers_of(gd_tensor *t)
{
    size_t count = (size_t)gd_numel(t);
    double *numbers = malloc(count * sizeof *numbers);
    if (numbers && gd_read(t, GD_FLOAT64, numbers, count))
        return numbers;
    free(numbers);
    return NULL;
}

/* A tensor of the shape and dtype of x over numbers that go with it. */
static gd_tensor *tensor_over(double *numbers, gd_tensor *x)
{
    gd_tensor *t = gd_borrow(gd_context_of(x), GD_FLOAT64, gd_sizes(x), NULL, numbers, free, numbers);
    if (!gd_is_tensor(t))
        free(numbers);
    return gd_cast(t, gd_dtype_of(x));
}

static gd_tensor *swish_forward(gd_operation_call *c)
{
    gd_tensor *x = c->x.item[0];
    double beta = gd_item(c->x.item[1]), *y = numbers_of(x);
    for (int64_t i = 0; y && i < gd_numel(x); i++)
        y[i] *= sigmoid(beta * y[i]);
    return tensor_over(y, x);
}

/* With s = sigmoid(beta x): dx = dy (s + beta x s (1 - s)), dbeta = sum dy x^2 s (1 - s). */
static bool swish_backward(gd_operation_call *c, gd_tensor **dx)
{
    double beta = gd_item(c->x.item[1]), dbeta = 0, *x = numbers_of(c->x.item[0]), *d = numbers_of(c->dy);
    for (int64_t i = 0; x && d && i < gd_numel(c->dy); i++) {
        double s = sigmoid(beta * x[i]), slope = x[i] * s * (1 - s);
        dbeta += d[i] * x[i] * slope;
        d[i] *= s + beta * slope;
    }
    bool good = x && d;
    free(x);
    dx[0] = tensor_over(d, c->x.item[0]);
    dx[1] = gd_full_like(c->x.item[1], dbeta);
    return good;
}

/* ---- what it is good for ---- */

static gd_tensor *swish_layer(void *swish, gd_layer *self, gd_tensor *x)
{
    return gd_apply(swish, x, gd_parameter_named(self, "beta"));
}

int main(void)
{
    gd_context *g = gd_open();
    gd_set_default_dtype(g, GD_FLOAT64);
    gd_operation *swish = gd_define(g, "swish", swish_forward, swish_backward, .once = true);
    gd_tensor *some = gd_name(gd_linspace(g, GD_DEFAULT, -4, 4, 16), "x");
    gd_tensor *beta = gd_name(gd_full(g, GD_DEFAULT, gd_shape(), 1.5), "beta");
    gd_print_check(gd_gradcheck_operation(swish, gd_list(some, beta)), stdout);

    gd_layer *activation = gd_custom(g, "swish", swish_layer, .user = swish);
    gd_register_parameter(activation, "beta", gd_ones(g, GD_DEFAULT, gd_shape()));
    gd_layer *net = gd_sequential(g, gd_linear(g, 1, 16), activation, gd_linear(g, 16, 1));
    gd_optimizer *adam = gd_adam(net, .lr = 0.02);
    gd_tensor *x = gd_reshape(gd_linspace(g, GD_DEFAULT, -4, 4, 100), gd_shape(-1, 1)), *y = gd_sin(x);
    for (int step = 0; step <= 1000; step++) {
        GD_SCOPE(g);
        gd_zero_grad(net);
        gd_tensor *loss = gd_mse(gd_forward(net, x), y);
        gd_backward(loss);
        gd_step(adam);
        if (step % 250 == 0)
            printf("step %4d: mean squared error %.6f, beta %.3f\n", step, gd_item(loss),
                   gd_item(gd_parameter_named(net, "1.beta")));
    }
    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
