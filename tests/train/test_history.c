/* test_history.c - a history by hand, and its picture. */
#include "../io/support.h"

#include <locale.h>
#include <math.h>

#include "gradus/gradus.h"

static gd_history *history_of(gd_context *own, int steps, const double *losses)
{
    gd_history *h = gd_history_new(own);
    for (int i = 0; i < steps; i++)
        gd_history_add_loss(h, losses[i]);
    return h;
}
#define HISTORY(...) history_of(g, sizeof((double[]){ __VA_ARGS__ }) / sizeof(double), (double[]){ __VA_ARGS__ })

/* ---- by hand ---- */

static void a_loop_of_ones_own_keeps_a_history(void **state)
{
    (void)state;
    gd_history *h = gd_history_new(g);
    assert_int_equal(gd_history_steps(h), 0);
    assert_int_equal(gd_history_evaluations(h), 0);
    for (int i = 0; i < 1000; i++) {
        assert_true(gd_history_add_loss(h, 1000 - i));
        if (i % 100 == 0)
            assert_true(gd_history_add_evaluation(h, i / 1000., NAN));
    }
    assert_int_equal(gd_history_steps(h), 1000);
    assert_true(gd_history_losses(h)[0] == 1000 && gd_history_losses(h)[999] == 1);
    assert_int_equal(gd_history_evaluations(h), 10);
    gd_evaluation e = gd_history_evaluation(h, 9);
    assert_true(e.step == 900 && e.train_accuracy == 0.9 && isnan(e.test_accuracy));
    assert_true(isnan(gd_history_seconds(h)));
    assert_fine(g);
}

static void it_is_saved_as_any_other(void **state)
{
    (void)state;
    size_t size;
    gd_history *h = HISTORY(2.5, 0.5);
    gd_history_add_evaluation(h, 0.25, 0.75);
    assert_true(gd_history_save(h, in_folder("own.csv")));
    char *text = (char *)get_bytes(in_folder("own.csv"), &size);
    text[size] = '\0';
    assert_string_equal(text, "step,loss,train_accuracy,test_accuracy\n0,2.5,,\n1,0.5,0.25,0.75\n");
    free(text);
}

static void an_evaluation_belongs_to_one_step(void **state)
{
    (void)state;
    gd_history *h = gd_history_new(g);
    assert_false(gd_history_add_evaluation(h, 0.5, 0.5));
    assert_error(g, GD_ERROR_STATE, "there is no step");
    gd_history_add_loss(h, 1);
    assert_true(gd_history_add_evaluation(h, 0.5, 0.5));
    assert_false(gd_history_add_evaluation(h, 0.6, 0.6));
    assert_error(g, GD_ERROR_STATE, "step 0 was evaluated before");
    assert_int_equal(gd_history_evaluations(h), 1);
}

static void what_is_no_history_takes_nothing(void **state)
{
    (void)state;
    assert_true(gd__is_error(gd_history_new(NULL)));
    assert_false(gd_history_add_loss(NULL, 1));
    assert_false(gd_history_add_evaluation(NULL, 1, 1));
    assert_false(gd_history_plot(NULL, in_folder("none.svg")));
    gd_scope scope = gd_scope_enter(g);
    gd_history *dead = HISTORY(1, 2);
    gd_scope_leave(&scope);
    assert_false(gd_history_add_loss(dead, 1));
    assert_error(g, GD_ERROR_DEAD, "gd_history_add_loss");
    assert_false(gd_history_add_evaluation(dead, 1, 1));
    assert_error(g, GD_ERROR_DEAD, "gd_history_add_evaluation");
    assert_false(gd_history_plot(dead, in_folder("none.svg")));
    assert_error(g, GD_ERROR_DEAD, "gd_history_plot");
    assert_int_equal(access(in_folder("none.svg"), F_OK), -1);
}

static void while_an_error_stands_nothing_is_added(void **state)
{
    (void)state;
    gd_history *h = HISTORY(1);
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_history_add_loss(h, 2));
    assert_false(gd_history_add_evaluation(h, 1, 1));
    assert_false(gd_history_plot(h, in_folder("standing.svg")));
    assert_error(g, GD_ERROR_SHAPE, "");
    assert_int_equal(gd_history_steps(h), 1);
    assert_int_equal(gd_history_evaluations(h), 0);
    assert_int_equal(access(in_folder("standing.svg"), F_OK), -1);
}

/* ---- the picture ----
 *
 * 0 to as many steps as there are go from 76 to 836; losses upward from 312 to 52, accuracies from 592 to 372. */

