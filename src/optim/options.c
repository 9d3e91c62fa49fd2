/* options.c - the options of rules: which were written, and whether they will do. */
#include "optim/optimizer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const struct {
    const char *name, *words;
    gd__range range;
} facts[GD__OPTIONS] = {
#define FACTS(constant, name, words, range) [constant] = { #name, words, range },
    GD__OPTION_LIST(FACTS)
#undef FACTS
};

static const struct {
    double least, below;
    const char *remedy;
} ranges[] = {
    [GD__NOT_NEGATIVE] = { 0, INFINITY, "Give one that is finite and not negative" },
    [GD__BELOW_ONE] = { 0, 1, "Give one of at least 0 and below 1" },
    [GD__ANY] = { -INFINITY, INFINITY, "Give a finite number" },
    [GD__FLAG] = { 0, 2, "Give true or false" },
};

const char *gd__option_name(gd__option option)
{
    return facts[option].name;
}

bool gd__bad_value(gd_context *g, const char *function, const char *what, double value, const char *remedy)
{
    char text[GD__NUMBER_SIZE];
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, remedy }, "%s is %s", what,
             gd__number_text(value, 6, text));
    return false;
}

bool gd__must_be_given(gd_context *g, const char *function, const char *given, const char *name)
{
    if (gd__given(given, name))
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "It has no default: write it behind the first argument" },
             ".%s was not given", name);
    return false;
}

void gd__take_options(const gd__rule *rule, const char *given, const double *written, const double *standard,
                      double *option)
{
    memcpy(option, standard, GD__OPTIONS * sizeof *option);
    for (const gd__default *own = rule->option; own->option; own++)
        if (gd__given(given, facts[own->option].name))
            option[own->option] = written[own->option];
}

bool gd__options_fit(gd_context *g, const char *function, const gd__rule *rule, const double *option)
{
    for (const gd__default *own = rule->option; own->option; own++) {
        double value = option[own->option];
        gd__range range = facts[own->option].range;
        if (!(value >= ranges[range].least && value < ranges[range].below))
            return gd__bad_value(g, function, facts[own->option].words, value, ranges[range].remedy);
    }
    return !rule->fits || rule->fits(g, function, option);
}

static bool has(const gd__rule *rule, gd__option option)
{
    const gd__default *own = rule->option;
    while (own->option && own->option != option)
        own++;
    return own->option;
}

static bool unknown(gd_context *g, const char *function, const gd__rule *rule, gd__option option)
{
    char list[160] = "";
    for (const gd__default *own = rule->option; own->option; own++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", facts[own->option].name);
    }
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "Give options that the optimizer has" },
             "%s has no option %s; there are: %s", rule->name, facts[option].name, list);
    return false;
}

bool gd__options_known(gd_context *g, const char *function, const gd__rule *rule, const char *given)
{
    for (gd__option option = GD__LR; given && option < GD__OPTIONS; option++)
        if (!has(rule, option) && gd__given(given, facts[option].name))
            return unknown(g, function, rule, option);
    return true;
}
