/* test_lifetimes.c - who lives how long, and what a stranger may hand in: mistakes that once gave wrong numbers. */
#include "../op/battery.h"

static gd_context *g;

static int open_context(void **state)
{
    (void)state;
    g = gd_open();
    return 0;
}

static int close_context(void **state)
{
    (void)state;
    gd_close(g);
    return 0;
}

static void expect_error(gd_status status, const char *part)
{
    assert_int_equal(gd_first_error(g)->status, status);
    assert_non_null(strstr(gd_message(g), part));
    gd_clear(g);
}

static gd_tensor *leaf(double value)
{
    return gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(1), value), true);
}

static void a_gradient_keeps_its_address(void **state)
{
    (void)state;
    gd_tensor *w = leaf(3), *first = NULL;
    for (int step = 1; step <= 3; step++) {
        GD_SCOPE(g);
        gd_clear_grad(w);
        assert_false(gd_has_grad(w));
        assert_true(gd_backward(gd_sum(gd_mul_scalar(gd_square(w), step))));
        first = first ? first : gd_grad(w);
        assert_ptr_equal(gd_grad(w), first);
        assert_true(gd_item(first) == 6 * step);
    }
    assert_true(gd_is_tensor(first));
    assert_true(gd_backward(gd_sum(w))); /* adds */
    assert_true(gd_item(first) == 19);
    no_error(g);
}

/* Gradients are copied one after the other. Here the first copy writes over the seed, which v is to have as it was. */
static void an_old_gradient_may_be_the_seed(void **state)
{
    (void)state;
    gd_tensor *x = leaf(3), *v = leaf(5), *y = gd_add(x, gd_add(x, v));
    assert_true(gd_backward(y, .retain = true));
    gd_tensor *old = gd_grad(x);
    gd_clear_grad(x);
    gd_clear_grad(v);
    assert_true(gd_backward(y, old));
    assert_true(gd_item(gd_grad(x)) == 4);
    assert_true(gd_item(gd_grad(v)) == 2);
    gd_tensor *w = leaf(3);
    assert_true(gd_backward(gd_reshape(w, gd_shape(1, 1))));
    gd_tensor *seed = gd_reshape(gd_grad(w), gd_shape(1, 1));
    gd_clear_grad(w);
    assert_true(gd_backward(gd_reshape(w, gd_shape(1, 1)), seed)); /* copied onto itself */
    assert_true(gd_item(gd_grad(w)) == 1);
    no_error(g);
}

/* A tensor and its numbers are one block; who looks into it keeps that, and the tensor is dead all the same. */
static void a_view_outlives_its_tensor(void **state)
{
    (void)state;
    gd_tensor *base, *view;
    {
        GD_SCOPE(g);
        base = gd_values(g, gd_shape(2, 2), 1, 2, 3, 4);
        view = gd_keep(gd_t(base));
    }
    for (int i = 0; i < 100; i++)
        gd_ones(g, GD_FLOAT32, gd_shape(2, 2));
    assert_true(gd_at(view, 0, 1) == 3 && gd_at(view, 1, 0) == 2);
    assert_false(gd_is_tensor(base));
    gd_add(base, view);
    expect_error(GD_ERROR_DEAD, "after the scope");
}

/* A record that read a gradient sees that a later backward has put another in its place. */
static void a_gradient_that_was_read_is_not_replaced_unseen(void **state)
{
    (void)state;
    gd_tensor *w = leaf(2), *v = leaf(5);
    assert_true(gd_backward(gd_sum(gd_square(w))));
    gd_tensor *p = gd_sum(gd_mul(gd_grad(w), v));
    gd_clear_grad(w);
    assert_true(gd_backward(gd_sum(gd_mul_scalar(w, 9))));
    assert_false(gd_backward(p));
    expect_error(GD_ERROR_STATE, "gd_backward has written over");
    assert_false(gd_has_grad(v));
}

static void its_memory_and_its_views_stay(void **state)
{
    (void)state;
    gd_tensor *w = leaf(3);
    assert_true(gd_backward(gd_sum(gd_square(w))));
    const double *numbers = gd_data(gd_grad(w));
    gd_tensor *view = gd_reshape(gd_grad(w), gd_shape(1, 1));
    {
        GD_SCOPE(g);
        assert_true(gd_backward(gd_sum(gd_square(w))));
    }
    assert_true(numbers[0] == 12 && gd_item(view) == 12);
}

