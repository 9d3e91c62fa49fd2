/* cases.c - which cases there are. */
#include "zoo/parts/cases.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of each net and seed: two correct ones, two with two mistakes, and the rest with one. */
enum { PICKS = 11, CORRECT_PICKS = 2, DOUBLE_PICKS = 2, TRIES = 200 };

static const char *const form_names[FORMS] = {
    "claimed",
    "claimed parameters",
    "operation",
    "operation of operations",
    "node",
    "node of operations",
    "layer",
    "hook",
    "detach",
    "cast",
    "accumulating",
    "overwriting forward",
    "overwriting backward",
    "autograd",
    "float32",
};

const char *form_name(form f)
{
    return form_names[f];
}

int64_t cases_in_seed(void)
{
    return (int64_t)net_count() * PICKS;
}

/* ---- gradients ---- */

static bool needs_earlier(mistake m)
{
    return m == STALE_VALUE || m == ADD_EARLIER;
}

static void gradients_with(const zoo_case *c, const mutation *m, int count, gradient *to)
{
    pass p = { .now = &c->now, .mutation = m, .mutations = count, .dy = c->dy };
    for (int i = 0; i < count; i++)
        if (needs_earlier(m[i].mistake))
            p.old = &c->old;
    run_backward(&p, to);
}

static bool is_leaf(const node *n)
{
    return n->kind == LEAF && (n->role == INPUT || n->role == PARAMETER);
}

/* float32 makes small mistakes, which are to be found all the same. */
static bool differs(const gradient *a, const gradient *b)
{
    return distance(a, b) > 1e-9;
}

bool is_wrong(const zoo_case *c, int leaf)
{
    return differs(&c->right[c->leaf[leaf]], &c->wrong[c->leaf[leaf]]);
}

bool is_faint(const zoo_case *c, int leaf)
{
    for (int i = 0; i < c->mutations; i++)
        if (c->mutation[i].mistake == ROUND_TO_FLOAT)
            return false;
    return distance(&c->right[c->leaf[leaf]], &c->wrong[c->leaf[leaf]]) < 1e-5;
}

/* Large enough that nobody would call it rounding, but for what is rounding. */
static bool shows(const zoo_case *c, const gradient *without, const gradient *with, mistake m)
{
    double most = 0;
    for (int i = 0; i < c->now.count; i++)
        if (is_leaf(&c->now.node[i]))
            most = fmax(most, distance(&without[i], &with[i]));
    return most > (m == ROUND_TO_FLOAT ? 1e-8 : 1e-3);
}

static bool is_finite(const zoo_case *c, const gradient *of)
{
    for (int i = 0; i < c->now.count; i++)
        for (int k = 0; k < entries(of[i].shape); k++)
            if (!isfinite(of[i].v[k]) || fabs(of[i].v[k]) > 1e6)
                return false;
    return true;
}

/* ---- choosing ---- */

/* Causes that few nets have come up more often in these. */
static bool is_rare(gd_cause c)
{
    return c == GD_CAUSE_SHARED_ONCE || c == GD_CAUSE_PATH_FORGOTTEN || c == GD_CAUSE_REGULARISER_MISSING ||
           c == GD_CAUSE_ASSIGNED || c == GD_CAUSE_NOT_DETACHED || c == GD_CAUSE_SUM_FOR_MEAN ||
           c == GD_CAUSE_TERM_SIGN || c == GD_CAUSE_MASK_WRONG || c == GD_CAUSE_MASK_INVERTED ||
           c == GD_CAUSE_SOFTMAX_TWICE || c == GD_CAUSE_SOFTMAX_DIAGONAL || c == GD_CAUSE_OPERANDS_SWAPPED;
}

/* One of the catalogue, every cause as likely as another but for the rare ones. */
static mutation draw(const net *n, dice *d, const mutation *all, int count)
{
    enum { MORE = 3 };
    gd_cause present[GD_CAUSE_COUNT * MORE];
    causes seen = 0;
    int causes_present = 0;
    for (int i = 0; i < count; i++) {
        gd_cause c = cause_of(n, &all[i]);
        for (int k = 0; !(seen & CAUSE(c)) && k < (is_rare(c) ? MORE : 1); k++)
            present[causes_present++] = c;
        seen |= CAUSE(c);
    }
    gd_cause wanted = present[below(d, causes_present)];
    int i = below(d, count);
    while (cause_of(n, &all[i]) != wanted)
        i = (i + 1) % count;
    return all[i];
}

