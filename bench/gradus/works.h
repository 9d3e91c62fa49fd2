/* works.h - what the files of this program share. */
#ifndef GRADUS_BENCH_WORKS_H
#define GRADUS_BENCH_WORKS_H

#include "common/serve.h"

#include <gradus/gradus.h>

/* A context of that many threads; NULL where there is no such. */
gd_context *open_context(const setting *s);

/* Closes it; an error that stands is told. */
void close_context(gd_context *g);

/* What trains: a network and its optimizer, in a context. */
typedef struct trainer {
    gd_context *g;
    gd_layer *net;
    gd_optimizer *sgd;
    gd_tensor *(*loss)(gd_tensor *output, gd_tensor *target);
    gd_plan *plan; /* of the compiled step; NULL: eager */
} trainer;

/* Has the trainer's step compiled; false with the error set. */
bool compile(trainer *m);

/* One step on a batch; its loss. In a scope of its own. */
double train_on(trainer *m, gd_tensor *x, gd_tensor *t);

/* A trainer and its one batch. */
typedef struct drill {
    trainer m;
    gd_tensor *x, *t;
} drill;

/* One with a context and nothing else yet; NULL where there is no memory. */
drill *new_drill(const setting *s);

/* The same, its step compiled; NULL where that can't be. */
drill *compiled_drill(drill *d);

/* Of a work whose state is a drill: steps on its batch, the last one's loss; and the end. */
double repeat_drill(void *user, long count);
void end_drill(void *user);

extern const work xor_eager, xor_compiled, scalars, mnist_eager, mnist_compiled, mnist_gather, mnist_job, wide_eager,
    wide_compiled, gradient_check, op_exp, op_sigmoid, op_tanh, op_softmax, op_sum, op_add;

#endif
