/* fill.c - arguments for a call: those that fit, and those that do not. */
#include "fuzz/parts/generate.h"

#include <math.h>
#include <string.h>

static const value *value_of(const world *w, int slot)
{
    const object *o = object_at(w, slot);
    return o ? o->value : NULL;
}

/* ---- shapes that go together ---- */

static bool has_dims(const object *o, const void *user)
{
    return same_dims(o->value->shape, *(const gd_dims *)user);
}

static bool joins(const object *o, const void *user)
{
    gd_dims shape = *(const gd_dims *)user;
    return broadcast(&shape, o->value->shape) && count_of(shape) <= 20000;
}

/* A shape that broadcasts with this one: some sizes 1, some dimensions in front missing. */
static gd_dims broadcastable(dice *d, gd_dims shape)
{
    int missing = chance(d, 30) && shape.count > 0 ? (int)between(d, 0, shape.count) : 0;
    gd_dims other = { .count = shape.count - missing };
    for (int i = 0; i < other.count; i++)
        other.size[i] = chance(d, 25) ? 1 : shape.size[i + missing];
    return other;
}

static int another(world *w, dice *d, const taste *t, gd_dims shape)
{
    int slot = chance(d, 60) ? pick(w, d, joins, &shape) : NO_TENSOR;
    if (t->smooth && slot != NO_TENSOR && value_of(w, slot)->dtype != GD_FLOAT64 && chance(d, 80))
        slot = NO_TENSOR;
    return slot != NO_TENSOR ? slot : make_tensor(w, d, t, some_dtype(d, t), broadcastable(d, shape), some_flavour(d, t));
}

static int of_shape(world *w, dice *d, const taste *t, gd_dtype dtype, gd_dims shape, flavour f)
{
    int slot = chance(d, 40) ? pick(w, d, has_dims, &shape) : NO_TENSOR;
    if (slot != NO_TENSOR && (value_of(w, slot)->dtype == dtype || chance(d, 10)))
        return slot;
    return make_tensor(w, d, t, dtype, shape, f);
}

/* ---- operands, by what fits the function ---- */

/* Weights, where the function takes some: of this shape, or of one that broadcasts to it; or none. */
static void fill_weights(world *w, dice *d, const taste *t, step *s, gd_dtype dtype, gd_dims shape, bool repeated)
{
    const char *parameters = gd_function_at(s->verb)->parameters, *type;
    char name[32];
    for (int i = 2; (type = parameter_type(parameters, i, name)); i++) {
        if (!strstr(name, "weight") || !strstr(type, "gd_tensor *"))
            continue;
        gd_dims own = repeated && chance(d, 60) ? broadcastable(d, shape) : shape;
        s->argument[i] = a_tensor(chance(d, 35) ? NO_TENSOR : make_tensor(w, d, t, dtype, own, chance(d, 70) ? PROBABILITIES
                                                                                                  : some_flavour(d, t)));
    }
}

static bool is_real_matrix(const object *o, const void *user)
{
    return o->value->shape.count == *(const int *)user && is_float(o->value->dtype);
}

static void fill_matrices(world *w, dice *d, const taste *t, step *s)
{
    int ndim = (int)between(d, 1, 4);
    int a = pick(w, d, is_real_matrix, &ndim);
    if (a == NO_TENSOR) {
        gd_dtype dtype = t->smooth || chance(d, 50) ? GD_FLOAT64 : GD_FLOAT32;
        a = make_tensor(w, d, t, dtype, gd_shape(between(d, 1, 24), between(d, 1, 24)), some_flavour(d, t));
    }
    const value *x = value_of(w, a);
    s->argument[0] = a_tensor(a);
    if (!x)
        return;
    gd_dims shape = { .count = 0 };
    int64_t inner = x->shape.size[x->shape.count - 1];
    for (int i = 0; i < x->shape.count - 2 && chance(d, 60); i++)
        shape.size[shape.count++] = chance(d, 30) ? 1 : x->shape.size[i];
    if (shape.count != x->shape.count - 2)
        shape.count = 0;
    shape.size[shape.count++] = inner;
    if (shape.count > 1 || chance(d, 80))
        shape.size[shape.count++] = between(d, 0, chance(d, 30) ? 24 : 6);
    s->argument[1] = a_tensor(of_shape(w, d, t, x->dtype, shape, some_flavour(d, t)));
}

