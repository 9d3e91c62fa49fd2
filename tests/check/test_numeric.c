/* test_numeric.c - slopes from numbers, against derivatives that are known: how far off, and how far off they say they are. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <pthread.h>
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
    gd__objective o = { .context = g,
                        .user = &s,
                        .inputs = 1,
                        .entries = &entries,
                        .point = &point,
                        .outputs = 1,
                        .weight = &weight,
                        .evaluate = evaluate_scalar,
                        .lanes = 1,
                        .unit = unit };
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
    return (double)(float)a[0] * (double)(float)a[1] *
           cos((double)(float)a[1] * (double)(float)x + (double)(float)a[2]);
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
    double bound;  /* 95 of 100 are off by less, relative to the slope, and say so */
    double honest; /* the share of cases whose error is as small as was said; none is off by ten times as much */
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
    a[0] *= fabs(a[1] * *x);
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
    a[0] = *x + sign() * pow(10, uniform(-8, 1));
}

static const family families[] = {
    { "linear", linear, linear_slope, draw_common, DOUBLE, 1e-9, 0.995 },
    { "linear, huge x", linear, linear_slope, draw_huge, DOUBLE, 1e-9, 0.995 },
    { "linear, tiny x", linear, linear_slope, draw_tiny, DOUBLE, 1e-9, 0.995 },
    { "polynomial", polynomial, polynomial_slope, draw_common, DOUBLE, 1e-9, 0.995 },
    { "polynomial at 0", polynomial, polynomial_slope, draw_zero, DOUBLE, 1e-9, 0.995 },
    { "polynomial, tiny x", polynomial, polynomial_slope, draw_tiny_argument, DOUBLE, 1e-9, 0.995 },
    { "exp", exponential, exponential_slope, draw_common, DOUBLE, 1e-9, 0.995 },
    { "exp at 0", exponential, exponential_slope, draw_zero, DOUBLE, 1e-9, 0.995 },
    { "exp, any scale", exponential, exponential_slope, draw_any_scale, DOUBLE, 1e-9, 0.995 },
    { "sin", wave, wave_slope, draw_common, DOUBLE, 1e-9, 0.995 },
    { "sin, any scale", wave, wave_slope, draw_any_scale, DOUBLE, 1e-9, 0.995 },
    { "sin, high frequency", wave, wave_slope, draw_high, DOUBLE, 1e-6, 0.99 },
    { "log", logarithm, logarithm_slope, draw_positive, DOUBLE, 1e-9, 0.995 },
    { "sqrt", root, root_slope, draw_positive, DOUBLE, 1e-9, 0.995 },
    { "power", power, power_slope, draw_power, DOUBLE, 1e-9, 0.995 },
    { "product", product, product_slope, draw_common, DOUBLE, 1e-9, 0.995 },
    { "softplus", sigmoid, sigmoid_slope, draw_common, DOUBLE, 1e-9, 0.995 },
    { "large offset", offset_wave, wave_slope, draw_offset, DOUBLE, 1e-3, 0.995 },
    { "hidden offset", hidden_offset, wave_slope, draw_offset, DOUBLE, 1e-3, 0.99 },
    { "float32", float_wave, float_wave_slope, draw_float, FLOAT, 1e-3, 0.995 },
    { "float32 result", float_result, exponential_slope, draw_float, FLOAT, 1e-4, 0.995 },
    { "float32, not said", float_wave, float_wave_slope, draw_float, DOUBLE, 1e-3, 0.99 },
    { "near a kink", bent, bent_slope, draw_near_bend, DOUBLE, 1e-6, 0.995 },
};

enum { DRAWS = 300 };

typedef struct tally {
    int cases, within, far, smooth;
    double worst, calls, error[DRAWS], off[DRAWS], coarse[DRAWS], fine[DRAWS];
} tally;

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(double *list, int percent)
{
    qsort(list, DRAWS, sizeof *list, by_size);
    return list[DRAWS * percent / 100];
}

/* What a step of one size for all makes of it. */
static double fixed_step(const family *m, const double *a, double x, double h)
{
    return (m->f(a, x + h) - m->f(a, x - h)) / (2 * h);
}

