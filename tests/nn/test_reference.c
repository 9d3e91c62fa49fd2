/* test_reference.c - the layers against torch.nn (layers_reference.h): outputs, gradients by the tape and layer by
 * layer, buffers over several steps, and evaluation. */
#include "values.h"

typedef struct layer_case {
    const char *name;
    gd_dims x;
    const double *f32, *f64;
    size_t count;
} layer_case;

#include "layers_reference.h"

enum { CASES = sizeof layer_cases / sizeof *layer_cases, STEPS = 3, MOST = 64 };

/* ---- the layers of the reference, by their names there ---- */

static gd_layer *network(void)
{
    gd_layer *inner = gd_sequential(g, gd_tanh_layer(g), gd_layer_norm(g, gd_shape(4)));
    return gd_sequential(g, gd_linear(g, 3, 4), gd_batch_norm(g, 4), inner);
}

static gd_layer *norm_called(const char *name)
{
    if (strcmp(name, "batch_norm") == 0 || strcmp(name, "batch_norm of three dimensions") == 0)
        return gd_batch_norm(g, 3);
    if (strcmp(name, "batch_norm of four dimensions") == 0)
        return gd_batch_norm(g, 2);
    if (strcmp(name, "batch_norm with other numbers") == 0)
        return gd_batch_norm(g, 3, .eps = 0.25, .momentum = 0.75);
    if (strcmp(name, "batch_norm without momentum") == 0)
        return gd_batch_norm(g, 3, .momentum = 0);
    if (strcmp(name, "batch_norm cumulative") == 0)
        return gd_batch_norm(g, 3, .cumulative = true);
    if (strcmp(name, "batch_norm without affine") == 0)
        return gd_batch_norm(g, 3, .affine = false);
    if (strcmp(name, "batch_norm without bias") == 0)
        return gd_batch_norm(g, 3, .bias = false);
    if (strcmp(name, "batch_norm of batches alone") == 0)
        return gd_batch_norm(g, 3, .track_running_stats = false);
    if (strcmp(name, "layer_norm of two dimensions") == 0)
        return gd_layer_norm(g, gd_shape(3, 2));
    if (strcmp(name, "layer_norm with another eps") == 0)
        return gd_layer_norm(g, gd_shape(4), .eps = 0.25);
    if (strcmp(name, "layer_norm without affine") == 0)
        return gd_layer_norm(g, gd_shape(4), .affine = false);
    if (strcmp(name, "layer_norm without bias") == 0)
        return gd_layer_norm(g, gd_shape(4), .bias = false);
    return gd_layer_norm(g, gd_shape(4));
}

static gd_layer *layer_called(const char *name)
{
    const struct {
        const char *name;
        gd_layer *layer;
    } plain[] = {
        { "linear without bias", gd_linear(g, 3, 2, .bias = false) },
        { "flatten", gd_flatten_layer(g) },
        { "sigmoid", gd_sigmoid_layer(g) },
        { "relu", gd_relu_layer(g) },
        { "tanh", gd_tanh_layer(g) },
        { "gelu", gd_gelu_layer(g) },
        { "silu", gd_silu_layer(g) },
        { "leaky_relu", gd_leaky_relu_layer(g, 0.01) },
        { "elu", gd_elu_layer(g, 1) },
        { "softplus", gd_softplus_layer(g, 2, 1.5) },
        { "softmax", gd_softmax_layer(g, 0) },
        { "log_softmax", gd_log_softmax_layer(g, -1) },
        { "network", network() },
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (strcmp(plain[i].name, name) == 0)
            return plain[i].layer;
    return strstr(name, "norm") ? norm_called(name) : gd_linear(g, 3, 2);
}

/* ---- the reference's numbers ---- */

static double number(int64_t k)
{
    return (double)((7919 * k + 13) % 101 - 50) / 32;
}

/* Element i is number(factor i + offset). */
static gd_tensor *numbers(gd_dtype dtype, gd_dims shape, int factor, int offset)
{
    double value[MOST];
    int64_t count = gd__count(shape);
    assert_true(count <= MOST);
    for (int64_t i = 0; i < count; i++)
        value[i] = number(factor * i + offset);
    return gd_values_of(g, dtype, shape, (size_t)count, value);
}

typedef struct run {
    const layer_case *c;
    gd_dtype dtype;
    gd_layer *layer;
    size_t at; /* the reference's next number */
} run;

static void expect(run *r, gd_tensor *t, const char *what)
{
    double got[MOST], tolerance = r->dtype == GD_FLOAT32 ? 5e-5 : 1e-12;
    if (!gd_is_tensor(t))
        fail_msg("%s: %s", r->c->name, gd_message(g));
    const double *want = (r->dtype == GD_FLOAT32 ? r->c->f32 : r->c->f64) + r->at;
    size_t count = (size_t)gd_numel(t);
    assert_true(count <= MOST && r->at + count <= r->c->count);
    assert_true(gd_read(t, GD_FLOAT64, got, count));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance * fmax(1, fabs(want[i]))))
            fail_msg("%s: %s, element %zu is %.17g, not %.17g", r->c->name, what, i, got[i], want[i]);
    r->at += count;
}

