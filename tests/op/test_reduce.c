/* test_reduce.c - reductions and running sums: against PyTorch, against slow loops at sizes around the width of vectors,
 * and what they refuse. */
#include "battery.h"

/* One call, and what PyTorch makes of it: see make_reduce_reference.py. */
typedef struct reference {
    const char *op;
    gd_dtype dtype;
    gd_dims shape;
    const double *x; /* NULL: by rule */
    gd_dims axes;
    bool keepdim;
    double number; /* p of a norm; 1 for a variance of the population */
    gd_dtype result;
    gd_dims result_shape;
    const double *y, *dx, *ddx; /* dx, ddx: NULL where they are not compared */
} reference;

#include "reduce_reference.h"

static gd_tensor *sum(gd_tensor *x, const reference *r)
{
    return gd_sum(x, r->axes, r->keepdim);
}

static gd_tensor *mean(gd_tensor *x, const reference *r)
{
    return gd_mean(x, r->axes, r->keepdim);
}

static gd_tensor *prod(gd_tensor *x, const reference *r)
{
    return gd_prod(x, r->axes, r->keepdim);
}

static gd_tensor *max(gd_tensor *x, const reference *r)
{
    return gd_max(x, r->axes, r->keepdim);
}

static gd_tensor *min(gd_tensor *x, const reference *r)
{
    return gd_min(x, r->axes, r->keepdim);
}

static gd_tensor *argmax(gd_tensor *x, const reference *r)
{
    return gd_argmax(x, (int)r->axes.size[0], r->keepdim);
}

static gd_tensor *argmin(gd_tensor *x, const reference *r)
{
    return gd_argmin(x, (int)r->axes.size[0], r->keepdim);
}

static gd_tensor *any(gd_tensor *x, const reference *r)
{
    return gd_any(x, r->axes, r->keepdim);
}

static gd_tensor *all(gd_tensor *x, const reference *r)
{
    return gd_all(x, r->axes, r->keepdim);
}

static gd_tensor *logsumexp(gd_tensor *x, const reference *r)
{
    return gd_logsumexp(x, r->axes, r->keepdim);
}

static gd_tensor *var(gd_tensor *x, const reference *r)
{
    return gd_var(x, r->axes, r->keepdim, .population = r->number == 1);
}

static gd_tensor *deviation(gd_tensor *x, const reference *r)
{
    return gd_std(x, r->axes, r->keepdim, .population = r->number == 1);
}

static gd_tensor *norm(gd_tensor *x, const reference *r)
{
    return gd_norm(x, r->axes, r->keepdim, r->number);
}

static gd_tensor *cumsum(gd_tensor *x, const reference *r)
{
    return gd_cumsum(x, (int)r->axes.size[0]);
}

static gd_tensor *softmax(gd_tensor *x, const reference *r)
{
    return gd_softmax(x, (int)r->axes.size[0]);
}

static gd_tensor *log_softmax(gd_tensor *x, const reference *r)
{
    return gd_log_softmax(x, (int)r->axes.size[0]);
}

enum { AXES = 1, FLOATS = 2, SOME = 4 };

static const struct {
    const char *name;
    gd_tensor *(*run)(gd_tensor *, const reference *);
    int takes; /* AXES: any number of them; FLOATS: no other dtypes; SOME: at least one element */
} ops[] = {
    { "sum", sum, AXES },
    { "mean", mean, AXES | FLOATS },
    { "prod", prod, AXES },
    { "max", max, AXES | SOME },
    { "min", min, AXES | SOME },
    { "argmax", argmax, SOME },
    { "argmin", argmin, SOME },
    { "any", any, AXES },
    { "all", all, AXES },
    { "logsumexp", logsumexp, AXES },
    { "var", var, AXES | FLOATS },
    { "std", deviation, AXES | FLOATS },
    { "norm", norm, AXES | FLOATS },
    { "cumsum", cumsum, 0 },
    { "softmax", softmax, 0 },
    { "log_softmax", log_softmax, 0 },
};
enum { OPS = sizeof ops / sizeof *ops };

/* ---- against PyTorch ---- */

