/* opaque_layers.h - functions of whole layers and losses, in plain C. */
#ifndef GRADUS_TESTS_CHECK_OPAQUE_LAYERS_H
#define GRADUS_TESTS_CHECK_OPAQUE_LAYERS_H

#include "opaque.h"

/* ---- layers ---- */

static void product(const double *a, const double *b, int n, int k, int m, double *y)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) {
            y[i * m + j] = 0;
            for (int l = 0; l < k; l++)
                y[i * m + j] += a[i * k + l] * b[l * m + j];
        }
}

static bool c_matmul(const double *const *x, double *y)
{
    product(x[0], x[1], N, D, H, y);
    return true;
}

static bool c_matmul_right_turned(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < H; j++) {
            y[i * H + j] = 0;
            for (int l = 0; l < D; l++)
                y[i * H + j] += x[0][i * D + l] * x[1][j * D + l];
        }
    return true;
}

static bool c_matmul_left_turned(const double *const *x, double *y)
{
    for (int i = 0; i < D; i++)
        for (int j = 0; j < H; j++) {
            y[i * H + j] = 0;
            for (int l = 0; l < N; l++)
                y[i * H + j] += x[0][l * D + i] * x[1][l * H + j];
        }
    return true;
}

static bool c_square_matmul(const double *const *x, double *y)
{
    product(x[0], x[1], N, N, N, y);
    return true;
}

static bool c_square_matmul_turned(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            y[i * N + j] = 0;
            for (int l = 0; l < N; l++)
                y[i * N + j] += x[0][i * N + l] * x[1][j * N + l];
        }
    return true;
}

static bool c_matvec(const double *const *x, double *y)
{
    product(x[0], x[1], N, D, 1, y);
    return true;
}

static bool c_outer(const double *const *x, double *y)
{
    product(x[0], x[1], N, 1, D, y);
    return true;
}

static bool c_affine(const double *const *x, double *y)
{
    product(x[0], x[1], N, D, H, y);
    for (int i = 0; i < N * H; i++)
        y[i] += x[2][i % H];
    return true;
}

static bool c_linear(const double *const *x, double *y) /* PyTorch's x W^T + b */
{
    c_matmul_right_turned(x, y);
    for (int i = 0; i < N * H; i++)
        y[i] += x[2][i % H];
    return true;
}

#define ACTIVATED(name, formula)                                                                                     \
    static bool name(const double *const *x, double *y)                                                              \
    {                                                                                                                \
        c_affine(x, y);                                                                                              \
        for (int i = 0; i < N * H; i++) {                                                                            \
            double a = y[i];                                                                                         \
            y[i] = formula;                                                                                          \
        }                                                                                                            \
        return true;                                                                                                 \
    }

ACTIVATED(c_affine_sigmoid, logistic(a))
ACTIVATED(c_affine_tanh, tanh(a))
ACTIVATED(c_affine_relu, a > 0 ? a : 0)
ACTIVATED(c_affine_silu, a *logistic(a))

static void softmax_rows(double *y, int n, int m)
{
    for (int i = 0; i < n; i++) {
        double sum = 0, most = y[i * m];
        for (int j = 1; j < m; j++)
            most = fmax(most, y[i * m + j]);
        for (int j = 0; j < m; j++)
            sum += y[i * m + j] = exp(y[i * m + j] - most);
        for (int j = 0; j < m; j++)
            y[i * m + j] /= sum;
    }
}

static bool c_affine_softmax(const double *const *x, double *y)
{
    c_affine(x, y);
    softmax_rows(y, N, H);
    return true;
}

static bool c_softmax(const double *const *x, double *y)
{
    for (int i = 0; i < EACH; i++)
        y[i] = x[0][i];
    softmax_rows(y, N, D);
    return true;
}

static bool c_softmax_columns(const double *const *x, double *y)
{
    for (int j = 0; j < D; j++) {
        double sum = 0;
        for (int i = 0; i < N; i++)
            sum += exp(x[0][i * D + j]);
        for (int i = 0; i < N; i++)
            y[i * D + j] = exp(x[0][i * D + j]) / sum;
    }
    return true;
}

