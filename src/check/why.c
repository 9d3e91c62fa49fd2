/* why.c - what is wrong with a gradient that disagrees. */
#include "check/work.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Puts an explanation before all others. */
static void put_first(gd_check_input *to, const gd_mistake *m, double confidence)
{
    int last = to->explanations < GD_MAX_EXPLANATIONS ? to->explanations : GD_MAX_EXPLANATIONS - 1;
    for (int i = last; i > 0; i--)
        to->explanation[i] = to->explanation[i - 1];
    for (int i = 1; i <= last; i++)
        to->explanation[i].confidence *= 1 - confidence;
    to->explanation[0] = (gd_explanation){ .mistakes = 1, .mistake = { *m }, .confidence = confidence };
    to->explanations = last + 1;
}

static void put_cause(gd_check_input *to, gd_cause cause, const char *where, const char *what, double confidence)
{
    gd_mistake m;
    gd__mistake_of(cause, 1, &m);
    snprintf(m.where, sizeof m.where, "%s", where);
    if (what)
        snprintf(m.what, sizeof m.what, "%s", what);
    put_first(to, &m, confidence);
}

static gd__claim claim_of(const gd__work *w, int i)
{
    return (gd__claim){ .numbers = { w->shape[i], w->numbers[i], w->claimed[i] },
                        .wrong = w->check->input[i].verdict == GD_CHECK_WRONG,
                        .shaped = gd__has_right_shape(w, i),
                        .tolerance = w->narrow[i] ? 3e-4 : 2e-6 };
}

/* The values of the forward at the earlier point; NULL where there are none. In the current scope. */
static gd_tensor **earlier_values(gd__work *w, size_t *size)
{
    gd_context *g = w->g;
    *size = (size_t)(w->program.forward + w->count + 1) * sizeof(gd_tensor *);
    gd_tensor **value = w->has_before ? gd__alloc(g, *size) : NULL;
    if (!value)
        return NULL;
    gd_tensor **in = value + w->program.forward;
    bool good = true;
    g->on_error = NULL;
    for (int i = 0; good && i < w->count; i++) {
        in[i] = gd_from_memory(g, GD_FLOAT64, gd__shape(w->s.item[i].tensor), w->before[i]);
        good = gd__alive(in[i]);
    }
    gd_tensors inputs = { w->count, in };
    good = good && gd__program_forward_at(&w->program, &inputs, value);
    g->on_error = w->s.on_error;
    if (good)
        return value;
    gd_clear(g);
    gd__free(g, value, *size);
    return NULL;
}

static void draw_trials(void *watcher, int64_t done, int64_t all)
{
    gd__draw_bar(watcher, "trials", done, all);
}

/* Searches for what explains these claims, and tells it. *found: something does. */
static bool search_for(gd__work *w, const gd__claim *claim, gd_tensor *const *earlier, bool *found)
{
    gd__search s;
    bool good = gd__search_open(&s, &w->program, claim, earlier, !w->by_hand);
    s.watcher = w->bar;
    s.progress = draw_trials;
    good = good && gd__search_run(&s);
    for (int i = 0; good && i < w->count; i++)
        if (claim[i].wrong)
            gd__search_explain(&s, i, gd__input_of(w, i));
    *found = good && s.count > 0;
    gd__search_close(&s);
    return good;
}

/* No mistakes explain all together: what explains each alone, whatever is wrong with the others? */
static bool search_each(gd__work *w, gd__claim *claim, gd_tensor *const *earlier)
{
    enum { MOST = 4 };
    int wrong = 0;
    bool good = true, found;
    for (int i = 0; i < w->count; i++)
        wrong += claim[i].wrong;
    for (int i = 0; good && wrong > 1 && wrong <= MOST && i < w->count; i++) {
        if (w->check->input[i].verdict != GD_CHECK_WRONG)
            continue;
        for (int k = 0; k < w->count; k++) {
            claim[k].ignored = k != i && w->check->input[k].verdict == GD_CHECK_WRONG;
            claim[k].wrong = k == i;
        }
        good = search_for(w, claim, earlier, &found);
    }
    for (int i = 0; i < w->count; i++)
        claim[i] = claim_of(w, i);
    return good;
}

/* With a program: mistakes are tried on it. */
static bool explain_by_program(gd__work *w, gd__claim *claim)
{
    gd_context *g = w->g;
    size_t size;
    bool found;
    gd_no_grad quiet = gd_no_grad_enter(g);
    g->on_error = NULL;
    gd_tensor **earlier = earlier_values(w, &size);
    bool good = search_for(w, claim, earlier, &found);
    good = good && (found || search_each(w, claim, earlier));
    if (earlier)
        gd__free(g, earlier, size);
    g->on_error = w->s.on_error;
    gd_no_grad_leave(&quiet);
    return good;
}

