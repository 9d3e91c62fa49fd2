/* explain.c - what was found, as explanations: the likeliest first, with what would tell the others apart. */
#include "check/search.h"

#include <math.h>
#include <string.h>

/* ---- explanations ---- */

static uint64_t all_inputs(const gd__search *s)
{
    return s->p->inputs >= 64 ? UINT64_MAX : ((uint64_t)1 << s->p->inputs) - 1;
}

static void add_mistake(gd_explanation *e, const gd_mistake *m)
{
    if (e->mistakes < GD_MAX_MISTAKES)
        e->mistake[e->mistakes++] = *m;
}

static bool same_causes(const gd_explanation *a, const gd_explanation *b)
{
    if (a->mistakes != b->mistakes)
        return false;
    for (int i = 0; i < a->mistakes; i++)
        if (a->mistake[i].cause != b->mistake[i].cause)
            return false;
    return true;
}

/* By weight; equal causes count together. */
static void put(gd_check_input *to, const gd_explanation *e)
{
    int at = 0;
    if (e->mistakes == 0)
        return;
    while (at < to->explanations && !same_causes(&to->explanation[at], e))
        at++;
    if (at < to->explanations) {
        to->explanation[at].confidence += e->confidence;
    } else {
        if (to->explanations == GD_MAX_EXPLANATIONS) {
            at = GD_MAX_EXPLANATIONS - 1;
            if (to->explanation[at].confidence >= e->confidence)
                return;
        } else {
            at = to->explanations++;
        }
        to->explanation[at] = *e;
    }
    for (; at > 0 && to->explanation[at - 1].confidence < to->explanation[at].confidence; at--) {
        gd_explanation moved = to->explanation[at];
        to->explanation[at] = to->explanation[at - 1];
        to->explanation[at - 1] = moved;
    }
}

/* The count, or its inverse, that a fitted factor is meant to be. */
static double meant_by(double factor)
{
    double size = factor < 1 ? 1 / factor : factor, whole = floor(size + 0.5);
    if (!(fabs(size - whole) <= 2e-4 * size))
        return factor;
    return factor < 1 ? 1 / whole : whole;
}

/* How often it is what it should be, or over how many it should be averaged. A factor alone is in the heading already. */
static void tell_one_factor(gd_cause cause, double factor, bool alone, gd_mistake *m)
{
    double many = factor < 1 ? 1 / factor : factor;
    gd__mistake_of(cause, factor, m);
    if (cause == GD_CAUSE_SUM_FOR_MEAN || cause == GD_CAUSE_MEAN_FOR_SUM)
        gd__say(m->what, sizeof m->what, "%s: over N = %.6g", gd_cause_words(cause), many);
    else if (!alone && cause == GD_CAUSE_FACTOR)
        gd__say(m->what, sizeof m->what, "%s: %.6g times what it should be", gd_cause_words(cause), factor);
}

static void tell_factor(const gd__factor *f, gd_explanation *e)
{
    bool alone = f->causes == 1 && e->mistakes == 0;
    for (int i = 0; i < f->causes; i++) {
        gd_mistake m;
        tell_one_factor(f->cause[i], f->cause[i] == GD_CAUSE_SIGN ? -1 : meant_by(f->factor[i]), alone, &m);
        add_mistake(e, &m);
    }
}

static void tell_order(const gd__finish *f, gd_explanation *e)
{
    gd_mistake m;
    if (f->before != GD_CAUSE_UNKNOWN) {
        gd__mistake_of(f->before, 1, &m);
        add_mistake(e, &m);
    }
    if (f->order == GD_CAUSE_UNKNOWN)
        return;
    gd__mistake_of(f->order, 1, &m);
    if (f->order_text[0])
        gd__say(m.what, sizeof m.what, "%s: %s", gd_cause_words(f->order), f->order_text);
    add_mistake(e, &m);
}

/* A factor somewhere in the computation, which can stand for several things, as one at the end can. */
static bool is_open(const gd__mutant *m)
{
    return m->kind == GD__MUT_SCALE && m->c != 0 && m->cause != GD_CAUSE_TERM_SIGN;
}

/* What the factor at a place may stand for, told as standing there. Where everything comes through it nobody can say where
 * on the way it came in. */
static void tell_scale(const gd__search *s, const gd__mutant *scale, uint64_t affects, const gd__factor *f,
                       gd_explanation *e)
{
    int before = e->mistakes;
    gd_mistake m;
    tell_factor(f, e);
    gd__mutant_tell(s->p, scale, &m);
    for (int i = before; i < e->mistakes && affects != all_inputs(s); i++)
        memcpy(e->mistake[i].where, m.where, sizeof m.where);
}

/* The sign of a part of a gradient is that of a term. */
static void name_sign(const gd__hypothesis *h, int mutant, int input, gd_mistake *first, const gd_mistake *end)
{
    bool part = h->partly[mutant] >> (input & 63) & 1;
    for (gd_mistake *m = first; part && m < end; m++) {
        if (m->cause != GD_CAUSE_SIGN)
            continue;
        gd_mistake term;
        gd__mistake_of(GD_CAUSE_TERM_SIGN, 1, &term);
        memcpy(term.where, m->where, sizeof term.where);
        *m = term;
    }
}