static void try_one(const family *m, tally *t)
{
    double a[5], x;
    int64_t calls;
    m->draw(a, &x);
    gd__slope s = slope_of(m->f, a, x, m->unit, &calls);
    double exact = m->slope(a, x), size = fabs(exact);
    double off = fabs(s.value - exact) - 4e-16 * size; /* exact is rounded as well */
    t->calls += (double)calls;
    t->smooth += s.state == GD__SLOPE_SMOOTH;
    t->within += off <= s.error;
    t->far += !(off <= 10 * s.error);
    t->worst = fmax(t->worst, off / s.error);
    t->error[t->cases] = s.error / size;
    t->off[t->cases] = off / size;
    t->coarse[t->cases] = fabs(fixed_step(m, a, x, 1e-4) - exact) / size;
    t->fine[t->cases] = fabs(fixed_step(m, a, x, 1e-6) - exact) / size;
    t->cases++;
}

static void assert_tally(const family *m, tally *t)
{
    double off = percentile(t->off, 95), error = percentile(t->error, 95);
    double fixed = fmin(percentile(t->coarse, 95), percentile(t->fine, 95));
    print_message("%-20s %7.1f %% %5d %8.2g %7.1f %9.2g %9.2g %9.2g\n", m->name, 100.0 * t->within / DRAWS,
                  DRAWS - t->smooth, t->worst, t->calls / DRAWS, error, off, fixed);
    assert_true(t->within >= m->honest * DRAWS);
    assert_true(t->far <= (m->honest < 0.995)); /* a very flat place that coarse rounding makes a step */
    assert_true(t->smooth >= 0.99 * DRAWS);
    assert_true(off <= m->bound && error <= m->bound);
    assert_true(off <= fmax(fixed, 1e-12));
}

static void errors_are_honest(void **state)
{
    (void)state;
    seed();
    print_message("%-20s %9s %5s %8s %7s %9s %9s %9s\n", "", "honest", "other", "worst", "calls", "error 95",
                  "off 95", "fixed 95");
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        tally t = { 0 };
        for (int k = 0; k < DRAWS; k++)
            try_one(&families[i], &t);
        assert_tally(&families[i], &t);
    }
}

/* ---- where there is no slope ---- */

static double relu(const double *a, double x)
{
    return x > a[0] ? a[1] * (x - a[0]) : 0;
}

static double absolute(const double *a, double x)
{
    return a[1] * fabs(x - a[0]);
}

static double larger(const double *a, double x)
{
    return fmax(exp(x - a[0]), 1 + sin(a[1] * (x - a[0])));
}

/* At the lower limit. */
static double clamp(const double *a, double x)
{
    return a[1] * fmin(fmax(exp(x), exp(a[0])), 1e300);
}

static double floor_of(const double *a, double x)
{
    return a[1] * floor(x - a[0]) + a[2] * x;
}

static double sign_of(const double *a, double x)
{
    return a[1] * ((x > a[0]) - (x < a[0])) + sin(x);
}

static double half_exp(const double *a, double x)
{
    return x < a[0] ? NAN : a[1] * exp(x - a[0]);
}

static double lower_half(const double *a, double x)
{
    return x > a[0] ? INFINITY : a[1] * sin(x - a[0]);
}

static double power_15(const double *a, double x)
{
    return a[1] * pow(x - a[0], 1.5) + x;
}

static double square_root(const double *a, double x)
{
    return sqrt(x - a[0]);
}

static double cube_root(const double *a, double x)
{
    return cbrt(x - a[0]);
}

static double inverse(const double *a, double x)
{
    return 1 / (x - a[0]);
}

typedef struct special {
    const char *name;
    double (*f)(const double *a, double x);
    gd__slope_state state;
    double value, left, right; /* with a[0] = x, a[1] = 1.5, a[2] = 0.7; NaN: not looked at */
} special;

static const special specials[] = {
    { "relu", relu, GD__SLOPE_KINK, 0.75, 0, 1.5 },
    { "abs", absolute, GD__SLOPE_KINK, 0, -1.5, 1.5 },
    { "larger", larger, GD__SLOPE_KINK, 1.25, 1, 1.5 },
    { "floor", floor_of, GD__SLOPE_UNSURE, 0.7, NAN, 0.7 },
    { "sign", sign_of, GD__SLOPE_UNSURE, NAN, NAN, NAN },
    { "cube root", cube_root, GD__SLOPE_UNSURE, NAN, NAN, NAN },
    { "square root", square_root, GD__SLOPE_UNSURE, NAN, NAN, NAN },
    { "inverse", inverse, GD__SLOPE_UNSURE, NAN, NAN, NAN },
    { "half of exp", half_exp, GD__SLOPE_SMOOTH, 1.5, NAN, NAN },
    { "lower half of sin", lower_half, GD__SLOPE_SMOOTH, 1.5, NAN, NAN },
    { "power 1.5", power_15, GD__SLOPE_SMOOTH, 1, NAN, NAN },
};

