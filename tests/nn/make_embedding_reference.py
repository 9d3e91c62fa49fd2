#!/usr/bin/env python3
"""Writes embedding_reference.h: tables that torch.nn.Embedding draws after manual_seed(7), and the gradients of
sum(y * c) for x = INDEX and c[i] = (i mod 7) - 2. For maintainers; needs torch.

    python3 make_embedding_reference.py > embedding_reference.h
"""
import torch

INDEX = [[3, 0, 3], [1, 4, 3]]


def row(name, values):
    print("static const double %s[] = { %s };" % (name, ", ".join("%.17g" % v for v in values)))


print("/* embedding_reference.h - made by make_embedding_reference.py; do not edit. */")
print("/* clang-format off */")
for dtype, name in ((torch.float32, "f32"), (torch.float64, "f64")):
    for padding, title in ((None, "plain"), (3, "padded")):
        torch.manual_seed(7)
        table = torch.nn.Embedding(5, 4, padding_idx=padding, dtype=dtype)
        y = table(torch.tensor(INDEX))
        c = (torch.arange(y.numel(), dtype=dtype) % 7 - 2).reshape(y.shape)
        (y * c).sum().backward()
        row("table_%s_%s" % (title, name), table.weight.flatten().tolist())
        row("gradient_%s_%s" % (title, name), table.weight.grad.flatten().tolist())
