#!/usr/bin/env python3
"""Writes print_numpy_reference.h: how NumPy prints arrays, and Python floats. For maintainers; needs numpy.

    python3 make_print_numpy_reference.py > print_numpy_reference.h

The numbers of element i are values[i % len(values)] + slope * i, in float64, then of the array's dtype. Made with NumPy
2.4 and Python 3.11. NumPy 1.24 differs: it writes float32 with an exponent from 1e8 on and not from 1e6, float32 scalars
from 1e16 on, and its repr of a summary has no shape.
"""
import math
import random
import struct

import numpy as np

nan, inf = math.nan, math.inf
draw = random.Random(20)

CONSTANT = {np.float32: "GD_FLOAT32", np.float64: "GD_FLOAT64", np.int64: "GD_INT64", np.uint8: "GD_UINT8",
            np.bool_: "GD_BOOL"}
f32, f64, i64, u8, boolean = CONSTANT


def number(value):
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "-INFINITY"
    return repr(float(value))


def literal(text):
    lines = text.split("\n")
    return "\n".join('      "%s%s"' % (line, "\\n" if i + 1 < len(lines) else "") for i, line in enumerate(lines))


def case(shape, values, dtype=f64, slope=0):
    count = math.prod(shape)
    numbers = [values[i % len(values)] + (slope * i or -0.0) for i in range(count)]
    if dtype == i64:
        numbers = [int(value) for value in numbers]
    a = np.array(numbers, f64 if dtype in (f32, f64) else dtype).astype(dtype).reshape(shape)
    print("    { { %s, %d, { %s }, %d, (const double[]){ %s }, %s,\n      .text =\n%s },\n%s },"
          % (CONSTANT[dtype], len(shape), ", ".join(map(str, shape)) or "0", len(values),
             ", ".join(map(number, values)), number(slope), literal(str(a)), literal(repr(a))))


def both(shape, values, slope=0):
    case(shape, values, f64, slope)
    case(shape, values, f32, slope)


def notebooks():
    # 002: weights after a step; 004: the affine layer
    x = np.array([0.5, 0.8])
    w = np.array([0.2, 0.4])
    y = 1 / (1 + np.exp(-(x @ w)))
    case((2,), (w - 0.1 * (y - 1) * y * (1 - y) * x).tolist())
    case((2, 1), [0.5 + 0.01 * 0.28 * 0.176, 0.6 + 0.01 * 0.64 * 0.176])
    case((2, 2), [0.20044, 0.400528, 0.100704, 0.3008448])
    case((2, 2), [1.0, -0.5, -2.0, 3.0])
    case((2, 2), [0, 1, 1, 0], boolean)
    rng = np.random.RandomState(42)
    for shape in ((4, 3), (3,), (2, 4), (3, 3)):
        case(shape, [float(value) for value in rng.randn(math.prod(shape))])


def scalars():
    for value in (0.0, -0.0, 1.0, -1.0, 0.5, -2.25, 999999.0, 1e6, 1e7, 1e8, 99999999.5, 1e15, 1e16, 1e-4, 9.99e-5, 1e-38,
                  3.4e38, 1e-45, nan, inf, -inf, 12345.678, 123456789.0, 1 / 3):
        both((), [value])
    for value in (1e300, 5e-324):
        case((), [value])
    case((), [-5], i64)
    case((), [255], u8)
    case((), [1], boolean)
    case((), [0], boolean)


def numbers():
    both((3,), [0.0, -0.0, 0.0])
    both((4,), [0.0, nan, inf, -inf])
    both((3,), [nan, inf, nan])
    both((2,), [nan, -inf])
    both((1,), [nan])
    both((5,), [0.0, nan, inf, -inf, 7])
    both((5,), [0.0, nan, inf, -inf, 0.25])
    both((4,), [nan, inf, -inf, 1e-5])
    both((3,), [1, 1000, -3])
    both((3,), [1, 1001, -3])
    both((3,), [1.5, 1500, -3])
    both((3,), [1.5, 1500.5, -3])
    both((3,), [0.001, 1.0, 0.999])
    both((3,), [0.001, 1.0000001, 0.999])
    both((3,), [1e6, 999999, -1e6])
    both((3,), [999999.9, 999999, -999999])
    both((3,), [1e8, 1e8, 1e8])
    both((3,), [99999999, 99999999, 99999998])
    both((2,), [1e-4, 1e-3])
    both((2,), [9.9e-5, 1e-3])
    both((3,), [-1e-10, 2.5e10, 3])
    case((3,), [1e100, -1e-100, 0])
    case((3,), [5e-324, 1.7976931348623157e308, 1])
    both((3,), [1e-30, 1e30, 12345.6789])
    both((3,), [-1234.5678, 0.00005, 999.99999])
    both((4,), [0.1, 0.7, 2.0 / 3, 1.0 / 3])
    both((4,), [0.001953125, 0.005859375, 0.0078125, 0.009765625])  # halfway at the eighth decimal
    both((3,), [0.999999999, 0.9999999949, 0.9999999951])
    both((3,), [9.9999999999e-7, 9.999999949e-7, 1e-7])
    both((3,), [2.0 ** -24, 2.0 ** -44, 2.0 ** 89])
    both((3,), [0.10000000149011612, 1e15, 3])
    both((2, 3), [1, -2.5, 3.25, 100, 0.125, -6])


