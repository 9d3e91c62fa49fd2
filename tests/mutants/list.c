/* list.c - prints every mistake that mutate.c can make, but for the places of drops: those show when they are made. */
#include "op/op.h"

#include <stdio.h>

int main(void)
{
    for (int id = 0; id < GD__OP_COUNT; id++) {
        const gd__op *op = gd__ops[id];
        for (int i = 0; !op->info.is_view && i < 3; i++)
            printf("%s kernel %s\n", op->info.name, (const char *[]){ "scale", "negate", "last" }[i]);
        for (int i = 0; i < (op->arity == GD__ANY ? 1 : op->arity); i++)
            if (op->vjp && gd__is_differentiable(op, i))
                printf("%s rule %d scale\n%s rule %d negate\n%s drop %d\n", op->info.name, i, op->info.name, i,
                       op->info.name, i);
    }
    return 0;
}
