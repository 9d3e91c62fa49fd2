#include "data/dataset.h"

#include "base/text.h"
#include "io/number.h"

#include <string.h>

const gd__class gd__dataset_class = { "dataset", sizeof(gd_dataset), NULL };

/* ---- making ---- */

static bool check_shapes(const gd_tensor *x, const gd_tensor *t)
{
    char of_x[GD__TEXT_SIZE], of_t[GD__TEXT_SIZE];
    if (x->ndim > 0 && t->ndim > 0 && x->shape[0] == t->shape[0])
        return true;
    gd__fail(x->object.context,
             (gd__fault){ .status = GD_ERROR_SHAPE,
                          .dim = 1,
                          .remedy = "Inputs and targets need one row a sample each, and as many of both" },
             "the inputs are %s, the targets %s", gd__describe(x, of_x), gd__describe(t, of_t));
    return false;
}

gd_dataset *gd__dataset(gd_tensor *x, gd_tensor *t)
{
    gd_dataset *ds = check_shapes(x, t) ? gd__new(x->object.context, &gd__dataset_class) : NULL;
    if (!ds)
        return NULL;
    ds->x = x;
    ds->t = t;
    ds->count = x->shape[0];
    return ds;
}

/* Rows from .. from + count - 1 of a tensor of rows, as a view in the current scope; NULL with the error set. */
static gd_tensor *rows(gd_tensor *t, int64_t from, int64_t count)
{
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t), .offset = from * t->stride[0] };
    memcpy(meta.stride, t->stride, sizeof *t->stride * t->ndim);
    meta.shape.size[0] = count;
    return gd__view(t, &meta);
}

/* All rows, in row-major order; NULL with the error set. */
static gd_tensor *all_rows(gd_tensor *t)
{
    return t->contiguous ? rows(t, 0, t->shape[0]) : gd__row_major(t);
}

/* Takes over two tensors just made, either of which may be missing; they go when it fails. */
static gd_dataset *adopt(gd_tensor *x, gd_tensor *t)
{
    gd_dataset *ds = gd__alive(x) && gd__alive(t) ? gd__dataset(x, t) : NULL;
    if (ds)
        return ds;
    if (gd__alive(t))
        gd__destroy(&t->object);
    if (gd__alive(x))
        gd__destroy(&x->object);
    return NULL;
}

static bool may_pair(gd_context *g, const gd_tensor *x, const gd_tensor *t)
{
    return gd__usable(g, x, "gd_dataset_new", "the inputs x") && gd__usable(g, t, "gd_dataset_new", "the targets t") &&
           check_shapes(x, t);
}

gd_dataset *gd_dataset_new(gd_tensor *x, gd_tensor *t)
{
    gd_context *g = gd__context(x);
    const char *outer = g->running;
    if (g->stand_in)
        return gd__error_object(g);
    g->running = "gd_dataset_new";
    gd_dataset *ds = may_pair(g, x, t) ? adopt(all_rows(x), all_rows(t)) : NULL;
    g->running = outer;
    return ds ? ds : gd__error_object(g);
}

gd_dataset *gd_dataset_idx(gd_context *g, const char *images_path, const char *labels_path)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_dataset_idx";
    gd_tensor *x = gd_idx_read(g, images_path);
    gd_dataset *ds = adopt(x, gd__alive(x) ? gd_idx_read(g, labels_path) : NULL);
    g->running = outer;
    return ds ? ds : gd__error_object(g);
}

/* ---- asking and setting ---- */

static bool usable(const gd_dataset *ds, const char *function)
{
    return gd__usable(gd__context(ds), ds, function, "the data set");
}

static bool has_range(const gd_dataset *ds, int64_t from, int64_t count, const char *function)
{
    if (from >= 0 && count >= 0 && from <= ds->count && count <= ds->count - from)
        return true;
    gd__fault fault = { GD_ERROR_INDEX, 0, function, "Samples count from 0" };
    gd__fail(ds->object.context, fault, "%lld samples from %lld on, of a data set of %lld", (long long)count,
             (long long)from, (long long)ds->count);
    return false;
}

