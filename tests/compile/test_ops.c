/* test_ops.c - every operation of the list, and its derivative, compiled: bitwise what it does eagerly, on other numbers
 * than those that it was recorded with. */
#include "support.h"

#include "../op/battery.h"

enum { RUNS = 4 };

static gd_tensor *forward(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return run(user, in);
}

static void check(gd_context *g, const subject *s, gd_dtype dtype, bool turned)
{
    gd_tensor *in[GD__MAX_INPUTS];
    gd_plan *plan = gd_compile(g, forward, (void *)(uintptr_t)s);
    for (int k = 0; k < RUNS; k++) {
        GD_SCOPE(g);
        gd_seed(g, GD_RNG_PHILOX, test_seed() + (uint64_t)(100 * s->id + k));
        for (int i = 0; i < operand_count(s); i++) {
            in[i] = operand(g, s, i, dtype, s->sample->shape[i]);
            if (turned && gd_ndim(in[i]) > 1)
                in[i] = gd_transpose(gd_clone(gd_transpose(in[i], 0, -1)), 0, -1);
        }
        gd_tensor *want = run(s, in), *got = gd_run_with(plan, (gd_tensors){ operand_count(s), in });
        no_error(g);
        same_bits(got, want, op_of(s)->info.name);
    }
    assert_int_equal(gd_plan_facts_of(plan).recorded, 1);
    assert_int_equal(gd_plan_facts_of(plan).runs, RUNS);
}

static void test_forward(void **state)
{
    gd_context *g = gd_open();
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++)
        for (int turned = 0; turned <= 1; turned++)
            check(g, *state, dtype, turned);
    gd_close(g);
}

/* The result, and the gradients of all operands that have one. */
static bool derive(void *user, gd_tensor *const *in, size_t n, gd_tensor **out, size_t outputs)
{
    const subject *s = user;
    gd_context *g = gd_context_of(in[0]);
    gd_tensor *x[GD__MAX_INPUTS], *asked[GD__MAX_INPUTS];
    int count = 0;
    for (size_t i = 0; i < n; i++) {
        x[i] = in[i];
        if (gd__is_differentiable(op_of(s), (int)i))
            asked[count++] = x[i] = gd_require_grad(gd_detach(in[i]), true);
    }
    out[0] = run(s, x);
    gd_tensor *dy = gd_rand(g, gd_dtype_of(out[0]), gd_sizes(out[0]));
    assert_int_equal(outputs, count + 1);
    return gd_gradient(out[0], dy, count, asked, out + 1, false);
}

static void test_derivative(void **state)
{
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_tensor *in[GD__MAX_INPUTS], *want[GD__MAX_INPUTS + 1], *got[GD__MAX_INPUTS + 1];
    size_t outputs = 1;
    for (int i = 0; i < operand_count(s); i++)
        outputs += gd__is_differentiable(op_of(s), i);
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++) {
        gd_plan *plan = gd_compile_all(g, outputs, derive, *state);
        for (int k = 0; k < RUNS; k++) {
            GD_SCOPE(g);
            uint64_t seed = test_seed() + (uint64_t)(100 * s->id + k);
            gd_seed(g, GD_RNG_PHILOX, seed);
            for (int i = 0; i < operand_count(s); i++)
                in[i] = operand(g, s, i, dtype, s->sample->shape[i]);
            gd_seed(g, GD_RNG_PHILOX, seed);
            assert_true(derive(*state, in, (size_t)operand_count(s), want, outputs));
            gd_seed(g, GD_RNG_PHILOX, seed);
            assert_true(gd_run_all(plan, (gd_tensors){ operand_count(s), in }, got, outputs));
            no_error(g);
            for (size_t i = 0; i < outputs; i++)
                same_bits(got[i], want[i], op_of(s)->info.name);
        }
        assert_int_equal(gd_plan_facts_of(plan).recorded, 1);
    }
    gd_close(g);
}

/* Elementwise ones in chains of their own, at sizes around the width of vectors and of tiles. */
static gd_tensor *chain(void *user, gd_tensor *const *in, size_t n)
{
    const subject *s = user;
    gd_tensor *x[GD__MAX_INPUTS] = { NULL };
    for (size_t i = 0; i < n; i++)
        x[i] = is_float_operand(s, (int)i) ? gd_mul_scalar(gd_add_scalar(in[i], 0.25), 0.75) : in[i];
    gd_tensor *y = run(s, x);
    return gd_dtype_of(y) == GD_BOOL ? y : gd_add(gd_mul(y, y), gd_neg(y));
}

static void test_chain(void **state)
{
    static const int64_t sizes[] = { 0, 1, 3, 7, 8, 15, 16, 17, 33, 64, 100, 250 };
    const subject *s = *state;
    gd_context *g = gd_open();
    gd_plan *plan = gd_compile(g, chain, *state);
    for (size_t k = 0; k < 2 * sizeof sizes / sizeof *sizes; k++) {
        GD_SCOPE(g);
        gd_tensor *in[GD__MAX_INPUTS];
        gd_seed(g, GD_RNG_PHILOX, test_seed() + k);
        for (int i = 0; i < operand_count(s); i++)
            in[i] = operand(g, s, i, GD_FLOAT32, gd_shape(sizes[k / 2]));
        gd_tensor *want = chain(*state, in, (size_t)operand_count(s));
        same_bits(gd_run_with(plan, (gd_tensors){ operand_count(s), in }), want, op_of(s)->info.name);
    }
    no_error(g);
    gd_close(g);
}

static bool has_derivative(const gd__op *op)
{
    return op->vjp != NULL;
}

static int add_test(struct CMUnitTest *tests, int count, const char *name, CMUnitTestFunction function, subject *s)
{
    tests[count] = (struct CMUnitTest){ name, function, NULL, NULL, s };
    return count + 1;
}

int main(void)
{
    static subject subjects[GD__OP_COUNT * GD__MAX_SAMPLES];
    static struct CMUnitTest tests[3 * GD__OP_COUNT * GD__MAX_SAMPLES];
    static char names[3 * GD__OP_COUNT * GD__MAX_SAMPLES][64];
    int count = 0, found = 0;
    for (int id = 0; id < GD__OP_COUNT; id++) {
        const gd__op *op = gd__ops[id];
        for (int k = 0; k < GD__MAX_SAMPLES && op->sample[k].low < op->sample[k].high; k++) {
            subject *s = &subjects[found++];
            *s = (subject){ id, &op->sample[k] };
            snprintf(names[count], sizeof *names, "%s %d", op->info.name, k);
            count = add_test(tests, count, names[count], test_forward, s);
            snprintf(names[count], sizeof *names, "%s %d, derivative", op->info.name, k);
            if (has_derivative(op))
                count = add_test(tests, count, names[count], test_derivative, s);
            snprintf(names[count], sizeof *names, "%s %d, chain", op->info.name, k);
            if (op->elementwise && !op->info.is_view)
                count = add_test(tests, count, names[count], test_chain, s);
        }
    }
    fprintf(stderr, "seed %llu\n", (unsigned long long)test_seed());
    return _cmocka_run_group_tests("compile ops", tests, (size_t)count, NULL, NULL);
}
