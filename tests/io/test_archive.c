/* test_archive.c - tensors with names: adding, finding, notes, and both formats there and back. */
#include "support.h"

#include "gradus/io.h"

static const char *const formats[] = { "x.npz", "x.safetensors" };

/* One tensor of each dtype, and odd shapes. */
static gd_archive *make_archive(gd_context *own)
{
    gd_archive *a = gd_archive_new(own);
    gd_archive_add(a, "layer.0.weight", gd_values(own, gd_shape(2, 3), 1, -2, 3.5, 0, 1e-40, 6));
    gd_archive_add(a, "b", gd_values_as(own, GD_FLOAT64, gd_shape(2), 0.1, -1e300));
    gd_archive_add(a, "labels", gd_values_as(own, GD_INT64, gd_shape(3), 1, -9007199254740991, 3));
    gd_archive_add(a, "pixels", gd_values_as(own, GD_UINT8, gd_shape(1, 2, 1), 0, 255));
    gd_archive_add(a, "mask", gd_values_as(own, GD_BOOL, gd_shape(3), 1, 0, 1));
    gd_archive_add(a, "step", gd_scalar(own, GD_INT64, 7));
    gd_archive_add(a, "none", gd_zeros(own, GD_FLOAT32, gd_shape(0, 4)));
    gd_archive_add(a, "\xc3\xa9t\xc3\xa9 \"quoted\" \\ /",
                   transposed(gd_values(own, gd_shape(2, 3), 1, 2, 3, 4, 5, 6)));
    return a;
}

static void round_trips(void **state)
{
    (void)state;
    gd_archive *a = make_archive(g);
    for (int i = 0; i < 2; i++) {
        assert_true(gd_archive_write(a, in_folder(formats[i])));
        gd_archive *b = gd_archive_read(g, in_folder(formats[i]));
        assert_fine(g);
        assert_int_equal(gd_archive_count(b), gd_archive_count(a));
        for (int k = 0; k < gd_archive_count(a); k++) {
            const char *name = gd_archive_name(a, k);
            assert_same_tensor(gd_archive_get(b, name), gd_archive_tensor(a, k));
            assert_string_equal(gd_name_of(gd_archive_get(b, name)), name);
        }
    }
    assert_fine(g);
}

static void same_content_same_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        const char *first = in_folder(formats[i]), *second = in_folder(i ? "y.safetensors" : "y.npz");
        assert_true(gd_archive_write(make_archive(g), first));
        assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
        assert_true(gd_archive_write(make_archive(g), second));
        assert_int_equal(unsetenv("TZ"), 0);
        assert_same_files(first, second);
    }
}

static void empty_archives_round_trip(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_true(gd_archive_write(gd_archive_new(g), in_folder(formats[i])));
        assert_int_equal(gd_archive_count(gd_archive_read(g, in_folder(formats[i]))), 0);
        assert_same_files(in_folder(formats[i]), i ? REF "none.safetensors" : REF "none.npz");
    }
    assert_fine(g);
}

/* ---- what is shared, and how long it lives ---- */

static void added_tensors_are_shared(void **state)
{
    gd_tensor *t = gd_values(g, gd_shape(2), 1, 2);
    const float later[] = { 3, 4 };
    (void)state;
    gd_archive *a = gd_archive_new(g);
    gd_archive_add(a, "t", t);
    gd_write(t, GD_FLOAT32, later, 2);
    assert_steps(gd_archive_get(a, "t"), 3, 1);
}

static void added_tensors_outlive_their_scope(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_new(g);
    {
        GD_SCOPE(g);
        assert_true(gd_archive_add(a, "t", gd_values(g, gd_shape(3), 1, 2, 3)));
    }
    assert_steps(gd_archive_get(a, "t"), 1, 1);
    assert_true(gd_archive_write(a, in_folder("outlived.npz")));
}

