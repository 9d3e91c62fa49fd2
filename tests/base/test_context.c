/* test_context.c - opening and closing, errors as values, scopes, memory, several contexts. */
#include "../io/support.h"

#include <math.h>
#include <pthread.h>

#include "gradus/gradus.h"

static void *refuse_all(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)block;
    (void)old_size;
    (void)new_size;
    return NULL;
}

static gd_context *open_nowhere(void)
{
    return gd_open_with(&(gd_config){ .allocator = { refuse_all, NULL } });
}

#define assert_error_object(object) assert_true(gd__is_error(object))

/* ---- opening ---- */

static void opens_without_an_error(void **state)
{
    (void)state;
    assert_false(gd_failed(g));
    assert_int_equal(gd_first_error(g)->status, GD_OK);
    assert_int_equal(gd_first_error(g)->dim, -1);
    assert_string_equal(gd_message(g), "");
    assert_string_equal(gd_first_error(g)->op, "");
    assert_string_equal(gd_first_error(g)->remedy, "");
}

static void a_zero_configuration_is_the_default(void **state)
{
    (void)state;
    gd_context *other = gd_open_with(&(gd_config){ .isa = NULL });
    assert_false(gd_failed(other));
    assert_string_equal(gd_isa(other), gd_isa(g));
    gd_close(other);
    gd_close(NULL);
}

static void the_version_is_that_of_the_header(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", GD_VERSION_MAJOR, GD_VERSION_MINOR, GD_VERSION_PATCH);
    assert_string_equal(gd_version(), text);
}

static void an_unknown_instruction_set_is_an_error(void **state)
{
    (void)state;
    gd_context *other = gd_open_with(&(gd_config){ .isa = "abacus" });
    assert_string_equal(gd_isa(other), "none");
    assert_true(gd_failed(other));
    assert_error(other, GD_ERROR_VALUE, "abacus");
    gd_tensor *x = gd_ones(other, GD_FLOAT32, gd_shape(2));
    assert_error_object(gd_add(x, x));
    assert_error(other, GD_ERROR_VALUE, "generic, avx2 or avx512");
    gd_close(other);
    other = gd_open_with(&(gd_config){ .isa = "generic" });
    assert_string_equal(gd_isa(other), "generic");
    gd_close(other);
}

static void closing_gives_everything_back(void **state)
{
    (void)state;
    scarce memory = { .live = 0 };
    gd_context *other = gd_open_with(&(gd_config){ .allocator = { scarce_resize, &memory } });
    gd_scope scope = gd_scope_enter(other);
    gd_layer *net = gd_sequential(other, gd_linear(other, 3, 40), gd_relu_layer(other), gd_linear(other, 40, 1));
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.1, .momentum = 0.9);
    gd_tensor *loss = gd_mean(gd_square(gd_forward(net, gd_rand(other, GD_DEFAULT, gd_shape(100, 3)))));
    assert_true(gd_backward(loss) && gd_step(sgd));
    gd_name(loss, "loss");
    gd_archive_set_note(gd_archive_new(other), "key", "value");
    gd_batches(gd_dataset_new(gd_zeros(other, 0, gd_shape(3, 2)), gd_arange(other, 0, 3)), .shuffle = true);
    assert_fine(other);
    assert_true(memory.live > 0 && scope.depth == 1);
    gd_close(other); /* with a scope still open */
    assert_int_equal(memory.live, 0);
}

/* ---- errors as values ---- */

static void the_first_error_stays(void **state)
{
    (void)state;
    assert_error_object(gd_zeros(g, GD_FLOAT32, gd_shape(-1)));
    assert_true(gd_failed(g));
    assert_error_object(gd_choice(g, 0, 3));
    assert_error_object(gd_cast(NULL, GD_FLOAT32));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    assert_string_equal(gd_first_error(g)->op, "gd_zeros");
    gd_clear(g);
    opens_without_an_error(NULL);
    gd_choice(g, 0, 3);
    assert_error(g, GD_ERROR_VALUE, "gd_choice");
}

typedef struct calls {
    int count;
    gd_error last;
} calls;

static void count_call(void *user, const gd_error *error)
{
    calls *seen = user;
    seen->count++;
    seen->last = *error;
}

static void the_callback_is_called_at_each_error(void **state)
{
    (void)state;
    calls seen = { 0 };
    gd_on_error(g, count_call, &seen);
    gd_tensor *bad = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.last.message, gd_message(g));
    gd_choice(g, 0, 3);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.last.status, GD_ERROR_VALUE);
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_SHAPE);
    gd_neg(gd_add(bad, bad)); /* an error object goes through in silence: its error was told */
    assert_int_equal(seen.count, 2);
    gd_on_error(g, NULL, NULL);
    gd_choice(g, 0, 3);
    assert_int_equal(seen.count, 2);
}

