/* window.h - the slope as a few steps of a line show it, each about half of the one before. */
#ifndef GRADUS_SRC_CHECK_WINDOW_H
#define GRADUS_SRC_CHECK_WINDOW_H

#include "check/line.h"

typedef enum gd__side { GD__BOTH, GD__RIGHT, GD__LEFT } gd__side;

typedef struct gd__window {
    int start;               /* the exponent of its largest step */
    bool finite;             /* are all values that it looked at? */
    bool changed;            /* did any output differ? */
    double value, error;     /* of the slope */
    double noise;            /* what of the error is rounding */
    double jump, jump_error; /* of the difference between right and left slope */
    double jump_floor;       /* what of that is rounding */
    double first;            /* the larger quotient of the two sides at the largest step */
    double bend;             /* the difference of both sides' quotients at the smallest step */
} gd__window;

/* With a relative error below this nothing is looked for any more. */
static const double gd__good = 1e-9;

/* How far the rounding noise of the values (one standard deviation, over h) reaches in an extrapolated slope, and in the
 * difference of the sides: three of their standard deviations. */
static const double gd__noise_in_slope = 3, gd__noise_in_jump = 16;

/* Looks at the steps from this exponent on. False with the error set. */
bool gd__look(gd__line *l, gd__side from, int start, gd__window *w);

/* Rounding dominates: smaller steps would only make it worse. */
bool gd__noisy(const gd__window *w);

/* Do both sides have a slope, and not the same? */
bool gd__kinked(const gd__window *w);

/* Is it known that no kink hides in the window that could matter? Not more than this share of the difference between both
 * sides' quotients may be one. */
bool gd__free_of_hidden_kinks(const gd__window *w, double share);

/* Is the slope known with this relative error? */
bool gd__within(const gd__window *w, double relative);

#endif
