/* test_operations.c - operations of the user's own: in operations and in plain C, with what they may do wrong. */
#include "support.h"

#include "autograd/tape.h"

/* ---- y = x^3, in operations ---- */

static gd_tensor *cube_forward(gd_operation_call *c)
{
    return gd_mul(gd_mul(c->x.item[0], c->x.item[0]), c->x.item[0]);
}

static bool cube_backward(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = gd_mul(c->dy, gd_mul_scalar(gd_mul(c->x.item[0], c->x.item[0]), 3));
    return true;
}

/* ---- the same in plain C ---- */

static gd_tensor *c_cube_forward(gd_operation_call *c)
{
    const double *x = gd_data(c->x.item[0]);
    double y[3];
    for (int i = 0; i < 3; i++)
        y[i] = x[i] * x[i] * x[i];
    return gd_from_memory(c->context, GD_FLOAT64, gd_sizes(c->x.item[0]), y);
}

static bool c_cube_backward(gd_operation_call *c, gd_tensor **dx)
{
    const double *x = gd_data(c->x.item[0]), *dy = gd_data(c->dy);
    double slope[3];
    dx[0] = gd_zeros_like(c->x.item[0]);
    for (int i = 0; i < 3; i++)
        slope[i] = 3 * x[i] * x[i] * dy[i];
    return gd_write(dx[0], GD_FLOAT64, slope, 3);
}

static gd_operation *cube(void)
{
    return gd_define(g, "cube", cube_forward, cube_backward);
}

static gd_operation *c_cube(void)
{
    return gd_define(g, "c_cube", c_cube_forward, c_cube_backward, .once = true);
}

static void an_operation_written_in_operations(void **state)
{
    (void)state;
    char name[] = "cube", text[32];
    gd_operation *op = gd_define(g, name, cube_forward, cube_backward);
    gd_tensor *w = leaf(1, 2, -3);
    memcpy(name, "????", 4); /* the name was copied */
    gd_tensor *y = gd_apply(op, w);
    assert_reads(y, 1, 8, -27);
    assert_true(gd_requires_grad(y) && !gd_is_leaf(y));
    gd_grad_fn(y, text, sizeof text);
    assert_string_equal(text, "CubeBackward0");
    assert_true(gd_backward(gd_sum(gd_mul(y, w)))); /* x^4 */
    assert_reads(gd_grad(w), 4, 32, -108);
    assert_false(gd_requires_grad(gd_apply(op, three(1, 2, 3))));
    assert_fine(g);
}

static void it_can_be_differentiated_again(void **state)
{
    (void)state;
    gd_operation *op = cube();
    gd_tensor *w = leaf(1, 2, -3), *v = leaf(1, 1, 1), *y = gd_apply(op, gd_mul(w, v)), *d[4];
    assert_true(gd_gradient(gd_sum(y), NULL, 1, &w, &d[0], true));
    assert_true(gd_gradient(gd_sum(d[0]), NULL, 1, &w, &d[1], true));
    assert_true(gd_gradient(gd_sum(d[1]), NULL, 2, (gd_tensor *[]){ w, v }, &d[2], false));
    assert_reads(d[0], 3, 12, 27);
    assert_reads(d[1], 6, 12, -18);
    assert_reads(d[2], 6, 6, 6);
    assert_reads(d[3], 18, 36, -54); /* d/dv of 6 w v^3 */
    assert_true(gd_backward(gd_sum(d[1])));
    assert_reads(gd_grad(w), 6, 6, 6);
    assert_fine(g);
}

static void an_operation_written_in_c(void **state)
{
    (void)state;
    gd_operation *op = c_cube();
    gd_tensor *w = leaf(1, 2, -3), *y = gd_apply(op, gd_mul_scalar(w, 2)), *dx;
    assert_reads(y, 8, 64, -216);
    assert_true(gd_gradient(y, three(1, 10, 100), 1, &w, &dx, false));
    assert_reads(dx, 24, 960, 21600);
    assert_true(gd_backward(gd_sum(y), .retain = true));
    assert_reads(gd_grad(w), 24, 96, 216);
    assert_false(gd_gradient(gd_sum(y), NULL, 1, &w, &dx, true));
    assert_error(g, GD_ERROR_STATE,
                 "c_cube: float64 (3,) was made by an operation whose derivative can't be differentiated again");
    assert_error_object(dx);
    assert_true(gd_backward(gd_sum(y)));
    assert_reads(gd_grad(w), 48, 192, 432);
}

/* A column of a matrix, and a gradient that is one number in memory: gd_data reads both. */
static void plain_c_meets_no_views(void **state)
{
    (void)state;
    gd_tensor *w = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(3, 2), 1, 9, 2, 9, -3, 9), true);
    gd_tensor *column = gd_select(w, 1, 0), *y = gd_apply(c_cube(), column), *dx;
    assert_reads(y, 1, 8, -27);
    assert_true(gd_gradient(y, gd_expand(gd_scalar(g, GD_FLOAT64, 2), gd_shape(3)), 1, &column, &dx, false));
    assert_reads(dx, 6, 24, 54);
    assert_true(gd_backward(gd_sum(y)));
    assert_reads(gd_grad(w), 3, 0, 12, 0, 27, 0);
    assert_fine(g);
}

/* ---- operands ---- */

/* y = 1 x_1 + 2 x_2 + ... */
static gd_tensor *weigh_forward(gd_operation_call *c)
{
    gd_tensor *y = c->x.item[0];
    for (int i = 1; i < c->x.count; i++)
        y = gd_add(y, gd_mul_scalar(c->x.item[i], i + 1));
    return y;
}

static bool weigh_backward(gd_operation_call *c, gd_tensor **dx)
{
    for (int i = 0; i < c->x.count; i++)
        dx[i] = gd_mul_scalar(c->dy, i + 1); /* the ones that are not wanted too: they are not looked at */
    return true;
}

