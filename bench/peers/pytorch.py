"""pytorch.py - PyTorch's side of the benchmarks, eager, as its tutorials write it."""
import sys

import torch
from torch import nn

from serve import read_mnist, rounds, serve

torch.set_num_threads(int(sys.argv[2]))


def sgd_step(net, sgd, loss_of, x, t):
    sgd.zero_grad()
    loss = loss_of(net(x), t)
    loss.backward()
    sgd.step()
    return loss.item()


def xor(folder):
    torch.manual_seed(70)
    x = torch.tensor([[0., 0.], [0., 1.], [1., 0.], [1., 1.]])
    t = torch.tensor([[0.], [1.], [1.], [0.]])
    net = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    sgd, loss_of = torch.optim.SGD(net.parameters(), lr=0.5), nn.BCELoss()
    return rounds(lambda: sgd_step(net, sgd, loss_of, x, t))


def scalars(folder):
    x, w = torch.tensor(1.5, requires_grad=True), torch.tensor(0.9, requires_grad=True)

    def once():
        y = x
        for _ in range(10):
            y = y * w
        x.grad = w.grad = None
        y.backward()
    return rounds(once)


class Mnist:
    def __init__(self, folder):
        (self.x, t), (self.test_x, test_t) = [[torch.from_numpy(a.copy()) for a in part] for part in read_mnist(folder)]
        self.t, self.test_t = t.long(), test_t.long()
        self.loss_of = nn.CrossEntropyLoss()
        self.renew()

    def renew(self):
        torch.manual_seed(42)
        self.net = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
        with torch.no_grad():
            for layer in (self.net[0], self.net[2]):
                layer.weight.normal_().mul_(0.01)
                layer.bias.zero_()
        self.sgd = torch.optim.SGD(self.net.parameters(), lr=0.1)

    def gather(self):
        index = torch.randint(len(self.x), (100,))
        return self.x[index].float() / 255, self.t[index]

    def gathered(self):
        return self.gather()[1][0].item()

    def step(self):
        return sgd_step(self.net, self.sgd, self.loss_of, *self.gather())

    def accuracy(self, x, t):
        right = 0
        with torch.no_grad():
            for a in range(0, len(x), 1000):
                right += (self.net(x[a:a + 1000].float() / 255).argmax(1) == t[a:a + 1000]).sum().item()
        return right / len(x)

    def job(self):
        """A part of it, of which it has 17: 588 steps, and an evaluation of all images."""
        for _ in range(588):
            self.step()
        self.accuracy(self.x, self.t)
        return self.accuracy(self.test_x, self.test_t)


def wide(folder):
    x, t = torch.rand(128, 784), torch.randint(0, 10, (128,))
    net = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
    sgd, loss_of = torch.optim.SGD(net.parameters(), lr=0.01), nn.CrossEntropyLoss()
    return rounds(lambda: sgd_step(net, sgd, loss_of, x, t))


def million(operation):
    def begin(folder):
        x, y = torch.randn(1000, 1000), torch.randn(1000, 1000)

        def repeat(count):
            for _ in range(count):
                operation(x, y)
            return 0
        return repeat
    return begin


serve({
    "xor": xor,
    "scalars": scalars,
    "mnist_step": lambda folder: rounds(Mnist(folder).step),
    "mnist_gather": lambda folder: rounds(Mnist(folder).gathered),
    "mnist_job": lambda folder: rounds(Mnist(folder).job),
    "wide_step": wide,
    "exp": million(lambda x, y: torch.exp(x)),
    "sigmoid": million(lambda x, y: torch.sigmoid(x)),
    "tanh": million(lambda x, y: torch.tanh(x)),
    "softmax": million(lambda x, y: torch.softmax(x, 1)),
    "sum": million(lambda x, y: x.sum()),
    "add": million(lambda x, y: x + y),
})
