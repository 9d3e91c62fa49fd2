/* test_check_api.c - gradient checks as a program calls them: what can be handed in, what is refused, what comes out, and
 * that nothing is left changed. What is found wrong is the zoo's business. */
#include "../autograd/support.h"

static gd_tensor *cube(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_mul(gd_square(in[0]), in[0]);
}

static gd_tensor *product(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_sum(gd_matmul(in[0], in[1]));
}

static bool is_error_check(const gd_check *check)
{
    return gd__is_error(check) && gd_check_verdict(check) == GD_CHECK_FAILED && gd_check_count(check) == 0 &&
           gd_check_at(check, 0) == NULL;
}

/* The check is the error object, the error says what to do, and it is cleared. */
static void assert_refused(const gd_check *check)
{
    assert_true(is_error_check(check));
    assert_true(gd_failed(g));
    assert_true(*gd_message(g));
    gd_clear(g);
}

static void assert_right(const gd_check *check)
{
    assert_fine(g);
    if (gd_check_verdict(check) == GD_CHECK_RIGHT)
        return;
    gd_print_check(check, stderr);
    fail_msg("it should be right");
}

/* ---- what comes out ---- */

static void an_honest_gradient_is_right(void **state)
{
    (void)state;
    gd_check *c = gd_gradcheck(g, cube, gd_list(gd_name(three(1, -2, 0.5), "x")));
    assert_right(c);
    assert_int_equal(gd_check_count(c), 1);
    const gd_check_input *in = gd_check_at(c, 0);
    assert_string_equal(in->name, "x");
    assert_int_equal(in->verdict, GD_CHECK_RIGHT);
    assert_int_equal(in->shape.count, 1);
    assert_int_equal(in->shape.size[0], 3);
    assert_int_equal(in->entries, 3);
    assert_int_equal(in->wrong, 0);
    assert_int_equal(in->explanations, 0);
    assert_string_equal(in->pattern, "");
    assert_null(gd_check_at(c, 1));
    assert_null(gd_check_at(c, -1));
}

static void a_claim_that_is_wrong_is_told_with_both_numbers(void **state)
{
    (void)state;
    gd_tensor *x = three(1, -2, 0.5);
    gd_check *c = gd_gradcheck(g, cube, gd_list(x), .claimed = gd_list(three(3, 12, 0.5)), .dy = three(1, 1, 1));
    assert_fine(g);
    assert_int_equal(gd_check_verdict(c), GD_CHECK_WRONG);
    const gd_check_input *in = gd_check_at(c, 0);
    assert_string_equal(in->name, "in[0]");
    assert_int_equal(in->wrong, 1);
    assert_int_equal(in->worst.size[0], 2);
    assert_true(in->claimed == 0.5);
    assert_true(fabs(in->numeric - 0.75) < 1e-9);
    assert_true(in->uncertainty < 1e-6);
    assert_true(*in->pattern);
}

static void the_sign_and_the_factor_are_in_the_value(void **state)
{
    (void)state;
    gd_tensor *x = three(1, -2, 0.5);
    gd_check *c = gd_gradcheck(g, cube, gd_list(x), .claimed = gd_list(three(-3, -12, -0.75)), .dy = three(1, 1, 1));
    const gd_check_input *in = gd_check_at(c, 0);
    assert_fine(g);
    assert_int_equal(in->wrong, 3);
    assert_in_range(in->explanations, 1, GD_MAX_EXPLANATIONS);
    assert_int_equal(in->explanation[0].mistake[0].cause, GD_CAUSE_SIGN);
    assert_true(in->explanation[0].mistake[0].factor == -1);
    double sum = 0;
    for (int i = 0; i < in->explanations; i++)
        sum += in->explanation[i].confidence;
    assert_true(sum <= 1 + 1e-12);
    assert_string_equal(in->explanation[0].tell_apart, "");
}

static void named_parameters_follow_the_arguments(void **state)
{
    (void)state;
    gd_tensor *A = gd_name(gd_values_as(g, GD_FLOAT64, gd_shape(2, 3), 1, 2, 3, 4, 5, 6), "A");
    gd_tensor *B = gd_name(gd_values_as(g, GD_FLOAT64, gd_shape(3, 1), -1, 0.5, 2), "B");
    gd_tensor *in[] = { A, B };
    gd_check *c = gd_gradcheck(g, product, gd_list(in[0], in[1]));
    assert_right(c);
    assert_int_equal(gd_check_count(c), 2);
    assert_string_equal(gd_check_at(c, 1)->name, "B");
    assert_int_equal(gd_check_at(c, 1)->entries, 3);
}

