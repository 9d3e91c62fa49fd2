/* compare.h - a claimed gradient against its numbers: which entries are off, how far, and where they lie. */
#ifndef GRADUS_SRC_CHECK_COMPARE_H
#define GRADUS_SRC_CHECK_COMPARE_H

#include "gradus/check.h"

#include "check/numeric.h"

/* How far apart is still right. */
typedef struct gd__tolerance {
    double relative, absolute, of_largest; /* of_largest: times the largest number of the gradient */
} gd__tolerance;

/* Fills what a check says of the entries: counts, worst, kinks, pattern. mark has room for a byte an entry. */
void gd__compare(const double *claimed, const gd__slope *slope, gd_dims shape, int64_t count, gd__tolerance t, char *mark,
                 gd_check_input *to);

/* Where the marked entries lie, in words. */
void gd__write_pattern(const char *mark, gd_dims shape, int64_t count, int64_t marked, char *text, size_t size);

/* The place of an entry that is counted in row-major order. */
gd_dims gd__place_of(gd_dims shape, int64_t number);

#endif
