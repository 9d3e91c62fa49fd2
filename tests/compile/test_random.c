/* test_random.c - random steps, as functions and compiled: the same bits of all that they return, write and learn. A step is
 * drawn from its seed, so both run the same one. GD_TEST_SEED picks others. */
#include "support.h"

enum { FORMS = 7, MOST = 40, RUNS = 6, WEIGHTS = 3, OUTPUTS = 3 };

typedef struct world {
    gd_context *g;
    gd_dtype dtype;
    int64_t size;
    uint64_t seed, state;
    int length, outputs;
    bool trains;
    gd_tensor *weight[WEIGHTS], *bias[WEIGHTS], *buffer[WEIGHTS];
    gd_layer *net;
    gd_optimizer *optimizer;
    gd_operation *operation;
    gd_tensor *const *in;
} world;

/* Splitmix64: its numbers may begin anywhere. */
static int below(world *m, int limit)
{
    uint64_t z = m->state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (int)((z >> 33) % (uint64_t)limit);
}

/* ---- what a step may do with two matrices of one size ---- */

static gd_tensor *add(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)m;
    return gd_add(a, b);
}

static gd_tensor *multiply(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)m;
    return gd_mul(a, gd_tanh(b));
}

static gd_tensor *divide(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)m;
    return gd_div(a, gd_add_scalar(gd_square(b), 1));
}

static gd_tensor *twice_the_same(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)m;
    return gd_mul(gd_sub(a, b), gd_sub(a, b));
}

static gd_tensor *bend(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)b;
    switch (below(m, 8)) {
    case 0: return gd_sigmoid(a);
    case 1: return gd_relu(a);
    case 2: return gd_gelu(a);
    case 3: return gd_silu(a);
    case 4: return gd_exp(gd_clamp(a, -3, 1));
    case 5: return gd_rsub_scalar(gd_abs(a), 1);
    case 6: return gd_mul_scalar(a, 0.25 * below(m, 5));
    default: return gd_tanh(a);
    }
}

static gd_tensor *choose(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)m;
    return gd_where(gd_gt(a, b), a, gd_neg(b));
}

static gd_tensor *product(world *m, gd_tensor *a, gd_tensor *b)
{
    return gd_mul_scalar(gd_matmul(below(m, 2) ? gd_t(a) : a, below(m, 2) ? gd_t(b) : b), 0.1);
}

static gd_tensor *affine(world *m, gd_tensor *a, gd_tensor *b)
{
    int i = below(m, WEIGHTS);
    (void)b;
    return bend(m, gd_add(gd_matmul(a, m->weight[i]), m->bias[i]), a);
}

static gd_tensor *with_sums(world *m, gd_tensor *a, gd_tensor *b)
{
    switch (below(m, 5)) {
    case 0: return gd_tanh(gd_mul(a, gd_sum(b, gd_axes(1), true)));
    case 1: return gd_sub(a, gd_mean(b, gd_axes(0)));
    case 2: return gd_add(gd_max(a, gd_axes(0)), b);
    case 3: return gd_sub(gd_expand(gd_mean(a), gd_shape(m->size, m->size)), b);
    default: return gd_tanh(gd_mul(a, gd_logsumexp(b, gd_axes(1), true)));
    }
}

static gd_tensor *along(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)b;
    switch (below(m, 5)) {
    case 0: return gd_softmax(a, below(m, 2));
    case 1: return gd_log_softmax(a, 1);
    case 2: return gd_tanh(gd_cumsum(a, below(m, 2)));
    case 3: return gd_flip(a, gd_axes(below(m, 2)));
    default: return gd_sort(a, 1, below(m, 2));
    }
}

static gd_tensor *rearrange(world *m, gd_tensor *a, gd_tensor *b)
{
    int64_t n = m->size;
    switch (below(m, 5)) {
    case 0: return gd_cat(gd_list(gd_slice(a, 0, 0, n / 2, 1), gd_slice(b, 0, n / 2, n, 1)), 0);
    case 1: return gd_reshape(gd_reshape(gd_t(a), gd_shape(n * n)), gd_shape(n, n));
    case 2: return gd_mul(gd_slice(a, 0, 0, 1, 1), b);
    case 3: return gd_slice(gd_pad(a, gd_shape(1, 0), gd_shape(0, 0), 0.5), 0, 0, n, 1);
    default: return gd_clone(gd_t(a));
    }
}

