/* function.c - a call of a function of the list, judged by the reference. */
#include "fuzz/parts/world.h"

#include <math.h>
#include <string.h>

/* A call under way. */
typedef struct calling {
    const gd_function_info *info;
    const reference *r;
    question q;
    int count;
    gd_argument argument[MOST_ARGUMENTS];
    gd_tensor *listed[MOST_ARGUMENTS][MOST_LISTED];
    int operands;
    object *operand[MOST_OPERANDS];
    value **stands[MOST_OPERANDS]; /* where the operand's value stands in the question */
    bool missing;                  /* works on what a dropped step would have made */
    bool null, error, foreign, dead;
} calling;

const char *parameter_type(const char *parameters, int place, char *name)
{
    static char type[32];
    for (; place > 0 && parameters; place--) {
        parameters = strchr(parameters, ',');
        parameters = parameters ? parameters + 2 : NULL;
    }
    if (!parameters)
        return NULL;
    size_t length = strcspn(parameters, ","), last = length;
    while (last > 0 && parameters[last - 1] != ' ' && parameters[last - 1] != '*')
        last--;
    snprintf(type, sizeof type, "%.*s", (int)last, parameters);
    if (name)
        snprintf(name, 32, "%.*s", (int)(length - last), parameters + last);
    return type;
}

/* ---- arguments ---- */

static value *take_tensor(const world *w, calling *c, int slot, value **stands)
{
    object *o = object_at(w, slot);
    c->null = c->null || slot == NO_TENSOR;
    c->error = c->error || slot == ERROR_TENSOR;
    c->foreign = c->foreign || slot == FOREIGN_TENSOR;
    c->missing = c->missing || (slot >= 0 && !o);
    c->dead = c->dead || (o && !is_alive(o));
    if (!o || c->operands == MOST_OPERANDS)
        return NULL;
    o->used = true;
    c->stands[c->operands] = stands;
    c->operand[c->operands++] = o;
    return o->value;
}

static void take_argument(const world *w, calling *c, const drawn *from, int i)
{
    argument *to = &c->q.argument[i];
    gd_argument *out = &c->argument[i];
    *to = (argument){ .kind = from->kind, .real = from->real, .whole = from->whole, .dims = from->dims };
    *out = (gd_argument){ .kind = from->kind, .number = from->real, .integer = from->whole, .dims = from->dims };
    if (from->kind == GD_ARGUMENT_TENSOR) {
        bool left_out = from->slot == NO_TENSOR && c->r->optional >> i & 1;
        to->x = left_out ? NULL : take_tensor(w, c, from->slot, &to->x);
        to->requires_grad = w->recording && object_at(w, from->slot) && object_at(w, from->slot)->requires_grad;
        out->tensor = tensor_at(w, from->slot);
    } else if (from->kind == GD_ARGUMENT_TENSORS) {
        to->count = from->count;
        c->null = c->null || from->count == 0;
        for (int k = 0; k < from->count; k++) {
            to->list[k] = take_tensor(w, c, from->listed[k], &to->list[k]);
            c->listed[i][k] = tensor_at(w, from->listed[k]);
        }
        out->tensors = (gd_tensors){ from->count, c->listed[i] };
    } else if (from->kind == GD_ARGUMENT_INTEGER) {
        to->real = (double)from->whole;
    }
}

/* ---- do the kinds fit the parameters? ---- */

static bool is_whole_number(double x)
{
    return x >= -9223372036854775808.0 && x < 9223372036854775808.0 && x == trunc(x);
}

static bool fits_integer(argument *a, bool small)
{
    if (a->kind == GD_ARGUMENT_NUMBER && is_whole_number(a->real))
        a->whole = (int64_t)a->real;
    else if (a->kind != GD_ARGUMENT_INTEGER)
        return false;
    return !small || (a->whole >= INT32_MIN && a->whole <= INT32_MAX);
}

static bool fits_type(argument *a, const char *type)
{
    if (strstr(type, "gd_tensors"))
        return a->kind == GD_ARGUMENT_TENSORS;
    if (strstr(type, "gd_tensor *"))
        return a->kind == GD_ARGUMENT_TENSOR;
    if (strstr(type, "gd_dims"))
        return a->kind == GD_ARGUMENT_DIMS;
    if (strstr(type, "double"))
        return a->kind == GD_ARGUMENT_NUMBER || a->kind == GD_ARGUMENT_INTEGER;
    return fits_integer(a, strstr(type, "int64_t") == NULL && strstr(type, "bool") == NULL);
}

/* Those of a struct may be left out at the end: the row says from which place on. */
static bool kinds_fit(calling *c)
{
    int least = 0, most = 0;
    for (const char *type; (type = parameter_type(c->info->parameters, most, NULL)); most++)
        if (most < c->count && !fits_type(&c->q.argument[most], type))
            return false;
    least = c->r->least ? c->r->least : most;
    return c->count >= least && c->count <= most;
}

/* ---- what is expected ---- */

static void expect(world *w, calling *c)
{
    question *q = &c->q;
    q->memory = &w->memory;
    q->default_dtype = w->default_dtype;
    q->count = c->count;
    if (!kinds_fit(c))
        fault(q, GD_ERROR_VALUE);
    else if (c->null || c->error || c->foreign || c->dead)
        q->unclear = c->dead;
    else if (c->r->writes && w->failed_before)
        q->faults = ANY_FAULT;
    else
        c->r->evaluate(q, c->r);
}

static bool is_view(const calling *c)
{
    const value *y = c->q.y;
    return y && c->operands > 0 && y->buffer == c->operand[0]->value->buffer;
}

