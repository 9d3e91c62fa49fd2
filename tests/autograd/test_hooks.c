/* test_hooks.c - functions that see gradients on their way: what they see, what they may change, and what they may do
 * meanwhile. */
#include "support.h"

/* What the hooks of a test share. */
typedef struct notes {
    char calls[64]; /* a letter for each call */
    double seen[3]; /* the last gradient */
    gd_tensor *t, *answer;
    int64_t id, other;
    bool good;
} notes;

static void note(notes *n, char letter)
{
    size_t used = strlen(n->calls);
    assert_true(used + 1 < sizeof n->calls);
    n->calls[used] = letter;
}

static gd_tensor *look(gd_tensor *dx, void *user)
{
    notes *n = user;
    note(n, 'l');
    assert_true(gd_read(dx, GD_FLOAT64, n->seen, 3));
    return NULL;
}

static gd_tensor *twice(gd_tensor *dx, void *user)
{
    note(user, 't');
    return gd_mul_scalar(dx, 2);
}

static gd_tensor *plus_one(gd_tensor *dx, void *user)
{
    note(user, 'p');
    return gd_add_scalar(dx, 1);
}

/* Hands back what the test has chosen. */
static gd_tensor *answer(gd_tensor *dx, void *user)
{
    (void)dx;
    note(user, 'a');
    return ((notes *)user)->answer;
}

static gd_tensor *return_dead(gd_tensor *dx, void *user)
{
    (void)dx;
    (void)user;
    return dead_tensor();
}

static void assert_saw(const notes *n, double a, double b, double c)
{
    assert_true(n->seen[0] == a && n->seen[1] == b && n->seen[2] == c);
}

/* ---- what they see ---- */

static void a_hook_sees_the_whole_gradient_once(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, 3), *top = gd_mul_scalar(w, 2), *bottom = gd_mul(gd_square(top), gd_mul_scalar(top, 3));
    assert_true(gd_hook(top, look, &n) >= 0);
    assert_true(gd_backward(gd_sum(bottom), .retain = true)); /* 3 top^3 */
    assert_string_equal(n.calls, "l");
    assert_saw(&n, 36, 144, 324);
    assert_reads(gd_grad(w), 72, 288, 648); /* NULL leaves it */
    assert_true(gd_backward(gd_sum(bottom)));
    assert_string_equal(n.calls, "ll");
    assert_fine(g);
}

static void a_leafs_hook_sees_what_is_added(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, 3);
    gd_hook(w, look, &n);
    assert_true(gd_backward(gd_add(gd_sum(w), sum_of_squares(w)))); /* from two sides */
    assert_saw(&n, 3, 5, 7);
    assert_true(gd_backward(gd_sum(w)));
    assert_saw(&n, 1, 1, 1); /* and not the sum that w has gathered */
    assert_reads(gd_grad(w), 4, 6, 8);
    assert_string_equal(n.calls, "ll");
}

static void the_outputs_hook_sees_dy(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, 3), *y = gd_mul(w, w), *dy = three(1, 10, 100);
    gd_hook(y, twice, &n);
    gd_hook(y, look, &n);
    assert_true(gd_backward(y, dy));
    assert_saw(&n, 2, 20, 200);
    assert_reads(gd_grad(w), 4, 80, 1200);
    assert_reads(dy, 1, 10, 100);
}

static void a_tensor_that_no_gradient_reaches_is_not_seen(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *aside = gd_mul(w, v), *dx;
    gd_hook(aside, look, &n);
    gd_hook(v, look, &n);
    assert_true(gd_backward(sum_of_squares(w)));
    gd_tensor *loss = gd_sum(gd_add(w, v));
    assert_true(gd_gradient(loss, NULL, 1, &w, &dx, false)); /* v is not asked for */
    assert_string_equal(n.calls, "");
    assert_true(gd_backward(loss));
    assert_string_equal(n.calls, "l");
}

/* ---- what they change ---- */

