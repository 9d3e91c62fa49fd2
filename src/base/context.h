/* context.h - the context and the objects that live in its scopes.
 *
 * Every public object (tensor, layer, optimizer, ...) begins with a gd__object. A scope is a list of
 * objects; leaving it destroys them. One object of state GD__ERROR in the context stands for the error
 * object of every type: whoever is handed a pointer looks at the head before anything else. */
#ifndef GRADUS_SRC_BASE_CONTEXT_H
#define GRADUS_SRC_BASE_CONTEXT_H

#include "gradus/base.h"

#include "base/pool.h"
#include "base/random.h"

typedef struct gd__object gd__object;

typedef struct gd__class {
    const char *name;              /* as messages call it: "tensor" */
    size_t size;                   /* of the whole object; 0: it varies */
    void (*destroy)(gd__object *); /* gives back what the object owns; where sizes vary, the dead object itself too */
} gd__class;

/* Odd patterns, so that stray memory is not taken for an object. */
typedef enum gd__state { GD__ALIVE = 0x6b7a9c31, GD__DEAD = 0x51d0e8a7, GD__ERROR = 0x2ee4f05d } gd__state;

struct gd__object {
    uint32_t state;
    int32_t depth; /* of the scope it lives in */
    gd_context *context;
    const gd__class *class;
    gd__object *previous, *next; /* in that scope */
    uint64_t serial;             /* no two objects of a context have the same */
};

typedef struct gd__scope {
    gd__object *first;
    uint64_t serial;
    uint32_t tape_mark; /* how long the tape was when the scope was entered */
} gd__scope;

/* Where a call stands, for messages: a chain on the C stack, from the inner layer outward. */
typedef struct gd__place {
    const char *name;
    const struct gd__place *outer;
} gd__place;

struct gd__tape;
struct gd__team;
struct gd__watch;
struct gd__kernel;

struct gd_context {
    bool failed;
    bool gradients_off;         /* inside gd_no_grad */
    bool recording_all;         /* inside a layer's forward: record even what needs no gradient */
    bool watching;              /* look at each result for numbers that are not finite */
    bool evaluating;            /* layers act as in evaluation, whatever their mode */
    bool widening;              /* every operation takes float32 operands as float64 */
    bool stand_in;              /* the static context that is never written to */
    const char *running;        /* the operation or function under way */
    const char *deriving;       /* the operation whose derivative rule is under way */
    const gd__place *place;     /* the layer under way */
    gd__pool pool;
    gd__scope *scopes;
    int depth, scope_capacity;
    int held;                   /* scopes up to this depth can't be left: a function of the user's is called from them */
    uint64_t next_serial, marked; /* the last mark that was given out */
    int threads;                        /* how many work at most, the caller included */
    double unshared;                    /* nanoseconds of work that were not shared, since the others sleep */
    double owed;                        /* nanoseconds of work that are not to be shared, since sharing has lost time */
    bool in_parallel;                   /* tasks are under way */
    bool share_all;                     /* share small work too: for tests */
    struct gd__team *team;              /* the other threads, started at the first work that is large enough */
    struct gd__tape *tape;              /* the autograd floor's, made at the first record */
    struct gd__walk *walk;              /* the walk over it that is under way */
    uint32_t tape_length;
    void (*tape_cut)(gd_context *, uint32_t length); /* forgets what was recorded after */
    void (*tape_free)(gd_context *);
    /* "MulBackward0", in text or static: the op that made it; NULL for a leaf */
    const char *(*maker)(const void *tensor, char *text, size_t size);
    struct gd__watch *watch;            /* the autograd floor's, made when it is first asked for */
    struct gd__trace *trace;            /* who is told of every operation that has run; NULL: nobody */
    uint64_t settings;                  /* raised when a layer's mode, or what learns, is changed: what C code branches on */
    const struct gd__kernel *const *kernels; /* the cpu floor's table, chosen at the first operation */
    char isa_asked[16]; /* "" for the best */
    const char *isa;
    int default_dtype;
    gd__random random;
    gd__object error_object;
    gd_error error;
    gd_error_callback *on_error;
    void *on_error_user;
};

/* The stand-in for a context that could not be had. Never written to. */
extern gd_context gd__nowhere;

