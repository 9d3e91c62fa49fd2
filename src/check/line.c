/* line.c - pairs of values along a line, and their noise.
 *
 * Outputs are subtracted before they are weighted and summed: near values subtract exactly, so what is common to both sides
 * costs no digits. Sums are compensated.
 *
 * The noise of each output is the larger of two: what one rounding of it makes, and what its fourth differences on a tiny
 * grid show (a smooth function has none there; as in Moré and Wild, "Estimating computational noise", 2011, but
 * uneven). The grid lies to one side and leaves out the point, where kinks like to be.
 * A third witness is the grain: values that were rounded coarsely on the way (to float32; beside a large number that was
 * taken away again) differ by multiples of a coarse unit, so the lowest bits of their differences are zero. */
#include "check/line.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* The smallest double: even a zero has been rounded to it. */
static const double quantum = 4.9406564584124654e-324;

typedef struct total {
    double sum, lost;
} total;

/* Knuth's exact sum of two, without a branch. */
static inline void add(total *t, double value)
{
    double sum = t->sum + value, part = sum - t->sum;
    t->lost += (t->sum - (sum - part)) + (value - part);
    t->sum = sum;
}

static inline double square(double x)
{
    return x * x;
}

/* ---- the line ---- */

void gd__copy_point(const gd__objective *o, double **x)
{
    for (int i = 0; i < o->inputs; i++)
        if (o->entries[i])
            memcpy(x[i], o->point[i], (size_t)o->entries[i] * sizeof(double));
}

/* The search begins with the step at which noise / h and the error of three extrapolated steps, h^6, are about equal. */
static void begin(gd__line *l, double unit)
{
    double x = l->direction ? 8 * l->scale : fabs(l->o->point[l->input][l->entry]);
    l->unit = unit;
    l->step = 2.63 * pow(unit, 1.0 / 7) * l->scale;
    l->least = fmax(x > 0 ? 512 * unit * x : 1e-24 * l->scale, 1e-300);
    l->grain = INFINITY;
    l->widest = l->size = 0;
    l->pairs = 0;
}

void gd__line_along_entry(gd__line *l, int input, int64_t entry, double usual)
{
    l->direction = NULL;
    l->input = input;
    l->entry = entry;
    double x = fabs(l->o->point[input][entry]);
    l->scale = isfinite(x) ? fmax(fmax(x, usual), 1e-280) : INFINITY; /* quotients by less might overflow */
    begin(l, l->o->unit);
}

void gd__line_along(gd__line *l, double *const *direction, double scale)
{
    l->direction = direction;
    l->scale = scale;
    begin(l, l->o->unit);
}

static void move(gd__line *l, double t)
{
    const gd__objective *o = l->o;
    if (!l->direction) {
        l->x[l->input][l->entry] = o->point[l->input][l->entry] + t;
        return;
    }
    for (int i = 0; i < o->inputs; i++)
        for (int64_t k = 0; k < o->entries[i]; k++)
            l->x[i][k] = o->point[i][k] + t * l->direction[i][k];
}

static void move_back(gd__line *l)
{
    if (l->direction)
        gd__copy_point(l->o, l->x);
    else
        l->x[l->input][l->entry] = l->o->point[l->input][l->entry];
}

double gd__representable(double unit, double x, double h)
{
    x = fabs(x);
    double far = x + h;
    if (unit > DBL_EPSILON && far < FLT_MAX && x == (double)(float)x)
        far = (double)(float)far;
    double step = far - x;
    return step > 0 && isfinite(step) ? step : h;
}

/* The lowest bit that is set in x. */
static inline double lowest_bit(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= bits - 1;
    double rest;
    memcpy(&rest, &bits, sizeof rest);
    return (bits & 0x000fffffffffffffu) || fabs(rest) < DBL_MIN ? fabs(x - rest) : fabs(x);
}

/* F(x + t) - F(x). The rest are sums of squares, scaled, over the outputs that changed. */
typedef struct difference {
    double value, noise, grain, width, size;
    bool changed;
} difference;

