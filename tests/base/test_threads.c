/* test_threads.c - the pool: every task once, places of their own, several pools side by side, no thread to be had. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <gradus/gradus.h>

#include "base/threads.h"

static const double LARGE = 1e9, SMALL = 100;

static gd_context *open_with(int threads)
{
    return gd_open_with(&(gd_config){ .threads = threads });
}

static void rest(int microseconds)
{
    nanosleep(&(struct timespec){ .tv_nsec = microseconds * 1000 }, NULL);
}

static void no_error(gd_context *g)
{
    assert_string_equal(gd_message(g), "");
}

/* ---- how many ---- */

static void test_count(void **state)
{
    (void)state;
    static const int asked[] = { 1, 2, 3, 8 };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        gd_context *g = open_with(asked[i]);
        assert_int_equal(gd_threads(g), asked[i]);
        gd_close(g);
    }
    gd_context *g = gd_open();
    assert_true(gd_threads(g) >= 1 && gd_threads(g) <= sysconf(_SC_NPROCESSORS_CONF));
    gd_close(g);
    g = open_with(100000);
    assert_int_equal(gd_threads(g), 256);
    gd_close(g);
    assert_int_equal(gd_threads(NULL), 0);
}

static void test_negative(void **state)
{
    (void)state;
    gd_context *g = open_with(-1);
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_VALUE);
    assert_string_equal(gd_first_error(g)->op, "gd_open_with");
    gd_clear(g);
    assert_int_equal(gd_threads(g), 1);
    assert_true(gd_item(gd_add(gd_scalar(g, GD_FLOAT32, 1), gd_scalar(g, GD_FLOAT32, 2))) == 3);
    gd_close(g);
}

/* ---- tasks ---- */

enum { TASKS = 1000 };

typedef struct tally {
    gd_context *g;
    int slots;
    atomic_int runs[TASKS], in_slot[256], wrong;
    pthread_t caller;
    atomic_int others; /* tasks that another thread than the caller ran */
    int pause;         /* microseconds */
} tally;

static void count_task(void *user, int64_t index, int slot)
{
    tally *t = user;
    bool good = index >= 0 && index < TASKS && slot >= 0 && slot < t->slots &&
                (slot == 0) == (pthread_equal(pthread_self(), t->caller) != 0);
    if (!good || atomic_fetch_add(&t->in_slot[slot], 1) != 0) {
        atomic_fetch_add(&t->wrong, 1);
        return;
    }
    atomic_fetch_add(&t->runs[index], 1);
    if (slot != 0)
        atomic_fetch_add(&t->others, 1);
    if (t->pause)
        rest(t->pause);
    atomic_fetch_sub(&t->in_slot[slot], 1);
}

static void check_tally(tally *t, int64_t tasks, double nanoseconds)
{
    memset(t->runs, 0, sizeof t->runs);
    t->slots = gd__slots(t->g);
    t->caller = pthread_self();
    gd__parallel(t->g, tasks, nanoseconds, count_task, t);
    assert_int_equal(atomic_load(&t->wrong), 0);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(atomic_load(&t->runs[i]), i < tasks);
}

static void test_every_task_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 8; threads++) {
        tally t = { .g = open_with(threads) };
        for (int64_t tasks = 0; tasks <= 20; tasks++)
            check_tally(&t, tasks, LARGE);
        for (int round = 0; round < 200; round++)
            check_tally(&t, TASKS, LARGE);
        no_error(t.g);
        gd_close(t.g);
    }
}

/* With pauses in between, so that the threads fall asleep and are woken. */
static void test_sleepers(void **state)
{
    (void)state;
    tally t = { .g = open_with(3) };
    for (int round = 0; round < 20; round++) {
        check_tally(&t, 50, LARGE);
        rest(round % 2 ? 100 : 2000);
    }
    gd_close(t.g);
}

static void test_others_help(void **state)
{
    (void)state;
    tally t = { .g = open_with(4), .pause = 1000 };
    check_tally(&t, 200, LARGE);
    assert_true(atomic_load(&t.others) > 0);
    gd_close(t.g);
}

static void test_small_work_stays(void **state)
{
    (void)state;
    tally t = { .g = open_with(4), .pause = 10 };
    check_tally(&t, 100, SMALL);
    assert_int_equal(atomic_load(&t.others), 0);
    assert_null(t.g->team); /* no thread was started for it */
    gd_close(t.g);
}

/* ---- a thread that loses its core ---- */

typedef struct held_up {
    atomic_int others; /* tasks that another thread than the caller has begun */
    int pause;         /* milliseconds, of these */
} held_up;

