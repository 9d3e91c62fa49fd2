/* confusion.h - matrices of counts. */
#ifndef GRADUS_SRC_TRAIN_CONFUSION_H
#define GRADUS_SRC_TRAIN_CONFUSION_H

#include "gradus/metrics.h"

#include "tensor/tensor.h"

/* Is it int64 (C, C), row-major, of one class at least? Else the error is set. */
bool gd__is_confusion(gd_context *g, const gd_tensor *confusion, const char *function);

#endif
