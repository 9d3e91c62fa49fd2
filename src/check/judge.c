/* judge.c - slopes, and how what is claimed compares with them. */
#include "check/lanes.h"
#include "check/work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* (3) may be written (1, 3): a bias as a row. */
static bool same_but_for_ones(gd_dims a, gd_dims b)
{
    int i = 0, j = 0;
    while (i < a.count && a.size[i] == 1)
        i++;
    while (j < b.count && b.size[j] == 1)
        j++;
    if (a.count - i != b.count - j)
        return false;
    for (; i < a.count; i++, j++)
        if (a.size[i] != b.size[j])
            return false;
    return true;
}

bool gd__has_right_shape(const gd__work *w, int i)
{
    return w->numbers[i] == w->entries[i] && same_but_for_ones(w->shape[i], gd__shape(w->s.item[i].tensor));
}

static gd__tolerance tolerance_of(const gd__work *w, int i)
{
    const gd_gradcheck_options *o = w->o;
    bool narrow = w->narrow[i];
    gd__tolerance t = { narrow ? 1e-3 : 1e-5, 0, narrow ? 1e-4 : 1e-8 };
    if (gd__given(o->given, "rtol") && o->given)
        t.relative = o->rtol;
    if (gd__given(o->given, "atol") && o->given)
        t = (gd__tolerance){ t.relative, o->atol, 0 };
    return t;
}

double gd__seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

/* Drawn over itself; gone when all is done. */
void gd__draw_bar(gd__bar *b, const char *what, int64_t done, int64_t all)
{
    enum { WIDTH = 40 };
    if (!b->to || gd__seconds_since(&b->start) < 1)
        return;
    int full = all > 0 ? (int)(WIDTH * done / all) : WIDTH;
    if (b->drawn && full == b->full && done < all)
        return;
    b->full = full;
    fprintf(b->to, "\r[%.*s%*s] %lld of %lld %s ", full, "========================================", WIDTH - full, "",
            (long long)done, (long long)all, what);
    if (done >= all)
        fprintf(b->to, "\r%*s\r", WIDTH + 50, "");
    fflush(b->to);
    b->drawn = done < all;
}

static void draw_entries(void *watcher, int64_t done, int64_t all)
{
    gd__draw_bar(watcher, "entries", done, all);
}

/* Along random directions of item i alone: does what is claimed agree? */
static bool agrees_along(gd__work *w, const gd__objective *o, int i, const double *claimed, bool *agrees)
{
    gd__tolerance t = tolerance_of(w, i);
    uint64_t state = w->o->seed + (uint64_t)i * 7919 + 1;
    double **direction = gd__blocks(w, sizeof(double));
    bool good = gd__has_blocks(w, direction);
    *agrees = true;
    for (int turn = 0; good && *agrees && turn < 2; turn++) {
        gd__slope slope;
        double expected = 0, size = 0;
        for (int k = 0; k < w->count; k++)
            memset(direction[k], 0, (size_t)w->entries[k] * sizeof(double));
        for (int64_t k = 0; k < w->entries[i]; k++) {
            direction[i][k] = gd__drawn_normal(&state);
            expected += claimed[k] * direction[i][k];
            size += claimed[k] * claimed[k] * direction[i][k] * direction[i][k];
        }
        good = gd__slope_along(o, direction, &slope);
        double low = fmin(slope.left, slope.right), high = fmax(slope.left, slope.right);
        double off = fabs(expected - slope.value);
        if (slope.state == GD__SLOPE_KINK)
            off = expected < low ? low - expected : expected > high ? expected - high : 0;
        double allowed = t.absolute + 0.1 * t.relative * sqrt(size) + t.of_largest * sqrt(size) + 4 * slope.error;
        *agrees = isfinite(expected) && slope.state != GD__SLOPE_UNSURE && off <= allowed;
    }
    gd__free_blocks(w, direction, sizeof(double));
    return good;
}

