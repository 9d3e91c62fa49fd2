/* plan.h - what a recording is: cells that hold numbers, and instructions over them. */
#ifndef GRADUS_SRC_COMPILE_PLAN_H
#define GRADUS_SRC_COMPILE_PLAN_H

#include "gradus/compile.h"

#include "autograd/trace.h"
#include "base/trace.h"
#include "cpu/kernel.h"

/* Where a cell's numbers come from. */
typedef enum gd__origin {
    GD__GIVEN,   /* an input: other memory in each run */
    GD__OUTSIDE, /* a tensor that was there before, or stays: a parameter, its gradient, an output */
    GD__FIXED,   /* made in the step of nothing that changes: the plan has a copy */
    GD__MADE     /* by an instruction, in the plan's own memory */
} gd__origin;

/* A storage of the recorded run. */
typedef struct gd__cell {
    gd__origin origin;
    int input;            /* GIVEN: which */
    uint64_t serial;      /* the storage's */
    size_t size;          /* bytes of its numbers */
    const char *base;     /* while recording: where they begin */
    gd__storage *storage; /* OUTSIDE: held by the plan */
    gd__storage *head;    /* the others' */
    char *memory;         /* FIXED: the copy; GIVEN: of a small one, for numbers that can't be read where they lie */
    bool written;         /* OUTSIDE: its version rises with each replay */
    bool fragile;         /* OUTSIDE: may go before the plan does */
    bool inner;           /* MADE: within one step, piece by piece: it has no place */
    int first, last;      /* MADE: the instructions that it lives from and to */
    size_t place;         /* MADE: in the arena */
    char name[48];        /* OUTSIDE: for those who read the plan */
} gd__cell;

/* A tensor as an instruction takes it: where in which cell. */
typedef struct gd__look {
    gd_tensor tensor;
    int cell;
    int64_t offset; /* bytes from the cell's base */
} gd__look;

typedef enum gd__kind {
    GD__OPERATION, /* makes look[0] of the others */
    GD__UPDATE,    /* writes its operands, but for GD__READ_ONLY */
    GD__DRAW,      /* fills look[0] from the random stream */
    GD__FORWARD,   /* a user's function: makes the first looks of the others */
    GD__BACKWARD,
    GD__HOST,  /* a function of the library that is called again */
    GD__CHECK, /* looks whether numbers are as they must be */
    GD__NOTHING
} gd__kind;

typedef struct gd__user {
    gd_operation *operation;
    uint64_t serial;
    const gd_operation_options *options;
    int x;                        /* operands, which come first */
    bool has_saved[GD_MAX_SAVED]; /* behind them; of a forward among the results */
    bool *wanted;                 /* of a backward: x of them */
    int *made;                    /* of a backward: for each operand the look of its gradient, -1 for none */
} gd__user;

typedef struct gd__instruction {
    gd__kind kind;
    const gd__op *op;
    int id;
    int at;          /* how many were recorded before it */
    int outs, looks; /* results first, operands behind */
    gd__look *look;
    gd__attrs attrs;
    gd__turns turns;             /* owner NULL: the numbers never change */
    uint64_t turns_serial, seen; /* the owner's; the stamp that the numbers are of */
    gd__filling draw;
    gd__user user;
    bool (*again)(void *object);
    gd__object *object;
    uint64_t serial;
    bool (*holds)(const gd_tensor *t, int64_t limit);
    int64_t limit;
} gd__instruction;

/* A leaf whose gradient the step touches. */
typedef struct gd__leaf {
    gd_tensor *tensor;
    uint64_t serial;
    bool guarded, before; /* whether it had a gradient counts, and whether it had */
    bool after, withheld; /* it has one afterwards; but in no place */
    bool shows;           /* it has one, in its place */
} gd__leaf;

/* What became of a leaf's gradient, and before which instruction. */
typedef struct gd__grading {
    gd_tensor *leaf;
    int at;
    bool set;
} gd__grading;

/* Where the numbers of an input were in the last run; data NULL: nowhere that could be looked at again. */
typedef struct gd__input {
    const char *data;
    uint64_t serial; /* of their storage */
    gd__cell *small; /* of a small one; NULL: of another */
    char *aside;     /* of another, that the plan itself writes: a copy */
    size_t aside_size;
} gd__input;

/* A place that holds the address of an input's numbers. */
typedef struct gd__patch {
    char **at;
    int input;
    int64_t offset;
} gd__patch;

typedef struct gd__step gd__step;
typedef struct gd__stage gd__stage;

/* An update of few numbers: one of those that a step does in one sweep. */
typedef struct gd__sweep {
    gd__instruction *instruction;
    gd__loop *loop;
    char *pointer[GD__MAX_POINTERS];
    int64_t n;
} gd__sweep;