static gd_tensor *run_reference(gd_tensor *x, const reference *r)
{
    for (int i = 0; i < OPS; i++)
        if (strcmp(ops[i].name, r->op) == 0)
            return ops[i].run(x, r);
    fail_msg("there is no %s", r->op);
    return NULL;
}

static double number_by_rule(gd_dtype dtype, int64_t i)
{
    switch (dtype) {
    case GD_INT64: return (double)((7 * i + 3) % 11 - 5);
    case GD_UINT8: return (double)((7 * i + 3) % 11 * 20);
    case GD_BOOL: return (7 * i + 3) % 3 != 0;
    default: return (double)((7 * i + 3) % 11 - 5) / 4 + 0.125;
    }
}

static gd_tensor *operand_of(gd_context *g, const reference *r)
{
    gd_tensor *x = gd_zeros(g, r->dtype, r->shape);
    double numbers[MOST];
    for (int64_t i = 0; i < gd_numel(x); i++)
        numbers[i] = r->x ? r->x[i] : number_by_rule(r->dtype, i);
    gd_write(x, GD_FLOAT64, numbers, (size_t)gd_numel(x));
    return x;
}

static void compare(const reference *r, const char *what, const gd_tensor *t, const double *want, double tolerance)
{
    double got[MOST];
    char text[64];
    snprintf(text, sizeof text, "case %lld, %s, %s", (long long)(r - references), r->op, what);
    read_all(t, got);
    for (int64_t i = 0; i < gd_numel(t); i++)
        close_to(got[i], want[i], tolerance, text, i);
}

/* 1, 1 + 1 / by, 1 + 2 / by, ... in the shape of t. */
static gd_tensor *ramp(gd_tensor *t, double by)
{
    gd_tensor *steps = gd_div_scalar(gd_arange(gd_context_of(t), GD_FLOAT64, gd_numel(t)), by);
    return gd_reshape(gd_add_scalar(steps, 1), gd_sizes(t));
}

static void compare_derivatives(gd_tensor *x, gd_tensor *y, const reference *r)
{
    gd_tensor *dx, *ddx;
    if (!r->dx)
        return;
    assert_true(gd_gradient(y, ramp(y, 10), 1, &x, &dx, true));
    compare(r, "dx", dx, r->dx, 1e-13);
    if (!r->ddx)
        return;
    gd_tensor *total = gd_sum(gd_mul(dx, ramp(dx, 7)));
    if (!gd_requires_grad(total)) {
        for (int64_t i = 0; i < gd_numel(x); i++)
            assert_true(r->ddx[i] == 0);
        return;
    }
    assert_true(gd_gradient(total, NULL, 1, &x, &ddx, false));
    compare(r, "ddx", ddx, r->ddx, 1e-12);
}

static void test_references(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof references / sizeof *references; n++) {
        const reference *r = &references[n];
        gd_context *g = gd_open();
        double tolerance = r->result == GD_FLOAT32 ? 4e-7 : 1e-14;
        gd_tensor *x = operand_of(g, r);
        if (r->dx)
            gd_require_grad(x, true);
        gd_tensor *y = run_reference(x, r);
        no_error(g);
        gd_dims shape = gd_sizes(y);
        assert_int_equal(gd_dtype_of(y), r->result);
        assert_int_equal(shape.count, r->result_shape.count);
        assert_memory_equal(shape.size, r->result_shape.size, (size_t)shape.count * sizeof *shape.size);
        compare(r, "y", y, r->y, tolerance);
        compare_derivatives(x, y, r);
        if (gd_ndim(x) > 1) { /* the same elements in another order of storage */
            gd_tensor *scattered = gd_transpose(gd_clone(gd_transpose(x, 0, -1)), 0, -1);
            compare(r, "y of a view", run_reference(scattered, r), r->y, tolerance);
        }
        no_error(g);
        gd_close(g);
    }
}

/* ---- against slow loops ---- */

