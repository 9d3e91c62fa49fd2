/* dataset.h - what a data set is. */
#ifndef GRADUS_SRC_DATA_DATASET_H
#define GRADUS_SRC_DATA_DATASET_H

#include "gradus/data.h"

#include "tensor/tensor.h"

struct gd_dataset {
    gd__object object;
    gd_tensor *x, *t; /* row-major; live in the data set's scope, or one around it */
    int64_t count;    /* of samples */
    double divisor;   /* of x; 0: x is not scaled */
    bool flatten;
};

extern const gd__class gd__dataset_class;

/* A data set of two tensors that are row-major and live as long as it; NULL with the error set. */
gd_dataset *gd__dataset(gd_tensor *x, gd_tensor *t);

/* Two error tensors. */
gd_batch gd__no_batch(gd_context *g);

/* A batch of the `count` samples at index[0], index[stride], index[2 * stride], ..., which are known to
 * be there. */
gd_batch gd__gather(const gd_dataset *ds, const int64_t *index, int64_t stride, int64_t count);

/* A batch of the samples from .. from + count - 1, which are known to be there. */
gd_batch gd__slice(const gd_dataset *ds, int64_t from, int64_t count);

#endif
