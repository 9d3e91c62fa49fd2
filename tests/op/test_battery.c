/* test_battery.c - what every operation of the list must stand: the list itself says which there are. */
#include "battery.h"

/* ---- the descriptor says all that it must ---- */

static void test_descriptor(void **state)
{
    const subject *s = *state;
    const gd__op *op = op_of(s);
    int roles = op->arity == GD__ANY ? 1 : op->arity;
    assert_non_null(op->info.formula);
    assert_non_null(op->info.latex);
    assert_true((op->arity >= 1 && op->arity <= GD__MAX_INPUTS) || op->arity == GD__ANY);
    assert_true((op->vjp != NULL) == (op->differentiable != 0));
    assert_true(op->differentiable >> roles == 0);
    assert_true(op->sample[0].low < op->sample[0].high || op->info.is_update);
    for (int i = 0; i < roles; i++) {
        assert_non_null(op->info.input[i]);
        assert_int_equal(op->info.derivative[i] != NULL, op->differentiable >> i & 1);
        assert_int_equal(op->info.latex_derivative[i] != NULL, op->differentiable >> i & 1);
    }
    assert_true(op->reference || !op->elementwise);
}

/* ---- values ---- */

/* The operand's number that meets element `at` of the result: shapes aligned at the end, sizes of 1 repeated. */
static double broadcast_at(const double *numbers, const gd_tensor *x, const gd_tensor *y, int64_t at)
{
    int64_t place = 0, step = 1;
    for (int back = 1; back <= gd_ndim(y); back++) {
        int64_t size = gd_size(y, -back), index = at % size;
        at /= size;
        if (back > gd_ndim(x))
            continue;
        place += gd_size(x, -back) == 1 ? 0 : index * step;
        step *= gd_size(x, -back);
    }
    return numbers[place];
}

static void check_reference(const subject *s, gd_tensor *const *in, const gd_tensor *y, double tolerance)
{
    double x[GD__MAX_INPUTS][MOST], got[MOST];
    for (int i = 0; i < operand_count(s); i++)
        read_all(in[i], x[i]);
    read_all(y, got);
    for (int64_t k = 0; k < gd_numel(y); k++) {
        double one[GD__MAX_INPUTS];
        for (int i = 0; i < operand_count(s); i++)
            one[i] = broadcast_at(x[i], in[i], y, k);
        close_to(got[k], op_of(s)->reference(one, &s->sample->attrs), tolerance, op_of(s)->info.name, k);
    }
}

static void test_value(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *in[GD__MAX_INPUTS];
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++) {
        operands(g, s, dtype, in);
        check_reference(s, in, run(s, in), dtype == GD_FLOAT32 ? 5e-7 : 1e-14);
    }
    no_error(g);
    gd_close(g);
}

/* float32 and float64 agree, for operations that have no reference of one element. */
static void test_dtypes_agree(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *narrow[GD__MAX_INPUTS], *wide[GD__MAX_INPUTS];
    double a[MOST], b[MOST];
    operands(g, s, GD_FLOAT32, narrow);
    for (int i = 0; i < operand_count(s); i++)
        wide[i] = is_float_operand(s, i) ? gd_cast(narrow[i], GD_FLOAT64) : narrow[i];
    gd_tensor *y = run(s, narrow);
    read_all(y, a);
    read_all(run(s, wide), b);
    for (int64_t k = 0; k < gd_numel(y); k++)
        close_to(a[k], b[k], 2e-6, op_of(s)->info.name, k);
    no_error(g);
    gd_close(g);
}

/* All instruction sets that this machine has give what the generic one gives, to the bit; only products may fuse. */
static void test_instruction_sets(void **state)
{
    static const char *const names[] = { "avx2", "avx512" };
    const subject *s = *state;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        gd_context *plain = gd_open_with(&(gd_config){ .isa = "generic" });
        gd_context *fast = gd_open_with(&(gd_config){ .isa = names[n] });
        for (gd_dtype dtype = GD_FLOAT32; strcmp(gd_isa(fast), "none") != 0 && dtype <= GD_FLOAT64; dtype++) {
            gd_tensor *in[2][GD__MAX_INPUTS];
            double a[MOST], b[MOST];
            operands(plain, s, dtype, in[0]);
            operands(fast, s, dtype, in[1]);
            gd_tensor *y = run(s, in[0]);
            read_all(y, a);
            read_all(run(s, in[1]), b);
            for (int64_t k = 0; k < gd_numel(y); k++)
                close_to(b[k], a[k], s->id != GD__OP_matmul ? 0 : dtype == GD_FLOAT32 ? 1e-6 : 1e-14, names[n], k);
        }
        gd_close(plain);
        gd_close(fast);
    }
}

