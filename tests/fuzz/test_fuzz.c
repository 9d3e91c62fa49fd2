/* test_fuzz.c - random programs against a slow reference, from GD_TEST_SEED: as many as GD_FUZZ_SECONDS allow. Without it the same
 * programs each time, so that a change alone makes the test fail, and no more than 20 seconds. `make soak` looks for new
 * ones for an hour. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fuzz/parts/drive.h"

static uint64_t test_seed(void)
{
    const char *given = getenv("GD_TEST_SEED");
    return given ? strtoull(given, NULL, 10) : 20261122;
}

/* The list can't outgrow the reference. */
static void test_reference_is_complete(void **state)
{
    (void)state;
    assert_true(reference_is_complete(stderr));
}

static void test_random_programs(void **state)
{
    (void)state;
    static tally done;
    const char *given = getenv("GD_FUZZ_SECONDS");
    drive_options options = { .seed = test_seed(), .seconds = given ? strtod(given, NULL) : 20 };
    options.programs = given ? 0 : 100000;
    printf("# GD_TEST_SEED=%llu\n", (unsigned long long)test_seed());
    bool good = drive(options, &done, stdout);
    print_tally(&done, stdout, "# ");
    assert_true(good);
    assert_true(done.programs > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_is_complete),
        cmocka_unit_test(test_random_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
