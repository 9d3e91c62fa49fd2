/* data.h - data sets and batches.
 *
 *     gd_dataset *train = gd_mnist(g, "data/mnist", true);
 *     gd_loader *loader = gd_batches(train, .size = 100, .shuffle = true);
 *     for (int epoch = 0; epoch < 10; epoch++) {
 *         gd_batch batch;
 *         for (;;) {
 *             GD_SCOPE(g);                        // each batch goes at the closing brace
 *             if (!gd_next(loader, &batch))
 *                 break;
 *             ... batch.x, batch.t ...
 *         }
 *     }
 *
 * A data set keeps its numbers as they came (images stay uint8); a batch is converted when it is made. */
#ifndef GRADUS_DATA_H
#define GRADUS_DATA_H

#include <gradus/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------------
 * IDX files
 * ------------------------------------------------------------------------------------------- */

/* The array of an IDX file, plain or gzip-compressed (which of them, the content says): 1 to 8
 * dimensions, big-endian. uint8 stays uint8; int8, int16 and int32 become int64; float32 and float64
 * stay. The tensor belongs to the current scope. GD_ERROR_FILE where the file can't be read,
 * GD_ERROR_FORMAT where it is not IDX, is cut short, goes on behind the array, or declares more than it
 * can hold.
 * Source of the format: Yann LeCun's page "The MNIST database of handwritten digits". */
GD_API gd_tensor *gd_idx_read(gd_context *g, const char *path);

/* ---------------------------------------------------------------------------------------------
 * Data sets
 * ------------------------------------------------------------------------------------------- */

/* Inputs x and targets t: sample i is x[i], t[i]. A data set belongs to the scope it was made in. */
typedef struct gd_dataset gd_dataset;

/* A data set of x (N, ...) and t (N, ...), of any dtype. The numbers are shared, not copied (views that
 * are not row-major are copied), and live as long as the data set. GD_ERROR_SHAPE where the first
 * dimensions differ or a tensor has none. Batches carry no gradient back to x or t. */
GD_API gd_dataset *gd_dataset_new(gd_tensor *x, gd_tensor *t);

/* A data set of two IDX files: x is the array of the first, t that of the second. */
GD_API gd_dataset *gd_dataset_idx(gd_context *g, const char *images_path, const char *labels_path);

/* MNIST, or a set in its form such as Fashion-MNIST, from the files of a folder: for train
 *     train-images-idx3-ubyte  train-labels-idx1-ubyte       (60,000 samples)
 * otherwise
 *     t10k-images-idx3-ubyte   t10k-labels-idx1-ubyte        (10,000 samples)
 * each with a dot instead of the second hyphen too, and with or without .gz. GD_ERROR_FILE, with the
 * names that were looked for, where one is missing. Batches: x (n, 784), pixels divided by 255;
 * t (n,) int64, 0 to 9. */
GD_API gd_dataset *gd_mnist(gd_context *g, const char *folder, bool train);

/* Samples from .. from + count - 1 as a data set of their own, made like ds; the numbers are shared, and
 * ds may go sooner. GD_ERROR_INDEX where there are not so many. */
GD_API gd_dataset *gd_dataset_part(gd_dataset *ds, int64_t from, int64_t count);

/* Has batches' x converted to the default float dtype (as it is when the batch is made) and then divided
 * by `divisor`, in that dtype's arithmetic: x.astype(float32) / float32(divisor). Without it x keeps its
 * dtype. GD_ERROR_VALUE for a divisor of zero or one that is not finite. Returns ds. */
GD_API gd_dataset *gd_dataset_scale(gd_dataset *ds, double divisor);

/* Has batches' x flattened, or not: (n, 28, 28) becomes (n, 784), (n,) becomes (n, 1). Returns ds. */
GD_API gd_dataset *gd_dataset_flatten(gd_dataset *ds, bool flatten);

/* How many samples; -1 on an error. */
GD_API int64_t gd_dataset_count(const gd_dataset *ds);

/* The whole inputs and targets, in their own dtype and shape; they belong to the data set's scope. */
GD_API gd_tensor *gd_dataset_x(const gd_dataset *ds);
GD_API gd_tensor *gd_dataset_t(const gd_dataset *ds);

/* ---------------------------------------------------------------------------------------------
 * Batches
 * ------------------------------------------------------------------------------------------- */

/* Some samples: x (n, ...) and t (n, ...). uint8 targets become int64, which is what class labels are;
 * other dtypes stay. New tensors, of the scope that is current when the batch is made. After an error
 * both are the error tensor. */
typedef struct gd_batch {
    gd_tensor *x, *t;
} gd_batch;

/* The samples at `index`, int64 (n,), in that order; the same may come twice. GD_ERROR_INDEX, naming
 * place and value, for one that is not 0 .. count - 1. */
GD_API gd_batch gd_dataset_gather(gd_dataset *ds, const gd_tensor *index);

/* The samples from .. from + count - 1. GD_ERROR_INDEX where there are not so many. */
GD_API gd_batch gd_dataset_slice(gd_dataset *ds, int64_t from, int64_t count);

/* ---------------------------------------------------------------------------------------------
 * Loaders: batches in an order
 * ------------------------------------------------------------------------------------------- */

/* Gives out batches. A loader belongs to the scope it was made in; when the scope of its data set ends
 * sooner, gd_next is GD_ERROR_DEAD from then on. */
typedef struct gd_loader gd_loader;

typedef struct gd_batches_options {
    gd_dataset *dataset;
    const char *given; /* the text of the initialisers; NULL: every field counts */
    int64_t size;      /* samples a batch; 1 where not given */
    bool shuffle;      /* each epoch in a new random order */
    bool replacement;  /* each batch drawn at random from all samples; epochs never end */
    bool drop_last;    /* leave out the last batch of an epoch where it is smaller */
} gd_batches_options;

/* A loader: gd_batches(train, .size = 100, .shuffle = true). The defaults are those of PyTorch's
 * DataLoader. GD_ERROR_VALUE for a size below 1, or shuffle together with replacement.
 * gd_batches_with is the function behind the macro. */
#define gd_batches(...) gd_batches_with((gd_batches_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_loader *gd_batches_with(gd_batches_options options);

/* Makes the next batch, in the current scope. False, with two error tensors, at the end of an epoch (the
 * next call starts a new one), on any error, and while an error stands.
 * With shuffle, the first batch of an epoch draws a permutation of all samples from the context's random
 * stream, as gd_randperm does. With replacement, each call draws `size` indices from it, as gd_choice
 * does (np.random.choice(count, size)), and only an error ends it. */
GD_API bool gd_next(gd_loader *loader, gd_batch *batch);

/* How many samples of the current epoch were given out (with replacement: of all); -1 on an error. */
GD_API int64_t gd_loader_position(const gd_loader *loader);

/* How many epochs have ended; -1 on an error. */
GD_API int64_t gd_loader_epoch(const gd_loader *loader);

#ifdef __cplusplus
}
#endif
#endif
