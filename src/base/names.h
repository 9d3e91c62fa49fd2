/* names.h - a list of texts in the order they came, each found by a hash. */
#ifndef GRADUS_SRC_BASE_NAMES_H
#define GRADUS_SRC_BASE_NAMES_H

#include "base/context.h"

/* All zero: an empty list. */
typedef struct gd__names {
    char **name; /* NULL stands behind the last; NULL itself where there never was one */
    int count, capacity;
    int *table;     /* hashed: 1 + the place in the list, or 0; at most half full */
    int table_size; /* a power of two */
} gd__names;

/* The place of the text, of several equal ones the last; -1 where it is not in the list. */
int gd__names_find(const gd__names *names, const char *name);

/* Adds a copy of the text. False with the error set; the list then stays as it was. */
bool gd__names_add(gd_context *g, gd__names *names, const char *name);

/* Adds all texts of a list that NULL ends; NULL for none. False with the error set. */
bool gd__names_add_all(gd_context *g, gd__names *names, const char *const *list);

/* Gives the texts back; the list is empty then. */
void gd__names_free(gd_context *g, gd__names *names);

/* "W1, b1 and 2 more", "none": as many names as there is room for, in printable characters. Returns text. */
enum { GD__NAMES_SIZE = 300 };
char *gd__names_text(const gd__names *names, char *text);

#endif
