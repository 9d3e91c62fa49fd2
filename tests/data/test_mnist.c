/* test_mnist.c - the genuine files of MNIST, Fashion-MNIST where it is installed, and folders that lack some. */
#include "../io/support.h"

#include "gradus/data.h"

#define MNIST GD_SOURCE_DIR "/data/mnist"
#define FASHION "/usr/share/datasets/fashion-mnist" /* Debian's package dataset-fashion-mnist */

/* The sum of all bytes, and their sum with each weighted by its place modulo 65521. */
static void sums(gd_tensor *t, int64_t *plain, int64_t *weighted)
{
    const uint8_t *bytes = gd_data(t);
    *plain = *weighted = 0;
    for (int64_t i = 0; i < t->numel; i++) {
        *plain += bytes[i];
        *weighted += bytes[i] * (i % 65521);
    }
}

typedef struct facts {
    int64_t count, pixels, weighted_pixels, labels[10];
    uint8_t first[10];
} facts;

/* Counted with NumPy over the unpacked files, whose SHA-256 are in data/mnist/README.md. */
static const facts of_train = { 60000,
                                1567298545,
                                51355837786562,
                                { 5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949 },
                                { 5, 0, 4, 1, 9, 2, 1, 3, 1, 4 } };
static const facts of_test = { 10000,
                               264923200,
                               8671846691775,
                               { 980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009 },
                               { 7, 2, 1, 0, 4, 1, 4, 9, 5, 9 } };

static void assert_facts(gd_dataset *ds, const facts *expected)
{
    int64_t plain, weighted, labels[10] = { 0 };
    assert_fine(g);
    assert_int_equal(gd_dataset_count(ds), expected->count);
    assert_shape(gd_dataset_x(ds), gd_shape(expected->count, 28, 28));
    sums(gd_dataset_x(ds), &plain, &weighted);
    assert_int_equal(plain, expected->pixels);
    assert_int_equal(weighted, expected->weighted_pixels);
    const uint8_t *t = gd_data(gd_dataset_t(ds));
    for (int64_t i = 0; i < expected->count; i++)
        labels[t[i] % 10] += t[i] < 10;
    assert_memory_equal(labels, expected->labels, sizeof labels);
    assert_memory_equal(t, expected->first, sizeof expected->first);
}

static void the_files_are_the_genuine_ones(void **state)
{
    (void)state;
    assert_facts(gd_mnist(g, MNIST, true), &of_train);
    assert_facts(gd_mnist(g, MNIST, false), &of_test);
}

static void batches_are_flat_rows_divided_by_255(void **state)
{
    (void)state;
    gd_dataset *ds = gd_mnist(g, MNIST, false);
    gd_batch batch = gd_dataset_slice(ds, 0, 3);
    assert_shape(batch.x, gd_shape(3, 784));
    assert_int_equal(batch.x->dtype, GD_FLOAT32);
    assert_int_equal(batch.t->dtype, GD_INT64);
    assert_same_tensor(batch.t, gd_values_as(g, GD_INT64, gd_shape(3), 7, 2, 1));
    const uint8_t *pixels = gd_data(gd_dataset_x(ds));
    const float *values = gd_data(batch.x);
    for (int i = 0; i < 3 * 784; i++)
        assert_true(values[i] == (float)pixels[i] / 255.0f);
    assert_fine(g);
}

/* Whatever the number of threads that read them. */
static void both_sets_are_read_at_once(void **state)
{
    static const int threads[] = { 1, 2, 8 };
    (void)state;
    for (int i = 0; i < 3; i++) {
        g = gd_open_with(&(gd_config){ .threads = threads[i] });
        gd_parts parts = gd_mnist_parts(g, MNIST);
        assert_facts(parts.train, &of_train);
        assert_facts(parts.test, &of_test);
        assert_shape(gd_dataset_slice(parts.train, 0, 2).x, gd_shape(2, 784));
        assert_fine(g);
        gd_close(g);
    }
}

static void images_stay_bytes(void **state)
{
    (void)state;
    gd_mnist(g, MNIST, false);
    assert_true(gd_memory_used(g).in_use < 12 << 20);
}

