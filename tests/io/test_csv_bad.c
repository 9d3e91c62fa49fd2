/* test_csv_bad.c - tables that are refused and what is said of them, hostile files, calls that are wrong, scarce
 * memory. */
#include "../io/support.h"

#include "gradus/gradus.h"
#include "io/csv.h"

static const char *put_text(const char *text)
{
    const char *path = in_folder("table.csv");
    put_bytes(path, text, strlen(text));
    return path;
}

/* Nothing may be left behind of what was read. */
static void assert_refused(gd_status status, const char *part, gd_csv_options options)
{
    size_t in_use = gd_memory_used(g).in_use;
    assert_true(gd__is_error(gd_csv_read_with(options)));
    assert_error(g, status, part);
    assert_int_equal(gd_memory_used(g).in_use, in_use);
}

#define assert_malformed(text, part, ...)                                                                            \
    assert_refused(GD_ERROR_FORMAT, part, (gd_csv_options){ g, put_text(text), __VA_ARGS__ })
#define assert_value_error(text, part, ...)                                                                          \
    assert_refused(GD_ERROR_VALUE, part, (gd_csv_options){ g, put_text(text), __VA_ARGS__ })

/* ---- what is said ---- */

static void the_place_of_a_bad_field_is_named(void **state)
{
    (void)state;
    assert_malformed("a,b\n1,2\n\n3,four\n", "table.csv': line 4, column 1 ('b'): 'four' is no number", .na = NULL);
    assert_malformed("1,2\n3,4 5\n", "line 2, column 1: '4 5' is no number", .na = NULL);
    assert_malformed("\"x\ny\",b\n1,2\n\"p\nq\",3\n", "line 4, column 0 ('x?y'): 'p?q' is no number", .na = NULL);
    assert_malformed("1;2\n3;4\n", "'1;2' is no number. Leave columns of text out", .header = GD_CSV_NO_NAMES);
    assert_malformed("1,5\n", "'1,5' is no number", .separator = ';', .header = GD_CSV_NO_NAMES);
    assert_malformed("1;1.000,5\n", "'1.000,5' is no number", .separator = ';', .decimal = ',');
    assert_malformed("x\x1b[2J,1\n1,x\x1b[2J\n", "'x?[2J' is no number", .header = GD_CSV_NAMES);
}

static void a_missing_number_is_an_error(void **state)
{
    (void)state;
    assert_malformed("a,b\n1,2\n3,\n", "line 3, column 1 ('b'): '' stands where a number is expected. Set .missing",
                     .na = NULL);
    assert_malformed("1,2\nNA,2\n", "line 2, column 0: 'NA' stands where", .na = NULL);
    assert_malformed("1,2\nNaN,2\n", "'NaN' stands where", .na = NULL);
    assert_malformed("1,2\n?,2\n", "'?' stands where", .na = "?");
    assert_malformed("1,2\n?,2\n", "'?' is no number", .missing = true);
}

static void numbers_beyond_the_range_are_errors(void **state)
{
    (void)state;
    assert_malformed("1,1e39\n", "line 1, column 1: '1e39' is beyond the range of float32. Read it with .dtype",
                     .na = NULL);
    assert_malformed("1,-3.5e38\n", "'-3.5e38' is beyond the range of float32", .na = NULL);
    assert_malformed("1,1e309\n", "'1e309' is beyond the range of float64", .dtype = GD_FLOAT64);
}

static void rows_have_as_many_fields_as_the_first(void **state)
{
    (void)state;
    assert_malformed("1,2\n3\n", "line 2: the row has 1 fields, and the first row has 2", .na = NULL);
    assert_malformed("a,b\n1,2\n3,4,5\n", "line 3: the row has 3 fields, and the first row has 2", .na = NULL);
    assert_malformed("1,2\n3,4,\n", "line 2: the row has 3 fields", .na = NULL);
}

static void a_table_has_rows(void **state)
{
    (void)state;
    assert_malformed("", "it has no row. ", .na = NULL);
    assert_malformed("\n\r\n  \n", "it has no row. ", .na = NULL);
    assert_malformed("\xef\xbb\xbf", "it has no row. ", .na = NULL);
    assert_malformed("a,b\n", "it has no row behind the names", .na = NULL);
    assert_malformed("a,b", "it has no row behind the names", .na = NULL);
}

static void quotes_are_closed(void **state)
{
    (void)state;
    assert_malformed("1,2\n3,\"4\n5,6\n", "line 2: a quote is opened and not closed", .na = NULL);
    assert_malformed("\"", "line 1: a quote is opened and not closed", .na = NULL);
    assert_malformed("1,\"2\"3\n", "line 1: text follows a closing quote", .na = NULL);
    assert_malformed("1,\"2\"\"\n", "line 1: a quote is opened and not closed", .na = NULL);
    assert_malformed("1,2\"\n", "'2\"' is no number", .na = NULL);
}

