/* test_backward_options.c - gd_backward from a given gradient and more than once, gradients that inner tensors keep, and
 * gradients of several outputs together. */
#include "support.h"

static bool write_three(gd_tensor *t, double a, double b, double c)
{
    return gd_write(t, GD_FLOAT64, (const double[]){ a, b, c }, 3);
}

/* ---- dy ---- */

static void dy_weighs_the_outputs(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *dy = three(1, 10, 100);
    assert_true(gd_backward(gd_mul(w, w), dy));
    assert_reads(gd_grad(w), 2, 40, 600);
    assert_reads(dy, 1, 10, 100);
    assert_true(gd_backward(gd_mul(w, w), .dy = dy)); /* adds */
    assert_reads(gd_grad(w), 4, 80, 1200);
    assert_fine(g);
}

static void dy_of_a_number_takes_the_place_of_one(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    assert_true(gd_backward(gd_sum(w), gd_scalar(g, GD_FLOAT64, -4)));
    assert_reads(gd_grad(w), -4, -4, -4);
    assert_false(gd_backward(gd_sum(w), gd_ones(g, GD_FLOAT64, gd_shape(1))));
    assert_error(g, GD_ERROR_SHAPE, "dy is float64 (1,), not of the shape of float64 ()");
}

/* PyTorch casts: torch.ones(2, requires_grad=True) * 2 with an int64 gradient of ones gives 2. */
static void dy_of_another_dtype_is_cast(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    assert_true(gd_backward(gd_mul_scalar(w, 2), gd_arange(g, GD_DEFAULT, 3)));
    assert_reads(gd_grad(w), 0, 2, 4);
    assert_true(gd_backward(gd_mul_scalar(w, 2), gd_ones(g, GD_FLOAT32, gd_shape(3))));
    assert_reads(gd_grad(w), 2, 4, 6);
    assert_int_equal(gd_dtype_of(gd_grad(w)), GD_FLOAT64);
}

static void dy_may_be_a_view(void **state)
{
    (void)state;
    gd_tensor *w = gd_require_grad(gd_ones(g, GD_FLOAT64, gd_shape(2, 2)), true), *v = leaf(1, 2, 3);
    assert_true(gd_backward(gd_neg(w), gd_t(gd_values_as(g, GD_FLOAT64, gd_shape(2, 2), 1, 2, 3, 4))));
    assert_reads(gd_grad(w), -1, -3, -2, -4);
    assert_true(
        gd_backward(v, gd_expand(gd_scalar(g, GD_FLOAT64, 5), gd_shape(3)))); /* one element thrice in memory */
    assert_true(write_three(gd_grad(v), 1, 2, 3));
    assert_reads(gd_grad(v), 1, 2, 3);
    assert_fine(g);
}

/* The gradient of y itself is dy, but in numbers alone. */
static void a_gradient_is_not_dy_itself(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_retain_grad(gd_neg(w)), *dy = three(1, 10, 100);
    assert_true(gd_backward(y, dy));
    assert_true(gd_backward(w, dy));
    assert_reads(gd_grad(w), 0, 0, 0);
    gd_clear_grad(w);
    assert_true(gd_backward(w, dy));
    assert_true(write_three(dy, 7, 8, 9));
    assert_reads(gd_grad(w), 1, 10, 100);
    assert_reads(gd_grad(y), 1, 10, 100);
    assert_true(write_three(gd_grad(w), 0, 0, 0));
    assert_reads(gd_grad(y), 1, 10, 100);
    assert_reads(dy, 7, 8, 9);
    assert_fine(g);
}

static void an_empty_tensor_needs_dy_too(void **state)
{
    (void)state;
    gd_tensor *w = gd_require_grad(gd_zeros(g, GD_FLOAT64, gd_shape(0, 2)), true), *y = gd_exp(w);
    assert_false(gd_backward(y));
    assert_error(g, GD_ERROR_STATE, "or none");
    assert_true(gd_backward(y, gd_zeros(g, GD_FLOAT64, gd_shape(0, 2))));
    assert_shape(gd_grad(w), gd_shape(0, 2));
}

