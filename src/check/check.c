/* check.c - a gradient check from beginning to end: claims, numbers, comparison, and the search for what is wrong. */
#include "check/check.h"

#include "check/compare.h"
#include "check/search.h"
#include "check/subject.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* All of one check under way. */
typedef struct work {
    gd_context *g;
    const gd_gradcheck_options *o;
    gd_check *check;
    gd__subject s;
    gd_tensor *dy;
    bool by_hand;             /* the gradients were handed over */
    int count;
    int64_t *entries;
    double **point, **before; /* by item: where; an earlier point */
    bool has_before;
    double **claimed, **again; /* by item: the gradients; those of a second run */
    gd_dims *shape;           /* of what is claimed */
    int64_t *numbers;         /* how many are claimed, -1: none */
    bool *narrow;             /* claimed as float32 */
    bool refused;             /* the tape had no gradients to give, since something was written over: its error is in `why` */
    gd_error why;
    gd__slope **slope;
    char *mark;
    gd__program program;
    bool has_program;         /* it is there, and makes the numbers that were measured */
    double **right;           /* by item: the program's gradients */
} work;

/* ---- memory: blocks by item ---- */

static void *blocks(work *w, size_t size)
{
    void **list = gd__alloc(w->g, (size_t)(w->count + 1) * sizeof *list);
    for (int i = 0; list && i <= w->count; i++)
        list[i] = NULL;
    for (int i = 0; list && i < w->count; i++)
        if (!(list[i] = gd__alloc(w->g, (size_t)(w->entries[i] + 1) * size)))
            break;
    return list;
}

static void free_blocks(work *w, void *list, size_t size)
{
    void **item = list;
    for (int i = 0; item && i < w->count; i++)
        if (item[i])
            gd__free(w->g, item[i], (size_t)(w->entries[i] + 1) * size);
    if (item)
        gd__free(w->g, item, (size_t)(w->count + 1) * sizeof *item);
}

static bool whole(const work *w, void *list)
{
    void **item = list;
    return item && (w->count == 0 || item[w->count - 1]);
}

static void free_claims(work *w)
{
    for (int i = 0; w->claimed && i < w->count; i++)
        if (w->claimed[i])
            gd__free(w->g, w->claimed[i], (size_t)(w->numbers[i] + 1) * sizeof(double));
    gd__free(w->g, w->claimed, (size_t)(w->count + 1) * sizeof *w->claimed);
}

static bool open_work(work *w)
{
    w->count = w->s.count;
    size_t room = (size_t)(w->count + 1);
    int64_t most = 0;
    w->entries = gd__alloc(w->g, room * sizeof *w->entries);
    w->numbers = gd__alloc(w->g, room * sizeof *w->numbers);
    w->shape = gd__alloc(w->g, room * sizeof *w->shape);
    w->narrow = gd__alloc(w->g, room * sizeof *w->narrow);
    w->point = gd__alloc(w->g, room * sizeof *w->point);
    w->claimed = gd__alloc(w->g, room * sizeof *w->claimed);
    if (!w->entries || !w->numbers || !w->shape || !w->narrow || !w->point || !w->claimed)
        return false;
    for (int i = 0; i < w->count; i++) {
        w->entries[i] = w->s.item[i].count;
        w->point[i] = w->s.item[i].point;
        w->shape[i] = gd__shape(w->s.item[i].tensor);
        w->numbers[i] = w->entries[i];
        w->narrow[i] = false;
        w->claimed[i] = NULL;
        most = w->entries[i] > most ? w->entries[i] : most;
    }
    w->mark = gd__alloc(w->g, (size_t)most + 1);
    w->before = blocks(w, sizeof(double));
    w->again = blocks(w, sizeof(double));
    w->right = blocks(w, sizeof(double));
    w->slope = blocks(w, sizeof(gd__slope));
    return w->mark && whole(w, w->before) && whole(w, w->again) && whole(w, w->right) && whole(w, w->slope);
}

