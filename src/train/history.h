/* history.h - what a training leaves behind. */
#ifndef GRADUS_SRC_TRAIN_HISTORY_H
#define GRADUS_SRC_TRAIN_HISTORY_H

#include "gradus/train.h"

#include "base/context.h"

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

#endif
