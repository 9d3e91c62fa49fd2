/* tensor.h - what a tensor is: a storage, and a shape and strides over it. */
#ifndef GRADUS_SRC_TENSOR_TENSOR_H
#define GRADUS_SRC_TENSOR_TENSOR_H

#include "gradus/tensor.h"

#include "base/context.h"

#include <string.h>

/* Numbers, shared by a tensor and its views. They lie right behind this head, or in memory that is not the context's. The head
 * lies right behind the tensor that it was made with, in one block, which goes with the last tensor that looks into it. */
typedef struct gd__storage {
    int64_t uses;     /* tensors that look into it */
    size_t size;      /* of the whole block */
    uint32_t version; /* raised by every write from outside an operation */
    bool read_only;
    bool in_plan;       /* a compiled step looks into it, or once did */
    const char *writer; /* who raised it last */
    char *bytes;
    gd_release *release; /* of borrowed memory: called when the last tensor has gone */
    void *user;
    uint64_t serial; /* no two of a context have the same. The head is 64 bytes, so the numbers are aligned to 64 */
} gd__storage;

/* A function that looks at a tensor's gradient (src/autograd/hook.c). */
typedef struct gd__hook {
    struct gd__hook *next;
    int64_t id;
    gd_tensor *(*call)(gd_tensor *grad, void *user);
    void *user;
} gd__hook;

/* 256 bytes on 64-bit machines: four lines of the cache, and no more than the pool's class of that size. */
struct gd_tensor {
    gd__object object;
    gd__storage *storage;
    char *data; /* the first element */
    int64_t numel;
    uint8_t dtype, ndim;
    bool contiguous; /* row-major without gaps */
    bool requires_grad;
    bool is_parameter;
    bool has_grad : 1;    /* `grad` holds a gradient, and not what an earlier step left */
    bool withheld : 1;    /* there was one, but a compiled step has used it up without putting it there */
    bool retains_grad;    /* keeps its gradient though it is no leaf */
    uint8_t taken;        /* how many tensors have gathered this one as their gradient, up to 2 */
    uint32_t record;      /* 1 + the place on the tape of the record that made it; 0: a leaf */
    uint64_t mark;        /* of the walk, over the tape or a layer's parameters, that last came by (gd__new_mark) */
    gd_tensor *grad;      /* made once, in this tensor's scope; later gradients are put into it */
    gd_tensor *cotangent; /* during a backward: the gradient gathered up to now */
    gd__hook *hooks;      /* in the order of their calls */
    char *name;
    int64_t shape[GD_MAX_DIMS], stride[GD_MAX_DIMS]; /* strides in elements */
};

extern const gd__class gd__tensor_class;

/* The context that a list speaks for: the first that is not NULL decides. */
static inline gd_context *gd__context_of(gd_tensors list)
{
    if (list.item && list.count > 0 && gd__alive(list.item[0]))
        return list.item[0]->object.context;
    for (int i = 0; list.item && i < list.count; i++)
        if (list.item[i])
            return gd__context(list.item[i]);
    return &gd__nowhere;
}

/* What a new tensor is to be. Strides and offset count only for views. */
typedef struct gd__meta {
    gd_dtype dtype;
    gd_dims shape;
    int64_t stride[GD_MAX_DIMS];
    int64_t offset; /* in elements, from the base's first */
} gd__meta;

/* Not more dimensions than there can be. */
static inline bool gd__dims_fit(gd_dims shape)
{
    return shape.count >= 0 && shape.count <= GD_MAX_DIMS;
}

/* The number of elements, -1 for a shape that can't be: negative, or too large to count in bytes. */
int64_t gd__count(gd_dims shape);
int64_t gd__count_of(const gd_dims *shape); /* a copy of the struct costs more than the count */
bool gd__same_dims(gd_dims a, gd_dims b);

/* Inline, since every operation asks. */
static inline bool gd__same_shape(const gd_tensor *a, const gd_tensor *b)
{
    if (a->ndim != b->ndim)
        return false;
    for (int i = 0; i < a->ndim; i++)
        if (a->shape[i] != b->shape[i])
            return false;
    return true;
}

/* Inline, and of fixed size, for the same reason. */
static inline gd_dims gd__shape(const gd_tensor *t)
{
    gd_dims shape;
    shape.count = t->ndim;
    memcpy(shape.size, t->shape, sizeof shape.size);
    return shape;
}

typedef struct gd__dtype_facts {
    const char *name;
    size_t size; /* bytes of an element */
} gd__dtype_facts;

/* By dtype, which must be one. */
extern const gd__dtype_facts gd__dtypes[GD_BOOL + 1];

static inline bool gd__is_float(gd_dtype dtype)
{
    return dtype == GD_FLOAT32 || dtype == GD_FLOAT64;
}

static inline bool gd__is_dtype(gd_dtype dtype)
{
    return dtype >= GD_FLOAT32 && dtype <= GD_BOOL;
}