static gd_tensor *pick(world *m, gd_tensor *a, gd_tensor *b)
{
    switch (below(m, 3)) {
    case 0: return gd_gather(a, 1, m->in[2]);
    case 1: return gd_index_select(a, 0, gd_select(m->in[2], 1, 0));
    default: return gd_add(a, gd_cast(gd_argmax(b, 1, true), m->dtype));
    }
}

static gd_tensor *draw(world *m, gd_tensor *a, gd_tensor *b)
{
    gd_tensor *mask =
        below(m, 2) ? gd_rand_like(gd_detach(b)) : gd_bernoulli(m->g, m->dtype, gd_shape(m->size, m->size), 0.5);
    return gd_mul(a, mask);
}

static gd_tensor *write_buffer(world *m, gd_tensor *a, gd_tensor *b)
{
    gd_tensor *buffer = m->buffer[below(m, WEIGHTS)];
    int64_t half = m->size / 2;
    if (below(m, 2))
        gd_assign(buffer, gd_detach(gd_tanh(a)));
    else
        gd_assign(gd_slice(buffer, 0, 0, half, 1), gd_detach(gd_slice(a, 0, m->size - half, m->size, 1)));
    return gd_add(b, buffer);
}

static gd_tensor *read_buffer(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)b;
    return gd_add(a, m->buffer[below(m, WEIGHTS)]);
}

static gd_tensor *write_constant(world *m, gd_tensor *a, gd_tensor *b)
{
    gd_tensor *constant = gd_full(m->g, m->dtype, gd_shape(m->size, m->size), 0.3), *early = gd_add(a, constant);
    gd_assign(constant, gd_detach(gd_sigmoid(b)));
    return gd_sub(early, constant);
}

static gd_tensor *other_dtype(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)b;
    gd_tensor *x = gd_cast(a, m->dtype == GD_FLOAT32 ? GD_FLOAT64 : GD_FLOAT32);
    return gd_cast(gd_mul_scalar(x, 1.1), m->dtype);
}

static gd_tensor *detach(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)m;
    return gd_add(gd_detach(a), b);
}

static gd_tensor *users(world *m, gd_tensor *a, gd_tensor *b)
{
    (void)b;
    return gd_tanh(gd_apply(m->operation, a));
}

typedef gd_tensor *move(world *m, gd_tensor *a, gd_tensor *b);

static move *const moves[] = {
    add,          multiply,    divide,         twice_the_same, bend,      bend,  choose,    product,
    product,      affine,      affine,         with_sums,      with_sums, along, rearrange, pick,
    write_buffer, read_buffer, write_constant, other_dtype,    detach,    users, draw,
};

static gd_tensor *users_forward(gd_operation_call *call)
{
    call->saved[0] = gd_mul_scalar(call->x.item[0], 2);
    return gd_square(call->x.item[0]);
}

static bool users_backward(gd_operation_call *call, gd_tensor **dx)
{
    dx[0] = gd_mul(call->dy, call->saved[0]);
    return true;
}

/* ---- a step ---- */

static gd_tensor *learn(world *m, gd_tensor *const *made, int count)
{
    gd_tensor *loss = gd_mean(made[count - 1]);
    for (int i = 0; i < WEIGHTS; i++)
        loss = gd_add(loss, gd_add(gd_mean(gd_square(m->weight[i])), gd_mean(m->bias[i])));
    for (int i = 0; i < 3; i++)
        loss = gd_add(loss, gd_mean(gd_square(made[below(m, count)])));
    bool again = below(m, 4) == 0;
    gd_backward(loss, .retain = again);
    if (again)
        gd_backward(loss);
    if (below(m, 3) == 0)
        gd_clip_grad_norm(m->net, .max_norm = 0.5);
    gd_step(m->optimizer);
    return loss;
}

