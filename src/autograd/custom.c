/* custom.c - operations that the user wrote: two functions in place of a descriptor's. */
#include "autograd/walk.h"

#include <string.h>

#include "autograd/trace.h"
#include "autograd/watch.h"

struct gd_operation {
    gd__object object;
    gd__op op; /* what the tape sees */
    gd_operation_options options;
    char *name;
};

const gd_operation_options *gd__operation_options(const gd_operation *operation)
{
    return &operation->options;
}

static void release(const gd_operation_options *options)
{
    if (options->release)
        options->release(options->user);
}

static void operation_destroy(gd__object *object)
{
    gd_operation *o = (gd_operation *)object;
    release(&o->options);
    gd__free_string(object->context, o->name);
}

static const gd__class operation_class = { "operation", sizeof(gd_operation), operation_destroy };

gd_operation *gd__operation_of(const gd__op *op)
{
    return (gd_operation *)(void *)((char *)(uintptr_t)op - offsetof(gd_operation, op));
}

/* ---- operands that a user's function writes to ---- */

/* A sum over the bytes of row-major memory, by which a write is noticed. */
static uint64_t print_of(const gd_tensor *t)
{
    uint64_t sum = 14695981039346656037u;
    size_t size = (size_t)t->numel * gd__dtypes[t->dtype].size;
    for (size_t i = 0; t->contiguous && i < size; i++)
        sum = (sum ^ (unsigned char)t->data[i]) * 1099511628211u;
    return sum;
}

/* Takes the prints of the operands, where somebody wants to know; else NULL. */
static uint64_t *take_prints(gd_context *g, gd_tensors x)
{
    uint64_t *print = g->trace && g->trace->overwrote ? gd__alloc(g, (size_t)x.count * sizeof *print) : NULL;
    for (int i = 0; print && i < x.count; i++)
        print[i] = print_of(x.item[i]);
    return print;
}

static void compare_prints(gd_context *g, const gd__op *op, gd_tensors x, uint64_t *print, bool backward)
{
    for (int i = 0; print && i < x.count; i++)
        if (print[i] != print_of(x.item[i]))
            g->trace->overwrote(g->trace, op, i, backward);
    if (print)
        gd__free(g, print, (size_t)x.count * sizeof *print);
}

/* Is somebody told of this gradient of another shape? Then there is none. */
static bool is_told(gd_context *g, const gd__op *op, gd_tensor *x, gd_tensor **dx)
{
    bool told = g->trace && g->trace->misshapen && gd__alive(*dx) && !gd__same_shape(x, *dx);
    if (told) {
        g->trace->misshapen(g->trace, op, x, *dx);
        *dx = NULL;
    }
    return told;
}

/* ---- backward ----
 *
 * The attrs of a record: integer[0] how many operands there are, bit k of integer[1] whether saved[k] is there, behind them. */

/* Has the user's function run as one, where somebody wants it so. */
static gd__trace *pause(gd_context *g)
{
    return g->trace && g->trace->called ? gd__trace_pause(g) : g->trace;
}

static bool run_backward(const gd_operation *o, const gd__vjp *v, const bool *wanted, gd_tensor **dx)
{
    gd_context *g = v->dy->object.context;
    int operands = (int)v->attrs->integer[0];
    gd_operation_call call = { g, o->options.user, { operands, v->x }, v->y, gd_contiguous(v->dy), wanted, { NULL } };
    for (int slot = 0, i = operands; i < v->count; slot++)
        if (v->attrs->integer[1] >> slot & 1)
            call.saved[slot] = v->x[i++];
    uint64_t *print = take_prints(g, call.x);
    gd__trace *trace = pause(g);
    bool good = gd__alive(call.dy) && o->options.backward(&call, dx);
    g->trace = trace;
    compare_prints(g, &o->op, call.x, print, true);
    if (!good && !g->failed)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Return true where all went well" },
                 "its backward returned false");
    for (int i = 0; good && i < operands; i++)
        good = !wanted[i] || !dx[i] || is_told(g, &o->op, v->x[i], &dx[i]) ||
               gd__is_gradient_of(v->x[i], dx[i], "a gradient that its backward set");
    good = good && !g->failed;
    if (good && trace && trace->called)
        return trace->called(trace, &(gd__user_call){ gd__operation_of(&o->op), &call, NULL, dx });
    return good;
}

static bool custom_vjp(const gd__op *op, const gd__vjp *v, const bool *wanted, gd_tensor **dx)
{
    const gd_operation *o = gd__operation_of(op);
    gd_context *g = v->dy->object.context;
    bool final = o->options.once || v->attrs->integer[1] != 0;
    const char *outer = g->running;
    if (g->failed)
        return false;
    g->running = o->name;
    bool good = g->gradients_off || !final
                    ? run_backward(o, v, wanted, dx)
                    : gd__state_error(g, "Write its backward in operations on dy, x and y, and save nothing", v->y,
                                      "was made by an operation whose derivative can't be differentiated again");
    g->running = outer;
    return good;
}

/* ---- forward ---- */

/* The result in the scope outside: one that was there before is copied. */
static gd_tensor *taken_out(gd_context *g, gd_tensor *y, int depth)
{
    if (!gd__usable(g, y, g->running, "the result of its forward"))
        return NULL;
    if (y->object.depth <= depth)
        y = gd_clone(y);
    if (!gd__alive(y))
        return NULL;
    gd__move(&y->object, depth);
    return y;
}

