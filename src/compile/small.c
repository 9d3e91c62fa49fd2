/* small.c - steps over few numbers: all that can be found out beforehand is, and nothing is left but a call of the loop. */
#include "compile/passes.h"

#include <string.h>

enum { FEW_MULTIPLICATIONS = 512, UPDATE_BLOCK = 512, INNER = 256 };

enum { LINE = 64, VECTOR = 32 };

/* How many bytes from the look's first number on may be read, and written: to the end of a line of the cache. What the pool
 * gives ends there, and the arena's cells do. Borrowed memory and inputs end with their numbers. */
static size_t room(const gd__recording *r, const gd__look *look)
{
    const gd__cell *cell = &r->cell[look->cell];
    bool borrowed = cell->origin == GD__OUTSIDE && cell->storage->bytes != (const char *)(cell->storage + 1);
    bool given = cell->origin == GD__GIVEN && !cell->memory;
    if (borrowed || given || look->offset < 0)
        return 0;
    return (cell->size + LINE - 1) / LINE * LINE - (size_t)look->offset;
}

/* n, or as many as fill whole vectors, where every look that is not one repeated number has room for them. What lies there are
 * any bytes, which floats and integers may be, but not bools. */
static int64_t rounded(const gd__recording *r, const gd__instruction *i, int64_t n)
{
    int64_t whole = n;
    for (int k = 0; k < i->looks; k++) {
        int64_t size = (int64_t)gd__dtypes[i->look[k].tensor.dtype].size, lanes = VECTOR / size;
        int64_t here = (n + lanes - 1) / lanes * lanes;
        whole = here > whole ? here : whole;
    }
    for (int k = 0; k < i->looks; k++) {
        const gd__look *look = &i->look[k];
        size_t size = gd__dtypes[look->tensor.dtype].size, end = (size_t)look->offset + (size_t)n * size;
        bool repeated = look->tensor.numel == 1 && n > 1,
             others = gd__writes_look(i, k) && end < r->cell[look->cell].size;
        if (others || look->tensor.dtype == GD_BOOL || (!repeated && room(r, look) < (size_t)whole * size))
            return n;
    }
    return whole;
}

/* ---- elementwise ---- */

bool gd__is_small_loop(const gd__step *step, const gd__kernel *kernel)
{
    const gd__instruction *i = step->part[0];
    const gd_tensor *y = &i->look[0].tensor;
    bool plain = kernel->run == gd__run_elementwise || i->id == GD__OP_bce_backward;
    if (!plain || !kernel->loop[i->look[1].tensor.dtype] || y->numel > GD__FEW || y->numel == 0)
        return false;
    for (int k = 1; k < i->looks; k++) {
        const gd_tensor *x = &i->look[k].tensor;
        if (x->numel != 1 && (!x->contiguous || x->numel != y->numel))
            return false;
    }
    return true;
}

bool gd__finish_loop(gd__recording *r, gd__step *step, const gd__kernel *kernel)
{
    gd__instruction *i = step->part[0];
    if (i->id == GD__OP_bce_backward)
        i->attrs.scalar[0] = (double)i->look[0].tensor.numel;
    step->how = "loop";
    step->loop = kernel->loop[i->look[1].tensor.dtype];
    step->n = rounded(r, i, i->look[0].tensor.numel);
    step->call.attrs = &i->attrs;
    for (int k = 0; k < i->looks; k++) {
        const gd_tensor *t = &i->look[k].tensor;
        step->pointer[k] = t->data;
        step->stride[k] = t->numel == 1 && i->look[0].tensor.numel > 1 ? 0 : (int64_t)gd__dtypes[t->dtype].size;
    }
    return true;
}

/* ---- the loss of few ---- */

bool gd__is_few_bce(const gd__recording *r, const gd__step *step, const gd__kernel *kernel)
{
    const gd__instruction *i = step->part[0];
    if (!kernel->bce || i->look[1].tensor.dtype != GD_FLOAT32)
        return false;
    const gd__look *p = &i->look[1], *t = &i->look[2];
    return p->tensor.numel > 0 && p->tensor.numel <= VECTOR / (int64_t)sizeof(float) && room(r, p) >= VECTOR &&
           room(r, t) >= VECTOR;
}

