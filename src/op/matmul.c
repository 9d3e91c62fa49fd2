/* matmul.c - the product of matrices. */
#include "op/op.h"

static bool refuse(const gd__call *call, int dim, const char *remedy, const char *what)
{
    char a[GD__TEXT_SIZE], b[GD__TEXT_SIZE];
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_SHAPE, .dim = dim + 1, .remedy = remedy },
             "%s and %s can't be multiplied: %s", gd__describe(call->in[0], a), gd__describe(call->in[1], b), what);
    return false;
}

static bool matmul_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *a = call->in[0], *b = call->in[1];
    if (a->ndim != 2 || b->ndim != 2)
        return refuse(call, -1, "Give each two dimensions with gd_reshape", "both must be matrices");
    if (a->shape[1] != b->shape[0])
        return refuse(call, 1, "Transpose one of them, or mend its shape",
                      "the columns of the left (dimension 1) are not as many as the rows of the right (dimension 0)");
    out->shape = (gd_dims){ .count = 2, .size = { a->shape[0], b->shape[1] } };
    return true;
}

static gd_tensor *matmul_vjp(const gd__vjp *v)
{
    if (v->i == 0)
        return gd_matmul(v->dy, gd_t(v->x[1]));
    return gd_matmul(gd_t(v->x[0]), v->dy);
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
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 4, 2 } } }, .low = -1, .high = 1 } },
};

gd_tensor *gd_matmul(gd_tensor *a, gd_tensor *b)
{
    return gd__apply2(GD__OP_matmul, a, b);
}
