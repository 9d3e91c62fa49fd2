/* test_init.c - first numbers for parameters: against torch.nn.init (init_reference.h), and what can't be. */
#include "values.h"

typedef struct init_case {
    const char *name;
    gd_dims shape;
    const double *f32, *f64;
} init_case;

#include "init_reference.h"

enum { CASES = sizeof init_cases / sizeof *init_cases };

/* ---- against PyTorch ---- */

static gd_tensor *random_weight(const char *name, gd_tensor *t)
{
    if (strcmp(name, "xavier_uniform") == 0)
        return gd_init_xavier_uniform(t, 1);
    if (strcmp(name, "xavier_normal") == 0)
        return gd_init_xavier_normal(t, gd_gain("tanh", 0));
    if (strcmp(name, "kaiming_uniform") == 0)
        return gd_init_kaiming_uniform(t);
    if (strcmp(name, "kaiming_uniform with a slope") == 0)
        return gd_init_kaiming_uniform(t, .a = sqrt(5));
    if (strcmp(name, "kaiming_normal") == 0)
        return gd_init_kaiming_normal(t, .mode = GD_FAN_OUT, .nonlinearity = "relu");
    if (strcmp(name, "orthogonal") == 0)
        return gd_init_orthogonal(t, 1);
    if (strcmp(name, "orthogonal with a gain") == 0)
        return gd_init_orthogonal(t, 2.5);
    if (strcmp(name, "trunc_normal") == 0)
        return gd_init_trunc_normal(t, 0, 1, -2, 2);
    if (strcmp(name, "trunc_normal around") == 0)
        return gd_init_trunc_normal(t, 0.5, 2, -1, 3);
    if (strcmp(name, "trunc_normal at the side") == 0)
        return gd_init_trunc_normal(t, 0, 1, 1, 4);
    assert_string_equal(name, "trunc_normal of a narrow range");
    return gd_init_trunc_normal(t, 0, 1, -0.1, 0.2);
}

static gd_tensor *initialised(const char *name, gd_tensor *t)
{
    if (strcmp(name, "uniform") == 0)
        return gd_init_uniform(t, -2, 3);
    if (strcmp(name, "uniform of one value") == 0)
        return gd_init_uniform(t, 0.5, 0.5);
    if (strcmp(name, "normal") == 0)
        return gd_init_normal(t, 1, 0.5);
    return random_weight(name, t);
}

static void check_case(const init_case *c, gd_dtype dtype)
{
    GD_SCOPE(g);
    gd_tensor *t = gd_require_grad(gd_full(g, dtype, c->shape, 9), true);
    uint32_t version = t->storage->version;
    gd_seed(g, GD_RNG_TORCH, 7);
    assert_true(initialised(c->name, t) == t);
    /* PyTorch's orthogonal matrices come out of LAPACK, in the tensor's own precision */
    double tolerance = dtype == GD_FLOAT64 ? 1e-14 : strstr(c->name, "orthogonal") ? 1e-6 : 0;
    assert_values(t, dtype == GD_FLOAT32 ? c->f32 : c->f64, (size_t)gd_numel(t), tolerance);
    assert_true(t->storage->version > version);
    assert_true(gd_is_leaf(t) && gd_requires_grad(t));
    assert_fine(g);
}

static void the_numbers_are_those_of_pytorch(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        check_case(&init_cases[i], GD_FLOAT32);
        check_case(&init_cases[i], GD_FLOAT64);
    }
}

static void gains_are_those_of_pytorch(void **state)
{
    static const char *const ones[] = { "linear",           "conv1d",           "conv2d",           "conv3d",
                                        "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid" };
    (void)state;
    for (size_t i = 0; i < sizeof ones / sizeof *ones; i++)
        assert_true(gd_gain(ones[i], 0.5) == 1);
    assert_true(gd_gain("tanh", 0) == 5.0 / 3);
    assert_true(gd_gain("relu", 0) == sqrt(2));
    assert_true(gd_gain("selu", 0) == 0.75);
    assert_true(gd_gain("leaky_relu", 0.01) == 1.4141428569978354);
    assert_true(isnan(gd_gain("gelu", 0)));
    assert_true(isnan(gd_gain(NULL, 0)));
}

