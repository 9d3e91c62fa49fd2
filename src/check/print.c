/* print.c - a check for a person: the verdict in a sentence, a line for each gradient, and for each wrong one where it is
 * wrong, both numbers, why, and what to do about it. Within 100 columns, but for words that are longer. */
#include "check/check.h"

#include "base/text.h"
#include "tensor/tensor.h"

#include <math.h>
#include <string.h>

enum { LINE = 100, LABEL = 13, NAME_SIZE = 96, PHRASE_SIZE = 640 };

/* How sure an explanation must be beside the first. A program gets the others too. */
static const double WORTH_READING = 0.05;

/* ---- where the text goes ---- */

/* A file, or a buffer that takes what it has room for; `length` counts all. */
typedef struct sink {
    FILE *file;
    char *text;
    size_t size, length;
    int column;
    int indent; /* where a line goes on that was too long for one */
} sink;

static void put_bytes(sink *to, const char *bytes, size_t count)
{
    size_t room = to->length + 1 < to->size ? to->size - to->length - 1 : 0;
    if (to->file)
        fwrite(bytes, 1, count, to->file);
    else if (room > 0)
        memcpy(to->text + to->length, bytes, count < room ? count : room);
    to->length += count;
}

static void put(sink *to, const char *text)
{
    put_bytes(to, text, strlen(text));
    to->column += gd__columns(text);
}

static void put_spaces_to(sink *to, int column)
{
    while (to->column < column)
        put(to, " ");
}

static void end_line(sink *to)
{
    put_bytes(to, "\n", 1);
    to->column = 0;
}

/* The next word of the text, cut where it has no room: how many bytes of it were taken. */
static size_t take_word(const char *text, char *word, size_t size)
{
    size_t length = strcspn(text, " \n");
    length = length < size ? length : size - 1;
    memcpy(word, text, length);
    word[length] = '\0';
    gd__make_printable(word);
    return length;
}

/* The words of the text, from where the line stands; lines that they fill go on at the indent. */
static void put_words(sink *to, const char *text)
{
    char word[PHRASE_SIZE];
    bool first = true;
    for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
        text += take_word(text, word, sizeof word);
        if (to->column > to->indent && to->column + !first + gd__columns(word) > LINE) {
            end_line(to);
            put_spaces_to(to, to->indent);
        } else if (!first)
            put(to, " ");
        put(to, word);
        first = false;
    }
}

/* "    claimed   ", and what follows begins, and goes on, behind it. */
static void put_label(sink *to, const char *label)
{
    put(to, "    ");
    put(to, label);
    put_spaces_to(to, LABEL);
    to->indent = LABEL;
}

static void put_labelled(sink *to, const char *label, const char *text)
{
    put_label(to, label);
    put_words(to, text);
    end_line(to);
}

/* ---- parts of sentences ---- */

static const char *plural(int64_t count)
{
    return count == 1 ? "" : "s";
}

/* "[1, 0]"; "" for the one entry of a tensor without dimensions. */
static const char *place_text(gd_dims place, char text[GD__TEXT_SIZE])
{
    size_t length = 0;
    for (int i = 0; i < place.count; i++)
        length += (size_t)snprintf(text + length, GD__TEXT_SIZE - length, "%s%lld", i > 0 ? ", " : "[",
                                   (long long)place.size[i]);
    snprintf(text + length, GD__TEXT_SIZE - length, "%s", place.count > 0 ? "]" : "");
    return text;
}

/* "-4", "1/3": what is a whole number's inverse is written so. */
static const char *factor_text(double factor, char text[GD__NUMBER_SIZE])
{
    double inverse = 1 / factor, whole = round(inverse);
    bool is_fraction = fabs(whole) > 1 && fabs(whole) < 1e6 && fabs(inverse - whole) < 1e-6 * fabs(whole);
    if (is_fraction)
        snprintf(text, GD__NUMBER_SIZE, "%s1/%.0f", factor < 0 ? "-" : "", fabs(whole));
    else
        gd__number_text(factor, 6, text);
    return text;
}

