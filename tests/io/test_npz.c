/* test_npz.c - .npz: NumPy's own files read, and zips that lie refused. */
#include "support.h"

#include "gradus/io.h"

#include <zip.h>

/* ---- what NumPy wrote: see ref/make.py ---- */

static const struct {
    const char *name;
    gd_dtype dtype;
    double first, step;
} kinds[] = {
    { "u1", GD_UINT8, 5, 50 },           { "i1", GD_INT64, -128, 50 },           { "i2", GD_INT64, -32768, 13000 },
    { "u2", GD_INT64, 0, 13000 },        { "i4", GD_INT64, -2147483648.0, 8e8 }, { "u4", GD_INT64, 0, 8e8 },
    { "i8", GD_INT64, -0x1p62, 0x1p60 }, { "f2", GD_FLOAT32, -1, 0.25 },         { "f4", GD_FLOAT32, -1, 0.25 },
    { "f8", GD_FLOAT64, -1, 0.25 },
};

static void assert_kinds(gd_archive *a)
{
    const bool mask[] = { true, false, true, false, false, true };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        gd_tensor *t = gd_archive_get(a, kinds[i].name);
        assert_fine(g);
        assert_int_equal(t->dtype, kinds[i].dtype);
        assert_shape(t, gd_shape(2, 3));
        assert_steps(t, kinds[i].first, kinds[i].step);
    }
    assert_same_tensor(gd_archive_get(a, "b1"), gd_from_memory(g, GD_BOOL, gd_shape(2, 3), mask));
    assert_shape(gd_archive_get(a, "scalar"), gd_shape());
    assert_true(gd_item(gd_archive_get(a, "scalar")) == 2.5);
    assert_shape(gd_archive_get(a, "empty"), gd_shape(0, 3));
    assert_shape(gd_archive_get(a, "deep"), gd_shape(1, 2, 1, 2, 1, 2, 1, 2));
    assert_steps(gd_archive_get(a, "deep"), 0, 1);
    assert_fine(g);
}

static void reads_stored_entries(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_read(g, REF "kinds.npz");
    assert_fine(g);
    assert_int_equal(gd_archive_count(a), 14);
    assert_string_equal(gd_archive_name(a, 0), "b1");
    assert_kinds(a);
}

static void reads_deflated_entries(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_read(g, REF "deflated.npz");
    assert_fine(g);
    assert_kinds(a);
    assert_shape(gd_archive_get(a, "ramp"), gd_shape(40, 25));
    assert_steps(gd_archive_get(a, "ramp"), -1, 0.25);
}

static void reads_big_endian_and_fortran_order(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_read(g, REF "orders.npz");
    assert_fine(g);
    assert_steps(gd_archive_get(a, "big_i2"), -32768, 13000);
    assert_steps(gd_archive_get(a, "big_u4"), 0, 8e8);
    assert_steps(gd_archive_get(a, "big_i8"), -0x1p62, 0x1p60);
    assert_steps(gd_archive_get(a, "big_f2"), -1, 0.25);
    assert_steps(gd_archive_get(a, "big_f4"), -1, 0.25);
    assert_steps(gd_archive_get(a, "big_f8"), -1, 0.25);
    gd_tensor *fortran = gd_archive_get(a, "fortran_f8");
    assert_shape(fortran, gd_shape(2, 3, 4));
    assert_true(fortran->contiguous);
    assert_steps(fortran, -1, 0.25);
    assert_shape(gd_archive_get(a, "fortran_i2"), gd_shape(3, 5));
    assert_steps(gd_archive_get(a, "fortran_i2"), -7, 1);
    assert_fine(g);
}

/* ---- zips made and mended by hand ---- */

/* A zip with one stored entry: a .npy file and `more` bytes behind it. */
static const char *make_zip(const char *entry, const char *npy_file, size_t more)
{
    size_t size;
    unsigned char *npy = get_bytes(npy_file, &size);
    const char *path = in_folder("made.npz");
    npy = realloc(npy, size + more + 1);
    memset(npy + size, 0, more);
    remove(path);
    zip_t *zip = zip_open(path, ZIP_CREATE, NULL);
    zip_source_t *source = zip_source_buffer(zip, npy, size + more, 1);
    zip_int64_t index = zip_file_add(zip, entry, source, 0);
    assert_int_equal(index, 0);
    assert_int_equal(zip_set_file_compression(zip, 0, ZIP_CM_STORE, 0), 0);
    assert_int_equal(zip_close(zip), 0);
    return path;
}

/* Changes one byte in each header that begins with this mark, at this place in it. */
static const char *mend(const char *path, const char *mark, size_t at, unsigned char value)
{
    size_t size;
    unsigned char *bytes = get_bytes(path, &size);
    for (size_t i = 0; i + at < size && i + 4 <= size; i++) {
        if (memcmp(bytes + i, mark, 4) == 0)
            bytes[i + at] = value;
    }
    put_bytes(in_folder("mended.npz"), bytes, size);
    free(bytes);
    return in_folder("mended.npz");
}

static const char *const LOCAL = "PK\3\4", *const CENTRAL = "PK\1\2";

static void assert_refused(const char *path, const char *part)
{
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_archive_read(g, path)));
    assert_error(g, GD_ERROR_FORMAT, part);
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

static void names_lose_their_extension(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_read(g, make_zip("dir/W 1.npy.npy", REF "matrix.npy", 0));
    assert_fine(g);
    assert_string_equal(gd_archive_name(a, 0), "dir/W 1.npy");
    a = gd_archive_read(g, make_zip(".npy", REF "matrix.npy", 0));
    assert_string_equal(gd_archive_name(a, 0), "");
    assert_fine(g);
}

