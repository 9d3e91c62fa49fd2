/* index.c - elements picked by indices, and added where indices say. */
#include "cpu/kernel.h"

#include <string.h>

#define T float
#define U float
#define F(name) name##_f32
#include "cpu/kernels/index.inc"
#define T double
#define U double
#define F(name) name##_f64
#include "cpu/kernels/index.inc"
#define T int64_t
#define U uint64_t
#define F(name) name##_i64
#include "cpu/kernels/index.inc"
#define T uint8_t
#define U unsigned
#define F(name) name##_u8
#include "cpu/kernels/index.inc"
#define T bool
#define U unsigned
#define F(name) name##_bool
#include "cpu/kernels/index.inc"

static int dim_of(const gd__call *call)
{
    return gd__dim(call->in[0], call->attrs->integer[0]);
}

/* The loop over the places of the indices. `indexed` is the operand that they point into: along their dimension it
 * stays where it is, and the index moves it. */
static void run_indexed(const gd_tensor *index, const gd_tensor *y, const gd_tensor *x, const gd_tensor *indexed, int dim,
                        gd__loop *loop)
{
    gd__nest n = gd__nest_over(index);
    gd__nest_add(&n, y);
    gd__nest_add(&n, x);
    gd__nest_add(&n, index);
    n.stride[dim][indexed == y ? 0 : 1] = 0;
    int64_t step = indexed->stride[dim] * (int64_t)gd_dtype_size((gd_dtype)indexed->dtype);
    gd__nest_run(&n, loop, &(gd__attrs){ .integer = { step } });
}

static bool run_gather(const gd__kernel *kernel, const gd__call *call)
{
    if (call->out->numel > 0)
        run_indexed(call->in[1], call->out, call->in[0], call->in[0], dim_of(call), kernel->loop[call->in[0]->dtype]);
    return true;
}

const gd__kernel GD__K(gather) = {
    .run = run_gather,
    .loop = { [GD_FLOAT32] = gather_f32, [GD_FLOAT64] = gather_f64, [GD_INT64] = gather_i64, [GD_UINT8] = gather_u8,
              [GD_BOOL] = gather_bool },
};

static bool run_scatter_add(const gd__kernel *kernel, const gd__call *call)
{
    static const int order[GD_MAX_DIMS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    gd__copy_strided(call->in[0], order, call->out->data);
    if (call->in[1]->numel > 0)
        run_indexed(call->in[1], call->out, call->in[2], call->out, dim_of(call), kernel->loop[call->in[0]->dtype]);
    return true;
}

const gd__kernel GD__K(scatter_add) = {
    .run = run_scatter_add,
    .loop = { [GD_FLOAT32] = scatter_add_f32, [GD_FLOAT64] = scatter_add_f64, [GD_INT64] = scatter_add_i64,
              [GD_UINT8] = scatter_add_u8, [GD_BOOL] = scatter_add_bool },
};
