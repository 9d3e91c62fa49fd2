/* product.c - products of matrices cut into blocks, and operands of any layout made ready for them. */
#include "cpu/product.h"

#include "base/threads.h"

#ifdef GD__HAVE_BLAS
#include <cblas.h>
#include <limits.h>
#endif

/* ---- operands ---- */

static bool lies_plain(const gd_tensor *t, int row, int column)
{
    bool dense = t->stride[column] == 1 || t->shape[column] == 1;
    return dense && (t->shape[row] == 1 || t->stride[row] >= (t->shape[column] > 1 ? t->shape[column] : 1));
}

static int64_t lead_of(const gd_tensor *t, int row, int column)
{
    int64_t least = t->shape[column] > 1 ? t->shape[column] : 1;
    return t->shape[row] > 1 ? t->stride[row] : least;
}

gd__matrix gd__matrix_of(const gd_tensor *t)
{
    int row = t->ndim - 2, column = t->ndim - 1;
    if (lies_plain(t, row, column))
        return (gd__matrix){ .data = t->data, .lead = lead_of(t, row, column) };
    if (lies_plain(t, column, row))
        return (gd__matrix){ .data = t->data, .lead = lead_of(t, column, row), .transposed = true };
    return (gd__matrix){ .data = NULL };
}

/* An operand as a product takes it: itself, or a row-major copy in memory of ours. */
typedef struct operand {
    const gd_tensor *lies;
    gd__matrix matrix; /* the first one */
    char *copy;
    size_t size;
    gd_tensor copied; /* how that lies */
} operand;

static bool take(gd_context *g, const gd_tensor *t, operand *o)
{
    static const int order[GD_MAX_DIMS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    o->lies = t;
    o->matrix = gd__matrix_of(t);
    o->copy = NULL;
    o->size = (size_t)t->numel * gd__dtypes[t->dtype].size;
    if (o->matrix.data)
        return true;
    o->copy = gd__alloc(g, o->size);
    if (!o->copy)
        return false;
    gd__copy_strided(t, order, o->copy);
    o->copied = *t;
    o->copied.data = o->copy;
    int64_t step = 1;
    for (int i = t->ndim - 1; i >= 0; i--) {
        o->copied.stride[i] = step;
        step *= t->shape[i];
    }
    o->lies = &o->copied;
    o->matrix = gd__matrix_of(&o->copied);
    return true;
}

/* Where matrix number `batch` of the result finds its matrix in t, in bytes. */
static int64_t offset_of(const gd_tensor *t, const gd_tensor *y, int64_t batch)
{
    int64_t offset = 0;
    for (int i = y->ndim - 3, own = t->ndim - 3; own >= 0; i--, own--) {
        int64_t index = batch % y->shape[i];
        batch /= y->shape[i];
        offset += t->shape[own] == 1 ? 0 : index * t->stride[own];
    }
    return offset * (int64_t)gd__dtypes[t->dtype].size;
}

/* ---- one block ---- */

#ifdef GD__HAVE_BLAS
/* OpenBLAS's; other libraries have none of that name. Threads of its own would get in the way of ours. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));

static void hold_blas(void)
{
    if (openblas_set_num_threads)
        openblas_set_num_threads(1);
}

/* Below this many multiplications a call of the BLAS costs more than the product. */
enum { TINY = 512 };

static bool suits_blas(const gd__product *p)
{
    bool fits = p->rows <= INT_MAX && p->columns <= INT_MAX && p->inner <= INT_MAX && p->a.lead <= INT_MAX &&
                p->b.lead <= INT_MAX && p->lead <= INT_MAX;
    bool tiny = p->rows <= TINY && p->columns <= TINY && p->inner <= TINY && p->rows * p->columns * p->inner <= TINY;
    return fits && !tiny && p->inner > 0;
}

static int64_t place(const gd__matrix *m, int64_t row, int64_t column)
{
    return m->transposed ? column * m->lead + row : row * m->lead + column;
}

static void blas_block(const gd__product *p, gd__block b, void *scratch)
{
    CBLAS_TRANSPOSE ta = p->a.transposed ? CblasTrans : CblasNoTrans,
                    tb = p->b.transposed ? CblasTrans : CblasNoTrans;
    int m = (int)b.rows, n = (int)b.columns, k = (int)p->inner, la = (int)p->a.lead, lb = (int)p->b.lead;
    int64_t at_a = place(&p->a, b.row, 0), at_b = place(&p->b, 0, b.column), at_y = b.row * p->lead + b.column;
    (void)scratch;
    if (p->dtype == GD_FLOAT32)
        cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, (const float *)p->a.data + at_a, la,
                    (const float *)p->b.data + at_b, lb, 0, (float *)p->y + at_y, (int)p->lead);
    else
        cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1, (const double *)p->a.data + at_a, la,
                    (const double *)p->b.data + at_b, lb, 0, (double *)p->y + at_y, (int)p->lead);
}

