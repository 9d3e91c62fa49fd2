/* test_assign.c - gd_assign and gd_fill: numbers written in place, through views, and what autograd makes of it. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

static gd_tensor *counted(gd_dtype dtype, gd_dims shape)
{
    return gd_reshape(gd_cast(gd_arange(g, GD_INT64, gd__count(shape)), dtype), shape);
}

static void assert_values(const gd_tensor *t, const double *values, size_t count)
{
    double got[64];
    assert_true(count <= 64);
    assert_true(gd_read(t, GD_FLOAT64, got, count));
    for (size_t i = 0; i < count; i++)
        if (got[i] != values[i])
            fail_msg("element %zu is %.17g, not %.17g", i, got[i], values[i]);
}

#define assert_reads(t, ...)                                                                                         \
    assert_values(t, (const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

/* ---- where it is written ---- */

static void a_tensor_is_written_in_place(void **state)
{
    (void)state;
    gd_tensor *to = gd_zeros(g, GD_FLOAT32, gd_shape(2, 3)), *from = counted(GD_FLOAT32, gd_shape(2, 3));
    const void *data = gd_data(to);
    assert_true(gd_assign(to, from) == to);
    assert_true(gd_data(to) == data);
    assert_reads(to, 0, 1, 2, 3, 4, 5);
    assert_int_equal(to->storage->version, 1);
    assert_string_equal(to->storage->writer, "assign");
    assert_int_equal(from->storage->version, 0);
    assert_fine(g);
}

