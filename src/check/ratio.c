/* ratio.c - a claimed gradient that is, number by number, the right one times something: which value is it? */
#include "check/work.h"

#include <math.h>

/* What is made of an operand's numbers, and the derivative of that. */
typedef struct curve {
    const char *name;
    double (*f)(double), (*slope)(double);
} curve;

static double itself(double x)
{
    return x;
}
static double one(double x)
{
    return (void)x, 1;
}
static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}
static double sigmoid_slope(double x)
{
    return sigmoid(x) * (1 - sigmoid(x));
}
static double tanh_slope(double x)
{
    return 1 - tanh(x) * tanh(x);
}
static double square(double x)
{
    return x * x;
}
static double twice(double x)
{
    return 2 * x;
}
static double inverse(double x)
{
    return 1 / x;
}
static double inverse_slope(double x)
{
    return -1 / (x * x);
}
static double root_slope(double x)
{
    return 0.5 / sqrt(x);
}
static double softplus(double x)
{
    return log1p(exp(x));
}
static double minus_sin(double x)
{
    return -sin(x);
}

static const curve curves[] = { { "it", itself, one },
                                { "sigmoid", sigmoid, sigmoid_slope },
                                { "tanh", tanh, tanh_slope },
                                { "square", square, twice },
                                { "1 /", inverse, inverse_slope },
                                { "sqrt", sqrt, root_slope },
                                { "softplus", softplus, sigmoid },
                                { "exp", exp, exp },
                                { "log", log, inverse },
                                { "sin", sin, cos },
                                { "cos", cos, minus_sin } };
enum { CURVES = sizeof curves / sizeof *curves };

/* A value that a formula may have in it: of operand `of`, what `which` makes. */
typedef enum part { VALUE, SLOPE, SLOPE_AT_VALUE, PARTS } part;
typedef struct term {
    int of, curve; /* of -1: nothing, 1 */
    part part;
} term;

static double at(const gd__work *w, const term *t, int64_t k)
{
    if (t->of < 0)
        return 1;
    const curve *c = &curves[t->curve];
    double x = w->point[t->of][k % w->entries[t->of]];
    return t->part == VALUE ? c->f(x) : c->slope(t->part == SLOPE ? x : c->f(x));
}

/* Is claimed * under = c right * over everywhere, with one c, where it is not the same for all? */
static bool fits(const gd__work *w, int i, const term *over, const term *under, double *c)
{
    double least = HUGE_VAL, most = -HUGE_VAL, size = 0;
    int64_t seen = 0;
    *c = NAN;
    for (int64_t k = 0; k < w->entries[i]; k++) {
        const gd__slope *s = &w->slope[i][k];
        double u = at(w, over, k), v = at(w, under, k), right = s->value * u, claimed = w->claimed[i][k] * v;
        if (s->state != GD__SLOPE_SMOOTH || (s->value == 0 && w->claimed[i][k] == 0))
            continue;
        if (isnan(*c))
            *c = claimed / right;
        if (!(fabs(claimed - *c * right) <= 2e-6 * fabs(claimed) + 4 * s->error * fabs(*c * u)))
            return false;
        least = fmin(least, u / v);
        most = fmax(most, u / v);
        size = fmax(size, fabs(u / v));
        seen++;
    }
    return seen >= 4 && most - least > 1e-3 * size && *c != 0;
}

static void write_term(const gd__work *w, const term *t, char *text, size_t size)
{
    const char *name = w->s.item[t->of].name, *f = curves[t->curve].name;
    if (t->part == VALUE && t->curve == 0)
        gd__say(text, size, "%.40s", name);
    else
        gd__say(text, size, "%s%s %.40s", t->part == VALUE ? "" : "the derivative of ", f, name);
}

static bool is_derivative(const term *t, int i)
{
    return t->of == i && t->part == SLOPE && t->curve > 0;
}

