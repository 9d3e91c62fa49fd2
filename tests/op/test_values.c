/* test_values.c - operations that have no reference of one element, against slow loops and against numbers that PyTorch
 * printed. */
#include "battery.h"

static void *opened(void)
{
    gd_context *g = gd_open();
    gd_seed(g, GD_RNG_PHILOX, test_seed());
    return g;
}

static void expect(const gd_tensor *t, double tolerance, size_t count, const double *want)
{
    double got[MOST];
    read_all(t, got);
    assert_int_equal(gd_numel(t), count);
    for (size_t i = 0; i < count; i++)
        close_to(got[i], want[i], tolerance, "value", (int64_t)i);
}

#define EXPECT(t, tolerance, ...)                                                                      \
    expect(t, tolerance, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double), (const double[]){ __VA_ARGS__ })

/* ---- matmul ---- */

static void naive_product(int64_t m, int64_t n, int64_t k, const double *a, const double *b, double *y)
{
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int64_t l = 0; l < k; l++)
                sum += a[i * k + l] * b[l * n + j];
            y[i * n + j] = sum;
        }
}

/* The matrix as stored, as a transposed view, or scattered so that neither dimension is dense. */
static gd_tensor *laid_out(gd_tensor *t, int layout)
{
    if (layout == 0)
        return t;
    if (layout == 1)
        return gd_t(gd_contiguous(gd_t(t)));
    gd_dims wide = gd_shape(gd_size(t, 0), gd_size(t, 1), 2);
    gd_tensor *twice = gd_clone(gd_expand(gd_reshape(t, gd_shape(gd_size(t, 0), gd_size(t, 1), 1)), wide));
    return gd_reshape(gd_sum(gd_div_scalar(twice, 2), gd_axes(2)), gd_sizes(t));
}

static void check_product(gd_context *g, int64_t m, int64_t n, int64_t k, gd_dtype dtype)
{
    GD_SCOPE(g);
    double *a = calloc((size_t)(m * k + k * n + 2 * m * n + 1), sizeof *a), *b = a + m * k, *want = b + k * n;
    double *got = want + m * n;
    gd_tensor *A = gd_randn(g, dtype, gd_shape(m, k)), *B = gd_randn(g, dtype, gd_shape(k, n));
    gd_read(A, GD_FLOAT64, a, (size_t)(m * k));
    gd_read(B, GD_FLOAT64, b, (size_t)(k * n));
    naive_product(m, n, k, a, b, want);
    for (int layout = 0; layout < 9; layout++) {
        gd_tensor *y = gd_matmul(laid_out(A, layout % 3), laid_out(B, layout / 3));
        assert_true(gd_read(y, GD_FLOAT64, got, (size_t)(m * n)));
        for (int64_t i = 0; i < m * n; i++)
            close_to(got[i], want[i], dtype == GD_FLOAT32 ? 2e-5 : 1e-12, "product", i);
    }
    free(a);
}

static void test_matmul(void **state)
{
    static const int64_t size[] = { 0, 1, 2, 3, 7, 17, 33, 64 };
    enum { SIZES = sizeof size / sizeof *size };
    gd_context *g = opened();
    (void)state;
    for (int i = 0; i < SIZES * SIZES * SIZES; i++) {
        int64_t m = size[i % SIZES], n = size[i / SIZES % SIZES], k = size[i / SIZES / SIZES];
        check_product(g, m, n, k, GD_FLOAT64);
        check_product(g, m, n, k, GD_FLOAT32);
    }
    no_error(g);
    gd_close(g);
}

