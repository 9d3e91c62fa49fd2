/* metrics.h - how good predictions are: by classes, and for regression.
 *
 *     gd_tensor *confusion = gd_confusion(gd_predict(net, test), gd_dataset_t(test), 3);
 *     printf("macro F1 %.4f\n", gd_average_scores(confusion, GD_AVERAGE_MACRO).f1);
 *     gd_print_report(confusion, gd_dataset_class_names(test), stdout);
 *
 * Classes are counted once, into a confusion matrix, and the scores follow from it. It is a tensor of counts: batches
 * are added to it, and several can be added up with gd_add. Nothing here has a derivative. */
#ifndef GRADUS_METRICS_H
#define GRADUS_METRICS_H

#include <gradus/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------
 * Classes
 *
 * Predictions are labels, (N,) of int64, uint8 or bool, or scores of two classes or more, (N, C) of any dtype, whose
 * largest counts: of several the first, NaN as the largest, as gd_argmax. True labels are (N,) of int64, uint8 or
 * bool. A network of one output has no scores of classes: pass gd_ge_scalar(gd_reshape(y, gd_shape(-1)), 0.5).
 * ------------------------------------------------------------------------------------------- */

/* The confusion matrix: int64 (classes, classes), in row i and column j how many samples of class i were taken for
 * class j (sklearn.metrics.confusion_matrix). GD_ERROR_SHAPE where there are not as many predictions as labels,
 * GD_ERROR_INDEX, naming the sample, for one outside 0 .. classes - 1. A matrix to begin with is
 * gd_zeros(g, GD_INT64, gd_shape(classes, classes)). */
GD_API gd_tensor *gd_confusion(gd_tensor *predicted, gd_tensor *labels, int64_t classes);

/* Adds the samples of a batch to such a matrix, in place: all of them, or on any error none. Does nothing while an
 * error stands; false on any error. */
GD_API bool gd_confusion_add(gd_tensor *confusion, gd_tensor *predicted, gd_tensor *labels);

/* Of one class, or an average. Where nothing was there to divide by, a score is 0. NaN, and -1, on an error. */
typedef struct gd_scores {
    double precision; /* of those taken for the class, the share that is of it */
    double recall;    /* of those of the class, the share that was taken for it */
    double f1;        /* the harmonic mean of both */
    int64_t support;  /* how many are of the class */
} gd_scores;

/* The scores of class `label` (average=None in scikit-learn); GD_ERROR_INDEX where there is no such. */
GD_API gd_scores gd_class_scores(const gd_tensor *confusion, int64_t label);

/* GD_AVERAGE_MACRO     the mean over the classes that occur, as true label or as prediction
 * GD_AVERAGE_WEIGHTED  the same, each class with the weight of its support
 * GD_AVERAGE_MICRO     of all samples together: precision, recall and F1 are then the accuracy */
typedef enum gd_average { GD_AVERAGE_MACRO, GD_AVERAGE_WEIGHTED, GD_AVERAGE_MICRO } gd_average;

/* The scores averaged over the classes (sklearn.metrics.precision_recall_fscore_support); support is that of all. */
GD_API gd_scores gd_average_scores(const gd_tensor *confusion, gd_average average);

/* The share of the samples, 0 to 1, whose label is among the k largest of their scores (N, C); of equal scores the
 * first counts as larger, so that k = 1 is what gd_accuracy measures. A k above C is as good as C; one below 1 is
 * GD_ERROR_VALUE. NaN on any error and for no samples. */
GD_API double gd_top_k_accuracy(const gd_tensor *scores, const gd_tensor *labels, int64_t k);

/* Prints the matrix with the names of its classes (NULL: their numbers), and the scores of each class with their
 * averages, as scikit-learn's classification_report does. An error tensor prints its context's message. */
GD_API void gd_print_confusion(const gd_tensor *confusion, const char *const *names, FILE *to);
GD_API void gd_print_report(const gd_tensor *confusion, const char *const *names, FILE *to);

/* ---------------------------------------------------------------------------------------------
 * Regression
 *
 * Predictions p and targets t of one shape, (N,) or (N, outputs), of any dtype; computed in float64. Of several
 * outputs each is measured, and their mean taken, as scikit-learn does. GD_ERROR_SHAPE where the shapes differ. NaN
 * on any error and for no samples.
 * ------------------------------------------------------------------------------------------- */

/* The coefficient of determination, 1 - sum((t - p)^2) / sum((t - mean(t))^2): 1 at best, 0 for the mean, less for
 * worse. Of targets that are all the same: 1 where the predictions are the targets, else 0. NaN for fewer than two
 * samples. (sklearn.metrics.r2_score) */
GD_API double gd_r2(const gd_tensor *predicted, const gd_tensor *targets);

/* mean(|t - p|) (sklearn.metrics.mean_absolute_error) and sqrt(mean((t - p)^2)) (root_mean_squared_error). */
GD_API double gd_mean_absolute_error(const gd_tensor *predicted, const gd_tensor *targets);
GD_API double gd_root_mean_squared_error(const gd_tensor *predicted, const gd_tensor *targets);

#ifdef __cplusplus
}
#endif
#endif
