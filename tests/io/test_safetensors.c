/* test_safetensors.c - the reference implementation's files read and written byte for byte, and each rule of
 * the format held to. */
#include "support.h"

#include "gradus/io.h"

/* ---- what the reference implementation wrote: see ref/make.py ---- */

static const struct {
    const char *name;
    gd_dtype dtype;
    double first, step;
} kinds[] = {
    { "U8", GD_UINT8, 5, 50 },
    { "I8", GD_INT64, -128, 50 },
    { "I16", GD_INT64, -32768, 13000 },
    { "U16", GD_INT64, 0, 13000 },
    { "I32", GD_INT64, -2147483648.0, 8e8 },
    { "U32", GD_INT64, 0, 8e8 },
    { "I64", GD_INT64, -0x1p62, 0x1p60 },
    { "F32", GD_FLOAT32, -1, 0.25 },
    { "F64", GD_FLOAT64, -1, 0.25 },
};

static void reads_every_known_kind(void **state)
{
    const bool mask[] = { true, false, true, false, false, true };
    (void)state;
    gd_archive *a = gd_archive_read(g, REF "kinds.safetensors");
    assert_fine(g);
    assert_int_equal(gd_archive_count(a), 15);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        gd_tensor *t = gd_archive_get(a, kinds[i].name);
        assert_fine(g);
        assert_int_equal(t->dtype, kinds[i].dtype);
        assert_shape(t, gd_shape(2, 3));
        assert_steps(t, kinds[i].first, kinds[i].step);
    }
    assert_same_tensor(gd_archive_get(a, "BOOL"), gd_from_memory(g, GD_BOOL, gd_shape(2, 3), mask));
    assert_shape(gd_archive_get(a, "scalar"), gd_shape());
    assert_shape(gd_archive_get(a, "empty"), gd_shape(0, 3));
    assert_shape(gd_archive_get(a, "deep"), gd_shape(1, 2, 1, 2, 1, 2, 1, 2));
    assert_int_equal(gd_archive_note_count(a), 1);
    assert_string_equal(gd_archive_note(a, "made by"), "make.py");
    assert_fine(g);
}

static void reads_half_precision_exactly(void **state)
{
    const float of_half[] = { 1, -2.5f, __builtin_inff(), 0x1p-24f, 0x1.ff8p-15f, -0.0f };
    const float of_brain[] = { 1, -2.5f, __builtin_inff(), 0x1p-133f };
    (void)state;
    gd_archive *a = gd_archive_read(g, REF "kinds.safetensors");
    assert_same_tensor(gd_archive_get(a, "F16"), gd_from_memory(g, GD_FLOAT32, gd_shape(6), of_half));
    assert_same_tensor(gd_archive_get(a, "BF16"), gd_from_memory(g, GD_FLOAT32, gd_shape(4), of_brain));
    assert_fine(g);
}

static void writes_what_the_reference_writes(void **state)
{
    static const char *const names[] = { "w", "b", "n", "a", "d", "yes" };
    (void)state;
    gd_archive *a = gd_archive_read(g, REF "order.safetensors"), *b = gd_archive_new(g);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(gd_archive_add(b, names[i], gd_archive_get(a, names[i])));
    assert_true(gd_archive_write(b, in_folder("order.safetensors")));
    assert_same_files(in_folder("order.safetensors"), REF "order.safetensors");
}

static void refuses_unknown_kinds(void **state)
{
    (void)state;
    assert_true(gd__is_error(gd_archive_read(g, REF "unsigned64.safetensors")));
    assert_non_null(strstr(gd_message(g), "Known are BOOL U8 I8 I16 U16 I32 U32 I64 F16 BF16 F32 F64"));
    assert_error(g, GD_ERROR_FORMAT, "tensor 'u' is of dtype 'U64', which is not known");
}

/* ---- headers by hand ---- */

