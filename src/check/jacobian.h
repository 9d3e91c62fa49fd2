/* jacobian.h - what can be learnt by differences of a function that can't be seen into. */
#ifndef GRADUS_SRC_CHECK_JACOBIAN_H
#define GRADUS_SRC_CHECK_JACOBIAN_H

#include "check/recognise.h"

/* d y / d x[operand], (m, entries of x) for a y of m entries; the error tensor where it can't be had. */
gd_tensor *gd__jacobian(gd__opaque *function, void *user, gd_tensors x, int operand, int64_t m);

/* The diagonal alone, where nothing lies beside it: the function works element by element. */
gd_tensor *gd__as_diagonal(gd_tensor *J);

/* The operand a little nearer to 0, where the function is at home as well; not by the same share everywhere. */
gd_tensor *gd__nearer(gd_tensor *x);

/* The one factor between two lists of numbers; 0 where there is none. */
double gd__common_factor(gd_tensor *over, gd_tensor *under);

/* A factor that is one over a count, and a target of zeros and ones, without the rounding of differences. */
double gd__settled(double factor);
gd_tensor *gd__settled_target(gd_tensor *target);

/* A loss whose gradient is scale (f(x) - target), with a target that it keeps to itself; f is x itself (curve 0), its
 * sigmoid (1) or its softmax (2). */
typedef struct gd__hidden {
    int curve;
    double scale;
    gd_tensor *target;
} gd__hidden;

/* Is the function such a loss of this operand? */
bool gd__find_target(gd__opaque *function, void *user, gd_tensors x, int operand, gd__hidden *h);

/* Is the function, but for something that it adds, factor f(x), or the sum of that over all entries, with a factor that it
 * keeps to itself? f is an operation of the list. */
bool gd__find_curve(gd__opaque *function, void *user, gd_tensors x, int operand, int64_t m, gd__op_id *f, gd_tensor **factor);

/* That loss in elementary steps, equal to y. */
gd_tensor *gd__tell_loss(const gd__hidden *h, gd_tensor *x, gd_tensor *y);

#endif
