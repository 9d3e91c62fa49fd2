/* gradient.c - gd_gradient: gradients of chosen tensors, handed out and gathered nowhere. */
#include "autograd/walk.h"

/* What is asked: the gradients dx of all y, weighted by dy, with respect to all x. */
typedef struct question {
    gd_context *context;
    gd_tensors y, dy, x; /* dy may have none, or NULL among them */
    gd_tensor **dx;
} question;

static bool is_operand(gd_context *g, const gd_tensor *x)
{
    for (uint32_t place = 1; place <= g->tape_length; place++) {
        const gd__record *record = gd__tape_at(g, place);
        for (int i = 0; i < record->count; i++)
            if (gd__operands(record)[i] == x)
                return true;
    }
    return false;
}

static bool is_among(const gd_tensor *t, gd_tensors list)
{
    for (int i = 0; i < list.count; i++)
        if (list.item[i] == t)
            return true;
    return false;
}

/* A gradient of something that was never recorded would be zero by mistake. */
static bool are_recorded(const gd__walk *w, const question *q)
{
    gd_context *g = w->context;
    for (int i = 0; i < q->y.count; i++)
        if (q->y.item[i]->mark != w->mark && (q->y.item[i]->record == 0 || gd__record_gone(q->y.item[i])))
            return gd__state_error(g, "Call gd_require_grad before the forward, and do not turn recording off",
                                   q->y.item[i], "was made by nothing that was recorded");
    for (int i = 0; i < q->x.count; i++)
        if (!q->x.item[i]->requires_grad && q->x.item[i]->record == 0 && !is_among(q->x.item[i], q->y) &&
            !is_operand(g, q->x.item[i]))
            return gd__state_error(g, "Call gd_require_grad before the forward, and do not turn recording off",
                                   q->x.item[i], "is an operand of nothing that was recorded");
    return true;
}

/* Is this tensor one whose making is not known any more, though x may have had a part in it? */
static bool is_torn(const gd_tensor *t, const question *q)
{
    bool may_matter = t->requires_grad;
    if (is_among(t, q->x))
        return false;
    for (int i = 0; i < q->x.count; i++)
        may_matter = may_matter || !q->x.item[i]->requires_grad;
    return gd__record_gone(t) && may_matter;
}

static uint32_t last_place(const question *q)
{
    uint32_t last = 0;
    for (int i = 0; i < q->y.count; i++)
        if (!gd__record_gone(q->y.item[i]) && q->y.item[i]->record > last)
            last = q->y.item[i]->record;
    return last;
}

/* Goes back from y over all that it was made of; false with the error set where the way is torn. */
static bool history_stands(const question *q)
{
    uint64_t mark = gd__new_mark(q->context);
    const gd_tensor *torn = NULL;
    for (int i = 0; i < q->y.count; i++) {
        q->y.item[i]->mark = mark;
        if (is_torn(q->y.item[i], q))
            torn = q->y.item[i];
    }
    for (uint32_t place = last_place(q); place > 0 && !torn; place--) {
        const gd__record *record = gd__tape_at(q->context, place);
        for (int i = 0; record->out->mark == mark && i < record->count; i++) {
            gd_tensor *operand = gd__operands(record)[i];
            operand->mark = mark;
            if (gd__is_differentiable(record->op, i) && is_torn(operand, q))
                torn = operand;
        }
    }
    return !torn || gd__state_error(q->context, "Ask for the gradient in the scope of the forward", torn,
                                    "was kept, but the records of how it was made went with their scope");
}

/* Gives each y its gradient to start with, where it has something of x in it. */
static bool seed(gd__walk *w, const question *q)
{
    for (int i = 0; i < q->y.count; i++) {
        gd_tensor *dy = q->dy.count > 0 ? q->dy.item[i] : NULL;
        if (!gd__seed_fits(q->y.item[i], &dy) ||
            (q->y.item[i]->mark == w->mark && !gd__hand_over(w, q->y.item[i], dy)))
            return false;
    }
    return true;
}

