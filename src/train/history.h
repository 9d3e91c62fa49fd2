/* history.h - what a training leaves behind. */
#ifndef GRADUS_SRC_TRAIN_HISTORY_H
#define GRADUS_SRC_TRAIN_HISTORY_H

#include "gradus/train.h"

#include "base/context.h"
#include "io/replace.h"

struct gd_history {
    gd__object object;
    double *loss;
    int steps, capacity;
    gd_evaluation *evaluation;
    int evaluations, evaluation_capacity;
    double seconds;
};

gd_history *gd__history(gd_context *g, int64_t steps);
bool gd__history_step(gd_history *history, double loss);
bool gd__history_evaluated(gd_history *history, gd_evaluation evaluation);

/* Is it alive? Else an error in the name of the function. */
bool gd__history_usable(const gd_history *history, const char *function);

/* Has `write`, whose user is the history, make the file. */
bool gd__history_write(const gd_history *history, const char *function, const char *path, gd__file_writer *write);

#endif
