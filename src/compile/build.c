/* build.c - from instructions to steps: what each runs, and where its numbers lie. */
#include "compile/passes.h"

#include <string.h>

/* ---- memory ---- */

static char *base_of(const gd__recording *r, const gd__cell *cell)
{
    switch (cell->origin) {
    case GD__OUTSIDE: return cell->storage->bytes;
    case GD__GIVEN:
    case GD__FIXED: return cell->memory;
    case GD__MADE: break;
    }
    return r->arena + cell->place;
}

/* The arena's end is padded, so that no loop over vectors reaches beyond it. */
static bool make_memory(gd__recording *r)
{
    enum { LINE = 64 };
    gd__place_cells(r);
    r->arena_bytes = r->arena_size + LINE;
    r->arena = gd__alloc(r->context, r->arena_bytes);
    r->heads = gd__alloc(r->context, ((size_t)r->cells + 1) * sizeof *r->heads);
    r->written = gd__alloc(r->context, ((size_t)r->cells + 1) * sizeof *r->written);
    if (!r->arena || !r->heads || !r->written)
        return false;
    memset(r->arena, 0, r->arena_bytes);
    for (int i = 0; i < r->cells; i++) {
        gd__cell *cell = &r->cell[i];
        if (cell->written)
            r->written[r->outside_written++] = cell->storage;
        cell->head = &r->heads[i];
        *cell->head = (gd__storage){
            .uses = 1, .bytes = base_of(r, cell), .serial = cell->serial, .read_only = cell->origin == GD__GIVEN
        };
    }
    return true;
}

/* Notes that the address at this place follows the input that the look shows, where it shows one. */
static bool patch(gd__recording *r, char **at, const gd__look *look)
{
    const gd__cell *cell = &r->cell[look->cell];
    if (cell->origin != GD__GIVEN)
        return true;
    if (!gd__grow(r->context, (void **)&r->patch, &r->patch_room, r->patches + 1, sizeof *r->patch))
        return false;
    r->patch[r->patches++] = (gd__patch){ at, cell->input, look->offset };
    return true;
}

/* Small inputs are read as vectors, to their end; where their memory does not allow that they are copied to some that does. */
static bool make_room(gd__recording *r)
{
    enum { SMALL = 1024 };
    for (int i = 0; i < r->cells; i++) {
        gd__cell *cell = &r->cell[i];
        if (cell->origin != GD__GIVEN || cell->size == 0 || cell->size > SMALL)
            continue;
        cell->memory = gd__alloc(r->context, cell->size);
        if (!cell->memory)
            return false;
        r->given[cell->input].small = cell;
    }
    return true;
}

static bool resolve(gd__recording *r, gd__instruction *i)
{
    for (int k = 0; k < i->looks; k++) {
        gd__look *look = &i->look[k];
        gd__cell *cell = &r->cell[look->cell];
        look->tensor.storage = cell->origin == GD__OUTSIDE ? cell->storage : cell->head;
        look->tensor.data = base_of(r, cell) ? base_of(r, cell) + look->offset : NULL;
        if (!patch(r, &look->tensor.data, look))
            return false;
    }
    return true;
}

/* ---- which instructions make a step ---- */

static gd__step *add_step(gd__recording *r)
{
    if (!gd__grow(r->context, (void **)&r->step, &r->step_room, r->steps + 1, sizeof *r->step))
        return NULL;
    gd__step *step = &r->step[r->steps++];
    *step = (gd__step){ .call = { .context = r->context } };
    return step;
}

static bool add_part(gd__step *step, gd__instruction *i)
{
    if (!gd__grow(step->call.context, (void **)&step->part, &step->part_room, step->instructions + 1,
                  sizeof *step->part))
        return false;
    step->part[step->instructions++] = i;
    return true;
}

/* The step that the instruction becomes a part of: an earlier one, or a new one; NULL with the error set. */
static gd__step *step_for(gd__recording *r, const gd__instruction *i)
{
    enum { BACK = 64 };
    int last = r->steps - 1, first = r->steps > BACK ? r->steps - BACK : 0;
    for (int s = last; s >= first; s--)
        if (gd__joins_small(r, &r->step[s], i))
            return &r->step[s];
    if (last >= 0 && gd__is_small_update(r->step[last].part[0]) && gd__is_small_update(i))
        return &r->step[last];
    for (int s = last; s >= first; s--)
        if (gd__joins_blocks(r, &r->step[s], i))
            return &r->step[s];
    return add_step(r);
}

static bool form_steps(gd__recording *r)
{
    for (int n = 0; n < r->useful; n++) {
        gd__instruction *i = &r->instruction[n];
        gd__step *step = step_for(r, i);
        if (!step || !add_part(step, i))
            return false;
    }
    return true;
}

/* ---- what a step runs ---- */

static bool call_kernel(gd__step *step, const gd__kernel *kernel, bool (*run)(gd__step *))
{
    gd_context *g = step->call.context;
    gd__instruction *i = step->part[0];
    int operands = i->looks - i->outs;
    gd_tensor **in = gd__alloc(g, (size_t)operands * sizeof *in);
    if (!in)
        return false;
    for (int k = 0; k < operands; k++)
        in[k] = &i->look[i->outs + k].tensor;
    step->run = run;
    step->kernel = kernel;
    step->call = (gd__call){ .context = g,
                             .op = i->op,
                             .id = i->id,
                             .count = operands,
                             .in = in,
                             .out = i->outs ? &i->look[0].tensor : in[0],
                             .attrs = &i->attrs };
    return true;
}

