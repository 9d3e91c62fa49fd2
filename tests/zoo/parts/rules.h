/* rules.h - the functions of the table of rules. */
#ifndef GRADUS_TESTS_ZOO_RULES_H
#define GRADUS_TESTS_ZOO_RULES_H

#include "zoo/parts/net.h"

double unary_value(const node *n, double x);

#define RULE(family)                                                                                                 \
    void family##_forward(net *g, node *n);                                                                          \
    void family##_backward(const pass *p, int at, int operand, const double *dy, double *d, dims *to)
RULE(unary);
RULE(binary);
RULE(matmul);
RULE(reduction);
RULE(softmax);
RULE(normalise);
RULE(cumsum);
RULE(slice);
RULE(rows);
RULE(permute);
RULE(loss);
RULE(class_loss);

gd_tensor *build_node(const node *n, gd_tensor *const *x);

#endif
