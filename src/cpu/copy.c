/* copy.c - copies from one layout to another. Where the elements that lie side by side in one do not in the other, they go
 * through tiles, so that each line of the cache is read and written once. */
#include "cpu/kernel.h"

#include <string.h>

/* ---- along one dimension ---- */

/* With a size that the compiler knows, each copy is one move. */
static inline __attribute__((always_inline)) void copy_each(char *const *pointer, const int64_t *stride, int64_t n,
                                                            size_t size)
{
    for (int64_t i = 0; i < n; i++)
        memcpy(pointer[0] + i * stride[0], pointer[1] + i * stride[1], size);
}

static void copy_loop(char *const *pointer, const int64_t *stride, int64_t n, const gd__attrs *attrs)
{
    size_t size = (size_t)attrs->integer[0];
    if (stride[0] == (int64_t)size && stride[1] == (int64_t)size)
        memcpy(pointer[0], pointer[1], (size_t)n * size);
    else if (size == 8)
        copy_each(pointer, stride, n, 8);
    else if (size == 4)
        copy_each(pointer, stride, n, 4);
    else
        copy_each(pointer, stride, n, 1);
}

/* ---- tiles ---- */

enum { TILE = 16 };

/* A tile whose rows lie dense in `from` and whose columns in `to`, which is written in whole lines. */
static inline __attribute__((always_inline)) void turn(char *to, int64_t to_stride, const char *from,
                                                       int64_t from_stride, size_t size)
{
    char turned[TILE][TILE * 8];
    for (size_t row = 0; row < TILE; row++)
        for (size_t column = 0; column < TILE; column++)
            memcpy(turned[column] + row * size, from + (int64_t)row * from_stride + column * size, size);
    for (int column = 0; column < TILE; column++)
        memcpy(to + column * to_stride, turned[column], TILE * size);
}

/* n tiles; attrs: integer the size of an element, and the strides within a tile. */
static void tile_loop(char *const *pointer, const int64_t *stride, int64_t n, const gd__attrs *attrs)
{
    const int64_t *within = attrs->integer;
    for (int64_t i = 0; i < n; i++) {
        char *to = pointer[0] + i * stride[0], *from = pointer[1] + i * stride[1];
        if (within[0] == 8)
            turn(to, within[1], from, within[2], 8);
        else if (within[0] == 4)
            turn(to, within[1], from, within[2], 4);
        else
            turn(to, within[1], from, within[2], 1);
    }
}

/* The dimension along which an operand's elements lie side by side, -1 for none. */
static int dense_dim(const gd__nest *n, int operand, int64_t size)
{
    for (int i = n->ndim - 1; i >= 0; i--)
        if (n->stride[i][operand] == size)
            return i;
    return -1;
}

/* The same nest without the first `skipped` places of a dimension, and of no more than `count` there. */
static gd__nest part_of(const gd__nest *n, int dim, int64_t skipped, int64_t count)
{
    gd__nest part = *n;
    for (int k = 0; k < n->operands; k++)
        part.pointer[k] += skipped * n->stride[dim][k];
    part.size[dim] = count;
    return part;
}

/* All whole tiles of dimensions a, dense in the result, and b, dense in what is copied. */
static void copy_tiles(gd_context *g, const gd__nest *n, int a, int b, int64_t size)
{
    gd__nest tiles = *n;
    gd__attrs attrs = { .integer = { size, n->stride[b][0], n->stride[a][1] } };
    tiles.weight = TILE * TILE;
    for (int k = 0; k < 2; k++) {
        tiles.stride[a][k] *= TILE;
        tiles.stride[b][k] *= TILE;
    }
    tiles.size[a] /= TILE;
    tiles.size[b] /= TILE;
    gd__nest_share(g, &tiles, tile_loop, &attrs);
}

static void copy(gd_context *g, gd__nest *n, int64_t size)
{
    gd__attrs attrs = { .integer = { size } };
    gd__nest_collapse(n);
    int a = dense_dim(n, 0, size), b = dense_dim(n, 1, size);
    if (a < 0 || b < 0 || a == b || n->size[a] < TILE || n->size[b] < TILE) {
        gd__nest_share(g, n, copy_loop, &attrs);
        return;
    }
    int64_t whole_a = n->size[a] / TILE * TILE, whole_b = n->size[b] / TILE * TILE;
    copy_tiles(g, n, a, b, size);
    if (whole_a < n->size[a]) {
        gd__nest rest = part_of(n, a, whole_a, n->size[a] - whole_a);
        gd__nest_share(g, &rest, copy_loop, &attrs);
    }
    if (whole_b < n->size[b]) {
        gd__nest columns = part_of(n, a, 0, whole_a), rest = part_of(&columns, b, whole_b, n->size[b] - whole_b);
        gd__nest_share(g, &rest, copy_loop, &attrs);
    }
}

/* ---- copies ---- */

void gd__copy_into(const gd_tensor *t, char *to, const int64_t *stride)
{
    int64_t size = (int64_t)gd_dtype_size((gd_dtype)t->dtype);
    gd__nest n = { .ndim = t->ndim, .operands = 2, .pointer = { to, t->data } };
    if (t->numel == 0)
        return;
    for (int i = 0; i < t->ndim; i++) {
        n.size[i] = t->shape[i];
        n.stride[i][0] = stride[i];
        n.stride[i][1] = t->stride[i] * size;
    }
    copy(t->object.context, &n, size);
}

void gd__copy_strided(const gd_tensor *t, const int *order, char *to)
{
    int64_t size = (int64_t)gd_dtype_size((gd_dtype)t->dtype), step = size;
    gd__nest n = { .ndim = t->ndim, .operands = 2, .pointer = { to, t->data } };
    if (t->numel == 0)
        return;
    for (int i = t->ndim - 1; i >= 0; i--) {
        n.size[i] = t->shape[order[i]];
        n.stride[i][0] = step;
        n.stride[i][1] = t->stride[order[i]] * size;
        step *= n.size[i];
    }
    copy(t->object.context, &n, size);
}