static void float32_is_checked_as_float64(void **state)
{
    (void)state;
    gd_tensor *x = gd_values_as(g, GD_FLOAT32, gd_shape(4), 1000, -1e-3, 30, 0.1);
    assert_right(gd_gradcheck(g, cube, gd_list(x)));
}

static gd_tensor *pick(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_cross_entropy(in[0], in[1]);
}

static void integers_are_handed_over_but_not_checked(void **state)
{
    (void)state;
    gd_tensor *x = gd_randn(g, GD_FLOAT64, gd_shape(3, 4)), *t = gd_values_as(g, GD_INT64, gd_shape(3), 0, 3, 1);
    gd_check *c = gd_gradcheck(g, pick, gd_list(x, t));
    assert_right(c);
    assert_int_equal(gd_check_count(c), 1);
    assert_int_equal(gd_check_at(c, 0)->entries, 12);
}

static void empty_tensors_have_nothing_wrong(void **state)
{
    (void)state;
    gd_check *c = gd_gradcheck(g, cube, gd_list(gd_zeros(g, GD_FLOAT64, gd_shape(0, 3))));
    assert_right(c);
    assert_int_equal(gd_check_at(c, 0)->entries, 0);
}

static void a_scalar_has_one_entry(void **state)
{
    (void)state;
    gd_check *c = gd_gradcheck(g, cube, gd_list(gd_scalar(g, GD_FLOAT64, 1.5)));
    assert_right(c);
    assert_int_equal(gd_check_at(c, 0)->entries, 1);
    assert_int_equal(gd_check_at(c, 0)->shape.count, 0);
}

static void a_fast_check_compares_no_single_entries(void **state)
{
    (void)state;
    gd_check *c = gd_gradcheck(g, cube, gd_list(three(1, -2, 0.5)), .fast = true);
    assert_right(c);
    assert_int_equal(gd_check_at(c, 0)->compared, 0);
}

static void second_derivatives_are_checked_too(void **state)
{
    (void)state;
    assert_right(gd_gradcheck(g, cube, gd_list(three(1, -2, 0.5)), .second = true));
}

/* ---- kinks and what can't be trusted ---- */

static gd_tensor *rectified(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_sum(gd_relu(in[0]));
}

static void a_kink_is_no_error(void **state)
{
    (void)state;
    gd_check *c = gd_gradcheck(g, rectified, gd_list(three(1, 0, -1)));
    assert_right(c);
    const gd_check_input *in = gd_check_at(c, 0);
    assert_int_equal(in->kinks, 1);
    assert_int_equal(in->kink.size[0], 1);
    assert_true(fabs(in->kink_left) < 1e-6 && fabs(in->kink_right - 1) < 1e-6);
    assert_true(in->kink_claimed == 0);
}

static gd_tensor *logarithm(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_sum(gd_log(in[0]));
}

static void numbers_that_are_not_finite_are_not_trusted(void **state)
{
    (void)state;
    gd_check *c = gd_gradcheck(g, logarithm, gd_list(three(1, -1, 2)));
    assert_fine(g);
    assert_int_not_equal(gd_check_verdict(c), GD_CHECK_RIGHT);
}

static gd_tensor *dropped(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return gd_sum(gd_square(gd_forward(user, in[0])));
}

static void a_random_function_draws_the_same_each_time(void **state)
{
    (void)state;
    assert_right(
        gd_gradcheck(g, dropped, gd_list(gd_randn(g, GD_FLOAT64, gd_shape(4, 5))), .user = gd_dropout(g, 0.5)));
}

/* ---- nothing is left changed ---- */

static gd_tensor *of_parameter(void *user, gd_tensor *const *in, size_t n)
{
    (void)in;
    (void)n;
    return gd_sum(gd_square(user));
}

static void nothing_that_was_handed_in_is_changed(void **state)
{
    (void)state;
    gd_tensor *W = gd_require_grad(gd_values_as(g, GD_FLOAT32, gd_shape(3), 0.1, 0.2, 0.3), true);
    gd_tensor *plain = three(1, 2, 3);
    gd_backward(gd_sum(W));
    gd_seed(g, GD_RNG_TORCH, 5);
    gd_tensor *expected = gd_rand(g, GD_FLOAT64, gd_shape(3));
    gd_seed(g, GD_RNG_TORCH, 5);
    assert_right(gd_gradcheck(g, of_parameter, gd_no_tensors, .user = W, .parameters = gd_list(W)));
    assert_right(gd_gradcheck(g, cube, gd_list(plain)));
    assert_same_tensor(gd_rand(g, GD_FLOAT64, gd_shape(3)), expected);
    assert_same_tensor(W, gd_values_as(g, GD_FLOAT32, gd_shape(3), 0.1, 0.2, 0.3));
    assert_reads(gd_grad(W), 1, 1, 1);
    assert_reads(plain, 1, 2, 3);
    assert_true(gd_requires_grad(W) && !gd_requires_grad(plain) && !gd_has_grad(plain));
    assert_true(gd_set_recording(g, true));
}

