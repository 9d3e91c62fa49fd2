/* test_metrics.c - confusion matrices, what follows from them, the k largest, and measures of regression. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

enum { MOST = 64 };

typedef struct class_case {
    int64_t classes, samples, label[MOST], predicted[MOST], counts[MOST];
    double scores[MOST], macro[3], weighted[3], accuracy;
} class_case;

typedef struct top_case {
    int64_t classes, samples, label[MOST];
    double scores[2 * MOST], shares[8];
} top_case;

typedef struct regression_case {
    int64_t samples, outputs;
    double p[MOST], t[MOST], r2, mae, rmse;
} regression_case;

#include "metrics_reference.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static gd_tensor *labels(const int64_t *label, int64_t count)
{
    return gd_from_memory(g, GD_INT64, gd_shape(count), label);
}

static void assert_near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%.17g, not %.17g", value, expected);
}

static void assert_scores(gd_scores scores, const double *expected)
{
    assert_near(scores.precision, expected[0]);
    assert_near(scores.recall, expected[1]);
    assert_near(scores.f1, expected[2]);
}

/* ---- counting ---- */

static void predictions_are_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(class_cases); i++) {
        const class_case *c = &class_cases[i];
        gd_tensor *confusion =
            gd_confusion(labels(c->predicted, c->samples), labels(c->label, c->samples), c->classes);
        assert_fine(g);
        assert_int_equal(confusion->dtype, GD_INT64);
        assert_shape(confusion, gd_shape(c->classes, c->classes));
        assert_memory_equal(gd_data(confusion), c->counts, (size_t)(c->classes * c->classes) * sizeof(int64_t));
    }
}

/* Of equal scores the first counts, and NaN counts as the largest, as gd_argmax has it. */
static void scores_count_by_their_largest(void **state)
{
    (void)state;
    gd_tensor *scores = gd_values(g, gd_shape(4, 3), 1, 5, 2, 7, 7, 0, -1, -3, -2, 9, NAN, 10);
    gd_tensor *confusion = gd_confusion(scores, gd_values_as(g, GD_UINT8, gd_shape(4), 1, 0, 2, 2), 3);
    assert_same_tensor(confusion, gd_values_as(g, GD_INT64, gd_shape(3, 3), 1, 0, 0, 0, 1, 0, 1, 1, 0));
    gd_tensor *turned =
        gd_confusion(gd_t(gd_contiguous(gd_t(scores))), gd_values_as(g, GD_INT64, gd_shape(4), 1, 0, 2, 2), 3);
    assert_same_tensor(turned, confusion);
    assert_fine(g);
}

/* bool predictions are what a network of one output gives by gd_ge_scalar. */
static void any_integers_are_labels(void **state)
{
    (void)state;
    gd_tensor *y = gd_values(g, gd_shape(4, 1), 0.1, 0.9, 0.6, 0.4),
              *t = gd_values_as(g, GD_BOOL, gd_shape(4), 0, 1, 0, 1);
    gd_tensor *taken = gd_ge_scalar(gd_reshape(y, gd_shape(-1)), 0.5);
    gd_tensor *expected = gd_values_as(g, GD_INT64, gd_shape(2, 2), 1, 1, 1, 1);
    assert_same_tensor(gd_confusion(taken, t, 2), expected);
    assert_same_tensor(gd_confusion(gd_cast(taken, GD_UINT8), gd_cast(t, GD_INT64), 2), expected);
    gd_tensor *pairs = gd_values_as(g, GD_INT64, gd_shape(4, 2), 0, 9, 1, 9, 0, 9, 1, 9);
    assert_same_tensor(gd_confusion(taken, gd_select(pairs, 1, 0), 2), expected);
    assert_fine(g);
}

static void batches_are_added(void **state)
{
    const class_case *c = &class_cases[2];
    (void)state;
    gd_tensor *confusion = gd_zeros(g, GD_INT64, gd_shape(c->classes, c->classes));
    for (int64_t from = 0; from < c->samples; from += 7) {
        GD_SCOPE(g);
        int64_t count = c->samples - from < 7 ? c->samples - from : 7;
        assert_true(gd_confusion_add(confusion, labels(c->predicted + from, count), labels(c->label + from, count)));
    }
    assert_memory_equal(gd_data(confusion), c->counts, (size_t)(c->classes * c->classes) * sizeof(int64_t));
    gd_tensor *half = gd_confusion(labels(c->predicted, 20), labels(c->label, 20), c->classes);
    gd_tensor *rest = gd_confusion(labels(c->predicted + 20, 20), labels(c->label + 20, 20), c->classes);
    assert_same_tensor(gd_add(half, rest), confusion);
    assert_fine(g);
}