/* ---- the other streams ---- */

static void assert_between(gd_tensor *t, double low, double high)
{
    const float *value = gd_data(t);
    assert_fine(g);
    for (int64_t i = 0; i < gd_numel(t); i++)
        if (!(value[i] >= (float)low && value[i] <= (float)high))
            fail_msg("element %d is %g, not within %g .. %g", (int)i, (double)value[i], low, high);
}

static void every_stream_keeps_the_limits(void **state)
{
    static const gd_rng kinds[] = { GD_RNG_PHILOX, GD_RNG_TORCH, GD_RNG_NUMPY };
    (void)state;
    for (int i = 0; i < 3; i++) {
        gd_seed(g, kinds[i], 3);
        gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(40, 50));
        assert_between(gd_init_xavier_uniform(t, 1), -sqrt(6.0 / 90), sqrt(6.0 / 90));
        assert_true(fabs(gd_item(gd_mean(t))) < 0.03);
        assert_between(gd_init_trunc_normal(t, 0, 1, -1, 1), -1, 1);
        assert_between(gd_init_trunc_normal(t, 0, 1, 2, 8), 2, 8);
        assert_between(gd_init_trunc_normal(t, 0, 1, -1, INFINITY), -1, 10);
        assert_between(gd_init_trunc_normal(t, 0, 1, 1, 1), 1, 1);
        gd_init_orthogonal(t, 1);
        gd_tensor *product = gd_matmul(t, gd_t(t)); /* 40 rows, orthogonal to each other */
        assert_true(fabs(gd_at(product, 0, 0) - 1) < 1e-5 && fabs(gd_at(product, 7, 30)) < 1e-5);
    }
}

/* ---- a whole network ---- */

static void every_weight(void *user, const char *name, gd_tensor *parameter)
{
    char *names = user;
    strcat(strcat(names, name), " ");
    if (gd_ndim(parameter) == 2)
        gd_fill(parameter, 0.5);
    else
        gd_fill(parameter, 0);
}

static void a_function_sees_each_parameter_once(void **state)
{
    char names[100] = "";
    (void)state;
    gd_layer *twice = gd_linear(g, 2, 2);
    gd_layer *net = gd_sequential(g, twice, gd_batch_norm(g, 2), twice);
    assert_true(gd_init_with(net, every_weight, names) == net);
    assert_string_equal(names, "0.weight 0.bias 1.weight 1.bias ");
    assert_reads(gd_parameter_named(net, "2.weight"), 0.5, 0.5, 0.5, 0.5);
    assert_reads(gd_parameter_named(net, "1.weight"), 0, 0);
    gd_seed(g, GD_RNG_TORCH, 1);
    gd_layer *drawn = gd_init(gd_linear(g, 2, 3));
    gd_tensor *first = gd_rand(g, GD_FLOAT32, gd_shape(4));
    gd_seed(g, GD_RNG_TORCH, 1);
    gd_init_with(gd_linear(g, 2, 3), every_weight, names); /* draws first, as torch.nn.Module.apply finds it */
    assert_same_tensor(first, gd_rand(g, GD_FLOAT32, gd_shape(4)));
    assert_true(gd_is_layer(drawn));
}

static void failing(void *user, const char *name, gd_tensor *parameter)
{
    (void)name;
    (*(int *)user)++;
    gd_init_uniform(parameter, 1, 0);
}

