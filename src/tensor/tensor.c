/* tensor.c - tensors over their storages: made, viewed, named, asked. */
#include "tensor/tensor.h"

#include <stdio.h>
#include <string.h>

static inline void release(gd_context *g, gd__storage *storage)
{
    if (--storage->uses > 0)
        return;
    if (storage->release)
        storage->release(storage->user);
    gd__pool_give(&g->pool, (gd_tensor *)storage - 1, storage->size);
}

void gd__storage_release(gd_context *g, gd__storage *storage)
{
    release(g, storage);
}

static void drop_hooks_and_name(gd_tensor *t)
{
    gd_context *g = t->object.context;
    while (t->hooks) {
        gd__hook *next = t->hooks->next;
        gd__free(g, t->hooks, sizeof *t->hooks);
        t->hooks = next;
    }
    gd__free_string(g, t->name);
}

/* The gradient is an object of the same scope and goes by itself. A tensor that others look into stays where it is, dead. */
static void tensor_destroy(gd__object *object)
{
    gd_tensor *t = (gd_tensor *)object;
    gd_context *g = object->context;
    bool is_view = t->storage != (gd__storage *)(t + 1);
    if (t->hooks || t->name)
        drop_hooks_and_name(t);
    object->state = GD__DEAD;
    release(g, t->storage);
    if (is_view)
        gd__pool_give(&g->pool, t, sizeof *t);
}

const gd__class gd__tensor_class = { "tensor", 0, tensor_destroy };

/* ---- making ---- */

/* One by one: several at a time would wait for those that were written one by one just now. */
static inline void copy_sizes(int64_t *to, const int64_t *from, int count)
{
    for (int i = 0; i < count; i++)
        to[i] = from[i];
}

/* All but the storage, with the number of elements counted, at the beginning of a block of that size. */
static inline gd_tensor *new_tensor(gd_context *g, const gd__meta *meta, int64_t count, size_t size)
{
    gd_tensor *t = gd__new_sized(g, &gd__tensor_class, size);
    if (!t)
        return NULL;
    memset(&t->storage, 0, offsetof(gd_tensor, shape) - offsetof(gd_tensor, storage));
    t->dtype = (uint8_t)meta->dtype;
    t->ndim = (uint8_t)meta->shape.count;
    t->numel = count;
    copy_sizes(t->shape, meta->shape.size, meta->shape.count);
    return t;
}

static void row_major_strides(const gd_dims *shape, int64_t *stride)
{
    int64_t step = 1;
    for (int i = shape->count - 1; i >= 0; i--) {
        stride[i] = step;
        step *= shape->size[i] > 0 ? shape->size[i] : 1;
    }
}

void gd__row_major_strides(gd_dims shape, int64_t *stride)
{
    row_major_strides(&shape, stride);
}

/* Strides of dimensions of size 1 do not count, and none of an empty tensor do. */
static bool is_row_major(const gd_tensor *t)
{
    int64_t stride = 1;
    if (t->numel == 0)
        return true;
    for (int i = t->ndim - 1; i >= 0; i--) {
        if (t->shape[i] != 1 && t->stride[i] != stride)
            return false;
        stride *= t->shape[i];
    }
    return true;
}

static int64_t refuse_shape(gd_context *g, const gd_dims *shape)
{
    char text[GD__TEXT_SIZE];
    gd__fault fault = { .status = GD_ERROR_SHAPE, .remedy = "Use at most 8 dimensions, none negative" };
    if (!gd__dims_fit(*shape))
        gd__fail(g, fault, "the shape has more than %d dimensions", GD_MAX_DIMS);
    else
        gd__fail(g, fault, "%s is no shape that a tensor can have", gd__shape_text(*shape, text));
    return -1;
}

/* How many elements; -1 with the error set. */
static inline int64_t count_or_fail(gd_context *g, const gd_dims *shape)
{
    int64_t count = gd__count_of(shape);
    return count < 0 ? refuse_shape(g, shape) : count;
}

/* A tensor with a storage of so many bytes, its strides not set. */
static inline gd_tensor *with_storage(gd_context *g, const gd__meta *meta, int64_t count, size_t bytes)
{
    size_t size = sizeof(gd_tensor) + sizeof(gd__storage) + bytes;
    gd_tensor *t = new_tensor(g, meta, count, size);
    if (!t)
        return NULL;
    gd__storage *storage = (gd__storage *)(t + 1);
    *storage = (gd__storage){ .uses = 1, .size = size, .bytes = (char *)(storage + 1), .serial = g->next_serial++ };
    t->storage = storage;
    t->data = storage->bytes;
    return t;
}