static bool is_inside(const mutation *m)
{
    return m->operand != NOWHERE && m->mistake != ASSIGN && m->mistake != OTHER_VALUE && m->mistake != NOT_SUMMED;
}

static bool has_one_input(const net *n)
{
    int inputs = 0, parameters = 0;
    for (int i = 0; i < n->count; i++) {
        inputs += n->node[i].role == INPUT;
        parameters += n->node[i].role == PARAMETER;
    }
    return inputs == 1 && parameters > 0;
}

/* Nobody writes a whole network as one operation in plain C: a layer with its loss at most. */
enum { MOST_IN_C = 4 };

static int inner_nodes(const net *n)
{
    int count = 0;
    for (int i = 0; i < n->count; i++)
        count += n->node[i].kind != LEAF;
    return count;
}

static bool allows(const zoo_case *c, form f)
{
    const mutation *m = &c->mutation[0];
    bool one = c->mutations == 1, inner = c->now.node[m->node].kind != LEAF;
    switch (f) {
    case CLAIMED:
    case CLAIMED_PARAMETERS: return true;
    case WHOLE_OPERATION:
    case WHOLE_OPERATION_OPS:
        if (f == WHOLE_OPERATION && inner_nodes(&c->now) > MOST_IN_C)
            return false;
        for (int i = 0; i < c->mutations; i++)
            if (c->mutation[i].mistake == ADD_EARLIER)
                return false;
        return true;
    case NODE_OPERATION:
    case NODE_OPERATION_OPS: return one && is_inside(m);
    case LAYER: return one && is_inside(m) && m->mistake != STALE_VALUE && has_one_input(&c->now);
    case HOOKED: return one && inner && m->operand == NOWHERE;
    case DETACHED: return one && m->operand != NOWHERE && m->mistake == ZERO;
    case CAST: return one && m->operand != NOWHERE && m->mistake == ROUND_TO_FLOAT;
    case ACCUMULATING: return one && m->mistake == ADD_EARLIER;
    default: return false;
    }
}

static form draw_form(dice *d, const zoo_case *c)
{
    form f;
    do
        f = (form)below(d, FORMS);
    while (!allows(c, f));
    return f;
}

/* Of a gradient that is not there nobody can say what else is wrong with it. */
static bool leaves_nothing(const zoo_case *c)
{
    for (int i = 0; i < c->leaves; i++) {
        const gradient *d = &c->wrong[c->leaf[i]];
        bool nothing = true;
        for (int k = 0; k < entries(d->shape) && !d->none; k++)
            nothing = nothing && fabs(d->v[k]) < 1e-12;
        if (nothing)
            return true;
    }
    return false;
}

/* A mistake that shows, and a second one that shows beside it, where two are wanted. */
static bool draw_mistakes(dice *d, zoo_case *c, int wanted)
{
    static _Thread_local mutation all[MOST_MUTATIONS];
    static _Thread_local gradient without[MOST_NODES];
    int count = catalogue(&c->now, c->seed, all);
    for (int try = 0; try < TRIES && c->mutations < wanted; try++) {
        mutation m = draw(&c->now, d, all, count);
        gradients_with(c, c->mutation, c->mutations, without);
        c->mutation[c->mutations] = m;
        gradients_with(c, c->mutation, c->mutations + 1, c->wrong);
        if (wanted == 2 && (m.mistake == ROUND_TO_FLOAT || leaves_nothing(c))) /* the other would hide it */
            continue;
        if (shows(c, without, c->wrong, m.mistake) && shows(c, c->right, c->wrong, m.mistake) &&
            is_finite(c, c->wrong))
            c->mutations++;
    }
    return c->mutations == wanted;
}

/* ---- corners ---- */

static double number_in(corner which, int i, double x)
{
    switch (which) {
    case KINKS: return i % 3 == 1 ? 0 : x;
    case TIES: return x < 0 ? -0.5 : 0.5;
    case TINY: return x * 1e-30;
    case HUGE_NUMBERS: return x * 1e8;
    default: return 0; /* ZEROS */
    }
}

/* Puts the first input, or parameter, into the corner; without it the case stays as it was. */
static void put_into(zoo_case *c, corner which)
{
    if (which == NO_CORNER)
        return;
    node *n = &c->now.node[c->leaf[0]], kept = *n;
    for (int i = 0; i < entries(n->shape); i++)
        n->v[i] = number_in(which, i, n->v[i]);
    run_forward(&c->now);
    gradients_with(c, NULL, 0, c->right);
    if (is_finite(c, c->right)) {
        c->corner = which;
    } else {
        *n = kept;
        run_forward(&c->now);
        gradients_with(c, NULL, 0, c->right);
    }
    memcpy(c->wrong, c->right, sizeof c->right);
}