static bool step(void *user, gd_tensor *const *in, size_t n, gd_tensor **out, size_t outputs)
{
    world *m = user;
    gd_tensor *made[MOST] = { in[0], in[1], in[3], m->weight[0], m->weight[1], m->weight[2] };
    int count = 6;
    (void)n;
    m->state = m->seed;
    m->in = in;
    if (m->trains && below(m, 4))
        gd_zero_grad(m->net);
    for (int i = 0; i < m->length; i++) {
        gd_tensor *a = made[below(m, 4) ? count - 1 - below(m, 6) : below(m, count)], *b = made[below(m, count)];
        move *next = moves[below(m, (int)(sizeof moves / sizeof *moves))];
        made[count++] = next(m, a, b);
    }
    for (size_t i = 0; i < outputs; i++)
        out[i] = made[count - 1 - below(m, 6)];
    if (m->trains)
        out[0] = learn(m, made, count);
    if (outputs > 1 && below(m, 3) == 0)
        out[1] = m->buffer[below(m, WEIGHTS)];
    if (outputs > 2 && below(m, 3) == 0)
        out[2] = m->trains ? gd_grad(m->weight[0]) : gd_t(m->weight[1]);
    return !gd_failed(m->g);
}

/* ---- two worlds ---- */

static gd_optimizer *optimizer_of(gd_layer *net, int kind)
{
    switch (kind) {
    case 0: return gd_sgd(net, .lr = 0.01);
    case 1: return gd_sgd(net, .lr = 0.01, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01);
    case 2: return gd_adam(net, .lr = 0.01);
    case 3: return gd_rmsprop(net, .lr = 0.001);
    default: return gd_adagrad(net, .lr = 0.01);
    }
}

static world start(uint64_t seed, int threads)
{
    static const int64_t sizes[] = { 1, 2, 3, 4, 5, 8, 13, 16, 40, 64, 70, 130, 260 };
    world m = { .g = gd_open_with(&(gd_config){ .threads = threads }), .state = seed };
    m.size = sizes[below(&m, below(&m, 8) ? 10 : 13)];
    m.dtype = below(&m, 3) ? GD_FLOAT32 : GD_FLOAT64;
    m.length = 2 + below(&m, MOST - 10);
    m.outputs = 1 + below(&m, OUTPUTS);
    m.trains = below(&m, 3) != 0;
    gd_seed(m.g, GD_RNG_TORCH, seed);
    gd_layer *layer[WEIGHTS];
    for (int i = 0; i < WEIGHTS; i++) {
        m.weight[i] = gd_mul_scalar(gd_randn(m.g, m.dtype, gd_shape(m.size, m.size)), 0.4);
        m.bias[i] = gd_randn(m.g, m.dtype, gd_shape(m.size));
        m.buffer[i] = gd_randn(m.g, m.dtype, gd_shape(m.size, m.size));
        layer[i] = gd_affine(m.weight[i], m.bias[i]);
    }
    m.net = gd_sequential_of(m.g, WEIGHTS, layer);
    m.optimizer = optimizer_of(m.net, below(&m, 5));
    m.operation = gd_define(m.g, "square", users_forward, users_backward);
    m.seed = m.state;
    return m;
}

/* A matrix in one of several layouts; borrowed memory ends with its last number and begins where it likes. */
static gd_tensor *matrix(const world *m, int form)
{
    int64_t n = m->size;
    size_t size = gd_dtype_size(m->dtype), bytes = (size_t)(n * n) * size;
    gd_tensor *x = gd_randn(m->g, m->dtype, gd_shape(n, n)),
              *large = gd_randn(m->g, m->dtype, gd_shape(2 * n + 1, n));
    switch (form) {
    case 1: return gd_t(x);
    case 2: return gd_expand(gd_slice(x, 0, 0, 1, 1), gd_shape(n, n));
    case 3: return gd_expand(gd_slice(x, 1, 0, 1, 1), gd_shape(n, n));
    case 4: return gd_slice(large, 0, 1, 2 * n + 1, 2);
    case 5: {
        char *memory = malloc(bytes + size);
        assert_true(gd_read(x, m->dtype, memory + size, (size_t)(n * n)));
        return gd_borrow(m->g, m->dtype, gd_shape(n, n), NULL, memory + size, free, memory);
    }
    default: return x;
    }
}

