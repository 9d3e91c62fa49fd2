/* update.c - what optimizers do to a parameter, in place. */
#include "cpu/kernel.h"

#include "base/threads.h"
#include "cpu/kernels/libm.h"

enum { BLOCK = 512 };

#define T float
#define F(name) name##_f32
#include "cpu/kernels/update.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/update.inc"

/* Blocks of a task. */
enum { SHARE = 32 };

typedef struct shared {
    const gd__call *call;
    gd__loop *loop;
} shared;

/* The operands lie in row-major order; the pointer of one that is not there is NULL. */
static void run_blocks(void *user, int64_t task, int slot)
{
    const shared *s = user;
    const gd_tensor *p = s->call->in[0];
    size_t size = gd__dtypes[p->dtype].size;
    int64_t end = p->numel < (task + 1) * SHARE * BLOCK ? p->numel : (task + 1) * SHARE * BLOCK;
    char *pointer[GD__MAX_INPUTS] = { NULL };
    (void)slot;
    for (int64_t at = task * SHARE * BLOCK; at < end; at += BLOCK) {
        for (int i = 0; i < s->call->count; i++)
            pointer[i] = s->call->in[i]->data + (size_t)at * size;
        s->loop(pointer, NULL, end - at < BLOCK ? end - at : BLOCK, s->call->attrs);
    }
}

static bool run_update(const gd__kernel *kernel, const gd__call *call)
{
    int64_t n = call->in[0]->numel;
    shared s = { call, kernel->loop[call->in[0]->dtype] };
    gd__parallel(call->context, (n + SHARE * BLOCK - 1) / (SHARE * BLOCK), 0.15 * (double)n, run_blocks, &s);
    return true;
}

/* The plainest rule, p - lr d, for several parameters, in vectors that have room to their end. */
static void descend_few(const gd__descent *d, int count)
{
    enum { LANES = 8 };
    for (const gd__descent *end = d + count; d < end; d++) {
        float rate = (float)d->attrs->scalar[0];
        float *restrict p = d->p;
        const float *restrict gradient = d->d;
        for (int64_t at = 0; at < d->n; at += LANES)
            for (int i = 0; i < LANES; i++)
                p[at + i] -= rate * gradient[at + i];
    }
}

const gd__kernel GD__K(sgd_update) = {
    .run = run_update, .loop = { [GD_FLOAT32] = sgd_f32, [GD_FLOAT64] = sgd_f64 }, .descend = descend_few,
};
const gd__kernel GD__K(adagrad_update) = { .run = run_update, .loop = { [GD_FLOAT32] = adagrad_f32, [GD_FLOAT64] = adagrad_f64 } };
const gd__kernel GD__K(rmsprop_update) = { .run = run_update, .loop = { [GD_FLOAT32] = rmsprop_f32, [GD_FLOAT64] = rmsprop_f64 } };
const gd__kernel GD__K(adam_update) = { .run = run_update, .loop = { [GD_FLOAT32] = adam_f32, [GD_FLOAT64] = adam_f64 } };
const gd__kernel GD__K(scale_update) = { .run = run_update, .loop = { [GD_FLOAT32] = scale_f32, [GD_FLOAT64] = scale_f64 } };
const gd__kernel GD__K(clamp_update) = { .run = run_update, .loop = { [GD_FLOAT32] = clamp_f32, [GD_FLOAT64] = clamp_f64 } };
