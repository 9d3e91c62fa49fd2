/* test_arrays.c - data sets of .npy, .npz and .safetensors files. */
#include "../io/support.h"

#include "gradus/gradus.h"

static void write_arrays(gd_context *own)
{
    gd_tensor *x = gd_values_as(own, GD_UINT8, gd_shape(3, 2), 0, 50, 100, 150, 200, 250);
    gd_tensor *t = gd_values_as(own, GD_INT64, gd_shape(3), 2, 0, 1),
              *y = gd_values(own, gd_shape(3, 1), 0.5, 1.5, 2.5);
    assert_true(gd_npy_write(x, in_folder("x.npy")) && gd_npy_write(t, in_folder("t.npy")) &&
                gd_npy_write(y, in_folder("y.npy")));
    gd_archive *a = gd_archive_new(own);
    assert_true(gd_archive_add(a, "x_train", x) && gd_archive_add(a, "t_train", t) &&
                gd_archive_add(a, "large", gd_zeros(own, GD_FLOAT64, gd_shape(40000))));
    assert_true(gd_archive_write(a, in_folder("set.npz")) && gd_archive_write(a, in_folder("set.safetensors")));
}

static int write_all(void **state)
{
    if (make_folder(state) != 0)
        return -1;
    gd_context *own = gd_open();
    write_arrays(own);
    gd_close(own);
    return 0;
}

static void assert_set(gd_dataset *ds)
{
    assert_fine(g);
    assert_int_equal(gd_dataset_count(ds), 3);
    assert_int_equal(gd_dataset_features(ds), 2);
    assert_int_equal(gd_dataset_classes(ds), 3);
    assert_null(gd_dataset_class_names(ds));
    assert_null(gd_dataset_feature_names(ds));
    assert_int_equal(gd_dataset_x(ds)->dtype, GD_UINT8); /* in memory as in the file */
    gd_batch batch = gd_dataset_slice(gd_dataset_scale(ds, 50), 1, 2);
    assert_same_tensor(batch.x, gd_values(g, gd_shape(2, 2), 2, 3, 4, 5));
    assert_same_tensor(batch.t, gd_values_as(g, GD_INT64, gd_shape(2), 0, 1));
}

static void two_npy_files_make_a_set(void **state)
{
    (void)state;
    assert_set(gd_dataset_npy(g, in_folder("x.npy"), in_folder("t.npy")));
    gd_dataset *floats = gd_dataset_npy(g, in_folder("x.npy"), in_folder("y.npy"));
    assert_same_tensor(gd_dataset_slice(floats, 0, 3).t, gd_values(g, gd_shape(3, 1), 0.5, 1.5, 2.5));
    assert_int_equal(gd_dataset_classes(floats), -1);
    assert_error(g, GD_ERROR_SHAPE,
                 "gd_dataset_classes: targets of shape (N,), int64 or uint8, are expected, not float32");
}

static void two_members_of_an_archive_make_a_set(void **state)
{
    (void)state;
    assert_set(gd_dataset_archive(g, in_folder("set.npz"), "x_train", "t_train"));
    assert_set(gd_dataset_archive(g, in_folder("set.safetensors"), "x_train", "t_train"));
    gd_dataset *both = gd_dataset_archive(g, in_folder("set.npz"), "x_train", "x_train");
    assert_same_tensor(gd_dataset_x(both), gd_dataset_t(both));
    assert_fine(g);
}

static void what_else_the_archive_holds_is_given_back(void **state)
{
    (void)state;
    gd_dataset_archive(g, in_folder("set.npz"), "x_train", "t_train");
    assert_fine(g);
    assert_true(gd_memory_used(g).in_use < 40000);
}

static void files_must_go_together(void **state)
{
    (void)state;
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_dataset_npy(g, in_folder("missing.npy"), in_folder("t.npy"))));
    assert_error(g, GD_ERROR_FILE, "missing.npy' can't be opened");
    assert_true(gd__is_error(gd_dataset_npy(g, in_folder("x.npy"), in_folder("missing.npy"))));
    assert_error(g, GD_ERROR_FILE, "missing.npy");
    assert_true(gd__is_error(gd_dataset_npy(g, in_folder("x.npy"), NULL)));
    assert_error(g, GD_ERROR_NULL, "the path is NULL");
    assert_true(gd__is_error(gd_dataset_archive(g, in_folder("set.npz"), "x", "t_train")));
    assert_error(g, GD_ERROR_VALUE, "there is no tensor 'x'; there are: x_train, t_train, large");
    assert_true(gd__is_error(gd_dataset_archive(g, in_folder("set.npz"), "x_train", NULL)));
    assert_error(g, GD_ERROR_NULL, "the name is NULL");
    assert_true(gd__is_error(gd_dataset_archive(g, in_folder("set.npz"), "x_train", "large")));
    assert_error(g, GD_ERROR_SHAPE, "gd_dataset_archive: the inputs are uint8 (3, 2), the targets float64 (40000,)");
    assert_true(gd__is_error(gd_dataset_archive(g, in_folder("x.npy"), "x", "t")));
    assert_error(g, GD_ERROR_FORMAT, "Read it with gd_npy_read");
    assert_true(gd__is_error(gd_dataset_archive(NULL, "a", "x", "t")));
    assert_true(gd__is_error(gd_dataset_npy(NULL, "a", "b")));
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

static bool read_all(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_dataset_npy(own, in_folder("x.npy"), in_folder("t.npy")));
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, read_all) > 3);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(two_npy_files_make_a_set),
        IN_CONTEXT(two_members_of_an_archive_make_a_set),
        IN_CONTEXT(what_else_the_archive_holds_is_given_back),
        IN_CONTEXT(files_must_go_together),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, write_all, remove_folder);
}
