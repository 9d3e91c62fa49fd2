#!/usr/bin/env python3
"""Writes flowers.csv: measures of 150 flowers that nobody ever picked.

    python3 make.py > flowers.csv

Each kind has a mean and a deviation for each measure; longer stems have somewhat longer leaves. The draws are those of
Python's random.Random(2026), which all versions since 3.2 share.
"""
import random

COLUMNS = ("stem_cm", "leaf_cm", "petal_cm", "petals", "kind")
KINDS = {
    "daisy": ((22, 4.0), (5.5, 1.0), (2.0, 0.35), (21, 4)),
    "poppy": ((44, 9.0), (11.5, 2.6), (4.7, 0.9), (5, 1)),
    "tulip": ((37, 8.0), (14.5, 2.8), (5.4, 0.9), (6, 1)),
}

draw = random.Random(2026)
print(",".join(COLUMNS))
for kind, (stem, leaf, petal, petals) in KINDS.items():
    for _ in range(50):
        size = draw.gauss(0, 1)
        print("%.1f,%.1f,%.1f,%d,%s" % (
            stem[0] + stem[1] * size,
            leaf[0] + leaf[1] * (0.5 * size + 0.85 * draw.gauss(0, 1)),
            petal[0] + petal[1] * (0.3 * size + 0.95 * draw.gauss(0, 1)),
            max(4, round(draw.gauss(*petals))),
            kind))