static inline bool gd__alive(const void *object)
{
    return object && ((const gd__object *)object)->state == GD__ALIVE;
}

static inline bool gd__is_error(const void *object)
{
    return object && ((const gd__object *)object)->state == GD__ERROR;
}

/* The context that an argument speaks for; the stand-in for NULL, and for memory that is an object no longer. */
static inline gd_context *gd__context(const void *object)
{
    const gd__object *o = object;
    bool speaks = o && (o->state == GD__ALIVE || o->state == GD__DEAD || o->state == GD__ERROR);
    return speaks ? o->context : &gd__nowhere;
}

/* The error object of every type of this context. */
static inline void *gd__error_object(gd_context *g)
{
    return g ? &g->error_object : &gd__nowhere.error_object;
}

/* Says why an object that can't be used with g can't, and returns false. */
bool gd__unusable(gd_context *g, const void *object, const char *function, const char *what) __attribute__((cold));

/* True when `object` can be used with g. Otherwise g has the error: NULL, used after its scope, of another context.
 * An error object is false too, and adds no error: its own stands already. */
static inline bool gd__usable(gd_context *g, const void *object, const char *function, const char *what)
{
    return (gd__alive(object) && ((const gd__object *)object)->context == g) ||
           gd__unusable(g, object, function, what);
}

/* A new object in the current scope, zeroed but for its head; NULL with the error set. */
void *gd__new(gd_context *g, const gd__class *class);
/* The same in a block of that size, and not zeroed behind its head, for those who fill it. */
static inline void *gd__new_sized(gd_context *g, const gd__class *class, size_t size);

/* Destroys an object before its scope ends. */
void gd__destroy(gd__object *object);

/* Moves an object to the scope of that depth. */
void gd__move(gd__object *object, int depth);

/* A number to mark objects with. Whoever comes after marks over it. */
static inline uint64_t gd__new_mark(gd_context *g)
{
    return g->marked = g->next_serial++;
}

/* ---- errors ---- */

typedef struct gd__fault {
    gd_status status;
    int dim; /* 1 + the dimension that disagrees, 0 for none */
    const char *op;
    const char *remedy;
} gd__fault;

/* Sets the context's error (the first one stays) and calls the callback. Always returns the error
 * object, so that `return gd__fail(...)` does for every type. */
void *gd__fail(gd_context *g, gd__fault fault, const char *format, ...) __attribute__((format(printf, 3, 4), cold));

/* "sequential > 2 (linear)", from the outermost layer inward, put behind what is in text; "" outside of layers. */
void gd__write_place(char *text, size_t size, const gd__place *place);

/* ---- memory ---- */

/* A block of `size` bytes, aligned to 64; NULL with the error set. Given back with its size. */
void *gd__alloc(gd_context *g, size_t size);
/* The error of a block that could not be had. Always NULL. */
void *gd__no_memory(gd_context *g, size_t size) __attribute__((cold));
void gd__free(gd_context *g, void *block, size_t size);
/* A copy of a string; NULL with the error set. Given back with gd__free_string. */
char *gd__copy_string(gd_context *g, const char *text);
void gd__free_string(gd_context *g, char *text);

/* *block grown to hold `need` items, at least doubled. False with the error set; *block then stays. */
bool gd__grow(gd_context *g, void **block, int *capacity, int need, size_t item);

static inline void *gd__new_sized(gd_context *g, const gd__class *class, size_t size)
{
    gd__object *object = g->stand_in ? NULL : (gd__object *)gd__pool_take(&g->pool, size);
    if (!object)
        return gd__no_memory(g, size);
    gd__scope *scope = &g->scopes[g->depth];
    *object = (gd__object){ GD__ALIVE, g->depth, g, class, NULL, scope->first, g->next_serial++ };
    if (scope->first)
        scope->first->previous = object;
    scope->first = object;
    return object;
}

/* ---- options ---- */

/* Was `.name =` among the initialisers of this text? A NULL text: the caller filled every field. */
bool gd__given(const char *text, const char *name);

/* Is the second argument of this text a number, where a list is expected? C would take it for the list's first field. */
bool gd__second_is_number(const char *text);

#endif
