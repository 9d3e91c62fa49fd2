/* pixels.h - bytes made into float32 and divided, in one pass. */
#ifndef GRADUS_SRC_CPU_PIXELS_H
#define GRADUS_SRC_CPU_PIXELS_H

#include "base/context.h"

typedef struct gd__scaling gd__scaling;

/* y[i] = (float)x[i] / divisor, to the last bit. y and x do not overlap. */
typedef void gd__scale_bytes(const gd__scaling *s, float *y, const uint8_t *x, int64_t n);

struct gd__scaling {
    float divisor;
    float high, low; /* their sum is 1 / divisor, to some 48 bits */
    gd__scale_bytes *run;
};

/* How an instruction set divides by s->divisor: sets the rest of it. */
typedef void gd__choose_scaling(gd__scaling *s);

/* The fastest way of the context's instruction set to divide bytes by `divisor`; false with the error set. */
bool gd__scaling_by(gd_context *g, float divisor, gd__scaling *s);

#endif
