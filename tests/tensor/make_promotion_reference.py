#!/usr/bin/env python3
"""Writes promotion_reference.h: PyTorch's result type of every pair of dtypes. For maintainers; needs torch.

    python3 make_promotion_reference.py > promotion_reference.h

PyTorch 1.13 and 2.15 write the same file.
"""
import torch

NAME = {
    torch.float32: "GD_FLOAT32",
    torch.float64: "GD_FLOAT64",
    torch.int64: "GD_INT64",
    torch.uint8: "GD_UINT8",
    torch.bool: "GD_BOOL",
}


def operands():
    for dtype in NAME:
        for ndim in (0, 1):
            yield torch.ones((1,) * ndim, dtype=dtype)


print("/* promotion_reference.h - made by make_promotion_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const promotion promotions[] = {")
for a in operands():
    for b in operands():
        row = (NAME[a.dtype], a.ndim, NAME[b.dtype], b.ndim, NAME[torch.result_type(a, b)])
        print("    { %s, %d, %s, %d, %s }," % row)
print("};")