/* "the sign is flipped; summed where the mean is meant: -4 times" */
static const char *cause_text(const gd_explanation *e, char text[PHRASE_SIZE])
{
    char number[GD__NUMBER_SIZE];
    double factor = 1;
    size_t length = 0;
    for (int i = 0; i < e->mistakes; i++) {
        factor *= e->mistake[i].factor;
        length += (size_t)snprintf(text + length, PHRASE_SIZE - length, "%s%s", i > 0 ? "; " : "",
                                   gd_cause_words(e->mistake[i].cause));
    }
    if (e->mistakes == 0)
        length = (size_t)snprintf(text, PHRASE_SIZE, "%s", gd_cause_words(GD_CAUSE_UNKNOWN));
    if (factor != 1)
        snprintf(text + length, PHRASE_SIZE - length, ": %s times", factor_text(factor, number));
    return text;
}

static bool is_explained(const gd_check_input *in)
{
    const gd_explanation *first = &in->explanation[0];
    return in->explanations > 0 && first->mistakes > 0 && first->mistake[0].cause != GD_CAUSE_UNKNOWN;
}

static const char *percent_text(double share, char text[GD__NUMBER_SIZE])
{
    if (share > 0.995 && share < 1)
        snprintf(text, GD__NUMBER_SIZE, "over 99 %%");
    else if (share > 0 && share < 0.005)
        snprintf(text, GD__NUMBER_SIZE, "below 1 %%");
    else
        snprintf(text, GD__NUMBER_SIZE, "%.0f %%", 100 * share);
    return text;
}

static const char *likelihood(double confidence)
{
    return confidence >= 0.95  ? "almost certain"
           : confidence >= 0.8 ? "very likely"
           : confidence >= 0.5 ? "likely"
           : confidence >= 0.2 ? "possible"
                               : "unlikely";
}

/* As many digits, 6 or more, as tell the two numbers apart. */
static int digits_between(double a, double b)
{
    char one[GD__NUMBER_SIZE], other[GD__NUMBER_SIZE];
    for (int digits = 6; digits < 17; digits += 3)
        if (strcmp(gd__number_text(a, digits, one), gd__number_text(b, digits, other)) != 0)
            return digits;
    return 17;
}

/* ---- the verdict ---- */

static int64_t how_many(const gd_check *check, gd_verdict verdict)
{
    int64_t count = 0;
    for (int i = 0; i < check->count; i++)
        count += check->input[i].verdict == verdict;
    return count;
}

/* "All 4 gradients are", "Both gradients are", "The gradient is", "1 of 4 gradients is" */
static const char *subject_text(int64_t some, int64_t all, char text[GD__TEXT_SIZE])
{
    if (all == 1)
        snprintf(text, GD__TEXT_SIZE, "The gradient is");
    else if (some == all && all == 2)
        snprintf(text, GD__TEXT_SIZE, "Both gradients are");
    else if (some == all)
        snprintf(text, GD__TEXT_SIZE, "All %lld gradients are", (long long)all);
    else
        snprintf(text, GD__TEXT_SIZE, "%lld of %lld gradients %s", (long long)some, (long long)all,
                 some == 1 ? "is" : "are");
    return text;
}

/* "in all 12 entries" */
static const char *extent_text(const gd_check *check, char text[GD__TEXT_SIZE])
{
    int64_t entries = 0;
    for (int i = 0; i < check->count; i++)
        entries += check->input[i].compared;
    if (entries == 0)
        snprintf(text, GD__TEXT_SIZE, "along random directions");
    else if (entries == 1)
        snprintf(text, GD__TEXT_SIZE, "in 1 entry");
    else
        snprintf(text, GD__TEXT_SIZE, "in all %lld entries", (long long)entries);
    return text;
}