gd_tensor *gd__tensor(gd_context *g, const gd__meta *meta)
{
    int64_t count = count_or_fail(g, &meta->shape);
    gd_tensor *t = count < 0 ? NULL : with_storage(g, meta, count, (size_t)count * gd__dtypes[meta->dtype].size);
    if (!t)
        return NULL;
    row_major_strides(&meta->shape, t->stride);
    t->contiguous = true;
    return t;
}

gd_tensor *gd__tensor_over(gd_context *g, const gd__meta *meta, const gd__storage *outside)
{
    int64_t count = count_or_fail(g, &meta->shape);
    gd_tensor *t = count < 0 ? NULL : with_storage(g, meta, count, 0);
    if (!t)
        return NULL;
    if (outside->bytes)
        t->data = t->storage->bytes = outside->bytes;
    t->storage->read_only = outside->read_only;
    t->storage->release = outside->release;
    t->storage->user = outside->user;
    copy_sizes(t->stride, meta->stride, t->ndim);
    t->contiguous = is_row_major(t);
    return t;
}

gd_tensor *gd__view(gd_tensor *base, const gd__meta *meta)
{
    gd_tensor *t = new_tensor(base->object.context, meta, gd__count_of(&meta->shape), sizeof *t);
    if (!t)
        return NULL;
    t->storage = base->storage;
    t->storage->uses++;
    t->data = base->data + meta->offset * (int64_t)gd__dtypes[base->dtype].size;
    copy_sizes(t->stride, meta->stride, t->ndim);
    t->contiguous = is_row_major(t);
    return t;
}

void gd__written(gd_tensor *t, const char *writer)
{
    t->storage->version++;
    t->storage->writer = writer;
}

/* ---- asking ---- */

bool gd_is_tensor(const gd_tensor *t)
{
    return gd__alive(t);
}

static bool usable(const gd_tensor *t, const char *function)
{
    return gd__usable(gd__context(t), t, function, "the tensor");
}

int gd_ndim(const gd_tensor *t)
{
    return usable(t, "gd_ndim") ? t->ndim : -1;
}

int64_t gd_numel(const gd_tensor *t)
{
    return usable(t, "gd_numel") ? t->numel : -1;
}

/* -1 with the error set where t has no such dimension. */
static int counted(const gd_tensor *t, const char *function, int dim)
{
    if (!usable(t, function))
        return -1;
    return gd__dim_for(function, t, dim);
}

int64_t gd_size(const gd_tensor *t, int dim)
{
    int found = counted(t, "gd_size", dim);
    return found < 0 ? -1 : t->shape[found];
}

int64_t gd_stride(const gd_tensor *t, int dim)
{
    int found = counted(t, "gd_stride", dim);
    return found < 0 ? -1 : t->stride[found];
}

bool gd_is_contiguous(const gd_tensor *t)
{
    return usable(t, "gd_is_contiguous") && t->contiguous;
}

gd_dims gd_sizes(const gd_tensor *t)
{
    return usable(t, "gd_sizes") ? gd__shape(t) : (gd_dims){ .count = -1 };
}

gd_dtype gd_dtype_of(const gd_tensor *t)
{
    return usable(t, "gd_dtype_of") ? (gd_dtype)t->dtype : GD_DEFAULT;
}

gd_context *gd_context_of(const gd_tensor *t)
{
    return gd__context(t);
}

gd_tensor *gd_name(gd_tensor *t, const char *name)
{
    gd_context *g = gd__context(t);
    if (!usable(t, "gd_name"))
        return gd__error_object(g);
    char *copy = name ? gd__copy_string(g, name) : NULL;
    if (name && !copy)
        return gd__error_object(g);
    gd__free_string(g, t->name);
    t->name = copy;
    return t;
}

const char *gd_name_of(const gd_tensor *t)
{
    return gd__alive(t) && t->name ? t->name : "";
}

gd_tensor *gd_keep(gd_tensor *t)
{
    gd_context *g = gd__context(t);
    if (!usable(t, "gd_keep"))
        return gd__error_object(g);
    if (t->object.depth == g->depth && g->depth > 0)
        gd__move(&t->object, g->depth - 1);
    if (t->grad && t->grad->object.depth > t->object.depth)
        gd__move(&t->grad->object, t->object.depth);
    return t;
}