/* ---- derivatives, in float64 ---- */

static bool differentiable(const subject *s, int i)
{
    return gd__is_differentiable(op_of(s), i);
}

/* gd_gradient for the operands that have derivatives; dx of the others is not set. */
static bool gradients(const subject *s, gd_tensor *y, gd_tensor *dy, gd_tensor *const *in, gd_tensor **dx, bool record)
{
    gd_tensor *asked[GD__MAX_INPUTS], *found[GD__MAX_INPUTS];
    int count = 0, next = 0;
    for (int i = 0; i < operand_count(s); i++)
        if (differentiable(s, i))
            asked[count++] = in[i];
    bool good = gd_gradient(y, dy, count, asked, found, record);
    for (int i = 0; i < operand_count(s); i++)
        if (differentiable(s, i))
            dx[i] = found[next++];
    return good;
}

/* sum(y * weight) with one element of one operand moved. */
static double probe(gd_context *g, const subject *s, gd_tensor *const *in, int i, int64_t k, double step,
                    const double *weight)
{
    GD_SCOPE(g);
    GD_NO_GRAD(g);
    double numbers[MOST], y[MOST], sum = 0;
    gd_tensor *moved[GD__MAX_INPUTS];
    memcpy(moved, in, sizeof moved);
    read_all(in[i], numbers);
    numbers[k] += step;
    moved[i] = gd_from_memory(g, GD_FLOAT64, gd_sizes(in[i]), numbers);
    gd_tensor *result = run(s, moved);
    read_all(result, y);
    for (int64_t j = 0; j < gd_numel(result); j++)
        sum += weight[j] * y[j];
    return sum;
}

static void test_gradient(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *in[GD__MAX_INPUTS], *dx[GD__MAX_INPUTS];
    double weight[MOST], got[MOST];
    operands(g, s, GD_FLOAT64, in);
    for (int i = 0; i < operand_count(s); i++)
        if (differentiable(s, i))
            gd_require_grad(in[i], true);
    gd_tensor *y = run(s, in);
    gd_tensor *dy = gd_rand(g, GD_FLOAT64, gd_sizes(y));
    read_all(dy, weight);
    assert_true(gradients(s, y, dy, in, dx, false));
    for (int i = 0; i < operand_count(s); i++) {
        if (!differentiable(s, i))
            continue;
        read_all(dx[i], got);
        for (int64_t k = 0; k < gd_numel(in[i]); k++) {
            double h = 1e-6, ahead = probe(g, s, in, i, k, h, weight), behind = probe(g, s, in, i, k, -h, weight);
            close_to(got[k], (ahead - behind) / (2 * h), 2e-8, op_of(s)->info.derivative[gd__role(op_of(s), i)], k);
        }
    }
    no_error(g);
    gd_close(g);
}

/* The sum over operands of sum(dx * (1, 1.1, 1.2, ...)): what the second derivative is taken of. */
static gd_tensor *first_derivatives(gd_context *g, const subject *s, gd_tensor *const *in, gd_tensor *dy, bool record)
{
    gd_tensor *dx[GD__MAX_INPUTS], *total = gd_scalar(g, GD_FLOAT64, 0);
    gradients(s, run(s, in), dy, in, dx, record);
    for (int i = 0; i < operand_count(s); i++) {
        if (!differentiable(s, i))
            continue;
        gd_tensor *ramp = gd_add_scalar(gd_div_scalar(gd_arange(g, GD_FLOAT64, gd_numel(in[i])), 10), 1);
        total = gd_add(total, gd_sum(gd_mul(dx[i], gd_reshape(ramp, gd_sizes(in[i])))));
    }
    return total;
}

