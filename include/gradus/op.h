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
    char end; /* closes the list of initialisers */
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
    char end;
} gd_var_options;

/* What a norm takes; p left out, or 0, means 2. */
typedef struct gd_norm_options {
    gd_tensor *x;
    gd_dims axes;
    bool keepdim;
    double p;
    char end;
} gd_norm_options;

/* The numbers of one step of torch.optim.SGD. */
typedef struct gd_sgd_rule {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
    bool first; /* no momentum has been gathered yet */
} gd_sgd_rule;

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
#define gd_sum(...) gd_sum((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_mean(...) gd_mean((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_prod(...) gd_prod((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_max(...) gd_max((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_min(...) gd_min((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_any(...) gd_any((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_all(...) gd_all((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_logsumexp(...) gd_logsumexp((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_var(...) gd_var((gd_var_options){ __VA_ARGS__, .end = 0 })
#define gd_std(...) gd_std((gd_var_options){ __VA_ARGS__, .end = 0 })
#define gd_norm(...) gd_norm((gd_norm_options){ __VA_ARGS__, .end = 0 })
/* These name their dimension. */
#define gd_argmax(x, ...) gd_argmax((gd_along){ x, __VA_ARGS__, .end = 0 })
#define gd_argmin(x, ...) gd_argmin((gd_along){ x, __VA_ARGS__, .end = 0 })

/* What an operation says of itself. Strings are static; NULL closes the lists. */
typedef struct gd_op_info {
    const char *name;          /* "matmul" */
    const char *input[5];      /* names of its operands: "A", "B" */
    const char *formula;       /* "Y = A B" */
    const char *derivative[5]; /* one for each operand: "dA = dY B^T"; NULL where there is none */
    const char *why;           /* the reason for each transpose and each sum; NULL where it needs none */
    const char *latex;         /* the formula and the derivatives as LaTeX */
    const char *latex_derivative[5];
    const char *torch_name;    /* how PyTorch names its grad_fn, where that does not follow from the name */
    bool is_view;              /* shares the numbers of its operand */
    bool is_update;            /* writes into its first operand */
} gd_op_info;

/* How many operations there are, and each of them, 0 .. gd_op_count() - 1; NULL outside. */
GD_API int gd_op_count(void);
GD_API const gd_op_info *gd_op_at(int index);

#ifdef __cplusplus
}
#endif
#endif