static void clear_it(void *user, const gd_error *error)
{
    assert_int_equal(error->status, GD_ERROR_SHAPE);
    gd_clear(user);
    assert_int_equal(error->status, GD_ERROR_SHAPE);
}

static void the_callback_may_clear_the_error(void **state)
{
    (void)state;
    gd_on_error(g, clear_it, g);
    assert_error_object(gd_zeros(g, GD_FLOAT32, gd_shape(-1)));
    assert_false(gd_failed(g));
}

static void an_error_says_what_where_and_what_to_do(void **state)
{
    (void)state;
    gd_tensor *a = gd_name(gd_ones(g, GD_FLOAT32, gd_shape(2, 3)), "left");
    gd_tensor *b = gd_name(gd_ones(g, GD_FLOAT32, gd_shape(4)), "right");
    assert_error_object(gd_add(a, b));
    const gd_error *error = gd_first_error(g);
    assert_int_equal(error->status, GD_ERROR_SHAPE);
    assert_int_equal(error->dim, 1);
    assert_string_equal(error->op, "add");
    assert_string_equal(error->layer, "");
    assert_non_null(strstr(error->what, "'left' float32 (2, 3)"));
    assert_non_null(strstr(error->what, "'right' float32 (4,)"));
    assert_string_equal(error->remedy, "Sizes must be equal, or one of them 1");
    assert_true(gd_message(g) == error->message);
    assert_true(strncmp(error->message, "add: ", 5) == 0);
    assert_non_null(strstr(error->message, error->what));
    assert_non_null(strstr(error->message, error->remedy));
}

static void an_error_in_a_layer_names_it_from_the_outermost(void **state)
{
    (void)state;
    gd_layer *inner = gd_sequential(g, gd_relu_layer(g), gd_linear(g, 3, 2));
    gd_layer *net = gd_sequential(g, gd_linear(g, 2, 4), inner);
    assert_error_object(gd_forward(net, gd_ones(g, GD_DEFAULT, gd_shape(5, 2))));
    assert_string_equal(gd_first_error(g)->layer, "sequential > 1 (sequential) > 1 (linear)");
    assert_non_null(strstr(gd_message(g), " [in layer sequential > 1 (sequential) > 1 (linear)]"));
    assert_string_equal(gd_first_error(g)->op, "linear");
    gd_clear(g);
    gd_add(NULL, gd_ones(g, GD_DEFAULT, gd_shape(2)));
    assert_string_equal(gd_first_error(g)->layer, ""); /* the layer is left */
}

