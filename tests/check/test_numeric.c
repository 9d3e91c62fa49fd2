/* test_numeric.c - slopes from numbers, against derivatives that are known: how far off, and how far off they say they are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/numeric.h"

static gd_context *g;

static int open_context(void **state)
{
    (void)state;
    g = gd_open();
    return gd_failed(g);
}

static int close_context(void **state)
{
    (void)state;
    gd_close(g);
    return 0;
}

/* ---- numbers at random ---- */

static uint64_t random_state;

static double uniform(double low, double high)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * (double)(random_state >> 11) * 0x1p-53;
}

static double sign(void)
{
    return uniform(0, 1) < 0.5 ? -1 : 1;
}

static void seed(void)
{
    const char *given = getenv("GD_TEST_SEED");
    uint64_t value = given ? strtoull(given, NULL, 10) : 1;
    print_message("seed %llu\n", (unsigned long long)value);
    random_state = value * 0x9e3779b97f4a7c15u + 77;
    uniform(0, 1);
}

/* ---- functions of one number ---- */

typedef struct scalar {
    double (*f)(const double *a, double x);
    const double *a;
    int64_t calls;
} scalar;

static bool evaluate_scalar(void *user, int lane, double *const *x, double *y)
{
    scalar *s = user;
    (void)lane;
    s->calls++;
    y[0] = s->f(s->a, x[0][0]);
    return true;
}

/* The slope of f at x; *calls: how often f was asked. */
static gd__slope slope_of(double (*f)(const double *, double), const double *a, double x, double unit, int64_t *calls)
{
    scalar s = { f, a, 0 };
    double *point = &x, weight = 1;
    int64_t entries = 1;
    gd__objective o = { .context = g, .user = &s, .inputs = 1, .entries = &entries, .point = &point, .outputs = 1,
                        .weight = &weight, .evaluate = evaluate_scalar, .lanes = 1, .unit = unit };
    gd__slope slope;
    assert_true(gd__slope_at(&o, 0, 0, &slope));
    if (calls)
        *calls = s.calls;
    return slope;
}

static double polynomial(const double *a, double x)
{
    return a[0] + x * (a[1] + x * (a[2] + x * (a[3] + x * a[4])));
}

static double polynomial_slope(const double *a, double x)
{
    return a[1] + x * (2 * a[2] + x * (3 * a[3] + x * 4 * a[4]));
}

static double linear(const double *a, double x)
{
    return a[0] + a[1] * x;
}

static double linear_slope(const double *a, double x)
{
    (void)x;
    return a[1];
}

static double exponential(const double *a, double x)
{
    return a[0] * exp(a[1] * x);
}

static double exponential_slope(const double *a, double x)
{
    return a[0] * a[1] * exp(a[1] * x);
}

static double wave(const double *a, double x)
{
    return a[0] * sin(a[1] * x + a[2]);
}

static double wave_slope(const double *a, double x)
{
    return a[0] * a[1] * cos(a[1] * x + a[2]);
}

static double logarithm(const double *a, double x)
{
    return log(x / a[0]);
}

static double logarithm_slope(const double *a, double x)
{
    (void)a;
    return 1 / x;
}

static double root(const double *a, double x)
{
    return a[0] * sqrt(x);
}

static double root_slope(const double *a, double x)
{
    return 0.5 * a[0] / sqrt(x);
}

static double product(const double *a, double x)
{
    return tanh(a[0] * x) * exp(-x * x * a[1]) * cos(a[2] * x);
}

static double product_slope(const double *a, double x)
{
    double t = tanh(a[0] * x), e = exp(-x * x * a[1]), c = cos(a[2] * x);
    return a[0] * (1 - t * t) * e * c - 2 * a[1] * x * t * e * c - a[2] * t * e * sin(a[2] * x);
}

static double offset_wave(const double *a, double x)
{
    return a[3] + wave(a, x);
}

/* The offset is lost again, and what it rounded stays rounded: noise that the result does not show. */
static double hidden_offset(const double *a, double x)
{
    volatile double rounded = a[3] + wave(a, x);
    return rounded - a[3];
}

static double float_wave(const double *a, double x)
{
    return (float)((float)a[0] * sinf((float)((float)a[1] * (float)x) + (float)a[2]));
}

static double float_wave_slope(const double *a, double x)
{
    return (double)(float)a[0] * (double)(float)a[1] * cos((double)(float)a[1] * (double)(float)x + (double)(float)a[2]);
}

static double float_result(const double *a, double x)
{
    return (double)(float)exponential(a, x);
}

static double power(const double *a, double x)
{
    return a[0] * pow(fabs(x), a[1]);
}

static double power_slope(const double *a, double x)
{
    return copysign(a[0] * a[1] * pow(fabs(x), a[1] - 1), a[0] * x);
}

static double sigmoid(const double *a, double x)
{
    return log1p(exp(a[0] * x + a[1]));
}

static double sigmoid_slope(const double *a, double x)
{
    return a[0] / (1 + exp(-a[0] * x - a[1]));
}

/* Slopes that change at a[0]. */
static double bent(const double *a, double x)
{
    return a[1] * x + (x > a[0] ? a[2] * (x - a[0]) : 0) + 0.1 * sin(x);
}

