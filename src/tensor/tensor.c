#include "tensor/tensor.h"

#include <stdio.h>
#include <string.h>

/* The gradient is an object of the same scope and goes by itself. */
static void tensor_destroy(gd__object *object)
{
    gd_tensor *t = (gd_tensor *)object;
    gd_context *g = object->context;
    if (--t->storage->uses == 0)
        gd__free(g, t->storage, t->storage->size);
    gd__free_string(g, t->name);
}

const gd__class gd__tensor_class = { "tensor", sizeof(gd_tensor), tensor_destroy };

/* ---- dtypes ---- */

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
#define DTYPE(constant, name, type) [constant] = { name, sizeof(type) },
    GD_DTYPE_LIST(DTYPE)
#undef DTYPE
};

const char *gd_dtype_name(gd_dtype dtype)
{
    return gd__is_dtype(dtype) ? dtypes[dtype].name : "unknown";
}

size_t gd_dtype_size(gd_dtype dtype)
{
    return gd__is_dtype(dtype) ? dtypes[dtype].size : 0;
}

gd_dtype gd__dtype(gd_context *g, gd_dtype dtype)
{
    if (dtype != GD_DEFAULT)
        return dtype;
    return g->default_dtype == GD_DEFAULT ? GD_FLOAT32 : (gd_dtype)g->default_dtype;
}

void gd_set_default_dtype(gd_context *g, gd_dtype dtype)
{
    if (!g || g->stand_in)
        return;
    if (gd__is_float(dtype))
        g->default_dtype = (int)dtype;
    else
        gd__fail(g,
                 (gd__fault){ .status = GD_ERROR_DTYPE,
                              .op = "gd_set_default_dtype",
                              .remedy = "Use GD_FLOAT32 or GD_FLOAT64" },
                 "the default must be a float dtype, not %s", gd_dtype_name(dtype));
}

/* bool < integer < float: a tensor of a higher category decides, however few dimensions it has. */
static int category(gd_dtype dtype)
{
    return gd__is_float(dtype) ? 2 : dtype == GD_BOOL ? 0 : 1;
}

static gd_dtype wider(gd_dtype a, gd_dtype b)
{
    if (a == b)
        return a;
    if (category(a) != category(b))
        return category(a) > category(b) ? a : b;
    return category(a) == 2 ? GD_FLOAT64 : GD_INT64;
}

gd_dtype gd__promote(gd_dtype a, int a_ndim, gd_dtype b, int b_ndim)
{
    if (category(a) == category(b) && (a_ndim == 0) != (b_ndim == 0))
        return a_ndim > 0 ? a : b;
    return wider(a, b);
}

double gd__load(gd_dtype dtype, const void *at)
{
    switch (dtype) {
    case GD_FLOAT32: return (double)*(const float *)at;
    case GD_FLOAT64: return *(const double *)at;
    case GD_INT64: return (double)*(const int64_t *)at;
    case GD_UINT8: return (double)*(const uint8_t *)at;
    case GD_BOOL: return (double)*(const bool *)at;
    case GD_DEFAULT: break;
    }
    return 0;
}

void gd__store(gd_dtype dtype, void *at, double value)
{
    switch (dtype) {
    case GD_FLOAT32: *(float *)at = (float)value; break;
    case GD_FLOAT64: *(double *)at = value; break;
    case GD_INT64: *(int64_t *)at = gd__whole(value); break;
    case GD_UINT8: *(uint8_t *)at = (uint8_t)gd__whole(value); break;
    case GD_BOOL: *(bool *)at = value != 0; break;
    case GD_DEFAULT: break;
    }
}

/* ---- shapes ---- */

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
    int64_t product = 1;
    bool empty = false;
    if (shape.count < 0 || shape.count > GD_MAX_DIMS)
        return -1;
    for (int i = 0; i < shape.count; i++) {
        if (shape.size[i] < 0)
            return -1;
        empty = empty || shape.size[i] == 0;
        if (shape.size[i] > 0 && __builtin_mul_overflow(product, shape.size[i], &product))
            return -1;
    }
    if (product > INT64_MAX / 16)
        return -1;
    return empty ? 0 : product;
}

gd_dims gd__shape(const gd_tensor *t)
{
    gd_dims shape = { .count = t->ndim };
    memcpy(shape.size, t->shape, (size_t)t->ndim * sizeof *shape.size);
    return shape;
}

bool gd__same_dims(gd_dims a, gd_dims b)
{
    return a.count == b.count && memcmp(a.size, b.size, (size_t)a.count * sizeof *a.size) == 0;
}

bool gd__same_shape(const gd_tensor *a, const gd_tensor *b)
{
    return a->ndim == b->ndim && memcmp(a->shape, b->shape, a->ndim * sizeof *a->shape) == 0;
}

