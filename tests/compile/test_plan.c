/* test_plan.c - what a plan promises beside its numbers: recording anew, refusals, errors in a replay, several outputs, users'
 * operations, memory. */
#include "support.h"

typedef struct world {
    gd_context *g;
    gd_layer *net;
    gd_optimizer *sgd;
    gd_schedule *schedule;
    gd_plan *inner;
    gd_tensor *kept, *state;
    gd_operation *cube;
    int calls;
} world;

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

static gd_tensor *number(double x)
{
    return gd_scalar(g, GD_FLOAT32, x);
}

/* ---- recording anew ---- */

static gd_tensor *twice(void *user, gd_tensor *const *in, size_t n)
{
    world *w = user;
    w->calls++;
    return n == 2 ? gd_add(in[0], in[1]) : gd_add(in[0], in[0]);
}

static void test_forms(void **state)
{
    (void)state;
    world w = { 0 };
    gd_plan *plan = gd_compile(g, twice, &w);
    gd_tensor *wide = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *flat = gd_ones(g, GD_FLOAT64, gd_shape(3));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(gd_ndim(gd_run(plan, wide)), 2);
        assert_int_equal(gd_dtype_of(gd_run(plan, flat)), GD_FLOAT64);
        assert_true(gd_at(gd_run(plan, gd_transpose(wide, 0, 1)), 2, 1) == 2);
        assert_true(gd_at(gd_run(plan, wide, gd_expand(flat, gd_shape(2, 3))), 1, 1) == 2);
    }
    all_well(g);
    assert_int_equal(w.calls, 4);
    assert_int_equal(gd_plan_facts_of(plan).recorded, 4);
    assert_int_equal(gd_plan_facts_of(plan).runs, 12);
}

/* More forms than a plan keeps: the oldest go. */
static void test_many_forms(void **state)
{
    (void)state;
    world w = { 0 };
    gd_plan *plan = gd_compile(g, twice, &w);
    for (int round = 0; round < 2; round++)
        for (int n = 1; n <= 50; n++) {
            GD_SCOPE(g);
            assert_true(gd_at(gd_run(plan, gd_full(g, GD_FLOAT32, gd_shape(n), n)), n - 1) == 2 * n);
        }
    all_well(g);
    assert_int_equal(w.calls, 100);
}

static gd_tensor *difference(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    assert_int_equal(n, 2);
    return gd_sub(in[0], in[1]);
}

/* The same tensor twice, parts of one tensor, and others in the next run. */
static void test_inputs_that_share_memory(void **state)
{
    (void)state;
    gd_plan *plan = gd_compile(g, difference, NULL);
    gd_tensor *table = gd_values(g, gd_shape(2, 2), 1, 2, 3, 5);
    assert_true(gd_at(gd_run(plan, gd_select(table, 0, 1), gd_select(table, 0, 1)), 1) == 0);
    assert_true(gd_at(gd_run(plan, gd_select(table, 0, 1), gd_select(table, 0, 0)), 1) == 3);
    assert_true(gd_at(gd_run(plan, gd_select(table, 0, 0), gd_select(table, 0, 1)), 1) == -3);
    assert_int_equal(gd_plan_facts_of(plan).recorded, 1);
    all_well(g);
}

/* Small inputs are read where they lie, or copied where vectors can't be read to their end: what counts is what they hold now. */
static void test_small_inputs(void **state)
{
    (void)state;
    float outside[] = { 1, 2, 3 };
    gd_plan *plan = gd_compile(g, difference, NULL);
    gd_tensor *own = gd_values(g, gd_shape(3), 5, 7, 11), *other = gd_values(g, gd_shape(3), 0, 0, 1);
    gd_tensor *borrowed = gd_borrow(g, GD_FLOAT32, gd_shape(3), NULL, outside, NULL, NULL);
    for (int i = 0; i < 6; i++) {
        same_bits(gd_run(plan, own, borrowed), gd_sub(own, borrowed), "own, borrowed");
        same_bits(gd_run(plan, borrowed, other), gd_sub(borrowed, other), "borrowed, another");
        same_bits(gd_run(plan, own, own), gd_sub(own, own), "the same twice");
        outside[i % 3] += 4;
        same_bits(gd_run(plan, own, borrowed), gd_sub(own, borrowed), "own, borrowed, other numbers");
        assert_true(gd_write(own, GD_FLOAT32, (float[]){ 1, 1, (float)i }, 3));
        same_bits(gd_run(plan, own, borrowed), gd_sub(own, borrowed), "written, borrowed");
    }
    assert_int_equal(gd_plan_facts_of(plan).recorded, 1);
    all_well(g);
}

