/* dataset.h - what a data set is. */
#ifndef GRADUS_SRC_DATA_DATASET_H
#define GRADUS_SRC_DATA_DATASET_H

#include "gradus/data.h"

#include "base/names.h"
#include "tensor/tensor.h"

/* Its tensors are row-major and live in the data set's scope, or one around it. */
struct gd_dataset {
    gd__object object;
    gd_tensor *x, *t;
    gd_tensor *order;            /* int64 (count,): sample i is row order[i] of x and t; NULL: it is row i */
    int64_t count;               /* of samples */
    double divisor;              /* of x; 0: x is not scaled */
    gd_tensor *mean, *deviation; /* float64: x is standardised with them; NULL: it is not */
    bool flatten;
    gd__names features, classes; /* empty where they are not known */
};

extern const gd__class gd__dataset_class;

/* A data set of two tensors that are row-major and live as long as it; NULL with the error set, also where one of
 * them could not be made. */
gd_dataset *gd__dataset(gd_tensor *x, gd_tensor *t);

/* A data set made like ds of the samples at order[0], order[1], ..., in the current scope; NULL with the error
 * set. */
gd_dataset *gd__dataset_of(gd_dataset *ds, gd_tensor *order);

/* Moves a data set and all that it has to the scope of that depth. */
void gd__dataset_move(gd_dataset *ds, int depth);

/* Leaves a scope in which a data set was made, which goes to the scope outside with all that it has. Of NULL, the
 * error object: the scope then takes what there was of it. */
gd_dataset *gd__dataset_out(gd_context *g, gd_scope *scope, gd_dataset *ds);

/* Is it int64 (n,), each of them a sample? Else the error is set. */
bool gd__check_index(const gd_dataset *ds, const gd_tensor *index, const char *function);

/* Rows from .. from + count - 1 of a tensor of rows, as a view in the current scope; NULL with the error set. */
gd_tensor *gd__rows(gd_tensor *t, int64_t from, int64_t count);

/* Numbers of one sample of a tensor of samples; also where there is no sample. */
int64_t gd__row_size(const gd_tensor *t);

/* The row of x and t that sample i is. */
static inline int64_t gd__row(const gd_dataset *ds, int64_t i)
{
    return ds->order ? ((const int64_t *)ds->order->data)[i] : i;
}

/* The label of sample i, of a data set that has them. */
int64_t gd__label(const gd_dataset *ds, int64_t i);

/* Are the targets class labels, one integer a sample? */
bool gd__has_labels(const gd_dataset *ds);

/* The arrays of several IDX files, read at the same time; false with the error set, and none of them made. At most as many
 * as the images and labels of two sets. */
enum { GD__IDX_FILES = 4 };
bool gd__idx_read(gd_context *g, int count, const char *const *path, gd_tensor **t);

/* Two error tensors. */
gd_batch gd__no_batch(gd_context *g);

/* A batch of the `count` samples at index[0], index[stride], index[2 * stride], ..., which are known to
 * be there. */
gd_batch gd__gather(const gd_dataset *ds, const int64_t *index, int64_t stride, int64_t count);

/* All samples' rows of x or t, as they are: itself, or a copy in the current scope where it has others too. */
gd_tensor *gd__samples(const gd_dataset *ds, gd_tensor *t);

/* A batch of the samples from .. from + count - 1, which are known to be there. */
gd_batch gd__slice(const gd_dataset *ds, int64_t from, int64_t count);

#endif
