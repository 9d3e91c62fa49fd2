/* test_schedules.c - learning rates over 40 steps against torch.optim.lr_scheduler (schedules_reference.h), chains, and
 * what is refused. */
#include "support.h"

enum { STEPS = 40, GROUPS = 2 };

typedef struct schedule_case {
    const char *name;
    double rate[STEPS + 1][GROUPS];
} schedule_case;

#include "schedules_reference.h"

enum { CASES = sizeof schedules_cases / sizeof *schedules_cases };

/* ---- against PyTorch ---- */

static double shrinking(void *user, int64_t step)
{
    ++*(int *)user;
    return 1 / (1 + (double)step);
}

static int calls;

static gd_schedule *by_step(gd_optimizer *o, const char *name)
{
    if (strcmp(name, "step") == 0)
        return gd_step_lr(o, .step_size = 7);
    if (strcmp(name, "step, gamma") == 0)
        return gd_step_lr(o, .step_size = 3, .gamma = 0.7);
    if (strcmp(name, "multistep") == 0)
        return gd_multistep_lr(o, .milestones = gd_milestones(20, 5, 20, 33));
    if (strcmp(name, "multistep, gamma") == 0)
        return gd_multistep_lr(o, .milestones = gd_milestones(0, 1, 39), .gamma = 0.5);
    if (strcmp(name, "exponential") == 0)
        return gd_exponential_lr(o, .gamma = 0.9);
    if (strcmp(name, "cosine") == 0)
        return gd_cosine_annealing_lr(o, .T_max = 40);
    if (strcmp(name, "cosine, up and down") == 0)
        return gd_cosine_annealing_lr(o, .T_max = 6, .eta_min = 0.01);
    if (strcmp(name, "cosine of one") == 0)
        return gd_cosine_annealing_lr(o, .T_max = 1);
    if (strcmp(name, "linear") == 0)
        return gd_linear_lr(o);
    if (strcmp(name, "linear, down") == 0)
        return gd_linear_lr(o, .start_factor = 0.9, .end_factor = 0.25, .total_iters = 25);
    if (strcmp(name, "lambda") == 0)
        return gd_lambda_lr(o, shrinking, &calls);
    if (strcmp(name, "warm-up, cosine") == 0)
        return gd_schedule_then(gd_linear_lr(o, .start_factor = 0.1, .total_iters = 5), 5,
                                gd_cosine_annealing_lr(o, .T_max = 35, .eta_min = 0.002));
    gd_schedule *first = gd_linear_lr(o, .total_iters = 8), *second = gd_step_lr(o, .step_size = 4, .gamma = 0.5);
    return gd_schedule_then(gd_schedule_then(first, 3, second), 20, gd_exponential_lr(o, .gamma = 0.8));
}

static gd_schedule *on_metric(gd_optimizer *o, const char *name)
{
    if (strcmp(name, "plateau") == 0)
        return gd_reduce_lr_on_plateau(o);
    if (strcmp(name, "plateau, patience") == 0)
        return gd_reduce_lr_on_plateau(o, .patience = 2, .factor = 0.5);
    if (strcmp(name, "plateau, impatient") == 0)
        return gd_reduce_lr_on_plateau(o, .patience = 0, .factor = 0.9);
    if (strcmp(name, "plateau, max") == 0)
        return gd_reduce_lr_on_plateau(o, .maximize = true, .patience = 3, .factor = 0.25);
    if (strcmp(name, "plateau, cooldown") == 0)
        return gd_reduce_lr_on_plateau(o, .patience = 1, .cooldown = 4, .factor = 0.5);
    if (strcmp(name, "plateau, threshold") == 0)
        return gd_reduce_lr_on_plateau(o, .patience = 2, .threshold = 0.5, .factor = 0.5);
    if (strcmp(name, "plateau, abs") == 0)
        return gd_reduce_lr_on_plateau(o, .patience = 2, .threshold = 0.25, .absolute = true, .factor = 0.5);
    if (strcmp(name, "plateau, max abs") == 0)
        return gd_reduce_lr_on_plateau(o, .maximize = true, .patience = 2, .threshold = 0.125, .absolute = true,
                                       .factor = 0.5);
    if (strcmp(name, "plateau, min_lr") == 0)
        return gd_reduce_lr_on_plateau(o, .patience = 1, .min_lr = 0.02, .factor = 0.5);
    return gd_reduce_lr_on_plateau(o, .patience = 1, .eps = 0.02, .factor = 0.5);
}