/* What x has gathered, as a tensor of its own in the scope outside the walk's; zeros where nothing came. A recorded
 * walk has no scope of its own: depth -1. */
static gd_tensor *result(const gd__walk *w, gd_tensor *x, int depth)
{
    gd_tensor *dx = x->cotangent;
    if (!dx)
        dx = gd_zeros(w->context, (gd_dtype)x->dtype, gd__shape(x));
    else if (depth >= 0)
        dx = gd__owned(dx);
    if (depth >= 0 && gd__alive(dx))
        gd__move(&dx->object, depth);
    return dx;
}

static bool answer(const question *q, int depth)
{
    gd__walk w;
    bool good = gd__walk_begin(&w, q->context) && history_stands(q);
    gd__walk_toward(&w, q->x);
    good = good && are_recorded(&w, q) && seed(&w, q) && gd__walk_from(&w, last_place(q));
    for (int i = 0; good && i < q->x.count; i++) {
        q->dx[i] = result(&w, q->x.item[i], depth);
        good = gd__alive(q->dx[i]);
    }
    gd__walk_end(&w);
    return good;
}

/* The same without recording, in a scope of its own. */
static bool answer_quietly(const question *q)
{
    int depth = q->context->depth;
    gd_scope scope = gd_scope_enter(q->context);
    gd_no_grad quiet = gd_no_grad_enter(q->context);
    bool good = scope.context && answer(q, depth);
    gd_no_grad_leave(&quiet);
    gd_scope_leave(&scope);
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

/* An error object among them says enough: the rest is not looked at then. */
static bool are_real(gd_context *g, gd_tensors list, const char *what)
{
    for (int i = 0; list.item && i < list.count; i++)
        if (!is_real(g, list.item[i], what))
            return false;
    return true;
}

static bool has_arrays(const question *q)
{
    bool whole = q->y.count > 0 && q->y.item && (q->x.count == 0 || (q->x.count > 0 && q->x.item && q->dx));
    if (whole && (q->dy.count == 0 || (q->dy.count == q->y.count && q->dy.item)))
        return true;
    gd__fail(q->context,
             (gd__fault){ GD_ERROR_NULL, 0, "gd_gradient", "Pass arrays of as many tensors as are counted" },
             "%d outputs, %d gradients of them and %d tensors, without arrays or not fitting", q->y.count,
             q->dy.count, q->x.count);
    return false;
}

static bool arguments_usable(const question *q)
{
    if (!are_real(q->context, q->y, "y") || !has_arrays(q) || !are_real(q->context, q->x, "x"))
        return false;
    for (int i = 0; i < q->dy.count; i++)
        if (q->dy.item[i] && !gd__usable(q->context, q->dy.item[i], "gd_gradient", "dy"))
            return false;
    return true;
}

static void refuse(const question *q)
{
    for (int i = 0; q->dx && i < q->x.count; i++)
        q->dx[i] = gd__error_object(q->context);
}

bool gd_gradients(gd_tensors y, gd_tensors dy, gd_tensors x, gd_tensor **dx, bool differentiable)
{
    gd_context *g = gd__context_of(y);
    if (g->stand_in)
        g = gd__context_of(x);
    question q = { g, y, dy, x, dx };
    refuse(&q);
    if (!arguments_usable(&q))
        return false;
    const char *outer = g->running;
    g->running = "gd_gradient";
    bool good = differentiable ? answer(&q, -1) : answer_quietly(&q);
    g->running = outer;
    if (!good)
        refuse(&q);
    return good;
}

bool gd_gradient(gd_tensor *y, gd_tensor *dy, int count, gd_tensor *const *x, gd_tensor **dx, bool differentiable)
{
    return gd_gradients(gd_list(y), gd_list(dy), (gd_tensors){ count, x }, dx, differentiable);
}
