/* test_fit.c - the training loop: learning, history, evaluations, watching, and the ways in which it ends. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

/* Two heaps of points, on either side of a line. */
static gd_dataset *heaps(void)
{
    gd_tensor *x = gd_values(g, gd_shape(8, 2), 2, 1, 3, 1, 2, 2, 3, 3, -2, -1, -3, -1, -2, -2, -3, -3);
    return gd_dataset_new(x, gd_values_as(g, GD_UINT8, gd_shape(8), 1, 1, 1, 1, 0, 0, 0, 0));
}

static gd_layer *classifier(void)
{
    return gd_sequential(g, gd_linear(g, 2, 4), gd_relu_layer(g), gd_linear(g, 4, 2));
}

typedef struct setting {
    gd_dataset *data;
    gd_layer *net;
    gd_optimizer *sgd;
    gd_loader *batches;
} setting;

static setting small_setting(uint64_t seed)
{
    gd_seed(g, GD_RNG_PHILOX, seed);
    setting s = { .data = heaps(), .net = classifier() };
    s.sgd = gd_sgd(s.net, .lr = 0.1);
    s.batches = gd_batches(s.data, .size = 4, .shuffle = true);
    return s;
}

/* ---- learning ---- */

static void it_learns(void **state)
{
    (void)state;
    setting s = small_setting(1);
    double before = gd_accuracy(s.net, s.data);
    gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .loss = gd_cross_entropy, .steps = 200);
    assert_fine(g);
    assert_int_equal(gd_history_steps(h), 200);
    const double *loss = gd_history_losses(h);
    assert_true(before >= 0 && before <= 1);
    assert_true(loss[199] < 0.05 && loss[0] > 0.1 && loss[199] < loss[0]);
    assert_true(gd_accuracy(s.net, s.data) == 1);
    assert_true(gd_history_seconds(h) >= 0 && gd_history_seconds(h) < 60);
    assert_int_equal(gd_history_evaluations(h), 0); /* no set was given to evaluate */
    assert_int_equal(gd_loader_epoch(s.batches), 99);
}

static void the_loss_is_the_cross_entropy_unless_another_is_given(void **state)
{
    (void)state;
    setting a = small_setting(5);
    gd_history *first = gd_fit(a.net, .optimizer = a.sgd, .batches = a.batches, .steps = 20);
    setting b = small_setting(5);
    gd_history *second =
        gd_fit(b.net, .optimizer = b.sgd, .batches = b.batches, .loss = gd_cross_entropy, .steps = 20);
    assert_memory_equal(gd_history_losses(first), gd_history_losses(second), 20 * sizeof(double));
}

static gd_tensor *squared_error(gd_tensor *y, gd_tensor *t)
{
    return gd_mean(gd_square(gd_sub(y, t)));
}

static void any_loss_of_one_number_will_do(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(4, 1), 0, 1, 2, 3), *t = gd_values(g, gd_shape(4, 1), 1, 3, 5, 7);
    gd_layer *line = gd_linear(g, 1, 1);
    gd_history *h = gd_fit(line, .optimizer = gd_sgd(line, .lr = 0.1), .steps = 300, .loss = squared_error,
                           .batches = gd_batches(gd_dataset_new(x, t), .size = 4));
    assert_fine(g);
    assert_true(gd_history_losses(h)[299] < 1e-6);
    assert_true(fabs(gd_item(gd_parameter(line, 0)) - 2) < 1e-2);
}

static void the_same_seed_gives_the_same_bits(void **state)
{
    (void)state;
    enum { STEPS = 100 };
    double loss[2][STEPS];
    for (int run = 0; run < 2; run++) {
        GD_SCOPE(g);
        setting s = small_setting(42);
        gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = STEPS);
        assert_int_equal(gd_history_steps(h), STEPS);
        memcpy(loss[run], gd_history_losses(h), sizeof loss[run]);
    }
    assert_memory_equal(loss[0], loss[1], sizeof loss[0]);
    setting other = small_setting(43);
    gd_history *h = gd_fit(other.net, .optimizer = other.sgd, .batches = other.batches, .steps = STEPS);
    assert_memory_not_equal(loss[0], gd_history_losses(h), sizeof loss[0]);
}

static bool count_steps(void *user, const gd_progress *progress)
{
    (void)progress;
    ++*(int *)user;
    return true;
}