static void close_work(work *w)
{
    size_t room = (size_t)(w->count + 1);
    int64_t most = 0;
    for (int i = 0; w->entries && i < w->count; i++)
        most = w->entries[i] > most ? w->entries[i] : most;
    free_claims(w);
    if (w->entries) {
        free_blocks(w, w->before, sizeof(double));
        free_blocks(w, w->again, sizeof(double));
        free_blocks(w, w->right, sizeof(double));
        free_blocks(w, w->slope, sizeof(gd__slope));
    }
    gd__free(w->g, w->mark, (size_t)most + 1);
    gd__free(w->g, w->entries, room * sizeof *w->entries);
    gd__free(w->g, w->numbers, room * sizeof *w->numbers);
    gd__free(w->g, w->shape, room * sizeof *w->shape);
    gd__free(w->g, w->narrow, room * sizeof *w->narrow);
    gd__free(w->g, w->point, room * sizeof *w->point);
}

/* ---- what is claimed ---- */

static bool claims_fit(work *w)
{
    gd_tensors list = w->o->claimed;
    if (list.count != w->count || !list.item) {
        gd__fail(w->g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck", "Give one for each float of the arguments, then one "
                                                                      "for each parameter; NULL where none was computed" },
                 "%d gradients are claimed, of %d tensors", list.count, w->count);
        return false;
    }
    return true;
}

