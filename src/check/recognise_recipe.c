/* recognise_recipe.c - writing down how the result is made, and whether that is so at all points. */
#include "check/recognise_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_CHECKS = 400 };

/* A recipe under way: which value stands at which of its places. */
typedef struct writer {
    const gd__quest *search;
    gd__recipe *recipe;
    int value[GD__RECIPE_STEPS];
    int odd; /* what nobody would have written, such as other constants */
    bool full;
    double loose; /* how well a constant is known */
} writer;

static int add(writer *w, gd__op_id op, int count, const int *in, const gd__attrs *attrs)
{
    gd__recipe *r = w->recipe;
    bool good = r->steps < GD__RECIPE_STEPS;
    for (int i = 0; i < count; i++)
        good = good && in[i] >= 0;
    if (!good) {
        w->full = true;
        return -1;
    }
    static const gd__attrs none;
    bool squares = op == GD__OP_mul && in[0] == in[1];
    r->step[r->steps].op = squares ? GD__OP_square : op;
    r->step[r->steps].count = squares ? 1 : count;
    for (int i = 0; i < count; i++)
        r->step[r->steps].in[i] = in[i];
    r->step[r->steps].attrs = *(attrs ? attrs : &none);
    w->value[r->steps] = -1;
    return r->count + r->steps++;
}

/* The place of a value, made where it is not there yet. */
static int write_value(writer *w, int value)
{
    const gd__value *v = &w->search->value[value];
    int in[3];
    if (value < w->recipe->count)
        return value;
    for (int i = 0; i < w->recipe->steps; i++)
        if (w->value[i] == value)
            return w->recipe->count + i;
    for (int i = 0; i < v->count; i++)
        in[i] = write_value(w, v->in[i]);
    int at = add(w, v->op, v->count, in, &v->attrs);
    if (at >= 0)
        w->value[at - w->recipe->count] = value;
    return at;
}

static int with_scalar(writer *w, gd__op_id op, int at, double c)
{
    return add(w, op, 1, &at, &(gd__attrs){ .scalar = { c } });
}

/* The number that somebody would have written: whole, one over a whole, of few digits, or the root of one of these. */
static double written(writer *w, double c)
{
    char text[40];
    double near = w->loose * fabs(c);
    for (int digits = 1; digits <= 4; digits++) {
        snprintf(text, sizeof text, "%.*e", digits - 1, c);
        double few = strtod(text, NULL);
        if (fabs(few - c) <= near)
            return few;
    }
    double whole = round(c), parts = round(1 / c);
    if (fabs(whole - c) <= near)
        return whole;
    if (parts != 0 && fabs(1 / parts - c) <= near)
        return 1 / parts;
    double squares = round(c * c), inverse = round(1 / (c * c));
    if (squares > 0 && fabs(sqrt(squares) - fabs(c)) <= near)
        return copysign(sqrt(squares), c);
    if (inverse > 0 && inverse < 1e9 && fabs(sqrt(1 / inverse) - fabs(c)) <= near)
        return copysign(sqrt(1 / inverse), c);
    w->odd++;
    return c;
}

int64_t gd__count_over(gd_dims shape, int64_t bits)
{
    int64_t count = 1;
    for (int i = 0; i < shape.count; i++)
        count *= bits >> i & 1 ? shape.size[i] : 1;
    return count;
}

static int write_factor(writer *w, int at, double c)
{
    double parts = round(1 / c);
    if (c == 1)
        return at;
    if (c == -1)
        return add(w, GD__OP_neg, 1, &at, NULL);
    if (fabs(c) < 1 && fabs(parts) < 1e9 && fabs(1 / parts - c) <= 1e-12 * fabs(c))
        return with_scalar(w, GD__OP_div_scalar, at, parts);
    return with_scalar(w, GD__OP_mul_scalar, at, c);
}

/* A constant is left out where it is but rounding. */
static int write_affine(writer *w, int at, double c, double b, double scale)
{
    c = written(w, c);
    if (fabs(b) <= w->loose * scale)
        return write_factor(w, at, c);
    b = written(w, b);
    if (c == -1)
        return with_scalar(w, GD__OP_rsub_scalar, at, b);
    return with_scalar(w, GD__OP_add_scalar, write_factor(w, at, c), b);
}

/* A sum, or the mean, where that is what the factor says. */
static int write_total(writer *w, int at, gd_dims shape, int64_t bits, double *c)
{
    double count = (double)gd__count_over(shape, bits);
    bool mean = fabs(fabs(*c * count) - 1) < w->loose;
    if (mean)
        *c *= count;
    return add(w, mean ? GD__OP_mean : GD__OP_sum, 1, &at, &(gd__attrs){ .integer = { bits, 0 } });
}

static gd_dims left_over(gd_dims shape, int64_t bits)
{
    gd_dims left = { .count = 0 };
    for (int i = 0; i < shape.count; i++)
        if (!(bits >> i & 1))
            left.size[left.count++] = shape.size[i];
    return left;
}

/* Do they broadcast alike? Leading ones make no difference. */
static bool is_alike(gd_dims a, gd_dims b)
{
    gd_dims *wide = a.count > b.count ? &a : &b;
    int ahead = a.count > b.count ? a.count - b.count : b.count - a.count;
    for (int i = 0; i < ahead; i++)
        if (wide->size[i] != 1)
            return false;
    wide->count -= ahead;
    for (int i = 0; i < wide->count; i++)
        wide->size[i] = wide->size[i + ahead];
    return gd__same_dims(a, b);
}