static void any_number_of_operands(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "weigh", weigh_forward, weigh_backward);
    static const int counts[] = { 1, 2, 4, 5, 6, 20 };
    for (size_t n = 0; n < sizeof counts / sizeof *counts; n++) {
        gd_tensor *x[20];
        int count = counts[n];
        double sum = 0;
        for (int i = 0; i < count; i++) {
            x[i] = gd_require_grad(three(i, i, i), i % 2 == 0);
            sum += i * (i + 1);
        }
        gd_tensor *y = gd_apply_to(op, (gd_tensors){ count, x });
        assert_reads(y, sum, sum, sum);
        for (int i = 0; i < count; i++)
            if (i % 2 == 1)
                gd_require_grad(x[i], true); /* too late */
        assert_true(gd_backward(y, three(1, 2, 3)));
        for (int i = 0; i < count; i++)
            if (i % 2 == 0)
                assert_reads(gd_grad(x[i]), i + 1, 2 * (i + 1), 3 * (i + 1));
            else
                assert_false(gd_has_grad(x[i]));
        assert_fine(g);
    }
}

static void one_operand_many_times(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "weigh", weigh_forward, weigh_backward);
    gd_tensor *w = leaf(1, 2, 3);
    assert_true(gd_backward(gd_sum(gd_apply(op, w, w, w, w, w, w))));
    assert_reads(gd_grad(w), 21, 21, 21);
}

/* Whichever of the operands, or the result, was written to since. */
static void a_write_over_any_operand_is_found(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "weigh", weigh_forward, weigh_backward);
    for (int count = 3; count <= 20; count += 17)
        for (int written = 0; written <= count; written++) {
            gd_tensor *x[21];
            for (int i = 0; i < count; i++)
                x[i] = leaf(i, i, i);
            x[count] = gd_apply_to(op, (gd_tensors){ count, x });
            gd_tensor *y = x[count];
            assert_true(gd_write(x[written], GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
            assert_false(gd_backward(gd_sum(y)));
            assert_error(g, GD_ERROR_STATE,
                         "the derivative of weigh needs the value of float64 (3,), which gd_write has");
        }
}

static void long_records_give_their_memory_back(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "weigh", weigh_forward, weigh_backward);
    gd_tensor *x[20];
    for (int i = 0; i < 20; i++)
        x[i] = leaf(i, i, i);
    size_t before = 0;
    for (int step = 0; step < 3; step++) {
        GD_SCOPE(g);
        for (int k = 0; k < 100; k++)
            gd_apply_to(op, (gd_tensors){ 20, x });
        if (step == 0)
            before = gd_memory_used(g).in_use;
        assert_int_equal(gd_memory_used(g).in_use, before);
    }
}

/* y[k] = x[index[k]] */
static gd_tensor *pick_forward(gd_operation_call *c)
{
    const double *x = gd_data(c->x.item[0]);
    const int64_t *index = gd_data(c->x.item[1]);
    double y[4];
    for (int k = 0; k < 4; k++)
        y[k] = x[index[k]];
    return gd_from_memory(c->context, GD_FLOAT64, gd_shape(4), y);
}

static bool pick_backward(gd_operation_call *c, gd_tensor **dx)
{
    const int64_t *index = gd_data(c->x.item[1]);
    const double *dy = gd_data(c->dy);
    double sum[3] = { 0 };
    assert_true(c->wanted[0] && !c->wanted[1]);
    for (int k = 0; k < 4; k++)
        sum[index[k]] += dy[k];
    dx[0] = gd_from_memory(c->context, GD_FLOAT64, gd_shape(3), sum);
    return true;
}

static void an_integer_operand_has_no_gradient(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "pick", pick_forward, pick_backward, .once = true);
    gd_tensor *w = leaf(1, 2, 3), *index = gd_from_memory(g, GD_INT64, gd_shape(4), (int64_t[]){ 2, 0, 2, 2 });
    gd_tensor *y = gd_apply(op, w, index);
    assert_reads(y, 3, 1, 3, 3);
    assert_true(gd_backward(gd_sum(gd_mul(y, y))));
    assert_reads(gd_grad(w), 2, 0, 18);
    assert_fine(g);
}

/* ---- what backward is told ---- */

static bool only_second_backward(gd_operation_call *c, gd_tensor **dx)
{
    assert_true(!c->wanted[0] && c->wanted[1]);
    assert_int_equal(c->x.count, 2);
    assert_true(c->y && c->dy && gd_ndim(c->y) == 1 && c->context == g);
    assert_int_equal(gd_dtype_of(c->dy), gd_dtype_of(c->y));
    *(int *)c->user += 1;
    dx[0] = gd_scalar(c->context, GD_INT64, 7); /* of no meaning, where none is wanted */
    dx[1] = gd_mul_scalar(c->dy, 2);
    return true;
}

static void backward_is_told_what_is_wanted(void **state)
{
    (void)state;
    int calls = 0;
    gd_operation *op = gd_define(g, "weigh", weigh_forward, only_second_backward, .user = &calls);
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *dx;
    gd_tensor *y = gd_apply(op, w, v);
    assert_true(gd_gradient(gd_sum(y), NULL, 1, &v, &dx, false)); /* w requires one too, but is not asked */
    assert_reads(dx, 2, 2, 2);
    assert_true(gd_backward(gd_sum(gd_apply(op, three(1, 2, 3), v))));
    assert_reads(gd_grad(v), 2, 2, 2);
    assert_int_equal(calls, 2);
}

static bool recording(void)
{
    bool on = gd_set_recording(g, true);
    gd_set_recording(g, on);
    return on;
}

static gd_tensor *quiet_forward(gd_operation_call *c)
{
    assert_false(recording());
    assert_false(gd_requires_grad(gd_mul(c->x.item[0], c->x.item[0])));
    gd_set_recording(g, true); /* and it does not mind what it leaves behind */
    gd_scope_enter(g);
    return gd_require_grad(gd_keep(gd_mul(c->x.item[0], c->x.item[0])), true);
}

