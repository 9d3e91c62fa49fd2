/* random.c - the words of the streams, and what is drawn from them but the normals. */
#include "base/random.h"

#include <math.h>
#include <string.h>

/* ---- Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011 ---- */

void gd__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t even = (uint64_t)0xD2511F53 * c0, odd = (uint64_t)0xCD9E8D57 * c2;
        c0 = (uint32_t)(odd >> 32) ^ c1 ^ k0;
        c2 = (uint32_t)(even >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)odd;
        c3 = (uint32_t)even;
        k0 += 0x9E3779B9; /* the golden ratio, and the square root of 3 less 1, as fractions of 2^32 */
        k1 += 0xBB67AE85;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

static void philox_refill(gd__random *random)
{
    const uint32_t key[2] = { (uint32_t)random->seed, (uint32_t)(random->seed >> 32) };
    for (int i = 0; i < GD__RANDOM_WORDS; i += 4, random->counter++) {
        const uint32_t counter[4] = { (uint32_t)random->counter, (uint32_t)(random->counter >> 32), 0, 0 };
        gd__philox(counter, key, random->word + i);
    }
}

/* ---- MT19937: Matsumoto and Nishimura, "Mersenne Twister", 1998, with the seeding of 2002 ---- */

enum { MT_SIZE = GD__RANDOM_WORDS, MT_SHIFT = 397 };

static void mt_seed(uint32_t *state, uint32_t seed)
{
    state[0] = seed;
    for (uint32_t i = 1; i < MT_SIZE; i++)
        state[i] = 1812433253u * (state[i - 1] ^ (state[i - 1] >> 30)) + i;
}

static inline uint32_t mt_twist(uint32_t upper, uint32_t lower)
{
    uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return (mixed >> 1) ^ (0x9908b0dfu & -(lower & 1u));
}

static inline uint32_t mt_temper(uint32_t word)
{
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    return word ^ (word >> 18);
}

static void mt_refill(gd__random *random)
{
    uint32_t *state = random->state;
    for (int i = 0; i < MT_SIZE - MT_SHIFT; i++)
        state[i] = state[i + MT_SHIFT] ^ mt_twist(state[i], state[i + 1]);
    for (int i = MT_SIZE - MT_SHIFT; i < MT_SIZE - 1; i++)
        state[i] = state[i + MT_SHIFT - MT_SIZE] ^ mt_twist(state[i], state[i + 1]);
    state[MT_SIZE - 1] = state[MT_SHIFT - 1] ^ mt_twist(state[MT_SIZE - 1], state[0]);
    for (int i = 0; i < MT_SIZE; i++)
        random->word[i] = mt_temper(state[i]);
}

/* ---- words ---- */

void gd__random_seed(gd__random *random, gd_rng kind, uint64_t seed)
{
    memset(random, 0, sizeof *random);
    random->kind = kind;
    random->seed = seed;
    random->at = GD__RANDOM_WORDS;
    if (kind != GD_RNG_PHILOX)
        mt_seed(random->state, (uint32_t)seed);
}

static void refill(gd__random *random)
{
    if (random->kind == GD_RNG_PHILOX)
        philox_refill(random);
    else
        mt_refill(random);
    random->at = 0;
}

static inline uint32_t next32(gd__random *random)
{
    if (random->at == GD__RANDOM_WORDS)
        refill(random);
    return random->word[random->at++];
}

static inline uint64_t next64(gd__random *random)
{
    uint64_t high = next32(random);
    return high << 32 | next32(random);
}

uint32_t gd__random_bits(gd__random *random)
{
    return next32(random);
}

/* The next words, as many as are ready, `want` at most; *count says how many. */
static const uint32_t *take(gd__random *random, int64_t want, int *count)
{
    if (random->at == GD__RANDOM_WORDS)
        refill(random);
    int ready = GD__RANDOM_WORDS - random->at;
    *count = want < ready ? (int)want : ready;
    random->at += *count;
    return random->word + random->at - *count;
}

/* ---- uniform ---- */

static inline double numpy_unit(gd__random *random)
{
    uint32_t high = next32(random) >> 5, low = next32(random) >> 6;
    return (high * 67108864.0 + low) / 9007199254740992.0;
}

/* The product of two floats is exact in double, and so is the sum where low and high are of like size. So
 * this rounds once, as the fused multiply-add of PyTorch's binaries does. */
static inline float spread_f32(uint32_t word, float low, float high, float range)
{
    float unit = (float)(word & 0xFFFFFF) * 0x1p-24f;
    float value = (float)((double)unit * (double)range + (double)low);
    return value == high ? low : value; /* rounded up to the end that is not meant */
}

