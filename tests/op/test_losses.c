/* test_losses.c - losses with all their options against PyTorch (loss_reference.h), the ways of calling them, and what they
 * refuse. */
#include "../io/support.h"

#include <math.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

enum { MANY = 12 };

/* An operand or a result; without a dtype there is none. */
typedef struct numbers {
    gd_dtype dtype;
    gd_dims shape;
    double value[MANY];
} numbers;

typedef struct loss_case {
    const char *name;
    gd_loss_reduction reduction;
    numbers weight, pos_weight;
    double delta, label_smoothing;
    bool ignores;
    int64_t ignore_index;
    numbers x, t, y, dx, dt;
} loss_case;

#include "loss_reference.h"

static gd_tensor *tensor_of(const numbers *n)
{
    return n->dtype == GD_DEFAULT ? NULL : gd_values_of(g, n->dtype, n->shape, (size_t)gd__count(n->shape), n->value);
}

/* ---- against PyTorch ---- */

static gd_tensor *apply(const loss_case *c, gd_tensor *x, gd_tensor *t, gd_tensor *weight)
{
    gd_loss args = { .x = x, .t = t, .reduction = c->reduction, .weight = weight };
    gd_class_loss of_classes = { .x = x, .t = t, .reduction = c->reduction, .weight = weight,
                                 .label_smoothing = c->label_smoothing, .ignore_index = c->ignore_index,
                                 .given = c->ignores ? "x, t, .ignore_index = 0" : "x, t" };
    if (strcmp(c->name, "mse") == 0)
        return gd_mse_with(args);
    if (strcmp(c->name, "l1") == 0)
        return gd_l1_with(args);
    if (strcmp(c->name, "bce") == 0)
        return gd_bce_with(args);
    if (strcmp(c->name, "huber") == 0)
        return gd_huber(x, t, c->delta, c->reduction, weight);
    if (strcmp(c->name, "bce_with_logits") == 0)
        return gd_bce_with_logits(x, t, .reduction = c->reduction, .weight = weight, .pos_weight = tensor_of(&c->pos_weight));
    return strcmp(c->name, "nll") == 0 ? gd_nll_with(of_classes) : gd_cross_entropy_with(of_classes);
}

static void expect(const loss_case *c, const char *what, const gd_tensor *t, const numbers *want)
{
    double got[MANY], tolerance = want->dtype == GD_FLOAT32 ? 1e-6 : 2e-15;
    assert_fine(g);
    assert_int_equal(gd_dtype_of(t), want->dtype);
    assert_true(gd__same_dims(gd__shape(t), want->shape));
    gd_read(t, GD_FLOAT64, got, (size_t)gd_numel(t));
    for (int64_t k = 0; k < gd_numel(t); k++) {
        double expected = want->value[k], error = fabs(got[k] - expected) / fmax(1, fabs(expected));
        bool steep = fabs(expected) > 1e10; /* bce's 1e-12, which PyTorch has as a float in float64 too */
        bool same = got[k] == expected || (isnan(got[k]) && isnan(expected)) || error <= (steep ? 1e-8 : tolerance);
        if (!same)
            fail_msg("case %d, %s, %s, element %lld: got %.17g, expected %.17g", (int)(c - loss_cases), c->name, what,
                     (long long)k, got[k], expected);
    }
}

static gd_tensor *gradient_of(const gd_tensor *y)
{
    gd_tensor *dy = gd_ones_like(y);
    double values[MANY];
    for (int k = 0; k < gd_numel(y); k++)
        values[k] = k % 3 - 0.5;
    if (gd_ndim(y) > 0)
        gd_write(dy, GD_FLOAT64, values, (size_t)gd_numel(y));
    return dy;
}

