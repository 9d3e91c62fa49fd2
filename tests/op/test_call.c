/* test_call.c - the functions of the list, called by their names. */
#include "../io/support.h"

#include <string.h>

#include <gradus/gradus.h>

static void assert_same(gd_tensor *got, gd_tensor *want)
{
    double a[64], b[64];
    assert_fine(g);
    assert_int_equal(gd_numel(got), gd_numel(want));
    assert_int_equal(gd_dtype_of(got), gd_dtype_of(want));
    gd_read(got, GD_FLOAT64, a, (size_t)gd_numel(got));
    gd_read(want, GD_FLOAT64, b, (size_t)gd_numel(want));
    assert_memory_equal(a, b, (size_t)gd_numel(got) * sizeof *a);
}

static void each_kind_of_argument_reaches_its_function(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(2, 3), -1, 2, 3, 4, 5, 6), *y = gd_full_like(x, 2);
    assert_same(gd_call(g, "exp", gd_arg(x)), gd_exp(x));
    assert_same(gd_call(g, "sub", gd_arg(x), gd_arg(y)), gd_sub(x, y));
    assert_same(gd_call(g, "clamp", gd_arg(x), gd_arg(0), gd_arg(2.5)), gd_clamp(x, 0, 2.5));
    assert_same(gd_call(g, "transpose", gd_arg(x), gd_arg(0), gd_arg(1.0)), gd_transpose(x, 0, 1));
    assert_same(gd_call(g, "reshape", gd_arg(x), gd_arg(gd_shape(3, -1))), gd_reshape(x, gd_shape(3, -1)));
    assert_same(gd_call(g, "slice", gd_arg(x), gd_arg(1), gd_arg(0), gd_arg(3), gd_arg(2)), gd_slice(x, 1, 0, 3, 2));
    assert_same(gd_call(g, "sum", gd_arg(x)), gd_sum(x));
    assert_same(gd_call(g, "sum", gd_arg(x), gd_arg(gd_axes(1)), gd_arg(true)), gd_sum(x, gd_axes(1), true));
    assert_same(gd_call(g, "argmax", gd_arg(x), gd_arg(1), gd_arg(true)), gd_argmax(x, 1, true));
    assert_same(gd_call(g, "var", gd_arg(x), gd_arg(gd_axes()), gd_arg(false), gd_arg(true)),
                gd_var(x, .population = true));
    assert_same(gd_call(g, "norm", gd_arg(x), gd_arg(gd_axes(0)), gd_arg(false), gd_arg(1)),
                gd_norm(x, gd_axes(0), .p = 1));
    assert_same(gd_call(g, "cat", gd_arg(gd_list(x, y)), gd_arg(0)), gd_cat(gd_list(x, y), 0));
    assert_same(gd_call(g, "cast", gd_arg(x), gd_arg((int)GD_INT64)), gd_cast(x, GD_INT64));
    assert_same(gd_call(g, "where", gd_arg(gd_gt(x, y)), gd_arg(x), gd_arg(y)), gd_where(gd_gt(x, y), x, y));
    gd_tensor *p = gd_clone(x);
    assert_true(gd_call(g, "sgd_update", gd_arg(p), gd_arg(y), gd_arg(gd_zeros_like(x)), gd_arg(0.5)) == p);
    assert_same(p, gd_add_scalar(x, -1));
}

static void derivatives_flow_through_a_call(void **state)
{
    (void)state;
    gd_tensor *x = gd_require_grad(gd_values(g, gd_shape(2), 3, 4), true);
    assert_true(gd_backward(gd_call(g, "sum", gd_arg(gd_call(g, "square", gd_arg(x))))));
    assert_same(gd_grad(x), gd_values(g, gd_shape(2), 6, 8));
}

static void the_list_can_be_walked(void **state)
{
    (void)state;
    int computed = 0;
    assert_true(gd_function_count() >= gd_op_count());
    for (int i = 0; i < gd_function_count(); i++) {
        const gd_function_info *f = gd_function_at(i);
        assert_true(gd_function_named(f->name) == f);
        assert_non_null(strstr(f->parameters, "gd_tensor"));
        assert_int_equal(f->kind == GD_COMPOSED, f->op < 0);
        if (f->op >= 0)
            assert_string_equal(gd_op_at(f->op)->name, f->name);
        assert_int_equal(gd_op_dtypes(f->op) != NULL, f->op >= 0);
        computed += f->op >= 0;
    }
    assert_int_equal(computed, gd_op_count());
    assert_non_null(strstr(gd_op_shapes(gd_function_named("add")->op), "broadcast"));
    assert_non_null(gd_op_shapes(gd_function_named("exp")->op));
    assert_null(gd_op_shapes(gd_function_named("matmul")->op));
    assert_null(gd_op_shapes(-1));
    assert_null(gd_function_at(-1));
    assert_null(gd_function_at(gd_function_count()));
    assert_null(gd_function_named("softmin"));
    assert_null(gd_function_named(NULL));
}

/* Whatever is handed to whichever function: a tensor or an error. */
static void arguments_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i < gd_function_count(); i++) {
        const char *name = gd_function_at(i)->name;
        assert_false(gd_is_tensor(gd_call_with(g, name, 0, NULL)));
        assert_error(g, GD_ERROR_VALUE, "argument 1 of ");
        assert_false(gd_is_tensor(gd_call(g, name, gd_arg(1), gd_arg(gd_shape(2)))));
        assert_error(g, GD_ERROR_VALUE, "");
        const gd_argument ten[10] = { gd_arg((gd_tensor *)NULL) };
        assert_false(gd_is_tensor(gd_call_with(g, name, 10, ten)));
        assert_error(g, GD_ERROR_VALUE, "");
    }
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2));
    assert_false(gd_is_tensor(gd_call(g, "softmin", gd_arg(x))));
    assert_error(g, GD_ERROR_VALUE, "'softmin'");
    assert_false(gd_is_tensor(gd_call_with(g, NULL, 0, NULL)));
    assert_error(g, GD_ERROR_VALUE, "NULL");
    assert_false(gd_is_tensor(gd_call(g, "exp", gd_arg(x), gd_arg(x))));
    assert_error(g, GD_ERROR_VALUE, "argument 2 of exp(gd_tensor *x) must be");
    assert_false(gd_is_tensor(gd_call(g, "transpose", gd_arg(x), gd_arg(0.5), gd_arg(1))));
    assert_error(g, GD_ERROR_VALUE, "must be an integer, not a number");
    assert_false(gd_is_tensor(gd_call(g, "transpose", gd_arg(x), gd_arg(INT64_MAX), gd_arg(1))));
    assert_error(g, GD_ERROR_VALUE, "must be a small integer");
    assert_false(gd_is_tensor(gd_call(NULL, "exp", gd_arg(x))));
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(each_kind_of_argument_reaches_its_function),
        IN_CONTEXT(derivatives_flow_through_a_call),
        IN_CONTEXT(the_list_can_be_walked),
        IN_CONTEXT(arguments_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
