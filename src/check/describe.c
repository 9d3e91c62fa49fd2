/* describe.c - a mistake in words: where it stands, what was found there, and what to do. */
#include "check/mutant.h"

#include "gradus/op.h"

#include <stdarg.h>
#include <stdio.h>

enum { VALUE_SIZE = 128 };

/* ---- words ---- */

void gd__say(char *to, size_t size, const char *format, ...)
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
    case GD_CAUSE_SIGN:
        return "Turn its sign round: look at target - prediction against prediction - target, and at -= against +=";
    case GD_CAUSE_FACTOR:
        return "Look for a constant that was forgotten or taken twice: the 2 of a square, a 1/2, a count";
    case GD_CAUSE_SUM_FOR_MEAN: return "The loss is a mean: divide the gradient by that count too";
    case GD_CAUSE_MEAN_FOR_SUM:
        return "Sum over the samples, without dividing: the mean, if there is one, is in the incoming gradient "
               "already";
    case GD_CAUSE_TRANSPOSED: return "Transpose it: for Y = X W, dW = X^T dY and dX = dY W^T";
    case GD_CAUSE_PERMUTED: return "Bring the axes back into the order of the tensor";
    case GD_CAUSE_NOT_SUMMED:
        return "Sum it over the axis that was broadcast: a bias that is added to each row gets the sum over the rows";
    case GD_CAUSE_WRONG_AXIS: return "Use the other axis";
    case GD_CAUSE_DERIVATIVE_MISSING: return "Multiply the incoming gradient by that derivative";
    case GD_CAUSE_DERIVATIVE_TWICE: return "Take it once: see whether the gradient of the loss has it in it already";
    case GD_CAUSE_WRONG_POINT:
        return "Hand the derivative what went into the step; a formula in terms of the step's result gets the result";
    case GD_CAUSE_MASK_INVERTED:
        return "Let the gradient pass where the forward let the value pass, and stop it elsewhere";
    case GD_CAUSE_MASK_WRONG: return "Make the mask from the operand of the forward";
    case GD_CAUSE_SOFTMAX_DIAGONAL: return "Each y depends on every x: dx = y * (dy - sum(dy * y))";
    case GD_CAUSE_SOFTMAX_TWICE:
        return "softmax - target is the gradient by the logits already: apply the Jacobian once";
    case GD_CAUSE_OPERANDS_SWAPPED: return "The gradient of one operand of a product has the other operand in it";
    case GD_CAUSE_TERM_SIGN: return "Turn the sign of this term round";
    case GD_CAUSE_TERM_MISSING: return "Put the missing term or factor in";
    case GD_CAUSE_STALE: return "Save the value in each forward, and use what the newest one saved";
    case GD_CAUSE_OVERWRITTEN: return "Write to a copy: what the backward reads must be as the forward left it";
    case GD_CAUSE_ACCUMULATED: return "Set the gradient to zero before each backward";
    case GD_CAUSE_ASSIGNED: return "Add up what comes from each use or sample: += in place of =";
    case GD_CAUSE_OFF_BY_ONE: return "Look at the bounds of the loop and at the first and last index";
    case GD_CAUSE_PATH_FORGOTTEN:
        return "A value that is used in several places gets the sum of the gradients of all";
    case GD_CAUSE_SHARED_ONCE: return "Add up the gradients of all places where the tensor is used";
    case GD_CAUSE_MISSING: return "Compute it";
    case GD_CAUSE_REGULARISER_MISSING: return "Add the derivative of the regulariser";
    case GD_CAUSE_FLOAT32: return "Keep all values and buffers of the computation in float64";
    case GD_CAUSE_DETACHED: return "Leave gd_detach out, if the value is not meant to be a constant";
    case GD_CAUSE_NOT_DETACHED: return "Treat the detached value as a constant";
    case GD_CAUSE_WRONG_VALUE: return "Use the value that the derivative's formula names";
    case GD_CAUSE_NOT_FINITE: return "Find the first operation that makes such a number: gd_watch_finite";
    case GD_CAUSE_WRONG_SHAPE: return "A gradient has the shape of its tensor";
    case GD_CAUSE_UNKNOWN:
    case GD_CAUSE_COUNT: break;
    }
    return "Compare the formula with the derivation step by step, from the loss back. Gradients that are right lie "
           "before the mistake";
}

void gd__mistake_of(gd_cause cause, double factor, gd_mistake *to)
{
    *to = (gd_mistake){ .cause = cause, .factor = factor };
    gd__say(to->what, sizeof to->what, "%s", gd_cause_words(cause));
    gd__say(to->remedy, sizeof to->remedy, "%s", remedy_of(cause));
}

/* ---- where ---- */

/* Mistakes made to the gradient of a value, rather than in a step: the value. Else -1. */
static int value_of(const gd__mutant *m)
{
    return m->kind == GD__MUT_EXTRA || m->kind == GD__MUT_LOGITS ? m->b : -1;
}