/* The program's gradient stands for the slopes of all entries, where it agrees along random directions. */
static bool slopes_by_program(gd__work *w, const gd__objective *o, int i, bool *done)
{
    *done = false;
    if (!w->has_program || !agrees_along(w, o, i, w->right[i], done))
        return !w->g->failed;
    for (int64_t k = 0; *done && k < w->entries[i]; k++)
        w->slope[i][k] = (gd__slope){ .value = w->right[i][k], .error = 1e-9 * fabs(w->right[i][k]) };
    return true;
}

/* The entry that is furthest off is looked at by itself. */
static bool look_at_worst(gd__work *w, const gd__objective *o, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    gd__slope slope;
    int64_t at = 0;
    for (int k = 0; k < to->shape.count; k++)
        at = at * to->shape.size[k] + to->worst.size[k];
    if (to->verdict != GD_CHECK_WRONG)
        return true;
    if (!gd__slope_at(o, i, at, &slope))
        return false;
    to->numeric = slope.value;
    to->uncertainty = slope.error;
    return true;
}

/* A gradient of another shape, or none: what there is to say of its entries. */
static void compare_misshapen(gd__work *w, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    double largest = 0;
    for (int64_t k = 0; k < w->entries[i]; k++)
        largest = fmax(largest, fabs(w->slope[i][k].value));
    bool none = w->numbers[i] < 0;
    to->compared = to->entries;
    to->worst = gd__place_of(to->shape, 0);
    to->claimed = none ? NAN : w->numbers[i] > 0 ? w->claimed[i][0] : NAN;
    to->numeric = w->entries[i] > 0 ? w->slope[i][0].value : 0;
    to->uncertainty = w->entries[i] > 0 ? w->slope[i][0].error : 0;
    to->verdict = none && largest <= 1e-12 ? GD_CHECK_RIGHT : GD_CHECK_WRONG;
    to->wrong = to->verdict == GD_CHECK_WRONG ? to->entries : 0;
    if (to->wrong)
        snprintf(to->pattern, sizeof to->pattern, "%s", none ? "there is none" : "its shape is another");
}

/* A staircase seen from far looks like a slope. Where the claim is that the function is flat, it is asked within a distance over
 * which the slope would show clearly. */
static bool look_for_steps(gd__work *w, const gd__objective *o, int i)
{
    double *there = gd__alloc(w->g, (size_t)(3 * o->outputs + 1) * sizeof *there);
    bool good = there != NULL;
    for (int64_t k = 0; good && k < w->entries[i]; k++) {
        gd__slope *s = &w->slope[i][k];
        double x = w->point[i][k], size = 0;
        if (w->claimed[i][k] != 0 || s->state == GD__SLOPE_KINK || !(fabs(s->value) > 100 * s->error))
            continue;
        good = o->evaluate(o->user, 0, w->point, there);
        for (int64_t m = 0; m < o->outputs; m++)
            size = fmax(size, fabs(o->weight[m] * there[m]));
        double h = fmax(1e-13 * size / fabs(s->value), 1e-14 * fabs(x));
        bool flat = true;
        for (int side = 0; good && side < 2; side++) {
            w->point[i][k] = side ? x + h : x - h;
            good = o->evaluate(o->user, 0, w->point, there + (side + 1) * o->outputs);
            w->point[i][k] = x;
            flat = flat && good &&
                   memcmp(there, there + (side + 1) * o->outputs, (size_t)o->outputs * sizeof *there) == 0;
        }
        if (flat)
            *s = (gd__slope){ .value = 0, .error = 0 };
    }
    gd__free(w->g, there, (size_t)(3 * o->outputs + 1) * sizeof *there);
    return good;
}

/* Each takes two dozen evaluations. */
enum { MOST_STAIRS = 256 };

