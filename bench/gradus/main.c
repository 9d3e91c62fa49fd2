/* main.c - Gradus's side of the benchmarks. */
#include "gradus/works.h"

int main(int count, char **arguments)
{
    const work works[] = { xor_eager, xor_compiled, scalars,       mnist_eager,    mnist_compiled,  mnist_gather,
                           mnist_job, wide_eager,   wide_compiled, gradient_check, op_exp,          op_sigmoid,
                           op_tanh,   op_softmax,   op_sum,        op_add,         { .name = NULL } };
    return serve(works, count, arguments);
}