static void check_case(const loss_case *c, bool scatter)
{
    GD_SCOPE(g);
    gd_tensor *x = tensor_of(&c->x), *t = tensor_of(&c->t), *weight = tensor_of(&c->weight), *found[2];
    int operands = c->dt.dtype == GD_DEFAULT ? 1 : 2;
    if (scatter) {
        x = transposed(gd_clone(transposed(x)));
        weight = weight && gd_ndim(weight) == 2 ? transposed(gd_clone(transposed(weight))) : weight;
    }
    gd_require_grad(x, true);
    if (operands == 2)
        gd_require_grad(t, true);
    gd_tensor *y = apply(c, x, t, weight);
    expect(c, "y", y, &c->y);
    assert_true(gd_gradient(y, gradient_of(y), operands, (gd_tensor *[]){ x, t }, found, false));
    expect(c, "dx", found[0], &c->dx);
    if (operands == 2)
        expect(c, "dt", found[1], &c->dt);
}

static void test_against_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof loss_cases / sizeof *loss_cases; i++) {
        check_case(&loss_cases[i], false);
        if (loss_cases[i].x.shape.count == 2)
            check_case(&loss_cases[i], true);
    }
}
/* ---- ways of calling ---- */

static double item(gd_tensor *t)
{
    assert_fine(g);
    return gd_item(t);
}

/* As names without parentheses they are functions, of which a training loop takes one. */
static void test_functions(void **state)
{
    static gd_tensor *(*const losses[])(gd_tensor *, gd_tensor *) = { gd_mse, gd_l1, gd_bce, gd_bce_with_logits };
    static gd_tensor *(*const of_classes[])(gd_tensor *, gd_tensor *) = { gd_nll, gd_cross_entropy };
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(2, 2), 0.25, 0.5, 0.75, 1), *t = gd_values(g, gd_shape(2, 2), 1, 0, 0, 1);
    gd_tensor *labels = gd_arange(g, GD_INT64, 2);
    gd_tensor *want[] = { gd_mse(x, t), gd_l1(x, t), gd_bce(x, t), gd_bce_with_logits(x, t) };
    gd_tensor *want_of_classes[] = { gd_nll(x, labels), gd_cross_entropy(x, labels) };
    for (int i = 0; i < 4; i++)
        assert_same_tensor(losses[i](x, t), want[i]);
    for (int i = 0; i < 2; i++) {
        assert_same_tensor(of_classes[i](x, labels), want_of_classes[i]);
        assert_same_tensor(of_classes[i](x, gd_cast(labels, GD_UINT8)), want_of_classes[i]);
    }
    gd_tensor *(*huber)(gd_tensor *, gd_tensor *, double) = gd_huber;
    assert_same_tensor(huber(x, t, 0.5), gd_huber(x, t, 0.5));
    assert_true(fabs(item(gd_half_squared_error(x, t)) - item(gd_mse(x, t, .reduction = GD_REDUCE_SUM)) / 2) < 1e-6);
    assert_fine(g);
}

/* A zero that is written is a zero, and one that is not is -100. */
static void test_ignore_index(void **state)
{
    (void)state;
    gd_tensor *x = gd_values_as(g, GD_FLOAT64, gd_shape(3, 2), -1, -2,  -4, -8,  -16, -32);
    gd_tensor *labels = gd_cast(gd_values(g, gd_shape(3), 0, 1, 0), GD_INT64);
    assert_true(item(gd_nll(x, labels)) == 25 / 3.0);
    assert_true(item(gd_nll(x, labels, .ignore_index = 0)) == 8);
    assert_true(item(gd_nll(x, labels, .ignore_index = 0, .reduction = GD_REDUCE_SUM)) == 8);
    assert_true(item(gd_nll(x, labels, .reduction = GD_REDUCE_SUM)) == 25);
    assert_true(item(gd_nll(x, gd_cast(labels, GD_UINT8), .ignore_index = 1)) == 8.5);
    gd_tensor *some = gd_cast(gd_values(g, gd_shape(3), 0, -100, 7), GD_INT64);
    assert_error_object(gd_nll(x, some));
    assert_error(g, GD_ERROR_INDEX, "nll: label 7 of sample 2 is outside the 2 classes");
    assert_error_object(gd_nll(x, some, .ignore_index = 7));
    assert_error(g, GD_ERROR_INDEX, "nll: label -100 of sample 1");
    assert_true(item((gd_nll)(x, gd_cast(gd_values(g, gd_shape(3), 0, -100, 0), GD_INT64))) == 8.5);
    gd_class_loss from_elsewhere = { .x = x, .t = labels, .ignore_index = 1 }; /* no text: every field counts */
    assert_true(item(gd_nll_with(from_elsewhere)) == 8.5);
}

