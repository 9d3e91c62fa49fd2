/* op.h - the operations: what the list in ops.inc declares, and a way to walk it.
 *
 *     gd_tensor *z = gd_add(gd_matmul(x, W), b);       // b broadcasts over the rows
 *     gd_tensor *s = gd_sum(gd_square(z), gd_axes(0)); // over the rows
 */
#ifndef GRADUS_OP_H
#define GRADUS_OP_H

#include <gradus/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Axes to reduce over: gd_axes(0, -1). gd_axes() means all of them. */
#define gd_axes(...) gd_shape(__VA_ARGS__)

/* What a reduction takes: gd_sum(x), gd_sum(x, gd_axes(0)), gd_sum(x, gd_axes(0), true) or
 * gd_sum(x, .keepdim = true). keepdim leaves each reduced axis in place with size 1. */
typedef struct gd_reduction {
    gd_tensor *x;
    gd_dims axes;
    bool keepdim;
    const char *text; /* of the call: tells gd_sum(x, 1), which is an error, from gd_sum(x, gd_axes(1)) */
} gd_reduction;

/* What looks along one dimension takes: gd_argmax(x, 1), gd_argmax(x, 1, true) or gd_argmax(x, 1, .keepdim = true). */
typedef struct gd_along {
    gd_tensor *x;
    int dim;
    bool keepdim;
    char end;
} gd_along;

/* What a variance takes: with `population` it divides by n, else by n - 1. */
typedef struct gd_var_options {
    gd_tensor *x;
    gd_dims axes;
    bool keepdim;
    bool population;
    const char *text;
} gd_var_options;

/* What a norm takes; p left out, or 0, means 2. */
typedef struct gd_norm_options {
    gd_tensor *x;
    gd_dims axes;
    bool keepdim;
    double p;
    const char *text;
} gd_norm_options;

/* The numbers of one step of torch.optim.SGD. */
typedef struct gd_sgd_rule {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
    bool first; /* no momentum has been gathered yet */
} gd_sgd_rule;

/* What becomes of the losses of single elements or samples. */
typedef enum gd_loss_reduction {
    GD_REDUCE_MEAN, /* the default */
    GD_REDUCE_SUM,
    GD_REDUCE_NONE
} gd_loss_reduction;

/* What losses take: gd_mse(x, t), gd_mse(x, t, .reduction = GD_REDUCE_SUM). An option left out has PyTorch's default. */
typedef struct gd_loss {
    gd_tensor *x, *t; /* what was predicted, or its probability; the target */
    gd_loss_reduction reduction;
    gd_tensor *weight; /* of each element; NULL: all count the same */
    char end;          /* closes the list of initialisers */
} gd_loss;

typedef struct gd_huber_loss {
    gd_tensor *x, *t;
    double delta; /* must be given: gd_huber(x, t, 1) */
    gd_loss_reduction reduction;
    gd_tensor *weight;
    char end;
} gd_huber_loss;

typedef struct gd_logit_loss {
    gd_tensor *x, *t;
    gd_loss_reduction reduction;
    gd_tensor *weight;
    gd_tensor *pos_weight; /* of the ones against the zeros, for each class; NULL: 1 */
    char end;
} gd_logit_loss;

typedef struct gd_class_loss {
    gd_tensor *x, *t;
    gd_loss_reduction reduction;
    gd_tensor *weight;      /* of each class, (C); NULL: all count the same */
    double label_smoothing; /* 0 to 1: this share of each label is spread evenly over all classes */
    int64_t ignore_index;   /* -100; samples of this label do not count */
    const char *given;      /* which were written: the macro's text. With NULL every field counts as written */
} gd_class_loss;

/* Of torch.optim.Adagrad. `step` is how many steps the parameter has made with this one: 1 at the first. */
typedef struct gd_adagrad_rule {
    double lr, lr_decay, weight_decay, eps;
    bool maximize;
    int64_t step;
} gd_adagrad_rule;

/* Of torch.optim.RMSprop. */
typedef struct gd_rmsprop_rule {
    double lr, alpha, eps, weight_decay, momentum;
    bool maximize;
} gd_rmsprop_rule;

/* Of torch.optim.Adam, and of torch.optim.AdamW where the weight decay is decoupled. `step` as in gd_adagrad_rule. */
typedef struct gd_adam_rule {
    double lr, beta1, beta2, eps, weight_decay;
    bool decoupled, maximize;
    int64_t step;
} gd_adam_rule;

#define GD_OP(name, ...) GD_API gd_tensor *gd_##name(__VA_ARGS__);
#define GD_VIEW(name, ...) GD_API gd_tensor *gd_##name(__VA_ARGS__);
#define GD_UPDATE(name, ...) GD_API gd_tensor *gd_##name(__VA_ARGS__);
#define GD_FN(name, ...) GD_API gd_tensor *gd_##name(__VA_ARGS__);
#include <gradus/ops.inc>
#undef GD_OP
#undef GD_VIEW
#undef GD_UPDATE
#undef GD_FN

