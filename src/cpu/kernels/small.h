/* small.h - products of small matrices for compiled steps. */
#ifndef GRADUS_SRC_CPU_KERNELS_SMALL_H
#define GRADUS_SRC_CPU_KERNELS_SMALL_H

#include "cpu/kernel.h"

extern gd__multiply_small GD__K(multiply_small_f32), GD__K(multiply_small_f64);
/* Lanes of float32. */
#if defined __AVX512F__
enum { WIDEST = 16 };
#elif defined __AVX2__
enum { WIDEST = 8 };
#else
enum { WIDEST = 0 };
#endif

extern gd__sum_few GD__K(sum_few);

#endif
