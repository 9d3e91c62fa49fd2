/* trace.h - being told of every operation that has run, in order, whether it is recorded on the tape or not: what a
 * compiled step and the diagnosis of a gradient are made from. */
#ifndef GRADUS_SRC_AUTOGRAD_TRACE_H
#define GRADUS_SRC_AUTOGRAD_TRACE_H

#include "op/op.h"

typedef struct gd__trace {
    /* The call has run: its operands are as the kernel took them, call->out is there. Of an update, call->out is the first
     * operand. Of a user's operation call->op is not in the list of operations, and call->id is 0. False with the error
     * set: the call fails then. */
    bool (*ran)(struct gd__trace *trace, const gd__call *call);
    /* gd_detach has made `out` of `in`: the same numbers, no operation of the list. */
    bool (*detached)(struct gd__trace *trace, gd_tensor *in, gd_tensor *out);
    void *user;
} gd__trace;

static inline bool gd__traced(const gd__call *call)
{
    gd__trace *trace = call->context->trace;
    return !trace || trace->ran(trace, call);
}

#endif
