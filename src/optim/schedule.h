/* schedule.h - what a schedule is: a factor by the step, or what became of a metric. */
#ifndef GRADUS_SRC_OPTIM_SCHEDULE_H
#define GRADUS_SRC_OPTIM_SCHEDULE_H

#include "optim/optimizer.h"

/* A rate is floor + (base - floor) * factor: the floor is cosine annealing's eta_min, and 0 elsewhere. */
typedef struct gd__schedule_kind {
    const char *name;                                  /* of the function that makes it: "gd_step_lr" */
    double (*factor)(const gd_schedule *s, int64_t t); /* NULL: it follows a metric */
} gd__schedule_kind;

struct gd_schedule {
    gd__object object;
    const gd__schedule_kind *kind;
    gd_optimizer *optimizer; /* while its serial is this */
    uint64_t optimizer_serial;
    int64_t steps; /* that were made */
    double floor;
    union {
        gd_step_lr_options step;
        gd_multistep_lr_options multistep;
        gd_exponential_lr_options exponential;
        gd_cosine_annealing_lr_options cosine;
        gd_linear_lr_options linear;
        gd_reduce_lr_on_plateau_options plateau;
        struct {
            gd_rate_function *function;
            void *user;
        } lambda;
    } options;
    int64_t *milestone; /* of gd_multistep_lr, its own */
    size_t milestones;
    gd_schedule *next; /* takes over at step `until`, while its serial is this */
    uint64_t next_serial;
    int64_t until;
    bool chained;      /* it is another one's next */
    double best;       /* the metric's, up to now */
    int64_t bad, wait; /* steps without a better one; steps of cooldown that are left */
};

/* A new schedule for the optimizer, which can be used; NULL with the error set. Nothing is set by it yet. */
gd_schedule *gd__schedule(gd_optimizer *optimizer, const gd__schedule_kind *kind);

/* From now on the optimizer's rates are this schedule's, at once those of the step where it stands, if it has rates by
 * the step. Returns it; the error object of g on failure, and for NULL. */
gd_schedule *gd__schedule_begin(gd_context *g, gd_schedule *s);

/* Is it finite and at least `least`? False with the error set. */
bool gd__schedule_fits(gd_context *g, const gd__schedule_kind *kind, const char *what, double value, double least);

/* Can the schedule make a step? `on_metric`: one that follows a metric. False with the error set. */
bool gd__schedule_ready(gd_schedule *s, const char *function, bool on_metric);

#endif
