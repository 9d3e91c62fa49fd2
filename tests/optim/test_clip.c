/* test_clip.c - clipping of gradients, against torch.nn.utils (clip_reference.h). */
#include "support.h"

typedef struct norm_case {
    gd_dtype dtype;
    double spoilt; /* what stands in the place of one gradient, where it is not 0 */
    double max_norm, norm_type, norm;
    double after[PARAMETERS];
} norm_case;

typedef struct value_case {
    gd_dtype dtype;
    double limit;
    double after[PARAMETERS];
} value_case;

#include "clip_reference.h"

/* ---- against PyTorch ---- */

static void read_gradients(gd_layer *net, double *numbers)
{
    assert_true(gd_read(gd_grad(gd_parameter(net, 0)), GD_FLOAT64, numbers, 6));
    assert_true(gd_read(gd_grad(gd_parameter(net, 1)), GD_FLOAT64, numbers + 6, 3));
}

static void assert_gradients(gd_layer *net, const double *want, gd_dtype dtype)
{
    double got[PARAMETERS];
    read_gradients(net, got);
    for (int i = 0; i < PARAMETERS; i++)
        if (!(fabs(got[i] - want[i]) <= 3 * rounding(dtype)) && !(isnan(got[i]) && isnan(want[i])))
            fail_msg("gradient %d is %.17g, not %.17g", i, got[i], want[i]);
}

/* One element of W's gradient becomes this. */
static void spoil(gd_layer *net, double value)
{
    double numbers[6];
    gd_tensor *d = gd_grad(gd_parameter(net, 0));
    assert_true(gd_read(d, GD_FLOAT64, numbers, 6));
    numbers[1] = value;
    assert_true(gd_write(d, GD_FLOAT64, numbers, 6));
}

static void the_norm_is_clipped_as_pytorch_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof norm_cases / sizeof *norm_cases; i++) {
        const norm_case *c = &norm_cases[i];
        gd_layer *net = start(c->dtype);
        assert_true(set_gradients(net, 3));
        if (c->spoilt != 0)
            spoil(net, c->spoilt);
        double norm = gd_clip_grad_norm(net, .max_norm = c->max_norm, .norm_type = c->norm_type);
        bool same = fabs(norm - c->norm) <= 3 * rounding(c->dtype) * c->norm || norm == c->norm;
        if (!same && !(isnan(norm) && isnan(c->norm)))
            fail_msg("case %d: the norm is %.17g, not %.17g", (int)i, norm, c->norm);
        assert_gradients(net, c->after, c->dtype);
    }
    assert_fine(g);
}

static void values_are_clipped_as_pytorch_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof value_cases / sizeof *value_cases; i++) {
        gd_layer *net = start(value_cases[i].dtype);
        assert_true(set_gradients(net, 3));
        assert_true(gd_clip_grad_value(net, value_cases[i].limit));
        assert_gradients(net, value_cases[i].after, value_cases[i].dtype);
    }
    assert_fine(g);
}

/* ---- which gradients, and what becomes of them ---- */

static gd_layer *with_gradients(void)
{
    gd_layer *net = start(GD_FLOAT64);
    assert_true(set_gradients(net, 3));
    return net;
}

static void the_norm_is_the_second_unless_another_is_given(void **state)
{
    (void)state;
    assert_true(gd_clip_grad_norm(with_gradients(), .max_norm = 100) ==
                gd_clip_grad_norm(with_gradients(), .max_norm = 100, .norm_type = 2));
    assert_true(gd_clip_grad_norm(with_gradients(), .max_norm = 100) !=
                gd_clip_grad_norm(with_gradients(), .max_norm = 100, .norm_type = 3));
}

static void clipping_counts_as_a_write(void **state)
{
    (void)state;
    gd_layer *net = with_gradients();
    gd_tensor *d = gd_grad(gd_parameter(net, 0));
    uint32_t version = d->storage->version;
    gd_clip_grad_norm(net, .max_norm = 1000); /* nothing to do */
    assert_int_equal(d->storage->version, version);
    gd_clip_grad_norm(net, .max_norm = 0.5);
    assert_int_equal(d->storage->version, version + 1);
    assert_true(gd_clip_grad_value(net, 0.125));
    assert_int_equal(d->storage->version, version + 2);
    assert_true(gd_grad(gd_parameter(net, 0)) == d);
    assert_fine(g);
}

