/* walk.c - from the end of the tape to its beginning: each record's rule hands the gradient of its output on to its
 * operands. */
#include "autograd/walk.h"

bool gd__state_error(gd_context *g, const char *remedy, const gd_tensor *t, const char *what)
{
    char text[GD__TEXT_SIZE];
    gd__fail(g, (gd__fault){ .status = GD_ERROR_STATE, .remedy = remedy }, "%s %s", gd__describe(t, text), what);
    return false;
}

bool gd__is_gradient_of(const gd_tensor *t, const gd_tensor *dx, const char *what)
{
    gd_context *g = t->object.context;
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!gd__usable(g, dx, g->running, what))
        return false;
    bool same_shape = gd__same_shape(t, dx);
    if (same_shape && t->dtype == dx->dtype)
        return true;
    gd__fail(g,
             (gd__fault){ .status = same_shape ? GD_ERROR_DTYPE : GD_ERROR_SHAPE,
                          .remedy = "A gradient has the shape and dtype of its tensor" },
             "%s is %s, not of the %s of %s", what, gd__describe(dx, left), same_shape ? "dtype" : "shape",
             gd__describe(t, right));
    return false;
}

/* ---- beginning and ending ---- */

/* Marks all that the tape made out of the tensors that the walk goes toward. */
static void mark(const gd__walk *w)
{
    w->context->marked = w->mark;
    for (int i = 0; i < w->toward.count; i++)
        w->toward.item[i]->mark = w->mark;
    for (uint32_t place = 1; place <= w->context->tape_length; place++) {
        gd__record *record = gd__tape_at(w->context, place);
        for (int i = 0; i < record->count; i++)
            if (gd__operands(record)[i]->mark == w->mark && gd__is_differentiable(record->op, i) &&
                record->out->record == place)
                record->out->mark = w->mark;
    }
}

/* Makes room on the tensors for a walk within this one. */
static void put_aside(gd__walk *w)
{
    for (int i = 0; i < w->count; i++) {
        w->reached[i].aside = w->reached[i].tensor->cotangent;
        w->reached[i].tensor->cotangent = NULL;
    }
}

static void take_up(gd__walk *w)
{
    for (int i = 0; i < w->count; i++)
        w->reached[i].tensor->cotangent = w->reached[i].aside;
}

bool gd__walk_begin(gd__walk *w, gd_context *g)
{
    enum { MOST_WITHIN = 100 };
    *w = (gd__walk){ .context = g, .held = g->held, .outer = g->walk, .serial = g->next_serial };
    g->walk = w;
    g->held = g->depth;
    if (!w->outer)
        return true;
    w->within = w->outer->within + 1;
    put_aside(w->outer);
    if (w->within <= MOST_WITHIN)
        return true;
    gd__fail(
        g, (gd__fault){ .status = GD_ERROR_STATE, .remedy = "See that no hook and no backward comes to call itself" },
        "%d gradients are asked for within one another", w->within);
    return false;
}

void gd__walk_toward(gd__walk *w, gd_tensors toward)
{
    w->toward = toward;
    w->mark = gd__new_mark(w->context);
    mark(w);
}

void gd__walk_end(gd__walk *w)
{
    for (int i = 0; i < w->count; i++)
        w->reached[i].tensor->cotangent = NULL;
    gd__free(w->context, w->reached, (size_t)w->capacity * sizeof *w->reached);
    w->context->held = w->held;
    w->context->walk = w->outer;
    if (w->outer)
        take_up(w->outer);
}

/* ---- gathering ---- */

/* A hook, or a user's backward, may have had others marked in between. */
static bool carries_mark(const gd__walk *w, const gd_tensor *t)
{
    if (w->context->marked != w->mark)
        mark(w);
    return t->mark == w->mark;
}

/* Does operand i of a record get a gradient? */
static inline bool is_asked(const gd__walk *w, const gd__record *record, int i)
{
    bool flows = w->mark ? carries_mark(w, gd__operands(record)[i]) : gd__flowed(gd__stamps(record)[i]);
    return flows && gd__is_differentiable(record->op, i);
}

/* A leaf for this walk: nothing that made it is known. */
static inline bool ends_here(const gd_tensor *t)
{
    return t->record == 0 || gd__record_gone(t);
}

static inline bool reach(gd__walk *w, gd_tensor *t)
{
    if (!w->mark && gd__record_gone(t))
        return gd__state_error(w->context, "Call gd_backward in the scope of the forward", t,
                               "was kept, but the records of how it was made went with their scope");
    if (w->count == w->capacity &&
        !gd__grow(w->context, (void **)&w->reached, &w->capacity, w->count + 1, sizeof *w->reached))
        return false;
    w->reached[w->count++] = (gd__reached){ .tensor = t };
    w->open += !ends_here(t);
    return true;
}

static gd_tensor *summed(gd_tensor *dx, const gd_tensor *t)
{
    gd_dims shape = gd__shape(t);
    return gd__sum_to(dx, &shape);
}

bool gd__hand_over(gd__walk *w, gd_tensor *t, gd_tensor *dx)
{
    if (!gd__alive(dx) || !gd__same_shape(dx, t))
        dx = summed(dx, t);
    if (t->cotangent)
        dx = gd_add(t->cotangent, dx);
    if (!gd__alive(dx) || (!t->cotangent && !reach(w, t)))
        return false;
    t->cotangent = dx;
    dx->taken = dx->taken ? 2 : 1;
    return true;
}

