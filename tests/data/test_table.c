/* test_table.c - data sets of tables: inputs, class labels, numbers as targets, names, and what is refused. */
#include "../io/support.h"

#include "gradus/gradus.h"

#define FLOWERS GD_SOURCE_DIR "/data/flowers/flowers.csv"

static const char *put_text(const char *text)
{
    const char *path = in_folder("table.csv");
    put_bytes(path, text, strlen(text));
    return path;
}

static void assert_labels(gd_dataset *ds, int64_t count, const int64_t *expected)
{
    int64_t label[16];
    assert_fine(g);
    gd_tensor *t = gd_dataset_t(ds);
    assert_int_equal(t->dtype, GD_INT64);
    assert_shape(t, gd_shape(count));
    assert_true(gd_read(t, GD_INT64, label, (size_t)count));
    for (int64_t i = 0; i < count; i++)
        assert_int_equal(label[i], expected[i]);
}

/* Names up to a NULL; both may be NULL. */
static void assert_names(const char *const *names, const char *const *expected)
{
    if (!expected) {
        assert_null(names);
        return;
    }
    assert_non_null(names);
    for (; *expected; expected++, names++) {
        assert_non_null(*names);
        assert_string_equal(*names, *expected);
    }
    assert_null(*names);
}

#define LABELS(...)                                                                                                  \
    (sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), (const int64_t[])                                        \
    {                                                                                                                \
        __VA_ARGS__                                                                                                  \
    }
#define NAMES(...)                                                                                                   \
    (const char *const[])                                                                                            \
    {                                                                                                                \
        __VA_ARGS__, NULL                                                                                            \
    }

/* ---- inputs and targets ---- */

static void the_last_column_is_the_target(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_csv(g, put_text("a,b,t\n1,2,0\n3,4,1\n5,6,2\n"));
    assert_labels(ds, LABELS(0, 1, 2));
    assert_same_tensor(gd_dataset_x(ds), gd_values(g, gd_shape(3, 2), 1, 2, 3, 4, 5, 6));
    assert_names(gd_dataset_feature_names(ds), NAMES("a", "b"));
    assert_names(gd_dataset_class_names(ds), NULL);
    assert_int_equal(gd_dataset_features(ds), 2);
    assert_int_equal(gd_dataset_classes(ds), 3);
    ds = gd_dataset_csv(g, put_text("1,2,0\n3,4,1\n"));
    assert_labels(ds, LABELS(0, 1));
    assert_names(gd_dataset_feature_names(ds), NULL);
}

static void any_column_may_be_the_target(void **state)
{
    static const char text[] = "kind,a,id,b\n1,2,x,3\n0,4,y,5\n";
    (void)state;
    gd_dataset *ds = gd_dataset_csv(g, put_text(text), .target = "kind", .ignore = "id");
    assert_labels(ds, LABELS(1, 0));
    assert_same_tensor(gd_dataset_x(ds), gd_values(g, gd_shape(2, 2), 2, 3, 4, 5));
    ds = gd_dataset_csv(g, put_text(text), .target = "-4", .columns = "b,a,kind");
    assert_same_tensor(gd_dataset_x(ds), gd_values(g, gd_shape(2, 2), 3, 2, 5, 4));
    assert_names(gd_dataset_feature_names(ds), NAMES("b", "a"));
    ds = gd_dataset_csv(g, put_text(text), .target = "2", .ignore = "0");
    assert_labels(ds, LABELS(0, 1));
    assert_names(gd_dataset_class_names(ds), NAMES("x", "y"));
}

static void numbers_are_the_targets_of_regression(void **state)
{
    static const char text[] = "a,p,q\n1,0.5,7\n2,,8\n";
    (void)state;
    gd_dataset *ds = gd_dataset_csv(g, put_text("a,p\n1,0.5\n2,-3\n"), .as = GD_CSV_NUMBERS);
    assert_fine(g);
    assert_same_tensor(gd_dataset_t(ds), gd_values(g, gd_shape(2, 1), 0.5, -3));
    assert_names(gd_dataset_class_names(ds), NULL);
    ds = gd_dataset_csv(g, put_text(text), .as = GD_CSV_NUMBERS, .target = "q,p", .dtype = GD_FLOAT64,
                        .missing = true);
    assert_fine(g);
    assert_int_equal(gd_dataset_x(ds)->dtype, GD_FLOAT64);
    assert_shape(gd_dataset_t(ds), gd_shape(2, 2));
    assert_int_equal(gd_dataset_t(ds)->dtype, GD_FLOAT64);
    assert_true(gd_at(gd_dataset_t(ds), 0, 1) == 0.5 && gd_at(gd_dataset_t(ds), 1, 0) == 8);
    assert_true(gd_at(gd_dataset_t(ds), 1, 1) != gd_at(gd_dataset_t(ds), 1, 1));
}