static double probe_first(gd_context *g, const subject *s, gd_tensor *const *in, int i, int64_t k, double step,
                          gd_tensor *dy)
{
    GD_SCOPE(g);
    double numbers[MOST];
    gd_tensor *moved[GD__MAX_INPUTS];
    for (int j = 0; j < operand_count(s); j++)
        moved[j] = gd_detach(in[j]);
    read_all(in[i], numbers);
    numbers[k] += step;
    moved[i] = gd_from_memory(g, GD_FLOAT64, gd_sizes(in[i]), numbers);
    for (int j = 0; j < operand_count(s); j++)
        if (differentiable(s, j))
            gd_require_grad(moved[j], true);
    return gd_item(first_derivatives(g, s, moved, dy, false));
}

static void test_second_gradient(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *in[GD__MAX_INPUTS], *dx[GD__MAX_INPUTS];
    double got[MOST];
    operands(g, s, GD_FLOAT64, in);
    for (int i = 0; i < operand_count(s); i++)
        if (differentiable(s, i))
            gd_require_grad(in[i], true);
    gd_tensor *y = run(s, in);
    gd_tensor *dy = gd_rand(g, GD_FLOAT64, gd_sizes(y));
    gd_tensor *first = first_derivatives(g, s, in, dy, true);
    if (gd_requires_grad(first))
        assert_true(gradients(s, first, NULL, in, dx, false));
    for (int i = 0; i < operand_count(s); i++) {
        if (!differentiable(s, i))
            continue;
        if (gd_requires_grad(first))
            read_all(dx[i], got);
        for (int64_t k = 0; k < gd_numel(in[i]); k++) {
            double h = 1e-5;
            double slope = (probe_first(g, s, in, i, k, h, dy) - probe_first(g, s, in, i, k, -h, dy)) / (2 * h);
            close_to(gd_requires_grad(first) ? got[k] : 0, slope, 2e-6, op_of(s)->info.derivative[gd__role(op_of(s), i)], k);
        }
    }
    no_error(g);
    gd_close(g);
}

/* ---- layouts ---- */

/* The same numbers, lying in another order behind a transposed view. */
static gd_tensor *scattered(gd_tensor *t)
{
    return gd_ndim(t) < 2 ? t : gd_transpose(gd_clone(gd_transpose(t, 0, -1)), 0, -1);
}

static void test_strided(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *in[GD__MAX_INPUTS], *other[GD__MAX_INPUTS];
    double a[MOST], b[MOST];
    operands(g, s, GD_FLOAT64, in);
    for (int i = 0; i < operand_count(s); i++)
        other[i] = scattered(in[i]);
    gd_tensor *y = run(s, in);
    read_all(y, a);
    read_all(run(s, other), b);
    for (int64_t k = 0; k < gd_numel(y); k++)
        close_to(b[k], a[k], op_of(s)->elementwise ? 0 : 1e-15, "strided", k);
    no_error(g);
    gd_close(g);
}

/* Elementwise: sizes around the width of vectors, against the reference. */
static void test_sizes(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    for (int64_t n = 0; n <= 70; n++) {
        GD_SCOPE(g);
        gd_tensor *in[GD__MAX_INPUTS];
        gd_seed(g, GD_RNG_PHILOX, test_seed() + (uint64_t)n);
        for (int i = 0; i < operand_count(s); i++)
            in[i] = operand(g, s, i, GD_FLOAT32, gd_shape(n));
        gd_tensor *y = run(s, in);
        assert_int_equal(gd_numel(y), n);
        check_reference(s, in, y, 5e-7);
    }
    no_error(g);
    gd_close(g);
}

/* Elementwise: a number without dimensions, and a tensor without elements, forward and backward. */
static void test_scalar_and_empty(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *in[GD__MAX_INPUTS], *dx[GD__MAX_INPUTS];
    for (int empty = 0; empty <= 1; empty++) {
        for (int i = 0; i < operand_count(s); i++) {
            in[i] = operand(g, s, i, GD_FLOAT64, empty ? gd_shape(2, 0, 3) : gd_shape());
            if (differentiable(s, i))
                gd_require_grad(in[i], true);
        }
        gd_tensor *y = run(s, in);
        assert_int_equal(gd_ndim(y), empty ? 3 : 0);
        assert_int_equal(gd_numel(y), !empty);
        if (!op_of(s)->vjp)
            continue;
        assert_true(gradients(s, y, gd_clone(y), in, dx, false));
        assert_int_equal(gd_numel(dx[0]), !empty);
    }
    no_error(g);
    gd_close(g);
}

