/* test_tensor.c - making tensors, asking, reading and writing, dtypes and their promotion. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

static void assert_values(const gd_tensor *t, const double *values, size_t count)
{
    double got[64];
    assert_true(count <= 64);
    assert_true(gd_read(t, GD_FLOAT64, got, count));
    for (size_t i = 0; i < count; i++)
        if (got[i] != values[i] && !(isnan(got[i]) && isnan(values[i])))
            fail_msg("element %zu is %.17g, not %.17g", i, got[i], values[i]);
}

#define assert_reads(t, ...)                                                                                         \
    assert_values(t, (const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

/* ---- shapes ---- */

static void shapes_are_lists_of_sizes(void **state)
{
    (void)state;
    gd_dims shape = gd_shape(2, 3);
    assert_int_equal(shape.count, 2);
    assert_int_equal(shape.size[0], 2);
    assert_int_equal(shape.size[1], 3);
    assert_int_equal(gd_shape().count, 0);
    assert_int_equal(gd_shape(1, 2, 3, 4, 5, 6, 7, 8).count, 8);
    assert_int_equal(gd_shape(1, 2, 3, 4, 5, 6, 7, 8).size[7], 8);
    assert_int_equal(gd_shape(1, 2, 3, 4, 5, 6, 7, 8, 9).count, -1);
    assert_int_equal(gd_shape_of(0, NULL).count, 0);
    assert_int_equal(gd_shape_of(2, NULL).count, -1);
    assert_int_equal(gd_shape_of(SIZE_MAX, &(int64_t){ 1 }).count, -1);
}

static void a_scalar_has_no_dimension(void **state)
{
    (void)state;
    gd_tensor *t = gd_full(g, GD_FLOAT32, gd_shape(), 2.5);
    assert_int_equal(gd_ndim(t), 0);
    assert_int_equal(gd_numel(t), 1);
    assert_int_equal(gd_sizes(t).count, 0);
    assert_true(gd_item(t) == 2.5);
    assert_true(gd_at_of(t, 0, NULL) == 2.5);
    assert_true(gd_item(gd_scalar(g, GD_DEFAULT, -7)) == -7);
    assert_fine(g);
}

static void eight_dimensions_are_the_most(void **state)
{
    (void)state;
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(1, 2, 1, 2, 1, 2, 1, 3));
    assert_int_equal(gd_ndim(t), 8);
    assert_int_equal(gd_numel(t), 24);
    assert_int_equal(gd_size(t, 7), 3);
    assert_true(gd_at(t, 0, 1, 0, 1, 0, 1, 0, 2) == 1);
    assert_true(gd_item(gd_sum(gd_transpose(t, 0, 7))) == 24);
    assert_fine(g);
    assert_error_object(gd_ones(g, GD_FLOAT32, gd_shape(1, 1, 1, 1, 1, 1, 1, 1, 1)));
    assert_error(g, GD_ERROR_SHAPE, "at most 8 dimensions");
}

static void sizes_that_can_not_be_are_refused(void **state)
{
    (void)state;
    assert_error_object(gd_zeros(g, GD_FLOAT32, gd_shape(-1)));
    assert_error(g, GD_ERROR_SHAPE, "(-1,)");
    assert_error_object(gd_zeros(g, GD_FLOAT32, gd_shape(2, -3, 4)));
    assert_error(g, GD_ERROR_SHAPE, "(2, -3, 4)");
    assert_error_object(gd_zeros(g, GD_FLOAT32, gd_shape(0, -3)));
    assert_error(g, GD_ERROR_SHAPE, "(0, -3)");
    assert_error_object(gd_zeros(g, GD_FLOAT32, gd_shape(INT64_MIN)));
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
    assert_error_object(gd_ones(g, GD_FLOAT64, gd_shape((int64_t)1 << 32, (int64_t)1 << 32)));
    assert_error(g, GD_ERROR_SHAPE, "(4294967296, 4294967296)");
    assert_error_object(gd_ones(g, GD_FLOAT64, gd_shape(INT64_MAX)));
    assert_error(g, GD_ERROR_SHAPE, "gd_full");
    assert_error_object(gd_zeros(g, GD_FLOAT32, gd_shape(INT64_MAX, 0, INT64_MAX))); /* strides count, too */
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
    assert_error_object(gd_rand(g, GD_FLOAT64, gd_shape(INT64_MAX / 16)));
    assert_error(g, GD_ERROR_MEMORY, "gd_rand");
}