/* ---- products ---- */

static bool is_product(const gd__instruction *i)
{
    return i->kind == GD__OPERATION && i->id == GD__OP_matmul && i->look[0].tensor.ndim == 2 &&
           i->look[1].tensor.ndim == 2 && i->look[2].tensor.ndim == 2;
}

static bool is_small_product(const gd__instruction *i)
{
    if (!is_product(i))
        return false;
    const gd_tensor *y = &i->look[0].tensor, *a = &i->look[1].tensor;
    int64_t rows = y->shape[0], columns = y->shape[1], inner = a->shape[1];
    return rows <= FEW_MULTIPLICATIONS && columns <= FEW_MULTIPLICATIONS && inner <= INNER &&
           rows * columns * inner <= FEW_MULTIPLICATIONS;
}

bool gd__is_small_product(const gd__recording *r, const gd__step *step, const gd__kernel *kernel)
{
    (void)r;
    return is_small_product(step->part[0]) && kernel->small[step->part[0]->look[0].tensor.dtype];
}

/* The part of the step that adds a bias, and that which activates; NULL where there is none. */
static const gd__instruction *adder(const gd__step *step)
{
    return step->instructions > 1 && step->part[1]->id == GD__OP_add ? step->part[1] : NULL;
}

static const gd__instruction *activation(const gd__step *step)
{
    const gd__instruction *last = step->part[step->instructions - 1];
    return last->id == GD__OP_matmul || last->id == GD__OP_add ? NULL : last;
}

/* The look at the bias of a step that adds one, else NULL. */
const gd__look *gd__bias_of(const gd__step *step)
{
    const gd__instruction *add = adder(step);
    return add ? &add->look[add->look[1].cell == step->part[0]->look[0].cell ? 2 : 1] : NULL;
}

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

static bool adds_bias(const gd__recording *r, const gd__step *last, const gd__instruction *i)
{
    const gd__instruction *product = last->part[0];
    if (last->instructions != 1 || !is_small_product(product) || i->kind != GD__OPERATION || i->id != GD__OP_add)
        return false;
    int made = product->look[0].cell, at = i->look[1].cell == made ? 1 : 2;
    return i->look[at].cell == made && i->look[3 - at].cell != made &&
           is_row(&i->look[3 - at].tensor, &product->look[0].tensor) &&
           gd__same_shape(&i->look[0].tensor, &product->look[0].tensor) && nobody_else_reads(r, product, i);
}

/* Has each of its matrices the room of a vector? */
static bool has_room(const gd__recording *r, const gd__step *step)
{
    const gd__instruction *i = step->part[0];
    return room(r, &i->look[1]) >= LINE && room(r, &i->look[2]) >= LINE &&
           room(r, &step->part[step->instructions - 1]->look[0]) >= LINE &&
           (!gd__bias_of(step) || room(r, gd__bias_of(step)) >= LINE);
}

