/* numeric.h - slopes from numbers alone: central differences in float64 with the step chosen for each entry, and how far
 * each can be trusted. Knows nothing of tensors or gradients. */
#ifndef GRADUS_SRC_CHECK_NUMERIC_H
#define GRADUS_SRC_CHECK_NUMERIC_H

#include "base/context.h"

/* What is differentiated: F(x) = sum_k weight[k] y[k](x), over all entries of all inputs. */
typedef struct gd__objective {
    gd_context *context;
    void *user;
    int inputs;
    const int64_t *entries;  /* of each input, how many */
    double *const *point;    /* of each input, where: not written */
    int64_t outputs;
    const double *weight;
    /* Sets y[0 .. outputs - 1] at x, laid out as `point`. Lanes 0 .. lanes - 1 may be called at the same time, each from one
     * thread. False with the error set where it can't be computed; a result that is not finite is no error. */
    bool (*evaluate)(void *user, int lane, double *const *x, double *y);
    int lanes;
    double unit; /* the relative rounding of its arithmetic: 2^-53, or 2^-24 where it runs in float32 */
    void (*progress)(void *user, int64_t done, int64_t all); /* NULL: nobody wants to know */
} gd__objective;

typedef enum gd__slope_state {
    GD__SLOPE_SMOOTH, /* `value` +- `error` */
    GD__SLOPE_KINK,   /* both sides have a slope, and not the same: `left` and `right`; value is their mean */
    GD__SLOPE_UNSURE  /* noise, a jump, or numbers that are not finite: value and error are the best to be had */
} gd__slope_state;

typedef struct gd__slope {
    double value, error; /* error: an estimate that the true error rarely exceeds, rounding and truncation together */
    double left, right;  /* one-sided, of a kink */
    gd__slope_state state;
} gd__slope;

/* dF / d entry. False with the error set. */
bool gd__slope_at(const gd__objective *o, int input, int64_t entry, gd__slope *slope);

/* Of all entries of an input, in as many lanes as there are; slope has room for them. */
bool gd__slopes_of(const gd__objective *o, int input, gd__slope *slope);

/* dF(x + t direction) / dt at t = 0; direction is laid out as `point`. */
bool gd__slope_along(const gd__objective *o, double *const *direction, gd__slope *slope);

#endif
