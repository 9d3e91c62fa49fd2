/* vector.c - products of vectors, written in operations. */
#include "op/op.h"

/* Are both tensors there, and vectors? */
static bool are_vectors(const gd_tensor *a, const gd_tensor *b, const char *function)
{
    gd_context *g = gd__context(a ? a : b);
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!gd__usable(g, a, function, "a") || !gd__usable(g, b, function, "b"))
        return false;
    if (a->ndim == 1 && b->ndim == 1)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, function, "gd_flatten them, or use gd_matmul" },
             "tensors of one dimension are expected, not %s and %s", gd__describe(a, left), gd__describe(b, right));
    return false;
}

gd_tensor *gd_outer(gd_tensor *a, gd_tensor *b)
{
    return are_vectors(a, b, "outer") ? gd_mul(gd_unsqueeze(a, 1), b) : gd__error_object(gd__context(a ? a : b));
}

gd_tensor *gd_dot(gd_tensor *a, gd_tensor *b)
{
    gd_context *g = gd__context(a ? a : b);
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!are_vectors(a, b, "dot"))
        return gd__error_object(g);
    gd__describe(a, left);
    gd__describe(b, right);
    if (a->shape[0] != b->shape[0])
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 1, "dot", "Give as many numbers in both" }, "%s against %s", left,
                        right);
    if (a->dtype != b->dtype || a->dtype == GD_BOOL)
        return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, "dot", "gd_cast one to the other's dtype" },
                        "numbers of one dtype are expected, not %s and %s", left, right);
    return gd_cast(gd_sum(gd_mul(a, b)), (gd_dtype)a->dtype);
}
