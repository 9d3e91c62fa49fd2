/* wide.c - 784-1024-1024-10, a step of batch 128, update included: what large products cost. */
#include "gradus/works.h"

static gd_tensor *cross_entropy(gd_tensor *output, gd_tensor *target)
{
    return gd_cross_entropy(output, target);
}

static void *begin(const setting *s)
{
    drill *d = new_drill(s);
    if (!d)
        return NULL;
    gd_context *g = d->m.g;
    d->x = gd_rand(g, GD_FLOAT32, gd_shape(128, 784));
    d->t = gd_randint(g, GD_INT64, gd_shape(128), 0, 10);
    gd_layer *net = gd_sequential(g, gd_linear(g, 784, 1024), gd_relu_layer(g), gd_linear(g, 1024, 1024),
                                  gd_relu_layer(g), gd_linear(g, 1024, 10));
    d->m = (trainer){ .g = g, .net = net, .sgd = gd_sgd(net, .lr = 0.01), .loss = cross_entropy };
    return d;
}

static void *begin_compiled(const setting *s)
{
    return compiled_drill(begin(s));
}

const work wide_eager = { "wide_step", begin, repeat_drill, end_drill };
const work wide_compiled = { "wide_step_compiled", begin_compiled, repeat_drill, end_drill };
