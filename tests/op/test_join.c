/* test_join.c - tensors joined along a dimension, stacked along a new one, and split: element by element. */
#include "../io/support.h"

#include "gradus/gradus.h"

enum { MANY = 20 };

/* first, first + 1, ... */
static gd_tensor *steps(gd_dtype dtype, gd_dims shape, double first)
{
    gd_tensor *t = gd_zeros(g, dtype, shape);
    for (int64_t i = 0; i < gd_numel(t); i++)
        gd__store(dtype, t->data + i * (int64_t)gd_dtype_size(dtype), first + (double)i);
    return t;
}

/* The same numbers, lying in another order. */
static gd_tensor *scattered(gd_tensor *t)
{
    return gd_transpose(gd_contiguous(gd_transpose(t, 0, -1)), 0, -1);
}

static void assert_numbers(gd_tensor *t, const double *want, size_t count)
{
    double got[64];
    assert_true(gd__alive(t) && count <= 64);
    assert_true(gd_read(t, GD_FLOAT64, got, count));
    for (size_t i = 0; i < count; i++)
        if (got[i] != want[i])
            fail_msg("element %d is %g, not %g", (int)i, got[i], want[i]);
}

#define assert_reads(t, ...)                                                                                         \
    assert_numbers(t, (const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

static void assert_refused(gd_tensor *t, gd_status status, const char *part)
{
    assert_true(gd__is_error(t));
    assert_error(g, status, part);
}

static gd_tensor *dead(void)
{
    GD_SCOPE(g);
    return gd_ones(g, GD_FLOAT32, gd_shape(2, 3));
}

static gd_tensor *cleared_error(void)
{
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    gd_clear(g);
    return t;
}

/* ---- cat ---- */

/* Each operand is found again where it belongs. */
static void assert_joined(gd_tensor *y, int count, gd_tensor *const *x, int dim)
{
    int64_t start = 0;
    for (int i = 0; i < count; i++) {
        gd_tensor *part = gd_slice(y, dim, start, start + gd_size(x[i], dim), 1);
        assert_same_tensor(part, x[i]);
        start += gd_size(x[i], dim);
    }
    assert_int_equal(gd_size(y, dim), start);
}

static void along_every_dimension(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 2, 0, 1, 3, 1, 2 };
    for (int dim = -3; dim < 3; dim++)
        for (int count = 1; count <= 6; count++)
            for (int layout = 0; layout <= 1; layout++) {
                gd_tensor *x[6], *y;
                for (int i = 0; i < count; i++) {
                    gd_dims shape = gd_shape(2, 3, 4);
                    shape.size[(dim + 3) % 3] = sizes[i];
                    x[i] = steps(GD_FLOAT64, shape, 100 * i);
                    x[i] = layout && i % 2 ? scattered(x[i]) : x[i];
                }
                y = gd_cat((gd_tensors){ count, x }, dim);
                assert_joined(y, count, x, dim);
                assert_true(y->contiguous && y->storage != x[0]->storage);
            }
    assert_fine(g);
}

static void many_together(void **state)
{
    (void)state;
    gd_tensor *x[MANY];
    for (int i = 0; i < MANY; i++)
        x[i] = steps(GD_INT64, gd_shape(i % 4, 2), 10 * i);
    assert_joined(gd_cat((gd_tensors){ MANY, x }, 0), MANY, x, 0);
    gd_tensor *empty = gd_zeros(g, GD_FLOAT32, gd_shape(2, 0));
    assert_shape(gd_cat(gd_list(empty, empty), 0), gd_shape(4, 0));
    assert_shape(gd_cat(gd_list(empty, empty), 1), gd_shape(2, 0));
    assert_fine(g);
}

/* What torch.cat and torch.stack make of two dtypes, 2.15. */
static void dtypes_are_promoted(void **state)
{
    (void)state;
    static const gd_dtype want[5][5] = {
        { GD_FLOAT32, GD_FLOAT64, GD_FLOAT32, GD_FLOAT32, GD_FLOAT32 },
        { GD_FLOAT64, GD_FLOAT64, GD_FLOAT64, GD_FLOAT64, GD_FLOAT64 },
        { GD_FLOAT32, GD_FLOAT64, GD_INT64, GD_INT64, GD_INT64 },
        { GD_FLOAT32, GD_FLOAT64, GD_INT64, GD_UINT8, GD_UINT8 },
        { GD_FLOAT32, GD_FLOAT64, GD_INT64, GD_UINT8, GD_BOOL },
    };
    for (int a = 0; a < 5; a++)
        for (int b = 0; b < 5; b++) {
            gd_tensor *x = gd_ones(g, GD_FLOAT32 + (gd_dtype)a, gd_shape(1)),
                      *y = gd_ones(g, GD_FLOAT32 + (gd_dtype)b, gd_shape(1));
            gd_tensor *number = gd_reshape(x, gd_shape()), *other = gd_reshape(y, gd_shape());
            assert_int_equal(gd_dtype_of(gd_cat(gd_list(x, y), 0)), want[a][b]);
            assert_int_equal(gd_dtype_of(gd_stack(gd_list(number, other), 0)), want[a][b]);
            assert_reads(gd_cat(gd_list(x, y, x), 0), 1, 1, 1);
        }
    assert_fine(g);
}

static void each_part_has_its_gradient(void **state)
{
    (void)state;
    gd_tensor *a = gd_require_grad(steps(GD_FLOAT64, gd_shape(2, 1), 1), true);
    gd_tensor *b = gd_require_grad(steps(GD_FLOAT32, gd_shape(2, 2), 3), true),
              *c = steps(GD_INT64, gd_shape(2, 1), 7);
    gd_tensor *y = gd_cat(gd_list(a, b, c, a), 1);
    assert_int_equal(gd_dtype_of(y), GD_FLOAT64);
    assert_true(gd_backward(gd_mul(y, y), steps(GD_FLOAT64, gd_shape(2, 5), 1)));
    assert_reads(gd_grad(a), 2 * 1 * (1 + 5), 2 * 2 * (6 + 10)); /* twice in it */
    assert_reads(gd_grad(b), 2 * 3 * 2, 2 * 4 * 3, 2 * 5 * 7, 2 * 6 * 8);
    assert_int_equal(gd_dtype_of(gd_grad(b)), GD_FLOAT32);
    assert_fine(g);
}

static void gradients_of_many(void **state)
{
    (void)state;
    gd_tensor *x[MANY], *dx[MANY], *ddx[MANY];
    gd_tensors list = { MANY, x };
    for (int i = 0; i < MANY; i++)
        x[i] = gd_require_grad(gd_full(g, GD_FLOAT64, gd_shape(1), i), true);
    gd_tensor *cubes = gd_pow_scalar(gd_cat(list, 0), 3);
    assert_true(gd_gradients(gd_list(gd_sum(cubes)), gd_list(NULL), list, dx, true));
    gd_tensor *slopes = gd_cat((gd_tensors){ MANY, dx }, 0);
    assert_true(gd_gradients(gd_list(gd_sum(slopes)), gd_list(NULL), list, ddx, false));
    for (int i = 0; i < MANY; i++) {
        assert_true(gd_item(dx[i]) == 3 * i * i);
        assert_true(gd_item(ddx[i]) == 6 * i);
    }
    assert_true(gd_gradients(gd_list(gd_sum(cubes)), gd_list(NULL), gd_list(x[17]), dx, false)); /* one of them */
    assert_true(gd_item(dx[0]) == 3 * 17 * 17);
    assert_fine(g);
}

static void a_single_one_is_copied(void **state)
{
    (void)state;
    gd_tensor *x = steps(GD_FLOAT32, gd_shape(3), 1), *y = gd_cat(gd_list(x), 0);
    assert_true(gd_write(y, GD_FLOAT32, (float[]){ 0, 0, 0 }, 3));
    assert_reads(x, 1, 2, 3);
}

static void what_can_not_be_joined(void **state)
{
    (void)state;
    gd_tensor *x = gd_name(gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), "x"), *row = gd_ones(g, GD_FLOAT32, gd_shape(3));
    assert_refused(gd_cat(gd_list(x, x, gd_ones(g, GD_FLOAT32, gd_shape(2, 4))), 0), GD_ERROR_SHAPE,
                   "cat: float32 (2, 4) (number 2) does not fit 'x' float32 (2, 3) along dimension 0");
    assert_refused(gd_cat(gd_list(x, row), 0), GD_ERROR_SHAPE, "float32 (3,) (number 1) does not fit");
    assert_refused(gd_cat(gd_list(row, x), 0), GD_ERROR_SHAPE,
                   "'x' float32 (2, 3) (number 1) does not fit float32 (3,)");
    assert_refused(gd_cat(gd_list(x, x), 2), GD_ERROR_INDEX, "cat: there is no dimension 2 in 'x'");
    assert_refused(gd_cat(gd_list(x, x), -3), GD_ERROR_INDEX, "there is no dimension -3");
    gd_tensor *number = gd_scalar(g, GD_FLOAT32, 1);
    assert_refused(gd_cat(gd_list(number, number), 0), GD_ERROR_SHAPE, "tensors without dimensions can't be joined");
    assert_refused(gd_cat(gd_list(row, number), 0), GD_ERROR_SHAPE, "float32 () (number 1) does not fit");
    assert_refused(gd_cat(gd_list(x, NULL), 0), GD_ERROR_NULL, "cat: x is NULL");
    assert_refused(gd_cat(gd_list(NULL, x), 0), GD_ERROR_NULL, "cat: x is NULL");
    assert_refused(gd_cat(gd_list(x, dead()), 0), GD_ERROR_DEAD, "cat: x was used after");
    assert_refused(gd_cat(gd_list(x, cleared_error()), 0), GD_OK, "");
    assert_refused(gd_cat((gd_tensors){ 0, &x }, 0), GD_OK, ""); /* nobody can say where nothing belongs */
    assert_refused(gd_cat((gd_tensors){ -1, &x }, 0), GD_OK, "");
    assert_refused(gd_cat((gd_tensors){ 2, NULL }, 0), GD_OK, "");
    assert_refused(gd_cat(gd_list(NULL, NULL), 0), GD_OK, "");
    gd_context *other = gd_open();
    gd_tensor *y = gd_cat(gd_list(x, gd_ones(other, GD_FLOAT32, gd_shape(2, 3))), 0);
    gd_close(other);
    assert_refused(y, GD_ERROR_CONTEXT, "cat: x belongs to another context");
}

