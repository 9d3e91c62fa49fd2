/* verbs.c - what a program does besides calling functions of the list: making, scopes, reading and writing. */
#include "fuzz/parts/world.h"

#include <math.h>
#include <string.h>

static const drawn *argument_at(const world *w, int at, int i)
{
    return &w->program->step[at].argument[i];
}

static int64_t whole_at(const world *w, int at, int i)
{
    return argument_at(w, at, i)->whole;
}

/* ---- making ---- */

/* The numbers as memory of that dtype. */
static void *as_memory(world *w, gd_dtype dtype, int64_t count, const number *from)
{
    char *memory = take(&w->memory, (size_t)count * 8);
    for (int64_t i = 0; i < count; i++) {
        switch (dtype) {
        case GD_FLOAT32: ((float *)memory)[i] = (float)from[i]; break;
        case GD_FLOAT64: ((double *)memory)[i] = (double)from[i]; break;
        case GD_INT64: ((int64_t *)memory)[i] = (int64_t)from[i]; break;
        case GD_UINT8: ((uint8_t *)memory)[i] = (uint8_t)from[i]; break;
        case GD_BOOL: ((bool *)memory)[i] = from[i] != 0; break;
        case GD_DEFAULT: break;
        }
    }
    return memory;
}

static bool is_dtype(int64_t dtype)
{
    return dtype >= GD_FLOAT32 && dtype <= GD_BOOL;
}

/* The value that a making function must give, all of it the same number; faults as in a question. */
static value *made(world *w, int64_t dtype, gd_dims shape, number n, unsigned *faults)
{
    if (dtype == GD_DEFAULT)
        dtype = w->default_dtype;
    if (!is_dtype(dtype))
        *faults |= 1u << GD_ERROR_DTYPE;
    value *v = new_value(&w->memory, is_dtype(dtype) ? (gd_dtype)dtype : GD_FLOAT32, shape);
    if (v->count < 0)
        *faults |= 1u << GD_ERROR_SHAPE;
    else if ((number)v->count * (number)gd_dtype_size(v->dtype) > (number)MOST_BYTES)
        *faults |= 1u << GD_ERROR_MEMORY;
    for (int64_t i = 0; v->buffer && i < v->count; i++)
        put(v, i, as_dtype(v->dtype, n));
    return v;
}

/* Between what the reference holds and what there is memory for: not made at all. */
static bool in_between(const value *v, unsigned faults)
{
    return !faults && !v->buffer;
}

static void take_made(world *w, int at, const char *what, gd_tensor *t, value *v, unsigned faults)
{
    if (!judge(w, what, gd_is_tensor(t), faults, false) || !compare(w, t, v, true))
        return;
    add_object(w, at * MOST_RESULTS, t, v, false);
    if (gd_requires_grad(t) || !gd_is_leaf(t))
        complain(w, "%s made something that is no plain leaf", what);
}

/* dtype, shape, flavour, seed */
static void run_make(world *w, int at)
{
    unsigned faults = 0;
    gd_dims shape = argument_at(w, at, 1)->dims;
    value *v = made(w, whole_at(w, at, 0), shape, 0, &faults);
    if (faults || in_between(v, faults))
        return; /* FULL makes what can't be */
    number *numbers = take(&w->memory, (size_t)v->count * sizeof *numbers);
    numbers_of((flavour)whole_at(w, at, 2), (uint64_t)whole_at(w, at, 3), v->dtype, v->count, numbers);
    for (int64_t i = 0; i < v->count; i++)
        put(v, i, numbers[i]);
    take_made(w, at, "gd_from_memory",
              gd_from_memory(w->g, (gd_dtype)whole_at(w, at, 0), shape, as_memory(w, v->dtype, v->count, numbers)), v, 0);
}