static void empty_tensors_are_tensors(void **state)
{
    (void)state;
    double none = 7;
    gd_tensor *t = gd_zeros(g, GD_FLOAT64, gd_shape(2, 0, 3));
    assert_int_equal(gd_numel(t), 0);
    assert_int_equal(gd_size(t, 1), 0);
    assert_true(gd_read(t, GD_FLOAT64, NULL, 0));
    assert_true(gd_write(t, GD_FLOAT64, NULL, 0));
    assert_true(gd_read(t, GD_FLOAT32, &none, 0));
    assert_true(none == 7);
    assert_int_equal(gd_numel(gd_values_of(g, GD_FLOAT32, gd_shape(0), 0, NULL)), 0);
    assert_int_equal(gd_numel(gd_from_memory(g, GD_UINT8, gd_shape(0), NULL)), 0);
    assert_int_equal(gd_numel(gd_zeros(g, GD_FLOAT32, gd_shape(INT64_MAX / 16, 0))), 0);
    assert_fine(g);
    assert_true(isnan(gd_item(t)));
    assert_error(g, GD_ERROR_SHAPE, "0 elements");
}

/* ---- making ---- */

static void values_are_counted(void **state)
{
    (void)state;
    gd_tensor *t = gd_values(g, gd_shape(2, 2), 0, 1, 2, 3);
    assert_reads(t, 0, 1, 2, 3);
    assert_int_equal(gd_dtype_of(t), GD_FLOAT32);
    assert_true(gd_at(t, 1, 0) == 2);
    assert_error_object(gd_values(g, gd_shape(2, 2), 0, 1, 2));
    assert_error(g, GD_ERROR_VALUE, "3 values for the shape (2, 2), which holds 4");
    assert_error_object(gd_values(g, gd_shape(2, 2), 0, 1, 2, 3, 4));
    assert_error(g, GD_ERROR_VALUE, "5 values");
    assert_error_object(gd_values_of(g, GD_FLOAT32, gd_shape(2), 2, NULL));
    assert_error(g, GD_ERROR_VALUE, "gd_values");
    assert_error_object(gd_values(g, gd_shape(-2), 0, 1));
    assert_error(g, GD_ERROR_SHAPE, "(-2,)");
    assert_error_object(gd_values_as(g, (gd_dtype)9, gd_shape(1), 0));
    assert_error(g, GD_ERROR_DTYPE, "9 is no dtype");
}

static void every_dtype_can_be_filled(void **state)
{
    (void)state;
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_BOOL; dtype++) {
        assert_reads(gd_zeros(g, dtype, gd_shape(3)), 0, 0, 0);
        assert_reads(gd_ones(g, dtype, gd_shape(3)), 1, 1, 1);
        assert_reads(gd_full(g, dtype, gd_shape(2), 1.75), dtype <= GD_FLOAT64 ? 1.75 : 1,
                     dtype <= GD_FLOAT64 ? 1.75 : 1);
        assert_int_equal(gd_dtype_of(gd_full(g, dtype, gd_shape(2), 3)), dtype);
    }
    assert_fine(g);
    assert_error_object(gd_zeros(g, (gd_dtype)6, gd_shape(1)));
    assert_error(g, GD_ERROR_DTYPE, "6 is no dtype");
    assert_error_object(gd_zeros(g, (gd_dtype)-1, gd_shape(1)));
    assert_error(g, GD_ERROR_DTYPE, "gd_zeros");
}

