/* watch.h - looking at results for numbers that are not finite. */
#ifndef GRADUS_SRC_AUTOGRAD_WATCH_H
#define GRADUS_SRC_AUTOGRAD_WATCH_H

#include "op/op.h"

/* To be called while the context is watching, and not else: after a call, whose operands still are what they were; and after
 * an update, if all was finite before it. */
void gd__watch_result(const gd__call *call);
void gd__watch_update(const gd__call *call);

/* Are all numbers finite that the call is given? */
bool gd__all_finite(const gd__call *call);

#endif
