/* loss.c - softmax, and the losses that have kernels; regression.c and classification.c are written in them. */
#include "op/op.h"

#include <math.h>

/* ---- softmax and its logarithm ---- */

static gd_tensor *sum_along(const gd__vjp *v, gd_tensor *x)
{
    return gd_sum(x, gd_axes(v->attrs->integer[0]), true);
}

static gd_tensor *softmax_vjp(const gd__vjp *v)
{
    return gd_mul(v->y, gd_sub(v->dy, sum_along(v, gd_mul(v->dy, v->y))));
}

const gd__op gd__op_softmax = {
    .info = { .name = "softmax", .input = { "x" }, .formula = "y = exp(x) / sum exp(x) along dim",
              .derivative = { "dx = y * (dy - sum(dy * y) along dim)" },
              .why = "raising one x lowers the shares of all others: the sum is that common part",
              .latex = "y = \\frac{e^{x}}{\\sum e^{x}}",
              .latex_derivative = { "\\bar x = y \\odot (\\bar y - \\sum \\bar y \\odot y)" } },
    .arity = 1, .dtypes = GD__FLOATS, .contiguous = true, .infer = gd__infer_along,
    .vjp = softmax_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT },
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .integer = { 1 } } },
                { .shape = { { 3, { 2, 3, 4 } } }, .low = -2, .high = 2, .attrs = { .integer = { 1 } } } },
};

gd_tensor *gd_softmax(gd_tensor *x, int dim)
{
    return gd__apply1(GD__OP_softmax, x, &(gd__attrs){ .integer = { dim } });
}

static gd_tensor *log_softmax_vjp(const gd__vjp *v)
{
    return gd_sub(v->dy, gd_mul(gd_exp(v->y), sum_along(v, v->dy)));
}

const gd__op gd__op_log_softmax = {
    .info = { .name = "log_softmax", .input = { "x" }, .formula = "y = x - ln sum exp(x) along dim",
              .derivative = { "dx = dy - exp(y) * sum(dy) along dim" },
              .why = "the subtracted logarithm depends on every x, by its share exp(y)",
              .latex = "y = x - \\ln \\sum e^{x}",
              .latex_derivative = { "\\bar x = \\bar y - e^{y} \\sum \\bar y" } },
    .arity = 1, .dtypes = GD__FLOATS, .contiguous = true, .infer = gd__infer_along,
    .vjp = log_softmax_vjp, .differentiable = 1, .reads = { GD__READS_OUTPUT },
    .sample = { { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .integer = { 1 } } },
                { .shape = { { 2, { 3, 4 } } }, .low = -2, .high = 2, .attrs = { .integer = { 0 } } } },
};

gd_tensor *gd_log_softmax(gd_tensor *x, int dim)
{
    return gd__apply1(GD__OP_log_softmax, x, &(gd__attrs){ .integer = { dim } });
}

/* ---- negative log-likelihood ---- */

bool gd__labels_fit(const char *loss, const gd_tensor *labels, int64_t rows, int64_t classes, int64_t ignored)
{
    char text[GD__TEXT_SIZE];
    gd_context *g = labels->object.context;
    gd__outside found;
    gd__describe(labels, text);
    if (labels->dtype != GD_INT64 && labels->dtype != GD_UINT8) {
        gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, loss, "gd_cast them to GD_INT64" },
                 "class labels are int64 or uint8, not %s", text);
        return false;
    }
    if (labels->ndim != 1 || labels->shape[0] != rows) {
        gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 1, loss, "gd_reshape them, or give as many as there are rows" },
                 "the labels must be (%lld,), one for each row, and are %s", (long long)rows, text);
        return false;
    }
    if (!gd__index_outside(labels, classes, &ignored, &found))
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_INDEX, 0, loss, "Labels count from 0" },
             "label %lld of sample %lld is outside the %lld classes", (long long)found.value,
             (long long)found.place.size[0], (long long)classes);
    return false;
}