/* Integers from 0 on, below a limit of at most 16. */
static int indices(world *w, dice *d, gd_dtype dtype, gd_dims shape, int64_t limit)
{
    int64_t last = limit < 1 ? 0 : limit > 16 ? 15 : limit - 1;
    int64_t seed = (int64_t)((roll(d) >> 8 & ~(uint64_t)15) | (uint64_t)last);
    step s = { .verb = gd_function_count() + MAKE, .count = 4,
               .argument = { an_integer(dtype), a_shape(shape), an_integer(LABELS), an_integer(seed) } };
    int at = add_step(w, s);
    return at < 0 ? NO_TENSOR : at * MOST_RESULTS;
}

static int labels_for(world *w, dice *d, int64_t rows, int64_t classes)
{
    return indices(w, d, chance(d, 75) ? GD_INT64 : GD_UINT8, gd_shape(rows), classes);
}

static void fill_labels(world *w, dice *d, const taste *t, step *s)
{
    static const int two = 2;
    int a = pick(w, d, is_real_matrix, &two);
    if (a == NO_TENSOR)
        a = make_tensor(w, d, t, some_dtype(d, t), gd_shape(between(d, 0, 6), between(d, 1, 6)), some_flavour(d, t));
    const value *x = value_of(w, a);
    s->argument[0] = a_tensor(a);
    if (!x || x->shape.count != 2)
        return;
    s->argument[1] = a_tensor(chance(d, 75) ? labels_for(w, d, x->shape.size[0], x->shape.size[1])
                                            : make_tensor(w, d, t, x->dtype, x->shape, PROBABILITIES));
    fill_weights(w, d, t, s, x->dtype, gd_shape(x->shape.size[1]), false);
}

static void fill_label_backward(world *w, dice *d, const taste *t, step *s)
{
    int64_t classes = between(d, 1, 6);
    gd_dims one = { .count = (int)below(d, 3), .size = { 1, 1 } };
    s->argument[0] = a_tensor(of_shape(w, d, t, t->smooth ? GD_FLOAT64 : GD_FLOAT32, one, some_flavour(d, t)));
    s->argument[1] = a_tensor(labels_for(w, d, between(d, 0, 6), classes));
    s->argument[2] = an_integer(classes + between(d, 0, 2));
}

static void fill_probabilities(world *w, dice *d, const taste *t, step *s, int first)
{
    gd_dims shape = some_shape(d);
    gd_dtype dtype = t->smooth || chance(d, 50) ? GD_FLOAT64 : GD_FLOAT32;
    gd_dims one = { .count = (int)below(d, 3), .size = { 1, 1 } };
    if (first == 1)
        s->argument[0] = a_tensor(of_shape(w, d, t, dtype, one, some_flavour(d, t)));
    s->argument[first] = a_tensor(make_tensor(w, d, t, dtype, shape, chance(d, 90) ? PROBABILITIES : some_flavour(d, t)));
    s->argument[first + 1] = a_tensor(make_tensor(w, d, t, dtype, shape, chance(d, 80) ? PROBABILITIES : some_flavour(d, t)));
    if (first == 0)
        fill_weights(w, d, t, s, dtype, shape, true);
}

static void fill_vectors(world *w, dice *d, const taste *t, step *s)
{
    gd_dims shape = gd_shape(between(d, 0, 20));
    gd_dtype dtype = some_dtype(d, t);
    s->argument[0] = a_tensor(of_shape(w, d, t, dtype, shape, some_flavour(d, t)));
    s->argument[1] = a_tensor(of_shape(w, d, t, chance(d, 85) ? dtype : some_dtype(d, t), shape, some_flavour(d, t)));
}

