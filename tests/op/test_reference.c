/* test_reference.c - elementwise operations and their derivatives against PyTorch, at the edges above all. */
#include "battery.h"

#include "reference.h"

static gd_tensor *clamp(gd_tensor *x)
{
    return gd_clamp(x, -1, 1.5);
}

static gd_tensor *leaky_relu(gd_tensor *x)
{
    return gd_leaky_relu(x, 0.01);
}

static gd_tensor *elu(gd_tensor *x)
{
    return gd_elu(x, 1.5);
}

static gd_tensor *softplus(gd_tensor *x)
{
    return gd_softplus(x, 2, 20);
}

static gd_tensor *power_0(gd_tensor *x)
{
    return gd_pow_scalar(x, 0);
}

static gd_tensor *power_2(gd_tensor *x)
{
    return gd_pow_scalar(x, 2);
}

static gd_tensor *power_3(gd_tensor *x)
{
    return gd_pow_scalar(x, 3);
}

static gd_tensor *power_minus_1(gd_tensor *x)
{
    return gd_pow_scalar(x, -1);
}

static gd_tensor *power_half(gd_tensor *x)
{
    return gd_pow_scalar(x, 0.5);
}

static gd_tensor *add_number(gd_tensor *x)
{
    return gd_add_scalar(x, 0.7);
}

static gd_tensor *subtract_number(gd_tensor *x)
{
    return gd_sub_scalar(x, 0.7);
}

static gd_tensor *multiply_number(gd_tensor *x)
{
    return gd_mul_scalar(x, -1.3);
}

static gd_tensor *from_number(gd_tensor *x)
{
    return gd_rsub_scalar(x, 1);
}

static gd_tensor *divide_number(gd_tensor *x)
{
    return gd_div_scalar(x, 3);
}

static const struct {
    const char *name;
    gd_tensor *(*run)(gd_tensor *);
} unary[] = {
    { "neg", gd_neg },           { "exp", gd_exp },
    { "log", gd_log },           { "square", gd_square },
    { "sqrt", gd_sqrt },         { "sigmoid", gd_sigmoid },
    { "relu", gd_relu },         { "expm1", gd_expm1 },
    { "log1p", gd_log1p },       { "rsqrt", gd_rsqrt },
    { "reciprocal", gd_reciprocal }, { "sin", gd_sin },
    { "cos", gd_cos },           { "tanh", gd_tanh },
    { "erf", gd_erf },           { "abs", gd_abs },
    { "sign", gd_sign },         { "floor", gd_floor },
    { "ceil", gd_ceil },         { "round", gd_round },
    { "silu", gd_silu },         { "gelu", gd_gelu },
    { "clamp", clamp },          { "leaky_relu", leaky_relu },
    { "elu", elu },              { "softplus", softplus },
    { "pow_scalar 0", power_0 }, { "pow_scalar 2", power_2 },
    { "pow_scalar 3", power_3 }, { "pow_scalar -1", power_minus_1 },
    { "pow_scalar 0.5", power_half }, { "add_scalar", add_number },
    { "sub_scalar", subtract_number }, { "mul_scalar", multiply_number },
    { "rsub_scalar", from_number }, { "div_scalar", divide_number },
};

static const struct {
    const char *name;
    gd_tensor *(*run)(gd_tensor *, gd_tensor *);
} binary[] = {
    { "add", gd_add }, { "sub", gd_sub }, { "mul", gd_mul }, { "div", gd_div },
    { "pow", gd_pow }, { "maximum", gd_maximum }, { "minimum", gd_minimum }, { "eq", gd_eq },
    { "ne", gd_ne },   { "lt", gd_lt },   { "le", gd_le },   { "gt", gd_gt },
    { "ge", gd_ge },   { "logical_and", gd_logical_and }, { "logical_or", gd_logical_or },
    { "logical_xor", gd_logical_xor },
};

static void compare(const char *name, const char *what, const gd_tensor *t, const double *want, int count,
                    double tolerance)
{
    double got[MOST];
    char text[64];
    read_all(t, got);
    assert_int_equal(gd_numel(t), count);
    snprintf(text, sizeof text, "%s, %s", name, what);
    for (int i = 0; i < count; i++)
        close_to(got[i], want[i], tolerance, text, i);
}

static double tolerance_of(gd_dtype dtype)
{
    return dtype == GD_FLOAT64 ? 1e-14 : 4e-7;
}

/* x as the dtype holds it must be what PyTorch was given, so only points that float32 holds are compared in it. */
static bool held_by_float(double x)
{
    return isnan(x) || (double)(float)x == x;
}

