/* reduce.c - what folds lanes into one number: sums, products, extremes and their places; softmax, which needs two of them. */
#include "cpu/kernel.h"

#include "cpu/kernels/small.h"
#include "cpu/vmath.h"

#define NAME sum
#define WIDENS
#define FIRST 0
#define FOLD(a, b) (a) + (b)
#define SMALL GD__K(pick_small_f32)
#include "cpu/kernels/fold.inc"

#define NAME prod
#define WIDENS
#define FIRST 1
#define FOLD(a, b) (a) * (b)
#include "cpu/kernels/fold.inc"

/* A NaN on either side is the result. */
#define NAME max
#define FIRST LEAST
#define FOLD(a, b) (a) >= (b) || (a) != (a) ? (a) : (b)
#include "cpu/kernels/fold.inc"

#define NAME min
#define FIRST GREATEST
#define FOLD(a, b) (a) <= (b) || (a) != (a) ? (a) : (b)
#include "cpu/kernels/fold.inc"

#define NAME any
#define COMPARES
#define FIRST false
#define FOLD(a, b) (a) | (b)
#include "cpu/kernels/fold.inc"

#define NAME all
#define COMPARES
#define FIRST true
#define FOLD(a, b) (a) & (b)
#include "cpu/kernels/fold.inc"

#define NAME argmax
#define BEATS(a, b) (a) > (b)
#include "cpu/kernels/place.inc"

#define NAME argmin
#define BEATS(a, b) (a) < (b)
#include "cpu/kernels/place.inc"

static bool run_mean(const gd__kernel *kernel, const gd__call *call)
{
    gd_tensor *y = call->out;
    if (!gd__run_fold(kernel, call))
        return false;
    double n = y->numel > 0 ? (double)call->in[0]->numel / (double)y->numel : 1;
    for (int64_t i = 0; i < y->numel; i++)
        if (y->dtype == GD_FLOAT32)
            ((float *)y->data)[i] /= (float)n;
        else
            ((double *)y->data)[i] /= n;
    return true;
}

const gd__kernel GD__K(mean) = {
    .run = run_mean, .joins = true, .lanes = { [GD_FLOAT32] = sum_lanes_f32, [GD_FLOAT64] = sum_lanes_f64 },
};

/* A quotient of float32 takes longer than the exponential; in float64 its last digit counts. */
static inline float scale_by_f32(float sum)
{
    return 1 / sum;
}

static inline float scaled_f32(float y, float scale)
{
    return y * scale;
}

static inline double scale_by_f64(double sum)
{
    return sum;
}

static inline double scaled_f64(double y, double scale)
{
    return y / scale;
}

#define T float
#define F(name) name##_f32
#include "cpu/kernels/softmax.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/softmax.inc"

const gd__kernel GD__K(softmax) = {
    .run = gd__run_along, .lanes = { [GD_FLOAT32] = softmax_f32, [GD_FLOAT64] = softmax_f64 },
};

const gd__kernel GD__K(log_softmax) = {
    .run = gd__run_along, .lanes = { [GD_FLOAT32] = log_softmax_f32, [GD_FLOAT64] = log_softmax_f64 },
};

const gd__kernel GD__K(logsumexp) = {
    .run = gd__run_fold, .lanes = { [GD_FLOAT32] = logsumexp_f32, [GD_FLOAT64] = logsumexp_f64 },
};