static void test_matmul_refuses(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *x = gd_name(gd_ones(g, GD_FLOAT32, gd_shape(4, 3)), "x");
    gd_tensor *W = gd_name(gd_ones(g, GD_FLOAT32, gd_shape(2, 2)), "W");
    assert_false(gd_is_tensor(gd_matmul(x, W)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    assert_int_equal(gd_first_error(g)->dim, 1);
    assert_non_null(strstr(gd_message(g), "'x' float32 (4, 3)"));
    assert_non_null(strstr(gd_message(g), "'W' float32 (2, 2)"));
    gd_clear(g);
    assert_false(gd_is_tensor(gd_matmul(x, gd_ones(g, GD_FLOAT64, gd_shape(3, 2)))));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_DTYPE);
    gd_clear(g);
    assert_false(gd_is_tensor(gd_matmul(x, gd_ones(g, GD_FLOAT32, gd_shape(2)))));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    gd_close(g);
}

/* ---- reductions ---- */

static void test_sum_and_mean(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *x = gd_reshape(gd_arange(g, GD_FLOAT32, 24), gd_shape(2, 3, 4));
    EXPECT(gd_sum(x), 0, 276);
    EXPECT(gd_mean(x), 0, 11.5);
    EXPECT(gd_sum(x, gd_axes(0)), 0, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34);
    EXPECT(gd_sum(x, gd_axes(1)), 0, 12, 15, 18, 21, 48, 51, 54, 57);
    EXPECT(gd_sum(x, gd_axes(-1)), 0, 6, 22, 38, 54, 70, 86);
    EXPECT(gd_sum(x, gd_axes(0, 2)), 0, 60, 92, 124);
    EXPECT(gd_mean(x, gd_axes(0, -1)), 0, 7.5, 11.5, 15.5);
    EXPECT(gd_sum(gd_transpose(x, 0, 2), gd_axes(0)), 0, 6, 54, 22, 70, 38, 86);
    assert_int_equal(gd_ndim(gd_sum(x, gd_axes(1), true)), 3);
    assert_int_equal(gd_ndim(gd_sum(x, .keepdim = true)), 3);
    assert_int_equal(gd_dtype_of(gd_sum(gd_cast(x, GD_UINT8))), GD_INT64);
    EXPECT(gd_sum(gd_ge(x, gd_scalar(g, GD_FLOAT32, 20))), 0, 4);
    EXPECT(gd_sum(gd_zeros(g, GD_FLOAT32, gd_shape(0, 3)), gd_axes(0)), 0, 0, 0, 0);
    assert_true(isnan(gd_item(gd_mean(gd_zeros(g, GD_FLOAT32, gd_shape(0))))));
    no_error(g);
    assert_false(gd_is_tensor(gd_sum(x, gd_axes(3))));
    gd_clear(g);
    assert_false(gd_is_tensor(gd_sum(x, gd_axes(0, -3))));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_INDEX);
    gd_clear(g);
    assert_false(gd_is_tensor(gd_mean(gd_arange(g, GD_DEFAULT, 3))));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_DTYPE);
    gd_close(g);
}

/* A million float32 whose sum a plain loop gets wrong in the third digit. */
static void test_long_sums(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *x = gd_full(g, GD_FLOAT32, gd_shape(1000, 1000), 0.1);
    double want = 1e6 * (double)0.1f;
    close_to(gd_item(gd_sum(x)), want, 1e-6, "all", 0);
    close_to(gd_at(gd_sum(gd_reshape(x, gd_shape(-1, 1)), gd_axes(0)), 0), want, 1e-6, "a column", 0);
    close_to(gd_at(gd_sum(gd_reshape(x, gd_shape(500000, 2)), gd_axes(0)), 1), want / 2, 5e-4, "columns", 0);
    no_error(g);
    gd_close(g);
}

