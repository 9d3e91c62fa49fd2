#!/usr/bin/env python3
"""Writes matmul_reference.h: what torch.matmul makes of operands of all shapes that it takes, and their gradients.
For maintainers; needs torch.

    python3 make_matmul_reference.py > matmul_reference.h

Element i of the left operand is ((7 i + 3) mod 11 - 5) / 8, of the right ((5 i + 1) mod 13 - 6) / 8, of the gradient of the
product ((3 i + 2) mod 7 - 3) / 4: their sums of products are exact in float32, in any order, so the numbers are the same for
every dtype, layout and way of computing, which is checked here for float32, and NumPy.
"""
import numpy
import torch

SHAPES = [
    # vectors
    ((3,), (3,)), ((1,), (1,)), ((0,), (0,)), ((3,), (3, 4)), ((0,), (0, 4)), ((3,), (3, 0)), ((4, 3), (3,)), ((0, 3), (3,)),
    ((4, 0), (0,)), ((3,), (2, 3, 4)), ((2, 4, 3), (3,)), ((3,), (2, 1, 3, 2)), ((2, 1, 4, 3), (3,)), ((3,), (0, 3, 4)),
    ((2, 0, 3), (3,)),
    # matrices
    ((2, 3), (3, 4)), ((1, 1), (1, 1)), ((1, 5), (5, 1)), ((5, 1), (1, 5)), ((0, 3), (3, 2)), ((2, 0), (0, 3)),
    ((2, 3), (3, 0)), ((0, 0), (0, 0)), ((9, 10), (10, 7)), ((2, 300), (300, 2)), ((30, 1), (1, 20)),
    # many on the left
    ((2, 3, 4), (4, 5)), ((0, 3, 4), (4, 5)), ((2, 0, 4), (4, 5)), ((2, 3, 0), (0, 5)), ((2, 3, 4), (4, 0)),
    ((2, 2, 3, 2), (2, 3)), ((1, 2, 1, 1, 1, 1, 2, 3), (3, 2)), ((3, 8, 10), (10, 3)),
    # many on the right
    ((3, 4), (2, 4, 5)), ((3, 4), (0, 4, 5)), ((3, 0), (2, 0, 2)), ((8, 10), (3, 10, 3)),
    # many on both sides, repeated where one has one
    ((2, 3, 4), (2, 4, 5)), ((1, 3, 4), (2, 4, 5)), ((2, 3, 4), (1, 4, 5)), ((0, 3, 4), (0, 4, 5)), ((1, 3, 4), (0, 4, 5)),
    ((2, 3, 0), (2, 0, 2)), ((2, 1, 3, 2), (3, 2, 2)), ((3, 1, 2), (2, 1, 2, 3)), ((2, 1, 1, 2, 3), (3, 1, 3, 2)),
    ((1, 1, 1, 1, 1, 2, 2, 3), (2, 1, 1, 1, 1, 1, 3, 1)), ((2, 8, 10), (2, 10, 3)),
]


def numbers(shape, factor, offset, modulus, unit, dtype):
    count = int(numpy.prod(shape))
    values = [((factor * i + offset) % modulus - modulus // 2) / unit for i in range(count)]
    return torch.tensor(values, dtype=dtype).reshape(shape)


def product(left, right, dtype):
    a = numbers(left, 7, 3, 11, 8, dtype).requires_grad_()
    b = numbers(right, 5, 1, 13, 8, dtype).requires_grad_()
    y = torch.matmul(a, b)
    assert (numpy.matmul(a.detach().numpy(), b.detach().numpy()) == y.detach().numpy()).all()
    da, db = torch.autograd.grad(y, (a, b), numbers(y.shape, 3, 2, 7, 4, dtype))
    return [t.detach().double() for t in (y, da, db)]


def shape(t):
    return "{ %d, { %s } }" % (len(t), ", ".join(map(str, t)) or "0")


def row(t):
    return "(const double[]){ %s }" % (", ".join("%.17g" % v for v in t.flatten().tolist()) or "0")


print("/* matmul_reference.h - made by make_matmul_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const struct { gd_dims a, b, y; const double *numbers, *da, *db; } products[] = {")
for left, right in SHAPES:
    y, da, db = product(left, right, torch.float64)
    assert all(torch.equal(wide, narrow) for wide, narrow in zip((y, da, db), product(left, right, torch.float32)))
    print("    { %s, %s, %s,\n      %s,\n      %s,\n      %s }," % (shape(left), shape(right), shape(y.shape), row(y), row(da), row(db)))
print("};")