static double bent_slope(const double *a, double x)
{
    return a[1] + (x > a[0] ? a[2] : 0) + 0.1 * cos(x);
}

/* ---- families ---- */

typedef struct family {
    const char *name;
    double (*f)(const double *a, double x), (*slope)(const double *a, double x);
    void (*draw)(double *a, double *x);
    double unit;
    double bound; /* of the relative error in all cases but a few; 0: none is promised */
} family;

#define DOUBLE 0x1p-53
#define FLOAT 0x1p-24

static void draw_common(double *a, double *x)
{
    for (int i = 0; i < 5; i++)
        a[i] = sign() * uniform(0.2, 2);
    *x = sign() * uniform(0.1, 2);
}

static void draw_huge(double *a, double *x)
{
    draw_common(a, x);
    *x *= pow(10, uniform(3, 200));
    a[1] *= pow(10, uniform(-50, 50));
}

static void draw_tiny(double *a, double *x)
{
    draw_common(a, x);
    *x *= pow(10, uniform(-250, -3));
    a[0] = 0;
}

static void draw_tiny_argument(double *a, double *x)
{
    draw_common(a, x);
    *x *= pow(10, uniform(-300, -3));
}

static void draw_zero(double *a, double *x)
{
    draw_common(a, x);
    *x = 0;
}

static void draw_any_scale(double *a, double *x)
{
    double scale = pow(10, uniform(-100, 100));
    draw_common(a, x);
    a[0] *= pow(10, uniform(-100, 100));
    a[1] /= scale;
    *x *= scale;
}

static void draw_high(double *a, double *x)
{
    draw_common(a, x);
    a[1] *= pow(10, uniform(1, 6));
}

static void draw_positive(double *a, double *x)
{
    draw_common(a, x);
    a[0] = fabs(a[0]);
    *x = fabs(*x) * pow(10, uniform(-12, 12));
}

static void draw_offset(double *a, double *x)
{
    draw_common(a, x);
    a[3] = sign() * pow(10, uniform(3, 10));
}

static void draw_float(double *a, double *x)
{
    draw_common(a, x);
    *x = (double)(float)*x;
}

static void draw_power(double *a, double *x)
{
    draw_common(a, x);
    a[1] = uniform(0.3, 6);
    *x *= pow(10, uniform(-8, 8));
}

static void draw_near_bend(double *a, double *x)
{
    draw_common(a, x);
    a[0] = *x + sign() * pow(10, uniform(-6, 1));
}

static const family families[] = {
    { "linear", linear, linear_slope, draw_common, DOUBLE, 1e-9 },
    { "linear, huge x", linear, linear_slope, draw_huge, DOUBLE, 0 },
    { "linear, tiny x", linear, linear_slope, draw_tiny, DOUBLE, 1e-9 },
    { "polynomial", polynomial, polynomial_slope, draw_common, DOUBLE, 1e-9 },
    { "polynomial at 0", polynomial, polynomial_slope, draw_zero, DOUBLE, 1e-9 },
    { "polynomial, tiny x", polynomial, polynomial_slope, draw_tiny_argument, DOUBLE, 1e-9 },
    { "exp", exponential, exponential_slope, draw_common, DOUBLE, 1e-9 },
    { "exp at 0", exponential, exponential_slope, draw_zero, DOUBLE, 1e-9 },
    { "exp, any scale", exponential, exponential_slope, draw_any_scale, DOUBLE, 1e-9 },
    { "sin", wave, wave_slope, draw_common, DOUBLE, 1e-9 },
    { "sin, any scale", wave, wave_slope, draw_any_scale, DOUBLE, 1e-9 },
    { "sin, high frequency", wave, wave_slope, draw_high, DOUBLE, 0 },
    { "log", logarithm, logarithm_slope, draw_positive, DOUBLE, 1e-9 },
    { "sqrt", root, root_slope, draw_positive, DOUBLE, 1e-9 },
    { "power", power, power_slope, draw_power, DOUBLE, 1e-9 },
    { "product", product, product_slope, draw_common, DOUBLE, 0 },
    { "softplus", sigmoid, sigmoid_slope, draw_common, DOUBLE, 1e-9 },
    { "large offset", offset_wave, wave_slope, draw_offset, DOUBLE, 0 },
    { "hidden offset", hidden_offset, wave_slope, draw_offset, DOUBLE, 0 },
    { "float32", float_wave, float_wave_slope, draw_float, FLOAT, 0 },
    { "float32 result", float_result, exponential_slope, draw_float, FLOAT, 0 },
    { "float32, not said", float_wave, float_wave_slope, draw_float, DOUBLE, 0 },
    { "near a kink", bent, bent_slope, draw_near_bend, DOUBLE, 0 },
};

enum { DRAWS = 300 };