static void test_argmax(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(3, 3), 1, 5, 5,  NAN, 9, NAN,  -1, -3, -2);
    EXPECT(gd_argmax(x, 1), 0, 1, 0, 0);
    EXPECT(gd_argmax(x, 0), 0, 1, 1, 1);
    EXPECT(gd_argmax(gd_t(x), -1), 0, 1, 1, 1);
    no_error(g);
    assert_false(gd_is_tensor(gd_argmax(gd_zeros(g, GD_FLOAT32, gd_shape(2, 0)), 1)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    gd_close(g);
}

/* ---- comparisons and numbers ---- */

static void test_elementwise_numbers(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *a = gd_values(g, gd_shape(3), 1, -2, 0), *b = gd_values(g, gd_shape(3), 1, 4, -1);
    EXPECT(gd_neg(a), 0, -1, 2, 0);
    EXPECT(gd_add(a, b), 0, 2, 2, -1);
    EXPECT(gd_sub(a, b), 0, 0, -6, 1);
    EXPECT(gd_mul(a, b), 0, 1, -8, 0);
    EXPECT(gd_div(b, a), 0, 1, -2, -INFINITY);
    EXPECT(gd_eq(a, b), 0, 1, 0, 0);
    EXPECT(gd_ge_scalar(a, -2), 0, 1, 1, 1);
    EXPECT(gd_sub_scalar(a, 1), 0, 0, -3, -1);
    EXPECT(gd_square(a), 0, 1, 4, 0);
    EXPECT(gd_sqrt(gd_square(a)), 0, 1, 2, 0);
    EXPECT(gd_relu(gd_values(g, gd_shape(4), -1, 2, NAN, INFINITY)), 0, 0, 2, NAN, INFINITY);
    EXPECT(gd_relu_backward(b, a), 0, 1, 0, 0);
    EXPECT(gd_sigmoid_backward(gd_values(g, gd_shape(1), 3), gd_values(g, gd_shape(1), 0.25)), 1e-7, 0.5625);
    EXPECT(gd_div(gd_arange(g, GD_DEFAULT, 3), gd_full(g, GD_INT64, gd_shape(), 2)), 0, 0, 0.5, 1);
    gd_tensor *u = gd_full(g, GD_UINT8, gd_shape(1), 200);
    EXPECT(gd_add(u, u), 0, 144); /* wraps, as in PyTorch */
    EXPECT(gd_cast(gd_values(g, gd_shape(4), 2.9, -2.9, 300, NAN), GD_INT64), 0, 2, -2, 300, 0);
    no_error(g);
    gd_close(g);
}

/* ---- softmax and losses: numbers from PyTorch 1.13, float64 ---- */

static void test_losses(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *x = gd_values_as(g, GD_FLOAT64, gd_shape(2, 3), 2.0, 0.5, -1.0,  1.0, 3.0, -0.5);
    gd_tensor *t = gd_cast(gd_values(g, gd_shape(2), 0, 1), GD_INT64);
    EXPECT(gd_softmax(x, 1), 1e-14, 0.785597034589276, 0.175290392140037, 0.039112573270687, 0.116114534674141,
           0.857976810608457, 0.025908654717402);
    EXPECT(gd_softmax(gd_add_scalar(x, 1e4), -1), 1e-12, 0.785597034589276, 0.175290392140037, 0.039112573270687, 0.116114534674141,
           0.857976810608457, 0.025908654717402);
    EXPECT(gd_cross_entropy(x, t), 1e-15, 0.19724475188972257);
    EXPECT(gd_cross_entropy(x, gd_cast(t, GD_UINT8)), 1e-15, 0.19724475188972257);
    EXPECT(gd_nll(gd_log_softmax(x, 1), t), 1e-15, 0.19724475188972257);
    gd_tensor *p = gd_values_as(g, GD_FLOAT64, gd_shape(4), 0, 1, 0.3, 0.9);
    EXPECT(gd_bce(p, gd_values_as(g, GD_FLOAT64, gd_shape(4), 1, 1, 0, 1)), 1e-15,
           (100 - log(0.7) - log(0.9)) / 4); /* ln 0 stops at -100 */
    EXPECT(gd_bce_backward(gd_scalar(g, GD_FLOAT64, 1), p, gd_values_as(g, GD_FLOAT64, gd_shape(4), 1, 1, 0, 1)), 1e-9,
           -1e12 / 4, 0, 0.3 / 0.21 / 4, -0.1 / 0.09 / 4);
    no_error(g);
    gd_close(g);
}

static void test_losses_refuse(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *p = gd_full(g, GD_FLOAT32, gd_shape(4, 1), 0.5), *t = gd_zeros(g, GD_FLOAT32, gd_shape(4));
    assert_false(gd_is_tensor(gd_bce(p, t))); /* (N, 1) against (N) */
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    gd_clear(g);
    assert_false(gd_is_tensor(gd_bce(gd_full(g, GD_FLOAT32, gd_shape(4), 1.5), t)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_VALUE);
    gd_clear(g);
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(2, 3));
    assert_false(gd_is_tensor(gd_cross_entropy(x, gd_arange(g, GD_DEFAULT, 3))));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    gd_clear(g);
    assert_false(gd_is_tensor(gd_cross_entropy(x, gd_full(g, GD_INT64, gd_shape(2), 3))));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_INDEX);
    assert_non_null(strstr(gd_message(g), "label 3 of sample 0"));
    gd_clear(g);
    assert_false(gd_is_tensor(gd_nll_backward(x, gd_arange(g, GD_DEFAULT, 2), 3, -100)));
    gd_clear(g);
    assert_false(gd_is_tensor(gd_cross_entropy(x, gd_zeros(g, GD_FLOAT32, gd_shape(2)))));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_DTYPE);
    gd_close(g);
}