static bool c_log_softmax(const double *const *x, double *y)
{
    c_softmax(x, y);
    for (int i = 0; i < EACH; i++)
        y[i] = log(y[i]);
    return true;
}

static bool c_softmax_scaled(const double *const *x, double *y)
{
    for (int i = 0; i < EACH; i++)
        y[i] = x[0][i] / 2;
    softmax_rows(y, N, D);
    return true;
}

static bool c_two_layers(const double *const *x, double *y)
{
    double h[N * H];
    c_affine(x, h);
    for (int i = 0; i < N * H; i++)
        h[i] = logistic(h[i]);
    product(h, x[3], N, H, C, y);
    for (int i = 0; i < N * C; i++)
        y[i] += x[4][i % C];
    return true;
}

static bool c_two_layers_loss(const double *const *x, double *y)
{
    double z[N * C], loss = 0;
    c_two_layers(x, z);
    for (int i = 0; i < N * C; i++)
        loss += pow(logistic(z[i]) - x[5][i], 2);
    *y = loss / (N * C);
    return true;
}

static bool c_classifier(const double *const *x, double *y) /* two layers with relu, cross-entropy against labels */
{
    double h[N * H], z[N * C];
    c_affine_relu(x, h);
    product(h, x[3], N, H, C, z);
    for (int i = 0; i < N * C; i++)
        z[i] += x[4][i % C];
    softmax_rows(z, N, C);
    *y = 0;
    for (int i = 0; i < N; i++)
        *y -= log(z[i * C + (int)x[5][i]]) / N;
    return true;
}

static bool c_batched(const double *const *x, double *y) /* (2,N,D) (2,D,H) */
{
    product(x[0], x[1], N, D, H, y);
    product(x[0] + N * D, x[1] + D * H, N, D, H, y + N * H);
    return true;
}

static bool c_rows_of_batches(const double *const *x, double *y) /* (2,N,D) (D,H) and a bias (H) */
{
    product(x[0], x[1], 2 * N, D, H, y);
    for (int i = 0; i < 2 * N * H; i++)
        y[i] += x[2][i % H];
    return true;
}

static bool c_rnn(const double *const *x, double *y) /* x (N,D) h (N,H) Wx Wh b */
{
    double a[N * H], b[N * H];
    product(x[0], x[2], N, D, H, a);
    product(x[1], x[3], N, H, H, b);
    for (int i = 0; i < N * H; i++)
        y[i] = tanh(a[i] + b[i] + x[4][i % H]);
    return true;
}

static bool c_residual_layer(const double *const *x, double *y) /* x + relu(x W) */
{
    product(x[0], x[1], N, D, D, y);
    for (int i = 0; i < N * D; i++)
        y[i] = x[0][i] + (y[i] > 0 ? y[i] : 0);
    return true;
}

static bool c_gated(const double *const *x, double *y) /* (x W) sigmoid(x V) */
{
    double b[N * H];
    product(x[0], x[1], N, D, H, y);
    product(x[0], x[2], N, D, H, b);
    for (int i = 0; i < N * H; i++)
        y[i] *= logistic(b[i]);
    return true;
}

static bool c_scale_shift(const double *const *x, double *y)
{
    for (int i = 0; i < EACH; i++)
        y[i] = x[0][i] * x[1][i % D] + x[2][i % D];
    return true;
}

static void normalise(const double *x, int count, int stride, double eps, double *y)
{
    double mean = 0, variance = 0;
    for (int i = 0; i < count; i++)
        mean += x[i * stride] / count;
    for (int i = 0; i < count; i++)
        variance += (x[i * stride] - mean) * (x[i * stride] - mean) / count;
    for (int i = 0; i < count; i++)
        y[i * stride] = (x[i * stride] - mean) / sqrt(variance + eps);
}

static bool c_normalise_rows(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        normalise(x[0] + i * D, D, 1, 1e-5, y + i * D);
    return true;
}

static bool c_normalise_rows_guarded(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        normalise(x[0] + i * D, D, 1, 2e-4, y + i * D);
    return true;
}

static bool c_layer_norm(const double *const *x, double *y)
{
    c_normalise_rows(x, y);
    for (int i = 0; i < EACH; i++)
        y[i] = y[i] * x[1][i % D] + x[2][i % D];
    return true;
}