static void test_by_name(void **state)
{
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(2, 3), 1, 2, 3, 3, 2, 0), *t = gd_mul_scalar(x, 0.5), *w = gd_full_like(x, 2);
    gd_tensor *labels = gd_arange(g, GD_INT64, 2), *classes = gd_values(g, gd_shape(3), 1, 2, 3);
    assert_same_tensor(gd_call(g, "mse", gd_arg(x), gd_arg(t)), gd_mse(x, t));
    assert_same_tensor(gd_call(g, "l1_with", gd_arg(x), gd_arg(t), gd_arg((int)GD_REDUCE_NONE), gd_arg(w)),
                       gd_l1(x, t, GD_REDUCE_NONE, w));
    assert_same_tensor(gd_call(g, "huber_with", gd_arg(x), gd_arg(t), gd_arg(0.5), gd_arg((int)GD_REDUCE_SUM)),
                       gd_huber(x, t, 0.5, GD_REDUCE_SUM));
    assert_same_tensor(gd_call(g, "bce_with_logits_with", gd_arg(x), gd_arg(t), gd_arg(0), gd_arg(w), gd_arg(classes)),
                       gd_bce_with_logits(x, t, .weight = w, .pos_weight = classes));
    assert_same_tensor(gd_call(g, "cross_entropy_with", gd_arg(x), gd_arg(labels), gd_arg(0), gd_arg(classes), gd_arg(0.1),
                               gd_arg(1)),
                       gd_cross_entropy(x, labels, .weight = classes, .label_smoothing = 0.1, .ignore_index = 1));
    assert_same_tensor(gd_call(g, "nll_with", gd_arg(x), gd_arg(labels)), gd_nll(x, labels));
    assert_fine(g);
}

/* ---- what is refused ---- */

static void test_shapes(void **state)
{
    (void)state;
    gd_tensor *x = gd_full(g, GD_FLOAT32, gd_shape(4, 2), 0.5), *t = gd_zeros(g, GD_FLOAT32, gd_shape(4));
    gd_tensor *good = gd_zeros_like(x), *labels = gd_zeros(g, GD_INT64, gd_shape(4));
    assert_error_object(gd_mse(x, t, .reduction = GD_REDUCE_SUM));
    assert_error(g, GD_ERROR_SHAPE, "mse: the prediction float32 (4, 2) and the target float32 (4,) differ");
    assert_error_object(gd_l1(x, good, .weight = t));
    assert_error(g, GD_ERROR_SHAPE, "l1: the weights float32 (4,) are not of the shape of float32 (4, 2)");
    assert_error_object(gd_huber(x, good, 1, .weight = t));
    assert_error(g, GD_ERROR_SHAPE, "huber: the weights");
    assert_error_object(gd_bce(x, t, .reduction = GD_REDUCE_NONE));
    assert_error(g, GD_ERROR_SHAPE, "bce_terms: the probabilities float32 (4, 2) and the targets float32 (4,) differ");
    assert_error_object(gd_bce(x, good, .weight = t));
    assert_error(g, GD_ERROR_SHAPE, "float32 (4,) can't be expanded to (4, 2)");
    assert_error_object(gd_bce_with_logits(x, t));
    assert_error(g, GD_ERROR_SHAPE, "bce_with_logits: the logits float32 (4, 2) and the targets float32 (4,) differ");
    assert_error_object(gd_bce_with_logits(x, good, .pos_weight = t));
    assert_error(g, GD_ERROR_SHAPE, "can't be expanded");
    assert_error_object(gd_cross_entropy(x, labels, .weight = t));
    assert_error(g, GD_ERROR_SHAPE, "nll: the weights float32 (4,) do not fit float32 (4, 2)");
    assert_error_object(gd_cross_entropy(x, gd_zeros(g, GD_INT64, gd_shape(3)), .reduction = GD_REDUCE_SUM));
    assert_error(g, GD_ERROR_SHAPE, "nll: the labels must be (4,), one for each row, and are int64 (3,)");
    assert_error_object(gd_nll(t, labels));
    assert_error(g, GD_ERROR_SHAPE, "nll: log-probabilities of shape (N, C) are expected, not float32 (4,)");
    assert_error_object(gd_cross_entropy(gd_scalar(g, GD_FLOAT32, 1), labels));
    assert_error(g, GD_ERROR_SHAPE, "nll: log-probabilities of shape (N, C) are expected, not float32 ()");
}