/* attrs: integer the label that does not count. */
static bool nll_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0];
    char text[GD__TEXT_SIZE];
    out->shape.count = 0;
    if (x->ndim == 2 && gd__is_float((gd_dtype)x->dtype))
        return gd__labels_fit("nll", call->in[1], x->shape[0], x->shape[1], call->attrs->integer[0]);
    gd__fail(call->context,
             (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Give one row a sample and one column a class, as floats" },
             "log-probabilities of shape (N, C) are expected, not %s", gd__describe(x, text));
    return false;
}

static gd_tensor *nll_vjp(const gd__vjp *v)
{
    return gd_nll_backward(v->dy, v->x[1], v->x[0]->shape[1], v->attrs->integer[0]);
}

const gd__op gd__op_nll = {
    .info = { .name = "nll", .input = { "x", "t" }, .formula = "y = -sum_i x[i, t_i] / N over the N labels that count",
              .derivative = { "dx[i, t_i] = -dy / N, 0 elsewhere" },
              .why = "only the entry of the true class is looked at, and the mean over N divides it by N",
              .latex = "y = -\\frac1N \\sum_i x_{i t_i}",
              .latex_derivative = { "\\bar x_{ij} = -\\frac{\\bar y}{N} [j = t_i]" }, .torch_name = "NllLossBackward0" },
    .arity = 2, .dtypes = GD__AS_GIVEN, .contiguous = true, .checks = true, .infer = nll_infer,
    .vjp = nll_vjp, .differentiable = 1, .reads = { 2 },
    .sample = { { .shape = { { 2, { 3, 4 } }, { 1, { 3 } } }, .low = -2, .high = 0,
                  .attrs = { .integer = { GD__IGNORED } }, .label_input = 2, .label_limit = 4 },
                { .shape = { { 2, { 20, 3 } }, { 1, { 20 } } }, .low = -2, .high = 0, .attrs = { .integer = { 1 } },
                  .label_input = 2, .label_limit = 3 } },
};

/* attrs: integer the classes, and the label that does not count. */
static bool nll_backward_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *dy = call->in[0], *labels = call->in[1];
    int64_t rows = labels->ndim == 1 ? labels->shape[0] : -1, classes = call->attrs->integer[0];
    char text[GD__TEXT_SIZE];
    out->shape = gd_shape(rows, classes);
    if (dy->numel == 1 && gd__is_float((gd_dtype)dy->dtype))
        return gd__labels_fit("nll_backward", labels, rows, classes, call->attrs->integer[1]);
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Pass the gradient of the scalar loss" },
             "a scalar gradient is expected, not %s", gd__describe(dy, text));
    return false;
}

/* Linear in dy, so the gradient is the same sum that nll takes. */
static gd_tensor *nll_backward_vjp(const gd__vjp *v)
{
    gd_tensor *sum = gd__apply(GD__OP_nll, 2, (gd_tensor *[]){ v->dy, v->x[1] },
                               &(gd__attrs){ .integer = { v->attrs->integer[1] } });
    return gd_reshape(sum, gd__shape(v->x[0]));
}

const gd__op gd__op_nll_backward = {
    .info = { .name = "nll_backward", .input = { "g", "t" }, .formula = "z[i, t_i] = -g / N, 0 elsewhere",
              .derivative = { "dg = -sum_i dz[i, t_i] / N" }, .latex = "z_{ij} = -\\frac{g}{N} [j = t_i]",
              .latex_derivative = { "\\bar g = -\\frac1N \\sum_i \\bar z_{i t_i}" } },
    .arity = 2, .dtypes = GD__AS_GIVEN, .contiguous = true, .checks = true, .infer = nll_backward_infer,
    .vjp = nll_backward_vjp, .differentiable = 1, .reads = { 2 },
    .sample = { { .shape = { { 0, { 0 } }, { 1, { 3 } } }, .low = -2, .high = 2,
                  .attrs = { .integer = { 4, GD__IGNORED } }, .label_input = 2, .label_limit = 4 },
                { .shape = { { 0, { 0 } }, { 1, { 20 } } }, .low = -2, .high = 2, .attrs = { .integer = { 3, 1 } },
                  .label_input = 2, .label_limit = 3 } },
};