typedef struct tally {
    int cases, within, far, other, precise;
    double worst, calls, error[DRAWS], actual[DRAWS];
} tally;

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void try_one(const family *m, tally *t)
{
    double a[5], x;
    m->draw(a, &x);
    int64_t calls;
    double exact = m->slope(a, x);
    gd__slope s = slope_of(m->f, a, x, m->unit, &calls);
    double off = fabs(s.value - exact) - 4e-16 * fabs(exact); /* exact is rounded as well */
    t->calls += (double)calls;
    t->other += s.state != GD__SLOPE_SMOOTH;
    t->within += off <= s.error;
    t->far += !(off <= 10 * s.error);
    t->worst = fmax(t->worst, off / s.error);
    if (getenv("VERBOSE") && (!(off <= s.error) || s.state != GD__SLOPE_SMOOTH))
        print_message("   %s: state %d x %.17g a %.17g %.17g %.17g %.17g value %.17g exact %.17g error %.3g off %.3g, %d calls\n", m->name, s.state, x, a[0],
                      a[1], a[2], a[3], s.value, exact, s.error, off, (int)calls);
    t->error[t->cases] = s.error / fabs(exact);
    t->actual[t->cases++] = fabs(s.value - exact) / fabs(exact);
}

static void errors_are_honest(void **state)
{
    (void)state;
    seed();
    print_message("%-22s %6s %6s %6s %8s %6s %9s %9s %9s\n", "", "within", "far", "other", "worst", "calls", "error 50", "error 95", "off 95");
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        tally t = { 0 };
        for (int k = 0; k < DRAWS; k++)
            try_one(&families[i], &t);
        qsort(t.error, DRAWS, sizeof *t.error, by_size);
        qsort(t.actual, DRAWS, sizeof *t.actual, by_size);
        print_message("%-22s %6d %6d %6d %8.2g %6.1f %9.2g %9.2g %9.2g\n", families[i].name, t.within, t.far, t.other, t.worst,
                      t.calls / DRAWS, t.error[DRAWS / 2], t.error[DRAWS * 95 / 100], t.actual[DRAWS * 95 / 100]);
    }
}

/* ---- where there is no slope ---- */

static double relu(const double *a, double x)
{
    return x > a[0] ? a[1] * (x - a[0]) : 0;
}

static double absolute(const double *a, double x)
{
    return a[2] + a[1] * fabs(x - a[0]);
}

static double larger(const double *a, double x)
{
    return fmax(exp(x - a[0]), 1 + sin(a[1] * (x - a[0])));
}

static double clamp(const double *a, double x)
{
    return fmin(fmax(x * x, a[0] * a[0]), a[1]);
}

static double floor_of(const double *a, double x)
{
    return a[1] * floor(x) + a[2] * x;
}

static double sign_of(const double *a, double x)
{
    return a[1] * ((x > a[0]) - (x < a[0])) + sin(x);
}

static double half_exp(const double *a, double x)
{
    return x < a[0] ? NAN : a[1] * exp(x);
}

static double power_15(const double *a, double x)
{
    return a[1] * pow(x - a[0], 1.5) + x;
}

static double square_root(const double *a, double x)
{
    return sqrt(x - a[0]);
}

static double inverse(const double *a, double x)
{
    return 1 / (x - a[0]);
}

static double cube_root(const double *a, double x)
{
    return cbrt(x - a[0]);
}

static void show(const char *name, double (*f)(const double *, double), const double *a, double x)
{
    int64_t calls;
    gd__slope s = slope_of(f, a, x, DOUBLE, &calls);
    print_message("%-14s x %-10.4g state %d value %.10g error %.3g left %.10g right %.10g, %d calls\n", name, x, s.state, s.value, s.error, s.left, s.right, (int)calls);
}

static void kinks(void **state)
{
    (void)state;
    for (double x = -1; x < 1e3; x = x == -1 ? 0 : x == 0 ? 1e-10 : x * 1e4) {
        double a[5] = { x, 1.5, 0.7 };
        show("relu", relu, a, x);
        show("abs", absolute, a, x);
        a[2] = 1e6;
        show("abs + 1e6", absolute, a, x);
        a[2] = 0.7;
        show("larger", larger, a, x);
        a[1] = 1e10;
        show("clamp", clamp, a, x);
        a[1] = 1.5;
        show("floor", floor_of, a, x);
        show("sign", sign_of, a, x);
        show("half exp", half_exp, a, x);
        show("power 1.5", power_15, a, x);
        show("sqrt", square_root, a, x);
        show("inverse", inverse, a, x);
        show("cbrt", cube_root, a, x);
    }
    double a[5] = { 0, 1.5, 0 };
    show("floor", floor_of, a, 1);
    show("floor", floor_of, a, 1.5);
    show("floor", floor_of, a, 0.999999);
    a[0] = 1 - 1e-10;
    show("sqrt close", square_root, a, 1);
    show("relu close", relu, a, 1);
    a[0] = 1 + 1e-10;
    show("relu close", relu, a, 1);
    a[0] = 1e-10;
    show("relu close", relu, a, 0);
    a[0] = -1e-10;
    show("relu close", relu, a, 0);
    a[0] = 1 + 1e-14;
    show("relu close", relu, a, 1);
    show("dead relu", relu, a, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(errors_are_honest, open_context, close_context),
        cmocka_unit_test_setup_teardown(kinks, open_context, close_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
