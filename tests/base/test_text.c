/* test_text.c - text as numbers and numbers as text, UTF-8, lists of names. */
#include "../io/support.h"

#include <inttypes.h>
#include <math.h>

#include "base/names.h"
#include "base/text.h"

static double number_of(const char *text)
{
    double value = 0.5;
    if (gd__read_number(text, '.', &value) != GD__IS_NUMBER)
        fail_msg("'%s' is not taken for a number", text);
    return value;
}

static void assert_bits(const char *text, double expected)
{
    double value = number_of(text);
    if (memcmp(&value, &expected, sizeof value) != 0)
        fail_msg("'%s' is %.17g, not %.17g", text, value, expected);
}

/* ---- text as numbers ---- */

static void numbers_are_rounded_to_the_nearest(void **state)
{
    /* clang-format off */
    static const char *const texts[] = {
        "0", "-0", "1", "-1.5", "+2.25", ".5", "5.", "00012.50", "1e3", "1E+3", "1e-3", "0.1", "0.3", "123456.789",
        "9007199254740993", "9007199254740992.5", "9007199254740993e0", "1e22", "1e23", "8.5e22", "1e-22", "3e-23",
        "4.9406564584124654e-324", "2.4703282292062328e-324", "2.4703282292062327e-324", "2.2250738585072011e-308",
        "1.7976931348623157e308", "179769313486231580793e288", "6.02214076e23", "1e-400", "0e999999999",
        "-0e-999999999", "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126", "0.000000000000000000000000000000000001",
        "100000000000000000000000000000000000", "12345678901234567890123456789012345678901234567890e-40",
    };
    /* clang-format on */
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_bits(texts[i], strtod(texts[i], NULL));
}

static void random_numbers_are_those_of_strtod(void **state)
{
    (void)state;
    uint32_t random = flip_seed();
    for (int round = 0; round < 200000; round++) {
        char text[80];
        int at = 0, digits = 1 + (int)(next_random(&random) % 30), point = (int)(next_random(&random) % 31);
        if (next_random(&random) % 2)
            text[at++] = '-';
        for (int i = 0; i < digits; i++) {
            if (i == point)
                text[at++] = '.';
            text[at++] = (char)('0' + next_random(&random) % 10);
        }
        snprintf(text + at, sizeof text - (size_t)at, "e%d", (int)(next_random(&random) % 640) - 330);
        double expected = strtod(text, NULL), value;
        gd__reading reading = gd__read_number(text, '.', &value);
        if (memcmp(&value, &expected, sizeof value) != 0)
            fail_msg("'%s' is %.17g, not %.17g", text, value, expected);
        assert_int_equal(reading, isinf(expected) ? GD__BEYOND_RANGE : GD__IS_NUMBER);
    }
}

/* Halfway between 1 and the next double, and then more digits than are kept. */
static void digits_far_behind_still_count(void **state)
{
    enum { ZEROS = 3000 };
    static const char half[] = "1.00000000000000011102230246251565404236316680908203125";
    static char text[sizeof half + ZEROS + 8];
    (void)state;
    strcpy(text, half);
    memset(text + strlen(half), '0', ZEROS);
    assert_bits(text, 1);
    strcat(text, "1");
    assert_bits(text, 1 + 0x1p-52);
    strcat(text, "e0");
    assert_bits(text, 1 + 0x1p-52);
    memset(text, '9', ZEROS);
    snprintf(text + ZEROS, 8, "e-2999");
    assert_bits(text, 10);
    memset(text, '0', ZEROS);
    text[0] = '.';
    snprintf(text + ZEROS, 8, "7e2999");
    assert_bits(text, 0.7);
}