/* The second output reads the input once more after the first is made. */
static bool grow(void *user, gd_tensor *const *in, size_t n, gd_tensor **out, size_t outputs)
{
    (void)user;
    assert_true(n == 1 && outputs == 2);
    out[0] = gd_mul_scalar(in[0], 2);
    out[1] = gd_sub(out[0], gd_mul_scalar(in[0], 3));
    return true;
}

/* An output is the next run's input, as it is and turned. */
static void test_fed_back(void **state)
{
    (void)state;
    for (int64_t size = 5; size <= 5000; size *= 10) {
        gd_plan *plan = gd_compile_all(g, 2, grow, NULL);
        gd_tensor *out[2], *x = gd_ones(g, GD_FLOAT32, gd_shape(size, 2));
        for (int i = 0; i < 6; i++) {
            assert_true(gd_run_all(plan, gd_list(i < 3 ? x : gd_t(gd_reshape(x, gd_shape(2, size)))), out, 2));
            assert_true(gd_at(out[0], size - 1, 1) == (double)(2 << i));
            assert_true(gd_at(out[1], size - 1, 0) == -(double)(1 << i));
            x = i % 2 ? out[0] : gd_clone(out[0]);
        }
    }
    all_well(g);
}

/* Large inputs are not copied: each run looks at the tensor that it is given. */
static void test_large_inputs(void **state)
{
    (void)state;
    gd_plan *plan = gd_compile(g, difference, NULL);
    for (int i = 0; i < 4; i++) {
        GD_SCOPE(g);
        gd_tensor *a = gd_rand(g, GD_FLOAT32, gd_shape(100, 101)), *b = gd_rand(g, GD_FLOAT32, gd_shape(101));
        same_bits(gd_run(plan, a, b), gd_sub(a, b), "large inputs");
    }
    all_well(g);
}

static gd_tensor *in_mode(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return gd_forward(((world *)user)->net, in[0]);
}

static void test_modes(void **state)
{
    (void)state;
    world w = { .net = gd_dropout(g, 0.5) };
    gd_plan *plan = gd_compile(g, in_mode, &w);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(1000));
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double before = sum;
        sum = gd_item(gd_sum(gd_run(plan, x)));
        assert_true(sum != 1000 && sum != before); /* drawn anew in each run */
    }
    gd_set_training(w.net, false);
    for (int i = 0; i < 3; i++)
        assert_true(gd_item(gd_sum(gd_run(plan, x))) == 1000);
    gd_set_training(w.net, true);
    assert_true(gd_item(gd_sum(gd_run(plan, x))) != 1000);
    assert_int_equal(gd_plan_facts_of(plan).recorded, 3);
    all_well(g);
}

/* ---- a step that trains ---- */

static gd_tensor *train(void *user, gd_tensor *const *in, size_t n)
{
    world *w = user;
    (void)n;
    gd_zero_grad(w->net);
    gd_tensor *loss = gd_cross_entropy(gd_forward(w->net, in[0]), in[1]);
    gd_backward(loss);
    gd_step(w->sgd);
    return loss;
}

static world trainer(void)
{
    world w = { .g = g, .net = gd_init(gd_linear(g, 3, 4)) };
    w.sgd = gd_sgd(w.net, .lr = 0.5);
    return w;
}

