#!/usr/bin/env python3
"""Writes print_reference.h: tensors, and how PyTorch prints them. For maintainers; needs torch.

    python3 make_print_reference.py > print_reference.h

The numbers of element i are values[i % len(values)] + slope * i, in float64, then of the tensor's dtype.
PyTorch 1.13 and 2.15 write the same file.
"""
import math

import torch

nan, inf = math.nan, math.inf
cases = []

CONSTANT = {
    torch.float32: "GD_FLOAT32",
    torch.float64: "GD_FLOAT64",
    torch.int64: "GD_INT64",
    torch.uint8: "GD_UINT8",
    torch.bool: "GD_BOOL",
}
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


def case(shape, values, dtype=f32, slope=0, requires_grad=False, maker=None, parameter=False, default=f32):
    """maker: an operation on t, whose result is printed, with t's numbers put in."""
    count = math.prod(shape)
    numbers = [values[i % len(values)] + (slope * i or -0.0) for i in range(count)]
    if dtype == i64:
        numbers = [int(value) for value in numbers]
    torch.set_default_dtype(default)
    t = torch.tensor(numbers, dtype=f64 if dtype in (f32, f64) else dtype).to(dtype).reshape(shape)
    if parameter:
        t = torch.nn.Parameter(t)
    t.requires_grad_(requires_grad)
    made = maker(t) if maker else t
    with torch.no_grad():
        made.copy_(t)
    name = '"%s"' % type(made.grad_fn).__name__ if maker else "NULL"
    text = repr(made)
    torch.set_default_dtype(f32)
    cases.append(
        "    { %s, %d, { %s }, %d, (const double[]){ %s }, %s,\n      %s, %s, %s, %s,\n%s },"
        % (CONSTANT[dtype], len(shape), ", ".join(map(str, shape)) or "0", len(values),
           ", ".join(map(number, values)), number(slope), CONSTANT[default], str(requires_grad).lower(),
           str(parameter).lower(), name, literal(text)))


def leaf(t):
    return t * 1


def notebooks():
    # 000: the network by hand
    for shape, values in [
        ((2, 2), [0.1, 0.3, 0.2, 0.4]), ((2,), [0.1, 0.2]), ((2, 1), [0.5, 0.6]), ((1,), [0.3]),
        ((1, 2), [0.31, 0.67]), ((1, 2), [0.5768852829933167, 0.6615032553672791]),
        ((1, 1), [0.98534458875656128]), ((1, 1), [0.7281605005264282]),
        ((1, 1), [-0.05380836874246597]), ((2, 1), [-0.031041258946061134, -0.035594411194324493]),
        ((1, 2), [-0.0065670902840793133, -0.007229016162455082]),
        ((2, 2), [-0.0032835451420396566, -0.003614508081227541, -0.0052536725997924805, -0.0057832132093608379]),
    ]:
        case(shape, values)
    # 003: the nine parameters, their flat views, sums and powers, predictions, comparisons, matrices
    for shape, values in [
        ((2, 2), [-0.09190261363983154, -0.1991984248161316, -0.22469204664230347, -0.33318746089935303]),
        ((2,), [0.23424804210662842, -0.5175420045852661]), ((1, 2), [0.31622642278671265, 0.23591548204421997]),
        ((1,), [-0.5528287887573242]),
    ]:
        case(shape, values, requires_grad=True, parameter=True)
        case((math.prod(shape),), values, requires_grad=True, maker=lambda t: t.view(-1))
    case((1,), [16])
    case((1,), [8])
    case((1,), [16], requires_grad=True, maker=lambda t: t ** 2)
    case((4,), [0, 1, 1, 0], boolean)
    case((4, 1), [0, 1, 1, 0], boolean)
    case((2, 2), [1, 1, 0, 0], boolean)
    case((1, 4), [1, 1, 0, 0], boolean)
    case((3, 3), [1, 2, 3, 3, 4, 5, 5, 6, 7], i64)
    case((9,), [1, 2, 3, 3, 4, 5, 5, 6, 7], i64)


def scalars():
    for value in (0.0, -0.0, 1.0, -1.0, 0.5, -2.25, 1e8, 100000001.0, 1e9, 9999.5, 99999999.5, 1e-4, 9.99e-5, 1e-38,
                  3.4e38, 1e-45, nan, inf, -inf, 12345.678):
        case((), [value])
        case((), [value], f64)
    case((), [1e300], f64)
    case((), [5e-324], f64)
    case((), [-5], i64)
    case((), [255], u8)
    case((), [1], boolean)