static void a_check_goes_with_its_scope(void **state)
{
    (void)state;
    gd_tensor *x = three(1, 2, 3);
    gd_check *dead;
    gd_gradcheck(g, cube, gd_list(x));
    size_t in_use = gd_memory_used(g).in_use;
    {
        GD_SCOPE(g);
        dead = gd_gradcheck(g, cube, gd_list(x));
        assert_right(dead);
    }
    assert_int_equal(gd_memory_used(g).in_use, in_use);
    assert_int_equal(gd_check_verdict(dead), GD_CHECK_FAILED);
    assert_int_equal(gd_check_count(dead), 0);
    assert_null(gd_check_at(dead, 0));
}

static bool check_small(gd_context *own)
{
    gd_tensor *x = gd_values_as(own, GD_FLOAT64, gd_shape(2), 1, 2);
    gd_check *c = gd_gradcheck(own, cube, gd_list(x), .claimed = gd_list(gd_mul_scalar(x, -1)));
    assert_true(gd_failed(own) == (gd_check_verdict(c) == GD_CHECK_FAILED));
    return gd_check_verdict(c) == GD_CHECK_WRONG;
}

/* With 0, 1, 2, ... blocks of any size after the context's own. */
static void survives_scarce_memory(void **state)
{
    (void)state;
    bool good = false;
    int blocks = 0;
    for (; !good && blocks < 100000; blocks++) {
        scarce memory = { .live = 0 };
        gd_context *own = gd_open_with(&(gd_config){ .allocator = { scarce_resize, &memory } });
        memory.refuse = true;
        memory.granted = blocks;
        good = check_small(own);
        gd_status status = gd_first_error(own)->status;
        gd_close(own);
        assert_int_equal(memory.live, 0);
        assert_int_equal(status, good ? GD_OK : GD_ERROR_MEMORY);
    }
    assert_true(good && blocks > 2);
}

/* ---- what is refused ---- */

static void null_is_refused(void **state)
{
    (void)state;
    gd_tensor *x = three(1, 2, 3);
    assert_true(is_error_check(gd_gradcheck(NULL, cube, gd_list(x))));
    assert_refused(gd_gradcheck(g, NULL, gd_list(x)));
    assert_refused(gd_gradcheck(g, cube, gd_list(x, NULL)));
    assert_refused(gd_gradcheck(g, cube, ((gd_tensors){ 2, NULL })));
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .parameters = gd_list(NULL)));
    assert_int_equal(gd_check_verdict(NULL), GD_CHECK_FAILED);
    assert_int_equal(gd_check_count(NULL), 0);
    assert_null(gd_check_at(NULL, 0));
}

static void dead_and_error_tensors_are_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *x = three(1, 2, 3);
    assert_refused(gd_gradcheck(g, cube, gd_list(dead_tensor())));
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .parameters = gd_list(dead_tensor())));
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .claimed = gd_list(dead_tensor())));
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .dy = dead_tensor()));
    assert_refused(gd_gradcheck(g, cube, gd_list(gd_ones(other, GD_FLOAT64, gd_shape(3)))));
    assert_true(is_error_check(gd_gradcheck(g, cube, gd_list(cleared_error()))));
    gd_clear(g);
    gd_close(other);
}

static void lists_must_be_as_long_as_what_they_are_about(void **state)
{
    (void)state;
    gd_tensor *x = three(1, 2, 3), *y = three(1, 2, 3);
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .claimed = gd_list(x, y)));
    assert_refused(gd_gradcheck(g, product, gd_list(x, y), .claimed = gd_list(x)));
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .earlier = gd_list(x, y)));
}

static void options_that_can_not_be_are_refused(void **state)
{
    (void)state;
    gd_tensor *x = three(1, 2, 3);
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .rtol = -1));
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .atol = NAN));
    assert_refused(gd_gradcheck(g, cube, gd_list(x), .dy = gd_ones(g, GD_FLOAT64, gd_shape(4))));
}

static gd_tensor *nothing(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)in;
    (void)n;
    return NULL;
}

