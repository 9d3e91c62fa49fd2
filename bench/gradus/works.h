/* works.h - what the files of this program share. */
#ifndef GRADUS_BENCH_WORKS_H
#define GRADUS_BENCH_WORKS_H

#include "common/serve.h"

#include <gradus/gradus.h>

/* Compiled steps are measured where the library has them. */
#if defined(__has_include)
#if __has_include(<gradus/compile.h>)
#include <gradus/compile.h>
#define HAVE_COMPILE 1
#endif
#endif

/* A training step: run as it stands, or compiled. */
typedef gd_tensor *step_function(void *user, gd_tensor *const *in, size_t n);

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
    void *plan; /* of the compiled step; NULL: eager */
} trainer;

/* Has the trainer's step compiled; false where the library can't. */
bool compile(trainer *m);

/* One step on a batch; its loss. In a scope of its own. */
double train_on(trainer *m, gd_tensor *x, gd_tensor *t);

extern const work xor_eager, xor_compiled, scalars, mnist_eager, mnist_compiled, mnist_gather, mnist_job, wide_eager,
    wide_compiled, gradient_check, op_exp, op_sigmoid, op_tanh, op_softmax, op_sum, op_add;

#endif
