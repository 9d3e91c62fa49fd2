/* test_custom.c - layers of the caller's making: their parameters, buffers and inner layers, and what can't be. */
#include "values.h"

/* ---- a layer with parameters: y = x * factor, factor drawn normally; it counts its forwards in a buffer ---- */

static gd_tensor *scale_forward(void *user, gd_layer *self, gd_tensor *x)
{
    double calls = gd_item(gd_buffer_named(self, "calls")) + 1;
    (void)user;
    if (gd_is_training(self))
        gd_write(gd_buffer_named(self, "calls"), GD_FLOAT64, &calls, 1);
    return gd_mul(x, gd_parameter_named(self, "factor"));
}

static void scale_draw(void *user, gd_layer *self)
{
    gd_init_normal(gd_parameter_named(self, "factor"), *(const double *)user, 0);
}

static void count_release(void *user)
{
    (*(double *)user)++;
}

static gd_layer *scale(gd_context *own, double *start, int64_t features)
{
    gd_layer *self = gd_custom(own, "scale", scale_forward, scale_draw, start, count_release);
    gd_register_parameter(self, "factor", gd_zeros(own, GD_DEFAULT, gd_shape(features)));
    gd_register_buffer(self, "calls", gd_zeros(own, GD_INT64, gd_shape()));
    return self;
}

/* ---- a layer with layers: y = x + body(x) ---- */

static gd_tensor *residual_forward(void *user, gd_layer *self, gd_tensor *x)
{
    (void)user;
    return gd_add(x, gd_forward(gd_layer_named(self, "body"), x));
}

static gd_layer *residual(gd_context *own, gd_layer *body)
{
    gd_layer *self = gd_custom(own, "residual", residual_forward);
    gd_register_layer(self, "body", body);
    return self;
}

/* ---- use ---- */

static void a_custom_layer_is_a_layer_like_others(void **state)
{
    static double start = 2; /* it is released at gd_close */
    (void)state;
    gd_layer *own = scale(g, &start, 3), *net = gd_sequential(g, gd_linear(g, 2, 3), own);
    gd_tensor *x = gd_require_grad(gd_ones(g, GD_FLOAT32, gd_shape(1, 2)), true);
    set_parameter(net, "0.weight", 1, 2, 3, 4, 5, 6);
    set_parameter(net, "0.bias", 0, 0, 0);
    assert_reads(gd_forward(net, x), 6, 14, 22);
    gd_tensor *dx = gd_layer_backward(net, gd_values(g, gd_shape(1, 3), 1, 1, 1));
    assert_reads(dx, 18, 24);
    assert_reads(gd_layer_grad(net, "1.factor"), 3, 7, 11);
    gd_zero_grad(net);
    assert_true(gd_backward(gd_sum(gd_forward(net, x))));
    assert_same_tensor(gd_grad(x), dx);
    assert_reads(gd_layer_grad(net, "1.factor"), 3, 7, 11);
    assert_reads(gd_buffer_named(net, "1.calls"), 2);
    gd_forward(gd_set_training(net, false), x);
    assert_reads(gd_buffer_named(net, "1.calls"), 2);
    assert_fine(g);
}

static void a_custom_layer_is_released_once(void **state)
{
    double released = 0;
    (void)state;
    {
        GD_SCOPE(g);
        gd_forward(scale(g, &released, 2), gd_ones(g, GD_FLOAT32, gd_shape(2)));
        assert_true(released == 0);
    }
    assert_true(released == 1);
    assert_error_object(gd_custom(g, "bad", NULL, .user = &released, .release = count_release));
    assert_error(g, GD_ERROR_NULL, "gd_custom: forward is NULL");
    assert_true(released == 2);
    assert_error_object(gd_custom(g, NULL, scale_forward, .user = &released, .release = count_release));
    assert_error(g, GD_ERROR_NULL, "gd_custom: the name is NULL");
    assert_error_object(gd_custom(NULL, "bad", scale_forward, .user = &released, .release = count_release));
    assert_true(released == 4);
}

