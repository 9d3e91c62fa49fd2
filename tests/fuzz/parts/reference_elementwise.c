/* reference_elementwise.c - functions of one element at a time.
 *
 * ulps: 0.51 for what IEEE 754 rounds once; 4 for what the C library's functions and short polynomials do (glibc
 * states at most 2 for those in use), and a few roundings around them. Where a sum on the way cancels, the formula
 * says what its error is relative to. */
#include "fuzz/parts/reference.h"

#include <math.h>

#define ONE(name, expression)                                                                          \
    static number name##_of(const number *x, const number *c, number *scale)                           \
    { (void)c, (void)scale; number a = x[0]; return expression; }
#define TWO(name, expression)                                                                          \
    static number name##_of(const number *x, const number *c, number *scale)                           \
    { (void)c, (void)scale; number a = x[0], b = x[1]; return expression; }
#define BESIDE_NUMBER(name, expression)                                                                \
    static number name##_of(const number *x, const number *c, number *scale)                           \
    { (void)scale; number a = x[0], b = c[0]; return expression; }

ONE(neg, -a)
ONE(exp, expl(a))
ONE(log, logl(a))
ONE(square, a * a)
ONE(sqrt, sqrtl(a))
ONE(relu, a <= 0 ? 0 : a)
ONE(expm1, expm1l(a))
ONE(log1p, log1pl(a))
ONE(rsqrt, 1 / sqrtl(a))
ONE(reciprocal, 1 / a)
ONE(sin, sinl(a))
ONE(cos, cosl(a))
ONE(tanh, tanhl(a))
ONE(erf, erfl(a))
ONE(abs, fabsl(a))
ONE(sign, (number)(a > 0) - (number)(a < 0))
ONE(floor, floorl(a))
ONE(ceil, ceill(a))
ONE(round, rintl(a))
ONE(logical_not, a == 0)
ONE(isnan, (number)isnan(a))
ONE(isfinite, (number)isfinite(a))

TWO(add, a + b)
TWO(sub, a - b)
TWO(mul, a * b)
TWO(div, a / b)
TWO(maximum, isnan(a) || a > b ? a : b)
TWO(minimum, isnan(a) || a < b ? a : b)
TWO(relu_backward, b <= 0 ? 0 : a)
TWO(eq, a == b)
TWO(ne, a != b)
TWO(lt, a < b)
TWO(le, a <= b)
TWO(gt, a > b)
TWO(ge, a >= b)
TWO(logical_and, a != 0 && b != 0)
TWO(logical_or, a != 0 || b != 0)
TWO(logical_xor, (a != 0) != (b != 0))

BESIDE_NUMBER(add_scalar, a + b)
BESIDE_NUMBER(sub_scalar, a - b)
BESIDE_NUMBER(rsub_scalar, b - a)
BESIDE_NUMBER(mul_scalar, a * b)
BESIDE_NUMBER(div_scalar, a / b)
BESIDE_NUMBER(eq_scalar, a == b)
BESIDE_NUMBER(ne_scalar, a != b)
BESIDE_NUMBER(lt_scalar, a < b)
BESIDE_NUMBER(le_scalar, a <= b)
BESIDE_NUMBER(gt_scalar, a > b)
BESIDE_NUMBER(ge_scalar, a >= b)
BESIDE_NUMBER(leaky_relu, a > 0 ? a : a * b)
BESIDE_NUMBER(elu, a > 0 ? a : b * expm1l(a))

/* Where e^-x is too large for the dtype the result is 0: less than 1 / FLT_MAX is lost then. */
static const number lost = 1 / (number)FLT_MAX / (number)FLT_EPSILON;

static number sigmoid_of(const number *x, const number *c, number *scale)
{
    (void)c;
    number y = 1 / (1 + expl(-x[0]));
    *scale = y + lost;
    return y;
}

static number silu_of(const number *x, const number *c, number *scale)
{
    number y = x[0] * sigmoid_of(x, c, scale);
    *scale = fabsl(y) + fabsl(x[0]) * lost;
    return y;
}

