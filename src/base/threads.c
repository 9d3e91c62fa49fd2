/* threads.c - one job at a time, its tasks claimed one by one.
 *
 * A claim is one number: which job it is, and how many of its tasks have been claimed. A thread takes a task by
 * raising the number; that fails when the job is over, so a thread that comes late, or never because the machine is
 * busy, holds nobody up. The caller waits for the tasks that others have claimed and for nothing else. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 256 };

/* Nanoseconds. What is worth sharing with threads that are awake. Waking some costs up to 40 microseconds, where a core
 * must be brought back from its own sleep: it waits until work of 20 times as much could have been shared. So long, and
 * no longer, threads stay awake without work: the steps of a training follow each other faster. */
static const double WORTH_SHARING = 10e3, WORTH_WAKING = 800e3;
enum { PATIENCE = 500000 };

/* Where other programs want the cores too, a thread loses its own in the middle of a task, and the caller waits for it longer than
 * it would have worked. What was lost so is paid for with that many times as much work that is not shared. The most
 * that is taken for one loss is a few turns of the system's: a program may have been stopped meanwhile. */
static const double PAYMENT = 40, WORST_LOSS = 20e6;

typedef struct gd__team gd__team;

typedef struct member {
    gd__team *team;
    pthread_t thread;
    int slot;
} member;

struct gd__team {
    _Atomic uint64_t claim; /* the job's number in the upper half, the claimed tasks in the lower one */
    _Atomic int64_t tasks, finished;
    _Atomic(gd__task *) task;
    _Atomic(void *) user;
    _Atomic bool closing;
    _Atomic int asleep;
    _Atomic bool caller_asleep;
    pthread_mutex_t mutex; /* of those that fall asleep */
    pthread_cond_t wake, finish;
    int64_t patience; /* nanoseconds that a member stays awake without work */
    int members;
    member member[];
};

/* ---- how many ---- */

static int available(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online < 1 ? 1 : online > MOST_THREADS ? MOST_THREADS : (int)online;
}

int gd__thread_count(int asked)
{
    int count = asked == 0 ? available() : asked;
    return count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : count;
}

int gd__slots(const gd_context *g)
{
    return g->threads;
}

int gd_threads(const gd_context *g)
{
    return g && !g->stand_in ? g->threads : 0;
}

/* ---- claiming and running tasks ---- */

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void wake_caller(gd__team *team)
{
    pthread_mutex_lock(&team->mutex);
    pthread_cond_signal(&team->finish);
    pthread_mutex_unlock(&team->mutex);
}

/* Runs one task of the job under way. False when all have been claimed. Where raising the claim succeeds, what was read
 * of the job belongs to it: `publish` closes the claim before it changes anything else. */
static bool run_one(gd__team *team, int slot)
{
    uint64_t claim = atomic_load(&team->claim);
    for (;;) {
        int64_t index = (int64_t)(claim & UINT32_MAX);
        if (index >= atomic_load(&team->tasks))
            return false;
        gd__task *task = atomic_load(&team->task);
        void *user = atomic_load(&team->user);
        if (!atomic_compare_exchange_weak(&team->claim, &claim, claim + 1))
            continue;
        task(user, index, slot);
        atomic_fetch_add(&team->finished, 1);
        if (atomic_load(&team->caller_asleep))
            wake_caller(team);
        return true;
    }
}

/* ---- the members ---- */

static bool has_news(gd__team *team, uint64_t seen)
{
    return atomic_load(&team->claim) >> 32 != seen || atomic_load(&team->closing);
}

static void sleep_until_news(gd__team *team, uint64_t seen)
{
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->asleep, 1);
    while (!has_news(team, seen))
        pthread_cond_wait(&team->wake, &team->mutex);
    atomic_fetch_sub(&team->asleep, 1);
    pthread_mutex_unlock(&team->mutex);
}

/* The clock is looked at now and then only; and then who else wants the core may have it, the caller above all. */
static void await_news(gd__team *team, uint64_t seen)
{
    enum { ROUNDS = 64 };
    int64_t end = now() + team->patience;
    while (!has_news(team, seen)) {
        for (int i = 0; i < ROUNDS && !has_news(team, seen); i++)
            pause_briefly();
        sched_yield();
        if (now() > end) {
            sleep_until_news(team, seen);
            return;
        }
    }
}

static void *member_main(void *user)
{
    member *self = user;
    gd__team *team = self->team;
    uint64_t seen = 0;
    while (!atomic_load(&team->closing)) {
        await_news(team, seen);
        seen = atomic_load(&team->claim) >> 32;
        while (run_one(team, self->slot)) {
        }
    }
    return NULL;
}

