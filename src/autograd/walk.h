/* walk.h - one walk over the tape, from its end to its beginning. */
#ifndef GRADUS_SRC_AUTOGRAD_WALK_H
#define GRADUS_SRC_AUTOGRAD_WALK_H

#include "autograd/tape.h"

/* A tensor that holds a gradient now. */
typedef struct gd__reached {
    gd_tensor *tensor;
    gd_tensor *aside; /* its gradient, while a walk within this one goes on */
} gd__reached;

/* Operands take part that required a gradient in the forward or, in a walk toward some, that carry its mark. */
typedef struct gd__walk {
    gd_context *context;
    gd_tensors toward;
    uint64_t mark; /* 0 where there are none */
    gd__reached *reached;
    int count, capacity;
    int open;               /* those of them whose record is still to come */
    struct gd__walk *outer; /* the one that this one happens in: of a hook, or of a user's backward */
    int within;             /* how many of those there are */
    int held;               /* what the context's was before */
    uint64_t serial;        /* those of objects and storages made since it began are not below */
} gd__walk;

/* Begins a walk; one that is under way stands still. False with the error set where there are too many. To be ended in any
 * case. */
bool gd__walk_begin(gd__walk *w, gd_context *g);

/* Has nothing take part but these tensors and what the tape made out of them. */
void gd__walk_toward(gd__walk *w, gd_tensors toward);

/* Gives y the gradient dy, besides what it has gathered. dy is never written to. */
bool gd__hand_over(gd__walk *w, gd_tensor *y, gd_tensor *dy);

/* Makes *dy the gradient that y starts with, 1 for NULL and one element. False with the error set. */
bool gd__seed_fits(gd_tensor *y, gd_tensor **dy);

/* Walks from the record at `place` backward: afterwards each tensor that was reached has its gradient in `cotangent`. */
bool gd__walk_from(gd__walk *w, uint32_t place);

/* Takes the gradients from the tensors again; the walk around this one goes on. */
void gd__walk_end(gd__walk *w);

/* dx itself where it lies row-major in a storage of its own, made in the walk's scope for one place; else a copy. */
gd_tensor *gd__owned(gd_tensor *dx);

/* dx itself where it lies row-major in a storage that the walk has made, which no gradient that is copied from it before can
 * be part of; else a copy. */
gd_tensor *gd__copyable(const gd__walk *w, gd_tensor *dx);

/* Is dx, which messages call `what`, a tensor of the shape and dtype of t? False with the error set. */
bool gd__is_gradient_of(const gd_tensor *t, const gd_tensor *dx, const char *what);

/* GD_ERROR_STATE: "'loss' float32 () <what>". Always false. */
bool gd__state_error(gd_context *g, const char *remedy, const gd_tensor *t, const char *what);

/* What the hooks of t make of its gradient dx; the error tensor on failure. */
gd_tensor *gd__run_hooks(gd_tensor *t, gd_tensor *dx);

#endif