static bool c_batch_norm(const double *const *x, double *y)
{
    for (int j = 0; j < D; j++)
        normalise(x[0] + j, N, D, 1e-5, y + j);
    for (int i = 0; i < EACH; i++)
        y[i] = y[i] * x[1][i % D] + x[2][i % D];
    return true;
}

static bool c_rms_norm(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int j = 0; j < D; j++)
            sum += x[0][i * D + j] * x[0][i * D + j] / D;
        for (int j = 0; j < D; j++)
            y[i * D + j] = x[0][i * D + j] / sqrt(sum + 1e-6) * x[1][j];
    }
    return true;
}

static bool c_centre(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        double mean = 0;
        for (int j = 0; j < D; j++)
            mean += x[0][i * D + j] / D;
        for (int j = 0; j < D; j++)
            y[i * D + j] = x[0][i * D + j] - mean;
    }
    return true;
}

static bool c_unit_rows(const double *const *x, double *y)
{
    double norm[N];
    c_row_norms(x, norm);
    for (int i = 0; i < EACH; i++)
        y[i] = x[0][i] / norm[i / D];
    return true;
}

static bool c_attention(const double *const *x, double *y) /* Q (N,D) K (H,D) V (H,C) */
{
    double w[N * H];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < H; j++) {
            w[i * H + j] = 0;
            for (int k = 0; k < D; k++)
                w[i * H + j] += x[0][i * D + k] * x[1][j * D + k] / sqrt(D);
        }
    softmax_rows(w, N, H);
    product(w, x[2], N, H, C, y);
    return true;
}

static bool c_dropout(const double *const *x, double *y) /* the mask is an operand */
{
    for (int i = 0; i < EACH; i++)
        y[i] = x[0][i] * x[1][i] / 0.8;
    return true;
}

/* ---- losses ---- */

static bool c_mse(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += (x[0][i] - x[1][i]) * (x[0][i] - x[1][i]) / EACH;
    return true;
}

static bool c_half_sse(const double *const *x, double *y)
{
    c_mse(x, y);
    *y *= EACH / 2.0;
    return true;
}

static bool c_sse_per_sample(const double *const *x, double *y)
{
    c_mse(x, y);
    *y *= D;
    return true;
}

static bool c_rmse(const double *const *x, double *y)
{
    c_mse(x, y);
    *y = sqrt(*y);
    return true;
}

static bool c_l1(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += fabs(x[0][i] - x[1][i]) / EACH;
    return true;
}

static bool c_huber(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++) {
        double d = fabs(x[0][i] - x[1][i]);
        *y += (d <= 1 ? d * d / 2 : d - 0.5) / EACH;
    }
    return true;
}

static bool c_hinge(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += fmax(0, 1 - x[0][i] * x[1][i]) / EACH;
    return true;
}

static bool c_logistic_loss(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += log(1 + exp(-x[0][i] * x[1][i])) / EACH;
    return true;
}

static bool c_bce(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y -= (x[1][i] * log(x[0][i]) + (1 - x[1][i]) * log(1 - x[0][i])) / EACH;
    return true;
}

static bool c_bce_sum(const double *const *x, double *y)
{
    c_bce(x, y);
    *y *= EACH;
    return true;
}

static bool c_bce_logits(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++) {
        double p = logistic(x[0][i]);
        *y -= (x[1][i] * log(p) + (1 - x[1][i]) * log(1 - p)) / EACH;
    }
    return true;
}

static bool c_bce_affine(const double *const *x, double *y)
{
    double z[N * H];
    c_affine(x, z);
    *y = 0;
    for (int i = 0; i < N * H; i++) {
        double p = logistic(z[i]);
        *y -= (x[3][i] * log(p) + (1 - x[3][i]) * log(1 - p)) / (N * H);
    }
    return true;
}

static bool c_cross_entropy(const double *const *x, double *y) /* targets are rows of probabilities */
{
    double p[EACH];
    c_softmax(x, p);
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y -= x[1][i] * log(p[i]) / N;
    return true;
}

static bool c_cross_entropy_sum(const double *const *x, double *y)
{
    c_cross_entropy(x, y);
    *y *= N;
    return true;
}

