/* world.c - a program under way. */
#include "fuzz/parts/world.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory that may be refused ---- */

static void *metered(void *user, void *block, size_t old_size, size_t new_size)
{
    meter *m = user;
    (void)old_size;
    if (new_size == 0) {
        m->live -= block != NULL;
        free(block);
        return NULL;
    }
    bool refused = new_size > MOST_BYTES || (m->refuse >= 0 && m->count >= m->refuse && m->count < m->refuse + m->refusals);
    m->count++;
    if (refused) {
        m->refused = true;
        return NULL;
    }
    m->live += block == NULL;
    return realloc(block, new_size);
}

/* ---- opening and closing ---- */

bool world_open(world *w, program *p, tally *t, char *complaint)
{
    *w = (world){ .program = p, .tally = t, .complaint = complaint, .recording = true, .default_dtype = GD_FLOAT32 };
    w->meter = (meter){ .refuse = -1 };
    w->g = gd_open_with(&(gd_config){ .allocator = { metered, &w->meter }, .isa = p->isa[0] ? p->isa : NULL });
    w->other = gd_open();
    w->foreign = gd_ones(w->other, GD_FLOAT32, gd_shape(2));
    w->error = gd_full(w->g, GD_FLOAT32, gd_shape(-1), 0);
    gd_clear(w->g);
    w->meter.count = 0;
    w->meter.refuse = p->refuse;
    w->meter.refusals = 1 + (int64_t)(p->seed % 3) * 50;
    complaint[0] = '\0';
    t->programs++;
    return strcmp(gd_isa(w->g), "none") != 0;
}

void world_close(world *w)
{
    if (!w->bad)
        compare_all(w);
    gd_close(w->g);
    gd_close(w->other);
    if (!w->bad && w->meter.live != 0)
        complain(w, "%lld blocks were not given back by gd_close", (long long)w->meter.live);
    w->tally->refused += w->program->refuse >= 0 && w->meter.count > w->program->refuse;
    release(&w->memory);
}

void complain(world *w, const char *format, ...)
{
    va_list arguments;
    if (w->bad)
        return;
    w->bad = true;
    va_start(arguments, format);
    vsnprintf(w->complaint, COMPLAINT_SIZE, format, arguments);
    va_end(arguments);
}

/* ---- did it end as it must? ---- */

static void names_of(unsigned faults, char *text, size_t size)
{
    text[0] = '\0';
    for (int s = 1; s <= GD_ERROR_DEAD; s++)
        if (faults >> s & 1 && strlen(text) + 40 < size)
            sprintf(text + strlen(text), "%s%s", text[0] ? " or " : "", gd_status_name((gd_status)s));
}

static void judge_failure(world *w, const char *what, unsigned faults)
{
    char expected[256];
    const gd_error *error = gd_first_error(w->g);
    names_of(faults, expected, sizeof expected);
    if (!faults)
        complain(w, "%s failed, but it is right: %s", what, gd_message(w->g));
    else if (!gd_failed(w->g))
        complain(w, "%s failed without an error; expected: %s", what, expected);
    else if (!w->failed_before && !(faults >> error->status & 1))
        complain(w, "%s: expected the error %s, got: %s: %s", what, expected, gd_status_name(error->status), error->message);
    else if (!error->message[0] || !error->op[0])
        complain(w, "%s failed without a message", what);
}

bool judge(world *w, const char *what, bool good, unsigned faults, bool unclear)
{
    char expected[256];
    names_of(faults, expected, sizeof expected);
    if (!good && w->meter.refused)
        return false;
    if (good && gd_failed(w->g) && !w->failed_before)
        complain(w, "%s has a result, and an error stands: %s", what, gd_message(w->g));
    else if (!unclear && !good)
        judge_failure(w, what, faults);
    else if (!unclear && faults)
        complain(w, "%s has a result, but it is an error: %s", what, expected);
    return good && !faults && !unclear && !w->bad;
}

/* ---- objects ---- */

object *object_at(const world *w, int slot)
{
    return slot >= 0 ? w->slot[slot] : NULL;
}

