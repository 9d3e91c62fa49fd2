/* classification.c - losses against classes: the options of nll, cross_entropy and bce. Without options they are one
 * kernel (loss.c); with them they are written in operations. */
#include "op/op.h"

/* ---- one class of many ---- */

typedef struct samples {
    gd_context *context;
    gd_tensor *x;      /* log-probabilities (N, C) */
    gd_tensor *weight; /* of the classes (C), or NULL */
    double smoothing;
    gd_loss_reduction reduction;
} samples;

static bool has_rows(gd_context *g, const gd_tensor *x)
{
    char text[GD__TEXT_SIZE];
    if (x->ndim == 2 && gd__is_float((gd_dtype)x->dtype))
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "nll", "Give one row a sample and one column a class, as floats" },
             "log-probabilities of shape (N, C) are expected, not %s", gd__describe(x, text));
    return false;
}

static bool options_fit(const samples *s)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!(s->smoothing >= 0 && s->smoothing <= 1)) {
        gd__fail(s->context, (gd__fault){ GD_ERROR_VALUE, 0, "nll", "Give a number from 0 to 1" },
                 "label_smoothing is %g", s->smoothing);
        return false;
    }
    if (!s->weight)
        return true;
    bool one_each = s->weight->ndim == 1 && s->weight->shape[0] == s->x->shape[1];
    if (one_each && s->weight->dtype == s->x->dtype)
        return true;
    gd__fail(s->context,
             (gd__fault){ one_each ? GD_ERROR_DTYPE : GD_ERROR_SHAPE, 0, "nll", "Give one weight for each class, as a float" },
             "the weights %s do not fit %s", gd__describe(s->weight, left), gd__describe(s->x, right));
    return false;
}

/* -sum_c w_c t_c x_c of each sample, t NULL for ones. */
static gd_tensor *expected(const samples *s, gd_tensor *t)
{
    gd_tensor *terms = t ? gd_mul(s->x, t) : s->x;
    return gd_neg(gd_sum(s->weight ? gd_mul(terms, s->weight) : terms, gd_axes(1)));
}

/* Probabilities for labels: a mean divides by how many samples there are, whatever the weights, as in PyTorch. */
static gd_tensor *against_probabilities(const samples *s, gd_tensor *t)
{
    char text[GD__TEXT_SIZE];
    if (!gd__is_float((gd_dtype)t->dtype))
        return gd__fail(s->context, (gd__fault){ GD_ERROR_DTYPE, 0, "nll", "gd_cast them, or give labels of shape (N,)" },
                        "the probabilities of classes are floats, not %s", gd__describe(t, text));
    if (s->smoothing > 0)
        t = gd_add_scalar(gd_mul_scalar(t, 1 - s->smoothing), s->smoothing / (double)s->x->shape[1]);
    return gd__reduce_loss("nll", expected(s, t), s->reduction);
}

/* A weighted mean divides by the sum of the weights that were met, and any mean by the labels that count. */
static gd_tensor *against_labels(const samples *s, gd_tensor *labels, int64_t ignored)
{
    gd_context *g = s->context;
    gd_tensor *label = gd_cast(labels, GD_INT64);
    gd_tensor *skipped = gd_eq_scalar(label, (double)ignored), *known = gd_masked_fill(label, skipped, 0);
    gd_tensor *weight = s->weight ? gd_index_select(s->weight, 0, known) : gd_ones(g, (gd_dtype)s->x->dtype, gd__shape(labels));
    gd_tensor *terms = gd_neg(gd_mul(gd_squeeze(gd_gather(s->x, 1, gd_unsqueeze(known, 1)), 1), weight));
    if (s->smoothing > 0)
        terms = gd_add(gd_mul_scalar(terms, 1 - s->smoothing),
                       gd_mul_scalar(expected(s, NULL), s->smoothing / (double)s->x->shape[1]));
    terms = gd_masked_fill(terms, skipped, 0);
    if (s->reduction == GD_REDUCE_MEAN)
        return gd_div(gd_sum(terms), gd_sum(gd_masked_fill(weight, skipped, 0)));
    return gd__reduce_loss("nll", terms, s->reduction);
}

