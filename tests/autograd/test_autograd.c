/* test_autograd.c - leaves, backward, gradients of anything, gradients of gradients, and what may go wrong. */
#include "support.h"

static bool backward_fails(gd_tensor *loss, gd_status status, const char *part)
{
    bool good = gd_backward(loss);
    assert_error(g, status, part);
    return !good;
}

/* ---- leaves ---- */

static void a_leaf_is_what_no_operation_made(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(2), 1, 2), *w = gd_require_grad(gd_values(g, gd_shape(2), 3, 4), true);
    gd_tensor *constant = gd_square(x), *y = gd_mul(x, w);
    assert_true(gd_is_leaf(x) && !gd_requires_grad(x));
    assert_true(gd_is_leaf(w) && gd_requires_grad(w));
    assert_true(gd_is_leaf(constant) && !gd_requires_grad(constant)); /* nothing was recorded, as in PyTorch */
    assert_true(!gd_is_leaf(y) && gd_requires_grad(y));
    assert_true(gd_is_leaf(gd_detach(y)) && !gd_requires_grad(gd_detach(y)));
    assert_true(gd_require_grad(y, true) == y);
    assert_true(gd_require_grad(constant, true) == constant);
    assert_false(gd_requires_grad(gd_eq(y, y))); /* a bool carries no derivative */
    assert_false(gd_requires_grad(gd_cast(y, GD_INT64)));
    assert_fine(g);
}

static void a_tensor_tells_how_it_was_made(void **state)
{
    (void)state;
    char text[64], small[4];
    gd_tensor *w = leaf(1, 2, 3);
    assert_int_equal(gd_grad_fn(w, text, sizeof text), 0);
    assert_string_equal(text, "");
    assert_int_equal(gd_grad_fn(gd_mul(w, w), text, sizeof text), strlen("MulBackward0"));
    assert_string_equal(text, "MulBackward0");
    gd_grad_fn(gd_log_softmax(w, 0), text, sizeof text);
    assert_string_equal(text, "LogSoftmaxBackward0");
    assert_int_equal(gd_grad_fn(gd_sum(w), small, sizeof small), strlen("SumBackward0"));
    assert_string_equal(small, "Sum");
    assert_int_equal(gd_grad_fn(gd_sum(w), NULL, 0), strlen("SumBackward0"));
    assert_int_equal(gd_grad_fn(gd_neg(gd_detach(w)), text, sizeof text), 0);
}

static void only_float_leaves_can_be_told(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    assert_error_object(gd_require_grad(gd_arange(g, GD_DEFAULT, 3), true));
    assert_error(g, GD_ERROR_DTYPE, "int64 (3,)");
    assert_true(gd_is_tensor(gd_require_grad(gd_arange(g, GD_DEFAULT, 3), false)));
    assert_error_object(gd_require_grad(gd_neg(w), false));
    assert_error(g, GD_ERROR_STATE, "gd_detach");
    assert_true(gd_requires_grad(gd_require_grad(gd_detach(gd_neg(w)), true)));
    gd_require_grad(w, false);
    assert_false(gd_requires_grad(gd_neg(w)));
    assert_fine(g);
}

static void a_gradient_that_is_not_there_is_explained(void **state)
{
    (void)state;
    gd_tensor *w = gd_name(leaf(1, 2, 3), "w"), *y = gd_neg(w);
    assert_error_object(gd_grad(w));
    assert_error(g, GD_ERROR_STATE, "'w' float64 (3,) has no gradient yet");
    assert_error_object(gd_grad(y));
    assert_error(g, GD_ERROR_STATE, "is not a leaf");
    assert_error_object(gd_grad(gd_detach(w)));
    assert_error(g, GD_ERROR_STATE, "gd_require_grad(t, true)");
    assert_false(gd_has_grad(w) || gd_has_grad(y));
    assert_fine(g);
}

/* ---- backward ---- */

static void backward_fills_the_leaves(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *x = gd_values_as(g, GD_FLOAT64, gd_shape(3), 7, 8, 9);
    assert_true(gd_backward(gd_sum(gd_mul(gd_mul(w, v), x))));
    assert_reads(gd_grad(w), 28, 40, 54);
    assert_reads(gd_grad(v), 7, 16, 27);
    assert_false(gd_has_grad(x));
    assert_int_equal(gd_dtype_of(gd_grad(w)), GD_FLOAT64);
    assert_false(gd_requires_grad(gd_grad(w)));
    assert_true(gd_is_leaf(gd_grad(w)));
    assert_fine(g);
}

