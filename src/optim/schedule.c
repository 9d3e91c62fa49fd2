/* schedule.c - learning rates by the step. */
#include "optim/schedule.h"

#include <math.h>
#include <string.h>

static void schedule_destroy(gd__object *object)
{
    gd_schedule *s = (gd_schedule *)object;
    gd__free(object->context, s->milestone, s->milestones * sizeof *s->milestone);
}

static const gd__class schedule_class = { "schedule", sizeof(gd_schedule), schedule_destroy };

gd_schedule *gd__schedule(gd_optimizer *optimizer, const gd__schedule_kind *kind)
{
    gd_schedule *s = gd__new(optimizer->object.context, &schedule_class);
    if (!s)
        return NULL;
    s->kind = kind;
    s->optimizer = optimizer;
    s->optimizer_serial = optimizer->object.serial;
    return s;
}

/* ---- setting rates ---- */

/* The factor of step t: that of the schedule in the chain whose turn it is. */
static bool factor_at(const gd_schedule *s, int64_t t, double *factor, double *floor)
{
    gd_context *g = s->object.context;
    const char *function = s->kind->name;
    for (; s->next && t >= s->until; s = s->next) {
        if (!gd__lasts(g, &s->next->object, s->next_serial, function, "the schedule that follows"))
            return false;
        t -= s->until;
    }
    *floor = s->floor;
    *factor = s->kind->factor(s, t);
    if (*factor >= 0 && isfinite(*factor))
        return true;
    return gd__bad_value(g, s->kind->name, "the factor of the learning rate", *factor,
                         "Have it finite and not negative");
}

/* The learning rates of all groups, or none. */
static bool set_rates(gd_schedule *s, int64_t t)
{
    double factor, floor;
    gd_optimizer *o = s->optimizer;
    if (!factor_at(s, t, &factor, &floor))
        return false;
    for (int i = 0; i < o->groups; i++) {
        gd__group *group = &o->group[i];
        if (isnan(group->initial_lr))
            group->initial_lr = group->option[GD__LR];
        group->option[GD__LR] = floor + (group->initial_lr - floor) * factor;
    }
    s->steps = t;
    return true;
}

gd_schedule *gd__schedule_begin(gd_context *g, gd_schedule *s)
{
    if (!s || (s->kind->factor && !set_rates(s, s->steps)))
        return gd__error_object(g);
    s->optimizer->schedule = s;
    s->optimizer->schedule_serial = s->object.serial;
    return s;
}

/* ---- stepping ---- */

static bool wrong_step(const gd_schedule *s, const char *function)
{
    gd__fail(s->object.context,
             (gd__fault){ GD_ERROR_STATE, 0, function,
                          s->kind->factor ? "Call gd_schedule_step" : "Call gd_schedule_step_on with its metric" },
             "%s makes a schedule that %s a metric", s->kind->name, s->kind->factor ? "does not follow" : "follows");
    return false;
}

/* Is it still the one that sets the optimizer's rates? */
static bool leads(const gd_schedule *s, const char *function)
{
    if (s->optimizer->schedule == s && s->optimizer->schedule_serial == s->object.serial)
        return true;
    gd__fail(s->object.context,
             (gd__fault){ GD_ERROR_STATE, 0, function, "Step that one, or chain them with gd_schedule_then" },
             "another schedule sets the learning rates of the optimizer");
    return false;
}

bool gd__schedule_ready(gd_schedule *s, const char *function, bool on_metric)
{
    gd_context *g = gd__context(s);
    if (!gd__usable(g, s, function, "the schedule") || g->failed ||
        !gd__lasts(g, &s->optimizer->object, s->optimizer_serial, function, "the optimizer"))
        return false;
    return (s->kind->factor == NULL) == on_metric ? leads(s, function) : wrong_step(s, function);
}

bool gd_schedule_step(gd_schedule *schedule)
{
    return gd__schedule_ready(schedule, "gd_schedule_step", false) && set_rates(schedule, schedule->steps + 1);
}

/* ---- chains ---- */

static void *refuse_link(gd_context *g, const char *what)
{
    return gd__fail(
        g,
        (gd__fault){ GD_ERROR_VALUE, 0, "gd_schedule_then",
                     "Chain new schedules of one optimizer, each once, in the order of their milestones" },
        "%s", what);
}

/* The last of the chain; the milestone is counted from there then. NULL with the error set. */
static gd_schedule *last_of(gd_schedule *s, int64_t *milestone)
{
    for (; s->next; s = s->next) {
        if (!gd__lasts(s->object.context, &s->next->object, s->next_serial, "gd_schedule_then",
                       "the schedule that follows"))
            return NULL;
        *milestone -= s->until;
    }
    return s;
}

gd_schedule *gd_schedule_then(gd_schedule *first, int64_t milestone, gd_schedule *next)
{
    static const char function[] = "gd_schedule_then";
    gd_context *g = first ? gd__context(first) : gd__context(next);
    if (!gd__usable(g, first, function, "the first schedule") ||
        !gd__usable(g, next, function, "the next schedule") || g->failed ||
        !gd__lasts(g, &first->optimizer->object, first->optimizer_serial, function, "the optimizer"))
        return gd__error_object(g);
    if (first->optimizer_serial != next->optimizer_serial || first == next)
        return refuse_link(g, "these are not two schedules of one optimizer");
    if (!first->kind->factor || !next->kind->factor)
        return refuse_link(g, "a schedule that follows a metric can't be chained");
    if (first->chained || next->chained)
        return refuse_link(g, "one of them follows another already");
    gd_schedule *last = last_of(first, &milestone);
    if (!last)
        return gd__error_object(g);
    if (milestone < 1)
        return refuse_link(g, "the milestone is not above those before it");
    last->next = next;
    last->next_serial = next->object.serial;
    last->until = milestone;
    next->chained = true;
    return gd__schedule_begin(g, first);
}

/* ---- kinds ---- */

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
    bool good = gd__optimizer_usable(options.optimizer, kind.name) && milestones_fit(g, &kind, options.milestones) &&
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
    if (!gd__given(options.given, "gamma"))
        options.gamma = NAN; /* there is no default: refused */
    bool good =
        gd__optimizer_usable(options.optimizer, kind.name) && gd__schedule_fits(g, &kind, "gamma", options.gamma, 0);
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
