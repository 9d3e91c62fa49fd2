/* test_training.c - whole trainings, eager and compiled side by side: bitwise the same losses, parameters, gradients and
 * running statistics after every step. */
#include "support.h"

typedef struct recipe {
    const char *name;
    gd_layer *(*network)(gd_context *g);
    gd_optimizer *(*optimizer)(gd_layer *net);
    gd_tensor *(*loss)(gd_tensor *y, gd_tensor *t);
    gd_schedule *(*schedule)(gd_optimizer *o);
    bool clips, clips_values, accumulates, cleared_after;
    int features, classes, rows;
    bool labels;
} recipe;

typedef struct trainer {
    const recipe *recipe;
    gd_layer *net;
    gd_optimizer *optimizer;
    gd_schedule *schedule;
} trainer;

static gd_tensor *step(void *user, gd_tensor *const *in, size_t n)
{
    trainer *m = user;
    assert_int_equal(n, 2);
    if (!m->recipe->accumulates && !m->recipe->cleared_after)
        gd_zero_grad(m->net);
    gd_tensor *loss = m->recipe->loss(gd_forward(m->net, in[0]), in[1]);
    gd_backward(loss);
    if (m->recipe->clips)
        gd_clip_grad_norm(m->net, .max_norm = 0.1);
    if (m->recipe->clips_values)
        gd_clip_grad_value(m->net, 0.01);
    gd_step(m->optimizer);
    if (m->schedule)
        gd_schedule_step(m->schedule);
    if (m->recipe->cleared_after)
        gd_zero_grad(m->net);
    return loss;
}

/* ---- what is trained ---- */

static gd_layer *xor_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g), gd_linear(g, 2, 1), gd_sigmoid_layer(g));
}

static gd_layer *relu_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 20, 16), gd_relu_layer(g), gd_linear(g, 16, 5));
}

static gd_layer *wide_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 20, 300), gd_tanh_layer(g), gd_linear(g, 300, 270), gd_relu_layer(g),
                         gd_linear(g, 270, 5));
}

static gd_layer *drop_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 20, 32), gd_batch_norm(g, 32), gd_relu_layer(g), gd_dropout(g, 0.3),
                         gd_linear(g, 32, 16), gd_layer_norm(g, gd_shape(16)), gd_sigmoid_layer(g),
                         gd_linear(g, 16, 5));
}

static gd_layer *average_network(gd_context *g)
{
    return gd_sequential(g, gd_linear(g, 20, 8), gd_batch_norm(g, 8, .cumulative = true), gd_relu_layer(g),
                         gd_linear(g, 8, 5));
}

static gd_optimizer *plain(gd_layer *net)
{
    return gd_sgd(net, .lr = 0.5);
}

static gd_optimizer *momentum(gd_layer *net)
{
    return gd_sgd(net, .lr = 0.05, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01);
}

static gd_optimizer *heavy(gd_layer *net)
{
    return gd_sgd(net, .lr = 0.05, .momentum = 0.9, .dampening = 0.1);
}

static gd_optimizer *adam(gd_layer *net)
{
    return gd_adam(net, .lr = 0.01);
}

static gd_optimizer *adamw(gd_layer *net)
{
    gd_optimizer *o = gd_adamw(net, .lr = 0.01, .amsgrad = true);
    assert_int_equal(gd_optimizer_group(o, "*.bias", .weight_decay = 0, .lr = 0.02), 1);
    return o;
}

static gd_optimizer *rmsprop(gd_layer *net)
{
    return gd_rmsprop(net, .lr = 0.001, .momentum = 0.5, .centered = true);
}

static gd_optimizer *adagrad(gd_layer *net)
{
    return gd_adagrad(net, .lr = 0.05, .lr_decay = 0.1);
}

static gd_tensor *bce(gd_tensor *y, gd_tensor *t)
{
    return gd_bce(y, t);
}

static gd_tensor *cross_entropy(gd_tensor *y, gd_tensor *t)
{
    return gd_cross_entropy(y, t);
}

static gd_tensor *smoothed(gd_tensor *y, gd_tensor *t)
{
    return gd_cross_entropy(y, t, .label_smoothing = 0.1);
}

static gd_tensor *squares(gd_tensor *y, gd_tensor *t)
{
    return gd_mse(gd_softmax(y, -1), gd_cast(gd_one_hot(t, 5), gd_dtype_of(y)));
}

static gd_schedule *cosine(gd_optimizer *o)
{
    return gd_cosine_annealing_lr(o, .T_max = 20);
}

