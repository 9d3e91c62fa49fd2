/* archive.c - the archive as a list of names: adding, finding, notes. */
#include "io/archive.h"

#include "base/text.h"

#include <string.h>

static void destroy(gd__object *object)
{
    gd_archive *a = (gd_archive *)object;
    gd_context *g = object->context;
    gd__names_free(g, &a->names);
    for (int i = 0; i < a->note_count; i++) {
        gd__free_string(g, a->notes[i].key);
        gd__free_string(g, a->notes[i].value);
    }
    gd__free(g, a->entries, (size_t)a->capacity * sizeof *a->entries);
    gd__free(g, a->notes, (size_t)a->note_capacity * sizeof *a->notes);
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

int gd__archive_find(const gd_archive *a, const char *name)
{
    return gd__names_find(&a->names, name);
}

bool gd__archive_put(gd_archive *a, const char *name, gd_tensor *t)
{
    gd_context *g = a->object.context;
    if (!gd__grow(g, (void **)&a->entries, &a->capacity, a->count + 1, sizeof *a->entries) ||
        !gd__names_add(g, &a->names, name))
        return false;
    a->entries[a->count] = (gd__entry){ a->names.name[a->count], t };
    a->count++;
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

static bool check_utf8(gd_context *g, const char *text, const char *function, const char *what)
{
    if (!is_text(g, text, function, what))
        return false;
    if (gd__is_utf8(text))
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

gd_tensor *gd_archive_get(const gd_archive *a, const char *name)
{
    gd_context *g = gd__context(a);
    char names[GD__NAMES_SIZE];
    if (!usable(a, "gd_archive_get") || !is_text(g, name, "gd_archive_get", "the name"))
        return gd__error_object(g);
    int index = gd__archive_find(a, name);
    if (index >= 0)
        return a->entries[index].tensor;
    return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_archive_get", "Ask for one of the names that there are" },
                    "there is no tensor '%.100s'; there are: %s", name, gd__names_text(&a->names, names));
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
