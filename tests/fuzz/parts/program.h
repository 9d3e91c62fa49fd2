/* program.h - random programs: lists of steps that can be kept, shown as C, and run again without some of them.
 *
 * A program holds no pointer, so that it can lie in memory that a crashing process shares with the one that watches it.
 * A step names what it works on by the step that made it; where that step is gone, it does nothing. */
#ifndef GRADUS_TESTS_FUZZ_PROGRAM_H
#define GRADUS_TESTS_FUZZ_PROGRAM_H

#include <stdio.h>

#include "fuzz/parts/reference.h"

enum { MOST_STEPS = 80, MOST_RESULTS = 4, MOST_SLOTS = MOST_STEPS * MOST_RESULTS };

/* A tensor that an earlier step made: its slot, step * MOST_RESULTS + which; or one of these. */
enum { NO_TENSOR = -1, ERROR_TENSOR = -2, FOREIGN_TENSOR = -3 };

/* Argument of a step. */
typedef struct drawn {
    gd_argument_kind kind;
    int slot; /* a tensor */
    int count, listed[MOST_LISTED];
    double real;
    int64_t whole;
    gd_dims dims;
} drawn;

typedef struct step {
    bool dropped;
    int verb; /* a function of the list, or gd_function_count() + one of the fuzzer's own verbs */
    int count;
    drawn argument[MOST_ARGUMENTS];
} step;

typedef struct program {
    uint64_t seed;
    int64_t refuse; /* the allocation that is refused, counted from 0; -1: none */
    char isa[16];   /* "" for the best */
    int count;
    step step[MOST_STEPS];
} program;

/* The seed of numbers of the kind that a step names. */
typedef enum flavour {
    SMALL_INTEGERS, /* -3 .. 3: ties and zeros */
    REALS_AROUND_0, /* normal, without two equal ones */
    PROBABILITIES,  /* in (0, 1) */
    ANY_SIZE,       /* many magnitudes */
    SPECIALS,       /* NaN, infinities, zeros of both signs, the smallest and largest */
    LABELS,         /* 0 .. the last four bits of the seed */
    FLAVOURS
} flavour;
void numbers_of(flavour f, uint64_t seed, gd_dtype dtype, int64_t count, number *to);

/* ---- random numbers ---- */

typedef struct dice {
    uint64_t state;
} dice;
uint64_t roll(dice *d);
int64_t below(dice *d, int64_t n);               /* 0 .. n - 1 */
int64_t between(dice *d, int64_t a, int64_t b);  /* both included */
bool chance(dice *d, int percent);

/* ---- text ---- */

/* Writes the step as a line of C. */
void print_step(const program *p, int at, FILE *to);
void print_program(const program *p, FILE *to);

#endif
