/* test_pixels.c - images as batches: gathered, made floats and scaled in one pass, to the last bit as the operations do it. */
#include "../io/support.h"

#include "gradus/data.h"
#include "gradus/op.h"

static const char *const isas[] = { "generic", "avx2", "avx512" };
enum { ISAS = sizeof isas / sizeof *isas };

/* Every byte, in rows of `size`. */
static gd_tensor *images(gd_context *own, int64_t size)
{
    uint8_t pixels[1024];
    for (int i = 0; i < 1024; i++)
        pixels[i] = (uint8_t)(i * 7 % 256);
    return gd_from_memory(own, GD_UINT8, gd_shape(1024 / size, size), pixels);
}

static gd_dataset *dataset(gd_context *own, int64_t size, double divisor)
{
    gd_tensor *x = images(own, size);
    return gd_dataset_scale(gd_dataset_new(x, gd_arange(own, GD_DEFAULT, gd_size(x, 0))), divisor);
}

static void assert_same_bits(gd_tensor *x, gd_tensor *expected)
{
    assert_int_equal(x->dtype, expected->dtype);
    assert_int_equal(x->numel, expected->numel);
    assert_memory_equal(gd_data(x), gd_data(expected), (size_t)x->numel * gd_dtype_size((gd_dtype)x->dtype));
}

/* Numbers divide exactly, or to a rounding next to the middle, or to subnormals, to zeros with a sign, beyond what is finite. */
static const double divisors[] = { 255,  256,   -4,    3,     7,     0.1,    1,       127.5,        255.5, 1e-3,
                                   1e30, 1e-30, 1e-37, 3e-37, -1e38, 3.4e38, 1.1e-36, 0x1.fffffep0, 1e-45, 1e39 };
enum { DIVISORS = sizeof divisors / sizeof *divisors };

static void assert_divided(gd_context *own, double given)
{
    const float *y = gd_data(gd_dataset_slice(dataset(own, 32, given), 0, 32).x);
    const uint8_t *x = gd_data(images(own, 32));
    float divisor = (float)given;
    assert_fine(own);
    for (int k = 0; k < 1024; k++) {
        float expected = (float)x[k] / divisor;
        assert_memory_equal(&y[k], &expected, sizeof expected);
    }
}

static void they_are_divided_to_the_last_bit(void **state)
{
    (void)state;
    for (int n = 0; n < ISAS; n++) {
        gd_context *own = gd_open_with(&(gd_config){ .isa = isas[n] });
        for (int i = 0; strcmp(gd_isa(own), "none") != 0 && i < DIVISORS; i++)
            assert_divided(own, divisors[i]);
        gd_close(own);
    }
}

/* Of any divisor: these come from a fixed series. */
static void any_divisor_gives_what_the_operations_give(void **state)
{
    uint32_t bits = 12345;
    (void)state;
    for (int i = 0; i < 3000; i++) {
        float divisor;
        bits = bits * 1664525 + 1013904223;
        memcpy(&divisor, &bits, sizeof divisor);
        if (!(divisor - divisor == 0) || divisor == 0)
            continue;
        GD_SCOPE(g);
        gd_batch batch = gd_dataset_slice(dataset(g, 64, (double)divisor), 0, 4);
        assert_same_bits(batch.x,
                         gd_div_scalar(gd_cast(gd_slice(images(g, 64), 0, 0, 4, 1), GD_FLOAT32), (double)divisor));
    }
    assert_fine(g);
}

/* Rows of any length, in any order, also of a part whose samples were chosen. */
static void rows_are_gathered(void **state)
{
    const int64_t chosen[] = { 5, 0, 5, 3, 1, 2, 4, 0 };
    (void)state;
    for (int64_t size = 1; size <= 100; size++) {
        GD_SCOPE(g);
        gd_dataset *ds = dataset(g, size, 255);
        gd_tensor *index = gd_from_memory(g, GD_INT64, gd_shape(8), chosen);
        gd_tensor *expected = gd_div_scalar(gd_cast(gd_index_select(images(g, size), 0, index), GD_FLOAT32), 255);
        assert_same_bits(gd_dataset_gather(ds, index).x, expected);
        assert_same_bits(gd_dataset_slice(gd_dataset_subset(ds, index), 0, 8).x, expected);
        gd_set_default_dtype(g, GD_FLOAT64);
        expected = gd_div_scalar(gd_cast(gd_index_select(images(g, size), 0, index), GD_FLOAT64), 255);
        assert_same_bits(gd_dataset_gather(ds, index).x, expected);
        gd_set_default_dtype(g, GD_FLOAT32);
    }
    assert_fine(g);
}

/* Enough rows that threads share them, of a length that no vector divides. */
static void threads_change_nothing(void **state)
{
    enum { SIZE = 131, COUNT = 9001 };
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        gd_context *own = gd_open_with(&(gd_config){ .threads = threads });
        gd_dataset *ds = dataset(own, SIZE, 255);
        gd_tensor *index = gd_randint(own, GD_INT64, gd_shape(COUNT), 0, gd_dataset_count(ds));
        gd_tensor *picked = gd_index_select(images(own, SIZE), 0, index);
        assert_same_bits(gd_dataset_gather(ds, index).x, gd_div_scalar(gd_cast(picked, GD_FLOAT32), 255));
        assert_fine(own);
        gd_close(own);
    }
}

static void a_batch_without_samples_is_empty(void **state)
{
    (void)state;
    gd_batch batch = gd_dataset_slice(dataset(g, 8, 255), 3, 0);
    assert_shape(batch.x, gd_shape(0, 8));
    assert_int_equal(batch.x->dtype, GD_FLOAT32);
    assert_fine(g);
}

static void an_instruction_set_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    gd_context *own = gd_open_with(&(gd_config){ .isa = "abacus" });
    uint8_t pixels[4] = { 1, 2, 3, 4 };
    gd_tensor *x = gd_from_memory(own, GD_UINT8, gd_shape(2, 2), pixels);
    gd_batch batch = gd_dataset_slice(gd_dataset_scale(gd_dataset_new(x, x), 255), 0, 2);
    assert_true(gd__is_error(batch.x) && gd__is_error(batch.t));
    assert_error(own, GD_ERROR_VALUE, "no instruction set 'abacus'");
    gd_close(own);
}

/* Who watches for numbers that are not finite learns of a division that makes one. */
static void a_quotient_that_is_not_finite_is_seen(void **state)
{
    (void)state;
    gd_watch_finite(g, true);
    gd_dataset_slice(dataset(g, 8, 1e-45), 0, 2);
    assert_string_equal(gd_first_nonfinite(g)->op, "div_scalar");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_divided_to_the_last_bit),
        cmocka_unit_test_setup_teardown(any_divisor_gives_what_the_operations_give, open_context, close_context),
        cmocka_unit_test_setup_teardown(rows_are_gathered, open_context, close_context),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test_setup_teardown(a_batch_without_samples_is_empty, open_context, close_context),
        cmocka_unit_test(an_instruction_set_that_is_not_there_is_an_error),
        cmocka_unit_test_setup_teardown(a_quotient_that_is_not_finite_is_seen, open_context, close_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
