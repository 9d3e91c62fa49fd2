/* How a check reads: objects filled by hand, and the whole text of each. GD_SHOW=1 shows the texts. */
#include "../autograd/support.h"

#include "check/check.h"

/* A check that nobody made: of these inputs, which the test fills. */
static gd_check check_of(gd_verdict verdict, int count, gd_check_input *input)
{
    gd_check c = { .verdict = verdict, .count = count, .input = input, .seconds = 0.2, .evaluations = 500 };
    c.object.state = GD__ALIVE;
    c.object.context = g;
    return c;
}

static void assert_text(const gd_check *check, const char *expected)
{
    char text[8192];
    assert_true(gd_format_check(check, text, sizeof text) < sizeof text);
    if (getenv("GD_SHOW"))
        fprintf(stderr, "\n%s", text);
    assert_string_equal(text, expected);
}

static gd_check_input right_input(const char *name, gd_dims shape)
{
    gd_check_input in = { .verdict = GD_CHECK_RIGHT, .shape = shape, .entries = gd__count(shape) };
    snprintf(in.name, sizeof in.name, "%s", name);
    in.compared = in.entries;
    return in;
}

static gd_check_input wrong_input(const char *name, gd_dims shape, gd_dims worst, double claimed, double numeric)
{
    gd_check_input in = right_input(name, shape);
    in.verdict = GD_CHECK_WRONG;
    in.wrong = in.entries;
    in.worst = worst;
    in.claimed = claimed;
    in.numeric = numeric;
    in.uncertainty = 3e-13;
    snprintf(in.pattern, sizeof in.pattern, "all entries");
    return in;
}

static gd_mistake mistake(gd_cause cause, double factor, const char *where, const char *what, const char *remedy)
{
    gd_mistake m = { .cause = cause, .factor = factor };
    snprintf(m.where, sizeof m.where, "%s", where);
    snprintf(m.what, sizeof m.what, "%s", what);
    snprintf(m.remedy, sizeof m.remedy, "%s", remedy);
    return m;
}

/* ---- what is right ---- */

static void right_ones_take_a_line_each(void **state)
{
    (void)state;
    gd_check_input in[] = { right_input("W1", gd_shape(4, 3)), right_input("b1", gd_shape(3)),
                            right_input("s", gd_shape()) };
    gd_check c = check_of(GD_CHECK_RIGHT, 3, in);
    assert_text(&c, "All 3 gradients are right: they agree with central differences in all 16 entries.\n"
                    "\n"
                    "  W1  (4, 3)  right   12 entries\n"
                    "  b1  (3,)    right   3 entries\n"
                    "  s   ()      right   1 entry\n");
}

static void one_gradient_is_spoken_of_as_one(void **state)
{
    (void)state;
    gd_check_input in = right_input("in[0]", gd_shape(5));
    gd_check c = check_of(GD_CHECK_RIGHT, 1, &in);
    c.second_checked = true;
    assert_text(&c, "The gradient is right: it agrees with central differences in all 5 entries. So do the second\n"
                    "derivatives.\n"
                    "\n"
                    "  in[0]  (5,)  right   5 entries\n");
}

static void a_fast_check_says_how_it_was_made(void **state)
{
    (void)state;
    gd_check_input in = right_input("W", gd_shape(784, 50));
    in.compared = 0;
    gd_check c = check_of(GD_CHECK_RIGHT, 1, &in);
    c.seconds = 12.4;
    assert_text(&c, "The gradient is right: it agrees with central differences along random directions.\n"
                    "\n"
                    "  W  (784, 50)  right   along random directions\n"
                    "\n"
                    "(500 evaluations of the function, 12 s)\n");
}

/* ---- what is wrong ---- */

