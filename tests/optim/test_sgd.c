/* test_sgd.c - stochastic gradient descent against torch.optim.SGD (sgd_reference.h), and its options. */
#include "support.h"

typedef struct sgd_case {
    gd_dtype dtype;
    double momentum, dampening, weight_decay;
    bool nesterov, maximize;
    double after[MARKS][PARAMETERS]; /* these many steps: sgd_steps */
} sgd_case;

#include "sgd_reference.h"

/* ---- against PyTorch ---- */

static void goes_where_pytorch_goes(void **state)
{
    const sgd_case *c = *state;
    g = gd_open();
    gd_layer *net = start(c->dtype);
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.1, .momentum = c->momentum, .dampening = c->dampening,
                               .weight_decay = c->weight_decay, .nesterov = c->nesterov, .maximize = c->maximize);
    for (int step = 0, mark = 0; mark < MARKS; step++) {
        take_step(net, sgd, step);
        if (step + 1 != sgd_steps[mark])
            continue;
        assert_parameters(net, c->after[mark++], rounding(c->dtype) * (step + 1), step + 1);
    }
    assert_fine(g);
    gd_close(g);
}

/* ---- options ---- */

static void options_left_out_have_pytorchs_defaults(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT64), *same = start(GD_FLOAT64);
    gd_optimizer *plain = gd_sgd(net);
    gd_optimizer *full = gd_sgd(same, .lr = 0.001, .momentum = 0, .dampening = 0, .weight_decay = 0,
                                .nesterov = false, .maximize = false);
    for (int step = 0; step < 5; step++) {
        take_step(net, plain, step);
        take_step(same, full, step);
    }
    assert_true(gd_learning_rate(plain) == 0.001);
    for (int i = 0; i < 2; i++)
        assert_same_tensor(gd_parameter(net, i), gd_parameter(same, i));
}

static void refuse(gd_optimizer *sgd, const char *part)
{
    assert_error_object(sgd);
    assert_string_equal(gd_first_error(g)->op, "gd_sgd");
    assert_error(g, GD_ERROR_VALUE, part);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT32);
    refuse(gd_sgd(net, .lr = -0.1), "the learning rate is -0.1");
    refuse(gd_sgd(net, .lr = NAN), "the learning rate is");
    refuse(gd_sgd(net, .momentum = -1), "the momentum is -1");
    refuse(gd_sgd(net, .momentum = NAN), "the momentum");
    refuse(gd_sgd(net, .weight_decay = -1e-9), "the weight decay is -1e-09");
    refuse(gd_sgd(net, .nesterov = true), "Nesterov needs a momentum above 0 and no dampening");
    refuse(gd_sgd(net, .nesterov = true, .momentum = 0.9, .dampening = 0.1), "Nesterov needs");
    refuse(gd_sgd(gd_relu_layer(g)), "the network has no parameters");
    assert_error_object(gd_sgd(NULL, .lr = 1));
    assert_true(gd_learning_rate(gd_sgd(net, .lr = 0)) == 0);
    assert_fine(g);
}

static void the_network_is_drawn_before_the_first_step(void **state)
{
    (void)state;
    gd_layer *net = gd_linear(g, 2, 2);
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_sgd(net);
    gd_seed(g, GD_RNG_TORCH, 71);
    assert_true(fabs(gd_at(gd_parameter(net, 0), 0, 0) - -0.0919) < 1e-4);
}

/* ---- steps ---- */

static void the_learning_rate_can_be_changed(void **state)
{
    (void)state;
    gd_layer *net = gd_affine(gd_zeros(g, 0, gd_shape(1, 1)), gd_zeros(g, 0, gd_shape(1)));
    gd_optimizer *sgd = gd_sgd(net, .lr = 1);
    assert_true(gd_backward(gd_sum(gd_parameter(net, 0))));
    assert_true(gd_step(sgd));
    assert_true(gd_item(gd_parameter(net, 0)) == -1);
    assert_true(gd_set_learning_rate(sgd, 0.25));
    assert_true(gd_learning_rate(sgd) == 0.25);
    assert_true(gd_step(sgd));
    assert_true(gd_item(gd_parameter(net, 0)) == -1.25);
    assert_true(gd_set_learning_rate(sgd, 0));
    assert_true(gd_step(sgd));
    assert_true(gd_item(gd_parameter(net, 0)) == -1.25);
    assert_false(gd_set_learning_rate(sgd, -1));
    assert_error(g, GD_ERROR_VALUE, "the learning rate is -1");
    assert_false(gd_set_learning_rate(sgd, NAN));
    assert_error(g, GD_ERROR_VALUE, "the learning rate");
    assert_true(gd_learning_rate(sgd) == 0);
}

