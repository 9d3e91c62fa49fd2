/* test_product.c - products block by block, against the chain of operations that product.h promises, bit by bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gradus/gradus.h>

#include "cpu/product.h"

static const char *const sets[] = { "generic", "avx2", "avx512" };

/* Are a product and a sum rounded once? */
static bool fuses(gd_context *g)
{
#ifdef __aarch64__
    (void)g;
    return true;
#else
    return strcmp(gd_isa(g), "generic") != 0;
#endif
}

/* ---- a problem and its solution ---- */

enum { GAP = 3 }; /* elements between the rows */

typedef struct problem {
    gd__product p;
    void *a, *b, *y;
    int64_t size; /* of an element */
} problem;

static void put(const problem *q, void *memory, int64_t at, double value)
{
    if (q->p.dtype == GD_FLOAT32)
        ((float *)memory)[at] = (float)value;
    else
        ((double *)memory)[at] = value;
}

static double get(const problem *q, const void *memory, int64_t at)
{
    return q->p.dtype == GD_FLOAT32 ? (double)((const float *)memory)[at] : ((const double *)memory)[at];
}

static void *filled(const problem *q, int64_t elements)
{
    void *memory = malloc((size_t)(elements * q->size) + 1);
    for (int64_t i = 0; i < elements; i++)
        put(q, memory, i, (double)rand() / RAND_MAX - 0.5);
    return memory;
}

static gd__matrix matrix(void *data, int64_t rows, int64_t columns, bool transposed)
{
    return (gd__matrix){ .data = data, .transposed = transposed, .lead = (transposed ? rows : columns) + GAP };
}

static problem make(int64_t m, int64_t n, int64_t k, int turned, gd_dtype dtype)
{
    problem q = { .size = dtype == GD_FLOAT32 ? 4 : 8 };
    q.p = (gd__product){ .rows = m, .columns = n, .inner = k, .dtype = dtype, .lead = n + GAP };
    q.a = filled(&q, (m + GAP) * (k + GAP));
    q.b = filled(&q, (k + GAP) * (n + GAP));
    q.y = filled(&q, m * (n + GAP));
    q.p.a = matrix(q.a, m, k, turned & 1);
    q.p.b = matrix(q.b, k, n, turned >> 1 & 1);
    q.p.y = q.y;
    return q;
}

static void discard(problem *q)
{
    free(q->a);
    free(q->b);
    free(q->y);
}

static double at(const problem *q, const gd__matrix *m, int64_t row, int64_t column)
{
    return get(q, m->data, m->transposed ? column * m->lead + row : row * m->lead + column);
}

/* The element as product.h says that it is computed. */
static double expected(const problem *q, int64_t row, int64_t column, bool fused)
{
    int64_t piece = gd__piece(q->p.inner);
    double total = 0;
    for (int64_t from = 0; from < q->p.inner; from += piece) {
        double sum = 0;
        for (int64_t k = from; k < q->p.inner && k < from + piece; k++) {
            double a = at(q, &q->p.a, row, k), b = at(q, &q->p.b, k, column);
            if (q->p.dtype == GD_FLOAT64)
                sum = fused ? fma(a, b, sum) : a * b + sum;
            else
                sum = (double)(fused ? fmaf((float)a, (float)b, (float)sum) : (float)a * (float)b + (float)sum);
        }
        total = from == 0 ? sum : q->p.dtype == GD_FLOAT32 ? (double)((float)total + (float)sum) : total + sum;
    }
    return total;
}

static void check(gd_context *g, int64_t m, int64_t n, int64_t k, int turned, gd_dtype dtype)
{
    problem q = make(m, n, k, turned, dtype);
    double gap = m > 0 ? get(&q, q.y, n) : 0;
    assert_true(gd__product_run(g, &q.p));
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            double got = get(&q, q.y, i * q.p.lead + j), want = expected(&q, i, j, fuses(g));
#ifdef GD__HAVE_BLAS
            bool good = fabs(got - want) <= (dtype == GD_FLOAT32 ? 1e-6 : 1e-15) * (double)(k + 1);
#else
            bool good = got == want;
#endif
            if (!good)
                fail_msg("%s, %lld x %lld x %lld, %d: element %lld, %lld is %.17g, not %.17g", gd_isa(g),
                         (long long)m, (long long)n, (long long)k, turned, (long long)i, (long long)j, got, want);
        }
    assert_true(m == 0 || get(&q, q.y, n) == gap); /* nothing is written between the rows */
    discard(&q);
}

static void check_with(int threads, int64_t m, int64_t n, int64_t k)
{
    for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
        gd_context *g = gd_open_with(&(gd_config){ .isa = sets[s], .threads = threads });
        g->share_all = true;
        for (int turned = 0; turned < 4 && strcmp(gd_isa(g), "none") != 0; turned++) {
            check(g, m, n, k, turned, GD_FLOAT32);
            check(g, m, n, k, turned, GD_FLOAT64);
        }
        gd_close(g);
    }
}

static void check_sets(int64_t m, int64_t n, int64_t k)
{
    check_with(2, m, n, k);
}

static void test_rows(void **state)
{
    (void)state;
    for (int64_t m = 0; m <= 30; m++)
        check_sets(m, 17, 9);
    check_sets(252, 9, 20);
    check_sets(253, 9, 20);
    check_sets(300, 70, 5);
    check_sets(260, 70, 300);
}