gd_tensor *gd_nll_backward(gd_tensor *dy, gd_tensor *labels, int64_t classes, int64_t ignore_index)
{
    return gd__apply(GD__OP_nll_backward, 2, (gd_tensor *[]){ dy, labels },
                     &(gd__attrs){ .integer = { classes, ignore_index } });
}

/* ---- binary cross-entropy ---- */

static bool bce_fits(const gd__call *call, const gd_tensor *p, const gd_tensor *t)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (gd__same_shape(p, t))
        return true;
    gd__fail(call->context,
             (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "gd_reshape one of them: (N, 1) and (N) would make (N, N)" },
             "the probabilities %s and the targets %s differ in shape", gd__describe(p, left), gd__describe(t, right));
    return false;
}

static bool bce_infer(const gd__call *call, gd__meta *out)
{
    out->shape.count = 0;
    return bce_fits(call, call->in[0], call->in[1]);
}

/* Both rules below stop somewhere; float64 alone comes to where that shows beside the numbers. */
static const char *bce_held_back(const gd__call *call)
{
    const gd_tensor *p = call->in[0];
    const double *x = (const double *)p->data;
    for (int64_t i = 0; p->dtype == GD_FLOAT64 && i < p->numel; i++)
        if (x[i] * (1 - x[i]) < 1e-12)
            return "the rule of bce is held back at probabilities so close to 0 or 1, as PyTorch's is. That of "
                   "gd_bce_with_logits is not";
    return NULL;
}

/* ln(1 - p) - ln p, the derivative by t. */
static gd_tensor *log_odds_against(gd_tensor *p)
{
    return gd_sub(gd_clamp(gd_log1p(gd_neg(p)), -100, INFINITY), gd_clamp(gd_log(p), -100, INFINITY));
}

/* p (1 - p), which stays above 0. */
static gd_tensor *variance_of(gd_tensor *p)
{
    return gd_clamp(gd_mul(p, gd_rsub_scalar(p, 1)), 1e-12, INFINITY);
}

static gd_tensor *bce_vjp(const gd__vjp *v)
{
    gd_tensor *p = v->x[0], *t = v->x[1];
    if (v->i == 0)
        return gd_bce_backward(v->dy, p, t);
    return gd_mul(v->dy, gd_div_scalar(log_odds_against(p), p->numel > 0 ? (double)p->numel : 1));
}

const gd__op gd__op_bce = {
    .info = { .name = "bce", .input = { "p", "t" }, .formula = "y = -mean(t ln p + (1 - t) ln(1 - p))",
              .derivative = { "dp = dy (p - t) / (p (1 - p)) / n", "dt = dy (ln(1 - p) - ln p) / n" },
              .why = "the mean over n elements divides by n; logarithms stop at -100 and p (1 - p) at 1e-12, so that "
                     "p = 0 and p = 1 stay finite",
              .latex = "y = -\\frac1n \\sum t \\ln p + (1 - t) \\ln(1 - p)",
              .latex_derivative = { "\\bar p = \\frac{\\bar y}{n} \\frac{p - t}{p (1 - p)}",
                                    "\\bar t = \\frac{\\bar y}{n} (\\ln(1 - p) - \\ln p)" },
              .torch_name = "BinaryCrossEntropyBackward0" },
    .arity = 2, .dtypes = GD__ONE_FLOAT, .contiguous = true, .refuses = true, .infer = bce_infer, .held_back = bce_held_back,
    .vjp = bce_vjp, .differentiable = 3, .reads = { 3, 1 },
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = 0.1, .high = 0.9 } },
};

static bool bce_terms_infer(const gd__call *call, gd__meta *out)
{
    out->shape = gd__shape(call->in[0]);
    return bce_fits(call, call->in[0], call->in[1]);
}

static gd_tensor *bce_terms_vjp(const gd__vjp *v)
{
    gd_tensor *p = v->x[0], *t = v->x[1];
    if (v->i == 0)
        return gd_mul(v->dy, gd_div(gd_sub(p, t), variance_of(p)));
    return gd_mul(v->dy, log_odds_against(p));
}

