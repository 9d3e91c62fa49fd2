/* Notebook 003: derivatives by the computational graph, a network of nine parameters that learns XOR, comparisons, shapes,
 * and what is refused. */
#include <gradus/gradus.h>
#include <stdio.h>

/* ---- In [1]: a derivative by its formula ---- */

static gd_tensor *slope_of_square(gd_tensor *x)
{
    return gd_mul_scalar(x, 2);
}

static void a_derivative(gd_context *g)
{
    puts("In [1]:");
    gd_tensor *x0 = gd_values(g, gd_shape(1), 4);
    gd_tensor *y0 = slope_of_square(x0);
    printf("differentiation of x=%s is %.1f\n", gd_repr(gd_item(x0)), gd_item(y0));
}

/* ---- In [2], In [11]: a network and its parameters ---- */

static gd_layer *xor_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g), gd_linear(g, 2, 1), gd_sigmoid_layer(g));
}

static void parameters(gd_context *g)
{
    puts("\nIn [2]:");
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_layer *net = gd_init(xor_network(g)); /* draws the parameters now, as PyTorch does */
    int64_t count = 0;
    for (int i = 0; i < gd_parameter_count(net); i++)
        count += gd_numel(gd_parameter(net, i));
    printf("%d\n", (int)count);

    puts("\nIn [11]:");
    for (int i = 0; i < gd_parameter_count(net); i++) {
        gd_tensor *p = gd_parameter(net, i), *flat = gd_reshape(p, gd_shape(-1));
        gd_print(p, stdout);
        gd_print(flat, stdout);
        printf("%d\n\n", (int)gd_size(flat, 0));
    }
}

/* ---- In [12], In [13]: z = t^2, t = x + y, forward and backward by hand ---- */

static gd_tensor *forward(gd_tensor *x, gd_tensor *y)
{
    gd_tensor *t = gd_add(x, y);
    return gd_pow_scalar(t, 2);
}

/* dz/dx = dz/dt dt/dx */
static gd_tensor *backward(gd_tensor *t)
{
    gd_tensor *dz_dt = gd_mul_scalar(t, 2);
    double dt_dx = 1;
    return gd_mul_scalar(dz_dt, dt_dx);
}

static void by_hand(gd_context *g)
{
    gd_tensor *x = gd_values(g, gd_shape(1), 1), *y = gd_values(g, gd_shape(1), 3);
    puts("\nIn [12]:");
    gd_print(forward(x, y), stdout);
    puts("\nIn [13]:");
    gd_print(backward(gd_add(x, y)), stdout);
}

/* ---- In [14] and those after it: the same automatically ---- */

/* A refusal is an error value. It is printed and lifted here, since the notebook goes on after it. */
static void print_refusal(gd_context *g)
{
    puts(gd_message(g));
    gd_clear(g);
}

static const char *truth(bool is)
{
    return is ? "True" : "False";
}

static void automatically(gd_context *g)
{
    puts("\nIn [14]:");
    gd_tensor *x = gd_require_grad(gd_values(g, gd_shape(1), 1), true);
    gd_tensor *y = gd_name(gd_values(g, gd_shape(1), 3), "y");
    gd_tensor *z = gd_name(forward(x, y), "z"); /* recorded, since x requires a gradient */
    char made_by[64];
    gd_grad_fn(z, made_by, sizeof made_by);
    printf("requires grad: x=%s y=%s, z=%s\n", truth(gd_requires_grad(x)), truth(gd_requires_grad(y)),
           truth(gd_requires_grad(z)));
    printf("gradient function of z: <%s>\n", made_by);
    gd_backward(z);
    fputs("dx = ", stdout);
    gd_print(gd_grad(x), stdout);

    puts("\nIn [16]:");
    gd_grad(z); /* z is no leaf: gradients are gathered in leaves */
    print_refusal(g);

    puts("\nIn [19]:");
    gd_grad(y); /* y asked for none */
    print_refusal(g);

    puts("\nIn [15]:");
    gd_print(z, stdout);
}

/* ---- In [20], In [35]: XOR, learnt ---- */

static void learn_xor(gd_context *g)
{
    puts("\nIn [20]:");
    gd_tensor *x = gd_values(g, gd_shape(4, 2), 0, 0, 0, 1, 1, 0, 1, 1);
    gd_tensor *t = gd_values(g, gd_shape(4), 0, 1, 1, 0);
    gd_layer *net = xor_network(g); /* a second network: its draws follow those of the first */
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.5);

    for (int step = 0; step < 10001; step++) {
        GD_SCOPE(g);                                   /* what a step makes goes at the closing brace */
        gd_zero_grad(net);                             /* 1) forget the gradients of the step before */
        gd_tensor *y = gd_forward(net, x);             /* 2) forward */
        gd_tensor *loss = gd_bce(gd_squeeze(y, 1), t); /* 3) the loss */
        gd_backward(loss);                             /* 4) backward */
        gd_step(sgd);                                  /* 5) down the gradient */
        if (step % 1000 == 0)
            printf("%d:\t %.4f\n", step, gd_item(loss));
    }
    gd_tensor *pred = gd_ge_scalar(gd_forward(net, x), 0.5);
    gd_print(gd_reshape(pred, gd_shape(-1)), stdout);

    puts("\nIn [35]:");
    gd_print(pred, stdout);
}

/* ---- In [22] to In [24]: comparisons broadcast, where the shapes allow it ---- */

static void comparisons(gd_context *g)
{
    gd_tensor *one = gd_values_as(g, GD_INT64, gd_shape(1, 1), 1);
    gd_tensor *square = gd_values_as(g, GD_INT64, gd_shape(2, 2), 0, 1, 3, 4);

    puts("\nIn [22]:");
    gd_print(gd_ge(one, square), stdout);

    puts("\nIn [23]:");
    gd_print(gd_ge(one, gd_values_as(g, GD_INT64, gd_shape(4), 0, 1, 3, 4)), stdout);

    puts("\nIn [24]:");
    gd_ge(gd_values_as(g, GD_INT64, gd_shape(1, 4), 1, 2, 3, 4), square);
    print_refusal(g);
}

/* ---- In [25], In [34]: shapes, and the same numbers in another shape ---- */

static void print_size(const gd_tensor *t)
{
    gd_dims shape = gd_sizes(t);
    printf("torch.Size([");
    for (int i = 0; i < shape.count; i++)
        printf("%s%d", i > 0 ? ", " : "", (int)shape.size[i]);
    printf("])\n");
}

static void shapes(gd_context *g)
{
    puts("\nIn [25]:");
    print_size(gd_values_as(g, GD_INT64, gd_shape(4), 0, 1, 3, 4));

    puts("\nIn [34]:");
    gd_tensor *a = gd_values_as(g, GD_INT64, gd_shape(2, 2), 1, 2, 3, 4);
    gd_tensor *b = gd_values_as(g, GD_INT64, gd_shape(3, 3), 1, 2, 3, 3, 4, 5, 5, 6, 7);
    print_size(a);
    print_size(gd_reshape(a, gd_shape(-1)));
    print_size(b);
    print_size(gd_reshape(b, gd_shape(-1)));
    gd_print(b, stdout);
    gd_print(gd_reshape(b, gd_shape(-1)), stdout);
    gd_print(gd_reshape(b, gd_shape(3, -1)), stdout);
}

int main(void)
{
    gd_context *g = gd_open();
    a_derivative(g);
    parameters(g);
    by_hand(g);
    automatically(g);
    learn_xor(g);
    comparisons(g);
    shapes(g);
    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
    return failed;
}