/* Is b - a the right gradient, or a what was right before and now? Then it was added up. */
static bool was_added_up(const gd__work *w, int i)
{
    double off = 0, all = 0;
    for (int64_t k = 0; k < w->entries[i]; k++) {
        double d = w->again[i][k] - w->claimed[i][k] - w->slope[i][k].value;
        off += d * d;
        all += w->slope[i][k].value * w->slope[i][k].value;
    }
    return off <= 1e-8 * all;
}

/* Have the first two runs given two gradients? */
static bool is_unsteady(const gd__work *w, int i)
{
    if (w->by_hand || w->refused || !gd__has_right_shape(w, i) ||
        memcmp(w->claimed[i], w->again[i], (size_t)w->entries[i] * sizeof(double)) == 0)
        return false;
    return gd__misfit(w->claimed[i], w->again[i], w->entries[i], 1) > 1e-7;
}

/* The same computation, run twice, gave two gradients: something of an earlier run is in them. */
static void explain_by_history(gd__work *w, int i)
{
    if (!is_unsteady(w, i))
        return;
    if (was_added_up(w, i))
        put_cause(gd__input_of(w, i), GD_CAUSE_ACCUMULATED, "",
                  "each run adds the new gradient to what earlier runs left", 0.95);
    else
        put_cause(gd__input_of(w, i), GD_CAUSE_STALE, "",
                  "the gradient depends on which point the function was run at before", 0.95);
}

static void explain_by_conduct(gd__work *w, int i)
{
    const gd__conduct *c = &w->s.conduct;
    char what[256];
    if (!c->overwrote)
        return;
    if (c->operation[0])
        snprintf(what, sizeof what, "the %s of the operation '%s' writes to its operand %d",
                 c->in_backward ? "backward" : "forward", c->operation, c->operand);
    else
        snprintf(what, sizeof what, "the function writes to %s, which it was given", w->s.item[c->operand].name);
    put_cause(gd__input_of(w, i), GD_CAUSE_OVERWRITTEN, c->operation, what, 0.9);
}

/* The walk over the tape met a value that was written over. */
static void explain_refusal(gd__work *w, int i)
{
    put_cause(gd__input_of(w, i), GD_CAUSE_OVERWRITTEN, w->why.op, w->why.what, 0.9);
}

static void explain_shape(gd__work *w, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    if (w->numbers[i] != w->entries[i] || gd__has_right_shape(w, i) || to->explanations > 0)
        return;
    put_cause(to, GD_CAUSE_WRONG_SHAPE, "", NULL, 0.6);
}

static void explain_not_finite(gd__work *w, int i)
{
    for (int64_t k = 0; k < w->numbers[i]; k++)
        if (!isfinite(w->claimed[i][k])) {
            put_cause(gd__input_of(w, i), GD_CAUSE_NOT_FINITE, "", NULL, 0.9);
            return;
        }
}

/* The function rounds to float32 on its way: then neither its numbers nor its gradient have more digits. */
static void explain_narrowness(gd__work *w, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    if (to->explanations > 0 || !w->has_program || !w->program.narrow[0] || !gd__has_right_shape(w, i) ||
        gd__misfit(w->claimed[i], w->right[i], w->entries[i], 1) > 1e-4)
        return;
    put_cause(to, GD_CAUSE_FLOAT32, w->program.narrow, "a value is cast to float32 on the way", 0.9);
}

static void name_unknown(gd_check_input *to)
{
    if (to->explanations > 0)
        return;
    put_cause(to, GD_CAUSE_UNKNOWN, "", NULL, 0);
    to->explanation[0].misfit = 1;
}

bool gd__is_wrong(const gd__work *w)
{
    for (int i = 0; i < w->count; i++)
        if (w->check->input[i].verdict == GD_CHECK_WRONG)
            return true;
    return false;
}

/* What its slopes are is needed for all that is wrong. */
bool gd__explain(gd__work *w)
{
    size_t size = (size_t)(w->count + 1) * sizeof(gd__claim);
    gd__claim *claim = gd__alloc(w->g, size);
    if (!claim)
        return false;
    for (int i = 0; i < w->count; i++)
        claim[i] = claim_of(w, i);
    bool good = w->refused || !w->has_program || explain_by_program(w, claim);
    for (int i = 0; good && i < w->count; i++) {
        if (!claim[i].wrong)
            continue;
        if (w->refused)
            explain_refusal(w, i);
        good = gd__explain_blindly(w, i);
        explain_shape(w, i);
        explain_not_finite(w, i);
        explain_by_history(w, i);
        explain_by_conduct(w, i);
        explain_narrowness(w, i);
        name_unknown(gd__input_of(w, i));
    }
    gd__free(w->g, claim, size);
    return good;
}

