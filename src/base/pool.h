/* pool.h - size-class free lists over the caller's allocator.
 *
 * Blocks are rounded up to one of four sizes an octave (64, 128, 192, 256, 320, ...) and kept when given
 * back, so that a steady training loop asks the allocator for nothing. Small ones are cut from chunks. */
#ifndef GRADUS_SRC_BASE_POOL_H
#define GRADUS_SRC_BASE_POOL_H

#include "gradus/base.h"

enum { GD__SIZE_CLASSES = 160 };

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

/* 64-byte aligned, or NULL. When the allocator refuses, free large blocks go back to it first. */
void *gd__pool_take(gd__pool *pool, size_t size);
void gd__pool_give(gd__pool *pool, void *block, size_t size);

#endif