static void assert_close(const char *name, double x, double value, double expected, double error)
{
    if (!isnan(expected) && !(fabs(value - expected) <= error && error <= 1e-2 * fmax(1, fabs(expected))))
        fail_msg("%s at %g: %.10g, not %.10g, +- %.2g", name, x, value, expected, error);
}

static void assert_special(const special *m, double x)
{
    double a[5] = { x, 1.5, 0.7 };
    gd__slope s = slope_of(m->f, a, x, DOUBLE, NULL);
    if (s.state != m->state)
        fail_msg("%s at %g is %d, not %d", m->name, x, s.state, m->state);
    assert_close(m->name, x, s.value, m->value, s.error);
    assert_close(m->name, x, s.left, m->left, s.error);
    assert_close(m->name, x, s.right, m->right, s.error);
}

static void kinks_jumps_and_edges_are_told_apart(void **state)
{
    (void)state;
    static const double place[] = { 0, 1, -1, 2.5, 0.01, 1e-4, 1e-8, -3e-12, 30, -1000 };
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
        for (size_t k = 0; k < sizeof place / sizeof *place; k++)
            assert_special(&specials[i], place[k]);
}

static void limits_are_kinks(void **state)
{
    (void)state;
    for (double x = -2; x < 2; x += 0.3) {
        double a[5] = { x, 0.5 };
        gd__slope s = slope_of(clamp, a, x, DOUBLE, NULL);
        assert_int_equal(s.state, GD__SLOPE_KINK);
        assert_close("clamp", x, s.left, 0, s.error);
        assert_close("clamp", x, s.right, 0.5 * exp(x), s.error);
    }
}

/* A kink or a jump that is near, but not at the point. */
static void what_is_near_does_not_spoil_a_slope(void **state)
{
    (void)state;
    for (double distance = 1; distance > 1e-8; distance *= 0.13)
        for (int side = -1; side <= 1; side += 2) {
            double a[5] = { 0.5 + side * distance, 1.5, 0.7 };
            gd__slope kink = slope_of(relu, a, 0.5, DOUBLE, NULL), jump = slope_of(sign_of, a, 0.5, DOUBLE, NULL);
            assert_int_equal(kink.state, GD__SLOPE_SMOOTH);
            assert_close("relu", 0.5, kink.value, side < 0 ? 1.5 : 0, kink.error);
            assert_int_equal(jump.state, GD__SLOPE_SMOOTH);
            assert_close("sign", 0.5, jump.value, cos(0.5), jump.error);
        }
}

static double steps(const double *a, double x)
{
    return a[0] * floor(a[1] * x) + a[2] * (x > a[3]);
}

/* Functions that are flat but for their jumps. */
static void steps_have_no_slope(void **state)
{
    (void)state;
    seed();
    int smooth = 0;
    for (int round = 0; round < 2000; round++) {
        double a[5], x;
        draw_common(a, &x);
        a[1] *= round % 4 ? 1 : 10;
        gd__slope s = slope_of(steps, a, x, round % 5 ? DOUBLE : FLOAT, NULL);
        smooth += s.state == GD__SLOPE_SMOOTH;
        assert_true(s.state != GD__SLOPE_KINK);
        if (s.state == GD__SLOPE_SMOOTH && !(fabs(s.value) <= s.error))
            fail_msg("at %.17g: %g +- %g", x, s.value, s.error);
    }
    assert_true(smooth > 1900);
}

/* Roots and logarithms beside the edge of where they are. */
static void edges_do_not_spoil_a_slope(void **state)
{
    (void)state;
    for (double distance = 1; distance > 1e-9; distance *= 0.07) {
        double a[5] = { 1 - distance };
        gd__slope s = slope_of(square_root, a, 1, DOUBLE, NULL);
        double exact = 0.5 / sqrt(1 - a[0]);
        assert_int_equal(s.state, GD__SLOPE_SMOOTH);
        assert_true(fabs(s.value - exact) <= s.error);
        assert_true(s.error <= 1e-5 * exact);
    }
}

