/* confusion.c - predictions of classes counted, and the scores that follow from the counts. */
#include "train/confusion.h"

#include "base/text.h"
#include "base/trace.h"
#include "gradus/autograd.h"
#include "gradus/op.h"

#include <math.h>

static const char *const after = "Return the predictions, and count them after gd_run";
static const char *const ask_labels = "Pass class labels, (N,) of int64, uint8 or bool";

/* ---- labels ---- */

static bool is_label_dtype(const gd_tensor *t)
{
    return t->dtype == GD_INT64 || t->dtype == GD_UINT8 || t->dtype == GD_BOOL;
}

static bool check_labels(gd_context *g, const gd_tensor *labels, const char *what)
{
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, labels, g->running, what))
        return false;
    if (labels->ndim == 1 && is_label_dtype(labels))
        return true;
    gd__fail(g, (gd__fault){ .status = labels->ndim == 1 ? GD_ERROR_DTYPE : GD_ERROR_SHAPE, .remedy = ask_labels },
             "%s is %s", what, gd__describe(labels, text));
    return false;
}

static int64_t label_at(const gd_tensor *labels, int64_t i)
{
    const char *at = labels->data + i * labels->stride[0] * (int64_t)gd_dtype_size((gd_dtype)labels->dtype);
    return labels->dtype == GD_INT64 ? *(const int64_t *)(const void *)at : *(const uint8_t *)at;
}

static bool as_many(gd_context *g, const gd_tensor *predicted, const gd_tensor *labels)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (predicted->shape[0] == labels->shape[0])
        return true;
    gd__fail(g, (gd__fault){ .status = GD_ERROR_SHAPE, .dim = 1, .remedy = "Pass one prediction a label" },
             "the predictions are %s, the labels %s", gd__describe(predicted, left), gd__describe(labels, right));
    return false;
}

/* The predicted labels: the predictions themselves, or the places of the largest scores, in the current scope. NULL
 * with the error set. */
static gd_tensor *predicted_labels(gd_context *g, gd_tensor *predicted)
{
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, predicted, g->running, "the predictions tensor"))
        return NULL;
    if (predicted->ndim == 1)
        return check_labels(g, predicted, "the predictions tensor") ? predicted : NULL;
    if (predicted->ndim == 2 && predicted->shape[1] > 1) {
        gd_tensor *place = gd_argmax(predicted, -1);
        return gd__alive(place) ? place : NULL;
    }
    gd__fail(g,
             (gd__fault){ .status = GD_ERROR_SHAPE,
                          .remedy =
                              "Pass labels (N,), or scores (N, C) of two classes or more; of one output, whether "
                              "it is at least 0.5" },
             "the predictions tensor is %s", gd__describe(predicted, text));
    return NULL;
}

/* ---- counting ---- */

static bool in_range(gd_context *g, const gd_tensor *labels, int64_t classes, const char *what)
{
    for (int64_t i = 0; i < labels->numel; i++) {
        int64_t label = label_at(labels, i);
        if (label >= 0 && label < classes)
            continue;
        gd__fail(g, (gd__fault){ .status = GD_ERROR_INDEX, .remedy = "Labels count from 0" },
                 "%s %lld of sample %lld is outside the %lld classes", what, (long long)label, (long long)i,
                 (long long)classes);
        return false;
    }
    return true;
}

/* All is checked before anything is counted. */
static bool count_into(gd_context *g, gd_tensor *confusion, gd_tensor *predicted, gd_tensor *labels)
{
    int64_t classes = confusion->shape[0], *count = (int64_t *)(void *)confusion->data;
    if (!check_labels(g, labels, "the labels tensor"))
        return false;
    gd_tensor *taken = predicted_labels(g, predicted);
    if (!taken || !as_many(g, predicted, labels) || !in_range(g, labels, classes, "label") ||
        !in_range(g, taken, classes, "prediction"))
        return false;
    for (int64_t i = 0; i < labels->numel; i++)
        count[label_at(labels, i) * classes + label_at(taken, i)]++;
    return true;
}

