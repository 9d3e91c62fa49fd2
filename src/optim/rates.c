/* rates.c - the schedules whose rates follow from the number of the step. */
#include "optim/schedule.h"

#include <math.h>
#include <string.h>

bool gd__schedule_fits(gd_context *g, const gd__schedule_kind *kind, const char *what, double value, double least)
{
    if (value >= least && isfinite(value))
        return true;
    return gd__bad_value(g, kind->name, what, value, least > 0 ? "Give 1 or more" : "Give a finite one, 0 or more");
}

static double step_factor(const gd_schedule *s, int64_t t)
{
    return pow(s->options.step.gamma, (double)(t / s->options.step.step_size));
}

gd_schedule *gd_step_lr_with(gd_step_lr_options options)
{
    static const gd__schedule_kind kind = { "gd_step_lr", step_factor };
    gd_context *g = gd__context(options.optimizer);
    if (!gd__given(options.given, "gamma"))
        options.gamma = 0.1;
    bool good = gd__optimizer_usable(options.optimizer, kind.name) &&
                gd__must_be_given(g, kind.name, options.given, "step_size") &&
                gd__schedule_fits(g, &kind, "the step size", (double)options.step_size, 1) &&
                gd__schedule_fits(g, &kind, "gamma", options.gamma, 0);
    gd_schedule *s = good ? gd__schedule(options.optimizer, &kind) : NULL;
    if (s)
        s->options.step = options;
    return gd__schedule_begin(g, s);
}

static double multistep_factor(const gd_schedule *s, int64_t t)
{
    int passed = 0;
    for (size_t i = 0; i < s->milestones; i++)
        passed += s->milestone[i] <= t;
    return pow(s->options.multistep.gamma, passed);
}

static bool milestones_fit(gd_context *g, const gd__schedule_kind *kind, gd_steps milestones)
{
    bool good = gd__schedule_fits(g, kind, "the number of milestones", (double)milestones.count, 1);
    for (size_t i = 0; good && i < milestones.count; i++)
        good = gd__schedule_fits(g, kind, "a milestone", (double)milestones.step[i], 0);
    return good;
}

static bool copy_milestones(gd_schedule *s, gd_steps milestones)
{
    size_t size = milestones.count * sizeof *milestones.step;
    s->milestone = gd__alloc(s->object.context, size);
    if (!s->milestone)
        return false;
    memcpy(s->milestone, milestones.step, size);
    s->milestones = milestones.count;
    return true;
}

gd_schedule *gd_multistep_lr_with(gd_multistep_lr_options options)
{
    static const gd__schedule_kind kind = { "gd_multistep_lr", multistep_factor };
    gd_context *g = gd__context(options.optimizer);
    if (!gd__given(options.given, "gamma"))
        options.gamma = 0.1;
    bool good = gd__optimizer_usable(options.optimizer, kind.name) &&
                gd__must_be_given(g, kind.name, options.given, "milestones") &&
                milestones_fit(g, &kind, options.milestones) &&
                gd__schedule_fits(g, &kind, "gamma", options.gamma, 0);
    gd_schedule *s = good ? gd__schedule(options.optimizer, &kind) : NULL;
    if (!s || !copy_milestones(s, options.milestones))
        return gd__error_object(g);
    s->options.multistep = options;
    return gd__schedule_begin(g, s);
}

static double exponential_factor(const gd_schedule *s, int64_t t)
{
    return pow(s->options.exponential.gamma, (double)t);
}

gd_schedule *gd_exponential_lr_with(gd_exponential_lr_options options)
{
    static const gd__schedule_kind kind = { "gd_exponential_lr", exponential_factor };
    gd_context *g = gd__context(options.optimizer);
    bool good = gd__optimizer_usable(options.optimizer, kind.name) &&
                gd__must_be_given(g, kind.name, options.given, "gamma") &&
                gd__schedule_fits(g, &kind, "gamma", options.gamma, 0);
    gd_schedule *s = good ? gd__schedule(options.optimizer, &kind) : NULL;
    if (s)
        s->options.exponential = options;
    return gd__schedule_begin(g, s);
}

static double cosine_factor(const gd_schedule *s, int64_t t)
{
    const double pi = 3.14159265358979323846;
    return (1 + cos(pi * (double)t / (double)s->options.cosine.T_max)) / 2;
}

gd_schedule *gd_cosine_annealing_lr_with(gd_cosine_annealing_lr_options options)
{
    static const gd__schedule_kind kind = { "gd_cosine_annealing_lr", cosine_factor };
    gd_context *g = gd__context(options.optimizer);
    bool good = gd__optimizer_usable(options.optimizer, kind.name) &&
                gd__must_be_given(g, kind.name, options.given, "T_max") &&
                gd__schedule_fits(g, &kind, "T_max", (double)options.T_max, 1) &&
                gd__schedule_fits(g, &kind, "eta_min", options.eta_min, 0);
    gd_schedule *s = good ? gd__schedule(options.optimizer, &kind) : NULL;
    if (s) {
        s->floor = options.eta_min;
        s->options.cosine = options;
    }
    return gd__schedule_begin(g, s);
}

static double linear_factor(const gd_schedule *s, int64_t t)
{
    const gd_linear_lr_options *o = &s->options.linear;
    int64_t reached = t < o->total_iters ? t : o->total_iters;
    return o->start_factor + (o->end_factor - o->start_factor) * (double)reached / (double)o->total_iters;
}

static bool line_fits(gd_context *g, const gd__schedule_kind *kind, const gd_linear_lr_options *o)
{
    if (!(o->start_factor > 0 && o->start_factor <= 1))
        return gd__bad_value(g, kind->name, "the factor at the start", o->start_factor,
                             "Give one above 0 and at most 1");
    if (!(o->end_factor >= 0 && o->end_factor <= 1))
        return gd__bad_value(g, kind->name, "the factor at the end", o->end_factor, "Give one from 0 to 1");
    return gd__schedule_fits(g, kind, "the number of steps", (double)o->total_iters, 1);
}

gd_schedule *gd_linear_lr_with(gd_linear_lr_options options)
{
    static const gd__schedule_kind kind = { "gd_linear_lr", linear_factor };
    gd_context *g = gd__context(options.optimizer);
    if (!gd__given(options.given, "start_factor"))
        options.start_factor = 1.0 / 3;
    if (!gd__given(options.given, "end_factor"))
        options.end_factor = 1;
    if (!gd__given(options.given, "total_iters"))
        options.total_iters = 5;
    bool good = gd__optimizer_usable(options.optimizer, kind.name) && line_fits(g, &kind, &options);
    gd_schedule *s = good ? gd__schedule(options.optimizer, &kind) : NULL;
    if (s)
        s->options.linear = options;
    return gd__schedule_begin(g, s);
}

static double lambda_factor(const gd_schedule *s, int64_t t)
{
    return s->options.lambda.function(s->options.lambda.user, t);
}

gd_schedule *gd_lambda_lr(gd_optimizer *optimizer, gd_rate_function *factor, void *user)
{
    static const gd__schedule_kind kind = { "gd_lambda_lr", lambda_factor };
    gd_context *g = gd__context(optimizer);
    if (!gd__optimizer_usable(optimizer, kind.name))
        return gd__error_object(g);
    if (!factor)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, kind.name, "Pass a function" }, "the function is NULL");
    gd_schedule *s = gd__schedule(optimizer, &kind);
    if (s) {
        s->options.lambda.function = factor;
        s->options.lambda.user = user;
    }
    return gd__schedule_begin(g, s);
}
