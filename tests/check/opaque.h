/* opaque.h - functions of numbers as somebody would write them in plain C. */
#ifndef GRADUS_TESTS_CHECK_OPAQUE_H
#define GRADUS_TESTS_CHECK_OPAQUE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { MOST_OPERANDS = 7, N = 4, D = 3, H = 5, C = 6 };

typedef struct sizes {
    int count;
    int64_t size[4];
} sizes;

/* Numbers between low and high, or class labels. */
typedef struct operand {
    sizes shape;
    double low, high;
    int64_t classes;
} operand;

typedef struct opaque {
    const char *name;
    bool (*call)(const double *const *x, double *y);
    operand x[MOST_OPERANDS];
    sizes result;
    const char *steps; /* operations that the recipe must have */
} opaque;

#define ROWS(n, m) { 2, { n, m } }
#define LIST(n) { 1, { n } }
#define NUMBER { 0, { 0 } }
#define BOTH_SIGNS(...) { __VA_ARGS__, -1.5, 1.5, 0 }
#define ABOVE_0(...) { __VA_ARGS__, 0.3, 2.5, 0 }
#define BETWEEN(...) { __VA_ARGS__, 0.05, 0.95, 0 }

/* ---- of each number ---- */

enum { EACH = N * D };

#define OF_EACH(name, formula)                                        \
    static bool name(const double *const *x, double *y)               \
    {                                                                 \
        for (int i = 0; i < EACH; i++) {                              \
            double a = x[0][i];                                       \
            y[i] = formula;                                           \
        }                                                             \
        return true;                                                  \
    }

static double logistic(double a)
{
    return 1 / (1 + exp(-a));
}

OF_EACH(c_sigmoid, logistic(a))
OF_EACH(c_tanh, tanh(a))
OF_EACH(c_relu, a > 0 ? a : 0)
OF_EACH(c_leaky, a > 0 ? a : 0.01 * a)
OF_EACH(c_leaky2, a > 0 ? a : 0.2 * a)
OF_EACH(c_elu, a > 0 ? a : exp(a) - 1)
OF_EACH(c_silu, a * logistic(a))
OF_EACH(c_gelu, 0.5 * a * (1 + erf(a / sqrt(2))))
OF_EACH(c_gelu_tanh, 0.5 * a * (1 + tanh(0.7978845608028654 * (a + 0.044715 * a * a * a))))
OF_EACH(c_softplus, log(1 + exp(a)))
OF_EACH(c_mish, a * tanh(log1p(exp(a))))
OF_EACH(c_exp, exp(a))
OF_EACH(c_log, log(a))
OF_EACH(c_sqrt, sqrt(a))
OF_EACH(c_square, a * a)
OF_EACH(c_cube, a * a * a)
OF_EACH(c_abs, fabs(a))
OF_EACH(c_sin, sin(a))
OF_EACH(c_cos, cos(a))
OF_EACH(c_inverse, 1 / a)
OF_EACH(c_rsqrt, 1 / sqrt(a))
OF_EACH(c_neg, -a)
OF_EACH(c_twice, 2 * a)
OF_EACH(c_half, a / 2)
OF_EACH(c_shift, a + 3)
OF_EACH(c_line, 3 * a - 0.5)
OF_EACH(c_rest, 1 - a)
OF_EACH(c_bell, exp(-a * a))
OF_EACH(c_gauss, exp(-a * a / 2) / sqrt(2 * 3.14159265358979323846))
OF_EACH(c_hard, a < -1 ? -1 : a > 1 ? 1 : a)
OF_EACH(c_relu6, a < 0 ? 0 : a > 6 ? 6 : a)
OF_EACH(c_sigmoid2, logistic(2 * a))
OF_EACH(c_softsign, a / (1 + fabs(a)))
OF_EACH(c_logit, log(a / (1 - a)))
OF_EACH(c_entropy_terms, -a * log(a))
OF_EACH(c_sigmoid_slope, logistic(a) * (1 - logistic(a)))
OF_EACH(c_tanh_slope, 1 - tanh(a) * tanh(a))
OF_EACH(c_identity, a)
OF_EACH(c_square_relu, a > 0 ? a * a : 0)

/* ---- of two numbers at a time ---- */

#define OF_PAIRS(name, formula)                                       \
    static bool name(const double *const *x, double *y)               \
    {                                                                 \
        for (int i = 0; i < EACH; i++) {                              \
            double a = x[0][i], b = x[1][i];                          \
            y[i] = formula;                                           \
        }                                                             \
        return true;                                                  \
    }

