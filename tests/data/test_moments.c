/* test_moments.c - mean and deviation of data sets, and batches standardised with them. */
#include "../io/support.h"

#include "gradus/gradus.h"

#include <math.h>

#include "moments_reference.h"

enum { N = 7, FEATURES = 6 };

/* As make_moments_reference.py makes it; with holes, each fifth number is NaN. */
static gd_tensor *sample(gd_dtype dtype, bool holes)
{
    double values[N * FEATURES];
    for (int i = 0; i < N * FEATURES; i++)
        values[i] = holes && i % 5 == 0 ? NAN : (13 * i % 29 - 11) / 4.0 + 100 * (i % 3);
    return gd_values_of(g, dtype, gd_shape(N, 2, 3), N * FEATURES, values);
}

static gd_dataset *dataset(gd_dtype dtype, bool holes)
{
    return gd_dataset_new(sample(dtype, holes), gd_arange(g, GD_INT64, N));
}

static void assert_close(gd_tensor *t, gd_dtype dtype, gd_dims shape, const double *expected, double tolerance)
{
    double values[64];
    assert_fine(g);
    assert_shape(t, shape);
    assert_int_equal(t->dtype, dtype);
    assert_true(gd_read(t, GD_FLOAT64, values, (size_t)t->numel));
    for (int64_t i = 0; i < t->numel; i++) {
        if (!(fabs(values[i] - expected[i]) <= tolerance * fmax(1, fabs(expected[i]))))
            fail_msg("number %d is %.17g, not %.17g", (int)i, values[i], expected[i]);
    }
}

/* ---- mean and deviation ---- */

static void they_are_those_of_numpy(void **state)
{
    (void)state;
    gd_moments m = gd_dataset_moments(dataset(GD_FLOAT32, false));
    assert_close(m.mean, GD_FLOAT32, gd_shape(2, 3), mean_of_all, 1e-6);
    assert_close(m.deviation, GD_FLOAT32, gd_shape(2, 3), deviation_of_all, 1e-6);
    gd_set_default_dtype(g, GD_FLOAT64);
    m = gd_dataset_moments(dataset(GD_FLOAT64, false));
    assert_close(m.mean, GD_FLOAT64, gd_shape(2, 3), mean_of_all, 1e-14);
    assert_close(m.deviation, GD_FLOAT64, gd_shape(2, 3), deviation_of_all, 1e-14);
}

static void nan_is_left_out(void **state)
{
    (void)state;
    gd_set_default_dtype(g, GD_FLOAT64);
    gd_moments m = gd_dataset_moments(dataset(GD_FLOAT64, true));
    assert_close(m.mean, GD_FLOAT64, gd_shape(2, 3), mean_of_holes, 1e-14);
    assert_close(m.deviation, GD_FLOAT64, gd_shape(2, 3), deviation_of_holes, 1e-14);
    gd_tensor *nothing = gd_full(g, GD_FLOAT32, gd_shape(3, 1), NAN);
    m = gd_dataset_moments(gd_dataset_new(nothing, gd_arange(g, GD_INT64, 3)));
    assert_true(isnan(gd_item(m.mean)) && isnan(gd_item(m.deviation)));
    m = gd_dataset_moments(gd_dataset_part(dataset(GD_FLOAT32, false), 0, 0));
    assert_true(isnan(gd_at(m.mean, 0, 0)) && isnan(gd_at(m.deviation, 1, 2)));
    assert_fine(g);
}

static void they_are_of_the_scaled_numbers(void **state)
{
    double mean[FEATURES], deviation[FEATURES];
    (void)state;
    gd_set_default_dtype(g, GD_FLOAT64);
    for (int i = 0; i < FEATURES; i++) {
        mean[i] = mean_of_all[i] / -4;
        deviation[i] = deviation_of_all[i] / 4;
    }
    gd_dataset *ds = gd_dataset_scale(dataset(GD_FLOAT64, false), -4);
    for (int i = 0; i < 2; i++) { /* and not of the standardised ones */
        gd_moments m = gd_dataset_moments(ds);
        assert_close(m.mean, GD_FLOAT64, gd_shape(2, 3), mean, 1e-14);
        assert_close(m.deviation, GD_FLOAT64, gd_shape(2, 3), deviation, 1e-14);
        gd_dataset_standardize(ds, m);
    }
}

