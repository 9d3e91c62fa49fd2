/* test_borrow.c - tensors over the caller's memory and over another context's: what they read and write, when the memory
 * is given back, who may not write. */
#include "../io/support.h"

#include <math.h>
#include <pthread.h>

#include "gradus/gradus.h"

#define assert_error_object(object) assert_true(gd__is_error(object))

static void count_release(void *user)
{
    ++*(int *)user;
}

static void assert_values(const gd_tensor *t, const double *values, size_t count)
{
    double got[64];
    assert_true(count <= 64);
    assert_true(gd_read(t, GD_FLOAT64, got, count));
    for (size_t i = 0; i < count; i++)
        if (got[i] != values[i])
            fail_msg("element %zu is %.17g, not %.17g", i, got[i], values[i]);
}

#define assert_reads(t, ...)                                                                                         \
    assert_values(t, (const double[]){ __VA_ARGS__ }, sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double))

/* ---- the caller's memory ---- */

static void memory_is_used_where_it_lies(void **state)
{
    (void)state;
    float memory[6] = { 0, 1, 2, 3, 4, 5 };
    gd_tensor *t = gd_borrow(g, GD_DEFAULT, gd_shape(2, 3), NULL, memory, NULL, NULL);
    assert_int_equal(gd_dtype_of(t), GD_FLOAT32);
    assert_shape(t, gd_shape(2, 3));
    assert_true(gd_is_contiguous(t));
    assert_true(gd_data(t) == memory);
    assert_reads(t, 0, 1, 2, 3, 4, 5);
    memory[4] = 9;
    assert_true(gd_at(t, 1, 1) == 9);
    assert_true(gd_write(gd_t(t), GD_FLOAT32, (const float[]){ 1, 2, 3, 4, 5, 6 }, 6));
    assert_true(memory[1] == 3 && memory[3] == 2 && memory[5] == 6);
    assert_fine(g);
}

static void every_dtype_can_be_borrowed(void **state)
{
    (void)state;
    double wide[2] = { 0.5, -1 };
    int64_t whole[2] = { INT64_MAX, -1 };
    uint8_t bytes[2] = { 255, 1 };
    bool flags[2] = { true, false };
    int64_t back[2];
    assert_reads(gd_borrow(g, GD_FLOAT64, gd_shape(2), NULL, wide, NULL, NULL), 0.5, -1);
    assert_reads(gd_borrow(g, GD_UINT8, gd_shape(2), NULL, bytes, NULL, NULL), 255, 1);
    assert_reads(gd_borrow(g, GD_BOOL, gd_shape(2), NULL, flags, NULL, NULL), 1, 0);
    assert_true(gd_read(gd_borrow(g, GD_INT64, gd_shape(2), NULL, whole, NULL, NULL), GD_INT64, back, 2));
    assert_memory_equal(back, whole, sizeof back);
    assert_true(gd_item(gd_borrow(g, GD_FLOAT64, gd_shape(), NULL, wide, NULL, NULL)) == 0.5);
    assert_fine(g);
}

static void strides_are_the_callers(void **state)
{
    (void)state;
    double memory[12];
    for (int i = 0; i < 12; i++)
        memory[i] = i;
    gd_tensor *columns = gd_borrow(g, GD_FLOAT64, gd_shape(3, 4), (const int64_t[]){ 1, 3 }, memory, NULL, NULL);
    assert_false(gd_is_contiguous(columns));
    assert_int_equal(gd_stride(columns, 0), 1);
    assert_int_equal(gd_stride(columns, -1), 3);
    assert_reads(columns, 0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11);
    assert_reads(gd_sum(columns, gd_axes(1)), 18, 22, 26);
    gd_tensor *padded = gd_borrow(g, GD_FLOAT64, gd_shape(3, 2), (const int64_t[]){ 4, 1 }, memory + 1, NULL, NULL);
    assert_reads(padded, 1, 2, 5, 6, 9, 10);
    assert_true(gd_write(padded, GD_FLOAT64, (const double[]){ -1, -2, -3, -4, -5, -6 }, 6));
    assert_true(memory[0] == 0 && memory[1] == -1 && memory[3] == 3 && memory[10] == -6 && memory[11] == 11);
    gd_tensor *rows = gd_borrow(g, GD_FLOAT64, gd_shape(2, 2), (const int64_t[]){ 2, 1 }, memory, NULL, NULL);
    assert_true(gd_is_contiguous(rows));
    assert_fine(g);
}

