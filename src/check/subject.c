/* subject.c - computing the function that is checked, wherever it is asked for, and leaving all as it was. */
#include "check/subject.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- draws of its own: the context's stream stays where it is ---- */

double gd__drawn(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u; /* splitmix64 (Steele, Lea and Flood 2014) */
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return ((double)(z >> 11) + 0.5) / 9007199254740992.0;
}

double gd__drawn_normal(uint64_t *state)
{
    double u = gd__drawn(state), v = gd__drawn(state);
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* ---- what is told while the function runs ---- */

static void note_overwriting(gd__trace *trace, const gd__op *op, int i, bool backward)
{
    gd__subject *s = trace->user;
    if (s->conduct.overwrote)
        return;
    s->conduct = (gd__conduct){ .overwrote = true, .in_backward = backward, .operand = i };
    snprintf(s->conduct.operation, sizeof s->conduct.operation, "%s", op->info.name);
}

/* What a running mean was is kept, to be put back at the end. */
static void save_before(gd__trace *trace, gd_tensor *t)
{
    gd__subject *s = trace->user;
    for (int i = 0; i < s->saves; i++)
        if (s->saved[i].tensor == t && s->saved[i].serial == t->object.serial)
            return;
    if (!t->contiguous || !gd__grow(s->g, (void **)&s->saved, &s->save_capacity, s->saves + 1, sizeof *s->saved))
        return;
    gd__written_to w = { t, t->object.serial, NULL, (size_t)t->numel * gd__dtypes[t->dtype].size };
    w.numbers = gd__alloc(s->g, w.size + 1);
    if (!w.numbers)
        return;
    memcpy(w.numbers, t->data, w.size);
    s->saved[s->saves++] = w;
}

/* The first time the numbers are noted, later they come again. */
static gd_tensor *freeze(gd__trace *trace, gd_tensor *t)
{
    gd__subject *s = trace->user;
    if (s->next_frozen < s->frozen_count) {
        gd_tensor *then = s->frozen[s->next_frozen++];
        return gd__same_shape(then, t) ? then : NULL;
    }
    if (!gd__grow(s->g, (void **)&s->frozen, &s->frozen_capacity, s->frozen_count + 1, sizeof *s->frozen))
        return NULL;
    s->trace.freeze = NULL;
    gd_tensor *copy = gd_clone(t);
    s->trace.freeze = freeze;
    if (!gd__alive(copy))
        return NULL;
    gd__move(&copy->object, s->depth);
    copy->requires_grad = false;
    copy->record = 0;
    s->next_frozen++;
    return s->frozen[s->frozen_count++] = copy;
}

static void note_shape(gd__trace *trace, const gd__op *op, gd_tensor *x, gd_tensor *dx)
{
    gd__subject *s = trace->user;
    (void)op;
    for (int i = 0; i < s->count; i++) {
        if (gd__subject_leaf(s, i) != x || s->shaped[i] || !gd__is_float((gd_dtype)dx->dtype))
            continue;
        s->shaped[i] = gd__alloc(s->g, (size_t)(dx->numel + 1) * sizeof(double));
        if (s->shaped[i] && gd_read(dx, GD_FLOAT64, s->shaped[i], (size_t)dx->numel))
            s->shaped_dims[i] = gd__shape(dx);
    }
}

/* ---- opening ---- */

static bool is_checked(const gd_tensor *t)
{
    return gd__is_float((gd_dtype)t->dtype);
}

static bool arguments_usable(const gd_gradcheck_options *o)
{
    if (!o->f) {
        gd__fail(o->g, (gd__fault){ GD_ERROR_NULL, 0, "gd_gradcheck", "Pass the function to be checked" },
                 "the function is NULL");
        return false;
    }
    const gd_tensors lists[] = { o->in, o->parameters };
    for (int n = 0; n < 2; n++)
        if (lists[n].count > 0 && !lists[n].item) {
            gd__fail(
                o->g,
                (gd__fault){ GD_ERROR_NULL, 0, "gd_gradcheck", "Pass an array of as many tensors as are counted" },
                "a list of %d tensors has no array", lists[n].count);
            return false;
        }
    char text[GD__TEXT_SIZE];
    for (int i = 0; i < o->parameters.count; i++) {
        const gd_tensor *t = o->parameters.item[i];
        for (int k = 0; k < i; k++)
            if (gd__overlap(t, o->parameters.item[k])) {
                gd__fail(o->g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck", "Name each once" },
                         "parameters %d and %d share their numbers", k, i);
                return false;
            }
        if (is_checked(t) && t->contiguous && t->record == 0)
            continue;
        gd__fail(o->g, (gd__fault){ GD_ERROR_STATE, 0, "gd_gradcheck", "Pass leaves of floats in row-major order" },
                 "parameter %d, %s, can't be moved", i, gd__describe(t, text));
        return false;
    }
    return true;
}

static void name_item(gd__checked *c, const char *list)
{
    if (c->tensor->name && c->tensor->name[0])
        snprintf(c->name, sizeof c->name, "%.90s", c->tensor->name);
    else
        snprintf(c->name, sizeof c->name, "%s[%d]", list, c->place);
}

static bool add_item(gd__subject *s, gd_tensor *t, bool parameter, int place)
{
    gd__checked *c = &s->item[s->count];
    *c = (gd__checked){ .tensor = t, .parameter = parameter, .place = place, .count = t->numel };
    name_item(c, parameter ? "parameter" : "in");
    c->point = gd__alloc(s->g, (size_t)(t->numel + 1) * sizeof *c->point);
    if (!c->point)
        return false;
    s->count++;
    return gd_read(t, GD_FLOAT64, c->point, (size_t)t->numel);
}

static bool add_items(gd__subject *s, const gd_gradcheck_options *o)
{
    for (int i = 0; i < o->in.count; i++)
        if (is_checked(o->in.item[i]) && !add_item(s, o->in.item[i], false, i))
            return false;
    for (int i = 0; i < o->parameters.count; i++)
        if (!add_item(s, o->parameters.item[i], true, i))
            return false;
    if (s->count > 0)
        return true;
    gd__fail(
        s->g,
        (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck", "Pass tensors of floats, in the list or as .parameters" },
        "there is no gradient to check");
    return false;
}

/* Two tensors exchange their numbers. */
static void exchange(gd_tensor *a, gd_tensor *b)
{
    gd_tensor before = *a;
    a->storage = b->storage;
    a->data = b->data;
    a->dtype = b->dtype;
    b->storage = before.storage;
    b->data = before.data;
    b->dtype = before.dtype;
}

/* Parameters of float64 are written in place, so that views of them move too; others lend their head to float64 numbers. */
static bool borrow_parameter(gd__subject *s, gd__checked *c)
{
    gd_tensor *t = c->tensor;
    size_t size = (size_t)t->numel * sizeof(double);
    c->required = t->requires_grad;
    if (t->dtype == GD_FLOAT64 && !t->storage->read_only) {
        c->before = gd__alloc(s->g, size + 1);
        if (!c->before)
            return false;
        memcpy(c->before, t->data, size);
    } else {
        gd_tensor *wide = gd_cast(t, GD_FLOAT64);
        wide = wide == t ? gd_clone(t) : wide;
        if (!gd__alive(wide))
            return false;
        gd_tensor *lent = gd_detach(wide);
        if (!gd__alive(lent))
            return false;
        c->lent = lent;
        exchange(t, lent);
    }
    t->requires_grad = true;
    return true;
}

bool gd__subject_open(gd__subject *s, const gd_gradcheck_options *o, bool freezes)
{
    gd_context *g = o->g;
    *s = (gd__subject){ .g = g,
                        .f = o->f,
                        .user = o->user,
                        .in = o->in,
                        .random = g->random,
                        .on_error = g->on_error,
                        .outer_trace = g->trace,
                        .widening = g->widening };
    s->freezes = freezes;
    s->depth = g->depth;
    s->trace = (gd__trace){ .freeze = freezes ? freeze : NULL,
                            .writing = save_before,
                            .overwrote = note_overwriting,
                            .misshapen = note_shape,
                            .user = s };
    if (!arguments_usable(o))
        return false;
    size_t room = s->room = (size_t)(o->in.count + o->parameters.count + 1);
    s->item = gd__alloc(g, room * sizeof *s->item);
    s->argument = gd__alloc(g, room * sizeof *s->argument);
    s->shaped = gd__alloc(g, room * sizeof *s->shaped);
    s->shaped_dims = gd__alloc(g, room * sizeof *s->shaped_dims);
    if (!s->item || !s->argument || !s->shaped || !s->shaped_dims)
        return false;
    for (size_t i = 0; i < room; i++)
        s->shaped[i] = NULL;
    if (!add_items(s, o))
        return false;
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool good = true;
    for (int i = 0; good && i < s->count; i++)
        good = !s->item[i].parameter || borrow_parameter(s, &s->item[i]);
    gd_no_grad_leave(&quiet);
    g->trace = &s->trace;
    g->widening = true;
    return good;
}

static void give_back(gd__subject *s, gd__checked *c)
{
    if (!c->parameter)
        return;
    if (c->lent)
        exchange(c->tensor, c->lent);
    if (c->before) {
        memcpy(c->tensor->data, c->before, (size_t)c->count * sizeof(double));
        gd__free(s->g, c->before, (size_t)c->count * sizeof(double) + 1);
    }
    if (c->lent || c->before)
        c->tensor->requires_grad = c->required;
}

void gd__subject_close(gd__subject *s)
{
    gd_context *g = s->g;
    for (int i = 0; i < s->count; i++) {
        give_back(s, &s->item[i]);
        gd__free(g, s->item[i].point, (size_t)(s->item[i].count + 1) * sizeof(double));
        if (s->shaped[i])
            gd__free(g, s->shaped[i], (size_t)(gd__count(s->shaped_dims[i]) + 1) * sizeof(double));
    }
    for (int i = 0; i < s->saves; i++) {
        gd_tensor *t = s->saved[i].tensor;
        if (gd__alive(t) && t->object.serial == s->saved[i].serial)
            memcpy(t->data, s->saved[i].numbers, s->saved[i].size);
        gd__free(g, s->saved[i].numbers, s->saved[i].size + 1);
    }
    gd__free(g, s->item, s->room * sizeof *s->item);
    gd__free(g, s->argument, s->room * sizeof *s->argument);
    gd__free(g, s->shaped, s->room * sizeof *s->shaped);
    gd__free(g, s->shaped_dims, s->room * sizeof *s->shaped_dims);
    gd__free(g, s->frozen, (size_t)s->frozen_capacity * sizeof *s->frozen);
    gd__free(g, s->saved, (size_t)s->save_capacity * sizeof *s->saved);
    gd__free(g, s->weight, (size_t)(s->outputs + 1) * sizeof *s->weight);
    g->random = s->random;
    g->on_error = s->on_error;
    g->trace = s->outer_trace;
    g->widening = s->widening;
}

/* ---- calling ---- */

gd_tensor *gd__subject_leaf(const gd__subject *s, int i)
{
    const gd__checked *c = &s->item[i];
    return c->parameter ? c->tensor : s->argument[c->place];
}

bool gd__subject_place(gd__subject *s, double *const *x, bool leaves)
{
    for (int i = 0; i < s->in.count; i++)
        s->argument[i] = s->in.item[i];
    for (int i = 0; i < s->count; i++) {
        gd__checked *c = &s->item[i];
        if (c->parameter) {
            memcpy(c->tensor->data, x[i], (size_t)c->count * sizeof(double));
            continue;
        }
        gd_tensor *t = gd_from_memory(s->g, GD_FLOAT64, gd__shape(c->tensor), x[i]);
        if (!gd__alive(t))
            return false;
        gd_name(t, c->name);
        t->requires_grad = leaves;
        s->argument[c->place] = t;
    }
    return true;
}

gd_tensor *gd__subject_call(gd__subject *s)
{
    gd_context *g = s->g;
    g->random = s->random;
    s->next_frozen = 0;
    s->calls++;
    int held = g->held; /* the scopes that the check lives in can't be left from within the function */
    g->held = g->depth;
    gd_tensor *y = s->f(s->user, s->argument, (size_t)s->in.count);
    g->held = held;
    if (g->failed)
        return gd__error_object(g);
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, y, "gd_gradcheck", "the function's result"))
        return gd__error_object(g);
    if (gd__is_float((gd_dtype)y->dtype))
        return y;
    return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, "gd_gradcheck", "Return floats" },
                    "the function's result is %s: only floats have gradients", gd__describe(y, text));
}