/* What a replay does: one of these after the other. */
struct gd__step {
    gd__small *small; /* of few numbers; run NULL: and nothing else */
    bool (*run)(gd__step *step);
    const gd__kernel *kernel;
    gd__call call;
    gd__loop *loop; /* over addresses that are known */
    int64_t n;
    char *pointer[GD__MAX_POINTERS];
    int64_t stride[GD__MAX_POINTERS];
    gd__sweep *sweep;
    gd__descent *descent;
    gd__stage *stage; /* what is done on each block */
    int stages;
    bool withholds;         /* the product itself is not kept */
    gd__instruction **part; /* the instructions that it does */
    int instructions, part_room;
    const char *how; /* in words, for those who read the plan */
};

/* What the numbers of an input must look like. */
typedef struct gd__form {
    gd_dims shape;
    gd_dtype dtype;
    int64_t stride[GD_MAX_DIMS];
    uint64_t serial; /* of the tensor that had this form last: it has it still */
} gd__form;

/* What C code of the library branches on. */
typedef struct gd__mood {
    bool gradients_off, recording_all, evaluating, widening;
    int default_dtype;
    uint64_t settings;
} gd__mood;

typedef struct gd__recording {
    gd_context *context;
    gd_plan *plan;
    int depth;      /* of the scope around the step */
    uint64_t began; /* the serial that was next then */
    gd__mood mood;
    int inputs, outputs;
    gd__form *form; /* of the inputs */
    gd__input *given;
    gd_tensor *const *in; /* while recording: the inputs that were handed over */
    gd_tensor **output;
    bool fragile; /* something that it needs may go before the plan does */
    gd__cell *cell;
    int cells, cell_room;
    int *table, table_size; /* cells by serial; -1: none */
    gd__instruction *instruction;
    int instructions, instruction_room, useful; /* those that are left come first */
    gd__leaf *leaf;
    int leaves, leaf_room, guards; /* the guarded ones come first */
    gd__grading *grading;
    int gradings, grading_room;
    gd__patch *patch;
    int patches, patch_room;
    gd__step *step;
    int steps, step_room;
    gd__storage *heads;
    char *arena;
    size_t arena_size, arena_bytes; /* planned; the block's */
    gd__storage **written;          /* the storages whose versions rise with each replay */
    int outside_written;
    gd_plan_facts facts;
    int64_t used; /* the number of the run that used it last */
} gd__recording;

struct gd_plan {
    gd__object object;
    gd_function *function; /* one of both */
    gd_functions *functions;
    void *user;
    size_t outputs;
    gd__recording **recording;
    int recordings, room;
    gd__recording *latest;
    int64_t runs, recorded;
    bool keeps_gradients;
    bool running;
};

/* ---- recording (record.c) ---- */

/* The callbacks of a trace that fills the recording. */
gd__trace gd__recorder(gd__recording *r);

/* The cell of a tensor's storage; -1 with the error set. */
int gd__cell_of(gd__recording *r, const gd_tensor *t);

/* A new cell of these numbers; -1 with the error set. */
int gd__new_cell(gd__recording *r, gd__origin origin, const gd_tensor *t);

/* Notes that `to`, which stays, is to become a copy of `from`. */
bool gd__note_copy(gd__recording *r, const gd_tensor *from, const gd_tensor *to);

/* ---- making instructions into steps (build.c) ---- */

/* All passes. False with the error set. */
bool gd__build(gd__recording *r);

/* ---- replaying (replay.c) ---- */

/* What steps run. */
bool gd__step_kernel(gd__step *step);
bool gd__step_checked(gd__step *step); /* the same, with the shape rule's look at the numbers */
bool gd__step_turn(gd__step *step);    /* with numbers that are asked for anew */
bool gd__step_loop(gd__step *step);
bool gd__step_descent(gd__step *step); /* a small one, and an update by what it makes */
bool gd__step_bce(gd__step *step);
bool gd__step_descend(gd__step *step);
bool gd__step_sweep(gd__step *step);
bool gd__step_product(gd__step *step); /* and what comes after it, on each block */
bool gd__step_chain(gd__step *step);

/* Has the numbers of an update asked for anew, where they may have changed, and counts its turn. */
bool gd__take_turn(gd__instruction *i, gd_context *g);
bool gd__step_draw(gd__step *step);
bool gd__step_forward(gd__step *step);
bool gd__step_backward(gd__step *step);
bool gd__step_host(gd__step *step);
bool gd__step_check(gd__step *step);

/* Gives back what the step owns. */
void gd__step_free(gd__step *step);

/* Is it the storage of one of the outputs? */
bool gd__is_output(const gd__recording *r, const gd__storage *storage);

/* Runs a recording on inputs that have its form. False with the error set. */
bool gd__replay(gd__recording *r, gd_tensors in);

#endif