static void gradients_add_up_until_they_are_cleared(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    assert_true(gd_backward(sum_of_squares(w)));
    assert_true(gd_backward(sum_of_squares(w)));
    assert_reads(gd_grad(w), 4, 8, 12);
    assert_true(gd_backward(gd_sum(w)));
    assert_reads(gd_grad(w), 5, 9, 13);
    assert_true(gd_clear_grad(w));
    assert_false(gd_has_grad(w));
    assert_true(gd_clear_grad(w)); /* nothing is there: nothing to do */
    assert_true(gd_backward(gd_sum(w)));
    assert_reads(gd_grad(w), 1, 1, 1);
    assert_fine(g);
}

static void gradients_outlive_the_steps_scope(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    for (int i = 1; i <= 5; i++) {
        GD_SCOPE(g);
        GD_SCOPE(g);
        assert_true(gd_backward(sum_of_squares(w)));
        assert_reads(gd_grad(w), 2 * i, 4 * i, 6 * i);
    }
    gd_full(g, GD_FLOAT64, gd_shape(3), 99);
    assert_reads(gd_grad(w), 10, 20, 30);
    {
        GD_SCOPE(g);
        gd_clear_grad(w);
    }
    assert_false(gd_has_grad(w));
    assert_fine(g);
}

static void a_leaf_that_is_the_loss_has_the_gradient_one(void **state)
{
    (void)state;
    gd_tensor *w = gd_require_grad(gd_values(g, gd_shape(1, 1), 5), true);
    assert_true(gd_backward(w));
    assert_true(gd_backward(w));
    assert_shape(gd_grad(w), gd_shape(1, 1));
    assert_true(gd_item(gd_grad(w)) == 2);
}

static void gradients_have_the_leafs_shape_and_dtype(void **state)
{
    (void)state;
    gd_tensor *b = gd_require_grad(gd_values(g, gd_shape(1, 3), 1, 2, 3), true);
    gd_tensor *s = gd_require_grad(gd_scalar(g, GD_FLOAT32, 2), true);
    gd_tensor *x = gd_ones(g, GD_FLOAT64, gd_shape(5, 4, 3));
    assert_true(gd_backward(gd_sum(gd_mul(gd_add(x, b), s))));
    assert_shape(gd_grad(b), gd_shape(1, 3));
    assert_int_equal(gd_dtype_of(gd_grad(b)), GD_FLOAT32);
    assert_reads(gd_grad(b), 40, 40, 40);
    assert_int_equal(gd_ndim(gd_grad(s)), 0);
    assert_true(gd_item(gd_grad(s)) == 20 * (2 + 3 + 4));
    assert_fine(g);
}

static void a_branch_used_twice_counts_twice(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_exp(w);
    assert_true(gd_backward(gd_sum(gd_add(y, gd_mul(y, y)))));
    assert_reads(gd_grad(w), exp(1) + 2 * exp(2), exp(2) + 2 * exp(4), exp(3) + 2 * exp(6));
    gd_tensor *v = leaf(1, 2, 3), *sum = v;
    for (int i = 0; i < 20; i++) /* 2^20 paths, 20 records */
        sum = gd_add(sum, sum);
    assert_true(gd_backward(gd_sum(sum)));
    assert_reads(gd_grad(v), 1 << 20, 1 << 20, 1 << 20);
}

static void a_diamond_meets_again(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *top = gd_mul_scalar(w, 2);
    gd_tensor *left = gd_square(top), *right = gd_mul_scalar(top, 3), *bottom = gd_mul(left, right);
    assert_true(gd_backward(gd_sum(bottom))); /* 3 (2w)^3 = 24 w^3 */
    assert_reads(gd_grad(w), 72, 288, 648);
    assert_fine(g);
}

/* Where two leaves get the same numbers, each has its own. */
static void leaves_do_not_share_a_gradient(void **state)
{
    (void)state;
    gd_tensor *a = leaf(1, 2, 3), *b = leaf(4, 5, 6), *c = leaf(7, 8, 9);
    static const double numbers[] = { -1, -2, -3 };
    assert_true(gd_backward(gd_sum(gd_add(gd_add(a, b), gd_reshape(c, gd_shape(3))))));
    assert_non_null(gd_data(gd_grad(a)));
    assert_true(gd_write(gd_grad(a), GD_FLOAT64, numbers, 3));
    assert_reads(gd_grad(b), 1, 1, 1);
    assert_reads(gd_grad(c), 1, 1, 1);
    assert_reads(gd_grad(a), -1, -2, -3);
    assert_fine(g);
}

