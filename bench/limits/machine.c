/* machine.c - fused multiplications and additions a second, and how fast a million float32 can be read, copied and added.
 * Built with -O3 -march=native. */
#include "limits/limits.h"

#include <stdlib.h>

enum { NUMBERS = 1000000, LANES = 16, CHAINS = 12 };

/* ---- arithmetic ---- */

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

static void *begin_peak(const setting *s)
{
    (void)s;
    return malloc(1);
}

/* As many chains as keep the units busy that each take several cycles. A count is a million of them; comes to the
 * operations that are in it. */
static double repeat_peak(void *user, long count)
{
    lanes sum[CHAINS], a, b;
    (void)user;
    for (int i = 0; i < LANES; i++) {
        a[i] = 0.999F;
        b[i] = 0.001F;
        for (int k = 0; k < CHAINS; k++)
            sum[k][i] = (float)k; /* chains that are alike would be made one */
    }
    for (long i = 0; i < count * (1000000 / CHAINS); i++) {
        for (int k = 0; k < CHAINS; k++)
            sum[k] = sum[k] * a + b;
    }
    volatile float kept = 0;
    for (int k = 0; k < CHAINS; k++)
        kept = kept + sum[k][0];
    return (double)(1000000 / CHAINS) * CHAINS * LANES * 2;
}

const work fma_peak = { "fma_peak", begin_peak, repeat_peak, free };

/* ---- memory ---- */

typedef struct arrays {
    float *x, *y, *z;
} arrays;

static float *numbers(void)
{
    float *made = aligned_alloc(64, NUMBERS * sizeof(float));
    for (int i = 0; made && i < NUMBERS; i++)
        made[i] = (float)(i % 1000) / 1000;
    return made;
}

static void *begin(const setting *s)
{
    arrays *a = malloc(sizeof *a);
    (void)s;
    if (a)
        *a = (arrays){ numbers(), numbers(), numbers() };
    return a;
}

static void end(void *user)
{
    arrays *a = user;
    free(a->x);
    free(a->y);
    free(a->z);
    free(a);
}

/* Eight vectors side by side. */
static float read_all(const float *x)
{
    lanes sum[8] = { { 0 } };
    float all = 0;
    for (int i = 0; i + 8 * LANES <= NUMBERS; i += 8 * LANES) {
        for (int k = 0; k < 8; k++)
            sum[k] += *(const lanes *)(x + i + k * LANES);
    }
    for (int k = 0; k < 8 * LANES; k++)
        all += sum[k / LANES][k % LANES];
    return all;
}

static void copy_all(float *restrict z, const float *restrict x)
{
    for (int i = 0; i < NUMBERS; i++)
        z[i] = x[i] + 1;
}

static void add_all(float *restrict z, const float *restrict x, const float *restrict y)
{
    for (int i = 0; i < NUMBERS; i++)
        z[i] = x[i] + y[i];
}

static double repeat_read(void *user, long count)
{
    arrays *a = user;
    volatile float sum = 0;
    for (long i = 0; i < count; i++)
        sum = read_all(a->x);
    return (double)sum;
}

static double repeat_copy(void *user, long count)
{
    arrays *a = user;
    for (long i = 0; i < count; i++)
        copy_all(a->z, a->x);
    return (double)a->z[NUMBERS - 1];
}

static double repeat_add(void *user, long count)
{
    arrays *a = user;
    for (long i = 0; i < count; i++)
        add_all(a->z, a->x, a->y);
    return (double)a->z[NUMBERS - 1];
}

const work bandwidth_copy = { "copy", begin, repeat_copy, end };
const work bandwidth_read = { "sum", begin, repeat_read, end };
const work bandwidth_add = { "add", begin, repeat_add, end };

/* What maps numbers to numbers reads and writes as much as a copy. */
const work exp_limit = { "exp", begin, repeat_copy, end };
const work sigmoid_limit = { "sigmoid", begin, repeat_copy, end };
const work tanh_limit = { "tanh", begin, repeat_copy, end };
const work softmax_limit = { "softmax", begin, repeat_copy, end };
