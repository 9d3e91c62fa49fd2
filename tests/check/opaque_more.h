/* opaque_more.h - more functions of numbers, written down before the search was tried on them. */
#ifndef GRADUS_TESTS_CHECK_OPAQUE_MORE_H
#define GRADUS_TESTS_CHECK_OPAQUE_MORE_H

#include "opaque_layers.h"

OF_EACH(m_tanh_sigmoid, tanh(a) * logistic(a))
OF_EACH(m_log1psq, log(1 + a * a))
OF_EACH(m_cauchy, a / (1 + a * a))
OF_EACH(m_pseudo, sqrt(a *a + 1) - 1)
OF_EACH(m_hardsig, a<-3 ? 0 : a> 3 ? 1 : a / 6 + 0.5)
OF_EACH(m_poly, a *a - 3 * a + 2)
OF_EACH(m_poly3, a *a *a - a)
OF_EACH(m_sinc, sin(a) / a)
OF_EACH(m_lrelu3, a > 0 ? a : 0.3 * a)
OF_EACH(m_selu, 1.0507009873554805 * (a > 0 ? a : 1.6732632423543772 * (exp(a) - 1)))
OF_EACH(m_swish2, a *logistic(1.702 * a))
OF_EACH(m_logsig, log(logistic(a)))
OF_EACH(m_sq1, (a - 1) * (a - 1))
OF_EACH(m_x2exp, a *a *exp(-a))
OF_EACH(m_xexp, a *exp(a))
OF_PAIRS(m_absdiff, fabs(a - b))
OF_PAIRS(m_prod_plus, a *b + a)
OF_PAIRS(m_lerp, a *logistic(b) + (1 - logistic(b)) * a * 2)
OF_PAIRS(m_mulexp, a *exp(b))
OF_PAIRS(m_tanhprod, tanh(a) * tanh(b))
OF_PAIRS(m_addrelu, (a + b) > 0 ? a + b : 0)
OF_PAIRS(m_sigdiff, logistic(a) - b)
OF_PAIRS(m_ratio, a / (a + b))
OF_PAIRS(m_squares, a *a + b * b)
/* The mean over pairs of numbers. */
#define TOTAL(name, formula)                                                                                         \
    static bool name(const double *const *x, double *y)                                                              \
    {                                                                                                                \
        *y = 0;                                                                                                      \
        for (int i = 0; i < EACH; i++) {                                                                             \
            double a = x[0][i], b = x[1][i];                                                                         \
            *y += (formula) / EACH;                                                                                  \
        }                                                                                                            \
        return true;                                                                                                 \
    }