static bool recorded_backward(gd_operation_call *c, gd_tensor **dx)
{
    assert_true(recording() == *(bool *)c->user);
    dx[0] = gd_mul(c->dy, gd_mul_scalar(c->x.item[0], 2));
    return true;
}

static void forward_is_quiet_and_backward_as_asked(void **state)
{
    (void)state;
    bool recorded = false;
    gd_operation *op = gd_define(g, "square", quiet_forward, recorded_backward, .user = &recorded);
    gd_tensor *w = leaf(1, 2, 3), *dx, *y = gd_apply(op, w);
    int depth = g->depth;
    assert_true(recording());
    assert_int_equal(y->object.depth, depth);
    assert_true(gd_backward(gd_sum(y), .retain = true));
    assert_true(gd_gradient(gd_sum(y), NULL, 1, &w, &dx, false));
    recorded = true;
    assert_true(gd_gradient(gd_sum(y), NULL, 1, &w, &dx, true));
    assert_reads(dx, 2, 4, 6);
    {
        GD_NO_GRAD(g);
        assert_false(gd_requires_grad(gd_apply(op, w)));
        assert_false(recording());
    }
    assert_true(gd_is_leaf(gd_apply(op, three(1, 2, 3)))); /* though forward made it require a gradient */
    assert_int_equal(g->depth, depth);
    assert_fine(g);
}

static void an_operation_without_backward_has_no_derivative(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "cube", cube_forward);
    gd_tensor *w = leaf(1, 2, 3), *y = gd_apply(op, w);
    assert_reads(y, 1, 8, 27);
    assert_false(gd_requires_grad(y));
    assert_true(gd_backward(gd_sum(gd_mul(y, w))));
    assert_reads(gd_grad(w), 1, 8, 27);
}

/* ---- saved ---- */

/* Saves e^x twice, and what the user points to; the rest stays empty. */
static gd_tensor *saving_forward(gd_operation_call *c)
{
    gd_tensor *e = gd_exp(c->x.item[0]);
    c->saved[0] = e;
    c->saved[3] = c->user;
    c->saved[GD_MAX_SAVED - 1] = gd_neg(e);
    return gd_mul_scalar(e, 2);
}

static bool saving_backward(gd_operation_call *c, gd_tensor **dx)
{
    assert_true(c->saved[0] && c->saved[GD_MAX_SAVED - 1] && !c->saved[1] && !c->saved[2] && !c->saved[4]);
    assert_true((c->saved[3] != NULL) == (c->user != NULL));
    assert_int_equal(c->x.count, 1);
    dx[0] = gd_mul(c->dy, gd_sub(c->saved[0], c->saved[GD_MAX_SAVED - 1]));
    return true;
}

static void what_was_saved_is_found_again(void **state)
{
    (void)state;
    for (int with_user = 0; with_user <= 1; with_user++) {
        gd_tensor *w = leaf(0, 1, 2), *more = gd_neg(w);
        gd_operation *op =
            gd_define(g, "double_exp", saving_forward, saving_backward, .user = with_user ? more : NULL);
        gd_tensor *y = gd_apply(op, w), *dx;
        for (int i = 0; i < 20; i++)
            gd_ones(g, GD_FLOAT64, gd_shape(3)); /* nothing that was saved lies in freed memory */
        assert_true(gd_backward(gd_sum(y), .retain = true));
        assert_reads(gd_grad(w), 2, 2 * exp(1), 2 * exp(2));
        assert_false(gd_gradient(gd_sum(y), NULL, 1, &w, &dx, true));
        assert_error(g, GD_ERROR_STATE,
                     "can't be differentiated again. Write its backward in operations on dy, x and y");
    }
}

/* The saved tensor is the caller's own: it is looked at, and neither copied nor moved. */
static void a_write_over_what_was_saved_is_found(void **state)
{
    (void)state;
    gd_tensor *w = leaf(0, 1, 2), *more = three(1, 2, 3);
    gd_operation *op = gd_define(g, "double_exp", saving_forward, saving_backward, .user = more);
    gd_tensor *y = gd_apply(op, w);
    assert_true(gd_write(more, GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_STATE,
                 "the derivative of double_exp needs the value of float64 (3,), which gd_write has");
    assert_false(gd_has_grad(w));
}

static gd_tensor *operand_saving_forward(gd_operation_call *c)
{
    c->saved[0] = c->x.item[0];
    return gd_square(c->x.item[0]);
}

static bool operand_saving_backward(gd_operation_call *c, gd_tensor **dx)
{
    assert_false(gd_requires_grad(c->saved[0]));
    assert_true(gd_data(c->saved[0]) == gd_data(c->x.item[0]));
    dx[0] = gd_mul_scalar(gd_mul(c->dy, c->saved[0]), 2);
    return true;
}

/* What was saved may be of an outer scope, or a leaf: it stays where and what it is. */
static void a_saved_operand_stays_what_it_is(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3);
    {
        GD_SCOPE(g);
        gd_operation *op = gd_define(g, "square", operand_saving_forward, operand_saving_backward);
        gd_tensor *y = gd_apply(op, w);
        assert_int_equal(gd__tape_at(g, y->record)->count, 2);
        assert_true(gd_backward(gd_sum(y)));
    }
    assert_true(gd_is_tensor(w) && gd_requires_grad(w));
    assert_reads(gd_grad(w), 2, 4, 6);
    assert_fine(g);
}

static void nothing_is_saved_where_nothing_is_recorded(void **state)
{
    (void)state;
    gd_operation *saving = gd_define(g, "double_exp", saving_forward, saving_backward);
    gd_operation *plain = gd_define(g, "cube", cube_forward, cube_backward);
    gd_tensor *x = three(1, 2, 3);
    size_t start = gd_memory_used(g).in_use;
    gd_apply(plain, x);
    size_t result = gd_memory_used(g).in_use - start;
    gd_apply(saving, x);
    assert_int_equal(gd_memory_used(g).in_use - start, 2 * result);
    assert_fine(g);
}

