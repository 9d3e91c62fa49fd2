/* test_layers.c - layers: drawing, forward, backward by layers, parameters by name, saving and loading. */
#include "values.h"

/* ---- linear ---- */

static void linear_multiplies_by_the_transpose(void **state)
{
    (void)state;
    gd_layer *layer = gd_linear(g, 2, 3);
    set_parameter(layer, "weight", 1, 2, 3, 4, 5, 6);
    set_parameter(layer, "bias", 10, 20, 30);
    gd_tensor *x = gd_values(g, gd_shape(2, 2), 1, 0, -1, 2);
    assert_reads(gd_forward(layer, x), 11, 23, 35, 13, 25, 37);
    gd_tensor *dy = gd_values(g, gd_shape(2, 3), 1, 0, 2, 0, -1, 1);
    assert_reads(gd_layer_backward(layer, dy), 11, 14, 2, 2);        /* dy W */
    assert_reads(gd_layer_grad(layer, "weight"), 1, 0, 1, -2, 1, 2); /* dy^T x */
    assert_reads(gd_layer_grad(layer, "bias"), 1, -1, 3);
    assert_reads(dy, 1, 0, 2, 0, -1, 1);
    assert_shape(gd_parameter(layer, 0), gd_shape(3, 2));
    assert_shape(gd_parameter(layer, 1), gd_shape(3));
    assert_fine(g);
}

static void linear_draws_within_its_bounds(void **state)
{
    (void)state;
    gd_layer *layer = gd_linear(g, 100, 50);
    const float *W = gd_data(gd_parameter(layer, 0)), *b = gd_data(gd_parameter(layer, 1));
    double largest = 0;
    for (int i = 0; i < 5000; i++)
        largest = fmax(largest, fabs((double)W[i]));
    assert_true(largest <= 0.1 && largest > 0.099);
    for (int i = 0; i < 50; i++)
        assert_true(fabs((double)b[i]) <= 0.1);
    assert_true(gd_is_leaf(gd_parameter(layer, 0)) && gd_requires_grad(gd_parameter(layer, 0)));
    assert_int_equal(gd_parameter_numel(layer), 5050);
}

static void impossible_features_are_refused(void **state)
{
    (void)state;
    assert_error_object(gd_linear(g, 0, 2));
    assert_error(g, GD_ERROR_SHAPE, "from 0 to 2 features");
    assert_error_object(gd_linear(g, 2, -1));
    assert_error(g, GD_ERROR_SHAPE, "from 2 to -1 features");
    assert_error_object(gd_linear(g, INT64_MAX, INT64_MAX));
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
    assert_error_object(gd_linear(g, INT64_MAX / 64, 1));
    assert_error(g, GD_ERROR_MEMORY, "");
}

/* ---- drawing ---- */

/* What PyTorch draws after manual_seed(70) for Linear(2, 2) and Linear(2, 1); notebook 003 prints it. */
static void assert_seed_70(gd_layer *net)
{
    static const double drawn[] = { -0.0919, -0.1992, -0.2247, -0.3332, 0.2342, -0.5175, 0.3162, 0.2359, -0.5528 };
    static const int first[] = { 0, 4, 6, 8, 9 };
    assert_int_equal(gd_parameter_count(net), 4);
    for (int i = 0; i < 4; i++)
        assert_values(gd_parameter(net, i), drawn + first[i], (size_t)(first[i + 1] - first[i]), 5.001e-5);
}

static void parameters_are_drawn_depth_first_and_left_to_right(void **state)
{
    (void)state;
    gd_seed(g, GD_RNG_TORCH, 70);
    assert_seed_70(
        gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g), gd_linear(g, 2, 1), gd_sigmoid_layer(g)));
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_layer *inner = gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g));
    gd_layer *net = gd_sequential(g, inner, gd_sequential(g, gd_sequential(g, gd_linear(g, 2, 1))));
    assert_seed_70(net);
}

static void the_order_of_construction_does_not_matter(void **state)
{
    (void)state;
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_layer *second = gd_linear(g, 2, 1), *first = gd_linear(g, 2, 2);
    assert_seed_70(gd_sequential(g, first, gd_sigmoid_layer(g), second));
}