static void sum_differences(const gd__line *l, difference *r)
{
    const gd__objective *o = l->o;
    const gd__base *b = l->base;
    total sum = { 0, 0 };
    *r = (difference){ .changed = false };
    for (int64_t k = 0; k < o->outputs; k++) {
        double w = o->weight[k], d = l->y[k] - b->y[k];
        if (w == 0 || d == 0)
            continue;
        r->changed = true;
        add(&sum, w * d);
        if (!isfinite(d))
            continue;
        r->noise += square(b->noise[k] * b->unit_scale) + square(o->unit * w * l->y[k] * b->unit_scale);
        r->grain += square(w * lowest_bit(d) * b->unit_scale);
        r->width += square(w * d * b->unit_scale);
        r->size += square(w * (fabs(d) + fabs(b->y[k])) * b->unit_scale);
    }
    r->value = sum.sum + sum.lost;
}

static void note_grain(gd__line *l, const difference *r)
{
    double scale = 1 / l->base->unit_scale;
    l->grain = fmin(l->grain, l->base->correlation * sqrt(r->grain) * scale);
    l->widest = fmax(l->widest, sqrt(r->width) * scale);
    l->size = fmax(l->size, sqrt(r->size) * scale);
}

/* The grain, where it is rounding: many make a difference, and it is far smaller than the values. */
static double rounding_grain(const gd__line *l)
{
    bool many = l->widest >= 16 * l->grain, small = l->grain <= 0x1p-14 * l->size || l->widest >= 256 * l->grain;
    return many && small ? l->grain : 0;
}

static bool evaluate_at(gd__line *l, double t, difference *r)
{
    move(l, t);
    bool done = l->o->evaluate(l->o->user, l->lane, l->x, l->y);
    move_back(l);
    if (done)
        sum_differences(l, r);
    if (done && r->changed)
        note_grain(l, r);
    return done;
}

double gd__line_step(const gd__line *l, int exponent)
{
    return l->step * pow(gd__ratio, exponent);
}

const gd__pair *gd__line_pair(gd__line *l, int exponent)
{
    int known = l->pairs < GD__PAIRS ? l->pairs : GD__PAIRS;
    for (int i = 0; i < known; i++)
        if (l->pair[i].exponent == exponent)
            return &l->pair[i];
    gd__pair *p = &l->pair[l->pairs % GD__PAIRS];
    double h = gd__line_step(l, exponent);
    if (!l->direction)
        h = gd__representable(l->unit, l->o->point[l->input][l->entry], h);
    difference forward, backward;
    if (!evaluate_at(l, h, &forward) || !evaluate_at(l, -h, &backward))
        return NULL;
    *p = (gd__pair){ .exponent = exponent, .h = h, .forward = forward.value, .backward = backward.value };
    p->changed = forward.changed || backward.changed;
    p->noise = l->base->all;
    if (p->changed)
        p->noise = l->base->correlation * sqrt(fmax(forward.noise, backward.noise)) / l->base->unit_scale + quantum;
    l->pairs++;
    return p;
}

bool gd__line_coarsen(gd__line *l)
{
    const gd__pair *last = &l->pair[(l->pairs - 1) % GD__PAIRS];
    if (l->unit >= gd__float_unit || !(rounding_grain(l) > 1e6 * last->noise))
        return false;
    begin(l, gd__float_unit);
    return true;
}

/* What is made of x on the way (a x in sin(a x)) is rounded as well, which moves F as a rounded x would. Where all arithmetic
 * is coarse although nobody said so, no grid has measured what else is. */
double gd__noise_of_pair(const gd__line *l, const gd__pair *p)
{
    double inside = l->unit * (l->scale / p->h) * fmax(fabs(p->forward), fabs(p->backward));
    double grain = rounding_grain(l), noise = p->changed && grain > p->noise ? grain : p->noise;
    return l->unit > l->o->unit ? 4 * (noise + inside) : fmax(noise, inside);
}

/* ---- the point ---- */

enum { GRID = 8, KEPT = 5, SAMPLES = GRID - KEPT + 1 };

/* Where the grid's points lie. Uneven: on an even grid the rounding of a x can grow as evenly as a x itself. */
static const double node[GRID] = { 1, 14, 30, 41, 58, 67, 85, 97 };

/* The weights of the fourth divided difference of the KEPT nodes up to `last`, of a sum of squares of 1: noise of
 * independent values comes out as large as it is. */
