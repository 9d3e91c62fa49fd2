/* trace.h - being told of every operation that has run, in order, whether it is recorded on the tape or not: what a
 * compiled step and the diagnosis of a gradient are made from. Each function may be NULL. */
#ifndef GRADUS_SRC_AUTOGRAD_TRACE_H
#define GRADUS_SRC_AUTOGRAD_TRACE_H

#include "gradus/autograd.h"

#include "op/op.h"

typedef struct gd__trace {
    /* The call has run: its operands are as the kernel took them, call->out is there. Of an update, call->out is the first
     * operand. Of a user's operation call->op is not in the list of operations, and call->id is 0. False with the error
     * set: the call fails then. */
    bool (*ran)(struct gd__trace *trace, const gd__call *call);
    /* gd_detach has made `out` of `in`: the same numbers, no operation of the list. */
    bool (*detached)(struct gd__trace *trace, gd_tensor *in, gd_tensor *out);
    /* gd_detach is asked for t: what it returns instead, or NULL for the same numbers. */
    gd_tensor *(*freeze)(struct gd__trace *trace, gd_tensor *t);
    /* An update is about to write into t. */
    void (*writing)(struct gd__trace *trace, gd_tensor *t);
    /* A user's operation has written to its operand number i, from outside all functions: its forward or its backward. */
    void (*overwrote)(struct gd__trace *trace, const gd__op *op, int i, bool backward);
    /* The backward of a user's operation has set dx for the operand x, of another shape. Where there is nobody to be told, that is
     * an error; else it is as if it had set none. */
    void (*misshapen)(struct gd__trace *trace, const gd__op *op, gd_tensor *x, gd_tensor *dx);
    void *user;
} gd__trace;

/* The user's operation that a call's descriptor, which is not in the list, belongs to. */
gd_operation *gd__operation_of(const gd__op *op);

static inline bool gd__traced(const gd__call *call)
{
    gd__trace *trace = call->context->trace;
    return !trace || !trace->ran || trace->ran(trace, call);
}

#endif
