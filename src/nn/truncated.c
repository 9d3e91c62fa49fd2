/* truncated.c - the normal distribution between two limits, drawn by rejection, as torch.nn.init.trunc_normal_ does. */
#include "nn/initial.h"

#include <math.h>
#include <string.h>

enum { MOST_ROUNDS = 1000000 };

typedef struct truncated {
    gd_dtype dtype;
    double mean, deviation, low, high;
} truncated;

/* The dtype's own arithmetic: one operation in double, rounded, is that operation in float32. */
static double rounded(gd_dtype dtype, double value)
{
    return dtype == GD_FLOAT32 ? (double)(float)value : value;
}

static double cumulative(double x)
{
    return (1 + erf(x / sqrt(2))) / 2;
}

static double element(const gd_tensor *t, int64_t i)
{
    return gd__load((gd_dtype)t->dtype, t->data + (size_t)i * gd__dtypes[t->dtype].size);
}

static gd_tensor *like(const gd_tensor *t, gd_dtype dtype)
{
    return gd__tensor(t->object.context, &(gd__meta){ .dtype = dtype, .shape = gd__shape(t) });
}

/* The logarithm of the density, 0 at its highest between the limits. */
static double log_density(const truncated *d, double x)
{
    double highest = fmax(d->low, fmin(d->mean, d->high));
    double log_highest = -0.5 * pow((highest - d->mean) / d->deviation, 2);
    double z = rounded(d->dtype, rounded(d->dtype, x - rounded(d->dtype, d->mean)) / rounded(d->dtype, d->deviation));
    return rounded(d->dtype, -0.5 * rounded(d->dtype, z * z) - rounded(d->dtype, log_highest));
}

/* Is draw i of the newest round taken? `chance` is uniform, NULL where the proposals were normal. */
static bool is_taken(const truncated *d, const gd_tensor *proposal, const gd_tensor *chance, int64_t i)
{
    double x = element(proposal, i);
    if (!chance)
        return x >= rounded(d->dtype, d->low) && x <= rounded(d->dtype, d->high);
    return rounded(d->dtype, log(element(chance, i))) <= log_density(d, x);
}

static void propose(const truncated *d, gd_tensor *proposal, gd_tensor *chance)
{
    if (!chance) {
        gd__draw_normal(proposal, d->mean, d->deviation);
        return;
    }
    gd__draw_uniform(proposal, d->low, d->high);
    gd__draw_uniform(chance, 0, 1);
}

/* Every round draws as many numbers as there are elements, and those still open take theirs: so PyTorch counts. */
static bool draw(const truncated *d, gd_tensor *result, gd_tensor *proposal, gd_tensor *chance, gd_tensor *done)
{
    bool *is_done = (bool *)done->data;
    size_t size = gd__dtypes[d->dtype].size;
    int64_t open = result->numel;
    memset(is_done, 0, (size_t)result->numel);
    for (int round = 0; open > 0 && round < MOST_ROUNDS; round++) {
        propose(d, proposal, chance);
        for (int64_t i = 0; i < result->numel; i++) {
            if (is_done[i] || !is_taken(d, proposal, chance, i))
                continue;
            memcpy(result->data + (size_t)i * size, proposal->data + (size_t)i * size, size);
            is_done[i] = true;
            open--;
        }
    }
    return open == 0;
}

static void *refuse(gd_tensor *t, const char *what, double value, const char *remedy)
{
    return gd__fail(t->object.context, (gd__fault){ GD_ERROR_VALUE, 0, "gd_init_trunc_normal", remedy }, "%s is %g",
                    what, value);
}

/* Normal proposals where enough of them lie between the limits, else uniform ones. */
static bool uses_normal(const truncated *d)
{
    double share = cumulative((d->high - d->mean) / d->deviation) - cumulative((d->low - d->mean) / d->deviation);
    return share > 0.3;
}

static bool fits(gd_tensor *t, const truncated *d)
{
    if (!gd__can_init(t, "gd_init_trunc_normal"))
        return false;
    if (!(d->deviation > 0) || !isfinite(d->deviation))
        refuse(t, "the standard deviation", d->deviation, "Give a finite one above 0");
    else if (!isfinite(d->mean))
        refuse(t, "the mean", d->mean, "Give a finite one");
    else if (!(d->low <= d->high))
        refuse(t, "the range", d->high - d->low, "Give the lower limit first");
    else if (!uses_normal(d) && !isfinite(d->high - d->low))
        refuse(t, "the range", d->high - d->low, "Give finite limits where they leave little of the curve");
    else
        return true;
    return false;
}

/* In tensors of its own, so that t changes only when all is drawn. */
static bool fill(gd_tensor *t, const truncated *d)
{
    bool by_normal = uses_normal(d);
    gd_tensor *result = like(t, d->dtype), *proposal = like(t, d->dtype), *done = like(t, GD_BOOL);
    gd_tensor *chance = by_normal ? NULL : like(t, d->dtype);
    if (!result || !proposal || !done || (!by_normal && !chance))
        return false;
    if (!draw(d, result, proposal, chance, done)) {
        refuse(t, "the range that is never met", d->high - d->low, "Move the limits nearer to the mean");
        return false;
    }
    memcpy(t->data, result->data, (size_t)t->numel * gd__dtypes[t->dtype].size);
    gd__written(t, "gd_init_trunc_normal");
    return true;
}

gd_tensor *gd_init_trunc_normal(gd_tensor *t, double mean, double deviation, double low, double high)
{
    gd_context *g = gd__context(t);
    truncated d = { .mean = mean, .deviation = deviation, .low = low, .high = high };
    if (!fits(t, &d))
        return gd__error_object(g);
    d.dtype = (gd_dtype)t->dtype;
    gd_scope scope = gd_scope_enter(g);
    bool good = scope.context && fill(t, &d);
    gd_scope_leave(&scope);
    return good ? t : gd__error_object(g);
}