static gd_tensor *whole(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_cast(in[0], GD_INT64);
}

static gd_tensor *misfit(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_add(in[0], gd_ones(gd_context_of(in[0]), GD_FLOAT64, gd_shape(7)));
}

static void a_function_must_return_floats(void **state)
{
    (void)state;
    gd_tensor *x = three(1, 2, 3);
    assert_refused(gd_gradcheck(g, nothing, gd_list(x)));
    assert_refused(gd_gradcheck(g, whole, gd_list(x)));
    assert_true(is_error_check(gd_gradcheck(g, misfit, gd_list(x))));
    assert_error(g, GD_ERROR_SHAPE, "add");
}

/* ---- gradients of wrong shapes, and none ---- */

static void a_shape_that_is_wrong_is_a_finding(void **state)
{
    (void)state;
    gd_tensor *x = three(1, 2, 3);
    gd_check *c = gd_gradcheck(g, cube, gd_list(x), .claimed = gd_list(gd_ones(g, GD_FLOAT64, gd_shape(5, 3))));
    assert_fine(g);
    assert_int_equal(gd_check_verdict(c), GD_CHECK_WRONG);
    assert_true(gd_check_at(c, 0)->explanations > 0);
}

static void a_gradient_that_nobody_computed_is_missing(void **state)
{
    (void)state;
    gd_tensor *x = three(1, 2, 3);
    gd_check *c = gd_gradcheck(g, cube, gd_list(x), .claimed = gd_list(NULL));
    assert_fine(g);
    assert_int_equal(gd_check_verdict(c), GD_CHECK_WRONG);
    assert_int_equal(gd_check_at(c, 0)->explanation[0].mistake[0].cause, GD_CAUSE_MISSING);
}

/* ---- layers ---- */

static void a_layer_is_checked_with_its_parameters(void **state)
{
    (void)state;
    gd_layer *net = gd_sequential(g, gd_linear(g, 3, 4), gd_tanh_layer(g), gd_linear(g, 4, 2));
    gd_tensor *x = gd_randn(g, GD_DEFAULT, gd_shape(5, 3));
    gd_check *c = gd_gradcheck_layer(net, x);
    assert_right(c);
    assert_int_equal(gd_check_count(c), 5);
    gd_freeze(gd_layer_named(net, "0"), true);
    c = gd_gradcheck_layer(net, x);
    assert_right(c);
    assert_int_equal(gd_check_count(c), 3);
}

static void a_layer_of_indices_has_no_gradient_of_them(void **state)
{
    (void)state;
    gd_check *c = gd_gradcheck_layer(gd_embedding(g, 5, 3), gd_values_as(g, GD_INT64, gd_shape(4), 0, 3, 3, 1));
    assert_right(c);
    assert_int_equal(gd_check_count(c), 1);
    assert_int_equal(gd_check_at(c, 0)->entries, 15);
}

static void layers_that_can_not_be_used_are_refused(void **state)
{
    (void)state;
    gd_layer *dead;
    gd_tensor *x = gd_randn(g, GD_DEFAULT, gd_shape(5, 3));
    {
        GD_SCOPE(g);
        dead = gd_linear(g, 3, 2);
    }
    assert_refused(gd_gradcheck_layer(dead, x));
    assert_refused(gd_gradcheck_layer(gd_linear(g, 3, 2), NULL));
    assert_refused(gd_gradcheck_layer(gd_linear(g, 4, 2), x));
    assert_true(is_error_check(gd_gradcheck_layer(NULL, NULL)));
    assert_int_equal(gd_check_verdict(gd_gradcheck_layer(NULL, x)), GD_CHECK_FAILED);
}

/* ---- operations of one's own ---- */

static gd_tensor *square_forward(gd_operation_call *c)
{
    return gd_square(c->x.item[0]);
}

static bool square_backward(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = gd_mul_scalar(gd_mul(c->dy, c->x.item[0]), *(double *)c->user);
    return true;
}

static bool misshapen_backward(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = gd_sum(gd_mul_scalar(gd_mul(c->dy, c->x.item[0]), 2));
    return true;
}

static bool failing_backward(gd_operation_call *c, gd_tensor **dx)
{
    (void)c;
    (void)dx;
    return false;
}

static void an_operation_is_right_or_wrong(void **state)
{
    (void)state;
    double factor = 2;
    gd_operation *square = gd_define(g, "square", square_forward, square_backward, .user = &factor);
    gd_tensor *x = three(1, -2, 3);
    assert_right(gd_gradcheck_operation(square, gd_list(x)));
    factor = 1;
    gd_check *c = gd_gradcheck_operation(square, gd_list(x));
    assert_fine(g);
    assert_int_equal(gd_check_verdict(c), GD_CHECK_WRONG);
    assert_int_equal(gd_check_at(c, 0)->wrong, 3);
}

