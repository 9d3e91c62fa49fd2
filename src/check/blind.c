/* blind.c - mistakes in functions that show nothing of their inside: what numbers alone can tell. A function that can't be seen into
 * can be asked: element by element it may have a derivative to be left out, and the gradient at another point may be what is claimed. */
#include "check/work.h"

#include <math.h>
#include <string.h>

enum { MOST_ENTRIES = 512, MOST_FOUND = 4 };

/* One reading of what is claimed. */
typedef struct reading {
    gd_cause cause; /* GD_CAUSE_UNKNOWN: a factor alone */
    char what[128];
    gd__factor factor;
    double cost;
} reading;

typedef struct blind {
    gd__work *w;
    gd__objective o;
    gd__sizes sizes;
    int input;
    int64_t n;
    double **moved, **direction; /* by input: another point; a direction */
    double *expected, *work;     /* room for as many numbers as there are entries */
    gd__slope *slope;
    double *y; /* of all outputs, twice */
    reading found[MOST_FOUND];
    int count;
} blind;

/* ---- keeping ---- */

/* Whether there is a mean can't be seen, but losses often have one. */
static void suspect_mean(gd__sizes *sizes, double c)
{
    double size = fabs(c), count = floor((size > 1 ? size : 1 / size) + 0.5);
    sizes->means = sizes->sums = 0;
    if (size > 1 && count >= 3)
        sizes->mean[sizes->means++] = count;
    else if (size < 1 && count >= 3)
        sizes->sum[sizes->sums++] = count;
}

static void keep(blind *b, gd_cause cause, const char *what, double cost, double c)
{
    suspect_mean(&b->sizes, c);
    gd__factor factors[GD__FACTOR_ALTERNATIVES];
    int many = c == 1 ? 1 : gd__factor_causes(c, &b->sizes, b->n, factors);
    for (int i = 0; i < many; i++) {
        reading r = { .cause = cause, .cost = cost };
        if (c != 1) {
            r.factor = factors[i];
            r.cost += factors[i].cost + (cause == GD_CAUSE_UNKNOWN ? 0 : 0.8);
        }
        gd__say(r.what, sizeof r.what, "%s", what);
        int at = b->count < MOST_FOUND ? b->count++ : MOST_FOUND - 1;
        if (at == MOST_FOUND - 1 && b->found[at].cost > 0 && b->found[at].cost <= r.cost)
            continue;
        for (; at > 0 && b->found[at - 1].cost > r.cost; at--)
            b->found[at] = b->found[at - 1];
        b->found[at] = r;
    }
}

/* Is what is expected now the right gradient, perhaps times something? Then it explains nothing that a factor does not. */
static bool is_nothing_new(blind *b)
{
    for (int64_t k = 0; k < b->n; k++)
        b->work[k] = b->w->slope[b->input][k].value;
    double c = gd__best_factor(b->expected, b->work, b->n);
    return !(gd__misfit(b->expected, b->work, b->n, c) > 1e-6);
}

/* Is what is expected now, perhaps times something, the claimed gradient? */
static bool try_expected(blind *b, gd_cause cause, const char *what, double cost)
{
    gd__work *w = b->w;
    gd__finish f;
    if (is_nothing_new(b))
        return false;
    gd_dims shape = gd__input_of(w, b->input)->shape;
    gd__numbers claimed = { shape, b->n, w->claimed[b->input] }, expected = { shape, b->n, b->expected };
    if (!gd__finish_fits(claimed, expected, &b->sizes, w->narrow[b->input] ? 3e-4 : 1e-5, false, b->work, &f))
        return false;
    keep(b, cause, what, cost, fabs(f.c - 1) < 1e-5 ? 1 : f.c);
    return true;
}