/* The function casts to float32 on its way, and the gradient has no more digits. */
static bool is_rounded(const gd__work *w, int i, gd_mistake *m)
{
    double off = gd__misfit(w->claimed[i], w->right[i], w->entries[i], 1);
    gd__mistake_of(GD_CAUSE_FLOAT32, 1, m);
    snprintf(m->where, sizeof m->where, "%s", w->program.narrow);
    return off > 1e-11 && off < 1e-5;
}

/* Does the computation in float64 make these very numbers? */
static bool is_as_told(const gd__work *w, int i)
{
    return gd__misfit(w->claimed[i], w->right[i], w->entries[i], 1) < 1e-11;
}

/* Off from the slopes by about float32's rounding everywhere, and by much more than the slopes may be: of a function that can't be
 * seen into there is nothing else to go by. */
static bool is_near_as_float32(const gd__work *w, int i, gd_mistake *m)
{
    double off = 0, size = 0, error = 0;
    if (w->check->input[i].compared != w->entries[i] || (w->has_program && (w->by_hand || is_as_told(w, i))))
        return false;
    for (int64_t k = 0; k < w->entries[i]; k++) {
        const gd__slope *s = &w->slope[i][k];
        if (s->state != GD__SLOPE_SMOOTH || (w->by_hand && (double)(float)w->claimed[i][k] != w->claimed[i][k]))
            return false;
        off += (w->claimed[i][k] - s->value) * (w->claimed[i][k] - s->value);
        size += s->value * s->value;
        error += s->error * s->error;
    }
    gd__mistake_of(GD_CAUSE_FLOAT32, 1, m);
    return off > 4e-18 * size && off < 4e-14 * size && off > 100 * error;
}

/* What is right within what is allowed, and of float64 all the way: is it only as near as float32 comes? */
static void look_at_digits(gd__work *w, gd__search *s, int i)
{
    gd_check_input *to = gd__input_of(w, i);
    gd_mistake m;
    bool wide =
        w->s.item[i].lent == NULL && (!w->narrow[i] || w->by_hand) && w->s.item[i].tensor->dtype == GD_FLOAT64;
    if (!wide || to->verdict == GD_CHECK_WRONG || !gd__has_right_shape(w, i) || w->entries[i] > GD__FULL)
        return;
    if (!(s && gd__search_rounding(s, i, &m)) && !(s && w->program.narrow[0] && is_rounded(w, i, &m)) &&
        !is_near_as_float32(w, i, &m))
        return;
    put_first(to, &m, 0.9);
    to->verdict = GD_CHECK_WRONG;
    to->wrong = to->entries;
    snprintf(to->pattern, sizeof to->pattern, "all entries, in the digits that float32 lacks");
}

/* Right within what is allowed, but only as near as float32 comes? */
bool gd__look_for_rounding(gd__work *w)
{
    gd_context *g = w->g;
    size_t size = (size_t)(w->count + 1) * sizeof(gd__claim);
    gd__claim *claim = w->has_program ? gd__alloc(g, size) : NULL;
    gd__search s;
    for (int i = 0; !w->has_program && i < w->count; i++)
        look_at_digits(w, NULL, i);
    if (!claim)
        return !g->failed;
    for (int i = 0; i < w->count; i++)
        claim[i] = claim_of(w, i);
    g->on_error = NULL;
    bool good = gd__search_open(&s, &w->program, claim, NULL, !w->by_hand);
    for (int i = 0; good && i < w->count; i++)
        look_at_digits(w, &s, i);
    gd__search_close(&s);
    g->on_error = w->s.on_error;
    gd__free(g, claim, size);
    return good;
}

/* What a user's function does to its operands is wrong, whatever the numbers are. */
void gd__look_at_conduct(gd__work *w)
{
    if (!w->s.conduct.overwrote || w->by_hand)
        return;
    for (int i = 0; i < w->count; i++) {
        gd_check_input *to = gd__input_of(w, i);
        bool its = w->s.conduct.operation[0] || w->s.conduct.operand == i;
        if (to->verdict == GD_CHECK_WRONG || !its)
            continue;
        to->verdict = GD_CHECK_WRONG;
        snprintf(to->pattern, sizeof to->pattern, "its numbers agree, but its operand is overwritten");
        explain_by_conduct(w, i);
    }
}

/* One of two runs that differ is wrong, whichever agrees. */
void gd__judge_history(gd__work *w)
{
    for (int i = 0; i < w->count; i++) {
        gd_check_input *to = gd__input_of(w, i);
        if (!is_unsteady(w, i) || to->verdict == GD_CHECK_WRONG || to->compared == 0)
            continue;
        to->verdict = GD_CHECK_WRONG;
        snprintf(to->pattern, sizeof to->pattern, "its first run agrees, the next does not");
        explain_by_history(w, i);
    }
}