static void what_is_no_text_is_refused(void **state)
{
    static const char utf16[] = "\xff\xfe"
                                "1\0,\0"
                                "2\0\n",
                      middle[] = "1,2\n3,\0"
                                 "4\n",
                      in_quotes[] = "1,\"2\0\"";
    gd_csv_options table = { g, put_text(""), .na = NULL };
    (void)state;
    put_bytes(in_folder("table.csv"), utf16, sizeof utf16);
    assert_refused(GD_ERROR_FORMAT, "line 1: there is a NUL byte, which no text has; UTF-16 would", table);
    put_bytes(in_folder("table.csv"), middle, sizeof middle - 1);
    assert_refused(GD_ERROR_FORMAT, "line 2: there is a NUL byte", table);
    put_bytes(in_folder("table.csv"), in_quotes, sizeof in_quotes - 1);
    assert_refused(GD_ERROR_FORMAT, "NUL byte", table);
    assert_malformed("a,\xe4\n1,2\n", "line 1, column 1", .na = NULL);
    assert_malformed("a,\xe4\n1,2\n", "is not UTF-8. Save the table as text in UTF-8", .na = NULL);
}

static void columns_must_be_there(void **state)
{
    static const char text[] = "a,b,a\n1,2,3\n";
    (void)state;
    assert_value_error(text, "has no column 'c' (.columns); it has: a, b, a. Name a column", .columns = "b,c");
    assert_value_error(text, "2 columns are named 'a' (.columns)", .columns = "a");
    assert_value_error(text, "has no column '3' (.ignore)", .ignore = "3");
    assert_value_error(text, "has no column '-4'", .ignore = "-4");
    assert_value_error(text, "has no column '' (.columns)", .columns = "");
    assert_value_error(text, "has no column '' (.columns)", .columns = "b,");
    assert_value_error(text, "has no column '-'", .columns = "-");
    assert_value_error(text, "has no column '99999999999999999999'", .columns = "99999999999999999999");
    assert_value_error("1,2\n", "has no column 'a' (.columns); it has 2, without names", .columns = "a");
    assert_value_error(text, "no column of", .ignore = "0,1,2");
    assert_value_error(text, "is left, of the 3 that it has", .columns = "b", .ignore = "b");
}

/* ---- options and calls ---- */

static void options_are_checked(void **state)
{
    static const char text[] = "1,2\n";
    (void)state;
    assert_value_error(text, "the separator is '.'", .separator = '.');
    assert_value_error(text, "the separator is '\"'", .separator = '"');
    assert_value_error(text, "the separator is 'e'", .separator = 'e');
    assert_value_error(text, "the separator is", .separator = '\n');
    assert_value_error(text, "the separator is", .separator = (char)0xe4);
    assert_value_error(text, "the decimal point is ',', the separator ','", .decimal = ',');
    assert_value_error(text, "the decimal point is ';'", .decimal = ';');
    assert_value_error(text, "7 says nothing about the first row", .header = (gd_csv_header)7);
    assert_value_error(text, "gd_dataset_csv takes targets", .target = "0");
    assert_value_error(text, "gd_dataset_csv takes targets", .as = GD_CSV_NUMBERS);
    assert_value_error(text, "gd_dataset_csv takes targets", .classes = (const char *[]){ NULL });
    assert_true(gd__is_error(gd_csv_read(g, put_text(text), .dtype = GD_INT64)));
    assert_error(g, GD_ERROR_DTYPE, "gd_csv_read: a table is not read as int64");
    assert_true(gd__is_error(gd_csv_read(g, put_text(text), .dtype = (gd_dtype)99)));
    assert_error(g, GD_ERROR_DTYPE, "a table is not read as");
}

static void paths_must_lead_to_files(void **state)
{
    (void)state;
    assert_refused(GD_ERROR_FILE, "there is no such file", (gd_csv_options){ g, in_folder("missing"), .na = NULL });
    assert_refused(GD_ERROR_FILE, "is a folder", (gd_csv_options){ g, folder, .na = NULL });
    assert_refused(GD_ERROR_NULL, "gd_csv_read: the path is NULL", (gd_csv_options){ g, NULL, .na = NULL });
    assert_true(gd__is_error(gd_csv_read(NULL, "x")));
}

static void writing_is_checked(void **state)
{
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(2, 2));
    const char *out = in_folder("not-written.csv");
    (void)state;
    assert_false(gd_csv_write(gd_zeros(g, GD_FLOAT32, gd_shape()), out));
    assert_error(g, GD_ERROR_SHAPE, "gd_csv_write: a table has one dimension or two, not float32 ()");
    assert_false(gd_csv_write(gd_zeros(g, GD_FLOAT32, gd_shape(1, 1, 1)), out));
    assert_error(g, GD_ERROR_SHAPE, "not float32 (1, 1, 1)");
    assert_false(gd_csv_write(t, out, .names = (const char *[]){ "a", NULL }));
    assert_error(g, GD_ERROR_VALUE, "1 names for 2 columns");
    assert_false(gd_csv_write(t, out, .separator = '.'));
    assert_error(g, GD_ERROR_VALUE, "the separator is '.'");
    assert_false(gd_csv_write(t, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_csv_write: the path is NULL");
    assert_false(gd_csv_write(t, folder));
    assert_error(g, GD_ERROR_FILE, "it is a folder");
    assert_false(gd_csv_write(NULL, out));
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_csv_write(t, out));
    gd_clear(g);
    assert_int_equal(access(out, F_OK), -1);
}