/* ---- scores ---- */

static void scores_are_those_of_their_definitions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(class_cases); i++) {
        const class_case *c = &class_cases[i];
        gd_tensor *confusion =
            gd_confusion(labels(c->predicted, c->samples), labels(c->label, c->samples), c->classes);
        int64_t support = 0;
        for (int64_t k = 0; k < c->classes; k++) {
            assert_scores(gd_class_scores(confusion, k), c->scores + 3 * k);
            support += gd_class_scores(confusion, k).support;
        }
        assert_int_equal(support, c->samples);
        assert_scores(gd_average_scores(confusion, GD_AVERAGE_MACRO), c->macro);
        assert_scores(gd_average_scores(confusion, GD_AVERAGE_WEIGHTED), c->weighted);
        const double micro[] = { c->accuracy, c->accuracy, c->accuracy };
        assert_scores(gd_average_scores(confusion, GD_AVERAGE_MICRO), micro);
        assert_int_equal(gd_average_scores(confusion, GD_AVERAGE_MICRO).support, c->samples);
        assert_int_equal(gd_average_scores(confusion, GD_AVERAGE_MACRO).support, c->samples);
    }
    assert_fine(g);
}

/* ---- the k largest ---- */

static void the_k_largest_are_looked_at(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(top_cases); i++) {
        const top_case *c = &top_cases[i];
        gd_tensor *scores = gd_from_memory(g, GD_FLOAT64, gd_shape(c->samples, c->classes), c->scores);
        for (int64_t k = 1; k <= c->classes; k++)
            assert_near(gd_top_k_accuracy(scores, labels(c->label, c->samples), k), c->shares[k - 1]);
        assert_true(gd_top_k_accuracy(scores, labels(c->label, c->samples), 1000) == 1);
    }
    assert_fine(g);
}

/* With ties and NaN, one of the largest is what gd_argmax finds. */
static void the_largest_is_that_of_argmax(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(5, 3), 2, 2, 1, NAN, 1, NAN, 0, 0, 0, 1, NAN, 2, -1, 3, 3);
    gd_tensor *place = gd_argmax(x, -1);
    assert_true(gd_top_k_accuracy(x, place, 1) == 1);
    for (int64_t k = 1; k <= 3; k++) { /* whatever the scores, each class has a rank of its own */
        double share = 0;
        for (int64_t label = 0; label < 3; label++)
            share += gd_top_k_accuracy(x, gd_full(g, GD_INT64, gd_shape(5), (double)label), k);
        assert_near(share, (double)k);
    }
    assert_true(
        isnan(gd_top_k_accuracy(gd_zeros(g, GD_FLOAT32, gd_shape(0, 3)), gd_zeros(g, GD_INT64, gd_shape(0)), 1)));
    assert_fine(g);
}

/* ---- regression ---- */

static void measures_are_those_of_their_definitions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(regression_cases); i++) {
        const regression_case *c = &regression_cases[i];
        gd_dims shape = c->outputs == 1 && i % 2 ? gd_shape(c->samples) : gd_shape(c->samples, c->outputs);
        gd_tensor *p = gd_from_memory(g, GD_FLOAT64, shape, c->p), *t = gd_from_memory(g, GD_FLOAT64, shape, c->t);
        assert_near(gd_r2(p, t), c->r2);
        assert_near(gd_mean_absolute_error(p, t), c->mae);
        assert_near(gd_root_mean_squared_error(p, t), c->rmse);
        assert_near(gd_r2(gd_cast(p, GD_FLOAT32), t), c->r2); /* eighths and sixteenths are float32 too */
    }
    assert_fine(g);
}

static void the_edges_of_regression_are_as_said(void **state)
{
    (void)state;
    gd_tensor *same = gd_full(g, GD_FLOAT64, gd_shape(6), 0.1), *one = gd_ones(g, GD_FLOAT32, gd_shape(1));
    assert_true(gd_r2(gd_zeros_like(same), same) == 0); /* a rounded mean must leave no spread */
    assert_true(gd_r2(same, same) == 1);
    assert_true(isnan(gd_r2(one, one)));
    assert_true(gd_mean_absolute_error(one, one) == 0);
    gd_tensor *none = gd_zeros(g, GD_FLOAT32, gd_shape(0, 2));
    assert_true(isnan(gd_r2(none, none)) && isnan(gd_mean_absolute_error(none, none)));
    assert_fine(g);
    gd_tensor *turned = transposed(gd_values(g, gd_shape(2, 3), 1, 2, 3, 4, 5, 6));
    assert_true(gd_root_mean_squared_error(turned, gd_values(g, gd_shape(3, 2), 1, 4, 2, 5, 3, 7)) ==
                sqrt(1.0 / 3) / 2);
}

