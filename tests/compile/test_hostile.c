/* test_hostile.c - compiled steps used as nobody should, or as somebody soon will: the same bits as the function, or a clear
 * error. */
#include "support.h"

#include <unistd.h>

typedef struct world {
    gd_context *g;
    gd_tensor *w, *counts;
    gd_layer *net;
    gd_optimizer *optimizer;
    gd_dataset *data;
    gd_operation *operation;
    gd_plan *plan;
    int what, calls;
} world;

static gd_tensor *noise(gd_context *g, int64_t rows, int64_t columns)
{
    return gd_randn(g, GD_FLOAT32, gd_shape(rows, columns));
}

/* Two worlds that draw the same: one for the function, one for the plan. */
static void open_both(world both[2])
{
    for (int k = 0; k < 2; k++) {
        both[k] = (world){ .g = gd_open() };
        gd_seed(both[k].g, GD_RNG_TORCH, 9);
    }
}

static void close_both(world both[2])
{
    for (int k = 0; k < 2; k++) {
        all_well(both[k].g);
        gd_close(both[k].g);
    }
}

static void same_layers(world both[2])
{
    for (int i = 0; i < gd_parameter_count(both[0].net); i++) {
        gd_tensor *want = gd_parameter(both[0].net, i), *got = gd_parameter(both[1].net, i);
        same_bits(got, want, "a parameter");
        assert_int_equal(gd_has_grad(got), gd_has_grad(want));
        if (gd_has_grad(want))
            same_bits(gd_grad(got), gd_grad(want), "a gradient");
    }
}

/* ---- outputs as inputs ---- */

static gd_tensor *recur(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return gd_tanh(gd_matmul(in[0], user));
}

static gd_tensor *turn(void *user, gd_tensor *const *in, size_t n)
{
    (void)user, (void)n;
    return gd_mul_scalar(gd_tanh(gd_add(gd_mul(in[0], in[0]), gd_t(in[0]))), 0.9);
}

static void feed_back(gd_context *g, gd_function *function, int64_t size, bool view)
{
    GD_SCOPE(g);
    gd_tensor *w = gd_mul_scalar(noise(g, size, size), 0.3), *want = noise(g, size, size), *got = want;
    gd_plan *plan = gd_compile(g, function, w);
    for (int i = 0; i < 5; i++) {
        gd_tensor *before = view ? gd_t(want) : want;
        want = function(w, &before, 1);
        got = gd_run(plan, view ? gd_t(got) : got);
        same_bits(got, want, "a state");
    }
}

static void test_output_is_next_input(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    static const int64_t sizes[] = { 1, 3, 4, 13, 40, 300 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int view = 0; view < 2; view++) {
            feed_back(g, recur, sizes[i], view);
            feed_back(g, turn, sizes[i], view);
        }
    all_well(g);
    gd_close(g);
}

static bool cross(void *user, gd_tensor *const *in, size_t n, gd_tensor **out, size_t outputs)
{
    (void)user, (void)n, (void)outputs;
    out[0] = gd_add(in[1], gd_mul_scalar(in[0], 0.5));
    out[1] = gd_sub(in[0], gd_sin(in[1]));
    return true;
}

/* The list of inputs is the list of outputs, and both change places. */
static void test_outputs_change_places(void **state)
{
    (void)state;
    for (int64_t size = 10; size < 5000; size *= 10)
        for (int watched = 0; watched < 2; watched++) {
            gd_context *g = gd_open();
            gd_tensor *want[2] = { noise(g, 1, size), noise(g, 1, size) }, *got[2] = { want[0], want[1] }, *made[2];
            gd_plan *plan = gd_compile_all(g, 2, cross, NULL);
            gd_watch_finite(g, watched);
            for (int i = 0; i < 5; i++) {
                assert_true(cross(NULL, (gd_tensor *[]){ want[1], want[0] }, 2, made, 2));
                memcpy(want, made, sizeof made);
                gd_tensor *first = got[0];
                got[0] = got[1];
                got[1] = first;
                assert_true(gd_run_all(plan, (gd_tensors){ 2, got }, got, 2));
                same_bits(got[0], want[0], "the first");
                same_bits(got[1], want[1], "the second");
            }
            all_well(g);
            gd_close(g);
        }
}