/* The mistakes of a hypothesis that reach the gradient, but for an open factor if nothing multiplies the gradient behind it. */
static int tell_mutants(const gd__search *s, const gd__hypothesis *h, int input, gd_explanation *e)
{
    int scale = -1;
    for (int i = 0; i < h->mutants; i++) {
        const gd__mutant *m = &h->mutant[i];
        gd__factor list[GD__FACTOR_ALTERNATIVES];
        gd_mistake told;
        if (!(h->affects[i] >> (input & 63) & 1))
            continue;
        if (is_open(m) && scale < 0 && h->finish[input].c == 1) {
            scale = i;
        } else if (is_open(m) && gd__factor_causes(m->c, &s->sizes, s->claim[input].numbers.count, list) > 0) {
            int before = e->mistakes;
            tell_scale(s, m, h->affects[i], &list[0], e);
            name_sign(h, i, input, e->mistake + before, e->mistake + e->mistakes);
        } else {
            gd__mutant_tell(s->p, m, &told);
            name_sign(h, i, input, &told, &told + 1);
            add_mistake(e, &told);
        }
    }
    return scale;
}

/* Two flipped signs are none. */
static bool cancels_out(const gd_explanation *e)
{
    int signs = 0;
    for (int i = 0; i < e->mistakes; i++)
        signs += e->mistake[i].cause == GD_CAUSE_SIGN;
    return signs > 1;
}

/* All readings of one hypothesis: a factor can stand for several things. */
static void explain_by(const gd__search *s, const gd__hypothesis *h, int input, double best, gd_check_input *to)
{
    gd__factor factors[GD__FACTOR_ALTERNATIVES];
    const gd__finish *f = &h->finish[input];
    gd_explanation base = { .misfit = f->misfit };
    int scale = tell_mutants(s, h, input, &base);
    tell_order(f, &base);
    double c = scale >= 0 ? h->mutant[scale].c : f->c;
    int count = c != 1 ? gd__factor_causes(c, &s->sizes, s->claim[input].numbers.count, factors) : 0;
    for (int i = 0; i < (count ? count : 1); i++) {
        gd_explanation e = base;
        double cost = h->cost;
        if (count && scale >= 0) {
            tell_scale(s, &h->mutant[scale], h->affects[scale], &factors[i], &e);
            name_sign(h, scale, input, e.mistake + base.mistakes, e.mistake + e.mistakes);
        } else if (count) {
            tell_factor(&factors[i], &e);
        }
        if (count)
            cost += factors[i].cost - factors[0].cost;
        e.confidence = exp(-1.6 * (cost - best));
        if (!cancels_out(&e))
            put(to, &e);
    }
}

/* ---- telling two explanations apart ---- */

/* What a cause depends on: where that is changed, its numbers change in a way that those of others don't. */
typedef enum gd__nature {
    OF_COUNTS,  /* how many samples, features, classes */
    OF_NUMBERS, /* nothing: a constant, or a sign */
    OF_SHAPES,  /* whether sides are equally long */
    OF_HISTORY, /* what ran before */
    OF_PATHS,   /* which ways the gradient takes */
    OF_VALUES   /* the point */
} gd__nature;

static gd__nature nature_of(gd_cause cause)
{
    switch (cause) {
    case GD_CAUSE_SUM_FOR_MEAN:
    case GD_CAUSE_MEAN_FOR_SUM: return OF_COUNTS;
    case GD_CAUSE_SIGN:
    case GD_CAUSE_FACTOR: return OF_NUMBERS;
    case GD_CAUSE_TRANSPOSED:
    case GD_CAUSE_PERMUTED:
    case GD_CAUSE_NOT_SUMMED:
    case GD_CAUSE_WRONG_AXIS:
    case GD_CAUSE_WRONG_SHAPE:
    case GD_CAUSE_OFF_BY_ONE: return OF_SHAPES;
    case GD_CAUSE_STALE:
    case GD_CAUSE_OVERWRITTEN:
    case GD_CAUSE_ACCUMULATED: return OF_HISTORY;
    case GD_CAUSE_ASSIGNED:
    case GD_CAUSE_PATH_FORGOTTEN:
    case GD_CAUSE_SHARED_ONCE:
    case GD_CAUSE_MISSING:
    case GD_CAUSE_REGULARISER_MISSING:
    case GD_CAUSE_DETACHED:
    case GD_CAUSE_NOT_DETACHED: return OF_PATHS;
    default: return OF_VALUES;
    }
}

/* The first cause of a that b does not have; GD_CAUSE_UNKNOWN where there is none. */
static gd_cause only_in(const gd_explanation *a, const gd_explanation *b)
{
    for (int i = 0; i < a->mistakes; i++) {
        bool shared = false;
        for (int k = 0; k < b->mistakes && !shared; k++)
            shared = b->mistake[k].cause == a->mistake[i].cause;
        if (!shared)
            return a->mistake[i].cause;
    }
    return GD_CAUSE_UNKNOWN;
}

