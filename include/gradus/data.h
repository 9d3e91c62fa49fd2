/* data.h - data sets of tables, arrays and images, their parts, and batches of them.
 *
 *     gd_dataset *table = gd_dataset_csv(g, "flowers.csv", .target = "kind");
 *     gd_parts part = gd_dataset_split(table, .fraction = 0.8, .stratify = true);
 *
 *     gd_parts images = gd_mnist_parts(g, "data/mnist");
 *     gd_loader *loader = gd_batches(images.train, .size = 100, .shuffle = true);
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

#include <gradus/io.h>

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

/* A data set of two IDX files, or of two .npy files: x is the array of the first, t that of the second, in the dtypes
 * that gd_idx_read and gd_npy_read give them. Errors as theirs. */
GD_API gd_dataset *gd_dataset_idx(gd_context *g, const char *images_path, const char *labels_path);
GD_API gd_dataset *gd_dataset_npy(gd_context *g, const char *x_path, const char *t_path);

/* A data set of two tensors of an .npz or .safetensors file, by their names: gd_dataset_archive(g, "mnist.npz",
 * "x_train", "y_train"). Errors as those of gd_archive_read and gd_archive_get. */
GD_API gd_dataset *gd_dataset_archive(gd_context *g, const char *path, const char *x_name, const char *t_name);

/* A data set of a table (see gd_csv_read for how it is read, and the errors):
 *     gd_dataset_csv(g, "flowers.csv", .target = "kind")
 *     gd_dataset_csv(g, "houses.csv", .target = "price", .as = GD_CSV_NUMBERS, .ignore = "street,town")
 * x (rows, features) are the columns that are neither target nor ignored, float32 or float64. t is, after .as:
 *   GD_CSV_LABELS      (rows,) int64. Whole numbers from 0 stay; where any label is not a number, each text is a
 *                      class, as in GD_CSV_SORTED; other numbers are GD_ERROR_FORMAT
 *   GD_CSV_SORTED      (rows,) int64: each text is a class, numbered by the sorted texts (by their bytes, or by value
 *                      where all are numbers), as scikit-learn's LabelEncoder does
 *   GD_CSV_APPEARANCE  (rows,) int64: the same, numbered as they first come (pandas.factorize)
 *   GD_CSV_NUMBERS     (rows, targets) of the dtype of x; only here .target may name several columns
 * With .classes the texts are classes of these numbers, and any other is GD_ERROR_FORMAT: so that a test set has the
 * numbers of its training set, .classes = gd_dataset_class_names(train). A missing label is GD_ERROR_FORMAT.
 * gd_dataset_csv_with is the function behind the macro. */
#define gd_dataset_csv(...) gd_dataset_csv_with((gd_csv_options){ __VA_ARGS__, .end = 0 })
GD_API gd_dataset *gd_dataset_csv_with(gd_csv_options options);

/* MNIST, or a set in its form such as Fashion-MNIST, from the files of a folder: for train
 *     train-images-idx3-ubyte  train-labels-idx1-ubyte       (60,000 samples)
 * otherwise
 *     t10k-images-idx3-ubyte   t10k-labels-idx1-ubyte        (10,000 samples)
 * each with a dot instead of the second hyphen too, and with or without .gz. GD_ERROR_FILE, with the
 * names that were looked for, where one is missing. Batches: x (n, 784), pixels divided by 255;
 * t (n,) int64, 0 to 9. Both files are read at the same time; gd_mnist_parts reads both sets so. */
GD_API gd_dataset *gd_mnist(gd_context *g, const char *folder, bool train);

/* ---- parts ---- */

/* Samples from .. from + count - 1 as a data set of their own, made like ds; the numbers are shared, and
 * ds may go sooner. GD_ERROR_INDEX where there are not so many. */
GD_API gd_dataset *gd_dataset_part(gd_dataset *ds, int64_t from, int64_t count);

/* The samples at `index`, int64 (n,), in that order, as a data set of their own (torch.utils.data.Subset); the same
 * may come twice. Made like ds; the numbers are shared, and ds may go sooner. GD_ERROR_INDEX, naming place and value,
 * for one that is not 0 .. count - 1. */
GD_API gd_dataset *gd_dataset_subset(gd_dataset *ds, const gd_tensor *index);

/* The two parts of a data set; after an error both are the error object. */
typedef struct gd_parts {
    gd_dataset *train, *test;
} gd_parts;

/* Both sets of a folder as gd_mnist makes them: .train and .test. All four files are read, and inflated, at the same time. */
GD_API gd_parts gd_mnist_parts(gd_context *g, const char *folder);