static void archives_give_back_their_memory(void **state)
{
    (void)state;
    gd_archive *made = make_archive(g);
    assert_true(gd_archive_write(made, in_folder("memory.npz")));
    size_t in_use = gd_memory_used(g).in_use;
    {
        GD_SCOPE(g);
        gd_archive_set_note(gd_archive_new(g), "key", "value");
        gd_archive_read(g, in_folder("memory.npz"));
        assert_true(gd_memory_used(g).in_use > in_use);
    }
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

static void tensors_can_be_kept(void **state)
{
    gd_tensor *kept;
    (void)state;
    assert_true(gd_archive_write(make_archive(g), in_folder("kept.npz")));
    {
        GD_SCOPE(g);
        kept = gd_keep(gd_archive_get(gd_archive_read(g, in_folder("kept.npz")), "layer.0.weight"));
    }
    assert_true(gd_is_tensor(kept));
    assert_shape(kept, gd_shape(2, 3));
    assert_fine(g);
}

/* ---- names ---- */

static void thousands_of_names_are_found(void **state)
{
    enum { MANY = 3000 };
    char name[32];
    gd_archive *a = gd_archive_new(g);
    gd_tensor *t = gd_arange(g, GD_DEFAULT, 1);
    (void)state;
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "tensor %d", i);
        assert_true(gd_archive_add(a, name, t));
    }
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "tensor %d", i);
        assert_true(gd_archive_has(a, name));
        assert_string_equal(gd_archive_name(a, i), name);
        assert_ptr_equal(gd_archive_get(a, name), gd_archive_tensor(a, i));
    }
    assert_false(gd_archive_has(a, "tensor 3000"));
    assert_fine(g);
}

static void unknown_names_list_the_known(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_new(g);
    assert_true(gd__is_error(gd_archive_get(a, "W1")));
    assert_error(g, GD_ERROR_VALUE, "there is no tensor 'W1'; there are: none");
    gd_archive_add(a, "W2", gd_scalar(g, GD_FLOAT32, 0));
    gd_archive_add(a, "b2", gd_scalar(g, GD_FLOAT32, 0));
    assert_true(gd__is_error(gd_archive_get(a, "W1")));
    assert_error(g, GD_ERROR_VALUE, "there are: W2, b2");
    for (char name[] = "the number a"; name[11] <= 'z'; name[11]++)
        gd_archive_add(a, name, gd_scalar(g, GD_FLOAT32, 0));
    assert_true(gd__is_error(gd_archive_get(a, "W1")));
    assert_error(g, GD_ERROR_VALUE, "W2, b2, the number a, the number b");
    gd_archive_get(a, "W1");
    assert_error(g, GD_ERROR_VALUE, " more");
}

static void names_are_unique_utf8(void **state)
{
    static const char *const wrong[] = { "\xff",
                                         "\xc0\xaf",
                                         "\xe0\x9f\xbf",
                                         "\xed\xa0\x80",
                                         "\xf0\x8f\xbf\xbf",
                                         "\xf4\x90\x80\x80",
                                         "\xf8\x88\x80\x80\x80",
                                         "\xe2\x82",
                                         "\x80" };
    static const char *const right[] = {
        "",     "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf",
        "plain"
    };
    gd_archive *a = gd_archive_new(g);
    gd_tensor *t = gd_scalar(g, GD_FLOAT32, 0);
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(gd_archive_add(a, wrong[i], t));
        assert_error(g, GD_ERROR_VALUE, "the name is not UTF-8 text");
    }
    for (size_t i = 0; i < sizeof right / sizeof *right; i++)
        assert_true(gd_archive_add(a, right[i], t));
    assert_false(gd_archive_add(a, "plain", t));
    assert_error(g, GD_ERROR_VALUE, "there is a tensor 'plain' already");
}

static void indices_are_checked(void **state)
{
    (void)state;
    gd_archive *a = make_archive(g);
    assert_true(gd__is_error(gd_archive_tensor(a, 8)));
    assert_error(g, GD_ERROR_INDEX, "tensor 8 of an archive that has 8");
    assert_true(gd__is_error(gd_archive_tensor(a, -1)));
    assert_error(g, GD_ERROR_INDEX, "tensor -1");
    assert_string_equal(gd_archive_name(a, 8), "");
    assert_error(g, GD_ERROR_INDEX, "gd_archive_name");
    assert_string_equal(gd_archive_note_key(a, 0), "");
    assert_error(g, GD_ERROR_INDEX, "note 0 of an archive that has 0");
}

/* ---- notes ---- */

static void notes_are_set_changed_and_written(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_new(g);
    assert_string_equal(gd_archive_note(a, "epoch"), "");
    assert_true(gd_archive_set_note(a, "epoch", "1"));
    assert_true(gd_archive_set_note(a, "by", "gradus \xc3\xa9\n\"x\""));
    assert_true(gd_archive_set_note(a, "epoch", "17"));
    assert_int_equal(gd_archive_note_count(a), 2);
    assert_string_equal(gd_archive_note_key(a, 1), "by");
    assert_true(gd_archive_write(a, in_folder("notes.safetensors")));
    gd_archive *b = gd_archive_read(g, in_folder("notes.safetensors"));
    assert_string_equal(gd_archive_note(b, "epoch"), "17");
    assert_string_equal(gd_archive_note(b, "by"), "gradus \xc3\xa9\n\"x\"");
    assert_int_equal(gd_archive_note_count(b), 2);
    assert_int_equal(gd_archive_count(b), 0);
    assert_fine(g);
}

