/* test_dataset.c - data sets, how their batches are made, and parts of them. */
#include "../io/support.h"

#include "gradus/data.h"

/* Five images of 2 x 3 bytes, 0, 1, ..., 29, with labels 0, 10, ..., 40. */
static gd_dataset *images(gd_context *own)
{
    uint8_t pixels[30], labels[5];
    for (int i = 0; i < 30; i++)
        pixels[i] = (uint8_t)i;
    for (int i = 0; i < 5; i++)
        labels[i] = (uint8_t)(10 * i);
    return gd_dataset_new(gd_from_memory(own, GD_UINT8, gd_shape(5, 2, 3), pixels),
                          gd_from_memory(own, GD_UINT8, gd_shape(5), labels));
}

static gd_tensor *index_of(gd_context *own, int64_t count, const int64_t *values)
{
    return gd_from_memory(own, GD_INT64, gd_shape(count), values);
}

/* ---- batches ---- */

static void a_batch_is_gathered_in_order(void **state)
{
    const int64_t at[] = { 4, 0, 4 };
    (void)state;
    gd_dataset *ds = images(g);
    assert_int_equal(gd_dataset_count(ds), 5);
    gd_batch batch = gd_dataset_gather(ds, index_of(g, 3, at));
    assert_fine(g);
    assert_shape(batch.x, gd_shape(3, 2, 3));
    assert_int_equal(batch.x->dtype, GD_UINT8);
    assert_int_equal(batch.t->dtype, GD_INT64);
    assert_true(gd_at(batch.x, 0, 1, 2) == 29 && gd_at(batch.x, 1, 0, 1) == 1 && gd_at(batch.x, 2, 0, 0) == 24);
    assert_same_tensor(batch.t, gd_values_as(g, GD_INT64, gd_shape(3), 40, 0, 40));
    assert_fine(g);
}

static void a_batch_is_sliced(void **state)
{
    (void)state;
    gd_batch batch = gd_dataset_slice(images(g), 1, 3);
    assert_shape(batch.x, gd_shape(3, 2, 3));
    assert_steps(batch.x, 6, 1);
    assert_steps(batch.t, 10, 10);
    batch = gd_dataset_slice(images(g), 5, 0);
    assert_shape(batch.x, gd_shape(0, 2, 3));
    assert_shape(batch.t, gd_shape(0));
    assert_fine(g);
}

/* Division, not multiplication with a rounded reciprocal; in the arithmetic of the default dtype. */
static void pixels_are_divided_exactly(void **state)
{
    uint8_t pixels[256];
    float singles[256];
    double doubles[256];
    (void)state;
    for (int i = 0; i < 256; i++) {
        pixels[i] = (uint8_t)i;
        singles[i] = (float)i / 255.0f;
        doubles[i] = (double)i / 255.0;
    }
    gd_dataset *ds =
        gd_dataset_new(gd_from_memory(g, GD_UINT8, gd_shape(256), pixels), gd_arange(g, GD_DEFAULT, 256));
    assert_ptr_equal(gd_dataset_scale(ds, 255), ds);
    assert_same_tensor(gd_dataset_slice(ds, 0, 256).x, gd_from_memory(g, GD_FLOAT32, gd_shape(256), singles));
    gd_set_default_dtype(g, GD_FLOAT64);
    assert_same_tensor(gd_dataset_slice(ds, 0, 256).x, gd_from_memory(g, GD_FLOAT64, gd_shape(256), doubles));
    assert_fine(g);
}

static void every_dtype_is_scaled(void **state)
{
    static const gd_dtype dtypes[] = { GD_FLOAT32, GD_FLOAT64, GD_INT64, GD_UINT8, GD_BOOL };
    static const gd_dtype defaults[] = { GD_FLOAT32, GD_FLOAT64 };
    (void)state;
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        for (size_t k = 0; k < 2; k++) {
            gd_set_default_dtype(g, defaults[k]);
            gd_tensor *x = gd_values_as(g, dtypes[i], gd_shape(4), 0, 1, 0, 1);
            gd_dataset *ds = gd_dataset_scale(gd_dataset_new(x, gd_arange(g, GD_DEFAULT, 4)), -4);
            gd_batch batch = gd_dataset_slice(ds, 1, 3);
            assert_same_tensor(batch.x, gd_values(g, gd_shape(3), -0.25, -0.0, -0.25));
        }
    }
    assert_fine(g);
}

