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

static bool is_operation(int index)
{
    return index >= 0 && index < GD__OP_COUNT;
}

const char *gd_op_dtypes(int index)
{
    static const char *const rules[] = {
        [GD__AS_GIVEN] = "as they are given; the result has the first operand's, where nothing else is said",
        [GD__PROMOTED] = "promoted to one, as PyTorch does",
        [GD__FLOATS] = "promoted to one; integers and bools become the default float dtype",
        [GD__NUMBER] = "the tensor's; integers and bools become floats beside a number that is not whole",
        [GD__ONE_FLOAT] = "floats, all of one dtype",
    };
    return is_operation(index) ? rules[gd__ops[index]->dtypes] : NULL;
}

const char *gd_op_shapes(int index)
{
    if (!is_operation(index) || !gd__ops[index]->elementwise)
        return NULL;
    return gd__ops[index]->arity == 1 ? "any; the result has the operand's" : "any that broadcast; the result has the common one";
}