static void bad_arguments_of_backward(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_name(gd_mul(w, w), "y"), *dy = three(1, 1, 1);
    assert_false(gd_backward(NULL));
    assert_fine(g);
    assert_false(gd_backward(NULL, dy)); /* dy can say where it belongs */
    assert_error(g, GD_ERROR_NULL, "gd_backward: the loss is NULL");
    assert_false(gd_backward(dead_tensor()));
    assert_error(g, GD_ERROR_DEAD, "the loss");
    assert_false(gd_backward(y, dead_tensor()));
    assert_error(g, GD_ERROR_DEAD, "dy");
    assert_false(gd_backward(cleared_error()));
    assert_false(gd_backward(y, cleared_error()));
    assert_fine(g);
    assert_false(gd_backward(y));
    assert_error(g, GD_ERROR_STATE, "'y' float64 (3,) has more than one element");
    assert_false(gd_backward(y, gd_ones(g, GD_FLOAT64, gd_shape(3, 1))));
    assert_error(g, GD_ERROR_SHAPE, "dy is float64 (3, 1), not of the shape of 'y' float64 (3,)");
    assert_false(gd_backward(dy, dy));
    assert_error(g, GD_ERROR_STATE, "does not depend on any tensor that requires a gradient");
    gd_zeros(g, GD_FLOAT64, gd_shape(-1));
    assert_false(gd_backward(y, dy)); /* an error stands */
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
    assert_false(gd_has_grad(w));
    assert_true(gd_backward(y, dy)); /* nothing of this has spent the records */
    assert_reads(gd_grad(w), 2, 4, 6);
}

static void dy_of_another_context_is_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *w = leaf(1, 2, 3);
    bool good = gd_backward(gd_mul(w, w), gd_ones(other, GD_FLOAT64, gd_shape(3)));
    gd_close(other);
    assert_false(good);
    assert_error(g, GD_ERROR_CONTEXT, "dy belongs to another context");
}

/* ---- retain ---- */

static void retained_records_serve_again(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *loss = sum_of_squares(w);
    assert_true(gd_backward(loss, .retain = true));
    assert_true(gd_backward(loss, NULL, true));
    assert_reads(gd_grad(w), 4, 8, 12);
    assert_true(gd_backward(loss));
    assert_reads(gd_grad(w), 6, 12, 18);
    assert_false(gd_backward(loss, .retain = true));
    assert_error(g, GD_ERROR_STATE, "has had its backward already");
    assert_reads(gd_grad(w), 6, 12, 18);
}

static void two_losses_share_what_is_retained(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *trunk = gd_mul(w, w), *first = gd_sum(trunk),
              *second = gd_sum(gd_mul(trunk, trunk));
    assert_true(gd_backward(first, .retain = true));
    assert_true(gd_backward(second));
    assert_reads(gd_grad(w), 2 + 4, 4 + 32, 6 + 108);
    assert_false(gd_backward(first)); /* the trunk is spent, though first's own record is not */
    assert_error(g, GD_ERROR_STATE, "has had its backward already");
    assert_reads(gd_grad(w), 2 + 4, 4 + 32, 6 + 108);
}

static void retained_records_still_see_writes(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *loss = sum_of_squares(w);
    assert_true(gd_backward(loss, .retain = true));
    assert_true(write_three(w, 0, 0, 0));
    assert_false(gd_backward(loss));
    assert_error(g, GD_ERROR_STATE, "written over since");
    assert_reads(gd_grad(w), 2, 4, 6);
}

/* ---- gd_retain_grad ---- */

