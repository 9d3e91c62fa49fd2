/* optim.h - optimizers: what a step does to the parameters, given their gradients.
 *
 *     gd_optimizer *adam = gd_adamw(net, .lr = 0.001);
 *     gd_optimizer_group(adam, "*.bias", .weight_decay = 0);
 *     gd_schedule *schedule = gd_cosine_annealing_lr(adam, .T_max = 100);
 *     ...
 *         gd_backward(loss);
 *         gd_clip_grad_norm(net, .max_norm = 1);
 *         gd_step(adam);
 *     ...
 *     gd_schedule_step(schedule);                      // at the end of an epoch
 */
#ifndef GRADUS_OPTIM_H
#define GRADUS_OPTIM_H

#include <gradus/nn.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gd_optimizer gd_optimizer;

/* ---------------------------------------------------------------------------------------------
 * Rules
 * ---------------------------------------------------------------------------------------------
 *
 * Each makes an optimizer of all parameters of a network. It lives in the current scope, and the network must live as
 * long. Options are written as initialisers behind the network: gd_sgd(net, .lr = 0.5). One left out has PyTorch's
 * default; a zero that is written is a zero. The macro's text tells them apart; with `given` NULL, as from another
 * language, every field counts as written. Numbers are finite and not negative, or GD_ERROR_VALUE, where nothing else
 * is said; a network without parameters is GD_ERROR_VALUE.
 *
 * Below, p is a parameter, and d its gradient, with its sign turned to maximize, plus weight_decay * p. What a rule
 * gathers (m, v, ...) begins at 0 unless said otherwise, and t counts the steps of the parameter from 1. */

typedef struct gd_sgd_options {
    gd_layer *net;
    const char *given;   /* which were written: the macro's text */
    double lr;           /* 0.001 */
    double momentum;     /* 0 */
    double dampening;    /* 0; of any sign */
    double weight_decay; /* 0 */
    bool nesterov;       /* needs momentum > 0 and dampening 0 */
    bool maximize;       /* climb instead of descending */
} gd_sgd_options;

/* Stochastic gradient descent, as torch.optim.SGD:
 *     m = d at first, later momentum * m + (1 - dampening) * d
 *     p = p - lr * m,  or with nesterov  p - lr * (d + momentum * m) */
#define gd_sgd(...) gd_sgd_with((gd_sgd_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_optimizer *gd_sgd_with(gd_sgd_options options);

typedef struct gd_adagrad_options {
    gd_layer *net;
    const char *given;
    double lr;                        /* 0.01 */
    double lr_decay;                  /* 0 */
    double weight_decay;              /* 0 */
    double initial_accumulator_value; /* 0: where the sum begins */
    double eps;                       /* 1e-10 */
    bool maximize;
} gd_adagrad_options;

/* Steps that shorten with the squares of all gradients so far, as torch.optim.Adagrad:
 *     sum = sum + d^2
 *     p = p - lr / (1 + (t - 1) * lr_decay) * d / (sqrt(sum) + eps) */
#define gd_adagrad(...) gd_adagrad_with((gd_adagrad_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_optimizer *gd_adagrad_with(gd_adagrad_options options);

typedef struct gd_rmsprop_options {
    gd_layer *net;
    const char *given;
    double lr;           /* 0.01 */
    double alpha;        /* 0.99 */
    double eps;          /* 1e-8 */
    double weight_decay; /* 0 */
    double momentum;     /* 0 */
    bool centered;       /* measure by the variance instead of the mean square */
    bool maximize;
} gd_rmsprop_options;

/* Steps measured by a running mean of squared gradients, as torch.optim.RMSprop:
 *     v = alpha * v + (1 - alpha) * d^2
 *     s = d / (sqrt(v) + eps),  or centered, with u = alpha * u + (1 - alpha) * d,  d / (sqrt(v - u^2) + eps)
 *     p = p - lr * s,  or with momentum  m = momentum * m + s and p = p - lr * m */
#define gd_rmsprop(...) gd_rmsprop_with((gd_rmsprop_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_optimizer *gd_rmsprop_with(gd_rmsprop_options options);

