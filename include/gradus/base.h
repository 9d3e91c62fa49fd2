/* base.h - the context, errors as values, scopes, memory and random streams.
 *
 * Everything that Gradus does hangs on a context. Two threads with two contexts never meet, but over tensors that
 * gd_share lets them read together.
 *
 *     gd_context *g = gd_open();
 *     for (int step = 0; step < 100; step++) {
 *         GD_SCOPE(g);                      // what is made from here on goes at the closing brace
 *         ...
 *     }
 *     if (gd_failed(g))
 *         fprintf(stderr, "%s\n", gd_message(g));
 *     gd_close(g);
 *
 * Errors are values. A call that fails returns an error object of its type: never NULL, and never a
 * crash. Calls on an error object return one again, so an expression can be chained and asked once.
 * The context keeps the first error. While it stands, calls that change something (gd_backward,
 * gd_step, gd_save, ...) do nothing; gd_clear lifts it. A call that is handed nothing but NULL has no context to tell: it
 * returns an error object all the same.
 *
 * Using an object after its scope is a mistake. It is an error (GD_ERROR_DEAD) as long as nothing else has taken the
 * memory; debug builds put that off as long as they can, so that the mistake is met. */
#ifndef GRADUS_BASE_H
#define GRADUS_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GD_API __attribute__((visibility("default")))
#else
#define GD_API
#endif

#define GD_VERSION_MAJOR 0
#define GD_VERSION_MINOR 1
#define GD_VERSION_PATCH 0

typedef struct gd_context gd_context;

/* ---------------------------------------------------------------------------------------------
 * Opening and closing
 * ------------------------------------------------------------------------------------------- */

/* Where a context gets its memory. One function does all three jobs, as realloc does:
 *   resize(user, NULL, 0, n)    a new block of n bytes, aligned as malloc aligns, or NULL
 *   resize(user, p, old, n)     the block p of `old` bytes, now of n bytes, or NULL (p then stays)
 *   resize(user, p, old, 0)     frees p; what it returns is ignored
 * It is called from the thread that calls Gradus. */
typedef struct gd_allocator {
    void *(*resize)(void *user, void *block, size_t old_size, size_t new_size);
    void *user;
} gd_allocator;

/* How to open a context. A zero-filled gd_config is what gd_open() uses. */
typedef struct gd_config {
    gd_allocator allocator; /* .resize NULL: the C library's malloc */
    const char *isa;        /* instruction set of the kernels: NULL picks the best that this processor
                               has; "generic", "avx2", "avx512" ask for one (where the processor or
                               the build lacks it, the first operation is an error) */
    int threads;            /* how many threads share large work, the caller's included: 0 takes the cores that the
                               process may use, 1 starts none, 256 are the most. Results are the same for any number.
                               Below 0 is GD_ERROR_VALUE */
} gd_config;

/* Opens a context. The default random stream is GD_RNG_PHILOX with seed 0.
 * Returns a context that the caller closes with gd_close. When there is not even memory for that, a
 * static context stands in for it: gd_failed says so, and all calls on it return error objects.
 * In a library that was built with OpenBLAS, products set that to one thread, which is process-wide. */
GD_API gd_context *gd_open(void);
GD_API gd_context *gd_open_with(const gd_config *config);

/* Closes the context and gives back all that was made in it: tensors, layers, optimizers, files.
 * NULL is allowed and does nothing. */
GD_API void gd_close(gd_context *g);

/* The version that the library was built as: "0.1.0". A static string. */
GD_API const char *gd_version(void);

/* The instruction set whose kernels the context runs: "generic", "avx2" or "avx512"; "none" where there is no such.
 * A static string. */
GD_API const char *gd_isa(gd_context *g);

/* How many threads share the context's large work, the caller's included. They are started at the first work that is
 * worth it and end with the context; where the system gave fewer than were asked for, from then on it is those. 0 for
 * NULL and for a context that could not be opened. */
GD_API int gd_threads(const gd_context *g);

/* ---------------------------------------------------------------------------------------------
 * Errors
 * ------------------------------------------------------------------------------------------- */

/* Every status with its name, in one table: X(constant, name). */
#define GD_STATUS_LIST(X)                                                                              \
    X(GD_OK, "ok")                                                                                     \
    X(GD_ERROR_NULL, "null argument")                                                                  \
    X(GD_ERROR_SHAPE, "shape")                                                                         \
    X(GD_ERROR_DTYPE, "dtype")                                                                         \
    X(GD_ERROR_VALUE, "value")                                                                         \
    X(GD_ERROR_INDEX, "index")                                                                         \
    X(GD_ERROR_STATE, "state")                                                                         \
    X(GD_ERROR_MEMORY, "out of memory")                                                                \
    X(GD_ERROR_FILE, "file")                                                                           \
    X(GD_ERROR_FORMAT, "file format")                                                                  \
    X(GD_ERROR_CONTEXT, "context")                                                                     \
    X(GD_ERROR_DEAD, "used after its scope")