static void test_columns(void **state)
{
    (void)state;
    for (int64_t n = 0; n <= 70; n++)
        check_sets(13, n, 7);
    for (int64_t m = 15; m <= 50; m++) /* a few that are left over go along the rows */
        for (int64_t n = 32; n <= 36; n++)
            check_sets(m, n, 11);
    check_sets(50, 50, 300);
    check_sets(13, 256, 7);
    check_sets(13, 289, 7);
    check_sets(5, 600, 7);
}

static void test_inner(void **state)
{
    (void)state;
    for (int64_t k = 0; k <= 20; k++)
        check_sets(7, 11, k);
    static const int64_t sizes[] = { 255, 256, 257, 511, 512, 513, 784, 1025 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_sets(14, 35, sizes[i]);
}

/* One thread is given wider blocks. */
static void test_one_thread(void **state)
{
    (void)state;
    for (int64_t n = 31; n <= 67; n++)
        check_with(1, 40, n, 21);
    for (int64_t m = 1; m <= 70; m++)
        check_with(1, m, 50, 6);
    check_with(1, 100, 50, 784);
    check_with(1, 784, 50, 100);
}

/* Where rows lie a power of two apart, they are gathered; GAP would hide that. */
static void test_leads(void **state)
{
    (void)state;
    check_sets(40, 20, 1024 - GAP);
    check_sets(1024 - GAP, 20, 40);
    check_sets(40, 1024 - GAP, 20);
}

/* ---- blocks ---- */

typedef struct seen {
    const problem *q;
    double *copy;       /* of y, as the blocks were finished */
    atomic_int *visits; /* of each element */
} seen;

static void note_block(void *user, int64_t row, int64_t rows, int64_t column, int64_t columns)
{
    seen *s = user;
    for (int64_t i = row; i < row + rows; i++)
        for (int64_t j = column; j < column + columns; j++) {
            atomic_fetch_add(&s->visits[i * s->q->p.columns + j], 1);
            s->copy[i * s->q->p.columns + j] = get(s->q, s->q->y, i * s->q->p.lead + j);
        }
}

static void check_done(int64_t m, int64_t n, int64_t k, int threads)
{
    gd_context *g = gd_open_with(&(gd_config){ .threads = threads });
    problem q = make(m, n, k, 0, GD_FLOAT32);
    seen s = { &q, calloc((size_t)(m * n) + 1, sizeof *s.copy), calloc((size_t)(m * n) + 1, sizeof *s.visits) };
    g->share_all = true;
    q.p.done = note_block;
    q.p.user = &s;
    assert_true(gd__product_run(g, &q.p));
    for (int64_t i = 0; i < m * n; i++) {
        assert_int_equal(atomic_load(&s.visits[i]), 1);
        assert_true(s.copy[i] == get(&q, q.y, i / n * q.p.lead + i % n));
    }
    free(s.copy);
    free(s.visits);
    discard(&q);
    gd_close(g);
}

static void test_done(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        check_done(3, 2, 4, threads);
        check_done(300, 50, 30, threads);
        check_done(150, 700, 300, threads);
        check_done(3, 5, 0, threads);
    }
}

/* ---- want ---- */

static void *refuse(void *user, void *block, size_t old_size, size_t new_size)
{
    const bool *refusing = user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return *refusing ? NULL : realloc(block, new_size);
}

static void test_no_memory(void **state)
{
    (void)state;
    bool refusing = false;
    gd_context *g = gd_open_with(&(gd_config){ .allocator = { refuse, &refusing } });
    problem q = make(150, 700, 300, 0, GD_FLOAT32);
    refusing = true;
    assert_false(gd__product_run(g, &q.p));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_MEMORY);
    gd_clear(g);
    refusing = false;
    assert_true(gd__product_run(g, &q.p));
    discard(&q);
    gd_close(g);
}

static void test_no_allocation(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    problem q = make(150, 700, 300, 0, GD_FLOAT32);
    assert_true(gd__product_run(g, &q.p));
    size_t before = gd_memory_used(g).allocations;
    for (int i = 0; i < 3; i++)
        assert_true(gd__product_run(g, &q.p));
#ifndef GD_DEBUG /* which asks for each block by itself */
    assert_int_equal(gd_memory_used(g).allocations, before);
#else
    (void)before;
#endif
    discard(&q);
    gd_close(g);
}

/* ---- layouts ---- */

static void test_matrix_of(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *x = gd_zeros(g, GD_FLOAT32, gd_shape(4, 6)), *thinned = gd_slice(gd_slice(x, 0, 0, 4, 2), 1, 0, 6, 2);
    assert_false(gd__matrix_of(x).transposed);
    assert_int_equal(gd__matrix_of(x).lead, 6);
    assert_true(gd__matrix_of(gd_t(x)).transposed);
    assert_int_equal(gd__matrix_of(gd_t(x)).lead, 6);
    assert_null(gd__matrix_of(thinned).data);
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),          cmocka_unit_test(test_columns),   cmocka_unit_test(test_inner),
        cmocka_unit_test(test_leads),         cmocka_unit_test(test_done),      cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_allocation), cmocka_unit_test(test_matrix_of), cmocka_unit_test(test_one_thread),
    };
    return cmocka_run_group_tests_name("product", tests, NULL, NULL);
}