/* Elementwise with two operands: one is repeated to meet the other. */
static void test_broadcast(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *in[GD__MAX_INPUTS], *dx[GD__MAX_INPUTS];
    in[0] = gd_require_grad(operand(g, s, 0, GD_FLOAT64, gd_shape(3, 1, 4)), op_of(s)->differentiable & 1);
    in[1] = gd_require_grad(operand(g, s, 1, GD_FLOAT64, gd_shape(2, 1)), op_of(s)->differentiable >> 1 & 1);
    gd_tensor *y = run(s, in);
    assert_int_equal(gd_numel(y), 24);
    check_reference(s, in, y, 1e-14);
    if (op_of(s)->vjp) {
        assert_true(gradients(s, y, gd_ones(g, GD_FLOAT64, gd_sizes(y)), in, dx, false));
        assert_int_equal(gd_numel(dx[0]), 12);
        if (differentiable(s, 1))
            assert_int_equal(gd_numel(dx[1]), 2);
    }
    no_error(g);
    gd_tensor *bad[] = { gd_zeros(g, GD_FLOAT64, gd_shape(4)), gd_zeros(g, GD_FLOAT64, gd_shape(2)) };
    assert_false(gd_is_tensor(run(s, bad)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    assert_int_equal(gd_first_error(g)->dim, 0);
    assert_non_null(strstr(gd_message(g), "The size of tensor a (4) must match the size of tensor b (2) at "
                                          "non-singleton dimension 0"));
    gd_close(g);
}

/* ---- bad operands ---- */

static void expect_error(gd_context *g, const gd_tensor *y, gd_status status, const char *op)
{
    assert_false(gd_is_tensor(y));
    assert_non_null(y);
    assert_int_equal(gd_first_error(g)->status, status);
    assert_string_equal(gd_first_error(g)->op, op);
    assert_true(strlen(gd_first_error(g)->remedy) > 0);
    gd_clear(g);
}

static void test_bad_operands(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *in[GD__MAX_INPUTS];
    gd_tensor *failed = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    gd_clear(g);
    for (int i = 0; i < operand_count(s); i++) {
        operands(g, s, GD_FLOAT32, in);
        gd_tensor *good = in[i];
        in[i] = failed;
        assert_false(gd_is_tensor(run(s, in)));
        assert_false(gd_failed(g)); /* its own error stood, and was cleared: no second one is added */
        in[i] = NULL;
        gd_tensor *y = run(s, in);
        if (operand_count(s) > 1)
            expect_error(g, y, GD_ERROR_NULL, op_of(s)->info.name);
        assert_false(gd_is_tensor(y));
        in[i] = good;
    }
    {
        GD_SCOPE(g);
        in[0] = gd_ones(g, GD_FLOAT32, gd_shape(2));
    }
    expect_error(g, run(s, in), GD_ERROR_DEAD, op_of(s)->info.name);
    gd_close(g);
}

/* Any dtypes in any place: a result or an error, never more. */
static void test_any_dtype(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    for (gd_dtype a = GD_FLOAT32; a <= GD_BOOL; a++) {
        for (gd_dtype b = GD_FLOAT32; b <= GD_BOOL; b++) {
            GD_SCOPE(g);
            gd_tensor *in[GD__MAX_INPUTS];
            operands(g, s, GD_FLOAT64, in);
            for (int i = 0; i < operand_count(s); i++)
                in[i] = gd_cast(gd_sum(in[i], gd_axes(), true), i == 0 ? a : b);
            for (int i = 0; i < operand_count(s); i++)
                in[i] = gd_reshape(in[i], gd_shape());
            gd_tensor *y = run(s, in);
            assert_int_equal(gd_is_tensor(y), !gd_failed(g));
            gd_clear(g);
        }
    }
    gd_close(g);
}

/* ---- out of memory ---- */

typedef struct meter {
    int64_t allowed, live;
} meter;

static void *metered(void *user, void *block, size_t old_size, size_t new_size)
{
    meter *m = user;
    if (new_size == 0) {
        m->live -= block != NULL;
        free(block);
        return NULL;
    }
    if (m->allowed-- <= 0)
        return NULL;
    m->live += block == NULL;
    (void)old_size;
    return realloc(block, new_size);
}

static gd_dtype empty_dtype(const subject *s, int i)
{
    if (is_float_operand(s, i))
        return GD_FLOAT64;
    return s->sample->label_input == i + 1 ? GD_INT64 : GD_BOOL;
}

/* Forward and backward with allocation 0, 1, 2, ... refused, until all goes well. */
static void test_out_of_memory(void **state)
{
    const subject *s = *state;
    for (int64_t allowed = 0; allowed < 512; allowed++) {
        meter m = { allowed, 0 };
        gd_context *g = gd_open_with(&(gd_config){ .allocator = { metered, &m } });
        gd_tensor *in[GD__MAX_INPUTS], *dx[GD__MAX_INPUTS];
        gd_tensor *big = gd_zeros(g, GD_FLOAT64, gd_shape(20000)); /* leaves little of the first chunk */
        for (int i = 0; i < operand_count(s); i++)
            in[i] = gd_zeros(g, empty_dtype(s, i), s->sample->shape[i]);
        for (int i = 0; i < operand_count(s); i++)
            if (differentiable(s, i))
                gd_require_grad(in[i], true);
        gd_tensor *y = run(s, in);
        if (op_of(s)->vjp)
            gradients(s, y, gd_ones(g, GD_FLOAT64, gd_sizes(y)), in, dx, true);
        bool done = !gd_failed(g);
        if (!done)
            assert_int_equal(gd_first_error(g)->status, GD_ERROR_MEMORY);
        assert_non_null(big);
        gd_close(g);
        assert_int_equal(m.live, 0);
        if (done)
            return;
    }
    fail_msg("it never succeeded");
}

/* ---- the list makes the tests ---- */

enum { MOST_TESTS = 4096 };

typedef struct suite {
    struct CMUnitTest test[MOST_TESTS];
    char name[MOST_TESTS][80];
    subject subject[MOST_TESTS];
    int count;
} suite;

static void add(suite *all, int id, int sample, const char *what, CMUnitTestFunction function)
{
    int at = all->count++;
    assert_true(at < MOST_TESTS);
    all->subject[at] = (subject){ id, &gd__ops[id]->sample[sample] };
    snprintf(all->name[at], sizeof all->name[at], "%s, sample %d: %s", gd__ops[id]->info.name, sample, what);
    all->test[at] = (struct CMUnitTest){ all->name[at], function, NULL, NULL, &all->subject[at] };
}

static void add_sample(suite *all, int id, int sample)
{
    const gd__op *op = gd__ops[id];
    add(all, id, sample, "float32 and float64 agree", test_dtypes_agree);
    add(all, id, sample, "instruction sets agree", test_instruction_sets);
    add(all, id, sample, "strided operands", test_strided);
    add(all, id, sample, "bad operands", test_bad_operands);
    add(all, id, sample, "any dtype", test_any_dtype);
    add(all, id, sample, "out of memory", test_out_of_memory);
    if (op->elementwise)
        add(all, id, sample, "value", test_value);
    if (op->vjp) {
        add(all, id, sample, "gradient", test_gradient);
        add(all, id, sample, "second gradient", test_second_gradient);
    }
}

static void add_elementwise(suite *all, int id)
{
    add(all, id, 0, "sizes", test_sizes);
    add(all, id, 0, "scalar and empty", test_scalar_and_empty);
    if (gd__ops[id]->arity == 2)
        add(all, id, 0, "broadcast", test_broadcast);
}

int main(void)
{
    suite *all = calloc(1, sizeof *all);
    if (!all)
        return 1;
    printf("# GD_TEST_SEED=%llu\n", (unsigned long long)test_seed());
    for (int id = 0; id < GD__OP_COUNT; id++) {
        const gd__op *op = gd__ops[id];
        add(all, id, 0, "descriptor", test_descriptor);
        for (int n = 0; n < GD__MAX_SAMPLES && op->sample[n].low < op->sample[n].high; n++)
            add_sample(all, id, n);
        if (op->elementwise)
            add_elementwise(all, id);
    }
    int failed = _cmocka_run_group_tests("operations", all->test, (size_t)all->count, NULL, NULL);
    free(all);
    return failed;
}