/* Views that repeat one number may be larger together than any size can say: these would come round to a small one. */
static void too_large_together(void **state)
{
    (void)state;
    enum { ROUND = 33 };
    gd_tensor *x[ROUND], *long_one = gd_expand(gd_zeros(g, GD_UINT8, gd_shape(1)), gd_shape((INT64_C(1) << 59) - 1));
    for (int i = 0; i < ROUND; i++)
        x[i] = long_one;
    assert_refused(gd_cat((gd_tensors){ ROUND, x }, 0), GD_ERROR_SHAPE, "is no shape that a tensor can have");
    assert_refused(gd_stack((gd_tensors){ ROUND, x }, 0), GD_ERROR_SHAPE, "is no shape that a tensor can have");
}

/* ---- stack ---- */

static void along_a_new_dimension(void **state)
{
    (void)state;
    gd_tensor *x[MANY];
    for (int count = 1; count <= MANY; count += 3)
        for (int dim = -3; dim <= 2; dim++) {
            for (int i = 0; i < count; i++)
                x[i] = i % 2 ? scattered(steps(GD_FLOAT32, gd_shape(2, 3), i)) : steps(GD_FLOAT32, gd_shape(2, 3), i);
            gd_tensor *y = gd_stack((gd_tensors){ count, x }, dim);
            assert_int_equal(gd_ndim(y), 3);
            assert_int_equal(gd_size(y, dim), count);
            for (int i = 0; i < count; i++)
                assert_same_tensor(gd_select(y, dim, i), x[i]);
        }
    gd_tensor *a = gd_require_grad(gd_scalar(g, GD_FLOAT64, 2), true),
              *b = gd_require_grad(gd_scalar(g, GD_FLOAT64, 5), true);
    gd_tensor *y = gd_stack(gd_list(a, b, a), 0);
    assert_reads(y, 2, 5, 2);
    assert_true(gd_backward(y, steps(GD_FLOAT64, gd_shape(3), 1)));
    assert_true(gd_item(gd_grad(a)) == 4 && gd_item(gd_grad(b)) == 2);
    assert_shape(gd_stack(gd_list(gd_zeros(g, GD_FLOAT32, gd_shape(0))), 1), gd_shape(0, 1));
    assert_fine(g);
}

