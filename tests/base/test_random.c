/* The random streams, against PyTorch's and NumPy's draws (random_reference.h), against the known answers of
 * Philox, and by their distribution. GD_TEST_SEED picks another seed for the last. */
#include "base/random.h"
#include "gradus/tensor.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the same numbers as PyTorch and NumPy ---- */

typedef enum draw_kind { UNIFORM, NORMAL, INTEGERS, PERMUTATION, BERNOULLI } draw_kind;
typedef enum draw_type { F32, F64 } draw_type;

/* Either seeds the stream, or draws n numbers, of which the last `count` are known. */
typedef struct random_step {
    bool seeds;
    gd_rng kind;
    uint64_t seed;
    draw_kind draw;
    draw_type type;
    int n;
    double a, b; /* low and high; mean and deviation; the probability */
    int64_t low, high;
    int count;
    const double *reals;
    const int64_t *integers;
} random_step;

#include "random_reference.h"

enum { STEPS = sizeof random_steps / sizeof *random_steps, LONGEST = 5000 };

static double draw_real(gd__random *random, const random_step *step, double *out)
{
    static float single[LONGEST];
    bool uniform = step->draw == UNIFORM;
    if (step->type == F64) {
        (uniform ? gd__random_uniform_f64 : gd__random_normal_f64)(random, out, step->n, step->a, step->b);
        return DBL_EPSILON;
    }
    (uniform ? gd__random_uniform_f32 : gd__random_normal_f32)(random, single, step->n, step->a, step->b);
    for (int i = 0; i < step->n; i++)
        out[i] = (double)single[i];
    return FLT_EPSILON;
}

/* Where the C library's log, sin and cos come in, its last places do; elsewhere each bit must agree. */
static void check_reals(gd__random *random, const random_step *step)
{
    static double out[LONGEST];
    double epsilon = draw_real(random, step, out);
    bool exact = step->draw == UNIFORM || (step->type == F32 && random->kind == GD_RNG_TORCH && step->n >= 16);
    for (int i = 0; i < step->count; i++) {
        double expected = step->reals[i], drawn = out[step->n - step->count + i];
        if (step->type == F32)
            expected = (double)(float)expected;
        double allowed = exact ? 0 : 4 * epsilon * fmax(1, fabs(expected));
        if (!(fabs(drawn - expected) <= allowed))
            fail_msg("step %td of the table, number %d: %.17g instead of %.17g", step - random_steps, i, drawn,
                     expected);
    }
}

static void draw_integers(gd__random *random, const random_step *step, int64_t *out)
{
    if (step->draw == INTEGERS)
        gd__random_integers(random, out, step->n, step->low, step->high);
    if (step->draw == PERMUTATION)
        gd__random_permutation(random, out, step->n);
    for (int i = 0; step->draw == BERNOULLI && i < step->n; i++)
        out[i] = gd__random_bernoulli(random, step->a);
}

static void check_integers(gd__random *random, const random_step *step)
{
    static int64_t out[LONGEST];
    draw_integers(random, step, out);
    for (int i = 0; i < step->count; i++)
        if (out[step->n - step->count + i] != step->integers[i])
            fail_msg("step %td of the table, number %d: %lld instead of %lld", step - random_steps, i,
                     (long long)out[step->n - step->count + i], (long long)step->integers[i]);
}

static void draws_what_pytorch_and_numpy_draw(void **state)
{
    (void)state;
    static gd__random random;
    for (const random_step *step = random_steps; step < random_steps + STEPS; step++) {
        if (step->seeds)
            gd__random_seed(&random, step->kind, step->seed);
        else if (step->reals)
            check_reals(&random, step);
        else
            check_integers(&random, step);
    }
}

/* ---- what the notebooks print ---- */