static void parts_are_written_through_views(void **state)
{
    (void)state;
    gd_tensor *x = gd_zeros(g, GD_INT64, gd_shape(3, 4));
    assert_true(gd_is_tensor(gd_assign(gd_select(x, 0, 1), gd_arange(g, GD_INT64, 4))));
    assert_reads(x, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0);
    gd_assign(gd_select(x, 1, -1), gd_full(g, GD_INT64, gd_shape(3), 7));
    assert_reads(x, 0, 0, 0, 7, 0, 1, 2, 7, 0, 0, 0, 7);
    gd_assign(gd_slice(gd_slice(x, 0, 0, 3, 2), 1, 0, 4, 2), counted(GD_INT64, gd_shape(2, 2)));
    assert_reads(x, 0, 0, 1, 7, 0, 1, 2, 7, 2, 0, 3, 7);
    gd_assign(gd_t(x), gd_t(counted(GD_INT64, gd_shape(3, 4))));
    assert_reads(x, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    gd_fill(gd_select(x, 0, 0), -1);
    assert_reads(x, -1, -1, -1, -1, 4, 5, 6, 7, 8, 9, 10, 11);
    assert_fine(g);
}

static void what_is_written_broadcasts(void **state)
{
    (void)state;
    gd_tensor *x = gd_zeros(g, GD_FLOAT64, gd_shape(2, 3));
    gd_assign(x, gd_values_as(g, GD_FLOAT64, gd_shape(3), 1, 2, 3));
    assert_reads(x, 1, 2, 3, 1, 2, 3);
    gd_assign(x, gd_values_as(g, GD_FLOAT64, gd_shape(2, 1), 4, 5));
    assert_reads(x, 4, 4, 4, 5, 5, 5);
    gd_assign(x, gd_scalar(g, GD_FLOAT64, 6));
    assert_reads(x, 6, 6, 6, 6, 6, 6);
    gd_assign(gd_select(x, 1, 1), gd_ones(g, GD_FLOAT64, gd_shape(1)));
    assert_reads(x, 6, 1, 6, 6, 1, 6);
    gd_assign(gd_slice(x, 0, 0, 0, 1), gd_ones(g, GD_FLOAT64, gd_shape(1, 3)));
    assert_fine(g);
}

/* Sizes around the width of vectors, both of them in row-major order and not. */
static void sizes_and_layouts_make_no_difference(void **state)
{
    (void)state;
    for (int64_t n = 0; n < 70; n++) {
        GD_SCOPE(g);
        gd_tensor *from = gd_rand(g, GD_FLOAT32, gd_shape(3, n)), *to = gd_zeros(g, GD_FLOAT64, gd_shape(3, n));
        gd_tensor *turned = gd_zeros(g, GD_FLOAT64, gd_shape(n, 3)),
                  *wide = gd_zeros(g, GD_FLOAT64, gd_shape(3, n + 2));
        gd_assign(to, from);
        assert_true(gd_equal(to, from));
        gd_assign(turned, gd_t(from));
        assert_true(gd_equal(gd_t(turned), from));
        gd_assign(gd_slice(wide, 1, 1, n + 1, 1), from);
        assert_true(gd_equal(gd_slice(wide, 1, 1, n + 1, 1), from));
        assert_true(gd_at(wide, 2, 0) == 0 && gd_at(wide, 1, n + 1) == 0);
    }
    assert_fine(g);
}

static void conversions_are_those_of_cast(void **state)
{
    (void)state;
    static const double values[] = { 0, -0.0, 1, -1, 2.5, -2.5, 254.99, 4e9, 1e18, 1e300, INFINITY, -INFINITY, NAN };
    enum { COUNT = sizeof values / sizeof *values };
    for (gd_dtype a = GD_FLOAT32; a <= GD_BOOL; a++)
        for (gd_dtype b = GD_FLOAT32; b <= GD_BOOL; b++) {
            GD_SCOPE(g);
            gd_tensor *from = gd_values_of(g, a, gd_shape(COUNT), COUNT, values),
                      *to = gd_ones(g, b, gd_shape(COUNT));
            assert_true(gd_assign(to, from) == to);
            assert_same_tensor(to, gd_contiguous(gd_cast(from, b)));
        }
    gd_tensor *large = gd_from_memory(g, GD_INT64, gd_shape(1), &(int64_t){ INT64_MAX - 1 });
    assert_same_tensor(gd_assign(gd_zeros(g, GD_INT64, gd_shape(1)), large), large);
    assert_fine(g);
}

static void memory_that_overlaps_is_read_before(void **state)
{
    (void)state;
    gd_tensor *x = gd_arange(g, GD_FLOAT32, 6), *square = counted(GD_FLOAT32, gd_shape(3, 3));
    gd_assign(gd_slice(x, 0, 1, 6, 1), gd_slice(x, 0, 0, 5, 1));
    assert_reads(x, 0, 0, 1, 2, 3, 4);
    gd_assign(gd_slice(x, 0, 0, 5, 1), gd_slice(x, 0, 1, 6, 1));
    assert_reads(x, 0, 1, 2, 3, 4, 4);
    gd_assign(square, gd_t(square));
    assert_reads(square, 0, 3, 6, 1, 4, 7, 2, 5, 8);
    gd_assign(square, gd_select(square, 0, 1));
    assert_reads(square, 1, 4, 7, 1, 4, 7, 1, 4, 7);
    gd_assign(square, square);
    assert_reads(square, 1, 4, 7, 1, 4, 7, 1, 4, 7);
    float memory[3] = { 1, 2, 3 };
    gd_tensor *a = gd_borrow(g, GD_FLOAT32, gd_shape(2), NULL, memory, NULL, NULL);
    gd_assign(gd_borrow(g, GD_FLOAT32, gd_shape(2), NULL, memory + 1, NULL, NULL), a);
    assert_true(memory[0] == 1 && memory[1] == 1 && memory[2] == 2);
    assert_fine(g);
}

static void fill_takes_any_dtype(void **state)
{
    (void)state;
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_BOOL; dtype++)
        for (int64_t n = 0; n < 40; n++) {
            GD_SCOPE(g);
            gd_tensor *x = gd_zeros(g, dtype, gd_shape(n, 2));
            gd_fill(gd_select(x, 1, 1), 2.75);
            assert_same_tensor(gd_select(x, 1, 0), gd_zeros(g, dtype, gd_shape(n)));
            assert_same_tensor(gd_select(x, 1, 1), gd_full(g, dtype, gd_shape(n), 2.75));
            assert_same_tensor(gd_fill(x, 2.75), gd_full(g, dtype, gd_shape(n, 2), 2.75));
        }
    gd_tensor *scalar = gd_scalar(g, GD_FLOAT64, 1), *small = gd_zeros(g, GD_UINT8, gd_shape(2));
    assert_true(gd_item(gd_fill(scalar, 5)) == 5);
    assert_fine(g);
    assert_error_object(gd_fill(small, 300)); /* as PyTorch */
    assert_error(g, GD_ERROR_VALUE, "fill: 300 can't be a uint8");
    assert_reads(small, 0, 0);
}

