#!/usr/bin/env python3
"""Writes index_reference.h: what PyTorch makes of the operations that index, pad, flip and sort, and of their
derivatives. For maintainers; needs torch.

    python3 tests/op/make_index_reference.py > tests/op/index_reference.h

Element k of an operand is ((7 k + 3) mod 11 - 5) / 2, without the division for integers, modulo 256 for uint8, and
whether that is above 0 for bool; element k of the gradient dy is ((5 k + 2) mod 7 - 3) / 2. Both are numbers that every
dtype holds exactly. Derivatives are those of float64.
"""
import math

import torch
import torch.nn.functional as F

DTYPES = {"GD_FLOAT32": torch.float32, "GD_FLOAT64": torch.float64, "GD_INT64": torch.int64, "GD_UINT8": torch.uint8,
          "GD_BOOL": torch.bool}
NAMES = {dtype: name for name, dtype in DTYPES.items()}
inf, nan = math.inf, math.nan


def numbers(shape, dtype):
    base = torch.tensor([(7 * k + 3) % 11 - 5 for k in range(math.prod(shape))]).reshape(shape)
    if dtype == torch.bool:
        return base > 0
    return base / 2 if dtype.is_floating_point else base.to(dtype)


def gradient(shape):
    values = [((5 * k + 2) % 7 - 3) / 2 for k in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def c(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NAN" if math.isnan(value) else "INFINITY" if value > 0 else "-INFINITY"
    return "-0.0" if value == 0 and math.copysign(1, value) < 0 else "%.17g" % value


def row(values):
    return "{ " + (", ".join(c(v) for v in values) or "0") + " }"


def dims(shape):
    return "{ %d, { %s } }" % (len(shape), ", ".join(map(str, shape)) or "0")


def flat(t):
    return t.double().flatten().tolist()


def field(name, text):
    return ".%s = %s, " % (name, text)


def indexed(op, dtype, dim, x_shape, index, source_shape=None):
    """One case of gather, scatter_add, index_select or index_add."""
    x, index = numbers(x_shape, dtype), torch.tensor(index, dtype=torch.int64)
    operands = [x] + ([numbers(source_shape, dtype)] if source_shape is not None else [])
    for t in operands:
        t.requires_grad_(dtype == torch.float64)
    y = getattr(torch, op)(operands[0], dim, index, *operands[1:])
    text = field("op", '"%s"' % op) + field("dtype", NAMES[dtype]) + field("dim", str(dim))
    text += field("x", dims(x_shape)) + field("index_shape", dims(index.shape)) + field("index", row(index.flatten().tolist()))
    if source_shape is not None:
        text += field("source", dims(source_shape))
    text += "\n      " + field("shape", dims(y.shape)) + field("y", row(flat(y.detach())))
    # PyTorch's derivative of scatter_add is for a source of the indices' shape alone
    if dtype == torch.float64 and (op != "scatter_add" or index.shape == operands[1].shape):
        found = torch.autograd.grad(y, operands, gradient(y.shape))
        text += field("differentiable", "true")
        for name, d in zip(("dx", "dsource"), found):
            text += "\n      " + field(name, row(flat(d)))
    print("    { %s}," % text)


def padded(dtype, shape, before, after, value):
    x = numbers(shape, dtype).requires_grad_(dtype == torch.float64)
    pairs = [n for both in zip(reversed(before), reversed(after)) for n in both]
    y = F.pad(x, pairs, value=value)
    text = field("dtype", NAMES[dtype]) + field("x", dims(shape)) + field("before", dims(before))
    text += field("after", dims(after)) + field("value", c(value)) + field("shape", dims(y.shape))
    text += "\n      " + field("y", row(flat(y.detach())))
    if dtype == torch.float64:
        text += field("dx", row(flat(torch.autograd.grad(y, x, gradient(y.shape))[0])))
    print("    { %s}," % text)


def ordered(dtype, values, shape, dim, descending, k):
    x = torch.tensor(values, dtype=dtype).reshape(shape).requires_grad_(dtype == torch.float64)
    y, order = torch.sort(x, dim=dim, descending=descending, stable=True)
    text = field("dtype", NAMES[dtype]) + field("x", dims(shape)) + field("numbers", row(values)) + field("dim", str(dim))
    text += field("descending", str(descending).lower()) + field("k", str(k))
    text += "\n      " + field("order", row(order.flatten().tolist())) + field("sorted", row(flat(y.detach())))
    if dtype != torch.bool: # PyTorch's topk takes no bools
        top = torch.topk(x, k, dim, largest=descending).values
        text += "\n      " + field("top_shape", dims(top.shape)) + field("top", row(flat(top.detach())))
    if dtype == torch.float64:
        text += "\n      " + field("dx", row(flat(torch.autograd.grad(y, x, gradient(y.shape))[0])))
    print("    { %s}," % text)


print("/* index_reference.h - made by make_index_reference.py with PyTorch; do not edit. */")
print("/* clang-format off */")
print("static const index_case index_cases[] = {")
for d in DTYPES.values():
    indexed("gather", d, 1, (3, 4), [[0, 3, 3, 1, 0, 2], [1, 1, 1, 1, 0, 3]])
    indexed("gather", d, -3, (3, 2, 4), [[[2, 0, 1], [1, 1, 0]], [[0, 0, 0], [2, 2, 1]]])
    indexed("scatter_add", d, 1, (3, 4), [[0, 3, 3, 1, 0, 2], [1, 1, 1, 1, 0, 3]], (2, 6))
    indexed("scatter_add", d, 0, (2, 3), [[1, 0], [1, 1]], (3, 3))
    indexed("index_select", d, 1, (2, 3, 4), [2, 0, 0, 1])
    indexed("index_select", d, -1, (2, 3), [1])
    indexed("index_select", d, 0, (5, 3), [4, 4, 0])
    indexed("index_add", d, 1, (2, 3, 2), [2, 0, 2, 2], (2, 4, 2))
    indexed("index_add", d, 0, (3, 4), [1, 1], (2, 4))
indexed("scatter_add", torch.float64, -1, (2, 3), [[2, 2], [0, 1]], (2, 2))
indexed("gather", torch.float64, 0, (), 0)
indexed("gather", torch.float64, -1, (), [0, 0, 0])
indexed("gather", torch.float64, 0, (3,), 2)
indexed("gather", torch.float64, 1, (3, 4), [])
indexed("gather", torch.float64, 1, (3, 0), [[], [], []])
indexed("scatter_add", torch.float64, 0, (), 0, ())
indexed("scatter_add", torch.float64, 0, (), [0, 0], (2,))
indexed("scatter_add", torch.float32, 1, (2, 3), [], (5,))
indexed("index_select", torch.float64, 0, (), [0])
indexed("index_select", torch.float64, 1, (2, 3), 2)
indexed("index_select", torch.float64, 1, (2, 3), [])
indexed("index_select", torch.float64, 0, (3, 0), [2, 2])
indexed("index_add", torch.float64, 0, (3, 2), [], (0, 2))
indexed("index_add", torch.float64, 1, (3, 2), 1, (3, 1))
print("};\n")

print("static const pad_case pad_cases[] = {")
for d in DTYPES.values():
    padded(d, (2, 3), (1, 0), (0, 2), 7)
    padded(d, (2, 3, 2), (0, 2, 1), (1, 0, 0), 0)
    padded(d, (3, 4), (-1, 2), (1, -3), 1)
padded(torch.float64, (3,), (2,), (1,), inf)
padded(torch.float64, (3,), (-2,), (-1,), 1)
padded(torch.float64, (0, 3), (2, 1), (0, 1), 0.5)
padded(torch.float64, (2, 3), (0, 0), (0, 0), 0.5)
padded(torch.int64, (2,), (1,), (1,), -3.75)
print("};\n")

FLOATS = [3, nan, 1, 3, -0.0, 0.0, nan, inf, -inf, 1, 2.5, -7, 3, 0, nan, -7, 2, 1, -1e30, 1e-30, 2, 2, inf, 0.5]
WHOLE = [3, -4, 1, 3, 0, 0, 9, -9, 9, 1, 2, -7, 3, 0, 5, -7, 2, 1, -1000000007, 1000000007, 2, 2, 8, 6]
print("static const order_case order_cases[] = {")
for d in DTYPES.values():
    pool = FLOATS if d.is_floating_point else WHOLE
    pool = [abs(v) % 256 for v in pool] if d == torch.uint8 else [int(v > 1) for v in pool] if d == torch.bool else pool
    for down in (False, True):
        ordered(d, pool, (24,), 0, down, 24)
        ordered(d, pool, (2, 3, 4), 1, down, 2)
        ordered(d, pool, (3, 8), -1, down, 3)
ordered(torch.float64, [4.0], (), 0, True, 1)
ordered(torch.float64, [], (2, 0), 1, True, 0)
ordered(torch.float64, [], (0, 3), 1, False, 2)
print("};")