static void a_part_has_its_own(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(5, 1), 1, 100, 3, 100, 5);
    gd_dataset *ds = gd_dataset_new(x, gd_arange(g, GD_INT64, 5));
    gd_dataset *odd = gd_dataset_subset(ds, gd_values_as(g, GD_INT64, gd_shape(3), 4, 0, 2));
    assert_true(gd_item(gd_dataset_moments(odd).mean) == 3);
    gd_moments m = gd_dataset_moments(gd_dataset_part(ds, 3, 1));
    assert_true(gd_item(m.mean) == 100 && gd_item(m.deviation) == 0);
    gd_dataset *bytes = gd_dataset_new(gd_values_as(g, GD_UINT8, gd_shape(2), 250, 255), gd_arange(g, GD_INT64, 2));
    m = gd_dataset_moments(bytes);
    assert_int_equal(gd_ndim(m.mean), 0);
    assert_true(gd_item(m.mean) == 252.5 && gd_item(m.deviation) == 2.5);
    assert_fine(g);
}

/* No large number hides a small deviation, and what is always the same has none at all. */
static void small_deviations_are_seen(void **state)
{
    (void)state;
    gd_set_default_dtype(g, GD_FLOAT64);
    gd_tensor *x = gd_values(g, gd_shape(4, 2), 1e9 + 4, 0.1, 1e9 + 7, 0.1, 1e9 + 13, 0.1, 1e9 + 16, 0.1);
    gd_moments m = gd_dataset_moments(gd_dataset_new(x, gd_arange(g, GD_INT64, 4)));
    assert_true(fabs(gd_at(m.deviation, 0) - sqrt(22.5)) < 1e-12);
    assert_true(gd_at(m.mean, 1) == 0.1 && gd_at(m.deviation, 1) == 0);
}

/* ---- standardising ---- */

static void batches_are_standardised(void **state)
{
    (void)state;
    gd_dataset *ds = dataset(GD_FLOAT32, false);
    assert_ptr_equal(gd_dataset_standardize(ds, gd_dataset_moments(ds)), ds);
    assert_close(gd_dataset_slice(ds, 0, N).x, GD_FLOAT32, gd_shape(N, 2, 3), standardised, 2e-5);
    gd_dataset_flatten(ds, true);
    assert_close(gd_dataset_slice(ds, 2, 3).x, GD_FLOAT32, gd_shape(3, FEATURES), standardised + 2 * FEATURES, 2e-5);
    assert_same_tensor(gd_dataset_x(ds), sample(GD_FLOAT32, false));
    gd_set_default_dtype(g, GD_FLOAT64);
    ds = dataset(GD_FLOAT64, false);
    gd_dataset_standardize(ds, gd_dataset_moments(ds));
    assert_close(gd_dataset_slice(ds, 0, N).x, GD_FLOAT64, gd_shape(N, 2, 3), standardised, 1e-13);
}

static void a_deviation_of_zero_counts_as_one(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(3, 2), 1, 5, 2, 5, 3, 5);
    gd_dataset *ds = gd_dataset_new(x, gd_arange(g, GD_INT64, 3));
    gd_moments m = gd_dataset_moments(ds);
    gd_dataset_standardize(ds, m);
    gd_tensor *y = gd_dataset_slice(ds, 0, 3).x;
    assert_true(gd_at(y, 0, 1) == 0 && gd_at(y, 2, 1) == 0 && gd_at(y, 1, 0) == 0 && gd_at(y, 2, 0) > 1.2);
    assert_true(gd_at(m.deviation, 1) == 0); /* the caller's tensor stays as it is */
    assert_fine(g);
}

static void nan_stays(void **state)
{
    (void)state;
    gd_dataset *ds = dataset(GD_FLOAT32, true);
    gd_dataset_standardize(ds, gd_dataset_moments(ds));
    gd_tensor *x = gd_dataset_slice(ds, 0, N).x;
    assert_true(isnan(gd_at(x, 0, 0, 0)) && isfinite(gd_at(x, 0, 0, 1)));
}

/* One mean for all pixels, or one a channel, as images are usually standardised. */
static void what_broadcasts_will_do(void **state)
{
    (void)state;
    gd_tensor *x = gd_values_as(g, GD_UINT8, gd_shape(2, 2, 1, 1), 0, 255, 51, 102);
    gd_dataset *ds = gd_dataset_scale(gd_dataset_new(x, gd_arange(g, GD_INT64, 2)), 255);
    gd_moments m = { gd_values(g, gd_shape(2, 1, 1), 0.5, 1), gd_scalar(g, GD_FLOAT32, 0.5) };
    gd_dataset_standardize(ds, m);
    gd_tensor *y = gd_dataset_slice(ds, 0, 2).x;
    assert_true(gd_at(y, 0, 0, 0, 0) == -1 && gd_at(y, 0, 1, 0, 0) == 0);
    assert_true(fabs(gd_at(y, 1, 0, 0, 0) + 0.6) < 1e-6 && fabs(gd_at(y, 1, 1, 0, 0) + 1.2) < 1e-6);
    assert_fine(g);
}

