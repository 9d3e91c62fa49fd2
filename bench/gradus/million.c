/* million.c - single operations on a million float32. */
#include "gradus/works.h"

#include <stdlib.h>

typedef struct operands {
    gd_context *g;
    gd_tensor *x, *y;
} operands;

static void *begin(const setting *s)
{
    gd_context *g = open_context(s);
    operands *o = g ? calloc(1, sizeof *o) : NULL;
    if (!o)
        return NULL;
    *o =
        (operands){ g, gd_randn(g, GD_FLOAT32, gd_shape(1000, 1000)), gd_randn(g, GD_FLOAT32, gd_shape(1000, 1000)) };
    return o;
}

static void end(void *user)
{
    operands *o = user;
    close_context(o->g);
    free(o);
}

/* What was made goes with each round's scope. */
static double repeat(const operands *o, long count, gd_tensor *(*make)(const operands *))
{
    for (long i = 0; i < count; i++) {
        GD_SCOPE(o->g);
        make(o);
    }
    return 0;
}

static gd_tensor *make_exp(const operands *o)
{
    return gd_exp(o->x);
}

static gd_tensor *make_sigmoid(const operands *o)
{
    return gd_sigmoid(o->x);
}

static gd_tensor *make_tanh(const operands *o)
{
    return gd_tanh(o->x);
}

static gd_tensor *make_softmax(const operands *o)
{
    return gd_softmax(o->x, 1);
}

static gd_tensor *make_sum(const operands *o)
{
    return gd_sum(o->x);
}

static gd_tensor *make_add(const operands *o)
{
    return gd_add(o->x, o->y);
}

static double repeat_exp(void *user, long count)
{
    return repeat(user, count, make_exp);
}

static double repeat_sigmoid(void *user, long count)
{
    return repeat(user, count, make_sigmoid);
}

static double repeat_tanh(void *user, long count)
{
    return repeat(user, count, make_tanh);
}

static double repeat_softmax(void *user, long count)
{
    return repeat(user, count, make_softmax);
}

static double repeat_sum(void *user, long count)
{
    return repeat(user, count, make_sum);
}

static double repeat_add(void *user, long count)
{
    return repeat(user, count, make_add);
}

const work op_exp = { "exp", begin, repeat_exp, end };
const work op_sigmoid = { "sigmoid", begin, repeat_sigmoid, end };
const work op_tanh = { "tanh", begin, repeat_tanh, end };
const work op_softmax = { "softmax", begin, repeat_softmax, end };
const work op_sum = { "sum", begin, repeat_sum, end };
const work op_add = { "add", begin, repeat_add, end };