gd_tensor *gd_nll_with(gd_class_loss args)
{
    gd_context *g = gd__context(args.x ? args.x : args.t);
    samples s = { g, args.x, args.weight, args.label_smoothing, args.reduction };
    int64_t ignored = gd__given(args.given, "ignore_index") ? args.ignore_index : GD__IGNORED;
    if (!gd__loss_usable("nll", args.x, args.t, args.weight) || !has_rows(g, args.x) || !options_fit(&s))
        return gd__error_object(g);
    if (gd__same_shape(args.x, args.t)) {
        if (ignored >= 0)
            return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "nll", "Leave it out, or give labels" },
                            "ignore_index is %lld, but probabilities have no labels", (long long)ignored);
        return against_probabilities(&s, args.t);
    }
    if (args.reduction == GD_REDUCE_MEAN && !args.weight && args.label_smoothing == 0)
        return gd__apply(GD__OP_nll, 2, (gd_tensor *[]){ args.x, args.t }, &(gd__attrs){ .integer = { ignored } });
    if (!gd__labels_fit("nll", args.t, args.x->shape[0], args.x->shape[1], ignored))
        return gd__error_object(g);
    return against_labels(&s, args.t, ignored);
}

gd_tensor *(gd_nll)(gd_tensor *x, gd_tensor *t)
{
    return gd_nll(x, t);
}

gd_tensor *gd_cross_entropy_with(gd_class_loss args)
{
    if (!gd__loss_usable("cross_entropy", args.x, args.t, args.weight))
        return gd__error_object(gd__context(args.x ? args.x : args.t));
    args.x = gd_log_softmax(args.x, -1);
    return gd_nll_with(args);
}

gd_tensor *(gd_cross_entropy)(gd_tensor *x, gd_tensor *t)
{
    return gd_cross_entropy(x, t);
}

/* ---- one class or the other ---- */

/* The terms times a weight that is repeated over them, where there is one. */
static gd_tensor *times(gd_tensor *terms, gd_tensor *weight)
{
    return weight && gd__alive(terms) ? gd_mul(terms, gd_expand(weight, gd__shape(terms))) : terms;
}

gd_tensor *gd_bce_with(gd_loss args)
{
    if (args.reduction == GD_REDUCE_MEAN && !args.weight)
        return gd__apply2(GD__OP_bce, args.x, args.t);
    if (!gd__loss_usable("bce", args.x, args.t, args.weight))
        return gd__error_object(gd__context(args.x ? args.x : args.t));
    return gd__reduce_loss("bce", times(gd_bce_terms(args.x, args.t), args.weight), args.reduction);
}

gd_tensor *(gd_bce)(gd_tensor *x, gd_tensor *t)
{
    return gd_bce(x, t);
}

/* -ln sigmoid(x) = softplus(-x) and -ln(1 - sigmoid(x)) = softplus(x), neither of which overflows. Above the threshold,
 * e^-40, softplus(x) is x in every dtype. */
gd_tensor *gd_bce_with_logits_with(gd_logit_loss args)
{
    enum { STRAIGHT = 40 };
    static const char name[] = "bce_with_logits";
    gd_tensor *x = args.x, *t = args.t;
    gd_context *g = gd__context(x ? x : t);
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (!gd__loss_usable(name, x, t, args.weight) ||
        (args.pos_weight && !gd__usable(g, args.pos_weight, name, ".pos_weight")))
        return gd__error_object(g);
    if (!gd__same_shape(x, t))
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, name, "gd_reshape one of them" },
                        "the logits %s and the targets %s differ in shape", gd__describe(x, left), gd__describe(t, right));
    gd_tensor *of_ones = times(gd_mul(t, gd_softplus(gd_neg(x), 1, STRAIGHT)), args.pos_weight);
    gd_tensor *terms = gd_add(of_ones, gd_mul(gd_rsub_scalar(t, 1), gd_softplus(x, 1, STRAIGHT)));
    return gd__reduce_loss(name, times(terms, args.weight), args.reduction);
}

gd_tensor *(gd_bce_with_logits)(gd_tensor *x, gd_tensor *t)
{
    return gd_bce_with_logits(x, t);
}
