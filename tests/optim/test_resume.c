/* test_resume.c - an optimizer to a file and back: training goes on as if it had not stopped. */
#include "support.h"

/* ---- going on ---- */

typedef struct run {
    gd_context *context;
    gd_layer *net;
    gd_optimizer *optimizer;
    gd_schedule *schedule;
} run;

/* Every rule with all that it can gather, a group, and a schedule. */
static gd_optimizer *make(gd_layer *net, const char *rule)
{
    if (strcmp(rule, "sgd") == 0)
        return gd_sgd(net, .lr = 0.1, .momentum = 0.9, .dampening = 0.25);
    if (strcmp(rule, "adagrad") == 0)
        return gd_adagrad(net, .lr = 0.1, .lr_decay = 0.1, .initial_accumulator_value = 0.5);
    if (strcmp(rule, "rmsprop") == 0)
        return gd_rmsprop(net, .lr = 0.1, .momentum = 0.9, .centered = true);
    if (strcmp(rule, "adam") == 0)
        return gd_adam(net, .lr = 0.1, .amsgrad = true);
    return gd_adamw(net, .lr = 0.1);
}

static run begin(const char *rule, gd_dtype dtype)
{
    gd_context *own = gd_open();
    run r = { .context = own, .net = start_in(own, dtype) };
    r.optimizer = make(r.net, rule);
    gd_optimizer_group(r.optimizer, "b", .lr = 0.03, .weight_decay = 0.1);
    r.schedule = strcmp(rule, "adam") == 0 ? gd_reduce_lr_on_plateau(r.optimizer, .patience = 2, .factor = 0.5)
                                           : gd_cosine_annealing_lr(r.optimizer, .T_max = 15);
    return r;
}

static void train(run *r, const char *rule, int from, int to)
{
    for (int step = from; step < to; step++) {
        take_step(r->net, r->optimizer, step);
        if (strcmp(rule, "adam") == 0)
            assert_true(gd_schedule_step_on(r->schedule, step % 7));
        else
            assert_true(gd_schedule_step(r->schedule));
    }
    assert_fine(r->context);
}

static void assert_same_run(const run *a, const run *b)
{
    for (int i = 0; i < 2; i++) {
        assert_same_tensor(gd_detach(gd_parameter(a->net, i)), gd_detach(gd_parameter(b->net, i)));
        assert_true(gd_group_learning_rate(a->optimizer, i) == gd_group_learning_rate(b->optimizer, i));
    }
}

static void check(const char *rule, gd_dtype dtype, const char *net_path, const char *path)
{
    run whole = begin(rule, dtype), half = begin(rule, dtype), rest = begin(rule, dtype);
    train(&whole, rule, 0, 20);
    train(&half, rule, 0, 10);
    assert_true(gd_save(half.net, net_path) && gd_optimizer_save(half.optimizer, path));
    train(&rest, rule, 0, 3); /* all that it has gathered is replaced */
    assert_true(gd_load(rest.net, net_path) && gd_optimizer_load(rest.optimizer, path));
    train(&rest, rule, 10, 20);
    assert_same_run(&rest, &whole);
    run fresh = begin(rule, dtype);
    assert_true(gd_load(fresh.net, net_path) && gd_optimizer_load(fresh.optimizer, path));
    train(&fresh, rule, 10, 20);
    assert_same_run(&fresh, &whole);
    gd_close(whole.context);
    gd_close(half.context);
    gd_close(rest.context);
    gd_close(fresh.context);
}

static void training_goes_on_bit_by_bit(void **state)
{
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++) {
        check(*state, dtype, in_folder("net.npz"), in_folder("optimizer.npz"));
        check(*state, dtype, in_folder("net.safetensors"), in_folder("optimizer.safetensors"));
    }
}

/* ---- what is in the file ---- */

