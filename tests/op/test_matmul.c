/* test_matmul.c - products of vectors, matrices and many matrices, of every layout, against PyTorch; and what is no product. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

#include "matmul_reference.h"

enum { CASES = sizeof products / sizeof *products, LAYOUTS = 5 };

/* ---- operands: numbers as the reference's script has them, lying in memory in several ways ---- */

static gd_tensor *numbers(gd_dtype dtype, gd_dims shape, int factor, int offset, int modulus, int unit)
{
    gd_tensor *t = gd_zeros(g, dtype, shape);
    double *values = malloc((size_t)gd_numel(t) * sizeof *values + 1);
    for (int64_t i = 0; i < gd_numel(t); i++)
        values[i] = (double)((factor * i + offset) % modulus - modulus / 2) / unit;
    assert_true(gd_write(t, GD_FLOAT64, values, (size_t)gd_numel(t)));
    free(values);
    return t;
}

/* Every second element of a wider tensor: nothing is dense. */
static gd_tensor *spread(gd_tensor *t)
{
    gd_tensor *wide = gd_cat(gd_list(t, gd_full_like(t, NAN)), -1);
    gd_tensor *other = gd_slice(wide, -1, 0, INT64_MAX, 2);
    double *values = malloc((size_t)gd_numel(t) * sizeof *values + 1);
    gd_read(t, GD_FLOAT64, values, (size_t)gd_numel(t));
    gd_write(other, GD_FLOAT64, values, (size_t)gd_numel(t));
    free(values);
    return other;
}

/* Rows with a gap behind each: dense, but not row-major. */
static gd_tensor *with_gaps(gd_tensor *t)
{
    return gd_slice(gd_cat(gd_list(t, gd_full_like(t, NAN)), -1), -1, 0, gd_size(t, -1), 1);
}

/* The last two dimensions, or the first and the last, in the other order in memory. */
static gd_tensor *turned(gd_tensor *t, int dim)
{
    return gd_ndim(t) < 2 ? t : gd_transpose(gd_contiguous(gd_transpose(t, dim, -1)), dim, -1);
}

static gd_tensor *laid_out(gd_tensor *t, int layout)
{
    switch (layout) {
    case 1: return spread(t);
    case 2: return with_gaps(t);
    case 3: return turned(t, -2);
    case 4: return turned(t, 0);
    default: return t;
    }
}

static void assert_exactly(gd_tensor *t, gd_dims shape, const double *want)
{
    assert_shape(t, shape);
    double *got = malloc((size_t)t->numel * sizeof *got + 1);
    assert_true(gd_read(t, GD_FLOAT64, got, (size_t)t->numel));
    for (int64_t i = 0; i < t->numel; i++)
        if (!(got[i] == want[i]))
            fail_msg("element %d is %.17g, not %.17g", (int)i, got[i], want[i]);
    free(got);
}

static void check(size_t n, gd_dtype dtype, int left, int right)
{
    GD_SCOPE(g);
    gd_dims of_a = products[n].a, of_b = products[n].b;
    gd_tensor *x[2] = { laid_out(numbers(dtype, of_a, 7, 3, 11, 8), left),
                        laid_out(numbers(dtype, of_b, 5, 1, 13, 8), right) };
    gd_tensor *dx[2];
    gd_require_grad(x[0], true);
    gd_require_grad(x[1], true);
    gd_tensor *y = gd_matmul(x[0], x[1]);
    assert_exactly(y, products[n].y, products[n].numbers);
    assert_int_equal(gd_dtype_of(y), dtype);
    assert_true(gd_gradient(y, numbers(dtype, products[n].y, 3, 2, 7, 4), 2, x, dx, (left + right) % 2));
    assert_exactly(dx[0], of_a, products[n].da);
    assert_exactly(dx[1], of_b, products[n].db);
    assert_fine(g);
}

