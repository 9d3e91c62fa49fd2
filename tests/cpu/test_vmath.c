/* test_vmath.c - the elementary functions against those of the C library in a wider type, over all that there is; and that their
 * bits depend on the operand alone. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gradus/gradus.h>

#include "cpu/vmath.h"

enum { CHUNK = 65536, STEP = 997 };

static const char *const sets[] = { "generic", "avx2", "avx512" };
enum { SETS = sizeof sets / sizeof *sets };

typedef struct function {
    const char *name;
    double limit_f32, limit_f64;
    gd_tensor *(*op)(gd_tensor *);
    float (*f32)(float);
    double (*f64)(double);
    double (*exact_f32)(double);
    long double (*exact_f64)(long double);
} function;

static double sigmoid(double x)
{
    double e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static long double sigmoidl(long double x)
{
    long double e = expl(-fabsl(x));
    return (x < 0 ? e : 1) / (1 + e);
}

#define SCALARS(name, f32_limit, f64_limit)                                                                          \
    static float name##_f32(float x)                                                                                 \
    {                                                                                                                \
        return gd__##name##_f32(x);                                                                                  \
    }                                                                                                                \
    static double name##_f64(double x)                                                                               \
    {                                                                                                                \
        return gd__##name##_f64(x);                                                                                  \
    }
GD__VMATH(SCALARS)

#define ROW(name, f32_limit, f64_limit)                                                                              \
    { #name, f32_limit, f64_limit, gd_##name, name##_f32, name##_f64, name, name##l },
static const function functions[] = { GD__VMATH(ROW) };
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* Where functions change their course: around these, and the same below 0, neighbours are looked at too. */
static const double special[] = {
    0,
    DBL_MIN,
    0x1p-149,
    FLT_MIN,
    0x1p-54,
    0x1p-28,
    0x1p-25,
    0x1p-13,
    0.34657359027997264,
    0.5,
    0.41421356237309503,
    0.70710678118654752,
    0.29289321881345248,
    0.7853981633974483,
    1,
    1.0397207708399179,
    1.4142135623730951,
    1.5707963267948966,
    2,
    3.141592653589793,
    4,
    6,
    9.0109133,
    10,
    17.3286795,
    18,
    20,
    36.7368,
    40,
    87,
    87.3365448,
    88.7228394,
    89,
    103.972084,
    104,
    707,
    708.39641853226408,
    709.78271289338397,
    710,
    745.13321910194122,
    746,
    0x1p20,
    0x1p24,
    0x1p52,
    FLT_MAX,
    DBL_MAX,
    INFINITY,
};
enum { SPECIALS = sizeof special / sizeof *special, AROUND = 64 };

/* The one context for each instruction set that this machine has; NULL for others. */
static void open_all(gd_context **g)
{
    for (int i = 0; i < SETS; i++) {
        g[i] = gd_open_with(&(gd_config){ .isa = sets[i] });
        if (strcmp(gd_isa(g[i]), sets[i]) != 0) {
            gd_close(g[i]);
            g[i] = NULL;
        }
    }
}

static void close_all(gd_context **g)
{
    for (int i = 0; i < SETS; i++)
        if (g[i])
            gd_close(g[i]);
}

static void run_op(gd_context *g, const function *f, gd_dtype dtype, const void *x, int count, void *y)
{
    GD_SCOPE(g);
    assert_true(gd_read(f->op(gd_from_memory(g, dtype, gd_shape(count), x)), dtype, y, (size_t)count));
}

/* ---- float32 ---- */