static void test_learning_rate_is_read(void **state)
{
    (void)state;
    world w = trainer();
    gd_plan *plan = gd_compile(g, train, &w);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *t = gd_values_as(g, GD_INT64, gd_shape(2), 1, 3);
    gd_run(plan, x, t);
    gd_run(plan, x, t);
    gd_tensor *before = gd_clone(gd_parameter(w.net, 0));
    gd_set_learning_rate(w.sgd, 0);
    gd_run(plan, x, t);
    same_bits(gd_parameter(w.net, 0), before, "a rate of 0");
    gd_set_learning_rate(w.sgd, 0.25);
    gd_run(plan, x, t);
    gd_tensor *moved = gd_sub(before, gd_mul_scalar(gd_grad(gd_parameter(w.net, 0)), 0.25));
    same_bits(gd_parameter(w.net, 0), moved, "a rate of 0.25");
    assert_int_equal(gd_plan_facts_of(plan).recorded, 1);
    all_well(g);
}

/* A label that is out of range is found in a replay as in the function; nothing is trained then. */
static void test_labels_are_checked(void **state)
{
    (void)state;
    world w = trainer();
    gd_plan *plan = gd_compile(g, train, &w);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2, 3));
    for (int i = 0; i < 2; i++)
        gd_run(plan, x, gd_values_as(g, GD_INT64, gd_shape(2), 1, 3));
    gd_tensor *before = gd_clone(gd_parameter(w.net, 0));
    assert_false(gd_is_tensor(gd_run(plan, x, gd_values_as(g, GD_INT64, gd_shape(2), 1, 4))));
    same_bits(gd_parameter(w.net, 0), before, "nothing changed");
    assert_false(gd_is_tensor(gd_run(plan, x, gd_values_as(g, GD_INT64, gd_shape(2), 1, 3)))); /* it stands */
    expect_error(g, GD_ERROR_INDEX, "label 4 of sample 1 is outside the 4 classes");
    assert_false(gd_has_grad(gd_parameter(w.net, 0)));
    assert_true(gd_is_tensor(gd_run(plan, x, gd_values_as(g, GD_INT64, gd_shape(2), 1, 3))));
    assert_int_equal(gd_plan_facts_of(plan).recorded, 1);
    all_well(g);
}

static gd_tensor *hot(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    (void)user;
    return gd_one_hot(in[0], 3);
}

static gd_tensor *probability(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    gd_bce(in[0], in[0]); /* of which nobody takes the result */
    return gd_add(in[0], in[0]);
}

static void test_other_checks(void **state)
{
    (void)state;
    gd_plan *plan = gd_compile(g, hot, NULL), *bce = gd_compile(g, probability, NULL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(gd_numel(gd_run(plan, gd_values_as(g, GD_INT64, gd_shape(2), 0, 2))), 6);
    assert_false(gd_is_tensor(gd_run(plan, gd_values_as(g, GD_INT64, gd_shape(2), 0, 3))));
    expect_error(g, GD_ERROR_INDEX, "label 3 at");
    for (int i = 0; i < 2; i++)
        gd_run(bce, gd_full(g, GD_FLOAT32, gd_shape(4), 0.5));
    all_well(g);
    assert_false(gd_is_tensor(gd_run(bce, gd_full(g, GD_FLOAT32, gd_shape(4), 1.5))));
    expect_error(g, GD_ERROR_VALUE, "1.5 is no probability");
}

/* What the tape has saved is protected against a plan's writes as against others. */
static void test_versions(void **state)
{
    (void)state;
    world w = trainer();
    gd_plan *plan = gd_compile(g, train, &w);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *t = gd_values_as(g, GD_INT64, gd_shape(2), 1, 3);
    gd_run(plan, x, t);
    gd_tensor *y = gd_sum(gd_square(gd_parameter(w.net, 0)));
    gd_run(plan, x, t);
    assert_false(gd_backward(y));
    expect_error(g, GD_ERROR_STATE, "has written over since");
}

/* ---- what can't be recorded ---- */

static gd_tensor *reads_item(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_mul_scalar(in[0], gd_item(in[0]));
}

static gd_tensor *reads_all(void *user, gd_tensor *const *in, size_t n)
{
    float x;
    (void)user;
    (void)n;
    gd_read(in[0], GD_FLOAT32, &x, 1);
    return in[0];
}

static gd_tensor *reads_data(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_data(in[0]) ? in[0] : in[0];
}

static gd_tensor *formats(void *user, gd_tensor *const *in, size_t n)
{
    char text[100];
    (void)user;
    (void)n;
    gd_format(in[0], text, sizeof text);
    return in[0];
}

static gd_tensor *writes(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    gd_write(((world *)user)->state, GD_FLOAT32, &(float){ 1 }, 1);
    return in[0];
}

static gd_tensor *seeds(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    gd_seed(g, GD_RNG_TORCH, 1);
    return in[0];
}

static gd_tensor *sets_rate(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    gd_set_learning_rate(((world *)user)->sgd, 1);
    return in[0];
}

static gd_tensor *initialises(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    gd_init_uniform(((world *)user)->state, 0, 1);
    return in[0];
}

static gd_tensor *counts_classes(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_one_hot(gd_cast(in[0], GD_INT64), -1);
}

static gd_tensor *writes_input(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_fill(in[0], 1);
}

static gd_tensor *keeps(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    ((world *)user)->kept = gd_keep(gd_add(in[0], in[0]));
    return in[0];
}

static gd_tensor *fails(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_add(in[0], gd_zeros(g, GD_FLOAT32, gd_shape(2, 2, 2)));
}

static gd_tensor *returns_nothing(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)in;
    (void)n;
    return NULL;
}

