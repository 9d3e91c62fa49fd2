/* lanes.h - a program's forward part on all cores: each lane has a context of its own, over the same constants. */
#ifndef GRADUS_SRC_CHECK_LANES_H
#define GRADUS_SRC_CHECK_LANES_H

#include "check/numeric.h"
#include "check/program.h"

typedef struct gd__lane {
    gd_context *context;
    gd_tensor **env; /* by forward node: shared constants stay, the rest is of one evaluation */
} gd__lane;

typedef struct gd__lanes_of {
    const gd__program *p;
    int count;
    gd__lane *lane;
} gd__lanes_of;

/* Opens so many lanes; none where the program can't run in them (then count is 0). To be closed in any case. */
void gd__lanes_open(gd__lanes_of *l, const gd__program *p, int count);
void gd__lanes_close(gd__lanes_of *l);

/* The evaluation of an objective whose user is the lanes. */
bool gd__lanes_evaluate(void *user, int lane, double *const *x, double *y);

#endif