static void what_is_no_number_is_none(void **state)
{
    static const char *const texts[] = { "",     " ",     "-",    "+",    ".",        "e5",       "1e",
                                         "1e+",  "1.2.3", "1 ",   " 1",   "1,5",      "0x10",     "1_000",
                                         "one",  "--1",   "+-1",  "nan",  "1e5.0",    "1f",       "inf.",
                                         "infi", "-",     "1e 5", "1\n2", "\xc2\xbd", "infinityy" };
    double value;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (gd__read_number(texts[i], '.', &value) != GD__NOT_A_NUMBER)
            fail_msg("'%s' is taken for a number", texts[i]);
    }
}

static void what_is_too_large_is_told(void **state)
{
    static const char *const texts[] = { "1e309", "-1e309", "1.7976931348623159e308", "1e999999999999999999999",
                                         "123456789e2000000000" };
    double value;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(gd__read_number(texts[i], '.', &value), GD__BEYOND_RANGE);
    assert_bits("1e-999999999999999999999", 0);
}

static void infinity_is_a_number(void **state)
{
    (void)state;
    assert_bits("inf", INFINITY);
    assert_bits("-Inf", -INFINITY);
    assert_bits("+INFINITY", INFINITY);
}

static void the_point_is_what_the_caller_says(void **state)
{
    double value = 0;
    (void)state;
    assert_int_equal(gd__read_number("1,5", ',', &value), GD__IS_NUMBER);
    assert_true(value == 1.5);
    assert_int_equal(gd__read_number("1.5", ',', &value), GD__NOT_A_NUMBER);
}

static void the_locale_says_nothing(void **state)
{
    char text[GD__NUMBER_SIZE];
    (void)state;
    use_decimal_comma();
    assert_bits("1.5", 1.5);
    assert_true(number_of("1.7976931348623157e308") == 0x1.fffffffffffffp1023); /* by way of strtod */
    assert_string_equal(gd__shortest_text(0.1, false, text), "0.1");
}

/* ---- numbers as text ---- */

static void the_shortest_text_gives_the_number_back(void **state)
{
    static const struct {
        double value;
        bool single;
        const char *text;
    } cases[] = { { 0.1, false, "0.1" },
                  { 0.1f, true, "0.1" },
                  { 0.1f, false, "0.10000000149011612" },
                  { 1.0 / 3, false, "0.3333333333333333" },
                  { 1.0f / 3, true, "0.33333334" },
                  { 16777217, false, "16777217" },
                  { 1e100, false, "1e+100" },
                  { 0x1.fffffffffffffp1023, false, "1.7976931348623157e+308" },
                  { 0x1.fffffep127f, true, "3.4028235e+38" },
                  { 0x1p-24, false, "5.960464477539063e-08" }, /* not the nearest with so many digits */
                  { 0x1p-96f, true, "1.2621775e-29" },
                  { 0x1p-1074, false, "5e-324" },
                  { 0x1p-149f, true, "1e-45" },
                  { 99999, true, "99999" },
                  { 1e6, true, "1e+06" },
                  { 1e14, false, "100000000000000" },
                  { 1e15, false, "1e+15" },
                  { 0.0001, false, "0.0001" },
                  { 0.00001, false, "1e-05" },
                  { -0.0, false, "-0" },
                  { NAN, false, "nan" },
                  { -INFINITY, true, "-inf" } };
    char text[GD__NUMBER_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(gd__shortest_text(cases[i].value, cases[i].single, text), cases[i].text);
    uint32_t random = flip_seed();
    for (int round = 0; round < 100000; round++) {
        uint64_t bits = (uint64_t)next_random(&random) << 32 | next_random(&random);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        assert_bits(gd__shortest_text(value, false, text), value);
        float single = (float)value;
        if (isfinite(single))
            assert_true((float)number_of(gd__shortest_text(single, true, text)) == single);
    }
}

/* ---- text ---- */

static void utf8_is_told_from_other_bytes(void **state)
{
    static const char *const good[] = { "", "abc", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x8c\xb7", "\xed\x9f\xbf" };
    static const char *const bad[] = { "\xe4",         "\xc0\xaf",         "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                       "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xff",         "a\x80",
                                       "\xc3",         "\xe2\x82" };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(gd__is_utf8(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(gd__is_utf8(bad[i]));
}

static void wide_characters_take_two_columns(void **state)
{
    (void)state;
    assert_int_equal(gd__columns(""), 0);
    assert_int_equal(gd__columns("abc"), 3);
    assert_int_equal(gd__columns("m\xc3\xb6hre"), 5);
    assert_int_equal(gd__columns("\xea\xb0\x80\xec\xa4\x91\xec\xb9\x98"), 6);
    assert_int_equal(gd__columns("\xe4\xb8\xad w"), 4);
    assert_int_equal(gd__columns("\xf0\xa0\x80\x80"), 2);
    assert_int_equal(gd__columns("\xff\xea"), 2);
}

static void words_are_the_same_in_any_case(void **state)
{
    (void)state;
    assert_true(gd__is_word("NaN", "nan") && gd__is_word("inf", "inf"));
    assert_false(gd__is_word("na", "nan") || gd__is_word("nano", "nan") || gd__is_word("", "nan"));
}

/* ---- names ---- */

static void names_are_found_where_they_were_put(void **state)
{
    char text[GD__NAMES_SIZE], name[24];
    gd__names names = { .name = NULL };
    (void)state;
    assert_string_equal(gd__names_text(&names, text), "none");
    assert_int_equal(gd__names_find(&names, "x"), -1);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "name\n%d", i);
        assert_true(gd__names_add(g, &names, name));
    }
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "name\n%d", i);
        assert_int_equal(gd__names_find(&names, name), i);
    }
    assert_null(names.name[1000]);
    assert_int_equal(gd__names_find(&names, "name"), -1);
    gd__names_text(&names, text);
    assert_non_null(strstr(text, "name?0, name?1, "));
    assert_non_null(strstr(text, " more"));
    gd__names copy = { .name = NULL };
    assert_true(gd__names_add_all(g, &copy, (const char *const *)names.name) && gd__names_add_all(g, &copy, NULL));
    assert_int_equal(copy.count, 1000);
    gd__names_free(g, &names);
    assert_int_equal(names.count, 0);
    gd__names_free(g, &copy);
    assert_fine(g);
}

