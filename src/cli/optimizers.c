#include "cli.h"

#include <string.h>

static gd_optimizer *make_sgd(gd_layer *net, double lr)
{
    return gd_sgd(net, .lr = lr);
}

static gd_optimizer *make_adagrad(gd_layer *net, double lr)
{
    return gd_adagrad(net, .lr = lr);
}

static gd_optimizer *make_rmsprop(gd_layer *net, double lr)
{
    return gd_rmsprop(net, .lr = lr);
}

static gd_optimizer *make_adam(gd_layer *net, double lr)
{
    return gd_adam(net, .lr = lr);
}

static gd_optimizer *make_adamw(gd_layer *net, double lr)
{
    return gd_adamw(net, .lr = lr);
}

const optimizer_kind *optimizer_named(const char *name)
{
    static const optimizer_kind kinds[] = {
        { "sgd", 0.1, make_sgd },     { "adagrad", 0.01, make_adagrad }, { "rmsprop", 0.001, make_rmsprop },
        { "adam", 0.001, make_adam }, { "adamw", 0.001, make_adamw },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}
