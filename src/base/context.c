#include "base/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SCOPES = 16 };

#define STR_(x) #x
#define STR(x) STR_(x)
#define VERSION STR(GD_VERSION_MAJOR) "." STR(GD_VERSION_MINOR) "." STR(GD_VERSION_PATCH)

gd_context gd__nowhere = {
    .failed = true,
    .stand_in = true,
    .isa = "none",
    .threads = 1,
    .error_object = { .state = GD__ERROR, .context = &gd__nowhere },
    .error = { .status = GD_ERROR_MEMORY,
               .dim = -1,
               .op = "gd_open",
               .what = "there is no context",
               .remedy = "free memory and open one with gd_open; do not pass NULL",
               .message = "gd_open: there is no context: it could not be opened for want of memory, or NULL "
                          "was passed where an object was expected" },
};

const char *gd_version(void)
{
    return VERSION;
}

gd_context *gd_open(void)
{
    return gd_open_with(NULL);
}

gd_context *gd_open_with(const gd_config *config)
{
    gd_config chosen = config ? *config : (gd_config){ .isa = NULL };
    gd__pool pool;
    gd__pool_open(&pool, chosen.allocator);
    gd_context *g = gd__pool_take(&pool, sizeof *g);
    gd__scope *scopes = gd__pool_take(&pool, FIRST_SCOPES * sizeof *scopes);
    if (!g || !scopes) {
        gd__pool_close(&pool);
        return &gd__nowhere;
    }
    memset(g, 0, sizeof *g);
    g->pool = pool;
    g->scopes = scopes;
    g->scopes[0] = (gd__scope){ .first = NULL };
    g->scope_capacity = FIRST_SCOPES;
    g->next_serial = 1;
    snprintf(g->isa_asked, sizeof g->isa_asked, "%s", chosen.isa ? chosen.isa : "");
    g->error_object = (gd__object){ .state = GD__ERROR, .context = g };
    g->error.dim = -1;
    gd__random_seed(&g->random, GD_RNG_PHILOX, 0);
    g->threads = gd__thread_count(chosen.threads);
    if (chosen.threads < 0)
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_open_with", "Ask for 1 or more, or for the cores with 0" },
                 "%d threads can't be had", chosen.threads);
    return g;
}

static void empty_scope(gd_context *g, int depth)
{
    while (g->scopes[depth].first)
        gd__destroy(g->scopes[depth].first);
}

void gd_close(gd_context *g)
{
    if (!g || g->stand_in)
        return;
    for (int depth = g->depth; depth >= 0; depth--)
        empty_scope(g, depth);
    if (g->tape_free)
        g->tape_free(g);
    gd__threads_close(g);
    gd__pool pool = g->pool; /* the context itself lies in the pool */
    gd__pool_close(&pool);
}

gd_memory gd_memory_used(const gd_context *g)
{
    return g ? g->pool.memory : (gd_memory){ .in_use = 0 };
}

/* ---- scopes ---- */

gd_scope gd_scope_enter(gd_context *g)
{
    if (!g || g->stand_in)
        return (gd_scope){ .context = NULL };
    gd_scope nothing = { .context = NULL };
    if (g->depth + 1 >= g->scope_capacity &&
        !gd__grow(g, (void **)&g->scopes, &g->scope_capacity, g->depth + 2, sizeof *g->scopes))
        return nothing; /* what follows lives in the scope without it */
    uint64_t serial = g->next_serial++;
    g->scopes[++g->depth] = (gd__scope){ .serial = serial, .tape_mark = g->tape_length };
    return (gd_scope){ .context = g, .depth = g->depth, .serial = serial };
}

void gd_scope_leave(gd_scope *scope)
{
    if (!scope || !scope->context)
        return;
    gd_context *g = scope->context;
    bool open = scope->depth <= g->depth && g->scopes[scope->depth].serial == scope->serial;
    if (open && scope->depth <= g->held) {
        gd__fail(g, (gd__fault){ GD_ERROR_STATE, 0, "gd_scope_leave", "Leave it where it was entered" },
                 "a hook, an operation or a layer runs within this scope");
        return;
    }
    scope->context = NULL;
    if (!open)
        return;
    while (g->depth >= scope->depth) {
        if (g->tape_length > g->scopes[g->depth].tape_mark)
            g->tape_cut(g, g->scopes[g->depth].tape_mark);
        empty_scope(g, g->depth);
        g->depth--;
    }
}

/* ---- objects ---- */

void *gd__new(gd_context *g, const gd__class *class)
{
    gd__object *object = gd__new_sized(g, class, class->size);
    if (object)
        memset(object + 1, 0, class->size - sizeof *object);
    return object;
}

static void unlink_object(gd__object *object)
{
    if (object->previous)
        object->previous->next = object->next;
    else
        object->context->scopes[object->depth].first = object->next;
    if (object->next)
        object->next->previous = object->previous;
}

void gd__destroy(gd__object *object)
{
    const gd__class *class = object->class;
    unlink_object(object);
    if (class->destroy)
        class->destroy(object);
    if (class->size == 0)
        return;
    object->state = GD__DEAD;
    gd__free(object->context, object, class->size);
}

void gd__move(gd__object *object, int depth)
{
    if (object->depth == depth)
        return;
    unlink_object(object);
    gd__scope *scope = &object->context->scopes[depth];
    object->depth = depth;
    object->previous = NULL;
    object->next = scope->first;
    if (scope->first)
        scope->first->previous = object;
    scope->first = object;
}

/* ---- memory ---- */

void *gd__no_memory(gd_context *g, size_t size)
{
    gd__fail(g,
             (gd__fault){ .status = GD_ERROR_MEMORY,
                          .remedy = "free memory, use smaller batches, or leave scopes earlier" },
             "%zu bytes could not be had (%zu in use)", size, g->pool.memory.in_use);
    return NULL;
}

void *gd__alloc(gd_context *g, size_t size)
{
    void *block = g->stand_in ? NULL : gd__pool_take(&g->pool, size);
    return block ? block : gd__no_memory(g, size);
}

void gd__free(gd_context *g, void *block, size_t size)
{
    if (!g->stand_in)
        gd__pool_give(&g->pool, block, size);
}

char *gd__copy_string(gd_context *g, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = gd__alloc(g, size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void gd__free_string(gd_context *g, char *text)
{
    if (text)
        gd__free(g, text, strlen(text) + 1);
}

bool gd__grow(gd_context *g, void **block, int *capacity, int need, size_t item)
{
    if (need <= *capacity)
        return true;
    int wanted = *capacity > 0 ? *capacity : 8;
    while (wanted < need)
        wanted = wanted > INT32_MAX / 2 ? INT32_MAX : wanted * 2;
    void *grown = gd__alloc(g, (size_t)wanted * item);
    if (!grown)
        return false;
    if (*block) {
        memcpy(grown, *block, (size_t)*capacity * item);
        gd__free(g, *block, (size_t)*capacity * item);
    }
    *block = grown;
    *capacity = wanted;
    return true;
}
