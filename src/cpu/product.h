/* product.h - a product of matrices, made ready for whoever computes it. */
#ifndef GRADUS_SRC_CPU_PRODUCT_H
#define GRADUS_SRC_CPU_PRODUCT_H

#include "cpu/kernel.h"

/* A matrix as the kernels take it: row-major, or the transpose of a row-major one. */
typedef struct gd__matrix {
    const void *data;
    bool transposed;
    int64_t lead; /* elements from one row of the row-major one to the next */
    void *copy;   /* where the layout was neither */
    size_t copy_size;
} gd__matrix;

typedef struct gd__product {
    gd__matrix a, b;
    int64_t rows, columns, inner;
} gd__product;

/* The product of batch number `batch` of those that the call asks for; to be ended in any case. False with the error
 * set. */
bool gd__product_begin(gd__product *p, const gd__call *call, int64_t batch);
void gd__product_end(gd__product *p, const gd__call *call);

/* Has the BLAS compute it, into row-major y. False where there is none, or where calling it would cost more than the
 * product. */
bool gd__product_by_blas(const gd__product *p, gd_dtype dtype, void *y);

/* Keeps the BLAS from starting threads of its own, in the whole process: results then do not depend on how many. */
void gd__blas_one_thread(void);

#endif
