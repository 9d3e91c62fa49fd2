/* initial.h - what the initialisers share. */
#ifndef GRADUS_SRC_NN_INITIAL_H
#define GRADUS_SRC_NN_INITIAL_H

#include "nn/layer.h"

/* Can the tensor be filled in place: floats in row-major order, and no error stands? False with the error set. */
bool gd__can_init(gd_tensor *t, const char *function);

/* Says that a number does not fit: "the range is -1". Returns the error tensor. */
gd_tensor *gd__bad_init(gd_tensor *t, const char *function, const char *remedy, const char *what, double value);

/* Fills a row-major tensor of floats from the context's stream. */
void gd__draw_uniform(gd_tensor *t, double low, double high);
void gd__draw_normal(gd_tensor *t, double mean, double deviation);

#endif
