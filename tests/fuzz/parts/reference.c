/* reference.c - what all rows of the reference share. */
#include "fuzz/parts/reference.h"

#include <math.h>
#include <string.h>

static const reference *const tables[] = { elementwise_rows, shape_rows,  index_rows, reduction_rows,
                                          matrix_rows,      loss_rows, update_rows };

const reference *reference_of(const char *name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const reference *r = tables[i]; r->name; r++)
            if (strcmp(r->name, name) == 0)
                return r;
    return NULL;
}

void fault(question *q, gd_status status)
{
    q->faults |= 1u << status;
}

static bool computes(question *q)
{
    if (q->y->count < 0)
        fault(q, GD_ERROR_SHAPE);
    return !q->faults && q->y->buffer;
}

bool begin(question *q, gd_dtype dtype, gd_dims shape)
{
    q->y = new_value(q->memory, dtype, shape);
    return computes(q);
}

bool begin_view(question *q, const value *base, gd_dims shape)
{
    q->y = new_view(q->memory, base, shape);
    return computes(q);
}

int dim_of(question *q, const value *x, int64_t dim)
{
    int64_t counted = dim < 0 ? dim + x->shape.count : dim;
    if (counted >= 0 && counted < x->shape.count)
        return (int)counted;
    fault(q, GD_ERROR_INDEX);
    return -1;
}

/* bool < integer < float */
static int category(gd_dtype dtype)
{
    return is_float(dtype) ? 2 : dtype != GD_BOOL;
}

gd_dtype promoted(gd_dtype a, int a_ndim, gd_dtype b, int b_ndim)
{
    if (category(a) != category(b))
        return category(a) > category(b) ? a : b;
    if ((a_ndim == 0) != (b_ndim == 0))
        return a_ndim > 0 ? a : b;
    if (a == b)
        return a;
    return is_float(a) ? GD_FLOAT64 : GD_INT64;
}

gd_dtype to_float(const question *q, gd_dtype dtype)
{
    return is_float(dtype) ? dtype : q->default_dtype;
}

bool broadcast(gd_dims *shape, gd_dims other)
{
    gd_dims old = *shape;
    shape->count = old.count > other.count ? old.count : other.count;
    for (int back = 1; back <= shape->count; back++) {
        int64_t a = back <= old.count ? old.size[old.count - back] : 1;
        int64_t b = back <= other.count ? other.size[other.count - back] : 1;
        if (a != b && a != 1 && b != 1)
            return false;
        shape->size[shape->count - back] = a == 1 ? b : a;
    }
    return true;
}

int64_t meeting(const value *x, gd_dims shape, int64_t i)
{
    int64_t index[GD_MAX_DIMS];
    index_of(shape, i, index);
    const int64_t *own = index + (shape.count - x->shape.count);
    int64_t place = 0;
    for (int d = 0; d < x->shape.count; d++)
        place = place * x->shape.size[d] + (x->shape.size[d] == 1 ? 0 : own[d]);
    return place;
}

void index_of(gd_dims shape, int64_t i, int64_t *index)
{
    for (int d = shape.count - 1; d >= 0; d--) {
        index[d] = i % shape.size[d];
        i /= shape.size[d];
    }
}

int64_t place_of(gd_dims shape, const int64_t *index)
{
    int64_t place = 0;
    for (int d = 0; d < shape.count; d++)
        place = place * shape.size[d] + index[d];
    return place;
}

static number relative(gd_dtype dtype, double ulps, number scale)
{
    return (number)ulps * (unit_of(dtype) * scale + least_of(dtype));
}

/* Numbers on the way that are too large for the dtype may have become infinite, or not: nothing is known then. */
number slack_of(gd_dtype dtype, double ulps, number scale)
{
    if (!is_float(dtype))
        return 0;
    return isnan(scale) || scale > most_of(dtype) ? (number)INFINITY : relative(dtype, ulps, scale);
}

void allow(question *q, int64_t i, number slack)
{
    if (!q->y->slack)
        q->y->slack = take(q->memory, (size_t)q->y->count * sizeof *q->y->slack);
    q->y->slack[i] = slack;
}

void check_held(question *q, gd_dtype dtype, double n)
{
    bool held = true;
    if (dtype == GD_FLOAT32)
        held = isnan(n) || isinf(n) || fabs(n) <= (double)FLT_MAX;
    if (dtype == GD_INT64)
        held = n >= -9223372036854775808.0 && n < 9223372036854775808.0;
    if (dtype == GD_UINT8)
        held = n > -256 && n < 256;
    if (!held)
        fault(q, GD_ERROR_VALUE);
}