static void a_loss_must_be_one_number_that_depends_on_a_leaf(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *x = gd_values(g, gd_shape(2), 1, 2);
    assert_true(backward_fails(gd_neg(w), GD_ERROR_STATE, "gd_mean or gd_sum"));
    assert_true(backward_fails(gd_sum(x), GD_ERROR_STATE, "does not depend on any tensor that requires a gradient"));
    assert_true(backward_fails(gd_sum(gd_detach(w)), GD_ERROR_STATE, "gd_require_grad"));
    assert_true(
        backward_fails(gd_require_grad(gd_zeros(g, GD_FLOAT64, gd_shape(0)), true), GD_ERROR_STATE, "or none"));
    assert_true(backward_fails(NULL, GD_OK, "")); /* the error is the stand-in's */
    assert_false(gd_has_grad(w));
}

static void a_second_backward_is_refused(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *shared = gd_mul(w, w), *loss = gd_sum(shared);
    assert_true(gd_backward(loss));
    assert_true(backward_fails(loss, GD_ERROR_STATE, "has had its backward already"));
    assert_true(backward_fails(gd_sum(gd_mul(shared, v)), GD_ERROR_STATE, "Run the forward again"));
    assert_reads(gd_grad(w), 2, 4, 6);
    assert_false(gd_has_grad(v));
    assert_true(gd_backward(gd_sum(gd_mul(gd_mul(w, w), v))));
    assert_reads(gd_grad(v), 1, 4, 9);
}

static void records_go_with_their_scope(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y, *dy[1];
    {
        GD_SCOPE(g);
        y = gd_keep(gd_name(gd_square(w), "y"));
        assert_true(gd_backward(gd_sum(y))); /* while they last */
    }
    assert_reads(y, 1, 4, 9);
    assert_true(gd_requires_grad(y));
    assert_true(backward_fails(gd_sum(y), GD_ERROR_STATE, "'y' float64 (3,) was kept, but the records"));
    assert_reads(gd_grad(w), 2, 4, 6);
    assert_true(gd_gradient(gd_sum(gd_square(y)), NULL, 1, &y, dy, false)); /* with respect to y itself it goes */
    assert_reads(dy[0], 2, 8, 18);
    assert_false(gd_gradient(gd_sum(y), NULL, 1, &w, dy, false)); /* how y depends on w is forgotten: zeros would be wrong */
    assert_error(g, GD_ERROR_STATE, "'y' float64 (3,) was kept, but the records");
    assert_false(gd_gradient(y, gd_ones_like(y), 1, &w, dy, false));
    assert_error(g, GD_ERROR_STATE, "'y' float64 (3,) was kept, but the records");
    assert_false(gd_gradient(gd_sum(gd_mul(y, w)), NULL, 1, &w, dy, false)); /* a part of the way is known */
    assert_error(g, GD_ERROR_STATE, "'y' float64 (3,) was kept, but the records");
}

/* A record of an inner scope that uses an outer one's result is cut off; the outer one stays whole. */
static void the_outer_part_of_the_tape_stays(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_square(w);
    for (int i = 0; i < 3; i++) {
        GD_SCOPE(g);
        gd_exp(gd_mul(y, y));
    }
    assert_true(gd_backward(gd_sum(y)));
    assert_reads(gd_grad(w), 2, 4, 6);
    assert_fine(g);
}

/* ---- writes between forward and backward ---- */

static void a_write_over_a_needed_value_is_refused(void **state)
{
    (void)state;
    static const double numbers[] = { 7, 8, 9 };
    gd_tensor *w = gd_name(leaf(1, 2, 3), "w"), *loss = sum_of_squares(w);
    assert_true(gd_write(w, GD_FLOAT64, numbers, 3));
    assert_true(
        backward_fails(loss, GD_ERROR_STATE,
                       "the derivative of mul needs the value of 'w' float64 (3,), which gd_write has written"));
    assert_false(gd_has_grad(w));
    assert_true(gd_backward(sum_of_squares(w)));
    assert_reads(gd_grad(w), 14, 16, 18);
}