def integers():
    case((4,), [-3, 14, 159, -2653], i64)
    case((2, 3), [0, 255, 7], u8)
    case((2,), [9007199254740992.0, -9007199254740992.0], i64)
    case((2, 3), [1, 0], boolean)
    case((3, 2), [0], boolean)
    case((3,), [1], boolean)


def empty():
    for dtype in CONSTANT:
        case((0,), [0], dtype)
        case((0, 3), [0], dtype)
        case((2, 0, 3), [0], dtype)


def shapes():
    for shape in ((1,), (1, 1, 1), (2, 2, 2), (2, 1, 2, 2), (2, 2, 1, 1, 2), (1,) * 8, (2, 1) * 4):
        case(shape, [0], slope=0.25)
        case(shape, [0], i64, slope=1)


def lines():
    for count in (7, 8, 9, 10, 11, 12, 13, 17, 20, 40):
        case((count,), [0.5], slope=0.125)
        case((count,), [-0.125, 1e-9 / 3 + 0.25])
        case((2, count), [0], i64, slope=-1)
        case((1, 2, count), [0.1], f32, slope=0.1)
        case((count,), [1.5, 2, nan])
    for count in range(1, 16):  # around the end of the line, and what follows it
        case((count,), [12345], f32)
        case((count,), [100], u8)
        case((2, count, 1), [0.5], f32)
    case((3, 1, 12), [1e-6, 1])
    case((30,), [0.0])
    case((30,), [nan])
    case((26,), [9007199254740992.0, 1], i64)
    case((50,), [1, 0], boolean)


def summaries():
    case((1000,), [7], i64)
    case((1001,), [0], i64, slope=1)
    both((5000,), [0], slope=0.125)
    case((40, 40), [0], slope=0.5)
    case((6, 200), [0], i64, slope=1)
    case((7, 200), [0], i64, slope=1)
    case((300, 4), [0.25], slope=0.0625)
    case((3, 400), [1e-5, 2])
    case((12, 12, 12), [0], i64, slope=1)
    case((2, 7, 80), [0, 1], u8)
    case((8, 1, 8, 20), [1, 0, 0], boolean)
    case((1000, 1, 2), [0], slope=1)
    case((2000,), [0.0, 0.0, 0.0, 1e-9, 1e9])  # what is left out has no say
    case((2000,), [1.0, 2.0, 3.0, nan, 0.5])
    case((50, 50), [-1e9], slope=1e6)


def random_value():
    kind = draw.randrange(6)
    if kind == 0:
        return draw.gauss(0, 1)
    if kind == 1:
        return round(draw.uniform(-100, 100), draw.randrange(10))
    if kind == 2:
        return draw.uniform(-1, 1) * 10.0 ** draw.randint(-9, 9)
    if kind == 3:
        return math.ldexp(draw.randint(-4096, 4096), -draw.randint(0, 14))
    if kind == 4:
        return float(draw.randint(-1000, 1000))
    return draw.uniform(0.9, 1.1)


def random_arrays():
    for _ in range(400):
        one = random_value()
        values = [random_value() if draw.random() < 0.5 else one * draw.uniform(0.5, 2) for _ in range(draw.randint(1, 9))]
        if draw.random() < 0.1:
            values.append(draw.choice((nan, inf, -inf, 0.0, -0.0)))
        shape = draw.choice(((len(values),), (2, len(values)), (len(values), 1), (2, 1, len(values))))
        case(shape, values, draw.choice((f32, f64)))


def floats():
    yield from (0.0, -0.0, 1.0, 42.0, 0.1, 1 / 3, 6.000000000039306, 1e15, 1e16, 9999999999999998.0, 123456789012345680.0,
                0.0001, 0.00009999999999999999, 1e-05, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 1e23,
                9007199254740993.0, 0.3, 0.1 + 0.2, 2 / 3, 100.0, 1e100)
    for exponent in range(-1074, 1024):  # below a power of two, floats lie closer
        yield 2.0 ** exponent
    for _ in range(1500):
        value, = struct.unpack("<d", struct.pack("<Q", draw.getrandbits(64)))
        if math.isfinite(value):
            yield value
    for _ in range(700):
        yield draw.uniform(-1, 1) * 10.0 ** draw.randint(-6, 18)
    for _ in range(300):  # apart by more than the last digits
        yield float(draw.randint(2 ** 52, 2 ** 64))
    for _ in range(200):
        yield round(draw.uniform(-1000, 1000), draw.randint(0, 12))


print("/* print_numpy_reference.h - made by make_print_numpy_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const numpy_case numpy_cases[] = {")
notebooks()
scalars()
numbers()
integers()
empty()
shapes()
lines()
summaries()
random_arrays()
print("};")
print()
print("/* X(x): the number, and how Python writes it. */")
print("#define PYTHON_FLOATS(X) \\")
line = "   "
for value in floats():
    if len(line) > 100:
        print(line + " \\")
        line = "   "
    line += " X(%r)" % value
print(line)
