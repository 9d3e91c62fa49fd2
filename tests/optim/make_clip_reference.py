#!/usr/bin/env python3
"""Writes clip_reference.h: what torch.nn.utils.clip_grad_norm_ and clip_grad_value_ make of the gradients of one step.
For maintainers; needs torch.

    python3 make_clip_reference.py > clip_reference.h
"""
import math

import torch

from reference import DTYPES, begin, parameters, set_gradients


def c_number(value, dtype=torch.float64):
    number = ("%.9g" if dtype == torch.float32 else "%.17g") % value
    return {"nan": "NAN", "inf": "INFINITY"}.get(number, number)


def gradients(dtype, spoil=None):
    W, b = parameters(dtype)
    set_gradients(W, b, 3)
    if spoil is not None:
        W.grad[0, 1] = spoil
    return W, b


def after(W, b):
    values = W.grad.flatten().tolist() + b.grad.tolist()
    return "{ %s }" % ", ".join(c_number(value, W.dtype) for value in values)


begin("clip")
print("static const norm_case norm_cases[] = {")
for dtype, name in DTYPES:
    for spoil in (None, math.inf, math.nan):
        for norm_type in (2.0, 1.0, 0.5, 3.0, math.inf):
            for max_norm in (0.0, 0.25, 1.0, 100.0, math.inf)[:5 if spoil is None else 3]:
                W, b = gradients(dtype, spoil)
                norm = torch.nn.utils.clip_grad_norm_([W, b], max_norm, norm_type)
                spoilt = "0" if spoil is None else c_number(spoil)
                print("    { %s, %s, %s, %s, %s,\n      %s }," % (
                    name, spoilt, c_number(max_norm), c_number(norm_type), c_number(norm.item(), dtype), after(W, b)))
print("};")
print("static const value_case value_cases[] = {")
for dtype, name in DTYPES:
    for limit in (0.0, 0.25, 0.3, 10.0):
        W, b = gradients(dtype)
        torch.nn.utils.clip_grad_value_([W, b], limit)
        print("    { %s, %r, %s }," % (name, limit, after(W, b)))
print("};")
