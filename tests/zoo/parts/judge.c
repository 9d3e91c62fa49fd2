/* judge.c - is what the check said right? */
#include "zoo/parts/judge.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const outcome_names[OUTCOMES] = { "right",  "named first", "named",       "misnamed",
                                                     "missed", "false alarm", "not compared" };

const char *outcome_name(outcome o)
{
    return outcome_names[o];
}

/* ---- does an explanation say what was put in? ---- */

/* The mistakes that are left, each to a reading's cause that no other has taken. */
static bool pairs_up(const gd_explanation *e, int at, const reading *r, unsigned taken)
{
    if (at == e->mistakes)
        return true;
    for (int i = 0; i < r->count; i++)
        if (!(taken >> i & 1) && (r->cause[i] & CAUSE(e->mistake[at].cause)) &&
            pairs_up(e, at + 1, r, taken | 1u << i))
            return true;
    return false;
}

static bool says(const gd_explanation *e, const reading *r, int readings)
{
    for (int i = 0; i < readings; i++)
        if (e->mistakes == r[i].count && pairs_up(e, 0, &r[i], 0))
            return true;
    return false;
}

static bool says_somewhere(const gd_check_input *in, const reading *r, int readings)
{
    for (int i = 0; i < in->explanations; i++)
        if (says(&in->explanation[i], r, readings))
            return true;
    return false;
}

/* What a single mistake is called when nothing is given away. */
static gd_cause exact_cause(const zoo_case *c, int leaf)
{
    const mutation *m = &c->mutation[0];
    gd_cause first = c->form == DETACHED ? GD_CAUSE_DETACHED : cause_of(&c->now, m);
    double ratio = ratio_of(&c->wrong[c->leaf[leaf]], &c->right[c->leaf[leaf]]);
    if (first == GD_CAUSE_SIGN && ratio == 0)
        return GD_CAUSE_TERM_SIGN;
    if (first == GD_CAUSE_FACTOR && ratio != 0) {
        reading r = scaled_reading(&c->now, ratio);
        for (int i = 0; i < GD_CAUSE_COUNT && r.count == 1; i++)
            if (r.cause[0] == CAUSE(i))
                return (gd_cause)i;
    }
    return first;
}

static void because(judgement *j, outcome o, const char *format, ...)
{
    if (j->outcome >= o)
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(j->why, sizeof j->why, format, arguments);
    va_end(arguments);
    j->outcome = o;
}

static void describe(const gd_explanation *e, char *text, size_t size)
{
    size_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < e->mistakes && at < size; i++)
        at += (size_t)snprintf(text + at, size - at, "%s%s", i ? " + " : "", gd_cause_key(e->mistake[i].cause));
}

static void judge_wrong(judgement *j, const zoo_case *c, int leaf, const gd_check_input *in)
{
    reading r[MOST_READINGS];
    int readings = readings_of(c, leaf, r);
    const gd_explanation *first = &in->explanation[0];
    char said[120] = "nothing";
    if (in->explanations)
        describe(first, said, sizeof said);
    bool first_of_all = j->meant == GD_CAUSE_COUNT;
    if (first_of_all && c->mutations == 1) {
        j->meant = exact_cause(c, leaf);
        j->named = in->explanations ? first->mistake[0].cause : GD_CAUSE_UNKNOWN;
    }
    j->to_the_letter = j->to_the_letter && c->mutations == 1 && first->mistakes == 1 && in->explanations &&
                       first->mistake[0].cause == exact_cause(c, leaf);
    if (in->explanations && says(first, r, readings))
        because(j, NAMED_FIRST, "%s", "");
    else if (says_somewhere(in, r, readings))
        because(j, NAMED, "%s: first %s", in->name, said);
    else
        because(j, MISNAMED, "%s: %s", in->name, said);
}