static void only_npy_entries_are_read(void **state)
{
    (void)state;
    assert_refused(make_zip("data.pkl", REF "matrix.npy", 0), "made.npz > data.pkl': it is not a .npy file");
    assert_refused(make_zip("folder/", REF "matrix.npy", 0), "it is not a .npy file");
    assert_refused(make_zip("a.npy", REF "make.py", 0), "it does not begin as a .npy file does");
    assert_refused(make_zip("a.npy", REF "complex.npy", 0), "'<c16'");
    assert_refused(make_zip("a.npy", REF "matrix.npy", 1), "but 25 bytes follow the header");
}

static void entries_that_lie_about_their_size_are_refused(void **state)
{
    (void)state;
    const char *path = make_zip("a.npy", REF "matrix.npy", 0);
    assert_refused(mend(path, CENTRAL, 26, 1), "it claims to make 65688 bytes of 152");
    assert_refused(mend(path, CENTRAL, 22, 1), "it claims to make 152 bytes of 65688");
    const char *deflated = REF "deflated.npz";
    assert_refused(mend(deflated, CENTRAL, 27, 0x7f), "meant to do harm");
    assert_refused(mend(deflated, CENTRAL, 25, 0x20), "");
}

/* Two entries in the directory, both of which claim the one that there is. */
static void entries_that_share_their_bytes_are_refused(void **state)
{
    enum { ENTRY = 30 + 5 + 128 + 4000, DIRECTORY_ENTRY = 46 + 5 };
    size_t size;
    (void)state;
    gd_archive *a = gd_archive_new(g);
    gd_archive_add(a, "a", gd_zeros(g, GD_FLOAT32, gd_shape(1000)));
    gd_archive_add(a, "b", gd_zeros(g, GD_FLOAT32, gd_shape(1000)));
    assert_true(gd_archive_write(a, in_folder("two.npz")));
    unsigned char *bytes = get_bytes(in_folder("two.npz"), &size), *end = bytes + size - 22;
    memmove(bytes + ENTRY, bytes + 2 * ENTRY, size - 2 * ENTRY);
    size -= ENTRY;
    end -= ENTRY;
    assert_memory_equal(bytes + ENTRY, CENTRAL, 4);
    memset(bytes + ENTRY + DIRECTORY_ENTRY + 42, 0, 4); /* where the second entry lies */
    end[16] = (unsigned char)(ENTRY & 255);             /* where the directory lies */
    end[17] = (unsigned char)(ENTRY >> 8);
    put_bytes(in_folder("shared.npz"), bytes, size);
    free(bytes);
    assert_refused(in_folder("shared.npz"), "shared.npz > b.npy': it claims to make 4128 bytes of 4128");
}

static void two_arrays_of_one_name_are_refused(void **state)
{
    (void)state;
    gd_archive *a = gd_archive_new(g);
    gd_archive_add(a, "a", gd_scalar(g, GD_FLOAT32, 1));
    gd_archive_add(a, "b", gd_scalar(g, GD_FLOAT32, 2));
    assert_true(gd_archive_write(a, in_folder("two.npz")));
    const char *path = mend(in_folder("two.npz"), LOCAL, 30, 'a');
    assert_refused(mend(path, CENTRAL, 46, 'a'), "there are two arrays of this name");
}

static void other_methods_are_refused(void **state)
{
    (void)state;
    const char *path = make_zip("a.npy", REF "matrix.npy", 0);
    assert_refused(mend(path, CENTRAL, 10, 12), "it is compressed by method 12. Known are stored and deflated");
    assert_refused(mend(path, CENTRAL, 8, 1), "it is encrypted");
}

static void changed_numbers_are_noticed(void **state)
{
    (void)state;
    const char *path = mend(make_zip("a.npy", REF "matrix.npy", 0), LOCAL, 30 + 5 + 128 + 1, 0x55);
    assert_true(gd__is_error(gd_archive_read(g, path)));
    assert_error(g, GD_ERROR_FILE, "CRC error");
}

/* ---- hostile files ---- */

static bool read_npz(gd_context *own, const char *path)
{
    return gd__alive(gd_archive_read(own, path));
}

static void survives_cut_files(void **state)
{
    (void)state;
    refuses_each_prefix(read_npz, REF "kinds.npz");
    refuses_each_prefix(read_npz, REF "deflated.npz");
}

static void survives_changed_files(void **state)
{
    (void)state;
    survives_flips(read_npz, make_zip("a.npy", REF "vector.npy", 0), 4000);
    survives_flips(read_npz, REF "none.npz", 1000);
    survives_flips(read_npz, REF "deflated.npz", 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_stored_entries, open_context, close_context),
        cmocka_unit_test_setup_teardown(reads_deflated_entries, open_context, close_context),
        cmocka_unit_test_setup_teardown(reads_big_endian_and_fortran_order, open_context, close_context),
        cmocka_unit_test_setup_teardown(names_lose_their_extension, open_context, close_context),
        cmocka_unit_test_setup_teardown(only_npy_entries_are_read, open_context, close_context),
        cmocka_unit_test_setup_teardown(entries_that_lie_about_their_size_are_refused, open_context, close_context),
        cmocka_unit_test_setup_teardown(entries_that_share_their_bytes_are_refused, open_context, close_context),
        cmocka_unit_test_setup_teardown(two_arrays_of_one_name_are_refused, open_context, close_context),
        cmocka_unit_test_setup_teardown(other_methods_are_refused, open_context, close_context),
        cmocka_unit_test_setup_teardown(changed_numbers_are_noticed, open_context, close_context),
        cmocka_unit_test(survives_cut_files),
        cmocka_unit_test(survives_changed_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