static void steps_left_out_are_a_thousand_and_zero_is_refused(void **state)
{
    (void)state;
    int count = 0;
    setting s = small_setting(1);
    gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .watch = count_steps, .user = &count);
    assert_int_equal(gd_history_steps(h), 1000);
    assert_int_equal(count, 1000);
    assert_error_object(gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 0));
    assert_error(g, GD_ERROR_VALUE, "0 steps");
}

/* ---- evaluations ---- */

static void assert_evaluated_at(const gd_history *h, const int64_t *steps, int count)
{
    assert_int_equal(gd_history_evaluations(h), count);
    for (int i = 0; i < count; i++) {
        gd_evaluation e = gd_history_evaluation(h, i);
        assert_int_equal(e.step, steps[i]);
        assert_true(e.train_accuracy >= 0 && e.train_accuracy <= 1);
    }
}

static void evaluations_follow_their_schedule(void **state)
{
    (void)state;
    setting s = small_setting(3);
    gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 10, .train = s.data,
                           .test = s.data, .evaluate_every = 4);
    assert_evaluated_at(h, (const int64_t[]){ 0, 4, 8, 9 }, 4);
    assert_true(gd_history_evaluation(h, 3).train_accuracy == gd_history_evaluation(h, 3).test_accuracy);
    assert_true(gd_history_evaluation(h, 3).train_accuracy == gd_accuracy(s.net, s.data));
    h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 9, .train = s.data, .evaluate_every = 4);
    assert_evaluated_at(h, (const int64_t[]){ 0, 4, 8 }, 3); /* the last step is due by itself: once */
    assert_true(isnan(gd_history_evaluation(h, 0).test_accuracy));
    h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 7, .train = s.data);
    assert_evaluated_at(h, (const int64_t[]){ 6 }, 1);
    h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 3, .train = s.data, .evaluate_every = 1);
    assert_evaluated_at(h, (const int64_t[]){ 0, 1, 2 }, 3);
    assert_fine(g);
}

static void evaluations_outside_are_errors(void **state)
{
    (void)state;
    setting s = small_setting(3);
    gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 1, .test = s.data);
    assert_true(isnan(gd_history_evaluation(h, 0).train_accuracy));
    assert_int_equal(gd_history_evaluation(h, 1).step, -1);
    assert_error(g, GD_ERROR_INDEX, "evaluation 1 of 1");
    assert_true(isnan(gd_history_evaluation(h, -1).test_accuracy));
    assert_error(g, GD_ERROR_INDEX, "evaluation -1 of 1");
}

/* Evaluating draws nothing and records nothing: the losses are those of a run without it. */
static void evaluating_does_not_disturb_the_training(void **state)
{
    (void)state;
    setting a = small_setting(9);
    gd_history *with =
        gd_fit(a.net, .optimizer = a.sgd, .batches = a.batches, .steps = 30, .train = a.data, .evaluate_every = 1);
    setting b = small_setting(9);
    gd_history *without = gd_fit(b.net, .optimizer = b.sgd, .batches = b.batches, .steps = 30);
    assert_memory_equal(gd_history_losses(with), gd_history_losses(without), 30 * sizeof(double));
    assert_true(gd_set_recording(g, true)); /* recording is on again */
}

/* ---- accuracy ---- */

/* W of the identity: the output is the input. */
static gd_layer *identity(void)
{
    return gd_affine(gd_values(g, gd_shape(2, 2), 1, 0, 0, 1), gd_zeros(g, 0, gd_shape(2)));
}

static void accuracy_is_the_share_of_right_answers(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(4, 2), 1, 0, 0, 1, 5, 4, 2, 3);
    assert_true(gd_accuracy(identity(), gd_dataset_new(x, gd_values_as(g, GD_INT64, gd_shape(4), 0, 1, 0, 1))) == 1);
    assert_true(gd_accuracy(identity(), gd_dataset_new(x, gd_values_as(g, GD_INT64, gd_shape(4), 0, 1, 1, 1))) ==
                0.75);
    assert_true(gd_accuracy(identity(), gd_dataset_new(x, gd_values_as(g, GD_UINT8, gd_shape(4), 1, 0, 1, 7))) == 0);
    assert_fine(g);
}

