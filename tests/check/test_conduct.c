/* test_conduct.c - a check leaves all as it was, whatever the function does, and whatever is refused on the way. */
#include "support.h"

#include <math.h>
#include <string.h>

static gd_tensor *squares(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_sum(gd_square(in[0]));
}

/* ---- running statistics ---- */

static void running_statistics_stay(void **state)
{
    (void)state;
    gd_layer *net = gd_init(gd_sequential(g, gd_linear(g, 3, 4), gd_batch_norm(g, 4), gd_relu_layer(g), gd_linear(g, 4, 2)));
    gd_tensor *x = gd_randn(g, GD_FLOAT32, gd_shape(6, 3));
    gd_forward(net, x);
    gd_tensor *mean = gd_clone(gd_buffer_named(net, "1.running_mean")), *var = gd_clone(gd_buffer_named(net, "1.running_var"));
    double batches = gd_item(gd_buffer_named(net, "1.num_batches_tracked"));
    assert_int_equal(gd_check_verdict(gd_gradcheck_layer(net, x)), GD_CHECK_RIGHT);
    assert_true(gd_equal(mean, gd_buffer_named(net, "1.running_mean")));
    assert_true(gd_equal(var, gd_buffer_named(net, "1.running_var")));
    assert_true(gd_item(gd_buffer_named(net, "1.num_batches_tracked")) == batches);
    assert_false(gd_failed(g));
}

typedef struct counter {
    gd_tensor *buffer;
    double calls;
} counter;

static gd_tensor *counting(void *user, gd_tensor *const *in, size_t n)
{
    counter *c = user;
    c->calls++;
    gd_write(c->buffer, GD_FLOAT64, &c->calls, 1);
    return squares(NULL, in, n);
}

static void what_the_function_writes_is_put_back(void **state)
{
    (void)state;
    counter c = { gd_full(g, GD_FLOAT32, gd_shape(1), 7), 0 };
    gd_tensor *x = gd_randn(g, GD_FLOAT32, gd_shape(3));
    assert_int_equal(gd_check_verdict(gd_gradcheck(g, counting, gd_list(x), .user = &c)), GD_CHECK_RIGHT);
    assert_true(c.calls > 2);
    assert_true(gd_item(c.buffer) == 7);
}

/* ---- functions that do what they should not ---- */

static gd_tensor *leaving(void *user, gd_tensor *const *in, size_t n)
{
    gd_scope mark = *(gd_scope *)user;
    gd_scope_leave(&mark);
    return squares(NULL, in, n);
}

static void scopes_around_it_can_not_be_left(void **state)
{
    (void)state;
    gd_tensor *x = gd_randn(g, GD_FLOAT64, gd_shape(3));
    gd_scope scope = gd_scope_enter(g);
    gd_check *c = gd_gradcheck(g, leaving, gd_list(x), .user = &scope);
    assert_int_equal(gd_check_verdict(c), GD_CHECK_FAILED);
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_STATE);
    gd_clear(g);
    gd_scope_leave(&scope);
}

/* The squared length of a gradient: the function asks for one itself. */
static gd_tensor *penalty(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    gd_tensor *y = gd_sum(gd_mul(gd_square(in[0]), in[0])), *x = in[0], *dx;
    if (!gd_gradient(y, NULL, 1, &x, &dx, true))
        return dx;
    return gd_sum(gd_square(dx));
}

static void a_function_may_ask_for_gradients(void **state)
{
    (void)state;
    gd_tensor *x = gd_randn(g, GD_FLOAT64, gd_shape(4));
    gd_check *c = gd_gradcheck(g, penalty, gd_list(x));
    assert_int_equal(gd_check_verdict(c), GD_CHECK_RIGHT);
    assert_false(gd_failed(g));
}

static void numbers_that_are_not_finite_are_unsure(void **state)
{
    (void)state;
    gd_tensor *x = gd_values_as(g, GD_FLOAT64, gd_shape(3), 1, NAN, 2);
    assert_int_equal(gd_check_verdict(gd_gradcheck(g, squares, gd_list(x))), GD_CHECK_UNSURE);
}

static void a_parameter_is_named_once(void **state)
{
    (void)state;
    gd_tensor *x = gd_randn(g, GD_FLOAT64, gd_shape(3));
    assert_int_equal(gd_check_verdict(gd_gradcheck(g, squares, gd_list(x), .parameters = gd_list(x, x))), GD_CHECK_FAILED);
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_VALUE);
    gd_clear(g);
}

