/* support.h - what the tests of compiled steps share: a function run eagerly and compiled, bit by bit. */
#ifndef GRADUS_TESTS_COMPILE_SUPPORT_H
#define GRADUS_TESTS_COMPILE_SUPPORT_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gradus/gradus.h>

#include "tensor/tensor.h"

static inline void all_well(const gd_context *g)
{
    if (gd_failed(g))
        fail_msg("unexpected error: %s", gd_message(g));
}

static inline void expect_error(gd_context *g, gd_status status, const char *part)
{
    assert_true(gd_failed(g));
    if (gd_first_error(g)->status != status || !strstr(gd_message(g), part))
        fail_msg("expected '%s', got: %s", part, gd_message(g));
    assert_true(strlen(gd_first_error(g)->remedy) > 0);
    gd_clear(g);
}

/* The same shape, dtype and bits; NaN of any kind is NaN. */
static inline void same_bits(const gd_tensor *got, const gd_tensor *want, const char *what)
{
    assert_true(gd_is_tensor(got));
    assert_true(gd_is_tensor(want));
    assert_true(gd__same_shape(got, want));
    assert_int_equal(got->dtype, want->dtype);
    size_t n = (size_t)gd_numel(got), size = gd_dtype_size(gd_dtype_of(got));
    char *a = malloc(n * size + 1), *b = malloc(n * size + 1);
    assert_true(gd_read(got, gd_dtype_of(got), a, n));
    assert_true(gd_read(want, gd_dtype_of(want), b, n));
    for (size_t i = 0; i < n; i++) {
        double x = gd__load(gd_dtype_of(got), a + i * size), y = gd__load(gd_dtype_of(got), b + i * size);
        if (memcmp(a + i * size, b + i * size, size) != 0 && !(isnan(x) && isnan(y)))
            fail_msg("%s, element %zu of %zu: got %.17g, expected %.17g", what, i, n, x, y);
    }
    free(a);
    free(b);
}

#endif