static void tell(const reading *r, double confidence, gd_explanation *e)
{
    *e = (gd_explanation){ .confidence = confidence };
    if (r->cause != GD_CAUSE_UNKNOWN) {
        gd_mistake *m = &e->mistake[e->mistakes++];
        gd__mistake_of(r->cause, 1, m);
        if (r->what[0])
            gd__say(m->what, sizeof m->what, "%s: %s", gd_cause_words(r->cause), r->what);
    }
    for (int i = 0; i < r->factor.causes; i++)
        gd__mistake_of(r->factor.cause[i], r->factor.factor[i], &e->mistake[e->mistakes++]);
}

/* In place of what was said before. */
static void tell_all(const blind *b, gd_check_input *to)
{
    double sum = 0.2;
    for (int i = 0; i < b->count; i++)
        sum += exp(-1.6 * (b->found[i].cost - b->found[0].cost));
    to->explanations = 0;
    for (int i = 0; i < b->count; i++)
        tell(&b->found[i], exp(-1.6 * (b->found[i].cost - b->found[0].cost)) / sum,
             &to->explanation[to->explanations++]);
    for (int i = 1; i < to->explanations; i++)
        gd__tell_apart(&to->explanation[i], &to->explanation[0]);
}

/* ---- element by element ---- */

/* Does each entry of the input move its own output alone? */
static bool is_elementwise(blind *b, bool *is)
{
    gd__work *w = b->w;
    double *x = w->point[b->input], *before = b->y, *after = b->y + b->o.outputs;
    *is = b->o.outputs == b->n;
    bool good = !*is || b->o.evaluate(b->o.user, 0, w->point, before);
    for (int64_t k = 0; good && *is && k < b->n; k++) {
        double kept = x[k];
        x[k] = kept + 1e-3 * fmax(1, fabs(kept));
        good = b->o.evaluate(b->o.user, 0, w->point, after);
        x[k] = kept;
        for (int64_t m = 0; good && *is && m < b->n; m++)
            *is = m == k || before[m] == after[m];
    }
    return good;
}

static double derivative(const blind *b, int64_t k)
{
    return b->w->slope[b->input][k].value / b->o.weight[k];
}

static bool is_switch(const blind *b)
{
    for (int64_t k = 0; k < b->n; k++)
        if (fabs(derivative(b, k)) > 1e-9 && fabs(derivative(b, k) - 1) > 1e-9)
            return false;
    return true;
}

/* The slopes where input `input` is as in b->moved, into expected. */
static bool expect_there(blind *b)
{
    gd__objective there = b->o;
    there.point = b->moved;
    if (!gd__slopes_of(&there, b->input, b->slope))
        return false;
    for (int64_t k = 0; k < b->n; k++)
        b->expected[k] = b->slope[k].state == GD__SLOPE_UNSURE ? NAN : b->slope[k].value;
    return true;
}

static void copy_point(blind *b)
{
    for (int j = 0; j < b->w->count; j++)
        memcpy(b->moved[j], b->w->point[j], (size_t)b->w->entries[j] * sizeof(double));
}

static bool try_elementwise(blind *b)
{
    bool is;
    if (!is_elementwise(b, &is) || !is)
        return !b->w->g->failed;
    for (int64_t k = 0; k < b->n; k++)
        if (b->o.weight[k] == 0)
            return true;
    bool mask = is_switch(b);
    for (int which = 0; which < (mask ? 4 : 2); which++) {
        for (int64_t k = 0; k < b->n; k++) {
            double weight = b->o.weight[k], d = derivative(b, k), of[] = { 1, d * d, 1 - d, weight > 0 };
            b->expected[k] = weight * of[which];
        }
        static const gd_cause cause[] = { GD_CAUSE_DERIVATIVE_MISSING, GD_CAUSE_DERIVATIVE_TWICE,
                                          GD_CAUSE_MASK_INVERTED, GD_CAUSE_MASK_WRONG };
        if (!(mask && which == 1) && try_expected(b, cause[which], "", 1.2))
            return true;
    }
    copy_point(b);
    memcpy(b->moved[b->input], b->y, (size_t)b->n * sizeof(double));
    if (!expect_there(b))
        return false;
    try_expected(b, GD_CAUSE_WRONG_POINT, "the result stands where the operand is meant", 1.4);
    return true;
}