/* x = (1, 2), h = 2 x, y = sum(h^2), hooks of h: twice, then plus one. Numbers from PyTorch 2.15. */
static void hooks_run_in_their_order_and_their_work_goes_on(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *x = gd_require_grad(gd_values(g, gd_shape(2), 1, 2), true), *dx[2];
    gd_tensor *h = gd_retain_grad(gd_mul_scalar(x, 2)), *y = sum_of_squares(h);
    gd_hook(h, twice, &n);
    gd_hook(h, plus_one, &n);
    assert_true(gd_gradient(y, NULL, 1, &x, dx, false));
    assert_reads(dx[0], 18, 34);
    assert_true(gd_gradient(y, NULL, 2, (gd_tensor *[]){ h, x }, dx, false)); /* seen by h's own gradient too */
    assert_reads(dx[0], 9, 17);
    assert_reads(dx[1], 18, 34);
    assert_string_equal(n.calls, "tptp");
    assert_true(gd_backward(y));
    assert_reads(gd_grad(x), 18, 34);
    assert_reads(gd_grad(h), 9, 17);
    assert_fine(g);
}

static void what_a_hook_makes_can_be_differentiated(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, -3), *cube = gd_mul(gd_mul(w, w), w), *dx, *ddx;
    gd_hook(w, twice, &n);
    assert_true(gd_gradient(gd_sum(cube), NULL, 1, &w, &dx, true));
    assert_reads(dx, 6, 24, 54); /* 6 w^2 */
    assert_true(gd_gradient(gd_sum(dx), NULL, 1, &w, &ddx, false));
    assert_reads(ddx, 24, 48, -72); /* 12 w, doubled again */
    assert_fine(g);
}

/* The caller's tensor goes into the gradients in numbers alone. */
static void what_a_hook_returns_is_copied(void **state)
{
    (void)state;
    static const double zeros[] = { 0, 0, 0 };
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6);
    notes n = { .answer = three(7, 8, 9) };
    gd_hook(w, answer, &n);
    gd_hook(v, answer, &n);
    assert_true(gd_backward(gd_sum(gd_add(w, v))));
    assert_true(gd_write(gd_grad(w), GD_FLOAT64, zeros, 3));
    assert_reads(gd_grad(v), 7, 8, 9);
    assert_reads(n.answer, 7, 8, 9);
    n.answer = w; /* the leaf itself */
    gd_clear_grad(w);
    gd_clear_grad(v);
    assert_true(gd_backward(gd_sum(gd_add(w, v))));
    assert_true(gd_write(gd_grad(w), GD_FLOAT64, zeros, 3));
    assert_reads(gd_grad(v), 1, 2, 3);
    assert_reads(w, 1, 2, 3);
    n.answer = gd_expand(gd_scalar(g, GD_FLOAT64, 5), gd_shape(3)); /* one number in memory */
    gd_clear_grad(w);
    assert_true(gd_backward(gd_sum(w)));
    assert_true(gd_write(gd_grad(w), GD_FLOAT64, (double[]){ 1, 2, 3 }, 3));
    assert_reads(gd_grad(w), 1, 2, 3);
    assert_fine(g);
}

/* The first call makes what all hand back. */
static gd_tensor *make_once(gd_tensor *dx, void *user)
{
    notes *n = user;
    n->answer = n->answer ? n->answer : gd_mul_scalar(dx, 2);
    return n->answer;
}

