/* recognise_targets.c - what is looked for: the result, and what a last step or two would make it of. */
#include "check/recognise_search.h"

#include <math.h>

enum { SMALL_RESULT = 1, LARGE_RESULT = 1024, DEEPEST = 2 };

/* ---- undoing a last step ---- */

static double undo_sigmoid(double y)
{
    return log(y / (1 - y));
}

static double undo_sqrt(double y)
{
    return y * y;
}

static double undo_reciprocal(double y)
{
    return 1 / y;
}

static double undo_rsqrt(double y)
{
    return 1 / (y * y);
}

/* The last steps that can be undone, and between which numbers. */
static const struct undo {
    gd__op_id op;
    double (*call)(double);
    double low, high;
} undos[] = {
    { GD__OP_sigmoid, undo_sigmoid, 0, 1 },
    { GD__OP_tanh, atanh, -1, 1 },
    { GD__OP_exp, log, 0, INFINITY },
    { GD__OP_log, exp, -30, 30 },
    { GD__OP_sqrt, undo_sqrt, 0, INFINITY },
    { GD__OP_rsqrt, undo_rsqrt, 0, INFINITY },
    { GD__OP_reciprocal, undo_reciprocal, -INFINITY, INFINITY },
};

enum { UNDOS = sizeof undos / sizeof *undos };

/* Writes what the step would be made of; false where one of the numbers can't come from it. */
static bool undo(const gd__quest *s, const struct undo *u, const gd__numbers *y, double *const *to)
{
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < y->count; i++) {
            if (!(y->at[p][i] > u->low && y->at[p][i] < u->high))
                return false;
            to[p][i] = u->call(y->at[p][i]);
            if (!isfinite(to[p][i]))
                return false;
        }
    return true;
}

/* ---- dimensions along which all is the same ---- */

static bool is_constant_along(const gd__quest *s, const gd__numbers *n, gd_dims shape, int dim)
{
    int64_t inner = 1, size = shape.size[dim];
    double loose = fmax(1e-7, 30 * s->tolerance) * n->norm / sqrt((double)n->count * s->points);
    for (int i = dim + 1; i < shape.count; i++)
        inner *= shape.size[i];
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < n->count; i++) {
            int64_t first = i - i / inner % size * inner;
            if (!(fabs(n->at[p][i] - n->at[p][first]) <= loose))
                return false;
        }
    return true;
}

/* Keeps the first of these along the dimension; in place. */
static void cut(const gd__quest *s, gd_dims *shape, int64_t *count, double *const *number, int dim)
{
    int64_t inner = 1, size = shape->size[dim], kept = 0;
    for (int i = dim + 1; i < shape->count; i++)
        inner *= shape->size[i];
    for (int p = 0; p < s->points; p++) {
        kept = 0;
        for (int64_t i = 0; i < *count; i++)
            if (i / inner % size == 0)
                number[p][kept++] = number[p][i];
    }
    *count = kept;
    shape->size[dim] = 1;
}

/* A broadcast number is looked for as it was before. */
static void collapse(const gd__quest *s, gd_dims *shape, gd__numbers *n, double *const *number)
{
    for (int dim = 0; dim < shape->count; dim++)
        if (shape->size[dim] > 1 && is_constant_along(s, n, *shape, dim))
            cut(s, shape, &n->count, number, dim);
    gd__measure(s, n);
}

/* ---- targets that are kept ---- */

static gd_dims without_ones(gd_dims shape, int64_t bits)
{
    gd_dims squeezed = { .count = 0 };
    for (int i = 0; i < shape.count; i++)
        if (!(bits >> i & 1) && shape.size[i] != 1)
            squeezed.size[squeezed.count++] = shape.size[i];
    return squeezed;
}

/* Has some target this shape? */
static bool is_wanted(const gd__quest *s, gd_dims squeezed)
{
    for (int i = 0; i < s->shapes; i++)
        if (gd__same_dims(s->shape[i], squeezed))
            return true;
    return false;
}

