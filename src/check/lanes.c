/* lanes.c - evaluating a program in several threads. */
#include "check/lanes.h"

#include <math.h>
#include <string.h>

static bool can_run(const gd__program *p)
{
    for (int i = 0; i < p->forward; i++)
        if (p->node[i].kind == GD__NODE_OPAQUE || p->node[i].count > GD__MAX_INPUTS)
            return false;
    return true;
}

static bool open_lane(gd__lane *lane, const gd__program *p)
{
    gd_config config = { .isa = gd_isa(p->context), .threads = 1 };
    lane->context = gd_open_with(&config);
    lane->env = gd__alloc(p->context, (size_t)(p->forward + 1) * sizeof *lane->env);
    gd_set_recording(lane->context, false);
    for (int i = 0; lane->env && i < p->forward; i++) {
        lane->env[i] = NULL;
        if (p->node[i].kind == GD__NODE_CONSTANT)
            lane->env[i] = gd_share(lane->context, p->node[i].value);
    }
    return lane->env && !gd_failed(lane->context);
}

void gd__lanes_open(gd__lanes_of *l, const gd__program *p, int count)
{
    *l = (gd__lanes_of){ .p = p };
    if (count < 2 || !can_run(p))
        return;
    l->lane = gd__alloc(p->context, (size_t)count * sizeof *l->lane);
    if (!l->lane)
        return;
    memset(l->lane, 0, (size_t)count * sizeof *l->lane);
    l->count = count;
    bool good = true;
    for (int i = 0; i < count; i++)
        good = open_lane(&l->lane[i], p) && good;
    if (!good)
        gd__lanes_close(l);
}

void gd__lanes_close(gd__lanes_of *l)
{
    for (int i = 0; i < l->count; i++) {
        gd_close(l->lane[i].context);
        if (l->lane[i].env)
            gd__free(l->p->context, l->lane[i].env, (size_t)(l->p->forward + 1) * sizeof *l->lane[i].env);
    }
    if (l->lane)
        gd__free(l->p->context, l->lane, (size_t)l->count * sizeof *l->lane);
    *l = (gd__lanes_of){ .p = l->p };
}

static bool run(const gd__program *p, gd__lane *lane, double *const *x)
{
    for (int i = 0; i < p->inputs; i++)
        lane->env[p->input[i]] =
            gd_from_memory(lane->context, GD_FLOAT64, gd__shape(p->node[p->input[i]].value), x[i]);
    for (int i = 0; i < p->forward; i++)
        if (p->node[i].kind == GD__NODE_COMPUTED || p->node[i].kind == GD__NODE_PASS)
            lane->env[i] = gd__program_step(p, i, lane->env);
    return gd__alive(lane->env[p->result]);
}

bool gd__lanes_evaluate(void *user, int number, double *const *x, double *y)
{
    const gd__lanes_of *l = user;
    gd__lane *lane = &l->lane[number];
    int64_t count = l->p->node[l->p->result].value->numel;
    GD_SCOPE(lane->context);
    if (run(l->p, lane, x) && gd_read(lane->env[l->p->result], GD_FLOAT64, y, (size_t)count))
        return true;
    gd_clear(lane->context);
    for (int64_t i = 0; i < count; i++)
        y[i] = NAN;
    return true;
}