static void notebook_001(void **state)
{
    (void)state;
    gd_check_input in[] = { wrong_input("w1", gd_shape(2, 2), gd_shape(1, 0), 0.157446, -0.0393616),
                            wrong_input("b1", gd_shape(2), gd_shape(0), 0.0645102, -0.0645102) };
    in[0].explanations = 2;
    in[0].explanation[0] = (gd_explanation){
        .mistakes = 2,
        .confidence = 0.9,
        .mistake = { mistake(GD_CAUSE_SIGN, -1, "", "The gradient points the other way: -1 times the right one.",
                             "Subtract the target from the prediction, or put the minus before the loss."),
                     mistake(GD_CAUSE_SUM_FOR_MEAN, 4, "mean",
                             "It is summed over the 4 samples, but the loss is their mean.",
                             "Divide by the number of samples once, where the backward pass begins.") }
    };
    in[0].explanation[1] = (gd_explanation){ .mistakes = 1,
                                             .confidence = 0.06,
                                             .mistake = { mistake(GD_CAUSE_FACTOR, -4, "", "", "") } };
    snprintf(in[0].explanation[1].tell_apart, sizeof in[0].explanation[1].tell_apart,
             "check with another number of samples: if the factor stays -4, it is this.");
    in[1].explanations = 1;
    in[1].explanation[0] =
        (gd_explanation){ .mistakes = 1, .confidence = 0.999, .mistake = { mistake(GD_CAUSE_SIGN, -1, "", "", "") } };
    gd_check c = check_of(GD_CHECK_WRONG, 2, in);
    assert_text(&c,
                "Both gradients are wrong: they disagree with central differences.\n"
                "\n"
                "  w1  (2, 2)  wrong   the sign is flipped; summed where the mean is meant: -4 times\n"
                "  b1  (2,)    wrong   the sign is flipped: -1 times\n"
                "\n"
                "w1: all 4 entries are wrong, [1, 0] most\n"
                "    claimed   0.157446\n"
                "    numeric  -0.0393616\n"
                "    cause    the sign is flipped; summed where the mean is meant: -4 times (very likely, 90 %)\n"
                "             - The gradient points the other way: -1 times the right one.\n"
                "               -> Subtract the target from the prediction, or put the minus before the loss.\n"
                "             - at mean: It is summed over the 4 samples, but the loss is their mean.\n"
                "               -> Divide by the number of samples once, where the backward pass begins.\n"
                "    or       a constant factor is wrong: -4 times (unlikely, 6 %)\n"
                "             To tell: check with another number of samples: if the factor stays -4, it is this.\n"
                "\n"
                "b1: both entries are wrong, [0] most\n"
                "    claimed   0.0645102\n"
                "    numeric  -0.0645102\n"
                "    cause    the sign is flipped: -1 times (almost certain, over 99 %)\n");
}

/* Of two gradients with one mistake, and of two explanations with a part in common, each thing is told once. */
static void nothing_is_told_twice(void **state)
{
    (void)state;
    gd_check_input in[] = { wrong_input("W", gd_shape(3), gd_shape(0), 2, 1),
                            wrong_input("b", gd_shape(3), gd_shape(1), 4, 1) };
    gd_mistake left_out = mistake(GD_CAUSE_DERIVATIVE_MISSING, 1, "tanh", "a derivative is left out", "Put it in."),
               averaged = mistake(GD_CAUSE_MEAN_FOR_SUM, 1.0 / 3, "", "averaged where the sum is meant: over N = 3", "");
    for (int i = 0; i < 2; i++) {
        in[i].explanations = 3;
        in[i].explanation[0] = (gd_explanation){ .mistakes = 1, .confidence = 0.8, .mistake = { left_out } };
        in[i].explanation[1] =
            (gd_explanation){ .mistakes = 2, .confidence = 0.1, .mistake = { left_out, averaged } };
        in[i].explanation[2] = (gd_explanation){ .mistakes = 1, .confidence = 0.01, .mistake = { averaged } };
    }
    gd_check c = check_of(GD_CHECK_WRONG, 2, in);
    assert_text(&c, "Both gradients are wrong: they disagree with central differences.\n"
                    "\n"
                    "  W  (3,)  wrong   a derivative is left out\n"
                    "  b  (3,)  wrong   a derivative is left out\n"
                    "\n"
                    "W: all 3 entries are wrong, [0] most\n"
                    "    claimed  2\n"
                    "    numeric  1\n"
                    "    cause    a derivative is left out (very likely, 80 %)\n"
                    "             - at tanh\n"
                    "               -> Put it in.\n"
                    "    or       a derivative is left out; averaged where the sum is meant: 1/3 times (unlikely, 10 %)\n"
                    "             - averaged where the sum is meant: over N = 3\n"
                    "\n"
                    "b: all 3 entries are wrong, [1] most\n"
                    "    claimed  4\n"
                    "    numeric  1\n"
                    "    cause    a derivative is left out (very likely, 80 %), as in W\n");
}

