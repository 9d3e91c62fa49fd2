/* test_updates.c - the updates by themselves: one element's formula at every size and instruction set, what is written
 * and what is not, and operands that do not fit. */
#include "support.h"

enum { MOST = 1100, OPERANDS = 5 };

/* p, d and what is gathered, of one element or as tensors. */
typedef struct subject {
    const char *name;
    int operands;
    gd_tensor *(*run)(gd_tensor **t);
    void (*reference)(double *x);
} subject;

/* ---- the rules, and what they do to one element ---- */

static gd_tensor *run_sgd(gd_tensor **t)
{
    return gd_sgd_update(t[0], t[1], NULL, (gd_sgd_rule){ .lr = 0.1 });
}

static void sgd(double *x)
{
    x[0] -= 0.1 * x[1];
}

static gd_tensor *run_nesterov(gd_tensor **t)
{
    return gd_sgd_update(t[0], t[1], t[2],
                         (gd_sgd_rule){ .lr = 0.1, .momentum = 0.9, .weight_decay = 0.5, .nesterov = true });
}

static void nesterov(double *x)
{
    double d = x[1] + 0.5 * x[0];
    x[2] = 0.9 * x[2] + d;
    x[0] -= 0.1 * (d + 0.9 * x[2]);
}

static gd_tensor *run_first(gd_tensor **t)
{
    gd_sgd_rule rule = { .lr = 0.1, .momentum = 0.9, .dampening = 0.5, .maximize = true, .first = true };
    return gd_sgd_update(t[0], t[1], t[2], rule);
}

static void first(double *x)
{
    x[2] = -x[1];
    x[0] -= 0.1 * x[2];
}

static gd_tensor *run_adagrad(gd_tensor **t)
{
    gd_adagrad_rule rule = { .lr = 0.5, .lr_decay = 0.25, .weight_decay = 0.1, .eps = 0.01, .step = 5 };
    return gd_adagrad_update(t[0], t[1], t[2], rule);
}

static void adagrad(double *x)
{
    double d = x[1] + 0.1 * x[0];
    x[2] += d * d;
    x[0] -= 0.5 / (1 + 4 * 0.25) * d / (sqrt(x[2]) + 0.01);
}

static gd_tensor *run_rmsprop(gd_tensor **t)
{
    return gd_rmsprop_update(t[0], t[1], t[2], NULL, NULL, (gd_rmsprop_rule){ .lr = 0.1, .alpha = 0.9, .eps = 0.01 });
}

static void rmsprop(double *x)
{
    x[2] = 0.9 * x[2] + 0.1 * x[1] * x[1];
    x[0] -= 0.1 * x[1] / (sqrt(x[2]) + 0.01);
}

/* The momentum stands where the mean would. */
static gd_tensor *run_rmsprop_momentum(gd_tensor **t)
{
    gd_rmsprop_rule rule = { .lr = 0.1, .alpha = 0.9, .eps = 0.01, .momentum = 0.5, .maximize = true };
    return gd_rmsprop_update(t[0], t[1], t[2], NULL, t[3], rule);
}

static void rmsprop_momentum(double *x)
{
    x[2] = 0.9 * x[2] + 0.1 * x[1] * x[1];
    x[3] = 0.5 * x[3] - x[1] / (sqrt(x[2]) + 0.01);
    x[0] -= 0.1 * x[3];
}

static gd_tensor *run_rmsprop_whole(gd_tensor **t)
{
    gd_rmsprop_rule rule = { .lr = 0.1, .alpha = 0.25, .eps = 0.01, .weight_decay = 0.5, .momentum = 0.5 };
    return gd_rmsprop_update(t[0], t[1], t[2], t[3], t[4], rule);
}

static void rmsprop_whole(double *x)
{
    double d = x[1] + 0.5 * x[0];
    x[2] = 0.25 * x[2] + 0.75 * d * d;
    x[3] = 0.25 * x[3] + 0.75 * d;
    x[4] = 0.5 * x[4] + d / (sqrt(x[2] - x[3] * x[3]) + 0.01);
    x[0] -= 0.1 * x[4];
}

static gd_adam_rule adam_rule(void)
{
    return (gd_adam_rule){ .lr = 0.1, .beta1 = 0.75, .beta2 = 0.5, .eps = 0.01, .weight_decay = 0.5, .step = 2 };
}

