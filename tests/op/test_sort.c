/* test_sort.c - what comes first, against PyTorch (index_reference.h); ties, NaN, long rows, and what is refused. */
#include "index_cases.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

static void check_case(const order_case *c, gd_tensor *x)
{
    gd_tensor *order = gd_argsort(x, c->dim, c->descending), *sorted = gd_sort(x, c->dim, c->descending), *dx;
    assert_same_tensor(order, numbers_as(GD_INT64, c->x, c->order));
    assert_same_tensor(sorted, numbers_as(c->dtype, c->x, c->sorted));
    if (c->dtype != GD_BOOL) /* adding 0 makes 0 of -0: PyTorch's topk takes one for the other */
        assert_same_tensor(gd_add_scalar(gd_topk(x, c->k, c->dim, c->descending), 0),
                           gd_add_scalar(numbers_as(c->dtype, c->top_shape, c->top), 0));
    gd_tensor *first = gd_argtopk(x, c->k, c->dim, c->descending);
    assert_same_tensor(gd_gather(x, c->dim, first), gd_topk(x, c->k, c->dim, c->descending));
    if (gd_ndim(x) > 0)
        assert_same_tensor(first, gd_slice(order, c->dim, 0, c->k, 1));
    if (!gd_requires_grad(x))
        return;
    assert_true(gd_gradient(sorted, gradient_of(c->x), 1, &x, &dx, false));
    assert_same_tensor(dx, numbers_as(GD_FLOAT64, c->x, c->dx));
}

static void test_against_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof order_cases / sizeof *order_cases; i++) {
        GD_SCOPE(g);
        const order_case *c = &order_cases[i];
        gd_tensor *x = numbers_as(c->dtype, c->x, c->numbers);
        check_case(c, scattered(x));
        check_case(c, c->dtype == GD_FLOAT64 ? gd_require_grad(x, true) : x);
    }
    assert_fine(g);
}

/* The largest k get the gradient, and the first of those that are equal. */
static void test_gradient_of_topk(void **state)
{
    (void)state;
    gd_tensor *x = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(2, 4), 1, 3, 3, 3,  0, -1, 2, -1), true), *dx;
    gd_tensor *y = gd_topk(x, 2, 1, true);
    assert_true(gd_gradient(y, gd_values_as(g, GD_FLOAT64, gd_shape(2, 2), 10, 20, 30, 40), 1, &x, &dx, false));
    assert_same_tensor(dx, gd_values_as(g, GD_FLOAT64, gd_shape(2, 4), 0, 10, 20, 0,  40, 0, 30, 0));
    y = gd_topk(x, 2, 1, false);
    assert_true(gd_gradient(y, gd_values_as(g, GD_FLOAT64, gd_shape(2, 2), 10, 20, 30, 40), 1, &x, &dx, false));
    assert_same_tensor(dx, gd_values_as(g, GD_FLOAT64, gd_shape(2, 4), 10, 20, 0, 0,  0, 30, 0, 40));
    assert_fine(g);
}

/* Is the row in order, and does each place come once, equal elements with their first ones first? */
static void assert_sorted(gd_tensor *x, bool descending)
{
    int64_t n = gd_numel(x);
    double *values = malloc((size_t)n * sizeof *values);
    int64_t *order = malloc((size_t)n * sizeof *order);
    bool *seen = calloc((size_t)n, sizeof *seen);
    assert_true(gd_read(x, GD_FLOAT64, values, (size_t)n));
    assert_true(gd_read(gd_argsort(x, -1, descending), GD_INT64, order, (size_t)n));
    for (int64_t i = 0; i < n; i++) {
        assert_true(order[i] >= 0 && order[i] < n && !seen[order[i]]);
        seen[order[i]] = true;
        if (i == 0)
            continue;
        double last = values[order[i - 1]], here = values[order[i]];
        assert_true(descending ? last >= here : last <= here);
        assert_true(last != here || order[i - 1] < order[i]);
    }
    free(values);
    free(order);
    free(seen);
}