/* Using an inner layer draws the whole network. */
static void the_first_use_draws_from_the_outermost(void **state)
{
    (void)state;
    gd_layer *last = gd_linear(g, 2, 1);
    gd_layer *net = gd_sequential(g, gd_sequential(g, gd_linear(g, 2, 2), gd_relu_layer(g)), last);
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_forward(last, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    assert_seed_70(net);
    gd_seed(g, GD_RNG_TORCH, 71);
    assert_true(gd_init(net) == net);
    gd_forward(net, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    assert_seed_70(net); /* once drawn, never again */
    assert_fine(g);
}

static void asking_for_names_and_counts_draws_nothing(void **state)
{
    (void)state;
    char name[20];
    gd_layer *net = gd_sequential(g, gd_linear(g, 2, 2), gd_linear(g, 2, 1));
    assert_int_equal(gd_parameter_count(net), 4);
    assert_int_equal(gd_parameter_numel(net), 9);
    gd_parameter_name(net, 0, name, sizeof name);
    gd_zero_grad(net);
    gd_seed(g, GD_RNG_TORCH, 70);
    assert_seed_70(net);
}

static void parameters_have_the_default_dtype_of_their_making(void **state)
{
    (void)state;
    gd_set_default_dtype(g, GD_FLOAT64);
    gd_layer *wide = gd_linear(g, 2, 2);
    gd_set_default_dtype(g, GD_FLOAT32);
    assert_int_equal(gd_dtype_of(gd_parameter(wide, 0)), GD_FLOAT64);
    assert_int_equal(gd_dtype_of(gd_parameter(gd_linear(g, 2, 2), 1)), GD_FLOAT32);
    assert_error_object(gd_forward(wide, gd_ones(g, GD_FLOAT32, gd_shape(1, 2))));
    assert_error(g, GD_ERROR_DTYPE, "linear");
}

/* ---- affine ---- */

static gd_layer *small_affine(void)
{
    return gd_affine(gd_values(g, gd_shape(2, 3), 1, 2, 3, 4, 5, 6), gd_values(g, gd_shape(3), 10, 20, 30));
}

static void affine_uses_the_callers_tensors(void **state)
{
    (void)state;
    gd_tensor *W = gd_name(gd_values(g, gd_shape(2, 3), 1, 2, 3, 4, 5, 6), "mine"), *b = gd_zeros(g, 0, gd_shape(3));
    gd_layer *layer = gd_affine(W, b);
    assert_true(gd_parameter_named(layer, "W") == W && gd_parameter(layer, 1) == b);
    assert_true(gd_requires_grad(W) && gd_requires_grad(b));
    assert_string_equal(gd_name_of(W), "mine");
    assert_string_equal(gd_name_of(b), "b");
    assert_reads(gd_forward(layer, gd_values(g, gd_shape(1, 2), 1, 10)), 41, 52, 63);
    gd_tensor *images = gd_reshape(gd_arange(g, GD_FLOAT32, 4), gd_shape(2, 1, 2));
    gd_tensor *y = gd_forward(layer, images);
    assert_shape(y, gd_shape(2, 3));
    assert_shape(gd_layer_backward(layer, y), gd_shape(2, 1, 2));
    assert_fine(g);
}

static void tensors_that_make_no_affine_are_refused(void **state)
{
    (void)state;
    gd_tensor *W = gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), *b = gd_ones(g, GD_FLOAT32, gd_shape(3));
    assert_error_object(gd_affine(W, gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, GD_ERROR_SHAPE, "W float32 (2, 3) and b float32 (2,)");
    assert_error_object(gd_affine(b, b));
    assert_error(g, GD_ERROR_SHAPE, "gd_affine");
    assert_error_object(gd_affine(W, gd_ones(g, GD_FLOAT32, gd_shape(1, 3))));
    assert_error(g, GD_ERROR_SHAPE, "gd_affine");
    assert_error_object(gd_affine(W, gd_ones(g, GD_FLOAT64, gd_shape(3))));
    assert_error(g, GD_ERROR_SHAPE, "of one float dtype");
    assert_error_object(gd_affine(W, NULL));
    assert_error(g, GD_ERROR_NULL, "b is NULL");
    assert_error_object(gd_affine(NULL, b));
    assert_error(g, GD_ERROR_NULL, "W is NULL");
    assert_error_object(gd_affine(gd_cast(W, GD_INT64), gd_cast(b, GD_INT64)));
    assert_error(g, GD_ERROR_DTYPE, "a parameter is a leaf of floats");
    gd_require_grad(W, true);
    assert_error_object(gd_affine(gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), gd_reshape(W, gd_shape(6))));
    assert_error(g, GD_ERROR_STATE, "a parameter is a leaf of floats");
}

/* ---- notebook 004 ---- */

typedef struct notebook {
    gd_tensor *W, *b, *x;
    gd_layer *affine;
} notebook;

static notebook notebook_004(void)
{
    notebook n;
    gd_seed(g, GD_RNG_NUMPY, 42);
    n.W = gd_randn(g, GD_FLOAT64, gd_shape(4, 3));
    n.b = gd_randn(g, GD_FLOAT64, gd_shape(3));
    n.x = gd_randn(g, GD_FLOAT64, gd_shape(2, 4));
    n.affine = gd_affine(n.W, n.b);
    return n;
}

static void the_affine_example_comes_out_digit_by_digit(void **state)
{
    (void)state;
    notebook n = notebook_004();
    assert_prints(n.x, -0.56228753, -1.01283112, 0.31424733, -0.90802408, -1.4123037, 1.46564877, -0.2257763,
                  0.0675282);
    gd_tensor *out = gd_forward(n.affine, n.x);
    assert_prints(out, -1.57630011, -0.93641939, -1.57660107, 1.45276715, -2.265758, -2.908267);
    assert_prints(gd_layer_backward(n.affine, out), -1.67464364, -1.81234579, -2.46778027, 0.31298589, -0.84876775,
                  3.42407541, 1.92076398, 3.19267223);
    assert_prints(gd_sum(out, gd_axes(0)), -0.12353296, -3.20217739, -4.48486807);
    assert_prints(gd_layer_grad(n.affine, "b"), -0.12353296, -3.20217739, -4.48486807);
    assert_prints(n.W, 0.49671415, -0.1382643, 0.64768854, 1.52302986, -0.23415337, -0.23413696, 1.57921282,
                  0.76743473, -0.46947439, 0.54256004, -0.46341769, -0.46572975);
    assert_fine(g);
}

static void the_second_affine_example_follows_from_the_stream(void **state)
{
    (void)state;
    notebook n = notebook_004();
    gd_tensor *out = gd_forward(n.affine, gd_reshape(gd_arange(g, GD_FLOAT64, 12), gd_shape(3, 4)));
    assert_prints(out, 6.55109789, -2.00281724, -4.29519282, 23.11716536, -2.2764198, -6.38180306, 39.68323284,
                  -2.55002236, -8.46841329);
    gd_tensor *dx = gd_layer_backward(n.affine, gd_randn(g, GD_FLOAT64, gd_shape(3, 3)));
    assert_prints(dx, -0.5605806, -2.06843605, -2.71983412, -0.5723948, -1.01268722, -1.70033683, -1.24735562,
                  -0.51885293, 1.13800548, -0.73705343, -1.79201422, -0.74208095);
    assert_prints(gd_layer_grad(n.affine, "W"), -6.93752431, -3.31086082, 12.41567072, -9.80495982, -4.08125214,
                  13.7782328, -12.67239533, -4.85164346, 15.14079488, -15.53983085, -5.62203478, 16.50335697);
    assert_prints(gd_layer_grad(n.affine, "b"), -2.86743551, -0.77039132, 1.36256208);
    assert_fine(g);
}

static void the_sigmoid_example_comes_out(void **state)
{
    (void)state;
    gd_layer *sigmoid = gd_sigmoid_layer(g);
    gd_tensor *dout = gd_values_as(g, GD_FLOAT64, gd_shape(2, 2), 0.1, 0.2, 0.3, 0.4);
    assert_error_object(gd_layer_backward(sigmoid, dout)); /* the notebook's ValueError */
    assert_error(g, GD_ERROR_STATE, "backward came before forward: the layer sigmoid");
    gd_tensor *x = gd_values_as(g, GD_FLOAT64, gd_shape(2, 2), 0.5, -1, 2, -0.5);
    assert_prints(gd_forward(sigmoid, x), 0.62245933, 0.26894142, 0.88079708, 0.37754067);
    assert_prints(gd_layer_backward(sigmoid, dout), 0.02350037, 0.03932239, 0.03149808, 0.09400148);
    assert_fine(g);
}

static void the_relu_example_comes_out(void **state)
{
    (void)state;
    gd_layer *relu = gd_relu_layer(g);
    gd_tensor *dout = gd_values_as(g, GD_FLOAT64, gd_shape(2, 2), 1, 2, 3, 4);
    assert_error_object(gd_layer_backward(relu, dout)); /* the notebook's gives zeros, and spoils dout */
    assert_error(g, GD_ERROR_STATE, "relu");
    assert_reads(gd_forward(relu, gd_values_as(g, GD_FLOAT64, gd_shape(2, 2), 1, -0.5, -2, 3)), 1, 0, 0, 3);
    assert_reads(gd_layer_backward(relu, dout), 1, 0, 0, 4);
    assert_reads(dout, 1, 2, 3, 4);
    assert_fine(g);
}

/* ---- layer by layer ---- */

static void backward_by_layers_sets_and_backward_adds(void **state)
{
    (void)state;
    gd_layer *layer = small_affine();
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(1, 2)), *dy = gd_ones(g, GD_FLOAT32, gd_shape(1, 3));
    for (int i = 0; i < 3; i++) {
        gd_forward(layer, x);
        assert_reads(gd_layer_backward(layer, dy), 6, 15);
        assert_reads(gd_layer_grad(layer, "b"), 1, 1, 1);
    }
    assert_reads(gd_layer_backward(layer, dy), 6, 15); /* again, of the same forward */
    assert_true(gd_backward(gd_sum(gd_forward(layer, x))));
    assert_reads(gd_layer_grad(layer, "b"), 2, 2, 2);
    assert_fine(g);
}

