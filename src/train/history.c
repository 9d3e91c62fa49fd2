#include "train/history.h"

#include "base/text.h"

static void history_destroy(gd__object *object)
{
    gd_history *h = (gd_history *)object;
    gd__free(object->context, h->loss, (size_t)h->capacity * sizeof *h->loss);
    gd__free(object->context, h->evaluation, (size_t)h->evaluation_capacity * sizeof *h->evaluation);
}

static const gd__class history_class = { "history", sizeof(gd_history), history_destroy };

/* Room for the steps of all but very long trainings, which grow it. */
gd_history *gd__history(gd_context *g, int64_t steps)
{
    enum { MOST = 1 << 20 };
    gd_history *h = gd__new(g, &history_class);
    bool good = h && gd__grow(g, (void **)&h->loss, &h->capacity, steps < MOST ? (int)steps : MOST, sizeof *h->loss);
    return good ? h : NULL;
}

bool gd__history_step(gd_history *history, double loss)
{
    if (!gd__grow(history->object.context, (void **)&history->loss, &history->capacity, history->steps + 1,
                  sizeof loss))
        return false;
    history->loss[history->steps++] = loss;
    return true;
}

bool gd__history_evaluated(gd_history *history, gd_evaluation evaluation)
{
    if (!gd__grow(history->object.context, (void **)&history->evaluation, &history->evaluation_capacity,
                  history->evaluations + 1, sizeof evaluation))
        return false;
    history->evaluation[history->evaluations++] = evaluation;
    return true;
}

bool gd__history_usable(const gd_history *history, const char *function)
{
    return gd__usable(gd__context(history), history, function, "the history");
}

/* ---- by hand ---- */

gd_history *gd_history_new(gd_context *g)
{
    gd_history *h = g && !g->stand_in ? gd__history(g, 0) : NULL;
    if (!h)
        return gd__error_object(g);
    h->seconds = __builtin_nan("");
    return h;
}

bool gd_history_add_loss(gd_history *history, double loss)
{
    if (!gd__history_usable(history, "gd_history_add_loss") || history->object.context->failed)
        return false;
    return gd__history_step(history, loss);
}

static bool newest_step_is_due(const gd_history *h)
{
    int64_t newest = h->steps - 1;
    if (newest >= 0 && (h->evaluations == 0 || h->evaluation[h->evaluations - 1].step < newest))
        return true;
    gd__fail(h->object.context,
             (gd__fault){ GD_ERROR_STATE, 0, "gd_history_add_evaluation",
                          "Add the loss of the step first, and evaluate once" },
             newest < 0 ? "there is no step that it could belong to" : "step %d was evaluated before", (int)newest);
    return false;
}

bool gd_history_add_evaluation(gd_history *history, double train_accuracy, double test_accuracy)
{
    if (!gd__history_usable(history, "gd_history_add_evaluation") || history->object.context->failed ||
        !newest_step_is_due(history))
        return false;
    return gd__history_evaluated(history, (gd_evaluation){ history->steps - 1, train_accuracy, test_accuracy });
}

/* ---- asking ---- */

int64_t gd_history_steps(const gd_history *history)
{
    return gd__history_usable(history, "gd_history_steps") ? history->steps : -1;
}

const double *gd_history_losses(const gd_history *history)
{
    return gd__history_usable(history, "gd_history_losses") ? history->loss : NULL;
}

int gd_history_evaluations(const gd_history *history)
{
    return gd__history_usable(history, "gd_history_evaluations") ? history->evaluations : -1;
}

double gd_history_seconds(const gd_history *history)
{
    return gd__history_usable(history, "gd_history_seconds") ? history->seconds : __builtin_nan("");
}

gd_evaluation gd_history_evaluation(const gd_history *history, int index)
{
    gd_evaluation none = { -1, __builtin_nan(""), __builtin_nan("") };
    if (!gd__history_usable(history, "gd_history_evaluation"))
        return none;
    if (index >= 0 && index < history->evaluations)
        return history->evaluation[index];
    gd__fail(
        history->object.context,
        (gd__fault){ GD_ERROR_INDEX, 0, "gd_history_evaluation", "Count from 0 to gd_history_evaluations() - 1" },
        "evaluation %d of %d", index, history->evaluations);
    return none;
}

/* ---- as files ---- */

static void write_field(FILE *file, double value)
{
    char text[GD__NUMBER_SIZE];
    fprintf(file, ",%s", value == value ? gd__number_text(value, 9, text) : "");
}

static bool write_csv(const gd__output *output, void *user)
{
    const gd_history *h = user;
    FILE *file = gd__output_open(output);
    if (!file)
        return false;
    fprintf(file, "step,loss,train_accuracy,test_accuracy\n");
    for (int step = 0, next = 0; step < h->steps; step++) {
        char text[GD__NUMBER_SIZE];
        fprintf(file, "%d,%s", step, gd__number_text(h->loss[step], 9, text));
        bool evaluated = next < h->evaluations && h->evaluation[next].step == step;
        write_field(file, evaluated ? h->evaluation[next].train_accuracy : __builtin_nan(""));
        write_field(file, evaluated ? h->evaluation[next].test_accuracy : __builtin_nan(""));
        next += evaluated;
        fputc('\n', file);
    }
    return gd__output_close(output, file);
}

bool gd__history_write(const gd_history *history, const char *function, const char *path, gd__file_writer *write)
{
    gd_context *g = history->object.context;
    const char *outer = g->running;
    g->running = function;
    bool good = gd__replace_file(g, path, write, (void *)(uintptr_t)history);
    g->running = outer;
    return good;
}

bool gd_history_save(const gd_history *history, const char *path)
{
    if (!gd__history_usable(history, "gd_history_save") || history->object.context->failed)
        return false;
    return gd__history_write(history, "gd_history_save", path, write_csv);
}
