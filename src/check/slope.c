/* slope.c - the slope along a line, from pairs of values at steps that are found as the values come.
 *
 * A window is a few steps, each half of the one before, with two tables of extrapolation over them (Richardson's, with
 * Ridders' estimate of the error): one for the central quotient, which is even in h, so each column takes away a power
 * h^2; and one for the difference of the two one-sided quotients, odd in h, which goes to zero unless there is a kink.
 * Most entries need one window. Where its steps are too long (curvature, or a kink, a jump or a forbidden region beside the
 * point) further windows lie at ever smaller steps; where they drown in noise, at larger ones. */
#include "check/slope.h"

#include <math.h>

enum { ROWS = 4 };

typedef enum side { BOTH, RIGHT, LEFT } side;

typedef struct window {
    int start;               /* the exponent of its largest step */
    bool finite;             /* all values that it looked at were */
    bool changed;            /* did any output differ? */
    double value, error;     /* of the slope */
    double noise;            /* what of the error is rounding */
    double jump, jump_error; /* of the difference between right and left slope */
    double jump_floor;       /* what of that is rounding */
    double first;            /* the larger quotient of the two sides at the largest step */
    double bend;             /* the difference of both sides' quotients at the smallest step */
} window;

/* How far the rounding noise of the values (one standard deviation, over h) reaches in extrapolated slopes: three of
 * their standard deviations. */
static const double noise_in_slope = 3, noise_in_side = 12, noise_in_jump = 16;

/* One-sided slopes are often at the edge of a region, where roots and powers are at home, which are no polynomials. */
static const double doubt_of_side = 4;

static const double good = 1e-9,
                    fair = 1e-7; /* relative errors: with less than `good` nothing is looked for any more */

/* ---- windows ---- */

/* Continues Richardson's table by a row, whose first entry is set: column k takes away what falls by first * ratio^(k - 1)
 * from one step to the next. Returns Ridders' estimate of the last entry's error. */
static double extrapolate(const double *before, double *row, int r, double first, double ratio)
{
    double factor = first;
    for (int k = 1; k <= r; k++, factor *= ratio)
        row[k] = row[k - 1] + (row[k - 1] - before[k - 1]) / (factor - 1);
    return r ? fmax(fabs(row[r] - row[r - 1]), fabs(row[r] - before[r - 1])) : INFINITY;
}

static double quotient(const gd__pair *p, side from)
{
    if (from == BOTH)
        return 0.5 * (p->forward / p->h - p->backward / p->h);
    return from == RIGHT ? p->forward / p->h : -p->backward / p->h;
}

static double steeper_side(const gd__pair *p, side from)
{
    return from == BOTH ? fmax(fabs(quotient(p, RIGHT)), fabs(quotient(p, LEFT))) : fabs(quotient(p, from));
}

static bool finite_pair(const gd__pair *p, side from)
{
    return (from == LEFT || isfinite(p->forward)) && (from == RIGHT || isfinite(p->backward));
}

/* Rounding dominates: smaller steps would only make it worse. */
static bool noisy(const window *w)
{
    return w->noise >= 0.5 * w->error;
}

static bool kinked(const window *w)
{
    return w->finite && fabs(w->jump) > 4 * w->jump_error && fabs(w->jump) > 2 * w->error;
}

/* Is it known that no kink hides in the window that could matter? Not more than this share of the difference between both
 * sides' quotients may be one. */
static bool free_of_hidden_kinks(const window *w, double share)
{
    double most = fabs(w->jump) + w->jump_error;
    return most <= 1e-3 * fabs(w->value) || most <= share * w->bend || most <= 4 * w->jump_floor;
}

static bool straight(const window *w)
{
    return free_of_hidden_kinks(w, 1e-3);
}

static bool within(const window *w, double relative)
{
    return w->finite && !kinked(w) && w->error <= relative * fabs(w->value) && straight(w);
}