static void gradients_by_layers_outlive_the_scope(void **state)
{
    (void)state;
    gd_layer *layer = small_affine();
    {
        GD_SCOPE(g);
        gd_forward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
        {
            GD_SCOPE(g);
            gd_layer_backward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 3)));
        }
    }
    gd_full(g, GD_FLOAT32, gd_shape(3), 9);
    assert_reads(gd_layer_grad(layer, "b"), 1, 1, 1);
    gd_zero_grad(layer);
    assert_error_object(gd_layer_grad(layer, "b"));
    assert_error(g, GD_ERROR_STATE, "'b' float32 (3,) has no gradient yet");
}

static void a_forward_is_remembered_while_its_scope_lasts(void **state)
{
    (void)state;
    gd_layer *layer = small_affine();
    gd_tensor *dy = gd_ones(g, GD_FLOAT32, gd_shape(1, 3));
    assert_error_object(gd_layer_backward(layer, dy));
    assert_error(g, GD_ERROR_STATE, "the layer affine remembers no forward");
    {
        GD_SCOPE(g);
        gd_forward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    }
    assert_error_object(gd_layer_backward(layer, dy));
    assert_error(g, GD_ERROR_STATE, "what it recorded has gone with its scope");
    for (int i = 0; i < 20; i++) /* others take the place of what went */
        gd_ones(g, GD_FLOAT32, gd_shape(1, 3));
    assert_error_object(gd_layer_backward(layer, dy));
    assert_error(g, GD_ERROR_STATE, "gone with its scope");
    assert_false(gd_has_grad(gd_parameter(layer, 0)));
}

