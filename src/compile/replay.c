/* replay.c - running what was recorded. */
#include "compile/passes.h"

#include <string.h>

/* ---- operations ---- */

/* Errors name the operation. */
static bool run_named(gd__step *step, bool checked)
{
    gd_context *g = step->call.context;
    gd__meta meta = { .dtype = GD_DEFAULT };
    const char *outer = g->running;
    g->running = step->call.op->info.name;
    bool good =
        (!checked || step->call.op->infer(&step->call, &meta)) && step->kernel->run(step->kernel, &step->call);
    g->running = outer;
    return good;
}

bool gd__step_kernel(gd__step *step)
{
    return run_named(step, false);
}

bool gd__step_checked(gd__step *step)
{
    return run_named(step, true);
}

bool gd__step_draw(gd__step *step)
{
    gd__draw_into(&step->part[0]->look[0].tensor, &step->part[0]->draw);
    return true;
}

bool gd__step_host(gd__step *step)
{
    return step->part[0]->again(step->part[0]->object);
}

bool gd__step_check(gd__step *step)
{
    const gd__instruction *i = step->part[0];
    return i->holds(&i->look[0].tensor, i->limit);
}

/* ---- numbers that are made anew ---- */

static bool take(gd__trace *trace, const gd__attrs *attrs)
{
    gd__instruction *i = trace->user;
    i->attrs = *attrs;
    return true;
}

static bool ask_again(gd__instruction *i, gd_context *g)
{
    gd__trace asked = { .instead = take, .user = i };
    g->trace = &asked;
    bool good = i->turns.again(i->turns.owner, i->turns.which);
    g->trace = NULL;
    return good;
}

static __attribute__((noinline)) bool take_other_turn(gd__instruction *i, gd_context *g)
{
    if (!ask_again(i, g))
        return false;
    i->seen = i->turns.stamp ? *i->turns.stamp : 0;
    ++*i->turns.count;
    return true;
}

/* Nearly always the numbers are those of the last run: then it is only counted. */
static inline bool take_turn(gd__instruction *i, gd_context *g)
{
    const uint64_t *stamp = i->turns.stamp;
    if (!stamp || *stamp != i->seen)
        return take_other_turn(i, g);
    ++*i->turns.count;
    return true;
}

bool gd__take_turn(gd__instruction *i, gd_context *g)
{
    return take_turn(i, g);
}

bool gd__step_turn(gd__step *step)
{
    return gd__take_turn(step->part[0], step->call.context) && gd__step_kernel(step);
}

/* ---- small ones, with nothing left to look up ---- */

bool gd__step_loop(gd__step *step)
{
    step->loop(step->pointer, step->stride, step->n, step->call.attrs);
    return true;
}

bool gd__step_descent(gd__step *step)
{
    gd__instruction *update = step->part[step->instructions - 1];
    if (update->turns.owner && !take_turn(update, step->call.context))
        return false;
    step->small->run(step->small);
    return true;
}

/* Where it fails, the kernel says why. */
bool gd__step_bce(gd__step *step)
{
    gd_tensor *const *in = step->call.in;
    bool good = step->kernel->bce(in[0]->data, in[1]->data, (int)in[0]->numel, step->call.out->data);
    return good || run_named(step, false);
}

bool gd__step_descend(gd__step *step)
{
    for (gd__instruction **part = step->part, **end = part + step->instructions; part < end; part++)
        if ((*part)->turns.owner && !take_turn(*part, step->call.context))
            return false;
    step->kernel->descend(step->descent, step->instructions);
    return true;
}

bool gd__step_sweep(gd__step *step)
{
    for (gd__sweep *s = step->sweep, *end = s + step->instructions; s < end; s++) {
        gd__instruction *i = s->instruction;
        if (i->turns.owner && !take_turn(i, step->call.context))
            return false;
        s->loop(s->pointer, NULL, s->n, &i->attrs);
    }
    return true;
}

/* ---- users' functions ---- */

/* What a user's function returned, put where the recorded one's was. */
static bool put(gd_context *g, const gd_tensor *t, gd__look *look)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    int64_t stride[GD_MAX_DIMS], size = (int64_t)gd__dtypes[look->tensor.dtype].size;
    if (!gd__usable(g, t, "gd_run", "a user's function's result"))
        return false;
    if (t->dtype != look->tensor.dtype || !gd__same_shape(t, &look->tensor)) {
        gd__fail(g,
                 (gd__fault){ GD_ERROR_SHAPE, 0, "gd_run",
                              "A replayed function's result must not depend on values in shape" },
                 "a user's function returned %s where it returned %s when it was recorded", gd__describe(t, left),
                 gd__describe(&look->tensor, right));
        return false;
    }
    for (int i = 0; i < t->ndim; i++)
        stride[i] = look->tensor.stride[i] * size;
    if (t->data != look->tensor.data)
        gd__copy_into(t, look->tensor.data, stride);
    return true;
}