/* Indices into a dimension of x: as many dimensions, none larger but that one; and what is added there. */
static void fill_indexed(world *w, dice *d, const taste *t, step *s, fitting fit)
{
    int slot = any_tensor(w, d, t);
    const value *x = value_of(w, slot);
    s->argument[0] = a_tensor(slot);
    if (!x)
        return;
    int dims = x->shape.count, dim = dims > 0 ? (int)below(d, dims) : 0;
    gd_dims shape = x->shape, source;
    for (int i = 0; i < dims; i++)
        shape.size[i] = i == dim ? between(d, 0, 5) : chance(d, 70) ? shape.size[i] : below(d, shape.size[i] + 1);
    if (dims > 0 && x->shape.size[dim] == 0)
        shape.size[dim] = 0;
    bool list = fit == FIT_LISTED;
    int64_t count = dims == 0 ? 1 : shape.size[dim];
    source = list ? x->shape : shape;
    if (dims > 0)
        source.size[dim] = count + (list ? 0 : below(d, 2));
    s->argument[1] = an_integer(chance(d, 30) && dims > 0 ? dim - dims : dim);
    s->argument[2] = a_tensor(indices(w, d, GD_INT64, list ? gd_shape(count) : shape, dims > 0 ? x->shape.size[dim] : 1));
    if (s->count > 3)
        s->argument[3] = a_tensor(make_tensor(w, d, t, x->dtype, source, some_flavour(d, t)));
}

static void fill_classes(world *w, dice *d, step *s)
{
    int64_t classes = between(d, 1, 6);
    s->argument[0] = a_tensor(indices(w, d, chance(d, 75) ? GD_INT64 : GD_UINT8, some_shape(d), classes));
    s->argument[1] = an_integer(chance(d, 40) ? -1 : classes);
}

static void fill_joined(world *w, dice *d, const taste *t, step *s, bool stacked)
{
    drawn list = { .kind = GD_ARGUMENT_TENSORS, .slot = NO_TENSOR, .count = (int)between(d, 1, MOST_LISTED) };
    int first = any_tensor(w, d, t);
    const value *x = value_of(w, first);
    int dims = x ? x->shape.count : 0, dim = dims > 0 ? (int)below(d, dims) : 0;
    for (int i = 0; i < list.count; i++) {
        gd_dims shape = x ? x->shape : gd_shape();
        if (!stacked && dims > 0)
            shape.size[dim] = between(d, 0, 4);
        list.listed[i] = i == 0 || !x ? first : of_shape(w, d, t, chance(d, 80) ? x->dtype : some_dtype(d, t), shape, some_flavour(d, t));
    }
    s->argument[0] = list;
    if (stacked)
        dim = (int)below(d, dims + 1);
    s->argument[1] = an_integer(chance(d, 30) ? dim - dims - stacked : dim);
}

static bool is_updatable(const object *o, const void *user)
{
    (void)user;
    return is_float(o->value->dtype) && is_contiguous(o->value);
}

static void fill_update(world *w, dice *d, const taste *t, step *s, const reference *r)
{
    int p = pick(w, d, is_updatable, NULL);
    const value *x = value_of(w, p);
    s->argument[0] = a_tensor(p);
    for (int i = 1; x && i < s->count && strstr(parameter_type(gd_function_at(s->verb)->parameters, i, NULL), "gd_tensor"); i++)
        s->argument[i] = a_tensor(r->optional >> i & 1 && chance(d, 40) ? NO_TENSOR
                                  : make_tensor(w, d, t, x->dtype, x->shape, i > 1 ? PROBABILITIES : some_flavour(d, t)));
}