static void what_can_not_be_saved(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    gd_tensor *w = leaf(1, 2, 3);
    gd_operation *foreign =
        gd_define(g, "double_exp", saving_forward, saving_backward, .user = gd_ones(other, GD_FLOAT64, gd_shape(3)));
    gd_operation *failed = gd_define(g, "double_exp", saving_forward, saving_backward, .user = cleared_error());
    assert_error_object(gd_apply(foreign, w));
    gd_close(other);
    assert_error(g, GD_ERROR_CONTEXT, "double_exp: what its forward saved belongs to another context");
    assert_error_object(gd_apply(failed, w));
    assert_fine(g);
}

/* ---- what forward returns ---- */

static gd_tensor *return_operand(gd_operation_call *c)
{
    return c->x.item[0];
}

static gd_tensor *return_view(gd_operation_call *c)
{
    return gd_reshape(c->x.item[0], gd_shape(3, 1));
}

static gd_tensor *return_user(gd_operation_call *c)
{
    return c->user;
}

static gd_tensor *return_dead(gd_operation_call *c)
{
    (void)c;
    return dead_tensor();
}

static gd_tensor *return_error(gd_operation_call *c)
{
    return gd_reshape(c->x.item[0], gd_shape(7));
}

/* Fails in words, and returns a good tensor all the same. */
static gd_tensor *return_in_spite(gd_operation_call *c)
{
    return_error(c);
    return gd_neg(c->x.item[0]);
}

/* dx = dy in the operand's shape. */
static bool pass_on(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = gd_reshape(c->dy, gd_sizes(c->x.item[0]));
    return true;
}

static void an_operand_that_is_returned_is_copied(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "identity", return_operand, pass_on);
    gd_tensor *w = leaf(1, 2, 3), *y = gd_apply(op, w);
    assert_true(y != w && y->storage != w->storage);
    assert_true(gd_is_leaf(w) && !gd_is_leaf(y));
    assert_true(gd_write(y, GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    assert_reads(w, 1, 2, 3);
    assert_true(gd_backward(gd_sum(gd_apply(op, gd_apply(op, w)))));
    assert_reads(gd_grad(w), 1, 1, 1);
    gd_operation *constant = gd_define(g, "constant", return_user, pass_on, .user = w);
    gd_tensor *v = leaf(4, 5, 6), *z = gd_apply(constant, v);
    assert_true(z != w && z->storage != w->storage);
    assert_reads(z, 1, 2, 3);
    assert_true(gd_backward(gd_sum(z)));
    assert_reads(gd_grad(v), 1, 1, 1);
    assert_reads(gd_grad(w), 1, 1, 1);
    assert_fine(g);
}

/* As torch.autograd.Function does: it shares the operand's numbers, and a write to one is a write to the other. */
static void a_view_that_is_returned_stays_one(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "column", return_view, pass_on);
    gd_tensor *w = leaf(1, 2, 3), *y = gd_apply(op, w);
    assert_shape(y, gd_shape(3, 1));
    assert_true(gd_data(y) == gd_data(w));
    assert_true(gd_backward(gd_sum(gd_mul(y, y)), .retain = true));
    assert_reads(gd_grad(w), 2, 4, 6);
    assert_true(gd_write(w, GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    assert_reads(y, 0, 0, 0);
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_STATE, "the derivative of column needs the value");
}

static void assert_refused(gd_tensor *(*forward)(gd_operation_call *), void *user, gd_status status, const char *part)
{
    gd_operation *op = gd_define(g, "bad", forward, pass_on, user);
    gd_tensor *w = leaf(1, 2, 3);
    uint32_t length = g->tape_length;
    int depth = g->depth;
    assert_error_object(gd_apply(op, w));
    assert_int_equal(g->tape_length, length);
    assert_int_equal(g->depth, depth);
    assert_true(recording());
    assert_error(g, status, part);
}

static void what_is_no_result_is_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    assert_refused(return_user, NULL, GD_ERROR_NULL, "bad: the result of its forward is NULL");
    assert_refused(return_user, gd_ones(other, GD_FLOAT64, gd_shape(3)), GD_ERROR_CONTEXT,
                   "bad: the result of its forward belongs");
    gd_close(other);
    assert_refused(return_dead, NULL, GD_ERROR_DEAD, "bad: the result of its forward was used after");
    assert_refused(return_error, NULL, GD_ERROR_SHAPE, "reshape");
    assert_refused(return_in_spite, NULL, GD_ERROR_SHAPE, "reshape");
    assert_refused(return_user, cleared_error(), GD_OK, "");
}

/* ---- what backward sets ---- */

static bool set_user(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = c->user;
    return true;
}

static bool set_nothing(gd_operation_call *c, gd_tensor **dx)
{
    (void)c;
    (void)dx;
    return true;
}

static bool set_dead(gd_operation_call *c, gd_tensor **dx)
{
    (void)c;
    dx[0] = dead_tensor();
    return true;
}

static bool just_fail(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = c->dy;
    return false;
}

static bool fail_in_words(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = gd_reshape(c->dy, gd_shape(7));
    return false;
}

static bool fail_in_spite(gd_operation_call *c, gd_tensor **dx)
{
    gd_reshape(c->dy, gd_shape(7));
    dx[0] = c->dy;
    return true;
}

static void assert_no_gradient(bool (*backward)(gd_operation_call *, gd_tensor **), void *user, gd_status status,
                               const char *part)
{
    gd_operation *op = gd_define(g, "bad", cube_forward, backward, user);
    gd_tensor *w = gd_name(leaf(1, 2, 3), "w"), *v = leaf(1, 1, 1), *loss = gd_sum(gd_add(v, gd_apply(op, w))), *dx;
    assert_false(gd_backward(loss));
    assert_error(g, status, part);
    assert_false(gd_has_grad(w) || gd_has_grad(v));
    assert_false(gd_gradient(loss, NULL, 1, &w, &dx, true));
    assert_error(g, status, part);
    assert_error_object(dx);
    assert_null(w->cotangent);
    assert_string_equal(g->running ? g->running : "", "");
}

