/* test_footguns.c - what a recording freezes. The function's C code does not run again: all that is not an operation on
 * tensors is as it was when the step was recorded. These tests show it; where a replay would be wrong without anybody
 * noticing, recording is refused instead (test_plan.c). */
#include "support.h"

typedef struct world {
    int calls;
    bool doubled;
    double factor;
    gd_tensor *weight;
} world;

/* The C code runs once for each form of the inputs, not once a run. */
static gd_tensor *counting(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    ((world *)user)->calls++;
    return gd_mul_scalar(in[0], 2);
}

static void test_side_effects_happen_once(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    world w = { 0 };
    gd_plan *plan = gd_compile(g, counting, &w);
    for (int i = 0; i < 5; i++)
        assert_true(gd_item(gd_run(plan, gd_scalar(g, GD_FLOAT32, i))) == 2 * i);
    assert_int_equal(w.calls, 1);
    assert_int_equal(gd_numel(gd_run(plan, gd_ones(g, GD_FLOAT32, gd_shape(3)))), 3);
    assert_int_equal(w.calls, 2);
    all_well(g);
    gd_close(g);
}

/* A branch stays as it was taken. */
static gd_tensor *branching(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return ((world *)user)->doubled ? gd_mul_scalar(in[0], 2) : gd_mul_scalar(in[0], 1);
}

static void test_branches_stay(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    world w = { .doubled = true };
    gd_plan *plan = gd_compile(g, branching, &w);
    gd_tensor *one = gd_scalar(g, GD_FLOAT32, 1);
    assert_true(gd_item(gd_run(plan, one)) == 2);
    w.doubled = false;
    assert_true(gd_item(gd_run(plan, one)) == 2);
    gd_close(g);
}

/* A number of C stays as it was; a tensor is looked at in each run. */
static gd_tensor *scaling(void *user, gd_tensor *const *in, size_t n)
{
    const world *w = user;
    (void)n;
    return gd_mul(gd_mul_scalar(in[0], w->factor), w->weight);
}

static void test_numbers_stay_and_tensors_do_not(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    world w = { .factor = 10, .weight = gd_scalar(g, GD_FLOAT32, 1) };
    gd_plan *plan = gd_compile(g, scaling, &w);
    gd_tensor *one = gd_scalar(g, GD_FLOAT32, 1);
    assert_true(gd_item(gd_run(plan, one)) == 10);
    w.factor = 20;
    assert_true(gd_item(gd_run(plan, one)) == 10);
    gd_fill(w.weight, 3);
    assert_true(gd_item(gd_run(plan, one)) == 30);
    w.weight = gd_scalar(g, GD_FLOAT32, 100); /* the pointer is C's: the tensor that was recorded stays */
    assert_true(gd_item(gd_run(plan, one)) == 30);
    gd_close(g);
}

/* A tensor made of numbers of C is as frozen as they are. */
static gd_tensor *shifting(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    gd_context *g = gd_context_of(in[0]);
    return gd_add(in[0], gd_values(g, gd_shape(2), ((world *)user)->factor, 0));
}

static void test_values_of_c_stay(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    world w = { .factor = 1 };
    gd_plan *plan = gd_compile(g, shifting, &w);
    gd_tensor *zero = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    assert_true(gd_at(gd_run(plan, zero), 0) == 1);
    w.factor = 2;
    assert_true(gd_at(gd_run(plan, zero), 0) == 1);
    gd_close(g);
}

/* The result is the plan's: the next run writes over it. */
static void test_result_is_overwritten(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    world w = { 0 };
    gd_plan *plan = gd_compile(g, counting, &w);
    gd_tensor *first = gd_run(plan, gd_scalar(g, GD_FLOAT32, 1)), *kept = gd_clone(first);
    gd_run(plan, gd_scalar(g, GD_FLOAT32, 5));
    assert_true(gd_item(first) == 10);
    assert_true(gd_item(kept) == 2);
    gd_close(g);
}

/* No gradient flows through a plan. */
static void test_result_has_no_history(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    world w = { .factor = 1, .weight = gd_require_grad(gd_scalar(g, GD_FLOAT32, 2), true) };
    gd_plan *plan = gd_compile(g, scaling, &w);
    for (int i = 0; i < 2; i++)
        assert_false(gd_requires_grad(gd_run(plan, gd_scalar(g, GD_FLOAT32, 3))));
    all_well(g);
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_side_effects_happen_once),        cmocka_unit_test(test_branches_stay),
        cmocka_unit_test(test_numbers_stay_and_tensors_do_not), cmocka_unit_test(test_values_of_c_stay),
        cmocka_unit_test(test_result_is_overwritten),           cmocka_unit_test(test_result_has_no_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
