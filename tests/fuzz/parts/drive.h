/* drive.h - runs random programs, each in the hands of a child process that may crash; a program that fails is made
 * shorter as long as it fails, and shown. */
#ifndef GRADUS_TESTS_FUZZ_DRIVE_H
#define GRADUS_TESTS_FUZZ_DRIVE_H

#include "fuzz/parts/world.h"

typedef struct drive_options {
    uint64_t seed;    /* of the first program; the next have the next */
    int64_t programs; /* how many at most; 0: as many as there is time for */
    double seconds;   /* for how long; 0: until all programs have run */
    bool verbose;     /* shows each program */
} drive_options;

/* Is there a row of the reference for each function of the list? Says which lack one. */
bool reference_is_complete(FILE *to);

/* True where all went well. What was done is added to *done. */
bool drive(drive_options options, tally *done, FILE *to);

/* Lines "what count", `before` put before each. */
void print_tally(const tally *t, FILE *to, const char *before);

#endif