/* More samples than one batch of an evaluation takes, the last batch a small one. */
static void accuracy_counts_all_samples(void **state)
{
    (void)state;
    enum { N = 2345 };
    static float x[N][2];
    static uint8_t t[N];
    for (int i = 0; i < N; i++) {
        x[i][i % 3 == 0] = 1;
        t[i] = i % 3 == 0 && i != 2343; /* one of them wrong */
    }
    gd_dataset *data =
        gd_dataset_new(gd_from_memory(g, GD_FLOAT32, gd_shape(N, 2), x), gd_from_memory(g, GD_UINT8, gd_shape(N), t));
    assert_true(gd_accuracy(identity(), data) == (double)(N - 1) / N);
    assert_fine(g);
}

static void accuracy_of_nothing_is_nan(void **state)
{
    (void)state;
    gd_dataset *none = gd_dataset_new(gd_zeros(g, 0, gd_shape(0, 2)), gd_zeros(g, GD_INT64, gd_shape(0)));
    assert_true(isnan(gd_accuracy(identity(), none)));
    assert_fine(g);
    assert_true(isnan(gd_accuracy(gd_linear(g, 5, 2), heaps())));
    assert_error(g, GD_ERROR_SHAPE, "linear");
    assert_true(gd_set_recording(g, true));
    assert_true(isnan(gd_accuracy(NULL, heaps())));
    assert_true(isnan(gd_accuracy(identity(), NULL)));
    assert_error(g, GD_ERROR_NULL, "the data set is NULL");
}

/* ---- watching ---- */

typedef struct watched {
    int stop_at, calls, evaluations;
    double loss, seconds;
    size_t allocations;
} watched;

static bool watch(void *user, const gd_progress *p)
{
    watched *w = user;
    w->calls++;
    assert_int_equal(p->step, w->calls);
    assert_true(p->seconds >= w->seconds && p->steps_per_second >= 0);
    w->seconds = p->seconds;
    w->loss = p->loss;
    w->evaluations += p->newest != NULL;
    if (p->newest)
        assert_int_equal(p->newest->step, p->step - 1);
    if (p->step == 60) /* after an evaluation between steps */
        w->allocations = gd_memory_used(g).allocations;
    return p->step != w->stop_at;
}

static void a_watcher_sees_each_step_and_may_stop(void **state)
{
    (void)state;
    watched w = { .stop_at = 7 };
    setting s = small_setting(1);
    gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 50, .train = s.data,
                           .evaluate_every = 3, .watch = watch, .user = &w);
    assert_fine(g);
    assert_int_equal(gd_history_steps(h), 7);
    assert_int_equal(w.calls, 7);
    assert_int_equal(w.evaluations, 3);
    assert_int_equal(gd_history_evaluations(h), 3);
    assert_true(w.loss == gd_history_losses(h)[6]);
}

static void a_steady_training_asks_for_no_memory(void **state)
{
    (void)state;
    watched w = { .stop_at = -1 };
    setting s = small_setting(1);
    gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 300, .train = s.data, .evaluate_every = 50,
           .watch = watch, .user = &w);
    assert_fine(g);
    assert_int_equal(w.calls, 300);
    assert_int_equal(gd_memory_used(g).allocations, w.allocations);
}

/* What is shown where no terminal is. */
static char *shown(int64_t steps, int64_t every, bool evaluate)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    setting s = small_setting(1);
    gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = steps, .evaluate_every = every,
           .train = evaluate ? s.data : NULL, .progress = to);
    fclose(to);
    assert_fine(g);
    return text;
}

