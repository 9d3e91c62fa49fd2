/* search.h - which mistakes, put into the right computation, make the gradients that were claimed. */
#ifndef GRADUS_SRC_CHECK_SEARCH_H
#define GRADUS_SRC_CHECK_SEARCH_H

#include "check/finish.h"
#include "check/mutant.h"

/* A gradient that is claimed, beside what is known of the right one. */
typedef struct gd__claim {
    gd__numbers numbers; /* count -1: none was given */
    bool wrong;
    bool ignored;        /* it may be whatever it is: another mistake is in it */
    bool shaped;         /* in the shape of its tensor */
    double tolerance;    /* relative: how near an explanation must come */
} gd__claim;

/* What happened, for all gradients together. */
typedef struct gd__hypothesis {
    int mutants;
    gd__mutant mutant[GD_MAX_MISTAKES];
    uint64_t affects[GD_MAX_MISTAKES]; /* by mutant: bit i for gradient i */
    uint64_t partly[GD_MAX_MISTAKES];  /* alone it does more to that gradient than to multiply it */
    uint64_t affected, matched;
    double cost;
    gd__finish *finish;                /* by gradient */
} gd__hypothesis;

enum { GD__MOST_FOUND = 24 };

/* The mistakes that explain all that is wrong, the likeliest first. */
typedef struct gd__search {
    const gd__program *p;
    const gd__claim *claim; /* by input */
    gd_tensor *const *earlier; /* values of the forward part at an earlier point; NULL */
    bool by_rules;          /* the gradients come from the library's own rules: only what the user wrote can be wrong */
    gd__sizes sizes;
    gd__mutants list;       /* what is tried; what was found points into it */
    gd__hypothesis *found;
    int count, capacity;
    double *right, *expected, *work; /* room for the largest gradient; right: all, one behind the other */
    double *before;         /* as `right`, of the earlier point; NULL where it is not known */
    int64_t *start;
    int64_t room, total;
    gd_tensor **env;
    uint64_t wrong;
    void *watcher;
    void (*progress)(void *watcher, int64_t done, int64_t all); /* of trials; NULL: nobody wants to know */
} gd__search;

/* Where a factor may come from: what was averaged, what was summed, and all other sizes (sizes.c). */
void gd__gather_sizes(const gd__program *p, gd__sizes *s);

/* False with the error set. To be closed in any case. */
bool gd__search_open(gd__search *s, const gd__program *p, const gd__claim *claim, gd_tensor *const *earlier, bool by_rules);
bool gd__search_run(gd__search *s);
void gd__search_close(gd__search *s);

/* What the best of them say of gradient i, ready to be shown. */
void gd__search_explain(const gd__search *s, int input, gd_check_input *to);

/* Sets what would tell an explanation from the first. */
void gd__tell_apart(gd_explanation *e, const gd_explanation *first);

/* Is the claimed gradient, which is right, what the same computation gives with something rounded to float32? */
bool gd__search_rounding(gd__search *s, int input, gd_mistake *mistake);

#endif
