/* recognise.h - finding the operations of the library that make the same numbers as a function whose inside can't be
 * seen: an operation of the user's own, written in plain C. */
#ifndef GRADUS_SRC_CHECK_RECOGNISE_H
#define GRADUS_SRC_CHECK_RECOGNISE_H

#include "op/op.h"

enum { GD__RECIPE_STEPS = 16 };

/* A computation from operands: values 0 .. count - 1 are the operands, value count + i is what step i makes, and the last
 * step makes the result. */
typedef struct gd__recipe {
    int count, steps;
    struct {
        gd__op_id op;
        int count, in[GD__MAX_INPUTS];
        gd__attrs attrs;
    } step[GD__RECIPE_STEPS];
} gd__recipe;

/* A function of tensors that can be asked at other points; NULL or an error tensor where it can't be computed there. */
typedef gd_tensor *gd__opaque(void *user, gd_tensors x);

/* Finds the simplest recipe that agrees with the function, within `tolerance` relative to the largest number, at x and at
 * some points around it that the function takes. False, without an error, where none is known. */
bool gd__recognise(gd__opaque *function, void *user, gd_tensors x, double tolerance, gd__recipe *recipe);

/* What the recipe makes of x; the error tensor where it can't be. */
gd_tensor *gd__follow(const gd__recipe *recipe, gd_tensors x);

#endif
