/* test_blind.c - what is said of functions that show nothing of their inside, of helpers that make one mistake wherever they are used,
 * and of slopes that rounding hides. */
#include "../autograd/support.h"
#include "support.h"

static void assert_one(const gd_check *c, int input, gd_cause cause)
{
    const gd_explanation *e = first_of(c, input);
    if (e->mistakes != 1 || e->mistake[0].cause != cause)
        gd_print_check(c, stderr);
    assert_int_equal(e->mistakes, 1);
    assert_string_equal(gd_cause_key(e->mistake[0].cause), gd_cause_key(cause));
}

static gd_tensor *made(gd_context *context, gd_dims shape, const double *numbers)
{
    return gd_from_memory(context, GD_FLOAT64, shape, numbers);
}

static const double *numbers_of(const gd_tensor *t)
{
    return gd_data(t);
}

/* ---- a helper that is used twice ---- */

/* in: W1, W2; user: x, t. */
static gd_tensor *two_layers(void *user, gd_tensor *const *in, size_t n)
{
    gd_tensor **data = user;
    (void)n;
    return gd_half_squared_error(gd_tanh(gd_matmul(gd_tanh(gd_matmul(data[0], in[0])), in[1])), data[1]);
}

/* The derivative of tanh, or what somebody takes for it. */
static gd_tensor *slope_of_tanh(gd_tensor *y, bool squared)
{
    return gd_rsub_scalar(squared ? gd_square(gd_rsub_scalar(gd_square(y), 1)) : gd_square(gd_tanh(y)), 1);
}

static void a_helper_s_mistake_is_one(void **state)
{
    (void)state;
    gd_tensor *data[2] = { random_of(5, 3, "x"), random_of(5, 2, "t") };
    gd_tensor *W1 = random_of(3, 4, "W1"), *W2 = random_of(4, 2, "W2");
    gd_tensor *a = gd_tanh(gd_matmul(data[0], W1)), *y = gd_tanh(gd_matmul(a, W2));
    gd_tensor *delta2 = gd_mul(gd_sub(y, data[1]), slope_of_tanh(y, false)); /* tanh is taken of y once more */
    gd_tensor *delta1 = gd_mul(gd_matmul(delta2, gd_t(W2)), slope_of_tanh(a, false));
    gd_check *c = gd_gradcheck(g, two_layers, gd_list(W1, W2), .user = data,
                               .claimed = gd_list(gd_matmul(gd_t(data[0]), delta1), gd_matmul(gd_t(a), delta2)));
    assert_one(c, 0, GD_CAUSE_WRONG_POINT);
    assert_one(c, 1, GD_CAUSE_WRONG_POINT);
    assert_non_null(strstr(first_of(c, 0)->mistake[0].what, "in each of 2 such steps"));
}

static gd_tensor *ridge(void *user, gd_tensor *const *in, size_t n)
{
    gd_tensor **data = user;
    (void)n;
    return gd_add(gd_mse(gd_matmul(data[0], in[0]), data[1]), gd_mul_scalar(gd_sum(gd_square(in[0])), 0.1));
}

static void the_sign_of_a_part_is_a_term_s(void **state)
{
    (void)state;
    gd_tensor *data[2] = { random_of(5, 3, "x"), random_of(5, 2, "t") }, *W = random_of(3, 2, "W");
    gd_tensor *fit = gd_matmul(gd_t(data[0]), gd_mul_scalar(gd_sub(gd_matmul(data[0], W), data[1]), 0.2));
    gd_check *c =
        gd_gradcheck(g, ridge, gd_list(W), .user = data, .claimed = gd_list(gd_sub(fit, gd_mul_scalar(W, 0.2))));
    assert_one(c, 0, GD_CAUSE_TERM_SIGN);
    c = gd_gradcheck(g, ridge, gd_list(W), .user = data,
                     .claimed = gd_list(gd_neg(gd_add(fit, gd_mul_scalar(W, 0.2)))));
    assert_one(c, 0, GD_CAUSE_SIGN);
}