static void what_a_step_does_not_use_is_left_alone(void **state)
{
    (void)state;
    gd_layer *net = with_gradients(), *none = start(GD_FLOAT32);
    gd_tensor *b = gd_parameter(net, 1), *kept = gd_clone(gd_grad(b));
    assert_true(gd_clip_grad_norm(none, .max_norm = 1) == 0);
    assert_true(gd_clip_grad_value(none, 1));
    assert_true(gd_clip_grad_norm(gd_relu_layer(g), .max_norm = 1) == 0);
    double both = gd_clip_grad_norm(net, .max_norm = INFINITY);
    gd_require_grad(b, false);
    double of_W = gd_clip_grad_norm(net, .max_norm = 0.25);
    assert_true(of_W > 0 && of_W < both);
    assert_true(gd_clip_grad_value(net, 0.01));
    gd_require_grad(b, true);
    assert_same_tensor(gd_grad(b), kept);
    assert_fine(g);
}

/* A layer used twice has one weight, which is scaled once. */
static void a_shared_parameter_counts_once(void **state)
{
    (void)state;
    gd_layer *layer = gd_linear(g, 1, 1), *net = gd_sequential(g, layer, layer);
    assert_true(gd_backward(gd_mul_scalar(gd_sum(gd_parameter(layer, 0)), 8)));
    assert_true(gd_clip_grad_norm(net, .max_norm = 4) == 8);
    assert_true(fabs(gd_item(gd_grad(gd_parameter(layer, 0))) - 4) < 1e-5);
    assert_true(gd_clip_grad_norm(layer, .max_norm = 2, .norm_type = 1) > 3.999);
    assert_true(fabs(gd_item(gd_grad(gd_parameter(layer, 0))) - 2) < 1e-5);
    assert_fine(g);
}

/* Their squares are beyond float32; the norm is not. (PyTorch's is infinite there.) */
static void large_gradients_have_a_norm(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT32);
    assert_true(gd_backward(gd_sum(gd_mul_scalar(gd_parameter(net, 0), 1e30))));
    double norm = gd_clip_grad_norm(net, .max_norm = 1);
    assert_true(fabs(norm / (1e30 * sqrt(6)) - 1) < 1e-6);
    assert_true(fabs(gd_at(gd_grad(gd_parameter(net, 0)), 0, 0) - 1 / sqrt(6)) < 1e-6);
    assert_fine(g);
}

static void empty_gradients_have_no_norm(void **state)
{
    (void)state;
    gd_tensor *W = gd_zeros(g, GD_FLOAT32, gd_shape(0, 2)), *b = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    gd_layer *net = gd_affine(W, b);
    assert_true(gd_backward(gd_add(gd_sum(W), gd_sum(b))));
    assert_true(gd_clip_grad_norm(net, .max_norm = 9, .norm_type = INFINITY) == 1);
    assert_true(gd_clip_grad_norm(net, .max_norm = 9, .norm_type = 1) == 2);
    assert_fine(g);
}

/* ---- what is refused ---- */

static void refuse(gd_layer *net, double norm, gd_status status, const char *part)
{
    double before[PARAMETERS], after[PARAMETERS];
    assert_true(isnan(norm));
    assert_error(g, status, part);
    gd_layer *same = with_gradients();
    read_gradients(same, before);
    read_gradients(net, after);
    assert_memory_equal(before, after, sizeof before);
}

