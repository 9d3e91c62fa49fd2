/* matmul.c - the product of matrices. */
#include "op/op.h"

static bool refuse(const gd__call *call, int dim, const char *remedy, const char *what)
{
    char a[GD__TEXT_SIZE], b[GD__TEXT_SIZE];
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_SHAPE, .dim = dim + 1, .remedy = remedy },
             "%s and %s can't be multiplied: %s", gd__describe(call->in[0], a), gd__describe(call->in[1], b), what);
    return false;
}

/* Is the left as wide as the right is high? A vector on the right stands upright. */
static bool fit(const gd_tensor *a, const gd_tensor *b)
{
    return a->ndim > 0 && b->ndim > 0 && a->shape[a->ndim - 1] == b->shape[b->ndim > 1 ? b->ndim - 2 : 0];
}

/* The dimensions in front of the last two. */
static gd_dims batches(const gd_tensor *t)
{
    gd_dims shape = gd__shape(t);
    shape.count -= 2;
    return shape;
}

static bool matmul_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *a = call->in[0], *b = call->in[1];
    if (a->ndim == 0 || b->ndim == 0)
        return refuse(call, -1, "Give each at least one dimension", "a number is no matrix");
    if (!fit(a, b))
        return refuse(call, a->ndim - 1, "Transpose one of them, or mend its shape",
                      "the columns of the left (its last dimension) are not as many as the rows of the right (its last but one)");
    out->shape.count = 0;
    if (a->ndim > 2 || b->ndim > 2) {
        gd_dims right = batches(b);
        out->shape = batches(a);
        if (!gd__join_shapes(call, &out->shape, &right))
            return false;
    }
    out->shape.size[out->shape.count++] = a->shape[a->ndim - 2];
    out->shape.size[out->shape.count++] = b->shape[b->ndim - 1];
    return true;
}

static gd_tensor *turned(gd_tensor *x)
{
    return gd_transpose(x, -2, -1);
}

/* Is it the transpose of what lies row-major? */
static bool is_turned(const gd_tensor *x)
{
    return !x->contiguous && x->stride[x->ndim - 2] == 1 && x->shape[x->ndim - 1] > 1;
}

/* The gradient of a transposed operand is made as the transpose of a product: then it lies as the operand's own does, and
 * need not be copied. (dY B^T)^T = B dY^T, (A^T dY)^T = dY^T A. */
static gd_tensor *matmul_vjp(const gd__vjp *v)
{
    gd_tensor *a = v->x[0], *b = v->x[1], *dy = v->dy;
    if (v->i == 0)
        return is_turned(a) ? turned(gd_matmul(b, turned(dy))) : gd_matmul(dy, turned(b));
    return is_turned(b) ? turned(gd_matmul(turned(dy), a)) : gd_matmul(turned(a), dy);
}

const gd__op gd__op_matmul = {
    .info = { .name = "matmul", .input = { "A", "B" }, .formula = "Y = A B",
              .derivative = { "dA = dY B^T", "dB = A^T dY" },
              .why = "A[i,k] meets B[k,j] in Y[i,j], so its influence is the sum over j of dY[i,j] B[k,j]: the row i "
                     "of dY times the column k of B^T. B[k,j] meets A[i,k] for every row i: the sum over i is the row "
                     "k of A^T times the column j of dY",
              .latex = "Y = A B",
              .latex_derivative = { "\\bar A = \\bar Y B^{\\top}", "\\bar B = A^{\\top} \\bar Y" },
              .torch_name = "MmBackward0" },
    .arity = 2, .dtypes = GD__ONE_FLOAT, .infer = matmul_infer,
    .vjp = matmul_vjp, .differentiable = 3, .reads = { 2, 1 },
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 4, 2 } } }, .low = -1, .high = 1 },
                { .shape = { { 3, { 2, 3, 4 } }, { 3, { 2, 4, 2 } } }, .low = -1, .high = 1 },
                { .shape = { { 4, { 3, 1, 2, 3 } }, { 3, { 2, 3, 2 } } }, .low = -1, .high = 1 },
                { .shape = { { 2, { 3, 2 } }, { 3, { 2, 2, 4 } } }, .low = -1, .high = 1 } },
};

/* Many matrices times one: their rows, all in one product. */
static gd_tensor *rows_times(gd_tensor *a, gd_tensor *b)
{
    gd_dims shape = gd__shape(a);
    gd_tensor *y = gd__apply2(GD__OP_matmul, gd_flatten(a, 0, -2), b);
    if (!gd__alive(y))
        return y;
    shape.size[shape.count - 1] = y->shape[1];
    return gd_reshape(y, shape);
}

gd_tensor *gd_matmul(gd_tensor *a, gd_tensor *b)
{
    bool good = gd__alive(a) && gd__alive(b) && fit(a, b) && gd__is_float((gd_dtype)a->dtype) && a->dtype == b->dtype;
    if (!good || (a->ndim == 2 && b->ndim == 2))
        return gd__apply2(GD__OP_matmul, a, b); /* which says what is wrong with them as they are */
    gd_tensor *left = a->ndim == 1 ? gd_unsqueeze(a, 0) : a, *right = b->ndim == 1 ? gd_unsqueeze(b, 1) : b;
    bool folds = gd__alive(left) && gd__alive(right) && left->ndim > 2 && right->ndim == 2;
    gd_tensor *y = folds ? rows_times(left, right) : gd__apply2(GD__OP_matmul, left, right);
    if (b->ndim == 1)
        y = gd_squeeze(y, -1);
    return a->ndim == 1 ? gd_squeeze(y, b->ndim == 1 ? -1 : -2) : y;
}
