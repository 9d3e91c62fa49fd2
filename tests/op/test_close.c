/* test_close.c - gd_equal and gd_allclose, against PyTorch's answers (close_reference.h). */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

/* Two numbers; bit i of plain and nans: are they close by tolerance i, and with equal_nan? */
typedef struct close_case {
    gd_dtype dtype;
    double a, b;
    unsigned plain, nans;
    bool equal;
} close_case;

#include "close_reference.h"

enum { TOLERANCES = sizeof tolerances / sizeof *tolerances };

static gd_tensor *one(gd_dtype dtype, double value)
{
    return gd_full(g, dtype, gd_shape(1), value);
}

static void answers_are_those_of_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof close_cases / sizeof *close_cases; i++) {
        GD_SCOPE(g);
        const close_case *c = &close_cases[i];
        gd_tensor *a = one(c->dtype, c->a), *b = one(c->dtype, c->b);
        unsigned plain = 0, nans = 0;
        for (int t = 0; t < TOLERANCES; t++) {
            plain |= (unsigned)gd_allclose(a, b, tolerances[t][0], tolerances[t][1], false) << t;
            nans |= (unsigned)gd_allclose(a, b, tolerances[t][0], tolerances[t][1], true) << t;
        }
        if (plain != c->plain || nans != c->nans || gd_equal(a, b) != c->equal)
            fail_msg("%g and %g of %s: %02x, %02x and %d", c->a, c->b, gd_dtype_name(c->dtype), plain, nans,
                     gd_equal(a, b));
    }
    assert_fine(g);
}

static void one_element_is_enough_to_differ(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 70; n++) {
        GD_SCOPE(g);
        gd_tensor *a = gd_rand(g, GD_FLOAT32, gd_shape(n)), *b = gd_clone(a);
        assert_true(gd_equal(a, b) && gd_allclose(a, b, 0, 0, false));
        gd_fill(gd_select(b, 0, n - 1), 2);
        assert_false(gd_equal(a, b) || gd_allclose(a, b, 1e-5, 1e-8, false));
        gd_assign(b, a);
        gd_fill(gd_select(b, 0, 0), 2);
        assert_false(gd_equal(a, b) || gd_allclose(a, b, 1e-5, 1e-8, false));
    }
    assert_fine(g);
}

static void shapes_broadcast_where_closeness_is_asked(void **state)
{
    (void)state;
    gd_tensor *ones = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *row = gd_ones(g, GD_FLOAT32, gd_shape(3));
    assert_true(gd_allclose(ones, row, 0, 0, false));
    assert_true(gd_allclose(row, gd_t(gd_ones(g, GD_FLOAT32, gd_shape(3, 2))), 1e-5, 0, false));
    assert_false(gd_equal(ones, row));
    assert_false(gd_equal(row, gd_reshape(row, gd_shape(1, 3))));
    assert_true(gd_equal(gd_t(ones), gd_ones(g, GD_FLOAT32, gd_shape(3, 2))));
    assert_true(gd_equal(gd_scalar(g, GD_FLOAT32, 2), gd_scalar(g, GD_FLOAT32, 2)));
    assert_fine(g);
    assert_false(gd_allclose(ones, gd_ones(g, GD_FLOAT32, gd_shape(2)), 0, 0, false));
    assert_error(g, GD_ERROR_SHAPE, "eq: ");
}

static void empty_tensors_are_equal(void **state)
{
    (void)state;
    gd_tensor *none = gd_zeros(g, GD_FLOAT32, gd_shape(0, 3));
    assert_true(gd_equal(none, gd_ones(g, GD_FLOAT32, gd_shape(0, 3))));
    assert_false(gd_equal(none, gd_ones(g, GD_FLOAT32, gd_shape(3, 0))));
    assert_true(gd_allclose(none, gd_ones(g, GD_FLOAT32, gd_shape(1, 3)), 1e-5, 1e-8, false));
    assert_fine(g);
}

