#!/usr/bin/env python3
"""Writes moments_reference.h: means and deviations by NumPy, and numbers standardised with them. For maintainers; needs
numpy.

    python3 make_moments_reference.py > moments_reference.h

Element i of the array, of shape (7, 2, 3), is ((13 i) mod 29 - 11) / 4 + 100 (i mod 3): numbers that every dtype holds.
NumPy 2.4 made the file.
"""
import numpy as np

x = np.array([((13 * i) % 29 - 11) / 4 + 100 * (i % 3) for i in range(42)]).reshape(7, 2, 3)
holes = x.copy()
holes[np.arange(42).reshape(x.shape) % 5 == 0] = np.nan


def show(name, values):
    print("static const double %s[] = {" % name)
    for row in np.asarray(values).reshape(-1, 6):
        print("    %s," % ", ".join("%.17g" % v for v in row))
    print("};")


print("/* moments_reference.h - made by make_moments_reference.py; do not edit. */")
print("/* clang-format off */")
show("mean_of_all", x.mean(0))
show("deviation_of_all", x.std(0))
show("mean_of_holes", np.nanmean(holes, 0))
show("deviation_of_holes", np.nanstd(holes, 0))
show("standardised", (x - x.mean(0)) / x.std(0))