/* Lengths around the runs that are sorted by insertion, few and many different elements, all in order, all against it. */
static void test_long_rows(void **state)
{
    static const int64_t lengths[] = { 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 1000, 100003 };
    (void)state;
    gd_seed(g, GD_RNG_PHILOX, 5);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        GD_SCOPE(g);
        gd_tensor *drawn = gd_randn(g, GD_FLOAT32, gd_shape(lengths[i]));
        gd_tensor *few = gd_choice(g, 7, lengths[i]), *steps = gd_arange(g, GD_FLOAT64, lengths[i]);
        gd_tensor *x[] = { drawn, few, gd_cast(few, GD_UINT8), gd_gt_scalar(drawn, 0), steps, gd_neg(steps) };
        for (size_t k = 0; k < sizeof x / sizeof *x; k++) {
            assert_sorted(x[k], false);
            assert_sorted(x[k], true);
        }
    }
    assert_fine(g);
}

/* int64 that no double tells apart. */
static void test_large_integers(void **state)
{
    static const int64_t values[] = { INT64_MAX, INT64_MAX - 1, INT64_MIN, INT64_MIN + 1, 9007199254740993, 9007199254740992 };
    static const int64_t want[] = { INT64_MIN, INT64_MIN + 1, 9007199254740992, 9007199254740993, INT64_MAX - 1, INT64_MAX };
    (void)state;
    gd_tensor *x = gd_from_memory(g, GD_INT64, gd_shape(6), values);
    assert_same_tensor(gd_sort(x, 0, false), gd_from_memory(g, GD_INT64, gd_shape(6), want));
    assert_fine(g);
}

static void test_refuses(void **state)
{
    (void)state;
    gd_tensor *x = operand(GD_FLOAT32, gd_shape(2, 3));
    assert_error_object(gd_argsort(x, 2, false));
    assert_error(g, GD_ERROR_INDEX, "argsort: there is no dimension 2 in float32 (2, 3)");
    assert_error_object(gd_sort(x, -3, true));
    assert_error(g, GD_ERROR_INDEX, "there is no dimension -3");
    assert_error_object(gd_topk(x, 4, 1, true));
    assert_error(g, GD_ERROR_INDEX, "argtopk: the first 4 along dimension 1 of float32 (2, 3)");
    assert_error_object(gd_argtopk(x, -1, 0, true));
    assert_error(g, GD_ERROR_INDEX, "the first -1 along dimension 0");
    assert_error_object(gd_topk(gd_scalar(g, GD_INT64, 1), 2, 0, true));
    assert_error(g, GD_ERROR_INDEX, "the first 2 along dimension 0 of int64 ()");
    assert_error_object(gd_argsort(gd_scalar(g, GD_INT64, 1), 1, true));
    assert_error(g, GD_ERROR_INDEX, "there is no dimension 1");
    gd_tensor *e[] = { NULL, gd_zeros(g, GD_FLOAT32, gd_shape(-1)) };
    gd_clear(g);
    for (int i = 0; i < 2; i++) {
        assert_error_object(gd_argsort(e[i], 0, false));
        assert_error_object(gd_sort(e[i], 0, false));
        assert_error_object(gd_argtopk(e[i], 1, 0, false));
        assert_error_object(gd_topk(e[i], 1, 0, false));
    }
    assert_fine(g);
}

static bool try_topk(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_tensor *x = gd_require_grad(gd_ones(own, GD_FLOAT64, gd_shape(2, 5)), true), *dx;
    return gd_gradient(gd_sum(gd_topk(x, 2, 0, true)), NULL, 1, &x, &dx, false);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_topk) > 10);
    gd_tensor *wide = gd_expand(gd_scalar(g, GD_BOOL, 1), gd_shape((int64_t)1 << 48));
    assert_error_object(gd_argsort(wide, 0, false));
    assert_error(g, GD_ERROR_MEMORY, "could not be had");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_against_pytorch), TEST(test_gradient_of_topk), TEST(test_long_rows),
        TEST(test_large_integers),  TEST(test_refuses),          TEST(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