/* ---- views ---- */

static void test_views(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *x = gd_reshape(gd_arange(g, GD_DEFAULT, 6), gd_shape(2, -1));
    EXPECT(gd_contiguous(gd_t(x)), 0, 0, 3, 1, 4, 2, 5);
    EXPECT(gd_reshape(gd_t(x), gd_shape(6)), 0, 0, 3, 1, 4, 2, 5);
    EXPECT(gd_expand(gd_arange(g, GD_DEFAULT, 2), gd_shape(2, -1)), 0, 0, 1, 0, 1);
    assert_null(gd_data(gd_t(x)));
    gd_clear(g);
    gd_write(gd_reshape(x, gd_shape(6)), GD_INT64, (const int64_t[]){ 9, 9, 9, 9, 9, 9 }, 6);
    EXPECT(x, 0, 9, 9, 9, 9, 9, 9); /* a view shares its numbers */
    assert_ptr_equal(gd_contiguous(x), x);
    assert_int_equal(gd_ndim(gd_t(gd_scalar(g, GD_FLOAT32, 1))), 0);
    no_error(g);
    assert_false(gd_is_tensor(gd_reshape(x, gd_shape(4, -1))));
    gd_clear(g);
    assert_false(gd_is_tensor(gd_expand(x, gd_shape(3, 3))));
    gd_clear(g);
    assert_false(gd_is_tensor(gd_transpose(x, 0, 2)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_INDEX);
    gd_clear(g);
    assert_false(gd_is_tensor(gd_t(gd_zeros(g, GD_FLOAT32, gd_shape(1, 1, 1)))));
    gd_close(g);
}

static void test_parts(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *x = gd_reshape(gd_arange(g, GD_FLOAT64, 24), gd_shape(2, 3, 4));
    gd_tensor *p = gd_permute(x, gd_axes(2, 0, -2));
    assert_true(gd_size(p, 0) == 4 && gd_size(p, 1) == 2 && gd_size(p, 2) == 3);
    assert_true(gd_at(p, 3, 1, 2) == 23 && gd_at(p, 1, 0, 2) == 9);
    EXPECT(gd_slice(gd_select(x, 0, 1), 1, 1, -1, 1), 0, 13, 14, 17, 18, 21, 22);
    EXPECT(gd_slice(gd_arange(g, GD_DEFAULT, 10), 0, -100, 100, 4), 0, 0, 4, 8);
    EXPECT(gd_slice(gd_arange(g, GD_DEFAULT, 10), 0, 3, INT64_MAX, INT64_MAX), 0, 3);
    assert_int_equal(gd_numel(gd_slice(x, 0, 5, 1, 1)), 0);
    EXPECT(gd_select(gd_select(x, -1, -1), 0, 0), 0, 3, 7, 11);
    assert_int_equal(gd_ndim(gd_squeeze(gd_unsqueeze(x, -1), 3)), 3);
    assert_int_equal(gd_size(gd_unsqueeze(x, 1), 1), 1);
    assert_int_equal(gd_size(gd_flatten(x, 1, -1), 1), 12);
    assert_int_equal(gd_ndim(gd_flatten(gd_scalar(g, GD_FLOAT32, 1), 0, -1)), 1);
    EXPECT(gd_slice_backward(gd_ones(g, GD_FLOAT32, gd_shape(2)), gd_shape(5), 0, 1, 3), 0, 0, 1, 0, 0, 1);
    no_error(g);
    gd_tensor *bad[] = { gd_permute(x, gd_axes(0, 1)), gd_permute(x, gd_axes(0, 1, 1)), gd_permute(x, gd_axes(0, 1, 3)),
                         gd_select(x, 0, 2), gd_select(x, 3, 0), gd_slice(x, 0, 0, 2, 0), gd_squeeze(x, 5),
                         gd_unsqueeze(x, 5), gd_flatten(x, 2, 0), gd_flatten(NULL, 0, 1), gd_select(NULL, 0, 0),
                         gd_slice_backward(x, gd_shape(2, 3, 3), 2, 0, 1),
                         gd_slice_backward(x, gd_shape(2, 3, 9), 2, 1, 3),
                         gd_permute(x, (gd_dims){ .count = 100 }) };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(gd_is_tensor(bad[i]));
    gd_close(g);
}

/* Numbers from PyTorch 2.15. */
static void test_regression_losses(void **state)
{
    gd_context *g = opened();
    (void)state;
    gd_tensor *x = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(4), 0.5, -2, 3, 1), true), *dx;
    gd_tensor *t = gd_values_as(g, GD_FLOAT64, gd_shape(4), 1, 1, 1, 1);
    EXPECT(gd_mse(x, t), 1e-15, 3.3125);
    EXPECT(gd_l1(x, t), 1e-15, 1.375);
    EXPECT(gd_half_squared_error(x, t), 1e-15, 6.625);
    EXPECT(gd_huber(x, t, 1), 1e-15, 1.03125);
    assert_true(gd_gradient(gd_huber(x, t, 1.5), NULL, 1, &x, &dx, false));
    EXPECT(dx, 1e-15, -0.125, -0.375, 0.375, 0);
    no_error(g);
    assert_false(gd_is_tensor(gd_mse(gd_reshape(x, gd_shape(4, 1)), t)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    assert_string_equal(gd_first_error(g)->op, "mse");
    gd_clear(g);
    assert_false(gd_is_tensor(gd_huber(x, t, 0)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_VALUE);
    gd_close(g);
}

/* ---- walking the list ---- */

static void test_list(void **state)
{
    (void)state;
    assert_true(gd_op_count() > 20);
    assert_null(gd_op_at(-1));
    assert_null(gd_op_at(gd_op_count()));
    for (int i = 0; i < gd_op_count(); i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(gd_op_at(i)->name, gd_op_at(j)->name);
}

/* ---- at the limits ---- */

/* gd_sum(x, 1) compiles: C takes the 1 for the list's first field. */
static void test_a_number_for_axes(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *x = gd_ones(g, GD_FLOAT64, gd_shape(2, 3));
    gd_tensor *refused[] = { (gd_sum)((gd_reduction){ .x = x, .text = "x, 1" }),
                             (gd_mean)((gd_reduction){ .x = x, .text = "gd_add(x, y), -1, true" }),
                             (gd_var)((gd_var_options){ .x = x, .text = "x, 0" }),
                             (gd_norm)((gd_norm_options){ .x = x, .text = "x, + 2" }) };
    for (int i = 0; i < 4; i++)
        assert_false(gd_is_tensor(refused[i]));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_INDEX);
    assert_non_null(strstr(gd_message(g), "gd_axes(1)"));
    gd_clear(g);
    gd_dims axes = gd_axes(1);
    EXPECT(gd_sum(x, axes), 0, 3, 3);
    EXPECT(gd_sum(x, .keepdim = true), 0, 6);
    EXPECT(gd_sum(gd_mul_scalar(x, 2), gd_axes(0)), 0, 4, 4, 4);
    no_error(g);
    gd_close(g);
}

/* Integers keep their dtype and their last digit. */
static void test_rounding_of_integers(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *x = gd_values_as(g, GD_INT64, gd_shape(2), 16777217, -3), *bytes = gd_cast(gd_abs(x), GD_UINT8);
    gd_tensor *kept[] = { gd_floor(x), gd_ceil(x), gd_round(x), gd_clamp(x, -3, INFINITY) };
    for (int i = 0; i < 4; i++) {
        assert_int_equal(gd_dtype_of(kept[i]), GD_INT64);
        EXPECT(kept[i], 0, 16777217, -3);
    }
    assert_true(gd_floor(x) != x);
    EXPECT(gd_clamp(x, -2, 5), 0, 5, -2);
    assert_int_equal(gd_dtype_of(gd_clamp(bytes, 2, 5)), GD_UINT8);
    EXPECT(gd_clamp(bytes, 2, 300), 0, 2, 3);
    EXPECT(gd_clamp(x, -0.5, 1), 0, 1, -0.5);
    no_error(g);
    gd_close(g);
}

static void test_the_larger_of_x_and_a_number(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *x = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(3), -1, 2, 3), true), *dx;
    EXPECT(gd_maximum_scalar(x, 2.5), 0, 2.5, 2.5, 3);
    EXPECT(gd_minimum_scalar(x, 2), 0, -1, 2, 2);
    assert_true(gd_gradient(gd_sum(gd_maximum_scalar(x, 2)), NULL, 1, &x, &dx, false));
    EXPECT(dx, 0, 0, 0.5, 1);
    gd_tensor *whole = gd_values_as(g, GD_INT64, gd_shape(2), 1, 5);
    assert_int_equal(gd_dtype_of(gd_maximum_scalar(whole, 2)), GD_INT64);
    assert_int_equal(gd_dtype_of(gd_minimum_scalar(whole, 2.5)), GD_FLOAT32);
    EXPECT(gd_minimum_scalar(whole, 2.5), 0, 1, 2.5);
    no_error(g);
    assert_false(gd_is_tensor(gd_maximum_scalar(NULL, 1)));
    assert_false(gd_is_tensor(gd_minimum_scalar(NULL, 1)));
    gd_close(g);
}