static void an_inner_tensor_can_keep_its_gradient(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_name(gd_mul_scalar(w, 2), "y");
    assert_error_object(gd_grad(y));
    assert_error(g, GD_ERROR_STATE, "is not a leaf");
    assert_true(gd_retain_grad(y) == y);
    assert_error_object(gd_grad(y));
    assert_error(g, GD_ERROR_STATE, "'y' float64 (3,) has no gradient yet");
    gd_tensor *loss = sum_of_squares(y);
    assert_true(gd_backward(loss, .retain = true));
    assert_reads(gd_grad(y), 4, 8, 12);
    assert_reads(gd_grad(w), 8, 16, 24);
    assert_false(gd_requires_grad(gd_grad(y)));
    gd_tensor *kept = gd_grad(y);
    assert_true(gd_backward(loss)); /* adds, at the same place */
    assert_true(gd_grad(y) == kept);
    assert_reads(kept, 8, 16, 24);
    assert_true(gd_clear_grad(y));
    assert_false(gd_has_grad(y));
    assert_fine(g);
}

static void the_loss_and_a_leaf_may_be_told_too(void **state)
{
    (void)state;
    gd_tensor *w = gd_retain_grad(leaf(1, 2, 3)), *loss = gd_retain_grad(gd_sum(w));
    assert_true(gd_backward(loss));
    assert_true(gd_item(gd_grad(loss)) == 1);
    assert_reads(gd_grad(w), 1, 1, 1);
}

/* The gradient of a sum's operands is one tensor on the way back. */
static void kept_gradients_are_not_shared(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6);
    gd_tensor *a = gd_retain_grad(gd_clone(w)), *b = gd_retain_grad(gd_clone(v)), *y = gd_retain_grad(gd_add(a, b));
    gd_tensor *all[] = { w, v, a, b, y };
    assert_true(gd_backward(y, three(1, 2, 3)));
    for (int i = 0; i < 5; i++) {
        assert_reads(gd_grad(all[i]), 1, 2, 3);
        assert_true(write_three(gd_grad(all[i]), i, i, i));
    }
    for (int i = 0; i < 5; i++)
        assert_reads(gd_grad(all[i]), i, i, i);
    gd_tensor *u = leaf(1, 2, 3), *column = gd_retain_grad(gd_reshape(u, gd_shape(3, 1)));
    assert_true(gd_backward(gd_sum(gd_neg(column)))); /* u's is a view of column's on the way back */
    assert_true(write_three(gd_grad(column), 7, 8, 9));
    assert_reads(gd_grad(u), -1, -1, -1);
}

static void a_kept_gradient_lives_as_long_as_its_tensor(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y;
    {
        GD_SCOPE(g);
        y = gd_retain_grad(gd_mul_scalar(w, 2));
        {
            GD_SCOPE(g);
            assert_true(gd_backward(gd_sum(y)));
        }
        assert_reads(gd_grad(y), 1, 1, 1);
        gd_keep(y);
    }
    gd_ones(g, GD_FLOAT64, gd_shape(3));
    assert_reads(gd_grad(y), 1, 1, 1);
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_STATE, "was kept, but the records");
    assert_reads(gd_grad(y), 1, 1, 1);
}

/* As it leaves the leaves alone. PyTorch's torch.autograd.grad would fill y.grad. */
static void gradient_gathers_nothing_in_a_kept_one(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_retain_grad(gd_mul(w, w)), *dx;
    assert_true(gd_gradient(gd_sum(y), NULL, 1, &w, &dx, false));
    assert_false(gd_has_grad(y) || gd_has_grad(w));
}

static void bad_arguments_of_retain_grad(void **state)
{
    (void)state;
    assert_error_object(gd_retain_grad(NULL));
    assert_fine(g);
    assert_error_object(gd_retain_grad(cleared_error()));
    assert_fine(g);
    assert_error_object(gd_retain_grad(dead_tensor()));
    assert_error(g, GD_ERROR_DEAD, "gd_retain_grad");
    assert_error_object(gd_retain_grad(gd_name(three(1, 2, 3), "x")));
    assert_error(g, GD_ERROR_STATE, "'x' float64 (3,) can't keep its gradient: it requires none");
}

