/* group.c - parameters with options of their own, and the learning rates of groups. */
#include "optim/optimizer.h"

#include "base/trace.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- making ---- */

static int matches(const gd_optimizer *o, const char *pattern)
{
    int count = 0;
    for (int i = 0; i < o->count; i++)
        count += fnmatch(pattern, o->slot[i].name, 0) == 0;
    return count;
}

static bool matches_something(const gd_optimizer *o, const char *pattern)
{
    char known[200] = "";
    gd_context *g = o->object.context;
    if (!pattern) {
        gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_optimizer_group", "Say which parameters: \"*.bias\"" },
                 "the pattern is NULL");
        return false;
    }
    if (matches(o, pattern) > 0)
        return true;
    for (int i = 0; i < o->count; i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", o->slot[i].name);
    }
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_optimizer_group", "Give a pattern that fits one of these names" },
             "no parameter is called '%.40s'; there are: %s", pattern, known);
    return false;
}

/* The rates that a schedule sets start from those of its groups: it must know them all. */
static bool before_schedules(const gd_optimizer *o)
{
    if (!o->schedule)
        return true;
    gd__fail(o->object.context,
             (gd__fault){ GD_ERROR_STATE, 0, "gd_optimizer_group", "Make groups before schedules" },
             "the optimizer has a schedule already");
    return false;
}

int gd_optimizer_group_with(gd_group_options options)
{
    static const char function[] = "gd_optimizer_group";
    gd_optimizer *o = options.optimizer;
    gd_context *g = gd__context(o);
    const double written[GD__OPTIONS] = {
#define WRITTEN(constant, name, words, range) [constant] = options.name,
        GD__OPTION_LIST(WRITTEN)
#undef WRITTEN
    };
    gd__group group = { .initial_lr = NAN };
    if (!gd__optimizer_usable(o, function) || !matches_something(o, options.parameters) || !before_schedules(o) ||
        !gd__options_known(g, function, o->rule, options.given))
        return -1;
    gd__take_options(o->rule, options.given, written, o->group[0].option, group.option);
    if (!gd__options_fit(g, function, o->rule, group.option) ||
        !gd__grow(g, (void **)&o->group, &o->group_capacity, o->groups + 1, sizeof group))
        return -1;
    o->group[o->groups] = group;
    for (int i = 0; i < o->count; i++)
        if (fnmatch(options.parameters, o->slot[i].name, 0) == 0)
            o->slot[i].group = o->groups;
    g->settings++;
    return o->groups++;
}

/* ---- learning rates ---- */

static bool has_group(const gd_optimizer *o, int group, const char *function)
{
    if (group >= 0 && group < o->groups)
        return true;
    gd__fail(o->object.context,
             (gd__fault){ GD_ERROR_INDEX, 0, function, "Use what gd_optimizer_group returned, or 0" },
             "there is no group %d: there are %d", group, o->groups);
    return false;
}

static double rate(const gd_optimizer *o, int group, const char *function)
{
    bool good = gd__usable(gd__context(o), o, function, "the optimizer") && has_group(o, group, function);
    return good ? o->group[group].option[GD__LR] : NAN;
}

static bool set_rate(gd_optimizer *o, int group, double lr, const char *function)
{
    if (!gd__optimizer_usable(o, function) || !has_group(o, group, function) ||
        !gd__may_stray(o->object.context, function, "Set learning rates outside of the step: a replay reads them"))
        return false;
    gd__group changed = o->group[group];
    changed.option[GD__LR] = lr;
    if (!gd__options_fit(o->object.context, function, o->rule, changed.option))
        return false;
    o->group[group] = changed;
    o->stamp++;
    return true;
}

double gd_group_learning_rate(const gd_optimizer *optimizer, int group)
{
    return rate(optimizer, group, "gd_group_learning_rate");
}

bool gd_set_group_learning_rate(gd_optimizer *optimizer, int group, double lr)
{
    return set_rate(optimizer, group, lr, "gd_set_group_learning_rate");
}

double gd_learning_rate(const gd_optimizer *optimizer)
{
    return rate(optimizer, 0, "gd_learning_rate");
}

bool gd_set_learning_rate(gd_optimizer *optimizer, double lr)
{
    return set_rate(optimizer, 0, lr, "gd_set_learning_rate");
}