static void what_nothing_explains_is_shown_where_it_sits(void **state)
{
    (void)state;
    gd_check_input in[] = { right_input("x", gd_shape(6, 2)),
                            wrong_input("W", gd_shape(6, 2), gd_shape(5, 1), 2.2, 2) };
    in[1].wrong = 4;
    in[1].uncertainty = 3e-3;
    snprintf(in[1].pattern, sizeof in[1].pattern, "rows 2 and 5");
    gd_check c = check_of(GD_CHECK_WRONG, 2, in);
    assert_text(&c, "1 of 2 gradients is wrong: it disagrees with central differences.\n"
                    "\n"
                    "  x  (6, 2)  right   12 entries\n"
                    "  W  (6, 2)  wrong   no known mistake explains it\n"
                    "\n"
                    "W: 4 of 12 entries are wrong (rows 2 and 5), [5, 1] most\n"
                    "    claimed  2.2\n"
                    "    numeric  2  (to within 0.01)\n"
                    "    cause    no known mistake explains it\n");
}

static void long_sentences_are_wrapped(void **state)
{
    (void)state;
    gd_check_input in = wrong_input("가중치", gd_shape(), gd_shape(), 2.0000001, 2);
    in.explanations = 1;
    in.explanation[0] = (gd_explanation){
        .mistakes = 1,
        .confidence = 0.6,
        .misfit = 0.04,
        .mistake = { mistake(
            GD_CAUSE_WRONG_POINT, 1, "sigmoid [in layer 2 (linear)]",
            "The derivative of sigmoid is taken at its output a, where it is meant at its input z, so that it is "
            "never above 0.235.",
            "a (1 - a) is the derivative already: do not put a through the sigmoid once more before you take "
            "it.") }
    };
    gd_check c = check_of(GD_CHECK_WRONG, 1, &in);
    assert_text(
        &c, "The gradient is wrong: it disagrees with central differences.\n"
            "\n"
            "  가중치  ()  wrong   a derivative is taken at the wrong point\n"
            "\n"
            "가중치: its one entry is wrong\n"
            "    claimed  2.0000001\n"
            "    numeric  2\n"
            "    cause    a derivative is taken at the wrong point (likely, 60 %); it leaves 4 % of the gradient\n"
            "             open\n"
            "             - at sigmoid [in layer 2 (linear)]: The derivative of sigmoid is taken at its output a,\n"
            "               where it is meant at its input z, so that it is never above 0.235.\n"
            "               -> a (1 - a) is the derivative already: do not put a through the sigmoid once more\n"
            "                  before you take it.\n");
}

static void a_missing_gradient_has_no_numbers(void **state)
{
    (void)state;
    gd_check_input in = right_input("b", gd_shape(3));
    in.verdict = GD_CHECK_WRONG;
    in.compared = 0;
    in.explanations = 1;
    in.explanation[0] = (gd_explanation){
        .mistakes = 1,
        .confidence = 1,
        .mistake = { mistake(GD_CAUSE_WRONG_SHAPE, 1, "", "It has the shape (4, 3).", "Sum it over the axis 0.") }
    };
    gd_check c = check_of(GD_CHECK_WRONG, 1, &in);
    assert_text(&c, "The gradient is wrong: it disagrees with central differences.\n"
                    "\n"
                    "  b  (3,)  wrong   the shape is wrong\n"
                    "\n"
                    "b: wrong\n"
                    "    cause    the shape is wrong (almost certain, 100 %)\n"
                    "             - It has the shape (4, 3).\n"
                    "               -> Sum it over the axis 0.\n");
}

