/* adam.c - steps by running means of gradients and of their squares (Kingma and Ba 2015), and the same with the weight
 * decay apart from the gradient (Loshchilov and Hutter 2019). */
#include "optim/optimizer.h"

enum { FIRST, SECOND, LARGEST };

static unsigned adam_states(const double *option)
{
    return 1u << FIRST | 1u << SECOND | (unsigned)(option[GD__AMSGRAD] != 0) << LARGEST;
}

static gd_tensor *step(const gd__turn *t, bool decoupled)
{
    gd_adam_rule rule = { .lr = t->option[GD__LR],
                          .beta1 = t->option[GD__BETA1],
                          .beta2 = t->option[GD__BETA2],
                          .eps = t->option[GD__EPS],
                          .weight_decay = t->option[GD__WEIGHT_DECAY],
                          .decoupled = decoupled,
                          .maximize = t->option[GD__MAXIMIZE] != 0,
                          .step = t->step };
    return gd_adam_update(t->p, t->d, t->state[FIRST], t->state[SECOND], t->state[LARGEST], rule);
}

static gd_tensor *adam_step(const gd__turn *t)
{
    return step(t, false);
}

static gd_tensor *adamw_step(const gd__turn *t)
{
    return step(t, true);
}

static const gd__rule adam = {
    .name = "gd_adam",
    .option = { { GD__LR, 1e-3 },
                { GD__BETA1, 0.9 },
                { GD__BETA2, 0.999 },
                { GD__EPS, 1e-8 },
                { GD__WEIGHT_DECAY, 0 },
                { GD__AMSGRAD, false },
                { GD__MAXIMIZE, false } },
    .state = { [FIRST] = "exp_avg", [SECOND] = "exp_avg_sq", [LARGEST] = "max_exp_avg_sq" },
    .states = adam_states,
    .counts = true,
    .step = adam_step,
};

static const gd__rule adamw = {
    .name = "gd_adamw",
    .option = { { GD__LR, 1e-3 },
                { GD__BETA1, 0.9 },
                { GD__BETA2, 0.999 },
                { GD__EPS, 1e-8 },
                { GD__WEIGHT_DECAY, 1e-2 },
                { GD__AMSGRAD, false },
                { GD__MAXIMIZE, false } },
    .state = { [FIRST] = "exp_avg", [SECOND] = "exp_avg_sq", [LARGEST] = "max_exp_avg_sq" },
    .states = adam_states,
    .counts = true,
    .step = adamw_step,
};

static gd_optimizer *make(const gd__rule *rule, const gd_adam_options *options)
{
    const double written[GD__OPTIONS] = { [GD__LR] = options->lr,
                                          [GD__BETA1] = options->beta1,
                                          [GD__BETA2] = options->beta2,
                                          [GD__EPS] = options->eps,
                                          [GD__WEIGHT_DECAY] = options->weight_decay,
                                          [GD__AMSGRAD] = options->amsgrad,
                                          [GD__MAXIMIZE] = options->maximize };
    return gd__optimizer(options->net, rule, options->given, written);
}

gd_optimizer *gd_adam_with(gd_adam_options options)
{
    return make(&adam, &options);
}

gd_optimizer *gd_adamw_with(gd_adam_options options)
{
    return make(&adamw, &options);
}
