/* initial.h - what the initialisers share. */
#ifndef GRADUS_SRC_NN_INITIAL_H
#define GRADUS_SRC_NN_INITIAL_H

#include "nn/layer.h"

/* Can the tensor be filled with draws: floats in row-major order that may be written, and no error stands? False with
 * the error set. */
bool gd__can_init(gd_tensor *t, const char *function);

#endif