static void products_and_their_gradients(void **state)
{
    (void)state;
    for (size_t n = 0; n < CASES; n++)
        for (int layout = 0; layout < LAYOUTS * LAYOUTS; layout++)
            for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++)
                check(n, dtype, layout % LAYOUTS, layout / LAYOUTS);
}

static void with_every_instruction_set(void **state)
{
    static const char *const names[] = { "generic", "avx2", "avx512" };
    gd_context *outer = g;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        g = gd_open_with(&(gd_config){ .isa = names[i] });
        for (size_t n = 0; strcmp(gd_isa(g), "none") != 0 && n < CASES; n++)
            for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++)
                check(n, dtype, (int)n % LAYOUTS, (int)n / 2 % LAYOUTS);
        gd_close(g);
    }
    g = outer;
}

/* ---- operands that are repeated without copies ---- */

static void same_as_clones(gd_tensor *a, gd_tensor *b)
{
    gd_tensor *x[2] = { gd_require_grad(a, true), gd_require_grad(b, true) }, *of_x[2], *of_clones[2];
    gd_tensor *clones[2] = { gd_require_grad(gd_clone(gd_detach(a)), true),
                             gd_require_grad(gd_clone(gd_detach(b)), true) };
    gd_tensor *y = gd_matmul(a, b), *want = gd_matmul(clones[0], clones[1]);
    assert_same_tensor(y, want);
    assert_true(gd_gradient(gd_sum(gd_mul(y, y)), NULL, 2, x, of_x, false));
    assert_true(gd_gradient(gd_sum(gd_mul(want, want)), NULL, 2, clones, of_clones, false));
    assert_same_tensor(of_x[0], of_clones[0]);
    assert_same_tensor(of_x[1], of_clones[1]);
}

static void repeated_operands(void **state)
{
    (void)state;
    gd_tensor *matrix = numbers(GD_FLOAT32, gd_shape(3, 4), 7, 3, 11, 8),
              *row = numbers(GD_FLOAT32, gd_shape(1, 4), 5, 1, 13, 8);
    gd_tensor *one = gd_full(g, GD_FLOAT32, gd_shape(), 0.5);
    same_as_clones(gd_expand(matrix, gd_shape(5, 3, 4)), gd_expand(gd_t(row), gd_shape(4, 3)));
    same_as_clones(gd_expand(row, gd_shape(3, -1)), gd_t(matrix));
    same_as_clones(gd_expand(row, gd_shape(2, 6, -1)), gd_expand(gd_t(matrix), gd_shape(2, -1, -1)));
    same_as_clones(gd_expand(one, gd_shape(4)), gd_expand(one, gd_shape(2, 4, 3)));
    same_as_clones(gd_expand(one, gd_shape(20, 20)), gd_expand(one, gd_shape(20, 20)));
    gd_tensor *long_row = numbers(GD_FLOAT64, gd_shape(1, 40), 7, 3, 11, 8),
              *wide = numbers(GD_FLOAT64, gd_shape(20, 40), 5, 1, 13, 8);
    same_as_clones(gd_expand(long_row, gd_shape(20, -1)), gd_t(wide));
    same_as_clones(wide, gd_t(gd_expand(long_row, gd_shape(20, -1))));
    assert_fine(g);
}

/* A sum of nothing is 0. */
static void tall_without_columns(void **state)
{
    (void)state;
    gd_tensor *y = gd_matmul(gd_zeros(g, GD_FLOAT32, gd_shape(600, 0)), gd_zeros(g, GD_FLOAT32, gd_shape(0, 700)));
    assert_shape(y, gd_shape(600, 700));
    assert_steps(y, 0, 0);
}

