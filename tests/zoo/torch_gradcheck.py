#!/usr/bin/env python3
"""What torch.autograd.gradcheck says of the cases of the zoo.

    torch_gradcheck.py FILE     FILE: written by zoo --export

The forward is stated once more in PyTorch; the claimed gradients are given as numbers, through a Function whose backward
hands them out. gradcheck says right or wrong, and never why. Prints a table as Markdown.
"""
import collections
import sys
import time

try:
    import torch
except ImportError:
    print("SKIP no torch")
    sys.exit(77)

F = torch.nn.functional
torch.set_num_threads(1)


class Words:
    def __init__(self, line):
        self.words, self.at = line.split(), 0

    def text(self):
        self.at += 1
        return self.words[self.at - 1]

    def integer(self):
        return int(self.text())

    def integers(self, count):
        return [self.integer() for _ in range(count)]

    def rest(self):
        rest, self.at = self.words[self.at:], len(self.words)
        return rest

    def numbers(self, shape):
        count = 1
        for size in shape:
            count *= size
        return torch.tensor([float(self.text()) for _ in range(count)], dtype=torch.float64).reshape(shape)


class Node:
    def __init__(self, line):
        w = Words(line)
        assert w.text() == "node"
        self.name, self.role = w.text(), w.integer()
        self.x = [i for i in w.integers(2) if i >= 0]
        self.axis, self.start = w.integers(2)
        self.flipped, self.mean = w.integers(2), w.integer()
        self.number, self.order = float(w.text()), w.integers(3)
        self.shape = w.integers(w.integer())
        self.value = w.numbers(self.shape) if self.name == "leaf" else None
        self.label = torch.tensor([int(word) for word in w.rest()], dtype=torch.int64)


def normalise(n, x):
    mean, var = x.mean(n.axis, keepdim=True), x.var(n.axis, unbiased=False, keepdim=True)
    return (x - mean) / torch.sqrt(var + 1e-5)


def reduce(whole, along):
    return lambda n, x: whole(x) if n.axis < 0 else along(x, n.axis)


def loss(function):
    return lambda n, x, t: function(x, t, reduction="mean" if n.mean else "sum")


def cross_entropy(n, x, t=None):
    return F.cross_entropy(x, n.label if t is None else t, reduction="mean" if n.mean else "sum")


RULES = {
    "sigmoid": lambda n, x: torch.sigmoid(x),
    "tanh": lambda n, x: torch.tanh(x),
    "relu": lambda n, x: torch.relu(x),
    "leaky_relu": lambda n, x: F.leaky_relu(x, n.number),
    "elu": lambda n, x: F.elu(x),
    "gelu": lambda n, x: F.gelu(x),
    "silu": lambda n, x: F.silu(x),
    "softplus": lambda n, x: F.softplus(x),
    "exp": lambda n, x: torch.exp(x),
    "log": lambda n, x: torch.log(x),
    "square": lambda n, x: x * x,
    "sqrt": lambda n, x: torch.sqrt(x),
    "sin": lambda n, x: torch.sin(x),
    "abs": lambda n, x: torch.abs(x),
    "round": lambda n, x: torch.round(x),
    "scale": lambda n, x: n.number * x,
    "shift": lambda n, x: n.number + x,
    "add": lambda n, a, b: a + b,
    "sub": lambda n, a, b: a - b,
    "mul": lambda n, a, b: a * b,
    "div": lambda n, a, b: a / b,
    "matmul": lambda n, a, b: (a.T if n.flipped[0] else a) @ (b.T if n.flipped[1] else b),
    "sum": reduce(torch.sum, torch.sum),
    "mean": reduce(torch.mean, torch.mean),
    "max": reduce(torch.amax, torch.amax),
    "logsumexp": reduce(lambda x: torch.logsumexp(x, tuple(range(x.dim()))), torch.logsumexp),
    "softmax": lambda n, x: torch.softmax(x, n.axis),
    "log_softmax": lambda n, x: torch.log_softmax(x, n.axis),
    "normalise": normalise,
    "cumsum": lambda n, x: torch.cumsum(x, n.axis),
    "slice": lambda n, x: x.narrow(n.axis, n.start, n.shape[n.axis]),
    "rows": lambda n, x: x.index_select(0, n.label),
    "permute": lambda n, x: x.permute(n.order[: x.dim()]),
    "mse": loss(F.mse_loss),
    "half_squared_error": lambda n, x, t: ((x - t) ** 2).sum() / 2,
    "bce": loss(F.binary_cross_entropy),
    "bce_with_logits": loss(F.binary_cross_entropy_with_logits),
    "cross_entropy": cross_entropy,
}


