/* mutate.h - which mistakes can be made in a net, what they are called, and which of them the numbers can't tell apart. */
#ifndef GRADUS_TESTS_ZOO_MUTATE_H
#define GRADUS_TESTS_ZOO_MUTATE_H

#include "zoo/parts/nets.h"

enum { MOST_MUTATIONS = 1200, MOST_READINGS = 64 };

/* A set of gd_causes. */
typedef uint64_t causes;
#define CAUSE(c) ((causes)1 << (c))

/* Mistakes that together would make some gradient: each by the causes that it may be called. */
typedef struct reading {
    int count;
    causes cause[GD_MAX_MISTAKES];
} reading;

/* All single mistakes that can be made in the net. */
int catalogue(const net *n, uint64_t seed, mutation *to);

const char *mistake_name(mistake m);

/* What the mistake is: its first name, and all that mean the same there. */
gd_cause cause_of(const net *n, const mutation *m);
causes names_of(const net *n, const mutation *m);

/* What the constant factor may be called, by the sums and means of the net. */
reading scaled_reading(const net *n, double factor);

/* |a - b| by the larger one's largest entry; shapes that differ are INFINITY apart. */
double distance(const gradient *a, const gradient *b);

/* The factor c with a = c b, or 0 where there is none. */
double ratio_of(const gradient *a, const gradient *b);

#endif