static void fractions_are_written_as_such(void **state)
{
    (void)state;
    gd_check_input in = wrong_input("W", gd_shape(2), gd_shape(1), 1, 3);
    in.explanations = 1;
    in.explanation[0] = (gd_explanation){ .mistakes = 1,
                                          .confidence = 0.3,
                                          .mistake = { mistake(GD_CAUSE_FACTOR, 1.0 / 3, "", "", "") } };
    in.wrong = 1;
    snprintf(in.pattern, sizeof in.pattern, "[1]");
    gd_check c = check_of(GD_CHECK_WRONG, 1, &in);
    assert_text(&c, "The gradient is wrong: it disagrees with central differences.\n"
                    "\n"
                    "  W  (2,)  wrong   a constant factor is wrong: 1/3 times\n"
                    "\n"
                    "W: 1 of 2 entries is wrong: [1]\n"
                    "    claimed  1\n"
                    "    numeric  3\n"
                    "    cause    a constant factor is wrong: 1/3 times (possible, 30 %)\n");
}

/* ---- what is neither ---- */

static void kinks_and_noise_are_no_errors(void **state)
{
    (void)state;
    gd_check_input in[] = { right_input("x", gd_shape(4)), right_input("W", gd_shape(2, 2)) };
    in[0].kinks = 1;
    in[0].kink = gd_shape(2);
    in[0].kink_left = 0;
    in[0].kink_right = 1.5;
    in[1].verdict = GD_CHECK_UNSURE;
    in[1].unsure = 1;
    in[1].kinks = 3;
    in[1].kink = gd_shape(0, 1);
    in[1].kink_left = -1;
    in[1].kink_right = 1;
    in[1].kink_claimed = 1;
    gd_check c = check_of(GD_CHECK_UNSURE, 2, in);
    assert_text(
        &c, "1 of 2 gradients is unsure: not every entry could be compared. The rest agrees with central\n"
            "differences.\n"
            "\n"
            "  x  (4,)    right   4 entries, 1 kink\n"
            "  W  (2, 2)  unsure  4 entries, 3 kinks, 1 not to be trusted\n"
            "\n"
            "x: a kink at [2]. The slope is 0 on the left and 1.5 on the right of it; the gradient has 0. That is\n"
            "    no error: at a kink there is no derivative.\n"
            "W: 3 kinks, the first at [0, 1]. The slope is -1 on the left and 1 on the right of it; the gradient\n"
            "    has 1. That is no error: at a kink there is no derivative.\n"
            "W: 1 of 4 entries can't be compared. There the function is too noisy, or jumps, or is not finite,\n"
            "    and central differences say nothing.\n");
}

static void nothing_to_check_is_said(void **state)
{
    (void)state;
    gd_check c = check_of(GD_CHECK_RIGHT, 0, NULL);
    assert_text(&c, "There is no gradient to check.\n");
    c.verdict = GD_CHECK_FAILED;
    assert_text(&c, "The check failed: nothing could be compared.\n");
}

/* ---- where the text goes ---- */

static void a_small_buffer_takes_what_it_has_room_for(void **state)
{
    (void)state;
    gd_check_input in = right_input("x", gd_shape(4));
    gd_check c = check_of(GD_CHECK_RIGHT, 1, &in);
    char whole[1024], part[16];
    size_t length = gd_format_check(&c, whole, sizeof whole);
    assert_int_equal(length, strlen(whole));
    assert_int_equal(gd_format_check(&c, part, sizeof part), length);
    assert_memory_equal(part, whole, sizeof part - 1);
    assert_int_equal(part[sizeof part - 1], '\0');
    assert_int_equal(gd_format_check(&c, NULL, 0), length);
}

