/* reference_update.c - what is written in place: by optimizers, and from other tensors. */
#include "fuzz/parts/approx.h"

#include <math.h>

/* ---- optimizers ---- */

static bool share_places(const value *a, const value *b)
{
    if (a->buffer != b->buffer || a->count == 0 || b->count == 0)
        return false;
    return a->place[0] < b->place[0] + b->count && b->place[0] < a->place[0] + a->count;
}

/* All have the parameter's shape and dtype, and none shares numbers with another; all but the gradient, which is the
 * second, are floats in row-major order. */
static bool may_update(question *q, int tensors)
{
    const value *p = q->argument[0].x;
    for (int i = 0; i < tensors; i++) {
        const value *x = q->argument[i].x;
        if (!x)
            continue;
        if (i != 1 && (!is_contiguous(x) || !is_float(x->dtype) || overlaps(x)))
            fault(q, GD_ERROR_STATE);
        if (x->dtype != p->dtype || !same_dims(x->shape, p->shape))
            fault(q, GD_ERROR_SHAPE);
        for (int k = 0; k < i; k++)
            if (q->argument[k].x && is_contiguous(x) && is_contiguous(q->argument[k].x) && share_places(x, q->argument[k].x))
                fault(q, GD_ERROR_VALUE);
    }
    q->same = q->faults ? NULL : q->argument[0].x;
    return !q->faults;
}

/* What the argument at this place will hold; NULL where there is no such tensor. */
static value *writes(question *q, int place)
{
    const value *x = q->argument[place].x;
    if (!x)
        return NULL;
    value *after = new_value(q->memory, x->dtype, x->shape);
    after->slack = take(q->memory, (size_t)x->count * sizeof *after->slack);
    q->written[place] = after;
    return after;
}

static void write_at(value *after, int64_t i, approx a)
{
    put(after, i, a.n);
    after->slack[i] = a.off;
}

/* A number that was given, in the parameter's dtype, or its default. */
static double given(const question *q, int place, double otherwise)
{
    return place < q->count ? q->argument[place].real : otherwise;
}

static approx constant(gd_dtype dtype, double c)
{
    return exactly(as_dtype(dtype, (number)c));
}

static approx element(const question *q, int place, int64_t i)
{
    return exactly(q->argument[place].x ? get(q->argument[place].x, i) : 0);
}

/* The gradient, turned to maximize, with the weight decay added. */
static approx pulled(const question *q, int64_t i, bool maximize, double decay)
{
    gd_dtype dtype = q->argument[0].x->dtype;
    approx d = element(q, 1, i), c = constant(dtype, decay);
    d.n = maximize ? -d.n : d.n;
    return c.n == 0 ? d : plus(dtype, d, times(dtype, c, element(q, 0, i)));
}

/* p - rate d */
static approx descended(gd_dtype dtype, approx p, approx rate, approx d)
{
    return minus(dtype, p, times(dtype, rate, d));
}

/* keep v + take d^2 */
static approx squares(gd_dtype dtype, approx v, approx d, approx keep, approx taken)
{
    return plus(dtype, times(dtype, keep, v), times(dtype, times(dtype, taken, d), d));
}

/* m + weight (d - m), which may also be reckoned from the other end. */
static approx followed(gd_dtype dtype, approx m, approx d, approx weight)
{
    approx y = plus(dtype, m, times(dtype, weight, minus(dtype, d, m)));
    approx back = minus(dtype, d, times(dtype, minus(dtype, d, m), minus(dtype, exactly(1), weight)));
    y.off = fmaxl(y.off, back.off) + fabsl(y.n - back.n);
    return isnan(y.off) ? (approx){ y.n, isnan(y.n) ? 0 : INFINITY } : y;
}

