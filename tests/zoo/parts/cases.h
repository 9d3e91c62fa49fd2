/* cases.h - the cases of the zoo: a net, no mistake, one or two, and the way in which a user meets them. A case follows from
 * its number alone. */
#ifndef GRADUS_TESTS_ZOO_CASES_H
#define GRADUS_TESTS_ZOO_CASES_H

#include "zoo/parts/mutate.h"

typedef enum form {
    CLAIMED,             /* gradients beside a function of tensors */
    CLAIMED_PARAMETERS,  /* beside a loss of named parameters */
    WHOLE_OPERATION,     /* the net as one operation of the user's, in plain C */
    WHOLE_OPERATION_OPS, /* whose forward is written in operations */
    NODE_OPERATION,      /* one node as such an operation, within a function */
    NODE_OPERATION_OPS,
    LAYER,               /* within a layer of the user's own */
    HOOKED,              /* a hook changes a gradient */
    DETACHED,            /* gd_detach where it should not be */
    CAST,                /* to float32 and back */
    ACCUMULATING,        /* an operation that adds to what its backward handed out before */
    OVERWRITING_FORWARD, /* an operation that writes into its operand */
    OVERWRITING_BACKWARD,
    AUTOGRAD, /* nothing but the library's own */
    FLOAT32,  /* the same in float32 */
    FORMS
} form;

const char *form_name(form f);

/* Numbers at which a check may take a right gradient for a wrong one. */
typedef enum corner { NO_CORNER, KINKS, TIES, TINY, HUGE_NUMBERS, ZEROS, CORNERS } corner;

typedef struct zoo_case {
    int64_t number;
    uint64_t seed;
    net now, old;
    form form;
    bool earlier; /* the point before is handed to the check */
    bool single;  /* all in float32 */
    int mutations;
    mutation mutation[2];
    int node; /* of NODE_OPERATION and the like */
    double dy[MOST_ENTRIES];
    int leaves, leaf[MOST_LEAVES]; /* whose gradients are checked, in the check's order */
    gradient right[MOST_NODES], wrong[MOST_NODES];
    corner corner;
    char name[320];
} zoo_case;

int64_t cases_in_seed(void);

/* Makes the case of this number: its seed is number / cases_in_seed(). */
void make_case(int64_t number, zoo_case *c);

/* What the wrong gradient of this leaf may be put down to; the first is what was put in. Returns how many. */
int readings_of(const zoo_case *c, int leaf, reading *to);

/* Is the claimed gradient of the leaf another than the right one? */
bool is_wrong(const zoo_case *c, int leaf);

/* So little that a check may let it pass, at a tensor that the mistake hardly reaches? Not where rounding is the mistake. */
bool is_faint(const zoo_case *c, int leaf);

#endif