static void npz_refuses_notes(void **state)
{
    (void)state;
    gd_archive *a = make_archive(g);
    gd_archive_set_note(a, "epoch", "1");
    assert_false(gd_archive_write(a, in_folder("noted.npz")));
    assert_error(g, GD_ERROR_VALUE, ".npz has no place for the notes that the archive has (1)");
    assert_int_not_equal(access(in_folder("noted.npz"), F_OK), 0);
}

static void safetensors_keeps_its_own_name(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_new(g);
    gd_archive_add(a, "__metadata__", gd_scalar(g, GD_FLOAT32, 0));
    assert_false(gd_archive_write(a, in_folder("own.safetensors")));
    assert_error(g, GD_ERROR_VALUE, "a tensor is named __metadata__");
    assert_true(gd_archive_write(a, in_folder("own.npz")));
}

/* ---- what can't be ---- */

static void only_two_formats_are_written(void **state)
{
    static const char *const paths[] = { "x.pt", "x.npy", "npz", "x.NPZ", "x.npz.", ".npz", "" };
    (void)state;
    gd_archive *a = make_archive(g);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_false(gd_archive_write(a, paths[i]));
        assert_error(g, GD_ERROR_VALUE, "Let the path end in .npz or .safetensors");
    }
    assert_false(gd_archive_write(a, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_archive_write: the path is NULL");
}

static void the_content_decides_what_is_read(void **state)
{
    (void)state;
    assert_true(gd_archive_write(make_archive(g), in_folder("a.npz")));
    assert_int_equal(rename(in_folder("a.npz"), in_folder("a.safetensors")), 0);
    assert_int_equal(gd_archive_count(gd_archive_read(g, in_folder("a.safetensors"))), 8);
    assert_true(gd__is_error(gd_archive_read(g, REF "matrix.npy")));
    assert_error(g, GD_ERROR_FORMAT, "Read it with gd_npy_read");
    put_bytes(in_folder("a.safetensors"), "RIFF and so on", 14);
    assert_true(gd__is_error(gd_archive_read(g, in_folder("a.safetensors"))));
    assert_error(g, GD_ERROR_FORMAT, "its 14 bytes begin with 52 49 46 46. Known are .npz and .safetensors");
    put_bytes(in_folder("a.safetensors"), "", 0);
    assert_true(gd__is_error(gd_archive_read(g, in_folder("a.safetensors"))));
    assert_error(g, GD_ERROR_FORMAT, "its 0 bytes");
    assert_true(gd__is_error(gd_archive_read(g, in_folder("missing"))));
    assert_error(g, GD_ERROR_FILE, "gd_archive_read: ");
    assert_true(gd__is_error(gd_archive_read(g, folder)));
    assert_error(g, GD_ERROR_FILE, "is a folder");
}

static void null_and_error_objects_are_refused(void **state)
{
    gd_tensor *t = gd_scalar(g, GD_FLOAT32, 0);
    gd_archive *error = gd_archive_read(g, NULL), *a = gd_archive_new(g);
    (void)state;
    assert_true(gd__is_error(error));
    assert_false(gd_archive_add(error, "t", t));
    assert_int_equal(gd_archive_count(error), -1);
    assert_true(gd__is_error(gd_archive_get(error, "t")));
    assert_false(gd_archive_write(error, in_folder("x.npz")));
    assert_error(g, GD_ERROR_NULL, "gd_archive_read: the path is NULL");
    assert_true(gd__is_error(gd_archive_new(NULL)));
    assert_true(gd__is_error(gd_archive_read(NULL, "x.npz")));
    assert_false(gd_archive_add(NULL, "t", t));
    assert_int_equal(gd_archive_count(NULL), -1);
    assert_int_equal(gd_archive_note_count(NULL), -1);
    assert_true(gd__is_error(gd_archive_tensor(NULL, 0)));
    assert_string_equal(gd_archive_name(NULL, 0), "");
    assert_string_equal(gd_archive_note(NULL, "x"), "");
    assert_false(gd_archive_has(NULL, "x"));
    assert_fine(g);
    assert_false(gd_archive_add(a, NULL, t));
    assert_error(g, GD_ERROR_NULL, "the name is NULL");
    assert_false(gd_archive_add(a, "t", NULL));
    assert_error(g, GD_ERROR_NULL, "the tensor is NULL");
    assert_true(gd__is_error(gd_archive_get(a, NULL)));
    assert_error(g, GD_ERROR_NULL, "the name is NULL");
    assert_false(gd_archive_has(a, NULL));
    assert_error(g, GD_ERROR_NULL, "the name is NULL");
    assert_false(gd_archive_set_note(a, "key", NULL));
    assert_error(g, GD_ERROR_NULL, "the value is NULL");
    assert_string_equal(gd_archive_note(a, NULL), "");
    assert_error(g, GD_ERROR_NULL, "the key is NULL");
}

static void tensors_of_other_contexts_are_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    assert_false(gd_archive_add(gd_archive_new(g), "t", gd_scalar(other, GD_FLOAT32, 0)));
    gd_close(other);
    assert_error(g, GD_ERROR_CONTEXT, "the tensor belongs to another context");
}

