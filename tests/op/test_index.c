/* test_index.c - operations that index, pad and flip, against PyTorch (index_reference.h), and what they refuse. */
#include "index_cases.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

/* ---- gather, scatter_add, index_select, index_add ---- */

static gd_tensor *apply(const index_case *c, gd_tensor *x, gd_tensor *index, gd_tensor *source)
{
    if (strcmp(c->op, "gather") == 0)
        return gd_gather(x, c->dim, index);
    if (strcmp(c->op, "scatter_add") == 0)
        return gd_scatter_add(x, c->dim, index, source);
    if (strcmp(c->op, "index_select") == 0)
        return gd_index_select(x, c->dim, index);
    return gd_index_add(x, c->dim, index, source);
}

static void check_gradients(const index_case *c, gd_tensor *y, gd_tensor *x, gd_tensor *source)
{
    gd_tensor *of[] = { x, source }, *found[2];
    int count = source ? 2 : 1;
    assert_true(gd_gradient(y, gradient_of(c->shape), count, of, found, false));
    assert_same_tensor(found[0], numbers_as(GD_FLOAT64, c->x, c->dx));
    if (source)
        assert_same_tensor(found[1], numbers_as(GD_FLOAT64, c->source, c->dsource));
}

static void check_case(const index_case *c, bool scatter)
{
    GD_SCOPE(g);
    bool adds = strstr(c->op, "_add") != NULL;
    gd_tensor *x = operand(c->dtype, c->x), *source = adds ? operand(c->dtype, c->source) : NULL;
    gd_tensor *index = numbers_as(GD_INT64, c->index_shape, c->index);
    if (scatter) {
        x = scattered(x);
        index = scattered(index);
        source = adds ? scattered(source) : NULL;
    }
    if (c->differentiable) {
        gd_require_grad(x, true);
        if (source)
            gd_require_grad(source, true);
    }
    gd_tensor *y = apply(c, x, index, source);
    assert_same_tensor(y, numbers_as(c->dtype, c->shape, c->y));
    if (c->differentiable)
        check_gradients(c, y, x, source);
}

static void test_against_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof index_cases / sizeof *index_cases; i++) {
        check_case(&index_cases[i], false);
        check_case(&index_cases[i], true);
    }
    assert_fine(g);
}

/* Sources larger than the indices: PyTorch has no derivative there; what was not reached has none. */
static void test_gradient_of_a_larger_source(void **state)
{
    (void)state;
    gd_tensor *x = operand(GD_FLOAT64, gd_shape(2, 3)), *source = operand(GD_FLOAT64, gd_shape(3, 4)), *found;
    gd_tensor *index = numbers_as(GD_INT64, gd_shape(1, 2), (const double[]){ 2, 0 });
    gd_require_grad(source, true);
    gd_tensor *dy = gd_add_scalar(gd_reshape(gd_arange(g, GD_FLOAT64, 6), gd_shape(2, 3)), 1);
    assert_true(gd_gradient(gd_scatter_add(x, 1, index, source), dy, 1, &source, &found, false));
    assert_same_tensor(found, gd_values_as(g, GD_FLOAT64, gd_shape(3, 4), 3, 1, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0));
    gd_tensor *none = gd_zeros(g, GD_INT64, gd_shape(0));
    assert_true(gd_gradient(gd_scatter_add(x, 1, none, source), dy, 1, &source, &found, false));
    assert_same_tensor(found, gd_zeros_like(source));
    assert_fine(g);
}

/* The additions to one place are made in the order of the indices. */
static void test_additions_have_an_order(void **state)
{
    (void)state;
    float numbers[] = { 1e8f, 1, -1e8f, 1 };
    gd_tensor *source = gd_from_memory(g, GD_FLOAT32, gd_shape(4), numbers);
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(1));
    assert_true(gd_item(gd_index_add(x, 0, gd_zeros(g, GD_INT64, gd_shape(4)), source)) == 1); /* not 2 and not 0 */
    assert_fine(g);
}

