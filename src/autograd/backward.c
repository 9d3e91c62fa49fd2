/* backward.c - gd_backward: gradients gathered in the leaves. */
#include "autograd/walk.h"

#include "base/trace.h"

/* Does the tensor keep its gradient? It may have been told since the forward that it wants none. */
static bool keeps_grad(const gd_tensor *t)
{
    return t->requires_grad && (t->record == 0 || t->retains_grad);
}

/* What gd__set_grad is to make the gradient of t: a first one moves there, a later one is copied. */
static gd_tensor *gathered(const gd__walk *w, gd_tensor *t)
{
    if (gd__grad_asked(t))
        return gd_add(t->grad, t->cotangent);
    return t->grad ? gd__copyable(w, t->cotangent) : gd__owned(t->cotangent);
}

/* First all that can fail, then all that is seen from outside. */
static bool gather(gd__walk *w, bool retain)
{
    for (int i = 0; i < w->count; i++) {
        gd_tensor *t = w->reached[i].tensor;
        if (!keeps_grad(t))
            continue;
        gd_tensor *grad = gd__grad_withheld(t) ? NULL : gathered(w, t);
        if (!gd__alive(grad))
            return false;
        t->cotangent = grad;
    }
    for (int i = 0; i < w->count; i++) {
        gd_tensor *t = w->reached[i].tensor;
        if (keeps_grad(t) && !gd__set_grad(t, t->cotangent))
            return false;
        if (t->record != 0 && !retain)
            gd__tape_at(w->context, t->record)->spent = true;
    }
    return true;
}

static bool backward(gd_tensor *y, gd_tensor *dy, bool retain)
{
    gd_context *g = y->object.context;
    gd__walk w;
    if (!y->requires_grad)
        return gd__state_error(g,
                               "Call gd_require_grad on a leaf before the forward, and record it; no gradient passes "
                               "an operation without a derivative",
                               y, "does not depend on any tensor that requires a gradient");
    bool good = gd__walk_begin(&w, g) && gd__seed_fits(y, &dy) && gd__hand_over(&w, y, dy) &&
                gd__walk_from(&w, y->record) && gather(&w, retain);
    gd__walk_end(&w);
    return good;
}

bool(gd_backward)(gd_backward_options o)
{
    gd_context *g = gd__context(o.y ? o.y : o.dy);
    if (!gd__usable(g, o.y, "gd_backward", "the loss") || (o.dy && !gd__usable(g, o.dy, "gd_backward", "dy")) ||
        g->failed)
        return false;
    const char *outer = g->running;
    g->running = "gd_backward";
    gd_scope scope = gd_scope_enter(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool good = scope.context && backward(o.y, o.dy, o.retain);
    gd_no_grad_leave(&quiet);
    gd_scope_leave(&scope);
    g->running = outer;
    return good;
}