static gd_tensor *product(void *user, gd_tensor *const *in, size_t n)
{
    (void)n;
    return gd_matmul(user, in[0]);
}

static void columns_in_another_order_are_permuted(void **state)
{
    (void)state;
    gd_tensor *x = random_of(5, 3, "x"), *W = random_of(3, 5, "W"), *dy = random_of(5, 5, "dy");
    gd_tensor *order = gd_cast(gd_values_as(g, GD_FLOAT64, gd_shape(5), 3, 1, 4, 0, 2), GD_INT64);
    gd_tensor *dW = gd_index_select(gd_matmul(gd_t(x), dy), 1, order);
    gd_check *c = gd_gradcheck(g, product, gd_list(W), .user = x, .dy = dy, .claimed = gd_list(dW));
    assert_one(c, 0, GD_CAUSE_PERMUTED);
    c = gd_gradcheck(g, product, gd_list(W), .user = x, .dy = dy, .claimed = gd_list(gd_neg(dW)));
    assert_int_equal(first_of(c, 0)->mistakes, 2);
}

/* ---- element by element, in plain C ---- */

typedef enum softsign_mistake { NONE, LEFT_OUT, TWICE, AT_RESULT } softsign_mistake;

static gd_tensor *softsign(gd_operation_call *c)
{
    double y[12];
    const double *x = numbers_of(c->x.item[0]);
    for (int k = 0; k < 12; k++)
        y[k] = x[k] / (1 + fabs(x[k]));
    return made(c->context, gd_sizes(c->x.item[0]), y);
}

static double softsign_slope(double x)
{
    return 1 / ((1 + fabs(x)) * (1 + fabs(x)));
}

static bool softsign_backward(gd_operation_call *c, gd_tensor **dx)
{
    double d[12];
    const double *x = numbers_of(c->x.item[0]), *y = numbers_of(c->y), *dy = numbers_of(c->dy);
    for (int k = 0; k < 12; k++) {
        double slope = softsign_slope(x[k]);
        switch (*(softsign_mistake *)c->user) {
        case LEFT_OUT: slope = 1; break;
        case TWICE: slope *= slope; break;
        case AT_RESULT: slope = softsign_slope(y[k]); break;
        case NONE: break;
        }
        d[k] = dy[k] * slope;
    }
    dx[0] = made(c->context, gd_sizes(c->x.item[0]), d);
    return true;
}

static void a_function_of_one_number_is_one_step(void **state)
{
    (void)state;
    static const gd_cause cause[] = { GD_CAUSE_UNKNOWN, GD_CAUSE_DERIVATIVE_MISSING, GD_CAUSE_DERIVATIVE_TWICE,
                                      GD_CAUSE_WRONG_POINT };
    gd_tensor *x = random_of(4, 3, "x");
    for (softsign_mistake m = NONE; m <= AT_RESULT; m++) {
        gd_operation *o = gd_define(g, "softsign", softsign, softsign_backward, &m);
        gd_check *c = gd_gradcheck_operation(o, gd_list(x));
        assert_fine(g);
        if (m == NONE)
            assert_int_equal(gd_check_verdict(c), GD_CHECK_RIGHT);
        else
            assert_one(c, 0, cause[m]);
    }
}

/* y = sigmoid(f) c + b, where the gradient of f has sigmoid for its derivative, and that of c is c. */
static gd_tensor *gate(gd_operation_call *c)
{
    double y[12];
    const double *f = numbers_of(c->x.item[0]), *s = numbers_of(c->x.item[1]), *b = numbers_of(c->x.item[2]);
    for (int k = 0; k < 12; k++)
        y[k] = s[k] / (1 + exp(-f[k])) + sinh(b[k]) * b[k];
    return made(c->context, gd_sizes(c->x.item[0]), y);
}