static bool add_target(gd__quest *s, gd__target t)
{
    if (s->targets >= GD__MOST_TARGETS || !(t.numbers.norm > 0) || !isfinite(t.numbers.norm))
        return false;
    for (int p = 0; p < s->points; p++) { /* numbers of its own */
        gd_tensor *own = gd_zeros(s->context, GD_FLOAT64, t.shape);
        if (!gd__alive(own))
            return false;
        double *to = (double *)(void *)own->data;
        for (int64_t i = 0; i < t.numbers.count; i++)
            to[i] = t.numbers.at[p][i];
        t.numbers.at[p] = to;
    }
    int cell = gd__cell(t.numbers.key, 0);
    gd_dims squeezed = without_ones(t.shape, 0);
    if (s->shapes < GD__MOST_SHAPES && !is_wanted(s, squeezed))
        s->shape[s->shapes++] = squeezed;
    t.next = s->target_cell[cell];
    s->target_cell[cell] = s->targets;
    s->target[s->targets++] = t;
    return true;
}

static gd__numbers over(double *const *scratch, int64_t count)
{
    gd__numbers n = { .count = count };
    for (int p = 0; p < GD__POINTS; p++)
        n.at[p] = scratch[p];
    return n;
}

static void add_undone(gd__quest *s, const gd__target *parent)
{
    for (int i = 0; i < UNDOS; i++) {
        gd__target t = { .parent = parent,
                         .op = undos[i].op,
                         .other = -1,
                         .open = true,
                         .shape = parent->shape,
                         .numbers = over(s->scratch[0], parent->numbers.count) };
        if (!undo(s, &undos[i], &parent->numbers, s->scratch[0]))
            continue;
        gd__measure(s, &t.numbers);
        add_target(s, t);
    }
}

/* What is one more or one less, through a step that can be undone: sqrt(1 + x^2) - 1. */
static void add_shifted(gd__quest *s, const gd__target *parent)
{
    for (int shift = -1; shift <= 1; shift += 2) {
        gd__target t = { .parent = parent,
                         .op = GD__OP_add_scalar,
                         .other = -1,
                         .shift = -shift,
                         .shape = parent->shape,
                         .numbers = over(s->scratch[0], parent->numbers.count) };
        for (int p = 0; p < s->points; p++)
            for (int64_t i = 0; i < parent->numbers.count; i++)
                s->scratch[0][p][i] = parent->numbers.at[p][i] + shift;
        gd__measure(s, &t.numbers);
        if (add_target(s, t))
            add_undone(s, &s->target[s->targets - 1]);
    }
}

/* ---- softmax, which does not tell what all numbers along its axis have in common ---- */

/* Writes the numbers without their mean along the axis. */
static void centre(const gd__quest *s, const gd__numbers *n, gd_dims shape, int64_t axis, double *const *to)
{
    int64_t inner = 1, size = shape.size[axis];
    for (int64_t i = axis + 1; i < shape.count; i++)
        inner *= shape.size[i];
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < n->count; i++) {
            double sum = 0;
            int64_t first = i - i / inner % size * inner;
            for (int64_t k = 0; k < size; k++)
                sum += n->at[p][first + k * inner];
            to[p][i] = n->at[p][i] - sum / (double)size;
        }
}

static bool sums_to_1(const gd__quest *s, const gd__numbers *n, gd_dims shape, int axis)
{
    centre(s, n, shape, axis, s->scratch[1]);
    double share = 1 / (double)shape.size[axis];
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < n->count; i++)
            if (fabs(n->at[p][i] - s->scratch[1][p][i] - share) > 1e-7 + s->tolerance)
                return false;
    return true;
}

static void add_softmax(gd__quest *s, const gd__target *parent)
{
    static const struct undo logarithm = { GD__OP_exp, log, 0, INFINITY };
    for (int axis = 0; axis < parent->shape.count; axis++) {
        gd__target t = { .parent = parent,
                         .op = GD__OP_softmax,
                         .other = -1,
                         .axis = axis,
                         .shape = parent->shape,
                         .numbers = over(s->scratch[1], parent->numbers.count) };
        gd__numbers logarithms = over(s->scratch[0], parent->numbers.count);
        if (parent->shape.size[axis] < 2 || !sums_to_1(s, &parent->numbers, parent->shape, axis) ||
            !undo(s, &logarithm, &parent->numbers, s->scratch[0]))
            continue;
        centre(s, &logarithms, parent->shape, axis, s->scratch[1]);
        gd__measure(s, &t.numbers);
        add_target(s, t);
    }
}