/* Are more rows of no use? They are while each takes away a good part of the error. */
static bool settled(const window *w, int row, double error, double before)
{
    return row && (within(w, good) || (noisy(w) && straight(w)) || (row > 1 && !(error < 0.25 * before)));
}

static void take(window *w, double value, double error, double noise)
{
    if (error + noise < w->error) {
        w->value = value;
        w->error = error + noise;
        w->noise = noise;
    }
}

static void take_jump(window *w, double jump, double error, double floor)
{
    if (error + floor < w->jump_error) {
        w->jump = jump;
        w->jump_error = error + floor;
        w->jump_floor = floor;
    }
}

/* False with the error set. */
static bool look(gd__line *l, side from, int start, window *w)
{
    double slopes[ROWS][ROWS], jumps[ROWS][ROWS], before = INFINITY;
    *w = (window){ .start = start, .error = INFINITY, .jump_error = INFINITY };
    for (int r = 0; r < ROWS; r++) {
        const gd__pair *p = gd__line_pair(l, start - r);
        if (!p)
            return false;
        w->finite = finite_pair(p, from) && isfinite(gd__noise_of_pair(l, p));
        if (!w->finite)
            return true;
        w->changed = w->changed || p->changed;
        double noise = gd__noise_of_pair(l, p) / p->h, first = from == BOTH ? gd__ratio * gd__ratio : gd__ratio;
        slopes[r][0] = quotient(p, from);
        double error = extrapolate(r ? slopes[r - 1] : NULL, slopes[r], r, first, first);
        if (from == BOTH)
            take(w, slopes[r][r], error, noise_in_slope * noise);
        else
            take(w, slopes[r][r], doubt_of_side * error, noise_in_side * noise);
        if (from == BOTH) {
            jumps[r][0] = p->forward / p->h + p->backward / p->h;
            w->bend = fabs(jumps[r][0]);
            take_jump(w, jumps[r][r],
                      extrapolate(r ? jumps[r - 1] : NULL, jumps[r], r, gd__ratio, gd__ratio * gd__ratio),
                      noise_in_jump * noise);
        } else {
            w->jump_error = 0;
        }
        if (r == 0)
            w->first = steeper_side(p, from);
        if (settled(w, r, error, before))
            break;
        before = error;
    }
    w->finite = isfinite(w->value) && w->error < INFINITY;
    w->jump_error += sqrt(l->unit) * fabs(w->value); /* a kink far smaller than the slope is none */
    if (!kinked(w) && !straight(w))
        w->error += 0.5 * fabs(w->jump); /* what unseen kinks may do */
    return true;
}

/* ---- the search ---- */

typedef struct search {
    gd__line *line;
    side from;
    window best;    /* the best without a kink; error infinite: none */
    window kink;    /* the clearest of those that show the kink of the smallest steps; not finite: none */
    window least;   /* of them all, the one of the least error: if nothing better can be said */
    double largest; /* what a slope may be compared with: the first window's */
} search;

/* Is it free of the kink that larger steps showed? If the slope has grown, so would have the kink: steps far too long for a
 * function show less of all of it. */
static bool free_of_kink(const search *s, const window *w)
{
    const window *k = &s->kink;
    if (kinked(w) || !k->finite)
        return !kinked(w);
    double grown = fmax(1, fabs(w->value) / (fabs(k->value) + fabs(k->jump)));
    return fabs(w->jump) + w->jump_error < 0.25 * grown * fabs(k->jump);
}

/* Two windows can't both be right, and noise does not explain it: then the one of the smaller steps is. */
static bool refutes(const window *smaller, const window *larger)
{
    double apart = fabs(smaller->value - larger->value);
    return apart > larger->error + smaller->noise && smaller->noise < 0.5 * smaller->error;
}

static bool enough(const search *s, int windows)
{
    return within(&s->best, windows > 1 ? fair : good) || (noisy(&s->best) && s->best.finite);
}

