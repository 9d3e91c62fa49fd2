/* matmul.c - the product of matrices: the BLAS's, or our own for tiny ones and for builds without a BLAS. */
#include "cpu/product.h"

#include "cpu/kernels/small.h"

#define T float
#define F(name) name##_f32
#include "cpu/kernels/multiply.inc"
#undef T
#undef F
#define T double
#define F(name) name##_f64
#include "cpu/kernels/multiply.inc"
#undef T
#undef F

static bool multiply(const gd__call *call, int64_t batch, char *y)
{
    gd_dtype dtype = (gd_dtype)call->out->dtype;
    gd__product p;
    bool ready = gd__product_begin(&p, call, batch);
    if (ready && !gd__product_by_blas(&p, dtype, y)) {
        if (dtype == GD_FLOAT32)
            multiply_f32(&p, (float *)y);
        else
            multiply_f64(&p, (double *)y);
    }
    gd__product_end(&p, call);
    return ready;
}

static bool run_matmul(const gd__kernel *kernel, const gd__call *call)
{
    const gd_tensor *y = call->out;
    int64_t size = y->shape[y->ndim - 2] * y->shape[y->ndim - 1];
    (void)kernel;
    for (int64_t batch = 0; batch * size < y->numel; batch++)
        if (!multiply(call, batch, y->data + batch * size * (int64_t)gd_dtype_size((gd_dtype)y->dtype)))
            return false;
    return true;
}

const gd__kernel GD__K(matmul) = {
    .run = run_matmul, .small = { [GD_FLOAT32] = GD__K(multiply_small_f32), [GD_FLOAT64] = GD__K(multiply_small_f64) },
};