static void adam_of(double *x, double d, double decay, bool amsgrad)
{
    x[2] = 0.75 * x[2] + 0.25 * d;
    x[3] = 0.5 * x[3] + 0.5 * d * d;
    x[4] = amsgrad ? fmax(x[4], x[3]) : x[4];
    double spread = amsgrad ? x[4] : x[3];
    x[0] = (1 - decay) * x[0] - 0.1 * x[2] / (1 - 0.75 * 0.75) / (sqrt(spread / (1 - 0.5 * 0.5)) + 0.01);
}

static gd_tensor *run_adam(gd_tensor **t)
{
    return gd_adam_update(t[0], t[1], t[2], t[3], NULL, adam_rule());
}

static void adam(double *x)
{
    adam_of(x, x[1] + 0.5 * x[0], 0, false);
}

static gd_tensor *run_adamw(gd_tensor **t)
{
    gd_adam_rule rule = adam_rule();
    rule.decoupled = rule.maximize = true;
    return gd_adam_update(t[0], t[1], t[2], t[3], t[4], rule);
}

static void adamw(double *x)
{
    adam_of(x, -x[1], 0.1 * 0.5, true);
}

static gd_tensor *run_scale(gd_tensor **t)
{
    return gd_scale_update(t[0], 0.75);
}

static void scale(double *x)
{
    x[0] *= 0.75;
}

static gd_tensor *run_clamp(gd_tensor **t)
{
    return gd_clamp_update(t[0], -0.5, 1.25);
}

static void clamp(double *x)
{
    x[0] = fmin(fmax(x[0], -0.5), 1.25);
}

static const subject subjects[] = {
    { "sgd", 2, run_sgd, sgd },
    { "sgd, nesterov", 3, run_nesterov, nesterov },
    { "sgd, first step with momentum", 3, run_first, first },
    { "adagrad", 3, run_adagrad, adagrad },
    { "rmsprop", 3, run_rmsprop, rmsprop },
    { "rmsprop with momentum", 4, run_rmsprop_momentum, rmsprop_momentum },
    { "rmsprop, centered with momentum", 5, run_rmsprop_whole, rmsprop_whole },
    { "adam", 4, run_adam, adam },
    { "adamw, amsgrad", 5, run_adamw, adamw },
    { "scale", 1, run_scale, scale },
    { "clamp", 1, run_clamp, clamp },
};

enum { SUBJECTS = sizeof subjects / sizeof *subjects };

/* ---- values ---- */

/* p and d of either sign; what is gathered large enough for a variance. */
static void draw(double *numbers, int operand, int64_t n)
{
    gd_tensor *drawn = gd_rand(g, GD_FLOAT32, gd_shape(n));
    assert_true(gd_read(drawn, GD_FLOAT64, numbers, (size_t)n));
    for (int64_t i = 0; i < n; i++)
        numbers[i] = operand < 2 ? 4 * numbers[i] - 2 : operand == 2 ? 8 + numbers[i] : numbers[i];
}

static void check_size(gd_context *own, const subject *s, gd_dtype dtype, int64_t n)
{
    static double before[OPERANDS][MOST], after[OPERANDS][MOST];
    gd_scope scope = gd_scope_enter(own), outer = gd_scope_enter(g);
    gd_tensor *t[OPERANDS];
    for (int i = 0; i < OPERANDS; i++) {
        draw(before[i], i, n);
        t[i] = gd_values_of(own, dtype, gd_shape(n), (size_t)n, before[i]);
    }
    assert_true(s->run(t) == t[0]);
    for (int i = 0; i < OPERANDS; i++)
        assert_true(gd_read(t[i], GD_FLOAT64, after[i], (size_t)n));
    for (int64_t k = 0; k < n; k++) {
        double x[OPERANDS];
        for (int i = 0; i < OPERANDS; i++)
            x[i] = before[i][k];
        s->reference(x);
        for (int i = 0; i < OPERANDS; i++)
            if (!(fabs(after[i][k] - x[i]) <= (dtype == GD_FLOAT32 ? 2e-6 : 4e-15) * fmax(1, fabs(x[i]))))
                fail_msg("%s, %s: element %d of %d, operand %d is %.17g, not %.17g", gd_isa(own),
                         gd_dtype_name(dtype), (int)k, (int)n, i, after[i][k], x[i]);
    }
    gd_scope_leave(&scope);
    gd_scope_leave(&outer);
}

static void each_element_follows_the_formula(void **state)
{
    static const char *const isas[] = { "generic", "avx2", "avx512" };
    static const int64_t large[] = { 511, 512, 513, 1024, 1025, MOST };
    g = gd_open();
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++) {
        gd_context *own = gd_open_with(&(gd_config){ .isa = isas[i] });
        bool there = strcmp(gd_isa(own), "none") != 0;
        for (gd_dtype dtype = GD_FLOAT32; there && dtype <= GD_FLOAT64; dtype++) {
            for (int64_t n = 0; n <= 70; n++)
                check_size(own, *state, dtype, n);
            for (size_t n = 0; n < sizeof large / sizeof *large; n++)
                check_size(own, *state, dtype, large[n]);
        }
        gd_close(own);
    }
    assert_fine(g);
    gd_close(g);
}