typedef enum gd_status {
#define GD_STATUS_CONSTANT(constant, name) constant,
    GD_STATUS_LIST(GD_STATUS_CONSTANT)
#undef GD_STATUS_CONSTANT
} gd_status;

/* What went wrong, where, and what to do about it. Strings are never NULL, "" where not known. */
typedef struct gd_error {
    gd_status status;
    int dim;           /* the dimension that disagrees, -1 where none does */
    char op[32];       /* the operation or function: "matmul" */
    char layer[96];    /* the layer it stands in, from the outermost: "sequential > 2 (linear)" */
    char what[512];    /* what was wrong, with the names and shapes of the operands */
    char remedy[256];  /* what to do about it */
    char message[960]; /* all of the above as text */
} gd_error;

/* True when an error stands. NULL and the static context count as failed. */
GD_API bool gd_failed(const gd_context *g);

/* The first error since gd_open or gd_clear; its status is GD_OK when there was none.
 * Never NULL. It belongs to the context and is valid until gd_clear or gd_close. */
GD_API const gd_error *gd_first_error(const gd_context *g);

/* The message of the first error, "" when there was none. Same ownership as gd_first_error. */
GD_API const char *gd_message(const gd_context *g);

/* Forgets the error; calls that change something work again. */
GD_API void gd_clear(gd_context *g);

/* The name of a status: "shape". A static string; "unknown" for a number that is no status. */
GD_API const char *gd_status_name(gd_status status);

/* Has `callback` called at each error, where it happens, before the failing call returns: a place for
 * a breakpoint, or for a test to stop. The error is valid during the call. NULL takes it away. */
typedef void gd_error_callback(void *user, const gd_error *error);
GD_API void gd_on_error(gd_context *g, gd_error_callback *callback, void *user);

/* ---------------------------------------------------------------------------------------------
 * Scopes
 * ------------------------------------------------------------------------------------------- */

/* A mark in the context's stack of scopes. */
typedef struct gd_scope {
    gd_context *context;
    int depth;
    uint64_t serial; /* no two scopes of a context have the same */
} gd_scope;

/* Everything made between gd_scope_enter and gd_scope_leave is given back at the leave: tensors, layers,
 * optimizers, and the part of the tape that was recorded there. What gd_keep moved stays. Leaving a mark leaves the
 * scopes within it too; leaving twice, by a copy of the mark too, does nothing. A hook, or an operation or a
 * layer of one's own, can't leave the scope that it is called in (GD_ERROR_STATE). The context must still be open: gd_close comes after the
 * last scope. */
GD_API gd_scope gd_scope_enter(gd_context *g);
GD_API void gd_scope_leave(gd_scope *scope);

#define GD__PASTE(a, b) a##b
#define GD__NAME(prefix, line) GD__PASTE(prefix, line)

#if defined(__GNUC__)
/* A scope that leaves by itself at the closing brace, on break, continue and return too. */
#define GD_SCOPE(g)                                                                                    \
    __attribute__((cleanup(gd_scope_leave), unused)) gd_scope GD__NAME(gd__scope_, __LINE__) =         \
        gd_scope_enter(g)
#endif

/* ---------------------------------------------------------------------------------------------
 * Memory
 * ------------------------------------------------------------------------------------------- */

typedef struct gd_memory {
    size_t in_use;      /* bytes in live blocks */
    size_t peak;        /* the most that in_use has been */
    size_t reserved;    /* bytes held from the allocator, free ones included */
    size_t allocations; /* how often the allocator was asked for a block */
} gd_memory;

/* What the context holds. All zero for NULL. */
GD_API gd_memory gd_memory_used(const gd_context *g);

/* ---------------------------------------------------------------------------------------------
 * Random streams
 * ------------------------------------------------------------------------------------------- */

/* GD_RNG_PHILOX  counter-based (Salmon et al. 2011, Philox4x32-10): the default
 * GD_RNG_TORCH   the draws of PyTorch's CPU generator after torch.manual_seed
 * GD_RNG_NUMPY   the draws of NumPy's legacy generator after np.random.seed */
typedef enum gd_rng { GD_RNG_PHILOX, GD_RNG_TORCH, GD_RNG_NUMPY } gd_rng;

/* Starts the context's random stream anew. The MT19937 streams (TORCH, NUMPY) use the lower 32 bits
 * of the seed, as their models do. A kind that is none is GD_ERROR_VALUE. */
GD_API void gd_seed(gd_context *g, gd_rng kind, uint64_t seed);

/* Which initialisers of a call's text were written: a macro below turns its arguments into text too,
 * so that an option left out and an option written as zero can be told apart. */
#define GD__TEXT(...) GD__TEXT_(__VA_ARGS__)
#define GD__TEXT_(...) #__VA_ARGS__

#ifdef __cplusplus
}
#endif
#endif
