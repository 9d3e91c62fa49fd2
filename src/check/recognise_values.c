/* recognise_values.c - values made of the operands, each kept once. */
#include "check/recognise_search.h"

#include <math.h>

/* ---- telling numbers apart ---- */

/* The weights of the projection, from -1 to 1, are drawn one after another: the same for all with as many numbers. */
void gd__measure(const gd__quest *s, gd__numbers *n)
{
    double sum = 0, squares = 0, projection = 0, all = (double)n->count * s->points;
    uint64_t state = 20261128;
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < n->count; i++)
            sum += n->at[p][i];
    n->mean = sum / all;
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < n->count; i++) {
            double part = n->at[p][i] - n->mean;
            state = state * 6364136223846793005u + 1442695040888963407u;
            squares += part * part;
            projection += part * ((double)(int64_t)state * 0x1p-63);
        }
    n->norm = sqrt(squares);
    n->key = n->norm > 0 ? erf(fabs(projection) / n->norm * 1.2247448713915890) : 0; /* their deviation is 3^-1/2 */
}

bool gd__fit(const gd__quest *s, const gd__numbers *y, const gd__numbers *v, double *c, double *b)
{
    double products = 0, worst = 0, most = 0, loose = fmax(1e-7, 30 * s->tolerance);
    if (y->count != v->count || !(y->norm > 0) || !(v->norm > 0))
        return false;
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < y->count; i++)
            products += (y->at[p][i] - y->mean) * (v->at[p][i] - v->mean);
    *c = products / (v->norm * v->norm);
    *b = y->mean - *c * v->mean;
    if (!isfinite(*c) || !isfinite(*b) || *c == 0)
        return false;
    for (int p = 0; p < s->points; p++)
        for (int64_t i = 0; i < y->count; i++) {
            worst = fmax(worst, fabs(y->at[p][i] - *c * v->at[p][i] - *b));
            most = fmax(most, fabs(y->at[p][i] - y->mean));
        }
    return worst <= loose * most;
}

int gd__cell(double key, int neighbour)
{
    int cell = (int)(key * (GD__CELLS - 1)) + neighbour;
    return cell < 0 ? 0 : cell < GD__CELLS ? cell : GD__CELLS - 1;
}

static bool is_same(const gd__quest *s, const gd__value *a, const gd__value *b)
{
    double close = 1e-11 * fmax(fabs(a->low), fabs(a->high));
    bool alike = gd__same_dims(a->shape, b->shape) && a->t[0]->dtype == b->t[0]->dtype;
    for (int p = 0; alike && p < s->points; p++)
        for (int64_t i = 0; alike && i < a->numbers.count; i++)
            alike = fabs(a->numbers.at[p][i] - b->numbers.at[p][i]) <= close;
    return alike;
}

/* The value that agrees with the newest, -1: none does. */
static int same_as(const gd__quest *s, const gd__value *v)
{
    int from = gd__cell(v->numbers.key, -1), to = gd__cell(v->numbers.key, 1);
    for (int cell = from; cell <= to; cell++)
        for (int i = s->value_cell[cell]; i >= 0; i = s->value[i].next)
            if (is_same(s, v, &s->value[i]))
                return i;
    return -1;
}

/* ---- making ---- */

/* Its numbers in row-major order, as float64. False where one is not finite, or memory is out. */
static bool look(gd__quest *s, gd__value *v)
{
    v->shape = gd__shape(v->t[0]);
    v->numbers.count = v->t[0]->numel;
    v->low = INFINITY;
    v->high = -INFINITY;
    for (int p = 0; p < s->points; p++) {
        gd_tensor *flat = gd_contiguous(gd_cast(v->t[p], GD_FLOAT64));
        if (!gd__alive(flat))
            return false;
        const double *number = (const double *)(const void *)flat->data;
        for (int64_t i = 0; i < flat->numel; i++) {
            v->low = fmin(v->low, number[i]);
            v->high = fmax(v->high, number[i]);
            if (!isfinite(number[i]))
                return false;
        }
        v->numbers.at[p] = number;
    }
    gd__measure(s, &v->numbers);
    return true;
}

