/* finish.c - factors, and gradients in another order. */
#include "check/finish.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double gd__misfit(const double *a, const double *b, int64_t count, double c)
{
    double off = 0, all = 0;
    for (int64_t i = 0; i < count; i++) {
        double d = a[i] - c * b[i];
        off += d * d;
        all += a[i] * a[i];
    }
    if (off == 0)
        return 0;
    return all > 0 ? sqrt(off / all) : HUGE_VAL;
}

double gd__best_factor(const double *a, const double *b, int64_t count)
{
    double ab = 0, bb = 0;
    for (int64_t i = 0; i < count; i++) {
        ab += a[i] * b[i];
        bb += b[i] * b[i];
    }
    return bb > 0 ? ab / bb : 0;
}

/* ---- factors ---- */

static bool near(double a, double b)
{
    return fabs(a - b) <= 2e-4 * fabs(b);
}

static bool is_among(double c, const double *list, int count)
{
    for (int i = 0; i < count; i++)
        if (list[i] > 1 && near(c, list[i]))
            return true;
    return false;
}

static void add(gd__factor *list, int *count, double sign, gd_cause cause, double factor, double cost)
{
    if (*count >= GD__FACTOR_ALTERNATIVES)
        return;
    gd__factor *f = &list[(*count)++];
    *f = (gd__factor){ .cost = cost };
    if (sign < 0) {
        f->cause[f->causes] = GD_CAUSE_SIGN;
        f->factor[f->causes++] = -1;
        f->cost += 1.0;
    }
    if (cause != GD_CAUSE_UNKNOWN) {
        f->cause[f->causes] = cause;
        f->factor[f->causes++] = factor;
    }
    if (f->causes == 2)
        f->cost += 0.8;
}

static bool is_simple(double c)
{
    static const double simple[] = { 2, 3, 4, 0.5, 0.25, 1.0 / 3, 10, 0.1 };
    for (size_t i = 0; i < sizeof simple / sizeof *simple; i++)
        if (near(c, simple[i]))
            return true;
    return false;
}

/* Exactly a whole number: one entry alone would not be by chance. */
static bool is_count(double c)
{
    double whole = floor(c + 0.5);
    return whole >= 2 && whole <= 1000 && fabs(c - whole) <= 1e-6;
}

int gd__factor_causes(double c, const gd__sizes *s, int64_t entries, gd__factor *list)
{
    int count = 0;
    double size = fabs(c), below = size > 0 ? 1 / size : 0;
    if (near(size, 1)) {
        if (c < 0)
            add(list, &count, c, GD_CAUSE_UNKNOWN, 1, 0);
        return count;
    }
    if (is_among(size, s->mean, s->means))
        add(list, &count, c, GD_CAUSE_SUM_FOR_MEAN, size, 1.0);
    bool averaged = is_among(below, s->sum, s->sums);
    if (averaged)
        add(list, &count, c, GD_CAUSE_MEAN_FOR_SUM, size, 1.1);
    bool two = near(size, 2) || near(size, 0.5), divided = !averaged && is_among(below, s->product, s->products);
    if (two || is_among(size, s->other, s->others) || is_among(below, s->other, s->others))
        add(list, &count, c, GD_CAUSE_FACTOR, size, two ? 1.2 : 1.5);
    if (divided)
        add(list, &count, c, GD_CAUSE_MEAN_FOR_SUM, size, 1.7);
    if (two && size > 1)
        add(list, &count, c, GD_CAUSE_ACCUMULATED, size, 1.7);
    if (two || is_among(size, s->other, s->others) || is_among(below, s->other, s->others))
        return count;
    if (is_simple(size))
        add(list, &count, c, GD_CAUSE_FACTOR, size, 1.8);
    else if (entries > 2 || is_count(size) || is_count(below))
        add(list, &count, c, GD_CAUSE_FACTOR, size, 2.6);
    return count;
}

/* Sets the factor, its cost and the misfit. */
static bool fits(gd__numbers claimed, const double *expected, const gd__sizes *sizes, double tolerance, gd__finish *f)
{
    gd__factor alternatives[GD__FACTOR_ALTERNATIVES];
    f->c = 1;
    f->cost = 0;
    f->misfit = gd__misfit(claimed.at, expected, claimed.count, 1);
    if (f->misfit <= tolerance)
        return true;
    f->c = gd__best_factor(claimed.at, expected, claimed.count);
    f->misfit = gd__misfit(claimed.at, expected, claimed.count, f->c);
    if (f->c == 0 || f->misfit > tolerance || gd__factor_causes(f->c, sizes, claimed.count, alternatives) == 0)
        return false;
    f->cost = alternatives[0].cost;
    return true;
}