static gd__block_loop *loop_for(const gd__kernel *kernel, const gd__product *p)
{
    if (!suits_blas(p))
        return kernel->block[p->dtype];
    hold_blas();
    return blas_block;
}
#else
static gd__block_loop *loop_for(const gd__kernel *kernel, const gd__product *p)
{
    return kernel->block[p->dtype];
}
#endif

/* ---- all blocks of all products ---- */

/* Products of the same shape, whose operands and results lie here and there. */
typedef struct job {
    gd__product p; /* the first one */
    const operand *a, *b;
    const gd_tensor *y; /* NULL: there is one product only */
    gd__block_loop *loop;
    int64_t rows, columns; /* of a block, but for the last ones */
    int64_t down, across;  /* blocks of a product */
    int64_t blocks, group; /* in all; in a task */
    char *scratch;
    size_t room;       /* of scratch for a task: for A's rows, and behind them */
    size_t block_room; /* for a block */
} job;

/* n elements in parts of nearly the same size, a multiple of `unit` and at most `most`, which is one too. How many. */
static int64_t cut(int64_t n, int64_t most, int64_t unit, int64_t *size)
{
    int64_t parts = (n + most - 1) / most;
    *size = parts > 0 ? ((n + parts - 1) / parts + unit - 1) / unit * unit : 1;
    return (n + *size - 1) / *size;
}

enum { COLUMNS = 32 }; /* the least that a block is wide, where there are more */

/* A's rows are gathered anew for each block that stands beside another. Where they are not, narrow ones cost little and make two tasks
 * of a product of few rows, for whom there is a second thread; many rows are cut anyhow, and a block of whole rows is gone over
 * faster by who is called with it. A BLAS, whose bits depend on the cut, is given the same one for any number of threads. */
static void cut_product(job *j, int64_t products, bool narrow)
{
    enum { ROWS = 12, WIDE = 256, ENOUGH = 200000 };
    const gd__product *p = &j->p;
    bool lies = gd__takes_as_it_lies(p);
    j->down = cut(p->rows, GD__BLOCK_ROWS, ROWS, &j->rows);
    j->across = cut(p->columns, lies && narrow && j->down == 1 ? COLUMNS : WIDE, COLUMNS, &j->columns);
    j->blocks = products * j->down * j->across;
    j->block_room = p->y ? 0 : (size_t)(j->rows * j->columns) * gd__dtypes[p->dtype].size;
    j->room = lies ? 0 : (size_t)GD__PIECE * GD__SCRATCH_LEAD * gd__dtypes[p->dtype].size;
    double work = (double)(p->rows < j->rows ? p->rows : j->rows) * (double)j->columns * (double)p->inner;
    j->group = work >= ENOUGH ? 1 : (int64_t)(ENOUGH / (work + 100)) + 1;
}