typedef struct gd_adam_options {
    gd_layer *net;
    const char *given;
    double lr;           /* 0.001 */
    double beta1, beta2; /* 0.9 and 0.999: PyTorch's betas; below 1 */
    double eps;          /* 1e-8 */
    double weight_decay; /* 0; of gd_adamw 0.01 */
    bool amsgrad;        /* measure by the largest v so far */
    bool maximize;
} gd_adam_options;

/* Steps by running means of gradients and of their squares, as torch.optim.Adam:
 *     m = beta1 * m + (1 - beta1) * d
 *     v = beta2 * v + (1 - beta2) * d^2
 *     p = p - lr * m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
 * and as torch.optim.AdamW, where the weight decay stays out of d: first p = p - lr * weight_decay * p. */
#define gd_adam(...) gd_adam_with((gd_adam_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
#define gd_adamw(...) gd_adamw_with((gd_adam_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_optimizer *gd_adam_with(gd_adam_options options);
GD_API gd_optimizer *gd_adamw_with(gd_adam_options options);

/* One step: of all parameters or, on any error (then false), of none. A parameter without a gradient, and one that
 * does not require any (a frozen one), is left as it is, and so is what was gathered for it. Does nothing while an
 * error stands. */
GD_API bool gd_step(gd_optimizer *optimizer);

/* ---------------------------------------------------------------------------------------------
 * Groups
 * ------------------------------------------------------------------------------------------- */

typedef struct gd_group_options {
    gd_optimizer *optimizer;
    const char *parameters; /* a pattern of names */
    const char *given;
    double lr, lr_decay, momentum, dampening, alpha, beta1, beta2, eps, weight_decay, initial_accumulator_value;
    bool nesterov, centered, amsgrad, maximize;
} gd_group_options;

/* Gives parameters options of their own: gd_optimizer_group(o, "*.bias", .weight_decay = 0). They are chosen by their
 * names (gd_parameter_name) with a pattern of the shell: "2.*" is all of layer 2, "?" one character, "[02].*" either
 * layer. They leave the group that they were in. Options left out are the optimizer's; one that its rule does not have,
 * or a pattern that fits no name, is GD_ERROR_VALUE. Groups are made before schedules (GD_ERROR_STATE). Returns the
 * number of the group, from 1, for gd_group_learning_rate: group 0 is what no group took. -1 on an error; then, or
 * while an error stands, nothing is changed. (PyTorch's param_groups.) */
