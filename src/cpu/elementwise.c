/* elementwise.c - from tensors of any layout to inner loops over one dimension, shared among threads where they are long. */
#include "cpu/kernel.h"

#include "base/threads.h"

#include <string.h>

static int64_t stride_at(const gd_tensor *t, int dim, int ndim)
{
    int own = dim - (ndim - t->ndim);
    return own < 0 || t->shape[own] == 1 ? 0 : t->stride[own] * (int64_t)gd__dtypes[t->dtype].size;
}

/* Can dimension `outer` and the next one run as one loop? */
static bool merges(const gd__nest *n, int outer)
{
    for (int k = 0; k < n->operands; k++)
        if (n->stride[outer][k] != n->stride[outer + 1][k] * n->size[outer + 1])
            return false;
    return true;
}

void gd__nest_collapse(gd__nest *n)
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

/* Calls the loop for the innermost dimension, `count` times from call number `from` on. */
static void run_calls(const gd__nest *n, gd__loop *loop, const gd__attrs *attrs, int64_t from, int64_t count)
{
    int inner = n->ndim - 1;
    int64_t index[GD_MAX_DIMS] = { 0 };
    char *pointer[GD__MAX_POINTERS];
    memcpy(pointer, n->pointer, sizeof pointer);
    for (int dim = inner - 1; dim >= 0; dim--) {
        index[dim] = from % n->size[dim];
        from /= n->size[dim];
        for (int k = 0; k < n->operands; k++)
            pointer[k] += index[dim] * n->stride[dim][k];
    }
    for (;;) {
        loop(pointer, n->stride[inner], n->size[inner], attrs);
        if (--count == 0)
            return;
        int dim = inner - 1;
        for (; ++index[dim] == n->size[dim]; dim--) {
            for (int k = 0; k < n->operands; k++)
                pointer[k] -= n->stride[dim][k] * (n->size[dim] - 1);
            index[dim] = 0;
        }
        for (int k = 0; k < n->operands; k++)
            pointer[k] += n->stride[dim][k];
    }
}

static int64_t calls_of(const gd__nest *n)
{
    int64_t calls = 1;
    for (int dim = 0; dim < n->ndim - 1; dim++)
        calls *= n->size[dim];
    return calls;
}

/* A nest ready to run: of one dimension at least. */
static void make_ready(gd__nest *n)
{
    gd__nest_collapse(n);
    if (n->ndim == 0) {
        memset(n->stride[0], 0, sizeof n->stride[0]);
        n->size[n->ndim++] = 1;
    }
}

void gd__nest_run(gd__nest *n, gd__loop *loop, const gd__attrs *attrs)
{
    make_ready(n);
    run_calls(n, loop, attrs, 0, calls_of(n));
}

/* ---- shared among threads ---- */

/* Elements of a task. Below twice as many there is one task only. */
enum { SHARE = 16384 };

typedef struct shared {
    const gd__nest *nest;
    gd__loop *loop;
    const gd__attrs *attrs;
    int64_t calls, each; /* of the loop, in all and in a task; or `each` elements of the only one */
} shared;

static void run_some_calls(void *user, int64_t task, int slot)
{
    const shared *s = user;
    int64_t from = task * s->each;
    (void)slot;
    run_calls(s->nest, s->loop, s->attrs, from, s->calls - from < s->each ? s->calls - from : s->each);
}

static void run_some_elements(void *user, int64_t task, int slot)
{
    const shared *s = user;
    const gd__nest *n = s->nest;
    int64_t from = task * s->each, left = n->size[0] - from;
    char *pointer[GD__MAX_POINTERS] = { NULL };
    (void)slot;
    for (int k = 0; k < n->operands; k++)
        pointer[k] = n->pointer[k] + from * n->stride[0][k];
    s->loop(pointer, n->stride[0], left < s->each ? left : s->each, s->attrs);
}

void gd__nest_share(gd_context *g, gd__nest *n, gd__loop *loop, const gd__attrs *attrs)
{
    make_ready(n);
    int64_t share = SHARE / (n->weight > 1 ? n->weight : 1), inner = n->size[n->ndim - 1], units = n->size[0];
    shared s = { .nest = n, .loop = loop, .attrs = attrs, .calls = calls_of(n), .each = share };
    if (s.calls * inner < 2 * share) {
        run_calls(n, loop, attrs, 0, s.calls);
        return;
    }
    if (s.calls > 1) {
        s.each = inner < share ? share / inner : 1;
        units = s.calls;
    }
    double work =
        (double)(s.calls * inner) * 0.08 * (double)SHARE / (double)share; /* nanoseconds: about what a sum takes */
    gd__parallel(g, (units + s.each - 1) / s.each, work, s.calls > 1 ? run_some_calls : run_some_elements, &s);
}

/* ---- elementwise operations ---- */

gd__nest gd__nest_over(const gd_tensor *t)
{
    gd__nest n; /* not cleared: dimensions and operands that it has not are not looked at */
    n.ndim = t->ndim;
    n.operands = 0;
    n.weight = 1;
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

/* Do all operands lie as the output does? */
static inline bool is_plain(const gd__call *call)
{
    for (int i = 0; i < call->count; i++)
        if (!call->in[i]->contiguous || call->in[i]->numel != call->out->numel)
            return false;
    return call->out->contiguous;
}

/* One call of the loop. */
static inline void run_plain(const gd__call *call, gd__loop *loop)
{
    char *pointer[GD__MAX_POINTERS];
    int64_t stride[GD__MAX_POINTERS];
    pointer[0] = call->out->data;
    stride[0] = (int64_t)gd__dtypes[call->out->dtype].size;
    for (int i = 0; i < call->count; i++) {
        pointer[i + 1] = call->in[i]->data;
        stride[i + 1] = (int64_t)gd__dtypes[call->in[i]->dtype].size;
    }
    loop(pointer, stride, call->out->numel, call->attrs);
}

static void run_nest(const gd__call *call, gd__loop *loop)
{
    gd__nest n = gd__nest_over(call->out);
    gd__nest_add(&n, call->out);
    for (int i = 0; i < call->count; i++)
        gd__nest_add(&n, call->in[i]);
    gd__nest_share(call->context, &n, loop, call->attrs);
}

static bool refuse_dtype(const gd__call *call)
{
    char text[GD__TEXT_SIZE];
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_DTYPE, .remedy = "gd_cast it to another dtype first" },
             "there is no %s of %s", call->op->info.name, gd__describe(call->in[0], text));
    return false;
}

bool gd__run_elementwise(const gd__kernel *kernel, const gd__call *call)
{
    gd__loop *loop = kernel->loop[call->in[0]->dtype];
    if (!loop)
        return refuse_dtype(call);
    if (call->out->numel < 2 * SHARE && is_plain(call))
        run_plain(call, loop);
    else if (call->out->numel > 0)
        run_nest(call, loop);
    return true;
}