static void an_update_before_the_backward_is_refused(void **state)
{
    (void)state;
    gd_tensor *W = gd_name(gd_require_grad(gd_ones(g, GD_FLOAT64, gd_shape(3, 2)), true), "W");
    gd_tensor *x = gd_require_grad(gd_ones(g, GD_FLOAT64, gd_shape(1, 3)), true);
    gd_tensor *loss = gd_sum(gd_matmul(x, W));
    assert_true(gd_sgd_update(W, gd_ones(g, GD_FLOAT64, gd_shape(3, 2)), NULL, (gd_sgd_rule){ .lr = 1 }) == W);
    assert_true(backward_fails(loss, GD_ERROR_STATE, "the derivative of matmul needs the value of 'W'"));
    assert_true(gd_sgd_update(W, gd_ones(g, GD_FLOAT64, gd_shape(3, 2)), NULL, (gd_sgd_rule){ .lr = 1 }) == W);
    gd_backward(loss);
    assert_error(g, GD_ERROR_STATE, "which sgd_update has written over since");
    assert_false(gd_has_grad(x) || gd_has_grad(W));
}

/* A view shares the numbers, an output too can be needed. */
static void writes_are_seen_through_views_and_outputs(void **state)
{
    (void)state;
    static const double numbers[] = { 7, 8, 9 };
    gd_tensor *w = leaf(1, 2, 3), *dx[1], *loss = sum_of_squares(gd_reshape(w, gd_shape(3, 1)));
    assert_true(gd_write(gd_detach(w), GD_FLOAT64, numbers, 3));
    assert_true(backward_fails(loss, GD_ERROR_STATE, "gd_write"));
    gd_tensor *y = gd_exp(w);
    loss = gd_sum(y);
    assert_true(gd_write(y, GD_FLOAT64, numbers, 3));
    assert_true(backward_fails(loss, GD_ERROR_STATE, "the derivative of exp needs the value"));
    assert_false(gd_gradient(loss, NULL, 1, &w, dx, false));
    assert_error(g, GD_ERROR_STATE, "written over since");
    assert_error_object(dx[0]);
    assert_false(gd_has_grad(w));
}

static void a_harmless_write_is_allowed(void **state)
{
    (void)state;
    static const double numbers[] = { 7, 8, 9 };
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(1, 1, 1), *loss = gd_sum(gd_add(w, gd_mul_scalar(v, 2)));
    gd_tensor *clone = gd_clone(w), *of_clone = gd_sum(gd_mul(clone, clone));
    assert_true(gd_write(w, GD_FLOAT64, numbers, 3)); /* neither a sum nor the clone's square needs it */
    assert_true(gd_write(v, GD_FLOAT64, numbers, 3));
    assert_true(gd_backward(loss));
    assert_reads(gd_grad(w), 1, 1, 1);
    assert_reads(gd_grad(v), 2, 2, 2);
    assert_true(gd_backward(of_clone));
    assert_reads(gd_grad(w), 3, 5, 7);
    assert_fine(g);
}

static void a_write_that_failed_is_none(void **state)
{
    (void)state;
    static const double numbers[] = { 7, 8, 9 };
    gd_tensor *w = leaf(1, 2, 3), *loss = sum_of_squares(w);
    assert_false(gd_write(w, GD_FLOAT64, numbers, 2));
    gd_clear(g);
    assert_true(gd_backward(loss));
    assert_reads(gd_grad(w), 2, 4, 6);
}

/* ---- without recording ---- */

static void no_gradient_flows_through_detach(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_mul(w, gd_detach(gd_square(w)));
    assert_true(gd_backward(gd_sum(y)));
    assert_reads(gd_grad(w), 1, 4, 9);
    assert_true(gd_data(gd_detach(w)) == gd_data(w));
    assert_fine(g);
}

static void nothing_is_recorded_in_no_grad(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y;
    {
        GD_NO_GRAD(g);
        y = gd_square(w);
        {
            GD_NO_GRAD(g);
        }
        assert_false(gd_requires_grad(gd_square(w))); /* the inner stretch ends, the outer goes on */
    }
    assert_true(gd_is_leaf(y) && !gd_requires_grad(y));
    assert_true(gd_requires_grad(gd_square(w)));
    assert_true(gd_requires_grad(gd_require_grad(y, true)));
    assert_true(backward_fails(gd_sum(gd_detach(y)), GD_ERROR_STATE, "record it"));
    assert_true(gd_set_recording(g, false));
    assert_false(gd_set_recording(g, true));
    assert_true(gd_set_recording(g, true));
}

/* ---- gd_gradient ---- */

