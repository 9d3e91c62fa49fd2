#!/usr/bin/env python3
"""Writes close_reference.h: what torch.allclose and torch.equal say. For maintainers; needs torch.

    python3 make_close_reference.py > close_reference.h
"""
import itertools
import math

import torch

NAME = {
    torch.float32: "GD_FLOAT32",
    torch.float64: "GD_FLOAT64",
    torch.int64: "GD_INT64",
    torch.uint8: "GD_UINT8",
    torch.bool: "GD_BOOL",
}
inf, nan = math.inf, math.nan
TOLERANCES = ((1e-5, 1e-8), (0.0, 0.0), (0.1, 0.0), (0.0, 0.1), (0.0, 1.0), (inf, 0.0), (0.0, inf), (1e-5, 1e-3))
REALS = (0.0, -0.0, 1.0, 1.1, 1.00001, 1.000011, 1 - 1e-5, -1.0, 1e-8, 1.1e-8, 0.1, 1e30, 1.1e30, inf, -inf, nan)
WHOLE = (0, 1, 2, 10, 11, 200, 255)
LARGE = (2**24, 2**24 + 1, 2**40, 2**40 + 1, -3)


def number(value):
    return "NAN" if value != value else "%sINFINITY" % ("-" if value < 0 else "") if abs(value) == inf else repr(value)


def pairs():
    for a, b in itertools.product(REALS, REALS):
        yield torch.float32, a, b
        yield torch.float64, a, b
    for a, b in itertools.product(WHOLE, WHOLE):
        yield torch.uint8, a, b
    for a, b in itertools.product(WHOLE[:3] + LARGE, WHOLE[:3] + LARGE):
        yield torch.int64, a, b
    for a, b in itertools.product((0, 1), (0, 1)):
        yield torch.bool, a, b


def bits(values):
    return sum(bool(value) << i for i, value in enumerate(values))


print("/* close_reference.h - made by make_close_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const double tolerances[][2] = {")
for rtol, atol in TOLERANCES:
    print("    { %s, %s }," % (number(rtol), number(atol)))
print("};")
print("static const close_case close_cases[] = {")
for dtype, first, second in pairs():
    a, b = torch.tensor([first], dtype=dtype), torch.tensor([second], dtype=dtype)
    plain = bits(torch.allclose(a, b, rtol=rtol, atol=atol) for rtol, atol in TOLERANCES)
    nans = bits(torch.allclose(a, b, rtol=rtol, atol=atol, equal_nan=True) for rtol, atol in TOLERANCES)
    print("    { %s, %s, %s, 0x%02x, 0x%02x, %s }," % (NAME[dtype], number(float(first)), number(float(second)), plain,
                                                     nans, str(torch.equal(a, b)).lower()))
print("};")