static void fill_operands(world *w, dice *d, const taste *t, step *s, const reference *r)
{
    const char *parameters = gd_function_at(s->verb)->parameters, *type;
    int first = r->fit == FIT_CONDITION;
    s->argument[first] = a_tensor(any_tensor(w, d, t));
    const value *x = value_of(w, s->argument[first].slot);
    if (x && r->fit == FIT_EQUAL)
        fill_weights(w, d, t, s, x->dtype, x->shape, strstr(parameters, "pos_weight") != NULL);
    for (int i = 0; x && (type = parameter_type(parameters, i, NULL)); i++) {
        if (i == first || !strstr(type, "gd_tensor *") || s->argument[i].kind != GD_ARGUMENT_NONE)
            continue;
        if (r->fit == FIT_CONDITION && i == 0)
            s->argument[i] = a_tensor(make_tensor(w, d, t, GD_BOOL, broadcastable(d, x->shape), SMALL_INTEGERS));
        else if (r->fit == FIT_MASKED)
            s->argument[i] = a_tensor(make_tensor(w, d, t, GD_BOOL, broadcastable(d, x->shape), SMALL_INTEGERS));
        else if (r->fit == FIT_EQUAL)
            s->argument[i] = a_tensor(of_shape(w, d, t, x->dtype, x->shape, some_flavour(d, t)));
        else
            s->argument[i] = a_tensor(another(w, d, t, x->shape));
    }
}

/* ---- shapes ---- */

/* The same number of elements, in another shape. */
static gd_dims reshaped(dice *d, const value *x)
{
    gd_dims shape = { .count = 1, .size = { x->count } };
    for (int i = 0; i < 4 && shape.count < GD_MAX_DIMS; i++) {
        int at = (int)below(d, shape.count);
        int64_t factor = between(d, 1, 4);
        if (shape.size[at] % factor == 0) {
            shape.size[at] /= factor;
            shape.size[shape.count++] = factor;
        }
    }
    if (x->count == 1 && chance(d, 30))
        shape.count = 0;
    if (shape.count > 0 && chance(d, 30))
        shape.size[below(d, shape.count)] = -1;
    return shape;
}

static gd_dims expanded(dice *d, const value *x)
{
    int added = (int)between(d, 0, x->shape.count < 6 ? 2 : 0);
    gd_dims shape = { .count = x->shape.count + added };
    for (int i = 0; i < shape.count; i++) {
        int64_t own = i < added ? 1 : x->shape.size[i - added];
        bool kept = own != 1 || chance(d, 40);
        shape.size[i] = !kept ? between(d, 0, 4) : i >= added && chance(d, 20) ? -1 : own;
    }
    return shape;
}

static gd_dims permuted(dice *d, const value *x)
{
    gd_dims order = { .count = x->shape.count };
    for (int i = 0; i < order.count; i++) {
        int k = (int)below(d, i + 1);
        order.size[i] = order.size[k];
        order.size[k] = i;
    }
    for (int i = 0; i < order.count; i++)
        order.size[i] -= chance(d, 20) ? order.count : 0;
    return order;
}

static gd_dims some_axes(dice *d, const value *x)
{
    gd_dims axes = { .count = 0 };
    for (int i = 0; i < x->shape.count; i++)
        if (chance(d, 45))
            axes.size[axes.count++] = chance(d, 25) ? i - x->shape.count : i;
    return axes;
}

/* The gradient of a slice, and of which shape. */
static void fill_unsliced(dice *d, const value *x, step *s)
{
    int dim = x->shape.count > 0 ? (int)below(d, x->shape.count) : 0;
    int64_t start = between(d, 0, 3), every = between(d, 1, 3), count = x->shape.count > 0 ? x->shape.size[dim] : 1;
    gd_dims shape = x->shape;
    shape.size[dim] = count > 0 ? start + (count - 1) * every + 1 + between(d, 0, 2) : between(d, 0, 3);
    s->argument[1] = a_shape(shape);
    s->argument[2] = an_integer(dim);
    s->argument[3] = an_integer(start);
    s->argument[4] = an_integer(every);
}

static void fill_padding(dice *d, const value *x, step *s)
{
    gd_dims before = { .count = x->shape.count }, after = { .count = x->shape.count };
    for (int i = 0; i < x->shape.count; i++) {
        before.size[i] = chance(d, 50) ? 0 : between(d, -1, 2);
        after.size[i] = chance(d, 50) ? 0 : between(d, -1, 2);
    }
    s->argument[1] = a_shape(before);
    s->argument[2] = a_shape(after);
}