/* x x^T, and a vector with itself: both gradients go to the same place. */
static void an_operand_with_itself(void **state)
{
    (void)state;
    gd_tensor *x = gd_require_grad(numbers(GD_FLOAT64, gd_shape(2, 3), 7, 3, 11, 8), true), *dx;
    assert_true(gd_gradient(gd_sum(gd_matmul(x, gd_t(x))), NULL, 1, &x, &dx, false));
    gd_tensor *columns = gd_mul_scalar(gd_sum(x, gd_axes(0), true), 2);
    assert_same_tensor(dx, gd_contiguous(gd_expand(columns, gd_shape(2, 3))));
    gd_tensor *v = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(3), 1, 2, 3), true), *dot = gd_matmul(v, v);
    assert_int_equal(gd_ndim(dot), 0);
    assert_true(gd_item(dot) == 14);
    assert_true(gd_backward(dot));
    assert_same_tensor(gd_grad(v), gd_detach(gd_mul_scalar(v, 2)));
    assert_fine(g);
}

/* ---- what is no product ---- */

static void assert_no_product(gd_tensor *a, gd_tensor *b, gd_status status, const char *part)
{
    assert_true(gd__is_error(gd_matmul(a, b)));
    assert_string_equal(gd_first_error(g)->op, status == GD_OK ? "" : "matmul");
    assert_error(g, status, part);
}

static gd_tensor *ones(gd_dims shape)
{
    return gd_ones(g, GD_FLOAT32, shape);
}

/* The message has the operands as they came. */
static void shapes_that_do_not_fit(void **state)
{
    (void)state;
    gd_tensor *x = gd_name(ones(gd_shape(3)), "x"), *W = gd_name(ones(gd_shape(4, 2)), "W");
    assert_no_product(x, W, GD_ERROR_SHAPE,
                      "'x' float32 (3,) and 'W' float32 (4, 2) can't be multiplied: the columns");
    assert_no_product(W, x, GD_ERROR_SHAPE, "'W' float32 (4, 2) and 'x' float32 (3,)");
    assert_no_product(x, ones(gd_shape(4)), GD_ERROR_SHAPE, "float32 (3,) and float32 (4,)");
    assert_no_product(ones(gd_shape(2, 3)), ones(gd_shape(2, 3)), GD_ERROR_SHAPE, "(2, 3)");
    assert_no_product(ones(gd_shape(2, 3, 5)), W, GD_ERROR_SHAPE, "float32 (2, 3, 5) and 'W' float32 (4, 2)");
    assert_no_product(W, ones(gd_shape(2, 3, 5)), GD_ERROR_SHAPE, "'W' float32 (4, 2) and float32 (2, 3, 5)");
    assert_no_product(ones(gd_shape(0, 3)), W, GD_ERROR_SHAPE, "(0, 3)");
    assert_no_product(ones(gd_shape(2, 0)), ones(gd_shape(1, 2)), GD_ERROR_SHAPE, "(2, 0)");
    assert_no_product(ones(gd_shape()), x, GD_ERROR_SHAPE, "a number is no matrix");
    assert_no_product(x, ones(gd_shape()), GD_ERROR_SHAPE, "a number is no matrix");
    assert_no_product(ones(gd_shape()), ones(gd_shape()), GD_ERROR_SHAPE, "Give each at least one dimension");
    assert_no_product(ones(gd_shape(2, 3, 4)), ones(gd_shape(3, 4, 5)), GD_ERROR_SHAPE,
                      "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0");
    assert_no_product(ones(gd_shape(2, 0, 3, 4)), ones(gd_shape(3, 4, 5)), GD_ERROR_SHAPE,
                      "non-singleton dimension 1");
    gd_matmul(x, W);
    assert_int_equal(gd_first_error(g)->dim, 0);
    gd_clear(g);
    gd_tensor *tall = gd_expand(ones(gd_shape(1, 1)), gd_shape(INT64_C(1) << 40, 1));
    assert_no_product(tall, gd_t(tall), GD_ERROR_SHAPE, "is no shape that a tensor can have");
}

