/* tape.h - what ran, in order: one record an operation. */
#ifndef GRADUS_SRC_AUTOGRAD_TAPE_H
#define GRADUS_SRC_AUTOGRAD_TAPE_H

#include "gradus/autograd.h"

#include "op/op.h"

typedef struct gd__record {
    const gd__op *op;
    gd_tensor *in[GD__MAX_INPUTS];
    gd_tensor *out;
    uint32_t version[GD__MAX_INPUTS + 1]; /* of each operand's storage, and of the output's, when it ran */
    unsigned flows;                       /* bit i: operand i required a gradient then */
    bool spent;                           /* gd_backward has passed */
    gd__attrs attrs;
} gd__record;

/* What a kept tensor's `record` becomes when its record goes with the scope. */
enum { GD__RECORD_GONE = -1 };

/* Puts an operation on the tape. False with the error set. */
bool gd__tape_add(const gd__call *call);

/* The record that made t, NULL for a leaf and where it has gone. */
gd__record *gd__tape_at(gd_context *g, uint32_t record);

/* Makes `grad`, row-major and with a storage of its own, the gradient of a leaf. The first moves to the leaf's
 * scope; later ones are copied into it, so that pointers to it, to its numbers and views of it stay good as long as
 * the leaf. */
void gd__set_grad(gd_tensor *leaf, gd_tensor *grad);

static inline bool gd__record_gone(const gd_tensor *t)
{
    return t->record == (uint32_t)GD__RECORD_GONE;
}

#endif