static void sgd_update(question *q, const reference *r)
{
    (void)r;
    if (!may_update(q, 3))
        return;
    const argument *a = q->argument;
    gd_dtype dtype = a[0].x->dtype;
    value *p = writes(q, 0), *m = writes(q, 2);
    approx keep = constant(dtype, given(q, 4, 0)), taken = constant(dtype, 1 - given(q, 5, 0));
    for (int64_t i = 0; i < p->count; i++) {
        approx d = pulled(q, i, a[8].whole, given(q, 6, 0)), step = d;
        if (m) {
            approx now = a[9].whole ? d : plus(dtype, times(dtype, keep, element(q, 2, i)), times(dtype, taken, d));
            write_at(m, i, now);
            step = a[7].whole ? plus(dtype, d, times(dtype, keep, now)) : now;
        }
        write_at(p, i, descended(dtype, element(q, 0, i), constant(dtype, a[3].real), step));
    }
}

static void adagrad_update(question *q, const reference *r)
{
    (void)r;
    const argument *a = q->argument;
    int64_t step = q->count > 8 ? a[8].whole : 1;
    if (step < 1)
        fault(q, GD_ERROR_VALUE);
    if (!may_update(q, 3))
        return;
    gd_dtype dtype = a[0].x->dtype;
    value *p = writes(q, 0), *sum = writes(q, 2);
    approx rate = constant(dtype, a[3].real / (1 + ((double)step - 1) * given(q, 4, 0)));
    for (int64_t i = 0; i < p->count; i++) {
        approx d = pulled(q, i, a[7].whole, given(q, 5, 0)), s = plus(dtype, element(q, 2, i), times(dtype, d, d));
        approx below = plus(dtype, root(dtype, s), constant(dtype, given(q, 6, 1e-10)));
        write_at(sum, i, s);
        write_at(p, i, minus(dtype, element(q, 0, i), over(dtype, times(dtype, rate, d), below)));
    }
}

static void rmsprop_update(question *q, const reference *r)
{
    (void)r;
    if (!may_update(q, 5))
        return;
    const argument *a = q->argument;
    gd_dtype dtype = a[0].x->dtype;
    value *p = writes(q, 0), *v = writes(q, 2), *mean = writes(q, 3), *m = writes(q, 4);
    approx keep = constant(dtype, given(q, 6, 0.99)), taken = constant(dtype, 1 - given(q, 6, 0.99)), rate = constant(dtype, a[5].real);
    for (int64_t i = 0; i < p->count; i++) {
        approx d = pulled(q, i, a[10].whole, given(q, 8, 0)), spread = squares(dtype, element(q, 2, i), d, keep, taken);
        write_at(v, i, spread);
        if (mean) {
            approx middle = followed(dtype, element(q, 3, i), d, taken);
            write_at(mean, i, middle);
            spread = minus(dtype, spread, times(dtype, middle, middle));
        }
        approx below = plus(dtype, root(dtype, spread), constant(dtype, given(q, 7, 1e-8)));
        approx step = m ? plus(dtype, times(dtype, constant(dtype, given(q, 9, 0)), element(q, 4, i)), over(dtype, d, below))
                        : over(dtype, times(dtype, rate, d), below);
        if (m)
            write_at(m, i, step);
        write_at(p, i, m ? descended(dtype, element(q, 0, i), rate, step) : minus(dtype, element(q, 0, i), step));
    }
}

/* The numbers of a step of Adam. */
typedef struct adam_rule {
    gd_dtype dtype;
    approx rate, follow, keep, taken, correction, eps, shrunk;
    double decay;
} adam_rule;

static adam_rule adam_rule_of(const question *q, int64_t step)
{
    const argument *a = q->argument;
    gd_dtype dtype = a[0].x->dtype;
    double beta1 = given(q, 6, 0.9), beta2 = given(q, 7, 0.999), decay = given(q, 9, 0);
    bool decoupled = a[10].whole != 0;
    return (adam_rule){ dtype, constant(dtype, a[5].real / (1 - pow(beta1, (double)step))), constant(dtype, 1 - beta1),
                        constant(dtype, beta2), constant(dtype, 1 - beta2),
                        constant(dtype, sqrt(1 - pow(beta2, (double)step))), constant(dtype, given(q, 8, 1e-8)),
                        constant(dtype, decoupled ? 1 - a[5].real * decay : 1), decoupled ? 0 : decay };
}

