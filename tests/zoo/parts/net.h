/* net.h - networks that are computed by hand, forward and backward, in plain C over float64, with a switch for each mistake
 * that people make at each place.
 *
 * A net is a list of nodes, each made of earlier ones; the last is what it computes. From the same list a function in the
 * library's operations is made (build.h). */
#ifndef GRADUS_TESTS_ZOO_NET_H
#define GRADUS_TESTS_ZOO_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "gradus/gradus.h"

enum { MOST_NODES = 48, MOST_ENTRIES = 64, MOST_RANK = 3, MOST_LEAVES = 12, NOWHERE = -1, ALL_AXES = -1 };

typedef enum kind {
    LEAF,
    /* element by element */
    SIGMOID,
    TANH,
    RELU,
    LEAKY_RELU,
    ELU,
    GELU,
    SILU,
    SOFTPLUS,
    EXP,
    LOG,
    SQUARE,
    SQRT,
    SIN,
    ABS,
    ROUND,
    SCALE, /* number x */
    SHIFT, /* x + number */
    /* two operands, of which either is broadcast */
    ADD,
    SUB,
    MUL,
    DIV,
    MATMUL, /* of a or its transpose, b or its transpose */
    /* along an axis, or all of them */
    SUM,
    MEAN,
    MAX,
    LOGSUMEXP,
    SOFTMAX,
    LOG_SOFTMAX,
    NORMALISE,
    CUMSUM,
    SLICE,   /* `size` entries of the axis, from `start` */
    ROWS,    /* rows of a table by their numbers */
    PERMUTE, /* axes in another order */
    /* losses of a prediction and its target */
    MSE,
    HALF_SE,
    BCE,
    BCE_LOGITS,
    CE_LABELS,
    CE_ONE_HOT,
    KINDS
} kind;

typedef enum role { INNER, INPUT, PARAMETER, CONSTANT, LABELS } role;

typedef struct dims {
    int rank, size[MOST_RANK];
} dims;

typedef struct node {
    kind kind;
    role role;
    char name[8]; /* of a leaf */
    int x[2];     /* operands, NOWHERE where there is none */
    dims shape;
    int axis, start;
    int order[MOST_RANK];
    bool flipped[2]; /* of a product: this operand is transposed */
    bool mean;       /* of a loss; else it is summed */
    bool regulariser;
    double number;
    int label[MOST_ENTRIES]; /* of ROWS and CE_LABELS */
    double v[MOST_ENTRIES];
} node;

typedef struct net {
    char name[64];
    int batch, classes, features; /* what factors are made of */
    int count;
    node node[MOST_NODES];
} net;

/* ---- mistakes ---- */

typedef enum mistake {
    CORRECT,
    /* at an operand of a node, or, with the operand NOWHERE, at the whole gradient of a node */
    FLIP_SIGN,
    WRONG_FACTOR,
    ZERO,
    ROUND_TO_FLOAT,
    STALE_VALUE,
    OTHER_VALUE,
    ASSIGN,
    /* at a node's whole gradient */
    TRANSPOSE,
    REORDER,
    ROLL,
    ADD_EARLIER,
    GIVE_NONE,
    GIVE_OTHER,
    FLATTEN_WRONG,
    /* in a rule */
    LEAVE_OUT_DERIVATIVE,
    DERIVATIVE_TWICE,
    AT_OUTPUT,
    FORMULA_OF_OUTPUT,
    INVERT_MASK,
    MASK_OF_GRADIENT,
    NOT_SUMMED,
    ONE_SAMPLE,
    MEAN_OVER_BATCH,
    SUM_WRONG_AXIS,
    NO_MEAN,
    MEAN_INSTEAD,
    SWAP_OPERANDS,
    NO_TRANSPOSE,
    LEAVE_OUT_FACTOR,
    DIAGONAL,
    JACOBIAN_TWICE,
    ALONG_WRONG_AXIS,
    TERM_FLIPPED,
    FIRST_TERM_MISSING,
    SECOND_TERM_MISSING,
    BOTH_TERMS_MISSING,
    SHIFT_INDEX,
    SET_REPEATED,
    NOT_REVERSED,
    NOT_PERMUTED,
    PASS_THROUGH,
    MISTAKES
} mistake;

typedef struct mutation {
    mistake mistake;
    int node, operand;
    double factor; /* of WRONG_FACTOR */
    int other;     /* of OTHER_VALUE and GIVE_OTHER: the node */
} mutation;

/* A gradient: its shape is that of its leaf, but for some mistakes. */
typedef struct gradient {
    bool none;
    dims shape;
    double v[MOST_ENTRIES];
} gradient;

/* What a backward goes through. */
typedef struct pass {
    const net *now, *old; /* old: the same net at its earlier point, for stale values */
    const mutation *mutation;
    int mutations;
    const double *dy; /* the gradient of the last node; NULL: ones */
} pass;

/* What is done at a node: the values of operands through value_of, which some mistakes change. */
typedef struct rule {
    const char *name;
    void (*forward)(net *n, node *at);
    /* Sets d, the gradient of that operand, in full; `to` is its shape, which NOT_SUMMED changes. */
    void (*backward)(const pass *p, int at, int operand, const double *dy, double *d, dims *to);
    gd_tensor *(*build)(const node *at, gd_tensor *const *x);
    uint64_t mistakes[2]; /* that can be made in it, by operand */
} rule;
extern const rule rules[KINDS];

#define CAN(mistake) ((uint64_t)1 << (mistake))

/* ---- numbers ---- */

int entries(dims shape);
bool same_dims(dims a, dims b);
/* The element of an operand, broadcast to `out`, that the out's i-th is made of. */
int broadcast_index(dims out, dims operand, int i);
/* Of an axis: how many blocks, entries and how far apart they lie. ALL_AXES is one block. */
typedef struct lane {
    int outer, size, inner;
} lane;
lane lane_of(dims shape, int axis);

bool is_mutated(const pass *p, int at, int operand, mistake m);
/* What the gradient of operand `made` is made of: the value of an operand, or, of 2, the node's own. A mistake may put another
 * there. */
const double *value_of(const pass *p, int at, int made, int which);

/* ---- running ---- */

void run_forward(net *n);
/* The gradients of all leaves, laid out by node; those of inner nodes are not kept. */
void run_backward(const pass *p, gradient *of_node);
int consumers(const net *n, int at);

#endif
