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

static bool take_matrix(gd_context *g, const gd_tensor *t, gd__matrix *m)
{
    *m = (gd__matrix){ .data = t->data };
    if (lies_plain(t, 0, 1)) {
        m->lead = lead_of(t, 0, 1);
    } else if (lies_plain(t, 1, 0)) {
        m->transposed = true;
        m->lead = lead_of(t, 1, 0);
    } else {
        m->copy_size = (size_t)t->numel * gd_dtype_size((gd_dtype)t->dtype);
        m->copy = gd__alloc(g, m->copy_size);
        if (!m->copy)
            return false;
        gd__copy_strided(t, (const int[]){ 0, 1 }, m->copy);
        m->data = m->copy;
        m->lead = t->shape[1];
    }
    return true;
}

bool gd__product_begin(gd__product *p, const gd__call *call)
{
    *p = (gd__product){ .rows = call->out->shape[0], .columns = call->out->shape[1], .inner = call->in[0]->shape[1] };
    return take_matrix(call->context, call->in[0], &p->a) && take_matrix(call->context, call->in[1], &p->b);
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

bool gd__product_by_blas(const gd__product *p, gd_tensor *y)
{
    if (is_tiny(p) || p->inner == 0 || !fits_int(p))
        return false;
    CBLAS_TRANSPOSE ta = p->a.transposed ? CblasTrans : CblasNoTrans;
    CBLAS_TRANSPOSE tb = p->b.transposed ? CblasTrans : CblasNoTrans;
    int m = (int)p->rows, n = (int)p->columns, k = (int)p->inner, la = (int)p->a.lead, lb = (int)p->b.lead;
    if (y->dtype == GD_FLOAT32)
        cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1, p->a.data, la, p->b.data, lb, 0, (float *)y->data, n);
    else
        cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1, p->a.data, la, p->b.data, lb, 0, (double *)y->data, n);
    return true;
}
#else
void gd__blas_one_thread(void)
{
}

bool gd__product_by_blas(const gd__product *p, gd_tensor *y)
{
    (void)p;
    (void)y;
    return false;
}
#endif