static void judge_input(judgement *j, const zoo_case *c, int leaf, const gd_check_input *in)
{
    bool wrong = is_wrong(c, leaf);
    if (wrong && is_faint(c, leaf) && in->verdict == GD_CHECK_RIGHT)
        return;
    if (in->verdict == GD_CHECK_WRONG) {
        j->missed_all = false;
        if (wrong)
            judge_wrong(j, c, leaf, in);
        else
            because(j, FALSE_ALARM, "%s is right", in->name);
    } else if (in->verdict != GD_CHECK_RIGHT) {
        because(j, NOT_COMPARED, "%s: %s", in->name, gd_verdict_name(in->verdict));
    } else if (wrong) {
        if (j->meant == GD_CAUSE_COUNT && c->mutations == 1)
            j->meant = exact_cause(c, leaf);
        because(j, MISSED, "%s is wrong", in->name);
    }
}

/* What is overwritten may be needed by nobody: then the gradients are right all the same. */
static bool is_harmless(const zoo_case *c)
{
    static _Thread_local bench b;
    gd_context *g = gd_open();
    start_bench(&b, g, c);
    double off = self_distance(&b);
    gd_close(g);
    return off < 1e-9;
}

/* Of a form whose numbers depend on how often it is called: the cause alone. */
static void judge_cause(judgement *j, const gd_check *check, gd_cause cause)
{
    reading r = { 1, { CAUSE(cause) } };
    j->meant = cause;
    because(j, MISSED, "no gradient is called wrong");
    for (int i = 0; i < gd_check_count(check); i++) {
        const gd_check_input *in = gd_check_at(check, i);
        if (in->verdict != GD_CHECK_WRONG)
            continue;
        bool first = in->explanations && says(&in->explanation[0], &r, 1);
        outcome o = first ? NAMED_FIRST : says_somewhere(in, &r, 1) ? NAMED : MISNAMED;
        char said[120] = "nothing";
        if (in->explanations)
            describe(&in->explanation[0], said, sizeof said);
        if (o >= j->outcome && j->outcome != MISSED)
            continue;
        j->outcome = o;
        j->missed_all = false;
        j->named = in->explanations ? in->explanation[0].mistake[0].cause : GD_CAUSE_UNKNOWN;
        snprintf(j->why, sizeof j->why, "%s: %s", in->name, said);
    }
    j->to_the_letter = j->outcome == NAMED_FIRST;
}

static void judge_check(judgement *j, const zoo_case *c, const gd_check *check)
{
    if (gd_check_count(check) != c->leaves)
        because(j, NOT_COMPARED, "%d gradients were checked, of %d", gd_check_count(check), c->leaves);
    else if ((c->form == OVERWRITING_FORWARD || c->form == OVERWRITING_BACKWARD) &&
             gd_check_verdict(check) == GD_CHECK_RIGHT && is_harmless(c))
        return;
    else if (c->form == OVERWRITING_FORWARD || c->form == OVERWRITING_BACKWARD)
        judge_cause(j, check, GD_CAUSE_OVERWRITTEN);
    else if (c->form == CAST) /* what comes behind it is rounded as well */
        judge_cause(j, check, GD_CAUSE_FLOAT32);
    else if (c->form == ACCUMULATING)
        judge_cause(j, check, GD_CAUSE_ACCUMULATED);
    else
        for (int i = 0; i < c->leaves; i++)
            judge_input(j, c, i, gd_check_at(check, i));
}

judgement judge_case(const zoo_case *c, FILE *to)
{
    static _Thread_local bench b;
    judgement j = { .to_the_letter = true, .missed_all = true, .meant = GD_CAUSE_COUNT, .named = GD_CAUSE_COUNT };
    gd_context *g = gd_open();
    start_bench(&b, g, c);
    gd_check *check = check_case(&b);
    if (gd_failed(g) || gd_check_verdict(check) == GD_CHECK_FAILED)
        because(&j, NOT_COMPARED, "%s", gd_message(g));
    else
        judge_check(&j, c, check);
    if (to)
        gd_print_check(check, to);
    if (to && gd_failed(g))
        fprintf(to, "%s\n", gd_message(g));
    gd_close(g);
    if (j.outcome == SAID_RIGHT || j.outcome > NAMED_FIRST)
        j.to_the_letter = false;
    return j;
}

