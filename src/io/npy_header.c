/* npy_header.c - the Python dict before the numbers of a .npy file, read strictly and written as NumPy does. */
#include "io/npy.h"

#include <stdio.h>
#include <string.h>

enum { WORD_ROOM = 24, ALIGNMENT = 64, LONGEST_NUMBER = 21 };

const char gd__npy_magic[GD__NPY_MAGIC_SIZE] = { '\x93', 'N', 'U', 'M', 'P', 'Y' };

typedef struct cursor {
    const char *at, *end;
} cursor;

static void skip_space(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
}

/* Goes over this character, and space before it, if it stands here. */
static bool take(cursor *c, char wanted)
{
    skip_space(c);
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool take_word(cursor *c, const char *word)
{
    size_t length = strlen(word);
    skip_space(c);
    if ((size_t)(c->end - c->at) < length || memcmp(c->at, word, length) != 0)
        return false;
    c->at += length;
    return true;
}

/* A string in either quotes, without escapes; one too long for any known use is cut. */
static bool take_string(cursor *c, char word[WORD_ROOM])
{
    char quote = take(c, '\'') ? '\'' : take(c, '"') ? '"' : 0;
    size_t length = 0;
    if (!quote)
        return false;
    for (; c->at < c->end && *c->at != quote; c->at++) {
        if (*c->at == '\\')
            return false;
        if (length < WORD_ROOM - 1)
            word[length++] = *c->at;
    }
    word[length] = 0;
    return take(c, quote);
}

static bool take_bool(cursor *c, bool *value)
{
    *value = take_word(c, "True");
    return *value || take_word(c, "False");
}

/* A natural number; Python 2 wrote an L behind long ones. */
static bool take_size(cursor *c, int64_t *size)
{
    const char *start;
    *size = 0;
    skip_space(c);
    for (start = c->at; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        if (__builtin_mul_overflow(*size, 10, size) || __builtin_add_overflow(*size, *c->at - '0', size))
            return false;
    }
    bool good = c->at > start;
    if (c->at < c->end && *c->at == 'L')
        c->at++;
    return good;
}

/* A tuple: (), (3,), (2, 3) or (2, 3,); without its comma, (3) is no tuple. A shape of more dimensions
 * than a tensor has gets the count -1. */
static bool take_shape(cursor *c, gd_dims *shape)
{
    int count = 0;
    bool comma = true;
    if (!take(c, '('))
        return false;
    while (!take(c, ')')) {
        int64_t size;
        if (!comma || !take_size(c, &size))
            return false;
        if (count < GD_MAX_DIMS)
            shape->size[count] = size;
        count++;
        comma = take(c, ',');
    }
    shape->count = count > GD_MAX_DIMS ? -1 : count;
    return count != 1 || comma;
}

static bool not_the_dict(const gd__stream *stream, const char *text, size_t length)
{
    return gd__malformed(stream, "Write the file anew with numpy.save",
                         "its header is not a dict of 'descr', 'fortran_order' and 'shape': %.*s",
                         length < 120 ? (int)length : 120, text);
}

static bool set_kind(const gd__stream *stream, const char *descr, gd__npy_header *header)
{
    bool ordered = descr[0] == '<' || descr[0] == '>';
    header->kind = ordered || descr[0] == '|' ? gd__kind_npy(descr + 1) : NULL;
    header->order = descr[0] == '>' ? GD__BIG : GD__LITTLE;
    if (header->kind && (ordered || header->kind->size == 1))
        return true;
    return gd__malformed(stream,
                         "Known are b1 u1 i1 i2 u2 i4 u4 i8 f2 f4 f8, little-endian '<', big-endian '>' or, of one "
                         "byte, '|': convert the array with astype",
                         "its numbers are '%s', which is no known kind", descr);
}

typedef struct found {
    bool descr, fortran, shape;
} found;

/* One `'key': value`, each key once. */
static bool take_item(cursor *c, char descr[WORD_ROOM], gd__npy_header *header, found *had)
{
    char key[WORD_ROOM];
    if (!take_string(c, key) || !take(c, ':'))
        return false;
    bool *known = strcmp(key, "descr") == 0           ? &had->descr
                  : strcmp(key, "fortran_order") == 0 ? &had->fortran
                  : strcmp(key, "shape") == 0         ? &had->shape
                                                      : NULL;
    if (!known || *known)
        return false;
    *known = true;
    if (known == &had->descr) {
        skip_space(c);
        if (c->at < c->end && *c->at == '[')
            snprintf(descr, WORD_ROOM, "[a record]");
        return descr[0] == '[' || take_string(c, descr);
    }
    return known == &had->shape ? take_shape(c, &header->shape) : take_bool(c, &header->fortran);
}

bool gd__npy_parse(const gd__stream *stream, const char *text, size_t length, gd__npy_header *header)
{
    cursor c = { text, text + length };
    char descr[WORD_ROOM] = "";
    found had = { .descr = false };
    bool good = take(&c, '{'), closed = false;
    while (good && !closed && descr[0] != '[') {
        good = take_item(&c, descr, header, &had);
        bool comma = take(&c, ',');
        closed = take(&c, '}');
        good = good && (comma || closed);
    }
    if (descr[0] == '[')
        return set_kind(stream, descr, header);
    skip_space(&c);
    if (!good || c.at != c.end || !had.descr || !had.fortran || !had.shape)
        return not_the_dict(stream, text, length);
    if (header->shape.count < 0)
        return gd__malformed(stream, "Reshape the array to fewer dimensions", "it has more than %d dimensions",
                             GD_MAX_DIMS);
    return set_kind(stream, descr, header);
}

static size_t add(char *text, size_t at, const char *word)
{
    size_t length = strlen(word);
    memcpy(text + at, word, length);
    return at + length;
}

static size_t add_shape(const gd_tensor *t, char *text, size_t at)
{
    char word[WORD_ROOM];
    at = add(text, at, "(");
    for (int i = 0; i < t->ndim; i++) {
        snprintf(word, sizeof word, "%s%lld", i > 0 ? ", " : "", (long long)t->shape[i]);
        at = add(text, at, word);
    }
    return add(text, at, t->ndim == 1 ? ",)" : ")");
}

/* NumPy leaves room to write a longer first dimension later, and then fills up to 64 bytes, by at least
 * one; so that the same array gives the same file, so do we. */
static size_t add_fill(const gd_tensor *t, char *text, size_t at)
{
    char first[WORD_ROOM];
    size_t fill = 0;
    if (t->ndim > 0)
        fill = LONGEST_NUMBER - (size_t)snprintf(first, sizeof first, "%lld", (long long)t->shape[0]);
    fill += ALIGNMENT - (at + fill + 1) % ALIGNMENT;
    memset(text + at, ' ', fill);
    text[at + fill] = '\n';
    return at + fill + 1;
}

size_t gd__npy_header_of(const gd_tensor *t, char *text)
{
    const gd__kind *kind = gd__kind_of((gd_dtype)t->dtype);
    const char *order = kind->size == 1 ? "|" : gd__host_order() == GD__LITTLE ? "<" : ">";
    enum { START = GD__NPY_MAGIC_SIZE + 4 }; /* two bytes of version, two of length */
    size_t at = add(text, START, "{'descr': '");
    at = add(text, add(text, at, order), kind->npy);
    at = add_shape(t, text, add(text, at, "', 'fortran_order': False, 'shape': "));
    at = add_fill(t, text, add(text, at, ", }"));
    memcpy(text, gd__npy_magic, GD__NPY_MAGIC_SIZE);
    text[6] = 1;
    text[7] = 0;
    text[8] = (char)((at - START) & 255);
    text[9] = (char)((at - START) >> 8);
    return at;
}