static void what_can_not_be_stacked(void **state)
{
    (void)state;
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)),
              *deep = gd_ones(g, GD_FLOAT32, gd_shape(1, 1, 1, 1, 1, 1, 1, 1));
    assert_refused(gd_stack(gd_list(x, gd_ones(g, GD_FLOAT32, gd_shape(2, 4))), 2), GD_ERROR_SHAPE, "does not fit");
    assert_refused(gd_stack(gd_list(x, gd_ones(g, GD_FLOAT32, gd_shape(3))), 0), GD_ERROR_SHAPE, "does not fit");
    assert_refused(gd_stack(gd_list(x, x), 3), GD_ERROR_INDEX, "there is no place 3 for a dimension");
    assert_refused(gd_stack(gd_list(x, x), -4), GD_ERROR_INDEX, "there is no place -4 for a dimension");
    assert_refused(gd_stack(gd_list(deep, deep), 0), GD_ERROR_INDEX, "at most 8 dimensions");
    assert_refused(gd_stack(gd_list(x, NULL), 0), GD_ERROR_NULL, "stack: a tensor is NULL");
    assert_refused(gd_stack(gd_list(NULL, x), 0), GD_ERROR_NULL, "stack: a tensor is NULL");
    assert_refused(gd_stack(gd_list(x, dead()), 0), GD_ERROR_DEAD, "stack: a tensor was used after");
    assert_refused(gd_stack(gd_list(x, cleared_error()), 0), GD_OK, "");
    assert_refused(gd_stack((gd_tensors){ 0, &x }, 0), GD_OK, "");
    assert_refused(gd_stack((gd_tensors){ -1, &x }, 0), GD_OK, "");
    assert_refused(gd_stack((gd_tensors){ 2, NULL }, 0), GD_OK, "");
    gd_context *other = gd_open();
    gd_tensor *y = gd_stack(gd_list(x, gd_ones(other, GD_FLOAT32, gd_shape(2, 3))), 0);
    gd_close(other);
    assert_refused(y, GD_ERROR_CONTEXT, "stack: a tensor belongs to another context");
}

