/* test_steps.c - a step of any rule: for all parameters or for none, lifetimes, frozen parameters, memory. */
#include "support.h"

/* Every rule, with all that it can gather. */
static gd_optimizer *make_sgd(gd_layer *net)
{
    return gd_sgd(net, .lr = 0.1, .momentum = 0.9);
}

static gd_optimizer *make_adagrad(gd_layer *net)
{
    return gd_adagrad(net, .lr = 0.1, .initial_accumulator_value = 0.5);
}

static gd_optimizer *make_rmsprop(gd_layer *net)
{
    return gd_rmsprop(net, .lr = 0.1, .momentum = 0.9, .centered = true);
}

static gd_optimizer *make_adam(gd_layer *net)
{
    return gd_adam(net, .lr = 0.1, .amsgrad = true);
}

static gd_optimizer *make_adamw(gd_layer *net)
{
    return gd_adamw(net, .lr = 0.1, .weight_decay = 0.1);
}

static gd_optimizer *(*const make[])(gd_layer *) = { make_sgd, make_adagrad, make_rmsprop, make_adam, make_adamw };

enum { RULES = sizeof make / sizeof *make };

static bool moved(gd_layer *net, const double *before)
{
    double now[PARAMETERS];
    read_parameters(net, now);
    return memcmp(now, before, sizeof now) != 0;
}

/* ---- all or none ---- */

/* The second parameter has gone, and can't be stepped: the first is not, and nothing is gathered for it. */
static void a_parameter_that_is_gone_stops_the_step(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        GD_SCOPE(g);
        double before[6], after[6];
        gd_tensor *W = gd_ones(g, GD_FLOAT64, gd_shape(2, 3));
        gd_optimizer *optimizer;
        gd_scope inner = gd_scope_enter(g);
        gd_layer *net = gd_affine(W, gd_ones(g, GD_FLOAT64, gd_shape(3)));
        optimizer = make[rule](net);
        gd__move((gd__object *)optimizer, W->object.depth);
        assert_true(set_gradients(net, 0));
        assert_true(gd_read(W, GD_FLOAT64, before, 6));
        gd_scope_leave(&inner);
        assert_false(gd_step(optimizer));
        assert_error(g, GD_ERROR_DEAD, "gd_step: a parameter was used after the scope");
        gd_zeros(g, GD_FLOAT64, gd_shape(3)); /* takes the memory, but is no parameter */
        gd_zeros(g, GD_FLOAT64, gd_shape(3));
        assert_false(gd_step(optimizer));
        assert_error(g, GD_ERROR_DEAD, "a parameter");
        assert_true(gd_read(W, GD_FLOAT64, after, 6));
        assert_memory_equal(before, after, sizeof before);
    }
}

/* The second parameter lies in memory that is only to be read. */
static void a_read_only_parameter_stops_the_step(void **state)
{
    (void)state;
    static const double numbers[] = { 1, 2, 3 };
    for (int rule = 0; rule < RULES; rule++) {
        double before[PARAMETERS];
        gd_tensor *b = gd_borrow_const(g, GD_FLOAT64, gd_shape(3), NULL, numbers, NULL, NULL);
        gd_layer *net = gd_affine(gd_ones(g, GD_FLOAT64, gd_shape(2, 3)), b);
        gd_optimizer *optimizer = make[rule](net);
        assert_true(set_gradients(net, 0));
        read_parameters(net, before);
        assert_false(gd_step(optimizer));
        assert_error(g, GD_ERROR_STATE, "gd_step: 'b' float64 (3,) is read-only");
        assert_false(moved(net, before));
        gd_require_grad(b, false); /* frozen, it need not be written */
        assert_true(gd_step(optimizer));
        assert_true(moved(net, before));
    }
    assert_fine(g);
}

static void while_an_error_stands_no_step_is_made(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        double before[PARAMETERS];
        gd_layer *net = start(GD_FLOAT32);
        gd_optimizer *optimizer = make[rule](net);
        assert_true(set_gradients(net, 0));
        read_parameters(net, before);
        gd_zeros(g, GD_FLOAT32, gd_shape(-1));
        assert_false(gd_step(optimizer));
        assert_false(gd_set_learning_rate(optimizer, 3));
        gd_clear(g);
        assert_false(moved(net, before));
        assert_true(gd_learning_rate(optimizer) == 0.1);
        assert_true(gd_step(optimizer));
        assert_true(moved(net, before));
    }
}

/* ---- without a gradient ---- */

static void a_frozen_parameter_stays_with_all_that_was_gathered(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        gd_layer *net = start(GD_FLOAT64), *other = start(GD_FLOAT64);
        gd_optimizer *optimizer = make[rule](net), *whole = make[rule](other);
        gd_tensor *W = gd_parameter(net, 0), *b = gd_parameter(net, 1);
        take_step(net, optimizer, 0);
        take_step(other, whole, 0);
        gd_tensor *kept = gd_clone(gd_detach(b));
        assert_true(set_gradients(net, 1));
        gd_require_grad(b, false); /* its gradient is still there */
        assert_true(gd_step(optimizer));
        assert_same_tensor(gd_detach(b), kept);
        gd_zero_grad(net);
        assert_true(gd_backward(gd_sum(W)) && gd_step(optimizer));
        assert_same_tensor(gd_detach(b), kept);
        gd_require_grad(b, true);
        take_step(net, optimizer, 1); /* its second step, whatever W has made */
        take_step(other, whole, 1);
        assert_same_tensor(gd_detach(b), gd_detach(gd_parameter(other, 1)));
    }
    assert_fine(g);
}

