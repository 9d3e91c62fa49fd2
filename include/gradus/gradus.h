/* gradus.h - all of Gradus.
 *
 *     base.h      contexts, errors as values, scopes, random streams
 *     tensor.h    tensors: making, reading, writing, printing
 *     op.h        operations, listed in ops.inc
 *     autograd.h  derivatives
 *     check.h     gradient checks that say why
 *     compile.h   steps that are recorded once and replayed
 *     nn.h        layers and parameters, saving and loading
 *     optim.h     optimizers
 *     data.h      data sets of tables, arrays and IDX files; batches
 *     io.h        .npy, .npz, .safetensors and .csv files
 *     train.h     the training loop
 *     metrics.h   how good predictions are
 *
 * Macros with options or counted arguments need C. From C++ and other languages call the functions behind them:
 * gd_shape_of, gd_values_of, gd_sequential_of, gd_linear_with, gd_sgd_with, gd_batches_with, gd_fit_with, gd_csv_read_with,
 * gd_csv_write_with, gd_dataset_csv_with, gd_dataset_split_with, (gd_sum)(args). */
#ifndef GRADUS_GRADUS_H
#define GRADUS_GRADUS_H

#include <gradus/autograd.h>
#include <gradus/base.h>
#include <gradus/check.h>
#include <gradus/compile.h>
#include <gradus/data.h>
#include <gradus/io.h>
#include <gradus/metrics.h>
#include <gradus/nn.h>
#include <gradus/op.h>
#include <gradus/optim.h>
#include <gradus/tensor.h>
#include <gradus/train.h>

#endif