/* In a scope of its own, and without a record. */
static bool count_quietly(gd_context *g, gd_tensor *confusion, gd_tensor *predicted, gd_tensor *labels)
{
    gd_scope scope = gd_scope_enter(g);
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool good = scope.context && gd__may_stray(g, g->running, after) && count_into(g, confusion, predicted, labels);
    gd_no_grad_leave(&quiet);
    gd_scope_leave(&scope);
    return good;
}

gd_tensor *gd_confusion(gd_tensor *predicted, gd_tensor *labels, int64_t classes)
{
    gd_context *g = gd__context(predicted);
    if (g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_confusion";
    gd_tensor *confusion = NULL;
    if (classes < 1)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Pass how many classes there are" },
                 "a matrix of %lld classes", (long long)classes);
    else
        confusion = gd_zeros(g, GD_INT64, gd_shape(classes, classes));
    bool good = gd__alive(confusion) && count_quietly(g, confusion, predicted, labels);
    if (gd__alive(confusion) && !good)
        gd__destroy(&confusion->object);
    g->running = outer;
    return good ? confusion : gd__error_object(g);
}

bool gd__is_confusion(gd_context *g, const gd_tensor *confusion, const char *function)
{
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, confusion, function, "the confusion matrix"))
        return false;
    if (confusion->ndim == 2 && confusion->shape[0] == confusion->shape[1] && confusion->shape[0] > 0 &&
        confusion->dtype == GD_INT64 && confusion->contiguous)
        return gd__may_stray(g, function, after);
    gd__fail(
        g,
        (gd__fault){ GD_ERROR_SHAPE, 0, function, "Pass int64 (C, C) in row-major order, as gd_confusion makes it" },
        "the confusion matrix is %s", gd__describe(confusion, text));
    return false;
}

bool gd_confusion_add(gd_tensor *confusion, gd_tensor *predicted, gd_tensor *labels)
{
    gd_context *g = gd__context(confusion);
    if (!gd__is_confusion(g, confusion, "gd_confusion_add") || g->failed)
        return false;
    const char *outer = g->running;
    g->running = "gd_confusion_add";
    bool good = count_quietly(g, confusion, predicted, labels);
    if (good)
        gd__written(confusion, "gd_confusion_add");
    g->running = outer;
    return good;
}

/* ---- scores ---- */

static const gd_scores no_scores = { NAN, NAN, NAN, -1 };

/* How many samples are of a class, how many were taken for it, and how many both. */
typedef struct tally {
    double right, taken;
    int64_t support;
} tally;