/* ---- derivatives ---- */

static void a_backward_that_needs_the_old_values_is_refused(void **state)
{
    (void)state;
    gd_tensor *x = gd_require_grad(gd_ones(g, GD_FLOAT64, gd_shape(2, 2)), true), *y = gd_sum(gd_square(x));
    gd_fill(gd_select(x, 0, 0), 3);
    assert_fine(g);
    assert_false(gd_backward(y));
    assert_error(g, GD_ERROR_STATE, "which assign has written over since");
    assert_true(gd_backward(gd_sum(gd_square(x))));
    assert_reads(gd_grad(x), 6, 6, 2, 2);
}

static void a_gradient_is_not_lost_in_silence(void **state)
{
    (void)state;
    gd_tensor *weights = gd_require_grad(gd_ones(g, GD_FLOAT32, gd_shape(2)), true);
    gd_tensor *copy = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    assert_error_object(gd_assign(copy, weights));
    assert_error(g, GD_ERROR_STATE, "assign: the gradient of float32 (2,) would be lost");
    assert_reads(copy, 0, 0);
    assert_true(gd_assign(copy, gd_detach(weights)) == copy);
    assert_reads(copy, 1, 1);
    {
        GD_NO_GRAD(g);
        assert_true(gd_assign(copy, gd_mul_scalar(weights, 2)) == copy);
    }
    assert_reads(copy, 2, 2);
    assert_false(gd_requires_grad(copy));
    assert_fine(g);
}

/* ---- what is refused, changes nothing ---- */

static void shapes_must_fit(void **state)
{
    (void)state;
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(3));
    assert_error_object(gd_assign(x, gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, GD_ERROR_SHAPE, "assign: The size of tensor a (3) must match the size of tensor b (2)");
    assert_error_object(gd_assign(x, gd_ones(g, GD_FLOAT32, gd_shape(2, 3))));
    assert_error(g, GD_ERROR_SHAPE, "float32 (2, 3) can't be written into float32 (3,)");
    assert_error_object(gd_assign(x, gd_ones(g, GD_FLOAT32, gd_shape(1, 3)))); /* as PyTorch */
    assert_error(g, GD_ERROR_SHAPE, "can't be written into");
    assert_error_object(gd_assign(gd_scalar(g, GD_FLOAT32, 0), gd_ones(g, GD_FLOAT32, gd_shape(1))));
    assert_error(g, GD_ERROR_SHAPE, "can't be written into");
    assert_error_object(gd_assign(gd_zeros(g, GD_FLOAT32, gd_shape(1)), gd_ones(g, GD_FLOAT32, gd_shape(0))));
    assert_error(g, GD_ERROR_SHAPE, "can't be written into");
    assert_reads(x, 0, 0, 0);
    assert_int_equal(x->storage->version, 0);
}

