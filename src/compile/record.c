/* record.c - from what a step does to instructions over cells. */
#include "compile/plan.h"

#include <stdio.h>
#include <string.h>

/* ---- cells ---- */

static size_t slot_of(const gd__recording *r, uint64_t serial)
{
    size_t slot = (size_t)(serial * UINT64_C(0x9e3779b97f4a7c15)) & (size_t)(r->table_size - 1);
    while (r->table[slot] >= 0 && r->cell[r->table[slot]].serial != serial)
        slot = (slot + 1) & (size_t)(r->table_size - 1);
    return slot;
}

static bool widen_table(gd__recording *r)
{
    int old_size = r->table_size, size = old_size ? 2 * old_size : 64;
    int *table = gd__alloc(r->context, (size_t)size * sizeof *table);
    if (!table)
        return false;
    gd__free(r->context, r->table, (size_t)old_size * sizeof *table);
    r->table = table;
    r->table_size = size;
    for (int i = 0; i < size; i++)
        table[i] = -1;
    for (int i = 0; i < r->cells; i++)
        table[slot_of(r, r->cell[i].serial)] = i;
    return true;
}

static int find_cell(const gd__recording *r, const gd_tensor *t)
{
    return r->table_size ? r->table[slot_of(r, t->storage->serial)] : -1;
}

static size_t bytes_of(const gd__storage *storage)
{
    return storage->size - sizeof *storage - sizeof(gd_tensor);
}

int gd__new_cell(gd__recording *r, gd__origin origin, const gd_tensor *t)
{
    if (!gd__grow(r->context, (void **)&r->cell, &r->cell_room, r->cells + 1, sizeof *r->cell) ||
        (2 * r->cells >= r->table_size && !widen_table(r)))
        return -1;
    gd__cell *cell = &r->cell[r->cells];
    *cell = (gd__cell){
        .origin = origin, .serial = t->storage->serial, .size = bytes_of(t->storage), .base = t->storage->bytes
    };
    r->table[slot_of(r, cell->serial)] = r->cells;
    return r->cells++;
}

/* A cell that no storage leads to. */
static int nameless_cell(gd__recording *r, gd__origin origin, size_t size)
{
    if (!gd__grow(r->context, (void **)&r->cell, &r->cell_room, r->cells + 1, sizeof *r->cell))
        return -1;
    r->cell[r->cells] = (gd__cell){ .origin = origin, .size = size };
    return r->cells++;
}

static bool snapshot(gd__recording *r, gd__cell *cell, const char *from)
{
    cell->memory = gd__alloc(r->context, cell->size ? cell->size : 1);
    if (cell->memory && cell->size)
        memcpy(cell->memory, from, cell->size);
    return cell->memory != NULL;
}

static void hold(gd__recording *r, gd__cell *cell, const gd_tensor *t)
{
    cell->origin = GD__OUTSIDE;
    cell->storage = t->storage;
    cell->storage->uses++;
    cell->storage->in_plan = true;
    cell->fragile = t->object.depth > r->plan->object.depth;
    if (t->name)
        snprintf(cell->name, sizeof cell->name, "%s", t->name);
}

static void name_gradient(gd__cell *cell, const gd_tensor *leaf)
{
    snprintf(cell->name, sizeof cell->name, "gradient%s%.30s", leaf->name ? " of " : "",
             leaf->name ? leaf->name : "");
}

/* Was it there before the step, or does it stay? */
static bool is_outside(const gd__recording *r, const gd_tensor *t)
{
    return t->storage->serial < r->began || t->object.depth <= r->depth;
}

static bool lies_in_storage(gd__recording *r, const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    if (t->storage->bytes == (const char *)(t->storage + 1))
        return true;
    gd__fail(r->context,
             (gd__fault){ GD_ERROR_STATE, 0, "gd_run", "Borrow memory outside of the step, or pass it as an input" },
             "%s lies in memory that was borrowed while the step was recorded", gd__describe(t, text));
    return false;
}