static void expect_gradients(run *r)
{
    int count = gd_parameter_count(r->layer);
    for (int i = 0; i < count; i++)
        expect(r, gd_grad(gd_parameter(r->layer, i)), "the gradient of a parameter");
}

/* One step of the reference, both ways back: they see the same numbers. */
static void take_step(run *r, int s, bool training)
{
    gd_tensor *x = gd_require_grad(numbers(r->dtype, r->c->x, 1, 37 * s + 1), true), *y = gd_forward(r->layer, x);
    expect(r, y, "y");
    gd_tensor *dy = numbers(r->dtype, gd_sizes(y), 3, s + 5);
    size_t back = r->at;
    expect(r, gd_layer_backward(r->layer, dy), "dx by layers");
    if (training)
        expect_gradients(r);
    r->at = back;
    gd_zero_grad(r->layer);
    assert_true(gd_backward(gd_sum(gd_mul(y, dy))));
    expect(r, gd_grad(x), "dx by the tape");
    if (training)
        expect_gradients(r);
    for (int i = 0; training && i < gd_buffer_count(r->layer); i++)
        expect(r, gd_buffer(r->layer, i), "a buffer");
}

static void check_case(const layer_case *c, gd_dtype dtype)
{
    GD_SCOPE(g);
    gd_set_default_dtype(g, dtype);
    run r = { .c = c, .dtype = dtype, .layer = layer_called(c->name) };
    int count = gd_parameter_count(r.layer);
    for (int j = 0; j < count; j++) {
        gd_tensor *p = gd_parameter(r.layer, j);
        assert_true(gd_write(p, dtype, gd_data(numbers(dtype, gd_sizes(p), 5, 11 * j + 2)), (size_t)gd_numel(p)));
    }
    for (int s = 0; s < STEPS; s++)
        take_step(&r, s, true);
    assert_true(gd_set_training(r.layer, false) == r.layer);
    take_step(&r, STEPS, false);
    assert_int_equal(r.at, c->count);
    assert_fine(g);
}

static void layers_do_what_pytorchs_do(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        check_case(&layer_cases[i], GD_FLOAT32);
        check_case(&layer_cases[i], GD_FLOAT64);
    }
}

/* Parameters and buffers together, each in its order. */
static void state_is_named_as_in_pytorch(void **state)
{
    enum { NAMES = sizeof state_names / sizeof *state_names };
    char parameter[64], buffer[64];
    (void)state;
    gd_layer *inner = gd_sequential(g, gd_batch_norm(g, 3), gd_layer_norm(g, gd_shape(3)));
    gd_layer *net = gd_sequential(g, gd_linear(g, 2, 3), gd_batch_norm(g, 3), inner);
    int parameters = 0, buffers = 0;
    for (int i = 0; i < NAMES; i++) {
        gd_parameter_name(net, parameters < gd_parameter_count(net) ? parameters : 0, parameter, sizeof parameter);
        gd_buffer_name(net, buffers < gd_buffer_count(net) ? buffers : 0, buffer, sizeof buffer);
        bool is_parameter = strcmp(parameter, state_names[i]) == 0;
        if (!is_parameter && strcmp(buffer, state_names[i]) != 0)
            fail_msg("neither %s nor %s is %s", parameter, buffer, state_names[i]);
        parameters += is_parameter;
        buffers += !is_parameter;
    }
    assert_int_equal(parameters, gd_parameter_count(net));
    assert_int_equal(buffers, gd_buffer_count(net));
    assert_fine(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(layers_do_what_pytorchs_do),
        IN_CONTEXT(state_is_named_as_in_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