/* What to change so that a cause of this nature shows, and what it does then; %s is its name. */
static const char *trial_of(gd__nature nature)
{
    switch (nature) {
    case OF_COUNTS:
        return "check with another number of samples and features: with '%s' the factor changes as they do";
    case OF_NUMBERS: return "check at another point, with other shapes: with '%s' the factor stays what it is";
    case OF_SHAPES:
        return "check with sides of different lengths: '%s' then shows in the shape, or in which entries are wrong";
    case OF_HISTORY: return "check the very first step, before which nothing ran: '%s' can't happen there";
    case OF_PATHS: return "check with one of the branches left out: '%s' is gone with the branch that it is in";
    case OF_VALUES: break;
    }
    return "check at another point, such as one ten times as large: '%s' then makes another error";
}

/* By the cause whose nature is the easier to try; where both are alike, another point and other shapes have to do. */
void gd__tell_apart(gd_explanation *e, const gd_explanation *first)
{
    gd_cause mine = only_in(e, first), other = only_in(first, e);
    if (mine == GD_CAUSE_UNKNOWN || (other != GD_CAUSE_UNKNOWN && nature_of(other) < nature_of(mine)))
        mine = other;
    if (mine == GD_CAUSE_UNKNOWN ||
        (other != mine && nature_of(other) == nature_of(mine) && other != GD_CAUSE_UNKNOWN))
        gd__say(e->tell_apart, sizeof e->tell_apart,
                "check at another point and with other shapes: only one of the two still makes the claimed numbers");
    else
        gd__say(e->tell_apart, sizeof e->tell_apart, trial_of(nature_of(mine)), gd_cause_key(mine));
}

/* ---- all together ---- */

void gd__search_explain(const gd__search *s, int input, gd_check_input *to)
{
    double sum = 0.03; /* something that nobody thought of */
    to->explanations = 0;
    for (int i = 0; i < s->count; i++)
        explain_by(s, &s->found[i], input, s->found[0].cost, to);
    for (int i = 0; i < to->explanations; i++)
        sum += to->explanation[i].confidence;
    /* What hardly fits beside the others is not worth reading. */
    while (to->explanations > 1 && to->explanation[to->explanations - 1].confidence < 0.02 * sum)
        to->explanations--;
    /* The more mistakes it takes, the likelier it is that something else makes the same numbers. */
    static const double most[GD_MAX_MISTAKES + 1] = { 1, 1, 0.9, 0.6 };
    for (int i = 0; i < to->explanations; i++) {
        to->explanation[i].confidence *= most[to->explanation[i].mistakes] / sum;
        if (i > 0)
            gd__tell_apart(&to->explanation[i], &to->explanation[0]);
    }
}

/* ---- rounding ---- */

static bool made_by_rounding(gd__search *s, const gd__mutant *m, int input)
{
    gd_context *g = s->p->context;
    const gd__numbers *claimed = &s->claim[input].numbers;
    GD_SCOPE(g);
    if (!gd__mutants_run(s->p, &m, 1, NULL, s->env) || s->p->gradient[input] < 0)
        return false;
    double before = gd__misfit(claimed->at, s->right + s->start[input], claimed->count, 1);
    bool read = gd_read(s->env[s->p->gradient[input]], GD_FLOAT64, s->expected, (size_t)claimed->count);
    double after = gd__misfit(claimed->at, s->expected, claimed->count, 1);
    return read && before > 1e-11 && after < 1e-3 * before;
}

/* Are all of them numbers of float32, and those of the right gradient not? */
static bool is_float32(const gd__search *s, int input)
{
    const gd__numbers *claimed = &s->claim[input].numbers;
    const double *right = s->right + s->start[input];
    int64_t exact = 0, off = 0;
    for (int64_t i = 0; i < claimed->count; i++) {
        if ((double)(float)claimed->at[i] != claimed->at[i])
            return false;
        exact += (double)(float)right[i] == right[i];
        off += claimed->at[i] != right[i];
    }
    return claimed->count > 0 && exact < claimed->count && off > 0;
}

bool gd__search_rounding(gd__search *s, int input, gd_mistake *mistake)
{
    gd__mutants list = { .context = s->p->context };
    const gd__numbers *claimed = &s->claim[input].numbers;
    double off = gd__misfit(claimed->at, s->right + s->start[input], claimed->count, 1);
    bool found = false;
    if (off < 1e-11 || off > 1e-5)
        return false;
    gd__mistake_of(GD_CAUSE_FLOAT32, 1, mistake);
    if (is_float32(s, input))
        return true;
    gd_no_grad quiet = gd_no_grad_enter(s->p->context);
    if (gd__mutants_list_rounded(&list, s->p, s->by_rules))
        for (int i = 0; i < list.count && !found; i++)
            if ((found = made_by_rounding(s, &list.item[i], input)))
                gd__mutant_tell(s->p, &list.item[i], mistake);
    gd_no_grad_leave(&quiet);
    gd__mutants_free(&list);
    return found;
}