static int lines_of(const char *text)
{
    int lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void progress_is_plain_lines_off_a_terminal(void **state)
{
    (void)state;
    char *text = shown(30, 0, false);
    assert_int_equal(lines_of(text), 10);
    assert_non_null(strstr(text, "step     3/30  loss "));
    assert_non_null(strstr(text, " steps/s\n"));
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\033'));
    free(text);
    text = shown(30, 10, true);
    assert_non_null(strstr(text, "  train "));
    assert_null(strstr(text, "  test "));
    free(text);
}

/* ---- how it ends ---- */

static int loss_calls;

static gd_tensor *spoiled_at_the_fourth(gd_tensor *y, gd_tensor *t)
{
    return gd_mul_scalar(gd_cross_entropy(y, t), ++loss_calls == 4 ? NAN : 1);
}

static void a_loss_that_is_not_finite_ends_it(void **state)
{
    (void)state;
    setting s = small_setting(1);
    loss_calls = 0;
    gd_history *history = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .loss = spoiled_at_the_fourth);
    assert_int_equal(loss_calls, 4);
    assert_int_equal(gd_history_steps(history), 4); /* the losses that led there are kept */
    assert_true(isfinite(gd_history_losses(history)[2]) && isnan(gd_history_losses(history)[3]));
    assert_string_equal(gd_first_error(g)->op, "gd_fit");
    assert_error(g, GD_ERROR_VALUE, "nan at step 3");
    for (int i = 0; i < 4; i++) /* the parameters are those of the last good step */
        assert_true(isfinite(gd_item(gd_sum(gd_parameter(s.net, i)))));
}

static void a_learning_rate_far_too_large_ends_it(void **state)
{
    (void)state;
    setting s = small_setting(1);
    gd_set_learning_rate(s.sgd, 1e30);
    gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 100);
    assert_error(g, GD_ERROR_VALUE, "Lower the learning rate");
}

static gd_tensor *no_reduction(gd_tensor *y, gd_tensor *t)
{
    (void)t;
    return gd_square(y);
}

static gd_tensor *forgotten(gd_tensor *y, gd_tensor *t)
{
    (void)y;
    (void)t;
    return NULL;
}

static void losses_that_are_none_end_it(void **state)
{
    (void)state;
    setting s = small_setting(1);
    gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .loss = no_reduction);
    assert_error(g, GD_ERROR_SHAPE, "the loss function returned float32 (4, 2)");
    gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .loss = forgotten);
    assert_error(g, GD_ERROR_NULL, "what the loss function returned is NULL");
    gd_layer *wrong = gd_linear(g, 3, 2);
    gd_fit(wrong, .optimizer = s.sgd, .batches = s.batches);
    assert_error(g, GD_ERROR_SHAPE, "linear");
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    setting s = small_setting(1);
    assert_error_object(gd_fit(s.net, .batches = s.batches));
    assert_error(g, GD_ERROR_NULL, ".optimizer is NULL");
    assert_error_object(gd_fit(s.net, .optimizer = s.sgd));
    assert_error(g, GD_ERROR_NULL, ".batches is NULL");
    assert_error_object(gd_fit(NULL, .optimizer = s.sgd, .batches = s.batches));
    assert_error(g, GD_ERROR_NULL, ".net is NULL");
    assert_error_object(gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = -5));
    assert_error(g, GD_ERROR_VALUE, "-5 steps");
    assert_error_object(gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = INT64_MAX));
    assert_error(g, GD_ERROR_VALUE, "steps");
    assert_error_object(gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .evaluate_every = -1));
    assert_error(g, GD_ERROR_VALUE, "-1");
    gd_dataset *dead;
    {
        GD_SCOPE(g);
        dead = heaps();
    }
    assert_error_object(gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .test = dead));
    assert_error(g, GD_ERROR_DEAD, ".test was used after the scope");
}

static void while_an_error_stands_it_does_nothing(void **state)
{
    (void)state;
    setting s = small_setting(1);
    gd_tensor *before = gd_clone(gd_detach(gd_parameter(s.net, 0)));
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    loss_calls = 0;
    assert_error_object(gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .loss = spoiled_at_the_fourth));
    assert_int_equal(loss_calls, 0);
    gd_clear(g);
    assert_same_tensor(before, gd_detach(gd_parameter(s.net, 0)));
}

/* ---- the history as CSV ---- */

static void assert_line(const char **at, const char *want)
{
    size_t length = strcspn(*at, "\n");
    if (strlen(want) != length || strncmp(*at, want, length) != 0)
        fail_msg("the line is '%.*s', not '%s'", (int)length, *at, want);
    *at += length + 1;
}

