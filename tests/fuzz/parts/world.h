/* world.h - a program under way: the library's context on one side, what the reference expects of it on the other.
 *
 * After each step both are compared. What the library computed within the allowed distance is then taken over by the
 * reference, so that each call is judged by itself: errors do not add up, and there is no reason to be lenient. */
#ifndef GRADUS_TESTS_FUZZ_WORLD_H
#define GRADUS_TESTS_FUZZ_WORLD_H

#include "fuzz/parts/program.h"

enum { MOST_FUNCTIONS = 512, MOST_DEPTH = 6, COMPLAINT_SIZE = 4096 };
enum { MOST_BYTES = 64 << 20 }; /* what the allocator of a program hands out at once */

/* A tensor: slots of several steps may hold the same one. */
typedef struct object {
    gd_tensor *tensor;
    value *value;
    int depth;          /* of its scope; -1: dead */
    bool requires_grad;
    struct node *node;  /* how it was recorded; NULL: a leaf */
    bool used;          /* was an operand */
    bool muddy;         /* its history is not known here: whether it can be differentiated is left open */
    bool huge;          /* only its shape is known */
    bool has_grad, retains_grad;
    number factor;      /* its hook multiplies gradients by this; 1 without a hook */
    int64_t hook;       /* its id, -1 without one */
    number *delta;      /* while gradients are checked: how far it moves */
    number *direction;  /* and where to, where it was asked for */
    struct object *next;
} object;

/* A recorded call: its operands, with the numbers that they had. */
typedef struct node {
    const reference *r;
    question question;
    int operands;
    object *operand[MOST_OPERANDS];
    value **snapshot[MOST_OPERANDS]; /* where it stands in the question's arguments */
    object *out;
    value *base;  /* the reference's result */
    int depth;    /* of the scope it was recorded in */
    bool gone, spent, dirty, needed;
    struct node *previous;
} node;

typedef struct meter {
    int64_t live, count, refuse, refusals;
    bool refused; /* since the step began */
} meter;

/* What was done up to now; lies in shared memory. */
typedef struct tally {
    int64_t programs, steps, calls, results, errors, numbers, gradients, seconds, skipped, refused;
    int64_t by_function[MOST_FUNCTIONS][2]; /* results, errors */
} tally;

typedef struct world {
    program *program;
    tally *tally;
    gd_context *g, *other;
    gd_tensor *foreign, *error; /* of the other context; the error object of this one */
    meter meter;
    arena memory;
    object *slot[MOST_SLOTS], *objects;
    node *nodes;
    gd_scope scope[MOST_DEPTH + 1];
    int scope_step[MOST_DEPTH + 1];
    int depth;
    bool recording;
    gd_dtype default_dtype;
    bool failed_before; /* an error stood when the step began */
    bool bad;
    char *complaint;
} world;

/* One of the fuzzer's own verbs. */
typedef struct verb {
    const char *name;
    void (*run)(world *w, int at);
} verb;

typedef enum own_verb {
    MAKE, FULL, LIKE, ARANGE, RANDOM,
    ENTER, LEAVE, KEEP, CLEAR, DEFAULT_DTYPE,
    REQUIRE, DETACH, RECORD, WRITE, READ, SPLIT, NAME,
    BACKWARD, GRADIENT, SECOND, HOOK, UNHOOK, RETAIN, FORGET,
    OWN_VERBS
} own_verb;
extern const verb verbs[OWN_VERBS];

bool world_open(world *w, program *p, tally *t, char *complaint);
void world_close(world *w);

/* Runs one step and compares; sets w->bad, with the complaint, where both differ. */
void run_step(world *w, int at);

/* ---- for the verbs ---- */

void complain(world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Did it end as it must? True where it succeeded rightly, and the result counts. faults: as in a question. */
bool judge(world *w, const char *what, bool good, unsigned faults, bool unclear);

object *object_at(const world *w, int slot);
gd_tensor *tensor_at(const world *w, int slot);
bool is_alive(const object *o);

object *add_object(world *w, int slot, gd_tensor *tensor, value *v, bool requires_grad);

/* Compares the library's tensor with the expected value, and takes its numbers over. */
bool compare(world *w, const gd_tensor *t, value *v, bool exact);
/* All live tensors once more: nothing may have changed by itself. */
void compare_all(world *w);

/* The numbers of this buffer were written: what was recorded with them may be refused from now on. */
void written(world *w, const number *buffer);

/* The parameters of a function of the list, by place: "gd_tensor *", "int", ...; NULL after the last. */
const char *parameter_type(const char *parameters, int place, char *name);

void run_function(world *w, int at);

/* Those of gradient.c. */
void run_backward(world *w, int at);
void run_gradient(world *w, int at);
void run_second(world *w, int at);
void run_hook(world *w, int at);
void run_unhook(world *w, int at);
void run_retain(world *w, int at);
void run_forget(world *w, int at);

#endif