/* What a layer recorded of y ends where y becomes a leaf; other ways to W do not. */
static void a_layers_output_may_become_a_leaf(void **state)
{
    (void)state;
    gd_tensor *W = leaf(2), *x = gd_values_as(g, GD_FLOAT64, gd_shape(1), 3);
    gd_layer *relu = gd_relu_layer(g);
    gd_tensor *h = gd_mul_scalar(W, 2), *y = gd_forward(relu, x);
    gd_require_grad(y, true);
    assert_true(gd_backward(gd_sum(gd_mul(h, y))));
    assert_true(gd_item(gd_grad(W)) == 6 && gd_item(gd_grad(y)) == 4);
    assert_false(gd_is_tensor(gd_layer_backward(relu, gd_ones_like(y))));
    gd_clear(g);
}

/* Features of a layer without parameters are constants, unless the gradient of what they were made of is asked for. */
static void kept_features(void **state)
{
    (void)state;
    gd_tensor *W = leaf(2), *x = gd_values_as(g, GD_FLOAT64, gd_shape(1), 3), *h, *dx;
    {
        GD_SCOPE(g);
        h = gd_keep(gd_forward(gd_relu_layer(g), x));
    }
    gd_tensor *z = gd_sum(gd_add(gd_mul(h, W), gd_mul(x, W)));
    assert_true(gd_gradient(z, NULL, 1, &W, &dx, false));
    assert_true(gd_item(dx) == 6);
    assert_false(gd_gradient(z, NULL, 1, &x, &dx, false)); /* a part of the way is not known */
    expect_error(GD_ERROR_STATE, "records of how it was made");
}

static void a_leaf_may_change_its_mind(void **state)
{
    (void)state;
    gd_tensor *w = leaf(2);
    gd_tensor *y = gd_sum(gd_square(w));
    gd_require_grad(w, false);
    assert_true(gd_backward(y));
    assert_false(gd_has_grad(w));
}

static void an_error_of_elsewhere_is_an_error_here(void **state)
{
    (void)state;
    assert_false(gd_is_tensor(gd_add(leaf(1), gd_zeros(NULL, GD_FLOAT64, gd_shape(1)))));
    expect_error(GD_ERROR_CONTEXT, "error object of another context");
}

/* A saturated sigmoid gives p = 1 exactly. */
static void bce_bends_stay_finite(void **state)
{
    (void)state;
    gd_tensor *p = gd_require_grad(gd_values(g, gd_shape(2), 1, 0), true), *t = gd_values(g, gd_shape(2), 1, 1), *dp, *ddp;
    gd_require_grad(t, true);
    assert_true(gd_gradient(gd_bce(p, t), NULL, 1, &p, &dp, true));
    assert_true(gd_gradient(gd_sum(dp), NULL, 1, &p, &ddp, false));
    assert_true(isfinite(gd_at(ddp, 0)));
    assert_true(gd_gradient(gd_bce(p, t), NULL, 1, &t, &ddp, false));
    assert_true(isfinite(gd_at(ddp, 0)) && isfinite(gd_at(ddp, 1)));
}

static void layers_remember_only_what_lasts(void **state)
{
    (void)state;
    gd_layer *l = gd_linear(g, 1, 1);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(1, 1)), *y;
    {
        GD_SCOPE(g);
        y = gd_keep(gd_forward(l, x));
    }
    assert_false(gd_is_tensor(gd_layer_backward(l, gd_ones_like(y))));
    expect_error(GD_ERROR_STATE, "records");
    assert_false(gd_has_grad(gd_parameter(l, 0)));
}

/* mul's gradient for W reads x alone, so W may be written; the one for x reads W. */
static void harmless_writes_are_allowed(void **state)
{
    (void)state;
    gd_tensor *x = gd_values_as(g, GD_FLOAT64, gd_shape(1), 4), *W = leaf(3);
    gd_tensor *y = gd_sum(gd_mul(x, W));
    assert_true(gd_write(W, GD_FLOAT64, (const double[]){ 100 }, 1));
    assert_true(gd_backward(y));
    assert_true(gd_item(gd_grad(W)) == 4);
    y = gd_sum(gd_mul(x, W));
    assert_true(gd_write(x, GD_FLOAT64, (const double[]){ 5 }, 1));
    assert_false(gd_backward(y));
    expect_error(GD_ERROR_STATE, "the derivative of mul needs the value of float64 (1,), which gd_write has written over");
}