/* Names, folders and layers of any length end up in texts of fixed size. */
static void long_texts_are_cut(void **state)
{
    (void)state;
    char name[3000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    gd_tensor *t = gd_name(gd_ones(g, GD_FLOAT32, gd_shape(1, 2, 3, 4, 5, 6, 7, 8)), name);
    assert_string_equal(gd_name_of(t), name);
    assert_error_object(gd_add(t, gd_name(gd_ones(g, GD_FLOAT32, gd_shape(9, 2)), name)));
    assert_true(strlen(gd_message(g)) < sizeof gd_first_error(g)->message);
    gd_clear(g);
    assert_error_object(gd_mnist(g, name, true));
    assert_true(strlen(gd_message(g)) < sizeof gd_first_error(g)->message);
    gd_clear(g);
    gd_layer *deep = gd_linear(g, 2, 2);
    for (int i = 0; i < 32; i++)
        deep = gd_sequential(g, deep);
    assert_error_object(gd_forward(deep, gd_ones(g, GD_DEFAULT, gd_shape(1, 3))));
    assert_int_equal(strlen(gd_first_error(g)->layer), sizeof gd_first_error(g)->layer - 1);
    gd_clear(g);
    assert_error_object(gd_sequential(g, deep));
    assert_error(g, GD_ERROR_VALUE, "33 deep");
}

static void every_status_has_a_name(void **state)
{
    (void)state;
#define SAME(constant, name) assert_string_equal(gd_status_name(constant), name);
    GD_STATUS_LIST(SAME)
#undef SAME
    assert_string_equal(gd_status_name((gd_status)99), "unknown");
    assert_string_equal(gd_status_name((gd_status)-1), "unknown");
}

/* ---- NULL, error objects, dead objects and the stand-in: every public function ---- */

static void makers_refuse(gd_context *c)
{
    gd_dims shape = gd_shape(2, 2);
    double four[4] = { 0 };
    assert_error_object(gd_values_of(c, GD_FLOAT32, shape, 4, four));
    assert_error_object(gd_values_as(c, GD_FLOAT64, shape, 1, 2, 3, 4));
    assert_error_object(gd_zeros(c, GD_FLOAT32, shape));
    assert_error_object(gd_ones(c, GD_DEFAULT, shape));
    assert_error_object(gd_full(c, GD_UINT8, shape, 3));
    assert_error_object(gd_scalar(c, GD_INT64, 3));
    assert_error_object(gd_arange(c, GD_DEFAULT, 3));
    assert_error_object(gd_from_memory(c, GD_FLOAT64, shape, four));
    assert_error_object(gd_from_memory(c, GD_FLOAT64, shape, NULL));
    assert_error_object(gd_rand(c, GD_DEFAULT, shape));
    assert_error_object(gd_randn(c, GD_INT64, shape));
    assert_error_object(gd_choice(c, 3, 3));
    assert_error_object(gd_choice(c, 0, 3));
    assert_error_object(gd_randperm(c, 3));
    assert_error_object(gd_npy_read(c, "nowhere.npy"));
    assert_error_object(gd_idx_read(c, "nowhere"));
    assert_error_object(gd_archive_read(c, "nowhere.npz"));
    assert_error_object(gd_archive_new(c));
    assert_error_object(gd_dataset_idx(c, "nowhere", "nowhere"));
    assert_error_object(gd_mnist(c, "nowhere", true));
    assert_error_object(gd_linear(c, 2, 2));
    assert_error_object(gd_linear(c, -2, 2));
    assert_error_object(gd_sigmoid_layer(c));
    assert_error_object(gd_relu_layer(c));
    assert_error_object(gd_sequential(c, gd_relu_layer(c)));
    assert_error_object(gd_sequential_of(c, 0, NULL));
    assert_error_object(gd_sequential_of(c, 2, NULL));
}

static void context_calls_do_nothing(gd_context *c)
{
    calls seen = { 0 };
    gd_on_error(c, count_call, &seen);
    gd_clear(c);
    assert_true(gd_failed(c));
    assert_int_equal(gd_first_error(c)->status, GD_ERROR_MEMORY);
    assert_true(strlen(gd_message(c)) > 0);
    gd_seed(c, GD_RNG_TORCH, 70);
    gd_seed(c, (gd_rng)17, 70);
    gd_set_default_dtype(c, GD_FLOAT64);
    gd_set_default_dtype(c, GD_BOOL);
    assert_string_equal(gd_isa(c), "none");
    assert_false(gd_set_recording(c, false));
    gd_no_grad stretch = gd_no_grad_enter(c);
    gd_no_grad_leave(&stretch);
    gd_no_grad_leave(NULL);
    gd_scope scope = gd_scope_enter(c);
    assert_null(scope.context);
    gd_scope_leave(&scope);
    gd_scope_leave(NULL);
    gd_memory memory = gd_memory_used(c);
    assert_true(memory.in_use == 0 && memory.peak == 0 && memory.reserved == 0 && memory.allocations == 0);
    gd_close(c);
    assert_int_equal(seen.count, 0);
}

static void tensor_calls_refuse(void *e)
{
    double room[4];
    char text[1000];
    gd_tensor *dx = NULL;
    assert_false(gd_is_tensor(e));
    assert_int_equal(gd_ndim(e), -1);
    assert_int_equal(gd_numel(e), -1);
    assert_int_equal(gd_size(e, 0), -1);
    assert_int_equal(gd_sizes(e).count, -1);
    assert_int_equal(gd_dtype_of(e), GD_DEFAULT);
    assert_non_null(gd_context_of(e));
    assert_error_object(gd_name(e, "name"));
    assert_string_equal(gd_name_of(e), "");
    assert_error_object(gd_keep(e));
    assert_true(isnan(gd_item(e)));
    assert_true(isnan(gd_at(e, 1, 2)));
    assert_true(isnan(gd_at_of(e, 2, NULL)));
    assert_true(isnan(gd_at_of(e, 0, NULL)));
    assert_false(gd_read(e, GD_FLOAT64, room, 4));
    assert_false(gd_write(e, GD_FLOAT64, room, 4));
    assert_null(gd_data(e));
    size_t length = gd_format(e, text, sizeof text);
    assert_true(length > 0 && length == strlen(text));
    gd_print(e, NULL);
    assert_error_object(gd_require_grad(e, true));
    assert_false(gd_requires_grad(e));
    assert_false(gd_is_leaf(e));
    assert_int_equal(gd_grad_fn(e, text, sizeof text), 0);
    assert_false(gd_backward(e));
    assert_error_object(gd_grad(e));
    assert_false(gd_has_grad(e));
    assert_false(gd_clear_grad(e));
    assert_false(gd_gradient(e, NULL, 1, (gd_tensor *[]){ e }, &dx, false));
    assert_error_object(dx);
    assert_false(gd_gradient(e, e, 0, NULL, NULL, true));
    assert_false(gd_gradient(e, e, -1, NULL, NULL, true));
    assert_error_object(gd_detach(e));
}

static void operations_refuse(void *e)
{
    static gd_tensor *(*const unary[])(gd_tensor *) = { gd_neg,     gd_exp,  gd_log, gd_square, gd_sqrt,
                                                        gd_sigmoid, gd_relu, gd_t,   gd_clone,  gd_contiguous };
    static gd_tensor *(*const binary[])(gd_tensor *, gd_tensor *) = {
        gd_sigmoid_backward, gd_relu_backward, gd_add,           gd_sub, gd_mul, gd_div, gd_eq, gd_ge,
        gd_matmul,           gd_nll,           gd_cross_entropy, gd_bce
    };
    static gd_tensor *(*const with_number[])(gd_tensor *, double) = { gd_add_scalar, gd_mul_scalar, gd_rsub_scalar,
                                                                      gd_sub_scalar, gd_div_scalar };
    for (size_t i = 0; i < sizeof unary / sizeof *unary; i++)
        assert_error_object(unary[i](e));
    for (size_t i = 0; i < sizeof binary / sizeof *binary; i++)
        assert_error_object(binary[i](e, e));
    for (size_t i = 0; i < sizeof with_number / sizeof *with_number; i++)
        assert_error_object(with_number[i](e, 2));
    assert_error_object(gd_sum(e));
    assert_error_object(gd_mean(e, gd_axes(0), true));
    assert_error_object(gd_argmax(e, 0));
    assert_error_object(gd_reshape(e, gd_shape(2)));
    assert_error_object(gd_transpose(e, 0, 1));
    assert_error_object(gd_expand(e, gd_shape(2)));
    assert_error_object(gd_cast(e, GD_FLOAT64));
    assert_error_object(gd_softmax(e, 0));
    assert_error_object(gd_log_softmax(e, -1));
    assert_error_object(gd_nll_backward(e, e, 3, -100));
    assert_error_object(gd_bce_backward(e, e, e));
    assert_error_object(gd_sgd_update(e, e, NULL, (gd_sgd_rule){ .lr = 1 }));
    assert_error_object(gd_sgd_update(e, e, e, (gd_sgd_rule){ .lr = 1 }));
}

static void layer_calls_refuse(void *e)
{
    char text[8];
    gd_tensor *x = e;
    assert_false(gd_is_layer(e));
    assert_error_object(gd_affine(e, e));
    assert_error_object(gd_init(e));
    assert_error_object(gd_forward(e, x));
    assert_error_object(gd_layer_backward(e, x));
    assert_error_object(gd_layer_grad(e, "W"));
    assert_error_object(gd_layer_grad(e, NULL));
    assert_int_equal(gd_parameter_count(e), -1);
    assert_int_equal(gd_parameter_numel(e), -1);
    assert_error_object(gd_parameter(e, 0));
    assert_error_object(gd_parameter_named(e, "0.weight"));
    assert_int_equal(gd_parameter_name(e, 0, text, sizeof text), 0);
    gd_print_parameters(e, NULL);
    gd_zero_grad(e);
    assert_false(gd_save(e, "nowhere.npz"));
    assert_false(gd_load(e, "nowhere.npz"));
    assert_error_object(gd_sgd(e, .lr = 1));
    assert_error_object(gd_sgd_with((gd_sgd_options){ .net = e }));
    assert_false(gd_step(e));
    assert_true(isnan(gd_learning_rate(e)));
    assert_false(gd_set_learning_rate(e, 1));
}

static void data_calls_refuse(void *e)
{
    gd_batch batch = { NULL, NULL };
    assert_error_object(gd_dataset_new(e, e));
    assert_error_object(gd_dataset_part(e, 0, 1));
    assert_error_object(gd_dataset_scale(e, 255));
    assert_error_object(gd_dataset_flatten(e, true));
    assert_int_equal(gd_dataset_count(e), -1);
    assert_error_object(gd_dataset_x(e));
    assert_error_object(gd_dataset_t(e));
    assert_error_object(gd_dataset_gather(e, e).x);
    assert_error_object(gd_dataset_slice(e, 0, 1).t);
    assert_error_object(gd_batches(e, .size = 2));
    assert_error_object(gd_batches_with((gd_batches_options){ .dataset = e }));
    assert_false(gd_next(e, &batch));
    assert_error_object(batch.x);
    assert_error_object(batch.t);
    assert_false(gd_next(e, NULL));
    assert_int_equal(gd_loader_position(e), -1);
    assert_int_equal(gd_loader_epoch(e), -1);
}

static void file_calls_refuse(void *e)
{
    assert_false(gd_npy_write(e, "nowhere.npy"));
    assert_false(gd_archive_add(e, "name", e));
    assert_false(gd_archive_write(e, "nowhere.npz"));
    assert_int_equal(gd_archive_count(e), -1);
    assert_string_equal(gd_archive_name(e, 0), "");
    assert_error_object(gd_archive_tensor(e, 0));
    assert_error_object(gd_archive_get(e, "name"));
    assert_false(gd_archive_has(e, "name"));
    assert_false(gd_archive_set_note(e, "key", "value"));
    assert_string_equal(gd_archive_note(e, "key"), "");
    assert_int_equal(gd_archive_note_count(e), -1);
    assert_string_equal(gd_archive_note_key(e, 0), "");
}

static void training_calls_refuse(void *e)
{
    assert_error_object(gd_fit(e, .optimizer = e, .batches = e));
    assert_error_object(gd_fit_with((gd_fit_options){ .net = e }));
    assert_true(isnan(gd_accuracy(e, e)));
    assert_int_equal(gd_history_steps(e), -1);
    assert_null(gd_history_losses(e));
    assert_int_equal(gd_history_evaluations(e), -1);
    assert_int_equal(gd_history_evaluation(e, 0).step, -1);
    assert_true(isnan(gd_history_evaluation(e, 0).test_accuracy));
    assert_true(isnan(gd_history_seconds(e)));
    assert_false(gd_history_save(e, "nowhere.csv"));
}

static void object_calls_refuse(void *e)
{
    tensor_calls_refuse(e);
    operations_refuse(e);
    layer_calls_refuse(e);
    data_calls_refuse(e);
    file_calls_refuse(e);
    training_calls_refuse(e);
}

static void a_context_that_could_not_be_had_stands_in(void **state)
{
    (void)state;
    gd_context *nowhere = open_nowhere(), before = gd__nowhere;
    assert_true(nowhere == &gd__nowhere);
    assert_true(gd_failed(nowhere));
    makers_refuse(nowhere);
    context_calls_do_nothing(nowhere);
    object_calls_refuse(gd_zeros(nowhere, GD_FLOAT32, gd_shape(2)));
    assert_memory_equal(&before, &gd__nowhere, sizeof before);
}

static void null_is_an_error_everywhere(void **state)
{
    (void)state;
    gd_context before = gd__nowhere;
    makers_refuse(NULL);
    context_calls_do_nothing(NULL);
    object_calls_refuse(NULL);
    assert_memory_equal(&before, &gd__nowhere, sizeof before);
}

static void error_objects_go_through_in_silence(void **state)
{
    (void)state;
    void *e = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    gd_clear(g);
    object_calls_refuse(e);
    assert_fine(g);
}

static void dead_objects_are_named_as_such(void **state)
{
    (void)state;
    void *e;
    {
        GD_SCOPE(g);
        e = gd_zeros(g, GD_FLOAT32, gd_shape(2));
    }
    assert_int_equal(gd_numel(e), -1);
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_DEAD);
    assert_string_equal(gd_first_error(g)->op, "gd_numel");
    assert_non_null(strstr(gd_first_error(g)->remedy, "gd_keep"));
    gd_clear(g);
    object_calls_refuse(e);
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_DEAD);
}