/* ---- what is refused ---- */

static void predictions_must_go_with_labels(void **state)
{
    (void)state;
    gd_tensor *t = gd_values_as(g, GD_INT64, gd_shape(3), 0, 1, 2), *two = gd_zeros(g, GD_INT64, gd_shape(2));
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_confusion(two, t, 3)));
    assert_error(g, GD_ERROR_SHAPE, "gd_confusion: the predictions are int64 (2,), the labels int64 (3,)");
    assert_true(gd__is_error(gd_confusion(t, t, 2)));
    assert_error(g, GD_ERROR_INDEX, "label 2 of sample 2 is outside the 2 classes");
    assert_int_equal(gd_memory_used(g).in_use, in_use);
    assert_true(gd__is_error(gd_confusion(gd_values_as(g, GD_INT64, gd_shape(3), 0, -1, 0), t, 3)));
    assert_error(g, GD_ERROR_INDEX, "prediction -1 of sample 1 is outside the 3 classes");
    assert_true(gd__is_error(gd_confusion(gd_zeros(g, GD_FLOAT32, gd_shape(3)), t, 3)));
    assert_error(g, GD_ERROR_DTYPE, "the predictions tensor is float32 (3,). Pass class labels");
    assert_true(gd__is_error(gd_confusion(gd_zeros(g, GD_FLOAT32, gd_shape(3, 1)), t, 3)));
    assert_error(g, GD_ERROR_SHAPE, "the predictions tensor is float32 (3, 1). Pass labels (N,), or scores (N, C)");
    assert_true(
        gd__is_error(gd_confusion(gd_zeros(g, GD_FLOAT32, gd_shape(3, 5)), gd_zeros(g, GD_FLOAT32, gd_shape(3)), 5)));
    assert_error(g, GD_ERROR_DTYPE, "the labels tensor is float32 (3,)");
    assert_true(gd__is_error(gd_confusion(t, gd_zeros(g, GD_INT64, gd_shape(3, 1)), 5)));
    assert_error(g, GD_ERROR_SHAPE, "the labels tensor is int64 (3, 1)");
    assert_true(gd__is_error(gd_confusion(t, t, 0)));
    assert_error(g, GD_ERROR_VALUE, "a matrix of 0 classes");
    assert_true(gd__is_error(gd_confusion(t, t, (int64_t)1 << 40)));
    assert_true(gd_failed(g));
    gd_clear(g);
    assert_true(gd__is_error(gd_confusion(t, NULL, 3)));
    assert_error(g, GD_ERROR_NULL, "the labels tensor is NULL");
    assert_true(gd__is_error(gd_confusion(NULL, t, 3)));
    assert_fine(g);
}

static void nothing_is_added_where_something_is_wrong(void **state)
{
    (void)state;
    gd_tensor *t = gd_values_as(g, GD_INT64, gd_shape(3), 0, 1, 2),
              *bad = gd_values_as(g, GD_INT64, gd_shape(3), 0, 1, 3);
    gd_tensor *confusion = gd_confusion(t, t, 3), *before = gd_clone(confusion);
    assert_false(gd_confusion_add(confusion, bad, t));
    assert_error(g, GD_ERROR_INDEX, "gd_confusion_add: prediction 3 of sample 2");
    assert_false(gd_confusion_add(confusion, t, bad));
    assert_error(g, GD_ERROR_INDEX, "label 3 of sample 2");
    assert_false(gd_confusion_add(confusion, NULL, t));
    assert_error(g, GD_ERROR_NULL, "the predictions tensor is NULL");
    gd_context *other = gd_open();
    assert_false(gd_confusion_add(confusion, gd_arange(other, GD_INT64, 3), t));
    gd_close(other);
    assert_error(g, GD_ERROR_CONTEXT, "the predictions tensor belongs to another context");
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_confusion_add(confusion, t, t));
    gd_clear(g);
    assert_same_tensor(confusion, before);
    assert_false(gd_confusion_add(NULL, t, t));
    assert_fine(g);
}