/* What a lane makes, its elements `step` apart. */
static double slow_fold(const char *op, const double *x, int64_t n, int64_t step)
{
    double sum = 0, prod = 1, max = -INFINITY, min = INFINITY, exps = 0;
    int64_t largest = 0, smallest = 0, zeros = 0;
    for (int64_t i = 0; i < n; i++) {
        double v = x[i * step];
        sum += v;
        prod *= v;
        exps += exp(v);
        largest = v > max ? i : largest;
        smallest = v < min ? i : smallest;
        max = fmax(max, v);
        min = fmin(min, v);
        zeros += v == 0;
    }
    const struct {
        const char *name;
        double value;
    } results[] = { { "sum", sum }, { "mean", sum / (double)n }, { "prod", prod }, { "max", max }, { "min", min },
                    { "argmax", (double)largest }, { "argmin", (double)smallest }, { "any", zeros < n },
                    { "all", zeros == 0 }, { "logsumexp", log(exps) } };
    for (size_t i = 0; i < sizeof results / sizeof *results; i++)
        if (strcmp(results[i].name, op) == 0)
            return results[i].value;
    return NAN;
}

/* Elements near 1, so that products stay in range, small whole ones in integers, one zero in 150; no NaN. */
static gd_tensor *lanes_of(gd_context *g, gd_dtype dtype, gd_dims shape)
{
    gd_tensor *x = gd_rand(g, GD_FLOAT64, shape);
    if (dtype == GD_FLOAT32 || dtype == GD_FLOAT64)
        return gd_cast(gd_add_scalar(gd_mul_scalar(x, 0.2), 0.9), dtype);
    return gd_cast(gd_add_scalar(gd_lt_scalar(x, 0.02), 1), GD_INT64); /* 1, and now and then 2 */
}

/* Rows (inner 1) and columns, against the loop. */
static void check_lanes(gd_context *g, gd_dtype dtype, int64_t outer, int64_t n, int64_t inner)
{
    GD_SCOPE(g);
    static double x[40000], y[4000];
    gd_tensor *t = gd_cast(lanes_of(g, dtype, gd_shape(outer, n, inner)), dtype);
    assert_true(gd_numel(t) <= 40000 && outer * inner <= 4000);
    assert_true(gd_read(t, GD_FLOAT64, x, (size_t)gd_numel(t)));
    reference along = { .axes = gd_axes(1) };
    double tolerance = dtype == GD_FLOAT32 ? 1e-4 : dtype == GD_FLOAT64 ? 1e-12 : 1e-6;
    for (int i = 0; i < OPS; i++) {
        if (isnan(slow_fold(ops[i].name, x, 1, 1)) || ((ops[i].takes & FLOATS) && dtype > GD_FLOAT64) ||
            ((ops[i].takes & SOME) && n == 0) || (n == 0 && strcmp(ops[i].name, "mean") == 0))
            continue;
        gd_tensor *result = ops[i].run(t, &along);
        no_error(g);
        assert_true(gd_read(result, GD_FLOAT64, y, (size_t)(outer * inner)));
        for (int64_t o = 0; o < outer; o++)
            for (int64_t c = 0; c < inner; c++)
                close_to(y[o * inner + c], slow_fold(ops[i].name, x + o * n * inner + c, n, inner), tolerance,
                         ops[i].name, o * inner + c);
    }
}

static void check_running(gd_context *g, gd_dtype dtype, int64_t outer, int64_t n, int64_t inner)
{
    GD_SCOPE(g);
    static double x[40000], y[40000], back[40000];
    gd_tensor *t = gd_cast(lanes_of(g, dtype, gd_shape(outer, n, inner)), dtype);
    assert_true(gd_numel(t) <= 40000);
    gd_read(t, GD_FLOAT64, x, (size_t)gd_numel(t));
    gd_read(gd_cumsum(t, 1), GD_FLOAT64, y, (size_t)gd_numel(t));
    gd_read(gd_cumsum_backward(t, 1), GD_FLOAT64, back, (size_t)gd_numel(t));
    no_error(g);
    double tolerance = dtype == GD_FLOAT32 ? 1e-6 : 1e-13;
    for (int64_t lane = 0; lane < outer * inner; lane++) {
        int64_t first = lane / inner * n * inner + lane % inner;
        double ahead = 0, behind = 0;
        for (int64_t i = 0; i < n; i++) {
            int64_t at = first + i * inner, opposite = first + (n - 1 - i) * inner;
            close_to(y[at], ahead += x[at], tolerance, "cumsum", at);
            close_to(back[opposite], behind += x[opposite], tolerance, "cumsum_backward", opposite);
        }
    }
}

