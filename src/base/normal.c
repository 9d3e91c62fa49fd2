/* normal.c - normal draws from the streams of random.h.
 *
 * Two uniforms u and v give two normals, r * cos(2 pi v) and r * sin(2 pi v) with r = sqrt(-2 log(1 - u))
 * (Box and Muller, 1958). PyTorch draws long arrays so in blocks of 16, u from the first half of a block
 * and v from the second. */
#include "base/random.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 16, HALF = BLOCK / 2 };

#define TWO_PI 6.283185307179586

/* ---- log, sin and cos in float32, as PyTorch's normals have them ----
 *
 * The polynomials and their coefficients are those of Moshier's Cephes library (logf, sinf, cosf). Where a
 * product and a sum are fused is what PyTorch's AVX2 code does. They are good for what Box-Muller asks: the
 * logarithm of (0, 1], sine and cosine of [0, 2 pi). */

/* fmaf by way of double, where the product is exact and the sum nearly always; no library call, and the same
 * on every processor. 200 million draws compared with PyTorch's had no bit that differed. */
static inline float fused(float a, float b, float c)
{
    return (float)((double)a * (double)b + (double)c);
}

static float polynomial(const float *coefficient, int count, float x)
{
    float sum = coefficient[0];
    for (int i = 1; i < count; i++)
        sum = fused(sum, x, coefficient[i]);
    return sum;
}

static float log_f32(float x)
{
    static const float c[] = { 7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                               -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                               2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f };
    int exponent;
    float m = frexpf(x, &exponent);
    bool low = m < 0.707106781186547524f;
    float r = low ? m - 1 + m : m - 1; /* x = (1 + r) * 2^e, r around 0 */
    float e = (float)(low ? exponent - 1 : exponent);
    float rest = polynomial(c, 9, r) * r;
    rest = fused(rest, r * r, e * -2.12194440e-4f); /* log(2) in two parts, the small one first */
    rest = fused(-(r * r), 0.5f, rest);
    return fused(e, 0.693359375f, r + rest);
}

static void sincos_f32(float x, float *sine, float *cosine)
{
    static const float s[] = { -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f };
    static const float c[] = { 2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f };
    int octant = ((int)(x * 1.27323954473516f) + 1) & ~1;
    float y = (float)octant;
    float r = fused(y, -0.78515625f, x); /* less octant * pi / 4, in three parts */
    r = fused(y, -2.4187564849853515625e-4f, r);
    r = fused(y, -3.77489497744594108e-8f, r);
    float z = r * r;
    float of_sine = fused(polynomial(s, 3, z) * z, r, r);
    float of_cosine = fused(polynomial(c, 3, z) * z, z, -(z * 0.5f)) + 1;
    bool swapped = octant & 2;
    *sine = swapped ? of_cosine : of_sine;
    *cosine = swapped ? of_sine : of_cosine;
    *sine = octant & 4 ? -*sine : *sine;
    *cosine = (octant - 2) & 4 ? *cosine : -*cosine;
}

/* ---- blocks of 16 ---- */

static void block_f32(float *block, float mean, float deviation)
{
    for (int i = 0; i < HALF; i++) {
        float radius = sqrtf(-2 * log_f32(1 - block[i])), sine, cosine;
        sincos_f32((float)TWO_PI * block[i + HALF], &sine, &cosine);
        block[i] = fused(radius * cosine, deviation, mean);
        block[i + HALF] = fused(radius * sine, deviation, mean);
    }
}

static void block_f64(double *block, double mean, double deviation)
{
    for (int i = 0; i < HALF; i++) {
        double radius = sqrt(-2 * log(1 - block[i])), angle = TWO_PI * block[i + HALF];
        block[i] = fma(radius * cos(angle), deviation, mean);
        block[i + HALF] = fma(radius * sin(angle), deviation, mean);
    }
}

/* All whole blocks of `out`; what is over at the end stays uniform. */
static void blocks_f32(gd__random *random, float *out, int64_t n, float mean, float deviation)
{
    gd__random_uniform_f32(random, out, n, 0, 1);
    for (int64_t i = 0; i + BLOCK <= n; i += BLOCK)
        block_f32(out + i, mean, deviation);
}

