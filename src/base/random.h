/* random.h - three streams of random numbers: Philox4x32-10, PyTorch's and NumPy's MT19937.
 *
 * Each is a sequence of 32-bit words, made GD__RANDOM_WORDS at a time. What an array of draws makes of
 * the words is its model's affair:
 *
 *             TORCH                          NUMPY                       PHILOX
 * uniform     24 bits of a word (float32),   53 bits of two words,       as TORCH
 *             53 of two (float64), then      rounded for float32
 *             a fused u * (high - low) + low
 * bernoulli   a float64 uniform below p,     the same                    the same
 *             whatever the array's type
 * normal      Box-Muller, of fewer than 16   Marsaglia's polar method,   Box-Muller in blocks of 16,
 *             one by one with a spare, of    with a spare                no spare
 *             16 and more in blocks
 * integers    remainder of one word, or two  masked rejection            as NUMPY: unbiased
 *             for ranges from 2^28
 * permutation Fisher-Yates from the front    Fisher-Yates from the back  as NUMPY
 *
 * The TORCH stream is bitwise that of PyTorch 1.13 and 2.15 on a processor with AVX2 and FMA, where the C
 * library's log, log1p, sin and cos are; but for ranges from 2^28 to 2^32, which PyTorch drew of one word
 * up to some release between those two. PyTorch on other processors differs in the last places of float32
 * normals and of uniforms, and its builds with MKL draw bernoulli_(p) from MKL's own generator where the
 * processor is Intel's. The NUMPY stream is that of np.random.seed and the functions of np.random, which
 * NumPy has frozen. */
#ifndef GRADUS_SRC_BASE_RANDOM_H
#define GRADUS_SRC_BASE_RANDOM_H

#include "gradus/base.h"

enum { GD__RANDOM_WORDS = 624 }; /* the size of MT19937's state, and 156 blocks of Philox */

typedef struct gd__random {
    gd_rng kind;
    uint64_t seed;
    uint64_t counter;                 /* philox: the block to be made next */
    uint32_t state[GD__RANDOM_WORDS]; /* mt19937 */
    uint32_t word[GD__RANDOM_WORDS];  /* the newest outputs */
    int at;                           /* the next of them */
    bool has_spare;                   /* the second value of a pair of normals */
    double spare;
} gd__random;

/* A stream that has drawn nothing yet. MT19937 takes the lower 32 bits of the seed. */
void gd__random_seed(gd__random *random, gd_rng kind, uint64_t seed);

/* 32 random bits, the stream's next output. */
uint32_t gd__random_bits(gd__random *random);

/* Fills `out` with n draws, float32 or float64, as the stream's model draws an array of that type:
 * uniform on [low, high); normal with this mean and standard deviation. NUMPY has float64 only: its
 * float32 draws are rounded, so that a uniform one can be `high` (as with astype(np.float32)). */
void gd__random_uniform_f32(gd__random *random, float *out, int64_t n, double low, double high);
void gd__random_uniform_f64(gd__random *random, double *out, int64_t n, double low, double high);
void gd__random_normal_f32(gd__random *random, float *out, int64_t n, double mean, double deviation);
void gd__random_normal_f64(gd__random *random, double *out, int64_t n, double mean, double deviation);

/* True with probability p: an element of torch.empty(n).bernoulli_(p), of np.random.rand(n) < p. PyTorch's other form,
 * torch.bernoulli(tensor), takes 24 bits where the tensor is float32. */
bool gd__random_bernoulli(gd__random *random, double p);

/* n integers, uniform on [low, high): np.random.randint(low, high, n), torch.randint(low, high, (n,)). low < high. */
void gd__random_integers(gd__random *random, int64_t *out, int64_t n, int64_t low, int64_t high);

/* A permutation of 0 .. n-1: np.random.permutation(n), torch.randperm(n). */
void gd__random_permutation(gd__random *random, int64_t *out, int64_t n);

/* One block of Philox4x32-10: four words that depend on counter and key alone. */
void gd__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

#endif