static void draws_the_parameters_of_notebook_003(void **state)
{
    (void)state;
    static const double printed[] = { -0.0919, -0.1992, -0.2247, -0.3332, 0.2342,  -0.5175, 0.3162, 0.2359,  -0.5528,
                                      0.1054,  0.5516,  -0.2943, -0.6495, -0.0702, -0.6683, 0.0259, -0.2244, 0.0286 };
    static const int sizes[] = { 4, 2, 2, 1, 4, 2, 2, 1 }; /* weight and bias of two layers, in two networks */
    static gd__random random;
    float drawn[18];
    int at = 0;
    gd__random_seed(&random, GD_RNG_TORCH, 70);
    for (int i = 0; i < 8; i++) {
        gd__random_uniform_f32(&random, drawn + at, sizes[i], -1 / sqrt(2), 1 / sqrt(2));
        at += sizes[i];
    }
    for (int i = 0; i < 18; i++)
        assert_true(fabs((double)drawn[i] - printed[i]) <= 0.5e-4);
}

static void draws_the_numbers_of_notebook_004(void **state)
{
    (void)state;
    static const double printed[] = { 0.49671415, -0.1382643, 0.64768854, 1.52302986 };
    static gd__random random;
    double drawn[32];
    gd__random_seed(&random, GD_RNG_NUMPY, 42);
    gd__random_normal_f64(&random, drawn, 12, 0, 1);     /* W */
    gd__random_normal_f64(&random, drawn + 12, 3, 0, 1); /* b */
    gd__random_normal_f64(&random, drawn + 15, 8, 0, 1); /* x */
    gd__random_normal_f64(&random, drawn + 23, 9, 0, 1); /* dout, the columns of which sum to db */
    for (int i = 0; i < 4; i++)
        assert_true(fabs(drawn[i] - printed[i]) <= 0.5e-8);
    static const double db[] = { -2.86743551, -0.77039132, 1.36256208 };
    for (int i = 0; i < 3; i++)
        assert_true(fabs(drawn[23 + i] + drawn[26 + i] + drawn[29 + i] - db[i]) <= 0.5e-8);
}

/* ---- Philox ---- */

/* The vectors that come with the paper's Random123 library. */
static void philox_gives_the_known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        { { 0 }, { 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff },
          { 0xffffffff, 0xffffffff },
          { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        gd__philox(known[i].counter, known[i].key, out);
        assert_memory_equal(out, known[i].answer, sizeof out);
    }
}

static void philox_counts_blocks_under_the_seed(void **state)
{
    (void)state;
    static const uint64_t starts[] = { 0, UINT32_MAX - 500 };
    static gd__random random;
    const uint32_t key[2] = { 0x89abcdef, 0x01234567 };
    for (int s = 0; s < 2; s++) {
        gd__random_seed(&random, GD_RNG_PHILOX, 0x0123456789abcdef);
        random.counter = starts[s];
        for (uint64_t i = starts[s]; i < starts[s] + 1000; i++) {
            uint32_t block[4];
            gd__philox((const uint32_t[]){ (uint32_t)i, (uint32_t)(i >> 32), 0, 0 }, key, block);
            for (int j = 0; j < 4; j++)
                assert_int_equal(gd__random_bits(&random), block[j]);
        }
    }
}

/* ---- every stream ---- */

static const gd_rng kinds[] = { GD_RNG_PHILOX, GD_RNG_TORCH, GD_RNG_NUMPY };

static void mt19937_takes_32_bits_of_the_seed(void **state)
{
    (void)state;
    static gd__random low, whole;
    for (int k = 0; k < 3; k++) {
        gd__random_seed(&low, kinds[k], 5);
        gd__random_seed(&whole, kinds[k], (UINT64_C(1) << 32) + 5);
        bool same = gd__random_bits(&low) == gd__random_bits(&whole);
        assert_int_equal(same, kinds[k] != GD_RNG_PHILOX);
    }
}

static void a_seed_starts_anew(void **state)
{
    (void)state;
    static gd__random random;
    for (int k = 0; k < 3; k++) {
        double first[2000], again[2000];
        for (int i = 0; i < 2; i++) {
            gd__random_seed(&random, kinds[k], 9);
            gd__random_normal_f64(&random, i ? again : first, 1, 0, 1); /* leaves a spare behind */
            gd__random_uniform_f64(&random, (i ? again : first) + 1, 1999, 0, 1);
        }
        assert_memory_equal(first, again, sizeof first);
    }
}

