/* test_csv.c - tables read as tensors: how they may be written, which columns are taken; and written. */
#include "../io/support.h"

#include "gradus/gradus.h"

#include <math.h>
#include <zlib.h>

static const char *put_text(const char *text)
{
    const char *path = in_folder("table.csv");
    put_bytes(path, text, strlen(text));
    return path;
}

/* The numbers of a table, as float64, must be these. */
static void assert_numbers(gd_tensor *t, gd_dims shape, const double *expected)
{
    double values[64];
    assert_fine(gd_context_of(t));
    assert_shape(t, shape);
    assert_true(gd_read(t, GD_FLOAT64, values, (size_t)gd_numel(t)));
    for (int64_t i = 0; i < gd_numel(t); i++) {
        if (values[i] != expected[i] && !(isnan(values[i]) && isnan(expected[i])))
            fail_msg("number %d is %.17g, not %.17g", (int)i, values[i], expected[i]);
    }
}

#define assert_table(t, rows, columns, ...)                                                                          \
    assert_numbers(t, gd_shape(rows, columns), (const double[]){ __VA_ARGS__ })

/* ---- how a table may be written ---- */

static void rows_of_numbers_become_a_matrix(void **state)
{
    (void)state;
    gd_tensor *t = gd_csv_read(g, put_text("1,2.5,-3\n4e2,.5,6.\n"));
    assert_int_equal(gd_dtype_of(t), GD_FLOAT32);
    assert_table(t, 2, 3, 1, 2.5, -3, 400, 0.5, 6);
}

static void the_ends_of_lines_do_not_matter(void **state)
{
    static const char *const texts[] = {
        "1,2\n3,4\n",     "1,2\n3,4",         "1,2\r\n3,4\r\n",       "1,2\r3,4\r",
        "1,2\r\n3,4",     "1,2\r3,4",         "\n\n1,2\n\n3,4\n\n",   "1,2\r\n\r\n3,4\r\n\r\n",
        "1,2\n  \n3,4\n", " 1 ,\t2\n3 , 4  ", "\357\273\2771,2\n3,4", "\r\n1,2\n\r3,4\n\t"
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_table(gd_csv_read(g, put_text(texts[i])), 2, 2, 1, 2, 3, 4);
}

static void numbers_may_stand_in_quotes(void **state)
{
    (void)state;
    assert_table(gd_csv_read(g, put_text("\"1\",\"2\"\n \"3\" ,4\n")), 2, 2, 1, 2, 3, 4);
}

/* The block that the file is read in has 4096 bytes: an end of line, a quote and a number are cut by its end. */
static void blocks_end_anywhere(void **state)
{
    enum { MOST = 4120 };
    static char text[MOST + 64];
    (void)state;
    for (int fill = 4070; fill < MOST; fill++) {
        memset(text, ' ', (size_t)fill);
        strcpy(text + fill, "12,\"34\"\r\n\"5\",\"\"\"\"\r\n");
        assert_table(gd_csv_read(g, put_text(text), .header = GD_CSV_NO_NAMES, .na = "\"", .missing = true), 2, 2, 12,
                     34, 5, NAN);
    }
}

static void names_are_told_from_numbers(void **state)
{
    static const char *const with[] = { "a,b\n1,2\n", "\"1 a\",\"b\n\"\"c\"\"\"\n1,2\n", ",\n1,2\n", "NA,x\n1,2" };
    (void)state;
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        assert_table(gd_csv_read(g, put_text(with[i])), 1, 2, 1, 2);
    assert_table(gd_csv_read(g, put_text("2019,2020\n1,2\n"), .header = GD_CSV_NAMES), 1, 2, 1, 2);
    assert_table(gd_csv_read(g, put_text("2019,x\n1,2\n"), .header = GD_CSV_NAMES), 1, 2, 1, 2);
    assert_table(gd_csv_read(g, put_text("NA,NA\n1,2\n"), .header = GD_CSV_NO_NAMES, .missing = true), 2, 2, NAN, NAN,
                 1, 2);
}

static void separator_and_point_may_be_others(void **state)
{
    (void)state;
    assert_table(gd_csv_read(g, put_text("a;b\n1,5;-2,25e1\n"), .separator = ';', .decimal = ','), 1, 2, 1.5, -22.5);
    assert_table(gd_csv_read(g, put_text("1\t2\n3\t 4\n"), .separator = '\t'), 2, 2, 1, 2, 3, 4);
    assert_table(gd_csv_read(g, put_text("1 2\n3 4\n"), .separator = ' '), 2, 2, 1, 2, 3, 4);
    assert_table(gd_csv_read(g, put_text("1|2\n"), .separator = '|'), 1, 2, 1, 2);
}

static void missing_numbers_become_nan_on_request(void **state)
{
    (void)state;
    assert_table(gd_csv_read(g, put_text("1,,NA\nnan,\"\",NaN\n,2,\n"), .missing = true), 3, 3, 1, NAN, NAN, NAN, NAN,
                 NAN, NAN, 2, NAN);
    assert_table(gd_csv_read(g, put_text("1,?\n?,2\n"), .missing = true, .na = "?"), 2, 2, 1, NAN, NAN, 2);
    assert_table(gd_csv_read(g, put_text("1\n\"\"\n2\n"), .missing = true), 3, 1, 1, NAN, 2);
}

static void infinity_is_a_number(void **state)
{
    (void)state;
    assert_table(gd_csv_read(g, put_text("inf,-Infinity\n1,2\n")), 2, 2, INFINITY, -INFINITY, 1, 2);
}

static void numbers_are_read_in_their_dtype(void **state)
{
    (void)state;
    gd_tensor *t = gd_csv_read(g, put_text("0.1,1e300\n"), .dtype = GD_FLOAT64);
    assert_int_equal(gd_dtype_of(t), GD_FLOAT64);
    assert_table(t, 1, 2, 0.1, 1e300);
    assert_table(gd_csv_read(g, put_text("0.1,16777217,1e-50\n")), 1, 3, 0.1f, 16777216, 0);
    gd_set_default_dtype(g, GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_csv_read(g, put_text("1,2\n"))), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_csv_read(g, put_text("1,2\n"), .dtype = GD_FLOAT32)), GD_FLOAT32);
}

