/* adagrad.c - steps that shorten with the squares of all gradients so far (Duchi, Hazan and Singer 2011). */
#include "optim/optimizer.h"

static unsigned adagrad_states(const double *option)
{
    (void)option;
    return 1;
}

static gd_tensor *adagrad_step(const gd__turn *t)
{
    gd_adagrad_rule rule = { .lr = t->option[GD__LR],
                             .lr_decay = t->option[GD__LR_DECAY],
                             .weight_decay = t->option[GD__WEIGHT_DECAY],
                             .eps = t->option[GD__EPS],
                             .maximize = t->option[GD__MAXIMIZE] != 0,
                             .step = t->step };
    return gd_adagrad_update(t->p, t->d, t->state[0], rule);
}

static const gd__rule adagrad = {
    .name = "gd_adagrad",
    .option = { { GD__LR, 1e-2 },
                { GD__LR_DECAY, 0 },
                { GD__WEIGHT_DECAY, 0 },
                { GD__INITIAL_ACCUMULATOR_VALUE, 0 },
                { GD__EPS, 1e-10 },
                { GD__MAXIMIZE, false } },
    .state = { "sum" },
    .states = adagrad_states,
    .counts = true,
    .step = adagrad_step,
};

gd_optimizer *gd_adagrad_with(gd_adagrad_options options)
{
    const double written[GD__OPTIONS] = { [GD__LR] = options.lr,
                                          [GD__LR_DECAY] = options.lr_decay,
                                          [GD__WEIGHT_DECAY] = options.weight_decay,
                                          [GD__INITIAL_ACCUMULATOR_VALUE] = options.initial_accumulator_value,
                                          [GD__EPS] = options.eps,
                                          [GD__MAXIMIZE] = options.maximize };
    return gd__optimizer(options.net, &adagrad, options.given, written);
}
