/* support.h - what the tests of this folder share: tensors at random, the first explanation of a wrong gradient, and an allocator that gives so many
 * blocks and then none. */
#ifndef GRADUS_TESTS_CHECK_SUPPORT_H
#define GRADUS_TESTS_CHECK_SUPPORT_H

#include "../io/support.h"

#include "gradus/gradus.h"

#include <stdlib.h>

static inline gd_tensor *random_of(int64_t rows, int64_t columns, const char *name)
{
    return gd_name(gd_randn(g, GD_FLOAT64, gd_shape(rows, columns)), name);
}

static inline const gd_explanation *first_of(const gd_check *c, int input)
{
    assert_fine(g);
    const gd_check_input *in = gd_check_at(c, input);
    assert_non_null(in);
    if (in->verdict != GD_CHECK_WRONG || in->explanations < 1)
        gd_print_check(c, stderr);
    assert_int_equal(in->verdict, GD_CHECK_WRONG);
    assert_true(in->explanations > 0);
    return &in->explanation[0];
}

typedef struct miser {
    long left, held;
} miser;

static inline void *stingy(void *user, void *block, size_t old_size, size_t new_size)
{
    miser *m = user;
    (void)old_size;
    if (new_size == 0) {
        m->held -= block != NULL;
        free(block);
        return NULL;
    }
    if (m->left-- <= 0)
        return NULL;
    m->held += block == NULL;
    return realloc(block, new_size);
}

#endif