static void a_wish_that_comes_too_late_is_none(void **state)
{
    (void)state;
    gd_tensor *w = leaf(3), *c = gd_values_as(g, GD_FLOAT64, gd_shape(1), 4);
    gd_tensor *y = gd_sum(gd_mul(w, c));
    gd_require_grad(c, true);
    assert_true(gd_backward(y));
    assert_false(gd_has_grad(c));
    no_error(g);
}

static void integers_have_no_gradient(void **state)
{
    (void)state;
    gd_layer *sigmoid = gd_sigmoid_layer(g);
    gd_forward(sigmoid, gd_arange(g, GD_DEFAULT, 3));
    assert_false(gd_is_tensor(gd_layer_backward(sigmoid, gd_ones(g, GD_FLOAT32, gd_shape(3)))));
    expect_error(GD_ERROR_DTYPE, "only floats have gradients");
}

static void a_row_that_has_gone_is_no_parent(void **state)
{
    (void)state;
    gd_layer *l = gd_linear(g, 2, 2);
    {
        GD_SCOPE(g);
        gd_sequential(g, l);
    }
    for (int i = 0; i < 8; i++)
        gd_ones(g, GD_FLOAT32, gd_shape(3));
    gd_forward(l, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    assert_true(gd_item(gd_sum(gd_square(gd_parameter(l, 0)))) > 0); /* it was drawn */
    no_error(g);
}

static void shapes_filled_by_hand_are_checked(void **state)
{
    (void)state;
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(1)), *none = gd_zeros(g, GD_FLOAT32, gd_shape(0));
    const gd_dims bad[] = { { .count = 20 }, { .count = 100 }, { .count = -5 }, { .count = INT32_MIN }, { .count = INT32_MAX } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(gd_is_tensor(gd_expand(x, bad[i])));
        expect_error(GD_ERROR_SHAPE, "");
        assert_false(gd_is_tensor(gd_reshape(x, bad[i])));
        expect_error(GD_ERROR_SHAPE, "");
        assert_false(gd_is_tensor(gd_zeros(g, GD_FLOAT32, bad[i])));
        expect_error(GD_ERROR_SHAPE, "more than 8 dimensions");
        assert_false(gd_is_tensor(gd_sum(x, bad[i])));
        expect_error(GD_ERROR_INDEX, "");
    }
    assert_false(gd_is_tensor(gd_reshape(none, gd_shape(0, INT64_C(1) << 62, INT64_C(1) << 62))));
    expect_error(GD_ERROR_SHAPE, "");
    assert_false(gd_is_tensor(gd_zeros(g, GD_FLOAT32, gd_shape(0, INT64_C(1) << 62, INT64_C(1) << 62))));
    expect_error(GD_ERROR_SHAPE, "");
}

static void strange_bytes_and_shared_elements(void **state)
{
    (void)state;
    const uint8_t bytes[] = { 2, 255, 0 };
    gd_tensor *flags = gd_from_memory(g, GD_BOOL, gd_shape(3), bytes);
    assert_true(gd_item(gd_sum(flags)) == 2);
    assert_true(gd_write(flags, GD_BOOL, bytes, 3));
    assert_true(gd_item(gd_sum(gd_eq(flags, gd_ones_like(flags)))) == 2);
    gd_tensor *wide = gd_expand(gd_zeros(g, GD_FLOAT32, gd_shape(1)), gd_shape(3));
    assert_false(gd_write(wide, GD_FLOAT32, (const float[]){ 1, 2, 3 }, 3));
    expect_error(GD_ERROR_STATE, "are one in memory");
}

static void a_mark_is_left_once(void **state)
{
    (void)state;
    gd_scope mark = gd_scope_enter(g), copy = mark;
    gd_scope_leave(&mark);
    gd_scope later = gd_scope_enter(g);
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(2));
    gd_scope_leave(&copy);
    assert_true(gd_is_tensor(t));
    gd_scope_leave(&later);
    no_error(g);
}