static void a_parameter_without_a_gradient_stays(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        double before[PARAMETERS];
        gd_layer *net = start(GD_FLOAT32);
        gd_optimizer *optimizer = make[rule](net);
        read_parameters(net, before);
        assert_true(gd_step(optimizer));
        assert_false(moved(net, before));
        assert_true(gd_backward(pull(gd_parameter(net, 0), 0, 0)) && gd_step(optimizer));
        assert_true(moved(net, before));
        assert_true(gd_at(gd_parameter(net, 1), 0) == 0.5);
    }
    assert_fine(g);
}

static void empty_parameters_are_stepped_too(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        gd_tensor *W = gd_zeros(g, GD_FLOAT32, gd_shape(0, 2)), *b = gd_zeros(g, GD_FLOAT32, gd_shape(2));
        gd_layer *net = gd_affine(W, b);
        gd_optimizer *optimizer = make[rule](net);
        assert_true(gd_backward(gd_add(gd_sum(W), gd_sum(b))) && gd_step(optimizer));
        assert_true(gd_at(b, 0) < 0);
    }
    assert_fine(g);
}

/* ---- memory ---- */

static void a_steady_loop_asks_for_no_memory(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        gd_layer *net = start(GD_FLOAT32);
        gd_optimizer *optimizer = make[rule](net);
        gd_schedule *schedule = gd_cosine_annealing_lr(optimizer, .T_max = 100);
        size_t allocations = 0;
        for (int step = 0; step < 30; step++) {
            GD_SCOPE(g);
            assert_true(set_gradients(net, step));
            assert_true(gd_clip_grad_norm(net, .max_norm = 0.5) > 0);
            assert_true(gd_clip_grad_norm(net, .max_norm = 0.5, .norm_type = INFINITY) > 0);
            assert_true(gd_clip_grad_value(net, 0.25));
            assert_true(gd_step(optimizer) && gd_schedule_step(schedule));
            if (step == 3)
                allocations = gd_memory_used(g).allocations;
        }
        assert_int_equal(gd_memory_used(g).allocations, allocations);
    }
    assert_fine(g);
}

/* What was gathered is made in the first step's scope, and lives as long as the optimizer. */
static void what_is_gathered_outlives_the_steps_scope(void **state)
{
    (void)state;
    for (int rule = 0; rule < RULES; rule++) {
        gd_layer *net = start(GD_FLOAT64), *same = start(GD_FLOAT64);
        gd_optimizer *optimizer = make[rule](net), *other = make[rule](same);
        for (int step = 0; step < 4; step++) {
            take_step(net, optimizer, step);
            assert_true(set_gradients(same, step) && gd_step(other));
        }
        for (int i = 0; i < 2; i++)
            assert_same_tensor(gd_detach(gd_parameter(net, i)), gd_detach(gd_parameter(same, i)));
    }
    assert_fine(g);
}

typedef struct prepared {
    gd_layer *net;
    int rule;
    double before[PARAMETERS];
} prepared;

static int rule_under_test;

static void *prepare(gd_context *own)
{
    static prepared p;
    p = (prepared){ .net = start_in(own, GD_FLOAT64), .rule = rule_under_test };
    assert_true(set_gradients(p.net, 0));
    read_parameters(p.net, p.before);
    return &p;
}

/* A step that fails for want of memory has moved neither parameter; one that does not, both. */
static bool try_step(gd_context *own, void *subject)
{
    const prepared *p = subject;
    double after[PARAMETERS];
    gd_scope scope = gd_scope_enter(own);
    gd_optimizer *optimizer = make[p->rule](p->net);
    bool stepped = gd_step(optimizer);
    gd_scope_leave(&scope);
    gd_status status = gd_first_error(own)->status;
    bool failed = gd_failed(own);
    assert_true(failed == !stepped);
    read_parameters(p->net, after);
    bool W_moved = memcmp(after, p->before, 6 * sizeof *after) != 0;
    bool b_moved = memcmp(after + 6, p->before + 6, 3 * sizeof *after) != 0;
    assert_true(W_moved == stepped && b_moved == stepped);
    assert_true(!failed || status == GD_ERROR_MEMORY);
    return stepped;
}

static void out_of_memory_no_parameter_moves(void **state)
{
    (void)state;
    for (rule_under_test = 0; rule_under_test < RULES; rule_under_test++)
        assert_true(until_memory_suffices(prepare, try_step) > 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_parameter_that_is_gone_stops_the_step),
        IN_CONTEXT(a_read_only_parameter_stops_the_step),
        IN_CONTEXT(while_an_error_stands_no_step_is_made),
        IN_CONTEXT(a_frozen_parameter_stays_with_all_that_was_gathered),
        IN_CONTEXT(a_parameter_without_a_gradient_stays),
        IN_CONTEXT(empty_parameters_are_stepped_too),
        IN_CONTEXT(a_steady_loop_asks_for_no_memory),
        IN_CONTEXT(what_is_gathered_outlives_the_steps_scope),
        cmocka_unit_test(out_of_memory_no_parameter_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