/* It makes a tensor of the number first, which must not take the dead one's place. */
static void a_dead_tensor_is_compared_with_no_number(void **state)
{
    (void)state;
    gd_tensor *t;
    {
        GD_SCOPE(g);
        t = gd_zeros(g, GD_FLOAT64, gd_shape());
    }
    assert_error_object(gd_ge_scalar(NULL, 2));
    assert_error_object(gd_ge_scalar(t, 2));
    assert_error(g, GD_ERROR_DEAD, "ge");
}

/* Calls that change something do nothing while an error stands. */
static void while_an_error_stands_nothing_changes(void **state)
{
    (void)state;
    double two = 2;
    gd_layer *net = gd_init(gd_linear(g, 1, 1));
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.5);
    gd_tensor *x = gd_ones(g, GD_FLOAT32, gd_shape(1, 1)), *W = gd_parameter(net, 0);
    gd_tensor *loss = gd_sum(gd_forward(net, x));
    assert_true(gd_backward(loss));
    double weight = gd_item(W);
    gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    assert_false(gd_step(sgd));
    assert_false(gd_write(x, GD_FLOAT64, &two, 1));
    assert_false(gd_set_learning_rate(sgd, 7));
    assert_false(gd_backward(gd_sum(gd_forward(net, x))));
    assert_false(gd_clear_grad(W));
    gd_zero_grad(net);
    gd_clear(g);
    assert_true(gd_item(W) == weight && gd_item(x) == 1 && gd_learning_rate(sgd) == 0.5);
    assert_true(gd_has_grad(W) && gd_item(gd_grad(W)) == 1);
    assert_true(gd_step(sgd));
    assert_true(gd_item(W) != weight);
}