static double nothing(const double *a, double x)
{
    (void)x;
    return a[0];
}

static double swamped(const double *a, double x)
{
    return a[0] + sin(x);
}

static void no_slope_is_no_error(void **state)
{
    (void)state;
    double a[5] = { 3 };
    int64_t calls;
    gd__slope s = slope_of(nothing, a, 0.5, DOUBLE, &calls);
    assert_int_equal(s.state, GD__SLOPE_SMOOTH);
    assert_true(s.value == 0 && s.error < 1e-12 && calls <= 13);
    s = slope_of(nothing, (double[]){ 0 }, 0, DOUBLE, NULL);
    assert_true(s.value == 0 && s.error < 1e-300);
    for (double offset = 1e6; offset < 1e18; offset *= 10) {
        s = slope_of(swamped, &offset, 0.5, DOUBLE, NULL);
        assert_true(fabs(s.value - cos(0.5)) <= s.error);
    }
}

static void numbers_that_are_not_finite_give_none(void **state)
{
    (void)state;
    double a[5] = { NAN };
    gd__slope s = slope_of(linear, a, 1, DOUBLE, NULL);
    assert_true(s.state == GD__SLOPE_UNSURE && isnan(s.value));
    a[0] = -INFINITY;
    s = slope_of(linear, a, 1, DOUBLE, NULL);
    assert_true(s.state == GD__SLOPE_UNSURE && isnan(s.value));
    double b[5] = { 1, 1 };
    s = slope_of(relu, b, INFINITY, DOUBLE, NULL);
    assert_true(s.state == GD__SLOPE_UNSURE && isnan(s.value));
    s = slope_of(nothing, b, NAN, DOUBLE, NULL);
    assert_true(s.state == GD__SLOPE_UNSURE && isnan(s.value));
}

/* ---- a network: many entries, many outputs, several lanes ---- */

enum { SAMPLES = 12, IN = 5, HIDDEN = 8, CLASSES = 4, W1 = 0, B1, W2, B2, INPUTS, LANES = 7 };

static const int64_t entries[INPUTS] = { IN * HIDDEN, HIDDEN, HIDDEN *CLASSES, CLASSES };

typedef struct network {
    double x[SAMPLES][IN], store[INPUTS][IN * HIDDEN], weight[SAMPLES * CLASSES], gradient[INPUTS][IN * HIDDEN];
    double *point[INPUTS];
    gd__objective o;
    int64_t fail_after, calls[LANES];
    int64_t progress, told, all;
    pthread_t caller;
    bool elsewhere;
} network;

static double logit(const network *m, double *const *p, int n, int c, double *hidden)
{
    double sum = p[B2][c];
    for (int j = 0; j < HIDDEN; j++) {
        double z = p[B1][j];
        for (int i = 0; i < IN; i++)
            z += m->x[n][i] * p[W1][i * HIDDEN + j];
        hidden[j] = fmax(z, 0);
        sum += hidden[j] * p[W2][j * CLASSES + c];
    }
    return sum;
}

/* log softmax of a layer of relu and a linear one. */
static bool evaluate_network(void *user, int lane, double *const *p, double *y)
{
    network *m = user;
    double hidden[HIDDEN];
    if (++m->calls[lane] == m->fail_after) {
        if (lane == 0) /* the context is the calling thread's */
            gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE }, "no more");
        return false;
    }
    for (int n = 0; n < SAMPLES; n++) {
        double sum = 0, *row = y + n * CLASSES;
        for (int c = 0; c < CLASSES; c++)
            sum += exp(row[c] = logit(m, p, n, c, hidden));
        for (int c = 0; c < CLASSES; c++)
            row[c] -= log(sum);
    }
    return true;
}

/* The gradient by hand, as a reference. */
static void differentiate(network *m)
{
    memset(m->gradient, 0, sizeof m->gradient);
    for (int n = 0; n < SAMPLES; n++) {
        double hidden[HIDDEN], p[CLASSES], sum = 0, weights = 0;
        for (int c = 0; c < CLASSES; c++) {
            sum += p[c] = exp(logit(m, m->point, n, c, hidden));
            weights += m->weight[n * CLASSES + c];
        }
        for (int c = 0; c < CLASSES; c++) {
            double d = m->weight[n * CLASSES + c] - weights * p[c] / sum;
            m->gradient[B2][c] += d;
            for (int j = 0; j < HIDDEN; j++) {
                double back = hidden[j] > 0 ? d * m->point[W2][j * CLASSES + c] : 0;
                m->gradient[W2][j * CLASSES + c] += hidden[j] * d;
                m->gradient[B1][j] += back;
                for (int i = 0; i < IN; i++)
                    m->gradient[W1][i * HIDDEN + j] += back * m->x[n][i];
            }
        }
    }
}