/* ---- gd_gradients ---- */

static void outputs_together(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *dx[2];
    gd_tensor *square = gd_mul(w, w), *mixed = gd_sum(gd_mul(w, v));
    gd_tensors y = gd_list(square, mixed), x = gd_list(w, v);
    assert_true(gd_gradients(y, gd_list(three(1, 10, 100), NULL), x, dx, false));
    assert_reads(dx[0], 2 + 4, 40 + 5, 600 + 6);
    assert_reads(dx[1], 1, 2, 3);
    assert_true(gd_gradients(gd_list(mixed, gd_sum(square)), (gd_tensors){ .count = 0 }, x, dx, false));
    assert_reads(dx[0], 6, 9, 12);
    assert_true(gd_gradients(gd_list(mixed, mixed), gd_list(NULL, gd_scalar(g, GD_FLOAT64, 2)), x, dx, false));
    assert_reads(dx[1], 3, 6, 9); /* the same output twice counts twice */
    assert_false(gd_has_grad(w));
    assert_fine(g);
}

/* One output is made of another, one input is an output, one output depends on nothing that is asked for. */
static void outputs_among_the_inputs(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *square = gd_mul(w, w), *top = gd_sum(gd_mul(square, square)),
              *dx[2];
    gd_tensor *ones = three(1, 1, 1);
    assert_true(gd_gradients(gd_list(top, square), gd_list(NULL, ones), gd_list(square, w), dx, false));
    assert_reads(dx[0], 2 + 1, 8 + 1, 18 + 1);
    assert_reads(dx[1], 3 * 2, 9 * 4, 19 * 6);
    assert_true(gd_gradients(gd_list(gd_sum(v), top), gd_list(NULL, NULL), gd_list(w), dx, false));
    assert_reads(dx[0], 4, 32, 108);
    assert_true(gd_gradients(gd_list(w, top), gd_list(ones, NULL), gd_list(w), dx, false)); /* a leaf as an output */
    assert_reads(dx[0], 5, 33, 109);
}

static void many_outputs_and_inputs(void **state)
{
    (void)state;
    enum { MANY = 40 };
    gd_tensor *x[MANY], *y[MANY], *dx[MANY];
    for (int i = 0; i < MANY; i++)
        x[i] = leaf(i, i, i);
    for (int i = 0; i < MANY; i++)
        y[i] = gd_sum(gd_mul(x[i], x[(i + 1) % MANY]));
    assert_true(gd_gradients((gd_tensors){ MANY, y }, (gd_tensors){ 0, NULL }, (gd_tensors){ MANY, x }, dx, false));
    for (int i = 1; i < MANY - 1; i++)
        assert_reads(dx[i], 2 * i, 2 * i, 2 * i);
    assert_reads(dx[0], MANY, MANY, MANY);
}

static void outputs_together_twice(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, -3), *square = gd_mul(w, w), *cube = gd_mul(square, w), *ones = three(1, 1, 1), *d[2];
    assert_true(gd_gradients(gd_list(square, cube), gd_list(ones, ones), gd_list(w), &d[0], true)); /* 2 w + 3 w^2 */
    assert_true(gd_gradients(gd_list(d[0], gd_sum(cube)), gd_list(ones, NULL), gd_list(w), &d[1], true));
    assert_reads(d[1], 2 + 6 + 3, 2 + 12 + 12, 2 - 18 + 27);
    assert_true(gd_backward(gd_sum(d[1]))); /* 2 + 6 w + 3 w^2 */
    assert_reads(gd_grad(w), 6 + 6, 6 + 12, 6 - 18);
}

static bool gradients_fail(gd_tensors y, gd_tensors dy, gd_tensors x, gd_status status, const char *part)
{
    gd_tensor *dx[3] = { NULL, NULL, NULL };
    bool good = gd_gradients(y, dy, x, dx, false);
    for (int i = 0; i < x.count; i++)
        assert_error_object(dx[i]);
    assert_error(g, status, part);
    return !good;
}