int gd__cell_of(gd__recording *r, const gd_tensor *t)
{
    int found = find_cell(r, t);
    if (found >= 0)
        return found;
    bool outside = is_outside(r, t);
    if (!outside && !lies_in_storage(r, t))
        return -1;
    int made = gd__new_cell(r, outside ? GD__OUTSIDE : GD__FIXED, t);
    if (made < 0)
        return -1;
    if (outside)
        hold(r, &r->cell[made], t);
    else if (!snapshot(r, &r->cell[made], t->storage->bytes))
        return -1;
    return made;
}

/* ---- looks and instructions ---- */

/* The name belongs to the tensor, which may go. */
static gd__look look_at(const gd__recording *r, const gd_tensor *t, int cell)
{
    gd__look look = { .tensor = *t, .cell = cell, .offset = t->data - r->cell[cell].base };
    look.tensor.object.previous = look.tensor.object.next = NULL;
    look.tensor.record = 0;
    look.tensor.grad = look.tensor.cotangent = NULL;
    look.tensor.hooks = NULL;
    look.tensor.name = NULL;
    look.tensor.has_grad = look.tensor.requires_grad = look.tensor.retains_grad = false;
    return look;
}

/* A new instruction with room for its looks; NULL with the error set. */
static gd__instruction *add(gd__recording *r, gd__kind kind, int outs, int operands)
{
    if (!gd__grow(r->context, (void **)&r->instruction, &r->instruction_room, r->instructions + 1,
                  sizeof *r->instruction))
        return NULL;
    size_t size = (size_t)(outs + operands) * sizeof(gd__look);
    gd__look *look = gd__alloc(r->context, size ? size : 1);
    if (!look)
        return NULL;
    gd__instruction *i = &r->instruction[r->instructions];
    r->facts.operations++;
    *i = (gd__instruction){
        .kind = kind, .at = r->instructions++, .outs = outs, .looks = outs + operands, .look = look
    };
    return i;
}

static bool put_looks(gd__recording *r, gd__instruction *i, int at, int count, gd_tensor *const *t)
{
    for (int k = 0; k < count; k++) {
        int cell = gd__cell_of(r, t[k]);
        if (cell < 0)
            return false;
        i->look[at + k] = look_at(r, t[k], cell);
    }
    return true;
}

static bool put_made(gd__recording *r, gd__instruction *i, int at, const gd_tensor *t)
{
    int cell = gd__new_cell(r, GD__MADE, t);
    if (cell < 0)
        return false;
    i->look[at] = look_at(r, t, cell);
    return true;
}

/* ---- what never changes ---- */

static bool is_fixed(gd__recording *r, const gd__call *call)
{
    for (int i = 0; i < call->count; i++) {
        int cell = gd__cell_of(r, call->in[i]);
        if (cell < 0 || r->cell[cell].origin != GD__FIXED)
            return false;
    }
    return true;
}

static bool fold(gd__recording *r, const gd__call *call)
{
    r->facts.operations++;
    int cell = gd__new_cell(r, GD__FIXED, call->out);
    r->facts.removed++;
    return cell >= 0 && snapshot(r, &r->cell[cell], call->out->storage->bytes);
}

/* Fixed numbers that are about to be written: they become an instruction that copies them. Who read them before reads what
 * stays fixed. */