static gd_tensor *forward(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return gd_forward(user, in[0]);
}

/* The recording that made an input has a mode that is gone, and would be dropped. */
static void test_output_of_a_recording_that_goes(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_layer *net = gd_init(gd_sequential(g, gd_linear(g, 30, 30), gd_dropout(g, 0.5)));
    gd_no_grad quiet = gd_no_grad_enter(g);
    gd_plan *plan = gd_compile(g, forward, net);
    gd_tensor *h = gd_run(plan, noise(g, 30, 30));
    gd_set_training(net, false);
    gd_tensor *want = gd_forward(net, h);
    same_bits(gd_run(plan, h), want, "evaluated");
    gd_no_grad_leave(&quiet);
    all_well(g);
    gd_close(g);
}

/* ---- inputs that the step writes ---- */

static gd_tensor *write_w(void *user, gd_tensor *const *in, size_t n)
{
    world *m = user;
    (void)n;
    gd_assign(m->w, gd_mul_scalar(in[1], 2));
    return gd_add(in[0], in[1]);
}

static void test_input_is_written(void **state)
{
    (void)state;
    for (int64_t size = 10; size < 10000; size *= 100) {
        gd_context *g = gd_open();
        world m = { .g = g, .w = noise(g, 1, size) };
        gd_tensor *x = noise(g, 1, size), *before = gd_clone(m.w);
        gd_plan *plan = gd_compile(g, write_w, &m);
        gd_run(plan, m.w, x);
        expect_error(g, GD_ERROR_STATE, "lies in the memory of");
        for (int i = 0; i < 2; i++)
            gd_run(plan, before, x);
        before = gd_clone(m.w);
        for (int i = 0; i < 2; i++) {
            gd_run(plan, gd_slice(m.w, 0, 0, 1, 1), noise(g, 1, size));
            expect_error(g, GD_ERROR_STATE, "memory that the compiled step writes");
        }
        same_bits(m.w, before, "left as it was");
        same_bits(gd_run(plan, gd_clone(m.w), x), gd_add(before, x), "of a copy");
        all_well(g);
        gd_close(g);
    }
}

static gd_tensor *own_product(void *user, gd_tensor *const *in, size_t n)
{
    world *m = user;
    (void)in, (void)n;
    gd_zero_grad(m->net);
    gd_tensor *w = gd_parameter(m->net, 0), *loss = gd_mean(gd_square(gd_matmul(gd_matmul(w, w), w)));
    gd_backward(loss);
    gd_step(m->optimizer);
    return loss;
}

/* The product that makes the gradient of a weight reads that weight: it can't be updated block by block. */
static void test_weight_makes_its_own_gradient(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 2, 16, 41, 63, 130, 293 };
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int64_t size = sizes[s];
        world both[2];
        open_both(both);
        for (int k = 0; k < 2; k++) {
            gd_context *g = both[k].g;
            both[k].net =
                gd_affine(gd_mul_scalar(noise(g, size, size), 0.1), gd_zeros(g, GD_FLOAT32, gd_shape(size)));
            both[k].optimizer = gd_sgd(both[k].net, .lr = 0.1, .momentum = 0.5);
        }
        gd_plan *plan = gd_keep_gradients(gd_compile(both[1].g, own_product, &both[1]), true);
        for (int i = 0; i < 4; i++) {
            gd_tensor *want = own_product(&both[0], NULL, 0);
            same_bits(gd_run_with(plan, gd_no_tensors), want, "the loss");
            same_layers(both);
        }
        close_both(both);
    }
}

/* ---- constants that are written ---- */