/* Neither weight decay nor momentum moves it: as in PyTorch, where .grad is None. */
static void a_parameter_without_a_gradient_is_left_alone(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT64);
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.1, .momentum = 0.9, .weight_decay = 0.5);
    gd_tensor *W = gd_parameter(net, 0), *b = gd_parameter(net, 1), *before = gd_clone(gd_detach(b));
    assert_true(gd_step(sgd));
    assert_same_tensor(gd_detach(b), before);
    assert_true(gd_backward(gd_sum(W)));
    assert_true(gd_step(sgd));
    assert_same_tensor(gd_detach(b), before);
    assert_true(gd_at(W, 0, 0) != -0.625);
    gd_clear_grad(W);
    double there = gd_at(W, 0, 0);
    assert_true(gd_step(sgd)); /* momentum rests, too */
    assert_true(gd_at(W, 0, 0) == there);
    assert_fine(g);
}

static void two_optimizers_do_not_share_their_momentum(void **state)
{
    (void)state;
    gd_layer *net = gd_affine(gd_zeros(g, 0, gd_shape(1, 1)), gd_zeros(g, 0, gd_shape(1)));
    gd_tensor *W = gd_parameter(net, 0);
    gd_optimizer *first = gd_sgd(net, .lr = 1, .momentum = 0.5), *second = gd_sgd(net, .lr = 1, .momentum = 0.5);
    assert_true(gd_backward(gd_sum(W)));
    assert_true(gd_step(first) && gd_step(second));
    assert_true(gd_item(W) == -2);
    assert_true(gd_step(first));
    assert_true(gd_item(W) == -3.5);
    assert_fine(g);
}

/* Made in the first step's scope, the momentum lives as long as the optimizer. */
static void momentum_outlives_the_steps_scope(void **state)
{
    (void)state;
    gd_layer *net = gd_affine(gd_zeros(g, 0, gd_shape(1, 1)), gd_zeros(g, 0, gd_shape(1)));
    gd_tensor *W = gd_parameter(net, 0);
    {
        GD_SCOPE(g);
        gd_optimizer *sgd = gd_sgd(net, .lr = 1, .momentum = 0.5);
        for (int i = 0; i < 3; i++) {
            GD_SCOPE(g);
            gd_zero_grad(net);
            assert_true(gd_backward(gd_sum(W)));
            assert_true(gd_step(sgd));
        }
        assert_true(gd_item(W) == -1 - 1.5 - 1.75);
    }
    assert_fine(g);
    assert_true(gd_is_tensor(W));
}

static void an_optimizer_ends_with_its_scope(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT32);
    gd_optimizer *sgd;
    {
        GD_SCOPE(g);
        sgd = gd_sgd(net);
    }
    assert_false(gd_step(sgd));
    assert_error(g, GD_ERROR_DEAD, "the optimizer was used after the scope");
    assert_true(isnan(gd_learning_rate(sgd)));
    assert_error(g, GD_ERROR_DEAD, "gd_learning_rate");
}

/* A step writes to each parameter, and says so. */
static void a_step_raises_the_versions(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT32);
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.1);
    gd_tensor *W = gd_parameter(net, 0), *b = gd_parameter(net, 1);
    assert_true(gd_backward(gd_sum(W)));
    uint32_t of_W = W->storage->version, of_b = b->storage->version;
    assert_true(gd_step(sgd));
    assert_true(W->storage->version > of_W);
    assert_string_equal(W->storage->writer, "sgd_update");
    assert_int_equal(b->storage->version, of_b);
}

/* ---- the update by itself ---- */

static void the_update_writes_in_place(void **state)
{
    (void)state;
    gd_tensor *p = gd_values(g, gd_shape(2), 1, 2), *d = gd_values(g, gd_shape(2), 10, 20);
    gd_tensor *m = gd_values(g, gd_shape(2), 100, 200);
    assert_true(gd_sgd_update(p, d, NULL, (gd_sgd_rule){ .lr = 0.5 }) == p);
    assert_true(gd_at(p, 0) == -4 && gd_at(p, 1) == -8);
    assert_true(gd_sgd_update(p, d, m, (gd_sgd_rule){ .lr = 0.5, .momentum = 0.5, .dampening = 0.5 }) == p);
    assert_true(gd_at(m, 0) == 55 && gd_at(m, 1) == 110);
    assert_true(gd_at(p, 0) == -31.5);
    assert_true(gd_sgd_update(p, d, m, (gd_sgd_rule){ .lr = 1, .momentum = 0.5, .first = true }) == p);
    assert_true(gd_at(m, 0) == 10);
    assert_true(gd_at(d, 0) == 10 && gd_at(d, 1) == 20);
    assert_fine(g);
}

