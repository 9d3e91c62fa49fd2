/* limits.h - what the machine can do, that the works are held against. */
#ifndef GRADUS_BENCH_LIMITS_H
#define GRADUS_BENCH_LIMITS_H

#include "common/serve.h"

extern const work fma_peak, bandwidth_copy, bandwidth_read, bandwidth_add;
extern const work exp_limit, sigmoid_limit, tanh_limit, softmax_limit;
extern const work mnist_products, mnist_gather_limit, mnist_job_products, wide_products;

#endif
