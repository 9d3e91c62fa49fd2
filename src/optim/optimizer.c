/* optimizer.c - what all optimizers share: their parameters, what they gather, and the step, which is made for all
 * parameters or for none. */
#include "optim/optimizer.h"

#include "base/trace.h"

#include <math.h>

static void optimizer_destroy(gd__object *object)
{
    gd_optimizer *o = (gd_optimizer *)object;
    for (int i = 0; i < o->count; i++)
        gd__free_string(object->context, o->slot[i].name);
    gd__free(object->context, o->slot, (size_t)o->count * sizeof *o->slot);
    gd__free(object->context, o->group, (size_t)o->group_capacity * sizeof *o->group);
}

static const gd__class optimizer_class = { "optimizer", sizeof(gd_optimizer), optimizer_destroy };

bool gd__optimizer_usable(const gd_optimizer *o, const char *function)
{
    gd_context *g = gd__context(o);
    return gd__usable(g, o, function, "the optimizer") && !g->failed;
}

bool gd__lasts(gd_context *g, const gd__object *object, uint64_t serial, const char *function, const char *what)
{
    if (!gd__usable(g, object, function, what))
        return false;
    if (object->serial == serial)
        return true;
    gd__fail(g, (gd__fault){ GD_ERROR_DEAD, 0, function, "Make it in an outer scope" },
             "%s was used after the scope that it lived in", what);
    return false;
}

/* ---- making ---- */

static bool take_parameters(gd_optimizer *o, gd_layer *net)
{
    gd_context *g = o->object.context;
    int count = gd_parameter_count(net);
    if (count == 0) {
        gd__fail(g, (gd__fault){ GD_ERROR_VALUE, 0, o->rule->name, "Give a network that has something to learn" },
                 "the network has no parameters");
        return false;
    }
    o->slot = gd__alloc(g, (size_t)count * sizeof *o->slot);
    for (; o->slot && o->count < count; o->count++) {
        char name[256];
        gd_tensor *p = gd_parameter(net, o->count);
        if (!gd__usable(g, p, o->rule->name, "a parameter"))
            return false;
        gd_parameter_name(net, o->count, name, sizeof name);
        o->slot[o->count] =
            (gd__slot){ .parameter = p, .serial = p->object.serial, .name = gd__copy_string(g, name) };
        if (!o->slot[o->count].name)
            return false;
    }
    return o->slot;
}

static bool take_first_group(gd_optimizer *o, const double *option)
{
    if (!gd__grow(o->object.context, (void **)&o->group, &o->group_capacity, 1, sizeof *o->group))
        return false;
    gd__group *group = &o->group[o->groups++];
    group->initial_lr = NAN;
    for (int i = 0; i < GD__OPTIONS; i++)
        group->option[i] = option[i];
    return true;
}

gd_optimizer *gd__optimizer(gd_layer *net, const gd__rule *rule, const char *given, const double *written)
{
    gd_context *g = gd__context(net);
    double standard[GD__OPTIONS] = { 0 }, option[GD__OPTIONS];
    for (const gd__default *own = rule->option; own->option; own++)
        standard[own->option] = own->value;
    gd__take_options(rule, given, written, standard, option);
    if (!gd__usable(g, net, rule->name, "the network") || !gd__alive(gd_init(net)) ||
        !gd__options_fit(g, rule->name, rule, option))
        return gd__error_object(g);
    gd_optimizer *o = gd__new(g, &optimizer_class);
    if (!o)
        return gd__error_object(g);
    o->rule = rule;
    return take_parameters(o, net) && take_first_group(o, option) ? o : gd__error_object(g);
}

/* ---- stepping ---- */

gd_tensor *gd__gradient(const gd_tensor *p)
{
    return p->requires_grad && gd__grad_asked(p) ? p->grad : NULL;
}

static unsigned states_of(const gd_optimizer *o, const gd__slot *slot)
{
    return o->rule->states(o->group[slot->group].option);
}

static bool make_state(gd_optimizer *o, gd__slot *slot, int i)
{
    gd_context *g = o->object.context;
    const gd_tensor *p = slot->parameter;
    double value = o->group[slot->group].option[GD__INITIAL_ACCUMULATOR_VALUE]; /* 0 for rules that do not have it */
    gd_tensor *state = gd_full(g, (gd_dtype)p->dtype, gd__shape(p), value);
    if (!gd__alive(state))
        return false;
    gd__move(&state->object, o->object.depth);
    slot->state[i] = state;
    return true;
}

/* Can this parameter be updated? Then all that its step needs is there. What can fail, fails here. */
static bool prepare(gd_optimizer *o, gd__slot *slot)
{
    gd_context *g = o->object.context;
    const gd_tensor *p = slot->parameter;
    char text[GD__TEXT_SIZE];
    if (!gd__lasts(g, &p->object, slot->serial, "gd_step", "a parameter"))
        return false;
    if (!p->contiguous) {
        gd__fail(g, (gd__fault){ GD_ERROR_STATE, 0, "gd_step", "Make the layer of a gd_clone of it" },
                 "the parameter %s is a view that does not lie in row-major order", gd__describe(p, text));
        return false;
    }
    if (gd__grad_withheld(p))
        return false;
    if (!gd__gradient(p))
        return true;
    if (!gd__may_write(p, "gd_step"))
        return false;
    unsigned states = states_of(o, slot);
    for (int i = 0; states >> i; i++)
        if ((states >> i & 1) && !slot->state[i] && !make_state(o, slot, i))
            return false;
    return gd__usable(g, p->grad, "gd_step", "a gradient");
}

static bool step_slot(gd_optimizer *o, gd__slot *slot)
{
    unsigned states = states_of(o, slot);
    gd__turn turn = { .p = slot->parameter,
                      .d = gd__gradient(slot->parameter),
                      .step = slot->steps + 1,
                      .option = o->group[slot->group].option,
                      .first = states & ~slot->begun };
    for (int i = 0; i < GD__MAX_STATES; i++)
        turn.state[i] = states >> i & 1 ? slot->state[i] : NULL;
    if (!gd__alive(o->rule->step(&turn)))
        return false;
    if (turn.first) {
        slot->begun |= states;
        o->stamp++;
    }
    return true;
}

/* The step of a parameter once more, in a replay. */
static bool step_again(void *owner, int which)
{
    gd_optimizer *o = owner;
    return step_slot(o, &o->slot[which]);
}

static bool update(gd_optimizer *o, int which)
{
    gd__slot *slot = &o->slot[which];
    gd__trace *trace = o->object.context->trace;
    gd__turns turns = { o, &o->object, which, step_again, &slot->steps, o->rule->counts ? NULL : &o->stamp };
    if (!gd__gradient(slot->parameter))
        return true;
    if (trace)
        trace->turns = &turns;
    bool good = step_slot(o, slot);
    if (trace)
        trace->turns = NULL;
    slot->steps += good;
    return good;
}

bool gd_step(gd_optimizer *optimizer)
{
    if (!gd__optimizer_usable(optimizer, "gd_step"))
        return false;
    for (int i = 0; i < optimizer->count; i++)
        if (!prepare(optimizer, &optimizer->slot[i]))
            return false;
    for (int i = 0; i < optimizer->count; i++)
        if (!update(optimizer, i))
            return false;
    return true;
}
