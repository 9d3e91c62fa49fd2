#!/usr/bin/env python3
"""Writes reduce_reference.h: what PyTorch makes of the reductions, in every dtype, over several axes, of empty tensors,
of tensors without dimensions, and at the edges (ties, zeros, infinities, NaN), with first and second derivatives.
For maintainers; needs torch.

    python3 tests/op/make_reduce_reference.py > tests/op/reduce_reference.h

x is NULL where element i is ((7 i + 3) mod 11 - 5) / 4 + 1/8 in floats; the same without the division and the 1/8 in
int64; ((7 i + 3) mod 11) * 20 in uint8; and ((7 i + 3) mod 3) != 0 in bool.
dx is the gradient of sum_k (1 + k / 10) y_k, ddx that of sum_k (1 + k / 7) dx_k. Where Gradus means to differ from
PyTorch (see include/gradus/ops.inc) only the values are written.
"""
import math

import torch

inf, nan = math.inf, math.nan
DTYPES = {torch.float32: "GD_FLOAT32", torch.float64: "GD_FLOAT64", torch.int64: "GD_INT64", torch.uint8: "GD_UINT8",
          torch.bool: "GD_BOOL"}
LAYOUTS = [((3, 4), ()), ((3, 4), (0,)), ((3, 4), (-1,)), ((2, 3, 2), (0, 2)), ((2, 3, 2), (1,)), ((2, 2, 3), (-1, -3)),
           ((2, 1, 2, 3), (2, 0, 1)), ((2, 1, 3), (1,)), ((1,), (0,)), ((), ()), ((), (0,)), ((), (-1,))]
EMPTY = [((0,), ()), ((2, 0), (1,)), ((2, 0), (0,)), ((0, 3), (0,)), ((2, 0, 3), (0, 2))]


def one_by_one(function):
    def over(x, dims, keepdim, number):
        for dim in sorted((d % max(x.ndim, 1) for d in dims), reverse=True):
            x = function(x, dim, keepdim=keepdim)
        return x
    return over


def along(function):
    return lambda x, dims, keepdim, number: function(x, dims[0])


OPS = {
    "sum": lambda x, dims, keepdim, number: torch.sum(x, dims, keepdim=keepdim),
    "mean": lambda x, dims, keepdim, number: torch.mean(x, dims, keepdim=keepdim),
    "prod": one_by_one(torch.prod),
    "max": lambda x, dims, keepdim, number: torch.amax(x, dims, keepdim=keepdim),
    "min": lambda x, dims, keepdim, number: torch.amin(x, dims, keepdim=keepdim),
    "argmax": lambda x, dims, keepdim, number: torch.argmax(x, dims[0], keepdim=keepdim),
    "argmin": lambda x, dims, keepdim, number: torch.argmin(x, dims[0], keepdim=keepdim),
    "any": lambda x, dims, keepdim, number: torch.any(x, dims, keepdim=keepdim).bool(),
    "all": lambda x, dims, keepdim, number: torch.all(x, dims, keepdim=keepdim).bool(),
    "logsumexp": lambda x, dims, keepdim, number: torch.logsumexp(x, dims, keepdim=keepdim),
    "var": lambda x, dims, keepdim, number: torch.var(x, dims, correction=1 - number, keepdim=keepdim),
    "std": lambda x, dims, keepdim, number: torch.std(x, dims, correction=1 - number, keepdim=keepdim),
    "norm": lambda x, dims, keepdim, number: torch.linalg.vector_norm(x, number or 2, dims, keepdim=keepdim),
    "cumsum": along(torch.cumsum),
    "softmax": along(torch.softmax),
    "log_softmax": along(torch.log_softmax),
}
FLOATS_ONLY = ("mean", "var", "std", "norm", "softmax", "log_softmax")
PLACES = ("argmax", "argmin")
LINEAR = ("sum", "mean", "max", "min", "cumsum")
ALONG = PLACES + ("cumsum", "softmax", "log_softmax")
NUMBERS = {"var": (0, 1), "std": (0, 1), "norm": (0, 1, inf, -inf, 3, 1.5, 0.5, -1)}


def c(value):
    if isinstance(value, bool):
        return str(int(value))
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return repr(value).removesuffix(".0")


def dims(sizes):
    return "{ %d, { %s } }" % (len(sizes), ", ".join(map(str, sizes)) or "0")


def array(t):
    if t is None:
        return "NULL"
    values = [c(v) for v in t.detach().flatten().tolist()] or ["0"]
    return "(const double[]){ %s }" % ", ".join(values)


def ramp(t, by):
    return 1 + torch.arange(t.numel(), dtype=t.dtype).reshape(t.shape) / by