static bool gate_backward(gd_operation_call *c, gd_tensor **dx)
{
    double d[3][12];
    const double *s = numbers_of(c->x.item[1]), *b = numbers_of(c->x.item[2]), *dy = numbers_of(c->dy);
    for (int k = 0; k < 12; k++) {
        d[0][k] = dy[k] * s[k]; /* the derivative of the sigmoid is left out */
        d[1][k] = dy[k] * s[k]; /* the sigmoid is meant */
        d[2][k] = dy[k] * (cosh(b[k]) * b[k] + sinh(b[k])) * (*(double *)c->user);
    }
    for (int i = 0; i < 3; i++)
        dx[i] = made(c->context, gd_sizes(c->x.item[i]), d[i]);
    return true;
}

static void each_gradient_is_explained_if_not_all_together(void **state)
{
    (void)state;
    double factor = 1;
    gd_operation *o = gd_define(g, "gate", gate, gate_backward, &factor);
    gd_check *c =
        gd_gradcheck_operation(o, gd_list(random_of(4, 3, "f"), random_of(4, 3, "c"), random_of(4, 3, "b")));
    assert_one(c, 0, GD_CAUSE_DERIVATIVE_MISSING);
    assert_one(c, 1, GD_CAUSE_WRONG_VALUE);
    assert_int_equal(gd_check_at(c, 2)->verdict, GD_CHECK_RIGHT);
}

/* ---- a loss in plain C ---- */

/* The mean over 5 samples of log(1 + (x W + b)^2), with x in sight of nobody. in: W (3), b (1). */
static gd_tensor *hidden_loss(void *user, gd_tensor *const *in, size_t n)
{
    double W[3], b, sum = 0;
    const double *x = user;
    (void)n;
    gd_read(in[0], GD_FLOAT64, W, 3);
    gd_read(in[1], GD_FLOAT64, &b, 1);
    for (int s = 0; s < 5; s++) {
        double z = b + x[3 * s] * W[0] + x[3 * s + 1] * W[1] + x[3 * s + 2] * W[2];
        sum += log(1 + z * z) / 5;
    }
    return gd_scalar(gd_context_of(in[0]), GD_FLOAT64, sum);
}

/* Its gradients: of each sample's b, and all of W. */
static void slopes_of_hidden_loss(const double *x, const double *W, double b, double *dW, double *db)
{
    dW[0] = dW[1] = dW[2] = 0;
    for (int s = 0; s < 5; s++) {
        double z = b + x[3 * s] * W[0] + x[3 * s + 1] * W[1] + x[3 * s + 2] * W[2];
        db[s] = 2 * z / (1 + z * z) / 5;
        for (int k = 0; k < 3; k++)
            dW[k] += db[s] * x[3 * s + k];
    }
}

static double sum_of_five(const double *x)
{
    return x[0] + x[1] + x[2] + x[3] + x[4];
}

static const double samples[15] = { 0.3, -1.1, 0.7, 1.9, 0.2, -0.4, -0.8, 0.5, 1.3, 0.1, -1.7, 0.6, 1.2, 0.9, -0.3 };

