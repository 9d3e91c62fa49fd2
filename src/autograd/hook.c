/* hook.c - functions that see the gradient of a tensor on its way back. */
#include "autograd/walk.h"

int64_t gd_hook(gd_tensor *t, gd_grad_hook *hook, void *user)
{
    gd_context *g = gd__context(t);
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, t, "gd_hook", "the tensor"))
        return -1;
    if (!hook || !t->requires_grad) {
        gd__fail(g,
                 (gd__fault){ hook ? GD_ERROR_STATE : GD_ERROR_NULL, 0, "gd_hook",
                              hook ? "Call gd_require_grad on a leaf before the forward" : "Pass a function" },
                 hook ? "no gradient will come by %s: it requires none" : "the hook for %s is NULL",
                 gd__describe(t, text));
        return -1;
    }
    gd__hook *added = gd__alloc(g, sizeof *added), **last = &t->hooks;
    if (!added)
        return -1;
    while (*last)
        last = &(*last)->next;
    *added = (gd__hook){ NULL, (int64_t)g->next_serial++, hook, user };
    *last = added;
    g->settings++;
    return added->id;
}

bool gd_unhook(gd_tensor *t, int64_t id)
{
    gd_context *g = gd__context(t);
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, t, "gd_unhook", "the tensor"))
        return false;
    for (gd__hook **at = &t->hooks; *at; at = &(*at)->next) {
        gd__hook *found = *at;
        if (found->id != id)
            continue;
        *at = found->next;
        g->settings++;
        gd__free(g, found, sizeof *found);
        return true;
    }
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_unhook", "Pass what gd_hook returned" }, "%s has no hook %lld",
             gd__describe(t, text), (long long)id);
    return false;
}

/* What one hook hands back may take the gradient's place. */
static gd_tensor *replaced(gd_tensor *t, gd_tensor *dx, gd_tensor *by)
{
    if (!by || by == dx)
        return dx;
    return gd__is_gradient_of(t, by, "what a hook returned") ? by : gd__error_object(t->object.context);
}

/* Hooks may take themselves and others away: the next one is looked up by its id. */
static const gd__hook *hook_after(const gd_tensor *t, int64_t id)
{
    const gd__hook *hook = t->hooks;
    while (hook && hook->id <= id)
        hook = hook->next;
    return hook;
}

/* Those that are added meanwhile wait for the next gradient. */
gd_tensor *gd__run_hooks(gd_tensor *t, gd_tensor *dx)
{
    gd_context *g = t->object.context;
    const gd__hook *hook;
    int64_t last = -1, end = (int64_t)g->next_serial;
    while (!g->failed && gd__alive(dx) && (hook = hook_after(t, last)) && hook->id < end) {
        last = hook->id;
        dx = replaced(t, dx, hook->call(dx, hook->user));
    }
    return g->failed ? gd__error_object(g) : dx;
}