/* ---- class labels ---- */

static void whole_numbers_are_labels_as_they_are(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_csv(g, put_text("1,3\n1,01\n1,\"7\"\n1,1.0\n1,3e0\n"));
    assert_labels(ds, LABELS(3, 1, 7, 1, 3));
    assert_int_equal(gd_dataset_classes(ds), 8);
    assert_names(gd_dataset_class_names(ds), NULL);
}

static void texts_become_sorted_classes(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_csv(g, put_text("1,tulip\n1,poppy\n1,\xc3\xa4ster\n1,Tulip\n1,poppy\n"));
    assert_labels(ds, LABELS(2, 1, 3, 0, 1)); /* by bytes, as Python sorts by code points */
    assert_names(gd_dataset_class_names(ds), NAMES("Tulip", "poppy", "tulip", "\xc3\xa4ster"));
    assert_int_equal(gd_dataset_classes(ds), 4);
    ds = gd_dataset_csv(g, put_text("1,10\n1,9\n1,b\n1,10\n")); /* one is no number: all are texts */
    assert_labels(ds, LABELS(0, 1, 2, 0));
    ds = gd_dataset_csv(g, put_text("1,\"a, b\"\n1,\"say \"\"x\"\"\"\n1,\"NA\"\n"));
    assert_names(gd_dataset_class_names(ds), NAMES("NA", "a, b", "say \"x\""));
}

static void numbers_are_sorted_by_value(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_csv(g, put_text("1,10\n1,-1\n1,9.5\n1,10\n"), .as = GD_CSV_SORTED);
    assert_labels(ds, LABELS(2, 0, 1, 2));
    assert_names(gd_dataset_class_names(ds), NAMES("-1", "9.5", "10"));
}

static void classes_can_be_numbered_as_they_come(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_csv(g, put_text("1,b\n1,c\n1,a\n1,b\n"), .as = GD_CSV_APPEARANCE);
    assert_labels(ds, LABELS(0, 1, 2, 0));
    assert_names(gd_dataset_class_names(ds), NAMES("b", "c", "a"));
    ds = gd_dataset_csv(g, put_text("1,7\n1,3\n1,7\n"), .as = GD_CSV_APPEARANCE);
    assert_labels(ds, LABELS(0, 1, 0));
    assert_names(gd_dataset_class_names(ds), NAMES("7", "3"));
}

/* A test set that lacks a class has the numbers of its training set all the same. */
static void classes_can_be_those_of_another_set(void **state)
{
    (void)state;
    gd_dataset *train = gd_dataset_csv(g, put_text("1,a\n1,b\n1,c\n"));
    gd_dataset *test = gd_dataset_csv(g, put_text("1,c\n1,a\n"), .classes = gd_dataset_class_names(train));
    assert_labels(test, LABELS(2, 0));
    assert_names(gd_dataset_class_names(test), NAMES("a", "b", "c"));
    assert_int_equal(gd_dataset_classes(test), 3);
    assert_labels(gd_dataset_csv(g, put_text("1,x\n1,y\n"), .classes = NAMES("y", "x")), LABELS(1, 0));
    assert_true(gd__is_error(gd_dataset_csv(g, put_text("1,a\n1,d\n"), .classes = NAMES("a", "b"))));
    assert_error(g, GD_ERROR_FORMAT, "line 2, column 1: 'd' is none of the classes a, b");
    assert_true(gd__is_error(gd_dataset_csv(g, put_text("1,a\n"), .classes = NAMES("a", "b", "a"))));
    assert_error(g, GD_ERROR_VALUE, ".classes has 'a' twice");
    assert_true(gd__is_error(gd_dataset_csv(g, put_text("1,a\n"), .classes = (const char *[]){ NULL })));
    assert_error(g, GD_ERROR_VALUE, ".classes names none");
}