static void of_equal_names_the_last_is_found(void **state)
{
    gd__names names = { .name = NULL };
    (void)state;
    assert_true(gd__names_add_all(g, &names, (const char *const[]){ "a", "b", "a", NULL }));
    assert_int_equal(gd__names_find(&names, "a"), 2);
    assert_int_equal(names.count, 3);
    gd__names_free(g, &names);
}

static bool add_names(gd_context *own, void *prepared)
{
    gd__names names = { .name = NULL };
    bool good =
        gd__names_add_all(own, &names, (const char *const[]){ "a", "b", "c", "d", "e", "f", "g", "h", "i", NULL });
    (void)prepared;
    for (int i = 0; i < names.count; i++)
        assert_int_equal(gd__names_find(&names, names.name[i]), i);
    gd__names_free(own, &names);
    return good;
}

static void survives_scarce_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, add_names) > 10);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_rounded_to_the_nearest),
        cmocka_unit_test(random_numbers_are_those_of_strtod),
        cmocka_unit_test(digits_far_behind_still_count),
        cmocka_unit_test(what_is_no_number_is_none),
        cmocka_unit_test(what_is_too_large_is_told),
        cmocka_unit_test(infinity_is_a_number),
        cmocka_unit_test(the_point_is_what_the_caller_says),
        cmocka_unit_test_setup_teardown(the_locale_says_nothing, NULL, reset_locale),
        cmocka_unit_test(the_shortest_text_gives_the_number_back),
        cmocka_unit_test(utf8_is_told_from_other_bytes),
        cmocka_unit_test(wide_characters_take_two_columns),
        cmocka_unit_test(words_are_the_same_in_any_case),
        IN_CONTEXT(names_are_found_where_they_were_put),
        IN_CONTEXT(of_equal_names_the_last_is_found),
        cmocka_unit_test(survives_scarce_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
