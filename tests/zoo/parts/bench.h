/* bench.h - hands a case to the library's gradient check, as its user would. */
#ifndef GRADUS_TESTS_ZOO_BENCH_H
#define GRADUS_TESTS_ZOO_BENCH_H

#include "zoo/parts/own.h"

typedef struct bench {
    gd_context *g;
    const zoo_case *c;
    gd_dtype dtype;
    gd_tensor *tensor[MOST_NODES]; /* of leaves */
    int arguments,
        argument[MOST_LEAVES]; /* leaves that the function is handed; the others it has of its own accord */
    own own;                   /* the operation, of NODE_OPERATION and the like */
    int own_from[MOST_LEAVES];
    gd_operation *operation;
    int depth;
} bench;

/* Sets up the tensors of the case, and the operation where there is one, in a context that the caller closes. */
void start_bench(bench *b, gd_context *g, const zoo_case *c);

/* The net in the library's operations, with the case's own operation, hook, detach or cast where it has one. */
gd_tensor *bench_function(void *user, gd_tensor *const *in, size_t n);

/* The check of the case. */
gd_check *check_case(bench *b);

/* The largest distance of the library's own gradients from those by hand, as the case would have them: what shows that the
 * generator is right. NAN where the form has none to compare. */
double self_distance(bench *b);

#endif