static void uniform_draws_do_not_depend_on_their_pieces(void **state)
{
    (void)state;
    static gd__random random;
    for (int k = 0; k < 3; k++) {
        float whole[3000], pieces[3000];
        gd__random_seed(&random, kinds[k], 1);
        gd__random_uniform_f32(&random, whole, 3000, -1, 1);
        gd__random_seed(&random, kinds[k], 1);
        for (int at = 0, n = 0; at < 3000; at += n, n = at + n + 1 < 3000 ? n + 1 : 3000 - at)
            gd__random_uniform_f32(&random, pieces + at, n, -1, 1);
        assert_memory_equal(whole, pieces, sizeof whole);
    }
}

static void no_draw_takes_nothing(void **state)
{
    (void)state;
    static gd__random random, untouched;
    for (int k = 0; k < 3; k++) {
        gd__random_seed(&random, kinds[k], 3);
        gd__random_bits(&random);
        untouched = random;
        gd__random_uniform_f32(&random, NULL, 0, 0, 1);
        gd__random_uniform_f64(&random, NULL, 0, 0, 1);
        gd__random_normal_f32(&random, NULL, 0, 0, 1);
        gd__random_normal_f64(&random, NULL, 0, 0, 1);
        gd__random_integers(&random, NULL, 0, 0, 7);
        gd__random_permutation(&random, NULL, 0);
        assert_memory_equal(&random, &untouched, sizeof random);
    }
}

/* An interval of one representable number: 1 + u * epsilon rounds up for half of all u. */
static void uniform_draws_stay_below_the_end(void **state)
{
    (void)state;
    static gd__random random;
    for (int k = 0; k < 2; k++) {
        float single[1000];
        double wide[1000];
        gd__random_seed(&random, kinds[k], 4);
        gd__random_uniform_f32(&random, single, 1000, 1, 1 + (double)FLT_EPSILON);
        gd__random_uniform_f64(&random, wide, 1000, 1, 1 + DBL_EPSILON);
        for (int i = 0; i < 1000; i++)
            assert_true(single[i] == 1 && wide[i] == 1);
    }
}

/* ---- distributions ---- */

enum { MANY = 1000003 }; /* no multiple of 16 */