static void test_sizes(void **state)
{
    static const char *const isas[] = { "generic", "avx2", "avx512" };
    static const int64_t long_rows[] = { 127, 128, 129, 255, 256, 257, 511, 513, 1000 };
    static const int64_t widths[] = { 2, 3, 31, 63, 64, 65, 130 };
    (void)state;
    for (size_t n = 0; n < sizeof isas / sizeof *isas; n++) {
        gd_context *g = gd_open_with(&(gd_config){ .isa = isas[n] });
        gd_seed(g, GD_RNG_PHILOX, test_seed());
        for (gd_dtype dtype = GD_FLOAT32; strcmp(gd_isa(g), "none") != 0 && dtype <= GD_BOOL; dtype++) {
            for (int64_t rows = 0; rows <= 70; rows++) {
                check_lanes(g, dtype, 3, rows, 1);
                check_running(g, dtype, 3, rows, 1);
            }
            for (size_t i = 0; i < sizeof long_rows / sizeof *long_rows; i++)
                check_lanes(g, dtype, 2, long_rows[i], 1);
            for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
                check_lanes(g, dtype, 2, 5, widths[i]);
                check_lanes(g, dtype, 1, 129, widths[i]);
                check_running(g, dtype, 2, 5, widths[i]);
            }
            check_lanes(g, dtype, 300, 1, 2); /* lanes of one element */
        }
        gd_close(g);
    }
}

static gd_tensor *short_fold(int op, gd_tensor *x)
{
    switch (op) {
    case 0: return gd_sum(x, gd_axes(1));
    case 1: return gd_prod(x, gd_axes(1));
    case 2: return gd_max(x, gd_axes(1));
    case 3: return gd_softmax(x, 1);
    default: return gd_log_softmax(x, 1);
    }
}

/* Short rows are folded side by side: each gives the bits that it gives alone, and that it gives with others behind it. */
static void test_short_rows(void **state)
{
    enum { ROWS = 131 };
    static const char *const isas[] = { "generic", "avx2", "avx512" };
    double whole[ROWS * 17], alone[17];
    (void)state;
    for (size_t n = 0; n < sizeof isas / sizeof *isas; n++) {
        gd_context *g = gd_open_with(&(gd_config){ .isa = isas[n] });
        gd_seed(g, GD_RNG_PHILOX, test_seed());
        for (int i = 0; strcmp(gd_isa(g), "none") != 0 && i < 5 * 17 * 2; i++) {
            GD_SCOPE(g);
            gd_dtype dtype = i % 2 ? GD_FLOAT64 : GD_FLOAT32;
            int64_t columns = i / 2 % 17 + 1;
            gd_tensor *x = gd_mul_scalar(gd_randn(g, dtype, gd_shape(ROWS, columns)), 3);
            gd_tensor *y = short_fold(i / 34, x);
            int64_t each = gd_numel(y) / ROWS;
            gd_read(y, GD_FLOAT64, whole, (size_t)gd_numel(y));
            for (int64_t row = 0; row < ROWS; row++) {
                gd_tensor *one = gd_contiguous(gd_slice(x, 0, row, row + 1, 1));
                gd_read(short_fold(i / 34, one), GD_FLOAT64, alone, (size_t)each);
                no_error(g);
                assert_memory_equal(alone, whole + row * each, (size_t)each * sizeof *alone);
            }
        }
        gd_close(g);
    }
}

/* One NaN at each place of a row and of a column: it is the result, and its place is that of the largest and smallest. */
static void test_nan_at_each_place(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    for (int inner = 1; inner <= 2; inner++)
        for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++)
            for (int64_t at = 0; at < 300; at++) {
                GD_SCOPE(g);
                gd_tensor *x = gd_rand(g, dtype, gd_shape(300, inner));
                gd_write(gd_select(gd_select(x, 0, at), 0, 0), GD_FLOAT64, (const double[]){ NAN }, 1);
                assert_true(isnan(gd_at(gd_max(x, gd_axes(0)), 0)));
                assert_true(isnan(gd_at(gd_min(x, gd_axes(0)), 0)));
                assert_true(isnan(gd_at(gd_logsumexp(x, gd_axes(0)), 0)));
                assert_true(gd_at(gd_argmax(x, 0), 0) == (double)at);
                assert_true(gd_at(gd_argmin(x, 0), 0) == (double)at);
                assert_true(isnan(gd_item(gd_max(x))));
                assert_true(inner == 1 || gd_at(gd_max(x, gd_axes(0)), 1) < 1);
            }
    no_error(g);
    gd_close(g);
}