/* ---- scopes ---- */

static void a_scope_takes_what_was_made_in_it(void **state)
{
    (void)state;
    size_t before = gd_memory_used(g).in_use;
    gd_scope scope = gd_scope_enter(g);
    gd_tensor *t = gd_neg(gd_ones(g, GD_FLOAT32, gd_shape(1000)));
    assert_true(gd_is_tensor(t));
    assert_true(gd_memory_used(g).in_use > before + 8000);
    gd_scope_leave(&scope);
    assert_int_equal(gd_memory_used(g).in_use, before);
    assert_true(isnan(gd_at(t, 0)));
    assert_error(g, GD_ERROR_DEAD, "after the scope");
    gd_scope_leave(&scope);
    gd_scope_leave(&scope);
    assert_true(gd_is_tensor(gd_ones(g, GD_FLOAT32, gd_shape(1))));
}

static gd_tensor *made_before_return(void)
{
    GD_SCOPE(g);
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(2));
    return t;
}

static void gd_scope_ends_at_break_continue_and_return(void **state)
{
    (void)state;
    gd_tensor *t = NULL;
    for (int i = 0; i < 3; i++) {
        GD_SCOPE(g);
        if (t)
            assert_false(gd_is_tensor(t));
        t = gd_ones(g, GD_FLOAT32, gd_shape(2));
        assert_int_equal(g->depth, 1);
        if (i < 2)
            continue;
        break;
    }
    assert_int_equal(g->depth, 0);
    assert_false(gd_is_tensor(t));
    assert_false(gd_is_tensor(made_before_return()));
    assert_int_equal(g->depth, 0);
}

