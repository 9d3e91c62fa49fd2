/* backward.c - from the end of the tape to its beginning: each record's rule hands the gradient of its output on
 * to its operands. */
#include "autograd/tape.h"

/* One walk. Tensors take part that require a gradient or, in a walk with a mark, that carry the mark. */
typedef struct walk {
    gd_context *context;
    uint64_t mark;
    gd_tensor **touched; /* all that hold a gradient now */
    int count, capacity;
    int open; /* those of them whose record is still to come */
} walk;

static bool fail(gd_context *g, const char *remedy, const gd_tensor *t, const char *what)
{
    char text[GD__TEXT_SIZE];
    gd__fail(g, (gd__fault){ .status = GD_ERROR_STATE, .remedy = remedy }, "%s %s", gd__describe(t, text), what);
    return false;
}

static bool takes_part(const walk *w, const gd_tensor *t)
{
    return w->mark ? t->mark == w->mark : t->requires_grad;
}

/* Does operand i of a record get a gradient? */
static bool is_asked(const walk *w, const gd__record *record, int i)
{
    bool flows = w->mark ? record->in[i]->mark == w->mark : record->flows >> i & 1;
    return flows && (record->op->differentiable >> i & 1);
}

static bool touch(walk *w, gd_tensor *t)
{
    if (!w->mark && gd__record_gone(t))
        return fail(w->context, "Call gd_backward in the scope of the forward", t,
                    "was kept, but the records of how it was made went with their scope");
    if (!gd__grow(w->context, (void **)&w->touched, &w->capacity, w->count + 1, sizeof *w->touched))
        return false;
    w->touched[w->count++] = t;
    w->open += t->record != 0 && !gd__record_gone(t);
    return true;
}

/* Adds dx, summed down to the shape of t, to what t has gathered. dx itself is never written to. */
static bool hand_over(walk *w, gd_tensor *t, gd_tensor *dx)
{
    dx = gd__sum_to(dx, gd__shape(t));
    if (t->cotangent)
        dx = gd_add(t->cotangent, dx);
    if (!gd__alive(dx) || (!t->cotangent && !touch(w, t)))
        return false;
    t->cotangent = dx;
    dx->taken = dx->taken ? 2 : 1;
    return true;
}

static bool unwritten(const walk *w, const gd__record *record, int operand, const gd_tensor *t)
{
    if (record->version[operand] == t->storage->version)
        return true;
    char text[GD__TEXT_SIZE];
    gd__fail(w->context,
             (gd__fault){ .status = GD_ERROR_STATE,
                          .remedy = "Call gd_backward before the write, or write to a gd_clone" },
             "the derivative of %s needs the value of %s, which %s has written over since", record->op->info.name,
             gd__describe(t, text), t->storage->writer ? t->storage->writer : "somebody");
    return false;
}

/* Are the values that the rule reads for operand i still those of the forward? */
static bool values_stand(const walk *w, const gd__record *record, int i)
{
    unsigned reads = record->op->reads[i];
    for (int k = 0; k < record->op->arity; k++)
        if ((reads >> k & 1) && !unwritten(w, record, k, record->in[k]))
            return false;
    return !(reads & GD__READS_OUTPUT) || unwritten(w, record, GD__MAX_INPUTS, record->out);
}

/* One record: from the gradient of its output to those of its operands. */
static bool pass(walk *w, uint32_t place)
{
    gd__record record = *gd__tape_at(w->context, place); /* the tape may grow meanwhile */
    if (!record.out->cotangent || !takes_part(w, record.out) || record.out->record != place)
        return true;
    w->open--;
    if (record.spent && !w->mark)
        return fail(w->context, "Run the forward again before each gd_backward", record.out,
                    "has had its backward already");
    gd__vjp v = { record.out->cotangent, record.in, record.out, &record.attrs, 0 };
    for (v.i = 0; v.i < record.op->arity && record.in[v.i]; v.i++) {
        if (is_asked(w, &record, v.i) &&
            (!values_stand(w, &record, v.i) || !hand_over(w, record.in[v.i], record.op->vjp(&v))))
            return false;
    }
    return true;
}

static bool run(walk *w, gd_tensor *y, gd_tensor *dy)
{
    if (!hand_over(w, y, dy))
        return false;
    for (uint32_t place = gd__record_gone(y) ? 0 : y->record; place > 0 && w->open > 0; place--)
        if (!pass(w, place))
            return false;
    return true;
}

static void finish(walk *w)
{
    for (int i = 0; i < w->count; i++) {
        w->touched[i]->cotangent->taken = 0;
        w->touched[i]->cotangent = NULL;
    }
    gd__free(w->context, w->touched, (size_t)w->capacity * sizeof *w->touched);
}

