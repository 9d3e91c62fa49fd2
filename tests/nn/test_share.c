/* test_share.c - one network in several contexts, and in several threads. */
#include "values.h"

#include <pthread.h>

#include "nn/layer.h"

static gd_tensor *residual_forward(void *user, gd_layer *self, gd_tensor *x)
{
    return gd_mul_scalar(gd_add(x, gd_forward(gd_layer_named(self, "body"), x)), *(const double *)user);
}

static int released;

static void count_release(void *user)
{
    (void)user;
    released++;
}

/* Of every kind: it reads numbers 0 .. 9, two a sample. */
static gd_layer *network(gd_context *own)
{
    static double factor = 0.5;
    gd_layer *body = gd_sequential(own, gd_linear(own, 8, 8), gd_tanh_layer(own), gd_dropout(own, 0.5));
    gd_layer *residual = gd_custom(own, "residual", residual_forward, .user = &factor, .release = count_release);
    gd_register_layer(residual, "body", body);
    return gd_sequential(own, gd_embedding(own, 10, 4), gd_flatten_layer(own), gd_batch_norm(own, 8), residual,
                         gd_layer_norm(own, gd_shape(8)), gd_linear(own, 8, 3));
}

static gd_tensor *numbers(gd_context *own, int seed)
{
    gd_seed(own, GD_RNG_PHILOX, (uint64_t)seed);
    return gd_randint(own, GD_INT64, gd_shape(6, 2), 0, 10);
}

/* Trained a little, so that its running statistics are not what they began as. */
static gd_layer *trained(gd_context *own)
{
    gd_layer *net = network(own);
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.1);
    for (int i = 0; i < 5; i++) {
        GD_SCOPE(own);
        gd_zero_grad(net);
        gd_backward(gd_sum(gd_square(gd_forward(net, numbers(own, i)))));
        gd_step(sgd);
    }
    return gd_set_training(net, false);
}

static void a_shared_network_makes_the_same(void **state)
{
    char of_net[60], of_shared[60];
    (void)state;
    gd_layer *net = trained(g);
    gd_context *other = gd_open();
    gd_layer *shared = gd_layer_share(other, net);
    assert_same_tensor(gd_forward(shared, numbers(other, 9)), gd_forward(net, numbers(g, 9)));
    assert_int_equal(gd_parameter_count(shared), gd_parameter_count(net));
    assert_int_equal(gd_buffer_count(shared), 3);
    for (int i = 0; i < gd_parameter_count(net); i++) {
        gd_parameter_name(net, i, of_net, sizeof of_net);
        gd_parameter_name(shared, i, of_shared, sizeof of_shared);
        assert_string_equal(of_net, of_shared);
        assert_true(gd_data(gd_parameter(net, i)) == gd_data(gd_parameter(shared, i)));
        assert_false(gd_requires_grad(gd_parameter(shared, i)));
        assert_true(gd_requires_grad(gd_parameter(net, i)));
    }
    assert_false(gd_is_training(shared));
    assert_string_equal(gd_layer_named(shared, "3.body.1")->label, "1 (tanh)");
    released = 0;
    assert_fine(other);
    gd_close(other);
    assert_int_equal(released, 0); /* what is handed to the layers belongs to the network's own */
    assert_fine(g);
}

static void a_shared_network_is_read_only(void **state)
{
    (void)state;
    gd_layer *net = trained(g);
    gd_context *other = gd_open();
    gd_layer *shared = gd_layer_share(other, net);
    assert_error_object(gd_init_uniform(gd_parameter(shared, 0), 0, 1));
    assert_error(other, GD_ERROR_STATE, "read-only");
    assert_true(gd_save(net, in_folder("net.npz")));
    assert_false(gd_load(shared, in_folder("net.npz")));
    assert_error(other, GD_ERROR_STATE, "read-only");
    gd_set_training(shared, true);
    assert_error_object(gd_forward(shared, numbers(other, 3))); /* batch normalisation would write */
    assert_error(other, GD_ERROR_STATE, "read-only");
    gd_set_training(shared, false);
    gd_zero_grad(net);
    gd_optimizer *sgd = gd_sgd(gd_freeze(shared, false), .lr = 0.1);
    assert_true(gd_backward(gd_sum(gd_square(gd_forward(shared, numbers(other, 3))))));
    assert_true(gd_has_grad(gd_parameter(shared, 0)) && !gd_has_grad(gd_parameter(net, 0))); /* its own gradients */
    assert_false(gd_step(sgd));
    assert_error(other, GD_ERROR_STATE, "read-only");
    gd_close(other);
    assert_fine(g);
}

