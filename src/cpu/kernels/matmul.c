/* matmul.c - the product of matrices: the BLAS's, or our own for tiny ones and for builds without a BLAS. */
#include "cpu/product.h"

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

static bool run_matmul(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    gd_tensor *y = call->out;
    gd__product p;
    bool ready = gd__product_begin(&p, call);
    if (ready && y->numel > 0 && !gd__product_by_blas(&p, y)) {
        if (y->dtype == GD_FLOAT32)
            multiply_f32(&p, (float *)y->data);
        else
            multiply_f64(&p, (double *)y->data);
    }
    gd__product_end(&p, call);
    return ready;
}

const gd__kernel GD__K(matmul) = { .run = run_matmul };