static void elements_that_are_one_are_refused(void **state)
{
    (void)state;
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(1)), *wide = gd_expand(x, gd_shape(3));
    assert_error_object(gd_assign(wide, gd_ones(g, GD_FLOAT32, gd_shape(3))));
    assert_error(g, GD_ERROR_STATE, "assign: several elements of float32 (3,) are one in memory");
    assert_error_object(gd_fill(wide, 2));
    assert_error(g, GD_ERROR_STATE, "assign");
    assert_reads(x, 0);
}

static void no_tensor_no_writing(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(2)), *ones = gd_ones(g, GD_FLOAT32, gd_shape(2)), *dead;
    {
        GD_SCOPE(g);
        dead = gd_ones(g, GD_FLOAT32, gd_shape(2));
    }
    assert_error_object(gd_assign(x, dead));
    assert_error(g, GD_ERROR_DEAD, "assign: from");
    assert_error_object(gd_fill(dead, 1));
    assert_error(g, GD_ERROR_DEAD, "fill");
    assert_error_object(gd_assign(NULL, NULL));
    assert_error_object(gd_fill(NULL, 1));
    assert_error_object(gd_assign(NULL, x));
    assert_error(g, GD_ERROR_NULL, "assign: to is NULL");
    assert_error_object(gd_assign(x, NULL));
    assert_error(g, GD_ERROR_NULL, "assign: from is NULL");
    assert_error_object(gd_assign(x, gd_ones(other, GD_FLOAT32, gd_shape(2))));
    assert_error(g, GD_ERROR_CONTEXT, "assign: from");
    gd_tensor *wrong = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_error_object(gd_assign(x, ones)); /* an error stands */
    assert_error_object(gd_fill(x, 1));
    gd_clear(g);
    assert_error_object(gd_assign(x, wrong));
    assert_error_object(gd_assign(wrong, x));
    assert_fine(g);
    assert_reads(x, 0, 0);
    assert_int_equal(x->storage->version, 0);
    gd_close(other);
}

static bool write_all(gd_context *own, void *prepared)
{
    gd_tensor *x = prepared;
    return gd_is_tensor(gd_assign(gd_select(x, 0, 0), gd_select(x, 0, 1))) && gd_is_tensor(gd_fill(x, 3)) &&
           gd_is_tensor(gd_assign(x, gd_ones(own, GD_INT64, gd_shape(2))));
}

static void *prepare(gd_context *own)
{
    return gd_fill(gd_zeros(own, GD_FLOAT32, gd_shape(2, 2)), 1);
}

static void scarce_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare, write_all) > 0);
}

/* A steady loop of writes asks for no memory. */
static void writing_asks_for_no_memory(void **state)
{
    (void)state;
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(100, 3)), *row = gd_ones(g, GD_FLOAT32, gd_shape(3));
    size_t before = 0;
    for (int i = 0; i < 100; i++) {
        GD_SCOPE(g);
        gd_assign(gd_select(x, 0, i), row);
        gd_fill(gd_select(x, 1, 0), i);
        if (i == 10)
            before = gd_memory_used(g).allocations;
    }
    assert_int_equal(gd_memory_used(g).allocations, before);
    assert_fine(g);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_tensor_is_written_in_place),
        IN_CONTEXT(parts_are_written_through_views),
        IN_CONTEXT(what_is_written_broadcasts),
        IN_CONTEXT(sizes_and_layouts_make_no_difference),
        IN_CONTEXT(conversions_are_those_of_cast),
        IN_CONTEXT(memory_that_overlaps_is_read_before),
        IN_CONTEXT(fill_takes_any_dtype),
        IN_CONTEXT(a_backward_that_needs_the_old_values_is_refused),
        IN_CONTEXT(a_gradient_is_not_lost_in_silence),
        IN_CONTEXT(shapes_must_fit),
        IN_CONTEXT(elements_that_are_one_are_refused),
        IN_CONTEXT(no_tensor_no_writing),
        cmocka_unit_test(scarce_memory_is_an_error),
        IN_CONTEXT(writing_asks_for_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
