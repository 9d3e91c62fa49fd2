/* test_norm.c - batch and layer normalisation beyond their numbers (test_reference.c): what changes when, what is
 * saved, and what can't be. */
#include "values.h"

#include "nn/layer.h"

static gd_tensor *batch(void)
{
    return gd_values(g, gd_shape(4, 2), 1, 10, 2, 20, 3, 30, 6, 40);
}

/* ---- running statistics ---- */

static void training_moves_the_running_statistics(void **state)
{
    (void)state;
    gd_layer *norm = gd_batch_norm(g, 2, .momentum = 0.5);
    gd_forward(norm, batch());
    assert_reads(gd_buffer_named(norm, "running_mean"), 1.5, 12.5);
    assert_values(gd_buffer_named(norm, "running_var"), (const double[]){ 0.5 + 14.0 / 6, 0.5 + 500.0 / 6 }, 2, 1e-5);
    assert_reads(gd_buffer_named(norm, "num_batches_tracked"), 1);
    gd_set_training(norm, false);
    gd_forward(norm, batch());
    assert_reads(gd_buffer_named(norm, "num_batches_tracked"), 1);
    gd_set_training(norm, true);
    {
        GD_NO_GRAD(g);
        gd_forward(norm, batch()); /* without recording too, as in PyTorch */
    }
    assert_reads(gd_buffer_named(norm, "num_batches_tracked"), 2);
    assert_fine(g);
}

static void buffers_do_not_learn(void **state)
{
    (void)state;
    gd_layer *norm = gd_batch_norm(g, 2);
    assert_int_equal(gd_parameter_count(norm), 2);
    assert_int_equal(gd_buffer_count(norm), 3);
    gd_tensor *mean = gd_buffer_named(norm, "running_mean");
    assert_true(gd_buffer(norm, 0) == mean);
    assert_true(gd_backward(gd_sum(gd_forward(norm, batch()))));
    assert_true(gd_is_leaf(mean) && !gd_requires_grad(mean) && !gd_has_grad(mean));
    assert_int_equal(gd_dtype_of(gd_buffer(norm, 2)), GD_INT64);
    assert_int_equal(gd_ndim(gd_buffer(norm, 2)), 0);
}

static void a_forward_that_fails_changes_nothing(void **state)
{
    (void)state;
    gd_layer *norm = gd_batch_norm(g, 2);
    assert_error_object(gd_forward(norm, gd_ones(g, GD_FLOAT32, gd_shape(1, 2))));
    assert_error(g, GD_ERROR_VALUE, "more than one value a channel while training, and x is float32 (1, 2)");
    assert_error_object(gd_forward(norm, gd_ones(g, GD_FLOAT32, gd_shape(1, 2, 1, 1))));
    assert_error(g, GD_ERROR_VALUE, "batch_norm");
    assert_error_object(gd_forward(norm, gd_ones(g, GD_FLOAT32, gd_shape(3, 4))));
    assert_error(g, GD_ERROR_SHAPE, "the layer takes (N, 2) or (N, 2, ...), and x is float32 (3, 4)");
    gd_tensor *x = batch();
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_true(gd_is_tensor(gd_forward(norm, x))); /* while an error stands there are numbers, but nothing changes */
    gd_clear(g);
    assert_reads(gd_buffer_named(norm, "running_mean"), 0, 0);
    assert_reads(gd_buffer_named(norm, "running_var"), 1, 1);
    assert_reads(gd_buffer_named(norm, "num_batches_tracked"), 0);
}

static void a_single_row_will_do_in_evaluation(void **state)
{
    (void)state;
    gd_layer *norm = gd_set_training(gd_batch_norm(g, 2), false);
    gd_tensor *y = gd_forward(norm, gd_values(g, gd_shape(1, 2), 3, -4));
    assert_values(y, (const double[]){ 3, -4 }, 2, 1e-4);
    gd_layer *alone = gd_set_training(gd_batch_norm(g, 2, .track_running_stats = false), false);
    assert_error_object(gd_forward(alone, gd_values(g, gd_shape(1, 2), 3, -4)));
    assert_error(g, GD_ERROR_VALUE, "more than one value a channel");
}

