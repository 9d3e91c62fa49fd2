"""make_reference.py - writes reference.h: what PyTorch makes of the elementwise operations, and of their derivatives, at
ordinary numbers and at the edges (zeros of both signs, kinks, infinities, NaN). Run by a maintainer, with torch:

    python3 tests/op/make_reference.py > tests/op/reference.h
"""
import math

import torch
import torch.nn.functional as F

inf, nan = math.inf, math.nan
EVERYWHERE = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 1.5, -1.5, 2.5, -2.5, 0.3, -0.7, 3.1, -8.25, 20.0, -20.0, 1e-3, -1e-9, inf,
              -inf, nan]
PAIRS = [(1, 2), (2, 2), (0, 0), (-0.0, 0), (0, 2), (0, -1), (2, 0), (-2, 3), (-2, 0.5), (1.5, -2.5), (inf, 1), (1, inf),
         (nan, 1), (1, nan), (-1, -1), (0.25, 0.75), (-3, 2)]

UNARY = {
    "neg": torch.neg, "exp": torch.exp, "log": torch.log, "square": torch.square, "sqrt": torch.sqrt,
    "sigmoid": torch.sigmoid, "relu": torch.relu, "expm1": torch.expm1, "log1p": torch.log1p, "rsqrt": torch.rsqrt,
    "reciprocal": torch.reciprocal, "sin": torch.sin, "cos": torch.cos, "tanh": torch.tanh, "erf": torch.erf,
    "abs": torch.abs, "sign": torch.sign, "floor": torch.floor, "ceil": torch.ceil, "round": torch.round,
    "silu": F.silu, "gelu": F.gelu,
    "clamp": lambda x: torch.clamp(x, -1.0, 1.5), "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
    "elu": lambda x: F.elu(x, 1.5), "softplus": lambda x: F.softplus(x, 2.0, 20.0),
    "pow_scalar 0": lambda x: x.pow(0), "pow_scalar 2": lambda x: x.pow(2), "pow_scalar 3": lambda x: x.pow(3),
    "pow_scalar -1": lambda x: x.pow(-1), "pow_scalar 0.5": lambda x: x.pow(0.5), "add_scalar": lambda x: x + 0.7,
    "sub_scalar": lambda x: x - 0.7, "mul_scalar": lambda x: x * -1.3, "rsub_scalar": lambda x: 1 - x,
    "div_scalar": lambda x: x / 3,
}
BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "pow": torch.pow, "maximum": torch.maximum,
    "minimum": torch.minimum, "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt,
    "ge": torch.ge, "logical_and": torch.logical_and, "logical_or": torch.logical_or, "logical_xor": torch.logical_xor,
}


def c(value):
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return repr(float(value))


def row(values):
    return "{ " + ", ".join(c(v) for v in values) + " }"


def gradients(y, inputs):
    if not y.requires_grad:
        return [[0.0] * y.numel() for _ in inputs]
    found = torch.autograd.grad(y.sum(), inputs, allow_unused=True)
    return [(torch.zeros_like(x) if d is None else d).tolist() for d, x in zip(found, inputs)]


def numbers(y):
    return y.detach().double().tolist()


print("/* reference.h - made by make_reference.py with PyTorch; do not edit. */")
print(f"enum {{ POINTS = {len(EVERYWHERE)}, PAIRS = {len(PAIRS)} }};\n")
print(f"static const double everywhere[POINTS] = {row(EVERYWHERE)};")
print(f"static const double left[PAIRS] = {row([p[0] for p in PAIRS])};")
print(f"static const double right[PAIRS] = {row([p[1] for p in PAIRS])};\n")
print("static const struct { const char *name; double y[POINTS], dx[POINTS]; } unary_reference[] = {")
for name, function in UNARY.items():
    x = torch.tensor(EVERYWHERE, dtype=torch.float64, requires_grad=True)
    y = function(x)
    print(f'    {{ "{name}", {row(numbers(y))},\n      {row(gradients(y, [x])[0])} }},')
print("};\n")
print("static const struct { const char *name; double y[PAIRS], da[PAIRS], db[PAIRS]; } binary_reference[] = {")
for name, function in BINARY.items():
    a, b = (torch.tensor([float(p[i]) for p in PAIRS], dtype=torch.float64, requires_grad=True) for i in (0, 1))
    y = function(a, b)
    da, db = gradients(y, [a, b])
    print(f'    {{ "{name}", {row(numbers(y))},\n      {row(da)},\n      {row(db)} }},')
print("};")
