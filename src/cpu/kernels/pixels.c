/* pixels.c - bytes divided: pixels of images, as a batch is made. */
#include "cpu/pixels.h"

#include "cpu/kernel.h"

#include <string.h>

static void divide(const gd__scaling *s, float *restrict y, const uint8_t *restrict x, int64_t n)
{
    float divisor = s->divisor;
    for (int64_t i = 0; i < n; i++)
        y[i] = (float)x[i] / divisor;
}

#if defined(__FMA__) || defined(__aarch64__)

/* x / d as x (high + low), the last step of which rounds once. Cheaper than a division, and as right, save where that falls
 * next to the middle between two floats: whether it ever does, for some divisor, all 256 bytes show. */
static void multiply(const gd__scaling *s, float *restrict y, const uint8_t *restrict x, int64_t n)
{
    float high = s->high, low = s->low;
    for (int64_t i = 0; i < n; i++)
        y[i] = __builtin_fmaf((float)x[i], high, (float)x[i] * low);
}

static bool multiplies_exactly(const gd__scaling *s)
{
    uint8_t x[256];
    float product[256], quotient[256];
    for (int i = 0; i < 256; i++)
        x[i] = (uint8_t)i;
    multiply(s, product, x, 256);
    divide(s, quotient, x, 256);
    return memcmp(product, quotient, sizeof product) == 0;
}

gd__choose_scaling GD__K(choose_scaling);
void GD__K(choose_scaling)(gd__scaling *s)
{
    s->high = 1 / s->divisor;
    s->low = (float)(1 / (double)s->divisor - (double)s->high);
    s->run = multiplies_exactly(s) ? multiply : divide;
}

#else

gd__choose_scaling GD__K(choose_scaling);
void GD__K(choose_scaling)(gd__scaling *s)
{
    s->run = divide;
}

#endif