static void a_gradient_can_be_had_of_anything(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *inner = gd_square(w), *y = gd_sum(gd_mul(inner, inner)), *dx[2];
    assert_true(gd_gradient(y, NULL, 2, (gd_tensor *[]){ inner, w }, dx, false));
    assert_reads(dx[0], 2, 8, 18);
    assert_reads(dx[1], 4, 32, 108);
    assert_false(gd_has_grad(w)); /* leaves are left alone */
    assert_false(gd_requires_grad(dx[1]));
    assert_true(gd_gradient(y, NULL, 1, &y, dx, false)); /* dy / dy */
    assert_true(gd_item(dx[0]) == 1);
    assert_true(gd_backward(y)); /* and the records serve on */
    assert_reads(gd_grad(w), 4, 32, 108);
    assert_fine(g);
}

static void the_gradient_of_y_can_be_given(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_square(w), *dx[1];
    gd_tensor *dy = gd_values_as(g, GD_FLOAT64, gd_shape(3), 1, 10, 100);
    assert_true(gd_gradient(y, dy, 1, &w, dx, false));
    assert_reads(dx[0], 2, 40, 600);
    assert_reads(dy, 1, 10, 100);
    assert_true(gd_gradient(y, gd_values(g, gd_shape(3), 1, 0, 1), 1, &w, dx, false)); /* float32 */
    assert_reads(dx[0], 2, 0, 6);
    assert_int_equal(gd_dtype_of(dx[0]), GD_FLOAT64);
    assert_true(gd_gradient(y, dy, 1, &y, dx, false));
    assert_reads(dx[0], 1, 10, 100);
    assert_true(dx[0] != dy && dx[0]->storage != dy->storage);
    assert_fine(g);
    assert_false(gd_gradient(y, NULL, 1, &w, dx, false));
    assert_error(g, GD_ERROR_STATE, "more than one element");
    assert_false(gd_gradient(y, gd_ones(g, GD_FLOAT64, gd_shape(1, 3)), 1, &w, dx, false));
    assert_error(g, GD_ERROR_SHAPE, "dy is float64 (1, 3), not of the shape of float64 (3,)");
    assert_error_object(dx[0]);
}

static void what_y_does_not_depend_on_has_zeros(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *plain = gd_ones(g, GD_FLOAT32, gd_shape(2, 2)), *dx[3];
    gd_tensor *y = gd_sum(w);
    assert_false(gd_gradient(y, NULL, 1, &plain, dx, false)); /* nothing was recorded of it */
    assert_error(g, GD_ERROR_STATE, "is an operand of nothing that was recorded");
    gd_require_grad(plain, true);
    assert_true(gd_gradient(y, NULL, 3, (gd_tensor *[]){ v, w, plain }, dx, false));
    assert_reads(dx[0], 0, 0, 0);
    assert_reads(dx[1], 1, 1, 1);
    assert_shape(dx[2], gd_shape(2, 2));
    assert_int_equal(gd_dtype_of(dx[2]), GD_FLOAT32);
    assert_reads(dx[2], 0, 0, 0, 0);
    assert_fine(g);
    assert_false(gd_gradient(plain, plain, 1, &w, dx, false));
    assert_error(g, GD_ERROR_STATE, "was made by nothing that was recorded");
}

static void the_same_input_twice_has_two_gradients(void **state)
{
    (void)state;
    static const double numbers[] = { 0, 0, 0 };
    gd_tensor *w = leaf(1, 2, 3), *y = sum_of_squares(w), *dx[2];
    for (int record = 0; record <= 1; record++) {
        assert_true(gd_gradient(y, NULL, 2, (gd_tensor *[]){ w, w }, dx, record));
        assert_reads(dx[0], 2, 4, 6);
        assert_reads(dx[1], 2, 4, 6);
    }
    assert_true(gd_gradient(y, NULL, 2, (gd_tensor *[]){ w, w }, dx, false));
    assert_true(gd_write(dx[0], GD_FLOAT64, numbers, 3));
    assert_reads(dx[1], 2, 4, 6);
    assert_fine(g);
}

static void bad_arguments_of_gradient_are_refused(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = sum_of_squares(w), *dx[2] = { w, w };
    assert_false(gd_gradient(y, NULL, 2, (gd_tensor *[]){ w, NULL }, dx, false));
    assert_error_object(dx[0]);
    assert_error_object(dx[1]);
    assert_error(g, GD_ERROR_NULL, "gd_gradient");
    assert_false(gd_gradient(y, NULL, 1, NULL, dx, false));
    assert_error(g, GD_ERROR_NULL, "without arrays");
    assert_false(gd_gradient(y, NULL, 1, &w, NULL, false));
    assert_error(g, GD_ERROR_NULL, "without arrays");
    assert_false(gd_gradient(y, NULL, -1, &w, dx, false));
    assert_error(g, GD_ERROR_NULL, "-1 tensors");
    assert_true(gd_gradient(y, NULL, 0, NULL, NULL, false));
    assert_fine(g);
}