/* Four axes of which every other is reduced, in each choice: what the sums over one axis after the other give. */
static void test_any_axes(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *x = gd_reshape(gd_arange(g, GD_INT64, 120), gd_shape(2, 3, 4, 5));
    for (unsigned chosen = 1; chosen < 16; chosen++) {
        GD_SCOPE(g);
        gd_dims axes = { .count = 0 };
        gd_tensor *want = x, *high = x;
        for (int i = 0; i < 4; i++)
            if (chosen >> i & 1) {
                axes.size[axes.count++] = chosen % 3 == 0 ? i - 4 : i;
                want = gd_sum(want, gd_axes(i), true);
                high = gd_max(high, gd_axes(i), true);
            }
        assert_true(gd_item(gd_all(gd_eq(gd_sum(x, axes, true), want))) == 1);
        assert_true(gd_item(gd_all(gd_eq(gd_max(x, axes, true), high))) == 1);
        assert_true(gd_item(gd_all(gd_eq(gd_min(gd_neg(x), axes, true), gd_neg(high)))) == 1);
        assert_int_equal(gd_ndim(gd_prod(x, axes)), 4 - axes.count);
    }
    no_error(g);
    gd_close(g);
}

/* ---- integers ---- */

static void test_limits(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    const int64_t numbers[] = { INT64_MIN, -1, INT64_MAX, INT64_MIN };
    int64_t got[4];
    gd_tensor *x = gd_from_memory(g, GD_INT64, gd_shape(4), numbers);
    gd_tensor *results[] = { gd_max(x), gd_min(x), gd_argmax(x, 0), gd_argmin(x, 0), gd_sum(x), gd_prod(x) };
    const int64_t want[] = { INT64_MAX, INT64_MIN, 2, 0, INT64_MAX - 1, 0 };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(gd_read(results[i], GD_INT64, got, 1));
        assert_true(got[0] == want[i]);
    }
    gd_read(gd_cumsum(x, 0), GD_INT64, got, 4); /* wraps at the second element, and back at the third */
    assert_true(got[0] == INT64_MIN && got[1] == INT64_MAX && got[2] == -2 && got[3] == INT64_MAX - 1);
    gd_tensor *full = gd_full(g, GD_UINT8, gd_shape(3), 200);
    assert_true(gd_item(gd_prod(full)) == 8e6 && gd_at(gd_cumsum(full, 0), 2) == 600);
    assert_int_equal(gd_dtype_of(gd_prod(full)), GD_INT64);
    no_error(g);
    gd_close(g);
}

/* ---- gradients that PyTorch's are not the measure of ---- */

static void expect_numbers(const gd_tensor *t, int count, const double *want)
{
    double got[MOST];
    read_all(t, got);
    assert_int_equal(gd_numel(t), count);
    for (int i = 0; i < count; i++)
        close_to(got[i], want[i], 1e-14, "value", i);
}

/* The product of the others is taken, where PyTorch divides by the element and has NaN. */
static void test_product_beside_infinities(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *x = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(3, 2), INFINITY, 2, NAN, 2, 0, 3), true), *dx;
    gd_tensor *y = gd_prod(x, gd_axes(1));
    assert_true(gd_gradient(y, gd_ones_like(y), 1, &x, &dx, false));
    expect_numbers(dx, 6, (const double[]){ 2, INFINITY, 2, NAN, 3, 0 });
    no_error(g);
    gd_close(g);
}

