/* index.c - elements picked by indices, and added where indices say. */
#include "op/op.h"

#include "base/trace.h"

/* ---- what indices must be ---- */

typedef struct search {
    gd_dtype dtype;
    int64_t size, seen, value, place; /* place: -1 while nothing was found */
    const int64_t *except;
} search;

static void look_at(void *user, void *element)
{
    search *s = user;
    int64_t value = s->dtype == GD_INT64 ? *(const int64_t *)element : *(const uint8_t *)element;
    bool outside = value < 0 || value >= s->size;
    if (s->place < 0 && outside && !(s->except && value == *s->except)) {
        s->place = s->seen;
        s->value = value;
    }
    s->seen++;
}

bool gd__index_outside(const gd_tensor *index, int64_t size, const int64_t *except, gd__outside *found)
{
    gd_tensor once = *index; /* what is repeated is looked at once */
    for (int i = 0; i < once.ndim && once.numel > 0; i++) {
        if (once.stride[i] != 0)
            continue;
        once.numel /= once.shape[i];
        once.shape[i] = 1;
    }
    search s = { .dtype = (gd_dtype)index->dtype, .size = size, .place = -1, .except = except };
    gd__each(&once, look_at, &s);
    if (s.place < 0)
        return false;
    *found = (gd__outside){ s.value, gd__shape(&once) };
    for (int i = once.ndim - 1; i >= 0; i--) {
        found->place.size[i] = s.place % once.shape[i];
        s.place /= once.shape[i];
    }
    return true;
}

/* May these indices point into dimension dim of x? */
static bool point_into(const gd_tensor *index, const gd_tensor *x, int dim, const char *op)
{
    char text[GD__TEXT_SIZE], place[GD__TEXT_SIZE];
    gd_context *g = x->object.context;
    gd__outside found;
    if (index->dtype != GD_INT64) {
        gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, op, "gd_cast them to GD_INT64" }, "indices are int64, not %s",
                 gd__describe(index, text));
        return false;
    }
    if (!gd__index_outside(index, x->shape[dim], NULL, &found))
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_INDEX, dim + 1, op, "Indices count from 0, and not from the end" },
             "the index %lld at %s is outside dimension %d of %s", (long long)found.value,
             gd__shape_text(found.place, place), dim, gd__describe(x, text));
    return false;
}

/* Does each dimension of the indices but `dim` (-1: each) fit into that of t? */
static bool no_larger(const gd__call *call, const gd_tensor *index, const gd_tensor *t, int dim)
{
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    int wrong = index->ndim == t->ndim ? -1 : 0;
    for (int i = 0; wrong < 0 && i < t->ndim; i++)
        if (i != dim && index->shape[i] > t->shape[i])
            wrong = i;
    if (wrong < 0)
        return true;
    gd__fail(call->context,
             (gd__fault){ .status = GD_ERROR_SHAPE, .dim = wrong + 1,
                          .remedy = "Give as many dimensions, none larger; gd_expand repeats indices" },
             "the indices %s do not fit into %s", gd__describe(index, left), gd__describe(t, right));
    return false;
}

/* The indices are the second operand. Those that are empty point nowhere, whatever their shape, as in PyTorch. */
static bool indices_fit(const gd__call *call)
{
    const gd_tensor *x = call->in[0], *index = call->in[1];
    int dim = gd__dim(x, call->attrs->integer[0]);
    if (dim < 0 || (index->numel > 0 && !no_larger(call, index, x, dim)))
        return false;
    return point_into(index, x, dim, call->op->info.name);
}

/* ---- a tensor without dimensions counts as one element in a row, as in PyTorch ---- */

gd_tensor *gd__in_row(gd_tensor *x)
{
    return gd__alive(x) && x->ndim == 0 ? gd_reshape(x, gd_shape(1)) : x;
}

gd_tensor *gd__shaped_as(gd_tensor *y, const gd_tensor *x)
{
    return gd__alive(y) && x->ndim == 0 ? gd_reshape(y, gd_shape()) : y;
}

/* ---- gather ---- */

static bool gather_infer(const gd__call *call, gd__meta *out)
{
    out->shape = gd__shape(call->in[1]);
    return indices_fit(call);
}

static gd_tensor *gather_vjp(const gd__vjp *v)
{
    return gd_scatter_add(gd_zeros_like(v->x[0]), (int)v->attrs->integer[0], v->x[1], v->dy);
}

const gd__op gd__op_gather = {
    .info = { .name = "gather", .input = { "x", "i" }, .formula = "y = x, along dim at i",
              .derivative = { "dx = zeros, to which dy is added along dim at i" },
              .why = "an element that was picked several times has the sum of the influences",
              .latex = "y_{jk} = x_{i_{jk} k}", .latex_derivative = { "\\bar x_{lk} = \\sum_{j:\\,i_{jk} = l} \\bar y_{jk}" } },
    .arity = 2, .dtypes = GD__AS_GIVEN, .checks = true, .infer = gather_infer, .vjp = gather_vjp, .differentiable = 1, .reads = { 2 },
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 2, 6 } } }, .low = -1, .high = 1, .attrs = { .integer = { 1 } },
                  .label_input = 2, .label_limit = 4 },
                { .shape = { { 3, { 3, 2, 4 } }, { 3, { 5, 2, 3 } } }, .low = -1, .high = 1,
                  .attrs = { .integer = { -3 } }, .label_input = 2, .label_limit = 3 } },
};

