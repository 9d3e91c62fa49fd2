/* op.h - the descriptor: all that the library knows of an operation, in one place. */
#ifndef GRADUS_SRC_OP_OP_H
#define GRADUS_SRC_OP_OP_H

#include "gradus/op.h"

#include "tensor/tensor.h"

enum { GD__MAX_INPUTS = GD_MAX_OPERANDS };

/* The operand that an update only reads; all others are written. */
enum { GD__READ_ONLY = 1 };

/* The numbers that an operation takes beside its operands; `scalar` in the order of its parameters. */
typedef struct gd__attrs {
    double scalar[6];
    int64_t integer[4];
    gd_dims dims;
} gd__attrs;

typedef struct gd__op gd__op;

/* An operation under way: its operands prepared (dtypes as the kernel wants them), its output, if made. */
typedef struct gd__call {
    gd_context *context;
    const gd__op *op;
    int id; /* its gd__op_id */
    int count;
    gd_tensor **in; /* count of them */
    gd_tensor *out;
    const gd__attrs *attrs;
} gd__call;

/* What a derivative rule is asked: the gradient of operand `i`, from that of the output. */
typedef struct gd__vjp {
    gd_tensor *dy;       /* gradient of the output */
    gd_tensor *const *x; /* the operands */
    int count;
    gd_tensor *y;        /* the output */
    const gd__attrs *attrs;
    int i;
} gd__vjp;

/* How operands are brought to one dtype before the shape rule. The result has that dtype unless the shape
 * rule says otherwise. */
typedef enum gd__dtype_rule {
    GD__AS_GIVEN, /* as they are; the result has the first one's */
    GD__PROMOTED, /* PyTorch's result type */
    GD__FLOATS,   /* the same, and integers become the default float dtype */
    GD__NUMBER,   /* as given beside a whole scalar[0] (bools become int64); beside another, as GD__FLOATS */
    GD__ONE_FLOAT /* float, and the same: anything else is an error */
} gd__dtype_rule;

/* Operands for the tests: shapes, and the interval that their numbers are drawn from. */
typedef struct gd__sample {
    gd_dims shape[GD__MAX_INPUTS];
    int operands; /* how many, where the operation takes any number */
    double low, high;
    gd__attrs attrs;
    int label_input; /* 1 + the operand that holds class labels below label_limit, 0 for none */
    int64_t label_limit;
    int condition_input; /* 1 + the operand that holds bools, 0 for none */
} gd__sample;

enum { GD__MAX_SAMPLES = 4 };

struct gd__op {
    gd_op_info info;
    int arity; /* GD__ANY: any number of operands; what is said of the first then holds for all */
    gd__dtype_rule dtypes;
    bool contiguous;     /* the kernel wants its operands in row-major order */
    bool checks;         /* the shape rule looks at numbers too, and may refuse them */
    bool refuses;        /* the kernel may refuse numbers */
    bool elementwise;    /* each result from the operands' elements at the same place */
    /* The shape of the result from those of the operands, in call->in; for a view the strides too. False with
     * the error set. out->dtype and the rest are preset. */
    bool (*infer)(const gd__call *call, gd__meta *out);
    /* The derivative rule, written in operations; NULL: declared as having none. The gradient may have the
     * shape of the output where the operand was broadcast: the sum is taken in one place for all. */
    gd_tensor *(*vjp)(const gd__vjp *v);
    /* The same for all operands at once, where they are wanted: a user's operation. dx[i] NULL: no influence. False with the
     * error set. */
    bool (*vjp_all)(const gd__op *op, const gd__vjp *v, const bool *wanted, gd_tensor **dx);
    /* At these operands the rule is not the derivative, on purpose: what it is held back for, in a sentence; else NULL. Looks
     * at the operands' numbers, which lie in row-major order. */
    const char *(*held_back)(const gd__call *call);
    unsigned differentiable; /* bit i: operand i has a derivative */
    unsigned reads[GD__MAX_INPUTS]; /* by the operand asked for; bit k: the rule reads operand k; GD__READS_OUTPUT: the output */
    double (*reference)(const double *x, const gd__attrs *attrs); /* one element, for elementwise ones: the tests' */
    gd__sample sample[GD__MAX_SAMPLES];
};

enum { GD__READS_OUTPUT = 1u << GD__MAX_INPUTS, GD__ANY = -1 };

