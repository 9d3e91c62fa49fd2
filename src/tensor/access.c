/* access.c - reading the elements of a tensor, and writing them. */
#include "tensor/tensor.h"

#include <string.h>

#include "base/trace.h"

static bool usable(const gd_tensor *t, const char *function)
{
    return gd__usable(gd__context(t), t, function, "the tensor");
}

/* Numbers that go out are not seen by whoever is told of operations only. */
static bool readable(const gd_tensor *t, const char *function)
{
    return usable(t, function) &&
           gd__may_stray(t->object.context, function, "Return the tensor, and read it after gd_run");
}

void gd__each(const gd_tensor *t, void (*visit)(void *user, void *element), void *user)
{
    int64_t size = (int64_t)gd__dtypes[t->dtype].size, index[GD_MAX_DIMS] = { 0 };
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
    if (!readable(t, "gd_item"))
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
    if (!readable(t, "gd_at"))
        return __builtin_nan("");
    bool good = count == (size_t)t->ndim && (index || count == 0);
    for (int i = 0; good && i < t->ndim; i++) {
        int64_t at = index[i] < 0 ? index[i] + t->shape[i] : index[i]; /* no overflow: the signs differ */
        good = at >= 0 && at < t->shape[i];
        offset += good ? at * t->stride[i] : 0;
    }
    if (good)
        return gd__load((gd_dtype)t->dtype, t->data + offset * (int64_t)gd__dtypes[t->dtype].size);
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

/* An int64 as gd_cast makes it: a double on the way could not hold it. */
static void convert_whole(gd_dtype to_dtype, void *to, int64_t whole)
{
    if (to_dtype == GD_UINT8)
        *(uint8_t *)to = (uint8_t)whole;
    else if (to_dtype == GD_FLOAT32)
        *(float *)to = (float)whole;
    else
        gd__store(to_dtype, to, (double)whole);
}

/* By way of a double. A caller's bool may be any byte. */
static void convert(gd_dtype to_dtype, void *to, gd_dtype from_dtype, const void *from)
{
    if (from_dtype == GD_BOOL)
        from_dtype = GD_UINT8;
    if (to_dtype == from_dtype)
        memcpy(to, from, gd__dtypes[to_dtype].size);
    else if (from_dtype == GD_INT64)
        convert_whole(to_dtype, to, *(const int64_t *)from);
    else
        gd__store(to_dtype, to, gd__load(from_dtype, from));
}

static void copy_out(void *user, void *element)
{
    copy_state *state = user;
    convert(state->memory, state->at, state->tensor, element);
    state->at += gd__dtypes[state->memory].size;
}

static void copy_in(void *user, void *element)
{
    copy_state *state = user;
    convert(state->tensor, element, state->memory, state->at);
    state->at += gd__dtypes[state->memory].size;
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
    if (!may_copy(t, "gd_read", dtype, to, count) || !readable(t, "gd_read"))
        return false;
    copy_state state = { (gd_dtype)t->dtype, dtype, to };
    if (t->contiguous && t->dtype == dtype && count > 0)
        memcpy(to, t->data, count * gd__dtypes[dtype].size);
    else
        gd__each(t, copy_out, &state);
    return true;
}

void gd__fill(gd_tensor *t, gd_dtype dtype, const void *from)
{
    copy_state state = { (gd_dtype)t->dtype, dtype, (char *)(uintptr_t)from };
    if (t->contiguous && t->dtype == dtype && dtype != GD_BOOL && t->numel > 0)
        memcpy(t->data, from, (size_t)t->numel * gd__dtypes[dtype].size);
    else
        gd__each(t, copy_in, &state);
}

/* One past the last byte. */
static uintptr_t end_of(const gd_tensor *t)
{
    int64_t last = t->contiguous ? t->numel - 1 : 0;
    for (int i = 0; i < t->ndim && !t->contiguous; i++)
        last += (t->shape[i] - 1) * t->stride[i];
    return (uintptr_t)t->data + (size_t)(last + 1) * gd__dtypes[t->dtype].size;
}

bool gd__overlap(const gd_tensor *a, const gd_tensor *b)
{
    return a->numel > 0 && b->numel > 0 && (uintptr_t)a->data < end_of(b) && (uintptr_t)b->data < end_of(a);
}

/* Elements of an expanded view share their memory. */
static bool shares_elements(const gd_tensor *t)
{
    for (int i = 0; i < t->ndim && !t->contiguous; i++)
        if (t->shape[i] > 1 && t->stride[i] == 0)
            return t->numel > 0;
    return false;
}

bool gd__may_write(const gd_tensor *t, const char *function)
{
    char text[GD__TEXT_SIZE];
    gd__fault fault = { GD_ERROR_STATE, 0, function, "Write to a gd_clone of it" };
    if (t->storage->read_only)
        gd__fail(t->object.context, fault, "%s is read-only: its memory belongs to another", gd__describe(t, text));
    else if (shares_elements(t))
        gd__fail(t->object.context, fault, "several elements of %s are one in memory", gd__describe(t, text));
    else
        return true;
    return false;
}

bool gd_write(gd_tensor *t, gd_dtype dtype, const void *from, size_t count)
{
    if (!may_copy(t, "gd_write", dtype, from, count) || t->object.context->failed || !gd__may_write(t, "gd_write") ||
        !gd__may_stray(t->object.context, "gd_write", "Write what operations made, with gd_assign"))
        return false;
    if (count == 0)
        return true;
    gd__trace *trace = t->object.context->trace;
    if (trace && trace->writing)
        trace->writing(trace, t);
    gd__fill(t, dtype, from);
    gd__written(t, "gd_write");
    return true;
}

const void *gd_data(const gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    if (!readable(t, "gd_data"))
        return NULL;
    if (t->contiguous)
        return t->data;
    gd__fail(t->object.context,
             (gd__fault){ .status = GD_ERROR_STATE, .op = "gd_data", .remedy = "Copy it with gd_contiguous first" },
             "the elements of the view %s do not lie in row-major order", gd__describe(t, text));
    return NULL;
}