/* A point where the function can't be computed is no error of the check: it has no number there. */
static bool evaluate(void *user, int lane, double *const *x, double *y)
{
    gd__subject *s = user;
    gd_context *g = s->g;
    (void)lane;
    GD_SCOPE(g);
    bool recording = gd_set_recording(g, s->records);
    bool watching = g->watching; /* what the check tries is nobody's first NaN */
    g->watching = false;
    g->on_error = NULL;
    gd_tensor *made = gd__subject_place(s, x, s->records) ? gd__subject_call(s) : gd__error_object(g);
    bool good = gd__alive(made) && made->numel == s->outputs && gd_read(made, GD_FLOAT64, y, (size_t)s->outputs);
    bool memory = !good && g->failed && g->error.status == GD_ERROR_MEMORY;
    g->on_error = s->on_error;
    g->watching = watching;
    gd_set_recording(g, recording);
    for (int64_t i = 0; !good && i < s->outputs; i++)
        y[i] = NAN;
    if (!good && !memory)
        gd_clear(g);
    return !memory;
}

gd__objective gd__subject_objective(gd__subject *s, const int64_t *entries, double *const *point)
{
    return (gd__objective){ .context = s->g,
                            .user = s,
                            .inputs = s->count,
                            .entries = entries,
                            .point = point,
                            .outputs = s->outputs,
                            .weight = s->weight,
                            .evaluate = evaluate,
                            .lanes = 1,
                            .unit = 1.1102230246251565e-16 };
}

