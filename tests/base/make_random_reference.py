#!/usr/bin/env python3
"""Writes random_reference.h: what PyTorch and NumPy draw. For maintainers; needs torch and numpy.

    python3 make_random_reference.py > random_reference.h

Run it on a processor with AVX2 and FMA that is not Intel's: there PyTorch's builds with MKL draw bernoulli_ from a
generator of MKL's. PyTorch 2.15 made the file; 1.13 writes the same, but for the
integers below 2**31 and 2**32 - 1 and what follows them. NumPy 1.24 and 2.4 write the same.
"""
import textwrap

import numpy as np
import torch

SHOWN = 40  # of a longer array, the last so many

# Between these a dtype holds every integer.
HOLDS = {
    torch.float32: (-2**24, 2**24),
    torch.float64: (-2**53, 2**53),
    torch.uint8: (0, 255),
    torch.bool: (0, 1),
}


def show(head, values, tail):
    print("    { %s" % head)
    print(textwrap.fill(", ".join(values), 108, initial_indent=" " * 8, subsequent_indent=" " * 8) + tail)


def add_reals(draw, dtype, a, b, values):
    """The shortest decimals that give the number back."""
    shown = [str(v) for v in np.asarray(values)[-SHOWN:]]
    show(".draw = %s, .type = %s, .n = %d, .a = %r, .b = %r, .count = %d, .reals = (const double[]){"
         % (draw, dtype.upper(), len(values), a, b, len(shown)), shown, " } },")


def constant(value):
    return "INT64_MIN" if value == -2**63 else "INT64_C(%d)" % value


def add_integers(draw, low, high, values):
    shown = [constant(v) if v == -2**63 else "%d" % v for v in values[-SHOWN:]]
    show(".draw = %s, .n = %d, .low = %s, .high = %s, .count = %d, .integers = (const int64_t[]){"
         % (draw, len(values), constant(low), constant(high), len(shown)), shown, " } },")


def add_bernoulli(p, values):
    shown = ["%d" % v for v in values[-SHOWN:]]
    show(".draw = BERNOULLI, .n = %d, .a = %r, .count = %d, .integers = (const int64_t[]){"
         % (len(values), p, len(shown)), shown, " } },")


class Torch:
    name = "GD_RNG_TORCH"
    types = {"f32": torch.float32, "f64": torch.float64}

    def seed(self, seed):
        torch.manual_seed(seed)

    def of_all(self, draw, dtypes):
        """The draw as int64, which is that of the other dtypes too."""
        state = torch.get_rng_state()
        drawn = draw(torch.int64)
        for dtype in dtypes:
            torch.set_rng_state(state)
            assert torch.equal(draw(dtype).to(torch.int64), drawn)
        return drawn

    def uniform(self, n, dtype, low=0.0, high=1.0):
        add_reals("UNIFORM", dtype, low, high, torch.empty(n, dtype=self.types[dtype]).uniform_(low, high))

    def normal(self, n, dtype, mean=0.0, deviation=1.0):
        add_reals("NORMAL", dtype, mean, deviation, torch.empty(n, dtype=self.types[dtype]).normal_(mean, deviation))

    def integers(self, n, low, high):
        drawn = self.of_all(lambda dtype: torch.randint(low, high, (n,), dtype=dtype),
                            [dtype for dtype, (first, last) in HOLDS.items() if first <= low and high - 1 <= last])
        add_integers("INTEGERS", low, high, drawn)

    def permutation(self, n):
        add_integers("PERMUTATION", 0, 0, torch.randperm(n))

    def bernoulli(self, n, p):
        drawn = self.of_all(lambda dtype: torch.empty(n, dtype=dtype).bernoulli_(p), HOLDS)
        add_bernoulli(p, drawn)


class Numpy:
    name = "GD_RNG_NUMPY"
    types = {"f32": np.float32, "f64": np.float64}

    def seed(self, seed):
        np.random.seed(seed)

    def uniform(self, n, dtype, low=0.0, high=1.0):
        add_reals("UNIFORM", dtype, low, high, np.random.uniform(low, high, n).astype(self.types[dtype]))

    def normal(self, n, dtype, mean=0.0, deviation=1.0):
        add_reals("NORMAL", dtype, mean, deviation, np.random.normal(mean, deviation, n).astype(self.types[dtype]))

    def integers(self, n, low, high):
        state = np.random.get_state()
        drawn = np.random.randint(low, high, n)
        if low == 0:
            np.random.set_state(state)
            assert np.array_equal(np.random.choice(high, n), drawn)
        add_integers("INTEGERS", low, high, drawn)

    def permutation(self, n):
        add_integers("PERMUTATION", 0, 0, np.random.permutation(n))

    def bernoulli(self, n, p):
        add_bernoulli(p, np.random.rand(n) < p)


def start(model, seed):
    model.seed(seed)
    print("    { .seeds = true, .kind = %s, .seed = UINT64_C(%d) }," % (model.name, seed))


def draws(model, seeds):
    for seed in seeds:
        for dtype in ("f32", "f64"):
            for n in (1, 2, 15, 16, 17, 40):
                start(model, seed)
                model.normal(n, dtype)
            start(model, seed)
            model.uniform(40, dtype)
            model.uniform(17, dtype, -0.7071067811865475, 0.7071067811865475)
            model.uniform(3, dtype, -3.3, 17.1)
            model.uniform(1, dtype, 1e-3, 1e6)
            model.normal(5, dtype, 1.5, 0.3)
            model.normal(19, dtype, 1.5, 0.3)
        for n in (1, 2, 15, 16, 17, 40, 700):
            start(model, seed)
            model.permutation(n)
        for limit in (1, 2, 10, 97, 60000, 2**28 - 1, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**62 + 12345, 2**63 - 1):
            start(model, seed)
            model.integers(6, 0, limit)
            model.integers(1, 0, 10)
        start(model, seed)
        for low, high in ((-5, 5), (7, 8), (100, 256), (1, 2), (-2**20, 2**20), (-2**27, 2**27), (-2**40, 2**40),
                          (-2**63, -2**63 + 3), (2**63 - 4, 2**63 - 1), (-2**63, 2**63 - 1)):
            model.integers(20, low, high)
        start(model, seed)
        for p in (0.5, 0.1, 1 / 3, 0.0, 1.0, 0.999):
            model.bernoulli(30, p)
        model.bernoulli(700, 0.8)
        model.uniform(1, "f32")


def interleaved(model, seed):
    """The spare of a pair of normals outlives whatever is drawn between."""
    start(model, seed)
    model.normal(3, "f32")
    model.normal(17, "f32")
    model.uniform(1, "f32")
    model.normal(1, "f64")
    model.normal(2, "f32")
    model.permutation(5)
    model.integers(3, 0, 10)
    model.normal(4, "f64")
    model.normal(1, "f32")
    start(model, seed)  # takes the spare away
    model.normal(1, "f32")


def long_streams(model, seed):
    """Past the 624 words that are made at once, from odd places too."""
    start(model, seed)
    model.uniform(5000, "f32")
    model.uniform(1001, "f64")
    model.normal(1003, "f32")
    model.normal(1003, "f64")
    model.integers(3000, 0, 1000)


print("/* random_reference.h - made by make_random_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const random_step random_steps[] = {")
draws(Torch(), (70, 2**32 + 7))
draws(Numpy(), (42, 2**32 - 1))
for model in (Torch(), Numpy()):
    for seed in (0, 42):
        interleaved(model, seed)
        long_streams(model, seed)
print("};")