static const recipe recipes[] = {
    { "xor", xor_network, plain, bce, .features = 2, .classes = 1, .rows = 4 },
    { "xor, accumulating", xor_network, plain, bce, .features = 2, .classes = 1, .rows = 4, .accumulates = true },
    { "xor, cleared after", xor_network, adam, bce, .features = 2, .classes = 1, .rows = 4, .cleared_after = true },
    { "relu, sgd", relu_network, plain, cross_entropy, .features = 20, .classes = 5, .rows = 10, .labels = true },
    { "relu, momentum", relu_network, momentum, cross_entropy, .features = 20, .classes = 5, .rows = 10,
      .labels = true },
    { "relu, dampened", relu_network, heavy, squares, .features = 20, .classes = 5, .rows = 10, .labels = true },
    { "relu, adam", relu_network, adam, smoothed, .features = 20, .classes = 5, .rows = 10, .labels = true },
    { "relu, adamw, groups, schedule", relu_network, adamw, cross_entropy, cosine, .features = 20, .classes = 5,
      .rows = 10, .labels = true },
    { "relu, clipped", relu_network, plain, cross_entropy, .clips = true, .features = 20, .classes = 5, .rows = 10,
      .labels = true },
    { "relu, values clipped", relu_network, rmsprop, cross_entropy, .clips_values = true, .features = 20,
      .classes = 5, .rows = 10, .labels = true },
    { "wide, adagrad", wide_network, adagrad, cross_entropy, .features = 20, .classes = 5, .rows = 100,
      .labels = true },
    { "wide, adam", wide_network, adam, cross_entropy, .features = 20, .classes = 5, .rows = 33, .labels = true },
    { "drop, adam", drop_network, adam, cross_entropy, cosine, .features = 20, .classes = 5, .rows = 12,
      .labels = true },
    { "drop, momentum", drop_network, momentum, smoothed, .clips = true, .features = 20, .classes = 5, .rows = 12,
      .labels = true },
    { "averages", average_network, momentum, cross_entropy, .features = 20, .classes = 5, .rows = 12,
      .labels = true },
};

/* ---- side by side ---- */

static trainer start(gd_context *g, const recipe *r, gd_dtype dtype)
{
    trainer m = { .recipe = r };
    gd_set_default_dtype(g, dtype);
    gd_seed(g, GD_RNG_TORCH, 70);
    m.net = gd_init(r->network(g));
    m.optimizer = r->optimizer(m.net);
    m.schedule = r->schedule ? r->schedule(m.optimizer) : NULL;
    return m;
}

/* The batch of a step: the last of each ten is smaller. */
static void take_batch(gd_context *g, const recipe *r, int i, gd_tensor **in)
{
    int64_t rows = i % 10 == 9 && r->rows > 4 ? r->rows / 2 : r->rows;
    double x[100 * 20], t[100 * 5];
    for (int64_t k = 0; k < rows * r->features; k++)
        x[k] = (double)((k * 7919 + i * 104729) % 1000) / 500 - 1;
    for (int64_t k = 0; k < rows * r->classes; k++)
        t[k] = r->labels ? (double)((k * 31 + i) % r->classes) : (double)((k + i) % 2);
    in[0] = gd_values_of(g, GD_DEFAULT, gd_shape(rows, r->features), (size_t)(rows * r->features), x);
    in[1] = r->labels ? gd_values_of(g, GD_INT64, gd_shape(rows), (size_t)rows, t)
                      : gd_values_of(g, GD_DEFAULT, gd_shape(rows, 1), (size_t)rows, t);
}

static void compare(const trainer *a, const trainer *b, int i)
{
    char what[128];
    for (int k = 0; k < gd_parameter_count(a->net); k++) {
        const gd_tensor *p = gd_parameter(a->net, k), *q = gd_parameter(b->net, k);
        snprintf(what, sizeof what, "%s, step %d, parameter %d", a->recipe->name, i, k);
        same_bits(p, q, what);
        snprintf(what, sizeof what, "%s, step %d, gradient %d", a->recipe->name, i, k);
        assert_int_equal(gd_has_grad(p), gd_has_grad(q) && !p->withheld);
        if (gd_has_grad(p))
            same_bits(gd_grad(p), gd_grad(q), what);
    }
    for (int k = 0; k < gd_buffer_count(a->net); k++) {
        snprintf(what, sizeof what, "%s, step %d, buffer %d", a->recipe->name, i, k);
        same_bits(gd_buffer(a->net, k), gd_buffer(b->net, k), what);
    }
}

/* The compiled one with so many threads, the eager one with one. */
static void train(const recipe *r, gd_dtype dtype, const char *isa, int threads, bool keep)
{
    enum { STEPS = 40 };
    gd_context *eager = gd_open_with(&(gd_config){ .isa = isa, .threads = 1 });
    gd_context *compiled = gd_open_with(&(gd_config){ .isa = isa, .threads = threads });
    trainer a = start(compiled, r, dtype), b = start(eager, r, dtype);
    gd_plan *plan = gd_keep_gradients(gd_compile(compiled, step, &a), keep);
    for (int i = 0; i < STEPS; i++) {
        gd_scope left = gd_scope_enter(compiled), right = gd_scope_enter(eager);
        gd_tensor *x[2], *y[2];
        take_batch(compiled, r, i, x);
        take_batch(eager, r, i, y);
        gd_tensor *got = gd_run(plan, x[0], x[1]), *want = step(&b, y, 2);
        all_well(compiled);
        all_well(eager);
        same_bits(got, want, r->name);
        compare(&a, &b, i);
        gd_scope_leave(&left);
        gd_scope_leave(&right);
    }
    int forms = r->rows > 4 ? 2 : 1;
    assert_int_equal(gd_plan_facts_of(plan).recorded, r->accumulates ? forms + 1 : forms);
    gd_close(compiled);
    gd_close(eager);
}