static void test_refusals(void **state)
{
    static const struct {
        gd_function *function;
        gd_status status;
        const char *message;
    } refused[] = {
        { reads_item, GD_ERROR_STATE, "gd_item was called while a compiled step is recorded" },
        { reads_all, GD_ERROR_STATE, "gd_read was called" },
        { reads_data, GD_ERROR_STATE, "gd_data was called" },
        { formats, GD_ERROR_STATE, "gd_format was called" },
        { writes, GD_ERROR_STATE, "gd_write was called" },
        { seeds, GD_ERROR_STATE, "gd_seed was called" },
        { sets_rate, GD_ERROR_STATE, "gd_set_learning_rate was called" },
        { initialises, GD_ERROR_STATE, "gd_init_uniform was called" },
        { counts_classes, GD_ERROR_STATE, "one_hot was called" },
        { writes_input, GD_ERROR_STATE, "read-only" },
        { keeps, GD_ERROR_STATE, "kept beyond the compiled step" },
        { fails, GD_ERROR_SHAPE, "size of tensor a" },
        { returns_nothing, GD_ERROR_NULL, "what the function returned" },
    };
    (void)state;
    world w = trainer();
    w.state = number(0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        GD_SCOPE(g);
        gd_plan *plan = gd_compile(g, refused[i].function, &w);
        gd_tensor *x = gd_ones(g, GD_FLOAT32, i == 11 ? gd_shape(3) : gd_shape(1));
        for (int k = 0; k < 2; k++) {
            assert_false(gd_is_tensor(gd_run(plan, x)));
            expect_error(g, refused[i].status, refused[i].message);
        }
        gd_item(number(1)); /* afterwards all is allowed again */
        all_well(g);
    }
}