static void a_file_takes_the_same_text(void **state)
{
    (void)state;
    gd_check_input in[] = { wrong_input("W", gd_shape(2), gd_shape(1), 1, 3), right_input("b", gd_shape(4)) };
    gd_check c = check_of(GD_CHECK_WRONG, 2, in);
    char formatted[1024], printed[1024];
    size_t length = gd_format_check(&c, formatted, sizeof formatted);
    FILE *file = tmpfile();
    assert_non_null(file);
    gd_print_check(&c, file);
    rewind(file);
    assert_int_equal(fread(printed, 1, sizeof printed, file), length);
    fclose(file);
    assert_memory_equal(printed, formatted, length);
    gd_print_check(&c, NULL);
}

static void text_of_others_does_not_steer_a_terminal(void **state)
{
    (void)state;
    gd_check_input in = wrong_input("W\033[2J", gd_shape(2), gd_shape(1), 1, 3);
    in.explanations = 1;
    in.explanation[0] =
        (gd_explanation){ .mistakes = 1, .mistake = { mistake(GD_CAUSE_SIGN, -1, "a\tb", "c\033d", "e\x7f") } };
    gd_check c = check_of(GD_CHECK_WRONG, 1, &in);
    char text[2048];
    gd_format_check(&c, text, sizeof text);
    for (const char *at = text; *at; at++)
        assert_true(*at == '\n' || ((unsigned char)*at >= 0x20 && *at != 0x7f));
}

static void an_error_object_prints_its_message(void **state)
{
    (void)state;
    char text[1024];
    const gd_check *error = (const gd_check *)(const void *)gd_zeros(g, GD_FLOAT64, gd_shape(-1));
    gd_format_check(error, text, sizeof text);
    assert_int_equal(strncmp(text, gd_message(g), strlen(gd_message(g))), 0);
    gd_clear(g);
    gd_format_check(error, text, sizeof text);
    assert_string_equal(text, "an error object, whose error was cleared\n");
    gd_format_check(NULL, text, sizeof text);
    assert_true(*text);
}

/* ---- words ---- */

static void every_cause_has_words_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(gd_verdict_name(GD_CHECK_RIGHT), "right");
    assert_string_equal(gd_verdict_name(GD_CHECK_FAILED), "failed");
    assert_string_equal(gd_verdict_name((gd_verdict)7), "unknown");
    assert_string_equal(gd_cause_key(GD_CAUSE_WRONG_AXIS), "wrong axis");
    assert_string_equal(gd_cause_words(GD_CAUSE_WRONG_AXIS), "summed, or taken, along the wrong axis");
    assert_string_equal(gd_cause_key(GD_CAUSE_COUNT), "unknown");
    assert_string_equal(gd_cause_words((gd_cause)-1), "unknown");
    for (int i = 0; i < GD_CAUSE_COUNT; i++)
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(gd_cause_key((gd_cause)i), gd_cause_key((gd_cause)k));
            assert_string_not_equal(gd_cause_words((gd_cause)i), gd_cause_words((gd_cause)k));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(right_ones_take_a_line_each),
        IN_CONTEXT(one_gradient_is_spoken_of_as_one),
        IN_CONTEXT(a_fast_check_says_how_it_was_made),
        IN_CONTEXT(notebook_001),
        IN_CONTEXT(nothing_is_told_twice),
        IN_CONTEXT(what_nothing_explains_is_shown_where_it_sits),
        IN_CONTEXT(long_sentences_are_wrapped),
        IN_CONTEXT(a_missing_gradient_has_no_numbers),
        IN_CONTEXT(fractions_are_written_as_such),
        IN_CONTEXT(kinks_and_noise_are_no_errors),
        IN_CONTEXT(nothing_to_check_is_said),
        IN_CONTEXT(a_small_buffer_takes_what_it_has_room_for),
        IN_CONTEXT(a_file_takes_the_same_text),
        IN_CONTEXT(text_of_others_does_not_steer_a_terminal),
        IN_CONTEXT(an_error_object_prints_its_message),
        IN_CONTEXT(every_cause_has_words_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