static inline double unit_f64(uint64_t words)
{
    return (double)(words & 0x1FFFFFFFFFFFFF) * 0x1p-53;
}

static inline double spread_f64(uint64_t words, double low, double high, double range)
{
    double value = fma(unit_f64(words), range, low);
    return value == high ? low : value;
}

static void numpy_uniform_f32(gd__random *random, float *out, int64_t n, double low, double high)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = (float)(low + (high - low) * numpy_unit(random));
}

void gd__random_uniform_f32(gd__random *random, float *out, int64_t n, double low, double high)
{
    float from = (float)low, to = (float)high, range = to - from;
    if (random->kind == GD_RNG_NUMPY) {
        numpy_uniform_f32(random, out, n, low, high);
        return;
    }
    for (int64_t done = 0; done < n;) {
        int count;
        const uint32_t *word = take(random, n - done, &count);
        for (int i = 0; i < count; i++)
            out[done + i] = spread_f32(word[i], from, to, range);
        done += count;
    }
}

void gd__random_uniform_f64(gd__random *random, double *out, int64_t n, double low, double high)
{
    if (random->kind == GD_RNG_NUMPY) {
        for (int64_t i = 0; i < n; i++)
            out[i] = low + (high - low) * numpy_unit(random);
    } else {
        for (int64_t i = 0; i < n; i++)
            out[i] = spread_f64(next64(random), low, high, high - low);
    }
}

bool gd__random_bernoulli(gd__random *random, double p)
{
    return (random->kind == GD_RNG_NUMPY ? numpy_unit(random) : unit_f64(next64(random))) < p;
}

/* ---- integers ---- */

/* The remainder is biased towards small values; PyTorch takes more bits where that would show. */
static inline uint64_t torch_integer(gd__random *random, uint64_t range)
{
    return range < (uint64_t)1 << 28 ? next32(random) % (uint32_t)range : next64(random) % range;
}

/* All bits up to the highest of `value`. */
static uint64_t mask_of(uint64_t value)
{
    for (int shift = 1; shift < 64; shift *= 2)
        value |= value >> shift;
    return value;
}

/* Uniform on [0, largest], without bias: as many bits as `largest` has, drawn anew while they are above. */
static inline uint64_t masked(gd__random *random, uint64_t largest, uint64_t mask)
{
    uint64_t value;
    do
        value = (largest <= UINT32_MAX ? next32(random) : next64(random)) & mask;
    while (value > largest);
    return value;
}

/* In unsigned numbers, where a range may be as long as all of int64. */
void gd__random_integers(gd__random *random, int64_t *out, int64_t n, int64_t low, int64_t high)
{
    uint64_t range = (uint64_t)high - (uint64_t)low, mask = mask_of(range - 1);
    for (int64_t i = 0; i < n; i++) {
        uint64_t drawn = 0;
        if (random->kind == GD_RNG_TORCH)
            drawn = torch_integer(random, range);
        else if (range > 1)
            drawn = masked(random, range - 1, mask);
        out[i] = (int64_t)((uint64_t)low + drawn);
    }
}

/* ---- permutations ---- */

static inline void swap(int64_t *a, int64_t *b)
{
    int64_t kept = *a;
    *a = *b;
    *b = kept;
}

static void count_up(int64_t *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        out[i] = i;
}

static void torch_permutation(gd__random *random, int64_t *out, int64_t n)
{
    count_up(out, n);
    for (int64_t i = 0; i < n - 1; i++)
        swap(out + i, out + i + next32(random) % (uint32_t)(n - i));
}

/* Where the remainder of 32 bits would be biased, PyTorch takes 64 and another order: each value is put in
 * a random place among those that came before, and what was there goes to the end. */
static void torch_long_permutation(gd__random *random, int64_t *out, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint64_t place = next64(random) % (uint64_t)(i + 1);
        out[i] = i;
        swap(out + i, out + place);
    }
}

static void back_permutation(gd__random *random, int64_t *out, int64_t n)
{
    count_up(out, n);
    for (int64_t i = n - 1; i > 0; i--)
        swap(out + i, out + masked(random, (uint64_t)i, mask_of((uint64_t)i)));
}

void gd__random_permutation(gd__random *random, int64_t *out, int64_t n)
{
    if (random->kind != GD_RNG_TORCH)
        back_permutation(random, out, n);
    else if (n < UINT32_MAX / 20)
        torch_permutation(random, out, n);
    else
        torch_long_permutation(random, out, n);
}