gd_dataset *gd_dataset_part(gd_dataset *ds, int64_t from, int64_t count)
{
    gd_context *g = gd__context(ds);
    if (!usable(ds, "gd_dataset_part") || !has_range(ds, from, count, "gd_dataset_part"))
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_dataset_part";
    gd_tensor *x = rows(ds->x, from, count);
    gd_dataset *part = adopt(x, x ? rows(ds->t, from, count) : NULL);
    g->running = outer;
    if (!part)
        return gd__error_object(g);
    part->divisor = ds->divisor;
    part->flatten = ds->flatten;
    return part;
}

gd_dataset *gd_dataset_scale(gd_dataset *ds, double divisor)
{
    gd_context *g = gd__context(ds);
    if (!usable(ds, "gd_dataset_scale"))
        return gd__error_object(g);
    char text[GD__NUMBER_SIZE];
    if (divisor == 0 || divisor - divisor != 0)
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_dataset_scale", "Pass 255 for pixels" },
                        "x can't be divided by %s", gd__number_text(divisor, 6, text));
    ds->divisor = divisor;
    return ds;
}

gd_dataset *gd_dataset_flatten(gd_dataset *ds, bool flatten)
{
    if (!usable(ds, "gd_dataset_flatten"))
        return gd__error_object(gd__context(ds));
    ds->flatten = flatten;
    return ds;
}

int64_t gd_dataset_count(const gd_dataset *ds)
{
    return usable(ds, "gd_dataset_count") ? ds->count : -1;
}

gd_tensor *gd_dataset_x(const gd_dataset *ds)
{
    return usable(ds, "gd_dataset_x") ? ds->x : gd__error_object(gd__context(ds));
}

gd_tensor *gd_dataset_t(const gd_dataset *ds)
{
    return usable(ds, "gd_dataset_t") ? ds->t : gd__error_object(gd__context(ds));
}

/* ---- batches ---- */

/* int64 (n,), each of them a sample. */
static bool check_index(const gd_dataset *ds, const gd_tensor *index)
{
    gd_context *g = ds->object.context;
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, index, "gd_dataset_gather", "the index"))
        return false;
    gd__fault fault = { GD_ERROR_SHAPE, 0, "gd_dataset_gather", "Pass a tensor of one dimension, of int64" };
    if (index->ndim != 1 || index->dtype != GD_INT64) {
        fault.status = index->ndim != 1 ? GD_ERROR_SHAPE : GD_ERROR_DTYPE;
        gd__fail(g, fault, "the index is %s", gd__describe(index, text));
        return false;
    }
    const int64_t *at = (const int64_t *)index->data;
    for (int64_t i = 0; i < index->numel; i++, at += index->stride[0]) {
        if (*at < 0 || *at >= ds->count) {
            fault = (gd__fault){ GD_ERROR_INDEX, 1, "gd_dataset_gather", "Samples count from 0" };
            gd__fail(g, fault, "index[%lld] is %lld, of a data set of %lld samples", (long long)i, (long long)*at,
                     (long long)ds->count);
            return false;
        }
    }
    return true;
}

gd_batch gd_dataset_gather(gd_dataset *ds, const gd_tensor *index)
{
    gd_context *g = gd__context(ds);
    if (!usable(ds, "gd_dataset_gather") || !check_index(ds, index))
        return gd__no_batch(g);
    const char *outer = g->running;
    g->running = "gd_dataset_gather";
    gd_batch batch = gd__gather(ds, (const int64_t *)index->data, index->stride[0], index->numel);
    g->running = outer;
    return batch;
}

gd_batch gd_dataset_slice(gd_dataset *ds, int64_t from, int64_t count)
{
    gd_context *g = gd__context(ds);
    if (!usable(ds, "gd_dataset_slice") || !has_range(ds, from, count, "gd_dataset_slice"))
        return gd__no_batch(g);
    const char *outer = g->running;
    g->running = "gd_dataset_slice";
    gd_batch batch = gd__slice(ds, from, count);
    g->running = outer;
    return batch;
}
