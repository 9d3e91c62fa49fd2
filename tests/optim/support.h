/* support.h - what the tests of optimizers share: parameters, gradients and steps, as reference.py has them. */
#ifndef GRADUS_TESTS_OPTIM_SUPPORT_H
#define GRADUS_TESTS_OPTIM_SUPPORT_H

#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))
#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

enum { PARAMETERS = 9, MARKS = 3 };

/* PyTorch may fuse a product and a sum: a rounding a step apart at the most. */
static inline double rounding(gd_dtype dtype)
{
    return dtype == GD_FLOAT32 ? 1.2e-7 : 2.3e-16;
}

/* W (2, 3) and b (3), which begin where the reference's do. */
static inline gd_layer *start_in(gd_context *own, gd_dtype dtype)
{
    gd_tensor *W = gd_zeros(own, dtype, gd_shape(2, 3)), *b = gd_zeros(own, dtype, gd_shape(3));
    double numbers[6];
    for (int i = 0; i < 6; i++)
        numbers[i] = (i - 2.5) / 4;
    gd_write(W, GD_FLOAT64, numbers, 6);
    for (int i = 0; i < 3; i++)
        numbers[i] = (i + 1) / 2.0;
    gd_write(b, GD_FLOAT64, numbers, 3);
    return gd_affine(W, b);
}

static inline gd_layer *start(gd_dtype dtype)
{
    return start_in(g, dtype);
}

/* sum(p * c), whose gradient is c: the numbers of this step. */
static inline gd_tensor *pull(gd_tensor *p, int step, int first)
{
    double c[6];
    for (int i = 0; i < gd_numel(p); i++)
        c[i] = ((7 * step + 5 * (first + i)) % 11 - 5) / 8.0;
    return gd_sum(gd_mul(p, gd_values_of(gd_context_of(p), gd_dtype_of(p), gd_sizes(p), (size_t)gd_numel(p), c)));
}

/* The gradients of this step, in place of those before. */
static inline bool set_gradients(gd_layer *net, int step)
{
    gd_zero_grad(net);
    return gd_backward(gd_add(pull(gd_parameter(net, 0), step, 0), pull(gd_parameter(net, 1), step, 6)));
}

static inline void take_step(gd_layer *net, gd_optimizer *optimizer, int step)
{
    gd_scope scope = gd_scope_enter(gd_context_of(gd_parameter(net, 0)));
    assert_true(set_gradients(net, step));
    assert_true(gd_step(optimizer));
    gd_scope_leave(&scope);
}

static inline void read_parameters(gd_layer *net, double *numbers)
{
    assert_true(gd_read(gd_parameter(net, 0), GD_FLOAT64, numbers, 6));
    assert_true(gd_read(gd_parameter(net, 1), GD_FLOAT64, numbers + 6, 3));
}

static inline void assert_parameters(gd_layer *net, const double *want, double tolerance, int step)
{
    double got[PARAMETERS];
    read_parameters(net, got);
    for (int i = 0; i < PARAMETERS; i++)
        if (!(fabs(got[i] - want[i]) <= tolerance * fmax(1, fabs(want[i]))))
            fail_msg("parameter %d after %d steps: %.17g, not %.17g", i, step, got[i], want[i]);
}

#endif
