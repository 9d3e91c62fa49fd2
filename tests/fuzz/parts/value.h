/* value.h - tensors as the reference has them: a shape, a dtype, and where each element lies in a buffer of numbers.
 *
 * There are no strides. A view is a list of places in its base's buffer, made by plain loops over indices, so that what
 * shares its numbers with what is known without knowing how the library does it. Numbers are long doubles, which hold
 * every int64 and more digits than a double. */
#ifndef GRADUS_TESTS_FUZZ_VALUE_H
#define GRADUS_TESTS_FUZZ_VALUE_H

#include <float.h>
#include <gradus/gradus.h>

typedef long double number;
_Static_assert(LDBL_MANT_DIG >= 64, "the reference needs a long double that holds an int64");

/* Memory that is given back all at once; what is taken is zero. */
typedef struct arena {
    struct arena_block *last;
} arena;
void *take(arena *memory, size_t size);
void release(arena *memory);

/* Values of more elements have a shape only. */
enum { MOST_ELEMENTS = 1 << 16 };

typedef struct value {
    gd_dtype dtype;
    gd_dims shape;
    int64_t count;
    number *buffer; /* NULL for too many elements */
    int64_t *place; /* of each element, in row-major order */
    number *slack;  /* of a new result: how far from it the library's may lie, INFINITY: anywhere; NULL: not at all */
} value;

/* The number of elements; -1 for a shape that no tensor can have. */
int64_t count_of(gd_dims shape);
bool same_dims(gd_dims a, gd_dims b);

/* A value with a buffer of zeros; one that looks into the buffer of another, its places to be set. */
value *new_value(arena *memory, gd_dtype dtype, gd_dims shape);
value *new_view(arena *memory, const value *base, gd_dims shape);

static inline number get(const value *x, int64_t i)
{
    return x->buffer[x->place[i]];
}

static inline void put(value *x, int64_t i, number n)
{
    x->buffer[x->place[i]] = n;
}

/* Do the elements lie side by side in row-major order? Are two of them one? Do the two share any? */
bool is_contiguous(const value *x);
bool overlaps(const value *x);

static inline bool is_float(gd_dtype dtype)
{
    return dtype == GD_FLOAT32 || dtype == GD_FLOAT64;
}

/* The number as an element of that dtype. */
number as_dtype(gd_dtype dtype, number n);

/* The distance from 1 to the next number, the smallest and the largest number of a float dtype. */
number unit_of(gd_dtype dtype);
number least_of(gd_dtype dtype);
number most_of(gd_dtype dtype);

/* May the library have `got` where the reference has `want`? */
bool fits(gd_dtype dtype, number got, number want, number slack);

/* All elements out of the library's tensor, exactly. False where it can't be read. */
bool read_numbers(const gd_tensor *t, int64_t count, number *to);

#endif