/* ---- elementwise ---- */

/* The operands and numbers of an elementwise function. */
typedef struct meeting_of {
    int operands, numbers;
    const value *x[MOST_OPERANDS];
    number c[MOST_OPERANDS];
    gd_dtype dtype;
    gd_dims shape;
} meeting_of;

static bool is_whole(double c)
{
    return fabs(c) < 9007199254740992.0 && c == trunc(c);
}

static gd_dtype common_dtype(const question *q, const meeting_of *m, dtype_rule rule, double c)
{
    int from = rule == CHOSEN;
    gd_dtype dtype = m->x[from]->dtype;
    int ndim = m->x[from]->shape.count;
    for (int k = from + 1; k < m->operands; k++) {
        dtype = promoted(dtype, ndim, m->x[k]->dtype, m->x[k]->shape.count);
        ndim = m->x[k]->shape.count > ndim ? m->x[k]->shape.count : ndim;
    }
    if (rule == COMPARED)
        return is_float(dtype) ? dtype : GD_FLOAT64;
    if (rule == BESIDE && is_whole(c))
        return dtype == GD_BOOL ? GD_INT64 : dtype;
    return rule == FLOATS || rule == BESIDE ? to_float(q, dtype) : dtype;
}

static void meet(question *q, const reference *r, meeting_of *m)
{
    double first = 0;
    for (int i = 0; i < q->count; i++) {
        if (q->argument[i].kind == GD_ARGUMENT_TENSOR)
            m->x[m->operands++] = q->argument[i].x;
        else
            m->c[m->numbers++] = (number)q->argument[i].real;
        if (m->numbers == 1 && q->argument[i].kind != GD_ARGUMENT_TENSOR)
            first = q->argument[i].real;
    }
    m->dtype = common_dtype(q, m, r->rule, first);
    for (int k = 0; k < m->numbers; k++)
        m->c[k] = as_dtype(m->dtype, m->c[k]);
    m->shape = m->x[0]->shape;
    for (int k = 1; k < m->operands; k++)
        if (!broadcast(&m->shape, m->x[k]->shape))
            fault(q, GD_ERROR_SHAPE);
}

/* What falls below the smallest number on the way may have been multiplied with the largest operand since. */
static number element_slack(gd_dtype dtype, double ulps, number y, number scale, number largest)
{
    if (!isfinite(y))
        return scale > most_of(dtype) ? (number)INFINITY : 0;
    number below = (number)ulps * least_of(dtype) * (largest - 1);
    return below + (scale < 0 ? relative(dtype, ulps, fabsl(y)) : slack_of(dtype, ulps, scale));
}

static void one_element(question *q, const reference *r, const meeting_of *m, int64_t i)
{
    number x[MOST_OPERANDS] = { 0 }, scale = -1, largest = 1;
    for (int k = 0; k < m->operands; k++) {
        gd_dtype dtype = r->rule == CHOSEN && k == 0 ? GD_BOOL : m->dtype;
        x[k] = as_dtype(dtype, get(m->x[k], meeting(m->x[k], m->shape, i)));
        largest = isfinite(x[k]) && fabsl(x[k]) > largest ? fabsl(x[k]) : largest;
    }
    if (r->wrapped && !is_float(m->dtype)) {
        number other = m->operands > 1 ? x[1] : m->c[0];
        put(q->y, i, as_dtype(q->y->dtype, (number)r->wrapped((int64_t)x[0], (int64_t)other)));
        return;
    }
    number y = r->element(x, m->c, &scale);
    put(q->y, i, is_float(q->y->dtype) ? y : as_dtype(q->y->dtype, y));
    if (r->ulps > 0 && is_float(q->y->dtype))
        allow(q, i, element_slack(q->y->dtype, r->ulps, y, scale, largest));
}

void elementwise(question *q, const reference *r)
{
    meeting_of m = { 0 };
    meet(q, r, &m);
    int known = r->dtypes ? r->dtypes : ANY_DTYPE;
    if (!(known >> m.dtype & 1) || (r->rule == CHOSEN && m.x[0]->dtype != GD_BOOL))
        fault(q, GD_ERROR_DTYPE);
    if (!begin(q, r->result ? r->result : m.dtype, m.shape))
        return;
    for (int64_t i = 0; i < q->y->count; i++)
        one_element(q, r, &m, i);
}
