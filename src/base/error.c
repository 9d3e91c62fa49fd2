#include "base/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *gd_status_name(gd_status status)
{
    static const char *const names[] = {
#define NAME(constant, name) [constant] = name,
        GD_STATUS_LIST(NAME)
#undef NAME
    };
    size_t at = (size_t)status;
    return at < sizeof names / sizeof *names ? names[at] : "unknown";
}

bool gd_failed(const gd_context *g)
{
    return !g || g->failed;
}

const gd_error *gd_first_error(const gd_context *g)
{
    return g ? &g->error : &gd__nowhere.error;
}

const char *gd_message(const gd_context *g)
{
    return gd_first_error(g)->message;
}

void gd_clear(gd_context *g)
{
    if (!g || g->stand_in)
        return;
    g->failed = false;
    g->error = (gd_error){ .dim = -1 };
}

void gd_on_error(gd_context *g, gd_error_callback *callback, void *user)
{
    if (!g || g->stand_in)
        return;
    g->on_error = callback;
    g->on_error_user = user;
}

void gd__write_place(char *text, size_t size, const gd__place *place)
{
    if (!place)
        return;
    gd__write_place(text, size, place->outer);
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", used ? " > " : "", place->name);
}

static void write_message(gd_error *error)
{
    int used = snprintf(error->message, sizeof error->message, "%s: %s", error->op, error->what);
    size_t at = used < 0 ? 0 : (size_t)used;
    if (error->layer[0] && at < sizeof error->message)
        at += (size_t)snprintf(error->message + at, sizeof error->message - at, " [in layer %s]", error->layer);
    if (error->remedy[0] && at < sizeof error->message)
        snprintf(error->message + at, sizeof error->message - at, ". %s", error->remedy);
}

void *gd__fail(gd_context *g, gd__fault fault, const char *format, ...)
{
    if (!g || g->stand_in)
        return &gd__nowhere.error_object;
    if (g->failed && !g->on_error)
        return &g->error_object;
    gd_error error = { .status = fault.status, .dim = fault.dim - 1 };
    const char *op = fault.op ? fault.op : g->running ? g->running : "gradus";
    snprintf(error.op, sizeof error.op, "%s", op);
    snprintf(error.remedy, sizeof error.remedy, "%s", fault.remedy ? fault.remedy : "");
    gd__write_place(error.layer, sizeof error.layer, g->place);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error.what, sizeof error.what, format, arguments);
    va_end(arguments);
    write_message(&error);
    if (!g->failed)
        g->error = error;
    g->failed = true;
    if (g->on_error)
        g->on_error(g->on_error_user, &error);
    return &g->error_object;
}

bool gd__unusable(gd_context *g, const void *object, const char *function, const char *what)
{
    if (gd__alive(object))
        gd__fail(g, (gd__fault){ .status = GD_ERROR_CONTEXT, .op = function, .remedy = "Make all in one context" },
                 "%s belongs to another context", what);
    else if (gd__is_error(object) && gd__context(object) != g)
        gd__fail(
            g,
            (gd__fault){ .status = GD_ERROR_CONTEXT, .op = function, .remedy = "Look at the error of that context" },
            "%s is an error object of another context, or of none", what);
    else if (!object)
        gd__fail(g, (gd__fault){ .status = GD_ERROR_NULL, .op = function, .remedy = "Pass an object" }, "%s is NULL",
                 what);
    else if (!gd__is_error(object))
        gd__fail(g,
                 (gd__fault){ .status = GD_ERROR_DEAD,
                              .op = function,
                              .remedy = "Make it in an outer scope; a tensor can be moved there with gd_keep" },
                 "%s was used after the scope that it lived in", what);
    return false;
}
