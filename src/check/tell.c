/* tell.c - the program of what is checked, told and confirmed. */
#include "check/work.h"

#include <math.h>
#include <string.h>

/* Puts parameters back to the point: the program looks at their numbers. */
bool gd__place_work(gd__work *w)
{
    gd_no_grad quiet = gd_no_grad_enter(w->g);
    bool placed = gd__subject_place(&w->s, w->point, false);
    gd_no_grad_leave(&quiet);
    return placed;
}

static gd_tensor *run_subject(void *user)
{
    gd__work *w = user;
    return gd__subject_call(&w->s);
}

static const char *name_of(void *user, int input)
{
    return ((gd__work *)user)->s.item[input].name;
}

static bool read_right(gd__work *w)
{
    for (int i = 0; i < w->count; i++) {
        int id = w->program.gradient[i];
        memset(w->right[i], 0, (size_t)w->entries[i] * sizeof(double));
        if (id >= 0 && !gd_read(w->program.node[id].value, GD_FLOAT64, w->right[i], (size_t)w->entries[i]))
            return false;
    }
    return true;
}

static bool tell_program(gd__work *w, bool believes)
{
    gd_context *g = w->g;
    size_t size = (size_t)(w->count + 1) * sizeof(gd_tensor *);
    gd_tensor **leaf = gd__alloc(g, size);
    w->program = (gd__program){ .context = g }; /* it is closed in any case */
    if (!leaf)
        return false;
    bool good = gd__place_work(w);
    for (int i = 0; i < w->count; i++)
        leaf[i] = gd__subject_leaf(&w->s, i);
    g->on_error = NULL;
    good = good && gd__program_open(&w->program, g, (gd_tensors){ w->count, leaf }, believes, run_subject, w);
    w->program.honours_detach = w->by_hand;
    w->program.name = name_of;
    w->program.user = w;
    good = good && gd__program_backward(&w->program, w->dy) && read_right(w);
    g->on_error = w->s.on_error;
    gd__free(g, leaf, size);
    return good;
}

/* Does the program's gradient of item i agree with the slopes? */
static bool is_confirmed(const gd__work *w, int i)
{
    double largest = 0;
    int64_t off = 0, smooth = 0;
    for (int64_t k = 0; k < w->entries[i]; k++)
        largest = fmax(largest, w->slope[i][k].state == GD__SLOPE_SMOOTH ? fabs(w->slope[i][k].value) : 0);
    for (int64_t k = 0; k < w->entries[i]; k++) {
        const gd__slope *s = &w->slope[i][k];
        if (s->state != GD__SLOPE_SMOOTH)
            continue;
        smooth++;
        off += !(fabs(w->right[i][k] - s->value) <= 1e-5 * fabs(s->value) + 1e-6 * largest + 10 * s->error);
    }
    return off * 50 <= smooth;
}

static bool program_confirmed(const gd__work *w)
{
    for (int i = 0; i < w->count; i++)
        if (!is_confirmed(w, i))
            return false;
    return true;
}

/* The program with what users' operations show of their inside, or with what they make alone. Errors of the attempt are none
 * of the check. */
bool gd__try_program(gd__work *w, bool believes)
{
    w->has_program = tell_program(w, believes);
    if (w->has_program)
        return true;
    bool memory = w->g->failed && w->g->error.status == GD_ERROR_MEMORY;
    gd__program_close(&w->program);
    if (!memory)
        gd_clear(w->g);
    return !memory;
}

/* A program that does not make the numbers that were measured is told anew, without belief, or dropped. */
bool gd__confirm_program(gd__work *w)
{
    if (!w->has_program || program_confirmed(w))
        return true;
    bool used = w->program.uses > 0;
    gd__program_close(&w->program);
    w->has_program = false;
    if (!used)
        return true;
    if (!gd__try_program(w, false))
        return false;
    if (w->has_program && !program_confirmed(w)) {
        gd__program_close(&w->program);
        w->has_program = false;
    }
    return true;
}
