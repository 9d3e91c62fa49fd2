/* window.c - slopes extrapolated from a few steps.
 *
 * There are two tables of extrapolation (Richardson's, with Ridders' estimate of the error): one for the central quotient,
 * which is even in h, so each column takes away a power of h^2; and one for the difference of the two one-sided quotients,
 * odd in h, which goes to zero unless there is a kink. */
#include "check/window.h"

#include <math.h>

enum { ROWS = 4 };

/* One-sided slopes are often at the edge of a region, where roots and powers are at home, which are no polynomials. */
static const double doubt_of_side = 4, noise_in_side = 12;

/* ---- what a window shows ---- */

bool gd__noisy(const gd__window *w)
{
    return w->noise >= 0.5 * w->error;
}

bool gd__kinked(const gd__window *w)
{
    return w->finite && fabs(w->jump) > 4 * w->jump_error && fabs(w->jump) > 2 * w->error;
}

bool gd__free_of_hidden_kinks(const gd__window *w, double share)
{
    double most = fabs(w->jump) + w->jump_error;
    return most <= 1e-3 * fabs(w->value) || most <= share * w->bend || most <= 4 * w->jump_floor;
}

static bool straight(const gd__window *w)
{
    return gd__free_of_hidden_kinks(w, 1e-3);
}

bool gd__within(const gd__window *w, double relative)
{
    return w->finite && !gd__kinked(w) && w->error <= relative * fabs(w->value) && straight(w);
}

/* ---- the tables ---- */

typedef struct table {
    double first, ratio; /* column k takes away what falls by first * ratio^(k - 1) from one step to the next */
    double entry[ROWS][ROWS];
} table;

/* Adds a row, which begins with the quotient of one more step, and returns Ridders' estimate of its last entry's error. */
static double extrapolate(table *t, int r, double quotient)
{
    double *row = t->entry[r], *before = r ? t->entry[r - 1] : NULL, factor = t->first;
    row[0] = quotient;
    for (int k = 1; k <= r; k++, factor *= t->ratio)
        row[k] = row[k - 1] + (row[k - 1] - before[k - 1]) / (factor - 1);
    return r ? fmax(fabs(row[r] - row[r - 1]), fabs(row[r] - before[r - 1])) : INFINITY;
}

static double quotient(const gd__pair *p, gd__side from)
{
    if (from == GD__BOTH)
        return 0.5 * (p->forward / p->h - p->backward / p->h);
    return from == GD__RIGHT ? p->forward / p->h : -p->backward / p->h;
}

static double steeper_side(const gd__pair *p, gd__side from)
{
    return from == GD__BOTH ? fmax(fabs(quotient(p, GD__RIGHT)), fabs(quotient(p, GD__LEFT)))
                            : fabs(quotient(p, from));
}

static bool finite_pair(const gd__pair *p, gd__side from)
{
    return (from == GD__LEFT || isfinite(p->forward)) && (from == GD__RIGHT || isfinite(p->backward));
}

/* ---- looking ---- */

typedef struct look {
    gd__line *line;
    gd__side from;
    table slopes, jumps;
    double error; /* of the slope's last row, as estimated */
} look;

/* What is kept is the row of the least error. */
static void add_slope(look *k, gd__window *w, int r, const gd__pair *p, double noise)
{
    k->error = extrapolate(&k->slopes, r, quotient(p, k->from));
    double floor = (k->from == GD__BOTH ? gd__noise_in_slope : noise_in_side) * noise;
    double error = (k->from == GD__BOTH ? 1 : doubt_of_side) * k->error + floor;
    if (error < w->error) {
        w->value = k->slopes.entry[r][r];
        w->error = error;
        w->noise = floor;
    }
}

static void add_jump(look *k, gd__window *w, int r, const gd__pair *p, double noise)
{
    double bend = p->forward / p->h + p->backward / p->h, floor = gd__noise_in_jump * noise;
    double error = extrapolate(&k->jumps, r, bend) + floor;
    w->bend = fabs(bend);
    if (error < w->jump_error) {
        w->jump = k->jumps.entry[r][r];
        w->jump_error = error;
        w->jump_floor = floor;
    }
}

/* Takes one more step. False with the error set; w->finite is false where its values are not. */
static bool step(look *k, gd__window *w, int r)
{
    const gd__pair *p = gd__line_pair(k->line, w->start - r);
    if (!p)
        return false;
    double noise = gd__noise_of_pair(k->line, p) / p->h;
    w->finite = finite_pair(p, k->from) && isfinite(noise);
    if (!w->finite)
        return true;
    w->changed = w->changed || p->changed;
    if (r == 0)
        w->first = steeper_side(p, k->from);
    add_slope(k, w, r, p, noise);
    if (k->from == GD__BOTH)
        add_jump(k, w, r, p, noise);
    return true;
}

/* Are more steps of no use? They are of use while each takes away a good part of the error. */
static bool settled(const gd__window *w, int r, double error, double before)
{
    return r && (gd__within(w, gd__good) || (gd__noisy(w) && straight(w)) || (r > 1 && !(error < 0.25 * before)));
}

/* A kink far smaller than the slope is none; one that may be there, though it can't be seen, makes the slope uncertain. */
static void finish(const gd__line *l, gd__window *w)
{
    w->finite = w->finite && isfinite(w->value) && w->error < INFINITY;
    w->jump_error += sqrt(l->unit) * fabs(w->value);
    if (!gd__kinked(w) && !straight(w))
        w->error += 0.5 * fabs(w->jump);
}

bool gd__look(gd__line *l, gd__side from, int start, gd__window *w)
{
    const double q = gd__ratio;
    look k = { .line = l, .from = from, .error = INFINITY };
    k.slopes.first = k.slopes.ratio = from == GD__BOTH ? q * q : q;
    k.jumps.first = q;
    k.jumps.ratio = q * q;
    *w = (gd__window){ .start = start, .finite = true, .error = INFINITY };
    w->jump_error = from == GD__BOTH ? INFINITY : 0;
    for (int r = 0; r < ROWS && w->finite; r++) {
        double before = k.error;
        if (!step(&k, w, r))
            return false;
        if (settled(w, r, k.error, before))
            break;
    }
    finish(l, w);
    return true;
}