static void note_progress(void *watcher, int64_t done, int64_t all)
{
    network *m = watcher;
    m->elsewhere = m->elsewhere || !pthread_equal(m->caller, pthread_self());
    m->told++;
    m->progress = done;
    m->all = all;
}

static void make_network(network *m, int lanes)
{
    *m = (network){ .caller = pthread_self() };
    for (int n = 0; n < SAMPLES; n++)
        for (int i = 0; i < IN; i++)
            m->x[n][i] = uniform(-1, 1);
    for (int i = 0; i < INPUTS; i++) {
        m->point[i] = m->store[i];
        for (int64_t k = 0; k < entries[i]; k++)
            m->store[i][k] = i == B2 ? 0 : uniform(-1, 1);
    }
    for (int k = 0; k < SAMPLES * CLASSES; k++)
        m->weight[k] = k % 3 ? uniform(-1, 1) : 0;
    differentiate(m);
    m->o = (gd__objective){ .context = g,
                            .user = m,
                            .inputs = INPUTS,
                            .entries = entries,
                            .point = m->point,
                            .outputs = SAMPLES * CLASSES,
                            .weight = m->weight,
                            .evaluate = evaluate_network,
                            .lanes = lanes,
                            .unit = DOUBLE,
                            .progress = note_progress, .watcher = m };
}

/* To the last bit. What lies between the fields is nobody's. */
static void assert_same_slope(const gd__slope *a, const gd__slope *b)
{
    assert_memory_equal(&a->value, &b->value, sizeof a->value);
    assert_memory_equal(&a->error, &b->error, sizeof a->error);
    assert_memory_equal(&a->left, &b->left, sizeof a->left);
    assert_memory_equal(&a->right, &b->right, sizeof a->right);
    assert_int_equal(a->state, b->state);
}

static void assert_slopes(const network *m, int input, const gd__slope *s)
{
    for (int64_t k = 0; k < entries[input]; k++) {
        assert_int_equal(s[k].state, GD__SLOPE_SMOOTH);
        double off = fabs(s[k].value - m->gradient[input][k]);
        if (!(off <= s[k].error + 1e-15 && s[k].error <= 1e-7))
            fail_msg("input %d, entry %d: %.12g, not %.12g, +- %.2g", input, (int)k, s[k].value,
                     m->gradient[input][k], s[k].error);
    }
}

static void slopes_of_a_network_are_its_gradient(void **state)
{
    (void)state;
    seed();
    for (int round = 0; round < 20; round++) {
        network m;
        make_network(&m, 1);
        int64_t count = 0;
        for (int i = 0; i < INPUTS; i++) {
            gd__slope s[IN * HIDDEN], one;
            assert_true(gd__slopes_of(&m.o, i, s));
            count += entries[i];
            assert_slopes(&m, i, s);
            assert_int_equal(m.progress, entries[i]);
            assert_true(gd__slope_at(&m.o, i, 1, &one));
            assert_same_slope(&one, &s[1]);
        }
        assert_true((double)m.calls[0] < 10 * (double)count); /* those of slope_at, and of the noise, among them */
    }
}

static void lanes_change_nothing(void **state)
{
    (void)state;
    seed();
    network one, many;
    make_network(&one, 1);
    for (int lanes = 2; lanes <= LANES; lanes++) {
        many = one;
        for (int i = 0; i < INPUTS; i++)
            many.point[i] = many.store[i];
        many.o.user = many.o.watcher = &many;
        many.o.point = many.point;
        many.o.weight = many.weight;
        many.o.lanes = lanes;
        for (int i = 0; i < INPUTS; i++) {
            gd__slope a[IN * HIDDEN], b[IN * HIDDEN];
            assert_true(gd__slopes_of(&one.o, i, a));
            assert_true(gd__slopes_of(&many.o, i, b));
            for (int64_t k = 0; k < entries[i]; k++)
                assert_same_slope(&a[k], &b[k]);
            assert_int_equal(many.progress, entries[i]);
        }
        assert_true(many.calls[lanes - 1] > 0 || entries[B2] < lanes);
        assert_false(many.elsewhere);
    }
}