/* Looks at what was saved take its place, without a history: backward's use of them is checked, but not differentiated. */
static bool take_saved(gd_operation_call *c, int depth)
{
    for (int slot = 0; slot < GD_MAX_SAVED; slot++) {
        if (!c->saved[slot])
            continue;
        if (!gd__usable(c->context, c->saved[slot], c->context->running, "what its forward saved"))
            return false;
        c->saved[slot] = gd_detach(c->saved[slot]);
        if (!gd__alive(c->saved[slot]))
            return false;
        gd__move(&c->saved[slot]->object, depth);
    }
    return true;
}

/* Forward without recording, in a scope of its own. */
static bool run_quietly(gd__call *call, gd_operation_call *c)
{
    gd_context *g = call->context;
    int depth = g->depth, held = g->held;
    gd_scope scope = gd_scope_enter(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    g->held = g->depth;
    uint64_t *print = take_prints(g, c->x);
    gd__trace *trace = pause(g);
    gd_tensor *y = scope.context ? gd__operation_of(call->op)->options.forward(c) : NULL;
    compare_prints(g, call->op, c->x, print, false);
    g->held = held;
    call->out = g->failed ? NULL : taken_out(g, y, depth);
    gd_no_grad_leave(&quiet);
    bool good = call->out && (!gd__wants_record(call) || take_saved(c, depth));
    g->trace = trace;
    gd_scope_leave(&scope);
    return good;
}

/* The record holds the operands and, behind them, what was saved: call->in has room for that. */
static bool record(gd__call *call, const gd_operation_call *c)
{
    gd__attrs attrs = { .integer = { call->count } };
    for (int slot = 0; slot < GD_MAX_SAVED; slot++) {
        if (!c->saved[slot])
            continue;
        call->in[call->count++] = c->saved[slot];
        attrs.integer[1] |= (int64_t)1 << slot;
    }
    call->attrs = &attrs;
    return gd__tape_add(call);
}

static bool run_forward(gd__call *call)
{
    gd_operation_call c = { .context = call->context,
                            .user = gd__operation_of(call->op)->options.user,
                            .x = { call->count, call->in } };
    if (!gd__prepare(call) || !run_quietly(call, &c))
        return false;
    if (call->context->watching)
        gd__watch_result(call);
    int operands = call->count;
    bool recorded = gd__wants_record(call), good = !recorded || record(call, &c);
    if (!recorded)
        memset(c.saved, 0, sizeof c.saved);
    call->count = operands;
    c.x.item = call->in;
    gd__trace *trace = call->context->trace;
    if (good && trace && trace->called)
        return trace->called(trace, &(gd__user_call){ gd__operation_of(call->op), &c, call, NULL });
    return good && gd__traced(call);
}

static bool operands_usable(gd_operation *operation, gd_tensors x)
{
    gd_context *g = operation->object.context;
    if (x.count < 1 || !x.item) {
        gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, operation->name, "Pass the tensors that it is applied to" },
                 "there are no operands");
        return false;
    }
    for (int i = 0; i < x.count; i++)
        if (!gd__usable(g, x.item[i], operation->name, "an operand"))
            return false;
    return true;
}

gd_tensor *gd_apply_to(gd_operation *operation, gd_tensors x)
{
    gd_context *g = operation ? gd__context(operation) : gd__context_of(x);
    if (!gd__usable(g, operation, "gd_apply", "the operation") || g->failed || !operands_usable(operation, x))
        return gd__error_object(g);
    size_t size = ((size_t)x.count + GD_MAX_SAVED) * sizeof(gd_tensor *);
    const char *outer = g->running;
    g->running = operation->name;
    gd__call call = { .context = g, .op = &operation->op, .count = x.count, .in = gd__alloc(g, size) };
    for (int i = 0; call.in && i < x.count; i++)
        call.in[i] = x.item[i];
    bool good = call.in && run_forward(&call);
    g->running = outer;
    gd__free(g, call.in, size);
    return good ? call.out : gd__error_object(g);
}

/* ---- making ---- */

static gd_operation *define(gd_context *g, const gd_operation_options *options)
{
    if (!options->name || !options->forward)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_define", "Pass both" },
                        "the name or the forward is NULL");
    char *name = gd__copy_string(g, options->name);
    gd_operation *o = name ? gd__new(g, &operation_class) : NULL;
    if (!o) {
        gd__free_string(g, name);
        return gd__error_object(g);
    }
    bool differentiable = options->backward != NULL;
    o->options = *options;
    o->options.name = o->name = name;
    o->op = (gd__op){ .info = { .name = name,
                                .input = { "x" },
                                .formula = "y = a function of the user's",
                                .derivative = { differentiable ? "dx = a function of the user's" : NULL } },
                      .arity = GD__ANY,
                      .dtypes = GD__AS_GIVEN,
                      .contiguous = true,
                      .differentiable = differentiable,
                      .vjp_all = differentiable ? custom_vjp : NULL,
                      .reads = { differentiable ? 1 | GD__READS_OUTPUT : 0 } };
    return o;
}

gd_operation *gd_define_with(gd_operation_options options)
{
    gd_operation *o = define(options.context ? options.context : &gd__nowhere, &options);
    if (!gd__alive(o))
        release(&options);
    return o;
}
