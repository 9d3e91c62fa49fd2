/* show.h - training progress for a person: a bar on a terminal, plain lines elsewhere. */
#ifndef GRADUS_SRC_TRAIN_SHOW_H
#define GRADUS_SRC_TRAIN_SHOW_H

#include "gradus/train.h"

typedef struct gd__show {
    FILE *to; /* NULL: nothing is shown */
    bool terminal;
    bool evaluated; /* an evaluation has been shown */
    double last; /* when the bar was drawn, in seconds since the start */
} gd__show;

gd__show gd__show_open(FILE *to);
void gd__show_step(gd__show *show, const gd_progress *progress);
void gd__show_close(gd__show *show);

#endif