static bool keep_weight(gd__subject *s, gd_tensor *dy)
{
    s->outputs = dy->numel;
    s->weight = gd__alloc(s->g, (size_t)(dy->numel + 1) * sizeof *s->weight);
    return s->weight && gd_read(dy, GD_FLOAT64, s->weight, (size_t)dy->numel);
}

static gd_tensor *drawn_like(gd_tensor *y, uint64_t seed)
{
    gd_tensor *dy = gd_zeros(y->object.context, GD_FLOAT64, gd__shape(y));
    uint64_t state = seed ^ 0x5851f42d4c957f2du;
    if (!gd__alive(dy))
        return dy;
    for (int64_t i = 0; i < dy->numel; i++)
        ((double *)(void *)dy->data)[i] = gd__drawn_normal(&state);
    return dy;
}

/* A function that asks for gradients itself is computed with recording, of leaves that require one. */
static gd_tensor *first_call(gd__subject *s)
{
    gd_context *g = s->g;
    double **point = gd__alloc(g, s->room * sizeof *point);
    bool recording = gd_set_recording(g, false);
    g->on_error = NULL;
    gd_tensor *y = gd__subject_call(s);
    for (int i = 0; point && i < s->count; i++)
        point[i] = s->item[i].point;
    if (point && !gd__alive(y) && g->error.status == GD_ERROR_STATE) {
        gd_error first = g->error;
        gd_clear(g);
        gd_set_recording(g, s->records = true);
        y = gd__subject_place(s, point, true) ? gd__subject_call(s) : gd__error_object(g);
        if (!gd__alive(y))
            g->error = first;
    }
    g->on_error = s->on_error;
    if (!gd__alive(y) && g->on_error)
        g->on_error(g->on_error_user, &g->error);
    gd__free(g, point, s->room * sizeof *point);
    gd_set_recording(g, recording);
    return y;
}

