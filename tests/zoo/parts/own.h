/* own.h - operations of the user's own: a net, or a node of it, forward and backward by hand. */
#ifndef GRADUS_TESTS_ZOO_OWN_H
#define GRADUS_TESTS_ZOO_OWN_H

#include "zoo/parts/cases.h"

typedef struct own {
    net now, old; /* old: as it was in the first forward, which is kept by mistake */
    bool cached;
    int operands, leaf[MOST_LEAVES];
    int mutations;
    mutation mutation[2];
    bool of_operations;                   /* forward is written in operations, else in plain C */
    bool accumulates;                     /* backward adds to what it handed out before */
    bool writes_forward, writes_backward; /* into its first operand */
    gradient kept[MOST_NODES];
} own;

/* The node of a net as a net of its own, whose leaves are the operands. Returns their nodes in `from`, constants left out. */
int node_alone(const net *n, int at, net *to, int *from);

void start_own(own *o, const net *n, form f);
gd_operation *own_operation(gd_context *g, const char *name, own *o);

gd_tensor *tensor_of(gd_context *g, gd_dtype dtype, dims shape, const double *v);

#endif
