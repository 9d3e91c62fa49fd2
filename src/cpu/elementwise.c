/* elementwise.c - from tensors of any layout to inner loops over one dimension. */
#include "cpu/kernel.h"

#include <string.h>

static int64_t stride_at(const gd_tensor *t, int dim, int ndim)
{
    int own = dim - (ndim - t->ndim);
    return own < 0 || t->shape[own] == 1 ? 0 : t->stride[own] * (int64_t)gd_dtype_size((gd_dtype)t->dtype);
}

/* Can dimension `outer` and the next one run as one loop? */
static bool merges(const gd__nest *n, int outer)
{
    for (int k = 0; k < n->operands; k++)
        if (n->stride[outer][k] != n->stride[outer + 1][k] * n->size[outer + 1])
            return false;
    return true;
}

static void collapse(gd__nest *n)
{
    int kept = 0;
    for (int i = 0; i < n->ndim; i++) {
        if (n->size[i] == 1)
            continue;
        n->size[kept] = n->size[i];
        memcpy(n->stride[kept], n->stride[i], sizeof n->stride[i]);
        if (kept > 0 && merges(n, kept - 1)) {
            n->size[kept - 1] *= n->size[kept];
            memcpy(n->stride[kept - 1], n->stride[kept], sizeof n->stride[kept]);
        } else {
            kept++;
        }
    }
    n->ndim = kept;
}

void gd__nest_run(gd__nest *n, gd__loop *loop, const gd__attrs *attrs)
{
    static const int64_t none[GD__MAX_POINTERS] = { 0 };
    collapse(n);
    if (n->ndim == 0) {
        loop(n->pointer, none, 1, attrs);
        return;
    }
    int inner = n->ndim - 1;
    int64_t index[GD_MAX_DIMS] = { 0 };
    for (;;) {
        loop(n->pointer, n->stride[inner], n->size[inner], attrs);
        int dim = inner - 1;
        for (; dim >= 0; dim--) {
            for (int k = 0; k < n->operands; k++)
                n->pointer[k] += n->stride[dim][k];
            if (++index[dim] < n->size[dim])
                break;
            for (int k = 0; k < n->operands; k++)
                n->pointer[k] -= n->stride[dim][k] * n->size[dim];
            index[dim] = 0;
        }
        if (dim < 0)
            return;
    }
}

gd__nest gd__nest_over(const gd_tensor *t)
{
    gd__nest n = { .ndim = t->ndim };
    memcpy(n.size, t->shape, t->ndim * sizeof *n.size);
    return n;
}

void gd__nest_add(gd__nest *n, const gd_tensor *t)
{
    int k = n->operands++;
    n->pointer[k] = t->data;
    for (int i = 0; i < n->ndim; i++)
        n->stride[i][k] = stride_at(t, i, n->ndim);
}

static bool plain(const gd__call *call)
{
    for (int i = 0; i < call->count; i++)
        if (!call->in[i]->contiguous || call->in[i]->numel != call->out->numel)
            return false;
    return call->out->contiguous;
}

/* All operands lie as the output does: one loop. */
static void run_plain(const gd__call *call, gd__loop *loop)
{
    char *pointer[GD__MAX_POINTERS] = { call->out->data };
    int64_t stride[GD__MAX_POINTERS] = { (int64_t)gd_dtype_size((gd_dtype)call->out->dtype) };
    for (int i = 0; i < call->count; i++) {
        pointer[i + 1] = call->in[i]->data;
        stride[i + 1] = (int64_t)gd_dtype_size((gd_dtype)call->in[i]->dtype);
    }
    loop(pointer, stride, call->out->numel, call->attrs);
}

bool gd__run_elementwise(const gd__kernel *kernel, const gd__call *call)
{
    gd__loop *loop = kernel->loop[call->in[0]->dtype];
    if (!loop) {
        char text[GD__TEXT_SIZE];
        gd__fail(call->context, (gd__fault){ .status = GD_ERROR_DTYPE, .remedy = "gd_cast it to another dtype first" },
                 "there is no %s of %s", call->op->info.name, gd__describe(call->in[0], text));
        return false;
    }
    if (call->out->numel == 0)
        return true;
    if (plain(call)) {
        run_plain(call, loop);
        return true;
    }
    gd__nest n = gd__nest_over(call->out);
    gd__nest_add(&n, call->out);
    for (int i = 0; i < call->count; i++)
        gd__nest_add(&n, call->in[i]);
    gd__nest_run(&n, loop, call->attrs);
    return true;
}

/* ---- a strided copy ---- */

/* With a size that the compiler knows, each copy is one move. */
static inline void copy_each(char *const *pointer, const int64_t *stride, int64_t n, size_t size)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(pointer[0] + i * stride[0], pointer[1] + i * stride[1], size);
}

static void copy_loop(char *const *pointer, const int64_t *stride, int64_t n, const gd__attrs *attrs)
{
    size_t size = (size_t)attrs->integer[0];
    if (stride[0] == (int64_t)size && stride[1] == (int64_t)size)
        memcpy(pointer[0], pointer[1], (size_t)n * size);
    else if (size == 8)
        copy_each(pointer, stride, n, 8);
    else if (size == 4)
        copy_each(pointer, stride, n, 4);
    else
        copy_each(pointer, stride, n, 1);
}

void gd__copy_into(const gd_tensor *t, char *to, const int64_t *stride)
{
    int64_t size = (int64_t)gd_dtype_size((gd_dtype)t->dtype);
    gd__nest n = { .ndim = t->ndim, .operands = 2, .pointer = { to, t->data } };
    if (t->numel == 0)
        return;
    for (int i = 0; i < t->ndim; i++) {
        n.size[i] = t->shape[i];
        n.stride[i][0] = stride[i];
        n.stride[i][1] = t->stride[i] * size;
    }
    gd__nest_run(&n, copy_loop, &(gd__attrs){ .integer = { size } });
}

void gd__copy_strided(const gd_tensor *t, const int *order, char *to)
{
    int64_t size = (int64_t)gd_dtype_size((gd_dtype)t->dtype), step = size;
    gd__nest n = { .ndim = t->ndim, .operands = 2, .pointer = { to, t->data } };
    if (t->numel == 0)
        return;
    for (int i = t->ndim - 1; i >= 0; i--) {
        n.size[i] = t->shape[order[i]];
        n.stride[i][0] = step;
        n.stride[i][1] = t->stride[order[i]] * size;
        step *= n.size[i];
    }
    gd__nest_run(&n, copy_loop, &(gd__attrs){ .integer = { size } });
}
