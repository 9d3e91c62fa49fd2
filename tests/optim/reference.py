"""What the make_*_reference.py scripts share: parameters, gradients, and numbers as C writes them.

Parameter i of W (2, 3) begins at (i - 2.5) / 4, that of b (3) at (i + 1) / 2. In step k the gradient of element i is
((7 k + 5 i) mod 11 - 5) / 8, with i counted through W, then b: numbers that every dtype holds exactly. The committed files are PyTorch 2.15's.
"""
import torch

STEPS = (1, 2, 50)
DTYPES = ((torch.float32, "GD_FLOAT32"), (torch.float64, "GD_FLOAT64"))


def parameters(dtype):
    W = torch.tensor([(i - 2.5) / 4 for i in range(6)], dtype=dtype).reshape(2, 3).requires_grad_()
    b = torch.tensor([(i + 1) / 2 for i in range(3)], dtype=dtype).requires_grad_()
    return W, b


def gradient(step, first, like):
    values = [((7 * step + 5 * (first + i)) % 11 - 5) / 8 for i in range(like.numel())]
    return torch.tensor(values, dtype=like.dtype).reshape(like.shape)


def set_gradients(W, b, step):
    W.grad, b.grad = gradient(step, 0, W), gradient(step, 6, b)


def numbers(W, b):
    return W.flatten().tolist() + b.tolist()


def run(dtype, make):
    """The parameters after 1, 2 and 50 steps of the optimizer that make(W, b) returns."""
    W, b = parameters(dtype)
    optimizer = make(W, b)
    for step in range(1, max(STEPS) + 1):
        set_gradients(W, b, step - 1)
        optimizer.step()
        if step in STEPS:
            yield numbers(W, b)


def text(value):
    """As C writes it."""
    return str(value).lower()


def row(values, dtype):
    return "{ %s }" % ", ".join(("%.9g" if dtype == torch.float32 else "%.17g") % v for v in values)


def begin(name):
    print("/* %s_reference.h - made by make_%s_reference.py; do not edit. */" % (name, name))
    print("/* clang-format off */")