static void test_unary(void **state)
{
    (void)state;
    assert_int_equal(sizeof unary / sizeof *unary, sizeof unary_reference / sizeof *unary_reference);
    for (size_t n = 0; n < sizeof unary / sizeof *unary; n++) {
        gd_context *g = gd_open();
        assert_string_equal(unary[n].name, unary_reference[n].name);
        gd_tensor *x = gd_require_grad(gd_from_memory(g, GD_FLOAT64, gd_shape(POINTS), everywhere), true), *dx;
        gd_tensor *y = unary[n].run(x);
        compare(unary[n].name, "value", y, unary_reference[n].y, POINTS, tolerance_of(GD_FLOAT64));
        assert_true(gd_gradient(y, gd_ones_like(y), 1, &x, &dx, false));
        compare(unary[n].name, "derivative", dx, unary_reference[n].dx, POINTS, tolerance_of(GD_FLOAT64));
        double narrow[POINTS];
        read_all(unary[n].run(gd_cast(x, GD_FLOAT32)), narrow);
        for (int i = 0; i < POINTS; i++)
            if (held_by_float(everywhere[i]))
                close_to(narrow[i], (double)(float)unary_reference[n].y[i], tolerance_of(GD_FLOAT32), unary[n].name, i);
        no_error(g);
        gd_close(g);
    }
}

static void test_binary(void **state)
{
    (void)state;
    assert_int_equal(sizeof binary / sizeof *binary, sizeof binary_reference / sizeof *binary_reference);
    for (size_t n = 0; n < sizeof binary / sizeof *binary; n++) {
        gd_context *g = gd_open();
        assert_string_equal(binary[n].name, binary_reference[n].name);
        gd_tensor *in[] = { gd_require_grad(gd_from_memory(g, GD_FLOAT64, gd_shape(PAIRS), left), true),
                            gd_require_grad(gd_from_memory(g, GD_FLOAT64, gd_shape(PAIRS), right), true) };
        gd_tensor *d[2], *y = binary[n].run(in[0], in[1]);
        compare(binary[n].name, "value", y, binary_reference[n].y, PAIRS, tolerance_of(GD_FLOAT64));
        if (gd_requires_grad(y)) {
            assert_true(gd_gradient(y, gd_ones_like(y), 2, in, d, false));
            compare(binary[n].name, "derivative by a", d[0], binary_reference[n].da, PAIRS, tolerance_of(GD_FLOAT64));
            compare(binary[n].name, "derivative by b", d[1], binary_reference[n].db, PAIRS, tolerance_of(GD_FLOAT64));
        }
        no_error(g);
        gd_close(g);
    }
}

static void expect(gd_context *g, gd_tensor *t, const char *printed)
{
    char text[256];
    no_error(g);
    gd_format(t, text, sizeof text);
    assert_string_equal(text, printed);
}

static void test_conditions(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *x = gd_values(g, gd_shape(4), -1, 0, NAN, INFINITY), *n = gd_arange(g, GD_DEFAULT, 3);
    expect(g, gd_isnan(x), "tensor([False, False,  True, False])");
    expect(g, gd_isfinite(x), "tensor([ True,  True, False, False])");
    expect(g, gd_isnan(n), "tensor([False, False, False])");
    expect(g, gd_isfinite(gd_ge_scalar(n, 1)), "tensor([True, True, True])");
    expect(g, gd_logical_not(x), "tensor([False,  True, False, False])");
    expect(g, gd_eq_scalar(n, 1), "tensor([False,  True, False])");
    expect(g, gd_ne_scalar(n, 1), "tensor([ True, False,  True])");
    expect(g, gd_lt_scalar(n, 1), "tensor([ True, False, False])");
    expect(g, gd_le_scalar(n, 1), "tensor([ True,  True, False])");
    expect(g, gd_gt_scalar(n, 0.5), "tensor([False,  True,  True])");
    expect(g, gd_eq_scalar(gd_scalar(g, GD_FLOAT32, 0.1), 0.1), "tensor(True)");
    expect(g, gd_where(gd_ge_scalar(n, 1), n, gd_full_like(n, 7)), "tensor([7, 1, 2])");
    expect(g, gd_where(gd_ge_scalar(n, 1), x = gd_values(g, gd_shape(2, 1), 0.5, 1), n),
           "tensor([[0.0000, 0.5000, 0.5000],\n        [0.0000, 1.0000, 1.0000]])");
    assert_false(gd_is_tensor(gd_where(n, x, x)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_DTYPE);
    gd_close(g);
}

/* A NaN on the side that was not chosen stays out of the gradient. */
static void test_where_keeps_nan_out(void **state)
{
    gd_context *g = gd_open();
    (void)state;
    gd_tensor *x = gd_require_grad(gd_values(g, gd_shape(2), 0, 4), true), *dx;
    gd_tensor *y = gd_where(gd_gt_scalar(x, 0), gd_log(gd_where(gd_gt_scalar(x, 0), x, gd_ones_like(x))), x);
    assert_true(gd_gradient(y, gd_ones_like(y), 1, &x, &dx, false));
    expect(g, dx, "tensor([1.0000, 0.2500])");
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unary),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_where_keeps_nan_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