/* The caller's task lasts until another thread has one, too: two seconds at most. */
static void hold_up(void *user, int64_t index, int slot)
{
    held_up *h = user;
    (void)index;
    if (slot != 0) {
        atomic_fetch_add(&h->others, 1);
        for (int i = 0; i < h->pause * 10; i++)
            rest(100);
        return;
    }
    for (int i = 0; i < 20000 && atomic_load(&h->others) == 0; i++)
        rest(100);
}

static void count_others(void *user, int64_t index, int slot)
{
    (void)index;
    atomic_fetch_add((atomic_int *)user, slot != 0);
}

/* Where others are slow, so much work is done alone that the loss is small beside it; then it is shared again. */
static void test_loss_is_paid_for(void **state)
{
    (void)state;
    gd_context *g = open_with(2);
    held_up h = { .pause = 200 };
    gd__parallel(g, 2, LARGE, hold_up, &h);
    assert_int_equal(atomic_load(&h.others), 1);
    assert_true(g->owed >= 100e6 && g->owed <= LARGE);
    double owed = g->owed;
    atomic_int others = 0;
    for (int part = 0; part < 4; part++)
        gd__parallel(g, TASKS, owed / 4, count_others, &others);
    assert_int_equal(atomic_load(&others), 0);
    assert_true(g->owed <= 0);
    h = (held_up){ .pause = 0 };
    gd__parallel(g, 2, LARGE, hold_up, &h);
    assert_int_equal(atomic_load(&h.others), 1);
    gd_close(g);
}

/* ---- tasks that have tasks ---- */

typedef struct outer_work {
    gd_context *g;
    atomic_int inner_runs, wrong;
} outer_work;

static void inner_task(void *user, int64_t index, int slot)
{
    outer_work *w = user;
    (void)index;
    atomic_fetch_add(&w->inner_runs, 1);
    atomic_fetch_add(&w->wrong, slot != 0);
}

static void outer_task(void *user, int64_t index, int slot)
{
    outer_work *w = user;
    (void)index;
    (void)slot;
    gd__parallel(w->g, 10, LARGE, inner_task, w);
}

static void test_nested(void **state)
{
    (void)state;
    outer_work w = { .g = open_with(4) };
    gd__parallel(w.g, 100, LARGE, outer_task, &w);
    assert_int_equal(atomic_load(&w.inner_runs), 1000);
    assert_int_equal(atomic_load(&w.wrong), 0);
    gd_close(w.g);
}

/* ---- several pools ---- */

static void *use_own_pool(void *user)
{
    atomic_int *bad = user;
    tally *t = calloc(1, sizeof *t);
    t->g = open_with(3);
    t->slots = 3;
    t->caller = pthread_self();
    for (int round = 0; round < 50; round++)
        gd__parallel(t->g, TASKS, LARGE, count_task, t);
    for (int i = 0; i < TASKS; i++)
        atomic_fetch_add(bad, atomic_load(&t->runs[i]) != 50);
    atomic_fetch_add(bad, atomic_load(&t->wrong));
    gd_close(t->g);
    free(t);
    return NULL;
}

static void test_pools_side_by_side(void **state)
{
    (void)state;
    pthread_t user[4];
    atomic_int bad = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&user[i], NULL, use_own_pool, &bad), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(user[i], NULL);
    assert_int_equal(atomic_load(&bad), 0);
}

/* ---- want ---- */

static void *refuse(void *user, void *block, size_t old_size, size_t new_size)
{
    const bool *refusing = user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return *refusing ? NULL : realloc(block, new_size);
}

/* Without memory for the pool the caller works alone, and that is no error. */
static void test_no_memory(void **state)
{
    (void)state;
    bool refusing = false;
    tally t = { .g = gd_open_with(&(gd_config){ .allocator = { refuse, &refusing }, .threads = 256 }) };
    refusing = true;
    check_tally(&t, TASKS, LARGE);
    no_error(t.g);
    refusing = false;
    check_tally(&t, TASKS, LARGE);
    gd_close(t.g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count),           cmocka_unit_test(test_negative),
        cmocka_unit_test(test_every_task_once), cmocka_unit_test(test_sleepers),
        cmocka_unit_test(test_others_help),     cmocka_unit_test(test_small_work_stays),
        cmocka_unit_test(test_nested),          cmocka_unit_test(test_pools_side_by_side),
        cmocka_unit_test(test_no_memory),       cmocka_unit_test(test_loss_is_paid_for),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
