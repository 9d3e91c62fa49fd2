#!/usr/bin/env python3
"""Writes groups_reference.h: where torch.optim goes in 50 steps when b is in a group of its own, in float64.
For maintainers; needs torch.

    python3 make_groups_reference.py > groups_reference.h
"""
import torch

from reference import STEPS, begin, row, run

# The options of the optimizer, and those of b.
RULES = {
    "sgd": (torch.optim.SGD, dict(lr=0.1, momentum=0.9), dict(lr=0.02, nesterov=True, weight_decay=0.1)),
    "adagrad": (torch.optim.Adagrad, dict(lr=0.1, weight_decay=0.1), dict(lr_decay=0.5, weight_decay=0)),
    "rmsprop": (torch.optim.RMSprop, dict(lr=0.1), dict(momentum=0.5, centered=True, alpha=0.5)),
    "adam": (torch.optim.Adam, dict(lr=0.1), dict(betas=(0.5, 0.9), amsgrad=True, maximize=True)),
    "adamw": (torch.optim.AdamW, dict(lr=0.1, weight_decay=0.2), dict(lr=0.01, weight_decay=0, eps=0.1)),
}

begin("groups")
print("static const int groups_steps[] = { %s };" % ", ".join(map(str, STEPS)))
print("static const group_case groups_cases[] = {")
for rule, (make, whole, own) in RULES.items():
    print('    { "%s", {' % rule)
    for values in run(torch.float64, lambda W, b: make([{"params": [W]}, {"params": [b], **own}], **whole)):
        print("        %s," % row(values, torch.float64))
    print("    } },")
print("};")