static void test_refused_indices(void **state)
{
    (void)state;
    gd_tensor *x = gd_name(operand(GD_FLOAT32, gd_shape(3, 4)), "table"), *row = operand(GD_FLOAT32, gd_shape(3));
    gd_tensor *past = gd_cast(gd_values(g, gd_shape(3), 0, 4, 9), GD_INT64);
    assert_error_object(gd_index_select(x, 1, past));
    assert_error(g, GD_ERROR_INDEX, "index_select: the index 4 at (1,) is outside dimension 1 of 'table' float32 (3, 4)");
    assert_error_object(gd_index_select(x, -2, gd_neg(gd_arange(g, GD_INT64, 2))));
    assert_error(g, GD_ERROR_INDEX, "the index -1 at (1,) is outside dimension 0");
    gd_tensor *matrix = gd_cast(gd_values(g, gd_shape(2, 2), 0, 3,  2, 1), GD_INT64);
    assert_error_object(gd_gather(x, 0, matrix));
    assert_error(g, GD_ERROR_INDEX, "gather: the index 3 at (0, 1) is outside dimension 0");
    assert_error_object(gd_gather(x, 0, gd_t(matrix)));
    assert_error(g, GD_ERROR_INDEX, "the index 3 at (1, 0)");
    assert_error_object(gd_scatter_add(x, 0, matrix, x));
    assert_error(g, GD_ERROR_INDEX, "scatter_add: the index 3 at (0, 1)");
    assert_error_object(gd_index_add(x, 1, past, gd_zeros(g, GD_FLOAT32, gd_shape(3, 3))));
    assert_error(g, GD_ERROR_INDEX, "index_add: the index 4 at (1,)");
    int64_t least = INT64_MIN;
    assert_error_object(gd_index_select(row, 0, gd_from_memory(g, GD_INT64, gd_shape(1), &least)));
    assert_error(g, GD_ERROR_INDEX, "the index -9223372036854775808 at (0,)");
    gd_tensor *nothing = gd_zeros(g, GD_FLOAT32, gd_shape(0, 3)), *first = gd_zeros(g, GD_INT64, gd_shape(1));
    assert_error_object(gd_index_select(nothing, 0, first));
    assert_error(g, GD_ERROR_INDEX, "the index 0 at (0,) is outside dimension 0");
}

static void test_refused_dtypes(void **state)
{
    (void)state;
    gd_tensor *x = operand(GD_FLOAT32, gd_shape(3, 4)), *good = gd_zeros(g, GD_INT64, gd_shape(1, 1));
    assert_error_object(gd_index_select(x, 0, gd_zeros(g, GD_UINT8, gd_shape(2))));
    assert_error(g, GD_ERROR_DTYPE, "index_select: indices are int64, not uint8 (2,)");
    assert_error_object(gd_gather(x, 0, gd_zeros(g, GD_FLOAT64, gd_shape(2, 2))));
    assert_error(g, GD_ERROR_DTYPE, "gather: indices are int64");
    assert_error_object(gd_scatter_add(x, 0, gd_zeros(g, GD_BOOL, gd_shape(2, 2)), x));
    assert_error(g, GD_ERROR_DTYPE, "scatter_add: indices are int64");
    assert_error_object(gd_scatter_add(x, 0, good, gd_zeros(g, GD_FLOAT64, gd_shape(1, 1))));
    assert_error(g, GD_ERROR_DTYPE, "float64 (1, 1) can't be added to float32 (3, 4)");
    assert_error_object(gd_index_add(x, 0, gd_zeros(g, GD_INT64, gd_shape(1)), gd_zeros(g, GD_INT64, gd_shape(1, 4))));
    assert_error(g, GD_ERROR_DTYPE, "int64 (1, 4) can't be added");
}

static void test_refused_shapes(void **state)
{
    (void)state;
    gd_tensor *x = operand(GD_FLOAT32, gd_shape(3, 4)), *list = gd_zeros(g, GD_INT64, gd_shape(2));
    gd_tensor *tall = gd_zeros(g, GD_INT64, gd_shape(4, 1)), *wide = gd_zeros(g, GD_INT64, gd_shape(1, 5));
    assert_error_object(gd_gather(x, 1, list));
    assert_error(g, GD_ERROR_SHAPE, "the indices int64 (2,) do not fit into float32 (3, 4)");
    assert_error_object(gd_gather(x, 1, tall));
    assert_int_equal(gd_first_error(g)->dim, 0);
    assert_error(g, GD_ERROR_SHAPE, "the indices int64 (4, 1) do not fit");
    assert_error_object(gd_scatter_add(x, 1, wide, x));
    assert_int_equal(gd_first_error(g)->dim, 1);
    assert_error(g, GD_ERROR_SHAPE, "the indices int64 (1, 5) do not fit into float32 (3, 4)");
    assert_error_object(gd_index_select(x, 1, tall));
    assert_error(g, GD_ERROR_SHAPE, "the indices are a list, not int64 (4, 1)");
    assert_error_object(gd_index_select(gd_scalar(g, GD_FLOAT32, 1), 0, list));
    assert_error(g, GD_ERROR_SHAPE, "2 indices for one number");
    assert_error_object(gd_index_add(x, 0, list, x));
    assert_error(g, GD_ERROR_SHAPE, "what is added must be (2, 4), one part for each index, and is float32 (3, 4)");
    assert_error_object(gd_index_select(x, 2, list));
    assert_error(g, GD_ERROR_INDEX, "index_select: there is no dimension 2");
    assert_error_object(gd_gather(x, -3, wide));
    assert_error(g, GD_ERROR_INDEX, "gather: there is no dimension -3");
    assert_error_object(gd_gather(gd_scalar(g, GD_FLOAT32, 1), 1, gd_scalar(g, GD_INT64, 0)));
    assert_error(g, GD_ERROR_INDEX, "there is no dimension 1");
}

