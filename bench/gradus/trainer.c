/* trainer.c - contexts, and a step of training, eager or compiled. */
#include "gradus/works.h"

#include <stdio.h>

gd_context *open_context(const setting *s)
{
    return gd_open_with(&(gd_config){ .threads = s->threads });
}

void close_context(gd_context *g)
{
    if (gd_failed(g))
        fprintf(stderr, "%s\n", gd_message(g));
    gd_close(g);
}

static gd_tensor *step(void *user, gd_tensor *const *in, size_t n)
{
    trainer *m = user;
    (void)n;
    gd_zero_grad(m->net);
    gd_tensor *loss = m->loss(gd_forward(m->net, in[0]), in[1]);
    gd_backward(loss);
    gd_step(m->sgd);
    return loss;
}

#ifdef HAVE_COMPILE
bool compile(trainer *m)
{
    m->plan = gd_compile(m->g, step, m);
    return !gd_failed(m->g);
}

static gd_tensor *run_plan(trainer *m, gd_tensor *x, gd_tensor *t)
{
    return gd_run((gd_plan *)m->plan, x, t);
}
#else
bool compile(trainer *m)
{
    (void)m;
    return false;
}

static gd_tensor *run_plan(trainer *m, gd_tensor *x, gd_tensor *t)
{
    (void)m;
    (void)t;
    return x;
}
#endif

double train_on(trainer *m, gd_tensor *x, gd_tensor *t)
{
    GD_SCOPE(m->g);
    gd_tensor *in[] = { x, t };
    return gd_item(m->plan ? run_plan(m, x, t) : step(m, in, 2));
}