static void test_training(void **state)
{
    train(*state, GD_FLOAT32, NULL, 1, true);
    train(*state, GD_FLOAT64, NULL, 1, true);
}

static void test_threads(void **state)
{
    for (int threads = 2; threads <= 8; threads += threads)
        train(*state, GD_FLOAT32, NULL, threads, false);
}

static void test_instruction_sets(void **state)
{
    static const char *const names[] = { "generic", "avx2", "avx512" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gd_context *g = gd_open_with(&(gd_config){ .isa = names[i] });
        bool there = strcmp(gd_isa(g), "none") != 0;
        gd_close(g);
        if (there)
            train(*state, GD_FLOAT32, names[i], 1, false);
    }
}

/* No step asks the allocator for anything, and none leaves anything behind. */
static void test_memory(void **state)
{
    const recipe *r = *state;
    gd_context *g = gd_open_with(&(gd_config){ .threads = 1 }); /* threads are started when they pay */
    trainer m = start(g, r, GD_FLOAT32);
    gd_plan *plan = gd_compile(g, step, &m);
    gd_tensor *in[2];
    take_batch(g, r, 0, in);
    for (int i = 0; i < 3; i++)
        gd_run(plan, in[0], in[1]);
    gd_memory before = gd_memory_used(g);
    for (int i = 0; i < 20; i++)
        gd_run(plan, in[0], in[1]);
    all_well(g);
    assert_int_equal(gd_memory_used(g).allocations, before.allocations);
    assert_int_equal(gd_memory_used(g).in_use, before.in_use);
    gd_close(g);
}

static gd_tensor *loss_of_few(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_bce(in[0], in[1]);
}

/* Every number of up to eight probabilities, where logarithms come to their limits among them, and where none does. */
static void compare_few(gd_context *g)
{
    static const float edge[] = { 0,
                                  1,
                                  0x1p-149F,
                                  0x1.8p-127F,
                                  0x1p-126F,
                                  0x1p-100F,
                                  0x1p-26F,
                                  0x1p-25F,
                                  0x1p-24F,
                                  0.25F,
                                  0.3F,
                                  0.5F,
                                  0.7F,
                                  0x1.fffffep-1F,
                                  0x1.ffff6p-1F,
                                  0x1.6a09e4p-1F,
                                  0x1.6a09e6p-1F,
                                  0x1.6a09e8p-1F,
                                  0x1.2bec32p-2F,
                                  0x1.2bec34p-2F,
                                  NAN };
    enum { EDGES = sizeof edge / sizeof *edge, MOST = 8 };
    gd_plan *plan = gd_compile(g, loss_of_few, NULL);
    for (int64_t k = 0; k < 4 * (int64_t)EDGES * MOST; k++) {
        GD_SCOPE(g);
        int64_t n = k % MOST + 1;
        float p[MOST], t[MOST];
        for (int64_t i = 0; i < n; i++) {
            p[i] = i == k / MOST % n ? edge[k / MOST % EDGES] : 0.01F + 0.98F * (float)((7 * i + 3 * k) % 11) / 11;
            t[i] = (float)((i + k) % 3) / 2;
        }
        gd_tensor *in[] = { gd_from_memory(g, GD_FLOAT32, gd_shape(n), p),
                            gd_from_memory(g, GD_FLOAT32, gd_shape(n), t) };
        same_bits(gd_run(plan, in[0], in[1]), gd_bce(in[0], in[1]), "bce");
    }
    all_well(g);
}

static void test_loss_of_few(void **state)
{
    static const char *const names[] = { "generic", "avx2", "avx512" };
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        gd_context *g = gd_open_with(&(gd_config){ .isa = names[i] });
        if (strcmp(gd_isa(g), "none") != 0)
            compare_few(g);
        gd_close(g);
    }
}

int main(void)
{
    enum { COUNT = sizeof recipes / sizeof *recipes, KINDS = 4 };
    static const struct {
        const char *name;
        CMUnitTestFunction test;
    } kinds[KINDS] = { { "", test_training },
                       { ", threads", test_threads },
                       { ", instruction sets", test_instruction_sets },
                       { ", memory", test_memory } };
    static struct CMUnitTest tests[KINDS * COUNT + 1];
    static char names[KINDS * COUNT][64];
    for (int i = 0; i < KINDS * COUNT; i++) {
        const recipe *r = &recipes[i % COUNT];
        snprintf(names[i], sizeof *names, "%s%s", r->name, kinds[i / COUNT].name);
        tests[i] = (struct CMUnitTest){ names[i], kinds[i / COUNT].test, NULL, NULL, (void *)(uintptr_t)r };
    }
    tests[KINDS * COUNT] = (struct CMUnitTest){ "the loss of few", test_loss_of_few, NULL, NULL, NULL };
    return _cmocka_run_group_tests("compile training", tests, KINDS * COUNT + 1, NULL, NULL);
}
