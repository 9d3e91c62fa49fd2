/* optimizer.h - what an optimizer is: parameters in groups, what is gathered for each, and the rule of a step. */
#ifndef GRADUS_SRC_OPTIM_OPTIMIZER_H
#define GRADUS_SRC_OPTIM_OPTIMIZER_H

#include "gradus/optim.h"

#include "gradus/op.h"
#include "tensor/tensor.h"

enum { GD__MAX_STATES = 3 };

/* What an option may be. */
typedef enum gd__range { GD__NOT_NEGATIVE, GD__BELOW_ONE, GD__ANY, GD__FLAG } gd__range;

/* Every option that some rule has, in one table: X(constant, name, as messages call it, range). */
#define GD__OPTION_LIST(X)                                                                                           \
    X(GD__LR, lr, "the learning rate", GD__NOT_NEGATIVE)                                                             \
    X(GD__LR_DECAY, lr_decay, "the decay of the learning rate", GD__NOT_NEGATIVE)                                    \
    X(GD__MOMENTUM, momentum, "the momentum", GD__NOT_NEGATIVE)                                                      \
    X(GD__DAMPENING, dampening, "the dampening", GD__ANY)                                                            \
    X(GD__ALPHA, alpha, "alpha", GD__NOT_NEGATIVE)                                                                   \
    X(GD__BETA1, beta1, "beta1", GD__BELOW_ONE)                                                                      \
    X(GD__BETA2, beta2, "beta2", GD__BELOW_ONE)                                                                      \
    X(GD__EPS, eps, "eps", GD__NOT_NEGATIVE)                                                                         \
    X(GD__WEIGHT_DECAY, weight_decay, "the weight decay", GD__NOT_NEGATIVE)                                          \
    X(GD__INITIAL_ACCUMULATOR_VALUE, initial_accumulator_value, "the initial sum", GD__NOT_NEGATIVE)                 \
    X(GD__NESTEROV, nesterov, "nesterov", GD__FLAG)                                                                  \
    X(GD__CENTERED, centered, "centered", GD__FLAG)                                                                  \
    X(GD__AMSGRAD, amsgrad, "amsgrad", GD__FLAG)                                                                     \
    X(GD__MAXIMIZE, maximize, "maximize", GD__FLAG)

typedef enum gd__option {
    GD__NO_OPTION,
#define GD__OPTION_CONSTANT(constant, name, words, range) constant,
    GD__OPTION_LIST(GD__OPTION_CONSTANT)
#undef GD__OPTION_CONSTANT
        GD__OPTIONS
} gd__option;

/* One parameter's step. */
typedef struct gd__turn {
    gd_tensor *p, *d;
    gd_tensor *state[GD__MAX_STATES]; /* NULL where the options ask for none */
    const double *option;             /* by gd__option */
    int64_t step;                     /* the parameter's, from 1 */
    bool first;                       /* a state has not gathered anything yet */
} gd__turn;

typedef struct gd__default {
    gd__option option;
    double value;
} gd__default;

typedef struct gd__rule {
    const char *name;                         /* of the function that makes such an optimizer: "gd_adam" */
    gd__default option[GD__OPTIONS];          /* those that the rule has, up to GD__NO_OPTION */
    const char *state[GD__MAX_STATES];        /* what is gathered for a parameter, by PyTorch's names */
    unsigned (*states)(const double *option); /* bit i: with these options state i is needed */
    bool counts;                              /* the step's number is among the numbers of an update */
    /* Do they go together? False with the error set; NULL: they do. */
    bool (*fits)(gd_context *g, const char *function, const double *option);
    gd_tensor *(*step)(const gd__turn *turn);
} gd__rule;

typedef struct gd__slot {
    gd_tensor *parameter;
    uint64_t serial; /* the parameter's: what takes its memory when it is gone is not it */
    char *name;      /* "0.weight" */
    int group;
    int64_t steps;                    /* that the parameter has made */
    gd_tensor *state[GD__MAX_STATES]; /* of the optimizer's scope; NULL until the first step that needs it */
    unsigned begun;                   /* bit i: state i has gathered something */
} gd__slot;

typedef struct gd__group {
    double option[GD__OPTIONS];
    double initial_lr; /* what schedules start from; NaN until there is one */
} gd__group;

struct gd_optimizer {
    gd__object object;
    const gd__rule *rule;
    int count, groups, group_capacity;
    gd__slot *slot;
    gd__group *group;
    uint64_t stamp; /* raised whenever the numbers of a step change, other than by counting */
    gd_schedule *schedule; /* the newest that sets the learning rates, while its serial is this; NULL: none did */
    uint64_t schedule_serial;
};

/* A new optimizer of all parameters of the network. `written` is by gd__option; `given` says which of them were
 * written, and the others have the rule's defaults. The error object on failure. */
gd_optimizer *gd__optimizer(gd_layer *net, const gd__rule *rule, const char *given, const double *written);

/* False with the error set, of `function`, where the optimizer can't be used or an error stands. */
bool gd__optimizer_usable(const gd_optimizer *o, const char *function);

/* gd__usable, for an object that is known from earlier by its serial: false for what took its memory, too. */
bool gd__lasts(gd_context *g, const gd__object *object, uint64_t serial, const char *function, const char *what);

/* The gradient that a step would use: NULL where there is none, or the parameter is frozen. */
gd_tensor *gd__gradient(const gd_tensor *p);

/* "the learning rate is -1", as the error of `function`. Always false. */
bool gd__bad_value(gd_context *g, const char *function, const char *what, double value, const char *remedy);

/* Was `.name =` written? Else false with the error set: there is no default. */
bool gd__must_be_given(gd_context *g, const char *function, const char *given, const char *name);

/* ---- options ---- */

/* As it is written: "weight_decay". */
const char *gd__option_name(gd__option option);

/* Fills option[] from what was written and, elsewhere, from `standard`. */
void gd__take_options(const gd__rule *rule, const char *given, const double *written, const double *standard,
                      double *option);

/* Are they in range, and do they go together? False with the error set. */
bool gd__options_fit(gd_context *g, const char *function, const gd__rule *rule, const double *option);

/* Was an option written that the rule does not have? Then false with the error set. */
bool gd__options_known(gd_context *g, const char *function, const gd__rule *rule, const char *given);

#endif