/* ---- what is written ---- */

static void all_but_the_gradient_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUBJECTS; i++) {
        gd_tensor *t[OPERANDS];
        for (int k = 0; k < OPERANDS; k++)
            t[k] = gd_ones(g, GD_FLOAT32, gd_shape(3));
        assert_true(subjects[i].run(t) == t[0]);
        for (int k = 0; k < OPERANDS; k++)
            assert_int_equal(t[k]->storage->version, k < subjects[i].operands && k != 1);
    }
    assert_fine(g);
}

static void a_gradient_may_lie_in_any_order(void **state)
{
    (void)state;
    gd_tensor *d = gd_values(g, gd_shape(2, 3), 1, 2, 3, 4, 5, 6);
    gd_tensor *p = gd_zeros(g, 0, gd_shape(3, 2));
    assert_true(gd_sgd_update(p, gd_t(d), NULL, (gd_sgd_rule){ .lr = 1 }) == p);
    assert_true(gd_at(p, 0, 1) == -4 && gd_at(p, 2, 0) == -3);
    assert_fine(g);
}

static void nan_stays(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(3), NAN, 5, -5);
    gd_clamp_update(x, -1, 1);
    assert_true(isnan(gd_at(x, 0)) && gd_at(x, 1) == 1 && gd_at(x, 2) == -1);
    gd_clamp_update(x, 3, 2);
    assert_true(isnan(gd_at(x, 0)) && gd_at(x, 1) == 2 && gd_at(x, 2) == 2);
    gd_clamp_update(x, NAN, 2);
    assert_true(isnan(gd_at(x, 1)));
    gd_adam_rule rule = adam_rule();
    gd_tensor *p = gd_zeros(g, 0, gd_shape(2)), *m = gd_zeros_like(p), *v = gd_zeros_like(p);
    gd_tensor *largest = gd_values(g, gd_shape(2), NAN, 0);
    assert_true(gd_adam_update(p, gd_values(g, gd_shape(2), 1, NAN), m, v, largest, rule) == p);
    assert_true(isnan(gd_at(largest, 0)) && isnan(gd_at(largest, 1)));
    assert_fine(g);
}

/* ---- what is refused ---- */

static void refuse(gd_tensor *updated, gd_status status, const char *part)
{
    assert_error_object(updated);
    assert_error(g, status, part);
}

static void operands_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    gd_adam_rule rule = adam_rule();
    gd_tensor *p = gd_zeros(g, GD_FLOAT32, gd_shape(2, 3)), *d = gd_ones_like(p), *m = gd_zeros_like(p);
    gd_tensor *v = gd_zeros_like(p), *small = gd_zeros(g, GD_FLOAT32, gd_shape(3));
    refuse(gd_adam_update(p, small, m, v, NULL, rule), GD_ERROR_SHAPE, "adam_update: d float32 (3,) does not fit");
    refuse(gd_adam_update(p, d, m, gd_zeros(g, GD_FLOAT64, gd_shape(2, 3)), NULL, rule), GD_ERROR_SHAPE, "v float64");
    refuse(gd_adam_update(p, d, m, gd_t(gd_zeros(g, GD_FLOAT32, gd_shape(3, 2))), NULL, rule), GD_ERROR_STATE,
           "can't be written in place");
    refuse(gd_adam_update(p, d, m, v, small, rule), GD_ERROR_SHAPE, "largest float32 (3,)");
    refuse(gd_adam_update(p, d, m, m, NULL, rule), GD_ERROR_VALUE, "m and v share their numbers");
    refuse(gd_sgd_update(p, p, NULL, (gd_sgd_rule){ .lr = 1 }), GD_ERROR_VALUE, "p and d share their numbers");
    refuse(gd_sgd_update(gd_slice(p, 0, 0, 1, 1), gd_slice(p, 0, 0, 1, 1), NULL, (gd_sgd_rule){ .lr = 1 }),
           GD_ERROR_VALUE, "share their numbers");
    refuse(gd_scale_update(gd_cast(p, GD_INT64), 2), GD_ERROR_STATE, "int64 (2, 3)");
    refuse(gd_clamp_update(gd_t(p), 0, 1), GD_ERROR_STATE, "clamp_update");
    assert_true(gd_item(gd_sum(gd_square(p))) == 0);
}

