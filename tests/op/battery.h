/* battery.h - operands and measurements that the tests of every operation share. */
#ifndef GRADUS_TESTS_OP_BATTERY_H
#define GRADUS_TESTS_OP_BATTERY_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gradus/gradus.h>

#include "op/op.h"

enum { MOST = 256 }; /* elements of a sample's operand or result */

/* One operation on one of its samples. */
typedef struct subject {
    int id;
    const gd__sample *sample;
} subject;

static inline const gd__op *op_of(const subject *s)
{
    return gd__ops[s->id];
}

static inline int operand_count(const subject *s)
{
    return op_of(s)->arity == GD__ANY ? s->sample->operands : op_of(s)->arity;
}

static inline bool is_float_operand(const subject *s, int i)
{
    return s->sample->label_input != i + 1 && s->sample->condition_input != i + 1;
}

static inline uint64_t test_seed(void)
{
    const char *given = getenv("GD_TEST_SEED");
    return given ? strtoull(given, NULL, 10) : 20261122;
}

/* Numbers of the sample's interval, class labels, or bools. */
static inline gd_tensor *operand(gd_context *g, const subject *s, int i, gd_dtype dtype, gd_dims shape)
{
    const gd__sample *sample = s->sample;
    if (sample->label_input == i + 1)
        return gd_reshape(gd_choice(g, sample->label_limit, gd__count(shape)), shape);
    if (sample->condition_input == i + 1)
        return gd_ge_scalar(gd_rand(g, dtype, shape), 0.5);
    gd_tensor *t = gd_rand(g, dtype, shape);
    double numbers[MOST];
    assert_true(gd_numel(t) <= MOST);
    gd_read(t, GD_FLOAT64, numbers, (size_t)gd_numel(t));
    for (int64_t k = 0; k < gd_numel(t); k++)
        numbers[k] = sample->low + (sample->high - sample->low) * numbers[k];
    gd_write(t, GD_FLOAT64, numbers, (size_t)gd_numel(t));
    return t;
}

static inline void operands(gd_context *g, const subject *s, gd_dtype dtype, gd_tensor **in)
{
    gd_seed(g, GD_RNG_PHILOX, test_seed() + (uint64_t)s->id);
    for (int i = 0; i < operand_count(s); i++)
        in[i] = operand(g, s, i, dtype, s->sample->shape[i]);
}

static inline gd_tensor *run(const subject *s, gd_tensor *const *in)
{
    return gd__apply((gd__op_id)s->id, operand_count(s), in, &s->sample->attrs);
}

static inline void read_all(const gd_tensor *t, double *numbers)
{
    assert_true(gd_is_tensor(t));
    assert_true(gd_numel(t) <= MOST);
    assert_true(gd_read(t, GD_FLOAT64, numbers, (size_t)gd_numel(t)));
}

static inline void no_error(const gd_context *g)
{
    if (gd_failed(g))
        fail_msg("unexpected error: %s", gd_message(g));
}

static inline void close_to(double got, double want, double tolerance, const char *what, int64_t at)
{
    if (got == want || (isnan(got) && isnan(want)))
        return;
    if (!(fabs(got - want) <= tolerance * fmax(1, fabs(want))))
        fail_msg("%s, element %lld: got %.17g, expected %.17g", what, (long long)at, got, want);
}

#endif
