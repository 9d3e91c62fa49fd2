/* print.h - how the elements of a tensor are written. */
#ifndef GRADUS_SRC_TENSOR_PRINT_H
#define GRADUS_SRC_TENSOR_PRINT_H

#include "tensor/tensor.h"

/* torch.set_printoptions, numpy.set_printoptions: what the defaults have in common. */
enum { GD__PRINT_ALL = 1000, GD__PRINT_EDGE = 3 };

/* The place after i in a row of dimension dim; in a summary, only the edges of a long row are shown. */
int64_t gd__next_shown(const gd_tensor *t, int dim, int64_t i);
const char *gd__element_at(const gd_tensor *t, int dim, const char *at, int64_t i);

/* Found by a first walk over the elements that will be shown, so that all take the same room. */
typedef struct gd__notation {
    gd_style style;
    gd_dtype dtype;
    bool whole;      /* PyTorch's floats: all are whole numbers */
    bool scientific; /* floats: with an exponent */
    int left, right; /* NumPy's floats: characters before the point, and after it */
    int exponent;    /* digits of the exponent */
    int width;
} gd__notation;

gd__notation gd__choose_notation(const gd_tensor *t, gd_style style);

/* Writes one element as it was chosen, with the spaces that bring it to the common width. */
enum { GD__ELEMENT_SIZE = 64 };
void gd__write_element(const gd__notation *how, const void *element, char *text);

/* A float by itself, as Python writes it and NumPy a scalar: the fewest digits that read back, with an exponent where it
 * is below 1e-4, or large: 1e16, of a float32 (`single`) 1e6. */
void gd__write_float(double x, bool single, char *text);

#endif