static void the_file_holds_what_was_gathered_by_name(void **state)
{
    (void)state;
    const char *path = in_folder("names.npz");
    gd_layer *net = start(GD_FLOAT32);
    gd_optimizer *o = gd_adam(net, .lr = 0.25);
    assert_true(gd_backward(gd_sum(gd_parameter(net, 0))) && gd_step(o)); /* b has gathered nothing */
    assert_true(gd_optimizer_save(o, path));
    gd_archive *a = gd_archive_read(g, path);
    assert_true(gd_item(gd_archive_get(a, "adam.0.lr")) == 0.25);
    assert_true(gd_item(gd_archive_get(a, "adam.0.beta2")) == 0.999);
    assert_true(isnan(gd_item(gd_archive_get(a, "adam.0.initial_lr"))));
    assert_true(gd_item(gd_archive_get(a, "W.step")) == 1 && gd_item(gd_archive_get(a, "b.step")) == 0);
    assert_true(fabs(gd_at(gd_archive_get(a, "W.exp_avg"), 1, 2) - 0.1) < 1e-7);
    assert_false(gd_archive_has(a, "b.exp_avg"));
    assert_false(gd_archive_has(a, "W.max_exp_avg_sq"));
    assert_fine(g);
}

static void rates_and_options_are_the_files(void **state)
{
    (void)state;
    const char *path = in_folder("rates.npz");
    gd_optimizer *o = gd_sgd(start(GD_FLOAT64), .lr = 0.5),
                 *other = gd_sgd(start(GD_FLOAT64), .lr = 0.1, .maximize = true);
    assert_true(gd_set_learning_rate(o, 0.25) && gd_optimizer_save(o, path));
    assert_true(gd_optimizer_load(other, path));
    assert_true(gd_learning_rate(other) == 0.25);
    assert_fine(g);
}

static void a_wider_network_takes_what_a_narrow_one_gathered(void **state)
{
    (void)state;
    const char *path = in_folder("narrow.npz");
    gd_layer *narrow = start(GD_FLOAT32), *wide = start(GD_FLOAT64);
    gd_optimizer *from = gd_sgd(narrow, .momentum = 0.5, .lr = 1), *to = gd_sgd(wide, .momentum = 0.5, .lr = 1);
    take_step(narrow, from, 0);
    take_step(wide, to, 0);
    assert_true(gd_optimizer_save(from, path) && gd_optimizer_load(to, path));
    take_step(narrow, from, 1);
    take_step(wide, to, 1); /* the numbers are whole eighths: nothing is rounded */
    for (int i = 0; i < 2; i++)
        assert_same_tensor(gd_detach(gd_parameter(wide, i)), gd_cast(gd_detach(gd_parameter(narrow, i)), GD_FLOAT64));
    assert_fine(g);
}

/* ---- what does not fit ---- */

/* The file does not fit the second optimizer, which stays as it was. */
static void refuse(run *r, const char *path, gd_status status, const char *part)
{
    run twin = begin("sgd", GD_FLOAT64);
    train(&twin, "sgd", 0, 2);
    assert_false(gd_optimizer_load(r->optimizer, path));
    assert_error(r->context, status, part);
    run copy = *r;
    train(&copy, "sgd", 2, 4);
    train(&twin, "sgd", 2, 4);
    assert_same_run(&copy, &twin);
    gd_close(twin.context);
    gd_close(r->context);
}

static run two_steps(void)
{
    run r = begin("sgd", GD_FLOAT64);
    train(&r, "sgd", 0, 2);
    return r;
}

static void refuse_of(gd_optimizer *saved, const char *part)
{
    const char *path = in_folder("other.npz");
    run r = two_steps();
    assert_true(gd_optimizer_save(saved, path));
    refuse(&r, path, GD_ERROR_FORMAT, part);
}

static gd_optimizer *with_group(gd_optimizer *o, const char *pattern)
{
    assert_int_equal(gd_optimizer_group(o, pattern, .lr = 0.03), 1);
    return o;
}