static void one_answer_for_two_leaves_is_copied(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6);
    notes n = { .answer = NULL };
    gd_hook(w, make_once, &n);
    gd_hook(v, make_once, &n);
    assert_true(gd_backward(gd_sum(gd_add(w, v))));
    assert_true(gd_write(gd_grad(w), GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    assert_reads(gd_grad(v), 2, 2, 2);
    assert_fine(g);
}

static gd_tensor *stash(gd_tensor *dx, void *user)
{
    ((notes *)user)->answer = dx;
    return NULL;
}

static void another_tensors_gradient_is_copied(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_retain_grad(gd_mul_scalar(w, 5));
    notes n = { .answer = NULL };
    gd_hook(y, stash, &n);
    gd_hook(w, answer, &n);
    assert_true(gd_backward(gd_sum(gd_neg(y))));
    assert_true(gd_write(gd_grad(y), GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    assert_reads(gd_grad(w), -1, -1, -1);
    assert_fine(g);
}

/* The gradients of the sum, a, b and of the leaf behind a are one tensor, until b's hook puts another in b's place. */
static void a_gradient_that_was_shared_stays_shared(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *a = gd_retain_grad(gd_clone(w)), *b = gd_clone(v);
    gd_hook(b, twice, &n);
    assert_true(gd_backward(gd_neg(gd_add(a, b)), three(1, 2, 3)));
    assert_true(gd_write(gd_grad(a), GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    assert_reads(gd_grad(w), -1, -2, -3);
    assert_reads(gd_grad(v), -2, -4, -6);
}

/* ---- ids ---- */

static void a_hook_goes_when_it_is_taken_away(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6);
    int64_t first = gd_hook(w, twice, &n), second = gd_hook(w, plus_one, &n), third = gd_hook(w, look, &n);
    assert_true(first >= 0 && second >= 0 && third >= 0 && first != second && second != third);
    assert_true(gd_unhook(w, second));
    assert_true(gd_backward(gd_sum(w)));
    assert_string_equal(n.calls, "tl");
    assert_false(gd_unhook(w, second));
    assert_error(g, GD_ERROR_VALUE, "float64 (3,) has no hook");
    assert_false(gd_unhook(v, first));
    assert_error(g, GD_ERROR_VALUE, "Pass what gd_hook returned");
    assert_true(gd_unhook(w, first) && gd_unhook(w, third));
    int64_t later = gd_hook(w, look, &n);
    assert_true(later != first && later != second && later != third); /* an old id never means a new hook */
    assert_true(gd_hook(v, look, &n) != later);
    assert_true(gd_unhook(w, later));
    assert_true(gd_backward(gd_sum(w)));
    assert_string_equal(n.calls, "tl");
    assert_reads(gd_grad(w), 3, 3, 3);
    assert_fine(g);
}

static void hooks_and_their_memory_go_with_the_tensor(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    size_t before = gd_memory_used(g).in_use;
    {
        GD_SCOPE(g);
        gd_tensor *w = leaf(1, 2, 3);
        for (int i = 0; i < 100; i++)
            assert_true(gd_hook(w, i % 2 ? look : twice, i % 2 ? &n : &(notes){ .calls = "" }) >= 0);
    }
    assert_int_equal(gd_memory_used(g).in_use, before);
    gd_tensor *w = leaf(1, 2, 3);
    before = gd_memory_used(g).in_use;
    assert_true(gd_unhook(w, gd_hook(w, look, &n)));
    assert_int_equal(gd_memory_used(g).in_use, before);
}

static void many_hooks_run_in_order(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, 3);
    for (int i = 0; i < 20; i++)
        gd_hook(w, i % 3 ? plus_one : twice, &n);
    assert_true(gd_backward(gd_sum(w)));
    assert_string_equal(n.calls, "tpptpptpptpptpptpptp");
}

/* ---- hooks that change the hooks ---- */

static gd_tensor *unhook_self(gd_tensor *dx, void *user)
{
    notes *n = user;
    (void)dx;
    note(n, 's');
    assert_true(gd_unhook(n->t, n->id));
    return NULL;
}

static gd_tensor *unhook_other(gd_tensor *dx, void *user)
{
    notes *n = user;
    (void)dx;
    note(n, 'o');
    n->good = gd_unhook(n->t, n->other);
    return NULL;
}

static gd_tensor *hook_another(gd_tensor *dx, void *user)
{
    notes *n = user;
    (void)dx;
    note(n, 'h');
    assert_true(gd_hook(n->t, hook_another, n) >= 0);
    return NULL;
}

static void a_hook_may_take_itself_away(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    notes n = { .t = w };
    gd_hook(w, look, &n);
    n.id = gd_hook(w, unhook_self, &n);
    gd_hook(w, twice, &n);
    assert_true(gd_backward(gd_sum(w)));
    assert_string_equal(n.calls, "lst");
    assert_true(gd_backward(gd_sum(w)));
    assert_string_equal(n.calls, "lstlt");
    assert_reads(gd_grad(w), 4, 4, 4);
}

/* PyTorch would call a later one once more; here what was taken away is not called. */
static void a_hook_may_take_others_away(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6);
    notes n = { .t = w }, m = { .t = v };
    gd_hook(w, unhook_other, &n);
    n.other = gd_hook(w, twice, &n);
    gd_hook(w, look, &n);
    m.other = gd_hook(v, twice, &m);
    gd_hook(v, unhook_other, &m);
    assert_true(gd_backward(gd_sum(gd_mul(w, v))));
    assert_string_equal(n.calls, "ol");
    assert_string_equal(m.calls, "to");
    assert_true(n.good && m.good);
    assert_false(gd_backward(gd_sum(w))); /* there is no such hook any more: an error like any other */
    assert_error(g, GD_ERROR_VALUE, "has no hook");
    assert_reads(gd_grad(w), 4, 5, 6);
    assert_reads(gd_grad(v), 2, 4, 6);
}

static void a_hook_that_is_added_waits(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    notes n = { .t = w };
    gd_hook(w, hook_another, &n);
    for (int i = 0; i < 3; i++)
        assert_true(gd_backward(gd_sum(w)));
    assert_string_equal(n.calls, "hhhhhhh"); /* 1, 2, 4 */
}

/* ---- hooks that fail ---- */

static void a_gradient_of_another_kind_is_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *w = gd_name(leaf(1, 2, 3), "w"), *y = gd_mul(w, w), *dx;
    notes n = { .answer = gd_ones(g, GD_FLOAT64, gd_shape(3, 1)) };
    gd_hook(w, answer, &n);
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_SHAPE,
                 "gd_backward: what a hook returned is float64 (3, 1), not of the shape of 'w' float64 (3,)");
    n.answer = gd_ones(g, GD_FLOAT32, gd_shape(3));
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_DTYPE, "what a hook returned is float32 (3,), not of the dtype of 'w' float64 (3,)");
    assert_false(gd_gradient(gd_sum(y), NULL, 1, &w, &dx, false));
    assert_error(g, GD_ERROR_DTYPE, "gd_gradient: what a hook returned");
    assert_error_object(dx);
    int64_t id = gd_hook(y, return_dead, NULL);
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_DEAD, "what a hook returned was used after the scope");
    assert_true(gd_unhook(y, id));
    n.answer = gd_ones(other, GD_FLOAT64, gd_shape(3));
    assert_false(gd_backward(gd_sum(y)));
    gd_close(other);
    assert_error(g, GD_ERROR_CONTEXT, "what a hook returned");
    n.answer = cleared_error();
    assert_false(gd_backward(gd_sum(y)));
    assert_fine(g); /* whoever clears an error has seen it */
    assert_false(gd_has_grad(w));
    assert_null(w->cotangent);
    n.answer = NULL;
    assert_true(gd_backward(gd_sum(y))); /* nothing of this has spent the records */
    assert_reads(gd_grad(w), 2, 4, 6);
}