static bool thaw(gd__recording *r, int cell, const gd_tensor *t)
{
    int frozen = nameless_cell(r, GD__FIXED, r->cell[cell].size);
    gd__instruction *i = frozen < 0 ? NULL : add(r, GD__OPERATION, 1, 1);
    if (!i)
        return false;
    r->cell[frozen].memory = r->cell[cell].memory;
    r->cell[frozen].base = r->cell[cell].base;
    r->cell[cell].memory = NULL;
    r->cell[cell].origin = GD__MADE;
    for (gd__instruction *before = r->instruction; before < i; before++)
        for (int k = 0; k < before->looks; k++)
            before->look[k].cell = before->look[k].cell == cell ? frozen : before->look[k].cell;
    i->op = gd__ops[GD__OP_clone];
    i->id = GD__OP_clone;
    int64_t count = (int64_t)(r->cell[cell].size / gd__dtypes[t->dtype].size);
    i->look[1] = look_at(r, t, frozen);
    gd_tensor *whole = &i->look[1].tensor;
    whole->ndim = 1;
    whole->numel = whole->shape[0] = count;
    whole->stride[0] = 1;
    whole->contiguous = true;
    i->look[1].offset = 0;
    i->look[0] = i->look[1];
    i->look[0].cell = cell;
    return true;
}

/* ---- what the trace tells ---- */

static bool note_operation(gd__recording *r, const gd__call *call)
{
    if (is_fixed(r, call))
        return fold(r, call);
    gd__instruction *i = r->context->failed ? NULL : add(r, GD__OPERATION, 1, call->count);
    if (!i)
        return false;
    i->op = call->op;
    i->id = call->id;
    if (call->attrs)
        i->attrs = *call->attrs;
    return put_looks(r, i, 1, call->count, call->in) && put_made(r, i, 0, call->out);
}

/* The function would see the new numbers where it reads the input, and a replay the old ones. */
static bool is_no_input(const gd__recording *r, const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    for (int i = 0; i < r->inputs; i++) {
        if (r->in[i]->storage != t->storage)
            continue;
        gd__fail(r->context, (gd__fault){ GD_ERROR_STATE, 0, "gd_run", "Pass gd_clone of it" },
                 "input %d of the compiled step lies in the memory of %s, which the step writes", i,
                 gd__describe(t, text));
        return false;
    }
    return true;
}

static bool note_write(gd__recording *r, const gd_tensor *t)
{
    int cell = gd__cell_of(r, t);
    if (cell < 0 || !is_no_input(r, t))
        return false;
    if (r->cell[cell].origin == GD__FIXED)
        return thaw(r, cell, t);
    r->cell[cell].written = r->cell[cell].origin == GD__OUTSIDE;
    return true;
}

static bool note_update(gd__recording *r, const gd__trace *trace, const gd__call *call)
{
    for (int k = 0; k < call->count; k++)
        if (k != GD__READ_ONLY && !note_write(r, call->in[k]))
            return false;
    gd__instruction *i = add(r, GD__UPDATE, 0, call->count);
    if (!i)
        return false;
    i->op = call->op;
    i->id = call->id;
    if (call->attrs)
        i->attrs = *call->attrs;
    if (trace->turns) {
        i->turns = *trace->turns;
        i->turns_serial = trace->turns->object->serial;
    }
    return put_looks(r, i, 0, call->count, call->in);
}

static bool ran(gd__trace *trace, const gd__call *call)
{
    gd__recording *r = trace->user;
    if (call->op->info.is_view)
        return gd__cell_of(r, call->in[0]) >= 0;
    return call->op->info.is_update ? note_update(r, trace, call) : note_operation(r, call);
}

static bool detached(gd__trace *trace, gd_tensor *in, gd_tensor *out)
{
    (void)out;
    return gd__cell_of(trace->user, in) >= 0;
}

static bool drawn(gd__trace *trace, gd_tensor *t, const gd__filling *draw)
{
    gd__recording *r = trace->user;
    gd__instruction *i = add(r, GD__DRAW, 1, 0);
    if (!i)
        return false;
    i->draw = *draw;
    return put_made(r, i, 0, t);
}

bool gd__note_copy(gd__recording *r, const gd_tensor *from, const gd_tensor *to)
{
    gd__instruction *i = add(r, GD__OPERATION, 1, 1);
    if (!i)
        return false;
    i->op = gd__ops[GD__OP_clone];
    i->id = GD__OP_clone;
    return put_looks(r, i, 0, 1, (gd_tensor *[]){ (gd_tensor *)(uintptr_t)to }) &&
           put_looks(r, i, 1, 1, (gd_tensor *[]){ (gd_tensor *)(uintptr_t)from });
}

