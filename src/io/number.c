#include "io/number.h"

#include <string.h>

gd__order gd__host_order(void)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return first ? GD__LITTLE : GD__BIG;
}

/* ---- widening ----
 * From the low end up; `to` may be the block at whose far end `from` lies. */

/* A byte other than 0 and 1 is not a bool that C may look at. */
static void widen_bool(char *to, const char *from, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        to[i] = from[i] != 0;
}

#define NAME widen_i8
#define FROM int8_t
#include "io/widen.inc"

#define NAME widen_i16
#define FROM int16_t
#include "io/widen.inc"

#define NAME widen_u16
#define FROM uint16_t
#include "io/widen.inc"

#define NAME widen_i32
#define FROM int32_t
#include "io/widen.inc"

#define NAME widen_u32
#define FROM uint32_t
#include "io/widen.inc"

/* bfloat16 is the upper half of a float32. */
static void widen_bf16(char *to, const char *from, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, from + i * 2, 2);
        uint32_t whole = (uint32_t)half << 16;
        memcpy(to + i * 4, &whole, 4);
    }
}

/* The bits of the float32 of the same value as an IEEE binary16. */
static uint32_t float_of_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 1023;
    if (exponent == 31)
        return sign | 0x7f800000 | fraction << 13; /* infinite, or not a number */
    if (exponent > 0)
        return sign | (exponent + 112) << 23 | fraction << 13;
    float small = (float)fraction * 0x1p-24f; /* zero and the subnormals, which float32 has as normal numbers */
    uint32_t bits;
    memcpy(&bits, &small, 4);
    return sign | bits;
}

static void widen_f16(char *to, const char *from, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, from + i * 2, 2);
        uint32_t whole = float_of_half(half);
        memcpy(to + i * 4, &whole, 4);
    }
}

/* ---- the kinds ---- */

/* clang-format off */
static const gd__kind kinds[] = {
    { "b1", "BOOL", 0, 1, GD_BOOL, widen_bool },
    { "u1", "U8", 0x08, 1, GD_UINT8, NULL },
    { "i1", "I8", 0x09, 1, GD_INT64, widen_i8 },
    { "i2", "I16", 0x0b, 2, GD_INT64, widen_i16 },
    { "u2", "U16", 0, 2, GD_INT64, widen_u16 },
    { "i4", "I32", 0x0c, 4, GD_INT64, widen_i32 },
    { "u4", "U32", 0, 4, GD_INT64, widen_u32 },
    { "i8", "I64", 0, 8, GD_INT64, NULL },
    { "f2", "F16", 0, 2, GD_FLOAT32, widen_f16 },
    { "", "BF16", 0, 2, GD_FLOAT32, widen_bf16 },
    { "f4", "F32", 0x0d, 4, GD_FLOAT32, NULL },
    { "f8", "F64", 0x0e, 8, GD_FLOAT64, NULL },
};
/* clang-format on */

enum { KINDS = sizeof kinds / sizeof *kinds };

const gd__kind *gd__kind_npy(const char *name)
{
    for (int i = 0; i < KINDS; i++) {
        if (*name && strcmp(kinds[i].npy, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

const gd__kind *gd__kind_safetensors(const char *name)
{
    for (int i = 0; i < KINDS; i++) {
        if (strcmp(kinds[i].safetensors, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

const gd__kind *gd__kind_idx(int type)
{
    for (int i = 0; i < KINDS; i++) {
        if (type != 0 && kinds[i].idx == type)
            return &kinds[i];
    }
    return NULL;
}

const gd__kind *gd__kind_of(gd_dtype dtype)
{
    for (int i = 0; i < KINDS; i++) {
        if (kinds[i].dtype == dtype && kinds[i].size == gd_dtype_size(dtype))
            return &kinds[i];
    }
    return NULL;
}

int64_t gd__bytes(const gd__kind *kind, gd_dims shape)
{
    int64_t bytes = (int64_t)kind->size;
    bool empty = false;
    if (gd__count(shape) < 0)
        return -1;
    for (int i = 0; i < shape.count; i++) {
        empty = empty || shape.size[i] == 0;
        if (shape.size[i] > 0 && __builtin_mul_overflow(bytes, shape.size[i], &bytes))
            return -1;
    }
    return empty ? 0 : bytes;
}

/* ---- reading ---- */

void gd__swap(char *numbers, size_t size, int64_t count)
{
    for (char *at = numbers; count > 0; count--, at += size) {
        for (size_t i = 0; i < size / 2; i++) {
            char low = at[i];
            at[i] = at[size - 1 - i];
            at[size - 1 - i] = low;
        }
    }
}

bool gd__transfer_begin(gd__transfer *r, gd__stream *stream, const gd__kind *kind, gd__order order, gd_dims shape)
{
    gd_tensor *t = gd__tensor(stream->context, &(gd__meta){ .dtype = kind->dtype, .shape = shape });
    *r = (gd__transfer){ .stream = stream, .kind = kind, .order = order, .t = t };
    return t != NULL;
}

static size_t size_in_file(const gd__transfer *r)
{
    return (size_t)r->t->numel * r->kind->size;
}

/* Narrow numbers are read into the far end of the tensor's memory and widened from there in place: the
 * number that is written never reaches beyond the one that is read. */
void gd__transfer_run(gd__transfer *r)
{
    const gd__kind *kind = r->kind;
    gd_tensor *t = r->t;
    char *narrow = t->data + (size_t)t->numel * (gd_dtype_size(kind->dtype) - kind->size);
    r->had = gd__stream_pull(r->stream, narrow, size_in_file(r));
    if (r->had < size_in_file(r))
        return;
    if (r->order != gd__host_order() && kind->size > 1)
        gd__swap(narrow, kind->size, t->numel);
    if (kind->widen)
        kind->widen(t->data, narrow, t->numel);
}

bool gd__transfer_end(const gd__transfer *r)
{
    return gd__stream_had(r->stream, r->had, size_in_file(r));
}

gd_tensor *gd__read_numbers(gd__stream *stream, const gd__kind *kind, gd__order order, gd_dims shape)
{
    gd__transfer r;
    if (!gd__transfer_begin(&r, stream, kind, order, shape))
        return NULL;
    gd__transfer_run(&r);
    if (gd__transfer_end(&r))
        return r.t;
    gd__destroy(&r.t->object);
    return NULL;
}

gd_tensor *gd__row_major(gd_tensor *t)
{
    if (t->contiguous)
        return t;
    gd_dtype dtype = (gd_dtype)t->dtype;
    gd_tensor *copy = gd__tensor(t->object.context, &(gd__meta){ .dtype = dtype, .shape = gd__shape(t) });
    if (copy)
        gd_read(t, dtype, copy->data, (size_t)copy->numel);
    return copy;
}
