/* layer.h - what a layer is: a kind, its parameters, the layers within it, and its last forward. */
#ifndef GRADUS_SRC_NN_LAYER_H
#define GRADUS_SRC_NN_LAYER_H

#include "gradus/nn.h"

#include "tensor/tensor.h"

enum { GD__MAX_OWN_PARAMETERS = 2 };

typedef struct gd__layer_kind {
    const char *name;
    gd_tensor *(*forward)(gd_layer *layer, gd_tensor *x);
    void (*draw)(gd_layer *layer); /* sets the numbers of the layer's own parameters; NULL: there is nothing to draw */
} gd__layer_kind;

typedef struct gd__parameter {
    const char *name;
    gd_tensor *tensor;
} gd__parameter;

struct gd_layer {
    gd__object object;
    const gd__layer_kind *kind;
    gd__parameter own[GD__MAX_OWN_PARAMETERS];
    int own_count;
    gd_layer **child;
    int children;
    gd_layer *parent;   /* the first that took it in, while its serial is this */
    uint64_t parent_serial;
    bool drawn;
    int height;         /* rows within rows below it */
    char label[48];     /* as messages call it: "2 (linear)" */
    gd_tensor *x, *y;   /* of the last forward; valid while their serials are these */
    uint64_t x_serial, y_serial;
};

extern const gd__class gd__layer_class;

/* A new layer of this kind in the current scope; the error layer on failure. */
gd_layer *gd__layer(gd_context *g, const gd__layer_kind *kind);

/* Can the tensor be a parameter: a leaf of floats? False with the error set. */
bool gd__can_be_parameter(const gd_tensor *t, const char *function);

/* Gives the layer a parameter; the tensor becomes a leaf that requires a gradient. False on failure. */
bool gd__own_parameter(gd_layer *layer, const char *name, gd_tensor *t);

/* The way to a layer: its place in the row that holds it, and that row's way. NULL at the outermost. */
typedef struct gd__path {
    const struct gd__path *outer;
    int index;
} gd__path;

/* Calls visit for each parameter, depth first and left to right; a shared tensor comes as often as it is used.
 * Stops when visit returns false. */
typedef bool gd__visit(void *user, const gd__path *path, const gd__parameter *parameter);
bool gd__each_parameter(gd_layer *layer, gd__visit *visit, void *user);

/* False with the error set where the layer can't be used. */
bool gd__layer_usable(const gd_layer *layer, const char *function);

#endif
