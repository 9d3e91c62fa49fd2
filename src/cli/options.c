#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int complain(const char *command, const char *what, const char *argument)
{
    fprintf(stderr, "gradus %s: %s '%s'; see gradus %s --help\n", command, what, argument, command);
    return -1;
}

static const option *find(const option *options, const char *name, size_t length)
{
    for (; options->name; options++)
        if (strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

static bool set_count(const option *o, const char *text)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || errno)
        return false;
    *(int64_t *)o->value = value;
    return true;
}

static bool set_number(const option *o, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value))
        return false;
    *(double *)o->value = value;
    return true;
}

/* A tab may be written as in C. */
static bool set_character(const option *o, const char *text)
{
    bool tab = strcmp(text, "\\t") == 0;
    *(char *)o->value = tab ? '\t' : *text;
    return tab || strlen(text) == 1;
}

static bool set(const option *o, const char *text)
{
    if (o->kind == OPTION_CHARACTER)
        return set_character(o, text);
    if (o->kind == OPTION_COUNT)
        return set_count(o, text);
    if (o->kind == OPTION_NUMBER)
        return set_number(o, text);
    *(const char **)o->value = text;
    return true;
}

int parse_options(const char *command, int count, char **arguments, const option *options)
{
    static const char *const wanted[] = { [OPTION_COUNT] = "no whole number:",
                                          [OPTION_NUMBER] = "no number:",
                                          [OPTION_CHARACTER] = "no single character:" };
    int operands = 0;
    for (int i = 0; i < count; i++) {
        const char *argument = strcmp(arguments[i], "-h") == 0 ? "--help" : arguments[i];
        if (strncmp(argument, "--", 2) != 0) {
            arguments[operands++] = arguments[i];
            continue;
        }
        const char *name = argument + 2, *equals = strchr(name, '=');
        const option *o = find(options, name, equals ? (size_t)(equals - name) : strlen(name));
        if (!o || (equals && o->kind == OPTION_FLAG))
            return complain(command, "there is no option", argument);
        if (o->kind == OPTION_FLAG) {
            *(bool *)o->value = true;
            continue;
        }
        const char *value = equals ? equals + 1 : i + 1 < count ? arguments[++i] : NULL;
        if (!value)
            return complain(command, "a value must follow", argument);
        if (!set(o, value))
            return complain(command, wanted[o->kind], value);
    }
    return operands;
}

FILE *help_stream(bool asked)
{
    return asked ? stdout : stderr;
}

void print_options(FILE *to, const option *options)
{
    for (; options->name; options++) {
        fprintf(to, "  --%-12s %s", options->name, options->help);
        if (options->kind == OPTION_COUNT)
            fprintf(to, " (%lld)", (long long)*(int64_t *)options->value);
        else if (options->kind == OPTION_NUMBER && !isnan(*(double *)options->value))
            fprintf(to, " (%g)", *(double *)options->value);
        else if (options->kind == OPTION_TEXT && *(const char **)options->value)
            fprintf(to, " (%s)", *(const char **)options->value);
        fputc('\n', to);
    }
}

int report_failure(const gd_context *g)
{
    fprintf(stderr, "gradus: %s\n", gd_message(g));
    return EXIT_FAILED;
}