/* A file whose header is said to have `length` bytes, with `size` bytes of zeros behind it. */
static const char *make_file(const char *header, uint64_t length, size_t size)
{
    unsigned char bytes[2048] = { 0 };
    size_t real = strlen(header);
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(length >> 8 * i);
    memcpy(bytes + 8, header, real);
    put_bytes(in_folder("made.safetensors"), bytes, 8 + real + size);
    return in_folder("made.safetensors");
}

static gd_archive *read_header(const char *header, size_t size)
{
    return gd_archive_read(g, make_file(header, strlen(header), size));
}

static void accepts_what_the_format_allows(void **state)
{
    static const struct {
        const char *header;
        size_t size;
        int count;
    } files[] = {
        { "{}", 0, 0 },
        { "{ } \n\t ", 0, 0 },
        { "{\"__metadata__\":{}}", 0, 0 },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, 1 },
        { "{\"a\":{\"data_offsets\":[4,8],\"shape\":[],\"dtype\":\"F32\"},"
          "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}   ",
          8, 2 },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]},"
          "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
          4, 2 },
        { "{\"\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_int_equal(gd_archive_count(read_header(files[i].header, files[i].size)), files[i].count);
        assert_fine(g);
    }
}

static void refuses_what_breaks_a_rule(void **state)
{
#define ONE(rest) "{\"a\":{" rest "}}"
#define F32 "\"dtype\":\"F32\""
    static const struct {
        const char *header, *part;
    } files[] = {
        { "{", "its header is no JSON" },
        { "{} x", "its header is no JSON" },
        { "{\"a\":1}", "tensor 'a' is not described by an object" },
        { ONE(F32 ",\"shape\":[2],\"data_offsets\":[0,8],\"more\":1"), "the unknown field 'more'" },
        { ONE(F32 ",\"shape\":[2]"), "the data_offsets of tensor 'a' are not two integers" },
        { ONE("\"shape\":[2],\"data_offsets\":[0,8]"), "'(no string)'" },
        { ONE("\"dtype\":\"f32\",\"shape\":[2],\"data_offsets\":[0,8]"), "dtype 'f32'" },
        { ONE(F32 ",\"data_offsets\":[0,8]"), "the shape of tensor 'a' is not a list of sizes" },
        { ONE(F32 ",\"shape\":[2.0],\"data_offsets\":[0,8]"), "the shape of tensor 'a'" },
        { ONE(F32 ",\"shape\":[-2],\"data_offsets\":[0,8]"), "the shape of tensor 'a'" },
        { ONE(F32 ",\"shape\":2,\"data_offsets\":[0,8]"), "the shape of tensor 'a'" },
        { ONE(F32 ",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]"), "the shape of tensor 'a'" },
        { ONE(F32 ",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]"), "its header is no JSON" },
        { ONE(F32 ",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]"), "has 9 dimensions, more than 8" },
        { ONE(F32 ",\"shape\":[2],\"data_offsets\":[0,8,8]"), "are not two integers" },
        { ONE(F32 ",\"shape\":[2],\"data_offsets\":[0,8.5]"), "are not two integers" },
        { ONE(F32 ",\"shape\":[2],\"data_offsets\":{}"), "are not two integers" },
        { ONE(F32 ",\"shape\":[2],\"data_offsets\":[-8,0]"), "lies at -8 to 0 of 8 bytes" },
        { ONE(F32 ",\"shape\":[2],\"data_offsets\":[8,0]"), "lies at 8 to 0 of 8 bytes" },
        { ONE(F32 ",\"shape\":[2],\"data_offsets\":[8,16]"), "lies at 8 to 16 of 8 bytes" },
        { ONE(F32 ",\"shape\":[3],\"data_offsets\":[0,8]"), "of shape (3,) and dtype F32 lies in 8 bytes" },
        { ONE(F32 ",\"shape\":[0,4611686018427387904,4611686018427387904],\"data_offsets\":[0,0]"),
          "is not a list of sizes that can be" },
        { ONE(F32 ",\"shape\":[1],\"data_offsets\":[4,8]"), "begins at byte 4, where 0 was to be expected" },
        { ONE(F32 ",\"shape\":[1],\"data_offsets\":[0,4]"), "the tensors have 4 bytes, but 8 follow the header" },
        { "{}", "the tensors have 0 bytes, but 8 follow" },
        { "{\"a\":{" F32 ",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{" F32
          ",\"shape\":[1],\"data_offsets\":[4,8]}}",
          "tensor 'b' begins at byte 4, where 8 was to be expected" },
        { "{\"a\":{" F32 ",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{" F32
          ",\"shape\":[2],\"data_offsets\":[0,8]}}",
          "its header is no JSON: duplicate object key" },
        { ONE(F32 "," F32 ",\"shape\":[2],\"data_offsets\":[0,8]"), "duplicate object key" },
        { "{\"a\\u0000\":{" F32 ",\"shape\":[2],\"data_offsets\":[0,8]}}", "its header is no JSON" },
        { "{\"a\xff\":{" F32 ",\"shape\":[2],\"data_offsets\":[0,8]}}", "its header is no JSON" },
        { "{\"__metadata__\":1}", "its __metadata__ is not an object of strings" },
        { "{\"__metadata__\":{\"a\":1}}", "its note 'a' is not a string" },
    };
#undef ONE
#undef F32
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        size_t in_use = gd_memory_used(g).in_use;
        assert_true(gd__is_error(read_header(files[i].header, 8)));
        assert_error(g, GD_ERROR_FORMAT, files[i].part);
        assert_int_equal(gd_memory_used(g).in_use, in_use);
    }
}