static void many_classes_are_told_apart(void **state)
{
    enum { CLASSES = 5000 };
    static char text[CLASSES * 16];
    size_t at = 0;
    (void)state;
    for (int i = 0; i < CLASSES; i++)
        at += (size_t)sprintf(text + at, "%d,c%05d\n", i, (i * 7) % CLASSES);
    gd_dataset *ds = gd_dataset_csv(g, put_text(text));
    assert_fine(g);
    assert_int_equal(gd_dataset_classes(ds), CLASSES);
    const int64_t *label = gd_data(gd_dataset_t(ds));
    for (int i = 0; i < CLASSES; i++)
        assert_int_equal(label[i], (i * 7) % CLASSES);
}

/* ---- names ---- */

static void parts_keep_the_names(void **state)
{
    gd_parts part;
    (void)state;
    gd_scope inner = gd_scope_enter(g);
    gd_dataset *ds = gd_dataset_csv(g, put_text("f,t\n1,a\n2,b\n3,a\n4,b\n"));
    part = gd_dataset_split(ds, .stratify = true, .fraction = 0.5);
    assert_fine(g);
    gd__destroy((gd__object *)ds);
    assert_names(gd_dataset_class_names(part.test), NAMES("a", "b"));
    assert_names(gd_dataset_feature_names(part.train), NAMES("f"));
    assert_int_equal(gd_dataset_classes(gd_dataset_part(part.train, 0, 1)), 2);
    gd_scope_leave(&inner);
}

static void asking_is_checked(void **state)
{
    (void)state;
    assert_int_equal(gd_dataset_features(NULL), -1);
    assert_int_equal(gd_dataset_classes(NULL), -1);
    assert_null(gd_dataset_feature_names(NULL));
    assert_null(gd_dataset_class_names(NULL));
    gd_dataset *error = gd_dataset_csv(g, put_text("1\n"));
    assert_null(gd_dataset_class_names(error));
    assert_int_equal(gd_dataset_features(error), -1);
    assert_error(g, GD_ERROR_VALUE, "no column of");
}

static void the_flowers_are_read(void **state)
{
    (void)state;
    gd_dataset *ds = gd_dataset_csv(g, FLOWERS, .target = "kind");
    assert_fine(g);
    assert_int_equal(gd_dataset_count(ds), 150);
    assert_names(gd_dataset_class_names(ds), NAMES("daisy", "poppy", "tulip"));
    assert_names(gd_dataset_feature_names(ds), NAMES("stem_cm", "leaf_cm", "petal_cm", "petals"));
    assert_true(gd_item(gd_sum(gd_dataset_t(ds))) == 150); /* 50 of each */
}

/* ---- what is refused ---- */

static void assert_refused(gd_status status, const char *part, gd_csv_options options)
{
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_dataset_csv_with(options)));
    assert_error(g, status, part);
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

#define assert_malformed(text, part, ...)                                                                            \
    assert_refused(GD_ERROR_FORMAT, part, (gd_csv_options){ g, put_text(text), __VA_ARGS__ })

static void labels_are_checked(void **state)
{
    (void)state;
    assert_malformed("a,t\n1,0\n1,1.5\n", "line 3, column 1 ('t'): '1.5' is no class label", .na = NULL);
    assert_malformed("1,0\n1,-1\n", "'-1' is no class label: they are whole numbers from 0, or text. Set .as",
                     .na = NULL);
    assert_malformed("1,0\n1,1e20\n", "line 2, column 1: '1e20' is no class label", .na = NULL);
    assert_malformed("1,0\n1,inf\n", "'inf' is no class label", .na = NULL);
    assert_malformed("1,a\n1,\n", "line 2, column 1: '' stands where a class label is expected. Leave such rows out",
                     .missing = true);
    assert_malformed("1,a\n1,NA\n", "'NA' stands where a class label is expected", .na = NULL);
    assert_malformed("1,a\n1,\"\"\n", "'' stands where a class label", .na = NULL);
    assert_malformed("1,a\n1,?\n", "'?' stands where a class label", .na = "?");
    assert_malformed("1,a\n1,\xe4\n", "line 2, column 1", .na = NULL);
    assert_malformed("1,a\n1,\xe4\n", "is not UTF-8", .na = NULL);
    assert_malformed("1,a\nx,b\n", "line 2, column 0: 'x' is no number", .na = NULL);
    assert_malformed("p,q\n1,a,b\n", "line 2: the row has 3 fields, and the first row has 2", .na = NULL);
    assert_malformed("1,x\n", "'x' is no number", .as = GD_CSV_NUMBERS);
    assert_malformed("a,t\n", "it has no row behind", .na = NULL);
}

