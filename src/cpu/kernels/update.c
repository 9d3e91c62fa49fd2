/* update.c - what optimizers do to a parameter, in place. */
#include "cpu/kernel.h"

/* The attributes of sgd_update, unpacked. */
typedef struct sgd_rule {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize, first;
} sgd_rule;

#define T float
#define F(name) name##_f32
#include "cpu/kernels/update.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/update.inc"

static bool run_sgd_update(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    const gd__attrs *attrs = call->attrs;
    sgd_rule rule = { attrs->scalar[0], attrs->scalar[1], attrs->scalar[2], attrs->scalar[3],
                      attrs->integer[0] & 1, attrs->integer[0] >> 1 & 1, attrs->integer[0] >> 2 & 1 };
    char *p = call->in[0]->data, *d = call->in[1]->data, *m = call->count > 2 ? call->in[2]->data : NULL;
    int64_t n = call->in[0]->numel;
    if (call->in[0]->dtype == GD_FLOAT32)
        sgd_f32(&rule, (float *)p, (const float *)d, (float *)m, n);
    else
        sgd_f64(&rule, (double *)p, (const double *)d, (double *)m, n);
    return true;
}

const gd__kernel GD__K(sgd_update) = { .run = run_sgd_update };
