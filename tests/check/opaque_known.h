/* opaque_known.h - the functions that are recognised, and what nobody would know. */
#ifndef GRADUS_TESTS_CHECK_OPAQUE_KNOWN_H
#define GRADUS_TESTS_CHECK_OPAQUE_KNOWN_H

#include "opaque_layers.h"

/* clang-format off */
static opaque known[] = {
    { "identity", c_identity, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "clone" },
    { "sigmoid", c_sigmoid, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid" },
    { "tanh", c_tanh, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "tanh" },
    { "relu", c_relu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "relu" },
    { "leaky relu", c_leaky, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "leaky_relu" },
    { "leaky relu 0.2", c_leaky2, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "leaky_relu" },
    { "elu", c_elu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "elu" },
    { "silu", c_silu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "silu" },
    { "gelu", c_gelu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "gelu" },
    { "gelu with tanh", c_gelu_tanh, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "tanh mul" },
    { "softplus", c_softplus, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "mish", c_mish, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "tanh mul" },
    { "exp", c_exp, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "exp" },
    { "log", c_log, { ABOVE_0(ROWS(N, D)) }, ROWS(N, D), "log" },
    { "sqrt", c_sqrt, { ABOVE_0(ROWS(N, D)) }, ROWS(N, D), "sqrt" },
    { "square", c_square, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square" },
    { "cube", c_cube, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "abs", c_abs, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "abs" },
    { "sin", c_sin, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sin" },
    { "cos", c_cos, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "cos" },
    { "1 / x", c_inverse, { ABOVE_0(ROWS(N, D)) }, ROWS(N, D), "reciprocal" },
    { "1 / sqrt x", c_rsqrt, { ABOVE_0(ROWS(N, D)) }, ROWS(N, D), "rsqrt" },
    { "neg", c_neg, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "neg" },
    { "2 x", c_twice, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mul_scalar" },
    { "x / 2", c_half, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "x + 3", c_shift, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "add_scalar" },
    { "3 x - 0.5", c_line, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mul_scalar add_scalar" },
    { "1 - x", c_rest, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "rsub_scalar" },
    { "exp(-x^2)", c_bell, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square exp" },
    { "the normal density", c_gauss, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square exp" },
    { "hard tanh", c_hard, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "clamp" },
    { "relu6", c_relu6, { { ROWS(N, D), -9, 9, 0 } }, ROWS(N, D), "clamp" },
    { "sigmoid(2 x)", c_sigmoid2, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mul_scalar sigmoid" },
    { "softsign", c_softsign, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "abs add_scalar div" },
    { "logit", c_logit, { BETWEEN(ROWS(N, D)) }, ROWS(N, D), "" },
    { "-x ln x", c_entropy_terms, { BETWEEN(ROWS(N, D)) }, ROWS(N, D), "log mul" },
    { "s (1 - s)", c_sigmoid_slope, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid" },
    { "1 - tanh^2", c_tanh_slope, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "tanh square" },
    { "relu^2", c_square_relu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "relu" },

    { "a + b", c_add, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "add" },
    { "a - b", c_sub, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sub" },
    { "b - a", c_sub_back, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sub" },
    { "a b", c_mul, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mul" },
    { "a / b", c_div, { BOTH_SIGNS(ROWS(N, D)), ABOVE_0(ROWS(N, D)) }, ROWS(N, D), "div" },
    { "maximum", c_max, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "maximum" },
    { "minimum", c_min, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "minimum" },
    { "a^b", c_pow, { ABOVE_0(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "a sigmoid(b)", c_gate, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid mul" },
    { "(a - b)^2", c_square_error, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sub square" },
    { "(a + b) / 2", c_mean_of_two, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "add" },
    { "hypot", c_hypot, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square add sqrt" },
    { "a + tanh b", c_residual, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "tanh add" },
    { "0.9 a + 0.1 b", c_weighted, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "add" },
    { "bce of each", c_bce_terms, { BETWEEN(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, ROWS(N, D), "log mul" },
    { "kl of each", c_kl_terms, { BETWEEN(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, ROWS(N, D), "log mul" },

    { "sum", c_sum, { BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sum" },
    { "mean", c_mean, { BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "mean" },
    { "sum as a list", c_sum, { BOTH_SIGNS(ROWS(N, D)) }, LIST(1), "sum reshape" },
    { "column sums", c_column_sums, { BOTH_SIGNS(ROWS(N, D)) }, LIST(D), "sum" },
    { "row means", c_row_means, { BOTH_SIGNS(ROWS(N, D)) }, LIST(N), "mean" },
    { "row means upright", c_row_means, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, 1), "mean" },
    { "row maxima", c_row_max, { BOTH_SIGNS(ROWS(N, D)) }, LIST(N), "max" },
    { "norm", c_norm, { BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "square sum sqrt" },
    { "row norms", c_row_norms, { BOTH_SIGNS(ROWS(N, D)) }, LIST(N), "square sum sqrt" },
    { "0.01 |x|^2 / 2", c_l2, { BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "square sum" },
    { "0.001 |x|_1", c_l1_norm, { BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "abs sum" },
    { "variance", c_variance, { BOTH_SIGNS(ROWS(N, D)) }, LIST(D), "mean sub square" },
    { "logsumexp", c_logsumexp, { BOTH_SIGNS(ROWS(N, D)) }, LIST(N), "" },
    { "dot", c_dot, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "mul sum" },
    { "cumsum", c_cumsum, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "cumsum" },

    { "A B", c_matmul, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)) }, ROWS(N, H), "matmul" },
    { "A B^T", c_matmul_right_turned, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(H, D)) }, ROWS(N, H), "transpose matmul" },
    { "A^T B", c_matmul_left_turned, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, H)) }, ROWS(D, H), "transpose matmul" },
    { "A B of squares", c_square_matmul, { BOTH_SIGNS(ROWS(N, N)), BOTH_SIGNS(ROWS(N, N)) }, ROWS(N, N), "matmul" },
    { "A B^T of squares", c_square_matmul_turned, { BOTH_SIGNS(ROWS(N, N)), BOTH_SIGNS(ROWS(N, N)) }, ROWS(N, N), "transpose matmul" },
    { "A v", c_matvec, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)) }, LIST(N), "" },
    { "outer", c_outer, { BOTH_SIGNS(LIST(N)), BOTH_SIGNS(LIST(D)) }, ROWS(N, D), "" },
    { "x W + b", c_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add" },
    { "x W + b, b a row", c_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(ROWS(1, H)) }, ROWS(N, H), "matmul add" },
    { "x W^T + b", c_linear, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(H, D)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "transpose matmul add" },
    { "sigmoid(x W + b)", c_affine_sigmoid, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add sigmoid" },
    { "tanh(x W + b)", c_affine_tanh, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add tanh" },
    { "relu(x W + b)", c_affine_relu, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add relu" },
    { "silu(x W + b)", c_affine_silu, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add silu" },
    { "softmax(x W + b)", c_affine_softmax, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add softmax" },
    { "softmax", c_softmax, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "softmax" },
    { "softmax of columns", c_softmax_columns, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "softmax" },
    { "log softmax", c_log_softmax, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "softmax log" },
    { "softmax(x / 2)", c_softmax_scaled, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "softmax" },
    { "two layers", c_two_layers, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(ROWS(H, C)), BOTH_SIGNS(LIST(C)) }, ROWS(N, C), "matmul add sigmoid" },
    { "two layers, and a loss", c_two_layers_loss, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(ROWS(H, C)), BOTH_SIGNS(LIST(C)), BOTH_SIGNS(ROWS(N, C)) }, NUMBER, "matmul add sigmoid sub square mean" },
    { "classifier", c_classifier, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(ROWS(H, C)), BOTH_SIGNS(LIST(C)), { LIST(N), 0, 0, C } }, NUMBER, "matmul add relu softmax gather log mean neg" },
    { "products of batches", c_batched, { BOTH_SIGNS({ 3, { 2, N, D } }), BOTH_SIGNS({ 3, { 2, D, H } }) }, { 3, { 2, N, H } }, "matmul" },
    { "rows of batches", c_rows_of_batches, { BOTH_SIGNS({ 3, { 2, N, D } }), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, { 3, { 2, N, H } }, "matmul add" },
    { "recurrent step", c_rnn, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, H)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(ROWS(H, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add tanh" },
    { "x + relu(x W)", c_residual_layer, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, D)) }, ROWS(N, D), "matmul relu add" },
    { "(x W) sigmoid(x V)", c_gated, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(ROWS(D, H)) }, ROWS(N, H), "matmul sigmoid mul" },
    { "x gamma + beta", c_scale_shift, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)), BOTH_SIGNS(LIST(D)) }, ROWS(N, D), "mul add" },
    { "normalised rows", c_normalise_rows, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mean sub square" },
    { "normalised rows, another guard", c_normalise_rows_guarded, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mean sub square" },
    { "layer norm", c_layer_norm, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)), BOTH_SIGNS(LIST(D)) }, ROWS(N, D), "mean sub square mul add" },
    { "batch norm", c_batch_norm, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)), BOTH_SIGNS(LIST(D)) }, ROWS(N, D), "mean sub square mul add" },
    { "rms norm", c_rms_norm, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)) }, ROWS(N, D), "square mean" },
    { "centred rows", c_centre, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mean sub" },
    { "unit rows", c_unit_rows, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square sum" },
    { "attention", c_attention, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(H, D)), BOTH_SIGNS(ROWS(H, C)) }, ROWS(N, C), "transpose matmul div_scalar softmax" },
    { "dropout", c_dropout, { BOTH_SIGNS(ROWS(N, D)), { ROWS(N, D), 0, 0, 2 } }, ROWS(N, D), "mul" },

    { "mse", c_mse, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub square mean" },
    { "half the squared error", c_half_sse, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub square sum div_scalar" },
    { "squared error by sample", c_sse_per_sample, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub square sum" },
    { "rmse", c_rmse, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub square mean sqrt" },
    { "l1", c_l1, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub abs mean" },
    { "huber", c_huber, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub clamp mul mean" },
    { "hinge", c_hinge, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "mul relu mean" },
    { "logistic loss", c_logistic_loss, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "mul mean" },
    { "bce", c_bce, { BETWEEN(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "log mul add mean" },
    { "bce summed", c_bce_sum, { BETWEEN(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "log mul add sum" },
    { "bce of logits", c_bce_logits, { BOTH_SIGNS(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "mean" },
    { "bce of sigmoid(x W + b)", c_bce_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BETWEEN(ROWS(N, H)) }, NUMBER, "matmul add mean" },
    { "cross-entropy", c_cross_entropy, { BOTH_SIGNS(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "softmax log mul sum" },
    { "cross-entropy summed", c_cross_entropy_sum, { BOTH_SIGNS(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "softmax log mul sum neg" },
    { "cross-entropy of rows", c_cross_entropy_rows, { BOTH_SIGNS(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, LIST(N), "softmax log mul sum neg" },
    { "cross-entropy, labels", c_cross_entropy_labels, { BOTH_SIGNS(ROWS(N, D)), { LIST(N), 0, 0, D } }, NUMBER, "softmax log gather mean neg" },
    { "nll", c_nll, { BOTH_SIGNS(ROWS(N, D)), { LIST(N), 0, 0, D } }, NUMBER, "gather mean neg" },
    { "cross-entropy of x W + b", c_cross_entropy_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BETWEEN(ROWS(N, H)) }, NUMBER, "matmul add softmax log mul sum" },
    { "cross-entropy of x W + b, labels", c_cross_entropy_affine_labels, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), { LIST(N), 0, 0, H } }, NUMBER, "matmul add softmax log gather mean" },
    { "cross-entropy of probabilities", c_given_probabilities, { BETWEEN(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "log mul sum" },
    { "kl", c_kl, { BETWEEN(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "log mul sum" },
    { "mse of x W + b", c_mse_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(ROWS(N, H)) }, NUMBER, "matmul add sub square mean" },
    { "error of sigmoid(x W + b)", c_mse_sigmoid_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(ROWS(N, H)) }, NUMBER, "matmul add sigmoid sub square sum" },
    { "mse + 0.1 |W|^2", c_mse_l2, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(ROWS(N, H)) }, NUMBER, "matmul sub square mean sum add" },
    { "weighted mse", c_weighted_mse, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)), ABOVE_0(ROWS(N, D)) }, NUMBER, "sub square mul" },

    { "transpose", c_transpose, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(D, N), "transpose" },
    { "last rows", c_last_rows, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(2, D), "slice" },
    { "a column", c_column, { BOTH_SIGNS(ROWS(N, D)) }, LIST(N), "slice" },
    { "joined", c_join, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, H)) }, ROWS(N, D + H), "cat" },
    { "embedding", c_embedding, { BOTH_SIGNS(ROWS(C, D)), { LIST(N), 0, 0, C } }, ROWS(N, D), "gather" },
    { "embedding of rows", c_embedding_2, { BOTH_SIGNS(ROWS(C, D)), { ROWS(2, N), 0, 0, C } }, { 3, { 2, N, D } }, "gather reshape" },
    { "x w + b, lists", c_flatten_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)), BOTH_SIGNS(LIST(1)) }, LIST(N), "add" },
    { "logistic regression", c_logistic_regression, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)), BOTH_SIGNS(NUMBER) }, LIST(N), "add sigmoid" },
};

/* clang-format on */

/* ---- what nobody would know ---- */

OF_EACH(c_odd, sin(a *a *a + 0.3 * cos(17 * a)) / (2.3 + exp(sin(a))))
OF_PAIRS(c_odd_pair, atan2(a, b) * cbrt(a + 3 * b))

static bool c_odd_loss(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += sin(x[0][i] * (i + 1)) * atan(x[1][EACH - 1 - i]);
    return true;
}

static bool c_odd_layer(const double *const *x, double *y)
{
    c_affine(x, y);
    for (int i = 0; i < N * H; i++)
        y[i] = sin(y[i] * (1 + i % 7)) * atan(y[(i * 3) % (N * H)]);
    return true;
}

static bool c_constant(const double *const *x, double *y)
{
    for (int i = 0; i < EACH; i++)
        y[i] = 0 * x[0][i] + 2;
    return true;
}

static bool c_failing(const double *const *x, double *y)
{
    (void)x;
    (void)y;
    return false;
}

/* clang-format off */
static opaque unknown[] = {
    { "odd", c_odd, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "odd pairs", c_odd_pair, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "odd loss", c_odd_loss, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "" },
    { "odd layer", c_odd_layer, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "" },
    { "constant", c_constant, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "failing", c_failing, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
};

/* clang-format on */

#endif