static void test_dtypes_and_values(void **state)
{
    (void)state;
    gd_tensor *x = gd_full(g, GD_FLOAT32, gd_shape(4, 2), 0.5), *t = gd_zeros_like(x);
    gd_tensor *labels = gd_zeros(g, GD_INT64, gd_shape(4)), *wide = gd_ones(g, GD_FLOAT64, gd_shape(2));
    assert_error_object(gd_nll(x, labels, .weight = wide));
    assert_error(g, GD_ERROR_DTYPE, "nll: the weights float64 (2,) do not fit float32 (4, 2)");
    assert_error_object(gd_cross_entropy(x, gd_zeros(g, GD_INT64, gd_shape(4, 2))));
    assert_error(g, GD_ERROR_DTYPE, "nll: the probabilities of classes are floats, not int64 (4, 2)");
    assert_error_object(gd_cross_entropy(x, gd_zeros(g, GD_FLOAT32, gd_shape(4)), .reduction = GD_REDUCE_NONE));
    assert_error(g, GD_ERROR_DTYPE, "nll: class labels are int64 or uint8, not float32 (4,)");
    assert_error_object(gd_cross_entropy(x, t, .ignore_index = 1));
    assert_error(g, GD_ERROR_VALUE, "nll: ignore_index is 1, but probabilities have no labels");
    assert_error_object(gd_cross_entropy(x, labels, .label_smoothing = 1.5));
    assert_error(g, GD_ERROR_VALUE, "nll: label_smoothing is 1.5");
    assert_error_object(gd_cross_entropy(x, t, .label_smoothing = NAN));
    assert_error(g, GD_ERROR_VALUE, "nll: label_smoothing is nan");
    assert_error_object(gd_huber(x, t, 0, .reduction = GD_REDUCE_SUM));
    assert_error(g, GD_ERROR_VALUE, "huber: delta is 0");
    assert_error_object(gd_huber(labels, labels, 0.5));
    assert_error(g, GD_ERROR_DTYPE, "huber: floats are expected: the error is int64 (4,)");
    assert_error_object(gd_bce(gd_mul_scalar(x, 3), t, .reduction = GD_REDUCE_SUM));
    assert_error(g, GD_ERROR_VALUE, "bce_terms: 1.5 is no probability");
    gd_loss_reduction none = (gd_loss_reduction)7;
    gd_tensor *refused[] = { gd_mse(x, t, none), gd_l1(x, t, none), gd_bce(x, t, none), gd_bce_with_logits(x, t, none),
                             gd_huber(x, t, 1, none), gd_nll(x, labels, none), gd_cross_entropy(x, t, none) };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_error_object(refused[i]);
    assert_error(g, GD_ERROR_VALUE, "mse: 7 is no reduction");
}

