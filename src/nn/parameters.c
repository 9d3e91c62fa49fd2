/* parameters.c - the parameters of a network by number and by name. */
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

#include "gradus/autograd.h"

enum { NAME_SIZE = 128 };

static bool visit_layer(gd_layer *layer, const char *prefix, gd__visit *visit, void *user)
{
    for (int i = 0; i < layer->own_count; i++)
        if (!visit(user, prefix, &layer->own[i]))
            return false;
    for (int i = 0; i < layer->children; i++) {
        char inner[NAME_SIZE];
        snprintf(inner, sizeof inner, "%.100s%d.", prefix, i);
        if (!visit_layer(layer->child[i], inner, visit, user))
            return false;
    }
    return true;
}

bool gd__each_parameter(gd_layer *layer, gd__visit *visit, void *user)
{
    return visit_layer(layer, "", visit, user);
}

/* ---- by number: a tensor that several layers share counts at its first place ---- */

typedef struct search {
    gd_layer *layer;
    int wanted, at;                  /* a number, and the one reached */
    const char *name;                /* or a name */
    const gd_tensor *tensor;         /* or a tensor: does it come before... */
    const gd__parameter *before;     /* ...this place */
    const gd__parameter *found;
    char found_name[NAME_SIZE];
    int64_t numel;
    char known[200];                 /* the names there are, for messages */
} search;

static bool meets_tensor(void *user, const char *prefix, const gd__parameter *parameter)
{
    search *s = user;
    (void)prefix;
    if (parameter == s->before)
        return false;
    if (parameter->tensor == s->tensor)
        s->found = parameter;
    return !s->found;
}

static bool is_repeated(const search *s, const gd__parameter *parameter)
{
    search earlier = { .tensor = parameter->tensor, .before = parameter };
    gd__each_parameter(s->layer, meets_tensor, &earlier);
    return earlier.found;
}

static bool count_one(void *user, const char *prefix, const gd__parameter *parameter)
{
    search *s = user;
    if (is_repeated(s, parameter))
        return true;
    s->numel += parameter->tensor->numel;
    if (s->at++ != s->wanted)
        return true;
    s->found = parameter;
    snprintf(s->found_name, sizeof s->found_name, "%s%s", prefix, parameter->name);
    return false;
}

static bool match_name(void *user, const char *prefix, const gd__parameter *parameter)
{
    search *s = user;
    char name[NAME_SIZE];
    snprintf(name, sizeof name, "%s%s", prefix, parameter->name);
    if (strcmp(name, s->name) == 0)
        s->found = parameter;
    size_t used = strlen(s->known);
    snprintf(s->known + used, sizeof s->known - used, "%s%s", used ? ", " : "", name);
    return !s->found;
}

static search find_number(gd_layer *layer, int index)
{
    search s = { .layer = layer, .wanted = index };
    gd__each_parameter(layer, count_one, &s);
    if (!s.found && index >= 0)
        gd__fail(layer->object.context,
                 (gd__fault){ GD_ERROR_INDEX, 0, "gd_parameter", "Count from 0 to gd_parameter_count() - 1" },
                 "parameter %d of %d", index, s.at);
    return s;
}

int gd_parameter_count(gd_layer *layer)
{
    return gd__layer_usable(layer, "gd_parameter_count") ? find_number(layer, -1).at : -1;
}

int64_t gd_parameter_numel(gd_layer *layer)
{
    return gd__layer_usable(layer, "gd_parameter_numel") ? find_number(layer, -1).numel : -1;
}

gd_tensor *gd_parameter(gd_layer *layer, int index)
{
    if (!gd__alive(gd_init(layer)))
        return gd__error_object(gd__context(layer));
    search s = find_number(layer, index < 0 ? INT32_MAX : index);
    return s.found ? s.found->tensor : gd__error_object(layer->object.context);
}

size_t gd_parameter_name(gd_layer *layer, int index, char *text, size_t size)
{
    search s = { .found = NULL };
    if (gd__layer_usable(layer, "gd_parameter_name"))
        s = find_number(layer, index < 0 ? INT32_MAX : index);
    int length = snprintf(text, size, "%s", s.found_name);
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

static bool print_one(void *user, const char *prefix, const gd__parameter *parameter)
{
    (void)prefix;
    gd_print(parameter->tensor, user);
    return true;
}

void gd_print_parameters(gd_layer *layer, FILE *to)
{
    if (gd__alive(gd_init(layer)) && to)
        gd__each_parameter(layer, print_one, to);
    else if (to)
        fprintf(to, "%s\n", gd_message(gd__context(layer)));
}

static bool clear_one(void *user, const char *prefix, const gd__parameter *parameter)
{
    (void)user;
    (void)prefix;
    return gd_clear_grad(parameter->tensor);
}

void gd_zero_grad(gd_layer *layer)
{
    if (gd__layer_usable(layer, "gd_zero_grad"))
        gd__each_parameter(layer, clear_one, NULL);
}
