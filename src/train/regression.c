/* regression.c - how far predicted numbers are from those that were to be met. */
#include "gradus/metrics.h"

#include "tensor/tensor.h"

#include <math.h>

/* Predictions and targets in row-major order, one row a sample. */
typedef struct sample_pairs {
    double *p, *t;
    int64_t samples, outputs;
} sample_pairs;

/* The measure of one output. */
typedef double measure(const sample_pairs *pairs, int64_t output);

/* Numbers are taken from the first target on: targets that are all the same then have no spread at all. */
static double r2(const sample_pairs *pairs, int64_t output)
{
    const double *p = pairs->p + output, *t = pairs->t + output, first = *t;
    double mean = 0, error = 0, spread = 0;
    if (pairs->samples < 2)
        return NAN;
    for (int64_t i = 0; i < pairs->samples; i++)
        mean += (t[i * pairs->outputs] - first) / (double)pairs->samples;
    for (int64_t i = 0; i < pairs->samples; i++) {
        double target = t[i * pairs->outputs], off = target - p[i * pairs->outputs];
        error += off * off;
        spread += (target - first - mean) * (target - first - mean);
    }
    return spread == 0 ? error == 0 : 1 - error / spread;
}

static double absolute_error(const sample_pairs *pairs, int64_t output)
{
    double sum = 0;
    for (int64_t i = output; i < pairs->samples * pairs->outputs; i += pairs->outputs)
        sum += fabs(pairs->t[i] - pairs->p[i]);
    return sum / (double)pairs->samples;
}

static double root_of_squares(const sample_pairs *pairs, int64_t output)
{
    double sum = 0;
    for (int64_t i = output; i < pairs->samples * pairs->outputs; i += pairs->outputs)
        sum += (pairs->t[i] - pairs->p[i]) * (pairs->t[i] - pairs->p[i]);
    return sqrt(sum / (double)pairs->samples);
}

static bool shapes_fit(gd_context *g, const gd_tensor *p, const gd_tensor *t)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    if (gd__same_shape(p, t) && p->ndim >= 1 && p->ndim <= 2)
        return true;
    gd__fail(
        g,
        (gd__fault){ .status = GD_ERROR_SHAPE,
                     .remedy = "Pass both as (N,) or as (N, outputs); gd_reshape one of them: nothing is repeated" },
        "the predictions are %s, the targets %s", gd__describe(p, left), gd__describe(t, right));
    return false;
}

static double mean_of_outputs(const sample_pairs *pairs, measure *of)
{
    double sum = 0;
    for (int64_t i = 0; i < pairs->outputs; i++)
        sum += of(pairs, i);
    return sum / (double)pairs->outputs;
}

static double measure_copies(gd_context *g, const gd_tensor *p, const gd_tensor *t, measure *of)
{
    size_t count = (size_t)p->numel, room = count * sizeof(double);
    sample_pairs pairs = { .samples = p->shape[0], .outputs = p->ndim == 2 ? p->shape[1] : 1 };
    pairs.p = gd__alloc(g, room);
    pairs.t = pairs.p ? gd__alloc(g, room) : NULL;
    double value = NAN;
    if (pairs.t && gd_read(p, GD_FLOAT64, pairs.p, count) && gd_read(t, GD_FLOAT64, pairs.t, count))
        value = mean_of_outputs(&pairs, of);
    gd__free(g, pairs.t, room);
    gd__free(g, pairs.p, room);
    return value;
}

static double measured(const char *function, const gd_tensor *p, const gd_tensor *t, measure *of)
{
    gd_context *g = gd__context(p);
    if (!gd__usable(g, p, function, "the predictions tensor") || !gd__usable(g, t, function, "the targets tensor"))
        return NAN;
    const char *outer = g->running;
    g->running = function;
    double value = shapes_fit(g, p, t) && p->numel > 0 ? measure_copies(g, p, t, of) : NAN;
    g->running = outer;
    return value;
}

double gd_r2(const gd_tensor *predicted, const gd_tensor *targets)
{
    return measured("gd_r2", predicted, targets, r2);
}

double gd_mean_absolute_error(const gd_tensor *predicted, const gd_tensor *targets)
{
    return measured("gd_mean_absolute_error", predicted, targets, absolute_error);
}

double gd_root_mean_squared_error(const gd_tensor *predicted, const gd_tensor *targets)
{
    return measured("gd_root_mean_squared_error", predicted, targets, root_of_squares);
}
