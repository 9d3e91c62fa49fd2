/* test_evaluate.c - what a network makes of a whole data set, and reports for a person. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

/* The output is the input. */
static gd_layer *identity(gd_context *own)
{
    return gd_affine(gd_values(own, gd_shape(2, 2), 1, 0, 0, 1), gd_zeros(own, 0, gd_shape(2)));
}

/* ---- all outputs ---- */

/* More samples than one batch takes, the last batch a small one. */
static void all_samples_are_predicted(void **state)
{
    enum { N = 2345 };
    (void)state;
    gd_tensor *x = gd_reshape(gd_arange(g, GD_FLOAT32, 2 * N), gd_shape(N, 2));
    gd_dataset *ds = gd_dataset_new(x, gd_zeros(g, GD_INT64, gd_shape(N)));
    gd_tensor *y = gd_predict(identity(g), ds);
    assert_same_tensor(y, x);
    assert_false(y->requires_grad);
    assert_true(gd_set_recording(g, true));
    gd_parts part = gd_dataset_split(ds, .count = 1100, .shuffle = false);
    assert_steps(gd_predict(identity(g), part.test), 2200, 1);
    assert_fine(g);
}

static void it_lives_in_the_scope_it_was_made_in(void **state)
{
    (void)state;
    gd_layer *net = identity(g);
    gd_dataset *ds = gd_dataset_new(gd_zeros(g, GD_FLOAT32, gd_shape(3, 2)), gd_zeros(g, GD_INT64, gd_shape(3)));
    size_t in_use = gd_memory_used(g).in_use;
    {
        GD_SCOPE(g);
        assert_shape(gd_predict(net, ds), gd_shape(3, 2));
    }
    assert_int_equal(gd_memory_used(g).in_use, in_use);
    assert_shape(gd_predict(net, gd_dataset_part(ds, 0, 0)), gd_shape(0, 2));
    assert_fine(g);
}

static void accuracy_of_a_split_is_that_of_its_samples(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(4, 2), 1, 0, 0, 1, 5, 4, 2, 3);
    gd_dataset *ds = gd_dataset_new(x, gd_values_as(g, GD_UINT8, gd_shape(4), 0, 0, 1, 1));
    assert_true(gd_accuracy(identity(g), gd_dataset_subset(ds, gd_values_as(g, GD_INT64, gd_shape(2), 3, 0))) == 1);
    assert_true(gd_accuracy(identity(g), gd_dataset_subset(ds, gd_values_as(g, GD_INT64, gd_shape(3), 3, 1, 2))) ==
                1.0 / 3);
    assert_fine(g);
}

static void networks_and_sets_are_checked(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_new(gd_zeros(g, GD_FLOAT32, gd_shape(3, 2)), gd_zeros(g, GD_INT64, gd_shape(3)));
    assert_true(gd__is_error(gd_predict(NULL, ds)));
    assert_fine(g);
    assert_true(gd__is_error(gd_predict(identity(g), NULL)));
    assert_error(g, GD_ERROR_NULL, "gd_predict: the data set is NULL");
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_predict(gd_linear(g, 5, 2), ds)));
    assert_error(g, GD_ERROR_SHAPE, "linear");
    assert_true(gd_set_recording(g, true));
    assert_true(gd_memory_used(g).in_use < in_use + 4096);
}

/* One column has no largest: its place is always 0. */
static void one_output_is_no_score_of_classes(void **state)
{
    (void)state;
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(4, 3)), *t = gd_zeros(g, GD_INT64, gd_shape(4));
    assert_true(isnan(gd_accuracy(gd_linear(g, 3, 1), gd_dataset_new(x, t))));
    assert_error(g, GD_ERROR_SHAPE, "one output a sample has no scores of classes");
}

/* Said before the first step, and not after the last. */
static void a_set_without_labels_is_refused_before_the_training(void **state)
{
    (void)state;
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(4, 3)), *t = gd_ones(g, GD_FLOAT32, gd_shape(4, 1));
    gd_dataset *numbers = gd_dataset_new(x, t);
    gd_layer *net = gd_init(gd_linear(g, 3, 1));
    gd_tensor *before = gd_clone(gd_detach(gd_parameter(net, 0)));
    gd_fit(net, .optimizer = gd_sgd(net), .batches = gd_batches(numbers, .size = 2), .loss = gd_mse, .steps = 5,
           .test = numbers);
    assert_error(g, GD_ERROR_SHAPE, "targets of shape (N,), int64 or uint8, are expected");
    assert_true(gd_equal(gd_parameter(net, 0), before));
}