static void nothing_is_remembered_in_no_grad(void **state)
{
    (void)state;
    gd_layer *layer = small_affine();
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(1, 2));
    gd_forward(layer, x);
    {
        GD_NO_GRAD(g);
        assert_false(gd_requires_grad(gd_forward(layer, x)));
    }
    assert_error_object(gd_layer_backward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 3))));
    assert_error(g, GD_ERROR_STATE, "with recording on");
}

static void a_failed_forward_is_not_remembered(void **state)
{
    (void)state;
    gd_layer *layer = small_affine();
    gd_forward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    assert_error_object(gd_forward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 7))));
    assert_error(g, GD_ERROR_SHAPE, "affine");
    assert_error_object(gd_layer_backward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 3))));
    assert_error(g, GD_ERROR_STATE, "remembers no forward");
}

static void a_gradient_of_another_shape_is_refused(void **state)
{
    (void)state;
    gd_layer *layer = small_affine();
    gd_forward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    assert_error_object(gd_layer_backward(layer, gd_ones(g, GD_FLOAT32, gd_shape(3))));
    assert_string_equal(gd_first_error(g)->layer, "affine");
    assert_error(g, GD_ERROR_SHAPE, "dy is float32 (3,), not of the shape of float32 (1, 3)");
    assert_error_object(gd_layer_backward(layer, NULL));
    assert_error(g, GD_ERROR_NULL, "gd_layer_backward");
    assert_false(gd_has_grad(gd_parameter(layer, 0)));
}

static void parameters_changed_since_the_forward_are_refused(void **state)
{
    (void)state;
    gd_layer *layer = gd_sequential(g, small_affine(), gd_relu_layer(g));
    gd_optimizer *sgd = gd_sgd(layer, .lr = 0.1);
    assert_true(gd_backward(gd_sum(gd_forward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 2))))));
    assert_true(gd_step(sgd));
    assert_error_object(gd_layer_backward(layer, gd_ones(g, GD_FLOAT32, gd_shape(1, 3))));
    assert_error(g, GD_ERROR_STATE, "sgd_update has written over since");
}

/* A row of no layer gives back what it is given. */
static void an_empty_row_is_the_identity(void **state)
{
    (void)state;
    gd_layer *row = gd_sequential_of(g, 0, NULL);
    gd_tensor *x = gd_values(g, gd_shape(2), 1, 2), *dy = gd_values(g, gd_shape(2), 3, 4);
    assert_true(gd_forward(row, x) == x);
    gd_tensor *dx = gd_layer_backward(row, dy);
    assert_reads(dx, 3, 4);
    assert_true(dx != dy);
    assert_int_equal(gd_parameter_count(row), 0);
    assert_fine(g);
}

