/* small.h - instructions of few numbers for compiled steps. */
#ifndef GRADUS_SRC_CPU_KERNELS_SMALL_H
#define GRADUS_SRC_CPU_KERNELS_SMALL_H

#include "cpu/kernel.h"

extern gd__pick_small GD__K(pick_small_f32), GD__K(pick_small_f64);

/* Lanes of float32. */
#if defined __AVX512F__
enum { WIDEST = 16 };
#elif defined __AVX2__
enum { WIDEST = 8 };
#else
enum { WIDEST = 0 };
#endif

#endif
