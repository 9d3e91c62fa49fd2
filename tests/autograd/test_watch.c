/* test_watch.c - which operation first made a number that is not finite. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

static const gd_nonfinite *first(void)
{
    return gd_first_nonfinite(g);
}

static void assert_message(const char *text)
{
    assert_true(first()->found);
    assert_string_equal(first()->message, text);
    assert_fine(g);
}

static void assert_nothing(void)
{
    assert_false(first()->found);
    assert_string_equal(first()->message, "");
    assert_fine(g);
}

static int open_watch(void **state)
{
    return open_context(state) || !gd_watch_finite(g, true);
}

/* ---- what is told ---- */

static void of_one_operand(void **state)
{
    (void)state;
    gd_tensor *y = gd_name(gd_values(g, gd_shape(2, 2), 1, 0.5, 0, 0), "y_pred");
    assert_nothing();
    gd_log(y);
    assert_message("log made -inf at [1, 0]: x = 0.0 in 'y_pred' float32 (2, 2)");
    assert_string_equal(first()->op, "log");
    assert_string_equal(first()->derivative_of, "");
    assert_string_equal(first()->layer, "");
    assert_string_equal(first()->result, "float32 (2, 2)");
    assert_int_equal(first()->place.count, 2);
    assert_int_equal(first()->place.size[0], 1);
    assert_int_equal(first()->place.size[1], 0);
    assert_true(first()->value == -INFINITY);
    assert_true(first()->elementwise);
    assert_int_equal(first()->operands, 1);
    assert_string_equal(first()->operand[0].name, "x");
    assert_string_equal(first()->operand[0].tensor, "'y_pred' float32 (2, 2)");
    assert_true(first()->operand[0].number == 0);
}

static void of_two_that_broadcast(void **state)
{
    (void)state;
    gd_tensor *a = gd_values(g, gd_shape(2, 3), 1, 2, 3, 4, 0, -6), *b = gd_values(g, gd_shape(3), 1, 0, 2);
    gd_div(gd_select(a, 0, 1), b);
    assert_message("div made nan at [1]: a = 0.0 in float32 (3,), b = 0.0 in float32 (3,)");
    gd_watch_finite(g, true);
    gd_div(a, b);
    assert_message("div made inf at [0, 1]: a = 2.0 in float32 (2, 3), b = 0.0 in float32 (3,)");
    gd_watch_finite(g, true);
    gd_div(gd_t(a), gd_unsqueeze(b, 1));
    assert_message("div made inf at [1, 0]: a = 2.0 in float32 (3, 2), b = 0.0 in float32 (3, 1)");
    gd_watch_finite(g, true);
    gd_div(gd_scalar(g, GD_FLOAT64, -1), gd_scalar(g, GD_FLOAT64, 0));
    assert_message("div made -inf at []: a = -1.0 in float64 (), b = 0.0 in float64 ()");
}

static void with_a_number(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(2), 0, 2.5);
    gd_div_scalar(gd_mul_scalar(x, 3), 0);
    assert_message("div_scalar made nan at [0]: x = 0.0 in float32 (2,), c = 0.0");
    gd_watch_finite(g, true);
    gd_clamp(gd_pow_scalar(x, -0.5), 0, 1);
    assert_message("pow_scalar made inf at [0]: x = 0.0 in float32 (2,), c = -0.5");
}

static void of_whole_tensors(void **state)
{
    (void)state;
    gd_tensor *a = gd_values(g, gd_shape(1, 2), 1, -2e38), *b = gd_values(g, gd_shape(2, 2), 1, 1, 1, 3);
    gd_matmul(a, b);
    assert_message("matmul made -inf at [0, 1]: A up to 2e+38 in float32 (1, 2), B up to 3.0 in float32 (2, 2)");
    assert_false(first()->elementwise);
    assert_true(first()->operand[0].number == -2e38F);
    gd_watch_finite(g, true);
    gd_cast(gd_scalar(g, GD_FLOAT64, 1e300), GD_FLOAT32);
    assert_message("cast made inf at []: x up to 1e+300 in float64 ()");
    gd_watch_finite(g, true);
    gd_mean(gd_zeros(g, GD_FLOAT32, gd_shape(0)));
    assert_message("mean made nan at []: x up to nan in float32 (0,)");
}

