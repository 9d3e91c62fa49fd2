#include "common/serve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct running {
    const work *work;
    void *state;
} running;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void stop(running *r)
{
    if (r->state)
        r->work->end(r->state);
    *r = (running){ .work = NULL };
}

static const work *find(const work *works, const char *name)
{
    while (works->name && strcmp(works->name, name) != 0)
        works++;
    return works->name ? works : NULL;
}

/* One work is kept ready at a time, so that none takes another's memory. */
static void prepare(running *r, const work *works, const char *name, const setting *s)
{
    const work *wanted = find(works, name);
    if (r->work == wanted)
        return;
    stop(r);
    *r = (running){ wanted, wanted ? wanted->begin(s) : NULL };
}

static void answer(const running *r, long count)
{
    if (!r->state) {
        puts("none");
    } else {
        double start = now(), came_to = r->work->repeat(r->state, count), seconds = now() - start;
        printf("%.9f %.6g\n", seconds, came_to);
    }
    fflush(stdout);
}

int serve(const work *works, int count, char **arguments)
{
    setting s = { count > 1 ? arguments[1] : "data/mnist", count > 2 ? atoi(arguments[2]) : 1 };
    running r = { .work = NULL };
    char name[64];
    long times;
    while (scanf("%63s %ld", name, &times) == 2) {
        prepare(&r, works, name, &s);
        answer(&r, times);
    }
    stop(&r);
    return EXIT_SUCCESS;
}