/* Too large for the reference; a view all the same, or more than there is memory, or in between: nobody knows. */
static bool too_large_to_tell(calling *c)
{
    const value *y = c->q.y;
    if (c->q.faults || c->q.unclear || !y || y->buffer)
        return false;
    if (strcmp(c->info->name, "expand") == 0)
        return false;
    if ((number)y->count * (number)gd_dtype_size(y->dtype) <= (number)MOST_BYTES)
        return true;
    fault(&c->q, GD_ERROR_MEMORY);
    return false;
}

/* ---- what came of it ---- */

static bool gradient_flows(const world *w, const calling *c, gd_dtype dtype)
{
    bool flows = false;
    for (int k = 0; k < c->operands; k++) {
        bool list = c->q.argument[0].kind == GD_ARGUMENT_TENSORS;
        flows = flows || (c->r->differentiable >> (list ? 0 : k) & 1 && c->operand[k]->requires_grad);
    }
    return flows && w->recording && is_float(dtype);
}

static value *snapshot(world *w, const value *x)
{
    value *copy = new_value(&w->memory, x->dtype, x->shape);
    for (int64_t i = 0; i < x->count; i++)
        put(copy, i, get(x, i));
    return copy;
}

/* The call goes onto the reference's own tape. */
static void record(world *w, const calling *c, object *out)
{
    node *n = take(&w->memory, sizeof *n);
    *n = (node){ .r = c->r, .question = c->q, .operands = c->operands, .out = out, .depth = w->depth, .previous = w->nodes };
    n->question.y = NULL;
    for (int k = 0; k < c->operands; k++) {
        n->operand[k] = c->operand[k];
        n->snapshot[k] = (value **)((char *)&n->question + ((const char *)c->stands[k] - (const char *)&c->q));
        *n->snapshot[k] = snapshot(w, c->operand[k]->value);
    }
    out->node = n;
    w->nodes = n;
}

static void check_flags(world *w, const object *o)
{
    if (gd_requires_grad(o->tensor) != o->requires_grad)
        complain(w, "the result %s a gradient", o->requires_grad ? "should require" : "should not require");
    else if (gd_is_leaf(o->tensor) != !(o->requires_grad && o->node))
        complain(w, "the result %s a leaf", gd_is_leaf(o->tensor) ? "should not be" : "should be");
}

static void take_result(world *w, calling *c, int at, gd_tensor *y)
{
    bool flows = gradient_flows(w, c, c->q.y->dtype), view = is_view(c);
    if (!compare(w, y, c->q.y, view || !c->r->element))
        return;
    object *o = add_object(w, at * MOST_RESULTS, y, c->q.y, flows);
    o->huge = !c->q.y->buffer;
    if (flows && !o->huge)
        record(w, c, o);
    o->muddy = o->huge && flows;
    if (o->huge)
        w->slot[at * MOST_RESULTS] = NULL; /* nothing more is done with it */
    if (!flows || o->node)
        check_flags(w, o);
}

/* What an update wrote. */
static void take_written(world *w, calling *c)
{
    for (int i = 0; i < c->count; i++) {
        value *after = c->q.written[i];
        if (!after || !compare(w, c->argument[i].tensor, after, false))
            continue;
        for (int64_t k = 0; k < after->count; k++)
            put(c->q.argument[i].x, k, get(after, k));
        written(w, c->q.argument[i].x->buffer);
    }
    if (!w->bad)
        compare_all(w);
}

/* The operand itself comes back. */
static void take_same(world *w, calling *c, int at, gd_tensor *y)
{
    object *o = NULL;
    for (int k = 0; k < c->operands; k++)
        if (*c->stands[k] == c->q.same)
            o = c->operand[k];
    if (!o || y != o->tensor)
        complain(w, "%s should return its operand itself", c->info->name);
    else
        w->slot[at * MOST_RESULTS] = o;
    take_written(w, c);
}

/* Operands that can't be used: an error, of the context or, where there is nothing but NULL, of none. */
static void judge_special(world *w, const calling *c, bool good)
{
    bool quiet = !gd_failed(w->g), alone = c->foreign && c->operands == 0; /* at home in its own context */
    if (good && !alone)
        complain(w, "%s has a result, from %s", c->info->name,
                 c->null ? "NULL" : c->error ? "an error object" : "a tensor of another context");
    else if (!good && c->foreign && !c->null && !c->error && quiet && !gd_failed(w->other))
        complain(w, "%s failed without an error, from a tensor of another context", c->info->name);
    gd_clear(w->other);
}

static void judge_call(world *w, calling *c, int at, gd_tensor *y)
{
    bool good = gd_is_tensor(y), special = c->null || c->error || c->foreign;
    int64_t *count = w->tally->by_function[w->program->step[at].verb];
    w->tally->calls++;
    w->tally->results += good;
    w->tally->errors += !good;
    count[!good]++;
    if (!y)
        complain(w, "%s returned NULL", c->info->name);
    else if (!c->dead && special && !c->q.faults)
        judge_special(w, c, good);
    else if (!judge(w, c->info->name, good, c->q.faults, c->q.unclear))
        return;
    else if (c->q.same)
        take_same(w, c, at, y);
    else
        take_result(w, c, at, y);
}

void run_function(world *w, int at)
{
    const step *s = &w->program->step[at];
    calling c = { .info = gd_function_at(s->verb), .count = s->count };
    c.r = reference_of(c.info->name);
    for (int i = 0; i < s->count; i++)
        take_argument(w, &c, &s->argument[i], i);
    if (c.missing || (c.dead && c.r->writes)) /* where a dead tensor was another may live by now, which would be written to */
        return;
    expect(w, &c);
    if (too_large_to_tell(&c))
        return;
    judge_call(w, &c, at, gd_call_with(w->g, c.info->name, c.count, c.argument));
}
