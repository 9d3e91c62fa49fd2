#!/usr/bin/env python3
"""Writes loss_reference.h: what PyTorch makes of the losses with all their options, and of their derivatives. For
maintainers; needs torch.

    python3 tests/op/make_loss_reference.py > tests/op/loss_reference.h

A result of one number is asked for its derivatives as it is; of one of a number for each element or sample, element k
is weighted with (k mod 3) - 1/2.
"""
import math

import torch
import torch.nn.functional as F

inf, nan = math.inf, math.nan
NAMES = {torch.float32: "GD_FLOAT32", torch.float64: "GD_FLOAT64", torch.int64: "GD_INT64"}
REDUCTIONS = {"mean": "GD_REDUCE_MEAN", "sum": "GD_REDUCE_SUM", "none": "GD_REDUCE_NONE"}


def c(value, form="%.16g"):
    if not math.isfinite(value):
        return "NAN" if math.isnan(value) else "INFINITY" if value > 0 else "-INFINITY"
    return form % value


def operand(t):
    form = "%.8g" if t.dtype == torch.float32 else "%.16g"
    values = ", ".join(c(v, form) for v in t.detach().double().flatten().tolist()) or "0"
    return "{ %s, { %d, { %s } }, { %s } }" % (NAMES[t.dtype], t.dim(), ", ".join(map(str, t.shape)) or "0", values)


def case(name, function, x, t, reduction="mean", of_t=True, **options):
    """One call. Tensors among the options are operands too."""
    x = x.clone().requires_grad_()
    if t.is_floating_point() and of_t:
        t = t.clone().requires_grad_()
    y = function(x, t, reduction=reduction, **options)
    text = '.name = "%s", .reduction = %s, ' % (name, REDUCTIONS[reduction])
    for option, value in options.items():
        text += ".ignores = true, " if option == "ignore_index" else ""
        text += ".%s = %s, " % (option, operand(value) if torch.is_tensor(value) else c(value))
    text += "\n      .x = %s,\n      .t = %s,\n      .y = %s," % (operand(x), operand(t), operand(y))
    dy = torch.ones(()) if y.dim() == 0 else torch.tensor([k % 3 - 0.5 for k in range(y.numel())]).reshape(y.shape)
    wanted = [x, t] if t.requires_grad else [x]
    for where, d in zip(("dx", "dt"), torch.autograd.grad(y, wanted, dy.to(y.dtype))):
        text += "\n      .%s = %s," % (where, operand(d))
    print("    { %s }," % text)


def tensor(values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype)


def wave(shape, dtype=torch.float64, scale=2.0, shift=0.0):
    """Numbers without a pattern, and without a rounding that differs between machines."""
    count = math.prod(shape)
    return tensor([round(scale * math.sin(3.7 * k + 1) + shift, 3) for k in range(count)], dtype).reshape(shape)


print("/* loss_reference.h - made by make_loss_reference.py with PyTorch; do not edit. */")
print("/* clang-format off */")
print("static const loss_case loss_cases[] = {")
for dtype in (torch.float64, torch.float32):
    x, t = wave((3, 4), dtype), wave((3, 4), dtype, shift=0.7)
    p, q = wave((3, 4), dtype, 0.45, 0.5), wave((3, 4), dtype, 0.4, 0.45)
    each, row = wave((3, 4), dtype, 0.8, 1.0), wave((4,), dtype, 0.8, 1.0)
    labels, shares = torch.tensor([2, 0, 3]), torch.softmax(t, 1)
    log_p = torch.log_softmax(x, 1).detach()
    for reduction in REDUCTIONS if dtype == torch.float64 else ["mean"]:
        for options in ({}, {"weight": each}):
            case("mse", F.mse_loss, x, t, reduction, **options)
            case("l1", F.l1_loss, x, t, reduction, **options)
            case("huber", F.huber_loss, x, t, reduction, delta=0.9, **options)
        for options in ({}, {"weight": each}, {"weight": row}):
            case("bce", F.binary_cross_entropy, p, q, reduction, **options)
        for options in ({}, {"weight": row}, {"pos_weight": row}, {"weight": each, "pos_weight": row}):
            case("bce_with_logits", F.binary_cross_entropy_with_logits, x, q, reduction, **options)
        for options in ({}, {"weight": row}, {"ignore_index": 0}, {"weight": row, "ignore_index": 3}):
            case("nll", F.nll_loss, log_p, labels, reduction, **options)
            case("cross_entropy", F.cross_entropy, x, labels, reduction, **options)
            case("cross_entropy", F.cross_entropy, x, labels, reduction, label_smoothing=0.3, **options)
        for options in ({}, {"weight": row}, {"label_smoothing": 0.3}, {"weight": row, "label_smoothing": 1.0}):
            case("cross_entropy", F.cross_entropy, x, shares, reduction, **options)

for reduction in REDUCTIONS:
    # kinks and edges
    case("mse", F.mse_loss, tensor([0.0, inf, nan]), tensor([0.0, 1.0, 1.0]), reduction)
    case("l1", F.l1_loss, tensor([1.0, 2.0, -inf]), tensor([1.0, 2.5, 0.0]), reduction)
    case("huber", F.huber_loss, tensor([1.0, 2.0, -3.0, 0.0]), tensor([1.0, 1.0, 2.0, 1.0]), reduction, delta=1.0)
    # PyTorch's derivative by t is infinite where the logarithm is cut at -100, and Gradus's is that of what was cut
    case("bce", F.binary_cross_entropy, tensor([0.0, 1.0, 0.0, 1.0, 1e-5]), tensor([0.0, 1.0, 1.0, 0.0, 0.5]), reduction,
         of_t=False)
    case("bce_with_logits", F.binary_cross_entropy_with_logits, tensor([1e4, -1e4, 1e4, -1e4, 0.0, 45.0, 38.0, -38.0]),
         tensor([0.0, 0.0, 1.0, 1.0, 1.0, 0.5, 1.0, 0.0]), reduction)
    case("nll", F.nll_loss, tensor([[-inf, -1.0], [-inf, -2.0]]), torch.tensor([1, -100]), reduction)
    case("nll", F.nll_loss, tensor([[-1.0, -1.0], [-3.0, -2.0]]), torch.tensor([-100, -100]), reduction)
    case("nll", F.nll_loss, tensor([[-1.0, -1.0], [-3.0, -2.0]]), torch.tensor([1, 1]), reduction, weight=tensor([1.0, 0.0]))
    case("cross_entropy", F.cross_entropy, tensor([[1e4, -1e4], [3.0, 3.0]]), torch.tensor([1, 0]), reduction)
    # nothing at all
    nothing = torch.zeros(0, 3, dtype=torch.float64)
    case("mse", F.mse_loss, nothing, nothing, reduction)
    case("bce", F.binary_cross_entropy, nothing, nothing, reduction)
    case("nll", F.nll_loss, nothing, torch.zeros(0, dtype=torch.int64), reduction)
    case("nll", F.nll_loss, nothing, torch.zeros(0, dtype=torch.int64), reduction, weight=tensor([1.0, 2.0, 3.0]))
    # a single number
    case("mse", F.mse_loss, tensor(2.5), tensor(1.0), reduction)
    case("bce_with_logits", F.binary_cross_entropy_with_logits, tensor(-0.5), tensor(1.0), reduction)
print("};")
