/* parameters.c - the parameters and buffers of a network by number and by name, and all at once. */
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

#include "gradus/autograd.h"

/* ---- by number: a tensor that several layers share counts at its first place ---- */

typedef struct search {
    uint64_t mark;  /* of the tensors that were met */
    int wanted, at; /* a number, and the one reached */
    gd_tensor *found;
    char found_name[GD__PATH_SIZE];
    int64_t numel;
} search;

static bool count_one(void *user, const gd__path *path, const gd__member *member)
{
    search *s = user;
    if (member->tensor->mark == s->mark)
        return true;
    member->tensor->mark = s->mark;
    s->numel += member->tensor->numel;
    if (s->at++ != s->wanted)
        return true;
    s->found = member->tensor;
    gd__path_text(path, member->name, s->found_name);
    return false;
}

/* False with the error set. */
static bool count(gd_layer *layer, gd__member_role role, const char *function, search *s)
{
    *s = (search){ .wanted = -1 };
    if (!gd__layer_usable(layer, function))
        return false;
    s->mark = gd__new_mark(layer->object.context);
    return gd__each_member(layer, role, count_one, s);
}

static int count_of(gd_layer *layer, gd__member_role role, const char *function)
{
    search s;
    return count(layer, role, function, &s) ? s.at : -1;
}

/* The member of that number; s->found is NULL with the error set where there is none such. */
static void find_number(gd_layer *layer, gd__member_role role, const char *function, int index, search *s)
{
    *s = (search){ .wanted = index };
    if (!gd__layer_usable(layer, function))
        return;
    s->mark = gd__new_mark(layer->object.context);
    if (gd__each_member(layer, role, count_one, s))
        gd__fail(layer->object.context,
                 (gd__fault){ GD_ERROR_INDEX, 0, function, "Count from 0, up to one less than there are" },
                 "there is no %s %d: there are %d", gd__role_name(role), index, s->at);
}

static gd_tensor *numbered(gd_layer *layer, gd__member_role role, const char *function, int index)
{
    search s = { .found = NULL };
    if (gd__alive(gd_init(layer)))
        find_number(layer, role, function, index, &s);
    return s.found ? s.found : gd__error_object(gd__context(layer));
}

static size_t name_of(gd_layer *layer, gd__member_role role, const char *function, int index, char *text, size_t size)
{
    search s;
    find_number(layer, role, function, index, &s);
    int length = snprintf(text, text ? size : 0, "%s", s.found_name);
    return length < 0 ? 0 : (size_t)length;
}

/* ---- by name: "2.0.weight" is the member "weight" of the layer "2.0" ---- */

typedef struct names {
    char text[200];
} names;

static bool list_name(void *user, const gd__path *path, const gd__member *member)
{
    names *known = user;
    char name[GD__PATH_SIZE];
    size_t used = strlen(known->text);
    snprintf(known->text + used, sizeof known->text - used, "%s%s", used ? ", " : "",
             gd__path_text(path, member->name, name));
    return true;
}

static gd_tensor *named(gd_layer *layer, gd__member_role role, const char *function, const char *name)
{
    gd_context *g = gd__context(layer);
    const char *wanted = name ? name : "";
    names known = { "" };
    if (!gd__alive(gd_init(layer)) || !gd__intact(layer))
        return gd__error_object(g);
    gd_tensor *found = gd__member_at(layer, role, wanted);
    if (found || !gd__each_member(layer, role, list_name, &known))
        return found;
    return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, function, "Use one of these names" },
                    "there is no %s '%.40s' in %s; there are: %s", gd__role_name(role), wanted, layer->label,
                    known.text);
}

/* ---- parameters ---- */

int gd_parameter_count(gd_layer *layer)
{
    return count_of(layer, GD__PARAMETER, "gd_parameter_count");
}

int64_t gd_parameter_numel(gd_layer *layer)
{
    search s;
    return count(layer, GD__PARAMETER, "gd_parameter_numel", &s) ? s.numel : -1;
}

gd_tensor *gd_parameter(gd_layer *layer, int index)
{
    return numbered(layer, GD__PARAMETER, "gd_parameter", index);
}

size_t gd_parameter_name(gd_layer *layer, int index, char *text, size_t size)
{
    return name_of(layer, GD__PARAMETER, "gd_parameter_name", index, text, size);
}

gd_tensor *gd_parameter_named(gd_layer *layer, const char *name)
{
    return named(layer, GD__PARAMETER, "gd_parameter_named", name);
}

gd_tensor *gd_layer_grad(gd_layer *layer, const char *name)
{
    return gd_grad(gd_parameter_named(layer, name));
}

/* ---- buffers ---- */

int gd_buffer_count(gd_layer *layer)
{
    return count_of(layer, GD__BUFFER, "gd_buffer_count");
}

gd_tensor *gd_buffer(gd_layer *layer, int index)
{
    return numbered(layer, GD__BUFFER, "gd_buffer", index);
}

size_t gd_buffer_name(gd_layer *layer, int index, char *text, size_t size)
{
    return name_of(layer, GD__BUFFER, "gd_buffer_name", index, text, size);
}

gd_tensor *gd_buffer_named(gd_layer *layer, const char *name)
{
    return named(layer, GD__BUFFER, "gd_buffer_named", name);
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

static bool clear_one(void *user, const gd__path *path, const gd__member *member)
{
    (void)user;
    (void)path;
    return gd_clear_grad(member->tensor);
}

void gd_zero_grad(gd_layer *layer)
{
    if (gd__layer_usable(layer, "gd_zero_grad"))
        gd__each_member(layer, GD__PARAMETER, clear_one, NULL);
}

gd_layer *gd_init_with(gd_layer *layer, gd_initialiser *initialise, void *user)
{
    gd_context *g = gd__context(layer);
    if (!gd__alive(gd_init(layer)) || g->failed)
        return gd__error_object(g);
    if (!initialise)
        return gd__fail(g, (gd__fault){ GD_ERROR_NULL, 0, "gd_init_with", "Pass a function" },
                        "the function is NULL");
    int count = gd_parameter_count(layer);
    for (int i = 0; i < count; i++) {
        char name[GD__PATH_SIZE];
        gd_parameter_name(layer, i, name, sizeof name);
        initialise(user, name, gd_parameter(layer, i));
    }
    return g->failed ? gd__error_object(g) : layer;
}