static void dtypes_matter_to_closeness_alone(void **state)
{
    (void)state;
    gd_tensor *a = gd_ones(g, GD_FLOAT32, gd_shape(2)), *b = gd_ones(g, GD_INT64, gd_shape(2));
    assert_true(gd_equal(a, b));
    assert_false(gd_equal(gd_full(g, GD_FLOAT32, gd_shape(1), 0.1), gd_full(g, GD_FLOAT64, gd_shape(1), 0.1)));
    assert_fine(g);
    assert_false(gd_allclose(a, b, 1e-5, 1e-8, false));
    assert_error(g, GD_ERROR_DTYPE, "gd_allclose: float32 (2,) and int64 (2,)");
}

static void tolerances_are_not_negative(void **state)
{
    (void)state;
    static const double wrong[][2] = { { -1, 0 }, { 0, -1 }, { NAN, 0 }, { 0, NAN } };
    gd_tensor *a = gd_ones(g, GD_FLOAT32, gd_shape(2));
    for (int i = 0; i < 4; i++) {
        assert_false(gd_allclose(a, a, wrong[i][0], wrong[i][1], false));
        assert_error(g, GD_ERROR_VALUE, "gd_allclose: tolerances");
    }
}

static void what_is_no_tensor_equals_nothing(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *a = gd_ones(g, GD_FLOAT32, gd_shape(2)), *others = gd_ones(other, GD_FLOAT32, gd_shape(2));
    assert_false(gd_equal(NULL, NULL) || gd_allclose(NULL, NULL, 0, 0, false));
    assert_false(gd_equal(a, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_equal: b is NULL");
    assert_false(gd_allclose(NULL, a, 0, 0, false));
    assert_error(g, GD_ERROR_NULL, "gd_allclose: a is NULL");
    assert_false(gd_equal(a, others) || gd_allclose(a, others, 0, 0, false));
    assert_error(g, GD_ERROR_CONTEXT, "gd_equal");
    gd_tensor *wrong = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    gd_clear(g);
    assert_false(gd_equal(wrong, wrong) || gd_equal(a, wrong) || gd_allclose(wrong, a, 0, 0, false));
    assert_fine(g);
    gd_close(other);
}

/* Neither a tensor nor a record stays behind, and recording goes on. */
static void asking_leaves_nothing_behind(void **state)
{
    (void)state;
    gd_tensor *a = gd_require_grad(gd_ones(g, GD_FLOAT32, gd_shape(200)), true), *y = gd_square(a);
    size_t before = gd_memory_used(g).in_use;
    assert_true(gd_allclose(y, a, 1e-5, 1e-8, true) && gd_equal(y, a));
    assert_int_equal(gd_memory_used(g).in_use, before);
    assert_true(gd_backward(gd_sum(y)));
    assert_true(gd_at(gd_grad(a), 3) == 2);
}

static bool compare(gd_context *own, void *prepared)
{
    (void)own;
    return gd_allclose(prepared, prepared, 1e-5, 1e-8, true) && gd_equal(prepared, prepared);
}

static void *prepare(gd_context *own)
{
    gd_tensor *t = gd_ones(own, GD_FLOAT32, gd_shape(3));
    gd_equal(t, t);
    return t;
}

static void scarce_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare, compare) > 0);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(answers_are_those_of_pytorch),
        IN_CONTEXT(one_element_is_enough_to_differ),
        IN_CONTEXT(shapes_broadcast_where_closeness_is_asked),
        IN_CONTEXT(empty_tensors_are_equal),
        IN_CONTEXT(dtypes_matter_to_closeness_alone),
        IN_CONTEXT(tolerances_are_not_negative),
        IN_CONTEXT(what_is_no_tensor_equals_nothing),
        IN_CONTEXT(asking_leaves_nothing_behind),
        cmocka_unit_test(scarce_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