/* A sliding window: PyTorch's as_strided reads so, too. */
static void elements_may_lie_in_one_place(void **state)
{
    (void)state;
    float memory[4] = { 1, 2, 3, 4 };
    assert_reads(gd_borrow(g, GD_FLOAT32, gd_shape(3, 2), (const int64_t[]){ 1, 1 }, memory, NULL, NULL), 1, 2, 2, 3,
                 3, 4);
    gd_tensor *same = gd_borrow(g, GD_FLOAT32, gd_shape(3), (const int64_t[]){ 0 }, memory, NULL, NULL);
    assert_reads(same, 1, 1, 1);
    assert_false(gd_write(same, GD_FLOAT32, memory, 3));
    assert_error(g, GD_ERROR_STATE, "are one in memory");
}

static void empty_tensors_need_no_memory(void **state)
{
    (void)state;
    int released = 0;
    {
        GD_SCOPE(g);
        gd_tensor *t = gd_borrow(g, GD_FLOAT32, gd_shape(2, 0), (const int64_t[]){ INT64_MAX, -7 }, NULL,
                                 count_release, &released);
        assert_int_equal(gd_numel(t), 0);
        assert_true(gd_is_contiguous(t));
        assert_non_null(gd_data(t));
        assert_true(gd_item(gd_sum(t)) == 0);
        assert_int_equal(gd_numel(gd_borrow_const(g, GD_BOOL, gd_shape(0), NULL, NULL, NULL, NULL)), 0);
        assert_int_equal(released, 0);
    }
    assert_int_equal(released, 1);
    assert_fine(g);
}

/* Aligned to its elements is enough, for every kernel. */
static void memory_need_not_be_aligned_further(void **state)
{
    (void)state;
    float memory[101];
    double wide[101];
    for (int i = 0; i < 101; i++)
        wide[i] = (double)(memory[i] = (float)((i * 37) % 101) / 101 - 0.5f);
    for (gd_dtype dtype = GD_FLOAT32; dtype <= GD_FLOAT64; dtype++) {
        void *odd = dtype == GD_FLOAT32 ? (void *)(memory + 1) : (void *)(wide + 1);
        gd_tensor *x = gd_borrow(g, dtype, gd_shape(10, 10), NULL, odd, NULL, NULL);
        gd_tensor *y = gd_from_memory(g, dtype, gd_shape(10, 10), odd);
        assert_true(gd_equal(gd_matmul(x, x), gd_matmul(y, y)));
        assert_true(gd_equal(gd_sum(x, gd_axes(0)), gd_sum(y, gd_axes(0))));
        assert_true(gd_equal(gd_exp(x), gd_exp(y)));
        assert_true(gd_equal(gd_softmax(x, 1), gd_softmax(y, 1)));
        assert_true(gd_equal(gd_add(x, gd_t(x)), gd_add(y, gd_t(y))));
        assert_true(gd_equal(gd_cast(x, GD_INT64), gd_cast(y, GD_INT64)));
    }
    assert_fine(g);
}

/* ---- when it is given back ---- */

static void memory_is_given_back_once(void **state)
{
    (void)state;
    float memory[4] = { 1, 2, 3, 4 };
    int released = 0;
    {
        GD_SCOPE(g);
        gd_tensor *t = gd_borrow(g, GD_FLOAT32, gd_shape(4), NULL, memory, count_release, &released);
        gd_reshape(t, gd_shape(2, 2));
        gd_detach(t);
        assert_int_equal(released, 0);
    }
    assert_int_equal(released, 1);
}

static void views_keep_memory(void **state)
{
    (void)state;
    float memory[4] = { 1, 2, 3, 4 };
    int released = 0;
    {
        GD_SCOPE(g);
        gd_tensor *view;
        {
            GD_SCOPE(g);
            gd_tensor *t = gd_borrow_const(g, GD_FLOAT32, gd_shape(4), NULL, memory, count_release, &released);
            view = gd_keep(gd_reshape(t, gd_shape(2, 2)));
        }
        assert_int_equal(released, 0);
        assert_true(gd_at(view, 1, 0) == 3);
    }
    assert_int_equal(released, 1);
}

static void a_kept_tensor_keeps_memory(void **state)
{
    (void)state;
    float memory[4] = { 1, 2, 3, 4 };
    int released = 0;
    gd_tensor *kept;
    {
        GD_SCOPE(g);
        kept = gd_keep(gd_borrow(g, GD_FLOAT32, gd_shape(4), NULL, memory, count_release, &released));
    }
    assert_int_equal(released, 0);
    assert_reads(kept, 1, 2, 3, 4);
    gd_close(g);
    assert_int_equal(released, 1);
    g = gd_open();
}