static void rows_refuse_what_is_no_layer(void **state)
{
    (void)state;
    assert_error_object(gd_sequential(g, gd_relu_layer(g), NULL));
    assert_error(g, GD_ERROR_NULL, "gd_sequential");
    gd_layer *bad = gd_linear(g, -1, 2);
    gd_clear(g);
    assert_error_object(gd_sequential(g, gd_relu_layer(g), bad));
    assert_fine(g);
    gd_layer *dead;
    {
        GD_SCOPE(g);
        dead = gd_relu_layer(g);
        assert_true(gd_is_layer(dead));
    }
    assert_false(gd_is_layer(dead));
    assert_error_object(gd_sequential(g, dead));
    assert_error(g, GD_ERROR_DEAD, "gd_sequential");
}

/* ---- parameters by number and by name ---- */

static void assert_name(gd_layer *layer, int index, const char *want)
{
    char name[64];
    assert_int_equal(gd_parameter_name(layer, index, name, sizeof name), strlen(want));
    assert_string_equal(name, want);
    if (*want)
        assert_true(gd_parameter_named(layer, name) == gd_parameter(layer, index));
}

static void parameters_are_named_by_place(void **state)
{
    (void)state;
    char small[3];
    gd_layer *inner = gd_sequential(g, gd_relu_layer(g), small_affine());
    gd_layer *net = gd_sequential(g, gd_linear(g, 3, 2), gd_sigmoid_layer(g), inner);
    assert_int_equal(gd_parameter_count(net), 4);
    assert_name(net, 0, "0.weight");
    assert_name(net, 1, "0.bias");
    assert_name(net, 2, "2.1.W");
    assert_name(net, 3, "2.1.b");
    assert_name(inner, 1, "1.b");
    assert_int_equal(gd_parameter_name(net, 0, small, sizeof small), 8);
    assert_string_equal(small, "0.");
    assert_int_equal(gd_parameter_name(net, 0, NULL, 0), 8);
    assert_fine(g);
}

static void unknown_parameters_are_errors(void **state)
{
    (void)state;
    gd_layer *net = gd_sequential(g, gd_linear(g, 3, 2), gd_relu_layer(g));
    assert_error_object(gd_parameter_named(net, "0.W"));
    assert_error(g, GD_ERROR_VALUE, "there is no parameter '0.W' in sequential; there are: 0.weight, 0.bias");
    assert_error_object(gd_layer_grad(net, "nothing"));
    assert_error(g, GD_ERROR_VALUE, "0.weight, 0.bias");
    assert_error_object(gd_parameter_named(net, NULL));
    assert_error(g, GD_ERROR_VALUE, "there is no parameter ''");
    assert_error_object(gd_parameter(net, 2));
    assert_error(g, GD_ERROR_INDEX, "there is no parameter 2: there are 2");
    assert_error_object(gd_parameter(net, -1));
    assert_error(g, GD_ERROR_INDEX, "gd_parameter");
    assert_name(net, 7, "");
    assert_error(g, GD_ERROR_INDEX, "there is no parameter 7: there are 2");
}

static void a_shared_tensor_counts_once(void **state)
{
    (void)state;
    gd_tensor *W = gd_values(g, gd_shape(2, 2), 1, 2, 3, 4), *b1 = gd_zeros(g, 0, gd_shape(2));
    gd_tensor *b2 = gd_zeros(g, 0, gd_shape(2));
    gd_layer *net = gd_sequential(g, gd_affine(W, b1), gd_affine(W, b2), gd_affine(W, b1));
    assert_int_equal(gd_parameter_count(net), 3);
    assert_int_equal(gd_parameter_numel(net), 8);
    assert_name(net, 0, "0.W");
    assert_name(net, 1, "0.b");
    assert_name(net, 2, "1.b");
    assert_true(gd_parameter_named(net, "2.W") == W);
    gd_tensor *x = gd_values(g, gd_shape(1, 2), 1, 0);
    gd_tensor *y = gd_forward(net, x), *dx = gd_layer_backward(net, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    assert_reads(y, 37, 54); /* x W^3 */
    assert_reads(dx, 91, 199);
    gd_tensor *by_layers = gd_clone(gd_grad(W));
    gd_zero_grad(net);
    assert_true(gd_backward(gd_sum(gd_forward(net, x))));
    assert_true(gd_item(gd_sum(gd_square(gd_sub(by_layers, gd_grad(W))))) == 0);
    assert_fine(g);
}

static char *printed_parameters(gd_layer *net)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    gd_print_parameters(net, to);
    fclose(to);
    return text;
}

