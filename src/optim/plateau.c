/* plateau.c - learning rates that go down when a metric does not become better. */
#include "optim/schedule.h"

#include "base/trace.h"

#include <math.h>

static bool is_better(const gd_schedule *s, double metric)
{
    const gd_reduce_lr_on_plateau_options *o = &s->options.plateau;
    double by = o->maximize ? o->threshold : -o->threshold;
    double bound = o->absolute ? s->best + by : s->best * (1 + by);
    return o->maximize ? metric > bound : metric < bound;
}

static void reduce(const gd_schedule *s)
{
    const gd_reduce_lr_on_plateau_options *o = &s->options.plateau;
    for (int i = 0; i < s->optimizer->groups; i++) {
        double *lr = &s->optimizer->group[i].option[GD__LR];
        double reduced = fmax(*lr * o->factor, o->min_lr);
        if (*lr - reduced > o->eps)
            *lr = reduced;
    }
    s->optimizer->stamp++;
}

bool gd_schedule_step_on(gd_schedule *schedule, double metric)
{
    if (!gd__schedule_ready(schedule, "gd_schedule_step_on", true) ||
        !gd__may_stray(schedule->object.context, "gd_schedule_step_on", "Step the schedule after gd_run"))
        return false;
    gd_schedule *s = schedule;
    bool better = is_better(s, metric);
    s->steps++;
    s->best = better ? metric : s->best;
    s->bad = better || s->wait > 0 ? 0 : s->bad + 1;
    s->wait -= s->wait > 0;
    if (s->bad <= s->options.plateau.patience)
        return true;
    reduce(s);
    s->wait = s->options.plateau.cooldown;
    s->bad = 0;
    return true;
}

static bool plateau_fits(gd_context *g, const gd__schedule_kind *kind, const gd_reduce_lr_on_plateau_options *o)
{
    if (!(o->factor >= 0 && o->factor < 1))
        return gd__bad_value(g, kind->name, "the factor", o->factor, "Give one of at least 0 and below 1");
    return gd__schedule_fits(g, kind, "the patience", (double)o->patience, 0) &&
           gd__schedule_fits(g, kind, "the threshold", o->threshold, 0) &&
           gd__schedule_fits(g, kind, "the cooldown", (double)o->cooldown, 0) &&
           gd__schedule_fits(g, kind, "the lowest learning rate", o->min_lr, 0) &&
           gd__schedule_fits(g, kind, "eps", o->eps, 0);
}

gd_schedule *gd_reduce_lr_on_plateau_with(gd_reduce_lr_on_plateau_options options)
{
    static const gd__schedule_kind kind = { "gd_reduce_lr_on_plateau", NULL };
    gd_context *g = gd__context(options.optimizer);
    if (!gd__given(options.given, "factor"))
        options.factor = 0.1;
    if (!gd__given(options.given, "patience"))
        options.patience = 10;
    if (!gd__given(options.given, "threshold"))
        options.threshold = 1e-4;
    if (!gd__given(options.given, "eps"))
        options.eps = 1e-8;
    bool good = gd__optimizer_usable(options.optimizer, kind.name) && plateau_fits(g, &kind, &options);
    gd_schedule *s = good ? gd__schedule(options.optimizer, &kind) : NULL;
    if (s) {
        s->options.plateau = options;
        s->best = options.maximize ? -INFINITY : INFINITY;
    }
    return gd__schedule_begin(g, s);
}
