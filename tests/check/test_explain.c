/* test_explain.c - what is said of a wrong gradient: the cause, the place, and what would tell two explanations apart. Which causes
 * are found at all is the zoo's business. */
#include "../autograd/support.h"
#include "support.h"

static const double strength = 0.3;

static gd_tensor *penalty(gd_tensor *W)
{
    return gd_mul_scalar(gd_sum(gd_square(W)), strength);
}

/* in: W1, W2; user: x, t. */
static gd_tensor *fit_of(void *user, gd_tensor *const *in, size_t n)
{
    gd_tensor **data = user;
    (void)n;
    return gd_mse(gd_matmul(gd_tanh(gd_matmul(data[0], in[0])), in[1]), data[1]);
}

static gd_tensor *regularised(void *user, gd_tensor *const *in, size_t n)
{
    return gd_add(gd_add(fit_of(user, in, n), penalty(in[0])), penalty(in[1]));
}

/* The gradients of both without the regularisers, by hand, c times. */
static void gradients_of_fit(gd_tensor **data, gd_tensor **W, double c, gd_tensor **to)
{
    gd_tensor *a = gd_tanh(gd_matmul(data[0], W[0]));
    gd_tensor *delta = gd_mul_scalar(gd_sub(gd_matmul(a, W[1]), data[1]), 2 * c / 10);
    to[1] = gd_matmul(gd_t(a), delta);
    to[0] = gd_matmul(gd_t(data[0]), gd_mul(gd_matmul(delta, gd_t(W[1])), gd_rsub_scalar(gd_square(a), 1)));
}

static void make_network(gd_tensor **data, gd_tensor **W)
{
    gd_seed(g, GD_RNG_NUMPY, 4);
    data[0] = random_of(5, 3, "x");
    data[1] = random_of(5, 2, "t");
    W[0] = random_of(3, 4, "W1");
    W[1] = random_of(4, 2, "W2");
}

static void assert_cause(const gd_explanation *e, int at, gd_cause cause)
{
    assert_true(e->mistakes > at);
    assert_string_equal(gd_cause_key(e->mistake[at].cause), gd_cause_key(cause));
}

static void a_regulariser_that_all_parameters_forgot_is_named(void **state)
{
    (void)state;
    gd_tensor *data[2], *W[2], *d[2];
    make_network(data, W);
    gradients_of_fit(data, W, 1, d);
    gd_check *c = gd_gradcheck(g, regularised, gd_list(W[0], W[1]), .user = data, .claimed = gd_list(d[0], d[1]));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(first_of(c, i)->mistakes, 1);
        assert_cause(first_of(c, i), 0, GD_CAUSE_REGULARISER_MISSING);
    }
}

static void a_regulariser_of_another_strength_is_not_missing(void **state)
{
    (void)state;
    gd_tensor *data[2], *W[2], *d[2];
    make_network(data, W);
    gradients_of_fit(data, W, 1, d);
    for (int i = 0; i < 2; i++)
        d[i] = gd_add(d[i], gd_mul_scalar(W[i], strength)); /* 2 W is meant */
    gd_check *c = gd_gradcheck(g, regularised, gd_list(W[0], W[1]), .user = data, .claimed = gd_list(d[0], d[1]));
    for (int i = 0; i < 2; i++)
        for (int k = 0; k < first_of(c, i)->mistakes; k++)
            assert_int_not_equal(first_of(c, i)->mistake[k].cause, GD_CAUSE_REGULARISER_MISSING);
}

static void a_factor_of_everything_has_no_place(void **state)
{
    (void)state;
    gd_tensor *data[2], *W[2], *d[2];
    make_network(data, W);
    gradients_of_fit(data, W, -10, d); /* the mean is over (5, 2) */
    gd_check *c = gd_gradcheck(g, fit_of, gd_list(W[0], W[1]), .user = data, .claimed = gd_list(d[0], d[1]));
    for (int i = 0; i < 2; i++) {
        const gd_explanation *e = first_of(c, i);
        assert_int_equal(e->mistakes, 2);
        assert_cause(e, 0, GD_CAUSE_SIGN);
        assert_cause(e, 1, GD_CAUSE_SUM_FOR_MEAN);
        assert_true(e->mistake[1].factor == 10);
        assert_non_null(strstr(e->mistake[1].what, "N = 10"));
        assert_string_equal(e->mistake[0].where, "");
        assert_string_equal(e->mistake[1].where, "");
    }
}