/* The slope between two points at this distance to both sides. */
static bool secant(gd__work *w, const gd__objective *o, int i, int64_t k, double h, double *room, double *slope)
{
    double x = w->point[i][k], sum = 0;
    w->point[i][k] = x + h;
    bool good = o->evaluate(o->user, 0, w->point, room);
    w->point[i][k] = x - h;
    good = good && o->evaluate(o->user, 0, w->point, room + o->outputs);
    w->point[i][k] = x;
    for (int64_t m = 0; m < o->outputs; m++)
        sum += o->weight[m] * (room[m] - room[m + o->outputs]);
    *slope = sum / (2 * h);
    return good;
}

/* Does the function, seen from farther away, rise as is claimed, at several distances in a row? Where there is a program whose
 * gradient is the claimed one it need not come as near: a few stairs are all that is seen. */
static bool rises_from_afar(gd__work *w, const gd__objective *o, int i, int64_t k, double *room, bool *rises)
{
    enum { FARTHEST = 3, NEAREST = -9 };
    double claimed = w->claimed[i][k], scale = fmax(1, fabs(w->point[i][k])), before = NAN;
    bool told = w->has_program && fabs(w->right[i][k] - claimed) <= 1e-6 * fabs(claimed);
    int row = 0;
    *rises = false;
    for (int e = NEAREST; e <= FARTHEST && !*rises; e++) {
        double slope, near;
        if (!secant(w, o, i, k, ldexp(told ? 1 : scale, e), room, &slope))
            return false;
        near = told || isnan(before) ? slope : before + (before - slope) / 3; /* without the square of the distance */
        row = fabs(near - claimed) <= (told ? 0.5 : 1e-4) * fabs(claimed) ? row + 1 : 0;
        *rises = row >= (told ? 2 : 3);
        before = slope;
    }
    return true;
}

/* A value that was rounded on the way, beside something larger, makes a staircase: nearby it is flat, or has the slope of what
 * it is multiplied by, and no step shorter than a stair tells of the slope. Where the claim is what larger steps show, the slope is not known. */
static bool look_from_afar(gd__work *w, const gd__objective *o, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    double *room = gd__alloc(w->g, (size_t)(2 * o->outputs + 1) * sizeof *room);
    bool good = room != NULL, found = false;
    for (int64_t k = 0; good && k < w->entries[i]; k++) {
        gd__slope *s = &w->slope[i][k];
        bool rises = false;
        if (!w->mark[k] || w->claimed[i][k] == 0 || s->state != GD__SLOPE_SMOOTH ||
            !(fabs(s->value) < fabs(w->claimed[i][k])))
            continue;
        good = rises_from_afar(w, o, i, k, room, &rises);
        if (rises)
            *s = (gd__slope){ .value = s->value, .error = s->error, .state = GD__SLOPE_UNSURE };
        found = found || rises;
    }
    gd__free(w->g, room, (size_t)(2 * o->outputs + 1) * sizeof *room);
    if (good && found) {
        to->wrong = to->kinks = to->unsure = 0;
        gd__compare(w->claimed[i], w->slope[i], to->shape, w->entries[i], tolerance_of(w, i), w->mark, to);
    }
    return good;
}

/* A point right beside, and the tape's gradients there. False where it has none, with the error set. */
static bool gradients_beside(gd__work *w, uint64_t *state, double **moved, double **gradient)
{
    bool refused;
    for (int n = 0; n < w->count; n++)
        for (int64_t k = 0; k < w->entries[n]; k++)
            moved[n][k] = w->point[n][k] + 1e-4 * (0.01 + fabs(w->point[n][k])) * gd__drawn_normal(state);
    return gd__subject_gradients(&w->s, moved, w->dy, gradient, &refused);
}

/* Widens the bounds of the marked entries' gradients. Do they agree with the slopes there, if these are to be compared? */
static bool agrees_beside(gd__work *w, const gd__objective *o, int i, double **moved, double **gradient, int turn,
                          bool compare, double *bounds, bool *agrees)
{
    gd__objective beside = *o;
    beside.point = moved;
    for (int64_t k = 0, n = 0; *agrees && k < w->entries[i]; k++) {
        gd__slope slope;
        double value = gradient[i][k];
        if (!w->mark[k])
            continue;
        if (compare && !gd__slope_at(&beside, i, k, &slope))
            return false;
        *agrees = !compare || fabs(value - slope.value) <= 1e-6 * fabs(slope.value) + 4 * slope.error + 1e-12;
        bounds[2 * n] = turn == 0 ? value : fmin(bounds[2 * n], value);
        bounds[2 * n + 1] = turn == 0 ? value : fmax(bounds[2 * n + 1], value);
        n++;
    }
    return true;
}

