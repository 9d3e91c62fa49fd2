/* dropout.c - zeroing at random while training. */
#include "nn/layer.h"

#include "gradus/autograd.h"
#include "gradus/op.h"

typedef struct dropout {
    double p;
} dropout;

/* What x is multiplied by: what is left is scaled so that the expected value stays. At p = 1 nothing is left, and
 * nothing is drawn. */
static gd_tensor *factors(const gd_tensor *x, double p)
{
    if (p == 1)
        return gd_zeros_like(x);
    return gd_div_scalar(gd_bernoulli(x->object.context, (gd_dtype)x->dtype, gd__shape(x), 1 - p), 1 - p);
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
    gd_tensor *factor = factors(x, own->p);
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
