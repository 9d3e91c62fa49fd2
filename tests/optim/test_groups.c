/* test_groups.c - parameters with options of their own, against torch.optim's param_groups (groups_reference.h). */
#include "support.h"

#include "optim/optimizer.h"

typedef struct group_case {
    const char *rule;
    double after[MARKS][PARAMETERS]; /* these many steps: groups_steps */
} group_case;

#include "groups_reference.h"

enum { CASES = sizeof groups_cases / sizeof *groups_cases };

/* ---- against PyTorch ---- */

static gd_optimizer *make(gd_layer *net, const char *rule)
{
    gd_optimizer *o;
    int group = -1;
    if (strcmp(rule, "sgd") == 0) {
        o = gd_sgd(net, .lr = 0.1, .momentum = 0.9);
        group = gd_optimizer_group(o, "b", .lr = 0.02, .nesterov = true, .weight_decay = 0.1);
    } else if (strcmp(rule, "adagrad") == 0) {
        o = gd_adagrad(net, .lr = 0.1, .weight_decay = 0.1);
        group = gd_optimizer_group(o, "b", .lr_decay = 0.5, .weight_decay = 0);
    } else if (strcmp(rule, "rmsprop") == 0) {
        o = gd_rmsprop(net, .lr = 0.1);
        group = gd_optimizer_group(o, "b", .momentum = 0.5, .centered = true, .alpha = 0.5);
    } else if (strcmp(rule, "adam") == 0) {
        o = gd_adam(net, .lr = 0.1);
        group = gd_optimizer_group(o, "b", .beta1 = 0.5, .beta2 = 0.9, .amsgrad = true, .maximize = true);
    } else {
        o = gd_adamw(net, .lr = 0.1, .weight_decay = 0.2);
        group = gd_optimizer_group(o, "b", .lr = 0.01, .weight_decay = 0, .eps = 0.1);
    }
    assert_int_equal(group, 1);
    return o;
}

static void goes_where_pytorch_goes(void **state)
{
    const group_case *c = *state;
    g = gd_open();
    gd_layer *net = start(GD_FLOAT64);
    gd_optimizer *optimizer = make(net, c->rule);
    for (int step = 0, mark = 0; mark < MARKS; step++) {
        take_step(net, optimizer, step);
        if (step + 1 == groups_steps[mark])
            assert_parameters(net, c->after[mark++], 2 * rounding(GD_FLOAT64) * (step + 1), step + 1);
    }
    assert_fine(g);
    gd_close(g);
}

/* ---- who belongs where ---- */

/* Parameters 0.weight, 0.bias, 2.0.weight, 2.0.bias. */
static gd_layer *nested(void)
{
    gd_set_default_dtype(g, GD_FLOAT64);
    return gd_sequential(g, gd_linear(g, 2, 2), gd_relu_layer(g), gd_sequential(g, gd_linear(g, 2, 2)));
}

static double first_of(gd_layer *net, int i)
{
    double numbers[4];
    gd_tensor *p = gd_parameter(net, i);
    assert_true(gd_read(p, GD_FLOAT64, numbers, (size_t)gd_numel(p)));
    return numbers[0];
}

/* One step along gradients of ones moves the four parameters by these rates. */
static void assert_rates(gd_layer *net, gd_optimizer *o, double a, double b, double c, double d)
{
    const double rate[] = { a, b, c, d };
    double before[4];
    gd_tensor *loss = gd_scalar(g, GD_FLOAT64, 0);
    gd_zero_grad(net);
    for (int i = 0; i < 4; i++) {
        loss = gd_add(loss, gd_sum(gd_parameter(net, i)));
        before[i] = first_of(net, i);
    }
    assert_true(gd_backward(loss) && gd_step(o));
    for (int i = 0; i < 4; i++)
        assert_true(fabs(before[i] - first_of(net, i) - rate[i]) < 1e-15);
}

static void patterns_choose_by_name(void **state)
{
    (void)state;
    gd_layer *net = nested();
    gd_optimizer *o = gd_sgd(net, .lr = 1);
    assert_rates(net, o, 1, 1, 1, 1);
    assert_int_equal(gd_optimizer_group(o, "*.bias", .lr = 0.5), 1);
    assert_rates(net, o, 1, 0.5, 1, 0.5);
    assert_int_equal(gd_optimizer_group(o, "2.*", .lr = 0.25), 2); /* takes a bias out of group 1 */
    assert_rates(net, o, 1, 0.5, 0.25, 0.25);
    assert_int_equal(gd_optimizer_group(o, "?.weight", .lr = 2), 3);
    assert_rates(net, o, 2, 0.5, 0.25, 0.25);
    assert_int_equal(gd_optimizer_group(o, "[02].[b0]*", .lr = 4), 4);
    assert_rates(net, o, 2, 4, 4, 4);
    assert_int_equal(gd_optimizer_group(o, "*"), 5); /* as group 0 */
    assert_rates(net, o, 1, 1, 1, 1);
    assert_fine(g);
}

