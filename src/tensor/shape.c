/* shape.c - lists of sizes, and how they are written. */
#include "tensor/tensor.h"

#include <stdio.h>
#include <string.h>

gd_dims gd_shape_of(size_t count, const int64_t *size)
{
    gd_dims shape = { .count = count > GD_MAX_DIMS || (count > 0 && !size) ? -1 : (int)count };
    for (int i = 0; i < shape.count; i++)
        shape.size[i] = size[i];
    return shape;
}

/* Sizes of 0 do not hide the others: strides are their products. */
int64_t gd__count(gd_dims shape)
{
    return gd__count_of(&shape);
}

int64_t gd__count_of(const gd_dims *shape)
{
    int64_t product = 1;
    bool empty = false;
    if (shape->count < 0 || shape->count > GD_MAX_DIMS)
        return -1;
    for (int i = 0; i < shape->count; i++) {
        int64_t size = shape->size[i];
        if (size < 0 || (size > 0 && __builtin_mul_overflow(product, size, &product)))
            return -1;
        empty |= size == 0;
    }
    if (product > INT64_MAX / 16)
        return -1;
    return empty ? 0 : product;
}

bool gd__same_dims(gd_dims a, gd_dims b)
{
    return a.count == b.count && memcmp(a.size, b.size, (size_t)a.count * sizeof *a.size) == 0;
}

char *gd__shape_text(gd_dims shape, char *text)
{
    size_t used = (size_t)snprintf(text, GD__TEXT_SIZE, "(");
    for (int i = 0; i < shape.count && i < GD_MAX_DIMS && used < GD__TEXT_SIZE; i++)
        used +=
            (size_t)snprintf(text + used, GD__TEXT_SIZE - used, "%s%lld", i ? ", " : "", (long long)shape.size[i]);
    if (used < GD__TEXT_SIZE)
        snprintf(text + used, GD__TEXT_SIZE - used, "%s", shape.count == 1 ? ",)" : ")");
    return text;
}

char *gd__describe(const gd_tensor *t, char *text)
{
    char shape[GD__TEXT_SIZE];
    gd__shape_text(gd__shape(t), shape);
    if (t->name)
        snprintf(text, GD__TEXT_SIZE, "'%.48s' %s %.120s", t->name, gd_dtype_name((gd_dtype)t->dtype), shape);
    else
        snprintf(text, GD__TEXT_SIZE, "%s %.160s", gd_dtype_name((gd_dtype)t->dtype), shape);
    return text;
}

int gd__dim(const gd_tensor *t, int64_t dim)
{
    int64_t counted = dim < 0 ? dim + t->ndim : dim;
    if (counted >= 0 && counted < t->ndim)
        return (int)counted;
    char text[GD__TEXT_SIZE];
    gd__fail(t->object.context,
             (gd__fault){ .status = GD_ERROR_INDEX, .remedy = "Dimensions count from 0, or from the end with -1" },
             "there is no dimension %lld in %s", (long long)dim, gd__describe(t, text));
    return -1;
}

int gd__dim_for(const char *function, const gd_tensor *t, int64_t dim)
{
    gd_context *g = t->object.context;
    const char *outer = g->running;
    g->running = function;
    int counted = gd__dim(t, dim);
    g->running = outer;
    return counted;
}

int gd__axis(const gd_tensor *t, int64_t dim)
{
    return t->ndim == 0 && (dim == 0 || dim == -1) ? 0 : gd__dim(t, dim);
}