/* Fails in words, and returns a good gradient all the same. */
static gd_tensor *complain(gd_tensor *dx, void *user)
{
    note(user, 'c');
    gd_zeros(gd_context_of(dx), GD_FLOAT64, gd_shape(-1));
    return dx;
}

static void an_error_that_a_hook_sets_ends_the_backward(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *y = gd_mul(w, w), *loss = gd_sum(gd_add(v, y));
    assert_true(gd_backward(gd_sum(v)));
    int64_t id = gd_hook(y, complain, &n);
    gd_hook(y, look, &n);
    assert_false(gd_backward(loss));
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
    assert_string_equal(n.calls, "c");
    assert_reads(gd_grad(v), 1, 1, 1);
    assert_false(gd_has_grad(w));
    assert_true(gd_unhook(y, id));
    assert_true(gd_backward(loss));
    assert_reads(gd_grad(v), 2, 2, 2);
    assert_reads(gd_grad(w), 2, 4, 6);
    gd_tensor *again = gd_sum(gd_mul(w, w)), *dx;
    gd_hook(w, look, &n);
    strcpy(n.calls, "");
    gd_zeros(g, GD_FLOAT64, gd_shape(-1));
    assert_false(gd_gradient(again, NULL, 1, &w, &dx, false)); /* while an error stands no hook is called */
    assert_string_equal(n.calls, "");
    assert_error_object(dx);
    gd_clear(g);
}