static bool c_cross_entropy_rows(const double *const *x, double *y)
{
    double p[EACH];
    c_softmax(x, p);
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < D; j++)
            y[i] -= x[1][i * D + j] * log(p[i * D + j]);
    }
    return true;
}

static bool c_cross_entropy_labels(const double *const *x, double *y)
{
    double p[EACH];
    c_softmax(x, p);
    *y = 0;
    for (int i = 0; i < N; i++)
        *y -= log(p[i * D + (int)x[1][i]]) / N;
    return true;
}

static bool c_nll(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < N; i++)
        *y -= x[0][i * D + (int)x[1][i]] / N;
    return true;
}

static bool c_cross_entropy_affine(const double *const *x, double *y)
{
    double p[N * H];
    c_affine_softmax(x, p);
    *y = 0;
    for (int i = 0; i < N * H; i++)
        *y -= x[3][i] * log(p[i]) / N;
    return true;
}

static bool c_cross_entropy_affine_labels(const double *const *x, double *y)
{
    double p[N * H];
    c_affine_softmax(x, p);
    *y = 0;
    for (int i = 0; i < N; i++)
        *y -= log(p[i * H + (int)x[3][i]]) / N;
    return true;
}

static bool c_given_probabilities(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y -= x[1][i] * log(x[0][i]) / N;
    return true;
}

static bool c_kl(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += x[1][i] * (log(x[1][i]) - log(x[0][i])) / N;
    return true;
}

static bool c_mse_affine(const double *const *x, double *y)
{
    double z[N * H];
    c_affine(x, z);
    *y = 0;
    for (int i = 0; i < N * H; i++)
        *y += (z[i] - x[3][i]) * (z[i] - x[3][i]) / (N * H);
    return true;
}

static bool c_mse_sigmoid_affine(const double *const *x, double *y)
{
    double z[N * H];
    c_affine(x, z);
    *y = 0;
    for (int i = 0; i < N * H; i++)
        *y += pow(logistic(z[i]) - x[3][i], 2) / 2;
    return true;
}

static bool c_mse_l2(const double *const *x, double *y) /* mse + 0.1 |W|^2 */
{
    double z[N * H];
    product(x[0], x[1], N, D, H, z);
    *y = 0;
    for (int i = 0; i < N * H; i++)
        *y += (z[i] - x[2][i]) * (z[i] - x[2][i]) / (N * H);
    for (int i = 0; i < D * H; i++)
        *y += 0.1 * x[1][i] * x[1][i];
    return true;
}

static bool c_weighted_mse(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += x[2][i] * (x[0][i] - x[1][i]) * (x[0][i] - x[1][i]) / EACH;
    return true;
}

/* ---- views and indices ---- */

static bool c_transpose(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            y[j * N + i] = x[0][i * D + j];
    return true;
}

static bool c_last_rows(const double *const *x, double *y)
{
    for (int i = 0; i < 2 * D; i++)
        y[i] = x[0][(N - 2) * D + i];
    return true;
}

static bool c_column(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        y[i] = x[0][i * D + 1];
    return true;
}

static bool c_join(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D + H; j++)
            y[i * (D + H) + j] = j < D ? x[0][i * D + j] : x[1][i * H + j - D];
    return true;
}

static bool c_embedding(const double *const *x, double *y) /* table (C,D), indices (N) */
{
    for (int i = 0; i < EACH; i++)
        y[i] = x[0][(int)x[1][i / D] * D + i % D];
    return true;
}

static bool c_embedding_2(const double *const *x, double *y) /* indices (2,N) */
{
    for (int i = 0; i < 2 * N * D; i++)
        y[i] = x[0][(int)x[1][i / D] * D + i % D];
    return true;
}

static bool c_flatten_affine(const double *const *x, double *y) /* x (N,3) lists of one number each: x w + b */
{
    for (int i = 0; i < N; i++) {
        y[i] = x[2][0];
        for (int j = 0; j < D; j++)
            y[i] += x[0][i * D + j] * x[1][j];
    }
    return true;
}

static bool c_logistic_regression(const double *const *x, double *y)
{
    c_flatten_affine(x, y);
    for (int i = 0; i < N; i++)
        y[i] = logistic(y[i]);
    return true;
}

#endif
