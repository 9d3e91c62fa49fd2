/* test_options.c - the options of all rules: defaults, written zeros, what is out of range. */
#include "support.h"

/* ---- defaults ---- */

static void assert_same_walk(gd_optimizer *first, gd_layer *net, gd_optimizer *second, gd_layer *same)
{
    for (int step = 0; step < 5; step++) {
        take_step(net, first, step);
        take_step(same, second, step);
    }
    for (int i = 0; i < 2; i++)
        assert_same_tensor(gd_detach(gd_parameter(net, i)), gd_detach(gd_parameter(same, i)));
    assert_fine(g);
}

static void adagrads_defaults_are_pytorchs(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT64), *same = start(GD_FLOAT64);
    gd_optimizer *full = gd_adagrad(same, .lr = 0.01, .lr_decay = 0, .weight_decay = 0,
                                    .initial_accumulator_value = 0, .eps = 1e-10, .maximize = false);
    assert_same_walk(gd_adagrad(net), net, full, same);
}

static void rmsprops_defaults_are_pytorchs(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT64), *same = start(GD_FLOAT64);
    gd_optimizer *full = gd_rmsprop(same, .lr = 0.01, .alpha = 0.99, .eps = 1e-8, .weight_decay = 0, .momentum = 0,
                                    .centered = false, .maximize = false);
    assert_same_walk(gd_rmsprop(net), net, full, same);
}

static void adams_defaults_are_pytorchs(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT64), *same = start(GD_FLOAT64);
    gd_optimizer *full = gd_adam(same, .lr = 0.001, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0,
                                 .amsgrad = false, .maximize = false);
    assert_same_walk(gd_adam(net), net, full, same);
}

static void adamws_defaults_are_pytorchs(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT64), *same = start(GD_FLOAT64);
    gd_optimizer *full = gd_adamw(same, .lr = 0.001, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01,
                                  .amsgrad = false, .maximize = false);
    assert_same_walk(gd_adamw(net), net, full, same);
}

/* A zero that is written is a zero: Adam without its means goes by the sign of each gradient. */
static void written_zeros_are_zeros(void **state)
{
    (void)state;
    gd_layer *net = gd_affine(gd_zeros(g, GD_FLOAT64, gd_shape(1, 1)), gd_zeros(g, GD_FLOAT64, gd_shape(1)));
    gd_tensor *W = gd_parameter(net, 0);
    gd_optimizer *adam = gd_adamw(net, .lr = 1, .beta1 = 0, .beta2 = 0, .eps = 0, .weight_decay = 0);
    for (int step = 1; step <= 3; step++) {
        gd_zero_grad(net);
        assert_true(gd_backward(gd_mul_scalar(gd_sum(W), step % 2 ? 7 : -0.01)) && gd_step(adam));
        assert_true(gd_item(W) == (step % 2 ? -1 : 0));
    }
    assert_true(gd_learning_rate(gd_adam(net, .lr = 0)) == 0);
    assert_true(gd_learning_rate(gd_adam(net)) == 0.001);
}

/* As from another language: the macro's text is not there, and every field counts. */
static void without_the_text_every_field_counts(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT64), *same = start(GD_FLOAT64);
    gd_optimizer *zeros = gd_adam_with((gd_adam_options){ .net = net, .lr = 0.1 });
    assert_same_walk(zeros, net, gd_adam(same, .lr = 0.1, .beta1 = 0, .beta2 = 0, .eps = 0), same);
    assert_true(gd_learning_rate(gd_adagrad_with((gd_adagrad_options){ .net = net })) == 0);
    assert_true(gd_learning_rate(gd_rmsprop_with((gd_rmsprop_options){ .net = net })) == 0);
    assert_true(gd_learning_rate(gd_adamw_with((gd_adam_options){ .net = net })) == 0);
}

/* ---- out of range ---- */

static void refuse(gd_optimizer *optimizer, const char *function, const char *part)
{
    assert_error_object(optimizer);
    assert_string_equal(gd_first_error(g)->op, function);
    assert_true(gd_first_error(g)->remedy[0]);
    assert_error(g, GD_ERROR_VALUE, part);
}

static void adagrads_options_out_of_range_are_refused(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT32);
    refuse(gd_adagrad(net, .lr = -1), "gd_adagrad", "the learning rate is -1");
    refuse(gd_adagrad(net, .lr = INFINITY), "gd_adagrad", "the learning rate is inf");
    refuse(gd_adagrad(net, .lr_decay = -0.5), "gd_adagrad", "the decay of the learning rate is -0.5");
    refuse(gd_adagrad(net, .weight_decay = NAN), "gd_adagrad", "the weight decay is nan");
    refuse(gd_adagrad(net, .initial_accumulator_value = -1e-9), "gd_adagrad", "the initial sum is -1e-09");
    refuse(gd_adagrad(net, .eps = -1), "gd_adagrad", "eps is -1");
}

