#include "autograd/tape.h"

#include <stdio.h>
#include <string.h>

static size_t size_of_many(int count)
{
    return (size_t)count * (sizeof(gd_tensor *) + sizeof(uint32_t));
}

/* A tensor that outlives its record forgets where it was. */
static void tape_cut(gd_context *g, uint32_t length)
{
    while (g->tape_length > length) {
        gd__record *record = &g->tape->record[--g->tape_length];
        if (record->many)
            gd__free(g, record->many, size_of_many(record->count));
        if (record->out->object.depth < g->depth)
            record->out->record = (uint32_t)GD__RECORD_GONE;
    }
}

static void tape_free(gd_context *g)
{
    for (uint32_t i = 0; i < g->tape_length; i++)
        gd__free(g, g->tape->record[i].many, size_of_many(g->tape->record[i].count));
    gd__free(g, g->tape->record, (size_t)g->tape->capacity * sizeof *g->tape->record);
    gd__free(g, g->tape, sizeof *g->tape);
}

/* "MulBackward0" of mul, "LogSoftmaxBackward0" of log_softmax. */
static const char *torch_name(const gd__op *op, char *text, size_t size)
{
    size_t at = 0;
    bool upper = true;
    for (const char *c = op->info.name; *c && at + 1 < size; c++) {
        if (*c != '_')
            text[at++] = upper && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        upper = *c == '_';
    }
    snprintf(text + at, size - at, "Backward0");
    return text;
}

static const char *maker(const void *tensor, char *text, size_t size)
{
    const gd_tensor *t = tensor;
    const gd__record *record = gd__tape_at(t->object.context, gd__record_gone(t) ? 0 : t->record);
    if (!record)
        return NULL;
    return record->op->info.torch_name ? record->op->info.torch_name : torch_name(record->op, text, size);
}

static bool open_tape(gd_context *g)
{
    g->tape = gd__alloc(g, sizeof *g->tape);
    if (!g->tape)
        return false;
    *g->tape = (struct gd__tape){ .record = NULL };
    g->tape_cut = tape_cut;
    g->tape_free = tape_free;
    g->maker = maker;
    return true;
}

static bool make_room(gd_context *g)
{
    return (g->tape || open_tape(g)) && gd__grow(g, (void **)&g->tape->record, &g->tape->capacity,
                                                 (int)g->tape_length + 1, sizeof *g->tape->record);
}

/* The operands, as they are now. */
static inline bool note_operands(gd__record *record, const gd__call *call)
{
    gd_tensor **in = record->few;
    uint32_t *stamp = record->few_stamp;
    if (call->count > GD__FEW) {
        record->many = gd__alloc(call->context, size_of_many(call->count));
        if (!record->many)
            return false;
        in = record->many;
        stamp = (uint32_t *)(record->many + call->count);
    }
    for (int i = 0; i < call->count; i++) {
        in[i] = call->in[i];
        stamp[i] = gd__stamp(call->in[i]);
    }
    return true;
}

bool gd__tape_add(const gd__call *call)
{
    gd_context *g = call->context;
    if ((!g->tape || (int)g->tape_length == g->tape->capacity) && !make_room(g))
        return false;
    gd__record *record = &g->tape->record[g->tape_length];
    record->op = call->op;
    record->out = call->out;
    record->count = call->count;
    record->out_version = gd__stamp(call->out);
    record->spent = false;
    record->many = NULL;
    if (!note_operands(record, call))
        return false;
    if (call->attrs)
        record->attrs = *call->attrs;
    call->out->record = ++g->tape_length;
    return true;
}