static void put_verdict_of_inputs(sink *to, const gd_check *check)
{
    char subject[GD__TEXT_SIZE], extent[GD__TEXT_SIZE], text[PHRASE_SIZE];
    int64_t count = how_many(check, check->verdict);
    bool one = count == 1;
    subject_text(count, check->count, subject);
    if (check->verdict == GD_CHECK_RIGHT)
        snprintf(text, sizeof text, "%s right: %s with central differences %s.%s", subject,
                 one ? "it agrees" : "they agree", extent_text(check, extent),
                 check->second_checked ? " So do the second derivatives." : "");
    else if (check->verdict == GD_CHECK_WRONG)
        snprintf(text, sizeof text, "%s wrong: %s with central differences.", subject,
                 one ? "it disagrees" : "they disagree");
    else
        snprintf(text, sizeof text,
                 "%s unsure: not every entry could be compared. The rest agrees with central differences.", subject);
    put_words(to, text);
}

static void put_verdict(sink *to, const gd_check *check)
{
    to->indent = 0;
    if (check->verdict == GD_CHECK_FAILED)
        put_words(to, "The check failed: nothing could be compared.");
    else if (check->count == 0)
        put_words(to, "There is no gradient to check.");
    else
        put_verdict_of_inputs(to, check);
    if (check->narrow)
        put_words(to, " The operation takes float32 alone: its numbers have 7 digits, and small mistakes may hide.");
    end_line(to);
}

/* ---- a line for each gradient ---- */

/* Where the columns behind the name and behind the shape stand. */
typedef struct table {
    int shape, verdict;
} table;

static const char *name_text(const gd_check_input *in, char text[NAME_SIZE])
{
    snprintf(text, NAME_SIZE, "%s", in->name);
    gd__make_printable(text);
    return text;
}

static table table_of(const gd_check *check)
{
    table t = { 0, 0 };
    for (int i = 0; i < check->count; i++) {
        char name[NAME_SIZE], shape[GD__TEXT_SIZE];
        int of_name = gd__columns(name_text(&check->input[i], name));
        int of_shape = gd__columns(gd__shape_text(check->input[i].shape, shape));
        t.shape = of_name > t.shape ? of_name : t.shape;
        t.verdict = of_shape > t.verdict ? of_shape : t.verdict;
    }
    t.shape += 4;
    t.verdict += t.shape + 2;
    return t;
}

/* "12 entries, 1 kink, 2 not to be trusted" */
static void put_counts(sink *to, const gd_check_input *in)
{
    char text[GD__TEXT_SIZE];
    size_t length = 0;
    if (in->compared > 0 || in->entries == 0)
        length = (size_t)snprintf(text, sizeof text, "%lld %s", (long long)in->entries,
                                  in->entries == 1 ? "entry" : "entries");
    else
        length = (size_t)snprintf(text, sizeof text, "along random directions");
    if (in->kinks > 0)
        length += (size_t)snprintf(text + length, sizeof text - length, ", %lld kink%s", (long long)in->kinks,
                                   plural(in->kinks));
    if (in->unsure > 0)
        snprintf(text + length, sizeof text - length, ", %lld not to be trusted", (long long)in->unsure);
    put_words(to, text);
}

static void put_row(sink *to, const gd_check_input *in, table t)
{
    char text[PHRASE_SIZE];
    put(to, "  ");
    put(to, name_text(in, text));
    put_spaces_to(to, t.shape);
    put(to, gd__shape_text(in->shape, text));
    put_spaces_to(to, t.verdict);
    put(to, gd_verdict_name(in->verdict));
    put_spaces_to(to, t.verdict + 8);
    to->indent = to->column;
    if (in->verdict == GD_CHECK_WRONG && is_explained(in))
        put_words(to, cause_text(&in->explanation[0], text));
    else if (in->verdict == GD_CHECK_WRONG)
        put_words(to, gd_cause_words(GD_CAUSE_UNKNOWN));
    else if (in->verdict == GD_CHECK_FAILED)
        put_words(to, "nothing could be compared");
    else
        put_counts(to, in);
    end_line(to);
}

/* ---- what is wrong with one ---- */

