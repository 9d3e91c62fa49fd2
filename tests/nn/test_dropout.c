/* test_dropout.c - zeroing at random: how often, what is left, and when not. */
#include "values.h"

enum { MANY = 20000 };

static int64_t count_zeros(gd_tensor *y)
{
    return (int64_t)gd_item(gd_sum(gd_eq_scalar(y, 0)));
}

static void the_rest_is_scaled(void **state)
{
    (void)state;
    gd_layer *drop = gd_dropout(g, 0.2);
    gd_tensor *y = gd_forward(drop, gd_full(g, GD_FLOAT32, gd_shape(MANY), 2));
    const float *value = gd_data(y);
    for (int i = 0; i < MANY; i++)
        assert_true(value[i] == 0 || value[i] == 2 * (1 / 0.8f));
    /* five deviations of the binomial distribution: sqrt(n p (1 - p)) = 57 */
    assert_true(llabs(count_zeros(y) - MANY / 5) < 5 * 57);
    assert_fine(g);
}

static void backward_goes_where_the_forward_went(void **state)
{
    (void)state;
    gd_layer *drop = gd_dropout(g, 0.5);
    gd_tensor *x = gd_require_grad(gd_ones(g, GD_FLOAT64, gd_shape(30)), true), *y = gd_forward(drop, x);
    gd_tensor *dy = gd_ones(g, GD_FLOAT64, gd_shape(30)), *dx = gd_layer_backward(drop, dy);
    assert_same_tensor(dx, y); /* x is 1, and so is dy */
    assert_true(gd_backward(gd_sum(y)));
    assert_same_tensor(gd_grad(x), y);
    assert_true(count_zeros(y) > 0 && count_zeros(y) < 30);
}

static void each_forward_draws_anew_from_the_stream(void **state)
{
    (void)state;
    gd_layer *drop = gd_dropout(g, 0.5);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(100));
    gd_seed(g, GD_RNG_PHILOX, 3);
    gd_tensor *first = gd_forward(drop, x), *second = gd_forward(drop, x);
    assert_true(gd_item(gd_sum(gd_ne(first, second))) > 0);
    gd_seed(g, GD_RNG_PHILOX, 3);
    assert_same_tensor(gd_forward(drop, x), first);
    gd_seed(g, GD_RNG_PHILOX, 3);
    assert_same_tensor(gd_mul_scalar(gd_bernoulli(g, GD_FLOAT32, gd_shape(100), 0.5), 2), first);
}

/* In these cases y is x, and nothing is drawn. */
static void nothing_is_dropped_outside_training(void **state)
{
    (void)state;
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(100)), *none = gd_ones(g, GD_FLOAT32, gd_shape(0, 3));
    gd_tensor *whole = gd_ones(g, GD_INT64, gd_shape(3));
    gd_seed(g, GD_RNG_PHILOX, 3);
    gd_tensor *next = gd_rand(g, GD_FLOAT32, gd_shape(1));
    gd_seed(g, GD_RNG_PHILOX, 3);
    gd_layer *evaluating = gd_set_training(gd_dropout(g, 0.5), false);
    assert_true(gd_forward(evaluating, x) == x && gd_forward(evaluating, whole) == whole);
    gd_forward(evaluating, x);
    assert_same_tensor(gd_layer_backward(evaluating, x), x);
    assert_true(gd_forward(gd_dropout(g, 0), x) == x && gd_forward(gd_dropout(g, 0), whole) == whole);
    assert_true(gd_forward(gd_dropout(g, 0.5), none) == none);
    gd_forward(gd_dropout(g, 1), x);
    assert_same_tensor(gd_rand(g, GD_FLOAT32, gd_shape(1)), next);
}

/* As in PyTorch a zero times infinity is no number. */
static void all_can_be_dropped(void **state)
{
    (void)state;
    gd_layer *drop = gd_dropout(g, 1);
    gd_tensor *y = gd_forward(drop, gd_values(g, gd_shape(3), 1, -2, INFINITY));
    assert_true(gd_at(y, 0) == 0 && gd_at(y, 1) == 0 && isnan(gd_at(y, 2)));
    assert_reads(gd_layer_backward(drop, gd_values(g, gd_shape(3), 1, 2, 3)), 0, 0, 0);
}

static void what_cant_be_is_refused(void **state)
{
    (void)state;
    assert_error_object(gd_dropout(g, -0.1));
    assert_error(g, GD_ERROR_VALUE, "gd_dropout: the probability of zeroing is -0.1");
    assert_error_object(gd_dropout(g, 1.5));
    assert_error(g, GD_ERROR_VALUE, "1.5");
    assert_error_object(gd_dropout(g, NAN));
    assert_error(g, GD_ERROR_VALUE, "nan");
    assert_error_object(gd_dropout(NULL, 0.5));
    assert_error_object(gd_forward(gd_dropout(g, 0.5), gd_ones(g, GD_INT64, gd_shape(3))));
    assert_error(g, GD_ERROR_DTYPE, "dropout: int64 (3,)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_rest_is_scaled),
        IN_CONTEXT(backward_goes_where_the_forward_went),
        IN_CONTEXT(each_forward_draws_anew_from_the_stream),
        IN_CONTEXT(nothing_is_dropped_outside_training),
        IN_CONTEXT(all_can_be_dropped),
        IN_CONTEXT(what_cant_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