/* ---- gd_backward ---- */

static bool can_start(gd_context *g, const gd_tensor *loss)
{
    if (loss->numel != 1)
        return fail(g, "Reduce it to one number first, with gd_mean or gd_sum", loss,
                    "has more than one element or none: only a scalar loss has a gradient of its own");
    if (!loss->requires_grad)
        return fail(g, "Call gd_require_grad on a leaf before the forward, and record it", loss,
                    "does not depend on any tensor that requires a gradient");
    return true;
}

/* dx itself where it lies row-major in a storage of its own, made in the walk's scope for one place; else a copy. */
static gd_tensor *owned(gd_tensor *dx)
{
    bool own =
        dx->taken == 1 && dx->storage->uses == 1 && dx->contiguous && dx->object.depth == dx->object.context->depth;
    return own ? dx : gd_clone(dx);
}

/* First all that can fail, then all that is seen from outside. */
static bool gather_in_leaves(walk *w)
{
    for (int i = 0; i < w->count; i++) {
        gd_tensor *t = w->touched[i];
        gd_tensor *grad = t->cotangent;
        if (t->record == 0 && t->requires_grad)
            grad = t->has_grad ? gd_add(t->grad, grad) : owned(grad);
        if (!gd__alive(grad))
            return false;
        if (grad != t->cotangent) {
            t->cotangent->taken = 0;
            t->cotangent = grad;
        }
    }
    for (int i = 0; i < w->count; i++) {
        gd_tensor *t = w->touched[i];
        if (t->record == 0 && t->requires_grad) /* it may have been told since the forward that it wants none */
            gd__set_grad(t, t->cotangent);
        else if (t->record != 0)
            gd__tape_at(w->context, t->record)->spent = true;
    }
    return true;
}