/* dtype, shape, value */
static void run_full(world *w, int at)
{
    unsigned faults = 0;
    gd_dtype dtype = (gd_dtype)whole_at(w, at, 0);
    gd_dims shape = argument_at(w, at, 1)->dims;
    double n = argument_at(w, at, 2)->real;
    value *v = made(w, whole_at(w, at, 0), shape, (number)n, &faults);
    if (in_between(v, faults))
        return;
    gd_tensor *t = n == 0 ? gd_zeros(w->g, dtype, shape) : n == 1 ? gd_ones(w->g, dtype, shape) : gd_full(w->g, dtype, shape, n);
    if (n == 0 && v->buffer)
        for (int64_t i = 0; i < v->count; i++)
            put(v, i, 0);
    take_made(w, at, "gd_full", t, v, faults);
}

/* tensor, value */
static void run_like(world *w, int at)
{
    const object *o = object_at(w, argument_at(w, at, 0)->slot);
    double n = argument_at(w, at, 1)->real;
    unsigned faults = 0;
    if (!is_alive(o))
        return;
    value *v = made(w, (int64_t)o->value->dtype, o->value->shape, n == 0 ? 0 : (number)n, &faults);
    take_made(w, at, "gd_full_like",
              n == 0 ? gd_zeros_like(o->tensor) : n == 1 ? gd_ones_like(o->tensor) : gd_full_like(o->tensor, n), v, faults);
}

/* dtype, n */
static void run_arange(world *w, int at)
{
    unsigned faults = 0;
    int64_t dtype = whole_at(w, at, 0), n = whole_at(w, at, 1);
    value *v = made(w, dtype == GD_DEFAULT ? GD_INT64 : dtype, gd_shape(n), 0, &faults);
    if (dtype == GD_BOOL)
        faults |= 1u << GD_ERROR_DTYPE;
    if (in_between(v, faults))
        return;
    for (int64_t i = 0; v->buffer && i < v->count; i++)
        put(v, i, as_dtype(v->dtype, (number)i));
    take_made(w, at, "gd_arange", gd_arange(w->g, (gd_dtype)dtype, n), v, faults);
}

/* Numbers that were drawn are taken as they come, if they lie where they must. */
static void take_drawn(world *w, gd_tensor *t, value *v, number low, number high, bool different)
{
    if (!read_numbers(t, v->count, v->buffer))
        return; /* compare will say why */
    for (int64_t i = 0; i < v->count; i++) {
        bool twice = false;
        for (int64_t k = 0; different && k < i; k++)
            twice = twice || v->buffer[k] == v->buffer[i];
        if (!(v->buffer[i] >= low && v->buffer[i] < high) || twice)
            complain(w, "the drawn number %.17Lg lies outside, or comes twice", v->buffer[i]);
    }
}

/* which, dtype, shape */
static void run_random(world *w, int at)
{
    unsigned faults = 0;
    int64_t which = whole_at(w, at, 0), dtype = whole_at(w, at, 1);
    gd_dims shape = argument_at(w, at, 2)->dims;
    bool real = which < 2;
    if (!real)
        shape.count = 1;
    value *v = made(w, real ? dtype : GD_INT64, shape, 0, &faults);
    if (real && !is_float(v->dtype))
        faults |= 1u << GD_ERROR_DTYPE;
    if (in_between(v, faults) || (which == 3 && v->count > 500))
        return;
    gd_tensor *t = which == 0   ? gd_rand(w->g, (gd_dtype)dtype, shape)
                   : which == 1 ? gd_randn(w->g, (gd_dtype)dtype, shape)
                   : which == 2 ? gd_choice(w->g, 5, shape.size[0])
                                : gd_randperm(w->g, shape.size[0]);
    number high = which == 0 ? 1 : which == 1 ? 10 : which == 2 ? 5 : (number)v->count;
    if (gd_is_tensor(t) && v->buffer)
        take_drawn(w, t, v, which == 1 ? -10 : 0, high, which == 3);
    take_made(w, at, "a draw", t, v, faults);
}

/* ---- scopes ---- */

