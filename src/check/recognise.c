/* recognise.c - finding operations that make the same numbers as a function: values are made of the operands, the likeliest
 * first, until one of them, or two together, make what is looked for. */
#include "check/recognise_search.h"

#include "gradus/autograd.h"

#include <limits.h>
#include <string.h>

enum { BUDGET = 8000000, LARGER = 300, LITTLE = 150000, ONE_STEP = 4, LARGE = 4096 };

/* ---- one search ---- */

static int64_t numbers_of(const gd__quest *s)
{
    int64_t count = s->y[0]->numel;
    for (int i = 0; i < s->operands; i++)
        count += s->x[0][i]->numel;
    return count;
}

/* One number tells little: it takes more points. */
static bool begin(gd__quest *s, bool own)
{
    bool large = numbers_of(s) > LARGE;
    s->points = (s->y[0]->numel == 1 ? GD__POINTS : GD__POINTS - 1) - large;
    memset(s->value_cell, -1, sizeof s->value_cell);
    memset(s->target_cell, -1, sizeof s->target_cell);
    memset(s->first, -1, sizeof s->first);
    s->values = s->raised_count = s->shapes = s->targets = s->tries = s->totals = s->settled = s->checks = 0;
    s->unused = -1;
    s->farthest = GD__PRIORITIES - 1;
    s->work = 0;
    s->budget = BUDGET * (s->operands < 4 ? 1 : s->operands / 3.0);
    if (!own) /* what is tried second, at points of its own, is less likely */
        s->budget += BUDGET + LARGER * (double)numbers_of(s);
    s->price = INT_MAX;
    for (int set = 0; set < 2; set++)
        for (int p = 0; p < s->points; p++) {
            gd_tensor *room = gd_zeros(s->context, GD_FLOAT64, gd__shape(s->y[0]));
            if (!gd__alive(room))
                return false;
            s->scratch[set][p] = (double *)(void *)room->data;
        }
    for (int i = 0; i < s->operands; i++)
        if (!gd__add_operand(s, i))
            return false;
    return gd__set_targets(s);
}

static void look_at(gd__quest *s, int value)
{
    gd__standing standing = s->value[value].standing;
    if (standing != GD__QUIET)
        gd__check_value(s, value);
    if (standing == GD__EXPANDED)
        gd__expand(s, value);
}

/* Looks at all that was made since the last time. */
static void settle(gd__quest *s)
{
    while (s->raised_count > 0)
        look_at(s, s->raised[--s->raised_count]);
    for (; s->settled < s->values; s->settled++)
        look_at(s, s->settled);
}

/* The first that is found may not be the simplest: some more is looked at, but of a single step. */
static void go_on_a_little(gd__quest *s)
{
    double enough = s->price > ONE_STEP ? s->work * 1.1 + LITTLE * s->price : 0;
    s->budget = s->budget < enough ? s->budget : enough;
}

static bool search(gd__quest *s, bool own)
{
    bool found = false;
    if (!begin(s, own))
        return false;
    settle(s);
    gd__make_first(s);
    settle(s);
    if (s->price < INT_MAX)
        go_on_a_little(s);
    found = s->price < INT_MAX;
    while (s->work < s->budget && s->values < GD__MOST_VALUES && !s->context->failed) {
        gd__try t;
        if (!gd__next_try(s, &t))
            break;
        gd__carry_out(s, &t);
        settle(s);
        if (!found && s->price < INT_MAX)
            go_on_a_little(s);
        found = s->price < INT_MAX;
    }
    return s->price < INT_MAX && !s->context->failed;
}

/* ---- searches at several kinds of points ---- */

/* Functions take different numbers: one with a logarithm none below 0. Its own are tried besides, where others lead the
 * function another way: to a guard, or a branch. */
static bool search_all(gd__quest *s, gd_tensors x)
{
    bool taken = false;
    for (gd__manner manner = 0;
         manner < GD__MANNERS && !(s->context->failed && s->context->error.status == GD_ERROR_MEMORY); manner++) {
        bool own = manner >= GD__LIKE_ITS_OWN;
        gd_scope scope = taken && !own ? (gd_scope){ 0 } : gd_scope_enter(s->context);
        if (!scope.context)
            continue;
        bool good = gd__draw_points(s, x, manner);
        taken = taken || good;
        bool found = good && search(s, own);
        gd_scope_leave(&scope);
        if (found)
            return true;
        if (s->context->error.status != GD_ERROR_MEMORY)
            gd_clear(s->context);
        if (good && own)
            return false;
    }
    return false;
}