bool gd__subject_weigh(gd__subject *s, gd_tensor *given, uint64_t seed, gd_tensor **dy)
{
    gd_context *g = s->g;
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    gd_tensor *y = first_call(s);
    gd_no_grad quiet = gd_no_grad_enter(g);
    *dy = gd__alive(y) ? given           ? gd_cast(given, GD_FLOAT64)
                         : y->numel == 1 ? gd_full(g, GD_FLOAT64, gd__shape(y), 1)
                                         : drawn_like(y, seed)
                       : y;
    gd_no_grad_leave(&quiet);
    if (!gd__alive(*dy))
        return false;
    if (gd__same_shape(*dy, y))
        return keep_weight(s, *dy);
    gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_gradcheck", "Give one number for each of the result" },
             ".dy is %s, and the result is %s", gd__describe(given, left), gd__describe(y, right));
    return false;
}

/* ---- the tape's gradients ---- */

static bool read_all(gd__subject *s, gd_tensor *const *dx, double **to)
{
    for (int i = 0; i < s->count; i++)
        if (!gd_read(dx[i], GD_FLOAT64, to[i], (size_t)s->item[i].count))
            return false;
    return true;
}

static bool ask_one(gd__subject *s, gd_tensor *y, gd_tensor *dy, int i, double *to)
{
    gd_tensor *x = gd__subject_leaf(s, i), *dx;
    memset(to, 0, (size_t)s->item[i].count * sizeof *to);
    if (gd_gradient(y, dy, 1, &x, &dx, false))
        return gd_read(dx, GD_FLOAT64, to, (size_t)s->item[i].count);
    return false;
}