static void adam_update(question *q, const reference *r)
{
    (void)r;
    const argument *a = q->argument;
    int64_t step = q->count > 12 ? a[12].whole : 1;
    if (step < 1)
        fault(q, GD_ERROR_VALUE);
    if (!may_update(q, 5))
        return;
    adam_rule c = adam_rule_of(q, step);
    value *p = writes(q, 0), *m = writes(q, 2), *v = writes(q, 3), *largest = writes(q, 4);
    for (int64_t i = 0; i < p->count; i++) {
        approx d = pulled(q, i, a[11].whole, c.decay), mean = followed(c.dtype, element(q, 2, i), d, c.follow);
        approx spread = squares(c.dtype, element(q, 3, i), d, c.keep, c.taken);
        write_at(m, i, mean);
        write_at(v, i, spread);
        if (largest) {
            spread = larger(spread, element(q, 4, i));
            write_at(largest, i, spread);
        }
        approx below = plus(c.dtype, over(c.dtype, root(c.dtype, spread), c.correction), c.eps);
        write_at(p, i, minus(c.dtype, times(c.dtype, element(q, 0, i), c.shrunk), over(c.dtype, times(c.dtype, c.rate, mean), below)));
    }
}

static void scale_update(question *q, const reference *r)
{
    (void)r;
    if (!may_update(q, 1))
        return;
    value *x = writes(q, 0);
    for (int64_t i = 0; i < x->count; i++)
        write_at(x, i, times(x->dtype, element(q, 0, i), constant(x->dtype, q->argument[1].real)));
}

/* NaN stays, and a limit that is NaN is the result. */
static void clamp_update(question *q, const reference *r)
{
    (void)r;
    if (!may_update(q, 1))
        return;
    value *x = writes(q, 0);
    number low = constant(x->dtype, q->argument[1].real).n, high = constant(x->dtype, q->argument[2].real).n;
    for (int64_t i = 0; i < x->count; i++) {
        number n = get(q->argument[0].x, i), above = n < low || isnan(low) ? low : n;
        write_at(x, i, exactly(isnan(n) ? n : above > high || isnan(high) ? high : above));
    }
}

/* ---- from a tensor, and from a number ---- */

static bool may_write(question *q)
{
    const value *to = q->argument[0].x;
    if (overlaps(to))
        fault(q, GD_ERROR_STATE);
    q->same = q->faults ? NULL : q->argument[0].x;
    return !q->faults;
}

static void assign(question *q, const reference *r)
{
    (void)r;
    const value *to = q->argument[0].x, *from = q->argument[1].x;
    gd_dims shape = to->shape;
    if (!broadcast(&shape, from->shape) || !same_dims(shape, to->shape))
        fault(q, GD_ERROR_SHAPE);
    if (q->argument[1].requires_grad)
        fault(q, GD_ERROR_STATE);
    if (!may_write(q))
        return;
    value *after = writes(q, 0);
    for (int64_t i = 0; i < to->count; i++)
        write_at(after, i, exactly(as_dtype(to->dtype, get(from, meeting(from, to->shape, i)))));
}

static void fill(question *q, const reference *r)
{
    (void)r;
    check_held(q, q->argument[0].x->dtype, q->argument[1].real);
    if (!may_write(q))
        return;
    value *after = writes(q, 0);
    for (int64_t i = 0; i < after->count; i++)
        write_at(after, i, exactly(as_dtype(after->dtype, (number)q->argument[1].real)));
}

const reference update_rows[] = {
    { "sgd_update", sgd_update, FIT_UPDATE, .writes = true, .least = 4, .optional = 1 << 2 },
    { "adagrad_update", adagrad_update, FIT_UPDATE, .writes = true, .least = 4 },
    { "rmsprop_update", rmsprop_update, FIT_UPDATE, .writes = true, .least = 6, .optional = 1 << 3 | 1 << 4 },
    { "adam_update", adam_update, FIT_UPDATE, .writes = true, .least = 6, .optional = 1 << 4 },
    { "scale_update", scale_update, FIT_UPDATE, .writes = true },
    { "clamp_update", clamp_update, FIT_UPDATE, .writes = true },
    { "assign", assign, FIT_BROADCAST, .writes = true },
    { "fill", fill, FIT_BROADCAST, .writes = true },
    { .name = NULL },
};
