#!/usr/bin/env python3
"""Writes rules_reference.h: where torch.optim's Adagrad, RMSprop, Adam and AdamW go in 50 steps, with each option at its
default, each changed alone, each two together, and all. For maintainers; needs torch.

    python3 make_rules_reference.py > rules_reference.h
"""
import itertools

import torch

from reference import DTYPES, STEPS, begin, row, run, text

# The options, each with its default and another value; then those that are set in every case.
RULES = {
    "adagrad": (torch.optim.Adagrad, dict(lr_decay=(0, 0.1), weight_decay=(0, 0.01), eps=(1e-10, 0.01),
                                          initial_accumulator_value=(0, 0.5), maximize=(False, True))),
    "rmsprop": (torch.optim.RMSprop, dict(alpha=(0.99, 0.5), eps=(1e-8, 0.01), weight_decay=(0, 0.01),
                                          momentum=(0, 0.9), centered=(False, True), maximize=(False, True))),
    "adam": (torch.optim.Adam, dict(betas=((0.9, 0.999), (0.4, 0.8)), eps=(1e-8, 0.01), weight_decay=(0, 0.01),
                                    amsgrad=(False, True), maximize=(False, True))),
    "adamw": (torch.optim.AdamW, dict(betas=((0.9, 0.999), (0.4, 0.8)), eps=(1e-8, 0.01), weight_decay=(0.01, 0.2),
                                      amsgrad=(False, True), maximize=(False, True))),
}


def choices(options):
    """Sets of the options that are changed: none, one, two, all."""
    for count in sorted({0, 1, 2, len(options)}):
        yield from itertools.combinations(options, count)


def fields(options):
    for name, value in options.items():
        if name == "betas":
            yield ".beta1 = %s, .beta2 = %s" % tuple(map(text, value))
        else:
            yield ".%s = %s" % (name, text(value))


begin("rules")
print("static const int rules_steps[] = { %s };" % ", ".join(map(str, STEPS)))
print("static const rule_case rules_cases[] = {")
for rule, (make, options) in RULES.items():
    for dtype, name in DTYPES:
        for changed in choices(options):
            chosen = {option: values[option in changed] for option, values in options.items()}
            print('    { .rule = "%s", .dtype = %s, .changed = "%s",' % (rule, name, " ".join(changed)))
            print("      %s, .after = {" % ", ".join(fields(chosen)))
            for values in run(dtype, lambda W, b: make([W, b], lr=0.1, **chosen)):
                print("        %s," % row(values, dtype))
            print("      } },")
print("};")