static void each_group_has_its_learning_rate(void **state)
{
    (void)state;
    gd_layer *net = nested();
    gd_optimizer *o = gd_sgd(net, .lr = 1);
    int biases = gd_optimizer_group(o, "*.bias", .lr = 0.5), same = gd_optimizer_group(o, "0.bias");
    assert_true(gd_learning_rate(o) == 1 && gd_group_learning_rate(o, 0) == 1);
    assert_true(gd_group_learning_rate(o, biases) == 0.5 && gd_group_learning_rate(o, same) == 1);
    assert_true(gd_set_learning_rate(o, 2) && gd_set_group_learning_rate(o, biases, 0.125));
    assert_true(gd_learning_rate(o) == 2 && gd_group_learning_rate(o, biases) == 0.125);
    assert_rates(net, o, 2, 1, 2, 0.125);
    assert_false(gd_set_group_learning_rate(o, biases, -1));
    assert_error(g, GD_ERROR_VALUE, "gd_set_group_learning_rate: the learning rate is -1");
    assert_false(gd_set_group_learning_rate(o, 3, 1));
    assert_error(g, GD_ERROR_INDEX, "there is no group 3: there are 3");
    assert_true(isnan(gd_group_learning_rate(o, -1)));
    assert_error(g, GD_ERROR_INDEX, "there is no group -1");
    assert_true(gd_group_learning_rate(o, biases) == 0.125);
}

/* What a group has begun to gather goes with a parameter into another group. */
static void momentum_begins_when_a_group_asks_for_it(void **state)
{
    (void)state;
    gd_layer *net = nested();
    gd_optimizer *o = gd_sgd(net, .lr = 1);
    assert_rates(net, o, 1, 1, 1, 1);
    gd_optimizer_group(o, "0.*", .momentum = 0.5, .dampening = 0.5);
    assert_rates(net, o, 1, 1, 1, 1); /* the first that is gathered is not dampened */
    assert_rates(net, o, 1, 1, 1, 1);
    gd_optimizer_group(o, "0.bias", .momentum = 0.5);
    assert_rates(net, o, 1, 1.5, 1, 1);
    assert_fine(g);
}

/* ---- what is refused ---- */

static void refuse(int group, gd_status status, const char *part)
{
    assert_int_equal(group, -1);
    assert_string_equal(gd_first_error(g)->op, "gd_optimizer_group");
    assert_error(g, status, part);
}

static void groups_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    gd_layer *net = nested();
    gd_optimizer *o = gd_sgd(net, .lr = 1);
    refuse(gd_optimizer_group(o, "*.gain", .lr = 2), GD_ERROR_VALUE,
           "no parameter is called '*.gain'; there are: 0.weight, 0.bias, 2.0.weight, 2.0.bias");
    refuse(gd_optimizer_group(o, NULL, .lr = 2), GD_ERROR_NULL, "the pattern is NULL");
    refuse(gd_optimizer_group(o, .lr = 2), GD_ERROR_NULL, "the pattern is NULL");
    refuse(gd_optimizer_group(o, "*.bias", .lr = -2), GD_ERROR_VALUE, "the learning rate is -2");
    refuse(gd_optimizer_group(o, "*.bias", .eps = 0), GD_ERROR_VALUE,
           "gd_sgd has no option eps; there are: lr, momentum, dampening, weight_decay, nesterov, maximize");
    refuse(gd_optimizer_group(o, "*.bias", .nesterov = true), GD_ERROR_VALUE, "Nesterov needs a momentum");
    refuse(gd_optimizer_group(gd_adam(net), "*.bias", .momentum = 0.9), GD_ERROR_VALUE,
           "gd_adam has no option momentum");
    refuse(gd_optimizer_group(gd_adagrad(net), "*.bias", .amsgrad = true), GD_ERROR_VALUE,
           "gd_adagrad has no option amsgrad");
    assert_int_equal(gd_optimizer_group(NULL, "*"), -1);
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_int_equal(gd_optimizer_group(o, "*", .lr = 8), -1);
    gd_clear(g);
    assert_rates(net, o, 1, 1, 1, 1);
}

/* As from another language: all options that the rule has count as written, and no others. */
static void without_the_text_the_rules_options_count(void **state)
{
    (void)state;
    gd_layer *net = nested();
    gd_optimizer *o = gd_sgd(net, .lr = 1, .weight_decay = 0.5);
    assert_int_equal(gd_optimizer_group_with((gd_group_options){ o, "*", .lr = 0.5, .eps = -1 }), 1);
    assert_rates(net, o, 0.5, 0.5, 0.5, 0.5);
}

static void groups_come_before_schedules(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(nested(), .lr = 1);
    gd_exponential_lr(o, .gamma = 0.5);
    refuse(gd_optimizer_group(o, "*", .lr = 3), GD_ERROR_STATE, "Make groups before schedules");
}

static void *prepare(gd_context *own)
{
    return gd_sgd(start_in(own, GD_FLOAT64), .lr = 1);
}

static bool try_groups(gd_context *own, void *optimizer)
{
    int made = 0;
    while (made < 20 && gd_optimizer_group(optimizer, "b", .lr = made + 2) == made + 1)
        made++;
    assert_true(gd_failed(own) == (made < 20));
    assert_int_equal(((gd_optimizer *)optimizer)->groups, made + 1);
    return made == 20;
}

static void out_of_memory_makes_no_group(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare, try_groups) > 0);
}

int main(void)
{
    static group_case subject[CASES];
    struct CMUnitTest against_pytorch[CASES];
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(patterns_choose_by_name),
        IN_CONTEXT(each_group_has_its_learning_rate),
        IN_CONTEXT(momentum_begins_when_a_group_asks_for_it),
        IN_CONTEXT(groups_that_make_no_sense_are_refused),
        IN_CONTEXT(without_the_text_the_rules_options_count),
        IN_CONTEXT(groups_come_before_schedules),
        cmocka_unit_test(out_of_memory_makes_no_group),
    };
    for (int i = 0; i < CASES; i++) {
        subject[i] = groups_cases[i];
        against_pytorch[i] = (struct CMUnitTest){ subject[i].rule, goes_where_pytorch_goes, NULL, NULL, &subject[i] };
    }
    int failed = _cmocka_run_group_tests("against param_groups", against_pytorch, CASES, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