static void a_clone_has_memory_of_its_own(void **state)
{
    (void)state;
    float memory[2] = { 1, 2 };
    int released = 0;
    gd_tensor *clone;
    {
        GD_SCOPE(g);
        clone =
            gd_keep(gd_clone(gd_borrow_const(g, GD_FLOAT32, gd_shape(2), NULL, memory, count_release, &released)));
    }
    assert_int_equal(released, 1);
    memory[0] = 7;
    assert_true(gd_write(clone, GD_FLOAT32, (const float[]){ 5, 6 }, 2));
    assert_reads(clone, 5, 6);
    assert_true(memory[0] == 7);
}

/* ---- what can not be borrowed stays the caller's ---- */

typedef struct loan {
    gd_dtype dtype;
    gd_dims shape;
    const int64_t *strides;
    size_t offset; /* of the memory, in bytes; SIZE_MAX: NULL */
    gd_status status;
} loan;

static void check_refused(const loan *l)
{
    static _Alignas(64) char memory[64];
    int released = 0;
    void *at = l->offset == SIZE_MAX ? NULL : memory + l->offset;
    assert_error_object(gd_borrow(g, l->dtype, l->shape, l->strides, at, count_release, &released));
    assert_error(g, l->status, "gd_borrow: ");
    assert_error_object(gd_borrow_const(g, l->dtype, l->shape, l->strides, at, count_release, &released));
    assert_error(g, l->status, "gd_borrow_const: ");
    assert_int_equal(released, 0);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    const loan loans[] = {
        { GD_FLOAT32, gd_shape(2), NULL, SIZE_MAX, GD_ERROR_NULL },
        { GD_FLOAT32, gd_shape(2), NULL, 1, GD_ERROR_VALUE },
        { GD_FLOAT32, gd_shape(2), NULL, 2, GD_ERROR_VALUE },
        { GD_FLOAT64, gd_shape(2), NULL, 4, GD_ERROR_VALUE },
        { GD_INT64, gd_shape(2), NULL, 4, GD_ERROR_VALUE },
        { (gd_dtype)6, gd_shape(2), NULL, 0, GD_ERROR_DTYPE },
        { (gd_dtype)-1, gd_shape(2), NULL, 0, GD_ERROR_DTYPE },
        { GD_FLOAT32, gd_shape(-2), NULL, 0, GD_ERROR_SHAPE },
        { GD_FLOAT32, gd_shape(2, -2), (const int64_t[]){ 1, 1 }, 0, GD_ERROR_SHAPE },
        { GD_FLOAT32, gd_shape(1, 1, 1, 1, 1, 1, 1, 1, 1), (const int64_t[]){ 1 }, 0, GD_ERROR_SHAPE },
        { GD_FLOAT32, { .count = INT32_MAX }, (const int64_t[]){ 1 }, 0, GD_ERROR_SHAPE },
        { GD_FLOAT32, gd_shape(INT64_MAX), NULL, 0, GD_ERROR_SHAPE },
        { GD_FLOAT32, gd_shape(2), (const int64_t[]){ -1 }, 0, GD_ERROR_VALUE },
        { GD_UINT8, gd_shape(3, 3), (const int64_t[]){ 1, INT64_MAX }, 0, GD_ERROR_VALUE },
        { GD_UINT8, gd_shape(2, 2), (const int64_t[]){ INT64_MAX, INT64_MAX }, 0, GD_ERROR_VALUE },
        { GD_FLOAT64, gd_shape(2), (const int64_t[]){ INT64_MAX / 8 }, 0, GD_ERROR_VALUE },
    };
    for (size_t i = 0; i < sizeof loans / sizeof *loans; i++)
        check_refused(&loans[i]);
    assert_error_object(gd_borrow(NULL, GD_FLOAT32, gd_shape(2), NULL, (float[2]){ 0 }, NULL, NULL));
    assert_error_object(gd_borrow_const(NULL, GD_FLOAT32, gd_shape(2), NULL, (float[2]){ 0 }, NULL, NULL));
}

static int scarce_released;

static bool borrow_and_share(gd_context *own, void *prepared)
{
    static float memory[4];
    (void)prepared;
    gd_tensor *t = gd_borrow(own, GD_FLOAT32, gd_shape(2, 2), NULL, memory, count_release, &scarce_released);
    bool lent = gd_is_tensor(t);
    bool good =
        lent && gd_is_tensor(gd_share(own, t)) && gd_is_tensor(gd_assign(gd_select(t, 0, 1), gd_select(t, 0, 0)));
    scarce_released -= lent; /* what is to be released when the context closes */
    return good;
}

