/* create.c - tensors from values and memory. */
#include "tensor/tensor.h"

#include <string.h>

gd_tensor *gd__create(gd_context *g, const char *function, gd_dtype dtype, gd_dims shape)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    gd_dtype chosen = gd__dtype_asked(g, function, dtype);
    if (chosen == GD_DEFAULT)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = function;
    gd_tensor *t = gd__tensor(g, &(gd__meta){ .dtype = chosen, .shape = shape });
    g->running = outer;
    return t ? t : gd__error_object(g);
}

gd_tensor *gd_values_of(gd_context *g, gd_dtype dtype, gd_dims shape, size_t count, const double *values)
{
    int64_t room = gd__count(shape);
    char text[GD__TEXT_SIZE];
    if (room >= 0 && ((size_t)room != count || (!values && count > 0)))
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_values", "Give one value for each element" },
                        "%zu values for the shape %s, which holds %lld", values ? count : 0,
                        gd__shape_text(shape, text), (long long)room);
    gd_tensor *t = gd__create(g, "gd_values", dtype, shape);
    for (size_t i = 0; gd__alive(t) && i < count; i++)
        gd__store((gd_dtype)t->dtype, t->data + i * gd_dtype_size((gd_dtype)t->dtype), values[i]);
    return t;
}

gd_tensor *gd_full(gd_context *g, gd_dtype dtype, gd_dims shape, double value)
{
    gd_tensor *t = gd__create(g, "gd_full", dtype, shape);
    for (int64_t i = 0; gd__alive(t) && i < t->numel; i++)
        gd__store((gd_dtype)t->dtype, t->data + (size_t)i * gd_dtype_size((gd_dtype)t->dtype), value);
    return t;
}

gd_tensor *gd_zeros(gd_context *g, gd_dtype dtype, gd_dims shape)
{
    gd_tensor *t = gd__create(g, "gd_zeros", dtype, shape);
    if (gd__alive(t))
        memset(t->data, 0, (size_t)t->numel * gd_dtype_size((gd_dtype)t->dtype));
    return t;
}

gd_tensor *gd_ones(gd_context *g, gd_dtype dtype, gd_dims shape)
{
    return gd_full(g, dtype, shape, 1);
}

gd_tensor *gd_full_like(const gd_tensor *t, double value)
{
    gd_context *g = gd__context(t);
    if (!gd__usable(g, t, "gd_full_like", "the tensor"))
        return gd__error_object(g);
    return gd_full(g, (gd_dtype)t->dtype, gd__shape(t), value);
}

gd_tensor *gd_zeros_like(const gd_tensor *t)
{
    gd_context *g = gd__context(t);
    if (!gd__usable(g, t, "gd_zeros_like", "the tensor"))
        return gd__error_object(g);
    return gd_zeros(g, (gd_dtype)t->dtype, gd__shape(t));
}

gd_tensor *gd_ones_like(const gd_tensor *t)
{
    return gd_full_like(t, 1);
}

gd_tensor *gd_scalar(gd_context *g, gd_dtype dtype, double value)
{
    return gd_full(g, dtype, gd_shape(), value);
}

gd_tensor *gd_eye(gd_context *g, gd_dtype dtype, int64_t rows, int64_t columns)
{
    gd_tensor *t = gd_zeros(g, dtype, gd_shape(rows, columns));
    for (int64_t i = 0; gd__alive(t) && i < rows && i < columns; i++)
        gd__store((gd_dtype)t->dtype, t->data + (size_t)(i * (columns + 1)) * gd__dtypes[t->dtype].size, 1);
    return t;
}

gd_tensor *gd_from_memory(gd_context *g, gd_dtype dtype, gd_dims shape, const void *from)
{
    if (!from && gd__count(shape) > 0)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_from_memory", "Pass the address of the elements" },
                        "the memory is NULL");
    gd_tensor *t = gd__create(g, "gd_from_memory", dtype, shape);
    if (gd__alive(t) && t->numel > 0)
        gd__fill(t, (gd_dtype)t->dtype, from);
    return t;
}
