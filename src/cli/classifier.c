#include "cli.h"

static gd_tensor *small_weights(gd_context *g, int64_t rows, int64_t columns)
{
    return gd_mul_scalar(gd_randn(g, GD_DEFAULT, gd_shape(rows, columns)), 0.01);
}

gd_layer *classifier(gd_context *g, int64_t in, int64_t hidden, int64_t classes)
{
    gd_tensor *W1 = small_weights(g, in, hidden), *b1 = gd_zeros(g, GD_DEFAULT, gd_shape(hidden));
    gd_tensor *W2 = small_weights(g, hidden, classes), *b2 = gd_zeros(g, GD_DEFAULT, gd_shape(classes));
    return gd_sequential(g, gd_affine(W1, b1), gd_relu_layer(g), gd_affine(W2, b2));
}