/* "W1: 4 of 16 entries are wrong (rows 2 and 5), [1, 0] most" */
static void put_place(sink *to, const gd_check_input *in)
{
    char name[NAME_SIZE], place[GD__TEXT_SIZE], text[PHRASE_SIZE];
    const char *where = place_text(in->worst, place);
    bool tells = *in->pattern && in->wrong > 1 && in->wrong < in->entries;
    size_t length = (size_t)snprintf(text, sizeof text, "%s:", name_text(in, name));
    to->indent = 4;
    if (in->compared > 0 && in->wrong == in->entries)
        length += (size_t)snprintf(text + length, sizeof text - length,
                                   in->entries == 1   ? " its one entry is wrong"
                                   : in->entries == 2 ? " both entries are wrong"
                                                      : " all %lld entries are wrong",
                                   (long long)in->entries);
    else if (in->wrong > 0)
        length += (size_t)snprintf(text + length, sizeof text - length, " %lld of %lld entries %s wrong",
                                   (long long)in->wrong, (long long)in->entries, in->wrong == 1 ? "is" : "are");
    else
        length += (size_t)snprintf(text + length, sizeof text - length, " wrong");
    if (tells)
        length += (size_t)snprintf(text + length, sizeof text - length, " (%s)", in->pattern);
    if (in->wrong > 1 && *where)
        snprintf(text + length, sizeof text - length, ", %s most", where);
    else if (in->wrong == 1 && in->entries > 1)
        snprintf(text + length, sizeof text - length, ": %s", where);
    put_words(to, text);
    end_line(to);
}

/* Can't the digits that are shown all be trusted? */
static bool is_blurred(const gd_check_input *in, int digits)
{
    double size = fmax(fabs(in->claimed), fabs(in->numeric));
    return isfinite(in->uncertainty) && in->uncertainty > pow(10, -digits) * size;
}

/* The uncertainty is rounded up to a power of ten: it is an estimate. */
static void put_numbers(sink *to, const gd_check_input *in)
{
    char claimed[GD__NUMBER_SIZE], numeric[GD__NUMBER_SIZE], text[GD__TEXT_SIZE], within[GD__NUMBER_SIZE];
    int digits = digits_between(in->claimed, in->numeric);
    gd__number_text(in->claimed, digits, claimed);
    gd__number_text(in->numeric, digits, numeric);
    bool sign = *claimed == '-' || *numeric == '-';
    put_label(to, "claimed");
    put(to, sign && *claimed != '-' ? " " : "");
    put(to, claimed);
    end_line(to);
    put_label(to, "numeric");
    put(to, sign && *numeric != '-' ? " " : "");
    put(to, numeric);
    if (is_blurred(in, digits)) {
        gd__number_text(pow(10, ceil(log10(in->uncertainty))), 1, within);
        snprintf(text, sizeof text, "  (to within %s)", within);
        put(to, text);
    }
    end_line(to);
}

static void put_item(sink *to, const char *where, const char *sentence)
{
    if (!*where && !*sentence)
        return;
    put_spaces_to(to, LABEL);
    put(to, "- ");
    to->indent = LABEL + 2;
    put_words(to, *where ? "at" : "");
    put(to, *where ? " " : "");
    put_words(to, where);
    put(to, *where && *sentence ? ": " : "");
    put_words(to, sentence);
    end_line(to);
}

/* What was found, without the words of its cause, which stand in the heading when it is the only one. */
static const char *beyond_the_heading(const gd_mistake *m, bool alone)
{
    const char *words = gd_cause_words(m->cause);
    size_t length = strlen(words);
    if (!alone || strncmp(m->what, words, length) != 0)
        return m->what;
    return m->what + length + strspn(m->what + length, ": ");
}

static bool same_mistake(const gd_mistake *a, const gd_mistake *b)
{
    return a->cause == b->cause && a->factor == b->factor && strcmp(a->where, b->where) == 0 &&
           strcmp(a->what, b->what) == 0 && strcmp(a->remedy, b->remedy) == 0;
}

static bool has_mistake(const gd_explanation *e, const gd_mistake *m)
{
    for (int i = 0; e && i < e->mistakes; i++)
        if (same_mistake(&e->mistake[i], m))
            return true;
    return false;
}

/* Each mistake with where it stands and what was found there, and under it what to do; but for those that the explanation
 * above has too. */