/* The functions of these names, with their options as initialisers. */
#define gd_sum(...) gd_sum((gd_reduction){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_mean(...) gd_mean((gd_reduction){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_prod(...) gd_prod((gd_reduction){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_max(...) gd_max((gd_reduction){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_min(...) gd_min((gd_reduction){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_any(...) gd_any((gd_reduction){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_all(...) gd_all((gd_reduction){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_logsumexp(...) gd_logsumexp((gd_reduction){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_var(...) gd_var((gd_var_options){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_std(...) gd_std((gd_var_options){ __VA_ARGS__, .text = #__VA_ARGS__ })
#define gd_norm(...) gd_norm((gd_norm_options){ __VA_ARGS__, .text = #__VA_ARGS__ })
/* These name their dimension. */
#define gd_argmax(x, ...) gd_argmax((gd_along){ x, __VA_ARGS__, .end = 0 })
#define gd_argmin(x, ...) gd_argmin((gd_along){ x, __VA_ARGS__, .end = 0 })

/* The losses, with their options as initialisers. Without parentheses these names are functions of two tensors (gd_huber: and
 * a number), to be handed over as a gd_loss_function. */
#define gd_mse(...) gd_mse_with((gd_loss){ __VA_ARGS__, .end = 0 })
#define gd_l1(...) gd_l1_with((gd_loss){ __VA_ARGS__, .end = 0 })
#define gd_huber(...) gd_huber_with((gd_huber_loss){ __VA_ARGS__, .end = 0 })
#define gd_bce(...) gd_bce_with((gd_loss){ __VA_ARGS__, .end = 0 })
#define gd_bce_with_logits(...) gd_bce_with_logits_with((gd_logit_loss){ __VA_ARGS__, .end = 0 })
#define gd_nll(...) gd_nll_with((gd_class_loss){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
#define gd_cross_entropy(...) gd_cross_entropy_with((gd_class_loss){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })

/* The parts of x of `size` along dim, the last one shorter where it must be, as views in part[0 ...], which has room for
 * `room` (torch.split). Returns how many; -1 on any error, and all are error tensors. */
GD_API int gd_split(gd_tensor *x, int64_t size, int dim, int room, gd_tensor **part);

/* Have both the same shape and the same numbers (torch.equal)? NaN equals nothing; 1 as one dtype equals 1 as another.
 * Nothing is recorded. False on any error. */
GD_API bool gd_equal(gd_tensor *a, gd_tensor *b);

/* Is |a - b| <= atol + |rtol b| everywhere, or a == b, or, with equal_nan, are both NaN (torch.allclose; its defaults are
 * 1e-5, 1e-8 and false)? Shapes broadcast; dtypes must be the same (GD_ERROR_DTYPE); integers are compared as the
 * default dtype. A negative tolerance is GD_ERROR_VALUE. Nothing is recorded. False on any error. */
GD_API bool gd_allclose(gd_tensor *a, gd_tensor *b, double rtol, double atol, bool equal_nan);

/* What an operation says of itself. Strings are static; NULL stands where there is nothing to say. */
enum { GD_MAX_OPERANDS = 5 };
typedef struct gd_op_info {
    const char *name;                   /* "matmul" */
    const char *input[GD_MAX_OPERANDS]; /* names of its operands: "A", "B" */
    const char *formula;                /* "Y = A B" */
    const char *derivative[GD_MAX_OPERANDS]; /* one for each operand: "dA = dY B^T"; NULL where there is none */
    const char *why;           /* the reason for each transpose and each sum; NULL where it needs none */
    const char *latex;         /* the formula and the derivatives as LaTeX */
    const char *latex_derivative[GD_MAX_OPERANDS];
    const char *torch_name;    /* how PyTorch names its grad_fn, where that does not follow from the name */
    bool is_view;              /* shares the numbers of its operand */
    bool is_update;            /* writes into its first operand */
} gd_op_info;

/* How many operations there are, and each of them, 0 .. gd_op_count() - 1; NULL outside. */
GD_API int gd_op_count(void);
GD_API const gd_op_info *gd_op_at(int index);

/* Which dtypes the operation takes; which shapes, where it works element by element, else NULL. Static; NULL outside. */
GD_API const char *gd_op_dtypes(int index);
GD_API const char *gd_op_shapes(int index);

/* ---------------------------------------------------------------------------------------------
 * Calling by name
 * ------------------------------------------------------------------------------------------- */

typedef enum gd_function_kind {
    GD_COMPUTED, /* by a kernel */
    GD_VIEWED,   /* a new look at the same numbers */
    GD_UPDATED,  /* writes into its first operand */
    GD_COMPOSED  /* written in terms of the others */
} gd_function_kind;

