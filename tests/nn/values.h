/* values.h - what the tests of layers share: numbers compared, and written into parameters. */
#ifndef GRADUS_TESTS_NN_VALUES_H
#define GRADUS_TESTS_NN_VALUES_H

#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

static inline void assert_values(const gd_tensor *t, const double *values, size_t count, double tolerance)
{
    double got[64];
    assert_true(count <= 64);
    if (!gd_read(t, GD_FLOAT64, got, count))
        fail_msg("%s", gd_message(g));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(got[i] - values[i]) <= tolerance))
            fail_msg("element %zu is %.10g, not %.10g", i, got[i], values[i]);
}

#define COUNT(...) (sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))
#define assert_reads(t, ...) assert_values(t, (const double[]){ __VA_ARGS__ }, COUNT(__VA_ARGS__), 0)
/* Within half a unit of the last of eight decimals, which is what NumPy prints. */
#define assert_prints(t, ...) assert_values(t, (const double[]){ __VA_ARGS__ }, COUNT(__VA_ARGS__), 5.001e-9)

static inline void set(gd_layer *layer, const char *name, const double *values, size_t count)
{
    assert_true(gd_write(gd_parameter_named(layer, name), GD_FLOAT64, values, count));
}

#define set_parameter(layer, name, ...) set(layer, name, (const double[]){ __VA_ARGS__ }, COUNT(__VA_ARGS__))

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

#endif