static double metric(int k)
{
    return k == 8 || k == 9 ? NAN : 7 * k % 11 / 16.0 - k / 64.0;
}

static gd_optimizer *two_groups(void)
{
    gd_optimizer *o = gd_sgd(start(GD_FLOAT64), .lr = 0.1);
    assert_int_equal(gd_optimizer_group(o, "b", .lr = 0.03), 1);
    return o;
}

static void assert_rate(const gd_optimizer *o, int group, double want, int step)
{
    double got = gd_group_learning_rate(o, group);
    if (!(fabs(got - want) <= 1e-12 * want + 1e-17))
        fail_msg("group %d at step %d: %.17g, not %.17g", group, step, got, want);
}

static void follows_pytorch(void **state)
{
    const schedule_case *c = *state;
    bool plateau = strncmp(c->name, "plateau", 7) == 0;
    g = gd_open();
    gd_optimizer *o = two_groups();
    gd_schedule *s = plateau ? on_metric(o, c->name) : by_step(o, c->name);
    for (int step = 0; step <= STEPS; step++) {
        for (int group = 0; group < GROUPS; group++)
            assert_rate(o, group, c->rate[step][group], step);
        assert_true(gd_learning_rate(o) == gd_group_learning_rate(o, 0));
        assert_true(plateau ? gd_schedule_step_on(s, metric(step)) : gd_schedule_step(s));
    }
    assert_fine(g);
    gd_close(g);
}

/* ---- how schedules and optimizers go together ---- */

static void an_optimizer_steps_at_the_scheduled_rate(void **state)
{
    (void)state;
    gd_layer *net = gd_affine(gd_zeros(g, 0, gd_shape(1, 1)), gd_zeros(g, 0, gd_shape(1)));
    gd_optimizer *sgd = gd_sgd(net, .lr = 1);
    gd_schedule *s = gd_exponential_lr(sgd, .gamma = 0.5);
    assert_true(gd_backward(gd_sum(gd_parameter(net, 0))));
    for (int step = 0; step < 3; step++)
        assert_true(gd_step(sgd) && gd_schedule_step(s));
    assert_true(gd_item(gd_parameter(net, 0)) == -1.75);
    assert_fine(g);
}

static void a_caller_s_function_is_asked_once_a_step(void **state)
{
    (void)state;
    calls = 0;
    gd_schedule *s = gd_lambda_lr(two_groups(), shrinking, &calls);
    assert_int_equal(calls, 1);
    assert_true(gd_schedule_step(s));
    assert_int_equal(calls, 2);
}

/* What a schedule starts from is the rate when the first was made. */
static void schedules_start_from_the_rate_of_the_first(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1);
    gd_set_learning_rate(o, 2);
    gd_schedule *first = gd_exponential_lr(o, .gamma = 0.5);
    gd_set_learning_rate(o, 100);
    assert_true(gd_schedule_step(first));
    assert_true(gd_learning_rate(o) == 1);
    gd_step_lr(o, .step_size = 1);
    assert_true(gd_learning_rate(o) == 2);
    gd_reduce_lr_on_plateau(o);
    assert_true(gd_learning_rate(o) == 2);
    assert_fine(g);
}

static void the_milestones_are_copied(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1);
    int64_t steps[] = { 1, 2 };
    gd_schedule *s = gd_multistep_lr(o, .milestones = { 2, steps }, .gamma = 0.5);
    steps[0] = steps[1] = 1000;
    assert_true(gd_schedule_step(s) && gd_schedule_step(s));
    assert_true(gd_learning_rate(o) == 0.25);
}