/* Where the tape's gradient disagrees at the point, does it agree right beside it, wherever that is, and is the claimed one
 * among those? Then the point is a corner where several pieces meet. */
static bool look_beside(gd__work *w, const gd__objective *o, int i)
{
    enum { MOST = 64, TURNS = 24, COMPARED = 4 };
    gd_check_input *to = gd__input_of(w, i);
    uint64_t state = w->o->seed + 77;
    double bounds[2 * MOST];
    bool corner = true;
    if (to->verdict != GD_CHECK_WRONG || w->by_hand || to->wrong > MOST)
        return true;
    double **moved = gd__blocks(w, sizeof(double)), **gradient = gd__blocks(w, sizeof(double));
    bool good = gd__has_blocks(w, moved) && gd__has_blocks(w, gradient);
    w->g->on_error = NULL;
    for (int turn = 0; good && corner && turn < TURNS; turn++)
        good = gradients_beside(w, &state, moved, gradient) &&
               agrees_beside(w, o, i, moved, gradient, turn, turn < COMPARED, bounds, &corner);
    w->g->on_error = w->s.on_error;
    for (int64_t k = 0, n = 0; good && corner && k < w->entries[i]; k++) {
        if (!w->mark[k])
            continue;
        double room = 1e-3 * fabs(w->claimed[i][k]);
        corner = w->claimed[i][k] >= bounds[2 * n] - room && w->claimed[i][k] <= bounds[2 * n + 1] + room;
        n++;
    }
    bool memory = w->g->failed && w->g->error.status == GD_ERROR_MEMORY;
    if (!good && !memory)
        gd_clear(w->g);
    gd__free_blocks(w, moved, sizeof(double));
    gd__free_blocks(w, gradient, sizeof(double));
    if (good && corner) {
        to->kinks += to->wrong;
        to->wrong = 0;
        to->pattern[0] = 0;
        to->verdict = to->unsure ? GD_CHECK_UNSURE : GD_CHECK_RIGHT;
    }
    return !memory;
}

/* The library's own rules are not the derivative here, on purpose, and nobody else's took part: who wrote the function has made no
 * mistake. */
static void excuse(gd__work *w, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    const char *why = w->has_program && w->program.uses == 0 && !w->by_hand ? w->program.held_back : NULL;
    if (to->verdict != GD_CHECK_WRONG || !why)
        return;
    to->unsure += to->wrong;
    to->wrong = 0;
    to->verdict = GD_CHECK_UNSURE;
    snprintf(to->pattern, sizeof to->pattern, "%s", why);
}

static bool compare_one(gd__work *w, const gd__objective *o, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    int64_t all = 0;
    bool done = false, shaped = gd__has_right_shape(w, i);
    for (int k = 0; k < w->count; k++)
        all += w->entries[k];
    bool large = all > GD__FULL || w->o->fast;
    if (large && shaped) {
        if (!agrees_along(w, o, i, w->claimed[i], &done))
            return false;
        if (done) {
            to->verdict = GD_CHECK_RIGHT;
            return true;
        }
    }
    if (large && !slopes_by_program(w, o, i, &done))
        return false;
    if (!done && !gd__slopes_of(o, i, w->slope[i]))
        return false;
    if (!shaped) {
        compare_misshapen(w, i);
        return true;
    }
    if (!done && !look_for_steps(w, o, i))
        return false;
    gd__compare(w->claimed[i], w->slope[i], to->shape, w->entries[i], tolerance_of(w, i), w->mark, to);
    if (!done && to->wrong > 0 && to->wrong <= MOST_STAIRS && !look_from_afar(w, o, i))
        return false;
    return done ? look_at_worst(w, o, i) : look_beside(w, o, i);
}

