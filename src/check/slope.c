/* slope.c - the slope along a line: which windows to look at, and what they say together.
 *
 * Most entries need one window. Where its steps are too long (curvature, or a kink, a jump or a forbidden region beside the
 * point) further windows lie at ever smaller steps; where they drown in noise, at larger ones. */
#include "check/slope.h"

#include <math.h>

#include "check/window.h"

static const double fair = 1e-7; /* a relative error that needs no further window, once there were two */

/* ---- the search ---- */

typedef struct search {
    gd__line *line;
    gd__side from;
    gd__window best;  /* the best without a kink; error infinite: none */
    gd__window kink;  /* the clearest of those that show the kink of the smallest steps; not finite: none */
    gd__window least; /* of them all, the one of the least error: if nothing better can be said */
    double largest;   /* what a slope may be compared with: the first window's */
} search;

/* Is it free of the kink that larger steps showed? If the slope has grown, so would have the kink: steps far too long for a
 * function show less of all of it. */
static bool free_of_kink(const search *s, const gd__window *w)
{
    const gd__window *k = &s->kink;
    if (gd__kinked(w) || !k->finite)
        return !gd__kinked(w);
    double grown = fmax(1, fabs(w->value) / (fabs(k->value) + fabs(k->jump)));
    return fabs(w->jump) + w->jump_error < 0.25 * grown * fabs(k->jump);
}

/* Two windows can't both be right, and noise does not explain it: then the one of the smaller steps is. */
static bool refutes(const gd__window *smaller, const gd__window *larger)
{
    double apart = fabs(smaller->value - larger->value);
    return apart > larger->error + smaller->noise && smaller->noise < 0.5 * smaller->error;
}

static bool enough(const search *s, int windows)
{
    return gd__within(&s->best, windows > 1 ? fair : gd__good) || (gd__noisy(&s->best) && s->best.finite);
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
        return gd__noise_in_jump * noise > 0.25 * fabs(s->kink.jump);
    return gd__noise_in_slope * noise > s->best.error;
}

static gd__window clearer_kink(const gd__window *larger, const gd__window *smaller)
{
    bool same = larger->finite && fabs(larger->value - smaller->value) <= larger->error + smaller->error &&
                fabs(larger->jump - smaller->jump) <= larger->jump_error + smaller->jump_error;
    return same && larger->error + larger->jump_error < smaller->error + smaller->jump_error ? *larger : *smaller;
}

/* Takes in a window of smaller steps than those before. False when noise covers what is closer. */
static bool take_in(search *s, const gd__window *w)
{
    if (w->finite && w->error < s->least.error)
        s->least = *w;
    if (gd__kinked(w)) {
        s->kink = clearer_kink(&s->kink, w);
        s->best = (gd__window){ .error = INFINITY }; /* what larger steps said includes the kink */
    } else if (w->finite && free_of_kink(s, w)) {
        if (w->error < s->best.error || refutes(w, &s->best))
            s->best = *w;
    } else if (w->finite && refutes(w, &s->kink)) {
        s->kink.finite = false;
        s->best = *w;
    } else if (w->finite && w->jump_floor > 0.5 * w->jump_error) {
        return false;
    }
    return true;
}

/* Looks at smaller and smaller steps, until the slope is clear or can't become so. False with the error set. */
static bool descend(search *s, int start)
{
    int gap = 5;
    for (int windows = 1;; windows++) {
        gd__window w;
        if (!gd__look(s->line, s->from, start, &w))
            return false;
        if (windows == 1 && w.finite)
            s->largest = w.first;
        if (!take_in(s, &w) || enough(s, windows))
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
    if (!s->best.finite || gd__within(&s->best, fair) || !(gd__noisy(&s->best) || !farther))
        return false;
    double most = fmax(s->largest, l->base->magnitude / fmax(l->scale, 1));
    return !farther || s->best.error > 1e-12 * most;
}

/* Beyond, another function may begin: floor(x) looks like x from afar. */
static bool near_enough(const gd__line *l, int exponent)
{
    return gd__line_step(l, exponent) <= fmax(l->scale, 1);
}

/* Does a window of larger steps show the same, and more clearly? There may be kinks in it that the best has none of. */
static bool surpasses(const search *s, const gd__window *w)
{
    const gd__window *b = &s->best;
    return free_of_kink(s, w) && gd__free_of_hidden_kinks(w, 0.1) && w->error < 0.5 * b->error &&
           fabs(w->value - b->value) <= w->error + b->error;
}

/* Looks at larger steps for a kink that noise blurs. False with the error set. */
static bool grow_kink(search *s)
{
    for (int gap = 4; gap < 512; gap *= 2) {
        gd__window w;
        if (!gd__look(s->line, s->from, s->kink.start + gap, &w))
            return false;
        gd__window clearer = clearer_kink(&w, &s->kink);
        if (!gd__kinked(&w) || clearer.start != w.start)
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
        gd__window w = { .finite = false };
        if (near_enough(s->line, s->best.start + gap) && !gd__look(s->line, s->from, s->best.start + gap, &w))
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
    const gd__window *w = &s->best;
    double most = s->line->base->magnitude / s->line->scale;
    return w->error <= 1e-2 * fabs(w->value) || w->error <= 1e-6 * s->largest ||
           (gd__noisy(w) && w->error <= 1e-4 * most) || !w->changed;
}

static bool search_from(search *s, gd__line *l, gd__side from, int start)
{
    *s = (search){ .line = l, .from = from, .best = { .error = INFINITY }, .least = { .error = INFINITY } };
    return descend(s, start) && grow(s);
}

/* Of a jump, an edge or a pole: the slopes of both sides, each where it has one; if none has, the best that both together
 * show. A slope at the edge of the region where F is finite is the slope there. False with the error set. */
static bool say_sides(gd__line *l, int start, const gd__window *both, gd__slope *slope)
{
    search right, left;
    if (!search_from(&right, l, GD__RIGHT, start) || !search_from(&left, l, GD__LEFT, start))
        return false;
    bool has_right = right.best.finite && trusted(&right), has_left = left.best.finite && trusted(&left);
    const gd__window *w = has_right ? &right.best : has_left ? &left.best : both;
    bool edge = has_right != has_left && !(has_right ? left : right).best.finite;
    say(slope, edge ? GD__SLOPE_SMOOTH : GD__SLOPE_UNSURE, w->finite ? w->value : NAN, w->error, 0);
    slope->right = has_right ? right.best.value : NAN;
    slope->left = has_left ? left.best.value : NAN;
    return true;
}

static bool run(gd__line *l, int start, gd__slope *slope)
{
    search s;
    if (!search_from(&s, l, GD__BOTH, start))
        return false;
    const gd__window *w = &s.best, *k = &s.kink;
    if (w->finite && trusted(&s))
        say(slope, GD__SLOPE_SMOOTH, w->value, w->error, 0);
    else if (k->finite && !w->finite)
        say(slope, GD__SLOPE_KINK, k->value, k->error + k->jump_error, k->jump);
    else if (w->finite && gd__noisy(w))
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
    say(slope, GD__SLOPE_SMOOTH, 0, gd__noise_in_slope * l->base->all / h, 0);
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
