/* pool.h - size-class free lists over the caller's allocator.
 *
 * Blocks are rounded up to one of four sizes an octave (64, 128, 192, 256, 320, ...) and kept when given
 * back, so that a steady training loop asks the allocator for nothing. Small ones are cut from chunks. */
#ifndef GRADUS_SRC_BASE_POOL_H
#define GRADUS_SRC_BASE_POOL_H

#include "gradus/base.h"

#if defined(__SANITIZE_ADDRESS__)
#define GD__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GD__ASAN 1
#endif
#endif
#ifdef GD__ASAN
#include <sanitizer/asan_interface.h>
#endif

enum { GD__BLOCK_ALIGN = 64, GD__SIZE_CLASSES = 240 }; /* so many that every size has one */

typedef struct gd__chunk gd__chunk;

typedef struct gd__pool {
    gd_allocator allocator;
    void *free[GD__SIZE_CLASSES];
#ifdef GD_DEBUG
    void *last[GD__SIZE_CLASSES]; /* of each list */
#endif
    gd__chunk *chunks;      /* small blocks are cut from these */
    gd__chunk *large;       /* one block each */
    char *cut, *cut_end;    /* what is left of the newest chunk */
    gd_memory memory;
} gd__pool;

void gd__pool_open(gd__pool *pool, gd_allocator allocator);
void gd__pool_close(gd__pool *pool);

/* ---- taking and giving: inline, since every operation does both ---- */

/* Where a block of some size belongs. In units of 64 bytes classes are 1 2 3 4 | 5 6 7 8 | 10 12 14 16 | 20 24 28 32 | ... */
typedef struct gd__size_class {
    int class;
    size_t whole; /* the bytes of a block of this class */
} gd__size_class;

static inline gd__size_class gd__size_class_of(size_t size)
{
    size_t last = (size - (size > 0)) / GD__BLOCK_ALIGN; /* the number of its last unit, from 0 */
    int step = 61 - __builtin_clzll(last | 4);           /* classes are 2^step units apart here */
    return (gd__size_class){ 4 * step + (int)(last >> step), ((last >> step) + 1) << step << 6 };
}

/* The link from a free block to the next. The first 64 bytes stay readable, so that an object used after its scope can still be
 * told from a live one; the link lies at their end, behind the object's head. */
static inline void **gd__link_of(void *block)
{
    return (void **)block + 7;
}

/* For the sanitizer: bytes that nobody may touch, and may touch again. */
static inline void gd__close_off(void *bytes, size_t count)
{
#ifdef GD__ASAN
    __asan_poison_memory_region(bytes, count);
#endif
    (void)bytes;
    (void)count;
}

static inline void gd__open_up(void *bytes, size_t count)
{
#ifdef GD__ASAN
    __asan_unpoison_memory_region(bytes, count);
#endif
    (void)bytes;
    (void)count;
}

/* A new block, not counted as taken; NULL when the allocator refuses, after free large blocks went back to it. */
void *gd__pool_cut(gd__pool *pool, size_t size);
#ifdef GD_DEBUG
void gd__pool_put_last(gd__pool *pool, gd__size_class fit, void *block);
#endif

/* 64-byte aligned, or NULL. */
static inline void *gd__pool_take(gd__pool *pool, size_t size)
{
    gd__size_class fit = gd__size_class_of(size);
    void *block = pool->free[fit.class];
    if (block)
        pool->free[fit.class] = *gd__link_of(block);
    else if (!(block = gd__pool_cut(pool, size)))
        return NULL;
    gd__open_up(block, fit.whole);
    pool->memory.in_use += fit.whole;
    if (pool->memory.in_use > pool->memory.peak)
        pool->memory.peak = pool->memory.in_use;
    return block;
}

static inline void gd__pool_give(gd__pool *pool, void *block, size_t size)
{
    gd__size_class fit = gd__size_class_of(size);
    if (!block)
        return;
    pool->memory.in_use -= fit.whole;
#ifdef GD_DEBUG
    gd__pool_put_last(pool, fit, block);
#else
    *gd__link_of(block) = pool->free[fit.class];
    pool->free[fit.class] = block;
#endif
    gd__close_off((char *)block + GD__BLOCK_ALIGN, fit.whole - GD__BLOCK_ALIGN);
}

#endif
