/* check.c - notebook 004's gradient check: all 39,760 derivatives of 784-50-10 from central differences, in float64, on its
 * first three images. */
#include "gradus/works.h"

#include <stdlib.h>

enum { HIDDEN = 50, CLASSES = 10, SAMPLES = 3, PARAMETERS = 4 };

typedef struct check {
    gd_context *g;
    gd_layer *first, *second;
    gd_tensor *parameter[PARAMETERS];
    gd_tensor *x, *t;
} check;

static gd_tensor *small(gd_context *g, int64_t rows, int64_t columns)
{
    return gd_mul_scalar(gd_randn(g, GD_FLOAT64, gd_shape(rows, columns)), 0.01);
}

static void *begin(const setting *s)
{
    gd_context *g = open_context(s);
    check *c = g ? calloc(1, sizeof *c) : NULL;
    if (!c)
        return NULL;
    gd_dataset *train = gd_mnist(g, s->data, true);
    gd_batch batch = gd_dataset_slice(train, 0, SAMPLES);
    gd_seed(g, GD_RNG_NUMPY, 42);
    c->g = g;
    c->x = gd_cast(batch.x, GD_FLOAT64);
    c->t = gd_cast(gd_one_hot(batch.t, CLASSES), GD_FLOAT64);
    c->parameter[0] = small(g, 784, HIDDEN);
    c->parameter[1] = gd_zeros(g, GD_FLOAT64, gd_shape(HIDDEN));
    c->parameter[2] = small(g, HIDDEN, CLASSES);
    c->parameter[3] = gd_zeros(g, GD_FLOAT64, gd_shape(CLASSES));
    c->first = gd_affine(c->parameter[0], c->parameter[1]);
    c->second = gd_affine(c->parameter[2], c->parameter[3]);
    return c;
}

static void end(void *user)
{
    check *c = user;
    close_context(c->g);
    free(c);
}

/* Of y (..., N, C): the notebook's, with 1e-7 within the logarithm. */
static gd_tensor *losses(const check *c, gd_tensor *y)
{
    gd_tensor *right = gd_sum(gd_mul(gd_softmax(y, -1), c->t), gd_axes(-1));
    return gd_div_scalar(gd_sum(gd_log(gd_add_scalar(right, 1e-7)), gd_axes(-1)), -SAMPLES);
}

/* The losses of n networks: in the k-th, number k of a row of n weights is off by h. Each number of the row serves one
 * column of its layer's output and no other, so one product serves all n; from there on they go forward side by side. */
static gd_tensor *losses_off_by(const check *c, int layer, gd_tensor *x, gd_tensor *row, double h)
{
    int64_t n = gd_numel(row);
    gd_layer *own_layer = layer == 0 ? c->first : c->second;
    gd_tensor *kept = gd_clone(row), *plain = gd_forward(own_layer, x);
    gd_assign(row, gd_add_scalar(row, h));
    gd_tensor *off = gd_forward(own_layer, x);
    gd_assign(row, kept);
    gd_tensor *own = gd_reshape(gd_eye(c->g, GD_BOOL, n, n), gd_shape(n, 1, n));
    gd_tensor *y = gd_reshape(gd_where(own, off, plain), gd_shape(-1, n));
    if (layer == 0)
        y = gd_forward(c->second, gd_relu(y));
    return losses(c, gd_reshape(y, gd_shape(n, SAMPLES, CLASSES)));
}

static gd_tensor *numerical_gradient(const check *c, int layer, gd_tensor *x, gd_tensor *parameter)
{
    const double h = 1e-4;
    gd_tensor *gradient = gd_zeros_like(parameter);
    gd_dims rows = gd_shape(-1, gd_size(parameter, -1));
    for (int64_t i = 0; i < gd_numel(parameter) / gd_size(parameter, -1); i++) {
        GD_SCOPE(c->g);
        gd_tensor *row = gd_select(gd_reshape(parameter, rows), 0, i);
        gd_tensor *above = losses_off_by(c, layer, x, row, h), *below = losses_off_by(c, layer, x, row, -h);
        gd_assign(gd_select(gd_reshape(gradient, rows), 0, i), gd_div_scalar(gd_sub(above, below), 2 * h));
    }
    return gradient;
}

/* Comes to the norm of the last parameter's. */
static double once(const check *c)
{
    double norm = 0;
    GD_SCOPE(c->g);
    GD_NO_GRAD(c->g);
    gd_tensor *hidden = gd_relu(gd_forward(c->first, c->x));
    for (int i = 0; i < PARAMETERS; i++)
        norm = gd_item(gd_norm(numerical_gradient(c, i / 2, i < 2 ? c->x : hidden, c->parameter[i])));
    return norm;
}

static double repeat(void *user, long count)
{
    double norm = 0;
    for (long i = 0; i < count; i++)
        norm = once(user);
    return norm;
}

const work gradient_check = { "gradient_check", begin, repeat, end };
