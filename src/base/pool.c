#include "base/pool.h"

#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define GD__ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GD__ASAN 1
#endif
#endif
#ifdef GD__ASAN
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) __asan_poison_memory_region(p, n)
#define SHOW(p, n) __asan_unpoison_memory_region(p, n)
#else
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#endif

#ifdef GD_DEBUG
enum { CUT_MAX = 0 }; /* every block is asked for by itself: a refusing allocator and the sanitizer meet each of them */
#else
enum { CUT_MAX = 4096 };
#endif
enum { ALIGN = 64, SMALL_MAX = 4096, CHUNK_SIZE = 64 * 1024 };

/* A free block's first 64 bytes stay readable, so that an object used after its scope can still be told from a live
 * one; its link to the next free block lies at their end, behind the object's head. */
enum { LINK = 56 };

/* Stands before each piece of memory had from the allocator. Blocks follow at the next multiple of 64. */
struct gd__chunk {
    gd__chunk *previous, *next;
    size_t size; /* as asked from the allocator, this head included */
};

static void *system_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size == 0) {
        free(block);
        return NULL;
    }
    return !block && new_size >= GD__HUGE ? gd__huge_alloc(new_size) : realloc(block, new_size);
}

void gd__pool_open(gd__pool *pool, gd_allocator allocator)
{
    if (!allocator.resize)
        allocator = (gd_allocator){ .resize = system_resize };
    *pool = (gd__pool){ .allocator = allocator };
}

static void free_all(gd__pool *pool, gd__chunk *chunk)
{
    while (chunk) {
        gd__chunk *next = chunk->next;
        SHOW(chunk, chunk->size);
        pool->allocator.resize(pool->allocator.user, chunk, chunk->size, 0);
        chunk = next;
    }
}

void gd__pool_close(gd__pool *pool)
{
    free_all(pool, pool->chunks);
    free_all(pool, pool->large);
    pool->chunks = pool->large = NULL;
}

/* Units of 64 bytes: 1 2 3 4 | 5 6 7 8 | 10 12 14 16 | 20 24 28 32 | ... */
static int class_of(size_t size)
{
    size_t units = (size + ALIGN - 1) / ALIGN;
    if (units <= 4)
        return units == 0 ? 0 : (int)units - 1;
    int top = 63 - __builtin_clzll(units - 1); /* units - 1 is in [2^top, 2^(top + 1)) */
    return 4 * (top - 1) + (int)((units - 1) >> (top - 2)) - 4;
}

static size_t size_of_class(int class)
{
    if (class < 4)
        return (size_t)(class + 1) * ALIGN;
    int top = class / 4 + 1;
    return ((size_t)(class % 4 + 5) << (top - 2)) * ALIGN;
}

static gd__chunk *ask(gd__pool *pool, size_t size)
{
    gd__chunk *chunk = pool->allocator.resize(pool->allocator.user, NULL, 0, size);
    if (!chunk)
        return NULL;
    chunk->size = size;
    pool->memory.allocations++;
    pool->memory.reserved += size;
    return chunk;
}

static void link_chunk(gd__chunk **list, gd__chunk *chunk)
{
    chunk->previous = NULL;
    chunk->next = *list;
    if (*list)
        (*list)->previous = chunk;
    *list = chunk;
}

static char *first_block(gd__chunk *chunk)
{
    uintptr_t at = (uintptr_t)(chunk + 1);
    return (char *)((at + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
}

static void *next_free(const void *block)
{
    void *next;
    memcpy(&next, (const char *)block + LINK, sizeof next);
    return next;
}

static void set_next_free(void *block, void *next)
{
    memcpy((char *)block + LINK, &next, sizeof next);
}

/* A large block remembers its chunk in the word before it. */
static gd__chunk **chunk_of(void *block)
{
    return (gd__chunk **)block - 1;
}

static void return_free_large(gd__pool *pool)
{
    for (int class = class_of(SMALL_MAX) + 1; class < GD__SIZE_CLASSES; class++) {
        while (pool->free[class]) {
            void *block = pool->free[class];
            pool->free[class] = next_free(block);
            gd__chunk *chunk = *chunk_of(block);
            if (chunk->previous)
                chunk->previous->next = chunk->next;
            else
                pool->large = chunk->next;
            if (chunk->next)
                chunk->next->previous = chunk->previous;
            pool->memory.reserved -= chunk->size;
            SHOW(chunk, chunk->size);
            pool->allocator.resize(pool->allocator.user, chunk, chunk->size, 0);
        }
    }
}

static gd__chunk *ask_firmly(gd__pool *pool, size_t size)
{
    gd__chunk *chunk = ask(pool, size);
    if (chunk)
        return chunk;
    return_free_large(pool);
    return ask(pool, size);
}

static void *take_large(gd__pool *pool, size_t size)
{
    size_t whole = size + sizeof(gd__chunk) + sizeof(gd__chunk *) + ALIGN;
    gd__chunk *chunk = ask_firmly(pool, whole);
    if (!chunk)
        return NULL;
    link_chunk(&pool->large, chunk);
    uintptr_t at = (uintptr_t)(chunk + 1) + sizeof(gd__chunk *);
    void *block = (void *)((at + ALIGN - 1) & ~(uintptr_t)(ALIGN - 1));
    *chunk_of(block) = chunk;
    return block;
}

/* The tail of the old chunk is left: less than one block of SMALL_MAX a chunk. */
static void *take_small(gd__pool *pool, size_t size)
{
    if ((size_t)(pool->cut_end - pool->cut) < size) {
        gd__chunk *chunk = ask_firmly(pool, CHUNK_SIZE);
        if (!chunk)
            return NULL;
        link_chunk(&pool->chunks, chunk);
        pool->cut = first_block(chunk);
        pool->cut_end = (char *)chunk + CHUNK_SIZE;
        HIDE(pool->cut, (size_t)(pool->cut_end - pool->cut));
    }
    void *block = pool->cut;
    pool->cut += size;
    return block;
}

void *gd__pool_take(gd__pool *pool, size_t size)
{
    if (size > (size_t)1 << 46) /* the last class */
        return NULL;
    int class = class_of(size);
    size_t whole = size_of_class(class);
    void *block = pool->free[class];
    if (block)
        pool->free[class] = next_free(block);
    else
        block = whole <= CUT_MAX ? take_small(pool, whole) : take_large(pool, whole);
    if (!block)
        return NULL;
    SHOW(block, whole);
    pool->memory.in_use += whole;
    if (pool->memory.in_use > pool->memory.peak)
        pool->memory.peak = pool->memory.in_use;
    return block;
}

#ifdef GD_DEBUG
/* Debug builds use a block again as late as they can, so that a dead object is met before its memory is another's. */
static void put_last(gd__pool *pool, int class, void *block)
{
    set_next_free(block, NULL);
    if (pool->free[class])
        set_next_free(pool->last[class], block);
    else
        pool->free[class] = block;
    pool->last[class] = block;
}
#endif

void gd__pool_give(gd__pool *pool, void *block, size_t size)
{
    if (!block)
        return;
    int class = class_of(size);
    size_t whole = size_of_class(class);
    pool->memory.in_use -= whole;
#ifdef GD_DEBUG
    memset((char *)block + ALIGN, 0xdb, whole - ALIGN);
    put_last(pool, class, block);
#else
    set_next_free(block, pool->free[class]);
    pool->free[class] = block;
#endif
    HIDE((char *)block + ALIGN, whole - ALIGN);
}