static void test_bad_arguments(void **state)
{
    (void)state;
    gd_tensor *out[2];
    assert_false(gd_is_tensor(gd_run(gd_compile(g, NULL, NULL), number(1))));
    expect_error(g, GD_ERROR_NULL, "the function is NULL");
    gd_plan *plan = gd_compile(g, difference, NULL);
    assert_false(gd_is_tensor(gd_run(plan, number(1), NULL)));
    expect_error(g, GD_ERROR_NULL, "an input");
    assert_false(gd_is_tensor(gd_run((gd_plan *)NULL, number(1))));
    expect_error(g, GD_ERROR_NULL, "the plan");
    assert_false(gd_run_all(plan, gd_list(number(1), number(2)), out, 2));
    expect_error(g, GD_ERROR_VALUE, "2 outputs at an array, of a plan with 1");
    assert_false(gd_run_all(plan, gd_list(number(1), number(2)), NULL, 1));
    expect_error(g, GD_ERROR_VALUE, "NULL");
    assert_false(gd_is_tensor(gd_run(plan, gd_require_grad(number(1), true), number(2))));
    expect_error(g, GD_ERROR_STATE, "none flows through a compiled step");
    assert_int_equal(gd_plan_facts_of(gd_compile(g, NULL, NULL)).runs, 0);
    gd_clear(g);
    gd_print_plan(plan, NULL);
    gd_context *other = gd_open();
    assert_false(gd_is_tensor(gd_run(plan, gd_scalar(other, GD_FLOAT32, 1), number(2))));
    assert_true(gd_failed(g));
    gd_close(other);
}

/* ---- what goes before the plan ---- */

static gd_tensor *with_state(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return gd_add(in[0], ((world *)user)->state);
}

static void test_freed_tensors(void **state)
{
    (void)state;
    world w = { 0 };
    gd_plan *plan = gd_compile(g, with_state, &w);
    {
        GD_SCOPE(g);
        w.state = number(5);
        for (int i = 0; i < 3; i++)
            assert_true(gd_item(gd_run(plan, number(1))) == 6);
    }
    assert_false(gd_is_tensor(gd_run(plan, number(1))));
    expect_error(g, GD_ERROR_DEAD, "gone with its scope");
}

static void test_freed_optimizer(void **state)
{
    (void)state;
    world w = { .net = gd_init(gd_linear(g, 3, 4)) };
    gd_plan *plan = gd_compile(g, train, &w);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *t = gd_values_as(g, GD_INT64, gd_shape(2), 1, 3);
    {
        GD_SCOPE(g);
        w.sgd = gd_sgd(w.net, .lr = 0.5, .momentum = 0.9);
        for (int i = 0; i < 3; i++)
            assert_true(gd_is_tensor(gd_run(plan, x, t)));
    }
    assert_false(gd_is_tensor(gd_run(plan, x, t)));
    expect_error(g, GD_ERROR_DEAD, "gone with its scope");
}

/* ---- several outputs ---- */

static bool both(void *user, gd_tensor *const *in, size_t n, gd_tensor **out, size_t outputs)
{
    world *w = user;
    assert_int_equal(n, 1);
    assert_int_equal(outputs, 3);
    out[0] = gd_transpose(in[0], 0, 1);
    out[1] = in[0];
    out[2] = w->state ? w->state : gd_full(g, GD_INT64, gd_shape(), 7);
    return w->calls++ >= 0;
}

static void test_outputs(void **state)
{
    (void)state;
    world w = { 0 };
    gd_tensor *out[3];
    gd_plan *plan = gd_compile_all(g, 3, both, &w);
    for (int i = 0; i < 3; i++) {
        GD_SCOPE(g);
        gd_tensor *x = gd_rand(g, GD_FLOAT32, gd_shape(2, 3));
        assert_true(gd_run_all(plan, gd_list(x), out, 3));
        same_bits(out[0], gd_transpose(x, 0, 1), "a view");
        same_bits(out[1], x, "an input");
        assert_true(gd_item(out[2]) == 7);
        same_bits(gd_run(plan, x), out[0], "the first");
    }
    all_well(g);
    assert_int_equal(w.calls, 1);
}

/* ---- leaves, gradients, scopes within the step ---- */

static gd_tensor *slope(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    gd_tensor *x = gd_require_grad(gd_detach(in[0]), true), *y;
    {
        GD_SCOPE(g);
        y = gd_keep(gd_mul(gd_exp(gd_detach(x)), in[0]));
    }
    for (int i = 0; i < 2; i++) /* gathered twice */
        gd_backward(gd_sum(gd_mul(gd_square(x), gd_detach(y))));
    return gd_grad(x);
}

