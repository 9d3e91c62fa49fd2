/* archive.c - the archive as a list of names: adding, finding, notes. */
#include "io/archive.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_TABLE = 16 };

static void destroy(gd__object *object)
{
    gd_archive *a = (gd_archive *)object;
    gd_context *g = object->context;
    for (int i = 0; i < a->count; i++)
        gd__free_string(g, a->entries[i].name);
    for (int i = 0; i < a->note_count; i++) {
        gd__free_string(g, a->notes[i].key);
        gd__free_string(g, a->notes[i].value);
    }
    gd__free(g, a->entries, (size_t)a->capacity * sizeof *a->entries);
    gd__free(g, a->notes, (size_t)a->note_capacity * sizeof *a->notes);
    gd__free(g, a->table, (size_t)a->table_size * sizeof *a->table);
}

static const gd__class archive_class = { "archive", sizeof(gd_archive), destroy };

gd_archive *gd_archive_new(gd_context *g)
{
    if (!g || g->stand_in)
        return gd__error_object(g);
    gd_archive *a = gd__new(g, &archive_class);
    return a ? a : gd__error_object(g);
}

static bool usable(const gd_archive *a, const char *function)
{
    return gd__usable(gd__context(a), a, function, "the archive");
}

/* Also false while an error stands: a change that follows one must not happen. */
static bool may_change(const gd_archive *a, const char *function)
{
    return usable(a, function) && !a->object.context->failed;
}

static bool is_text(gd_context *g, const char *text, const char *function, const char *what)
{
    if (text)
        return true;
    gd__fail(g, (gd__fault){ .status = GD_ERROR_NULL, .op = function, .remedy = "Pass a string" }, "%s is NULL",
             what);
    return false;
}

/* ---- names ---- */

/* FNV-1a. */
static uint32_t hash_of(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

/* Where in the table the name is, or is to be put. */
static int place_of(const gd_archive *a, const char *name)
{
    uint32_t mask = (uint32_t)a->table_size - 1, at = hash_of(name) & mask;
    while (a->table[at] != 0 && strcmp(a->entries[a->table[at] - 1].name, name) != 0)
        at = (at + 1) & mask;
    return (int)at;
}

int gd__archive_find(const gd_archive *a, const char *name)
{
    return a->table_size > 0 ? a->table[place_of(a, name)] - 1 : -1;
}

static bool grow_table(gd_archive *a)
{
    gd_context *g = a->object.context;
    int size = a->table_size > 0 ? 2 * a->table_size : FIRST_TABLE;
    int *table = gd__alloc(g, (size_t)size * sizeof *table);
    if (!table)
        return false;
    memset(table, 0, (size_t)size * sizeof *table);
    gd__free(g, a->table, (size_t)a->table_size * sizeof *a->table);
    a->table = table;
    a->table_size = size;
    for (int i = 0; i < a->count; i++)
        table[place_of(a, a->entries[i].name)] = i + 1;
    return true;
}

bool gd__archive_put(gd_archive *a, const char *name, gd_tensor *t)
{
    gd_context *g = a->object.context;
    if (!gd__grow(g, (void **)&a->entries, &a->capacity, a->count + 1, sizeof *a->entries))
        return false;
    if (2 * (a->count + 1) > a->table_size && !grow_table(a))
        return false;
    char *copy = gd__copy_string(g, name);
    if (!copy)
        return false;
    a->table[place_of(a, name)] = a->count + 1;
    a->entries[a->count++] = (gd__entry){ copy, t };
    return true;
}

bool gd__archive_take(gd_archive *a, const char *name, gd_tensor *t)
{
    if (!t)
        return false;
    if (gd__alive(gd_name(t, name)) && gd__archive_put(a, name, t))
        return true;
    gd__destroy(&t->object);
    return false;
}

/* How many bytes follow the first one of a character in UTF-8; -1 where none may begin so. */
static int follow(const unsigned char *at)
{
    if (at[0] < 0x80)
        return 0;
    if (at[0] >= 0xc2 && at[0] <= 0xdf)
        return 1;
    if ((at[0] & 0xf0) == 0xe0)
        return (at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f) ? -1 : 2;
    if (at[0] >= 0xf0 && at[0] <= 0xf4)
        return (at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f) ? -1 : 3;
    return -1;
}

/* Well-formed UTF-8: the shortest form of each character, no surrogates, none above U+10FFFF. */
static bool is_utf8(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        int more = follow(at++);
        if (more < 0)
            return false;
        for (; more > 0; more--, at++) {
            if ((*at & 0xc0) != 0x80)
                return false;
        }
    }
    return true;
}

static bool check_utf8(gd_context *g, const char *text, const char *function, const char *what)
{
    if (!is_text(g, text, function, what))
        return false;
    if (is_utf8(text))
        return true;
    gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .op = function, .remedy = "Convert it to UTF-8" },
             "%s is not UTF-8 text", what);
    return false;
}

static bool may_add(gd_archive *a, const char *name, const gd_tensor *t)
{
    gd_context *g = gd__context(a);
    if (!may_change(a, "gd_archive_add") || !gd__usable(g, t, "gd_archive_add", "the tensor") ||
        !check_utf8(g, name, "gd_archive_add", "the name"))
        return false;
    if (gd__archive_find(a, name) >= 0) {
        gd__fault fault = { GD_ERROR_VALUE, 0, "gd_archive_add", "Give each tensor a name of its own" };
        gd__fail(g, fault, "there is a tensor '%.100s' already", name);
    } else
        return true;
    return false;
}