/* The user's signals are for the user's threads. */
static bool start_member(member *m)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&m->thread, NULL, member_main, m) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static size_t team_size(int threads)
{
    return sizeof(gd__team) + (size_t)(threads - 1) * sizeof(member);
}

/* The pool of threads, or NULL where none can be had: then the context works alone from here on. */
static gd__team *start(gd_context *g)
{
    gd__team *team = gd__pool_take(&g->pool, team_size(g->threads));
    if (team) {
        memset(team, 0, team_size(g->threads));
        pthread_mutex_init(&team->mutex, NULL);
        pthread_cond_init(&team->wake, NULL);
        pthread_cond_init(&team->finish, NULL);
        team->patience = g->threads <= available() ? PATIENCE : 0; /* threads without a core only hold others up */
        for (int i = 0; i < g->threads - 1; i++) {
            team->member[i] = (member){ .team = team, .slot = i + 1 };
            if (!start_member(&team->member[i]))
                break;
            team->members++;
        }
    }
    g->threads = team ? team->members + 1 : 1;
    return g->team = team;
}

void gd__threads_close(gd_context *g)
{
    gd__team *team = g->team;
    if (!team)
        return;
    pthread_mutex_lock(&team->mutex);
    atomic_store(&team->closing, true);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
    for (int i = 0; i < team->members; i++)
        pthread_join(team->member[i].thread, NULL);
    pthread_cond_destroy(&team->finish);
    pthread_cond_destroy(&team->wake);
    pthread_mutex_destroy(&team->mutex);
    g->team = NULL;
}

/* ---- the caller ---- */

static void publish(gd__team *team, int64_t tasks, gd__task *task, void *user)
{
    uint64_t job = atomic_load(&team->claim) >> 32;
    atomic_store(&team->claim, job << 32 | UINT32_MAX); /* closed: beyond any number of tasks */
    atomic_store(&team->task, task);
    atomic_store(&team->user, user);
    atomic_store(&team->finished, 0);
    atomic_store(&team->tasks, tasks);
    atomic_store(&team->claim, (job + 1) << 32);
}

static void wake_all(gd__team *team)
{
    if (atomic_load(&team->asleep) == 0)
        return;
    pthread_mutex_lock(&team->mutex);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
}

/* Tasks of about the same length end at about the same time. But a thread may have lost its core to another program. */
static void await_finish(gd__team *team, int64_t tasks)
{
    enum { ROUNDS = 2000 };
    for (int i = 0; i < ROUNDS && team->patience > 0; i++) {
        if (atomic_load(&team->finished) == tasks)
            return;
        pause_briefly();
    }
    pthread_mutex_lock(&team->mutex);
    atomic_store(&team->caller_asleep, true);
    while (atomic_load(&team->finished) < tasks)
        pthread_cond_wait(&team->finish, &team->mutex);
    atomic_store(&team->caller_asleep, false);
    pthread_mutex_unlock(&team->mutex);
}

/* All tasks would have taken the caller as long as those that it has run. One that has come to none can't say. */
static void count_loss(gd_context *g, int64_t tasks, int64_t own, int64_t worked, int64_t waited)
{
    if (own == 0)
        return;
    double loss = (double)(worked + waited) - (double)worked * (double)tasks / (double)own;
    if (loss > 0)
        g->owed = PAYMENT * (loss < WORST_LOSS ? loss : WORST_LOSS);
}

/* Are there threads to share it with? Work that is done without those that sleep counts towards waking them. */
static bool shares(gd_context *g, int64_t tasks, double nanoseconds)
{
    if (g->threads == 1 || g->in_parallel || tasks < 2 || tasks > INT32_MAX)
        return false;
    if (g->share_all)
        nanoseconds = WORTH_WAKING;
    if (nanoseconds < WORTH_SHARING)
        return false;
    if (g->owed > 0 && !g->share_all) {
        g->owed -= nanoseconds;
        return false;
    }
    if (g->team && atomic_load(&g->team->asleep) == 0)
        return true;
    g->unshared += nanoseconds;
    if (g->unshared < WORTH_WAKING)
        return false;
    g->unshared = 0;
    return (g->team || start(g)) && g->threads > 1;
}

void gd__parallel(gd_context *g, int64_t tasks, double nanoseconds, gd__task *task, void *user)
{
    if (!shares(g, tasks, nanoseconds)) {
        for (int64_t i = 0; i < tasks; i++)
            task(user, i, 0);
        return;
    }
    gd__team *team = g->team;
    g->in_parallel = true;
    publish(team, tasks, task, user);
    wake_all(team);
    int64_t own = 0, start = now();
    while (run_one(team, 0))
        own++;
    int64_t end = now();
    await_finish(team, tasks);
    count_loss(g, tasks, own, end - start, now() - end);
    g->in_parallel = false;
}