static gd_tensor *accumulate(void *user, gd_tensor *const *in, size_t n)
{
    (void)user, (void)n;
    gd_context *g = gd_context_of(in[0]);
    gd_tensor *product = gd_ones(g, GD_FLOAT32, gd_shape(3)), *count = gd_arange(g, GD_FLOAT32, 3);
    for (int i = 0; i < 4; i++)
        gd_assign(product, gd_mul(product, in[0]));
    gd_tensor *early = gd_add(count, in[0]), *folded = gd_mul_scalar(count, 3);
    gd_assign(gd_slice(count, 0, 1, 3, 1), gd_slice(in[0], 0, 0, 2, 1));
    gd_tensor *late = gd_mul(count, folded);
    gd_assign(gd_slice(count, 0, 0, 1, 1), gd_zeros(g, GD_FLOAT32, gd_shape(1)));
    return gd_cat(gd_list(product, early, late, count), 0);
}

static void test_constants_that_are_written(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_plan *plan = gd_compile(g, accumulate, NULL);
    for (int i = 0; i < 4; i++) {
        gd_tensor *x = gd_randn(g, GD_FLOAT32, gd_shape(3));
        same_bits(gd_run(plan, x), accumulate(NULL, &x, 1), "accumulated");
    }
    all_well(g);
    gd_close(g);
}

/* Loops reach into the padding: what lies there are no bools. The sanitizers look at this one. */
static gd_tensor *choose(void *user, gd_tensor *const *in, size_t n)
{
    (void)user, (void)n;
    gd_tensor *mask = gd_logical_xor(gd_gt(in[0], in[1]), gd_isfinite(gd_log(in[0])));
    return gd_add(gd_where(mask, in[0], gd_neg(in[1])), gd_cast(gd_logical_not(mask), GD_FLOAT32));
}

static void test_small_bools(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_plan *plan = gd_compile(g, choose, NULL);
    for (int64_t size = 1; size < 70; size++)
        for (int i = 0; i < 3; i++) {
            GD_SCOPE(g);
            gd_tensor *in[] = { noise(g, size, 1), noise(g, size, 1) };
            same_bits(gd_run(plan, in[0], in[1]), choose(NULL, in, 2), "chosen");
        }
    all_well(g);
    gd_close(g);
}

/* ---- who requires a gradient ---- */

static gd_tensor *twice(void *user, gd_tensor *const *in, size_t n)
{
    (void)user, (void)n;
    return gd_mul_scalar(in[0], 2);
}

static void test_input_requires_a_gradient_later(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_plan *plan = gd_compile(g, twice, NULL);
    gd_tensor *x = noise(g, 2, 2), *other = gd_require_grad(noise(g, 2, 2), true);
    for (int i = 0; i < 2; i++)
        assert_true(gd_is_tensor(gd_run(plan, x)));
    gd_run(plan, gd_require_grad(x, true));
    expect_error(g, GD_ERROR_STATE, "requires a gradient");
    gd_run(plan, other);
    expect_error(g, GD_ERROR_STATE, "requires a gradient");
    gd_no_grad quiet = gd_no_grad_enter(g);
    for (int i = 0; i < 3; i++)
        same_bits(gd_run(plan, x), gd_mul_scalar(x, 2), "without recording");
    assert_int_equal(gd_plan_facts_of(plan).recorded, 4); /* two of them refused */
    gd_no_grad_leave(&quiet);
    all_well(g);
    gd_close(g);
}

static gd_tensor *learn_w(void *user, gd_tensor *const *in, size_t n)
{
    world *m = user;
    (void)n;
    gd_tensor *y = gd_sum(gd_mul(m->w, in[0]));
    if (gd_requires_grad(y)) {
        gd_clear_grad(m->w);
        gd_backward(y);
    }
    return gd_detach(y);
}