static void files_of_other_optimizers_are_refused(void **state)
{
    (void)state;
    gd_layer *net = start(GD_FLOAT64),
             *large = gd_affine(gd_zeros(g, 0, gd_shape(3, 3)), gd_zeros(g, 0, gd_shape(3)));
    refuse_of(gd_adam(net), "has no 'sgd.0.lr'");
    refuse_of(gd_sgd(net, .momentum = 0.9), "has no 'sgd.1.lr'");
    refuse_of(with_group(gd_sgd(net, .momentum = 0.9), "W"), "has 'W.group': the parameter is in another group");
    refuse_of(with_group(gd_sgd(net, .momentum = 0.9), "b"), "has no 'cosine_annealing_lr.steps'");
    gd_optimizer *o = with_group(gd_sgd(large, .momentum = 0.9), "b");
    gd_cosine_annealing_lr(o, .T_max = 3);
    assert_true(gd_backward(gd_sum(gd_parameter(large, 0))) && gd_step(o));
    refuse_of(o, "has 'W.momentum_buffer' of another shape than the parameter's");
    o = with_group(gd_sgd(gd_sequential(g, gd_affine(gd_parameter(net, 0), gd_parameter(net, 1)))), "*b");
    refuse_of(o, "has no 'W.group'");
}

/* Saves, has one number of the file changed, and loads. */
static void refuse_changed(const char *name, double value, gd_status status, const char *part)
{
    const char *path = in_folder("changed.npz");
    run r = two_steps();
    assert_true(gd_optimizer_save(r.optimizer, path));
    gd_archive *from = gd_archive_read(g, path), *to = gd_archive_new(g);
    for (int i = 0; i < gd_archive_count(from); i++) {
        bool chosen = strcmp(gd_archive_name(from, i), name) == 0;
        gd_archive_add(to, gd_archive_name(from, i),
                       chosen ? gd_scalar(g, GD_FLOAT64, value) : gd_archive_tensor(from, i));
    }
    if (!gd_archive_has(from, name))
        gd_archive_add(to, name, gd_scalar(g, GD_FLOAT64, value));
    assert_true(gd_archive_write(to, path));
    refuse(&r, path, status, part);
}

static void numbers_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    refuse_changed("sgd.1.lr", -1, GD_ERROR_VALUE, "gd_optimizer_load: the learning rate is -1");
    refuse_changed("sgd.0.momentum", NAN, GD_ERROR_VALUE, "the momentum is nan");
    refuse_changed("sgd.0.nesterov", 1, GD_ERROR_VALUE, "with nesterov, the momentum is 0.9");
    refuse_changed("sgd.0.initial_lr", -1, GD_ERROR_FORMAT, "'sgd.0.initial_lr', which is no learning rate");
    refuse_changed("W.step", 1.5, GD_ERROR_FORMAT, "'W.step', which is no count");
    refuse_changed("b.step", -1, GD_ERROR_FORMAT, "'b.step', which is no count");
    refuse_changed("b.step", 1e300, GD_ERROR_FORMAT, "'b.step', which is no count");
    refuse_changed("b.group", 0, GD_ERROR_FORMAT, "'b.group': the parameter is in another group");
    refuse_changed("W.momentum_buffer", 0, GD_ERROR_FORMAT, "of another shape");
    refuse_changed("cosine_annealing_lr.steps", -2, GD_ERROR_FORMAT, "which is no count");
    refuse_changed("W.exp_avg", 0, GD_ERROR_FORMAT, "has 'W.exp_avg', which the optimizer has no place for");
}

static void schedules_must_be_the_same_kind(void **state)
{
    (void)state;
    const char *path = in_folder("kinds.npz");
    gd_layer *net = start(GD_FLOAT32);
    gd_optimizer *stepped = gd_sgd(net), *plain = gd_sgd(net), *exponential = gd_sgd(net);
    gd_step_lr(stepped, .step_size = 3);
    gd_exponential_lr(exponential, .gamma = 0.5);
    assert_true(gd_optimizer_save(stepped, path));
    assert_false(gd_optimizer_load(plain, path));
    assert_error(g, GD_ERROR_FORMAT, "has 'step_lr.steps', which the optimizer has no place for");
    assert_false(gd_optimizer_load(exponential, path));
    assert_error(g, GD_ERROR_FORMAT, "has no 'exponential_lr.steps'");
    assert_true(gd_optimizer_load(stepped, path));
}