bool gd_archive_add(gd_archive *a, const char *name, gd_tensor *t)
{
    if (!may_add(a, name, t))
        return false;
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t) };
    memcpy(meta.stride, t->stride, sizeof *t->stride * t->ndim);
    gd_tensor *shared = gd__view(t, &meta);
    if (!shared)
        return false;
    gd__move(&shared->object, a->object.depth);
    if (gd__archive_put(a, name, shared))
        return true;
    gd__destroy(&shared->object);
    return false;
}

/* ---- asking ---- */

static bool has_index(const gd_archive *a, int index, int count, const char *function, const char *what)
{
    if (index >= 0 && index < count)
        return true;
    gd__fail(a->object.context,
             (gd__fault){ .status = GD_ERROR_INDEX, .op = function, .remedy = "Indices count from 0" },
             "%s %d of an archive that has %d", what, index, count);
    return false;
}

int gd_archive_count(const gd_archive *a)
{
    return usable(a, "gd_archive_count") ? a->count : -1;
}

const char *gd_archive_name(const gd_archive *a, int index)
{
    bool good = usable(a, "gd_archive_name") && has_index(a, index, a->count, "gd_archive_name", "tensor");
    return good ? a->entries[index].name : "";
}

gd_tensor *gd_archive_tensor(const gd_archive *a, int index)
{
    bool good = usable(a, "gd_archive_tensor") && has_index(a, index, a->count, "gd_archive_tensor", "tensor");
    return good ? a->entries[index].tensor : gd__error_object(gd__context(a));
}

/* Names come from files: control characters must not reach a terminal. */
static void make_printable(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
    }
}

/* "W1, b1 and 2 more": as many names as there is room for. */
static void list_names(const gd_archive *a, char *text, size_t room)
{
    enum { ROOM_FOR_MORE = 24 };
    size_t used = (size_t)snprintf(text, room, "%s", a->count == 0 ? "none" : "");
    for (int i = 0; i < a->count; i++) {
        const char *name = a->entries[i].name;
        if (used + strlen(name) + 2 + ROOM_FOR_MORE > room) {
            snprintf(text + used, room - used, "%s%d more", i > 0 ? " and " : "", a->count - i);
            return;
        }
        used += (size_t)snprintf(text + used, room - used, "%s%s", i > 0 ? ", " : "", name);
    }
}

gd_tensor *gd_archive_get(const gd_archive *a, const char *name)
{
    gd_context *g = gd__context(a);
    char names[300];
    if (!usable(a, "gd_archive_get") || !is_text(g, name, "gd_archive_get", "the name"))
        return gd__error_object(g);
    int index = gd__archive_find(a, name);
    if (index >= 0)
        return a->entries[index].tensor;
    list_names(a, names, sizeof names);
    make_printable(names);
    return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_archive_get", "Ask for one of the names that there are" },
                    "there is no tensor '%.100s'; there are: %s", name, names);
}

bool gd_archive_has(const gd_archive *a, const char *name)
{
    return usable(a, "gd_archive_has") && is_text(gd__context(a), name, "gd_archive_has", "the name") &&
           gd__archive_find(a, name) >= 0;
}

/* ---- notes ---- */

static int find_note(const gd_archive *a, const char *key)
{
    for (int i = 0; i < a->note_count; i++) {
        if (strcmp(a->notes[i].key, key) == 0)
            return i;
    }
    return -1;
}

static bool change_note(gd_archive *a, gd__note *note, const char *value)
{
    char *copy = gd__copy_string(a->object.context, value);
    if (!copy)
        return false;
    gd__free_string(a->object.context, note->value);
    note->value = copy;
    return true;
}

bool gd__archive_add_note(gd_archive *a, const char *key, const char *value)
{
    gd_context *g = a->object.context;
    if (!gd__grow(g, (void **)&a->notes, &a->note_capacity, a->note_count + 1, sizeof *a->notes))
        return false;
    gd__note note = { gd__copy_string(g, key), NULL };
    if (!note.key || !change_note(a, &note, value)) {
        gd__free_string(g, note.key);
        return false;
    }
    a->notes[a->note_count++] = note;
    return true;
}

static bool put_note(gd_archive *a, const char *key, const char *value)
{
    int index = find_note(a, key);
    return index >= 0 ? change_note(a, &a->notes[index], value) : gd__archive_add_note(a, key, value);
}

bool gd_archive_set_note(gd_archive *a, const char *key, const char *value)
{
    gd_context *g = gd__context(a);
    return may_change(a, "gd_archive_set_note") && check_utf8(g, key, "gd_archive_set_note", "the key") &&
           check_utf8(g, value, "gd_archive_set_note", "the value") && put_note(a, key, value);
}

const char *gd_archive_note(const gd_archive *a, const char *key)
{
    if (!usable(a, "gd_archive_note") || !is_text(gd__context(a), key, "gd_archive_note", "the key"))
        return "";
    int index = find_note(a, key);
    return index >= 0 ? a->notes[index].value : "";
}

int gd_archive_note_count(const gd_archive *a)
{
    return usable(a, "gd_archive_note_count") ? a->note_count : -1;
}

const char *gd_archive_note_key(const gd_archive *a, int index)
{
    bool good = usable(a, "gd_archive_note_key") && has_index(a, index, a->note_count, "gd_archive_note_key", "note");
    return good ? a->notes[index].key : "";
}
