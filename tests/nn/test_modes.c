/* test_modes.c - training and evaluation, learning and frozen. */
#include "values.h"

#include "nn/layer.h"

static gd_layer *network(void)
{
    return gd_sequential(g, gd_linear(g, 2, 3), gd_sequential(g, gd_relu_layer(g), gd_dropout(g, 0.5)),
                         gd_linear(g, 3, 2));
}

/* ---- training and evaluation ---- */

static void the_mode_is_that_of_the_whole_tree(void **state)
{
    (void)state;
    gd_layer *net = network(), *inner = gd_layer_named(net, "1"), *drop = gd_layer_named(net, "1.1");
    assert_true(gd_is_training(net) && gd_is_training(drop));
    assert_true(gd_set_training(net, false) == net);
    assert_false(gd_is_training(net) || gd_is_training(inner) || gd_is_training(drop));
    gd_set_training(inner, true);
    assert_true(gd_is_training(drop) && !gd_is_training(net) && !gd_is_training(gd_layer_named(net, "0")));
    assert_fine(g);
}

static void modes_of_what_is_no_layer(void **state)
{
    (void)state;
    gd_layer *dead;
    assert_error_object(gd_set_training(NULL, false));
    assert_false(gd_is_training(NULL));
    gd_layer *bad = gd_linear(g, -1, 2);
    assert_error_object(gd_set_training(bad, false));
    assert_false(gd_is_training(bad));
    gd_clear(g);
    {
        GD_SCOPE(g);
        dead = gd_relu_layer(g);
    }
    assert_false(gd_is_training(dead));
    assert_error_object(gd_set_training(dead, false));
    assert_error(g, GD_ERROR_DEAD, "gd_set_training");
    assert_error_object(gd_freeze(dead, true));
    assert_error(g, GD_ERROR_DEAD, "gd_freeze");
    assert_error_object(gd_freeze(NULL, true));
}

static void while_an_error_stands_no_mode_changes(void **state)
{
    (void)state;
    gd_layer *net = network();
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_error_object(gd_set_training(net, false));
    assert_error_object(gd_freeze(net, true));
    gd_clear(g);
    assert_true(gd_is_training(net) && gd_requires_grad(gd_parameter(net, 0)));
}

/* A part went with its scope: the rest keeps its mode. */
static void a_torn_network_changes_nothing(void **state)
{
    (void)state;
    gd_layer *first = gd_init(gd_linear(g, 2, 2)), *row;
    {
        GD_SCOPE(g);
        gd_layer *second = gd_linear(g, 2, 2);
        row = gd_sequential(g, first, second);
        gd__move(&row->object, 0);
    }
    for (int i = 0; i < 30; i++) /* others take the place of what went */
        gd_linear(g, 2, 2);
    assert_error_object(gd_set_training(row, false));
    assert_error(g, GD_ERROR_DEAD, "'1' of the layer sequential was used after the scope that it lived in");
    assert_error_object(gd_freeze(row, true));
    assert_error(g, GD_ERROR_DEAD, "");
    assert_true(gd_is_training(first) && gd_requires_grad(gd_parameter(first, 0)));
    assert_error_object(gd_forward(row, gd_ones(g, GD_FLOAT32, gd_shape(1, 2))));
    assert_error(g, GD_ERROR_DEAD, "sequential");
    assert_int_equal(gd_parameter_count(row), -1);
    assert_error(g, GD_ERROR_DEAD, "");
    assert_error_object(gd_parameter_named(row, "0.weight"));
    assert_error(g, GD_ERROR_DEAD, "");
    gd_zero_grad(row);
    assert_error(g, GD_ERROR_DEAD, "");
    assert_false(gd_save(row, in_folder("torn.npz")));
    assert_error(g, GD_ERROR_DEAD, "");
}

/* ---- frozen ---- */

