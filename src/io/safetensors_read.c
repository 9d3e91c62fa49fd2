#include "io/archive.h"
#include "io/number.h"
#include "io/safetensors.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char damaged[] = "The file is damaged: get it anew";

/* A tensor as the header describes it; the name is the JSON's. */
typedef struct part {
    const char *name;
    const gd__kind *kind;
    gd_dims shape;
    int64_t begin, end; /* in the bytes behind the header */
} part;

/* ---- the header ---- */

static bool read_length(gd__stream *stream, size_t *length)
{
    unsigned char bytes[GD__LENGTH_SIZE];
    uint64_t value = 0;
    if (!gd__stream_read(stream, bytes, sizeof bytes))
        return false;
    for (int i = GD__LENGTH_SIZE - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    *length = (size_t)value;
    if (value <= GD__HEADER_MAX && (int64_t)value <= stream->size - GD__LENGTH_SIZE)
        return true;
    return gd__malformed(stream, damaged, "its header is said to have %llu bytes, of a file of %lld",
                         (unsigned long long)value, (long long)stream->size);
}

static json_t *parse(const gd__stream *stream, const char *text, size_t length)
{
    json_error_t error;
    json_t *header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (header && json_is_object(header))
        return header;
    if (header)
        gd__malformed(stream, damaged, "its header is no JSON object");
    else if (json_error_code(&error) == json_error_out_of_memory)
        gd__fail(stream->context, (gd__fault){ .status = GD_ERROR_MEMORY, .remedy = "Free memory" },
                 "the header of '%.200s' found no room", stream->name);
    else
        gd__malformed(stream, damaged, "its header is no JSON: %s", error.text);
    json_decref(header);
    return NULL;
}

/* The header as JSON, which the caller gives back with json_decref; NULL with the error set. */
static json_t *read_header(gd__stream *stream)
{
    size_t length = 0;
    if (!read_length(stream, &length))
        return NULL;
    char *text = gd__alloc(stream->context, length + 1);
    if (!text)
        return NULL;
    json_t *header = gd__stream_read(stream, text, length) ? parse(stream, text, length) : NULL;
    gd__free(stream->context, text, length + 1);
    return header;
}

/* ---- one tensor's description ---- */

static bool check_keys(const gd__stream *stream, const char *name, json_t *about)
{
    for (void *at = json_object_iter(about); at; at = json_object_iter_next(about, at)) {
        const char *key = json_object_iter_key(at);
        if (strcmp(key, "dtype") != 0 && strcmp(key, "shape") != 0 && strcmp(key, "data_offsets") != 0)
            return gd__malformed(stream, "Known are dtype, shape and data_offsets",
                                 "tensor '%.80s' has the unknown field '%.80s'", name, key);
    }
    return true;
}

static bool set_kind(const gd__stream *stream, part *p, json_t *value)
{
    const char *name = json_string_value(value);
    p->kind = name ? gd__kind_safetensors(name) : NULL;
    if (p->kind)
        return true;
    return gd__malformed(stream,
                         "Known are BOOL U8 I8 I16 U16 I32 U32 I64 F16 BF16 F32 F64: convert the tensor before it is "
                         "saved",
                         "tensor '%.80s' is of dtype '%.40s', which is not known", p->name,
                         name ? name : "(no string)");
}

static bool set_shape(const gd__stream *stream, part *p, json_t *value)
{
    size_t count = json_array_size(value);
    bool good = json_is_array(value);
    if (good && count > GD_MAX_DIMS)
        return gd__malformed(stream, "Reshape it to fewer dimensions",
                             "tensor '%.80s' has %zu dimensions, more than %d", p->name, count, GD_MAX_DIMS);
    p->shape.count = (int)count;
    for (size_t i = 0; good && i < count; i++) {
        json_t *size = json_array_get(value, i);
        good = json_is_integer(size);
        p->shape.size[i] = json_integer_value(size);
    }
    if (good && gd__count(p->shape) >= 0)
        return true;
    return gd__malformed(stream, damaged, "the shape of tensor '%.80s' is not a list of sizes that can be", p->name);
}

/* The range must have as many bytes as the numbers need: this bounds what is allocated for them. */
static bool set_range(const gd__stream *stream, part *p, json_t *value)
{
    json_t *begin = json_array_get(value, 0), *end = json_array_get(value, 1);
    int64_t left = stream->size - stream->position;
    if (json_array_size(value) != 2 || !json_is_integer(begin) || !json_is_integer(end))
        return gd__malformed(stream, damaged, "the data_offsets of tensor '%.80s' are not two integers", p->name);
    p->begin = json_integer_value(begin);
    p->end = json_integer_value(end);
    if (p->begin < 0 || p->end < p->begin || p->end > left)
        return gd__malformed(stream, damaged, "tensor '%.80s' lies at %lld to %lld of %lld bytes", p->name,
                             (long long)p->begin, (long long)p->end, (long long)left);
    if (gd__bytes(p->kind, p->shape) == p->end - p->begin)
        return true;
    char text[GD__TEXT_SIZE];
    return gd__malformed(stream, damaged, "tensor '%.80s' of shape %s and dtype %s lies in %lld bytes", p->name,
                         gd__shape_text(p->shape, text), p->kind->safetensors, (long long)(p->end - p->begin));
}

static bool describe(const gd__stream *stream, part *p, const char *name, json_t *about)
{
    *p = (part){ .name = name };
    if (!json_is_object(about))
        return gd__malformed(stream, damaged, "tensor '%.80s' is not described by an object", name);
    return check_keys(stream, name, about) && set_kind(stream, p, json_object_get(about, "dtype")) &&
           set_shape(stream, p, json_object_get(about, "shape")) &&
           set_range(stream, p, json_object_get(about, "data_offsets"));
}

static bool take_notes(const gd__stream *stream, gd_archive *a, json_t *notes)
{
    if (!json_is_object(notes))
        return gd__malformed(stream, damaged, "its " GD__METADATA " is not an object of strings");
    for (void *at = json_object_iter(notes); at; at = json_object_iter_next(notes, at)) {
        const char *key = json_object_iter_key(at), *value = json_string_value(json_object_iter_value(at));
        if (!value)
            return gd__malformed(stream, damaged, "its note '%.80s' is not a string", key);
        if (!gd__archive_add_note(a, key, value))
            return false;
    }
    return true;
}

/* ---- all of them ---- */

static int by_place(const void *first, const void *second)
{
    const part *a = first, *b = second;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    return a->end < b->end ? -1 : a->end > b->end;
}

/* The tensors must fill the bytes behind the header, without overlap and without a hole. */
static bool check_places(const gd__stream *stream, const part *parts, size_t count)
{
    int64_t end = 0, size = stream->size - stream->position;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].begin != end)
            return gd__malformed(stream, damaged, "tensor '%.80s' begins at byte %lld, where %lld was to be expected",
                                 parts[i].name, (long long)parts[i].begin, (long long)end);
        end = parts[i].end;
    }
    return end == size || gd__malformed(stream, damaged, "the tensors have %lld bytes, but %lld follow the header",
                                        (long long)end, (long long)size);
}

