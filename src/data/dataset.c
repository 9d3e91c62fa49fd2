/* dataset.c - data sets: made of tensors and files, asked, and parts of them. */
#include "data/dataset.h"

#include "base/text.h"
#include "base/trace.h"
#include "gradus/io.h"
#include "io/number.h"

#include <string.h>

static void destroy(gd__object *object)
{
    gd_dataset *ds = (gd_dataset *)object;
    gd__names_free(object->context, &ds->features);
    gd__names_free(object->context, &ds->classes);
}

const gd__class gd__dataset_class = { "dataset", sizeof(gd_dataset), destroy };

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
    if (!gd__alive(x) || !gd__alive(t) || !check_shapes(x, t))
        return NULL;
    gd_dataset *ds = gd__new(x->object.context, &gd__dataset_class);
    if (!ds)
        return NULL;
    ds->x = x;
    ds->t = t;
    ds->count = x->shape[0];
    return ds;
}

void gd__dataset_move(gd_dataset *ds, int depth)
{
    gd_tensor *const part[] = { ds->x, ds->t, ds->order, ds->mean, ds->deviation };
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        if (part[i])
            gd__move(&part[i]->object, depth);
    }
    gd__move(&ds->object, depth);
}

gd_dataset *gd__dataset_out(gd_context *g, gd_scope *scope, gd_dataset *ds)
{
    if (ds)
        gd__dataset_move(ds, scope->depth - 1);
    gd_scope_leave(scope);
    return ds ? ds : gd__error_object(g);
}

/* The same elements, as a view in the current scope. */
static gd_tensor *same(gd_tensor *t)
{
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t) };
    memcpy(meta.stride, t->stride, sizeof *t->stride * t->ndim);
    return gd__view(t, &meta);
}

gd_tensor *gd__rows(gd_tensor *t, int64_t from, int64_t count)
{
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t), .offset = from * t->stride[0] };
    memcpy(meta.stride, t->stride, sizeof *t->stride * t->ndim);
    meta.shape.size[0] = count;
    return gd__view(t, &meta);
}

/* Takes over how ds makes batches, and its names. */
static bool make_like(gd_dataset *made, const gd_dataset *ds)
{
    gd_context *g = ds->object.context;
    made->divisor = ds->divisor;
    made->flatten = ds->flatten;
    made->mean = ds->mean ? same(ds->mean) : NULL;
    made->deviation = ds->mean ? same(ds->deviation) : NULL;
    return (!ds->mean || (made->mean && made->deviation)) &&
           gd__names_add_all(g, &made->features, (const char *const *)ds->features.name) &&
           gd__names_add_all(g, &made->classes, (const char *const *)ds->classes.name);
}

gd_dataset *gd__dataset_of(gd_dataset *ds, gd_tensor *order)
{
    gd_dataset *made = order ? gd__dataset(same(ds->x), same(ds->t)) : NULL;
    if (!made || !make_like(made, ds))
        return NULL;
    made->order = order;
    made->count = order->numel;
    return made;
}

static bool may_pair(gd_context *g, const gd_tensor *x, const gd_tensor *t)
{
    return gd__usable(g, x, "gd_dataset_new", "the inputs x") &&
           gd__usable(g, t, "gd_dataset_new", "the targets t") && check_shapes(x, t);
}

/* All rows in row-major order, in the current scope; NULL with the error set. */
static gd_tensor *row_major(gd_tensor *t)
{
    return t->contiguous ? same(t) : gd__row_major(t);
}

gd_dataset *gd_dataset_new(gd_tensor *x, gd_tensor *t)
{
    gd_context *g = gd__context(x);
    const char *outer = g->running;
    if (g->stand_in)
        return gd__error_object(g);
    g->running = "gd_dataset_new";
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context && may_pair(g, x, t);
    gd_dataset *ds = gd__dataset_out(g, &scope, good ? gd__dataset(row_major(x), row_major(t)) : NULL);
    g->running = outer;
    return ds;
}

/* Reads the arrays of some files; false with the error set. */
typedef bool read_arrays(gd_context *g, int count, const char *const *path, gd_tensor **t);

static bool read_npy(gd_context *g, int count, const char *const *path, gd_tensor **t)
{
    for (int i = 0; i < count; i++) {
        t[i] = gd_npy_read(g, path[i]);
        if (!gd__alive(t[i]))
            return false;
    }
    return true;
}