/* Can steps that begin at this exponent show more than is known? */
static bool hopeless(const search *s, int exponent)
{
    const gd__line *l = s->line;
    double h = gd__line_step(l, exponent);
    if (h < l->least)
        return true;
    double noise = gd__noise_of_pair(l, &l->pair[(l->pairs - 1) % GD__PAIRS]) / (0.25 * h);
    if (s->kink.finite && !s->best.finite)
        return noise_in_jump * noise > 0.25 * fabs(s->kink.jump);
    return noise_in_slope * noise > s->best.error;
}

static window clearer_kink(const window *larger, const window *smaller)
{
    bool same = larger->finite && fabs(larger->value - smaller->value) <= larger->error + smaller->error &&
                fabs(larger->jump - smaller->jump) <= larger->jump_error + smaller->jump_error;
    return same && larger->error + larger->jump_error < smaller->error + smaller->jump_error ? *larger : *smaller;
}

/* Looks at smaller and smaller steps, until the slope is clear or can't become so. False with the error set. */
static bool descend(search *s, int start)
{
    int gap = 5;
    for (int windows = 1;; windows++) {
        window w;
        if (!look(s->line, s->from, start, &w))
            return false;
        if (windows == 1 && w.finite)
            s->largest = w.first;
        if (w.finite && w.error < s->least.error)
            s->least = w;
        if (kinked(&w)) {
            s->kink = clearer_kink(&s->kink, &w);
            s->best = (window){ .error = INFINITY }; /* what larger steps said includes the kink */
        } else if (w.finite && free_of_kink(s, &w)) {
            if (w.error < s->best.error || refutes(&w, &s->best))
                s->best = w;
        } else if (w.finite && refutes(&w, &s->kink)) {
            s->kink.finite = false;
            s->best = w;
        } else if (w.finite && w.jump_floor > 0.5 * w.jump_error) {
            return true; /* noise covers what is closer */
        }
        if (enough(s, windows))
            return true;
        while (gap >= 3 && hopeless(s, start - gap))
            gap /= 2;
        if (gap < 3)
            return true;
        start -= gap;
        gap *= 2;
    }
}

/* Is it worth to look at larger steps? `farther` says that some were. */
static bool worth_growing(const search *s, bool farther)
{
    const gd__line *l = s->line;
    if (!s->best.finite || within(&s->best, fair) || !(noisy(&s->best) || !farther))
        return false;
    double most = fmax(s->largest, l->base->magnitude / fmax(l->scale, 1));
    return !farther || s->best.error > 1e-12 * most;
}

/* Does a window of larger steps show the same, and more clearly? There may be kinks in it that the best has none of. */
static bool surpasses(const search *s, const window *w)
{
    const window *b = &s->best;
    return free_of_kink(s, w) && free_of_hidden_kinks(w, 0.1) && w->error < 0.5 * b->error &&
           fabs(w->value - b->value) <= w->error + b->error;
}

/* Looks at larger steps for a kink that noise blurs. False with the error set. */
static bool grow_kink(search *s)
{
    for (int gap = 4; gap < 512; gap *= 2) {
        window w;
        if (!look(s->line, s->from, s->kink.start + gap, &w))
            return false;
        window clearer = clearer_kink(&w, &s->kink);
        if (!kinked(&w) || clearer.start != w.start)
            break;
        s->kink = clearer;
    }
    return true;
}

/* Looks at larger steps, where the values stand out of the noise. False with the error set. */
static bool grow(search *s)
{
    if (!s->best.finite && s->kink.finite && s->kink.error + s->kink.jump_error > 1e-2 * fabs(s->kink.jump))
        return grow_kink(s);
    bool farther = false;
    for (int gap = 4; gap >= 4 && worth_growing(s, farther);) {
        window w;
        if (!look(s->line, s->from, s->best.start + gap, &w))
            return false;
        if (w.finite && surpasses(s, &w)) {
            s->best = w;
            gap = gap < 512 ? 2 * gap : gap;
        } else {
            gap /= 2;
        }
        farther = true;
    }
    return true;
}

/* ---- the verdict ---- */