static void a_factor_of_a_part_stands_at_its_step(void **state)
{
    (void)state;
    gd_tensor *data[2], *W[2], *d[2];
    make_network(data, W);
    gradients_of_fit(data, W, 1, d);
    gd_check *c = gd_gradcheck(g, fit_of, gd_list(W[0], W[1]), .user = data,
                               .claimed = gd_list(gd_mul_scalar(d[0], 7.5), d[1]));
    assert_int_equal(gd_check_at(c, 1)->verdict, GD_CHECK_RIGHT);
    assert_cause(first_of(c, 0), 0, GD_CAUSE_FACTOR);
    assert_true(fabs(first_of(c, 0)->mistake[0].factor - 7.5) < 1e-3);
}

static gd_tensor *gate(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_mul(in[0], gd_cast(gd_gt_scalar(in[0], 0), GD_FLOAT64));
}

static void a_mask_that_a_cast_made_may_be_inverted(void **state)
{
    (void)state;
    gd_tensor *x = three(1, -2, 0.5), *dy = three(2, 3, -1);
    gd_check *c = gd_gradcheck(g, gate, gd_list(x), .dy = dy, .claimed = gd_list(three(0, 3, 0)));
    assert_cause(first_of(c, 0), 0, GD_CAUSE_MASK_INVERTED);
    assert_string_equal(first_of(c, 0)->mistake[0].where, "mul");
}

static gd_tensor *of_logits(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return gd_bce_with_logits(in[0], user);
}

static void a_mistake_at_the_logits_is_told_of_their_gradient(void **state)
{
    (void)state;
    gd_tensor *x = gd_name(three(1, -2, 0.5), "z"), *t = three(1, 0, 1);
    gd_tensor *claimed = gd_div_scalar(gd_add(gd_sigmoid(x), t), 3); /* minus t is meant */
    gd_check *c = gd_gradcheck(g, of_logits, gd_list(x), .user = t, .claimed = gd_list(claimed));
    assert_cause(first_of(c, 0), 0, GD_CAUSE_TERM_SIGN);
    assert_string_equal(first_of(c, 0)->mistake[0].where, "the gradient of z");
    assert_non_null(strstr(first_of(c, 0)->mistake[0].what, "sigmoid - target is meant"));
}

/* A mean over 10 numbers: a factor of 10 may be their count, or a constant. */
static void an_experiment_tells_a_count_from_a_constant(void **state)
{
    (void)state;
    gd_tensor *data[2], *W[2], *d[2];
    make_network(data, W);
    gradients_of_fit(data, W, 10, d);
    gd_check *c = gd_gradcheck(g, fit_of, gd_list(W[0], W[1]), .user = data, .claimed = gd_list(d[0], d[1]));
    const gd_check_input *in = gd_check_at(c, 0);
    assert_cause(first_of(c, 0), 0, GD_CAUSE_SUM_FOR_MEAN);
    assert_true(in->explanations > 1);
    assert_int_equal(in->explanation[1].mistake[0].cause, GD_CAUSE_FACTOR);
    assert_non_null(strstr(in->explanation[1].tell_apart, "number of samples"));
    assert_non_null(strstr(in->explanation[1].tell_apart, "'sum for mean'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_regulariser_that_all_parameters_forgot_is_named),
        IN_CONTEXT(a_regulariser_of_another_strength_is_not_missing),
        IN_CONTEXT(a_factor_of_everything_has_no_place),
        IN_CONTEXT(a_factor_of_a_part_stands_at_its_step),
        IN_CONTEXT(a_mask_that_a_cast_made_may_be_inverted),
        IN_CONTEXT(a_mistake_at_the_logits_is_told_of_their_gradient),
        IN_CONTEXT(an_experiment_tells_a_count_from_a_constant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