/* The lanes of the smallest vector that holds so many; 0 where none does. */
static int lanes_for(int64_t count)
{
    return count <= GD__SMALL_LANES / 2 ? GD__SMALL_LANES / 2 : count <= GD__SMALL_LANES ? GD__SMALL_LANES : 0;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Where each lane of y finds its factors. Nothing where a matrix does not fit into a vector. */
static void place_lanes(gd__small *s)
{
    int64_t a_end = (s->rows - 1) * s->a_row + (s->inner - 1) * s->a_inner + 1;
    int64_t b_end = (s->inner - 1) * s->b_inner + (s->columns - 1) * s->b_column + 1,
            lanes = (int64_t)s->rows * s->columns;
    if (s->inner > GD__SMALL_LANES || s->inner < 1 || lanes < 1)
        return;
    s->lanes = lanes_for(larger(larger(a_end, b_end), larger(lanes, s->columns)));
    if (s->lanes == 0)
        return;
    for (int lane = 0; lane < lanes; lane++) {
        int row = lane / s->columns, column = lane % s->columns;
        s->bias_place[lane] = column;
        for (int k = 0; k < s->inner; k++) {
            s->a_place[k][lane] = (int32_t)(row * s->a_row + k * s->a_inner);
            s->b_place[k][lane] = (int32_t)(k * s->b_inner + column * s->b_column);
        }
    }
}

/* All but the addresses. */
static void describe_product(const gd__recording *r, const gd__step *step, gd__small *s)
{
    const gd__instruction *i = step->part[0];
    const gd_tensor *a = &i->look[1].tensor, *b = &i->look[2].tensor, *y = &i->look[0].tensor;
    memset(s, 0, sizeof *s);
    s->rows = (int)y->shape[0];
    s->columns = (int)y->shape[1];
    s->inner = (int)a->shape[1];
    s->a_row = a->stride[0];
    s->a_inner = a->stride[1];
    s->b_inner = b->stride[0];
    s->b_column = b->stride[1];
    s->then = activation(step) ? activation(step)->id : -1;
    if (y->dtype == GD_FLOAT32 && has_room(r, step))
        place_lanes(s);
    if (s->lanes > gd__kernels(r->context)[GD__OP_matmul]->widest)
        s->lanes = 0;
}

bool gd__finish_small(gd__recording *r, gd__step *step, const gd__kernel *kernel)
{
    const gd__instruction *i = step->part[0];
    gd__small *s = step->small = gd__alloc(r->context, sizeof *s);
    if (!s)
        return false;
    describe_product(r, step, s);
    s->a = i->look[1].tensor.data;
    s->b = i->look[2].tensor.data;
    s->y = step->part[step->instructions - 1]->look[0].tensor.data;
    const gd__instruction *then = activation(step);
    s->of = then && then->looks > 2 ? then->look[2].tensor.data : NULL;
    s->bias = gd__bias_of(step) ? gd__bias_of(step)->tensor.data : NULL;
    step->multiply = kernel->small[i->look[0].tensor.dtype];
    step->run = gd__step_small;
    step->how = s->lanes ? "small product, by lanes" : "small product";
    return true;
}

/* ---- sums over rows ---- */

bool gd__is_small_sum(const gd__recording *r, const gd__step *step, const gd__kernel *kernel)
{
    const gd__instruction *i = step->part[0];
    const gd_tensor *x = &i->look[1].tensor, *y = &i->look[0].tensor;
    bool fits = i->id == GD__OP_sum && kernel->few && x->dtype == GD_FLOAT32 && x->contiguous && x->ndim == 2;
    return fits && x->numel > 0 && x->numel <= GD__SMALL_LANES && i->attrs.integer[0] == 1 && x->shape[0] > 1 &&
           y->numel == x->shape[1] && room(r, &i->look[1]) >= LINE && room(r, &i->look[0]) >= LINE;
}

/* One column is halved, as a row of numbers that lie side by side is; several are added row by row. */
static void place_sum(gd__few *s)
{
    s->lanes = lanes_for((int64_t)s->rows * s->columns);
    if (s->columns == 1)
        for (int width = GD__SMALL_LANES / 2; width > 0; width /= 2) {
            if (width >= s->rows)
                continue;
            for (int lane = 0; lane < GD__SMALL_LANES; lane++)
                s->place[s->halvings][lane] = (lane + width) % s->lanes;
            s->halvings++;
        }
    for (int k = 0; s->columns > 1 && k < s->rows; k++)
        for (int lane = 0; lane < s->columns; lane++)
            s->place[k][lane] = k * s->columns + lane;
}

bool gd__finish_sum(gd__recording *r, gd__step *step, const gd__kernel *kernel)
{
    const gd__instruction *i = step->part[0];
    gd__few *s = step->few = gd__alloc(r->context, sizeof *s);
    if (!s)
        return false;
    memset(s, 0, sizeof *s);
    s->x = i->look[1].tensor.data;
    s->y = i->look[0].tensor.data;
    s->rows = (int)i->look[1].tensor.shape[0];
    s->columns = (int)i->look[1].tensor.shape[1];
    s->loop = kernel->lanes[GD_FLOAT32];
    place_sum(s);
    step->sum = kernel->few;
    step->run = gd__step_few;
    step->how = "small sum";
    return true;
}

/* ---- updates ---- */

bool gd__is_small_update(const gd__instruction *i)
{
    return i->kind == GD__UPDATE && i->op->contiguous && i->look[0].tensor.numel <= UPDATE_BLOCK;
}

/* Is it sgd of float32 without momentum, weight decay and maximizing, in vectors that have room to their end? */
static bool is_plain(const gd__recording *r, const gd__instruction *i)
{
    bool sgd = i->id == GD__OP_sgd_update && i->looks == 2 && i->look[0].tensor.dtype == GD_FLOAT32;
    int64_t lanes = VECTOR / (int64_t)sizeof(float), n = rounded(r, i, i->look[0].tensor.numel);
    return sgd && n % lanes == 0 && i->attrs.scalar[3] == 0 && (i->attrs.integer[0] >> 1 & 1) == 0;
}

static bool are_plain(const gd__recording *r, const gd__step *step)
{
    for (int n = 0; n < step->instructions; n++)
        if (!is_plain(r, step->part[n]))
            return false;
    return true;
}

static bool finish_descents(gd__recording *r, gd__step *step, const gd__kernel *kernel)
{
    step->descent = gd__alloc(step->call.context, (size_t)step->instructions * sizeof *step->descent);
    if (!step->descent)
        return false;
    for (int n = 0; n < step->instructions; n++) {
        gd__instruction *i = step->part[n];
        step->descent[n] = (gd__descent){ (float *)i->look[0].tensor.data, (const float *)i->look[1].tensor.data,
                                          rounded(r, i, i->look[0].tensor.numel), &i->attrs };
    }
    step->kernel = kernel;
    step->run = gd__step_descend;
    step->how = "in one sweep";
    return true;
}

bool gd__finish_sweep(gd__recording *r, gd__step *step, const gd__kernel *const *kernels)
{
    if (are_plain(r, step))
        return finish_descents(r, step, kernels[GD__OP_sgd_update]);
    step->sweep = gd__alloc(step->call.context, (size_t)step->instructions * sizeof *step->sweep);
    if (!step->sweep)
        return false;
    step->run = gd__step_sweep;
    step->how = "in one sweep";
    for (int n = 0; n < step->instructions; n++) {
        gd__instruction *i = step->part[n];
        gd__sweep *s = &step->sweep[n];
        *s = (gd__sweep){ .instruction = i,
                          .loop = kernels[i->id]->loop[i->look[0].tensor.dtype],
                          .n = rounded(r, i, i->look[0].tensor.numel) };
        for (int k = 0; k < i->looks; k++)
            s->pointer[k] = i->look[k].tensor.data;
    }
    return true;
}

/* ---- what joins ---- */

/* Lanes can take one of these on the way. */
static bool is_activation(const gd__recording *r, const gd__instruction *i)
{
    if (i->kind != GD__OPERATION)
        return false;
    if (i->id == GD__OP_sigmoid || i->id == GD__OP_tanh || i->id == GD__OP_relu)
        return true;
    bool backward = i->id == GD__OP_sigmoid_backward || i->id == GD__OP_relu_backward;
    return backward && i->look[2].tensor.contiguous && room(r, &i->look[2]) >= LINE &&
           gd__same_shape(&i->look[2].tensor, &i->look[0].tensor);
}

static bool activates(const gd__recording *r, const gd__step *last, const gd__instruction *i)
{
    const gd__instruction *before = last->part[last->instructions - 1];
    if (!is_activation(r, i) || !is_small_product(last->part[0]) || activation(last) ||
        i->look[1].cell != before->look[0].cell || !gd__same_shape(&i->look[0].tensor, &before->look[0].tensor) ||
        room(r, &i->look[0]) < LINE || !nobody_else_reads(r, before, i))
        return false;
    gd__small s;
    describe_product(r, last, &s);
    return s.lanes > 0;
}

bool gd__joins(const gd__recording *r, const gd__step *last, const gd__instruction *i)
{
    bool sweeps = gd__is_small_update(last->part[0]) && gd__is_small_update(i);
    return sweeps || (!gd__writes_operand(last, i) && (adds_bias(r, last, i) || activates(r, last, i)));
}
