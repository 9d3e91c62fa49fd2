/* reference_update.c - what optimizers do to a parameter. */
#include "fuzz/parts/reference.h"

#include <math.h>

/* Only floats in row-major order are written; all have the parameter's shape and dtype. reads: the gradient's place. */
static bool may_update(question *q, int tensors)
{
    const value *p = q->argument[0].x;
    for (int i = 0; i < tensors; i++) {
        const value *x = q->argument[i].x;
        if (!x)
            continue;
        if (i != 1 && (!is_contiguous(x) || !is_float(x->dtype)))
            fault(q, GD_ERROR_STATE);
        if (x->dtype != p->dtype || !same_dims(x->shape, p->shape))
            fault(q, GD_ERROR_SHAPE);
    }
    return !q->faults;
}

/* What the argument at this place will hold. */
static value *writes(question *q, int place)
{
    const value *x = q->argument[place].x;
    value *after = new_value(q->memory, x->dtype, x->shape);
    after->slack = take(q->memory, (size_t)x->count * sizeof *after->slack);
    q->written[place] = after;
    return after;
}

/* The numbers of a step, in the parameter's dtype. */
typedef struct sgd_rule {
    number lr, momentum, taken, decay, sign;
    bool nesterov, first;
} sgd_rule;

static sgd_rule sgd_rule_of(const question *q, gd_dtype dtype)
{
    const argument *a = q->argument;
    return (sgd_rule){ as_dtype(dtype, (number)a[3].real), as_dtype(dtype, (number)a[4].real),
                       as_dtype(dtype, (number)(1 - a[5].real)), as_dtype(dtype, (number)a[6].real),
                       a[8].whole ? -1 : 1, a[7].whole != 0, a[9].whole != 0 };
}

static void sgd_update(question *q, const reference *r)
{
    (void)r;
    const value *p = q->argument[0].x, *d = q->argument[1].x, *m = q->argument[2].x;
    if (!may_update(q, 3))
        return;
    q->same = q->argument[0].x;
    sgd_rule rule = sgd_rule_of(q, p->dtype);
    value *after = writes(q, 0), *kept = m ? writes(q, 2) : NULL;
    for (int64_t i = 0; i < p->count; i++) {
        number pulled = rule.decay == 0 ? 0 : rule.decay * get(p, i), step = rule.sign * get(d, i) + pulled;
        number size = fabsl(get(d, i)) + fabsl(pulled);
        if (m) {
            number old = rule.first ? 0 : rule.momentum * get(m, i), now = rule.first ? step : old + rule.taken * step;
            size = rule.first ? size : fabsl(old) + fabsl(rule.taken) * size;
            put(kept, i, now);
            kept->slack[i] = isfinite(now) ? slack_of(p->dtype, 6, size) : 0;
            step = rule.nesterov ? step + rule.momentum * now : now;
            size = rule.nesterov ? size + fabsl(get(d, i)) + fabsl(pulled) + fabsl(rule.momentum) * size : size;
        }
        put(after, i, get(p, i) - rule.lr * step);
        number scale = fabsl(get(p, i)) + fabsl(rule.lr) * size;
        bool known = isfinite(get(after, i)) && isfinite(scale);
        after->slack[i] = known ? slack_of(p->dtype, 8, size > scale ? size : scale) + least_of(p->dtype) * fabsl(rule.lr) * 8 : 0;
    }
}

const reference update_rows[] = {
    { "sgd_update", sgd_update, FIT_UPDATE, .differentiable = 0, .least = 4, .optional = 1 << 2 },
    { .name = NULL },
};
