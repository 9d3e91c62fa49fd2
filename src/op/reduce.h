/* reduce.h - what the operations over axes share.
 *
 * Their attrs: integer[0] the axes as bits, integer[1] whether these stay, with size 1. */
#ifndef GRADUS_SRC_OP_REDUCE_H
#define GRADUS_SRC_OP_REDUCE_H

#include "op/op.h"

/* Runs one of them, after a look at the operand and the axes. */
gd_tensor *gd__reduce(gd__op_id id, gd_reduction args);

/* The shape that is left; integers and bool become int64. */
bool gd__infer_total(const gd__call *call, gd__meta *out);

/* The axes, or a list that can't be where the call's text has a number in their place. */
gd_dims gd__axes_written(gd_dims axes, const char *text);

/* How many elements make one of the result, 1 for none reduced; -1 with the error set, in the name of `function`. */
int64_t gd__reduced_count(const char *function, gd_tensor *x, gd_dims axes);

/* A tensor of the result's shape with the reduced axes back as sizes of 1, so that it broadcasts against x. */
gd_tensor *gd__against_x(const gd__vjp *v, gd_tensor *t);

#endif