/* ---- the gradient at another point ---- */

/* Along two random directions: can the gradient at the moved point be a multiple of what is claimed? */
static bool may_be_there(blind *b, bool *may)
{
    gd__work *w = b->w;
    gd__objective there = b->o;
    double claimed[2] = { 0, 0 }, value[2], error[2];
    uint64_t state = w->o->seed + 31337;
    there.point = b->moved;
    *may = true;
    for (int turn = 0; turn < 2; turn++) {
        gd__slope s;
        for (int j = 0; j < w->count; j++)
            memset(b->direction[j], 0, (size_t)w->entries[j] * sizeof(double));
        for (int64_t k = 0; k < b->n; k++) {
            b->direction[b->input][k] = gd__drawn_normal(&state);
            claimed[turn] += w->claimed[b->input][k] * b->direction[b->input][k];
        }
        if (!gd__slope_along(&there, b->direction, &s))
            return false;
        if (s.state == GD__SLOPE_UNSURE || !isfinite(s.value))
            *may = false;
        value[turn] = s.value;
        error[turn] = s.error;
    }
    double a = claimed[0] * value[1], c = claimed[1] * value[0];
    double off = fabs(claimed[0]) * error[1] + fabs(claimed[1]) * error[0];
    *may = *may && fabs(a - c) <= 1e-4 * (fabs(a) + fabs(c)) + 4 * off;
    return true;
}

static bool try_there(blind *b, gd_cause cause, int moved, const char *what, double cost)
{
    bool may;
    char text[128];
    if (!may_be_there(b, &may))
        return false;
    gd__say(text, sizeof text, "%.60s %s", b->w->s.item[moved].name, what);
    if (may && !expect_there(b))
        return false;
    if (may)
        try_expected(b, cause, text, cost);
    copy_point(b);
    return true;
}

static void roll(double *x, int64_t n, int by)
{
    double kept = by > 0 ? x[n - 1] : x[0];
    memmove(by > 0 ? x + 1 : x, by > 0 ? x : x + 1, (size_t)(n - 1) * sizeof *x);
    x[by > 0 ? 0 : n - 1] = kept;
}

/* Along axis 0, a row at a time, or all entries row after row. */
static bool try_rolled(blind *b, int j)
{
    gd_dims shape = gd__input_of(b->w, j)->shape;
    int64_t n = b->w->entries[j], rows = shape.count > 0 ? shape.size[0] : 1, width = rows > 0 ? n / rows : 0;
    for (int by = -1; by <= 1; by += 2) {
        if (n < 2)
            return true;
        roll(b->moved[j], n, by);
        if (!try_there(b, GD_CAUSE_OFF_BY_ONE, j, "is one entry off", 1.9))
            return false;
        if (rows < 2 || width < 2)
            continue;
        for (int64_t i = 0; i < width; i++)
            roll(b->moved[j], n, by);
        if (!try_there(b, GD_CAUSE_OFF_BY_ONE, j, "is one row off", 1.8))
            return false;
        for (int64_t r = 0; r < rows; r++)
            roll(b->moved[j] + r * width, width, by);
        if (!try_there(b, GD_CAUSE_OFF_BY_ONE, j, "is one column off", 1.9))
            return false;
    }
    return true;
}

static bool try_turned(blind *b, int j)
{
    gd_dims shape = gd__input_of(b->w, j)->shape;
    if (shape.count != 2 || shape.size[0] != shape.size[1] || shape.size[0] < 2)
        return true;
    for (int64_t r = 0; r < shape.size[0]; r++)
        for (int64_t c = 0; c < shape.size[1]; c++)
            b->moved[j][r * shape.size[1] + c] = b->w->point[j][c * shape.size[1] + r];
    return try_there(b, GD_CAUSE_TRANSPOSED, j, "is meant, and not its transpose", 1.5);
}