/* ---- orders ---- */

static int64_t row_major(gd_dims shape, const int64_t *index)
{
    int64_t at = 0;
    for (int i = 0; i < shape.count; i++)
        at = at * shape.size[i] + index[i];
    return at;
}

static void step(gd_dims shape, int64_t *index)
{
    for (int i = shape.count - 1; i >= 0; i--) {
        if (++index[i] < shape.size[i])
            return;
        index[i] = 0;
    }
}

/* The elements in row-major order of the axes taken in this order. */
static void permute(gd__numbers x, const int *order, double *to)
{
    gd_dims shape = { .count = x.shape.count };
    int64_t index[GD_MAX_DIMS] = { 0 }, from[GD_MAX_DIMS];
    for (int i = 0; i < shape.count; i++)
        shape.size[i] = x.shape.size[order[i]];
    for (int64_t n = 0; n < x.count; n++, step(shape, index)) {
        for (int i = 0; i < shape.count; i++)
            from[order[i]] = index[i];
        to[n] = x.at[row_major(x.shape, from)];
    }
}

typedef enum movement { ROLL, SHIFT, FLIP, LOSE_LAST, LOSE_FIRST } movement;

/* Along one axis: element j comes from j - by (round the end, or from nothing), or from the other end, or is lost. */
static void move_along(gd__numbers x, int axis, movement move, int by, double *to)
{
    int64_t index[GD_MAX_DIMS] = { 0 }, n = x.shape.size[axis];
    for (int64_t i = 0; i < x.count; i++, step(x.shape, index)) {
        int64_t here = index[axis], from = move == FLIP ? n - 1 - here : here - by;
        bool lost = (move == SHIFT && (from < 0 || from >= n)) || (move == LOSE_LAST && here == n - 1) ||
                    (move == LOSE_FIRST && here == 0);
        if (move == LOSE_LAST || move == LOSE_FIRST)
            from = here;
        index[axis] = (from + n) % n;
        to[i] = lost ? 0 : x.at[row_major(x.shape, index)];
        index[axis] = here;
    }
}

enum { GD__MOST_SLICES = 64 };

typedef struct attempt {
    gd__numbers claimed, expected;
    const gd__sizes *sizes;
    double tolerance, *work;
    gd__finish *best;
    bool found;
} attempt;

static void try_order(attempt *a, gd_cause cause, double cost, const char *format, int axis, int by)
{
    gd__finish f = { .order = cause };
    if (!fits(a->claimed, a->work, a->sizes, a->tolerance, &f))
        return;
    f.cost = cost + (f.cost > 0 ? f.cost + 0.8 : 0);
    if (a->found && a->best->cost <= f.cost)
        return;
    a->found = true;
    *a->best = f;
    snprintf(a->best->order_text, sizeof a->best->order_text, format, axis, by);
}

static bool next_order(int *order, int count)
{
    int i = count - 2;
    while (i >= 0 && order[i] > order[i + 1])
        i--;
    if (i < 0)
        return false;
    int j = count - 1;
    while (order[j] < order[i])
        j--;
    int t = order[i];
    order[i] = order[j];
    order[j] = t;
    for (int a = i + 1, b = count - 1; a < b; a++, b--) {
        t = order[a];
        order[a] = order[b];
        order[b] = t;
    }
    return true;
}

static void try_permutations(attempt *a)
{
    int order[GD_MAX_DIMS], count = a->expected.shape.count;
    for (int i = 0; i < count; i++)
        order[i] = i;
    if (count < 2 || count > 4)
        return;
    while (next_order(order, count)) {
        permute(a->expected, order, a->work);
        try_order(a, count == 2 ? GD_CAUSE_TRANSPOSED : GD_CAUSE_PERMUTED, count == 2 ? 1.2 : 1.6,
                  count == 2 ? "rows and columns have changed places" : "the axes have changed places", 0, 0);
    }
}

/* Read from the end. */
static void try_reversed(attempt *a)
{
    for (int64_t i = 0; i < a->expected.count; i++)
        a->work[i] = a->expected.at[a->expected.count - 1 - i];
    try_order(a, GD_CAUSE_PERMUTED, 1.9, "the entries stand in the opposite order", 0, 0);
}