static void the_results_live_in_the_current_scope(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = sum_of_squares(w), *dx[1];
    for (int record = 0; record <= 1; record++) {
        {
            GD_SCOPE(g);
            assert_true(gd_gradient(y, NULL, 1, &w, dx, record));
            assert_int_equal(dx[0]->object.depth, g->depth);
        }
        assert_false(gd_is_tensor(dx[0]));
    }
}

/* ---- gradients of gradients ---- */

static void x_cubed_thrice(void **state)
{
    (void)state;
    gd_tensor *x = leaf(1, 2, -3), *y = gd_mul(gd_mul(x, x), x), *d[4];
    for (int order = 0; order < 3; order++) {
        gd_tensor *of = gd_sum(order == 0 ? y : d[order - 1]);
        assert_true(gd_gradient(of, NULL, 1, &x, &d[order], true));
    }
    assert_reads(d[0], 3, 12, 27);
    assert_reads(d[1], 6, 12, -18);
    assert_reads(d[2], 6, 6, 6);
    assert_fine(g);
    assert_false(gd_gradient(gd_sum(d[2]), NULL, 1, &x, &d[3], true)); /* a constant: no record has x in it, as in PyTorch */
    assert_error(g, GD_ERROR_STATE, "was made by nothing that was recorded");
}

/* The norm of a gradient in the loss: backward goes through the gradient to the leaves. */
static void a_gradient_can_be_part_of_the_loss(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *x = leaf(4, 5, 6), *dx[1];
    gd_tensor *y = gd_sum(gd_mul(gd_square(x), w));
    assert_true(gd_gradient(y, NULL, 1, &x, dx, true)); /* 2 x w */
    assert_true(gd_requires_grad(dx[0]));
    assert_true(gd_backward(gd_sum(gd_square(dx[0])))); /* 4 x^2 w^2 */
    assert_reads(gd_grad(w), 8 * 16 * 1, 8 * 25 * 2, 8 * 36 * 3);
    assert_reads(gd_grad(x), 8 * 4 * 1, 8 * 5 * 4, 8 * 6 * 9);
    assert_fine(g);
}

/* d/dx sigmoid, twice, against the formulas. */
static void a_rule_that_is_an_operation_has_a_rule_too(void **state)
{
    (void)state;
    gd_tensor *x = leaf(0.3, -1.2, 2), *d[2];
    assert_true(gd_gradient(gd_sum(gd_sigmoid(x)), NULL, 1, &x, &d[0], true));
    assert_true(gd_gradient(gd_sum(d[0]), NULL, 1, &x, &d[1], true));
    double first[3], second[3];
    for (int i = 0; i < 3; i++) {
        double s = 1 / (1 + exp(-gd_at(x, i)));
        first[i] = s * (1 - s);
        second[i] = s * (1 - s) * (1 - 2 * s);
    }
    assert_values(d[0], first, 3);
    assert_values(d[1], second, 3);
}

/* ---- many operations ---- */

static void a_chain_of_many_operations_needs_no_recursion(void **state)
{
    (void)state;
    enum { LENGTH = 100000 };
    gd_tensor *w = leaf(1, 2, 3), *y = w, *dx[1];
    for (int i = 0; i < LENGTH; i++)
        y = gd_add_scalar(y, 1);
    gd_tensor *loss = gd_sum(gd_square(y));
    assert_true(gd_gradient(loss, NULL, 1, &w, dx, false));
    assert_true(gd_backward(loss));
    assert_reads(gd_grad(w), 2 * (LENGTH + 1), 2 * (LENGTH + 2), 2 * (LENGTH + 3));
    assert_reads(dx[0], 2 * (LENGTH + 1), 2 * (LENGTH + 2), 2 * (LENGTH + 3));
    assert_fine(g);
}

/* ---- when it fails ---- */

static void while_an_error_stands_no_gradient_changes(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    assert_true(gd_backward(gd_sum(w)));
    gd_tensor *loss = sum_of_squares(w);
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_backward(loss));
    assert_false(gd_clear_grad(w));
    gd_clear(g);
    assert_reads(gd_grad(w), 1, 1, 1);
    assert_true(gd_backward(loss)); /* it was not gone through */
    assert_reads(gd_grad(w), 3, 5, 7);
}