static void layers_within_are_part_of_it(void **state)
{
    char name[40];
    static double start = 1; /* it is released at gd_close */
    (void)state;
    gd_layer *body = gd_sequential(g, gd_linear(g, 2, 2), gd_batch_norm(g, 2));
    gd_layer *net = gd_sequential(g, residual(g, body), scale(g, &start, 2));
    assert_int_equal(gd_parameter_count(net), 5);
    gd_parameter_name(net, 0, name, sizeof name);
    assert_string_equal(name, "0.body.0.weight");
    gd_buffer_name(net, 0, name, sizeof name);
    assert_string_equal(name, "0.body.1.running_mean");
    assert_true(gd_layer_named(net, "0.body") == body);
    assert_true(gd_layer_named(body, "1") == gd_layer_named(net, "0.body.1"));
    gd_set_training(net, false);
    assert_false(gd_is_training(body));
    gd_freeze(body, true);
    gd_tensor *x = gd_values(g, gd_shape(1, 2), 1, 2);
    set_parameter(net, "0.body.0.weight", 0, 0, 0, 0);
    set_parameter(net, "0.body.0.bias", 0, 0);
    assert_reads(gd_forward(net, x), 1, 2);
    assert_reads(gd_layer_backward(net, gd_values(g, gd_shape(1, 2), 3, 4)), 3, 4);
    assert_true(gd_has_grad(gd_parameter_named(net, "1.factor")));
    assert_fine(g);
}

static void custom_layers_are_drawn_with_their_network(void **state)
{
    static double start = 7; /* it is released at gd_close */
    (void)state;
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_layer *body = gd_linear(g, 2, 2), *net = gd_sequential(g, residual(g, body), scale(g, &start, 2));
    gd_seed(g, GD_RNG_TORCH, 70);
    gd_init(net);
    gd_layer *alone = gd_linear(g, 2, 2);
    gd_seed(g, GD_RNG_TORCH, 70);
    assert_same_tensor(gd_parameter_named(net, "0.body.weight"), gd_parameter(alone, 0));
    assert_reads(gd_parameter_named(net, "1.factor"), 7, 7);
    gd_layer *late = gd_custom(g, "late", residual_forward);
    gd_init(late);
    gd_layer *inner = gd_linear(g, 2, 2);
    assert_true(gd_register_layer(late, "body", inner) == inner); /* drawn already: what comes in is drawn at once */
    assert_true(gd_item(gd_sum(gd_square(gd_parameter(inner, 0)))) > 0);
    assert_fine(g);
}

static void custom_layers_are_saved_and_loaded(void **state)
{
    static double start = 3; /* it is released at gd_close */
    (void)state;
    const char *path = in_folder("custom.safetensors");
    gd_layer *saved = gd_sequential(g, residual(g, gd_linear(g, 2, 2)), scale(g, &start, 2));
    gd_forward(saved, gd_ones(g, GD_FLOAT32, gd_shape(1, 2)));
    assert_true(gd_save(saved, path));
    start = 4;
    gd_layer *loaded = gd_sequential(g, residual(g, gd_linear(g, 2, 2)), scale(g, &start, 2));
    assert_true(gd_load(loaded, path));
    assert_same_tensor(gd_parameter_named(saved, "0.body.weight"), gd_parameter_named(loaded, "0.body.weight"));
    assert_reads(gd_parameter_named(loaded, "1.factor"), 3, 3);
    assert_reads(gd_buffer_named(loaded, "1.calls"), 1);
    assert_fine(g);
}

static gd_tensor *cubed(gd_tensor *x)
{
    return gd_mul(x, gd_square(x));
}

static void any_function_is_a_layer(void **state)
{
    (void)state;
    gd_layer *cube = gd_lambda(g, "cube", cubed);
    assert_reads(gd_forward(cube, gd_values(g, gd_shape(2), 2, -1)), 8, -1);
    assert_reads(gd_layer_backward(cube, gd_values(g, gd_shape(2), 1, 1)), 12, 3);
    assert_error_object(gd_forward(cube, gd_ones(g, GD_BOOL, gd_shape(-1))));
    gd_clear(g);
    assert_error_object(gd_lambda(g, NULL, cubed));
    assert_error(g, GD_ERROR_NULL, "gd_lambda: the name is NULL");
    assert_error_object(gd_lambda(g, "nothing", NULL));
    assert_error(g, GD_ERROR_NULL, "gd_lambda: the function is NULL");
    assert_error_object(gd_lambda(NULL, "cube", cubed));
}

/* ---- forwards that go wrong ---- */

static gd_tensor *returned;

static gd_tensor *careless_forward(void *user, gd_layer *self, gd_tensor *x)
{
    (void)user;
    (void)self;
    (void)x;
    return returned;
}

