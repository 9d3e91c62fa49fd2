/* recognise_points.c - where a function is asked: at its operands, and at others that it takes. */
#include "check/recognise_search.h"

#include <math.h>

/* A stream of its own: the context's is the user's. */
static double uniform(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static double normal(uint64_t *state)
{
    double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(6.283185307179586 * uniform(state));
}

/* What an operand's numbers are like. */
typedef struct likeness {
    bool floats, whole, share; /* whole: could be indices; share: between 0 and 1 */
    double scale;
} likeness;

static likeness look_at(const gd_tensor *x, const double *number)
{
    likeness l = { .floats = gd__is_float((gd_dtype)x->dtype), .whole = true, .share = true };
    double squares = 0;
    for (int64_t i = 0; i < x->numel; i++) {
        squares += number[i] * number[i];
        l.share = l.share && number[i] > 0 && number[i] < 1;
        l.whole = l.whole && number[i] >= 0 && number[i] == floor(number[i]);
    }
    l.scale = x->numel > 0 ? sqrt(squares / (double)x->numel) : 1;
    l.scale = l.scale > 0 && isfinite(l.scale) ? l.scale : 1;
    return l;
}

/* Whole numbers may be used as indices, so they are never replaced by others than their own; a fraction below one half
 * is added, which no way of rounding takes to another index. */
static double draw(const likeness *l, gd__manner manner, const double *own, int64_t count, uint64_t *state)
{
    double mine = own[(int64_t)(uniform(state) * (double)count)];
    if (!l->floats || manner == GD__SHUFFLED)
        return mine;
    if (l->whole)
        return manner == GD__LIKE_ITS_OWN ? mine : mine + 0.45 * uniform(state);
    if (manner == GD__POSITIVE && l->share)
        manner = GD__UNIT;
    switch (manner) {
    case GD__NORMAL: return l->scale * normal(state);
    case GD__POSITIVE: return l->scale * (0.1 + fabs(normal(state)));
    case GD__UNIT: return 0.03 + 0.94 * uniform(state);
    default: return mine * (0.9 + 0.1 * uniform(state));
    }
}

/* A tensor like x with other numbers. */
static gd_tensor *other_point(gd_context *g, gd_tensor *x, gd__manner manner, uint64_t *state)
{
    gd_tensor *own = gd_contiguous(gd_cast(x, GD_FLOAT64)), *drawn = gd_zeros(g, GD_FLOAT64, gd__shape(x));
    if (!gd__alive(own) || !gd__alive(drawn))
        return gd__error_object(g);
    const double *from = (const double *)(const void *)own->data;
    double *to = (double *)(void *)drawn->data;
    likeness l = look_at(x, from);
    for (int64_t i = 0; i < x->numel; i++)
        to[i] = draw(&l, manner, from, x->numel, state);
    return gd_cast(drawn, (gd_dtype)x->dtype); /* so that it is a number of that dtype */
}

static bool is_finite(const gd_tensor *t)
{
    const double *number = (const double *)(const void *)t->data;
    for (int64_t i = 0; i < t->numel; i++)
        if (!isfinite(number[i]))
            return false;
    return true;
}

/* The function gets copies, since it may write to them, and the random stream as it stands. */
static gd_tensor *ask(gd__quest *s, gd_tensor *const *x)
{
    gd_context *g = s->context;
    gd_tensor *copy[GD__MOST_OPERANDS];
    gd__random stream = g->random;
    for (int i = 0; i < s->operands; i++) {
        copy[i] = gd_clone(x[i]);
        if (!gd__alive(copy[i]))
            return NULL;
    }
    gd_tensor *y = s->function(s->user, (gd_tensors){ s->operands, copy });
    g->random = stream;
    bool good = !g->failed && gd__alive(y) && gd__context(y) == g && gd__is_float((gd_dtype)y->dtype) && y->numel > 0;
    y = good ? gd_cast(gd_clone(y), GD_FLOAT64) : NULL;
    return gd__alive(y) && is_finite(y) ? y : NULL;
}

static bool set_point(gd__quest *s, int point, gd_tensor *const *x)
{
    s->y[point] = ask(s, x);
    bool good = s->y[point] && (point == 0 || gd__same_shape(s->y[point], s->y[0]));
    for (int i = 0; good && i < s->operands; i++) {
        s->x[point][i] = gd__is_float((gd_dtype)x[i]->dtype) ? gd_cast(x[i], GD_FLOAT64) : x[i];
        good = gd__alive(s->x[point][i]);
    }
    return good;
}

bool gd__draw_points(gd__quest *s, gd_tensors x, gd__manner manner)
{
    uint64_t state = 20261128 + (uint64_t)manner;
    gd_tensor *drawn[GD__MOST_OPERANDS];
    bool good = set_point(s, 0, x.item);
    for (int point = 1; good && point < GD__ALL_POINTS; point++) {
        for (int i = 0; good && i < s->operands; i++) {
            drawn[i] = other_point(s->context, x.item[i], manner, &state);
            good = gd__alive(drawn[i]);
        }
        good = good && set_point(s, point, drawn);
    }
    return good;
}