static void test_leaves_within(void **state)
{
    (void)state;
    gd_plan *plan = gd_compile(g, slope, NULL);
    for (int i = 0; i < 3; i++) {
        GD_SCOPE(g);
        gd_tensor *x = gd_rand(g, GD_FLOAT32, gd_shape(5));
        same_bits(gd_run(plan, x), slope(NULL, &x, 1), "a gradient of an input");
    }
    all_well(g);
}

/* ---- users' operations ---- */

static gd_tensor *cube_forward(gd_operation_call *call)
{
    world *w = call->user;
    const float *x = gd_data(call->x.item[0]);
    float y[3], square[3];
    for (int i = 0; i < 3; i++) {
        square[i] = x[i] * x[i];
        y[i] = square[i] * x[i];
    }
    w->calls++;
    call->saved[1] = gd_from_memory(call->context, GD_FLOAT32, gd_shape(3), square);
    return gd_from_memory(call->context, GD_FLOAT32, gd_shape(3), y);
}

static bool cube_backward(gd_operation_call *call, gd_tensor **dx)
{
    const float *square = gd_data(call->saved[1]), *dy = gd_data(call->dy);
    float d[3];
    for (int i = 0; i < 3; i++)
        d[i] = 3 * square[i] * dy[i];
    ((world *)call->user)->calls += 100;
    dx[0] = gd_from_memory(call->context, GD_FLOAT32, gd_shape(3), d);
    return true;
}

static gd_tensor *cubic(void *user, gd_tensor *const *in, size_t n)
{
    world *w = user;
    gd_tensor *x = gd_require_grad(gd_mul_scalar(gd_detach(in[0]), 1), true);
    (void)n;
    gd_backward(gd_sum(gd_mul(gd_apply(w->cube, x), gd_detach(x))));
    return gd_grad(x);
}

static void test_users_operations(void **state)
{
    (void)state;
    world w = { 0 };
    w.cube = gd_define(g, "cube", cube_forward, cube_backward, &w);
    gd_plan *plan = gd_compile(g, cubic, &w);
    for (int i = 0; i < 4; i++) {
        GD_SCOPE(g);
        gd_tensor *x = gd_rand(g, GD_FLOAT32, gd_shape(3));
        same_bits(gd_run(plan, x), cubic(&w, &x, 1), "cube");
    }
    all_well(g);
    assert_int_equal(w.calls, 8 * 101);
    assert_int_equal(gd_plan_facts_of(plan).recorded, 1);
}

/* ---- plans within plans, and whoever watches ---- */

static gd_tensor *nested(void *user, gd_tensor *const *in, size_t n)
{
    world *w = user;
    (void)n;
    return gd_mul_scalar(gd_run(w->inner, in[0]), 3);
}

static void test_nested(void **state)
{
    (void)state;
    world w = { 0 };
    w.inner = gd_compile(g, twice, &w);
    gd_plan *outer = gd_compile(g, nested, &w);
    for (int i = 0; i < 3; i++)
        assert_true(gd_item(gd_run(outer, number(i))) == 6 * i);
    assert_int_equal(w.calls, 1);
    assert_int_equal(gd_plan_facts_of(outer).recorded, 1);
    all_well(g);
}

static gd_tensor *logarithm(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_log(in[0]);
}

static void test_watched(void **state)
{
    (void)state;
    gd_plan *plan = gd_compile(g, logarithm, NULL);
    gd_run(plan, number(1));
    gd_run(plan, number(1));
    gd_watch_finite(g, true);
    gd_run(plan, number(0));
    assert_string_equal(gd_first_nonfinite(g)->op, "log");
    gd_watch_finite(g, false);
    all_well(g);
}

/* ---- state ---- */

static gd_tensor *counting(void *user, gd_tensor *const *in, size_t n)
{
    world *w = user;
    (void)n;
    gd_assign(w->state, gd_add(w->state, in[0]));
    gd_tensor *own = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    gd_assign(gd_select(own, 0, 1), w->state); /* what is made in the step may be written too */
    gd_assign(w->state, gd_mul_scalar(w->state, 2));
    return own;
}