/* ---- its room, and a context that nobody else looks at ---- */

static void give_room(gd__quest *s)
{
    gd_context *g = s->context;
    gd__free(g, s->value, GD__MOST_VALUES * sizeof *s->value);
    gd__free(g, s->target, GD__MOST_TARGETS * sizeof *s->target);
    gd__free(g, s->attempt, GD__MOST_TRIES * sizeof *s->attempt);
    gd__free(g, s->total, GD__MOST_TOTALS * sizeof *s->total);
}

static bool take_room(gd__quest *s)
{
    gd_context *g = s->context;
    s->value = gd__alloc(g, GD__MOST_VALUES * sizeof *s->value);
    s->target = s->value ? gd__alloc(g, GD__MOST_TARGETS * sizeof *s->target) : NULL;
    s->attempt = s->target ? gd__alloc(g, GD__MOST_TRIES * sizeof *s->attempt) : NULL;
    s->total = s->attempt ? gd__alloc(g, GD__MOST_TOTALS * sizeof *s->total) : NULL;
    return s->total != NULL;
}

/* What the user would be told of is put aside: most of what is tried is wrong. */
static bool search_quietly(gd__quest *s, gd_tensors x)
{
    gd_context *g = s->context;
    gd_error_callback *on_error = g->on_error;
    struct gd__trace *trace = g->trace;
    bool watching = g->watching, recording_all = g->recording_all;
    gd_no_grad quiet = gd_no_grad_enter(g);
    g->on_error = NULL;
    g->trace = NULL;
    g->watching = g->recording_all = false;
    bool found = take_room(s) && search_all(s, x);
    give_room(s);
    g->watching = watching;
    g->recording_all = recording_all;
    g->trace = trace;
    g->on_error = on_error;
    gd_no_grad_leave(&quiet);
    return found;
}

/* Running out of memory is told: it is no answer. */
static void tell(gd_context *g)
{
    gd_error error = g->error;
    if (!g->failed)
        return;
    gd_clear(g);
    gd__fail(g, (gd__fault){ .status = error.status, .op = error.op, .remedy = error.remedy }, "%s", error.what);
}

static bool usable(const gd_context *g, gd_tensors x)
{
    if (x.count < 1 || x.count > GD__MOST_OPERANDS || !x.item)
        return false;
    for (int i = 0; i < x.count; i++)
        if (!gd__alive(x.item[i]) || gd__context(x.item[i]) != g || x.item[i]->numel < 1)
            return false;
    return true;
}

bool gd__recognise(gd__opaque *function, void *user, gd_tensors x, double tolerance, gd__recipe *recipe)
{
    gd_context *g = gd__context_of(x);
    *recipe = (gd__recipe){ 0 };
    if (g->failed || !usable(g, x))
        return false;
    gd__quest s = { .context = g, .function = function, .user = user, .operands = x.count, .tolerance = tolerance };
    bool found = search_quietly(&s, x);
    tell(g);
    if (found)
        *recipe = s.best;
    return found;
}

gd_tensor *gd__follow(const gd__recipe *recipe, gd_tensors x)
{
    gd_tensor *value[GD__MOST_OPERANDS + GD__RECIPE_STEPS], *in[GD__MAX_INPUTS];
    gd_context *g = gd__context_of(x);
    if (x.count != recipe->count || x.count > GD__MOST_OPERANDS || !x.item || recipe->steps < 1)
        return gd__fail(g,
                        (gd__fault){ .status = GD_ERROR_VALUE,
                                     .op = "recognise",
                                     .remedy = "Pass the operands that were recognised" },
                        "a recipe for %d operands can't be followed with %d", recipe->count, x.count);
    for (int i = 0; i < x.count; i++)
        value[i] = x.item[i];
    for (int i = 0; i < recipe->steps; i++) {
        for (int k = 0; k < recipe->step[i].count; k++)
            in[k] = value[recipe->step[i].in[k]];
        value[x.count + i] = gd__apply(recipe->step[i].op, recipe->step[i].count, in, &recipe->step[i].attrs);
    }
    return value[x.count + recipe->steps - 1];
}
