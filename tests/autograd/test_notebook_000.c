/* test_notebook_000.c - notebook 000 three ways: a 2-2-1 network of sigmoids, one sample, half the squared error.
 *
 * By hand with matrices, as the notebook does it, what it prints must come out character by character. Automatically and
 * layer by layer the same gradients come out. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

static void assert_prints(gd_tensor *t, const char *text)
{
    char got[400];
    gd_format(t, got, sizeof got);
    assert_string_equal(got, text);
}

/* The notebook's numbers. */
static gd_tensor *x, *y_true, *W1, *b1, *W2, *b2;

static int open_notebook(void **state)
{
    open_context(state);
    x = gd_values(g, gd_shape(1, 2), 0.5, 0.8);
    y_true = gd_values(g, gd_shape(1, 1), 1);
    W1 = gd_values(g, gd_shape(2, 2), 0.1, 0.3, 0.2, 0.4);
    b1 = gd_values(g, gd_shape(2), 0.1, 0.2);
    W2 = gd_values(g, gd_shape(2, 1), 0.5, 0.6);
    b2 = gd_values(g, gd_shape(1), 0.3);
    return gd_failed(g);
}

/* ---- by hand ---- */

static gd_tensor *sigmoid(gd_tensor *z)
{
    return gd_div(gd_scalar(g, GD_DEFAULT, 1), gd_add_scalar(gd_exp(gd_neg(z)), 1));
}

static gd_tensor *sigmoid_slope(gd_tensor *z)
{
    gd_tensor *s = sigmoid(z);
    return gd_mul(s, gd_rsub_scalar(s, 1));
}

typedef struct gradients {
    gd_tensor *z1, *a1, *z2, *a2, *delta2, *dW2, *db2, *delta1, *dW1, *db1;
} gradients;

static gradients by_hand(void)
{
    gradients n;
    n.z1 = gd_add(gd_matmul(x, W1), b1);
    n.a1 = sigmoid(n.z1);
    n.z2 = gd_add(gd_matmul(n.a1, W2), b2);
    n.a2 = sigmoid(n.z2);
    n.db2 = n.delta2 = gd_mul(gd_sub(n.a2, y_true), sigmoid_slope(n.z2));
    n.dW2 = gd_matmul(gd_t(n.a1), n.delta2);
    n.db1 = n.delta1 = gd_mul(gd_matmul(n.delta2, gd_t(W2)), sigmoid_slope(n.z1));
    n.dW1 = gd_matmul(gd_t(x), n.delta1);
    return n;
}

static void the_parameters_print_as_in_the_notebook(void **state)
{
    (void)state;
    assert_prints(W1, "tensor([[0.1000, 0.3000],\n"
                      "        [0.2000, 0.4000]])");
    assert_prints(b1, "tensor([0.1000, 0.2000])");
    assert_prints(W2, "tensor([[0.5000],\n"
                      "        [0.6000]])");
    assert_prints(b2, "tensor([0.3000])");
    assert_shape(x, gd_shape(1, 2));
    assert_shape(y_true, gd_shape(1, 1));
}

static void by_hand_it_prints_what_the_notebook_prints(void **state)
{
    (void)state;
    gradients n = by_hand();
    assert_prints(n.z1, "tensor([[0.3100, 0.6700]])");
    assert_prints(n.a1, "tensor([[0.5769, 0.6615]])");
    assert_prints(n.z2, "tensor([[0.9853]])");
    assert_prints(n.a2, "tensor([[0.7282]])");
    assert_prints(n.delta2, "tensor([[-0.0538]])");
    assert_prints(n.dW2, "tensor([[-0.0310],\n"
                         "        [-0.0356]])");
    assert_prints(n.db2, "tensor([[-0.0538]])");
    assert_prints(n.delta1, "tensor([[-0.0066, -0.0072]])");
    assert_prints(n.dW1, "tensor([[-0.0033, -0.0036],\n"
                         "        [-0.0053, -0.0058]])");
    assert_prints(n.db1, "tensor([[-0.0066, -0.0072]])");
    assert_fine(g);
}

/* ---- the same gradients the other ways ---- */

static void assert_close(gd_tensor *got, gd_tensor *want)
{
    double a[4], b[4];
    size_t count = (size_t)gd_numel(want);
    assert_true(count <= 4);
    assert_true(gd_read(got, GD_FLOAT64, a, count) && gd_read(want, GD_FLOAT64, b, count));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(a[i] - b[i]) <= 1e-7))
            fail_msg("element %zu is %.9g, by hand %.9g", i, a[i], b[i]);
}

