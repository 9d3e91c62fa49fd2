/* evaluate.c - what a network makes of a whole data set: batch by batch, in evaluation and without a record. */
#include "gradus/train.h"

#include "data/dataset.h"
#include "train/evaluate.h"
#include "gradus/autograd.h"
#include "gradus/op.h"

#include <math.h>
#include <string.h>

enum { BATCH = 1000 };

/* Looks at the network's output for the samples from `from` on, in the scope of the batch. False with the error
 * set. */
typedef bool visit_output(void *user, int64_t from, gd_tensor *output, const gd_batch *batch);

static bool visit_batch(gd_layer *net, gd_dataset *dataset, int64_t from, visit_output *visit, void *user)
{
    gd_scope scope = gd_scope_enter(gd__context(net));
    int64_t left = dataset->count - from;
    gd_batch batch = gd_dataset_slice(dataset, from, left < BATCH ? left : BATCH);
    gd_tensor *output = gd_forward(net, batch.x);
    bool good = scope.context && gd__alive(output) && visit(user, from, output, &batch);
    gd_scope_leave(&scope);
    return good;
}

/* In evaluation mode, and without recording. A data set without samples has one batch, which is empty. */
static bool each_output(gd_layer *net, gd_dataset *dataset, visit_output *visit, void *user)
{
    gd_context *g = gd__context(net);
    gd_no_grad quiet = gd_no_grad_enter(g);
    bool good = true, outer = g->evaluating;
    g->evaluating = true;
    for (int64_t from = 0; good && (from == 0 || from < dataset->count); from += BATCH)
        good = visit_batch(net, dataset, from, visit, user);
    g->evaluating = outer;
    gd_no_grad_leave(&quiet);
    return good;
}

static bool usable(gd_layer *net, gd_dataset *dataset, const char *function)
{
    gd_context *g = gd__context(net);
    return gd__usable(g, net, function, "the network") && gd__usable(g, dataset, function, "the data set");
}

static bool one_row_each(const gd_tensor *t, bool good, const char *function, const char *remedy)
{
    if (!good)
        gd__fail(t->object.context, (gd__fault){ GD_ERROR_SHAPE, 0, function, remedy },
                 "the network does not make one row a sample");
    return good;
}

/* ---- the share that is right ---- */

static bool count_right(void *user, int64_t from, gd_tensor *output, const gd_batch *batch)
{
    gd_tensor *place = gd_argmax(output, -1);
    (void)from;
    if (output->ndim == 2 && output->shape[1] == 1) {
        gd__fail(output->object.context,
                 (gd__fault){ GD_ERROR_SHAPE, 0, "gd_accuracy", "Compare what gd_predict gives with a threshold" },
                 "one output a sample has no scores of classes");
        return false;
    }
    if (!gd__alive(place) || !one_row_each(place, gd__same_shape(place, batch->t), "gd_accuracy",
                                           "Use a network whose output is (N, classes)"))
        return false;
    double right = gd_item(gd_sum(gd_eq(place, batch->t)));
    *(double *)user += right;
    return !isnan(right);
}

bool gd__countable(const gd_dataset *dataset)
{
    char text[GD__TEXT_SIZE];
    if (gd__has_labels(dataset))
        return true;
    gd__fail(dataset->object.context,
             (gd__fault){ GD_ERROR_SHAPE, 0, "gd_accuracy", "Only class labels can be right or wrong" },
             "targets of shape (N,), int64 or uint8, are expected, not %s", gd__describe(dataset->t, text));
    return false;
}

double gd_accuracy(gd_layer *net, gd_dataset *dataset)
{
    double right = 0;
    if (!usable(net, dataset, "gd_accuracy") || !gd__countable(dataset) ||
        !each_output(net, dataset, count_right, &right))
        return NAN;
    return dataset->count > 0 ? right / (double)dataset->count : NAN;
}

/* ---- all outputs ---- */

typedef struct prediction {
    gd_dataset *dataset;
    gd_tensor *all; /* made when the first output shows its shape */
} prediction;

/* In the scope outside the batch's. */
static bool make_room(prediction *p, const gd_tensor *output)
{
    gd__meta meta = { .dtype = (gd_dtype)output->dtype, .shape = gd__shape(output) };
    meta.shape.size[0] = p->dataset->count;
    p->all = gd__tensor(output->object.context, &meta);
    if (p->all)
        gd_keep(p->all);
    return p->all != NULL;
}

static bool put_rows(void *user, int64_t from, gd_tensor *output, const gd_batch *batch)
{
    prediction *p = user;
    const char *remedy = "Use a network whose output is (N, ...), of one shape for all batches";
    bool good = output->ndim > 0 && output->shape[0] == batch->x->shape[0];
    if (!one_row_each(output, good, "gd_predict", remedy) || (!p->all && !make_room(p, output)))
        return false;
    gd_dtype dtype = (gd_dtype)p->all->dtype;
    size_t bytes = (size_t)gd__row_size(p->all) * gd_dtype_size(dtype);
    if (!one_row_each(output, gd__row_size(output) == gd__row_size(p->all), "gd_predict", remedy))
        return false;
    return output->numel == 0 || gd_read(output, dtype, p->all->data + (size_t)from * bytes, (size_t)output->numel);
}

gd_tensor *gd_predict(gd_layer *net, gd_dataset *dataset)
{
    gd_context *g = gd__context(net);
    prediction p = { .dataset = dataset };
    if (!usable(net, dataset, "gd_predict"))
        return gd__error_object(g);
    if (each_output(net, dataset, put_rows, &p))
        return p.all;
    if (p.all)
        gd__destroy(&p.all->object);
    return gd__error_object(g);
}
