/* lanes.c - instructions so small that each matrix fits into a vector: products and sums, and what is done to their result before
 * it leaves its register. */
#include "compile/passes.h"

#include <string.h>

enum { FEW_MULTIPLICATIONS = 512, INNER = 256, LINE = 64 };

/* ---- what comes first ---- */

bool gd__is_small_product(const gd__instruction *i)
{
    if (i->kind != GD__OPERATION || i->id != GD__OP_matmul || i->look[0].tensor.ndim != 2 ||
        i->look[1].tensor.ndim != 2 || i->look[2].tensor.ndim != 2)
        return false;
    const gd_tensor *y = &i->look[0].tensor, *a = &i->look[1].tensor;
    int64_t rows = y->shape[0], columns = y->shape[1], inner = a->shape[1];
    return rows <= FEW_MULTIPLICATIONS && columns <= FEW_MULTIPLICATIONS && inner <= INNER &&
           rows * columns * inner <= FEW_MULTIPLICATIONS;
}

static bool has_room(const gd__recording *r, const gd__look *look)
{
    return gd__room(r, look) >= LINE;
}

/* Over the rows of a few numbers. */
static bool is_small_sum(const gd__recording *r, const gd__instruction *i)
{
    if (i->kind != GD__OPERATION || i->id != GD__OP_sum)
        return false;
    const gd_tensor *x = &i->look[1].tensor, *y = &i->look[0].tensor;
    return x->dtype == GD_FLOAT32 && x->contiguous && x->ndim == 2 && x->numel > 0 && x->numel <= GD__SMALL_LANES &&
           i->attrs.integer[0] == 1 && x->shape[0] > 1 && y->numel == x->shape[1] && has_room(r, &i->look[1]) &&
           has_room(r, &i->look[0]);
}

/* The lanes of the smallest vector that holds so many, where the processor has one; else 0. */
static int lanes_for(const gd__recording *r, int64_t count)
{
    int lanes = count <= GD__SMALL_LANES / 2 ? GD__SMALL_LANES / 2 : count <= GD__SMALL_LANES ? GD__SMALL_LANES : 0;
    return lanes <= gd__kernels(r->context)[GD__OP_matmul]->widest ? lanes : 0;
}

static bool is_small_loss(const gd__recording *r, const gd__instruction *i)
{
    if (i->kind != GD__OPERATION || i->id != GD__OP_bce_backward)
        return false;
    const gd_tensor *y = &i->look[0].tensor, *dy = &i->look[1].tensor;
    bool fits = y->dtype == GD_FLOAT32 && y->numel > 0 && dy->numel == 1 && has_room(r, &i->look[0]);
    for (int k = 2; k < i->looks; k++)
        fits =
            fits && i->look[k].tensor.contiguous && i->look[k].tensor.numel == y->numel && has_room(r, &i->look[k]);
    return fits && lanes_for(r, y->numel) > 0;
}

bool gd__is_small(const gd__recording *r, const gd__step *step)
{
    const gd__instruction *i = step->part[0];
    return gd__is_small_product(i) || is_small_sum(r, i) || is_small_loss(r, i);
}

/* ---- the parts of a step ---- */

static const gd__instruction *last_part(const gd__step *step)
{
    return step->part[step->instructions - 1];
}

/* The part that adds a bias, that which activates, or is the backward of one, and that which updates; NULL for none. */
static const gd__instruction *adder(const gd__step *step)
{
    return step->instructions > 1 && step->part[1]->id == GD__OP_add ? step->part[1] : NULL;
}

static gd__instruction *update(const gd__step *step)
{
    gd__instruction *last = step->part[step->instructions - 1];
    return last->kind == GD__UPDATE ? last : NULL;
}

static const gd__instruction *activation(const gd__step *step)
{
    const gd__instruction *last = last_part(step);
    return step->instructions == 1 || last == adder(step) || update(step) ? NULL : last;
}

const gd__look *gd__bias_of(const gd__step *step)
{
    const gd__instruction *add = adder(step);
    return add ? &add->look[add->look[1].cell == step->part[0]->look[0].cell ? 2 : 1] : NULL;
}

const gd__look *gd__value_of(const gd__step *step)
{
    const gd__instruction *then = activation(step);
    return then && then->looks > 2 ? &then->look[2] : NULL;
}

/* The look at what the step makes, beside the parameter that it updates. */
static const gd__look *result(const gd__step *step)
{
    return update(step) ? &step->part[0]->look[0] : &last_part(step)->look[0];
}

