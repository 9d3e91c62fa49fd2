/* test_zoo.c - a part of the bug zoo in every build: the generator is right, nothing right is called wrong, no mistake
 * passes, and its cause is named. `make zoo` runs all of it. GD_ZOO_CASES says how many, GD_ZOO_SEED from which seed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "zoo/parts/judge.h"
#include "zoo/parts/sweep.h"

#if defined(__SANITIZE_ADDRESS__)
enum { CASES = 300 };
#else
enum { CASES = 1000 };
#endif

static int64_t number_from(const char *name, int64_t otherwise)
{
    const char *given = getenv(name);
    return given ? strtoll(given, NULL, 10) : otherwise;
}

/* Cases all over one seed's. */
static int64_t nth_case(int64_t i, int64_t count)
{
    int64_t all = cases_in_seed(), seed = number_from("GD_ZOO_SEED", 1);
    return seed * all + (count < all ? i * all / count : i);
}

/* What is written by hand here agrees with the library, mistakes and all. */
static void test_generator(void **state)
{
    static zoo_case c;
    static bench b;
    (void)state;
    int64_t count = number_from("GD_ZOO_CASES", CASES);
    for (int64_t i = 0; i < count; i++) {
        make_case(nth_case(i, count), &c);
        gd_context *g = gd_open();
        start_bench(&b, g, &c);
        bool overwrites = c.form == OVERWRITING_FORWARD || c.form == OVERWRITING_BACKWARD;
        double off = self_distance(&b), most = c.single ? 2e-3 : c.form == CAST ? 1e-5 : 1e-6;
        if (gd_failed(g) || (off > most && !overwrites))
            fail_msg("case %lld: %s: %g off, %s", (long long)c.number, c.name, off, gd_message(g));
        gd_close(g);
    }
}

static void test_causes_are_named(void **state)
{
    static zoo_case c;
    static tally t;
    (void)state;
    int64_t count = number_from("GD_ZOO_CASES", CASES), failures[OUTCOMES] = { 0 }, mistaken = 0;
    for (int64_t i = 0; i < count; i++) {
        make_case(nth_case(i, count), &c);
        judgement j = judge_case(&c, NULL);
        count_case(&t, &c, &j);
        failures[j.outcome]++;
        mistaken += j.outcome != SAID_RIGHT;
        if (j.outcome > NAMED_FIRST)
            print_message("# case %lld: %s: %s: %s\n", (long long)c.number, c.name, outcome_name(j.outcome), j.why);
    }
    assert_int_equal(failures[FALSE_ALARM], 0);
    assert_int_equal(failures[MISSED], 0);
    assert_int_equal(failures[NOT_COMPARED], 0);
    assert_true(failures[SAID_RIGHT] > 0);
    assert_true((double)failures[NAMED_FIRST] >= 0.95 * (double)mistaken);
}

/* Every operation, functions made of them, layers; in float32, at kinks and ties, large and tiny. */
static void test_no_false_alarm(void **state)
{
    sweep s = { 0 };
    (void)state;
    sweep_all(&s, (uint64_t)number_from("GD_ZOO_SEED", 1), true, stdout);
    assert_true(s.checks > 300);
    assert_int_equal(s.wrong, 0);
    assert_int_equal(s.failed, 0);
    assert_true((double)s.right >= 0.97 * (double)s.checks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generator),
        cmocka_unit_test(test_causes_are_named),
        cmocka_unit_test(test_no_false_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
