/* trainer.c - contexts, a step of training, eager or compiled, and one batch that is trained on again and again. */
#include "gradus/works.h"

#include <stdio.h>
#include <stdlib.h>

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

bool compile(trainer *m)
{
    m->plan = gd_compile(m->g, step, m);
    return !gd_failed(m->g);
}

double train_on(trainer *m, gd_tensor *x, gd_tensor *t)
{
    GD_SCOPE(m->g);
    gd_tensor *in[] = { x, t };
    return gd_item(m->plan ? gd_run(m->plan, x, t) : step(m, in, 2));
}

drill *new_drill(const setting *s)
{
    drill *d = calloc(1, sizeof *d);
    if (d)
        d->m.g = open_context(s);
    if (d && !d->m.g) {
        free(d);
        return NULL;
    }
    return d;
}

drill *compiled_drill(drill *d)
{
    if (!d || compile(&d->m))
        return d;
    end_drill(d);
    return NULL;
}

double repeat_drill(void *user, long count)
{
    drill *d = user;
    double loss = 0;
    for (long i = 0; i < count; i++)
        loss = train_on(&d->m, d->x, d->t);
    return loss;
}

void end_drill(void *user)
{
    drill *d = user;
    close_context(d->m.g);
    free(d);
}