/* A function of the list in ops.inc. Strings are static. */
typedef struct gd_function_info {
    const char *name;       /* "clamp" */
    const char *parameters; /* "gd_tensor *x, double low, double high"; a struct is given field by field to gd_call */
    gd_function_kind kind;
    int op;                 /* its place for gd_op_at; -1 for a composed one */
} gd_function_info;

/* How many functions the list has, each of them, and one by its name; NULL where there is none. */
GD_API int gd_function_count(void);
GD_API const gd_function_info *gd_function_at(int index);
GD_API const gd_function_info *gd_function_named(const char *name);

/* One argument of gd_call. */
typedef enum gd_argument_kind {
    GD_ARGUMENT_NONE,
    GD_ARGUMENT_TENSOR,
    GD_ARGUMENT_TENSORS,
    GD_ARGUMENT_NUMBER,
    GD_ARGUMENT_INTEGER, /* bools and dtypes are integers too */
    GD_ARGUMENT_DIMS
} gd_argument_kind;

typedef struct gd_argument {
    gd_argument_kind kind;
    gd_tensor *tensor;
    gd_tensors tensors;
    double number;
    int64_t integer;
    gd_dims dims;
} gd_argument;

/* gd_arg(x) is an argument of the kind that x has. */
#define gd_arg(x)                                                                                      \
    _Generic((x),                                                                                      \
        gd_tensor *: gd_argument_tensor, gd_tensors: gd_argument_tensors, gd_dims: gd_argument_dims,   \
        float: gd_argument_number, double: gd_argument_number, default: gd_argument_integer)(x)
GD_API gd_argument gd_argument_tensor(gd_tensor *x);
GD_API gd_argument gd_argument_tensors(gd_tensors x);
GD_API gd_argument gd_argument_number(double x);
GD_API gd_argument gd_argument_integer(int64_t x);
GD_API gd_argument gd_argument_dims(gd_dims x);

/* Any function of the list by its name, for bindings and tools: gd_call(g, "clamp", gd_arg(x), gd_arg(0), gd_arg(1)).
 * Arguments come in the order of the parameters; an integer does for a number, and a whole number for an integer; those
 * of a struct may be left out at the end. An unknown name, or arguments that do not fit, are GD_ERROR_VALUE with the
 * parameters in the message. gd_call_with is the function behind the macro. */
#define gd_call(g, name, ...)                                                                          \
    gd_call_with(g, name, (int)(sizeof((const gd_argument[]){ __VA_ARGS__ }) / sizeof(gd_argument)),   \
                 (const gd_argument[]){ __VA_ARGS__ })
GD_API gd_tensor *gd_call_with(gd_context *g, const char *name, int count, const gd_argument *arguments);

/* ---------------------------------------------------------------------------------------------
 * Watching for numbers that are not finite
 * ------------------------------------------------------------------------------------------- */

/* Has every operation's result looked at from now on, in forward, backward and updates alike, and forgets what was found
 * before; with false nobody looks any more, and what was found stays. False on any error.
 * Forward, so to say, what torch.autograd.set_detect_anomaly does backward. */
GD_API bool gd_watch_finite(gd_context *g, bool on);

/* An operand of the operation that is to blame. */
typedef struct gd_nonfinite_operand {
    char name[16];    /* as the operation calls it: "a" */
    char tensor[192]; /* "'W1' float32 (784, 50)" */
    double number;    /* at the place, or the largest in absolute value; NaN where there is none */
} gd_nonfinite_operand;

/* The first operation that made an infinite number or NaN of finite ones. Strings are never NULL, "" where not known. */
typedef struct gd_nonfinite {
    bool found;             /* else nothing below is set */
    char op[32];            /* "log" */
    char derivative_of[32]; /* the operation whose derivative it was part of */
    char layer[96];         /* the layer it stood in, as in gd_error */
    char result[192];       /* its result: "float32 (4, 1)" */
    gd_dims place;          /* the first such number there, and what it is */
    double value;
    bool elementwise;       /* the operands' numbers are those at the place, and else their largest */
    int operands;           /* of an update, those that it only reads */
    gd_nonfinite_operand operand[GD_MAX_OPERANDS];
    char message[960];      /* "log made -inf at [3, 0]: x = 0.0 in float32 (4, 1)" */
} gd_nonfinite;

/* What gd_watch_finite found; never NULL, and valid until gd_close. An operation is to blame when its operands, and the
 * numbers given beside them, are finite: all of them, or, where it works element by element, those at the place. What
 * comes in from outside with numbers that are not finite is passed over: gd_isfinite finds it. */
GD_API const gd_nonfinite *gd_first_nonfinite(const gd_context *g);

#ifdef __cplusplus
}
#endif
#endif