bool is_alive(const object *o)
{
    return o && o->depth >= 0;
}

gd_tensor *tensor_at(const world *w, int slot)
{
    if (slot == ERROR_TENSOR)
        return w->error;
    if (slot == FOREIGN_TENSOR)
        return w->foreign;
    const object *o = object_at(w, slot);
    return o ? o->tensor : NULL;
}

object *add_object(world *w, int slot, gd_tensor *tensor, value *v, bool requires_grad)
{
    object *o = take(&w->memory, sizeof *o);
    *o = (object){ .tensor = tensor, .value = v, .depth = w->depth, .requires_grad = requires_grad, .factor = 1, .hook = -1,
                   .next = w->objects };
    w->objects = o;
    w->slot[slot] = o;
    return o;
}

void written(world *w, const number *buffer)
{
    for (node *n = w->nodes; n; n = n->previous) {
        n->dirty = n->dirty || n->out->value->buffer == buffer;
        for (int k = 0; k < n->operands; k++)
            n->dirty = n->dirty || n->operand[k]->value->buffer == buffer;
    }
}

/* ---- comparing ---- */

static bool compare_shape(world *w, const gd_tensor *t, const value *v)
{
    gd_dims shape = gd_sizes(t);
    if (gd_dtype_of(t) != v->dtype)
        complain(w, "the result is %s, expected %s", gd_dtype_name(gd_dtype_of(t)), gd_dtype_name(v->dtype));
    else if (!same_dims(shape, v->shape) || gd_numel(t) != v->count)
        complain(w, "the result has %d dimensions and %lld elements (size 0: %lld), expected %d and %lld (%lld)", shape.count,
                 (long long)gd_numel(t), shape.count > 0 ? (long long)shape.size[0] : -1LL, v->shape.count, (long long)v->count,
                 v->shape.count > 0 ? (long long)v->shape.size[0] : -1LL);
    return !w->bad;
}

/* Moved elements keep their zeros' signs too. */
static bool agree(const value *v, int64_t i, number got, bool exact)
{
    number want = get(v, i);
    bool same_sign = !exact || v->slack || want != 0 || signbit(want) == signbit(got);
    return fits(v->dtype, got, want, v->slack ? v->slack[i] : 0) && same_sign;
}

bool compare(world *w, const gd_tensor *t, value *v, bool exact)
{
    if (!compare_shape(w, t, v) || !v->buffer)
        return !w->bad;
    number *got = take(&w->memory, (size_t)v->count * sizeof *got);
    if (!read_numbers(t, v->count, got))
        complain(w, "the result can't be read: %s", gd_message(w->g));
    for (int64_t i = 0; !w->bad && i < v->count; i++)
        if (!agree(v, i, got[i], exact))
            complain(w, "element %lld of %lld (%s) is %.17Lg, expected %.17Lg, by at most %.3Lg", (long long)i,
                     (long long)v->count, gd_dtype_name(v->dtype), got[i], get(v, i), v->slack ? v->slack[i] : 0);
    for (int64_t i = 0; i < v->count; i++)
        put(v, i, got[i]);
    v->slack = NULL;
    w->tally->numbers += v->count;
    return !w->bad;
}

void compare_all(world *w)
{
    for (object *o = w->objects; o && !w->bad; o = o->next) {
        if (!is_alive(o) || o->huge)
            continue;
        if (!gd_is_tensor(o->tensor))
            complain(w, "a tensor of a scope that stands is dead");
        else if (!compare(w, o->tensor, o->value, true) && !strstr(w->complaint, "(of an earlier step)"))
            strcat(w->complaint, " (of an earlier step)");
    }
}

/* ---- running ---- */

void run_step(world *w, int at)
{
    const step *s = &w->program->step[at];
    int function = s->verb - gd_function_count();
    w->failed_before = gd_failed(w->g);
    w->meter.refused = false;
    w->tally->steps++;
    if (function < 0)
        run_function(w, at);
    else
        verbs[function].run(w, at);
    if (!w->bad && (gd_failed(w->g) || w->meter.refused))
        compare_all(w);
}