/* One by one: what no record knows has no gradient, which is a zero here. */
static bool ask_each(gd__subject *s, gd_tensor *y, gd_tensor *dy, double **to)
{
    for (int i = 0; i < s->count; i++) {
        if (ask_one(s, y, dy, i, to[i]))
            continue;
        bool unknown = s->g->error.status == GD_ERROR_STATE && strstr(s->g->error.what, "recorded");
        if (!unknown)
            return false;
        gd_clear(s->g);
    }
    return true;
}

/* Did the function write to what it was given? */
static void look_for_writes(gd__subject *s, double *const *x)
{
    for (int i = 0; i < s->count && !s->conduct.overwrote; i++) {
        const gd_tensor *leaf = gd__subject_leaf(s, i);
        if (memcmp(leaf->data, x[i], (size_t)s->item[i].count * sizeof(double)) != 0)
            s->conduct = (gd__conduct){ .overwrote = true, .operand = i };
    }
}

bool gd__subject_gradients(gd__subject *s, double *const *x, gd_tensor *dy, double **to, bool *refused)
{
    gd_context *g = s->g;
    GD_SCOPE(g);
    bool recording = gd_set_recording(g, true);
    bool placed = gd__subject_place(s, x, true);
    gd_tensor *y = placed ? gd__subject_call(s) : gd__error_object(g);
    *refused = false;
    bool good = gd__alive(y);
    if (good) {
        gd_tensor *seed = (gd_dtype)y->dtype == GD_FLOAT64 ? dy : gd_cast(dy, (gd_dtype)y->dtype);
        size_t size = (size_t)s->count * sizeof(gd_tensor *);
        gd_tensor **leaf = gd__alloc(g, 2 * size);
        for (int i = 0; leaf && i < s->count; i++)
            leaf[i] = gd__subject_leaf(s, i);
        g->on_error = NULL;
        good =
            leaf && gd_gradient(y, seed, s->count, leaf, leaf + s->count, false) && read_all(s, leaf + s->count, to);
        if (leaf && !good && g->error.status == GD_ERROR_STATE) {
            gd_clear(g);
            good = ask_each(s, y, seed, to);
        }
        *refused = !good;
        look_for_writes(s, x);
        g->on_error = s->on_error;
        gd__free(g, leaf, 2 * size);
    }
    gd_set_recording(g, recording);
    return good;
}