static void the_history_is_saved_as_csv(void **state)
{
    (void)state;
    size_t size;
    char line[100];
    setting s = small_setting(1);
    gd_history *h =
        gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 6, .train = s.data, .evaluate_every = 2);
    const char *path = in_folder("history.csv");
    put_bytes(path, "what was there", 14);
    assert_true(gd_history_save(h, path));
    char *text = (char *)get_bytes(path, &size);
    text[size] = '\0';
    const char *at = text;
    assert_line(&at, "step,loss,train_accuracy,test_accuracy");
    for (int i = 0, next = 0; i < 6; i++) {
        bool evaluated = i % 2 == 0 || i == 5;
        int used = snprintf(line, sizeof line, "%d,%.9g,", i, gd_history_losses(h)[i]);
        if (evaluated)
            used += snprintf(line + used, 40, "%.9g", gd_history_evaluation(h, next++).train_accuracy);
        snprintf(line + used, 4, ",");
        assert_line(&at, line);
    }
    assert_int_equal(at - text, size);
    free(text);
    assert_fine(g);
}

static void a_history_that_can_not_be_written_is_an_error(void **state)
{
    (void)state;
    setting s = small_setting(1);
    gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 2);
    assert_false(gd_history_save(h, in_folder("nowhere/history.csv")));
    assert_error(g, GD_ERROR_FILE, "can't be written");
    assert_false(gd_history_save(h, folder));
    assert_error(g, GD_ERROR_FILE, "it is a folder");
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_history_save(h, in_folder("standing.csv")));
    gd_clear(g);
    assert_int_equal(access(in_folder("standing.csv"), F_OK), -1);
}

/* ---- out of memory ---- */

static void *prepare_heaps(gd_context *c)
{
    static gd_dataset *data;
    data = gd_dataset_new(gd_ones(c, GD_FLOAT32, gd_shape(4, 2)), gd_zeros(c, GD_UINT8, gd_shape(4)));
    return &data;
}

static bool try_fit(gd_context *c, void *prepared)
{
    gd_dataset *data = *(gd_dataset **)prepared;
    gd_layer *net = gd_linear(c, 2, 2);
    gd_history *h = gd_fit(net, .optimizer = gd_sgd(net, .lr = 0.1, .momentum = 0.9), .steps = 4, .train = data,
                           .batches = gd_batches(data, .size = 3, .shuffle = true), .evaluate_every = 1);
    return !gd_failed(c) && gd_history_steps(h) == 4;
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare_heaps, try_fit) > 20);
}

/* ---- data that does not go with it ---- */

/* gd_eq would repeat (N) along (N, 1): an accuracy of 2, and no error. */
static void labels_of_another_shape_are_refused(void **state)
{
    (void)state;
    gd_layer *net = gd_sequential(g, gd_linear(g, 2, 1), gd_sigmoid_layer(g));
    gd_tensor *x = gd_values(g, gd_shape(4, 2), 0, 0, 0, 1, 1, 0, 1, 1),
              *t = gd_values(g, gd_shape(4, 1), 0, 1, 1, 0);
    double accuracy = gd_accuracy(net, gd_dataset_new(x, t));
    assert_true(isnan(accuracy));
    assert_error(g, GD_ERROR_SHAPE, "");
}

static void batches_of_nothing_are_an_error(void **state)
{
    (void)state;
    setting s = small_setting(1);
    gd_loader *none = gd_batches(s.data, .size = 100, .drop_last = true);
    assert_int_equal(gd_history_steps(gd_fit(s.net, .optimizer = s.sgd, .batches = none, .steps = 3)), 0);
    assert_error(g, GD_ERROR_VALUE, "the loader gives no batch");
}

static void objects_of_another_context_are_refused(void **state)
{
    (void)state;
    setting s = small_setting(1);
    gd_context *mine = g, *other = gd_open();
    g = other;
    setting theirs = small_setting(1);
    g = mine;
    gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = theirs.batches, .steps = 3);
    bool refused = gd__is_error(h) && gd_first_error(g)->status == GD_ERROR_CONTEXT;
    gd_clear(g);
    bool no_accuracy = isnan(gd_accuracy(s.net, theirs.data)) && gd_failed(g);
    gd_close(other);
    assert_true(refused);
    assert_true(no_accuracy);
}