/* ---- numbers, by their names ---- */

static double some_number(dice *d, const taste *t, const char *name)
{
    static const double shares[] = { 0, 0.1, 0.5, 0.9, 0.999, 1 };
    static const double ordinary[] = { 1, 2, 0.5, -1, 3, 0.1, -2, 1.7, 20, 0 };
    static const double odd[] = { NAN, INFINITY, -INFINITY, 1e30, -1e-30, 9007199254740993.0, 256, -0.5, 1e300, -0.0 };
    bool is_share = strstr(name, "beta") || strstr(name, "alpha") || strstr(name, "smoothing") || strstr(name, "momentum");
    if (is_share && chance(d, 90))
        return shares[below(d, 6)];
    if (strcmp(name, "eps") == 0)
        return chance(d, 50) ? 1e-8 : 0.1;
    return chance(d, t->wild) ? odd[below(d, 10)] : ordinary[below(d, t->smooth ? 9 : 10)];
}

static int64_t some_dim(dice *d, const value *x, const char *name, const char *function)
{
    int count = x->shape.count + (strcmp(function, "unsqueeze") == 0);
    if (strcmp(name, "first") == 0)
        return 0;
    if (strcmp(name, "last") == 0)
        return -1 - (count > 2 && chance(d, 40));
    return count > 0 ? between(d, -count, count - 1) : 0;
}

static drawn some_argument(dice *d, const taste *t, const value *x, const char *type, const char *name, const char *function)
{
    if (strstr(type, "double"))
        return a_number(some_number(d, t, name));
    if (strstr(type, "gd_dims"))
        return a_shape(some_axes(d, x));
    if (strstr(type, "gd_dtype"))
        return an_integer(t->smooth ? (int64_t)GD_FLOAT64 : between(d, 0, 5));
    if (strstr(type, "gd_loss_reduction"))
        return an_integer(below(d, 3));
    if (strcmp(name, "ignore_index") == 0)
        return an_integer(chance(d, 50) ? -100 : between(d, -1, 3));
    if (strcmp(name, "k") == 0)
        return an_integer(between(d, 0, 3));
    if (strstr(type, "bool"))
        return an_integer(below(d, 2));
    if (strstr(type, "int64_t"))
        return an_integer(strcmp(name, "step") == 0 ? between(d, 1, 3) : between(d, -4, 6));
    return an_integer(some_dim(d, x, name, function));
}

static void fill_numbers(dice *d, const taste *t, const value *x, step *s)
{
    const gd_function_info *info = gd_function_at(s->verb);
    const char *type;
    char name[32];
    for (int i = 0; (type = parameter_type(info->parameters, i, name)); i++)
        if (s->argument[i].kind == GD_ARGUMENT_NONE && !strstr(type, "gd_tensor"))
            s->argument[i] = some_argument(d, t, x, type, name, info->name);
    if (strcmp(info->name, "select") == 0 && x->shape.count > 0) {
        int64_t dim = s->argument[1].whole, size = x->shape.size[dim < 0 ? dim + x->shape.count : dim];
        s->argument[2] = an_integer(size > 0 ? between(d, -size, size - 1) : 0);
    }
}

static void fill_by_fit(world *w, dice *d, const taste *t, step *s, const reference *r)
{
    switch (r->fit) {
    case FIT_MATRICES: fill_matrices(w, d, t, s); break;
    case FIT_LABELS: fill_labels(w, d, t, s); break;
    case FIT_LABEL_BACKWARD: fill_label_backward(w, d, t, s); break;
    case FIT_PROBABILITIES: fill_probabilities(w, d, t, s, 0); break;
    case FIT_NUMBER_FIRST: fill_probabilities(w, d, t, s, 1); break;
    case FIT_JOINED: fill_joined(w, d, t, s, false); break;
    case FIT_STACKED: fill_joined(w, d, t, s, true); break;
    case FIT_UPDATE: fill_update(w, d, t, s, r); break;
    case FIT_VECTORS: fill_vectors(w, d, t, s); break;
    case FIT_GATHERED:
    case FIT_SCATTERED:
    case FIT_LISTED: fill_indexed(w, d, t, s, r->fit); break;
    case FIT_CLASSES: fill_classes(w, d, s); break;
    default: fill_operands(w, d, t, s, r);
    }
}