static void run_enter(world *w, int at)
{
    if (w->depth == MOST_DEPTH)
        return;
    gd_scope scope = gd_scope_enter(w->g);
    if (!scope.context && w->meter.refused)
        return;
    w->scope[++w->depth] = scope;
    w->scope_step[w->depth] = at;
}

/* What lived in the scopes from this depth on is gone, and so is what was recorded there. */
static void bury(world *w, int depth)
{
    for (object *o = w->objects; o; o = o->next)
        o->depth = o->depth >= depth ? -1 : o->depth;
    for (node *n = w->nodes; n; n = n->previous)
        n->gone = n->gone || n->depth >= depth;
}

/* the step that entered; twice: leaves by a copy of the mark once more */
static void run_leave(world *w, int at)
{
    int entered = (int)whole_at(w, at, 0), depth = w->depth;
    while (depth > 0 && w->scope_step[depth] != entered)
        depth--;
    if (depth == 0)
        return;
    gd_scope copy = w->scope[depth];
    gd_scope_leave(&w->scope[depth]);
    gd_scope_leave(&copy);
    bury(w, depth);
    w->depth = depth - 1;
}

static void run_keep(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    if (!is_alive(o))
        return;
    gd_tensor *t = gd_keep(o->tensor);
    if (!judge(w, "gd_keep", t == o->tensor, 0, false))
        return;
    if (o->depth == w->depth && o->depth > 0)
        o->depth--;
}

static void run_clear(world *w, int at)
{
    (void)at;
    gd_clear(w->g);
    if (gd_failed(w->g) || gd_first_error(w->g)->status != GD_OK || gd_message(w->g)[0])
        complain(w, "gd_clear left an error");
}

static void run_default_dtype(world *w, int at)
{
    int64_t dtype = whole_at(w, at, 0);
    bool known = dtype == GD_FLOAT32 || dtype == GD_FLOAT64;
    gd_set_default_dtype(w->g, (gd_dtype)dtype);
    if (known)
        w->default_dtype = (gd_dtype)dtype;
    else
        judge(w, "gd_set_default_dtype", false, 1u << GD_ERROR_DTYPE, false);
}

/* ---- gradients wanted or not ---- */

static void run_require(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    bool wanted = whole_at(w, at, 1) != 0;
    unsigned faults = 0;
    if (!is_alive(o))
        return;
    if (wanted && !is_float(o->value->dtype))
        faults = 1u << GD_ERROR_DTYPE;
    if (!wanted && o->requires_grad && o->node)
        faults = 1u << GD_ERROR_STATE;
    bool open = o->muddy && !wanted;
    gd_tensor *t = gd_require_grad(o->tensor, wanted);
    if (!judge(w, "gd_require_grad", t == o->tensor, faults, open)) {
        o->requires_grad = gd_requires_grad(o->tensor);
        return;
    }
    o->muddy = o->muddy || (o->requires_grad != wanted && o->used);
    o->requires_grad = wanted;
    if (gd_requires_grad(o->tensor) != wanted)
        complain(w, "gd_require_grad(%d) did nothing", wanted);
}

static void run_detach(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    if (!is_alive(o))
        return;
    value *v = new_view(&w->memory, o->value, o->value->shape);
    memcpy(v->place, o->value->place, (size_t)v->count * sizeof *v->place);
    take_made(w, at, "gd_detach", gd_detach(o->tensor), v, 0);
}

static void run_record(world *w, int at)
{
    bool wanted = whole_at(w, at, 0) != 0;
    if (gd_set_recording(w->g, wanted) != w->recording)
        complain(w, "gd_set_recording tells the wrong state");
    w->recording = wanted;
}

/* ---- reading and writing ---- */