static void what_a_forward_returns_is_looked_at(void **state)
{
    (void)state;
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(2));
    gd_layer *net = gd_sequential(g, gd_custom(g, "careless", careless_forward));
    returned = NULL;
    assert_error_object(gd_forward(net, x));
    assert_error(g, GD_ERROR_NULL,
                 "careless: what the layer's forward returned is NULL [in layer sequential > 0 (careless)]");
    {
        GD_SCOPE(g);
        returned = gd_ones(g, GD_FLOAT32, gd_shape(2));
    }
    assert_error_object(gd_forward(net, x));
    assert_error(g, GD_ERROR_DEAD, "careless");
    gd_context *other = gd_open();
    returned = gd_ones(other, GD_FLOAT32, gd_shape(2));
    assert_error_object(gd_forward(net, x));
    assert_error(g, GD_ERROR_CONTEXT, "careless");
    gd_close(other);
    returned = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_error_object(gd_forward(net, x));
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
    returned = x;
    assert_true(gd_forward(net, x) == x);
    assert_fine(g);
}

/* ---- registering ---- */

static gd_tensor *leave_scope(void *user, gd_layer *self, gd_tensor *x)
{
    (void)self;
    gd_scope_leave(user);
    return gd_neg(x);
}

static void a_forward_can_not_leave_the_scope_around_it(void **state)
{
    (void)state;
    gd_scope scope = gd_scope_enter(g);
    gd_layer *own = gd_custom(g, "leaving", leave_scope, .user = &scope);
    gd_tensor *x = gd_values(g, gd_shape(2), 1, 2);
    gd_forward(own, x);
    assert_error(g, GD_ERROR_STATE, "gd_scope_leave: a hook, an operation or a layer runs within this scope [in layer leaving]");
    assert_reads(x, 1, 2);
    gd_scope_leave(&scope);
    assert_false(gd_is_layer(own));
    assert_fine(g);
}