static void nothing_changes_while_an_error_stands(void **state)
{
    gd_tensor *t = gd_scalar(g, GD_FLOAT32, 0);
    gd_archive *a = gd_archive_new(g);
    (void)state;
    gd_archive_read(g, NULL);
    assert_false(gd_archive_add(a, "t", t));
    assert_false(gd_archive_set_note(a, "key", "value"));
    assert_false(gd_archive_write(a, in_folder("stopped.npz")));
    gd_clear(g);
    assert_int_equal(gd_archive_count(a), 0);
    assert_int_equal(gd_archive_note_count(a), 0);
    assert_int_not_equal(access(in_folder("stopped.npz"), F_OK), 0);
}

/* ---- scarce memory ---- */

static void *full_archive(gd_context *own)
{
    return make_archive(own);
}

static void *noted_archive(gd_context *own)
{
    gd_archive *a = make_archive(own);
    gd_archive_set_note(a, "key", "value");
    return a;
}

static bool fill(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_archive *a = make_archive(own);
    return gd_archive_set_note(a, "key", "value") && gd_archive_set_note(a, "key", "other");
}

static bool write_npz(gd_context *own, void *prepared)
{
    (void)own;
    return gd_archive_write(prepared, in_folder("scarce.npz"));
}

static bool write_safetensors(gd_context *own, void *prepared)
{
    (void)own;
    return gd_archive_write(prepared, in_folder("scarce.safetensors"));
}

static bool read_npz(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_archive_read(own, in_folder("scarce.npz")));
}

static bool read_safetensors(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_archive_read(own, in_folder("scarce.safetensors")));
}

static void survives_scarce_memory(void **state)
{
    int files = files_in_folder();
    (void)state;
    assert_true(until_memory_suffices(NULL, fill) > 30);
    put_bytes(in_folder("scarce.npz"), "before", 6);
    put_bytes(in_folder("scarce.safetensors"), "before", 6);
    assert_true(until_memory_suffices(full_archive, write_npz) > 3);
    assert_true(until_memory_suffices(noted_archive, write_safetensors) > 1);
    assert_int_equal(files_in_folder(), files + 2);
    assert_true(until_memory_suffices(NULL, read_npz) > 28);
    assert_true(until_memory_suffices(NULL, read_safetensors) > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(round_trips, open_context, close_context),
        cmocka_unit_test_setup_teardown(same_content_same_bytes, open_context, close_context),
        cmocka_unit_test_setup_teardown(empty_archives_round_trip, open_context, close_context),
        cmocka_unit_test_setup_teardown(added_tensors_are_shared, open_context, close_context),
        cmocka_unit_test_setup_teardown(added_tensors_outlive_their_scope, open_context, close_context),
        cmocka_unit_test_setup_teardown(archives_give_back_their_memory, open_context, close_context),
        cmocka_unit_test_setup_teardown(tensors_can_be_kept, open_context, close_context),
        cmocka_unit_test_setup_teardown(thousands_of_names_are_found, open_context, close_context),
        cmocka_unit_test_setup_teardown(unknown_names_list_the_known, open_context, close_context),
        cmocka_unit_test_setup_teardown(names_are_unique_utf8, open_context, close_context),
        cmocka_unit_test_setup_teardown(indices_are_checked, open_context, close_context),
        cmocka_unit_test_setup_teardown(notes_are_set_changed_and_written, open_context, close_context),
        cmocka_unit_test_setup_teardown(npz_refuses_notes, open_context, close_context),
        cmocka_unit_test_setup_teardown(safetensors_keeps_its_own_name, open_context, close_context),
        cmocka_unit_test_setup_teardown(only_two_formats_are_written, open_context, close_context),
        cmocka_unit_test_setup_teardown(the_content_decides_what_is_read, open_context, close_context),
        cmocka_unit_test_setup_teardown(null_and_error_objects_are_refused, open_context, close_context),
        cmocka_unit_test_setup_teardown(tensors_of_other_contexts_are_refused, open_context, close_context),
        cmocka_unit_test_setup_teardown(nothing_changes_while_an_error_stands, open_context, close_context),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