static void arange_counts_from_zero(void **state)
{
    (void)state;
    gd_tensor *t = gd_arange(g, GD_DEFAULT, 5);
    assert_int_equal(gd_dtype_of(t), GD_INT64);
    assert_reads(t, 0, 1, 2, 3, 4);
    assert_int_equal(gd_dtype_of(gd_arange(g, GD_FLOAT32, 5)), GD_FLOAT32);
    assert_reads(gd_arange(g, GD_FLOAT64, 3), 0, 1, 2);
    assert_reads(gd_arange(g, GD_UINT8, 3), 0, 1, 2);
    assert_int_equal(gd_numel(gd_arange(g, GD_DEFAULT, 0)), 0);
    assert_fine(g);
    assert_error_object(gd_arange(g, GD_DEFAULT, -1));
    assert_error(g, GD_ERROR_SHAPE, "gd_arange");
}

static void memory_is_copied(void **state)
{
    (void)state;
    int64_t numbers[6] = { 1, -2, 3, INT64_MAX, INT64_MIN, ((int64_t)1 << 53) + 1 }, back[6];
    gd_tensor *t = gd_from_memory(g, GD_INT64, gd_shape(2, 3), numbers);
    numbers[0] = 99;
    assert_true(gd_at(t, 0, 0) == 1);
    numbers[0] = 1;
    assert_true(gd_read(t, GD_INT64, back, 6));
    assert_memory_equal(numbers, back, sizeof back); /* int64 does not go by way of a double */
    assert_true(gd_data(t) != numbers);
    assert_memory_equal(gd_data(t), numbers, sizeof numbers);
    assert_error_object(gd_from_memory(g, GD_INT64, gd_shape(2), NULL));
    assert_error(g, GD_ERROR_NULL, "gd_from_memory");
}

/* ---- random draws: shapes and errors; their numbers are test_random.c's ---- */

static void draws_are_floats_of_the_shape(void **state)
{
    (void)state;
    gd_tensor *uniform = gd_rand(g, GD_DEFAULT, gd_shape(20, 30)), *normal = gd_randn(g, GD_FLOAT64, gd_shape(7));
    assert_int_equal(gd_dtype_of(uniform), GD_FLOAT32);
    assert_shape(uniform, gd_shape(20, 30));
    for (int i = 0; i < 600; i++)
        assert_true(((const float *)gd_data(uniform))[i] >= 0 && ((const float *)gd_data(uniform))[i] < 1);
    assert_int_equal(gd_dtype_of(normal), GD_FLOAT64);
    assert_int_equal(gd_numel(gd_randn(g, GD_DEFAULT, gd_shape(0))), 0);
    assert_int_equal(gd_ndim(gd_rand(g, GD_DEFAULT, gd_shape())), 0);
    assert_fine(g);
    assert_error_object(gd_rand(g, GD_INT64, gd_shape(2)));
    assert_error(g, GD_ERROR_DTYPE, "gd_rand: int64");
    assert_error_object(gd_randn(g, GD_BOOL, gd_shape(2)));
    assert_error(g, GD_ERROR_DTYPE, "gd_randn: bool");
    assert_error_object(gd_randn(g, (gd_dtype)77, gd_shape(2)));
    assert_error(g, GD_ERROR_DTYPE, "gd_randn");
}

static void choices_lie_below_their_limit(void **state)
{
    (void)state;
    gd_tensor *t = gd_choice(g, 3, 200);
    assert_int_equal(gd_dtype_of(t), GD_INT64);
    assert_shape(t, gd_shape(200));
    int seen[3] = { 0 };
    for (int i = 0; i < 200; i++) {
        int64_t value = ((const int64_t *)gd_data(t))[i];
        assert_true(value >= 0 && value < 3);
        seen[value]++;
    }
    assert_true(seen[0] > 30 && seen[1] > 30 && seen[2] > 30);
    assert_true(gd_item(gd_sum(gd_choice(g, 1, 9))) == 0);
    assert_int_equal(gd_numel(gd_choice(g, 5, 0)), 0);
    assert_true(gd_item(gd_choice(g, INT64_MAX, 1)) >= 0);
    assert_fine(g);
    assert_error_object(gd_choice(g, 0, 5));
    assert_error(g, GD_ERROR_VALUE, "0 integers");
    assert_error_object(gd_choice(g, -4, 5));
    assert_error(g, GD_ERROR_VALUE, "-4 integers");
    assert_error_object(gd_choice(g, 4, -5));
    assert_error(g, GD_ERROR_SHAPE, "gd_choice");
}