/* The step whose derivative it is in; -1 where there is none. */
static int step_of(const gd__program *p, const gd__mutant *m)
{
    return m->edge >= 0                      ? p->edge[m->edge].from
           : m->kind == GD__MUT_FROM_EARLIER ? m->at
           : m->kind == GD__MUT_NORM         ? m->a
                                             : p->node[m->at].of;
}

static void tell_where(const gd__program *p, const gd__mutant *m, gd_mistake *to)
{
    char text[VALUE_SIZE];
    int step = step_of(p, m);
    if (value_of(m) >= 0)
        gd__say(to->where, sizeof to->where, "the gradient of %s", gd__value_text(p, value_of(m), text, sizeof text));
    else if (step >= 0)
        gd__node_text(p, step, to->where, sizeof to->where);
}

/* ---- what ---- */

static void add_to_what(gd_mistake *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_to_what(gd_mistake *to, const char *format, ...)
{
    char more[sizeof to->what];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(more, sizeof more, format, arguments);
    va_end(arguments);
    gd__say(to->what, sizeof to->what, "%s: %.200s", gd_cause_words(to->cause), more);
}

/* One value where another is meant. */
static void tell_substitution(const gd__program *p, const gd__mutant *m, gd_mistake *to)
{
    char used[VALUE_SIZE], meant[VALUE_SIZE];
    const gd__node *from = &p->node[step_of(p, m)];
    int right = m->kind == GD__MUT_POINT     ? from->in[0]
                : m->kind == GD__MUT_RESULT  ? p->edge[m->edge].from
                : m->kind == GD__MUT_OPERAND ? from->in[m->b]
                                             : p->node[m->at].in[0];
    gd__value_text(p, m->a, used, sizeof used);
    gd__value_text(p, right, meant, sizeof meant);
    add_to_what(to, "%s stands where %s is meant", used, meant);
}

/* A value, and what happened to it: "x is left out". */
static void tell_value(const gd__program *p, int value, const char *happened, gd_mistake *to)
{
    char text[VALUE_SIZE];
    add_to_what(to, "%s %s", gd__value_text(p, value, text, sizeof text), happened);
}

/* A term of a sum, which is a value or, of those with one operand, a number. */
static void tell_term(const gd__program *p, const gd__node *sum, int term, bool left_out, gd_mistake *to)
{
    char text[VALUE_SIZE];
    if (term < sum->count)
        gd__value_text(p, sum->in[term], text, sizeof text);
    else
        gd__say(text, sizeof text, "%.6g", sum->attrs.scalar[0]);
    add_to_what(to, left_out ? "%s is left out" : "it is %s", text);
}

/* By what is done to (f(value) - target): see GD__MUT_LOGITS. */
static void tell_logits(const gd__mutant *m, gd_mistake *to)
{
    static const char *const done[] = { "- target is meant, and not + target", "stands without the target",
                                        "is missing, and the target is alone", "runs along axis 0",
                                        "is left out: its operand was put in its place" };
    if (m->c > 4)
        add_to_what(to, "the target is one place off along its last axis");
    else
        add_to_what(to, "%s %s", m->edge == -2 ? "softmax" : "sigmoid", done[(int)m->c]);
}

static void tell_extra(const gd__mutant *m, gd_mistake *to)
{
    static const char *const of[] = { "the derivative of a sigmoid", "the derivative of a tanh",
                                      "the derivative of a relu", "the diagonal of softmax's Jacobian",
                                      "softmax's Jacobian" };
    add_to_what(to, "it is multiplied by %s, which is in it already", of[m->a]);
    if (m->a >= 3)
        gd__say(to->remedy, sizeof to->remedy, "%s", remedy_of(GD_CAUSE_SOFTMAX_TWICE));
}

/* Of a step such as round, whose derivative is 0, everything comes back. */
static void tell_passed(gd_mistake *to)
{
    if (to->cause != GD_CAUSE_NOT_DETACHED)
        return;
    add_to_what(to, "its derivative is 0, but the gradient passes as it is");
    gd__say(to->remedy, sizeof to->remedy,
            "Hand back 0. If the gradient is meant to pass, make the step x + gd_detach(step(x) - x)");
}

/* The value that the gradient goes on to. */
static void tell_lost(const gd__program *p, const gd__mutant *m, gd_mistake *to)
{
    char text[VALUE_SIZE];
    if (m->edge < 0)
        return;
    gd__value_text(p, p->edge[m->edge].to, text, sizeof text);
    if (m->c == 0)
        add_to_what(to, "nothing comes back through it to %s", text);
    else
        add_to_what(to, "what comes back through it to %s is multiplied by %.6g", text, m->c);
}

static void tell_in_rule(const gd__program *p, const gd__mutant *m, gd_mistake *to)
{
    const gd__node *node = &p->node[m->at];
    switch (m->kind) {
    case GD__MUT_TERM_SIGN: tell_term(p, node, m->a, false, to); break;
    case GD__MUT_TERM_DROPPED: tell_term(p, node, m->a, true, to); break;
    case GD__MUT_FACTOR_TWICE: tell_value(p, node->in[m->a], "counts twice", to); break;
    case GD__MUT_COMPARED: tell_substitution(p, m, to); break;
    case GD__MUT_SUM_SAMPLE: add_to_what(to, "the %s sample alone is left", m->a < 0 ? "last" : "first"); break;
    case GD__MUT_SUM_BUT: add_to_what(to, "the %s sample is left out", m->a < 0 ? "last" : "first"); break;
    case GD__MUT_SWAPPED: add_to_what(to, "the product is made in the other order"); break;
    case GD__MUT_RESHAPED: add_to_what(to, "reshaped where it should be transposed"); break;
    default: break;
    }
}

static void tell_operand(const gd__program *p, const gd__mutant *m, gd_mistake *to)
{
    int operand = p->node[p->edge[m->edge].from].in[m->b];
    switch (m->kind) {
    case GD__MUT_OPERAND_TURNED: tell_value(p, operand, "is meant, and not its transpose", to); break;
    case GD__MUT_OPERAND_ROLLED: tell_value(p, operand, "is one place off along its last axis", to); break;
    case GD__MUT_OPERAND_ROWS: tell_value(p, operand, "is one row off", to); break;
    case GD__MUT_OPERAND_TERM: tell_term(p, &p->node[operand], m->a & 1, m->a >= 2, to); break;
    case GD__MUT_INDEX: add_to_what(to, "the indices are off by %+d", m->a); break;
    case GD__MUT_EARLIER: tell_value(p, operand, "is of the forward before", to); break;
    default: break;
    }
}

/* Behind what is said of one step: how many there are. */
static void tell_repeated(const gd__mutant *m, gd_mistake *to)
{
    char what[sizeof to->what];
    int steps = 0;
    for (const gd__mutant *at = m; at; at = at->next)
        steps++;
    gd__say(what, sizeof what, "%.200s, in each of %d such steps", to->what, steps);
    if (steps > 1)
        gd__say(to->what, sizeof to->what, "%s", what);
}

static void tell_one(const gd__program *p, const gd__mutant *m, gd_mistake *to)
{
    bool of_all = m->kind == GD__MUT_SCALE && m->c != 0 && m->cause != GD_CAUSE_TERM_SIGN;
    gd__mistake_of(m->cause, of_all ? m->c : 1, to);
    tell_where(p, m, to);
    switch (m->kind) {
    case GD__MUT_POINT:
    case GD__MUT_RESULT:
    case GD__MUT_OPERAND: tell_substitution(p, m, to); break;
    case GD__MUT_SCALE: tell_lost(p, m, to); break;
    case GD__MUT_SKIP: tell_passed(to); break;
    case GD__MUT_LOGITS: tell_logits(m, to); break;
    case GD__MUT_EXTRA: tell_extra(m, to); break;
    case GD__MUT_ALL_EARLIER: add_to_what(to, "all that it reads is of the forward before"); break;
    case GD__MUT_FROM_EARLIER: add_to_what(to, "its result is of the forward before"); break;
    case GD__MUT_OTHER_GRADIENT: add_to_what(to, "it is the gradient of the other operand"); break;
    case GD__MUT_SAMPLE:
    case GD__MUT_LAST_USE: add_to_what(to, "the %s alone is left", m->a < 0 ? "last" : "first"); break;
    case GD__MUT_SAMPLES_BUT: add_to_what(to, "the %s sample is left out", m->a < 0 ? "last" : "first"); break;
    case GD__MUT_ROLLED: add_to_what(to, "axis %d of its gradient is off by %+d", m->a, m->b); break;
    case GD__MUT_NORM: add_to_what(to, "%s", gd__norm_text(m)); break;
    case GD__MUT_NO_SEED: add_to_what(to, "the incoming gradient, of the result, is left out"); break;
    case GD__MUT_AXIS: add_to_what(to, "it runs along axis %d", m->a); break;
    case GD__MUT_OPERAND_TURNED:
    case GD__MUT_OPERAND_ROLLED:
    case GD__MUT_OPERAND_ROWS:
    case GD__MUT_OPERAND_TERM:
    case GD__MUT_INDEX:
    case GD__MUT_EARLIER: tell_operand(p, m, to); break;
    default: tell_in_rule(p, m, to); break;
    }
}

void gd__mutant_tell(const gd__program *p, const gd__mutant *m, gd_mistake *to)
{
    tell_one(p, m, to);
    tell_repeated(m, to);
}