/* Correct ones in every form, and the ways of being wrong that are no mistake in a rule. */
static void draw_correct(dice *d, zoo_case *c, int pick)
{
    static const form forms[] = { CLAIMED,        CLAIMED_PARAMETERS, WHOLE_OPERATION, WHOLE_OPERATION_OPS,
                                  NODE_OPERATION, NODE_OPERATION_OPS, LAYER,           AUTOGRAD,
                                  FLOAT32 };
    c->form = forms[below(d, 9)];
    if (pick == 1 && below(d, 3) == 0)
        c->form = below(d, 2) ? OVERWRITING_FORWARD : OVERWRITING_BACKWARD;
    if (c->form == CLAIMED || c->form == AUTOGRAD || c->form == WHOLE_OPERATION)
        put_into(c, (corner)below(d, CORNERS));
    if (c->form == LAYER && !has_one_input(&c->now))
        c->form = AUTOGRAD;
    do
        c->node = below(d, c->now.count);
    while (c->now.node[c->node].kind == LEAF);
}

/* Gradients claimed in float32, whose mistakes are far from its rounding. */
static bool may_be_single(const zoo_case *c)
{
    if (strncmp(c->now.name, "random", 6) == 0) /* some of these lose all of float32's digits */
        return false;
    if (c->form == FLOAT32)
        return true;
    for (int i = 0; i < c->mutations; i++)
        if (c->mutation[i].mistake == ROUND_TO_FLOAT)
            return false;
    for (int i = 0; i < c->leaves; i++)
        if (is_wrong(c, i) && distance(&c->wrong[c->leaf[i]], &c->right[c->leaf[i]]) < 0.05)
            return false;
    return c->mutations && (c->form == CLAIMED || c->form == CLAIMED_PARAMETERS) && c->number % 7 == 0;
}

static void list_leaves(zoo_case *c)
{
    for (int r = INPUT; r <= PARAMETER; r++)
        for (int i = 0; i < c->now.count; i++)
            if (c->now.node[i].kind == LEAF && c->now.node[i].role == (role)r)
                c->leaf[c->leaves++] = i;
}

static void name_case(zoo_case *c)
{
    int at = snprintf(c->name, sizeof c->name, "%s, %s%s, seed %llu", c->now.name, form_name(c->form),
                      c->single && c->form != FLOAT32 ? " in float32" : "", (unsigned long long)c->seed);
    for (int i = 0; i < c->mutations; i++) {
        const mutation *m = &c->mutation[i];
        const node *n = &c->now.node[m->node];
        at += snprintf(c->name + at, sizeof c->name - (size_t)at, ", %s at %d %s", mistake_name(m->mistake), m->node,
                       n->kind == LEAF ? n->name : rules[n->kind].name);
        if (m->operand != NOWHERE)
            at += snprintf(c->name + at, sizeof c->name - (size_t)at, " operand %d", m->operand);
        if (m->mistake == WRONG_FACTOR)
            at += snprintf(c->name + at, sizeof c->name - (size_t)at, " (%g)", m->factor);
    }
    static const char *const corners[CORNERS] = {
        "", ", at kinks", ", ties", ", tiny numbers", ", huge numbers", ", zeros"
    };
    if (!c->mutations)
        snprintf(c->name + at, sizeof c->name - (size_t)at, ", correct%s", corners[c->corner]);
}

static int consumer_of(const net *n, int at)
{
    int i = 0;
    while (n->node[i].x[0] != at && n->node[i].x[1] != at)
        i++;
    return i;
}

