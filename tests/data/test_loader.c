/* test_loader.c - the order of batches: epochs, shuffling, drawing with replacement. */
#include "../io/support.h"

#include "gradus/data.h"

/* x and t of sample i are i. */
static gd_dataset *numbers(gd_context *own, int64_t count)
{
    return gd_dataset_new(gd_arange(own, GD_INT64, count), gd_arange(own, GD_INT64, count));
}

/* The next batch must be there and hold `count` samples, whose x and t agree; their numbers. */
static const int64_t *next_numbers(gd_loader *loader, int64_t count)
{
    static int64_t values[64];
    gd_batch batch;
    assert_true(gd_next(loader, &batch));
    assert_same_tensor(batch.x, batch.t);
    assert_shape(batch.x, gd_shape(count));
    assert_true(gd_read(batch.x, GD_INT64, values, (size_t)count));
    return values;
}

static void assert_end(gd_loader *loader)
{
    gd_batch batch = { NULL, NULL };
    assert_false(gd_next(loader, &batch));
    assert_true(gd__is_error(batch.x) && gd__is_error(batch.t));
    assert_fine(g);
}

/* ---- in order ---- */

static void goes_through_epochs_in_order(void **state)
{
    (void)state;
    gd_loader *loader = gd_batches(numbers(g, 5), .size = 2);
    for (int epoch = 0; epoch < 3; epoch++) {
        assert_int_equal(gd_loader_epoch(loader), epoch);
        assert_int_equal(next_numbers(loader, 2)[1], 1);
        assert_int_equal(gd_loader_position(loader), 2);
        assert_int_equal(next_numbers(loader, 2)[0], 2);
        assert_int_equal(next_numbers(loader, 1)[0], 4);
        assert_int_equal(gd_loader_position(loader), 5);
        assert_end(loader);
    }
    assert_int_equal(gd_loader_position(loader), 0);
}

static void one_sample_is_the_default(void **state)
{
    (void)state;
    gd_loader *loader = gd_batches(numbers(g, 2));
    assert_int_equal(next_numbers(loader, 1)[0], 0);
    assert_int_equal(next_numbers(loader, 1)[0], 1);
    assert_end(loader);
}

static void the_last_batch_is_dropped_on_request(void **state)
{
    (void)state;
    gd_loader *loader = gd_batches(numbers(g, 5), .size = 2, .drop_last = true);
    next_numbers(loader, 2);
    next_numbers(loader, 2);
    assert_end(loader);
    assert_int_equal(next_numbers(loader, 2)[0], 0);
    gd_loader *large = gd_batches(numbers(g, 5), .size = 6, .drop_last = true);
    assert_end(large);
    assert_int_equal(gd_loader_epoch(large), 1);
    assert_int_equal(next_numbers(gd_batches(numbers(g, 5), .size = 6), 5)[4], 4);
}

static void an_empty_data_set_has_no_batches(void **state)
{
    (void)state;
    assert_end(gd_batches(numbers(g, 0), .size = 2));
    assert_end(gd_batches(numbers(g, 0), .shuffle = true));
}

/* ---- at random ---- */

static void assert_epoch(gd_loader *loader, gd_tensor *order)
{
    for (int64_t at = 0; at < order->numel; at += 4) {
        int64_t count = order->numel - at < 4 ? order->numel - at : 4;
        assert_memory_equal(next_numbers(loader, count), (int64_t *)order->data + at, (size_t)count * 8);
    }
    assert_end(loader);
}

static void each_epoch_is_a_permutation_of_the_stream(void **state)
{
    static const gd_rng kinds[] = { GD_RNG_PHILOX, GD_RNG_TORCH, GD_RNG_NUMPY };
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        gd_seed(g, kinds[i], 42);
        gd_tensor *first = gd_randperm(g, 10), *second = gd_randperm(g, 10);
        gd_loader *loader = gd_batches(numbers(g, 10), .size = 4, .shuffle = true);
        gd_seed(g, kinds[i], 42);
        assert_epoch(loader, first);
        assert_epoch(loader, second);
    }
    assert_fine(g);
}

static void replacement_draws_from_the_stream_and_never_ends(void **state)
{
    (void)state;
    gd_seed(g, GD_RNG_NUMPY, 42);
    gd_tensor *first = gd_choice(g, 3, 5), *second = gd_choice(g, 3, 5);
    gd_loader *loader = gd_batches(numbers(g, 3), .size = 5, .replacement = true);
    gd_seed(g, GD_RNG_NUMPY, 42);
    assert_memory_equal(next_numbers(loader, 5), first->data, 40);
    assert_memory_equal(next_numbers(loader, 5), second->data, 40);
    for (int i = 0; i < 100; i++)
        next_numbers(loader, 5);
    assert_int_equal(gd_loader_position(loader), 510);
    assert_int_equal(gd_loader_epoch(loader), 0);
}

/* np.random.seed(42); np.random.choice(60000, 5) */
static void numpy_draws_the_same(void **state)
{
    const int64_t expected[] = { 56422, 15795, 860, 38158, 54343 };
    (void)state;
    gd_loader *loader = gd_batches(numbers(g, 60000), .size = 5, .replacement = true);
    gd_seed(g, GD_RNG_NUMPY, 42);
    assert_memory_equal(next_numbers(loader, 5), expected, sizeof expected);
}