/* ---- as the kernel takes it: all but the addresses ---- */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Where each lane of y finds its factors. Nothing where a matrix does not fit into a vector. */
static void place_product(const gd__recording *r, gd__small *s)
{
    int64_t a_end = (s->rows - 1) * s->a_row + (s->inner - 1) * s->a_inner + 1;
    int64_t b_end = (s->inner - 1) * s->b_inner + (s->columns - 1) * s->b_column + 1,
            lanes = (int64_t)s->rows * s->columns;
    if (s->inner > GD__SMALL_LANES || s->inner < 1 || lanes < 1)
        return;
    s->lanes = lanes_for(r, larger(larger(a_end, b_end), larger(lanes, s->columns)));
    for (int lane = 0; s->lanes > 0 && lane < lanes; lane++) {
        int row = lane / s->columns, column = lane % s->columns;
        s->bias_place[lane] = column;
        for (int k = 0; k < s->inner; k++) {
            s->a_place[k][lane] = (int32_t)(row * s->a_row + k * s->a_inner);
            s->b_place[k][lane] = (int32_t)(k * s->b_inner + column * s->b_column);
        }
    }
}

static void describe_product(const gd__recording *r, const gd__step *step, gd__small *s)
{
    const gd__instruction *i = step->part[0];
    const gd_tensor *a = &i->look[1].tensor, *b = &i->look[2].tensor, *y = &i->look[0].tensor;
    s->rows = (int)y->shape[0];
    s->columns = (int)y->shape[1];
    s->inner = (int)a->shape[1];
    s->a_row = a->stride[0];
    s->a_inner = a->stride[1];
    s->b_inner = b->stride[0];
    s->b_column = b->stride[1];
    if (y->dtype == GD_FLOAT32 && has_room(r, &i->look[1]) && has_room(r, &i->look[2]) && has_room(r, result(step)) &&
        (!gd__bias_of(step) || has_room(r, gd__bias_of(step))))
        place_product(r, s);
}

/* One column is halved, as a row of numbers that lie side by side is; several are added row by row. */
static void describe_sum(const gd__recording *r, const gd__step *step, gd__small *s)
{
    const gd_tensor *x = &step->part[0]->look[1].tensor;
    s->rows = (int)x->shape[0];
    s->columns = (int)x->shape[1];
    s->lanes = lanes_for(r, x->numel);
    for (int width = GD__SMALL_LANES / 2; s->columns == 1 && s->lanes > 0 && width > 0; width /= 2) {
        for (int lane = 0; width < s->rows && lane < GD__SMALL_LANES; lane++)
            s->a_place[s->inner][lane] = (lane + width) % s->lanes;
        s->inner += width < s->rows;
    }
    for (int k = 0; s->columns > 1 && k < s->rows; k++, s->inner++)
        for (int lane = 0; lane < s->columns; lane++)
            s->a_place[k][lane] = k * s->columns + lane;
}

static void describe_loss(const gd__recording *r, const gd__step *step, gd__small *s)
{
    s->rows = (int)step->part[0]->look[0].tensor.numel;
    s->lanes = lanes_for(r, s->rows);
}

static void describe(const gd__recording *r, const gd__step *step, gd__small *s)
{
    const gd__instruction *then = update(step) ? update(step) : activation(step);
    memset(s, 0, sizeof *s);
    s->first = step->part[0]->id;
    s->then = then ? then->id : -1;
    if (s->first == GD__OP_matmul)
        describe_product(r, step, s);
    else if (s->first == GD__OP_sum)
        describe_sum(r, step, s);
    else
        describe_loss(r, step, s);
}

/* Can it be done by lanes? Then they can do more on the way. */
static bool has_lanes(const gd__recording *r, const gd__step *step)
{
    gd__small s;
    describe(r, step, &s);
    return s.lanes > 0;
}

/* ---- addresses ---- */

static void *data_of(const gd__look *look)
{
    return look ? look->tensor.data : NULL;
}

static void take_addresses(const gd__step *step, gd__small *s)
{
    const gd__instruction *i = step->part[0], *down = update(step);
    bool loss = i->id == GD__OP_bce_backward;
    s->a = data_of(&i->look[loss ? 2 : 1]);
    s->b = loss ? data_of(&i->look[3]) : i->looks > 2 ? data_of(&i->look[2]) : NULL;
    s->bias = data_of(loss ? &i->look[1] : gd__bias_of(step));
    s->y = data_of(result(step));
    s->of = data_of(gd__value_of(step));
    s->p = down ? (float *)data_of(&down->look[0]) : NULL;
    s->rate = down ? &down->attrs.scalar[0] : NULL;
}