static void test_captured_tensor_requires_a_gradient_later(void **state)
{
    (void)state;
    world both[2];
    open_both(both);
    for (int k = 0; k < 2; k++)
        both[k].w = noise(both[k].g, 2, 3);
    gd_plan *plan = gd_compile(both[1].g, learn_w, &both[1]);
    for (int i = 0; i < 8; i++) {
        gd_tensor *in[] = { noise(both[0].g, 2, 3), noise(both[1].g, 2, 3) };
        for (int k = 0; k < 2 && i % 2 == 0; k++)
            gd_require_grad(both[k].w, i / 2 % 2);
        gd_tensor *want = learn_w(&both[0], &in[0], 1);
        same_bits(gd_run(plan, in[1]), want, "y");
        assert_int_equal(gd_has_grad(both[1].w), gd_has_grad(both[0].w));
        if (gd_has_grad(both[0].w))
            same_bits(gd_grad(both[1].w), gd_grad(both[0].w), "its gradient");
    }
    close_both(both);
}

/* Whether it has a gradient counts, and it has gone. */
static gd_tensor *gather_w(void *user, gd_tensor *const *in, size_t n)
{
    world *m = user;
    (void)n;
    gd_backward(gd_sum(gd_mul(m->w, in[0])));
    return gd_clone(gd_grad(m->w));
}

static void test_leaf_that_has_gone(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    world m = { .g = g };
    gd_plan *plan = gd_compile(g, gather_w, &m);
    gd_tensor *x = noise(g, 2, 3);
    gd_scope scope = gd_scope_enter(g);
    m.w = gd_require_grad(noise(g, 2, 3), true);
    for (int i = 0; i < 3; i++)
        gd_run(plan, x);
    all_well(g);
    gd_scope_leave(&scope);
    for (int i = 0; i < 2; i++) {
        assert_false(gd_is_tensor(gd_run(plan, x)));
        expect_error(g, GD_ERROR_DEAD, "gone with its scope");
    }
    gd_close(g);
}

/* ---- runs that fail ---- */

static gd_tensor *gather_gradients(void *user, gd_tensor *const *in, size_t n)
{
    world *m = user;
    (void)n;
    gd_tensor *loss = gd_cross_entropy(gd_forward(m->net, in[0]), in[1]);
    gd_backward(loss);
    return loss;
}

static gd_tensor *fail_late(void *user, gd_tensor *const *in, size_t n)
{
    world *m = user;
    (void)n;
    gd_zero_grad(m->net);
    gd_tensor *y = gd_forward(m->net, in[0]);
    gd_backward(gd_sum(y));
    gd_step(m->optimizer);
    return gd_cross_entropy(gd_detach(y), in[1]);
}

static gd_tensor *labels(gd_context *g, bool wrong)
{
    gd_tensor *t = gd_randint(g, GD_INT64, gd_shape(4), 0, 3);
    if (wrong)
        gd_fill(gd_slice(t, 0, 3, 4, 1), 77);
    return t;
}

static void start(world both[2])
{
    open_both(both);
    for (int k = 0; k < 2; k++) {
        gd_context *g = both[k].g;
        both[k].net = gd_init(gd_sequential(g, gd_linear(g, 5, 7), gd_tanh_layer(g), gd_linear(g, 7, 3)));
        both[k].optimizer = gd_adam(both[k].net, .lr = 0.1);
    }
}

/* What came before the failure has happened: gradients are there, gone, or as they were. */
static void fail_between(gd_function *function)
{
    world both[2];
    start(both);
    gd_plan *plan = gd_compile(both[1].g, function, &both[1]);
    for (int i = 0; i < 10; i++) {
        bool wrong = i == 3 || i == 6 || i == 7;
        gd_tensor *in[2][2];
        for (int k = 0; k < 2; k++) {
            in[k][0] = noise(both[k].g, 4, 5);
            in[k][1] = labels(both[k].g, wrong);
        }
        gd_tensor *want = function(&both[0], in[0], 2), *got = gd_run(plan, in[1][0], in[1][1]);
        for (int k = 0; k < 2 && wrong; k++)
            expect_error(both[k].g, GD_ERROR_INDEX, "label 77");
        if (!wrong)
            same_bits(got, want, "the loss");
        same_layers(both);
    }
    close_both(both);
}