/* ---- split ---- */

static void parts_of_a_size(void **state)
{
    (void)state;
    gd_tensor *x = steps(GD_FLOAT64, gd_shape(4, 7), 0), *part[7], *back;
    for (int64_t size = 1; size <= 8; size++)
        for (int dim = -2; dim < 2; dim++) {
            int64_t whole = gd_size(x, dim);
            int count = gd_split(x, size, dim, 7, part);
            assert_int_equal(count, (whole + size - 1) / size);
            assert_joined(x, count, part, dim);
            for (int i = 0; i < count - 1; i++)
                assert_int_equal(gd_size(part[i], dim), size);
            for (int i = count; i < 7; i++)
                assert_true(gd__is_error(part[i])); /* what was not needed is no tensor */
            back = gd_cat((gd_tensors){ count, part }, dim);
            assert_same_tensor(back, x);
        }
    assert_int_equal(gd_split(x, INT64_MAX, 0, 1, part), 1);
    assert_shape(part[0], gd_shape(4, 7));
    assert_int_equal(gd_split(gd_zeros(g, GD_FLOAT32, gd_shape(2, 0)), 3, 1, 1, part), 1); /* as torch.split */
    assert_shape(part[0], gd_shape(2, 0));
    assert_fine(g);
}

static void parts_are_views(void **state)
{
    (void)state;
    gd_tensor *x = steps(GD_FLOAT64, gd_shape(5), 1), *part[3];
    assert_int_equal(gd_split(x, 2, 0, 3, part), 3);
    assert_true(gd_write(part[1], GD_FLOAT64, (double[]){ 30, 40 }, 2));
    assert_reads(x, 1, 2, 30, 40, 5);
    gd_require_grad(x, true);
    assert_int_equal(gd_split(x, 2, 0, 3, part), 3);
    assert_true(gd_backward(gd_add(gd_sum(gd_mul(part[0], part[1])), gd_sum(gd_mul_scalar(part[2], 7)))));
    assert_reads(gd_grad(x), 30, 40, 1, 2, 7);
    assert_fine(g);
}

