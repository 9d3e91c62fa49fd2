/* orthogonal.c - weights whose rows, or columns, are orthogonal to each other and of length 1. */
#include "nn/initial.h"

#include <math.h>

/* Rows or columns of a matrix, whichever are fewer, as vectors that lie one behind the other. */
typedef struct vectors {
    double *at;
    int64_t count, length;
} vectors;

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Gram and Schmidt: from each vector goes what lies along those before it, twice, since once leaves rounding errors
 * where little of the vector is left. It is the QR decomposition whose R has a positive diagonal, which is what PyTorch
 * makes of LAPACK's by turning signs. */
static void make_orthogonal(vectors v)
{
    for (int64_t j = 0; j < v.count; j++) {
        double *own = v.at + j * v.length;
        for (int64_t k = 0; k < 2 * j; k++) {
            const double *before = v.at + k % j * v.length;
            double along = dot(own, before, v.length);
            for (int64_t i = 0; i < v.length; i++)
                own[i] -= along * before[i];
        }
        double length = sqrt(dot(own, own, v.length));
        for (int64_t i = 0; length > 0 && i < v.length; i++)
            own[i] /= length;
    }
}

/* Copies between the matrix (rows, columns) of t and the vectors. */
static void copy(gd_tensor *t, int64_t columns, vectors v, bool out, double gain)
{
    size_t size = gd__dtypes[t->dtype].size;
    bool by_row = v.length == columns && v.count != columns;
    for (int64_t j = 0; j < v.count; j++)
        for (int64_t i = 0; i < v.length; i++) {
            char *element = t->data + (size_t)(by_row ? j * columns + i : i * columns + j) * size;
            if (out)
                gd__store((gd_dtype)t->dtype, element, gain * v.at[j * v.length + i]);
            else
                v.at[j * v.length + i] = gd__load((gd_dtype)t->dtype, element);
        }
}

gd_tensor *gd_init_orthogonal(gd_tensor *t, double gain)
{
    gd_context *g = gd__context(t);
    char text[GD__TEXT_SIZE];
    if (!gd__can_init(t, "gd_init_orthogonal"))
        return gd__error_object(g);
    if (t->ndim < 2)
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_init_orthogonal", "Give a weight (out, in, ...)" },
                        "%s has no rows and columns", gd__describe(t, text));
    if (t->numel == 0)
        return t;
    int64_t rows = t->shape[0], columns = t->numel / rows;
    vectors v = { .count = rows < columns ? rows : columns, .length = rows < columns ? columns : rows };
    v.at = gd__alloc(g, (size_t)t->numel * sizeof(double));
    if (!v.at)
        return gd__error_object(g);
    gd__draw_normal(t, 0, 1);
    copy(t, columns, v, false, 1);
    make_orthogonal(v);
    copy(t, columns, v, true, gain);
    gd__free(g, v.at, (size_t)t->numel * sizeof(double));
    gd__written(t, "gd_init_orthogonal");
    return t;
}
