/* evaluate.h - what can be evaluated. */
#ifndef GRADUS_SRC_TRAIN_EVALUATE_H
#define GRADUS_SRC_TRAIN_EVALUATE_H

#include "gradus/data.h"

/* Has the data set class labels, which can be right or wrong? False with the error set. */
bool gd__countable(const gd_dataset *dataset);

#endif
