/* index_cases.h - the cases of index_reference.h, and the operands that they speak of. */
#ifndef GRADUS_TESTS_OP_INDEX_CASES_H
#define GRADUS_TESTS_OP_INDEX_CASES_H

#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

enum { MANY = 48 }; /* elements of an operand or a result */

typedef struct index_case {
    const char *op;
    gd_dtype dtype;
    int dim;
    gd_dims x, index_shape, source, shape;
    bool differentiable;
    double index[MANY], y[MANY], dx[MANY], dsource[MANY];
} index_case;

typedef struct pad_case {
    gd_dtype dtype;
    gd_dims x, before, after, shape;
    double value, y[MANY], dx[MANY];
} pad_case;

typedef struct order_case {
    gd_dtype dtype;
    gd_dims x, top_shape;
    int dim;
    bool descending;
    int64_t k;
    double numbers[MANY], order[MANY], sorted[MANY], top[MANY], dx[MANY];
} order_case;

#include "index_reference.h"

static inline gd_tensor *numbers_as(gd_dtype dtype, gd_dims shape, const double *values)
{
    assert_true(gd__count(shape) <= MANY);
    return gd_values_of(g, dtype, shape, (size_t)gd__count(shape), values);
}

/* Element k is that of make_index_reference.py. */
static inline gd_tensor *operand(gd_dtype dtype, gd_dims shape)
{
    double values[MANY];
    for (int k = 0; k < gd__count(shape); k++) {
        int base = (7 * k + 3) % 11 - 5;
        values[k] = dtype == GD_BOOL ? base > 0 : gd__is_float(dtype) ? base / 2.0 : base;
    }
    return numbers_as(dtype, shape, values);
}

static inline gd_tensor *gradient_of(gd_dims shape)
{
    double values[MANY];
    for (int k = 0; k < gd__count(shape); k++)
        values[k] = ((5 * k + 2) % 7 - 3) / 2.0;
    return numbers_as(GD_FLOAT64, shape, values);
}

/* The same numbers, lying in another order behind a transposed view. */
static inline gd_tensor *scattered(gd_tensor *t)
{
    return gd_ndim(t) < 2 ? t : gd_transpose(gd_clone(gd_transpose(t, 0, -1)), 0, -1);
}

#endif