/* As PyTorch: nothing is normalised, and the batch counts all the same. */
static void an_empty_batch_only_counts(void **state)
{
    (void)state;
    gd_layer *norm = gd_batch_norm(g, 2);
    assert_shape(gd_forward(norm, gd_zeros(g, GD_FLOAT32, gd_shape(0, 2))), gd_shape(0, 2));
    assert_shape(gd_forward(norm, gd_zeros(g, GD_FLOAT32, gd_shape(3, 2, 0))), gd_shape(3, 2, 0));
    assert_reads(gd_buffer_named(norm, "running_mean"), 0, 0);
    assert_reads(gd_buffer_named(norm, "num_batches_tracked"), 2);
    assert_shape(gd_forward(gd_layer_norm(g, gd_shape(2)), gd_zeros(g, GD_FLOAT32, gd_shape(0, 2))), gd_shape(0, 2));
    assert_fine(g);
}

/* In evaluation the backward needs nothing of the running statistics that a training forward in between overwrites. */
static void backward_holds_when_the_statistics_moved(void **state)
{
    (void)state;
    gd_layer *norm = gd_set_training(gd_batch_norm(g, 2, .eps = 0), false);
    gd_tensor *x = gd_require_grad(batch(), true), *y = gd_forward(norm, x);
    assert_true(gd_write(gd_buffer_named(norm, "running_mean"), GD_FLOAT64, (const double[]){ 5, 5 }, 2));
    assert_true(gd_write(gd_buffer_named(norm, "running_var"), GD_FLOAT64, (const double[]){ 5, 5 }, 2));
    assert_true(gd_backward(gd_sum(y)));
    assert_reads(gd_grad(x), 1, 1, 1, 1, 1, 1, 1, 1);
    assert_reads(gd_layer_grad(norm, "weight"), 12, 100);
}

static void a_steady_loop_asks_for_no_memory(void **state)
{
    (void)state;
    gd_layer *net = gd_sequential(g, gd_linear(g, 2, 3), gd_batch_norm(g, 3), gd_dropout(g, 0.5), gd_linear(g, 3, 2),
                                  gd_layer_norm(g, gd_shape(2)));
    gd_tensor *x = batch();
    size_t before = 0;
    for (int i = 0; i < 20; i++) {
        GD_SCOPE(g);
        gd_zero_grad(net);
        assert_true(gd_backward(gd_sum(gd_square(gd_forward(net, x)))));
        if (i == 3)
            before = gd_memory_used(g).allocations;
    }
    assert_int_equal(gd_memory_used(g).allocations, before);
}

/* ---- state: names, saving, loading ---- */

static gd_layer *network(void)
{
    return gd_sequential(g, gd_linear(g, 2, 3), gd_batch_norm(g, 3), gd_sequential(g, gd_batch_norm(g, 3)));
}

static void buffers_have_numbers_and_names(void **state)
{
    (void)state;
    char name[64];
    gd_layer *net = network();
    assert_int_equal(gd_parameter_count(net), 6);
    assert_int_equal(gd_buffer_count(net), 6);
    assert_int_equal(gd_buffer_name(net, 3, name, sizeof name), strlen("2.0.running_mean"));
    assert_string_equal(name, "2.0.running_mean");
    assert_true(gd_buffer_named(net, name) == gd_buffer(net, 3));
    assert_error_object(gd_buffer_named(net, "1.weight"));
    assert_error(g, GD_ERROR_VALUE, "there is no buffer '1.weight' in sequential; there are: 1.running_mean");
    assert_error_object(gd_buffer(net, 6));
    assert_error(g, GD_ERROR_INDEX, "there is no buffer 6: there are 6");
    assert_int_equal(gd_buffer_name(net, 6, name, sizeof name), 0);
    assert_error(g, GD_ERROR_INDEX, "gd_buffer_name");
    assert_int_equal(gd_buffer_count(NULL), -1);
    assert_error_object(gd_parameter_named(net, "1.running_mean"));
    assert_error(g, GD_ERROR_VALUE, "there is no parameter '1.running_mean'");
}

static void check_saving(const char *path)
{
    gd_layer *saved = network(), *loaded = network();
    gd_tensor *x = batch();
    for (int i = 0; i < 3; i++)
        gd_forward(saved, x);
    assert_true(gd_save(saved, path));
    gd_archive *archive = gd_archive_read(g, path);
    assert_int_equal(gd_archive_count(archive), 12);
    assert_int_equal(gd_dtype_of(gd_archive_get(archive, "1.num_batches_tracked")), GD_INT64);
    assert_true(gd_load(loaded, path));
    gd_set_training(saved, false);
    gd_set_training(loaded, false);
    assert_same_tensor(gd_forward(saved, x), gd_forward(loaded, x));
    for (int i = 0; i < 6; i++)
        assert_same_tensor(gd_buffer(saved, i), gd_buffer(loaded, i));
    assert_reads(gd_buffer_named(loaded, "2.0.num_batches_tracked"), 3);
    assert_fine(g);
}