static void no_locale_is_heeded(void **state)
{
    (void)state;
    use_decimal_comma();
    gd_tensor *t = gd_csv_read(g, put_text("1.5,1.7976931348623157e308\n"), .dtype = GD_FLOAT64);
    assert_table(t, 1, 2, 1.5, 0x1.fffffffffffffp1023);
    assert_true(gd_csv_write(t, in_folder("out.csv")));
    assert_same_files(in_folder("table.csv"), put_text("1.5,1.7976931348623157e+308\n"));
    assert_same_files(in_folder("out.csv"), in_folder("table.csv"));
}

static void a_compressed_table_is_read(void **state)
{
    static const char text[] = "a,b\n1,2\n3,4\n";
    const char *path = in_folder("table.csv.gz");
    (void)state;
    gzFile out = gzopen(path, "wb9");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, text, (unsigned)strlen(text)), (int)strlen(text));
    assert_int_equal(gzclose(out), Z_OK);
    assert_table(gd_csv_read(g, path), 2, 2, 1, 2, 3, 4);
}

/* ---- which columns ---- */

static const char *letters(void)
{
    return put_text("a,b,c,d\n0,1,2,3\n10,11,12,13\n");
}

static void columns_are_chosen_by_name_and_number(void **state)
{
    (void)state;
    assert_table(gd_csv_read(g, letters(), .columns = "c"), 2, 1, 2, 12);
    assert_table(gd_csv_read(g, letters(), .columns = "d,a"), 2, 2, 3, 0, 13, 10);
    assert_table(gd_csv_read(g, letters(), .columns = "-1, 0 , b"), 2, 3, 3, 0, 1, 13, 10, 11);
    assert_table(gd_csv_read(g, letters(), .columns = "a,a"), 2, 2, 0, 0, 10, 10);
    assert_table(gd_csv_read(g, letters(), .ignore = "b,-1"), 2, 2, 0, 2, 10, 12);
    assert_table(gd_csv_read(g, letters(), .columns = "d,c,b", .ignore = "c"), 2, 2, 3, 1, 13, 11);
    assert_table(gd_csv_read(g, put_text("0,1,2\n"), .columns = "2,-3"), 1, 2, 2, 0);
}

static void a_name_goes_before_a_number(void **state)
{
    (void)state;
    assert_table(gd_csv_read(g, put_text("1,0,x\n5,6,7\n"), .header = GD_CSV_NAMES, .columns = "0"), 1, 1, 6);
    assert_table(gd_csv_read(g, put_text("1,0,x\n5,6,7\n"), .header = GD_CSV_NAMES, .columns = "2"), 1, 1, 7);
}

static void columns_of_text_may_be_left_out(void **state)
{
    (void)state;
    assert_table(gd_csv_read(g, put_text("name,x\n\"Smith, J.\",1\n\"\xe4\xff\",2\n"), .ignore = "name"), 2, 1, 1, 2);
}