static void test_state(void **state)
{
    (void)state;
    world w = { .state = number(0) };
    gd_plan *plan = gd_compile(g, counting, &w);
    double want = 0;
    for (int i = 1; i < 6; i++) {
        want += i;
        gd_tensor *own = gd_run(plan, number(i));
        assert_true(gd_at(own, 0) == 0 && gd_at(own, 1) == want);
        want *= 2;
        assert_true(gd_item(w.state) == want);
    }
    all_well(g);
}

/* ---- what is taken out ---- */

static gd_tensor *wasteful(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    gd_tensor *constant = gd_exp(gd_add_scalar(gd_arange(g, GD_FLOAT32, 3), 1)); /* never changes */
    gd_log(gd_exp(in[0]));                                                       /* nobody wants it */
    gd_tensor *once = gd_tanh(in[0]), *again = gd_tanh(in[0]);                   /* the same twice */
    return gd_add(gd_mul(once, again), constant);
}

static void test_waste_is_removed(void **state)
{
    (void)state;
    gd_plan *plan = gd_compile(g, wasteful, NULL);
    for (int i = 0; i < 3; i++) {
        GD_SCOPE(g);
        gd_tensor *x = gd_rand(g, GD_FLOAT32, gd_shape(3));
        same_bits(gd_run(plan, x), wasteful(NULL, &x, 1), "waste");
    }
    gd_plan_facts facts = gd_plan_facts_of(plan);
    assert_int_equal(facts.operations, 9);
    assert_int_equal(facts.removed, 6);
    assert_int_equal(facts.instructions + facts.fused, 3);
    all_well(g);
}

static gd_tensor *long_chain(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    gd_tensor *x = gd_cumsum(in[0], 0);
    for (int i = 0; i < 50; i++)
        x = gd_cumsum(gd_sin(x), 0);
    return x;
}

static void test_buffers_share_places(void **state)
{
    (void)state;
    gd_plan *plan = gd_compile(g, long_chain, NULL);
    for (int i = 0; i < 3; i++) {
        GD_SCOPE(g);
        gd_tensor *x = gd_rand(g, GD_FLOAT32, gd_shape(1000));
        same_bits(gd_run(plan, x), long_chain(NULL, &x, 1), "long chain");
    }
    gd_plan_facts facts = gd_plan_facts_of(plan);
    assert_true(facts.peak > 0 && facts.peak <= 3 * 4096);
    assert_true(facts.unplanned > 20 * facts.peak);
    all_well(g);
}

/* ---- large gradients ---- */

/* One that only its own update looks at is not kept, and whoever wants it is told. */
static void test_withheld(void **state)
{
    (void)state;
    world w = { .net = gd_init(gd_linear(g, 300, 300)) };
    w.sgd = gd_sgd(w.net, .lr = 0.5);
    gd_tensor *x = gd_rand(g, GD_FLOAT32, gd_shape(2, 300)), *t = gd_values_as(g, GD_INT64, gd_shape(2), 1, 3);
    gd_tensor *W = gd_parameter(w.net, 0), *b = gd_parameter(w.net, 1);
    gd_plan *plan = gd_compile(g, train, &w);
    gd_run(plan, x, t);
    assert_true(gd_has_grad(W)); /* recorded: the function has run */
    gd_run(plan, x, t);
    assert_false(gd_has_grad(W));
    assert_true(gd_has_grad(b));
    assert_false(gd_is_tensor(gd_grad(W)));
    expect_error(g, GD_ERROR_STATE, "used up without keeping it");
    assert_false(gd_step(w.sgd));
    expect_error(g, GD_ERROR_STATE, "used up");
    assert_false(gd_backward(gd_sum(W)));
    expect_error(g, GD_ERROR_STATE, "used up");
    assert_true(isnan(gd_clip_grad_norm(w.net, .max_norm = 1)));
    expect_error(g, GD_ERROR_STATE, "used up");
    gd_zero_grad(w.net);
    assert_true(gd_backward(gd_sum(W)));
    assert_true(gd_at(gd_grad(W), 7, 7) == 1);
    gd_tensor *before = gd_clone(gd_detach(W));
    gd_keep_gradients(plan, true);
    gd_run(plan, x, t);
    gd_assign(W, before); /* the same step again, replayed */
    gd_assign(b, gd_zeros_like(b));
    gd_run(plan, x, t);
    same_bits(W, gd_sub(before, gd_mul_scalar(gd_grad(W), 0.5)), "a gradient that is kept");
    assert_int_equal(gd_plan_facts_of(plan).recorded, 2);
    all_well(g);
    assert_false(gd_is_tensor((gd_tensor *)gd_keep_gradients(NULL, true)));
}

