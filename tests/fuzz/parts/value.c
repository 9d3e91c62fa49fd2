/* value.c - the reference's tensors. */
#include "value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
    struct arena_block *previous;
    max_align_t bytes[];
};

static void *claim(size_t size)
{
    void *block = calloc(1, size);
    if (block)
        return block;
    fputs("the fuzzer itself has no memory left\n", stderr);
    exit(70);
}

void *take(arena *memory, size_t size)
{
    struct arena_block *block = claim(sizeof *block + size);
    block->previous = memory->last;
    memory->last = block;
    return block->bytes;
}

void release(arena *memory)
{
    while (memory->last) {
        struct arena_block *previous = memory->last->previous;
        free(memory->last);
        memory->last = previous;
    }
}

int64_t count_of(gd_dims shape)
{
    number product = 1;
    bool empty = false;
    if (shape.count < 0 || shape.count > GD_MAX_DIMS)
        return -1;
    for (int i = 0; i < shape.count; i++) {
        if (shape.size[i] < 0)
            return -1;
        empty = empty || shape.size[i] == 0;
        product *= shape.size[i] > 0 ? (number)shape.size[i] : 1;
    }
    if (product > (number)(INT64_MAX / 16))
        return -1;
    return empty ? 0 : (int64_t)product;
}

bool same_dims(gd_dims a, gd_dims b)
{
    bool same = a.count == b.count;
    for (int i = 0; same && i < a.count; i++)
        same = a.size[i] == b.size[i];
    return same;
}

static value *headed(arena *memory, gd_dtype dtype, gd_dims shape)
{
    value *x = take(memory, sizeof *x);
    x->dtype = dtype;
    x->shape = shape;
    x->count = count_of(shape);
    return x;
}

value *new_value(arena *memory, gd_dtype dtype, gd_dims shape)
{
    value *x = headed(memory, dtype, shape);
    if (x->count < 0 || x->count > MOST_ELEMENTS)
        return x;
    x->buffer = take(memory, (size_t)x->count * sizeof *x->buffer);
    x->place = take(memory, (size_t)x->count * sizeof *x->place);
    for (int64_t i = 0; i < x->count; i++)
        x->place[i] = i;
    return x;
}

value *new_view(arena *memory, const value *base, gd_dims shape)
{
    value *x = headed(memory, base->dtype, shape);
    if (x->count < 0 || x->count > MOST_ELEMENTS)
        return x;
    x->buffer = base->buffer;
    x->place = take(memory, (size_t)x->count * sizeof *x->place);
    return x;
}

bool is_contiguous(const value *x)
{
    for (int64_t i = 1; i < x->count; i++)
        if (x->place[i] != x->place[0] + i)
            return false;
    return true;
}

bool overlaps(const value *x)
{
    int64_t last = -1;
    for (int64_t i = 0; i < x->count; i++)
        last = x->place[i] > last ? x->place[i] : last;
    bool *seen = claim((size_t)last + 2), found = false;
    for (int64_t i = 0; i < x->count; i++) {
        found = found || seen[x->place[i]];
        seen[x->place[i]] = true;
    }
    free(seen);
    return found;
}

static number as_integer(number n)
{
    if (isnan(n))
        return 0;
    if (n >= (number)INT64_MAX)
        return (number)INT64_MAX;
    return n <= (number)INT64_MIN ? (number)INT64_MIN : truncl(n) + 0; /* no -0 */
}

number as_dtype(gd_dtype dtype, number n)
{
    switch (dtype) {
    case GD_FLOAT32: return (number)(float)n;
    case GD_FLOAT64: return (number)(double)n;
    case GD_INT64: return as_integer(n);
    case GD_UINT8: return (number)(uint8_t)(int64_t)as_integer(n);
    case GD_BOOL: return n != 0;
    case GD_DEFAULT: break;
    }
    return n;
}

number unit_of(gd_dtype dtype)
{
    return dtype == GD_FLOAT32 ? (number)FLT_EPSILON : (number)DBL_EPSILON;
}

number least_of(gd_dtype dtype)
{
    return dtype == GD_FLOAT32 ? (number)FLT_TRUE_MIN : (number)DBL_TRUE_MIN;
}

number most_of(gd_dtype dtype)
{
    return dtype == GD_FLOAT32 ? (number)FLT_MAX : (number)DBL_MAX;
}

bool fits(gd_dtype dtype, number got, number want, number slack)
{
    if (isinf(slack) || (isnan(got) && isnan(want)))
        return true;
    if (isnan(got) || isnan(want))
        return false;
    if (got == want || fabsl(got - want) <= slack)
        return true;
    return is_float(dtype) && isinf(got) && signbit(got) == signbit(want) && fabsl(want) + slack > most_of(dtype);
}

bool read_numbers(const gd_tensor *t, int64_t count, number *to)
{
    if (gd_numel(t) != count)
        return false;
    bool whole = gd_dtype_of(t) == GD_INT64;
    void *numbers = claim((size_t)count * 8 + 1);
    bool good = gd_read(t, whole ? GD_INT64 : GD_FLOAT64, numbers, (size_t)count);
    for (int64_t i = 0; good && i < count; i++)
        to[i] = whole ? (number)((int64_t *)numbers)[i] : (number)((double *)numbers)[i];
    free(numbers);
    return good;
}