/* Another operand with a mistake in it; of the one whose gradient it is, off by one and of the step before alone. */
static bool try_operand(blind *b, int j)
{
    gd__work *w = b->w;
    int i = b->input;
    int64_t n = w->entries[j];
    if (w->has_before) {
        memcpy(b->moved[j], w->before[j], (size_t)n * sizeof(double));
        if (!try_there(b, GD_CAUSE_STALE, j, "is of the step before", 1.6))
            return false;
    }
    if (!try_rolled(b, j) || j == i)
        return !w->g->failed;
    for (int64_t k = 0; k < n; k++)
        b->moved[j][k] = -w->point[j][k];
    if (!try_there(b, GD_CAUSE_TERM_SIGN, j, "has the other sign", 1.5))
        return false;
    memset(b->moved[j], 0, (size_t)n * sizeof(double));
    if (!try_there(b, GD_CAUSE_TERM_MISSING, j, "is left out", 1.7) || !try_turned(b, j))
        return false;
    for (int64_t k = 0; k < n; k++)
        b->moved[j][k] = w->point[j][n - 1 - k];
    if (n > 2 && !try_there(b, GD_CAUSE_PERMUTED, j, "is read from the end", 1.9))
        return false;
    if (!gd__same_dims(gd__input_of(w, i)->shape, gd__input_of(w, j)->shape))
        return true;
    memcpy(b->moved[j], w->point[i], (size_t)n * sizeof(double));
    if (!try_there(b, GD_CAUSE_OPERANDS_SWAPPED, j, "is meant, and not the other operand", 1.6))
        return false;
    memcpy(b->moved[j], w->point[i], (size_t)n * sizeof(double));
    memcpy(b->moved[i], w->point[j], (size_t)n * sizeof(double));
    return try_there(b, GD_CAUSE_OPERANDS_SWAPPED, j, "and the other operand have changed places", 1.5);
}

/* ---- another incoming gradient ---- */

typedef enum incoming {
    LAST_ROW,
    FIRST_ROW,
    NOT_LAST_ROW,
    NOT_FIRST_ROW,
    ONES,
    ROLLED_DOWN,
    ROLLED_UP,
    INCOMINGS
} incoming;

/* The weight of output m, of `rows` rows of this width. */
static double weight_of(const blind *b, incoming which, int64_t m, int64_t rows, int64_t width)
{
    const double *weight = b->o.weight;
    int64_t row = m / width, all = rows * width;
    switch (which) {
    case LAST_ROW: return row == rows - 1 ? weight[m] : 0;
    case FIRST_ROW: return row == 0 ? weight[m] : 0;
    case NOT_LAST_ROW: return row == rows - 1 ? 0 : weight[m];
    case NOT_FIRST_ROW: return row == 0 ? 0 : weight[m];
    case ROLLED_DOWN: return weight[(m + all - width) % all];
    case ROLLED_UP: return weight[(m + width) % all];
    default: return 1;
    }
}

static bool try_incoming(blind *b)
{
    static const gd_cause cause[INCOMINGS] = { GD_CAUSE_ASSIGNED,   GD_CAUSE_ASSIGNED,     GD_CAUSE_OFF_BY_ONE,
                                               GD_CAUSE_OFF_BY_ONE, GD_CAUSE_TERM_MISSING, GD_CAUSE_OFF_BY_ONE,
                                               GD_CAUSE_OFF_BY_ONE };
    static const char *const what[INCOMINGS] = { "the last alone is left",
                                                 "the first alone is left",
                                                 "the last is left out",
                                                 "the first is left out",
                                                 "the incoming gradient is left out",
                                                 "the incoming gradient is one row off",
                                                 "the incoming gradient is one row off" };
    gd_dims shape = gd__shape(b->w->dy);
    int64_t rows = shape.count > 0 ? shape.size[0] : 1;
    if (rows < 2 || b->o.outputs % rows != 0)
        return true;
    size_t size = (size_t)b->o.outputs * sizeof(double);
    double *weight = gd__alloc(b->w->g, size);
    const double *own = b->o.weight;
    bool good = weight != NULL;
    for (int which = 0; good && which < INCOMINGS; which++) {
        bool may;
        for (int64_t m = 0; m < b->o.outputs; m++)
            weight[m] = weight_of(b, (incoming)which, m, rows, b->o.outputs / rows);
        b->o.weight = weight;
        good = may_be_there(b, &may) && (!may || expect_there(b));
        b->o.weight = own;
        if (good && may)
            try_expected(b, cause[which], what[which], which < 2 ? 1.7 : 1.9);
    }
    gd__free(b->w->g, weight, size);
    return good;
}