/* ---- one_hot ---- */

static void test_one_hot(void **state)
{
    (void)state;
    gd_tensor *labels = gd_cast(gd_values(g, gd_shape(3), 0, 2, 1), GD_INT64);
    gd_tensor *want = gd_cast(gd_values(g, gd_shape(3, 3), 1, 0, 0,  0, 0, 1,  0, 1, 0), GD_INT64);
    assert_same_tensor(gd_one_hot(labels, -1), want);
    assert_same_tensor(gd_one_hot(gd_cast(labels, GD_UINT8), 3), want);
    assert_shape(gd_one_hot(labels, 5), gd_shape(3, 5));
    assert_same_tensor(gd_one_hot(gd_scalar(g, GD_INT64, 1), 3), gd_cast(gd_values(g, gd_shape(3), 0, 1, 0), GD_INT64));
    assert_shape(gd_one_hot(gd_zeros(g, GD_INT64, gd_shape(2, 0)), 3), gd_shape(2, 0, 3));
    gd_tensor *square = gd_cast(gd_values(g, gd_shape(2, 2), 0, 1,  0, 1), GD_INT64);
    assert_true(gd_at(gd_one_hot(gd_t(square), -1), 1, 0, 1) == 1);
    assert_fine(g);
    assert_error_object(gd_one_hot(labels, 2));
    assert_error(g, GD_ERROR_INDEX, "one_hot: label 2 at (1,) is outside the 2 classes");
    assert_error_object(gd_one_hot(gd_sub_scalar(labels, 1), -1));
    assert_error(g, GD_ERROR_INDEX, "label -1 at (0,) is outside the 2 classes");
    assert_error_object(gd_one_hot(labels, 0));
    assert_error(g, GD_ERROR_INDEX, "label 0 at (0,) is outside the 0 classes");
    assert_error_object(gd_one_hot(labels, -2));
    assert_error(g, GD_ERROR_VALUE, "-2 classes");
    assert_error_object(gd_one_hot(gd_zeros(g, GD_INT64, gd_shape(0)), -1));
    assert_error(g, GD_ERROR_VALUE, "-1 classes for int64 (0,)");
    assert_error_object(gd_one_hot(gd_cast(labels, GD_FLOAT32), 3));
    assert_error(g, GD_ERROR_DTYPE, "class labels are int64 or uint8, not float32 (3,)");
    int64_t most = INT64_MAX;
    assert_error_object(gd_one_hot(gd_from_memory(g, GD_INT64, gd_shape(1), &most), -1));
    gd_clear(g);
}

/* ---- masked_fill ---- */

