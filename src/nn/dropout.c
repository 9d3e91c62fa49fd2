/* dropout.c - zeroing at random while training. */
#include "nn/layer.h"

#include "gradus/autograd.h"
#include "gradus/op.h"

typedef struct dropout {
    double p;
} dropout;

/* 1 with this probability, else 0: floats like x. */
static gd_tensor *draw_ones(const gd_tensor *x, double probability)
{
    gd_tensor *drawn = gd_rand(x->object.context, (gd_dtype)x->dtype, gd__shape(x));
    return gd_cast(gd_lt_scalar(drawn, probability), (gd_dtype)x->dtype);
}

/* What the survivors are multiplied by keeps the expected value. At p = 1 there is none, and nothing is drawn. */
static gd_tensor *mask(const gd_tensor *x, double p)
{
    return p == 1 ? gd_zeros_like(x) : gd_div_scalar(draw_ones(x, 1 - p), 1 - p);
}

static gd_tensor *dropout_forward(gd_layer *layer, gd_tensor *x)
{
    const dropout *own = layer->options;
    gd_context *g = layer->object.context;
    char text[GD__TEXT_SIZE];
    if (!gd_is_training(layer) || own->p == 0 || x->numel == 0)
        return x;
    if (!gd__is_float((gd_dtype)x->dtype))
        return gd__fail(g, (gd__fault){ GD_ERROR_DTYPE, 0, layer->name, "gd_cast it to a float dtype" },
                        "%s has no fractions to scale what is left by", gd__describe(x, text));
    gd_no_grad quiet = gd_no_grad_enter(g);
    gd_tensor *factor = mask(x, own->p);
    gd_no_grad_leave(&quiet);
    return gd_mul(x, factor);
}

gd_layer *gd_dropout(gd_context *g, double p)
{
    static const gd__layer_kind kind = { .name = "dropout", .options = sizeof(dropout), .forward = dropout_forward };
    if (!(p >= 0 && p <= 1))
        return gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_dropout", "Give a probability, from 0 to 1" },
                        "the probability of zeroing is %g", p);
    return gd__layer(g, &kind, kind.name, &(dropout){ p });
}