static void bad_arguments_of_gradients(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = sum_of_squares(w), *z = gd_mul(w, w), *dx[1];
    gd_tensors none = { 0, NULL };
    assert_true(gradients_fail(gd_list(NULL, y), none, gd_list(w), GD_ERROR_NULL, "gd_gradient: y is NULL"));
    assert_true(gradients_fail(gd_list(NULL), none, gd_list(w), GD_ERROR_NULL, "y is NULL"));
    assert_true(gradients_fail(none, none, gd_list(w), GD_ERROR_NULL, "0 outputs"));
    assert_true(gradients_fail((gd_tensors){ 1, NULL }, none, gd_list(w), GD_ERROR_NULL, "without arrays"));
    assert_true(gradients_fail((gd_tensors){ -1, &y }, none, gd_list(w), GD_ERROR_NULL, "-1 outputs"));
    assert_true(
        gradients_fail(gd_list(y, y), gd_list(NULL), gd_list(w), GD_ERROR_NULL, "2 outputs, 1 gradients of them"));
    assert_true(gradients_fail(gd_list(y), (gd_tensors){ 1, NULL }, gd_list(w), GD_ERROR_NULL, "not fitting"));
    assert_true(gradients_fail(gd_list(y), (gd_tensors){ -1, &y }, gd_list(w), GD_ERROR_NULL, "not fitting"));
    assert_true(gradients_fail(gd_list(y), none, gd_list(w, NULL), GD_ERROR_NULL, "x is NULL"));
    assert_true(
        gradients_fail(gd_list(y, gd_arange(g, GD_DEFAULT, 3)), none, gd_list(w), GD_ERROR_DTYPE, "y is int64 (3,)"));
    assert_true(
        gradients_fail(gd_list(y), none, gd_list(gd_arange(g, GD_DEFAULT, 3)), GD_ERROR_DTYPE, "x is int64 (3,)"));
    assert_true(gradients_fail(gd_list(y, dead_tensor()), none, gd_list(w), GD_ERROR_DEAD, "y was used after"));
    assert_true(gradients_fail(gd_list(y), none, gd_list(w, dead_tensor()), GD_ERROR_DEAD, "x was used after"));
    assert_true(gradients_fail(gd_list(y), gd_list(dead_tensor()), gd_list(w), GD_ERROR_DEAD, "dy was used after"));
    assert_true(
        gradients_fail(gd_list(y, z), none, gd_list(w), GD_ERROR_STATE, "float64 (3,) has more than one element"));
    assert_true(gradients_fail(gd_list(y, z), gd_list(NULL, y), gd_list(w), GD_ERROR_SHAPE, "dy is float64 ()"));
    assert_true(gradients_fail(gd_list(y, three(1, 2, 3)), gd_list(NULL, w), gd_list(w), GD_ERROR_STATE,
                               "nothing that was recorded"));
    assert_true(gradients_fail(gd_list(cleared_error()), none, gd_list(w), GD_OK, ""));
    assert_true(gradients_fail(gd_list(y), gd_list(cleared_error()), gd_list(w), GD_OK, ""));
    assert_true(gradients_fail(gd_list(y), none, gd_list(cleared_error(), w), GD_OK, ""));
    assert_false(gd_gradients(gd_list(y), none, gd_list(w), NULL, false));
    assert_error(g, GD_ERROR_NULL, "without arrays");
    assert_false(gd_gradients(gd_list(NULL), none, gd_list(NULL), dx, false)); /* nobody can say where that belongs */
    assert_error_object(dx[0]);
    assert_false(gd_gradients(none, none, none, NULL, false));
    assert_fine(g);
}