static void bad_limits_are_refused(void **state)
{
    (void)state;
    gd_layer *net = with_gradients();
    refuse(net, gd_clip_grad_norm(net), GD_ERROR_VALUE, "gd_clip_grad_norm: .max_norm was not given");
    refuse(net, gd_clip_grad_norm(net, .max_norm = -1), GD_ERROR_VALUE, "the largest norm is -1");
    refuse(net, gd_clip_grad_norm(net, .max_norm = NAN), GD_ERROR_VALUE, "the largest norm is nan");
    refuse(net, gd_clip_grad_norm(net, .max_norm = 1, .norm_type = 0), GD_ERROR_VALUE, "the type of norm is 0");
    refuse(net, gd_clip_grad_norm(net, .max_norm = 1, .norm_type = -INFINITY), GD_ERROR_VALUE, "is -inf");
    refuse(net, gd_clip_grad_norm(net, .max_norm = 1, .norm_type = NAN), GD_ERROR_VALUE, "is nan");
    assert_false(gd_clip_grad_value(net, -0.5));
    refuse(net, NAN, GD_ERROR_VALUE, "gd_clip_grad_value: the limit is -0.5");
    assert_false(gd_clip_grad_value(net, NAN));
    refuse(net, NAN, GD_ERROR_VALUE, "the limit is nan");
}

static void norms_that_are_not_finite_can_be_refused(void **state)
{
    (void)state;
    const double bad[] = { INFINITY, NAN };
    for (int i = 0; i < 2; i++) {
        double before[PARAMETERS], after[PARAMETERS];
        gd_layer *net = with_gradients();
        spoil(net, bad[i]);
        read_gradients(net, before);
        assert_true(isnan(gd_clip_grad_norm(net, .max_norm = 1, .error_if_nonfinite = true)));
        assert_error(g, GD_ERROR_VALUE,
                     i == 0 ? "the norm of the gradients is inf" : "the norm of the gradients is nan");
        read_gradients(net, after);
        for (int k = 0; k < PARAMETERS; k++)
            assert_true(before[k] == after[k] || k == 1);
    }
    double norm = gd_clip_grad_norm(with_gradients(), .max_norm = 1, .error_if_nonfinite = true);
    assert_true(norm > 1 && !gd_failed(g));
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    gd_layer *net = with_gradients(), *dead;
    assert_true(isnan(gd_clip_grad_norm(NULL, .max_norm = 1)));
    assert_false(gd_clip_grad_value(NULL, 1));
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_true(isnan(gd_clip_grad_norm(net, .max_norm = 0.1)));
    assert_false(gd_clip_grad_value(net, 0.1));
    refuse(net, NAN, GD_ERROR_SHAPE, "");
    {
        GD_SCOPE(g);
        dead = gd_linear(g, 1, 1);
    }
    assert_true(isnan(gd_clip_grad_norm(dead, .max_norm = 1)));
    assert_error(g, GD_ERROR_DEAD, "gd_clip_grad_norm: the network");
}

static void *prepare(gd_context *own)
{
    gd_layer *net = start_in(own, GD_FLOAT64);
    assert_true(set_gradients(net, 3));
    return net;
}

static bool try_clipping(gd_context *own, void *net)
{
    double before[PARAMETERS], after[PARAMETERS];
    read_gradients(net, before);
    double norm = gd_clip_grad_norm(net, .max_norm = 0.5, .norm_type = 3);
    assert_true(isnan(norm) == gd_failed(own));
    double largest = gd_clip_grad_norm(net, .max_norm = 0.125, .norm_type = INFINITY);
    assert_true(isnan(largest) == gd_failed(own));
    read_gradients(net, after);
    assert_int_equal(memcmp(before, after, 6 * sizeof *before) != 0, !isnan(norm));
    assert_int_equal(memcmp(before + 6, after + 6, 3 * sizeof *before) != 0, !isnan(norm));
    return !gd_failed(own);
}

static void out_of_memory_no_gradient_changes(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare, try_clipping) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_norm_is_clipped_as_pytorch_does),
        IN_CONTEXT(values_are_clipped_as_pytorch_does),
        IN_CONTEXT(the_norm_is_the_second_unless_another_is_given),
        IN_CONTEXT(clipping_counts_as_a_write),
        IN_CONTEXT(what_a_step_does_not_use_is_left_alone),
        IN_CONTEXT(a_shared_parameter_counts_once),
        IN_CONTEXT(large_gradients_have_a_norm),
        IN_CONTEXT(empty_gradients_have_no_norm),
        IN_CONTEXT(bad_limits_are_refused),
        IN_CONTEXT(norms_that_are_not_finite_can_be_refused),
        IN_CONTEXT(what_is_no_network_is_refused),
        cmocka_unit_test(out_of_memory_no_gradient_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
