/* moments.c - the scale of the inputs: divided by a number, standardised with a mean and a deviation. */
#include "data/dataset.h"

#include "base/text.h"
#include "gradus/op.h"

#include <math.h>
#include <string.h>

static bool usable(const gd_dataset *ds, const char *function)
{
    return gd__usable(gd__context(ds), ds, function, "the data set");
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

/* ---- mean and deviation ---- */

/* The shape of one sample of the inputs. */
static gd_dims sample_shape(const gd_dataset *ds)
{
    gd_dims shape = { .count = ds->x->ndim - 1 };
    for (int i = 0; i < shape.count; i++)
        shape.size[i] = ds->x->shape[i + 1];
    return shape;
}

/* Welford's recurrence: a column of equal numbers has the deviation 0 exactly, and no large number hides a small one.
 * Source: B. P. Welford, "Note on a method for calculating corrected sums of squares and products", 1962. */
static void gather_moments(const gd_dataset *ds, int64_t features, double *mean, double *squares, int64_t *count)
{
    gd_dtype dtype = (gd_dtype)ds->x->dtype;
    size_t size = gd_dtype_size(dtype);
    for (int64_t i = 0; i < ds->count; i++) {
        const char *at = ds->x->data + (size_t)(gd__row(ds, i) * features) * size;
        for (int64_t k = 0; k < features; k++, at += size) {
            double value = gd__load(dtype, at), delta = value - mean[k];
            if (isnan(value))
                continue;
            mean[k] += delta / (double)++count[k];
            squares[k] += delta * (value - mean[k]);
        }
    }
}

/* In place: sums become what batches have. */
static void finish_moments(const gd_dataset *ds, int64_t features, double *mean, double *squares,
                           const int64_t *count)
{
    double divisor = ds->divisor != 0 ? ds->divisor : 1;
    for (int64_t k = 0; k < features; k++) {
        mean[k] = count[k] > 0 ? mean[k] / divisor : NAN;
        squares[k] = count[k] > 0 ? sqrt(squares[k] / (double)count[k]) / fabs(divisor) : NAN;
    }
}

static gd_moments moments_of(const gd_dataset *ds)
{
    gd_context *g = ds->object.context;
    gd_tensor *mean = gd_zeros(g, GD_FLOAT64, sample_shape(ds)), *squares = gd_zeros(g, GD_FLOAT64, sample_shape(ds));
    gd_tensor *count = gd_zeros(g, GD_INT64, sample_shape(ds));
    if (!gd__alive(mean) || !gd__alive(squares) || !gd__alive(count))
        return (gd_moments){ NULL, NULL };
    gather_moments(ds, mean->numel, (double *)mean->data, (double *)squares->data, (int64_t *)count->data);
    finish_moments(ds, mean->numel, (double *)mean->data, (double *)squares->data, (const int64_t *)count->data);
    return (gd_moments){ gd_cast(mean, GD_DEFAULT), gd_cast(squares, GD_DEFAULT) };
}

gd_moments gd_dataset_moments(const gd_dataset *ds)
{
    gd_context *g = gd__context(ds);
    gd_moments none = { gd__error_object(g), gd__error_object(g) };
    if (!usable(ds, "gd_dataset_moments"))
        return none;
    gd_scope scope = gd_scope_enter(g);
    gd_moments moments = scope.context ? moments_of(ds) : none;
    bool good = gd__alive(moments.mean) && gd__alive(moments.deviation);
    if (good) {
        gd_keep(moments.mean);
        gd_keep(moments.deviation);
    }
    gd_scope_leave(&scope);
    return good ? moments : none;
}

/* ---- standardising ---- */

static bool check_shape(const gd_dataset *ds, const gd_tensor *t, const char *what)
{
    char text[GD__TEXT_SIZE], shape[GD__TEXT_SIZE];
    gd_dims sample = sample_shape(ds);
    bool good = t->ndim <= sample.count;
    for (int i = 1; good && i <= t->ndim; i++)
        good = t->shape[t->ndim - i] == 1 || t->shape[t->ndim - i] == sample.size[sample.count - i];
    if (good)
        return true;
    gd__fail(
        ds->object.context,
        (gd__fault){ .status = GD_ERROR_SHAPE,
                     .remedy = "Pass what gd_dataset_moments gives, or what broadcasts to the shape of a sample" },
        "%s is %s, and a sample has the shape %s", what, gd__describe(t, text), gd__shape_text(sample, shape));
    return false;
}

/* A copy as float64, each number finite and not below `least`; NULL with the error set. */
static gd_tensor *statistic(const gd_dataset *ds, const gd_tensor *t, const char *what, double least)
{
    char text[GD__NUMBER_SIZE];
    gd_context *g = ds->object.context;
    if (!gd__usable(g, t, "gd_dataset_standardize", what) || !check_shape(ds, t, what))
        return NULL;
    gd_tensor *copy = gd__tensor(g, &(gd__meta){ .dtype = GD_FLOAT64, .shape = gd__shape(t) });
    if (!copy || !gd_read(t, GD_FLOAT64, copy->data, (size_t)copy->numel))
        return NULL;
    const double *value = (const double *)copy->data;
    for (int64_t i = 0; i < copy->numel; i++) {
        if (isfinite(value[i]) && value[i] >= least)
            continue;
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Leave columns without numbers out" },
                 "number %lld of %s is %s", (long long)i, what, gd__number_text(value[i], 6, text));
        return NULL;
    }
    return copy;
}

/* A feature that is always the same becomes 0, not 0 / 0. */
static void without_zeros(gd_tensor *deviation)
{
    double *value = (double *)deviation->data;
    for (int64_t i = 0; i < deviation->numel; i++)
        value[i] = value[i] == 0 ? 1 : value[i];
}

static void replace(const gd_dataset *ds, gd_tensor **old, gd_tensor *new)
{
    if (*old)
        gd__destroy(&(*old)->object);
    gd__move(&new->object, ds->object.depth);
    *old = new;
}

static bool set_moments(gd_dataset *ds, gd_moments moments)
{
    gd_tensor *mean = statistic(ds, moments.mean, "the mean", -INFINITY);
    gd_tensor *deviation = mean ? statistic(ds, moments.deviation, "the deviation", 0) : NULL;
    if (!deviation)
        return false;
    without_zeros(deviation);
    replace(ds, &ds->mean, mean);
    replace(ds, &ds->deviation, deviation);
    return true;
}

gd_dataset *gd_dataset_standardize(gd_dataset *ds, gd_moments moments)
{
    gd_context *g = gd__context(ds);
    if (!usable(ds, "gd_dataset_standardize"))
        return gd__error_object(g);
    const char *outer = g->running;
    g->running = "gd_dataset_standardize";
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context && set_moments(ds, moments);
    gd_scope_leave(&scope);
    g->running = outer;
    return good ? ds : gd__error_object(g);
}