static void dtypes_that_do_not_fit(void **state)
{
    (void)state;
    gd_tensor *x = gd_name(ones(gd_shape(3)), "x"), *whole = gd_arange(g, GD_DEFAULT, 3);
    assert_no_product(x, gd_ones(g, GD_FLOAT64, gd_shape(3, 2)), GD_ERROR_DTYPE,
                      "not 'x' float32 (3,) and float64 (3, 2)");
    assert_no_product(gd_ones(g, GD_FLOAT64, gd_shape(2, 2, 3)), x, GD_ERROR_DTYPE,
                      "float64 (2, 2, 3) and 'x' float32 (3,)");
    assert_no_product(whole, whole, GD_ERROR_DTYPE, "int64 (3,) and int64 (3,)");
    assert_no_product(gd_ge_scalar(ones(gd_shape(2, 2)), 1), ones(gd_shape(2, 2)), GD_ERROR_DTYPE, "bool (2, 2)");
}

static gd_tensor *dead(void)
{
    GD_SCOPE(g);
    return ones(gd_shape(3, 3));
}

static void strange_operands(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *failed = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    gd_clear(g);
    for (int ndim = 1; ndim <= 3; ndim++) {
        gd_tensor *x = ones(ndim == 1 ? gd_shape(3) : ndim == 2 ? gd_shape(3, 3) : gd_shape(2, 3, 3));
        assert_no_product(x, NULL, GD_ERROR_NULL, "B is NULL");
        assert_no_product(NULL, x, GD_ERROR_NULL, "A is NULL");
        assert_no_product(x, failed, GD_OK, "");
        assert_no_product(failed, x, GD_OK, "");
        assert_no_product(x, dead(), GD_ERROR_DEAD, "B was used after");
        assert_no_product(dead(), x, GD_ERROR_DEAD, "A was used after");
        assert_no_product(x, gd_ones(other, GD_FLOAT32, gd_shape(3, 3)), GD_ERROR_CONTEXT,
                          "B belongs to another context");
        assert_no_product(x, gd_ones(other, GD_FLOAT32, gd_shape(2, 3, 3)), GD_ERROR_CONTEXT,
                          "B belongs to another context");
    }
    gd_close(other);
    assert_true(gd__is_error(gd_matmul(NULL, NULL)));
    assert_fine(g);
}

/* ---- out of memory ---- */

static bool try_products(gd_context *own, void *prepared)
{
    static const gd_dims shapes[][2] = { { { 1, { 3 } }, { 3, { 2, 3, 4 } } },
                                         { { 3, { 2, 3, 2 } }, { 2, { 2, 4 } } },
                                         { { 2, { 1, 2 } }, { 1, { 2 } } },
                                         { { 4, { 2, 1, 2, 3 } }, { 3, { 2, 3, 2 } } } };
    bool good = true;
    (void)prepared;
    for (size_t n = 0; n < sizeof shapes / sizeof *shapes; n++) {
        GD_SCOPE(own);
        gd_tensor *x[2] = { gd_ones(own, GD_FLOAT64, shapes[n][0]), gd_ones(own, GD_FLOAT64, shapes[n][1]) }, *dx[2];
        x[1] = gd_select(gd_stack(gd_list(x[1], x[1]), -1), -1, 0); /* to be copied for the product */
        gd_require_grad(x[0], true);
        gd_require_grad(x[1], true);
        gd_tensor *y = gd_matmul(x[0], x[1]);
        good = gd_gradient(y, gd_ones_like(y), 2, x, dx, true) && good;
    }
    return good;
}

static void out_of_memory_in_products(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_products) > 20);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(products_and_their_gradients),
        IN_CONTEXT(with_every_instruction_set),
        IN_CONTEXT(repeated_operands),
        IN_CONTEXT(tall_without_columns),
        IN_CONTEXT(an_operand_with_itself),
        IN_CONTEXT(shapes_that_do_not_fit),
        IN_CONTEXT(dtypes_that_do_not_fit),
        IN_CONTEXT(strange_operands),
        IN_CONTEXT(out_of_memory_in_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
