/* sort.c - elements in order: what comes first, and where it was. */
#include "op/op.h"

/* attrs: integer dim, and whether the largest come first. */
static bool argsort_infer(const gd__call *call, gd__meta *out)
{
    out->dtype = GD_INT64;
    return gd__infer_along(call, out);
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
    gd_tensor *order = gd__in_row(gd_argsort(x, dim, largest));
    char text[GD__TEXT_SIZE];
    if (!gd__alive(order))
        return order;
    int counted = gd__dim(order, dim);
    if (k < 0 || k > order->shape[counted])
        return gd__fail(order->object.context,
                        (gd__fault){ GD_ERROR_INDEX, counted + 1, "argtopk", "Ask for no more than there are" },
                        "the first %lld along dimension %d of %s", (long long)k, counted, gd__describe(x, text));
    gd_tensor *first = gd_contiguous(gd_slice(order, counted, 0, k, 1));
    return k == 1 ? gd__shaped_as(first, x) : first;
}

gd_tensor *gd_topk(gd_tensor *x, int64_t k, int dim, bool largest)
{
    return gd_gather(x, dim, gd_argtopk(x, k, dim, largest));
}