static gd_tensor *write_over(gd_tensor *dx, void *user)
{
    notes *n = user;
    (void)dx;
    assert_true(gd_write(n->t, GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    return NULL;
}

static void a_hook_that_writes_over_a_needed_value_is_found_out(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_mul(w, w), *z = gd_neg(y);
    notes n = { .t = w };
    gd_hook(z, write_over, &n);
    assert_false(gd_backward(gd_sum(z)));
    assert_error(g, GD_ERROR_STATE, "the derivative of mul needs the value");
    assert_false(gd_has_grad(w));
}

static void bad_arguments_of_hooks(void **state)
{
    (void)state;
    notes n = { .calls = "" };
    gd_tensor *w = gd_name(leaf(1, 2, 3), "w");
    assert_true(gd_hook(NULL, look, &n) == -1 && !gd_unhook(NULL, 0));
    assert_true(gd_hook(cleared_error(), look, &n) == -1 && !gd_unhook(cleared_error(), 0));
    assert_fine(g);
    assert_true(gd_hook(dead_tensor(), look, &n) == -1);
    assert_error(g, GD_ERROR_DEAD, "gd_hook");
    assert_false(gd_unhook(dead_tensor(), 0));
    assert_error(g, GD_ERROR_DEAD, "gd_unhook");
    assert_true(gd_hook(w, NULL, &n) == -1);
    assert_error(g, GD_ERROR_NULL, "the hook for 'w' float64 (3,) is NULL");
    assert_true(gd_hook(three(1, 2, 3), look, &n) == -1);
    assert_error(g, GD_ERROR_STATE, "no gradient will come by float64 (3,): it requires none");
    assert_false(gd_unhook(w, -1));
    assert_error(g, GD_ERROR_VALUE, "'w' float64 (3,) has no hook -1");
}

static gd_tensor *leave_scope(gd_tensor *dx, void *scope)
{
    (void)dx;
    gd_scope_leave(scope);
    return NULL;
}

/* The scope that holds the tensors on the way. */
static void a_hook_can_not_leave_the_scope_around_it(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        int depth = g->depth;
        gd_scope scope = gd_scope_enter(g);
        gd_tensor *w = leaf(1, 2, 3), *y = gd_mul(w, w), *dx;
        assert_true(gd_hook(y, leave_scope, &scope) >= 0);
        if (way == 0)
            assert_false(gd_backward(gd_sum(y)));
        else
            assert_false(gd_gradient(gd_sum(y), NULL, 1, &w, &dx, way == 2));
        assert_error(g, GD_ERROR_STATE, "gd_scope_leave: a hook, an operation or a layer runs within this scope");
        assert_true(gd_is_tensor(w) && !gd_has_grad(w));
        gd_scope_leave(&scope); /* and here it can be left */
        assert_int_equal(g->depth, depth);
    }
    assert_fine(g);
}

/* ---- hooks that ask for gradients themselves ---- */

/* Of the same tensors as the walk that it is called in: the loss is in n->answer, its input in n->t. */
static gd_tensor *ask_again(gd_tensor *dx, void *user)
{
    notes *n = user;
    gd_tensor *other;
    n->good = gd_gradient(n->answer, NULL, 1, &n->t, &other, false);
    assert_true(gd_read(other, GD_FLOAT64, n->seen, 3));
    return dx;
}

static void a_hook_may_ask_for_a_gradient(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *square = gd_mul(w, w), *y = gd_mul(square, v), *dx[2];
        gd_tensor *top = gd_add(y, square), *loss = gd_sum(top);
        notes n = { .t = w, .answer = gd_sum(gd_mul(square, w)) };
        gd_hook(y, ask_again, &n);
        gd_hook(top, ask_again, &n);
        if (way == 0) {
            assert_true(gd_backward(loss));
            dx[0] = gd_grad(w);
            dx[1] = gd_grad(v);
        } else {
            assert_true(gd_gradient(loss, NULL, 2, (gd_tensor *[]){ w, v }, dx, way == 2));
        }
        assert_true(n.good);
        assert_saw(&n, 3, 12, 27);
        assert_reads(dx[0], 2 * 5, 4 * 6, 6 * 7);
        assert_reads(dx[1], 1, 4, 9);
        assert_fine(g);
    }
}