static void scarce_memory_is_an_error(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(NULL, borrow_and_share) > 0);
    assert_int_equal(scarce_released, 0);
}

/* ---- learning in the caller's memory ---- */

static void borrowed_weights_learn_in_place(void **state)
{
    (void)state;
    float W[2] = { 1, 2 }, b[1] = { 0 };
    gd_layer *layer = gd_affine(gd_borrow(g, GD_FLOAT32, gd_shape(2, 1), NULL, W, NULL, NULL),
                                gd_borrow(g, GD_FLOAT32, gd_shape(1), NULL, b, NULL, NULL));
    gd_tensor *loss = gd_sum(gd_forward(layer, gd_values(g, gd_shape(1, 2), 3, 5)));
    assert_true(gd_backward(loss));
    assert_true(gd_step(gd_sgd(layer, .lr = 0.5)));
    assert_fine(g);
    assert_true(W[0] == -0.5f && W[1] == -0.5f && b[0] == -0.5f);
}

/* ---- read-only ---- */

static void refuse_writes(gd_tensor *t)
{
    float row[4] = { 9, 9, 9, 9 };
    gd_sgd_rule rule = { .lr = 1 };
    assert_false(gd_write(t, GD_FLOAT32, row, 4));
    assert_error(g, GD_ERROR_STATE, "gd_write: ");
    assert_error_object(gd_assign(t, gd_ones(g, GD_FLOAT32, gd_shape())));
    assert_error(g, GD_ERROR_STATE, "assign: ");
    assert_error_object(gd_fill(t, 3));
    assert_error(g, GD_ERROR_STATE, "is read-only: its memory belongs to another");
    assert_error_object(gd_sgd_update(t, gd_ones(g, GD_FLOAT32, gd_sizes(t)), NULL, rule));
    assert_error(g, GD_ERROR_STATE, "sgd_update: ");
    assert_error_object(
        gd_sgd_update(gd_ones(g, GD_FLOAT32, gd_sizes(t)), gd_ones(g, GD_FLOAT32, gd_sizes(t)), t, rule));
    assert_error(g, GD_ERROR_STATE, "sgd_update: ");
}

static void const_memory_is_never_written(void **state)
{
    (void)state;
    static const float memory[4] = { 1, 2, 3, 4 }; /* a write would be a fault of the processor */
    gd_tensor *t = gd_borrow_const(g, GD_FLOAT32, gd_shape(4), NULL, memory, NULL, NULL);
    refuse_writes(t);
    refuse_writes(gd_reshape(t, gd_shape(2, 2)));
    refuse_writes(gd_detach(t));
    assert_reads(t, 1, 2, 3, 4);
    assert_true(gd_is_tensor(gd_sgd_update(gd_ones(g, GD_FLOAT32, gd_shape(4)), t, NULL, (gd_sgd_rule){ .lr = 1 })));
    assert_false(gd_write(gd_borrow_const(g, GD_FLOAT32, gd_shape(0), NULL, NULL, NULL, NULL), GD_FLOAT32, NULL, 0));
    assert_error(g, GD_ERROR_STATE, "gd_write");
}

/* A step changes all parameters or none. */
static void read_only_weights_have_gradients_but_do_not_learn(void **state)
{
    (void)state;
    static const float b[1] = { 0 };
    float W[2] = { 1, 2 };
    gd_layer *layer = gd_affine(gd_borrow(g, GD_FLOAT32, gd_shape(2, 1), NULL, W, NULL, NULL),
                                gd_borrow_const(g, GD_FLOAT32, gd_shape(1), NULL, b, NULL, NULL));
    gd_optimizer *sgd = gd_sgd(layer, .lr = 0.5);
    assert_true(gd_backward(gd_sum(gd_forward(layer, gd_values(g, gd_shape(1, 2), 3, 5)))));
    assert_reads(gd_layer_grad(layer, "b"), 1);
    assert_fine(g);
    assert_false(gd_step(sgd));
    assert_error(g, GD_ERROR_STATE, "is read-only");
    assert_true(W[0] == 1 && W[1] == 2);
    gd_zero_grad(layer);
    gd_require_grad(gd_parameter(layer, 1), false);
    assert_true(gd_backward(gd_sum(gd_forward(layer, gd_values(g, gd_shape(1, 2), 3, 5)))));
    assert_true(gd_step(sgd));
    assert_true(W[0] == -0.5f && W[1] == -0.5f);
}

