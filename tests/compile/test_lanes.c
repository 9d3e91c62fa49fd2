/* test_lanes.c - steps whose matrices fit into vectors: for every instruction set bitwise what the function does eagerly,
 * whatever the shapes, what comes after a product, and what stands between a gradient and its update. */
#include "support.h"

static const char *const isas[] = { "generic", "avx2", "avx512" };
enum { ISAS = sizeof isas / sizeof *isas };

typedef gd_tensor *activation(gd_tensor *x);

static gd_tensor *nothing(gd_tensor *x)
{
    return x;
}

static activation *const activations[] = { nothing, gd_sigmoid, gd_tanh, gd_relu };
static gd_layer *(*const layers[])(gd_context *g) = { NULL, gd_sigmoid_layer, gd_tanh_layer, gd_relu_layer };
enum { ACTIVATIONS = sizeof activations / sizeof *activations };

static gd_context *open_isa(const char *isa)
{
    gd_context *g = gd_open_with(&(gd_config){ .isa = isa });
    if (strcmp(gd_isa(g), "none") != 0)
        return g;
    gd_close(g);
    return NULL;
}

/* Few numbers, of which some are far from 0, infinite or NaN where `wild`. */
static gd_tensor *numbers(gd_context *g, int64_t rows, int64_t columns, int k, bool wild)
{
    static const double far[] = { 200, -200, 87, -88.5, 1e30, -1e-40, INFINITY, -INFINITY, NAN, -0.0 };
    enum { FAR = sizeof far / sizeof *far };
    double x[64];
    assert_true(rows * columns <= 64);
    for (int i = 0; i < rows * columns; i++)
        x[i] = wild && (i + k) % 5 == 0 ? far[(i + 3 * k) % FAR] : (double)((i * 7919 + k * 104729) % 1000) / 250 - 2;
    return gd_values_of(g, GD_FLOAT32, gd_shape(rows, columns), (size_t)(rows * columns), x);
}

/* Does the plan say so, in its own words? */
static bool says(const gd_plan *plan, const char *what)
{
    char text[4096] = "";
    FILE *to = fmemopen(text, sizeof text, "w");
    gd_print_plan(plan, to);
    fclose(to);
    return strstr(text, what) != NULL;
}

/* ---- products ---- */

typedef struct product {
    activation *then;
    bool biased, turned;
} product;

static gd_tensor *multiply(void *user, gd_tensor *const *in, size_t n)
{
    const product *p = user;
    gd_tensor *y = gd_matmul(in[0], p->turned ? gd_t(in[1]) : in[1]);
    assert_int_equal(n, 3);
    return p->then(p->biased ? gd_add(y, in[2]) : y);
}

static void check_product(gd_context *g, product p, int64_t rows, int64_t inner, int64_t columns)
{
    gd_plan *plan = gd_compile(g, multiply, &p);
    for (int k = 0; k < 8; k++) {
        GD_SCOPE(g);
        gd_tensor *in[] = { numbers(g, rows, inner, k, k % 2),
                            numbers(g, p.turned ? columns : inner, p.turned ? inner : columns, k + 1, k > 5),
                            numbers(g, 1, columns, k + 2, false) };
        same_bits(gd_run_with(plan, (gd_tensors){ 3, in }), multiply(&p, in, 3), "a product");
    }
    if (strcmp(gd_isa(g), "generic") != 0 && rows * inner <= 8 && inner * columns <= 8 && rows * columns <= 8)
        assert_true(says(plan, "by lanes"));
    all_well(g);
}

static void test_products(void **state)
{
    (void)state;
    for (int i = 0; i < ISAS; i++) {
        gd_context *g = open_isa(isas[i]);
        for (int shape = 0; g && shape < 5 * 6 * 4; shape++) {
            GD_SCOPE(g);
            for (int a = 0; a < ACTIVATIONS * 4; a++)
                check_product(g, (product){ activations[a / 4], a & 1, a & 2 }, shape % 5 + 1, shape / 5 % 6 + 1,
                              shape / 30 + 1);
        }
        gd_close(g);
    }
}

/* ---- training ---- */

typedef struct trainer {
    gd_layer *net;
    gd_optimizer *sgd;
    bool probabilities;
    int features, hidden, rows;
} trainer;

static gd_tensor *step(void *user, gd_tensor *const *in, size_t n)
{
    trainer *m = user;
    assert_int_equal(n, 2);
    gd_zero_grad(m->net);
    gd_tensor *y = gd_forward(m->net, in[0]);
    gd_tensor *loss = m->probabilities ? gd_bce(y, in[1]) : gd_mse(y, in[1]);
    gd_backward(loss);
    gd_step(m->sgd);
    return loss;
}