/* Third derivatives too: of x1 x2 x3 x4 at zeros the only ones are the single factors that are left. */
static void test_third_derivative_of_product(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *x = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(4), 0, 0, 0, 7), true);
    gd_tensor *part[4], *d = gd_prod(x);
    for (int i = 0; i < 3; i++) {
        assert_true(gd_gradient(d, NULL, 1, &x, &part[i], true));
        d = gd_select(part[i], 0, i);
    }
    expect_numbers(d, 1, (const double[]){ 7 });
    assert_true(gd_gradient(d, NULL, 1, &x, &part[3], false));
    expect_numbers(part[3], 4, (const double[]){ 0, 0, 0, 1 });
    no_error(g);
    gd_close(g);
}

/* The gradient goes back to the operand's own dtype and layout, and a written-over maximum is noticed. */
static void test_gradients_through_views(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *x = gd_require_grad(gd_values(g, gd_shape(2, 3), 1, 5, 2,  4, 3, 4), true), *dx;
    gd_tensor *y = gd_max(gd_t(x), gd_axes(0));
    assert_true(gd_gradient(y, gd_ones_like(y), 1, &x, &dx, false));
    expect_numbers(dx, 6, (const double[]){ 0, 1, 0, 0.5, 0, 0.5 });
    char name[32];
    gd_grad_fn(y, name, sizeof name);
    assert_string_equal(name, "AmaxBackward0");
    no_error(g);
    gd_tensor *top = gd_max(x);
    gd_write(top, GD_FLOAT64, (const double[]){ 9 }, 1);
    assert_false(gd_backward(top));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_STATE);
    gd_close(g);
}

/* ---- what is refused ---- */

static void expect_refused(gd_context *g, const gd_tensor *y, gd_status status, const char *op, const char *message)
{
    assert_non_null(y);
    assert_false(gd_is_tensor(y));
    assert_true(gd_failed(g));
    assert_int_equal(gd_first_error(g)->status, status);
    assert_string_equal(gd_first_error(g)->op, op);
    assert_true(strlen(gd_first_error(g)->remedy) > 0);
    if (!strstr(gd_message(g), message))
        fail_msg("'%s' is not in: %s", message, gd_message(g));
    gd_clear(g);
}

static void test_axes_refused(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *one = gd_scalar(g, GD_FLOAT32, 1);
    for (int i = 0; i < OPS; i++) {
        const char *name = ops[i].name;
        expect_refused(g, ops[i].run(x, &(reference){ .axes = gd_axes(2) }), GD_ERROR_INDEX, name,
                       "there is no dimension 2 in float32 (2, 3)");
        expect_refused(g, ops[i].run(x, &(reference){ .axes = gd_axes(-3) }), GD_ERROR_INDEX, name,
                       "there is no dimension -3 in float32 (2, 3)");
        expect_refused(g, ops[i].run(one, &(reference){ .axes = gd_axes(1) }), GD_ERROR_INDEX, name,
                       "there is no dimension 1 in float32 ()");
        expect_refused(g, ops[i].run(one, &(reference){ .axes = gd_axes(-2) }), GD_ERROR_INDEX, name,
                       "there is no dimension -2 in float32 ()");
        if (!(ops[i].takes & AXES))
            continue;
        expect_refused(g, ops[i].run(x, &(reference){ .axes = gd_axes(0, -2) }), GD_ERROR_INDEX, name,
                       "axis 0 appears twice");
        expect_refused(g, ops[i].run(one, &(reference){ .axes = gd_axes(0, -1) }), GD_ERROR_INDEX, name,
                       "axis 0 appears twice");
        expect_refused(g, ops[i].run(x, &(reference){ .axes = gd_axes(0, 1, INT64_MAX) }), GD_ERROR_INDEX, name,
                       "there is no dimension 9223372036854775807");
        expect_refused(g, ops[i].run(x, &(reference){ .axes = gd_axes(INT64_MIN) }), GD_ERROR_INDEX, name,
                       "there is no dimension -9223372036854775808");
        expect_refused(g, ops[i].run(x, &(reference){ .axes = { .count = 9 } }), GD_ERROR_INDEX, name,
                       "more than 8 axes");
        expect_refused(g, ops[i].run(x, &(reference){ .axes = gd_axes(0, 1, 2, 3, 4, 5, 6, 7, 8) }), GD_ERROR_INDEX, name,
                       "more than 8 axes");
    }
    gd_close(g);
}