/* A factor `under` that is left out, one that is there twice, or one in the place of another. */
static void name(const gd__work *w, int i, const term *over, const term *under, gd__ratio_found *found)
{
    char left[64] = "", meant[64] = "";
    if (over->of >= 0)
        write_term(w, over, left, sizeof left);
    if (under->of >= 0)
        write_term(w, under, meant, sizeof meant);
    if (over->of < 0) {
        found->cause = is_derivative(under, i) ? GD_CAUSE_DERIVATIVE_MISSING : GD_CAUSE_TERM_MISSING;
        gd__say(found->what, sizeof found->what, "%s is left out", meant);
    } else if (under->of < 0) {
        found->cause = is_derivative(over, i) ? GD_CAUSE_DERIVATIVE_TWICE : GD_CAUSE_TERM_MISSING;
        gd__say(found->what, sizeof found->what, "%s %s", left,
                found->cause == GD_CAUSE_TERM_MISSING ? "is one factor too many, or divides once too few"
                                                      : "counts twice");
    } else {
        bool point = over->of == i && under->of == i && over->curve == under->curve && over->part != VALUE &&
                     under->part != VALUE;
        found->cause = point ? GD_CAUSE_WRONG_POINT : GD_CAUSE_WRONG_VALUE;
        gd__say(found->what, sizeof found->what, "%s stands where %s is meant", left, meant);
    }
    bool simple = fabs(found->c - 1) < 1e-5 || fabs(found->c + 1) < 1e-5;
    int odd = (over->curve > 2) + (under->curve > 2) + (over->of >= 0 && under->of >= 0);
    found->cost = (found->cause == GD_CAUSE_TERM_MISSING ? 1.8 : 1.4) + 0.3 * odd + (simple ? 0 : 1);
}

/* All that may be a factor of gradient i: operands of its size, or that are broadcast to it. */
static int list_terms(const gd__work *w, int i, term *list, int room)
{
    int count = 0;
    list[count++] = (term){ .of = -1 };
    for (int j = 0; j < w->count; j++) {
        if (w->entries[j] < 2 || w->entries[i] % w->entries[j] != 0)
            continue;
        for (int c = 0; c < CURVES; c++)
            for (int p = 0; p < PARTS && count < room; p++)
                if (!(c == 0 && p != VALUE))
                    list[count++] = (term){ j, c, (part)p };
    }
    return count;
}

/* Is there one factor for each slice along the axis, and not one for all? */
static bool is_by_slice(const gd__work *w, int i, int axis)
{
    gd_dims shape = w->check->input[i].shape;
    int64_t inner = 1, n = shape.size[axis], again = 0;
    double first = NAN, other = NAN;
    for (int k = axis + 1; k < shape.count; k++)
        inner *= shape.size[k];
    for (int64_t j = 0; j < n; j++) {
        double c = NAN;
        for (int64_t k = 0; k < w->entries[i]; k++) {
            const gd__slope *s = &w->slope[i][k];
            if (k / inner % n != j || s->value == 0)
                continue;
            again += !isnan(c);
            c = isnan(c) ? w->claimed[i][k] / s->value : c;
            if (!(fabs(w->claimed[i][k] - c * s->value) <= 1e-5 * fabs(c * s->value) + 4 * s->error * fabs(c)))
                return false;
        }
        first = isnan(first) ? c : first;
        other = fabs(c - first) > 1e-4 * fabs(first) ? c : other;
    }
    return n > 1 && n < w->entries[i] && again >= n && again >= 3 && !isnan(other);
}

bool gd__explain_ratio(const gd__work *w, int i, gd__ratio_found *found)
{
    enum { MOST = 160 };
    term list[MOST];
    gd_dims shape = w->check->input[i].shape;
    int count = list_terms(w, i, list, MOST);
    found->cost = HUGE_VAL;
    for (int u = 0; u < count; u++)
        for (int v = 0; v < count; v++) {
            gd__ratio_found here;
            if (u == v || !fits(w, i, &list[u], &list[v], &here.c))
                continue;
            name(w, i, &list[u], &list[v], &here);
            if (here.cost < found->cost)
                *found = here;
        }
    for (int axis = 0; axis < shape.count && !isfinite(found->cost); axis++)
        if (is_by_slice(w, i, axis)) {
            *found = (gd__ratio_found){ GD_CAUSE_TERM_MISSING, "", 1, 2.2 };
            gd__say(found->what, sizeof found->what, "a factor that differs along axis %d, and there alone", axis);
        }
    return isfinite(found->cost);
}