static void the_watch_does_not_see_the_trials(void **state)
{
    (void)state;
    gd_tensor *x = gd_values_as(g, GD_FLOAT64, gd_shape(1), 1e-300);
    gd_watch_finite(g, true);
    gd_gradcheck(g, squares, gd_list(x));
    assert_false(gd_first_nonfinite(g)->found);
    gd_watch_finite(g, false);
}

/* ---- causes that a reviewer's own programs asked for ---- */

static gd_cause first_cause(const gd_check *c, int i)
{
    const gd_check_input *input = gd_check_at(c, i);
    return input && input->explanations ? input->explanation[0].mistake[0].cause : GD_CAUSE_UNKNOWN;
}

static gd_tensor *temporal_difference(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    gd_tensor *value = gd_tanh(in[0]), *next = gd_detach(gd_tanh(gd_mul_scalar(in[0], 0.5)));
    return gd_sum(gd_square(gd_sub(value, next)));
}

/* The gradient by hand lets pass what the function detaches on purpose. */
static void what_is_detached_on_purpose_stays_so(void **state)
{
    (void)state;
    gd_tensor *x = gd_randn(g, GD_FLOAT64, gd_shape(5)), *half = gd_mul_scalar(x, 0.5);
    gd_tensor *v = gd_tanh(x), *t = gd_tanh(half), *d = gd_mul_scalar(gd_sub(v, t), 2);
    gd_tensor *right = gd_mul(d, gd_rsub_scalar(gd_square(v), 1));
    gd_tensor *through = gd_mul(d, gd_mul_scalar(gd_rsub_scalar(gd_square(t), 1), 0.5));
    assert_int_equal(gd_check_verdict(gd_gradcheck(g, temporal_difference, gd_list(x), .claimed = gd_list(right))), GD_CHECK_RIGHT);
    gd_check *c = gd_gradcheck(g, temporal_difference, gd_list(x), .claimed = gd_list(gd_sub(right, through)));
    assert_int_equal(first_cause(c, 0), GD_CAUSE_NOT_DETACHED);
}

static gd_tensor *curve(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_sigmoid(in[0]);
}

static void an_incoming_gradient_may_be_forgotten(void **state)
{
    (void)state;
    gd_tensor *x = gd_randn(g, GD_FLOAT64, gd_shape(3, 4)), *dy = gd_randn(g, GD_FLOAT64, gd_shape(3, 4)), *y = gd_sigmoid(x);
    gd_tensor *slope = gd_mul(y, gd_rsub_scalar(y, 1));
    gd_check *c = gd_gradcheck(g, curve, gd_list(x), .claimed = gd_list(slope), .dy = dy);
    assert_int_equal(first_cause(c, 0), GD_CAUSE_TERM_MISSING);
}

static gd_tensor *normalised(void *user, gd_tensor *const *in, size_t n)
{
    gd_tensor *w = user;
    (void)n;
    return gd_sum(gd_mul(gd_sub(in[0], gd_mean(in[0], gd_axes(1), true)), w));
}

/* A mean that is held constant is no regulariser. */
static void a_forgotten_mean_is_a_path(void **state)
{
    (void)state;
    gd_tensor *x = gd_randn(g, GD_FLOAT64, gd_shape(3, 4)), *w = gd_randn(g, GD_FLOAT64, gd_shape(3, 4));
    gd_check *c = gd_gradcheck(g, normalised, gd_list(x), .user = w, .claimed = gd_list(w));
    assert_int_equal(first_cause(c, 0), GD_CAUSE_PATH_FORGOTTEN);
}

/* An operation that keeps what its very first forward was given. */
static gd_tensor *cached_forward(gd_operation_call *call)
{
    double *kept = call->user;
    if (isnan(kept[0]))
        gd_read(call->x.item[0], GD_FLOAT64, kept, 3);
    return gd_square(call->x.item[0]);
}

static bool cached_backward(gd_operation_call *call, gd_tensor **dx)
{
    gd_tensor *x = gd_from_memory(call->context, GD_FLOAT64, gd_shape(3), call->user);
    dx[0] = gd_mul(call->dy, gd_mul_scalar(x, 2));
    return true;
}

static void a_cache_of_the_first_forward_is_stale(void **state)
{
    (void)state;
    double kept[3] = { NAN };
    gd_operation *op = gd_define(g, "cached square", cached_forward, cached_backward, .user = kept);
    gd_check *c = gd_gradcheck_operation(op, gd_list(gd_randn(g, GD_FLOAT64, gd_shape(3))));
    assert_int_equal(gd_check_verdict(c), GD_CHECK_WRONG);
    assert_int_equal(first_cause(c, 0), GD_CAUSE_STALE);
}

