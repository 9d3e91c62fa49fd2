/* test_no_threads.c - the system gives no threads: this program's pthread_create stands before the
 * C library's. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <gradus/gradus.h>

#include "base/threads.h"

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *user)
{
    (void)thread;
    (void)attributes;
    (void)start;
    (void)user;
    return EAGAIN;
}

static void count_task(void *user, int64_t index, int slot)
{
    atomic_int *runs = user;
    if (slot == 0)
        atomic_fetch_add(&runs[index], 1);
}

static void test_alone(void **state)
{
    (void)state;
    gd_context *g = gd_open_with(&(gd_config){ .threads = 8 });
    atomic_int runs[100] = { 0 };
    assert_int_equal(gd_threads(g), 8);
    for (int round = 1; round <= 3; round++) {
        gd__parallel(g, 100, 1e9, count_task, runs);
        for (int i = 0; i < 100; i++)
            assert_int_equal(atomic_load(&runs[i]), round);
    }
    assert_int_equal(gd_threads(g), 1);
    assert_false(gd_failed(g));
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_alone) };
    return cmocka_run_group_tests_name("no threads", tests, NULL, NULL);
}