static void numbers_beside_integers(void **state)
{
    (void)state;
    gd_tensor *n = gd_full(g, GD_INT64, gd_shape(), 16777217);
    assert_int_equal(gd_dtype_of(gd_add_scalar(n, 1)), GD_INT64);
    assert_true(gd_item(gd_add_scalar(n, 0)) == 16777217);
    assert_true(gd_item(gd_rsub_scalar(n, 1)) == -16777216);
    assert_int_equal(gd_dtype_of(gd_mul_scalar(n, 0.5)), GD_FLOAT32);
    assert_int_equal(gd_dtype_of(gd_div_scalar(n, 2)), GD_FLOAT32);
    assert_int_equal(gd_dtype_of(gd_add_scalar(gd_ge_scalar(n, 0), 1)), GD_INT64);
    assert_int_equal(gd_dtype_of(gd_add_scalar(n, INFINITY)), GD_FLOAT32);
    no_error(g);
}

static void like_another(void **state)
{
    (void)state;
    gd_tensor *t = gd_full(g, GD_UINT8, gd_shape(2, 3), 9);
    assert_true(gd_item(gd_sum(gd_zeros_like(t))) == 0);
    assert_true(gd_item(gd_sum(gd_ones_like(t))) == 6);
    assert_true(gd_item(gd_sum(gd_full_like(t, 7))) == 42);
    assert_int_equal(gd_dtype_of(gd_full_like(t, 7)), GD_UINT8);
    assert_false(gd_is_tensor(gd_zeros_like(NULL)));
    no_error(g);
}

/* Near p = 0 the loss is p to first order; a logarithm of the rounded 1 - p misses that by a part in a thousand. */
static void bce_is_exact_near_its_ends(void **state)
{
    (void)state;
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(1)), *wide = gd_zeros(g, GD_FLOAT64, gd_shape(1));
    close_to(gd_item(gd_bce(gd_full_like(t, 1e-5), t)) / 1.0000050000333334e-5, 1, 3e-7, "float32", 0);
    close_to(gd_item(gd_bce(gd_full_like(wide, 1e-12), wide)) / 1.0000000000005e-12, 1, 1e-14, "float64", 0);
    no_error(g);
}

/* A step that can't be made whole is not begun. */
static void a_step_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    gd_tensor *W = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *b = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    assert_false(gd_is_layer(gd_affine(gd_t(W), b)));
    expect_error(GD_ERROR_STATE, "a leaf of floats in row-major order");
    gd_tensor *p = gd_ones(g, GD_FLOAT32, gd_shape(2, 2)), *d = gd_ones_like(p), *m = gd_t(gd_zeros_like(p));
    assert_false(gd_is_tensor(gd_sgd_update(p, d, m, (gd_sgd_rule){ .lr = 1, .momentum = 0.9 })));
    expect_error(GD_ERROR_STATE, "can't be written in place");
    assert_true(gd_item(gd_sum(p)) == 4);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_gradient_keeps_its_address),
        IN_CONTEXT(an_old_gradient_may_be_the_seed),
        IN_CONTEXT(a_view_outlives_its_tensor),
        IN_CONTEXT(a_gradient_that_was_read_is_not_replaced_unseen),
        IN_CONTEXT(its_memory_and_its_views_stay),
        IN_CONTEXT(a_layers_output_may_become_a_leaf),
        IN_CONTEXT(kept_features),
        IN_CONTEXT(a_leaf_may_change_its_mind),
        IN_CONTEXT(an_error_of_elsewhere_is_an_error_here),
        IN_CONTEXT(bce_bends_stay_finite),
        IN_CONTEXT(layers_remember_only_what_lasts),
        IN_CONTEXT(harmless_writes_are_allowed),
        IN_CONTEXT(a_wish_that_comes_too_late_is_none),
        IN_CONTEXT(integers_have_no_gradient),
        IN_CONTEXT(a_row_that_has_gone_is_no_parent),
        IN_CONTEXT(shapes_filled_by_hand_are_checked),
        IN_CONTEXT(strange_bytes_and_shared_elements),
        IN_CONTEXT(a_mark_is_left_once),
        IN_CONTEXT(numbers_beside_integers),
        IN_CONTEXT(like_another),
        IN_CONTEXT(bce_is_exact_near_its_ends),
        IN_CONTEXT(a_step_is_made_whole_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