static void test_nothing_refused(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(2, 0));
    for (int i = 0; i < OPS; i++)
        if (ops[i].takes & SOME)
            expect_refused(g, ops[i].run(x, &(reference){ .axes = gd_axes(1) }), GD_ERROR_SHAPE, ops[i].name,
                           "dimension 1 of float32 (2, 0)");
    expect_refused(g, gd_max(x), GD_ERROR_SHAPE, "max", "dimension 1");
    expect_refused(g, gd_norm(x, .p = INFINITY), GD_ERROR_SHAPE, "norm", "p = inf");
    expect_refused(g, gd_norm(x, .p = -INFINITY), GD_ERROR_SHAPE, "norm", "p = -inf");
    expect_refused(g, gd_norm(x, .p = -1), GD_ERROR_SHAPE, "norm", "p = -1");
    gd_close(g);
}

static void test_operands_refused(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *dead, *failed = gd_zeros(g, GD_FLOAT32, gd_shape(-1)), *n = gd_arange(g, GD_INT64, 3);
    gd_clear(g);
    {
        GD_SCOPE(g);
        dead = gd_ones(g, GD_FLOAT32, gd_shape(2));
    }
    const reference first = { .axes = gd_axes(0) };
    for (int i = 0; i < OPS; i++) {
        assert_false(gd_is_tensor(ops[i].run(NULL, &first)));
        assert_false(gd_is_tensor(ops[i].run(failed, &first)));
        assert_false(gd_failed(g));
        expect_refused(g, ops[i].run(dead, &first), GD_ERROR_DEAD, ops[i].name, "");
        if (ops[i].takes & FLOATS)
            expect_refused(g, ops[i].run(n, &first), GD_ERROR_DTYPE, ops[i].name, "int64 (3,)");
    }
    gd_close(g);
}

/* ---- out of memory: the ones that are written in operations, and so are not in the battery ---- */

typedef struct meter {
    int64_t allowed, live;
} meter;

static void *metered(void *user, void *block, size_t old_size, size_t new_size)
{
    meter *m = user;
    (void)old_size;
    if (new_size == 0) {
        m->live -= block != NULL;
        free(block);
        return NULL;
    }
    if (m->allowed-- <= 0)
        return NULL;
    m->live += block == NULL;
    return realloc(block, new_size);
}

static bool runs_with(int op, double number, int64_t allowed)
{
    meter m = { allowed, 0 };
    gd_context *g = gd_open_with(&(gd_config){ .allocator = { metered, &m } });
    gd_zeros(g, GD_FLOAT64, gd_shape(20000)); /* leaves little of the first chunk */
    gd_tensor *x = gd_require_grad(gd_ones(g, GD_FLOAT64, gd_shape(3, 4)), true), *dx;
    gd_tensor *y = ops[op].run(x, &(reference){ .axes = gd_axes(1), .number = number });
    gd_gradient(y, gd_ones_like(y), 1, &x, &dx, true);
    bool done = !gd_failed(g);
    if (!done)
        assert_int_equal(gd_first_error(g)->status, GD_ERROR_MEMORY);
    gd_close(g);
    assert_int_equal(m.live, 0);
    return done;
}

static void test_out_of_memory(void **state)
{
    static const double numbers[] = { 0, 1, INFINITY, 1.5 };
    (void)state;
    for (int i = 0; i < OPS; i++)
        for (size_t n = 0; strcmp(ops[i].name, "norm") == 0 ? n < 4 : strcmp(ops[i].name, "std") == 0 && n < 1; n++) {
            int64_t allowed = 0;
            while (allowed < 512 && !runs_with(i, numbers[n], allowed))
                allowed++;
            assert_in_range(allowed, 1, 511);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_short_rows),
        cmocka_unit_test(test_nan_at_each_place),
        cmocka_unit_test(test_any_axes),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_product_beside_infinities),
        cmocka_unit_test(test_third_derivative_of_product),
        cmocka_unit_test(test_gradients_through_views),
        cmocka_unit_test(test_axes_refused),
        cmocka_unit_test(test_nothing_refused),
        cmocka_unit_test(test_operands_refused),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
