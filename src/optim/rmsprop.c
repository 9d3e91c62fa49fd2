/* rmsprop.c - steps measured by a running mean of squared gradients (Tieleman and Hinton 2012). */
#include "optim/optimizer.h"

enum { SQUARE, MEAN, MOMENTUM };

static unsigned rmsprop_states(const double *option)
{
    return 1u << SQUARE | (unsigned)(option[GD__CENTERED] != 0) << MEAN |
           (unsigned)(option[GD__MOMENTUM] != 0) << MOMENTUM;
}

static gd_tensor *rmsprop_step(const gd__turn *t)
{
    gd_rmsprop_rule rule = { .lr = t->option[GD__LR],
                             .alpha = t->option[GD__ALPHA],
                             .eps = t->option[GD__EPS],
                             .weight_decay = t->option[GD__WEIGHT_DECAY],
                             .momentum = t->option[GD__MOMENTUM],
                             .maximize = t->option[GD__MAXIMIZE] != 0 };
    return gd_rmsprop_update(t->p, t->d, t->state[SQUARE], t->state[MEAN], t->state[MOMENTUM], rule);
}

static const gd__rule rmsprop = {
    .name = "gd_rmsprop",
    .option = { { GD__LR, 1e-2 },
                { GD__ALPHA, 0.99 },
                { GD__EPS, 1e-8 },
                { GD__WEIGHT_DECAY, 0 },
                { GD__MOMENTUM, 0 },
                { GD__CENTERED, false },
                { GD__MAXIMIZE, false } },
    .state = { [SQUARE] = "square_avg", [MEAN] = "grad_avg", [MOMENTUM] = "momentum_buffer" },
    .states = rmsprop_states,
    .step = rmsprop_step,
};

gd_optimizer *gd_rmsprop_with(gd_rmsprop_options options)
{
    const double written[GD__OPTIONS] = { [GD__LR] = options.lr,
                                          [GD__ALPHA] = options.alpha,
                                          [GD__EPS] = options.eps,
                                          [GD__WEIGHT_DECAY] = options.weight_decay,
                                          [GD__MOMENTUM] = options.momentum,
                                          [GD__CENTERED] = options.centered,
                                          [GD__MAXIMIZE] = options.maximize };
    return gd__optimizer(options.net, &rmsprop, options.given, written);
}
