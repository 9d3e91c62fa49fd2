/* claim.c - the gradients that are checked: somebody's, or the tape's. */
#include "check/work.h"

#include <stdio.h>
#include <string.h>

static bool claims_fit(gd__work *w)
{
    gd_tensors list = w->o->claimed;
    if (list.count != w->count || !list.item) {
        gd__fail(w->g,
                 (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck",
                              "Give one for each float of the arguments, then one "
                              "for each parameter; NULL where none was computed" },
                 "%d gradients are claimed, of %d tensors", list.count, w->count);
        return false;
    }
    return true;
}

static bool take_claims(gd__work *w)
{
    if (!claims_fit(w))
        return false;
    for (int i = 0; i < w->count; i++) {
        gd_tensor *t = w->o->claimed.item[i];
        w->numbers[i] = t ? t->numel : -1;
        if (!t)
            continue;
        w->shape[i] = gd__shape(t);
        w->narrow[i] = t->dtype == GD_FLOAT32;
        w->claimed[i] = gd__alloc(w->g, (size_t)(t->numel + 1) * sizeof(double));
        if (!w->claimed[i] || !gd_read(t, GD_FLOAT64, w->claimed[i], (size_t)t->numel))
            return false;
    }
    return true;
}

/* An earlier point: the caller's, or one a little nearer to 0, where the function is at home as well. */
bool gd__take_before(gd__work *w)
{
    uint64_t state = w->o->seed ^ 0x2545f4914f6cdd1du;
    gd_tensors list = w->o->earlier;
    w->has_before = !w->by_hand || list.count > 0;
    if (list.count > 0 && (list.count != w->count || !list.item)) {
        gd__fail(
            w->g,
            (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck", "Give what each of the tensors was, in the same order" },
            "%d earlier tensors are given, of %d", list.count, w->count);
        return false;
    }
    for (int i = 0; i < w->count; i++) {
        for (int64_t k = 0; k < w->entries[i]; k++)
            w->before[i][k] = w->point[i][k] * (1 - 0.15 * gd__drawn(&state));
        if (list.count > 0 && !gd_read(list.item[i], GD_FLOAT64, w->before[i], (size_t)w->entries[i]))
            return false;
    }
    return true;
}

/* The first run is at the earlier point: what a function keeps of its first run is not of the point then. */
bool gd__visit_before(gd__work *w)
{
    gd_context *g = w->g;
    GD_SCOPE(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    g->on_error = NULL;
    if (!w->by_hand && gd__subject_place(&w->s, w->before, false))
        gd__subject_call(&w->s);
    g->on_error = w->s.on_error;
    gd_no_grad_leave(&quiet);
    bool memory = g->failed && g->error.status == GD_ERROR_MEMORY;
    if (!memory)
        gd_clear(g);
    return !memory;
}

/* The tape's: after a run at another point, and once more, so that what should not matter shows. */
static bool ask_tape(gd__work *w)
{
    bool refused;
    for (int i = 0; i < w->count; i++)
        if (!(w->claimed[i] = gd__alloc(w->g, (size_t)(w->entries[i] + 1) * sizeof(double))))
            return false;
    w->g->on_error = NULL;
    if (!gd__subject_gradients(&w->s, w->before, w->dy, w->again, &refused)) {
        w->has_before = false;
        gd_clear(w->g);
    }
    w->g->on_error = w->s.on_error;
    for (int i = 0; i < w->count; i++)
        if (w->s.shaped[i]) { /* of the earlier point: it comes again */
            gd__free(w->g, w->s.shaped[i], (size_t)(gd__count(w->s.shaped_dims[i]) + 1) * sizeof(double));
            w->s.shaped[i] = NULL;
        }
    bool good = gd__subject_gradients(&w->s, w->point, w->dy, w->claimed, &refused);
    if (!good && refused && w->g->error.status == GD_ERROR_STATE && strstr(w->g->error.what, "written over")) {
        w->refused = true;
        w->why = w->g->error;
        gd_clear(w->g);
        return true;
    }
    return good && gd__subject_gradients(&w->s, w->point, w->dy, w->again, &refused);
}

/* Gradients that came in another shape take the place of none. */
static void take_shaped(gd__work *w)
{
    for (int i = 0; i < w->count; i++) {
        if (!w->s.shaped[i])
            continue;
        gd__free(w->g, w->claimed[i], (size_t)(w->numbers[i] + 1) * sizeof(double));
        w->claimed[i] = w->s.shaped[i];
        w->shape[i] = w->s.shaped_dims[i];
        w->numbers[i] = gd__count(w->shape[i]);
        w->s.shaped[i] = NULL;
    }
}

bool gd__take_gradients(gd__work *w)
{
    if (w->by_hand)
        return take_claims(w);
    if (!ask_tape(w))
        return false;
    take_shaped(w);
    for (int i = 0; w->refused && i < w->count; i++) {
        gd__free(w->g, w->claimed[i], (size_t)(w->numbers[i] + 1) * sizeof(double));
        w->claimed[i] = NULL;
        w->numbers[i] = -1;
    }
    return true;
}