static void a_history_without_a_path_is_an_error(void **state)
{
    (void)state;
    setting s = small_setting(1);
    gd_history *h = gd_fit(s.net, .optimizer = s.sgd, .batches = s.batches, .steps = 2);
    assert_false(gd_history_save(h, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_history_save");
}

/* ---- modes ---- */

/* Half of what the layer sees is dropped while training, so that only an evaluation gives the same twice. */
static gd_layer *forgetful(void)
{
    return gd_sequential(g, gd_linear(g, 2, 4), gd_batch_norm(g, 4), gd_dropout(g, 0.5), gd_linear(g, 4, 2));
}

static void accuracy_is_measured_in_evaluation(void **state)
{
    (void)state;
    gd_layer *net = forgetful(), *drop = gd_layer_named(net, "2");
    gd_dataset *data = heaps();
    gd_seed(g, GD_RNG_PHILOX, 9);
    gd_init(net);
    gd_tensor *next = gd_rand(g, GD_FLOAT32, gd_shape(1));
    gd_seed(g, GD_RNG_PHILOX, 9);
    gd_layer *other = gd_init(forgetful()); /* draws what the first drew */
    double accuracy = gd_accuracy(net, data);
    assert_true(accuracy == gd_accuracy(other, data));
    assert_same_tensor(gd_rand(g, GD_FLOAT32, gd_shape(1)), next); /* the evaluations drew nothing */
    assert_true(gd_item(gd_buffer_named(net, "1.num_batches_tracked")) == 0);
    assert_true(gd_is_training(net) && gd_is_training(drop));
    gd_set_training(drop, false);
    gd_accuracy(net, data);
    assert_true(gd_is_training(net) && !gd_is_training(drop)); /* each layer keeps its own mode */
    assert_true(isnan(gd_accuracy(gd_linear(g, 5, 2), data)));
    gd_clear(g);
    assert_true(gd_is_training(net)); /* after a failure too */
}

static void training_is_done_in_training(void **state)
{
    (void)state;
    gd_layer *net = forgetful(), *norm = gd_layer_named(net, "1");
    gd_loader *batches = gd_batches(heaps(), .size = 4, .shuffle = true);
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.1);
    gd_set_training(net, false);
    gd_fit(net, .optimizer = sgd, .batches = batches, .steps = 3);
    assert_true(gd_is_training(net) && gd_is_training(norm));
    assert_true(gd_item(gd_buffer_named(norm, "num_batches_tracked")) == 3);
    gd_set_training(norm, false); /* one layer alone: it stays as it was put */
    gd_fit(net, .optimizer = sgd, .batches = batches, .steps = 3);
    assert_true(gd_is_training(net) && !gd_is_training(norm));
    assert_true(gd_item(gd_buffer_named(norm, "num_batches_tracked")) == 3);
    assert_fine(g);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(it_learns),
        IN_CONTEXT(accuracy_is_measured_in_evaluation),
        IN_CONTEXT(training_is_done_in_training),
        IN_CONTEXT(the_loss_is_the_cross_entropy_unless_another_is_given),
        IN_CONTEXT(any_loss_of_one_number_will_do),
        IN_CONTEXT(the_same_seed_gives_the_same_bits),
        IN_CONTEXT(steps_left_out_are_a_thousand_and_zero_is_refused),
        IN_CONTEXT(evaluations_follow_their_schedule),
        IN_CONTEXT(evaluations_outside_are_errors),
        IN_CONTEXT(evaluating_does_not_disturb_the_training),
        IN_CONTEXT(accuracy_is_the_share_of_right_answers),
        IN_CONTEXT(accuracy_counts_all_samples),
        IN_CONTEXT(accuracy_of_nothing_is_nan),
        IN_CONTEXT(a_watcher_sees_each_step_and_may_stop),
        IN_CONTEXT(a_steady_training_asks_for_no_memory),
        IN_CONTEXT(progress_is_plain_lines_off_a_terminal),
        IN_CONTEXT(a_loss_that_is_not_finite_ends_it),
        IN_CONTEXT(a_learning_rate_far_too_large_ends_it),
        IN_CONTEXT(losses_that_are_none_end_it),
        IN_CONTEXT(bad_options_are_refused),
        IN_CONTEXT(while_an_error_stands_it_does_nothing),
        IN_CONTEXT(the_history_is_saved_as_csv),
        IN_CONTEXT(a_history_that_can_not_be_written_is_an_error),
        cmocka_unit_test(out_of_memory_is_an_error_and_no_more),
        IN_CONTEXT(labels_of_another_shape_are_refused),
        IN_CONTEXT(batches_of_nothing_are_an_error),
        IN_CONTEXT(objects_of_another_context_are_refused),
        IN_CONTEXT(a_history_without_a_path_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
