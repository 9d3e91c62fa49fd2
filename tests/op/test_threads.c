/* test_threads.c - every operation of the list, and its derivative, on operands large enough to be shared: the same bits
 * for any number of threads. */
#include "battery.h"

enum { ELEMENTS = 150000, COUNTS = 4 };
static const int counts[COUNTS] = { 1, 2, 3, 8 };

/* By how much the sample's dimensions are to grow, so that there are enough elements where all operands meet. */
static int64_t growth(const subject *s)
{
    double elements = 0;
    int64_t factor = 0;
    while (elements < ELEMENTS) {
        factor++;
        elements = 1;
        for (int back = 1; back <= GD_MAX_DIMS; back++) {
            int64_t most = 1;
            for (int i = 0; i < operand_count(s); i++) {
                const gd_dims *shape = &s->sample->shape[i];
                int64_t size = back <= shape->count ? shape->size[shape->count - back] : 1;
                most = size > most ? size : most;
            }
            elements *= (double)(most > 1 ? most * factor : 1);
        }
    }
    return factor;
}

static gd_tensor *large_operand(gd_context *g, const subject *s, int i, gd_dtype dtype, bool strided)
{
    const gd__sample *sample = s->sample;
    gd_dims shape = sample->shape[i];
    gd_tensor *t;
    for (int k = 0; k < shape.count; k++)
        shape.size[k] *= shape.size[k] > 1 ? growth(s) : 1;
    if (sample->label_input == i + 1)
        t = gd_reshape(gd_choice(g, sample->label_limit, gd__count(shape)), shape);
    else if (sample->condition_input == i + 1)
        t = gd_ge_scalar(gd_rand(g, dtype, shape), 0.5);
    else
        t = gd_add_scalar(gd_mul_scalar(gd_rand(g, dtype, shape), sample->high - sample->low), sample->low);
    return strided && gd_ndim(t) > 1 ? gd_transpose(gd_clone(gd_transpose(t, 0, -1)), 0, -1) : t;
}

/* Result and gradients, bytes, behind each other. */
typedef struct outcome {
    char *bytes;
    size_t size;
} outcome;

static void put(outcome *o, gd_tensor *t)
{
    t = gd_contiguous(t);
    size_t size = (size_t)gd_numel(t) * gd_dtype_size(gd_dtype_of(t));
    o->bytes = realloc(o->bytes, o->size + size + 1);
    memcpy(o->bytes + o->size, t->data, size);
    o->size += size;
}

static outcome outcome_with(const subject *s, gd_dtype dtype, bool strided, int threads)
{
    gd_context *g = gd_open_with(&(gd_config){ .threads = threads });
    gd_tensor *in[GD__MAX_INPUTS], *asked[GD__MAX_INPUTS], *dx[GD__MAX_INPUTS];
    outcome o = { NULL, 0 };
    int count = 0;
    g->share_all = true;
    gd_seed(g, GD_RNG_PHILOX, test_seed());
    for (int i = 0; i < operand_count(s); i++) {
        in[i] = large_operand(g, s, i, dtype, strided);
        if (op_of(s)->vjp && gd__is_differentiable(op_of(s), i))
            asked[count++] = gd_require_grad(in[i] = gd_detach(in[i]), true);
    }
    gd_tensor *y = run(s, in);
    no_error(g);
    put(&o, y);
    if (count > 0) {
        gd_tensor *dy = gd_rand(g, gd_dtype_of(y), gd_sizes(y));
        assert_true(gd_gradient(y, dy, count, asked, dx, false));
    }
    for (int i = 0; i < count; i++)
        put(&o, dx[i]);
    no_error(g);
    gd_close(g);
    return o;
}

static void test_same_bits(void **state)
{
    const subject *s = *state;
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++)
        for (int strided = 0; strided <= (dtype == GD_FLOAT32); strided++) {
            outcome alone = outcome_with(s, dtype, strided, counts[0]);
            for (int c = 1; c < COUNTS; c++) {
                outcome shared = outcome_with(s, dtype, strided, counts[c]);
                assert_int_equal(alone.size, shared.size);
                assert_memory_equal(alone.bytes, shared.bytes, alone.size);
                free(shared.bytes);
            }
            free(alone.bytes);
        }
}

int main(void)
{
    enum { MOST_SUBJECTS = GD__OP_COUNT * GD__MAX_SAMPLES };
    static subject subjects[MOST_SUBJECTS];
    static struct CMUnitTest tests[MOST_SUBJECTS];
    size_t count = 0;
    printf("# GD_TEST_SEED=%llu\n", (unsigned long long)test_seed());
    for (int id = 0; id < GD__OP_COUNT; id++) {
        const gd__op *op = gd__ops[id];
        for (int n = 0; n < GD__MAX_SAMPLES && op->sample[n].low < op->sample[n].high; n++) {
            if (op->info.is_view ||
                id == GD__OP_slice_backward) /* whose attributes fit the sample's own shape alone */
                continue;
            subjects[count] = (subject){ id, &op->sample[n] };
            tests[count] = (struct CMUnitTest){ op->info.name, test_same_bits, NULL, NULL, &subjects[count] };
            count++;
        }
    }
    return _cmocka_run_group_tests("threads", tests, count, NULL, NULL);
}