static void parameters_print_as_pytorch_prints_them(void **state)
{
    (void)state;
    gd_seed(g, GD_RNG_TORCH, 70);
    char *text = printed_parameters(gd_sequential(g, gd_linear(g, 2, 2), gd_linear(g, 2, 1)));
    assert_string_equal(text, "Parameter containing:\n"
                              "tensor([[-0.0919, -0.1992],\n"
                              "        [-0.2247, -0.3332]], requires_grad=True)\n"
                              "Parameter containing:\n"
                              "tensor([ 0.2342, -0.5175], requires_grad=True)\n"
                              "Parameter containing:\n"
                              "tensor([[0.3162, 0.2359]], requires_grad=True)\n"
                              "Parameter containing:\n"
                              "tensor([-0.5528], requires_grad=True)\n");
    free(text);
    text = printed_parameters(NULL);
    assert_true(strlen(text) > 0);
    free(text);
    gd_print_parameters(gd_linear(g, 1, 1), NULL);
    assert_fine(g);
}

/* ---- errors name the layer ---- */

static void errors_say_where_they_stand(void **state)
{
    (void)state;
    gd_layer *inner = gd_sequential(g, gd_relu_layer(g), gd_linear(g, 5, 2));
    gd_layer *net = gd_sequential(g, gd_linear(g, 3, 4), inner);
    assert_error_object(gd_forward(net, gd_ones(g, GD_FLOAT32, gd_shape(2, 7))));
    assert_error(g, GD_ERROR_SHAPE, "[in layer sequential > 0 (linear)]");
    assert_error_object(gd_forward(net, gd_ones(g, GD_FLOAT32, gd_shape(2, 3))));
    assert_error(g, GD_ERROR_SHAPE, "[in layer sequential > 1 (sequential) > 1 (linear)]");
    assert_error_object(gd_forward(net, gd_ones(g, GD_INT64, gd_shape(2, 3))));
    assert_error(g, GD_ERROR_DTYPE, "0 (linear)");
    assert_error_object(gd_forward(inner, gd_ones(g, GD_FLOAT32, gd_shape(4))));
    assert_error(g, GD_ERROR_SHAPE, "(linear)");
    assert_error_object(gd_forward(net, NULL));
    assert_error(g, GD_ERROR_NULL, "the input is NULL");
    assert_true(g->place == NULL && !g->recording_all);
}

/* ---- saving and loading ---- */

static gd_layer *saved_network(uint64_t seed)
{
    gd_seed(g, GD_RNG_PHILOX, seed);
    return gd_init(gd_sequential(g, gd_linear(g, 3, 4), gd_relu_layer(g), gd_linear(g, 4, 2)));
}

static bool same_parameters(gd_layer *a, gd_layer *b)
{
    bool same = true;
    for (int i = 0; i < gd_parameter_count(a); i++)
        same = same && gd_item(gd_sum(gd_square(gd_sub(gd_parameter(a, i), gd_parameter(b, i))))) == 0;
    assert_fine(g);
    return same;
}

static void check_round_trip(const char *path)
{
    gd_layer *saved = saved_network(1), *loaded = saved_network(2);
    assert_false(same_parameters(saved, loaded));
    assert_true(gd_save(saved, path));
    assert_true(gd_load(loaded, path));
    assert_true(same_parameters(saved, loaded));
    gd_layer *fresh = gd_sequential(g, gd_linear(g, 3, 4), gd_relu_layer(g), gd_linear(g, 4, 2));
    assert_true(gd_load(fresh, path)); /* not drawn before */
    assert_true(same_parameters(saved, fresh));
    assert_true(gd_requires_grad(gd_parameter(loaded, 0)) && gd_is_leaf(gd_parameter(loaded, 0)));
    gd_archive *archive = gd_archive_read(g, path);
    assert_int_equal(gd_archive_count(archive), 4);
    assert_shape(gd_archive_get(archive, "2.weight"), gd_shape(2, 4));
    assert_fine(g);
}

static void what_is_saved_can_be_loaded(void **state)
{
    (void)state;
    check_round_trip(in_folder("net.npz"));
    check_round_trip(in_folder("net.safetensors"));
}

static void refuse_to_load(gd_layer *net, const char *path, gd_status status, const char *part)
{
    gd_layer *before = saved_network(2);
    assert_true(same_parameters(net, before));
    assert_false(gd_load(net, path));
    assert_error(g, status, part);
    assert_true(same_parameters(net, before));
}

static void what_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    gd_layer *net = saved_network(2);
    const char *path = in_folder("other.npz");
    assert_true(gd_save(gd_sequential(g, gd_linear(g, 3, 4), gd_relu_layer(g), gd_linear(g, 4, 3)), path));
    refuse_to_load(net, path, GD_ERROR_FORMAT, "has '2.weight' of shape");
    assert_true(gd_save(gd_sequential(g, gd_linear(g, 3, 4), gd_linear(g, 4, 2)), path));
    refuse_to_load(net, path, GD_ERROR_FORMAT, "has no '2.weight', which is a parameter of the network");
    gd_layer *more = gd_sequential(g, gd_linear(g, 3, 4), gd_relu_layer(g), gd_linear(g, 4, 2), gd_linear(g, 2, 2));
    assert_true(gd_save(more, path));
    refuse_to_load(net, path, GD_ERROR_FORMAT, "has '3.weight', which is no parameter");
    refuse_to_load(net, in_folder("missing.npz"), GD_ERROR_FILE, "missing.npz");
    put_bytes(path, "not a model", 11);
    refuse_to_load(net, path, GD_ERROR_FORMAT, "");
    refuse_to_load(net, NULL, GD_ERROR_NULL, "the path is NULL");
}