/* The product that block number `index` is part of. */
static gd__product product_at(const job *j, int64_t index)
{
    int64_t batch = index / (j->down * j->across);
    gd__product p = j->p;
    if (j->y && batch > 0) {
        p.a.data = (const char *)p.a.data + offset_of(j->a->lies, j->y, batch);
        p.b.data = (const char *)p.b.data + offset_of(j->b->lies, j->y, batch);
        p.y = (char *)p.y + batch * p.rows * p.columns * (int64_t)gd__dtypes[p.dtype].size;
    }
    return p;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static const void *shifted(const gd__matrix *m, gd_dtype dtype, int64_t row, int64_t column)
{
    int64_t elements = m->transposed ? column * m->lead + row : row * m->lead + column;
    return (const char *)m->data + elements * (int64_t)gd_dtype_size(dtype);
}

/* A block of its own, in scratch memory. */
static void run_apart(const job *j, gd__block b, char *scratch)
{
    gd__product p = j->p;
    p.a.data = shifted(&p.a, p.dtype, b.row, 0);
    p.b.data = shifted(&p.b, p.dtype, 0, b.column);
    p.y = scratch + j->room;
    p.lead = b.columns;
    j->loop(&p, (gd__block){ 0, b.rows, 0, b.columns }, j->room > 0 ? scratch : NULL);
    p.taken(p.user, p.y, p.lead, b.row, b.rows, b.column, b.columns);
}

static void run_block(const job *j, int64_t index, void *scratch)
{
    gd__product p = product_at(j, index);
    int64_t row = index / j->across % j->down * j->rows, column = index % j->across * j->columns;
    gd__block b = { row, least(p.rows - row, j->rows), column, least(p.columns - column, j->columns) };
    if (!p.y) {
        run_apart(j, b, scratch);
        return;
    }
    j->loop(&p, b, j->room > 0 ? scratch : NULL);
    if (p.done)
        p.done(p.user, b.row, b.rows, b.column, b.columns);
}

static void run_group(void *user, int64_t task, int slot)
{
    const job *j = user;
    void *scratch = j->scratch ? j->scratch + (size_t)slot * (j->room + j->block_room) : NULL;
    for (int64_t i = task * j->group; i < least((task + 1) * j->group, j->blocks); i++)
        run_block(j, i, scratch);
}

/* A product that is one block, which needs no scratch memory: no more is done than must be. */
static bool run_alone(const job *j)
{
    const gd__product *p = &j->p;
    if (!p->y || p->rows > GD__BLOCK_ROWS || p->columns > COLUMNS || !gd__takes_as_it_lies(p))
        return false;
    j->loop(p, (gd__block){ 0, p->rows, 0, p->columns }, NULL);
    if (p->done)
        p->done(p->user, 0, p->rows, 0, p->columns);
    return true;
}

static bool run_job(gd_context *g, job *j, int64_t products)
{
    const gd__kernel *const *kernels = gd__kernels(g);
    if (!kernels)
        return false;
    j->loop = loop_for(kernels[GD__OP_matmul], &j->p);
    if (products == 1 && run_alone(j))
        return true;
    cut_product(j, products, gd__slots(g) > 1 || j->loop != kernels[GD__OP_matmul]->block[j->p.dtype]);
    int64_t tasks = (j->blocks + j->group - 1) / j->group;
    size_t size = (j->room + j->block_room) * (size_t)gd__slots(g);
    if (size > 0 && !(j->scratch = gd__alloc(g, size)))
        return false;
    double each = j->p.dtype == GD_FLOAT32 ? 0.02 : 0.04; /* nanoseconds */
    double work = (double)products * (double)j->p.rows * (double)j->p.columns * (double)j->p.inner;
    gd__parallel(g, tasks, work * each, run_group, j);
    if (size > 0)
        gd__free(g, j->scratch, size);
    return true;
}

bool gd__product_run(gd_context *g, const gd__product *p)
{
    return run_job(g, &(job){ .p = *p }, 1);
}

/* ---- the operation ---- */

static bool multiply(const gd__call *call, const operand *a, const operand *b)
{
    const gd_tensor *y = call->out;
    int64_t rows = y->shape[y->ndim - 2], columns = y->shape[y->ndim - 1];
    job j = { .a = a,
              .b = b,
              .y = y,
              .p = { .a = a->matrix,
                     .b = b->matrix,
                     .rows = rows,
                     .columns = columns,
                     .inner = a->lies->shape[a->lies->ndim - 1],
                     .dtype = (gd_dtype)y->dtype,
                     .y = y->data,
                     .lead = columns } };
    return run_job(call->context, &j, y->numel / (rows * columns));
}

/* A product of few multiplications takes its operands as they lie. The bits are the same. False where it is none. */
static bool run_small(const gd__kernel *kernel, const gd__call *call)
{
    enum { FEW = 128 };
    const gd_tensor *a = call->in[0], *b = call->in[1], *y = call->out;
    if (y->ndim > 2 || y->numel > FEW || a->shape[1] > FEW || y->numel * a->shape[1] > FEW)
        return false;
    gd__small s; /* not cleared: it has room for more than is needed here */
    s.first = GD__OP_matmul;
    s.then = -1;
    s.a = a->data;
    s.b = b->data;
    s.bias = NULL;
    s.y = y->data;
    s.rows = (int)y->shape[0];
    s.columns = (int)y->shape[1];
    s.inner = (int)a->shape[1];
    s.a_row = a->stride[0];
    s.a_inner = a->stride[1];
    s.b_inner = b->stride[0];
    s.b_column = b->stride[1];
    s.lanes = 0;
    kernel->small[y->dtype] (&s)(&s);
    return true;
}

bool gd__run_matmul(const gd__kernel *kernel, const gd__call *call)
{
    gd_context *g = call->context;
    operand a, b;
    if (call->out->numel == 0 || run_small(kernel, call))
        return true;
    bool ready = take(g, call->in[0], &a);
    if (!ready)
        return false;
    ready = take(g, call->in[1], &b);
    bool good = ready && multiply(call, &a, &b);
    gd__free(g, b.copy, b.size);
    gd__free(g, a.copy, a.size);
    return good;
}