static void test_gradients_after_a_failure(void **state)
{
    (void)state;
    fail_between(gather_gradients);
    fail_between(fail_late);
}

static gd_tensor *judge(void *user, gd_tensor *const *in, size_t n)
{
    (void)user, (void)n;
    return gd_bce(in[0], gd_zeros_like(in[0]));
}

static void test_errors_name_the_operation(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    for (int64_t size = 4; size < 1000; size *= 100) {
        gd_plan *plan = gd_compile(g, judge, NULL);
        gd_run(plan, gd_full(g, GD_FLOAT32, gd_shape(size), 0.5));
        gd_run(plan, gd_full(g, GD_FLOAT32, gd_shape(size), 7));
        expect_error(g, GD_ERROR_VALUE, "bce: 7 is no probability");
    }
    gd_close(g);
}

/* ---- optimizers that change ---- */

static gd_tensor *train(void *user, gd_tensor *const *in, size_t n)
{
    world *m = user;
    (void)n;
    gd_zero_grad(m->net);
    gd_tensor *loss = gd_mean(gd_square(gd_forward(m->net, in[0])));
    gd_backward(loss);
    gd_step(m->optimizer);
    return loss;
}

static void test_groups_made_between_runs(void **state)
{
    (void)state;
    for (int adam = 0; adam < 2; adam++) {
        world both[2];
        start(both);
        for (int k = 0; k < 2 && !adam; k++)
            both[k].optimizer = gd_sgd(both[k].net, .lr = 0.1);
        gd_plan *plan = gd_compile(both[1].g, train, &both[1]);
        for (int i = 0; i < 8; i++) {
            gd_tensor *in[] = { noise(both[0].g, 4, 5), noise(both[1].g, 4, 5) };
            for (int k = 0; k < 2 && i == 3; k++)
                assert_int_equal(adam ? gd_optimizer_group(both[k].optimizer, "*.bias", .amsgrad = true)
                                      : gd_optimizer_group(both[k].optimizer, "*.bias", .momentum = 0.9),
                                 1);
            gd_tensor *want = train(&both[0], &in[0], 1);
            same_bits(gd_run(plan, in[1]), want, "the loss");
            same_layers(both);
        }
        close_both(both);
    }
}

/* ---- what no operation tells ---- */

enum { CONFUSION, CONFUSION_ADD, SCORES, TOP, WRITE, READ, SAVE, GATHER, SLICE, DRAW, RECORDING, DTYPE, STRAYS };

static void stray(world *m, gd_tensor *x, gd_tensor *t)
{
    switch (m->what) {
    case CONFUSION: gd_confusion(gd_argmax(x, 1), t, 3); break;
    case CONFUSION_ADD: gd_confusion_add(m->counts, gd_argmax(x, 1), t); break;
    case SCORES: gd_class_scores(m->counts, 0); break;
    case TOP: gd_top_k_accuracy(x, t, 1); break;
    case WRITE: gd_npy_write(x, "never.npy"); break;
    case READ: gd_npy_read(m->g, "never.npy"); break;
    case SAVE: gd_save(m->net, "never.npz"); break;
    case GATHER: gd_dataset_gather(m->data, t); break;
    case SLICE: gd_dataset_slice(m->data, 0, 2); break;
    case DRAW: gd_forward(gd_linear(m->g, 5, 3), x); break;
    case RECORDING: gd_set_recording(m->g, false); break;
    case DTYPE: gd_set_default_dtype(m->g, GD_FLOAT64); break;
    default: break;
    }
}

static gd_tensor *go_astray(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    stray(user, in[0], in[1]);
    return gd_sum(in[0]);
}