static void outputs_of_two_contexts_are_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *w = leaf(1, 2, 3), *theirs = gd_require_grad(gd_ones(other, GD_FLOAT64, gd_shape()), true);
    bool refused = gradients_fail(gd_list(gd_sum(w), theirs), (gd_tensors){ 0, NULL }, gd_list(w), GD_ERROR_CONTEXT,
                                  "y belongs");
    refused =
        refused && gradients_fail(gd_list(gd_sum(w)), gd_list(theirs), gd_list(w), GD_ERROR_CONTEXT, "dy belongs");
    gd_close(other);
    assert_true(refused);
}

/* ---- out of memory ---- */

static void *prepare_leaf(gd_context *own)
{
    return gd_require_grad(gd_ones(own, GD_FLOAT64, gd_shape(3)), true);
}

/* Either both gradients are there, or none. */
static bool try_all(gd_context *own, void *prepared)
{
    gd_tensor *w = prepared, *y = gd_retain_grad(gd_mul(w, w)), *dy = gd_ones(own, GD_FLOAT32, gd_shape(3)), *dx[2];
    bool good = gd_backward(y, dy, .retain = true);
    assert_true(gd_has_grad(w) == good && gd_has_grad(y) == good);
    assert_null(w->cotangent);
    good = gd_backward(y, dy) && good;
    bool found = gd_gradients(gd_list(y, gd_sum(y)), gd_list(dy, NULL), gd_list(w, y), dx, false);
    assert_true(gd_is_tensor(dx[0]) == found && gd_is_tensor(dx[1]) == found);
    return good && found;
}

static void out_of_memory_leaves_no_half(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare_leaf, try_all) > 10);
}

/* Inputs that the output does not depend on: each gets zeros of its own. */
static bool try_many(gd_context *own, void *prepared)
{
    enum { MANY = 12 };
    gd_tensor *x[MANY], *dx[MANY], *y = gd_sum(prepared);
    for (int i = 0; i < MANY; i++)
        x[i] = gd_require_grad(gd_ones(own, GD_FLOAT64, gd_shape(3)), true);
    bool good = gd_gradient(y, NULL, MANY, x, dx, false);
    for (int i = 0; i < MANY; i++)
        assert_true(good ? gd_is_tensor(dx[i]) : gd__is_error(dx[i]));
    return good;
}

static void out_of_memory_leaves_no_half_of_many(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare_leaf, try_many) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(dy_weighs_the_outputs),
        IN_CONTEXT(dy_of_a_number_takes_the_place_of_one),
        IN_CONTEXT(dy_of_another_dtype_is_cast),
        IN_CONTEXT(dy_may_be_a_view),
        IN_CONTEXT(a_gradient_is_not_dy_itself),
        IN_CONTEXT(an_empty_tensor_needs_dy_too),
        IN_CONTEXT(bad_arguments_of_backward),
        IN_CONTEXT(dy_of_another_context_is_refused),
        IN_CONTEXT(retained_records_serve_again),
        IN_CONTEXT(two_losses_share_what_is_retained),
        IN_CONTEXT(retained_records_still_see_writes),
        IN_CONTEXT(an_inner_tensor_can_keep_its_gradient),
        IN_CONTEXT(the_loss_and_a_leaf_may_be_told_too),
        IN_CONTEXT(kept_gradients_are_not_shared),
        IN_CONTEXT(a_kept_gradient_lives_as_long_as_its_tensor),
        IN_CONTEXT(gradient_gathers_nothing_in_a_kept_one),
        IN_CONTEXT(bad_arguments_of_retain_grad),
        IN_CONTEXT(outputs_together),
        IN_CONTEXT(outputs_among_the_inputs),
        IN_CONTEXT(many_outputs_and_inputs),
        IN_CONTEXT(outputs_together_twice),
        IN_CONTEXT(bad_arguments_of_gradients),
        IN_CONTEXT(outputs_of_two_contexts_are_refused),
        IN_CONTEXT(out_of_memory_leaves_no_half),
        IN_CONTEXT(out_of_memory_leaves_no_half_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