static uint64_t test_seed(void)
{
    const char *given = getenv("GD_TEST_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
    print_message("seed %llu (set GD_TEST_SEED for another)\n", (unsigned long long)seed);
    return seed;
}

/* The mean of MANY numbers of this variance lies within six standard errors of what is expected. */
static void assert_mean(const double *number, int power, double expected, double variance)
{
    double sum = 0, error = 6 * sqrt(variance / MANY);
    for (int i = 0; i < MANY; i++)
        sum += pow(number[i], power);
    if (!(fabs(sum / MANY - expected) <= error))
        fail_msg("the mean of x^%d is %g, %g was expected, give or take %g", power, sum / MANY, expected, error);
}

static void assert_uniform(const double *number)
{
    for (int i = 0; i < MANY; i++)
        assert_true(number[i] >= 0 && number[i] < 1);
    for (int power = 1; power <= 4; power++)
        assert_mean(number, power, 1.0 / (power + 1), 1.0 / (2 * power + 1) - 1.0 / ((power + 1) * (power + 1)));
}

static void assert_normal(const double *number)
{
    static const double moment[] = { 1, 0, 1, 0, 3, 0, 15, 0, 105 };
    for (int power = 1; power <= 4; power++)
        assert_mean(number, power, moment[power], moment[2 * power] - moment[power] * moment[power]);
}

/* Neighbours, and places that a block of 16 makes of the same two uniforms, are uncorrelated. */
static void assert_uncorrelated(const double *number, double mean, double variance)
{
    for (int lag = 1; lag <= 16; lag++) {
        double sum = 0;
        for (int i = lag; i < MANY; i++)
            sum += (number[i] - mean) * (number[i - lag] - mean);
        assert_true(fabs(sum / MANY) <= 6 * variance / sqrt(MANY));
    }
}

static void widen(double *out, const float *single)
{
    for (int i = 0; i < MANY; i++)
        out[i] = (double)single[i];
}

static void draws_are_distributed_as_promised(void **state)
{
    (void)state;
    static gd__random random;
    static float single[MANY];
    static double number[MANY];
    uint64_t seed = test_seed();
    for (int k = 0; k < 3; k++) {
        gd__random_seed(&random, kinds[k], seed);
        gd__random_uniform_f64(&random, number, MANY, 0, 1);
        assert_uniform(number);
        assert_uncorrelated(number, 0.5, 1.0 / 12);
        gd__random_normal_f64(&random, number, MANY, 0, 1);
        assert_normal(number);
        assert_uncorrelated(number, 0, 1);
        gd__random_normal_f32(&random, single, MANY, 0, 1);
        widen(number, single);
        assert_normal(number);
        assert_uncorrelated(number, 0, 1);
        if (kinds[k] == GD_RNG_NUMPY)
            continue; /* rounding may make its float32 draws 1 */
        gd__random_uniform_f32(&random, single, MANY, 0, 1);
        widen(number, single);
        assert_uniform(number);
        assert_uncorrelated(number, 0.5, 1.0 / 12);
    }
}

static void normals_have_their_mean_and_deviation(void **state)
{
    (void)state;
    static gd__random random;
    for (int k = 0; k < 3; k++)
        for (int n = 1; n < 40; n++) {
            double standard[40], moved[40];
            gd__random_seed(&random, kinds[k], 6);
            gd__random_normal_f64(&random, standard, n, 0, 1);
            gd__random_seed(&random, kinds[k], 6);
            gd__random_normal_f64(&random, moved, n, -3, 0.25);
            for (int i = 0; i < n; i++)
                assert_true(fabs(moved[i] - (0.25 * standard[i] - 3)) < 1e-14);
        }
}

/* Pearson's sum over cells that should be equally full, against its mean and six of its deviations. */
static void assert_equally_full(const int *count, int cells, int draws)
{
    double sum = 0, expected = (double)draws / cells;
    for (int i = 0; i < cells; i++)
        sum += (count[i] - expected) * (count[i] - expected) / expected;
    if (!(sum <= cells - 1 + 6 * sqrt(2.0 * cells)))
        fail_msg("a chi-square of %g over %d cells", sum, cells);
}

/* The limits that are three quarters of a power of two show a bias that a remainder would have. */
static void integers_are_equally_likely(void **state)
{
    (void)state;
    static const int64_t limits[] = { 12, 12, INT64_C(3) << 30, INT64_C(3) << 45, INT64_C(3) << 61 };
    static gd__random random;
    static int64_t drawn[120000];
    uint64_t seed = test_seed();
    for (int k = 0; k < 3; k++) {
        gd__random_seed(&random, kinds[k], seed);
        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
            int count[12] = { 0 };
            if (kinds[k] == GD_RNG_TORCH && limits[i] > INT64_C(1) << 60)
                continue; /* PyTorch's remainder of 64 bits is biased here */
            gd__random_integers(&random, drawn, 120000, 0, limits[i]);
            for (int j = 0; j < 120000; j++) {
                assert_true(drawn[j] >= 0 && drawn[j] < limits[i]);
                count[drawn[j] / (limits[i] / 12)]++;
            }
            assert_equally_full(count, 12, 120000);
        }
    }
}

static void flags_are_as_likely_as_asked(void **state)
{
    (void)state;
    static const double likely[] = { 0, 0.001, 0.25, 0.9, 1 };
    static gd__random random;
    uint64_t seed = test_seed();
    for (int k = 0; k < 3; k++) {
        gd__random_seed(&random, kinds[k], seed);
        for (size_t i = 0; i < sizeof likely / sizeof *likely; i++) {
            double p = likely[i], count = 0;
            for (int j = 0; j < MANY; j++)
                count += gd__random_bernoulli(&random, p);
            assert_true(fabs(count / MANY - p) <= 6 * sqrt(p * (1 - p) / MANY));
        }
    }
}

static void permutations_are_equally_likely(void **state)
{
    (void)state;
    static gd__random random;
    uint64_t seed = test_seed();
    for (int k = 0; k < 3; k++) {
        int count[256] = { 0 }, order[24], found = 0;
        gd__random_seed(&random, kinds[k], seed);
        for (int i = 0; i < 48000; i++) {
            int64_t p[4];
            gd__random_permutation(&random, p, 4);
            assert_int_equal(1 << p[0] | 1 << p[1] | 1 << p[2] | 1 << p[3], 15);
            count[p[0] << 6 | p[1] << 4 | p[2] << 2 | p[3]]++;
        }
        for (int i = 0; i < 256; i++)
            if (count[i] > 0)
                order[found++] = count[i];
        assert_int_equal(found, 24);
        assert_equally_full(order, 24, 48000);
    }
}