static void in_a_derivative(void **state)
{
    (void)state;
    gd_tensor *x = gd_require_grad(gd_values(g, gd_shape(2), 4, 0), true);
    assert_true(gd_backward(gd_sum(gd_sqrt(x))));
    assert_message("div made inf at [1]: a = 1.0 in float32 (2,), b = 0.0 in float32 (2,), in the derivative of sqrt");
    assert_string_equal(first()->derivative_of, "sqrt");
    gd_watch_finite(g, true);
    gd_log(gd_neg(gd_detach(x)));
    assert_string_equal(first()->derivative_of, "");
}

static void in_a_layer(void **state)
{
    (void)state;
    gd_tensor *W = gd_values(g, gd_shape(1, 1), 3e38), *b = gd_values(g, gd_shape(1), 0);
    gd_layer *net = gd_sequential(g, gd_relu_layer(g), gd_affine(W, b));
    gd_forward(net, gd_values(g, gd_shape(1, 1), 10));
    assert_true(strstr(first()->message, "at [0, 0]") && strstr(first()->message, "'W' float32 (1, 1)"));
    assert_string_equal(first()->layer, "sequential > 1 (affine)");
    assert_non_null(strstr(first()->message, " [in layer sequential > 1 (affine)]"));
}

static void in_an_update(void **state)
{
    (void)state;
    gd_tensor *p = gd_name(gd_values(g, gd_shape(2), 1, 2), "p"), *d = gd_values(g, gd_shape(2), 1, -3e38);
    gd_sgd_update(p, d, NULL, (gd_sgd_rule){ .lr = 10 });
    assert_message("sgd_update made inf at [1] of 'p' float32 (2,): d up to 3e+38 in float32 (2,)");
    gd_watch_finite(g, true);
    gd_sgd_update(p, d, NULL, (gd_sgd_rule){ .lr = 1 }); /* inf - 3e38: p was infinite before */
    assert_nothing();
    gd_assign(gd_zeros(g, GD_FLOAT32, gd_shape(2)), gd_scalar(g, GD_FLOAT64, -1e300));
    assert_true(first()->found);
    assert_string_equal(first()->op, "assign");
    gd_watch_finite(g, true);
    gd_scale_update(d, 1e10);
    assert_message("scale_update made -inf at [1] of float32 (2,)");
}

static gd_tensor *blow_up(gd_operation_call *call)
{
    gd_tensor *y = gd_clone(call->x.item[0]);
    double *numbers = (double *)(uintptr_t)gd_data(y);
    numbers[0] = INFINITY;
    return y;
}

static void in_an_operation_of_the_users_own(void **state)
{
    (void)state;
    gd_operation *own = gd_define(g, "clamp", blow_up); /* a name that the list has too */
    gd_apply(own, gd_full(g, GD_FLOAT64, gd_shape(2), -7));
    assert_message("clamp made inf at [0]: x up to 7.0 in float64 (2,)");
}

/* ---- who is to blame ---- */

static void what_was_not_finite_before_is_passed_over(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(3), INFINITY, NAN, 1), *m = gd_values(g, gd_shape(1, 2), -INFINITY, 1);
    gd_sub(x, x);
    gd_log(x);
    gd_matmul(m, gd_t(m));
    gd_sum(x);
    gd_cast(x, GD_FLOAT64);
    gd_mul_scalar(gd_values(g, gd_shape(2), 1, 2), INFINITY);
    gd_masked_fill(gd_values(g, gd_shape(2), 1, 2), gd_values_as(g, GD_BOOL, gd_shape(2), 1, 0), -INFINITY);
    gd_pad(gd_values(g, gd_shape(2), 1, 2), gd_shape(1), gd_shape(0), -INFINITY);
    gd_flip(gd_reshape(x, gd_shape(3, 1)), gd_axes(0));
    gd_softmax(gd_values(g, gd_shape(2), -INFINITY, 1), 0);
    assert_nothing();
    gd_log(gd_values(g, gd_shape(4), INFINITY, 1, NAN, 0)); /* one place is to blame all the same */
    assert_message("log made -inf at [3]: x = 0.0 in float32 (4,)");
}