static void fashion_is_read_too(void **state)
{
    int64_t plain, weighted;
    (void)state;
    if (access(FASHION, F_OK) != 0) {
        print_message("SKIP the package dataset-fashion-mnist is not installed\n");
        skip();
    }
    gd_dataset *ds = gd_mnist(g, FASHION, false);
    assert_fine(g);
    assert_int_equal(gd_dataset_count(ds), 10000);
    sums(gd_dataset_x(ds), &plain, &weighted);
    assert_int_equal(plain, 573469082);
    assert_steps(gd_dataset_slice(ds, 0, 1).t, 9, 0);
    assert_int_equal(gd_dataset_count(gd_mnist(g, FASHION, true)), 60000);
}

/* ---- names ---- */

/* One image of 1 x 2, or one label. */
static const char image[] = "\0\0\x08\x03\0\0\0\1\0\0\0\1\0\0\0\2\x33\xff", label[] = "\0\0\x08\1\0\0\0\1\7";

static void other_names_are_found(void **state)
{
    static const char *const names[][2] = {
        { "train-images-idx3-ubyte", "train-labels-idx1-ubyte" },
        { "train-images.idx3-ubyte", "train-labels.idx1-ubyte" },
        { "train-images.idx3-ubyte.gz",
          "train-labels-idx1-ubyte" }, /* not compressed in truth: the content decides */
    };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put_bytes(in_folder(names[i][0]), image, sizeof image - 1);
        put_bytes(in_folder(names[i][1]), label, sizeof label - 1);
        gd_batch batch = gd_dataset_slice(gd_mnist(g, folder, true), 0, 1);
        assert_fine(g);
        assert_same_tensor(batch.x, gd_values(g, gd_shape(1, 2), 0.2, 1));
        assert_steps(batch.t, 7, 0);
        remove(in_folder(names[i][0]));
        remove(in_folder(names[i][1]));
    }
}

static void missing_files_are_named(void **state)
{
    (void)state;
    assert_true(gd__is_error(gd_mnist(g, folder, true)));
    assert_error(g, GD_ERROR_FILE,
                 "has none of the files train-images-idx3-ubyte, train-images.idx3-ubyte, each also with .gz");
    put_bytes(in_folder("t10k-images-idx3-ubyte"), image, sizeof image - 1);
    assert_true(gd__is_error(gd_mnist(g, folder, false)));
    assert_error(g, GD_ERROR_FILE, "none of the files t10k-labels-idx1-ubyte, t10k-labels.idx1-ubyte");
    assert_true(gd__is_error(gd_mnist(g, in_folder("missing"), false)));
    assert_error(g, GD_ERROR_FILE, "t10k-images-idx3-ubyte");
    assert_true(gd__is_error(gd_mnist(g, NULL, true)));
    assert_error(g, GD_ERROR_NULL, "the folder is NULL");
    assert_true(gd__is_error(gd_mnist(NULL, MNIST, true)));
}

static void pairs_of_idx_files_are_read(void **state)
{
    (void)state;
    put_bytes(in_folder("x"), image, sizeof image - 1);
    put_bytes(in_folder("t"), label, sizeof label - 1);
    gd_dataset *ds = gd_dataset_idx(g, in_folder("x"), in_folder("t"));
    assert_shape(gd_dataset_x(ds), gd_shape(1, 1, 2));
    assert_shape(gd_dataset_slice(ds, 0, 1).x, gd_shape(1, 1, 2));
    assert_fine(g);
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_dataset_idx(g, in_folder("x"), in_folder("missing"))));
    assert_error(g, GD_ERROR_FILE, "missing");
    assert_true(gd__is_error(gd_dataset_idx(g, in_folder("missing"), in_folder("t"))));
    assert_error(g, GD_ERROR_FILE, "missing");
    assert_int_equal(gd_memory_used(g).in_use, in_use);
    assert_true(gd__is_error(gd_dataset_idx(NULL, "x", "t")));
}

static void files_of_other_lengths_are_no_pair(void **state)
{
    (void)state;
    put_bytes(in_folder("x"), image, sizeof image - 1);
    put_bytes(in_folder("t"), "\0\0\x08\1\0\0\0\2\7\7", 10);
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_dataset_idx(g, in_folder("x"), in_folder("t"))));
    assert_error(g, GD_ERROR_SHAPE, "gd_dataset_idx: the inputs are uint8 (1, 1, 2), the targets uint8 (2,)");
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