static void buffers_are_saved_and_loaded(void **state)
{
    (void)state;
    check_saving(in_folder("net.npz"));
    check_saving(in_folder("net.safetensors"));
}

static void files_without_the_buffers_are_refused(void **state)
{
    (void)state;
    const char *path = in_folder("plain.npz");
    assert_true(gd_save(gd_batch_norm(g, 3, .track_running_stats = false), path));
    gd_layer *norm = gd_init(gd_batch_norm(g, 3));
    assert_true(gd_write(gd_parameter(norm, 0), GD_FLOAT64, (const double[]){ 5, 5, 5 }, 3));
    assert_false(gd_load(norm, path));
    assert_error(g, GD_ERROR_FORMAT, "has no 'running_mean', which is a buffer of the network");
    assert_reads(gd_parameter(norm, 0), 5, 5, 5);
    assert_true(gd_save(norm, path));
    assert_false(gd_load(gd_batch_norm(g, 3, .track_running_stats = false), path));
    assert_error(g, GD_ERROR_FORMAT, "has 'running_mean', which is no parameter and no buffer of the network");
}

/* PyTorch saves a layer that is used twice under both names. */
static void a_shared_layer_may_be_there_under_both_names(void **state)
{
    (void)state;
    const char *path = in_folder("shared.npz");
    gd_layer *layer = gd_linear(g, 2, 2), *net = gd_sequential(g, layer, layer);
    gd_tensor *W = gd_ones(g, GD_FLOAT32, gd_shape(2, 2)), *b = gd_ones(g, GD_FLOAT32, gd_shape(2));
    gd_archive *both = gd_archive_new(g);
    gd_archive_add(both, "0.weight", W);
    gd_archive_add(both, "0.bias", b);
    gd_archive_add(both, "1.weight", W);
    gd_archive_add(both, "1.bias", b);
    assert_true(gd_archive_write(both, path));
    assert_true(gd_load(net, path));
    assert_reads(gd_parameter(net, 0), 1, 1, 1, 1);
    assert_true(gd_save(net, path));
    assert_int_equal(gd_archive_count(gd_archive_read(g, path)), 2);
    assert_true(gd_load(net, path));
    assert_fine(g);
}

/* ---- what can't be ---- */

static void options_that_cant_be_are_refused(void **state)
{
    (void)state;
    assert_error_object(gd_batch_norm(g, 0));
    assert_error(g, GD_ERROR_SHAPE, "gd_batch_norm: a layer of 0 features");
    assert_error_object(gd_batch_norm(g, -3));
    assert_error(g, GD_ERROR_SHAPE, "-3 features");
    assert_error_object(gd_batch_norm(g, 3, .eps = -1));
    assert_error(g, GD_ERROR_VALUE, "gd_batch_norm: .eps is -1");
    assert_error_object(gd_batch_norm(g, 3, .eps = NAN));
    assert_error(g, GD_ERROR_VALUE, "nan");
    assert_error_object(gd_layer_norm(g, gd_shape()));
    assert_error(g, GD_ERROR_SHAPE, "gd_layer_norm: a layer of the shape ()");
    assert_error_object(gd_layer_norm(g, gd_shape(2, 0)));
    assert_error(g, GD_ERROR_SHAPE, "(2, 0)");
    assert_error_object(gd_layer_norm(g, gd_shape(1, 1, 1, 1, 1, 1, 1, 1, 1)));
    assert_error(g, GD_ERROR_SHAPE, "too many sizes");
    assert_error_object(gd_layer_norm(g, gd_shape(2), .eps = -1));
    assert_error(g, GD_ERROR_VALUE, "gd_layer_norm: .eps is -1");
    assert_error_object(gd_batch_norm(NULL, 3));
    assert_error_object(gd_layer_norm(NULL, gd_shape(3)));
    assert_error_object(gd_linear(NULL, 3, 3));
    assert_fine(g);
}

/* An eps of zero divides by zero where a batch has no variance: PyTorch refuses it in training. */
static void an_eps_of_zero_is_for_evaluation(void **state)
{
    (void)state;
    gd_layer *norm = gd_batch_norm(g, 2, .eps = 0);
    assert_error_object(gd_forward(norm, batch()));
    assert_error(g, GD_ERROR_VALUE, "batch_norm: .eps is 0");
    assert_reads(gd_forward(gd_set_training(norm, false), gd_values(g, gd_shape(1, 2), 3, -4)), 3, -4);
    assert_reads(gd_forward(gd_layer_norm(g, gd_shape(2), .eps = 0), gd_values(g, gd_shape(2), 3, -1)), 1, -1);
}