static void test_squeeze_of_a_number(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    EXPECT(gd_squeeze(gd_scalar(g, GD_FLOAT64, 4), -1), 0, 4);
    assert_int_equal(gd_ndim(gd_squeeze(gd_scalar(g, GD_FLOAT64, 4), 0)), 0);
    no_error(g);
    assert_false(gd_is_tensor(gd_squeeze(gd_scalar(g, GD_FLOAT64, 4), 1)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_INDEX);
    gd_close(g);
}

/* Many rows of nothing are done at once. */
static void test_hollow_shapes(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    int64_t many = (int64_t)1 << 40;
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(many, 3, 0));
    assert_int_equal(gd_numel(gd_sum(x, gd_axes(1))), 0);
    assert_int_equal(gd_numel(gd_max(x, gd_axes(1), true)), 0);
    assert_int_equal(gd_size(gd_pad(x, gd_shape(0, 1, 0), gd_shape(0, 1, 0), 0), 1), 5);
    assert_int_equal(gd_numel(gd_softmax(x, 1)), 0);
    no_error(g);
    gd_close(g);
}

/* Huber's loss is a parabola around 0, where its slope is 0 but not its bend. */
static void test_bend_of_huber(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *x = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(4), 0, 0.5, 3, -3), true), *dx, *ddx;
    gd_tensor *loss = gd_huber(x, gd_zeros_like(x), 1, .reduction = GD_REDUCE_SUM);
    assert_true(gd_gradient(loss, NULL, 1, &x, &dx, true));
    EXPECT(dx, 0, 0, 0.5, 1, -1);
    assert_true(gd_gradient(dx, gd_ones_like(dx), 1, &x, &ddx, false));
    EXPECT(ddx, 0, 1, 1, 0, 0);
    no_error(g);
    gd_close(g);
}