bool gd_backward(gd_tensor *loss)
{
    gd_context *g = gd__context(loss);
    if (!gd__usable(g, loss, "gd_backward", "the loss") || g->failed)
        return false;
    const char *outer = g->running;
    g->running = "gd_backward";
    gd_scope scope = gd_scope_enter(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    walk w = { .context = g };
    bool good = scope.context && can_start(g, loss) &&
                run(&w, loss, gd_full(g, (gd_dtype)loss->dtype, gd__shape(loss), 1)) && gather_in_leaves(&w);
    finish(&w);
    gd_no_grad_leave(&quiet);
    gd_scope_leave(&scope);
    g->running = outer;
    return good;
}

/* ---- gd_gradient ---- */

/* Marks all that the tape made out of x. */
static void mark_from(const walk *w, int count, gd_tensor *const *x)
{
    for (int i = 0; i < count; i++)
        x[i]->mark = w->mark;
    for (uint32_t place = 1; place <= w->context->tape_length; place++) {
        gd__record *record = gd__tape_at(w->context, place);
        for (int i = 0; i < record->op->arity && record->in[i]; i++)
            if (record->in[i]->mark == w->mark && (record->op->differentiable >> i & 1) &&
                record->out->record == place)
                record->out->mark = w->mark;
    }
}

static bool is_operand(gd_context *g, const gd_tensor *x)
{
    for (uint32_t place = 1; place <= g->tape_length; place++) {
        const gd__record *record = gd__tape_at(g, place);
        for (int i = 0; i < record->op->arity && record->in[i]; i++)
            if (record->in[i] == x)
                return true;
    }
    return false;
}

/* A gradient of something that was never recorded would be zero by mistake. */
static bool are_recorded(const walk *w, const gd_tensor *y, int count, gd_tensor *const *x)
{
    gd_context *g = w->context;
    if (y->mark != w->mark && (y->record == 0 || gd__record_gone(y)))
        return fail(g, "Call gd_require_grad before the forward, and do not turn recording off", y,
                    "was made by nothing that was recorded");
    for (int i = 0; i < count; i++)
        if (!x[i]->requires_grad && x[i]->record == 0 && x[i] != y && !is_operand(g, x[i]))
            return fail(g, "Call gd_require_grad before the forward, and do not turn recording off", x[i],
                        "is an operand of nothing that was recorded");
    return true;
}

/* Is this tensor one whose making is not known any more, though x may have had a part in it? */
static bool is_torn(const gd_tensor *t, int count, gd_tensor *const *x)
{
    bool may_matter = t->requires_grad;
    for (int i = 0; i < count; i++) {
        if (x[i] == t)
            return false;
        may_matter = may_matter || !x[i]->requires_grad;
    }
    return gd__record_gone(t) && may_matter;
}

/* Goes back from y over all that it was made of; false with the error set where the way is torn. */
static bool history_stands(gd_context *g, gd_tensor *y, int count, gd_tensor *const *x)
{
    uint64_t mark = g->next_serial++;
    const gd_tensor *torn = is_torn(y, count, x) ? y : NULL;
    y->mark = mark;
    for (uint32_t place = gd__record_gone(y) ? 0 : y->record; place > 0 && !torn; place--) {
        const gd__record *record = gd__tape_at(g, place);
        for (int i = 0; record->out->mark == mark && i < record->op->arity && record->in[i]; i++) {
            record->in[i]->mark = mark;
            if ((record->op->differentiable >> i & 1) && is_torn(record->in[i], count, x))
                torn = record->in[i];
        }
    }
    return !torn || fail(g, "Ask for the gradient in the scope of the forward", torn,
                         "was kept, but the records of how it was made went with their scope");
}

static bool gradient_fits(gd_context *g, gd_tensor *y, gd_tensor **dy)
{
    if (!*dy && y->numel == 1)
        *dy = gd_full(g, (gd_dtype)y->dtype, gd__shape(y), 1);
    if (!*dy)
        return fail(g, "Pass the gradient dy of y", y, "has more than one element, so its gradient must be given");
    if (!gd__same_shape(y, *dy))
        return fail(g, "Give dy the shape of y", *dy, "does not have the shape of y");
    if ((*dy)->dtype != y->dtype)
        *dy = gd_cast(*dy, (gd_dtype)y->dtype);
    return gd__alive(*dy);
}

/* What x has gathered, as a tensor of its own in the scope outside the walk's; zeros where nothing came. A recorded
 * walk has no scope of its own: depth -1. */
static gd_tensor *result(const walk *w, gd_tensor *x, int depth)
{
    gd_tensor *dx = x->cotangent;
    if (!dx)
        dx = gd_zeros(w->context, (gd_dtype)x->dtype, gd__shape(x));
    else if (depth >= 0)
        dx = owned(dx);
    if (depth >= 0 && gd__alive(dx))
        gd__move(&dx->object, depth);
    return dx;
}

static bool gradient(gd_tensor *y, gd_tensor *dy, int count, gd_tensor *const *x, gd_tensor **dx, int depth)
{
    gd_context *g = y->object.context;
    bool good = history_stands(g, y, count, x);
    walk w = { .context = g, .mark = g->next_serial++ };
    mark_from(&w, count, x);
    good = good && are_recorded(&w, y, count, x) && gradient_fits(g, y, &dy) && (y->mark != w.mark || run(&w, y, dy));
    for (int i = 0; good && i < count; i++) {
        dx[i] = result(&w, x[i], depth);
        good = gd__alive(dx[i]);
    }
    finish(&w);
    return good;
}

static bool is_real(gd_context *g, const gd_tensor *t, const char *what)
{
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, t, "gd_gradient", what))
        return false;
    if (gd__is_float((gd_dtype)t->dtype))
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, "gd_gradient", "gd_cast it to a float dtype before the forward" },
             "%s is %s: only floats have gradients", what, gd__describe(t, text));
    return false;
}

static bool arguments_usable(gd_context *g, gd_tensor *y, gd_tensor *dy, int count, gd_tensor *const *x,
                             gd_tensor **dx)
{
    if (!is_real(g, y, "y") || (dy && !gd__usable(g, dy, "gd_gradient", "dy")))
        return false;
    if (count < 0 || (count > 0 && (!x || !dx))) {
        gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_gradient", "Pass arrays of count tensors" },
                 "%d tensors without arrays for them", count);
        return false;
    }
    for (int i = 0; i < count; i++)
        if (!is_real(g, x[i], "x"))
            return false;
    return true;
}

bool gd_gradient(gd_tensor *y, gd_tensor *dy, int count, gd_tensor *const *x, gd_tensor **dx, bool differentiable)
{
    gd_context *g = gd__context(y);
    for (int i = 0; dx && i < count; i++)
        dx[i] = gd__error_object(g);
    if (!arguments_usable(g, y, dy, count, x, dx))
        return false;
    const char *outer = g->running;
    g->running = "gd_gradient";
    bool good;
    if (differentiable) {
        good = gradient(y, dy, count, x, dx, -1);
    } else {
        int depth = g->depth;
        gd_scope scope = gd_scope_enter(g);
        gd_no_grad quiet = gd_no_grad_enter(g);
        good = scope.context && gradient(y, dy, count, x, dx, depth);
        gd_no_grad_leave(&quiet);
        gd_scope_leave(&scope);
    }
    g->running = outer;
    for (int i = 0; dx && !good && i < count; i++)
        dx[i] = gd__error_object(g);
    return good;
}
