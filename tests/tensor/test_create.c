/* test_create.c - rows of numbers, against PyTorch's (sequence_reference.h), and the identity matrix. */
#include "../io/support.h"

#include <float.h>
#include <math.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

enum { SHOWN = 8 };

/* Of more than 2 SHOWN numbers, the first and the last SHOWN. */
typedef struct sequence_case {
    gd_dtype asked, dtype;
    double start, end, third; /* the step; how many */
    int count;
    double value[2 * SHOWN];
} sequence_case;

#include "sequence_reference.h"

static void check_sequence(const gd_tensor *t, const sequence_case *c, double allowed)
{
    static double got[4096];
    int shown = c->count < 2 * SHOWN ? c->count : 2 * SHOWN;
    assert_int_equal(gd_dtype_of(t), c->dtype);
    assert_int_equal(gd_numel(t), c->count);
    assert_int_equal(gd_ndim(t), 1);
    assert_true(gd_read(t, GD_FLOAT64, got, (size_t)c->count));
    for (int i = 0; i < shown; i++) {
        double number = got[i < SHOWN ? i : c->count - shown + i];
        if (!(fabs(number - c->value[i]) <= allowed))
            fail_msg("%g to %g, %g, %s: number %d is %.17g, not %.17g", c->start, c->end, c->third,
                     gd_dtype_name(c->dtype), i, number, c->value[i]);
    }
}

static void check_ends(const gd_tensor *t, gd_dtype dtype, double start, double end)
{
    gd_tensor *ends = gd_values_as(g, dtype, gd_shape(2), start, end);
    assert_true(gd_at(t, 0) == gd_at(ends, 0) && gd_at(t, -1) == gd_at(ends, 1));
}

/* PyTorch's vectors round floats twice: to the number that a vector begins with, and from there. */
static void ranges_are_those_of_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        GD_SCOPE(g);
        const sequence_case *c = &ranges[i];
        double unit = c->dtype == GD_FLOAT32 ? FLT_EPSILON : c->dtype == GD_FLOAT64 ? DBL_EPSILON : 0;
        double largest = fmax(fabs(c->start), fabs(c->end));
        check_sequence(gd_range(g, c->asked, c->start, c->end, c->third), c, c->count < 8 ? 0 : unit * largest);
    }
    assert_fine(g);
}

static void linspaces_are_those_of_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof linspaces / sizeof *linspaces; i++) {
        GD_SCOPE(g);
        const sequence_case *c = &linspaces[i];
        gd_tensor *t = gd_linspace(g, c->asked, c->start, c->end, (int64_t)c->third);
        check_sequence(t, c, 0);
        if (c->count > 1)
            check_ends(t, c->dtype, c->start, c->end);
    }
    assert_fine(g);
}

static void a_range_of_floats_is_rounded_once(void **state)
{
    (void)state;
    gd_tensor *t = gd_range(g, GD_FLOAT32, -3, 1000, 0.1);
    assert_int_equal(gd_numel(t), 10030);
    for (int64_t i = 0; i < 10030; i++)
        assert_true(gd_at(t, i) == (double)(float)(-3 + (long double)0.1 * (long double)i));
}

static void integers_wrap_around(void **state)
{
    (void)state;
    int64_t numbers[3];
    assert_true(gd_read(gd_range(g, GD_INT64, 4e18, 16e18, 4e18), GD_INT64, numbers, 3));
    assert_true(numbers[0] == INT64_C(4000000000000000000) && numbers[1] == INT64_C(8000000000000000000));
    assert_true(numbers[2] == INT64_C(-6446744073709551616));
    assert_fine(g);
}

static void the_default_dtype_decides_where_a_number_is_not_whole(void **state)
{
    (void)state;
    gd_set_default_dtype(g, GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_range(g, GD_DEFAULT, 0, 2, 0.5)), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_range(g, GD_DEFAULT, 0.5, 2, 1)), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_range(g, GD_DEFAULT, 0, 2.5, 1)), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_range(g, GD_DEFAULT, 0, 2, 1)), GD_INT64);
    assert_int_equal(gd_dtype_of(gd_linspace(g, GD_DEFAULT, 0, 2, 3)), GD_FLOAT64);
}

static void ranges_that_lead_nowhere_are_refused(void **state)
{
    (void)state;
    static const double wrong[][3] = { { 0, 5, 0 },        { 0, 5, -1 },  { 5, 0, 1 },         { 0, NAN, 1 },
                                       { NAN, 5, 1 },      { 0, 5, NAN }, { 0, INFINITY, 1 },  { -INFINITY, 0, 1 },
                                       { 0, 5, INFINITY }, { 5, 5, 0 },   { 1e-300, 0, 1e300 } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_error_object(gd_range(g, GD_FLOAT64, wrong[i][0], wrong[i][1], wrong[i][2]));
        assert_error(g, GD_ERROR_VALUE, "gd_range: steps of");
    }
    assert_error_object(gd_range(g, GD_FLOAT64, -1e308, 1e308, 1)); /* the difference is no double */
    assert_error(g, GD_ERROR_SHAPE, "gd_range");
    assert_error_object(gd_range(g, GD_DEFAULT, 0, 1e30, 1));
    assert_error(g, GD_ERROR_SHAPE, "gd_range");
    assert_error_object(gd_range(g, GD_UINT8, 0, 1e17, 1));
    assert_error(g, GD_ERROR_MEMORY, "gd_range");
}