static void blocks_f64(gd__random *random, double *out, int64_t n, double mean, double deviation)
{
    gd__random_uniform_f64(random, out, n, 0, 1);
    for (int64_t i = 0; i + BLOCK <= n; i += BLOCK)
        block_f64(out + i, mean, deviation);
}

static void philox_f32(gd__random *random, float *out, int64_t n, float mean, float deviation)
{
    float block[BLOCK];
    int64_t over = n % BLOCK;
    blocks_f32(random, out, n - over, mean, deviation);
    if (over == 0)
        return;
    blocks_f32(random, block, BLOCK, mean, deviation);
    memcpy(out + n - over, block, (size_t)over * sizeof *block);
}

static void philox_f64(gd__random *random, double *out, int64_t n, double mean, double deviation)
{
    double block[BLOCK];
    int64_t over = n % BLOCK;
    blocks_f64(random, out, n - over, mean, deviation);
    if (over == 0)
        return;
    blocks_f64(random, block, BLOCK, mean, deviation);
    memcpy(out + n - over, block, (size_t)over * sizeof *block);
}

/* ---- one by one ---- */

/* PyTorch's short arrays: Box-Muller in float64, whatever the array's type. */
static double torch_pair(gd__random *random, double *spare)
{
    double unit[2];
    gd__random_uniform_f64(random, unit, 2, 0, 1);
    double radius = sqrt(-2 * log1p(-unit[1])), angle = TWO_PI * unit[0];
    *spare = radius * sin(angle);
    return radius * cos(angle);
}

/* NumPy: a point of the unit disc (Marsaglia and Bray, 1964). */
static double numpy_pair(gd__random *random, double *spare)
{
    double unit[2], x, y, square;
    do {
        gd__random_uniform_f64(random, unit, 2, 0, 1);
        x = 2 * unit[0] - 1;
        y = 2 * unit[1] - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    double scale = sqrt(-2 * log(square) / square);
    *spare = scale * x;
    return scale * y;
}

/* The spare is kept over calls, and whatever else is drawn between. */
static double next_normal(gd__random *random, double mean, double deviation)
{
    bool numpy = random->kind == GD_RNG_NUMPY;
    double value = random->spare;
    random->has_spare = !random->has_spare;
    if (random->has_spare)
        value = numpy ? numpy_pair(random, &random->spare) : torch_pair(random, &random->spare);
    return numpy ? mean + deviation * value : fma(value, deviation, mean);
}

/* ---- arrays ---- */

static bool one_by_one(const gd__random *random, int64_t n)
{
    return random->kind == GD_RNG_NUMPY || (random->kind == GD_RNG_TORCH && n < BLOCK);
}

void gd__random_normal_f32(gd__random *random, float *out, int64_t n, double mean, double deviation)
{
    float mean32 = (float)mean, deviation32 = (float)deviation;
    if (random->kind == GD_RNG_PHILOX) {
        philox_f32(random, out, n, mean32, deviation32);
    } else if (one_by_one(random, n)) {
        for (int64_t i = 0; i < n; i++)
            out[i] = (float)next_normal(random, mean, deviation);
    } else {
        blocks_f32(random, out, n, mean32, deviation32);
        if (n % BLOCK) /* PyTorch draws the last 16 anew */
            blocks_f32(random, out + n - BLOCK, BLOCK, mean32, deviation32);
    }
}

void gd__random_normal_f64(gd__random *random, double *out, int64_t n, double mean, double deviation)
{
    if (random->kind == GD_RNG_PHILOX) {
        philox_f64(random, out, n, mean, deviation);
    } else if (one_by_one(random, n)) {
        for (int64_t i = 0; i < n; i++)
            out[i] = next_normal(random, mean, deviation);
    } else {
        blocks_f64(random, out, n, mean, deviation);
        if (n % BLOCK)
            blocks_f64(random, out + n - BLOCK, BLOCK, mean, deviation);
    }
}
