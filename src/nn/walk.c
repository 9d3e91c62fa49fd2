/* walk.c - over a layer, the layers within it, and their members. */
#include "nn/layer.h"

#include <stdio.h>
#include <string.h>

static bool is_there(const void *object, uint64_t serial)
{
    return gd__alive(object) && ((const gd__object *)object)->serial == serial;
}

const char *gd__missing(const gd_layer *layer)
{
    for (int i = 0; i < layer->members; i++)
        if (!is_there(layer->member[i].tensor, layer->member[i].serial))
            return layer->member[i].name;
    for (int i = 0; i < layer->children; i++)
        if (!is_there(layer->child[i].layer, layer->child[i].serial))
            return layer->child[i].name;
    return NULL;
}

bool gd__complete(gd_layer *layer)
{
    const char *missing = gd__missing(layer);
    if (missing)
        gd__fail(
            layer->object.context,
            (gd__fault){ .status = GD_ERROR_DEAD, .op = layer->name, .remedy = "Make it in the scope of the layer" },
            "'%s' of the layer %s was used after the scope that it lived in", missing, layer->label);
    return !missing;
}

static bool walk(gd_layer *layer, const gd__path *path, gd__visit_layer *visit, void *user)
{
    if (!gd__complete(layer) || !visit(user, path, layer))
        return false;
    for (int i = 0; i < layer->children; i++)
        if (!walk(layer->child[i].layer, &(gd__path){ path, layer->child[i].name }, visit, user))
            return false;
    return true;
}

bool gd__each_layer(gd_layer *layer, gd__visit_layer *visit, void *user)
{
    return walk(layer, NULL, visit, user);
}

/* ---- members ---- */

typedef struct members {
    gd__member_role role;
    gd__visit_member *visit;
    void *user;
} members;

static bool visit_role(const members *m, gd__member_role role, const gd__path *path, gd_layer *layer)
{
    for (int i = 0; i < layer->members; i++) {
        const gd__member *member = &layer->member[i];
        if ((member->role & role & m->role) && !m->visit(m->user, path, member))
            return false;
    }
    return true;
}

static bool visit_members(void *user, const gd__path *path, gd_layer *layer)
{
    return visit_role(user, GD__PARAMETER, path, layer) && visit_role(user, GD__BUFFER, path, layer);
}

bool gd__each_member(gd_layer *layer, gd__member_role role, gd__visit_member *visit, void *user)
{
    return gd__each_layer(layer, visit_members, &(members){ role, visit, user });
}

static bool pass_by(void *user, const gd__path *path, gd_layer *layer)
{
    (void)user;
    (void)path;
    (void)layer;
    return true;
}

bool gd__intact(gd_layer *layer)
{
    return gd__each_layer(layer, pass_by, NULL);
}

/* ---- names ---- */

const char *gd__role_name(gd__member_role role)
{
    return role == GD__PARAMETER ? "parameter" : "buffer";
}

static gd_layer *child_of(const gd_layer *layer, const char *name, size_t length)
{
    for (int i = 0; i < layer->children; i++)
        if (strlen(layer->child[i].name) == length && memcmp(layer->child[i].name, name, length) == 0)
            return layer->child[i].layer;
    return NULL;
}

static gd_layer *layer_at(gd_layer *layer, const char *path, size_t length)
{
    const char *dot = memchr(path, '.', length);
    size_t first = dot ? (size_t)(dot - path) : length;
    gd_layer *child = child_of(layer, path, first);
    return child && dot ? layer_at(child, dot + 1, length - first - 1) : child;
}

gd_layer *gd__layer_at(gd_layer *layer, const char *path)
{
    return layer_at(layer, path, strlen(path));
}

gd_tensor *gd__member_at(gd_layer *layer, gd__member_role role, const char *path)
{
    const char *dot = strrchr(path, '.');
    gd_layer *holder = dot ? layer_at(layer, path, (size_t)(dot - path)) : layer;
    return holder ? gd__member_of(holder, role, dot ? dot + 1 : path) : NULL;
}

gd_layer *gd_layer_named(gd_layer *layer, const char *name)
{
    gd_context *g = gd__context(layer);
    const char *wanted = name ? name : "";
    if (!gd__layer_usable(layer, "gd_layer_named") || !gd__intact(layer))
        return gd__error_object(g);
    gd_layer *found = gd__layer_at(layer, wanted);
    if (found)
        return found;
    return gd__fail(g,
                    (gd__fault){ GD_ERROR_VALUE, 0, "gd_layer_named", "See gd_summary for the names that there are" },
                    "there is no layer '%.40s' in %s", wanted, layer->label);
}

static size_t write_path(char *text, const gd__path *path)
{
    if (!path)
        return 0;
    size_t used = write_path(text, path->outer);
    return used + (size_t)snprintf(text + used, GD__PATH_SIZE - used, "%s.", path->name);
}

char *gd__path_text(const gd__path *path, const char *name, char *text)
{
    size_t used = write_path(text, path);
    snprintf(text + used, GD__PATH_SIZE - used, "%s", name);
    return text;
}