static void what_is_no_gradient_is_refused(void **state)
{
    (void)state;
    gd_context *other = gd_open();
    assert_no_gradient(
        set_user, gd_ones(g, GD_FLOAT64, gd_shape(3, 1)), GD_ERROR_SHAPE,
        "bad: a gradient that its backward set is float64 (3, 1), not of the shape of 'w' float64 (3,)");
    assert_no_gradient(set_user, gd_ones(g, GD_FLOAT64, gd_shape()), GD_ERROR_SHAPE, "float64 (), not of the shape");
    assert_no_gradient(set_user, gd_ones(g, GD_FLOAT32, gd_shape(3)), GD_ERROR_DTYPE,
                       "float32 (3,), not of the dtype of 'w'");
    assert_no_gradient(set_user, gd_ones(other, GD_FLOAT64, gd_shape(3)), GD_ERROR_CONTEXT,
                       "a gradient that its backward set");
    gd_close(other);
    assert_no_gradient(set_user, cleared_error(), GD_OK, "");
    assert_no_gradient(set_dead, NULL, GD_ERROR_DEAD, "a gradient that its backward set was used after");
    assert_no_gradient(just_fail, NULL, GD_ERROR_VALUE, "bad: its backward returned false");
    assert_no_gradient(fail_in_words, NULL, GD_ERROR_SHAPE, "reshape");
    assert_no_gradient(fail_in_spite, NULL, GD_ERROR_SHAPE, "reshape");
}

static void nothing_stands_for_zeros(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "stop", cube_forward, set_nothing);
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(1, 1, 1), *loss = gd_sum(gd_add(v, gd_apply(op, w))), *dx;
    assert_true(gd_gradient(loss, NULL, 1, &w, &dx, false));
    assert_reads(dx, 0, 0, 0);
    assert_true(gd_backward(loss));
    assert_false(gd_has_grad(w)); /* as PyTorch's None */
    assert_reads(gd_grad(v), 1, 1, 1);
    assert_fine(g);
}

/* dy itself to both operands, as the sum does. */
static bool both_backward(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = dx[1] = c->dy;
    return true;
}

static void gradients_from_one_tensor_are_not_shared(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "both", weigh_forward, both_backward);
    gd_tensor *w = leaf(1, 2, 3), *v = leaf(4, 5, 6), *y = gd_retain_grad(gd_apply(op, w, v));
    assert_true(gd_backward(gd_sum(gd_neg(y))));
    assert_true(gd_write(gd_grad(w), GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    assert_true(gd_write(gd_grad(y), GD_FLOAT64, (double[]){ 5, 5, 5 }, 3));
    assert_reads(gd_grad(v), -1, -1, -1);
    assert_reads(gd_grad(w), 0, 0, 0);
    gd_tensor *given = three(7, 8, 9), *x = leaf(0, 0, 0);
    gd_operation *fixed = gd_define(g, "fixed", cube_forward, set_user, given);
    assert_true(gd_backward(gd_sum(gd_apply(fixed, x))));
    assert_true(gd_write(gd_grad(x), GD_FLOAT64, (double[]){ 0, 0, 0 }, 3));
    assert_reads(given, 7, 8, 9);
    assert_fine(g);
}

/* dy itself, which a gradient was asked from on the way. */
static bool asking_backward(gd_operation_call *c, gd_tensor **dx)
{
    gd_tensor *x = c->x.item[0], *other;
    bool before = gd_set_recording(c->context, true);
    gd_tensor *y = gd_neg(x);
    gd_set_recording(c->context, before);
    dx[0] = c->dy;
    return gd_gradient(y, c->dy, 1, &x, &other, false);
}

static void a_gradient_that_was_asked_from_is_not_shared(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "asking", cube_forward, asking_backward);
    gd_tensor *w = leaf(1, 2, 3), *y = gd_retain_grad(gd_apply(op, w));
    assert_true(gd_backward(gd_sum(gd_neg(y))));
    assert_true(gd_write(gd_grad(y), GD_FLOAT64, (double[]){ 5, 5, 5 }, 3));
    assert_reads(gd_grad(w), -1, -1, -1);
    assert_fine(g);
}

static bool strided_backward(gd_operation_call *c, gd_tensor **dx)
{
    dx[0] = gd_expand(gd_sum(c->dy), gd_sizes(c->x.item[0])); /* one number in memory */
    return true;
}

/* The only look at a storage, and not in row-major order. */
static bool turned_backward(gd_operation_call *c, gd_tensor **dx)
{
    GD_SCOPE(c->context);
    dx[0] = gd_keep(gd_t(gd_neg(c->dy)));
    return true;
}

static gd_tensor *turned_forward(gd_operation_call *c)
{
    return gd_t(gd_neg(c->x.item[0]));
}

static void a_gradient_may_be_a_turned_view(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "turn", turned_forward, turned_backward);
    gd_tensor *w = gd_require_grad(gd_values_as(g, GD_FLOAT64, gd_shape(2, 3), 1, 2, 3, 4, 5, 6), true);
    gd_tensor *y = gd_apply(op, w), *dy = gd_values_as(g, GD_FLOAT64, gd_shape(3, 2), 1, 2, 3, 4, 5, 6);
    assert_reads(y, -1, -4, -2, -5, -3, -6);
    assert_true(gd_backward(y, dy, .retain = true));
    assert_true(gd_grad(w)->contiguous);
    assert_reads(gd_grad(w), -1, -3, -5, -2, -4, -6);
    assert_true(gd_backward(y, dy));
    assert_reads(gd_grad(w), -2, -6, -10, -4, -8, -12);
    assert_fine(g);
}

