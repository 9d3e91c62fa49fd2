/* parameters.c - the parameters of a network by number and by name. */
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

#include "gradus/autograd.h"

enum { NAME_SIZE = 256 };

static bool visit_layer(gd_layer *layer, const gd__path *outer, gd__visit *visit, void *user)
{
    for (int i = 0; i < layer->own_count; i++)
        if (!visit(user, outer, &layer->own[i]))
            return false;
    for (int i = 0; i < layer->children; i++)
        if (!visit_layer(layer->child[i], &(gd__path){ outer, i }, visit, user))
            return false;
    return true;
}

bool gd__each_parameter(gd_layer *layer, gd__visit *visit, void *user)
{
    return visit_layer(layer, NULL, visit, user);
}

/* Writes "2.0." of the path; returns how much of the text is used. */
static size_t write_path(char *text, const gd__path *path)
{
    if (!path)
        return 0;
    size_t used = write_path(text, path->outer);
    int more = snprintf(text + used, NAME_SIZE - used, "%d.", path->index);
    used += more > 0 ? (size_t)more : 0;
    return used < NAME_SIZE ? used : NAME_SIZE - 1;
}

static void write_name(char *text, const gd__path *path, const gd__parameter *parameter)
{
    size_t used = write_path(text, path);
    snprintf(text + used, NAME_SIZE - used, "%s", parameter->name);
}

/* ---- by number: a tensor that several layers share counts at its first place ---- */

typedef struct search {
    gd_layer *layer;
    uint64_t mark;    /* of the tensors that were met */
    int wanted, at;   /* a number, and the one reached */
    const char *name; /* or a name */
    const gd__parameter *found;
    char found_name[NAME_SIZE];
    int64_t numel;
    char known[200]; /* the names there are, for messages */
} search;

static bool count_one(void *user, const gd__path *path, const gd__parameter *parameter)
{
    search *s = user;
    if (parameter->tensor->mark == s->mark)
        return true;
    parameter->tensor->mark = s->mark;
    s->numel += parameter->tensor->numel;
    if (s->at++ != s->wanted)
        return true;
    s->found = parameter;
    write_name(s->found_name, path, parameter);
    return false;
}

static bool match_name(void *user, const gd__path *path, const gd__parameter *parameter)
{
    search *s = user;
    char name[NAME_SIZE];
    write_name(name, path, parameter);
    if (strcmp(name, s->name) == 0)
        s->found = parameter;
    size_t used = strlen(s->known);
    snprintf(s->known + used, sizeof s->known - used, "%s%s", used ? ", " : "", name);
    return !s->found;
}

static search count_all(gd_layer *layer)
{
    search s = { .layer = layer, .wanted = -1, .mark = gd__new_mark(layer->object.context) };
    gd__each_parameter(layer, count_one, &s);
    return s;
}

static search find_number(gd_layer *layer, int index)
{
    search s = { .layer = layer, .wanted = index, .mark = gd__new_mark(layer->object.context) };
    gd__each_parameter(layer, count_one, &s);
    if (!s.found)
        gd__fail(layer->object.context,
                 (gd__fault){ GD_ERROR_INDEX, 0, "gd_parameter", "Count from 0 to gd_parameter_count() - 1" },
                 "there is no parameter %d: there are %d", index, s.at);
    return s;
}

int gd_parameter_count(gd_layer *layer)
{
    return gd__layer_usable(layer, "gd_parameter_count") ? count_all(layer).at : -1;
}

int64_t gd_parameter_numel(gd_layer *layer)
{
    return gd__layer_usable(layer, "gd_parameter_numel") ? count_all(layer).numel : -1;
}

gd_tensor *gd_parameter(gd_layer *layer, int index)
{
    if (!gd__alive(gd_init(layer)))
        return gd__error_object(gd__context(layer));
    search s = find_number(layer, index);
    return s.found ? s.found->tensor : gd__error_object(layer->object.context);
}

size_t gd_parameter_name(gd_layer *layer, int index, char *text, size_t size)
{
    search s = { .found = NULL };
    if (gd__layer_usable(layer, "gd_parameter_name"))
        s = find_number(layer, index);
    int length = snprintf(text, text ? size : 0, "%s", s.found_name);
    return length < 0 ? 0 : (size_t)length;
}

gd_tensor *gd_parameter_named(gd_layer *layer, const char *name)
{
    gd_context *g = gd__context(layer);
    if (!gd__alive(gd_init(layer)))
        return gd__error_object(g);
    search s = { .name = name ? name : "" };
    gd__each_parameter(layer, match_name, &s);
    if (s.found)
        return s.found->tensor;
    return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_parameter_named", "Use one of these names" },
                    "there is no parameter '%.40s' in %s; there are: %s", s.name, layer->label, s.known);
}

gd_tensor *gd_layer_grad(gd_layer *layer, const char *name)
{
    return gd_grad(gd_parameter_named(layer, name));
}

/* ---- all at once ---- */

void gd_print_parameters(gd_layer *layer, FILE *to)
{
    if (!to)
        return;
    int count = gd_parameter_count(layer);
    for (int i = 0; i < count; i++)
        gd_print(gd_parameter(layer, i), to);
    if (count < 0)
        fprintf(to, "%s\n", gd_message(gd__context(layer)));
}

static bool clear_one(void *user, const gd__path *path, const gd__parameter *parameter)
{
    (void)user;
    (void)path;
    return gd_clear_grad(parameter->tensor);
}

void gd_zero_grad(gd_layer *layer)
{
    if (gd__layer_usable(layer, "gd_zero_grad"))
        gd__each_parameter(layer, clear_one, NULL);
}