/* ---- hostile files ---- */

/* A quote that is never closed does not swallow more than a row may have. */
static void a_row_has_an_end(void **state)
{
    (void)state;
    FILE *file = fopen(in_folder("long.csv"), "wb");
    assert_non_null(file);
    fputs("1,2\n3,\"", file);
    for (int i = 0; i < 3 * (GD__CSV_ROW_MOST / 8 / 2); i++)
        fputs("aaaaaaa\n", file);
    fclose(file);
    assert_true(gd__is_error(gd_csv_read(g, in_folder("long.csv"))));
    assert_error(g, GD_ERROR_FORMAT, "the row is longer than 16 MiB. Look for a quote that is not closed");
    assert_true(gd_memory_used(g).peak < (size_t)4 * GD__CSV_ROW_MOST);
    remove(in_folder("long.csv"));
}

static void many_columns_and_empty_fields_are_read(void **state)
{
    enum { COLUMNS = 20000 };
    static char text[COLUMNS + 1];
    (void)state;
    memset(text, ',', COLUMNS - 1);
    text[COLUMNS - 1] = '\n';
    gd_tensor *t = gd_csv_read(g, put_text(text), .header = GD_CSV_NO_NAMES, .missing = true);
    assert_fine(g);
    assert_shape(t, gd_shape(1, COLUMNS));
}

static bool read_table(gd_context *own, const char *path)
{
    return gd__alive(gd_csv_read(own, path, .missing = true));
}

static void write_sample(void)
{
    put_text("\xef\xbb\xbf"
             "a,\"b \"\"x\"\"\",c\r\n1,-2.5,3e4\r\n\"7\",,NA\r\n\r\n0.1,\"2\",inf\r\n");
}

static void survives_changed_bytes(void **state)
{
    (void)state;
    write_sample();
    survives_flips(read_table, in_folder("table.csv"), 5000);
}

/* Parts cut out, put elsewhere, doubled, and bytes that mean something put in. */
static void survives_changed_structure(void **state)
{
    static const char meaning[] = "\",\n\r;\t .-+eE0\\\0\xff\xef";
    enum { ROUNDS = 5000, MOST = 400 };
    uint32_t random = flip_seed();
    size_t size;
    int accepted = 0;
    (void)state;
    write_sample();
    unsigned char *bytes = get_bytes(in_folder("table.csv"), &size), changed[MOST];
    for (int round = 0; round < ROUNDS; round++) {
        size_t length = 0;
        while (length < MOST - 100 && next_random(&random) % 4) {
            size_t from = next_random(&random) % size, count = next_random(&random) % (size - from + 1);
            memcpy(changed + length, bytes + from, count);
            length += count;
            if (next_random(&random) % 2)
                changed[length++] = (unsigned char)meaning[next_random(&random) % (sizeof meaning - 1)];
        }
        put_bytes(in_folder("changed.csv"), changed, length);
        accepted += try_reading(read_table, in_folder("changed.csv"));
    }
    print_message("%d of %d changed tables were read all the same\n", accepted, ROUNDS);
    assert_in_range(accepted, 1, ROUNDS - 1);
    free(bytes);
}

/* ---- scarce memory ---- */

static bool read_sample(gd_context *own, void *prepared)
{
    (void)prepared;
    return gd__alive(gd_csv_read(own, in_folder("table.csv"), .missing = true, .columns = "c,a", .ignore = "a"));
}

static bool write_table(gd_context *own, void *prepared)
{
    return gd_csv_write(gd_zeros(own, GD_FLOAT32, gd_shape(2, 3)), in_folder("out.csv")) && prepared == NULL;
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    write_sample();
    assert_true(until_memory_suffices(NULL, read_sample) > 8);
    assert_true(until_memory_suffices(NULL, write_table) > 1);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_place_of_a_bad_field_is_named),
        IN_CONTEXT(a_missing_number_is_an_error),
        IN_CONTEXT(numbers_beyond_the_range_are_errors),
        IN_CONTEXT(rows_have_as_many_fields_as_the_first),
        IN_CONTEXT(a_table_has_rows),
        IN_CONTEXT(quotes_are_closed),
        IN_CONTEXT(what_is_no_text_is_refused),
        IN_CONTEXT(columns_must_be_there),
        IN_CONTEXT(options_are_checked),
        IN_CONTEXT(paths_must_lead_to_files),
        IN_CONTEXT(writing_is_checked),
        IN_CONTEXT(a_row_has_an_end),
        IN_CONTEXT(many_columns_and_empty_fields_are_read),
        cmocka_unit_test(survives_changed_bytes),
        cmocka_unit_test(survives_changed_structure),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
