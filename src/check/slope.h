/* slope.h - the slope along a line: the search for steps that show it. */
#ifndef GRADUS_SRC_CHECK_SLOPE_H
#define GRADUS_SRC_CHECK_SLOPE_H

#include "check/line.h"

/* False with the error set. */
bool gd__slope_of_line(gd__line *l, gd__slope *slope);

#endif
