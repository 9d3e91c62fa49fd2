/* update.c - what optimizers do to a parameter, in place. */
#include "op/op.h"

static bool update_infer(const gd__call *call, gd__meta *out)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    out->shape = gd__shape(call->in[0]);
    for (int i = 1; i < call->count; i++) {
        if (gd__same_shape(call->in[i], call->in[0]) && call->in[i]->dtype == call->in[0]->dtype)
            continue;
        gd__fail(call->context,
                 (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Give the gradient the parameter's shape and dtype" },
                 "the gradient %s does not fit the parameter %s", gd__describe(call->in[i], right),
                 gd__describe(call->in[0], left));
        return false;
    }
    return true;
}

/* attrs: scalar lr, momentum, dampening, weight decay; integer[0] bit 0 nesterov, 1 maximize, 2 first. */
const gd__op gd__op_sgd_update = {
    .info = { .name = "sgd_update", .input = { "p", "d", "m" },
              .formula = "d = d + weight_decay p; m = momentum m + (1 - dampening) d; p = p - lr m",
              .latex = "p \\leftarrow p - \\eta\\, m", .is_update = true },
    .arity = 3, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = update_infer,
};

gd_tensor *gd_sgd_update(gd_tensor *p, gd_tensor *d, gd_tensor *m, gd_sgd_rule rule)
{
    gd__attrs attrs = { .scalar = { rule.lr, rule.momentum, rule.dampening, rule.weight_decay },
                        .integer = { rule.nesterov | rule.maximize << 1 | rule.first << 2 } };
    return gd__update(GD__OP_sgd_update, m ? 3 : 2, (gd_tensor *[]){ p, d, m }, &attrs);
}