static void samples_are_flattened_on_request(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_flatten(images(g), true);
    assert_shape(gd_dataset_slice(ds, 0, 2).x, gd_shape(2, 6));
    assert_steps(gd_dataset_slice(ds, 0, 2).x, 0, 1);
    assert_shape(gd_dataset_slice(gd_dataset_flatten(ds, false), 0, 2).x, gd_shape(2, 2, 3));
    gd_tensor *line = gd_arange(g, GD_DEFAULT, 4);
    assert_shape(gd_dataset_slice(gd_dataset_flatten(gd_dataset_new(line, line), true), 0, 4).x, gd_shape(4, 1));
    assert_shape(gd_dataset_x(ds), gd_shape(5, 2, 3));
    assert_fine(g);
}

static void targets_keep_what_is_no_label(void **state)
{
    (void)state;
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(2, 1));
    gd_tensor *t = gd_values_as(g, GD_FLOAT64, gd_shape(2, 2), 0.5, 1.5, 2.5, 3.5);
    gd_batch batch = gd_dataset_slice(gd_dataset_new(x, t), 0, 2);
    assert_same_tensor(batch.t, t);
    assert_int_equal(gd_dataset_slice(gd_dataset_new(x, gd_zeros(g, GD_BOOL, gd_shape(2))), 0, 1).t->dtype, GD_BOOL);
    assert_fine(g);
}

static void views_serve_as_inputs_and_as_index(void **state)
{
    (void)state;
    gd_tensor *x = transposed(gd_values(g, gd_shape(2, 3), 0, 1, 2, 10, 11, 12));
    gd_dataset *ds = gd_dataset_new(x, gd_arange(g, GD_DEFAULT, 3));
    const int64_t pairs[] = { 2, 7, 0, 7 };
    gd_tensor *of_pairs = index_of(g, 4, pairs);
    gd__meta meta = { .dtype = GD_INT64, .shape = gd_shape(2), .stride = { 2 } };
    gd_batch batch = gd_dataset_gather(ds, gd__view(of_pairs, &meta));
    assert_same_tensor(batch.x, gd_values(g, gd_shape(2, 2), 2, 12, 0, 10));
    assert_fine(g);
}

static void numbers_are_shared(void **state)
{
    const float later[] = { 7, 8 };
    gd_tensor *x = gd_values(g, gd_shape(2), 1, 2);
    (void)state;
    gd_dataset *ds = gd_dataset_new(x, gd_arange(g, GD_DEFAULT, 2));
    gd_write(x, GD_FLOAT32, later, 2);
    assert_steps(gd_dataset_slice(ds, 0, 2).x, 7, 1);
    assert_steps(gd_dataset_t(ds), 0, 1);
    assert_fine(g);
}

/* ---- parts ---- */

static void a_part_is_made_like_the_whole(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_flatten(gd_dataset_scale(images(g), 2), true);
    size_t in_use = gd_memory_used(g).in_use;
    gd_dataset *part = gd_dataset_part(ds, 3, 2);
    assert_true(gd_memory_used(g).in_use < in_use + 2048);
    assert_int_equal(gd_dataset_count(part), 2);
    gd__destroy((gd__object *)ds);
    gd_batch batch = gd_dataset_slice(part, 0, 2);
    assert_shape(batch.x, gd_shape(2, 6));
    assert_steps(batch.x, 9, 0.5);
    assert_steps(batch.t, 30, 10);
    assert_int_equal(gd_dataset_count(gd_dataset_part(part, 2, 0)), 0);
    assert_fine(g);
}

