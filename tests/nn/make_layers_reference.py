#!/usr/bin/env python3
"""Writes layers_reference.h: what the layers of torch.nn make of given numbers, forward, backward and in evaluation.
For maintainers; needs torch.

    python3 make_layers_reference.py > layers_reference.h

number(k) = ((7919 k + 13) mod 101 - 50) / 32, which every dtype holds exactly. Element i of parameter j is
number(5 i + 11 j + 2); in step s element i of x is number(i + 37 s + 1), and that of dy number(3 i + s + 5). A case
holds, one behind the other: for each of three training steps y, dx, the gradients of the parameters, and the buffers;
then y and dx in evaluation. state_names are those of a network's state_dict.
"""
import torch
from torch import nn

STEPS = 3


def number(k):
    return ((7919 * k + 13) % 101 - 50) / 32


def fill(shape, dtype, place):
    count = torch.Size(shape).numel()
    return torch.tensor([number(place(i)) for i in range(count)], dtype=dtype).reshape(shape)


def step(net, shape, dtype, s):
    net.zero_grad()
    x = fill(shape, dtype, lambda i: i + 37 * s + 1).requires_grad_()
    y = net(x)
    y.backward(fill(y.shape, dtype, lambda i: 3 * i + s + 5))
    return [y, x.grad]


def run(make, shape, dtype):
    torch.set_default_dtype(dtype)
    net = make()
    for j, p in enumerate(net.parameters()):
        p.data = fill(p.shape, dtype, lambda i: 5 * i + 11 * j + 2)
    values = []
    for s in range(STEPS):
        values += step(net, shape, dtype, s)
        values += [p.grad for p in net.parameters()] + [b.clone() for b in net.buffers()]
    net.eval()
    values += step(net, shape, dtype, STEPS)
    return [v for t in values for v in t.detach().flatten().tolist()]


CASES = (
    ("linear", lambda: nn.Linear(3, 2), (4, 3)),
    ("linear of one dimension", lambda: nn.Linear(3, 2), (3,)),
    ("linear of three dimensions", lambda: nn.Linear(3, 2), (2, 2, 3)),
    ("linear without bias", lambda: nn.Linear(3, 2, bias=False), (4, 3)),
    ("flatten", lambda: nn.Flatten(), (2, 3, 2)),
    ("sigmoid", lambda: nn.Sigmoid(), (3, 4)),
    ("relu", lambda: nn.ReLU(), (3, 4)),
    ("tanh", lambda: nn.Tanh(), (3, 4)),
    ("gelu", lambda: nn.GELU(), (3, 4)),
    ("silu", lambda: nn.SiLU(), (3, 4)),
    ("leaky_relu", lambda: nn.LeakyReLU(), (3, 4)),
    ("elu", lambda: nn.ELU(), (3, 4)),
    ("softplus", lambda: nn.Softplus(2, 1.5), (3, 4)),
    ("softmax", lambda: nn.Softmax(0), (3, 4)),
    ("log_softmax", lambda: nn.LogSoftmax(-1), (3, 4)),
    ("batch_norm", lambda: nn.BatchNorm1d(3), (4, 3)),
    ("batch_norm of three dimensions", lambda: nn.BatchNorm1d(3), (2, 3, 2)),
    ("batch_norm of four dimensions", lambda: nn.BatchNorm2d(2), (2, 2, 2, 3)),
    ("batch_norm with other numbers", lambda: nn.BatchNorm1d(3, eps=0.25, momentum=0.75), (4, 3)),
    ("batch_norm without momentum", lambda: nn.BatchNorm1d(3, momentum=0), (4, 3)),
    ("batch_norm cumulative", lambda: nn.BatchNorm1d(3, momentum=None), (4, 3)),
    ("batch_norm without affine", lambda: nn.BatchNorm1d(3, affine=False), (4, 3)),
    ("batch_norm without bias", lambda: nn.BatchNorm1d(3, bias=False), (4, 3)),
    ("batch_norm of batches alone", lambda: nn.BatchNorm1d(3, track_running_stats=False), (4, 3)),
    ("layer_norm", lambda: nn.LayerNorm(4), (3, 4)),
    ("layer_norm of one dimension", lambda: nn.LayerNorm(4), (4,)),
    ("layer_norm of two dimensions", lambda: nn.LayerNorm((3, 2)), (2, 3, 2)),
    ("layer_norm with another eps", lambda: nn.LayerNorm(4, eps=0.25), (3, 4)),
    ("layer_norm without affine", lambda: nn.LayerNorm(4, elementwise_affine=False), (3, 4)),
    ("layer_norm without bias", lambda: nn.LayerNorm(4, bias=False), (3, 4)),
    ("network", lambda: nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Sequential(nn.Tanh(), nn.LayerNorm(4))),
     (4, 3)),
)

print("/* layers_reference.h - made by make_layers_reference.py; do not edit. */")
print("/* clang-format off */")
for dtype, name, form in ((torch.float32, "f32", "%.9g"), (torch.float64, "f64", "%.17g")):
    for index, (_, make, shape) in enumerate(CASES):
        values = [form % v for v in run(make, shape, dtype)]
        print("static const double values_%s_%d[] = {" % (name, index))
        for row in range(0, len(values), 8):
            print("    %s," % ", ".join(values[row:row + 8]))
        print("};")
print("static const layer_case layer_cases[] = {")
for index, (title, _, shape) in enumerate(CASES):
    sizes = "{ %d, { %s } }" % (len(shape), ", ".join(map(str, shape)))
    print("    { \"%s\", %s, values_f32_%d, values_f64_%d, sizeof values_f64_%d / sizeof(double) },"
          % (title, sizes, index, index, index))
print("};")

net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Sequential(nn.BatchNorm1d(3), nn.LayerNorm(3)))
print("static const char *const state_names[] = {")
for name in net.state_dict():
    print("    \"%s\"," % name)
print("};")
