/* embedding.c - rows of a table, chosen by integers. */
#include "nn/layer.h"

#include "gradus/autograd.h"
#include "gradus/op.h"

typedef struct embedding {
    int64_t padding; /* the row that does not learn; -1: none */
} embedding;

/* The row of padding is there as numbers alone: no gradient goes to it. */
static gd_tensor *without_padding(gd_tensor *rows, gd_tensor *index, int64_t padding)
{
    gd_tensor *is_padding = gd_eq_scalar(gd_unsqueeze(index, -1), (double)padding);
    return gd_where(is_padding, gd_detach(rows), rows);
}

static gd_tensor *embedding_forward(gd_layer *layer, gd_tensor *x)
{
    const embedding *own = layer->options;
    gd_tensor *W = gd__member_of(layer, GD__PARAMETER, "weight");
    gd_dims shape = gd__shape(x);
    char text[GD__TEXT_SIZE];
    if (x->dtype != GD_INT64)
        return gd__fail(x->object.context, (gd__fault){ GD_ERROR_DTYPE, 0, layer->name, "gd_cast it to GD_INT64" },
                        "rows are chosen by int64 numbers, not by %s", gd__describe(x, text));
    if (shape.count == GD_MAX_DIMS)
        return gd__fail(x->object.context, (gd__fault){ GD_ERROR_SHAPE, 0, layer->name, "gd_reshape it" },
                        "a dimension more than %s has is too many", gd__describe(x, text));
    gd_tensor *index = gd_reshape(x, gd_shape(x->numel)), *rows = gd_index_select(W, 0, index);
    shape.size[shape.count++] = W->shape[1];
    return gd_reshape(own->padding < 0 ? rows : without_padding(rows, index, own->padding), shape);
}

static void embedding_draw(gd_layer *layer)
{
    const embedding *own = layer->options;
    gd_tensor *W = gd__member_of(layer, GD__PARAMETER, "weight");
    gd_init_normal(W, 0, 1);
    if (own->padding >= 0)
        gd_fill(gd_select(gd_detach(W), 0, own->padding), 0);
}

/* The row counted from 0, -1 for none. False with the error set. */
static bool find_padding(const gd_embedding_options *o, int64_t *row)
{
    *row = -1;
    if (!gd__given(o->given, "padding_idx") || o->padding_idx == GD_NO_PADDING)
        return true;
    if (o->padding_idx >= -o->count && o->padding_idx < o->count) {
        *row = o->padding_idx < 0 ? o->padding_idx + o->count : o->padding_idx;
        return true;
    }
    gd__fail(o->g, (gd__fault){ GD_ERROR_INDEX, 0, "gd_embedding", "Name one of its rows" },
             "a table of %lld rows has no row %lld", (long long)o->count, (long long)o->padding_idx);
    return false;
}

gd_layer *gd_embedding_with(gd_embedding_options o)
{
    static const gd__layer_kind kind = {
        .name = "embedding", .options = sizeof(embedding), .forward = embedding_forward, .draw = embedding_draw
    };
    embedding own;
    if (o.count <= 0 || o.size <= 0)
        return gd__fail(o.g, (gd__fault){ GD_ERROR_SHAPE, 0, "gd_embedding", "Give positive numbers" },
                        "a table of %lld rows of %lld numbers", (long long)o.count, (long long)o.size);
    if (!find_padding(&o, &own.padding))
        return gd__error_object(o.g);
    gd_layer *layer = gd__layer(o.g, &kind, kind.name, &own);
    bool good = gd__alive(layer) &&
                gd__own(layer, GD__PARAMETER, "weight", gd_zeros(o.g, GD_DEFAULT, gd_shape(o.count, o.size)));
    return good ? layer : gd__error_object(o.g);
}
