/* borrow.c - tensors over memory of another owner: the caller's, or another context's. */
#include "tensor/tensor.h"

#include <string.h>

static gd_tensor *tensor_over(gd_context *g, const char *function, const gd__meta *meta, const gd__storage *outside)
{
    const char *outer = g->running;
    g->running = function;
    gd_tensor *t = gd__tensor_over(g, meta, outside);
    g->running = outer;
    return t ? t : gd__error_object(g);
}

/* Can the place of every element be counted in bytes, forward from the first? */
static bool strides_fit(const gd__meta *meta)
{
    int64_t last = 0, reach, size = (int64_t)gd__dtypes[meta->dtype].size;
    for (int i = 0; i < meta->shape.count; i++)
        if (meta->stride[i] < 0 || __builtin_mul_overflow(meta->shape.size[i] - 1, meta->stride[i], &reach) ||
            __builtin_add_overflow(last, reach, &last))
            return false;
    return last < INT64_MAX / size;
}

/* The shape's own faults are left to the maker of tensors. */
static bool memory_fits(gd_context *g, const char *function, const gd__meta *meta, const void *memory)
{
    char text[GD__TEXT_SIZE];
    size_t size = gd__dtypes[meta->dtype].size;
    gd__fault fault = { GD_ERROR_VALUE, 0, function, NULL };
    if (gd__count(meta->shape) <= 0)
        return true;
    if (!memory) {
        fault.status = GD_ERROR_NULL;
        fault.remedy = "Pass the address of the first element";
        gd__fail(g, fault, "the memory is NULL");
    } else if ((uintptr_t)memory % size != 0) {
        fault.remedy = "Copy it with gd_from_memory";
        gd__fail(g, fault, "the memory is not aligned to the %zu bytes of a %s", size, gd_dtype_name(meta->dtype));
    } else if (!strides_fit(meta)) {
        fault.remedy = "Count strides in elements, none negative";
        gd__fail(g, fault, "the strides %s fit no memory",
                 gd__shape_text(gd_shape_of((size_t)meta->shape.count, meta->stride), text));
    } else {
        return true;
    }
    return false;
}

static gd_tensor *borrow(gd_context *g, const char *function, gd__meta meta, const int64_t *strides,
                         const gd__storage *outside)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    meta.dtype = gd__dtype_asked(g, function, meta.dtype);
    if (meta.dtype == GD_DEFAULT)
        return gd__error_object(g);
    if (strides && gd__count(meta.shape) > 0)
        memcpy(meta.stride, strides, (size_t)meta.shape.count * sizeof *strides);
    else if (gd__count(meta.shape) >= 0)
        gd__row_major_strides(meta.shape, meta.stride);
    if (!memory_fits(g, function, &meta, outside->bytes))
        return gd__error_object(g);
    return tensor_over(g, function, &meta, outside);
}

gd_tensor *gd_borrow(gd_context *g, gd_dtype dtype, gd_dims shape, const int64_t *strides, void *memory,
                     gd_release *release, void *user)
{
    return borrow(g, "gd_borrow", (gd__meta){ .dtype = dtype, .shape = shape }, strides,
                  &(gd__storage){ .bytes = memory, .release = release, .user = user });
}

gd_tensor *gd_borrow_const(gd_context *g, gd_dtype dtype, gd_dims shape, const int64_t *strides, const void *memory,
                           gd_release *release, void *user)
{
    return borrow(
        g, "gd_borrow_const", (gd__meta){ .dtype = dtype, .shape = shape }, strides,
        &(gd__storage){ .bytes = (char *)(uintptr_t)memory, .read_only = true, .release = release, .user = user });
}

/* Only what a tensor never changes is looked at, so that its own context may be at work meanwhile. */
gd_tensor *gd_share(gd_context *to, const gd_tensor *t)
{
    if (!to || to->stand_in)
        return gd__error_object(to);
    if (!gd__alive(t) && !gd__usable(to, t, "gd_share", "the tensor"))
        return gd__error_object(to);
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t) };
    memcpy(meta.stride, t->stride, t->ndim * sizeof *t->stride);
    return tensor_over(to, "gd_share", &meta, &(gd__storage){ .bytes = t->data, .read_only = true });
}
