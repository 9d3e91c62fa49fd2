#!/usr/bin/env python3
"""Writes schedules_reference.h: the learning rates of two groups, 0.1 and 0.03, over 40 steps of torch.optim's
schedules. For maintainers; needs torch.

    python3 make_schedules_reference.py > schedules_reference.h

The metric before step k is ((7 k) mod 11) / 16 - k / 64, a number without rounding; NaN before steps 8 and 9.
"""
import math
import warnings

import torch
from torch.optim import lr_scheduler as lr

from reference import begin, parameters

STEPS = 40

BY_STEP = {
    "step": lambda o: lr.StepLR(o, 7),
    "step, gamma": lambda o: lr.StepLR(o, 3, gamma=0.7),
    "multistep": lambda o: lr.MultiStepLR(o, [20, 5, 20, 33]),
    "multistep, gamma": lambda o: lr.MultiStepLR(o, [0, 1, 39], gamma=0.5),
    "exponential": lambda o: lr.ExponentialLR(o, 0.9),
    "cosine": lambda o: lr.CosineAnnealingLR(o, 40),
    "cosine, up and down": lambda o: lr.CosineAnnealingLR(o, 6, eta_min=0.01),
    "cosine of one": lambda o: lr.CosineAnnealingLR(o, 1),
    "linear": lambda o: lr.LinearLR(o),
    "linear, down": lambda o: lr.LinearLR(o, start_factor=0.9, end_factor=0.25, total_iters=25),
    "lambda": lambda o: lr.LambdaLR(o, lambda t: 1 / (1 + t)),
    "warm-up, cosine": lambda o: lr.SequentialLR(o, [lr.LinearLR(o, 0.1, total_iters=5),
                                                     lr.CosineAnnealingLR(o, 35, eta_min=0.002)], [5]),
    "three": lambda o: lr.SequentialLR(o, [lr.LinearLR(o, total_iters=8), lr.StepLR(o, 4, gamma=0.5),
                                           lr.ExponentialLR(o, 0.8)], [3, 20]),
}

ON_METRIC = {
    "plateau": dict(),
    "plateau, patience": dict(patience=2, factor=0.5),
    "plateau, impatient": dict(patience=0, factor=0.9),
    "plateau, max": dict(mode="max", patience=3, factor=0.25),
    "plateau, cooldown": dict(patience=1, cooldown=4, factor=0.5),
    "plateau, threshold": dict(patience=2, threshold=0.5, factor=0.5),
    "plateau, abs": dict(patience=2, threshold=0.25, threshold_mode="abs", factor=0.5),
    "plateau, max abs": dict(mode="max", patience=2, threshold=0.125, threshold_mode="abs", factor=0.5),
    "plateau, min_lr": dict(patience=1, min_lr=0.02, factor=0.5),
    "plateau, eps": dict(patience=1, eps=0.02, factor=0.5),
}


def metric(k):
    return math.nan if k in (8, 9) else (7 * k) % 11 / 16 - k / 64


def rates(make, on_metric):
    W, b = parameters(torch.float64)
    optimizer = torch.optim.SGD([{"params": [W]}, {"params": [b], "lr": 0.03}], lr=0.1)
    schedule = make(optimizer)
    for k in range(STEPS + 1):
        yield [group["lr"] for group in optimizer.param_groups]
        optimizer.step()
        schedule.step(*([metric(k)] if on_metric else []))


def write(name, make, on_metric):
    print('    { "%s", {' % name)
    for pair in rates(make, on_metric):
        print("        { %.17g, %.17g }," % tuple(pair))
    print("    } },")


warnings.simplefilter("ignore")
begin("schedules")
print("static const schedule_case schedules_cases[] = {")
for name, make in BY_STEP.items():
    write(name, make, False)
for name, options in ON_METRIC.items():
    write(name, lambda o: lr.ReduceLROnPlateau(o, **options), True)
print("};")