static void a_permutation_holds_each_number_once(void **state)
{
    (void)state;
    enum { N = 300 };
    gd_tensor *t = gd_randperm(g, N);
    bool seen[N] = { false }, moved = false;
    assert_shape(t, gd_shape(N));
    assert_int_equal(gd_dtype_of(t), GD_INT64);
    for (int i = 0; i < N; i++) {
        int64_t value = ((const int64_t *)gd_data(t))[i];
        assert_true(value >= 0 && value < N && !seen[value]);
        seen[value] = true;
        moved = moved || value != i;
    }
    assert_true(moved);
    assert_int_equal(gd_numel(gd_randperm(g, 0)), 0);
    assert_reads(gd_randperm(g, 1), 0);
    assert_fine(g);
    assert_error_object(gd_randperm(g, -1));
    assert_error(g, GD_ERROR_SHAPE, "gd_randperm");
}

/* ---- dtypes ---- */

static void dtypes_have_names_and_sizes(void **state)
{
    (void)state;
#define SAME(constant, name, type)                                                                                   \
    assert_string_equal(gd_dtype_name(constant), name);                                                              \
    assert_int_equal(gd_dtype_size(constant), sizeof(type));
    GD_DTYPE_LIST(SAME)
#undef SAME
    assert_string_equal(gd_dtype_name(GD_DEFAULT), "unknown");
    assert_string_equal(gd_dtype_name((gd_dtype)6), "unknown");
    assert_int_equal(gd_dtype_size((gd_dtype)-1), 0);
}

static void the_default_dtype_can_be_changed(void **state)
{
    (void)state;
    gd_set_default_dtype(g, GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_values(g, gd_shape(1), 1)), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_rand(g, GD_DEFAULT, gd_shape(1))), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_exp(gd_arange(g, GD_DEFAULT, 3))), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_parameter(gd_linear(g, 2, 2), 0)), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_cast(gd_arange(g, GD_UINT8, 3), GD_DEFAULT)), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_arange(g, GD_DEFAULT, 3)), GD_INT64);
    gd_set_default_dtype(g, GD_FLOAT32);
    assert_int_equal(gd_dtype_of(gd_values(g, gd_shape(1), 1)), GD_FLOAT32);
    assert_fine(g);
    gd_set_default_dtype(g, GD_INT64);
    assert_error(g, GD_ERROR_DTYPE, "int64");
    gd_set_default_dtype(g, GD_DEFAULT);
    assert_error(g, GD_ERROR_DTYPE, "gd_set_default_dtype");
    assert_int_equal(gd_dtype_of(gd_values(g, gd_shape(1), 1)), GD_FLOAT32);
}

/* A conversion is one thing, wherever it happens: gd_cast, gd_read, gd_write and gd_values agree. */
static void check_conversion(gd_dtype from, gd_dtype to, const double *values, size_t count)
{
    GD_SCOPE(g);
    gd_tensor *t = gd_values_of(g, from, gd_shape((int64_t)count), count, values), *cast = gd_cast(t, to);
    gd_tensor *written = gd_zeros(g, to, gd_shape((int64_t)count));
    unsigned char bytes[32 * 8], source[32 * 8];
    assert_int_equal(gd_dtype_of(cast), to);
    assert_true(gd_read(t, to, bytes, count));
    assert_memory_equal(gd_data(cast), bytes, count * gd_dtype_size(to));
    assert_true(gd_read(t, from, source, count));
    assert_true(gd_write(written, from, source, count));
    assert_memory_equal(gd_data(written), bytes, count * gd_dtype_size(to));
}