/* tensor, dtype, flavour, seed, how many more than there are */
static void run_write(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    int64_t dtype = whole_at(w, at, 1), more = whole_at(w, at, 4);
    unsigned faults = 0;
    if (!is_alive(o))
        return;
    value *v = o->value;
    if (!is_dtype(dtype))
        faults |= 1u << GD_ERROR_DTYPE;
    if (more != 0)
        faults |= 1u << GD_ERROR_VALUE;
    if (!faults && overlaps(v))
        faults |= 1u << GD_ERROR_STATE;
    gd_dtype from = is_dtype(dtype) ? (gd_dtype)dtype : GD_FLOAT32;
    number *numbers = take(&w->memory, (size_t)(v->count + 1) * sizeof *numbers);
    numbers_of((flavour)whole_at(w, at, 2), (uint64_t)whole_at(w, at, 3), from, v->count, numbers);
    bool good = gd_write(o->tensor, (gd_dtype)dtype, as_memory(w, from, v->count + 1, numbers), (size_t)(v->count + more));
    if (!faults && w->failed_before)
        faults = ANY_FAULT;
    if (!judge(w, "gd_write", good, faults, false))
        return;
    for (int64_t i = 0; i < v->count; i++)
        put(v, i, as_dtype(v->dtype, numbers[i]));
    written(w, v->buffer);
    compare_all(w);
}

static void check_read(world *w, const value *v, gd_dtype dtype, const char *memory)
{
    for (int64_t i = 0; i < v->count && !w->bad; i++) {
        number want = as_dtype(dtype, get(v, i)), got = 0;
        switch (dtype) {
        case GD_FLOAT32: got = (number)((const float *)memory)[i]; break;
        case GD_FLOAT64: got = (number)((const double *)memory)[i]; break;
        case GD_INT64: got = (number)((const int64_t *)memory)[i]; break;
        case GD_UINT8: got = (number)((const uint8_t *)memory)[i]; break;
        case GD_BOOL: got = (number)((const bool *)memory)[i]; break;
        case GD_DEFAULT: break;
        }
        if (!fits(dtype, got, want, 0))
            complain(w, "gd_read: element %lld as %s is %.17Lg, expected %.17Lg", (long long)i, gd_dtype_name(dtype), got, want);
    }
}

static void check_one(world *w, const object *o, uint64_t seed)
{
    const value *v = o->value;
    int64_t index[GD_MAX_DIMS] = { 0 };
    if (v->count > 0) {
        int64_t i = (int64_t)(seed % (uint64_t)v->count);
        index_of(v->shape, i, index);
        double got = gd_at_of(o->tensor, (size_t)v->shape.count, index), want = (double)get(v, i);
        if (!(got == want || (isnan(got) && isnan(want))))
            complain(w, "gd_at gives %.17g for %.17g", got, want);
    }
    double item = gd_item(o->tensor);
    bool good = v->count == 1, right = v->count == 1 ? item == (double)get(v, 0) || isnan(get(v, 0)) : isnan(item);
    judge(w, "gd_item", good, good ? 0 : 1u << GD_ERROR_SHAPE, false);
    if (!right)
        complain(w, "gd_item gives %.17g", item);
}

static void check_text(world *w, const object *o)
{
    char text[200];
    size_t length = gd_format(o->tensor, NULL, 0), again = gd_format(o->tensor, text, sizeof text);
    if (length != again || strlen(text) != (length < sizeof text ? length : sizeof text - 1))
        complain(w, "gd_format tells two lengths");
}

/* tensor, dtype, seed */
static void run_read(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    int64_t dtype = whole_at(w, at, 1);
    if (!is_alive(o))
        return;
    char *memory = take(&w->memory, (size_t)o->value->count * 8);
    bool good = gd_read(o->tensor, (gd_dtype)dtype, memory, (size_t)o->value->count);
    if (judge(w, "gd_read", good, is_dtype(dtype) ? 0 : 1u << GD_ERROR_DTYPE, false))
        check_read(w, o->value, (gd_dtype)dtype, memory);
    w->failed_before = gd_failed(w->g);
    bool plain = is_contiguous(o->value);
    judge(w, "gd_data", gd_data(o->tensor) != NULL, plain ? 0 : 1u << GD_ERROR_STATE, o->value->count == 0);
    w->failed_before = gd_failed(w->g);
    check_one(w, o, (uint64_t)whole_at(w, at, 2));
    check_text(w, o);
}