/* a^b. glibc 2.36 has infinity for (-infinity)^(-2^63) as a long double; as a double it is right. */
static number raised(number a, number b)
{
    return isinf(a) ? (number)pow((double)a, (double)b) : powl(a, b);
}

static number pow_of(const number *x, const number *c, number *scale)
{
    (void)c, (void)scale;
    return raised(x[0], x[1]);
}

/* Of -infinity a root is NaN, and a square root of -0 is -0, where C's pow has infinity and 0. */
static number pow_scalar_of(const number *x, const number *c, number *scale)
{
    (void)scale;
    if (c[0] == 0.5L)
        return sqrtl(x[0]);
    return c[0] == -0.5L ? 1 / sqrtl(x[0]) : raised(x[0], c[0]);
}

/* 1 + erf cancels below 0. */
static number gelu_of(const number *x, const number *c, number *scale)
{
    (void)c;
    *scale = fabsl(x[0]);
    return x[0] * 0.5L * (1 + erfl(x[0] * 0.707106781186547524400844362104849L));
}

/* The rounding of b x changes e^(b x) by |b x| as much. Near the threshold either side may be taken; what overflows on
 * the way, or is lost below the smallest number and then divided by a small beta, says nothing of the result. */
static number softplus_of(const number *x, const number *c, number *scale)
{
    number steep = x[0] * c[0], bent = log1pl(expl(steep)) / c[0];
    number y = steep > c[1] ? x[0] : bent;
    bool ordinary = fabsl(c[0]) > 1e-3L && fabsl(c[0]) < 1e3L && !isnan(c[1]);
    bool overflows = fabsl(steep) > 80 && steep <= c[1];
    bool either = fabsl(steep - c[1]) <= 1e-6L * (1 + fabsl(c[1]));
    *scale = ordinary && !overflows && !either ? fabsl(y) + fabsl(x[0]) : (number)INFINITY;
    return y;
}

/* NaN in a limit is the result, as in PyTorch. */
static number clamp_of(const number *x, const number *c, number *scale)
{
    (void)scale;
    if (isnan(x[0]) || isnan(c[0]) || isnan(c[1]))
        return NAN;
    number above = x[0] > c[0] ? x[0] : c[0];
    return above < c[1] ? above : c[1];
}

/* Products of three: the first two may be too large where the whole is not. */
static number sigmoid_backward_of(const number *x, const number *c, number *scale)
{
    (void)c;
    number a = x[0] * (1 - x[1]), b = (1 - x[1]) * x[1], y = a * x[1];
    *scale = fabsl(y);
    if (fabsl(a) > (number)FLT_MAX / 2 || fabsl(b) > (number)FLT_MAX / 2 || fabsl(x[0] * x[1]) > (number)FLT_MAX / 2)
        *scale = INFINITY;
    return y;
}

static number maximum_scalar_of(const number *x, const number *c, number *scale)
{
    return maximum_of((const number[]){ x[0], c[0] }, c, scale);
}

static number minimum_scalar_of(const number *x, const number *c, number *scale)
{
    return minimum_of((const number[]){ x[0], c[0] }, c, scale);
}

static number where_of(const number *x, const number *c, number *scale)
{
    (void)c, (void)scale;
    return x[0] != 0 ? x[1] : x[2];
}

/* Integers have nothing to round; nor have they between limits that are whole, or none. */
static bool keeps_integers(const question *q)
{
    bool whole = q->argument[0].x->dtype == GD_INT64 || q->argument[0].x->dtype == GD_UINT8;
    for (int i = 1; i < q->count; i++) {
        double limit = (double)q->argument[i].real;
        whole = whole && (limit == (i == 1 ? -INFINITY : INFINITY) ||
                          (fabs(limit) < 9007199254740992.0 && limit == floor(limit)));
    }
    return whole;
}

/* A number that no uint8 can have. */
static void against_number(question *q, const reference *r)
{
    for (int i = 1; q->argument[0].x->dtype == GD_UINT8 && i < q->count; i++)
        q->unclear = q->unclear || q->argument[i].real < 0 || q->argument[i].real > 255;
    elementwise(q, r);
}