static void start(gd_context *g, trainer *m, int a)
{
    gd_seed(g, GD_RNG_TORCH, 70);
    m->net = gd_sequential(g, gd_linear(g, m->features, m->hidden), layers[a](g), gd_linear(g, m->hidden, 1));
    if (m->probabilities)
        m->net = gd_sequential(g, m->net, gd_sigmoid_layer(g));
    gd_init(m->net);
    m->sgd = gd_sgd(m->net, .lr = 0.5);
}

static void compare(gd_layer *a, gd_layer *b)
{
    for (int k = 0; k < gd_parameter_count(a); k++) {
        same_bits(gd_parameter(a, k), gd_parameter(b, k), "a parameter");
        same_bits(gd_grad(gd_parameter(a, k)), gd_grad(gd_parameter(b, k)), "a gradient");
    }
}

/* The rate is another half way. */
static void check_training(gd_context *g, trainer m, int a)
{
    enum { STEPS = 8 };
    trainer eager = m;
    start(g, &m, a);
    start(g, &eager, a);
    gd_plan *plan = gd_compile(g, step, &m);
    for (int i = 0; i < STEPS; i++) {
        GD_SCOPE(g);
        gd_tensor *in[] = { numbers(g, m.rows, m.features, i, false),
                            gd_sigmoid(numbers(g, m.rows, 1, i + 1, false)) };
        if (i == STEPS / 2) {
            gd_set_learning_rate(m.sgd, 0.125);
            gd_set_learning_rate(eager.sgd, 0.125);
        }
        same_bits(gd_run(plan, in[0], in[1]), step(&eager, in, 2), "a loss");
        compare(m.net, eager.net);
    }
    all_well(g);
    assert_int_equal(gd_plan_facts_of(plan).recorded, 1);
}

static void test_trainings(void **state)
{
    (void)state;
    for (int i = 0; i < ISAS; i++) {
        gd_context *g = open_isa(isas[i]);
        for (int form = 0; g && form < 4 * 4 * 6 * 2; form++) {
            GD_SCOPE(g);
            trainer m = { .features = form % 4 + 1,
                          .hidden = form / 4 % 4 + 1,
                          .rows = form / 16 % 6 + 1,
                          .probabilities = form / 96 };
            for (int a = 1; a < ACTIVATIONS; a++)
                check_training(g, m, a);
        }
        gd_close(g);
    }
}

/* ---- what stands between a gradient and its update ---- */

typedef struct weight {
    gd_tensor *w;
    gd_layer *layer;
    gd_optimizer *sgd;
    int between;
} weight;

/* A reader of the parameter, a refusal, or both, before the update. */
static gd_tensor *observed(void *user, gd_tensor *const *in, size_t n)
{
    weight *m = user;
    assert_int_equal(n, 2);
    gd_zero_grad(m->layer);
    gd_tensor *loss = gd_sum(gd_forward(m->layer, in[0]));
    gd_backward(loss);
    gd_tensor *before = m->between & 1 ? gd_sum(gd_mul(gd_detach(m->w), gd_detach(m->w))) : loss;
    if (m->between & 2)
        before = gd_add(before, gd_bce(in[1], in[1]));
    gd_step(m->sgd);
    return gd_add(before, gd_sum(gd_detach(m->w)));
}

static weight start_weight(gd_context *g, int between)
{
    gd_tensor *w = numbers(g, 2, 2, 1, false);
    gd_layer *layer = gd_affine(w, gd_zeros(g, GD_FLOAT32, gd_shape(2)));
    return (weight){ w, layer, gd_sgd(layer, .lr = 0.25), between };
}

static void test_observed(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    for (int between = 0; between < 4; between++) {
        weight a = start_weight(g, between), b = start_weight(g, between);
        gd_plan *plan = gd_compile(g, observed, &a);
        for (int i = 0; i < 5; i++) {
            GD_SCOPE(g);
            gd_tensor *in[] = { numbers(g, 3, 2, i, false), gd_sigmoid(numbers(g, 2, 2, i, false)) };
            same_bits(gd_run(plan, in[0], in[1]), observed(&b, in, 2), "what was seen");
            same_bits(a.w, b.w, "the parameter");
        }
        if (strcmp(gd_isa(g), "generic") != 0)
            assert_int_equal(says(plan, "matmul + sgd_update"), between == 0);
        all_well(g);
    }
    gd_close(g);
}

/* What is refused ends the step before the update that comes after it. */
static void test_refused(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    weight a = start_weight(g, 2);
    gd_plan *plan = gd_compile(g, observed, &a);
    gd_tensor *x = numbers(g, 3, 2, 0, false);
    gd_run(plan, x, gd_full(g, GD_FLOAT32, gd_shape(2, 2), 0.5));
    gd_tensor *before = gd_clone(a.w);
    gd_run(plan, x, gd_full(g, GD_FLOAT32, gd_shape(2, 2), 1.5));
    expect_error(g, GD_ERROR_VALUE, "is no probability");
    same_bits(a.w, before, "the parameter");
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_trainings),
        cmocka_unit_test(test_observed),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests_name("compile lanes", tests, NULL, NULL);
}