static int keep(gd__quest *s)
{
    gd__value *v = &s->value[s->values];
    int cell = gd__cell(v->numbers.key, 0);
    v->next = s->value_cell[cell];
    s->value_cell[cell] = s->values;
    return s->values++;
}

bool gd__add_operand(gd__quest *s, int operand)
{
    gd__value *v = &s->value[s->values];
    *v = (gd__value){ .uses = 1u << operand, .standing = GD__EXPANDED };
    for (int p = 0; p < s->points; p++)
        v->t[p] = s->x[p][operand];
    return look(s, v) && keep(s) >= 0;
}

static double work_of(const gd__quest *s, const gd__value *v)
{
    double read = 0;
    for (int i = 0; i < v->count; i++)
        read += (double)s->value[v->in[i]].numbers.count;
    if (v->op == GD__OP_matmul && v->t[0]->ndim > 0)
        read +=
            (double)v->t[0]->numel * (double)s->value[v->in[0]].t[0]->shape[s->value[v->in[0]].shape.count - 1] / 4;
    return s->points * (400 + read + 6 * (double)v->t[0]->numel);
}

static void drop(gd__quest *s, gd__value *v)
{
    for (int p = 0; p < s->points; p++)
        if (gd__alive(v->t[p]))
            gd__destroy(&v->t[p]->object);
}

/* What was only a step is wanted for itself: the search looks at it again. */
static void raise_to(gd__quest *s, int value, gd__standing standing)
{
    if (value < s->settled) {
        if (s->raised_count == GD__MOST_RAISED)
            return;
        s->raised[s->raised_count++] = value;
    }
    s->value[value].standing = standing;
}

int gd__make(gd__quest *s, gd__op_id op, int count, const int *in, const gd__attrs *attrs, int cost,
             gd__standing standing)
{
    if (s->values >= GD__MOST_VALUES || s->work > s->budget || s->context->failed)
        return -1;
    gd__value *v = &s->value[s->values];
    *v = (gd__value){ .op = op, .count = count, .cost = cost, .standing = standing };
    if (attrs)
        v->attrs = *attrs;
    bool good = true;
    for (int i = 0; i < count; i++) {
        v->in[i] = in[i];
        v->uses |= in[i] >= 0 ? s->value[in[i]].uses : 0;
        good = good && in[i] >= 0;
    }
    for (int p = 0; good && p < s->points; p++) {
        gd_tensor *operand[3];
        for (int i = 0; i < count; i++)
            operand[i] = s->value[in[i]].t[p];
        v->t[p] = gd__apply(op, count, operand, &v->attrs);
        good = gd__alive(v->t[p]) && v->t[p]->numel > 0;
    }
    if (good)
        s->work += work_of(s, v);
    good = good && look(s, v);
    int same = good ? same_as(s, v) : -1;
    if (good && same < 0)
        return keep(s);
    drop(s, v);
    if (same >= 0 && s->value[same].cost > cost)
        s->value[same].cost = cost;
    if (same >= 0 && s->value[same].standing < standing)
        raise_to(s, same, standing);
    return same;
}

int gd__make1(gd__quest *s, gd__op_id op, int a, const gd__attrs *attrs, int cost, gd__standing standing)
{
    return gd__make(s, op, 1, &a, attrs, cost, standing);
}

int gd__make2(gd__quest *s, gd__op_id op, int a, int b, int cost, gd__standing standing)
{
    return gd__make(s, op, 2, (int[]){ a, b }, NULL, cost, standing);
}

bool gd__broadcast(gd_dims a, gd_dims b, gd_dims *common)
{
    gd_dims wide = a.count >= b.count ? a : b, narrow = a.count >= b.count ? b : a;
    int ahead = wide.count - narrow.count;
    *common = wide;
    for (int i = 0; i < narrow.count; i++) {
        int64_t *size = &common->size[ahead + i];
        if (*size != narrow.size[i] && *size != 1 && narrow.size[i] != 1)
            return false;
        *size = *size == 1 ? narrow.size[i] : *size;
    }
    return true;
}