static void inputs_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    gd_layer *by_batch = gd_batch_norm(g, 2), *by_sample = gd_layer_norm(g, gd_shape(3, 2));
    assert_error_object(gd_forward(by_batch, gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, GD_ERROR_SHAPE, "batch_norm: the layer takes (N, 2) or (N, 2, ...), and x is float32 (2,)");
    assert_error_object(gd_forward(by_batch, gd_ones(g, GD_FLOAT64, gd_shape(4, 2))));
    assert_error(g, GD_ERROR_DTYPE, "the layer takes float32, and x is float64 (4, 2)");
    assert_error_object(gd_forward(by_batch, gd_ones(g, GD_INT64, gd_shape(4, 2))));
    assert_error(g, GD_ERROR_DTYPE, "int64");
    assert_error_object(gd_forward(by_sample, gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, GD_ERROR_SHAPE, "the layer takes x whose last dimensions are (3, 2), and x is float32 (2,)");
    assert_error_object(gd_forward(by_sample, gd_ones(g, GD_FLOAT32, gd_shape(4, 2, 3))));
    assert_error(g, GD_ERROR_SHAPE, "layer_norm");
    gd_layer *any = gd_layer_norm(g, gd_shape(2), .affine = false);
    assert_true(gd_is_tensor(gd_forward(any, gd_ones(g, GD_FLOAT64, gd_shape(2)))));
    assert_error_object(gd_forward(any, gd_ones(g, GD_BOOL, gd_shape(2))));
    assert_error(g, GD_ERROR_DTYPE, "the layer takes floats, and x is bool (2,)");
}

/* ---- out of memory ---- */

static void *some_norm(gd_context *own)
{
    return gd_batch_norm(own, 2);
}

static double first_of(gd_layer *norm, const char *name)
{
    return gd__load(GD_FLOAT32, gd_data(gd__member_of(norm, GD__BUFFER, name)));
}

/* The three buffers move together, or none does. */
static bool try_forward(gd_context *own, void *prepared)
{
    gd_layer *norm = prepared;
    bool good = gd_is_tensor(gd_forward(norm, gd_ones(own, GD_FLOAT32, gd_shape(4, 2))));
    bool moved = gd_item(gd__member_of(norm, GD__BUFFER, "num_batches_tracked")) == 1;
    assert_true(good == !gd_failed(own) && good == moved);
    assert_true((first_of(norm, "running_mean") != 0) == moved && (first_of(norm, "running_var") != 1) == moved);
    return good;
}

static bool try_making(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_layer *net = gd_sequential(own, gd_batch_norm(own, 2), gd_layer_norm(own, gd_shape(2)), gd_dropout(own, 0.5));
    assert_true(gd_is_layer(net) == !gd_failed(own));
    return gd_is_layer(net);
}

static bool try_layer_norm(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_layer *net = gd_sequential(own, gd_layer_norm(own, gd_shape(2)), gd_dropout(own, 0.5));
    bool good = gd_is_tensor(gd_forward(net, gd_ones(own, GD_FLOAT32, gd_shape(4, 2))));
    assert_true(good == !gd_failed(own));
    return good;
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(some_norm, try_forward) > 20);
    assert_true(until_memory_suffices(NULL, try_making) > 20);
    assert_true(until_memory_suffices(NULL, try_layer_norm) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(training_moves_the_running_statistics),
        IN_CONTEXT(buffers_do_not_learn),
        IN_CONTEXT(a_forward_that_fails_changes_nothing),
        IN_CONTEXT(a_single_row_will_do_in_evaluation),
        IN_CONTEXT(an_empty_batch_only_counts),
        IN_CONTEXT(backward_holds_when_the_statistics_moved),
        IN_CONTEXT(a_steady_loop_asks_for_no_memory),
        IN_CONTEXT(buffers_have_numbers_and_names),
        IN_CONTEXT(buffers_are_saved_and_loaded),
        IN_CONTEXT(files_without_the_buffers_are_refused),
        IN_CONTEXT(a_shared_layer_may_be_there_under_both_names),
        IN_CONTEXT(options_that_cant_be_are_refused),
        IN_CONTEXT(an_eps_of_zero_is_for_evaluation),
        IN_CONTEXT(inputs_that_do_not_fit_are_refused),
        cmocka_unit_test(out_of_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
