/* sgd.c - stochastic gradient descent. */
#include "optim/optimizer.h"

static unsigned sgd_states(const double *option)
{
    return option[GD__MOMENTUM] != 0;
}

static bool sgd_fits(gd_context *g, const char *function, const double *option)
{
    if (option[GD__NESTEROV] == 0 || (option[GD__MOMENTUM] != 0 && option[GD__DAMPENING] == 0))
        return true;
    return gd__bad_value(g, function, "with nesterov, the momentum", option[GD__MOMENTUM],
                         "Nesterov needs a momentum above 0 and no dampening");
}

static gd_tensor *sgd_step(const gd__turn *t)
{
    gd_sgd_rule rule = { .lr = t->option[GD__LR],
                         .momentum = t->option[GD__MOMENTUM],
                         .dampening = t->option[GD__DAMPENING],
                         .weight_decay = t->option[GD__WEIGHT_DECAY],
                         .nesterov = t->option[GD__NESTEROV] != 0,
                         .maximize = t->option[GD__MAXIMIZE] != 0,
                         .first = t->first };
    return gd_sgd_update(t->p, t->d, t->state[0], rule);
}

static const gd__rule sgd = {
    .name = "gd_sgd",
    .option = { { GD__LR, 1e-3 },
                { GD__MOMENTUM, 0 },
                { GD__DAMPENING, 0 },
                { GD__WEIGHT_DECAY, 0 },
                { GD__NESTEROV, false },
                { GD__MAXIMIZE, false } },
    .state = { "momentum_buffer" },
    .states = sgd_states,
    .fits = sgd_fits,
    .step = sgd_step,
};

gd_optimizer *gd_sgd_with(gd_sgd_options options)
{
    const double written[GD__OPTIONS] = { [GD__LR] = options.lr,
                                          [GD__MOMENTUM] = options.momentum,
                                          [GD__DAMPENING] = options.dampening,
                                          [GD__WEIGHT_DECAY] = options.weight_decay,
                                          [GD__NESTEROV] = options.nesterov,
                                          [GD__MAXIMIZE] = options.maximize };
    return gd__optimizer(options.net, &sgd, options.given, written);
}