static gd_operation_call call_of(const gd__step *step, gd_tensor **x, int at)
{
    const gd__instruction *i = step->part[0];
    for (int k = 0; k < i->user.x; k++)
        x[k] = &i->look[at + k].tensor;
    return (gd_operation_call){ .context = step->call.context, .user = i->user.options->user, .x = { i->user.x, x } };
}

static bool forward(gd__step *step, gd_operation_call *call)
{
    gd__instruction *i = step->part[0];
    gd_context *g = step->call.context;
    int at = 1;
    gd_tensor *y = i->user.options->forward(call);
    bool good = !g->failed && put(g, y, &i->look[0]);
    for (int k = 0; good && k < GD_MAX_SAVED; k++)
        if (i->user.has_saved[k])
            good = put(g, call->saved[k], &i->look[at++]);
    return good;
}

static bool backward(gd__step *step, gd_operation_call *call, gd_tensor **dx)
{
    gd__instruction *i = step->part[0];
    gd_context *g = step->call.context;
    int at = i->outs + i->user.x;
    call->y = &i->look[at++].tensor;
    call->dy = &i->look[at++].tensor;
    call->wanted = i->user.wanted;
    for (int k = 0; k < GD_MAX_SAVED; k++)
        if (i->user.has_saved[k])
            call->saved[k] = &i->look[at++].tensor;
    bool good = i->user.options->backward(call, dx);
    if (!good && !g->failed)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Return true where all went well" },
                 "its backward returned false");
    for (int k = 0; good && !g->failed && k < i->user.x; k++)
        if (i->user.made[k] >= 0)
            good = put(g, dx[k], &i->look[i->user.made[k]]);
    return good && !g->failed;
}