/* All as in the step before; added to that; or with one of the others as it was then. */
static bool try_before(blind *b)
{
    gd__work *w = b->w;
    if (!w->has_before)
        return true;
    for (int j = 0; j < w->count; j++)
        memcpy(b->moved[j], w->before[j], (size_t)w->entries[j] * sizeof(double));
    if (!expect_there(b))
        return false;
    copy_point(b);
    try_expected(b, GD_CAUSE_STALE, "it is the gradient of the step before", 1.5);
    for (int64_t k = 0; k < b->n; k++)
        b->expected[k] += w->slope[b->input][k].value;
    try_expected(b, GD_CAUSE_ACCUMULATED, "the gradient of the step before is in it", 1.2);
    return true;
}

/* Parameters as they were in the step before, whichever: each alone is tried with the operands. */
static bool try_points(blind *b)
{
    gd__work *w = b->w;
    bool good = try_before(b);
    for (int j = 0; good && j < w->count; j++)
        good = try_operand(b, j);
    return good && try_incoming(b);
}

/* ---- what is claimed as it is ---- */

static double size_of(const double *x, int64_t n)
{
    double sum = 0;
    for (int64_t k = 0; k < n; k++)
        sum += x[k] * x[k];
    return sqrt(sum);
}

/* More numbers than the tensor has: summed over the first axes, or the last, are they its gradient? */
static bool try_unsummed(blind *b)
{
    gd__work *w = b->w;
    int64_t many = w->numbers[b->input], n = b->n;
    const double *claimed = w->claimed[b->input];
    if (n < 1 || many <= n || many % n != 0)
        return false;
    for (int leading = 1; leading >= 0; leading--) {
        memset(b->expected, 0, (size_t)n * sizeof(double));
        for (int64_t k = 0; k < many; k++)
            b->expected[leading ? k % n : k / (many / n)] += claimed[k];
        for (int64_t k = 0; k < n; k++)
            b->work[k] = w->slope[b->input][k].value;
        double c = gd__best_factor(b->expected, b->work, n);
        if (gd__misfit(b->expected, b->work, n, c) <= 1e-5 && c != 0) {
            keep(b, GD_CAUSE_NOT_SUMMED, "", 1.2, fabs(c - 1) < 1e-5 ? 1 : c);
            return true;
        }
    }
    return false;
}

/* The right gradient times something, or in another order; or nothing at all. */
static void try_claimed(blind *b)
{
    gd__work *w = b->w;
    gd__finish f;
    gd_dims shape = gd__input_of(w, b->input)->shape;
    gd__numbers claimed = { w->shape[b->input], w->numbers[b->input], w->claimed[b->input] };
    gd__numbers right = { shape, b->n, b->expected };
    for (int64_t k = 0; k < b->n; k++)
        b->expected[k] = w->slope[b->input][k].value;
    if (claimed.count < 0 || (claimed.count == b->n && size_of(claimed.at, b->n) <= 1e-11 * size_of(right.at, b->n)))
        keep(b, GD_CAUSE_MISSING, "", 1.0, 1);
    else if (gd__finish_fits(claimed, right, &b->sizes, w->narrow[b->input] ? 3e-4 : 1e-5, true, b->work, &f))
        keep(b, f.order, f.order_text, f.order == GD_CAUSE_UNKNOWN ? 0 : 1.2, fabs(f.c - 1) < 1e-5 ? 1 : f.c);
    else
        try_unsummed(b);
}

