/* product.c - matrices of any layout made ready for a product, and the BLAS. */
#include "cpu/product.h"

#ifdef GD__HAVE_BLAS
#include <cblas.h>
#include <limits.h>
#endif

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

/* One matrix of t, `offset` bytes from the first element, in row-major order. */
static void copy_matrix(const gd_tensor *t, int64_t offset, char *to)
{
    gd_tensor matrix = { .data = t->data + offset, .dtype = t->dtype, .ndim = 2, .numel = t->numel };
    for (int i = 0; i < 2; i++) {
        matrix.shape[i] = t->shape[t->ndim - 2 + i];
        matrix.stride[i] = t->stride[t->ndim - 2 + i];
    }
    gd__copy_strided(&matrix, (const int[]){ 0, 1 }, to);
}

/* The last two dimensions of t, `offset` bytes from the first element. */
static bool take_matrix(gd_context *g, const gd_tensor *t, int64_t offset, gd__matrix *m)
{
    int row = t->ndim - 2, column = t->ndim - 1;
    *m = (gd__matrix){ .data = t->data + offset };
    if (lies_plain(t, row, column)) {
        m->lead = lead_of(t, row, column);
    } else if (lies_plain(t, column, row)) {
        m->transposed = true;
        m->lead = lead_of(t, column, row);
    } else {
        m->copy_size = (size_t)(t->shape[row] * t->shape[column]) * gd_dtype_size((gd_dtype)t->dtype);
        m->copy = gd__alloc(g, m->copy_size);
        if (!m->copy)
            return false;
        copy_matrix(t, offset, m->copy);
        m->data = m->copy;
        m->lead = t->shape[column];
    }
    return true;
}

/* Where batch number `batch` of the result finds its matrix in t, in bytes. */
static int64_t offset_of(const gd_tensor *t, const gd_tensor *y, int64_t batch)
{
    int64_t offset = 0;
    for (int i = y->ndim - 3, own = t->ndim - 3; own >= 0; i--, own--) {
        int64_t index = batch % y->shape[i];
        batch /= y->shape[i];
        offset += t->shape[own] == 1 ? 0 : index * t->stride[own];
    }
    return offset * (int64_t)gd_dtype_size((gd_dtype)t->dtype);
}

bool gd__product_begin(gd__product *p, const gd__call *call, int64_t batch)
{
    const gd_tensor *a = call->in[0], *b = call->in[1], *y = call->out;
    *p = (gd__product){ .rows = y->shape[y->ndim - 2], .columns = y->shape[y->ndim - 1], .inner = a->shape[a->ndim - 1] };
    return take_matrix(call->context, a, offset_of(a, y, batch), &p->a) &&
           take_matrix(call->context, b, offset_of(b, y, batch), &p->b);
}

void gd__product_end(gd__product *p, const gd__call *call)
{
    gd__free(call->context, p->a.copy, p->a.copy_size);
    gd__free(call->context, p->b.copy, p->b.copy_size);
}

#ifdef GD__HAVE_BLAS
/* OpenBLAS's; other libraries have none of that name. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));

void gd__blas_one_thread(void)
{
    if (openblas_set_num_threads)
        openblas_set_num_threads(1);
}

/* Below this many multiplications a call of the BLAS costs more than the product. */
enum { TINY = 512 };

static bool is_tiny(const gd__product *p)
{
    return p->rows <= TINY && p->columns <= TINY && p->inner <= TINY && p->rows * p->columns * p->inner <= TINY;
}

static bool fits_int(const gd__product *p)
{
    return p->rows <= INT_MAX && p->columns <= INT_MAX && p->inner <= INT_MAX && p->a.lead <= INT_MAX &&
           p->b.lead <= INT_MAX;
}

bool gd__product_by_blas(const gd__product *p, gd_dtype dtype, void *y)
{
    if (is_tiny(p) || p->inner == 0 || !fits_int(p))
        return false;
    CBLAS_TRANSPOSE ta = p->a.transposed ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE tb = p->b.transposed ? CblasTrans : CblasNoTrans;
    int m = (int)p->rows, n = (int)p->columns, k = (int)p->inner, la = (int)p->a.lead, lb = (int)p->b.lead;
    if (dtype == GD_FLOAT32)
        cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, p->a.data, la, p->b.data, lb, 0, (float *)y, n);
    else
        cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1, p->a.data, la, p->b.data, lb, 0, (double *)y, n);
    return true;
}
#else
void gd__blas_one_thread(void)
{
}

bool gd__product_by_blas(const gd__product *p, gd_dtype dtype, void *y)
{
    (void)p;
    (void)dtype;
    (void)y;
    return false;
}
#endif