static void name_input(gd__work *w, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    memcpy(to->name, w->s.item[i].name, sizeof to->name);
    to->shape = gd__shape(w->s.item[i].tensor);
    to->entries = w->entries[i];
}

bool gd__ask_twice(gd__work *w, bool *same)
{
    gd__objective o = gd__subject_objective(&w->s, w->entries, w->point);
    double *y = gd__alloc(w->g, (size_t)(2 * o.outputs + 1) * sizeof *y);
    bool good = y && o.evaluate(o.user, 0, w->point, y) && o.evaluate(o.user, 0, w->point, y + o.outputs);
    *same = good && memcmp(y, y + o.outputs, (size_t)o.outputs * sizeof *y) == 0;
    gd__free(w->g, y, (size_t)(2 * o.outputs + 1) * sizeof *y);
    return good;
}

void gd__give_up(gd__work *w)
{
    for (int i = 0; i < w->count; i++) {
        gd_check_input *to = gd__input_of(w, i);
        name_input(w, i);
        to->verdict = GD_CHECK_UNSURE;
        to->compared = to->unsure = to->entries;
        snprintf(to->pattern, sizeof to->pattern, "the function gives other numbers each time it is called");
    }
}

/* Enough of them for a thread to be worth while? */
static bool many_entries(const gd__work *w)
{
    int64_t all = 0;
    for (int i = 0; i < w->count; i++)
        all += w->entries[i];
    return all >= 200;
}

/* Does the program make the function's numbers, here and at points around? Else what the function does is more than was
 * traced: a branch in C. */
static bool is_the_function(gd__work *w, const gd__objective *of_function, const gd__objective *of_program)
{
    enum { TURNS = 3 };
    uint64_t state = w->o->seed + 4242;
    int64_t m = of_function->outputs;
    double *y = gd__alloc(w->g, (size_t)(2 * m + 1) * sizeof *y), **x = gd__blocks(w, sizeof(double));
    bool same = y && gd__has_blocks(w, x);
    for (int turn = 0; same && turn < TURNS; turn++) {
        for (int i = 0; i < w->count; i++)
            for (int64_t k = 0; k < w->entries[i]; k++)
                x[i][k] = w->point[i][k] * (1 + (turn ? 1e-3 * gd__drawn_normal(&state) : 0));
        same =
            of_function->evaluate(of_function->user, 0, x, y) && of_program->evaluate(of_program->user, 0, x, y + m);
        for (int64_t k = 0; same && k < m; k++)
            same = fabs(y[k] - y[m + k]) <= 1e-12 * fabs(y[k]) + 1e-300;
    }
    gd__free_blocks(w, x, sizeof(double));
    gd__free(w->g, y, (size_t)(2 * m + 1) * sizeof *y);
    return same;
}

bool gd__compare_all(gd__work *w)
{
    gd__objective o = gd__subject_objective(&w->s, w->entries, w->point);
    gd__lanes_of lanes = { .p = &w->program };
    gd__objective shared = o;
    bool good = true;
    o.progress = draw_entries;
    o.watcher = w->bar;
    if (w->check->narrow || (w->has_program && w->program.narrow[0]))
        o.unit = 5.960464477539063e-08; /* somewhere it computes in float32 */
    if (w->has_program && many_entries(w))
        gd__lanes_open(&lanes, &w->program, gd_threads(w->g));
    shared.user = &lanes;
    shared.evaluate = gd__lanes_evaluate;
    if (lanes.count > 0 && is_the_function(w, &o, &shared)) {
        o.user = &lanes;
        o.evaluate = gd__lanes_evaluate;
        o.lanes = lanes.count;
    }
    for (int i = 0; good && i < w->count; i++) {
        name_input(w, i);
        good = compare_one(w, &o, i);
        excuse(w, i);
    }
    gd__lanes_close(&lanes);
    return good;
}