static void rounding(question *q, const reference *r)
{
    reference chosen = *r;
    if (keeps_integers(q))
        chosen.rule = AS_GIVEN;
    against_number(q, &chosen);
}

#define WRAPPED(name, expression)                                                                      \
    static int64_t wrapped_##name(int64_t a, int64_t b)                                                \
    { uint64_t u = (uint64_t)a, v = (uint64_t)b; (void)v; return (int64_t)(expression); }
WRAPPED(neg, 0 - u)
WRAPPED(abs, a < 0 ? 0 - u : u)
WRAPPED(square, u * u)
WRAPPED(add, u + v)
WRAPPED(sub, u - v)
WRAPPED(rsub, v - u)
WRAPPED(mul, u * v)

enum { BOTH = 3, FIRST = 1 };

const reference elementwise_rows[] = {
    { "neg", elementwise, .element = neg_of, .wrapped = wrapped_neg, .dtypes = NUMBERS, .differentiable = FIRST },
    { "exp", elementwise, .element = exp_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "log", elementwise, .element = log_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "square", elementwise, .element = square_of, .wrapped = wrapped_square, .dtypes = NUMBERS, .ulps = 0.51,
      .differentiable = FIRST },
    { "sqrt", elementwise, .element = sqrt_of, .rule = FLOATS, .ulps = 0.51, .differentiable = FIRST },
    { "sigmoid", elementwise, .element = sigmoid_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "relu", elementwise, .element = relu_of, .dtypes = NUMBERS, .differentiable = FIRST },
    { "expm1", elementwise, .element = expm1_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "log1p", elementwise, .element = log1p_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "rsqrt", elementwise, .element = rsqrt_of, .rule = FLOATS, .ulps = 2, .differentiable = FIRST },
    { "reciprocal", elementwise, .element = reciprocal_of, .rule = FLOATS, .ulps = 0.51, .differentiable = FIRST },
    { "sin", elementwise, .element = sin_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "cos", elementwise, .element = cos_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "tanh", elementwise, .element = tanh_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "erf", elementwise, .element = erf_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "abs", elementwise, .element = abs_of, .wrapped = wrapped_abs, .dtypes = NUMBERS, .differentiable = FIRST },
    { "sign", elementwise, .element = sign_of, .dtypes = NUMBERS, .differentiable = FIRST },
    { "floor", rounding, .element = floor_of, .rule = FLOATS, .differentiable = FIRST },
    { "ceil", rounding, .element = ceil_of, .rule = FLOATS, .differentiable = FIRST },
    { "round", rounding, .element = round_of, .rule = FLOATS, .differentiable = FIRST },
    { "silu", elementwise, .element = silu_of, .rule = FLOATS, .ulps = 6, .differentiable = FIRST },
    { "gelu", elementwise, .element = gelu_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "clamp", rounding, .element = clamp_of, .rule = FLOATS, .differentiable = FIRST },
    { "leaky_relu", elementwise, .element = leaky_relu_of, .rule = FLOATS, .ulps = 0.51, .differentiable = FIRST },
    { "elu", elementwise, .element = elu_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "softplus", elementwise, .element = softplus_of, .rule = FLOATS, .ulps = 6, .differentiable = FIRST },
    { "sigmoid_backward", elementwise, .element = sigmoid_backward_of, .rule = FLOATS, .ulps = 4, .differentiable = BOTH },
    { "relu_backward", elementwise, .element = relu_backward_of, .rule = PROMOTED, .dtypes = NUMBERS,
      .differentiable = FIRST },

    { "add", elementwise, .element = add_of, .wrapped = wrapped_add, .rule = PROMOTED, .ulps = 0.51, .differentiable = BOTH },
    { "sub", elementwise, .element = sub_of, .wrapped = wrapped_sub, .rule = PROMOTED, .dtypes = NUMBERS, .ulps = 0.51,
      .differentiable = BOTH },
    { "mul", elementwise, .element = mul_of, .wrapped = wrapped_mul, .rule = PROMOTED, .ulps = 0.51, .differentiable = BOTH },
    { "div", elementwise, .element = div_of, .rule = FLOATS, .ulps = 0.51, .differentiable = BOTH },
    { "pow", elementwise, .element = pow_of, .rule = FLOATS, .ulps = 4, .differentiable = BOTH },
    { "maximum", elementwise, .element = maximum_of, .rule = PROMOTED, .differentiable = BOTH },
    { "minimum", elementwise, .element = minimum_of, .rule = PROMOTED, .differentiable = BOTH },

    { "maximum_scalar", against_number, .element = maximum_scalar_of, .rule = BESIDE, .differentiable = FIRST },
    { "minimum_scalar", against_number, .element = minimum_scalar_of, .rule = BESIDE, .differentiable = FIRST },
    { "add_scalar", elementwise, .element = add_scalar_of, .wrapped = wrapped_add, .rule = BESIDE, .ulps = 0.51,
      .differentiable = FIRST },
    { "mul_scalar", elementwise, .element = mul_scalar_of, .wrapped = wrapped_mul, .rule = BESIDE, .ulps = 0.51,
      .differentiable = FIRST },
    { "rsub_scalar", elementwise, .element = rsub_scalar_of, .wrapped = wrapped_rsub, .rule = BESIDE, .ulps = 0.51,
      .differentiable = FIRST },
    { "sub_scalar", elementwise, .element = sub_scalar_of, .wrapped = wrapped_sub, .rule = BESIDE, .ulps = 0.51,
      .differentiable = FIRST },
    { "pow_scalar", elementwise, .element = pow_scalar_of, .rule = FLOATS, .ulps = 4, .differentiable = FIRST },
    { "div_scalar", elementwise, .element = div_scalar_of, .rule = FLOATS, .ulps = 0.51, .differentiable = FIRST },

    { "eq", elementwise, .element = eq_of, .rule = PROMOTED, .result = GD_BOOL },
    { "ne", elementwise, .element = ne_of, .rule = PROMOTED, .result = GD_BOOL },
    { "lt", elementwise, .element = lt_of, .rule = PROMOTED, .result = GD_BOOL },
    { "le", elementwise, .element = le_of, .rule = PROMOTED, .result = GD_BOOL },
    { "gt", elementwise, .element = gt_of, .rule = PROMOTED, .result = GD_BOOL },
    { "ge", elementwise, .element = ge_of, .rule = PROMOTED, .result = GD_BOOL },
    { "eq_scalar", elementwise, .element = eq_scalar_of, .rule = COMPARED, .result = GD_BOOL },
    { "ne_scalar", elementwise, .element = ne_scalar_of, .rule = COMPARED, .result = GD_BOOL },
    { "lt_scalar", elementwise, .element = lt_scalar_of, .rule = COMPARED, .result = GD_BOOL },
    { "le_scalar", elementwise, .element = le_scalar_of, .rule = COMPARED, .result = GD_BOOL },
    { "gt_scalar", elementwise, .element = gt_scalar_of, .rule = COMPARED, .result = GD_BOOL },
    { "ge_scalar", elementwise, .element = ge_scalar_of, .rule = COMPARED, .result = GD_BOOL },
    { "logical_and", elementwise, .element = logical_and_of, .rule = PROMOTED, .result = GD_BOOL },
    { "logical_or", elementwise, .element = logical_or_of, .rule = PROMOTED, .result = GD_BOOL },
    { "logical_xor", elementwise, .element = logical_xor_of, .rule = PROMOTED, .result = GD_BOOL },
    { "logical_not", elementwise, .element = logical_not_of, .rule = COMPARED, .result = GD_BOOL },
    { "isnan", elementwise, .element = isnan_of, .result = GD_BOOL },
    { "isfinite", elementwise, .element = isfinite_of, .result = GD_BOOL },
    { "where", elementwise, .element = where_of, .rule = CHOSEN, .fit = FIT_CONDITION, .differentiable = 6 },
    { .name = NULL },
};