static bool take_claims(work *w)
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
static bool take_before(work *w)
{
    uint64_t state = w->o->seed ^ 0x2545f4914f6cdd1du;
    gd_tensors list = w->o->earlier;
    w->has_before = !w->by_hand || list.count > 0;
    if (list.count > 0 && (list.count != w->count || !list.item)) {
        gd__fail(w->g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck", "Give what each of the tensors was, in the same order" },
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

/* The tape's: after a run at another point, and once more, so that what should not matter shows. */
static bool ask_tape(work *w)
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
static void take_shaped(work *w)
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

/* ---- the program ---- */

/* Puts parameters back to the point: the program looks at their numbers. */
static bool place(work *w)
{
    gd_no_grad quiet = gd_no_grad_enter(w->g);
    bool placed = gd__subject_place(&w->s, w->point, false);
    gd_no_grad_leave(&quiet);
    return placed;
}

static gd_tensor *run_subject(void *user)
{
    work *w = user;
    return gd__subject_call(&w->s);
}

static const char *name_of(void *user, int input)
{
    return ((work *)user)->s.item[input].name;
}

static bool read_right(work *w)
{
    for (int i = 0; i < w->count; i++) {
        int id = w->program.gradient[i];
        memset(w->right[i], 0, (size_t)w->entries[i] * sizeof(double));
        if (id >= 0 && !gd_read(w->program.node[id].value, GD_FLOAT64, w->right[i], (size_t)w->entries[i]))
            return false;
    }
    return true;
}

static bool tell_program(work *w, bool believes)
{
    gd_context *g = w->g;
    size_t size = (size_t)(w->count + 1) * sizeof(gd_tensor *);
    gd_tensor **leaf = gd__alloc(g, size);
    if (!leaf)
        return false;
    w->program = (gd__program){ .context = g };
    bool good = place(w);
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
static bool is_confirmed(const work *w, int i)
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

static bool program_confirmed(const work *w)
{
    for (int i = 0; i < w->count; i++)
        if (!is_confirmed(w, i))
            return false;
    return true;
}

/* The program with what users' operations show of their inside, or with what they make alone. Errors of the attempt are none
 * of the check. */
static bool try_program(work *w, bool believes)
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
static bool confirm_program(work *w)
{
    if (!w->has_program || program_confirmed(w))
        return true;
    bool used = w->program.uses > 0;
    gd__program_close(&w->program);
    w->has_program = false;
    if (!used)
        return true;
    if (!try_program(w, false))
        return false;
    if (w->has_program && !program_confirmed(w)) {
        gd__program_close(&w->program);
        w->has_program = false;
    }
    return true;
}

/* ---- numbers ---- */

enum { FULL = 4096, MOST_ENTRIES = 1 << 20 };

static gd__tolerance tolerance_of(const work *w, int i)
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

typedef struct bar {
    FILE *to;
    struct timespec start;
    bool drawn;
} bar;

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

static void draw_bar(void *user, int64_t done, int64_t all)
{
    enum { WIDTH = 40 };
    gd__subject *s = user;
    bar *b = s->bar;
    if (!b || !b->to || seconds_since(&b->start) < 1)
        return;
    int full = all > 0 ? (int)(WIDTH * done / all) : WIDTH;
    fprintf(b->to, "\r[%.*s%*s] %lld of %lld entries", full, "========================================", WIDTH - full, "",
            (long long)done, (long long)all);
    if (done >= all)
        fprintf(b->to, "\r%*s\r", WIDTH + 50, "");
    fflush(b->to);
    b->drawn = true;
}

/* Along random directions of item i alone: does what is claimed agree? */
static bool agrees_along(work *w, const gd__objective *o, int i, const double *claimed, bool *agrees)
{
    gd__tolerance t = tolerance_of(w, i);
    uint64_t state = w->o->seed + (uint64_t)i * 7919 + 1;
    double **direction = blocks(w, sizeof(double));
    bool good = whole(w, direction);
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
    free_blocks(w, direction, sizeof(double));
    return good;
}

static gd_check_input *input_of(work *w, int i)
{
    return &w->check->input[i];
}

/* The program's gradient stands for the slopes of all entries, where it agrees along random directions. */
static bool slopes_by_program(work *w, const gd__objective *o, int i, bool *done)
{
    *done = false;
    if (!w->has_program || !agrees_along(w, o, i, w->right[i], done))
        return !w->g->failed;
    for (int64_t k = 0; *done && k < w->entries[i]; k++)
        w->slope[i][k] = (gd__slope){ .value = w->right[i][k], .error = 1e-9 * fabs(w->right[i][k]) };
    return true;
}

/* The entry that is furthest off is looked at by itself. */
static bool look_at_worst(work *w, const gd__objective *o, int i)
{
    gd_check_input *to = input_of(w, i);
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

static bool has_right_shape(const work *w, int i)
{
    return w->numbers[i] == w->entries[i] && same_but_for_ones(w->shape[i], gd__shape(w->s.item[i].tensor));
}

/* A gradient of another shape, or none: what there is to say of its entries. */
static void compare_misshapen(work *w, int i)
{
    gd_check_input *to = input_of(w, i);
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
static bool look_for_steps(work *w, const gd__objective *o, int i)
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
            flat = flat && good && memcmp(there, there + (side + 1) * o->outputs, (size_t)o->outputs * sizeof *there) == 0;
        }
        if (flat)
            *s = (gd__slope){ .value = 0, .error = 0 };
    }
    gd__free(w->g, there, (size_t)(3 * o->outputs + 1) * sizeof *there);
    return good;
}

/* Where the tape's gradient disagrees at the point, does it agree right beside it? Then the point is a corner, of which any
 * side's slope may be taken, and several things change there at once. */
static bool look_beside(work *w, const gd__objective *o, int i)
{
    enum { MOST = 64 };
    gd_check_input *to = input_of(w, i);
    gd__objective beside = *o;
    uint64_t state = w->o->seed + 77;
    bool refused, corner = true;
    if (to->verdict != GD_CHECK_WRONG || w->by_hand || to->wrong > MOST)
        return true;
    double **moved = blocks(w, sizeof(double)), **gradient = blocks(w, sizeof(double));
    bool good = whole(w, moved) && whole(w, gradient);
    for (int n = 0; good && n < w->count; n++)
        for (int64_t k = 0; k < w->entries[n]; k++)
            moved[n][k] = w->point[n][k] + 1e-4 * (0.01 + fabs(w->point[n][k])) * gd__drawn_normal(&state);
    beside.point = moved;
    w->g->on_error = NULL;
    good = good && gd__subject_gradients(&w->s, moved, w->dy, gradient, &refused);
    w->g->on_error = w->s.on_error;
    for (int64_t k = 0; good && corner && k < w->entries[i]; k++) {
        gd__slope slope;
        if (!w->mark[k])
            continue;
        good = gd__slope_at(&beside, i, k, &slope);
        corner = fabs(gradient[i][k] - slope.value) <= 1e-6 * fabs(slope.value) + 4 * slope.error + 1e-12;
        corner = corner && fabs(gradient[i][k] - w->claimed[i][k]) <= 0.05 * fabs(w->claimed[i][k]) + 1e-3;
    }
    bool memory = w->g->failed && w->g->error.status == GD_ERROR_MEMORY;
    if (!good && !memory)
        gd_clear(w->g);
    free_blocks(w, moved, sizeof(double));
    free_blocks(w, gradient, sizeof(double));
    if (good && corner) {
        to->kinks += to->wrong;
        to->wrong = 0;
        to->pattern[0] = 0;
        to->verdict = to->unsure ? GD_CHECK_UNSURE : GD_CHECK_RIGHT;
    }
    return !memory;
}

static bool compare_one(work *w, const gd__objective *o, int i)
{
    gd_check_input *to = input_of(w, i);
    int64_t all = 0;
    bool done = false, shaped = has_right_shape(w, i);
    for (int k = 0; k < w->count; k++)
        all += w->entries[k];
    bool large = all > FULL || w->o->fast;
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
    return done ? look_at_worst(w, o, i) : look_beside(w, o, i);
}

static bool compare_all(work *w, bar *b)
{
    gd__objective o = gd__subject_objective(&w->s, w->entries, w->point);
    w->s.bar = b;
    o.progress = draw_bar;
    if (w->has_program && w->program.narrow[0])
        o.unit = 5.960464477539063e-08; /* somewhere it computes in float32 */
    for (int i = 0; i < w->count; i++) {
        gd_check_input *to = input_of(w, i);
        memcpy(to->name, w->s.item[i].name, sizeof to->name);
        to->shape = gd__shape(w->s.item[i].tensor);
        to->entries = w->entries[i];
        if (!compare_one(w, &o, i))
            return false;
    }
    return true;
}

/* ---- why ---- */

/* Puts an explanation before all others. */
static void put_first(gd_check_input *to, const gd_mistake *m, double confidence)
{
    int last = to->explanations < GD_MAX_EXPLANATIONS ? to->explanations : GD_MAX_EXPLANATIONS - 1;
    for (int i = last; i > 0; i--)
        to->explanation[i] = to->explanation[i - 1];
    for (int i = 1; i <= last; i++)
        to->explanation[i].confidence *= 1 - confidence;
    to->explanation[0] = (gd_explanation){ .mistakes = 1, .mistake = { *m }, .confidence = confidence };
    to->explanations = last + 1;
}

static void put_cause(gd_check_input *to, gd_cause cause, const char *where, const char *what, double confidence)
{
    gd_mistake m;
    gd__mistake_of(cause, 1, &m);
    snprintf(m.where, sizeof m.where, "%s", where);
    if (what)
        snprintf(m.what, sizeof m.what, "%s", what);
    put_first(to, &m, confidence);
}

static gd__claim claim_of(const work *w, int i)
{
    return (gd__claim){ .numbers = { w->shape[i], w->numbers[i], w->claimed[i] },
                        .wrong = w->check->input[i].verdict == GD_CHECK_WRONG,
                        .shaped = has_right_shape(w, i),
                        .tolerance = w->narrow[i] ? 3e-4 : 2e-6 };
}

/* The values of the forward at the earlier point; NULL where there are none. In the current scope. */
static gd_tensor **earlier_values(work *w, size_t *size)
{
    gd_context *g = w->g;
    *size = (size_t)(w->program.forward + w->count + 1) * sizeof(gd_tensor *);
    gd_tensor **value = w->has_before ? gd__alloc(g, *size) : NULL;
    if (!value)
        return NULL;
    gd_tensor **in = value + w->program.forward;
    bool good = true;
    g->on_error = NULL;
    for (int i = 0; good && i < w->count; i++) {
        in[i] = gd_from_memory(g, GD_FLOAT64, gd__shape(w->s.item[i].tensor), w->before[i]);
        good = gd__alive(in[i]);
    }
    gd_tensors inputs = { w->count, in };
    good = good && gd__program_forward_at(&w->program, &inputs, value);
    g->on_error = w->s.on_error;
    if (good)
        return value;
    gd_clear(g);
    gd__free(g, value, *size);
    return NULL;
}

/* With a program: mistakes are tried on it. */
static bool explain_by_program(work *w, gd__claim *claim)
{
    gd_context *g = w->g;
    gd__search s;
    size_t size;
    gd_no_grad quiet = gd_no_grad_enter(g);
    g->on_error = NULL;
    gd_tensor **earlier = earlier_values(w, &size);
    bool good = gd__search_open(&s, &w->program, claim, earlier, !w->by_hand) && gd__search_run(&s);
    for (int i = 0; good && i < w->count; i++)
        if (claim[i].wrong)
            gd__search_explain(&s, i, input_of(w, i));
    gd__search_close(&s);
    if (earlier)
        gd__free(g, earlier, size);
    g->on_error = w->s.on_error;
    gd_no_grad_leave(&quiet);
    return good;
}

/* Without one: what a factor or another order explains. */
static bool explain_by_numbers(work *w, int i)
{
    gd_context *g = w->g;
    gd__sizes sizes = { .others = 0 };
    gd__factor factor[GD__FACTOR_ALTERNATIVES];
    gd__finish f;
    gd_check_input *to = input_of(w, i);
    double *expected = gd__alloc(g, (size_t)(w->entries[i] + 1) * 2 * sizeof *expected);
    if (!expected)
        return false;
    for (int64_t k = 0; k < w->entries[i]; k++)
        expected[k] = w->slope[i][k].value;
    for (int k = 0; k < to->shape.count && k < GD__MAX_SIZES; k++)
        sizes.other[sizes.others++] = (double)to->shape.size[k];
    gd__numbers claimed = { w->shape[i], w->numbers[i], w->claimed[i] };
    gd__numbers right = { to->shape, w->entries[i], expected };
    if (w->numbers[i] < 0)
        put_cause(to, GD_CAUSE_MISSING, "", NULL, 0.9);
    else if (gd__finish_fits(claimed, right, &sizes, 1e-5, true, expected + w->entries[i], &f)) {
        if (f.order != GD_CAUSE_UNKNOWN)
            put_cause(to, f.order, "", f.order_text[0] ? f.order_text : NULL, 0.7);
        else if (gd__factor_causes(f.c, &sizes, w->entries[i], factor) > 0)
            put_cause(to, factor[0].cause[0], "", NULL, 0.7);
    }
    gd__free(g, expected, (size_t)(w->entries[i] + 1) * 2 * sizeof *expected);
    return true;
}

/* Is b - a the right gradient, or a what was right before and now? Then it was added up. */
static bool was_added_up(const work *w, int i)
{
    double off = 0, all = 0;
    for (int64_t k = 0; k < w->entries[i]; k++) {
        double d = w->again[i][k] - w->claimed[i][k] - w->slope[i][k].value;
        off += d * d;
        all += w->slope[i][k].value * w->slope[i][k].value;
    }
    return off <= 1e-8 * all;
}

/* The same computation, run twice, gave two gradients: something of an earlier run is in them. */
static void explain_by_history(work *w, int i)
{
    if (w->by_hand || w->refused || !has_right_shape(w, i))
        return;
    double off = gd__misfit(w->claimed[i], w->again[i], w->entries[i], 1);
    if (!(off > 1e-7))
        return;
    if (was_added_up(w, i))
        put_cause(input_of(w, i), GD_CAUSE_ACCUMULATED, "", "each run adds the new gradient to what earlier runs left", 0.95);
    else
        put_cause(input_of(w, i), GD_CAUSE_STALE, "", "the gradient depends on which point the function was run at before", 0.95);
}

static void explain_by_conduct(work *w, int i)
{
    const gd__conduct *c = &w->s.conduct;
    char what[256];
    if (!c->overwrote)
        return;
    if (c->operation[0])
        snprintf(what, sizeof what, "the %s of the operation '%s' writes to its operand %d",
                 c->in_backward ? "backward" : "forward", c->operation, c->operand);
    else
        snprintf(what, sizeof what, "the function writes to %s, which it was given", w->s.item[c->operand].name);
    put_cause(input_of(w, i), GD_CAUSE_OVERWRITTEN, c->operation, what, 0.9);
}

/* The walk over the tape met a value that was written over. */
static void explain_refusal(work *w, int i)
{
    put_cause(input_of(w, i), GD_CAUSE_OVERWRITTEN, w->why.op, w->why.what, 0.9);
}

static void explain_shape(work *w, int i)
{
    gd_check_input *to = input_of(w, i);
    if (w->numbers[i] != w->entries[i] || has_right_shape(w, i) || to->explanations > 0)
        return;
    put_cause(to, GD_CAUSE_WRONG_SHAPE, "", NULL, 0.6);
}

static void explain_not_finite(work *w, int i)
{
    for (int64_t k = 0; k < w->numbers[i]; k++)
        if (!isfinite(w->claimed[i][k])) {
            put_cause(input_of(w, i), GD_CAUSE_NOT_FINITE, "", NULL, 0.9);
            return;
        }
}

/* The function rounds to float32 on its way: then neither its numbers nor its gradient have more digits. */
static void explain_narrowness(work *w, int i)
{
    gd_check_input *to = input_of(w, i);
    if (to->explanations > 0 || !w->has_program || !w->program.narrow[0] || !has_right_shape(w, i) ||
        gd__misfit(w->claimed[i], w->right[i], w->entries[i], 1) > 1e-4)
        return;
    put_cause(to, GD_CAUSE_FLOAT32, w->program.narrow, "a value is cast to float32 on the way", 0.9);
}

static void name_unknown(gd_check_input *to)
{
    if (to->explanations > 0)
        return;
    put_cause(to, GD_CAUSE_UNKNOWN, "", NULL, 0);
    to->explanation[0].misfit = 1;
}

static bool is_wrong(const work *w)
{
    for (int i = 0; i < w->count; i++)
        if (w->check->input[i].verdict == GD_CHECK_WRONG)
            return true;
    return false;
}

/* What its slopes are is needed for all that is wrong. */
static bool explain(work *w)
{
    size_t size = (size_t)(w->count + 1) * sizeof(gd__claim);
    gd__claim *claim = gd__alloc(w->g, size);
    if (!claim)
        return false;
    for (int i = 0; i < w->count; i++)
        claim[i] = claim_of(w, i);
    bool good = w->refused || !w->has_program || explain_by_program(w, claim);
    for (int i = 0; good && i < w->count; i++) {
        if (!claim[i].wrong)
            continue;
        if (w->refused)
            explain_refusal(w, i);
        else if (!w->has_program)
            good = explain_by_numbers(w, i);
        explain_shape(w, i);
        explain_not_finite(w, i);
        explain_by_history(w, i);
        explain_by_conduct(w, i);
        explain_narrowness(w, i);
        name_unknown(input_of(w, i));
    }
    gd__free(w->g, claim, size);
    return good;
}

/* The function casts to float32 on its way, and the gradient has no more digits. */
static bool is_rounded(const work *w, int i, gd_mistake *m)
{
    double off = gd__misfit(w->claimed[i], w->right[i], w->entries[i], 1);
    gd__mistake_of(GD_CAUSE_FLOAT32, 1, m);
    snprintf(m->where, sizeof m->where, "%s", w->program.narrow);
    return off > 1e-11 && off < 1e-5;
}

/* Right within what is allowed, but only as near as float32 comes? */
static bool look_for_rounding(work *w)
{
    gd_context *g = w->g;
    size_t size = (size_t)(w->count + 1) * sizeof(gd__claim);
    gd__claim *claim = w->has_program ? gd__alloc(g, size) : NULL;
    gd__search s;
    if (!claim)
        return !g->failed;
    for (int i = 0; i < w->count; i++)
        claim[i] = claim_of(w, i);
    g->on_error = NULL;
    bool good = gd__search_open(&s, &w->program, claim, NULL, !w->by_hand);
    for (int i = 0; good && i < w->count; i++) {
        gd_mistake m;
        bool wide = w->s.item[i].lent == NULL && !w->narrow[i] && w->s.item[i].tensor->dtype == GD_FLOAT64;
        if (!wide || claim[i].wrong || !has_right_shape(w, i) || w->entries[i] > FULL)
            continue;
        bool rounded = gd__search_rounding(&s, i, &m);
        if (!rounded && !(w->program.narrow[0] && is_rounded(w, i, &m)))
            continue;
        put_first(input_of(w, i), &m, 0.9);
        input_of(w, i)->verdict = GD_CHECK_WRONG;
        input_of(w, i)->wrong = input_of(w, i)->entries;
        snprintf(input_of(w, i)->pattern, sizeof input_of(w, i)->pattern, "all entries, in the digits that float32 lacks");
    }
    gd__search_close(&s);
    g->on_error = w->s.on_error;
    gd__free(g, claim, size);
    return good;
}

/* What a user's function does to its operands is wrong, whatever the numbers are. */
static void look_at_conduct(work *w)
{
    if (!w->s.conduct.overwrote || w->by_hand)
        return;
    for (int i = 0; i < w->count; i++) {
        gd_check_input *to = input_of(w, i);
        bool its = w->s.conduct.operation[0] || w->s.conduct.operand == i;
        if (to->verdict == GD_CHECK_WRONG || !its)
            continue;
        to->verdict = GD_CHECK_WRONG;
        snprintf(to->pattern, sizeof to->pattern, "its numbers agree, but its operand is overwritten");
        explain_by_conduct(w, i);
    }
}

/* ---- the whole ---- */

static void sum_up(gd_check *check)
{
    check->verdict = GD_CHECK_RIGHT;
    for (int i = 0; i < check->count; i++) {
        gd_verdict v = check->input[i].verdict;
        if (v == GD_CHECK_WRONG || (v == GD_CHECK_UNSURE && check->verdict == GD_CHECK_RIGHT))
            check->verdict = v;
    }
}

static bool make_inputs(work *w)
{
    size_t size = (size_t)(w->count + 1) * sizeof *w->check->input;
    w->check->input = gd__alloc(w->g, size);
    if (!w->check->input)
        return false;
    memset(w->check->input, 0, size);
    w->check->count = w->count;
    return true;
}

/* Have the first two runs given the same? */
static bool is_unsteady(const work *w, int i)
{
    return !w->by_hand && !w->refused && has_right_shape(w, i) &&
           gd__misfit(w->claimed[i], w->again[i], w->entries[i], 1) > 1e-7;
}

/* One of two runs that differ is wrong, whichever agrees. */
static void judge_history(work *w)
{
    for (int i = 0; i < w->count; i++) {
        gd_check_input *to = input_of(w, i);
        if (!is_unsteady(w, i) || to->verdict == GD_CHECK_WRONG || to->compared == 0)
            continue;
        to->verdict = GD_CHECK_WRONG;
        snprintf(to->pattern, sizeof to->pattern, "its first run agrees, the next does not");
        explain_by_history(w, i);
    }
}

static bool claim(work *w)
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

static bool run(work *w, bar *b)
{
    if (!place(w) || !gd__subject_weigh(&w->s, w->o->dy, w->o->seed, &w->dy) || !take_before(w) || !claim(w) ||
        !make_inputs(w) || !try_program(w, true) || !compare_all(w, b) || !place(w) || !confirm_program(w) ||
        !place(w))
        return false;
    if (is_wrong(w) && !explain(w))
        return false;
    judge_history(w);
    look_at_conduct(w);
    return look_for_rounding(w);
}

static void check_destroy(gd__object *object)
{
    gd_check *check = (gd_check *)object;
    gd__free(object->context, check->input, (size_t)(check->count + 1) * sizeof *check->input);
}

static const gd__class check_class = { "gradient check", sizeof(gd_check), check_destroy };

/* Before anything is made, which might take a dead tensor's place. */
static bool all_usable(const gd_gradcheck_options *o)
{
    const gd_tensors lists[] = { o->in, o->parameters, o->claimed, o->earlier };
    static const char *const what[] = { "an argument", "a parameter", "a claimed gradient", "an earlier tensor" };
    for (int n = 0; n < 4; n++)
        for (int i = 0; lists[n].item && i < lists[n].count; i++)
            if ((n != 2 || lists[n].item[i]) && !gd__usable(o->g, lists[n].item[i], "gd_gradcheck", what[n]))
                return false;
    return !o->dy || gd__usable(o->g, o->dy, "gd_gradcheck", ".dy");
}

static bool options_fit(const gd_gradcheck_options *o)
{
    if (!all_usable(o))
        return false;
    if (o->rtol >= 0 && o->atol >= 0)
        return true;
    gd__fail(o->g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_gradcheck", "Give numbers that are not negative, or leave them out" },
             ".rtol is %g and .atol %g", o->rtol, o->atol);
    return false;
}

gd_check *gd__check_run(const gd_gradcheck_options *o)
{
    gd_context *g = o->g;
    gd_check *check = g->failed || !options_fit(o) ? NULL : gd__new(g, &check_class);
    if (!check)
        return gd__error_object(g);
    work w = { .g = g, .o = o, .check = check, .by_hand = o->claimed.count > 0 };
    bar b = { .to = o->progress };
    clock_gettime(CLOCK_MONOTONIC, &b.start);
    check->verdict = GD_CHECK_FAILED;
    gd_scope scope = gd_scope_enter(g);
    bool good = gd__subject_open(&w.s, o, w.by_hand) && open_work(&w) && run(&w, &b);
    if (w.has_program)
        gd__program_close(&w.program);
    close_work(&w);
    gd__subject_close(&w.s);
    gd_scope_leave(&scope);
    check->evaluations = w.s.calls;
    check->seconds = seconds_since(&b.start);
    if (good) {
        sum_up(check);
        return check;
    }
    gd__destroy(&check->object);
    if (!g->failed)
        gd__fail(g, (gd__fault){ GD_ERROR_STATE, 0, "gd_gradcheck", "Report it, with the function" }, "the check did not come to an end");
    return gd__error_object(g);
}