static void test_masked_fill(void **state)
{
    (void)state;
    gd_tensor *x = operand(GD_FLOAT64, gd_shape(2, 3)), *mask = gd_gt_scalar(gd_values(g, gd_shape(3), 1, 0, 1), 0.5), *dx;
    gd_require_grad(x, true);
    gd_tensor *y = gd_masked_fill(x, mask, -INFINITY);
    assert_same_tensor(gd_slice(y, 1, 1, 2, 1), gd_slice(gd_detach(x), 1, 1, 2, 1));
    assert_true(gd_at(y, 1, 2) == -INFINITY && gd_at(y, 0, 0) == -INFINITY);
    assert_true(gd_gradient(y, gd_ones_like(y), 1, &x, &dx, false));
    assert_same_tensor(dx, gd_values_as(g, GD_FLOAT64, gd_shape(2, 3), 0, 1, 0,  0, 1, 0));
    gd_tensor *whole = gd_arange(g, GD_INT64, 3);
    assert_same_tensor(gd_masked_fill(whole, mask, 1.5), gd_cast(gd_values(g, gd_shape(3), 1, 1, 1), GD_INT64));
    gd_tensor *bytes = gd_cast(whole, GD_UINT8), *bools = gd_zeros(g, GD_BOOL, gd_shape(3));
    assert_same_tensor(gd_masked_fill(bytes, mask, -1), gd_cast(gd_values(g, gd_shape(3), 255, 1, 255), GD_UINT8));
    assert_same_tensor(gd_masked_fill(bools, mask, 0.5), mask);
    assert_shape(gd_masked_fill(whole, gd_zeros(g, GD_BOOL, gd_shape(2, 1)), 1), gd_shape(2, 3)); /* x is broadcast too */
    assert_true(isnan(gd_at(gd_masked_fill(gd_zeros(g, GD_FLOAT32, gd_shape(3)), mask, NAN), 2)));
    assert_fine(g);
    assert_error_object(gd_masked_fill(x, bytes, 1));
    assert_error(g, GD_ERROR_DTYPE, "masked_fill: the mask is bool, not uint8 (3,)");
    assert_error_object(gd_masked_fill(whole, mask, NAN));
    assert_error(g, GD_ERROR_VALUE, "masked_fill: nan can't be a int64");
    assert_error_object(gd_masked_fill(whole, mask, 9223372036854775808.0));
    assert_error(g, GD_ERROR_VALUE, "can't be a int64");
    assert_error_object(gd_masked_fill(bytes, mask, 256));
    assert_error(g, GD_ERROR_VALUE, "256 can't be a uint8");
    assert_error_object(gd_masked_fill(gd_zeros(g, GD_FLOAT32, gd_shape(3)), mask, 1e300));
    assert_error(g, GD_ERROR_VALUE, "can't be a float32");
    assert_error_object(gd_masked_fill(x, gd_zeros(g, GD_BOOL, gd_shape(2)), 1));
    assert_error(g, GD_ERROR_SHAPE, "must match");
}

/* ---- pad and flip ---- */

static void test_pad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pad_cases / sizeof *pad_cases; i++) {
        GD_SCOPE(g);
        const pad_case *c = &pad_cases[i];
        gd_tensor *x = operand(c->dtype, c->x), *dx;
        if (c->dtype == GD_FLOAT64)
            gd_require_grad(x, true);
        gd_tensor *y = gd_pad(x, c->before, c->after, c->value);
        assert_same_tensor(y, numbers_as(c->dtype, c->shape, c->y));
        assert_same_tensor(gd_pad(scattered(x), c->before, c->after, c->value), y);
        if (c->dtype != GD_FLOAT64)
            continue;
        assert_true(gd_gradient(y, gradient_of(c->shape), 1, &x, &dx, false));
        assert_same_tensor(dx, numbers_as(GD_FLOAT64, c->x, c->dx));
    }
    assert_fine(g);
}

static void test_pad_refuses(void **state)
{
    (void)state;
    gd_tensor *x = operand(GD_FLOAT32, gd_shape(2, 3));
    assert_error_object(gd_pad(x, gd_shape(1), gd_shape(1, 2), 0));
    assert_error(g, GD_ERROR_SHAPE, "pad: (1,) before and (1, 2) after do not fit float32 (2, 3)");
    assert_error_object(gd_pad(x, gd_shape(0, -4), gd_shape(0, 5), 0));
    assert_error(g, GD_ERROR_SHAPE, "dimension 1 of float32 (2, 3) can't be cropped by -4 and 5");
    assert_error_object(gd_pad(x, gd_shape(-1, 0), gd_shape(-2, 0), 0));
    assert_error(g, GD_ERROR_SHAPE, "dimension 0 of float32 (2, 3) can't be cropped by -1 and -2");
    assert_error_object(gd_pad(x, gd_shape(INT64_MIN, 0), gd_shape(INT64_MIN, 0), 0));
    assert_error(g, GD_ERROR_SHAPE, "can't be cropped");
    assert_error_object(gd_pad(x, gd_shape(INT64_MAX, 0), gd_shape(INT64_MAX, 0), 0));
    assert_error(g, GD_ERROR_SHAPE, "can't get");
    assert_error_object(gd_pad(x, gd_shape(INT64_MAX - 4, 0), gd_shape(0, 0), 0));
    gd_clear(g);
    assert_error_object(gd_pad(gd_arange(g, GD_INT64, 3), gd_shape(1), gd_shape(1), INFINITY));
    assert_error(g, GD_ERROR_VALUE, "pad: inf can't be a int64");
    gd_tensor *number = gd_scalar(g, GD_FLOAT32, 3);
    assert_same_tensor(gd_pad(number, gd_shape(), gd_shape(), 0), number);
    assert_error_object(gd_pad(x, (gd_dims){ .count = -1 }, gd_shape(0, 0), 0));
    gd_clear(g);
}