/* The picture as text; the caller frees it. */
static char *drawn(gd_history *h)
{
    size_t size;
    const char *path = in_folder("curve.svg");
    assert_true(gd_history_plot(h, path));
    assert_fine(g);
    char *text = (char *)get_bytes(path, &size);
    text[size] = '\0';
    return text;
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void assert_draws(gd_history *h, const char *part)
{
    char *text = drawn(h);
    if (!strstr(text, part))
        fail_msg("'%s' is missing in\n%s", part, text);
    free(text);
}

static void assert_draws_no(gd_history *h, const char *part)
{
    char *text = drawn(h);
    if (strstr(text, part))
        fail_msg("'%s' is in\n%s", part, text);
    free(text);
}

static void losses_lie_where_they_should(void **state)
{
    (void)state;
    gd_history *h = HISTORY(0, 4, 2);
    assert_draws(h, "<path class=\"loss\" d=\"M76 312h0L329.3 52L582.7 182\"/>");
    for (int loss = 0; loss <= 4; loss++) {
        char label[80];
        snprintf(label, sizeof label, "x=\"66\" y=\"%g\">%d</text>", 316.5 - 65 * loss, loss);
        assert_draws(h, label);
    }
    assert_draws(h, "<title>Learning curve: 3 steps</title>");
    assert_draws(h, "x=\"582.7\" y=\"332\">2</text>");
    assert_draws(h, ">each step</text>");
    assert_draws_no(h, ">mean of");
    assert_draws_no(h, ">Accuracy<");
}

static void losses_over_a_power_of_ten_are_drawn_by_their_logarithm(void **state)
{
    (void)state;
    gd_history *h = HISTORY(1, 10, 100);
    assert_draws(h, "L329.3 182L");
    assert_draws(h, "y=\"186.5\">10</text>");
    assert_draws_no(HISTORY(0, 10, 100), "L329.3 182L"); /* 0 has none */
    assert_draws_no(HISTORY(-1, 10, 100), "L329.3 182L");
    assert_draws(HISTORY(1e-12, 1, 1e12), ">1e+12</text>");
    assert_draws(HISTORY(1e-300, 1, 1e300), "L329.3 182L");
}

static void one_loss_is_a_point(void **state)
{
    (void)state;
    gd_history *h = HISTORY(0.7);
    assert_draws(h, "<path class=\"loss\" d=\"M76 182h0\"/>");
    assert_draws(h, "Learning curve: 1 step<");
    assert_draws(HISTORY(0), "<path class=\"loss\" d=\"M76 182h0\"/>");
    assert_draws(HISTORY(-3, -3), "L456 ");
}

static void losses_that_are_not_finite_leave_gaps(void **state)
{
    (void)state;
    gd_history *h = HISTORY(0, 2, NAN, 4, INFINITY, -INFINITY, 1);
    char *text = drawn(h);
    assert_non_null(strstr(text, "d=\"M76 312h0L184.6 182M401.7 52h0M727.4 247h0\"/>"));
    free(text);
    assert_draws_no(h, "nan");
    assert_draws_no(h, "inf");
    gd_history *none = HISTORY(NAN, INFINITY, NAN);
    assert_draws(none, "<path class=\"loss\" d=\"\"/>");
    assert_draws_no(none, "nan");
    assert_draws_no(none, "inf");
    assert_draws_no(HISTORY(-1.7e308, 1.7e308), "nan");
    assert_draws_no(HISTORY(0, 5e-324), "nan");
}

/* 100,000 of 1, and between them one of 5 and one of -5. */
static void of_many_losses_the_extremes_are_drawn(void **state)
{
    (void)state;
    gd_history *h = gd_history_new(g);
    for (int i = 0; i < 100000; i++)
        gd_history_add_loss(h, i == 54321 ? 5 : i == 77777 ? -5 : 1);
    char *text = drawn(h);
    assert_true(strlen(text) < 40000);
    assert_int_equal(count_of(text, "<path class=\"each\""), 2); /* the curve, and its sign in the legend */
    assert_non_null(strstr(text, "L488.8 73.7L"));
    assert_non_null(strstr(text, "L667.1 290.3L"));
    assert_non_null(strstr(text, ">mean of 1,333</text>"));
    assert_non_null(strstr(text, ">100,000</text>"));
    free(text);
}

static void the_mean_is_that_of_the_steps_around(void **state)
{
    (void)state;
    gd_history *h = gd_history_new(g);
    for (int i = 0; i < 300; i++) /* 0 and 3 in turn: of five around an even step, two are 3 */
        gd_history_add_loss(h, i % 2 ? 3 : 0);
    assert_draws(h, ">mean of 5</text>");
    char expected[80];
    double even = 312 - 260 * (2 * 3. / 5) / 3, odd = 312 - 260 * (3 * 3. / 5) / 3;
    snprintf(expected, sizeof expected, "L329.3 %gL331.9 %gL", even, odd); /* steps 100 and 101 */
    assert_draws(h, expected);
}

static void accuracies_lie_where_they_should(void **state)
{
    (void)state;
    gd_history *h = gd_history_new(g);
    for (int i = 0; i < 4; i++) {
        gd_history_add_loss(h, i);
        if (i % 2 == 0)
            gd_history_add_evaluation(h, i == 0 ? 0 : 1, i == 0 ? NAN : 0.9);
    }
    assert_draws(h, ">Accuracy</text>");
    assert_draws(h, "<path class=\"train\" d=\"M76 592h0L456 372\"/>");
    assert_draws(h, "<path class=\"test\" d=\"M456 ");
    assert_draws(h, ">train 100 %</text>");
    assert_draws(h, ">test 90 %</text>");
    assert_draws(h, "y=\"376.5\">100 %</text>");
    assert_draws(h, "y=\"596.5\">0 %</text>");
    assert_draws_no(h, "nan");
}

static void what_was_not_measured_is_not_drawn(void **state)
{
    (void)state;
    gd_history *h = HISTORY(2, 1);
    gd_history_add_evaluation(h, 0.978, NAN);
    assert_draws(h, ">train 97.8 %</text>");
    assert_draws(h, ">98 %</text>");
    assert_draws(h, ">97 %</text>");
    assert_draws_no(h, ">90 %</text>");
    assert_draws_no(h, ">test ");
    gd_history *neither = HISTORY(2, 1);
    gd_history_add_evaluation(neither, NAN, NAN);
    assert_draws_no(neither, "nan");
}

static void every_picture_is_whole(void **state)
{
    (void)state;
    gd_history *h = HISTORY(3, 2, 1);
    gd_history_add_evaluation(h, 0.5, 0.4);
    char *text = drawn(h);
    assert_int_equal(strncmp(text, "<svg xmlns=\"http://www.w3.org/2000/svg\"", 39), 0);
    assert_string_equal(text + strlen(text) - 7, "</svg>\n");
    assert_int_equal(count_of(text, "<text"), count_of(text, "</text>"));
    assert_int_equal(count_of(text, "<path"), count_of(text, "\"/>") - 1); /* and a rectangle */
    assert_non_null(strstr(text, "prefers-color-scheme: dark"));
    free(text);
}

/* A locale with a decimal comma, of those that systems have. */
static bool set_comma(void)
{
    const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8" };
    for (int i = 0; i < 4; i++)
        if (setlocale(LC_NUMERIC, names[i]))
            return true;
    return false;
}

static void it_heeds_no_locale(void **state)
{
    (void)state;
    gd_history *h = HISTORY(0.5, 2.25, 1);
    char *plain = drawn(h);
    if (!set_comma()) {
        printf("SKIP no locale with a decimal comma is installed\n");
        free(plain);
        skip();
    }
    char *text = drawn(h);
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(text, plain);
    free(text);
    free(plain);
}

static void what_can_not_be_drawn_is_an_error(void **state)
{
    (void)state;
    assert_false(gd_history_plot(gd_history_new(g), in_folder("empty.svg")));
    assert_error(g, GD_ERROR_VALUE, "there are no steps to draw");
    assert_int_equal(access(in_folder("empty.svg"), F_OK), -1);
    gd_history *h = HISTORY(1, 2);
    assert_false(gd_history_plot(h, in_folder("nowhere/curve.svg")));
    assert_error(g, GD_ERROR_FILE, "can't be written");
    assert_false(gd_history_plot(h, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_history_plot");
    put_bytes(in_folder("kept.svg"), "old", 3);
    assert_true(gd_history_plot(h, in_folder("kept.svg")));
    assert_draws(h, "<svg");
}

static bool try_history(gd_context *own, void *prepared)
{
    (void)prepared;
    double losses[20] = { 1, 2, 3 };
    gd_history *h = history_of(own, 20, losses);
    return gd_history_add_evaluation(h, 0.5, 0.5) && gd_history_plot(h, in_folder("scarce.svg")) &&
           gd_history_steps(h) == 20;
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_history) > 2);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_loop_of_ones_own_keeps_a_history),
        IN_CONTEXT(it_is_saved_as_any_other),
        IN_CONTEXT(an_evaluation_belongs_to_one_step),
        IN_CONTEXT(what_is_no_history_takes_nothing),
        IN_CONTEXT(while_an_error_stands_nothing_is_added),
        IN_CONTEXT(losses_lie_where_they_should),
        IN_CONTEXT(losses_over_a_power_of_ten_are_drawn_by_their_logarithm),
        IN_CONTEXT(one_loss_is_a_point),
        IN_CONTEXT(losses_that_are_not_finite_leave_gaps),
        IN_CONTEXT(of_many_losses_the_extremes_are_drawn),
        IN_CONTEXT(the_mean_is_that_of_the_steps_around),
        IN_CONTEXT(accuracies_lie_where_they_should),
        IN_CONTEXT(what_was_not_measured_is_not_drawn),
        IN_CONTEXT(every_picture_is_whole),
        IN_CONTEXT(it_heeds_no_locale),
        IN_CONTEXT(what_can_not_be_drawn_is_an_error),
        cmocka_unit_test(out_of_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
