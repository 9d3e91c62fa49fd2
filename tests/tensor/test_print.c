/* Tensors as text, against PyTorch's own (print_reference.h), and the ways to ask for it. */
#include "tensor/tensor.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct print_case {
    gd_dtype dtype;
    int ndim;
    int64_t size[GD_MAX_DIMS];
    size_t count;
    const double *values;
    double slope;
    gd_dtype default_dtype;
    bool requires_grad, is_parameter;
    const char *maker;
    const char *text;
} print_case;

#include "print_reference.h"

enum { CASES = sizeof print_cases / sizeof *print_cases };

static const char *maker;

static const char *say_maker(const void *tensor, char *text, size_t size)
{
    (void)tensor;
    if (maker)
        snprintf(text, size, "%s", maker);
    return maker ? text : NULL;
}

static gd_tensor *tensor_of(gd_context *g, const print_case *c)
{
    gd_dims shape = gd_shape_of((size_t)c->ndim, c->size);
    size_t count = (size_t)gd__count(shape);
    double *values = malloc((count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[i] = c->values[i % c->count] + (c->slope != 0 ? c->slope * (double)i : -0.0);
    gd_tensor *t = gd_values_of(g, c->dtype, shape, count, values);
    free(values);
    assert_true(gd_is_tensor(t));
    t->requires_grad = c->requires_grad;
    t->is_parameter = c->is_parameter;
    gd_set_default_dtype(g, c->default_dtype);
    g->maker = say_maker;
    maker = c->maker;
    return t;
}

/* What gd_print writes, in memory that the caller frees. */
static char *printed(const gd_tensor *t)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    gd_print(t, to);
    fclose(to);
    return text;
}

static char *formatted(const gd_tensor *t)
{
    size_t size = gd_format(t, NULL, 0) + 1;
    char *text = malloc(size);
    assert_int_equal(gd_format(t, text, size), size - 1);
    assert_int_equal(strlen(text), size - 1);
    return text;
}

static void assert_prints(const gd_tensor *t, const char *expected)
{
    char *text = formatted(t), *line = printed(t);
    assert_string_equal(text, expected);
    assert_int_equal(strlen(line), strlen(expected) + 1);
    assert_memory_equal(line, expected, strlen(expected));
    assert_int_equal(line[strlen(expected)], '\n');
    free(text);
    free(line);
}

static void prints_as_pytorch_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        gd_context *g = gd_open();
        assert_prints(tensor_of(g, &print_cases[i]), print_cases[i].text);
        assert_false(gd_failed(g));
        gd_close(g);
    }
}

/* A view of base with these sizes and strides. */
static gd_tensor *view_of(gd_tensor *base, gd_dims shape, const int64_t *stride, int64_t offset)
{
    gd__meta meta = { .dtype = (gd_dtype)base->dtype, .shape = shape, .offset = offset };
    for (int i = 0; i < shape.count; i++)
        meta.stride[i] = stride[i];
    gd_tensor *view = gd__view(base, &meta);
    assert_non_null(view);
    return view;
}

static void prints_views_in_their_order(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *t = gd_values(g, gd_shape(2, 3), 0, 1, 2, 3, 4, 5);
    assert_prints(view_of(t, gd_shape(3, 2), (const int64_t[]){ 1, 3 }, 0),
                  "tensor([[0., 3.],\n        [1., 4.],\n        [2., 5.]])");
    assert_prints(view_of(t, gd_shape(2, 2), (const int64_t[]){ 3, 2 }, 0), "tensor([[0., 2.],\n        [3., 5.]])");
    assert_prints(view_of(t, gd_shape(2, 2), (const int64_t[]){ 0, 1 }, 4), "tensor([[4., 5.],\n        [4., 5.]])");
    assert_prints(view_of(t, gd_shape(), NULL, 5), "tensor(5.)");
    gd_tensor *long_row = view_of(t, gd_shape(2000), (const int64_t[]){ 0 }, 1);
    assert_prints(long_row, "tensor([1., 1., 1.,  ..., 1., 1., 1.])");
    gd_close(g);
}

static void formats_as_snprintf_writes(void **state)
{
    (void)state;
    const char *whole = "tensor([[1.5000, 2.0000]])";
    size_t length = strlen(whole);
    gd_context *g = gd_open();
    gd_tensor *t = gd_values(g, gd_shape(1, 2), 1.5, 2);
    assert_int_equal(gd_format(t, NULL, 0), length);
    assert_int_equal(gd_format(t, NULL, 100), length);
    for (size_t size = 0; size < length + 3; size++) {
        char text[64];
        size_t kept = size == 0 ? 0 : size <= length ? size - 1 : length;
        memset(text, '#', sizeof text);
        assert_int_equal(gd_format(t, text, size), length);
        assert_memory_equal(text, whole, kept);
        assert_int_equal(text[kept], size == 0 ? '#' : '\0');
        assert_int_equal(text[size > kept ? size : kept + 1], '#');
    }
    gd_close(g);
}

/* A thousand elements are printed whole, whatever their text's length. */
static void loses_nothing_of_long_text(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *t = gd_full(g, GD_INT64, gd_shape(500, 2), -9e18);
    char *text = formatted(t);
    size_t found = 0;
    for (const char *at = text; (at = strstr(at, "-9000000000000000000")); at++)
        found++;
    assert_int_equal(found, 1000);
    free(text);
    gd_close(g);
}

static void prints_the_message_of_an_error(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *error = gd_values(g, gd_shape(2, 2), 1, 2, 3);
    assert_true(gd_failed(g));
    assert_non_null(strstr(gd_message(g), "gd_values"));
    assert_prints(error, gd_message(g));
    gd_clear(g);
    assert_prints(error, "an error tensor, whose error was cleared");
    assert_false(gd_failed(g));
    gd_close(g);
}

static void takes_null(void **state)
{
    (void)state;
    char text[8];
    gd_context *g = gd_open();
    assert_prints(NULL, gd_message(NULL));
    assert_true(gd_format(NULL, text, sizeof text) > sizeof text);
    assert_memory_equal(text, gd_message(NULL), sizeof text - 1);
    assert_int_equal(text[sizeof text - 1], '\0');
    gd_print(NULL, NULL);
    gd_print(gd_scalar(g, GD_FLOAT32, 1), NULL);
    assert_false(gd_failed(g));
    gd_close(g);
}

/* A locale with a decimal comma, of those that systems have; NULL where there is none. */
static const char *comma_locale(void)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "ru_RU.UTF-8", "ps_AF.UTF-8" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (setlocale(LC_NUMERIC, names[i]))
            return names[i];
    return NULL;
}

static void heeds_no_locale(void **state)
{
    (void)state;
    const char *name = comma_locale();
    if (!name) {
        printf("SKIP no locale with a decimal comma is installed\n");
        skip();
    }
    gd_context *g = gd_open();
    char *decimals = formatted(gd_values(g, gd_shape(2), 1.5, -0.25));
    char *exponents = formatted(gd_values(g, gd_shape(2), 1e-5, -2.5e6));
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(decimals, "tensor([ 1.5000, -0.2500])");
    assert_string_equal(exponents, "tensor([ 1.0000e-05, -2.5000e+06])");
    free(decimals);
    free(exponents);
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_as_pytorch_does),
        cmocka_unit_test(prints_views_in_their_order),
        cmocka_unit_test(formats_as_snprintf_writes),
        cmocka_unit_test(loses_nothing_of_long_text),
        cmocka_unit_test(prints_the_message_of_an_error),
        cmocka_unit_test(takes_null),
        cmocka_unit_test(heeds_no_locale),
    };
    return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
