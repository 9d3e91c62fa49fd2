/* explain.c - mistakes in words: what was found, where, what to do, and what else it might be. */
#include "check/search.h"

#include "gradus/op.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- words ---- */

static void say(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void say(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(to, size, format, arguments);
    va_end(arguments);
}

/* The remedy of each cause, where nothing more is known. */
static const char *remedy_of(gd_cause cause)
{
    switch (cause) {
    case GD_CAUSE_SIGN: return "Turn its sign round: look at target - prediction against prediction - target, and at -= against +=";
    case GD_CAUSE_FACTOR: return "Look for a constant that was forgotten or taken twice: the 2 of a square, a 1/2, a count";
    case GD_CAUSE_SUM_FOR_MEAN: return "The loss is a mean: divide the gradient by that count too";
    case GD_CAUSE_MEAN_FOR_SUM: return "Sum over the samples, without dividing: the mean, if there is one, is in the incoming gradient already";
    case GD_CAUSE_TRANSPOSED: return "Transpose it: for Y = X W, dW = X^T dY and dX = dY W^T";
    case GD_CAUSE_PERMUTED: return "Bring the axes back into the order of the tensor";
    case GD_CAUSE_NOT_SUMMED: return "Sum it over the axis that was broadcast: a bias that is added to each row gets the sum over the rows";
    case GD_CAUSE_WRONG_AXIS: return "Use the other axis";
    case GD_CAUSE_DERIVATIVE_MISSING: return "Multiply the incoming gradient by that derivative";
    case GD_CAUSE_DERIVATIVE_TWICE: return "Take it once: see whether the gradient of the loss has it in it already";
    case GD_CAUSE_WRONG_POINT: return "Take the derivative at the operand of the forward, or its formula in terms of the result at the result";
    case GD_CAUSE_MASK_INVERTED: return "Let the gradient pass where the forward let the value pass, and stop it elsewhere";
    case GD_CAUSE_MASK_WRONG: return "Make the mask from the operand of the forward";
    case GD_CAUSE_SOFTMAX_DIAGONAL: return "Each y depends on every x: dx = y * (dy - sum(dy * y))";
    case GD_CAUSE_SOFTMAX_TWICE: return "softmax - target is the gradient by the logits already: apply the Jacobian once";
    case GD_CAUSE_OPERANDS_SWAPPED: return "The gradient of one operand of a product has the other operand in it";
    case GD_CAUSE_TERM_SIGN: return "Turn the sign of this term round";
    case GD_CAUSE_TERM_MISSING: return "Put the missing term or factor in";
    case GD_CAUSE_STALE: return "Save the value in each forward, and use what the newest one saved";
    case GD_CAUSE_OVERWRITTEN: return "Write to a copy: what the backward reads must be as the forward left it";
    case GD_CAUSE_ACCUMULATED: return "Set the gradient to zero before each backward";
    case GD_CAUSE_ASSIGNED: return "Add up what comes from each use or sample: += in place of =";
    case GD_CAUSE_OFF_BY_ONE: return "Look at the bounds of the loop and at the first and last index";
    case GD_CAUSE_PATH_FORGOTTEN: return "A value that is used in several places gets the sum of the gradients of all";
    case GD_CAUSE_SHARED_ONCE: return "Add up the gradients of all places where the tensor is used";
    case GD_CAUSE_MISSING: return "Compute it";
    case GD_CAUSE_REGULARISER_MISSING: return "Add the derivative of the regulariser";
    case GD_CAUSE_FLOAT32: return "Keep all values and buffers of the computation in float64";
    case GD_CAUSE_DETACHED: return "Leave gd_detach out, if the value is not meant to be a constant";
    case GD_CAUSE_NOT_DETACHED: return "Treat the detached value as a constant";
    case GD_CAUSE_WRONG_VALUE: return "Use the value that the derivative's formula names";
    case GD_CAUSE_NOT_FINITE: return "Find the first operation that makes such a number: gd_watch_finite";
    case GD_CAUSE_WRONG_SHAPE: return "A gradient has the shape of its tensor";
    case GD_CAUSE_UNKNOWN: case GD_CAUSE_COUNT: break;
    }
    return "Compare the formula with the derivation step by step, from the loss back; the pattern above says where it is off";
}

void gd__mistake_of(gd_cause cause, double factor, gd_mistake *to)
{
    *to = (gd_mistake){ .cause = cause, .factor = factor };
    say(to->what, sizeof to->what, "%s", gd_cause_words(cause));
    say(to->remedy, sizeof to->remedy, "%s", remedy_of(cause));
}

/* ---- mistakes within the computation ---- */

static int place_of(const gd__program *p, const gd__mutant *m)
{
    if (m->edge >= 0)
        return p->edge[m->edge].from;
    if (m->kind == GD__MUT_EXTRA || m->kind == GD__MUT_LOGITS)
        return m->b;
    if (m->kind == GD__MUT_FROM_EARLIER)
        return m->at;
    return p->node[m->at].of >= 0 ? p->node[m->at].of : -1;
}

static void tell_substitution(const gd__program *p, const gd__mutant *m, const char *step, gd_mistake *to)
{
    char used[128], meant[128];
    const gd__node *from = m->edge >= 0 ? &p->node[p->edge[m->edge].from] : &p->node[p->node[m->at].of];
    int right = m->kind == GD__MUT_POINT     ? from->in[0]
                : m->kind == GD__MUT_RESULT  ? p->edge[m->edge].from
                : m->kind == GD__MUT_OPERAND ? from->in[m->b]
                                             : p->node[m->at].in[0];
    gd__value_text(p, m->a, used, sizeof used);
    gd__value_text(p, right, meant, sizeof meant);
    say(to->what, sizeof to->what, "%s: in the derivative of %s stands %s, where %s is meant", gd_cause_words(m->cause), step,
        used, meant);
}

void gd__mutant_tell(const gd__program *p, const gd__mutant *m, gd_mistake *to)
{
    char step[96] = "";
    int place = place_of(p, m);
    gd__mistake_of(m->cause, m->kind == GD__MUT_SCALE ? m->c : 1, to);
    if (place >= 0)
        gd__node_text(p, place, step, sizeof step);
    say(to->where, sizeof to->where, "%s", step);
    if (!step[0])
        return;
    switch (m->kind) {
    case GD__MUT_POINT: case GD__MUT_RESULT: case GD__MUT_OPERAND: case GD__MUT_COMPARED:
        tell_substitution(p, m, step, to);
        break;
    case GD__MUT_SCALE:
        if (m->c == 0)
            say(to->what, sizeof to->what, "%s: nothing comes back through %s", gd_cause_words(m->cause), step);
        else
            say(to->what, sizeof to->what, "%s: what comes back through %s is multiplied by %.6g", gd_cause_words(m->cause),
                step, m->c);
        break;
    default: say(to->what, sizeof to->what, "%s, in the derivative of %s", gd_cause_words(m->cause), step); break;
    }
}

/* ---- explanations ---- */

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

static bool is_factor(gd_cause cause)
{
    return cause == GD_CAUSE_FACTOR || cause == GD_CAUSE_SUM_FOR_MEAN || cause == GD_CAUSE_MEAN_FOR_SUM;
}

static void tell_factor(const gd__factor *f, gd_explanation *e)
{
    for (int i = 0; i < f->causes; i++) {
        gd_mistake m;
        gd__mistake_of(f->cause[i], f->factor[i], &m);
        if (f->cause[i] != GD_CAUSE_SIGN)
            say(m.what, sizeof m.what, "%s: %.6g times what it should be", gd_cause_words(f->cause[i]), f->factor[i]);
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
        say(m.what, sizeof m.what, "%s: %s", gd_cause_words(f->order), f->order_text);
    add_mistake(e, &m);
}

/* All readings of one hypothesis: a factor can stand for several things. */
static void explain_by(const gd__search *s, const gd__hypothesis *h, int input, double best, gd_check_input *to)
{
    gd__factor factors[GD__FACTOR_ALTERNATIVES];
    const gd__finish *f = &h->finish[input];
    gd_explanation base = { .misfit = f->misfit };
    const gd__mutant *scale = NULL;
    for (int i = 0; i < h->mutants; i++) {
        gd_mistake m;
        if (!(h->affects[i] >> (input & 63) & 1))
            continue;
        bool open = h->mutant[i].kind == GD__MUT_SCALE && h->mutant[i].c != 0 && h->mutant[i].cause != GD_CAUSE_TERM_SIGN;
        if (open && !scale && f->c == 1) {
            scale = &h->mutant[i];
            continue;
        }
        gd__mutant_tell(s->p, &h->mutant[i], &m);
        add_mistake(&base, &m);
    }
    tell_order(f, &base);
    double c = scale ? scale->c : f->c;
    int count = c != 1 ? gd__factor_causes(c, &s->sizes, s->claim[input].numbers.count, factors) : 0;
    for (int i = 0; i < (count ? count : 1); i++) {
        gd_explanation e = base;
        double cost = h->cost;
        if (count) {
            tell_factor(&factors[i], &e);
            cost += factors[i].cost - factors[0].cost;
        }
        if (count && scale) {
            gd_mistake m;
            gd__mutant_tell(s->p, scale, &m);
            for (int k = base.mistakes; k < e.mistakes; k++)
                memcpy(e.mistake[k].where, m.where, sizeof m.where);
        }
        e.confidence = exp(-1.6 * (cost - best));
        put(to, &e);
    }
}

static void tell_apart(gd_explanation *e, const gd_explanation *first)
{
    bool factors = is_factor(e->mistake[0].cause) && is_factor(first->mistake[0].cause);
    bool transposed = e->mistake[0].cause == GD_CAUSE_TRANSPOSED || first->mistake[0].cause == GD_CAUSE_TRANSPOSED;
    const char *text = factors ? "another batch size, and other numbers of features and classes: a count changes with them, a "
                                 "constant does not"
                       : transposed ? "sides of different lengths: a transposed gradient then has another shape"
                                    : "another point, other shapes and another incoming gradient: then only one of the two "
                                      "still makes the claimed numbers";
    say(e->tell_apart, sizeof e->tell_apart, "%s", text);
}

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
    for (int i = 0; i < to->explanations; i++) {
        to->explanation[i].confidence /= sum;
        if (i > 0)
            tell_apart(&to->explanation[i], &to->explanation[0]);
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