static void scopes_nest_to_any_depth(void **state)
{
    (void)state;
    enum { DEPTH = 200 };
    gd_scope scope[DEPTH];
    gd_tensor *t[DEPTH];
    for (int i = 0; i < DEPTH; i++) {
        scope[i] = gd_scope_enter(g);
        t[i] = gd_ones(g, GD_FLOAT32, gd_shape(1));
    }
    for (int i = DEPTH - 1; i >= 0; i--) {
        assert_true(gd_is_tensor(t[i]));
        gd_scope_leave(&scope[i]);
        assert_false(gd_is_tensor(t[i]));
    }
    assert_int_equal(g->depth, 0);
    assert_fine(g);
}

static void leaving_a_mark_leaves_the_scopes_within(void **state)
{
    (void)state;
    gd_scope outer = gd_scope_enter(g);
    gd_tensor *a = gd_ones(g, GD_FLOAT32, gd_shape(2));
    gd_scope inner = gd_scope_enter(g), innermost = gd_scope_enter(g);
    gd_tensor *b = gd_ones(g, GD_FLOAT32, gd_shape(2));
    gd_scope_leave(&outer);
    assert_false(gd_is_tensor(a) || gd_is_tensor(b));
    gd_scope_leave(&innermost);
    gd_scope_leave(&inner);
    assert_int_equal(g->depth, 0);
}

static void kept_tensors_stay(void **state)
{
    (void)state;
    gd_tensor *t;
    {
        GD_SCOPE(g);
        {
            GD_SCOPE(g);
            t = gd_values(g, gd_shape(2), 3, 4);
            assert_true(gd_keep(t) == t);
            assert_true(gd_keep(t) == t); /* it lies outside already: once is enough */
        }
        assert_true(gd_at(t, 1) == 4);
        gd_keep(t);
    }
    assert_true(gd_at(t, 0) == 3);
    assert_true(gd_keep(t) == t); /* there is no scope outside */
    assert_fine(g);
}

/* A kept view keeps the numbers, though the tensor that it looks into goes. */
static void a_kept_view_keeps_the_numbers(void **state)
{
    (void)state;
    gd_tensor *view, *base;
    {
        GD_SCOPE(g);
        base = gd_values(g, gd_shape(2, 2), 1, 2, 3, 4);
        view = gd_keep(gd_t(base));
    }
    for (int i = 0; i < 20; i++)
        gd_full(g, GD_FLOAT32, gd_shape(2, 2), 9);
    assert_true(gd_at(view, 0, 1) == 3);
    assert_false(gd_is_tensor(base) && gd_at(base, 0, 0) == 1);
}

static void a_kept_leaf_takes_its_gradient_along(void **state)
{
    (void)state;
    gd_tensor *w;
    {
        GD_SCOPE(g);
        w = gd_require_grad(gd_values(g, gd_shape(2), 3, 4), true);
        {
            GD_SCOPE(g);
            assert_true(gd_backward(gd_sum(gd_square(w))));
        }
        assert_true(gd_at(gd_grad(w), 0) == 6);
        gd_keep(w);
    }
    assert_true(gd_at(gd_grad(w), 1) == 8);
}

/* ---- memory ---- */

static void train_step(gd_layer *net, gd_optimizer *sgd, gd_tensor *x, gd_tensor *t)
{
    gd_context *c = gd_context_of(x);
    GD_SCOPE(c);
    gd_zero_grad(net);
    gd_backward(gd_bce(gd_forward(net, x), t));
    gd_step(sgd);
}

static gd_layer *small_network(gd_context *c)
{
    return gd_sequential(c, gd_linear(c, 2, 8), gd_sigmoid_layer(c), gd_linear(c, 8, 1), gd_sigmoid_layer(c));
}