/* What was returned last comes back as an input, where it is a matrix. */
static gd_tensor *last_of(const world *m, gd_tensor *const *out, gd_tensor *otherwise)
{
    for (int i = 0; i < m->outputs; i++)
        if (gd_is_tensor(out[i]) && gd_ndim(out[i]) == 2)
            return gd_detach(out[i]);
    return otherwise;
}

static void compare(world both[2], gd_tensor *out[2][OUTPUTS], const char *what)
{
    for (int i = 0; i < both->outputs; i++)
        same_bits(out[1][i], out[0][i], what);
    for (int i = 0; i < WEIGHTS; i++) {
        same_bits(both[1].buffer[i], both[0].buffer[i], what);
        same_bits(both[1].weight[i], both[0].weight[i], what);
        same_bits(both[1].bias[i], both[0].bias[i], what);
        assert_int_equal(gd_has_grad(both[1].weight[i]), gd_has_grad(both[0].weight[i]));
        if (gd_has_grad(both[0].weight[i]))
            same_bits(gd_grad(both[1].weight[i]), gd_grad(both[0].weight[i]), what);
    }
}

/* False where both refused the step: most have written to what a derivative needs. */
static bool run_both(world both[2], gd_plan *plan, int run, gd_tensor *out[2][OUTPUTS])
{
    gd_tensor *in[2][4];
    bool good[2];
    for (int k = 0; k < 2; k++) {
        world *m = &both[k];
        for (int i = 0; i < 2; i++)
            in[k][i] = matrix(m, run < 2 ? 0 : (int)((m->seed >> (3 * run + i)) % FORMS));
        in[k][2] = gd_randint(m->g, GD_INT64, gd_shape(m->size, m->size), 0, m->size);
        in[k][3] = run && m->seed % 3 ? last_of(m, out[k], in[k][0]) : in[k][0];
    }
    good[0] = step(&both[0], in[0], 4, out[0], (size_t)both->outputs);
    good[1] = gd_run_all(plan, (gd_tensors){ 4, in[1] }, out[1], (size_t)both->outputs);
    for (int i = 0; good[0] && i < both->outputs; i++)
        out[0][i] = gd_clone(gd_detach(out[0][i]));
    if (good[0] != good[1] || (!good[0] && gd_first_error(both[0].g)->status != gd_first_error(both[1].g)->status))
        fail_msg("the function: %s, the plan: %s", gd_message(both[0].g), gd_message(both[1].g));
    return good[0];
}

static bool try_seed(uint64_t seed)
{
    char what[80];
    gd_tensor *out[2][OUTPUTS] = { { NULL } };
    world both[2] = { start(seed, 1), start(seed, 1 + (int)(seed % 2)) };
    gd_plan *plan = gd_keep_gradients(gd_compile_all(both[1].g, (size_t)both->outputs, step, &both[1]), true);
    bool good = true;
    for (int run = 0; good && run < RUNS; run++) {
        snprintf(what, sizeof what, "seed %llu, run %d", (unsigned long long)seed, run);
        good = run_both(both, plan, run, out);
        if (good)
            compare(both, out, what);
    }
    for (int k = 0; k < 2; k++)
        gd_close(both[k].g);
    return good;
}

static void test_random_steps(void **state)
{
    enum { SEEDS = 120 };
    const char *text = getenv("GD_TEST_SEED");
    uint64_t first = text ? strtoull(text, NULL, 10) : 1;
    int good = 0;
    (void)state;
    for (uint64_t seed = first; seed < first + SEEDS; seed++)
        good += try_seed(seed);
    assert_true(good > SEEDS * 3 / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_random_steps) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
