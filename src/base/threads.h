/* threads.h - the context's one pool of threads.
 *
 * Work is cut by whoever asks for it, by shape alone: how many tasks there are and what each does never depends on the
 * number of threads, and with one thread the same tasks run in turn. So results do not depend on it either. Threads are
 * started at the first work that is large enough and end with the context. */
#ifndef GRADUS_SRC_BASE_THREADS_H
#define GRADUS_SRC_BASE_THREADS_H

#include "base/context.h"

/* Task number `index`. Of all tasks that run at the same time each has another `slot`, from 0 to gd__slots(g) - 1: a
 * place in scratch memory that the caller made. A task can't use the context: no gd__alloc, no gd__fail. */
typedef void gd__task(void *user, int64_t index, int slot);

/* Runs the tasks 0 .. tasks - 1, in any order, on the caller and the pool, and returns when all are done. `nanoseconds`
 * is about what all of them take together on one thread: small work stays with the caller. Within a task it runs them in
 * turn, in slot 0. Where a thread can't be had, fewer work. */
void gd__parallel(gd_context *g, int64_t tasks, double nanoseconds, gd__task *task, void *user);

/* How many tasks may run at the same time. */
int gd__slots(const gd_context *g);

/* How many threads a context has that asks for so many: 0 means the cores that this process may use. */
int gd__thread_count(int asked);

/* Ends the threads, before the context's memory goes. */
void gd__threads_close(gd_context *g);

#endif