static void loading_into_read_only_weights_changes_none(void **state)
{
    (void)state;
    static const float b[1] = { 4 };
    float W[2] = { 1, 2 };
    const char *path = in_folder("net.npz");
    assert_true(
        gd_save(gd_affine(gd_ones(g, GD_FLOAT32, gd_shape(2, 1)), gd_ones(g, GD_FLOAT32, gd_shape(1))), path));
    gd_layer *layer = gd_affine(gd_borrow(g, GD_FLOAT32, gd_shape(2, 1), NULL, W, NULL, NULL),
                                gd_borrow_const(g, GD_FLOAT32, gd_shape(1), NULL, b, NULL, NULL));
    assert_fine(g);
    assert_false(gd_load(layer, path));
    assert_error(g, GD_ERROR_STATE, "gd_load");
    assert_true(W[0] == 1 && W[1] == 2);
}

/* ---- one tensor in several contexts ---- */

static void a_shared_tensor_is_the_same_memory(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *t = gd_require_grad(gd_values(g, gd_shape(2, 3), 0, 1, 2, 3, 4, 5), true), *turned = gd_t(t);
    gd_tensor *shared = gd_share(other, t), *seen = gd_share(other, turned);
    assert_true(gd_context_of(shared) == other);
    assert_true(gd_data(shared) == gd_data(t));
    assert_reads(shared, 0, 1, 2, 3, 4, 5);
    assert_reads(seen, 0, 3, 1, 4, 2, 5);
    assert_int_equal(gd_stride(seen, 0), 1);
    assert_true(gd_is_leaf(shared) && !gd_requires_grad(shared) && !gd_has_grad(shared));
    gd_sum(gd_mul(gd_require_grad(shared, true), gd_share(other, shared)));
    assert_true(gd_backward(gd_sum(gd_square(shared))));
    assert_reads(gd_grad(shared), 0, 2, 4, 6, 8, 10);
    assert_false(gd_has_grad(t));
    assert_false(gd_write(shared, GD_FLOAT32, (const float[6]){ 0 }, 6));
    assert_error(other, GD_ERROR_STATE, "read-only");
    assert_true(gd_write(t, GD_FLOAT32, (const float[6]){ 7 }, 6));
    assert_true(gd_at(shared, 0, 0) == 7);
    gd_close(other);
    assert_true(gd_at(t, 0, 0) == 7);
    assert_fine(g);
}

static void what_is_no_tensor_can_not_be_shared(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *dead, *wrong = gd_zeros(g, GD_FLOAT32, gd_shape(-1));
    gd_clear(g);
    {
        GD_SCOPE(g);
        dead = gd_ones(g, GD_FLOAT32, gd_shape(2));
    }
    assert_error_object(gd_share(other, NULL));
    assert_error(other, GD_ERROR_NULL, "gd_share");
    assert_error_object(gd_share(other, dead));
    assert_error(other, GD_ERROR_DEAD, "gd_share");
    assert_error_object(gd_share(other, wrong));
    assert_error(other, GD_ERROR_CONTEXT, "gd_share");
    assert_error_object(gd_share(g, wrong));
    assert_error_object(gd_share(NULL, gd_ones(g, GD_FLOAT32, gd_shape(2))));
    assert_fine(g);
    gd_close(other);
}

enum { THREADS = 4, PASSES = 40, ROWS = 33, IN = 21, HIDDEN = 45, OUT = 10 };

/* The weights of a network: W1 (in, hidden), b1, W2 (hidden, out), b2. */
typedef struct reader {
    pthread_t thread;
    gd_tensor *const *weights; /* of another thread's context */
    float out[ROWS * OUT];
    bool good;
} reader;

static gd_tensor *forward(gd_context *c, gd_tensor *const *w)
{
    gd_tensor *x = gd_reshape(gd_div_scalar(gd_arange(c, GD_FLOAT32, ROWS * IN), 100), gd_shape(ROWS, IN));
    gd_tensor *hidden = gd_relu(gd_add(gd_matmul(gd_sin(x), w[0]), w[1]));
    return gd_softmax(gd_add(gd_matmul(hidden, w[2]), w[3]), 1);
}

