/* gather.c - samples made into a batch: their bytes first, then, by the operations that there are, the dtype, the
 * scale and the shape that the data set asks for. The bytes of images are picked, made floats and scaled in one
 * pass, since that is what most training steps begin with. */
#include "data/dataset.h"

#include "base/threads.h"
#include "cpu/pixels.h"

#include <math.h>
#include <string.h>

#include "gradus/autograd.h"
#include "gradus/op.h"

enum { AHEAD = 2, FETCHED = 2048, CACHE_LINE = 64, ROWS = 64 };
static const double NANOSECONDS = 0.1; /* for a pixel */

gd_batch gd__no_batch(gd_context *g)
{
    return (gd_batch){ gd__error_object(g), gd__error_object(g) };
}

int64_t gd__row_size(const gd_tensor *t)
{
    int64_t row = 1;
    for (int i = 1; i < t->ndim; i++)
        row *= t->shape[i];
    return row;
}

/* Which samples: those at index[0], index[stride], ..., or without an index those from `from` on. */
typedef struct choice {
    const int64_t *index;
    int64_t stride, from, count;
} choice;

static gd__meta meta_of(const gd_tensor *t, int64_t count)
{
    gd__meta meta = { .dtype = (gd_dtype)t->dtype, .shape = gd__shape(t) };
    memcpy(meta.stride, t->stride, t->ndim * sizeof *t->stride);
    meta.shape.size[0] = count;
    return meta;
}

static int64_t row_at(const gd_dataset *ds, const choice *c, int64_t i)
{
    return gd__row(ds, c->index ? c->index[i * c->stride] : c->from + i);
}

/* The samples as they lie in the data set; neighbours need no copy. */
static gd_tensor *pick(const gd_dataset *ds, gd_tensor *t, const choice *c)
{
    gd__meta meta = meta_of(t, c->count);
    if (!c->index && !ds->order) {
        meta.offset = c->from * gd__row_size(t);
        gd_tensor *view = gd__view(t, &meta);
        return view ? view : gd__error_object(t->object.context);
    }
    gd_tensor *rows = gd__tensor(t->object.context, &meta);
    size_t bytes = (size_t)gd__row_size(t) * gd_dtype_size((gd_dtype)t->dtype);
    for (int64_t i = 0; rows && i < c->count; i++)
        memcpy(rows->data + (size_t)i * bytes, t->data + (size_t)row_at(ds, c, i) * bytes, bytes);
    return rows ? rows : gd__error_object(t->object.context);
}

gd_tensor *gd__samples(const gd_dataset *ds, gd_tensor *t)
{
    return ds->order ? pick(ds, t, &(choice){ .count = ds->count }) : t;
}

/* ---- images ---- */

/* Bytes that a division makes into float32. A quotient that is not finite is left to the operations, for whom somebody may
 * watch. */
static bool is_image(const gd_dataset *ds)
{
    return ds->divisor != 0 && ds->x->dtype == GD_UINT8 && gd__dtype(ds->object.context, GD_DEFAULT) == GD_FLOAT32 &&
           isfinite(255 / (float)ds->divisor);
}

/* Rows chosen at random are in no cache. The processor itself sees how a long one goes on.
 * (Inlined always: gcc takes calls of a function that does nothing but this for calls without effect.) */
static inline __attribute__((always_inline)) void fetch(const gd_tensor *x, int64_t row, int64_t size)
{
    const char *from = x->data + row * size;
    for (int64_t at = 0; at < size && at < FETCHED; at += CACHE_LINE)
        __builtin_prefetch(from + at);
}

/* Which rows become what. */
typedef struct scaled_rows {
    const gd_dataset *ds;
    const choice *c;
    gd__scaling scaling;
    int64_t size; /* of a row */
    float *y;
} scaled_rows;

static void scale_row(const scaled_rows *r, int64_t i)
{
    const uint8_t *x = (const uint8_t *)r->ds->x->data + row_at(r->ds, r->c, i) * r->size;
    r->scaling.run(&r->scaling, r->y + i * r->size, x, r->size);
}

static void scale_block(void *user, int64_t block, int slot)
{
    const scaled_rows *r = user;
    int64_t from = block * ROWS, end = from + ROWS < r->c->count ? from + ROWS : r->c->count;
    (void)slot;
    for (int64_t i = from; i < from + AHEAD && i < end; i++)
        fetch(r->ds->x, row_at(r->ds, r->c, i), r->size);
    for (int64_t i = from; i < end; i++) {
        if (i + AHEAD < end)
            fetch(r->ds->x, row_at(r->ds, r->c, i + AHEAD), r->size);
        scale_row(r, i);
    }
}

static gd_tensor *pick_scaled(const gd_dataset *ds, const choice *c)
{
    gd_context *g = ds->object.context;
    gd__meta meta = meta_of(ds->x, c->count);
    scaled_rows r = { .ds = ds, .c = c, .size = gd__row_size(ds->x) };
    meta.dtype = GD_FLOAT32;
    gd_tensor *y = gd__scaling_by(g, (float)ds->divisor, &r.scaling) ? gd__tensor(g, &meta) : NULL;
    if (!y)
        return gd__error_object(g);
    r.y = (float *)y->data;
    gd__parallel(g, (c->count + ROWS - 1) / ROWS, NANOSECONDS * (double)y->numel, scale_block, &r);
    return y;
}

/* ---- batches ---- */

static gd_tensor *scaled(const gd_dataset *ds, const choice *c)
{
    gd_tensor *x = pick(ds, ds->x, c);
    if (ds->divisor != 0 || ds->mean)
        x = gd_cast(x, GD_DEFAULT);
    return ds->divisor != 0 ? gd_div_scalar(x, ds->divisor) : x;
}

static gd_tensor *make_x(const gd_dataset *ds, const choice *c)
{
    gd_tensor *x = is_image(ds) ? pick_scaled(ds, c) : scaled(ds, c);
    if (ds->mean)
        x = gd_div(gd_sub(x, gd_cast(ds->mean, GD_DEFAULT)), gd_cast(ds->deviation, GD_DEFAULT));
    return ds->flatten && gd__alive(x) ? gd_reshape(x, gd_shape(x->shape[0], gd__row_size(ds->x))) : x;
}

static gd_tensor *make_t(const gd_dataset *ds, const choice *c)
{
    gd_tensor *t = pick(ds, ds->t, c);
    return gd__alive(t) && t->dtype == GD_UINT8 ? gd_cast(t, GD_INT64) : t;
}

/* A batch is the caller's to write to, so it shares nothing with the data set. */
static gd_tensor *own(gd_tensor *t, const gd_tensor *source)
{
    return gd__alive(t) && t->storage == source->storage ? gd_clone(t) : t;
}

static gd_batch make(const gd_dataset *ds, const choice *c)
{
    gd_no_grad quiet = gd_no_grad_enter(ds->object.context);
    gd_batch batch = { own(make_x(ds, c), ds->x), own(make_t(ds, c), ds->t) };
    gd_no_grad_leave(&quiet);
    return gd__alive(batch.x) && gd__alive(batch.t) ? batch : gd__no_batch(ds->object.context);
}

gd_batch gd__gather(const gd_dataset *ds, const int64_t *index, int64_t stride, int64_t count)
{
    return make(ds, &(choice){ .index = index, .stride = stride, .count = count });
}

gd_batch gd__slice(const gd_dataset *ds, int64_t from, int64_t count)
{
    return make(ds, &(choice){ .from = from, .count = count });
}
