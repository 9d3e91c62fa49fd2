/* test_idx.c - IDX files: every type, plain and gzip-compressed, and what is refused. */
#include "../io/support.h"

#include "gradus/data.h"

#include <zlib.h>

/* ---- files by hand ---- */

typedef struct idx {
    unsigned char bytes[256];
    size_t size;
} idx;

static idx begin_idx(int type, int dims, const uint32_t *sizes)
{
    idx file = { .bytes = { 0, 0, (unsigned char)type, (unsigned char)dims }, .size = 4 };
    for (int i = 0; i < dims; i++) {
        for (int shift = 24; shift >= 0; shift -= 8)
            file.bytes[file.size++] = (unsigned char)(sizes[i] >> shift);
    }
    return file;
}

/* Adds the low `size` bytes of the number, the highest first. */
static void add_number(idx *file, uint64_t bits, int size)
{
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
        file->bytes[file->size++] = (unsigned char)(bits >> shift);
}

static const char *put_plain(const idx *file)
{
    put_bytes(in_folder("made-idx"), file->bytes, file->size);
    return in_folder("made-idx");
}

static const char *put_gzip(const idx *file)
{
    const char *path = in_folder("made-idx.gz");
    gzFile out = gzopen(path, "wb9");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, file->bytes, (unsigned)file->size), file->size);
    assert_int_equal(gzclose(out), Z_OK);
    return path;
}

/* 2 x 3 bytes: 0, 10, ..., 50. */
static idx small_file(void)
{
    idx file = begin_idx(0x08, 2, (const uint32_t[]){ 2, 3 });
    for (unsigned i = 0; i < 6; i++)
        add_number(&file, 10 * i, 1);
    return file;
}

/* ---- what is read ---- */

static void reads_plain_and_gzip(void **state)
{
    (void)state;
    idx file = small_file();
    const char *paths[] = { put_plain(&file), put_gzip(&file) };
    for (int i = 0; i < 2; i++) {
        gd_tensor *t = gd_idx_read(g, paths[i]);
        assert_fine(g);
        assert_int_equal(t->dtype, GD_UINT8);
        assert_shape(t, gd_shape(2, 3));
        assert_steps(t, 0, 10);
    }
}

static void signed_integers_become_int64(void **state)
{
    static const struct {
        int type, size;
        int64_t first, step;
    } kinds[] = { { 0x09, 1, -128, 85 }, { 0x0b, 2, -32768, 13107 }, { 0x0c, 4, INT32_MIN, 858993459 } };
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        idx file = begin_idx(kinds[k].type, 1, (const uint32_t[]){ 4 });
        for (int64_t i = 0; i < 4; i++)
            add_number(&file, (uint64_t)(kinds[k].first + i * kinds[k].step), kinds[k].size);
        gd_tensor *t = gd_idx_read(g, put_plain(&file));
        assert_fine(g);
        assert_int_equal(t->dtype, GD_INT64);
        assert_steps(t, (double)kinds[k].first, (double)kinds[k].step);
    }
}

static void floats_stay(void **state)
{
    const float singles[] = { 1.5f, -0.25f };
    const double doubles[] = { 0.1, -1e300 };
    (void)state;
    idx single = begin_idx(0x0d, 1, (const uint32_t[]){ 2 }), whole = begin_idx(0x0e, 1, (const uint32_t[]){ 2 });
    for (int i = 0; i < 2; i++) {
        uint32_t of_single;
        uint64_t of_double;
        memcpy(&of_single, &singles[i], 4);
        memcpy(&of_double, &doubles[i], 8);
        add_number(&single, of_single, 4);
        add_number(&whole, of_double, 8);
    }
    assert_same_tensor(gd_idx_read(g, put_plain(&single)), gd_from_memory(g, GD_FLOAT32, gd_shape(2), singles));
    assert_same_tensor(gd_idx_read(g, put_gzip(&whole)), gd_from_memory(g, GD_FLOAT64, gd_shape(2), doubles));
    assert_fine(g);
}

static void eight_dimensions_and_empty_arrays_are_read(void **state)
{
    (void)state;
    idx deep = begin_idx(0x08, 8, (const uint32_t[]){ 1, 2, 1, 1, 3, 1, 1, 1 });
    for (unsigned i = 0; i < 6; i++)
        add_number(&deep, i, 1);
    gd_tensor *t = gd_idx_read(g, put_plain(&deep));
    assert_shape(t, gd_shape(1, 2, 1, 1, 3, 1, 1, 1));
    assert_steps(t, 0, 1);
    idx empty = begin_idx(0x0e, 3, (const uint32_t[]){ 0, 28, 28 });
    assert_shape(gd_idx_read(g, put_plain(&empty)), gd_shape(0, 28, 28));
    assert_shape(gd_idx_read(g, put_gzip(&empty)), gd_shape(0, 28, 28));
    assert_fine(g);
}

/* ---- what is refused ---- */

static void assert_refused(const char *path, gd_status status, const char *part)
{
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_idx_read(g, path)));
    assert_error(g, status, part);
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