static void saving_refuses_unknown_endings(void **state)
{
    (void)state;
    gd_layer *net = saved_network(1);
    assert_false(gd_save(net, in_folder("net.txt")));
    assert_error(g, GD_ERROR_VALUE, "");
    assert_false(gd_save(net, NULL));
    assert_error(g, GD_ERROR_NULL, "the path is NULL");
    assert_false(gd_save(net, in_folder("nowhere/net.npz")));
    assert_error(g, GD_ERROR_FILE, "");
}

static void other_dtypes_are_converted(void **state)
{
    (void)state;
    const char *path = in_folder("wide.npz");
    gd_set_default_dtype(g, GD_FLOAT64);
    gd_layer *wide = saved_network(3);
    assert_true(gd_save(wide, path));
    gd_set_default_dtype(g, GD_FLOAT32);
    gd_layer *narrow = saved_network(4);
    assert_true(gd_load(narrow, path));
    assert_int_equal(gd_dtype_of(gd_parameter(narrow, 0)), GD_FLOAT32);
    for (int i = 0; i < 4; i++) {
        gd_tensor *rounded = gd_cast(gd_parameter(wide, i), GD_FLOAT32);
        assert_true(gd_item(gd_sum(gd_square(gd_sub(gd_parameter(narrow, i), rounded)))) == 0);
    }
    assert_fine(g);
}

static void while_an_error_stands_nothing_is_saved_or_loaded(void **state)
{
    (void)state;
    const char *path = in_folder("standing.npz");
    gd_layer *net = saved_network(1);
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_save(net, path));
    gd_clear(g);
    assert_int_equal(access(path, F_OK), -1);
    assert_true(gd_save(saved_network(2), path));
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_load(net, path));
    gd_clear(g);
    assert_true(same_parameters(net, saved_network(1)));
}

/* ---- out of memory ---- */

static bool try_everything(gd_context *c, void *prepared)
{
    (void)prepared;
    gd_layer *net = gd_sequential(c, gd_linear(c, 2, 2), gd_relu_layer(c), gd_linear(c, 2, 1));
    gd_tensor *y = gd_forward(net, gd_ones(c, GD_FLOAT32, gd_shape(1, 2)));
    gd_tensor *dx = gd_layer_backward(net, gd_ones(c, GD_FLOAT32, gd_shape(1, 1)));
    assert_true(gd_is_tensor(dx) == !gd_failed(c));
    assert_true(gd_is_tensor(dx) || !gd_is_layer(net) || !gd_has_grad(gd_parameter(net, 0)));
    (void)y;
    return !gd_failed(c);
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_everything) > 20);
}

/* ---- layers used twice, affine's leaves and contexts, rows that went ---- */

static void a_layer_used_twice_is_trained_once_a_step(void **state)
{
    (void)state;
    gd_layer *layer = gd_linear(g, 1, 1), *net = gd_sequential(g, layer, layer);
    assert_int_equal(gd_parameter_count(net), 2);
    set_parameter(layer, "weight", 3);
    set_parameter(layer, "bias", 0);
    gd_optimizer *sgd = gd_sgd(net, .lr = 1);
    assert_true(gd_backward(gd_sum(gd_forward(net, gd_ones(g, GD_FLOAT32, gd_shape(1, 1))))));
    assert_reads(gd_layer_grad(layer, "weight"), 6);
    assert_true(gd_step(sgd));
    assert_reads(gd_parameter(layer, 0), -3);
    assert_fine(g);
}

static void a_shared_parameter_prints_once(void **state)
{
    (void)state;
    gd_layer *layer = gd_linear(g, 1, 1);
    set_parameter(layer, "weight", 0.5);
    set_parameter(layer, "bias", 0.25);
    char *text = printed_parameters(gd_sequential(g, layer, layer));
    int times = 0;
    for (const char *at = text; (at = strstr(at, "0.5000")); at++)
        times++;
    free(text);
    assert_int_equal(times, 1);
}