/* In a scope of its own, without recording, as the engine runs it. */
static bool run_user(gd__step *step, bool is_forward)
{
    gd__instruction *i = step->part[0];
    gd_context *g = step->call.context;
    size_t size = 2 * (size_t)i->user.x * sizeof(gd_tensor *);
    gd_tensor **x = gd__alloc(g, size);
    gd_scope scope = gd_scope_enter(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    const char *outer = g->running;
    int held = g->held;
    g->held = g->depth;
    bool good = x && scope.context;
    if (good) {
        gd_operation_call call = call_of(step, x, i->outs);
        memset(x + i->user.x, 0, size / 2);
        g->running = i->user.options->name;
        good = is_forward ? forward(step, &call) : backward(step, &call, x + i->user.x);
    }
    g->held = held;
    g->running = outer;
    gd_no_grad_leave(&quiet);
    gd_scope_leave(&scope);
    gd__free(g, x, size);
    return good;
}

bool gd__step_forward(gd__step *step)
{
    return run_user(step, true);
}

bool gd__step_backward(gd__step *step)
{
    return run_user(step, false);
}

void gd__step_free(gd__step *step)
{
    gd_context *g = step->call.context;
    gd__free(g, step->call.in, (size_t)step->call.count * sizeof *step->call.in);
    gd__free(g, step->part, (size_t)step->part_room * sizeof *step->part);
    gd__free(g, step->small, sizeof *step->small);
    gd__free_stages(step);
    gd__free(g, step->descent, (size_t)step->instructions * sizeof *step->descent);
    gd__free(g, step->sweep, (size_t)step->instructions * sizeof *step->sweep);
}

/* ---- a run ---- */

bool gd__is_output(const gd__recording *r, const gd__storage *storage)
{
    for (int i = 0; i < r->outputs; i++)
        if (r->output[i]->storage == storage)
            return true;
    return false;
}

/* A run that is under way writes over it. */
static bool is_written(const gd__recording *r, const gd__storage *s)
{
    for (int i = 0; i < r->outside_written; i++)
        if (r->written[i] == s)
            return true;
    return false;
}

/* May so many bytes be read as vectors, beyond their end? */
static bool has_room(const gd_tensor *t, size_t size)
{
    enum { LINE = 64 };
    const gd__storage *s = t->storage;
    size_t offset = (size_t)(t->data - s->bytes), whole = (size + LINE - 1) / LINE * LINE;
    size_t room = (s->size - sizeof *s + LINE - 1) / LINE * LINE;
    return s->bytes == (const char *)(s + 1) && offset + whole <= room;
}

/* Bytes from the first element to the end of the last. */
static size_t span_of(const gd_tensor *t)
{
    int64_t last = 0;
    for (int i = 0; i < t->ndim; i++)
        last += (t->shape[i] - 1) * t->stride[i];
    return t->numel ? (size_t)(last + 1) * gd__dtypes[t->dtype].size : 0;
}

/* The numbers of t, in a copy. NULL with the error set, or where there are none. */
static const char *put_aside(gd_context *g, gd__input *given, const gd_tensor *t)
{
    size_t size = span_of(t);
    if (given->aside_size != size) {
        gd__free(g, given->aside, given->aside_size);
        given->aside = gd__alloc(g, size);
        given->aside_size = given->aside ? size : 0;
    }
    return given->aside && size ? memcpy(given->aside, t->data, size) : NULL;
}

/* Anything but an output: the function would read there what the step has written. */
static bool refuse_input(gd__recording *r, int input, const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    gd__fail(r->context, (gd__fault){ GD_ERROR_STATE, 0, "gd_run", "Pass gd_clone of it" },
             "input %d, %s, lies in memory that the compiled step writes", input, gd__describe(t, text));
    return false;
}

/* The address of an input's numbers is another, or they have to be looked at each time. False with the error set. */
static __attribute__((noinline)) bool take_input(gd__recording *r, int input, const gd_tensor *t)
{
    gd__input *given = &r->given[input];
    bool small = given->small != NULL;
    const char *data = t->data;
    bool written = t->storage->in_plan && is_written(r, t->storage),
         stays = !written && (!small || has_room(t, given->small->size));
    if (written && !gd__is_output(r, t->storage))
        return refuse_input(r, input, t);
    if (!stays)
        data = small ? memcpy(given->small->memory, data, given->small->size) : put_aside(r->context, given, t);
    given->data = stays ? data : NULL;
    given->serial = t->storage->serial;
    for (int i = 0; data && i < r->patches; i++)
        if (r->patch[i].input == input)
            *r->patch[i].at = (char *)(uintptr_t)data + r->patch[i].offset;
    return data || t->numel == 0;
}

static inline bool give(gd__recording *r, gd_tensors in)
{
    for (int k = 0; k < r->inputs; k++)
        if ((in.item[k]->data != r->given[k].data || in.item[k]->storage->serial != r->given[k].serial) &&
            !take_input(r, k, in.item[k]))
            return false;
    return true;
}

static __attribute__((noinline)) void show(const gd__leaf *leaf, bool set)
{
    leaf->tensor->has_grad = set && !leaf->withheld;
    leaf->tensor->withheld = set && leaf->withheld;
}

/* The gradients after a run that ended before this instruction. */
static __attribute__((noinline)) void leave_early(gd__recording *r, int at)
{
    for (int k = 0; k < r->gradings && r->grading[k].at <= at; k++)
        for (int i = 0; i < r->leaves; i++)
            if (r->leaf[i].tensor == r->grading[k].leaf)
                show(&r->leaf[i], r->grading[k].set);
}

/* Says that what lies outside was written, and which leaves have a gradient now. `failed` is NULL where none has. */
static inline void leave_traces(gd__recording *r, const gd__step *failed)
{
    for (gd__storage **written = r->written, **end = written + r->outside_written; written < end; written++)
        (*written)->version++;
    if (failed)
        leave_early(r, failed->part[0]->at);
    for (const gd__leaf *leaf = r->leaf, *end = leaf + (failed ? 0 : r->leaves); leaf < end; leaf++)
        if ((leaf->tensor->has_grad != leaf->shows) | (leaf->tensor->withheld != leaf->withheld))
            show(leaf, leaf->after);
}

static bool is_there(gd_context *g, const gd__object *object, uint64_t serial, const char *what)
{
    if (gd__alive(object) && object->serial == serial)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_DEAD, 0, "gd_run", "Make it in the plan's scope, or outside of that" },
             "%s that the compiled step uses has gone with its scope", what);
    return false;
}

/* Is all that it needs still there? */
static __attribute__((noinline)) bool stands(const gd__recording *r)
{
    gd_context *g = r->context;
    for (int i = 0; i < r->cells; i++)
        if (r->cell[i].origin == GD__OUTSIDE && r->cell[i].fragile && r->cell[i].storage->uses == 1)
            return is_there(g, NULL, 0, "a tensor");
    for (int i = 0; i < r->leaves; i++)
        if (!is_there(g, &r->leaf[i].tensor->object, r->leaf[i].serial, "a tensor"))
            return false;
    for (int k = 0; k < r->instructions; k++) {
        const gd__instruction *i = &r->instruction[k];
        if ((i->turns.owner && !is_there(g, i->turns.object, i->turns_serial, "an optimizer")) ||
            (i->object && !is_there(g, i->object, i->serial, "an object")) ||
            (i->user.operation &&
             !is_there(g, (const gd__object *)i->user.operation, i->user.serial, "an operation")))
            return false;
    }
    return true;
}

bool gd__replay(gd__recording *r, gd_tensors in)
{
    const gd__step *failed = NULL;
    if ((r->fragile && !stands(r)) || !give(r, in))
        return false;
    r->plan->running = true;
    for (gd__step *step = r->step, *end = step + r->steps; !failed && step < end; step++)
        if (!step->run)
            step->small->run(step->small);
        else if (!step->run(step))
            failed = step;
    r->plan->running = false;
    leave_traces(r, failed);
    return !failed;
}