static void test_flip(void **state)
{
    (void)state;
    gd_tensor *x = gd_require_grad(gd_reshape(gd_arange(g, GD_FLOAT64, 6), gd_shape(2, 3)), true), *dx;
    assert_same_tensor(gd_flip(x, gd_axes(-1)), gd_values_as(g, GD_FLOAT64, gd_shape(2, 3), 2, 1, 0,  5, 4, 3));
    gd_tensor *y = gd_flip(x, gd_axes(0, 1));
    assert_same_tensor(y, gd_values_as(g, GD_FLOAT64, gd_shape(2, 3), 5, 4, 3,  2, 1, 0));
    assert_true(gd_gradient(y, gd_detach(x), 1, &x, &dx, false));
    assert_same_tensor(dx, gd_detach(y));
    gd_tensor *same = gd_flip(x, gd_axes());
    assert_ptr_not_equal(same, x);
    assert_same_tensor(same, x);
    assert_same_tensor(gd_flip(gd_scalar(g, GD_INT64, 3), gd_axes(0)), gd_scalar(g, GD_INT64, 3));
    assert_shape(gd_flip(gd_zeros(g, GD_BOOL, gd_shape(2, 0)), gd_axes(0, 1)), gd_shape(2, 0));
    assert_fine(g);
    assert_error_object(gd_flip(x, gd_axes(1, -1)));
    assert_error(g, GD_ERROR_INDEX, "flip: (1, -1) names dimension 1 twice");
    assert_error_object(gd_flip(x, gd_axes((int64_t)1 << 32)));
    assert_error(g, GD_ERROR_INDEX, "flip: there is no dimension 4294967296");
    assert_error_object(gd_flip(x, gd_axes(0, 1, 2, 3, 4, 5, 6, 7, 8)));
    assert_error(g, GD_ERROR_INDEX, "flip: more than 8 axes");
    assert_error_object(gd_flip(x, gd_axes(2)));
    assert_error(g, GD_ERROR_INDEX, "flip: there is no dimension 2");
}

/* ---- outer and dot ---- */

static void test_vectors(void **state)
{
    (void)state;
    gd_tensor *a = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(2), 1, -2), true), *da;
    gd_tensor *b = gd_values_as(g, GD_FLOAT64, gd_shape(3), 3, 0.5, 4), *whole = gd_arange(g, GD_INT64, 3);
    assert_same_tensor(gd_outer(a, b), gd_values_as(g, GD_FLOAT64, gd_shape(2, 3), 3, 0.5, 4,  -6, -1, -8));
    assert_same_tensor(gd_outer(whole, b), gd_mul(gd_reshape(whole, gd_shape(3, 1)), b));
    assert_true(gd_gradient(gd_sum(gd_outer(a, b)), NULL, 1, &a, &da, false));
    assert_same_tensor(da, gd_values_as(g, GD_FLOAT64, gd_shape(2), 7.5, 7.5));
    assert_true(gd_gradient(gd_dot(a, gd_slice(b, 0, 0, 2, 1)), NULL, 1, &a, &da, false));
    assert_same_tensor(da, gd_values_as(g, GD_FLOAT64, gd_shape(2), 3, 0.5));
    assert_same_tensor(gd_dot(whole, whole), gd_scalar(g, GD_INT64, 5));
    gd_tensor *bytes = gd_full(g, GD_UINT8, gd_shape(3), 100);
    assert_same_tensor(gd_dot(bytes, bytes), gd_scalar(g, GD_UINT8, 30000 % 256)); /* wraps, as in PyTorch */
    gd_tensor *none = gd_zeros(g, GD_FLOAT32, gd_shape(0));
    assert_same_tensor(gd_dot(none, none), gd_scalar(g, GD_FLOAT32, 0));
    assert_shape(gd_outer(none, b), gd_shape(0, 3));
    gd_tensor *bools = gd_gt_scalar(b, 1);
    assert_int_equal(gd_dtype_of(gd_outer(bools, bools)), GD_BOOL);
    assert_fine(g);
    assert_error_object(gd_outer(gd_scalar(g, GD_FLOAT64, 1), b));
    assert_error(g, GD_ERROR_SHAPE, "outer: tensors of one dimension are expected, not float64 () and float64 (3,)");
    assert_error_object(gd_dot(b, gd_reshape(b, gd_shape(1, 3))));
    assert_error(g, GD_ERROR_SHAPE, "dot: tensors of one dimension");
    assert_error_object(gd_dot(a, b));
    assert_error(g, GD_ERROR_SHAPE, "dot: float64 (2,) against float64 (3,)");
    assert_error_object(gd_dot(whole, b));
    assert_error(g, GD_ERROR_DTYPE, "not int64 (3,) and float64 (3,)");
    assert_error_object(gd_dot(bools, bools));
    assert_error(g, GD_ERROR_DTYPE, "not bool (3,) and bool (3,)");
}

