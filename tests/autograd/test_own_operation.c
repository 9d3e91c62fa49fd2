/* test_own_operation.c - examples/own_operation.c, compiled in here as it stands: it finds its own gradients right, and
 * its network learns. */
#include "../io/support.h"

#include "gradus/gradus.h"

/* Its names are its own affair. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#define main example_main
#include "../../examples/own_operation.c"
#undef main
#pragma GCC diagnostic pop

/* The number behind these words. */
static double number_after(const char *text, const char *words)
{
    const char *at = strstr(text, words);
    if (!at)
        fail_msg("\"%s\" is not in the output: %s", words, text);
    return strtod(at + strlen(words), NULL);
}

static void it_is_right_and_learns(void **state)
{
    size_t size;
    const char *path = in_folder("output");
    (void)state;
    int kept = divert(stdout, path), status = example_main();
    restore(stdout, kept);
    assert_int_equal(status, 0);
    char *text = (char *)get_bytes(path, &size);
    text[size] = '\0';
    assert_non_null(strstr(text, "Both gradients are right"));
    const char *first = strstr(text, "step    0"), *last = strstr(text, "step 1000");
    assert_true(first && last);
    assert_true(number_after(first, "error ") > 0.1);
    assert_true(number_after(last, "error ") < 0.002);
    assert_true(fabs(number_after(last, "beta ") - 1) > 0.05); /* beta is learnt too */
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_right_and_learns, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
