/* schedule.c - setting the learning rates of an optimizer, step by step, and chains of schedules. */
#include "optim/schedule.h"

#include "base/trace.h"

#include <math.h>

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
    o->stamp++;
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

static bool step(void *schedule)
{
    gd_schedule *s = schedule;
    return gd__schedule_ready(s, "gd_schedule_step", false) && set_rates(s, s->steps + 1);
}

bool gd_schedule_step(gd_schedule *schedule)
{
    if (!step(schedule))
        return false;
    gd__trace *trace = schedule->object.context->trace;
    return !trace || !trace->hosted || trace->hosted(trace, step, &schedule->object);
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