/* All of the gradient of t has been gathered: its hooks may look at it and change it. */
static inline bool complete(gd_tensor *t)
{
    if (!t->hooks)
        return true;
    gd_tensor *dx = gd__run_hooks(t, t->cotangent);
    if (!gd__alive(dx))
        return false;
    if (dx != t->cotangent) {
        t->cotangent = dx;
        dx->taken = 2; /* the hook's owner may hold it too */
    }
    return true;
}

static bool refuse_written(const gd__walk *w, const gd__record *record, const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    gd__fail(w->context,
             (gd__fault){ .status = GD_ERROR_STATE,
                          .remedy = "Call gd_backward before the write, or write to a gd_clone" },
             "the derivative of %s needs the value of %s, which %s has written over since", record->op->info.name,
             gd__describe(t, text), t->storage->writer ? t->storage->writer : "somebody");
    return false;
}

static inline bool unwritten(const gd__walk *w, const gd__record *record, uint32_t stamp, const gd_tensor *t)
{
    return gd__stands(stamp, t) || refuse_written(w, record, t);
}

/* Are the values that the rule reads for operand i still those of the forward? */
static inline bool values_stand(const gd__walk *w, const gd__record *record, int i)
{
    unsigned reads = record->op->reads[gd__role(record->op, i)];
    for (int k = 0; reads && k < record->count; k++)
        if ((reads >> gd__role(record->op, k) & 1) &&
            !unwritten(w, record, gd__stamps(record)[k], gd__operands(record)[k]))
            return false;
    return !(reads & GD__READS_OUTPUT) || unwritten(w, record, record->out_version, record->out);
}

static bool pass_each(gd__walk *w, const gd__record *record, gd__vjp *v)
{
    for (v->i = 0; v->i < record->count; v->i++)
        if (is_asked(w, record, v->i) &&
            (!values_stand(w, record, v->i) || !gd__hand_over(w, v->x[v->i], record->op->vjp(v))))
            return false;
    return true;
}

static bool pass_into(gd__walk *w, const gd__record *record, const gd__vjp *v, bool *wanted, gd_tensor **dx)
{
    for (int i = 0; i < record->count; i++) {
        wanted[i] = is_asked(w, record, i);
        dx[i] = NULL;
    }
    if (!values_stand(w, record, 0) || !record->op->vjp_all(record->op, v, wanted, dx))
        return false;
    for (int i = 0; i < record->count; i++)
        if (wanted[i] && dx[i] && !gd__hand_over(w, v->x[i], dx[i]))
            return false;
    return true;
}

static bool pass_all(gd__walk *w, const gd__record *record, const gd__vjp *v)
{
    size_t size = (size_t)record->count * (sizeof(gd_tensor *) + sizeof(bool));
    gd_tensor **dx = gd__alloc(w->context, size);
    bool good = dx && pass_into(w, record, v, (bool *)(dx + record->count), dx);
    gd__free(w->context, dx, size);
    return good;
}

/* One record: from the gradient of its output to those of its operands. */
static bool pass(gd__walk *w, uint32_t place)
{
    gd__record record = *gd__tape_at(w->context, place); /* the tape may grow meanwhile */
    if (!record.out->cotangent || record.out->record != place)
        return true;
    w->open--;
    if (record.spent && !w->mark)
        return gd__state_error(w->context,
                               "Run the forward again before each gd_backward, or keep it with .retain = true",
                               record.out, "has had its backward already");
    if (!complete(record.out))
        return false;
    gd__vjp v = { record.out->cotangent, gd__operands(&record), record.count, record.out, &record.attrs, 0 };
    const char *outer = w->context->deriving;
    w->context->deriving = record.op->info.name;
    bool good = record.op->vjp_all ? pass_all(w, &record, &v) : pass_each(w, &record, &v);
    w->context->deriving = outer;
    return good;
}

bool gd__walk_from(gd__walk *w, uint32_t place)
{
    for (; place > 0 && w->open > 0; place--)
        if (!pass(w, place))
            return false;
    for (int i = 0; i < w->count; i++)
        if (ends_here(w->reached[i].tensor) && !complete(w->reached[i].tensor))
            return false;
    return true;
}

gd_tensor *gd__owned(gd_tensor *dx)
{
    bool own =
        dx->taken == 1 && dx->storage->uses == 1 && dx->contiguous && dx->object.depth == dx->object.context->depth;
    return own ? dx : gd_clone(dx);
}

gd_tensor *gd__copyable(const gd__walk *w, gd_tensor *dx)
{
    return dx->contiguous && dx->storage->serial >= w->serial ? dx : gd_clone(dx);
}

bool gd__seed_fits(gd_tensor *y, gd_tensor **dy)
{
    gd_context *g = y->object.context;
    if (!*dy && y->numel != 1)
        return gd__state_error(g, "Reduce it to one number first, with gd_mean or gd_sum, or give its gradient dy", y,
                               "has more than one element or none: only a scalar loss has a gradient of its own");
    if (!*dy)
        *dy = gd_full(g, (gd_dtype)y->dtype, gd__shape(y), 1);
    else if ((*dy)->dtype != y->dtype)
        *dy = gd_cast(*dy, (gd_dtype)y->dtype);
    return gd__is_gradient_of(y, *dy, "dy");
}