/* ---- both sets ---- */

static void put_all(void)
{
    static const char *const sets[] = { "train", "t10k" };
    char name[40];
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s-images-idx3-ubyte", sets[i]);
        put_bytes(in_folder(name), image, sizeof image - 1);
        snprintf(name, sizeof name, "%s-labels-idx1-ubyte", sets[i]);
        put_bytes(in_folder(name), label, sizeof label - 1);
    }
}

/* One bad file of four: it is named, and nothing is left of the others. */
static void assert_refused(gd_status status, const char *text)
{
    size_t in_use = gd_memory_used(g).in_use;
    gd_parts parts = gd_mnist_parts(g, folder);
    assert_true(gd__is_error(parts.train) && gd__is_error(parts.test));
    assert_error(g, status, text);
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

static void any_bad_file_is_named(void **state)
{
    static const char *const names[] = { "train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                         "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte" };
    (void)state;
    for (int i = 0; i < 4; i++) {
        const char *good = i % 2 ? label : image;
        size_t size = i % 2 ? sizeof label - 1 : sizeof image - 1;
        put_all();
        put_bytes(in_folder(names[i]), good, size - 1);
        assert_refused(GD_ERROR_FORMAT, names[i]);
        put_bytes(in_folder(names[i]), "\1", 1);
        assert_refused(GD_ERROR_FORMAT, names[i]);
        put_bytes(in_folder(names[i]), i % 2 ? "\0\0\x08\1\0\0\0\2\7\7" : "\0\0\x08\3\0\0\0\0\0\0\0\1\0\0\0\2",
                  i % 2 ? 10 : 16);
        assert_refused(GD_ERROR_SHAPE, "gd_mnist_parts: the inputs are uint8");
        remove(in_folder(names[i]));
        assert_refused(GD_ERROR_FILE, "has none of the files");
    }
    assert_true(gd__is_error(gd_mnist_parts(g, NULL).test));
    assert_error(g, GD_ERROR_NULL, "gd_mnist_parts: the folder is NULL");
    assert_true(gd__is_error(gd_mnist_parts(NULL, folder).train));
}

/* Of several faults the first file's is told, as if they were read in turn. */
static void the_first_fault_is_told(void **state)
{
    (void)state;
    put_all();
    put_bytes(in_folder("train-labels-idx1-ubyte"), "\0\0\x08\1\0\0\0\1\7\7", 10);
    put_bytes(in_folder("t10k-images-idx3-ubyte"), image, sizeof image);
    assert_refused(GD_ERROR_FORMAT, "train-labels-idx1-ubyte': bytes follow");
}

static bool read_all(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_mnist_parts(own, folder).test);
}

static void both_survive_scarce_memory(void **state)
{
    (void)state;
    put_all();
    assert_true(until_memory_suffices(NULL, read_all) > 6);
}

static bool read_small(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_dataset_slice(gd_mnist(own, folder, true), 0, 1).x);
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    put_bytes(in_folder("train-images-idx3-ubyte"), image, sizeof image - 1);
    put_bytes(in_folder("train-labels-idx1-ubyte"), label, sizeof label - 1);
    assert_true(until_memory_suffices(NULL, read_small) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_files_are_the_genuine_ones, open_context, close_context),
        cmocka_unit_test_setup_teardown(batches_are_flat_rows_divided_by_255, open_context, close_context),
        cmocka_unit_test(both_sets_are_read_at_once),
        cmocka_unit_test_setup_teardown(images_stay_bytes, open_context, close_context),
        cmocka_unit_test_setup_teardown(fashion_is_read_too, open_context, close_context),
        cmocka_unit_test_setup_teardown(other_names_are_found, open_context, close_context),
        cmocka_unit_test_setup_teardown(missing_files_are_named, open_context, close_context),
        cmocka_unit_test_setup_teardown(pairs_of_idx_files_are_read, open_context, close_context),
        cmocka_unit_test_setup_teardown(files_of_other_lengths_are_no_pair, open_context, close_context),
        cmocka_unit_test(survives_scarce_memory),
        cmocka_unit_test_setup_teardown(any_bad_file_is_named, open_context, close_context),
        cmocka_unit_test_setup_teardown(the_first_fault_is_told, open_context, close_context),
        cmocka_unit_test(both_survive_scarce_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
