/* trace.h - telling of an operation that has run. */
#ifndef GRADUS_SRC_AUTOGRAD_TRACE_H
#define GRADUS_SRC_AUTOGRAD_TRACE_H

#include "base/trace.h"
#include "gradus/autograd.h"
#include "op/op.h"

/* The user's operation that a call's descriptor, which is not in the list, belongs to. */
gd_operation *gd__operation_of(const gd__op *op);

static inline bool gd__traced(const gd__call *call)
{
    gd__trace *trace = call->context->trace;
    return !trace || !trace->ran || trace->ran(trace, call);
}

/* A user's function under way: the forward of an operation, or its backward, which made dx where wanted. */
typedef struct gd__user_call {
    gd_operation *operation;
    const gd_operation_call *call;
    const gd__call *forward; /* NULL: a backward */
    gd_tensor *const *dx;
} gd__user_call;

/* What the operation was made of; the name is its own. */
const gd_operation_options *gd__operation_options(const gd_operation *operation);

#endif