static void refuse_name(gd_layer *layer, const char *name, gd_status status, const char *part)
{
    assert_error_object(gd_register_parameter(layer, name, gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, status, part);
    assert_error_object(gd_register_buffer(layer, name, gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, status, part);
    assert_error_object(gd_register_layer(layer, name, gd_relu_layer(g)));
    assert_error(g, status, part);
}

static void names_that_cant_be_are_refused(void **state)
{
    static double start = 0; /* it is released at gd_close */
    (void)state;
    gd_layer *own = scale(g, &start, 2);
    gd_register_layer(own, "inner", gd_relu_layer(g));
    refuse_name(own, NULL, GD_ERROR_NULL, "NULL");
    refuse_name(own, "", GD_ERROR_VALUE, "can have nothing of the name ''");
    refuse_name(own, "a.b", GD_ERROR_VALUE, "can have nothing of the name 'a.b'");
    refuse_name(own, "a name that is longer than any name of a thing can be", GD_ERROR_VALUE, "1 to 47 characters");
    refuse_name(own, "factor", GD_ERROR_VALUE, "the layer scale already has 'factor'");
    refuse_name(own, "calls", GD_ERROR_VALUE, "already has 'calls'");
    refuse_name(own, "inner", GD_ERROR_VALUE, "already has 'inner'");
    assert_int_equal(gd_parameter_count(own), 1);
    assert_int_equal(gd_buffer_count(own), 1);
}

static void things_that_cant_be_registered_are_refused(void **state)
{
    (void)state;
    gd_layer *own = gd_custom(g, "own", careless_forward);
    gd_tensor *made = gd_neg(gd_require_grad(gd_ones(g, GD_FLOAT32, gd_shape(2)), true));
    assert_error_object(gd_register_parameter(own, "a", made));
    assert_error(g, GD_ERROR_STATE, "a parameter is a leaf");
    assert_error_object(gd_register_parameter(own, "a", gd_ones(g, GD_INT64, gd_shape(2))));
    assert_error(g, GD_ERROR_DTYPE, "gd_register_parameter");
    gd_tensor *across = gd_t(gd_ones(g, GD_FLOAT32, gd_shape(2, 3)));
    assert_error_object(gd_register_parameter(own, "a", across));
    assert_error(g, GD_ERROR_STATE, "row-major");
    assert_false(gd_requires_grad(across));
    assert_error_object(gd_register_parameter(own, "a", NULL));
    assert_error(g, GD_ERROR_NULL, "gd_register_parameter: the tensor is NULL");
    assert_error_object(gd_register_buffer(own, "a", NULL));
    assert_error(g, GD_ERROR_NULL, "gd_register_buffer: the tensor is NULL");
    assert_error_object(gd_register_layer(own, "a", NULL));
    assert_error(g, GD_ERROR_NULL, "gd_register_layer: the layer within is NULL");
    assert_error_object(gd_register_parameter(NULL, "a", gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_error(g, GD_ERROR_NULL, "the layer is NULL");
    assert_error_object(gd_register_buffer(NULL, "a", NULL));
    assert_error_object(gd_register_layer(NULL, "a", NULL));
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(2));
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_error_object(gd_register_parameter(own, "a", t));
    gd_clear(g);
    assert_int_equal(gd_parameter_count(own) + gd_buffer_count(own), 0);
    assert_false(gd_requires_grad(t));
}

/* No layer can come to be within itself. */
static void networks_are_put_together_outward(void **state)
{
    (void)state;
    gd_layer *inner = gd_custom(g, "inner", residual_forward), *outer = gd_custom(g, "outer", residual_forward);
    assert_error_object(gd_register_layer(inner, "body", inner));
    assert_error(g, GD_ERROR_STATE,
                 "gd_register_layer: the layer inner is part of another already, or is to be part of itself");
    assert_true(gd_register_layer(outer, "body", inner) == inner);
    assert_error_object(gd_register_layer(inner, "body", outer));
    assert_error(g, GD_ERROR_STATE, "body (inner)");
    assert_error_object(gd_register_layer(inner, "body", gd_relu_layer(g)));
    assert_error(g, GD_ERROR_STATE, "from the inside outward");
    gd_layer *row = gd_relu_layer(g);
    for (int i = 0; i < 32; i++)
        row = gd_sequential(g, row);
    assert_fine(g);
    assert_error_object(gd_register_layer(gd_custom(g, "top", residual_forward), "body", row));
    assert_error(g, GD_ERROR_VALUE, "33 deep: at most 32");
    assert_error_object(gd_sequential(g, row));
    assert_error(g, GD_ERROR_VALUE, "33 deep");
}

static void the_longest_names_are_whole(void **state)
{
    char name[34 * 48];
    (void)state;
    const char *longest = "a_name_of_47_characters_which_is_the_longest_of";
    gd_layer *row = gd_custom(g, "leaf", residual_forward);
    gd_register_parameter(row, longest, gd_ones(g, GD_FLOAT32, gd_shape(2)));
    for (int i = 0; i < 32; i++) {
        gd_layer *outer = gd_custom(g, "row", residual_forward);
        gd_register_layer(outer, longest, row);
        row = outer;
    }
    assert_fine(g);
    assert_int_equal(gd_parameter_name(row, 0, name, sizeof name), 33 * 47 + 32);
    assert_true(gd_parameter_named(row, name) == gd_parameter(row, 0));
}

static void layers_are_found_by_name(void **state)
{
    (void)state;
    gd_layer *net = gd_sequential(g, gd_relu_layer(g), gd_sequential(g, gd_tanh_layer(g)));
    assert_true(gd_is_layer(gd_layer_named(net, "1.0")));
    const char *const wrong[] = { "2", "", "1.", ".1", "1..0", "1.0.0", "01", "1.1" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_error_object(gd_layer_named(net, wrong[i]));
        assert_error(g, GD_ERROR_VALUE, "there is no layer '");
    }
    assert_error_object(gd_layer_named(net, NULL));
    assert_error(g, GD_ERROR_VALUE, "there is no layer ''");
    assert_error_object(gd_layer_named(NULL, "0"));
}

/* ---- out of memory ---- */

static bool try_everything(gd_context *own, void *prepared)
{
    double released = 0;
    (void)prepared;
    gd_scope scope = gd_scope_enter(own);
    gd_layer *net = gd_sequential(own, residual(own, gd_linear(own, 2, 2)), scale(own, &released, 2));
    gd_tensor *x = gd_ones(own, GD_FLOAT32, gd_shape(1, 2));
    bool good = gd_is_tensor(gd_layer_backward(net, gd_forward(net, x)));
    assert_true(good == !gd_failed(own));
    gd_scope_leave(&scope);
    assert_true(!scope.context);
    assert_true(released == 1 || !good);
    return good;
}

static void out_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_everything) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(a_custom_layer_is_a_layer_like_others),
        IN_CONTEXT(a_custom_layer_is_released_once),
        IN_CONTEXT(layers_within_are_part_of_it),
        IN_CONTEXT(custom_layers_are_drawn_with_their_network),
        IN_CONTEXT(custom_layers_are_saved_and_loaded),
        IN_CONTEXT(any_function_is_a_layer),
        IN_CONTEXT(what_a_forward_returns_is_looked_at),
        IN_CONTEXT(a_forward_can_not_leave_the_scope_around_it),
        IN_CONTEXT(names_that_cant_be_are_refused),
        IN_CONTEXT(things_that_cant_be_registered_are_refused),
        IN_CONTEXT(networks_are_put_together_outward),
        IN_CONTEXT(the_longest_names_are_whole),
        IN_CONTEXT(layers_are_found_by_name),
        cmocka_unit_test(out_of_memory_is_an_error_and_no_more),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
