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

bool gd__step_small(gd__step *step)
{
    step->multiply(step->small);
    return true;
}

bool gd__step_few(gd__step *step)
{
    step->sum(step->few);
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
    gd__free(g, step->few, sizeof *step->few);
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

static bool is_written(const gd__recording *r, const gd__storage *storage)
{
    for (int i = 0; i < r->outside_written; i++)
        if (r->written[i] == storage)
            return true;
    return false;
}

/* An output that is an input of the next run is read from a copy: it would be written over while it is read. */
static bool set_apart(gd__recording *r, int input, const gd_tensor *t)
{
    gd__apart *apart = &r->apart[input];
    size_t size = t->storage->size - sizeof *t->storage;
    if (apart->size != size) {
        gd__free(r->context, apart->memory, apart->size);
        *apart = (gd__apart){ gd__alloc(r->context, size), size };
        if (!apart->memory) {
            apart->size = 0;
            return false;
        }
    }
    memcpy(apart->memory, t->storage->bytes, size);
    r->given[input] = apart->memory + (t->data - t->storage->bytes);
    return true;
}

/* May the run read the input, though it writes? */
static bool separate(gd__recording *r, int input, const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    if (gd__is_output(r, t->storage))
        return t->numel == 0 || set_apart(r, input, t);
    gd__fail(r->context, (gd__fault){ GD_ERROR_STATE, 0, "gd_run", "Pass gd_clone of it" },
             "input %d, %s, lies in memory that the compiled step writes", input, gd__describe(t, text));
    return false;
}

static __attribute__((noinline)) bool find_inputs(gd__recording *r, gd_tensors in)
{
    bool good = true;
    for (int k = 0; good && k < r->inputs; k++)
        if (in.item[k]->storage->in_plan && is_written(r, in.item[k]->storage))
            good = separate(r, k, in.item[k]);
    for (int i = 0; i < r->patches; i++)
        *r->patch[i].at = (char *)(uintptr_t)r->given[r->patch[i].input] + r->patch[i].offset;
    for (int k = 0; k < r->inputs; k++)
        if (!good || r->given[k] != in.item[k]->data)
            r->given[k] = NULL;
    return good;
}

static bool give(gd__recording *r, gd_tensors in)
{
    bool moved = false;
    for (int i = 0; i < r->copies; i++)
        memcpy(r->copy[i]->memory, in.item[r->copy[i]->input]->data, r->copy[i]->size);
    for (int k = 0; k < r->inputs; k++) {
        moved |= r->given[k] != in.item[k]->data;
        r->given[k] = in.item[k]->data;
    }
    return !moved || find_inputs(r, in);
}

static inline void leave_gradient(const gd__leaf *leaf, bool set)
{
    bool used_up = set & leaf->withheld;
    leaf->tensor->has_grad = set & !used_up;
    leaf->tensor->withheld = used_up;
}

/* The gradients after a run that ended before this instruction. */
static __attribute__((noinline)) void leave_early(gd__recording *r, int at)
{
    for (int k = 0; k < r->gradings && r->grading[k].at <= at; k++)
        for (int i = 0; i < r->leaves; i++)
            if (r->leaf[i].tensor == r->grading[k].leaf)
                leave_gradient(&r->leaf[i], r->grading[k].set);
}

/* Says that what lies outside was written, and which leaves have a gradient now. `failed` is NULL where none has. */
static void leave_traces(gd__recording *r, const gd__step *failed)
{
    for (int i = 0; i < r->outside_written; i++)
        r->written[i]->version++;
    if (failed)
        leave_early(r, failed->part[0]->at);
    for (int i = 0; !failed && i < r->leaves; i++)
        leave_gradient(&r->leaf[i], r->leaf[i].after);
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
static bool stands(const gd__recording *r)
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
    for (gd__step *step = r->step, *end = step + r->steps; !failed && step < end; step++)
        if (step->loop)
            step->loop(step->pointer, step->stride, step->n, step->call.attrs);
        else if (!step->run(step))
            failed = step;
    leave_traces(r, failed);
    return !failed;
}