static void a_loss_in_plain_c_is_asked(void **state)
{
    (void)state;
    const double W[3] = { 0.4, -0.9, 1.2 }, older[3] = { 0.5, -0.7, 1.0 };
    double dW[3], db[5], before[3], other[5];
    gd_tensor *w = gd_name(three(W[0], W[1], W[2]), "W"),
              *b = gd_name(gd_values_as(g, GD_FLOAT64, gd_shape(1), 0.3), "b");
    gd_tensor *old = three(older[0], older[1], older[2]), *none = gd_values_as(g, GD_FLOAT64, gd_shape(1), 0.3);
    slopes_of_hidden_loss(samples, W, 0.3, dW, db);
    slopes_of_hidden_loss(samples, older, 0.3, before, other);
    double right = sum_of_five(db), both = right + sum_of_five(other);
#define CHECKED(w_claim, b_claim, ...)                                                                               \
    gd_gradcheck(g, hidden_loss, gd_list(w, b), .user = (void *)(uintptr_t)samples,                                  \
                 .claimed = gd_list(w_claim, b_claim), __VA_ARGS__)
    gd_tensor *rightW = three(dW[0], dW[1], dW[2]), *rightb = gd_values_as(g, GD_FLOAT64, gd_shape(1), right);
    assert_int_equal(gd_check_verdict(CHECKED(rightW, rightb, .seed = 0)), GD_CHECK_RIGHT);
    gd_check *c = CHECKED(gd_mul_scalar(rightW, -5), gd_from_memory(g, GD_FLOAT64, gd_shape(5, 1), db), .seed = 0);
    assert_int_equal(first_of(c, 0)->mistakes, 2);
    assert_int_equal(first_of(c, 0)->mistake[1].cause, GD_CAUSE_SUM_FOR_MEAN);
    assert_one(c, 1, GD_CAUSE_NOT_SUMMED);
    c = CHECKED(three(dW[0] + before[0], dW[1] + before[1], dW[2] + before[2]),
                gd_full(g, GD_FLOAT64, gd_shape(1), both), .earlier = gd_list(old, none));
    assert_one(c, 0, GD_CAUSE_ACCUMULATED);
    c = CHECKED(three(0, 0, 0), rightb, .seed = 0);
    assert_one(c, 0, GD_CAUSE_MISSING);
    c = CHECKED(three((float)dW[0], (float)dW[1], (float)dW[2]), rightb, .seed = 0);
    assert_one(c, 0, GD_CAUSE_FLOAT32);
#undef CHECKED
}

/* ---- float32 alone ---- */

static gd_tensor *narrow_cube(gd_operation_call *c)
{
    float y[4];
    const float *x = gd_data(c->x.item[0]);
    if (gd_dtype_of(c->x.item[0]) != GD_FLOAT32)
        return NULL;
    for (int k = 0; k < 4; k++)
        y[k] = x[k] * x[k] * x[k];
    return gd_from_memory(c->context, GD_FLOAT32, gd_sizes(c->x.item[0]), y);
}

static bool narrow_cube_backward(gd_operation_call *c, gd_tensor **dx)
{
    float d[4];
    const float *x = gd_data(c->x.item[0]), *dy = gd_data(c->dy);
    for (int k = 0; k < 4; k++)
        d[k] = *(float *)c->user * 3 * dy[k] * x[k] * x[k];
    dx[0] = gd_from_memory(c->context, GD_FLOAT32, gd_sizes(c->x.item[0]), d);
    return true;
}

static void an_operation_of_float32_alone_is_checked_so(void **state)
{
    (void)state;
    float factor = 1;
    char text[4096];
    gd_operation *o = gd_define(g, "cube", narrow_cube, narrow_cube_backward, &factor);
    gd_tensor *x = gd_name(gd_values_as(g, GD_FLOAT32, gd_shape(4), 0.5, -1.2, 2, 0.9), "x");
    gd_check *c = gd_gradcheck_operation(o, gd_list(x));
    assert_fine(g);
    assert_int_equal(gd_check_verdict(c), GD_CHECK_RIGHT);
    gd_format_check(c, text, sizeof text);
    assert_non_null(strstr(text, "float32 alone"));
    factor = -1;
    assert_one(gd_gradcheck_operation(o, gd_list(x)), 0, GD_CAUSE_SIGN);
    gd_check *refused =
        gd_gradcheck_operation(o, gd_list(gd_cast(x, GD_FLOAT64))); /* of float64: it is the caller's error */
    assert_error_object(refused);
    assert_true(gd_failed(g));
    gd_clear(g);
}

/* ---- stairs ---- */

static gd_tensor *gelu_of(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_gelu(in[0]);
}