static void refuses_lengths_that_can_not_be(void **state)
{
    static const uint64_t lengths[] = { 3, 100, 100000001, UINT64_MAX, (uint64_t)1 << 63 };
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_true(gd__is_error(gd_archive_read(g, make_file("{}", lengths[i], 0))));
        assert_error(g, GD_ERROR_FORMAT, "its header is said to have ");
    }
    assert_true(gd__is_error(gd_archive_read(g, make_file("{}", 1, 0))));
    assert_error(g, GD_ERROR_FORMAT, "its header is no JSON");
}

static void deep_nesting_is_refused(void **state)
{
    enum { DEPTH = 100000 };
    char *bytes = malloc(8 + DEPTH);
    (void)state;
    memset(bytes, '[', 8 + DEPTH);
    memcpy(bytes, "\xa0\x86\x01\0\0\0\0\0{\"a\":", 13);
    put_bytes(in_folder("deep.safetensors"), bytes, 8 + DEPTH);
    free(bytes);
    assert_true(gd__is_error(gd_archive_read(g, in_folder("deep.safetensors"))));
    assert_error(g, GD_ERROR_FORMAT, "maximum parsing depth reached");
}

/* ---- hostile files ---- */

static bool read_safetensors(gd_context *own, const char *path)
{
    return gd__alive(gd_archive_read(own, path));
}

static void survives_cut_and_changed_files(void **state)
{
    (void)state;
    refuses_each_prefix(read_safetensors, REF "order.safetensors");
    refuses_each_prefix(read_safetensors, REF "kinds.safetensors");
    survives_flips(read_safetensors, REF "order.safetensors", 4000);
    survives_flips(read_safetensors, REF "kinds.safetensors", 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_every_known_kind, open_context, close_context),
        cmocka_unit_test_setup_teardown(reads_half_precision_exactly, open_context, close_context),
        cmocka_unit_test_setup_teardown(writes_what_the_reference_writes, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_unknown_kinds, open_context, close_context),
        cmocka_unit_test_setup_teardown(accepts_what_the_format_allows, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_what_breaks_a_rule, open_context, close_context),
        cmocka_unit_test_setup_teardown(refuses_lengths_that_can_not_be, open_context, close_context),
        cmocka_unit_test_setup_teardown(deep_nesting_is_refused, open_context, close_context),
        cmocka_unit_test(survives_cut_and_changed_files),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