static void files_that_are_none_are_refused(void **state)
{
    (void)state;
    run r = two_steps();
    assert_false(gd_optimizer_save(r.optimizer, in_folder("optimizer.txt")));
    assert_error(r.context, GD_ERROR_VALUE, "");
    assert_false(gd_optimizer_save(r.optimizer, NULL));
    assert_error(r.context, GD_ERROR_NULL, "the path is NULL");
    refuse(&r, NULL, GD_ERROR_NULL, "the path is NULL");
    r = two_steps();
    refuse(&r, in_folder("missing.npz"), GD_ERROR_FILE, "missing.npz");
    r = two_steps();
    put_bytes(in_folder("bytes.npz"), "no archive", 10);
    refuse(&r, in_folder("bytes.npz"), GD_ERROR_FORMAT, "");
    assert_false(gd_optimizer_save(NULL, in_folder("none.npz")));
    assert_false(gd_optimizer_load(NULL, in_folder("none.npz")));
}

static void while_an_error_stands_nothing_is_saved_or_loaded(void **state)
{
    (void)state;
    const char *path = in_folder("standing.npz");
    gd_optimizer *o = gd_sgd(start(GD_FLOAT32), .lr = 0.5), *other = gd_sgd(start(GD_FLOAT32), .lr = 0.25);
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_optimizer_save(o, path));
    gd_clear(g);
    assert_int_equal(access(path, F_OK), -1);
    assert_true(gd_optimizer_save(o, path));
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_optimizer_load(other, path));
    gd_clear(g);
    assert_true(gd_learning_rate(other) == 0.25);
}

/* ---- out of memory ---- */

static void *prepare(gd_context *own)
{
    static run r;
    r = (run){ .context = own, .net = start_in(own, GD_FLOAT64) };
    r.optimizer = gd_sgd(r.net, .lr = 0.25, .momentum = 0.5);
    take_step(r.net, r.optimizer, 0);
    return &r;
}

static bool try_loading(gd_context *own, void *prepared)
{
    run *r = prepared;
    bool loaded = gd_optimizer_load(r->optimizer, in_folder("memory.safetensors"));
    assert_true(loaded == !gd_failed(own));
    assert_true(gd_learning_rate(r->optimizer) == (loaded ? 0.125 : 0.25));
    return loaded;
}

static bool try_saving(gd_context *own, void *prepared)
{
    run *r = prepared;
    bool saved = gd_optimizer_save(r->optimizer, in_folder("saved.safetensors"));
    assert_true(saved == !gd_failed(own));
    assert_true((access(in_folder("saved.safetensors"), F_OK) == 0) == saved);
    return saved;
}

static void out_of_memory_nothing_changes(void **state)
{
    (void)state;
    g = gd_open();
    gd_layer *net = start(GD_FLOAT64);
    gd_optimizer *o = gd_sgd(net, .lr = 0.125, .momentum = 0.5);
    take_step(net, o, 0);
    assert_true(gd_optimizer_save(o, in_folder("memory.safetensors")));
    gd_close(g);
    assert_true(until_memory_suffices(prepare, try_loading) > 5);
    assert_true(until_memory_suffices(prepare, try_saving) > 5);
}

int main(void)
{
    static char rules[][8] = { "sgd", "adagrad", "rmsprop", "adam", "adamw" };
    struct CMUnitTest going_on[5];
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(the_file_holds_what_was_gathered_by_name),
        IN_CONTEXT(rates_and_options_are_the_files),
        IN_CONTEXT(a_wider_network_takes_what_a_narrow_one_gathered),
        IN_CONTEXT(files_of_other_optimizers_are_refused),
        IN_CONTEXT(numbers_that_make_no_sense_are_refused),
        IN_CONTEXT(schedules_must_be_the_same_kind),
        IN_CONTEXT(files_that_are_none_are_refused),
        IN_CONTEXT(while_an_error_stands_nothing_is_saved_or_loaded),
        cmocka_unit_test(out_of_memory_nothing_changes),
    };
    for (int i = 0; i < 5; i++)
        going_on[i] = (struct CMUnitTest){ rules[i], training_goes_on_bit_by_bit, NULL, NULL, rules[i] };
    int failed = _cmocka_run_group_tests("training goes on", going_on, 5, make_folder, remove_folder);
    return failed + cmocka_run_group_tests(tests, make_folder, remove_folder);
}