static void only_the_newest_schedule_steps(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1);
    gd_schedule *old = gd_exponential_lr(o, .gamma = 0.5), *new = gd_step_lr(o, .step_size = 1, .gamma = 0.25);
    assert_false(gd_schedule_step(old));
    assert_error(g, GD_ERROR_STATE, "another schedule sets the learning rates");
    assert_true(gd_learning_rate(o) == 1);
    assert_true(gd_schedule_step(new));
    assert_true(gd_learning_rate(o) == 0.25);
    gd_schedule *plateau = gd_reduce_lr_on_plateau(o, .patience = 0);
    assert_false(gd_schedule_step(new));
    assert_error(g, GD_ERROR_STATE, "chain them with gd_schedule_then");
    assert_true(gd_schedule_step_on(plateau, 1) && gd_schedule_step_on(plateau, 1));
    assert_true(fabs(gd_learning_rate(o) - 0.025) < 1e-15);
}

/* Warm-up, then what follows a metric: made when the warm-up is over. */
static void a_plateau_takes_over_where_the_rates_are(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1);
    gd_schedule *warm = gd_linear_lr(o, .start_factor = 0.5, .total_iters = 2);
    assert_true(gd_schedule_step(warm) && gd_learning_rate(o) == 0.75);
    gd_schedule *plateau = gd_reduce_lr_on_plateau(o, .patience = 0, .factor = 0.5);
    assert_true(gd_schedule_step_on(plateau, 1) && gd_schedule_step_on(plateau, 1));
    assert_true(gd_learning_rate(o) == 0.375);
}

/* ---- chains ---- */

static void chains_can_be_chained(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1);
    gd_schedule *tail =
        gd_schedule_then(gd_step_lr(o, .step_size = 1, .gamma = 0.5), 2, gd_exponential_lr(o, .gamma = 0.25));
    gd_schedule *all = gd_schedule_then(gd_linear_lr(o, .start_factor = 0.5, .total_iters = 2), 3, tail);
    const double want[] = { 0.5, 0.75, 1, 1, 0.5, 1, 0.25, 0.0625 };
    for (int step = 0; step < 8; step++) {
        assert_rate(o, 0, want[step], step);
        assert_true(gd_schedule_step(all));
    }
    assert_fine(g);
}

static void refuse_chain(gd_schedule *s, gd_status status, const char *part)
{
    assert_error_object(s);
    assert_string_equal(gd_first_error(g)->op, "gd_schedule_then");
    assert_error(g, status, part);
}

static void chains_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1);
    gd_schedule *a = gd_linear_lr(o), *b = gd_exponential_lr(o, .gamma = 0.5), *c = gd_step_lr(o, .step_size = 3);
    gd_schedule *plateau = gd_reduce_lr_on_plateau(o), *foreign = gd_exponential_lr(two_groups(), .gamma = 0.5);
    refuse_chain(gd_schedule_then(a, 0, b), GD_ERROR_VALUE, "the milestone is not above those before it");
    refuse_chain(gd_schedule_then(a, -3, b), GD_ERROR_VALUE, "the milestone is not above");
    refuse_chain(gd_schedule_then(a, 5, a), GD_ERROR_VALUE, "not two schedules of one optimizer");
    refuse_chain(gd_schedule_then(a, 5, foreign), GD_ERROR_VALUE, "not two schedules of one optimizer");
    refuse_chain(gd_schedule_then(a, 5, plateau), GD_ERROR_VALUE, "follows a metric can't be chained");
    refuse_chain(gd_schedule_then(plateau, 5, a), GD_ERROR_VALUE, "follows a metric can't be chained");
    refuse_chain(gd_schedule_then(a, 5, NULL), GD_ERROR_NULL, "the next schedule is NULL");
    refuse_chain(gd_schedule_then(NULL, 5, a), GD_ERROR_NULL, "the first schedule is NULL");
    assert_true(gd_schedule_then(a, 5, b) == a);
    refuse_chain(gd_schedule_then(a, 5, c), GD_ERROR_VALUE, "the milestone is not above");
    refuse_chain(gd_schedule_then(b, 5, c), GD_ERROR_VALUE, "one of them follows another already");
    refuse_chain(gd_schedule_then(c, 5, b), GD_ERROR_VALUE, "one of them follows another already");
    refuse_chain(gd_schedule_then(b, 5, a), GD_ERROR_VALUE, "one of them follows another already");
    assert_false(gd_schedule_step(b));
    assert_error(g, GD_ERROR_STATE, "another schedule sets the learning rates");
    assert_true(gd_schedule_step(a));
    assert_error_object(gd_schedule_then(NULL, 5, NULL));
}