static void what_fails_for_a_network_is_an_error(void **state)
{
    int calls = 0;
    (void)state;
    gd_layer *net = gd_linear(g, 2, 2);
    assert_error_object(gd_init_with(net, failing, &calls));
    assert_error(g, GD_ERROR_VALUE, "gd_init_uniform: draws from 1 to 0");
    assert_error_object(gd_init_with(net, NULL, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_init_with");
    assert_error_object(gd_init_with(NULL, failing, &calls));
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    calls = 0;
    assert_error_object(gd_init_with(net, failing, &calls));
    assert_int_equal(calls, 0);
}

/* ---- what can't be ---- */

static void numbers_that_cant_be_are_refused(void **state)
{
    (void)state;
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(2, 3));
    assert_error_object(gd_init_uniform(t, 1, 0));
    assert_error(g, GD_ERROR_VALUE, "gd_init_uniform: draws from 1 to 0");
    assert_error_object(gd_init_uniform(t, 0, INFINITY));
    assert_error(g, GD_ERROR_VALUE, "draws from 0 to inf");
    assert_error_object(gd_init_normal(t, 0, -1));
    assert_error(g, GD_ERROR_VALUE, "gd_init_normal: the standard deviation is -1");
    assert_error_object(gd_init_normal(t, 0, NAN));
    assert_error(g, GD_ERROR_VALUE, "nan");
    assert_error_object(gd_init_xavier_uniform(t, -1));
    assert_error(g, GD_ERROR_VALUE, "gd_init_xavier_uniform");
    assert_error_object(gd_init_xavier_normal(t, gd_gain("gelu", 0)));
    assert_error(g, GD_ERROR_VALUE, "gd_init_xavier_normal: the standard deviation is nan");
    assert_error_object(gd_init_kaiming_normal(t, .nonlinearity = "gelu"));
    assert_error(g, GD_ERROR_VALUE, "'gelu' is no nonlinearity with a gain. Use linear, conv1d");
    assert_error_object(gd_init_kaiming_uniform(t, .mode = (gd_fan)7));
    assert_error(g, GD_ERROR_VALUE, "7 is no mode. Use GD_FAN_IN or GD_FAN_OUT");
    assert_error_object(gd_init_trunc_normal(t, 0, 0, -1, 1));
    assert_error(g, GD_ERROR_VALUE, "the standard deviation is 0");
    assert_error_object(gd_init_trunc_normal(t, NAN, 1, -1, 1));
    assert_error(g, GD_ERROR_VALUE, "the mean is nan");
    assert_error_object(gd_init_trunc_normal(t, 0, 1, 2, 1));
    assert_error(g, GD_ERROR_VALUE, "the range is -1");
    assert_error_object(gd_init_trunc_normal(t, 0, 1, 1, INFINITY));
    assert_error(g, GD_ERROR_VALUE, "the range is inf");
    assert_error_object(gd_init_trunc_normal(t, 0, 1e-200, 1, 2));
    assert_error(g, GD_ERROR_VALUE, "the range that is never met is 1");
    assert_reads(t, 1, 1, 1, 1, 1, 1);
}

static void shapes_without_fans_are_refused(void **state)
{
    (void)state;
    gd_tensor *bias = gd_ones(g, GD_FLOAT32, gd_shape(3));
    assert_error_object(gd_init_xavier_uniform(bias, 1));
    assert_error(g, GD_ERROR_SHAPE, "float32 (3,) has no number of inputs and outputs");
    assert_error_object(gd_init_kaiming_normal(bias));
    assert_error(g, GD_ERROR_SHAPE, "gd_init_kaiming_normal");
    assert_error_object(gd_init_orthogonal(bias, 1));
    assert_error(g, GD_ERROR_SHAPE, "has no rows and columns");
    gd_tensor *empty = gd_zeros(g, GD_FLOAT32, gd_shape(0, 3));
    assert_true(gd_init_xavier_uniform(empty, 1) == empty);
    assert_true(gd_init_xavier_normal(empty, 1) == empty);
    assert_true(gd_init_kaiming_uniform(empty) == empty);
    assert_true(gd_init_kaiming_normal(gd_zeros(g, GD_FLOAT32, gd_shape(0, 0))) != NULL);
    assert_true(gd_init_orthogonal(empty, 1) == empty);
    assert_true(gd_init_trunc_normal(empty, 0, 1, -1, 1) == empty);
    assert_fine(g);
}

/* Each initialiser on this tensor. */
static void all_refuse(gd_tensor *t, gd_status status, const char *part)
{
    assert_error_object(gd_init_uniform(t, 0, 1));
    if (status != GD_OK)
        assert_error(g, status, part);
    assert_error_object(gd_init_normal(t, 0, 1));
    assert_error_object(gd_init_trunc_normal(t, 0, 1, -1, 1));
    assert_error_object(gd_init_xavier_uniform(t, 1));
    assert_error_object(gd_init_xavier_normal(t, 1));
    assert_error_object(gd_init_kaiming_uniform(t));
    assert_error_object(gd_init_kaiming_normal(t));
    assert_error_object(gd_init_orthogonal(t, 1));
    gd_clear(g);
}

static void tensors_that_cant_be_filled_are_refused(void **state)
{
    (void)state;
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *dead;
    all_refuse(NULL, GD_OK, "");
    all_refuse(gd_ones(g, GD_INT64, gd_shape(2, 3)), GD_ERROR_DTYPE, "int64 (2, 3) can't be filled with draws");
    all_refuse(gd_t(t), GD_ERROR_STATE, "Give the whole tensor");
    all_refuse(gd_share(g, t), GD_ERROR_STATE, "is read-only");
    all_refuse(gd_zeros(g, GD_FLOAT32, gd_shape(-1)), GD_ERROR_SHAPE, "gd_zeros");
    {
        GD_SCOPE(g);
        dead = gd_ones(g, GD_FLOAT32, gd_shape(2, 3));
    }
    all_refuse(dead, GD_ERROR_DEAD, "gd_init_uniform");
}

static void while_an_error_stands_nothing_is_drawn(void **state)
{
    (void)state;
    gd_seed(g, GD_RNG_PHILOX, 5);
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(2)), *first = gd_rand(g, GD_FLOAT32, gd_shape(3));
    gd_layer *net = gd_linear(g, 2, 1);
    gd_seed(g, GD_RNG_PHILOX, 5);
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_error_object(gd_init_uniform(t, 5, 6));
    assert_error_object(gd_init(net));
    assert_error_object(gd_forward(net, t));
    gd_clear(g);
    assert_reads(t, 1, 1);
    assert_same_tensor(first, gd_rand(g, GD_FLOAT32, gd_shape(3)));
    assert_true(gd_item(gd_sum(gd_square(gd_parameter(net, 0)))) > 0); /* it is drawn later */
}

static void *weight(gd_context *own)
{
    return gd_ones(own, GD_FLOAT32, gd_shape(3, 2));
}

static bool try_all(gd_context *own, void *prepared)
{
    gd_tensor *t = prepared;
    bool good = gd_is_tensor(gd_init_trunc_normal(t, 0, 1, 0, 1)) && gd_is_tensor(gd_init_orthogonal(t, 1));
    assert_true(good == !gd_failed(own));
    return good;
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(weight, try_all) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_numbers_are_those_of_pytorch),       IN_CONTEXT(gains_are_those_of_pytorch),
        IN_CONTEXT(every_stream_keeps_the_limits),          IN_CONTEXT(a_function_sees_each_parameter_once),
        IN_CONTEXT(what_fails_for_a_network_is_an_error),   IN_CONTEXT(numbers_that_cant_be_are_refused),
        IN_CONTEXT(shapes_without_fans_are_refused),        IN_CONTEXT(tensors_that_cant_be_filled_are_refused),
        IN_CONTEXT(while_an_error_stands_nothing_is_drawn), cmocka_unit_test(out_of_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