/* ---- how many, and from the start ---- */

static void batches_of_an_epoch_are_counted(void **state)
{
    (void)state;
    assert_int_equal(gd_loader_batches(gd_batches(numbers(g, 5), .size = 2)), 3);
    assert_int_equal(gd_loader_batches(gd_batches(numbers(g, 5), .size = 2, .drop_last = true)), 2);
    assert_int_equal(gd_loader_batches(gd_batches(numbers(g, 4), .size = 2, .shuffle = true)), 2);
    assert_int_equal(gd_loader_batches(gd_batches(numbers(g, 5), .size = 2, .replacement = true)), 3);
    assert_int_equal(gd_loader_batches(gd_batches(numbers(g, 0))), 0);
    assert_int_equal(gd_loader_batches(gd_batches(numbers(g, 3), .size = 9, .drop_last = true)), 0);
    assert_int_equal(gd_loader_batches(NULL), -1);
    assert_fine(g);
}

static void an_epoch_can_be_left_unfinished(void **state)
{
    (void)state;
    gd_loader *loader = gd_batches(numbers(g, 5), .size = 2);
    next_numbers(loader, 2);
    assert_ptr_equal(gd_loader_rewind(loader), loader);
    assert_int_equal(gd_loader_position(loader), 0);
    assert_int_equal(gd_loader_epoch(loader), 0);
    assert_int_equal(next_numbers(loader, 2)[0], 0);
    gd_seed(g, GD_RNG_NUMPY, 4);
    gd_tensor *first = gd_randperm(g, 10), *second = gd_randperm(g, 10);
    gd_seed(g, GD_RNG_NUMPY, 4);
    loader = gd_batches(numbers(g, 10), .size = 4, .shuffle = true);
    assert_memory_equal(next_numbers(loader, 4), first->data, 32);
    gd_loader_rewind(loader);
    assert_epoch(loader, second); /* each epoch has an order of its own */
    next_numbers(loader, 4);
    gd_batches(numbers(g, 3), .size = 0);
    assert_true(gd__is_error(gd_loader_rewind(loader)));
    assert_int_equal(gd_loader_position(loader), 4);
    gd_clear(g);
    assert_true(gd__is_error(gd_loader_rewind(NULL)));
    assert_fine(g);
}

static void batches_of_a_split_are_its_samples(void **state)
{
    (void)state;
    gd_tensor *odd = gd_values_as(g, GD_INT64, gd_shape(3), 5, 3, 1);
    gd_loader *loader = gd_batches(gd_dataset_subset(numbers(g, 6), odd), .size = 2);
    const int64_t *values = next_numbers(loader, 2);
    assert_true(values[0] == 5 && values[1] == 3);
    assert_int_equal(next_numbers(loader, 1)[0], 1);
    assert_end(loader);
    gd_loader *drawn = gd_batches(gd_dataset_subset(numbers(g, 6), odd), .size = 50, .replacement = true);
    values = next_numbers(drawn, 50);
    for (int i = 0; i < 50; i++)
        assert_true(values[i] % 2 == 1);
    gd_loader *shuffled = gd_batches(gd_dataset_subset(numbers(g, 6), odd), .size = 3, .shuffle = true);
    values = next_numbers(shuffled, 3);
    assert_int_equal(values[0] + values[1] + values[2], 9);
}

/* ---- what is refused ---- */

static void options_are_checked(void **state)
{
    gd_dataset *ds = numbers(g, 3);
    (void)state;
    assert_true(gd__is_error(gd_batches(ds, .size = 0)));
    assert_error(g, GD_ERROR_VALUE, "gd_batches: size is 0");
    assert_true(gd__is_error(gd_batches(ds, .size = -1)));
    assert_error(g, GD_ERROR_VALUE, "size is -1");
    assert_true(gd__is_error(gd_batches(ds, .size = INT64_MAX, .replacement = true)));
    assert_error(g, GD_ERROR_VALUE, "size is 9223372036854775807");
    assert_true(gd__is_error(gd_batches_with((gd_batches_options){ .dataset = ds })));
    assert_error(g, GD_ERROR_VALUE, "size is 0");
    assert_true(gd__is_error(gd_batches(ds, .shuffle = true, .replacement = true)));
    assert_error(g, GD_ERROR_VALUE, "shuffle and replacement are both set");
    assert_true(gd__is_error(gd_batches(numbers(g, 0), .replacement = true)));
    assert_error(g, GD_ERROR_VALUE, "a data set of none");
    assert_true(gd__is_error(gd_batches(gd_dataset_part(ds, 1, 9), .size = 2)));
    assert_error(g, GD_ERROR_INDEX, "gd_dataset_part");
    assert_true(gd__is_error(gd_batches(NULL, .size = 2)));
}

static void huge_batches_are_an_error_of_memory(void **state)
{
    (void)state;
    assert_true(gd__is_error(gd_batches(numbers(g, 3), .size = INT64_MAX / 32, .replacement = true)));
    assert_error(g, GD_ERROR_MEMORY, "gd_batches: ");
}

