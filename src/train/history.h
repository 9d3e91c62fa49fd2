/* history.h - what a training leaves behind. */
#ifndef GRADUS_SRC_TRAIN_HISTORY_H
#define GRADUS_SRC_TRAIN_HISTORY_H

#include "gradus/train.h"

#include "base/context.h"

struct gd_history {
    gd__object object;
    double *loss; /* room for all the steps that were asked for */
    int64_t steps, capacity;
    gd_evaluation *evaluation;
    int evaluations, evaluation_capacity;
    double seconds;
};

gd_history *gd__history(gd_context *g, int64_t capacity);
bool gd__history_evaluated(gd_history *history, gd_evaluation evaluation);

#endif
