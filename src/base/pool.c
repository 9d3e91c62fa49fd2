#include "base/pool.h"

#include "base/huge.h"

#include <stdlib.h>
#include <string.h>

#ifdef GD_DEBUG
enum {
    CUT_MAX = 0
}; /* every block is asked for by itself: a refusing allocator and the sanitizer meet each of them */
#else
enum { CUT_MAX = 4096 };
#endif
enum { ALIGN = GD__BLOCK_ALIGN, SMALL_MAX = 4096, CHUNK_SIZE = 64 * 1024 };

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
        gd__open_up(chunk, chunk->size);
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

/* A large block remembers its chunk in the word before it. */
static gd__chunk **chunk_of(void *block)
{
    return (gd__chunk **)block - 1;
}

static void return_free_large(gd__pool *pool)
{
    for (int class = gd__size_class_of(SMALL_MAX).class + 1; class < GD__SIZE_CLASSES; class ++) {
        while (pool->free[class]) {
            void *block = pool->free[class];
            pool->free[class] = *gd__link_of(block);
            gd__chunk *chunk = *chunk_of(block);
            if (chunk->previous)
                chunk->previous->next = chunk->next;
            else
                pool->large = chunk->next;
            if (chunk->next)
                chunk->next->previous = chunk->previous;
            pool->memory.reserved -= chunk->size;
            gd__open_up(chunk, chunk->size);
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
        gd__close_off(pool->cut, (size_t)(pool->cut_end - pool->cut));
    }
    void *block = pool->cut;
    pool->cut += size;
    return block;
}

void *gd__pool_cut(gd__pool *pool, size_t size)
{
    size_t whole = gd__size_class_of(size).whole;
    if (size > (size_t)1 << 46)
        return NULL;
    return whole <= CUT_MAX ? take_small(pool, whole) : take_large(pool, whole);
}

#ifdef GD_DEBUG
/* Debug builds use a block again as late as they can, so that a dead object is met before its memory is another's. */
void gd__pool_put_last(gd__pool *pool, gd__size_class fit, void *block)
{
    memset((char *)block + ALIGN, 0xdb, fit.whole - ALIGN);
    *gd__link_of(block) = NULL;
    if (pool->free[fit.class])
        *gd__link_of(pool->last[fit.class]) = block;
    else
        pool->free[fit.class] = block;
    pool->last[fit.class] = block;
}
#endif