static void fill_shapes(dice *d, const value *x, step *s, fitting fit)
{
    if (fit == FIT_RESHAPED)
        s->argument[1] = a_shape(reshaped(d, x));
    else if (fit == FIT_EXPANDED)
        s->argument[1] = a_shape(expanded(d, x));
    else if (fit == FIT_PERMUTED)
        s->argument[1] = a_shape(permuted(d, x));
    else if (fit == FIT_PADDED)
        fill_padding(d, x, s);
    else if (fit == FIT_UNSLICED)
        fill_unsliced(d, x, s);
}

bool fill_step(world *w, dice *d, const taste *t, step *s)
{
    const gd_function_info *info = gd_function_at(s->verb);
    const reference *r = reference_of(info->name);
    while (parameter_type(info->parameters, s->count, NULL))
        s->count++;
    fill_by_fit(w, d, t, s, r);
    int first = r->fit == FIT_CONDITION;
    const drawn *from = &s->argument[first];
    const value *x = value_of(w, from->kind == GD_ARGUMENT_TENSORS ? from->listed[0] : from->slot);
    if (!x || w->bad)
        return false;
    fill_shapes(d, x, s, r->fit);
    fill_numbers(d, t, x, s);
    if (r->least && chance(d, 40))
        s->count = (int)between(d, r->least, s->count);
    return true;
}

/* ---- what does not fit ---- */

static int64_t wild_integer(dice *d)
{
    static const int64_t wild[] = { INT64_MAX, INT64_MIN, INT32_MAX, INT32_MIN, (int64_t)1 << 40, -9, 9, -1, 0 };
    return wild[below(d, 9)];
}

/* A tensor that is none, of elsewhere, dead, or just another. */
static int wild_tensor(world *w, dice *d)
{
    if (chance(d, 50))
        return pick(w, d, NULL, NULL);
    for (int i = 0; i < MOST_SLOTS && chance(d, 70); i++) {
        int slot = (int)below(d, MOST_SLOTS);
        if (w->slot[slot] && !is_alive(w->slot[slot]))
            return slot;
    }
    return (int)between(d, FOREIGN_TENSOR, NO_TENSOR);
}

static void spoil_dims(dice *d, gd_dims *dims)
{
    if (chance(d, 30))
        dims->count = (int)between(d, -1, GD_MAX_DIMS + 1);
    else if (dims->count > 0)
        dims->size[below(d, dims->count)] = wild_integer(d);
}

void spoil_step(world *w, dice *d, step *s)
{
    drawn *a = &s->argument[s->count > 0 ? below(d, s->count) : 0];
    bool update = gd_function_at(s->verb)->kind == GD_UPDATED;
    switch (a->kind) {
    case GD_ARGUMENT_TENSOR: a->slot = update ? (int)between(d, FOREIGN_TENSOR, NO_TENSOR) : wild_tensor(w, d); break;
    case GD_ARGUMENT_TENSORS:
        if (chance(d, 20))
            a->count = 0;
        else
            a->listed[below(d, a->count)] = wild_tensor(w, d);
        break;
    case GD_ARGUMENT_NUMBER: a->real = (double)wild_integer(d) * 1e10; break;
    case GD_ARGUMENT_INTEGER: *a = an_integer(wild_integer(d)); break;
    case GD_ARGUMENT_DIMS: spoil_dims(d, &a->dims); break;
    case GD_ARGUMENT_NONE: break;
    }
    if (chance(d, 5))
        *a = chance(d, 50) ? a_number(0.5) : a_tensor(NO_TENSOR);
    if (chance(d, 4))
        s->count += s->count > 0 && chance(d, 50) ? -1 : s->count < MOST_ARGUMENTS;
}
