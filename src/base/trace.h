/* trace.h - being told of what happens in a context, in order: what a compiled step and the diagnosis of a gradient are
 * made from. */
#ifndef GRADUS_SRC_BASE_TRACE_H
#define GRADUS_SRC_BASE_TRACE_H

#include "base/context.h"

struct gd_tensor;
struct gd__attrs;
struct gd__call;
struct gd__op;
struct gd__filling;
struct gd__user_call;

/* What becomes of the gradient of a leaf. */
typedef enum gd__grad_event { GD__GRAD_ASKED, GD__GRAD_CLEARED, GD__GRAD_SET } gd__grad_event;

/* Whoever makes the numbers of an update anew each time: an optimizer, of one of its parameters. */
typedef struct gd__turns {
    void *owner;
    const gd__object *object; /* the owner's head */
    int which;
    bool (*again)(void *owner, int which); /* comes to gd__update, as it did before */
    int64_t *count;                        /* raised by one each time */
    const uint64_t *stamp;                 /* the numbers stay while this stays; NULL: they never do */
} gd__turns;

/* All may be NULL. Those that return false have set the error: the call that tells them fails then. */
typedef struct gd__trace {
    /* The call has run, recorded on the tape or not: its operands are as the kernel took them, call->out is there. Of an
     * update, call->out is the first operand. Of a user's operation call->op is not in the list of operations, and call->id
     * is 0. */
    bool (*ran)(struct gd__trace *trace, const struct gd__call *call);
    /* gd_detach has made `out` of `in`: the same numbers, no operation of the list. */
    bool (*detached)(struct gd__trace *trace, struct gd_tensor *in, struct gd_tensor *out);
    /* gd_detach is asked for t: what it returns instead, or NULL for the same numbers. */
    struct gd_tensor *(*freeze)(struct gd__trace *trace, struct gd_tensor *t);
    /* An update is about to write into t. */
    void (*writing)(struct gd__trace *trace, struct gd_tensor *t);
    /* A user's operation has written to its operand number i, from outside all functions: its forward or its backward. */
    void (*overwrote)(struct gd__trace *trace, const struct gd__op *op, int i, bool backward);
    /* The backward of a user's operation has set dx for the operand x, of another shape. Where there is nobody to be told,
     * that is an error; else it is as if it had set none. */
    void (*misshapen)(struct gd__trace *trace, const struct gd__op *op, struct gd_tensor *x, struct gd_tensor *dx);
    /* In place of an update: it does not run then. */
    bool (*instead)(struct gd__trace *trace, const struct gd__attrs *attrs);
    /* A tensor has been filled from the random stream. */
    bool (*drawn)(struct gd__trace *trace, struct gd_tensor *t, const struct gd__filling *draw);
    /* The leaf's gradient. SET: `grad` holds it, and is the leaf's own already or is to be copied there. */
    bool (*graded)(struct gd__trace *trace, struct gd_tensor *leaf, gd__grad_event event, struct gd_tensor *grad);
    /* A user's function, the forward or the backward of an operation, has run as one: nothing within it was told. */
    bool (*called)(struct gd__trace *trace, const struct gd__user_call *call);
    /* A function is to be called again, each time. */
    bool (*hosted)(struct gd__trace *trace, bool (*again)(void *object), gd__object *object);
    /* A tensor's numbers have been looked at and found to be within a limit, as they must be. */
    bool (*checked)(struct gd__trace *trace, bool (*holds)(const struct gd_tensor *t, int64_t limit),
                    const struct gd_tensor *t, int64_t limit);
    /* Something happens that operations do not tell: numbers go to the caller's program, or come from there. */
    bool (*strayed)(struct gd__trace *trace, const char *function, const char *remedy);
    int depth; /* what lies in a scope of this depth or deeper was made since it began; for those that have `strayed` */
    const gd__turns *turns; /* who makes the numbers of the next update */
    void *user;
} gd__trace;

/* May `function` do what nobody is told of? False with the error set. */
static inline bool gd__may_stray(gd_context *g, const char *function, const char *remedy)
{
    gd__trace *trace = g->trace;
    return !trace || !trace->strayed || trace->strayed(trace, function, remedy);
}

/* Tells nobody of anything, until it is given back what it returned. */
static inline gd__trace *gd__trace_pause(gd_context *g)
{
    gd__trace *trace = g->trace;
    g->trace = NULL;
    return trace;
}

/* Has the tensor a gradient? For code that branches on it: the trace is told (src/autograd/grad.c). */
bool gd__grad_asked(const struct gd_tensor *t);

/* Did its gradient stay within a compiled step? Then true with the error set. */
bool gd__grad_withheld(const struct gd_tensor *t);

#endif
