/* affine.h - a loss of x W + b, behind an activation perhaps, against a target that it keeps to itself. */
#ifndef GRADUS_SRC_CHECK_AFFINE_H
#define GRADUS_SRC_CHECK_AFFINE_H

#include "check/recognise.h"

/* What was found of it. */
typedef struct gd__affine_loss {
    int x, W, b;        /* which operands these are; b -1: none */
    bool turned;        /* W is (out, in) */
    bool squares;       /* the gradient at z is scale f'(z) (f(z) - target), else scale (f(z) - target) */
    gd__op_id f;        /* an activation; GD__OP_clone: z itself */
    double scale;
    gd_tensor *target;
} gd__affine_loss;

/* Is the function, of scalar result, such a loss of these operands? Asked one row at a time: the others are held. */
bool gd__find_affine_loss(gd__opaque *function, void *user, gd_tensors x, gd__affine_loss *l);

/* That loss in elementary steps, equal to y. */
gd_tensor *gd__tell_affine_loss(const gd__affine_loss *l, gd_tensors x, gd_tensor *y);

#endif
