/* ops.c - the table of descriptors, made from the list. */
#include "op/op.h"

#define GD_OP(name, ...) extern const gd__op gd__op_##name;
#define GD_VIEW(name, ...) extern const gd__op gd__op_##name;
#define GD_UPDATE(name, ...) extern const gd__op gd__op_##name;
#define GD_FN(name, ...)
#include "gradus/ops.inc"
#undef GD_OP
#undef GD_VIEW
#undef GD_UPDATE

#define GD_OP(name, ...) [GD__OP_##name] = &gd__op_##name,
#define GD_VIEW(name, ...) [GD__OP_##name] = &gd__op_##name,
#define GD_UPDATE(name, ...) [GD__OP_##name] = &gd__op_##name,
const gd__op *const gd__ops[GD__OP_COUNT] = {
#include "gradus/ops.inc"
};

int gd_op_count(void)
{
    return GD__OP_COUNT;
}

const gd_op_info *gd_op_at(int index)
{
    return index >= 0 && index < GD__OP_COUNT ? &gd__ops[index]->info : NULL;
}