static void put_mistakes(sink *to, const gd_explanation *e, const gd_explanation *above)
{
    for (int i = 0; i < e->mistakes; i++) {
        const gd_mistake *m = &e->mistake[i];
        const char *what = beyond_the_heading(m, e->mistakes == 1);
        bool item = *m->where || *what;
        if (has_mistake(above, m))
            continue;
        put_item(to, m->where, what);
        if (!*m->remedy)
            continue;
        put_spaces_to(to, item ? LABEL + 2 : LABEL);
        put(to, "-> ");
        to->indent = to->column;
        put_words(to, m->remedy);
        end_line(to);
    }
}

/* The heading: "the sign is flipped: -1 times (likely, 80 %)", and whom it was told of before, if that is so. */
static void put_heading(sink *to, const char *label, const gd_explanation *e, const char *as)
{
    char text[PHRASE_SIZE], number[GD__NUMBER_SIZE];
    size_t length = strlen(cause_text(e, text));
    length += (size_t)snprintf(text + length, sizeof text - length, " (%s, ", likelihood(e->confidence));
    length += (size_t)snprintf(text + length, sizeof text - length, "%s)", percent_text(e->confidence, number));
    if (e->misfit >= 0.005)
        length += (size_t)snprintf(text + length, sizeof text - length, "; it leaves %s of the gradient open",
                                   percent_text(e->misfit, number));
    if (as)
        snprintf(text + length, sizeof text - length, ", as in %s", as);
    put_labelled(to, label, text);
}

static void put_explanation(sink *to, const char *label, const gd_explanation *e, const gd_explanation *above)
{
    put_heading(to, label, e, NULL);
    put_mistakes(to, e, above);
    if (*e->tell_apart) {
        put_spaces_to(to, LABEL);
        put(to, "To tell: ");
        to->indent = LABEL + 9;
        put_words(to, e->tell_apart);
        end_line(to);
    }
}

static bool same_mistakes(const gd_explanation *a, const gd_explanation *b)
{
    bool same = a->mistakes == b->mistakes && strcmp(a->tell_apart, b->tell_apart) == 0;
    for (int i = 0; same && i < a->mistakes; i++)
        same = same_mistake(&a->mistake[i], &b->mistake[i]);
    return same;
}

/* How many of the explanations are shown. */
static int worth_reading(const gd_check_input *in)
{
    int count = in->explanations > 0;
    while (count < in->explanations && in->explanation[count].confidence >= WORTH_READING)
        count++;
    return count;
}

/* A gradient above with all the same explanations, so that nothing is told twice. */
static const gd_check_input *told_before(const gd_check *check, int index)
{
    const gd_check_input *in = &check->input[index];
    for (int i = 0; i < index; i++) {
        const gd_check_input *other = &check->input[i];
        bool same = other->verdict == GD_CHECK_WRONG && worth_reading(other) == worth_reading(in);
        for (int k = 0; same && k < worth_reading(in); k++)
            same = same_mistakes(&other->explanation[k], &in->explanation[k]);
        if (same)
            return other;
    }
    return NULL;
}

static void put_explanations(sink *to, const gd_check_input *in)
{
    const gd_explanation *first = &in->explanation[0];
    put_explanation(to, "cause", first, NULL);
    for (int i = 1; i < worth_reading(in); i++)
        put_explanation(to, "or", &in->explanation[i], first);
}

static void put_diagnosis(sink *to, const gd_check *check, int index)
{
    const gd_check_input *in = &check->input[index], *other = told_before(check, index);
    char name[NAME_SIZE];
    end_line(to);
    put_place(to, in);
    if (in->wrong > 0)
        put_numbers(to, in);
    if (is_explained(in) && other)
        put_heading(to, "cause", &in->explanation[0], name_text(other, name));
    else if (is_explained(in))
        put_explanations(to, in);
    else {
        put_labelled(to, "cause", gd_cause_words(GD_CAUSE_UNKNOWN));
        if (!other)
            put_mistakes(to, &in->explanation[0], NULL);
    }
}

/* ---- what is no mistake ---- */