OF_PAIRS(c_add, a + b)
OF_PAIRS(c_sub, a - b)
OF_PAIRS(c_sub_back, b - a)
OF_PAIRS(c_mul, a * b)
OF_PAIRS(c_div, a / b)
OF_PAIRS(c_max, a > b ? a : b)
OF_PAIRS(c_min, a < b ? a : b)
OF_PAIRS(c_pow, pow(a, b))
OF_PAIRS(c_gate, a * logistic(b))
OF_PAIRS(c_square_error, (a - b) * (a - b))
OF_PAIRS(c_mean_of_two, (a + b) / 2)
OF_PAIRS(c_hypot, sqrt(a * a + b * b))
OF_PAIRS(c_residual, a + tanh(b))
OF_PAIRS(c_weighted, 0.9 * a + 0.1 * b)
OF_PAIRS(c_bce_terms, -(b * log(a) + (1 - b) * log(1 - a)))
OF_PAIRS(c_kl_terms, b * log(b / a))

/* ---- reductions ---- */

static bool c_sum(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += x[0][i];
    return true;
}

static bool c_mean(const double *const *x, double *y)
{
    c_sum(x, y);
    *y /= EACH;
    return true;
}

static bool c_column_sums(const double *const *x, double *y)
{
    for (int j = 0; j < D; j++) {
        y[j] = 0;
        for (int i = 0; i < N; i++)
            y[j] += x[0][i * D + j];
    }
    return true;
}

static bool c_row_means(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < D; j++)
            y[i] += x[0][i * D + j] / D;
    }
    return true;
}

static bool c_row_max(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        y[i] = x[0][i * D];
        for (int j = 1; j < D; j++)
            y[i] = fmax(y[i], x[0][i * D + j]);
    }
    return true;
}

static bool c_norm(const double *const *x, double *y)
{
    double sum = 0;
    for (int i = 0; i < EACH; i++)
        sum += x[0][i] * x[0][i];
    *y = sqrt(sum);
    return true;
}

static bool c_row_norms(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < D; j++)
            y[i] += x[0][i * D + j] * x[0][i * D + j];
        y[i] = sqrt(y[i]);
    }
    return true;
}

static bool c_l2(const double *const *x, double *y)
{
    c_norm(x, y);
    *y = 0.01 / 2 * *y * *y;
    return true;
}

static bool c_l1_norm(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += 0.001 * fabs(x[0][i]);
    return true;
}

static bool c_variance(const double *const *x, double *y)
{
    for (int j = 0; j < D; j++) {
        double mean = 0;
        y[j] = 0;
        for (int i = 0; i < N; i++)
            mean += x[0][i * D + j] / N;
        for (int i = 0; i < N; i++)
            y[j] += (x[0][i * D + j] - mean) * (x[0][i * D + j] - mean) / N;
    }
    return true;
}

static bool c_logsumexp(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < D; j++)
            y[i] += exp(x[0][i * D + j]);
        y[i] = log(y[i]);
    }
    return true;
}

static bool c_dot(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += x[0][i] * x[1][i];
    return true;
}

static bool c_cumsum(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            y[i * D + j] = x[0][i * D + j] + (j > 0 ? y[i * D + j - 1] : 0);
    return true;
}

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

#define ACTIVATED(name, formula)                                      \
    static bool name(const double *const *x, double *y)               \
    {                                                                 \
        c_affine(x, y);                                               \
        for (int i = 0; i < N * H; i++) {                             \
            double a = y[i];                                          \
            y[i] = formula;                                           \
        }                                                             \
        return true;                                                  \
    }

ACTIVATED(c_affine_sigmoid, logistic(a))
ACTIVATED(c_affine_tanh, tanh(a))
ACTIVATED(c_affine_relu, a > 0 ? a : 0)
ACTIVATED(c_affine_silu, a * logistic(a))

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

static opaque known[] = {
    { "identity", c_identity, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "clone" },
    { "sigmoid", c_sigmoid, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid" },
    { "tanh", c_tanh, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "tanh" },
    { "relu", c_relu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "relu" },
    { "leaky relu", c_leaky, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "leaky_relu" },
    { "leaky relu 0.2", c_leaky2, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "leaky_relu" },
    { "elu", c_elu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "elu" },
    { "silu", c_silu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid mul" },
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
    { "silu(x W + b)", c_affine_silu, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add sigmoid mul" },
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

/* ---- what nobody would know ---- */

OF_EACH(c_odd, sin(a * a * a + 0.3 * cos(17 * a)) / (2.3 + exp(sin(a))))
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

static opaque unknown[] = {
    { "odd", c_odd, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "odd pairs", c_odd_pair, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "odd loss", c_odd_loss, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "" },
    { "odd layer", c_odd_layer, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "" },
    { "constant", c_constant, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
    { "failing", c_failing, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "" },
};

#endif