static void a_gradient_may_be_a_view(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "spread", cube_forward, strided_backward);
    gd_tensor *w = leaf(1, 2, 3), *dx;
    assert_true(gd_backward(gd_sum(gd_apply(op, w)), .retain = true));
    assert_true(gd_write(gd_grad(w), GD_FLOAT64, (double[]){ 1, 2, 3 }, 3));
    assert_reads(gd_grad(w), 1, 2, 3);
    assert_true(gd_gradient(gd_sum(gd_apply(op, gd_neg(w))), NULL, 1, &w, &dx, false));
    assert_reads(dx, -3, -3, -3);
}

/* ---- the scope around them ---- */

static gd_tensor *leaving_forward(gd_operation_call *c)
{
    gd_scope_leave(c->user);
    return gd_neg(c->x.item[0]);
}

static bool leaving_backward(gd_operation_call *c, gd_tensor **dx)
{
    gd_scope inner = gd_scope_enter(c->context), copy = inner; /* its own it may leave */
    gd_scope_leave(&inner);
    gd_scope_leave(&copy);
    assert_false(gd_failed(c->context));
    gd_scope_leave(c->user);
    dx[0] = gd_neg(c->dy);
    return true;
}

static void the_scope_around_an_operation_can_not_be_left(void **state)
{
    (void)state;
    gd_scope scope = gd_scope_enter(g);
    gd_tensor *w = leaf(1, 2, 3);
    int depth = g->depth;
    assert_error_object(gd_apply(gd_define(g, "leaving", leaving_forward, NULL, &scope), w));
    assert_error(g, GD_ERROR_STATE, "gd_scope_leave: a hook, an operation or a layer runs within this scope");
    assert_false(gd_backward(gd_sum(gd_apply(gd_define(g, "leaving", cube_forward, leaving_backward, &scope), w))));
    assert_error(g, GD_ERROR_STATE, "gd_scope_leave: a hook, an operation or a layer runs within this scope");
    assert_int_equal(g->depth, depth);
    assert_reads(w, 1, 2, 3);
    gd_scope_leave(&scope);
    assert_int_equal(g->depth, depth - 1);
    assert_fine(g);
}

/* ---- in a layer ---- */

/* The layer's operation is what `user` points to. */
static gd_tensor *operation_in_layer(void *user, gd_layer *self, gd_tensor *x)
{
    (void)self;
    return gd_apply(*(gd_operation **)user, x);
}

static gd_tensor *whole_numbers_in_layer(void *user, gd_layer *self, gd_tensor *x)
{
    (void)user;
    (void)self;
    return gd_add(gd_cast(gd_cast(x, GD_INT64), GD_FLOAT64), gd_mul_scalar(x, 2));
}

static void an_operation_in_a_layer(void **state)
{
    (void)state;
    gd_operation *op = cube();
    gd_layer *layer = gd_custom(g, "layer of cubes", operation_in_layer, .user = &op);
    gd_tensor *x = three(1, 2, -3), *dy = three(1, 10, 100);
    gd_tensor *y = gd_forward(layer, x);
    assert_false(gd_requires_grad(y));
    assert_reads(gd_layer_backward(layer, dy), 3, 120, 2700);
    gd_tensor *w = leaf(1, 2, 3);
    assert_true(gd_backward(gd_sum(gd_forward(layer, gd_mul(w, w))))); /* and in a whole backward */
    assert_reads(gd_grad(w), 6, 192, 6 * 243);
    op = gd_define(g, "double_exp", saving_forward, saving_backward);
    gd_forward(layer, x);
    assert_reads(gd_layer_backward(layer, dy), 2 * exp(1), 20 * exp(2), 200 * exp(-3));
    op = gd_define(g, "bad", return_user, pass_on);
    assert_error_object(gd_forward(layer, x));
    assert_error(g, GD_ERROR_NULL, "[in layer layer of cubes]");
}

/* No gradient flows through integers, though a layer records what requires none. */
static void a_layer_with_integers_within(void **state)
{
    (void)state;
    gd_layer *layer = gd_custom(g, "whole", whole_numbers_in_layer);
    assert_reads(gd_forward(layer, three(1.5, 2.5, 3.5)), 4, 7, 10);
    assert_reads(gd_layer_backward(layer, three(1, 1, 1)), 2, 2, 2);
    assert_fine(g);
}

/* ---- gradients asked for within a backward ---- */

/* Computed again in the backward instead of remembered. */
static gd_tensor *block(gd_tensor *x, gd_tensor *w)
{
    return gd_sin(gd_mul(gd_mul(x, w), x));
}

static gd_tensor *again_forward(gd_operation_call *c)
{
    return block(c->x.item[0], c->x.item[1]);
}

static bool again_backward(gd_operation_call *c, gd_tensor **dx)
{
    bool before = gd_set_recording(c->context, true);
    gd_tensor *x = gd_require_grad(gd_detach(c->x.item[0]), true),
              *w = gd_require_grad(gd_detach(c->x.item[1]), true);
    gd_tensor *y = block(x, w);
    gd_set_recording(c->context, before);
    return gd_gradient(y, c->dy, 2, (gd_tensor *[]){ x, w }, dx, false);
}

/* The same with the operands themselves, which the walk around it is on the way to. */
static bool entangled_backward(gd_operation_call *c, gd_tensor **dx)
{
    bool before = gd_set_recording(c->context, true);
    gd_tensor *y = block(c->x.item[0], c->x.item[1]);
    gd_set_recording(c->context, before);
    return gd_gradient(y, c->dy, 2, c->x.item, dx, false);
}