static void a_tensor_used_twice_stays_one(void **state)
{
    (void)state;
    gd_layer *layer = gd_linear(g, 2, 2), *net = gd_init(gd_sequential(g, layer, gd_relu_layer(g), layer));
    gd_context *other = gd_open();
    gd_layer *shared = gd_layer_share(other, net);
    assert_int_equal(gd_parameter_count(shared), 2);
    assert_true(gd_parameter_named(shared, "2.weight") == gd_parameter_named(shared, "0.weight"));
    gd_close(other);
}

static void what_cant_be_shared_is_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_layer *row, *dead;
    assert_error_object(gd_layer_share(NULL, gd_relu_layer(g)));
    assert_error_object(gd_layer_share(other, NULL));
    assert_error(other, GD_ERROR_NULL, "gd_layer_share");
    assert_error_object(gd_layer_share(other, gd_linear(g, 2, 2)));
    assert_error(other, GD_ERROR_STATE, "the numbers of the layer linear have not been drawn yet. Call gd_init");
    assert_error_object(gd_layer_share(other, gd_linear(g, -1, 2)));
    assert_error(other, GD_ERROR_CONTEXT, "gd_layer_share");
    gd_clear(g);
    {
        GD_SCOPE(g);
        dead = gd_init(gd_relu_layer(g));
        row = gd_init(gd_sequential(g, dead));
        gd__move(&row->object, 0);
    }
    assert_error_object(gd_layer_share(other, dead));
    assert_error(other, GD_ERROR_DEAD, "gd_layer_share");
    assert_error_object(gd_layer_share(other, row));
    assert_error(other, GD_ERROR_DEAD, "0 of the layer sequential went with its scope");
    assert_fine(g);
    gd_close(other);
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 40, OUTPUTS = 6 * 3 };

typedef struct worker {
    pthread_t thread;
    const gd_layer *net;
    int seed;
    float output[ROUNDS][OUTPUTS];
    bool good;
} worker;

static void evaluate(gd_context *own, gd_layer *net, worker *w)
{
    for (int i = 0; i < ROUNDS; i++) {
        GD_SCOPE(own);
        GD_NO_GRAD(own);
        gd_read(gd_forward(net, numbers(own, w->seed + i)), GD_FLOAT32, w->output[i], OUTPUTS);
    }
    w->good = !gd_failed(own);
}

static void *work(void *user)
{
    worker *w = user;
    gd_context *own = gd_open();
    evaluate(own, gd_layer_share(own, w->net), w);
    gd_close(own);
    return NULL;
}

static void threads_use_one_network(void **state)
{
    static worker workers[THREADS], alone;
    (void)state;
    gd_layer *net = trained(g);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){ .net = net, .seed = 100 * i };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    alone = (worker){ .seed = 7 };
    evaluate(g, net, &alone); /* the network's own thread uses it meanwhile */
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < THREADS; i++) {
        alone.seed = 100 * i;
        evaluate(g, net, &alone);
        assert_true(workers[i].good && alone.good);
        assert_memory_equal(workers[i].output, alone.output, sizeof alone.output);
    }
    assert_fine(g);
}

/* ---- out of memory ---- */

static bool try_sharing(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_layer *shared = gd_layer_share(own, gd_set_training(gd_init(network(g)), false));
    bool good = gd_is_layer(shared);
    assert_true(good == !gd_failed(own));
    return good;
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_sharing) > 20);
    assert_fine(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_shared_network_makes_the_same), IN_CONTEXT(a_shared_network_is_read_only),
        IN_CONTEXT(a_tensor_used_twice_stays_one),   IN_CONTEXT(what_cant_be_shared_is_refused),
        IN_CONTEXT(threads_use_one_network),         IN_CONTEXT(out_of_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
