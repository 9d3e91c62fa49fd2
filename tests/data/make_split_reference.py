#!/usr/bin/env python3
"""Writes split_reference.h: the parts that torch.utils.data.random_split makes of so many samples. For maintainers; needs
torch.

    python3 make_split_reference.py > split_reference.h

PyTorch 2.15 made the file.
"""
import torch
from torch.utils.data import random_split

print("/* split_reference.h - made by make_split_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const split_case split_cases[] = {")
for seed, samples, first in ((0, 10, 7), (42, 10, 5), (1, 1, 1), (7, 25, 0), (3, 30, 29)):
    parts = random_split(range(samples), [first, samples - first], torch.Generator().manual_seed(seed))
    print("    { %d, %d, %d, { %s } }," % (seed, samples, first, ", ".join(str(i) for part in parts for i in part)))
print("};")
