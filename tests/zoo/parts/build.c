/* build.c - a node in the library's operations. */
#include "zoo/parts/rules.h"

static gd_tensor *indices(gd_context *g, const node *n, int count)
{
    int64_t label[MOST_ENTRIES];
    for (int i = 0; i < count; i++)
        label[i] = n->label[i];
    return gd_from_memory(g, GD_INT64, gd_shape(count), label);
}

static gd_tensor *build_unary(const node *n, gd_tensor *x)
{
    switch (n->kind) {
    case SIGMOID: return gd_sigmoid(x);
    case TANH: return gd_tanh(x);
    case RELU: return gd_relu(x);
    case LEAKY_RELU: return gd_leaky_relu(x, n->number);
    case ELU: return gd_elu(x, 1);
    case GELU: return gd_gelu(x);
    case SILU: return gd_silu(x);
    case SOFTPLUS: return gd_softplus(x, 1, 20);
    case EXP: return gd_exp(x);
    case LOG: return gd_log(x);
    case SQUARE: return gd_square(x);
    case SQRT: return gd_sqrt(x);
    case SIN: return gd_sin(x);
    case ABS: return gd_abs(x);
    case ROUND: return gd_round(x);
    case SCALE: return gd_mul_scalar(x, n->number);
    default: return gd_add_scalar(x, n->number);
    }
}

static gd_tensor *build_binary(const node *n, gd_tensor *a, gd_tensor *b)
{
    switch (n->kind) {
    case ADD: return gd_add(a, b);
    case SUB: return gd_sub(a, b);
    case MUL: return gd_mul(a, b);
    case DIV: return gd_div(a, b);
    default: return gd_matmul(n->flipped[0] ? gd_t(a) : a, n->flipped[1] ? gd_t(b) : b);
    }
}

static gd_tensor *build_normalised(gd_tensor *x, int axis)
{
    gd_tensor *var = gd_var(x, gd_axes(axis), .keepdim = true, .population = true);
    return gd_div(gd_sub(x, gd_mean(x, gd_axes(axis), true)), gd_sqrt(gd_add_scalar(var, 1e-5)));
}

static gd_tensor *build_along(const node *n, gd_tensor *x)
{
    gd_dims axes = n->axis == ALL_AXES ? gd_axes() : gd_axes(n->axis);
    switch (n->kind) {
    case SUM: return gd_sum(x, axes);
    case MEAN: return gd_mean(x, axes);
    case MAX: return gd_max(x, axes);
    case LOGSUMEXP: return gd_logsumexp(x, axes);
    case SOFTMAX: return gd_softmax(x, n->axis);
    case LOG_SOFTMAX: return gd_log_softmax(x, n->axis);
    case NORMALISE: return build_normalised(x, n->axis);
    case CUMSUM: return gd_cumsum(x, n->axis);
    case SLICE: return gd_slice(x, n->axis, n->start, n->start + n->shape.size[n->axis], 1);
    case ROWS: return gd_index_select(x, 0, indices(gd_context_of(x), n, n->shape.size[0]));
    default: return n->shape.rank == 2 ? gd_t(x) : gd_permute(x, gd_axes(n->order[0], n->order[1], n->order[2]));
    }
}

static gd_tensor *build_loss(const node *n, gd_tensor *x, gd_tensor *t)
{
    gd_loss_reduction r = n->mean ? GD_REDUCE_MEAN : GD_REDUCE_SUM;
    if (n->kind == CE_LABELS)
        t = indices(gd_context_of(x), n, (int)gd_size(x, 0));
    switch (n->kind) {
    case MSE: return gd_mse(x, t, .reduction = r);
    case HALF_SE: return gd_half_squared_error(x, t);
    case BCE: return gd_bce(x, t, .reduction = r);
    case BCE_LOGITS: return gd_bce_with_logits(x, t, .reduction = r);
    default: return gd_cross_entropy(x, t, .reduction = r);
    }
}

gd_tensor *build_node(const node *n, gd_tensor *const *x)
{
    if (n->kind <= SHIFT)
        return build_unary(n, x[0]);
    if (n->kind <= MATMUL)
        return build_binary(n, x[0], x[1]);
    return n->kind < MSE ? build_along(n, x[0]) : build_loss(n, x[0], x[1]);
}
