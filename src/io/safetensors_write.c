#include "io/archive.h"
#include "io/number.h"
#include "io/safetensors.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 8, BLOCK = 4096 };

/* The reference implementation's order of dtypes, which puts the widest numbers first. */
static int rank(const gd_tensor *t)
{
    static const int ranks[] = {
        [GD_INT64] = 1, [GD_FLOAT64] = 2, [GD_FLOAT32] = 3, [GD_UINT8] = 4, [GD_BOOL] = 5,
    };
    return ranks[t->dtype];
}

static int by_rank(const void *first, const void *second)
{
    const gd__entry *a = *(gd__entry *const *)first, *b = *(gd__entry *const *)second;
    int difference = rank(a->tensor) - rank(b->tensor);
    return difference != 0 ? difference : strcmp(a->name, b->name);
}

static int64_t bytes_of(const gd_tensor *t)
{
    return t->numel * (int64_t)gd_dtype_size((gd_dtype)t->dtype);
}

/* ---- the header ---- */

/* jansson's setters take a NULL value for a failure, and give back what they were handed. */
static json_t *shape_of(const gd_tensor *t)
{
    json_t *shape = json_array();
    for (int i = 0; shape && i < t->ndim; i++) {
        if (json_array_append_new(shape, json_integer(t->shape[i])) != 0) {
            json_decref(shape);
            shape = NULL;
        }
    }
    return shape;
}

static json_t *describe(const gd_tensor *t, int64_t begin)
{
    const char *dtype = gd__kind_of((gd_dtype)t->dtype)->safetensors;
    json_t *about = json_object(), *range = json_array();
    bool good = range && json_array_append_new(range, json_integer(begin)) == 0 &&
                json_array_append_new(range, json_integer(begin + bytes_of(t))) == 0;
    good = good && about && json_object_set_new(about, "dtype", json_string(dtype)) == 0 &&
           json_object_set_new(about, "shape", shape_of(t)) == 0 &&
           json_object_set(about, "data_offsets", range) == 0;
    json_decref(range);
    if (good)
        return about;
    json_decref(about);
    return NULL;
}

static bool add_notes(json_t *header, const gd_archive *a)
{
    json_t *notes = a->note_count > 0 ? json_object() : NULL;
    for (int i = 0; notes && i < a->note_count; i++) {
        if (json_object_set_new(notes, a->notes[i].key, json_string(a->notes[i].value)) != 0) {
            json_decref(notes);
            return false;
        }
    }
    return a->note_count == 0 || json_object_set_new(header, GD__METADATA, notes) == 0;
}

/* The header's text, which the caller frees; NULL when memory ran out. */
static char *header_of(const gd_archive *a, gd__entry *const *entries)
{
    json_t *header = json_object();
    bool good = header && add_notes(header, a);
    int64_t begin = 0;
    for (int i = 0; good && i < a->count; i++) {
        gd_tensor *t = entries[i]->tensor;
        good = json_object_set_new(header, entries[i]->name, describe(t, begin)) == 0;
        begin += bytes_of(t);
    }
    char *text = good ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    return text;
}

/* ---- the file ---- */

/* Filled with spaces, so that the numbers behind it are aligned. */
static void write_header(const char *text, FILE *file)
{
    size_t length = strlen(text), fill = (ALIGNMENT - length % ALIGNMENT) % ALIGNMENT;
    uint64_t value = length + fill;
    for (int i = 0; i < GD__LENGTH_SIZE; i++)
        putc((int)(value >> 8 * i & 255), file);
    fwrite(text, 1, length, file);
    fwrite("       ", 1, fill, file);
}

static void write_swapped(const gd_tensor *t, FILE *file)
{
    char block[BLOCK];
    size_t size = gd_dtype_size((gd_dtype)t->dtype), bytes = (size_t)bytes_of(t);
    for (size_t at = 0; at < bytes; at += BLOCK) {
        size_t part = bytes - at < BLOCK ? bytes - at : BLOCK;
        memcpy(block, t->data + at, part);
        gd__swap(block, size, (int64_t)(part / size));
        fwrite(block, 1, part, file);
    }
}

/* What the disk refuses shows when the file is closed. */
static bool write_numbers(gd_tensor *t, FILE *file)
{
    gd_tensor *ordered = gd__row_major(t);
    if (!ordered)
        return false;
    if (gd__host_order() == GD__LITTLE)
        fwrite(ordered->data, 1, (size_t)bytes_of(ordered), file);
    else
        write_swapped(ordered, file);
    if (ordered != t)
        gd__destroy(&ordered->object);
    return true;
}

static bool write_file(const gd__output *output, const char *header, gd__entry *const *entries, int count)
{
    FILE *file = gd__output_open(output);
    if (!file)
        return false;
    write_header(header, file);
    bool good = true;
    for (int i = 0; good && i < count; i++)
        good = write_numbers(entries[i]->tensor, file);
    return gd__output_close(output, file) && good;
}

static bool write_ordered(const gd__output *output, const gd_archive *a, gd__entry **entries)
{
    for (int i = 0; i < a->count; i++)
        entries[i] = &a->entries[i];
    qsort(entries, (size_t)a->count, sizeof *entries, by_rank);
    char *header = header_of(a, entries);
    if (!header)
        return gd__output_failed(output, gd__errno_text(ENOMEM));
    bool good = strlen(header) <= GD__HEADER_MAX
                    ? write_file(output, header, entries, a->count)
                    : gd__output_failed(output, "its header would be longer than the format's 100 MB");
    free(header);
    return good;
}

bool gd__safetensors_write(const gd__output *output, void *user)
{
    gd_archive *a = user;
    gd_context *g = output->context;
    if (gd__archive_find(a, GD__METADATA) >= 0) {
        gd__fail(g, (gd__fault){ .status = GD_ERROR_VALUE, .remedy = "Add it under another name" },
                 "a tensor is named " GD__METADATA ", which .safetensors keeps for notes");
        return false;
    }
    size_t room = ((size_t)a->count + 1) * sizeof(gd__entry *);
    gd__entry **entries = gd__alloc(g, room);
    bool good = entries && write_ordered(output, a, entries);
    if (entries)
        gd__free(g, entries, room);
    return good;
}