/* Its own gradient: without end. */
static gd_tensor *ask_for_its_own(gd_tensor *dx, void *user)
{
    notes *n = user;
    (void)dx;
    n->id++;
    n->good = gd_gradient(n->answer, NULL, 1, &n->t, &dx, false);
    return NULL;
}

static void a_hook_that_calls_itself_is_stopped(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_mul(w, w), *loss = gd_sum(y);
    notes n = { .t = w, .answer = loss };
    int64_t id = gd_hook(y, ask_for_its_own, &n);
    int depth = g->depth;
    assert_false(gd_backward(loss));
    assert_error(g, GD_ERROR_STATE, "gradients are asked for within one another");
    assert_true(n.id > 10 && n.id < 1000);
    assert_int_equal(g->depth, depth);
    assert_true(gd_unhook(y, id));
    assert_true(gd_backward(loss));
    assert_reads(gd_grad(w), 2, 4, 6);
}

/* Runs a whole backward into leaves that the outer one is on the way to. */
static gd_tensor *backward_again(gd_tensor *dx, void *user)
{
    notes *n = user;
    (void)dx;
    gd_set_recording(g, true);
    n->good = gd_backward(gd_sum(gd_mul(n->t, n->t)));
    gd_set_recording(g, false);
    return NULL;
}

static void a_hook_may_run_a_backward(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_retain_grad(gd_mul_scalar(w, 10));
    notes n = { .t = w };
    gd_hook(y, backward_again, &n);
    assert_true(gd_backward(gd_add(gd_sum(w), gd_sum(y))));
    assert_true(n.good);
    assert_reads(gd_grad(w), 1 + 10 + 2, 1 + 10 + 4, 1 + 10 + 6);
    assert_reads(gd_grad(y), 1, 1, 1);
    assert_fine(g);
}

static gd_tensor *backward_of_the_same(gd_tensor *dx, void *user)
{
    notes *n = user;
    (void)dx;
    assert_true(gd_unhook(n->t, n->id));
    n->good = gd_backward(n->answer);
    return NULL;
}

/* The inner backward has gone through the records that the outer one has still before it. */
static void a_hook_that_spends_the_records_ends_the_backward(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y = gd_neg(gd_mul(w, w)), *loss = gd_sum(y);
    notes n = { .t = y, .answer = loss };
    n.id = gd_hook(y, backward_of_the_same, &n);
    assert_false(gd_backward(loss));
    assert_error(g, GD_ERROR_STATE, "has had its backward already");
    assert_true(n.good);
    assert_reads(gd_grad(w), -2, -4, -6);
}

/* gd_parameter_count goes over the parameters while their gradients are on their way. */
static gd_tensor *count(gd_tensor *dx, void *user)
{
    (void)dx;
    assert_int_equal(gd_parameter_count(user), 2);
    return NULL;
}

