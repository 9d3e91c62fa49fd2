/* test_npy.c - single arrays: NumPy's own files read, written byte for byte, refused where they are wrong. */
#include "support.h"

#include "gradus/io.h"
#include "io/number.h"

/* ---- what NumPy wrote ---- */

static void reads_numpy(void **state)
{
    (void)state;
    gd_tensor *matrix = gd_npy_read(g, REF "matrix.npy");
    assert_shape(matrix, gd_shape(2, 3));
    assert_int_equal(matrix->dtype, GD_FLOAT32);
    assert_steps(matrix, -1, 0.25);
    gd_tensor *vector = gd_npy_read(g, REF "vector.npy");
    assert_shape(vector, gd_shape(12));
    assert_int_equal(vector->dtype, GD_INT64);
    assert_steps(vector, -3, 1);
    assert_steps(gd_npy_read(g, REF "pixels.npy"), 5, 50);
    assert_shape(gd_npy_read(g, REF "empty.npy"), gd_shape(0, 3));
    gd_tensor *scalar = gd_npy_read(g, REF "scalar.npy");
    assert_shape(scalar, gd_shape());
    assert_true(gd_item(scalar) == 2.5);
    assert_fine(g);
}

static void reads_versions_2_and_3(void **state)
{
    (void)state;
    assert_steps(gd_npy_read(g, REF "version2.npy"), -1, 0.25);
    assert_steps(gd_npy_read(g, REF "version3.npy"), -1, 0.25);
    assert_fine(g);
}

static void writes_what_numpy_writes(void **state)
{
    static const char *const names[] = { "matrix", "vector", "pixels", "flags", "scalar", "empty" };
    char path[PATH_ROOM];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, REF "%s.npy", names[i]);
        gd_tensor *t = gd_npy_read(g, path);
        assert_true(gd_npy_write(t, in_folder("copy.npy")));
        assert_same_files(path, in_folder("copy.npy"));
    }
    assert_fine(g);
}

static void writes_views_in_row_major_order(void **state)
{
    (void)state;
    gd_tensor *t = gd_values(g, gd_shape(2, 3), 0, 1, 2, 3, 4, 5), *back;
    gd_tensor *expected = gd_values(g, gd_shape(3, 2), 0, 3, 1, 4, 2, 5);
    size_t in_use = gd_memory_used(g).in_use;
    gd_tensor *view = transposed(t);
    assert_true(gd_npy_write(view, in_folder("view.npy")));
    gd__destroy(&view->object);
    assert_int_equal(gd_memory_used(g).in_use, in_use);
    back = gd_npy_read(g, in_folder("view.npy"));
    assert_same_tensor(back, expected);
    assert_fine(g);
}

/* ---- headers by hand ---- */

/* A .npy file of version 1 with this dict and `size` bytes of numbers, 0, 1, 2, ... */
static const char *make_npy(const char *dict, size_t size)
{
    unsigned char bytes[1024] = "\x93NUMPY\1\0";
    size_t length = strlen(dict);
    bytes[8] = (unsigned char)(length & 255);
    bytes[9] = (unsigned char)(length >> 8);
    memcpy(bytes + 10, dict, length);
    for (size_t i = 0; i < size; i++)
        bytes[10 + length + i] = (unsigned char)i;
    put_bytes(in_folder("made.npy"), bytes, 10 + length + size);
    return in_folder("made.npy");
}

static void takes_any_spelling_of_the_dict(void **state)
{
    static const char *const dicts[] = {
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n",
        "{'shape':(2,3),'descr':'|u1','fortran_order':False}",
        "{\"descr\": \"|u1\", \"fortran_order\": False, \"shape\": (2L, 3L,)}   \n",
        "  { 'fortran_order' : False , 'shape' : ( 2 , 3 ) , 'descr' : '<u1' }",
    };
    (void)state;
    for (size_t i = 0; i < sizeof dicts / sizeof *dicts; i++) {
        gd_tensor *t = gd_npy_read(g, make_npy(dicts[i], 6));
        assert_shape(t, gd_shape(2, 3));
        assert_steps(t, 0, 1);
    }
    assert_fine(g);
}

static void refuses_other_dicts(void **state)
{
    static const char *const dicts[] = {
        "",
        "{",
        "}",
        "{}",
        "[]",
        "{'descr': '|u1', 'fortran_order': False}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': 6}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2 3)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6.0,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '|u1', 'fortran_order': false, 'shape': (6,)}",
        "{'descr': '|u1', 'fortran_order': 0, 'shape': (6,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), 'more': 1}",
        "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '|u1' 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)} x",
        "{'descr': '|u1', 'fortran_order': False, 'shape': (6,)",
        "{'descr': '|u1, 'fortran_order': False, 'shape': (6,)}",
        "{'descr': '\\x7cu1', 'fortran_order': False, 'shape': (6,)}",
        "{descr: '|u1', 'fortran_order': False, 'shape': (6,)}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof dicts / sizeof *dicts; i++) {
        assert_true(gd__is_error(gd_npy_read(g, make_npy(dicts[i], 6))));
        assert_error(g, GD_ERROR_FORMAT, "its header is not a dict of 'descr', 'fortran_order' and 'shape'");
    }
}