static void a_chain_that_has_lost_its_end_stops_there(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1);
    gd_schedule *first = gd_linear_lr(o, .start_factor = 0.5, .total_iters = 1);
    {
        GD_SCOPE(g);
        gd_schedule_then(first, 2, gd_exponential_lr(o, .gamma = 0.5));
    }
    assert_true(gd_schedule_step(first) && gd_learning_rate(o) == 1);
    assert_false(gd_schedule_step(first));
    assert_error(g, GD_ERROR_DEAD, "the schedule that follows was used after the scope");
    gd_linear_lr(gd_sgd(start(GD_FLOAT32))); /* takes the memory */
    assert_false(gd_schedule_step(first));
    assert_error(g, GD_ERROR_DEAD, "the schedule that follows");
    refuse_chain(gd_schedule_then(first, 7, gd_linear_lr(o)), GD_ERROR_DEAD, "the schedule that follows");
}

/* ---- what is refused ---- */

static gd_optimizer *fresh;

static void refuse(gd_schedule *s, const char *function, const char *part)
{
    assert_error_object(s);
    assert_string_equal(gd_first_error(g)->op, function);
    assert_true(gd_first_error(g)->remedy[0]);
    assert_error(g, GD_ERROR_VALUE, part);
    assert_true(gd_learning_rate(fresh) == 1);
}

static double never(void *user, int64_t step)
{
    (void)user;
    return step == 0 ? 1 : NAN;
}

static double negative(void *user, int64_t step)
{
    (void)user;
    (void)step;
    return -1;
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    gd_optimizer *o = fresh = gd_sgd(start(GD_FLOAT32), .lr = 1);
    refuse(gd_step_lr(o), "gd_step_lr", ".step_size was not given");
    refuse(gd_step_lr(o, .step_size = 0), "gd_step_lr", "the step size is 0. Give 1 or more");
    refuse(gd_step_lr(o, .step_size = -2), "gd_step_lr", "the step size is -2");
    refuse(gd_step_lr(o, .step_size = 1, .gamma = -1), "gd_step_lr", "gamma is -1");
    refuse(gd_multistep_lr(o), "gd_multistep_lr", ".milestones was not given");
    refuse(gd_multistep_lr(o, .milestones = gd_milestones()), "gd_multistep_lr", "the number of milestones is 0");
    refuse(gd_multistep_lr(o, .milestones = gd_milestones(3, -1)), "gd_multistep_lr", "a milestone is -1");
    refuse(gd_multistep_lr(o, .milestones = gd_milestones(3), .gamma = NAN), "gd_multistep_lr", "gamma is nan");
    refuse(gd_exponential_lr(o), "gd_exponential_lr", ".gamma was not given");
    refuse(gd_exponential_lr(o, .gamma = INFINITY), "gd_exponential_lr", "gamma is inf");
    refuse(gd_cosine_annealing_lr(o), "gd_cosine_annealing_lr", ".T_max was not given");
    refuse(gd_cosine_annealing_lr(o, .T_max = 0), "gd_cosine_annealing_lr", "T_max is 0");
    refuse(gd_cosine_annealing_lr(o, .T_max = 3, .eta_min = -1), "gd_cosine_annealing_lr", "eta_min is -1");
    refuse(gd_linear_lr(o, .start_factor = 0), "gd_linear_lr", "the factor at the start is 0");
    refuse(gd_linear_lr(o, .start_factor = 1.5), "gd_linear_lr", "the factor at the start is 1.5");
    refuse(gd_linear_lr(o, .end_factor = -0.5), "gd_linear_lr", "the factor at the end is -0.5");
    refuse(gd_linear_lr(o, .end_factor = NAN), "gd_linear_lr", "the factor at the end is nan");
    refuse(gd_linear_lr(o, .total_iters = 0), "gd_linear_lr", "the number of steps is 0");
    refuse(gd_lambda_lr(o, negative, NULL), "gd_lambda_lr", "the factor of the learning rate is -1");
    assert_error_object(gd_lambda_lr(o, NULL, NULL));
    assert_error(g, GD_ERROR_NULL, "the function is NULL");
    gd_schedule *s = gd_lambda_lr(o, never, NULL);
    assert_false(gd_schedule_step(s));
    refuse(gd__error_object(g), "gd_lambda_lr", "the factor of the learning rate is nan");
    gd_schedule *growing = gd_exponential_lr(o, .gamma = 1e300);
    assert_true(gd_schedule_step(growing));
    assert_false(gd_schedule_step(growing));
    assert_error(g, GD_ERROR_VALUE, "the factor of the learning rate is inf");
    assert_true(gd_learning_rate(o) == 1e300);
}

