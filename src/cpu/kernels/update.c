/* update.c - what optimizers do to a parameter, in place. */
#include "cpu/kernel.h"

#include "cpu/kernels/libm.h"

enum { BLOCK = 512 };

#define T float
#define F(name) name##_f32
#include "cpu/kernels/update.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/update.inc"

/* The operands lie in row-major order; the pointer of one that is not there is NULL. */
static bool run_update(const gd__kernel *kernel, const gd__call *call)
{
    int64_t n = call->in[0]->numel;
    size_t size = gd__dtypes[call->in[0]->dtype].size;
    char *pointer[GD__MAX_INPUTS] = { NULL };
    for (int64_t at = 0; at < n; at += BLOCK) {
        for (int i = 0; i < call->count; i++)
            pointer[i] = call->in[i]->data + (size_t)at * size;
        kernel->loop[call->in[0]->dtype](pointer, NULL, n - at < BLOCK ? n - at : BLOCK, call->attrs);
    }
    return true;
}

const gd__kernel GD__K(sgd_update) = { .run = run_update, .loop = { [GD_FLOAT32] = sgd_f32, [GD_FLOAT64] = sgd_f64 } };
const gd__kernel GD__K(adagrad_update) = { .run = run_update, .loop = { [GD_FLOAT32] = adagrad_f32, [GD_FLOAT64] = adagrad_f64 } };
const gd__kernel GD__K(rmsprop_update) = { .run = run_update, .loop = { [GD_FLOAT32] = rmsprop_f32, [GD_FLOAT64] = rmsprop_f64 } };
const gd__kernel GD__K(adam_update) = { .run = run_update, .loop = { [GD_FLOAT32] = adam_f32, [GD_FLOAT64] = adam_f64 } };
const gd__kernel GD__K(scale_update) = { .run = run_update, .loop = { [GD_FLOAT32] = scale_f32, [GD_FLOAT64] = scale_f64 } };
const gd__kernel GD__K(clamp_update) = { .run = run_update, .loop = { [GD_FLOAT32] = clamp_f32, [GD_FLOAT64] = clamp_f64 } };