/* ---- by way of the context ---- */

static void a_context_draws_from_its_own_stream(void **state)
{
    (void)state;
    static gd__random random;
    double expected[20], drawn[20];
    gd_context *g = gd_open(), *other = gd_open();
    gd_seed(other, GD_RNG_TORCH, 1);
    gd__random_seed(&random, GD_RNG_PHILOX, 0); /* the default */
    for (int i = 0; i < 3; i++) {
        gd__random_normal_f64(&random, expected, 20, 0, 1);
        assert_true(gd_read(gd_randn(g, GD_FLOAT64, gd_shape(4, 5)), GD_FLOAT64, drawn, 20));
        assert_memory_equal(drawn, expected, sizeof drawn);
        assert_true(gd_is_tensor(gd_randperm(other, 9)));
    }
    gd_close(g);
    gd_close(other);
}

static void assert_holds(const gd_tensor *t, gd_dtype dtype, const void *expected)
{
    double drawn[20];
    assert_true(gd_read(t, dtype, drawn, 20));
    assert_memory_equal(drawn, expected, 20 * gd_dtype_size(dtype));
}

static void tensors_hold_the_draws_of_the_stream(void **state)
{
    (void)state;
    static gd__random random;
    float single[20];
    double wide[20];
    gd_context *g = gd_open();
    gd_seed(g, GD_RNG_TORCH, 5);
    gd__random_seed(&random, GD_RNG_TORCH, 5);
    gd__random_uniform_f32(&random, single, 20, -2, 3);
    assert_holds(gd_uniform(g, GD_DEFAULT, gd_shape(4, 5), -2, 3), GD_FLOAT32, single);
    gd__random_uniform_f64(&random, wide, 20, -2, 3);
    assert_holds(gd_uniform(g, GD_FLOAT64, gd_shape(20), -2, 3), GD_FLOAT64, wide);
    gd__random_normal_f32(&random, single, 20, 7, 0.5);
    assert_holds(gd_normal(g, GD_FLOAT32, gd_shape(20), 7, 0.5), GD_FLOAT32, single);
    gd__random_normal_f64(&random, wide, 20, 7, 0.5);
    gd_tensor *t = gd_normal(g, GD_FLOAT64, gd_shape(2, 10), 7, 0.5);
    assert_holds(t, GD_FLOAT64, wide);
    gd__random_uniform_f64(&random, wide, 20, 0, 1);
    assert_holds(gd_rand_like(t), GD_FLOAT64, wide);
    gd__random_normal_f64(&random, wide, 20, 0, 1);
    assert_holds(gd_randn_like(t), GD_FLOAT64, wide);
    assert_int_equal(gd_size(gd_randn_like(t), 1), 10);
    assert_int_equal(gd_numel(gd_uniform(g, GD_FLOAT64, gd_shape(0), 0, 1)), 0);
    assert_false(gd_failed(g));
    gd_close(g);
}

static void integers_and_flags_have_any_dtype(void **state)
{
    (void)state;
    static gd__random random;
    int64_t expected[100], drawn[100];
    gd_context *g = gd_open();
    for (gd_dtype dtype = GD_DEFAULT; dtype <= GD_BOOL; dtype++) {
        int64_t low = dtype == GD_UINT8 ? 100 : dtype == GD_BOOL ? 0 : -3, high = dtype == GD_BOOL ? 2 : 256;
        gd_seed(g, GD_RNG_TORCH, 5);
        gd__random_seed(&random, GD_RNG_TORCH, 5);
        gd__random_integers(&random, expected, 100, low, high);
        gd_tensor *t = gd_randint(g, dtype, gd_shape(10, 10), low, high);
        assert_int_equal(gd_dtype_of(t), dtype == GD_DEFAULT ? GD_INT64 : dtype);
        assert_true(gd_read(t, GD_INT64, drawn, 100));
        assert_memory_equal(drawn, expected, sizeof drawn);
        for (int i = 0; i < 100; i++)
            expected[i] = gd__random_bernoulli(&random, 0.3);
        t = gd_bernoulli(g, dtype, gd_shape(100), 0.3);
        assert_int_equal(gd_dtype_of(t), dtype == GD_DEFAULT ? GD_FLOAT32 : dtype);
        assert_true(gd_read(t, GD_INT64, drawn, 100));
        assert_memory_equal(drawn, expected, sizeof drawn);
    }
    assert_int_equal(gd_numel(gd_bernoulli(g, GD_BOOL, gd_shape(0), 0.5)), 0);
    assert_int_equal(gd_numel(gd_randint(g, GD_BOOL, gd_shape(2, 0), 0, 2)), 0);
    assert_false(gd_failed(g));
    gd_close(g);
}