/* A data set of two files that this function reads. */
static gd_dataset *read_two(gd_context *g, const char *function, read_arrays *read, const char *x_path,
                            const char *t_path)
{
    const char *const path[] = { x_path, t_path };
    gd_tensor *t[2];
    if (!g || g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = function;
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context && read(g, 2, path, t);
    gd_dataset *ds = gd__dataset_out(g, &scope, good ? gd__dataset(t[0], t[1]) : NULL);
    g->running = outer;
    return ds;
}

gd_dataset *gd_dataset_idx(gd_context *g, const char *images_path, const char *labels_path)
{
    return read_two(g, "gd_dataset_idx", gd__idx_read, images_path, labels_path);
}

gd_dataset *gd_dataset_npy(gd_context *g, const char *x_path, const char *t_path)
{
    return read_two(g, "gd_dataset_npy", read_npy, x_path, t_path);
}

static gd_dataset *read_archive(gd_context *g, const char *path, const char *x_name, const char *t_name)
{
    gd_archive *archive = gd_archive_read(g, path);
    gd_tensor *x = gd__alive(archive) ? gd_archive_get(archive, x_name) : NULL;
    gd_tensor *t = gd__alive(x) ? gd_archive_get(archive, t_name) : NULL;
    return gd__alive(t) ? gd__dataset(same(x), same(t)) : NULL;
}

/* The archive goes with the scope, and so does what else it holds. */
gd_dataset *gd_dataset_archive(gd_context *g, const char *path, const char *x_name, const char *t_name)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_dataset_archive";
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context != NULL;
    gd_dataset *ds = gd__dataset_out(g, &scope, good ? read_archive(g, path, x_name, t_name) : NULL);
    g->running = outer;
    return ds;
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

/* Neighbours among the rows need no order. */
static gd_dataset *part_of(gd_dataset *ds, int64_t from, int64_t count)
{
    if (ds->order)
        return gd__dataset_of(ds, gd__rows(ds->order, from, count));
    gd_dataset *part = gd__dataset(gd__rows(ds->x, from, count), gd__rows(ds->t, from, count));
    return part && make_like(part, ds) ? part : NULL;
}

gd_dataset *gd_dataset_part(gd_dataset *ds, int64_t from, int64_t count)
{
    gd_context *g = gd__context(ds);
    if (!usable(ds, "gd_dataset_part") || !has_range(ds, from, count, "gd_dataset_part"))
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_dataset_part";
    gd_scope scope = gd_scope_enter(g);
    gd_dataset *part = gd__dataset_out(g, &scope, scope.context ? part_of(ds, from, count) : NULL);
    g->running = outer;
    return part;
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
    return usable(ds, "gd_dataset_x") ? gd__samples(ds, ds->x) : gd__error_object(gd__context(ds));
}

gd_tensor *gd_dataset_t(const gd_dataset *ds)
{
    return usable(ds, "gd_dataset_t") ? gd__samples(ds, ds->t) : gd__error_object(gd__context(ds));
}

int64_t gd_dataset_features(const gd_dataset *ds)
{
    return usable(ds, "gd_dataset_features") ? gd__row_size(ds->x) : -1;
}

bool gd__has_labels(const gd_dataset *ds)
{
    return ds->t->ndim == 1 && (ds->t->dtype == GD_INT64 || ds->t->dtype == GD_UINT8);
}

int64_t gd__label(const gd_dataset *ds, int64_t i)
{
    int64_t row = gd__row(ds, i);
    return ds->t->dtype == GD_UINT8 ? ((const uint8_t *)ds->t->data)[row] : ((const int64_t *)ds->t->data)[row];
}

static int64_t largest_label(const gd_dataset *ds)
{
    int64_t largest = -1;
    for (int64_t i = 0; i < ds->count; i++) {
        int64_t label = gd__label(ds, i);
        largest = label > largest ? label : largest;
    }
    return largest;
}

int64_t gd_dataset_classes(const gd_dataset *ds)
{
    char text[GD__TEXT_SIZE];
    if (!usable(ds, "gd_dataset_classes"))
        return -1;
    if (ds->classes.count > 0)
        return ds->classes.count;
    if (gd__has_labels(ds))
        return largest_label(ds) + 1;
    gd__fail(
        ds->object.context,
        (gd__fault){ GD_ERROR_SHAPE, 0, "gd_dataset_classes", "Only targets that are class labels have classes" },
        "targets of shape (N,), int64 or uint8, are expected, not %s", gd__describe(ds->t, text));
    return -1;
}

const char *const *gd_dataset_feature_names(const gd_dataset *ds)
{
    return usable(ds, "gd_dataset_feature_names") ? (const char *const *)ds->features.name : NULL;
}

const char *const *gd_dataset_class_names(const gd_dataset *ds)
{
    return usable(ds, "gd_dataset_class_names") ? (const char *const *)ds->classes.name : NULL;
}

/* ---- batches ---- */

bool gd__check_index(const gd_dataset *ds, const gd_tensor *index, const char *function)
{
    gd_context *g = ds->object.context;
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, index, function, "the index"))
        return false;
    gd__fault fault = { GD_ERROR_SHAPE, 0, function, "Pass a tensor of one dimension, of int64" };
    if (index->ndim != 1 || index->dtype != GD_INT64) {
        fault.status = index->ndim != 1 ? GD_ERROR_SHAPE : GD_ERROR_DTYPE;
        gd__fail(g, fault, "the index is %s", gd__describe(index, text));
        return false;
    }
    const int64_t *at = (const int64_t *)index->data;
    for (int64_t i = 0; i < index->numel; i++, at += index->stride[0]) {
        if (*at < 0 || *at >= ds->count) {
            fault = (gd__fault){ GD_ERROR_INDEX, 1, function, "Samples count from 0" };
            gd__fail(g, fault, "index[%lld] is %lld, of a data set of %lld samples", (long long)i, (long long)*at,
                     (long long)ds->count);
            return false;
        }
    }
    return true;
}

static bool is_outside_step(gd_context *g, const char *function)
{
    return gd__may_stray(g, function, "Take batches outside of the step, and pass them to gd_run");
}

gd_batch gd_dataset_gather(gd_dataset *ds, const gd_tensor *index)
{
    gd_context *g = gd__context(ds);
    if (!usable(ds, "gd_dataset_gather") || !is_outside_step(g, "gd_dataset_gather") ||
        !gd__check_index(ds, index, "gd_dataset_gather"))
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
    if (!usable(ds, "gd_dataset_slice") || !is_outside_step(g, "gd_dataset_slice") ||
        !has_range(ds, from, count, "gd_dataset_slice"))
        return gd__no_batch(g);
    const char *outer = g->running;
    g->running = "gd_dataset_slice";
    gd_batch batch = gd__slice(ds, from, count);
    g->running = outer;
    return batch;
}
