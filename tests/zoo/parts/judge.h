/* judge.h - what the check said of a case, and whether that is right; and counts of it. */
#ifndef GRADUS_TESTS_ZOO_JUDGE_H
#define GRADUS_TESTS_ZOO_JUDGE_H

#include "zoo/parts/bench.h"

typedef enum outcome {
    SAID_RIGHT,   /* a correct one is called right */
    NAMED_FIRST,  /* every wrong gradient has the mistake in its first explanation */
    NAMED,        /* among its explanations */
    MISNAMED,     /* called wrong, without the cause */
    MISSED,       /* not noticed */
    FALSE_ALARM,  /* a right gradient is called wrong */
    NOT_COMPARED, /* unsure or failed */
    OUTCOMES
} outcome;
const char *outcome_name(outcome o);

typedef struct judgement {
    outcome outcome;
    bool to_the_letter; /* named first, and by the very name of what was put in */
    bool missed_all;    /* no gradient of the case was called wrong */
    gd_cause meant;     /* of a single mistake, at its first wrong gradient */
    gd_cause named;     /* what that was called first */
    char why[320];
} judgement;

/* Checks the case in a context of its own. The check's text goes to `to`, where that is not NULL. */
judgement judge_case(const zoo_case *c, FILE *to);

typedef struct tally {
    int64_t cases[3], by_outcome[3][OUTCOMES], letter[3]; /* by the number of mistakes */
    int64_t meant[GD_CAUSE_COUNT], named_first[GD_CAUSE_COUNT], named[GD_CAUSE_COUNT], missed[GD_CAUSE_COUNT],
        letters[GD_CAUSE_COUNT];
    int64_t confused[GD_CAUSE_COUNT][GD_CAUSE_COUNT]; /* meant, named first */
    int64_t form[FORMS], form_good[FORMS];
} tally;
void count_case(tally *t, const zoo_case *c, const judgement *j);
void print_tally(const tally *t, FILE *to);

#endif
