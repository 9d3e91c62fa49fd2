/* finish.h - what may have happened to a gradient after it was computed: a factor, a transposition, a shift. */
#ifndef GRADUS_SRC_CHECK_FINISH_H
#define GRADUS_SRC_CHECK_FINISH_H

#include "gradus/check.h"

#include "tensor/tensor.h"

/* Numbers in a shape. */
typedef struct gd__numbers {
    gd_dims shape;
    int64_t count;
    const double *at;
} gd__numbers;

/* Sizes that factors may come from. */
enum { GD__MAX_SIZES = 48 };
typedef struct gd__sizes {
    int means, sums, products, others;
    double mean[GD__MAX_SIZES], sum[GD__MAX_SIZES]; /* what was averaged; summed */
    double product[GD__MAX_SIZES], other[GD__MAX_SIZES]; /* what products and means sum over; all else */
} gd__sizes;

/* One thing that happened: the expected gradient, put into another order (or partly lost), times c. */
typedef struct gd__finish {
    gd_cause order;  /* GD_CAUSE_UNKNOWN: as it is */
    char order_text[96];
    gd_cause before; /* GD_CAUSE_ACCUMULATED: with the earlier gradient added; GD_CAUSE_STALE: it is that; else none */
    double c;
    double cost;     /* of both together */
    double misfit;   /* what is left open */
} gd__finish;

/* |a - b| / |a|, 0 where both are nothing. */
double gd__misfit(const double *a, const double *b, int64_t count, double c);

/* The c with which c b is nearest to a. */
double gd__best_factor(const double *a, const double *b, int64_t count);

/* Does something simple make `claimed` of `expected`, within the tolerance? With `orders` other orders are tried too.
 * work has room for as many numbers as expected. */
bool gd__finish_fits(gd__numbers claimed, gd__numbers expected, const gd__sizes *sizes, double tolerance, bool orders,
                     double *work, gd__finish *finish);

/* The mistakes that multiply a gradient by c, each alternative a list; how many alternatives. */
enum { GD__FACTOR_ALTERNATIVES = 4 };
typedef struct gd__factor {
    int causes;
    gd_cause cause[2];
    double factor[2];
    double cost;
} gd__factor;
int gd__factor_causes(double c, const gd__sizes *sizes, int64_t entries, gd__factor *alternatives);

#endif