static void a_backward_may_run_the_forward_again(void **state)
{
    (void)state;
    bool (*ways[])(gd_operation_call *, gd_tensor **) = { again_backward, entangled_backward };
    for (int way = 0; way < 2; way++) {
        gd_operation *op = gd_define(g, "again", again_forward, ways[way], .once = true);
        gd_tensor *w = leaf(0.1, 0.2, 0.3), *x = leaf(1, 2, 3), *dx[2], *wanted[2];
        gd_tensor *plain = gd_sum(gd_mul(block(way == 0 ? block(x, w) : x, w), w));
        assert_true(gd_gradient(plain, NULL, 2, (gd_tensor *[]){ w, x }, wanted, false));
        double of_w[3], of_x[3];
        gd_read(wanted[0], GD_FLOAT64, of_w, 3);
        gd_read(wanted[1], GD_FLOAT64, of_x, 3);
        gd_tensor *loss = gd_sum(gd_mul(gd_apply(op, way == 0 ? gd_apply(op, x, w) : x, w), w));
        assert_true(gd_gradient(loss, NULL, 2, (gd_tensor *[]){ w, x }, dx, false));
        assert_values(dx[0], of_w, 3);
        assert_values(dx[1], of_x, 3);
        assert_true(gd_backward(loss));
        assert_values(gd_grad(w), of_w, 3);
        assert_values(gd_grad(x), of_x, 3);
        assert_fine(g);
    }
}

/* ---- operations within operations ---- */

static gd_tensor *sixth_power_forward(gd_operation_call *c)
{
    return gd_square(gd_apply(c->user, c->x.item[0]));
}

static bool sixth_power_backward(gd_operation_call *c, gd_tensor **dx)
{
    gd_tensor *x = c->x.item[0];
    dx[0] = gd_mul(c->dy, gd_mul_scalar(gd_mul(gd_apply(c->user, x), gd_square(x)), 6));
    return true;
}

static void an_operation_may_use_another(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "sixth_power", sixth_power_forward, sixth_power_backward, .user = cube());
    gd_tensor *w = leaf(1, 2, -1), *y = gd_apply(op, w), *d[2];
    assert_reads(y, 1, 64, 1);
    assert_true(gd_gradient(gd_sum(y), NULL, 1, &w, &d[0], true));
    assert_true(gd_gradient(gd_sum(d[0]), NULL, 1, &w, &d[1], false));
    assert_reads(d[0], 6, 192, -6);
    assert_reads(d[1], 30, 480, 30);
    assert_fine(g);
}

/* ---- lifetimes ---- */

static void an_operation_lives_in_its_scope(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, 3), *y;
    gd_operation *op;
    {
        GD_SCOPE(g);
        op = cube();
        y = gd_keep(gd_apply(op, w));
        assert_true(gd_backward(gd_sum(gd_apply(op, w))));
    }
    assert_error_object(gd_apply(op, w));
    assert_error(g, GD_ERROR_DEAD, "gd_apply: the operation was used after the scope");
    assert_reads(y, 1, 8, 27);
    assert_reads(gd_grad(w), 3, 12, 27);
    char text[32];
    gd_grad_fn(y, text, sizeof text);
    assert_string_equal(text, "");
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_STATE, "was kept, but the records");
}

static void count_release(void *user)
{
    ++*(int *)user;
}

static void what_it_was_given_is_given_back(void **state)
{
    (void)state;
    int released = 0;
    {
        GD_SCOPE(g);
        gd_operation *op =
            gd_define(g, "cube", cube_forward, cube_backward, .user = &released, .release = count_release);
        gd_apply(op, leaf(1, 2, 3));
        assert_int_equal(released, 0);
    }
    assert_int_equal(released, 1);
    assert_error_object(gd_define(g, NULL, cube_forward, .user = &released, .release = count_release));
    assert_error(g, GD_ERROR_NULL, "gd_define");
    assert_error_object(gd_define(NULL, "cube", cube_forward, .user = &released, .release = count_release));
    assert_int_equal(released, 3);
}

static void what_forward_makes_besides_goes_again(void **state)
{
    (void)state;
    gd_operation *op = cube();
    gd_tensor *x = three(1, 2, 3);
    size_t start = gd_memory_used(g).in_use;
    gd_neg(x);
    size_t one = gd_memory_used(g).in_use - start;
    gd_apply(op, x);
    assert_int_equal(gd_memory_used(g).in_use - start, 2 * one);
}

/* ---- bad arguments ---- */

static gd_tensor *never_forward(gd_operation_call *c)
{
    (void)c;
    fail_msg("forward was called");
    return NULL;
}

static void bad_arguments_of_define(void **state)
{
    (void)state;
    assert_error_object(gd_define(NULL, "cube", cube_forward));
    assert_fine(g);
    assert_error_object(gd_define(g, NULL, cube_forward));
    assert_error(g, GD_ERROR_NULL, "gd_define: the name or the forward is NULL");
    assert_error_object(gd_define(g, "cube"));
    assert_error(g, GD_ERROR_NULL, "gd_define: the name or the forward is NULL");
    assert_error_object(gd_define_with((gd_operation_options){ .context = g }));
    assert_error(g, GD_ERROR_NULL, "gd_define");
    char long_name[400] = { 0 };
    memset(long_name, 'x', sizeof long_name - 1);
    gd_tensor *w = leaf(1, 2, 3), *y = gd_apply(gd_define(g, long_name, cube_forward, just_fail), w);
    char text[32];
    assert_true(gd_grad_fn(y, text, sizeof text) > 0);
    assert_false(gd_backward(gd_sum(y)));
    assert_error(g, GD_ERROR_VALUE, "xxxxxxxxx: its backward returned false");
}

