/* reference.h - every function of the list once more, from its definition: slow, by plain loops over indices, and with
 * nothing of the library's in it. PyTorch's conventions, and those that ops.inc states.
 *
 * A function that is added to ops.inc needs a row in one of the tables (reference_*.c), or the fuzzer does not start. */
#ifndef GRADUS_TESTS_FUZZ_REFERENCE_H
#define GRADUS_TESTS_FUZZ_REFERENCE_H

#include "fuzz/parts/value.h"

enum { MOST_ARGUMENTS = 16, MOST_LISTED = 5, MOST_OPERANDS = 8 };

/* An argument of a call, as gd_call takes them; one that was left out has the kind GD_ARGUMENT_NONE and zeros. */
typedef struct argument {
    gd_argument_kind kind;
    value *x; /* a tensor; NULL for one that was left out */
    bool requires_grad; /* and what is made of it is recorded */
    int count;
    value *list[MOST_LISTED];
    double real; /* a number, or an integer */
    int64_t whole;
    gd_dims dims;
} argument;

#define ANY_FAULT 0xffffffffu

/* A call, and what must come of it. Lists are not empty. */
typedef struct question {
    arena *memory;
    gd_dtype default_dtype;
    int count;
    argument argument[MOST_ARGUMENTS];
    unsigned faults; /* by status, one bit each: it must be an error, and of one of these; 0: none */
    bool unclear;    /* the definition does not say: anything but a crash is right */
    value *y;        /* the result, */
    value *same;     /* or the operand that comes back itself */
    value *written[MOST_ARGUMENTS]; /* an update: what the argument at this place holds afterwards */
} question;

/* How the dtypes of the operands meet (ops.inc). */
typedef enum dtype_rule {
    AS_GIVEN,
    PROMOTED,
    FLOATS,     /* and integers become the default float dtype */
    BESIDE,     /* a number stands beside: a whole one leaves integers as they are */
    COMPARED,   /* with a number: floats in their dtype, others as float64 */
    CHOSEN      /* the first is a condition, the others are promoted */
} dtype_rule;

enum { ANY_DTYPE = ~0, NUMBERS = ~(1 << GD_BOOL), REALS = 1 << GD_FLOAT32 | 1 << GD_FLOAT64 };

/* Which operands fit a function: how the generator draws them. */
typedef enum fitting {
    FIT_BROADCAST, /* any first one; others that broadcast with it */
    FIT_EQUAL,     /* others of the same shape */
    FIT_MATRICES,  /* inner sizes agree */
    FIT_LABELS,    /* a matrix of floats and class labels of its rows */
    FIT_LABEL_BACKWARD, /* a number, class labels, and how many classes */
    FIT_PROBABILITIES,  /* between 0 and 1, of one shape */
    FIT_NUMBER_FIRST,   /* a gradient of one element, then probabilities */
    FIT_CONDITION, /* the first is bool */
    FIT_JOINED,    /* a list of equal sizes but for one dimension */
    FIT_STACKED,   /* a list of one shape */
    FIT_VECTORS,   /* of one size */
    FIT_MASKED,    /* the second is bool */
    FIT_GATHERED, FIT_SCATTERED, /* indices into a dimension; and what is added there */
    FIT_LISTED,    /* a list of indices into a dimension */
    FIT_CLASSES,   /* class labels, and how many classes */
    FIT_PADDED, FIT_RESHAPED, FIT_EXPANDED, FIT_PERMUTED, FIT_SLICED, FIT_UNSLICED,
    FIT_UPDATE     /* an optimizer's */
} fitting;

typedef struct reference reference;

/* One element from those of the operands and the numbers; *scale, if set, is what its rounding errors are relative to. */
typedef number formula(const number *x, const number *c, number *scale);

struct reference {
    const char *name;
    void (*evaluate)(question *q, const reference *r);
    fitting fit;
    unsigned differentiable; /* bit k: a gradient flows to operand k; of a list, bit 0 speaks for all */
    int least;               /* arguments that must be given; 0: all */
    unsigned optional;       /* bit i: argument i may be NULL */
    bool writes;             /* in place: does nothing while an error stands */
    /* Elementwise ones: */
    formula *element;
    int64_t (*wrapped)(int64_t a, int64_t b); /* of integers whose result may not fit; b: the second operand or the number */
    dtype_rule rule;
    int dtypes;      /* those that there is a kernel for, one bit each; 0: all */
    gd_dtype result; /* GD_DEFAULT: that of the operands */
    double ulps;     /* how far off the library may be, in units of the last place; 0: not at all */
};

/* The row of a function; NULL where there is none. */
const reference *reference_of(const char *name);

/* ---- for the rows ---- */

void fault(question *q, gd_status status);

/* Makes q->y; false where there is nothing to compute, be it for a fault or because it is too large. */
bool begin(question *q, gd_dtype dtype, gd_dims shape);

/* The same elements seen in another way: q->y with its places to be set. False as begin. */
bool begin_view(question *q, const value *base, gd_dims shape);

/* A dimension counted from 0; -1, with the fault, where there is none such. */
int dim_of(question *q, const value *x, int64_t dim);

/* Can a tensor of that dtype hold the number? Fractions are cut off, and negative ones wrap in uint8. */
void check_held(question *q, gd_dtype dtype, double n);

/* PyTorch's result type of two tensors. */
gd_dtype promoted(gd_dtype a, int a_ndim, gd_dtype b, int b_ndim);
gd_dtype to_float(const question *q, gd_dtype dtype);

/* *shape, and what it and the other one broadcast to; false where they do not. */
bool broadcast(gd_dims *shape, gd_dims other);

/* The place in x of what meets element i of a result of that shape. */
int64_t meeting(const value *x, gd_dims shape, int64_t i);

/* From a place in row-major order to an index in each dimension, and back. */
void index_of(gd_dims shape, int64_t i, int64_t *index);
int64_t place_of(gd_dims shape, const int64_t *index);

/* The error of a float that was rounded this many times on its way to numbers of this size. */
number slack_of(gd_dtype dtype, double ulps, number scale);
/* Sets how far the library may lie from element i of the result. */
void allow(question *q, int64_t i, number slack);

void elementwise(question *q, const reference *r);

/* A row's table ends with a row without a name. */
extern const reference elementwise_rows[], shape_rows[], index_rows[], reduction_rows[], matrix_rows[], loss_rows[],
    update_rows[];

#endif