TOTAL(m_sqhinge, pow(fmax(0, 1 - a * b), 2))
TOTAL(m_poisson, exp(a) - b * a)
TOTAL(m_smoothl1, fabs(a - b) < 0.5 ? (a - b) * (a - b) : fabs(a - b) - 0.25)
TOTAL(m_sigmse, pow(logistic(a) - b, 2))
TOTAL(m_tanhmse, pow(tanh(a) - b, 2))
TOTAL(m_cubed, pow(fabs(a - b), 3))
TOTAL(m_msle, pow(log(1 + a) - log(1 + b), 2))
TOTAL(m_mape, fabs((a - b) / b))
TOTAL(m_exploss, exp(-a *b))
TOTAL(m_bceguard, -(b *log(a + 1e-7) + (1 - b) * log(1 - a + 1e-7)))
TOTAL(m_focal, -b *pow(1 - a, 2) * log(a))
TOTAL(m_bceif, b > 0.5 ? -log(a) : -log(1 - a))
TOTAL(m_quant, fmax(0.9 * (a - b), -0.1 * (a - b)))
static bool m_elastic(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += (0.1 * fabs(x[0][i]) + 0.5 * x[0][i] * x[0][i]) / EACH;
    return true;
}
static bool m_gnll(const double *const *x, double *y)
{
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += 0.5 * (log(x[2][i]) + pow(x[0][i] - x[1][i], 2) / x[2][i]) / EACH;
    return true;
}
static bool m_rowdist(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        double d = 0;
        for (int j = 0; j < D; j++)
            d += pow(x[0][i * D + j] - x[1][i * D + j], 2);
        y[i] = sqrt(d);
    }
    return true;
}
static bool m_sqdist(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < D; j++)
            y[i] += pow(x[0][i * D + j] - x[1][i * D + j], 2);
    }
    return true;
}
static bool m_glu(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 2; j++)
            y[i * 2 + j] = x[0][i * 4 + j] * logistic(x[0][i * 4 + 2 + j]);
    return true;
}
static bool m_smoothce(const double *const *x, double *y)
{
    double p[EACH];
    c_softmax(x, p);
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y -= (0.9 * x[1][i] + 0.1 / D) * log(p[i]) / N;
    return true;
}
static bool m_softmse(const double *const *x, double *y)
{
    double p[EACH];
    c_softmax(x, p);
    *y = 0;
    for (int i = 0; i < EACH; i++)
        *y += pow(p[i] - x[1][i], 2) / EACH;
    return true;
}
static bool m_entropy(const double *const *x, double *y)
{
    double p[EACH];
    c_softmax(x, p);
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < D; j++)
            y[i] -= p[i * D + j] * log(p[i * D + j]);
    }
    return true;
}
static bool m_bilinear(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++) {
        y[i] = 0;
        for (int j = 0; j < D; j++)
            for (int k = 0; k < H; k++)
                y[i] += x[0][i * D + j] * x[1][j * H + k] * x[2][i * H + k];
    }
    return true;
}
static bool m_cea_l2(const double *const *x, double *y)
{
    c_cross_entropy_affine(x, y);
    for (int i = 0; i < D * H; i++)
        *y += 0.005 * x[1][i] * x[1][i];
    return true;
}
static bool m_chanmean(const double *const *x, double *y)
{
    for (int j = 0; j < D; j++) {
        y[j] = 0;
        for (int i = 0; i < 2; i++)
            for (int k = 0; k < N; k++)
                y[j] += x[0][(i * N + k) * D + j] / (2 * N);
    }
    return true;
}
static bool m_ln3(const double *const *x, double *y)
{
    for (int i = 0; i < 2 * N; i++)
        normalise(x[0] + i * D, D, 1, 1e-5, y + i * D);
    for (int i = 0; i < 2 * N * D; i++)
        y[i] = y[i] * x[1][i % D] + x[2][i % D];
    return true;
}
static bool m_scalar_mul(const double *const *x, double *y)
{
    for (int i = 0; i < EACH; i++)
        y[i] = x[0][i] * x[1][0];
    return true;
}
static bool m_prelu(const double *const *x, double *y)
{
    for (int i = 0; i < EACH; i++)
        y[i] = x[0][i] > 0 ? x[0][i] : x[1][0] * x[0][i];
    return true;
}
static bool m_std(const double *const *x, double *y)
{
    c_variance(x, y);
    for (int j = 0; j < D; j++)
        y[j] = sqrt(y[j]);
    return true;
}
static bool m_var1(const double *const *x, double *y)
{
    c_variance(x, y);
    for (int j = 0; j < D; j++)
        y[j] *= N / (N - 1.0);
    return true;
}
static bool m_gram(const double *const *x, double *y)
{
    for (int i = 0; i < D; i++)
        for (int j = 0; j < D; j++) {
            y[i * D + j] = 0;
            for (int k = 0; k < N; k++)
                y[i * D + j] += x[0][k * D + i] * x[0][k * D + j];
        }
    return true;
}
static bool m_rnn_relu(const double *const *x, double *y)
{
    c_rnn(x, y);
    for (int i = 0; i < N * H; i++) {
        y[i] = atanh(y[i]);
        y[i] = y[i] > 0 ? y[i] : 0;
    }
    return true;
}
static bool m_rnn2b(const double *const *x, double *y)
{
    double a[N * H], b[N * H];
    product(x[0], x[2], N, D, H, a);
    product(x[1], x[3], N, H, H, b);
    for (int i = 0; i < N * H; i++)
        y[i] = tanh(a[i] + b[i] + x[4][i % H] + x[5][i % H]);
    return true;
}
static bool m_relu_mse_affine(const double *const *x, double *y)
{
    double z[N * H];
    c_affine_relu(x, z);
    *y = 0;
    for (int i = 0; i < N * H; i++)
        *y += pow(z[i] - x[3][i], 2) / (2 * N);
    return true;
}
static bool m_huber_affine(const double *const *x, double *y)
{
    double z[N * H];
    c_affine(x, z);
    *y = 0;
    for (int i = 0; i < N * H; i++) {
        double d = fabs(z[i] - x[3][i]);
        *y += (d <= 1 ? d * d / 2 : d - 0.5) / (N * H);
    }
    return true;
}
static bool m_l1_affine(const double *const *x, double *y)
{
    double z[N * H];
    c_affine(x, z);
    *y = 0;
    for (int i = 0; i < N * H; i++)
        *y += fabs(z[i] - x[3][i]) / (N * H);
    return true;
}
static bool m_linreg(const double *const *x, double *y)
{
    double z[N];
    c_flatten_affine(x, z);
    *y = 0;
    for (int i = 0; i < N; i++)
        *y += pow(z[i] - x[3][i], 2) / N;
    return true;
}
static bool m_logreg(const double *const *x, double *y)
{
    double z[N];
    c_flatten_affine(x, z);
    *y = 0;
    for (int i = 0; i < N; i++) {
        double p = logistic(z[i]);
        *y -= (x[3][i] * log(p) + (1 - x[3][i]) * log(1 - p)) / N;
    }
    return true;
}
static bool m_maxpool(const double *const *x, double *y)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 2; j++)
            y[i * 2 + j] = fmax(x[0][i * 4 + 2 * j], x[0][i * 4 + 2 * j + 1]);
    return true;
}
static bool m_embmean(const double *const *x, double *y)
{
    for (int j = 0; j < D; j++) {
        y[j] = 0;
        for (int i = 0; i < N; i++)
            y[j] += x[0][(int)x[1][i] * D + j] / N;
    }
    return true;
}
static bool m_sdp_loss(const double *const *x, double *y)
{
    double z[N * C];
    c_attention(x, z);
    *y = 0;
    for (int i = 0; i < N * C; i++)
        *y += pow(z[i] - x[3][i], 2) / (N * C);
    return true;
}