static void updates_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    gd_sgd_rule rule = { .lr = 1, .momentum = 0.9 };
    gd_tensor *p = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *d = gd_ones(g, GD_FLOAT32, gd_shape(2, 3));
    assert_error_object(gd_sgd_update(p, gd_ones(g, GD_FLOAT32, gd_shape(3)), NULL, rule));
    assert_error(g, GD_ERROR_SHAPE, "does not fit the parameter");
    assert_error_object(gd_sgd_update(p, d, gd_ones(g, GD_FLOAT64, gd_shape(2, 3)), rule));
    assert_error(g, GD_ERROR_SHAPE, "sgd_update");
    assert_error_object(gd_sgd_update(gd_t(p), gd_t(d), NULL, rule));
    assert_error(g, GD_ERROR_STATE, "can't be written in place");
    assert_error_object(gd_sgd_update(gd_cast(p, GD_INT64), gd_cast(d, GD_INT64), NULL, rule));
    assert_error(g, GD_ERROR_STATE, "int64 (2, 3)");
    assert_error_object(
        gd_sgd_update(gd_expand(gd_scalar(g, 0, 1), gd_shape(4)), gd_ones(g, 0, gd_shape(4)), NULL, rule));
    assert_error(g, GD_ERROR_STATE, "sgd_update");
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_error_object(gd_sgd_update(p, d, NULL, rule));
    gd_clear(g);
    assert_true(gd_item(gd_sum(p)) == 6);
}

static bool try_steps(gd_context *c, void *prepared)
{
    gd_tensor *W = gd_ones(c, GD_FLOAT32, gd_shape(1, 1));
    gd_layer *net = gd_affine(W, gd_ones(c, GD_FLOAT32, gd_shape(1)));
    gd_optimizer *sgd = gd_sgd(net, .lr = 1, .momentum = 0.5);
    double expected = 1, moved = 0;
    for (int i = 0; i < 3; i++) {
        gd_scope scope = gd_scope_enter(c);
        gd_zero_grad(net);
        bool good = gd_backward(gd_sum(W)) && gd_step(sgd);
        moved = 0.5 * moved + 1;
        expected -= good ? moved : 0;
        gd_scope_leave(&scope);
    }
    assert_true(!gd__alive(W) || gd_failed(c) || gd_item(W) == expected);
    (void)prepared;
    return !gd_failed(c);
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_steps) > 10);
}

/* A momentum buffer that is a view in another order: written, or refused, but not passed over. */
static void a_strided_momentum_is_not_passed_over(void **state)
{
    (void)state;
    gd_tensor *p = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *d = gd_ones(g, GD_FLOAT32, gd_shape(2, 3));
    gd_tensor *m = gd_t(gd_zeros(g, GD_FLOAT32, gd_shape(3, 2)));
    gd_tensor *updated = gd_sgd_update(p, d, m, (gd_sgd_rule){ .lr = 1, .momentum = 0.9, .first = true });
    if (gd_is_tensor(updated))
        assert_true(gd_at(m, 0, 0) == 1);
    else
        assert_error(g, GD_ERROR_STATE, "");
}

enum { CASES = sizeof sgd_cases / sizeof *sgd_cases };

static void name_case(const sgd_case *c, char *name, size_t size)
{
    snprintf(name, size, "%s, momentum %g, dampening %g, weight decay %g%s%s", gd_dtype_name(c->dtype), c->momentum,
             c->dampening, c->weight_decay, c->nesterov ? ", nesterov" : "", c->maximize ? ", maximize" : "");
}

int main(void)
{
    static char name[CASES][100];
    static sgd_case subject[CASES];
    struct CMUnitTest against_pytorch[CASES];
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(options_left_out_have_pytorchs_defaults),
        IN_CONTEXT(options_out_of_range_are_refused),
        IN_CONTEXT(the_network_is_drawn_before_the_first_step),
        IN_CONTEXT(the_learning_rate_can_be_changed),
        IN_CONTEXT(a_parameter_without_a_gradient_is_left_alone),
        IN_CONTEXT(two_optimizers_do_not_share_their_momentum),
        IN_CONTEXT(momentum_outlives_the_steps_scope),
        IN_CONTEXT(an_optimizer_ends_with_its_scope),
        IN_CONTEXT(a_step_raises_the_versions),
        IN_CONTEXT(the_update_writes_in_place),
        IN_CONTEXT(updates_that_do_not_fit_are_refused),
        cmocka_unit_test(out_of_memory_is_an_error_and_no_more),
        IN_CONTEXT(a_strided_momentum_is_not_passed_over),
    };
    for (int i = 0; i < CASES; i++) {
        name_case(&sgd_cases[i], name[i], sizeof name[i]);
        subject[i] = sgd_cases[i];
        against_pytorch[i] = (struct CMUnitTest){ name[i], goes_where_pytorch_goes, NULL, NULL, &subject[i] };
    }
    int failed = _cmocka_run_group_tests("against torch.optim.SGD", against_pytorch, CASES, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