static tally tally_of(const gd_tensor *confusion, int64_t class)
{
    const int64_t classes = confusion->shape[0], *count = (const int64_t *)(const void *)confusion->data;
    tally sum = { .right = (double)count[class * classes + class] };
    for (int64_t i = 0; i < classes; i++) {
        sum.support += count[class * classes + i];
        sum.taken += (double)count[i * classes + class];
    }
    return sum;
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static gd_scores scores_of(tally sum)
{
    double support = (double)sum.support;
    return (gd_scores){ ratio(sum.right, sum.taken), ratio(sum.right, support),
                        ratio(2 * sum.right, sum.taken + support), sum.support };
}

gd_scores gd_class_scores(const gd_tensor *confusion, int64_t label)
{
    gd_context *g = gd__context(confusion);
    if (!gd__is_confusion(g, confusion, "gd_class_scores"))
        return no_scores;
    if (label >= 0 && label < confusion->shape[0])
        return scores_of(tally_of(confusion, label));
    gd__fail(g, (gd__fault){ GD_ERROR_INDEX, 0, "gd_class_scores", "Labels count from 0" },
             "class %lld of a matrix of %lld", (long long)label, (long long)confusion->shape[0]);
    return no_scores;
}

/* Of all samples together: each is taken for one class. */
static gd_scores micro(const gd_tensor *confusion)
{
    tally all = { .right = 0 };
    for (int64_t i = 0; i < confusion->shape[0]; i++) {
        tally one = tally_of(confusion, i);
        all.right += one.right;
        all.taken += one.taken;
        all.support += one.support;
    }
    return scores_of(all);
}

static gd_scores mean_of_classes(const gd_tensor *confusion, bool weighted)
{
    gd_scores sum = { .support = 0 };
    double weights = 0;
    for (int64_t i = 0; i < confusion->shape[0]; i++) {
        tally one = tally_of(confusion, i);
        gd_scores scores = scores_of(one);
        double weight = weighted ? (double)one.support : one.support > 0 || one.taken > 0;
        sum.precision += weight * scores.precision;
        sum.recall += weight * scores.recall;
        sum.f1 += weight * scores.f1;
        sum.support += one.support;
        weights += weight;
    }
    return (gd_scores){ ratio(sum.precision, weights), ratio(sum.recall, weights), ratio(sum.f1, weights),
                        sum.support };
}

gd_scores gd_average_scores(const gd_tensor *confusion, gd_average average)
{
    gd_context *g = gd__context(confusion);
    if (!gd__is_confusion(g, confusion, "gd_average_scores"))
        return no_scores;
    if (average == GD_AVERAGE_MICRO)
        return micro(confusion);
    if (average == GD_AVERAGE_MACRO || average == GD_AVERAGE_WEIGHTED)
        return mean_of_classes(confusion, average == GD_AVERAGE_WEIGHTED);
    gd__fail(g,
             (gd__fault){ GD_ERROR_VALUE, 0, "gd_average_scores",
                          "Use GD_AVERAGE_MACRO, GD_AVERAGE_WEIGHTED or GD_AVERAGE_MICRO" },
             "%d is no average", (int)average);
    return no_scores;
}

/* ---- the k largest ---- */

/* NaN is above all numbers, as it is for gd_argmax. */
static bool is_above(double a, double b)
{
    return a > b || (isnan(a) && !isnan(b));
}

/* How many classes come before this one in the order of the sample's scores. */
static int64_t rank_of(const gd_tensor *scores, int64_t sample, int64_t label)
{
    gd_dtype dtype = (gd_dtype)scores->dtype;
    int64_t size = (int64_t)gd_dtype_size(dtype), rank = 0;
    const char *row = scores->data + sample * scores->stride[0] * size;
    double own = gd__load(dtype, row + label * scores->stride[1] * size);
    for (int64_t i = 0; i < scores->shape[1]; i++) {
        double other = gd__load(dtype, row + i * scores->stride[1] * size);
        rank += is_above(other, own) || (i < label && !is_above(own, other));
    }
    return rank;
}

static bool top_k_fits(gd_context *g, const gd_tensor *scores, const gd_tensor *labels, int64_t k)
{
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, scores, g->running, "the scores tensor") || !check_labels(g, labels, "the labels tensor"))
        return false;
    if (scores->ndim != 2)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Pass scores (N, C), one column a class" },
                 "the scores tensor is %s", gd__describe(scores, text));
    else if (k < 1)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Pass a k of at least 1" }, "k is %lld",
                 (long long)k);
    else
        return as_many(g, scores, labels) && gd__may_stray(g, g->running, after) &&
               in_range(g, labels, scores->shape[1], "label");
    return false;
}

double gd_top_k_accuracy(const gd_tensor *scores, const gd_tensor *labels, int64_t k)
{
    gd_context *g = gd__context(scores);
    if (g->stand_in)
        return NAN;
    const char *outer = g->running;
    g->running = "gd_top_k_accuracy";
    bool good = top_k_fits(g, scores, labels, k);
    int64_t right = 0;
    for (int64_t i = 0; good && i < labels->numel; i++)
        right += rank_of(scores, i, label_at(labels, i)) < k;
    g->running = outer;
    return good && labels->numel > 0 ? (double)right / (double)labels->numel : NAN;
}