static void integers_and_views_are_finite(void **state)
{
    (void)state;
    gd_tensor *n = gd_values_as(g, GD_INT64, gd_shape(2), 1, 0);
    gd_ge(gd_t(gd_add(n, n)), n);
    assert_nothing();
    gd_div(n, n);
    assert_message("div made nan at [1]: a = 0.0 in float32 (2,), b = 0.0 in float32 (2,)");
}

static void only_the_first_is_told(void **state)
{
    (void)state;
    gd_tensor *zero = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    gd_log(zero);
    gd_div(zero, zero);
    assert_string_equal(first()->op, "log");
    assert_true(gd_watch_finite(g, false));
    assert_string_equal(first()->op, "log");
    assert_true(gd_watch_finite(g, true));
    assert_nothing();
    gd_div(zero, zero);
    assert_string_equal(first()->op, "div");
}

/* ---- on request ---- */

static void nobody_looks_unless_asked(void **state)
{
    (void)state;
    gd_log(gd_zeros(g, GD_FLOAT32, gd_shape(2)));
    assert_nothing();
    assert_true(gd_watch_finite(g, false));
    assert_nothing();
    assert_true(gd_watch_finite(g, true));
    assert_true(gd_watch_finite(g, false));
    gd_log(gd_zeros(g, GD_FLOAT32, gd_shape(2)));
    assert_nothing();
}

/* Watching is begun within a scope and goes on after it. */
static void outlives_the_scope(void **state)
{
    (void)state;
    gd_scope scope = gd_scope_enter(g);
    assert_true(gd_watch_finite(g, true));
    gd_scope_leave(&scope);
    gd_log(gd_zeros(g, GD_FLOAT32, gd_shape(2)));
    assert_true(first()->found);
}

static void without_a_context(void **state)
{
    (void)state;
    assert_false(gd_watch_finite(NULL, true));
    assert_false(gd_first_nonfinite(NULL)->found);
    assert_string_equal(gd_first_nonfinite(NULL)->message, "");
}

static void out_of_memory(void **state)
{
    (void)state;
    scarce memory = { .live = 0 };
    gd_context *own = gd_open_with(&(gd_config){ .allocator = { scarce_resize, &memory } });
    memory.refuse = true;
    while (gd_is_tensor(gd_zeros(own, GD_FLOAT32, gd_shape(100)))) /* what the pool still has */
        continue;
    gd_clear(own);
    assert_false(gd_watch_finite(own, true));
    assert_error(own, GD_ERROR_MEMORY, "could not be had");
    assert_false(gd_first_nonfinite(own)->found);
    gd_log(gd_zeros(own, GD_FLOAT32, gd_shape()));
    memory.refuse = false;
    gd_clear(own);
    assert_true(gd_watch_finite(own, true));
    gd_log(gd_zeros(own, GD_FLOAT32, gd_shape()));
    assert_true(gd_first_nonfinite(own)->found);
    gd_close(own);
    assert_int_equal(memory.live, 0);
}

#define WATCHING(test) cmocka_unit_test_setup_teardown(test, open_watch, close_context)
#define OPEN(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WATCHING(of_one_operand),
        WATCHING(of_two_that_broadcast),
        WATCHING(with_a_number),
        WATCHING(of_whole_tensors),
        WATCHING(in_a_derivative),
        WATCHING(in_a_layer),
        WATCHING(in_an_update),
        WATCHING(in_an_operation_of_the_users_own),
        WATCHING(what_was_not_finite_before_is_passed_over),
        WATCHING(integers_and_views_are_finite),
        WATCHING(only_the_first_is_told),
        OPEN(nobody_looks_unless_asked),
        OPEN(outlives_the_scope),
        cmocka_unit_test(without_a_context),
        cmocka_unit_test(out_of_memory),
    };
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