static void test_strays(void **state)
{
    (void)state;
    static const char *const part[STRAYS] = {
        [CONFUSION] = "gd_confusion was called",     [CONFUSION_ADD] = "gd_confusion_add was called",
        [SCORES] = "gd_class_scores was called",     [TOP] = "gd_top_k_accuracy was called",
        [WRITE] = "gd_npy_write was called",         [READ] = "gd_npy_read was called",
        [SAVE] = "was called while a compiled step", [GATHER] = "gd_dataset_gather was called",
        [SLICE] = "gd_dataset_slice was called",     [DRAW] = "gd_init was called",
        [RECORDING] = "otherwise than it found it",  [DTYPE] = "otherwise than it found it",
    };
    for (int what = 0; what < STRAYS; what++) {
        gd_context *g = gd_open();
        world m = { .g = g, .what = what, .counts = gd_zeros(g, GD_INT64, gd_shape(3, 3)) };
        m.net = gd_init(gd_linear(g, 5, 3));
        m.data = gd_dataset_new(noise(g, 6, 5), gd_randint(g, GD_INT64, gd_shape(6), 0, 3));
        gd_plan *plan = gd_compile(g, go_astray, &m);
        assert_false(gd_is_tensor(gd_run(plan, noise(g, 4, 5), labels(g, false))));
        expect_error(g, GD_ERROR_STATE, part[what]);
        gd_close(g);
    }
    assert_int_equal(access("never.npy", F_OK), -1);
    assert_int_equal(access("never.npz", F_OK), -1);
}

/* ---- a plan that its own operations reach for ---- */

static gd_tensor *reach(gd_operation_call *call)
{
    world *m = call->user;
    if (++m->calls > 1 && m->what == 0)
        gd_keep_gradients(m->plan, m->calls % 2 == 0);
    if (m->calls > 1 && m->what == 1)
        gd_run(m->plan, gd_zeros(m->g, GD_FLOAT32, gd_shape(m->calls, 3)));
    return gd_mul_scalar(call->x.item[0], 2);
}

static gd_tensor *with_reach(void *user, gd_tensor *const *in, size_t n)
{
    world *m = user;
    (void)n;
    return gd_apply(m->operation, in[0]);
}

static void test_plan_within_itself(void **state)
{
    (void)state;
    for (int what = 0; what < 2; what++) {
        gd_context *g = gd_open();
        world m = { .g = g, .what = what };
        m.operation = gd_define(g, "reach", reach, .user = &m);
        m.plan = gd_compile(g, with_reach, &m);
        gd_tensor *x = noise(g, 2, 3);
        same_bits(gd_run(m.plan, x), gd_mul_scalar(x, 2), "at first");
        for (int i = 0; i < 3; i++) {
            assert_false(gd_is_tensor(gd_run(m.plan, x)));
            expect_error(g, GD_ERROR_STATE, "for a plan while it runs");
        }
        m.what = 2;
        same_bits(gd_run(m.plan, x), gd_mul_scalar(x, 2), "at last");
        all_well(g);
        gd_close(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_is_next_input),
        cmocka_unit_test(test_outputs_change_places),
        cmocka_unit_test(test_output_of_a_recording_that_goes),
        cmocka_unit_test(test_input_is_written),
        cmocka_unit_test(test_weight_makes_its_own_gradient),
        cmocka_unit_test(test_constants_that_are_written),
        cmocka_unit_test(test_small_bools),
        cmocka_unit_test(test_input_requires_a_gradient_later),
        cmocka_unit_test(test_captured_tensor_requires_a_gradient_later),
        cmocka_unit_test(test_leaf_that_has_gone),
        cmocka_unit_test(test_gradients_after_a_failure),
        cmocka_unit_test(test_errors_name_the_operation),
        cmocka_unit_test(test_groups_made_between_runs),
        cmocka_unit_test(test_strays),
        cmocka_unit_test(test_plan_within_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
