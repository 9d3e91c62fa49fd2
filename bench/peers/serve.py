"""serve.py - how a peer is asked, as bench/common/serve.h says: a line "NAME COUNT" has it do that work so many times, and it
answers with the seconds that took and a number that the work came to.

A work is a function that makes what is needed and returns a function of `count`, which is timed.
"""
import gzip
import os
import sys
import time


def read_mnist(folder):
    """(x, t) of the training and of the test images, as bytes of NumPy."""
    import numpy as np

    def idx(name, head):
        with gzip.open(f"{folder}/{name}.gz") as file:
            return np.frombuffer(file.read(), dtype=np.uint8, offset=head)

    def both(name):
        return idx(f"{name}-images-idx3-ubyte", 16).reshape(-1, 784), idx(f"{name}-labels-idx1-ubyte", 8)

    return both("train"), both("t10k")


def rounds(once):
    """The work of doing `once` again and again; it comes to what the last one returns."""
    def repeat(count):
        result = 0.0
        for _ in range(count):
            result = once()
        return float(result or 0)
    return repeat


def serve(works):
    """Answers requests until the input ends. `works`: name -> function of the data's folder."""
    folder = sys.argv[1]
    answers, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr  # what else prints must not answer
    ready_name, repeat = None, None
    for line in sys.stdin:
        name, count = line.split()
        if name != ready_name:
            repeat = None
            ready_name, repeat = name, works[name](folder) if name in works else None
        if repeat is None:
            print("none", file=answers, flush=True)
            continue
        start = time.perf_counter()
        came_to = repeat(int(count))
        print(f"{time.perf_counter() - start:.9f} {came_to:.6g}", file=answers, flush=True)
