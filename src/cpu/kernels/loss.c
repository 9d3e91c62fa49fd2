/* loss.c - the losses. */
#include "cpu/kernel.h"

#include "cpu/kernels/small.h"
#include "cpu/vmath.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

static inline int64_t label_at(const gd_tensor *labels, int64_t i)
{
    return labels->dtype == GD_INT64 ? ((const int64_t *)labels->data)[i] : ((const uint8_t *)labels->data)[i];
}

#define T float
#define F(name) name##_f32
#include "cpu/kernels/loss.inc"
#define T double
#define F(name) name##_f64
#include "cpu/kernels/loss.inc"

static bool run_nll(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    if (call->out->dtype == GD_FLOAT32)
        nll_f32(call);
    else
        nll_f64(call);
    return true;
}

const gd__kernel GD__K(nll) = { .run = run_nll };

static bool run_nll_backward(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    memset(call->out->data, 0, (size_t)call->out->numel * gd_dtype_size((gd_dtype)call->out->dtype));
    if (call->out->dtype == GD_FLOAT32)
        nll_backward_f32(call);
    else
        nll_backward_f64(call);
    return true;
}

const gd__kernel GD__K(nll_backward) = { .run = run_nll_backward };

static bool are_probabilities(const gd__call *call, bool good, double outside)
{
    if (!good)
        gd__fail(call->context,
                 (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Put a sigmoid before the loss" },
                 "%g is no probability: all must lie between 0 and 1", outside);
    return good;
}

static bool run_bce(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    double outside = 0;
    bool good = call->out->dtype == GD_FLOAT32 ? bce_f32(call, &outside) : bce_f64(call, &outside);
    return are_probabilities(call, good, outside);
}

/* The sum of up to eight terms, as a cascade adds them. */
static inline double few_total(const float *term, int n)
{
    gd__cascade sum;
    sum.count = 0;
    if (n == 4)
        return (((double)term[0] + (double)term[1]) + ((double)term[2] + (double)term[3])) + 0.0;
    for (int i = 0; i < n; i++)
        gd__cascade_add(&sum, (double)term[i]);
    return gd__cascade_total(&sum);
}

enum { FEW = 8 };

/* p of the first n lanes, and 1/2 in the others. */
static inline void take_few(const float *restrict p, int n, float *restrict q)
{
    for (int i = 0; i < FEW; i++)
        q[i] = i < n ? p[i] : 0.5F;
}

/* Is each above the subnormal numbers, and below 1? A NaN is not. */
static inline bool are_inner(const float *q)
{
    int strays = 0;
    for (int i = 0; i < FEW; i++)
        strays |= !(q[i] >= 0x1p-126F) | !(q[i] < 1);
    return !strays;
}

/* likelihoods, with the bits of it: no logarithm of these comes to a limit, or below -100. */
static inline void inner_likelihoods(const float *restrict q, const float *restrict t, float *restrict term)
{
    for (int i = 0; i < FEW; i++)
        term[i] = t[i] * gd__log_inner_f32(q[i]) + (1 - t[i]) * gd__log1p_inner_f32(-q[i]);
}

/* The same of up to eight elements, with room for eight. False, and nothing said, where one is no probability. */
static __attribute__((noinline)) bool bce_eight(const void *p, const void *t, int n, void *y)
{
    float q[FEW], term[FEW];
    take_few(p, n, q);
    bool good = are_inner(q);
    if (good) {
        inner_likelihoods(q, t, term);
    } else {
        likelihoods_f32(q, t, FEW, term);
        good = all_probabilities_f32(q, FEW);
    }
    *(float *)y = (float)(-few_total(term, n) / (double)n);
    return good;
}

#ifdef __AVX2__
/* u holds q four times and 1 - q, x q - 1 and -q: log of the lower lanes, log1p of -q of the upper ones, with the bits of the two
 * functions. Where k = 0 each takes f as exactly as it can be had; only log1p has lost something. */
static inline void both_logarithms(const float *restrict u, const float *restrict x, float *restrict y)
{
    static const float loses[FEW] = { 0, 0, 0, 0, 1, 1, 1, 1 };
    for (int i = 0; i < FEW; i++) {
        float k, f = gd__split_f32(u[i], &k), lost = gd__lost_f32(1.0F, x[i], u[i]) / u[i];
        bool near = u[i] >= 0x1.6a09e6p-1F; /* then k = 0, but is known earlier */
        y[i] = gd__log_join_f32(k, near ? x[i] : f, near || loses[i] == 0 ? 0.0F : lost);
    }
}

/* The mean of four terms of which n count and the others are 0, with the sign turned, as a cascade adds them. None of the terms
 * is -0 but those. */
static inline double few_mean(__m128 term, int n)
{
    static const double share[] = { 0, -1, -0.5, 0, -0.25 };
    __m128 even_first = _mm_permute_ps(term, 0xd8);
    __m128d pair = _mm_add_pd(_mm_cvtps_pd(even_first), _mm_cvtps_pd(_mm_movehl_ps(even_first, even_first)));
    double total = _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
    return n == 3 ? -total / 3 : total * share[n]; /* the same, and sooner there, for powers of two */
}

/* Of up to four elements, all inner, whose two logarithms fit into one vector: lanes behind the n-th are halves and weigh
 * nothing. A step waits for its loss at the end, so what counts is how long the chain of operations is. */
static bool bce_few(const void *p, const void *t, int n, void *y)
{
    __m256 lane = _mm256_setr_ps(0, 1, 2, 3, 0, 1, 2, 3), one = _mm256_set1_ps(1), zero = _mm256_setzero_ps();
    if (n > FEW / 2)
        return bce_eight(p, t, n, y);
    __m256 there = _mm256_cmp_ps(lane, _mm256_set1_ps((float)n), _CMP_LT_OQ);
    __m256 q = _mm256_blendv_ps(_mm256_set1_ps(0.5F), _mm256_broadcast_ps(p), there);
    __m256 inner = _mm256_and_ps(_mm256_cmp_ps(q, _mm256_set1_ps(0x1p-126F), _CMP_GE_OQ), _mm256_cmp_ps(q, one, _CMP_LT_OQ));
    if (_mm256_movemask_ps(inner) != 0xff)
        return bce_eight(p, t, n, y);
    float u[FEW], x[FEW], logarithm[FEW];
    _mm256_storeu_ps(u, _mm256_blend_ps(q, _mm256_sub_ps(one, q), 0xf0));
    _mm256_storeu_ps(x, _mm256_blend_ps(_mm256_sub_ps(q, one), _mm256_sub_ps(zero, q), 0xf0));
    both_logarithms(u, x, logarithm);
    __m256 weight = _mm256_broadcast_ps(t);
    weight = _mm256_and_ps(there, _mm256_blend_ps(weight, _mm256_sub_ps(one, weight), 0xf0));
    __m256 part = _mm256_mul_ps(weight, _mm256_loadu_ps(logarithm));
    __m128 term = _mm_add_ps(_mm256_castps256_ps128(part), _mm256_extractf128_ps(part, 1));
    *(float *)y = (float)few_mean(term, n);
    return true;
}
#else
static bool bce_few(const void *p, const void *t, int n, void *y)
{
    return bce_eight(p, t, n, y);
}
#endif

const gd__kernel GD__K(bce) = { .run = run_bce, .bce = bce_few };

static bool run_bce_terms(const gd__kernel *kernel, const gd__call *call)
{
    (void)kernel;
    double outside = 0;
    bool good = call->out->dtype == GD_FLOAT32 ? bce_terms_f32(call, &outside) : bce_terms_f64(call, &outside);
    return are_probabilities(call, good, outside);
}

const gd__kernel GD__K(bce_terms) = { .run = run_bce_terms };

static bool run_bce_backward(const gd__kernel *kernel, const gd__call *call)
{
    char *pointer[] = { call->out->data, call->in[0]->data, call->in[1]->data, call->in[2]->data };
    gd__attrs attrs = { .scalar = { (double)call->out->numel } };
    kernel->loop[call->out->dtype](pointer, NULL, call->out->numel, &attrs);
    return true;
}

const gd__kernel GD__K(bce_backward) = {
    .run = run_bce_backward,
    .loop = { [GD_FLOAT32] = bce_backward_f32, [GD_FLOAT64] = bce_backward_f64 },
    .small = { [GD_FLOAT32] = GD__K(pick_small_f32) },
};
