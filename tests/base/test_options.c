/* test_options.c - which options of a call were written, told from the text of its initialisers. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

/* What a macro such as gd_sgd hands on. */
#define TEXT(...) GD__TEXT(__VA_ARGS__)

#define FAST .lr = 0.5
#define NAME lr
#define BOTH .momentum = 0.9, FAST

static void a_written_option_is_found(void **state)
{
    (void)state;
    assert_true(gd__given(TEXT(net, .lr = 0), "lr"));
    assert_true(gd__given(TEXT(.lr = 0), "lr"));
    assert_true(gd__given(TEXT(net, .momentum = 0.9, .lr = 0.1, .nesterov = true), "lr"));
    assert_true(gd__given("net,.lr=0", "lr"));
    assert_true(gd__given("net,\t.lr\t=\t0", "lr"));
    assert_true(gd__given("net,\n  . lr\n= 0", "lr"));
    assert_true(gd__given("  .lr = .5", "lr"));
}

static void an_option_left_out_is_not(void **state)
{
    (void)state;
    assert_false(gd__given(TEXT(net), "lr"));
    assert_false(gd__given("", "lr"));
    assert_false(gd__given("   ", "lr"));
    assert_false(gd__given(TEXT(net, .momentum = 0.9), "lr"));
    assert_false(gd__given(TEXT(lr, 0), "lr"));
    assert_false(gd__given("net, lr = 0", "lr"));
    assert_false(gd__given("net, x.lr = 0", "lr"));
}

/* The caller that has no text to give filled every field. */
static void no_text_means_all_are_given(void **state)
{
    (void)state;
    assert_true(gd__given(NULL, "lr"));
    assert_true(gd__given(NULL, "steps"));
}

static void names_are_compared_whole(void **state)
{
    (void)state;
    assert_false(gd__given(TEXT(net, .lr_decay = 1), "lr"));
    assert_false(gd__given(TEXT(net, .l = 1), "lr"));
    assert_false(gd__given(TEXT(net, .LR = 1), "lr"));
    assert_false(gd__given("net, .lrlr = 1", "lr"));
    assert_false(gd__given("net, .lr", "lr"));
    assert_false(gd__given("net, .", "lr"));
    assert_false(gd__given("net, .lr.x = 1", "lr"));
    assert_false(gd__given("net, .lr[0] = 1", "lr"));
}

static void what_stands_in_brackets_is_another_calls(void **state)
{
    (void)state;
    assert_false(gd__given(TEXT(find(.lr = 1), .momentum = 0), "lr"));
    assert_false(gd__given(TEXT(net, .x = (struct rule){ .lr = 1, .k = 2 }), "lr"));
    assert_false(gd__given(TEXT(net, .x = (struct rule){ .momentum = 1, .lr = 2 }), "lr"));
    assert_false(gd__given(TEXT(nets[f((a), .lr = 3)]), "lr"));
    assert_false(gd__given(TEXT(((net, .lr = 1))), "lr"));
    assert_true(gd__given(TEXT(((net)), .x = f(g(1, 2), (3)), .lr = 1), "lr"));
    assert_true(gd__given(TEXT(net, .x = (struct rule){ .k = 2 }, .lr = 1), "lr"));
}

static void what_stands_in_quotes_is_text(void **state)
{
    (void)state;
    assert_false(gd__given(TEXT(find("a, .lr = 1"), .momentum = 0), "lr"));
    assert_false(gd__given(TEXT(net, .name = ", .lr = 1"), "lr"));
    assert_false(gd__given(TEXT(net, .name = "\", .lr = 1"), "lr"));
    assert_false(gd__given(TEXT(net, .name = "\\", .x = ".lr = 1"), "lr"));
    assert_true(gd__given(TEXT(net, .name = ")", .lr = 1), "lr"));
    assert_true(gd__given(TEXT(net, .name = "(", .lr = 1), "lr"));
    assert_true(gd__given(TEXT(net, .sign = '(', .lr = 1), "lr"));
    assert_true(gd__given(TEXT(net, .sign = '"', .lr = 1), "lr"));
    assert_true(gd__given(TEXT(net, .sign = '\'', .lr = 1), "lr"));
    assert_true(gd__given(TEXT(net, .name = "\\", .lr = 1), "lr"));
}

static void a_comparison_is_no_initialiser(void **state)
{
    (void)state;
    assert_false(gd__given(TEXT(net, .nesterov = o.lr == 0), "lr"));
    assert_false(gd__given("net, .lr == 0", "lr"));
    assert_true(gd__given(TEXT(net, .lr = rate == 0), "lr"));
    assert_true(gd__given(TEXT(net, .lr = a.lr), "lr"));
}

static void macros_are_expanded_first(void **state)
{
    (void)state;
    assert_true(gd__given(TEXT(net, FAST), "lr"));
    assert_true(gd__given(TEXT(net, BOTH), "lr"));
    assert_true(gd__given(TEXT(net, .NAME = 0), "lr"));
    assert_false(gd__given(TEXT(net, .momentum = NAME), "lr"));
}

/* Texts that no compiler would write: an answer, never a crash. */
static void broken_texts_are_stood(void **state)
{
    (void)state;
    static const char *const texts[] = { "\"", "'", "\"\\", "'\\'", "((((", "))))", ".",
                                         ". ", ",", ",.",   "\\",   ".=",   ". =" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(gd__given(texts[i], "lr"));
}

/* ---- as the calls use it ---- */

static void a_written_zero_is_a_zero(void **state)
{
    (void)state;
    gd_layer *net = gd_linear(g, 2, 1);
    assert_true(gd_learning_rate(gd_sgd(net)) == 0.001);
    assert_true(gd_learning_rate(gd_sgd(net, .lr = 0)) == 0);
    assert_true(gd_learning_rate(gd_sgd(net, .lr = 0.0, .momentum = 0.9)) == 0);
    assert_true(gd_learning_rate(gd_sgd(net, .momentum = 0.9)) == 0.001);
    assert_true(gd_learning_rate(gd_sgd(net, FAST)) == 0.5);
    assert_true(gd_learning_rate(gd_sgd(gd_parameter_count(net) == 2 ? net : NULL, .weight_decay = 0)) == 0.001);
    assert_true(gd_learning_rate(gd_sgd_with((gd_sgd_options){ .net = net })) == 0);
    assert_true(gd_learning_rate(gd_sgd_with((gd_sgd_options){ .net = net, .given = "" })) == 0.001);
    assert_fine(g);
}

static void a_network_may_be_written_in_place(void **state)
{
    (void)state;
    gd_optimizer *sgd = gd_sgd(gd_sequential(g, gd_linear(g, 2, 2), gd_relu_layer(g)), .lr = 0);
    assert_true(gd_learning_rate(sgd) == 0);
    assert_fine(g);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_option_is_found),
        cmocka_unit_test(an_option_left_out_is_not),
        cmocka_unit_test(no_text_means_all_are_given),
        cmocka_unit_test(names_are_compared_whole),
        cmocka_unit_test(what_stands_in_brackets_is_another_calls),
        cmocka_unit_test(what_stands_in_quotes_is_text),
        cmocka_unit_test(a_comparison_is_no_initialiser),
        cmocka_unit_test(macros_are_expanded_first),
        cmocka_unit_test(broken_texts_are_stood),
        IN_CONTEXT(a_written_zero_is_a_zero),
        IN_CONTEXT(a_network_may_be_written_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