/* ---- writing ---- */

static void assert_written(const char *text)
{
    size_t size;
    char *bytes = (char *)get_bytes(in_folder("out.csv"), &size);
    bytes[size] = '\0';
    assert_string_equal(bytes, text);
    free(bytes);
}

static void a_matrix_is_written_as_rows(void **state)
{
    (void)state;
    const char *out = in_folder("out.csv");
    assert_true(gd_csv_write(gd_values(g, gd_shape(2, 2), 0.1, -2, 1e-10, NAN), out));
    assert_written("0.1,-2\n1e-10,nan\n");
    assert_true(gd_csv_write(gd_values_as(g, GD_FLOAT64, gd_shape(3), 1.0 / 3, INFINITY, -INFINITY), out));
    assert_written("0.3333333333333333\ninf\n-inf\n");
    assert_true(gd_csv_write(transposed(gd_values(g, gd_shape(2, 3), 1, 2, 3, 4, 5, 6)), out, .separator = ';'));
    assert_written("1;4\n2;5\n3;6\n");
    const int64_t large[] = { INT64_MAX, INT64_MIN };
    assert_true(gd_csv_write(gd_from_memory(g, GD_INT64, gd_shape(1, 2), large), out));
    assert_written("9223372036854775807,-9223372036854775808\n");
    assert_true(gd_csv_write(gd_values_as(g, GD_BOOL, gd_shape(2), 0, 1), out) &&
                gd_csv_write(gd_values_as(g, GD_UINT8, gd_shape(2), 0, 255), out));
    assert_written("0\n255\n");
    assert_true(
        gd_csv_write(gd_zeros(g, GD_FLOAT32, gd_shape(0, 2)), out, .names = (const char *[]){ "a", "b", NULL }));
    assert_written("a,b\n");
    assert_fine(g);
}

static void names_are_quoted_where_they_must_be(void **state)
{
    static const char *const names[] = {
        "plain", "a,b", "say \"x\"", "", " spaced", "two\nlines", "\xc3\xa4;", NULL
    };
    (void)state;
    const char *out = in_folder("out.csv");
    assert_true(gd_csv_write(gd_arange(g, GD_FLOAT32, 7), out));
    assert_true(gd_csv_write(gd_reshape(gd_arange(g, GD_FLOAT32, 7), gd_shape(1, 7)), out, .names = names));
    assert_written("plain,\"a,b\",\"say \"\"x\"\"\",\"\",\" spaced\",\"two\nlines\",\xc3\xa4;\n0,1,2,3,4,5,6\n");
    assert_table(gd_csv_read(g, out), 1, 7, 0, 1, 2, 3, 4, 5, 6);
    assert_table(gd_csv_read(g, out, .columns = "plain, -1"), 1, 2, 0, 6);
}

/* What is written is read as the same bits. */
static void numbers_come_back_as_they_went(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        gd_dtype dtype = i ? GD_FLOAT64 : GD_FLOAT32;
        gd_tensor *x = gd_randn(g, dtype, gd_shape(200, 7));
        gd_tensor *t = gd_mul(x, gd_exp(gd_mul_scalar(gd_randn(g, dtype, gd_shape(200, 7)), 20)));
        assert_true(gd_csv_write(t, in_folder("out.csv")));
        assert_same_tensor(gd_csv_read(g, in_folder("out.csv"), .dtype = dtype), t);
    }
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
        IN_CONTEXT(rows_of_numbers_become_a_matrix),
        IN_CONTEXT(the_ends_of_lines_do_not_matter),
        IN_CONTEXT(numbers_may_stand_in_quotes),
        IN_CONTEXT(blocks_end_anywhere),
        IN_CONTEXT(names_are_told_from_numbers),
        IN_CONTEXT(separator_and_point_may_be_others),
        IN_CONTEXT(missing_numbers_become_nan_on_request),
        IN_CONTEXT(infinity_is_a_number),
        IN_CONTEXT(numbers_are_read_in_their_dtype),
        cmocka_unit_test_setup_teardown(no_locale_is_heeded, open_context, close_and_reset),
        IN_CONTEXT(a_compressed_table_is_read),
        IN_CONTEXT(columns_are_chosen_by_name_and_number),
        IN_CONTEXT(a_name_goes_before_a_number),
        IN_CONTEXT(columns_of_text_may_be_left_out),
        IN_CONTEXT(a_matrix_is_written_as_rows),
        IN_CONTEXT(names_are_quoted_where_they_must_be),
        IN_CONTEXT(numbers_come_back_as_they_went),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