/* The place of operand i in the descriptor's tables. */
static inline int gd__role(const gd__op *op, int i)
{
    return op->arity == GD__ANY ? 0 : i;
}

static inline bool gd__is_differentiable(const gd__op *op, int i)
{
    return op->differentiable >> gd__role(op, i) & 1;
}

typedef enum gd__op_id {
#define GD_OP(name, ...) GD__OP_##name,
#define GD_VIEW(name, ...) GD__OP_##name,
#define GD_UPDATE(name, ...) GD__OP_##name,
#define GD_FN(name, ...)
#include "gradus/ops.inc"
#undef GD_OP
#undef GD_VIEW
#undef GD_UPDATE
#undef GD_FN
    GD__OP_COUNT
} gd__op_id;

extern const gd__op *const gd__ops[GD__OP_COUNT];

/* ---- the way out: run by the engine (src/autograd/apply.c), which sees the kernels and the tape ---- */

/* Runs an operation on operands and records it where a gradient will be wanted. Never NULL. */
gd_tensor *gd__apply(gd__op_id id, int count, gd_tensor *const *in, const gd__attrs *attrs);

/* Runs an update on its first operand. It is not recorded on the tape. */
gd_tensor *gd__update(gd__op_id id, int count, gd_tensor *const *in, const gd__attrs *attrs);

static inline gd_tensor *gd__apply1(gd__op_id id, gd_tensor *x, const gd__attrs *attrs)
{
    return gd__apply(id, 1, (gd_tensor *[]){ x }, attrs);
}

static inline gd_tensor *gd__apply2(gd__op_id id, gd_tensor *a, gd_tensor *b)
{
    return gd__apply(id, 2, (gd_tensor *[]){ a, b }, NULL);
}

/* ---- shape rules that families share ---- */

/* The shape that the operands broadcast to, PyTorch's rule; the error names the dimension. */
bool gd__infer_broadcast(const gd__call *call, gd__meta *out);
/* Makes `shape` what it and `other` broadcast to. */
bool gd__join_shapes(const gd__call *call, gd_dims *shape, const gd_dims *other);
/* The shape of the first operand. */
bool gd__infer_same(const gd__call *call, gd__meta *out);
/* The shape of the operand; attrs->integer[0] must be one of its axes. */
bool gd__infer_along(const gd__call *call, gd__meta *out);
/* Broadcast, and the result is bool. */
bool gd__infer_compare(const gd__call *call, gd__meta *out);

/* gd_sum_to: x summed down to a shape that broadcasts to x's. x itself where nothing was broadcast. */
gd_tensor *gd__sum_to(gd_tensor *x, const gd_dims *shape);

/* ---- what losses share ---- */

/* torch.nn.functional's ignore_index, where none is given: the label of a sample that does not count. */
enum { GD__IGNORED = -100 };

/* Can x, t and the weight, where there is one, be used? Asked before anything is made, which might take a dead one's
 * place. The error names the loss. */
bool gd__loss_usable(const char *loss, const gd_tensor *x, const gd_tensor *t, const gd_tensor *weight);

/* Are these the labels of that many rows, below `classes` or ignored? The error names the loss. */
bool gd__labels_fit(const char *loss, const gd_tensor *labels, int64_t rows, int64_t classes, int64_t ignored);

/* The losses of the elements, made into what the reduction asks for. */
gd_tensor *gd__reduce_loss(const char *loss, gd_tensor *terms, gd_loss_reduction reduction);

/* ---- arguments that families share ---- */

/* gd__dim, with an error that names a function which is no operation. */
int gd__dim_of(const char *function, const gd_tensor *x, int64_t dim);

/* A tensor without dimensions counts as one element in a row: x in a row, and y, made of it, in the shape of x. */
gd_tensor *gd__in_row(gd_tensor *x);
gd_tensor *gd__shaped_as(gd_tensor *y, const gd_tensor *x);

/* An index (int64 or uint8) outside 0 .. size - 1, and its place. */
typedef struct gd__outside {
    int64_t value;
    gd_dims place;
} gd__outside;

/* Is there one? *except, where it is given, counts as inside. */
bool gd__index_outside(const gd_tensor *index, int64_t size, const int64_t *except, gd__outside *found);

#endif
