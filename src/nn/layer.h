/* layer.h - what a layer is: a kind, its parameters and buffers, the layers within it, and its last forward. */
#ifndef GRADUS_SRC_NN_LAYER_H
#define GRADUS_SRC_NN_LAYER_H

#include "gradus/nn.h"

#include "tensor/tensor.h"

/* What the layers of one kind have in common. A layer is its kind, options, members and children, and nothing else
 * that lasts: a copy of those is a copy of the layer. */
typedef struct gd__layer_kind {
    const char *name;
    size_t options; /* the size of the kind's own struct of options, plain numbers and pointers; 0: it has none */
    gd_tensor *(*forward)(gd_layer *layer, gd_tensor *x);
    void (*draw)(gd_layer *layer);    /* sets the numbers of the layer's own parameters; NULL: nothing to draw */
    void (*destroy)(gd_layer *layer); /* gives back what the options hold; NULL: nothing */
} gd__layer_kind;

/* Parameters learn, buffers do not; both are saved. */
typedef enum gd__member_role { GD__PARAMETER = 1, GD__BUFFER = 2, GD__ANY_ROLE = 3 } gd__member_role;

enum { GD__NAME_SIZE = 48 }; /* of one name, its closing zero included */

typedef struct gd__member {
    gd__member_role role;
    char name[GD__NAME_SIZE];
    gd_tensor *tensor;
    uint64_t serial; /* of the tensor: another may have taken its place in memory */
} gd__member;

typedef struct gd__child {
    char name[GD__NAME_SIZE];
    gd_layer *layer;
    uint64_t serial;
} gd__child;

struct gd_layer {
    gd__object object;
    const gd__layer_kind *kind;
    void *options;                     /* as kind->options says */
    char name[GD__NAME_SIZE];          /* the kind's, or what its maker called it: "linear" */
    char label[2 * GD__NAME_SIZE + 4]; /* as messages call it: "2 (linear)" */
    gd__member *member;
    int members, member_room;
    gd__child *child;
    int children, child_room;
    gd_layer *parent; /* the newest that took it in, while its serial is this */
    uint64_t parent_serial;
    bool taken; /* some layer took it in */
    bool drawn;
    bool training;
    bool borrows;     /* its options are another's, which gives back what they hold */
    int height;       /* layers within layers below it */
    gd_dims made;     /* the shape of its newest output; its count is -1 before the first */
    gd_tensor *x, *y; /* of the last forward; valid while their serials are these */
    uint64_t x_serial, y_serial;
};

extern const gd__class gd__layer_class;

/* ---- making ---- */

/* A new layer of this kind in the current scope, with a copy of the options; the error layer on failure. */
gd_layer *gd__layer(gd_context *g, const gd__layer_kind *kind, const char *name, const void *options);

/* Can the tensor be a parameter: a leaf of floats in row-major order? False with the error set. */
bool gd__can_be_parameter(const gd_tensor *t, const char *function);

/* Gives the layer a member; a parameter becomes a leaf that requires a gradient. False on failure. */
bool gd__own(gd_layer *layer, gd__member_role role, const char *name, gd_tensor *t);

/* Is there room for these layers within it? False with the error set. */
bool gd__can_take(gd_layer *layer, size_t count, gd_layer *const *children);

/* Puts a layer into another that has room, under a name. */
void gd__take_in(gd_layer *layer, const char *name, gd_layer *child);

/* The layer's own member of that name and role; NULL where it has none, without an error. */
gd_tensor *gd__member_of(const gd_layer *layer, gd__member_role role, const char *name);

/* False with the error set where the layer can't be used. */
bool gd__layer_usable(const gd_layer *layer, const char *function);

/* Draws what has not been drawn, from the outermost layer on. False with the error set. */
bool gd__draw(gd_layer *layer);

/* ---- walking: depth first and left to right; a layer or a tensor used twice comes twice ---- */

/* The way to a layer: its name in the layer that holds it, and that layer's way. NULL at the outermost. */
typedef struct gd__path {
    const struct gd__path *outer;
    const char *name;
} gd__path;

/* Both stop when visit returns false, and then return false; so they do, with the error set, at a layer or a tensor
 * that has gone with its scope. */
typedef bool gd__visit_layer(void *user, const gd__path *path, gd_layer *layer);
bool gd__each_layer(gd_layer *layer, gd__visit_layer *visit, void *user);

/* Of each layer first its parameters, then its buffers. */
typedef bool gd__visit_member(void *user, const gd__path *path, const gd__member *member);
bool gd__each_member(gd_layer *layer, gd__member_role role, gd__visit_member *visit, void *user);

/* What is at a path within it, the layer "2.0", the member "2.0.weight"; NULL where there is none, without an error. */
gd_layer *gd__layer_at(gd_layer *layer, const char *path);
gd_tensor *gd__member_at(gd_layer *layer, gd__member_role role, const char *path);

/* The name of one of its members, or of a layer right within it, that has gone; NULL where all are there. */
const char *gd__missing(const gd_layer *layer);

/* Do its members and the layers within it still live? False with the error set. gd__intact: and theirs, all the way? */
bool gd__complete(gd_layer *layer);
bool gd__intact(gd_layer *layer);

/* "parameter", "buffer". */
const char *gd__role_name(gd__member_role role);

/* Writes "2.0.weight": the way, and a name behind it. No layer is deeper than GD__HIGHEST. Returns text. */
enum { GD__HIGHEST = 32, GD__PATH_SIZE = (GD__HIGHEST + 2) * GD__NAME_SIZE };
char *gd__path_text(const gd__path *path, const char *name, char *text);

#endif
