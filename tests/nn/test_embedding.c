/* test_embedding.c - rows of a table: against torch.nn.Embedding (embedding_reference.h), and what can't be. */
#include "values.h"

#include "embedding_reference.h"

static gd_tensor *some_rows(void)
{
    return gd_from_memory(g, GD_INT64, gd_shape(2, 3), (const int64_t[]){ 3, 0, 3, 1, 4, 3 });
}

/* sum(y * c), whose gradient is c. */
static gd_tensor *pulled(gd_tensor *y)
{
    double c[24];
    for (int i = 0; i < 24; i++)
        c[i] = i % 7 - 2;
    return gd_values_of(g, gd_dtype_of(y), gd_sizes(y), 24, c);
}

static void check(gd_dtype dtype, gd_layer *table, const double *drawn, const double *gradient)
{
    gd_seed(g, GD_RNG_TORCH, 7);
    gd_tensor *W = gd_parameter_named(table, "weight"), *y = gd_forward(table, some_rows()), *c = pulled(y);
    assert_int_equal(gd_dtype_of(W), dtype);
    assert_values(W, drawn, 20, 0);
    assert_shape(y, gd_shape(2, 3, 4));
    for (int i = 0; i < 4; i++)
        assert_true(gd_at(y, 1, 0, i) == gd_at(W, 1, i) && gd_at(y, 1, 2, i) == gd_at(W, 3, i));
    gd_tensor *dx = gd_layer_backward(table, c); /* to the numbers of the rows nothing flows */
    assert_reads(dx, 0, 0, 0, 0, 0, 0);
    assert_int_equal(gd_dtype_of(dx), dtype);
    assert_values(gd_grad(W), gradient, 20, 0);
    gd_zero_grad(table);
    assert_true(gd_backward(gd_sum(gd_mul(y, c))));
    assert_values(gd_grad(W), gradient, 20, 0);
    assert_fine(g);
}

static void tables_are_those_of_pytorch(void **state)
{
    (void)state;
    check(GD_FLOAT32, gd_embedding(g, 5, 4), table_plain_f32, gradient_plain_f32);
    check(GD_FLOAT32, gd_embedding(g, 5, 4, .padding_idx = 3), table_padded_f32, gradient_padded_f32);
    check(GD_FLOAT32, gd_embedding(g, 5, 4, .padding_idx = -2), table_padded_f32, gradient_padded_f32);
    gd_set_default_dtype(g, GD_FLOAT64);
    check(GD_FLOAT64, gd_embedding(g, 5, 4), table_plain_f64, gradient_plain_f64);
    check(GD_FLOAT64, gd_embedding(g, 5, 4, .padding_idx = 3), table_padded_f64, gradient_padded_f64);
}

static void options_of_other_languages(void **state)
{
    (void)state;
    gd_embedding_options o = { .g = g, .count = 3, .size = 1, .padding_idx = 0 };
    gd_tensor *W = gd_parameter(gd_embedding_with(o), 0);
    assert_true(gd_at(W, 0, 0) == 0 && gd_at(W, 1, 0) != 0);
    o.padding_idx = GD_NO_PADDING;
    assert_true(gd_at(gd_parameter(gd_embedding_with(o), 0), 0, 0) != 0);
}

static void any_shape_of_numbers_will_do(void **state)
{
    (void)state;
    gd_layer *table = gd_embedding(g, 3, 2);
    assert_shape(gd_forward(table, gd_scalar(g, GD_INT64, 2)), gd_shape(2));
    assert_shape(gd_forward(table, gd_zeros(g, GD_INT64, gd_shape(0))), gd_shape(0, 2));
    assert_shape(gd_forward(table, gd_t(gd_zeros(g, GD_INT64, gd_shape(2, 3)))), gd_shape(3, 2, 2));
    gd_layer *net = gd_sequential(g, table, gd_linear(g, 2, 4), gd_flatten_layer(g));
    gd_tensor *y = gd_forward(net, gd_zeros(g, GD_INT64, gd_shape(5, 3)));
    assert_shape(y, gd_shape(5, 12));
    assert_shape(gd_layer_backward(net, y), gd_shape(5, 3));
    assert_true(gd_has_grad(gd_parameter_named(net, "0.weight")));
    gd_freeze(table, true);
    gd_forward(net, gd_zeros(g, GD_INT64, gd_shape(5, 3)));
    assert_shape(gd_layer_backward(net, y), gd_shape(5, 3));
    gd_forward(table, gd_zeros(g, GD_INT64, gd_shape(2)));
    assert_reads(gd_layer_backward(table, gd_ones(g, GD_FLOAT32, gd_shape(2, 2))), 0, 0);
    assert_fine(g);
}

static void what_cant_be_is_refused(void **state)
{
    (void)state;
    assert_error_object(gd_embedding(g, 0, 2));
    assert_error(g, GD_ERROR_SHAPE, "gd_embedding: a table of 0 rows of 2 numbers");
    assert_error_object(gd_embedding(g, 2, -1));
    assert_error(g, GD_ERROR_SHAPE, "of -1 numbers");
    assert_error_object(gd_embedding(g, 3, 2, .padding_idx = 3));
    assert_error(g, GD_ERROR_INDEX, "gd_embedding: a table of 3 rows has no row 3");
    assert_error_object(gd_embedding(g, 3, 2, .padding_idx = -4));
    assert_error(g, GD_ERROR_INDEX, "no row -4");
    assert_error_object(gd_embedding(NULL, 3, 2));
    gd_layer *table = gd_embedding(g, 3, 2);
    assert_error_object(gd_forward(table, gd_full(g, GD_INT64, gd_shape(2), 3)));
    assert_error(g, GD_ERROR_INDEX, "[in layer embedding]");
    assert_error_object(gd_forward(table, gd_full(g, GD_INT64, gd_shape(2), -1)));
    assert_error(g, GD_ERROR_INDEX, "embedding");
    assert_error_object(gd_forward(table, gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, GD_ERROR_DTYPE, "embedding: rows are chosen by int64 numbers, not by float32 (2,)");
    assert_error_object(gd_forward(table, gd_ones(g, GD_UINT8, gd_shape(2))));
    assert_error(g, GD_ERROR_DTYPE, "uint8");
    assert_error_object(gd_forward(table, gd_zeros(g, GD_INT64, gd_shape(1, 1, 1, 1, 1, 1, 1, 1))));
    assert_error(g, GD_ERROR_SHAPE, "a dimension more than int64 (1, 1, 1, 1, 1, 1, 1, 1) has");
}

static bool try_everything(gd_context *own, void *prepared)
{
    (void)prepared;
    gd_layer *table = gd_embedding(own, 3, 2, .padding_idx = 0);
    gd_tensor *y = gd_forward(table, gd_zeros(own, GD_INT64, gd_shape(2)));
    bool good = gd_is_tensor(gd_layer_backward(table, y));
    assert_true(good == !gd_failed(own));
    return good;
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_everything) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(tables_are_those_of_pytorch),
        IN_CONTEXT(options_of_other_languages),
        IN_CONTEXT(any_shape_of_numbers_will_do),
        IN_CONTEXT(what_cant_be_is_refused),
        cmocka_unit_test(out_of_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
