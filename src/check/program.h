/* program.h - a computation as it ran, forward and backward, as a list that can be run again with a mistake put in.
 *
 * The forward part comes from a trace of the function, told in elementary steps: a textbook's, so that a mistake that a
 * person makes in one of them can be made here. The backward part is what the derivative rules made of it. Each value is a node;
 * nodes stand in the order of their computation. All is float64. */
#ifndef GRADUS_SRC_CHECK_PROGRAM_H
#define GRADUS_SRC_CHECK_PROGRAM_H

#include "autograd/trace.h"

typedef enum gd__node_kind {
    GD__NODE_INPUT,    /* what is differentiated by */
    GD__NODE_CONSTANT, /* does not depend on any input */
    GD__NODE_SEED,     /* the gradient of the result */
    GD__NODE_COMPUTED, /* by an operation of the list */
    GD__NODE_PASS,     /* its operand itself: a place to put a mistake at */
    GD__NODE_OPAQUE    /* by a function that nobody can see into: known by its Jacobians */
} gd__node_kind;

typedef struct gd__node {
    gd__node_kind kind;
    gd__op_id op;
    int count, *in;
    gd__attrs attrs;
    gd_tensor *value;
    const gd_tensor *seen; /* the tensor that it was when it ran, by which the trace knows it */
    uint64_t seen_serial;
    uint64_t inputs;       /* bit i: depends on input i (the last bit stands for all beyond) */
    bool flows;            /* depends on the seed */
    bool detached;         /* a PASS that gd_detach made */
    int of, operand;       /* backward: made by the rule of forward node `of` for its operand; -1 */
    int within;            /* the user's operation whose forward made it; -1 */
    gd_tensor **jacobian;  /* of an opaque one: by operand, (entries of y, entries of x), a vector where it is diagonal; NULL */
    char place[64];        /* the layer that it ran in; "" */
} gd__node;

/* A gradient on its way: from forward node `from`, whose own is the node `dy`, to its operand, the node `to`. `at` is the
 * PASS node that holds it. */
typedef struct gd__edge {
    int from, operand, to, dy, at;
} gd__edge;

/* An operation of the user's that took part. */
typedef struct gd__used {
    const gd__op *op;
    const char *name;
    int count, *in, out;
    bool transparent; /* its inside was seen, or recognised */
} gd__used;

enum { GD__PROGRAM_INPUTS = 63 };

typedef struct gd__program {
    gd_context *context;
    int depth;          /* of the scope that its tensors live in */
    gd__node *node;
    int count, capacity;
    int forward;        /* how many nodes the forward part has */
    int result, seed;
    gd__edge *edge;
    int edges, edge_capacity;
    gd__used *used;
    int uses, use_capacity;
    int inputs;
    int *input, *gradient; /* by input: its node, and that of its gradient; -1 where none reaches it */
    const char *(*name)(void *user, int input); /* what messages call an input; NULL: "in[0]" */
    void *user;
    char narrow[64];       /* the layer where a value is cast to float32, or "the function"; "" where none is */
    bool honours_detach;   /* no gradient passes gd_detach */
    const char *held_back; /* why a rule is not the derivative here, on purpose; NULL where all are */
    bool whole;            /* nothing took part that could not be told */
} gd__program;

/* Tells the program of a function's run in elementary steps. `run` computes the function of the inputs, which are leaves of
 * float64, in the context's widening mode, and returns its result. Lives in the current scope, which must stay open; to be
 * closed in any case. `believes`: where a user's operation is made of others, its inside is taken from them; else
 * nothing is believed of it but its numbers. False with the error set. */
typedef gd_tensor *gd__run_function(void *user);
bool gd__program_open(gd__program *p, gd_context *g, gd_tensors inputs, bool believes, gd__run_function *run,
                      void *user);

/* Adds the backward part, from dy, a tensor of the result's shape. */
bool gd__program_backward(gd__program *p, gd_tensor *dy);

void gd__program_close(gd__program *p);

/* The same forward at other inputs, by node: value[0 .. forward - 1] in the current scope. False with the error set. */
bool gd__program_forward_at(const gd__program *p, const gd_tensors *inputs, gd_tensor **value);

/* The derivative rule of a forward node, as a person writes it. */
gd_tensor *gd__told_rule(const gd__node *node, const gd__vjp *v);

/* Computes node `id` from the values in env. The error tensor on failure. */
gd_tensor *gd__program_step(const gd__program *p, int id, gd_tensor *const *env);

/* The step that the node is, for messages: "sigmoid", "matmul [in layer 2 (linear)]"; and its value: "W1", "the result of
 * sigmoid", which within a user's operation is told without that. Return text. */
char *gd__node_text(const gd__program *p, int id, char *text, size_t size);
char *gd__value_text(const gd__program *p, int id, char *text, size_t size);

#endif