/* Is the value, but for that, a multiple of what a softmax was made of? */
static void meet_softmax(gd__quest *s, int value)
{
    double c, b;
    const gd__value *v = &s->value[value];
    for (int i = 0; i < s->targets; i++) {
        const gd__target *t = &s->target[i];
        if (t->op != GD__OP_softmax || !t->parent || !gd__same_dims(t->shape, v->shape))
            continue;
        gd__numbers n = over(s->scratch[0], v->numbers.count);
        centre(s, &v->numbers, v->shape, t->axis, s->scratch[0]);
        gd__measure(s, &n);
        if (gd__fit(s, &t->numbers, &n, &c, &b))
            gd__try_part(s, t, &(gd__part){ value, 0, c, 0 });
    }
}

/* ---- with another value ---- */

static const struct joint {
    gd__op_id op;
    int hole;
} joints[] = { { GD__OP_add, 0 }, { GD__OP_mul, 0 }, { GD__OP_sub, 0 }, { GD__OP_div, 0 }, { GD__OP_div, 1 } };

enum { JOINTS = sizeof joints / sizeof *joints };

/* What makes y with v by this step; nothing that is not finite. */
static double missing(int joint, double y, double v)
{
    switch (joint) {
    case 0: return y - v;
    case 1: return y / v;
    case 2: return y + v;
    case 3: return y * v;
    default: return v / y;
    }
}

/* Where in v, which broadcasts to `shape`, element i of that lies. */
static int64_t place_in(gd_dims v, gd_dims shape, int64_t i)
{
    int64_t place = 0, stride = 1;
    for (int k = shape.count - 1, own = v.count - 1; own >= 0; k--, own--) {
        int64_t at = i % shape.size[k];
        place += v.size[own] > 1 ? at * stride : 0;
        stride *= v.size[own];
        i /= shape.size[k];
    }
    return place;
}

static bool fits_into(gd_dims v, gd_dims shape)
{
    gd_dims common;
    return gd__broadcast(v, shape, &common) && gd__same_dims(common, shape);
}

/* The target that is left of the parent by a step with value v. False where it can't be. */
static bool set_rest(gd__quest *s, const gd__target *parent, int v, int joint, double *const *scratch, gd__target *t)
{
    const gd__value *value = &s->value[v];
    int64_t count = parent->numbers.count;
    bool same = value->numbers.count == count;
    if (!fits_into(value->shape, parent->shape))
        return false;
    *t = (gd__target){ .parent = parent,
                       .op = joints[joint].op,
                       .hole = joints[joint].hole,
                       .other = v,
                       .open = parent->open && joint < 2 && value->numbers.count < count,
                       .shape = parent->shape,
                       .numbers = over(scratch, count) };
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < count; i++) {
            int64_t at = same ? i : place_in(value->shape, parent->shape, i);
            scratch[p][i] = missing(joint, parent->numbers.at[p][i], value->numbers.at[p][at]);
            if (!isfinite(scratch[p][i]))
                return false;
        }
    gd__measure(s, &t->numbers);
    if (value->numbers.count > 1)
        collapse(s, &t->shape, &t->numbers, scratch);
    s->work += (double)(s->points * count * 12);
    return true;
}

static void add_rests(gd__quest *s, const gd__target *parent)
{
    gd__target t;
    for (int v = 0; v < s->operands; v++)
        for (int joint = 0; joint < JOINTS; joint++)
            if (gd__is_float((gd_dtype)s->value[v].t[0]->dtype) && set_rest(s, parent, v, joint, s->scratch[0], &t) &&
                add_target(s, t) && t.numbers.count < parent->numbers.count)
                add_undone(s, &s->target[s->targets - 1]);
}

/* How many steps lead from it to the result. */
static int depth_of(const gd__target *t)
{
    int depth = 0;
    for (; t->parent; t = t->parent)
        depth++;
    return depth;
}