static void plateaus_options_out_of_range_are_refused(void **state)
{
    (void)state;
    static const char name[] = "gd_reduce_lr_on_plateau";
    gd_optimizer *o = fresh = gd_sgd(start(GD_FLOAT32), .lr = 1);
    refuse(gd_reduce_lr_on_plateau(o, .factor = 1), name, "the factor is 1");
    refuse(gd_reduce_lr_on_plateau(o, .factor = -0.1), name, "the factor is -0.1");
    refuse(gd_reduce_lr_on_plateau(o, .patience = -1), name, "the patience is -1");
    refuse(gd_reduce_lr_on_plateau(o, .threshold = NAN), name, "the threshold is nan");
    refuse(gd_reduce_lr_on_plateau(o, .cooldown = -1), name, "the cooldown is -1");
    refuse(gd_reduce_lr_on_plateau(o, .min_lr = -1), name, "the lowest learning rate is -1");
    refuse(gd_reduce_lr_on_plateau(o, .eps = -1), name, "eps is -1");
}

static void each_kind_has_its_own_step(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1);
    gd_schedule *plateau = gd_reduce_lr_on_plateau(o);
    assert_false(gd_schedule_step(plateau));
    assert_error(g, GD_ERROR_STATE, "Call gd_schedule_step_on with its metric");
    gd_schedule *by_step_alone = gd_exponential_lr(o, .gamma = 0.5);
    assert_false(gd_schedule_step_on(by_step_alone, 1));
    assert_error(g, GD_ERROR_STATE, "Call gd_schedule_step");
    assert_true(gd_learning_rate(o) == 1);
}

static void what_is_no_optimizer_is_refused(void **state)
{
    (void)state;
    gd_optimizer *dead;
    gd_schedule *orphan;
    assert_error_object(gd_step_lr(NULL, .step_size = 1));
    assert_error_object(gd_multistep_lr(NULL, .milestones = gd_milestones(1)));
    assert_error_object(gd_exponential_lr(NULL, .gamma = 1));
    assert_error_object(gd_cosine_annealing_lr(NULL, .T_max = 1));
    assert_error_object(gd_linear_lr(NULL));
    assert_error_object(gd_lambda_lr(NULL, never, NULL));
    assert_error_object(gd_reduce_lr_on_plateau(NULL));
    assert_false(gd_schedule_step(NULL));
    assert_false(gd_schedule_step_on(NULL, 1));
    gd_layer *net = start(GD_FLOAT32);
    gd_optimizer *spare = gd_sgd(net);
    orphan = gd_exponential_lr(spare, .gamma = 0.5);
    {
        GD_SCOPE(g);
        dead = gd_sgd(net);
        orphan = gd_exponential_lr(dead, .gamma = 0.5);
        gd__move((gd__object *)orphan, g->depth - 1);
    }
    assert_error_object(gd_linear_lr(dead));
    assert_error(g, GD_ERROR_DEAD, "gd_linear_lr: the optimizer was used after the scope");
    assert_false(gd_schedule_step(orphan));
    assert_error(g, GD_ERROR_DEAD, "the optimizer was used after the scope");
    gd_sgd(net); /* takes the memory */
    assert_false(gd_schedule_step(orphan));
    assert_error(g, GD_ERROR_DEAD, "the optimizer was used after the scope");
}