gd_tensor *gd_gather(gd_tensor *x, int dim, gd_tensor *index)
{
    gd_tensor *y = gd__apply(GD__OP_gather, 2, (gd_tensor *[]){ gd__in_row(x), gd__in_row(index) },
                             &(gd__attrs){ .integer = { dim } });
    return gd__shaped_as(y, index);
}

/* ---- scatter_add ---- */

static bool scatter_add_infer(const gd__call *call, gd__meta *out)
{
    const gd_tensor *x = call->in[0], *index = call->in[1], *source = call->in[2];
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    out->shape = gd__shape(x);
    if (source->dtype == x->dtype)
        return indices_fit(call) && (index->numel == 0 || no_larger(call, index, source, -1));
    gd__fail(call->context, (gd__fault){ .status = GD_ERROR_DTYPE, .remedy = "gd_cast one to the other's dtype" },
             "%s can't be added to %s in place", gd__describe(source, left), gd__describe(x, right));
    return false;
}

/* What of the source the indices did not reach has no influence. */
static gd_tensor *scatter_add_vjp(const gd__vjp *v)
{
    gd_tensor *index = v->x[1], *source = v->x[2];
    if (v->i == 0)
        return v->dy;
    if (index->numel == 0)
        return gd_zeros_like(source);
    gd_tensor *reached = gd_gather(v->dy, (int)v->attrs->integer[0], index);
    if (gd__same_shape(index, source))
        return reached;
    gd_dims after = gd__shape(source);
    for (int i = 0; i < after.count; i++)
        after.size[i] -= index->shape[i];
    return gd_pad(reached, (gd_dims){ .count = after.count }, after, 0);
}

const gd__op gd__op_scatter_add = {
    .info = { .name = "scatter_add", .input = { "x", "i", "s" }, .formula = "y = x, to which s is added along dim at i",
              .derivative = { "dx = dy", NULL, "ds = dy, along dim at i" },
              .why = "a sum has the influence 1 on each of its terms, so s has that of the place it was added to",
              .latex = "y_{lk} = x_{lk} + \\sum_{j:\\,i_{jk} = l} s_{jk}",
              .latex_derivative = { "\\bar x = \\bar y", NULL, "\\bar s_{jk} = \\bar y_{i_{jk} k}" } },
    .arity = 3, .dtypes = GD__AS_GIVEN, .checks = true, .infer = scatter_add_infer, .vjp = scatter_add_vjp, .differentiable = 5,
    .reads = { 0, 0, 2 },
    .sample = { { .shape = { { 2, { 3, 4 } }, { 2, { 2, 6 } }, { 2, { 2, 6 } } }, .low = -1, .high = 1,
                  .attrs = { .integer = { 1 } }, .label_input = 2, .label_limit = 4 },
                { .shape = { { 3, { 3, 2, 4 } }, { 3, { 5, 2, 3 } }, { 3, { 6, 2, 4 } } }, .low = -1, .high = 1,
                  .attrs = { .integer = { -3 } }, .label_input = 2, .label_limit = 3 } },
};

gd_tensor *gd_scatter_add(gd_tensor *x, int dim, gd_tensor *index, gd_tensor *source)
{
    gd_tensor *y = gd__apply(GD__OP_scatter_add, 3, (gd_tensor *[]){ gd__in_row(x), gd__in_row(index), gd__in_row(source) },
                             &(gd__attrs){ .integer = { dim } });
    return gd__shaped_as(y, x);
}

/* ---- index_select and index_add ---- */

/* The tensors in a row, the dimension counted and the indices looked at: what both functions need. */
static bool picks_rows(const char *function, gd_tensor **x, gd_tensor *index, int *dim)
{
    gd_context *g = (*x)->object.context;
    char text[GD__TEXT_SIZE];
    *x = gd__in_row(*x);
    *dim = gd__alive(*x) ? gd__dim_of(function, *x, *dim) : -1;
    if (*dim >= 0 && index->ndim > 1)
        gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, function, "Give indices of one dimension; gd_gather takes others" },
                 "the indices are a list, not %s", gd__describe(index, text));
    return *dim >= 0 && index->ndim <= 1 && point_into(index, *x, *dim, function);
}

/* The list along dimension dim, and repeated along all others of this shape. */
static gd_tensor *repeated(gd_tensor *index, gd_dims shape, int dim)
{
    gd_dims list = { .count = shape.count };
    for (int i = 0; i < list.count; i++)
        list.size[i] = i == dim ? index->numel : 1;
    shape.size[dim] = index->numel;
    return gd_expand(gd_reshape(index, list), shape);
}

