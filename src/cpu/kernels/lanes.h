/* lanes.h - a tensor seen along one dimension. */
#ifndef GRADUS_SRC_CPU_KERNELS_LANES_H
#define GRADUS_SRC_CPU_KERNELS_LANES_H

#include "cpu/kernel.h"

/* A tensor as outer x along x inner elements in row-major order. */
typedef struct lanes {
    int64_t outer, along, inner;
} lanes;

/* Those of the first operand along the dimension that is the attributes' first integer. */
static inline lanes lanes_of(const gd__call *call)
{
    const gd_tensor *x = call->in[0];
    int dim = gd__dim(x, (int)call->attrs->integer[0]);
    lanes l = { 1, x->shape[dim], 1 };
    for (int i = 0; i < dim; i++)
        l.outer *= x->shape[i];
    for (int i = dim + 1; i < x->ndim; i++)
        l.inner *= x->shape[i];
    return l;
}

#endif
