/* grad.c - what a tensor says of its gradient, and when to record. */
#include "autograd/tape.h"
#include "autograd/trace.h"

#include <stdio.h>
#include <string.h>

static bool usable(const gd_tensor *t, const char *function)
{
    return gd__usable(gd__context(t), t, function, "the tensor");
}

static void *refuse(const gd_tensor *t, gd__fault fault, const char *what)
{
    char text[GD__TEXT_SIZE];
    return gd__fail(t->object.context, fault, "%s %s", gd__describe(t, text), what);
}

gd_tensor *gd_require_grad(gd_tensor *t, bool wanted)
{
    if (!usable(t, "gd_require_grad"))
        return gd__error_object(gd__context(t));
    if (wanted && !gd__is_float((gd_dtype)t->dtype))
        return refuse(t, (gd__fault){ GD_ERROR_DTYPE, 0, "gd_require_grad", "gd_cast it to a float dtype" },
                      "can't have a gradient: only floats can");
    if (t->record != 0 && t->requires_grad && !wanted)
        return refuse(t, (gd__fault){ GD_ERROR_STATE, 0, "gd_require_grad", "Call it on a leaf, or gd_detach first" },
                      "was made by an operation: whether it requires a gradient follows from the operands");
    if (t->requires_grad != wanted) {
        t->record = 0; /* what a layer's forward recorded of it ends here */
        t->object.context->settings += t->is_parameter || t->storage->in_plan;
    }
    t->requires_grad = wanted;
    return t;
}

bool gd_requires_grad(const gd_tensor *t)
{
    return gd__alive(t) && t->requires_grad;
}

bool gd_is_leaf(const gd_tensor *t)
{
    return gd__alive(t) && (t->record == 0 || !t->requires_grad);
}

size_t gd_grad_fn(const gd_tensor *t, char *text, size_t size)
{
    char name[64];
    gd_context *g = gd__context(t);
    const char *found = gd__alive(t) && t->requires_grad && g->maker ? g->maker(t, name, sizeof name) : NULL;
    int length = snprintf(text, text ? size : 0, "%s", found ? found : "");
    return length < 0 ? 0 : (size_t)length;
}

/* Told as const, since it changes nothing but what the trace knows. */
static bool tell(const gd_tensor *t, gd__grad_event event, gd_tensor *grad)
{
    gd__trace *trace = t->object.context->trace;
    return !trace || !trace->graded || trace->graded(trace, (gd_tensor *)(uintptr_t)t, event, grad);
}

bool gd__grad_withheld(const gd_tensor *t)
{
    if (!t->withheld)
        return false;
    refuse(t,
           (gd__fault){ GD_ERROR_STATE, 0, "gd_grad",
                        "Call gd_keep_gradients(plan, true), or gd_zero_grad where it is not wanted" },
           "has a gradient that a compiled step used up without keeping it");
    return true;
}

bool gd__grad_asked(const gd_tensor *t)
{
    return tell(t, GD__GRAD_ASKED, NULL) && t->has_grad;
}

gd_tensor *gd_grad(const gd_tensor *t)
{
    if (!usable(t, "gd_grad") || !tell(t, GD__GRAD_ASKED, NULL) || gd__grad_withheld(t))
        return gd__error_object(gd__context(t));
    if (t->has_grad)
        return t->grad;
    gd__fault fault = { GD_ERROR_STATE, 0, "gd_grad", "Call gd_backward on a loss that depends on it" };
    if (t->record != 0 && t->requires_grad) {
        fault.remedy =
            t->retains_grad ? fault.remedy : "Call gd_retain_grad before the backward, or ask with gd_gradient";
        return refuse(t, fault,
                      t->retains_grad ? "has no gradient yet: no backward has reached it"
                                      : "is not a leaf: backward gathers gradients in leaves only");
    }
    if (t->requires_grad)
        return refuse(t, fault, "has no gradient yet: no backward has reached it");
    fault.remedy = "Call gd_require_grad(t, true) before the forward";
    return refuse(t, fault, "has no gradient: it does not require one");
}

bool gd__set_grad(gd_tensor *leaf, gd_tensor *grad)
{
    bool told = tell(leaf, GD__GRAD_SET, grad);
    if (leaf->grad) {
        memcpy(leaf->grad->data, grad->data, (size_t)grad->numel * gd__dtypes[grad->dtype].size);
        gd__written(leaf->grad, "gd_backward");
    } else {
        gd__move(&grad->object, leaf->object.depth);
        leaf->grad = grad;
    }
    leaf->has_grad = true;
    leaf->withheld = false;
    return told;
}

bool gd_has_grad(const gd_tensor *t)
{
    return gd__alive(t) && gd__grad_asked(t);
}

bool gd_clear_grad(gd_tensor *t)
{
    if (!usable(t, "gd_clear_grad") || t->object.context->failed || !tell(t, GD__GRAD_CLEARED, NULL))
        return false;
    t->has_grad = t->withheld = false;
    return true;
}

gd_tensor *gd_retain_grad(gd_tensor *t)
{
    if (!usable(t, "gd_retain_grad"))
        return gd__error_object(gd__context(t));
    if (!t->requires_grad)
        return refuse(
            t,
            (gd__fault){ GD_ERROR_STATE, 0, "gd_retain_grad", "Call gd_require_grad on a leaf before the forward" },
            "can't keep its gradient: it requires none");
    t->retains_grad = true;
    return t;
}

gd_tensor *gd_detach(gd_tensor *t)
{
    if (!usable(t, "gd_detach"))
        return gd__error_object(gd__context(t));
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t) };
    memcpy(meta.stride, t->stride, t->ndim * sizeof *t->stride);
    gd__trace *trace = t->object.context->trace;
    gd_tensor *view = trace && trace->freeze ? trace->freeze(trace, t) : NULL;
    view = view ? view : gd__view(t, &meta);
    if (!view || (trace && trace->detached && !trace->detached(trace, t, view)))
        return gd__error_object(t->object.context);
    return view;
}

bool gd_set_recording(gd_context *g, bool on)
{
    if (!g || g->stand_in)
        return false;
    bool before = !g->gradients_off;
    g->gradients_off = !on;
    return before;
}

gd_no_grad gd_no_grad_enter(gd_context *g)
{
    return (gd_no_grad){ .context = g, .before = gd_set_recording(g, false) };
}

void gd_no_grad_leave(gd_no_grad *stretch)
{
    if (stretch && stretch->context)
        gd_set_recording(stretch->context, stretch->before);
}