static void matrices_must_be_counts(void **state)
{
    (void)state;
    gd_tensor *t = gd_zeros(g, GD_INT64, gd_shape(2)), *wide = gd_zeros(g, GD_INT64, gd_shape(2, 3));
    gd_tensor *floats = gd_zeros(g, GD_FLOAT32, gd_shape(2, 2)), *good = gd_zeros(g, GD_INT64, gd_shape(2, 2));
    assert_false(gd_confusion_add(wide, t, t));
    assert_error(g, GD_ERROR_SHAPE, "gd_confusion_add: the confusion matrix is int64 (2, 3)");
    assert_int_equal(gd_class_scores(floats, 0).support, -1);
    assert_error(g, GD_ERROR_SHAPE, "gd_class_scores: the confusion matrix is float32 (2, 2)");
    assert_true(isnan(gd_average_scores(transposed(gd_values_as(g, GD_INT64, gd_shape(2, 2), 1, 2, 3, 4)), 0).f1));
    assert_error(g, GD_ERROR_SHAPE, "gd_average_scores");
    assert_true(isnan(gd_class_scores(good, 2).precision));
    assert_error(g, GD_ERROR_INDEX, "class 2 of a matrix of 2");
    assert_true(isnan(gd_class_scores(good, -1).recall));
    assert_error(g, GD_ERROR_INDEX, "class -1");
    assert_true(isnan(gd_average_scores(good, (gd_average)5).f1));
    assert_error(g, GD_ERROR_VALUE, "5 is no average");
    assert_true(isnan(gd_class_scores(NULL, 0).f1) && isnan(gd_average_scores(NULL, 0).f1));
    assert_fine(g);
}

static void other_measures_check_what_they_get(void **state)
{
    (void)state;
    gd_tensor *scores = gd_zeros(g, GD_FLOAT32, gd_shape(2, 3)), *t = gd_zeros(g, GD_INT64, gd_shape(2));
    gd_tensor *flat = gd_zeros(g, GD_FLOAT32, gd_shape(2)), *column = gd_zeros(g, GD_FLOAT32, gd_shape(2, 1));
    assert_true(isnan(gd_top_k_accuracy(scores, t, 0)));
    assert_error(g, GD_ERROR_VALUE, "gd_top_k_accuracy: k is 0");
    assert_true(isnan(gd_top_k_accuracy(flat, t, 1)));
    assert_error(g, GD_ERROR_SHAPE, "the scores tensor is float32 (2,)");
    assert_true(isnan(gd_top_k_accuracy(scores, gd_full(g, GD_INT64, gd_shape(2), 3), 1)));
    assert_error(g, GD_ERROR_INDEX, "label 3 of sample 0 is outside the 3 classes");
    assert_true(isnan(gd_top_k_accuracy(scores, gd_zeros(g, GD_INT64, gd_shape(3)), 1)));
    assert_error(g, GD_ERROR_SHAPE, "the labels int64 (3,)");
    assert_true(isnan(gd_top_k_accuracy(scores, NULL, 1)));
    assert_error(g, GD_ERROR_NULL, "the labels tensor is NULL");
    assert_true(isnan(gd_r2(flat, column)));
    assert_error(g, GD_ERROR_SHAPE, "gd_r2: the predictions are float32 (2,), the targets float32 (2, 1)");
    assert_true(isnan(gd_mean_absolute_error(gd_scalar(g, 0, 1), gd_scalar(g, 0, 1))));
    assert_error(g, GD_ERROR_SHAPE, "gd_mean_absolute_error");
    assert_true(isnan(gd_root_mean_squared_error(flat, NULL)));
    assert_error(g, GD_ERROR_NULL, "gd_root_mean_squared_error: the targets tensor is NULL");
    assert_true(isnan(gd_r2(NULL, flat)) && isnan(gd_top_k_accuracy(NULL, t, 1)));
    assert_fine(g);
}

/* ---- scarce memory ---- */

static bool try_all(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_tensor *scores = gd_zeros(own, GD_FLOAT32, gd_shape(3, 2)), *t = gd_zeros(own, GD_INT64, gd_shape(3));
    gd_tensor *confusion = gd_confusion(scores, t, 2);
    return gd_confusion_add(confusion, scores, t) && gd_r2(t, t) == 1;
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_all) > 5);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(predictions_are_counted),
        IN_CONTEXT(scores_count_by_their_largest),
        IN_CONTEXT(any_integers_are_labels),
        IN_CONTEXT(batches_are_added),
        IN_CONTEXT(scores_are_those_of_their_definitions),
        IN_CONTEXT(the_k_largest_are_looked_at),
        IN_CONTEXT(the_largest_is_that_of_argmax),
        IN_CONTEXT(measures_are_those_of_their_definitions),
        IN_CONTEXT(the_edges_of_regression_are_as_said),
        IN_CONTEXT(predictions_must_go_with_labels),
        IN_CONTEXT(nothing_is_added_where_something_is_wrong),
        IN_CONTEXT(matrices_must_be_counts),
        IN_CONTEXT(other_measures_check_what_they_get),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