static gd_tensor *bce_of(void *user, gd_tensor *const *in, size_t n)
{
    gd_tensor *p = gd_sigmoid(in[0]), *t = user;
    (void)n;
    return gd_neg(gd_mean(gd_add(gd_mul(t, gd_log(p)), gd_mul(gd_rsub_scalar(t, 1), gd_log(gd_rsub_scalar(p, 1))))));
}

/* 1 + erf(x / sqrt 2) has few digits left at -6, and 1 - sigmoid(35) hardly any: numbers stand still and then jump. */
static void stairs_of_rounding_are_no_mistake(void **state)
{
    (void)state;
    gd_tensor *x = gd_values_as(g, GD_FLOAT64, gd_shape(4), -6.2, -5.9, 0.3, 7);
    assert_int_not_equal(gd_check_verdict(gd_gradcheck(g, gelu_of, gd_list(x))), GD_CHECK_WRONG);
    gd_tensor *z = three(35.6, 34.1, 0.2), *t = three(0.1, 0.3, 0.6);
    assert_int_not_equal(gd_check_verdict(gd_gradcheck(g, bce_of, gd_list(z), .user = t)), GD_CHECK_WRONG);
    assert_fine(g);
}

static gd_tensor *floor_of(void *user, gd_tensor *const *in, size_t n)
{
    (void)user;
    (void)n;
    return gd_div_scalar(gd_floor(gd_mul_scalar(in[0], 1e6)), 1e6);
}

/* These stairs are the function's own. */
static void stairs_that_are_meant_have_no_slope(void **state)
{
    (void)state;
    gd_check *c = gd_gradcheck(g, floor_of, gd_list(three(0.31, 1.72, -0.45)), .claimed = gd_list(three(1, 1, 1)));
    assert_fine(g);
    assert_int_not_equal(gd_check_verdict(c), GD_CHECK_RIGHT);
}

/* ---- memory ---- */

/* The n-th block refused while functions are asked, for each n: an error, and nothing lost. */
static void any_block_may_be_refused(void **state)
{
    (void)state;
    softsign_mistake mistake = AT_RESULT;
    float factor = -1;
    bool good = false;
    for (long blocks = 0; !good && blocks < 40000; blocks += 1 + blocks / 12) {
        miser m = { blocks, 0 };
        gd_context *h = gd_open_with(&(gd_config){ .allocator = { stingy, &m }, .threads = 1 });
        gd_operation *o = gd_define(h, "softsign", softsign, softsign_backward, &mistake);
        gd_operation *narrow = gd_define(h, "cube", narrow_cube, narrow_cube_backward, &factor);
        gd_check *c = gd_gradcheck_operation(o, gd_list(gd_randn(h, GD_FLOAT64, gd_shape(4, 3))));
        gd_check *d =
            gd_gradcheck_operation(narrow, gd_list(gd_values_as(h, GD_FLOAT32, gd_shape(4), 0.5, -1.2, 2, 0.9)));
        good = gd_check_verdict(c) == GD_CHECK_WRONG && gd_check_verdict(d) == GD_CHECK_WRONG && !gd_failed(h);
        gd_close(h);
        assert_int_equal(m.held, 0);
    }
    assert_true(good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_helper_s_mistake_is_one),
        IN_CONTEXT(the_sign_of_a_part_is_a_term_s),
        IN_CONTEXT(columns_in_another_order_are_permuted),
        IN_CONTEXT(a_function_of_one_number_is_one_step),
        IN_CONTEXT(each_gradient_is_explained_if_not_all_together),
        IN_CONTEXT(a_loss_in_plain_c_is_asked),
        IN_CONTEXT(an_operation_of_float32_alone_is_checked_so),
        IN_CONTEXT(stairs_of_rounding_are_no_mistake),
        IN_CONTEXT(stairs_that_are_meant_have_no_slope),
        cmocka_unit_test(any_block_may_be_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