static void refuses_unknown_numbers(void **state)
{
    static const char *const files[] = { REF "unsigned64.npy", REF "complex.npy", REF "record.npy", REF "text.npy" };
    static const char *const kinds[] = { "'<u8'", "'<c16'", "'[a record]'", "'<U3'" };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_true(gd__is_error(gd_npy_read(g, files[i])));
        assert_non_null(strstr(gd_message(g), "Known are b1 u1 i1 i2 u2 i4 u4 i8 f2 f4 f8"));
        assert_error(g, GD_ERROR_FORMAT, kinds[i]);
    }
    gd_npy_read(g, make_npy("{'descr': 'u1', 'fortran_order': False, 'shape': (6,)}", 6));
    assert_error(g, GD_ERROR_FORMAT, "'u1', which is no known kind");
    gd_npy_read(g, make_npy("{'descr': '|i2', 'fortran_order': False, 'shape': (3,)}", 6));
    assert_error(g, GD_ERROR_FORMAT, "'|i2', which is no known kind");
}

static void refuses_sizes_that_can_not_be(void **state)
{
    static const char *const shapes[] = {
        "(7,)",
        "(5,)",
        "(2, 4)",
        "()",
        "(0,)",
        "(9223372036854775807,)",
        "(4294967296, 4294967296)",
        "(0, 4611686018427387904, 4611686018427387904)",
        "(4611686018427387904, 4611686018427387904, 0)",
    };
    char dict[256];
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        snprintf(dict, sizeof dict, "{'descr': '|u1', 'fortran_order': False, 'shape': %s}", shapes[i]);
        assert_true(gd__is_error(gd_npy_read(g, make_npy(dict, 6))));
        assert_error(g, GD_ERROR_FORMAT, "but 6 bytes follow the header");
    }
    assert_true(gd__is_error(gd_npy_read(g, REF "nine.npy")));
    assert_error(g, GD_ERROR_FORMAT, "more than 8 dimensions");
}

static void bytes_that_are_no_bool_become_true(void **state)
{
    (void)state;
    gd_tensor *t = gd_npy_read(g, make_npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}", 3));
    assert_int_equal(t->data[0], 0);
    assert_int_equal(t->data[1], 1);
    assert_int_equal(t->data[2], 1);
}

static void refuses_other_files(void **state)
{
    (void)state;
    static const char later[] = "\x93NUMPY\4\0\2\0{}", other[] = "PNG and more bytes";
    put_bytes(in_folder("later.npy"), later, sizeof later - 1);
    assert_true(gd__is_error(gd_npy_read(g, in_folder("later.npy"))));
    assert_error(g, GD_ERROR_FORMAT, "version 4.0. Known are versions 1.0, 2.0 and 3.0");
    put_bytes(in_folder("other.npy"), other, sizeof other);
    assert_true(gd__is_error(gd_npy_read(g, in_folder("other.npy"))));
    assert_error(g, GD_ERROR_FORMAT, "does not begin as a .npy file does");
    assert_true(gd__is_error(gd_npy_read(g, in_folder("missing.npy"))));
    assert_error(g, GD_ERROR_FILE, "missing.npy' can't be opened: there is no such file");
    assert_true(gd__is_error(gd_npy_read(g, folder)));
    assert_error(g, GD_ERROR_FILE, "is a folder, not a file");
    assert_true(gd__is_error(gd_npy_read(g, "/dev/null")));
    assert_error(g, GD_ERROR_FILE, "is a device or pipe, not a file");
}

static void messages_show_no_control_characters(void **state)
{
    (void)state;
    gd_npy_read(g, make_npy("{'\033[31m': 1}", 0));
    assert_null(strchr(gd_message(g), '\033'));
    assert_error(g, GD_ERROR_FORMAT, "{'?[31m': 1}");
}

