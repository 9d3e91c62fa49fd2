/* subject.h - what is checked: a function, the tensors whose gradients are, and computing it anywhere. */
#ifndef GRADUS_SRC_CHECK_SUBJECT_H
#define GRADUS_SRC_CHECK_SUBJECT_H

#include "gradus/check.h"

#include "autograd/trace.h"
#include "check/numeric.h"

/* A tensor whose gradient is checked. */
typedef struct gd__checked {
    gd_tensor *tensor;   /* the caller's */
    bool parameter;      /* used by the function of its own accord; else number `place` of its arguments */
    int place;
    char name[96];
    int64_t count;
    double *point;       /* where */
    gd_tensor *lent;     /* of a parameter: what it is exchanged with meanwhile, of float64; NULL: written in place */
    char *before;        /* of a parameter written in place: its numbers */
    bool required;       /* of a parameter: whether it required a gradient */
} gd__checked;

/* What a function of the user's did that it should not have. */
typedef struct gd__conduct {
    bool overwrote, in_backward;
    int operand;
    char operation[64];
} gd__conduct;

/* A tensor that an update wrote to, as it was before: a running mean. */
typedef struct gd__written_to {
    gd_tensor *tensor;
    uint64_t serial;
    char *numbers;
    size_t size;
} gd__written_to;

typedef struct gd__subject {
    gd_context *g;
    gd_function *f;
    void *user;
    gd_tensors in;
    gd__checked *item;
    int count;
    size_t room; /* of the arrays by item and by place */
    gd_tensor **argument; /* of the call under way, by place */
    gd__random random;    /* where each call begins in the stream */
    gd_error_callback *on_error;
    gd__trace trace, *outer_trace;
    gd__conduct conduct;
    gd__written_to *saved;
    int saves, save_capacity;
    double **shaped; /* gradients of wrong shapes, by item: numbers, and their shape */
    gd_dims *shaped_dims;
    gd_tensor **frozen;    /* what gd_detach gave at the point, in the order of its calls: constants from then on */
    int frozen_count, frozen_capacity, next_frozen, depth;
    bool freezes;
    bool records; /* the function asks for gradients itself */
    int64_t outputs;
    double *weight;
    int64_t calls;
    bool widening;
} gd__subject;

/* Takes over the options' tensors. With `freezes`, what gd_detach gives is a constant of the function, not a function of the
 * point. Its own tensors live in the current scope. To be closed in any case. False with the error set. */
bool gd__subject_open(gd__subject *s, const gd_gradcheck_options *o, bool freezes);
void gd__subject_close(gd__subject *s);

/* Puts the parameters to x, and makes the arguments anew: leaves of float64, which require a gradient if they are `leaves`. False with the
 * error set. */
bool gd__subject_place(gd__subject *s, double *const *x, bool leaves);

/* Calls the function at what was placed, in the current scope. Its result as it is. */
gd_tensor *gd__subject_call(gd__subject *s);

/* The tensors that are differentiated by, as placed. */
gd_tensor *gd__subject_leaf(const gd__subject *s, int i);

/* Calls it once and settles what its result is weighed with: dy, or 1, or numbers drawn from the seed. *dy is that, of the result's shape, in
 * the current scope. False with the error set. */
bool gd__subject_weigh(gd__subject *s, gd_tensor *given, uint64_t seed, gd_tensor **dy);

/* The gradients as the tape has them, at x: numbers into to[i], all items'. False with the error set; *refused says so where it
 * was the walk over the tape that failed. */
bool gd__subject_gradients(gd__subject *s, double *const *x, gd_tensor *dy, double **to, bool *refused);

/* Numbers of the function for slopes. */
gd__objective gd__subject_objective(gd__subject *s, const int64_t *entries, double *const *point);

/* A number between 0 and 1, and one drawn normally, from the seed's own stream. */
double gd__drawn(uint64_t *state);
double gd__drawn_normal(uint64_t *state);

#endif