static void try_moves(attempt *a)
{
    try_reversed(a);
    for (int by = -1; a->expected.shape.count > 1 && by <= 1; by += 2) {
        gd__numbers flat = { { 1, { a->expected.count } }, a->expected.count, a->expected.at };
        move_along(flat, 0, ROLL, by, a->work);
        try_order(a, GD_CAUSE_OFF_BY_ONE, 1.9, "the entries are off by one, row after row", 0, by);
    }
    for (int axis = 0; axis < a->expected.shape.count; axis++) {
        if (a->expected.shape.size[axis] < 2)
            continue;
        for (int by = -1; by <= 1; by += 2) {
            move_along(a->expected, axis, ROLL, by, a->work);
            try_order(a, GD_CAUSE_OFF_BY_ONE, 1.8, "axis %d is off by %+d", axis, by);
            move_along(a->expected, axis, SHIFT, by, a->work);
            try_order(a, GD_CAUSE_OFF_BY_ONE, 1.8, "axis %d is off by %+d", axis, by);
        }
        move_along(a->expected, axis, FLIP, 0, a->work);
        bool pair = a->expected.shape.size[axis] == 2; /* then it is the same as one off */
        try_order(a, GD_CAUSE_PERMUTED, pair ? 1.7 : 2.2, "axis %d runs the other way", axis, 0);
        move_along(a->expected, axis, LOSE_LAST, 0, a->work);
        try_order(a, GD_CAUSE_OFF_BY_ONE, 1.7, "the last along axis %d is left out", axis, 0);
        move_along(a->expected, axis, LOSE_FIRST, 0, a->work);
        try_order(a, GD_CAUSE_OFF_BY_ONE, 1.7, "the first along axis %d is left out", axis, 0);
    }
}

/* ---- slices along an axis in any order ---- */

/* Sets order[j], from which slice of the expected along the axis slice j of the claimed comes, times sign. False where there is none. */
static bool match_slices(const attempt *a, int axis, double sign, int64_t *order, double *to)
{
    gd_dims shape = a->expected.shape;
    int64_t n = shape.size[axis], inner = 1, outer = 1;
    for (int i = axis + 1; i < shape.count; i++)
        inner *= shape.size[i];
    for (int i = 0; i < axis; i++)
        outer *= shape.size[i];
    bool used[GD__MOST_SLICES] = { false };
    for (int64_t j = 0; j < n; j++) {
        order[j] = -1;
        for (int64_t k = 0; k < n && order[j] < 0; k++) {
            double off = 0, size = 0;
            for (int64_t o = 0; o < outer && !used[k]; o++)
                for (int64_t i = 0; i < inner; i++) {
                    double c = a->claimed.at[(o * n + j) * inner + i],
                           e = sign * a->expected.at[(o * n + k) * inner + i];
                    off += (c - e) * (c - e);
                    size += c * c;
                    to[(o * n + j) * inner + i] = sign * e;
                }
            if (!used[k] && off <= 100 * a->tolerance * a->tolerance * size)
                order[j] = k;
        }
        if (order[j] < 0)
            return false;
        used[order[j]] = true;
    }
    return true;
}

static bool has_same_numbers(const attempt *a, double sign)
{
    double sum = 0, squares = 0, size = 0;
    for (int64_t i = 0; i < a->expected.count; i++) {
        double c = a->claimed.at[i], e = sign * a->expected.at[i];
        sum += c - e;
        squares += c * c - e * e;
        size += fabs(c) + fabs(e);
    }
    return fabs(sum) <= 1e-4 * size && fabs(squares) <= 1e-4 * size * size;
}

/* Rows, columns or other slices that have changed places among each other. */
static void try_slices(attempt *a)
{
    int64_t order[GD__MOST_SLICES];
    for (int turn = 0; turn < 2; turn++) {
        double sign = turn ? -1 : 1;
        if (!has_same_numbers(a, sign))
            continue;
        for (int axis = 0; axis < a->expected.shape.count; axis++) {
            int64_t n = a->expected.shape.size[axis];
            /* single numbers that are alike by chance are no evidence: at least three that differ */
            if (n < 3 || n > GD__MOST_SLICES || !match_slices(a, axis, sign, order, a->work))
                continue;
            try_order(a, GD_CAUSE_PERMUTED, 2.3, "what lies along axis %d has changed places", axis, 0);
        }
    }
}

bool gd__finish_fits(gd__numbers claimed, gd__numbers expected, const gd__sizes *sizes, double tolerance, bool orders,
                     double *work, gd__finish *finish)
{
    attempt a = { claimed, expected, sizes, tolerance, work, finish, false };
    if (claimed.count != expected.count)
        return false;
    *finish = (gd__finish){ .order = GD_CAUSE_UNKNOWN, .c = 1 };
    if (fits(claimed, expected.at, sizes, tolerance, finish))
        return true;
    if (!orders || expected.count < 2)
        return false;
    try_permutations(&a);
    try_moves(&a);
    if (!a.found)
        try_slices(&a);
    return a.found;
}