static void assert_not_split(gd_tensor *x, int64_t size, int dim, int room, gd_status status, const char *part)
{
    gd_tensor *parts[4] = { NULL, NULL, NULL, NULL };
    assert_int_equal(gd_split(x, size, dim, room, parts), -1);
    for (int i = 0; i < room; i++)
        assert_true(gd__is_error(parts[i]));
    assert_error(g, status, part);
}

static void what_can_not_be_split(void **state)
{
    (void)state;
    gd_tensor *x = gd_name(gd_ones(g, GD_FLOAT32, gd_shape(4, 3)), "x");
    assert_not_split(x, 0, 0, 4, GD_ERROR_VALUE,
                     "split: 'x' float32 (4, 3) in parts of 0 along dimension 0, with room for 4");
    assert_not_split(x, -2, 0, 4, GD_ERROR_VALUE, "in parts of -2");
    assert_not_split(x, 1, 0, 3, GD_ERROR_VALUE, "with room for 3");
    assert_not_split(x, 1, 0, 0, GD_ERROR_VALUE, "with room for 0");
    assert_not_split(x, 1, 0, -1, GD_ERROR_VALUE, "with room for -1");
    assert_not_split(x, 1, 2, 4, GD_ERROR_INDEX, "split: there is no dimension 2");
    assert_not_split(x, 1, -3, 4, GD_ERROR_INDEX, "there is no dimension -3");
    assert_not_split(gd_scalar(g, GD_FLOAT32, 1), 1, 0, 4, GD_ERROR_INDEX, "there is no dimension 0");
    assert_not_split(dead(), 1, 0, 4, GD_ERROR_DEAD, "split: x was used after");
    assert_not_split(cleared_error(), 1, 0, 4, GD_OK, "");
    assert_not_split(NULL, 1, 0, 4, GD_OK, "");
    assert_int_equal(gd_split(x, 2, 0, 4, NULL), -1);
    assert_error(g, GD_ERROR_VALUE, "an array with room for all parts");
    assert_int_equal(gd_split(NULL, 2, 0, 4, NULL), -1);
    assert_fine(g);
}

/* ---- out of memory ---- */

/* All parts, or none. */
static bool try_split(gd_context *own, gd_tensor *x)
{
    gd_tensor *part[8];
    int count = gd_split(x, 1, 0, 8, part);
    for (int i = 0; i < 8; i++)
        assert_true(gd_is_tensor(part[i]) == (count == 8));
    assert_true((count == 8) == !gd_failed(own));
    return count == 8;
}

static void *prepare_eight(gd_context *own)
{
    return gd_require_grad(gd_ones(own, GD_FLOAT64, gd_shape(8)), true);
}

static bool try_joins(gd_context *own, void *prepared)
{
    gd_tensor *x = prepared, *list[MANY], *dx;
    if (!try_split(own, x))
        return false;
    for (int i = 0; i < MANY; i++)
        list[i] = i % 2 ? x : gd_ones(own, GD_FLOAT32, gd_shape(8));
    gd_tensor *y =
        gd_add(gd_sum(gd_cat((gd_tensors){ MANY, list }, 0)), gd_sum(gd_stack((gd_tensors){ 6, list }, 1)));
    return gd_gradient(y, NULL, 1, &x, &dx, false);
}

static void out_of_memory_in_joins(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare_eight, try_joins) > 20);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(along_every_dimension),  IN_CONTEXT(many_together),
        IN_CONTEXT(dtypes_are_promoted),    IN_CONTEXT(each_part_has_its_gradient),
        IN_CONTEXT(gradients_of_many),      IN_CONTEXT(a_single_one_is_copied),
        IN_CONTEXT(what_can_not_be_joined), IN_CONTEXT(too_large_together),
        IN_CONTEXT(along_a_new_dimension),  IN_CONTEXT(what_can_not_be_stacked),
        IN_CONTEXT(parts_of_a_size),        IN_CONTEXT(parts_are_views),
        IN_CONTEXT(what_can_not_be_split),  IN_CONTEXT(out_of_memory_in_joins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
