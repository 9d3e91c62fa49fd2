/* kernel.h - what an operation does to numbers on a CPU.
 *
 * The files in src/cpu/kernels/ are compiled once for each instruction set, with GD__ISA naming it; each such
 * build makes one table. A context takes the best table that its processor can run. Files beside this one
 * are compiled once. */
#ifndef GRADUS_SRC_CPU_KERNEL_H
#define GRADUS_SRC_CPU_KERNEL_H

#include "op/op.h"

typedef struct gd__kernel gd__kernel;

/* One pass over n elements: pointer[0] the output, pointer[1 ...] the operands; strides in bytes. */
typedef void gd__loop(char *const *pointer, const int64_t *stride, int64_t n, const gd__attrs *attrs);

/* A tensor in row-major order as outer x along x inner elements: outer x inner lanes that run along the middle. */
typedef struct gd__lanes {
    int64_t outer, along, inner;
} gd__lanes;

/* One pass over lanes: y has an element for each, or as many as x. */
typedef void gd__lane_loop(gd__lanes l, const void *x, void *y);

/* One block of a product of matrices (product.h), with scratch memory for A's part in it, or NULL where that is taken as
 * it lies. */
typedef struct gd__product gd__product;
typedef struct gd__block {
    int64_t row, rows, column, columns;
} gd__block;
typedef void gd__block_loop(const gd__product *p, gd__block block, void *scratch);

/* Fills call->out. False with the error set. */
typedef bool gd__run(const gd__kernel *kernel, const gd__call *call);

/* An instruction of so few numbers that finding out how they lie costs more than the arithmetic; addresses and places are known
 * beforehand. `first` says what it is:
 *   matmul        y = a b + bias, y in row-major order, and a bias (columns), NULL for none
 *   sum           y = the sum over the rows of a, which is row-major
 *   bce_backward  y = that of the probabilities a and the targets b, `rows` numbers in all; bias: the loss's gradient, a number
 * Strides in elements. */
enum { GD__SMALL_LANES = 16 };
typedef struct gd__small gd__small;
typedef void gd__small_run(const gd__small *s);
struct gd__small {
    gd__small_run *run;
    const void *a, *b, *bias;
    void *y;
    const void *of;     /* the value that a backward is of */
    float *p;           /* the parameter that descends by y, */
    const double *rate; /* at this rate */
    int first, then;    /* where there are lanes: what is done to y, sigmoid, tanh or relu, the backward of the first and last,
                         * or sgd_update, which does it to p; -1: nothing */
    int rows, columns, inner; /* inner: of a sum, how many additions there are by lanes */
    int64_t a_row, a_inner, b_inner, b_column;
    int lanes; /* not 0: each matrix fits into a vector of so many, which may be read and written to its end; for each step of
                * the inner dimension, the places of each lane. Of a sum, for each row, or halving of one column, what each lane
                * adds */
    int32_t a_place[GD__SMALL_LANES][GD__SMALL_LANES], b_place[GD__SMALL_LANES][GD__SMALL_LANES];
    int32_t bias_place[GD__SMALL_LANES];
};

/* The function for it; NULL where there is none. */
typedef gd__small_run *gd__pick_small(const gd__small *s);

/* A step of the plainest rule, of float32: numbers that have room to the end of a vector of eight. */
typedef struct gd__descent {
    float *p;
    const float *d;
    int64_t n; /* rounded up to that */
    const gd__attrs *attrs;
} gd__descent;

struct gd__kernel {
    gd__run *run;
    gd__loop *loop[GD_BOOL + 1]; /* elementwise: by the dtype of the operands; NULL: not for that dtype */
    gd__lane_loop *lanes[GD_BOOL + 1]; /* along dimensions: the same; every dtype that the shape rule lets through */
    gd__pick_small *small[GD_BOOL + 1]; /* those that can be a small instruction: the bits of their own */
    int widest;                         /* matmul: the lanes of the widest vector of float32; 0: there is none */
    void (*descend)(const gd__descent *d, int count); /* sgd_update: without momentum, weight decay and maximizing */
    bool (*bce)(const void *p, const void *t, int n, void *y); /* of up to eight float32; false where run would fail */
    bool joins; /* the fold of the folds of a lane's parts is its own fold: lanes[dtype of the result] folds them */
    gd__block_loop *block[GD_BOOL + 1]; /* products of matrices: the same */
};

