/* table.c - the kernels of one instruction set, in the order of the list. */
#include "cpu/kernel.h"

#define GD_VIEW(name, ...)
#define GD_FN(name, ...)

#define GD_OP(name, ...) extern const gd__kernel GD__K(name);
#define GD_UPDATE(name, ...) extern const gd__kernel GD__K(name);
#include "gradus/ops.inc"
#undef GD_OP
#undef GD_UPDATE

#define GD_OP(name, ...) [GD__OP_##name] = &GD__K(name),
#define GD_UPDATE(name, ...) [GD__OP_##name] = &GD__K(name),
const gd__kernel *const GD__K(table)[GD__OP_COUNT] = {
#include "gradus/ops.inc"
};