static void null_and_error_objects_are_refused(void **state)
{
    gd_loader *loader = gd_batches(numbers(g, 3)), *error = gd_batches(numbers(g, 3), .size = 0);
    gd_batch batch;
    (void)state;
    assert_false(gd_next(error, &batch));
    assert_true(gd__is_error(batch.x));
    assert_int_equal(gd_loader_position(error), -1);
    assert_int_equal(gd_loader_epoch(error), -1);
    assert_error(g, GD_ERROR_VALUE, "size is 0");
    assert_false(gd_next(NULL, &batch));
    assert_true(gd__is_error(batch.x));
    assert_int_equal(gd_loader_position(NULL), -1);
    assert_fine(g);
    assert_false(gd_next(loader, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_next: the batch is NULL");
    assert_int_equal(gd_loader_position(loader), 0);
}

static void no_batch_is_made_while_an_error_stands(void **state)
{
    gd_loader *loader = gd_batches(numbers(g, 3), .shuffle = true);
    gd_batch batch;
    (void)state;
    gd_batches(numbers(g, 3), .size = 0);
    gd__random before = g->random;
    assert_false(gd_next(loader, &batch));
    assert_int_equal(gd__random_bits(&g->random), gd__random_bits(&before));
    gd_clear(g);
    assert_true(gd_next(loader, &batch));
}

static void a_loader_ends_with_its_data_set(void **state)
{
    gd_loader *loader;
    gd_batch batch;
    (void)state;
    gd_scope scope = gd_scope_enter(g);
    gd_dataset *ds = numbers(g, 3);
    loader = gd_batches(ds, .size = 2);
    gd__move((gd__object *)loader, 0);
    assert_true(gd_next(loader, &batch));
    gd_scope_leave(&scope);
    assert_false(gd_next(loader, &batch));
    assert_error(g, GD_ERROR_DEAD, "gd_next: the loader's data set went with its scope");
    for (int i = 0; i < 20; i++) { /* others in the same memory */
        numbers(g, 3);
        assert_false(gd_next(loader, &batch));
        assert_error(g, GD_ERROR_DEAD, "gd_next");
    }
}

/* ---- memory ---- */

static void a_steady_loop_asks_for_no_memory(void **state)
{
    (void)state;
    gd_loader *loader = gd_batches(numbers(g, 100), .size = 10, .shuffle = true);
    size_t allocations = 0, in_use = 0;
    for (int step = 0; step < 200; step++) {
        GD_SCOPE(g);
        gd_batch batch;
        gd_next(loader, &batch);
        if (step == 20) {
            allocations = gd_memory_used(g).allocations;
            in_use = gd_memory_used(g).in_use;
        }
    }
    assert_int_equal(gd_memory_used(g).allocations, allocations);
    assert_true(gd_memory_used(g).in_use <= in_use);
    assert_fine(g);
}

static bool make_and_go_through(gd_context *own, void *prepared)
{
    gd_batch batch;
    (void)prepared;
    gd_loader *shuffled = gd_batches(numbers(own, 3), .size = 2, .shuffle = true);
    gd_loader *drawn = gd_batches(numbers(own, 3), .size = 2, .replacement = true);
    while (gd_next(shuffled, &batch)) {
    }
    return !gd_failed(own) && gd_next(drawn, &batch);
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, make_and_go_through) > 19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(goes_through_epochs_in_order, open_context, close_context),
        cmocka_unit_test_setup_teardown(one_sample_is_the_default, open_context, close_context),
        cmocka_unit_test_setup_teardown(the_last_batch_is_dropped_on_request, open_context, close_context),
        cmocka_unit_test_setup_teardown(an_empty_data_set_has_no_batches, open_context, close_context),
        cmocka_unit_test_setup_teardown(each_epoch_is_a_permutation_of_the_stream, open_context, close_context),
        cmocka_unit_test_setup_teardown(replacement_draws_from_the_stream_and_never_ends, open_context,
                                        close_context),
        cmocka_unit_test_setup_teardown(numpy_draws_the_same, open_context, close_context),
        cmocka_unit_test_setup_teardown(batches_of_an_epoch_are_counted, open_context, close_context),
        cmocka_unit_test_setup_teardown(an_epoch_can_be_left_unfinished, open_context, close_context),
        cmocka_unit_test_setup_teardown(batches_of_a_split_are_its_samples, open_context, close_context),
        cmocka_unit_test_setup_teardown(options_are_checked, open_context, close_context),
        cmocka_unit_test_setup_teardown(huge_batches_are_an_error_of_memory, open_context, close_context),
        cmocka_unit_test_setup_teardown(null_and_error_objects_are_refused, open_context, close_context),
        cmocka_unit_test_setup_teardown(no_batch_is_made_while_an_error_stands, open_context, close_context),
        cmocka_unit_test_setup_teardown(a_loader_ends_with_its_data_set, open_context, close_context),
        cmocka_unit_test_setup_teardown(a_steady_loop_asks_for_no_memory, open_context, close_context),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