static void *read_weights(void *argument)
{
    reader *r = argument;
    gd_context *c = gd_open();
    gd_tensor *mine[4];
    float again[ROWS * OUT];
    for (int i = 0; i < 4; i++)
        mine[i] = gd_share(c, r->weights[i]);
    r->good = gd_read(forward(c, mine), GD_FLOAT32, r->out, ROWS * OUT);
    for (int pass = 0; pass < PASSES; pass++) {
        GD_SCOPE(c);
        r->good = r->good && gd_read(forward(c, mine), GD_FLOAT32, again, ROWS * OUT) &&
                  memcmp(again, r->out, sizeof again) == 0;
    }
    r->good = r->good && !gd_failed(c);
    gd_close(c);
    return NULL;
}

/* Meanwhile their own context uses them too, and differentiates. */
static void threads_read_the_weights_of_one_network(void **state)
{
    (void)state;
    static reader readers[THREADS];
    float expected[ROWS * OUT];
    gd_tensor *weights[] = { gd_randn(g, GD_FLOAT32, gd_shape(IN, HIDDEN)), gd_randn(g, GD_FLOAT32, gd_shape(HIDDEN)),
                             gd_randn(g, GD_FLOAT32, gd_shape(HIDDEN, OUT)), gd_randn(g, GD_FLOAT32, gd_shape(OUT)) };
    for (int i = 0; i < 4; i++)
        gd_require_grad(weights[i], true);
    assert_true(gd_read(forward(g, weights), GD_FLOAT32, expected, ROWS * OUT));
    for (int i = 0; i < THREADS; i++) {
        readers[i].weights = weights;
        assert_int_equal(pthread_create(&readers[i].thread, NULL, read_weights, &readers[i]), 0);
    }
    for (int pass = 0; pass < PASSES; pass++) {
        GD_SCOPE(g);
        assert_true(gd_backward(gd_sum(gd_square(forward(g, weights)))));
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(readers[i].thread, NULL);
        assert_true(readers[i].good);
        assert_memory_equal(readers[i].out, expected, sizeof expected);
    }
    assert_fine(g);
}

/* ---- asking ---- */

static void strides_are_told(void **state)
{
    (void)state;
    gd_tensor *t = gd_zeros(g, GD_FLOAT32, gd_shape(2, 3, 4)), *turned = gd_transpose(t, 0, 2);
    assert_int_equal(gd_stride(t, 0), 12);
    assert_int_equal(gd_stride(t, 1), 4);
    assert_int_equal(gd_stride(t, -1), 1);
    assert_int_equal(gd_stride(turned, 0), 1);
    assert_true(gd_is_contiguous(t) && !gd_is_contiguous(turned));
    assert_int_equal(gd_stride(gd_expand(gd_ones(g, GD_FLOAT32, gd_shape(1)), gd_shape(3)), 0), 0);
    assert_fine(g);
    assert_int_equal(gd_stride(t, 3), -1);
    assert_error(g, GD_ERROR_INDEX, "gd_stride");
    assert_int_equal(gd_stride(NULL, 0), -1);
    assert_false(gd_is_contiguous(NULL));
    assert_false(gd_is_contiguous(gd_zeros(g, GD_FLOAT32, gd_shape(-1))));
}

#define IN_CONTEXT(test) cmocka_unit_test_setup_teardown(test, open_context, close_context)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(memory_is_used_where_it_lies),
        IN_CONTEXT(every_dtype_can_be_borrowed),
        IN_CONTEXT(strides_are_the_callers),
        IN_CONTEXT(elements_may_lie_in_one_place),
        IN_CONTEXT(empty_tensors_need_no_memory),
        IN_CONTEXT(memory_need_not_be_aligned_further),
        IN_CONTEXT(memory_is_given_back_once),
        IN_CONTEXT(views_keep_memory),
        IN_CONTEXT(a_kept_tensor_keeps_memory),
        IN_CONTEXT(a_clone_has_memory_of_its_own),
        IN_CONTEXT(what_does_not_fit_is_refused),
        cmocka_unit_test(scarce_memory_is_an_error),
        IN_CONTEXT(borrowed_weights_learn_in_place),
        IN_CONTEXT(const_memory_is_never_written),
        IN_CONTEXT(read_only_weights_have_gradients_but_do_not_learn),
        IN_CONTEXT(loading_into_read_only_weights_changes_none),
        IN_CONTEXT(a_shared_tensor_is_the_same_memory),
        IN_CONTEXT(what_is_no_tensor_can_not_be_shared),
        IN_CONTEXT(threads_read_the_weights_of_one_network),
        IN_CONTEXT(strides_are_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
