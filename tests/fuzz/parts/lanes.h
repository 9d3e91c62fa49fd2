/* lanes.h - a value as lanes: the elements that a reduction brings together, one lane for each element of its result. */
#ifndef GRADUS_TESTS_FUZZ_LANES_H
#define GRADUS_TESTS_FUZZ_LANES_H

#include "fuzz/parts/reference.h"

typedef struct lanes {
    int64_t count, length;
    int64_t *from; /* from[lane * length + k]: the element of the value, in row-major order */
} lanes;

/* Which dimensions an argument names: all for an empty list. False, with the fault, for what is no list of them. */
bool axes_of(question *q, const value *x, gd_dims axes, bool *reduced);
bool axis_of(question *q, const value *x, int64_t dim, bool *reduced);

/* The shape without the reduced dimensions, or with 1 in their place. */
gd_dims reduced_shape(const value *x, const bool *reduced, bool keepdim);

lanes lanes_of(question *q, const value *x, const bool *reduced);

/* The numbers of one lane, as that dtype; the memory is the question's. */
number *lane_of(question *q, const value *x, const lanes *all, int64_t lane, gd_dtype dtype);

/* One number from those of a lane. *slack: how far the library's may lie from it. */
typedef number fold(const number *x, int64_t n, gd_dtype dtype, number *slack);

/* The lanes of x, read as `dtype`, folded into a result of dtype `to`. */
void folded(question *q, const value *x, const bool *reduced, bool keepdim, gd_dtype dtype, gd_dtype to, fold *f);

/* Folds that others are made of. */
number sum_fold(const number *x, int64_t n, gd_dtype dtype, number *slack);
number mean_fold(const number *x, int64_t n, gd_dtype dtype, number *slack);

/* Makes the result of log_softmax. */
void log_softmax_along(question *q, const value *x, int64_t dim);

#endif