static void conversions_agree_wherever_they_happen(void **state)
{
    (void)state;
    static const double values[] = { 0,      -0.0,    1,     -1,     2.5,      -2.5,      0.999, -0.999,
                                     127,    128,     255,   254.99, 1e-300,   4e9,       -4e9,  1e18,
                                     9.3e18, -9.3e18, 1e300, -1e300, INFINITY, -INFINITY, NAN };
    for (gd_dtype from = GD_FLOAT32; from <= GD_BOOL; from++)
        for (gd_dtype to = GD_FLOAT32; to <= GD_BOOL; to++)
            check_conversion(from, to, values, sizeof values / sizeof *values);
    assert_fine(g);
}

/* A double on the way would lose the last bits, or round twice. */
static void whole_numbers_keep_their_bits(void **state)
{
    (void)state;
    static const int64_t whole[] = { 9007199254740993, -9007199254740993, INT64_MAX, INT64_MIN, 9007199791611905 };
    gd_tensor *t = gd_from_memory(g, GD_INT64, gd_shape(5), whole), *bytes = gd_zeros(g, GD_UINT8, gd_shape(5));
    float reals[5];
    assert_true(gd_write(bytes, GD_INT64, whole, 5));
    assert_reads(bytes, 1, 255, 255, 0, 1);
    assert_reads(gd_cast(t, GD_UINT8), 1, 255, 255, 0, 1);
    assert_true(gd_read(t, GD_FLOAT32, reals, 5));
    for (int i = 0; i < 5; i++)
        assert_true(reals[i] == (float)whole[i]);
    assert_fine(g);
}

/* None of the elements of an empty view are one in memory. */
static void empty_views_may_be_written(void **state)
{
    (void)state;
    gd_tensor *wide = gd_expand(gd_zeros(g, GD_FLOAT32, gd_shape(0, 1)), gd_shape(0, 5));
    assert_true(gd_write(wide, GD_FLOAT32, NULL, 0));
    assert_fine(g);
}

static void floats_become_integers_toward_zero(void **state)
{
    (void)state;
    gd_tensor *t = gd_values_as(g, GD_FLOAT64, gd_shape(6), 2.9, -2.9, 0.5, -0.5, 3, 200.7);
    assert_reads(gd_cast(t, GD_INT64), 2, -2, 0, 0, 3, 200);
    assert_reads(gd_cast(t, GD_BOOL), 1, 1, 1, 1, 1, 1);
    assert_reads(gd_cast(gd_values(g, gd_shape(4), 0, 2.9, 254.9, 255), GD_UINT8), 0, 2, 254, 255);
    assert_reads(gd_cast(gd_values(g, gd_shape(3), 0, -0.0, NAN), GD_BOOL), 0, 0, 1);
    assert_true(gd_item(gd_cast(gd_scalar(g, GD_FLOAT64, 0.1), GD_FLOAT32)) == (double)0.1f);
    int64_t edges[3];
    gd_tensor *far = gd_cast(gd_values_as(g, GD_FLOAT64, gd_shape(3), 1e30, -1e30, NAN), GD_INT64);
    assert_true(gd_read(far, GD_INT64, edges, 3));
    assert_true(edges[0] == INT64_MAX && edges[1] == INT64_MIN && edges[2] == 0);
    assert_error_object(gd_cast(t, (gd_dtype)8));
    assert_error(g, GD_ERROR_DTYPE, "8 is no dtype");
    assert_true(gd_cast(t, GD_FLOAT64) == t);
}

/* As PyTorch: modulo 256. */
static void integers_wrap_around_in_uint8(void **state)
{
    (void)state;
    int64_t numbers[5] = { 256, 257, -1, -256, 511 };
    assert_reads(gd_cast(gd_from_memory(g, GD_INT64, gd_shape(5), numbers), GD_UINT8), 0, 1, 255, 0, 255);
}

typedef struct promotion {
    gd_dtype a;
    int a_ndim;
    gd_dtype b;
    int b_ndim;
    gd_dtype result;
} promotion;

#include "promotion_reference.h"

static gd_tensor *one(gd_dtype dtype, int ndim)
{
    return gd_ones(g, dtype, ndim > 0 ? gd_shape(1) : gd_shape());
}

