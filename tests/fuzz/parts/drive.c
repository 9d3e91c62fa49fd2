/* drive.c - programs in child processes. */
#include "fuzz/parts/drive.h"

#include "fuzz/parts/generate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a child leaves behind, crashed or not. */
typedef struct shared {
    tally tally;
    program program;
    char complaint[COMPLAINT_SIZE];
} shared;

enum { GOOD = 0, BAD = 1, MOST_SECONDS = 120 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool reference_is_complete(FILE *to)
{
    bool complete = true;
    for (int i = 0; i < gd_function_count(); i++) {
        const char *name = gd_function_at(i)->name;
        if (reference_of(name))
            continue;
        fprintf(to, "gd_%s has no row in tests/fuzz/parts/reference_*.c\n", name);
        complete = false;
    }
    return complete;
}

/* ---- what a child does ---- */

/* True where library and reference agreed. */
static bool make_and_run(uint64_t seed, shared *s)
{
    world w;
    taste t = begin_program(&s->program, seed);
    dice d = { seed ^ 0x5851f42d4c957f2du };
    if (world_open(&w, &s->program, &s->tally, s->complaint))
        while (!w.bad && s->program.count < t.length)
            next_step(&w, &d, &t);
    world_close(&w);
    return !w.bad;
}

static bool run_again(shared *s)
{
    world w;
    if (world_open(&w, &s->program, &s->tally, s->complaint))
        for (int i = 0; i < s->program.count && !w.bad; i++)
            if (!s->program.step[i].dropped)
                run_step(&w, i);
    world_close(&w);
    return !w.bad;
}

/* In a child: programs until one fails, or time or number is up. Never returns. */
static void run_many(shared *s, const drive_options *o, double end)
{
    for (int64_t k = 0; (o->programs == 0 || k < o->programs) && (o->seconds == 0 || now() < end); k++) {
        alarm(MOST_SECONDS);
        bool good = make_and_run(o->seed + (uint64_t)k, s);
        if (o->verbose)
            print_program(&s->program, stdout);
        if (!good)
            _exit(BAD);
    }
    fflush(stdout);
    _exit(GOOD);
}

static void be_quiet(void)
{
    int nowhere = open("/dev/null", O_WRONLY);
    if (nowhere < 0)
        return;
    dup2(nowhere, STDERR_FILENO);
    close(nowhere);
}

/* ---- what its parent does ---- */

static int wait_for(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

/* Does the program still fail? As a crash, or with a complaint. */
static bool still_fails(shared *s, bool quiet)
{
    s->complaint[0] = '\0';
    pid_t child = fork();
    if (child == 0) {
        alarm(MOST_SECONDS);
        if (quiet)
            be_quiet();
        _exit(run_again(s) ? GOOD : BAD);
    }
    return child > 0 && wait_for(child) != GOOD;
}

/* Leaves out steps, many at once and then fewer, as long as the program fails without them. */
static void shrink(shared *s)
{
    program *p = &s->program;
    for (int width = p->count / 2; width > 0; width /= 2)
        for (int again = 1; again > 0;) {
            again = 0;
            for (int from = p->count - width; from > -width; from -= width) {
                program before = *p;
                int dropped = 0;
                for (int i = from < 0 ? 0 : from; i < from + width; i++) {
                    dropped += !p->step[i].dropped;
                    p->step[i].dropped = true;
                }
                if (dropped > 0 && still_fails(s, true))
                    again = width == 1;
                else
                    *p = before;
            }
        }
}

static void explain(shared *s, int status, FILE *to)
{
    uint64_t seed = s->program.seed;
    fprintf(to, "FAILED: seed %llu: %s%s\n", (unsigned long long)seed,
            WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : s->complaint[0] ? s->complaint : "it ended by itself", "");
    bool again = still_fails(s, true);
    if (again)
        shrink(s);
    fprintf(to, again ? "The shortest program that fails:\n" : "It does not fail a second time:\n");
    print_program(&s->program, to);
    fflush(to);
    if (still_fails(s, false))
        fprintf(to, "    // %s\n", s->complaint[0] ? s->complaint : "a crash");
    fprintf(to, "Again, whole: fuzz --seed %llu --programs 1 --verbose\n", (unsigned long long)seed);
}

bool drive(drive_options options, tally *done, FILE *to)
{
    double end = now() + options.seconds;
    FILE *file = tmpfile();
    shared *s = file && ftruncate(fileno(file), sizeof *s) == 0
                    ? mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0)
                    : MAP_FAILED;
    if (s == MAP_FAILED)
        return false;
    s->tally = *done;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_many(s, &options, end);
    int status = child > 0 ? wait_for(child) : -1;
    *done = s->tally;
    if (status != GOOD)
        explain(s, status, to);
    munmap(s, sizeof *s);
    fclose(file);
    return status == GOOD;
}

static void print_count(FILE *to, const char *before, const char *what, int64_t count)
{
    fprintf(to, "%s%-44s %14lld\n", before, what, (long long)count);
}

void print_tally(const tally *t, FILE *to, const char *before)
{
    int covered = 0;
    for (int i = 0; i < gd_function_count(); i++)
        covered += t->by_function[i][0] > 0;
    print_count(to, before, "programs", t->programs);
    print_count(to, before, "programs with refused allocations", t->refused);
    print_count(to, before, "steps", t->steps);
    print_count(to, before, "calls of functions of the list", t->calls);
    print_count(to, before, "of these with an error", t->errors);
    print_count(to, before, "numbers compared", t->numbers);
    print_count(to, before, "gradients compared with differences", t->gradients);
    print_count(to, before, "second gradients compared", t->seconds);
    print_count(to, before, "gradients left out, not smooth or large", t->skipped);
    print_count(to, before, "functions with results", covered);
    print_count(to, before, "functions of the list", gd_function_count());
}
