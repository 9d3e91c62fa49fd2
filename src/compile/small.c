/* small.c - steps over few numbers: all that can be found out beforehand is, and nothing is left but a call of the loop. */
#include "compile/passes.h"

#include <string.h>

enum { UPDATE_BLOCK = 512, LINE = 64, VECTOR = 32 };

size_t gd__room(const gd__recording *r, const gd__look *look)
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
        if (others || look->tensor.dtype == GD_BOOL || (!repeated && gd__room(r, look) < (size_t)whole * size))
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
    step->run = gd__step_loop;
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
    return p->tensor.numel > 0 && p->tensor.numel <= VECTOR / (int64_t)sizeof(float) && gd__room(r, p) >= VECTOR &&
           gd__room(r, t) >= VECTOR;
}

/* ---- updates ---- */

bool gd__is_plain_descent(const gd__instruction *i)
{
    return i->kind == GD__UPDATE && i->id == GD__OP_sgd_update && i->looks == 2 &&
           i->look[0].tensor.dtype == GD_FLOAT32 && i->attrs.scalar[3] == 0 && (i->attrs.integer[0] >> 1 & 1) == 0;
}

bool gd__is_small_update(const gd__instruction *i)
{
    return i->kind == GD__UPDATE && i->op->contiguous && i->look[0].tensor.numel <= UPDATE_BLOCK;
}

/* In vectors that have room to their end? */
static bool is_plain(const gd__recording *r, const gd__instruction *i)
{
    int64_t lanes = VECTOR / (int64_t)sizeof(float);
    return gd__is_plain_descent(i) && rounded(r, i, i->look[0].tensor.numel) % lanes == 0;
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