/* ---- counts ---- */

void count_case(tally *t, const zoo_case *c, const judgement *j)
{
    bool special = j->meant == GD_CAUSE_OVERWRITTEN;
    int mistakes = special ? 1 : c->mutations;
    t->cases[mistakes]++;
    t->by_outcome[mistakes][j->outcome]++;
    t->letter[mistakes] += j->to_the_letter;
    t->form[c->form]++;
    t->form_good[c->form] += j->outcome <= NAMED_FIRST;
    if (mistakes != 1 || j->meant == GD_CAUSE_COUNT)
        return;
    t->meant[j->meant]++;
    t->named_first[j->meant] += j->outcome == NAMED_FIRST;
    t->named[j->meant] += j->outcome == NAMED_FIRST || j->outcome == NAMED;
    t->missed[j->meant] += j->outcome == MISSED;
    t->letters[j->meant] += j->to_the_letter;
    if (j->named < GD_CAUSE_COUNT && j->outcome != NAMED_FIRST)
        t->confused[j->meant][j->named]++;
}

static double percent(int64_t part, int64_t whole)
{
    return whole ? 100 * (double)part / (double)whole : 0;
}

static void print_totals(const tally *t, FILE *to)
{
    static const char *const what[3] = { "correct", "one mistake", "two mistakes" };
    fprintf(to, "| cases | number | right | named first | to the letter | among the named | misnamed | missed | "
                "false alarm | "
                "not compared |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    for (int i = 0; i < 3; i++) {
        const int64_t *o = t->by_outcome[i];
        fprintf(to, "| %s | %lld | %lld | %lld (%.1f %%) | %lld | %lld (%.1f %%) | %lld | %lld | %lld | %lld |\n",
                what[i], (long long)t->cases[i], (long long)o[SAID_RIGHT], (long long)o[NAMED_FIRST],
                percent(o[NAMED_FIRST], t->cases[i]), (long long)t->letter[i], (long long)(o[NAMED_FIRST] + o[NAMED]),
                percent(o[NAMED_FIRST] + o[NAMED], t->cases[i]), (long long)o[MISNAMED], (long long)o[MISSED],
                (long long)o[FALSE_ALARM], (long long)o[NOT_COMPARED]);
    }
}

static void print_confused(const int64_t *named, FILE *to)
{
    const char *before = "";
    for (int k = 0; k < GD_CAUSE_COUNT; k++)
        if (named[k]) {
            fprintf(to, "%s%s (%lld)", before, gd_cause_key((gd_cause)k), (long long)named[k]);
            before = ", ";
        }
}

static void print_causes(const tally *t, FILE *to)
{
    fprintf(to, "\n| cause | cases | named first | to the letter | among the named | missed | first instead |\n"
                "| --- | ---: | ---: | ---: | ---: | ---: | --- |\n");
    for (int i = 0; i < GD_CAUSE_COUNT; i++) {
        if (!t->meant[i])
            continue;
        fprintf(to, "| %s | %lld | %.1f %% | %.1f %% | %.1f %% | %lld | ", gd_cause_key((gd_cause)i),
                (long long)t->meant[i], percent(t->named_first[i], t->meant[i]), percent(t->letters[i], t->meant[i]),
                percent(t->named[i], t->meant[i]), (long long)t->missed[i]);
        print_confused(t->confused[i], to);
        fprintf(to, " |\n");
    }
}

static void print_forms(const tally *t, FILE *to)
{
    fprintf(to, "\n| met as | cases | right, or named first |\n| --- | ---: | ---: |\n");
    for (int i = 0; i < FORMS; i++)
        if (t->form[i])
            fprintf(to, "| %s | %lld | %.1f %% |\n", form_name((form)i), (long long)t->form[i],
                    percent(t->form_good[i], t->form[i]));
}

void print_tally(const tally *t, FILE *to)
{
    print_totals(t, to);
    print_causes(t, to);
    print_forms(t, to);
}
