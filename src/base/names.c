#include "base/names.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_TABLE = 16, ROOM_FOR_MORE = 24 };

/* FNV-1a. */
static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Where in the table the name is, or is to be put. */
static int place_of(const gd__names *names, const char *name)
{
    uint32_t mask = (uint32_t)names->table_size - 1, at = hash_of(name) & mask;
    while (names->table[at] != 0 && strcmp(names->name[names->table[at] - 1], name) != 0)
        at = (at + 1) & mask;
    return (int)at;
}

int gd__names_find(const gd__names *names, const char *name)
{
    return names->table_size > 0 ? names->table[place_of(names, name)] - 1 : -1;
}

static bool grow_table(gd_context *g, gd__names *names)
{
    int size = names->table_size > 0 ? 2 * names->table_size : FIRST_TABLE;
    int *table = gd__alloc(g, (size_t)size * sizeof *table);
    if (!table)
        return false;
    memset(table, 0, (size_t)size * sizeof *table);
    gd__free(g, names->table, (size_t)names->table_size * sizeof *table);
    names->table = table;
    names->table_size = size;
    for (int i = 0; i < names->count; i++)
        table[place_of(names, names->name[i])] = i + 1;
    return true;
}

bool gd__names_add(gd_context *g, gd__names *names, const char *name)
{
    if (!gd__grow(g, (void **)&names->name, &names->capacity, names->count + 2, sizeof *names->name))
        return false;
    if (2 * (names->count + 1) > names->table_size && !grow_table(g, names))
        return false;
    char *copy = gd__copy_string(g, name);
    if (!copy)
        return false;
    names->table[place_of(names, name)] = names->count + 1;
    names->name[names->count++] = copy;
    names->name[names->count] = NULL;
    return true;
}

bool gd__names_add_all(gd_context *g, gd__names *names, const char *const *list)
{
    for (; list && *list; list++) {
        if (!gd__names_add(g, names, *list))
            return false;
    }
    return true;
}

void gd__names_free(gd_context *g, gd__names *names)
{
    for (int i = 0; i < names->count; i++)
        gd__free_string(g, names->name[i]);
    gd__free(g, names->name, (size_t)names->capacity * sizeof *names->name);
    gd__free(g, names->table, (size_t)names->table_size * sizeof *names->table);
    *names = (gd__names){ .name = NULL };
}

char *gd__names_text(const gd__names *names, char *text)
{
    size_t room = GD__NAMES_SIZE, used = (size_t)snprintf(text, room, "%s", names->count == 0 ? "none" : "");
    for (int i = 0; i < names->count; i++) {
        if (used + strlen(names->name[i]) + 2 + ROOM_FOR_MORE > room) {
            snprintf(text + used, room - used, "%s%d more", i > 0 ? " and " : "", names->count - i);
            break;
        }
        used += (size_t)snprintf(text + used, room - used, "%s%s", i > 0 ? ", " : "", names->name[i]);
    }
    gd__make_printable(text);
    return text;
}