static bool describe_all(gd__stream *stream, gd_archive *a, json_t *header, part *parts, size_t *count)
{
    for (void *at = json_object_iter(header); at; at = json_object_iter_next(header, at)) {
        const char *name = json_object_iter_key(at);
        json_t *about = json_object_iter_value(at);
        bool good = strcmp(name, GD__METADATA) == 0 ? take_notes(stream, a, about)
                                                    : describe(stream, &parts[(*count)++], name, about);
        if (!good)
            return false;
    }
    qsort(parts, *count, sizeof *parts, by_place);
    return check_places(stream, parts, *count);
}

static bool read_all(gd__stream *stream, gd_archive *a, json_t *header, part *parts)
{
    size_t count = 0;
    if (!describe_all(stream, a, header, parts, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        gd_tensor *t = gd__read_numbers(stream, parts[i].kind, GD__LITTLE, parts[i].shape);
        if (!gd__archive_take(a, parts[i].name, t))
            return false;
    }
    return true;
}

bool gd__safetensors_read(gd_archive *a, gd__stream *stream)
{
    gd_context *g = stream->context;
    json_t *header = read_header(stream);
    if (!header)
        return false;
    size_t room = (json_object_size(header) + 1) * sizeof(part);
    part *parts = gd__alloc(g, room);
    bool good = parts && read_all(stream, a, header, parts);
    if (parts)
        gd__free(g, parts, room);
    json_decref(header);
    return good;
}
