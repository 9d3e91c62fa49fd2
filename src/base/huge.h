/* huge.h - memory for large blocks. */
#ifndef GRADUS_SRC_BASE_HUGE_H
#define GRADUS_SRC_BASE_HUGE_H

#include <stddef.h>

/* From so many bytes on a block is worth it: a page of its own is 2 MiB. */
enum { GD__HUGE = 4 << 20 };

/* So many bytes, to be freed with free, or NULL. Where the system can, they lie in pages of 2 MiB: rows that are picked at random
 * from small ones have the processor look for a page each time, which takes longer than the memory. */
void *gd__huge_alloc(size_t size);

#endif
