/* update.c - what optimizers do to a parameter, in place. */
#include "op/op.h"

#include <math.h>

static bool fits(const gd__call *call, int i)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    const gd_tensor *p = call->in[0], *t = call->in[i];
    if (gd__same_shape(t, p) && t->dtype == p->dtype)
        return true;
    gd__fail(call->context,
             (gd__fault){ .status = GD_ERROR_SHAPE, .remedy = "Give all the parameter's shape and dtype" },
             "%s %s does not fit the parameter %s", call->op->info.input[i], gd__describe(t, left),
             gd__describe(p, right));
    return false;
}

static bool lies_apart(const gd__call *call, int i)
{
    for (int k = 0; k < i; k++) {
        if (!gd__overlap(call->in[i], call->in[k]))
            continue;
        gd__fail(call->context, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "gd_clone one of them" },
                 "%s and %s share their numbers", call->op->info.input[k], call->op->info.input[i]);
        return false;
    }
    return true;
}

static bool update_infer(const gd__call *call, gd__meta *out)
{
    out->shape = gd__shape(call->in[0]);
    for (int i = 1; i < call->count; i++)
        if (!fits(call, i) || !lies_apart(call, i))
            return false;
    return true;
}

/* For rules that count steps, in integer[1]. */
static bool counted_infer(const gd__call *call, gd__meta *out)
{
    if (call->attrs->integer[1] >= 1)
        return update_infer(call, out);
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Count steps from 1" }, "step %lld",
             (long long)call->attrs->integer[1]);
    return false;
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

/* attrs: scalar lr as it is by now, weight decay, eps; integer[0] bit 0 maximize; integer[1] the step. */
const gd__op gd__op_adagrad_update = {
    .info = { .name = "adagrad_update", .input = { "p", "d", "sum" },
              .formula = "d = d + weight_decay p; sum = sum + d^2; "
                         "p = p - lr / (1 + (step - 1) lr_decay) d / (sqrt(sum) + eps)",
              .latex = "p \\leftarrow p - \\frac{\\eta}{1 + (t - 1)\\delta} \\frac{d}{\\sqrt{s} + \\epsilon}",
              .is_update = true },
    .arity = 3, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = counted_infer,
};

gd_tensor *gd_adagrad_update(gd_tensor *p, gd_tensor *d, gd_tensor *sum, gd_adagrad_rule rule)
{
    double slowed = 1 + ((double)rule.step - 1) * rule.lr_decay;
    gd__attrs attrs = { .scalar = { rule.lr / slowed, rule.weight_decay, rule.eps },
                        .integer = { rule.maximize, rule.step } };
    return gd__update(GD__OP_adagrad_update, 3, (gd_tensor *[]){ p, d, sum }, &attrs);
}

/* attrs: scalar lr, alpha, eps, weight decay, momentum; integer[0] bit 0 maximize, 1 centered. */
const gd__op gd__op_rmsprop_update = {
    .info = { .name = "rmsprop_update", .input = { "p", "d", "v", "mean", "m" },
              .formula = "d = d + weight_decay p; v = alpha v + (1 - alpha) d^2; "
                         "mean = alpha mean + (1 - alpha) d; "
                         "m = momentum m + d / (sqrt(v - mean^2) + eps); p = p - lr m",
              .latex = "p \\leftarrow p - \\eta\\, \\frac{d}{\\sqrt{v} + \\epsilon}", .is_update = true },
    .arity = 5, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = update_infer,
};

gd_tensor *gd_rmsprop_update(gd_tensor *p, gd_tensor *d, gd_tensor *v, gd_tensor *mean, gd_tensor *m,
                             gd_rmsprop_rule rule)
{
    gd__attrs attrs = { .scalar = { rule.lr, rule.alpha, rule.eps, rule.weight_decay, rule.momentum },
                        .integer = { rule.maximize | (mean != NULL) << 1 } };
    gd_tensor *in[] = { p, d, v, mean ? mean : m, m };
    return gd__update(GD__OP_rmsprop_update, 3 + (mean != NULL) + (m != NULL), in, &attrs);
}

/* attrs: scalar lr / (1 - beta1^step), beta1, beta2, sqrt(1 - beta2^step), eps, weight decay (decoupled: times lr);
 * integer[0] bit 0 maximize, 1 decoupled; integer[1] the step. */
const gd__op gd__op_adam_update = {
    .info = { .name = "adam_update", .input = { "p", "d", "m", "v", "largest" },
              .formula = "d = d + weight_decay p, or decoupled p = p - lr weight_decay p; "
                         "m = beta1 m + (1 - beta1) d; v = beta2 v + (1 - beta2) d^2; "
                         "p = p - lr m / (1 - beta1^step) / (sqrt(v / (1 - beta2^step)) + eps)",
              .latex = "p \\leftarrow p - \\eta\\, \\frac{m / (1 - \\beta_1^t)}"
                       "{\\sqrt{v / (1 - \\beta_2^t)} + \\epsilon}",
              .is_update = true },
    .arity = 5, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = counted_infer,
};

gd_tensor *gd_adam_update(gd_tensor *p, gd_tensor *d, gd_tensor *m, gd_tensor *v, gd_tensor *largest,
                          gd_adam_rule rule)
{
    double step = (double)rule.step, decay = rule.decoupled ? rule.lr * rule.weight_decay : rule.weight_decay;
    gd__attrs attrs = { .scalar = { rule.lr / (1 - pow(rule.beta1, step)), rule.beta1, rule.beta2,
                                    sqrt(1 - pow(rule.beta2, step)), rule.eps, decay },
                        .integer = { rule.maximize | rule.decoupled << 1, rule.step } };
    return gd__update(GD__OP_adam_update, largest ? 5 : 4, (gd_tensor *[]){ p, d, m, v, largest }, &attrs);
}

const gd__op gd__op_scale_update = {
    .info = { .name = "scale_update", .input = { "x" }, .formula = "x = c x", .latex = "x \\leftarrow c\\, x",
              .is_update = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = update_infer,
};

gd_tensor *gd_scale_update(gd_tensor *x, double c)
{
    return gd__update(GD__OP_scale_update, 1, &x, &(gd__attrs){ .scalar = { c } });
}

const gd__op gd__op_clamp_update = {
    .info = { .name = "clamp_update", .input = { "x" }, .formula = "x = min(max(x, low), high)",
              .latex = "x \\leftarrow \\min(\\max(x, l), h)", .is_update = true },
    .arity = 1, .dtypes = GD__AS_GIVEN, .contiguous = true, .infer = update_infer,
};

gd_tensor *gd_clamp_update(gd_tensor *x, double low, double high)
{
    return gd__update(GD__OP_clamp_update, 1, &x, &(gd__attrs){ .scalar = { low, high } });
}