const gd__op gd__op_bce_terms = {
    .info = { .name = "bce_terms", .input = { "p", "t" }, .formula = "y = -(t ln p + (1 - t) ln(1 - p))",
              .derivative = { "dp = dy (p - t) / (p (1 - p))", "dt = dy (ln(1 - p) - ln p)" },
              .why = "as in bce, logarithms stop at -100 and p (1 - p) at 1e-12",
              .latex = "y = -t \\ln p - (1 - t) \\ln(1 - p)",
              .latex_derivative = { "\\bar p = \\bar y \\odot \\frac{p - t}{p (1 - p)}",
                                    "\\bar t = \\bar y \\odot (\\ln(1 - p) - \\ln p)" },
              .torch_name = "BinaryCrossEntropyBackward0" },
    .arity = 2, .dtypes = GD__ONE_FLOAT, .contiguous = true, .refuses = true, .infer = bce_terms_infer, .held_back = bce_held_back,
    .vjp = bce_terms_vjp, .differentiable = 3, .reads = { 3, 1 },
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = 0.1, .high = 0.9 } },
};

gd_tensor *gd_bce_terms(gd_tensor *p, gd_tensor *t)
{
    return gd__apply2(GD__OP_bce_terms, p, t);
}

static bool bce_backward_infer(const gd__call *call, gd__meta *out)
{
    char text[GD__TEXT_SIZE];
    out->shape = gd__shape(call->in[1]);
    if (call->in[0]->numel == 1)
        return bce_fits(call, call->in[1], call->in[2]);
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Pass the gradient of the scalar loss" },
             "a scalar gradient is expected, not %s", gd__describe(call->in[0], text));
    return false;
}

static gd_tensor *bce_backward_vjp(const gd__vjp *v)
{
    gd_tensor *g = v->x[0], *p = v->x[1], *t = v->x[2];
    double n = p->numel > 0 ? (double)p->numel : 1;
    gd_tensor *variance = variance_of(p);
    if (v->i == 0)
        return gd_reshape(gd_sum(gd_div(gd_mul(v->dy, gd_sub(p, t)), gd_mul_scalar(variance, n))), gd__shape(g));
    gd_tensor *share = gd_div_scalar(gd_mul(v->dy, g), n);
    if (v->i == 2)
        return gd_neg(gd_div(share, variance));
    gd_tensor *error = gd_sub(p, t);
    gd_tensor *bend = gd_sub(variance, gd_mul(error, gd_rsub_scalar(gd_mul_scalar(p, 2), 1)));
    return gd_mul(share, gd_div(bend, gd_square(variance)));
}

const gd__op gd__op_bce_backward = {
    .info = { .name = "bce_backward", .input = { "g", "p", "t" }, .formula = "z = g (p - t) / (p (1 - p)) / n",
              .derivative = { "dg = sum(dz (p - t) / (p (1 - p))) / n",
                              "dp = dz g (p (1 - p) - (p - t)(1 - 2 p)) / (p (1 - p))^2 / n",
                              "dt = -dz g / (p (1 - p)) / n" },
              .latex = "z = \\frac{g}{n} \\frac{p - t}{p (1 - p)}",
              .latex_derivative = { "\\bar g = \\frac1n \\sum \\bar z \\frac{p - t}{p (1 - p)}",
                                    "\\bar p = \\frac{\\bar z g}{n} \\frac{p (1 - p) - (p - t)(1 - 2p)}{p^2 (1 - p)^2}",
                                    "\\bar t = -\\frac{\\bar z g}{n\\,p (1 - p)}" } },
    .arity = 3, .dtypes = GD__ONE_FLOAT, .contiguous = true, .infer = bce_backward_infer,
    .vjp = bce_backward_vjp, .differentiable = 7, .reads = { 6, 7, 3 },
    .sample = { { .shape = { { 0, { 0 } }, { 2, { 3, 4 } }, { 2, { 3, 4 } } }, .low = 0.1, .high = 0.9 } },
};

gd_tensor *gd_bce_backward(gd_tensor *dy, gd_tensor *p, gd_tensor *t)
{
    return gd__apply(GD__OP_bce_backward, 3, (gd_tensor *[]){ dy, p, t }, NULL);
}