/* The nearest mistake: scaling weights that require a gradient, and handing over what came out. */
static void affine_refuses_what_an_operation_made(void **state)
{
    (void)state;
    gd_tensor *W = gd_require_grad(gd_ones(g, GD_FLOAT32, gd_shape(2, 2)), true), *b = gd_zeros(g, 0, gd_shape(2));
    assert_error_object(gd_affine(gd_mul_scalar(W, 0.01), b));
    assert_error(g, GD_ERROR_STATE, "");
}

/* A refused gd_affine leaves its operands as they were: here W is fit, and b is not. */
static void a_refused_affine_changes_nothing(void **state)
{
    (void)state;
    gd_tensor *W = gd_ones(g, GD_FLOAT32, gd_shape(2, 2));
    gd_tensor *b = gd_neg(gd_require_grad(gd_ones(g, GD_FLOAT32, gd_shape(2)), true));
    assert_error_object(gd_affine(W, b));
    assert_error(g, GD_ERROR_STATE, "a parameter is a leaf");
    assert_false(gd_requires_grad(W));
    assert_string_equal(gd_name_of(W), "");
}

static void affine_refuses_tensors_of_two_contexts(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *W = gd_ones(g, GD_FLOAT32, gd_shape(2, 2)), *b = gd_ones(other, GD_FLOAT32, gd_shape(2));
    bool is_layer = gd_is_layer(gd_affine(W, b));
    gd_close(other);
    assert_false(is_layer);
    assert_error(g, GD_ERROR_CONTEXT, "gd_affine");
}

/* The row that a layer was in is gone; what took its place must not be taken for it. */
static void a_layer_outlives_the_row_it_was_in(void **state)
{
    (void)state;
    gd_layer *layer = gd_linear(g, 2, 2);
    {
        GD_SCOPE(g);
        gd_sequential(g, layer);
    }
    for (int i = 0; i < 50; i++)
        gd_sequential(g, gd_relu_layer(g));
    assert_true(gd_item(gd_sum(gd_square(gd_parameter(layer, 0)))) > 0); /* it was drawn */
    assert_fine(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(linear_multiplies_by_the_transpose),
        IN_CONTEXT(linear_draws_within_its_bounds),
        IN_CONTEXT(impossible_features_are_refused),
        IN_CONTEXT(parameters_are_drawn_depth_first_and_left_to_right),
        IN_CONTEXT(the_order_of_construction_does_not_matter),
        IN_CONTEXT(the_first_use_draws_from_the_outermost),
        IN_CONTEXT(asking_for_names_and_counts_draws_nothing),
        IN_CONTEXT(parameters_have_the_default_dtype_of_their_making),
        IN_CONTEXT(affine_uses_the_callers_tensors),
        IN_CONTEXT(tensors_that_make_no_affine_are_refused),
        IN_CONTEXT(the_affine_example_comes_out_digit_by_digit),
        IN_CONTEXT(the_second_affine_example_follows_from_the_stream),
        IN_CONTEXT(the_sigmoid_example_comes_out),
        IN_CONTEXT(the_relu_example_comes_out),
        IN_CONTEXT(backward_by_layers_sets_and_backward_adds),
        IN_CONTEXT(gradients_by_layers_outlive_the_scope),
        IN_CONTEXT(a_forward_is_remembered_while_its_scope_lasts),
        IN_CONTEXT(nothing_is_remembered_in_no_grad),
        IN_CONTEXT(a_failed_forward_is_not_remembered),
        IN_CONTEXT(a_gradient_of_another_shape_is_refused),
        IN_CONTEXT(parameters_changed_since_the_forward_are_refused),
        IN_CONTEXT(an_empty_row_is_the_identity),
        IN_CONTEXT(rows_refuse_what_is_no_layer),
        IN_CONTEXT(parameters_are_named_by_place),
        IN_CONTEXT(unknown_parameters_are_errors),
        IN_CONTEXT(a_shared_tensor_counts_once),
        IN_CONTEXT(parameters_print_as_pytorch_prints_them),
        IN_CONTEXT(errors_say_where_they_stand),
        IN_CONTEXT(what_is_saved_can_be_loaded),
        IN_CONTEXT(what_does_not_fit_changes_nothing),
        IN_CONTEXT(saving_refuses_unknown_endings),
        IN_CONTEXT(other_dtypes_are_converted),
        IN_CONTEXT(while_an_error_stands_nothing_is_saved_or_loaded),
        cmocka_unit_test(out_of_memory_is_an_error_and_no_more),
        IN_CONTEXT(a_layer_used_twice_is_trained_once_a_step),
        IN_CONTEXT(a_shared_parameter_prints_once),
        IN_CONTEXT(affine_refuses_what_an_operation_made),
        IN_CONTEXT(a_refused_affine_changes_nothing),
        IN_CONTEXT(affine_refuses_tensors_of_two_contexts),
        IN_CONTEXT(a_layer_outlives_the_row_it_was_in),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