static void while_an_error_stands_no_rate_changes(void **state)
{
    (void)state;
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 1), *other = gd_sgd(start(GD_FLOAT32), .lr = 1);
    gd_schedule *s = gd_exponential_lr(o, .gamma = 0.5);
    gd_schedule *plateau = gd_reduce_lr_on_plateau(other, .patience = 0);
    assert_true(gd_schedule_step_on(plateau, 1));
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_schedule_step(s));
    assert_false(gd_schedule_step_on(plateau, 1));
    assert_error_object(gd_linear_lr(o));
    gd_clear(g);
    assert_true(gd_learning_rate(o) == 1 && gd_learning_rate(other) == 1);
    assert_true(gd_schedule_step(s) && gd_schedule_step_on(plateau, 1));
    assert_true(gd_learning_rate(o) == 0.5 && fabs(gd_learning_rate(other) - 0.1) < 1e-15);
}

static void *prepare(gd_context *own)
{
    return gd_sgd(start_in(own, GD_FLOAT64), .lr = 1);
}

static bool try_schedules(gd_context *own, void *optimizer)
{
    gd_schedule *s = gd_multistep_lr(optimizer, .milestones = gd_milestones(1, 2, 3), .gamma = 0.5);
    gd_schedule_then(s, 2, gd_linear_lr(optimizer, .start_factor = 0.25));
    bool stepped = gd_schedule_step(s);
    assert_true(stepped == !gd_failed(own));
    assert_true(gd_learning_rate(optimizer) == (stepped ? 0.5 : 1));
    return stepped;
}

static void out_of_memory_no_rate_changes(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare, try_schedules) > 2);
}

int main(void)
{
    static schedule_case subject[CASES];
    struct CMUnitTest against_pytorch[CASES];
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(an_optimizer_steps_at_the_scheduled_rate),
        IN_CONTEXT(a_caller_s_function_is_asked_once_a_step),
        IN_CONTEXT(schedules_start_from_the_rate_of_the_first),
        IN_CONTEXT(the_milestones_are_copied),
        IN_CONTEXT(only_the_newest_schedule_steps),
        IN_CONTEXT(a_plateau_takes_over_where_the_rates_are),
        IN_CONTEXT(chains_can_be_chained),
        IN_CONTEXT(chains_that_make_no_sense_are_refused),
        IN_CONTEXT(a_chain_that_has_lost_its_end_stops_there),
        IN_CONTEXT(options_out_of_range_are_refused),
        IN_CONTEXT(plateaus_options_out_of_range_are_refused),
        IN_CONTEXT(each_kind_has_its_own_step),
        IN_CONTEXT(what_is_no_optimizer_is_refused),
        IN_CONTEXT(while_an_error_stands_no_rate_changes),
        cmocka_unit_test(out_of_memory_no_rate_changes),
    };
    for (int i = 0; i < CASES; i++) {
        subject[i] = schedules_cases[i];
        against_pytorch[i] = (struct CMUnitTest){ subject[i].name, follows_pytorch, NULL, NULL, &subject[i] };
    }
    int failed = _cmocka_run_group_tests("against lr_scheduler", against_pytorch, CASES, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