/* ---- all together ---- */

static bool is_settled(const gd_check_input *to)
{
    return to->explanations > 0 && to->explanation[0].mistakes == 1;
}

static bool open_blind(blind *b, gd__work *w, int i)
{
    *b = (blind){ .w = w, .input = i, .n = w->entries[i] };
    b->o = gd__subject_objective(&w->s, w->entries, w->point);
    size_t size = (size_t)(b->n + 1) * sizeof(double);
    b->moved = gd__blocks(w, sizeof(double));
    b->direction = gd__blocks(w, sizeof(double));
    b->expected = gd__alloc(w->g, size);
    b->work = gd__alloc(w->g, size);
    b->slope = gd__alloc(w->g, (size_t)(b->n + 1) * sizeof *b->slope);
    b->y = gd__alloc(w->g, (size_t)(2 * b->o.outputs + 1) * sizeof *b->y);
    if (!gd__has_blocks(w, b->moved) || !gd__has_blocks(w, b->direction) || !b->expected || !b->work || !b->slope ||
        !b->y)
        return false;
    copy_point(b);
    for (int j = 0; j < w->count; j++)
        for (int k = 0; k < w->check->input[j].shape.count && b->sizes.others < GD__MAX_SIZES; k++)
            b->sizes.other[b->sizes.others++] = (double)w->check->input[j].shape.size[k];
    return true;
}

static void close_blind(blind *b)
{
    gd__work *w = b->w;
    size_t size = (size_t)(b->n + 1) * sizeof(double);
    gd__free_blocks(w, b->moved, sizeof(double));
    gd__free_blocks(w, b->direction, sizeof(double));
    gd__free(w->g, b->expected, size);
    gd__free(w->g, b->work, size);
    gd__free(w->g, b->slope, (size_t)(b->n + 1) * sizeof *b->slope);
    gd__free(w->g, b->y, (size_t)(2 * b->o.outputs + 1) * sizeof *b->y);
}

static bool explain_input(blind *b)
{
    gd__work *w = b->w;
    gd_check_input *to = gd__input_of(w, b->input);
    bool shaped = w->numbers[b->input] == b->n, seen = w->has_program && w->program.uses == 0;
    if (!w->has_program || to->explanations == 0)
        try_claimed(b);
    if (b->count == 0 && shaped && !seen && !is_settled(to) && !try_elementwise(b))
        return false;
    if (b->count == 0 && shaped && to->explanations == 0) {
        gd__ratio_found found;
        if (!try_points(b))
            return false;
        if (b->count == 0 && gd__explain_ratio(w, b->input, &found))
            keep(b, found.cause, found.what, found.cost, fabs(found.c - 1) < 1e-5 ? 1 : found.c);
    }
    if (b->count > 0)
        tell_all(b, to);
    return true;
}

/* Slopes are needed of all entries, and much asking. */
static bool is_small(const gd__work *w)
{
    int64_t all = 0;
    for (int i = 0; i < w->count; i++)
        all += w->entries[i];
    return all <= MOST_ENTRIES && !w->refused;
}

bool gd__explain_blindly(gd__work *w, int i)
{
    blind b;
    if (!is_small(w))
        return true;
    gd_error_callback *on_error = w->g->on_error;
    w->g->on_error = NULL;
    bool good = open_blind(&b, w, i) && explain_input(&b);
    close_blind(&b);
    w->g->on_error = on_error;
    bool memory = w->g->failed && w->g->error.status == GD_ERROR_MEMORY;
    if (!good && !memory)
        gd_clear(w->g); /* the function is not at home there */
    return !memory && gd__place_work(w);
}
