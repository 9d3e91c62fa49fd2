#!/usr/bin/env python3
"""Writes init_reference.h: what torch.nn.init draws after manual_seed(7). For maintainers; needs torch.

    python3 make_init_reference.py > init_reference.h

The shapes are on both sides of 16 elements, where PyTorch draws normal numbers in another way.
"""
import torch
from torch.nn import init

CASES = (
    ("uniform", lambda t: init.uniform_(t, -2, 3), ((5,), (3, 7))),
    ("uniform of one value", lambda t: init.uniform_(t, 0.5, 0.5), ((3,),)),
    ("normal", lambda t: init.normal_(t, 1, 0.5), ((5,), (3, 7))),
    ("xavier_uniform", lambda t: init.xavier_uniform_(t, 1), ((2, 3), (5, 4), (2, 3, 2, 2))),
    ("xavier_normal", lambda t: init.xavier_normal_(t, init.calculate_gain("tanh")), ((2, 3), (5, 4), (2, 3, 2, 2))),
    ("kaiming_uniform", init.kaiming_uniform_, ((2, 3), (5, 4), (2, 3, 2, 2))),
    ("kaiming_uniform with a slope", lambda t: init.kaiming_uniform_(t, a=5 ** 0.5), ((5, 4),)),
    ("kaiming_normal", lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu"), ((2, 3), (2, 3, 2, 2))),
    ("orthogonal", lambda t: init.orthogonal_(t, 1), ((2, 3), (5, 3), (4, 4), (3, 2, 2), (1, 1))),
    ("orthogonal with a gain", lambda t: init.orthogonal_(t, 2.5), ((5, 6),)),
    ("trunc_normal", lambda t: init.trunc_normal_(t, 0, 1, -2, 2), ((5,), (40,))),
    ("trunc_normal around", lambda t: init.trunc_normal_(t, 0.5, 2, -1, 3), ((5,), (40,))),
    ("trunc_normal at the side", lambda t: init.trunc_normal_(t, 0, 1, 1, 4), ((5,), (40,))),
    ("trunc_normal of a narrow range", lambda t: init.trunc_normal_(t, 0, 1, -0.1, 0.2), ((5,), (40,))),
)

print("/* init_reference.h - made by make_init_reference.py; do not edit. */")
print("/* clang-format off */")
rows = []
for title, fill, shapes in CASES:
    for shape in shapes:
        index = len(rows)
        for dtype, name in ((torch.float32, "f32"), (torch.float64, "f64")):
            torch.manual_seed(7)
            values = ["%.17g" % v for v in fill(torch.full(shape, 9, dtype=dtype)).flatten().tolist()]
            print("static const double init_%s_%d[] = {" % (name, index))
            for row in range(0, len(values), 8):
                print("    %s," % ", ".join(values[row:row + 8]))
            print("};")
        sizes = "{ %d, { %s } }" % (len(shape), ", ".join(map(str, shape)))
        rows.append("    { \"%s\", %s, init_f32_%d, init_f64_%d }," % (title, sizes, index, index))
print("static const init_case init_cases[] = {")
print("\n".join(rows))
print("};")
