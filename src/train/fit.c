/* fit.c - the training loop. */
#include "train/history.h"
#include "train/evaluate.h"
#include "train/show.h"

#include <math.h>
#include <time.h>

#include "base/text.h"
#include "gradus/autograd.h"
#include "tensor/tensor.h"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* ---- training ---- */

typedef struct training {
    gd_context *context;
    gd_fit_options options;
    gd_history *history;
    gd__show show;
    double start;
} training;

/* At the end of an epoch the loader starts the next by itself. */
static bool next_batch(training *t, gd_batch *batch)
{
    if (gd_next(t->options.batches, batch) || (!gd_failed(t->context) && gd_next(t->options.batches, batch)))
        return true;
    if (!gd_failed(t->context))
        gd__fail(t->context,
                 (gd__fault){ GD_ERROR_VALUE, 0, "gd_fit", "Make the batches smaller, or keep the last one" },
                 "the loader gives no batch");
    return false;
}

static bool is_loss(training *t, const gd_tensor *loss)
{
    char text[GD__TEXT_SIZE];
    if (!gd__usable(t->context, loss, "gd_fit", "what the loss function returned"))
        return false;
    if (loss->numel == 1)
        return true;
    gd__fail(t->context, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_fit", "Reduce it to one number with gd_mean" },
             "the loss function returned %s", gd__describe(loss, text));
    return false;
}

static bool finite_loss(training *t, double loss)
{
    char text[GD__NUMBER_SIZE];
    if (isfinite(loss) || gd_failed(t->context))
        return !gd_failed(t->context);
    gd__fail(t->context,
             (gd__fault){ GD_ERROR_VALUE, 0, "gd_fit", "Lower the learning rate, or look at the data and the loss" },
             "the loss is %s at step %d", gd__number_text(loss, 9, text), t->history->steps);
    return false;
}

/* The loss is kept even when it ends the training: it is what led there. */
static bool learn(training *t, gd_tensor *loss)
{
    double value = gd_item(loss);
    bool good = finite_loss(t, value) && gd_backward(loss) && gd_step(t->options.optimizer);
    return gd__history_step(t->history, value) && good;
}

static bool train_step(training *t)
{
    gd_fit_options *o = &t->options;
    gd_scope scope = gd_scope_enter(t->context);
    gd_batch batch;
    bool good = scope.context && next_batch(t, &batch);
    if (good) {
        gd_zero_grad(o->net);
        gd_tensor *loss = o->loss(gd_forward(o->net, batch.x), batch.t);
        good = is_loss(t, loss) && learn(t, loss);
    }
    gd_scope_leave(&scope);
    return good;
}

static bool is_due(const gd_fit_options *o, int64_t step)
{
    if (!o->train && !o->test)
        return false;
    return step == o->steps - 1 || (o->evaluate_every > 0 && step % o->evaluate_every == 0);
}

static bool evaluate(training *t, int64_t step)
{
    gd_fit_options *o = &t->options;
    gd_evaluation e = { step, NAN, NAN };
    if (o->train)
        e.train_accuracy = gd_accuracy(o->net, o->train);
    if (o->test)
        e.test_accuracy = gd_accuracy(o->net, o->test);
    return !gd_failed(t->context) && gd__history_evaluated(t->history, e);
}

/* True to go on. */
static bool report(training *t, bool evaluated)
{
    gd_history *h = t->history;
    double seconds = now() - t->start;
    gd_progress progress = { .step = h->steps,
                             .steps = t->options.steps,
                             .loss = h->loss[h->steps - 1],
                             .seconds = seconds,
                             .steps_per_second = seconds > 0 ? (double)h->steps / seconds : 0,
                             .newest = evaluated ? &h->evaluation[h->evaluations - 1] : NULL };
    gd__show_step(&t->show, &progress);
    return !t->options.watch || t->options.watch(t->options.user, &progress);
}

/* Up to the last step, a watcher's end, or an error, which then stands. */
static void train(training *t)
{
    for (int64_t step = 0; step < t->options.steps; step++) {
        bool due = is_due(&t->options, step);
        if (!train_step(t) || (due && !evaluate(t, step)) || !report(t, due))
            return;
    }
}

static bool options_usable(gd_context *g, const gd_fit_options *o)
{
    if (!gd__usable(g, o->net, "gd_fit", ".net") || !gd__usable(g, o->optimizer, "gd_fit", ".optimizer") ||
        !gd__usable(g, o->batches, "gd_fit", ".batches"))
        return false;
    if ((o->train && !gd__usable(g, o->train, "gd_fit", ".train")) ||
        (o->test && !gd__usable(g, o->test, "gd_fit", ".test")))
        return false;
    if ((o->train && !gd__countable(o->train)) || (o->test && !gd__countable(o->test)))
        return false;
    if (o->steps > 0 && o->steps < INT32_MAX && o->evaluate_every >= 0)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_fit", "Give a positive number of steps" },
             "%lld steps, evaluated every %lld", (long long)o->steps, (long long)o->evaluate_every);
    return false;
}

gd_history *gd_fit_with(gd_fit_options options)
{
    gd_context *g = options.net ? gd__context(options.net) : gd__context(options.optimizer);
    if (!gd__given(options.given, "steps"))
        options.steps = 1000;
    if (!options.loss)
        options.loss = gd_cross_entropy;
    if (!options_usable(g, &options) || g->failed)
        return gd__error_object(g);
    training t = { .context = g, .options = options, .show = gd__show_open(options.progress), .start = now() };
    t.history = gd__history(g, options.steps);
    if (!t.history || (!gd_is_training(options.net) && !gd__alive(gd_set_training(options.net, true))))
        return gd__error_object(g);
    train(&t);
    gd__show_close(&t.show);
    t.history->seconds = now() - t.start;
    return t.history;
}
