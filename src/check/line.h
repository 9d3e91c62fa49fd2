/* line.h - an objective along a line through the point: pairs of values at equal distances to both sides, and how much of
 * them is rounding. */
#ifndef GRADUS_SRC_CHECK_LINE_H
#define GRADUS_SRC_CHECK_LINE_H

#include "check/numeric.h"

/* What is known at the point itself. Read by all lanes. */
typedef struct gd__base {
    double *y;          /* there */
    double *noise;      /* of each output, as it goes into F: |weight| times the rounding noise */
    double correlation; /* the noise of F is this times that of independent outputs: at least 1 */
    double all;         /* the noise of F if the outputs' add up */
    double magnitude;   /* sum |weight y| */
    double unit_scale;  /* a power of two near 1 / magnitude: squares must not overflow */
    bool finite;        /* are all outputs that count? */
} gd__base;

/* Of one step to the next smaller. Near 2 and no ratio of small numbers: of steps in step with a periodic function, one would
 * not see it, but not three. */
static const double gd__ratio = 1.9318516525781366;

/* F(x + h) - F(x) and F(x - h) - F(x). */
typedef struct gd__pair {
    int exponent; /* h is the line's step times gd__ratio^exponent, but for rounding */
    double h, forward, backward;
    double noise; /* of either: one standard deviation, from what is known of the point */
    bool changed; /* did any output differ? */
} gd__pair;

enum { GD__PAIRS = 64 };

typedef struct gd__line {
    const gd__objective *o;
    const gd__base *base;
    int lane;
    double **x;               /* a copy of the point, of this lane's own */
    double *y;                /* room for the outputs */
    double *const *direction; /* NULL: along one entry */
    int input;
    int64_t entry;
    double unit;  /* the relative rounding of the arithmetic: the objective's, until the grain shows a coarser */
    double scale; /* a step that matters: the usual magnitude of x */
    double step;  /* where the search begins */
    double least; /* smaller steps drown in the rounding of x */
    double
        grain; /* the least difference that the values seen so far could make, the largest that they made, and how */
    double widest,
        size;  /* large they were: differences of a few grains, or of large ones, are jumps and no rounding */
    int pairs; /* how many were evaluated; the last GD__PAIRS are remembered */
    gd__pair pair[GD__PAIRS];
} gd__line;

/* What float32 rounds to. */
static const double gd__float_unit = 0x1p-24;

/* Points the line along an entry whose input has entries of that magnitude. */
void gd__line_along_entry(gd__line *l, int input, int64_t entry, double usual);
void gd__line_along(gd__line *l, double *const *direction, double scale);

/* What rounding makes of the values of a pair. */
double gd__noise_of_pair(const gd__line *l, const gd__pair *p);

/* A step near h > 0 that x + h and x - h really make, also where they are rounded to that unit on the way. */
double gd__representable(double unit, double x, double h);

/* Begins anew, as for float32, where the values seen are that coarse although nobody said so. True where it did. */
bool gd__line_coarsen(gd__line *l);

/* The step of an exponent. */
double gd__line_step(const gd__line *l, int exponent);

/* The pair at that step, remembered if it was asked for before. NULL with the error set. */
const gd__pair *gd__line_pair(gd__line *l, int exponent);

/* Fills base from o at its point; x is a copy of the point and is put back. The noise is measured on a tiny grid to one side
 * along `direction` (an input that is NULL there stays), in steps of that length. False with the error set. */
bool gd__measure_base(const gd__objective *o, double **x, double *const *direction, double step, gd__base *base);

/* The step of that grid, relative to x: far more than its rounding, and small enough for a bend not to be taken for noise. */
double gd__grid_step(const gd__objective *o);

void gd__copy_point(const gd__objective *o, double **x);

#endif