char *gd__shape_text(gd_dims shape, char *text)
{
    size_t used = (size_t)snprintf(text, GD__TEXT_SIZE, "(");
    for (int i = 0; i < shape.count && i < GD_MAX_DIMS && used < GD__TEXT_SIZE; i++)
        used += (size_t)snprintf(text + used, GD__TEXT_SIZE - used, "%s%lld", i ? ", " : "",
                                 (long long)shape.size[i]);
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

int gd__dim(const gd_tensor *t, int dim)
{
    int counted = dim < 0 ? dim + t->ndim : dim;
    if (counted >= 0 && counted < t->ndim)
        return counted;
    char text[GD__TEXT_SIZE];
    gd__fail(t->object.context,
             (gd__fault){ .status = GD_ERROR_INDEX, .remedy = "Dimensions count from 0, or from the end with -1" },
             "there is no dimension %d in %s", dim, gd__describe(t, text));
    return -1;
}

/* ---- making ---- */

/* All but the storage. */
static gd_tensor *new_tensor(gd_context *g, const gd__meta *meta)
{
    gd_tensor *t = gd__new_raw(g, &gd__tensor_class);
    if (!t)
        return NULL;
    memset(&t->storage, 0, offsetof(gd_tensor, shape) - offsetof(gd_tensor, storage));
    t->dtype = (uint8_t)meta->dtype;
    t->ndim = (uint8_t)meta->shape.count;
    t->numel = gd__count(meta->shape);
    for (int i = 0; i < t->ndim; i++)
        t->shape[i] = meta->shape.size[i];
    return t;
}

static void set_row_major(gd_tensor *t)
{
    int64_t stride = 1;
    for (int i = t->ndim - 1; i >= 0; i--) {
        t->stride[i] = stride;
        stride *= t->shape[i] > 0 ? t->shape[i] : 1;
    }
    t->contiguous = true;
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

static gd__storage *new_storage(gd_context *g, size_t bytes)
{
    size_t size = sizeof(gd__storage) + bytes;
    gd__storage *storage = gd__alloc(g, size);
    if (storage)
        *storage = (gd__storage){ .uses = 1, .size = size, .bytes = (char *)(storage + 1) };
    return storage;
}

gd_tensor *gd__tensor(gd_context *g, const gd__meta *meta)
{
    int64_t count = gd__count(meta->shape);
    if (count < 0) {
        char text[GD__TEXT_SIZE];
        gd__fault fault = { .status = GD_ERROR_SHAPE, .remedy = "Use at most 8 dimensions, none negative" };
        if (!gd__dims_fit(meta->shape))
            gd__fail(g, fault, "the shape has more than %d dimensions", GD_MAX_DIMS);
        else
            gd__fail(g, fault, "%s is no shape that a tensor can have", gd__shape_text(meta->shape, text));
        return NULL;
    }
    gd__storage *storage = new_storage(g, (size_t)count * dtypes[meta->dtype].size);
    if (!storage)
        return NULL;
    gd_tensor *t = new_tensor(g, meta);
    if (!t) {
        gd__free(g, storage, storage->size);
        return NULL;
    }
    t->storage = storage;
    t->data = storage->bytes;
    set_row_major(t);
    return t;
}

gd_tensor *gd__view(gd_tensor *base, const gd__meta *meta)
{
    gd_tensor *t = new_tensor(base->object.context, meta);
    if (!t)
        return NULL;
    t->storage = base->storage;
    t->storage->uses++;
    t->data = base->data + meta->offset * (int64_t)dtypes[base->dtype].size;
    memcpy(t->stride, meta->stride, t->ndim * sizeof *t->stride);
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

int64_t gd_size(const gd_tensor *t, int dim)
{
    if (!usable(t, "gd_size"))
        return -1;
    gd_context *g = t->object.context;
    const char *outer = g->running;
    g->running = "gd_size";
    int counted = gd__dim(t, dim);
    g->running = outer;
    return counted < 0 ? -1 : t->shape[counted];
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

/* ---- reading and writing ---- */

void gd__each(const gd_tensor *t, void (*visit)(void *user, void *element), void *user)
{
    int64_t size = (int64_t)dtypes[t->dtype].size, index[GD_MAX_DIMS] = { 0 };
    char *at = t->data;
    for (int64_t done = 0; done < t->numel; done++) {
        visit(user, at);
        for (int i = t->ndim - 1; i >= 0; i--) {
            at += t->stride[i] * size;
            if (++index[i] < t->shape[i])
                break;
            at -= t->stride[i] * size * t->shape[i];
            index[i] = 0;
        }
    }
}

double gd_item(const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    if (!usable(t, "gd_item"))
        return __builtin_nan("");
    if (t->numel == 1)
        return gd__load((gd_dtype)t->dtype, t->data);
    gd__fail(t->object.context,
             (gd__fault){ .status = GD_ERROR_SHAPE,
                          .op = "gd_item",
                          .remedy = "Only a tensor of one element is a number; read others with gd_at or gd_read" },
             "%s has %lld elements", gd__describe(t, text), (long long)t->numel);
    return __builtin_nan("");
}

double gd_at_of(const gd_tensor *t, size_t count, const int64_t *index)
{
    char text[GD__TEXT_SIZE], place[GD__TEXT_SIZE];
    int64_t offset = 0;
    if (!usable(t, "gd_at"))
        return __builtin_nan("");
    bool good = count == (size_t)t->ndim && (index || count == 0);
    for (int i = 0; good && i < t->ndim; i++) {
        int64_t at = index[i] < 0 ? index[i] + t->shape[i] : index[i]; /* no overflow: the signs differ */
        good = at >= 0 && at < t->shape[i];
        offset += good ? at * t->stride[i] : 0;
    }
    if (good)
        return gd__load((gd_dtype)t->dtype, t->data + offset * (int64_t)dtypes[t->dtype].size);
    gd__fail(t->object.context,
             (gd__fault){ .status = GD_ERROR_INDEX,
                          .op = "gd_at",
                          .remedy = "Give one index a dimension, each below that dimension's size" },
             "there is no element %s in %s", gd__shape_text(gd_shape_of(count, index), place), gd__describe(t, text));
    return __builtin_nan("");
}

typedef struct copy_state {
    gd_dtype tensor, memory;
    char *at; /* in the caller's memory */
} copy_state;

/* By way of a double, but for int64, which a double can't hold. A caller's bool may be any byte. */
static void convert(gd_dtype to_dtype, void *to, gd_dtype from_dtype, const void *from)
{
    if (from_dtype == GD_BOOL)
        from_dtype = GD_UINT8;
    if (to_dtype == from_dtype)
        memcpy(to, from, dtypes[to_dtype].size);
    else
        gd__store(to_dtype, to, gd__load(from_dtype, from));
}

static void copy_out(void *user, void *element)
{
    copy_state *state = user;
    convert(state->memory, state->at, state->tensor, element);
    state->at += dtypes[state->memory].size;
}

static void copy_in(void *user, void *element)
{
    copy_state *state = user;
    convert(state->tensor, element, state->memory, state->at);
    state->at += dtypes[state->memory].size;
}

static bool may_copy(const gd_tensor *t, const char *function, gd_dtype dtype, const void *memory, size_t count)
{
    char text[GD__TEXT_SIZE];
    if (!usable(t, function))
        return false;
    gd__fault fault = { .status = GD_ERROR_VALUE, .op = function, .remedy = "Pass gd_numel(t) elements" };
    if (gd__is_dtype(dtype) && (memory || count == 0) && count == (size_t)t->numel)
        return true;
    if (!gd__is_dtype(dtype))
        fault = (gd__fault){ GD_ERROR_DTYPE, 0, function, "Name one of the dtypes of GD_DTYPE_LIST" };
    else if (!memory)
        fault.status = GD_ERROR_NULL;
    gd__fail(t->object.context, fault, "%zu elements of %s at %s, for %s", count, gd_dtype_name(dtype),
             memory ? "an address" : "NULL", gd__describe(t, text));
    return false;
}

bool gd_read(const gd_tensor *t, gd_dtype dtype, void *to, size_t count)
{
    if (!may_copy(t, "gd_read", dtype, to, count))
        return false;
    copy_state state = { (gd_dtype)t->dtype, dtype, to };
    if (t->contiguous && t->dtype == dtype && count > 0)
        memcpy(to, t->data, count * dtypes[dtype].size);
    else
        gd__each(t, copy_out, &state);
    return true;
}

void gd__fill(gd_tensor *t, gd_dtype dtype, const void *from)
{
    copy_state state = { (gd_dtype)t->dtype, dtype, (char *)(uintptr_t)from };
    if (t->contiguous && t->dtype == dtype && dtype != GD_BOOL && t->numel > 0)
        memcpy(t->data, from, (size_t)t->numel * dtypes[dtype].size);
    else
        gd__each(t, copy_in, &state);
}

/* Elements of an expanded view share their memory. */
static bool each_by_itself(const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    for (int i = 0; i < t->ndim; i++) {
        if (t->shape[i] < 2 || t->stride[i] != 0)
            continue;
        gd__fail(t->object.context, (gd__fault){ GD_ERROR_STATE, 0, "gd_write", "Write to a gd_clone of it" },
                 "several elements of %s are one in memory", gd__describe(t, text));
        return false;
    }
    return true;
}

bool gd_write(gd_tensor *t, gd_dtype dtype, const void *from, size_t count)
{
    if (!may_copy(t, "gd_write", dtype, from, count) || t->object.context->failed || !each_by_itself(t))
        return false;
    if (count == 0)
        return true;
    gd__fill(t, dtype, from);
    gd__written(t, "gd_write");
    return true;
}

const void *gd_data(const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    if (!usable(t, "gd_data"))
        return NULL;
    if (t->contiguous)
        return t->data;
    gd__fail(t->object.context,
             (gd__fault){ .status = GD_ERROR_STATE, .op = "gd_data", .remedy = "Copy it with gd_contiguous first" },
             "the elements of the view %s do not lie in row-major order", gd__describe(t, text));
    return NULL;
}
