/* test_share.c - networks of several contexts, in several threads, over the parameters of one. */
#include "../io/support.h"

#include <pthread.h>

#include "gradus/gradus.h"

static gd_layer *make_network(gd_context *c)
{
    return gd_sequential(c, gd_linear(c, 21, 45), gd_relu_layer(c), gd_linear(c, 45, 10));
}

static gd_context *other;

static int open_both(void **state)
{
    other = gd_open();
    return open_context(state);
}

/* The readers first, for their memory is the other's. */
static int close_both(void **state)
{
    gd_close(other);
    return close_context(state);
}

static void the_parameters_are_the_same_memory(void **state)
{
    (void)state;
    gd_seed(g, GD_RNG_TORCH, 3);
    gd_layer *net = make_network(g), *reader = make_network(other);
    gd_tensor *x = gd_randn(g, GD_FLOAT32, gd_shape(33, 21)), *W = gd_parameter(reader, 0);
    assert_true(gd_share_parameters(reader, net));
    assert_true(gd_parameter(reader, 0) == W);
    for (int i = 0; i < 4; i++)
        assert_true(gd_data(gd_parameter(reader, i)) == gd_data(gd_parameter(net, i)));
    assert_same_tensor(gd_forward(reader, gd_share(other, x)), gd_forward(net, x));
    assert_true(gd_write(gd_parameter(net, 3), GD_FLOAT32, (const float[10]){ 7 }, 10));
    assert_true(gd_at(gd_parameter(reader, 3), 0) == 7);
    assert_true(gd_share_parameters(reader, net)); /* again: no harm */
    assert_same_tensor(gd_forward(reader, gd_share(other, x)), gd_forward(net, x));
    assert_fine(g);
    assert_fine(other);
}

static void the_memory_that_was_there_is_given_back(void **state)
{
    (void)state;
    gd_layer *net = gd_init(make_network(g)), *reader = gd_init(make_network(other));
    size_t before = gd_memory_used(other).in_use;
    assert_true(gd_share_parameters(reader, net));
    assert_true(gd_memory_used(other).in_use + (21 * 45 + 45 * 10) * sizeof(float) <= before);
}

static void what_reads_does_not_learn(void **state)
{
    (void)state;
    gd_layer *net = make_network(g), *reader = make_network(other);
    gd_optimizer *sgd = gd_sgd(reader, .lr = 1);
    assert_true(gd_share_parameters(reader, net));
    gd_tensor *x = gd_ones(other, GD_FLOAT32, gd_shape(2, 21)), *before = gd_clone(gd_detach(gd_parameter(net, 0)));
    assert_true(gd_backward(gd_sum(gd_forward(reader, x))));
    assert_true(gd_at(gd_layer_grad(reader, "2.bias"), 0) == 2);
    assert_false(gd_has_grad(gd_parameter(net, 3)));
    assert_false(gd_step(sgd));
    assert_error(other, GD_ERROR_STATE, "is read-only");
    assert_true(gd_equal(gd_detach(gd_parameter(net, 0)), before));
    assert_fine(g);
}

/* A backward that needs the old values is refused. */
static void sharing_counts_as_a_write(void **state)
{
    (void)state;
    gd_layer *net = gd_affine(gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), gd_ones(g, GD_FLOAT32, gd_shape(3)));
    gd_layer *reader =
        gd_affine(gd_zeros(other, GD_FLOAT32, gd_shape(2, 3)), gd_zeros(other, GD_FLOAT32, gd_shape(3)));
    gd_tensor *x = gd_require_grad(gd_ones(other, GD_FLOAT32, gd_shape(1, 2)), true);
    gd_tensor *loss = gd_sum(gd_forward(reader, x));
    assert_true(gd_share_parameters(reader, net));
    assert_false(gd_backward(loss));
    assert_error(other, GD_ERROR_STATE, "which gd_share_parameters has written over since");
}

static void refuse(gd_layer *to, gd_layer *from, gd_context *c, gd_status status, const char *part)
{
    assert_false(gd_share_parameters(to, from));
    assert_error(c, status, part);
}