static void assert_refused(gd_context *g, const gd_tensor *t, gd_status status, const char *op)
{
    assert_false(gd_is_tensor(t));
    assert_int_equal(gd_first_error(g)->status, status);
    assert_string_equal(gd_first_error(g)->op, op);
    gd_clear(g);
}

static void refuses_what_can_not_be_drawn(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_seed(NULL, GD_RNG_TORCH, 1);
    gd_seed(g, (gd_rng)17, 1);
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_VALUE);
    gd_clear(g);
    assert_false(gd_is_tensor(gd_rand(g, GD_INT64, gd_shape(2))));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_DTYPE);
    gd_clear(g);
    assert_false(gd_is_tensor(gd_choice(g, 0, 2)));
    assert_int_equal(gd_first_error(g)->status, GD_ERROR_VALUE);
    gd_clear(g);
    assert_false(gd_is_tensor(gd_choice(g, 5, -2)));
    assert_false(gd_is_tensor(gd_randperm(g, -1)));
    assert_false(gd_is_tensor(gd_randn(NULL, GD_FLOAT32, gd_shape(2))));
    assert_true(gd_failed(g));
    gd_close(g);
}

static void refuses_parameters_of_no_distribution(void **state)
{
    (void)state;
    static const double interval[][2] = { { 2, 1 }, { NAN, 1 }, { 0, NAN }, { -INFINITY, 1 }, { 0, INFINITY } };
    static const double other[] = { -0.1, NAN, -INFINITY };
    static const int64_t bounds[][3] = { { GD_INT64, 3, 3 },
                                         { GD_INT64, INT64_MAX, INT64_MIN },
                                         { GD_BOOL, 0, 3 },
                                         { GD_UINT8, 0, 257 },
                                         { GD_UINT8, -1, 4 },
                                         { GD_BOOL, -1, 1 },
                                         { GD_FLOAT32, 0, (1 << 24) + 2 },
                                         { GD_FLOAT32, -(1 << 24) - 1, 0 },
                                         { GD_FLOAT64, 0, (INT64_C(1) << 53) + 2 } };
    gd_context *g = gd_open();
    for (int i = 0; i < 5; i++)
        assert_refused(g, gd_uniform(g, GD_FLOAT64, gd_shape(2), interval[i][0], interval[i][1]), GD_ERROR_VALUE,
                       "gd_uniform");
    assert_refused(g, gd_uniform(g, GD_DEFAULT, gd_shape(2), 0, 4e38), GD_ERROR_VALUE, "gd_uniform");
    assert_refused(g, gd_uniform(g, GD_FLOAT32, gd_shape(2), -3e38, 3e38), GD_ERROR_VALUE, "gd_uniform");
    assert_refused(g, gd_uniform(g, GD_FLOAT64, gd_shape(2), -1e308, 1e308), GD_ERROR_VALUE, "gd_uniform");
    for (int i = 0; i < 3; i++) {
        assert_refused(g, gd_normal(g, GD_FLOAT32, gd_shape(2), 0, other[i]), GD_ERROR_VALUE, "gd_normal");
        assert_refused(g, gd_bernoulli(g, GD_FLOAT32, gd_shape(2), other[i]), GD_ERROR_VALUE, "gd_bernoulli");
    }
    assert_refused(g, gd_bernoulli(g, GD_FLOAT32, gd_shape(2), 1.1), GD_ERROR_VALUE, "gd_bernoulli");
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        assert_refused(g, gd_randint(g, (gd_dtype)bounds[i][0], gd_shape(2), bounds[i][1], bounds[i][2]),
                       GD_ERROR_VALUE, "gd_randint");
    gd_close(g);
}

