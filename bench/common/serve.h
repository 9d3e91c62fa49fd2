/* serve.h - how a program of the benchmarks is asked: a line "NAME COUNT" on its standard input has it do that work so
 * many times, and it answers with the seconds that took and a number that the work came to (a loss, an accuracy), or
 * with "none" where it can't do it. What the work needs beforehand is made at the first request, outside the
 * time. So the driver can have programs take turns without starting them anew. */
#ifndef GRADUS_BENCH_SERVE_H
#define GRADUS_BENCH_SERVE_H

#include <stddef.h>

typedef struct setting {
    const char *data; /* the folder of MNIST's files */
    int threads;
} setting;

typedef struct work {
    const char *name;
    void *(*begin)(const setting *s);          /* NULL: it can't be done here */
    double (*repeat)(void *state, long count); /* what is timed */
    void (*end)(void *state);
} work;

/* Answers requests until the input ends. Arguments: the folder of the data, the number of threads. The list ends with a work
 * that has no name. */
int serve(const work *works, int count, char **arguments);

#endif
