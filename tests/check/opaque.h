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

#define ROWS(n, m)                                                                                                   \
    {                                                                                                                \
        2,                                                                                                           \
        {                                                                                                            \
            n, m                                                                                                     \
        }                                                                                                            \
    }
#define LIST(n)                                                                                                      \
    {                                                                                                                \
        1,                                                                                                           \
        {                                                                                                            \
            n                                                                                                        \
        }                                                                                                            \
    }
#define NUMBER                                                                                                       \
    {                                                                                                                \
        0,                                                                                                           \
        {                                                                                                            \
            0                                                                                                        \
        }                                                                                                            \
    }
#define BOTH_SIGNS(...)                                                                                              \
    {                                                                                                                \
        __VA_ARGS__, -1.5, 1.5, 0                                                                                    \
    }
#define ABOVE_0(...)                                                                                                 \
    {                                                                                                                \
        __VA_ARGS__, 0.3, 2.5, 0                                                                                     \
    }
#define BETWEEN(...)                                                                                                 \
    {                                                                                                                \
        __VA_ARGS__, 0.05, 0.95, 0                                                                                   \
    }

/* ---- of each number ---- */

enum { EACH = N * D };

#define OF_EACH(name, formula)                                                                                       \
    static bool name(const double *const *x, double *y)                                                              \
    {                                                                                                                \
        for (int i = 0; i < EACH; i++) {                                                                             \
            double a = x[0][i];                                                                                      \
            y[i] = formula;                                                                                          \
        }                                                                                                            \
        return true;                                                                                                 \
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
OF_EACH(c_silu, a *logistic(a))
OF_EACH(c_gelu, 0.5 * a * (1 + erf(a / sqrt(2))))
OF_EACH(c_gelu_tanh, 0.5 * a * (1 + tanh(0.7978845608028654 * (a + 0.044715 * a * a * a))))
OF_EACH(c_softplus, log(1 + exp(a)))
OF_EACH(c_mish, a *tanh(log1p(exp(a))))
OF_EACH(c_exp, exp(a))
OF_EACH(c_log, log(a))
OF_EACH(c_sqrt, sqrt(a))
OF_EACH(c_square, a *a)
OF_EACH(c_cube, a *a *a)
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
OF_EACH(c_bell, exp(-a *a))
OF_EACH(c_gauss, exp(-a *a / 2) / sqrt(2 * 3.14159265358979323846))
OF_EACH(c_hard, a<-1 ? -1 : a> 1 ? 1 : a)
OF_EACH(c_relu6, a<0 ? 0 : a> 6 ? 6 : a)
OF_EACH(c_sigmoid2, logistic(2 * a))
OF_EACH(c_softsign, a / (1 + fabs(a)))
OF_EACH(c_logit, log(a / (1 - a)))
OF_EACH(c_entropy_terms, -a *log(a))
OF_EACH(c_sigmoid_slope, logistic(a) * (1 - logistic(a)))
OF_EACH(c_tanh_slope, 1 - tanh(a) * tanh(a))
OF_EACH(c_identity, a)
OF_EACH(c_square_relu, a > 0 ? a * a : 0)

/* ---- of two numbers at a time ---- */

#define OF_PAIRS(name, formula)                                                                                      \
    static bool name(const double *const *x, double *y)                                                              \
    {                                                                                                                \
        for (int i = 0; i < EACH; i++) {                                                                             \
            double a = x[0][i], b = x[1][i];                                                                         \
            y[i] = formula;                                                                                          \
        }                                                                                                            \
        return true;                                                                                                 \
    }

OF_PAIRS(c_add, a + b)
OF_PAIRS(c_sub, a - b)
OF_PAIRS(c_sub_back, b - a)
OF_PAIRS(c_mul, a *b)
OF_PAIRS(c_div, a / b)
OF_PAIRS(c_max, a > b ? a : b)
OF_PAIRS(c_min, a < b ? a : b)
OF_PAIRS(c_pow, pow(a, b))
OF_PAIRS(c_gate, a *logistic(b))
OF_PAIRS(c_square_error, (a - b) * (a - b))
OF_PAIRS(c_mean_of_two, (a + b) / 2)
OF_PAIRS(c_hypot, sqrt(a *a + b * b))
OF_PAIRS(c_residual, a + tanh(b))
OF_PAIRS(c_weighted, 0.9 * a + 0.1 * b)
OF_PAIRS(c_bce_terms, -(b *log(a) + (1 - b) * log(1 - a)))
OF_PAIRS(c_kl_terms, b *log(b / a))

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

#endif