/* A slope beside which that of the other side is all there is, is 0. */
static double tidy(double slope, double other)
{
    return fabs(slope) <= 1e-9 * fabs(other) ? 0 : slope;
}

static void put_kinks(sink *to, const gd_check_input *in)
{
    char name[NAME_SIZE], place[GD__TEXT_SIZE], text[PHRASE_SIZE];
    char left[GD__NUMBER_SIZE], right[GD__NUMBER_SIZE], claimed[GD__NUMBER_SIZE], count[GD__NUMBER_SIZE];
    snprintf(count, sizeof count, in->kinks == 1 ? "a kink" : "%lld kinks, the first", (long long)in->kinks);
    snprintf(text, sizeof text,
             "%s: %s%s%s. The slope is %s on the left and %s on the right of it; the gradient has %s. That is no "
             "error: at a "
             "kink there is no derivative.",
             name_text(in, name), count, in->kink.count > 0 ? " at " : "", place_text(in->kink, place),
             gd__number_text(tidy(in->kink_left, in->kink_right), 6, left),
             gd__number_text(tidy(in->kink_right, in->kink_left), 6, right),
             gd__number_text(in->kink_claimed, 6, claimed));
    to->indent = 4;
    put_words(to, text);
    end_line(to);
}

static void put_unsure(sink *to, const gd_check_input *in)
{
    char name[NAME_SIZE], text[PHRASE_SIZE];
    bool known = in->wrong == 0 && *in->pattern;
    snprintf(
        text, sizeof text, "%s: %lld of %lld entries can't be compared%s%s.", name_text(in, name),
        (long long)in->unsure, (long long)in->entries, known ? ": " : ". ",
        known ? in->pattern
              : "There the function is too noisy, or jumps, or is not finite, and central differences say nothing");
    to->indent = 4;
    put_words(to, text);
    end_line(to);
}

static void put_notes(sink *to, const gd_check *check)
{
    bool first = true;
    for (int i = 0; i < check->count; i++) {
        const gd_check_input *in = &check->input[i];
        if (in->kinks == 0 && in->unsure == 0)
            continue;
        if (first)
            end_line(to);
        first = false;
        if (in->kinks > 0)
            put_kinks(to, in);
        if (in->unsure > 0)
            put_unsure(to, in);
    }
}

/* Only where it took long: else it would be the only thing that differs from one run to the next. */
static void put_effort(sink *to, const gd_check *check)
{
    char text[GD__TEXT_SIZE];
    if (check->seconds < 10)
        return;
    snprintf(text, sizeof text, "(%lld evaluations of the function, %.0f s)", (long long)check->evaluations,
             check->seconds);
    end_line(to);
    put(to, text);
    end_line(to);
}

/* ---- the public faces ---- */

static void put_check(sink *to, const gd_check *check)
{
    put_verdict(to, check);
    if (check->count > 0)
        end_line(to);
    table t = table_of(check);
    for (int i = 0; i < check->count; i++)
        put_row(to, &check->input[i], t);
    for (int i = 0; i < check->count; i++)
        if (check->input[i].verdict == GD_CHECK_WRONG)
            put_diagnosis(to, check, i);
    put_notes(to, check);
    put_effort(to, check);
}

static void put_check_or_message(sink *to, const gd_check *check, const char *function)
{
    gd_context *g = gd__context(check);
    if (gd__usable(g, check, function, "the check")) {
        put_check(to, check);
        return;
    }
    put(to, gd_failed(g) ? gd_message(g) : "an error object, whose error was cleared");
    end_line(to);
}

void gd_print_check(const gd_check *check, FILE *to)
{
    sink file = { .file = to };
    if (to)
        put_check_or_message(&file, check, "gd_print_check");
}

size_t gd_format_check(const gd_check *check, char *text, size_t size)
{
    sink buffer = { .text = text, .size = text ? size : 0 };
    put_check_or_message(&buffer, check, "gd_format_check");
    if (buffer.size > 0)
        text[buffer.length < size ? buffer.length : size - 1] = '\0';
    return buffer.length;
}