static void null_is_an_error(void **state)
{
    (void)state;
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    assert_true(gd__is_error(gd_npy_read(NULL, "x.npy")));
    assert_true(gd__is_error(gd_npy_read(g, NULL)));
    assert_error(g, GD_ERROR_NULL, "gd_npy_read: the path is NULL");
    assert_false(gd_npy_write(t, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_npy_write: the path is NULL");
    assert_false(gd_npy_write(NULL, in_folder("x.npy")));
    assert_false(gd_npy_write(gd_npy_read(g, NULL), in_folder("x.npy")));
    assert_error(g, GD_ERROR_NULL, "gd_npy_read");
    assert_int_not_equal(access(in_folder("x.npy"), F_OK), 0);
}

static void writes_nothing_while_an_error_stands(void **state)
{
    (void)state;
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    gd_npy_read(g, NULL);
    assert_false(gd_npy_write(t, in_folder("stopped.npy")));
    assert_int_not_equal(access(in_folder("stopped.npy"), F_OK), 0);
    gd_clear(g);
    assert_true(gd_npy_write(t, in_folder("stopped.npy")));
}

/* ---- numbers ---- */

/* The format's definition (IEEE 754-2008, binary16), in float64. */
static double half_by_definition(unsigned bits)
{
    double fraction = (bits & 1023) / 1024.0, power = 1;
    int exponent = (int)(bits >> 10 & 31);
    for (int i = exponent > 0 ? exponent : 1; i < 15; i++)
        power /= 2;
    for (int i = 15; i < exponent; i++)
        power *= 2;
    return (bits & 0x8000 ? -1 : 1) * power * (exponent > 0 ? 1 + fraction : fraction);
}

static void every_finite_half_is_exact(void **state)
{
    static uint16_t halves[65536];
    static float floats[65536];
    (void)state;
    for (unsigned i = 0; i < 65536; i++)
        halves[i] = (uint16_t)i;
    gd__kind_npy("f2")->widen((char *)floats, (const char *)halves, 65536);
    for (unsigned i = 0; i < 65536; i++) {
        if ((i >> 10 & 31) == 31)
            assert_true((i & 1023) ? floats[i] != floats[i]
                                   : floats[i] == (i & 0x8000 ? -__builtin_inff() : __builtin_inff()));
        else
            assert_true((double)floats[i] == half_by_definition(i) && !__builtin_signbit(floats[i]) == !(i & 0x8000));
    }
}

static void swapping_twice_changes_nothing(void **state)
{
    const char bytes[] = "0123456789abcdef";
    char changed[sizeof bytes];
    (void)state;
    for (size_t size = 1; size <= 8; size *= 2) {
        memcpy(changed, bytes, sizeof bytes);
        gd__swap(changed, size, (int64_t)(16 / size));
        assert_int_equal(changed[0], bytes[size - 1]);
        assert_int_equal(changed[16 - size], bytes[15]);
        gd__swap(changed, size, (int64_t)(16 / size));
        assert_memory_equal(changed, bytes, sizeof bytes);
    }
}

/* ---- hostile files and scarce memory ---- */

static bool read_npy(gd_context *own, const char *path)
{
    return gd__alive(gd_npy_read(own, path));
}

static void survives_cut_and_changed_files(void **state)
{
    (void)state;
    refuses_each_prefix(read_npy, REF "matrix.npy");
    refuses_each_prefix(read_npy, REF "version2.npy");
    survives_flips(read_npy, REF "matrix.npy", 4000);
    survives_flips(read_npy, REF "version3.npy", 4000);
}

static void refuses_bytes_behind_the_array(void **state)
{
    (void)state;
    gd_npy_read(g, make_npy("{'descr': '|u1', 'fortran_order': False, 'shape': (6,)}", 7));
    assert_error(g, GD_ERROR_FORMAT, "but 7 bytes follow the header");
}

static bool read_fortran(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_npy_read(own, in_folder("fortran.npy")));
}

static void *make_view(gd_context *own)
{
    return transposed(gd_values(own, gd_shape(2, 3), 0, 1, 2, 3, 4, 5));
}

static bool write_view(gd_context *own, void *prepared)
{
    (void)own;
    return gd_npy_write(prepared, in_folder("scarce.npy"));
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    rename(make_npy("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3)}", 12), in_folder("fortran.npy"));
    assert_true(until_memory_suffices(NULL, read_fortran) > 3);
    int files = files_in_folder();
    assert_true(until_memory_suffices(make_view, write_view) > 1);
    assert_int_equal(files_in_folder(), files + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_numpy, open_context, close_context),
        cmocka_unit_test_setup_teardown(reads_versions_2_and_3, open_context, close_context),
        cmocka_unit_test_setup_teardown(writes_what_numpy_writes, open_context, close_context),
        cmocka_unit_test_setup_teardown(writes_views_in_row_major_order, open_context, close_context),
        cmocka_unit_test_setup_teardown(takes_any_spelling_of_the_dict, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_other_dicts, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_unknown_numbers, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_sizes_that_can_not_be, open_context, close_context),
        cmocka_unit_test_setup_teardown(bytes_that_are_no_bool_become_true, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_other_files, open_context, close_context),
        cmocka_unit_test_setup_teardown(messages_show_no_control_characters, open_context, close_context),
        cmocka_unit_test_setup_teardown(null_is_an_error, open_context, close_context),
        cmocka_unit_test_setup_teardown(writes_nothing_while_an_error_stands, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_bytes_behind_the_array, open_context, close_context),
        cmocka_unit_test(every_finite_half_is_exact),
        cmocka_unit_test(swapping_twice_changes_nothing),
        cmocka_unit_test(survives_cut_and_changed_files),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
