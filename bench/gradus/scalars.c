/* scalars.c - ten multiplications of two scalars in a chain, forward and backward: what an operation costs that has next
 * to nothing to do. */
#include "gradus/works.h"

#include <stdlib.h>

typedef struct chain {
    gd_context *g;
    gd_tensor *x, *w;
} chain;

static void *begin(const setting *s)
{
    gd_context *g = open_context(s);
    chain *c = g ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return NULL;
    *c = (chain){ g, gd_require_grad(gd_scalar(g, GD_FLOAT32, 1.5), true),
                  gd_require_grad(gd_scalar(g, GD_FLOAT32, 0.9), true) };
    return c;
}

static void once(const chain *c)
{
    GD_SCOPE(c->g);
    gd_tensor *y = c->x;
    for (int i = 0; i < 10; i++)
        y = gd_mul(y, c->w);
    gd_clear_grad(c->x);
    gd_clear_grad(c->w);
    gd_backward(y);
}

static double repeat(void *user, long count)
{
    chain *c = user;
    for (long i = 0; i < count; i++)
        once(c);
    return gd_item(gd_grad(c->w));
}

static void end(void *user)
{
    chain *c = user;
    close_context(c->g);
    free(c);
}

const work scalars = { "scalars", begin, repeat, end };