static void a_steady_loop_asks_for_nothing(void **state)
{
    (void)state;
    gd_layer *net = small_network(g);
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.5, .momentum = 0.9, .nesterov = true);
    gd_tensor *x = gd_values(g, gd_shape(4, 2), 0, 0, 0, 1, 1, 0, 1, 1),
              *t = gd_values(g, gd_shape(4, 1), 0, 1, 1, 0);
    for (int i = 0; i < 3; i++)
        train_step(net, sgd, x, t);
    gd_memory before = gd_memory_used(g);
    for (int i = 0; i < 1000; i++)
        train_step(net, sgd, x, t);
    gd_memory after = gd_memory_used(g);
    assert_fine(g);
    assert_int_equal(after.allocations, before.allocations);
    assert_int_equal(after.reserved, before.reserved);
    assert_int_equal(after.in_use, before.in_use);
    assert_int_equal(after.peak, before.peak);
}

static void memory_is_counted(void **state)
{
    (void)state;
    scarce memory = { .live = 0 };
    gd_context *c = gd_open_with(&(gd_config){ .allocator = { scarce_resize, &memory } });
    gd_scope scope = gd_scope_enter(c);
    gd_zeros(c, GD_FLOAT64, gd_shape(1000, 100));
    gd_memory full = gd_memory_used(c);
    assert_int_equal(full.reserved, memory.live);
    assert_true(full.in_use >= 800000 && full.in_use <= full.reserved && full.peak == full.in_use);
    gd_scope_leave(&scope);
    assert_true(gd_memory_used(c).in_use < 100000);
    assert_true(gd_memory_used(c).peak == full.peak);
    assert_int_equal(gd_memory_used(c).reserved, memory.live);
    gd_close(c);
}

/* Free blocks go back before memory is said to be out. */
typedef struct limited {
    size_t live, limit;
} limited;

static void *limited_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    limited *l = user;
    if (l->live - old_size + new_size > l->limit)
        return NULL;
    l->live = l->live - old_size + new_size;
    if (new_size > 0)
        return realloc(block, new_size);
    free(block);
    return NULL;
}

static void free_blocks_of_other_sizes_are_given_up_for_new_ones(void **state)
{
    (void)state;
    limited l = { 0, 4000000 };
    gd_context *c = gd_open_with(&(gd_config){ .allocator = { limited_resize, &l } });
    for (int64_t n = 100000; n < 440000; n += 30000) {
        GD_SCOPE(c);
        assert_true(gd_is_tensor(gd_zeros(c, GD_FLOAT64, gd_shape(n))));
        assert_int_equal(gd_memory_used(c).reserved, l.live);
    }
    assert_error_object(gd_zeros(c, GD_FLOAT64, gd_shape(600000)));
    assert_error(c, GD_ERROR_MEMORY, "bytes could not be had");
    assert_error_object(gd_zeros(c, GD_FLOAT64, gd_shape(INT64_MAX / 64)));
    assert_error(c, GD_ERROR_MEMORY, "gd_zeros");
    gd_close(c);
    assert_int_equal(l.live, 0);
}

/* An allocator that aligns to 8 bytes and no more still gives tensors aligned to 64. */
static void *misaligned_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    char *old = block ? (char *)block - 8 : NULL;
    if (new_size > 0) {
        char *grown = realloc(old, new_size + 8);
        return grown ? grown + 8 : NULL;
    }
    free(old);
    return NULL;
}

static void numbers_are_aligned_whatever_the_allocator(void **state)
{
    (void)state;
    gd_context *c = gd_open_with(&(gd_config){ .allocator = { misaligned_resize, NULL } });
    for (int64_t n = 1; n < 20000; n = 2 * n + 1)
        assert_int_equal((uintptr_t)gd_data(gd_zeros(c, GD_FLOAT32, gd_shape(n))) % 64, 0);
    gd_close(c);
}

static bool try_opening_scopes(gd_context *c, void *prepared)
{
    (void)prepared;
    for (int i = 0; i < 100; i++)
        gd_scope_enter(c);
    return !gd_failed(c) && c->depth == 100;
}

static void scopes_run_out_of_memory_cleanly(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, try_opening_scopes) > 0);
}

/* ---- several contexts ---- */

static void operands_of_different_contexts_are_the_first_ones_error(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *mine = gd_ones(g, GD_FLOAT32, gd_shape(2)), *others = gd_ones(other, GD_FLOAT32, gd_shape(2));
    assert_error_object(gd_add(mine, others));
    assert_error(g, GD_ERROR_CONTEXT, "belongs to another context");
    assert_fine(other);
    assert_error_object(gd_mul(others, mine));
    assert_error(other, GD_ERROR_CONTEXT, "mul");
    assert_fine(g);
    assert_error_object(gd_sequential(g, gd_relu_layer(g), gd_relu_layer(other)));
    assert_error(g, GD_ERROR_CONTEXT, "a layer belongs to another context");
    assert_error_object(gd_dataset_new(gd_reshape(mine, gd_shape(2, 1)), others));
    assert_error(g, GD_ERROR_CONTEXT, "belongs to another context");
    gd_close(other);
}