static void dtypes_are_promoted_as_in_pytorch(void **state)
{
    (void)state;
    assert_int_equal(sizeof promotions / sizeof *promotions, 100);
    for (size_t i = 0; i < sizeof promotions / sizeof *promotions; i++) {
        const promotion *p = &promotions[i];
        gd_dtype got = gd_dtype_of(gd_add(one(p->a, p->a_ndim), one(p->b, p->b_ndim)));
        if (gd__promote(p->a, p->a_ndim, p->b, p->b_ndim) != p->result || got != p->result)
            fail_msg("%s of %d dimensions and %s of %d: %s, not %s", gd_dtype_name(p->a), p->a_ndim,
                     gd_dtype_name(p->b), p->b_ndim, gd_dtype_name(got), gd_dtype_name(p->result));
    }
    assert_fine(g);
}

/* ---- asking ---- */

static void tensors_answer(void **state)
{
    (void)state;
    gd_tensor *t = gd_zeros(g, GD_UINT8, gd_shape(2, 3, 4));
    assert_true(gd_is_tensor(t));
    assert_int_equal(gd_ndim(t), 3);
    assert_int_equal(gd_numel(t), 24);
    assert_int_equal(gd_size(t, 0), 2);
    assert_int_equal(gd_size(t, -1), 4);
    assert_int_equal(gd_size(t, -3), 2);
    assert_true(gd__same_dims(gd_sizes(t), gd_shape(2, 3, 4)));
    assert_int_equal(gd_dtype_of(t), GD_UINT8);
    assert_true(gd_context_of(t) == g);
    assert_fine(g);
    assert_int_equal(gd_size(t, 3), -1);
    assert_error(g, GD_ERROR_INDEX, "there is no dimension 3 in uint8 (2, 3, 4)");
    assert_int_equal(gd_size(t, -4), -1);
    assert_error(g, GD_ERROR_INDEX, "dimension -4");
    assert_int_equal(gd_size(t, INT32_MIN), -1);
    assert_error(g, GD_ERROR_INDEX, "dimension");
}

static void names_are_copied(void **state)
{
    (void)state;
    char name[] = "W1";
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    assert_string_equal(gd_name_of(t), "");
    assert_true(gd_name(t, name) == t);
    name[0] = 'X';
    assert_string_equal(gd_name_of(t), "W1");
    gd_name(t, gd_name_of(t)); /* its own */
    assert_string_equal(gd_name_of(t), "W1");
    gd_name(t, NULL);
    assert_string_equal(gd_name_of(t), "");
    gd_name(t, "");
    assert_string_equal(gd_name_of(t), "");
    assert_fine(g);
}

/* ---- reading and writing ---- */

static void elements_are_read_by_their_indices(void **state)
{
    (void)state;
    gd_tensor *t = gd_reshape(gd_arange(g, GD_INT64, 24), gd_shape(2, 3, 4));
    assert_true(gd_at(t, 0, 0, 0) == 0);
    assert_true(gd_at(t, 1, 2, 3) == 23);
    assert_true(gd_at(t, -1, -1, -1) == 23);
    assert_true(gd_at(t, -2, 1, -4) == 4);
    assert_true(gd_at(gd_transpose(t, 0, 2), 3, 2, 1) == 23);
    assert_true(gd_at(gd_transpose(t, 0, 2), 1, 2, 0) == 9);
    assert_fine(g);
}

static void indices_outside_are_errors(void **state)
{
    (void)state;
    gd_tensor *t = gd_name(gd_zeros(g, GD_FLOAT32, gd_shape(2, 3)), "t");
    assert_true(isnan(gd_at(t, 2, 0)));
    assert_error(g, GD_ERROR_INDEX, "'t' float32 (2, 3)");
    assert_true(isnan(gd_at(t, 0, -4)));
    assert_error(g, GD_ERROR_INDEX, "gd_at");
    assert_true(isnan(gd_at(t, 0)));
    assert_error(g, GD_ERROR_INDEX, "there is no element (0,) in");
    assert_true(isnan(gd_at(t, 0, 0, 0)));
    assert_error(g, GD_ERROR_INDEX, "there is no element (0, 0, 0) in");
    assert_true(isnan(gd_at(gd_scalar(g, GD_FLOAT32, 1), 0)));
    assert_error(g, GD_ERROR_INDEX, "gd_at");
}