static void refuses_other_headers(void **state)
{
    (void)state;
    idx file = small_file();
    file.bytes[0] = 0x89;
    assert_refused(put_plain(&file), GD_ERROR_FORMAT, "it begins with 89 00, where IDX has 00 00");
    file = small_file();
    file.bytes[2] = 0x0a;
    assert_refused(put_plain(&file), GD_ERROR_FORMAT, "type 0a, which is not known. Known are 08 (uint8)");
    file.bytes[2] = 0;
    assert_refused(put_plain(&file), GD_ERROR_FORMAT, "type 00");
    file = small_file();
    file.bytes[3] = 0;
    assert_refused(put_plain(&file), GD_ERROR_FORMAT, "it has 0 dimensions");
    file.bytes[3] = 9;
    assert_refused(put_plain(&file), GD_ERROR_FORMAT, "it has 9 dimensions. An array of 1 to 8");
}

static void refuses_other_lengths(void **state)
{
    (void)state;
    idx file = small_file();
    file.size++;
    assert_refused(put_plain(&file), GD_ERROR_FORMAT, "bytes follow the array's end at byte 18");
    assert_refused(put_gzip(&file), GD_ERROR_FORMAT, "bytes follow the array's end at byte 18");
    file.size -= 2;
    assert_refused(put_plain(&file), GD_ERROR_FORMAT, "shape (2, 3) with 1 bytes a number, but at most 5 bytes");
    assert_refused(put_gzip(&file), GD_ERROR_FORMAT, "it ends at byte 17, where 1 more were to come");
}

static void sizes_are_checked_before_memory_is_taken(void **state)
{
    static const uint32_t sizes[][8] = {
        { 0xffffffff, 1, 1, 1, 1, 1, 1, 1 },
        { 1 << 20, 1 << 10, 1, 1, 1, 1, 1, 1 },
        { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 1, 1, 1, 1 },
        { 0, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 1, 1, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        idx file = begin_idx(0x0e, 8, sizes[i]);
        size_t peak = gd_memory_used(g).peak;
        assert_refused(put_plain(&file), GD_ERROR_FORMAT, "The file was cut short, or is damaged");
        assert_refused(put_gzip(&file), GD_ERROR_FORMAT, "The file was cut short, or is damaged");
        assert_true(gd_memory_used(g).peak < peak + 4096);
    }
}

static void damaged_gzip_is_noticed(void **state)
{
    size_t size;
    (void)state;
    idx file = small_file();
    unsigned char *bytes = get_bytes(put_gzip(&file), &size);
    bytes[size - 8] ^= 1; /* the checksum */
    put_bytes(in_folder("damaged.gz"), bytes, size);
    assert_refused(in_folder("damaged.gz"), GD_ERROR_FILE, "its gzip data is damaged");
    bytes[size - 8] ^= 1;
    put_bytes(in_folder("damaged.gz"), bytes, size - 3);
    assert_refused(in_folder("damaged.gz"), GD_ERROR_FILE, "its gzip data was cut short");
    free(bytes);
}

static void paths_must_lead_to_files(void **state)
{
    (void)state;
    assert_refused(in_folder("missing"), GD_ERROR_FILE, "missing' can't be opened: there is no such file");
    assert_refused(folder, GD_ERROR_FILE, "is a folder");
    assert_refused(NULL, GD_ERROR_NULL, "gd_idx_read: the path is NULL");
    assert_true(gd__is_error(gd_idx_read(NULL, "x")));
}

/* ---- hostile files and scarce memory ---- */

static bool read_idx(gd_context *own, const char *path)
{
    return gd__alive(gd_idx_read(own, path));
}

static void survives_cut_and_changed_files(void **state)
{
    (void)state;
    idx file = small_file();
    refuses_each_prefix(read_idx, put_plain(&file));
    refuses_each_prefix(read_idx, put_gzip(&file));
    survives_flips(read_idx, put_plain(&file), 3000);
    survives_flips(read_idx, put_gzip(&file), 3000);
}

static bool read_made(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_idx_read(own, in_folder("made-idx.gz")));
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    idx file = small_file();
    put_gzip(&file);
    assert_true(until_memory_suffices(NULL, read_made) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_plain_and_gzip, open_context, close_context),
        cmocka_unit_test_setup_teardown(signed_integers_become_int64, open_context, close_context),
        cmocka_unit_test_setup_teardown(floats_stay, open_context, close_context),
        cmocka_unit_test_setup_teardown(eight_dimensions_and_empty_arrays_are_read, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_other_headers, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_other_lengths, open_context, close_context),
        cmocka_unit_test_setup_teardown(sizes_are_checked_before_memory_is_taken, open_context, close_context),
        cmocka_unit_test_setup_teardown(damaged_gzip_is_noticed, open_context, close_context),
        cmocka_unit_test_setup_teardown(paths_must_lead_to_files, open_context, close_context),
        cmocka_unit_test(survives_cut_and_changed_files),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
