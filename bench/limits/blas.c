/* blas.c - the libraries are loaded when they are there; none is needed to build this. */
#include "limits/blas.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- the forms that they are called in ---- */

enum { ROW_MAJOR = 101, PLAIN = 111, TRANSPOSED = 112 }; /* CBLAS's */

typedef void cblas_function(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a,
                            int lda, const float *b, int ldb, float beta, float *c, int ldc);
typedef int dnnl_function(char trans_a, char trans_b, int64_t m, int64_t n, int64_t k, float alpha, const float *a,
                          int64_t lda, const float *b, int64_t ldb, float beta, float *c, int64_t ldc);
static cblas_function *openblas, *blis;
static dnnl_function *dnnl;

static int row_a(const product *p)
{
    return p->transpose_a ? p->m : p->k;
}

static int row_b(const product *p)
{
    return p->transpose_b ? p->k : p->n;
}

static void by_cblas(cblas_function *call, const product *p, const operand_memory *o)
{
    call(ROW_MAJOR, p->transpose_a ? TRANSPOSED : PLAIN, p->transpose_b ? TRANSPOSED : PLAIN, p->m, p->n, p->k, 1,
         o->a, row_a(p), o->b, row_b(p), 0, o->c, p->n);
}

static void by_openblas(const product *p, const operand_memory *o)
{
    by_cblas(openblas, p, o);
}

static void by_blis(const product *p, const operand_memory *o)
{
    by_cblas(blis, p, o);
}

static void by_dnnl(const product *p, const operand_memory *o)
{
    dnnl(p->transpose_a ? 'T' : 'N', p->transpose_b ? 'T' : 'N', p->m, p->n, p->k, 1, o->a, row_a(p), o->b, row_b(p),
         0, o->c, p->n);
}

/* ---- finding them ---- */

typedef struct library {
    const char *name, *symbol;
    const char *file[3];
    product_function *call;
    void **function;
} library;

static const library *libraries(int *count)
{
    static library list[] = {
        { "OpenBLAS", "cblas_sgemm", { "libopenblas.so.0" }, by_openblas, (void **)&openblas },
        { "BLIS", "cblas_sgemm", { "libblis.so.4", "libblis.so.3" }, by_blis, (void **)&blis },
        { "oneDNN", "dnnl_sgemm", { "libdnnl.so.3", "libdnnl.so.2" }, by_dnnl, (void **)&dnnl },
    };
    *count = sizeof list / sizeof *list;
    return list;
}

/* Local, since several have functions of the same names. */
static bool load(const library *l)
{
    for (int i = 0; i < 3 && l->file[i] && !*l->function; i++) {
        void *handle = dlopen(l->file[i], RTLD_NOW | RTLD_LOCAL);
        if (handle)
            *l->function = dlsym(handle, l->symbol);
    }
    return *l->function != NULL;
}

/* ---- choosing ---- */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The shortest of many calls: what stands in the way of one does not stand in the way of all. */
static double shortest(product_function *call, const product *p, const operand_memory *o)
{
    double best = 1e9, end = now() + 0.03;
    for (int i = 0; i < 5 || now() < end; i++) {
        double start = now();
        call(p, o);
        double took = now() - start;
        best = took < best ? took : best;
    }
    return best;
}

product_function *fastest_product(const product *p, const operand_memory *o, const char **name)
{
    int count;
    const library *list = libraries(&count);
    product_function *best = NULL;
    double least = 1e9;
    for (int i = 0; i < count; i++) {
        double took = load(&list[i]) ? shortest(list[i].call, p, o) : 1e9;
        if (took < 1e9 && getenv("BENCH_VERBOSE"))
            fprintf(stderr, "%d%d %d x %d x %d: %s %.1f us, %.1f GFLOP/s\n", p->transpose_a, p->transpose_b, p->m,
                    p->n, p->k, list[i].name, 1e6 * took, 2e-9 * p->m * p->n * p->k / took);
        if (took < least) {
            least = took;
            best = list[i].call;
            *name = list[i].name;
        }
    }
    return best;
}
