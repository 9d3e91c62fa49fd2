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

/* The numbers of one step of torch.optim.SGD. */
typedef struct gd_sgd_rule {
    double lr, momentum, dampening, weight_decay;
    bool nesterov, maximize;
    bool first; /* no momentum has been gathered yet */
} gd_sgd_rule;

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
#define gd_sum(...) gd_sum((gd_reduction){ __VA_ARGS__, .end = 0 })
#define gd_mean(...) gd_mean((gd_reduction){ __VA_ARGS__, .end = 0 })

/* What an operation says of itself. Strings are static; NULL closes the lists that are not full. */
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