/* ---- what is no tensor, and no memory ---- */

static void refuse_all(gd_tensor *e, gd_tensor *x, gd_tensor *index)
{
    gd_tensor *refused[] = {
        gd_gather(e, 0, index), gd_gather(x, 0, e), gd_index_select(e, 0, index), gd_index_select(x, 0, e),
        gd_scatter_add(e, 0, index, x), gd_scatter_add(x, 0, e, x), gd_scatter_add(x, 0, index, e),
        gd_index_add(e, 0, index, x), gd_index_add(x, 0, e, x), gd_index_add(x, 0, index, e),
        gd_one_hot(e, 3), gd_masked_fill(e, gd_gt_scalar(x, 0), 1), gd_masked_fill(x, e, 1),
        gd_pad(e, gd_shape(1), gd_shape(1), 0), gd_flip(e, gd_axes(0)), gd_outer(e, x), gd_outer(x, e), gd_dot(e, x),
        gd_dot(x, e)
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_error_object(refused[i]);
}

static void test_no_tensors(void **state)
{
    (void)state;
    gd_tensor *x = operand(GD_FLOAT32, gd_shape(3)), *index = gd_arange(g, GD_INT64, 3);
    refuse_all(gd_zeros(g, GD_FLOAT32, gd_shape(-1)), x, index);
    gd_clear(g);
    refuse_all(NULL, x, index);
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_NULL);
    gd_clear(g);
    gd_tensor *dead;
    {
        GD_SCOPE(g);
        dead = gd_ones(g, GD_INT64, gd_shape(3));
    }
    assert_error_object(gd_index_select(dead, 0, index));
    assert_error(g, GD_ERROR_DEAD, "index_select");
}

static bool try_indices(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_tensor *x = gd_require_grad(gd_ones(own, GD_FLOAT64, gd_shape(2, 3)), true), *dx;
    gd_tensor *index = gd_zeros(own, GD_INT64, gd_shape(2));
    gd_tensor *y = gd_index_add(gd_index_select(x, 1, index), 1, index, gd_slice(x, 1, 0, 2, 1));
    return gd_gradient(gd_sum(y), NULL, 1, &x, &dx, false);
}

static bool try_shapes(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_tensor *x = gd_ones(own, GD_FLOAT64, gd_shape(2, 3));
    gd_tensor *y = gd_pad(gd_masked_fill(x, gd_gt_scalar(x, 2), 1), gd_shape(1, 0), gd_shape(0, -1), 5);
    return gd_is_tensor(gd_flip(y, gd_axes(0, 1)));
}

static bool try_vectors(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_tensor *hot = gd_flatten(gd_one_hot(gd_zeros(own, GD_INT64, gd_shape(2)), 2), 0, 1);
    return gd_is_tensor(gd_outer(hot, hot)) && gd_is_tensor(gd_dot(hot, hot));
}

static void test_out_of_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_indices) > 10);
    assert_true(until_memory_suffices(NULL, try_shapes) > 5);
    assert_true(until_memory_suffices(NULL, try_vectors) > 5);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_against_pytorch),  TEST(test_gradient_of_a_larger_source),
        TEST(test_additions_have_an_order), TEST(test_refused_indices),
        TEST(test_refused_dtypes),   TEST(test_refused_shapes),
        TEST(test_one_hot),          TEST(test_masked_fill),
        TEST(test_pad),              TEST(test_pad_refuses),
        TEST(test_flip),             TEST(test_vectors),
        TEST(test_no_tensors),       TEST(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
