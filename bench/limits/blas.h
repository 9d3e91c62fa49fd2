/* blas.h - products of matrices by whichever BLAS of the machine is fastest for each. */
#ifndef GRADUS_BENCH_BLAS_H
#define GRADUS_BENCH_BLAS_H

#include <stdbool.h>

/* C (m, n) = A (m, k) B (k, n), float32, row-major; a transposed operand lies in memory as (k, m) or (n, k). */
typedef struct product {
    bool transpose_a, transpose_b;
    int m, n, k;
} product;

typedef struct operand_memory {
    float *a, *b, *c;
} operand_memory;

typedef void product_function(const product *p, const operand_memory *o);

/* The fastest for this product, of those that can be loaded; NULL where there is none. Its name goes to `name`. */
product_function *fastest_product(const product *p, const operand_memory *o, const char **name);

#endif
