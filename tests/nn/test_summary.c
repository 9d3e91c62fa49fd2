/* test_summary.c - the table of a network's layers. */
#include "values.h"

#include "nn/layer.h"

static char *summary(gd_layer *layer)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    gd_summary(layer, to);
    fclose(to);
    return text;
}

static void assert_summary(gd_layer *layer, const char *want)
{
    char *text = summary(layer);
    assert_string_equal(text, want);
    free(text);
}

static void a_network_is_a_table(void **state)
{
    (void)state;
    gd_layer *body = gd_sequential(g, gd_batch_norm(g, 50), gd_relu_layer(g));
    gd_layer *net = gd_sequential(g, gd_linear(g, 784, 50), body, gd_dropout(g, 0.2), gd_linear(g, 50, 10));
    gd_freeze(gd_layer_named(net, "0"), true);
    {
        GD_SCOPE(g);
        gd_forward(net, gd_zeros(g, GD_FLOAT32, gd_shape(64, 784)));
    }
    assert_summary(net, "layer             output    parameters  trainable    bytes\n"
                        "----------------------------------------------------------\n"
                        "sequential        (64, 10)           -  -                -\n"
                        "  0 linear        (64, 50)      39,250  no         157,000\n"
                        "  1 sequential    (64, 50)           -  -                -\n"
                        "    0 batch_norm  (64, 50)         100  yes            808\n"
                        "    1 relu        (64, 50)           -  -                -\n"
                        "  2 dropout       (64, 50)           -  -                -\n"
                        "  3 linear        (64, 10)         510  yes          2,040\n"
                        "----------------------------------------------------------\n"
                        "total                           39,860  in part    159,848\n"
                        "  trainable                        610\n"
                        "  frozen                        39,250\n");
    assert_fine(g);
}

static void what_is_shared_counts_once(void **state)
{
    (void)state;
    gd_tensor *W = gd_ones(g, GD_FLOAT64, gd_shape(2, 2)), *b = gd_zeros(g, GD_FLOAT64, gd_shape(2));
    gd_layer *twice = gd_affine(W, b);
    gd_layer *net = gd_sequential(g, twice, twice, gd_affine(W, gd_zeros(g, GD_FLOAT64, gd_shape(2))));
    gd_require_grad(W, false);
    assert_summary(net, "layer        output  parameters  trainable  bytes\n"
                        "-------------------------------------------------\n"
                        "sequential   -                -  -              -\n"
                        "  0 affine   -                6  in part       48\n"
                        "  1 affine   -           shared  -              -\n"
                        "  2 affine   -                2  yes           16\n"
                        "-------------------------------------------------\n"
                        "total                         8  in part       64\n"
                        "  trainable                   4\n"
                        "  frozen                      4\n");
}

static void a_network_without_parameters(void **state)
{
    (void)state;
    assert_summary(gd_relu_layer(g), "layer        output  parameters  trainable  bytes\n"
                                     "-------------------------------------------------\n"
                                     "relu         -                -  -              -\n"
                                     "-------------------------------------------------\n"
                                     "total                         -  -              -\n"
                                     "  trainable                   0\n"
                                     "  frozen                      0\n");
}

static void large_numbers_have_commas(void **state)
{
    (void)state;
    char *text = summary(gd_linear(g, 1000, 1234));
    assert_non_null(strstr(text, " 1,235,234  yes        4,940,936\n"));
    free(text);
}

static void what_is_no_layer_has_a_message(void **state)
{
    (void)state;
    gd_layer *row;
    gd_summary(gd_relu_layer(g), NULL);
    assert_summary(gd_linear(g, -1, 1),
                   "gd_linear: a layer from -1 to 1 features. Give a positive number of features\n");
    gd_clear(g);
    char *text = summary(NULL);
    assert_non_null(strstr(text, "there is no context"));
    free(text);
    {
        GD_SCOPE(g);
        row = gd_sequential(g, gd_relu_layer(g));
        gd__move(&row->object, 0);
    }
    text = summary(row);
    assert_non_null(strstr(text, "'0' of the layer sequential was used after the scope"));
    assert_null(strstr(text, "layer  "));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_network_is_a_table),           IN_CONTEXT(what_is_shared_counts_once),
        IN_CONTEXT(a_network_without_parameters),   IN_CONTEXT(large_numbers_have_commas),
        IN_CONTEXT(what_is_no_layer_has_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