static gd_tensor *growing(void *user, gd_tensor *const *in, size_t n)
{
    double *calls = user;
    (void)n;
    return gd_sum(gd_mul_scalar(gd_square(in[0]), ++*calls));
}

static void a_function_that_changes_is_unsure(void **state)
{
    (void)state;
    double calls = 0;
    gd_check *c = gd_gradcheck(g, growing, gd_list(gd_randn(g, GD_FLOAT64, gd_shape(3))), .user = &calls);
    assert_int_equal(gd_check_verdict(c), GD_CHECK_UNSURE);
    assert_non_null(strstr(gd_check_at(c, 0)->pattern, "each time"));
}

static gd_tensor *saturated(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_bce(gd_sigmoid(in[0]), gd_values_as(g, GD_FLOAT64, gd_shape(2), 0, 1));
}

/* As in PyTorch bce's rule ends at p (1 - p) = 1e-12. That is no mistake of who uses it, but one of who writes that gradient. */
static void rules_that_are_held_back_are_unsure(void **state)
{
    (void)state;
    gd_tensor *near = gd_values_as(g, GD_FLOAT64, gd_shape(2), 12, 0.5), *far = gd_values_as(g, GD_FLOAT64, gd_shape(2), 31, 0.5);
    gd_tensor *claim = gd_values_as(g, GD_FLOAT64, gd_shape(2), 0.02, 0.3);
    assert_int_equal(gd_check_verdict(gd_gradcheck(g, saturated, gd_list(near))), GD_CHECK_RIGHT);
    gd_check *c = gd_gradcheck(g, saturated, gd_list(far));
    assert_int_equal(gd_check_verdict(c), GD_CHECK_UNSURE);
    assert_non_null(strstr(gd_check_at(c, 0)->pattern, "gd_bce_with_logits"));
    c = gd_gradcheck(g, saturated, gd_list(far), .claimed = gd_list(claim));
    assert_int_equal(gd_check_verdict(c), GD_CHECK_WRONG);
}

/* ---- memory ---- */

static gd_tensor *squares_of_its_own(void *user, gd_tensor *const *in, size_t n)
{
    (void)in;
    (void)n;
    return gd_sum(gd_square(user));
}

/* A check of each kind with the n-th block refused, for each n: an error, nothing lost, nothing changed. */
static void any_block_may_be_refused(void **state)
{
    (void)state;
    bool good = false;
    for (long blocks = 0; !good && blocks < 4000; blocks += 1 + blocks / 12) {
        miser m = { blocks, 0 };
        gd_context *h = gd_open_with(&(gd_config){ .allocator = { stingy, &m } });
        gd_tensor *x = gd_values_as(h, GD_FLOAT32, gd_shape(2, 2), 1, -2, 3, 4);
        gd_tensor *wrong = gd_values_as(h, GD_FLOAT32, gd_shape(2, 2), -2, 4, -6, -8);
        double before = gd_is_tensor(x) ? gd_at(x, 1, 1) : 4;
        gd_check *c = gd_gradcheck(h, squares, gd_list(x), .claimed = gd_list(wrong));
        gd_check *d = gd_gradcheck(h, squares_of_its_own, gd_no_tensors, .parameters = gd_list(x), .user = x);
        good = gd_check_verdict(c) == GD_CHECK_WRONG && !gd_failed(h);
        gd_clear(h);
        assert_true(!gd_is_tensor(x) || gd_at(x, 1, 1) == before);
        (void)d;
        gd_close(h);
        assert_int_equal(m.held, 0);
    }
    assert_true(good);
}

int main(void)
{
#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(running_statistics_stay),
        IN_CONTEXT(what_the_function_writes_is_put_back),
        IN_CONTEXT(scopes_around_it_can_not_be_left),
        IN_CONTEXT(a_function_may_ask_for_gradients),
        IN_CONTEXT(numbers_that_are_not_finite_are_unsure),
        IN_CONTEXT(a_parameter_is_named_once),
        IN_CONTEXT(the_watch_does_not_see_the_trials),
        IN_CONTEXT(what_is_detached_on_purpose_stays_so),
        IN_CONTEXT(an_incoming_gradient_may_be_forgotten),
        IN_CONTEXT(a_forgotten_mean_is_a_path),
        IN_CONTEXT(a_cache_of_the_first_forward_is_stale),
        IN_CONTEXT(a_function_that_changes_is_unsure),
        IN_CONTEXT(rules_that_are_held_back_are_unsure),
        cmocka_unit_test(any_block_may_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