bool gd__set_targets(gd__quest *s)
{
    gd__target root = { .other = -1, .open = true, .shape = gd__shape(s->y[0]), .numbers.count = s->y[0]->numel };
    for (int p = 0; p < s->points; p++)
        root.numbers.at[p] = (const double *)(const void *)s->y[p]->data;
    gd__measure(s, &root.numbers);
    if (!add_target(s, root))
        return false;
    add_undone(s, &s->target[0]);
    add_shifted(s, &s->target[0]);
    for (int i = 0, ends = s->targets; i < ends; i++) /* of the result, and of what it is the logarithm of */
        if (i == 0 || s->target[i].op == GD__OP_log)
            add_softmax(s, &s->target[i]);
    int deepest = root.numbers.count > LARGE_RESULT ? 1 : DEEPEST;
    for (int i = 0; i < s->targets; i++)
        if (s->target[i].open && depth_of(&s->target[i]) < deepest)
            add_rests(s, &s->target[i]);
    return !s->context->failed;
}

/* ---- a value against the targets ---- */

/* Looks for these numbers, which a value makes, among the targets. */
static void meet_targets(gd__quest *s, int value, int64_t bits, const gd__numbers *n)
{
    double c, b;
    int from = gd__cell(n->key, -1), to = gd__cell(n->key, 1);
    for (int cell = from; cell <= to; cell++)
        for (int i = s->target_cell[cell]; i >= 0; i = s->target[i].next)
            if (gd__fit(s, &s->target[i].numbers, n, &c, &b))
                gd__try_part(s, &s->target[i], &(gd__part){ value, bits, c, b });
}

/* ---- a value and another one ---- */

/* Looks for the target among the values. */
static void meet_values(gd__quest *s, const gd__target *t)
{
    double c, b;
    int from = gd__cell(t->numbers.key, -1), to = gd__cell(t->numbers.key, 1);
    for (int cell = from; cell <= to; cell++)
        for (int i = s->value_cell[cell]; i >= 0; i = s->value[i].next)
            if (gd__fit(s, &t->numbers, &s->value[i].numbers, &c, &b))
                gd__try_part(s, t, &(gd__part){ i, 0, c, b });
}

/* The same, also through a step that can be undone. */
static void meet_values_undone(gd__quest *s, const gd__target *t)
{
    for (int i = 0; i < UNDOS; i++) {
        gd__target inner = { .parent = t,
                             .op = undos[i].op,
                             .other = -1,
                             .shape = t->shape,
                             .numbers = over(s->scratch[1], t->numbers.count) };
        if (!undo(s, &undos[i], &t->numbers, s->scratch[1]))
            continue;
        gd__measure(s, &inner.numbers);
        meet_values(s, &inner);
    }
}

/* How many of the joints are looked at: within another step sums alone. */
static int joints_of(const gd__target *t)
{
    for (const gd__target *up = t; up->parent; up = up->parent)
        if (up->other < 0)
            return up->op == GD__OP_sigmoid || up->op == GD__OP_tanh || up->op == GD__OP_sqrt;
    return t->parent ? 2 : JOINTS;
}

/* Would the value and another one make a target? What is left is the same along an axis where that is a broadcast
 * one. */
static void meet_complements(gd__quest *s, int value)
{
    gd__target rest;
    const gd__value *v = &s->value[value];
    for (int i = 0; i < s->targets; i++) {
        const gd__target *t = &s->target[i];
        if (!t->open || t->numbers.count <= SMALL_RESULT || v->numbers.count != t->numbers.count)
            continue;
        for (int joint = 0; joint < joints_of(t); joint++) {
            if (!set_rest(s, t, value, joint, s->scratch[0], &rest))
                continue;
            meet_values(s, &rest);
            if (rest.numbers.count < t->numbers.count || (i == 0 && joint < 2))
                meet_values_undone(s, &rest);
        }
    }
}

/* ---- sums down to a target ---- */