/* ---- what is refused ---- */

static void assert_no_batch(gd_batch batch)
{
    assert_true(gd__is_error(batch.x) && gd__is_error(batch.t));
}

static void indices_out_of_range_are_refused(void **state)
{
    const int64_t high[] = { 0, 1, 5 }, low[] = { -1 };
    gd_dataset *ds = images(g);
    size_t in_use;
    (void)state;
    gd_tensor *too_high = index_of(g, 3, high), *too_low = index_of(g, 1, low);
    in_use = gd_memory_used(g).in_use;
    assert_no_batch(gd_dataset_gather(ds, too_high));
    assert_error(g, GD_ERROR_INDEX, "gd_dataset_gather: index[2] is 5, of a data set of 5 samples");
    assert_no_batch(gd_dataset_gather(ds, too_low));
    assert_error(g, GD_ERROR_INDEX, "index[0] is -1");
    assert_no_batch(gd_dataset_slice(ds, 3, 3));
    assert_error(g, GD_ERROR_INDEX, "3 samples from 3 on, of a data set of 5");
    assert_no_batch(gd_dataset_slice(ds, -1, 1));
    assert_error(g, GD_ERROR_INDEX, "gd_dataset_slice");
    assert_no_batch(gd_dataset_slice(ds, 0, -1));
    assert_error(g, GD_ERROR_INDEX, "gd_dataset_slice");
    assert_no_batch(gd_dataset_slice(ds, INT64_MAX, INT64_MAX));
    assert_error(g, GD_ERROR_INDEX, "gd_dataset_slice");
    assert_true(gd__is_error(gd_dataset_part(ds, 4, 2)));
    assert_error(g, GD_ERROR_INDEX, "gd_dataset_part");
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

static void the_index_is_int64_of_one_dimension(void **state)
{
    gd_dataset *ds = images(g);
    (void)state;
    assert_no_batch(gd_dataset_gather(ds, gd_zeros(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, GD_ERROR_DTYPE, "the index is float32 (2,)");
    assert_no_batch(gd_dataset_gather(ds, gd_zeros(g, GD_INT64, gd_shape(2, 1))));
    assert_error(g, GD_ERROR_SHAPE, "the index is int64 (2, 1)");
    assert_no_batch(gd_dataset_gather(ds, NULL));
    assert_error(g, GD_ERROR_NULL, "the index is NULL");
    gd_context *other = gd_open();
    assert_no_batch(gd_dataset_gather(ds, gd_zeros(other, GD_INT64, gd_shape(1))));
    gd_close(other);
    assert_error(g, GD_ERROR_CONTEXT, "the index belongs to another context");
}

static void inputs_and_targets_must_agree(void **state)
{
    gd_tensor *three = gd_zeros(g, GD_FLOAT32, gd_shape(3, 2)), *four = gd_zeros(g, GD_UINT8, gd_shape(4));
    (void)state;
    assert_true(gd__is_error(gd_dataset_new(three, four)));
    assert_error(g, GD_ERROR_SHAPE, "gd_dataset_new: the inputs are float32 (3, 2), the targets uint8 (4,)");
    assert_true(gd__is_error(gd_dataset_new(gd_scalar(g, GD_FLOAT32, 0), four)));
    assert_error(g, GD_ERROR_SHAPE, "the inputs are float32 ()");
    assert_true(gd__is_error(gd_dataset_new(three, gd_scalar(g, GD_FLOAT32, 0))));
    assert_error(g, GD_ERROR_SHAPE, "the targets float32 ()");
    assert_true(gd__is_error(gd_dataset_new(three, NULL)));
    assert_error(g, GD_ERROR_NULL, "the targets t is NULL");
    assert_true(gd__is_error(gd_dataset_new(NULL, three)));
    gd_context *other = gd_open();
    assert_true(gd__is_error(gd_dataset_new(three, gd_zeros(other, GD_FLOAT32, gd_shape(3)))));
    gd_close(other);
    assert_error(g, GD_ERROR_CONTEXT, "the targets t belongs to another context");
}

static void divisors_must_divide(void **state)
{
    gd_dataset *ds = images(g);
    (void)state;
    assert_true(gd__is_error(gd_dataset_scale(ds, 0)));
    assert_error(g, GD_ERROR_VALUE, "x can't be divided by 0");
    assert_true(gd__is_error(gd_dataset_scale(ds, __builtin_nan(""))));
    assert_error(g, GD_ERROR_VALUE, "by nan");
    assert_true(gd__is_error(gd_dataset_scale(ds, -__builtin_inf())));
    assert_error(g, GD_ERROR_VALUE, "by -inf");
    assert_int_equal(gd_dataset_slice(ds, 0, 1).x->dtype, GD_UINT8);
}

static void null_and_error_objects_are_refused(void **state)
{
    gd_dataset *error = gd_dataset_new(gd_zeros(g, GD_FLOAT32, gd_shape(1)), NULL);
    (void)state;
    assert_true(gd__is_error(gd_dataset_scale(error, 2)) && gd__is_error(gd_dataset_flatten(error, true)));
    assert_true(gd__is_error(gd_dataset_x(error)) && gd__is_error(gd_dataset_t(error)));
    assert_true(gd__is_error(gd_dataset_part(error, 0, 0)));
    assert_int_equal(gd_dataset_count(error), -1);
    assert_no_batch(gd_dataset_slice(error, 0, 0));
    assert_error(g, GD_ERROR_NULL, "gd_dataset_new");
    assert_int_equal(gd_dataset_count(NULL), -1);
    assert_true(gd__is_error(gd_dataset_x(NULL)) && gd__is_error(gd_dataset_scale(NULL, 2)));
    assert_no_batch(gd_dataset_gather(NULL, NULL));
    assert_fine(g);
}

/* ---- scarce memory ---- */

static bool make_and_gather(gd_context *own, void *prepared)
{
    const int64_t at[] = { 1, 2 };
    (void)prepared;
    gd_dataset *ds = gd_dataset_part(images(own), 1, 4);
    gd_tensor *view = transposed(gd_values(own, gd_shape(2, 3), 0, 1, 2, 10, 11, 12));
    if (!view || !gd__alive(gd_dataset_new(view, gd_arange(own, GD_DEFAULT, 3))))
        return false;
    return gd__alive(gd_dataset_gather(ds, index_of(own, 2, at)).x) && gd__alive(gd_dataset_slice(ds, 0, 1).t);
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, make_and_gather) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_batch_is_gathered_in_order, open_context, close_context),
        cmocka_unit_test_setup_teardown(a_batch_is_sliced, open_context, close_context),
        cmocka_unit_test_setup_teardown(pixels_are_divided_exactly, open_context, close_context),
        cmocka_unit_test_setup_teardown(every_dtype_is_scaled, open_context, close_context),
        cmocka_unit_test_setup_teardown(samples_are_flattened_on_request, open_context, close_context),
        cmocka_unit_test_setup_teardown(targets_keep_what_is_no_label, open_context, close_context),
        cmocka_unit_test_setup_teardown(views_serve_as_inputs_and_as_index, open_context, close_context),
        cmocka_unit_test_setup_teardown(numbers_are_shared, open_context, close_context),
        cmocka_unit_test_setup_teardown(a_part_is_made_like_the_whole, open_context, close_context),
        cmocka_unit_test_setup_teardown(indices_out_of_range_are_refused, open_context, close_context),
        cmocka_unit_test_setup_teardown(the_index_is_int64_of_one_dimension, open_context, close_context),
        cmocka_unit_test_setup_teardown(inputs_and_targets_must_agree, open_context, close_context),
        cmocka_unit_test_setup_teardown(divisors_must_divide, open_context, close_context),
        cmocka_unit_test_setup_teardown(null_and_error_objects_are_refused, open_context, close_context),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