static bool finish_operation(gd__recording *r, gd__step *step, const gd__kernel *kernel)
{
    if (gd__is_small(r, step))
        return gd__finish_small(r, step, kernel);
    if (step->instructions > 1)
        return gd__finish_blocks(r, step);
    if (gd__is_small_loop(step, kernel))
        return gd__finish_loop(r, step, kernel);
    if (gd__is_few_bce(r, step, kernel))
        return call_kernel(step, kernel, gd__step_bce);
    return call_kernel(step, kernel, step->part[0]->op->checks ? gd__step_checked : gd__step_kernel);
}

static bool finish_update(gd__recording *r, gd__step *step, const gd__kernel *const *kernels)
{
    const gd__instruction *i = step->part[0];
    if (gd__is_small_update(i))
        return gd__finish_sweep(r, step, kernels);
    return call_kernel(step, kernels[i->id], i->turns.owner ? gd__step_turn : gd__step_kernel);
}

static bool finish(gd__recording *r, gd__step *step)
{
    static bool (*const run[])(gd__step *) = {
        [GD__DRAW] = gd__step_draw, [GD__FORWARD] = gd__step_forward, [GD__BACKWARD] = gd__step_backward,
        [GD__HOST] = gd__step_host, [GD__CHECK] = gd__step_check,
    };
    const gd__kernel *const *kernels = gd__kernels(r->context);
    const gd__instruction *i = step->part[0];
    if (!kernels)
        return false;
    if (i->kind == GD__OPERATION)
        return finish_operation(r, step, kernels[i->id]);
    if (i->kind == GD__UPDATE)
        return finish_update(r, step, kernels);
    step->run = run[i->kind];
    return true;
}

/* ---- addresses that are not in looks ---- */

static bool patch_small(gd__recording *r, gd__step *step)
{
    const gd__instruction *i = step->part[0];
    const gd__look *bias = gd__bias_of(step), *value = gd__value_of(step);
    gd__small *s = step->small;
    bool loss = i->id == GD__OP_bce_backward;
    return patch(r, (char **)(uintptr_t)&s->a, &i->look[loss ? 2 : 1]) &&
           (i->looks < 3 || patch(r, (char **)(uintptr_t)&s->b, &i->look[loss ? 3 : 2])) &&
           (!loss || patch(r, (char **)(uintptr_t)&s->bias, &i->look[1])) &&
           (!bias || patch(r, (char **)(uintptr_t)&s->bias, bias)) &&
           (!value || patch(r, (char **)(uintptr_t)&s->of, value));
}

static bool patch_sweep(gd__recording *r, gd__step *step)
{
    for (int n = 0; n < step->instructions; n++)
        for (int k = 0; k < step->part[n]->looks; k++)
            if (!patch(r, &step->sweep[n].pointer[k], &step->part[n]->look[k]))
                return false;
    return true;
}

static bool patch_descents(gd__recording *r, gd__step *step)
{
    for (int n = 0; n < step->instructions; n++)
        if (!patch(r, (char **)(uintptr_t)&step->descent[n].d, &step->part[n]->look[GD__READ_ONLY]))
            return false;
    return true;
}

static bool patch_step(gd__recording *r, gd__step *step)
{
    const gd__instruction *i = step->part[0];
    for (int k = 0; step->loop && k < i->looks; k++)
        if (!patch(r, &step->pointer[k], &i->look[k]))
            return false;
    return step->small   ? patch_small(r, step)
           : step->sweep ? patch_sweep(r, step)
                         : !step->descent || patch_descents(r, step);
}

/* ---- what may go ---- */

static bool may_go(const gd__recording *r, const gd__object *object)
{
    return object->depth > r->plan->object.depth;
}

static void look_for_fragile(gd__recording *r)
{
    for (int i = 0; i < r->cells; i++)
        r->fragile |= r->cell[i].origin == GD__OUTSIDE && r->cell[i].fragile;
    for (int i = 0; i < r->leaves; i++)
        r->fragile |= may_go(r, &r->leaf[i].tensor->object);
    for (int k = 0; k < r->instructions; k++) {
        const gd__instruction *i = &r->instruction[k];
        r->fragile |= (i->turns.owner && may_go(r, i->turns.object)) || (i->object && may_go(r, i->object)) ||
                      (i->user.operation && may_go(r, (const gd__object *)i->user.operation));
    }
}

bool gd__build(gd__recording *r)
{
    if (!gd__simplify(r) || !make_room(r) || !form_steps(r))
        return false;
    gd__leave_inside(r);
    for (int i = 0; i < r->leaves; i++)
        r->leaf[i].shows = r->leaf[i].after && !r->leaf[i].withheld;
    if (!make_memory(r))
        return false;
    look_for_fragile(r);
    for (int i = 0; i < r->useful; i++)
        if (!resolve(r, &r->instruction[i]))
            return false;
    for (int i = 0; i < r->steps; i++)
        if (!finish(r, &r->step[i]))
            return false;
    for (int i = 0; i < r->steps; i++)
        if (!patch_step(r, &r->step[i]))
            return false;
    r->facts.instructions = r->steps;
    r->facts.fused = r->useful - r->steps;
    return true;
}