/* The second time in a scope within: the tensors are the data set's all the same. */
static void it_can_be_set_again(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(2, 1), 1, 2);
    gd_dataset *ds = gd_dataset_new(x, gd_arange(g, GD_INT64, 2));
    gd_dataset_standardize(ds, (gd_moments){ gd_scalar(g, GD_FLOAT64, 1), gd_scalar(g, GD_FLOAT64, 1) });
    size_t in_use = gd_memory_used(g).in_use;
    {
        GD_SCOPE(g);
        gd_dataset_standardize(ds, (gd_moments){ gd_scalar(g, GD_FLOAT64, 2), gd_scalar(g, GD_FLOAT64, 2) });
    }
    assert_int_equal(gd_memory_used(g).in_use, in_use);
    assert_same_tensor(gd_dataset_slice(ds, 0, 2).x, gd_values(g, gd_shape(2, 1), -0.5, 0));
    assert_fine(g);
}

/* ---- what is refused ---- */

static void assert_refused(gd_dataset *ds, gd_tensor *mean, gd_tensor *deviation, gd_status status, const char *part)
{
    gd_tensor *before = gd_dataset_slice(ds, 0, N).x;
    assert_true(gd__is_error(gd_dataset_standardize(ds, (gd_moments){ mean, deviation })));
    assert_error(g, status, part);
    assert_same_tensor(gd_dataset_slice(ds, 0, N).x, before);
}

static void moments_must_fit(void **state)
{
    (void)state;
    gd_dataset *ds = dataset(GD_FLOAT32, false);
    gd_tensor *one = gd_scalar(g, GD_FLOAT32, 1);
    gd_dataset_standardize(ds, (gd_moments){ one, one });
    assert_refused(ds, gd_zeros(g, GD_FLOAT32, gd_shape(6)), one, GD_ERROR_SHAPE,
                   "gd_dataset_standardize: the mean is float32 (6,), and a sample has the shape (2, 3)");
    assert_refused(ds, one, gd_ones(g, GD_FLOAT32, gd_shape(1, 2, 3)), GD_ERROR_SHAPE,
                   "the deviation is float32 (1, 2, 3)");
    assert_refused(ds, gd_scalar(g, GD_FLOAT32, INFINITY), one, GD_ERROR_VALUE, "number 0 of the mean is inf");
    assert_refused(ds, one, gd_values(g, gd_shape(3), 1, NAN, 1), GD_ERROR_VALUE, "number 1 of the deviation is nan");
    assert_refused(ds, one, gd_scalar(g, GD_FLOAT32, -2), GD_ERROR_VALUE, "number 0 of the deviation is -2");
    assert_refused(ds, NULL, one, GD_ERROR_NULL, "the mean is NULL");
    assert_refused(ds, one, NULL, GD_ERROR_NULL, "the deviation is NULL");
    gd_context *other = gd_open();
    assert_refused(ds, gd_scalar(other, GD_FLOAT32, 1), one, GD_ERROR_CONTEXT, "the mean belongs to another context");
    gd_close(other);
}

static void error_objects_are_refused(void **state)
{
    gd_tensor *one = gd_scalar(g, GD_FLOAT32, 1);
    (void)state;
    assert_true(gd__is_error(gd_dataset_standardize(NULL, (gd_moments){ one, one })));
    assert_true(gd__is_error(gd_dataset_moments(NULL).mean) && gd__is_error(gd_dataset_moments(NULL).deviation));
    assert_fine(g);
    gd_dataset *error = gd_dataset_new(one, one);
    assert_true(gd__is_error(gd_dataset_standardize(error, gd_dataset_moments(error))));
    assert_error(g, GD_ERROR_SHAPE, "gd_dataset_new");
}

static bool try_all(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_dataset *ds = gd_dataset_new(gd_arange(own, GD_FLOAT32, 4), gd_arange(own, GD_INT64, 4));
    gd_dataset *same = gd_dataset_standardize(ds, gd_dataset_moments(ds));
    return gd__alive(same) && gd__alive(gd_dataset_part(same, 1, 2)) && gd__alive(gd_dataset_slice(same, 0, 2).x);
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_all) > 20);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(they_are_those_of_numpy),
        IN_CONTEXT(nan_is_left_out),
        IN_CONTEXT(they_are_of_the_scaled_numbers),
        IN_CONTEXT(a_part_has_its_own),
        IN_CONTEXT(small_deviations_are_seen),
        IN_CONTEXT(batches_are_standardised),
        IN_CONTEXT(a_deviation_of_zero_counts_as_one),
        IN_CONTEXT(nan_stays),
        IN_CONTEXT(what_broadcasts_will_do),
        IN_CONTEXT(it_can_be_set_again),
        IN_CONTEXT(moments_must_fit),
        IN_CONTEXT(error_objects_are_refused),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