static void frozen_parameters_get_no_gradient(void **state)
{
    (void)state;
    gd_layer *net = network();
    gd_layer *first = gd_layer_named(net, "0"), *last = gd_layer_named(net, "2");
    assert_true(gd_freeze(first, true) == first);
    assert_true(gd_backward(gd_sum(gd_forward(net, gd_ones(g, GD_FLOAT32, gd_shape(4, 2))))));
    assert_false(gd_requires_grad(gd_parameter(first, 0)) || gd_has_grad(gd_parameter(first, 0)));
    assert_true(gd_has_grad(gd_parameter(last, 0)) && gd_has_grad(gd_parameter(last, 1)));
    gd_freeze(net, false);
    gd_zero_grad(net);
    assert_true(gd_backward(gd_sum(gd_forward(net, gd_ones(g, GD_FLOAT32, gd_shape(4, 2))))));
    assert_true(gd_has_grad(gd_parameter(first, 0)));
    assert_fine(g);
}

/* Layer by layer the gradient still goes through, and stops at the parameters. */
static void a_frozen_layer_hands_the_gradient_on(void **state)
{
    (void)state;
    gd_layer *layer = gd_linear(g, 2, 2);
    set_parameter(layer, "weight", 1, 2, 3, 4);
    gd_freeze(layer, true);
    gd_forward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    assert_reads(gd_layer_backward(layer, gd_values(g, gd_shape(1, 2), 1, 10)), 31, 42);
    assert_false(gd_has_grad(gd_parameter(layer, 0)) || gd_has_grad(gd_parameter(layer, 1)));
    assert_fine(g);
}

/* The whole network frozen: its forward takes part in no backward. */
static void nothing_flows_to_a_frozen_network(void **state)
{
    (void)state;
    gd_layer *net = gd_freeze(network(), true);
    gd_tensor *y = gd_forward(net, gd_ones(g, GD_FLOAT32, gd_shape(4, 2)));
    assert_false(gd_requires_grad(y));
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_STATE, "");
}

static void optimizers_leave_frozen_parameters_alone(void **state)
{
    (void)state;
    gd_layer *net = gd_sequential(g, gd_linear(g, 1, 1), gd_linear(g, 1, 1)), *first = gd_layer_named(net, "0");
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.5, .momentum = 0.9, .weight_decay = 0.1);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(3, 1));
    assert_true(gd_backward(gd_sum(gd_forward(net, x))) && gd_step(sgd));
    gd_freeze(first, true); /* its gradient of that backward goes: else the next step would use it */
    gd_tensor *before = gd_clone(gd_parameter(first, 0)), *other = gd_clone(gd_parameter_named(net, "1.weight"));
    assert_true(gd_backward(gd_sum(gd_forward(net, x))) && gd_step(sgd));
    assert_same_tensor(gd_parameter(first, 0), before);
    assert_true(gd_item(gd_parameter_named(net, "1.weight")) != gd_item(other));
    assert_fine(g);
}

/* What is frozen still follows its mode, and is saved. */
static void frozen_statistics_still_move(void **state)
{
    (void)state;
    gd_layer *norm = gd_freeze(gd_batch_norm(g, 1), true);
    gd_forward(norm, gd_values(g, gd_shape(2, 1), 1, 3));
    assert_prints(gd_buffer_named(norm, "running_mean"), 0.2f);
    assert_true(gd_save(norm, in_folder("frozen.npz")) && gd_load(norm, in_folder("frozen.npz")));
    assert_false(gd_requires_grad(gd_parameter(norm, 0)));
    assert_fine(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_mode_is_that_of_the_whole_tree),    IN_CONTEXT(modes_of_what_is_no_layer),
        IN_CONTEXT(while_an_error_stands_no_mode_changes), IN_CONTEXT(a_torn_network_changes_nothing),
        IN_CONTEXT(frozen_parameters_get_no_gradient),     IN_CONTEXT(a_frozen_layer_hands_the_gradient_on),
        IN_CONTEXT(nothing_flows_to_a_frozen_network),     IN_CONTEXT(optimizers_leave_frozen_parameters_alone),
        IN_CONTEXT(frozen_statistics_still_move),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