static void a_hook_may_look_at_a_layer(void **state)
{
    (void)state;
    gd_tensor *x = leaf(1, 2, 3), *W = gd_ones(g, GD_FLOAT64, gd_shape(3, 1)),
              *b = gd_zeros(g, GD_FLOAT64, gd_shape(1));
    gd_layer *affine = gd_affine(W, b);
    gd_tensor *y = gd_forward(affine, gd_reshape(x, gd_shape(1, 3)));
    assert_true(gd_hook(y, count, affine) >= 0);
    assert_true(gd_is_tensor(gd_layer_backward(affine, gd_ones_like(y))));
    assert_reads(gd_layer_grad(affine, "W"), 1, 2, 3);
    assert_reads(gd_layer_grad(affine, "b"), 1);
    assert_fine(g);
}

static gd_tensor *carry_out(gd_tensor *dx, void *user)
{
    ((notes *)user)->answer = gd_keep(gd_clone(dx));
    return NULL;
}

static void a_copy_can_be_carried_out(void **state)
{
    (void)state;
    notes n = { .answer = NULL };
    gd_tensor *w = leaf(1, 2, 3), *y = gd_mul(w, w);
    gd_hook(y, carry_out, &n);
    assert_true(gd_backward(y, three(1, 2, 3)));
    gd_ones(g, GD_FLOAT64, gd_shape(3));
    assert_reads(n.answer, 1, 2, 3);
}

/* ---- out of memory ---- */

typedef struct hooked {
    notes n;
    gd_tensor *w, *y;
} hooked;

static void *prepare_hooks(gd_context *own)
{
    static hooked h;
    h = (hooked){ .w = gd_require_grad(gd_ones(own, GD_FLOAT64, gd_shape(3)), true) };
    return &h;
}

static bool try_hooks(gd_context *own, void *prepared)
{
    hooked *h = prepared;
    gd_scope scope = gd_scope_enter(own);
    gd_tensor *y = gd_mul(h->w, h->w);
    gd_hook(y, twice, &h->n);
    gd_hook(y, look, &h->n);
    gd_hook(h->w, plus_one, &h->n);
    bool good = gd_backward(gd_sum(y));
    assert_true(gd_has_grad(h->w) == good);
    gd_scope_leave(&scope);
    return good;
}

static void out_of_memory_with_hooks(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare_hooks, try_hooks) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_hook_sees_the_whole_gradient_once),
        IN_CONTEXT(a_leafs_hook_sees_what_is_added),
        IN_CONTEXT(the_outputs_hook_sees_dy),
        IN_CONTEXT(a_tensor_that_no_gradient_reaches_is_not_seen),
        IN_CONTEXT(hooks_run_in_their_order_and_their_work_goes_on),
        IN_CONTEXT(what_a_hook_makes_can_be_differentiated),
        IN_CONTEXT(what_a_hook_returns_is_copied),
        IN_CONTEXT(one_answer_for_two_leaves_is_copied),
        IN_CONTEXT(another_tensors_gradient_is_copied),
        IN_CONTEXT(a_gradient_that_was_shared_stays_shared),
        IN_CONTEXT(a_hook_goes_when_it_is_taken_away),
        IN_CONTEXT(hooks_and_their_memory_go_with_the_tensor),
        IN_CONTEXT(many_hooks_run_in_order),
        IN_CONTEXT(a_hook_may_take_itself_away),
        IN_CONTEXT(a_hook_may_take_others_away),
        IN_CONTEXT(a_hook_that_is_added_waits),
        IN_CONTEXT(a_gradient_of_another_kind_is_refused),
        IN_CONTEXT(an_error_that_a_hook_sets_ends_the_backward),
        IN_CONTEXT(a_hook_that_writes_over_a_needed_value_is_found_out),
        IN_CONTEXT(bad_arguments_of_hooks),
        IN_CONTEXT(a_hook_can_not_leave_the_scope_around_it),
        IN_CONTEXT(a_hook_may_ask_for_a_gradient),
        IN_CONTEXT(a_hook_that_calls_itself_is_stopped),
        IN_CONTEXT(a_hook_may_run_a_backward),
        IN_CONTEXT(a_hook_that_spends_the_records_ends_the_backward),
        IN_CONTEXT(a_hook_may_look_at_a_layer),
        IN_CONTEXT(a_copy_can_be_carried_out),
        IN_CONTEXT(out_of_memory_with_hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