class Case:
    def __init__(self, first, lines):
        w = Words(first)
        assert w.text() == "case"
        self.number, self.mutations, nodes, leaves = w.integers(4)
        self.name = " ".join(w.rest())
        self.nodes = [Node(next(lines)) for _ in range(nodes)]
        w = Words(next(lines))
        assert w.text() == "dy"
        self.dy = w.numbers(self.nodes[-1].shape)
        self.leaf, self.claimed, self.wrong = [], [], False
        for _ in range(leaves):
            w = Words(next(lines))
            assert w.text() == "gradient"
            self.leaf.append(w.integer())
            wrong, none = w.integers(2)
            claimed = w.numbers(w.integers(w.integer()))
            self.claimed.append(None if none else claimed)
            self.wrong = self.wrong or bool(wrong)

    def compute(self, leaves):
        values = [n.value for n in self.nodes]
        for at, leaf in zip(self.leaf, leaves):
            values[at] = leaf
        for i, n in enumerate(self.nodes):
            if n.name != "leaf":
                values[i] = RULES[n.name](n, *[values[k] for k in n.x])
        return (values[-1] * self.dy).sum()

    def leaves(self):
        return [self.nodes[i].value.clone().requires_grad_() for i in self.leaf]

    def is_noticed(self):
        case = self

        class Claimed(torch.autograd.Function):
            @staticmethod
            def forward(ctx, *leaves):
                return case.compute(leaves)

            @staticmethod
            def backward(ctx, dy):
                return tuple(None if d is None else dy * d for d in case.claimed)

        try:
            good = torch.autograd.gradcheck(Claimed.apply, self.leaves(), raise_exception=False, check_undefined_grad=False)
        except RuntimeError:  # a gradient of another shape
            return True
        return not good

    def forward_agrees(self):
        """Is it the same net? Its own gradients are the claimed ones where nothing is wrong."""
        leaves = self.leaves()
        own = torch.autograd.grad(self.compute(leaves), leaves, allow_unused=True)
        return all(d is None or torch.allclose(d, c, rtol=1e-6, atol=1e-9) for d, c in zip(own, self.claimed))


def cases_of(path):
    with open(path, encoding="ascii") as file:
        lines = iter(file)
        for line in lines:
            yield Case(line, lines)


def main():
    start, count, noticed, differ = time.time(), collections.Counter(), collections.Counter(), 0
    for case in cases_of(sys.argv[1]):
        mistakes = case.mutations if case.wrong else 0
        count[mistakes] += 1
        noticed[mistakes] += case.is_noticed()
        if not case.wrong and "correct" in case.name and not any(word in case.name for word in ("kinks", "ties", "zeros")):
            if not case.forward_agrees():
                differ += 1
                print(f"<!-- {case.number} {case.name}: another net -->")
    print(f"| PyTorch {torch.__version__.split('+')[0].split('a')[0]} | cases | noticed | named |")
    print("| --- | ---: | ---: | ---: |")
    for mistakes, words in ((0, "correct (noticed: false alarms)"), (1, "one mistake"), (2, "two mistakes")):
        share = 100 * noticed[mistakes] / max(count[mistakes], 1)
        print(f"| {words} | {count[mistakes]} | {noticed[mistakes]} ({share:.1f} %) | 0 |")
    print(f"{time.time() - start:.1f} s", file=sys.stderr)
    return differ > 0


if __name__ == "__main__":
    sys.exit(main())
