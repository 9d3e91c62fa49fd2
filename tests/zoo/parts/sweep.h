/* sweep.h - right gradients alone: every operation of the library, functions made of them, layers; in both dtypes, at kinks,
 * ties, large and tiny numbers. None may be called wrong. */
#ifndef GRADUS_TESTS_ZOO_SWEEP_H
#define GRADUS_TESTS_ZOO_SWEEP_H

#include <stdio.h>

#include "zoo/parts/nets.h"

typedef struct sweep {
    int64_t checks, right, unsure, failed, wrong;
} sweep;

/* Checks all; what is not right is printed to `to`, with the check's own text where `loud`. */
void sweep_all(sweep *s, uint64_t seed, bool loud, FILE *to);

#endif