static void rows_are_refused_as_other_tensors_are(void **state)
{
    (void)state;
    assert_error_object(gd_range(g, GD_BOOL, 0, 2, 1));
    assert_error(g, GD_ERROR_DTYPE, "gd_range: bools");
    assert_error_object(gd_arange(g, GD_BOOL, 2));
    assert_error(g, GD_ERROR_DTYPE, "gd_arange: bools");
    assert_error_object(gd_linspace(g, GD_BOOL, 0, 1, 2));
    assert_error(g, GD_ERROR_DTYPE, "gd_linspace: bools");
    assert_error_object(gd_range(g, (gd_dtype)7, 0, 2, 1));
    assert_error(g, GD_ERROR_DTYPE, "7 is no dtype");
    assert_error_object(gd_linspace(g, (gd_dtype)7, 0, 2, 1));
    assert_error(g, GD_ERROR_DTYPE, "gd_linspace");
    assert_error_object(gd_linspace(g, GD_FLOAT32, 0, 1, -1));
    assert_error(g, GD_ERROR_SHAPE, "gd_linspace");
    assert_error_object(gd_range(NULL, GD_FLOAT32, 0, 2, 1));
    assert_error_object(gd_range(NULL, GD_FLOAT32, 0, 2, 0));
    assert_error_object(gd_linspace(NULL, GD_BOOL, 0, 2, 1));
    assert_error_object(gd_eye(NULL, GD_FLOAT32, 2, 2));
    assert_fine(g);
}

static void linspace_takes_what_is_not_finite(void **state)
{
    (void)state;
    assert_true(gd_item(gd_linspace(g, GD_FLOAT32, INFINITY, 0, 1)) == INFINITY);
    gd_tensor *t = gd_linspace(g, GD_FLOAT64, 0, INFINITY, 3);
    for (int i = 0; i < 3; i++)
        assert_true(isnan(gd_at(t, i))); /* as in PyTorch */
    assert_fine(g);
}

static void eye_is_the_identity(void **state)
{
    (void)state;
    static const int64_t shapes[][2] = { { 3, 3 }, { 2, 5 }, { 5, 2 }, { 1, 1 }, { 0, 3 }, { 3, 0 } };
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (gd_dtype dtype = GD_DEFAULT; dtype <= GD_BOOL; dtype++) {
            gd_tensor *t = gd_eye(g, dtype, shapes[s][0], shapes[s][1]);
            assert_int_equal(gd_dtype_of(t), dtype == GD_DEFAULT ? GD_FLOAT32 : dtype);
            assert_shape(t, gd_shape(shapes[s][0], shapes[s][1]));
            for (int64_t i = 0; i < gd_numel(t); i++)
                assert_true(gd_at(t, i / shapes[s][1], i % shapes[s][1]) == (i / shapes[s][1] == i % shapes[s][1]));
        }
    assert_fine(g);
    assert_error_object(gd_eye(g, GD_FLOAT32, 3, -1));
    assert_error(g, GD_ERROR_SHAPE, "(3, -1)");
    assert_error_object(gd_eye(g, (gd_dtype)8, 3, 3));
    assert_error(g, GD_ERROR_DTYPE, "8 is no dtype");
}

/* ---- scarce memory ---- */

static bool make_all(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_tensor *made[] = {
        gd_range(own, GD_FLOAT32, 0, 5, 1),
        gd_linspace(own, GD_FLOAT32, 0, 5, 4),
        gd_eye(own, GD_FLOAT32, 3, 3),
        gd_uniform(own, GD_FLOAT32, gd_shape(3), 0, 2),
        gd_normal(own, GD_FLOAT64, gd_shape(3), 0, 2),
        gd_bernoulli(own, GD_BOOL, gd_shape(3), 0.5),
        gd_randint(own, GD_UINT8, gd_shape(3), 0, 2),
        gd_rand_like(gd_zeros(own, GD_FLOAT32, gd_shape(2))),
        gd_randn_like(gd_zeros(own, GD_FLOAT32, gd_shape(2))),
    };
    for (size_t i = 0; i < sizeof made / sizeof *made; i++)
        if (!gd_is_tensor(made[i]))
            return false;
    return true;
}

static void scarce_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, make_all) > 0);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(ranges_are_those_of_pytorch),
        IN_CONTEXT(linspaces_are_those_of_pytorch),
        IN_CONTEXT(a_range_of_floats_is_rounded_once),
        IN_CONTEXT(integers_wrap_around),
        IN_CONTEXT(the_default_dtype_decides_where_a_number_is_not_whole),
        IN_CONTEXT(ranges_that_lead_nowhere_are_refused),
        IN_CONTEXT(rows_are_refused_as_other_tensors_are),
        IN_CONTEXT(linspace_takes_what_is_not_finite),
        IN_CONTEXT(eye_is_the_identity),
        cmocka_unit_test(scarce_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