static void say(gd__slope *slope, gd__slope_state state, double value, double error, double jump)
{
    *slope = (gd__slope){ .state = state, .value = value, .error = error };
    slope->left = value - 0.5 * jump;
    slope->right = value + 0.5 * jump;
}

/* Is the slope known, or at least known to be small beside what it could be? */
static bool trusted(const search *s)
{
    const window *w = &s->best;
    double most = s->line->base->magnitude / s->line->scale;
    return w->error <= 1e-2 * fabs(w->value) || w->error <= 1e-6 * s->largest ||
           (noisy(w) && w->error <= 1e-4 * most) || !w->changed;
}

static bool search_from(search *s, gd__line *l, side from, int start)
{
    *s = (search){ .line = l, .from = from, .best = { .error = INFINITY }, .least = { .error = INFINITY } };
    return descend(s, start) && grow(s);
}

/* Of a jump, an edge or a pole: the slopes of both sides, each where it has one; if none has, the best that both together
 * show. A slope at the edge of the region where F is finite is the slope there. False with the error set. */
static bool say_sides(gd__line *l, int start, const window *both, gd__slope *slope)
{
    search right, left;
    if (!search_from(&right, l, RIGHT, start) || !search_from(&left, l, LEFT, start))
        return false;
    bool has_right = right.best.finite && trusted(&right), has_left = left.best.finite && trusted(&left);
    const window *w = has_right ? &right.best : has_left ? &left.best : both;
    bool edge = has_right != has_left && !(has_right ? left : right).best.finite;
    say(slope, edge ? GD__SLOPE_SMOOTH : GD__SLOPE_UNSURE, w->finite ? w->value : NAN, w->error, 0);
    slope->right = has_right ? right.best.value : NAN;
    slope->left = has_left ? left.best.value : NAN;
    return true;
}

static bool run(gd__line *l, int start, gd__slope *slope)
{
    search s;
    if (!search_from(&s, l, BOTH, start))
        return false;
    const window *w = &s.best, *k = &s.kink;
    if (w->finite && trusted(&s))
        say(slope, GD__SLOPE_SMOOTH, w->value, w->error, 0);
    else if (k->finite && !w->finite)
        say(slope, GD__SLOPE_KINK, k->value, k->error + k->jump_error, k->jump);
    else if (w->finite && noisy(w))
        say(slope, GD__SLOPE_UNSURE, w->value, w->error, 0);
    else
        return say_sides(l, start, &s.least, slope);
    return true;
}

/* Finds where the search begins: at the line's own step, or, where that changes no output, at one that matters to a
 * function of numbers near 1. *found is false where nothing changes anything: the slope is zero then, as far as rounding
 * can tell. */
static bool find_start(gd__line *l, int *start, bool *found, gd__slope *slope)
{
    int far = l->scale < 1e-3 && l->scale > 0 ? (int)(-log(l->scale) / log(gd__ratio)) : 6;
    const gd__pair *near = gd__line_pair(l, 0), *wide = NULL;
    *start = 0;
    *found = !near || near->changed;
    if (!near || (*found && !gd__line_coarsen(l)))
        return near;
    if (*found)
        return find_start(l, start, found, slope);
    if (!(wide = gd__line_pair(l, far)))
        return false;
    near = gd__line_pair(l, 0);
    *found = wide->changed;
    if (wide->changed && far != 6)
        *start = far;
    double h = wide->changed ? near->h : wide->h;
    say(slope, GD__SLOPE_SMOOTH, 0, noise_in_slope * l->base->all / h, 0);
    return true;
}

bool gd__slope_of_line(gd__line *l, gd__slope *slope)
{
    int start = 0;
    bool found = false;
    say(slope, GD__SLOPE_UNSURE, NAN, INFINITY, NAN);
    if (!l->base->finite || !isfinite(l->scale))
        return true;
    if (!find_start(l, &start, &found, slope))
        return false;
    return found ? run(l, start, slope) : true;
}
