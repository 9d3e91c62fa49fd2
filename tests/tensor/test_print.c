/* Tensors as text, against PyTorch's own (print_reference.h), NumPy's and Python's (print_numpy_reference.h), and the ways to
 * ask for it. */
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

/* The array's text is its str. */
typedef struct numpy_case {
    print_case array;
    const char *repr;
} numpy_case;

#include "print_numpy_reference.h"
#include "print_reference.h"

enum { CASES = sizeof print_cases / sizeof *print_cases, NUMPY_CASES = sizeof numpy_cases / sizeof *numpy_cases };

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
    if (c->default_dtype != GD_DEFAULT)
        gd_set_default_dtype(g, c->default_dtype);
    g->maker = say_maker;
    maker = c->maker;
    return t;
}

/* What is printed, in memory that the caller frees. */
static char *printed(const gd_tensor *t, gd_style style)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    if (style == GD_STYLE_TORCH)
        gd_print(t, to);
    else
        gd_print_as(t, style, to);
    fclose(to);
    return text;
}

static char *formatted(const gd_tensor *t, gd_style style)
{
    size_t size = gd_format_as(t, style, NULL, 0) + 1;
    char *text = malloc(size);
    assert_int_equal(gd_format_as(t, style, text, size), size - 1);
    assert_int_equal(strlen(text), size - 1);
    return text;
}

static void assert_prints_as(const gd_tensor *t, gd_style style, const char *expected)
{
    char *text = formatted(t, style), *line = printed(t, style);
    assert_string_equal(text, expected);
    assert_int_equal(strlen(line), strlen(expected) + 1);
    assert_memory_equal(line, expected, strlen(expected));
    assert_int_equal(line[strlen(expected)], '\n');
    free(text);
    free(line);
}

static void assert_prints(const gd_tensor *t, const char *expected)
{
    assert_prints_as(t, GD_STYLE_TORCH, expected);
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

static void prints_as_numpy_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUMPY_CASES; i++) {
        gd_context *g = gd_open();
        gd_tensor *t = tensor_of(g, &numpy_cases[i].array);
        assert_prints_as(t, GD_STYLE_NUMPY, numpy_cases[i].array.text);
        assert_prints_as(t, GD_STYLE_NUMPY_REPR, numpy_cases[i].repr);
        assert_false(gd_failed(g));
        gd_close(g);
    }
}

static void assert_writes(double x, const char *expected)
{
    char text[GD_DOUBLE_SIZE];
    assert_int_equal(gd_format_double(x, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
}

static void writes_floats_as_python_does(void **state)
{
    (void)state;
#define FLOAT(x) { x, #x },
    static const struct {
        double x;
        const char *text;
    } floats[] = { PYTHON_FLOATS(FLOAT) };
#undef FLOAT
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++)
        assert_writes(floats[i].x, floats[i].text);
    assert_writes(NAN, "nan");
    assert_writes(-NAN, "nan");
    assert_writes(INFINITY, "inf");
    assert_writes(-INFINITY, "-inf");
}

static void writes_floats_as_snprintf_does(void **state)
{
    (void)state;
    char text[8] = "#######";
    assert_int_equal(gd_format_double(0.125, NULL, 0), 5);
    assert_int_equal(gd_format_double(0.125, NULL, 100), 5);
    assert_int_equal(gd_format_double(0.125, text, 0), 5);
    assert_string_equal(text, "#######");
    assert_int_equal(gd_format_double(0.125, text, 4), 5);
    assert_memory_equal(text, "0.1\0###", 8);
    assert_string_equal(gd_repr(-1.2345678901234567e-308), "-1.2345678901234567e-308"); /* none is longer */
    assert_true(strlen(gd_repr(-1.2345678901234567e-308)) < GD_DOUBLE_SIZE);
}

static void knows_no_other_style(void **state)
{
    (void)state;
    for (int style = -1; style <= GD_STYLE_NUMPY_REPR + 1; style += GD_STYLE_NUMPY_REPR + 2) {
        char text[200];
        gd_context *g = gd_open();
        gd_tensor *t = gd_values(g, gd_shape(2), 1, 2);
        assert_true(gd_format_as(t, (gd_style)style, text, sizeof text) > 0);
        assert_int_equal(gd_first_error(g)->status, GD_ERROR_VALUE);
        assert_string_equal(text, gd_message(g));
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
    assert_prints_as(view_of(t, gd_shape(2, 2), (const int64_t[]){ 3, 2 }, 0), GD_STYLE_NUMPY, "[[0. 2.]\n [3. 5.]]");
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
    char *text = formatted(t, GD_STYLE_TORCH);
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
    assert_prints_as(error, GD_STYLE_NUMPY, gd_message(g));
    gd_clear(g);
    assert_prints_as(error, GD_STYLE_NUMPY_REPR, "an error tensor, whose error was cleared");
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
    gd_print_as(gd_scalar(g, GD_FLOAT32, 1), GD_STYLE_NUMPY, NULL);
    assert_prints_as(NULL, GD_STYLE_NUMPY, gd_message(NULL));
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
    gd_tensor *decimal = gd_values(g, gd_shape(2), 1.5, -0.25), *exponent = gd_values(g, gd_shape(2), 1e-5, -2.5e6);
    char *decimals = formatted(decimal, GD_STYLE_TORCH), *exponents = formatted(exponent, GD_STYLE_TORCH);
    char *array = formatted(decimal, GD_STYLE_NUMPY), *arrays = formatted(exponent, GD_STYLE_NUMPY);
    const char *third = gd_repr(1.0 / 3), *small = gd_repr(1.5e-7);
    setlocale(LC_NUMERIC, "C");
    assert_string_equal(decimals, "tensor([ 1.5000, -0.2500])");
    assert_string_equal(exponents, "tensor([ 1.0000e-05, -2.5000e+06])");
    assert_string_equal(array, "[ 1.5  -0.25]");
    assert_string_equal(arrays, "[ 1.0e-05 -2.5e+06]");
    assert_string_equal(third, "0.3333333333333333");
    assert_string_equal(small, "1.5e-07");
    free(decimals);
    free(exponents);
    free(array);
    free(arrays);
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_as_pytorch_does),
        cmocka_unit_test(prints_as_numpy_does),
        cmocka_unit_test(writes_floats_as_python_does),
        cmocka_unit_test(writes_floats_as_snprintf_does),
        cmocka_unit_test(knows_no_other_style),
        cmocka_unit_test(prints_views_in_their_order),
        cmocka_unit_test(formats_as_snprintf_writes),
        cmocka_unit_test(loses_nothing_of_long_text),
        cmocka_unit_test(prints_the_message_of_an_error),
        cmocka_unit_test(takes_null),
        cmocka_unit_test(heeds_no_locale),
    };
    return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