static void item_wants_one_element(void **state)
{
    (void)state;
    assert_true(gd_item(gd_full(g, GD_UINT8, gd_shape(1, 1, 1), 200)) == 200);
    assert_true(gd_item(gd_full(g, GD_BOOL, gd_shape(1), 5)) == 1);
    assert_true(isnan(gd_item(gd_full(g, GD_FLOAT32, gd_shape(1), NAN))));
    assert_fine(g);
    assert_true(isnan(gd_item(gd_zeros(g, GD_FLOAT32, gd_shape(2, 1)))));
    assert_error(g, GD_ERROR_SHAPE, "float32 (2, 1) has 2 elements");
}

static void all_is_read_in_row_major_order(void **state)
{
    (void)state;
    gd_tensor *t = gd_values(g, gd_shape(2, 3), 0, 1, 2, 3, 4, 5);
    uint8_t bytes[6];
    assert_reads(gd_t(t), 0, 3, 1, 4, 2, 5);
    assert_reads(gd_expand(gd_reshape(gd_arange(g, GD_FLOAT32, 2), gd_shape(2, 1)), gd_shape(2, 3)), 0, 0, 0, 1, 1,
                 1);
    assert_true(gd_read(gd_t(t), GD_UINT8, bytes, 6));
    assert_true(bytes[0] == 0 && bytes[1] == 3 && bytes[5] == 5);
    assert_fine(g);
}

static void a_write_goes_through_views(void **state)
{
    (void)state;
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(2, 3)), *turned = gd_t(t);
    static const int64_t numbers[] = { 1, 2, 3, 4, 5, 6 };
    uint32_t version = t->storage->version;
    assert_true(gd_write(turned, GD_INT64, numbers, 6));
    assert_reads(t, 1, 3, 5, 2, 4, 6);
    assert_reads(turned, 1, 2, 3, 4, 5, 6);
    assert_true(t->storage->version > version);
    assert_string_equal(t->storage->writer, "gd_write");
    version = t->storage->version;
    assert_false(gd_write(t, GD_INT64, numbers, 5));
    assert_int_equal(t->storage->version, version);
    assert_reads(t, 1, 3, 5, 2, 4, 6);
}

static void refuse_copy(gd_tensor *t, gd_dtype dtype, void *memory, size_t count, gd_status status)
{
    assert_false(gd_read(t, dtype, memory, count));
    assert_error(g, status, "gd_read");
    assert_false(gd_write(t, dtype, memory, count));
    assert_error(g, status, "gd_write");
}

static void copies_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    double room[8] = { 0 };
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(2, 3));
    refuse_copy(t, GD_FLOAT64, room, 5, GD_ERROR_VALUE);
    refuse_copy(t, GD_FLOAT64, room, 7, GD_ERROR_VALUE);
    refuse_copy(t, GD_FLOAT64, room, 0, GD_ERROR_VALUE);
    refuse_copy(t, GD_FLOAT64, room, SIZE_MAX, GD_ERROR_VALUE);
    refuse_copy(t, GD_FLOAT64, NULL, 6, GD_ERROR_NULL);
    refuse_copy(t, GD_DEFAULT, room, 6, GD_ERROR_DTYPE);
    refuse_copy(t, (gd_dtype)44, room, 6, GD_ERROR_DTYPE);
}

static void data_can_be_borrowed_where_it_lies_in_order(void **state)
{
    (void)state;
    gd_tensor *t = gd_values(g, gd_shape(2, 3), 0, 1, 2, 3, 4, 5), *turned = gd_name(gd_t(t), "turned");
    const float *data = gd_data(t);
    assert_true(data[4] == 4);
    assert_null(gd_data(turned));
    assert_error(g, GD_ERROR_STATE, "'turned' float32 (3, 2)");
    assert_true(((const float *)gd_data(gd_contiguous(turned)))[1] == 3);
    assert_true(gd_contiguous(t) == t);
    assert_non_null(gd_data(gd_zeros(g, GD_FLOAT32, gd_shape(0))));
    assert_non_null(gd_data(gd_t(gd_ones(g, GD_FLOAT32, gd_shape(1, 5))))); /* a size of 1 has no order */
    assert_fine(g);
}