def case(name, x, axes, keepdim=False, number=0, orders=0, by_rule=False):
    """orders: how many derivatives are compared; by_rule: x is numbers(), which the test makes itself."""
    x = x.clone().requires_grad_(orders > 0)
    named = axes or tuple(range(x.ndim)) or (0,)
    y = OPS[name](x, named, keepdim, number)
    dx = ddx = None
    if orders > 0:
        dx, = torch.autograd.grad((y * ramp(y, 10)).sum(), x, create_graph=True)
    if orders > 1 and not y.isnan().any():
        ddx = torch.zeros_like(x)
        if dx.requires_grad:
            found, = torch.autograd.grad((dx * ramp(dx, 7)).sum(), x, allow_unused=True)
            ddx = ddx if found is None else ddx + found
    print('    { "%s", %s, %s, %s,' % (name, DTYPES[x.dtype], dims(x.shape), "NULL" if by_rule else array(x)))
    print("      %s, %s, %s, %s, %s," % (dims(axes), str(keepdim).lower(), c(number), DTYPES[y.dtype], dims(y.shape)))
    print("      %s,\n      %s, %s }," % (array(y), array(dx), array(ddx)))


def numbers(shape, dtype):
    i = torch.arange(math.prod(shape)).reshape(shape)
    if dtype == torch.bool:
        return (7 * i + 3) % 3 != 0
    if dtype == torch.uint8:
        return ((7 * i + 3) % 11 * 20).to(dtype)
    if dtype == torch.int64:
        return (7 * i + 3) % 11 - 5
    return ((7 * i + 3) % 11 - 5).to(dtype) / 4 + 0.125


def layouts(name, number):
    orders = 0 if name in PLACES + ("any", "all") else 1 if name in LINEAR else 2
    for n, (shape, axes) in enumerate(LAYOUTS + EMPTY):
        if name in ALONG and len(axes) != 1:
            continue
        reduced = axes or range(len(shape))
        if 0 in [shape[d] for d in reduced if shape] and (name in PLACES + ("max", "min") or (name == "norm" and (
                number < 0 or number == inf))):
            continue
        if number not in (0, inf) and n > 4:
            continue
        for dtype in DTYPES:
            if dtype == torch.bool and name in PLACES or not dtype.is_floating_point and name in FLOATS_ONLY:
                continue
            if dtype != torch.float64 and n % 4 != 1:  # the layout is the same thing in each dtype
                continue
            keepdim = n % 2 == 1 and name not in ("cumsum", "softmax", "log_softmax")
            case(name, numbers(shape, dtype), axes, keepdim, number, orders if dtype == torch.float64 else 0, True)


def edges(name, rows, orders, number=0):
    for row in rows:
        case(name, torch.tensor(row, dtype=torch.float64), (0,), False, number, orders)


print("/* reduce_reference.h - made by make_reduce_reference.py with PyTorch; do not edit. */")
print("/* clang-format off */")
print("static const reference references[] = {")
for name in OPS:
    for number in NUMBERS.get(name, (0,)):
        layouts(name, number)
for name in ("max", "min"):
    edges(name, ([3, 3, 1, 1], [1, nan, 3], [nan, nan], [inf, inf, -inf], [-inf, -inf], [0.0, -0.0]), 1)
for name in PLACES:
    edges(name, ([3, 3, 1, 1], [1, nan, 3, nan], [inf, -inf, inf, -inf], [-inf, -inf]), 0)
case("prod", torch.tensor([[[1, 0, 2], [3, 4, 0]], [[5, 6, -1], [0, 2, 3]]], dtype=torch.float64), (2, 0), orders=2)
edges("prod", ([2, 3, 4], [2, 0, 4], [0, 0, 4], [0, 0, 0], [0, 2, 0, 3, 5], [-1]), 2)
edges("prod", ([nan, 2], [0, nan, 3], [0, inf], [inf, 2]), 0)
for name in ("any", "all"):
    edges(name, ([nan], [0, nan], [0.0, -0.0], [inf, 1]), 0)
edges("logsumexp", ([-inf, -inf], [inf, 1], [inf, inf], [-inf, 1], [nan, 1], [inf, -inf], [1000, 1000], [-1000, -1001]),
      1)
for number in (0, 1):
    edges("var", ([3], [2, 2, 2], [1, nan], [1e8, 1e8 + 1, 1e8 + 2]), 1, number)
    edges("var", ([1, inf],), 0, number)
    edges("std", ([3], [2, 2, 2], [1, nan], [1, inf]), 1, number)
for number in NUMBERS["norm"]:
    edges("norm", ([3, -4], [0, 0], [0, 2], [inf, 1]), 1, number)
    edges("norm", ([-2, 2, 1],), 1, number)
    edges("norm", ([nan, 1],), 0 if abs(number) == inf else 1, number)
edges("cumsum", ([1, inf, -inf, 1], [nan, 1], [1e16, 1, -1e16]), 1)
print("};")
