/* custom.c - operations that the user wrote: two functions in place of a descriptor's. */
#include "autograd/tape.h"

#include "autograd/watch.h"

struct gd_operation {
    gd__object object;
    gd__op op; /* what the tape sees */
    gd_operation_options options;
    char *name;
};

static void operation_destroy(gd__object *object)
{
    gd__free_string(object->context, ((gd_operation *)object)->name);
}

static const gd__class operation_class = { "operation", sizeof(gd_operation), operation_destroy };

static const gd_operation *operation_of(const gd__op *op)
{
    return (const gd_operation *)((const char *)op - offsetof(gd_operation, op));
}

static bool fail(gd_context *g, gd_status status, const char *remedy, const gd_tensor *t, const char *what)
{
    char text[GD__TEXT_SIZE];
    gd__fail(g, (gd__fault){ .status = status, .remedy = remedy }, "%s%s", gd__alive(t) ? gd__describe(t, text) : "", what);
    return false;
}

/* ---- backward ---- */

static bool gradient_fits(const gd_tensor *x, const gd_tensor *dx)
{
    gd_context *g = x->object.context;
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!gd__usable(g, dx, g->running, "a gradient that its backward set"))
        return false;
    if (gd__same_shape(x, dx) && x->dtype == dx->dtype)
        return true;
    gd__fail(g, (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Set dx[i] of the shape and dtype of x.item[i]" },
             "its backward made the gradient of %s as %s", gd__describe(x, left), gd__describe(dx, right));
    return false;
}

static bool run_backward(const gd_operation *o, const gd__vjp *v, const bool *wanted, gd_tensor **dx)
{
    gd_context *g = v->dy->object.context;
    int operands = (int)v->attrs->integer[0];
    gd_operation_call call = { g, o->options.user, { operands, v->x }, v->y, v->dy, wanted, { NULL } };
    for (int i = operands, slot = 0; i < v->count; i++, slot++) {
        while (!(v->attrs->integer[1] >> slot & 1))
            slot++;
        call.saved[slot] = v->x[i];
    }
    bool good = o->options.backward(&call, dx);
    if (!good && !g->failed)
        fail(g, GD_ERROR_VALUE, "Set an error, or return true", NULL, "its backward failed");
    for (int i = 0; good && i < operands; i++)
        good = !wanted[i] || !dx[i] || gradient_fits(v->x[i], dx[i]);
    for (int i = operands; i < v->count; i++)
        dx[i] = NULL;
    return good && !g->failed;
}

static bool custom_vjp(const gd__op *op, const gd__vjp *v, const bool *wanted, gd_tensor **dx)
{
    const gd_operation *o = operation_of(op);
    gd_context *g = v->dy->object.context;
    bool final = o->options.once || v->attrs->integer[1] != 0;
    const char *outer = g->running;
    g->running = op->info.name;
    bool good = g->gradients_off || !final ? run_backward(o, v, wanted, dx)
                                           : fail(g, GD_ERROR_STATE, "Write its backward in operations on dy, x and y", v->y,
                                                  " is the end: this operation's derivative can't be differentiated again");
    g->running = outer;
    return good;
}

/* ---- forward ---- */

/* The result as a tensor of its own in the scope outside: one that was there before is copied. */
static gd_tensor *taken_out(gd_context *g, const gd__call *call, gd_tensor *y, int depth)
{
    if (!gd__usable(g, y, call->op->info.name, "the result of its forward"))
        return NULL;
    if (y->object.depth <= depth)
        y = gd_clone(y);
    if (!gd__alive(y))
        return NULL;
    gd__move(&y->object, depth);
    return y;
}

/* What forward has saved: looks without a history, so that backward's use of them is checked but not differentiated. */
static bool take_saved(gd_operation_call *c, gd__call *call, gd_tensor **operand, gd__attrs *attrs, int depth)
{
    for (int slot = 0; slot < GD_MAX_SAVED; slot++) {
        if (!c->saved[slot])
            continue;
        gd_tensor *look = gd_detach(c->saved[slot]);
        if (!gd__usable(c->context, look, call->op->info.name, "what its forward saved"))
            return false;
        gd__move(&look->object, depth);
        operand[call->count++] = look;
        attrs->integer[1] |= (int64_t)1 << slot;
    }
    return true;
}

static bool run_quietly(gd__call *call, gd_tensor **operand, gd__attrs *attrs)
{
    gd_context *g = call->context;
    const gd_operation *o = operation_of(call->op);
    int depth = g->depth;
    gd_operation_call c = { .context = g, .user = o->options.user, .x = { call->count, call->in } };
    gd_scope scope = gd_scope_enter(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    gd_tensor *y = scope.context ? o->options.forward(&c) : NULL;
    call->out = scope.context && !g->failed ? taken_out(g, call, y, depth) : NULL;
    bool good = call->out && take_saved(&c, call, operand, attrs, depth);
    gd_no_grad_leave(&quiet);
    gd_scope_leave(&scope);
    return good;
}

/* Room for the operands and for what forward will save. */
static gd_tensor *run_forward(gd__call *call, gd_tensors x, gd_tensor **operand)
{
    gd__attrs attrs = { .integer = { x.count } };
    for (int i = 0; i < x.count; i++)
        operand[i] = x.item[i];
    call->in = operand;
    call->attrs = &attrs;
    bool good = run_quietly(call, operand, &attrs);
    if (good && call->context->watching)
        gd__watch_result(call);
    return good && gd__keep_record(call) ? call->out : gd__error_object(call->context);
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
    gd_context *g = gd__context(operation);
    if (!gd__usable(g, operation, "gd_apply", "the operation") || !operands_usable(operation, x))
        return gd__error_object(g);
    size_t size = ((size_t)x.count + GD_MAX_SAVED) * sizeof(gd_tensor *);
    gd_tensor **operand = gd__alloc(g, size);
    if (!operand)
        return gd__error_object(g);
    gd__call call = { .context = g, .op = &operation->op, .count = x.count };
    const char *outer = g->running;
    g->running = operation->name;
    gd_tensor *y = run_forward(&call, x, operand);
    g->running = outer;
    gd__free(g, operand, size);
    return y;
}

/* ---- making ---- */

gd_operation *gd_define_with(gd_operation_options options)
{
    gd_context *g = options.context ? options.context : &gd__nowhere;
    if (g->stand_in)
        return gd__error_object(g);
    if (!options.name || !options.forward)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_define", "Pass both" }, "the name or the forward is NULL");
    char *name = gd__copy_string(g, options.name);
    gd_operation *o = name ? gd__new(g, &operation_class) : NULL;
    if (!o) {
        gd__free_string(g, name);
        return gd__error_object(g);
    }
    bool differentiable = options.backward != NULL;
    o->options = options;
    o->name = name;
    o->op = (gd__op){ .info = { .name = name, .input = { "x" }, .formula = "y = a function of the user's",
                                .derivative = { differentiable ? "dx = a function of the user's" : NULL } },
                      .arity = GD__ANY, .dtypes = GD__AS_GIVEN, .differentiable = differentiable,
                      .vjp_all = differentiable ? custom_vjp : NULL,
                      .reads = { differentiable ? 1 | GD__READS_OUTPUT : 0 } };
    return o;
}