static void bad_arguments_of_apply(void **state)
{
    (void)state;
    gd_operation *op = gd_define(g, "never", never_forward, cube_backward);
    gd_tensor *w = leaf(1, 2, 3);
    assert_error_object(gd_apply(NULL, w)); /* the operand can say where it belongs */
    assert_error(g, GD_ERROR_NULL, "gd_apply: the operation is NULL");
    assert_error_object(gd_apply(NULL, NULL));
    assert_error_object(gd_apply((gd_operation *)cleared_error(), w));
    assert_fine(g);
    assert_error_object(gd_apply_to(op, (gd_tensors){ 0, &w }));
    assert_error(g, GD_ERROR_NULL, "never: there are no operands");
    assert_error_object(gd_apply_to(op, (gd_tensors){ -1, &w }));
    assert_error(g, GD_ERROR_NULL, "never: there are no operands");
    assert_error_object(gd_apply_to(op, (gd_tensors){ 2, NULL }));
    assert_error(g, GD_ERROR_NULL, "never: there are no operands");
    assert_error_object(gd_apply(op, w, NULL));
    assert_error(g, GD_ERROR_NULL, "never: an operand is NULL");
    assert_error_object(gd_apply(op, w, dead_tensor()));
    assert_error(g, GD_ERROR_DEAD, "never: an operand was used after");
    assert_error_object(gd_apply(op, cleared_error(), w));
    assert_fine(g);
    gd_context *other = gd_open();
    gd_tensor *theirs = gd_ones(other, GD_FLOAT64, gd_shape(3));
    assert_error_object(gd_apply(op, theirs));
    assert_error_object(gd_apply(op, w, theirs));
    gd_close(other);
    assert_error(g, GD_ERROR_CONTEXT, "never: an operand belongs to another context");
    gd_zeros(g, GD_FLOAT64, gd_shape(-1));
    assert_error_object(gd_apply(op, w)); /* while an error stands */
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
}

static bool never_backward(gd_operation_call *c, gd_tensor **dx)
{
    (void)c;
    (void)dx;
    fail_msg("backward was called");
    return false;
}

/* What it writes in plain C would not be written. */
static void while_an_error_stands_no_backward_is_called(void **state)
{
    (void)state;
    gd_tensor *w = leaf(1, 2, -3), *y = gd_apply(gd_define(g, "cube", cube_forward, never_backward), w), *dx;
    gd_zeros(g, GD_FLOAT64, gd_shape(-1));
    assert_false(gd_gradient(y, w, 1, &w, &dx, false));
    assert_error_object(dx);
    assert_error(g, GD_ERROR_SHAPE, "gd_zeros");
}

/* ---- out of memory ---- */

static void *prepare_leaf(gd_context *own)
{
    return gd_require_grad(gd_ones(own, GD_FLOAT64, gd_shape(3)), true);
}

static bool try_operations(gd_context *own, void *prepared)
{
    gd_tensor *w = prepared, *x[20], *dx;
    for (int i = 0; i < 20; i++)
        x[i] = w;
    gd_scope scope = gd_scope_enter(own);
    gd_operation *weigh = gd_define(own, "weigh", weigh_forward, weigh_backward);
    gd_operation *saving = gd_define(own, "double_exp", saving_forward, saving_backward);
    gd_operation *again = gd_define(own, "again", again_forward, again_backward);
    gd_tensor *y = gd_apply(saving, gd_apply_to(weigh, (gd_tensors){ 20, x }));
    bool good = gd_backward(gd_sum(gd_apply(again, gd_apply(saving, w), w)));
    assert_true(gd_has_grad(w) == good);
    good = gd_gradient(gd_sum(y), NULL, 1, &w, &dx, false) && good;
    assert_true(gd_is_tensor(dx) || gd_failed(own));
    gd_scope_leave(&scope);
    return good;
}

static void out_of_memory_in_operations(void **state)
{
    (void)state;
    assert_true(until_memory_suffices(prepare_leaf, try_operations) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_CONTEXT(an_operation_written_in_operations),
        IN_CONTEXT(it_can_be_differentiated_again),
        IN_CONTEXT(an_operation_written_in_c),
        IN_CONTEXT(plain_c_meets_no_views),
        IN_CONTEXT(any_number_of_operands),
        IN_CONTEXT(one_operand_many_times),
        IN_CONTEXT(a_write_over_any_operand_is_found),
        IN_CONTEXT(long_records_give_their_memory_back),
        IN_CONTEXT(an_integer_operand_has_no_gradient),
        IN_CONTEXT(backward_is_told_what_is_wanted),
        IN_CONTEXT(forward_is_quiet_and_backward_as_asked),
        IN_CONTEXT(an_operation_without_backward_has_no_derivative),
        IN_CONTEXT(what_was_saved_is_found_again),
        IN_CONTEXT(a_write_over_what_was_saved_is_found),
        IN_CONTEXT(a_saved_operand_stays_what_it_is),
        IN_CONTEXT(nothing_is_saved_where_nothing_is_recorded),
        IN_CONTEXT(what_can_not_be_saved),
        IN_CONTEXT(an_operand_that_is_returned_is_copied),
        IN_CONTEXT(a_view_that_is_returned_stays_one),
        IN_CONTEXT(what_is_no_result_is_refused),
        IN_CONTEXT(what_is_no_gradient_is_refused),
        IN_CONTEXT(nothing_stands_for_zeros),
        IN_CONTEXT(gradients_from_one_tensor_are_not_shared),
        IN_CONTEXT(a_gradient_that_was_asked_from_is_not_shared),
        IN_CONTEXT(a_gradient_may_be_a_view),
        IN_CONTEXT(a_gradient_may_be_a_turned_view),
        IN_CONTEXT(the_scope_around_an_operation_can_not_be_left),
        IN_CONTEXT(an_operation_in_a_layer),
        IN_CONTEXT(a_layer_with_integers_within),
        IN_CONTEXT(a_backward_may_run_the_forward_again),
        IN_CONTEXT(an_operation_may_use_another),
        IN_CONTEXT(an_operation_lives_in_its_scope),
        IN_CONTEXT(what_it_was_given_is_given_back),
        IN_CONTEXT(what_forward_makes_besides_goes_again),
        IN_CONTEXT(bad_arguments_of_define),
        IN_CONTEXT(bad_arguments_of_apply),
        IN_CONTEXT(while_an_error_stands_no_backward_is_called),
        IN_CONTEXT(out_of_memory_in_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