typedef struct gd_split_options {
    gd_dataset *dataset;
    const char *given; /* the text of the initialisers; NULL: every field counts */
    double fraction;   /* of the samples, in the first part, rounded to a whole number of them; 0.75 */
    int64_t count;     /* how many samples are in the first part, instead of a fraction; -1: by the fraction */
    bool shuffle;      /* in random order; true. Else the first part is the front */
    bool stratify;     /* each class has the same share of both parts */
} gd_split_options;

/* Two parts that share no sample: gd_dataset_split(ds, .fraction = 0.8, .stratify = true). Both are made like ds; the
 * numbers are shared, and ds may go sooner. With shuffle it draws a permutation of all samples from the context's
 * random stream, as gd_randperm does, and the first part is its front: with the TORCH stream the parts are those of
 * torch.utils.data.random_split. With stratify the parts take the samples in that order too, but of each class as
 * many as its share, and where shares are not whole, one more of those with the largest remainders (of equal ones,
 * the lower label). GD_ERROR_VALUE for a fraction outside 0 .. 1, a count outside the data set, or both;
 * GD_ERROR_SHAPE for stratify where the targets are no class labels. Does nothing while an error stands.
 * gd_dataset_split_with is the function behind the macro. */
#define gd_dataset_split(...) gd_dataset_split_with((gd_split_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_parts gd_dataset_split_with(gd_split_options options);

/* ---- how batches are made ---- */

/* Has batches' x converted to the default float dtype (as it is when the batch is made) and then divided
 * by `divisor`, in that dtype's arithmetic: x.astype(float32) / float32(divisor). Without it x keeps its
 * dtype. GD_ERROR_VALUE for a divisor of zero or one that is not finite. Returns ds. */
GD_API gd_dataset *gd_dataset_scale(gd_dataset *ds, double divisor);

/* Mean and deviation, in the default float dtype. */
typedef struct gd_moments {
    gd_tensor *mean, *deviation;
} gd_moments;

/* Mean and deviation of each feature over all samples: tensors of the shape of one sample (before it is flattened),
 * of the current scope. Of x after gd_dataset_scale and before gd_dataset_standardize. The deviation is that of the
 * samples themselves, sqrt(sum((x - mean)^2) / n), as in scikit-learn's StandardScaler; NaN is left out, and a
 * feature without numbers has NaN. After an error both are the error tensor. */
GD_API gd_moments gd_dataset_moments(const gd_dataset *ds);

/* Has batches' x converted to the default float dtype and standardised: (x - mean) / deviation, after
 * gd_dataset_scale. A deviation of 0 counts as 1, as in StandardScaler. A test set is given the moments of the
 * training set:
 *     gd_moments of_train = gd_dataset_moments(split.train);
 *     gd_dataset_standardize(split.train, of_train);
 *     gd_dataset_standardize(split.test, of_train);
 * The tensors are copied; any that broadcast to the shape of a sample will do. GD_ERROR_SHAPE where they do not,
 * GD_ERROR_VALUE for one that is not finite, or a negative deviation. Returns ds. */
GD_API gd_dataset *gd_dataset_standardize(gd_dataset *ds, gd_moments moments);

/* Has batches' x flattened, or not: (n, 28, 28) becomes (n, 784), (n,) becomes (n, 1). Returns ds. */
GD_API gd_dataset *gd_dataset_flatten(gd_dataset *ds, bool flatten);

/* ---- asking ---- */

/* How many samples; -1 on an error. */
GD_API int64_t gd_dataset_count(const gd_dataset *ds);

/* How many numbers the x of one sample holds; -1 on an error. */
GD_API int64_t gd_dataset_features(const gd_dataset *ds);

/* How many classes: the names that there are, or else 1 + the largest label. -1 on an error, such as targets that are
 * no class labels (N,) of int64 or uint8. */
GD_API int64_t gd_dataset_classes(const gd_dataset *ds);

/* The names of the features and of the classes, each list with NULL behind its last, where a table had them; NULL
 * where they are not known, and on an error. They belong to the data set. */
GD_API const char *const *gd_dataset_feature_names(const gd_dataset *ds);
GD_API const char *const *gd_dataset_class_names(const gd_dataset *ds);

/* The whole inputs and targets, in their own dtype and shape; they belong to the data set's scope. Of a data set
 * whose samples were chosen (gd_dataset_subset, gd_dataset_split) they are copies, of the current scope. */
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

/* How many batches an epoch has; with replacement, whose epochs never end, as many as would hold as many samples as
 * there are. -1 on an error. */
GD_API int64_t gd_loader_batches(const gd_loader *loader);

/* Has the next batch be the first of a new epoch; the one that is left unfinished does not count as ended. Returns
 * the loader. Does nothing while an error stands. */
GD_API gd_loader *gd_loader_rewind(gd_loader *loader);

/* How many epochs have ended; -1 on an error. */
GD_API int64_t gd_loader_epoch(const gd_loader *loader);

#ifdef __cplusplus
}
#endif
#endif
