/* sequence.c - numbers in a row: counted by a step, or spread between two ends. */
#include "tensor/tensor.h"

#include <math.h>

static gd_tensor *create_row(gd_context *g, const char *function, gd_dtype dtype, int64_t count)
{
    if (dtype != GD_BOOL)
        return gd__create(g, function, dtype, gd_shape(count));
    return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, function, "Count in numbers and gd_cast the result" },
                    "bools can't be counted in");
}

/* ---- by a step ---- */

/* start + i step: of integers in 64 bits, which wrap around; of floats rounded once. */
static void put_step(gd_dtype dtype, void *at, double start, double step, int64_t i)
{
    uint64_t whole = (uint64_t)gd__whole(start) + (uint64_t)gd__whole(step) * (uint64_t)i;
    if (dtype == GD_INT64)
        *(int64_t *)at = (int64_t)whole;
    else if (dtype == GD_UINT8)
        *(uint8_t *)at = (uint8_t)whole;
    else
        gd__store(dtype, at, fma(step, (double)i, start));
}

static gd_tensor *steps(gd_context *g, const char *function, gd_dtype dtype, int64_t count, double start, double step)
{
    gd_tensor *t = create_row(g, function, dtype, count);
    for (int64_t i = 0; gd__alive(t) && i < t->numel; i++)
        put_step((gd_dtype)t->dtype, t->data + (size_t)i * gd__dtypes[t->dtype].size, start, step, i);
    return t;
}

gd_tensor *gd_arange(gd_context *g, gd_dtype dtype, int64_t n)
{
    return steps(g, "gd_arange", dtype == GD_DEFAULT ? GD_INT64 : dtype, n, 0, 1);
}

gd_tensor *gd_range(gd_context *g, gd_dtype dtype, double start, double end, double step)
{
    bool toward = step > 0 ? start <= end : step < 0 && start >= end;
    bool whole = gd__is_whole(start) && gd__is_whole(end) && gd__is_whole(step);
    if (toward && isfinite(start) && isfinite(end) && isfinite(step))
        return steps(g, "gd_range", dtype == GD_DEFAULT && whole ? GD_INT64 : dtype,
                     gd__whole(ceil((end - start) / step)), start, step);
    return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_range", "Pass finite numbers, and a step toward the end" },
                    "steps of %g do not lead from %g to %g", step, start, end);
}

/* ---- between two ends ---- */

/* The number that a tensor of this dtype holds. */
static double held(gd_dtype dtype, double x)
{
    int64_t at;
    gd__store(dtype, &at, x);
    return gd__load(dtype, &at);
}

/* The distance between two of them. PyTorch takes float64 for integers. */
static double distance(gd_dtype dtype, double first, double last, int64_t count)
{
    if (dtype == GD_FLOAT32)
        return (double)(((float)last - (float)first) / (float)(count - 1));
    return (last - first) / (double)(count - 1);
}

static double away(gd_dtype dtype, double from, double step, int64_t i)
{
    return dtype == GD_FLOAT32 ? (double)fmaf((float)step, (float)i, (float)from) : fma(step, (double)i, from);
}

/* Either half from its own end, so that both ends are met. */
gd_tensor *gd_linspace(gd_context *g, gd_dtype dtype, double start, double end, int64_t count)
{
    gd_tensor *t = create_row(g, "gd_linspace", dtype, count);
    if (!gd__alive(t))
        return t;
    gd_dtype kind = (gd_dtype)t->dtype;
    double first = held(kind, start), last = held(kind, count > 1 ? end : start);
    double step = count > 1 ? distance(kind, first, last, count) : 0;
    for (int64_t i = 0; i < count; i++)
        gd__store(kind, t->data + (size_t)i * gd__dtypes[kind].size,
                  i < count / 2 ? away(kind, first, step, i) : away(kind, last, -step, count - 1 - i));
    return t;
}