static void weigh(int last, double *weight)
{
    double squares = 0;
    for (int i = 0; i < KEPT; i++) {
        weight[i] = 1;
        for (int j = 0; j < KEPT; j++)
            if (i != j)
                weight[i] /= node[last - i] - node[last - j];
        squares += square(weight[i]);
    }
    for (int i = 0; i < KEPT; i++)
        weight[i] /= sqrt(squares);
}

static void measure_magnitude(const gd__objective *o, gd__base *b)
{
    b->magnitude = 0;
    b->finite = true;
    for (int64_t k = 0; k < o->outputs; k++)
        if (o->weight[k] != 0) {
            b->magnitude += fabs(o->weight[k] * b->y[k]);
            b->finite = b->finite && isfinite(b->y[k]);
        }
    b->finite = b->finite && isfinite(b->magnitude);
    int exponent = 0;
    if (b->finite)
        frexp(b->magnitude, &exponent);
    b->unit_scale = ldexp(1, exponent < -900 ? 900 : -exponent);
}

static void move_on_grid(const gd__objective *o, double **x, double *const *direction, double t)
{
    for (int i = 0; i < o->inputs; i++)
        for (int64_t k = 0; direction[i] && k < o->entries[i]; k++)
            x[i][k] = o->point[i][k] + t * direction[i][k];
}

/* Adds the squares of the fourth differences up to the grid's point `last` to b->noise, and that of F to *whole; ring holds
 * the results of the last KEPT points. */
static void add_differences(const gd__objective *o, gd__base *b, double *const *ring, int last, double *whole)
{
    double weight[KEPT];
    total sum = { 0, 0 };
    weigh(last, weight);
    for (int64_t k = 0; k < o->outputs; k++) {
        double d = 0;
        for (int i = 0; i < KEPT; i++)
            d += weight[i] * (ring[(last - i) % KEPT][k] - b->y[k]);
        d *= o->weight[k];
        if (o->weight[k] == 0 || !isfinite(d))
            continue;
        b->noise[k] += square(d * b->unit_scale);
        add(&sum, d);
    }
    *whole += square((sum.sum + sum.lost) * b->unit_scale);
}

/* From sums of squared differences to noise, never less than one rounding makes. */
static void finish_noise(const gd__objective *o, gd__base *b, double whole)
{
    double apart = 0;
    b->all = quantum;
    for (int64_t k = 0; k < o->outputs; k++) {
        double measured = b->noise[k] / SAMPLES, rounded = square(o->unit * o->weight[k] * b->y[k] * b->unit_scale);
        b->noise[k] = o->weight[k] == 0 ? 0 : sqrt(measured + rounded) / b->unit_scale;
        apart += measured + rounded;
        b->all += b->noise[k];
    }
    b->correlation = apart > 0 ? fmax(1, sqrt(whole / SAMPLES / apart)) : 1;
}

double gd__grid_step(const gd__objective *o)
{
    return pow(o->unit, 0.7);
}

static bool walk_grid(const gd__objective *o, double **x, double *const *direction, double step, gd__base *b,
                      double *const *ring)
{
    double whole = 0;
    for (int i = 0; i < GRID; i++) {
        move_on_grid(o, x, direction, node[i] * step);
        bool done = o->evaluate(o->user, 0, x, ring[i % KEPT]);
        gd__copy_point(o, x);
        if (!done)
            return false;
        if (i >= KEPT - 1)
            add_differences(o, b, ring, i, &whole);
    }
    finish_noise(o, b, whole);
    return true;
}

bool gd__measure_base(const gd__objective *o, double **x, double *const *direction, double step, gd__base *b)
{
    size_t size = (size_t)(o->outputs + 1) * sizeof(double);
    if (!o->evaluate(o->user, 0, x, b->y))
        return false;
    measure_magnitude(o, b);
    for (int64_t k = 0; k < o->outputs; k++)
        b->noise[k] = 0;
    double *block = gd__alloc(o->context, KEPT * size), *ring[KEPT];
    if (!block)
        return false;
    for (int i = 0; i < KEPT; i++)
        ring[i] = block + i * (o->outputs + 1);
    bool done = walk_grid(o, x, direction, step, b, ring);
    gd__free(o->context, block, KEPT * size);
    return done;
}
