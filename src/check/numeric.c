/* numeric.c - slopes of all entries, in lanes. */
#include "check/numeric.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "check/line.h"
#include "check/slope.h"

/* ---- memory: all of it is had before the threads start ---- */

typedef struct lanes {
    const gd__objective *o;
    int count;
    int64_t room;   /* doubles of one lane: a copy of the point, and the outputs */
    size_t heads;   /* bytes of all lanes' pointers */
    size_t numbers; /* bytes of all numbers */
    double **x;     /* of each lane, its inputs' */
    double *block;  /* the lanes' numbers, then those of base */
    gd__base base;
} lanes;

static int64_t sum_of_entries(const gd__objective *o)
{
    int64_t sum = 0;
    for (int i = 0; i < o->inputs; i++)
        sum += o->entries[i];
    return sum;
}

static double *outputs_of(const lanes *l, int lane)
{
    return l->block + (lane + 1) * l->room - l->o->outputs;
}

static void lay_out(lanes *l)
{
    for (int lane = 0; lane < l->count; lane++) {
        double *at = l->block + lane * l->room;
        for (int i = 0; i < l->o->inputs; at += l->o->entries[i++])
            l->x[lane * l->o->inputs + i] = at;
        gd__copy_point(l->o, l->x + lane * l->o->inputs);
    }
    l->base.y = l->block + l->count * l->room;
    l->base.noise = l->base.y + l->o->outputs;
}

static void close_lanes(lanes *l)
{
    if (l->x)
        gd__free(l->o->context, l->x, l->heads);
    if (l->block)
        gd__free(l->o->context, l->block, l->numbers);
}

static bool open_lanes(lanes *l, const gd__objective *o, int count)
{
    *l = (lanes){ .o = o, .count = count, .room = sum_of_entries(o) + o->outputs };
    l->heads = (size_t)(count * o->inputs + 1) * sizeof(double *);
    l->numbers = (size_t)(count * l->room + 2 * o->outputs + 1) * sizeof(double);
    l->x = gd__alloc(o->context, l->heads);
    l->block = l->x ? gd__alloc(o->context, l->numbers) : NULL;
    if (!l->block) {
        close_lanes(l);
        return false;
    }
    lay_out(l);
    return true;
}

static gd__line line_of(const lanes *l, int lane)
{
    return (gd__line){
        .o = l->o, .base = &l->base, .lane = lane, .x = l->x + lane * l->o->inputs, .y = outputs_of(l, lane)
    };
}

/* ---- magnitudes ---- */

/* The usual magnitude of an input's entries: the geometric mean of those that are not zero, as a power of two, which a few
 * huge ones do not spoil; 1 where there are none. */
static double usual_magnitude(const gd__objective *o, int input)
{
    int64_t count = 0, sum = 0;
    for (int64_t k = 0; k < o->entries[input]; k++) {
        double x = o->point[input][k];
        if (x == 0 || !isfinite(x))
            continue;
        int exponent;
        frexp(x, &exponent);
        sum += exponent;
        count++;
    }
    return count ? ldexp(0.75, (int)(sum / count)) : 1;
}

/* Tiny steps for every entry of one input, each relative to its magnitude and none like its neighbour's: what does not change
 * when all grow alike (a softmax) changes too. */
static void scatter(const gd__objective *o, int input, double usual, double *direction)
{
    uint64_t state = 0x9e3779b97f4a7c15u;
    double grid = gd__grid_step(o);
    for (int64_t k = 0; k < o->entries[input]; k++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double x = o->point[input][k], part = 0.5 + 0.5 * (double)(state >> 40) * 0x1p-24;
        double step = gd__representable(o->unit, x, grid * part * fmax(fabs(x), usual));
        direction[k] = state >> 39 & 1 ? step : -step;
    }
}

/* Measures the point, with the noise that changes of one input's entries bring. */
static bool measure(lanes *l, int input, double usual)
{
    const gd__objective *o = l->o;
    size_t heads = (size_t)o->inputs * sizeof(double *), size = (size_t)(o->entries[input] + 1) * sizeof(double);
    double **direction = gd__alloc(o->context, heads), *numbers = direction ? gd__alloc(o->context, size) : NULL;
    bool done = numbers;
    if (done) {
        memset(direction, 0, heads);
        direction[input] = numbers;
        scatter(o, input, usual, numbers);
        done = gd__measure_base(o, l->x, direction, 1, &l->base);
        gd__free(o->context, numbers, size);
    }
    if (direction)
        gd__free(o->context, direction, heads);
    return done;
}

/* ---- lanes at work ---- */

typedef struct work {
    const lanes *lanes;
    int input;
    double usual;
    gd__slope *slope;
    atomic_bool failed;
    _Atomic int64_t done;
} work;