typedef struct run {
    pthread_t thread;
    gd_rng kind;
    double loss[300];
    bool failed;
} run;

static void *train_alone(void *argument)
{
    run *r = argument;
    gd_context *c = gd_open();
    gd_seed(c, r->kind, 7);
    gd_layer *net =
        gd_sequential(c, gd_linear(c, 40, 70), gd_sigmoid_layer(c), gd_linear(c, 70, 1), gd_sigmoid_layer(c));
    gd_optimizer *sgd = gd_sgd(net, .lr = 0.5);
    gd_tensor *x = gd_randn(c, GD_DEFAULT, gd_shape(30, 40)), *t = gd_rand(c, GD_DEFAULT, gd_shape(30, 1));
    for (int i = 0; i < 300; i++) {
        GD_SCOPE(c);
        train_step(net, sgd, x, t);
        r->loss[i] = gd_item(gd_bce(gd_forward(net, x), t));
        if (i % 50 == 0) /* errors of one context are none of the other's */
            gd_zeros(c, GD_FLOAT32, gd_shape(-1));
        gd_clear(c);
    }
    r->failed = gd_failed(c);
    gd_close(c);
    return NULL;
}

static void two_threads_with_two_contexts_never_meet(void **state)
{
    (void)state;
    static run alone[2], together[2];
    for (int i = 0; i < 2; i++) {
        alone[i].kind = together[i].kind = i == 0 ? GD_RNG_TORCH : GD_RNG_PHILOX;
        train_alone(&alone[i]);
    }
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&together[i].thread, NULL, train_alone, &together[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(together[i].thread, NULL);
        assert_false(alone[i].failed || together[i].failed);
        assert_memory_equal(alone[i].loss, together[i].loss, sizeof alone[i].loss);
    }
    assert_true(alone[0].loss[299] < alone[0].loss[0]);
    assert_true(alone[0].loss[0] != alone[1].loss[0]);
}

/* A mark that was left with the scope around it must not leave scopes that were entered since. */
static void a_left_mark_leaves_no_later_scope(void **state)
{
    (void)state;
    gd_scope outer = gd_scope_enter(g), inner = gd_scope_enter(g);
    gd_scope_leave(&outer);
    gd_scope_enter(g);
    gd_scope_enter(g);
    gd_tensor *t = gd_ones(g, GD_FLOAT32, gd_shape(2));
    gd_scope_leave(&inner);
    assert_true(gd_is_tensor(t));
    assert_int_equal(g->depth, 2);
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(opens_without_an_error),
        IN_CONTEXT(a_zero_configuration_is_the_default),
        IN_CONTEXT(the_version_is_that_of_the_header),
        IN_CONTEXT(an_unknown_instruction_set_is_an_error),
        IN_CONTEXT(closing_gives_everything_back),
        IN_CONTEXT(the_first_error_stays),
        IN_CONTEXT(the_callback_is_called_at_each_error),
        IN_CONTEXT(the_callback_may_clear_the_error),
        IN_CONTEXT(an_error_says_what_where_and_what_to_do),
        IN_CONTEXT(an_error_in_a_layer_names_it_from_the_outermost),
        IN_CONTEXT(long_texts_are_cut),
        IN_CONTEXT(every_status_has_a_name),
        IN_CONTEXT(a_context_that_could_not_be_had_stands_in),
        IN_CONTEXT(null_is_an_error_everywhere),
        IN_CONTEXT(error_objects_go_through_in_silence),
        IN_CONTEXT(dead_objects_are_named_as_such),
        IN_CONTEXT(while_an_error_stands_nothing_changes),
        IN_CONTEXT(a_scope_takes_what_was_made_in_it),
        IN_CONTEXT(gd_scope_ends_at_break_continue_and_return),
        IN_CONTEXT(scopes_nest_to_any_depth),
        IN_CONTEXT(leaving_a_mark_leaves_the_scopes_within),
        IN_CONTEXT(kept_tensors_stay),
        IN_CONTEXT(a_kept_view_keeps_the_numbers),
        IN_CONTEXT(a_kept_leaf_takes_its_gradient_along),
        IN_CONTEXT(a_steady_loop_asks_for_nothing),
        IN_CONTEXT(memory_is_counted),
        IN_CONTEXT(free_blocks_of_other_sizes_are_given_up_for_new_ones),
        IN_CONTEXT(numbers_are_aligned_whatever_the_allocator),
        IN_CONTEXT(scopes_run_out_of_memory_cleanly),
        IN_CONTEXT(operands_of_different_contexts_are_the_first_ones_error),
        cmocka_unit_test(two_threads_with_two_contexts_never_meet),
        IN_CONTEXT(a_left_mark_leaves_no_later_scope),
        IN_CONTEXT(a_dead_tensor_is_compared_with_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