static int write_part(writer *w, const gd__part *part, const gd__target *target, double scale)
{
    const gd__value *v = &w->search->value[part->value];
    double c = part->c;
    int at = write_value(w, part->value);
    if (part->bits)
        at = write_total(w, at, v->shape, part->bits, &c);
    else if (!gd__is_float((gd_dtype)v->t[0]->dtype))
        at = add(w, GD__OP_cast, 1, &at, &(gd__attrs){ .integer = { GD_FLOAT64 } });
    at = write_affine(w, at, c, part->b, scale);
    gd_dims shape = left_over(v->shape, part->bits);
    if (target->parent ? !is_alike(shape, target->shape) : !gd__same_dims(shape, target->shape))
        at = add(w, GD__OP_reshape, 1, &at, &(gd__attrs){ .dims = target->shape });
    return at;
}

/* From the target up to the result. */
static int write_rest(writer *w, const gd__target *t, int at)
{
    int in[2] = { at, at };
    for (; t->parent; t = t->parent) {
        in[t->hole] = at;
        if (t->other >= 0)
            in[1 - t->hole] = write_value(w, t->other);
        at = add(w, t->op, t->other >= 0 ? 2 : 1, in, &(gd__attrs){ .scalar = { t->shift }, .integer = { t->axis } });
    }
    return at;
}

static writer begin(gd__quest *s)
{
    s->draft = (gd__recipe){ .count = s->operands };
    return (writer){ .search = s, .recipe = &s->draft, .loose = fmax(1e-7, 10 * s->tolerance) };
}

/* Is it a square, or without its sign? Nobody takes the logarithm of one; among labels of 0 and 1 it may be the same. */
static bool is_even(const gd__recipe *r, int at)
{
    gd__op_id op = at < r->count ? GD__OP_clone : r->step[at - r->count].op;
    return op == GD__OP_square || op == GD__OP_abs;
}

/* What a reader has to take in. */
static int price_of(const writer *w)
{
    int price = 4 * w->odd;
    for (int i = 0; i < w->recipe->steps; i++)
        switch (w->recipe->step[i].op) {
        case GD__OP_transpose:
        case GD__OP_permute:
        case GD__OP_unsqueeze:
        case GD__OP_squeeze:
        case GD__OP_reshape:
        case GD__OP_expand:
        case GD__OP_cast: price += 1; break;
        case GD__OP_neg:
        case GD__OP_mul_scalar:
        case GD__OP_div_scalar:
        case GD__OP_add_scalar:
        case GD__OP_rsub_scalar: price += 2; break;
        case GD__OP_mul: price += 4; break;
        case GD__OP_softplus:
            price += i + 1 == w->recipe->steps ? 3 : 10;
            break; /* within others it hides a sigmoid */
        case GD__OP_log: price += is_even(w->recipe, w->recipe->step[i].in[0]) ? 13 : 3; break;
        case GD__OP_div:
        case GD__OP_reciprocal:
        case GD__OP_rsqrt: price += 5; break;
        default: price += 3;
        }
    return price;
}

/* ---- does it agree? ---- */

static bool agrees_at(gd__quest *s, int point)
{
    const gd_tensor *y = s->y[point];
    double worst = 0, most = 0;
    gd_tensor *made = gd__follow(&s->draft, (gd_tensors){ s->operands, s->x[point] });
    if (!gd__alive(made) || !gd__same_shape(made, y) || !gd__is_float((gd_dtype)made->dtype))
        return false;
    made = gd_contiguous(gd_cast(made, GD_FLOAT64));
    if (!gd__alive(made))
        return false;
    const double *a = (const double *)(const void *)made->data, *b = (const double *)(const void *)y->data;
    for (int64_t i = 0; i < y->numel; i++) {
        if (!isfinite(a[i]))
            return false;
        worst = fmax(worst, fabs(a[i] - b[i]));
        most = fmax(most, fabs(b[i]));
    }
    return worst <= s->tolerance * most;
}

static bool agrees(gd__quest *s)
{
    gd_scope scope;
    bool good = s->checks++ < MOST_CHECKS && !s->context->failed;
    for (int point = GD__ALL_POINTS - 1; good && point >= 0; point--) {
        scope = gd_scope_enter(s->context);
        good = scope.context && agrees_at(s, point);
        gd_scope_leave(&scope);
        s->work += 600.0 * s->draft.steps;
    }
    return good;
}

static void offer(gd__quest *s, const writer *w)
{
    int price = price_of(w);
    if (w->full || price >= s->price || !agrees(s))
        return;
    s->best = s->draft;
    s->price = price;
}

void gd__try_part(gd__quest *s, const gd__target *target, const gd__part *part)
{
    writer w = begin(s);
    const gd__numbers *n = &target->numbers;
    double scale = fabs(n->mean) + n->norm / sqrt((double)n->count * s->points);
    int at = write_rest(&w, target, write_part(&w, part, target, scale));
    if (s->draft.steps == 0 && at >= 0)
        add(&w, GD__OP_clone, 1, &at, NULL); /* an operand itself: a recipe has a step at least */
    offer(s, &w);
}

void gd__try_sum(gd__quest *s, const gd__part *p, const gd__part *q)
{
    writer w = begin(s);
    int left = write_part(&w, p, &s->target[0], 1), right = write_part(&w, q, &s->target[0], 1);
    add(&w, GD__OP_add, 2, (int[]){ left, right }, NULL);
    w.odd += 2; /* one that is summed once is simpler */
    offer(s, &w);
}
