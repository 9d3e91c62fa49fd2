#!/usr/bin/env python3
"""Writes sgd_reference.h: where torch.optim.SGD goes in 50 steps, with every combination of its options that it takes.
For maintainers; needs torch.

    python3 make_sgd_reference.py > sgd_reference.h

PyTorch 1.13 and 2.15 write the same file.
"""
import itertools

import torch

from reference import DTYPES, STEPS, begin, row, run, text

begin("sgd")
print("static const int sgd_steps[] = { %s };" % ", ".join(map(str, STEPS)))
print("static const sgd_case sgd_cases[] = {")
for dtype, name in DTYPES:
    choices = itertools.product((0, 0.9), (0, 0.5), (False, True), (0, 0.01), (False, True))
    for momentum, dampening, nesterov, decay, maximize in choices:
        if nesterov and (momentum == 0 or dampening != 0):
            continue
        print("    { %s, %s, %s, %s, %s, %s, {" % (name, momentum, dampening, decay, text(nesterov), text(maximize)))
        for values in run(dtype, lambda W, b: torch.optim.SGD([W, b], lr=0.1, momentum=momentum, dampening=dampening,
                                                              nesterov=nesterov, weight_decay=decay,
                                                              maximize=maximize)):
            print("        %s," % row(values, dtype))
        print("    } },")
print("};")
