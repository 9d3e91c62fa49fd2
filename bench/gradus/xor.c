/* xor.c - notebook 003's network, 2-2-1, on all four samples at once, the loss read each step. */
#include "gradus/works.h"

static gd_tensor *bce(gd_tensor *output, gd_tensor *target)
{
    return gd_bce(output, target);
}

static void *begin(const setting *s)
{
    drill *d = new_drill(s);
    if (!d)
        return NULL;
    gd_context *g = d->m.g;
    gd_seed(g, GD_RNG_TORCH, 70);
    d->x = gd_values(g, gd_shape(4, 2), 0, 0, 0, 1, 1, 0, 1, 1);
    d->t = gd_values(g, gd_shape(4, 1), 0, 1, 1, 0);
    gd_layer *net =
        gd_sequential(g, gd_linear(g, 2, 2), gd_sigmoid_layer(g), gd_linear(g, 2, 1), gd_sigmoid_layer(g));
    d->m = (trainer){ .g = g, .net = net, .sgd = gd_sgd(net, .lr = 0.5), .loss = bce };
    return d;
}

static void *begin_compiled(const setting *s)
{
    return compiled_drill(begin(s));
}

const work xor_eager = { "xor", begin, repeat_drill, end_drill };
const work xor_compiled = { "xor_compiled", begin_compiled, repeat_drill, end_drill };
