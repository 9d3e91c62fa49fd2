/* build.c - from instructions to steps: passes, memory, and what each step runs. */
#include "compile/plan.h"

#include <string.h>

enum { LINE = 64 };

/* ---- memory ---- */

static size_t padded(size_t size)
{
    return (size + LINE - 1) / LINE * LINE;
}

static void place_cells(gd__recording *r)
{
    size_t size = 0;
    for (int i = 0; i < r->cells; i++) {
        gd__cell *cell = &r->cell[i];
        if (cell->origin != GD__MADE)
            continue;
        cell->place = size;
        size += padded(cell->size + 1);
    }
    r->arena_size = size;
    r->facts.peak = r->facts.unplanned = size;
}

static char *base_of(const gd__recording *r, const gd__cell *cell)
{
    switch (cell->origin) {
    case GD__GIVEN: return NULL;
    case GD__OUTSIDE: return cell->storage->bytes;
    case GD__FIXED: return cell->memory;
    case GD__MADE: break;
    }
    return r->arena + cell->place;
}

static bool make_memory(gd__recording *r)
{
    place_cells(r);
    r->arena_bytes = r->arena_size + LINE;
    r->arena = gd__alloc(r->context, r->arena_bytes);
    r->heads = gd__alloc(r->context, ((size_t)r->cells + 1) * sizeof *r->heads);
    r->written = gd__alloc(r->context, ((size_t)r->cells + 1) * sizeof *r->written);
    if (!r->arena || !r->heads || !r->written)
        return false;
    memset(r->arena, 0, r->arena_bytes);
    for (int i = 0; i < r->cells; i++) {
        if (r->cell[i].written)
            r->written[r->outside_written++] = r->cell[i].storage;
        gd__cell *cell = &r->cell[i];
        cell->head = &r->heads[i];
        *cell->head = (gd__storage){ .uses = 1, .bytes = base_of(r, cell), .serial = cell->serial,
                                     .read_only = cell->origin == GD__GIVEN };
    }
    return true;
}

/* ---- steps ---- */

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

static gd__step *add_step(gd__recording *r, bool (*run)(gd__step *), gd__instruction *i)
{
    if (!gd__grow(r->context, (void **)&r->step, &r->step_room, r->steps + 1, sizeof *r->step))
        return NULL;
    gd__step *step = &r->step[r->steps++];
    *step = (gd__step){ .run = run, .instruction = i, .instructions = 1, .call = { .context = r->context } };
    return step;
}

static bool lower_operation(gd__recording *r, gd__instruction *i)
{
    const gd__kernel *const *kernels = gd__kernels(r->context);
    gd__step *step = kernels ? add_step(r, i->op->checks ? gd__step_checked : gd__step_kernel, i) : NULL;
    if (!step)
        return false;
    int operands = i->looks - i->outs;
    gd_tensor **in = gd__alloc(r->context, (size_t)operands * sizeof *in);
    if (!in)
        return false;
    for (int k = 0; k < operands; k++)
        in[k] = &i->look[i->outs + k].tensor;
    step->kernel = kernels[i->id];
    step->call = (gd__call){ .context = r->context, .op = i->op, .id = i->id, .count = operands, .in = in,
                             .out = i->outs ? &i->look[0].tensor : in[0], .attrs = &i->attrs };
    return true;
}

static bool lower(gd__recording *r, gd__instruction *i)
{
    switch (i->kind) {
    case GD__OPERATION: return lower_operation(r, i);
    case GD__UPDATE: return (!i->turns.owner || add_step(r, gd__step_turn, i)) && lower_operation(r, i);
    case GD__DRAW: return add_step(r, gd__step_draw, i);
    case GD__FORWARD: return add_step(r, gd__step_forward, i);
    case GD__BACKWARD: return add_step(r, gd__step_backward, i);
    case GD__HOST: return add_step(r, gd__step_host, i);
    case GD__CHECK: return add_step(r, gd__step_check, i);
    case GD__NOTHING: break;
    }
    return true;
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
    if (!make_memory(r))
        return false;
    look_for_fragile(r);
    for (int i = 0; i < r->instructions; i++)
        if (!resolve(r, &r->instruction[i]) || !lower(r, &r->instruction[i]))
            return false;
    r->facts.instructions = r->steps;
    return true;
}