/* clang-format off */
static opaque more[] = {
    { "focal", m_focal, { BETWEEN(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "log mul square mean" },
    { "bceif", m_bceif, { BETWEEN(ROWS(N, D)), { ROWS(N, D), 0, 0, 2 } }, NUMBER, "log mul add mean" },
    { "tanh sigmoid", m_tanh_sigmoid, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "tanh sigmoid mul" },
    { "log1psq", m_log1psq, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square log" },
    { "cauchy", m_cauchy, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square div" },
    { "pseudo", m_pseudo, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square sqrt" },
    { "poly", m_poly, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mul" },
    { "poly3", m_poly3, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "pow_scalar sub" },
    { "sinc", m_sinc, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sin div" },
    { "lrelu3", m_lrelu3, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "relu" },
    { "selu", m_selu, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "elu" },
    { "swish2", m_swish2, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid mul" },
    { "logsig", m_logsig, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid log" },
    { "sq1", m_sq1, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square" },
    { "x2exp", m_x2exp, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "exp" },
    { "xexp", m_xexp, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "exp mul" },
    { "hardsig", m_hardsig, { { ROWS(N, D), -5, 5, 0 } }, ROWS(N, D), "clamp" },
    { "absdiff", m_absdiff, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sub abs" },
    { "prod plus", m_prod_plus, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "mul" },
    { "lerp", m_lerp, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid mul" },
    { "mulexp", m_mulexp, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "exp mul" },
    { "tanhprod", m_tanhprod, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "tanh mul" },
    { "addrelu", m_addrelu, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "add relu" },
    { "sigdiff", m_sigdiff, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "sigmoid sub" },
    { "squares", m_squares, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, ROWS(N, D), "square add" },
    { "ratio", m_ratio, { ABOVE_0(ROWS(N, D)), ABOVE_0(ROWS(N, D)) }, ROWS(N, D), "add div" },
    { "sqhinge", m_sqhinge, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "mul relu square mean" },
    { "poisson", m_poisson, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "mul mean exp add" },
    { "smoothl1", m_smoothl1, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub clamp mul sum" },
    { "sigmse", m_sigmse, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sigmoid sub square mean" },
    { "tanhmse", m_tanhmse, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "tanh sub square mean" },
    { "cubed", m_cubed, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub abs pow_scalar mean" },
    { "exploss", m_exploss, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "mul exp mean" },
    { "quant", m_quant, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "sub" },
    { "bceguard", m_bceguard, { BETWEEN(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "log mul add mean" },
    { "msle", m_msle, { ABOVE_0(ROWS(N, D)), ABOVE_0(ROWS(N, D)) }, NUMBER, "log1p sub square mean" },
    { "mape", m_mape, { ABOVE_0(ROWS(N, D)), ABOVE_0(ROWS(N, D)) }, NUMBER, "sub div abs mean" },
    { "elastic", m_elastic, { BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "square sum abs add" },
    { "gnll", m_gnll, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)), ABOVE_0(ROWS(N, D)) }, NUMBER, "log sum sub square div add" },
    { "rowdist", m_rowdist, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, LIST(N), "sub square sum sqrt" },
    { "sqdist", m_sqdist, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, LIST(N), "sub square sum" },
    { "glu", m_glu, { BOTH_SIGNS(ROWS(N, 4)) }, ROWS(N, 2), "slice sigmoid mul" },
    { "maxpool", m_maxpool, { BOTH_SIGNS(ROWS(N, 4)) }, ROWS(N, 2), "slice maximum" },
    { "smoothce", m_smoothce, { BOTH_SIGNS(ROWS(N, D)), BETWEEN(ROWS(N, D)) }, NUMBER, "softmax log sum mul add" },
    { "softmse", m_softmse, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, D)) }, NUMBER, "softmax sub square mean" },
    { "entropy", m_entropy, { BOTH_SIGNS(ROWS(N, D)) }, LIST(N), "softmax log mul sum" },
    { "bilinear", m_bilinear, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(ROWS(N, H)) }, LIST(N), "matmul mul sum" },
    { "cea l2", m_cea_l2, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BETWEEN(ROWS(N, H)) }, NUMBER, "matmul softmax mul" },
    { "chanmean", m_chanmean, { BOTH_SIGNS({ 3, { 2, N, D } }) }, LIST(D), "mean" },
    { "ln3", m_ln3, { BOTH_SIGNS({ 3, { 2, N, D } }), BOTH_SIGNS(LIST(D)), BOTH_SIGNS(LIST(D)) }, { 3, { 2, N, D } }, "mean sub square sqrt div mul add" },
    { "scalar mul", m_scalar_mul, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(NUMBER) }, ROWS(N, D), "mul" },
    { "prelu", m_prelu, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(NUMBER) }, ROWS(N, D), "relu mul sub" },
    { "std", m_std, { BOTH_SIGNS(ROWS(N, D)) }, LIST(D), "mean sub square sqrt" },
    { "var1", m_var1, { BOTH_SIGNS(ROWS(N, D)) }, LIST(D), "mean sub square sum" },
    { "gram", m_gram, { BOTH_SIGNS(ROWS(N, D)) }, ROWS(D, D), "transpose matmul" },
    { "rnn relu", m_rnn_relu, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, H)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(ROWS(H, H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add relu" },
    { "rnn2b", m_rnn2b, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(N, H)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(ROWS(H, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(LIST(H)) }, ROWS(N, H), "matmul add tanh" },
    { "relu mse affine", m_relu_mse_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(ROWS(N, H)) }, NUMBER, "matmul add relu sub square sum" },
    { "huber affine", m_huber_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(ROWS(N, H)) }, NUMBER, "matmul add sub clamp mul mean" },
    { "l1 affine", m_l1_affine, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(D, H)), BOTH_SIGNS(LIST(H)), BOTH_SIGNS(ROWS(N, H)) }, NUMBER, "matmul add sub abs mean" },
    { "linreg", m_linreg, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)), BOTH_SIGNS(LIST(1)), BOTH_SIGNS(LIST(N)) }, NUMBER, "matmul add sub square mean" },
    { "logreg", m_logreg, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(LIST(D)), BOTH_SIGNS(LIST(1)), BETWEEN(LIST(N)) }, NUMBER, "matmul add sigmoid log mul mean" },
    { "embmean", m_embmean, { BOTH_SIGNS(ROWS(C, D)), { LIST(N), 0, 0, C } }, LIST(D), "gather mean" },
    { "sdp loss", m_sdp_loss, { BOTH_SIGNS(ROWS(N, D)), BOTH_SIGNS(ROWS(H, D)), BOTH_SIGNS(ROWS(H, C)), BOTH_SIGNS(ROWS(N, C)) }, NUMBER, "transpose matmul softmax sub square mean" },
};

/* clang-format on */

#endif