static bool same_f32(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static double ulps_f32(float got, double want)
{
    float rounded = (float)want;
    if (isnan(want) || isinf(rounded) || isinf(got) || rounded == 0)
        return (isnan(want) && isnan(got)) || (got == rounded && !signbit(got) == !signbit(rounded)) ? 0
               : isinf(rounded) != isinf(got) && fabs(want) > FLT_MAX
                   ? (fabs((double)got) == FLT_MAX ? 0.5 : INFINITY)
               : isfinite(want) && isfinite(got) ? fabs((double)got - want) / 0x1p-149
                                                 : INFINITY;
    int exponent = ilogb(want) < -126 ? -126 : ilogb(want);
    return fabs((double)got - want) / ldexp(1, exponent - 23);
}

/* In all instruction sets the same, as the scalar form, and near the exact value. */
static void check_f32(gd_context *const *g, const function *f, const float *x, int count, double *worst)
{
    static float y[SETS][CHUNK];
    for (int s = 0; s < SETS; s++)
        if (g[s])
            run_op(g[s], f, GD_FLOAT32, x, count, y[s]);
    for (int i = 0; i < count; i++) {
        float alone = f->f32(x[i]);
        for (int s = 0; s < SETS; s++)
            if (g[s] && !same_f32(y[s][i], alone))
                fail_msg("%s(%a): %a by %s, %a alone", f->name, (double)x[i], (double)y[s][i], sets[s],
                         (double)alone);
        double error = ulps_f32(alone, f->exact_f32((double)x[i]));
        if (!(error <= f->limit_f32))
            fail_msg("%s(%a) is %a, expected %a: off by %g units", f->name, (double)x[i], (double)alone,
                     f->exact_f32((double)x[i]), error);
        *worst = fmax(*worst, error);
    }
}

static void test_float32(void **state)
{
    static float x[CHUNK];
    gd_context *g[SETS];
    (void)state;
    open_all(g);
    for (int k = 0; k < FUNCTIONS; k++) {
        double worst = 0;
        int count = 0;
        for (int i = 0; i < SPECIALS; i++)
            for (int j = -AROUND; j <= AROUND; j++) {
                uint32_t bits = gd__bits_f32((float)special[i]) + (uint32_t)j;
                x[count++] = gd__from_bits_f32(bits & 0x7fffffffu);
                x[count++] = gd__from_bits_f32(bits | 0x80000000u);
            }
        check_f32(g, &functions[k], x, count, &worst);
        for (uint64_t bits = 0; bits < UINT32_MAX;) {
            for (count = 0; count < CHUNK && bits < UINT32_MAX; bits += STEP)
                x[count++] = gd__from_bits_f32((uint32_t)bits);
            check_f32(g, &functions[k], x, count, &worst);
        }
        print_message("%s: %.3f units of float32\n", functions[k].name, worst);
    }
    close_all(g);
}

/* ---- float64 ---- */

static uint64_t noise = 20261128;

static double uniform(void)
{
    noise ^= noise << 13;
    noise ^= noise >> 7;
    noise ^= noise << 17;
    return (double)(noise >> 11) * 0x1p-53;
}

static bool same_f64(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static double ulps_f64(double got, long double want)
{
    double rounded = (double)want;
    if (isnan(want) || isinf(rounded) || isinf(got) || rounded == 0)
        return (isnan(want) && isnan(got)) || (got == rounded && !signbit(got) == !signbit(rounded)) ? 0
               : isinf(rounded) != isinf(got) && fabsl(want) > (long double)DBL_MAX
                   ? (fabs(got) == DBL_MAX ? 0.5 : INFINITY)
               : isfinite(rounded) && isfinite(got) ? (double)(fabsl((long double)got - want) / 0x1p-1074L)
                                                    : INFINITY;
    int exponent = ilogbl(want) < -1022 ? -1022 : ilogbl(want);
    return (double)(fabsl((long double)got - want) / ldexpl(1, exponent - 52));
}

static void check_f64(gd_context *const *g, const function *f, const double *x, int count, double *worst)
{
    static double y[SETS][CHUNK];
    for (int s = 0; s < SETS; s++)
        if (g[s])
            run_op(g[s], f, GD_FLOAT64, x, count, y[s]);
    for (int i = 0; i < count; i++) {
        double alone = f->f64(x[i]);
        for (int s = 0; s < SETS; s++)
            if (g[s] && !same_f64(y[s][i], alone))
                fail_msg("%s(%a): %a by %s, %a alone", f->name, x[i], y[s][i], sets[s], alone);
        double error = LDBL_MANT_DIG > DBL_MANT_DIG ? ulps_f64(alone, f->exact_f64((long double)x[i])) : 0;
        if (!(error <= f->limit_f64))
            fail_msg("%s(%a) is %a, expected %La: off by %g units", f->name, x[i], alone,
                     f->exact_f64((long double)x[i]), error);
        *worst = fmax(*worst, error);
    }
}

/* Numbers of all exponents, and from intervals about 0 that are ever larger. */
static int draw_f64(double *x)
{
    static const double within[] = { 0.4, 1, 2, 10, 40, 746, 1e6 };
    int count = 0;
    while (count + 8 < CHUNK) {
        double fraction = uniform(), size = ldexp(1 + fraction, (int)(uniform() * 2098) - 1074);
        x[count++] = uniform() < 0.5 ? size : -size;
        for (size_t i = 0; i < sizeof within / sizeof *within; i++)
            x[count++] = within[i] * (2 * uniform() - 1);
    }
    return count;
}

static void test_float64(void **state)
{
    static double x[CHUNK];
    gd_context *g[SETS];
    (void)state;
    open_all(g);
    for (int k = 0; k < FUNCTIONS; k++) {
        double worst = 0;
        int count = 0;
        for (int i = 0; i < SPECIALS; i++)
            for (int j = -AROUND; j <= AROUND; j++) {
                uint64_t bits = gd__bits_f64(special[i]) + (uint64_t)(int64_t)j;
                x[count++] = gd__from_bits_f64(bits & 0x7fffffffffffffffu);
                x[count++] = gd__from_bits_f64(bits | 0x8000000000000000u);
            }
        check_f64(g, &functions[k], x, count, &worst);
        for (int round = 0; round < 4; round++)
            check_f64(g, &functions[k], x, draw_f64(x), &worst);
        print_message("%s: %.3f units of float64\n", functions[k].name, worst);
    }
    close_all(g);
}

/* Doubles that lie as near to a multiple of pi/2 as they come below the limit: all that they have cancels. */
static void test_sines_near_zero(void **state)
{
    (void)state;
    for (int n = 1; n < 600000 && LDBL_MANT_DIG > DBL_MANT_DIG; n += 7) {
        double x = (double)((long double)n * 1.57079632679489661923132169163975144L);
        double s = gd__sin_f64(x), c = gd__cos_f64(x);
        double error = fmax(ulps_f64(s, sinl((long double)x)), ulps_f64(c, cosl((long double)x)));
        if (!(error <= 1.5)) /* the reference itself has units of its own that count here */
            fail_msg("sin or cos of %a: off by %g units", x, error);
    }
}

/* ---- powers ---- */

static const double power_limit[] = { GD__VMATH_POW };

static void check_power(double x, double y, double *worst)
{
    float narrow_x = (float)x, narrow_y = (float)y, narrow = gd__pow_f32(narrow_x, narrow_y);
    double wide = gd__pow_f64(x, y);
    long double exact = powl((long double)x, (long double)y);
    double error[] = { ulps_f32(narrow, pow((double)narrow_x, (double)narrow_y)),
                       LDBL_MANT_DIG > DBL_MANT_DIG ? ulps_f64(wide, exact) : 0 };
    if (!(error[0] <= power_limit[0]))
        fail_msg("pow(%a, %a) is %a, off by %g units", (double)narrow_x, (double)narrow_y, (double)narrow, error[0]);
    if (!(error[1] <= power_limit[1]))
        fail_msg("pow(%a, %a) is %a, expected %La: off by %g units", x, y, wide, exact, error[1]);
    for (int i = 0; i < 2; i++)
        worst[i] = fmax(worst[i], error[i]);
}

static void test_powers(void **state)
{
    static const double odd[] = { 0,
                                  0.5,
                                  1,
                                  1.5,
                                  2,
                                  3,
                                  INFINITY,
                                  NAN,
                                  0x1p-149,
                                  DBL_MIN,
                                  1e-300,
                                  FLT_MAX,
                                  DBL_MAX,
                                  0x1p23,
                                  0x1.8p23,
                                  0x1p24,
                                  0x1.fffffep23,
                                  0x1.8p51,
                                  0x1.8000000000001p51,
                                  0x1.0000000000001p52,
                                  0x1.fffffffffffffp52,
                                  0x1p53,
                                  0x1.0000000000001p0,
                                  0x1.fffffffffffffp-1,
                                  0x1.000002p0,
                                  0x1.fffffep-1,
                                  0x1p-1074 };
    enum { ODD = sizeof odd / sizeof *odd };
    double worst[2] = { 0 };
    (void)state;
    for (int i = 0; i < ODD * ODD; i++)
        for (int sign = 0; sign < 4; sign++)
            check_power(sign & 1 ? -odd[i / ODD] : odd[i / ODD], sign & 2 ? -odd[i % ODD] : odd[i % ODD], worst);
    for (int i = 0; i < 200000; i++) {
        double x = exp(100 * uniform() - 50), y = 8 * uniform() - 4;
        check_power(x, y, worst);
        check_power(-x, rint(y), worst);
        double z = uniform(), t = uniform(), size = ldexp(1 + z, (int)(2098 * t) - 1074); /* drawn in this order */
        check_power(0.7 + 0.8 * z, 1400 * t - 700, worst);
        check_power(1 + 0.01 * (z - 0.5), 1e5 * (t - 0.5), worst);
        check_power(size, y, worst);
        check_power((double)gd__from_bits_f32((uint32_t)(z * 0x1p32)),
                    (double)gd__from_bits_f32((uint32_t)(t * 0x1p32)), worst);
    }
    print_message("pow: %.4f units of float32, %.4f of float64\n", worst[0], worst[1]);
}

/* ---- where an element stands does not matter ---- */

static gd_tensor *cube_root(gd_tensor *x)
{
    return gd_pow_scalar(gd_abs(x), 1.0 / 3);
}

static gd_tensor *to_itself(gd_tensor *x)
{
    return gd_pow(x, x);
}

static gd_tensor *softplus(gd_tensor *x)
{
    return gd_softplus(x, 1, 20);
}

static gd_tensor *elu(gd_tensor *x)
{
    return gd_elu(x, 1);
}

static gd_tensor *(*const elementwise[])(gd_tensor *) = {
    gd_exp,   gd_expm1, gd_log,  gd_log1p, gd_sigmoid, gd_tanh, gd_sin,    gd_cos,    gd_erf,  gd_sqrt,
    gd_rsqrt, gd_silu,  gd_gelu, softplus, elu,        gd_neg,  cube_root, to_itself, gd_relu, gd_square,
};
enum { ELEMENTWISE = sizeof elementwise / sizeof *elementwise, MANY = 1600 };

/* With infinities, NaN and large numbers among them, so that some blocks take the slower course and others don't. */
static gd_tensor *mixed(gd_context *g, gd_dtype dtype)
{
    double x[MANY];
    for (int i = 0; i < MANY; i++)
        x[i] = i % 701 == 700 ? 1e30 : i % 503 == 502 ? -INFINITY : i % 909 == 908 ? NAN : 12 * uniform() - 6;
    return gd_cast(gd_from_memory(g, GD_FLOAT64, gd_shape(MANY), x), dtype);
}

static void expect_part(const gd_tensor *y, const double *whole, int from, int count, int step)
{
    double part[MANY];
    assert_true(gd_read(y, GD_FLOAT64, part, (size_t)count));
    for (int i = 0; i < count; i++)
        if (!same_f64(part[i], whole[from + i * step]))
            fail_msg("element %d of %d from %d by %d: %a, but %a in the whole", i, count, from, step, part[i],
                     whole[from + i * step]);
}

static void test_place(void **state)
{
    gd_context *g[SETS];
    (void)state;
    open_all(g);
    for (int s = 0; s < SETS; s++)
        for (int k = 0; g[s] && k < 2 * ELEMENTWISE; k++) {
            GD_SCOPE(g[s]);
            gd_tensor *(*f)(gd_tensor *) = elementwise[k / 2], *x = mixed(g[s], k % 2 ? GD_FLOAT64 : GD_FLOAT32);
            double whole[MANY];
            assert_true(gd_read(f(x), GD_FLOAT64, whole, MANY));
            for (int i = 0; i < 40; i++) {
                int from = (int)(uniform() * 900), count = i < 20 ? i : (int)(uniform() * 600);
                expect_part(f(gd_slice(x, 0, from, from + count, 1)), whole, from, count, 1);
                expect_part(f(gd_slice(x, 0, from, from + count, 3)), whole, from, (count + 2) / 3, 3);
            }
            assert_false(gd_failed(g[s]));
        }
    close_all(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_float32), cmocka_unit_test(test_float64), cmocka_unit_test(test_sines_near_zero),
        cmocka_unit_test(test_powers),  cmocka_unit_test(test_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