/* ---- hostile shapes: a gd_dims made by hand ---- */

static void shapes_made_by_hand_are_checked(void **state)
{
    (void)state;
    const gd_dims many = { .count = GD_MAX_DIMS + 1, .size = { 1, 1, 1, 1, 1, 1, 1, 1 } };
    const gd_dims huge = { .count = INT32_MAX }, less = { .count = INT32_MIN };
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(1));
    assert_error_object(gd_zeros(g, GD_FLOAT32, less));
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
    assert_error_object(gd_reshape(t, less));
    assert_error(g, GD_ERROR_SHAPE, "");
    assert_error_object(gd_expand(t, less));
    assert_error(g, GD_ERROR_SHAPE, "expand");
    assert_error_object(gd_zeros(g, GD_FLOAT32, many));
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
    assert_error_object(gd_reshape(t, many));
    assert_error(g, GD_ERROR_SHAPE, "");
    assert_error_object(gd_expand(t, many));
    assert_error(g, GD_ERROR_SHAPE, "expand");
    assert_error_object(gd_sum(t, many));
    assert_error(g, GD_ERROR_INDEX, "");
    assert_error_object(gd_reshape(t, huge));
    assert_error(g, GD_ERROR_SHAPE, "");
}

static void indices_far_outside_are_errors(void **state)
{
    (void)state;
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(2, 3));
    assert_true(isnan(gd_at(t, INT64_MAX, 0)));
    assert_error(g, GD_ERROR_INDEX, "gd_at");
    assert_true(isnan(gd_at(t, 0, INT64_MIN)));
    assert_error(g, GD_ERROR_INDEX, "gd_at");
}

static void indices_that_are_null_are_refused(void **state)
{
    (void)state;
    assert_true(isnan(gd_at_of(gd_ones(g, GD_FLOAT32, gd_shape(2)), 1, NULL)));
    assert_true(gd_failed(g));
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shapes_are_lists_of_sizes),
        IN_CONTEXT(a_scalar_has_no_dimension),
        IN_CONTEXT(eight_dimensions_are_the_most),
        IN_CONTEXT(sizes_that_can_not_be_are_refused),
        IN_CONTEXT(empty_tensors_are_tensors),
        IN_CONTEXT(values_are_counted),
        IN_CONTEXT(every_dtype_can_be_filled),
        IN_CONTEXT(arange_counts_from_zero),
        IN_CONTEXT(memory_is_copied),
        IN_CONTEXT(draws_are_floats_of_the_shape),
        IN_CONTEXT(choices_lie_below_their_limit),
        IN_CONTEXT(a_permutation_holds_each_number_once),
        cmocka_unit_test(dtypes_have_names_and_sizes),
        IN_CONTEXT(the_default_dtype_can_be_changed),
        IN_CONTEXT(conversions_agree_wherever_they_happen),
        IN_CONTEXT(whole_numbers_keep_their_bits),
        IN_CONTEXT(empty_views_may_be_written),
        IN_CONTEXT(floats_become_integers_toward_zero),
        IN_CONTEXT(integers_wrap_around_in_uint8),
        IN_CONTEXT(dtypes_are_promoted_as_in_pytorch),
        IN_CONTEXT(tensors_answer),
        IN_CONTEXT(names_are_copied),
        IN_CONTEXT(elements_are_read_by_their_indices),
        IN_CONTEXT(indices_outside_are_errors),
        IN_CONTEXT(item_wants_one_element),
        IN_CONTEXT(all_is_read_in_row_major_order),
        IN_CONTEXT(a_write_goes_through_views),
        IN_CONTEXT(copies_that_do_not_fit_are_refused),
        IN_CONTEXT(data_can_be_borrowed_where_it_lies_in_order),
        IN_CONTEXT(indices_far_outside_are_errors),
        IN_CONTEXT(indices_that_are_null_are_refused),
        IN_CONTEXT(shapes_made_by_hand_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