/* A step beyond all sizes is right where it leads nowhere. */
static void test_long_steps(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *x = gd_reshape(gd_arange(g, GD_FLOAT64, 3), gd_shape(3, 1));
    EXPECT(gd_slice_backward(x, gd_shape(3, 2), 1, 1, INT64_MAX), 0, 0, 0, 0, 1, 0, 2);
    EXPECT(gd_slice(x, 0, 1, 3, INT64_MAX), 0, 1);
    no_error(g);
    gd_close(g);
}

/* The upper limit holds where both cross, and NaN is a limit that nothing lies within, as in PyTorch. */
static void test_clamp_limits(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++) {
        gd_tensor *x = gd_values_as(g, dtype, gd_shape(3), -1, 0.5, 4);
        EXPECT(gd_clamp(x, 3, 2), 0, 2, 2, 2);
        EXPECT(gd_clamp(x, 0, 3), 0, 0, 0.5, 3);
        EXPECT(gd_clamp(x, NAN, 3), 0, NAN, NAN, NAN);
        EXPECT(gd_clamp(x, 0, NAN), 0, NAN, NAN, NAN);
    }
    no_error(g);
    gd_close(g);
}

/* 0^b is 0 for every b > 0, so all derivatives with respect to b are. */
static void test_powers_of_zero(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *a = gd_values_as(g, GD_FLOAT64, gd_shape(2), 0, 2), *b = gd_full_like(a, 1.5), *db, *ddb;
    gd_require_grad(b, true);
    gd_tensor *one = gd_ones_like(a);
    assert_true(gd_gradient(gd_pow(a, b), one, 1, &b, &db, true));
    assert_true(gd_gradient(db, one, 1, &b, &ddb, false));
    double log2 = log(2), y = pow(2, 1.5);
    EXPECT(db, 1e-15, 0, y * log2);
    EXPECT(ddb, 1e-15, 0, y * log2 * log2);
    no_error(g);
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matmul),        cmocka_unit_test(test_matmul_refuses),
        cmocka_unit_test(test_sum_and_mean),  cmocka_unit_test(test_long_sums),
        cmocka_unit_test(test_argmax),        cmocka_unit_test(test_elementwise_numbers),
        cmocka_unit_test(test_losses),        cmocka_unit_test(test_losses_refuse),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_parts),         cmocka_unit_test(test_regression_losses), cmocka_unit_test(test_list),
        cmocka_unit_test(test_clamp_limits),  cmocka_unit_test(test_powers_of_zero),
        cmocka_unit_test(test_hollow_shapes),
        cmocka_unit_test(test_bend_of_huber),
        cmocka_unit_test(test_long_steps),    cmocka_unit_test(test_a_number_for_axes),
        cmocka_unit_test(test_rounding_of_integers), cmocka_unit_test(test_squeeze_of_a_number),
        cmocka_unit_test(test_the_larger_of_x_and_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
