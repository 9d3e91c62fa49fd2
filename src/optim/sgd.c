/* sgd.c - stochastic gradient descent. */
#include "gradus/optim.h"

#include "gradus/op.h"
#include "tensor/tensor.h"

struct gd_optimizer {
    gd__object object;
    int count;
    gd_tensor **parameter;
    gd_tensor **momentum; /* NULL until the parameter's first step with momentum */
    bool *begun;          /* the momentum has gathered something */
    gd_sgd_rule rule;
};

/* The three arrays are one block. */
static size_t bytes_of(int count)
{
    return (size_t)count * (2 * sizeof(gd_tensor *) + sizeof(bool));
}

static void optimizer_destroy(gd__object *object)
{
    gd_optimizer *o = (gd_optimizer *)object;
    gd__free(object->context, o->parameter, bytes_of(o->count));
}

static const gd__class optimizer_class = { "optimizer", sizeof(gd_optimizer), optimizer_destroy };

/* ---- options ---- */

static gd_sgd_rule rule_of(const gd_sgd_options *options)
{
    return (gd_sgd_rule){ .lr = gd__given(options->given, "lr") ? options->lr : 0.001,
                          .momentum = options->momentum,
                          .dampening = options->dampening,
                          .weight_decay = options->weight_decay,
                          .nesterov = options->nesterov,
                          .maximize = options->maximize };
}

static bool bad_option(gd_context *g, const char *what, double value, const char *remedy)
{
    gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_sgd", remedy }, "%s is %g", what, value);
    return false;
}

static bool rule_fits(gd_context *g, const gd_sgd_rule *rule)
{
    if (!(rule->lr >= 0))
        return bad_option(g, "the learning rate", rule->lr, "Give one that is not negative");
    if (!(rule->momentum >= 0))
        return bad_option(g, "the momentum", rule->momentum, "Give one that is not negative");
    if (!(rule->weight_decay >= 0))
        return bad_option(g, "the weight decay", rule->weight_decay, "Give one that is not negative");
    if (rule->nesterov && (rule->momentum == 0 || rule->dampening != 0))
        return bad_option(g, "with nesterov, the momentum", rule->momentum,
                          "Nesterov needs a momentum above 0 and no dampening");
    return true;
}

/* ---- making ---- */

static bool take_parameters(gd_optimizer *o, gd_layer *net)
{
    gd_context *g = o->object.context;
    int count = gd_parameter_count(net);
    if (count == 0) {
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, "gd_sgd", "Give a network that has something to learn" },
                 "the network has no parameters");
        return false;
    }
    gd_tensor **both = gd__alloc(g, bytes_of(count));
    if (!both)
        return false;
    o->count = count;
    o->parameter = both;
    o->momentum = both + count;
    o->begun = (bool *)(both + 2 * count);
    for (int i = 0; i < count; i++) {
        o->parameter[i] = gd_parameter(net, i);
        o->momentum[i] = NULL;
        o->begun[i] = false;
    }
    return true;
}

gd_optimizer *gd_sgd_with(gd_sgd_options options)
{
    gd_context *g = gd__context(options.net);
    gd_sgd_rule rule = rule_of(&options);
    if (!gd__usable(g, options.net, "gd_sgd", "the network") || !gd__alive(gd_init(options.net)) ||
        !rule_fits(g, &rule))
        return gd__error_object(g);
    gd_optimizer *o = gd__new(g, &optimizer_class);
    if (!o || !take_parameters(o, options.net))
        return gd__error_object(g);
    o->rule = rule;
    return o;
}

/* ---- stepping ---- */

/* Can this parameter be updated? Then its momentum is there too, if there is to be one: it lives as long as the
 * optimizer. All that can fail, fails here. */
static bool prepare(gd_optimizer *o, int i)
{
    gd_context *g = o->object.context;
    const gd_tensor *p = o->parameter[i];
    char text[GD__TEXT_SIZE];
    if (!gd__usable(g, p, "gd_step", "a parameter") || (p->has_grad && !gd__may_write(p, "gd_step")))
        return false;
    if (!p->contiguous) {
        gd__fail(g, (gd__fault){ GD_ERROR_STATE, 0, "gd_step", "Make the layer of a gd_clone of it" },
                 "the parameter %s is a view that does not lie in row-major order", gd__describe(p, text));
        return false;
    }
    if (!p->has_grad || o->rule.momentum == 0 || o->momentum[i])
        return true;
    gd_tensor *m = gd_zeros(g, (gd_dtype)p->dtype, gd__shape(p));
    if (!gd__alive(m))
        return false;
    gd__move(&m->object, o->object.depth);
    o->momentum[i] = m;
    return true;
}

static bool update(gd_optimizer *o, int i)
{
    gd_tensor *p = o->parameter[i];
    if (!p->has_grad)
        return true;
    gd_sgd_rule rule = o->rule;
    rule.first = !o->begun[i];
    o->begun[i] = true;
    return gd__alive(gd_sgd_update(p, p->grad, o->rule.momentum != 0 ? o->momentum[i] : NULL, rule));
}

bool gd_step(gd_optimizer *optimizer)
{
    gd_context *g = gd__context(optimizer);
    if (!gd__usable(g, optimizer, "gd_step", "the optimizer") || g->failed)
        return false;
    for (int i = 0; i < optimizer->count; i++)
        if (!prepare(optimizer, i))
            return false;
    for (int i = 0; i < optimizer->count; i++)
        if (!update(optimizer, i))
            return false;
    return true;
}

double gd_learning_rate(const gd_optimizer *optimizer)
{
    bool good = gd__usable(gd__context(optimizer), optimizer, "gd_learning_rate", "the optimizer");
    return good ? optimizer->rule.lr : __builtin_nan("");
}

bool gd_set_learning_rate(gd_optimizer *optimizer, double lr)
{
    gd_context *g = gd__context(optimizer);
    if (!gd__usable(g, optimizer, "gd_set_learning_rate", "the optimizer") || g->failed)
        return false;
    if (!(lr >= 0))
        return bad_option(g, "the learning rate", lr, "Give one that is not negative");
    optimizer->rule.lr = lr;
    return true;
}