void make_case(int64_t number, zoo_case *c)
{
    int64_t all = cases_in_seed();
    int which = (int)(number % all) / PICKS, pick = (int)(number % PICKS);
    dice d = { (uint64_t)number * 0x9e3779b9u + 17 };
    memset(c, 0, sizeof *c);
    c->number = number;
    c->seed = (uint64_t)(number / all);
    make_net(which, c->seed, &c->now);
    earlier_net(&c->now, c->seed, &c->old);
    list_leaves(c);
    dims out = c->now.node[c->now.count - 1].shape;
    for (int i = 0; i < entries(out); i++)
        c->dy[i] = out.rank ? between(&d, 0.2, 1.2) * (roll(&d) % 2 ? 1 : -1) : 1;
    gradients_with(c, NULL, 0, c->right);
    memcpy(c->wrong, c->right, sizeof c->right);
    if (pick < CORRECT_PICKS || !draw_mistakes(&d, c, pick < CORRECT_PICKS + DOUBLE_PICKS ? 2 : 1)) {
        c->mutations = 0;
        memcpy(c->wrong, c->right, sizeof c->right);
        draw_correct(&d, c, pick);
    } else {
        c->form = draw_form(&d, c);
        c->node = c->form == ACCUMULATING ? consumer_of(&c->now, c->mutation[0].node) : c->mutation[0].node;
    }
    c->earlier = roll(&d) % 2;
    for (int i = 0; i < c->mutations; i++)
        c->earlier = c->earlier || needs_earlier(c->mutation[i].mistake);
    c->single = may_be_single(c);
    if (c->form == FLOAT32 && !c->single)
        c->form = AUTOGRAD;
    name_case(c);
}

/* ---- what could have made it ---- */

static void add_reading(reading *to, int *count, reading r)
{
    for (int i = 0; i < *count; i++)
        if (to[i].count == r.count && memcmp(to[i].cause, r.cause, sizeof r.cause) == 0)
            return;
    if (*count < MOST_READINGS && r.count > 0 && r.count <= GD_MAX_MISTAKES)
        to[(*count)++] = r;
}

/* Within an operation in plain C nobody can see whether there is a mean. */
static causes names_in(const zoo_case *c, const mutation *m)
{
    causes all = names_of(&c->now, m);
    bool counted = all & (CAUSE(GD_CAUSE_SUM_FOR_MEAN) | CAUSE(GD_CAUSE_MEAN_FOR_SUM));
    return counted && (c->form == WHOLE_OPERATION || c->form == NODE_OPERATION) ? all | CAUSE(GD_CAUSE_FACTOR) : all;
}

/* What was put in, but for what has no effect on this leaf. */
static reading put_in(const zoo_case *c, int at)
{
    static _Thread_local gradient one[MOST_NODES];
    reading r = { 0, { 0 } };
    for (int i = 0; i < c->mutations; i++) {
        gradients_with(c, &c->mutation[1 - i], c->mutations - 1, one); /* without the i-th */
        if (differs(&one[at], &c->wrong[at]))
            r.cause[r.count++] = names_in(c, &c->mutation[i]);
    }
    return r;
}

/* A mistake, and a factor beside it, that would have made the same numbers. */
static void add_equal(const zoo_case *c, int at, const mutation *m, reading *to, int *count)
{
    static _Thread_local gradient made[MOST_NODES];
    gradients_with(c, m, 1, made);
    double ratio = ratio_of(&c->wrong[at], &made[at]);
    bool same = distance(&c->wrong[at], &made[at]) < 1e-9;
    if ((!same && ratio == 0) || !differs(&made[at], &c->right[at]))
        return;
    if (!same && ratio_of(&made[at], &c->right[at]) != 0) /* nothing but a factor: scaled_reading has it */
        return;
    reading r = same ? (reading){ 0, { 0 } } : scaled_reading(&c->now, ratio);
    if (r.count < GD_MAX_MISTAKES)
        r.cause[r.count++] = names_of(&c->now, m);
    add_reading(to, count, r);
}

int readings_of(const zoo_case *c, int leaf, reading *to)
{
    static _Thread_local mutation all[MOST_MUTATIONS];
    int count = 0, at = c->leaf[leaf];
    add_reading(to, &count, put_in(c, at));
    double ratio = ratio_of(&c->wrong[at], &c->right[at]);
    if (ratio != 0)
        add_reading(to, &count, scaled_reading(&c->now, ratio));
    for (int i = 0; i < 2 && ratio != 0; i++) { /* a 2 beside a count */
        reading r = scaled_reading(&c->now, i ? ratio * 2 : ratio / 2);
        if (r.count && r.count < GD_MAX_MISTAKES &&
            !(r.cause[r.count - 1] & (CAUSE(GD_CAUSE_FACTOR) | CAUSE(GD_CAUSE_SIGN)))) {
            r.cause[r.count++] = CAUSE(GD_CAUSE_FACTOR);
            add_reading(to, &count, r);
        }
    }
    int mutations = catalogue(&c->now, c->seed, all);
    for (int i = 0; i < mutations; i++)
        if (all[i].mistake != WRONG_FACTOR && all[i].mistake != FLIP_SIGN && all[i].mistake != ROUND_TO_FLOAT)
            add_equal(c, at, &all[i], to, &count);
    return count;
}
