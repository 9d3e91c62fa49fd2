/* sort.c - elements in order: what comes first, and where it was. */
#include "op/op.h"

/* attrs: integer dim, whether the largest come first, how many are wanted, and whether not all are. */
static bool argsort_infer(const gd__call *call, gd__meta *out)
{
    const int64_t *asked = call->attrs->integer;
    const gd_tensor *x = call->in[0];
    char text[GD__TEXT_SIZE];
    out->dtype = GD_INT64;
    if (!gd__infer_along(call, out))
        return false;
    int dim = gd__axis(x, asked[0]);
    int64_t size = x->ndim == 0 ? 1 : x->shape[dim];
    if (!asked[3] || asked[2] == size)
        return true;
    if (asked[2] < 0 || asked[2] > size) {
        gd__fail(call->context, (gd__fault){ GD_ERROR_INDEX, dim + 1, "argtopk", "Ask for no more than there are" },
                 "the first %lld along dimension %d of %s", (long long)asked[2], dim, gd__describe(x, text));
        return false;
    }
    out->shape.count = x->ndim == 0 ? 1 : x->ndim;
    out->shape.size[dim] = asked[2];
    return true;
}

const gd__op gd__op_argsort = {
    .info = { .name = "argsort", .input = { "x" }, .formula = "y = the places of x along dim, in the order of its elements",
              .latex = "y = \\mathrm{argsort}(x)" },
    .arity = 1, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = argsort_infer,
    .sample = { { .shape = { { 2, { 3, 40 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1, 0 } } },
                { .shape = { { 3, { 2, 20, 3 } } }, .low = -1, .high = 1, .attrs = { .integer = { -2, 1 } } } },
};

gd_tensor *gd_argsort(gd_tensor *x, int dim, bool descending)
{
    return gd__apply1(GD__OP_argsort, x, &(gd__attrs){ .integer = { dim, descending } });
}

gd_tensor *gd_sort(gd_tensor *x, int dim, bool descending)
{
    return gd_gather(x, dim, gd_argsort(x, dim, descending));
}

gd_tensor *gd_argtopk(gd_tensor *x, int64_t k, int dim, bool largest)
{
    return gd__apply1(GD__OP_argsort, x, &(gd__attrs){ .integer = { dim, largest, k, true } });
}

gd_tensor *gd_topk(gd_tensor *x, int64_t k, int dim, bool largest)
{
    return gd_gather(x, dim, gd_argtopk(x, k, dim, largest));
}