static void refuses_dtypes_shapes_and_no_context(void **state)
{
    (void)state;
    gd_context *g = gd_open();
    gd_tensor *whole = gd_arange(g, GD_INT64, 3);
    assert_refused(g, gd_uniform(g, GD_INT64, gd_shape(2), 0, 1), GD_ERROR_DTYPE, "gd_uniform");
    assert_refused(g, gd_normal(g, (gd_dtype)9, gd_shape(2), 0, 1), GD_ERROR_DTYPE, "gd_normal");
    assert_refused(g, gd_rand_like(whole), GD_ERROR_DTYPE, "gd_rand_like");
    assert_refused(g, gd_randn_like(whole), GD_ERROR_DTYPE, "gd_randn_like");
    assert_refused(g, gd_bernoulli(g, (gd_dtype)9, gd_shape(2), 0.5), GD_ERROR_DTYPE, "gd_bernoulli");
    assert_refused(g, gd_randint(g, (gd_dtype)-1, gd_shape(2), 0, 2), GD_ERROR_DTYPE, "gd_randint");
    assert_refused(g, gd_uniform(g, GD_FLOAT32, gd_shape(-2), 0, 1), GD_ERROR_SHAPE, "gd_uniform");
    assert_refused(g, gd_normal(g, GD_FLOAT32, gd_shape(-2), 0, 1), GD_ERROR_SHAPE, "gd_normal");
    assert_refused(g, gd_bernoulli(g, GD_FLOAT32, gd_shape(-2), 1), GD_ERROR_SHAPE, "gd_bernoulli");
    assert_refused(g, gd_randint(g, GD_FLOAT32, gd_shape(-2), 0, 1), GD_ERROR_SHAPE, "gd_randint");
    assert_false(gd_is_tensor(gd_uniform(NULL, GD_FLOAT32, gd_shape(2), 0, 1)));
    assert_false(gd_is_tensor(gd_normal(NULL, GD_FLOAT32, gd_shape(2), 0, 1)));
    assert_false(gd_is_tensor(gd_normal(NULL, GD_FLOAT32, gd_shape(2), 0, -1)));
    assert_false(gd_is_tensor(gd_bernoulli(NULL, GD_FLOAT32, gd_shape(2), 0.5)));
    assert_false(gd_is_tensor(gd_randint(NULL, GD_INT64, gd_shape(2), 0, 2)));
    assert_false(gd_is_tensor(gd_rand_like(NULL)));
    assert_false(gd_is_tensor(gd_randn_like(NULL)));
    assert_false(gd_failed(g));
    gd_close(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(draws_what_pytorch_and_numpy_draw),
        cmocka_unit_test(draws_the_parameters_of_notebook_003),
        cmocka_unit_test(draws_the_numbers_of_notebook_004),
        cmocka_unit_test(philox_gives_the_known_answers),
        cmocka_unit_test(philox_counts_blocks_under_the_seed),
        cmocka_unit_test(mt19937_takes_32_bits_of_the_seed),
        cmocka_unit_test(a_seed_starts_anew),
        cmocka_unit_test(uniform_draws_do_not_depend_on_their_pieces),
        cmocka_unit_test(no_draw_takes_nothing),
        cmocka_unit_test(uniform_draws_stay_below_the_end),
        cmocka_unit_test(draws_are_distributed_as_promised),
        cmocka_unit_test(normals_have_their_mean_and_deviation),
        cmocka_unit_test(integers_are_equally_likely),
        cmocka_unit_test(flags_are_as_likely_as_asked),
        cmocka_unit_test(permutations_are_equally_likely),
        cmocka_unit_test(a_context_draws_from_its_own_stream),
        cmocka_unit_test(tensors_hold_the_draws_of_the_stream),
        cmocka_unit_test(integers_and_flags_have_any_dtype),
        cmocka_unit_test(refuses_parameters_of_no_distribution),
        cmocka_unit_test(refuses_dtypes_shapes_and_no_context),
        cmocka_unit_test(refuses_what_can_not_be_drawn),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
