#!/usr/bin/env python3
"""Writes sequence_reference.h: torch.arange and torch.linspace. For maintainers; needs torch.

    python3 make_sequence_reference.py > sequence_reference.h

Run it on a processor with FMA. Of a long row the first and the last eight numbers are written.
"""
import textwrap

import torch

NAME = {
    torch.float32: "GD_FLOAT32",
    torch.float64: "GD_FLOAT64",
    torch.int64: "GD_INT64",
    torch.uint8: "GD_UINT8",
}
SHOWN = 8


def case(made, start, end, third, asked="GD_DEFAULT"):
    shown = made.tolist() if made.numel() <= 2 * SHOWN else made[:SHOWN].tolist() + made[-SHOWN:].tolist()
    print("    { %s, %s, %r, %r, %r, %d, {" % (asked, NAME[made.dtype], float(start), float(end), third, made.numel()))
    print(textwrap.fill(", ".join(repr(float(value)) for value in shown) or "0", 108, initial_indent=" " * 8,
                        subsequent_indent=" " * 8) + " } },")


def ranges():
    for start, end, step in ((0, 5, 1), (5, 0, -2), (3, 3, 1), (3, 3, -1), (-4, 9, 3), (0, 7, 3), (2, 1000, 7),
                             (0, 1, 0.1), (1, 2, 0.1), (0.5, 3, 1), (-1, 1, 0.3), (0, 3.0000001, 1), (10, 9, -0.05),
                             (0, 1e-7, 1e-8), (1e10, 1e10 + 5, 0.5), (1, 100, 1 / 3)):
        whole = all(float(x).is_integer() for x in (start, end, step))
        case(torch.arange(int(start), int(end), int(step)) if whole else torch.arange(start, end, step),
             start, end, float(step))
        for dtype in (torch.float32, torch.float64, torch.int64):
            case(torch.arange(start, end, step, dtype=dtype), start, end, float(step), NAME[dtype])
    for start, end, step in ((250, 260, 3), (0, 256, 51), (-2, 2, 1), (5.9, 0, -1.9), (0, 5, 0.7)):
        case(torch.arange(start, end, step, dtype=torch.uint8), start, end, float(step), "GD_UINT8")


def linspaces():
    for start, end in ((0, 1), (-1, 1), (3, -10), (0.1, 0.7), (-3.7, 3.7), (1e-3, 1e6), (2, 2), (1e8, 1e8 + 1)):
        for count in (0, 1, 2, 3, 4, 5, 8, 11, 50, 101, 1000):
            case(torch.linspace(start, end, count), start, end, count)
            for dtype in (torch.float32, torch.float64, torch.int64):
                case(torch.linspace(start, end, count, dtype=dtype), start, end, count, NAME[dtype])
    for start, end, count in ((0, 255, 4), (255, 0, 7), (2.9, 9.9, 3), (0, -5, 5)):
        case(torch.linspace(start, end, count, dtype=torch.uint8), start, end, count, "GD_UINT8")


print("/* sequence_reference.h - made by make_sequence_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const sequence_case ranges[] = {")
ranges()
print("};")
print("static const sequence_case linspaces[] = {")
linspaces()
print("};")