static void networks_that_differ_are_refused(void **state)
{
    (void)state;
    gd_layer *net = gd_init(gd_sequential(g, gd_linear(g, 2, 3), gd_linear(g, 3, 4)));
    gd_layer *wide = gd_sequential(other, gd_linear(other, 2, 3), gd_linear(other, 3, 5));
    gd_layer *named = gd_sequential(other, gd_linear(other, 2, 3), gd_relu_layer(other), gd_linear(other, 3, 4));
    const void *first = gd_data(gd_parameter(wide, 0));
    refuse(wide, net, other, GD_ERROR_SHAPE, "the parameter '1.weight' is float32 (5, 3), and in the other network");
    assert_true(gd_data(gd_parameter(wide, 0)) == first);
    assert_true(gd_write(gd_parameter(wide, 0), GD_FLOAT32, (const float[6]){ 0 }, 6));
    refuse(named, net, other, GD_ERROR_SHAPE, "'2.weight'");
    refuse(gd_linear(other, 2, 3), net, other, GD_ERROR_SHAPE, "different parameters");
    gd_set_default_dtype(other, GD_FLOAT64);
    refuse(gd_sequential(other, gd_linear(other, 2, 3), gd_linear(other, 3, 4)), net, other, GD_ERROR_SHAPE,
           "float64");
    refuse(net, gd_sequential(g, gd_linear(g, 2, 3), gd_linear(g, 3, 4)), g, GD_ERROR_CONTEXT, "one context");
    refuse(net, net, g, GD_ERROR_CONTEXT, "one context");
    assert_fine(g);
}

static void networks_do_not_read_each_other(void **state)
{
    (void)state;
    gd_layer *net = make_network(g), *reader = make_network(other);
    assert_true(gd_share_parameters(reader, net));
    refuse(net, reader, g, GD_ERROR_STATE, "reads the parameters of this one");
    assert_true(gd_write(gd_parameter(net, 1), GD_FLOAT32, (const float[45]){ 0 }, 45));
}

static void what_is_no_network_is_refused(void **state)
{
    (void)state;
    gd_layer *net = make_network(g), *dead, *wrong = gd_linear(other, -1, 2);
    gd_clear(other);
    {
        GD_SCOPE(g);
        dead = make_network(g);
    }
    assert_false(gd_share_parameters(NULL, net));
    assert_false(gd_share_parameters(wrong, net));
    gd_layer *reader = make_network(other);
    refuse(reader, NULL, other, GD_ERROR_NULL, "gd_share_parameters");
    refuse(reader, dead, other, GD_ERROR_DEAD, "gd_share_parameters");
    refuse(dead, reader, g, GD_ERROR_DEAD, "");
    gd_zeros(other, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_share_parameters(reader, net)); /* an error stands */
    gd_clear(other);
    assert_true(gd_data(gd_parameter(reader, 0)) != gd_data(gd_parameter(net, 0)));
    assert_fine(g);
}

static bool share(gd_context *own, void *prepared)
{
    (void)own;
    return gd_share_parameters(prepared, make_network(g));
}

static void *prepare(gd_context *own)
{
    return gd_init(make_network(own));
}

static void scarce_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare, share) > 0);
    assert_fine(g);
}

/* ---- in several threads ---- */

enum { THREADS = 4, PASSES = 40, ROWS = 33 };

typedef struct worker {
    pthread_t thread;
    gd_context *context;
    gd_layer *network;
    float out[ROWS * 10];
    bool good;
} worker;

static bool pass(gd_context *c, gd_layer *network, float *out)
{
    GD_SCOPE(c);
    gd_tensor *x = gd_sin(gd_reshape(gd_arange(c, GD_FLOAT32, ROWS * 21), gd_shape(ROWS, 21)));
    gd_tensor *y = gd_forward(network, x);
    return gd_read(y, GD_FLOAT32, out, ROWS * 10) && gd_backward(gd_sum(gd_square(y)));
}

static void *work(void *argument)
{
    worker *w = argument;
    float again[ROWS * 10];
    w->good = pass(w->context, w->network, w->out);
    for (int i = 0; w->good && i < PASSES; i++)
        w->good = pass(w->context, w->network, again) && memcmp(again, w->out, sizeof again) == 0;
    return NULL;
}

static void threads_use_one_network(void **state)
{
    (void)state;
    static worker workers[THREADS];
    float expected[ROWS * 10], again[ROWS * 10];
    gd_layer *net = make_network(g);
    assert_true(pass(g, net, expected));
    for (int i = 0; i < THREADS; i++) {
        workers[i].context = gd_open();
        workers[i].network = make_network(workers[i].context);
        assert_true(gd_share_parameters(workers[i].network, net));
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < PASSES; i++)
        assert_true(pass(g, net, again));
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_true(workers[i].good);
        assert_memory_equal(workers[i].out, expected, sizeof expected);
        gd_close(workers[i].context);
    }
    assert_fine(g);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_both, close_both)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_parameters_are_the_same_memory),
        IN_CONTEXT(the_memory_that_was_there_is_given_back),
        IN_CONTEXT(what_reads_does_not_learn),
        IN_CONTEXT(sharing_counts_as_a_write),
        IN_CONTEXT(networks_that_differ_are_refused),
        IN_CONTEXT(networks_do_not_read_each_other),
        IN_CONTEXT(what_is_no_network_is_refused),
        IN_CONTEXT(scarce_memory_is_an_error),
        IN_CONTEXT(threads_use_one_network),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