static void assert_gradients(const gradients *hand, gd_tensor *dW1, gd_tensor *db1, gd_tensor *dW2, gd_tensor *db2)
{
    assert_shape(dW1, gd_shape(2, 2));
    assert_shape(db1, gd_shape(2));
    assert_shape(dW2, gd_shape(2, 1));
    assert_shape(db2, gd_shape(1));
    assert_close(dW1, hand->dW1);
    assert_close(db1, hand->db1);
    assert_close(dW2, hand->dW2);
    assert_close(db2, hand->db2);
}

static void automatically_the_gradients_are_the_same(void **state)
{
    (void)state;
    gradients hand = by_hand();
    gd_tensor *parameters[] = { W1, b1, W2, b2 };
    for (int i = 0; i < 4; i++)
        gd_require_grad(parameters[i], true);
    gd_tensor *a1 = gd_sigmoid(gd_add(gd_matmul(x, W1), b1)), *a2 = gd_sigmoid(gd_add(gd_matmul(a1, W2), b2));
    gd_tensor *loss = gd_sum(gd_mul_scalar(gd_square(gd_sub(y_true, a2)), 0.5));
    assert_true(gd_backward(loss));
    assert_gradients(&hand, gd_grad(W1), gd_grad(b1), gd_grad(W2), gd_grad(b2));
    assert_prints(gd_grad(W1), "tensor([[-0.0033, -0.0036],\n"
                               "        [-0.0053, -0.0058]])");
    assert_fine(g);
}

/* The hand-written sigmoid is made of four operations; backward goes through them, too. */
static void automatically_through_the_hand_written_sigmoid(void **state)
{
    (void)state;
    gradients hand = by_hand();
    gd_tensor *parameters[] = { W1, b1, W2, b2 }, *d[4];
    for (int i = 0; i < 4; i++)
        gd_require_grad(parameters[i], true);
    gradients n = by_hand();
    gd_tensor *loss = gd_mul_scalar(gd_square(gd_sub(y_true, n.a2)), 0.5);
    assert_true(gd_gradient(loss, NULL, 4, parameters, d, false));
    assert_gradients(&hand, d[0], d[1], d[2], d[3]);
    assert_true(gd_backward(loss));
    assert_gradients(&hand, gd_grad(W1), gd_grad(b1), gd_grad(W2), gd_grad(b2));
    assert_fine(g);
}

static void layer_by_layer_the_gradients_are_the_same(void **state)
{
    (void)state;
    gradients hand = by_hand();
    gd_layer *layers[] = { gd_affine(W1, b1), gd_sigmoid_layer(g), gd_affine(W2, b2), gd_sigmoid_layer(g) };
    gd_tensor *a = x;
    for (int i = 0; i < 4; i++)
        a = gd_forward(layers[i], a);
    assert_close(a, hand.a2);
    gd_tensor *d = gd_sub(a, y_true);
    for (int i = 3; i >= 0; i--) {
        d = gd_layer_backward(layers[i], d);
        if (i == 3)
            assert_close(d, hand.delta2);
        else if (i == 1)
            assert_close(d, hand.delta1);
    }
    assert_gradients(&hand, gd_layer_grad(layers[0], "W"), gd_layer_grad(layers[0], "b"),
                     gd_layer_grad(layers[2], "W"), gd_layer_grad(layers[2], "b"));
    assert_fine(g);
}

static void the_whole_row_is_a_layer_too(void **state)
{
    (void)state;
    gradients hand = by_hand();
    gd_layer *net = gd_sequential(g, gd_affine(W1, b1), gd_sigmoid_layer(g), gd_affine(W2, b2), gd_sigmoid_layer(g));
    gd_tensor *a = gd_forward(net, x), *dx = gd_layer_backward(net, gd_sub(a, y_true));
    assert_close(dx, gd_matmul(hand.delta1, gd_t(W1)));
    assert_gradients(&hand, gd_layer_grad(net, "0.W"), gd_layer_grad(net, "0.b"), gd_layer_grad(net, "2.W"),
                     gd_layer_grad(net, "2.b"));
    assert_fine(g);
}

#define IN_NOTEBOOK(test) cmocka_unit_test_setup_teardown(test, open_notebook, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_NOTEBOOK(the_parameters_print_as_in_the_notebook),
        IN_NOTEBOOK(by_hand_it_prints_what_the_notebook_prints),
        IN_NOTEBOOK(automatically_the_gradients_are_the_same),
        IN_NOTEBOOK(automatically_through_the_hand_written_sigmoid),
        IN_NOTEBOOK(layer_by_layer_the_gradients_are_the_same),
        IN_NOTEBOOK(the_whole_row_is_a_layer_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
