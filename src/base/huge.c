/* huge.c - large blocks in large pages. */
#define _DEFAULT_SOURCE /* madvise */
#include "base/huge.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 1 << 21 };

void *gd__huge_alloc(size_t size)
{
    size_t whole = (size + PAGE - 1) / PAGE * PAGE;
    void *block = whole >= size ? aligned_alloc(PAGE, whole) : NULL;
#ifdef MADV_HUGEPAGE /* a wish: what becomes of it changes nothing but the speed */
    if (block)
        madvise(block, size / PAGE * PAGE, MADV_HUGEPAGE);
#endif
    return block;
}