gd_tensor *gd_index_select(gd_tensor *x, int dim, gd_tensor *index)
{
    gd_context *g = gd__context(x ? x : index);
    gd_tensor *row = x;
    if (!gd__usable(g, x, "index_select", "x") || !gd__usable(g, index, "index_select", "i") ||
        !picks_rows("index_select", &row, index, &dim))
        return gd__error_object(g);
    if (x->ndim == 0 && index->numel != 1)
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "index_select", "gd_reshape the number to (1,) first" },
                        "%lld indices for one number", (long long)index->numel);
    return gd__shaped_as(gd_gather(row, dim, repeated(index, gd__shape(row), dim)), x);
}

gd_tensor *gd_index_add(gd_tensor *x, int dim, gd_tensor *index, gd_tensor *source)
{
    gd_context *g = gd__context(x ? x : index ? index : source);
    char left[GD__TEXT_SIZE], right[GD__TEXT_SIZE];
    gd_tensor *row = x;
    if (!gd__usable(g, x, "index_add", "x") || !gd__usable(g, index, "index_add", "i") ||
        !gd__usable(g, source, "index_add", "s") || !picks_rows("index_add", &row, index, &dim))
        return gd__error_object(g);
    gd_dims wanted = gd__shape(row);
    wanted.size[dim] = index->numel;
    source = gd__in_row(source);
    if (gd__alive(source) && !gd__same_dims(gd__shape(source), wanted))
        return gd__fail(g, (gd__fault){ GD_ERROR_SHAPE, 0, "index_add", "gd_reshape or gd_expand it" },
                        "what is added must be %s, one part for each index, and is %s", gd__shape_text(wanted, left),
                        gd__describe(source, right));
    return gd__shaped_as(gd_scatter_add(row, dim, repeated(index, wanted, dim), source), x);
}

/* ---- flip ---- */

gd_tensor *gd_flip(gd_tensor *x, gd_dims axes)
{
    gd_context *g = gd__context(x);
    char text[GD__TEXT_SIZE];
    unsigned seen = 0;
    if (!gd__usable(g, x, "flip", "x"))
        return gd__error_object(g);
    if (!gd__dims_fit(axes))
        return gd__fail(g, (gd__fault){ GD_ERROR_INDEX, 0, "flip", "Name each dimension once" }, "more than %d axes", GD_MAX_DIMS);
    gd_tensor *y = gd__in_row(x);
    for (int i = 0; gd__alive(y) && i < axes.count; i++) {
        int dim = gd__dim_of("flip", y, axes.size[i]);
        if (dim < 0)
            return gd__error_object(g);
        if (seen >> dim & 1)
            return gd__fail(g, (gd__fault){ GD_ERROR_INDEX, dim + 1, "flip", "Name each dimension once" },
                            "%s names dimension %d twice", gd__shape_text(axes, text), dim);
        seen |= 1u << dim;
        int64_t last = y->shape[dim] - 1;
        y = gd_index_select(y, dim, gd_rsub_scalar(gd_arange(g, GD_INT64, last + 1), (double)last));
    }
    return seen || !gd__alive(y) ? gd__shaped_as(y, x) : gd_clone(x);
}

/* ---- one_hot ---- */

static void widen(void *user, void *element)
{
    search *s = user;
    int64_t value = s->dtype == GD_INT64 ? *(const int64_t *)element : *(const uint8_t *)element;
    s->size = value >= s->size && value < INT64_MAX ? value + 1 : s->size;
}

/* How many classes labels from 0 on speak of. */
static int64_t classes_in(const gd_tensor *labels)
{
    search s = { .dtype = (gd_dtype)labels->dtype };
    gd__each(labels, widen, &s);
    return s.size;
}

static bool are_classes(const gd_tensor *labels, int64_t classes)
{
    char text[GD__TEXT_SIZE];
    gd__outside found;
    if (!gd__index_outside(labels, classes, NULL, &found))
        return true;
    gd__fail(labels->object.context, (gd__fault){ GD_ERROR_INDEX, 0, "one_hot", "Labels count from 0" },
             "label %lld at %s is outside the %lld classes", (long long)found.value,
             gd__shape_text(found.place, text), (long long)classes);
    return false;
}

gd_tensor *gd_one_hot(gd_tensor *labels, int64_t classes)
{
    gd_context *g = gd__context(labels);
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, labels, "one_hot", "the labels"))
        return gd__error_object(g);
    gd__describe(labels, text);
    if (labels->dtype != GD_INT64 && labels->dtype != GD_UINT8)
        return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, "one_hot", "gd_cast them to GD_INT64" },
                        "class labels are int64 or uint8, not %s", text);
    if (classes < -1 || (labels->numel == 0 && classes < 1))
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "one_hot", "Give the number of classes" },
                        "%lld classes for %s", (long long)classes, text);
    if (classes == -1 && !gd__may_stray(g, "one_hot", "Give the number of classes: the shape depends on the labels"))
        return gd__error_object(g);
    if (classes == -1)
        classes = classes_in(labels);
    if (!are_classes(labels, classes) ||
        (g->trace && g->trace->checked && !g->trace->checked(g->trace, are_classes, labels, classes)))
        return gd__error_object(g);
    return gd_cast(gd_eq(gd_unsqueeze(labels, -1), gd_arange(g, GD_INT64, classes)), GD_INT64);
}
