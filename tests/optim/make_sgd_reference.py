#!/usr/bin/env python3
"""Writes sgd_reference.h: where torch.optim.SGD goes in 50 steps, with every combination of its options that it takes.
For maintainers; needs torch.

    python3 make_sgd_reference.py > sgd_reference.h

Parameter i of W (2, 3) begins at (i - 2.5) / 4, that of b (3) at (i + 1) / 2. In step k the gradient of element i is
((7 k + 5 i) mod 11 - 5) / 8, with i counted through W, then b: numbers that every dtype holds exactly.
PyTorch 1.13 and 2.15 write the same file.
"""
import itertools

import torch

STEPS = (1, 2, 50)


def gradient(step, first, like):
    values = [((7 * step + 5 * (first + i)) % 11 - 5) / 8 for i in range(like.numel())]
    return torch.tensor(values, dtype=like.dtype).reshape(like.shape)


def run(dtype, **options):
    W = torch.tensor([(i - 2.5) / 4 for i in range(6)], dtype=dtype).reshape(2, 3).requires_grad_()
    b = torch.tensor([(i + 1) / 2 for i in range(3)], dtype=dtype).requires_grad_()
    sgd = torch.optim.SGD([W, b], lr=0.1, **options)
    for step in range(1, max(STEPS) + 1):
        W.grad, b.grad = gradient(step - 1, 0, W), gradient(step - 1, 6, b)
        sgd.step()
        if step in STEPS:
            yield W.flatten().tolist() + b.tolist()


def text(value):
    return str(value).lower()


print("/* sgd_reference.h - made by make_sgd_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const int sgd_steps[] = { %s };" % ", ".join(map(str, STEPS)))
print("static const sgd_case sgd_cases[] = {")
for dtype, name in ((torch.float32, "GD_FLOAT32"), (torch.float64, "GD_FLOAT64")):
    choices = itertools.product((0, 0.9), (0, 0.5), (False, True), (0, 0.01), (False, True))
    for momentum, dampening, nesterov, decay, maximize in choices:
        if nesterov and (momentum == 0 or dampening != 0):
            continue
        print("    { %s, %s, %s, %s, %s, %s, {" % (name, momentum, dampening, decay, text(nesterov), text(maximize)))
        for row in run(dtype, momentum=momentum, dampening=dampening, nesterov=nesterov, weight_decay=decay,
                       maximize=maximize):
            print("        { %s }," % ", ".join(("%.9g" if dtype == torch.float32 else "%.17g") % v for v in row))
        print("    } },")
print("};")
