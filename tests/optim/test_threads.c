/* test_threads.c - trainings with 1, 2, 3 and 8 threads end with the same parameters, bit by bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gradus/gradus.h>

#include "base/context.h"

static gd_layer *xor_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g), gd_linear(g, 2, 1), gd_sigmoid_layer(g));
}

static gd_layer *digits_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 784, 50), gd_relu_layer(g), gd_linear(g, 50, 10));
}

static gd_layer *wide_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 784, 512), gd_tanh_layer(g), gd_linear(g, 512, 10));
}

static gd_tensor *xor_loss(gd_layer *net, gd_context *g)
{
    gd_tensor *x = gd_values(g, gd_shape(4, 2), 0, 0, 0, 1, 1, 0, 1, 1);
    return gd_bce(gd_forward(net, x), gd_values(g, gd_shape(4, 1), 0, 1, 1, 0));
}

static gd_tensor *digits_loss(gd_layer *net, gd_context *g)
{
    gd_tensor *x = gd_rand(g, GD_FLOAT32, gd_shape(100, 784));
    return gd_cross_entropy(gd_forward(net, x), gd_choice(g, 10, 100));
}

static gd_optimizer *sgd(gd_layer *net)
{
    return gd_sgd(net, .lr = 0.5, .momentum = 0.9);
}

static gd_optimizer *adam(gd_layer *net)
{
    return gd_adam(net, .lr = 0.01);
}

typedef struct training {
    gd_layer *(*network)(gd_context *g);
    gd_tensor *(*loss)(gd_layer *net, gd_context *g);
    gd_optimizer *(*optimizer)(gd_layer *net);
    int steps;
    bool share_all;
} training;

/* All parameters, behind each other. */
static double *train(const training *t, int threads, size_t *count)
{
    gd_context *g = gd_open_with(&(gd_config){ .threads = threads });
    g->share_all = t->share_all;
    gd_seed(g, GD_RNG_PHILOX, 7);
    gd_layer *net = t->network(g);
    gd_optimizer *o = t->optimizer(net);
    for (int step = 0; step < t->steps; step++) {
        GD_SCOPE(g);
        gd_zero_grad(net);
        gd_backward(t->loss(net, g));
        gd_step(o);
    }
    assert_string_equal(gd_message(g), "");
    double *all = NULL;
    *count = 0;
    for (int i = 0; i < gd_parameter_count(net); i++) {
        gd_tensor *p = gd_parameter(net, i);
        size_t n = (size_t)gd_numel(p);
        all = realloc(all, (*count + n) * sizeof *all);
        gd_read(p, GD_FLOAT64, all + *count, n);
        *count += n;
    }
    gd_close(g);
    return all;
}

static void check(const training *t)
{
    static const int threads[] = { 2, 3, 8 };
    size_t count, other;
    double *alone = train(t, 1, &count);
    assert_true(count > 0);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        double *shared = train(t, threads[i], &other);
        assert_int_equal(count, other);
        assert_memory_equal(alone, shared, count * sizeof *alone);
        free(shared);
    }
    free(alone);
}

static void test_xor(void **state)
{
    (void)state;
    check(&(training){ xor_network, xor_loss, sgd, 300, true });
}

static void test_digits(void **state)
{
    (void)state;
    check(&(training){ digits_network, digits_loss, sgd, 30, true });
    check(&(training){ digits_network, digits_loss, adam, 30, false });
}

static void test_wide(void **state)
{
    (void)state;
    check(&(training){ wide_network, digits_loss, adam, 10, false });
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_xor), cmocka_unit_test(test_digits),
                                        cmocka_unit_test(test_wide) };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