/* ---- the plan in words ---- */

static void test_print(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    world w = trainer();
    gd_plan *plan = gd_compile(g, train, &w);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *t = gd_values_as(g, GD_INT64, gd_shape(2), 1, 3);
    FILE *to = open_memstream(&text, &size);
    gd_print_plan(plan, to);
    gd_run(plan, x, t);
    gd_run(plan, x, t);
    gd_print_plan(plan, to);
    gd_print_plan(gd_compile(g, NULL, NULL), to);
    fclose(to);
    static const char *const parts[] = { "0 runs",
                                         "2 runs, of which 1 were recorded",
                                         "in0 float32 (2, 3)",
                                         "log_softmax",
                                         "sgd_update",
                                         "gradient of",
                                         "together:",
                                         "buffers:",
                                         "the function is NULL" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(text, parts[i]))
            fail_msg("'%s' is missing in:\n%s", parts[i], text);
    free(text);
}

/* ---- out of memory ---- */

typedef struct stingy {
    long left; /* allocations that are granted; -1: all */
} stingy;

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    stingy *s = user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    if (s->left == 0)
        return NULL;
    s->left -= s->left > 0;
    return realloc(block, new_size);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    stingy s = { .left = -1 };
    bool done = false;
    for (long allowed = 0; !done && allowed < 5000; allowed++) {
        s.left = -1;
        gd_context *own = gd_open_with(&(gd_config){ .allocator = { resize, &s } });
        gd_context *outer = g;
        g = own;
        world w = trainer();
        gd_plan *plan = gd_compile(own, train, &w);
        gd_tensor *x = gd_ones(own, GD_FLOAT32, gd_shape(2, 3)), *t = gd_values_as(own, GD_INT64, gd_shape(2), 1, 3);
        all_well(own);
        s.left = allowed;
        done = gd_is_tensor(gd_run(plan, x, t)) && gd_is_tensor(gd_run(plan, x, t));
        assert_true(done == !gd_failed(own));
        s.left = -1;
        gd_clear(own);
        assert_true(gd_is_tensor(gd_run(plan, x, t)));
        all_well(own);
        gd_close(own);
        g = outer;
    }
    assert_true(done);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(test_forms),
        IN_CONTEXT(test_many_forms),
        IN_CONTEXT(test_inputs_that_share_memory),
        IN_CONTEXT(test_small_inputs),
        IN_CONTEXT(test_fed_back),
        IN_CONTEXT(test_large_inputs),
        IN_CONTEXT(test_modes),
        IN_CONTEXT(test_learning_rate_is_read),
        IN_CONTEXT(test_labels_are_checked),
        IN_CONTEXT(test_other_checks),
        IN_CONTEXT(test_versions),
        IN_CONTEXT(test_refusals),
        IN_CONTEXT(test_bad_arguments),
        IN_CONTEXT(test_freed_tensors),
        IN_CONTEXT(test_freed_optimizer),
        IN_CONTEXT(test_outputs),
        IN_CONTEXT(test_leaves_within),
        IN_CONTEXT(test_users_operations),
        IN_CONTEXT(test_nested),
        IN_CONTEXT(test_watched),
        IN_CONTEXT(test_state),
        IN_CONTEXT(test_waste_is_removed),
        IN_CONTEXT(test_buffers_share_places),
        IN_CONTEXT(test_withheld),
        IN_CONTEXT(test_print),
        IN_CONTEXT(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