bool gd__finish_small(gd__recording *r, gd__step *step, const gd__kernel *kernel)
{
    static const char *const how[] = { "small product", "small product, by lanes", "small sum",
                                       "small sum, by lanes" };
    const gd__instruction *i = step->part[0];
    gd__small *s = step->small = gd__alloc(r->context, sizeof *s);
    if (!s)
        return false;
    describe(r, step, s);
    take_addresses(step, s);
    s->run = kernel->small[i->look[0].tensor.dtype](s);
    step->run = update(step) ? gd__step_descent : NULL;
    step->how = i->id == GD__OP_bce_backward ? "by lanes" : how[2 * (i->id == GD__OP_sum) + (s->lanes > 0)];
    return true;
}

/* ---- what joins ---- */

static bool is_row(const gd_tensor *bias, const gd_tensor *y)
{
    bool one_row = bias->ndim == 1 || (bias->ndim == 2 && bias->shape[0] == 1);
    return one_row && bias->contiguous && bias->numel == y->shape[1] && bias->dtype == y->dtype;
}

static bool nobody_else_reads(const gd__recording *r, const gd__instruction *maker, const gd__instruction *reader)
{
    int cell = maker->look[0].cell;
    if (r->cell[cell].origin != GD__MADE)
        return false;
    for (int n = 0; n < r->useful; n++)
        if (&r->instruction[n] != reader && gd__reads_cell(&r->instruction[n], cell))
            return false;
    return true;
}

static bool adds_bias(const gd__recording *r, const gd__step *step, const gd__instruction *i)
{
    const gd__instruction *product = step->part[0];
    if (step->instructions != 1 || !gd__is_small_product(product) || i->kind != GD__OPERATION || i->id != GD__OP_add)
        return false;
    int made = product->look[0].cell, at = i->look[1].cell == made ? 1 : 2;
    return i->look[at].cell == made && i->look[3 - at].cell != made &&
           is_row(&i->look[3 - at].tensor, &product->look[0].tensor) &&
           gd__same_shape(&i->look[0].tensor, &product->look[0].tensor) && nobody_else_reads(r, product, i);
}

/* Lanes can take one of these on the way; after the derivative of a loss, the first alone. */
static bool is_activation(const gd__recording *r, const gd__instruction *first, const gd__instruction *i)
{
    if (i->kind != GD__OPERATION)
        return false;
    bool product = first->id == GD__OP_matmul, slope = i->id == GD__OP_sigmoid_backward;
    if (product && (i->id == GD__OP_sigmoid || i->id == GD__OP_tanh || i->id == GD__OP_relu))
        return true;
    bool backward = product ? slope || i->id == GD__OP_relu_backward : slope && first->id == GD__OP_bce_backward;
    return backward && i->look[2].tensor.contiguous && has_room(r, &i->look[2]) &&
           gd__same_shape(&i->look[2].tensor, &i->look[0].tensor);
}

static bool activates(const gd__recording *r, const gd__step *step, const gd__instruction *i)
{
    const gd__instruction *before = last_part(step);
    return is_activation(r, step->part[0], i) && !activation(step) && !update(step) &&
           i->look[1].cell == before->look[0].cell && gd__same_shape(&i->look[0].tensor, &before->look[0].tensor) &&
           has_room(r, &i->look[0]) && nobody_else_reads(r, before, i) && has_lanes(r, step);
}

/* Does the look show all of its cell, in row-major order, so that a vector over it reaches into nothing else? */
static bool is_alone(const gd__recording *r, const gd__look *look)
{
    size_t size = (size_t)look->tensor.numel * gd__dtypes[look->tensor.dtype].size;
    return look->tensor.contiguous && look->offset == 0 && r->cell[look->cell].size == size && has_room(r, look);
}

/* A parameter goes down the gradient that the step makes. */
static bool descends(const gd__recording *r, const gd__step *step, const gd__instruction *i)
{
    const gd__instruction *first = step->part[0];
    if (step->instructions != 1 || first->id == GD__OP_bce_backward || !gd__is_plain_descent(i))
        return false;
    const gd__look *gradient = &i->look[GD__READ_ONLY];
    return gradient->cell == first->look[0].cell && is_alone(r, gradient) && is_alone(r, &first->look[0]) &&
           is_alone(r, &i->look[0]) && gradient->tensor.numel == first->look[0].tensor.numel && has_lanes(r, step);
}

bool gd__joins_small(const gd__recording *r, const gd__step *step, const gd__instruction *i)
{
    return gd__is_small(r, step) && !gd__writes_operand(step, i) &&
           (adds_bias(r, step, i) || activates(r, step, i) || descends(r, step, i)) && gd__can_move_up(step, i);
}
