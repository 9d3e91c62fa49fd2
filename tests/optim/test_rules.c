/* test_rules.c - Adagrad, RMSprop, Adam and AdamW against torch.optim (rules_reference.h). */
#include "support.h"

typedef struct rule_case {
    const char *rule;
    gd_dtype dtype;
    const char *changed; /* the options that are not at their default */
    double lr_decay, weight_decay, eps, initial_accumulator_value, alpha, momentum, beta1, beta2;
    bool centered, amsgrad, maximize;
    double after[MARKS][PARAMETERS]; /* these many steps: rules_steps */
} rule_case;

#include "rules_reference.h"

enum { CASES = sizeof rules_cases / sizeof *rules_cases };

static gd_optimizer *make(gd_layer *net, const rule_case *c)
{
    if (strcmp(c->rule, "adagrad") == 0)
        return gd_adagrad(net, .lr = 0.1, .lr_decay = c->lr_decay, .weight_decay = c->weight_decay, .eps = c->eps,
                          .initial_accumulator_value = c->initial_accumulator_value, .maximize = c->maximize);
    if (strcmp(c->rule, "rmsprop") == 0)
        return gd_rmsprop(net, .lr = 0.1, .alpha = c->alpha, .eps = c->eps, .weight_decay = c->weight_decay,
                          .momentum = c->momentum, .centered = c->centered, .maximize = c->maximize);
    gd_adam_options options = { .net = net,
                                .lr = 0.1,
                                .beta1 = c->beta1,
                                .beta2 = c->beta2,
                                .eps = c->eps,
                                .weight_decay = c->weight_decay,
                                .amsgrad = c->amsgrad,
                                .maximize = c->maximize };
    return strcmp(c->rule, "adam") == 0 ? gd_adam_with(options) : gd_adamw_with(options);
}

static void goes_where_pytorch_goes(void **state)
{
    const rule_case *c = *state;
    g = gd_open();
    gd_layer *net = start(c->dtype);
    gd_optimizer *optimizer = make(net, c);
    for (int step = 0, mark = 0; mark < MARKS; step++) {
        take_step(net, optimizer, step);
        if (step + 1 == rules_steps[mark]) /* a step has more roundings than one */
            assert_parameters(net, c->after[mark++], 2 * rounding(c->dtype) * (step + 1), step + 1);
    }
    assert_fine(g);
    gd_close(g);
}

int main(void)
{
    static char name[CASES][120];
    static rule_case subject[CASES];
    struct CMUnitTest tests[CASES];
    for (int i = 0; i < CASES; i++) {
        const rule_case *c = &rules_cases[i];
        subject[i] = *c;
        snprintf(name[i], sizeof name[i], "%s, %s: %s", c->rule, gd_dtype_name(c->dtype),
                 c->changed[0] ? c->changed : "as it comes");
        tests[i] = (struct CMUnitTest){ name[i], goes_where_pytorch_goes, NULL, NULL, &subject[i] };
    }
    return _cmocka_run_group_tests("against torch.optim", tests, CASES, NULL, NULL);
}