/* The table of the context's instruction set, chosen at the first call; NULL with the error set. */
const gd__kernel *const *gd__choose_kernels(gd_context *g);
static inline const gd__kernel *const *gd__kernels(gd_context *g)
{
    return g->kernels ? g->kernels : gd__choose_kernels(g);
}

/* Runs an elementwise kernel: collapses dimensions, broadcasts, calls the loop (elementwise.c). */
gd__run gd__run_elementwise;

/* Runs a lane loop that makes one element of each lane: attrs as op/reduce.h has them (lanes.c). */
gd__run gd__run_fold;

/* Runs a lane loop along the one dimension attrs->integer[0], on a row-major operand (lanes.c). */
gd__run gd__run_along;

/* The lanes of a row-major tensor along one dimension, which may be counted from the end (lanes.c). */
gd__lanes gd__lanes_along(const gd_tensor *x, int64_t dim);

/* A nest of loops over the places of a shape; strides in bytes, 0 where an operand is repeated. */
enum { GD__MAX_POINTERS = GD__MAX_INPUTS + 1 };
typedef struct gd__nest {
    int ndim, operands;
    int64_t weight; /* elements that a step of the innermost loop stands for; 0 is 1 */
    int64_t size[GD_MAX_DIMS];
    int64_t stride[GD_MAX_DIMS][GD__MAX_POINTERS];
    char *pointer[GD__MAX_POINTERS];
} gd__nest;

/* A nest over the shape of t, still without operands; its next operand, as that lies, broadcast; and the loop run
 * over all places in row-major order, of which there must be some (elementwise.c). */
gd__nest gd__nest_over(const gd_tensor *t);
void gd__nest_add(gd__nest *n, const gd_tensor *t);
void gd__nest_run(gd__nest *n, gd__loop *loop, const gd__attrs *attrs);

/* Makes dimensions that can run as one loop one, and leaves out those of size 1. */
void gd__nest_collapse(gd__nest *n);

/* The same, shared among the context's threads where it is large: the loop is then called for parts, in any order. */
void gd__nest_share(gd_context *g, gd__nest *n, gd__loop *loop, const gd__attrs *attrs);

/* A strided copy into row-major memory, dimensions taken in this order (copy.c). */
void gd__copy_strided(const gd_tensor *t, const int *order, char *to);

/* The other way round: t's elements, in row-major order, to places with these strides in bytes. */
void gd__copy_into(const gd_tensor *t, char *to, const int64_t *stride);

/* The running sum of a long series in the shape of a fixed binary tree: the error grows with log n. */
typedef struct gd__cascade {
    double partial[64];
    uint64_t count;
} gd__cascade;

static inline void gd__cascade_add(gd__cascade *sum, double value)
{
    int level = 0;
    for (uint64_t bit = sum->count++; bit & 1; bit >>= 1)
        value = sum->partial[level++] + value;
    sum->partial[level] = value;
}

static inline double gd__cascade_total(const gd__cascade *sum)
{
    double total = 0;
    int level = 0;
    for (uint64_t bits = sum->count; bits; bits >>= 1, level++)
        if (bits & 1)
            total = sum->partial[level] + total;
    return total;
}

#define GD__JOIN_(a, b, c) a##b##_##c
#define GD__JOIN(a, b, c) GD__JOIN_(a, b, c)
/* The name of something that each instruction set has its own of: gd__avx2_exp. */
#define GD__K(name) GD__JOIN(gd__, GD__ISA, name)

#endif