/* Each loss with e in each place. */
static void refuse(gd_tensor *e)
{
    gd_tensor *x = gd_full(g, GD_FLOAT32, gd_shape(2, 2), 0.5), *labels = gd_zeros(g, GD_INT64, gd_shape(2));
    gd_tensor *refused[] = {
        gd_mse(e, x), gd_mse(x, e), gd_l1(e, x), gd_l1(x, e), gd_huber(e, x, 1), gd_huber(x, e, 1),
        gd_bce(e, x), gd_bce(x, e), gd_bce(e, x, GD_REDUCE_SUM), gd_bce(x, e, GD_REDUCE_SUM), gd_bce_terms(e, x),
        gd_bce_with_logits(e, x), gd_bce_with_logits(x, e), gd_nll(e, labels), gd_nll(x, e),
        gd_cross_entropy(e, labels), gd_cross_entropy(x, e), gd_cross_entropy(x, e, GD_REDUCE_SUM)
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_error_object(refused[i]);
    if (!e)
        return;
    gd_tensor *weighted[] = { gd_mse(x, x, .weight = e), gd_l1(x, x, .weight = e), gd_huber(x, x, 1, .weight = e),
                              gd_bce(x, x, .weight = e), gd_bce_with_logits(x, x, .weight = e),
                              gd_bce_with_logits(x, x, .pos_weight = e), gd_nll(x, labels, .weight = e),
                              gd_cross_entropy(x, x, .weight = e) };
    for (size_t i = 0; i < sizeof weighted / sizeof *weighted; i++)
        assert_error_object(weighted[i]);
}

static void test_no_tensors(void **state)
{
    (void)state;
    gd_tensor *failed = gd_zeros(g, GD_FLOAT32, gd_shape(-1)), *dead;
    gd_tensor *x = gd_full(g, GD_FLOAT32, gd_shape(2, 2), 0.5);
    gd_clear(g);
    refuse(failed);
    assert_fine(g); /* the error stood, and was cleared */
    refuse(NULL);
    assert_error(g, GD_ERROR_NULL, "mse: x is NULL");
    {
        GD_SCOPE(g);
        dead = gd_ones(g, GD_FLOAT32, gd_shape(2, 2));
    }
    gd_tensor *refused[] = { gd_mse(x, x, .weight = dead), gd_l1(x, x, .weight = dead), gd_huber(x, x, 1, .weight = dead),
                             gd_bce(x, x, .weight = dead), gd_bce_with_logits(x, x, .weight = dead),
                             gd_bce_with_logits(x, x, .pos_weight = dead), gd_cross_entropy(x, dead),
                             gd_cross_entropy(x, x, .weight = dead) };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_error_object(refused[i]);
    assert_error(g, GD_ERROR_DEAD, "mse: .weight");
}

/* ---- out of memory ---- */

static void *two_rows(gd_context *own)
{
    return gd_require_grad(gd_full(own, GD_FLOAT32, gd_shape(2, 2), 0.5), true);
}

static bool derived(gd_tensor *loss, gd_tensor *x)
{
    gd_tensor *dx;
    return gd_gradient(loss, NULL, 1, &x, &dx, false);
}

static bool try_labels(gd_context *own, void *prepared)
{
    gd_tensor *x = prepared, *labels = gd_zeros(own, GD_UINT8, gd_shape(2)), *weight = gd_ones(own, GD_FLOAT32, gd_shape(2));
    return derived(gd_cross_entropy(x, labels, .weight = weight), x);
}

static bool try_probabilities(gd_context *own, void *prepared)
{
    (void)own;
    gd_tensor *x = prepared;
    return derived(gd_cross_entropy(x, gd_detach(x), .label_smoothing = 0.5), x);
}

static bool try_two_classes(gd_context *own, void *prepared)
{
    gd_tensor *x = prepared, *weight = gd_ones(own, GD_FLOAT32, gd_shape(2));
    return derived(gd_bce(x, gd_detach(x), GD_REDUCE_SUM, weight), x) &&
           gd_is_tensor(gd_bce_with_logits(x, x, .pos_weight = weight));
}

static bool try_numbers(gd_context *own, void *prepared)
{
    (void)own;
    gd_tensor *x = prepared, *t = gd_detach(x);
    return gd_is_tensor(gd_mse(x, t, .weight = t)) && gd_is_tensor(gd_huber(x, t, 1, .weight = t));
}

static void test_out_of_memory(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(two_rows, try_labels) > 10);
    assert_true(until_memory_suffices(two_rows, try_probabilities) > 10);
    assert_true(until_memory_suffices(two_rows, try_two_classes) > 10);
    assert_true(until_memory_suffices(two_rows, try_numbers) > 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_against_pytorch), TEST(test_functions),         TEST(test_ignore_index),
        TEST(test_by_name),         TEST(test_shapes),            TEST(test_dtypes_and_values),
        TEST(test_no_tensors),      TEST(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