/* The error is met half way: after one leaf has its share, before another has. */
static void a_backward_that_fails_half_way_changes_nothing(void **state)
{
    (void)state;
    static const double numbers[] = { 7, 8, 9 };
    gd_tensor *first = leaf(1, 2, 3), *last = leaf(4, 5, 6), *late = leaf(1, 1, 1);
    assert_true(gd_backward(gd_sum(last)));
    gd_tensor *loss = gd_sum(gd_add(gd_add(gd_mul(first, first), last), late));
    assert_true(gd_write(first, GD_FLOAT64, numbers, 3));
    assert_true(backward_fails(loss, GD_ERROR_STATE, "written over since"));
    assert_reads(gd_grad(last), 1, 1, 1);
    assert_false(gd_has_grad(first) || gd_has_grad(late));
    assert_null(last->cotangent);
    assert_true(gd_backward(gd_sum(last)));
    assert_reads(gd_grad(last), 2, 2, 2);
}

/* Two leaves of a small network, w with a gradient from before. */
typedef struct pair {
    gd_tensor *w, *b, *x;
} pair;

static pair leaves_of(gd_context *c)
{
    static const double ones[] = { 1, 1, 1, 1, 1, 1 };
    pair p = { gd_from_memory(c, GD_FLOAT64, gd_shape(3, 2), ones), gd_from_memory(c, GD_FLOAT64, gd_shape(2), ones),
               gd_from_memory(c, GD_FLOAT64, gd_shape(1, 3), ones) };
    gd_require_grad(p.w, true);
    gd_require_grad(p.b, true);
    gd_backward(gd_sum(p.w));
    return p;
}

static gd_tensor *loss_of(const pair *p)
{
    return gd_mean(gd_square(gd_sigmoid(gd_add(gd_matmul(p->x, p->w), p->b))));
}

/* All was added, or nothing: element 0 of the gradient of w was 1. */
static void assert_all_or_nothing(const pair *p, bool good)
{
    double first = ((const double *)p->w->grad->data)[0];
    assert_true(gd_has_grad(p->b) == good);
    assert_true((first != 1) == good);
    assert_null(p->w->cotangent);
}

static void *prepare_leaves(gd_context *c)
{
    static pair p;
    p = leaves_of(c);
    return &p;
}

static bool try_backward(gd_context *c, void *prepared)
{
    const pair *p = prepared;
    gd_scope scope = gd_scope_enter(c);
    bool good = gd_backward(loss_of(p));
    gd_scope_leave(&scope);
    assert_all_or_nothing(p, good);
    return good;
}

static bool try_twice(gd_context *c, void *prepared)
{
    const pair *p = prepared;
    gd_tensor *dx[2] = { NULL, NULL }, *of = loss_of(p);
    bool good = gd_gradient(of, NULL, 2, (gd_tensor *[]){ p->w, p->b }, dx, true);
    assert_true(good == (gd__alive(dx[0]) && gd__alive(dx[1])));
    assert_true(good || (gd__is_error(dx[0]) && gd__is_error(dx[1])));
    good = gd_backward(gd_add(gd_sum(gd_square(dx[0])), gd_sum(dx[1])));
    assert_all_or_nothing(p, good);
    (void)c;
    return good;
}

static void out_of_memory_changes_no_gradient(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare_leaves, try_backward) > 10);
    assert_true(until_memory_suffices(prepare_leaves, try_twice) > 10);
}

/* gd_backward has a scope of its own. Here only the room for that is missing: all blocks that the rest takes are free
 * from a backward before. */
static void no_memory_for_a_scope_changes_no_gradient(void **state)
{
    (void)state;
    scarce memory = { .live = 0 };
    gd_context *c = gd_open_with(&(gd_config){ .allocator = { scarce_resize, &memory } });
    pair p = leaves_of(c);
    for (int i = 0; i < 2; i++) {
        GD_SCOPE(c);
        assert_true(gd_backward(loss_of(&p)));
        gd_clear_grad(p.b);
        gd_clear_grad(p.w);
    }
    while (c->depth + 1 < c->scope_capacity)
        gd_scope_enter(c);
    gd_tensor *loss = loss_of(&p);
    memory.refuse = true;
    c->pool.cut = c->pool.cut_end;
    bool good = gd_backward(loss), failed = gd_failed(c), changed = gd_has_grad(p.b) || gd_has_grad(p.w);
    gd_close(c);
    assert_true(failed);
    assert_false(good || changed);
}