static bool predict(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_dataset *ds = gd_dataset_new(gd_zeros(own, GD_FLOAT32, gd_shape(3, 2)), gd_zeros(own, GD_INT64, gd_shape(3)));
    return gd__alive(gd_predict(identity(own), ds)) && gd_accuracy(identity(own), ds) == 1;
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, predict) > 20);
}

/* ---- reports ---- */

typedef void printer(const gd_tensor *confusion, const char *const *names, FILE *to);

static void assert_printed(printer *print, const gd_tensor *confusion, const char *const *names, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    print(confusion, names, to);
    fclose(to);
    assert_string_equal(text, expected);
    free(text);
}

static gd_tensor *counts(void)
{
    return gd_values_as(g, GD_INT64, gd_shape(3, 3), 10, 0, 0, 0, 8, 2, 0, 1, 1009);
}

static void a_matrix_is_printed_in_columns(void **state)
{
    static const char *const names[] = { "daisy", "m\xc3\xb6hre", "x", NULL };
    (void)state;
    assert_printed(gd_print_confusion, counts(), names,
                   "       predicted\n"
                   "true   daisy  m\xc3\xb6hre      x\n"
                   "daisy     10      0      0\n"
                   "m\xc3\xb6hre      0      8      2\n"
                   "x          0      1   1009\n");
    assert_printed(gd_print_confusion, counts(), NULL,
                   "      predicted\n"
                   "true     0     1     2\n"
                   "0       10     0     0\n"
                   "1        0     8     2\n"
                   "2        0     1  1009\n");
}

static void names_from_files_do_no_harm(void **state)
{
    static const char *const names[] = { "a\x1b[2Jb", "abcdefghijklmnopqrstuvwxyz",
                                         NULL }; /* and none for the third */
    (void)state;
    assert_printed(
        gd_print_confusion, counts(), names,
        "                          predicted\n"
        "true                                        a?[2Jb  abcdefghijklmnopqrstuv..                         2\n"
        "a?[2Jb                                          10                         0                         0\n"
        "abcdefghijklmnopqrstuv..                         0                         8                         2\n"
        "2                                                0                         1                      1009\n");
}

static const char report[] = "               precision     recall         F1    support\n"
                             "a                 1.0000     1.0000     1.0000         10\n"
                             "b                 0.8889     0.8000     0.8421         10\n"
                             "c                 0.9980     0.9990     0.9985       1010\n"
                             "\n"
                             "accuracy                                0.9971       1030\n"
                             "mean              0.9623     0.9330     0.9469       1030\n"
                             "weighted mean     0.9970     0.9971     0.9970       1030\n";

static void scores_are_printed_in_columns(void **state)
{
    static const char *const names[] = { "a", "b", "c", NULL };
    (void)state;
    assert_printed(gd_print_report, counts(), names, report);
}

static void no_locale_is_heeded(void **state)
{
    static const char *const names[] = { "a", "b", "c", NULL };
    (void)state;
    use_decimal_comma();
    assert_printed(gd_print_report, counts(), names, report);
}

static void what_is_no_matrix_prints_the_message(void **state)
{
    (void)state;
    gd_tensor *wide = gd_zeros(g, GD_INT64, gd_shape(2, 3));
    const char *message =
        "gd_print_report: the confusion matrix is int64 (2, 3). Pass int64 (C, C) in row-major order, as "
        "gd_confusion makes it\n";
    assert_printed(gd_print_report, wide, NULL, message);
    assert_printed(gd_print_confusion, gd_confusion(wide, wide, 3), NULL, message); /* the first error stays */
    gd_clear(g);
    gd_print_confusion(counts(), NULL, NULL);
    gd_print_report(NULL, NULL, NULL);
    assert_fine(g);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

static int close_and_reset(void **state)
{
    return close_context(state) + reset_locale(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(all_samples_are_predicted),
        IN_CONTEXT(it_lives_in_the_scope_it_was_made_in),
        IN_CONTEXT(accuracy_of_a_split_is_that_of_its_samples),
        IN_CONTEXT(networks_and_sets_are_checked),
        IN_CONTEXT(one_output_is_no_score_of_classes),
        IN_CONTEXT(a_set_without_labels_is_refused_before_the_training),
        cmocka_unit_test(survives_scarce_memory),
        IN_CONTEXT(a_matrix_is_printed_in_columns),
        IN_CONTEXT(names_from_files_do_no_harm),
        IN_CONTEXT(scores_are_printed_in_columns),
        cmocka_unit_test_setup_teardown(no_locale_is_heeded, open_context, close_and_reset),
        IN_CONTEXT(what_is_no_matrix_prints_the_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