#define gd_optimizer_group(...)                                                                                      \
    gd_optimizer_group_with((gd_group_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API int gd_optimizer_group_with(gd_group_options options);

/* The learning rate of a group, to read (NaN on an error) and to change between steps. */
GD_API double gd_group_learning_rate(const gd_optimizer *optimizer, int group);
GD_API bool gd_set_group_learning_rate(gd_optimizer *optimizer, int group, double lr);

/* The same of group 0: all parameters, where no groups were made. */
GD_API double gd_learning_rate(const gd_optimizer *optimizer);
GD_API bool gd_set_learning_rate(gd_optimizer *optimizer, double lr);

/* ---------------------------------------------------------------------------------------------
 * Clipping
 * ------------------------------------------------------------------------------------------- */

typedef struct gd_clip_options {
    gd_layer *net;
    const char *given;
    double max_norm;         /* must be given; INFINITY only measures */
    double norm_type;        /* 2; any positive number, or INFINITY for the largest magnitude */
    bool error_if_nonfinite; /* a norm that is NaN or infinite is GD_ERROR_VALUE, and nothing is scaled */
} gd_clip_options;

/* Scales the gradients of a network's parameters in place, which counts as a write, so that their norm, of all of them
 * as one vector, is at most max_norm: each is multiplied by max_norm / (norm + 1e-6) where that is below 1
 * (torch.nn.utils.clip_grad_norm_). A norm that is not finite makes them 0 or NaN, as in PyTorch. Returns the norm
 * before, worked out in float64; 0 where there is no gradient. NaN on an error; then, or while an error stands,
 * nothing is scaled. Gradients that a step would not use do not count. While a compiled step is recorded it clips, and returns
 * NaN without an error: the norm is not known to the program then. */
#define gd_clip_grad_norm(...)                                                                                       \
    gd_clip_grad_norm_with((gd_clip_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API double gd_clip_grad_norm_with(gd_clip_options options);

/* Brings each element of the gradients into -limit .. limit, in place (torch.nn.utils.clip_grad_value_); NaN stays.
 * The limit is not negative. False on any error; does nothing while an error stands. */
GD_API bool gd_clip_grad_value(gd_layer *net, double limit);

/* ---------------------------------------------------------------------------------------------
 * Schedules
 * ---------------------------------------------------------------------------------------------
 *
 * A schedule sets the learning rates of an optimizer's groups: at once those of its step 0, and at each
 * gd_schedule_step those of the next. Below, t is the number of the step and `base` a group's rate when the
 * optimizer's first schedule was made; what gd_set_learning_rate has set since is gone with the next step. The rates
 * are PyTorch's closed forms, which differ from its running products by rounding.
 *
 * One schedule at a time sets the rates, and that is the newest: to step an earlier one is GD_ERROR_STATE, unless the
 * newer was chained to it. It lives in the current scope; the optimizer must live as long. Options are written as
 * those of optimizers are; bad ones are GD_ERROR_VALUE. While an error stands nothing is made or set. */
typedef struct gd_schedule gd_schedule;

typedef struct gd_step_lr_options {
    gd_optimizer *optimizer;
    const char *given;
    int64_t step_size; /* must be given, 1 or more */
    double gamma;      /* 0.1 */
} gd_step_lr_options;

/* base * gamma^(t / step_size), the quotient rounded down (torch.optim.lr_scheduler.StepLR). */
#define gd_step_lr(...) gd_step_lr_with((gd_step_lr_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_schedule *gd_step_lr_with(gd_step_lr_options options);

/* A list of steps: gd_milestones(30, 80). It is copied by whom it is handed to. */
typedef struct gd_steps {
    size_t count;
    const int64_t *step;
} gd_steps;
#define gd_milestones(...)                                                                                           \
    ((gd_steps){ sizeof((const int64_t[]){ 0, __VA_ARGS__ }) / sizeof(int64_t) - 1,                                  \
                 (const int64_t[]){ 0, __VA_ARGS__ } + 1 })

typedef struct gd_multistep_lr_options {
    gd_optimizer *optimizer;
    const char *given;
    gd_steps milestones; /* must be given, not negative, in any order */
    double gamma;        /* 0.1 */
} gd_multistep_lr_options;

/* base * gamma^n, where n of the milestones are t or less (MultiStepLR). */
#define gd_multistep_lr(...)                                                                                         \
    gd_multistep_lr_with((gd_multistep_lr_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_schedule *gd_multistep_lr_with(gd_multistep_lr_options options);

typedef struct gd_exponential_lr_options {
    gd_optimizer *optimizer;
    const char *given;
    double gamma; /* must be given */
} gd_exponential_lr_options;

/* base * gamma^t (ExponentialLR). */
#define gd_exponential_lr(...)                                                                                       \
    gd_exponential_lr_with((gd_exponential_lr_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_schedule *gd_exponential_lr_with(gd_exponential_lr_options options);

typedef struct gd_cosine_annealing_lr_options {
    gd_optimizer *optimizer;
    const char *given;
    int64_t T_max;  /* must be given, 1 or more */
    double eta_min; /* 0 */
} gd_cosine_annealing_lr_options;

/* eta_min + (base - eta_min) * (1 + cos(pi t / T_max)) / 2: down to eta_min at T_max, and up again after it
 * (CosineAnnealingLR). */
#define gd_cosine_annealing_lr(...)                                                                                  \
    gd_cosine_annealing_lr_with((gd_cosine_annealing_lr_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_schedule *gd_cosine_annealing_lr_with(gd_cosine_annealing_lr_options options);

typedef struct gd_linear_lr_options {
    gd_optimizer *optimizer;
    const char *given;
    double start_factor; /* 1/3; above 0, at most 1 */
    double end_factor;   /* 1; 0 to 1 */
    int64_t total_iters; /* 5; 1 or more */
} gd_linear_lr_options;

/* base * f, where f goes in a straight line from start_factor at step 0 to end_factor at total_iters, and stays there
 * (LinearLR): a warm-up. */
#define gd_linear_lr(...) gd_linear_lr_with((gd_linear_lr_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_schedule *gd_linear_lr_with(gd_linear_lr_options options);

/* A rate of the caller's: a function of the step and of what was handed over with it, times base (LambdaLR). A factor
 * that is negative or not finite is GD_ERROR_VALUE, and nothing is set. */
typedef double gd_rate_function(void *user, int64_t step);
GD_API gd_schedule *gd_lambda_lr(gd_optimizer *optimizer, gd_rate_function *factor, void *user);

/* Chains two schedules of one optimizer (SequentialLR): from step `milestone` on, which is above those chained before,
 * the rates are next's, counted from 0 there. Returns `first`, which leads; `next` is not stepped by itself any more,
 * and must live as long. Three are chained by two calls.
 *     gd_schedule_then(gd_linear_lr(o, .total_iters = 5), 5, gd_cosine_annealing_lr(o, .T_max = 95)) */
GD_API gd_schedule *gd_schedule_then(gd_schedule *first, int64_t milestone, gd_schedule *next);

/* The next step: sets the rates of all groups, or on any error none. */
GD_API bool gd_schedule_step(gd_schedule *schedule);

typedef struct gd_reduce_lr_on_plateau_options {
    gd_optimizer *optimizer;
    const char *given;
    bool maximize;    /* a larger metric is the better one (PyTorch: mode "max") */
    double factor;    /* 0.1; below 1 */
    int64_t patience; /* 10: so many steps without a better metric are let pass */
    double threshold; /* 1e-4: by how much a better one must be better */
    bool absolute;    /* the threshold is a difference, not a share of the best (threshold_mode "abs") */
    int64_t cooldown; /* 0: so many steps after a reduction are not counted */
    double min_lr;    /* 0: no rate is brought below it */
    double eps;       /* 1e-8: a change that is not larger is not made */
} gd_reduce_lr_on_plateau_options;

/* Multiplies the rates by `factor` when a metric has not become better for more than `patience` steps
 * (ReduceLROnPlateau). It is stepped by gd_schedule_step_on, works on the rates as they are, and can't be chained. */
#define gd_reduce_lr_on_plateau(...)                                                                                 \
    gd_reduce_lr_on_plateau_with((gd_reduce_lr_on_plateau_options){ __VA_ARGS__, .given = GD__TEXT(__VA_ARGS__) })
GD_API gd_schedule *gd_reduce_lr_on_plateau_with(gd_reduce_lr_on_plateau_options options);

/* The next step of a schedule that follows a metric, such as the loss on a test set. NaN is never better. For another
 * schedule, as gd_schedule_step for this one, GD_ERROR_STATE. False on any error. */
GD_API bool gd_schedule_step_on(gd_schedule *schedule, double metric);

/* ---------------------------------------------------------------------------------------------
 * To a file and back
 * ------------------------------------------------------------------------------------------- */

/* Writes what the optimizer has gathered, by the parameters' names, its groups' options, and where its schedule
 * stands, if it has one, to a .npz or .safetensors file. The parameters are gd_save's. The file is replaced only when
 * all is written. False on any error; does nothing while an error stands. */
GD_API bool gd_optimizer_save(gd_optimizer *optimizer, const char *path);

/* Reads such a file into an optimizer made as the one that was saved: with the same rule, groups and kind of schedule,
 * for a network of the same names and shapes; else GD_ERROR_FORMAT, and nothing is changed. Options and rates are the
 * file's then; training goes on as if it had not stopped. Does nothing while an error stands. */
GD_API bool gd_optimizer_load(gd_optimizer *optimizer, const char *path);

#ifdef __cplusplus
}
#endif
#endif