static void options_are_checked(void **state)
{
    (void)state;
    gd_csv_options o = { g, put_text("a,b,c\n1,2,3\n"), .target = "d" };
    assert_refused(GD_ERROR_VALUE, "gd_dataset_csv: ", o);
    assert_refused(GD_ERROR_VALUE, "has no column 'd' (.target); it has: a, b, c", o);
    o.target = "a,b";
    assert_refused(GD_ERROR_VALUE, "'a,b' names 2 columns, and class labels stand in one. Set .as = GD_CSV_NUMBERS",
                   o);
    o.as = GD_CSV_NUMBERS;
    o.classes = NAMES("x");
    assert_refused(GD_ERROR_VALUE, "targets that are numbers have no .classes", o);
    o.as = (gd_csv_target)9;
    assert_refused(GD_ERROR_VALUE, "targets can't be made as 9", o);
    o = (gd_csv_options){ g, put_text("a\n1\n"), .target = "a" };
    assert_refused(GD_ERROR_VALUE, "is left, of the 1 that it has", o);
    o.dtype = GD_BOOL;
    assert_refused(GD_ERROR_DTYPE, "a table is not read as bool", o);
    o = (gd_csv_options){ g, in_folder("missing"), .target = "a" };
    assert_refused(GD_ERROR_FILE, "can't be opened", o);
    assert_true(gd__is_error(gd_dataset_csv(NULL, "x")));
}

/* ---- hostile files and scarce memory ---- */

static bool read_table(gd_context *own, const char *path)
{
    return gd__alive(gd_dataset_csv(own, path, .missing = true));
}

static void write_sample(void)
{
    put_text("a,\"b\",kind\n1,-2.5,red\n7,,\"dark, blue\"\n0.1,2,red\n3,4,\"\"\"x\"\"\"\n");
}

static void survives_changed_bytes(void **state)
{
    (void)state;
    write_sample();
    survives_flips(read_table, in_folder("table.csv"), 5000);
}

static void survives_cut_files(void **state)
{
    size_t size;
    (void)state;
    write_sample();
    unsigned char *bytes = get_bytes(in_folder("table.csv"), &size);
    for (size_t length = 0; length <= size; length++) {
        put_bytes(in_folder("cut.csv"), bytes, length);
        try_reading(read_table, in_folder("cut.csv"));
    }
    free(bytes);
}

static bool read_sample(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_dataset *ds = gd_dataset_csv(own, in_folder("table.csv"), .missing = true);
    return gd__alive(ds) && gd__alive(gd_dataset_split(ds).test);
}

static bool read_numbers(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_dataset_csv(own, in_folder("numbers.csv"), .as = GD_CSV_NUMBERS));
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    write_sample();
    put_bytes(in_folder("numbers.csv"), "1,2\n3,4\n", 8);
    assert_true(until_memory_suffices(NULL, read_sample) > 20);
    assert_true(until_memory_suffices(NULL, read_numbers) > 5);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_last_column_is_the_target),
        IN_CONTEXT(any_column_may_be_the_target),
        IN_CONTEXT(numbers_are_the_targets_of_regression),
        IN_CONTEXT(whole_numbers_are_labels_as_they_are),
        IN_CONTEXT(texts_become_sorted_classes),
        IN_CONTEXT(numbers_are_sorted_by_value),
        IN_CONTEXT(classes_can_be_numbered_as_they_come),
        IN_CONTEXT(classes_can_be_those_of_another_set),
        IN_CONTEXT(many_classes_are_told_apart),
        IN_CONTEXT(parts_keep_the_names),
        IN_CONTEXT(asking_is_checked),
        IN_CONTEXT(the_flowers_are_read),
        IN_CONTEXT(labels_are_checked),
        IN_CONTEXT(options_are_checked),
        cmocka_unit_test(survives_changed_bytes),
        cmocka_unit_test(survives_cut_files),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
