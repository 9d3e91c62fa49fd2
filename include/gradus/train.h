/* train.h - the training loop: steps, progress, evaluation and history.
 *
 *     gd_loader *batches = gd_batches(train, .size = 100, .replacement = true);
 *     gd_history *history = gd_fit(net, .optimizer = sgd, .batches = batches, .loss = gd_cross_entropy,
 *                                  .steps = 10000, .train = train, .test = test, .evaluate_every = 600,
 *                                  .progress = stdout);
 *     gd_history_save(history, "history.csv");
 *     gd_history_plot(history, "history.svg");
 */
#ifndef GRADUS_TRAIN_H
#define GRADUS_TRAIN_H

#include <gradus/data.h>
#include <gradus/op.h>
#include <gradus/optim.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gd_history gd_history;

/* A loss of one element from what the network made of a batch and from the batch's targets: gd_cross_entropy,
 * gd_bce, or a function of the caller's. */
typedef gd_tensor *gd_loss_function(gd_tensor *output, gd_tensor *target);

/* Accuracies after a step: the share of samples, 0 to 1, whose largest output is their label. NaN where no data set
 * was given. */
typedef struct gd_evaluation {
    int64_t step; /* counted from 0, as in the history */
    double train_accuracy, test_accuracy;
} gd_evaluation;

/* Where training stands, for whoever watches. */
typedef struct gd_progress {
    int64_t step, steps;         /* `step` steps of `steps` are done */
    double loss;                 /* of the newest batch, before its update */
    double seconds;              /* since the start */
    double steps_per_second;     /* up to now, evaluations included */
    const gd_evaluation *newest; /* made just now, or NULL */
} gd_progress;

/* Called after each step; false ends the training early, which is no error. */
typedef bool gd_watcher(void *user, const gd_progress *progress);

typedef struct gd_fit_options {
    gd_layer *net;
    const char *given;       /* which were written: the macro's text */
    gd_optimizer *optimizer; /* must be given */
    gd_loader *batches;      /* must be given; at its end an epoch begins anew */
    gd_loss_function *loss;  /* gd_cross_entropy */
    int64_t steps;           /* 1000 */
    gd_dataset *train, *test; /* evaluated; NULL: not */
    int64_t evaluate_every;  /* steps from one evaluation to the next, the first after step 0;
                                the last step is evaluated too. 0, the default: only the last step */
    FILE *progress;          /* where progress is shown: a bar on a terminal, else plain lines; NULL: nowhere */
    gd_watcher *watch;       /* NULL: nobody watches */
    void *user;              /* handed to the watcher */
} gd_fit_options;

/* Trains the network: for each step a batch, forward, loss, backward, and a step of the optimizer, in a scope of
 * its own. A network in evaluation mode is put into training mode first; within one in training mode, layers that were
 * put into evaluation by themselves stay so. A loss that is not finite ends it with GD_ERROR_VALUE, naming the step. Does
 * nothing while an error stands. Returns the history, an object of the current scope: also of a training that an error
 * ended, up to the loss that did it (gd_history_save after gd_clear). The error object where it could not begin. */
#define gd_fit(...) gd_fit_with((gd_fit_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_history *gd_fit_with(gd_fit_options options);

/* The share of the samples, 0 to 1, whose largest output along the last dimension is their label. Nothing is
 * recorded, and all layers act as in evaluation, whatever their mode, which stays. The targets are class labels, one
 * integer a sample, and the network makes one row a sample. NaN on any error and for an empty data set. */
GD_API double gd_accuracy(gd_layer *net, gd_dataset *dataset);

/* What the network makes of all samples: (N, ...), one row a sample in their order, of the current scope. It is made
 * in batches; nothing is recorded, and all layers act as in evaluation. Metrics take it: see metrics.h. */
GD_API gd_tensor *gd_predict(gd_layer *net, gd_dataset *dataset);

/* How many steps were made, and the loss of each, which belong to the history. -1 and NULL on an error. */
GD_API int64_t gd_history_steps(const gd_history *history);
GD_API const double *gd_history_losses(const gd_history *history);

/* How many evaluations were made, and each of them; -1 and NaNs on an error. */
GD_API int gd_history_evaluations(const gd_history *history);
GD_API gd_evaluation gd_history_evaluation(const gd_history *history, int index);

/* How long the training took, in seconds; NaN on an error, and of a loop of one's own. */
GD_API double gd_history_seconds(const gd_history *history);

/* Writes the history as CSV: step,loss,train_accuracy,test_accuracy, one line a step, accuracies empty where there
 * was no evaluation. The file is replaced only when all is written. Does nothing while an error stands. */
GD_API bool gd_history_save(const gd_history *history, const char *path);

/* Draws the learning curve as SVG: the loss of each step and its running mean, on a logarithmic scale where the losses
 * are positive and span more than a power of ten; below it, where there were evaluations, the accuracies, on a scale that
 * stretches towards 100 %. Losses that are not finite leave gaps. Browsers show it light or dark, as their reader wants it. A history without steps is GD_ERROR_VALUE. The file is replaced only when all is written. Does
 * nothing while an error stands. */
GD_API bool gd_history_plot(const gd_history *history, const char *path);

/* For a training loop of one's own: an empty history, of the current scope. Each step adds its loss; the accuracies after
 * it may follow, once a step, NaN for what was not measured (GD_ERROR_STATE before the first step, or a second time).
 * These do nothing while an error stands. */
GD_API gd_history *gd_history_new(gd_context *g);
GD_API bool gd_history_add_loss(gd_history *history, double loss);
GD_API bool gd_history_add_evaluation(gd_history *history, double train_accuracy, double test_accuracy);

#ifdef __cplusplus
}
#endif
#endif