static void directions_sum_up(void **state)
{
    (void)state;
    seed();
    for (int round = 0; round < 50; round++) {
        network m;
        make_network(&m, 1);
        double store[INPUTS][IN * HIDDEN], *direction[INPUTS], exact = 0;
        for (int i = 0; i < INPUTS; i++) {
            direction[i] = store[i];
            for (int64_t k = 0; k < entries[i]; k++) {
                store[i][k] = uniform(-1e3, 1e3);
                exact += store[i][k] * m.gradient[i][k];
            }
        }
        gd__slope s;
        assert_true(gd__slope_along(&m.o, direction, &s));
        assert_int_equal(s.state, GD__SLOPE_SMOOTH);
        assert_true(fabs(s.value - exact) <= s.error && s.error <= 1e-6 * fabs(exact) + 1e-6);
    }
}

static void failures_are_handed_on(void **state)
{
    (void)state;
    seed();
    for (int64_t after = 1; after < 60; after += 3) {
        network m;
        gd__slope s[IN * HIDDEN];
        make_network(&m, 1 + (int)after % 3);
        m.fail_after = after;
        assert_false(gd__slopes_of(&m.o, W1, s));
        assert_true(gd_failed(g) || m.o.lanes > 1);
        gd_clear(g);
    }
}

static bool evaluate_nothing(void *user, int lane, double *const *x, double *y)
{
    (void)user, (void)lane, (void)x, (void)y;
    return true;
}

static void no_entries_and_no_outputs_are_fine(void **state)
{
    (void)state;
    seed();
    network m;
    make_network(&m, 2);
    int64_t none[INPUTS] = { IN * HIDDEN, 0, HIDDEN * CLASSES, CLASSES };
    gd__slope s[IN * HIDDEN];
    m.o.entries = none;
    assert_true(gd__slopes_of(&m.o, B1, s));
    assert_int_equal(m.calls[0], 0);
    m.o.entries = entries;
    m.o.outputs = 0;
    memset(m.weight, 0, sizeof m.weight);
    m.o.evaluate = evaluate_nothing;
    assert_true(gd__slopes_of(&m.o, W2, s));
    assert_true(s[3].value == 0 && s[3].state == GD__SLOPE_SMOOTH);
}

/* ---- scarce memory ---- */

typedef struct scarce {
    int64_t live;
    int granted;
    bool refuse;
} scarce;

static void *scarce_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    scarce *s = user;
    if (new_size > old_size && s->refuse && s->granted-- <= 0)
        return NULL;
    void *moved = new_size ? realloc(block, new_size) : NULL;
    if (!new_size)
        free(block);
    if (moved || !new_size)
        s->live += (int64_t)new_size - (int64_t)old_size;
    return moved;
}

/* Blocks are asked for from the allocator one by one, however large what the context keeps is. */
static bool run_with(int blocks, int what)
{
    scarce memory = { 0 };
    gd_context *own = gd_open_with(&(gd_config){ .allocator = { scarce_resize, &memory } });
    network m;
    make_network(&m, 2);
    gd__slope s[IN * HIDDEN];
    m.o.context = own;
    memory.refuse = true;
    memory.granted = blocks;
    bool done = what == 0   ? gd__slopes_of(&m.o, W1, s)
                : what == 1 ? gd__slope_at(&m.o, W2, 3, s)
                            : gd__slope_along(&m.o, m.point, s);
    assert_int_equal(done, !gd_failed(own));
    gd_close(own);
    assert_int_equal(memory.live, 0);
    return done;
}

static void memory_may_be_scarce(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        int blocks = 0;
        while (!run_with(blocks, what))
            assert_true(++blocks < 20);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(errors_are_honest),
        TEST(kinks_jumps_and_edges_are_told_apart),
        TEST(limits_are_kinks),
        TEST(what_is_near_does_not_spoil_a_slope),
        TEST(steps_have_no_slope),
        TEST(edges_do_not_spoil_a_slope),
        TEST(no_slope_is_no_error),
        TEST(numbers_that_are_not_finite_give_none),
        TEST(slopes_of_a_network_are_its_gradient),
        TEST(lanes_change_nothing),
        TEST(directions_sum_up),
        TEST(failures_are_handed_on),
        TEST(no_entries_and_no_outputs_are_fine),
        TEST(memory_may_be_scarce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