/* ---- gradients ---- */

static gd__leaf *leaf_of(gd__recording *r, gd_tensor *t, gd__grad_event event)
{
    for (int i = 0; i < r->leaves; i++)
        if (r->leaf[i].tensor == t)
            return &r->leaf[i];
    if (!gd__grow(r->context, (void **)&r->leaf, &r->leaf_room, r->leaves + 1, sizeof *r->leaf))
        return NULL;
    gd__leaf *leaf = &r->leaf[r->leaves++];
    *leaf = (gd__leaf){ .tensor = t,
                        .serial = t->object.serial,
                        .guarded = event == GD__GRAD_ASKED,
                        .before = t->has_grad,
                        .after = t->has_grad };
    return leaf;
}

/* The first gradient of a leaf that stays: its numbers stay where they were made. */
static bool settle(gd__recording *r, const gd_tensor *leaf, gd_tensor *grad)
{
    int cell = gd__cell_of(r, grad);
    if (cell < 0 || (r->cell[cell].origin == GD__FIXED && !thaw(r, cell, grad)))
        return false;
    hold(r, &r->cell[cell], grad);
    name_gradient(&r->cell[cell], leaf);
    r->cell[cell].fragile = leaf->object.depth > r->plan->object.depth; /* it moves there */
    r->cell[cell].written = true;
    return true;
}

static bool note_grading(gd__recording *r, gd__leaf *leaf, bool set)
{
    if (!gd__grow(r->context, (void **)&r->grading, &r->grading_room, r->gradings + 1, sizeof *r->grading))
        return false;
    r->grading[r->gradings++] = (gd__grading){ leaf->tensor, r->instructions, set };
    leaf->after = set;
    return true;
}

static bool graded(gd__trace *trace, gd_tensor *leaf, gd__grad_event event, gd_tensor *grad)
{
    gd__recording *r = trace->user;
    bool stays = is_outside(r, leaf);
    gd__leaf *known = stays ? leaf_of(r, leaf, event) : NULL;
    if (stays && !known)
        return false;
    if (known && event != GD__GRAD_ASKED && !note_grading(r, known, event == GD__GRAD_SET))
        return false;
    if (event != GD__GRAD_SET)
        return true;
    if (leaf->grad && !note_write(r, leaf->grad))
        return false;
    if (leaf->grad && stays)
        name_gradient(&r->cell[gd__cell_of(r, leaf->grad)], leaf);
    if (leaf->grad)
        return gd__note_copy(r, grad, leaf->grad);
    return !stays || settle(r, leaf, grad);
}

/* ---- users' functions ---- */

static int count_saved(const gd_operation_call *call, bool *has)
{
    int count = 0;
    for (int k = 0; k < GD_MAX_SAVED; k++)
        count += has[k] = call->saved[k] != NULL;
    return count;
}

static bool put_saved(gd__recording *r, gd__instruction *i, int at, const gd_operation_call *call)
{
    for (int k = 0; k < GD_MAX_SAVED; k++)
        if (call->saved[k] && !put_looks(r, i, at++, 1, &call->saved[k]))
            return false;
    return true;
}

/* What a user's function made is a new cell; what it had from elsewhere is known already. */
static bool put_results(gd__recording *r, gd__instruction *i, const gd__user_call *call)
{
    gd_tensor *result[1 + GD_MAX_SAVED] = { call->forward->out };
    int count = 1;
    for (int k = 0; k < GD_MAX_SAVED; k++)
        if (call->call->saved[k])
            result[count++] = call->call->saved[k];
    for (int k = 0; k < count; k++) {
        if (find_cell(r, result[k]) >= 0 ? !put_looks(r, i, k, 1, &result[k]) : !put_made(r, i, k, result[k]))
            return false;
    }
    return true;
}

