/* main.c - the limits, asked for by the names of the works. */
#include "limits/limits.h"

int main(int count, char **arguments)
{
    const work works[] = { fma_peak,           exp_limit,      sigmoid_limit,   tanh_limit,     softmax_limit,
                           bandwidth_copy,     bandwidth_read, bandwidth_add,   mnist_products, mnist_gather_limit,
                           mnist_job_products, wide_products,  { .name = NULL } };
    return serve(works, count, arguments);
}