static void a_gradient_across_contexts_is_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *w = leaf(1, 2, 3), *theirs = gd_ones(other, GD_FLOAT64, gd_shape(3)), *dx[1];
    bool good = gd_gradient(sum_of_squares(w), NULL, 1, &theirs, dx, false);
    bool failed = gd_failed(g);
    gd_close(other);
    assert_false(good);
    assert_true(failed);
    assert_error(g, GD_ERROR_CONTEXT, "");
}

/* The header: it lives as long as the leaf, or until gd_zero_grad. */
static void a_gradient_that_was_read_lives_on(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    assert_true(gd_backward(gd_sum(w)));
    gd_tensor *first = gd_grad(w);
    assert_true(gd_backward(gd_sum(w)));
    assert_true(gd_is_tensor(first));
    assert_true(gd_is_tensor(gd_grad(w)));
}

/* A gradient used in a loss may go with the scope that cleared it: then backward must not use what lies there. */
static void a_gradient_that_went_is_not_used(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(1, 1, 1);
    assert_true(gd_backward(sum_of_squares(w)));
    gd_tensor *loss = gd_sum(gd_mul(gd_grad(w), v));
    {
        GD_SCOPE(g);
        gd_clear_grad(w);
    }
    if (gd_backward(loss))
        assert_reads(gd_grad(v), 2, 4, 6);
    else
        assert_error(g, GD_ERROR_DEAD, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_leaf_is_what_no_operation_made),
        IN_CONTEXT(a_tensor_tells_how_it_was_made),
        IN_CONTEXT(only_float_leaves_can_be_told),
        IN_CONTEXT(a_gradient_that_is_not_there_is_explained),
        IN_CONTEXT(backward_fills_the_leaves),
        IN_CONTEXT(gradients_add_up_until_they_are_cleared),
        IN_CONTEXT(gradients_outlive_the_steps_scope),
        IN_CONTEXT(a_leaf_that_is_the_loss_has_the_gradient_one),
        IN_CONTEXT(gradients_have_the_leafs_shape_and_dtype),
        IN_CONTEXT(a_branch_used_twice_counts_twice),
        IN_CONTEXT(a_diamond_meets_again),
        IN_CONTEXT(leaves_do_not_share_a_gradient),
        IN_CONTEXT(a_loss_must_be_one_number_that_depends_on_a_leaf),
        IN_CONTEXT(a_second_backward_is_refused),
        IN_CONTEXT(records_go_with_their_scope),
        IN_CONTEXT(the_outer_part_of_the_tape_stays),
        IN_CONTEXT(a_write_over_a_needed_value_is_refused),
        IN_CONTEXT(an_update_before_the_backward_is_refused),
        IN_CONTEXT(writes_are_seen_through_views_and_outputs),
        IN_CONTEXT(a_harmless_write_is_allowed),
        IN_CONTEXT(a_write_that_failed_is_none),
        IN_CONTEXT(no_gradient_flows_through_detach),
        IN_CONTEXT(nothing_is_recorded_in_no_grad),
        IN_CONTEXT(a_gradient_can_be_had_of_anything),
        IN_CONTEXT(the_gradient_of_y_can_be_given),
        IN_CONTEXT(what_y_does_not_depend_on_has_zeros),
        IN_CONTEXT(the_same_input_twice_has_two_gradients),
        IN_CONTEXT(bad_arguments_of_gradient_are_refused),
        IN_CONTEXT(the_results_live_in_the_current_scope),
        IN_CONTEXT(x_cubed_thrice),
        IN_CONTEXT(a_gradient_can_be_part_of_the_loss),
        IN_CONTEXT(a_rule_that_is_an_operation_has_a_rule_too),
        IN_CONTEXT(a_chain_of_many_operations_needs_no_recursion),
        IN_CONTEXT(while_an_error_stands_no_gradient_changes),
        IN_CONTEXT(a_backward_that_fails_half_way_changes_nothing),
        IN_CONTEXT(out_of_memory_changes_no_gradient),
        IN_CONTEXT(no_memory_for_a_scope_changes_no_gradient),
        IN_CONTEXT(a_gradient_across_contexts_is_refused),
        IN_CONTEXT(a_gradient_that_was_read_lives_on),
        IN_CONTEXT(a_gradient_that_went_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
