/* check.h - what a gradient check is inside: filled by the engine, read by those who ask and print. */
#ifndef GRADUS_SRC_CHECK_CHECK_H
#define GRADUS_SRC_CHECK_CHECK_H

#include "base/context.h"
#include "gradus/check.h"

struct gd_check {
    gd__object object;
    gd_verdict verdict;
    int count;
    gd_check_input *input; /* `count` of them, of gd__alloc */
    double seconds;
    int64_t evaluations; /* of the function */
    bool second_checked; /* the derivatives of the gradients too */
    bool narrow;         /* the function computes in float32, and is believed to as far as that goes */
};

/* Runs a check from beginning to end, without second derivatives. The error object with the error set. */
gd_check *gd__check_run(const gd_gradcheck_options *options);

/* The same of a function that computes in float32: with the tolerance that this needs. */
gd_check *gd__check_run_narrow(const gd_gradcheck_options *options);

#endif
