/* product.h - the product of two matrices, block by block.
 *
 *     gd__product p = { .a = gd__matrix_of(x), .b = gd__matrix_of(w), .rows = 128, .columns = 1024, .inner = 784,
 *                       .dtype = GD_FLOAT32, .y = y, .lead = 1024, .done = add_bias, .user = &layer };
 *     if (!gd__product_run(g, &p))
 *         ... the error is set
 *
 * Y = A B is cut into blocks, which the context's threads share; with one thread, few rows are one block. When a block of Y is finished,
 * the thread that made it calls `done` on it, while it is in that core's cache: a bias, an activation or an update
 * goes there.
 *
 * An element of Y is the sum over pieces of the inner dimension (gd__piece), added in order; a piece is a chain of
 * fused multiplications and additions in order, from 0. So its bits depend on its row of A and its column of B alone:
 * not on the cut, on the number of threads, on `done`, nor on what stands beside it; and instruction sets that have
 * fused operations all give the same. A BLAS, where the library is built with one, promises less: there the cut counts. */
#ifndef GRADUS_SRC_CPU_PRODUCT_H
#define GRADUS_SRC_CPU_PRODUCT_H

#include "cpu/kernel.h"

/* A matrix as the kernels take it: row-major, or the transpose of a row-major one. */
typedef struct gd__matrix {
    const void *data;
    bool transposed;
    int64_t lead; /* elements from one row of the row-major one to the next */
} gd__matrix;

/* What is done to a finished block of Y, by the thread that made it: several blocks may be at it at the same time. Each
 * element lies in one block. It can't use the context. */
typedef void gd__block_done(void *user, int64_t row, int64_t rows, int64_t column, int64_t columns);

/* The same of a block that is made in scratch memory, where y is NULL: there it lies, and is gone afterwards. */
typedef void gd__block_taken(void *user, const void *block, int64_t lead, int64_t row, int64_t rows, int64_t column,
                             int64_t columns);

struct gd__product {
    gd__matrix a, b; /* rows x inner, inner x columns */
    int64_t rows, columns, inner;
    gd_dtype dtype;         /* GD_FLOAT32 or GD_FLOAT64 */
    void *y;                /* row-major, written over; no part of a or b. NULL: it is wanted block by block only */
    int64_t lead;           /* elements from one row of y to the next */
    gd__block_done *done;   /* NULL: nothing */
    gd__block_taken *taken; /* in place of done where y is NULL */
    void *user;
};

/* Computes y. False with the error set, for want of memory. A steady loop asks the allocator for none. */
bool gd__product_run(gd_context *g, const gd__product *p);

/* The last two dimensions of t, from its first element on. data is NULL where they lie in neither order. */
gd__matrix gd__matrix_of(const gd_tensor *t);

/* The operation matmul: many products, of operands of any layout. */
gd__run gd__run_matmul;

/* ---- for the kernels ---- */

/* Rows of A that lie side by side in scratch memory, how far apart, and the longest piece of the inner dimension. */
enum { GD__BLOCK_ROWS = 252, GD__PIECE = 256, GD__SCRATCH_LEAD = GD__PIECE + 16 };

/* The inner dimension is cut into pieces of about the same length. */
static inline int64_t gd__piece(int64_t inner)
{
    int64_t pieces = inner > GD__PIECE ? (inner + GD__PIECE - 1) / GD__PIECE : 1;
    return ((inner + pieces - 1) / pieces + 3) / 4 * 4;
}

/* Are so few columns made of A's rows, that gathering them does not pay? Rows that lie a multiple of 2 KiB apart push
 * each other out of the cache. */
static inline bool gd__takes_as_it_lies(const gd__product *p)
{
    return p->columns <= 64 && p->a.lead * (p->dtype == GD_FLOAT32 ? 4 : 8) % 2048 != 0;
}

#endif
