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
    const int64_t *entries; /* of each input, how many */
    double *const *point;   /* of each input, where: not written */
    int64_t outputs;
    const double *weight;
    /* Sets y[0 .. outputs - 1] at x, laid out as `point`. Lanes 0 .. lanes - 1 may be called at the same time, each from one
     * thread. False with the error set where it can't be computed; a result that is not finite is no error. */
    bool (*evaluate)(void *user, int lane, double *const *x, double *y);
    int lanes;
    double unit; /* the relative rounding of its arithmetic: 2^-53, or 2^-24 where it runs in float32 */
    void *watcher;
    void (*progress)(void *watcher, int64_t done, int64_t all); /* NULL: nobody wants to know */
} gd__objective;

typedef enum gd__slope_state {
    GD__SLOPE_SMOOTH, /* `value` +- `error`; also at the edge of where F is finite, from the side where it is */
    GD__SLOPE_KINK,   /* both sides have a slope, and not the same: `left` and `right`; value is their mean */
    GD__SLOPE_UNSURE  /* noise (value +- error holds, but error is large), a jump, a pole, an edge with a vertical tangent, or
                         F is not finite at the point (value NaN) */
} gd__slope_state;

/* The error is an estimate that the true one rarely exceeds: tests/check/test_numeric.c asks for at least 995 of 1000 within
 * it (990 where coarse rounding hides) and hardly any beyond ten times it. It may be larger than the value, where F does
 * not change with the entry as far as its rounding shows: compare with value +- error, not with value alone. */
typedef struct gd__slope {
    double value, error; /* rounding and truncation together; of a kink, of each side */
    double left, right;  /* of each side; NaN where that side alone has none either */
    gd__slope_state state;
} gd__slope;

/* F is evaluated 9 times first, at the point and around it to measure the noise, then mostly 4 to 6 times for each entry;
 * up to about 50 times where a kink, a jump, an edge or noise is in the way.
 *
 * dF / d entry. False with the error set. */
bool gd__slope_at(const gd__objective *o, int input, int64_t entry, gd__slope *slope);

/* Of all entries of an input, in as many lanes as there are; slope has room for them. What comes out does not depend on the
 * number of lanes. Memory is had and progress told on the calling thread, which is lane 0. */
bool gd__slopes_of(const gd__objective *o, int input, gd__slope *slope);

/* dF(x + t direction) / dt at t = 0; direction is laid out as `point`. */
bool gd__slope_along(const gd__objective *o, double *const *direction, gd__slope *slope);

#endif
