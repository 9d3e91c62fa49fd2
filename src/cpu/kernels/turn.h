/* turn.h - rows of a matrix as columns, a few at a time, in vectors. */
#ifndef GRADUS_SRC_CPU_KERNELS_TURN_H
#define GRADUS_SRC_CPU_KERNELS_TURN_H

#include "cpu/kernels/vector.h"

#include <stdint.h>
#include <string.h>

/* Four rows of four elements as columns. */
#if defined __clang__ || __GNUC__ >= 12
static inline void turn_f32(const float *from, int64_t lead, float *to, int64_t to_lead)
{
    typedef float four __attribute__((vector_size(16)));
    four row[4];
    for (int i = 0; i < 4; i++)
        memcpy(&row[i], from + i * lead, sizeof row[i]);
    four left02 = __builtin_shufflevector(row[0], row[1], 0, 4, 1, 5), left13 = __builtin_shufflevector(row[0], row[1], 2, 6, 3, 7);
    four right02 = __builtin_shufflevector(row[2], row[3], 0, 4, 1, 5), right13 = __builtin_shufflevector(row[2], row[3], 2, 6, 3, 7);
    row[0] = __builtin_shufflevector(left02, right02, 0, 1, 4, 5);
    row[1] = __builtin_shufflevector(left02, right02, 2, 3, 6, 7);
    row[2] = __builtin_shufflevector(left13, right13, 0, 1, 4, 5);
    row[3] = __builtin_shufflevector(left13, right13, 2, 3, 6, 7);
    for (int i = 0; i < 4; i++)
        memcpy(to + i * to_lead, &row[i], sizeof row[i]);
}
#else
static inline void turn_f32(const float *from, int64_t lead, float *to, int64_t to_lead)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            to[j * to_lead + i] = from[i * lead + j];
}
#endif

static inline void turn_f64(const double *from, int64_t lead, double *to, int64_t to_lead)
{
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            to[j * to_lead + i] = from[i * lead + j];
}

/* As many rows as a `line` has elements, at four places: as four lines, each of which has all rows' elements at one place. A line
 * is of 256 bits at most: putting longer ones together of their parts takes longer than they save. */
#ifdef __FMA__
typedef __m256 line_f32;
typedef __m256d line_f64;

static inline __m256 two_rows(const float *from, int64_t lead)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(from)), _mm_loadu_ps(from + 4 * lead), 1);
}

static inline void turn_line_f32(const float *from, int64_t lead, line_f32 place[4])
{
    __m256 row[4];
    for (int i = 0; i < 4; i++)
        row[i] = two_rows(from + i * lead, lead);
    __m256d left01 = _mm256_castps_pd(_mm256_unpacklo_ps(row[0], row[1])), left23 = _mm256_castps_pd(_mm256_unpacklo_ps(row[2], row[3]));
    __m256d right01 = _mm256_castps_pd(_mm256_unpackhi_ps(row[0], row[1])), right23 = _mm256_castps_pd(_mm256_unpackhi_ps(row[2], row[3]));
    place[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(left01, left23));
    place[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(left01, left23));
    place[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(right01, right23));
    place[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(right01, right23));
}

static inline void turn_line_f64(const double *from, int64_t lead, line_f64 place[4])
{
    __m256d row[4];
    for (int i = 0; i < 4; i++)
        row[i] = _mm256_loadu_pd(from + i * lead);
    __m256d even01 = _mm256_unpacklo_pd(row[0], row[1]), odd01 = _mm256_unpackhi_pd(row[0], row[1]);
    __m256d even23 = _mm256_unpacklo_pd(row[2], row[3]), odd23 = _mm256_unpackhi_pd(row[2], row[3]);
    place[0] = _mm256_permute2f128_pd(even01, even23, 0x20);
    place[1] = _mm256_permute2f128_pd(odd01, odd23, 0x20);
    place[2] = _mm256_permute2f128_pd(even01, even23, 0x31);
    place[3] = _mm256_permute2f128_pd(odd01, odd23, 0x31);
}
#else
typedef wide_f32 line_f32;
typedef wide_f64 line_f64;

static inline void turn_line_f32(const float *from, int64_t lead, line_f32 place[4])
{
    float turned[4][4];
    turn_f32(from, lead, turned[0], 4);
    memcpy(place, turned, sizeof turned);
}

static inline void turn_line_f64(const double *from, int64_t lead, line_f64 place[4])
{
    double turned[4][2];
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 2; i++)
            turned[k][i] = from[i * lead + k];
    memcpy(place, turned, sizeof turned);
}
#endif
#endif
