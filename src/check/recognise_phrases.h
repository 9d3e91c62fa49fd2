/* recognise_phrases.h - turns of phrase: several operations that are usually said together. */
#ifndef GRADUS_SRC_CHECK_RECOGNISE_PHRASES_H
#define GRADUS_SRC_CHECK_RECOGNISE_PHRASES_H

#include "check/recognise_search.h"

typedef enum gd__phrase {
    GD__SAY_PRODUCT = GD__OP_COUNT, /* a b; bit 0 of integer[0]: a turned; bit 1: b turned */
    GD__SAY_MOMENTS,                /* along each axis: mean, what differs from it, variance */
    GD__SAY_HUBER,                  /* of a difference, c (a - c / 2) with c = clamp(a, -scalar, scalar) */
    GD__SAY_TANH_GELU,              /* a (1 + tanh(sqrt(2 / pi) (a + 0.044715 a^3))) / 2 */
    GD__SAY_MISH,                   /* a tanh(softplus(a)) */
    GD__SAY_GUARDED_LOG,            /* ln(a + scalar) */
    GD__SAY_BCE,                    /* b ln(a + scalar) + (1 - b) ln(1 - a + scalar) */
    GD__SAY_PRELU,                  /* a where it is positive, else b a */
    GD__SAY_CHOOSE,                 /* a[i, b[i]] */
    GD__SAY_LOOK_UP                 /* a[b]: rows of a matrix, or numbers of a list */
} gd__phrase;

/* Do the matrices fit, turned as in GD__SAY_PRODUCT? A list on the left lies, one on the right stands. */
bool gd__fits_product(gd_dims a, gd_dims b, int turned);

#endif