/* Two rows of one tensor are two parameters like any others. */
static void parts_of_one_memory_do_not_overlap(void **state)
{
    (void)state;
    gd_tensor *both = gd_values(g, gd_shape(2, 2), 1, 2, 10, 20);
    assert_true(
        gd_is_tensor(gd_sgd_update(gd_select(both, 0, 0), gd_select(both, 0, 1), NULL, (gd_sgd_rule){ .lr = 1 })));
    assert_true(gd_at(both, 0, 0) == -9 && gd_at(both, 0, 1) == -18 && gd_at(both, 1, 1) == 20);
    assert_fine(g);
}

static void steps_are_counted_from_one(void **state)
{
    (void)state;
    gd_tensor *t[OPERANDS];
    for (int i = 0; i < OPERANDS; i++)
        t[i] = gd_ones(g, GD_FLOAT32, gd_shape(2));
    gd_adam_rule rule = adam_rule();
    rule.step = 0;
    refuse(gd_adam_update(t[0], t[1], t[2], t[3], t[4], rule), GD_ERROR_VALUE, "step 0. Count steps from 1");
    refuse(gd_adagrad_update(t[0], t[1], t[2], (gd_adagrad_rule){ .lr = 1, .step = INT64_MIN }), GD_ERROR_VALUE,
           "Count steps from 1");
    assert_true(gd_at(t[0], 0) == 1 && gd_at(t[2], 0) == 1);
}

static void missing_and_dead_operands_are_refused(void **state)
{
    const subject *s = *state;
    g = gd_open();
    gd_tensor *t[OPERANDS];
    for (int bad = 0; bad < s->operands; bad++) {
        for (int i = 0; i < OPERANDS; i++)
            t[i] = gd_ones(g, GD_FLOAT32, gd_shape(2));
        {
            GD_SCOPE(g);
            t[bad] = gd_ones(g, GD_FLOAT32, gd_shape(2));
        }
        refuse(s->run(t), GD_ERROR_DEAD, "used after the scope");
        t[bad] = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
        gd_clear(g);
        assert_error_object(s->run(t));
        t[bad] = NULL;
        if (bad < 2 && s->operands > 1)
            refuse(s->run(t), GD_ERROR_NULL, bad == 0 ? "p is NULL" : "d is NULL");
        for (int i = 0; i < OPERANDS; i++)
            assert_true(i == bad || gd_at(t[i], 0) == 1);
    }
    gd_close(g);
}

static void while_an_error_stands_nothing_is_written(void **state)
{
    (void)state;
    for (size_t k = 0; k < SUBJECTS; k++) {
        gd_tensor *t[OPERANDS];
        for (int i = 0; i < OPERANDS; i++)
            t[i] = gd_ones(g, GD_FLOAT32, gd_shape(2));
        gd_zeros(g, GD_FLOAT32, gd_shape(-1));
        assert_error_object(subjects[k].run(t));
        gd_clear(g);
        for (int i = 0; i < OPERANDS; i++)
            assert_true(gd_at(t[i], 0) == 1 && t[i]->storage->version == 0);
    }
}

int main(void)
{
    static char names[2 * SUBJECTS][100];
    static subject copies[SUBJECTS];
    struct CMUnitTest of_each[2 * SUBJECTS];
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(all_but_the_gradient_are_written),
        IN_CONTEXT(a_gradient_may_lie_in_any_order),
        IN_CONTEXT(nan_stays),
        IN_CONTEXT(operands_that_do_not_fit_are_refused),
        IN_CONTEXT(parts_of_one_memory_do_not_overlap),
        IN_CONTEXT(steps_are_counted_from_one),
        IN_CONTEXT(while_an_error_stands_nothing_is_written),
    };
    for (int i = 0; i < SUBJECTS; i++) {
        char *formula = names[2 * i], *operands = names[2 * i + 1];
        copies[i] = subjects[i];
        snprintf(formula, sizeof names[0], "%s: each element follows the formula", copies[i].name);
        snprintf(operands, sizeof names[0], "%s: missing and dead operands are refused", copies[i].name);
        of_each[2 * i] = (struct CMUnitTest){ formula, each_element_follows_the_formula, NULL, NULL, &copies[i] };
        of_each[2 * i + 1] =
            (struct CMUnitTest){ operands, missing_and_dead_operands_are_refused, NULL, NULL, &copies[i] };
    }
    int failed = _cmocka_run_group_tests("each update", of_each, 2 * SUBJECTS, NULL, NULL);
    return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