/* GD_DEFAULT made into the context's default. */
gd_dtype gd__dtype(gd_context *g, gd_dtype dtype);
/* The same of what a caller asks for; GD_DEFAULT, with the error set, where that is no dtype. */
gd_dtype gd__dtype_asked(gd_context *g, const char *function, gd_dtype dtype);

/* PyTorch's result type of two tensors with these dtypes and numbers of dimensions: the category (bool, integer,
 * float) decides first, and within it a tensor with dimensions goes before one without. */
gd_dtype gd__promote(gd_dtype a, int a_ndim, gd_dtype b, int b_ndim);

/* Can an element of this dtype hold the number, or its whole part? False with GD_ERROR_VALUE, as in PyTorch. */
bool gd__holds(gd_context *g, gd_dtype dtype, double value, const char *function);

/* A tensor with a storage of its own, its elements not set; NULL with the error set. */
gd_tensor *gd__tensor(gd_context *g, const gd__meta *meta);

/* The same for a public function that was handed a context, a dtype and a shape: GD_DEFAULT is settled. The error
 * tensor where one of them is wrong. */
gd_tensor *gd__create(gd_context *g, const char *function, gd_dtype dtype, gd_dims shape);

/* A tensor over memory of another owner, with meta's strides: `outside` says where it lies, whether it may be written,
 * and who is told when the last tensor has gone. NULL with the error set, and nobody told. */
gd_tensor *gd__tensor_over(gd_context *g, const gd__meta *meta, const gd__storage *outside);

/* The strides of a row-major tensor of this shape. */
void gd__row_major_strides(gd_dims shape, int64_t *stride);

/* A tensor that looks into base's storage. */
gd_tensor *gd__view(gd_tensor *base, const gd__meta *meta);

/* Copies elements of `dtype` in, in row-major order, as many as t has. */
void gd__fill(gd_tensor *t, gd_dtype dtype, const void *from);

/* May some of their memory be the same? They are looked at from their first byte to their last. */
bool gd__overlap(const gd_tensor *a, const gd_tensor *b);

/* May its numbers be written? False with the error set: they are read-only, or several are one in memory. */
bool gd__may_write(const gd_tensor *t, const char *function);

/* Says that the tensor's numbers were written: raises the storage's version. */
void gd__written(gd_tensor *t, const char *writer);

/* Takes a tensor's hold of the storage away. */
void gd__storage_release(gd_context *g, gd__storage *storage);

/* What a tensor is filled with from the context's stream. */
typedef enum gd__drawing {
    GD__FILL_UNIFORM,
    GD__FILL_NORMAL,
    GD__FILL_BERNOULLI,
    GD__FILL_INTEGERS,
    GD__FILL_PERMUTATION
} gd__drawing;
typedef struct gd__filling {
    gd__drawing kind;
    double a, b;       /* low and high; mean and deviation; the probability */
    int64_t low, high; /* of integers */
} gd__filling;

/* Fills a row-major tensor. Tells nobody. */
void gd__draw_into(gd_tensor *t, const gd__filling *draw);

/* The same for floats; and can such draws be: false with the error set. */
void gd__draw_uniform(gd_tensor *t, double low, double high);
void gd__draw_normal(gd_tensor *t, double mean, double deviation);
bool gd__uniform_fits(gd_context *g, const char *function, gd_dtype dtype, double low, double high);
bool gd__normal_fits(gd_context *g, const char *function, double deviation);

/* A dimension counted from 0; -1 with GD_ERROR_INDEX where t has none such. */
int gd__dim(const gd_tensor *t, int64_t dim);

/* The same for a function that is no operation: with its name in the message. */
int gd__dim_for(const char *function, const gd_tensor *t, int64_t dim);

/* The same for operations along a dimension: a tensor without dimensions counts as one with one element along
 * dimension 0, as in PyTorch. */
int gd__axis(const gd_tensor *t, int64_t dim);

/* Writes "'W1' float32 (784, 50)" or, without a name, "float32 (784, 50)". Returns text. */
enum { GD__TEXT_SIZE = 192 };
char *gd__describe(const gd_tensor *t, char *text);
char *gd__shape_text(gd_dims shape, char *text);

/* The whole part, as an integer. C leaves it undefined outside the range: there it is the nearest integer that
 * there is, and 0 of NaN. */
static inline int64_t gd__whole(double x)
{
    if (x >= 9223372036854775808.0)
        return INT64_MAX;
    if (x <= -9223372036854775808.0)
        return INT64_MIN;
    return x == x ? (int64_t)x : 0;
}

/* A double in C is also how a whole number is written; PyTorch's n + 1 stays an integer. */
static inline bool gd__is_whole(double number)
{
    return number > -9007199254740992.0 && number < 9007199254740992.0 && number == (double)(int64_t)number;
}

/* One element as a double, and the other way round, whatever the dtype. */
double gd__load(gd_dtype dtype, const void *at);
void gd__store(gd_dtype dtype, void *at, double value);

/* Calls visit with a pointer to each element, in row-major order. */
void gd__each(const gd_tensor *t, void (*visit)(void *user, void *element), void *user);

#endif