static void rmsprops_options_out_of_range_are_refused(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT32);
    refuse(gd_rmsprop(net, .lr = NAN), "gd_rmsprop", "the learning rate is nan");
    refuse(gd_rmsprop(net, .alpha = -0.1), "gd_rmsprop", "alpha is -0.1");
    refuse(gd_rmsprop(net, .eps = -1e-8), "gd_rmsprop", "eps is -1e-08");
    refuse(gd_rmsprop(net, .weight_decay = -2), "gd_rmsprop", "the weight decay is -2");
    refuse(gd_rmsprop(net, .momentum = -0.9), "gd_rmsprop", "the momentum is -0.9");
    assert_false(gd__is_error(gd_rmsprop(net, .alpha = 1.5))); /* PyTorch takes it */
}

static void adams_options_out_of_range_are_refused(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT32);
    refuse(gd_adam(net, .lr = -0.1), "gd_adam", "the learning rate is -0.1");
    refuse(gd_adam(net, .beta1 = 1), "gd_adam", "beta1 is 1. Give one of at least 0 and below 1");
    refuse(gd_adam(net, .beta1 = -0.1), "gd_adam", "beta1 is -0.1");
    refuse(gd_adam(net, .beta2 = 1.5), "gd_adam", "beta2 is 1.5");
    refuse(gd_adam(net, .beta2 = NAN), "gd_adam", "beta2 is nan");
    refuse(gd_adam(net, .eps = -1), "gd_adam", "eps is -1");
    refuse(gd_adam(net, .weight_decay = -1), "gd_adam", "the weight decay is -1");
    refuse(gd_adamw(net, .beta2 = 1), "gd_adamw", "beta2 is 1");
    refuse(gd_adamw(net, .weight_decay = -0.01), "gd_adamw", "the weight decay is -0.01");
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    gd_layer *dead, *failed = gd_linear(g, -1, 1);
    gd_clear(g);
    refuse(gd_adam(gd_relu_layer(g)), "gd_adam", "the network has no parameters");
    refuse(gd_adagrad(gd_sequential(g, gd_relu_layer(g))), "gd_adagrad", "the network has no parameters");
    assert_error_object(gd_adam(NULL));
    assert_error_object(gd_rmsprop(failed));
    assert_fine(g);
    {
        GD_SCOPE(g);
        dead = gd_linear(g, 1, 1);
    }
    assert_error_object(gd_adamw(dead));
    assert_error(g, GD_ERROR_DEAD, "gd_adamw: the network was used after the scope");
    assert_false(gd_step(NULL));
    assert_true(isnan(gd_learning_rate(NULL)));
    assert_false(gd_set_learning_rate(NULL, 1));
}

/* The layer lives, but what it was made of has gone. */
static void parameters_that_are_gone_are_refused(void **state)
{
    (void)state;
    gd_tensor *b = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    gd_layer *net;
    {
        GD_SCOPE(g);
        net = gd_affine(gd_zeros(g, GD_FLOAT32, gd_shape(2, 2)), b);
        gd__move((gd__object *)net, g->depth - 1);
    }
    assert_error_object(gd_sgd(net));
    assert_error(g, GD_ERROR_DEAD, "was used after the scope");
    assert_true(isnan(gd_clip_grad_norm(net, .max_norm = 1)));
    assert_error(g, GD_ERROR_DEAD, "'W' of the layer affine was used after the scope");
    assert_false(gd_clip_grad_value(net, 1));
    assert_error(g, GD_ERROR_DEAD, "'W' of the layer affine was used after the scope");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(adagrads_defaults_are_pytorchs),
        IN_CONTEXT(rmsprops_defaults_are_pytorchs),
        IN_CONTEXT(adams_defaults_are_pytorchs),
        IN_CONTEXT(adamws_defaults_are_pytorchs),
        IN_CONTEXT(written_zeros_are_zeros),
        IN_CONTEXT(without_the_text_every_field_counts),
        IN_CONTEXT(adagrads_options_out_of_range_are_refused),
        IN_CONTEXT(rmsprops_options_out_of_range_are_refused),
        IN_CONTEXT(adams_options_out_of_range_are_refused),
        IN_CONTEXT(what_is_no_network_is_refused),
        IN_CONTEXT(parameters_that_are_gone_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