static void a_backward_of_a_wrong_shape_is_a_finding(void **state)
{
    (void)state;
    gd_operation *square = gd_define(g, "square", square_forward, misshapen_backward);
    gd_check *c = gd_gradcheck_operation(square, gd_list(three(1, -2, 3)));
    assert_fine(g);
    assert_int_equal(gd_check_verdict(c), GD_CHECK_WRONG);
}

static void operations_that_can_not_be_used_are_refused(void **state)
{
    (void)state;
    double factor = 2;
    gd_tensor *x = three(1, -2, 3);
    gd_operation *dead, *failing = gd_define(g, "failing", square_forward, failing_backward);
    {
        GD_SCOPE(g);
        dead = gd_define(g, "square", square_forward, square_backward, .user = &factor);
    }
    assert_refused(gd_gradcheck_operation(dead, gd_list(x)));
    assert_refused(gd_gradcheck_operation(failing, gd_list(x)));
    assert_refused(gd_gradcheck_operation(failing, gd_list(NULL)));
    assert_true(is_error_check(gd_gradcheck_operation(NULL, gd_list(x))));
}

/* ---- the library's own ---- */

static void every_operation_of_the_library_is_right(void **state)
{
    (void)state;
    int checked = 0;
    for (int op = 0; op < gd_op_count(); op++)
        for (int sample = 0; sample < gd_gradcheck_samples(op); sample++, checked++) {
            GD_SCOPE(g);
            gd_check *c = gd_gradcheck_op(g, op, sample);
            if (gd_check_verdict(c) != GD_CHECK_RIGHT) {
                gd_print_check(c, stderr);
                fail_msg("%s, sample %d", gd_op_at(op)->name, sample);
            }
        }
    assert_true(checked > 70);
    assert_int_equal(gd_gradcheck_samples(-1), 0);
    assert_int_equal(gd_gradcheck_samples(gd_op_count()), 0);
    assert_refused(gd_gradcheck_op(g, -1, 0));
    assert_refused(gd_gradcheck_op(g, 0, -1));
    assert_refused(gd_gradcheck_op(g, 0, 99));
    assert_true(is_error_check(gd_gradcheck_op(NULL, 0, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(an_honest_gradient_is_right),
        IN_CONTEXT(a_claim_that_is_wrong_is_told_with_both_numbers),
        IN_CONTEXT(the_sign_and_the_factor_are_in_the_value),
        IN_CONTEXT(named_parameters_follow_the_arguments),
        IN_CONTEXT(float32_is_checked_as_float64),
        IN_CONTEXT(integers_are_handed_over_but_not_checked),
        IN_CONTEXT(empty_tensors_have_nothing_wrong),
        IN_CONTEXT(a_scalar_has_one_entry),
        IN_CONTEXT(a_fast_check_compares_no_single_entries),
        IN_CONTEXT(second_derivatives_are_checked_too),
        IN_CONTEXT(a_kink_is_no_error),
        IN_CONTEXT(numbers_that_are_not_finite_are_not_trusted),
        IN_CONTEXT(a_random_function_draws_the_same_each_time),
        IN_CONTEXT(nothing_that_was_handed_in_is_changed),
        IN_CONTEXT(a_check_goes_with_its_scope),
        cmocka_unit_test(survives_scarce_memory),
        IN_CONTEXT(null_is_refused),
        IN_CONTEXT(dead_and_error_tensors_are_refused),
        IN_CONTEXT(lists_must_be_as_long_as_what_they_are_about),
        IN_CONTEXT(options_that_can_not_be_are_refused),
        IN_CONTEXT(a_function_must_return_floats),
        IN_CONTEXT(a_shape_that_is_wrong_is_a_finding),
        IN_CONTEXT(a_gradient_that_nobody_computed_is_missing),
        IN_CONTEXT(a_layer_is_checked_with_its_parameters),
        IN_CONTEXT(a_layer_of_indices_has_no_gradient_of_them),
        IN_CONTEXT(layers_that_can_not_be_used_are_refused),
        IN_CONTEXT(an_operation_is_right_or_wrong),
        IN_CONTEXT(a_backward_of_a_wrong_shape_is_a_finding),
        IN_CONTEXT(operations_that_can_not_be_used_are_refused),
        IN_CONTEXT(every_operation_of_the_library_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
