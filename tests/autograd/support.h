/* support.h - what the tests of autograd share: leaves, and numbers compared. */
#ifndef GRADUS_TESTS_AUTOGRAD_SUPPORT_H
#define GRADUS_TESTS_AUTOGRAD_SUPPORT_H

#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

static inline void assert_values(const gd_tensor *t, const double *values, size_t count)
{
    double got[16];
    assert_true(count <= 16);
    if (!gd_read(t, GD_FLOAT64, got, count))
        fail_msg("%s", gd_message(g));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - values[i]) <= 1e-12 * fmax(1, fabs(values[i]))))
            fail_msg("element %zu is %.17g, not %.17g", i, got[i], values[i]);
}

#define assert_reads(t, ...)                                                                                         \
    assert_values(t, (const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

/* Three numbers, and three that want a gradient. */
static inline gd_tensor *three(double a, double b, double c)
{
    return gd_values_as(g, GD_FLOAT64, gd_shape(3), a, b, c);
}

static inline gd_tensor *leaf(double a, double b, double c)
{
    return gd_require_grad(three(a, b, c), true);
}

static inline gd_tensor *sum_of_squares(gd_tensor *x)
{
    return gd_sum(gd_mul(x, x));
}

/* A tensor whose scope has gone. */
static inline gd_tensor *dead_tensor(void)
{
    GD_SCOPE(g);
    return leaf(1, 2, 3);
}

/* An error tensor whose error was cleared. */
static inline gd_tensor *cleared_error(void)
{
    gd_tensor *t = gd_zeros(g, GD_FLOAT64, gd_shape(-1));
    gd_clear(g);
    return t;
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

#endif
