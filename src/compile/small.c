/* small.c - steps over few numbers: all that can be found out beforehand is, and nothing is left but a call of the loop. */
#include "compile/passes.h"

#include <string.h>

/* Above, a kernel may have several threads, or tiles, and what a step costs beside its numbers does not matter. */
enum { FEW = 4096, FEW_MULTIPLICATIONS = 512, UPDATE_BLOCK = 512 };

/* ---- elementwise ---- */

bool gd__is_small_loop(const gd__step *step, const gd__kernel *kernel)
{
    const gd__instruction *i = step->part[0];
    const gd_tensor *y = &i->look[0].tensor;
    if (kernel->run != gd__run_elementwise || !kernel->loop[i->look[1].tensor.dtype] || y->numel > FEW || y->numel == 0)
        return false;
    for (int k = 1; k < i->looks; k++) {
        const gd_tensor *x = &i->look[k].tensor;
        if (x->numel != 1 && (!x->contiguous || x->numel != y->numel))
            return false;
    }
    return true;
}

bool gd__finish_loop(gd__step *step, const gd__kernel *kernel)
{
    const gd__instruction *i = step->part[0];
    step->run = gd__step_loop;
    step->how = "loop";
    step->loop = kernel->loop[i->look[1].tensor.dtype];
    step->n = i->look[0].tensor.numel;
    step->call.attrs = &i->attrs;
    for (int k = 0; k < i->looks; k++) {
        const gd_tensor *t = &i->look[k].tensor;
        step->pointer[k] = t->data;
        step->stride[k] = t->numel == 1 && step->n > 1 ? 0 : (int64_t)gd__dtypes[t->dtype].size;
    }
    return true;
}

/* ---- products ---- */

static bool is_product(const gd__instruction *i)
{
    return i->kind == GD__OPERATION && i->id == GD__OP_matmul && i->look[0].tensor.ndim == 2 &&
           i->look[1].tensor.ndim == 2 && i->look[2].tensor.ndim == 2;
}

static bool is_small_product(const gd__instruction *i)
{
    const gd_tensor *y = &i->look[0].tensor, *a = &i->look[1].tensor;
    int64_t rows = y->shape[0], columns = y->shape[1], inner = a->shape[1];
    return is_product(i) && rows <= FEW_MULTIPLICATIONS && columns <= FEW_MULTIPLICATIONS && inner <= FEW_MULTIPLICATIONS &&
           rows * columns * inner <= FEW_MULTIPLICATIONS;
}

bool gd__is_small_product(const gd__recording *r, const gd__step *step, const gd__kernel *kernel)
{
    (void)r;
    return is_small_product(step->part[0]) && kernel->small[step->part[0]->look[0].tensor.dtype];
}

/* The look at the bias of a step that adds one. */
const gd__look *gd__bias_of(const gd__step *step)
{
    const gd__instruction *add = step->part[1];
    return &add->look[add->look[1].cell == step->part[0]->look[0].cell ? 2 : 1];
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
    return i->look[at].cell == made && i->look[3 - at].cell != made && is_row(&i->look[3 - at].tensor, &product->look[0].tensor) &&
           gd__same_shape(&i->look[0].tensor, &product->look[0].tensor) && nobody_else_reads(r, product, i);
}

static uint16_t mask_of(int64_t lanes)
{
    return (uint16_t)((UINT32_C(1) << lanes) - 1);
}

/* Where each lane of y finds its factors; false where a matrix does not fit into a vector. */
static bool place_lanes(gd__small *s)
{
    int64_t a_end = (s->rows - 1) * s->a_row + (s->inner - 1) * s->a_inner + 1;
    int64_t b_end = (s->inner - 1) * s->b_inner + (s->columns - 1) * s->b_column + 1, lanes = (int64_t)s->rows * s->columns;
    if (a_end > GD__SMALL_LANES || b_end > GD__SMALL_LANES || lanes > GD__SMALL_LANES || s->inner > GD__SMALL_LANES ||
        s->inner < 1 || lanes < 1)
        return false;
    for (int lane = 0; lane < lanes; lane++) {
        int row = lane / s->columns, column = lane % s->columns;
        s->bias_place[lane] = column;
        for (int k = 0; k < s->inner; k++) {
            s->a_place[k][lane] = (int32_t)(row * s->a_row + k * s->a_inner);
            s->b_place[k][lane] = (int32_t)(k * s->b_inner + column * s->b_column);
        }
    }
    s->a_mask = mask_of(a_end);
    s->b_mask = mask_of(b_end);
    s->bias_mask = mask_of(s->columns);
    s->y_mask = mask_of(lanes);
    return true;
}

bool gd__finish_small(gd__recording *r, gd__step *step, const gd__kernel *kernel)
{
    const gd__instruction *i = step->part[0];
    const gd_tensor *a = &i->look[1].tensor, *b = &i->look[2].tensor;
    const gd_tensor *y = &step->part[step->instructions - 1]->look[0].tensor;
    gd__small *s = step->small = gd__alloc(r->context, sizeof *s);
    if (!s)
        return false;
    memset(s, 0, sizeof *s);
    s->a = a->data;
    s->b = b->data;
    s->y = y->data;
    s->bias = step->instructions > 1 ? gd__bias_of(step)->tensor.data : NULL;
    s->rows = (int)y->shape[0];
    s->columns = (int)y->shape[1];
    s->inner = (int)a->shape[1];
    s->a_row = a->stride[0];
    s->a_inner = a->stride[1];
    s->b_inner = b->stride[0];
    s->b_column = b->stride[1];
    s->by_lanes = y->dtype == GD_FLOAT32 && place_lanes(s);
    step->multiply = kernel->small[y->dtype];
    step->run = gd__step_small;
    step->how = step->instructions > 1 ? "small product, bias added" : "small product";
    return true;
}

/* ---- updates ---- */

bool gd__is_small_update(const gd__instruction *i)
{
    return i->kind == GD__UPDATE && i->op->contiguous && i->look[0].tensor.numel <= UPDATE_BLOCK;
}

bool gd__finish_sweep(gd__step *step, const gd__kernel *const *kernels)
{
    step->sweep = gd__alloc(step->call.context, (size_t)step->instructions * sizeof *step->sweep);
    if (!step->sweep)
        return false;
    step->run = gd__step_sweep;
    step->how = "in one sweep";
    for (int n = 0; n < step->instructions; n++) {
        gd__instruction *i = step->part[n];
        gd__sweep *s = &step->sweep[n];
        *s = (gd__sweep){ .instruction = i, .loop = kernels[i->id]->loop[i->look[0].tensor.dtype],
                          .n = i->look[0].tensor.numel };
        for (int k = 0; k < i->looks; k++)
            s->pointer[k] = i->look[k].tensor.data;
    }
    return true;
}

/* ---- what joins ---- */

bool gd__joins(const gd__recording *r, const gd__step *last, const gd__instruction *i)
{
    bool sweeps = gd__is_small_update(last->part[0]) && gd__is_small_update(i);
    return sweeps || adds_bias(r, last, i);
}