typedef struct worker {
    work *work;
    int lane;
    pthread_t thread;
    bool started;
} worker;

/* A lane's block of the entries. Only lane 0, the calling thread, tells of progress. */
static void *work_in_lane(void *user)
{
    worker *me = user;
    work *w = me->work;
    const gd__objective *o = w->lanes->o;
    gd__line line = line_of(w->lanes, me->lane);
    int64_t all = o->entries[w->input], count = w->lanes->count;
    int64_t share = all / count, rest = all % count;
    int64_t first = me->lane * share + (me->lane < rest ? me->lane : rest), last = first + share + (me->lane < rest);
    for (int64_t k = first; k < last && !atomic_load(&w->failed); k++) {
        gd__line_along_entry(&line, w->input, k, w->usual);
        if (!gd__slope_of_line(&line, &w->slope[k]))
            atomic_store(&w->failed, true);
        int64_t done = atomic_fetch_add(&w->done, 1) + 1;
        if (me->lane == 0 && o->progress)
            o->progress(o->watcher, done, all);
    }
    return NULL;
}

/* A lane whose thread can't be had is worked by the calling one. */
static bool work_in_lanes(work *w, worker *workers)
{
    int count = w->lanes->count;
    for (int lane = 0; lane < count; lane++)
        workers[lane] = (worker){ .work = w, .lane = lane };
    for (int lane = 1; lane < count; lane++)
        workers[lane].started = !pthread_create(&workers[lane].thread, NULL, work_in_lane, &workers[lane]);
    work_in_lane(&workers[0]);
    for (int lane = 1; lane < count; lane++) {
        if (workers[lane].started)
            pthread_join(workers[lane].thread, NULL);
        else
            work_in_lane(&workers[lane]);
    }
    return !atomic_load(&w->failed);
}

static bool slopes_in_lanes(lanes *l, int input, gd__slope *slope)
{
    const gd__objective *o = l->o;
    double usual = usual_magnitude(o, input);
    if (!measure(l, input, usual))
        return false;
    size_t size = (size_t)l->count * sizeof(worker);
    worker *workers = gd__alloc(o->context, size);
    if (!workers)
        return false;
    work w = { .lanes = l, .input = input, .usual = usual, .slope = slope };
    bool done = work_in_lanes(&w, workers);
    gd__free(o->context, workers, size);
    if (done && o->progress && l->count > 1)
        o->progress(o->watcher, o->entries[input], o->entries[input]);
    return done;
}

bool gd__slopes_of(const gd__objective *o, int input, gd__slope *slope)
{
    if (!o->entries[input])
        return true;
    lanes l;
    int count = o->entries[input] < o->lanes ? (int)o->entries[input] : o->lanes;
    if (!open_lanes(&l, o, count < 1 ? 1 : count))
        return false;
    bool done = slopes_in_lanes(&l, input, slope);
    close_lanes(&l);
    return done;
}

/* ---- one slope ---- */

bool gd__slope_at(const gd__objective *o, int input, int64_t entry, gd__slope *slope)
{
    lanes l;
    if (!open_lanes(&l, o, 1))
        return false;
    double usual = usual_magnitude(o, input);
    bool done = measure(&l, input, usual);
    if (done) {
        gd__line line = line_of(&l, 0);
        gd__line_along_entry(&line, input, entry, usual);
        done = gd__slope_of_line(&line, slope);
    }
    close_lanes(&l);
    return done;
}

/* How much of the direction changes x by about as much as it is: of the inputs that move, the least. */
static double scale_of_direction(const gd__objective *o, double *const *direction)
{
    double least = INFINITY;
    for (int i = 0; i < o->inputs; i++) {
        double x = 0, v = 0;
        for (int64_t k = 0; k < o->entries[i]; k++) {
            x = fmax(x, fabs(o->point[i][k]));
            v = fmax(v, fabs(direction[i][k]));
        }
        double scale = (x > 0 ? x : 1) / v;
        if (v > 0 && scale > 0 && scale < least)
            least = scale;
    }
    return isfinite(least) ? least : 1;
}

bool gd__slope_along(const gd__objective *o, double *const *direction, gd__slope *slope)
{
    lanes l;
    if (!open_lanes(&l, o, 1))
        return false;
    double scale = scale_of_direction(o, direction);
    bool done = gd__measure_base(o, l.x, direction, scale * gd__grid_step(o), &l.base);
    if (done) {
        gd__line line = line_of(&l, 0);
        gd__line_along(&line, direction, scale);
        done = gd__slope_of_line(&line, slope);
    }
    close_lanes(&l);
    return done;
}