def numbers():
    case((3,), [0.0, -0.0, 0.0])
    case((4,), [0.0, nan, inf, -inf])
    case((5,), [0.0, nan, inf, -inf, 7])
    case((5,), [0.0, nan, inf, -inf, 0.25])
    case((5,), [0.0, nan, inf, -inf, 1e-5])
    case((3,), [1, 1000, -3])
    case((3,), [1, 1001, -3])  # whole numbers, but a ratio over 1000
    case((3,), [1.5, 1500, -3])
    case((3,), [1.5, 1500.5, -3])
    case((3,), [1e8, 1e8, 1e8])
    case((2,), [100000008.0, 100000008.0])
    case((2,), [1e-4, 1e-3], f64)
    case((2,), [9.9e-5, 1e-3], f64)
    case((3,), [-1e-10, 2.5e10, 3], f64)
    case((3,), [1e100, -1e-100, 0], f64)
    case((3,), [-1234.5678, 0.00005, 999.99999], f64)
    case((4,), [0.00005, 0.99995, 0.12345, 0.123450001], f64)
    case((4,), [123456.7, 1234567.8, 99999.9, 100000.0])
    case((3,), [16777216.0, 16777217.0, -16777215.0], f64)
    case((4,), [0.1, 0.7, 2.0 / 3, 1.0 / 3])
    case((3,), [0.10000000149011612, 1e15, 3], f64)


def integers():
    case((4,), [-3, 14, 159, -2653], i64)
    case((2, 3), [0, 255, 7], u8)
    case((2,), [9007199254740992.0, -9007199254740992.0], i64)
    case((2, 3), [1, 0], boolean)
    case((3, 2), [0], boolean)


def empty():
    case((0,), [0])
    case((0, 3), [0])
    case((2, 0, 3), [0])
    case((0,), [0], i64)
    case((3, 0), [0], boolean)
    case((0,), [0], f64)
    case((0, 0), [0], u8)
    case((0, 2), [0], requires_grad=True)


def shapes():
    for shape in ((1, 1, 1), (2, 2, 2), (2, 1, 2, 2), (2, 2, 1, 1, 2), (1, 1, 1, 1, 1, 1, 1, 1), (2, 1, 2, 1, 2, 1, 2, 1)):
        case(shape, [0], slope=0.25)
        case(shape, [0], i64, slope=1)


def lines():
    for count in (9, 10, 11, 17, 20, 40):
        case((count,), [0.5], slope=0.125)
        case((2, count), [0], i64, slope=-1)
    case((3, 1, 12), [1e-6, 1], f64)
    case((30,), [0.0])  # zeros count as one character wide
    case((30,), [nan])
    case((26,), [9007199254740992.0, 1], i64)
    case((50,), [1, 0], boolean)


def summaries():
    case((1000,), [7], i64)
    case((1001,), [0], i64, slope=1)
    case((5000,), [0], slope=0.125)
    case((40, 40), [0], slope=0.5)
    case((6, 200), [0], i64, slope=1)
    case((7, 200), [0], i64, slope=1)
    case((300, 4), [0.25], slope=0.0625)
    case((3, 400), [1e-5, 2], f64)
    case((12, 12, 12), [0], i64, slope=1)
    case((2, 7, 80), [0, 1], u8)
    case((8, 1, 8, 20), [1, 0, 0], boolean)
    case((1000, 1, 2), [0], slope=1)
    case((2000,), [0.0, 0.0, 0.0, 1e-9, 1e9])  # what is left out has no say
    case((2000,), [1.0, 2.0, 3.0, nan, 0.5])
    case((50, 50), [-1e9], f64, slope=1e6)


def suffixes():
    case((2, 2), [1.5, -2], f64)
    case((2, 2), [1.5, -2], f64, default=f64)
    case((2, 2), [1.5, -2], f32, default=f64)
    case((0, 3), [0], f32, default=f64)
    case((0,), [0], f64, default=f64)
    case((2,), [1.5, -2], f64, requires_grad=True)
    case((2,), [1.5, -2], f64, requires_grad=True, maker=leaf)
    case((2, 2), [1.5, -2], f64, requires_grad=True, parameter=True)
    case((), [2.5], requires_grad=True, maker=lambda t: t.exp())
    case((), [2.5], f64, requires_grad=True)
    for count in range(5, 9):  # around the end of the line
        case((count,), [0.5], requires_grad=True)
        case((count,), [0.5], requires_grad=True, maker=leaf)
        case((3, count), [0.5], f64, requires_grad=True, maker=lambda t: torch.nn.functional.log_softmax(t, 1))
    case((1001,), [0.5], f64, requires_grad=True, slope=0.25)
    case((4, 300), [0.5], requires_grad=True, parameter=True, slope=0.25)
    case((4, 300), [-0.0015], requires_grad=True, maker=lambda t: t.sigmoid())


notebooks()
scalars()
numbers()
integers()
empty()
shapes()
lines()
summaries()
suffixes()
print("/* print_reference.h - made by make_print_reference.py; do not edit. */")
print("/* clang-format off */")
print("static const print_case print_cases[] = {")
print("\n".join(cases))
print("};")
