/* work.h - one gradient check under way, and its stages: gradients, numbers, why. */
#ifndef GRADUS_SRC_CHECK_WORK_H
#define GRADUS_SRC_CHECK_WORK_H

#include <time.h>

#include "check/check.h"
#include "check/compare.h"
#include "check/search.h"
#include "check/subject.h"

/* The progress that is shown. */
typedef struct gd__bar {
    FILE *to;
    struct timespec start;
    bool drawn;
    int full; /* how long it is */
} gd__bar;

/* All of one check under way. */
typedef struct gd__work {
    gd_context *g;
    const gd_gradcheck_options *o;
    gd_check *check;
    gd__subject s;
    gd_tensor *dy;
    bool by_hand;             /* the gradients were handed over */
    int count;
    int64_t *entries;
    double **point, **before; /* by item: where; an earlier point */
    bool has_before;
    double **claimed, **again; /* by item: the gradients; those of a second run */
    gd_dims *shape;           /* of what is claimed */
    int64_t *numbers;         /* how many are claimed, -1: none */
    bool *narrow;             /* claimed as float32 */
    bool refused;             /* the tape had no gradients to give, since something was written over: its error is in `why` */
    gd_error why;
    gd__slope **slope;
    char *mark;
    gd__bar *bar;
    gd__program program;
    bool has_program;         /* it is there, and makes the numbers that were measured */
    double **right;           /* by item: the program's gradients */
} gd__work;

/* Up to so many entries all slopes are measured one by one. */
enum { GD__FULL = 4096 };

/* Blocks by item, of so many bytes an entry; are they all there? */
void *gd__blocks(gd__work *w, size_t size);
void gd__free_blocks(gd__work *w, void *list, size_t size);
bool gd__has_blocks(const gd__work *w, void *list);

/* Puts parameters back to the point: the program looks at their numbers. */
bool gd__place_work(gd__work *w);

/* The stages; all are false with the error set. First an earlier point, and what is claimed (claim.c). */
bool gd__take_before(gd__work *w);
bool gd__visit_before(gd__work *w);
bool gd__take_gradients(gd__work *w);

/* Then the program (tell.c): with what users' operations show of their inside, or with what they make alone. Errors of the
 * attempt are none of the check. One that does not make the numbers that were measured is told anew, or dropped. */
bool gd__try_program(gd__work *w, bool believes);
bool gd__confirm_program(gd__work *w);

/* Then the slopes, and how the claims compare (judge.c). A function that gives other numbers at the same point has none. */
bool gd__ask_twice(gd__work *w, bool *same);
void gd__give_up(gd__work *w);
bool gd__compare_all(gd__work *w);
double gd__seconds_since(const struct timespec *start);
void gd__draw_bar(gd__bar *b, const char *what, int64_t done, int64_t all);

/* Last, what is wrong (why.c): of what disagrees; of two runs that differ; of what a user's function did to its operands; of
 * what agrees only as near as float32 comes. */
bool gd__is_wrong(const gd__work *w);
bool gd__explain(gd__work *w);
void gd__judge_history(gd__work *w);
void gd__look_at_conduct(gd__work *w);
bool gd__look_for_rounding(gd__work *w);

/* Of gradient i, where nothing is said of it yet, or where it is a user's function that works element by element: what can be told
 * without looking into the function (blind.c). False with the error set. */
bool gd__explain_blindly(gd__work *w, int i);

static inline gd_check_input *gd__input_of(gd__work *w, int i)
{
    return &w->check->input[i];
}

/* Is claim i of its tensor's shape? */
bool gd__has_right_shape(const gd__work *w, int i);

/* What makes a claimed gradient of the right one, number by number: the one is the other times a value, or over one, or one
 * value stands where another is meant (ratio.c). c: the factor that is left. */
typedef struct gd__ratio_found {
    gd_cause cause;
    char what[128];
    double c, cost;
} gd__ratio_found;
bool gd__explain_ratio(const gd__work *w, int i, gd__ratio_found *found);

#endif