/* Sums a value over axes into the scratch; how many sums there are at each point. */
static int64_t sum_over(gd__quest *s, const gd__value *v, int64_t bits)
{
    int64_t sums = gd__count(without_ones(v->shape, bits));
    for (int p = 0; p < s->points; p++) {
        double *to = s->scratch[0][p];
        for (int64_t k = 0; k < sums; k++)
            to[k] = 0;
        for (int64_t i = 0; i < v->numbers.count; i++) {
            int64_t place = 0, stride = 1, left = i;
            for (int k = v->shape.count - 1; k >= 0; k--) {
                place += bits >> k & 1 ? 0 : left % v->shape.size[k] * stride;
                stride *= bits >> k & 1 ? 1 : v->shape.size[k];
                left /= v->shape.size[k];
            }
            to[place] += v->numbers.at[p][i];
        }
    }
    s->work += (double)(s->points * v->numbers.count * (4 + 6 * v->shape.count));
    return sums;
}

/* ---- a sum of two totals: a loss and its regulariser ---- */

/* y = c p + d q at all points, by least squares. False where they do not, or one of them has no part in it. */
static bool solve(const gd__quest *s, const double *p, const double *q, double *c, double *d)
{
    double pp = 0, pq = 0, qq = 0, py = 0, qy = 0, most = 0;
    const gd__numbers *y = &s->target[0].numbers;
    for (int i = 0; i < s->points; i++) {
        pp += p[i] * p[i];
        pq += p[i] * q[i];
        qq += q[i] * q[i];
        py += p[i] * y->at[i][0];
        qy += q[i] * y->at[i][0];
        most = fmax(most, fabs(y->at[i][0]));
    }
    double volume = pp * qq - pq * pq;
    if (!(volume > 1e-10 * pp * qq))
        return false;
    *c = (py * qq - qy * pq) / volume;
    *d = (qy * pp - py * pq) / volume;
    for (int i = 0; i < s->points; i++)
        if (!(fabs(*c * p[i] + *d * q[i] - y->at[i][0]) <= fmax(1e-8, 3 * s->tolerance) * most))
            return false;
    return fabs(*c) * sqrt(pp) > 1e-5 * most && fabs(*d) * sqrt(qq) > 1e-5 * most;
}

static void meet_totals(gd__quest *s, int value, int64_t bits)
{
    double c, d;
    if (s->totals >= GD__MOST_TOTALS || s->points < GD__POINTS)
        return;
    gd__total *q = &s->total[s->totals];
    *q = (gd__total){ .value = value, .bits = bits };
    for (int p = 0; p < s->points; p++)
        q->at[p] = s->scratch[0][p][0];
    for (int i = 0; i < s->totals; i++) {
        const gd__total *p = &s->total[i];
        if (solve(s, p->at, q->at, &c, &d))
            gd__try_sum(s, &(gd__part){ p->value, p->bits, c, 0 }, &(gd__part){ value, bits, d, 0 });
    }
    s->totals++;
    s->work += 10.0 * s->totals;
}

static void meet_sums(gd__quest *s, int value)
{
    const gd__value *v = &s->value[value];
    for (int64_t bits = 1; bits < (int64_t)1 << v->shape.count && v->shape.count < 6; bits++) {
        gd_dims squeezed = without_ones(v->shape, bits);
        if (gd__count_over(v->shape, bits) < 2 || gd__count(squeezed) > s->target[0].numbers.count ||
            !is_wanted(s, squeezed))
            continue;
        gd__numbers n = over(s->scratch[0], sum_over(s, v, bits));
        gd__measure(s, &n);
        meet_targets(s, value, bits, &n);
        bool total = n.count == 1 && s->target[0].numbers.count == 1;
        if (total && bits == ((int64_t)1 << v->shape.count) - 1)
            meet_totals(s, value, bits);
    }
}

void gd__check_value(gd__quest *s, int value)
{
    const gd__value *v = &s->value[value];
    s->work += 20.0 * s->points * (double)v->numbers.count;
    meet_targets(s, value, 0, &v->numbers);
    meet_sums(s, value);
    meet_softmax(s, value);
    if (gd__is_float((gd_dtype)v->t[0]->dtype))
        meet_complements(s, value);
}