/* tensor, size, dim */
static void run_split(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    int64_t size = whole_at(w, at, 1), asked = whole_at(w, at, 2), count = -1;
    if (!is_alive(o))
        return;
    question q = { .memory = &w->memory };
    int dim = dim_of(&q, o->value, asked);
    if (size < 1)
        fault(&q, GD_ERROR_VALUE);
    if (!q.faults)
        count = o->value->shape.size[dim] > 0 ? (o->value->shape.size[dim] - 1) / size + 1 : 1;
    if (count > MOST_RESULTS)
        fault(&q, GD_ERROR_VALUE);
    gd_tensor *part[MOST_RESULTS] = { NULL };
    int got = gd_split(o->tensor, size, (int)asked, MOST_RESULTS, part);
    if (!judge(w, "gd_split", got >= 0, q.faults, false))
        return;
    if (got != count)
        complain(w, "gd_split makes %d parts, expected %lld", got, (long long)count);
    for (int64_t k = 0; k < count && !w->bad; k++) {
        question one = { .memory = &w->memory, .count = 5 };
        one.argument[0].x = o->value;
        one.argument[1].whole = dim;
        one.argument[2].whole = k * size;
        one.argument[3].whole = k + 1 < count ? (k + 1) * size : o->value->shape.size[dim];
        one.argument[4].whole = 1;
        const reference *slice = reference_of("slice");
        slice->evaluate(&one, slice);
        if (compare(w, part[k], one.y, true)) {
            object *made_here = add_object(w, at * MOST_RESULTS + (int)k, part[k], one.y, gd_requires_grad(part[k]));
            made_here->muddy = made_here->requires_grad;
        }
    }
}

static void run_name(world *w, int at)
{
    object *o = object_at(w, argument_at(w, at, 0)->slot);
    static const char *const names[] = { NULL, "", "W1", "a name that is longer than what messages have room for, %s %d %n" };
    const char *name = names[whole_at(w, at, 1) & 3];
    if (!is_alive(o))
        return;
    if (judge(w, "gd_name", gd_name(o->tensor, name) == o->tensor, 0, false) && strcmp(gd_name_of(o->tensor), name ? name : ""))
        complain(w, "gd_name_of gives '%s'", gd_name_of(o->tensor));
}

const verb verbs[OWN_VERBS] = {
    [MAKE] = { "gd_from_memory", run_make },
    [FULL] = { "gd_full", run_full },
    [LIKE] = { "gd_full_like", run_like },
    [ARANGE] = { "gd_arange", run_arange },
    [RANDOM] = { "draw", run_random },
    [ENTER] = { "gd_scope_enter", run_enter },
    [LEAVE] = { "gd_scope_leave", run_leave },
    [KEEP] = { "gd_keep", run_keep },
    [CLEAR] = { "gd_clear", run_clear },
    [DEFAULT_DTYPE] = { "gd_set_default_dtype", run_default_dtype },
    [REQUIRE] = { "gd_require_grad", run_require },
    [DETACH] = { "gd_detach", run_detach },
    [RECORD] = { "gd_set_recording", run_record },
    [WRITE] = { "gd_write", run_write },
    [READ] = { "gd_read", run_read },
    [SPLIT] = { "gd_split", run_split },
    [NAME] = { "gd_name", run_name },
    [BACKWARD] = { "gd_backward", run_backward },
    [GRADIENT] = { "gd_gradient", run_gradient },
    [SECOND] = { "second_gradient", run_second },
    [HOOK] = { "gd_hook", run_hook },
    [UNHOOK] = { "gd_unhook", run_unhook },
    [RETAIN] = { "gd_retain_grad", run_retain },
    [FORGET] = { "gd_clear_grad", run_forget },
};
