/* test_blocks.c - what comes after a product, on each of its blocks. */
#include "support.h"

static gd_tensor *biased(void *user, gd_tensor *const *in, size_t n)
{
    const int *biases = user;
    assert_int_equal(n, 5);
    gd_tensor *y = gd_sub(gd_add(gd_matmul(in[0], in[1]), in[2]), in[3]);
    return gd_relu(gd_add(*biases == 2 ? y : gd_mul(y, in[2]), in[4]));
}

static void check_biased(int threads, int64_t rows, int64_t columns, int biases)
{
    gd_context *g = gd_open_with(&(gd_config){ .threads = threads });
    g->share_all = true;
    gd_plan *plan = gd_compile(g, biased, &biases);
    for (int k = 0; k < 6; k++) { /* recorded at 0, and at 3 with another shape */
        GD_SCOPE(g);
        gd_tensor *in[] = { gd_randn(g, GD_FLOAT32, gd_shape(rows, 37)),
                            gd_randn(g, GD_FLOAT32, gd_shape(37, columns)),
                            gd_randn(g, GD_FLOAT32, gd_shape(columns)), gd_randn(g, GD_FLOAT32, gd_shape(1, columns)),
                            gd_randn(g, GD_FLOAT32, gd_shape(rows, 1)) };
        if (k >= 3)
            in[4] = gd_randn(g, GD_FLOAT32, gd_shape(rows, columns));
        same_bits(gd_run_with(plan, (gd_tensors){ 5, in }), biased(&biases, in, 5), "biases");
    }
    all_well(g);
    gd_close(g);
}

/* Rows that are short are gone over several at a time, with their biases repeated; two biases at most. */
static void test_biases(void **state)
{
    static const int64_t rows[] = { 2, 9, 100, 131, 300 }, columns[] = { 1, 2, 10, 50, 64, 65, 127, 128, 129, 300 };
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
            for (int threads = 1; threads <= 2; threads++)
                for (int biases = 2; biases <= 3; biases++)
                    check_biased(threads, rows[r], columns[c], biases);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_biases) };
    return cmocka_run_group_tests_name("blocks", tests, NULL, NULL);
}