static gd__user user_of(const gd__user_call *call)
{
    return (gd__user){ .operation = call->operation,
                       .serial = ((const gd__object *)call->operation)->serial,
                       .options = gd__operation_options(call->operation),
                       .x = call->call->x.count };
}

static bool note_forward(gd__recording *r, const gd__user_call *call)
{
    bool has[GD_MAX_SAVED];
    int saved = count_saved(call->call, has), x = call->call->x.count;
    gd__instruction *i = add(r, GD__FORWARD, 1 + saved, x);
    if (!i)
        return false;
    i->op = call->forward->op;
    i->user = user_of(call);
    memcpy(i->user.has_saved, has, sizeof has);
    return put_looks(r, i, 1 + saved, x, call->call->x.item) && put_results(r, i, call);
}

static bool note_backward(gd__recording *r, const gd__user_call *call)
{
    bool has[GD_MAX_SAVED];
    int saved = count_saved(call->call, has), x = call->call->x.count, outs = 0;
    size_t size = (size_t)x * (sizeof(int) + sizeof(bool));
    int *made = gd__alloc(r->context, size);
    if (!made)
        return false;
    for (int k = 0; k < x; k++) {
        bool known = call->call->wanted[k] && call->dx[k] && find_cell(r, call->dx[k]) < 0;
        made[k] = known ? outs++ : -1;
    }
    gd__instruction *i = add(r, GD__BACKWARD, outs, x + 2 + saved);
    if (!i) {
        gd__free(r->context, made, size);
        return false;
    }
    i->user = user_of(call);
    i->user.made = made;
    i->user.wanted = (bool *)(made + x);
    memcpy(i->user.has_saved, has, sizeof has);
    memcpy(i->user.wanted, call->call->wanted, (size_t)x * sizeof(bool));
    gd_tensor *const both[] = { call->call->y, call->call->dy };
    if (!put_looks(r, i, outs, x, call->call->x.item) || !put_looks(r, i, outs + x, 2, both) ||
        !put_saved(r, i, outs + x + 2, call->call))
        return false;
    for (int k = 0; k < x; k++) {
        if (made[k] < 0)
            continue;
        bool again = find_cell(r, call->dx[k]) >= 0; /* one tensor for two operands */
        if (again ? !put_looks(r, i, made[k], 1, &call->dx[k]) : !put_made(r, i, made[k], call->dx[k]))
            return false;
    }
    return true;
}

static bool called(gd__trace *trace, const gd__user_call *call)
{
    gd__recording *r = trace->user;
    return call->forward ? note_forward(r, call) : note_backward(r, call);
}

/* ---- the rest ---- */

static bool hosted(gd__trace *trace, bool (*again)(void *object), gd__object *object)
{
    gd__instruction *i = add(trace->user, GD__HOST, 0, 0);
    if (!i)
        return false;
    i->again = again;
    i->object = object;
    i->serial = object->serial;
    return true;
}

static bool checked(gd__trace *trace, bool (*holds)(const gd_tensor *t, int64_t limit), const gd_tensor *t,
                    int64_t limit)
{
    gd__recording *r = trace->user;
    gd__instruction *i = add(r, GD__CHECK, 0, 1);
    if (!i)
        return false;
    i->holds = holds;
    i->limit = limit;
    return put_looks(r, i, 0, 1, (gd_tensor *[]){ (gd_tensor *)(uintptr_t)t });
}

static bool strayed(gd__trace *trace, const char *function, const char *remedy)
{
    gd__recording *r = trace->user;
    gd__fail(r->context, (gd__fault){ GD_ERROR_STATE, 0, function, remedy },
             "%s was called while a compiled step is recorded: a replay would not do it", function);
    return false;
}

gd__trace gd__recorder(gd__recording *r)
{
    return (gd__trace){ .ran = ran,
                        .detached = detached,
                        .drawn = drawn,
                        .graded = graded,
                        .called = called,
                        .hosted = hosted,
                        .checked = checked,
                        .strayed = strayed,
                        .user = r };
}
